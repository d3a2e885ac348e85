/* options.h -- the WITH (...) list of a table, checked against its connector's table.
 *
 * A connector (and a format) declares its options as a constant array of struct
 * option_spec that ends with a NULL name.  That array is the only place where an
 * option exists: checking, suggestions, `weir help kafka`, completion and the
 * manual all read it.  Values are text until asked for by type; options_check()
 * has tested that they parse, so the getters cannot fail afterwards. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

enum option_type {
    OPTION_TEXT,
    OPTION_INT,      /* 64-bit, decimal */
    OPTION_BOOL,     /* true / false, any case */
    OPTION_DURATION, /* "10s", "5 min", "100ms", "1 h"; a bare number is milliseconds */
    OPTION_BYTES,    /* "2mb", "64 kb"; a bare number is bytes */
    OPTION_ENUM,     /* one of `choices`, any case */
    OPTION_SECRET,   /* text that is never printed */
};

struct option_spec {
    const char *name;      /* "scan.startup.mode"; a name that ends in '*' stands for every key with
                              that prefix ("properties.*"); matched without case */
    enum option_type type;
    bool required;
    const char *fallback;  /* as the user would write it; NULL: none */
    const char *choices;   /* OPTION_ENUM: "earliest-offset|latest-offset|..." */
    const char *help;      /* a sentence for the user */
};

/* A pair as the job or the profile gave it. */
struct option {
    struct str key;        /* as written */
    struct str value;      /* borrowed from the statement's arena */
    struct span key_span;  /* in the job text; size 0 when it comes from a profile */
    struct span value_span;
    bool from_profile;
};

struct options {
    const struct option *items;
    uint32_t count;
    const struct option_spec *const *specs; /* tables asked in turn, ends with NULL */
};

/* Every key must be in one of the tables, every value must parse, every required option must be
 * there.  Errors carry the span of the key or value and suggest the nearest name; `what` names the
 * owner ("connector \"kafka\"").  Keys unknown to all tables are errors unless `lenient` (Blink:
 * then *ret_unknown, if not NULL, gets the first such key for a warning). */
/* Its two halves: what is given, one by one, and what has to be.  *ret_unknown: as there, or NULL. */
enum code options_check_one(const struct options *options, const struct option *o, struct str what,
                            bool lenient, struct str *ret_unknown, struct error *err) WEIR_CHECKED;
enum code options_check_required(const struct options *options, struct str what,
                                 struct error *err) WEIR_CHECKED;
enum code options_check(const struct options *options, struct str what, bool lenient,
                        struct str *ret_unknown, struct error *err) WEIR_CHECKED;

/* The value, else the fallback of its spec, else {NULL, 0}. */
struct str options_get(const struct options *options, const char *name);
/* A path that may be a URI as Flink's: "file:///data/in.csv". */
struct str option_file_path(struct str path);
/* The option "path" as such a path. */
struct str options_path(const struct options *options);
bool options_has(const struct options *options, const char *name); /* given, not only a fallback */
int64_t options_int(const struct options *options, const char *name);
bool options_bool(const struct options *options, const char *name);
int64_t options_duration_ms(const struct options *options, const char *name);
int64_t options_bytes(const struct options *options, const char *name);
/* The pair itself, for its span; NULL when not given. */
const struct option *options_find(const struct options *options, const char *name);
/* Gives an error the place of an option in the job (its value, else its name), or says that it came
 * with the profile.  NULL is fine. */
void option_locate(struct error *err, const struct option *option);
/* Is the value of this key a secret (OPTION_SECRET, or a name with password/secret/accesskey/token
 * /sasl.jaas in it)? */
bool options_is_secret(const struct options *options, struct str key);

/* Is there an option of that name, or a prefix of it, in a table? */
bool option_specs_have(const struct option_spec *specs, struct str key);

/* So many at most: in microseconds, and with the time of now added, it is a time yet. */
#define OPTION_DURATION_MS_MAX (INT64_MAX / 4000)
bool option_parse_duration_ms(struct str text, int64_t *ret);
bool option_parse_bytes(struct str text, int64_t *ret);
bool option_parse_bool(struct str text, bool *ret);
