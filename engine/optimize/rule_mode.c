/* rule_mode.c -- what each sink is sent: inserts, updates by key, or all four kinds of
 * changes; and a word where that is rarely what was meant. */
#include "optimize/rules.h"

/* From what comes and what the table can take. */
static enum code choose_mode(struct plan_sink *sink, struct error *err)
{
    unsigned changes = 0;
    for (uint32_t i = 0; i < sink->base.input_count; i++)
        changes |= sink->base.inputs[i]->changes;
    if (sink->base.input_count == 0)
        changes = CHANGES_INSERT; /* it takes dead letters */
    sink->base.changes = changes;
    if (!sink->table)
        return OK;
    unsigned modes =
        sink->connector->sink_modes ? sink->connector->sink_modes(&sink->def) : SINK_APPEND;
    if (changes == CHANGES_INSERT && modes & SINK_APPEND)
        sink->mode = SINK_APPEND;
    else if (modes & SINK_UPSERT)
        sink->mode = SINK_UPSERT;
    else if (modes & SINK_RETRACT)
        sink->mode = SINK_RETRACT;
    else if (changes == CHANGES_INSERT)
        sink->mode = SINK_APPEND;
    else {
        error_at(err, E_PLAN, sink->base.span,
                 "table \"" STR_FMT
                 "\" takes only new rows, and this query also updates or deletes "
                 "rows",
                 STR_ARG(sink->table->name));
        if (strcmp(sink->connector->name, "filesystem") == 0)
            error_hint(err, "A file of 'format' = 'changelog-json' takes every kind of change.");
        else if (sink->connector->has_key_format) /* topics */
            error_hint(err, "A topic takes every kind of change with 'connector' = 'upsert-kafka' "
                            "and a PRIMARY KEY, and with a format such as debezium-json.");
        else if (sink->table->key_count == 0)
            error_hint(err, "Declare a PRIMARY KEY on the table if its system can update rows by "
                            "key.");
        return E_PLAN;
    }
    return OK;
}

static enum code warn(struct optimizer *o, const struct error *warning, struct error *err)
{
    struct plan_warning *w = arena_new(o->arena, struct plan_warning);
    if (!w)
        return error_nomem(err);
    w->error = *warning;
    struct plan_warning **at = &o->job->warnings;
    while (*at)
        at = &(*at)->next;
    *at = w;
    return OK;
}

/* Two live rows with one key of the sink are no mistake of the engine, and still rarely meant. */
static enum code warn_of_key(struct optimizer *o, const struct plan_sink *sink, struct error *err)
{
    const struct schema *schema = sink->def.schema;
    if (!sink->table || sink->mode != SINK_UPSERT || schema->key_count == 0)
        return OK;
    for (uint32_t i = 0; i < sink->base.input_count; i++) {
        const struct plan *input = sink->base.inputs[i];
        if (!plan_updates(input) || plan_has_key_in(input, schema->key, schema->key_count))
            continue;
        struct error warning = { .code = OK };
        error_at(&warning, E_PLAN, sink->base.span,
                 "this query may have several rows with one primary key of table \"" STR_FMT "\"",
                 STR_ARG(sink->table->name));
        error_detail(&warning, "%s",
                     sink->materialize_off
                         ? "The row written last wins; a delete of another one is not told apart."
                         : "The last one is kept in the table, and those before it in memory, so "
                           "that a delete brings them back.");
        error_hint(&warning, "Group by the columns of the primary key, or declare the key by which "
                             "the query groups.");
        TRY(warn(o, &warning, err));
    }
    return OK;
}

enum code rule_mode(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        o->job->nodes[i]->before = true;
        if (!plan_derive(o->arena, o->job->nodes[i]))
            return error_nomem(err);
    }
    for (uint32_t i = 0; i < o->job->sink_count; i++) {
        TRY(choose_mode(o->job->sinks[i], err));
        TRY(warn_of_key(o, o->job->sinks[i], err));
    }
    return OK;
}
