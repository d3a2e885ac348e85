/* format_csv.h -- what the files of the format csv share.
 *
 * csv_frame.c           where a record ends
 * format_csv.c          the options, and the format itself
 * format_csv_decode.c   records to columns
 * format_csv_encode.c   rows to records */
#pragma once

#include "connector/csv_frame.h"
#include "connector/format_value.h"

struct csv_settings {
    struct csv_frame frame;
    struct value_settings values;
    bool allow_comments;
    bool ignores_more;     /* fields behind the last column are left out */
    bool allows_comma;     /* behind the last field */
    bool fails_on_missing; /* also where errors are ignored */
    bool empty_is_null;
    bool is_scientific; /* decimals may be written as 1E+5 */
    struct str element_delimiter;
    bool has_null_literal;
    struct str null_literal;
};

extern const struct option_spec csv_options[];

/* Reads the options and refuses columns that a record has no place for. */
enum code csv_read_settings(const struct format_open *open, struct csv_settings *ret,
                            struct error *err) WEIR_CHECKED;

enum code csv_open_decoder(const struct format_open *open, struct decoder **ret,
                           struct error *err) WEIR_CHECKED;
enum code csv_open_encoder(const struct format_open *open, struct encoder **ret,
                           struct error *err) WEIR_CHECKED;
