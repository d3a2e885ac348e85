/* kafka_gate.c -- see kafka_gate.h.  The place is an interceptor that librdkafka calls
 * on the broker's thread for each response. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_gate.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum {
    HOLD_MS = 500,
    LOW_BYTES = 4 << 20, /* of messages and what librdkafka keeps beside each */
    MESSAGE_OVERHEAD_BYTES = 400,
    LOW_COUNT_MIN = 4,
    API_KEY_FETCH = 1,
};

struct kafka_gate {
    pthread_mutex_t lock;
    pthread_cond_t below;        /* the queue came down, or the gate is open */
    rd_kafka_queue_t *queue;     /* under lock; NULL: everybody passes */
    atomic_uint held;            /* threads that wait */
    atomic_size_t low_count;     /* messages in the queue at which the next may come */
    uint64_t taken, taken_bytes; /* for the average; the reader's own */
};

static bool is_above(const struct kafka_gate *gate)
{
    return gate->queue && rd_kafka_queue_length(gate->queue) >
                              atomic_load_explicit(&gate->low_count, memory_order_relaxed);
}

static rd_kafka_resp_err_t on_response(rd_kafka_t *rk, int socket, const char *broker,
                                       int32_t broker_id, int16_t api_key, int16_t api_version,
                                       int32_t correlation_id, size_t size, int64_t rtt,
                                       rd_kafka_resp_err_t err, void *self)
{
    (void)rk, (void)socket, (void)broker, (void)broker_id, (void)api_version;
    (void)correlation_id, (void)size, (void)rtt;
    struct kafka_gate *gate = self;
    if (api_key != API_KEY_FETCH || err)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    pthread_mutex_lock(&gate->lock);
    atomic_fetch_add(&gate->held, 1); /* before the look: then the reader's next one sees us */
    if (is_above(gate)) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)HOLD_MS % 1000 * 1000000;
        until.tv_sec += HOLD_MS / 1000 + until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        int wrong = 0;
        while (wrong == 0 && is_above(gate))
            wrong = pthread_cond_timedwait(&gate->below, &gate->lock, &until);
    }
    atomic_fetch_sub(&gate->held, 1);
    pthread_mutex_unlock(&gate->lock);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *self,
                                  char *why, size_t why_bytes)
{
    (void)conf, (void)why, (void)why_bytes;
    return rd_kafka_interceptor_add_on_response_received(rk, "weir-gate", on_response, self);
}

enum code kafka_gate_create(rd_kafka_conf_t *conf, struct kafka_gate **ret, struct error *err)
{
    struct kafka_gate *gate = mem_zalloc(sizeof *gate);
    if (!gate)
        return error_nomem(err);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->below, &attr);
    pthread_condattr_destroy(&attr);
    atomic_store(&gate->low_count, 1024);
    if (rd_kafka_conf_interceptor_add_on_new(conf, "weir-gate", on_new, gate) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_gate_destroy(gate);
        return error_set(err, E_INTERNAL, "cannot configure the Kafka client: interceptor");
    }
    *ret = gate;
    return OK;
}

void kafka_gate_destroy(struct kafka_gate *gate)
{
    if (!gate)
        return;
    pthread_cond_destroy(&gate->below);
    pthread_mutex_destroy(&gate->lock);
    mem_free(gate);
}

void kafka_gate_watch(struct kafka_gate *gate, rd_kafka_queue_t *queue)
{
    pthread_mutex_lock(&gate->lock);
    gate->queue = queue;
    pthread_mutex_unlock(&gate->lock);
}

void kafka_gate_open(struct kafka_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->queue = NULL;
    pthread_cond_broadcast(&gate->below);
    pthread_mutex_unlock(&gate->lock);
}

void kafka_gate_took(struct kafka_gate *gate, uint32_t count, uint64_t bytes)
{
    gate->taken += count;
    gate->taken_bytes += bytes;
    if (gate->taken >= 65536) { /* follow what is read now, not what was read long ago */
        gate->taken /= 2;
        gate->taken_bytes /= 2;
    }
    uint64_t each = gate->taken_bytes / MAX(gate->taken, 1) + MESSAGE_OVERHEAD_BYTES;
    atomic_store_explicit(&gate->low_count, MAX(LOW_BYTES / each, LOW_COUNT_MIN),
                          memory_order_relaxed);
    if (likely(atomic_load(&gate->held) == 0))
        return;
    pthread_mutex_lock(&gate->lock);
    if (!is_above(gate))
        pthread_cond_broadcast(&gate->below);
    pthread_mutex_unlock(&gate->lock);
}
