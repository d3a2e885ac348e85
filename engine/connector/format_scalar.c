/* format_scalar.c -- a value of JSON, or a cell of CSV, that is no container, as its type.
 *
 * The rules are those of Flink's default JSON parser: what Integer.parseInt,
 * Boolean.parseBoolean and so on make of the text of a value, numbers with a
 * fraction cut for INT and BIGINT, containers as text for strings. */
#include "connector/format_value.h"

#include "base/number.h"
#include "connector/format_time.h"
#include "json/json_text.h"
#include "types/column.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"

static struct str trim_java(struct str text)
{
    while (text.size > 0 && (unsigned char)text.data[0] <= ' ')
        text = str_make(text.data + 1, text.size - 1);
    while (text.size > 0 && (unsigned char)text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

static bool is_container(const struct json_hit *hit)
{
    return hit->kind == JSON_OBJECT || hit->kind == JSON_ARRAY;
}

/* The text of a scalar. */
static enum value_outcome scalar_text(struct value_rows *rows, const struct json_hit *hit,
                                      struct str *ret)
{
    if (is_container(hit))
        return VALUE_ERROR;
    if (hit->kind == JSON_STRING_ESCAPED)
        return json_text_string(hit, rows->arena, ret, NULL) == OK ? VALUE_GOT : VALUE_NOMEM;
    *ret = hit->kind == JSON_TRUE    ? STR("true")
           : hit->kind == JSON_FALSE ? STR("false")
                                     : str_make(hit->data, hit->size);
    return VALUE_GOT;
}

static enum value_outcome read_bool(struct value_rows *rows, const struct json_hit *hit,
                                    uint8_t *ret)
{
    struct str text;
    enum value_outcome outcome = scalar_text(rows, hit, &text);
    if (outcome == VALUE_GOT)
        *ret = str_iis(trim_java(text), "true");
    return outcome;
}

/* Jackson compares before it cuts: 2147483647.5 is no INT, and 2^63 is the last BIGINT. */
static enum value_outcome cut_number(const struct json_hit *hit, int64_t min, int64_t max,
                                     int64_t *ret)
{
    bool ok;
    double number = number_parse_double(hit->data, hit->size, &ok);
    if (!ok || !(number >= (double)min && number <= (double)max))
        return VALUE_ERROR;
    *ret = number >= 0x1p63 ? INT64_MAX : (int64_t)number;
    return VALUE_GOT;
}

static enum value_outcome read_integer(struct value_rows *rows, const struct json_hit *hit,
                                       int64_t min, int64_t max, bool cuts_fraction, int64_t *ret)
{
    int64_t value;
    if (hit->kind == JSON_NUMBER && cuts_fraction)
        return cut_number(hit, min, max, ret);
    if (hit->kind == JSON_INTEGER) {
        if (!number_parse_i64(hit->data, hit->size, &value))
            return VALUE_ERROR;
    } else {
        struct str text;
        enum value_outcome outcome = scalar_text(rows, hit, &text);
        if (outcome != VALUE_GOT)
            return outcome;
        text = trim_java(text);
        if (!number_parse_i64(text.data, text.size, &value))
            return VALUE_ERROR;
    }
    if (value < min || value > max)
        return VALUE_ERROR;
    *ret = value;
    return VALUE_GOT;
}

static enum value_outcome read_double(struct value_rows *rows, const struct json_hit *hit,
                                      double *ret)
{
    struct str text;
    bool ok;
    if (hit->kind == JSON_INTEGER || hit->kind == JSON_NUMBER) {
        *ret = number_parse_double(hit->data, hit->size, &ok);
        return ok ? VALUE_GOT : VALUE_ERROR;
    }
    enum value_outcome outcome = scalar_text(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    *ret = number_parse_java_double(text.data, text.size, &ok);
    return ok ? VALUE_GOT : VALUE_ERROR;
}

static enum value_outcome read_float(struct value_rows *rows, const struct json_hit *hit,
                                     float *ret)
{
    struct str text;
    bool ok;
    enum value_outcome outcome = scalar_text(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    *ret = number_parse_java_float(text.data, text.size, &ok);
    return ok ? VALUE_GOT : VALUE_ERROR;
}

/* A number that does not fit is NULL, text that is none an error. */
static enum value_outcome read_decimal(struct value_rows *rows, const struct json_hit *hit,
                                       const struct type *type, int128 *ret)
{
    struct str text;
    bool is_number = true;
    if (hit->kind == JSON_TRUE || hit->kind == JSON_FALSE)
        return VALUE_ERROR;
    enum value_outcome outcome = scalar_text(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    if (!rows->settings->is_csv)
        text = trim_java(text);
    else if (text.size > 0 && (text.data[0] <= ' ' || text.data[text.size - 1] <= ' '))
        return VALUE_ERROR;
    if (decimal_parse(text, type->precision, type->scale, ret))
        return VALUE_GOT;
    if (hit->kind == JSON_STRING || hit->kind == JSON_STRING_ESCAPED)
        number_parse_double(text.data, text.size, &is_number);
    return is_number ? VALUE_NULL : VALUE_ERROR;
}

static enum value_outcome read_text(struct value_rows *rows, const struct json_hit *hit,
                                    struct view *ret)
{
    struct str text;
    bool is_number = hit->kind == JSON_NUMBER || hit->kind == JSON_INTEGER;
    if (is_container(hit) || (is_number && !rows->settings->keeps_numbers)) {
        enum json_text_mode mode =
            rows->settings->has_decimal ? JSON_TEXT_FORMAT_DECIMAL : JSON_TEXT_FORMAT;
        if (json_text(hit, mode, rows->arena, &text, NULL) != OK)
            return VALUE_NOMEM;
    } else {
        enum value_outcome outcome = scalar_text(rows, hit, &text);
        if (outcome != VALUE_GOT)
            return outcome;
    }
    *ret = view_of(text);
    return VALUE_GOT;
}

static int base64_digit(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Base64 as Jackson reads it: groups of four with their padding, blanks between the groups; what
 * follows a padded group is another one.  Returns the number of bytes; SIZE_MAX: it is none. */
static size_t read_base64(struct str text, char *out)
{
    size_t count = 0, at = 0;
    for (;;) {
        while (at < text.size && (unsigned char)text.data[at] <= ' ')
            at++;
        if (at == text.size)
            return count;
        if (text.size - at < 4)
            return SIZE_MAX;
        const char *group = text.data + at;
        int digits[4];
        for (int i = 0; i < 4; i++)
            digits[i] = base64_digit(group[i]);
        bool has_two = digits[2] >= 0, has_three = has_two && digits[3] >= 0;
        if (digits[0] < 0 || digits[1] < 0 || (!has_two && group[2] != '=') ||
            (!has_three && group[3] != '='))
            return SIZE_MAX;
        out[count++] = (char)(digits[0] << 2 | digits[1] >> 4);
        if (has_two)
            out[count++] = (char)(digits[1] << 4 | digits[2] >> 2);
        if (has_three)
            out[count++] = (char)(digits[2] << 6 | digits[3]);
        at += 4;
    }
}

static enum value_outcome read_bytes(struct value_rows *rows, const struct json_hit *hit,
                                     struct view *ret)
{
    struct str text;
    if (hit->kind != JSON_STRING && hit->kind != JSON_STRING_ESCAPED)
        return VALUE_ERROR;
    enum value_outcome outcome = scalar_text(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    char *bytes = arena_alloc(rows->arena, text.size + 1);
    if (!bytes)
        return VALUE_NOMEM;
    size_t size = read_base64(text, bytes);
    if (size == SIZE_MAX)
        return VALUE_ERROR;
    *ret = view_make(bytes, size);
    return VALUE_GOT;
}

static enum value_outcome string_only(struct value_rows *rows, const struct json_hit *hit,
                                      struct str *ret)
{
    if (hit->kind != JSON_STRING && hit->kind != JSON_STRING_ESCAPED)
        return VALUE_ERROR;
    return scalar_text(rows, hit, ret);
}

static enum value_outcome read_date(struct value_rows *rows, const struct json_hit *hit,
                                    int32_t *ret)
{
    struct str text;
    enum value_outcome outcome = string_only(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    bool ok =
        rows->settings->is_csv ? format_time_java_date(text, ret) : format_time_date(text, ret);
    return ok ? VALUE_GOT : VALUE_ERROR;
}

static enum value_outcome read_time(struct value_rows *rows, const struct json_hit *hit,
                                    int precision, int32_t *ret)
{
    struct str text;
    int64_t us;
    enum value_outcome outcome = string_only(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    if (!format_time_clock(text, rows->settings->is_csv, &us))
        return VALUE_ERROR;
    *ret = (int32_t)(time_cut(us, MIN(precision, 3)) / TIME_US_PER_MS);
    return VALUE_GOT;
}

/* A plain timestamp has no zone; an instant has one, but in Blink, where it is the session's. */
static enum value_outcome read_timestamp(struct value_rows *rows, const struct json_hit *hit,
                                         const struct type *type, int64_t *ret)
{
    struct value_settings *settings = rows->settings;
    struct str text;
    int64_t us;
    enum value_outcome outcome = string_only(rows, hit, &text);
    if (outcome != VALUE_GOT)
        return outcome;
    if (settings->is_csv)
        text = trim_java(text);
    bool is_instant = type->id == TYPE_TIMESTAMP_LTZ;
    if (type->blink_instant) {
        struct time_stamp stamp;
        if (text.size <= sizeof "2024-01-01" - 1 || !time_parse_stamp(text, &stamp))
            return VALUE_ERROR;
        us = stamp.has_offset ? stamp.local_us - stamp.offset_s * TIME_US_PER_SECOND
                              : zone_local_to_utc_us(settings->zone, &settings->cursor,
                                                     stamp.local_us, ZONE_LATER);
    } else if (!format_time_stamp(text, is_instant, &us)) {
        return VALUE_ERROR;
    }
    if (!time_us_in_range(us))
        return VALUE_ERROR;
    *ret = time_cut(us, type->precision);
    return VALUE_GOT;
}

static enum value_outcome read_interval(struct value_rows *rows, const struct json_hit *hit,
                                        const struct type *type, int64_t *ret)
{
    bool is_months = type->id == TYPE_INTERVAL_MONTH;
    int64_t limit = is_months ? INT32_MAX : INT64_MAX / 1000; /* milliseconds */
    enum value_outcome outcome = read_integer(rows, hit, -limit, limit, true, ret);
    if (outcome == VALUE_GOT && !is_months)
        *ret *= 1000;
    return outcome;
}

enum value_outcome value_store(struct value_rows *rows, const struct type *type,
                               const struct json_hit *hit, struct column *column, uint32_t i)
{
    int64_t number = 0;
    int128 decimal = 0;
    enum value_outcome outcome;
    switch (type->id) {
    case TYPE_BOOLEAN:
        return read_bool(rows, hit, COLUMN_OUT(column, uint8_t) + i);
    case TYPE_TINYINT:
        outcome = read_integer(rows, hit, INT8_MIN, INT8_MAX, false, &number);
        COLUMN_OUT(column, int8_t)[i] = (int8_t)number;
        return outcome;
    case TYPE_SMALLINT:
        outcome = read_integer(rows, hit, INT16_MIN, INT16_MAX, false, &number);
        COLUMN_OUT(column, int16_t)[i] = (int16_t)number;
        return outcome;
    case TYPE_INT:
        outcome = read_integer(rows, hit, INT32_MIN, INT32_MAX, true, &number);
        COLUMN_OUT(column, int32_t)[i] = (int32_t)number;
        return outcome;
    case TYPE_BIGINT:
        return read_integer(rows, hit, INT64_MIN, INT64_MAX, true, COLUMN_OUT(column, int64_t) + i);
    case TYPE_FLOAT:
        return read_float(rows, hit, COLUMN_OUT(column, float) + i);
    case TYPE_DOUBLE:
        return read_double(rows, hit, COLUMN_OUT(column, double) + i);
    case TYPE_DECIMAL:
        outcome = read_decimal(rows, hit, type, &decimal);
        if (type_phys(type) == PHYS_I128)
            COLUMN_OUT(column, int128)[i] = decimal;
        else
            COLUMN_OUT(column, int64_t)[i] = (int64_t)decimal;
        return outcome;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        return read_text(rows, hit, COLUMN_OUT(column, struct view) + i);
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return read_bytes(rows, hit, COLUMN_OUT(column, struct view) + i);
    case TYPE_DATE:
        return read_date(rows, hit, COLUMN_OUT(column, int32_t) + i);
    case TYPE_TIME:
        return read_time(rows, hit, type->precision, COLUMN_OUT(column, int32_t) + i);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return read_timestamp(rows, hit, type, COLUMN_OUT(column, int64_t) + i);
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        return read_interval(rows, hit, type, COLUMN_OUT(column, int64_t) + i);
    case TYPE_NULL:
    case TYPE_ARRAY: /* made elsewhere */
    case TYPE_MAP:
    case TYPE_ROW:
        break;
    }
    return VALUE_NULL;
}
