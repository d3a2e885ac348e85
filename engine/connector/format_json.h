/* format_json.h -- what the files of the JSON formats share.
 *
 * format_json.c         the options, and the format itself
 * format_json_decode.c  messages to columns, for json and changelog-json
 * format_json_encode.c  rows to JSON text
 * format_changelog.c    changelog-json */
#pragma once

#include "connector/format_value.h"

enum json_null_key { NULL_KEY_FAIL, NULL_KEY_DROP, NULL_KEY_LITERAL };

struct json_settings {
    struct value_settings values;
    bool is_iso;       /* timestamps are written with T */
    bool ignore_nulls; /* rows are written without their NULL fields */
    enum json_null_key null_key;
    struct str null_key_literal;
};

/* ---- decoding ---- */

enum code json_open_decoder(const struct format_open *open, bool is_changelog, struct decoder **ret,
                            struct error *err) WEIR_CHECKED;

/* ---- encoding ---- */

struct json_row_writer;

enum code json_row_writer_create(const struct format_open *open, bool is_spaced,
                                 struct json_row_writer **ret, struct error *err) WEIR_CHECKED;
void json_row_writer_destroy(struct json_row_writer *writer); /* NULL is fine */
/* Appends the row as an object; E_DATA where JSON has no place for it. */
enum code json_row_write(struct json_row_writer *writer, const struct batch *batch, uint32_t row,
                         struct buf *out, struct error *err) WEIR_CHECKED;

/* ---- options ---- */

extern const struct option_spec json_options[], changelog_json_options[];

/* `family` is "json" or "changelog-json", in front of the options' names. */
enum code json_read_settings(const struct format_open *open, const char *family,
                             struct json_settings *ret, struct error *err) WEIR_CHECKED;
