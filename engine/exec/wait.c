/* wait.c -- a worker with nothing to do sleeps on the wake-up descriptors of whoever it
 * waits for; other workers write to its own one. */
#include "exec/exchange.h"
#include "exec/run.h"

#include "base/clock.h"

#include <unistd.h>

enum { TICK_MS = 50 }; /* for connectors without a descriptor */

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

static void add_sources(struct run *x, nfds_t *n, int64_t *timeout_ms)
{
    bool turn_taken = false; /* only the first of those in turn is going to be asked */
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        if (!s->scan || s->ended || (s->in_turn && turn_taken && !x->merging))
            continue;
        turn_taken = turn_taken || s->in_turn;
        struct source *source = op_source_connector(s->op);
        add_fd(x->fds, n, source->kind->wake_fd ? source->kind->wake_fd(source) : -1, timeout_ms);
    }
}

static void add_sinks(struct run *x, nfds_t *n, int64_t *timeout_ms)
{
    for (uint32_t i = 0; i < x->sink_count; i++) {
        const struct run_sink *s = &x->sinks[i];
        bool flushing = (x->epoch.open || x->epoch.flushing) && !s->flushed;
        if (!flushing && !op_sink_is_blocked(s->op))
            continue;
        struct sink *sink = op_sink_connector(s->op);
        add_fd(x->fds, n, sink->kind->wake_fd ? sink->kind->wake_fd(sink) : -1, timeout_ms);
    }
}

void run_wait(struct run *x, bool blocked, bool reading, unsigned seen)
{
    struct exec *exec = x->exec;
    const struct checkpoint *c = &exec->checkpoint;
    nfds_t n = 0;
    int64_t now = clock_monotonic_us(), timeout = 60 * 1000;
    if (x->worker.index == 0 && !blocked && reading && !c->under_way && atomic_load(&c->dirty))
        timeout = MIN(timeout, ms_until(c->due_us, now));
    if (x->worker.index == 0 && exec->hooks.progress)
        timeout = MIN(timeout, ms_until(exec->progress_due_us, now));
    if (x->stopped_us > 0)
        timeout = MIN(timeout, 10 * TICK_MS); /* run.c: check_patience() */
    for (uint32_t i = 0; !blocked && reading && i < x->op_count; i++)
        if (x->ops[i]->due_us != INT64_MAX && !x->worker.clock->standing &&
            !run_input_blocked(x->home[i]))
            timeout = MIN(timeout, ms_until(x->ops[i]->due_us, clock_now_us(x->worker.clock)));
    add_fd(x->fds, &n, x->wake_fd, &timeout);
    /* Or rows that nobody can take yet would keep this worker awake. */
    if (reading && !blocked && !run_input_blocked(&x->inputs[0]))
        add_sources(x, &n, &timeout);
    add_sinks(x, &n, &timeout);
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->more && x->ops[i]->waits)
            add_fd(x->fds, &n, x->ops[i]->wait_fd, &timeout);
    for (uint32_t i = 0; i < exec->letter_count; i++)
        if (atomic_load(&exec->letters[i].waits) || (x->worker.index == 0 && c->under_way))
            timeout = MIN(timeout, TICK_MS);
    /* Whoever gives this worker something counts, and then looks whether it sleeps. */
    atomic_store(&x->sleeping, true);
    if (atomic_load(&x->news) == seen)
        poll(x->fds, n, (int)timeout);
    else
        x->fds[0].revents = 0;
    atomic_store(&x->sleeping, false);
    if (x->fds[0].revents & POLLIN) {
        uint64_t count;
        ssize_t ignored = read(x->wake_fd, &count, sizeof count);
        (void)ignored;
    }
}
