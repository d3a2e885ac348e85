/* plan_advice_inner.h -- what the files of plan_advice share. */
#pragma once

#include "plan/plan_advice.h"

enum { ADVICE_DIFFERENCES_MAX = 8 };

struct advising {
    struct null_casts *nulls; /* plan_advice_cast.c */
    struct arena *arena;
    const struct plan_job *job;
    struct plan_advice *first;
    bool failed;                                   /* out of memory */
    struct span differing[ADVICE_DIFFERENCES_MAX]; /* first places of what Flink does otherwise */
};

/* Ends a text of a warning; one that memory did not suffice for is a failure. */
void advice_text_done(struct advising *a, struct buf *text);
/* A new piece of advice at this place, to be given its hint; NULL: it is there already, or there is
 * no memory. */
struct plan_advice *advice_add(struct advising *a, const char *code, const struct plan *node,
                               struct span span, const char *fmt, ...) WEIR_PRINTF(5, 6);

/* How an expression stands: behind a WHEN, which may have looked at what it is given; in a test for
 * NULL. */
enum { GUARD_WHEN = 1, GUARD_NULL = 2 };
typedef void (*advice_fn)(struct advising *a, const struct plan *node, const struct expr *e,
                          unsigned guards);
/* plan_advice_expr.c: calls `fn` for each expression of the job, and those in it. */
void advice_each_expr(struct advising *a, advice_fn fn);
bool advice_is_call(const struct expr *e, const char *name);

/* plan_advice_cast.c: casts of texts that fail, or give NULL. */
bool advice_reads_text(const struct expr *e);
void advise_casts(struct advising *a);
/* plan_advice_expr.c: what other expressions do. */
void advise_filters(struct advising *a);
void advise_moments(struct advising *a);
void advise_dialect(struct advising *a);
