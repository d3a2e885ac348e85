/* literal.c -- see literal.h.
 *
 * Everything works on spans of the token; memory is taken only where decoding changes the
 * text (doubled quotes, escapes, leading zeros).  Intervals are computed in microseconds
 * and months with checked arithmetic. */
#include "sql/literal.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/utf8.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- strings ----------------------------------------------------------------------------- */

/* `\1F600` of four digits or `\+01F600` of six; answers the bytes read, 0 if it is neither. */
static size_t unicode_escape(struct str body, size_t at, uint32_t *ret)
{
    size_t start = at;
    size_t digits = 4;
    at++;
    if (at < body.size && body.data[at] == '+') {
        digits = 6;
        at++;
    }
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++, at++) {
        int digit = at < body.size ? hex_digit(body.data[at]) : -1;
        if (digit < 0)
            return 0;
        value = value << 4 | (uint32_t)digit;
    }
    *ret = value;
    return at - start;
}

static enum code decode_escapes(struct str body, bool unicode, bool blink, char *out, size_t *size,
                                struct error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < body.size; i++) {
        char c = body.data[i];
        if (c == '\'') { /* a doubled one */
            out[n++] = c;
            i++;
        } else if (unicode && c == '\\') {
            uint32_t value, low;
            if (i + 1 < body.size && body.data[i + 1] == '\\') {
                out[n++] = c;
                i++;
                continue;
            }
            size_t used = unicode_escape(body, i, &value);
            size_t more = 0;
            if (used > 0 && value >= 0xD800 && value < 0xDC00 && i + used < body.size &&
                body.data[i + used] == '\\')
                more = unicode_escape(body, i + used, &low);
            if (more > 0 && low >= 0xDC00 && low < 0xE000)
                value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
            else
                more = 0;
            if (used == 0 || value == 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
                return error_set(err, E_SYNTAX, "invalid Unicode escape in a string");
            char bytes[4];
            size_t size_bytes = utf8_encode(value, bytes);
            memcpy(out + n, bytes, size_bytes);
            n += size_bytes;
            i += used + more - 1;
        } else if (blink && c == '\\' && i + 1 < body.size && body.data[i + 1] == ';') {
            out[n++] = ';';
            i++;
        } else {
            out[n++] = c;
        }
    }
    *size = n;
    return OK;
}

enum code literal_decode_string(struct arena *arena, struct str token, unsigned flags,
                                struct str *ret, struct error *err)
{
    size_t quote = str_find_byte(token, '\'');
    if (quote == (size_t)-1 || quote + 2 > token.size || token.data[token.size - 1] != '\'')
        return error_set(err, E_SYNTAX, "\"" STR_FMT "\" is not a string in quotes",
                         (int)MIN(token.size, 60), token.data);
    struct str body = str_make(token.data + quote + 1, token.size - quote - 2);
    bool unicode = quote == 2 && (token.data[0] | 0x20) == 'u' && token.data[1] == '&';
    bool blink = flags & LITERAL_BLINK;
    bool plain = str_find_byte(body, '\'') == (size_t)-1 &&
                 (!(unicode || blink) || str_find_byte(body, '\\') == (size_t)-1);
    if (plain) {
        *ret = body;
        return OK;
    }
    char *out = arena_alloc(arena, body.size + 1);
    if (!out)
        return error_nomem(err);
    size_t size = 0;
    TRY(decode_escapes(body, unicode, blink, out, &size, err));
    *ret = str_make(out, size);
    return OK;
}

static enum code decode_binary(struct arena *arena, struct str token, struct str *ret,
                               struct error *err)
{
    struct str body = str_make(token.data + 2, token.size - 3); /* X'...' */
    if (body.size % 2 != 0)
        return error_set(err, E_SYNTAX, "a binary string needs an even number of digits");
    char *out = arena_alloc(arena, body.size / 2 + 1);
    if (!out)
        return error_nomem(err);
    for (size_t i = 0; i < body.size; i += 2) {
        int high = hex_digit(body.data[i]), low = hex_digit(body.data[i + 1]);
        if (high < 0 || low < 0)
            return error_set(err, E_SYNTAX, "a binary string has hexadecimal digits only");
        out[i / 2] = (char)(high << 4 | low);
    }
    *ret = str_make(out, body.size / 2);
    return OK;
}

/* ---- numbers ----------------------------------------------------------------------------- */

static enum code decode_number(struct arena *arena, const struct ast_literal *node,
                               struct literal *ret, struct error *err)
{
    struct str text = node->text;
    char *copy = arena_cstr(arena, text);
    if (!copy)
        return error_nomem(err);
    ret->negative = node->negative;
    bool ok;
    ret->approx = number_parse_double(text.data, text.size, &ok);
    if (node->negative)
        ret->approx = -ret->approx;
    if (node->what == LIT_DOUBLE)
        return OK;

    size_t size = 0, first = 0;
    for (size_t i = 0; i < text.size; i++)
        if (is_digit(text.data[i]))
            copy[size++] = text.data[i];
    size_t point = str_find_byte(text, '.');
    size_t scale = point == (size_t)-1 ? 0 : text.size - point - 1;
    while (first + 1 < size && copy[first] == '0')
        first++;
    ret->text = str_make(copy + first, size - first);
    ret->scale = (int)scale;
    ret->precision = (int)MAX(size - first, scale);
    if (node->what != LIT_INTEGER)
        return OK;

    uint64_t value = 0;
    uint64_t most = (uint64_t)INT64_MAX + (node->negative ? 1 : 0);
    for (size_t i = first; i < size; i++) {
        uint64_t digit = (uint64_t)(copy[i] - '0');
        if (value > (most - digit) / 10)
            return OK; /* fits_i64 stays false */
        value = value * 10 + digit;
    }
    ret->fits_i64 = true;
    ret->integer = (int64_t)(node->negative ? 0 - value : value);
    return OK;
}

/* ---- intervals --------------------------------------------------------------------------- */

static const int64_t second_us = 1000000;

/* Microseconds of a unit, or 0 if it is counted in months. */
static int64_t unit_us(enum ast_unit_kind unit)
{
    switch (unit) {
    case UNIT_WEEK:
        return 7 * 86400 * second_us;
    case UNIT_DAY:
        return 86400 * second_us;
    case UNIT_HOUR:
        return 3600 * second_us;
    case UNIT_MINUTE:
        return 60 * second_us;
    case UNIT_SECOND:
        return second_us;
    case UNIT_MILLISECOND:
        return 1000;
    case UNIT_MICROSECOND:
        return 1;
    default:
        return 0;
    }
}

static int64_t unit_months(enum ast_unit_kind unit)
{
    return unit == UNIT_YEAR ? 12 : unit == UNIT_QUARTER ? 3 : unit == UNIT_MONTH ? 1 : 0;
}

struct reader {
    struct str text;
    size_t at;
};

/* Digits to a number, with their count; false if there are none or too many. */
static bool read_number(struct reader *in, int64_t *value, int *digits)
{
    size_t start = in->at;
    *value = 0;
    for (; in->at < in->text.size && is_digit(in->text.data[in->at]); in->at++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, in->text.data[in->at] - '0', value))
            return false;
    *digits = (int)(in->at - start);
    return in->at > start;
}

/* ".5" behind the seconds; digits past the microsecond are cut. */
static bool read_fraction(struct reader *in, int64_t *us)
{
    *us = 0;
    if (in->at >= in->text.size || in->text.data[in->at] != '.')
        return true;
    size_t start = ++in->at;
    int64_t scale = 100000;
    for (; in->at < in->text.size && is_digit(in->text.data[in->at]); in->at++) {
        *us += (in->text.data[in->at] - '0') * scale;
        scale /= 10;
    }
    return in->at > start;
}

static bool add_field(int64_t *total, int64_t value, int64_t factor)
{
    int64_t product;
    return !__builtin_mul_overflow(value, factor, &product) &&
           !__builtin_add_overflow(*total, product, total);
}

/* What stands between two fields, and the largest value of a field that is not the first. */
static char separator_before(enum ast_unit_kind unit)
{
    return unit == UNIT_MONTH ? '-' : unit == UNIT_HOUR ? ' ' : ':';
}

static int64_t largest(enum ast_unit_kind unit)
{
    return unit == UNIT_MONTH ? 11 : unit == UNIT_HOUR ? 23 : 59;
}

static enum ast_unit_kind next_unit(enum ast_unit_kind unit)
{
    switch (unit) {
    case UNIT_YEAR:
        return UNIT_MONTH;
    case UNIT_DAY:
        return UNIT_HOUR;
    case UNIT_HOUR:
        return UNIT_MINUTE;
    default:
        return UNIT_SECOND;
    }
}

static bool read_interval(struct reader *in, const struct ast_interval_spec *spec, int64_t *total,
                          int *leading_digits)
{
    enum ast_unit_kind last = spec->to ? spec->to : spec->from;
    for (enum ast_unit_kind unit = spec->from;; unit = next_unit(unit)) {
        int64_t value, fraction = 0;
        int digits;
        if (unit != spec->from) {
            if (in->at >= in->text.size || in->text.data[in->at] != separator_before(unit))
                return false;
            in->at++;
        }
        if (!read_number(in, &value, &digits))
            return false;
        if (unit == spec->from)
            *leading_digits = digits;
        else if (value > largest(unit))
            return false;
        int64_t factor = unit_us(unit) ? unit_us(unit) : unit_months(unit);
        if (unit == UNIT_SECOND && !read_fraction(in, &fraction))
            return false;
        if (!add_field(total, value, factor) || !add_field(total, fraction, 1))
            return false;
        if (unit == last)
            return in->at == in->text.size;
    }
}

enum code literal_decode_interval(struct str text, const struct ast_interval_spec *spec,
                                  struct literal *ret, struct error *err)
{
    struct reader in = { .text = str_trim(text) };
    bool negative = false;
    if (in.text.size > 0 && (in.text.data[0] == '-' || in.text.data[0] == '+')) {
        negative = in.text.data[0] == '-';
        in.at = 1;
    }
    int64_t total = 0;
    int digits = 0;
    const char *to = spec->to ? " TO " : "";
    if (!read_interval(&in, spec, &total, &digits))
        return error_set(err, E_SYNTAX, "\"" STR_FMT "\" is not an interval of %s%s%s",
                         (int)MIN(text.size, 60), text.data, ast_unit_name(spec->from), to,
                         ast_unit_name(spec->to));
    if (spec->precision >= 0 && digits > spec->precision)
        return error_set(err, E_SYNTAX, "\"" STR_FMT "\" has more digits than %s(%d) allows",
                         (int)MIN(text.size, 60), text.data, ast_unit_name(spec->from),
                         spec->precision);
    if (negative)
        total = -total;
    ret->what = LIT_INTERVAL;
    ret->year_month = unit_months(spec->from) > 0;
    ret->months = ret->year_month ? total : 0;
    ret->us = ret->year_month ? 0 : total;
    return OK;
}

/* ---- all --------------------------------------------------------------------------------- */

static enum code decode(struct arena *arena, const struct ast_literal *node, unsigned flags,
                        struct literal *ret, struct error *err)
{
    switch (node->what) {
    case LIT_INTEGER:
    case LIT_DECIMAL:
    case LIT_DOUBLE:
        return decode_number(arena, node, ret, err);
    case LIT_BINARY:
        return decode_binary(arena, node->text, &ret->text, err);
    case LIT_STRING:
    case LIT_DATE:
    case LIT_TIME:
    case LIT_TIMESTAMP:
        return literal_decode_string(arena, node->text, flags, &ret->text, err);
    case LIT_INTERVAL: {
        struct str text = { NULL, 0 };
        TRY(literal_decode_string(arena, node->text, flags, &text, err));
        TRY(literal_decode_interval(text, &node->interval, ret, err));
        if (node->negative) {
            ret->months = -ret->months;
            ret->us = -ret->us;
        }
        return OK;
    }
    case LIT_NULL:
    case LIT_TRUE:
    case LIT_FALSE:
    case LIT_UNKNOWN:
        return OK;
    }
    return OK;
}

enum code literal_decode(struct arena *arena, const struct ast_literal *node, unsigned flags,
                         struct literal *ret, struct error *err)
{
    struct literal value = { .what = node->what };
    enum code code = decode(arena, node, flags, &value, err);
    if (code != OK) {
        error_locate(err, node->node.span);
        return code;
    }
    *ret = value;
    return OK;
}
