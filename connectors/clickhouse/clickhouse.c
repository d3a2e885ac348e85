/* clickhouse.c -- the connector "clickhouse": tables of ClickHouse.
 *
 * The options follow the documentation of Blink and of Flink. */
#include "clickhouse/clickhouse.h"

#include "remote/remote_options.h"

static const char *const table_name_aliases[] = { "table-name", NULL };

static unsigned append_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND;
}

static const struct option_spec clickhouse_options[] = {
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
    { "url", OPTION_TEXT, false, NULL, NULL, "The address of the server." },
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
    { "ignoreDelete", OPTION_BOOL, false, "true", NULL, "Are deletes left out?" },
    { "shardWrite", OPTION_BOOL, false, "false", NULL, "Are shards written directly?" },
    { "inferLocalTable", OPTION_BOOL, false, "false", NULL,
      "Are the local tables of a distributed one found out?" },
    { "sink.batch-size", OPTION_INT, false, "1000", NULL, "Rows a call." },
    { "sink.flush-interval", OPTION_DURATION, false, "1s", NULL,
      "How long a row may wait to be written." },
    { "sink.max-retries", OPTION_INT, false, "3", NULL, "How often a failed write is tried." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    { "sink.*", OPTION_TEXT, false, NULL, NULL, "Other options of the sink." },
    { "scan.*", OPTION_TEXT, false, NULL, NULL, "Options of the scan." },
    { "catalog.*", OPTION_TEXT, false, NULL, NULL, "Options of the catalogue." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "Properties of the connection." },
    { 0 },
};

const struct connector connector_clickhouse = {
    .name = "clickhouse",
    .summary = "tables of ClickHouse",
    .family = FAMILY_TABLE,
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = clickhouse_options,
    .missing = "the ClickHouse client is not part of this build",
    .sink_modes = append_modes,
};
