/* plan_meaning_inner.h -- what plan_meaning.c and plan_meaning_keep.c share. */
#pragma once

#include "base/hash.h"
#include "plan/plan_meaning.h"

/* A node, what it gets, and what is found of what it makes. */
struct finding {
    struct plan_meanings *m;
    const struct plan *node;
    const struct plan_meaning *in[2];
    struct plan_meaning *out;
};

static inline uint64_t meaning_mix(uint64_t number, uint64_t seed)
{
    return hash_u64(number, seed);
}
static inline uint64_t meaning_not_zero(uint64_t hash)
{
    return hash ? hash : 1;
}

/* Columns whose order does not count, and whose order does. */
uint64_t meaning_of_set(const uint64_t *columns, const uint32_t *list, uint32_t count,
                        uint64_t seed);
uint64_t meaning_of_list(const uint64_t *columns, const uint32_t *list, uint32_t count,
                         uint64_t seed);
uint64_t meaning_of_window(const struct finding *f, const struct window_spec *w, uint64_t seed);

/* The input's columns are what they were. */
void finding_pass(struct finding *f);
/* Columns from `first` on are the node's own. */
void finding_own(struct finding *f, const char *word, uint32_t first, uint64_t seed);
/* The conjuncts of a condition, in any order; 0: there is none. */
uint64_t finding_filter(struct finding *f, const struct expr *filter, const uint64_t *columns);

/* plan_meaning_keep.c: the operators that keep something. */
void finding_keeper(struct finding *f);
