/* checkpoint.c -- at-least-once: positions of the sources are committed only after
 * the sinks have confirmed everything that was read up to them.
 *
 * One checkpoint is under way at a time.  Its start notes the positions, sends a
 * barrier down the DAG, and every sink begins to flush when the barrier reaches it.
 * Reading goes on meanwhile: later rows belong to the next checkpoint. */
#include "exec/run.h"

#include "base/clock.h"

enum code checkpoint_start(struct exec *x, bool last, struct error *err)
{
    struct checkpoint *c = &x->checkpoint;
    arena_reset(c->arena);
    for (uint32_t i = 0; i < x->source_count; i++) {
        c->counts[i] = 0;
        if (!x->sources[i].scan)
            continue;
        struct source *source = op_source_connector(x->sources[i].op);
        TRY(source->kind->tell(source, c->arena, &c->positions[i], &c->counts[i], err));
    }
    c->epoch++;
    c->dirty = false;
    c->under_way = true;
    for (uint32_t i = 0; i < x->sink_count; i++)
        x->sinks[i].flushed = false;
    struct barrier barrier = { .epoch = c->epoch, .last = last };
    for (uint32_t i = 0; i < x->source_count; i++)
        TRY(op_emit_barrier(x->sources[i].op, &barrier, err));
    for (uint32_t i = 0; i < x->letter_count; i++) {
        x->letters[i].flushed = false;
        TRY(x->letters[i].sink->kind->flush_start(x->letters[i].sink, err));
    }
    return OK;
}

static enum code commit(struct exec *x, bool last, struct error *err)
{
    struct checkpoint *c = &x->checkpoint;
    for (uint32_t i = 0; i < x->source_count; i++) {
        if (!x->sources[i].scan)
            continue;
        struct source *source = op_source_connector(x->sources[i].op);
        if (source->kind->committed)
            TRY(source->kind->committed(source, c->positions[i], c->counts[i], last, err));
    }
    x->stats.checkpoints++;
    return OK;
}

enum code checkpoint_poll(struct exec *x, bool last, struct error *err)
{
    struct checkpoint *c = &x->checkpoint;
    bool all = true;
    for (uint32_t i = 0; i < x->sink_count; i++) {
        struct run_sink *s = &x->sinks[i];
        if (!s->flushed && op_sink_epoch(s->op) == c->epoch) {
            struct sink *sink = op_sink_connector(s->op);
            enum code code = sink->kind->flush_poll(sink, &s->flushed, err);
            if (code != OK) {
                error_while(err, "flushing table \"" STR_FMT "\"", STR_ARG(s->plan->def.name));
                return code;
            }
        }
        all = all && s->flushed;
    }
    for (uint32_t i = 0; i < x->letter_count; i++) {
        struct dead_letter *l = &x->letters[i];
        if (!l->flushed)
            TRY(l->sink->kind->flush_poll(l->sink, &l->flushed, err));
        all = all && l->flushed;
    }
    if (!all)
        return OK;
    c->under_way = false;
    c->due_us = clock_monotonic_us() + x->options.checkpoint_interval_ms * 1000;
    return commit(x, last, err);
}
