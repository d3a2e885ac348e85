/* over.h -- what is computed of the rows before a row: inside of the OVER operators.
 *
 * A partition (the rows of one key) has a row in a table: how many rows went through, and the
 * accumulators.  Rows come in their order, many keys at once; each is a step of all
 * aggregates, with the rows that fall out of its frame taken back before it (over_steps.c).
 * Rows that are still needed later lie in a bag by key: those of bounded frames, and the last
 * ones that LAG looks at. */
#pragma once

#include "exec/op/ops.h"

#include "agg/agg_over.h"
#include "agg/agg_set.h"
#include "state/bag.h"
#include "state/snapshot.h"

enum { /* tables of a snapshot */
    OVER_GROUPS = 1,
    OVER_FRAMES = 2,
    OVER_WAITING = 3,
    OVER_TIMERS = 4,
    OVER_TIME = 5,
    OVER_ROWS = 6,
    OVER_AGGREGATES = 7, /* the first of the set's */
};

/* What a partition knows, besides its key and in front of its accumulators. */
enum over_slot {
    OVER_COUNT,   /* rows that went through */
    OVER_LAST,    /* time that was computed last; NULL: none */
    OVER_CLEANUP, /* time at which it is forgotten; NULL: never */
    OVER_SLOTS,
};

struct over {
    struct op *op;
    const struct plan_over *plan;
    struct state_heap *heap;
    struct agg_set *set;
    struct agg_call *calls;      /* those that are aggregates */
    uint32_t call_count;
    struct state_table *groups;
    struct state_bag *frames;    /* NULL: no row is needed again */
    uint32_t *kept;              /* columns of the input that frames have ... */
    uint32_t kept_count;
    uint32_t *kept_at;           /* ... and where, by column of the input */
    uint64_t lag_most;           /* rows that LAG looks back */
    uint64_t batch;              /* number of the rows that are computed together */
    struct column **key;         /* room for key columns */
    struct buf bytes;
};

/* Behind a partition's row: what it is while rows are computed. */
struct over_group {
    struct bag_key *frame;       /* NULL: not looked for yet */
    struct bag_item *oldest;     /* first row of the frame that was not taken back */
    uint64_t in_frame;
    uint64_t batch;
    int64_t seen_us;             /* for peers: time of the row seen last, and its step */
    uint32_t seen_step;
};

/* n rows in their order (all of a dense batch), their partitions, and their times. */
struct over_rows {
    struct batch *in;
    char **groups;
    const int64_t *times;        /* NULL: order is all that counts */
    bool peers;                  /* rows of one time and partition have one result */
    uint32_t n;
};

enum code over_create(struct op *op, const struct plan_over *plan, int64_t ttl_ms,
                      struct over *ret, struct error *err) WEIR_CHECKED;
void over_destroy(struct over *over); /* not the heap */

static inline struct over_group *over_group(const struct over *over, char *row)
{
    return (struct over_group *)(row + state_table_tail(over->groups));
}
static inline const struct state_slot *over_slot(const struct over *over, enum over_slot slot)
{
    return &state_table_layout(over->groups)->slots[over->plan->key_count + slot];
}
static inline int64_t *over_value(const struct over *over, char *row, enum over_slot slot)
{
    return state_at(row, over_slot(over, slot));
}
/* Partitions of rows (sel NULL: i); new ones where `insert`, else NULL. */
enum code over_find(struct over *over, const struct batch *in, const uint32_t *sel, uint32_t n,
                    bool insert, char **ret, struct error *err) WEIR_CHECKED;
/* Forgets a partition and all of its rows. */
void over_forget(struct over *over, char *row);
void over_sweep(struct over *over, uint32_t rows);

/* Columns of the results of the rows, one a call of the plan, in rows->in->arena. */
enum code over_compute(struct over *over, const struct over_rows *rows, struct column **ret,
                       struct error *err) WEIR_CHECKED;

enum code over_save(struct over *over, struct state_writer *w, struct error *err) WEIR_CHECKED;
/* A record; those of tables that are none of `over`'s are for the caller (*ret_mine false). */
enum code over_load(struct over *over, struct state_reader *reader,
                    const struct state_record *record, bool *ret_mine, struct error *err)
    WEIR_CHECKED;
enum code over_loaded(struct over *over, struct error *err) WEIR_CHECKED;

/* An order that is no time: every row of a partition is kept, and results change (op_over_any.c). */
enum code op_over_any_create(struct worker *worker, const struct plan_over *plan, struct op **ret,
                             struct error *err);
