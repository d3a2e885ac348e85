/* format_value.h -- from texts to columns of a type, for json and csv.
 *
 * Values come as hits (json_extract.h); a cell of CSV is a string.  The rules are
 * those of Flink's formats: a value that cannot be read makes its row bad, or, with
 * ignore_errors, is NULL by itself. */
#pragma once

#include "connector/format_list.h"
#include "json/json_extract.h"
#include "types/zone.h"

struct json_value;

struct value_settings {
    bool ignore_errors;
    bool fail_on_missing; /* of the fields of nested rows */
    bool keeps_numbers;   /* a number into text is as it stands; false: Java's double */
    bool is_csv;          /* blanks and dates as in Flink's csv */
    bool has_decimal;     /* the schema has a DECIMAL somewhere */
    const struct zone *zone;
    struct zone_cursor cursor; /* of the zone; changes with use */
};

/* The rows of a call while their columns are made.  A row that cannot be read gets a reason, and is
 * left out at the end. */
struct value_rows {
    struct arena *arena;
    struct value_settings *settings;
    uint32_t count;
    const char *
        *reasons; /* one a row, NULL: fine so far; "": bad with another row of its message */
    uint32_t bad_count;
    struct str column; /* being made, for reasons */
};

enum code value_rows_begin(struct value_rows *rows, struct arena *arena,
                           struct value_settings *settings, uint32_t count,
                           struct error *err) WEIR_CHECKED;

/* Notes that a row cannot be read; only the first reason is kept.  NULL is "out of memory". */
enum code value_row_is_bad(struct value_rows *rows, uint32_t row, const char *reason,
                           struct error *err) WEIR_CHECKED;

enum value_outcome { VALUE_GOT, VALUE_NULL, VALUE_ERROR, VALUE_NOMEM };

/* Puts a value that is neither absent nor null into row i of a column of a type without children. */
enum value_outcome value_store(struct value_rows *rows, const struct type *type,
                               const struct json_hit *hit, struct column *column, uint32_t i);

/* A column of n values.  trees[i] is the tree of hits[i] where it is known (NULL: not at all), and
 * owners[i] the row it belongs to (NULL: row i). */
enum code value_make_column(struct value_rows *rows, const struct type *type,
                            const struct json_hit *hits, const struct json_value *const *trees,
                            const uint32_t *owners, uint32_t n, struct column **ret,
                            struct error *err) WEIR_CHECKED;

/* Where the value of a column lies among the hits of a message, and, where the column is a ROW whose
 * fields were taken out too, those of its fields (one a field of the type). */
struct value_slots {
    uint32_t slot;
    const struct value_slots *fields; /* NULL: the row is read from its own text */
};

/* A column of rows->count values; slot s of row i is hits[s * rows->count + i]. */
enum code value_make_taken(struct value_rows *rows, const struct type *type,
                           const struct value_slots *slots, const struct json_hit *hits,
                           struct column **ret, struct error *err) WEIR_CHECKED;

/* Reports the bad rows, unless errors are ignored, and leaves them out of `out`, whose columns and
 * changes have all rows.  record: the span of each row (NULL: the same number). */
enum code value_rows_finish(struct value_rows *rows, struct bad_rows *bad_rows,
                            const struct str *spans, const uint32_t *record, uint32_t column_count,
                            uint8_t *changes, struct decoded *out, struct error *err) WEIR_CHECKED;
