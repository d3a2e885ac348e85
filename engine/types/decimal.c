/* decimal.c -- see decimal.h.
 *
 * An intermediate is a sign and 256 bits of magnitude.  Every exact result of an
 * operation on two 38-digit values fits into them (the largest is a product or a
 * scaled dividend, below 10^77); one function, settle(), brings it to the wanted
 * scale with the one rounding and checks the precision. */
#include "types/decimal.h"

#include "base/number.h"

#include <math.h>

#define P64(n) UINT64_C(n)

static const uint64_t powers64[20] = {
    P64(1),
    P64(10),
    P64(100),
    P64(1000),
    P64(10000),
    P64(100000),
    P64(1000000),
    P64(10000000),
    P64(100000000),
    P64(1000000000),
    P64(10000000000),
    P64(100000000000),
    P64(1000000000000),
    P64(10000000000000),
    P64(100000000000000),
    P64(1000000000000000),
    P64(10000000000000000),
    P64(100000000000000000),
    P64(1000000000000000000),
    P64(10000000000000000000),
};

int128 decimal_power(int n)
{
    return n < 20 ? (int128)powers64[n] : (int128)powers64[19] * (int128)powers64[n - 19];
}

static inline uint128 magnitude(int128 value)
{
    return value < 0 ? 0 - (uint128)value : (uint128)value;
}

bool decimal_fits(int128 value, int precision)
{
    return magnitude(value) < (uint128)decimal_power(precision);
}

/* ---- types ---- */

static void adjust(int precision, int scale, int *ret_p, int *ret_s)
{
    if (precision <= DECIMAL_MAX_PRECISION) {
        *ret_p = precision;
        *ret_s = scale;
        return;
    }
    int whole = precision - scale;
    *ret_p = DECIMAL_MAX_PRECISION;
    *ret_s = MAX(DECIMAL_MAX_PRECISION - whole, MIN(scale, 6));
}

void decimal_type_add(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s)
{
    int scale = MAX(s1, s2);
    adjust(MAX(p1 - s1, p2 - s2) + scale + 1, scale, ret_p, ret_s);
}

void decimal_type_mul(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s)
{
    adjust(p1 + p2 + 1, s1 + s2, ret_p, ret_s);
}

void decimal_type_div(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s)
{
    int scale = MAX(6, s1 + p2 + 1);
    adjust(p1 - s1 + s2 + scale, scale, ret_p, ret_s);
}

void decimal_type_mod(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s)
{
    int scale = MAX(s1, s2);
    adjust(MIN(p1 - s1, p2 - s2) + scale, scale, ret_p, ret_s);
}

void decimal_type_round(int p, int s, int digits, int *ret_p, int *ret_s)
{
    if (digits >= s) {
        *ret_p = p;
        *ret_s = s;
    } else if (digits < 0) {
        *ret_p = MIN(DECIMAL_MAX_PRECISION, 1 + p - s);
        *ret_s = 0;
    } else {
        *ret_p = 1 + p - s + digits;
        *ret_s = digits;
    }
}

void decimal_type_sum(int p, int s, int *ret_p, int *ret_s)
{
    (void)p;
    *ret_p = DECIMAL_MAX_PRECISION;
    *ret_s = s;
}

void decimal_type_avg(int p, int s, int *ret_p, int *ret_s)
{
    (void)p;
    /* The sum, DECIMAL(38, s), divided by a count, DECIMAL(20, 0). */
    decimal_type_div(DECIMAL_MAX_PRECISION, s, 20, 0, ret_p, ret_s);
}

void decimal_type_common(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s)
{
    int whole = MIN(MAX(p1 - s1, p2 - s2), DECIMAL_MAX_PRECISION);
    int scale = MIN(MAX(s1, s2), DECIMAL_MAX_PRECISION - whole);
    *ret_p = whole + scale;
    *ret_s = scale;
}

/* ---- 256 bits ---- */

struct wide {
    uint128 low;
    uint128 high;
};

static inline struct wide wide_of(uint128 value)
{
    return (struct wide){ value, 0 };
}

static inline int wide_compare(struct wide a, struct wide b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static inline struct wide wide_add(struct wide a, struct wide b)
{
    struct wide sum = { a.low + b.low, a.high + b.high };
    sum.high += sum.low < a.low;
    return sum;
}

static inline struct wide wide_sub(struct wide a, struct wide b)
{
    return (struct wide){ a.low - b.low, a.high - b.high - (a.low < b.low) };
}

static struct wide wide_mul64(struct wide a, uint64_t b)
{
    uint128 p0 = (uint128)(uint64_t)a.low * b;
    uint128 p1 = (uint128)(uint64_t)(a.low >> 64) * b + (p0 >> 64);
    return (struct wide){ (p1 << 64) | (uint64_t)p0, a.high * b + (p1 >> 64) };
}

static struct wide wide_mul(uint128 a, uint128 b)
{
    if (a >> 64 == 0 && b >> 64 == 0)
        return wide_of((uint128)(uint64_t)a * (uint64_t)b);
    struct wide low = wide_mul64(wide_of(a), (uint64_t)b);
    struct wide high = wide_mul64(wide_of(a), (uint64_t)(b >> 64));
    struct wide shifted = { high.low << 64, high.high << 64 | high.low >> 64 };
    return wide_add(low, shifted);
}

/* Times 10^n; the caller knows that it fits. */
static struct wide wide_scale_up(struct wide a, int n)
{
    for (; n > 19; n -= 19)
        a = wide_mul64(a, powers64[19]);
    return wide_mul64(a, powers64[n]);
}

static struct wide wide_div64(struct wide a, uint64_t b, uint64_t *ret_rest)
{
    if (a.high == 0) {
        *ret_rest = (uint64_t)(a.low % b);
        return wide_of(a.low / b);
    }
    uint64_t parts[4] = { (uint64_t)(a.high >> 64), (uint64_t)a.high, (uint64_t)(a.low >> 64),
                          (uint64_t)a.low };
    uint128 rest = 0;
    for (int i = 0; i < 4; i++) {
        rest = rest << 64 | parts[i];
        parts[i] = (uint64_t)(rest / b);
        rest %= b;
    }
    *ret_rest = (uint64_t)rest;
    return (struct wide){ (uint128)parts[2] << 64 | parts[3], (uint128)parts[0] << 64 | parts[1] };
}

/* a / b with b up to 128 bits, where the quotient fits 128 bits; Knuth's algorithm D with two
 * digits of 64 bits in the divisor. */
static uint128 wide_div(struct wide a, uint128 b, uint128 *ret_rest)
{
    if (a.high == 0) {
        *ret_rest = a.low % b;
        return a.low / b;
    }
    if (b >> 64 == 0) {
        uint64_t rest;
        struct wide q = wide_div64(a, (uint64_t)b, &rest);
        *ret_rest = rest;
        return q.low;
    }
    int shift = __builtin_clzll((uint64_t)(b >> 64));
    b <<= shift;
    if (shift > 0) {
        a.high = a.high << shift | a.low >> (128 - shift);
        a.low <<= shift;
    }
    uint64_t b1 = (uint64_t)(b >> 64), b0 = (uint64_t)b;
    uint128 rest = a.high; /* < b, because the quotient fits */
    uint64_t digits[2] = { (uint64_t)(a.low >> 64), (uint64_t)a.low };
    uint64_t quotient[2];
    for (int i = 0; i < 2; i++) {
        /* rest * 2^64 + digits[i] over b; the guess is at most two too large. */
        uint128 guess = rest / b1;
        uint128 left = rest - guess * b1;
        while (guess >> 64 != 0 ||
               (left >> 64 == 0 && (uint128)(uint64_t)guess * b0 > (left << 64 | digits[i]))) {
            guess--;
            left += b1;
            if (left >> 64 != 0)
                break;
        }
        quotient[i] = (uint64_t)guess;
        rest = (left << 64 | digits[i]) - (uint128)(uint64_t)guess * b0;
    }
    *ret_rest = rest >> shift;
    return (uint128)quotient[0] << 64 | quotient[1];
}

/* Over 10^n, cut; *ret_inexact when something was lost, *ret_half when at least a half was. */
static struct wide wide_scale_down(struct wide a, int n, bool *ret_half, bool *ret_inexact)
{
    *ret_half = *ret_inexact = false;
    uint64_t rest;
    for (; n > 19; n -= 19) {
        a = wide_div64(a, powers64[19], &rest);
        *ret_inexact |= rest != 0;
        if (a.low == 0 && a.high == 0)
            return a;
    }
    if (n == 0)
        return a;
    a = wide_div64(a, powers64[n - 1], &rest);
    *ret_inexact |= rest != 0;
    a = wide_div64(a, 10, &rest);
    *ret_inexact |= rest != 0;
    *ret_half = rest >= 5;
    return a;
}

static int wide_digits(struct wide a)
{
    int n = 0;
    uint64_t rest;
    while (a.high != 0) {
        a = wide_div64(a, powers64[19], &rest);
        n += 19;
    }
    uint128 low = a.low;
    while (low >= powers64[19]) {
        low /= powers64[19];
        n += 19;
    }
    int more = 0;
    while (more < 20 && low >= powers64[more])
        more++;
    return n + more;
}

/* ---- rounding ---- */

/* magnitude * 10^-from_scale with a sign, to DECIMAL(precision, scale).  from_scale may be any. */
static bool settle(bool negative, struct wide value, int from_scale, int precision, int scale,
                   enum decimal_rounding rounding, int128 *ret)
{
    int change = scale - from_scale;
    if (change > 0) {
        if (value.low != 0 || value.high != 0) {
            if (change > DECIMAL_MAX_PRECISION || value.high != 0)
                return false;
            value = wide_scale_up(value, change);
        }
    } else if (change < 0) {
        bool half, inexact;
        value = wide_scale_down(value, -change, &half, &inexact);
        bool up = (rounding == DECIMAL_HALF_UP && half) ||
                  (rounding == DECIMAL_FLOOR && inexact && negative) ||
                  (rounding == DECIMAL_CEIL && inexact && !negative);
        if (up)
            value = wide_add(value, wide_of(1));
    }
    if (value.high != 0 || value.low >= (uint128)decimal_power(precision))
        return false;
    *ret = negative ? -(int128)value.low : (int128)value.low;
    return true;
}

bool decimal_rescale(int128 value, int from_scale, int precision, int scale, int128 *ret)
{
    if (from_scale == scale) {
        if (!decimal_fits(value, precision))
            return false;
        *ret = value;
        return true;
    }
    return settle(value < 0, wide_of(magnitude(value)), from_scale, precision, scale,
                  DECIMAL_HALF_UP, ret);
}

bool decimal_round(int128 value, int scale, int digits, enum decimal_rounding rounding,
                   int ret_scale, int128 *ret)
{
    int128 rounded = value;
    int at = scale;
    if (digits < scale) {
        if (!settle(value < 0, wide_of(magnitude(value)), scale, DECIMAL_MAX_PRECISION,
                    MAX(digits, -DECIMAL_MAX_PRECISION - 1), rounding, &rounded))
            return false;
        at = MAX(digits, -DECIMAL_MAX_PRECISION - 1);
    }
    return settle(rounded < 0, wide_of(magnitude(rounded)), at, DECIMAL_MAX_PRECISION, ret_scale,
                  rounding, ret);
}

/* ---- arithmetic ---- */

static bool add_signed(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret)
{
    int scale = MAX(sa, sb);
    struct wide x = wide_scale_up(wide_of(magnitude(a)), scale - sa);
    struct wide y = wide_scale_up(wide_of(magnitude(b)), scale - sb);
    bool x_negative = a < 0, y_negative = b < 0;
    if (x_negative == y_negative)
        return settle(x_negative, wide_add(x, y), scale, p, s, DECIMAL_HALF_UP, ret);
    if (wide_compare(x, y) >= 0)
        return settle(x_negative, wide_sub(x, y), scale, p, s, DECIMAL_HALF_UP, ret);
    return settle(y_negative, wide_sub(y, x), scale, p, s, DECIMAL_HALF_UP, ret);
}

bool decimal_add(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret)
{
    if (sa == sb && sa == s) {
        int128 sum;
        if (__builtin_add_overflow(a, b, &sum) || !decimal_fits(sum, p))
            return false;
        *ret = sum;
        return true;
    }
    return add_signed(a, sa, b, sb, p, s, ret);
}

bool decimal_sub(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret)
{
    return decimal_add(a, sa, -b, sb, p, s, ret);
}

bool decimal_mul(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret)
{
    return settle((a < 0) != (b < 0), wide_mul(magnitude(a), magnitude(b)), sa + sb, p, s,
                  DECIMAL_HALF_UP, ret);
}

bool decimal_div(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret)
{
    if (b == 0)
        return false;
    if (a == 0) {
        *ret = 0;
        return true;
    }
    /* First to 38 significant digits, then to the scale, each HALF_UP: two roundings, as Flink's
     * BigDecimal.divide with a MathContext and setScale do. */
    uint128 x = magnitude(a), y = magnitude(b);
    int up = DECIMAL_MAX_PRECISION - 1 - wide_digits(wide_of(x)) + wide_digits(wide_of(y));
    uint128 rest;
    uint128 q = wide_div(wide_scale_up(wide_of(x), up), y, &rest); /* 37 or 38 digits */
    if (q < (uint128)decimal_power(DECIMAL_MAX_PRECISION - 1)) {
        up++;
        q = wide_div(wide_scale_up(wide_of(x), up), y, &rest);
    }
    if (rest >= y - rest)
        q++;
    return settle((a < 0) != (b < 0), wide_of(q), up + sa - sb, p, s, DECIMAL_HALF_UP, ret);
}

bool decimal_mod(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret)
{
    if (b == 0)
        return false;
    int scale = MAX(sa, sb);
    struct wide x = wide_scale_up(wide_of(magnitude(a)), scale - sa);
    struct wide y = wide_scale_up(wide_of(magnitude(b)), scale - sb);
    struct wide rest = x;
    if (y.high != 0) {
        /* b was scaled, so a was not: a has 128 bits and is the smaller one. */
        rest = x;
    } else if (x.high == 0) {
        rest = wide_of(x.low % y.low);
    } else {
        /* Cut the dividend so that every quotient fits 128 bits. */
        uint128 part;
        (void)wide_div(wide_of(x.high), y.low, &part);
        (void)wide_div((struct wide){ x.low, part }, y.low, &part);
        rest = wide_of(part);
    }
    return settle(a < 0, rest, scale, p, s, DECIMAL_HALF_UP, ret);
}

int decimal_compare(int128 a, int sa, int128 b, int sb)
{
    if (sa == sb)
        return (a > b) - (a < b);
    if ((a < 0) != (b < 0))
        return a < 0 ? -1 : 1;
    int scale = MAX(sa, sb);
    int order = wide_compare(wide_scale_up(wide_of(magnitude(a)), scale - sa),
                             wide_scale_up(wide_of(magnitude(b)), scale - sb));
    return a < 0 ? -order : order;
}

/* ---- text ---- */

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

bool decimal_parse(struct str text, int precision, int scale, int128 *ret)
{
    text = str_trim(text);
    if (text.size == 0)
        return false;
    const char *at = text.data, *end = at + text.size;
    bool negative = false;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    /* 38 digits, one to round by; what is behind cannot change HALF_UP, which looks at one digit
     * only -- but which one that is depends on the exponent, so keep some more. */
    enum { KEPT = 76, SMALL = 19 };
    struct wide value = wide_of(0);
    uint64_t small = 0; /* the first 19 digits, without wide arithmetic */
    int kept = 0;
    int64_t from_scale = 0;
    bool any = false, fraction = false;
    for (; at < end; at++) {
        if (is_digit(*at)) {
            uint64_t digit = (uint64_t)(*at - '0');
            any = true;
            if (kept < SMALL) {
                small = small * 10 + digit;
                kept += small != 0;
                from_scale += fraction;
            } else if (kept < KEPT) {
                if (kept == SMALL)
                    value = wide_of(small);
                value = wide_add(wide_mul64(value, 10), wide_of(digit));
                kept++;
                from_scale += fraction;
            } else {
                from_scale -= !fraction;
            }
        } else if (*at == '.' && !fraction) {
            fraction = true;
        } else {
            break;
        }
    }
    if (kept <= SMALL)
        value = wide_of(small);
    if (!any)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        bool minus = false;
        if (at < end && (*at == '-' || *at == '+'))
            minus = *at++ == '-';
        if (at == end)
            return false;
        int64_t exponent = 0;
        for (; at < end && is_digit(*at); at++) {
            if (exponent < 1000000000000)
                exponent = exponent * 10 + (*at - '0');
        }
        from_scale += minus ? exponent : -exponent;
    }
    if (at != end)
        return false;
    if (value.low == 0 && value.high == 0) {
        *ret = 0;
        return true;
    }
    if (from_scale > 100000) {
        *ret = 0; /* far below any scale */
        return true;
    }
    if (from_scale < -100000)
        return false;
    return settle(negative, value, (int)from_scale, precision, scale, DECIMAL_HALF_UP, ret);
}

size_t decimal_print(int128 value, int scale, char *out)
{
    if (scale == 0)
        return number_print_i128(value, out);
    char digits[NUMBER_I128_MAX];
    size_t at = 0;
    if (value < 0)
        out[at++] = '-';
    /* magnitude() of a 38-digit value is a positive int128 */
    size_t n = number_print_i128((int128)magnitude(value), digits);
    size_t fraction = (size_t)scale;
    if (n > fraction) {
        memcpy(out + at, digits, n - fraction);
        at += n - fraction;
        out[at++] = '.';
        memcpy(out + at, digits + n - fraction, fraction);
        return at + fraction;
    }
    out[at++] = '0';
    out[at++] = '.';
    memset(out + at, '0', fraction - n);
    memcpy(out + at + fraction - n, digits, n);
    return at + fraction;
}

void decimal_put(struct buf *out, int128 value, int scale)
{
    char text[DECIMAL_TEXT_MAX];
    buf_put(out, text, decimal_print(value, scale, text));
}

void decimal_put_stripped(struct buf *out, int128 value, int scale, bool is_scientific)
{
    if (value == 0) {
        buf_char(out, '0');
        return;
    }
    while (value % 10 == 0 && (scale > 0 || is_scientific)) {
        value /= 10;
        scale--;
    }
    char digits[NUMBER_I128_MAX];
    size_t size = number_print_i128(value < 0 ? -value : value, digits);
    int exponent = (int)size - 1 - scale;
    if (!is_scientific || (scale >= 0 && exponent >= -6)) {
        decimal_put(out, value, scale);
        return;
    }
    if (value < 0)
        buf_char(out, '-');
    buf_char(out, digits[0]);
    if (size > 1)
        buf_char(out, '.');
    buf_put(out, digits + 1, size - 1);
    buf_printf(out, "E%+d", exponent);
}

/* ---- other numbers ---- */

bool decimal_from_i64(int64_t value, int precision, int scale, int128 *ret)
{
    return decimal_rescale(value, 0, precision, scale, ret);
}

bool decimal_from_double(double value, int precision, int scale, int128 *ret)
{
    if (!isfinite(value))
        return false;
    char text[NUMBER_DOUBLE_MAX];
    size_t n = number_print_java_double(value, text);
    return decimal_parse(str_make(text, n), precision, scale, ret);
}

bool decimal_to_i64(int128 value, int scale, int64_t *ret)
{
    int128 whole = value / decimal_power(scale);
    if (whole < INT64_MIN || whole > INT64_MAX)
        return false;
    *ret = (int64_t)whole;
    return true;
}

double decimal_to_double(int128 value, int scale)
{
    /* As Flink: one division of doubles up to 18 digits (correctly rounded up to 2^53), the
     * correctly rounded value above. */
    if (decimal_fits(value, 18) && scale <= 19)
        return (double)(int64_t)value / (double)powers64[scale];
    char text[DECIMAL_TEXT_MAX];
    size_t n = decimal_print(value, scale, text);
    bool ok;
    return number_parse_double(text, n, &ok);
}
