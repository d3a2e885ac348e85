/* resume.c -- a start from a snapshot, and what is to be said before a job starts.
 *
 * Sources and sinks were opened where the snapshot says.  Here operators get their
 * records back; what the snapshot has and the job does not want, or the other way
 * round, is told by name: a job may be changed between two runs. */
#include "exec/run.h"

/* Does its state decide about results?  LIMIT counts rows, time is only remembered, and a look-up
 * remembers what it has to take back. */
static bool has_state(const struct op *op)
{
    if (!op || !op->kind || !op->kind->restore)
        return false;
    switch (op->plan->kind) {
    case PLAN_LIMIT:
    case PLAN_WATERMARK:
        return false;
    case PLAN_LOOKUP:
        return (op->plan->inputs[0]->changes & ~(unsigned)CHANGES_INSERT) != 0;
    default:
        return true;
    }
}

static bool feeds_state(const struct run *x, const struct plan *node)
{
    if (has_state(x->of_plan[node->id]))
        return true;
    for (uint32_t i = 0; i < x->exec->job->node_count; i++) {
        const struct plan *reader = x->exec->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++)
            if (reader->inputs[k] == node && feeds_state(x, reader))
                return true;
    }
    return false;
}

static void warn(struct exec *exec, const struct error *warning)
{
    if (exec->hooks.warn)
        exec->hooks.warn(exec->hooks.self, warning);
}

/* --- what does not fit ------------------------------------------------------------------ */

static bool job_has(const struct run *x, uint64_t state_id)
{
    for (uint32_t i = 0; i < x->op_count; i++)
        if (x->ops[i]->kind->restore && x->ops[i]->plan->state_id == state_id)
            return true;
    return false;
}

static void name_operators(struct exec *exec)
{
    const struct run *x = &exec->runs[0];
    uint32_t count, unwanted = 0, fresh = 0;
    const struct save_operator *saved = save_operators(exec->save, &count);
    struct error warning = { .code = OK };
    struct buf names;
    buf_init(&names, 4096);
    for (uint32_t i = 0; i < count; i++)
        if (!job_has(x, saved[i].id))
            buf_printf(&names, "%s" STR_FMT, unwanted++ > 0 ? ", " : "", STR_ARG(saved[i].name));
    if (unwanted > 0) {
        error_set(&warning, E_PLAN, "the job was changed: what the snapshot holds of %s is not "
                  "used", buf_cstr(&names));
        warn(exec, &warning);
    }
    buf_clear(&names);
    for (uint32_t i = 0; i < x->op_count; i++) {
        const struct op *op = x->ops[i];
        if (!op->kind->restore)
            continue;
        bool found = false;
        for (uint32_t k = 0; k < count; k++)
            found = found || saved[k].id == op->plan->state_id;
        if (!found)
            buf_printf(&names, "%s%s#%u", fresh++ > 0 ? ", " : "", plan_kind_name(op->plan->kind),
                       op->plan->id);
    }
    if (fresh > 0) {
        warning = (struct error){ .code = OK };
        error_set(&warning, E_PLAN, "the job was changed: the snapshot holds nothing of %s, which "
                  "begins without state", buf_cstr(&names));
        warn(exec, &warning);
    }
    buf_done(&names);
}

static void name_sources(struct exec *exec)
{
    uint32_t count;
    const struct save_source *saved = save_sources(exec->save, &count);
    const struct run *x = &exec->runs[0];
    for (uint32_t i = 0; i < count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < x->source_count; k++)
            found = found || str_eq(x->epoch.positions[k].table, saved[i].table);
        struct error warning = { .code = OK };
        error_set(&warning, E_PLAN, "the job was changed: it does not read \"" STR_FMT
                  "\" any more, whose positions the snapshot holds", STR_ARG(saved[i].table));
        if (!found)
            warn(exec, &warning);
    }
    for (uint32_t k = 0; k < x->source_count; k++) {
        struct str table = x->epoch.positions[k].table;
        struct error warning = { .code = OK };
        error_set(&warning, E_PLAN, "the job was changed: the snapshot has no position of \"" STR_FMT
                  "\", which is read as its options say", STR_ARG(table));
        if (!save_source_of(exec->save, table))
            warn(exec, &warning);
    }
}

/* --- all of it ---------------------------------------------------------------------------- */

/* Without snapshots, state and group offsets would go different ways.  Sources that are read anew at
 * every start (files) are nothing to speak of. */
static void without_snapshots(struct exec *exec)
{
    struct buf names;
    uint32_t n = 0;
    buf_init(&names, 4096);
    for (uint32_t w = 0; w < exec->run_count; w++) {
        struct run *x = &exec->runs[w];
        for (uint32_t i = 0; i < x->source_count; i++) {
            struct run_source *s = &x->sources[i];
            if (!s->scan || !feeds_state(&exec->runs[0], &s->scan->base))
                continue;
            s->commits = false;
            if (w == 0 && s->scan->connector->source->committed)
                buf_printf(&names, "%s\"" STR_FMT "\"", n++ > 0 ? ", " : "",
                           STR_ARG(s->scan->def.name));
        }
    }
    if (n > 0) {
        struct error warning = { .code = OK };
        error_set(&warning, E_PLAN, "the state of this job is not saved, so no offsets of %s are "
                  "committed", buf_cstr(&names));
        error_hint(&warning, "With a directory for snapshots (weir.state.dir) the job goes on "
                   "after a stop where it was.");
        warn(exec, &warning);
    }
    buf_done(&names);
}

enum code resume_all(struct exec *exec, struct error *err)
{
    bool stateful = false;
    for (uint32_t w = 0; w < exec->run_count; w++) {
        struct run *x = &exec->runs[w];
        for (uint32_t i = 0; i < x->source_count; i++)
            x->sources[i].commits = true;
        for (uint32_t i = 0; i < x->op_count; i++) {
            struct op *op = x->ops[i];
            stateful = stateful || has_state(op);
            exec->has_state = exec->has_state || op->kind->restore != NULL;
            if (op->kind->restore && save_found(exec->save))
                TRY(save_restore(exec->save, op, op->plan->single, err));
        }
    }
    if (save_found(exec->save)) {
        save_restored(exec->save);
        name_operators(exec);
        name_sources(exec);
    }
    if (stateful && !exec->save)
        without_snapshots(exec);
    return OK;
}
