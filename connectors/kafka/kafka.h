/* kafka.h -- shared inside this folder: what the options of a table say.
 *
 * Both dialects' spellings of an option are one here.  librdkafka's types occur by
 * their struct names only, so that no header of ours includes its header. */
#pragma once

#include "connector/connector.h"
#include "connector/pattern.h"

extern const struct option_spec kafka_options[];
extern const struct meta_spec kafka_metas[];

/* Kafka's properties by their bare names, as Blink and profiles give them; without a text of their
 * own.  They stand at the end of a table of options (kafka_conf.c). */
/* clang-format off */
#define KAFKA_BARE(name)                                                                           \
    { name, OPTION_TEXT, false, NULL, NULL, NULL }
#define KAFKA_BARE_OPTIONS                                                                         \
    KAFKA_BARE("acks"), KAFKA_BARE("retries"), KAFKA_BARE("linger.ms"),                            \
    KAFKA_BARE("batch.size"), KAFKA_BARE("batch.num.messages"), KAFKA_BARE("buffer.memory"),       \
    KAFKA_BARE("partitioner.class"), KAFKA_BARE("check.crcs"), KAFKA_BARE("debug"),                \
    KAFKA_BARE("isolation.level"), KAFKA_BARE("exclude.internal.topics"),                          \
    KAFKA_BARE("interceptor.classes"), KAFKA_BARE("metric.reporters"),                             \
    KAFKA_BARE("partition.assignment.strategy"), KAFKA_BARE("plugin.library.paths"),               \
    KAFKA_BARE("key.deserializer"), KAFKA_BARE("value.deserializer"),                              \
    KAFKA_BARE("key.serializer"), KAFKA_BARE("value.serializer"),                                  \
    KAFKA_BARE("group.instance.id"), KAFKA_BARE("delivery.timeout.ms"),                            \
    KAFKA_BARE("default.api.timeout.ms"), KAFKA_BARE("transactional.id"),                          \
    KAFKA_BARE("transaction.timeout.ms"), KAFKA_BARE("allow.auto.create.topics"),                  \
    KAFKA_BARE("auto.*"), KAFKA_BARE("client.*"), KAFKA_BARE("compression.*"),                     \
    KAFKA_BARE("connections.*"), KAFKA_BARE("enable.*"), KAFKA_BARE("fetch.*"),                    \
    KAFKA_BARE("heartbeat.*"), KAFKA_BARE("max.*"), KAFKA_BARE("message.*"),                       \
    KAFKA_BARE("metadata.*"), KAFKA_BARE("metrics.*"), KAFKA_BARE("queued.*"),                     \
    KAFKA_BARE("queue.buffering.*"), KAFKA_BARE("receive.*"), KAFKA_BARE("reconnect.*"),           \
    KAFKA_BARE("request.*"), KAFKA_BARE("retry.*"), KAFKA_BARE("sasl.*"),                          \
    KAFKA_BARE("security.*"), KAFKA_BARE("send.*"), KAFKA_BARE("session.*"),                       \
    KAFKA_BARE("socket.*"), KAFKA_BARE("ssl.*"), KAFKA_BARE("statistics.*"),                       \
    KAFKA_BARE("flink.*")
/* clang-format on */

extern const struct source_kind kafka_source;
extern const struct sink_kind kafka_sink;

/* The connectors that the program registers. */
extern const struct connector connector_kafka, connector_upsert_kafka;

/* Is it a table of upsert-kafka? */
bool kafka_is_keyed(const struct table_def *table);
/* The checks of both connectors; without a broker. */
enum code kafka_check(const struct table_def *table, bool as_sink, struct error *err) WEIR_CHECKED;
const char *kafka_lacks(const struct table_def *table, bool as_sink);
void kafka_describe(const struct table_def *table, struct buf *out);

/* An option by its Flink or its Blink name, whichever is given; NULL if neither is. */
const struct option *kafka_option(const struct table_def *table, const char *flink,
                                  const char *blink);

/* A Kafka property as Java names it: "properties.NAME", in Blink and in profiles also bare, and in
 * extraConfig.  .data is NULL if it is not given. */
struct str kafka_property(const struct table_def *table, const char *name);

/* --- topics -------------------------------------------------------------------------- */

struct kafka_topics {
    const struct str *names; /* in the order of the job, each with a NUL behind it */
    uint32_t count;
    struct str pattern; /* instead of names; empty: none */
};

/* E_OPTION if there is neither, both, or one that no broker can have. */
enum code kafka_topics_read(const struct table_def *table, struct arena *arena,
                            struct kafka_topics *ret, struct error *err) WEIR_CHECKED;

/* Partitions of the table's topics, as the brokers say now; *ret 0: they do not within a second. */
enum code kafka_count_partitions(const struct table_def *table, uint32_t *ret,
                                 struct error *err) WEIR_CHECKED;
