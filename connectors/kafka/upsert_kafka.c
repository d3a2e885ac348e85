/* upsert_kafka.c -- the connector "upsert-kafka": a topic that is a table by key.
 *
 * Reading and writing are those of "kafka"; what is different hangs on
 * kafka_is_keyed(): reading begins at the oldest message, and a delete is a message
 * without value. */
#include "kafka/kafka.h"

#include "connector/topic_fold.h"

static const struct option_spec options[] = {
    { "topic", OPTION_TEXT, false, NULL, NULL,
      "The topic; several to read from are separated by \";\"." },
    { "topic-pattern", OPTION_TEXT, false, NULL, NULL,
      "A regular expression; all topics whose whole name matches are read." },
    { "properties.bootstrap.servers", OPTION_TEXT, false, NULL, NULL,
      "The brokers to begin with, such as broker1:9092,broker2:9092." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL,
      "Any property of a Kafka consumer or producer." },
    { "scan.bounded.mode", OPTION_ENUM, false, "unbounded",
      "unbounded|latest-offset|group-offsets|timestamp|specific-offsets", "Where reading ends." },
    { "scan.bounded.timestamp-millis", OPTION_INT, false, NULL, NULL,
      "The time that bounded mode timestamp ends at." },
    { "scan.bounded.specific-offsets", OPTION_TEXT, false, NULL, NULL,
      "Offsets in front of which bounded mode specific-offsets ends." },
    { "scan.topic-partition-discovery.interval", OPTION_DURATION, false, "5 min", NULL,
      "How often new partitions and topics are looked for; 0 switches it off." },
    { "scan.watermark.*", OPTION_TEXT, false, NULL, NULL,
      "Accepted for Flink's sake: watermarks follow each row." },
    { "scan.parallelism", OPTION_INT, false, NULL, NULL,
      "Accepted for Flink's sake: partitions are shared out by weir." },
    { "sink.buffer-flush.max-rows", OPTION_INT, false, "0", NULL,
      "So many keys wait for later rows, of which the last is sent; 0: none waits. Only with the "
      "interval." },
    { "sink.buffer-flush.interval", OPTION_DURATION, false, "0", NULL,
      "So long a row waits for a later one of its key; 0: not at all. Only with max-rows." },
    { "sink.delivery-guarantee", OPTION_ENUM, false, "at-least-once",
      "none|at-least-once|exactly-once", "What a failure may do to written rows." },
    { "sink.transactional-id-prefix", OPTION_TEXT, false, NULL, NULL,
      "For sink.delivery-guarantee exactly-once." },
    { "sink.transaction-naming-strategy", OPTION_ENUM, false, NULL, "DEFAULT|INCREMENTING|POOLING",
      "For sink.delivery-guarantee exactly-once." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL,
      "Accepted for Flink's sake: writers are shared out by weir." },

    /* Profiles give these by their bare names. */
    { "bootstrap.servers", OPTION_TEXT, false, NULL, NULL,
      "properties.bootstrap.servers in a profile." },
    { "group.id", OPTION_TEXT, false, NULL, NULL, "properties.group.id in a profile." },
    KAFKA_BARE_OPTIONS,
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

static const char *const name_aliases[] = { "topic-pattern", NULL };

static bool is_keyed(const struct table_def *table)
{
    (void)table;
    return true;
}

static unsigned sink_modes(const struct table_def *table)
{
    (void)table;
    return SINK_APPEND | SINK_UPSERT;
}

/* Whoever reads the topic by key sees the last message of a key, also if it came twice. */
static const char *guarantee(const struct table_def *table, enum sink_mode mode)
{
    (void)table, (void)mode;
    return "idempotent by key";
}

static enum code check(const struct table_def *table, bool as_sink, struct error *err)
{
    if (as_sink)
        TRY(topic_fold_check(table, err));
    return kafka_check(table, as_sink, err);
}

const struct connector connector_upsert_kafka = {
    .name = "upsert-kafka",
    .summary = "topics of Apache Kafka as tables by key: the last message of a key is its row",
    .kin = "kafka",
    .family = FAMILY_TOPIC,
    .name_option = "topic",
    .name_option_aliases = name_aliases,
    .options = options,
    .metas = kafka_metas,
    .has_formats = true,
    .has_key_format = true,
    .key_of_message = false,
    .is_keyed = is_keyed,
    .source = &kafka_source,
    .sink = &kafka_sink,
    .sink_modes = sink_modes,
    .keeps_last = topic_fold_is_asked,
    .guarantee = guarantee,
    .check = check,
    .lacks = kafka_lacks,
    .describe = kafka_describe,
};
