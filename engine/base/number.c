/* number.c -- integers to and from text, and text to floating point.
 *
 * Floating point: up to 19 digits and 126 bits of the power of ten bound the value
 * from both sides; where both bounds round to the same number, that is the answer.
 * The few texts that are left (halfway cases, subnormals) go to strtod in the C
 * locale. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strtod_l */
#endif
#include "base/number.h"

#include "base/number_table.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- integers to text ---- */

static const char digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                     "25262728293031323334353637383940414243444546474849"
                                     "50515253545556575859606162636465666768697071727374"
                                     "75767778798081828384858687888990919293949596979899";

size_t number_print_u64(uint64_t value, char *out)
{
    char text[NUMBER_I64_MAX];
    char *at = text + sizeof text;
    while (value >= 100) {
        at -= 2;
        memcpy(at, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(at, digit_pairs + value * 2, 2);
    } else {
        *--at = (char)('0' + value);
    }
    size_t n = (size_t)(text + sizeof text - at);
    memcpy(out, at, n);
    return n;
}

size_t number_print_i64(int64_t value, char *out)
{
    if (value >= 0)
        return number_print_u64((uint64_t)value, out);
    *out = '-';
    return 1 + number_print_u64(0 - (uint64_t)value, out + 1);
}

size_t number_print_i128(int128 value, char *out)
{
    const uint64_t chunk = UINT64_C(10000000000000000000); /* 10^19 */
    size_t n = 0;
    uint128 rest = (uint128)value;
    if (value < 0) {
        out[n++] = '-';
        rest = 0 - rest;
    }
    uint64_t parts[3];
    int count = 0;
    do {
        parts[count++] = (uint64_t)(rest % chunk);
        rest /= chunk;
    } while (rest > 0);
    n += number_print_u64(parts[--count], out + n);
    while (count > 0) {
        char text[NUMBER_I64_MAX];
        size_t digits = number_print_u64(parts[--count], text);
        memset(out + n, '0', 19 - digits);
        memcpy(out + n + 19 - digits, text, digits);
        n += 19;
    }
    return n;
}

/* ---- text to integers ---- */

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* All eight bytes are digits. */
static inline bool are_digits8(uint64_t v)
{
    return ((v & UINT64_C(0xF0F0F0F0F0F0F0F0)) |
            ((v + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) >> 4) ==
           UINT64_C(0x3333333333333333);
}

static inline uint64_t parse_digits8(uint64_t v)
{
    v -= UINT64_C(0x3030303030303030);
    v = v * 10 + (v >> 8); /* pairs in every other byte */
    return ((v & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064) +
            (v >> 16 & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001)) >>
           32;
}

/* Digits only, size > 0. False on another character or past UINT64_MAX. */
static bool parse_u64(const char *data, size_t size, uint64_t *ret)
{
    while (size > 19 && *data == '0') { /* the shortest way to stay within 19 digits */
        data++;
        size--;
    }
    if (size > 20)
        return false;
    uint64_t value = 0;
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        if (!are_digits8(word))
            return false;
        value = value * 100000000 + parse_digits8(word); /* at most 16 digits: no overflow */
        data += 8;
        size -= 8;
    }
    for (; size > 0; size--, data++) {
        if (!is_digit(*data))
            return false;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*data - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

/* value with a sign, if it fits. */
static bool with_sign(uint64_t value, bool negative, int64_t *ret)
{
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

bool number_parse_i64(const char *data, size_t size, int64_t *ret)
{
    if (size == 0)
        return false;
    bool negative = *data == '-';
    if (negative || *data == '+') {
        data++;
        if (--size == 0)
            return false;
    }
    uint64_t value;
    return parse_u64(data, size, &value) && with_sign(value, negative, ret);
}

bool number_parse_blink_i64(const char *data, size_t size, int64_t *ret)
{
    while (size > 0 && *data == ' ') {
        data++;
        size--;
    }
    while (size > 0 && data[size - 1] == ' ')
        size--;
    if (size == 0)
        return false;
    bool negative = *data == '-';
    if (negative || *data == '+') {
        data++;
        if (--size == 0)
            return false;
    }
    uint64_t value = 0;
    const char *point = memchr(data, '.', size);
    size_t whole = point ? (size_t)(point - data) : size;
    if (whole > 0 && !parse_u64(data, whole, &value))
        return false;
    for (size_t i = whole + 1; i < size; i++) {
        if (!is_digit(data[i]))
            return false;
    }
    return with_sign(value, negative, ret);
}

/* ---- text to floating point ---- */

struct scanned {
    bool negative;
    bool cut;        /* digits behind the 19th that are not all zero */
    uint64_t digits; /* the first 19 significant ones */
    int64_t exponent;
};

/* [sign] digits [. digits] [e [sign] digits], all of it. */
static bool scan(const char *at, const char *end, struct scanned *ret)
{
    struct scanned s = { 0 };
    if (at < end && (*at == '-' || *at == '+'))
        s.negative = *at++ == '-';
    int kept = 0;
    bool any = false, fraction = false;
    for (; at < end; at++) {
        if (is_digit(*at)) {
            any = true;
            if (kept < 19) {
                s.digits = s.digits * 10 + (uint64_t)(*at - '0');
                kept += s.digits > 0;
                s.exponent -= fraction;
            } else {
                s.cut |= *at != '0';
                s.exponent += !fraction;
            }
        } else if (*at == '.' && !fraction) {
            fraction = true;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        bool negative = false;
        if (at < end && (*at == '-' || *at == '+'))
            negative = *at++ == '-';
        if (at == end)
            return false;
        int64_t exponent = 0;
        for (; at < end && is_digit(*at); at++) {
            if (exponent < 1000000000)
                exponent = exponent * 10 + (*at - '0');
        }
        s.exponent += negative ? -exponent : exponent;
    }
    if (at != end)
        return false;
    *ret = s;
    return true;
}

/* What the two kinds of number differ in. */
struct float_form {
    int mantissa_bits; /* with the hidden one */
    int min_exponent;  /* of 2 at the lowest bit of a normal number */
    int max_exponent;
};
static const struct float_form form_double = { 53, -1074, 971 };
static const struct float_form form_float = { 24, -149, 104 };

/* Rounds (high * 2^64 + low) * 2^exponent to nearest even; false if it is not a normal number. */
static bool round_to(const struct float_form *form, uint64_t high, uint64_t low, bool sticky,
                     int exponent, uint64_t *ret_mantissa, int *ret_exponent)
{
    uint128 all = (uint128)high << 64 | low;
    int bits = 128 - __builtin_clzll(high);
    int drop = bits - form->mantissa_bits;
    uint128 rest = all & (((uint128)1 << drop) - 1);
    uint128 half = (uint128)1 << (drop - 1);
    uint64_t mantissa = (uint64_t)(all >> drop);
    if (rest > half || (rest == half && (sticky || (mantissa & 1))))
        mantissa++;
    exponent += drop;
    if (mantissa >> form->mantissa_bits) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent < form->min_exponent || exponent > form->max_exponent)
        return false;
    *ret_mantissa = mantissa;
    *ret_exponent = exponent;
    return true;
}

/* digits * g as its upper 128 bits, and whether there is more below. */
static void multiply_power(uint64_t digits, uint128 g, uint64_t *ret_high, uint64_t *ret_low,
                           bool *ret_sticky)
{
    uint128 low = (uint128)digits * (uint64_t)g;
    uint128 high = (uint128)digits * (uint64_t)(g >> 64) + (uint64_t)(low >> 64);
    *ret_high = (uint64_t)(high >> 64);
    *ret_low = (uint64_t)high;
    *ret_sticky = (uint64_t)low != 0;
}

/* False: the bounds do not agree, or the result is not normal. */
static bool convert_by_bounds(const struct float_form *form, const struct scanned *s, double *ret)
{
    if (s->exponent < -NUMBER_K_MAX || s->exponent > -NUMBER_K_MIN)
        return false;
    int e = (int)s->exponent;
    const uint64_t *entry = number_power_table[-e - NUMBER_K_MIN];
    uint128 g = (uint128)entry[0] << 63 | entry[1];
    /* Normalized to the top, so that the upper half of the product is never zero. */
    int shift = __builtin_clzll(s->digits);
    uint64_t low_digits = s->digits << shift;
    uint64_t high_digits = s->cut ? (s->digits + 1) << shift : low_digits;
    if (s->cut && high_digits < low_digits)
        return false;
    int exponent = number_log2_pow10(e) - 125 + 64 - shift;
    uint64_t high, low, mantissa[2];
    bool sticky;
    int exponents[2];
    multiply_power(low_digits, g - 1, &high, &low, &sticky);
    if (!round_to(form, high, low, sticky, exponent, &mantissa[0], &exponents[0]))
        return false;
    multiply_power(high_digits, g, &high, &low, &sticky);
    if (!round_to(form, high, low, sticky, exponent, &mantissa[1], &exponents[1]))
        return false;
    if (mantissa[0] != mantissa[1] || exponents[0] != exponents[1])
        return false;
    double value = ldexp((double)mantissa[0], exponents[0]);
    *ret = s->negative ? -value : value;
    return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The text has been checked, so that strtod takes all of it.  Long texts are cut behind digits
 * that cannot matter any more: 800 significant digits decide every halfway case. */
static double convert_by_library(const char *data, size_t size, const struct scanned *s,
                                 bool single)
{
    char text[1400];
    size_t n = 0;
    if (size < sizeof text) {
        memcpy(text, data, size);
        n = size;
    } else {
        /* Digits without point, the last one standing for all that is cut. */
        if (s->negative)
            text[n++] = '-';
        int kept = 0;
        int64_t exponent = 0;
        bool fraction = false, more = false;
        size_t i = data[0] == '-' || data[0] == '+';
        for (; i < size && (is_digit(data[i]) || data[i] == '.'); i++) {
            if (data[i] == '.') {
                fraction = true;
            } else if (kept < 800) {
                if (kept > 0 || data[i] != '0') {
                    text[n++] = data[i];
                    kept++;
                }
                exponent -= fraction;
            } else {
                more |= data[i] != '0';
                exponent += !fraction;
            }
        }
        if (kept == 0)
            return s->negative ? -0.0 : 0.0;
        if (more) {
            text[n++] = '1';
            exponent--;
        }
        if (i < size) {
            int64_t written = 0;
            bool negative = data[++i] == '-';
            i += data[i] == '-' || data[i] == '+';
            for (; i < size; i++) {
                if (written < 1000000000)
                    written = written * 10 + (data[i] - '0');
            }
            exponent += negative ? -written : written;
        }
        text[n++] = 'e';
        n += number_print_i64(exponent, text + n);
    }
    text[n] = '\0';
    pthread_once(&c_locale_once, make_c_locale);
    if (!c_locale)
        return single ? (double)strtof(text, NULL) : strtod(text, NULL);
    return single ? (double)strtof_l(text, NULL, c_locale) : strtod_l(text, NULL, c_locale);
}

static const double exact_powers[23] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

static double convert(const char *data, size_t size, const struct scanned *s, bool single)
{
    if (s->digits == 0)
        return s->negative ? -0.0 : 0.0;
    /* Clinger: both operands are exact, so the one operation rounds once. */
    if (!single && !s->cut && s->digits <= UINT64_C(1) << 53 && s->exponent >= -22 &&
        s->exponent <= 22) {
        double value = (double)s->digits;
        if (s->exponent < 0)
            value /= exact_powers[-s->exponent];
        else
            value *= exact_powers[s->exponent];
        return s->negative ? -value : value;
    }
    if (s->exponent > 400)
        return s->negative ? -HUGE_VAL : HUGE_VAL;
    if (s->exponent < -1000)
        return s->negative ? -0.0 : 0.0;
    double value;
    if (convert_by_bounds(single ? &form_float : &form_double, s, &value))
        return value;
    return convert_by_library(data, size, s, single);
}

double number_parse_double(const char *data, size_t size, bool *ret_ok)
{
    struct scanned s;
    *ret_ok = size > 0 && scan(data, data + size, &s);
    return *ret_ok ? convert(data, size, &s, false) : 0;
}

/* ---- Java's forms ---- */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* 0x digits [. digits] p [sign] digits, behind the sign; the grammar only: strtod converts. */
static bool is_hex_float(const char *at, const char *end)
{
    if (end - at < 2 || at[0] != '0' || (at[1] | 0x20) != 'x')
        return false;
    at += 2;
    bool any = false;
    for (; at < end && hex_digit(*at) >= 0; at++)
        any = true;
    if (at < end && *at == '.') {
        for (at++; at < end && hex_digit(*at) >= 0; at++)
            any = true;
    }
    if (!any || at == end || (*at | 0x20) != 'p')
        return false;
    at++;
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    while (at < end && is_digit(*at))
        at++;
    return at == end;
}

static bool parse_java(const char *data, size_t size, bool single, double *ret)
{
    if (size == 0)
        return false;
    const char *at = data, *end = data + size;
    while (at < end && (unsigned char)*at <= ' ')
        at++;
    while (end > at && (unsigned char)end[-1] <= ' ')
        end--;
    if (at == end)
        return false;
    const char *unsigned_at = at + (*at == '-' || *at == '+');
    size_t left = (size_t)(end - unsigned_at);
    if (left == 3 && memcmp(unsigned_at, "NaN", 3) == 0) {
        *ret = NAN;
        return true;
    }
    if (left == 8 && memcmp(unsigned_at, "Infinity", 8) == 0) {
        *ret = *at == '-' ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    char last = (char)(end[-1] | 0x20);
    bool hex = left > 2 && (unsigned_at[1] | 0x20) == 'x';
    if (last == 'd' || last == 'f')
        end--; /* in a hexadecimal one too: its exponent has decimal digits */
    struct scanned s = { .negative = *at == '-' };
    if (hex) {
        if (!is_hex_float(unsigned_at, end) || (size_t)(end - at) >= 1400)
            return false;
        *ret = convert_by_library(at, (size_t)(end - at), &s, single);
        return true;
    }
    if (!scan(at, end, &s))
        return false;
    *ret = convert(at, (size_t)(end - at), &s, single);
    return true;
}

double number_parse_java_double(const char *data, size_t size, bool *ret_ok)
{
    double value = 0;
    *ret_ok = parse_java(data, size, false, &value);
    return value;
}

float number_parse_java_float(const char *data, size_t size, bool *ret_ok)
{
    double value = 0;
    *ret_ok = parse_java(data, size, true, &value);
    return (float)value;
}
