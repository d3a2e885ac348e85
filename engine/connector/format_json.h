/* format_json.h -- what the files of the JSON formats share.
 *
 * format_json.c          the options, and the format itself
 * format_json_decode.c   messages to columns, for json and changelog-json
 * format_json_columns.c  the columns of a table as paths
 * format_json_encode.c   rows to JSON text
 * format_changelog.c     changelog-json
 * format_cdc.h           what others write about the changes of a database */
#pragma once

#include "connector/format_value.h"

enum json_null_key { NULL_KEY_FAIL, NULL_KEY_DROP, NULL_KEY_LITERAL };

struct json_settings {
    struct value_settings values;
    bool is_iso;        /* timestamps are written with T */
    bool ignore_nulls;  /* rows are written without their NULL fields */
    bool is_scientific; /* decimals may be written as 1E-7 */
    bool escapes_pairs; /* characters beyond U+FFFF are written as two escapes */
    enum json_null_key null_key;
    struct str null_key_literal;
};

/* ---- decoding ---- */

/* The columns of a table, taken out of objects by their names. */
struct json_columns {
    const struct schema *schema;
    struct value_slots *slots; /* one a column; JSON_NO_SLOT: not needed, or not of the object */
};
enum { JSON_NO_SLOT = UINT32_MAX };

/* A path of member names. */
enum code json_columns_path(struct json_paths *paths, const struct str *names, uint32_t count,
                            uint32_t *ret_slot, struct error *err) WEIR_CHECKED;
/* Adds the paths of the columns that are needed, behind the `depth` (at most one) names that lead to
 * the object, and those of the fields of ROW columns. */
enum code json_columns_add(struct json_columns *columns, struct arena *arena,
                           struct json_paths *paths, const struct format_open *open,
                           const struct str *names, uint32_t depth, struct error *err) WEIR_CHECKED;
/* Columns of rows->count values; slot s of row i is hits[s * rows->count + i].  Columns without a
 * slot are left as they are. */
enum code json_columns_make(const struct json_columns *columns, struct value_rows *rows,
                            const struct json_hit *hits, struct column **ret,
                            struct error *err) WEIR_CHECKED;

enum code json_open_decoder(const struct format_open *open, bool is_changelog, struct decoder **ret,
                            struct error *err) WEIR_CHECKED;

/* ---- encoding ---- */

struct json_row_writer;

/* `family` as below; is_spaced: weir's own manner, a blank behind colons and commas of the row and
 * every character as it is, not Jackson's. */
enum code json_row_writer_create(const struct format_open *open, const char *family, bool is_spaced,
                                 struct json_row_writer **ret, struct error *err) WEIR_CHECKED;
void json_row_writer_destroy(struct json_row_writer *writer); /* NULL is fine */
/* Appends the row as an object; E_DATA where JSON has no place for it. */
enum code json_row_write(struct json_row_writer *writer, const struct batch *batch, uint32_t row,
                         struct buf *out, struct error *err) WEIR_CHECKED;

/* ---- options ---- */

extern const struct option_spec json_options[], changelog_json_options[];

/* What all formats of JSON have; the name of the format stands in front. */
/* clang-format off */
#define JSON_COMMON_OPTIONS(family)                                                                \
    { family ".ignore-parse-errors", OPTION_BOOL, false, "false", NULL,                            \
      "Values that cannot be read become NULL, and messages that cannot be read no row." },        \
    { family ".timestamp-format.standard", OPTION_ENUM, false, "SQL", "SQL|ISO-8601",              \
      "How timestamps are written: with a blank (SQL) or a T (ISO-8601)." },                       \
    { family ".map-null-key.mode", OPTION_ENUM, false, "FAIL", "FAIL|DROP|LITERAL",                \
      "What to do with a NULL key of a MAP when writing." },                                       \
    { family ".map-null-key.literal", OPTION_TEXT, false, "null", NULL,                            \
      "The key that is written for NULL with LITERAL." },                                          \
    { family ".encode.decimal-as-plain-number", OPTION_BOOL, false, "true", NULL,                  \
      "false writes decimals as 1E+5 or 1E-7 where Java does." },                                  \
    { family ".encode.ignore-null-fields", OPTION_BOOL, false, "false", NULL,                      \
      "Leaves NULL fields out when writing." }
/* clang-format on */

/* `family` is the name of the format, in front of the options' names. */
void json_read_settings(const struct format_open *open, const char *family,
                        struct json_settings *ret);
