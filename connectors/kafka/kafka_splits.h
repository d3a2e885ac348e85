/* kafka_splits.h -- the partitions that a source reads, and how far.
 *
 * A split is a partition.  Splits are numbered in the order they were found, are
 * never removed, and keep their address. */
#pragma once

#include "kafka/kafka_scout.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;

struct kafka_topic;

struct kafka_split {
    const struct kafka_topic *topic;
    struct str name; /* "topic-3" */
    uint32_t index;
    int32_t partition;
    int64_t next;      /* offset of the next message to hand out */
    int64_t to;        /* read ends in front of it; INT64_MAX: never */
    int64_t high;      /* end of the partition, as far as known */
    int64_t committed; /* what the group was told last; -1: nothing */
    bool ended;
};

struct kafka_topic {
    struct kafka_topic *next;
    struct rd_kafka_topic_s *handle; /* as messages carry it; NULL until the first one */
    struct str name;
    struct kafka_split **splits; /* by partition; NULL where not read */
    uint32_t cap;
};

struct kafka_splits {
    struct arena *arena; /* borrowed; all of it lives there */
    struct kafka_topic *topics;
    struct kafka_split **items;
    uint32_t count, cap;
    uint32_t open; /* bounded: those that have not ended */
};

/* A new split. */
enum code kafka_splits_add(struct kafka_splits *splits, const struct kafka_found *found,
                           struct kafka_split **ret, struct error *err) WEIR_CHECKED;
/* The split of a message; NULL if it is none of ours.  `name` is asked only for a handle that was
 * not seen before. */
struct kafka_split *kafka_splits_of(struct kafka_splits *splits, struct rd_kafka_topic_s *handle,
                                    int32_t partition);
struct kafka_split *kafka_splits_named(const struct kafka_splits *splits, struct str name,
                                       uint32_t guess);
