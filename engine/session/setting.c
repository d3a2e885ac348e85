/* setting.c -- see setting.h.  The tables below are also what `weir help settings` and
 * the suggestions read. */
#include "session/setting.h"

#include "base/nearest.h"
#include "base/number.h"
#include "types/time.h"
#include "types/zone.h"

#include <stdio.h>

const struct option_spec setting_specs[] = {
    { "table.local-time-zone", OPTION_TEXT, false, NULL, NULL,
      "Session time zone. Default: Asia/Shanghai in the Blink dialect, TZ of the process (else "
      "UTC) in the Flink dialect." },
    { "weir.dialect", OPTION_ENUM, false, NULL, "blink|flink",
      "Dialect of the file. Default: told from what the file says." },
    { "weir.clock", OPTION_TEXT, false, NULL, NULL,
      "An instant (2020-08-06T16:35:49Z) at which the clock stands for NOW(), PROCTIME() and "
      "timers." },
    { "weir.summary", OPTION_ENUM, false, "text", "text|json|none",
      "Form of the closing summary on standard error." },
    { "weir.output", OPTION_ENUM, false, NULL, "table|tableau|csv|tsv|json|jsonl|changelog-json|markdown|line",
      "How the result of a SELECT is printed, as --output." },
    { "weir.result.rows", OPTION_INT, false, "0", NULL,
      "After so many rows (changes) of its SELECTs a job is stopped; 0: never." },
    { "weir.result.until", OPTION_DURATION, false, "0", NULL,
      "After so long a job with SELECTs is stopped, and shows what it has; 0: never." },
    { "weir.table.rows", OPTION_INT, false, "100", NULL,
      "A table on a terminal shows so many rows at most: the first of them, and the last; 0: all." },
    { "weir.table.width", OPTION_INT, false, "0", NULL,
      "A table on a terminal is so many columns wide at most, and longer texts are cut; 0: as wide as "
      "the terminal." },
    { "table.exec.sink.upsert-materialize", OPTION_ENUM, false, "auto", "auto|none|force",
      "Are live rows kept for a sink whose primary key is not the key of the query? none: the row "
      "written last wins." },
    { "table.exec.sink.not-null-enforcer", OPTION_ENUM, false, NULL, "error|drop",
      "A row with NULL in a primary key or a NOT NULL column of a sink: ends the job, or is left out. "
      "Default: a bad row of the sink (on-error), counted." },
    { "table.exec.source.cdc-events-duplicate", OPTION_BOOL, false, "false", NULL,
      "May sources with old and new rows (debezium-json) give a change again? Then the last row of "
      "each PRIMARY KEY is kept, and what changes nothing is left out." },
    { "table.exec.state.ttl", OPTION_DURATION, false, "0", NULL,
      "How long state lives that is not written any more (aggregates, joins, top-N). Default: for "
      "ever." },
    { "weir.fold", OPTION_ENUM, false, "auto", "auto|off|all",
      "Are changes left out that nobody can see, as those of a row of a database before its last? "
      "all: also where it does not pay." },
    { "table.exec.mini-batch.enabled", OPTION_BOOL, false, "false", NULL,
      "May an aggregate give one change a key for the rows that came together, though more could "
      "be seen? Final results are the same." },
    { "table.exec.mini-batch.allow-latency", OPTION_DURATION, false, "0", NULL,
      "Accepted: rows that came together are those of a batch, and no row waits for others." },
    { "table.exec.mini-batch.size", OPTION_INT, false, "-1", NULL, "Accepted, as allow-latency." },
    { "blink.miniBatch.allowLatencyMs", OPTION_DURATION, false, "0", NULL,
      "More than 0: as table.exec.mini-batch.enabled." },
    { "weir.state.dir", OPTION_TEXT, false, NULL, NULL,
      "Folder for snapshots: at every checkpoint and at a stop. A start goes on from the newest." },
    { "weir.state.max-memory", OPTION_BYTES, false, NULL, NULL,
      "What the state of all operators of a job may take; more ends the job. Default: no limit." },
    { "weir.checkpoint.interval", OPTION_DURATION, false, "5s", NULL,
      "How often sinks are flushed, snapshots written and source positions committed." },
    { "weir.progress.interval", OPTION_DURATION, false, "500ms", NULL,
      "How often the progress line on a terminal is renewed." },
    { "execution.runtime-mode", OPTION_ENUM, false, "streaming", "streaming|batch|automatic",
      "batch reads sources to their present end, as --until-end." },
    { "parallelism.default", OPTION_INT, false, NULL, NULL,
      "Workers, as --parallelism: threads that share the splits of the sources and the keys. Default: "
      "as many as the largest source has splits, at most one a core." },
    { "weir.job.name", OPTION_TEXT, false, NULL, NULL,
      "Name of the job, by which it knows its snapshots. Default: that of its file." },
    { "weir.test.stop-after-rows", OPTION_INT, false, NULL, NULL,
      "For tests: a stop as by SIGINT after so many rows of all sources." },
    { "weir.test.cores", OPTION_INT, false, NULL, NULL,
      "For tests: the number of cores that the number of workers follows." },
    { "weir.test.stress", OPTION_INT, false, NULL, NULL,
      "For tests: short queues between workers and pauses at random, beginning with this number." },
    { "sql-client.execution.result-mode", OPTION_ENUM, false, NULL, "table|changelog|tableau",
      "Flink's name for the output mode; changelog means tableau." },
    { "sql-client.display.max-column-width", OPTION_INT, false, NULL, NULL,
      "Longest cell of a printed table in columns; longer ones are cut. Default: 30 in tableau, "
      "none in table." },
    { "sql-client.execution.max-table-result.rows", OPTION_INT, false, "1000000", NULL,
      "Rows that --output table keeps; the oldest go first." },
    { "table.exec.emit.early-fire.enabled", OPTION_BOOL, false, "false", NULL,
      "Flink: rows of windows that are not over yet. A job with such a window is refused." },
    { "table.exec.emit.late-fire.enabled", OPTION_BOOL, false, "false", NULL,
      "Flink: rows of windows that were over. A job with such a window is refused." },
    { "table.exec.source.idle-timeout", OPTION_DURATION, false, "0", NULL,
      "A partition without records for so long does not hold event time back. 0: never left out." },
    { "weir.watermark.max-future", OPTION_DURATION, false, "0", NULL,
      "Row times further ahead of the clock than this do not advance event time. 0: no limit." },
    { "table.exec.legacy-cast-behaviour", OPTION_ENUM, false, "disabled", "enabled|disabled",
      "Flink's CAST gives NULL instead of failing when enabled." },
    { "blink.like.backslash", OPTION_ENUM, false, "escape", "escape|literal",
      "What a backslash in a LIKE pattern is in the Blink dialect." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

static const struct {
    const char *alias;
    const char *name;
} aliases[] = {
    { "blink.job.timeZone", "table.local-time-zone" },
    { "execution.checkpointing.interval", "weir.checkpoint.interval" },
    { "blink.checkpoint.interval.ms", "weir.checkpoint.interval" },
    { "execution.checkpointing.dir", "weir.state.dir" },
    { "sql.exec.source.idle.timeout.ms", "table.exec.source.idle-timeout" },
    { "blink.state.ttl.ms", "table.exec.state.ttl" },
    { "sink.upsert-materialize", "table.exec.sink.upsert-materialize" },
    { "table.exec.resource.default-parallelism", "parallelism.default" },
};

const struct option_spec setting_ignored[] = {
    { "pipeline.*", OPTION_TEXT, false, NULL, NULL, "Flink: name, object reuse, jars." },
    { "sql-client.*", OPTION_TEXT, false, NULL, NULL, "Flink: display of its SQL client." },
    { "execution.*", OPTION_TEXT, false, NULL, NULL, "Flink: deployment and checkpoints." },
    { "table.*", OPTION_TEXT, false, NULL, NULL, "Flink: planner and execution." },
    { "state.*", OPTION_TEXT, false, NULL, NULL, "Flink and Blink: state backends." },
    { "restart-strategy*", OPTION_TEXT, false, NULL, NULL, "Flink: restarts." },
    { "parallelism.*", OPTION_TEXT, false, NULL, NULL, "Flink: parallelism." },
    { "jobmanager.*", OPTION_TEXT, false, NULL, NULL, "Flink: cluster." },
    { "taskmanager.*", OPTION_TEXT, false, NULL, NULL, "Flink: cluster." },
    { "rest.*", OPTION_TEXT, false, NULL, NULL, "Flink: cluster." },
    { "high-availability*", OPTION_TEXT, false, NULL, NULL, "Flink: cluster." },
    { "metrics.*", OPTION_TEXT, false, NULL, NULL, "Flink: metrics." },
    { "yarn.*", OPTION_TEXT, false, NULL, NULL, "Flink: cluster." },
    { "kubernetes.*", OPTION_TEXT, false, NULL, NULL, "Flink: cluster." },
    { "blink.checkpoint.mode", OPTION_TEXT, false, NULL, NULL, "Blink: checkpoints." },
    { "blink.checkpoint.timeout.ms", OPTION_TEXT, false, NULL, NULL, "Blink: checkpoints." },
    { "blink.miniBatch.*", OPTION_TEXT, false, NULL, NULL,
      "Blink: size of a mini-batch; never changes final results." },
    { "blink.microBatch.*", OPTION_TEXT, false, NULL, NULL,
      "Blink: mini-batch; never changes final results." },
    { "blink.localAgg.enabled", OPTION_TEXT, false, NULL, NULL, "Blink: two-phase aggregation." },
    { "blink.partialAgg.enabled", OPTION_TEXT, false, NULL, NULL,
      "Blink: split of COUNT DISTINCT." },
    { "blink.auto.watermark.interval.ms", OPTION_TEXT, false, NULL, NULL,
      "Blink: watermark period; weir advances it per row." },
    { "blink.topn.cache.size", OPTION_TEXT, false, NULL, NULL, "Blink: cache of TopN." },
    { "blink.object.reuse", OPTION_TEXT, false, NULL, NULL, "Blink: object reuse." },
    { "blink.job.timestamp.reserve.ms", OPTION_TEXT, false, NULL, NULL,
      "Blink: milliseconds of TIMESTAMP in some sinks." },
    { "blink.job.submit.timeoutInSeconds", OPTION_TEXT, false, NULL, NULL, "Blink: submission." },
    { "sql.exec.mini-batch.window.enabled", OPTION_TEXT, false, NULL, NULL,
      "Blink: mini-batch for windows." },
    { "sql.exec.fault.tolerance.enabled", OPTION_TEXT, false, NULL, NULL,
      "Blink: error tolerance." },
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

bool setting_alias_at(uint32_t i, const char **ret_alias, const char **ret_name)
{
    if (i >= countof(aliases))
        return false;
    *ret_alias = aliases[i].alias;
    *ret_name = aliases[i].name;
    return true;
}

struct str setting_main_name(struct str key)
{
    for (size_t i = 0; i < countof(aliases); i++)
        if (str_iis(key, aliases[i].alias))
            return str_of(aliases[i].name);
    for (const struct option_spec *s = setting_specs; s->name; s++)
        if (str_iis(key, s->name))
            return str_of(s->name);
    return key;
}

static const struct option_spec *find_spec(struct str main_name)
{
    for (const struct option_spec *s = setting_specs; s->name; s++)
        if (str_iis(main_name, s->name))
            return s;
    return NULL;
}

enum setting_kind setting_kind(struct str key)
{
    if (find_spec(setting_main_name(key)))
        return SETTING_KNOWN;
    for (const struct option_spec *s = setting_ignored; s->name; s++) {
        struct str name = str_of(s->name);
        bool prefix = name.data[name.size - 1] == '*';
        if (prefix)
            name.size--;
        if (prefix ? key.size > name.size && str_ieq(str_make(key.data, name.size), name)
                   : str_ieq(key, name))
            return SETTING_IGNORED;
    }
    return SETTING_UNKNOWN;
}

struct str setting_nearest(struct str key)
{
    struct nearest nearest;
    nearest_begin(&nearest, key);
    for (const struct option_spec *s = setting_specs; s->name; s++)
        nearest_add(&nearest, str_of(s->name));
    for (size_t i = 0; i < countof(aliases); i++)
        nearest_add(&nearest, str_of(aliases[i].alias));
    for (const struct option_spec *s = setting_ignored; s->name; s++)
        if (!strchr(s->name, '*'))
            nearest_add(&nearest, str_of(s->name));
    return nearest_end(&nearest);
}

static enum code check_zone(struct str name, struct error *err)
{
    if (str_iis(name, "default"))
        return OK;
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    const struct zone *zone;
    enum code code = zone_load(arena, name, &zone, err);
    arena_destroy(arena);
    if (code == OK || code == E_NOMEM)
        return code;
    if (err)
        err->code = E_OPTION;
    return E_OPTION;
}

static enum code check_instant(struct str text, struct error *err)
{
    struct time_stamp stamp;
    if (text.size == 0 || time_parse_stamp(text, &stamp))
        return OK;
    error_set(err, E_OPTION, "setting \"weir.clock\" is no instant: \"" STR_FMT "\"",
              STR_ARG(text));
    error_hint(err, "Write it as 2020-08-06T16:35:49Z.");
    return E_OPTION;
}

/* Numbers that parse, and are too small or too large. */
static enum code check_range(const struct option *pair, struct str main_name, struct error *err)
{
    static const struct {
        const char *name;
        int64_t low, high;
    } ranges[] = {
        { "weir.checkpoint.interval", 1, INT64_MAX },
        { "weir.progress.interval", 1, INT64_MAX },
        { "parallelism.default", 1, 1 << 20 },
        { "weir.result.rows", 0, INT64_MAX },
        { "weir.table.rows", 0, INT64_MAX },
        { "weir.table.width", 0, 1000000 },
        { "sql-client.display.max-column-width", 4, 100000 },
        { "sql-client.execution.max-table-result.rows", 1, INT64_MAX },
    };
    int64_t number;
    for (size_t i = 0; i < countof(ranges); i++) {
        if (!str_is(main_name, ranges[i].name) || !option_parse_duration_ms(pair->value, &number) ||
            (number >= ranges[i].low && number <= ranges[i].high))
            continue;
        error_set(err, E_OPTION, "setting \"" STR_FMT "\" cannot be \"" STR_FMT "\"",
                  STR_ARG(pair->key), STR_ARG(pair->value));
        if (ranges[i].high == INT64_MAX)
            error_detail(err, "The least is %lld.", (long long)ranges[i].low);
        else
            error_detail(err, "It is from %lld to %lld.", (long long)ranges[i].low,
                         (long long)ranges[i].high);
        return E_OPTION;
    }
    return OK;
}

/* 'option "x" of SET cannot be ...' as 'setting "x" cannot be ...'. */
static void reword(struct error *err)
{
    static const char begin[] = "option \"", middle[] = "\" of SET";
    char *at = err ? strstr(err->message, middle) : NULL;
    if (!at || strncmp(err->message, begin, sizeof begin - 1) != 0)
        return;
    char rest[sizeof err->message];
    char name[sizeof err->message];
    size_t name_size = (size_t)(at - err->message) - (sizeof begin - 1);
    memcpy(name, err->message + sizeof begin - 1, name_size);
    name[name_size] = '\0';
    snprintf(rest, sizeof rest, "%s", at + sizeof middle - 1);
    snprintf(err->message, sizeof err->message, "setting \"%.200s\"%.300s", name, rest);
}

/* The one pair against the table, so that wrong values read as they do in WITH. */
static enum code check_value(const struct option *pair, struct str main_name, struct error *err)
{
    static const struct option_spec *const specs[] = { setting_specs, NULL };
    struct option checked = *pair;
    checked.key = main_name;
    struct options options = { .items = &checked, .count = 1, .specs = specs };
    if (options_check(&options, STR("SET"), true, NULL, err) != OK) {
        reword(err);
        return E_OPTION;
    }
    struct str value = str_trim(pair->value);
    enum code code = str_is(main_name, "table.local-time-zone") ? check_zone(value, err)
                     : str_is(main_name, "weir.clock")          ? check_instant(value, err)
                                                                : check_range(pair, main_name, err);
    if (code != OK && pair->value_span.size > 0)
        error_locate(err, pair->value_span);
    return code;
}

static enum code unknown_weir_setting(const struct option *pair, struct error *err)
{
    error_set(err, E_OPTION, "there is no setting \"" STR_FMT "\"", STR_ARG(pair->key));
    struct str best = setting_nearest(pair->key);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    if (pair->key_span.size > 0)
        error_locate(err, pair->key_span);
    return E_OPTION;
}

/* Flink and Blink say "not set" by -1. */
static bool is_not_set(const struct option *pair, struct str main_name)
{
    return (str_is(main_name, "parallelism.default") ||
            str_is(main_name, "table.exec.source.idle-timeout")) &&
           str_is(str_trim(pair->value), "-1");
}

static void drop(struct settings *settings, enum setting_level level, struct str main_name)
{
    for (uint32_t i = 0; i < settings->count; i++)
        if (settings->items[i].level == level && str_ieq(settings->items[i].key, main_name))
            settings->items[i--] = settings->items[--settings->count];
}

enum code settings_put(struct settings *settings, enum setting_level level,
                       const struct option *pair, enum setting_kind *ret_kind, struct error *err)
{
    struct str name = setting_main_name(pair->key);
    enum setting_kind kind = setting_kind(pair->key);
    if (kind == SETTING_UNKNOWN && pair->key.size >= 5 &&
        str_ieq(str_make(pair->key.data, 5), STR("weir.")))
        return unknown_weir_setting(pair, err);
    *ret_kind = kind;
    if (is_not_set(pair, name)) {
        drop(settings, level, name);
        return OK;
    }
    if (kind == SETTING_KNOWN)
        TRY(check_value(pair, name, err));
    struct setting_value value = { .key = arena_str(settings->arena, name),
                                   .value = arena_str(settings->arena, pair->value),
                                   .level = level };
    if (!value.key.data || !value.value.data)
        return error_nomem(err);
    for (uint32_t i = 0; i < settings->count; i++)
        if (settings->items[i].level == level && str_ieq(settings->items[i].key, name)) {
            settings->items[i] = value;
            return OK;
        }
    return ARENA_PUSH(settings->arena, settings->items, settings->count, settings->cap, value)
               ? OK
               : error_nomem(err);
}

void settings_reset(struct settings *settings, struct str key)
{
    struct str name = key.data ? setting_main_name(key) : key;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting_value *v = &settings->items[i];
        if (v->level != SETTING_SET || (name.data && !str_ieq(v->key, name)))
            settings->items[kept++] = *v;
    }
    settings->count = kept;
}

const struct setting_value *settings_find(const struct settings *settings, const char *name)
{
    const struct setting_value *best = NULL;
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting_value *v = &settings->items[i];
        if (str_iis(v->key, name) && (!best || v->level > best->level))
            best = v;
    }
    return best;
}

struct str settings_state_dir(const struct settings *settings)
{
    return option_file_path(str_trim(settings_get(settings, "weir.state.dir")));
}

struct str settings_get(const struct settings *settings, const char *name)
{
    const struct setting_value *v = settings_find(settings, name);
    if (v)
        return v->value;
    const struct option_spec *spec = find_spec(str_of(name));
    return str_of(spec ? spec->fallback : NULL);
}

bool settings_bool(const struct settings *settings, const char *name)
{
    bool value = false;
    return option_parse_bool(settings_get(settings, name), &value) && value;
}

int64_t settings_int(const struct settings *settings, const char *name)
{
    struct str text = str_trim(settings_get(settings, name));
    int64_t value = 0;
    return text.data && number_parse_i64(text.data, text.size, &value) ? value : 0;
}

int64_t settings_duration_ms(const struct settings *settings, const char *name)
{
    int64_t value = 0;
    return option_parse_duration_ms(settings_get(settings, name), &value) ? value : 0;
}
