/* plan_advice_inner.h -- what the files of plan_advice share. */
#pragma once

#include "plan/plan_advice.h"

enum { ADVICE_DIFFERENCES_MAX = 8 };

struct advising {
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

/* plan_advice_expr.c: what expressions do. */
void advise_casts(struct advising *a);
void advise_filters(struct advising *a);
void advise_moments(struct advising *a);
void advise_dialect(struct advising *a);
