/* rule_exchange.c -- where rows change workers.
 *
 * Every worker runs the whole plan on its share of the splits, so a row is where its
 * source read it.  In front of an operator that keeps state by key, rows go to the
 * worker that the hash of the key names; in front of one that has to see all rows, and
 * of a sink that cannot be written by several, to worker 0.  Where the input is divided
 * by exactly these columns already, nothing is inserted: exactly, since a snapshot is
 * shared out among workers by the hash of the operator's own key.
 *
 * Several INSERTs from one source into such a sink write row by row of the source.  So the rows of the
 * source go there, through one exchange, and not what each INSERT makes of them. */
#include "optimize/rules.h"

enum place {
    PLACE_ANY,    /* where the source read it */
    PLACE_SINGLE, /* all on one worker */
    PLACE_KEYS,   /* by the hash of columns */
};

struct spread {
    enum place place;
    const uint32_t *columns;
    uint32_t count;
};

struct exchange_rule {
    struct optimizer *o;
    struct spread *spreads; /* of the output, by plan->id */
    struct plan_exchange **made;
    struct spread *made_for;
    uint32_t made_count;
    bool *together; /* calcs of INSERTs that keep the order of their source, by plan->id */
};

static struct spread by_keys(const uint32_t *columns, uint32_t count)
{
    return count > 0 ? (struct spread){ PLACE_KEYS, columns, count }
                     : (struct spread){ .place = PLACE_SINGLE };
}

static bool same_spread(const struct spread *a, const struct spread *b)
{
    return a->place == b->place && a->count == b->count &&
           (a->count == 0 || memcmp(a->columns, b->columns, a->count * sizeof *a->columns) == 0);
}

static bool is_within(const struct spread *spread, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < spread->count; i++) {
        uint32_t k = 0;
        while (k < count && columns[k] != spread->columns[i])
            k++;
        if (k == count)
            return false;
    }
    return spread->place == PLACE_KEYS;
}

/* --- what a node asks of its inputs ------------------------------------------------------ */

static bool has_one_writer(const struct plan_sink *sink)
{
    return !sink->table || !sink->connector->sink || !sink->connector->sink->parallel;
}

/* The last write of a key has to be the last one made: all of a key come from one worker. */
static struct spread sink_needs(const struct plan_sink *sink, const struct spread *input)
{
    const struct schema *schema = sink->table ? sink->def.schema : NULL;
    if (has_one_writer(sink))
        return (struct spread){ .place = PLACE_SINGLE };
    if (sink->mode != SINK_UPSERT || schema->key_count == 0 ||
        is_within(input, schema->key, schema->key_count))
        return *input;
    return by_keys(schema->key, schema->key_count);
}

/* What rows were given is remembered where they update; so it has to be said where they are. */
static struct spread lookup_needs(const struct plan *input, const struct spread *spread)
{
    if (!plan_updates(input) || spread->place != PLACE_ANY)
        return *spread;
    return input->key_count > 0 ? by_keys(input->keys[0].columns, input->keys[0].count)
                                : (struct spread){ .place = PLACE_SINGLE };
}

static struct spread needs(const struct plan *node, uint32_t k, const struct spread *input)
{
    switch (node->kind) {
    case PLAN_GROUP: {
        const struct plan_group *group = (const struct plan_group *)node;
        return by_keys(group->keys, group->key_count);
    }
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)node;
        return by_keys(window->keys, window->key_count);
    }
    case PLAN_ASSIGN: {
        const struct window_spec *window = &((const struct plan_assign *)node)->window;
        return window->kind == WINDOW_SESSION ? by_keys(window->partition, window->partition_count)
                                              : *input;
    }
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_TEMPORAL_JOIN: {
        const struct plan_join *join = (const struct plan_join *)node;
        return by_keys(join->keys[k], join->key_count);
    }
    case PLAN_RANK: {
        const struct plan_rank *rank = (const struct plan_rank *)node;
        return by_keys(rank->keys, rank->key_count);
    }
    case PLAN_DEDUP: {
        const struct plan_dedup *dedup = (const struct plan_dedup *)node;
        return by_keys(dedup->keys, dedup->key_count);
    }
    case PLAN_OVER: {
        const struct plan_over *over = (const struct plan_over *)node;
        return by_keys(over->keys, over->key_count);
    }
    case PLAN_MATERIALIZE: {
        const struct plan_materialize *materialize = (const struct plan_materialize *)node;
        return by_keys(materialize->keys, materialize->key_count);
    }
    case PLAN_LOOKUP:
        return lookup_needs(node->inputs[0], input);
    case PLAN_LIMIT:
    case PLAN_SORT:
        return (struct spread){ .place = PLACE_SINGLE };
    case PLAN_SINK:
        return sink_needs((const struct plan_sink *)node, input);
    case PLAN_SCAN:
    case PLAN_VALUES:
    case PLAN_JSON:
    case PLAN_CALC:
    case PLAN_UNION:
    case PLAN_WATERMARK:
    case PLAN_EXPAND:
    case PLAN_CORRELATE:
    case PLAN_FOLD:
    case PLAN_EXCHANGE:
        break;
    }
    return *input;
}

/* --- where its rows are then ---------------------------------------------------------------- */

/* Columns 0 .. n - 1. */
static enum code first_columns(struct exchange_rule *r, uint32_t n, struct spread *ret,
                               struct error *err)
{
    uint32_t *columns = arena_array(r->o->arena, uint32_t, MAX(n, 1));
    if (!columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        columns[i] = i;
    *ret = by_keys(columns, n);
    return OK;
}

static enum code through_calc(struct exchange_rule *r, const struct plan_calc *calc,
                              const struct spread *input, struct spread *ret, struct error *err)
{
    *ret = *input;
    if (input->place != PLACE_KEYS || !calc->exprs)
        return OK;
    uint32_t *columns = arena_array(r->o->arena, uint32_t, input->count);
    if (!columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t k = 0;
        while (k < calc->base.field_count && !(calc->exprs[k]->kind == EXPR_COLUMN &&
                                               calc->exprs[k]->column == input->columns[i]))
            k++;
        if (k == calc->base.field_count) {
            *ret = (struct spread){ .place = PLACE_ANY };
            return OK;
        }
        columns[i] = k;
    }
    *ret = by_keys(columns, input->count);
    return OK;
}

static enum code through_join(struct exchange_rule *r, const struct plan_join *join,
                              const struct spread *left, struct spread *ret, struct error *err)
{
    *ret = *left;
    if (left->place != PLACE_KEYS || (join->type != RIGHT_JOIN && join->type != FULL_JOIN))
        return OK;
    if (join->type == FULL_JOIN) {
        *ret = (struct spread){ .place = PLACE_ANY };
        return OK;
    }
    uint32_t *columns = arena_array(r->o->arena, uint32_t, join->key_count);
    if (!columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < join->key_count; i++)
        columns[i] = join->base.inputs[0]->field_count + join->keys[1][i];
    *ret = by_keys(columns, join->key_count);
    return OK;
}

static struct spread of_union(struct exchange_rule *r, const struct plan *node)
{
    struct spread all = r->spreads[node->inputs[0]->id];
    for (uint32_t i = 1; i < node->input_count; i++)
        if (!same_spread(&all, &r->spreads[node->inputs[i]->id]))
            all = (struct spread){ .place = PLACE_ANY };
    return all;
}

static enum code find_spread(struct exchange_rule *r, struct plan *node, struct error *err)
{
    struct spread *ret = &r->spreads[node->id];
    const struct spread *input = node->input_count > 0 ? &r->spreads[node->inputs[0]->id] : NULL;
    switch (node->kind) {
    case PLAN_SCAN:
        ret->place = ((struct plan_scan *)node)->connector->source->shares ? PLACE_ANY
                                                                           : PLACE_SINGLE;
        return OK;
    case PLAN_VALUES:
        ret->place = PLACE_SINGLE;
        return OK;
    case PLAN_CALC:
        return through_calc(r, (struct plan_calc *)node, input, ret, err);
    case PLAN_GROUP:
        return first_columns(r, ((struct plan_group *)node)->key_count, ret, err);
    case PLAN_WINDOW:
        return first_columns(r, ((struct plan_window *)node)->key_count, ret, err);
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_TEMPORAL_JOIN:
        return through_join(r, (struct plan_join *)node, input, ret, err);
    case PLAN_UNION:
        *ret = of_union(r, node);
        return OK;
    case PLAN_EXPAND: /* columns are set to NULL */
        ret->place = input->place == PLACE_KEYS ? PLACE_ANY : input->place;
        return OK;
    case PLAN_JSON:
    case PLAN_LIMIT:
    case PLAN_WATERMARK:
    case PLAN_ASSIGN:
    case PLAN_LOOKUP:
    case PLAN_CORRELATE:
    case PLAN_RANK:
    case PLAN_DEDUP:
    case PLAN_OVER:
    case PLAN_SORT:
    case PLAN_MATERIALIZE:
    case PLAN_FOLD:
    case PLAN_EXCHANGE:
    case PLAN_SINK:
        if (input)
            *ret = *input; /* its columns come first */
        return OK;
    }
    return OK;
}

/* --- inserting -------------------------------------------------------------------------------- */

static enum code make(struct exchange_rule *r, struct plan *input, const struct spread *wanted,
                      struct plan **ret, struct error *err)
{
    for (uint32_t i = 0; i < r->made_count; i++)
        if (r->made[i]->base.inputs[0] == input && same_spread(&r->made_for[i], wanted)) {
            *ret = &r->made[i]->base;
            return OK;
        }
    struct plan_exchange *node = (struct plan_exchange *)plan_make(
        r->o, PLAN_EXCHANGE, sizeof *node, 0, 1, input->span);
    if (!node)
        return error_nomem(err);
    uint32_t id = r->o->job->node_count + 1 + r->made_count;
    node->base.id = id;
    node->base.fields = input->fields;
    node->base.field_count = input->field_count;
    node->base.inputs[0] = input;
    node->base.changes = input->changes;
    node->base.bounded = input->bounded;
    node->base.before = input->before;
    node->base.unseen = input->unseen;
    node->base.keys = input->keys;
    node->base.key_count = input->key_count;
    node->keys = wanted->columns;
    node->key_count = wanted->count;
    r->spreads[id] = *wanted;
    r->made[r->made_count] = node;
    r->made_for[r->made_count++] = *wanted;
    *ret = &node->base;
    return OK;
}

static enum code put_in_front(struct exchange_rule *r, struct plan *node, uint32_t k,
                              const struct spread *wanted, struct error *err)
{
    if (same_spread(wanted, &r->spreads[node->inputs[k]->id]))
        return OK;
    return make(r, node->inputs[k], wanted, &node->inputs[k], err);
}

static enum code place(struct exchange_rule *r, struct plan *node, struct error *err)
{
    static const struct spread single = { .place = PLACE_SINGLE };
    bool to_one = false; /* all inputs, or none: where one of them is, the node is */
    for (uint32_t k = 0; k < node->input_count; k++) {
        struct spread input = r->spreads[node->inputs[k]->id];
        to_one = to_one || r->together[node->id] || needs(node, k, &input).place == PLACE_SINGLE;
    }
    for (uint32_t k = 0; k < node->input_count; k++) {
        struct spread input = r->spreads[node->inputs[k]->id];
        struct spread wanted = to_one ? single : needs(node, k, &input);
        TRY(put_in_front(r, node, k, &wanted, err));
    }
    TRY(find_spread(r, node, err));
    node->single = r->spreads[node->id].place == PLACE_SINGLE;
    if (node->kind == PLAN_LOOKUP && r->spreads[node->id].place == PLACE_KEYS) {
        ((struct plan_lookup *)node)->route = r->spreads[node->id].columns;
        ((struct plan_lookup *)node)->route_count = r->spreads[node->id].count;
    }
    return OK;
}

static void keep_together(struct exchange_rule *r, const struct plan_sink *sink)
{
    for (uint32_t k = 0; k < sink->base.input_count; k++)
        for (const struct plan *node = sink->base.inputs[k];
             node->kind == PLAN_CALC && node->readers == 1; node = node->inputs[0])
            r->together[node->id] = true;
}

enum code rule_exchange(struct optimizer *o, struct error *err)
{
    struct plan_job *job = o->job;
    uint32_t edges = 0;
    for (uint32_t i = 0; i < job->node_count; i++)
        edges += job->nodes[i]->input_count;
    struct exchange_rule r = {
        .o = o,
        .spreads = arena_array(o->arena, struct spread, job->node_count + edges + 1),
        .made = arena_array(o->arena, struct plan_exchange *, MAX(edges, 1)),
        .made_for = arena_array(o->arena, struct spread, MAX(edges, 1)),
        .together = arena_array(o->arena, bool, job->node_count + 1),
    };
    if (!r.spreads || !r.made || !r.made_for || !r.together)
        return error_nomem(err);
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan_sink *sink = (const struct plan_sink *)job->nodes[i];
        if (sink->base.kind == PLAN_SINK && sink->in_source_order && has_one_writer(sink))
            keep_together(&r, sink);
    }
    for (uint32_t i = 0; i < job->node_count; i++)
        TRY(place(&r, job->nodes[i], err));
    return OK;
}
