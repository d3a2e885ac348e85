/* plan_meaning.h -- inside of plan_kept.h: what columns and rows of a plan mean, as hashes that are
 * the same wherever a column stands, whatever it is called, and however calcs are put together. */
#pragma once

#include "plan/plan.h"

struct plan_meaning {
    uint64_t from;     /* which tables and operators make its rows */
    uint64_t rows;     /* which conditions were tested on the way */
    uint64_t base;     /* of an operator with state: what it is; else 0 */
    uint64_t *columns; /* of its output */
};

struct plan_meanings {
    struct arena *arena;
    struct plan_meaning *of; /* by id of a node */
    struct str zone_name;    /* of the job */
    bool is_blink;           /* the job's dialect */
    struct buf text;         /* scratch: meaning_scratch(), then meaning_of_scratch() */
    bool failed;             /* out of memory, at some time */
};

enum code plan_meanings_find(struct plan_meanings *m, const struct plan_job *job,
                             struct error *err) WEIR_CHECKED;

struct buf *meaning_scratch(struct plan_meanings *m); /* empty */
uint64_t meaning_of_scratch(struct plan_meanings *m, uint64_t seed);
/* A copy of what is in the scratch buffer: "" when out of memory. */
struct str meaning_scratch_text(struct plan_meanings *m);

/* Never 0. */
uint64_t meaning_of_word(const char *word, uint64_t seed);
uint64_t meaning_of_text(struct str text, uint64_t seed);
/* `columns` is what those of the input mean. */
uint64_t meaning_of_expr(struct plan_meanings *m, const struct expr *e, const uint64_t *columns);
uint64_t meaning_of_call(const struct agg_call *call, const uint64_t *columns);
/* The values and the condition that DISTINCT and FILTER of a call look at. */
uint64_t meaning_of_values(const struct agg_call *call, const uint64_t *columns);
