/* rule_calc.c -- calc over calc becomes one calc; calcs that do nothing disappear.
 *
 * The outer expressions get the inner ones put in place of their columns.  That may
 * write an expression down several times, which costs nothing: the program computes
 * equal ones once.  Only volatile ones (RAND, UUID) must stay single, so a calc with
 * such is left alone. */
#include "optimize/rules.h"

static struct expr *substitute(struct arena *arena, struct expr *e, void *arg)
{
    (void)arena;
    struct expr *const *inner = arg;
    return e->kind == EXPR_COLUMN ? inner[e->column] : e;
}

static bool is_volatile(const struct plan_calc *calc)
{
    for (uint32_t i = 0; calc->exprs && i < calc->base.field_count; i++)
        if (calc->exprs[i]->flags & CALL_VOLATILE)
            return true;
    return false;
}

/* Views over views may double an expression at every level; past a point two calcs are cheaper. */
static bool is_small(const struct plan_calc *calc)
{
    enum { SIZE_MAX_MERGED = 2000 };
    for (uint32_t i = 0; calc->exprs && i < calc->base.field_count; i++)
        if (calc->exprs[i]->size > SIZE_MAX_MERGED)
            return false;
    return true;
}

/* Conditions that can fail must stay behind the ones that guard them; AND keeps the order. */
static struct expr *both(struct arena *arena, struct expr *inner, struct expr *outer)
{
    if (!inner || !outer)
        return inner ? inner : outer;
    return expr_logic(arena, EXPR_AND, (struct expr *[]){ inner, outer }, 2, outer->span);
}

static enum code merge(struct optimizer *o, struct plan_calc *outer, struct error *err)
{
    while (outer->base.inputs[0]->kind == PLAN_CALC) {
        const struct plan_calc *inner = (const struct plan_calc *)outer->base.inputs[0];
        if (is_volatile(inner) || !is_small(inner))
            return OK;
        struct expr *filter = outer->filter;
        struct expr **exprs = outer->exprs;
        uint32_t n = outer->base.field_count;
        if (inner->exprs) {
            if (filter && !(filter = expr_rewrite(o->arena, filter, substitute, inner->exprs)))
                return error_nomem(err);
            if (exprs) {
                struct expr **fresh = arena_array(o->arena, struct expr *, n);
                if (!fresh)
                    return error_nomem(err);
                for (uint32_t i = 0; i < n; i++)
                    if (!(fresh[i] = expr_rewrite(o->arena, exprs[i], substitute, inner->exprs)))
                        return error_nomem(err);
                exprs = fresh;
            } else {
                exprs = inner->exprs;
            }
        }
        if (inner->filter && !(filter = both(o->arena, inner->filter, filter)))
            return error_nomem(err);
        outer->filter = filter;
        outer->exprs = exprs;
        outer->base.inputs[0] = inner->base.inputs[0];
    }
    return OK;
}

static bool does_nothing(const struct plan_calc *calc)
{
    const struct plan *input = calc->base.inputs[0];
    if (calc->filter || input->field_count != calc->base.field_count)
        return false;
    for (uint32_t i = 0; calc->exprs && i < calc->base.field_count; i++)
        if (calc->exprs[i]->kind != EXPR_COLUMN || calc->exprs[i]->column != i)
            return false;
    return true;
}

enum code rule_calc(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++)
        if (o->job->nodes[i]->kind == PLAN_CALC)
            TRY(merge(o, (struct plan_calc *)o->job->nodes[i], err));
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *node = o->job->nodes[i];
        if (node->kind == PLAN_CALC && does_nothing((const struct plan_calc *)node))
            plan_redirect(o, node, node->inputs[0], NULL);
    }
    return OK;
}
