/* optimize.c -- runs the rules, and what they share to walk and change a plan. */
#include "optimize/rules.h"

#include "plan/plan_kept.h"

struct plan *plan_make(struct optimizer *o, enum plan_kind kind, size_t bytes, uint32_t fields,
                       uint32_t inputs, struct span span)
{
    struct plan *plan = arena_zalloc(o->arena, bytes);
    if (!plan)
        return NULL;
    plan->kind = kind;
    plan->span = span;
    plan->fields = arena_array(o->arena, struct field, MAX(fields, 1));
    plan->field_count = fields;
    plan->inputs = arena_array(o->arena, struct plan *, MAX(inputs, 1));
    plan->input_count = inputs;
    return plan->fields && plan->inputs ? plan : NULL;
}

void plan_redirect(struct optimizer *o, const struct plan *from, struct plan *to,
                   const struct plan *but)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *node = o->job->nodes[i];
        for (uint32_t k = 0; node != but && k < node->input_count; k++)
            if (node->inputs[k] == from)
                node->inputs[k] = to;
    }
}

bool plan_read_by_calcs(const struct optimizer *o, const struct plan *node)
{
    bool any = false;
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        const struct plan *reader = o->job->nodes[i];
        for (uint32_t k = 0; k < reader->input_count; k++) {
            if (reader->inputs[k] != node)
                continue;
            if (reader->kind != PLAN_CALC)
                return false;
            any = true;
        }
    }
    return any;
}

struct node_list {
    struct plan **items;
    uint32_t count, cap;
};

static enum code collect(struct optimizer *o, struct plan *node, struct node_list *list,
                         struct error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i] == node)
            return OK;
    for (uint32_t i = 0; i < node->input_count; i++)
        TRY(collect(o, node->inputs[i], list, err));
    return ARENA_PUSH(o->arena, list->items, list->count, list->cap, node) ? OK : error_nomem(err);
}

enum code plan_collect(struct optimizer *o, struct error *err)
{
    struct plan_job *job = o->job;
    struct node_list list = { 0 };
    for (uint32_t s = 0; s < job->sink_count; s++)
        for (uint32_t i = 0; i < job->sinks[s]->base.input_count; i++)
            TRY(collect(o, job->sinks[s]->base.inputs[i], &list, err));
    for (uint32_t s = 0; s < job->sink_count; s++)
        if (job->sinks[s]->base.input_count > 0) /* one without inputs takes dead letters */
            TRY(collect(o, &job->sinks[s]->base, &list, err));
    for (uint32_t i = 0; i < list.count; i++) {
        list.items[i]->id = i + 1;
        list.items[i]->readers = 0;
    }
    for (uint32_t i = 0; i < list.count; i++)
        for (uint32_t k = 0; k < list.items[i]->input_count; k++)
            list.items[i]->inputs[k]->readers++;
    job->nodes = list.items;
    job->node_count = list.count;
    return OK;
}

/* The one scan below a node, NULL if there are none or several. */
static const struct plan *only_scan(const struct plan *node)
{
    if (node->kind == PLAN_SCAN)
        return node;
    const struct plan *found = NULL;
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct plan *scan = only_scan(node->inputs[i]);
        if (!scan || (found && found != scan))
            return NULL;
        found = scan;
    }
    return found;
}

/* The exchange that the rows of an input come from, through calcs at most; NULL: none. */
static const struct plan *exchange_below(const struct plan *node)
{
    while (node->kind == PLAN_CALC)
        node = node->inputs[0];
    return node->kind == PLAN_EXCHANGE ? node : NULL;
}

/* Do rows of all inputs come from one scan, a batch at a time?  What goes through exchanges of its own
 * does not. */
static bool is_in_source_order(const struct plan *sink)
{
    const struct plan *first = sink->input_count > 1 ? exchange_below(sink->inputs[0]) : NULL;
    for (uint32_t i = 1; i < sink->input_count; i++)
        if (exchange_below(sink->inputs[i]) != first)
            return false;
    return sink->input_count > 1 && only_scan(sink) != NULL;
}

/* What operators keep, and are known by in snapshots. */
static enum code keep(struct optimizer *o, struct error *err)
{
    struct plan_job *job = o->job;
    struct column_room room;
    bool **wanted;
    TRY(columns_wanted_of_all(o, &wanted, &room, err));
    bool ***read = arena_array(o->arena, bool **, job->node_count + 1);
    if (!read)
        return error_nomem(err);
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan *node = job->nodes[i];
        bool **inputs = arena_array(o->arena, bool *, MAX(node->input_count, 1));
        if (!(read[node->id] = inputs))
            return error_nomem(err);
        for (uint32_t k = 0; k < node->input_count; k++) {
            inputs[k] = arena_array(o->arena, bool, MAX(node->inputs[k]->field_count, 1));
            if (!inputs[k])
                return error_nomem(err);
            columns_wanted(node, wanted[node->id], k, inputs[k], &room);
        }
    }
    return plan_keep(o->arena, job, (const bool *const *const *)read, err);
}

static enum code finish(struct optimizer *o, struct error *err)
{
    struct plan_job *job = o->job;
    job->scans = arena_array(o->arena, struct plan_scan *, MAX(job->node_count, 1));
    if (!job->scans)
        return error_nomem(err);
    job->scan_count = 0;
    for (uint32_t i = 0; i < job->node_count; i++) {
        struct plan *node = job->nodes[i];
        if (node->kind == PLAN_SINK)
            ((struct plan_sink *)node)->in_source_order = is_in_source_order(node);
        if (node->kind != PLAN_SCAN)
            continue;
        /* By insertion: order of CREATE TABLE. */
        struct plan_scan *scan = (struct plan_scan *)node;
        uint32_t at = job->scan_count++;
        while (at > 0 && job->scans[at - 1]->table->order > scan->table->order) {
            job->scans[at] = job->scans[at - 1];
            at--;
        }
        job->scans[at] = scan;
    }
    /* The scans lead the list in that order: it is the order in which exec reads them. */
    struct plan **nodes = arena_array(o->arena, struct plan *, MAX(job->node_count, 1));
    if (!nodes)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < job->scan_count; i++)
        nodes[n++] = &job->scans[i]->base;
    for (uint32_t i = 0; i < job->node_count; i++)
        if (job->nodes[i]->kind != PLAN_SCAN)
            nodes[n++] = job->nodes[i];
    job->nodes = nodes;
    for (uint32_t i = 0; i < n; i++)
        nodes[i]->id = i + 1;
    return keep(o, err);
}

enum code optimize(struct arena *arena, struct plan_job *job, struct error *err)
{
    struct optimizer o = { .arena = arena, .job = job };
    static enum code (*const rules[])(struct optimizer *, struct error *) = {
        rule_calc,  rule_rank, rule_over,  rule_share, rule_join, rule_calc, rule_narrow,
        rule_calc,  rule_share, rule_json, rule_filter, rule_mode, rule_sink, rule_normalize,
        rule_prune, rule_changes, rule_fold,
    };
    TRY(plan_collect(&o, err));
    for (size_t i = 0; i < countof(rules); i++) {
        TRY(rules[i](&o, err));
        TRY(plan_collect(&o, err));
    }
    return finish(&o, err);
}

enum code optimize_for_workers(struct arena *arena, struct plan_job *job, struct error *err)
{
    struct optimizer o = { .arena = arena, .job = job };
    if (job->workers <= 1)
        return OK;
    TRY(rule_exchange(&o, err));
    TRY(plan_collect(&o, err));
    return finish(&o, err);
}
