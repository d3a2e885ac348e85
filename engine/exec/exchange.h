/* exchange.h -- between workers: a bounded queue from each sender to each receiver.
 *
 * One thread writes a queue and one reads it.  What does not fit waits in a list of the
 * sender, who takes no input that could add to it until it is gone; so sending never
 * blocks, and memory is bounded by the queues and the output of one batch.
 *
 * An exchange is one operator on each worker: its ports are the senders, its own among
 * them, whose rows pass without a queue.  Watermarks, idleness, barriers and ends travel in
 * the queues in order, and are combined over the ports like those of any operator. */
#pragma once

#include "exec/message.h"

#include <stdatomic.h>

struct run;

struct channel {
    _Alignas(64) atomic_uint taken;    /* by the receiver, ever */
    _Alignas(64) atomic_uint put;      /* by the sender, ever */
    struct message **slots;
    unsigned cap;
    struct message *waiting, **waiting_tail; /* the sender's */
};

/* Shared by all workers. */
struct exchange {
    const struct plan_exchange *plan; /* NULL: not used */
    uint32_t senders, receivers;      /* workers 0 .. n - 1 */
    struct channel *channels;         /* [sender * receivers + receiver] */
};

/* `queue` messages fit into each channel. */
enum code exchange_open(struct arena *arena, const struct plan_exchange *plan, uint32_t senders,
                        uint32_t receivers, unsigned queue, struct exchange *ret,
                        struct error *err) WEIR_CHECKED;
void exchange_close(struct exchange *exchange); /* frees what nobody has taken */

enum code op_exchange_create(struct run *run, struct exchange *exchange, struct op **ret,
                             struct error *err) WEIR_CHECKED;
/* The port of the rows of this worker. */
uint32_t op_exchange_port(const struct op *op);
/* Moves what waits into queues that have room; true if something still waits. */
bool op_exchange_flush(struct op *op);
bool op_exchange_waits(const struct op *op);
/* Takes one message of another worker and passes it on. *ret_any: there was one. */
enum code op_exchange_receive(struct op *op, struct arena *arena, bool *ret_any,
                              struct error *err) WEIR_CHECKED;
/* Have all senders ended? */
bool op_exchange_ended(const struct op *op);
/* Has the barrier of this epoch come from all senders? */
bool op_exchange_passed(const struct op *op, uint64_t epoch);
