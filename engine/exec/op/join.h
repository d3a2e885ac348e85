/* join.h -- inside of the join that keeps both sides (op_join.c): its sides, the rows
 * under way, and what they give.
 *
 * A batch of one side is taken row by row against the rows that the other side has, in
 * steps of at most JOIN_PAIRS pairs, so that a row with a million matches makes a bounded
 * output a call.  A place says where a step ended. */
#pragma once

#include "exec/op/join_pairs.h"
#include "state/bag.h"

enum { JOIN_PAIRS = 4096 };

struct join_side {
    struct state_bag *bag;
    const struct state_layout *layout;
    uint32_t width;        /* columns */
    bool outer;            /* its rows are kept without a match: they count their matches */
    bool keyed;            /* rows are known by a unique key: one replaces another */
    struct column **keys;  /* of the batch under way */
};

/* Where work on a batch stands. */
struct join_place {
    uint32_t row;          /* of the selected ones, the first not done */
    struct bag_item *item; /* the next one it meets; NULL with `begun`: it has met all */
    uint32_t repeat;       /* how often it has met it: an item stands for `count` equal rows */
    uint32_t matched;      /* matches so far */
    bool begun;
};

/* A batch that waits, in an arena of its own. */
struct join_queued {
    struct join_queued *next;
    struct arena *arena;
    const struct batch *batch;
    uint32_t port;
};

struct op_join {
    struct op base;
    const struct plan_join *plan;
    struct state_heap *heap;
    struct join_side sides[2];
    bool semi, anti;
    struct join_test test;
    struct join_queued *queue, **queue_tail;
    struct join_place place; /* in the first of the queue */
};

/* Works on `in` from `place` on until it is done (place->row is in->selected) or the step is full;
 * emits what it has made. */
enum code join_step(struct op_join *op, uint32_t port, const struct batch *in,
                    struct join_place *place, struct error *err) WEIR_CHECKED;
