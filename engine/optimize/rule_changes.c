/* rule_changes.c -- which updates come with the row they replace.
 *
 * From the sinks up to the sources: a node gives -U exactly where a reader needs it
 * (Flink's FlinkChangelogModeInferenceProgram decides the same way).  An aggregate takes the old
 * row out of its sum; a filter must see what the old row was; a sink that keeps rows by
 * the stream's own key needs neither.  Then, from the sources down, what comes out is
 * derived anew, and aggregates get the kernels for rows that are taken back. */
#include "optimize/rules.h"

/* Is one key of the stream just the sink's?  Part of it is not enough: an update that changes the
 * other part leaves its old row behind. */
static bool has_key_of(const struct plan *input, const struct schema *schema)
{
    for (uint32_t i = 0; i < input->key_count; i++) {
        const struct plan one = { .keys = &input->keys[i], .key_count = 1 };
        if (one.keys->count == schema->key_count &&
            plan_has_key_in(&one, schema->key, schema->key_count))
            return true;
    }
    return false;
}

/* Does this node need -U of its input `k` to give what its own readers want? */
static bool needs_before(const struct plan *node, uint32_t k)
{
    const struct plan *input = node->inputs[k];
    if (!plan_updates(input))
        return false;
    switch (node->kind) {
    case PLAN_SINK: {
        const struct plan_sink *sink = (const struct plan_sink *)node;
        const struct schema *schema = sink->def.schema;
        return sink->mode != SINK_UPSERT || !has_key_of(input, schema);
    }
    case PLAN_CALC:
        return node->before || ((const struct plan_calc *)node)->filter != NULL;
    case PLAN_LOOKUP:
        return true; /* the row looked up then is taken back, not the one of now */
    case PLAN_CORRELATE:
        return true;
    case PLAN_JOIN: {
        /* An update that keeps its key, and so its matches, replaces the row that is kept. */
        const struct plan_join *join = (const struct plan_join *)node;
        return node->before || join->condition || join->single ||
               !plan_key_over(input, join->keys[k], join->key_count);
    }
    case PLAN_RANK:
        return !((const struct plan_rank *)node)->update_key;
    case PLAN_TEMPORAL_JOIN: /* a version ends where the next one begins */
        return k == 0 && node->before;
    case PLAN_JSON:
    case PLAN_WATERMARK:
    case PLAN_UNION:
    case PLAN_EXCHANGE:
    case PLAN_FOLD:
        return node->before;
    default:
        return true;
    }
}

/* A filter that keeps the +U back has the -U say that the row is gone: whoever reads it has to look
 * (Flink lets no such filter give +U alone either). */
static bool hides_updates(const struct plan *node)
{
    return node->kind == PLAN_CALC && ((const struct plan_calc *)node)->filter &&
           plan_updates(node->inputs[0]);
}

/* Does -U come of the node though no reader asks for it? */
static bool gives_before(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_CALC:
        return hides_updates(node) || gives_before(node->inputs[0]);
    case PLAN_LOOKUP:
    case PLAN_CORRELATE:
        return plan_updates(node->inputs[0]);
    case PLAN_JSON:
    case PLAN_WATERMARK:
    case PLAN_UNION:
        for (uint32_t k = 0; k < node->input_count; k++)
            if (gives_before(node->inputs[k]))
                return true;
        return false;
    case PLAN_JOIN: {
        /* It needs the old row of a side to find what it made of it.  Said to be gone and not to be
         * replaced, each update would be a delete to a table. */
        const struct plan_join *join = (const struct plan_join *)node;
        for (uint32_t k = 0; k < 2; k++)
            if (gives_before(node->inputs[k]) || needs_before(node, k))
                return join->type == INNER_JOIN || join->type == SEMI_JOIN;
        return false;
    }
    default:
        return false;
    }
}

static void read_column(struct expr *e, void *arg)
{
    bool *read = arg;
    if (e->kind == EXPR_COLUMN)
        read[e->column] = true;
}

/* Does the filter look at more than a key of its input?  Then it may hide one row of an update and
 * show the other. */
static enum code splits_updates(struct optimizer *o, const struct plan_calc *calc, bool *ret,
                                struct error *err)
{
    const struct plan *input = calc->base.inputs[0];
    bool *read = arena_array(o->arena, bool, MAX(input->field_count, 1));
    uint32_t *columns = arena_array(o->arena, uint32_t, MAX(input->field_count, 1)), n = 0;
    if (!read || !columns)
        return error_nomem(err);
    expr_walk(calc->filter, read_column, read);
    for (uint32_t c = 0; c < input->field_count; c++)
        if (read[c])
            columns[n++] = c;
    *ret = !plan_key_over(input, columns, n);
    return OK;
}

/* What a temporal join has to know of its versions: what makes them gives +U alone, unless a filter
 * that is not about the key stands between. */
static enum code find_retracts(struct optimizer *o, struct plan_temporal_join *join,
                               struct error *err)
{
    const struct plan *node = join->join.base.inputs[1];
    while (!join->retracts &&
           (node->kind == PLAN_CALC || node->kind == PLAN_JSON || node->kind == PLAN_WATERMARK ||
            node->kind == PLAN_EXCHANGE || node->kind == PLAN_LOOKUP ||
            node->kind == PLAN_CORRELATE)) {
        if (hides_updates(node))
            TRY(splits_updates(o, (const struct plan_calc *)node, &join->retracts, err));
        node = node->inputs[0];
    }
    return OK;
}

static enum code derive_all(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++)
        if (!plan_derive(o->arena, o->job->nodes[i]))
            return error_nomem(err);
    return OK;
}

static enum code take_back(struct optimizer *o, const struct plan *node,
                           const struct agg_call *calls, uint32_t count, struct error *err)
{
    for (uint32_t i = 0; i < count && plan_updates(node->inputs[0]); i++)
        TRY(agg_set_takes_back(o->arena, calls[i].agg, calls[i].span, err));
    return OK;
}

static bool is_normalizer(const struct plan *node)
{
    return node->kind == PLAN_DEDUP && ((const struct plan_dedup *)node)->normalizes;
}

static bool is_of_table(const struct plan *node)
{
    while (node->input_count == 1 && (node->kind == PLAN_CALC || node->kind == PLAN_JSON ||
                                      node->kind == PLAN_WATERMARK || is_normalizer(node)))
        node = node->inputs[0];
    return node->kind == PLAN_SCAN;
}

/* What only rows that stay can be joined with, and what has versions. */
static enum code check_join(const struct plan *node, struct error *err)
{
    const struct plan_join *join = (const struct plan_join *)node;
    for (uint32_t k = 0; k < 2 && node->kind == PLAN_INTERVAL_JOIN; k++)
        if (plan_updates(node->inputs[k])) {
            error_at(err, E_PLAN, node->span,
                     "an interval join needs rows that are only inserted, and its %s side updates "
                     "or deletes rows",
                     k == 0 ? "left" : "right");
            error_hint(err, "Without the range of time it is a join that takes rows back.");
            return E_PLAN;
        }
    if (node->kind != PLAN_TEMPORAL_JOIN || is_of_table(node->inputs[1]) ||
        plan_has_key_in(node->inputs[1], join->keys[1], join->key_count))
        return OK;
    error_at(err, E_PLAN, node->span,
             "the join has to compare a key of the right side that tells its rows apart");
    error_hint(err, "FOR SYSTEM_TIME AS OF event time needs a table with PRIMARY KEY and "
                    "WATERMARK, or a view that keeps the last row of each key by event time.");
    return E_PLAN;
}

static bool edge_is_keyed(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SINK:
        return ((const struct plan_sink *)node)->mode == SINK_UPSERT;
    case PLAN_MATERIALIZE:
        return true;
    case PLAN_CALC:
    case PLAN_JSON:
    case PLAN_UNION:
    case PLAN_LOOKUP:
    case PLAN_CORRELATE:
    case PLAN_JOIN: /* a -U and a -D take the same rows back */
        return node->keyed;
    default:
        return false;
    }
}

static void find_keyed(const struct plan_job *job)
{
    for (uint32_t i = 0; i < job->node_count; i++)
        job->nodes[i]->keyed = job->nodes[i]->kind != PLAN_SINK;
    for (uint32_t i = job->node_count; i > 0; i--) {
        const struct plan *node = job->nodes[i - 1];
        for (uint32_t k = 0; k < node->input_count && !edge_is_keyed(node); k++)
            node->inputs[k]->keyed = false;
    }
}

enum code rule_changes(struct optimizer *o, struct error *err)
{
    struct plan_job *job = o->job;
    for (uint32_t i = 0; i < job->node_count; i++)
        job->nodes[i]->before = true;
    TRY(derive_all(o, err));
    for (uint32_t i = 0; i < job->node_count; i++) {
        if (job->nodes[i]->kind == PLAN_RANK)
            rank_find_update_key((struct plan_rank *)job->nodes[i]);
        job->nodes[i]->before = false;
    }
    for (uint32_t i = job->node_count; i > 0; i--) {
        struct plan *node = job->nodes[i - 1];
        node->before = node->before || hides_updates(node) ||
                       (node->kind == PLAN_JOIN && gives_before(node));
        for (uint32_t k = 0; k < node->input_count; k++)
            if (needs_before(node, k))
                node->inputs[k]->before = true;
    }
    TRY(derive_all(o, err));
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan *node = job->nodes[i];
        TRY(check_join(node, err));
        if (node->kind == PLAN_TEMPORAL_JOIN)
            TRY(find_retracts(o, (struct plan_temporal_join *)job->nodes[i], err));
        const struct plan_group *group = (const struct plan_group *)node;
        const struct plan_window *window = (const struct plan_window *)node;
        if (node->kind == PLAN_GROUP)
            TRY(take_back(o, node, group->calls, group->call_count, err));
        if (node->kind == PLAN_WINDOW)
            TRY(take_back(o, node, window->calls, window->call_count, err));
    }
    find_keyed(job);
    return OK;
}
