/* json_text.h -- a hit as the text that SQL sees.
 *
 * The result points into the document where nothing has to change, else into the arena.
 * Results are always valid UTF-8: bytes that are not, and surrogates without a partner, become
 * U+FFFD, in the way Java's decoder does it.  SQL NULL is a struct str with data == NULL; the
 * empty string has a pointer. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"
#include "json/json_extract.h"

enum json_text_mode {
    /* Blink's JSON_VALUE: strings decoded, integers as digits ("-0" is 0), other numbers as Java
     * prints a double, containers as compact JSON text in the order of the document. */
    JSON_TEXT_BLINK,
    /* Flink's JSON_VALUE: scalars as above, but numbers with a fraction or an exponent as
     * BigDecimal.toString() has them (FLINK-35696: 1.10 stays 1.10, 1e10 is 1E+10); containers
     * are NULL (the caller tells ON EMPTY, lax, from ON ERROR, strict). */
    JSON_TEXT_FLINK_VALUE,
    /* Flink's JSON_QUERY: containers as compact JSON text, members sorted by name as Flink's
     * mapper does, numbers as in FLINK_VALUE; scalars are NULL. */
    JSON_TEXT_FLINK_QUERY,
    /* A STRING column of format json: scalars as in BLINK, containers as compact JSON text in
     * the order of the document. */
    JSON_TEXT_FORMAT,
    /* The same where the schema has a DECIMAL column anywhere: Flink then reads all numbers as
     * BigDecimal, without trailing zeros. */
    JSON_TEXT_FORMAT_DECIMAL,
};

enum code json_text(const struct json_hit *hit, enum json_text_mode mode, struct arena *arena,
                    struct str *ret, struct error *err) WEIR_CHECKED;

/* The content of a JSON_STRING or JSON_STRING_ESCAPED hit, whatever the mode. */
enum code json_text_string(const struct json_hit *hit, struct arena *arena, struct str *ret,
                           struct error *err) WEIR_CHECKED;

/* A hit that is a JSON_INTEGER (or JSON_NUMBER with a whole value in range) as int64_t; false if
 * it is something else or does not fit. */
bool json_hit_i64(const struct json_hit *hit, int64_t *ret);
