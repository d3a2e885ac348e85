/* temporal.h -- inside of the temporal join: its sides, and the timers of its keys. */
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
};

/* Keys whose time has come, and keys that had a timer which was not meant any more. */
struct temporal_due {
    char **rows, **idle;
    uint32_t count, cap, idle_count, idle_cap;
};

/* Of the time in a row of the timers. */
const struct state_slot *temporal_slot(const struct op_temporal_join *op);
struct temporal_tail *temporal_tail(const struct op_temporal_join *op, char *row);
/* The key is looked at when time reaches time_us, or before. */
enum code temporal_set(struct op_temporal_join *op, char *row, int64_t time_us, struct error *err)
    WEIR_CHECKED;
/* Into the heap alone: the row has that time already. */
enum code temporal_put(struct op_temporal_join *op, char *row, int64_t time_us, struct error *err)
    WEIR_CHECKED;
enum code temporal_take_due(struct op_temporal_join *op, int64_t now_us, struct temporal_due *ret,
                            struct error *err) WEIR_CHECKED;
/* Forgets those of the keys of which nothing is known any more. */
void temporal_forget(struct op_temporal_join *op, const struct temporal_due *due);
