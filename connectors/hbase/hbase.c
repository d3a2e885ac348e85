/* hbase.c -- the connectors "cloudhbase" (Blink) and "hbase-2.2" (Flink): tables of HBase, reached
 * over its REST server.
 *
 * The options follow the documentation of Blink and of Flink, which know addresses of ZooKeeper;
 * those of REST servers are ours. */
#include "hbase/hbase.h"

#include "hbase/hbase_table.h"
#ifdef WEIR_HTTP
#include "hbase/hbase_rest.h"
#endif
#include "remote/remote_options.h"

static const char *const table_name_aliases[] = { "table-name", NULL };

#define REST_OPTIONS                                                                               \
    {                                                                                              \
        "rest.endpoints", OPTION_TEXT, false, NULL, NULL,                                          \
            "The addresses of HBase's REST servers, with ';' between several."                     \
    }

/* In a dynamic table the row key is not all of a row's key, which is why nobody may go by it. */
static unsigned sink_modes(const struct table_def *table)
{
    bool is_dynamic = options_bool(table->options, "isDynamicTable");
    return SINK_APPEND | (is_dynamic ? SINK_RETRACT : SINK_UPSERT);
}

static enum code check_server(const struct hbase_table *table, struct error *err)
{
#ifdef WEIR_HTTP
    return hbase_rest_check(table, err);
#else
    (void)table, (void)err;
    return OK;
#endif
}

static const char *lacks(const struct table_def *def, bool as_sink)
{
    (void)as_sink;
    struct hbase_table *table;
    if (hbase_table_read(def, &table, NULL) != OK)
        return NULL;
    const char *option = hbase_table_lack(table);
    hbase_table_destroy(table);
    return option;
}

static enum code check(const struct table_def *def, bool as_sink, struct error *err)
{
    struct hbase_table *table;
    TRY(hbase_table_read(def, &table, err));
    bool has_cells = table->cell_count > 0, is_dynamic = table->is_dynamic;
    enum code code = check_server(table, err);
    hbase_table_destroy(table);
    TRY(code);
    if (is_dynamic && !as_sink) {
        error_set(err, E_UNSUPPORTED,
                  "table \"" STR_FMT "\" is a dynamic one, which can only be written",
                  STR_ARG(def->name));
        option_locate(err, options_find(def->options, "isDynamicTable"));
        return E_UNSUPPORTED;
    }
    if (has_cells || !as_sink)
        return OK;
    return error_set(err, E_PLAN, "table \"" STR_FMT "\" has no column besides its row key",
                     STR_ARG(def->name));
}

/* Rows have a key, declared or not. */
static const char *guarantee(const struct table_def *def, enum sink_mode mode)
{
    (void)def;
    (void)mode;
    return "idempotent by key";
}

static bool keeps_last(const struct table_def *def)
{
    struct hbase_table *table;
    bool keeps = def->schema->key_count > 0 && hbase_table_read(def, &table, NULL) == OK;
    if (keeps) {
        keeps = hbase_table_keeps_last(table);
        hbase_table_destroy(table);
    }
    return keeps;
}

/* Addresses may hold what nobody should read, though no call is made with them then. */
static void put_addresses(struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && text.data[end] != ';' && text.data[end] != ',')
            end++;
        struct str one = str_make(text.data + at, end - at);
        const char *user = memrchr(one.data, '@', one.size);
        if (at > 0)
            buf_char(out, ';');
        buf_str(out, user ? str_make(user + 1, (size_t)(one.data + one.size - user) - 1) : one);
        at = end + 1;
    }
}

static void describe(const struct table_def *def, struct buf *out)
{
    struct str name = options_get(def->options, "table-name");
    struct str endpoints = hbase_endpoints(def->options);
    if (name.size == 0)
        name = options_get(def->options, "tableName");
    buf_text(out, "table=");
    buf_str(out, name);
    if (endpoints.size == 0)
        return;
    buf_text(out, " endpoint=");
    put_addresses(out, endpoints);
}

#ifdef WEIR_HTTP
#define ROLES .source = &hbase_scan, .sink = &hbase_sink, .lookup = &hbase_lookup
#else
#define ROLES .missing = "the HBase client is not part of this build"
#endif

/* What is the same of both. */
#define HBASE_TABLE                                                                                \
    .family = FAMILY_TABLE, .sink_modes = sink_modes, .guarantee = guarantee,                      \
    .keeps_last = keeps_last, .check = check, .lacks = lacks, .describe = describe, ROLES

static const struct option_spec cloudhbase_options[] = {
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
    REST_OPTIONS,
    { "zkQuorum", OPTION_TEXT, false, NULL, NULL,
      "Accepted: the addresses of ZooKeeper do not stand for those of REST servers." },
    { "zkNodeParent", OPTION_TEXT, false, NULL, NULL, "Accepted: the REST servers know it." },
    { "endPoint", OPTION_TEXT, false, NULL, NULL, "The same as rest.endpoints." },
    { "userName", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "haClusterID", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "haClustserID", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { "tableName", OPTION_TEXT, false, NULL, NULL, "The table, also as namespace:table." },
    { "columnFamily", OPTION_TEXT, false, NULL, NULL, "The column family." },
    { "maxRetryTimes", OPTION_INT, false, "10", NULL, "How often a failed call is tried." },
    { "bufferSize", OPTION_INT, false, "5000", NULL, "Accepted: 64 MB of rows may wait." },
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
    REST_OPTIONS,
    { "table-name", OPTION_TEXT, false, NULL, NULL, "The table, also as namespace:table." },
    { "zookeeper.quorum", OPTION_TEXT, false, NULL, NULL,
      "Accepted: the addresses of ZooKeeper do not stand for those of REST servers." },
    { "zookeeper.znode.parent", OPTION_TEXT, false, "/hbase", NULL,
      "Accepted: the REST servers know it." },
    { "username", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "password", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "null-string-literal", OPTION_TEXT, false, "null", NULL, "How a NULL text is written." },
    { "sink.buffer-flush.max-size", OPTION_BYTES, false, "2mb", NULL, "Bytes a call." },
    { "sink.buffer-flush.max-rows", OPTION_INT, false, "1000", NULL, "Rows a call." },
    { "sink.buffer-flush.interval", OPTION_DURATION, false, "1s", NULL,
      "How long a row may wait to be written." },
    { "sink.ignore-null-value", OPTION_BOOL, false, "false", NULL, "Are NULL cells left out?" },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    LOOKUP_CACHE_OPTIONS,
    { "properties.*", OPTION_TEXT, false, NULL, NULL, "Accepted." },
    { 0 },
};

static const char *const hbase_aliases[] = { "hbase-1.4", "hbase", NULL };

const struct connector connector_cloudhbase = {
    .name = "cloudhbase",
    .summary = "tables of HBase: Blink's cloudhbase",
    .name_option = "tableName",
    .name_option_aliases = table_name_aliases,
    .options = cloudhbase_options,
    HBASE_TABLE,
};

const struct connector connector_hbase = {
    .name = "hbase-2.2",
    .aliases = hbase_aliases,
    .summary = "tables of HBase",
    .name_option = "table-name",
    .options = hbase_options,
    HBASE_TABLE,
};
