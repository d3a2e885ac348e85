/* rule_prune.c -- tells each scan which of its columns anybody reads, so that formats
 * and connectors need not make the others, and each join which it has to put out.
 *
 * Nodes are visited readers first; each passes the columns wanted of it on to its
 * inputs.  Positions do not change: a column nobody reads is just never filled. */
#include "optimize/rules.h"

enum code rule_prune(struct optimizer *o, struct error *err)
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
    struct column_room room;
    TRY(columns_room(o, &room, err));
    for (uint32_t i = n; i > 0; i--) {
        const struct plan *node = o->job->nodes[i - 1];
        for (uint32_t k = 0; k < node->input_count; k++)
            columns_wanted(node, wanted[node->id], k, wanted[node->inputs[k]->id], &room);
    }
    for (uint32_t i = 0; i < n; i++)
        if (o->job->nodes[i]->kind == PLAN_SCAN) {
            struct plan_scan *scan = (struct plan_scan *)o->job->nodes[i];
            scan->def.needed = wanted[scan->base.id];
        } else if (o->job->nodes[i]->kind == PLAN_JOIN) {
            ((struct plan_join *)o->job->nodes[i])->wanted = wanted[o->job->nodes[i]->id];
        }
    return OK;
}
