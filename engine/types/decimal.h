/* decimal.h -- exact arithmetic on DECIMAL(p, s), p up to 38.
 *
 * A value is its unscaled integer (int128) beside a scale its holder knows.  Inner
 * results have 256 bits, so nothing is lost before the one rounding (HALF_UP, away
 * from zero on ties).  What does not fit the precision is reported as false, which
 * SQL turns into NULL.  Result types are those of Flink's LogicalTypeMerging. */
#pragma once

#include "base/base.h"
#include "base/str.h"

enum {
    DECIMAL_MAX_PRECISION = 38,
    DECIMAL_TEXT_MAX = 48, /* room for any value as text */
};

/* 10^n for n in 0..38. */
int128 decimal_power(int n);
/* Does |value| have at most `precision` digits? */
bool decimal_fits(int128 value, int precision);

/* Precision and scale of results. */
void decimal_type_add(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s); /* and minus */
void decimal_type_mul(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s);
void decimal_type_div(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s);
void decimal_type_mod(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s);
void decimal_type_round(int p, int s, int digits, int *ret_p, int *ret_s);
void decimal_type_sum(int p, int s, int *ret_p, int *ret_s);
void decimal_type_avg(int p, int s, int *ret_p, int *ret_s);
/* CASE, UNION, comparison. */
void decimal_type_common(int p1, int s1, int p2, int s2, int *ret_p, int *ret_s);

/* To another scale and precision, rounding HALF_UP.  False: does not fit; *ret is left alone. */
bool decimal_rescale(int128 value, int from_scale, int precision, int scale, int128 *ret);

/* a (scale sa) op b (scale sb) as DECIMAL(p, s).  False: does not fit, or division by zero. */
bool decimal_add(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret);
bool decimal_sub(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret);
bool decimal_mul(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret);
bool decimal_div(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret);
bool decimal_mod(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret);

/* <0, 0, >0, by value. */
int decimal_compare(int128 a, int sa, int128 b, int sb);

/* ROUND, TRUNCATE, FLOOR, CEIL to `digits` after the point (negative: before it); the result has
 * scale ret_scale.  False: does not fit 38 digits. */
enum decimal_rounding {
    DECIMAL_HALF_UP,
    DECIMAL_DOWN, /* toward zero */
    DECIMAL_FLOOR,
    DECIMAL_CEIL,
};
bool decimal_round(int128 value, int scale, int digits, enum decimal_rounding rounding,
                   int ret_scale, int128 *ret);

/* The forms of Java's BigDecimal (sign, digits, point, exponent) with ASCII blanks around them,
 * rounded HALF_UP to DECIMAL(p, s). */
bool decimal_parse(struct str text, int precision, int scale, int128 *ret);
/* Plain notation with exactly `scale` digits after the point.  Bytes written, no NUL. */
size_t decimal_print(int128 value, int scale, char *out /* >= DECIMAL_TEXT_MAX */);
void decimal_put(struct buf *out, int128 value, int scale);
/* BigDecimal.stripTrailingZeros() by toString() (1E+5, 1E-7), or by toPlainString(). */
void decimal_put_stripped(struct buf *out, int128 value, int scale, bool is_scientific);

bool decimal_from_i64(int64_t value, int precision, int scale, int128 *ret);
/* Through the shortest decimal text of the double, as BigDecimal.valueOf does; NaN and infinities
 * do not fit. */
bool decimal_from_double(double value, int precision, int scale, int128 *ret);
/* Cut toward zero; false if it is out of the range of int64_t. */
bool decimal_to_i64(int128 value, int scale, int64_t *ret);
/* As Flink: up to 18 digits by one division of doubles, above that correctly rounded. */
double decimal_to_double(int128 value, int scale);
