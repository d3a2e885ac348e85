/* local_topic.c -- "local-topic": what the local profile binds tables over Kafka
 * topics to.  They keep their options; only those that name topics matter here, and
 * reading begins at the beginning whatever they say about it. */
#include "local/local.h"

#include "local/local_topic.h"
#include "local/topic_files.h"
#include "connector/topic_fold.h"

static const struct option_spec options[] = {
    { "topic", OPTION_TEXT, false, NULL, NULL, "The topic, or several of them." },
    { "topic-pattern", OPTION_TEXT, false, NULL, NULL,
      "A regular expression; all topics that match it are read." },
    { LOCAL_CONNECTOR_OPTION, OPTION_TEXT, false, NULL, NULL,
      "The connector that the job asked for." },
    { "*", OPTION_TEXT, false, NULL, NULL, "Options of that connector." },
    { 0 },
};

static const struct type *const header_types[] = { &type_string, &type_bytes };
const struct type topic_headers_type = {
    .id = TYPE_MAP,
    .child_count = 2,
    .children = header_types,
};

static const struct meta_spec metas[] = {
    { "topic", META_TOPIC, &type_string, false },
    { "partition", META_PARTITION, &type_int, false },
    { "offset", META_OFFSET, &type_bigint, false },
    { "timestamp", META_TIMESTAMP, &type_timestamp_ltz3, true },
    { "timestamp-type", META_TIMESTAMP_TYPE, &type_string, false },
    { "leader-epoch", META_LEADER_EPOCH, &type_int, false },
    { "headers", META_HEADERS, &topic_headers_type, true },
    { 0 },
};

static bool is_keyed(const struct table_def *table)
{
    return str_iis(options_get(table->options, LOCAL_CONNECTOR_OPTION), "upsert-kafka");
}

static unsigned sink_modes(const struct table_def *table)
{
    const struct format *format = table_format(table, false);
    bool carries_all = format && (format->carries & CARRIES_DELETE) != 0;
    bool is_upsert = table->blink || is_keyed(table);
    if (carries_all && !is_upsert)
        return SINK_APPEND | SINK_RETRACT;
    return is_upsert ? SINK_APPEND | SINK_UPSERT : SINK_APPEND;
}

static const char *guarantee(const struct table_def *table, enum sink_mode mode)
{
    (void)mode;
    return is_keyed(table) ? "idempotent by key" : "at-least-once";
}

static enum code check(const struct table_def *table, bool as_sink, struct error *err)
{
    struct str topic;
    if (as_sink)
        TRY(topic_of_sink(table, &topic, err));
    if (as_sink && is_keyed(table))
        TRY(topic_fold_check(table, err));
    return topic_files_check(table, err);
}

static void describe(const struct table_def *table, struct buf *out)
{
    struct str topic = options_get(table->options, "topic");
    if (topic.data) {
        buf_text(out, "topic=");
        buf_str(out, topic);
    }
    table_put_formats(table, out);
}

const struct connector connector_local_topic = {
    .name = "local-topic",
    .summary = "topics as files of the local profile",
    .family = FAMILY_EMBEDDED,
    .name_option = "topic",
    .options = options,
    .metas = metas,
    .has_formats = true,
    .has_key_format = true,
    .key_of_message = true,
    .is_keyed = is_keyed,
    .source = &local_topic_source,
    .sink = &local_topic_sink,
    .sink_modes = sink_modes,
    .guarantee = guarantee,
    .check = check,
    .describe = describe,
};
