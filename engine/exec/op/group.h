/* group.h -- inside of PLAN_GROUP: what happens to a batch on its way from rows to changes
 * of groups. */
#pragma once

#include "agg/agg_set.h"
#include "exec/op.h"
#include "state/table.h"

/* What a row means to its group. */
enum group_event {
    GROUP_NOTHING, /* takes back from a group that is not there */
    GROUP_FIRST,   /* brings the group */
    GROUP_CHANGE,
    GROUP_LAST,    /* takes the group's last row */
};

struct group_rows {
    const struct batch *in;
    uint32_t n;            /* selected rows of it */
    char **rows;           /* state row of each */
    uint8_t *flags;        /* enum agg_flags of each; NULL: all 0 */
    uint8_t *events;       /* enum group_event of each; NULL: all GROUP_CHANGE */
    struct str *keys;      /* NULL: nobody wants them */
    struct column **key;   /* columns of `in` */
    struct column **before, **after; /* of each call */
};

/* The changes that go out: for each, whose step made it and which side of it is shown. */
struct group_changes {
    uint32_t n;
    uint32_t *step;
    uint8_t *is_after; /* the result behind the step, else before it */
    uint8_t *changes;
    uint32_t *ends;    /* changes made up to a step; NULL: nobody asks */
};

struct group_rules {
    bool before;    /* readers want -U */
    bool folded;    /* a step stands for several: even a count may be what it was */
    bool unchanged; /* updates that change nothing go out too (TTL) */
};

/* One step a group, in `ret`, which shares what does not change (rows, flags, keys stay those of the
 * steps): for plan->fold. */
enum code group_fold(const struct plan_group *plan, const struct group_rows *g,
                     struct group_rows *ret, struct error *err) WEIR_CHECKED;
/* As Flink's GroupAggFunction decides. */
enum code group_changes(const struct plan_group *plan, const struct group_rows *g,
                        const struct group_rules *rules, struct group_changes *ret,
                        struct error *err) WEIR_CHECKED;
/* The batch of those changes: key columns, then a column a call. */
enum code group_batch(const struct plan_group *plan, const struct group_rows *g,
                      const struct group_changes *c, struct batch **ret, struct error *err)
    WEIR_CHECKED;
