/* fn_array_set.c -- arrays of several arrays: one behind the other, or as sets.
 *
 * Sets keep the order of first occurrence and count NULL as an element. */
#include "expr/fn_collection.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

struct array_sources {
    struct column *joined; /* the elements of all arguments */
    uint32_t *bases;
};

static enum code join_children(struct eval *cx, const struct kernel_call *call,
                               struct array_sources *ret, struct error *err)
{
    struct column **children = arena_array(cx->arena, struct column *, call->arg_count);

    ret->bases = arena_array(cx->arena, uint32_t, call->arg_count);
    if (!children || !ret->bases)
        return error_nomem(err);
    for (uint32_t a = 0; a < call->arg_count; a++)
        children[a] = call->args[a]->children[0];
    return list_join(cx, children, call->arg_count, false, &ret->joined, ret->bases, err);
}

KERNEL(array_concat)
{
    struct list_build build = list_build(cx);
    struct array_sources sources;

    TRY(join_children(cx, call, &sources, err));
    ROWS_EACH(rows, i)
    {
        uint32_t from = build.count;
        for (uint32_t a = 0; a < call->arg_count; a++) {
            struct list_slot slot = COLUMN_AT(call->args[a], struct list_slot, i);
            if (!list_push_range(&build, sources.bases[a] + slot.start, slot.size))
                return error_nomem(err);
        }
        list_end(&build, out, i, from);
    }
    return list_finish(&build, sources.joined, &out->children[0], err);
}

KERNEL(array_union)
{
    struct list_build build = list_build(cx);
    struct array_sources sources;
    struct slot_set set = { 0 };

    TRY(join_children(cx, call, &sources, err));
    set.column = sources.joined;
    ROWS_EACH(rows, i)
    {
        uint32_t from = build.count;
        uint32_t total = 0;
        for (uint32_t a = 0; a < call->arg_count; a++)
            total += COLUMN_AT(call->args[a], struct list_slot, i).size;
        if (!slot_set_reset(&set, cx->arena, total))
            return error_nomem(err);
        for (uint32_t a = 0; a < call->arg_count; a++) {
            struct list_slot slot = COLUMN_AT(call->args[a], struct list_slot, i);
            for (uint32_t k = 0; k < slot.size; k++) {
                uint32_t element = sources.bases[a] + slot.start + k;
                if (slot_set_find(&set, element, true) == LIST_NULL && !list_push(&build, element))
                    return error_nomem(err);
            }
        }
        list_end(&build, out, i, from);
    }
    return list_finish(&build, sources.joined, &out->children[0], err);
}

/* Elements of the first that are (or are not) in the second, each once. */
static enum code array_filter(struct eval *cx, const struct kernel_call *call,
                              const struct rows *rows, struct column *out, bool keep_common,
                              struct error *err)
{
    struct list_build build = list_build(cx);
    struct array_sources sources;
    struct slot_set other = { 0 }, taken = { 0 };

    TRY(join_children(cx, call, &sources, err));
    other.column = taken.column = sources.joined;
    ROWS_EACH(rows, i)
    {
        struct list_slot x = COLUMN_AT(call->args[0], struct list_slot, i);
        struct list_slot y = COLUMN_AT(call->args[1], struct list_slot, i);
        uint32_t from = build.count;
        if (!slot_set_reset(&other, cx->arena, y.size) ||
            !slot_set_reset(&taken, cx->arena, x.size))
            return error_nomem(err);
        for (uint32_t k = 0; k < y.size; k++)
            slot_set_find(&other, sources.bases[1] + y.start + k, true);
        for (uint32_t k = 0; k < x.size; k++) {
            uint32_t element = sources.bases[0] + x.start + k;
            bool common = slot_set_find(&other, element, false) != LIST_NULL;
            if (common == keep_common && slot_set_find(&taken, element, true) == LIST_NULL &&
                !list_push(&build, element))
                return error_nomem(err);
        }
        list_end(&build, out, i, from);
    }
    return list_finish(&build, sources.joined, &out->children[0], err);
}

KERNEL(array_except)
{
    return array_filter(cx, call, rows, out, false, err);
}

KERNEL(array_intersect)
{
    return array_filter(cx, call, rows, out, true, err);
}

static enum code sets_resolve(struct call *call, uint32_t lo, uint32_t hi, kernel_fn kernel,
                              struct error *err)
{
    const struct type *common;

    TRY(call_arity(call, lo, hi, err));
    for (uint32_t i = 0; i < call->arg_count; i++)
        if (call->args[i]->type->id != TYPE_NULL)
            TRY(collection_want(call, i, TYPE_ARRAY, err));
    TRY(call_common(call, 0, call->arg_count - 1, &common, err));
    if (common->id == TYPE_NULL)
        return call_reject(call, err);
    return call_set(call, common, kernel, 0);
}

enum code array_concat_resolve(struct call *call, struct error *err)
{
    return sets_resolve(call, 1, UINT32_MAX, array_concat, err);
}

enum code array_union_resolve(struct call *call, struct error *err)
{
    return sets_resolve(call, 2, 2, array_union, err);
}

enum code array_except_resolve(struct call *call, struct error *err)
{
    return sets_resolve(call, 2, 2, array_except, err);
}

enum code array_intersect_resolve(struct call *call, struct error *err)
{
    return sets_resolve(call, 2, 2, array_intersect, err);
}
