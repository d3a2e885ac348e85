/* mysql.c -- the connectors "rds" (Blink) and "jdbc" (Flink): tables of MySQL and MariaDB.
 *
 * The options follow the documentation of Blink and of Flink. */
#include "mysql/mysql.h"

#include "remote/remote_options.h"
#include "remote/remote_sink.h"

#ifdef WEIR_MYSQL
#include "mysql/mysql_lookup.h"
#include "mysql/mysql_scan.h"
#include "mysql/mysql_sink.h"
#include "mysql/mysql_settings.h"
#define MYSQL_ROLES                                                                                \
    .source = &mysql_scan, .sink = &mysql_sink, .lookup = &mysql_lookup, .check = check,           \
    .lacks = mysql_settings_lack

static enum code check(const struct table_def *table, bool as_sink, struct error *err)
{
    struct mysql_ranges ranges;
    TRY(mysql_settings_check(table, err));
    bool excludes;
    return as_sink ? mysql_read_excluded(table, NULL, &excludes, err)
                   : mysql_read_ranges(table, &ranges, err);
}
#else
#define MYSQL_ROLES .missing = "the MySQL client is not part of this build"
#endif

static const char *const table_name_aliases[] = { "table-name", NULL };

static unsigned keyed_modes(const struct table_def *table)
{
    return table->schema->key_count > 0 ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

/* The server may refuse the last row of a key, and then the key stays as it was written before: rows
 * that the last one has taken the place of meanwhile are gone, as in the buffers of Blink and Flink.
 * Only the server knows its rules, and nobody asks it while a job is planned. */
static bool keeps_last(const struct table_def *table)
{
    return table->schema->key_count > 0 && !options_bool(table->options, "ignoreDelete") &&
           str_trim(options_get(table->options, "excludeUpdateColumns")).size == 0;
}

/* "shop.orders at 127.0.0.1:3306": hosts and database of the url, without its properties, which may
 * hold anything. */
static void describe(const struct table_def *table, struct buf *out)
{
    struct str name = options_get(table->options, "tableName");
    struct str url = options_get(table->options, "url");
    if (!name.data)
        name = options_get(table->options, "table-name");
    if (name.data) {
        buf_text(out, "table=");
        buf_str(out, name);
    }
    const char *begin = url.data ? memmem(url.data, url.size, "://", 3) : NULL;
    if (!begin)
        return;
    struct str place = str_make(begin + 3, url.size - (size_t)(begin + 3 - url.data));
    place.size = MIN(place.size, str_find_byte(place, '?'));
    const char *at = memrchr(place.data, '@', place.size);
    if (at)
        place = str_make(at + 1, place.size - (size_t)(at + 1 - place.data));
    buf_text(out, name.data ? ", endpoint=" : "endpoint=");
    buf_str(out, place);
}

static const struct option_spec jdbc_options[] = {
    REMOTE_NAME_OPTIONS,
    { "url", OPTION_TEXT, false, NULL, NULL, "The address of the database: jdbc:mysql://..." },
    { "table-name", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "driver", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "compatible-mode", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "username", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "connection.max-retry-timeout", OPTION_DURATION, false, "60s", NULL,
      "Accepted: a lost server is waited for." },
    { "scan.partition.column", OPTION_TEXT, false, NULL, NULL, "The column that parts a scan." },
    { "scan.partition.num", OPTION_INT, false, NULL, NULL,
      "How many ranges a scan has, 1,024 at most; up to four are read at the same time." },
    { "scan.partition.lower-bound", OPTION_INT, false, NULL, NULL, "Its smallest value." },
    { "scan.partition.upper-bound", OPTION_INT, false, NULL, NULL, "Its largest value." },
    { "scan.fetch-size", OPTION_INT, false, "0", NULL, "Accepted: rows come as a stream." },
    { "scan.auto-commit", OPTION_BOOL, false, "true", NULL, "Accepted." },
    LOOKUP_CACHE_OPTIONS,
    { "sink.buffer-flush.max-rows", OPTION_INT, false, "100", NULL, "Rows a statement." },
    { "sink.buffer-flush.interval", OPTION_DURATION, false, "1s", NULL,
      "How long a row may wait to be written." },
    { "sink.max-retries", OPTION_INT, false, "3", NULL, "How often a failed write is tried." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "Properties of the connection." },
    { 0 },
};

static const struct option_spec rds_options[] = {
    REMOTE_NAME_OPTIONS,
    { "url", OPTION_TEXT, false, NULL, NULL, "The address of the database: jdbc:mysql://..." },
    { "tableName", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "userName", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "maxRetryTimes", OPTION_INT, false, "10", NULL, "How often a failed write is tried." },
    { "batchSize", OPTION_INT, false, "4096", NULL, "Rows a statement." },
    { "bufferSize", OPTION_INT, false, "10000", NULL, "Accepted: 64 MB of rows may wait." },
    { "flushIntervalMs", OPTION_DURATION, false, "2000", NULL,
      "How long a row may wait to be written." },
    { "excludeUpdateColumns", OPTION_TEXT, false, NULL, NULL,
      "Columns that an update leaves alone, with commas between them." },
    { "ignoreDelete", OPTION_BOOL, false, "false", NULL, "Are deletes left out?" },
    { "partitionBy", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "timeZone", OPTION_TEXT, false, NULL, NULL, "The time zone of its timestamps." },
    BLINK_CACHE_OPTIONS,
    { 0 },
};

static const char *const rds_aliases[] = { "drds", "polardb", NULL };
static const char *const jdbc_aliases[] = { "mysql", NULL };

/* What is the same of both. */
#define MYSQL_TABLE                                                                                \
    .family = FAMILY_TABLE, .sink_modes = keyed_modes, .keeps_last = keeps_last,                   \
    .guarantee = remote_sink_guarantee, .describe = describe, MYSQL_ROLES

const struct connector connector_rds = {
    .name = "rds",
    .aliases = rds_aliases,
    .summary = "tables of MySQL: Blink's rds, drds and polardb",
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = rds_options,
    MYSQL_TABLE,
};

const struct connector connector_jdbc = {
    .name = "jdbc",
    .aliases = jdbc_aliases,
    .summary = "tables of MySQL",
    .name_option = "table-name",
    .options = jdbc_options,
    MYSQL_TABLE,
};
