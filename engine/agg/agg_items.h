/* agg_items.h -- lists as results: the elements of all rows of a column, gathered encoded
 * while state changes under them, and decoded in one go at the end. */
#pragma once

#include "agg/agg_inner.h"

struct agg_items {
    struct arena *arena;
    struct str *items; /* encoded */
    uint32_t count, cap;
};

/* Copies the bytes. */
bool agg_items_push(struct agg_items *items, struct str encoded) WEIR_CHECKED;
/* Row `row` of a list column gets the items pushed since `from`. */
static inline void agg_items_end(const struct agg_items *items, struct column *out, uint32_t row,
                                 uint32_t from)
{
    COLUMN_OUT(out, struct list_slot)[row] = (struct list_slot){ from, items->count - from };
}
/* A column of all items. */
enum code agg_items_column(const struct agg_items *items, const struct type *type,
                           struct column **ret, struct error *err) WEIR_CHECKED;
