/* mysql_literal.c -- see mysql_literal.h. */
#include "mysql/mysql_literal.h"

#include "base/number.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

#include <math.h>

void mysql_put_name(struct buf *out, struct str name)
{
    buf_char(out, '`');
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '`')
            buf_char(out, '`');
        buf_char(out, name.data[i]);
    }
    buf_char(out, '`');
}

static void put_hex(struct buf *out, struct str bytes)
{
    buf_text(out, "x'");
    text_put_hex(out, bytes);
    buf_char(out, '\'');
}

/* Can it stand between quotes in every sql_mode?  *ret_quotes: how many must be doubled. */
static bool is_plain(struct str text, size_t *ret_quotes)
{
    size_t quotes = 0;
    unsigned char odd = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        quotes += c == '\'';
        odd |= (unsigned char)(c == '\\' || c < ' ');
    }
    *ret_quotes = quotes;
    return !odd;
}

void mysql_put_string(struct buf *out, struct str text)
{
    size_t quotes;
    if (!is_plain(text, &quotes)) {
        buf_text(out, "_utf8mb4 ");
        put_hex(out, text);
        return;
    }
    buf_char(out, '\'');
    if (quotes == 0) {
        buf_str(out, text);
    } else {
        for (size_t i = 0; i < text.size; i++) {
            if (text.data[i] == '\'')
                buf_char(out, '\'');
            buf_char(out, text.data[i]);
        }
    }
    buf_char(out, '\'');
}

static void put_quoted(struct buf *out, const char *text, size_t size)
{
    buf_char(out, '\'');
    buf_put(out, text, size);
    buf_char(out, '\'');
}

static enum code put_number(struct buf *out, double value, const char *text, size_t size,
                            struct str name, struct error *err)
{
    if (!isfinite(value))
        return error_set(err, E_DATA, "column \"" STR_FMT "\": MySQL has no %.*s", STR_ARG(name),
                         (int)size, text);
    buf_put(out, text, size);
    return OK;
}

static void put_timestamp(struct mysql_writer *w, struct buf *out, const struct type *type,
                          int64_t us)
{
    char text[TIME_TEXT_MAX];
    if (type->id == TYPE_TIMESTAMP_LTZ)
        us = zone_utc_to_local_us(w->zone, &w->cursor, us);
    put_quoted(out, text,
               time_print_timestamp(us, MIN(type->precision, 6), TIME_FRACTION_FIXED, ' ', text));
}

static void put_json(struct mysql_writer *w, struct buf *out, const struct column *column,
                     uint32_t row)
{
    struct text_style style = {
        .mode = TEXT_JSON,
        .blink = w->blink,
        .zone = w->zone,
        .cursor = &w->cursor,
    };
    struct buf json;
    buf_init(&json, 1 << 30);
    text_print_cell(&json, column, row, &style);
    mysql_put_string(out, buf_view(&json));
    out->failed |= json.failed;
    buf_done(&json);
}

static void put_decimal(struct buf *out, const struct type *type, const struct column *column,
                        uint32_t row)
{
    int128 value = type_phys(type) == PHYS_I128 ? COLUMN_AT(column, int128, row)
                                                : (int128)COLUMN_AT(column, int64_t, row);
    decimal_put(out, value, type->scale);
}

enum code mysql_put_cell(struct mysql_writer *w, struct buf *out, struct str name,
                         const struct column *column, uint32_t row, struct error *err)
{
    char text[MAX((int)NUMBER_DOUBLE_MAX, (int)TIME_TEXT_MAX)];
    const struct type *type = column->type;
    size_t size;
    if (!column_is_valid(column, row)) {
        buf_text(out, "NULL");
        return OK;
    }
    switch (type->id) {
    case TYPE_BOOLEAN:
        buf_char(out, COLUMN_AT(column, uint8_t, row) ? '1' : '0');
        return OK;
    case TYPE_TINYINT:
        buf_i64(out, COLUMN_AT(column, int8_t, row));
        return OK;
    case TYPE_SMALLINT:
        buf_i64(out, COLUMN_AT(column, int16_t, row));
        return OK;
    case TYPE_INT:
        buf_i64(out, COLUMN_AT(column, int32_t, row));
        return OK;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        buf_i64(out, COLUMN_AT(column, int64_t, row));
        return OK;
    case TYPE_FLOAT:
        size = number_print_java_float(COLUMN_AT(column, float, row), text);
        return put_number(out, (double)COLUMN_AT(column, float, row), text, size, name, err);
    case TYPE_DOUBLE:
        size = number_print_java_double(COLUMN_AT(column, double, row), text);
        return put_number(out, COLUMN_AT(column, double, row), text, size, name, err);
    case TYPE_DECIMAL:
        put_decimal(out, type, column, row);
        return OK;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        mysql_put_string(out, view_str(COLUMN_AT(column, struct view, row)));
        return OK;
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        put_hex(out, view_str(COLUMN_AT(column, struct view, row)));
        return OK;
    case TYPE_DATE:
        put_quoted(out, text, time_print_date(COLUMN_AT(column, int32_t, row), text));
        return OK;
    case TYPE_TIME:
        size = time_print_time(COLUMN_AT(column, int32_t, row), MIN(type->precision, 3),
                               TIME_FRACTION_FIXED, text);
        put_quoted(out, text, size);
        return OK;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        put_timestamp(w, out, type, COLUMN_AT(column, int64_t, row));
        return OK;
    case TYPE_NULL:
        buf_text(out, "NULL");
        return OK;
    default:
        put_json(w, out, column, row);
        return OK;
    }
}
