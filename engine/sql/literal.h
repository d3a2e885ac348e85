/* literal.h -- from the text of a constant to its value.
 *
 * The tree keeps constants as they were written; whoever needs the value asks here.
 * Errors carry the span of the literal. */
#pragma once

#include "sql/ast.h"

struct literal {
    enum ast_literal_kind what;
    /* STRING: the decoded text; BINARY: the bytes; DATE, TIME, TIMESTAMP: what stands between
     * the quotes (not checked); INTEGER and DECIMAL: the digits without sign, point and leading
     * zeros ("0" for zero).  Lives in the arena or in the script's text. */
    struct str text;
    bool negative;   /* numbers */
    bool fits_i64;   /* INTEGER: `integer` holds the signed value */
    int64_t integer; /* INTEGER */
    int precision;   /* INTEGER, DECIMAL: number of digits in `text`, at least `scale` */
    int scale;       /* DECIMAL: how many of them stand behind the point */
    double approx;   /* INTEGER, DECIMAL, DOUBLE: the nearest double, signed */
    bool year_month; /* INTERVAL: months count, otherwise us */
    int64_t months;  /* signed */
    int64_t us;      /* signed */
};

/* Blink's launcher takes `\;` in a string for a semicolon; Flink has no such escape. */
enum { LITERAL_BLINK = 1 };

enum code literal_decode(struct arena *arena, const struct ast_literal *node, unsigned flags,
                         struct literal *ret, struct error *err) WEIR_CHECKED;

/* A string token ('...', _UTF16'...', U&'...') with its quotes to its text. */
enum code literal_decode_string(struct arena *arena, struct str token, unsigned flags,
                                struct str *ret, struct error *err) WEIR_CHECKED;

/* The text between the quotes of an INTERVAL: "1 12:00:00.5" for DAY TO SECOND. */
enum code literal_decode_interval(struct str text, const struct ast_interval_spec *spec,
                                  struct literal *ret, struct error *err) WEIR_CHECKED;
