/* options.c -- see options.h.
 *
 * A key is looked up in the tables of specs in turn: by its whole name without
 * case, then by the tables' prefixes ("properties.*").  A key that begins with
 * "value." or "key." and goes on with the name of a format ("value.json.x") is
 * also looked up without that beginning, because the tables of formats know their
 * options without it.  Where a key is given twice the last one counts. */
#include "connector/options.h"

#include "base/nearest.h"
#include "base/number.h"
#include "connector/format.h"

#include <stdio.h>

enum { SHOWN_BYTES_MAX = 60 }; /* of a wrong value in a message */

static bool spec_matches(const struct option_spec *spec, struct str key, bool *ret_exact)
{
    struct str name = str_of(spec->name);
    if (name.size > 0 && name.data[name.size - 1] == '*') {
        *ret_exact = false;
        name.size--;
        return key.size > name.size && str_ieq(str_make(key.data, name.size), name);
    }
    *ret_exact = true;
    return str_ieq(key, name);
}

static const struct option_spec *find_in_tables(const struct option_spec *const *specs,
                                                struct str key)
{
    const struct option_spec *by_prefix = NULL;
    for (; specs && *specs; specs++) {
        for (const struct option_spec *s = *specs; s->name; s++) {
            bool exact;
            if (!spec_matches(s, key, &exact))
                continue;
            if (exact)
                return s;
            if (!by_prefix)
                by_prefix = s;
        }
    }
    return by_prefix;
}

bool option_specs_have(const struct option_spec *specs, struct str key)
{
    const struct option_spec *const tables[] = { specs, NULL };
    return find_in_tables(tables, key) != NULL;
}

/* "value.json.x" is "json.x" of the format json. */
static bool strip_role(struct str *key)
{
    static const char *const roles[] = { "value.", "key." };
    for (size_t i = 0; i < countof(roles); i++) {
        struct str role = str_of(roles[i]);
        if (key->size <= role.size || !str_ieq(str_make(key->data, role.size), role))
            continue;
        struct str rest = str_make(key->data + role.size, key->size - role.size);
        size_t dot = str_find_byte(rest, '.');
        if (dot == (size_t)-1 || !format_find(str_make(rest.data, dot)))
            return false;
        *key = rest;
        return true;
    }
    return false;
}

static const struct option_spec *find_spec(const struct options *options, struct str key)
{
    const struct option_spec *spec = find_in_tables(options->specs, key);
    if (!spec && strip_role(&key))
        spec = find_in_tables(options->specs, key);
    return spec;
}

const struct option *options_find(const struct options *options, const char *name)
{
    if (!options)
        return NULL;
    struct str key = str_of(name);
    for (uint32_t i = options->count; i-- > 0;)
        if (str_ieq(options->items[i].key, key))
            return &options->items[i];
    return NULL;
}

void option_locate(struct error *err, const struct option *option)
{
    if (option && option->from_profile)
        error_while(err, "reading the options that the profile adds");
    else if (option && option->key_span.size > 0)
        error_locate(err, option->value_span.size > 0 ? option->value_span : option->key_span);
}

bool options_has(const struct options *options, const char *name)
{
    return options_find(options, name) != NULL;
}

struct str options_get(const struct options *options, const char *name)
{
    const struct option *o = options_find(options, name);
    if (o)
        return o->value.data ? o->value : STR("");
    const struct option_spec *spec = options ? find_spec(options, str_of(name)) : NULL;
    return spec && spec->fallback ? str_of(spec->fallback) : (struct str){ NULL, 0 };
}

struct str option_file_path(struct str path)
{
    size_t skipped = str_starts(path, STR("file:///")) ? strlen("file://")
                     : str_starts(path, STR("file:/")) ? strlen("file:")
                                                       : 0;
    return skipped > 0 ? str_make(path.data + skipped, path.size - skipped) : path;
}

struct str options_path(const struct options *options)
{
    return option_file_path(options_get(options, "path"));
}

int64_t options_int(const struct options *options, const char *name)
{
    struct str text = str_trim(options_get(options, name));
    int64_t value = 0;
    return text.data && number_parse_i64(text.data, text.size, &value) ? value : 0;
}

bool options_bool(const struct options *options, const char *name)
{
    bool value = false;
    return option_parse_bool(options_get(options, name), &value) && value;
}

int64_t options_duration_ms(const struct options *options, const char *name)
{
    int64_t value = 0;
    return option_parse_duration_ms(options_get(options, name), &value) ? value : 0;
}

int64_t options_bytes(const struct options *options, const char *name)
{
    int64_t value = 0;
    return option_parse_bytes(options_get(options, name), &value) ? value : 0;
}

static bool contains_without_case(struct str text, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= text.size; i++)
        if (str_ieq(str_make(text.data + i, size), str_make(word, size)))
            return true;
    return false;
}

bool options_is_secret(const struct options *options, struct str key)
{
    static const char *const words[] = { "password", "passwd",    "secret",     "accesskey",
                                         "token",    "sasl.jaas", "access-key", "credential" };
    for (size_t i = 0; i < countof(words); i++)
        if (contains_without_case(key, words[i]))
            return true;
    const struct option_spec *spec = options ? find_spec(options, key) : NULL;
    return spec && spec->type == OPTION_SECRET;
}

/* ---- values by type ---- */

bool option_parse_bool(struct str text, bool *ret)
{
    text = str_trim(text);
    if (str_iis(text, "true"))
        *ret = true;
    else if (str_iis(text, "false"))
        *ret = false;
    else
        return false;
    return true;
}

struct unit {
    const char *name;
    int64_t numerator; /* value = number * numerator / denominator */
    int64_t denominator;
};

static bool parse_with_unit(struct str text, const struct unit *units, int64_t *ret)
{
    text = str_trim(text);
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    int64_t number;
    if (digits == 0 || !number_parse_i64(text.data, digits, &number))
        return false;
    struct str unit = str_trim(str_make(text.data + digits, text.size - digits));
    for (; units->name; units++) {
        if (!str_iis(unit, units->name))
            continue;
        int64_t value;
        if (__builtin_mul_overflow(number, units->numerator, &value))
            return false;
        *ret = value / units->denominator;
        return true;
    }
    return false;
}

bool option_parse_duration_ms(struct str text, int64_t *ret)
{
    enum { SECOND = 1000, MINUTE = 60000, HOUR = 3600000, DAY = 86400000 };
    static const struct unit units[] = {
        { "", 1, 1 },
        { "ms", 1, 1 },
        { "milli", 1, 1 },
        { "millis", 1, 1 },
        { "millisecond", 1, 1 },
        { "milliseconds", 1, 1 },
        { "s", SECOND, 1 },
        { "sec", SECOND, 1 },
        { "secs", SECOND, 1 },
        { "second", SECOND, 1 },
        { "seconds", SECOND, 1 },
        { "m", MINUTE, 1 },
        { "min", MINUTE, 1 },
        { "mins", MINUTE, 1 },
        { "minute", MINUTE, 1 },
        { "minutes", MINUTE, 1 },
        { "h", HOUR, 1 },
        { "hour", HOUR, 1 },
        { "hours", HOUR, 1 },
        { "d", DAY, 1 },
        { "day", DAY, 1 },
        { "days", DAY, 1 },
        { "us", 1, 1000 },
        { "\xC2\xB5s", 1, 1000 },
        { "micro", 1, 1000 },
        { "micros", 1, 1000 },
        { "microsecond", 1, 1000 },
        { "microseconds", 1, 1000 },
        { "ns", 1, 1000000 },
        { "nano", 1, 1000000 },
        { "nanos", 1, 1000000 },
        { "nanosecond", 1, 1000000 },
        { "nanoseconds", 1, 1000000 },
        { NULL, 0, 0 },
    };
    if (!text.data || !parse_with_unit(text, units, ret))
        return false;
    *ret = MIN(*ret, OPTION_DURATION_MS_MAX);
    return true;
}

bool option_parse_bytes(struct str text, int64_t *ret)
{
    static const struct unit units[] = {
        { "", 1, 1 },
        { "b", 1, 1 },
        { "byte", 1, 1 },
        { "bytes", 1, 1 },
        { "k", INT64_C(1) << 10, 1 },
        { "kb", INT64_C(1) << 10, 1 },
        { "kib", INT64_C(1) << 10, 1 },
        { "kibibytes", INT64_C(1) << 10, 1 },
        { "m", INT64_C(1) << 20, 1 },
        { "mb", INT64_C(1) << 20, 1 },
        { "mib", INT64_C(1) << 20, 1 },
        { "mebibytes", INT64_C(1) << 20, 1 },
        { "g", INT64_C(1) << 30, 1 },
        { "gb", INT64_C(1) << 30, 1 },
        { "gib", INT64_C(1) << 30, 1 },
        { "gibibytes", INT64_C(1) << 30, 1 },
        { "t", INT64_C(1) << 40, 1 },
        { "tb", INT64_C(1) << 40, 1 },
        { "tib", INT64_C(1) << 40, 1 },
        { "tebibytes", INT64_C(1) << 40, 1 },
        { NULL, 0, 0 },
    };
    return text.data && parse_with_unit(text, units, ret);
}

/* Takes the next of "a|b|c". */
static bool next_choice(const char **rest, struct str *ret)
{
    if (!*rest || !**rest)
        return false;
    size_t size = strcspn(*rest, "|");
    *ret = str_make(*rest, size);
    *rest += size + ((*rest)[size] == '|');
    return true;
}

static bool value_parses(const struct option_spec *spec, struct str value)
{
    int64_t number;
    bool truth;
    struct str trimmed = str_trim(value);
    switch (spec->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        return true;
    case OPTION_INT:
        return number_parse_i64(trimmed.data, trimmed.size, &number);
    case OPTION_BOOL:
        return option_parse_bool(value, &truth);
    case OPTION_DURATION:
        return option_parse_duration_ms(value, &number);
    case OPTION_BYTES:
        return option_parse_bytes(value, &number);
    case OPTION_ENUM: {
        struct str choice;
        for (const char *rest = spec->choices; next_choice(&rest, &choice);)
            if (str_ieq(trimmed, choice))
                return true;
        return false;
    }
    }
    return false;
}

/* ---- checking ---- */

static void locate(struct error *err, struct span span, bool from_profile)
{
    if (from_profile)
        error_while(err, "reading the options that the profile adds");
    else if (span.size > 0)
        error_locate(err, span);
}

static const char *type_wants(enum option_type type)
{
    switch (type) {
    case OPTION_INT:
        return "a whole number";
    case OPTION_BOOL:
        return "true or false";
    case OPTION_DURATION:
        return "a duration such as 10s or 5 min";
    case OPTION_BYTES:
        return "a size such as 64 kb or 2mb";
    case OPTION_ENUM:
        return "one of a list";
    case OPTION_TEXT:
    case OPTION_SECRET:
        break;
    }
    return "text";
}

static enum code bad_value(const struct option *o, const struct option_spec *spec, struct str what,
                           struct error *err)
{
    int shown = (int)MIN(o->value.size, (size_t)SHOWN_BYTES_MAX);
    const char *more = o->value.size > SHOWN_BYTES_MAX ? "..." : "";
    if (spec->type != OPTION_ENUM) {
        error_set(
            err, E_OPTION, "option \"" STR_FMT "\" of " STR_FMT " must be %s, but is \"%.*s%s\"",
            STR_ARG(o->key), STR_ARG(what), type_wants(spec->type), shown, o->value.data, more);
        locate(err, o->value_span, o->from_profile);
        return E_OPTION;
    }
    error_set(err, E_OPTION, "option \"" STR_FMT "\" of " STR_FMT " cannot be \"%.*s%s\"",
              STR_ARG(o->key), STR_ARG(what), shown, o->value.data, more);
    char list[512] = "";
    size_t used = 0;
    struct nearest nearest;
    nearest_begin(&nearest, str_trim(o->value));
    struct str choice;
    for (const char *rest = spec->choices; next_choice(&rest, &choice);) {
        nearest_add(&nearest, choice);
        int n = snprintf(list + used, sizeof list - used, "%s" STR_FMT, used ? ", " : "",
                         STR_ARG(choice));
        if (n < 0 || (size_t)n >= sizeof list - used)
            break;
        used += (size_t)n;
    }
    error_detail(err, "Possible values: %s.", list);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    locate(err, o->value_span, o->from_profile);
    return E_OPTION;
}

static enum code unknown_key(const struct options *options, const struct option *o, struct str what,
                             struct error *err)
{
    error_set(err, E_OPTION, STR_FMT " has no option \"" STR_FMT "\"", STR_ARG(what),
              STR_ARG(o->key));
    struct str key = o->key;
    struct str role = { key.data, 0 };
    if (strip_role(&key))
        role.size = o->key.size - key.size;
    struct nearest nearest;
    nearest_begin(&nearest, key);
    for (const struct option_spec *const *specs = options->specs; specs && *specs; specs++)
        for (const struct option_spec *s = *specs; s->name; s++)
            nearest_add(&nearest, str_of(s->name));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT STR_FMT "\".", STR_ARG(role), STR_ARG(best));
    locate(err, o->key_span, o->from_profile);
    return E_OPTION;
}

enum code options_check_required(const struct options *options, struct str what, struct error *err)
{
    for (const struct option_spec *const *specs = options->specs; specs && *specs; specs++) {
        for (const struct option_spec *s = *specs; s->name; s++) {
            if (!s->required || options_has(options, s->name))
                continue;
            error_set(err, E_OPTION, STR_FMT " needs the option \"%s\"", STR_ARG(what), s->name);
            if (s->help)
                error_detail(err, "%s", s->help);
            return E_OPTION;
        }
    }
    return OK;
}

enum code options_check_one(const struct options *options, const struct option *o, struct str what,
                            bool lenient, struct str *ret_unknown, struct error *err)
{
    const struct option_spec *spec = find_spec(options, o->key);
    if (spec)
        return value_parses(spec, o->value) ? OK : bad_value(o, spec, what, err);
    if (!lenient)
        return unknown_key(options, o, what, err);
    if (ret_unknown && !ret_unknown->data)
        *ret_unknown = o->key;
    return OK;
}

enum code options_check(const struct options *options, struct str what, bool lenient,
                        struct str *ret_unknown, struct error *err)
{
    struct str unknown = { NULL, 0 };
    for (uint32_t i = 0; i < options->count; i++)
        TRY(options_check_one(options, &options->items[i], what, lenient, &unknown, err));
    TRY(options_check_required(options, what, err));
    if (ret_unknown)
        *ret_unknown = unknown;
    return OK;
}
