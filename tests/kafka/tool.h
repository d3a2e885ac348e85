/* tool.h -- what the stand-alone Kafka tools of the tests share: options, configuration, and the
 * partitions of a topic.  They are programs for the test scripts, not part of weir: they print a
 * sentence and exit where something fails. */
#pragma once

#include <librdkafka/rdkafka.h>

#include <stdbool.h>
#include <stdint.h>

/* How long a broker may take to answer anything: it may just have started on a busy machine. */
enum { tool_answer_limit_ms = 60000 };

/* One option of a tool.  Exactly one of the pointers is set: `flag` takes no value. */
struct tool_option {
    const char *name; /* with its dashes */
    const char **text;
    int64_t *number;
    bool *flag;
};

/* Name that errors start with, and the usage line; set first in main(). */
extern const char *tool_name;
extern const char *tool_usage;

_Noreturn void tool_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads argv into what the options point to; the list ends with a NULL name. */
void tool_parse_options(int argc, char **argv, const struct tool_option *options);

/* Sets one librdkafka property. */
void tool_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* A client; takes over `conf`. */
rd_kafka_t *tool_create(rd_kafka_type_t type, rd_kafka_conf_t *conf);

/* Number of partitions of a topic; 0 if there is no such topic, or one of them has no leader (yet,
 * right after the topic was created). */
int32_t tool_count_partitions(rd_kafka_t *rk, const char *topic);

/* First and next offset of a partition. */
void tool_get_offsets(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *ret_begin,
                      int64_t *ret_end);

/* Monotonic seconds. */
double tool_now_s(void);

/* CPU seconds of all threads of this process, librdkafka's included. */
double tool_cpu_s(void);
