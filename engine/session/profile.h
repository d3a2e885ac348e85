/* profile.h -- what a job does not say itself: connections, time zone, defaults.
 *
 *     defaults:
 *       dialect: blink            # blink | flink
 *       time-zone: Asia/Shanghai
 *       parallelism: 1
 *       checkpoint: 10s           # or {interval: 10s}
 *       state: {dir: state}
 *       on-error: skip            # skip | fail | route
 *       dead-letter: bad_rows     # table, with route
 *       late-table: late_rows     # table for rows whose window was over when they came
 *     settings:                   # what SET would say
 *       blink.state.ttl.ms: 3600000
 *     connectors:
 *       kafka:                    # or a Blink type: kafka011
 *         bootstrap.servers: broker:9092
 *         properties: {sasl.password: "${env:KAFKA_PASSWORD}"}
 *     tables:
 *       orders: {password: "${file:secrets/orders}"}   # name of the table or topic
 *
 * `${env:NAME}` and `${file:PATH}` stand for a variable and for the contents of a file
 * (its last line feed left out); a relative path counts from the profile's folder, else
 * from the working directory.  A mapping inside of options joins the keys with a dot.  Aliases and
 * merge keys (profile_pairs.h) are YAML's; what stands under a key that begins with "x-" is there for
 * them alone. */
#pragma once

#include "base/arena.h"
#include "connector/options.h"

/* The options that the tables of a connector, or one table, get. */
struct profile_entry {
    struct str name;
    struct span span;       /* of the name */
    struct option *options; /* from_profile; spans are in the profile's text */
    uint32_t count, cap;
    const char *on_error;   /* "skip", "fail", "route"; NULL: not said */
    struct str dead_letter; /* empty: not said */
    struct str late_table;  /* the same */
};

struct profile {
    struct str path;         /* as messages name it; empty: built in */
    struct str text;         /* of the file; spans of its errors count from here */
    bool local;              /* the embedded parts instead of every server */
    struct option *defaults; /* settings by their main names */
    uint32_t default_count, default_cap;
    const char *on_error;
    struct str dead_letter, late_table;
    struct profile_entry *connectors;
    uint32_t connector_count, connector_cap;
    struct profile_entry *tables;
    uint32_t table_count, table_cap;
};

/* Finds and reads a profile: "local" is built in, a name with a slash or a YAML extension is a
 * file, another one is looked up as ./NAME.yaml, ./NAME.yml and
 * $XDG_CONFIG_HOME/weir/NAME.yaml.  On failure *ret may be set all the same (with path and text)
 * if the error has a position in it, and is NULL otherwise.  E_USAGE: there is no such file. */
enum code profile_load(struct arena *arena, struct str name, struct profile **ret,
                       struct error *err) WEIR_CHECKED;

/* The same for a text; `folder` is where relative paths of ${file:...} count from (empty: the
 * working directory). */
enum code profile_parse(struct arena *arena, struct str text, struct str folder,
                        struct profile *ret, struct error *err) WEIR_CHECKED;

/* "skip", "fail" or "route" as a constant; NULL if the text is none of them. */
const char *profile_on_error(struct str text);
