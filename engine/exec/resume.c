/* resume.c -- a start from a snapshot, and what is to be said before a job starts.
 *
 * Sources and sinks were opened where the snapshot says.  Here operators get their
 * records back, as plan_kept_match() pairs them; what the snapshot has and the job does not
 * want, or the other way round, is told by name: a job may be changed between two runs. */
#include "exec/run.h"

#include "state/shape.h"

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

/* What the snapshot has of each operator: plan_kept_list() of the job, and what becomes of it. */
struct going_on {
    struct arena *arena;
    const struct kept_state *const *old, *const *now;
    uint32_t old_count, now_count;
    struct kept_match *matches;
    struct state_recode **recodes; /* NULL: records are read as they are */
};

static enum code find_matches(struct exec *exec, struct going_on *g, struct error *err)
{
    g->old = save_operators(exec->save, &g->old_count);
    g->now = plan_kept_list(g->arena, exec->job, &g->now_count);
    g->matches = arena_array(g->arena, struct kept_match, MAX(g->now_count, 1));
    g->recodes = arena_array(g->arena, struct state_recode *, MAX(g->now_count, 1));
    if (!g->now || !g->matches || !g->recodes)
        return error_nomem(err);
    TRY(plan_kept_match(g->arena, g->old, g->old_count, g->now, g->now_count, g->matches, err));
    for (uint32_t i = 0; i < g->now_count; i++) {
        const struct kept_match *m = &g->matches[i];
        if (m->verdict == KEPT_NOT || !m->recodes)
            continue;
        g->recodes[i] = state_recode_create(g->arena, &m->old->shape, &g->now[i]->shape);
        if (!g->recodes[i])
            return error_nomem(err);
    }
    return OK;
}

static bool is_used(const struct going_on *g, const struct kept_state *old)
{
    for (uint32_t i = 0; i < g->now_count; i++)
        if (g->matches[i].old == old && g->matches[i].verdict != KEPT_NOT)
            return true;
    return false;
}

static void name_unwanted(struct exec *exec, const struct going_on *g)
{
    struct error warning = { .code = OK };
    struct buf names;
    uint32_t n = 0;
    buf_init(&names, 4096);
    for (uint32_t i = 0; i < g->old_count; i++)
        if (!is_used(g, g->old[i]))
            buf_printf(&names, "%s" STR_FMT, n++ > 0 ? ", " : "", STR_ARG(g->old[i]->name));
    if (n > 0) {
        error_set(&warning, E_PLAN, "the job was changed: what the snapshot holds of %s is not "
                  "used", buf_cstr(&names));
        warn(exec, &warning);
    }
    buf_done(&names);
}

static void name_operators(struct exec *exec, const struct going_on *g)
{
    name_unwanted(exec, g);
    for (uint32_t i = 0; i < g->now_count; i++) {
        const struct kept_match *m = &g->matches[i];
        struct error warning = { .code = OK };
        if (m->verdict == KEPT_NOT) {
            error_at(&warning, E_PLAN, g->now[i]->span, "the job was changed: " STR_FMT
                     " begins without state: %s", STR_ARG(g->now[i]->name), m->reason);
        } else if (m->verdict == KEPT_OTHER_ROWS) {
            error_at(&warning, E_PLAN, g->now[i]->span, "the job was changed: other conditions "
                     "than before decide which rows come to " STR_FMT ", which goes on with its "
                     "state", STR_ARG(g->now[i]->name));
            error_hint(&warning, "What it has of rows that came before stays as it is; an empty "
                       "state directory begins anew.");
        }
        if (m->verdict != KEPT_SAME)
            warn(exec, &warning);
    }
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

static enum code restore(struct exec *exec, const struct going_on *g, struct op *op,
                         struct error *err)
{
    for (uint32_t i = 0; i < g->now_count; i++)
        if (g->now[i] == op->plan->kept && g->matches[i].verdict != KEPT_NOT)
            return save_restore(exec->save, op, g->matches[i].old->id, g->recodes[i],
                                op->plan->single, err);
    return OK;
}

static enum code restore_all(struct exec *exec, struct going_on *g, struct error *err)
{
    TRY(find_matches(exec, g, err));
    for (uint32_t w = 0; w < exec->run_count; w++)
        for (uint32_t i = 0; i < exec->runs[w].op_count; i++)
            if (exec->runs[w].ops[i]->kind->restore)
                TRY(restore(exec, g, exec->runs[w].ops[i], err));
    save_restored(exec->save);
    name_operators(exec, g);
    name_sources(exec);
    return OK;
}

enum code resume_all(struct exec *exec, struct error *err)
{
    bool stateful = false;
    for (uint32_t w = 0; w < exec->run_count; w++) {
        struct run *x = &exec->runs[w];
        for (uint32_t i = 0; i < x->source_count; i++)
            x->sources[i].commits = true;
        for (uint32_t i = 0; i < x->op_count; i++) {
            stateful = stateful || has_state(x->ops[i]);
            exec->has_state = exec->has_state || x->ops[i]->kind->restore != NULL;
        }
    }
    if (save_found(exec->save)) {
        struct going_on g = { .arena = arena_create() };
        enum code code = g.arena ? restore_all(exec, &g, err) : error_nomem(err);
        arena_destroy(g.arena);
        if (code != OK)
            return code;
    }
    if (stateful && !exec->save)
        without_snapshots(exec);
    return OK;
}
