/* run.c -- the worker's loop.
 *
 * A round: sinks that had refused rows are tried again; operators with output left
 * go on; only when nothing is waiting is the batch arena reset and the next source
 * asked.  So a slow sink holds back its sources and nothing grows.  When there is
 * nothing to do the worker sleeps on the wake-up descriptors of whoever it waits
 * for. */
#include "exec/merge.h"

#include "base/clock.h"

#include <unistd.h>

enum {
    TICK_MS = 50,          /* for connectors without a descriptor */
    DRAIN_LIMIT_MS = 5000, /* how long a stop waits for a sink that is stuck */
};

void exec_stop(struct exec *x)
{
    int running = 0;
    atomic_compare_exchange_strong(&x->stop, &running, 1);
    uint64_t one = 1;
    ssize_t ignored = write(x->stop_fd, &one, sizeof one);
    (void)ignored; /* full: it is readable already */
}

void exec_abort(struct exec *x)
{
    atomic_store(&x->stop, 2);
    uint64_t one = 1;
    ssize_t ignored = write(x->stop_fd, &one, sizeof one);
    (void)ignored;
}

/* --- rounds ------------------------------------------------------------------------ */

static enum code retry_sinks(struct exec *x, bool *ret_blocked, struct error *err)
{
    *ret_blocked = false;
    for (uint32_t i = 0; i < x->sink_count; i++) {
        bool blocked = false;
        TRY(op_sink_retry(x->sinks[i].op, &blocked, err));
        *ret_blocked = *ret_blocked || blocked;
    }
    for (uint32_t i = 0; i < x->letter_count; i++) {
        bool blocked = false;
        TRY(dead_letter_retry(&x->letters[i], &blocked, err));
        *ret_blocked = *ret_blocked || blocked;
    }
    return OK;
}

/* The deepest first: the last stage can always drain. */
static enum code run_more(struct exec *x, bool *ret_ran, struct error *err)
{
    *ret_ran = false;
    for (uint32_t i = x->op_count; i > 0; i--) {
        struct op *op = x->ops[i - 1];
        if (op->more) {
            *ret_ran = true;
            return op->kind->more(op, err);
        }
    }
    return OK;
}

/* Operators whose time has come: idle partitions, windows of processing time. */
static enum code run_timers(struct exec *x, bool *ret_ran, struct error *err)
{
    *ret_ran = false;
    for (uint32_t i = 0; i < x->op_count; i++) {
        struct op *op = x->ops[i];
        if (op->due_us == INT64_MAX)
            continue;
        int64_t now_us = clock_now_us(x->worker.clock);
        if (op->due_us > now_us)
            continue;
        op->due_us = INT64_MAX;
        *ret_ran = true;
        TRY(op->kind->timer(op, now_us, err));
    }
    return OK;
}

static enum code settle(struct exec *x, struct error *err)
{
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->kind->settle)
            TRY(x->ops[i]->kind->settle(x->ops[i], err));
    return OK;
}

/* What an operator with output left has made so far goes all the way down; then nothing needs the
 * batch arena any more, unless a sink is blocked. */
static enum code after_more(struct exec *x, struct error *err)
{
    bool blocked;
    TRY(settle(x, err));
    TRY(retry_sinks(x, &blocked, err));
    if (!blocked)
        arena_reset(x->worker.batch_arena);
    return OK;
}

enum code run_end_source(struct run_source *s, struct error *err)
{
    s->ended = true;
    TRY(op_emit_watermark(s->op, WATERMARK_END, err));
    return op_emit_end(s->op, err);
}

static enum code step(struct exec *x, struct run_source *s, uint32_t *ret_rows, struct error *err)
{
    *ret_rows = 0;
    if (!s->scan) {
        bool end = false;
        TRY(op_values_step(s->op, &end, err));
        *ret_rows = 1;
        return end ? run_end_source(s, err) : OK;
    }
    enum poll_state state = POLL_IDLE;
    TRY(op_source_step(s->op, &state, ret_rows, err));
    if (*ret_rows > 0)
        x->checkpoint.dirty = true;
    s->idle = state == POLL_IDLE && *ret_rows == 0;
    return state == POLL_END ? run_end_source(s, err) : OK;
}

/* The unbounded ones, each in its turn, until one gives something. */
static enum code read_unbounded(struct exec *x, bool *ret_any, struct error *err)
{
    uint32_t n = x->source_count;
    for (uint32_t k = 0; k < n && !*ret_any; k++) {
        struct run_source *s = &x->sources[(x->turn + k) % n];
        if (s->in_turn || s->ended)
            continue;
        uint32_t rows;
        TRY(step(x, s, &rows, err));
        *ret_any = rows > 0 || s->ended;
        if (*ret_any)
            x->turn = (x->turn + k + 1) % n;
    }
    return OK;
}

/* The first of the bounded ones that has not ended; VALUES before all others. */
static enum code read_bounded(struct exec *x, bool *ret_any, struct error *err)
{
    struct run_source *next = NULL;
    for (uint32_t k = 0; k < x->source_count; k++) {
        struct run_source *s = &x->sources[k];
        if (s->in_turn && !s->ended && (!next || (next->scan && !s->scan)))
            next = s;
    }
    if (!next)
        return OK;
    if (x->merging)
        return merge_step(x, ret_any, err);
    uint32_t rows;
    TRY(step(x, next, &rows, err));
    *ret_any = rows > 0 || next->ended;
    return OK;
}

/* Both kinds are asked, in alternating order, so that neither starves the other. */
static enum code read_some(struct exec *x, bool *ret_any, bool *ret_all_ended, struct error *err)
{
    *ret_any = false;
    bool bounded_first = x->bounded_first;
    x->bounded_first = !bounded_first;
    if (bounded_first)
        TRY(read_bounded(x, ret_any, err));
    if (!*ret_any)
        TRY(read_unbounded(x, ret_any, err));
    if (!*ret_any && !bounded_first)
        TRY(read_bounded(x, ret_any, err));
    *ret_all_ended = true;
    for (uint32_t k = 0; k < x->source_count; k++)
        *ret_all_ended = *ret_all_ended && x->sources[k].ended;
    return OK;
}

/* --- LIMIT -------------------------------------------------------------------------- */

/* Does anything that still wants rows read this node?  Asked of the plan, since the readers of a
 * calc hang at a branch of its operator. */
static bool plan_is_needed(const struct exec *x, const struct plan *plan)
{
    const struct op *op = x->of_plan[plan->id];
    if (op->done)
        return false;
    if (plan->kind == PLAN_SINK)
        return true;
    for (uint32_t i = 0; i < x->job->node_count; i++) {
        const struct plan *reader = x->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++)
            if (reader->inputs[k] == plan && plan_is_needed(x, reader))
                return true;
    }
    return false;
}

static enum code end_unneeded(struct exec *x, struct error *err)
{
    x->worker.limit_reached = false;
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        if (!s->ended && !plan_is_needed(x, s->op->plan))
            TRY(run_end_source(s, err));
    }
    return OK;
}

/* --- waiting -------------------------------------------------------------------------- */

static int64_t ms_until(int64_t due_us, int64_t now_us)
{
    return due_us <= now_us ? 0 : (due_us - now_us + 999) / 1000;
}

static void add_fd(struct pollfd *fds, nfds_t *n, int fd, int64_t *timeout_ms)
{
    if (fd >= 0)
        fds[(*n)++] = (struct pollfd){ .fd = fd, .events = POLLIN };
    else
        *timeout_ms = MIN(*timeout_ms, TICK_MS);
}

static void wait_for_work(struct exec *x, bool blocked, bool reading)
{
    struct pollfd *fds = x->fds;
    nfds_t n = 0;
    int64_t now = clock_monotonic_us();
    int64_t timeout = 60 * 1000;
    if (!blocked && reading && x->checkpoint.dirty && !x->checkpoint.under_way)
        timeout = MIN(timeout, ms_until(x->checkpoint.due_us, now));
    if (x->hooks.progress)
        timeout = MIN(timeout, ms_until(x->progress_due_us, now));
    for (uint32_t i = 0; !blocked && reading && i < x->op_count; i++)
        if (x->ops[i]->due_us != INT64_MAX && !x->worker.clock->standing)
            timeout = MIN(timeout, ms_until(x->ops[i]->due_us, clock_now_us(x->worker.clock)));
    add_fd(fds, &n, x->stop_fd, &timeout);
    bool turn_taken = false; /* only the first of those in turn is going to be asked */
    for (uint32_t i = 0; reading && !blocked && i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        if (!s->scan || s->ended || (s->in_turn && turn_taken && !x->merging))
            continue;
        turn_taken = turn_taken || s->in_turn;
        struct source *source = op_source_connector(s->op);
        add_fd(fds, &n, source->kind->wake_fd ? source->kind->wake_fd(source) : -1, &timeout);
    }
    for (uint32_t i = 0; i < x->sink_count; i++) {
        const struct run_sink *s = &x->sinks[i];
        bool flushing = x->checkpoint.under_way && !s->flushed;
        if (!flushing && !op_sink_is_blocked(s->op))
            continue;
        struct sink *sink = op_sink_connector(s->op);
        add_fd(fds, &n, sink->kind->wake_fd ? sink->kind->wake_fd(sink) : -1, &timeout);
    }
    for (uint32_t i = 0; i < x->letter_count; i++)
        if ((x->checkpoint.under_way && !x->letters[i].flushed) || x->letters[i].refused)
            timeout = MIN(timeout, TICK_MS);
    poll(fds, n, (int)timeout);
    if (fds[0].revents & POLLIN) {
        uint64_t count;
        ssize_t ignored = read(x->stop_fd, &count, sizeof count);
        (void)ignored;
    }
}

/* --- progress ------------------------------------------------------------------------------ */

/* The first scan below a node. */
static const struct plan *scan_below(const struct plan *node)
{
    while (node->input_count > 0)
        node = node->inputs[0];
    return node;
}

/* Windows count late rows, and a source below them shows the count. */
static uint64_t late_rows(const struct exec *x, const struct plan_scan *scan)
{
    uint64_t late = 0;
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->late > 0 && scan_below(x->ops[i]->plan) == &scan->base)
            late += x->ops[i]->late;
    return late;
}

const struct exec_stats *exec_stats(struct exec *x)
{
    uint32_t sources = 0;
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        if (!s->scan)
            continue;
        struct source_status status = { .lag_rows = -1 };
        struct source *source = op_source_connector(s->op);
        if (source->kind->status)
            source->kind->status(source, &status);
        x->source_stats[sources++] = (struct exec_source_stats){
            .name = s->scan->def.name,
            .rows = s->op->rows_in,
            .bytes = op_source_bytes(s->op),
            .skipped = s->policy->count,
            .late = late_rows(x, s->scan),
            .lag_rows = status.lag_rows,
            .watermark_us = op_source_watermark(s->op),
            .waiting_for = status.waiting_for,
            .waiting_since_us = status.waiting_since_us,
            .ended = s->ended,
        };
    }
    for (uint32_t i = 0; i < x->sink_count; i++) {
        struct run_sink *s = &x->sinks[i];
        struct sink_status status = { .pending_rows = 0 };
        struct sink *sink = op_sink_connector(s->op);
        if (sink->kind->status)
            sink->kind->status(sink, &status);
        struct exec_sink_stats *stats = &x->sink_stats[i];
        *stats = (struct exec_sink_stats){ .name = s->plan->def.name,
                                           .statement = s->plan->statement,
                                           .rejected = s->policy->count,
                                           .waiting_for = status.waiting_for,
                                           .waiting_since_us = status.waiting_since_us };
        op_sink_written(s->op, stats->written);
    }
    x->stats.sources = x->source_stats;
    x->stats.source_count = sources;
    x->stats.sinks = x->sink_stats;
    x->stats.sink_count = x->sink_count;
    return &x->stats;
}

static void show_progress(struct exec *x)
{
    int64_t now = clock_monotonic_us();
    if (!x->hooks.progress || now < x->progress_due_us)
        return;
    x->progress_due_us = now + x->options.progress_interval_ms * 1000;
    x->hooks.progress(x->hooks.self, exec_stats(x));
}

/* --- the whole run --------------------------------------------------------------------------- */

static enum code keep_checkpoints(struct exec *x, bool blocked, struct error *err)
{
    struct checkpoint *c = &x->checkpoint;
    if (c->under_way)
        return checkpoint_poll(x, false, err);
    if (!c->dirty || blocked || clock_monotonic_us() < c->due_us)
        return OK;
    TRY(checkpoint_start(x, false, err));
    return checkpoint_poll(x, false, err);
}

/* Until the sources have ended or a stop is asked for. */
static enum code pump(struct exec *x, bool *ret_stopped, struct error *err)
{
    uint32_t rounds = 0;
    for (;;) {
        int stop = atomic_load_explicit(&x->stop, memory_order_relaxed);
        if (stop == 2)
            return error_set(err, E_CANCELLED, "stopped before the end");
        bool blocked, ran;
        TRY(retry_sinks(x, &blocked, err));
        if (!blocked) {
            TRY(run_more(x, &ran, err));
            if (ran) {
                TRY(after_more(x, err));
                continue;
            }
            TRY(settle(x, err));
            TRY(retry_sinks(x, &blocked, err));
        }
        if (x->checkpoint.under_way || rounds++ % 16 == 0 || blocked) {
            TRY(keep_checkpoints(x, blocked, err));
            show_progress(x);
        }
        if (blocked) {
            if (stop == 1) {
                *ret_stopped = true;
                return OK;
            }
            wait_for_work(x, true, true);
            continue;
        }
        arena_reset(x->worker.batch_arena);
        if (stop == 1) {
            *ret_stopped = true;
            return OK;
        }
        if (x->worker.limit_reached)
            TRY(end_unneeded(x, err));
        TRY(run_timers(x, &ran, err));
        if (ran)
            continue;
        bool any, all_ended;
        TRY(read_some(x, &any, &all_ended, err));
        if (all_ended && !any)
            return OK;
        if (!any) {
            TRY(keep_checkpoints(x, false, err));
            show_progress(x);
            wait_for_work(x, false, true);
        }
    }
}

/* Lets the sinks take and confirm everything, then commits.  After a stop, a sink that is stuck
 * is given up after a while: nothing is lost, since nothing is committed. */
static enum code drain(struct exec *x, bool stopped, struct error *err)
{
    int64_t give_up_us = clock_monotonic_us() + (int64_t)DRAIN_LIMIT_MS * 1000;
    bool last_started = false;
    for (;;) {
        int stop = atomic_load_explicit(&x->stop, memory_order_relaxed);
        if (stop == 2)
            return error_set(err, E_CANCELLED, "stopped before the end");
        if (stop == 1 && !stopped) {
            stopped = true;
            give_up_us = clock_monotonic_us() + (int64_t)DRAIN_LIMIT_MS * 1000;
        }
        bool blocked, ran = false;
        TRY(retry_sinks(x, &blocked, err));
        if (!blocked) {
            TRY(run_more(x, &ran, err));
            if (ran) {
                TRY(after_more(x, err));
                continue;
            }
            TRY(settle(x, err));
            TRY(retry_sinks(x, &blocked, err));
        }
        if (!blocked && !x->checkpoint.under_way && !last_started) {
            TRY(checkpoint_start(x, true, err));
            last_started = true;
        }
        if (x->checkpoint.under_way)
            TRY(checkpoint_poll(x, last_started, err));
        if (last_started && !x->checkpoint.under_way)
            return OK;
        if (stopped && clock_monotonic_us() > give_up_us) {
            error_set(err, E_IO, "the dead letters could not be written within %d seconds",
                      DRAIN_LIMIT_MS / 1000);
            for (uint32_t i = 0; i < x->sink_count; i++) {
                const struct run_sink *s = &x->sinks[i];
                if (op_sink_is_blocked(s->op) || (x->checkpoint.under_way && !s->flushed)) {
                    error_set(err, E_IO,
                              "table \"" STR_FMT "\" could not be flushed within %d seconds",
                              STR_ARG(s->plan->def.name), DRAIN_LIMIT_MS / 1000);
                    break;
                }
            }
            error_detail(err, "What it had not confirmed is read again at the next start.");
            return E_IO;
        }
        show_progress(x);
        if (x->checkpoint.under_way || blocked)
            wait_for_work(x, blocked, false);
    }
}

enum code exec_run(struct exec *x, struct error *err)
{
    x->checkpoint.due_us = clock_monotonic_us() + x->options.checkpoint_interval_ms * 1000;
    bool stopped = false;
    TRY(merge_decide(x, err));
    TRY(pump(x, &stopped, err));
    TRY(drain(x, stopped, err));
    x->progress_due_us = 0;
    show_progress(x);
    return OK;
}
