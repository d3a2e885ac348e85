/* kafka_offsets.h -- asks brokers for offsets, waiting for the answer.  For the scout's thread. */
#pragma once

#include "kafka/kafka_scout.h"

struct rd_kafka_s;
struct rd_kafka_topic_partition_list_s;

/* How a question ended. */
enum kafka_answer {
    ANSWER_OK,
    ANSWER_LATER, /* brokers, leaders or coordinators are away: ask again */
    ANSWER_NEVER, /* *err says why */
};

/* Fills from, to and high of found[0..count), whose topic and partition are set.  `first`: the
 * round that begins the job; partitions of later ones are read from their beginning.
 * ANSWER_LATER: `away` says what did not answer. */
enum kafka_answer kafka_offsets_find(const struct kafka_scout_plan *plan, bool first,
                                     struct kafka_found *found, uint32_t count, char *away,
                                     size_t away_bytes, struct error *err);

/* Does this error of a broker pass by itself? */
bool kafka_error_passes(int resp_err);
