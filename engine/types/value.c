/* value.c -- see value.h. */
#include "types/value.h"

#include "base/arena.h"

static bool read_list(const struct column *column, uint32_t row, struct arena *arena,
                      struct value *ret)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    uint32_t width = column->child_count;
    struct value *items = arena_array(arena, struct value, (size_t)slot.size * width);
    if (!items)
        return false;
    for (uint32_t i = 0; i < slot.size; i++) {
        for (uint32_t c = 0; c < width; c++) {
            if (!value_from_column(column->children[c], slot.start + i, arena,
                                   &items[(size_t)i * width + c]))
                return false;
        }
    }
    ret->list.items = items;
    ret->list.count = slot.size * width;
    return true;
}

static bool read_row(const struct column *column, uint32_t row, struct arena *arena,
                     struct value *ret)
{
    struct value *items = arena_array(arena, struct value, column->child_count);
    if (!items)
        return false;
    for (uint32_t c = 0; c < column->child_count; c++) {
        if (!value_from_column(column->children[c], row, arena, &items[c]))
            return false;
    }
    ret->list.items = items;
    ret->list.count = column->child_count;
    return true;
}

bool value_from_column(const struct column *column, uint32_t row, struct arena *arena,
                       struct value *ret)
{
    struct value value = { .type = column->type };
    if (column->type->id == TYPE_NULL || !column_is_valid(column, row)) {
        value.is_null = true;
        *ret = value;
        return true;
    }
    switch (type_phys(column->type)) {
    case PHYS_BOOL:
        value.i64 = COLUMN_AT(column, uint8_t, row) != 0;
        break;
    case PHYS_I8:
        value.i64 = COLUMN_AT(column, int8_t, row);
        break;
    case PHYS_I16:
        value.i64 = COLUMN_AT(column, int16_t, row);
        break;
    case PHYS_I32:
        value.i64 = COLUMN_AT(column, int32_t, row);
        break;
    case PHYS_I64:
        if (column->type->id == TYPE_DECIMAL)
            value.i128 = COLUMN_AT(column, int64_t, row);
        else
            value.i64 = COLUMN_AT(column, int64_t, row);
        break;
    case PHYS_I128:
        value.i128 = COLUMN_AT(column, int128, row);
        break;
    case PHYS_F32:
        value.f64 = (double)COLUMN_AT(column, float, row);
        break;
    case PHYS_F64:
        value.f64 = COLUMN_AT(column, double, row);
        break;
    case PHYS_VIEW:
        value.str = view_str(COLUMN_AT(column, struct view, row));
        break;
    case PHYS_LIST:
        if (!read_list(column, row, arena, &value))
            return false;
        break;
    case PHYS_ROW:
        if (!read_row(column, row, arena, &value))
            return false;
        break;
    }
    *ret = value;
    return true;
}

/* ---- to a column ---- */

/* Writes one value over slot `row`; the items of lists go behind what their children hold. */
static bool write_value(struct column *column, uint32_t row, struct arena *arena,
                        const struct value *value);

static bool write_null(struct column *column, uint32_t row, struct arena *arena)
{
    if (!column_need_valid(column, arena))
        return false;
    column_set_null(column, row);
    if (type_phys(column->type) == PHYS_ROW) {
        for (uint32_t c = 0; c < column->child_count; c++) {
            if (!write_null(column->children[c], row, arena))
                return false;
        }
    } else if (column->values && type_phys(column->type) != PHYS_VIEW) {
        size_t bytes = phys_bytes(type_phys(column->type));
        memset((char *)column->values + (row & column->mask) * bytes, 0, bytes);
    }
    return true;
}

/* Columns for the children, with `count` slots (`constant`: one that stands for them). */
static struct column *make_tree(struct arena *arena, const struct type *type, uint32_t count,
                                bool constant)
{
    struct column *column =
        constant ? column_create_constant(arena, type, count) : column_create(arena, type, count);
    if (!column)
        return NULL;
    bool rows = type_phys(type) == PHYS_ROW;
    for (uint32_t c = 0; c < type->child_count; c++) {
        column->children[c] = rows ? make_tree(arena, type->children[c], count, constant)
                                   : make_tree(arena, type->children[c], 0, false);
        if (!column->children[c])
            return NULL;
    }
    return column;
}

/* A child column that holds items[c], items[c + width], ... */
static struct column *make_items(struct arena *arena, const struct type *type,
                                 const struct value *value, uint32_t c, uint32_t width)
{
    uint32_t count = value->list.count / width;
    struct column *child = make_tree(arena, type, count, false);
    if (!child)
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (!write_value(child, i, arena, &value->list.items[(size_t)i * width + c]))
            return NULL;
    }
    return child;
}

/* Rows of lists of lists: the items of this value go behind what the children hold already. */
static bool append_items(struct column *column, struct arena *arena, const struct value *value,
                         struct list_slot *ret)
{
    uint32_t width = column->child_count;
    for (uint32_t c = 0; c < width; c++) {
        struct column *old = column->children[c];
        struct column *more = make_items(arena, old->type, value, c, width);
        if (!more)
            return false;
        ret->start = old->count;
        ret->size = more->count;
        if (old->count == 0) {
            column->children[c] = more;
            continue;
        }
        struct column *both = make_tree(arena, old->type, old->count + more->count, false);
        if (!both || !column_need_valid(both, arena))
            return false;
        struct value item;
        for (uint32_t i = 0; i < both->count; i++) {
            bool first = i < old->count;
            if (!value_from_column(first ? old : more, first ? i : i - old->count, arena, &item) ||
                !write_value(both, i, arena, &item))
                return false;
        }
        column->children[c] = both;
    }
    return true;
}

static bool write_value(struct column *column, uint32_t row, struct arena *arena,
                        const struct value *value)
{
    uint32_t slot = row & column->mask;
    if (value->is_null || value->type->id == TYPE_NULL)
        return write_null(column, row, arena);
    switch (type_phys(column->type)) {
    case PHYS_BOOL:
        COLUMN_OUT(column, uint8_t)[slot] = value->i64 != 0;
        return true;
    case PHYS_I8:
        COLUMN_OUT(column, int8_t)[slot] = (int8_t)value->i64;
        return true;
    case PHYS_I16:
        COLUMN_OUT(column, int16_t)[slot] = (int16_t)value->i64;
        return true;
    case PHYS_I32:
        COLUMN_OUT(column, int32_t)[slot] = (int32_t)value->i64;
        return true;
    case PHYS_I64:
        COLUMN_OUT(column, int64_t)
        [slot] = column->type->id == TYPE_DECIMAL ? (int64_t)value->i128 : value->i64;
        return true;
    case PHYS_I128:
        COLUMN_OUT(column, int128)[slot] = value->i128;
        return true;
    case PHYS_F32:
        COLUMN_OUT(column, float)[slot] = (float)value->f64;
        return true;
    case PHYS_F64:
        COLUMN_OUT(column, double)[slot] = value->f64;
        return true;
    case PHYS_VIEW:
        COLUMN_OUT(column, struct view)[slot] = view_of(value->str);
        return true;
    case PHYS_LIST: {
        struct list_slot list = { 0, 0 };
        if (!append_items(column, arena, value, &list))
            return false;
        COLUMN_OUT(column, struct list_slot)[slot] = list;
        return true;
    }
    case PHYS_ROW:
        for (uint32_t c = 0; c < column->child_count; c++) {
            if (!write_value(column->children[c], row, arena, &value->list.items[c]))
                return false;
        }
        return true;
    }
    return true;
}

struct column *value_to_column(struct arena *arena, const struct value *value, uint32_t count)
{
    struct column *column = make_tree(arena, value->type, count, true);
    if (!column || !write_value(column, 0, arena, value))
        return NULL;
    return column;
}

/* ---- equality ---- */

bool value_equal(const struct value *a, const struct value *b)
{
    if (!type_equal(a->type, b->type) || a->is_null != b->is_null)
        return false;
    if (a->is_null)
        return true;
    switch (type_phys(a->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
    case PHYS_I16:
    case PHYS_I32:
        return a->i64 == b->i64;
    case PHYS_I64:
        return a->type->id == TYPE_DECIMAL ? a->i128 == b->i128 : a->i64 == b->i64;
    case PHYS_I128:
        return a->i128 == b->i128;
    case PHYS_F32:
    case PHYS_F64:
        /* NaN equals itself, as Java's Double.equals has it; zeros of both signs are one. */
        return a->f64 == b->f64 || (a->f64 != a->f64 && b->f64 != b->f64);
    case PHYS_VIEW:
        return str_eq(a->str, b->str);
    case PHYS_LIST:
    case PHYS_ROW:
        if (a->list.count != b->list.count)
            return false;
        for (uint32_t i = 0; i < a->list.count; i++) {
            if (!value_equal(&a->list.items[i], &b->list.items[i]))
                return false;
        }
        return true;
    }
    return false;
}
