/* number.h -- text to and from numbers, without locale.
 *
 * Printing is Java's: doubles as Double.toString lays them out, with the fewest
 * digits that read back as the same value ("100.0", "0.001", "1.0E10", "1.0E-5",
 * "NaN", "Infinity", "-0.0").  Parsing never reads behind `size` and needs no NUL. */
#pragma once

#include "base/base.h"

enum {
    NUMBER_DOUBLE_MAX = 32, /* room for any double or float */
    NUMBER_I64_MAX = 24,
    NUMBER_I128_MAX = 48,
};

/* Bytes written; no NUL behind them. */
size_t number_print_java_double(double value, char *out /* >= NUMBER_DOUBLE_MAX */);
size_t number_print_java_float(float value, char *out /* >= NUMBER_DOUBLE_MAX */);
size_t number_print_i64(int64_t value, char *out /* >= NUMBER_I64_MAX */);
size_t number_print_u64(uint64_t value, char *out /* >= NUMBER_I64_MAX */);
size_t number_print_i128(int128 value, char *out /* >= NUMBER_I128_MAX */);

/* [+-] digits [. digits] [e [+-] digits], at least one digit before the exponent (".5" and "5."
 * are fine), nothing else; correctly rounded.  Too large gives an infinity, which is no failure:
 * as in Java, 1e999 is Infinity. */
double number_parse_double(const char *data, size_t size, bool *ret_ok);

/* What Java's Double.parseDouble and Float.parseFloat take: the form above with ASCII blanks and
 * control characters around it, "NaN" and "Infinity" with an optional sign, a suffix of d, D, f
 * or F, and hexadecimal floats ("0x1.8p3"). */
double number_parse_java_double(const char *data, size_t size, bool *ret_ok);
float number_parse_java_float(const char *data, size_t size, bool *ret_ok);

/* [+-] digits, all of the text; false on anything else and on overflow.  *ret is set only on
 * success. */
bool number_parse_i64(const char *data, size_t size, int64_t *ret);

/* The form a CAST takes in Blink and in Flink: blanks (0x20) around it, one sign, a fraction of
 * digits that is cut off ("12.7" is 12, "." is 0); false for an empty text, a lone sign, an
 * exponent, anything else, and overflow.  Narrower types check the range themselves. */
bool number_parse_blink_i64(const char *data, size_t size, int64_t *ret);
