/* rule_share.c -- equal sub-plans become one node with several readers.
 *
 * Scans are shared by the binder already (one per table and job); a view that is
 * used twice has been bound twice, and is found equal here.  Nodes are visited
 * inputs first, so equality of inputs is identity. */
#include "optimize/rules.h"

enum code rule_share(struct optimizer *o, struct error *err)
{
    (void)err;
    struct plan **nodes = o->job->nodes;
    for (uint32_t i = 0; i < o->job->node_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (plan_same(nodes[k], nodes[i])) {
                plan_redirect(o, nodes[i], nodes[k], NULL);
                break;
            }
    return OK;
}
