/* number_double.c -- floating point to text.
 *
 * Digits: Raffaello Giulietti's Schubfach, "The Schubfach way to render doubles"
 * (2020), the algorithm of Java 19 and later, written from the paper.  Among the
 * decimals that round to the value it takes one of the fewest digits (but treats
 * one digit as two: 4.9E-324), and of those the closest.
 *
 * Layout: Double.toString: plain for 10^-3 <= |v| < 10^7, else d.dddEn. */
#include "base/number.h"

#include "base/number_table.h"

#include <string.h>

static inline uint64_t multiply_high(uint64_t a, uint64_t b)
{
    return (uint64_t)((uint128)a * b >> 64);
}

/* Rounds g * cp / 2^127 to odd: the lowest bit tells whether anything was cut off. */
static inline uint64_t round_to_odd(const uint64_t g[2], uint64_t cp)
{
    uint64_t x1 = multiply_high(g[1], cp);
    uint64_t y0 = g[0] * cp;
    uint64_t y1 = multiply_high(g[0], cp);
    uint64_t z = (y0 >> 1) + x1;
    uint64_t w = y1 + (z >> 63);
    const uint64_t mask = UINT64_C(0x7FFFFFFFFFFFFFFF);
    return w | ((z & mask) + mask) >> 63;
}

struct decimal_digits {
    uint64_t digits;
    int exponent; /* value = digits * 10^exponent */
};

/* The value is c * 2^q.  `irregular`: c is the smallest normal significand and has a neighbour
 * below at half the distance. */
static struct decimal_digits shortest(int q, uint64_t c, bool irregular)
{
    uint64_t out = c & 1;
    uint64_t cb = c << 2;
    uint64_t cbr = cb + 2;
    uint64_t cbl = irregular ? cb - 1 : cb - 2;
    /* floor(log10(2^q)), or of 3/4 of it */
    int64_t scaled = (int64_t)q * 661971961083 - (irregular ? 274743187321 : 0);
    int k = (int)(scaled >> 41);
    int h = q + number_log2_pow10(-k) + 2;
    const uint64_t *g = number_power_table[k - NUMBER_K_MIN];
    uint64_t vb = round_to_odd(g, cb << h);
    uint64_t vbl = round_to_odd(g, cbl << h);
    uint64_t vbr = round_to_odd(g, cbr << h);
    uint64_t s = vb >> 2;
    if (s >= 100) {
        uint64_t s10 = s / 10 * 10;
        uint64_t t10 = s10 + 10;
        bool s_in = vbl + out <= s10 << 2;
        bool t_in = (t10 << 2) + out <= vbr;
        if (s_in != t_in)
            return (struct decimal_digits){ s_in ? s10 : t10, k };
    }
    uint64_t t = s + 1;
    bool s_in = vbl + out <= s << 2;
    bool t_in = (t << 2) + out <= vbr;
    if (s_in != t_in)
        return (struct decimal_digits){ s_in ? s : t, k };
    int64_t side = (int64_t)(vb - ((s + t) << 1));
    bool down = side < 0 || (side == 0 && (s & 1) == 0);
    return (struct decimal_digits){ down ? s : t, k };
}

static size_t layout(struct decimal_digits d, char *out)
{
    char text[NUMBER_I64_MAX];
    if (d.digits >= 100000000 && d.digits % 100000000 == 0) {
        d.digits /= 100000000;
        d.exponent += 8;
    }
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    int n = (int)number_print_u64(d.digits, text);
    int point = n + d.exponent; /* value = 0.text * 10^point */
    char *at = out;
    if (point > 0 && point <= 7) {
        if (n <= point) {
            memcpy(at, text, (size_t)n);
            memset(at + n, '0', (size_t)(point - n));
            at += point;
            *at++ = '.';
            *at++ = '0';
        } else {
            memcpy(at, text, (size_t)point);
            at[point] = '.';
            memcpy(at + point + 1, text + point, (size_t)(n - point));
            at += n + 1;
        }
    } else if (point > -3 && point <= 0) {
        *at++ = '0';
        *at++ = '.';
        for (int i = point; i < 0; i++)
            *at++ = '0';
        memcpy(at, text, (size_t)n);
        at += n;
    } else {
        *at++ = text[0];
        *at++ = '.';
        if (n == 1) {
            *at++ = '0';
        } else {
            memcpy(at, text + 1, (size_t)n - 1);
            at += n - 1;
        }
        *at++ = 'E';
        at += number_print_i64(point - 1, at);
    }
    return (size_t)(at - out);
}

static size_t put(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

/* `mantissa` is the stored fraction of `fraction_bits`, `exponent` the biased one. */
static size_t print(bool negative, uint64_t mantissa, int exponent, int exponent_max,
                    int fraction_bits, char *out)
{
    if (exponent == exponent_max) {
        if (mantissa != 0)
            return put(out, "NaN");
        return put(out, negative ? "-Infinity" : "Infinity");
    }
    size_t n = 0;
    if (negative)
        out[n++] = '-';
    int q_min = 2 - exponent_max / 2 - 1 - fraction_bits;
    if (exponent == 0) {
        if (mantissa == 0)
            return n + put(out + n, "0.0");
        /* Very small ones get a digit more, so that two can be chosen from. */
        uint64_t tiny = fraction_bits == 52 ? 3 : 8;
        struct decimal_digits d = mantissa < tiny ? shortest(q_min, mantissa * 10, false)
                                                  : shortest(q_min, mantissa, false);
        if (mantissa < tiny)
            d.exponent--;
        return n + layout(d, out + n);
    }
    uint64_t hidden = UINT64_C(1) << fraction_bits;
    uint64_t c = hidden | mantissa;
    int q = q_min + exponent - 1;
    if (q < 0 && q > -fraction_bits - 1 && (c & ((UINT64_C(1) << -q) - 1)) == 0)
        return n + layout((struct decimal_digits){ c >> -q, 0 }, out + n);
    return n + layout(shortest(q, c, mantissa == 0 && exponent > 1), out + n);
}

size_t number_print_java_double(double value, char *out)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return print(bits >> 63, bits & ((UINT64_C(1) << 52) - 1), (int)(bits >> 52 & 0x7FF), 0x7FF, 52,
                 out);
}

size_t number_print_java_float(float value, char *out)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return print(bits >> 31, bits & ((UINT32_C(1) << 23) - 1), (int)(bits >> 23 & 0xFF), 0xFF, 23,
                 out);
}
