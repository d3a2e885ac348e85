/* elastic.c -- the connectors "elasticsearch" (Blink) and "elasticsearch-7" (Flink).
 *
 * The options follow the documentation of Blink and of Flink. */
#include "elastic/elastic.h"

#include "base/arena.h"
#include "elastic/elastic_doc.h"
#include "elastic/elastic_server.h"
#include "remote/remote_options.h"
#include "remote/remote_sink.h"

static unsigned keyed_modes(const struct table_def *table)
{
    return table->schema->key_count > 0 ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

static const struct option_spec blink_es_options[] = {
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
    BLINK_CACHE_OPTIONS,
    { "endPoint", OPTION_TEXT, false, NULL, NULL, "The address of the server." },
    { "accessId", OPTION_TEXT, false, NULL, NULL, "Who logs in." },
    { "accessKey", OPTION_SECRET, false, NULL, NULL, "The password." },
    { "index", OPTION_TEXT, false, NULL, NULL, "The index." },
    { "typeName", OPTION_TEXT, false, NULL, NULL, "The type of documents, usually _doc." },
    { "bufferSize", OPTION_INT, false, "1000", NULL,
      "Rows a call, where batchSize does not say it." },
    { "batchSize", OPTION_INT, false, NULL, NULL, "Rows a call." },
    { "flushIntervalMs", OPTION_DURATION, false, "2000", NULL,
      "How long a row may wait to be written." },
    { "maxRetryTimes", OPTION_INT, false, "30", NULL, "How often a failed call is tried." },
    { "timeout", OPTION_DURATION, false, "600000", NULL, "How long a call may take." },
    { "discovery", OPTION_BOOL, false, "false", NULL,
      "Accepted: all servers that are asked stand in endPoint." },
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
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
    LOOKUP_CACHE_OPTIONS,
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
      "Accepted: no row is ever lost." },
    { "sink.flush-on-checkpoint", OPTION_BOOL, false, "true", NULL, "Accepted." },
    { "sink.bulk-flush.max-actions", OPTION_INT, false, "1000", NULL, "Documents a call." },
    { "sink.bulk-flush.max-size", OPTION_BYTES, false, "2mb", NULL, "Bytes a call." },
    { "sink.bulk-flush.interval", OPTION_DURATION, false, "1s", NULL,
      "How long a document may wait to be written." },
    { "sink.bulk-flush.backoff.strategy", OPTION_ENUM, false, "DISABLED",
      "DISABLED|CONSTANT|EXPONENTIAL",
      "Accepted: the time between tries grows from 0.1 to 5 seconds." },
    { "sink.bulk-flush.backoff.max-retries", OPTION_INT, false, NULL, NULL,
      "How often a failed call is tried." },
    { "sink.bulk-flush.backoff.delay", OPTION_DURATION, false, NULL, NULL,
      "Accepted: see the strategy." },
    { "sink.bulk-flush.max-buffered-actions", OPTION_INT, false, NULL, NULL,
      "Accepted: 64 MB of documents may wait." },
    { "sink.bulk-flush.max-in-flight-actions", OPTION_INT, false, NULL, NULL,
      "Accepted: one call at a time keeps the order of a key's rows." },
    { "connection.path-prefix", OPTION_TEXT, false, NULL, NULL, "In front of every path." },
    { "connection.request-timeout", OPTION_DURATION, false, NULL, NULL,
      "Accepted: a connection of its own is always free." },
    { "connection.timeout", OPTION_DURATION, false, NULL, NULL, "How long to wait to connect." },
    { "socket.timeout", OPTION_DURATION, false, NULL, NULL, "How long to wait for data." },
    { "ssl.certificate-fingerprint", OPTION_TEXT, false, NULL, NULL,
      "The fingerprint of the certificate, version 8." },
    { "format", OPTION_TEXT, false, "json", NULL, "How documents are written: json." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL, "Accepted." },
    { "allow-insecure", OPTION_BOOL, false, "false", NULL,
      "OpenSearch: are certificates not verified?" },
    { 0 },
};

static const char *const es_aliases[] = { "elasticsearch-6", "elasticsearch-8", "opensearch",
                                          "opensearch-2", NULL };

bool es_is_blink(const struct table_def *def)
{
    return def->options->specs[0] == blink_es_options;
}

#ifdef WEIR_HTTP

/* Flink's updates are put over what is there, so a delete before one of them shows. */
static bool keeps_last(const struct table_def *table)
{
    return table->schema->key_count > 0 && es_is_blink(table) && es_docs_are_whole(table);
}

static enum code refuse(const struct table_def *table, const char *option, struct error *err)
{
    option_locate(err, options_find(table->options, option));
    return E_OPTION;
}

static enum code check_failure_handler(const struct table_def *table, struct error *err)
{
    struct str handler = options_get(table->options, "failure-handler");
    if (es_is_blink(table) || str_iis(handler, "fail") || str_iis(handler, "ignore") ||
        str_iis(handler, "retry-rejected"))
        return OK;
    error_set(err, E_OPTION, "option \"failure-handler\" cannot be \"" STR_FMT "\"",
              STR_ARG(handler));
    error_detail(err,
                 "Possible values: fail, ignore, retry-rejected. Java classes cannot be used.");
    return refuse(table, "failure-handler", err);
}

static enum code check_key(const struct table_def *table, struct error *err)
{
    const struct schema *schema = table->schema;
    if (es_is_blink(table) && schema->key_count > 1) {
        error_set(err, E_OPTION,
                  "the primary key of table \"" STR_FMT "\" has %u columns, but the id of a "
                  "document is one",
                  STR_ARG(table->name), schema->key_count);
        error_hint(err, "Concatenate them to one column.");
        return E_OPTION;
    }
    for (uint32_t i = 0; i < schema->key_count; i++) {
        const struct field *field = &schema->fields[schema->key[i]];
        if (field->type->child_count > 0 || type_is_binary(field->type)) {
            error_set(err, E_TYPE,
                      "column \"" STR_FMT "\" is no text, number or time, and cannot be a "
                      "part of the id of a document",
                      STR_ARG(field->name));
            table_locate_column(table, schema->key[i], err);
            return E_TYPE;
        }
    }
    return OK;
}

static enum code check_json(const struct table_def *table, const char *option, struct error *err)
{
    struct str text = str_trim(options_get(table->options, option));
    if (text.size == 0 || (text.data[0] == '{' && text.data[text.size - 1] == '}'))
        return OK;
    error_set(err, E_OPTION, "option \"%s\" is no object of JSON", option);
    return refuse(table, option, err);
}

static enum code check_server(const struct table_def *table, bool as_sink, struct arena *arena,
                              struct error *err)
{
    struct es_index index;
    struct str name;
    TRY(as_sink ? es_index_read(&index, table, arena, err)
                : es_read_index(table, arena, &name, err));
    return es_check_http(table, arena, err);
}

/* A document is JSON, whatever the table asks for. */
static enum code check_format(const struct table_def *table, struct error *err)
{
    const char *option = options_has(table->options, "format") ? "format" : "value.format";
    struct str format = options_get(table->options, option);
    if (format.size == 0 || str_iis(str_trim(format), "json"))
        return OK;
    error_set(err, E_OPTION,
              "documents of Elasticsearch are JSON: the format cannot be \"" STR_FMT "\"",
              STR_ARG(format));
    error_hint(err, "Leave the option out.");
    return refuse(table, option, err);
}

static enum code check(const struct table_def *table, bool as_sink, struct error *err)
{
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    enum code code = check_server(table, as_sink, arena, err);
    arena_destroy(arena);
    TRY(code);
    if (!es_is_blink(table))
        TRY(check_format(table, err));
    if (!as_sink)
        return OK;
    TRY(check_failure_handler(table, err));
    TRY(check_key(table, err));
    if (!es_is_blink(table))
        return OK;
    TRY(check_json(table, "settings", err));
    return check_json(table, "mapping", err);
}

#endif

/* An address without what may stand before an @. */
static void put_endpoints(struct buf *out, struct str text)
{
    while (text.size > 0) {
        size_t end = 0, host = 0;
        while (end < text.size && text.data[end] != ';' && text.data[end] != ',')
            end++;
        for (size_t i = 0; i < end; i++)
            if (text.data[i] == '@')
                host = i + 1;
        buf_str(out, str_make(text.data + host, end - host));
        if (end < text.size)
            buf_char(out, text.data[end++]);
        text = str_make(text.data + end, text.size - end);
    }
}

static void describe(const struct table_def *table, struct buf *out)
{
    struct str endpoints =
        str_trim(options_get(table->options, es_is_blink(table) ? "endPoint" : "hosts"));
    buf_text(out, "index=");
    buf_str(out, options_get(table->options, "index"));
    if (endpoints.size == 0)
        return;
    buf_text(out, " endpoint=");
    put_endpoints(out, endpoints);
}

#ifdef WEIR_HTTP
#define ES_ROLES                                                                                   \
    .source = &es_source_kind, .sink = &es_sink_kind, .lookup = &es_lookup_kind,                   \
    .keeps_last = keeps_last, .check = check, .lacks = es_lack
#else
#define ES_ROLES .missing = "the Elasticsearch client is not part of this build"
#endif

/* What is the same of both. */
#define ES_TABLE                                                                                   \
    .family = FAMILY_TABLE, .name_option = "index", .sink_modes = keyed_modes,                     \
    .guarantee = remote_sink_guarantee, .describe = describe, ES_ROLES

const struct connector connector_blink_es = {
    .name = "elasticsearch",
    .summary = "documents of Elasticsearch: Blink's elasticsearch",
    .options = blink_es_options,
    ES_TABLE,
};

const struct connector connector_es = {
    .name = "elasticsearch-7",
    .aliases = es_aliases,
    .summary = "documents of Elasticsearch and OpenSearch",
    .options = es_options,
    .has_formats = true,
    .default_format = "json",
    ES_TABLE,
};
