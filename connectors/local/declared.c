/* declared.c -- connectors that jobs name and the local profile replaces.
 *
 * Their own systems cannot be reached by this build, but their options are known, so
 * that a job can be checked and explained, and run with --profile local.  The tables
 * follow Blink's and Flink's documentation, but no option is required: addresses and
 * passwords do not matter here, and published jobs leave them to a profile. */
#include "local/local.h"

static const char *const table_name_aliases[] = { "table-name", NULL };

/* clang-format off */
#define LOOKUP_CACHE_OPTIONS                                                                       \
    { "lookup.cache", OPTION_ENUM, false, "NONE", "NONE|PARTIAL",                                  \
      "Are rows that were looked up kept?" },                                                      \
    { "lookup.partial-cache.max-rows", OPTION_INT, false, NULL, NULL,                              \
      "How many rows are kept." },                                                                 \
    { "lookup.partial-cache.expire-after-write", OPTION_DURATION, false, NULL, NULL,               \
      "How long a row is kept." },                                                                 \
    { "lookup.partial-cache.expire-after-access", OPTION_DURATION, false, NULL, NULL,              \
      "How long a row is kept that nobody asks for." },                                            \
    { "lookup.partial-cache.cache-missing-key", OPTION_BOOL, false, "true", NULL,                  \
      "Is it remembered that a key has no row?" },                                                 \
    { "lookup.max-retries", OPTION_INT, false, "3", NULL, "How often a failed look-up is tried." },\
    { "lookup.cache.max-rows", OPTION_INT, false, NULL, NULL, "The older name of max-rows." },     \
    { "lookup.cache.ttl", OPTION_DURATION, false, NULL, NULL,                                      \
      "The older name of expire-after-write." },                                                   \
    { "lookup.async", OPTION_BOOL, false, "false", NULL, "Do look-ups overlap?" }

#define BLINK_CACHE_OPTIONS                                                                        \
    { "cache", OPTION_ENUM, false, "None", "None|LRU|ALL", "Are rows that were looked up kept?" }, \
    { "cacheSize", OPTION_INT, false, "10000", NULL, "How many rows are kept." },                  \
    { "cacheTTLMs", OPTION_DURATION, false, NULL, NULL, "How long a row is kept." },               \
    { "cacheReloadTimeBlackList", OPTION_TEXT, false, NULL, NULL,                                  \
      "When the whole table is not loaded anew." },                                                \
    { "cacheScanLimit", OPTION_INT, false, "100", NULL, "Rows a call while loading all." },        \
    { "cacheEmpty", OPTION_BOOL, false, "true", NULL, "Is it remembered that a key has no row?" }, \
    { "partitionedJoin", OPTION_BOOL, false, "false", NULL,                                        \
      "Do rows go to the look-up by their key?" },                                                 \
    { "shuffleEmptyKey", OPTION_BOOL, false, "true", NULL, "Are rows without key spread?" },       \
    { "async", OPTION_BOOL, false, "false", NULL, "Do look-ups overlap?" },                        \
    { "asyncResultOrder", OPTION_ENUM, false, "unordered", "unordered|ordered",                    \
      "Do answers keep the order of their rows?" },                                                \
    { "asyncTimeoutMs", OPTION_DURATION, false, "180000", NULL, "How long an answer may take." },  \
    { "asyncCapacity", OPTION_INT, false, "100", NULL, "How many look-ups overlap." },             \
    { "asyncCallbackThreads", OPTION_INT, false, "50", NULL, "Accepted." },                        \
    { "asyncConnectionQueueMaxsize", OPTION_INT, false, "100", NULL, "Accepted." },                \
    { "asyncCallbackQueueMaxsize", OPTION_INT, false, "500", NULL, "Accepted." },                  \
    { "maxJoinRows", OPTION_INT, false, "1024", NULL, "How many rows a key may find." }
/* clang-format on */

static unsigned keyed_modes(const struct table_def *table)
{
    return table->schema->key_count > 0 ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

static unsigned upsert_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND | SINK_UPSERT;
}

static unsigned append_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND;
}

/* ---- MySQL and its relations ---- */

static const struct option_spec jdbc_options[] = {
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
    { "url", OPTION_TEXT, false, NULL, NULL, "The address of the database: jdbc:mysql://..." },
    { "table-name", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "driver", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "compatible-mode", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "username", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "connection.max-retry-timeout", OPTION_DURATION, false, "60s", NULL,
      "How long a lost connection is tried again." },
    { "scan.partition.column", OPTION_TEXT, false, NULL, NULL, "The column that parts a scan." },
    { "scan.partition.num", OPTION_INT, false, NULL, NULL, "How many parts a scan has." },
    { "scan.partition.lower-bound", OPTION_INT, false, NULL, NULL, "Its smallest value." },
    { "scan.partition.upper-bound", OPTION_INT, false, NULL, NULL, "Its largest value." },
    { "scan.fetch-size", OPTION_INT, false, "0", NULL, "Rows a round trip of a scan." },
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
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
    { "url", OPTION_TEXT, false, NULL, NULL, "The address of the database: jdbc:mysql://..." },
    { "tableName", OPTION_TEXT, false, NULL, NULL, "The table." },
    { "userName", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "maxRetryTimes", OPTION_INT, false, "10", NULL, "How often a failed write is tried." },
    { "batchSize", OPTION_INT, false, "4096", NULL, "Rows a statement." },
    { "bufferSize", OPTION_INT, false, "10000", NULL,
      "Rows that are kept to leave out those that a later one replaces." },
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

static const struct connector connector_rds = {
    .name = "rds",
    .aliases = rds_aliases,
    .summary = "tables of MySQL: Blink's rds, drds and polardb",
    .family = FAMILY_TABLE,
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = rds_options,
    .missing = "the MySQL client is not part of this build",
    .sink_modes = keyed_modes,
};

static const struct connector connector_jdbc = {
    .name = "jdbc",
    .aliases = jdbc_aliases,
    .summary = "tables of MySQL",
    .family = FAMILY_TABLE,
    .name_option = "table-name",
    .options = jdbc_options,
    .missing = "the MySQL client is not part of this build",
    .sink_modes = keyed_modes,
};

/* ---- HBase ---- */

static const struct option_spec cloudhbase_options[] = {
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
    { "zkQuorum", OPTION_TEXT, false, NULL, NULL, "The addresses of ZooKeeper." },
    { "zkNodeParent", OPTION_TEXT, false, NULL, NULL, "The node of the cluster in ZooKeeper." },
    { "endPoint", OPTION_TEXT, false, NULL, NULL, "The address of the enhanced edition." },
    { "userName", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "haClusterID", OPTION_TEXT, false, NULL, NULL, "The high-availability instance." },
    { "haClustserID", OPTION_TEXT, false, NULL, NULL, "The same, as one page spells it." },
    { "tableName", OPTION_TEXT, false, NULL, NULL, "The table, also as namespace:table." },
    { "columnFamily", OPTION_TEXT, false, NULL, NULL, "The column family." },
    { "maxRetryTimes", OPTION_INT, false, "10", NULL, "How often a failed call is tried." },
    { "bufferSize", OPTION_INT, false, "5000", NULL,
      "Rows that are kept to leave out those that a later one replaces." },
    { "batchSize", OPTION_INT, false, "100", NULL, "Rows a call." },
    { "flushIntervalMs", OPTION_DURATION, false, "2000", NULL,
      "How long a row may wait to be written." },
    { "writePkValue", OPTION_BOOL, false, "false", NULL, "Is the row key a cell too?" },
    { "stringWriteMod", OPTION_BOOL, false, "false", NULL, "Are all values written as text?" },
    { "rowkeyDelimiter", OPTION_TEXT, false, ":", NULL,
      "Between the columns of a key of several." },
    { "isDynamicTable", OPTION_BOOL, false, "false", NULL,
      "Are the columns key, qualifier and value?" },
    BLINK_CACHE_OPTIONS,
    { 0 },
};

static const struct option_spec hbase_options[] = {
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
    { "table-name", OPTION_TEXT, false, NULL, NULL, "The table, also as namespace:table." },
    { "zookeeper.quorum", OPTION_TEXT, false, NULL, NULL, "The addresses of ZooKeeper." },
    { "zookeeper.znode.parent", OPTION_TEXT, false, "/hbase", NULL,
      "The node of the cluster in ZooKeeper." },
    { "null-string-literal", OPTION_TEXT, false, "null", NULL, "How a NULL text is written." },
    { "sink.buffer-flush.max-size", OPTION_BYTES, false, "2mb", NULL, "Bytes a call." },
    { "sink.buffer-flush.max-rows", OPTION_INT, false, "1000", NULL, "Rows a call." },
    { "sink.buffer-flush.interval", OPTION_DURATION, false, "1s", NULL,
      "How long a row may wait to be written." },
    { "sink.ignore-null-value", OPTION_BOOL, false, "false", NULL, "Are NULL cells left out?" },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    LOOKUP_CACHE_OPTIONS,
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "Properties of the client." },
    { 0 },
};

static const char *const hbase_aliases[] = { "hbase-1.4", "hbase", NULL };

static const struct connector connector_cloudhbase = {
    .name = "cloudhbase",
    .summary = "tables of HBase: Blink's cloudhbase",
    .family = FAMILY_TABLE,
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = cloudhbase_options,
    .missing = "the HBase client is not part of this build",
    .sink_modes = upsert_modes,
};

static const struct connector connector_hbase = {
    .name = "hbase-2.2",
    .aliases = hbase_aliases,
    .summary = "tables of HBase",
    .family = FAMILY_TABLE,
    .name_option = "table-name",
    .options = hbase_options,
    .missing = "the HBase client is not part of this build",
    .sink_modes = upsert_modes,
};

/* ---- Elasticsearch ---- */

static const struct option_spec blink_es_options[] = {
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
    { "endPoint", OPTION_TEXT, false, NULL, NULL, "The address of the server." },
    { "accessId", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "accessKey", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "index", OPTION_TEXT, false, NULL, NULL, "The index." },
    { "typeName", OPTION_TEXT, false, NULL, NULL, "The type of documents, usually _doc." },
    { "bufferSize", OPTION_INT, false, "1000", NULL,
      "Rows that are kept to leave out those that a later one replaces." },
    { "batchSize", OPTION_INT, false, NULL, NULL, "Rows a call." },
    { "flushIntervalMs", OPTION_DURATION, false, "2000", NULL,
      "How long a row may wait to be written." },
    { "maxRetryTimes", OPTION_INT, false, "30", NULL, "How often a failed call is tried." },
    { "timeout", OPTION_DURATION, false, "600000", NULL, "How long a call may take." },
    { "discovery", OPTION_BOOL, false, "false", NULL, "Are other nodes looked for?" },
    { "compression", OPTION_BOOL, false, "true", NULL, "Are calls compressed?" },
    { "multiThread", OPTION_BOOL, false, "true", NULL, "Accepted." },
    { "ignoreWriteError", OPTION_BOOL, false, "false", NULL, "Are refused documents left out?" },
    { "settings", OPTION_TEXT, false, NULL, NULL, "Settings of an index that is made." },
    { "updateMode", OPTION_ENUM, false, "full", "full|inc",
      "full replaces a document, inc changes the fields given." },
    { "dynamicIndex", OPTION_BOOL, false, "false", NULL, "Does the index follow a time?" },
    { "indexField", OPTION_TEXT, false, NULL, NULL, "The column of that time." },
    { "indexInterval", OPTION_ENUM, false, "d", "d|w|m", "An index a day, week or month." },
    { "mapping", OPTION_TEXT, false, NULL, NULL, "The mapping of an index that is made." },
    { 0 },
};

static const struct option_spec es_options[] = {
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
    { "hosts", OPTION_TEXT, false, NULL, NULL, "The addresses of the servers." },
    { "index", OPTION_TEXT, false, NULL, NULL, "The index." },
    { "document-type", OPTION_TEXT, false, NULL, NULL, "The type of documents, version 6 only." },
    { "document-id.key-delimiter", OPTION_TEXT, false, "_", NULL,
      "Between the columns of a key of several." },
    { "username", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "failure-handler", OPTION_TEXT, false, "fail", NULL,
      "What to do with a refused document: fail, ignore or retry-rejected." },
    { "sink.delivery-guarantee", OPTION_ENUM, false, "at-least-once", "at-least-once|none",
      "What a failure may cost." },
    { "sink.flush-on-checkpoint", OPTION_BOOL, false, "true", NULL, "Accepted." },
    { "sink.bulk-flush.max-actions", OPTION_INT, false, "1000", NULL, "Documents a call." },
    { "sink.bulk-flush.max-size", OPTION_BYTES, false, "2mb", NULL, "Bytes a call." },
    { "sink.bulk-flush.interval", OPTION_DURATION, false, "1s", NULL,
      "How long a document may wait to be written." },
    { "sink.bulk-flush.backoff.strategy", OPTION_ENUM, false, "DISABLED",
      "DISABLED|CONSTANT|EXPONENTIAL", "How the time between tries grows." },
    { "sink.bulk-flush.backoff.max-retries", OPTION_INT, false, NULL, NULL,
      "How often a failed call is tried." },
    { "sink.bulk-flush.backoff.delay", OPTION_DURATION, false, NULL, NULL,
      "The time between tries." },
    { "sink.bulk-flush.max-buffered-actions", OPTION_INT, false, NULL, NULL,
      "Documents that may wait, version 8." },
    { "sink.bulk-flush.max-in-flight-actions", OPTION_INT, false, NULL, NULL,
      "Calls that may overlap, version 8." },
    { "connection.path-prefix", OPTION_TEXT, false, NULL, NULL, "In front of every path." },
    { "connection.request-timeout", OPTION_DURATION, false, NULL, NULL,
      "How long to wait for a connection." },
    { "connection.timeout", OPTION_DURATION, false, NULL, NULL, "How long to wait to connect." },
    { "socket.timeout", OPTION_DURATION, false, NULL, NULL, "How long to wait for data." },
    { "ssl.certificate-fingerprint", OPTION_TEXT, false, NULL, NULL,
      "The fingerprint of the certificate, version 8." },
    { "format", OPTION_TEXT, false, "json", NULL, "How documents are written: json." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    { 0 },
};

static const char *const es_aliases[] = { "elasticsearch-6", "elasticsearch-8", NULL };

static const struct connector connector_blink_es = {
    .name = "elasticsearch",
    .summary = "documents of Elasticsearch: Blink's elasticsearch",
    .family = FAMILY_TABLE,
    .name_option = "index",
    .options = blink_es_options,
    .missing = "the Elasticsearch client is not part of this build",
    .sink_modes = keyed_modes,
};

static const struct connector connector_es = {
    .name = "elasticsearch-7",
    .aliases = es_aliases,
    .summary = "documents of Elasticsearch",
    .family = FAMILY_TABLE,
    .name_option = "index",
    .options = es_options,
    .has_formats = true,
    .default_format = "json",
    .missing = "the Elasticsearch client is not part of this build",
    .sink_modes = keyed_modes,
};

/* ---- ClickHouse ---- */

static const struct option_spec clickhouse_options[] = {
    LOCAL_NAME_OPTIONS,
    LOCAL_PROFILE_OPTIONS,
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

static const struct connector connector_clickhouse = {
    .name = "clickhouse",
    .summary = "tables of ClickHouse",
    .family = FAMILY_TABLE,
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = clickhouse_options,
    .missing = "the ClickHouse client is not part of this build",
    .sink_modes = append_modes,
};

const struct connector *const declared_connectors[] = {
    &connector_rds,      &connector_jdbc, &connector_cloudhbase, &connector_hbase,
    &connector_blink_es, &connector_es,   &connector_clickhouse, NULL,
};
