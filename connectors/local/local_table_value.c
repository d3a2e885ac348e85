/* local_table_value.c -- values to SQLite and back.
 *
 *   integers, BOOLEAN   INTEGER          DATE        TEXT 2024-01-01
 *   FLOAT, DOUBLE       REAL             TIME        TEXT 10:00:00
 *   DECIMAL, strings    TEXT             TIMESTAMP   TEXT 2024-01-01 10:00:00.000,
 *   BYTES               BLOB                         instants in the session zone
 *   ARRAY, MAP, ROW     TEXT, JSON
 *
 * SQLite keeps what it is given, so reading takes any storage class that the type can
 * be made of, and anything else is an error that names the cell. */
#include "local/local_table.h"

#include "base/number.h"
#include "base/utf8.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

#include <math.h>

/* ---- to SQLite ---- */

static int bind_text(sqlite3_stmt *stmt, int parameter, struct str text)
{
    return sqlite3_bind_text64(stmt, parameter, text.data ? text.data : "", text.size,
                               SQLITE_STATIC, SQLITE_UTF8);
}

/* A float as the double that its shortest text stands for: 1.1, not 1.10000002384. */
static double widen(float value)
{
    char text[NUMBER_DOUBLE_MAX];
    bool ok;
    if (!isfinite(value))
        return (double)value;
    size_t size = number_print_java_float(value, text);
    double wide = number_parse_java_double(text, size, &ok);
    return ok ? wide : (double)value;
}

static size_t print_scalar(struct local_table *table, const struct type *type,
                           const struct column *column, uint32_t row, char *out)
{
    struct value_settings *v = &table->values;
    int64_t us;
    switch (type->id) {
    case TYPE_DATE:
        return time_print_date(COLUMN_AT(column, int32_t, row), out);
    case TYPE_TIME:
        return time_print_time(COLUMN_AT(column, int32_t, row), MIN(type->precision, 3),
                               TIME_FRACTION_FIXED, out);
    case TYPE_DECIMAL:
        return decimal_print(type_phys(type) == PHYS_I128 ? COLUMN_AT(column, int128, row)
                                                          : (int128)COLUMN_AT(column, int64_t, row),
                             type->scale, out);
    default:
        us = COLUMN_AT(column, int64_t, row);
        if (type->id == TYPE_TIMESTAMP_LTZ)
            us = zone_utc_to_local_us(v->zone, &v->cursor, us);
        return time_print_timestamp(us, 3, TIME_FRACTION_FIXED, ' ', out);
    }
}

static enum code bind_printed(struct local_table *table, sqlite3_stmt *stmt, int parameter,
                              const struct type *type, const struct column *column, uint32_t row,
                              struct arena *scratch, int *ret_wrong, struct error *err)
{
    if (type->child_count > 0) {
        struct text_style style = {
            .mode = TEXT_JSON,
            .blink = table->def->blink,
            .zone = table->values.zone,
            .cursor = &table->values.cursor,
        };
        struct buf json;
        buf_init(&json, 1 << 30);
        text_print_cell(&json, column, row, &style);
        struct str copy =
            json.failed ? (struct str){ NULL, 0 } : arena_str(scratch, buf_view(&json));
        buf_done(&json);
        if (!copy.data)
            return error_nomem(err);
        *ret_wrong = bind_text(stmt, parameter, copy);
        return OK;
    }
    char *text = arena_alloc(scratch, MAX((int)TIME_TEXT_MAX, (int)DECIMAL_TEXT_MAX));
    if (!text)
        return error_nomem(err);
    size_t size = print_scalar(table, type, column, row, text);
    *ret_wrong = bind_text(stmt, parameter, str_make(text, size));
    return OK;
}

enum code local_table_bind(struct local_table *table, sqlite3_stmt *stmt, int parameter,
                           const struct type *type, const struct column *column, uint32_t row,
                           struct arena *scratch, struct error *err)
{
    int wrong = SQLITE_OK;
    struct str bytes;
    if (!column_is_valid(column, row)) {
        wrong = sqlite3_bind_null(stmt, parameter);
        return wrong == SQLITE_OK ? OK : local_table_fail(table, "write to", err);
    }
    switch (type->id) {
    case TYPE_BOOLEAN:
        wrong = sqlite3_bind_int64(stmt, parameter, COLUMN_AT(column, uint8_t, row) != 0);
        break;
    case TYPE_TINYINT:
        wrong = sqlite3_bind_int64(stmt, parameter, COLUMN_AT(column, int8_t, row));
        break;
    case TYPE_SMALLINT:
        wrong = sqlite3_bind_int64(stmt, parameter, COLUMN_AT(column, int16_t, row));
        break;
    case TYPE_INT:
        wrong = sqlite3_bind_int64(stmt, parameter, COLUMN_AT(column, int32_t, row));
        break;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        wrong = sqlite3_bind_int64(stmt, parameter, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_FLOAT:
        wrong = sqlite3_bind_double(stmt, parameter, widen(COLUMN_AT(column, float, row)));
        break;
    case TYPE_DOUBLE:
        wrong = sqlite3_bind_double(stmt, parameter, COLUMN_AT(column, double, row));
        break;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        wrong = bind_text(stmt, parameter, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        bytes = view_str(COLUMN_AT(column, struct view, row));
        wrong = sqlite3_bind_blob64(stmt, parameter, bytes.data ? bytes.data : "", bytes.size,
                                    SQLITE_STATIC);
        break;
    case TYPE_NULL:
        wrong = sqlite3_bind_null(stmt, parameter);
        break;
    default:
        TRY(bind_printed(table, stmt, parameter, type, column, row, scratch, &wrong, err));
        break;
    }
    return wrong == SQLITE_OK ? OK : local_table_fail(table, "write to", err);
}

/* ---- from SQLite ---- */

enum got { GOT_VALUE, GOT_NULL, GOT_ERROR, GOT_NOMEM };

static struct str cell_text(sqlite3_stmt *stmt, int at)
{
    const char *data = (const char *)sqlite3_column_text(stmt, at);
    return str_make(data ? data : "", data ? (size_t)sqlite3_column_bytes(stmt, at) : 0);
}

static enum got read_integer(sqlite3_stmt *stmt, int at, int64_t min, int64_t max, int64_t *ret)
{
    int64_t value;
    struct str text;
    double real;
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
        value = sqlite3_column_int64(stmt, at);
        break;
    case SQLITE_FLOAT:
        real = sqlite3_column_double(stmt, at);
        if (!(real >= -0x1p63 && real < 0x1p63) || floor(real) != real)
            return GOT_ERROR;
        value = (int64_t)real;
        break;
    case SQLITE_TEXT:
        text = cell_text(stmt, at);
        if (!number_parse_blink_i64(text.data, text.size, &value))
            return GOT_ERROR;
        break;
    default:
        return GOT_ERROR;
    }
    if (value < min || value > max)
        return GOT_ERROR;
    *ret = value;
    return GOT_VALUE;
}

static enum got read_bool(sqlite3_stmt *stmt, int at, uint8_t *ret)
{
    int64_t value;
    struct str text = cell_text(stmt, at);
    if (str_iis(text, "true") || str_iis(text, "false")) {
        *ret = str_iis(text, "true");
        return GOT_VALUE;
    }
    if (read_integer(stmt, at, INT64_MIN, INT64_MAX, &value) != GOT_VALUE)
        return GOT_ERROR;
    *ret = value != 0;
    return GOT_VALUE;
}

static enum got read_double(sqlite3_stmt *stmt, int at, double *ret)
{
    struct str text;
    bool ok;
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        *ret = sqlite3_column_double(stmt, at);
        return GOT_VALUE;
    case SQLITE_TEXT:
        text = cell_text(stmt, at);
        *ret = number_parse_java_double(text.data, text.size, &ok);
        return ok ? GOT_VALUE : GOT_ERROR;
    default:
        return GOT_ERROR;
    }
}

static enum got read_decimal(sqlite3_stmt *stmt, int at, const struct type *type,
                             struct column *column, uint32_t row)
{
    int128 value;
    bool ok;
    switch (sqlite3_column_type(stmt, at)) {
    case SQLITE_INTEGER:
        ok = decimal_from_i64(sqlite3_column_int64(stmt, at), type->precision, type->scale, &value);
        break;
    case SQLITE_FLOAT:
        ok = decimal_from_double(sqlite3_column_double(stmt, at), type->precision, type->scale,
                                 &value);
        break;
    case SQLITE_TEXT:
        ok = decimal_parse(cell_text(stmt, at), type->precision, type->scale, &value);
        break;
    default:
        ok = false;
        break;
    }
    if (!ok)
        return GOT_ERROR;
    if (type_phys(type) == PHYS_I128)
        COLUMN_OUT(column, int128)[row] = value;
    else
        COLUMN_OUT(column, int64_t)[row] = (int64_t)value;
    return GOT_VALUE;
}

static enum got read_bytes(sqlite3_stmt *stmt, int at, bool is_text, struct arena *arena,
                           struct view *ret)
{
    struct str bytes;
    if (is_text) {
        bytes = cell_text(stmt, at);
    } else {
        const char *data = sqlite3_column_blob(stmt, at);
        bytes = str_make(data ? data : "", data ? (size_t)sqlite3_column_bytes(stmt, at) : 0);
    }
    bytes = arena_str(arena, bytes);
    if (bytes.data && is_text)
        bytes = utf8_repair(arena, bytes);
    if (!bytes.data)
        return GOT_NOMEM;
    *ret = view_of(bytes);
    return GOT_VALUE;
}

static enum got read_timestamp(struct local_table *table, sqlite3_stmt *stmt, int at,
                               const struct type *type, int64_t *ret)
{
    struct value_settings *v = &table->values;
    struct time_stamp stamp;
    if (!time_parse_stamp(cell_text(stmt, at), &stamp))
        return GOT_ERROR;
    int64_t us = stamp.local_us;
    if (type->id == TYPE_TIMESTAMP_LTZ)
        us = stamp.has_offset ? us - stamp.offset_s * TIME_US_PER_SECOND
                              : zone_local_to_utc_us(v->zone, &v->cursor, us, ZONE_LATER);
    if (!time_us_in_range(us))
        return GOT_ERROR;
    *ret = time_cut(us, type->precision);
    return GOT_VALUE;
}

static enum got read_cell(struct local_table *table, sqlite3_stmt *stmt, int at,
                          const struct type *type, struct arena *arena, struct column *column,
                          uint32_t row)
{
    int64_t number = 0;
    double real = 0;
    enum got got;
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
        return GOT_NULL;
    switch (type->id) {
    case TYPE_BOOLEAN:
        return read_bool(stmt, at, COLUMN_OUT(column, uint8_t) + row);
    case TYPE_TINYINT:
        got = read_integer(stmt, at, INT8_MIN, INT8_MAX, &number);
        COLUMN_OUT(column, int8_t)[row] = (int8_t)number;
        return got;
    case TYPE_SMALLINT:
        got = read_integer(stmt, at, INT16_MIN, INT16_MAX, &number);
        COLUMN_OUT(column, int16_t)[row] = (int16_t)number;
        return got;
    case TYPE_INT:
        got = read_integer(stmt, at, INT32_MIN, INT32_MAX, &number);
        COLUMN_OUT(column, int32_t)[row] = (int32_t)number;
        return got;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        return read_integer(stmt, at, INT64_MIN, INT64_MAX, COLUMN_OUT(column, int64_t) + row);
    case TYPE_FLOAT:
        got = read_double(stmt, at, &real);
        COLUMN_OUT(column, float)[row] = (float)real;
        return got;
    case TYPE_DOUBLE:
        return read_double(stmt, at, COLUMN_OUT(column, double) + row);
    case TYPE_DECIMAL:
        return read_decimal(stmt, at, type, column, row);
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return read_bytes(stmt, at, false, arena, COLUMN_OUT(column, struct view) + row);
    case TYPE_DATE:
        return time_parse_date(cell_text(stmt, at), COLUMN_OUT(column, int32_t) + row) ? GOT_VALUE
                                                                                       : GOT_ERROR;
    case TYPE_TIME:
        return time_parse_time(cell_text(stmt, at), type->precision,
                               COLUMN_OUT(column, int32_t) + row)
                   ? GOT_VALUE
                   : GOT_ERROR;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return read_timestamp(table, stmt, at, type, COLUMN_OUT(column, int64_t) + row);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_ARRAY: /* JSON so far */
    case TYPE_MAP:
    case TYPE_ROW:
        return read_bytes(stmt, at, true, arena, COLUMN_OUT(column, struct view) + row);
    case TYPE_NULL:
        break;
    }
    return GOT_NULL;
}

static enum code bad_cell(const struct local_table *table, const struct table_column *column,
                          sqlite3_stmt *stmt, int at, struct error *err)
{
    struct buf type;
    buf_init(&type, 1024);
    type_print(&type, column->type);
    struct str text = cell_text(stmt, at);
    error_set(err, E_DATA, "column \"%s\" of table \"%s\" holds \"%.*s\", which is no %s",
              column->name, table->name, (int)MIN(text.size, (size_t)64), text.data,
              buf_cstr(&type));
    buf_done(&type);
    return E_DATA;
}

/* ---- rows ---- */

static const struct type *cell_type(const struct table_column *column)
{
    return column->type->child_count > 0 ? &type_string : column->type;
}

static enum code make_cells(struct table_rows *rows, uint32_t cap, struct column ***ret,
                            struct error *err)
{
    const struct local_table *table = rows->table;
    struct column **cells = arena_array(rows->arena, struct column *, table->count + 1);
    if (!cells)
        return error_nomem(err);
    for (uint32_t i = 0; i < table->count; i++) {
        cells[i] = column_create(rows->arena, cell_type(&table->columns[i]), cap);
        if (!cells[i] || !column_need_valid(cells[i], rows->arena))
            return error_nomem(err);
    }
    *ret = cells;
    return OK;
}

enum code table_rows_begin(struct table_rows *rows, struct local_table *table, struct arena *arena,
                           uint32_t cap, struct error *err)
{
    *rows = (struct table_rows){ .table = table, .arena = arena, .cap = MAX(cap, 1) };
    return make_cells(rows, rows->cap, &rows->cells, err);
}

static enum code grow(struct table_rows *rows, struct error *err)
{
    if (rows->cap > UINT32_MAX / 4)
        return error_set(err, E_LIMIT, "look-up in table \"%s\" found too many rows",
                         rows->table->name);
    struct column **cells;
    TRY(make_cells(rows, rows->cap * 2, &cells, err));
    for (uint32_t i = 0; i < rows->table->count; i++)
        for (uint32_t row = 0; row < rows->count; row++)
            column_copy_slot(cells[i], row, rows->cells[i], row);
    rows->cells = cells;
    rows->cap *= 2;
    return OK;
}

enum code table_rows_add(struct table_rows *rows, sqlite3_stmt *stmt, struct error *err)
{
    if (rows->count == rows->cap)
        TRY(grow(rows, err));
    for (uint32_t i = 0; i < rows->table->count; i++) {
        const struct table_column *column = &rows->table->columns[i];
        switch (read_cell(rows->table, stmt, (int)i, column->type, rows->arena, rows->cells[i],
                          rows->count)) {
        case GOT_VALUE:
            break;
        case GOT_NULL:
            column_set_null(rows->cells[i], rows->count);
            break;
        case GOT_ERROR:
            return bad_cell(rows->table, column, stmt, (int)i, err);
        case GOT_NOMEM:
            return error_nomem(err);
        }
    }
    rows->count++;
    return OK;
}

/* The JSON of a nested column becomes its values. */
static enum code unfold(struct table_rows *rows, const struct table_column *column,
                        struct column **cells, struct error *err)
{
    struct json_hit *hits = arena_alloc(rows->arena, (rows->count + 1) * sizeof *hits);
    struct value_rows values;
    TRY(value_rows_begin(&values, rows->arena, &rows->table->values, rows->count, err));
    if (!hits)
        return error_nomem(err);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct str text = str_trim(view_str(COLUMN_OUT(*cells, struct view)[i]));
        char first = text.size > 0 ? text.data[0] : '\0';
        hits[i] = (struct json_hit){
            .data = text.data ? text.data : "",
            .size = (uint32_t)text.size,
            .kind = !column_is_valid(*cells, i) ? JSON_NULL
                    : first == '{'              ? JSON_OBJECT
                    : first == '['              ? JSON_ARRAY
                                                : JSON_STRING,
            .maybe_utf8 = 1,
        };
    }
    values.column = str_of(column->name);
    TRY(value_make_column(&values, column->type, hits, NULL, NULL, rows->count, cells, err));
    for (uint32_t i = 0; i < rows->count; i++)
        if (values.reasons[i])
            return error_set(err, E_DATA, "table \"%s\": %s", rows->table->name, values.reasons[i]);
    return OK;
}

enum code table_rows_end(struct table_rows *rows, struct batch **ret, struct error *err)
{
    const struct local_table *table = rows->table;
    const struct schema *schema = table->def->schema;
    struct batch *batch = batch_create(rows->arena, schema->count, rows->count);
    if (!batch)
        return error_nomem(err);
    for (uint32_t i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i];
        rows->cells[i]->count = rows->count;
        if (column->type->child_count > 0)
            TRY(unfold(rows, column, &rows->cells[i], err));
        struct column **place = &batch->columns[column->column];
        if (column->field < 0) {
            *place = rows->cells[i];
            continue;
        }
        if (!*place)
            *place = column_create(rows->arena, schema->fields[column->column].type, rows->count);
        if (!*place)
            return error_nomem(err);
        (*place)->children[column->field] = rows->cells[i];
    }
    *ret = batch;
    return OK;
}
