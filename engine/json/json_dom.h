/* json_dom.h -- a small tree of a JSON document, for what is not hot: general paths, containers as
 * text.  Internal to json/.
 *
 * Everything lives in the arena given.  Numbers keep their text; each value keeps its span in the
 * source.  Equal keys are one member: at the place of the first, with the value of the last. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"
#include "json/json_extract.h"

struct arena;

struct json_member {
    struct str name; /* decoded, valid UTF-8 */
    struct json_value *value;
};

struct json_value {
    enum json_kind kind;
    uint32_t count;
    struct str raw; /* as in struct json_hit; .data is NULL for a value that was computed */
    union {
        struct json_member *members; /* JSON_OBJECT */
        struct json_value **items;   /* JSON_ARRAY */
    };
};

/* Reads the first complete value.  *ret is NULL if the text is malformed; the flags are those of
 * json_path.h.  `raw` of strings excludes the quotes. */
enum code json_dom_parse(struct arena *arena, struct str text, unsigned flags,
                         struct json_value **ret, struct error *err) WEIR_CHECKED;

/* The value of a hit. */
enum code json_dom_of_hit(struct arena *arena, const struct json_hit *hit, unsigned flags,
                          struct json_value **ret, struct error *err) WEIR_CHECKED;

/* The content of a string, decoded, with U+FFFD for what is no UTF-8. */
enum code json_dom_string(struct arena *arena, const struct json_value *value, struct str *ret,
                          struct error *err) WEIR_CHECKED;

/* Applies steps to a value.  `is_root`: the value is the root of a document (Blink's KEY steps do
 * not go into its elements; rule->is_root).  `value` may be NULL: nothing was found before the
 * steps.  *ret is NULL if nothing was found. */
struct json_rule;
enum code json_eval(struct arena *arena, unsigned flags, const struct json_value *value,
                    const struct json_rule *rule, struct json_value **ret,
                    struct error *err) WEIR_CHECKED;

/* How numbers with a fraction or an exponent are written. */
enum json_fraction {
    JSON_FRACTION_DOUBLE,   /* Java's double; infinities as strings, as Jackson writes them */
    JSON_FRACTION_DECIMAL,  /* BigDecimal.toString() */
    JSON_FRACTION_STRIPPED, /* the same without trailing zeros */
};
/* Compact text.  Recursion is bounded by JSON_DEPTH_MAX and the steps of a path. */
enum code json_dom_write(struct arena *arena, const struct json_value *value,
                         enum json_fraction fraction, bool sort_members, struct buf *out,
                         struct error *err) WEIR_CHECKED;
/* The same with scalars as they stand in the source; members in order. */
enum code json_dom_write_raw(const struct json_value *value, struct buf *out,
                             struct error *err) WEIR_CHECKED;
void json_number_write(struct str digits, enum json_kind kind, enum json_fraction fraction,
                       bool quote_infinite, struct buf *out);
