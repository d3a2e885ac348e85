/* fn_collection.c -- constructors of arrays, maps and rows, access to their parts, and
 * the table of all functions of collections.
 *
 * Access never fails: an index outside of an array and a key that a map does not
 * have give NULL. */
#include "expr/fn_collection.h"

#include "expr/compare.h"

#include <stdio.h>

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

enum code collection_want(struct call *call, uint32_t i, enum type_id id, struct error *err)
{
    return call->args[i]->type->id == id ? OK : call_reject(call, err);
}

enum code collection_element(struct call *call, uint32_t array, uint32_t element,
                             const struct type **ret_element, struct error *err)
{
    const struct type *have, *common, *type;

    TRY(collection_want(call, array, TYPE_ARRAY, err));
    have = call->args[array]->type->children[0];
    common = type_common(call->env->arena, have, call->args[element]->type, call_is_blink(call));
    if (!common)
        return call_reject(call, err);
    if (!type_equal(common, have)) {
        type = type_make_array(call->env->arena, common);
        if (!type)
            return error_nomem(err);
        TRY(call_cast(call, array, type, err));
    }
    TRY(call_cast(call, element, common, err));
    *ret_element = common;
    return OK;
}

/* --- ARRAY[..], MAP[..], ROW(..) ----------------------------------------- */

/* Arguments first, first + step, ... of each row as one list. */
static enum code make_list(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                           struct column *out, uint32_t first, uint32_t step,
                           struct column **ret_child, struct error *err)
{
    uint32_t n = (call->arg_count - first + step - 1) / step;
    struct column **columns = arena_array(cx->arena, struct column *, MAX(n, 1));
    uint32_t *bases = arena_array(cx->arena, uint32_t, MAX(n, 1));
    struct list_build build = list_build(cx);
    struct column *joined;

    if (!columns || !bases)
        return error_nomem(err);
    for (uint32_t k = 0; k < n; k++)
        columns[k] = call->args[first + k * step];
    TRY(list_join(cx, columns, n, column_is_constant(out), &joined, bases, err));
    ROWS_EACH(rows, i)
    {
        uint32_t from = build.count;
        for (uint32_t k = 0; k < n; k++)
            if (!list_push(&build, bases[k] + i))
                return error_nomem(err);
        list_end(&build, out, i, from);
    }
    return list_finish(&build, joined, ret_child, err);
}

/* Nothing in it: every row the same empty list. */
KERNEL(make_empty)
{
    (void)call;
    for (uint32_t c = 0; c < out->child_count; c++) {
        out->children[c] = column_create(cx->arena, out->type->children[c], 0);
        if (!out->children[c])
            return error_nomem(err);
    }
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, struct list_slot)[i] = (struct list_slot){ 0, 0 };
    }
    return OK;
}

KERNEL(make_array)
{
    return make_list(cx, call, rows, out, 0, 1, &out->children[0], err);
}

KERNEL(make_map)
{
    TRY(make_list(cx, call, rows, out, 0, 2, &out->children[0], err));
    return make_list(cx, call, rows, out, 1, 2, &out->children[1], err);
}

KERNEL(make_row)
{
    (void)cx;
    (void)rows;
    (void)err;
    for (uint32_t k = 0; k < call->arg_count; k++)
        out->children[k] = call->args[k];
    return OK;
}

static enum code resolve_array(struct call *call, struct error *err)
{
    const struct type *element = &type_null;
    const struct type *type;

    if (call->arg_count > 0)
        TRY(call_common(call, 0, call->arg_count - 1, &element, err));
    type = type_make_array(call->env->arena, element);
    if (!type)
        return error_nomem(err);
    return call_set(call, type, call->arg_count > 0 ? make_array : make_empty, CALL_NULLS);
}

/* The common type of every other argument. */
static enum code common_of_half(struct call *call, uint32_t first, const struct type **ret,
                                struct error *err)
{
    const struct type *common = call->args[first]->type;

    for (uint32_t i = first + 2; i < call->arg_count; i += 2) {
        common = type_common(call->env->arena, common, call->args[i]->type, call_is_blink(call));
        if (!common)
            return call_reject(call, err);
    }
    for (uint32_t i = first; i < call->arg_count; i += 2)
        TRY(call_cast(call, i, common, err));
    *ret = common;
    return OK;
}

static enum code resolve_map(struct call *call, struct error *err)
{
    const struct type *key = &type_null, *value = &type_null;
    const struct type *type;

    if (call->arg_count % 2 != 0) {
        error_at(err, E_TYPE, call->span, "MAP needs a value for every key");
        error_hint(err, "Its form is %s.", call->function->signature);
        return E_TYPE;
    }
    if (call->arg_count > 0) {
        TRY(common_of_half(call, 0, &key, err));
        TRY(common_of_half(call, 1, &value, err));
    }
    type = type_make_map(call->env->arena, key, value);
    if (!type)
        return error_nomem(err);
    return call_set(call, type, call->arg_count > 0 ? make_map : make_empty, CALL_NULLS);
}

static enum code resolve_row(struct call *call, struct error *err)
{
    struct arena *arena = call->env->arena;
    const struct type **types;
    struct str *names;
    const struct type *type;

    TRY(call_arity(call, 1, UINT32_MAX, err));
    types = arena_array(arena, const struct type *, call->arg_count);
    names = arena_array(arena, struct str, call->arg_count);
    if (!types || !names)
        return error_nomem(err);
    for (uint32_t k = 0; k < call->arg_count; k++) {
        char *name = arena_printf(arena, "EXPR$%u", k);
        if (!name)
            return error_nomem(err);
        names[k] = str_of(name);
        types[k] = call->args[k]->type;
    }
    type = type_make_row(arena, types, names, call->arg_count);
    if (!type)
        return error_nomem(err);
    return call_set(call, type, make_row, CALL_NULLS);
}

/* --- x[i], x.f ----------------------------------------------------------- */

KERNEL(array_item)
{
    const struct column *array = call->args[0];
    uint32_t *picks = arena_alloc(cx->arena, ((size_t)rows->n + 1) * sizeof *picks);
    uint32_t n = 0;

    if (!picks)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        int64_t index = COLUMN_AT(call->args[1], int64_t, i);
        picks[n++] =
            index >= 1 && index <= slot.size ? slot.start + (uint32_t)(index - 1) : LIST_NULL;
    }
    return list_pick(cx, array->children[0], picks, rows, out, err);
}

KERNEL(map_item)
{
    const struct column *map = call->args[0];
    uint32_t *picks = arena_alloc(cx->arena, ((size_t)rows->n + 1) * sizeof *picks);
    uint32_t n = 0;

    if (!picks)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(map, struct list_slot, i);
        uint32_t found = LIST_NULL;
        for (uint32_t k = slot.start; k < slot.start + slot.size && found == LIST_NULL; k++)
            if (column_is_valid(map->children[0], k) &&
                slot_equal(map->children[0], k, call->args[1], i))
                found = k;
        picks[n++] = found;
    }
    return list_pick(cx, map->children[1], picks, rows, out, err);
}

static enum code resolve_item(struct call *call, struct error *err)
{
    const struct type *type;
    int64_t index;

    TRY(call_arity(call, 2, 2, err));
    type = call->args[0]->type;
    if (type->id == TYPE_MAP) {
        TRY(call_coerce(call, 1, type->children[0], err));
        return call_set(call, type->children[1], map_item, 0);
    }
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    TRY(call_coerce_i64(call, 1, err));
    if (expr_literal_i64(call->args[1], &index) && index < 1)
        return call_wrong(call, 1, err, "array positions start at 1, not at %lld",
                          (long long)index);
    return call_set(call, type->children[0], array_item, 0);
}

struct field_state {
    uint32_t index;
};

/* Shares the field's memory; where whole rows can be NULL, with a bitmap of its own. */
KERNEL(row_field)
{
    const struct field_state *state = call->state;
    const struct column *row = call->args[0];
    struct column *field = row->children[state->index];
    size_t words;

    (void)rows;
    if (row->valid && !column_is_constant(row) && column_is_constant(field)) {
        field = list_plain(cx->arena, field, row->count);
        if (!field)
            return error_nomem(err);
    }
    out->values = field->values;
    out->children = field->children;
    out->child_count = field->child_count;
    out->mask = field->mask;
    out->valid = field->valid;
    if (!row->valid)
        return OK;
    /* For all rows of the batch, not only for `rows`: the column may be asked for others later, and
     * what was handed out must stay. */
    out->valid = NULL;
    if (!column_need_valid(out, cx->arena))
        return error_nomem(err);
    words = bit_words(column_is_constant(out) ? 1 : out->count);
    for (size_t w = 0; w < words; w++)
        out->valid[w] = row->valid[w] & (field->valid ? field->valid[w] : ~UINT64_C(0));
    return OK;
}

static enum code resolve_field(struct call *call, struct error *err)
{
    struct field_state *state = arena_new(call->env->arena, struct field_state);
    const struct type *type;
    struct str name;
    uint32_t index = UINT32_MAX;

    TRY(call_arity(call, 2, 2, err));
    type = call->args[0]->type;
    if (!state)
        return error_nomem(err);
    if (type->id != TYPE_ROW || !expr_literal_text(call->args[1], &name))
        return call_reject(call, err);
    for (uint32_t k = 0; k < type->child_count && index == UINT32_MAX; k++)
        if (str_eq(type->names[k], name))
            index = k;
    for (uint32_t k = 0; k < type->child_count && index == UINT32_MAX; k++)
        if (str_ieq(type->names[k], name))
            index = k;
    if (index == UINT32_MAX) {
        struct buf text;
        buf_init(&text, 300);
        type_print(&text, type);
        error_at(err, E_NAME, call->args[1]->span, "row has no field \"" STR_FMT "\"",
                 STR_ARG(name));
        error_detail(err, "Its type is %s.", buf_cstr(&text));
        buf_done(&text);
        return E_NAME;
    }
    state->index = index;
    call->state = state;
    call->state_hash = index;
    return call_set(call, type->children[index], row_field, CALL_NULLS);
}

/* --- CARDINALITY, ELEMENT ------------------------------------------------ */

KERNEL(cardinality)
{
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, int32_t)[i] = (int32_t)COLUMN_AT(call->args[0], struct list_slot, i).size;
    }
    return OK;
}

static enum code resolve_cardinality(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (call->args[0]->type->id != TYPE_MAP)
        TRY(collection_want(call, 0, TYPE_ARRAY, err));
    return call_set(call, &type_int, cardinality, 0);
}

KERNEL(sole_element)
{
    const struct column *array = call->args[0];
    uint32_t *picks = arena_alloc(cx->arena, ((size_t)rows->n + 1) * sizeof *picks);
    uint32_t n = 0;

    if (!picks)
        return error_nomem(err);
    ROWS_EACH(rows, i)
    {
        struct list_slot slot = COLUMN_AT(array, struct list_slot, i);
        if (slot.size > 1 && call->state)
            return error_set(err, E_DATA, "ELEMENT takes an array of one element, not of %u",
                             slot.size);
        picks[n++] = slot.size == 1 ? slot.start : LIST_NULL;
    }
    return list_pick(cx, array->children[0], picks, rows, out, err);
}

static enum code resolve_element(struct call *call, struct error *err)
{
    static const char fails = 1;

    TRY(call_arity(call, 1, 1, err));
    TRY(collection_want(call, 0, TYPE_ARRAY, err));
    if (!call_is_blink(call)) {
        call->state = &fails;
        call->state_hash = 1;
    }
    return call_set(call, call->args[0]->type->children[0], sole_element,
                    call_is_blink(call) ? 0 : CALL_FAILS);
}

/* clang-format off */
#define BOTH DIALECT_BOTH
const struct function fn_collection_table[] = {
    { "ARRAY", BOTH, "ARRAY[value, ...]", "An array of values of one type.", "ARRAY[1, 2]", "[1, 2]", resolve_array, "collection" },
    { "MAP", BOTH, "MAP[key, value, ...]", "A map from keys to values.", "MAP['a', 1]", "{a=1}", resolve_map, "collection" },
    { "ROW", BOTH, "ROW(value, ...)", "A row of values.", "CARDINALITY(ARRAY[ROW(1, 'a')])", "1", resolve_row, "collection" },
    { "ITEM", BOTH, "array[position] | map[key]", "An element of an array (from 1) or the value of a key; NULL if there is none.", "ARRAY['a', 'b'][2]", "b", resolve_item, "collection" },
    { "FIELD", BOTH, "row.field", "A field of a row.", NULL, NULL, resolve_field, "collection" },
    { "CARDINALITY", BOTH, "CARDINALITY(array | map)", "The number of elements or entries.", "CARDINALITY(ARRAY[7, 8, 9])", "3", resolve_cardinality, "collection" },
    { "ELEMENT", BOTH, "ELEMENT(array)", "The only element of an array; NULL if it is empty.", "ELEMENT(ARRAY[5])", "5", resolve_element, "collection" },
    { "ARRAY_CONTAINS", BOTH, "ARRAY_CONTAINS(array, element)", "TRUE if the array has the element; NULL can be looked for.", "ARRAY_CONTAINS(ARRAY[1, 2], 2)", "TRUE", array_contains_resolve, "collection" },
    { "ARRAY_DISTINCT", BOTH, "ARRAY_DISTINCT(array)", "The array with each element once.", "ARRAY_DISTINCT(ARRAY[1, 2, 1])", "[1, 2]", array_distinct_resolve, "collection" },
    { "ARRAY_POSITION", BOTH, "ARRAY_POSITION(array, element)", "The first position of the element from 1, 0 if it is not there.", "ARRAY_POSITION(ARRAY['a', 'b'], 'b')", "2", array_position_resolve, "collection" },
    { "ARRAY_REMOVE", BOTH, "ARRAY_REMOVE(array, element)", "The array without the elements that equal the element.", "ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "[2]", array_remove_resolve, "collection" },
    { "ARRAY_REVERSE", BOTH, "ARRAY_REVERSE(array)", "The array in reverse order.", "ARRAY_REVERSE(ARRAY[1, 2, 3])", "[3, 2, 1]", array_reverse_resolve, "collection" },
    { "ARRAY_SLICE", BOTH, "ARRAY_SLICE(array, from [, to])", "The elements from one position to another, both included; negative ones count from the end.", "ARRAY_SLICE(ARRAY[1, 2, 3, 4], 2, 3)", "[2, 3]", array_slice_resolve, "collection" },
    { "ARRAY_SORT", BOTH, "ARRAY_SORT(array [, ascending [, nulls first]])", "The array in order; NULLs first if ascending.", "ARRAY_SORT(ARRAY[3, 1, 2], FALSE)", "[3, 2, 1]", array_sort_resolve, "collection" },
    { "ARRAY_UNION", BOTH, "ARRAY_UNION(array, array)", "The elements of both arrays, each once.", "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]", array_union_resolve, "collection" },
    { "ARRAY_CONCAT", BOTH, "ARRAY_CONCAT(array, ...)", "The arrays one behind the other.", "ARRAY_CONCAT(ARRAY[1], ARRAY[2, 1])", "[1, 2, 1]", array_concat_resolve, "collection" },
    { "ARRAY_EXCEPT", BOTH, "ARRAY_EXCEPT(array, array)", "The elements of the first array that are not in the second, each once.", "ARRAY_EXCEPT(ARRAY[1, 2, 3], ARRAY[2])", "[1, 3]", array_except_resolve, "collection" },
    { "ARRAY_INTERSECT", BOTH, "ARRAY_INTERSECT(array, array)", "The elements that are in both arrays, each once.", "ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[2, 3, 4])", "[2, 3]", array_intersect_resolve, "collection" },
    { "ARRAY_MAX", BOTH, "ARRAY_MAX(array)", "The greatest element that is not NULL.", "ARRAY_MAX(ARRAY[1, 3, 2])", "3", array_max_resolve, "collection" },
    { "ARRAY_MIN", BOTH, "ARRAY_MIN(array)", "The least element that is not NULL.", "ARRAY_MIN(ARRAY[2, 1, 3])", "1", array_min_resolve, "collection" },
    { "ARRAY_JOIN", BOTH, "ARRAY_JOIN(array, delimiter [, text for NULL])", "The strings of the array with a delimiter between them; NULLs are left out unless a text stands for them.", "ARRAY_JOIN(ARRAY['a', 'b'], '-')", "a-b", array_join_resolve, "collection" },
    { "ARRAY_APPEND", BOTH, "ARRAY_APPEND(array, element)", "The array with the element behind it.", "ARRAY_APPEND(ARRAY[1, 2], 3)", "[1, 2, 3]", array_append_resolve, "collection" },
    { "ARRAY_PREPEND", BOTH, "ARRAY_PREPEND(array, element)", "The array with the element before it.", "ARRAY_PREPEND(ARRAY[1, 2], 0)", "[0, 1, 2]", array_prepend_resolve, "collection" },
    { "MAP_KEYS", BOTH, "MAP_KEYS(map)", "The keys as an array.", "MAP_KEYS(MAP['a', 1])", "[a]", map_keys_resolve, "collection" },
    { "MAP_VALUES", BOTH, "MAP_VALUES(map)", "The values as an array.", "MAP_VALUES(MAP['a', 1])", "[1]", map_values_resolve, "collection" },
    { "MAP_ENTRIES", BOTH, "MAP_ENTRIES(map)", "The entries as an array of rows (key, value).", "CARDINALITY(MAP_ENTRIES(MAP['a', 1]))", "1", map_entries_resolve, "collection" },
    { "MAP_FROM_ARRAYS", BOTH, "MAP_FROM_ARRAYS(keys, values)", "A map from two arrays of the same length.", "MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1])", "{a=1}", map_from_arrays_resolve, "collection" },
    { "MAP_UNION", BOTH, "MAP_UNION(map, ...)", "The entries of all maps; later maps win.", "MAP_UNION(MAP['a', 1], MAP['a', 2])", "{a=2}", map_union_resolve, "collection" },
    { 0 },
};
