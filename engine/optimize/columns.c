/* columns.c -- which columns of an input a node reads. */
#include "optimize/rules.h"

static void want_expr(struct expr *e, void *arg)
{
    bool *wanted = arg;
    if (e->kind == EXPR_COLUMN)
        wanted[e->column] = true;
}

static void want_list(bool *wanted, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        wanted[columns[i]] = true;
}

static void want_one(bool *wanted, uint32_t column)
{
    if (column != PLAN_NO_COLUMN)
        wanted[column] = true;
}

static void want_calls(bool *wanted, const struct agg_call *calls, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        want_list(wanted, calls[i].args, calls[i].agg->arg_count);
        want_one(wanted, calls[i].filter);
    }
}

static void want_order(bool *wanted, const struct plan_order *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        wanted[order[i].column] = true;
}

static void want_window(bool *wanted, const struct window_spec *w)
{
    if (w->kind == WINDOW_ATTACHED) {
        wanted[w->start] = wanted[w->end] = true;
        return;
    }
    if (!w->proctime)
        wanted[w->time] = true;
    want_list(wanted, w->partition, w->partition_count);
}

/* The part of the output that is the input as it is. */
static void want_same(bool *theirs, const bool *mine, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        theirs[i] = theirs[i] || mine[i];
}

/* Input k of a condition over left and right columns. */
static void want_condition(struct expr *condition, const struct plan *node, uint32_t k,
                           bool *theirs, struct column_room *room)
{
    if (!condition)
        return;
    memset(room->both, 0, room->size);
    expr_walk(condition, want_expr, room->both);
    uint32_t left = node->inputs[0]->field_count;
    uint32_t from = k == 0 ? 0 : left, n = node->inputs[k]->field_count;
    for (uint32_t i = 0; i < n; i++)
        theirs[i] = theirs[i] || room->both[from + i];
}

static void want_join(const struct plan_join *join, const bool *mine, uint32_t k, bool *theirs,
                      struct column_room *room)
{
    const struct plan *node = &join->base;
    uint32_t left = node->inputs[0]->field_count, n = node->inputs[k]->field_count;
    want_list(theirs, join->keys[k], join->key_count);
    want_condition(join->condition, node, k, theirs, room);
    bool only_left = join->type == SEMI_JOIN || join->type == ANTI_JOIN;
    if (k == 0 || !only_left)
        want_same(theirs, mine + (k == 0 ? 0 : left), n);
}

static void want_calc(const struct plan_calc *calc, const bool *mine, bool *theirs)
{
    if (calc->filter)
        expr_walk(calc->filter, want_expr, theirs);
    for (uint32_t i = 0; i < calc->base.field_count; i++)
        if (calc->exprs && mine[i])
            expr_walk(calc->exprs[i], want_expr, theirs);
        else if (!calc->exprs && mine[i])
            theirs[i] = true;
}

/* Input columns behind the computed row time stand one further in the output. */
static void want_watermark(const struct plan_watermark *w, const bool *mine, bool *theirs)
{
    expr_walk(w->rowtime, want_expr, theirs);
    if (w->watermark)
        expr_walk(w->watermark, want_expr, theirs);
    for (uint32_t i = 0; i < w->base.field_count; i++)
        if (i != w->computed && mine[i])
            theirs[i > w->computed ? i - 1 : i] = true;
}

/* What the unary kinds read beside the columns they pass on. */
static void want_own(const struct plan *node, bool *theirs)
{
    switch (node->kind) {
    case PLAN_JSON:
        theirs[((const struct plan_json *)node)->input_column] = true;
        break;
    case PLAN_ASSIGN:
        want_window(theirs, &((const struct plan_assign *)node)->window);
        break;
    case PLAN_EXPAND: {
        const struct plan_expand *expand = (const struct plan_expand *)node;
        want_list(theirs, expand->columns, expand->column_count);
        break;
    }
    case PLAN_LOOKUP: {
        const struct plan_lookup *lookup = (const struct plan_lookup *)node;
        want_list(theirs, lookup->keys, lookup->key_count);
        break;
    }
    case PLAN_CORRELATE: {
        const struct plan_correlate *c = (const struct plan_correlate *)node;
        want_list(theirs, c->args, c->arg_count);
        break;
    }
    case PLAN_RANK: {
        const struct plan_rank *rank = (const struct plan_rank *)node;
        want_list(theirs, rank->keys, rank->key_count);
        want_order(theirs, rank->order, rank->order_count);
        want_one(theirs, rank->end_column);
        want_one(theirs, rank->window_end);
        break;
    }
    case PLAN_DEDUP: {
        const struct plan_dedup *dedup = (const struct plan_dedup *)node;
        want_list(theirs, dedup->keys, dedup->key_count);
        want_one(theirs, dedup->time);
        want_one(theirs, dedup->window_end);
        break;
    }
    case PLAN_OVER: {
        const struct plan_over *over = (const struct plan_over *)node;
        want_list(theirs, over->keys, over->key_count);
        want_order(theirs, over->order, over->order_count);
        want_calls(theirs, over->calls, over->call_count);
        break;
    }
    case PLAN_SORT: {
        const struct plan_sort *sort = (const struct plan_sort *)node;
        want_order(theirs, sort->order, sort->order_count);
        break;
    }
    case PLAN_MATERIALIZE: {
        const struct plan_materialize *m = (const struct plan_materialize *)node;
        want_list(theirs, m->keys, m->key_count);
        break;
    }
    case PLAN_FOLD:
        want_list(theirs, ((const struct plan_fold *)node)->keys,
                  ((const struct plan_fold *)node)->key_count);
        break;
    case PLAN_EXCHANGE:
        want_list(theirs, ((const struct plan_exchange *)node)->keys,
                  ((const struct plan_exchange *)node)->key_count);
        break;
    default:
        break;
    }
}

void columns_wanted(const struct plan *node, const bool *mine, uint32_t k, bool *theirs,
                    struct column_room *room)
{
    const struct plan *input = node->inputs[k];
    uint32_t n = input->field_count;
    switch (node->kind) {
    case PLAN_CALC:
        want_calc((const struct plan_calc *)node, mine, theirs);
        return;
    case PLAN_WATERMARK:
        want_watermark((const struct plan_watermark *)node, mine, theirs);
        return;
    case PLAN_GROUP: {
        const struct plan_group *group = (const struct plan_group *)node;
        want_list(theirs, group->keys, group->key_count);
        want_calls(theirs, group->calls, group->call_count);
        return;
    }
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)node;
        want_list(theirs, window->keys, window->key_count);
        want_calls(theirs, window->calls, window->call_count);
        want_window(theirs, &window->window);
        return;
    }
    case PLAN_JOIN:
    case PLAN_TEMPORAL_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_WINDOW_JOIN:
        want_join((const struct plan_join *)node, mine, k, theirs, room);
        if (node->kind == PLAN_WINDOW_JOIN) {
            const struct plan_window_join *join = (const struct plan_window_join *)node;
            theirs[join->start[k]] = theirs[join->end[k]] = true;
        } else if (node->kind == PLAN_TEMPORAL_JOIN) {
            theirs[((const struct plan_temporal_join *)node)->time[k]] = true;
        } else if (node->kind == PLAN_INTERVAL_JOIN) {
            want_one(theirs, ((const struct plan_interval_join *)node)->time[k]);
        }
        return;
    case PLAN_SINK:
        memset(theirs, true, n);
        return;
    case PLAN_LOOKUP:
    case PLAN_CORRELATE:
        want_condition(node->kind == PLAN_LOOKUP ? ((const struct plan_lookup *)node)->condition
                                                 : ((const struct plan_correlate *)node)->condition,
                       node, 0, theirs, room);
        break;
    case PLAN_MATERIALIZE: /* keeps and compares whole rows */
        memset(theirs, true, n);
        return;
    default:
        break;
    }
    want_own(node, theirs);
    want_same(theirs, mine, MIN(n, node->field_count));
}

enum code columns_room(struct optimizer *o, struct column_room *ret, struct error *err)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        const struct plan *node = o->job->nodes[i];
        uint32_t sum = node->field_count;
        for (uint32_t k = 0; k < node->input_count; k++)
            sum += node->inputs[k]->field_count;
        if (node->kind == PLAN_LOOKUP)
            sum += ((const struct plan_lookup *)node)->def.schema->count;
        most = MAX(most, sum);
    }
    ret->size = most;
    return (ret->both = arena_array(o->arena, bool, most)) ? OK : error_nomem(err);
}

enum code columns_wanted_of_all(struct optimizer *o, bool ***ret, struct column_room *ret_room,
                                struct error *err)
{
    uint32_t n = o->job->node_count;
    bool **wanted = arena_array(o->arena, bool *, n + 1);
    if (!wanted)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        const struct plan *node = o->job->nodes[i];
        if (!(wanted[node->id] = arena_array(o->arena, bool, MAX(node->field_count, 1))))
            return error_nomem(err);
    }
    TRY(columns_room(o, ret_room, err));
    for (uint32_t i = n; i > 0; i--) {
        const struct plan *node = o->job->nodes[i - 1];
        for (uint32_t k = 0; k < node->input_count; k++)
            columns_wanted(node, wanted[node->id], k, wanted[node->inputs[k]->id], ret_room);
    }
    *ret = wanted;
    return OK;
}
