/* kafka.h -- what the tests of the Kafka connector share: a cluster inside of the
 * process (librdkafka's mock) or a real one, tables over its topics, and sources that
 * are read by hand. */
#pragma once

#include "connector/connector.h"
#include "base/arena.h"
#include "base/clock.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/* --- clusters ------------------------------------------------------------------------ */

struct kafka_cluster {
    rd_kafka_t *rk;                /* a producer: also what owns the mock */
    rd_kafka_mock_cluster_t *mock; /* NULL: a real one */
    char brokers[256];
};

struct kafka_cluster *kafka_cluster_mock(int broker_count);
struct kafka_cluster *kafka_cluster_real(const char *brokers);
void kafka_cluster_end(struct kafka_cluster *c);

/* Makes a topic; on a real cluster it is deleted first if it is there. */
void kafka_cluster_topic(struct kafka_cluster *c, const char *topic, int partitions);
/* Writes messages "FIRST" .. "FIRST + count - 1" as decimal values into one partition, with keys
 * "kN", and waits until they are there. */
void kafka_cluster_fill(struct kafka_cluster *c, const char *topic, int32_t partition, int first,
                        int count);
void kafka_cluster_put(struct kafka_cluster *c, const char *topic, int32_t partition,
                       const char *key, const char *value, size_t value_bytes,
                       rd_kafka_headers_t *headers, int64_t timestamp_ms);
/* The group's committed offset; -1001 if there is none. */
int64_t kafka_cluster_committed(struct kafka_cluster *c, const char *group, const char *topic,
                                int32_t partition);
void kafka_cluster_commit(struct kafka_cluster *c, const char *group, const char *topic,
                          int32_t partition, int64_t offset);

/* --- tables -------------------------------------------------------------------------- */

/* Bad rows are counted; `fails` makes the next one an error. */
struct kafka_bad_rows {
    struct bad_rows base;
    uint32_t count;
    bool fails;
    char last[512];
    char last_place[128];
};

struct kafka_table {
    struct arena *arena;
    struct clock clock;
    struct kafka_bad_rows bad_rows;
    struct options options;
    struct schema schema;
    struct table_def def;
};

/* A table of Flink's dialect with one column `v` BYTES and 'format' = 'raw', or of Blink's with
 * messageKey and message; options are name, value, ..., NULL. */
struct kafka_table *kafka_table_flink(const struct kafka_cluster *c, const char *const *options);
struct kafka_table *kafka_table_blink(const struct kafka_cluster *c, const char *const *options);
void kafka_table_end(struct kafka_table *t);
#define OPTIONS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* --- reading ------------------------------------------------------------------------- */

enum { READ_CAP = 64, READ_LIMIT_MS = 20000 };

struct kafka_reader {
    struct source *source;
    struct arena *arena;
    struct records records;
    enum poll_state state;
    enum code code;
    struct error error;
    char text[1 << 16]; /* "topic-0@5=value " for each message, in order */
    size_t size;
    uint32_t count;
};

struct kafka_reader *kafka_reader_open(struct kafka_table *t, bool until_end,
                                       const struct split_position *resume, uint32_t resume_count);
/* Polls until `count` messages were read in all, the end, an error, or the time limit. */
void kafka_reader_read(struct kafka_reader *r, uint32_t count);
/* Polls for so long. */
void kafka_reader_run(struct kafka_reader *r, int ms);
void kafka_reader_close(struct kafka_reader *r);

int64_t kafka_test_cpu_us(void);
