/* rule_prune.c -- tells each scan which of its columns anybody reads, so that formats
 * and connectors need not make the others, and each join which it has to put out.
 *
 * Nodes are visited readers first; each passes the columns wanted of it on to its
 * inputs.  Positions do not change: a column nobody reads is just never filled. */
#include "optimize/rules.h"

enum code rule_prune(struct optimizer *o, struct error *err)
{
    bool **wanted;
    struct column_room room;
    TRY(columns_wanted_of_all(o, &wanted, &room, err));
    for (uint32_t i = 0; i < o->job->node_count; i++)
        if (o->job->nodes[i]->kind == PLAN_SCAN) {
            struct plan_scan *scan = (struct plan_scan *)o->job->nodes[i];
            scan->def.needed = wanted[scan->base.id];
        } else if (o->job->nodes[i]->kind == PLAN_JOIN) {
            ((struct plan_join *)o->job->nodes[i])->wanted = wanted[o->job->nodes[i]->id];
        }
    return OK;
}
