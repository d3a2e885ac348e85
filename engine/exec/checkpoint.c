/* checkpoint.c -- at-least-once: positions of the sources are committed only after the
 * sinks have confirmed everything that was read up to them, and, with a state
 * directory, after what the operators hold is on disk.
 *
 * One checkpoint is under way at a time.  Worker 0 says that an epoch shall end; each
 * worker then notes the positions of its sources, sends a barrier down the DAG, and
 * takes no more from an input whose barrier has come, until it has come on all: so
 * what operators write at the barrier is exactly what the positions stand for.  Sinks
 * begin to flush when the barrier reaches them; reading goes on meanwhile, later rows
 * belong to the next checkpoint.  When all workers are done, worker 0 completes the
 * snapshot, and then all of them commit. */
#include "exec/exchange.h"
#include "exec/run.h"

#include "base/clock.h"

/* --- a worker's part ------------------------------------------------------------------------ */

static enum code note_positions(struct run *x, struct error *err)
{
    struct epoch *e = &x->epoch;
    arena_reset(e->arena);
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct save_source *at = &e->positions[i];
        struct str table = at->table;
        *at = (struct save_source){ .table = table };
        if (x->sources[i].scan)
            TRY(op_source_tell(x->sources[i].op, e->arena, at, err));
        else
            at->skip = op_values_done(x->sources[i].op);
    }
    return OK;
}

static const struct state_shape *shape_of(const void *cx, uint64_t operator_id)
{
    const struct plan_job *job = cx;
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct kept_state *kept = job->nodes[i]->kept;
        if (kept && kept->id == operator_id)
            return kept->shape.table_count > 0 ? &kept->shape : NULL;
    }
    return NULL;
}

static enum code enter(struct run *x, uint64_t epoch, struct error *err)
{
    struct exec *exec = x->exec;
    struct epoch *e = &x->epoch;
    TRY(note_positions(x, err));
    if (exec->save && exec->has_state)
        TRY(save_writer(exec->save, epoch, x->worker.index, &e->writer, err));
    if (e->writer)
        state_writer_shapes(e->writer, shape_of, exec->job);
    e->entered = epoch;
    e->open = true;
    run_wake(x); /* inputs that were held may be asked now: the worker does not sleep */
    e->barrier = (struct barrier){ .epoch = epoch,
                                   .last = atomic_load(&exec->checkpoint.wanted_last),
                                   .writer = e->writer };
    for (uint32_t i = 0; i < x->sink_count; i++)
        x->sinks[i].flushed = false;
    x->worker.batch_arena = x->inputs[0].arena;
    for (uint32_t i = 0; i < x->source_count; i++)
        TRY(op_emit_barrier(x->sources[i].op, &e->barrier, err));
    return OK;
}

static bool has_passed(const struct run *x)
{
    for (uint32_t i = 1; i < x->input_count; i++)
        if (!op_exchange_passed(x->inputs[i].op, x->epoch.entered))
            return false;
    return true;
}

static enum code leave(struct run *x, struct error *err)
{
    struct epoch *e = &x->epoch;
    e->open = false;
    e->flushing = true;
    run_wake(x);
    if (!e->writer)
        return OK;
    uint64_t bytes;
    enum code code = state_writer_commit(e->writer, &bytes, err);
    state_writer_destroy(e->writer);
    e->writer = NULL;
    return code;
}

static enum code ask_sinks(struct run *x, struct error *err)
{
    struct epoch *e = &x->epoch;
    bool all = true;
    for (uint32_t i = 0; i < x->sink_count; i++) {
        struct run_sink *s = &x->sinks[i];
        if (!s->flushed && op_sink_epoch(s->op) == e->entered) {
            struct sink *sink = op_sink_connector(s->op);
            enum code code = sink->kind->flush_poll(sink, &s->flushed, err);
            if (code != OK) {
                error_while(err, "flushing table \"" STR_FMT "\"", STR_ARG(s->plan->def.name));
                return code;
            }
        }
        all = all && s->flushed;
    }
    if (!all)
        return OK;
    e->flushing = false;
    atomic_store(&e->saved, e->entered);
    run_wake(&x->exec->runs[0]);
    return OK;
}

static enum code commit(struct run *x, uint64_t epoch, struct error *err)
{
    struct epoch *e = &x->epoch;
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        if (!s->scan || !s->commits)
            continue;
        struct source *source = op_source_connector(s->op);
        if (source->kind->committed)
            TRY(source->kind->committed(source, e->positions[i].items, e->positions[i].count,
                                        e->barrier.last, err));
    }
    atomic_store(&e->committed, epoch);
    run_wake(&x->exec->runs[0]);
    return OK;
}

/* --- what worker 0 does for all ------------------------------------------------------------- */

static void wake_all(struct exec *exec)
{
    for (uint32_t i = 0; i < exec->run_count; i++)
        run_wake(&exec->runs[i]);
}

static bool all_have_ended(const struct exec *exec)
{
    for (uint32_t i = 0; i < exec->run_count; i++)
        if (!atomic_load(&exec->runs[i].ended))
            return false;
    return true;
}

/* Is it time for one? */
static void begin(struct exec *exec, bool blocked)
{
    struct checkpoint *c = &exec->checkpoint;
    bool over = atomic_load(&exec->stop) == 1 || all_have_ended(exec);
    if (c->under_way || c->last)
        return;
    bool due = atomic_load(&c->asked) ||
               (atomic_load(&c->dirty) && clock_monotonic_us() >= c->due_us);
    if (!over && (blocked || !due))
        return;
    atomic_store(&c->asked, false);
    c->under_way = true;
    c->decided = false;
    c->last = over;
    atomic_store(&c->dirty, false);
    atomic_store(&c->wanted_last, over);
    atomic_store(&c->wanted, atomic_load(&c->wanted) + 1);
    for (uint32_t i = 0; i < exec->letter_count; i++)
        exec->letters[i].flushed = exec->letters[i].flush_started = false;
    wake_all(exec);
}

static enum code flush_letter(struct dead_letter *l, bool saves, struct error *err)
{
    if (!l->flush_started) {
        l->flush_started = true;
        TRY(l->sink->kind->flush_start(l->sink, err));
        buf_clear(&l->position);
        if (saves && l->sink->kind->tell)
            TRY(l->sink->kind->tell(l->sink, &l->position, err));
    }
    return l->flushed ? OK : l->sink->kind->flush_poll(l->sink, &l->flushed, err);
}

/* Dead letters of all workers are in when all have passed. */
static enum code flush_letters(struct exec *exec, bool *ret_all, struct error *err)
{
    *ret_all = true;
    for (uint32_t i = 0; i < exec->letter_count; i++) {
        struct dead_letter *l = &exec->letters[i];
        if (atomic_load(&l->waits)) {
            *ret_all = false;
            continue;
        }
        pthread_mutex_lock(l->lock);
        enum code code = flush_letter(l, exec->save != NULL, err);
        pthread_mutex_unlock(l->lock);
        if (code != OK)
            return code;
        *ret_all = *ret_all && l->flushed;
    }
    return OK;
}

static enum code complete(struct exec *exec, struct arena *arena, struct error *err)
{
    struct save_job job = { .epoch = atomic_load(&exec->checkpoint.wanted),
                            .workers = exec->has_state ? exec->run_count : 0 };
    uint32_t sources = 0, sinks = exec->runs[0].sink_count;
    for (uint32_t w = 0; w < exec->run_count; w++)
        sources += exec->runs[w].source_count;
    struct save_source *all = arena_array(arena, struct save_source, MAX(sources, 1));
    struct save_sink *stand =
        arena_array(arena, struct save_sink, MAX(sinks + exec->letter_count, 1));
    if (!all || !stand)
        return error_nomem(err);
    for (uint32_t w = 0; w < exec->run_count; w++)
        for (uint32_t i = 0; i < exec->runs[w].source_count; i++)
            all[job.source_count++] = exec->runs[w].epoch.positions[i];
    for (uint32_t i = 0; i < sinks; i++) {
        const struct run_sink *s = &exec->runs[0].sinks[i];
        stand[i] = (struct save_sink){ s->key, op_sink_position(s->op) };
    }
    for (uint32_t i = 0; i < exec->letter_count; i++) {
        const struct dead_letter *l = &exec->letters[i];
        stand[sinks++] = (struct save_sink){
            l->key, l->sink->kind->tell ? buf_view(&l->position) : str_make(NULL, 0)
        };
    }
    job.sources = all;
    job.sinks = stand;
    job.sink_count = sinks;
    if (!(job.operators = plan_kept_list(arena, exec->job, &job.operator_count)))
        return error_nomem(err);
    return save_finish(exec->save, &job, err);
}

static enum code decide(struct exec *exec, struct error *err)
{
    struct checkpoint *c = &exec->checkpoint;
    uint64_t epoch = atomic_load(&c->wanted);
    if (!c->under_way || c->decided)
        return OK;
    for (uint32_t i = 0; i < exec->run_count; i++)
        if (atomic_load(&exec->runs[i].epoch.saved) < epoch)
            return OK;
    bool letters;
    TRY(flush_letters(exec, &letters, err));
    if (!letters)
        return OK;
    if (exec->save) {
        struct arena *arena = arena_create();
        enum code code = arena ? complete(exec, arena, err) : error_nomem(err);
        arena_destroy(arena);
        if (code != OK)
            return code;
    }
    c->decided = true;
    atomic_store(&c->durable, epoch);
    wake_all(exec);
    return OK;
}

static void finish(struct exec *exec)
{
    struct checkpoint *c = &exec->checkpoint;
    if (!c->under_way || !c->decided)
        return;
    for (uint32_t i = 0; i < exec->run_count; i++)
        if (atomic_load(&exec->runs[i].epoch.committed) < atomic_load(&c->durable))
            return;
    c->under_way = false;
    c->due_us = clock_monotonic_us() + exec->options.checkpoint_interval_ms * 1000;
    atomic_store(&exec->checkpoint_us, clock_now_us(exec->options.clock));
    atomic_fetch_add(&exec->checkpoints, 1);
    run_wake(&exec->runs[0]); /* the last one may be due already */
}

enum code checkpoint_step(struct run *x, bool blocked, bool *ret_done, struct error *err)
{
    struct checkpoint *c = &x->exec->checkpoint;
    struct epoch *e = &x->epoch;
    if (x->worker.index == 0)
        begin(x->exec, blocked);
    uint64_t wanted = atomic_load(&c->wanted);
    if (wanted > e->entered && !blocked && !run_input_blocked(&x->inputs[0]))
        TRY(enter(x, wanted, err));
    if (e->open && has_passed(x))
        TRY(leave(x, err));
    if (e->flushing)
        TRY(ask_sinks(x, err));
    if (x->worker.index == 0)
        TRY(decide(x->exec, err));
    uint64_t durable = atomic_load(&c->durable);
    if (durable > atomic_load(&e->committed))
        TRY(commit(x, durable, err));
    if (x->worker.index == 0)
        finish(x->exec);
    *ret_done = x->worker.index == 0 ? c->last && !c->under_way
                              : e->barrier.last && atomic_load(&e->committed) == e->entered;
    return OK;
}
