/* rule_normalize.c -- a changelog with a primary key is made whole where it is read.
 *
 * Who writes rows by key leaves -U out, and may write a delete with the key alone (a
 * `changelog-json` sink with a PRIMARY KEY does).  Where a reader of such a table needs the row
 * that an update replaces, the last row of each key is kept behind the source, as Flink's
 * ChangelogNormalize does; where none does (a sink with the same key, a join on it) nothing is.
 * Formats that always have the old row (Debezium's) need no such thing, unless they may say things
 * twice. */
#include "optimize/rules.h"

static bool is_whole(const struct plan_scan *scan)
{
    const struct format *format = table_format(&scan->def, false);
    return format && format->is_whole;
}

static bool is_by_key(const struct optimizer *o, const struct plan *node)
{
    const struct plan_scan *scan = (const struct plan_scan *)node;
    return node->kind == PLAN_SCAN &&
           node->changes & (CHANGES_UPDATE_AFTER | CHANGES_DELETE) &&
           scan->def.schema->key_count > 0 && (o->job->cdc_duplicates || !is_whole(scan));
}

static enum code check_duplicates(const struct optimizer *o, const struct plan *node,
                                  struct error *err)
{
    const struct plan_scan *scan = (const struct plan_scan *)node;
    if (!o->job->cdc_duplicates || node->kind != PLAN_SCAN || scan->def.schema->key_count > 0 ||
        !is_whole(scan))
        return OK;
    error_at(err, E_PLAN, node->span,
             "\"table.exec.source.cdc-events-duplicate\" needs a PRIMARY KEY, and table "
             "\"" STR_FMT "\" has none",
             STR_ARG(scan->def.name));
    return E_PLAN;
}

/* The only reader, if it takes row after row. */
static struct plan *next_of(const struct optimizer *o, const struct plan *node)
{
    struct plan *found = NULL;
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *reader = o->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++)
            if (reader->inputs[k] == node) {
                if (found)
                    return NULL;
                found = reader;
            }
    }
    if (!found)
        return NULL;
    bool passes = found->kind == PLAN_JSON || found->kind == PLAN_WATERMARK ||
                  (found->kind == PLAN_CALC && !((struct plan_calc *)found)->filter);
    return passes ? found : NULL;
}

/* Behind the watermark, which is made of the rows as they come from each partition. */
static struct plan *place_of(const struct optimizer *o, struct plan *scan)
{
    struct plan *place = scan;
    for (struct plan *node = next_of(o, scan); node; node = next_of(o, node))
        if (node->kind == PLAN_WATERMARK && node->key_count > 0)
            place = node;
    return place;
}

/* For as long as one of the statements keeps its state. */
static int64_t longest_ttl_ms(const struct optimizer *o)
{
    int64_t longest = 0;
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        const struct plan *node = o->job->nodes[i];
        if (node->kind == PLAN_SINK && node->ttl_ms[0] == 0)
            return 0;
        longest = node->kind == PLAN_SINK ? MAX(longest, node->ttl_ms[0]) : longest;
    }
    return longest;
}

static enum code normalize(struct optimizer *o, struct plan *place, struct error *err)
{
    struct plan *plan = plan_make(o, PLAN_DEDUP, sizeof(struct plan_dedup), place->field_count, 1,
                                  place->span);
    if (!plan)
        return error_nomem(err);
    struct plan_dedup *dedup = (struct plan_dedup *)plan;
    memcpy(plan->fields, place->fields, place->field_count * sizeof *plan->fields);
    dedup->keys = place->keys[0].columns;
    dedup->key_count = place->keys[0].count;
    dedup->time = PLAN_NO_COLUMN;
    dedup->keep_last = true;
    dedup->normalizes = true;
    dedup->window_end = PLAN_NO_COLUMN;
    plan->before = true;
    plan->ttl_ms[0] = longest_ttl_ms(o);
    plan->inputs[0] = place;
    plan_redirect(o, place, plan, plan);
    return plan_derive(o->arena, plan) ? OK : error_nomem(err);
}

enum code rule_normalize(struct optimizer *o, struct error *err)
{
    TRY(rule_changes(o, err)); /* who needs what */
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *node = o->job->nodes[i];
        TRY(check_duplicates(o, node, err));
        if (!is_by_key(o, node))
            continue;
        struct plan *place = place_of(o, node);
        if (place->before && place->key_count > 0)
            TRY(normalize(o, place, err));
    }
    return OK;
}
