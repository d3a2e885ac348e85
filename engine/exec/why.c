/* why.c -- see why.h: the walk. */
#include "exec/why_inner.h"

enum { PATHS_SAID = 5 }; /* of a sink */

/* --- what goes through ------------------------------------------------------------------------- */

const struct view_op *why_op(const struct walk *w, const struct plan *plan)
{
    static const struct view_op none = { .watermark_us = WATERMARK_NONE,
                                         .open_until_us = INT64_MAX };
    const struct view_op *op = exec_view_op(w->view, plan->id);
    return op ? op : &none;
}

struct flow why_flow(const struct walk *w, const struct plan *plan)
{
    const struct view_op *now = why_op(w, plan);
    const struct view_op *before = w->earlier ? exec_view_op(w->earlier, plan->id) : NULL;
    struct flow flow = { .in = now->rows_in, .out = now->rows_out };
    if (!before || now->rows_out == 0)
        return flow;
    flow.in -= MIN(before->rows_in, flow.in);
    flow.out -= MIN(before->rows_out, flow.out);
    flow.since_us = w->view->wall_us - w->earlier->wall_us;
    return flow;
}

/* --- JSON paths --------------------------------------------------------------------------------- */

static bool is_below(const struct plan *plan, const struct plan *what)
{
    bool found = plan == what;
    for (uint32_t i = 0; i < plan->input_count && !found; i++)
        found = is_below(plan->inputs[i], what);
    return found;
}

static const struct plan_scan *scan_below(const struct plan *plan)
{
    while (plan->input_count > 0)
        plan = plan->inputs[0];
    return plan->kind == PLAN_SCAN ? (const struct plan_scan *)plan : NULL;
}

static bool is_missing(const struct view_path *path)
{
    return path->found == 0 && path->documents > 0;
}

/* Is what it leads through missing too?  Then that is said alone. */
static bool is_behind_another(const struct walk *w, const struct view_path *path)
{
    for (uint32_t i = 0; i < w->view->path_count; i++) {
        const struct view_path *other = &w->view->paths[i];
        size_t size = strlen(other->text);
        if (other->json == path->json && is_missing(other) &&
            strncmp(path->text, other->text, size) == 0 && strchr(".[", path->text[size]) &&
            path->text[size] != '\0')
            return true;
    }
    return false;
}

static void add_path(struct walk *w, const struct view_path *path, enum why_severity severity)
{
    const struct plan_scan *scan = scan_below(path->json);
    buf_printf(&w->text, "%s is in none of ", path->text);
    why_put_count(&w->text, path->documents, "document");
    if (scan)
        buf_printf(&w->text, " of table \"" STR_FMT "\"", STR_ARG(scan->def.name));
    if (path->nearest.size > 0)
        buf_printf(&w->hint, "They have " STR_FMT ": is that meant?", STR_ARG(path->nearest));
    why_add(w, severity, path->json);
}

void why_paths(struct walk *w, const struct plan *plan, enum why_severity severity)
{
    uint32_t more = 0, said = 0;
    for (uint32_t i = 0; i < w->view->path_count; i++) {
        const struct view_path *path = &w->view->paths[i];
        if (!is_missing(path) || !is_below(plan, path->json) || is_behind_another(w, path))
            continue;
        if (said++ < PATHS_SAID)
            add_path(w, path, severity);
        else
            more++;
    }
    if (more == 0)
        return;
    why_put_count(&w->text, more, "more path");
    buf_text(&w->text, more == 1 ? " finds nothing" : " find nothing");
    why_add(w, WHY_NOTE, plan);
}

/* --- sources ------------------------------------------------------------------------------------- */

/* Since the last row of any of its partitions; -1: there was none. */
static int64_t quiet_of(const struct walk *w, const struct plan_scan *scan)
{
    int64_t quiet_us = -1;
    for (uint32_t i = 0; i < w->view->split_count; i++) {
        const struct view_split *s = &w->view->splits[i];
        if (s->scan == &scan->base && s->quiet_us >= 0)
            quiet_us = quiet_us < 0 ? s->quiet_us : MIN(quiet_us, s->quiet_us);
    }
    return quiet_us;
}

static bool has_ended(const struct walk *w, const struct plan_scan *scan)
{
    bool any = false;
    for (uint32_t i = 0; i < w->view->split_count; i++) {
        const struct view_split *s = &w->view->splits[i];
        if (s->scan != &scan->base)
            continue;
        any = true;
        if (!s->ended)
            return false;
    }
    return any;
}

/* A start behind what is there already is a common reason for silence. */
static void hint_start(struct walk *w, const struct plan_scan *scan)
{
    static const char *const names[] = { "scan.startup.mode", "startupMode" };
    for (size_t i = 0; scan->def.options && i < countof(names); i++) {
        const struct option *o = options_find(scan->def.options, names[i]);
        if (!o || !str_ieq(str_make(o->value.data, MIN(o->value.size, 6)), STR("latest")))
            continue;
        buf_printf(&w->hint, "'%s' = '" STR_FMT "' reads what comes after the start only.",
                   names[i], STR_ARG(o->value));
        return;
    }
}

static void put_unreadable(struct walk *w, const struct plan_scan *scan, const struct view_op *op,
                           const struct flow *flow)
{
    buf_printf(&w->text, "no row of table \"" STR_FMT "\" can be read: none of ",
               STR_ARG(scan->def.name));
    why_put_count(&w->text, flow->in, "record");
    why_put_since(&w->text, flow);
    buf_text(&w->text, op->skipped > 0 ? " is a good row" : " is a row");
    buf_text(&w->hint,
             op->skipped > 0
                 ? "The warnings of the job say what is wrong with the first of them."
                 : "The format leaves out what it cannot read: look at the options of the "
                   "table.");
}

void why_source(struct walk *w, const struct plan_scan *scan)
{
    const struct view_op *op = why_op(w, &scan->base);
    if (why_waits(w, &scan->base))
        return;
    struct flow flow = why_flow(w, &scan->base);
    if (flow.in > 0 && flow.out == 0) {
        put_unreadable(w, scan, op, &flow);
        why_add(w, WHY_HELD, &scan->base);
        return;
    }
    int64_t quiet_us = quiet_of(w, scan);
    if (has_ended(w, scan)) {
        buf_printf(&w->text,
                   "table \"" STR_FMT "\" has come to its end: ", STR_ARG(scan->def.name));
        why_put_count(&w->text, op->rows_in, "row");
        buf_text(&w->text, " were read");
    } else if (op->rows_in == 0) {
        buf_printf(&w->text, "no row has come from table \"" STR_FMT "\" yet",
                   STR_ARG(scan->def.name));
        hint_start(w, scan);
    } else {
        buf_printf(&w->text, "no row has come from table \"" STR_FMT "\" for ",
                   STR_ARG(scan->def.name));
        why_put_span(&w->text, MAX(quiet_us, 0));
    }
    why_add(w, WHY_HELD, &scan->base);
}

/* --- the walk ------------------------------------------------------------------------------------- */

static void walk_inputs(struct walk *w, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->input_count; i++)
        why_walk(w, plan->inputs[i]);
}

void why_walk(struct walk *w, const struct plan *plan)
{
    struct flow flow = why_flow(w, plan);
    if (w->seen[plan->id])
        return;
    w->seen[plan->id] = true;
    if (flow.out > 0)
        return; /* what it gives is on its way */
    if (plan->kind == PLAN_SCAN) {
        why_source(w, (const struct plan_scan *)plan);
        return;
    }
    if (plan->kind == PLAN_LOOKUP && why_waits(w, plan))
        return;
    if (plan->kind == PLAN_LIMIT && why_node(w, plan, &flow))
        return;
    bool has_work = flow.in > 0 || why_op(w, plan)->open_count > 0;
    if (!has_work || !why_node(w, plan, &flow))
        walk_inputs(w, plan);
}

/* --- sinks ----------------------------------------------------------------------------------------- */

static const struct exec_sink_stats *stats_of(const struct walk *w, const struct plan_sink *sink)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < w->job->node_count && w->job->nodes[i] != &sink->base; i++)
        at += w->job->nodes[i]->kind == PLAN_SINK;
    return at < w->view->stats.sink_count ? &w->view->stats.sinks[at] : NULL;
}

static void put_refusing(struct walk *w, const struct plan_sink *sink, const struct view_op *op)
{
    const struct exec_sink_stats *stats = stats_of(w, sink);
    buf_printf(&w->text, "table \"" STR_FMT "\" takes no rows: it", STR_ARG(sink->def.name));
    if (op->waiting_for) {
        why_put_waiting(w, op);
        return;
    }
    buf_text(&w->text, " has no room");
    if (stats && stats->unconfirmed > 0) {
        buf_text(&w->text, ", ");
        why_put_count(&w->text, stats->unconfirmed, "row");
        buf_text(&w->text, " are not confirmed yet");
    }
    buf_text(&w->hint, "The job is as fast as the system it writes to.");
}

/* What is worth knowing of a sink that writes. */
static void put_fine(struct walk *w, const struct plan_sink *sink, const struct flow *flow)
{
    buf_text(&w->text, "nothing holds it up: ");
    why_put_count(&w->text, flow->out, "row");
    buf_text(&w->text, flow->out == 1 ? " was written" : " were written");
    why_put_since(&w->text, flow);
    why_add(w, WHY_FINE, &sink->base);
    why_paths(w, &sink->base, WHY_NOTE);
}

static void put_unwritten(struct walk *w, const struct view_op *op, const struct flow *flow)
{
    if (op->skipped > 0) {
        buf_text(&w->text, "its rows are bad: of ");
        why_put_count(&w->text, flow->in, "row");
        buf_printf(&w->text, " %llu were refused", (unsigned long long)op->skipped);
        buf_text(&w->hint, "The warnings of the job say what is wrong with the first of them.");
        return;
    }
    why_put_count(&w->text, flow->in, "row");
    buf_text(&w->text, flow->in == 1 ? " has come" : " have come");
    why_put_since(&w->text, flow);
    buf_text(&w->text, ", and none was written");
}

static void look_at_sink(struct walk *w, const struct plan_sink *sink)
{
    const struct view_op *op = why_op(w, &sink->base);
    struct flow flow = why_flow(w, &sink->base);
    w->seen[sink->base.id] = true;
    if (w->view->ended) {
        buf_text(&w->text, "the job is over: ");
        why_put_count(&w->text, op->rows_out, "row");
        buf_text(&w->text, " were written");
        why_add(w, WHY_FINE, &sink->base);
    } else if (op->waits || op->waiting_for) {
        put_refusing(w, sink, op);
        why_add(w, WHY_HELD, &sink->base);
    } else if (flow.out > 0) {
        put_fine(w, sink, &flow);
    } else if (flow.in > 0) {
        put_unwritten(w, op, &flow);
        why_add(w, WHY_HELD, &sink->base);
    } else {
        walk_inputs(w, &sink->base);
    }
    if (w->count > 0)
        return;
    buf_text(&w->text, "rows are on their way to it");
    why_add(w, WHY_FINE, &sink->base);
}

/* --- the whole -------------------------------------------------------------------------------------- */

static struct why_sink result_of(const struct walk *w, const struct plan_sink *sink)
{
    struct why_sink ret = {
        .plan = &sink->base, .name = sink->def.name, .findings = w->items, .finding_count = w->count
    };
    for (uint32_t i = 0; i < w->count; i++)
        ret.is_held = ret.is_held || w->items[i].severity == WHY_HELD;
    return ret;
}

static enum code look(struct walk *w, const struct plan_sink *sink, struct error *err)
{
    w->items = NULL;
    w->count = w->cap = 0;
    w->seen = arena_array(w->arena, bool, w->job->node_count + 1);
    if (!w->seen)
        return error_nomem(err);
    look_at_sink(w, sink);
    return w->is_out_of_memory ? error_nomem(err) : OK;
}

enum code why(const struct plan_job *job, const struct exec_view *view,
              const struct exec_view *earlier, uint32_t sink_id, struct arena *arena,
              struct why *ret, struct error *err)
{
    struct walk w = { .job = job, .view = view, .earlier = earlier, .arena = arena };
    struct why_sink *sinks = arena_array(arena, struct why_sink, MAX(job->sink_count, 1));
    *ret = (struct why){ .sinks = sinks };
    if (!sinks)
        return error_nomem(err);
    buf_init(&w.text, 1 << 16);
    buf_init(&w.hint, 1 << 16);
    enum code code = OK;
    for (uint32_t i = 0; i < job->sink_count && code == OK; i++) {
        if (sink_id != 0 && job->sinks[i]->base.id != sink_id)
            continue;
        code = look(&w, job->sinks[i], err);
        sinks[ret->sink_count++] = result_of(&w, job->sinks[i]);
    }
    buf_done(&w.text);
    buf_done(&w.hint);
    if (code == OK && sink_id != 0 && ret->sink_count == 0)
        code = error_set(err, E_NAME, "there is no sink %u", sink_id);
    return code;
}
