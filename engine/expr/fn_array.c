/* fn_array.c -- functions of one array.
 *
 * Positions count from 1.  NULL is an element like others: it can be looked for,
 * removed and appended.  What only moves elements copies slots, never text; a slice
 * shares the elements of its array. */
#include "expr/compare.h"
#include "expr/fn_collection.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* Is element `at` of the child equal to the needle of this row? */
static bool element_is(const struct column *child, uint32_t at, const struct column *needle,
                       uint32_t row)
{
    bool valid = column_is_valid(child, at);

    if (valid != column_is_valid(needle, row))
        return false;
    return !valid || slot_equal(child, at, needle, row);
}

/* Position of the needle from 1, 0 if it is not there. */
static uint32_t find_element(const struct kernel_call *call, uint32_t row)
{
    const struct column *array = call->args[0];
    struct list_slot slot = COLUMN_AT(array, struct list_slot, row);

    for (uint32_t k = 0; k < slot.size; k++)
        if (element_is(array->children[0], slot.start + k, call->args[1], row))
            return k + 1;
    return 0;
}

/* --- looking ------------------------------------------------------------- */

KERNEL(array_contains)
{
    ROWS_EACH(rows, i)
    {
        if (column_is_valid(call->args[0], i))
            COLUMN_OUT(out, uint8_t)[i] = find_element(call, i) != 0;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code array_contains_resolve(struct call *call, struct error *err)
{
    const struct type *element;

    TRY(call_arity(call, 2, 2, err));
    TRY(collection_element(call, 0, 1, &element, err));
    return call_set(call, &type_boolean, array_contains, CALL_NULLS);
}

KERNEL(array_position)
{
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, int32_t)[i] = (int32_t)find_element(call, i);
    }
    return OK;
}

enum code array_position_resolve(struct call *call, struct error *err)
{
    const struct type *element;

    TRY(call_arity(call, 2, 2, err));
    TRY(collection_element(call, 0, 1, &element, err));
    return call_set(call, &type_int, array_position, 0);
}

/* The greatest (sign 1) or least (-1) element that is not NULL. */
static enum code array_extreme(struct eval *cx, const struct kernel_call *call,
                               const struct rows *rows, struct column *out, int sign,
                               struct error *err)
{
    const struct column *array = call->args[0];
    const struct column *child = array->children[0];
    uint32_t *picks = arena_alloc(cx->arena, ((size_t)rows->n + 1) * sizeof *picks);
    uint32_t n = 0;

    if (!picks)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        uint32_t best = LIST_NULL;
        for (uint32_t k = slot.start; k < slot.start + slot.size; k++)
            if (column_is_valid(child, k) &&
                (best == LIST_NULL || slot_compare(child, k, child, best) * sign > 0))
                best = k;
        picks[n++] = best;
    }
    return list_pick(cx, child, picks, rows, out, err);
}

KERNEL(array_max)
{
    return array_extreme(cx, call, rows, out, 1, err);
}

KERNEL(array_min)
{
    return array_extreme(cx, call, rows, out, -1, err);
}

static enum code extreme_resolve(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    if (!compare_has_order(call->args[0]->type->children[0]))
        return call_reject(call, err);
    return call_set(call, call->args[0]->type->children[0], kernel, 0);
}

enum code array_max_resolve(struct call *call, struct error *err)
{
    return extreme_resolve(call, array_max, err);
}

enum code array_min_resolve(struct call *call, struct error *err)
{
    return extreme_resolve(call, array_min, err);
}

/* --- leaving out and turning round --------------------------------------- */

KERNEL(array_remove)
{
    const struct column *array = call->args[0];
    struct list_build build = list_build(cx);

    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        uint32_t from = build.count;
        if (!column_is_valid(array, i)) {
            TRY(kernel_null(cx, out, i, err));
            continue;
        }
        for (uint32_t k = slot.start; k < slot.start + slot.size; k++)
            if (!element_is(array->children[0], k, call->args[1], i) && !list_push(&build, k))
                return error_nomem(err);
        list_end(&build, out, i, from);
    }
    return list_finish(&build, array->children[0], &out->children[0], err);
}

enum code array_remove_resolve(struct call *call, struct error *err)
{
    const struct type *element;

    TRY(call_arity(call, 2, 2, err));
    TRY(collection_element(call, 0, 1, &element, err));
    return call_set(call, call->args[0]->type, array_remove, CALL_NULLS);
}

KERNEL(array_distinct)
{
    const struct column *array = call->args[0];
    struct list_build build = list_build(cx);
    struct slot_set set = { .column = array->children[0] };

    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        uint32_t from = build.count;
        if (!slot_set_reset(&set, cx->arena, slot.size))
            return error_nomem(err);
        for (uint32_t k = slot.start; k < slot.start + slot.size; k++)
            if (slot_set_find(&set, k, true) == LIST_NULL && !list_push(&build, k))
                return error_nomem(err);
        list_end(&build, out, i, from);
    }
    return list_finish(&build, array->children[0], &out->children[0], err);
}

KERNEL(array_reverse)
{
    const struct column *array = call->args[0];
    struct list_build build = list_build(cx);

    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        uint32_t from = build.count;
        for (uint32_t k = slot.size; k > 0; k--)
            if (!list_push(&build, slot.start + k - 1))
                return error_nomem(err);
        list_end(&build, out, i, from);
    }
    return list_finish(&build, array->children[0], &out->children[0], err);
}

static enum code one_array_resolve(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    return call_set(call, call->args[0]->type, kernel, 0);
}

enum code array_distinct_resolve(struct call *call, struct error *err)
{
    return one_array_resolve(call, array_distinct, err);
}

enum code array_reverse_resolve(struct call *call, struct error *err)
{
    return one_array_resolve(call, array_reverse, err);
}

/* Both ends count: from 1, or from the end if negative; 0 is the first element. */
static int64_t slice_end(int32_t position, uint32_t size)
{
    if (position < 0)
        return (int64_t)size + position + 1;
    return position == 0 ? 1 : position;
}

KERNEL(array_slice)
{
    const struct column *array = call->args[0];

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        int64_t first = slice_end(COLUMN_AT(call->args[1], int32_t, i), slot.size);
        int64_t last = call->arg_count < 3
                           ? slot.size
                           : slice_end(COLUMN_AT(call->args[2], int32_t, i), slot.size);
        struct list_slot slice = { 0, 0 };
        first = MAX(first, 1);
        last = MIN(last, (int64_t)slot.size);
        if (first <= last)
            slice = (struct list_slot){ slot.start + (uint32_t)first - 1,
                                        (uint32_t)(last - first + 1) };
        COLUMN_OUT(out, struct list_slot)[i] = slice;
    }
    out->children[0] = array->children[0];
    return OK;
}

enum code array_slice_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    for (uint32_t i = 1; i < call->arg_count; i++)
        TRY(call_coerce(call, i, &type_int, err));
    return call_set(call, call->args[0]->type, array_slice, 0);
}

/* --- ARRAY_SORT ---------------------------------------------------------- */

struct sort_order {
    const struct column *child;
    bool descending;
    bool nulls_first;
};

static int sort_compare(const struct sort_order *order, uint32_t a, uint32_t b)
{
    bool a_valid = column_is_valid(order->child, a);
    bool b_valid = column_is_valid(order->child, b);
    int c;

    if (!a_valid || !b_valid) {
        if (a_valid == b_valid)
            return 0;
        return a_valid == order->nulls_first ? 1 : -1;
    }
    c = slot_compare(order->child, a, order->child, b);
    return order->descending ? -c : c;
}

/* Stable merge sort, bottom up; `spare` is as long as `items`. */
static void sort_elements(const struct sort_order *order, uint32_t *items, uint32_t *spare,
                          uint32_t n)
{
    for (uint32_t width = 1; width < n; width *= 2) {
        for (uint32_t low = 0; low < n; low += 2 * width) {
            uint32_t mid = MIN(low + width, n);
            uint32_t high = MIN(low + 2 * width, n);
            uint32_t a = low, b = mid;
            for (uint32_t k = low; k < high; k++) {
                bool left = a < mid && (b >= high || sort_compare(order, items[a], items[b]) <= 0);
                spare[k] = left ? items[a++] : items[b++];
            }
        }
        memcpy(items, spare, n * sizeof *items);
    }
}

KERNEL(array_sort)
{
    const struct column *array = call->args[0];
    struct list_build build = list_build(cx);
    struct sort_order order = { .child = array->children[0] };
    uint32_t *spare = NULL;
    uint32_t spare_cap = 0;

    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        uint32_t from = build.count;
        order.descending = call->arg_count > 1 && !COLUMN_AT(call->args[1], uint8_t, i);
        order.nulls_first =
            call->arg_count > 2 ? COLUMN_AT(call->args[2], uint8_t, i) != 0 : !order.descending;
        if (slot.size > spare_cap) {
            spare_cap = slot.size * 2;
            spare = arena_alloc(cx->arena, spare_cap * sizeof *spare);
            if (!spare)
                return error_nomem(err);
        }
        if (!list_push_range(&build, slot.start, slot.size))
            return error_nomem(err);
        if (slot.size > 1)
            sort_elements(&order, build.elements + from, spare, slot.size);
        list_end(&build, out, i, from);
    }
    return list_finish(&build, array->children[0], &out->children[0], err);
}

enum code array_sort_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 3, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    if (!compare_has_order(call->args[0]->type->children[0]))
        return call_reject(call, err);
    for (uint32_t i = 1; i < call->arg_count; i++)
        TRY(call_coerce(call, i, &type_boolean, err));
    return call_set(call, call->args[0]->type, array_sort, 0);
}

/* --- ARRAY_JOIN ---------------------------------------------------------- */

KERNEL(array_join)
{
    const struct column *array = call->args[0];
    const struct column *child = array->children[0];
    struct text_room room = { .arena = cx->arena };
    struct buf text;
    enum code code = OK;

    buf_init(&text, SIZE_MAX / 2);
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        struct str delimiter = view_str(COLUMN_AT(call->args[1], struct view, i));
        bool first = true;
        buf_clear(&text);
        for (uint32_t k = slot.start; k < slot.start + slot.size; k++) {
            bool valid = column_is_valid(child, k);
            if (!valid && call->arg_count < 3)
                continue;
            if (!first)
                buf_str(&text, delimiter);
            first = false;
            buf_str(&text, view_str(valid ? COLUMN_AT(child, struct view, k)
                                          : COLUMN_AT(call->args[2], struct view, i)));
        }
        code = buf_check(&text, err);
        if (code == OK && !text_room_copy(&room, buf_view(&text), &COLUMN_OUT(out, struct view)[i]))
            code = error_nomem(err);
        if (code != OK)
            break;
    }
    buf_done(&text);
    return code;
}

enum code array_join_resolve(struct call *call, struct error *err)
{
    const struct type *strings;

    TRY(call_arity(call, 2, 3, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    if (!type_is_string(call->args[0]->type->children[0])) {
        strings = type_make_array(call->env->arena, &type_string);
        if (!strings)
            return error_nomem(err);
        TRY(call_coerce(call, 0, strings, err));
    }
    for (uint32_t i = 1; i < call->arg_count; i++)
        TRY(call_coerce_string(call, i, err));
    return call_set(call, &type_string, array_join, 0);
}

/* --- ARRAY_APPEND, ARRAY_PREPEND ----------------------------------------- */

static enum code array_add(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                           struct column *out, bool before, struct error *err)
{
    const struct column *array = call->args[0];
    struct column *sources[] = { array->children[0], call->args[1] };
    struct list_build build = list_build(cx);
    struct column *joined;
    uint32_t bases[2];

    TRY(list_join(cx, sources, 2, column_is_constant(out), &joined, bases, err));
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        uint32_t from = build.count;
        if (!column_is_valid(array, i)) {
            TRY(kernel_null(cx, out, i, err));
            continue;
        }
        if ((before && !list_push(&build, bases[1] + i)) ||
            !list_push_range(&build, bases[0] + slot.start, slot.size) ||
            (!before && !list_push(&build, bases[1] + i)))
            return error_nomem(err);
        list_end(&build, out, i, from);
    }
    return list_finish(&build, joined, &out->children[0], err);
}

KERNEL(array_append)
{
    return array_add(cx, call, rows, out, false, err);
}

KERNEL(array_prepend)
{
    return array_add(cx, call, rows, out, true, err);
}

static enum code add_resolve(struct call *call, kernel_fn kernel, struct error *err)
{
    const struct type *element;

    TRY(call_arity(call, 2, 2, err));
    TRY(collection_element(call, 0, 1, &element, err));
    return call_set(call, call->args[0]->type, kernel, CALL_NULLS);
}

enum code array_append_resolve(struct call *call, struct error *err)
{
    return add_resolve(call, array_append, err);
}

enum code array_prepend_resolve(struct call *call, struct error *err)
{
    return add_resolve(call, array_prepend, err);
}
