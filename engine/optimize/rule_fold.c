/* rule_fold.c -- changes that nobody can see are not made.
 *
 * A table of a database shows the last row of each key.  What an aggregate in front of it
 * was in between can be left out, and what a join in front of it was, and so on up:
 * "unseen" is a trait of a stream that comes from its readers.  It ends where the rows
 * between have an effect of their own: at aggregates that look at their order (LAST_VALUE,
 * LISTAGG, a sum of floats), top-N, OVER, look-ups, windows, and sinks that show every
 * change or keep something of each (NULLs skipped, deletes ignored).
 *
 * An aggregate whose result is unseen gives one change a group and batch itself.  In
 * front of other keyed sinks there is a fold node; in front of joins and aggregates it
 * is correct too, but costs more than it saves (`fold_all`).
 *
 * With mini-batch, aggregates give one change a group and batch though it can be seen. */
#include "optimize/rules.h"

#include "agg/agg.h"

/* --- what can be seen ----------------------------------------------------------------- */

static bool is_among(uint32_t column, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

static bool has_this_key(const struct plan *node, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < node->key_count; i++) {
        const struct plan_key *key = &node->keys[i];
        uint32_t k = 0;
        while (k < key->count && is_among(key->columns[k], columns, count))
            k++;
        if (k == key->count && k == count)
            return true;
    }
    return false;
}

/* Does the table keep just the last row of each key of the stream? A row refused for a NULL would
 * leave the one before it there, so such rows must not come. */
static bool sink_keeps_last(const struct plan_sink *sink)
{
    const struct schema *schema = sink->def.schema;
    if (!sink->table || sink->mode != SINK_UPSERT || sink->base.input_count != 1 ||
        !sink->connector->keeps_last || !sink->connector->keeps_last(&sink->def))
        return false;
    const struct plan *input = sink->base.inputs[0];
    for (uint32_t i = 0; i < schema->count; i++)
        if (schema->fields[i].type->not_null && !input->fields[i].type->not_null &&
            !is_among(i, schema->key, schema->key_count))
            return false;
    return has_this_key(input, schema->key, schema->key_count);
}

/* Is the result the same for whatever was added and taken back in between?  Sums of floats round,
 * and those of DECIMAL begin anew once they do not fit. */
static bool forgets(const struct agg *agg)
{
    static const char *const names[] = { "COUNT", "MIN", "MAX", "SUM", "AVG" };
    size_t i = 0;
    while (i < countof(names) && strcmp(agg->function->name, names[i]) != 0)
        i++;
    return i < 3 || (i < countof(names) && type_is_integer(agg->args[0]));
}

static bool group_forgets(const struct plan_group *group)
{
    for (uint32_t i = 0; i < group->call_count; i++)
        if (!forgets(group->calls[i].agg))
            return false;
    return true;
}

/* Has a change of the input that the next one of its key replaces no effect? */
static bool edge_is_unseen(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SINK:
        return sink_keeps_last((const struct plan_sink *)node);
    case PLAN_CALC:
    case PLAN_JSON:
    case PLAN_UNION:
    case PLAN_EXPAND:
    case PLAN_CORRELATE:
        return node->unseen;
    case PLAN_JOIN: /* one of a single value fails if there are two, be it for a moment */
        return node->unseen && !((const struct plan_join *)node)->single;
    case PLAN_GROUP:
        return node->unseen && group_forgets((const struct plan_group *)node);
    default:
        return false;
    }
}

static void find_unseen(const struct plan_job *job)
{
    for (uint32_t i = 0; i < job->node_count; i++)
        job->nodes[i]->unseen = job->nodes[i]->kind != PLAN_SINK;
    for (uint32_t i = job->node_count; i > 0; i--) {
        const struct plan *node = job->nodes[i - 1];
        bool unseen = edge_is_unseen(node);
        for (uint32_t k = 0; k < node->input_count && !unseen; k++)
            node->inputs[k]->unseen = false;
    }
}

/* --- fold nodes --------------------------------------------------------------------------- */

/* Do the changes of one key follow each other as they should: a row comes, is replaced, goes?  A
 * table outside may hold anything. */
static bool is_orderly(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_GROUP:
    case PLAN_DEDUP:
    case PLAN_RANK:
    case PLAN_MATERIALIZE:
        return true;
    case PLAN_CALC:
        return is_orderly(node->inputs[0]);
    case PLAN_JOIN:
        return is_orderly(node->inputs[0]) && is_orderly(node->inputs[1]);
    default:
        return false;
    }
}

static bool is_folded(const struct plan *node)
{
    while (node->kind == PLAN_CALC)
        node = node->inputs[0];
    return node->kind == PLAN_GROUP && ((const struct plan_group *)node)->fold;
}

static enum code put_in_front(struct optimizer *o, struct plan *node, uint32_t k,
                              const uint32_t *keys, uint32_t key_count, struct error *err)
{
    struct plan *input = node->inputs[k];
    struct plan_fold *fold = (struct plan_fold *)plan_make(
        o, PLAN_FOLD, sizeof *fold, input->field_count, 1, node->span);
    if (!fold)
        return error_nomem(err);
    memcpy(fold->base.fields, input->fields, input->field_count * sizeof *input->fields);
    fold->base.inputs[0] = input;
    fold->base.before = input->before;
    fold->base.unseen = true;
    fold->keys = keys;
    fold->key_count = key_count;
    node->inputs[k] = &fold->base;
    return plan_derive(o->arena, &fold->base) ? OK : error_nomem(err);
}

static enum code fold_inputs(struct optimizer *o, struct plan *node, struct error *err)
{
    if (!edge_is_unseen(node))
        return OK;
    for (uint32_t k = 0; k < node->input_count; k++) {
        const struct plan *input = node->inputs[k];
        if (!plan_updates(input) || !is_orderly(input) || is_folded(input))
            continue;
        if (node->kind == PLAN_SINK) {
            const struct schema *schema = ((const struct plan_sink *)node)->def.schema;
            TRY(put_in_front(o, node, k, schema->key, schema->key_count, err));
        } else if (o->job->fold_all && input->before && input->key_count > 0 &&
                   (node->kind == PLAN_JOIN || node->kind == PLAN_GROUP)) {
            TRY(put_in_front(o, node, k, input->keys[0].columns, input->keys[0].count, err));
        }
    }
    return OK;
}

enum code rule_fold(struct optimizer *o, struct error *err)
{
    const struct plan_job *job = o->job;
    find_unseen(job);
    for (uint32_t i = 0; i < job->node_count; i++)
        if (job->nodes[i]->kind == PLAN_GROUP)
            ((struct plan_group *)job->nodes[i])->fold =
                job->mini_batch || (job->fold && job->nodes[i]->unseen);
    for (uint32_t i = 0; i < job->node_count && job->fold; i++)
        TRY(fold_inputs(o, job->nodes[i], err));
    return OK;
}
