/* rule_sink.c -- a sink whose key is not the key of the stream gets a materializer.
 *
 * As Flink decides with table.exec.sink.upsert-materialize = AUTO: where rows are updated and
 * no unique key of the stream lies within the sink's key, several live rows may have one
 * sink key.  Each INSERT has its own. */
#include "optimize/rules.h"

static bool is_needed(const struct plan_sink *sink, const struct plan *input)
{
    const struct schema *schema = sink->def.schema;
    if (!sink->table || sink->mode != SINK_UPSERT || schema->key_count == 0)
        return false;
    if (sink->materialize_off && !sink->def.blink)
        return false; /* Flink then writes every delete */
    if (sink->materialize_force)
        return true;
    return plan_updates(input) && !plan_has_key_in(input, schema->key, schema->key_count);
}

static struct plan *calc_of(struct optimizer *o, struct plan *input, const struct plan *like,
                            uint32_t fields, struct expr ***ret_exprs)
{
    struct plan *plan = plan_make(o, PLAN_CALC, sizeof(struct plan_calc), fields, 1, like->span);
    struct expr **exprs = arena_array(o->arena, struct expr *, MAX(fields, 1));
    if (!plan || !exprs)
        return NULL;
    plan->inputs[0] = input;
    plan->changes = like->changes;
    plan->bounded = like->bounded;
    ((struct plan_calc *)plan)->exprs = *ret_exprs = exprs;
    return plan;
}

/* The calc with the key of what it reads behind its columns: rows of the query are then known by
 * that key, however much of it the sink's columns show.  NULL if there is no such key, or (*code
 * says so) no memory. */
static struct plan *with_key(struct optimizer *o, const struct plan *calc,
                             const struct plan_key **ret, enum code *code, struct error *err)
{
    *code = OK;
    if (calc->kind != PLAN_CALC || calc->inputs[0]->key_count == 0)
        return NULL;
    const struct plan_key *key = &calc->inputs[0]->keys[0];
    uint32_t n = calc->field_count;
    struct expr **exprs;
    struct plan *wide = calc_of(o, calc->inputs[0], calc, n + key->count, &exprs);
    uint32_t *columns = arena_array(o->arena, uint32_t, MAX(key->count, 1));
    struct plan_key *identity = arena_new(o->arena, struct plan_key);
    if (!wide || !columns || !identity) {
        *code = error_nomem(err);
        return NULL;
    }
    ((struct plan_calc *)wide)->filter = ((const struct plan_calc *)calc)->filter;
    memcpy(exprs, ((const struct plan_calc *)calc)->exprs, n * sizeof *exprs);
    memcpy(wide->fields, calc->fields, n * sizeof *wide->fields);
    for (uint32_t i = 0; i < key->count; i++) {
        const struct field *field = &calc->inputs[0]->fields[key->columns[i]];
        wide->fields[n + i] = *field;
        columns[i] = n + i;
        if (!(exprs[n + i] = expr_column(o->arena, key->columns[i], field->type, calc->span))) {
            *code = error_nomem(err);
            return NULL;
        }
    }
    *identity = (struct plan_key){ .columns = columns, .count = key->count };
    *ret = identity;
    return wide;
}

/* The first columns, for the sink. */
static enum code without_key(struct optimizer *o, struct plan *wide, const struct plan *like,
                             struct plan **ret, struct error *err)
{
    struct expr **exprs;
    struct plan *calc = calc_of(o, wide, like, like->field_count, &exprs);
    if (!calc)
        return error_nomem(err);
    for (uint32_t i = 0; i < like->field_count; i++) {
        calc->fields[i] = like->fields[i];
        if (!(exprs[i] = expr_column(o->arena, i, like->fields[i].type, like->span)))
            return error_nomem(err);
    }
    *ret = calc;
    return OK;
}

static enum code materialize(struct optimizer *o, const struct plan_sink *sink,
                             struct plan *input, struct plan **ret, struct error *err)
{
    const struct plan_key *identity = input->key_count > 0 ? &input->keys[0] : NULL;
    struct plan *wide = NULL;
    if (!identity && sink->def.blink) { /* Flink knows its rows by all columns then */
        enum code code;
        wide = with_key(o, input, &identity, &code, err);
        TRY(code);
    }
    struct plan *rows = wide ? wide : input;
    struct plan *plan = plan_make(o, PLAN_MATERIALIZE, sizeof(struct plan_materialize),
                                  rows->field_count, 1, sink->base.span);
    if (!plan)
        return error_nomem(err);
    struct plan_materialize *m = (struct plan_materialize *)plan;
    memcpy(plan->fields, rows->fields, rows->field_count * sizeof *plan->fields);
    m->keys = sink->def.schema->key;
    m->key_count = sink->def.schema->key_count;
    m->last_only = sink->materialize_off;
    m->identity = identity;
    m->in_place = sink->def.blink;
    plan->inputs[0] = rows;
    plan->ttl_ms[0] = sink->base.ttl_ms[0];
    *ret = plan;
    return wide ? without_key(o, plan, input, ret, err) : OK;
}

enum code rule_sink(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        o->job->nodes[i]->before = true;
        if (!plan_derive(o->arena, o->job->nodes[i]))
            return error_nomem(err);
    }
    for (uint32_t s = 0; s < o->job->sink_count; s++) {
        struct plan_sink *sink = o->job->sinks[s];
        for (uint32_t i = 0; i < sink->base.input_count; i++) {
            struct plan *input = sink->base.inputs[i];
            if (!is_needed(sink, input))
                continue;
            struct plan *plan;
            TRY(materialize(o, sink, input, &plan, err));
            sink->base.inputs[i] = plan;
        }
    }
    return OK;
}
