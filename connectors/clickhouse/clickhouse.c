/* clickhouse.c -- the connector "clickhouse": tables of ClickHouse.
 *
 * The options follow the documentation of Blink and of Flink. */
#include "clickhouse/clickhouse.h"

#include "remote/remote_options.h"

#ifdef WEIR_HTTP
#include "clickhouse/click_server.h"
#define CLICK_ROLES                                                                                \
    .source = &click_source_kind, .sink = &click_sink_kind, .lookup = &click_lookup_kind,          \
    .describe = click_describe, .check = click_check, .lacks = click_lack
#else
#define CLICK_ROLES .missing = "the ClickHouse client is not part of this build"
#endif

static const char *const table_name_aliases[] = { "table-name", NULL };

/* Whether the engine can take updates is known when the server has been asked. */
static unsigned sink_modes(const struct table_def *table)
{
    if (options_get(table->options, "sink.sign-column").size > 0)
        return SINK_APPEND | SINK_RETRACT;
    return table->schema->key_count > 0 ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

const struct option_spec clickhouse_options[] = {
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
    { "url", OPTION_TEXT, false, NULL, NULL,
      "The address of the server, such as clickhouse://host:8123/database." },
    { "tableName", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "table-name", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "database-name", OPTION_TEXT, false, "default", NULL, "The database." },
    { "userName", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "username", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "maxRetryTimes", OPTION_INT, false, "3", NULL, "How often a failed write is tried." },
    { "batchSize", OPTION_INT, false, NULL, NULL, "Rows a call." },
    { "flushIntervalMs", OPTION_DURATION, false, NULL, NULL,
      "How long a row may wait to be written." },
    { "ignoreDelete", OPTION_BOOL, false, "true", NULL,
      "Are deletes left out, unless the engine has a column for them?" },
    { "sink.ignore-delete", OPTION_BOOL, false, NULL, NULL, "The same." },
    { "sink.sign-column", OPTION_TEXT, false, NULL, NULL,
      "The sign of a CollapsingMergeTree: rows that are taken back are written with -1." },
    { "shardWrite", OPTION_BOOL, false, "false", NULL, "Accepted: the distributed table is written." },
    { "inferLocalTable", OPTION_BOOL, false, "false", NULL,
      "Accepted." },
    { "sink.batch-size", OPTION_INT, false, "100000", NULL, "Rows a call, at most a million." },
    { "sink.flush-interval", OPTION_DURATION, false, "1s", NULL,
      "How long a row may wait to be written." },
    { "sink.max-retries", OPTION_INT, false, "3", NULL, "How often a failed write is tried." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    { "sink.*", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    LOOKUP_CACHE_OPTIONS,
    BLINK_CACHE_OPTIONS,
    { "scan.*", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "catalog.*", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "Settings of the server for each call." },
    { 0 },
};

/* By the engine's merges; collapsing pairs and plain inserts count twice what came twice. */
static const char *guarantee(const struct table_def *table, enum sink_mode mode)
{
    (void)table;
    return mode == SINK_UPSERT ? "idempotent by key" : "at-least-once";
}

const struct connector connector_clickhouse = {
    .name = "clickhouse",
    .summary = "tables of ClickHouse",
    .family = FAMILY_TABLE,
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = clickhouse_options,
    CLICK_ROLES,
    .sink_modes = sink_modes,
    .guarantee = guarantee,
};
