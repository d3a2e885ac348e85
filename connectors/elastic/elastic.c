/* elastic.c -- the connectors "elasticsearch" (Blink) and "elasticsearch-7" (Flink).
 *
 * The options follow the documentation of Blink and of Flink. */
#include "elastic/elastic.h"

#include "remote/remote_options.h"

static unsigned keyed_modes(const struct table_def *table)
{
    return table->schema->key_count > 0 ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

static const struct option_spec blink_es_options[] = {
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
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
    REMOTE_NAME_OPTIONS,
    HTTP_OPTIONS,
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

const struct connector connector_blink_es = {
    .name = "elasticsearch",
    .summary = "documents of Elasticsearch: Blink's elasticsearch",
    .family = FAMILY_TABLE,
    .name_option = "index",
    .options = blink_es_options,
    .missing = "the Elasticsearch client is not part of this build",
    .sink_modes = keyed_modes,
};

const struct connector connector_es = {
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
