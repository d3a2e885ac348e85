/* agg_sum.h -- SUM and AVG: where their accumulator lies.  Slot 0 is the sum, NULL until
 * there was a value and 0 while it is NULL; slot 1, where it is needed, counts values. */
#pragma once

#include "agg/agg_inner.h"

struct sum_at {
    uint32_t sum, count; /* offsets in the row */
    uint32_t valid_byte; /* of the sum */
    uint8_t valid_mask;
};

static inline struct sum_at sum_at(const struct agg_run *run)
{
    const struct state_slot *sum = agg_slot(run, 0);
    return (struct sum_at){ .sum = sum->offset,
                            .count = run->agg->slot_count > 1 ? agg_slot(run, 1)->offset : 0,
                            .valid_byte = sum->valid_byte,
                            .valid_mask = sum->valid_mask };
}
AGG_INLINE bool sum_is_valid(const struct sum_at *at, const char *row)
{
    return (row[at->valid_byte] & at->valid_mask) != 0;
}
AGG_INLINE void sum_set_valid(const struct sum_at *at, char *row)
{
    row[at->valid_byte] = (char)(row[at->valid_byte] | at->valid_mask);
}
AGG_INLINE void sum_set_null(const struct sum_at *at, char *row)
{
    row[at->valid_byte] = (char)(row[at->valid_byte] & ~at->valid_mask);
}
AGG_INLINE int64_t *sum_count(const struct sum_at *at, char *row)
{
    return (int64_t *)(row + at->count);
}

/* SUM and AVG of DECIMAL (agg_sum_decimal.c). */
extern const struct agg_kernel agg_sum_decimal, agg_sum_decimal_counted, agg_avg_decimal;
