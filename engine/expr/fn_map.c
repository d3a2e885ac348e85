/* fn_map.c -- functions of maps.  Keys, values and entries share the map's memory. */
#include "expr/compare.h"
#include "expr/fn_collection.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

static void share_slots(const struct column *in, const struct rows *rows, struct column *out)
{
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, struct list_slot)[i] = COLUMN_AT(in, struct list_slot, i);
    }
}

KERNEL(map_keys)
{
    (void)cx;
    (void)err;
    share_slots(call->args[0], rows, out);
    out->children[0] = call->args[0]->children[0];
    return OK;
}

KERNEL(map_values)
{
    (void)cx;
    (void)err;
    share_slots(call->args[0], rows, out);
    out->children[0] = call->args[0]->children[1];
    return OK;
}

KERNEL(map_entries)
{
    const struct column *map = call->args[0];
    struct column *entries =
        column_create(cx->arena, out->type->children[0], map->children[0]->count);

    if (!entries)
        return error_nomem(err);
    entries->children[0] = map->children[0];
    entries->children[1] = map->children[1];
    share_slots(map, rows, out);
    out->children[0] = entries;
    return OK;
}

static enum code part_resolve(struct call *call, uint32_t child, kernel_fn kernel,
                              struct error *err)
{
    const struct type *type;

    TRY(call_arity(call, 1, 1, err));
    TRY(collection_want(call, 0, TYPE_MAP, err));
    type = type_make_array(call->env->arena, call->args[0]->type->children[child]);
    if (!type)
        return error_nomem(err);
    return call_set(call, type, kernel, 0);
}

enum code map_keys_resolve(struct call *call, struct error *err)
{
    return part_resolve(call, 0, map_keys, err);
}

enum code map_values_resolve(struct call *call, struct error *err)
{
    return part_resolve(call, 1, map_values, err);
}

enum code map_entries_resolve(struct call *call, struct error *err)
{
    static const struct str names[] = { { "key", 3 }, { "value", 5 } };
    const struct type *entry, *type;

    TRY(call_arity(call, 1, 1, err));
    TRY(collection_want(call, 0, TYPE_MAP, err));
    entry = type_make_row(call->env->arena, call->args[0]->type->children, names, 2);
    type = entry ? type_make_array(call->env->arena, entry) : NULL;
    if (!type)
        return error_nomem(err);
    return call_set(call, type, map_entries, 0);
}

/* --- making maps --------------------------------------------------------- */

KERNEL(map_from_arrays)
{
    struct list_build keys = list_build(cx);
    struct list_build values = list_build(cx);

    ROWS_EACH(rows, i)
    {
        struct list_slot k = COLUMN_AT(call->args[0], struct list_slot, i);
        struct list_slot v = COLUMN_AT(call->args[1], struct list_slot, i);
        uint32_t from = keys.count;
        if (k.size != v.size) {
            if (call->state)
                return error_set(err, E_DATA,
                                 "the arrays of MAP_FROM_ARRAYS have different lengths: %u keys, "
                                 "%u values",
                                 k.size, v.size);
            TRY(kernel_null(cx, out, i, err));
            continue;
        }
        if (!list_push_range(&keys, k.start, k.size) || !list_push_range(&values, v.start, v.size))
            return error_nomem(err);
        list_end(&keys, out, i, from);
    }
    TRY(list_finish(&keys, call->args[0]->children[0], &out->children[0], err));
    return list_finish(&values, call->args[1]->children[0], &out->children[1], err);
}

enum code map_from_arrays_resolve(struct call *call, struct error *err)
{
    static const char fails = 1;
    const struct type *type;

    TRY(call_arity(call, 2, 2, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    TRY(collection_want(call, 1, TYPE_ARRAY, err));
    type = type_make_map(call->env->arena, call->args[0]->type->children[0],
                         call->args[1]->type->children[0]);
    if (!type)
        return error_nomem(err);
    if (!call_is_blink(call)) {
        call->state = &fails;
        call->state_hash = 1;
    }
    return call_set(call, type, map_from_arrays, call_is_blink(call) ? 0 : CALL_FAILS);
}

/* Later maps win; a key keeps the place where it came first. */
KERNEL(map_union)
{
    struct column **children = arena_array(cx->arena, struct column *, call->arg_count);
    uint32_t *bases = arena_array(cx->arena, uint32_t, call->arg_count);
    struct list_build keys = list_build(cx);
    struct list_build values = list_build(cx);
    struct column *all[2] = { NULL, NULL };
    struct slot_set set = { 0 };

    if (!children || !bases)
        return error_nomem(err);
    for (uint32_t c = 0; c < 2; c++) {
        for (uint32_t a = 0; a < call->arg_count; a++)
            children[a] = call->args[a]->children[c];
        TRY(list_join(cx, children, call->arg_count, false, &all[c], bases, err));
    }
    set.column = all[0];
    ROWS_EACH(rows, i)
    {
        uint32_t from = keys.count;
        uint32_t total = 0;
        for (uint32_t a = 0; a < call->arg_count; a++)
            total += COLUMN_AT(call->args[a], struct list_slot, i).size;
        if (!slot_set_reset(&set, cx->arena, total))
            return error_nomem(err);
        for (uint32_t a = 0; a < call->arg_count; a++) {
            struct list_slot slot = COLUMN_AT(call->args[a], struct list_slot, i);
            for (uint32_t k = 0; k < slot.size; k++) {
                uint32_t entry = bases[a] + slot.start + k;
                uint32_t there = slot_set_find(&set, entry, true);
                if (there == LIST_NULL) {
                    if (!list_push(&keys, entry) || !list_push(&values, entry))
                        return error_nomem(err);
                    continue;
                }
                for (uint32_t at = from; at < keys.count; at++)
                    if (keys.elements[at] == there)
                        values.elements[at] = entry;
            }
        }
        list_end(&keys, out, i, from);
    }
    TRY(list_finish(&keys, all[0], &out->children[0], err));
    return list_finish(&values, all[1], &out->children[1], err);
}

enum code map_union_resolve(struct call *call, struct error *err)
{
    const struct type *common;

    TRY(call_arity(call, 1, UINT32_MAX, err));
    for (uint32_t i = 0; i < call->arg_count; i++)
        if (call->args[i]->type->id != TYPE_NULL)
            TRY(collection_want(call, i, TYPE_MAP, err));
    TRY(call_common(call, 0, call->arg_count - 1, &common, err));
    if (common->id == TYPE_NULL)
        return call_reject(call, err);
    return call_set(call, common, map_union, 0);
}
