/* kafka_gate.h -- keeps the fetch queue of a consumer short.
 *
 * librdkafka bounds its queue by letting a full broker thread look again a second
 * later, so a small bound starves the reader and a large one makes messages wait in
 * memory until they have left every cache: both cost more than all of our own work
 * on a message.  The gate holds a broker's thread back in another place: between a
 * fetch response that has arrived and its messages entering the queue, until the
 * reader has come down to a low mark.  Then the next response is already here when
 * the reader needs it, and little is ever queued.
 *
 * Nothing depends on it for correctness.  A thread is held for at most HOLD_MS, since
 * it has other requests to answer; librdkafka's own bound stands behind that. */
#pragma once

#include "base/base.h"
#include "base/error.h"

struct rd_kafka_conf_s;
struct rd_kafka_queue_s;

struct kafka_gate;

/* Puts a gate into a configuration, before the client is made of it. */
enum code kafka_gate_create(struct rd_kafka_conf_s *conf, struct kafka_gate **ret,
                            struct error *err) WEIR_CHECKED;
/* After the client is gone; NULL is fine. */
void kafka_gate_destroy(struct kafka_gate *gate);

/* From now on `queue` (borrowed until kafka_gate_open()) is what is kept short. */
void kafka_gate_watch(struct kafka_gate *gate, struct rd_kafka_queue_s *queue);
/* Lets everybody through for ever: before the client is destroyed. */
void kafka_gate_open(struct kafka_gate *gate);

/* The reader took `count` messages of `bytes` in all. */
void kafka_gate_took(struct kafka_gate *gate, uint32_t count, uint64_t bytes);
