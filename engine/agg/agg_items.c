/* agg_items.c -- see agg_items.h. */
#include "agg/agg_items.h"

bool agg_items_push(struct agg_items *items, struct str encoded)
{
    struct str copy = arena_str(items->arena, encoded);
    return copy.data && ARENA_PUSH(items->arena, items->items, items->count, items->cap, copy);
}

enum code agg_items_column(const struct agg_items *items, const struct type *type,
                           struct column **ret, struct error *err)
{
    struct column *column = column_create(items->arena, type, items->count);
    if (!column)
        return error_nomem(err);
    for (uint32_t i = 0; i < items->count; i++) {
        struct str in = items->items[i];
        TRY(state_decode(items->arena, &in, type, 0, column, i, err));
    }
    for (uint32_t k = 0; k < column->child_count; k++)
        if (!column->children[k] &&
            !(column->children[k] = column_create_null(items->arena, type->children[k], 0)))
            return error_nomem(err);
    *ret = column;
    return OK;
}
