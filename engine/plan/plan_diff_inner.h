/* plan_diff_inner.h -- what plan_diff.c has found out, for those that print it. */
#pragma once

#include "plan/plan_diff.h"

struct diff_verdict {
    const char *word;        /* "kept", "changed", "new", "dropped" */
    const struct plan *node; /* of the new job; NULL: dropped */
    struct str details;
    uint32_t line;           /* of it; 0: unknown */
    const struct plan *was;  /* changed, dropped: in the old job; else NULL */
    struct str was_details;
    const struct plan *input; /* changed, but for its rows: the input that is not what it was */
    const char *keeps;       /* "positions", "event time", "count", "state"; NULL: nothing */
    const char *state;       /* what becomes of that: "carried over", "begins anew", "not used any
                                more", "read as its options say" */
    bool other_rows;         /* carried over, but other conditions decide about rows */
    const char *reason;      /* why it begins anew, if there was something like it; else NULL */
};

struct diff_counts {
    uint32_t kept, changed, made, dropped;
    uint32_t carried, begun, lost; /* those with state */
};

void plan_diff_json(struct buf *out, const struct diff_verdict *list, uint32_t n,
                    const struct diff_counts *counts);
