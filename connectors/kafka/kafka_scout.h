/* kafka_scout.h -- finds the partitions of a source and where to begin and end in them.
 *
 * All that librdkafka can only do by waiting (metadata, offsets, times, committed
 * offsets) happens on a thread of its own, so that the source never blocks and can
 * be opened while the brokers are away.  The scout works in rounds: the first finds
 * everything; later ones, at the discovery interval, find partitions that are new.
 * It also finds out, when asked, whether the brokers are there again. */
#pragma once

#include "kafka/kafka.h"
#include "kafka/kafka_start.h"

struct rd_kafka_s;

struct kafka_found {
    const char *topic; /* lives as long as the scout */
    int32_t partition;
    int64_t from; /* next offset to read */
    int64_t to;   /* read ends in front of it; INT64_MAX: never */
    int64_t high; /* end of the partition when it was found */
};

/* Where a run before this one stopped. */
struct kafka_resume {
    struct str topic;
    int32_t partition;
    int64_t offset;
};

struct kafka_scout_plan { /* borrowed for the life of the scout */
    struct rd_kafka_s *rk;
    struct kafka_topics topics;
    const struct name_pattern *pattern; /* NULL: topics.names */
    struct kafka_start start;
    struct str brokers; /* for messages */
    struct str group;   /* .data NULL: none */
    const struct kafka_resume *resume;
    uint32_t resume_count;
    int wake_fd; /* an eventfd, written when there is news */
};

struct kafka_scout;

enum code kafka_scout_start(const struct kafka_scout_plan *plan, struct kafka_scout **ret,
                            struct error *err) WEIR_CHECKED;
/* Ends the thread, which takes as long as the answer it is waiting for (seconds at most, and only
 * while brokers are away).  NULL is fine. */
void kafka_scout_stop(struct kafka_scout *scout);

bool kafka_scout_has_news(const struct kafka_scout *scout);
/* What was found since the last call, in `arena`; *ret_complete: the first round is done.  Fails
 * with what the scout found out: a topic that does not exist, a group without offsets ... */
enum code kafka_scout_take(struct kafka_scout *scout, struct arena *arena,
                           const struct kafka_found **ret, uint32_t *ret_count, bool *ret_complete,
                           struct error *err) WEIR_CHECKED;

/* Look whether the brokers answer. */
void kafka_scout_probe(struct kafka_scout *scout);
/* Monotonic time since when they do not; 0: they do.  `text` says what is waited for. */
int64_t kafka_scout_waiting_since_us(struct kafka_scout *scout, char *text, size_t text_bytes);
