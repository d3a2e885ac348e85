/* kafka.c -- the connector "kafka": names, options, and the checks that can be made
 * without a broker.
 *
 * One table of options serves both dialects.  Kafka's own properties stand at its
 * end, without a text of their own: in Blink they are given bare, in Flink they are
 * spelled "properties.NAME", and check() says so to whoever forgets. */
#include "kafka/kafka.h"

#include "kafka/kafka_conf.h"
#include "kafka/kafka_props.h"
#include "kafka/kafka_rows.h"
#include "kafka/kafka_start.h"

const struct option_spec kafka_options[] = {
    { "topic", OPTION_TEXT, false, NULL, NULL,
      "The topic; several to read from are separated by \";\" (Blink: \",\")." },
    { "topic-pattern", OPTION_TEXT, false, NULL, NULL,
      "A regular expression; all topics whose whole name matches are read." },
    { "properties.bootstrap.servers", OPTION_TEXT, false, NULL, NULL,
      "The brokers to begin with, such as broker1:9092,broker2:9092." },
    { "properties.group.id", OPTION_TEXT, false, NULL, NULL,
      "The consumer group whose offsets are read at the start and committed." },
    { "properties.*", OPTION_TEXT, false, NULL, NULL,
      "Any property of a Kafka consumer or producer." },
    { "scan.startup.mode", OPTION_ENUM, false, "group-offsets",
      "earliest-offset|latest-offset|group-offsets|timestamp|specific-offsets",
      "Where reading begins." },
    { "scan.startup.timestamp-millis", OPTION_INT, false, NULL, NULL,
      "The time that startup mode timestamp begins at, in milliseconds since 1970." },
    { "scan.startup.specific-offsets", OPTION_TEXT, false, NULL, NULL,
      "Offsets for startup mode specific-offsets: partition:0,offset:42;partition:1,offset:300." },
    { "scan.bounded.mode", OPTION_ENUM, false, "unbounded",
      "unbounded|latest-offset|group-offsets|timestamp|specific-offsets", "Where reading ends." },
    { "scan.bounded.timestamp-millis", OPTION_INT, false, NULL, NULL,
      "The time that bounded mode timestamp ends at." },
    { "scan.bounded.specific-offsets", OPTION_TEXT, false, NULL, NULL,
      "Offsets in front of which bounded mode specific-offsets ends." },
    { "scan.topic-partition-discovery.interval", OPTION_DURATION, false, "5 min", NULL,
      "How often new partitions and topics are looked for; 0 switches it off." },
    { "scan.watermark.idle-timeout", OPTION_DURATION, false, NULL, NULL,
      "A partition of this table without records for so long does not hold event time back; wins "
      "over the setting table.exec.source.idle-timeout." },
    { "scan.watermark.*", OPTION_TEXT, false, NULL, NULL,
      "Accepted for Flink's sake: watermarks follow each row." },
    { "scan.parallelism", OPTION_INT, false, NULL, NULL,
      "Accepted for Flink's sake: partitions are shared out by weir." },
    { "sink.partitioner", OPTION_TEXT, false, "default", NULL,
      "default (by the key, as Java does), fixed (one partition) or round-robin." },
    { "sink.delivery-guarantee", OPTION_ENUM, false, "at-least-once",
      "none|at-least-once|exactly-once", "What a failure may do to written rows." },
    { "sink.semantic", OPTION_ENUM, false, NULL, "none|at-least-once|exactly-once",
      "The old name of sink.delivery-guarantee." },
    { "sink.transactional-id-prefix", OPTION_TEXT, false, NULL, NULL,
      "For sink.delivery-guarantee exactly-once." },
    { "sink.transaction-naming-strategy", OPTION_ENUM, false, NULL, "DEFAULT|INCREMENTING|POOLING",
      "For sink.delivery-guarantee exactly-once." },
    { "sink.parallelism", OPTION_INT, false, NULL, NULL,
      "Accepted for Flink's sake: writers are shared out by weir." },

    /* Blink */
    { "topicPattern", OPTION_TEXT, false, NULL, NULL, "Blink's name of topic-pattern." },
    { "bootstrap.servers", OPTION_TEXT, false, NULL, NULL,
      "Blink's name of properties.bootstrap.servers." },
    { "group.id", OPTION_TEXT, false, NULL, NULL, "Blink's name of properties.group.id." },
    { "startupMode", OPTION_ENUM, false, NULL,
      "GROUP_OFFSETS|EARLIEST|LATEST|TIMESTAMP|SPECIFIC_OFFSETS",
      "Where reading begins; GROUP_OFFSETS is the default, and without an offset means the end." },
    { "startTimeMs", OPTION_INT, false, NULL, NULL,
      "The time that startupMode TIMESTAMP begins at, in milliseconds since 1970." },
    { "startTime", OPTION_TEXT, false, NULL, NULL,
      "The same as text: yyyy-MM-dd HH:mm:ss in the zone of timeZone or the session." },
    { "timeZone", OPTION_TEXT, false, NULL, NULL, "The time zone of startTime." },
    { "partitionDiscoveryIntervalMS", OPTION_INT, false, NULL, NULL,
      "How often new partitions are looked for, in milliseconds." },
    { "extraConfig", OPTION_TEXT, false, NULL, NULL, "More properties: name=value;name=value." },

    /* Kafka's properties, bare: see kafka_conf.c. */
    KAFKA_BARE_OPTIONS,
    { NULL, OPTION_TEXT, false, NULL, NULL, NULL },
};

static const char *const aliases[] = { "kafka010",   "kafka011",   "kafka08",   "kafka09",
                                       "kafka-0.11", "kafka-0.10", "universal", NULL };
static const char *const name_aliases[] = { "topic-pattern", "topicPattern", NULL };

static const struct type *const header_types[] = { &type_string, &type_bytes };
static const struct type headers_type = {
    .id = TYPE_MAP,
    .child_count = 2,
    .children = header_types,
};

const struct meta_spec kafka_metas[] = {
    { "topic", META_TOPIC, &type_string, false },
    { "partition", META_PARTITION, &type_int, false },
    { "offset", META_OFFSET, &type_bigint, false },
    { "timestamp", META_TIMESTAMP, &type_timestamp_ltz3, true },
    { "timestamp-type", META_TIMESTAMP_TYPE, &type_string, false },
    { "leader-epoch", META_LEADER_EPOCH, &type_int, false },
    { "headers", META_HEADERS, &headers_type, true },
    { NULL, META_NONE, NULL, false },
};

const struct option *kafka_option(const struct table_def *table, const char *flink,
                                  const char *blink)
{
    const struct option *o = options_find(table->options, flink);
    return o || !blink ? o : options_find(table->options, blink);
}

bool kafka_is_keyed(const struct table_def *table)
{
    return str_iis(options_get(table->options, "connector"), connector_upsert_kafka.name);
}

/* --- checks -------------------------------------------------------------------------- */

/* In Flink's dialect a bare property is a mistake with a clear cure. */
static enum code check_bare(const struct table_def *table, struct error *err)
{
    for (uint32_t i = 0; i < table->options->count && !table->blink; i++) {
        const struct option *o = &table->options->items[i];
        if (o->from_profile)
            continue;
        const struct option_spec *spec = kafka_options;
        while (spec->name && !str_iis(o->key, spec->name))
            spec++;
        bool is_option = spec->name && spec->help && !str_iis(o->key, "bootstrap.servers") &&
                         !str_iis(o->key, "group.id");
        if (is_option || str_starts(o->key, STR("properties.")) || !kafka_prop_is_known(o->key))
            continue;
        error_set(err, E_OPTION, "connector \"%s\" has no option \"" STR_FMT "\"",
                  kafka_is_keyed(table) ? connector_upsert_kafka.name : connector_kafka.name,
                  STR_ARG(o->key));
        error_hint(err, "A property of Kafka is written \"properties." STR_FMT "\".",
                   STR_ARG(o->key));
        if (o->key_span.size > 0)
            error_locate(err, o->key_span);
        return E_OPTION;
    }
    return OK;
}

static enum code check_source(const struct table_def *table, struct arena *arena, struct error *err)
{
    struct kafka_start start;
    struct kafka_topics topics;
    TRY(kafka_start_read(table, arena, &start, err));
    TRY(kafka_topics_read(table, arena, &topics, err));
    if (topics.pattern.size == 0)
        return OK;
    struct name_pattern *pattern;
    enum code code = name_pattern_compile("topic pattern", topics.pattern, &pattern, err);
    if (code != OK) {
        option_locate(err, kafka_option(table, "topic-pattern", "topicPattern"));
        return code;
    }
    name_pattern_destroy(pattern);
    return OK;
}

/* As in Flink: rows of one key would lie in any partition, and come back in any order. */
static enum code check_round_robin(const struct table_def *table, const struct option *partitioner,
                                   struct error *err)
{
    if (!options_has(table->options, "key.fields"))
        return OK;
    error_set(err, E_OPTION,
              "option \"sink.partitioner\" cannot be \"round-robin\" with "
              "\"key.fields\"");
    error_hint(err, "default puts the rows of a key into one partition.");
    option_locate(err, partitioner);
    return E_OPTION;
}

static enum code check_sink(const struct table_def *table, struct arena *arena, struct error *err)
{
    const struct option *guarantee =
        kafka_option(table, "sink.delivery-guarantee", "sink.semantic");
    if (guarantee && str_iis(str_trim(guarantee->value), "exactly-once")) {
        error_set(err, E_UNSUPPORTED, "writing to Kafka exactly once is not part of this version");
        error_hint(err, "With 'sink.delivery-guarantee' = 'at-least-once' no row is lost, and rows "
                        "may be written again after a failure.");
        option_locate(err, guarantee);
        return E_UNSUPPORTED;
    }
    const struct option *partitioner = options_find(table->options, "sink.partitioner");
    struct str name = partitioner ? str_trim(partitioner->value) : STR("default");
    if (!str_iis(name, "default") && !str_iis(name, "fixed") && !str_iis(name, "round-robin")) {
        error_set(err, E_OPTION, "option \"sink.partitioner\" cannot be \"%.*s\"",
                  (int)MIN(name.size, (size_t)100), name.data);
        error_detail(err, "Possible values: default, fixed, round-robin. Java classes cannot be "
                          "used.");
        option_locate(err, partitioner);
        return E_OPTION;
    }
    if (str_iis(name, "round-robin"))
        TRY(check_round_robin(table, partitioner, err));
    struct kafka_topics topics;
    TRY(kafka_topics_read(table, arena, &topics, err));
    if (topics.count != 1) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\" names %s, and can be written to one only",
                  STR_ARG(table->name),
                  topics.count == 0 ? "a pattern of topics" : "several topics");
        option_locate(err, topics.count > 0 ? options_find(table->options, "topic")
                                            : kafka_option(table, "topic-pattern", "topicPattern"));
        return E_OPTION;
    }
    struct kafka_rows rows;
    enum code code = kafka_rows_open(&rows, table, arena, err);
    kafka_rows_close(&rows);
    return code;
}

/* Reading begins at the offsets of a group, which a profile may name, as the brokers. */
static bool needs_group(const struct table_def *table)
{
    struct kafka_start start;
    struct arena *arena = arena_create();
    bool needs =
        arena && kafka_start_read(table, arena, &start, NULL) == OK &&
        (start.from.place == PLACE_GROUP || (start.bounded && start.to.place == PLACE_GROUP));
    arena_destroy(arena);
    return needs;
}

const char *kafka_lacks(const struct table_def *table, bool as_sink)
{
    if (kafka_brokers(table).size == 0)
        return table->blink ? "bootstrap.servers" : "properties.bootstrap.servers";
    if (as_sink || kafka_group(table).size > 0 || !needs_group(table))
        return NULL;
    return table->blink ? "group.id" : "properties.group.id";
}

enum code kafka_check(const struct table_def *table, bool as_sink, struct error *err)
{
    TRY(check_bare(table, err));
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    enum code code = as_sink ? check_sink(table, arena, err) : check_source(table, arena, err);
    arena_destroy(arena);
    TRY(code);
    return kafka_conf_try(table, as_sink ? KAFKA_PRODUCER : KAFKA_CONSUMER, err);
}

/* Blink: every row is a message, deletes are left out.  Flink: what the format can say. */
static unsigned sink_modes(const struct table_def *table)
{
    if (table->blink)
        return SINK_APPEND | SINK_UPSERT;
    const struct format *format = table_format(table, false);
    unsigned carries = format ? format->carries : CARRIES_INSERT;
    return (carries & CARRIES_ALL) == CARRIES_ALL ? SINK_APPEND | SINK_RETRACT
           : carries & CARRIES_UPDATE_AFTER       ? SINK_APPEND | SINK_UPSERT
                                                  : SINK_APPEND;
}

void kafka_describe(const struct table_def *table, struct buf *out)
{
    struct str topic = options_get(table->options, "topic");
    const struct option *pattern = kafka_option(table, "topic-pattern", "topicPattern");
    struct str group = kafka_group(table);
    if (topic.size > 0)
        buf_printf(out, "topic=" STR_FMT, STR_ARG(topic));
    else if (pattern)
        buf_printf(out, "topic-pattern=" STR_FMT, STR_ARG(pattern->value));
    if (group.size > 0)
        buf_printf(out, " group=" STR_FMT, STR_ARG(group));
    table_put_formats(table, out);
}

const struct connector connector_kafka = {
    .name = "kafka",
    .aliases = aliases,
    .summary = "topics of Apache Kafka",
    .family = FAMILY_TOPIC,
    .name_option = "topic",
    .name_option_aliases = name_aliases,
    .options = kafka_options,
    .metas = kafka_metas,
    .has_formats = true,
    .has_key_format = true,
    .key_of_message = true,
    .source = &kafka_source,
    .sink = &kafka_sink,
    .sink_modes = sink_modes,
    .check = kafka_check,
    .lacks = kafka_lacks,
    .describe = kafka_describe,
};
