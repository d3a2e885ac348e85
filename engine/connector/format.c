/* format.c -- the list of formats, and how a format asks for its options. */
#include "connector/format_list.h"

#include <stdio.h>

static const struct format *const formats[] = {
    &format_json,
    &format_changelog_json,
    &format_csv,
    &format_raw,
    &format_debezium_json,
    &format_canal_json,
    &format_maxwell_json,
    &format_ogg_json,
};

const struct format *format_at(uint32_t i)
{
    return i < countof(formats) ? formats[i] : NULL;
}

const struct format *format_find(struct str name)
{
    name = str_trim(name);
    for (size_t i = 0; i < countof(formats); i++)
        if (str_iis(name, formats[i]->name))
            return formats[i];
    return NULL;
}

const struct option *format_option_pair(const struct format_open *open, const char *name)
{
    char full[128];
    int n = snprintf(full, sizeof full, "%s%s", open->prefix ? open->prefix : "", name);
    if (n < 0 || (size_t)n >= sizeof full)
        return NULL;
    return options_find(open->options, full);
}

struct str format_option(const struct format_open *open, const struct option_spec *specs,
                         const char *name)
{
    const struct option *given = format_option_pair(open, name);
    if (given)
        return given->value.data ? given->value : STR("");
    for (; specs->name; specs++)
        if (strcmp(specs->name, name) == 0)
            return str_of(specs->fallback);
    return (struct str){ NULL, 0 };
}

bool format_option_bool(const struct format_open *open, const struct option_spec *specs,
                        const char *name)
{
    bool value = false;
    return option_parse_bool(format_option(open, specs, name), &value) && value;
}
