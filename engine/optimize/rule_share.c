/* rule_share.c -- equal sub-plans become one node with several readers.
 *
 * Scans are shared by the binder already (one per table and job); a view that is
 * used twice has been bound twice, and is found equal here.  Nodes are visited
 * inputs first, so equality of inputs is identity. */
#include "optimize/rules.h"

static bool same_inputs(const struct plan *a, const struct plan *b)
{
    if (a->kind != b->kind || a->input_count != b->input_count || a->field_count != b->field_count)
        return false;
    for (uint32_t i = 0; i < a->input_count; i++)
        if (a->inputs[i] != b->inputs[i])
            return false;
    return true;
}

static bool same_calc(const struct plan_calc *a, const struct plan_calc *b)
{
    if (!a->filter != !b->filter || !a->exprs != !b->exprs)
        return false;
    if (a->filter && (a->filter->flags & CALL_VOLATILE || !expr_equal(a->filter, b->filter)))
        return false;
    for (uint32_t i = 0; a->exprs && i < a->base.field_count; i++)
        if (a->exprs[i]->flags & CALL_VOLATILE || !expr_equal(a->exprs[i], b->exprs[i]))
            return false;
    return true;
}

static bool is_same(const struct plan *a, const struct plan *b)
{
    if (!same_inputs(a, b))
        return false;
    switch (a->kind) {
    case PLAN_CALC:
        return same_calc((const struct plan_calc *)a, (const struct plan_calc *)b);
    case PLAN_UNION:
        return true;
    case PLAN_LIMIT:
        return ((const struct plan_limit *)a)->limit == ((const struct plan_limit *)b)->limit &&
               ((const struct plan_limit *)a)->offset == ((const struct plan_limit *)b)->offset;
    case PLAN_SCAN:
    case PLAN_VALUES:
    case PLAN_JSON:
    case PLAN_SINK:
        break;
    }
    return false;
}

enum code rule_share(struct optimizer *o, struct error *err)
{
    (void)err;
    struct plan **nodes = o->job->nodes;
    for (uint32_t i = 0; i < o->job->node_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (is_same(nodes[k], nodes[i])) {
                plan_redirect(o, nodes[i], nodes[k], NULL);
                break;
            }
    return OK;
}
