/* rule_prune.c -- tells each scan which of its columns anybody reads, so that formats
 * and connectors need not make the others.
 *
 * Nodes are visited readers first; each passes the columns wanted of it on to its
 * inputs.  Positions do not change: a column nobody reads is just never filled. */
#include "optimize/rules.h"

static void want_columns(struct expr *e, void *arg)
{
    bool *wanted = arg;
    if (e->kind == EXPR_COLUMN)
        wanted[e->column] = true;
}

static void pass_on(const struct plan *node, bool *const *wanted)
{
    const bool *mine = wanted[node->id];
    for (uint32_t k = 0; k < node->input_count; k++) {
        bool *theirs = wanted[node->inputs[k]->id];
        uint32_t n = node->inputs[k]->field_count;
        switch (node->kind) {
        case PLAN_CALC: {
            const struct plan_calc *calc = (const struct plan_calc *)node;
            if (calc->filter)
                expr_walk(calc->filter, want_columns, theirs);
            for (uint32_t i = 0; i < node->field_count; i++)
                if (calc->exprs && mine[i])
                    expr_walk(calc->exprs[i], want_columns, theirs);
                else if (!calc->exprs && mine[i])
                    theirs[i] = true;
            break;
        }
        case PLAN_JSON:
            theirs[((const struct plan_json *)node)->input_column] = true;
            for (uint32_t i = 0; i < n; i++)
                theirs[i] = theirs[i] || mine[i];
            break;
        case PLAN_SINK:
            for (uint32_t i = 0; i < n; i++)
                theirs[i] = true;
            break;
        case PLAN_UNION:
        case PLAN_LIMIT:
        case PLAN_SCAN:
        case PLAN_VALUES:
            for (uint32_t i = 0; i < n; i++)
                theirs[i] = theirs[i] || mine[i];
            break;
        }
    }
}

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
    for (uint32_t i = n; i > 0; i--)
        pass_on(o->job->nodes[i - 1], wanted);
    for (uint32_t i = 0; i < n; i++)
        if (o->job->nodes[i]->kind == PLAN_SCAN) {
            struct plan_scan *scan = (struct plan_scan *)o->job->nodes[i];
            scan->def.needed = wanted[scan->base.id];
        }
    return OK;
}
