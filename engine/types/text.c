/* text.c -- see text.h.  One switch over the kinds of type, once for columns and once
 * for single values; both end in put_scalar(). */
#include "types/text.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/utf8.h"
#include "types/decimal.h"
#include "types/time.h"

#include <math.h>

/* ---- bytes ---- */

void text_put_hex(struct buf *out, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    if (bytes.size == 0 || bytes.size > SIZE_MAX / 2 || !buf_reserve(out, bytes.size * 2))
        return;
    char *to = out->data + out->size;
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    out->size += bytes.size * 2;
}

void text_put_base64(struct buf *out, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (bytes.size == 0 || bytes.size > SIZE_MAX / 2 || !buf_reserve(out, (bytes.size + 2) / 3 * 4))
        return;
    const unsigned char *p = (const unsigned char *)bytes.data;
    char *to = out->data + out->size;
    size_t left = bytes.size;
    for (; left >= 3; left -= 3, p += 3) {
        *to++ = digits[p[0] >> 2];
        *to++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
        *to++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
        *to++ = digits[p[2] & 63];
    }
    if (left > 0) {
        unsigned char second = left == 2 ? p[1] : 0;
        *to++ = digits[p[0] >> 2];
        *to++ = digits[(p[0] & 3) << 4 | second >> 4];
        *to++ = left == 2 ? digits[(second & 15) << 2] : '=';
        *to++ = '=';
    }
    out->size = (size_t)(to - out->data);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : (c == '/' ? 63 : -1);
}

bool text_put_base64_decoded(struct buf *out, struct str text)
{
    size_t size = text.size;
    if (size % 4 == 0 && size > 0 && text.data[size - 1] == '=')
        size -= text.data[size - 2] == '=' ? 2 : 1;
    if (size % 4 == 1)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (base64_digit(text.data[i]) < 0)
            return false;
    }
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 6 | (uint32_t)base64_digit(text.data[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_char(out, (char)(bits >> count & 0xFF));
        }
    }
    /* Bits that belong to no byte must be zero, or two texts would mean one value. */
    return (bits & ((1u << count) - 1)) == 0;
}

/* Needs no escape in JSON and is one byte. */
static inline bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_escape(struct buf *out, unsigned char c)
{
    static const char short_form[] = "btn?fr"; /* 8..13 */
    if (c == '"' || c == '\\') {
        buf_char(out, '\\');
        buf_char(out, (char)c);
    } else if (c >= 8 && c <= 13 && c != 11) {
        buf_char(out, '\\');
        buf_char(out, short_form[c - 8]);
    } else {
        /* Only below 0x20: the first digit is 0 or 1. */
        buf_printf(out, "\\u00%02X", c);
    }
}

void text_put_json_string(struct buf *out, struct str text)
{
    buf_char(out, '"');
    for (size_t i = 0; i < text.size;) {
        size_t start = i;
        while (i < text.size && is_plain((unsigned char)text.data[i]))
            i++;
        buf_put(out, text.data + start, i - start);
        if (i == text.size)
            break;
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x80) {
            start = i;
            while (i < text.size && (unsigned char)text.data[i] >= 0x80)
                i++;
            utf8_put_repaired(out, str_make(text.data + start, i - start));
        } else {
            put_escape(out, c);
            i++;
        }
    }
    buf_char(out, '"');
}

/* ---- scalars ---- */

static bool is_json(const struct text_style *style)
{
    return style->mode == TEXT_JSON;
}

static void put_double(struct buf *out, double value, bool single, const struct text_style *style)
{
    char text[NUMBER_DOUBLE_MAX];
    size_t n = single ? number_print_java_float((float)value, text)
                      : number_print_java_double(value, text);
    bool quoted = is_json(style) && !isfinite(value);
    if (quoted)
        buf_char(out, '"');
    buf_put(out, text, n);
    if (quoted)
        buf_char(out, '"');
}

static size_t print_timestamp(const struct type *type, int64_t us, const struct text_style *style,
                              char *text)
{
    bool json = is_json(style);
    enum time_fraction fraction = json ? TIME_FRACTION_TRIMMED : TIME_FRACTION_FIXED;
    bool utc = type->id == TYPE_TIMESTAMP_LTZ && json && !type->blink_instant;
    if (type->id == TYPE_TIMESTAMP_LTZ && !utc && style->zone)
        us = zone_utc_to_local_us(style->zone, style->cursor, us);
    size_t n = time_print_timestamp(us, type->precision, fraction, ' ', text);
    if (utc)
        text[n++] = 'Z';
    return n;
}

/* Dates, times and intervals. */
static void put_time(struct buf *out, const struct type *type, int64_t value,
                     const struct text_style *style)
{
    char text[TIME_TEXT_MAX + 2];
    bool json = is_json(style);
    size_t n = 0;
    if (json)
        text[n++] = '"';
    switch (type->id) {
    case TYPE_DATE:
        n += time_print_date((int32_t)value, text + n);
        break;
    case TYPE_TIME:
        n += json
                 ? time_print_time((int32_t)value, type->precision, TIME_FRACTION_TRIMMED, text + n)
                 : time_print_time_cast((int32_t)value, type->precision, text + n);
        break;
    case TYPE_INTERVAL_MONTH:
        n += time_print_interval_month(value, text + n);
        break;
    case TYPE_INTERVAL_DAY:
        n += time_print_interval_day(value, text + n);
        break;
    default:
        n += print_timestamp(type, value, style, text + n);
        break;
    }
    if (json)
        text[n++] = '"';
    buf_put(out, text, n);
}

static void put_i64(struct buf *out, const struct type *type, int64_t value,
                    const struct text_style *style)
{
    switch (type->id) {
    case TYPE_NULL:
    case TYPE_BOOLEAN:
        if (is_json(style) || style->blink)
            buf_text(out, value ? "true" : "false");
        else
            buf_text(out, value ? "TRUE" : "FALSE");
        return;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT: {
        char text[NUMBER_I64_MAX];
        buf_put(out, text, number_print_i64(value, text));
        return;
    }
    default:
        put_time(out, type, value, style);
        return;
    }
}

static void put_bytes(struct buf *out, const struct type *type, struct str bytes,
                      const struct text_style *style)
{
    bool binary = type_is_binary(type);
    switch (style->mode) {
    case TEXT_CAST:
        if (binary)
            utf8_put_repaired(out, bytes);
        else
            buf_str(out, bytes);
        return;
    case TEXT_DISPLAY:
        if (!binary) {
            buf_str(out, bytes);
            return;
        }
        buf_text(out, "x'");
        text_put_hex(out, bytes);
        buf_char(out, '\'');
        return;
    case TEXT_JSON:
        if (!binary) {
            text_put_json_string(out, bytes);
            return;
        }
        buf_char(out, '"');
        text_put_base64(out, bytes);
        buf_char(out, '"');
        return;
    }
}

static void put_null(struct buf *out, const struct text_style *style, bool top)
{
    if (is_json(style))
        buf_text(out, "null");
    else if (top && style->mode == TEXT_DISPLAY)
        buf_text(out, style->null_text ? style->null_text : "<NULL>");
    else
        buf_text(out, "NULL");
}

/* ---- nested ---- */

/* What stands around and between the parts of a list, a map or a row. */
struct brackets {
    const char *open;
    const char *close;
    const char *between;
    const char *key_end; /* behind a key of a map, or a name of a row */
};

static struct brackets brackets_of(const struct type *type, const struct text_style *style)
{
    if (is_json(style))
        return type->id == TYPE_ARRAY ? (struct brackets){ "[", "]", ",", "" }
                                      : (struct brackets){ "{", "}", ",", ":" };
    if (type->id == TYPE_ARRAY)
        return (struct brackets){ "[", "]", ", ", "" };
    if (type->id == TYPE_MAP)
        return (struct brackets){ "{", "}", ", ", "=" };
    return (struct brackets){ "(", ")", ", ", "" };
}

/* JSON of a map whose keys cannot be member names. */
static struct brackets pairs_of_map(void)
{
    return (struct brackets){ "{\"$map\":[[", "]]}", "],[", "," };
}

static void put_cell(struct buf *out, const struct column *column, uint32_t row,
                     const struct text_style *style, bool top);

static bool keys_are_names(const struct column *keys, struct list_slot slot)
{
    if (!type_is_string(keys->type))
        return false;
    for (uint32_t i = 0; i < slot.size; i++) {
        if (!column_is_valid(keys, slot.start + i))
            return false;
    }
    return true;
}

static void put_list_cell(struct buf *out, const struct column *column, uint32_t row,
                          const struct text_style *style)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    struct brackets b = brackets_of(column->type, style);
    bool map = column->type->id == TYPE_MAP;
    if (map && is_json(style) && !keys_are_names(column->children[0], slot)) {
        if (slot.size == 0) {
            buf_text(out, "{\"$map\":[]}");
            return;
        }
        b = pairs_of_map();
    }
    buf_text(out, b.open);
    for (uint32_t i = 0; i < slot.size; i++) {
        if (i > 0)
            buf_text(out, b.between);
        put_cell(out, column->children[0], slot.start + i, style, false);
        if (map) {
            buf_text(out, b.key_end);
            put_cell(out, column->children[1], slot.start + i, style, false);
        }
    }
    buf_text(out, b.close);
}

static void put_row_cell(struct buf *out, const struct column *column, uint32_t row,
                         const struct text_style *style)
{
    struct brackets b = brackets_of(column->type, style);
    buf_text(out, b.open);
    for (uint32_t c = 0; c < column->child_count; c++) {
        if (c > 0)
            buf_text(out, b.between);
        if (is_json(style)) {
            text_put_json_string(out, column->type->names[c]);
            buf_text(out, b.key_end);
        }
        put_cell(out, column->children[c], row, style, false);
    }
    buf_text(out, b.close);
}

static void put_cell(struct buf *out, const struct column *column, uint32_t row,
                     const struct text_style *style, bool top)
{
    const struct type *type = column->type;
    if (type->id == TYPE_NULL || !column_is_valid(column, row)) {
        put_null(out, style, top);
        return;
    }
    switch (type_phys(type)) {
    case PHYS_BOOL:
        put_i64(out, type, COLUMN_AT(column, uint8_t, row), style);
        return;
    case PHYS_I8:
        put_i64(out, type, COLUMN_AT(column, int8_t, row), style);
        return;
    case PHYS_I16:
        put_i64(out, type, COLUMN_AT(column, int16_t, row), style);
        return;
    case PHYS_I32:
        put_i64(out, type, COLUMN_AT(column, int32_t, row), style);
        return;
    case PHYS_I64:
        if (type->id == TYPE_DECIMAL)
            decimal_put(out, COLUMN_AT(column, int64_t, row), type->scale);
        else
            put_i64(out, type, COLUMN_AT(column, int64_t, row), style);
        return;
    case PHYS_I128:
        decimal_put(out, COLUMN_AT(column, int128, row), type->scale);
        return;
    case PHYS_F32:
        put_double(out, (double)COLUMN_AT(column, float, row), true, style);
        return;
    case PHYS_F64:
        put_double(out, COLUMN_AT(column, double, row), false, style);
        return;
    case PHYS_VIEW:
        put_bytes(out, type, view_str(COLUMN_AT(column, struct view, row)), style);
        return;
    case PHYS_LIST:
        put_list_cell(out, column, row, style);
        return;
    case PHYS_ROW:
        put_row_cell(out, column, row, style);
        return;
    }
}

void text_print_cell(struct buf *out, const struct column *column, uint32_t row,
                     const struct text_style *style)
{
    put_cell(out, column, row, style, true);
}

/* ---- single values ---- */

static void put_value(struct buf *out, const struct value *value, const struct text_style *style,
                      bool top);

static bool value_keys_are_names(const struct value *value)
{
    if (!type_is_string(value->type->children[0]))
        return false;
    for (uint32_t i = 0; i < value->list.count; i += 2) {
        if (value->list.items[i].is_null)
            return false;
    }
    return true;
}

static void put_list_value(struct buf *out, const struct value *value,
                           const struct text_style *style)
{
    struct brackets b = brackets_of(value->type, style);
    bool map = value->type->id == TYPE_MAP;
    uint32_t width = map ? 2 : 1;
    if (map && is_json(style) && !value_keys_are_names(value)) {
        if (value->list.count == 0) {
            buf_text(out, "{\"$map\":[]}");
            return;
        }
        b = pairs_of_map();
    }
    buf_text(out, b.open);
    for (uint32_t i = 0; i + width <= value->list.count; i += width) {
        if (i > 0)
            buf_text(out, b.between);
        if (value->type->id == TYPE_ROW && is_json(style)) {
            text_put_json_string(out, value->type->names[i]);
            buf_text(out, b.key_end);
        }
        put_value(out, &value->list.items[i], style, false);
        if (map) {
            buf_text(out, b.key_end);
            put_value(out, &value->list.items[i + 1], style, false);
        }
    }
    buf_text(out, b.close);
}

static void put_value(struct buf *out, const struct value *value, const struct text_style *style,
                      bool top)
{
    const struct type *type = value->type;
    if (type->id == TYPE_NULL || value->is_null) {
        put_null(out, style, top);
        return;
    }
    switch (type->id) {
    case TYPE_DECIMAL:
        decimal_put(out, value->i128, type->scale);
        return;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
        put_double(out, value->f64, type->id == TYPE_FLOAT, style);
        return;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        put_bytes(out, type, value->str, style);
        return;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_ROW:
        put_list_value(out, value, style);
        return;
    default:
        put_i64(out, type, value->i64, style);
        return;
    }
}

void text_print_value(struct buf *out, const struct value *value, const struct text_style *style)
{
    put_value(out, value, style, true);
}

/* ---- whole columns ---- */

/* The texts of all slots, one after the other in `out`; ends[i] is where the i-th ends. */
static void print_slots(struct buf *out, const struct column *column, uint32_t slots,
                        const struct text_style *style, size_t *ends)
{
    for (uint32_t i = 0; i < slots; i++) {
        if (column_is_valid(column, i))
            put_cell(out, column, i, style, false);
        ends[i] = out->size;
    }
}

struct column *text_cast_column(struct arena *arena, const struct column *column,
                                const struct text_style *style)
{
    struct text_style cast = *style;
    struct zone_cursor cursor = { 0 };
    cast.mode = TEXT_CAST;
    if (!cast.cursor)
        cast.cursor = &cursor;
    bool constant = column_is_constant(column);
    struct column *result = constant ? column_create_constant(arena, &type_string, column->count)
                                     : column_create(arena, &type_string, column->count);
    if (!result)
        return NULL;
    result->valid = column->valid;
    if (column->type->id == TYPE_NULL) {
        uint32_t words = (uint32_t)bit_words(constant ? 1 : column->count);
        result->valid = arena_array(arena, uint64_t, words);
        return result->valid ? result : NULL;
    }
    if (type_is_string(column->type)) {
        result->values = column->values;
        return result;
    }
    uint32_t slots = constant ? 1 : column->count;
    size_t *ends = arena_array(arena, size_t, slots);
    if (!ends)
        return NULL;
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    print_slots(&out, column, slots, &cast, ends);
    char *text = out.failed ? NULL : arena_alloc(arena, out.size);
    if (text && out.size > 0)
        memcpy(text, out.data, out.size);
    buf_done(&out);
    if (!text)
        return NULL;
    struct view *views = result->values;
    for (uint32_t i = 0; i < slots; i++) {
        size_t start = i > 0 ? ends[i - 1] : 0;
        if (column_is_valid(column, i))
            views[i] = view_make(text + start, ends[i] - start);
    }
    return result;
}
