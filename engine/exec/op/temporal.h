/* temporal.h -- inside of the temporal join: its sides, the timers of its keys, and what
 * leaves when time moves. */
#pragma once

#include "exec/op/join_pairs.h"
#include "state/bag.h"

/* A key's row of the timers: the keys, the time; and this behind it. */
struct temporal_tail {
    uint32_t in_heap; /* how often; only the one of the time in the row is meant */
    bool has_versions;
    bool is_due;      /* among those looked at now */
    bool is_idle;     /* among those whose old timers have gone */
};

struct temporal_timer {
    int64_t time_us;
    uint64_t number; /* of being set */
    char *row;
};

struct temporal_side {
    struct state_bag *bag;
    const struct state_layout *layout; /* the columns, then the kind of change */
    uint32_t width;
    uint32_t time;
    struct column **keys;
};

/* Keys whose time has come, and keys that had a timer which was not meant any more. */
struct temporal_keys {
    char *rows[BATCH_ROWS], *idle[BATCH_ROWS];
    uint32_t count, idle_count;
};

/* Time moves within a batch. */
struct temporal_move {
    uint32_t at;      /* before this one of the selected rows */
    int64_t time_us;
    uint32_t cause;   /* see struct worker */
};

/* Rows that are still to be taken. */
struct temporal_input {
    struct temporal_input *next;
    struct arena *arena;   /* of what waits; NULL: all lives as long as the call */
    const struct batch *in;
    uint32_t port;
    struct column **columns; /* of the batch, and the kind of each row; NULL: not made yet */
    uint32_t row;          /* of the selected ones, the first to be taken */
    struct temporal_move *moves;
    uint32_t move_count, move;
};

/* What leaves at the time of the join; while it does, no row is taken, so nothing it points to
 * changes. */
struct temporal_leaving {
    bool under_way;
    bool any;              /* something has left */
    uint32_t cause;        /* of the time */
    struct temporal_keys keys;
    struct bag_key *left[BATCH_ROWS], *right[BATCH_ROWS];
    uint32_t key;          /* the one that is looked at */
    struct bag_item *next; /* of its left rows */
    int64_t next_us;       /* the least time of those that stay */
};

struct op_temporal_join {
    struct op base;
    const struct plan_temporal_join *plan;
    struct state_heap *heap;
    struct temporal_side sides[2];
    struct state_table *timers;
    struct temporal_timer *due; /* a heap of them */
    size_t due_count, due_cap;
    uint64_t set; /* timers so far */
    struct join_test test;
    int64_t now_us;
    struct temporal_leaving *leaving;
    struct temporal_input *first, *last; /* what waits, with op->more */
};

static inline int64_t temporal_time(const struct temporal_side *side, const struct bag_item *item)
{
    int64_t us;
    memcpy(&us, item->slots + side->layout->slots[side->time].offset, sizeof us);
    return us;
}
static inline enum change temporal_change(const struct temporal_side *side,
                                          const struct bag_item *item)
{
    return (enum change)item->slots[side->layout->slots[side->width].offset];
}

/* --- temporal_leave.c ------------------------------------------------------------------ */

/* The keys whose timers are due at the time op->now_us begin to leave. */
enum code temporal_leave(struct op_temporal_join *op, uint32_t cause, struct error *err)
    WEIR_CHECKED;
/* Sends batches of them, at most *batches, which counts down; op->leaving->under_way: there are
 * more.  When all have left, the time follows. */
enum code temporal_send(struct op_temporal_join *op, uint32_t *batches, struct error *err)
    WEIR_CHECKED;

/* --- temporal_timers.c ----------------------------------------------------------------- */

/* Of the time in a row of the timers. */
const struct state_slot *temporal_slot(const struct op_temporal_join *op);
struct temporal_tail *temporal_tail(const struct op_temporal_join *op, char *row);
/* The key is looked at when time reaches time_us, or before. */
enum code temporal_set(struct op_temporal_join *op, char *row, int64_t time_us, struct error *err)
    WEIR_CHECKED;
/* Into the heap alone: the row has that time already. */
enum code temporal_put(struct op_temporal_join *op, char *row, int64_t time_us, struct error *err)
    WEIR_CHECKED;
/* The earliest ones; those that are left are due too when the keys are full. */
void temporal_take_due(struct op_temporal_join *op, int64_t now_us, struct temporal_keys *ret);
/* Forgets those of the keys of which nothing is known any more. */
void temporal_forget(struct op_temporal_join *op, const struct temporal_keys *keys);
