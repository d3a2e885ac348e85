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
            struct plan *plan = plan_make(o, PLAN_MATERIALIZE, sizeof(struct plan_materialize),
                                          input->field_count, 1, sink->base.span);
            if (!plan)
                return error_nomem(err);
            struct plan_materialize *m = (struct plan_materialize *)plan;
            memcpy(plan->fields, input->fields, input->field_count * sizeof *plan->fields);
            m->keys = sink->def.schema->key;
            m->key_count = sink->def.schema->key_count;
            m->last_only = sink->materialize_off;
            m->identity = input->key_count > 0 ? &input->keys[0] : NULL;
            plan->inputs[0] = input;
            plan->ttl_ms[0] = sink->base.ttl_ms[0];
            sink->base.inputs[i] = plan;
        }
    }
    return OK;
}
