/* remote_rows.c -- see remote_rows.h.
 *
 * Columns of scalars have room for `cap` rows and are copied to ones of twice the size when that is
 * full.  A nested value is made a column of one row, and those are joined at the end. */
#include "remote/remote_rows.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/utf8.h"
#include "types/concat.h"
#include "types/decimal.h"
#include "types/time.h"

#include <math.h>

enum { ROWS_MIN = 16, ROWS_MAX = 1 << 28, SHOWN_BYTES = 64 };

static const struct type *type_of(const struct remote_rows *rows, uint32_t column)
{
    return rows->schema->fields[column].type;
}

static bool is_needed(const struct remote_rows *rows, uint32_t column)
{
    return !rows->needed || rows->needed[column];
}

/* --- rows ------------------------------------------------------------------------------ */

static struct column *make_column(struct remote_rows *rows, uint32_t column, uint32_t cap)
{
    struct column *made = column_create(rows->arena, type_of(rows, column), cap);
    return made && column_need_valid(made, rows->arena) ? made : NULL;
}

static bool grow_column(struct remote_rows *rows, uint32_t column, uint32_t cap)
{
    if (type_of(rows, column)->child_count > 0) {
        struct column **cells = arena_array(rows->arena, struct column *, cap);
        if (!cells)
            return false;
        if (rows->count > 0)
            memcpy(cells, rows->nested[column], rows->count * sizeof(struct column *));
        rows->nested[column] = cells;
        return true;
    }
    struct column *made = make_column(rows, column, cap);
    for (uint32_t row = 0; row < rows->count && made; row++)
        column_copy_slot(made, row, rows->columns[column], row);
    rows->columns[column] = made;
    return made != NULL;
}

static enum code grow(struct remote_rows *rows, uint32_t cap, struct error *err)
{
    if (cap > ROWS_MAX)
        return error_set(err, E_LIMIT, "an answer has more than %d rows", ROWS_MAX);
    for (uint32_t i = 0; i < rows->schema->count; i++)
        if (is_needed(rows, i) && !grow_column(rows, i, cap))
            return error_nomem(err);
    rows->cap = cap;
    return OK;
}

enum code remote_rows_begin(struct remote_rows *rows, struct arena *arena,
                            const struct schema *schema, const bool *needed, uint32_t expected,
                            struct error *err)
{
    *rows = (struct remote_rows){
        .arena = arena,
        .schema = schema,
        .needed = needed,
        .columns = arena_array(arena, struct column *, schema->count + 1),
        .nested = arena_array(arena, struct column **, schema->count + 1),
    };
    if (!rows->columns || !rows->nested)
        return error_nomem(err);
    return grow(rows, MAX(expected, ROWS_MIN), err);
}

static void set_null(struct remote_rows *rows, uint32_t column)
{
    if (rows->columns[column])
        column_set_null(rows->columns[column], rows->count - 1);
    else if (rows->nested[column])
        rows->nested[column][rows->count - 1] = NULL;
}

enum code remote_rows_add(struct remote_rows *rows, struct error *err)
{
    if (rows->count == rows->cap)
        TRY(grow(rows, rows->cap * 2, err));
    rows->count++;
    for (uint32_t i = 0; i < rows->schema->count; i++)
        set_null(rows, i);
    return OK;
}

void remote_rows_drop(struct remote_rows *rows)
{
    rows->count--;
}

static struct column *join_nested(struct remote_rows *rows, uint32_t column)
{
    const struct type *type = type_of(rows, column);
    struct column **cells = rows->nested[column];
    struct column *null = column_create_null(rows->arena, type, 1);
    for (uint32_t row = 0; row < rows->count && null; row++)
        if (!cells[row])
            cells[row] = null;
    return null ? column_concat(rows->arena, cells, rows->count) : NULL;
}

enum code remote_rows_end(struct remote_rows *rows, struct batch **ret, struct error *err)
{
    struct batch *batch = batch_create(rows->arena, rows->schema->count, rows->count);
    if (!batch)
        return error_nomem(err);
    for (uint32_t i = 0; i < rows->schema->count; i++) {
        struct column *column = rows->columns[i];
        if (column)
            column->count = rows->count;
        else if (rows->nested[i] && rows->count > 0)
            column = join_nested(rows, i);
        else
            column = column_create_null(rows->arena, type_of(rows, i), rows->count);
        if (!column)
            return error_nomem(err);
        batch->columns[i] = column;
    }
    *ret = batch;
    return OK;
}

/* --- cells ----------------------------------------------------------------------------- */

static enum code refuse(const struct remote_rows *rows, uint32_t column, struct str text,
                        struct error *err)
{
    struct buf type;
    buf_init(&type, 1024);
    type_print(&type, type_of(rows, column));
    error_set(err, E_DATA, "column \"" STR_FMT "\": cannot read \"%.*s\" as %s",
              STR_ARG(rows->schema->fields[column].name), (int)MIN(text.size, (size_t)SHOWN_BYTES),
              text.data ? text.data : "", buf_cstr(&type));
    buf_done(&type);
    return E_DATA;
}

static void mark_valid(struct column *c, uint32_t row)
{
    bit_set(c->valid, row);
}

/* A number in the words of the type that it goes into; false: out of its range. */
static bool put_int(struct column *c, uint32_t row, int64_t value)
{
    switch (c->type->id) {
    case TYPE_BOOLEAN:
        COLUMN_OUT(c, uint8_t)[row] = value != 0;
        return true;
    case TYPE_TINYINT:
        COLUMN_OUT(c, int8_t)[row] = (int8_t)value;
        return value == (int8_t)value;
    case TYPE_SMALLINT:
        COLUMN_OUT(c, int16_t)[row] = (int16_t)value;
        return value == (int16_t)value;
    case TYPE_INT:
        COLUMN_OUT(c, int32_t)[row] = (int32_t)value;
        return value == (int32_t)value;
    case TYPE_DATE:
        COLUMN_OUT(c, int32_t)[row] = (int32_t)value;
        return time_days_in_range(value);
    case TYPE_TIME:
        COLUMN_OUT(c, int32_t)[row] = (int32_t)value;
        return value >= 0 && value < TIME_MS_PER_DAY;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        COLUMN_OUT(c, int64_t)[row] = time_cut(value, c->type->precision);
        return time_us_in_range(value);
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        COLUMN_OUT(c, int64_t)[row] = value;
        return true;
    default:
        return false;
    }
}

static void put_i128(struct column *c, uint32_t row, int128 value)
{
    if (type_phys(c->type) == PHYS_I128)
        COLUMN_OUT(c, int128)[row] = value;
    else
        COLUMN_OUT(c, int64_t)[row] = (int64_t)value;
}

static bool put_double(struct column *c, uint32_t row, double value)
{
    int128 decimal;
    switch (c->type->id) {
    case TYPE_FLOAT:
        COLUMN_OUT(c, float)[row] = (float)value;
        return true;
    case TYPE_DOUBLE:
        COLUMN_OUT(c, double)[row] = value;
        return true;
    case TYPE_DECIMAL:
        if (!decimal_from_double(value, c->type->precision, c->type->scale, &decimal))
            return false;
        put_i128(c, row, decimal);
        return true;
    default:
        return value >= -0x1p63 && value < 0x1p63 && floor(value) == value &&
               put_int(c, row, (int64_t)value);
    }
}

static bool put_stamp(struct remote_rows *rows, struct column *c, uint32_t row, struct str text,
                      const struct zone *zone)
{
    struct time_stamp stamp;
    if (!time_parse_stamp(text, &stamp))
        return false;
    int64_t us = stamp.local_us;
    if (zone != rows->zone) {
        rows->zone = zone;
        rows->cursor = (struct zone_cursor){ 0 };
    }
    if (c->type->id == TYPE_TIMESTAMP_LTZ)
        us = stamp.has_offset ? us - stamp.offset_s * TIME_US_PER_SECOND
                              : zone_local_to_utc_us(zone, &rows->cursor, us, ZONE_LATER);
    return put_int(c, row, us);
}

static bool put_bool_text(struct column *c, uint32_t row, struct str text)
{
    int64_t value;
    if (str_iis(text, "true") || str_iis(text, "false"))
        return put_int(c, row, str_iis(text, "true"));
    return number_parse_i64(text.data, text.size, &value) && put_int(c, row, value);
}

/* Numbers and times; strings are not for it. */
static bool put_text(struct remote_rows *rows, struct column *c, uint32_t row, struct str text,
                     const struct zone *zone)
{
    const struct type *type = c->type;
    int64_t number;
    int32_t part;
    int128 decimal;
    bool ok;
    switch (type->id) {
    case TYPE_BOOLEAN:
        return put_bool_text(c, row, text);
    case TYPE_FLOAT:
        COLUMN_OUT(c, float)[row] = number_parse_java_float(text.data, text.size, &ok);
        return ok;
    case TYPE_DOUBLE:
        COLUMN_OUT(c, double)[row] = number_parse_java_double(text.data, text.size, &ok);
        return ok;
    case TYPE_DECIMAL:
        ok = decimal_parse(text, type->precision, type->scale, &decimal);
        if (ok)
            put_i128(c, row, decimal);
        return ok;
    case TYPE_DATE:
        return time_parse_date(text, &part) && put_int(c, row, part);
    case TYPE_TIME:
        return time_parse_time(text, type->precision, &part) && put_int(c, row, part);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return put_stamp(rows, c, row, text, zone);
    default:
        return number_parse_blink_i64(text.data, text.size, &number) && put_int(c, row, number);
    }
}

/* MySQL's word for a date that is none. */
static bool is_zero_date(const struct type *type, struct str text)
{
    return (type->id == TYPE_DATE || type_is_timestamp(type)) &&
           str_starts(text, STR("0000-00-00"));
}

/* The column to write to; NULL: there is nothing to do. */
static struct column *column_at(const struct remote_rows *rows, uint32_t column)
{
    return is_needed(rows, column) ? rows->columns[column] : NULL;
}

enum code remote_rows_set_bytes(struct remote_rows *rows, uint32_t column, struct str bytes,
                                struct error *err)
{
    struct column *c = column_at(rows, column);
    if (!c)
        return is_needed(rows, column) ? refuse(rows, column, bytes, err) : OK;
    if (type_phys(c->type) != PHYS_VIEW || bytes.size > UINT32_MAX)
        return refuse(rows, column, bytes, err);
    struct str copy = arena_str(rows->arena, bytes);
    if (copy.data && type_is_string(c->type))
        copy = utf8_repair(rows->arena, copy);
    if (!copy.data)
        return error_nomem(err);
    COLUMN_OUT(c, struct view)[rows->count - 1] = view_of(copy);
    mark_valid(c, rows->count - 1);
    return OK;
}

enum code remote_rows_set_int(struct remote_rows *rows, uint32_t column, int64_t value,
                              struct error *err)
{
    struct column *c = column_at(rows, column);
    char text[NUMBER_I64_MAX];
    struct str shown = str_make(text, number_print_i64(value, text));
    int128 decimal;
    bool ok;
    if (!c && !is_needed(rows, column))
        return OK;
    if (c && type_phys(c->type) == PHYS_VIEW)
        return remote_rows_set_bytes(rows, column, shown, err);
    if (c && type_is_float(c->type)) {
        ok = put_double(c, rows->count - 1, (double)value);
    } else if (c && c->type->id == TYPE_DECIMAL) {
        ok = decimal_from_i64(value, c->type->precision, c->type->scale, &decimal);
        if (ok)
            put_i128(c, rows->count - 1, decimal);
    } else {
        ok = c && put_int(c, rows->count - 1, value);
    }
    if (!ok)
        return refuse(rows, column, shown, err);
    mark_valid(c, rows->count - 1);
    return OK;
}

enum code remote_rows_set_double(struct remote_rows *rows, uint32_t column, double value,
                                 struct error *err)
{
    struct column *c = column_at(rows, column);
    char text[NUMBER_DOUBLE_MAX];
    struct str shown = str_make(text, number_print_java_double(value, text));
    if (!c && !is_needed(rows, column))
        return OK;
    if (c && type_phys(c->type) == PHYS_VIEW)
        return remote_rows_set_bytes(rows, column, shown, err);
    if (!c || !put_double(c, rows->count - 1, value))
        return refuse(rows, column, shown, err);
    mark_valid(c, rows->count - 1);
    return OK;
}

enum code remote_rows_set_text(struct remote_rows *rows, uint32_t column, struct str text,
                               const struct zone *zone, struct error *err)
{
    struct column *c = column_at(rows, column);
    if (!c && !is_needed(rows, column))
        return OK;
    if (c && type_phys(c->type) == PHYS_VIEW)
        return remote_rows_set_bytes(rows, column, text, err);
    if (c && is_zero_date(c->type, text)) {
        column_set_null(c, rows->count - 1);
        return OK;
    }
    if (!c || !put_text(rows, c, rows->count - 1, text, zone ? zone : zone_utc))
        return refuse(rows, column, text, err);
    mark_valid(c, rows->count - 1);
    return OK;
}

static enum code set_nested(struct remote_rows *rows, uint32_t column, const struct value *value,
                            struct error *err)
{
    static const uint32_t first = 0;
    struct column *lent = value_to_column(rows->arena, value, 1);
    struct column *copy = lent ? column_copy(rows->arena, lent, &first, 1) : NULL;
    if (!copy)
        return error_nomem(err);
    rows->nested[column][rows->count - 1] = copy;
    return OK;
}

enum code remote_rows_set_value(struct remote_rows *rows, uint32_t column,
                                const struct value *value, struct error *err)
{
    struct column *c = column_at(rows, column);
    if (!is_needed(rows, column))
        return OK;
    if (value->is_null) {
        set_null(rows, column);
        return OK;
    }
    if (!c)
        return set_nested(rows, column, value, err);
    switch (type_phys(c->type)) {
    case PHYS_VIEW:
        return remote_rows_set_bytes(rows, column, value->str, err);
    case PHYS_F32:
    case PHYS_F64:
        return remote_rows_set_double(rows, column, value->f64, err);
    default:
        if (c->type->id != TYPE_DECIMAL)
            return remote_rows_set_int(rows, column, value->i64, err);
        put_i128(c, rows->count - 1, value->i128);
        mark_valid(c, rows->count - 1);
        return OK;
    }
}
