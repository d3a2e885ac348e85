/* format_json_encode.c -- rows as JSON text, as contracts ask for in files.
 *
 * The text before each column ('{"id":', ',"name":') is made once.  Flink's manner
 * is compact; changelog-json puts a blank behind colons and commas of the row.
 *
 *   TIMESTAMP        "2024-01-01 00:00:00.123", trailing zeros dropped
 *   TIMESTAMP_LTZ    the same in UTC with Z; of Blink: in the session zone without
 *   DATE, TIME       "2024-01-01", "10:00:00"
 *   BYTES            base64
 *   DECIMAL          a plain number, unless the option says otherwise
 *   NaN, infinities  strings
 *   MAP              an object, {"$map":[[k,v],...]} if the keys are no strings */
#include "connector/format_json.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "json/json_write.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

#include <math.h>

struct json_row_writer {
    struct json_settings settings;
    const struct schema *schema; /* borrowed */
    struct arena *arena;
    struct str *names; /* '"name":', one a column */
    const char *comma; /* between columns */
};

/* What travels down into nested values. */
struct put {
    struct json_settings *settings;
    struct buf *out;
    struct str column; /* for messages */
    struct error *err;
};

static enum code put_value(struct put *put, const struct column *column, uint32_t row);

/* The first byte of a character beyond U+FFFF; the size if there is none. */
static size_t find_pair(struct str text)
{
    size_t i = 0;
    while (i < text.size && (unsigned char)text.data[i] < 0xF0)
        i++;
    return i;
}

/* Jackson writes characters beyond U+FFFF as two escapes, all others as they are. */
static void put_with_pairs(struct buf *out, struct str text)
{
    buf_char(out, '"');
    while (text.size > 0) {
        size_t plain = find_pair(text);
        json_write_escaped(out, str_make(text.data, plain));
        text = str_make(text.data + plain, text.size - plain);
        uint32_t point;
        size_t used = text.size > 0 ? utf8_decode(text.data, text.size, &point) : 0;
        if (used > 0)
            buf_printf(out, "\\u%04X\\u%04X", 0xD7C0 + (point >> 10), 0xDC00 + (point & 0x3FF));
        text = str_make(text.data + used, text.size - used);
    }
    buf_char(out, '"');
}

static void put_string(const struct json_settings *settings, struct buf *out, struct str text)
{
    if (unlikely(!utf8_valid(text.data, text.size)))
        text_put_json_string(out, text);
    else if (settings->escapes_pairs && find_pair(text) < text.size)
        put_with_pairs(out, text);
    else
        json_write_string(out, text);
}

static void put_double(struct buf *out, double value, bool is_float)
{
    char text[NUMBER_DOUBLE_MAX];
    size_t size = is_float ? number_print_java_float((float)value, text)
                           : number_print_java_double(value, text);
    const char *quote = isfinite(value) ? "" : "\"";
    buf_text(out, quote);
    buf_put(out, text, size);
    buf_text(out, quote);
}

static void put_quoted(struct buf *out, const char *text, size_t size, const char *tail)
{
    buf_char(out, '"');
    buf_put(out, text, size);
    buf_text(out, tail);
    buf_char(out, '"');
}

static void put_timestamp(struct put *put, const struct type *type, int64_t us)
{
    struct json_settings *settings = put->settings;
    char text[TIME_TEXT_MAX];
    bool is_instant = type->id == TYPE_TIMESTAMP_LTZ;
    if (is_instant && type->blink_instant)
        us = zone_utc_to_local_us(settings->values.zone, &settings->values.cursor, us);
    size_t size = time_print_timestamp(us, MIN(type->precision, 6), TIME_FRACTION_TRIMMED,
                                       settings->is_iso ? 'T' : ' ', text);
    put_quoted(put->out, text, size, is_instant && !type->blink_instant ? "Z" : "");
}

static void put_base64(struct buf *out, struct str bytes)
{
    buf_char(out, '"');
    text_put_base64(out, bytes);
    buf_char(out, '"');
}

static void put_decimal(struct put *put, const struct column *column, uint32_t row)
{
    const struct type *type = column->type;
    int128 value = type_phys(type) == PHYS_I128 ? COLUMN_AT(column, int128, row)
                                                : (int128)COLUMN_AT(column, int64_t, row);
    if (put->settings->is_scientific)
        decimal_put_stripped(put->out, value, type->scale, true);
    else
        decimal_put(put->out, value, type->scale);
}

static void put_scalar(struct put *put, const struct column *column, uint32_t row)
{
    struct buf *out = put->out;
    const struct type *type = column->type;
    char text[TIME_TEXT_MAX];
    switch (type->id) {
    case TYPE_BOOLEAN:
        buf_text(out, COLUMN_AT(column, uint8_t, row) ? "true" : "false");
        break;
    case TYPE_TINYINT:
        buf_i64(out, COLUMN_AT(column, int8_t, row));
        break;
    case TYPE_SMALLINT:
        buf_i64(out, COLUMN_AT(column, int16_t, row));
        break;
    case TYPE_INT:
        buf_i64(out, COLUMN_AT(column, int32_t, row));
        break;
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
        buf_i64(out, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_INTERVAL_DAY: /* milliseconds, as Flink holds them */
        buf_i64(out, time_floor_div(COLUMN_AT(column, int64_t, row), TIME_US_PER_MS));
        break;
    case TYPE_FLOAT:
        put_double(out, COLUMN_AT(column, float, row), true);
        break;
    case TYPE_DOUBLE:
        put_double(out, COLUMN_AT(column, double, row), false);
        break;
    case TYPE_DECIMAL:
        put_decimal(put, column, row);
        break;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        put_string(put->settings, out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        put_base64(out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case TYPE_DATE:
        put_quoted(out, text, time_print_date(COLUMN_AT(column, int32_t, row), text), "");
        break;
    case TYPE_TIME:
        put_quoted(out, text,
                   time_print_time(COLUMN_AT(column, int32_t, row), MIN(type->precision, 3),
                                   TIME_FRACTION_TRIMMED, text),
                   "");
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        put_timestamp(put, type, COLUMN_AT(column, int64_t, row));
        break;
    case TYPE_NULL:
    case TYPE_ARRAY: /* put elsewhere */
    case TYPE_MAP:
    case TYPE_ROW:
        buf_text(out, "null");
        break;
    }
}

static enum code put_array(struct put *put, const struct column *column, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    buf_char(put->out, '[');
    for (uint32_t i = 0; i < slot.size; i++) {
        if (i > 0)
            buf_char(put->out, ',');
        TRY(put_value(put, column->children[0], slot.start + i));
    }
    buf_char(put->out, ']');
    return OK;
}

/* The name of an entry; *ret_drop: leave the entry out. */
static enum code map_key(struct put *put, const struct column *keys, uint32_t at, struct str *ret,
                         bool *ret_drop)
{
    *ret_drop = false;
    if (column_is_valid(keys, at)) {
        *ret = view_str(COLUMN_AT(keys, struct view, at));
        return OK;
    }
    switch (put->settings->null_key) {
    case NULL_KEY_DROP:
        *ret_drop = true;
        return OK;
    case NULL_KEY_LITERAL:
        *ret = put->settings->null_key_literal;
        return OK;
    case NULL_KEY_FAIL:
        break;
    }
    error_set(put->err, E_DATA, "column \"" STR_FMT "\": a map with a NULL key is no JSON",
              STR_ARG(put->column));
    error_hint(put->err, "The option map-null-key.mode can drop such entries or name them.");
    return E_DATA;
}

static enum code put_map(struct put *put, const struct column *column, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    const struct column *keys = column->children[0], *values = column->children[1];
    bool is_first = true;
    buf_char(put->out, '{');
    for (uint32_t i = 0; i < slot.size; i++) {
        struct str key;
        bool drop;
        TRY(map_key(put, keys, slot.start + i, &key, &drop));
        if (drop)
            continue;
        if (!is_first)
            buf_char(put->out, ',');
        is_first = false;
        put_string(put->settings, put->out, key);
        buf_char(put->out, ':');
        TRY(put_value(put, values, slot.start + i));
    }
    buf_char(put->out, '}');
    return OK;
}

static enum code put_pairs(struct put *put, const struct column *column, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    buf_text(put->out, "{\"$map\":[");
    for (uint32_t i = 0; i < slot.size; i++) {
        buf_text(put->out, i > 0 ? ",[" : "[");
        TRY(put_value(put, column->children[0], slot.start + i));
        buf_char(put->out, ',');
        TRY(put_value(put, column->children[1], slot.start + i));
        buf_char(put->out, ']');
    }
    buf_text(put->out, "]}");
    return OK;
}

static enum code put_row(struct put *put, const struct column *column, uint32_t row)
{
    const struct type *type = column->type;
    uint32_t slot = row & column->mask; /* children of a constant row have one slot too */
    bool is_first = true;
    buf_char(put->out, '{');
    for (uint32_t f = 0; f < type->child_count; f++) {
        if (put->settings->ignore_nulls && !column_is_valid(column->children[f], slot))
            continue;
        if (!is_first)
            buf_char(put->out, ',');
        is_first = false;
        put_string(put->settings, put->out, type->names[f]);
        buf_char(put->out, ':');
        TRY(put_value(put, column->children[f], slot));
    }
    buf_char(put->out, '}');
    return OK;
}

static enum code put_value(struct put *put, const struct column *column, uint32_t row)
{
    if (!column_is_valid(column, row)) {
        buf_text(put->out, "null");
        return OK;
    }
    switch (column->type->id) {
    case TYPE_ARRAY:
        return put_array(put, column, row);
    case TYPE_MAP:
        return type_is_string(column->type->children[0]) ? put_map(put, column, row)
                                                         : put_pairs(put, column, row);
    case TYPE_ROW:
        return put_row(put, column, row);
    default:
        put_scalar(put, column, row);
        return OK;
    }
}

enum code json_row_write(struct json_row_writer *writer, const struct batch *batch, uint32_t row,
                         struct buf *out, struct error *err)
{
    struct put put = { .settings = &writer->settings, .out = out, .err = err };
    bool is_first = true;
    buf_char(out, '{');
    for (uint32_t c = 0; c < writer->schema->count; c++) {
        const struct column *column = batch->columns[c];
        if (writer->settings.ignore_nulls && !column_is_valid(column, row))
            continue;
        if (!is_first)
            buf_text(out, writer->comma);
        is_first = false;
        buf_str(out, writer->names[c]);
        put.column = writer->schema->fields[c].name;
        TRY(put_value(&put, column, row));
    }
    buf_char(out, '}');
    return buf_check(out, err);
}

static enum code make_names(struct json_row_writer *w, bool is_spaced, struct error *err)
{
    struct buf name;
    buf_init(&name, 1 << 20);
    enum code code = OK;
    for (uint32_t c = 0; c < w->schema->count && code == OK; c++) {
        buf_clear(&name);
        put_string(&w->settings, &name, w->schema->fields[c].name);
        buf_text(&name, is_spaced ? ": " : ":");
        code = buf_check(&name, err);
        if (code != OK)
            break;
        w->names[c] = arena_str(w->arena, buf_view(&name));
        if (!w->names[c].data)
            code = error_nomem(err);
    }
    buf_done(&name);
    return code;
}

enum code json_row_writer_create(const struct format_open *open, const char *family, bool is_spaced,
                                 struct json_row_writer **ret, struct error *err)
{
    struct json_row_writer *w = mem_zalloc(sizeof *w);
    if (!w)
        return error_nomem(err);
    w->schema = open->schema;
    w->comma = is_spaced ? ", " : ",";
    json_read_settings(open, family, &w->settings);
    w->settings.escapes_pairs = !is_spaced;
    w->arena = arena_create();
    w->names = w->arena ? arena_array(w->arena, struct str, open->schema->count + 1) : NULL;
    enum code code = w->names ? make_names(w, is_spaced, err) : error_nomem(err);
    if (code != OK) {
        json_row_writer_destroy(w);
        return code;
    }
    *ret = w;
    return OK;
}

void json_row_writer_destroy(struct json_row_writer *w)
{
    if (!w)
        return;
    arena_destroy(w->arena);
    mem_free(w);
}
