/* kafka.h -- shared inside this folder: what the options of a table say.
 *
 * Both dialects' spellings of an option are one here.  librdkafka's types occur by
 * their struct names only, so that no header of ours includes its header. */
#pragma once

#include "connector/connector.h"

extern const struct option_spec kafka_options[];
extern const struct source_kind kafka_source;
extern const struct sink_kind kafka_sink;

/* The connector that the program registers. */
extern const struct connector connector_kafka;

/* An option by its Flink or its Blink name, whichever is given; NULL if neither is. */
const struct option *kafka_option(const struct table_def *table, const char *flink,
                                  const char *blink);

/* A Kafka property as Java names it: "properties.NAME", in Blink and in profiles also bare, and in
 * extraConfig.  .data is NULL if it is not given. */
struct str kafka_property(const struct table_def *table, const char *name);

/* The position of an option in the job, or that it came with the profile. */
void kafka_locate(struct error *err, const struct option *option);

/* --- topics -------------------------------------------------------------------------- */

struct kafka_topics {
    const struct str *names; /* in the order of the job, each with a NUL behind it */
    uint32_t count;
    struct str pattern; /* instead of names; empty: none */
};

/* E_OPTION if there is neither, both, or one that no broker can have. */
enum code kafka_topics_read(const struct table_def *table, struct arena *arena,
                            struct kafka_topics *ret, struct error *err) WEIR_CHECKED;

struct kafka_pattern; /* a compiled topic pattern; immutable */
enum code kafka_pattern_compile(struct str pattern, struct kafka_pattern **ret,
                                struct error *err) WEIR_CHECKED;
bool kafka_pattern_matches(const struct kafka_pattern *pattern, const char *topic);
void kafka_pattern_destroy(struct kafka_pattern *pattern); /* NULL is fine */

/* Partitions of the table's topics, as the brokers say now; *ret 0: they do not within a second. */
enum code kafka_count_partitions(const struct table_def *table, uint32_t *ret,
                                 struct error *err) WEIR_CHECKED;
