/* format_list.h -- what the files of the formats share among themselves.
 *
 * Options of a format are asked for by the name without prefix ("json.x"); the
 * functions below put the prefix of struct format_open ("value.", "key.") before
 * it, and know the defaults from the format's own table, whether or not the
 * table's options were checked against it. */
#pragma once

#include "connector/format.h"

extern const struct format format_json, format_changelog_json, format_csv, format_raw,
    format_debezium_json, format_canal_json, format_maxwell_json, format_ogg_json;

struct str format_option(const struct format_open *open, const struct option_spec *specs,
                         const char *name);
bool format_option_bool(const struct format_open *open, const struct option_spec *specs,
                        const char *name);
/* The pair itself, for its span; NULL if it was not given. */
const struct option *format_option_pair(const struct format_open *open, const char *name);

static inline void format_locate_column(const struct format_open *open, uint32_t column,
                                        struct error *err)
{
    if (open->spans && open->spans[column].size > 0)
        error_locate(err, open->spans[column]);
}

static inline bool format_is_needed(const struct format_open *open, uint32_t column)
{
    return !open->needed || open->needed[column];
}
