/* kafka_start.h -- where reading begins and ends, as the options of a table say it in
 * either dialect. */
#pragma once

#include "connector/connector.h"

enum kafka_place {
    PLACE_EARLIEST,
    PLACE_LATEST,
    PLACE_GROUP,     /* offsets committed for the group */
    PLACE_TIMESTAMP, /* the first message at or after timestamp_ms */
    PLACE_OFFSETS,   /* offsets, by partition */
};

struct kafka_offset {
    int32_t partition;
    int64_t offset;
};

struct kafka_bound {
    enum kafka_place place;
    int64_t timestamp_ms;
    const struct kafka_offset *offsets;
    uint32_t offset_count;
};

/* What to do where an offset is missing, or is not in the topic (any more). */
enum kafka_reset { RESET_FAIL, RESET_EARLIEST, RESET_LATEST };

struct kafka_start {
    struct kafka_bound from;
    bool bounded;
    struct kafka_bound to;    /* if bounded: reading ends in front of it */
    enum kafka_reset missing; /* PLACE_GROUP, and the group has committed nothing */
    enum kafka_reset out_of_range;
    int64_t discovery_interval_ms; /* 0: partitions are looked up once */
};

/* Does reading end?  As the option says, or at what is there at the start. */
bool kafka_start_ends(const struct table_def *table, bool until_end);
enum code kafka_start_read(const struct table_def *table, struct arena *arena,
                           struct kafka_start *ret, struct error *err) WEIR_CHECKED;
