/* op_over.h -- OVER in the order of time: inside of op_over.c and op_over_save.c. */
#pragma once

#include "exec/op/due.h"
#include "exec/op/over.h"

struct op_over {
    struct op base;
    const struct plan_over *plan;
    struct over over;
    struct arena *arena;         /* of looks at partitions */
    struct state_bag *waiting;   /* columns of the input, and the number of arrival */
    struct due_list due;         /* its items */
    struct state_table *timers;  /* bounded RANGE: keys, and the time of a look at them */
    struct due_list timer_due;
    uint64_t arrivals;           /* from 1 */
    int64_t time_us;             /* watermark, and how many rows had come when it moved there */
    uint64_t by_then;
    struct due_marks marks;      /* how it moved, since rows went through last */
    uint32_t width;              /* columns of the input */
    uint32_t piece;              /* rows that are computed together, about */
};

static inline const struct state_slot *over_timer_slot(const struct op_over *op, uint32_t at)
{
    return &state_table_layout(op->timers)->slots[at];
}

enum code over_barrier(struct op *base, uint32_t port, const struct barrier *b, struct error *err);
enum code over_restore(struct op *base, struct state_reader *reader, struct error *err);
