/* kafka_start.c -- see kafka_start.h.
 *
 * A group that has committed nothing: Blink begins at the end; Flink fails unless
 * auto.offset.reset says what to do.  An offset that the broker no longer has is
 * replaced by the earliest one and reported as a bad row, unless auto.offset.reset
 * asks for the end or for failure. */
#include "kafka/kafka_start.h"

#include "base/clock.h"
#include "base/number.h"
#include "kafka/kafka.h"
#include "types/time.h"
#include "types/zone.h"

#include <stdio.h>

enum { DISCOVERY_INTERVAL_BLINK_MS = 60000, DISCOVERY_INTERVAL_FLINK_MS = 300000 };

static enum code bad_option(const struct option *o, const char *wants, struct error *err)
{
    error_set(err, E_OPTION, "option \"" STR_FMT "\" must be %s, but is \"%.*s\"", STR_ARG(o->key),
              wants, (int)MIN(o->value.size, (size_t)60), o->value.data);
    option_locate(err, o);
    return E_OPTION;
}

/* `mode` is the value of the option that asks for it. */
static enum code need_option(const struct table_def *table, const char *name, struct str mode,
                             struct error *err)
{
    error_set(err, E_OPTION,
              "table \"" STR_FMT "\" needs the option \"%s\", because it asks "
              "for \"" STR_FMT "\"",
              STR_ARG(table->name), name, STR_ARG(mode));
    for (uint32_t i = 0; i < table->options->count; i++) {
        const struct option *o = &table->options->items[i];
        if (mode.size > 0 && mode.data >= o->value.data &&
            mode.data < o->value.data + o->value.size)
            option_locate(err, o);
    }
    return E_OPTION;
}

/* A property's own option; those in extraConfig have none. */
static const struct option *property_option(const struct table_def *table, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "properties.%s", name);
    const struct option *own = options_find(table->options, full);
    const struct option *bare = options_find(table->options, name);
    return own ? own : bare ? bare : options_find(table->options, "extraConfig");
}

/* --- 'partition:0,offset:42;partition:1,offset:300' ---------------------------------- */

static bool take_number(struct str *text, const char *label, int64_t *ret)
{
    struct str trimmed = str_trim(*text);
    size_t size = strlen(label);
    if (trimmed.size <= size || memcmp(trimmed.data, label, size) != 0)
        return false;
    trimmed = str_make(trimmed.data + size, trimmed.size - size);
    size_t end = 0;
    while (end < trimmed.size && trimmed.data[end] != ',')
        end++;
    struct str digits = str_trim(str_make(trimmed.data, end));
    if (!number_parse_i64(digits.data, digits.size, ret) || *ret < 0)
        return false;
    size_t used = MIN(end + 1, trimmed.size);
    *text = str_make(trimmed.data + used, trimmed.size - used);
    return true;
}

static enum code parse_offsets(const struct option *o, struct arena *arena, struct kafka_bound *ret,
                               struct error *err)
{
    struct kafka_offset *offsets = NULL;
    uint32_t count = 0, cap = 0;
    for (struct str rest = str_trim(o->value); rest.size > 0;) {
        size_t end = MIN(str_find_byte(rest, ';'), rest.size);
        struct str pair = str_trim(str_make(rest.data, end));
        size_t used = MIN(end + 1, rest.size);
        rest = str_make(rest.data + used, rest.size - used);
        if (pair.size == 0)
            continue;
        int64_t partition, offset;
        if (!take_number(&pair, "partition:", &partition) || partition > INT32_MAX ||
            !take_number(&pair, "offset:", &offset) || str_trim(pair).size > 0)
            return bad_option(o, "a list such as partition:0,offset:42;partition:1,offset:300",
                              err);
        struct kafka_offset item = { (int32_t)partition, offset };
        if (!ARENA_PUSH(arena, offsets, count, cap, item))
            return error_nomem(err);
    }
    if (count == 0)
        return bad_option(o, "a list such as partition:0,offset:42;partition:1,offset:300", err);
    ret->offsets = offsets;
    ret->offset_count = count;
    return OK;
}

/* --- Flink --------------------------------------------------------------------------- */

struct flink_names {
    const char *mode;
    const char *timestamp;
    const char *offsets;
};

static const struct flink_names startup_names = { "scan.startup.mode",
                                                  "scan.startup.timestamp-millis",
                                                  "scan.startup.specific-offsets" };
static const struct flink_names bounded_names = { "scan.bounded.mode",
                                                  "scan.bounded.timestamp-millis",
                                                  "scan.bounded.specific-offsets" };

static enum code read_offsets(const struct table_def *table, const char *name, struct str mode,
                              struct arena *arena, struct kafka_bound *ret, struct error *err)
{
    const struct option *o = options_find(table->options, name);
    if (!o)
        return need_option(table, name, mode, err);
    const struct option *topic = options_find(table->options, "topic");
    bool several = !topic || memchr(topic->value.data ? topic->value.data : "",
                                    table->blink ? ',' : ';', topic->value.size);
    if (several) {
        error_set(err, E_OPTION, "option \"%s\" is for a single topic", name);
        option_locate(err, o);
        return E_OPTION;
    }
    ret->place = PLACE_OFFSETS;
    return parse_offsets(o, arena, ret, err);
}

static enum code read_timestamp(const struct table_def *table, const char *name, struct str mode,
                                struct kafka_bound *ret, struct error *err)
{
    const struct option *o = options_find(table->options, name);
    if (!o)
        return need_option(table, name, mode, err);
    struct str text = str_trim(o->value);
    if (!number_parse_i64(text.data, text.size, &ret->timestamp_ms) || ret->timestamp_ms < 0)
        return bad_option(o, "milliseconds since 1970", err);
    ret->place = PLACE_TIMESTAMP;
    return OK;
}

static enum code read_flink(const struct table_def *table, const struct flink_names *names,
                            struct arena *arena, struct kafka_bound *ret, struct error *err)
{
    struct str mode = str_trim(options_get(table->options, names->mode));
    if (str_iis(mode, "earliest-offset"))
        ret->place = PLACE_EARLIEST;
    else if (str_iis(mode, "latest-offset"))
        ret->place = PLACE_LATEST;
    else if (str_iis(mode, "timestamp"))
        return read_timestamp(table, names->timestamp, mode, ret, err);
    else if (str_iis(mode, "specific-offsets"))
        return read_offsets(table, names->offsets, mode, arena, ret, err);
    else
        ret->place = PLACE_GROUP;
    return OK;
}

/* --- Blink --------------------------------------------------------------------------- */

static enum code blink_zone(const struct table_def *table, struct arena *arena,
                            const struct zone **ret, struct error *err)
{
    const struct option *o = options_find(table->options, "timeZone");
    *ret = table->zone ? table->zone : zone_utc;
    if (!o || str_trim(o->value).size == 0)
        return OK;
    enum code code = zone_load(arena, str_trim(o->value), ret, err);
    if (code != OK)
        option_locate(err, o);
    return code;
}

static enum code read_blink_time(const struct table_def *table, struct arena *arena,
                                 struct kafka_bound *ret, struct error *err)
{
    int64_t now_ms = clock_now_us(table->clock) / 1000;
    ret->place = PLACE_TIMESTAMP;
    ret->timestamp_ms = now_ms;
    const struct option *ms = options_find(table->options, "startTimeMs");
    const struct option *text = options_find(table->options, "startTime");
    const struct option *given = ms ? ms : text;
    if (!given)
        return OK;
    struct str value = str_trim(given->value);
    if (ms) {
        if (!number_parse_i64(value.data, value.size, &ret->timestamp_ms))
            return bad_option(ms, "milliseconds since 1970", err);
    } else {
        struct time_stamp stamp;
        const struct zone *zone;
        if (!time_parse_stamp(value, &stamp))
            return bad_option(text, "a time such as 2020-08-06 16:35:49", err);
        TRY(blink_zone(table, arena, &zone, err));
        int64_t us = stamp.has_offset
                         ? stamp.local_us - stamp.offset_s * TIME_US_PER_SECOND
                         : zone_local_to_utc_us(zone, NULL, stamp.local_us, ZONE_LATER);
        ret->timestamp_ms = time_floor_div(us, 1000);
    }
    if (ret->timestamp_ms > now_ms) {
        error_set(err, E_OPTION, "option \"" STR_FMT "\" is in the future", STR_ARG(given->key));
        option_locate(err, given);
        return E_OPTION;
    }
    return OK;
}

static enum code read_blink(const struct table_def *table, struct arena *arena,
                            struct kafka_bound *ret, struct error *err)
{
    const struct option *o = options_find(table->options, "startupMode");
    struct str mode = o ? str_trim(o->value) : STR("GROUP_OFFSETS");
    if (str_iis(mode, "GROUP_OFFSETS"))
        ret->place = PLACE_GROUP;
    else if (str_iis(mode, "EARLIEST"))
        ret->place = PLACE_EARLIEST;
    else if (str_iis(mode, "LATEST"))
        ret->place = PLACE_LATEST;
    else if (str_iis(mode, "TIMESTAMP"))
        return read_blink_time(table, arena, ret, err);
    else if (str_iis(mode, "SPECIFIC_OFFSETS"))
        return read_offsets(table, "scan.startup.specific-offsets", mode, arena, ret, err);
    else
        return bad_option(o, "GROUP_OFFSETS, EARLIEST, LATEST, TIMESTAMP or SPECIFIC_OFFSETS", err);
    return OK;
}

/* --- the rest ------------------------------------------------------------------------ */

static enum code read_resets(const struct table_def *table, struct kafka_start *ret,
                             struct error *err)
{
    struct str reset = kafka_property(table, "auto.offset.reset");
    ret->missing = table->blink ? RESET_LATEST : RESET_FAIL;
    ret->out_of_range = RESET_EARLIEST;
    if (reset.size == 0)
        return OK;
    if (str_iis(reset, "earliest") || str_iis(reset, "smallest") || str_iis(reset, "beginning"))
        ret->missing = ret->out_of_range = RESET_EARLIEST;
    else if (str_iis(reset, "latest") || str_iis(reset, "largest") || str_iis(reset, "end"))
        ret->missing = ret->out_of_range = RESET_LATEST;
    else if (str_iis(reset, "none") || str_iis(reset, "error"))
        ret->missing = ret->out_of_range = RESET_FAIL;
    else {
        error_set(err, E_OPTION,
                  "Kafka property \"auto.offset.reset\" must be earliest, latest or none, but is "
                  "\"%.*s\"",
                  (int)MIN(reset.size, (size_t)60), reset.data);
        option_locate(err, property_option(table, "auto.offset.reset"));
        return E_OPTION;
    }
    return OK;
}

static enum code read_discovery(const struct table_def *table, struct kafka_start *ret,
                                struct error *err)
{
    const struct option *o = kafka_option(table, "scan.topic-partition-discovery.interval",
                                          "partitionDiscoveryIntervalMS");
    struct str extra = kafka_property(table, "flink.partition-discovery.interval-millis");
    ret->discovery_interval_ms =
        table->blink ? DISCOVERY_INTERVAL_BLINK_MS : DISCOVERY_INTERVAL_FLINK_MS;
    if (o) {
        struct str text = str_trim(o->value);
        if (str_starts(text, STR("-")))
            ret->discovery_interval_ms = 0;
        else if (!option_parse_duration_ms(text, &ret->discovery_interval_ms))
            return bad_option(o, "a duration such as 10s or 5 min", err);
    } else if (extra.size > 0) {
        int64_t ms;
        if (!number_parse_i64(extra.data, extra.size, &ms)) {
            error_set(err, E_OPTION,
                      "Kafka property \"flink.partition-discovery.interval-millis\" must be a "
                      "whole number");
            option_locate(err, property_option(table, "flink.partition-discovery.interval-millis"));
            return E_OPTION;
        }
        ret->discovery_interval_ms = MAX(ms, 0);
    }
    return OK;
}

static bool is_bounded(const struct table_def *table)
{
    struct str to = str_trim(options_get(table->options, bounded_names.mode));
    return to.size > 0 && !str_iis(to, "unbounded");
}

bool kafka_start_ends(const struct table_def *table, bool until_end)
{
    return until_end || is_bounded(table);
}

enum code kafka_start_read(const struct table_def *table, struct arena *arena,
                           struct kafka_start *ret, struct error *err)
{
    struct kafka_start start = { .from = { .place = PLACE_GROUP } };
    bool flink_mode = options_has(table->options, startup_names.mode);
    if (kafka_is_keyed(table)) /* or rows that are there would be missing */
        start.from.place = PLACE_EARLIEST;
    else if (table->blink && !flink_mode)
        TRY(read_blink(table, arena, &start.from, err));
    else
        TRY(read_flink(table, &startup_names, arena, &start.from, err));

    if (is_bounded(table)) {
        start.bounded = true;
        TRY(read_flink(table, &bounded_names, arena, &start.to, err));
        if (start.to.place == PLACE_EARLIEST) {
            error_set(err, E_OPTION, "option \"%s\" cannot be \"earliest-offset\"",
                      bounded_names.mode);
            option_locate(err, options_find(table->options, bounded_names.mode));
            return E_OPTION;
        }
    }
    TRY(read_resets(table, &start, err));
    TRY(read_discovery(table, &start, err));
    *ret = start;
    return OK;
}
