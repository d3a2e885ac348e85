/* exchange.c -- the queues between workers, and the operator at both of their ends;
 * see exchange.h. */
#include "exec/exchange.h"

#include "base/memory.h"
#include "exec/run.h"
#include "state/row.h"

struct op_exchange {
    struct op base;
    struct run *run;
    struct exchange *exchange;
    uint32_t self;        /* this worker */
    bool receives;        /* others send to it */
    uint32_t next;        /* sender that is asked first */
    uint32_t waiting;     /* channels with something that waits */
};

/* --- channels ---------------------------------------------------------------------------- */

enum code exchange_open(struct arena *arena, const struct plan_exchange *plan, uint32_t senders,
                        uint32_t receivers, unsigned queue, struct exchange *ret,
                        struct error *err)
{
    uint32_t n = senders * receivers;
    char *room = arena_alloc(arena, n * sizeof(struct channel) + 64);
    if (!room)
        return error_nomem(err);
    struct channel *channels = (struct channel *)(((uintptr_t)room + 63) & ~(uintptr_t)63);
    memset(channels, 0, n * sizeof *channels);
    for (uint32_t i = 0; i < n; i++) {
        channels[i].cap = queue;
        channels[i].waiting_tail = &channels[i].waiting;
        channels[i].slots = arena_array(arena, struct message *, queue);
        if (!channels[i].slots)
            return error_nomem(err);
    }
    *ret = (struct exchange){
        .plan = plan, .senders = senders, .receivers = receivers, .channels = channels
    };
    return OK;
}

void exchange_close(struct exchange *exchange)
{
    for (uint32_t i = 0; i < exchange->senders * exchange->receivers; i++) {
        struct channel *c = &exchange->channels[i];
        for (unsigned k = c->taken; k != c->put; k++)
            mem_free(c->slots[k % c->cap]);
        for (struct message *m = c->waiting, *next; m; m = next) {
            next = m->next;
            mem_free(m);
        }
    }
}

static struct channel *channel_of(const struct op_exchange *op, uint32_t sender, uint32_t receiver)
{
    return &op->exchange->channels[sender * op->exchange->receivers + receiver];
}

static bool try_put(struct channel *c, struct message *m)
{
    unsigned put = atomic_load_explicit(&c->put, memory_order_relaxed);
    if (put - atomic_load(&c->taken) == c->cap)
        return false;
    c->slots[put % c->cap] = m;
    atomic_store(&c->put, put + 1);
    return true;
}

static struct message *peek(const struct channel *c)
{
    unsigned taken = atomic_load_explicit(&c->taken, memory_order_relaxed);
    return atomic_load(&c->put) == taken ? NULL : c->slots[taken % c->cap];
}

/* True if half of it is free again: the sender may wait for room, and is not woken for each message.
 * It waits only if it has seen the queue full and has put nothing since; so whoever empties it comes
 * by this point later.  Sequentially consistent: either the sender has seen room, or we see all that
 * it has put. */
static bool took(struct channel *c)
{
    unsigned taken = atomic_load_explicit(&c->taken, memory_order_relaxed);
    atomic_store(&c->taken, taken + 1);
    return atomic_load(&c->put) - taken == c->cap - c->cap / 2;
}

/* --- sending ------------------------------------------------------------------------------ */

/* Takes `m` over. */
static void send(struct op_exchange *op, uint32_t receiver, struct message *m)
{
    struct channel *c = channel_of(op, op->self, receiver);
    if (!c->waiting && try_put(c, m)) {
        run_wake(&op->run->exec->runs[receiver]);
        return;
    }
    op->waiting += !c->waiting;
    m->next = NULL;
    *c->waiting_tail = m;
    c->waiting_tail = &m->next;
}

bool op_exchange_flush(struct op *base)
{
    struct op_exchange *op = (struct op_exchange *)base;
    for (uint32_t r = 0; op->waiting > 0 && r < op->exchange->receivers; r++) {
        struct channel *c = channel_of(op, op->self, r);
        bool any = false;
        while (c->waiting) {
            struct message *next = c->waiting->next;
            if (!try_put(c, c->waiting)) /* from here on it is the receiver's */
                break;
            any = true;
            c->waiting = next;
            if (next)
                continue;
            c->waiting_tail = &c->waiting;
            op->waiting--;
        }
        if (any)
            run_wake(&op->run->exec->runs[r]);
    }
    return op->waiting > 0;
}

bool op_exchange_waits(const struct op *base)
{
    return ((const struct op_exchange *)base)->waiting > 0;
}

/* `what` but for its kind. */
static enum code send_to_others(struct op_exchange *op, enum message_kind kind,
                                const struct message *what, struct error *err)
{
    for (uint32_t r = 0; r < op->exchange->receivers; r++) {
        if (r == op->self)
            continue;
        struct message *m = message_make(kind);
        if (!m)
            return error_nomem(err);
        *m = *what;
        m->kind = kind;
        send(op, r, m);
    }
    return OK;
}

static enum code send_rows(struct op_exchange *op, uint32_t receiver, const struct batch *in,
                           const uint32_t *rows, uint32_t n, struct error *err)
{
    struct message *m = message_copy(in, rows, n);
    if (!m)
        return error_nomem(err);
    send(op, receiver, m);
    return OK;
}

/* --- whose rows -------------------------------------------------------------------------- */

/* With several senders the watermarks of one say nothing alone: time is where the slowest of them
 * is. */
static enum code as_all_see(struct op_exchange *op, uint32_t port, struct batch *batch,
                            struct error *err)
{
    if (batch->watermark_count == 0 || op->base.port_count == 1)
        return OK;
    struct watermark_at *list =
        arena_alloc(batch->arena, batch->watermark_count * sizeof *list);
    if (!list)
        return error_nomem(err);
    uint32_t n = 0;
    int64_t last = op->base.watermark_us;
    for (uint32_t i = 0; i < batch->watermark_count; i++) {
        int64_t us = op_time_if(&op->base, port, batch->watermarks[i].watermark_us);
        if (us > last)
            list[n++] = (struct watermark_at){ batch->watermarks[i].row, us };
        last = MAX(last, us);
    }
    batch->watermarks = list;
    batch->watermark_count = n;
    return OK;
}

static enum code pass(struct op_exchange *op, const struct batch *in, const uint32_t *rows,
                      uint32_t n, struct error *err)
{
    struct batch *own = batch_derive(in->arena, in);
    if (!own)
        return error_nomem(err);
    own->selection = rows;
    own->selected = n;
    TRY(as_all_see(op, op_exchange_port(&op->base), own, err));
    return op_emit(&op->base, own, err);
}

/* The rows for each worker, one list behind the other: those of worker w are
 * rows[ret_ends[w - 1] .. ret_ends[w]).  Their hashes stay in the batch for whoever looks them up. */
static enum code divide(struct op_exchange *op, struct batch *in, uint32_t **ret_rows,
                        uint32_t *ends, struct error *err)
{
    const struct plan_exchange *plan = op->exchange->plan;
    uint32_t workers = op->exchange->receivers;
    struct arena *arena = in->arena;
    uint64_t *hashes = arena_alloc(arena, MAX(in->selected, 1) * sizeof *hashes);
    uint64_t *by_row = in->selection ? arena_alloc(arena, in->count * sizeof *by_row) : hashes;
    uint32_t *whose = arena_alloc(arena, MAX(in->selected, 1) * sizeof *whose);
    uint32_t *rows = arena_alloc(arena, MAX(in->selected, 1) * sizeof *rows);
    struct column **keys = arena_array(arena, struct column *, MAX(plan->key_count, 1));
    if (!hashes || !by_row || !whose || !rows || !keys)
        return error_nomem(err);
    for (uint32_t k = 0; k < plan->key_count; k++)
        keys[k] = in->columns[plan->keys[k]];
    state_hash(keys, plan->key_count, in->selection, in->selected, hashes);
    memset(ends, 0, workers * sizeof *ends);
    for (uint32_t i = 0; i < in->selected; i++) {
        by_row[batch_row(in, i)] = hashes[i];
        whose[i] = state_worker(hashes[i], workers);
        ends[whose[i]]++;
    }
    in->hashes = by_row;
    in->hashed = keys;
    in->hashed_count = plan->key_count;
    uint32_t sum = 0;
    for (uint32_t w = 0; w < workers; w++) {
        uint32_t n = ends[w];
        ends[w] = sum;
        sum += n;
    }
    for (uint32_t i = 0; i < in->selected; i++)
        rows[ends[whose[i]]++] = batch_row(in, i);
    *ret_rows = rows;
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_exchange *op = (struct op_exchange *)base;
    if (op->exchange->plan->key_count == 0) {
        if (op->self == 0)
            return pass(op, in, in->selection, in->selected, err);
        const uint32_t *rows = in->selection;
        uint32_t *all = NULL;
        if (!rows && !(all = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *all)))
            return error_nomem(err);
        for (uint32_t i = 0; all && i < in->selected; i++)
            all[i] = i;
        return send_rows(op, 0, in, all ? all : rows, in->selected, err);
    }
    uint32_t workers = op->exchange->receivers;
    uint32_t *ends = arena_alloc(in->arena, workers * sizeof *ends);
    uint32_t *rows;
    if (!ends)
        return error_nomem(err);
    struct batch *hashed = batch_derive(in->arena, in);
    if (!hashed)
        return error_nomem(err);
    TRY(divide(op, hashed, &rows, ends, err));
    for (uint32_t w = 0; w < workers; w++) {
        uint32_t first = w > 0 ? ends[w - 1] : 0;
        if (w != op->self && ends[w] > first)
            TRY(send_rows(op, w, hashed, rows + first, ends[w] - first, err));
    }
    uint32_t first = op->self > 0 ? ends[op->self - 1] : 0;
    if (op->self < workers && ends[op->self] > first)
        TRY(pass(op, hashed, rows + first, ends[op->self] - first, err));
    return OK;
}

/* --- receiving ----------------------------------------------------------------------------- */

/* A worker that has let a barrier in takes nothing more from there until it has passed all of its
 * operators; and lets none in before its own sources have sent theirs. */
static bool is_held(const struct op_exchange *op, uint32_t sender, const struct message *m)
{
    const struct epoch *epoch = &op->run->epoch;
    if (epoch->open && op->base.ports[sender].barrier == epoch->entered)
        return true;
    return m->kind == MESSAGE_BARRIER && m->epoch > epoch->entered;
}

static enum code receive_rows(struct op_exchange *op, uint32_t sender, struct message *m,
                              struct arena *arena, struct error *err)
{
    if (!arena_on_reset(arena, mem_free, m)) {
        mem_free(m);
        return error_nomem(err);
    }
    if (m->watermark_us != WATERMARK_NONE)
        TRY(op_watermark_min(&op->base, sender, m->watermark_us, err));
    m->batch.arena = arena;
    TRY(as_all_see(op, sender, &m->batch, err));
    return op_emit(&op->base, &m->batch, err);
}

/* What is no batch. */
static enum code receive_sign(struct op_exchange *op, uint32_t sender, const struct message *m,
                              struct error *err)
{
    struct op *base = &op->base;
    switch (m->kind) {
    case MESSAGE_WATERMARK:
        TRY(op_watermark_min(base, sender, m->watermark_us, err));
        break;
    case MESSAGE_IDLE:
        return op_take_idle(base, sender, m->idle, err);
    case MESSAGE_BARRIER:
        return op_barrier_pass(base, sender, &op->run->epoch.barrier, err);
    default:
        TRY(op_end_pass(base, sender, err));
        break;
    }
    return op_tell_idle(base, err); /* the others may all be idle */
}

enum code op_exchange_receive(struct op *base, struct arena *arena, bool *ret_any,
                              struct error *err)
{
    struct op_exchange *op = (struct op_exchange *)base;
    uint32_t senders = op->exchange->senders;
    *ret_any = false;
    for (uint32_t i = 0; op->receives && i < senders; i++) {
        uint32_t sender = (op->next + i) % senders;
        if (sender == op->self)
            continue;
        struct channel *c = channel_of(op, sender, op->self);
        struct message *m = peek(c);
        if (!m || is_held(op, sender, m))
            continue;
        if (took(c))
            run_wake(&op->run->exec->runs[sender]);
        op->next = sender + 1;
        *ret_any = true;
        if (m->kind == MESSAGE_BATCH)
            return receive_rows(op, sender, m, arena, err);
        struct message copy = *m;
        mem_free(m);
        return receive_sign(op, sender, &copy, err);
    }
    return OK;
}

bool op_exchange_ended(const struct op *op)
{
    for (uint32_t i = 0; i < op->port_count; i++)
        if (!op->ports[i].ended)
            return false;
    return true;
}

bool op_exchange_passed(const struct op *op, uint64_t epoch)
{
    for (uint32_t i = 0; i < op->port_count; i++)
        if (op->ports[i].barrier < epoch)
            return false;
    return true;
}

/* --- the other messages of this worker ----------------------------------------------------- */

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct message m = { .watermark_us = watermark_us };
    TRY(send_to_others((struct op_exchange *)base, MESSAGE_WATERMARK, &m, err));
    return op_watermark_min(base, port, watermark_us, err);
}

static enum code idle(struct op *base, uint32_t port, bool idle, struct error *err)
{
    (void)port;
    struct message m = { .idle = idle };
    return send_to_others((struct op_exchange *)base, MESSAGE_IDLE, &m, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct message m = { .epoch = b->epoch };
    TRY(send_to_others((struct op_exchange *)base, MESSAGE_BARRIER, &m, err));
    return op_barrier_pass(base, port, b, err);
}

static enum code end(struct op *base, uint32_t port, struct error *err)
{
    TRY(send_to_others((struct op_exchange *)base, MESSAGE_END, &(struct message){ 0 }, err));
    return op_end_pass(base, port, err);
}

static const struct op_kind op_exchange_kind = {
    .name = "Exchange",
    .push = push,
    .watermark = watermark,
    .idle = idle,
    .barrier = barrier,
    .end = end,
    .is_valve = true,
};

enum code op_exchange_create(struct run *run, struct exchange *exchange, struct op **ret,
                             struct error *err)
{
    const struct plan_exchange *plan = exchange->plan;
    struct op_exchange *op = op_create(&run->worker, &op_exchange_kind, sizeof *op, &plan->base,
                                       exchange->senders);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->run = run;
    op->exchange = exchange;
    op->self = run->worker.index;
    op->receives = op->self < exchange->receivers;
    return OK;
}

uint32_t op_exchange_port(const struct op *op)
{
    return ((const struct op_exchange *)op)->self;
}
