/* run.c -- the loop of a worker.
 *
 * A round: sinks that had refused rows are tried again; what waits for room in a queue
 * to another worker is moved; operators with output left go on; then one input is
 * asked, the deepest first: so the last stage can always drain, a slow sink holds back
 * its sources, and nothing grows.  When there is nothing to do the worker sleeps. */
#include "exec/exchange.h"
#include "exec/merge.h"

#include "base/clock.h"

#include <sched.h>

/* How long a stop waits for a sink that is stuck; with the closing of it, a stop is over in five
 * seconds. */
enum { DRAIN_LIMIT_MS = 4000 };

/* --- rounds ------------------------------------------------------------------------ */

static enum code retry_sinks(struct run *x, bool *ret_blocked, struct error *err)
{
    *ret_blocked = false;
    for (uint32_t i = 0; i < x->sink_count; i++) {
        bool blocked = false;
        struct op *before = op_work(x->sinks[i].op);
        TRY(op_sink_retry(x->sinks[i].op, &blocked, err));
        op_work_done(&x->worker, before);
        *ret_blocked = *ret_blocked || blocked;
    }
    for (uint32_t i = 0; i < x->exec->letter_count; i++) {
        bool blocked = false;
        TRY(dead_letter_retry(&x->exec->letters[i], &blocked, err));
        *ret_blocked = *ret_blocked || blocked;
    }
    return OK;
}

/* Does something that can be reached have output left, or wait for room in a queue? */
static bool is_clear(const struct reach *reach)
{
    for (uint32_t i = 0; i < reach->count; i++)
        if (reach->ops[i]->more || (reach->ops[i]->plan->kind == PLAN_EXCHANGE &&
                                    op_exchange_waits(reach->ops[i])))
            return false;
    return true;
}

bool run_input_blocked(const struct run_input *input)
{
    return !is_clear(&input->reach);
}

static void flush_exchanges(struct run *x)
{
    for (uint32_t i = 0; i < x->exchange_count; i++)
        op_exchange_flush(x->exchanges[i]);
}

/* All that an input has caused has arrived. */
static enum code settle(struct run *x, struct error *err)
{
    for (uint32_t i = 0; i < x->op_count; i++) {
        struct op *op = x->ops[i];
        if (!op->kind->settle)
            continue;
        struct op *before = op_work(op);
        TRY(op->kind->settle(op, err));
        op_work_done(&x->worker, before);
    }
    return OK;
}

/* Calls one operator.  What it has made goes all the way down; then nothing needs the arena any more,
 * unless a sink is blocked. */
static enum code call_more(struct run *x, struct op *op, struct arena *arena, struct error *err)
{
    x->worker.batch_arena = arena;
    struct op *before = op_work(op);
    TRY(op->kind->more(op, err));
    op_work_done(&x->worker, before);
    TRY(op_tell_idle(op, err));
    bool blocked;
    TRY(settle(x, err));
    TRY(retry_sinks(x, &blocked, err));
    if (!blocked)
        arena_reset(arena);
    return OK;
}

/* The deepest first.  One that waits for somebody outside is asked whether its wait is over. */
static enum code run_more(struct run *x, bool *ret_ran, struct error *err)
{
    *ret_ran = false;
    for (uint32_t i = x->op_count; i > 0 && !*ret_ran; i--) {
        struct op *op = x->ops[i - 1];
        if (!op->more || !is_clear(&x->below[i - 1]))
            continue;
        TRY(call_more(x, op, x->home[i - 1]->arena, err));
        *ret_ran = !op->more || !op->waits;
    }
    return OK;
}

/* Operators whose time has come: idle partitions, windows of processing time.  Not between a barrier
 * of the sources and its passing, when what they make would belong to the next epoch. */
static enum code run_timers(struct run *x, bool *ret_ran, struct error *err)
{
    *ret_ran = false;
    for (uint32_t i = 0; !x->epoch.open && i < x->op_count; i++) {
        struct op *op = x->ops[i];
        if (op->due_us == INT64_MAX || run_input_blocked(x->home[i]))
            continue;
        int64_t now_us = clock_now_us(x->worker.clock);
        if (op->due_us > now_us)
            continue;
        op->due_us = INT64_MAX;
        *ret_ran = true;
        x->worker.batch_arena = x->home[i]->arena;
        struct op *before = op_work(op);
        TRY(op->kind->timer(op, now_us, err));
        op_work_done(&x->worker, before);
    }
    return OK;
}

enum code run_end_source(struct run_source *s, struct error *err)
{
    s->ended = true;
    TRY(op_emit_watermark(s->op, WATERMARK_END, err));
    return op_emit_end(s->op, err);
}

/* --- a stop after so many rows, for tests ------------------------------------------------- */

uint32_t run_claim_rows(struct run *x, uint32_t wanted)
{
    struct exec *exec = x->exec;
    if (exec->options.stop_after_rows == 0)
        return wanted;
    int64_t left = atomic_load(&exec->rows_left), n;
    do {
        n = MIN(left, (int64_t)wanted);
    } while (n > 0 && !atomic_compare_exchange_weak(&exec->rows_left, &left, left - n));
    if (n <= 0)
        exec_stop(exec);
    return n > 0 ? (uint32_t)n : 0;
}

void run_return_rows(struct run *x, uint32_t rows)
{
    if (x->exec->options.stop_after_rows > 0)
        atomic_fetch_add(&x->exec->rows_left, rows);
}

/* --- sources ---------------------------------------------------------------------------------- */

static enum code step(struct run *x, struct run_source *s, uint32_t *ret_rows, struct error *err)
{
    *ret_rows = 0;
    uint32_t room = run_claim_rows(x, BATCH_ROWS);
    if (room == 0)
        return OK;
    bool end = false;
    struct op *before = op_work(s->op);
    if (!s->scan) {
        TRY(op_values_step(s->op, room, ret_rows, &end, err));
    } else {
        enum poll_state state = POLL_IDLE;
        TRY(op_source_step(s->op, room, &state, ret_rows, err));
        if (*ret_rows > 0)
            run_note_rows(x);
        s->idle = state == POLL_IDLE && *ret_rows == 0;
        end = state == POLL_END;
    }
    op_work_done(&x->worker, before);
    run_return_rows(x, room - MIN(room, *ret_rows));
    return end ? run_end_source(s, err) : OK;
}

/* The unbounded ones, each in its turn, until one gives something. */
static enum code read_unbounded(struct run *x, bool *ret_any, struct error *err)
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
static enum code read_bounded(struct run *x, bool *ret_any, struct error *err)
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
static enum code read_some(struct run *x, bool *ret_any, struct error *err)
{
    bool bounded_first = x->bounded_first;
    x->bounded_first = !bounded_first;
    if (bounded_first)
        TRY(read_bounded(x, ret_any, err));
    if (!*ret_any)
        TRY(read_unbounded(x, ret_any, err));
    if (!*ret_any && !bounded_first)
        TRY(read_bounded(x, ret_any, err));
    return OK;
}

/* --- inputs -------------------------------------------------------------------------------------- */

/* Asks one input, the deepest that may be asked and has something. */
static enum code take_input(struct run *x, bool reading, bool *ret_any, struct error *err)
{
    *ret_any = false;
    for (uint32_t i = x->input_count; i > 1 && !*ret_any; i--) {
        struct run_input *input = &x->inputs[i - 1];
        if (run_input_blocked(input))
            continue;
        arena_reset(input->arena);
        x->worker.batch_arena = input->arena;
        struct op *before = op_work(input->op);
        TRY(op_exchange_receive(input->op, input->arena, ret_any, err));
        op_work_done(&x->worker, before);
    }
    if (*ret_any || !reading || x->epoch.open || run_input_blocked(&x->inputs[0]))
        return OK;
    arena_reset(x->inputs[0].arena);
    x->worker.batch_arena = x->inputs[0].arena;
    return read_some(x, ret_any, err);
}

/* Has all input come, and all that it caused gone on?  Asked when there was nothing to do. */
static void note_ended(struct run *x)
{
    bool ended = true;
    for (uint32_t i = 0; i < x->source_count; i++)
        ended = ended && x->sources[i].ended;
    for (uint32_t i = 1; i < x->input_count; i++)
        ended = ended && op_exchange_ended(x->inputs[i].op);
    for (uint32_t i = 0; i < x->input_count; i++)
        ended = ended && !run_input_blocked(&x->inputs[i]);
    if (!ended || atomic_load(&x->ended))
        return;
    atomic_store(&x->ended, true);
    run_wake(&x->exec->runs[0]);
}

/* --- LIMIT -------------------------------------------------------------------------- */

/* Does anything that still wants rows read this node?  Asked of the plan, since the readers of a
 * calc hang at a branch of its operator, and those of an exchange may be elsewhere. */
static bool plan_is_needed(const struct exec *exec, const struct plan *plan)
{
    if (atomic_load(&exec->plan_done[plan->id]))
        return false;
    if (plan->kind == PLAN_SINK)
        return true;
    for (uint32_t i = 0; i < exec->job->node_count; i++) {
        const struct plan *reader = exec->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++)
            if (reader->inputs[k] == plan && plan_is_needed(exec, reader))
                return true;
    }
    return false;
}

static void tell_limits(struct run *x)
{
    struct exec *exec = x->exec;
    x->worker.limit_reached = false;
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->done)
            atomic_store(&exec->plan_done[x->ops[i]->plan->id], true);
    atomic_fetch_add(&exec->ends_asked, 1);
    for (uint32_t i = 0; i < exec->run_count; i++)
        run_wake(&exec->runs[i]);
}

/* A source that is not needed any more ends. */
static enum code end_unneeded(struct run *x, struct error *err)
{
    uint64_t asked = atomic_load(&x->exec->ends_asked);
    if (asked == x->ends_seen || x->epoch.open || run_input_blocked(&x->inputs[0]))
        return OK;
    x->ends_seen = asked;
    x->worker.batch_arena = x->inputs[0].arena;
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        if (!s->ended && !plan_is_needed(x->exec, s->op->plan))
            TRY(run_end_source(s, err));
    }
    return OK;
}

/* --- workers without splits ------------------------------------------------------------------ */

/* A source without a split of this worker ends at once, or, if it may get one later, does not hold
 * time back. */
static enum code end_empty(struct run *x, struct error *err)
{
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        struct source *source = s->scan ? op_source_connector(s->op) : NULL;
        if (!source || !source->kind->has_splits || source->kind->has_splits(source))
            continue;
        if (s->in_turn)
            TRY(run_end_source(s, err));
        else
            TRY(op_emit_watermark(s->op, WATERMARK_END, err));
    }
    return OK;
}

/* Done for all workers before any of them runs, and all that comes of it too: how far time is must
 * not depend on who is first. */
enum code run_begin_all(struct exec *exec, struct error *err)
{
    for (uint32_t w = 0; exec->run_count > 1 && w < exec->run_count; w++)
        TRY(end_empty(&exec->runs[w], err));
    bool any = exec->run_count > 1;
    while (any) {
        any = false;
        for (uint32_t w = 0; w < exec->run_count; w++) {
            struct run *x = &exec->runs[w];
            flush_exchanges(x);
            for (uint32_t i = 1; i < x->input_count; i++) {
                bool got = false;
                x->worker.batch_arena = x->inputs[i].arena;
                TRY(op_exchange_receive(x->inputs[i].op, x->inputs[i].arena, &got, err));
                any = any || got;
            }
        }
    }
    return OK;
}

/* --- the whole run --------------------------------------------------------------------------- */

/* The sink that this worker waits for, if it does: it refuses rows, or has begun to flush and is not
 * done. */
static const struct run_sink *waits_for_sink(const struct run *x)
{
    bool under_way = x->epoch.open || x->epoch.flushing;
    for (uint32_t i = 0; i < x->sink_count; i++) {
        const struct run_sink *s = &x->sinks[i];
        if (op_sink_is_blocked(s->op) ||
            (under_way && !s->flushed && op_sink_epoch(s->op) == x->epoch.entered))
            return s;
    }
    return NULL;
}

static bool waits_for_letters(const struct run *x)
{
    for (uint32_t i = 0; i < x->exec->letter_count; i++) {
        struct dead_letter *l = &x->exec->letters[i];
        if (atomic_load(&l->waits) ||
            (x->worker.index == 0 && l->flush_started && !l->flushed))
            return true;
    }
    return false;
}

/* A look-up whose answers do not come. */
static const struct op *waits_for_answers(const struct run *x)
{
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->more && x->ops[i]->waits)
            return x->ops[i];
    return NULL;
}

/* After a stop, what is stuck outside is given up after a while: nothing is lost, since nothing is
 * committed.  Writing a large snapshot, or another worker's doing so, takes the time it takes. */
static enum code check_patience(struct run *x, struct error *err)
{
    const struct run_sink *sink = waits_for_sink(x);
    const struct op *asking = waits_for_answers(x);
    bool letters = waits_for_letters(x);
    if (!sink && !asking && !letters) {
        x->stopped_us = 0;
        return OK;
    }
    int64_t now = clock_monotonic_us(), limit_us = (int64_t)DRAIN_LIMIT_MS * 1000;
    int seconds = DRAIN_LIMIT_MS / 1000;
    if (x->stopped_us == 0)
        x->stopped_us = now;
    if (now - x->stopped_us < limit_us)
        return OK;
    enum code code;
    if (sink)
        code = error_set(err, E_IO, "table \"" STR_FMT "\" could not be flushed within %d seconds",
                         STR_ARG(sink->plan->def.name), seconds);
    else if (letters)
        code = error_set(err, E_IO, "the dead letters could not be written within %d seconds",
                         seconds);
    else
        code = error_set(err, E_IO, "the answers for %s#%u did not come within %d seconds",
                         plan_kind_name(asking->plan->kind), asking->plan->id, seconds);
    error_detail(err, "What it had not confirmed is read again at the next start.");
    return code;
}

/* Stress: pauses at random, so that workers meet in all orders. */
static void pause_sometimes(struct run *x)
{
    if (x->exec->options.stress_seed == 0)
        return;
    x->chance = x->chance * 6364136223846793005u + 1442695040888963407u;
    for (uint64_t n = (x->chance >> 33) % 16; n > 12; n--)
        sched_yield();
}

static enum code keep_house(struct run *x, bool blocked, bool *ret_done, struct error *err)
{
    TRY(checkpoint_step(x, blocked, ret_done, err));
    if (x->worker.index == 0)
        exec_show_progress(x->exec);
    else
        run_publish(x);
    return OK;
}

static bool has_checkpoint(const struct run *x)
{
    const struct checkpoint *c = &x->exec->checkpoint;
    return atomic_load_explicit(&c->wanted, memory_order_relaxed) !=
           atomic_load_explicit(&x->epoch.committed, memory_order_relaxed);
}

/* Nothing is to be done before somebody outside gives something, or time passes: whoever moves the
 * clock of a test is asked. */
static bool has_news(struct run *x, unsigned seen)
{
    const struct exec_hooks *hooks = &x->exec->hooks;
    if (!hooks->idle || x->worker.index > 0 || atomic_load(&x->news) != seen)
        return false;
    int64_t due_us = INT64_MAX;
    for (uint32_t i = 0; i < x->op_count; i++)
        due_us = MIN(due_us, x->ops[i]->due_us);
    return hooks->idle(hooks->self, due_us);
}

enum code run_loop(struct run *x, struct error *err)
{
    uint32_t rounds = 0;
    TRY(merge_decide(x, err));
    for (;;) {
        unsigned seen = atomic_load(&x->news);
        int stop = atomic_load_explicit(&x->exec->stop, memory_order_relaxed);
        if (stop == 2)
            return error_set(err, E_CANCELLED, "stopped before the end");
        if (atomic_load_explicit(&x->exec->view_asked, memory_order_relaxed) != x->view_seen)
            run_answer(x);
        pause_sometimes(x);
        bool blocked, ran = false, any = false, done = false;
        TRY(retry_sinks(x, &blocked, err));
        flush_exchanges(x);
        if (!blocked) {
            TRY(run_more(x, &ran, err));
            if (ran)
                continue;
            TRY(settle(x, err));
            TRY(retry_sinks(x, &blocked, err));
        }
        if (rounds++ % 16 == 0 || blocked || has_checkpoint(x))
            TRY(keep_house(x, blocked, &done, err));
        if (done)
            return OK;
        if (x->worker.limit_reached)
            tell_limits(x);
        if (!blocked) {
            TRY(end_unneeded(x, err));
            TRY(run_timers(x, &ran, err));
            if (ran)
                continue;
            TRY(take_input(x, stop == 0, &any, err));
        }
        if (any)
            continue;
        if (!blocked)
            note_ended(x);
        TRY(keep_house(x, blocked, &done, err));
        if (done)
            return OK;
        if (stop == 1)
            TRY(check_patience(x, err));
        if (!blocked && has_news(x, seen))
            continue;
        run_wait(x, blocked, stop == 0 && !x->epoch.open, seen);
    }
}
