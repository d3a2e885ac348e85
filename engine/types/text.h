/* text.h -- values as text: CAST to STRING in both dialects, cells of a result
 * table, and JSON scalars and documents as contracts ask for in files.
 *
 * Printing appends to a buffer and cannot fail otherwise than by its limits. */
#pragma once

#include "types/column.h"
#include "types/value.h"
#include "types/zone.h"

enum text_mode {
    TEXT_CAST,    /* CAST(x AS STRING): BYTES decoded as UTF-8, nested NULL is "NULL" */
    TEXT_DISPLAY, /* a cell of a result: as CAST, but BYTES as x'0aff', NULL as null_text */
    TEXT_JSON,    /* a JSON value: strings quoted, BYTES base64, ROW an object, NULL null */
};

struct text_style {
    enum text_mode mode;
    bool blink;                 /* BOOLEAN "true", not "TRUE" (TEXT_JSON: always lower case) */
    const struct zone *zone;    /* session time zone; NULL: UTC */
    struct zone_cursor *cursor; /* of that zone, kept by the caller; NULL: slower */
    const char *null_text;      /* TEXT_DISPLAY at the top; NULL: "<NULL>" */
};

/* Appends row `row`.  A NULL at the top appends "NULL" (CAST: callers make their own NULL before),
 * null_text, or null. */
void text_print_cell(struct buf *out, const struct column *column, uint32_t row,
                     const struct text_style *style);
void text_print_value(struct buf *out, const struct value *value, const struct text_style *style);

/* Rows [0, n) of `column` as CAST(... AS STRING): a VARCHAR column in `arena`, NULL stays NULL.
 * NULL when out of memory. */
struct column *text_cast_column(struct arena *arena, const struct column *column,
                                const struct text_style *style) WEIR_CHECKED;

/* A JSON string with its quotes: short escapes or \u00XX for controls, malformed UTF-8 as
 * U+FFFD. */
void text_put_json_string(struct buf *out, struct str text);
void text_put_hex(struct buf *out, struct str bytes); /* lower case */
void text_put_base64(struct buf *out, struct str bytes);
/* Decodes base64 (padding optional at the end, no blanks) behind `out`; false: not base64. */
bool text_put_base64_decoded(struct buf *out, struct str text);
