/* format_csv_encode.c -- rows to records of CSV, quoted where Jackson quotes.
 *
 * Jackson does not look closely: a text is quoted if it is longer than 24
 * characters, or has a character that is not above the delimiter, the quote and the
 * line ends (so a blank is reason enough), or the escape character (a backslash where there is
 * none).  Numbers are never quoted. */
#include "connector/format_csv.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

enum { CHECKED_CHARS_MAX = 24 };

struct csv_encoder {
    struct encoder base;
    const struct schema *schema; /* borrowed */
    struct csv_settings settings;
    unsigned char safe_from; /* smallest character that asks for no quotes */
    struct buf cell;         /* an array or row before it is quoted */
};

static bool needs_quotes(const struct csv_encoder *e, struct str text)
{
    if (!e->settings.frame.has_quote)
        return false;
    if (text.size > CHECKED_CHARS_MAX && utf8_utf16_count(text) > CHECKED_CHARS_MAX)
        return true;
    char escape = e->settings.frame.has_escape ? e->settings.frame.escape : '\\';
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < e->safe_from || text.data[i] == escape)
            return true;
    }
    return false;
}

static void put_text(const struct csv_encoder *e, struct buf *out, struct str text)
{
    const struct csv_frame *frame = &e->settings.frame;
    if (!needs_quotes(e, text)) {
        buf_str(out, text);
        return;
    }
    buf_char(out, frame->quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == frame->quote)
            buf_char(out, frame->quote);
        else if (frame->has_escape && text.data[i] == frame->escape)
            buf_char(out, frame->escape);
        buf_char(out, text.data[i]);
    }
    buf_char(out, frame->quote);
}

static void put_timestamp(struct csv_encoder *e, struct buf *out, const struct type *type,
                          int64_t us, bool is_element)
{
    char text[TIME_TEXT_MAX + 1];
    struct value_settings *values = &e->settings.values;
    bool is_instant = type->id == TYPE_TIMESTAMP_LTZ;
    if (is_instant && type->blink_instant)
        us = zone_utc_to_local_us(values->zone, &values->cursor, us);
    size_t size =
        time_print_timestamp(us, MIN(type->precision, 6), TIME_FRACTION_TRIMMED, ' ', text);
    if (is_instant && !type->blink_instant)
        text[size++] = 'Z';
    if (is_element)
        buf_put(out, text, size);
    else
        put_text(e, out, str_make(text, size));
}

/* Where plain numbers are asked for, Flink also leaves the zeros at the end. */
static void put_decimal(const struct csv_encoder *e, struct buf *out, const struct column *column,
                        uint32_t row)
{
    int scale = column->type->scale;
    int128 value = type_phys(column->type) == PHYS_I128 ? COLUMN_AT(column, int128, row)
                                                        : (int128)COLUMN_AT(column, int64_t, row);
    if (e->settings.is_scientific)
        decimal_put_stripped(out, value, scale, true);
    else
        decimal_put(out, value, scale);
}

/* A number's text; false if the type is none. */
static bool put_number(struct csv_encoder *e, struct buf *out, const struct column *column,
                       uint32_t row)
{
    const struct type *type = column->type;
    char text[NUMBER_DOUBLE_MAX];
    switch (type->id) {
    case TYPE_BOOLEAN:
        buf_text(out, COLUMN_AT(column, uint8_t, row) ? "true" : "false");
        return true;
    case TYPE_TINYINT:
        buf_i64(out, COLUMN_AT(column, int8_t, row));
        return true;
    case TYPE_SMALLINT:
        buf_i64(out, COLUMN_AT(column, int16_t, row));
        return true;
    case TYPE_INT:
        buf_i64(out, COLUMN_AT(column, int32_t, row));
        return true;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
        buf_i64(out, COLUMN_AT(column, int64_t, row));
        return true;
    case TYPE_INTERVAL_DAY: /* milliseconds, as Flink holds them */
        buf_i64(out, time_floor_div(COLUMN_AT(column, int64_t, row), TIME_US_PER_MS));
        return true;
    case TYPE_FLOAT:
        buf_put(out, text, number_print_java_float(COLUMN_AT(column, float, row), text));
        return true;
    case TYPE_DOUBLE:
        buf_put(out, text, number_print_java_double(COLUMN_AT(column, double, row), text));
        return true;
    case TYPE_DECIMAL:
        put_decimal(e, out, column, row);
        return true;
    default:
        return false;
    }
}

static void put_bytes(struct csv_encoder *e, struct buf *out, struct str bytes, bool is_element)
{
    if (is_element) {
        text_put_base64(out, bytes);
        return;
    }
    buf_clear(&e->cell);
    text_put_base64(&e->cell, bytes);
    out->failed |= e->cell.failed;
    put_text(e, out, buf_view(&e->cell));
}

/* is_element: the text becomes part of a cell that is quoted as a whole. */
static void put_scalar(struct csv_encoder *e, struct buf *out, const struct column *column,
                       uint32_t row, bool is_element)
{
    const struct type *type = column->type;
    char text[TIME_TEXT_MAX];
    size_t size;
    if (put_number(e, out, column, row))
        return;
    switch (type->id) {
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        put_bytes(e, out, view_str(COLUMN_AT(column, struct view, row)), is_element);
        return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        put_timestamp(e, out, type, COLUMN_AT(column, int64_t, row), is_element);
        return;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        if (is_element)
            buf_str(out, view_str(COLUMN_AT(column, struct view, row)));
        else
            put_text(e, out, view_str(COLUMN_AT(column, struct view, row)));
        return;
    case TYPE_DATE:
        size = time_print_date(COLUMN_AT(column, int32_t, row), text);
        break;
    case TYPE_TIME:
        size = time_print_time(COLUMN_AT(column, int32_t, row), MIN(type->precision, 3),
                               TIME_FRACTION_TRIMMED, text);
        break;
    default:
        return;
    }
    if (is_element)
        buf_put(out, text, size);
    else
        put_text(e, out, str_make(text, size));
}

static void put_element(struct csv_encoder *e, const struct column *column, uint32_t row,
                        bool is_first)
{
    if (!is_first)
        buf_str(&e->cell, e->settings.element_delimiter);
    if (column_is_valid(column, row))
        put_scalar(e, &e->cell, column, row, true);
    else if (e->settings.has_null_literal)
        buf_str(&e->cell, e->settings.null_literal);
}

static void put_nested(struct csv_encoder *e, struct buf *out, const struct column *column,
                       uint32_t row)
{
    buf_clear(&e->cell);
    if (column->type->id == TYPE_ARRAY) {
        struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
        for (uint32_t i = 0; i < slot.size; i++)
            put_element(e, column->children[0], slot.start + i, i == 0);
    } else {
        for (uint32_t f = 0; f < column->child_count; f++)
            put_element(e, column->children[f], row & column->mask, f == 0);
    }
    out->failed |= e->cell.failed;
    put_text(e, out, buf_view(&e->cell));
}

static enum code encode(struct encoder *base, const struct batch *batch, uint32_t row,
                        struct buf *out, bool *ret_null, struct error *err)
{
    struct csv_encoder *e = (struct csv_encoder *)base;
    *ret_null = false;
    for (uint32_t c = 0; c < e->schema->count; c++) {
        const struct column *column = batch->columns[c];
        if (c > 0)
            buf_char(out, e->settings.frame.delimiter);
        if (!column_is_valid(column, row)) {
            if (e->settings.has_null_literal)
                buf_str(out, e->settings.null_literal);
        } else if (column->type->child_count > 0) {
            put_nested(e, out, column, row);
        } else {
            put_scalar(e, out, column, row, false);
        }
    }
    return buf_check(out, err);
}

static void close_encoder(struct encoder *base)
{
    struct csv_encoder *e = (struct csv_encoder *)base;
    if (!e)
        return;
    buf_done(&e->cell);
    mem_free(e);
}

static const struct encoder_kind encoder_kind = {
    .encode = encode,
    .close = close_encoder,
};

enum code csv_open_encoder(const struct format_open *open, struct encoder **ret, struct error *err)
{
    struct csv_encoder *e = mem_zalloc(sizeof *e);
    if (!e)
        return error_nomem(err);
    e->base.kind = &encoder_kind;
    e->schema = open->schema;
    buf_init(&e->cell, 1 << 30);
    enum code code = csv_read_settings(open, &e->settings, err);
    if (code != OK) {
        close_encoder(&e->base);
        return code;
    }
    unsigned char quote = e->settings.frame.has_quote ? (unsigned char)e->settings.frame.quote : 0;
    e->safe_from =
        (unsigned char)(MAX(MAX(quote, (unsigned char)e->settings.frame.delimiter), '\r') + 1);
    *ret = &e->base;
    return OK;
}
