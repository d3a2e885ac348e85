/* hbase.c -- the connectors "cloudhbase" (Blink) and "hbase-2.2" (Flink): tables of HBase.
 *
 * The options follow the documentation of Blink and of Flink. */
#include "hbase/hbase.h"

#include "remote/remote_options.h"

static const char *const table_name_aliases[] = { "table-name", NULL };

static unsigned upsert_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND | SINK_UPSERT;
}

static const struct option_spec cloudhbase_options[] = {
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
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
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
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

const struct connector connector_cloudhbase = {
    .name = "cloudhbase",
    .summary = "tables of HBase: Blink's cloudhbase",
    .family = FAMILY_TABLE,
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = cloudhbase_options,
    .missing = "the HBase client is not part of this build",
    .sink_modes = upsert_modes,
};

const struct connector connector_hbase = {
    .name = "hbase-2.2",
    .aliases = hbase_aliases,
    .summary = "tables of HBase",
    .family = FAMILY_TABLE,
    .name_option = "table-name",
    .options = hbase_options,
    .missing = "the HBase client is not part of this build",
    .sink_modes = upsert_modes,
};
