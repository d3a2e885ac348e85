/* rule_filter.c -- conditions that all readers of a node share are tested once, in
 * front of them.
 *
 * The common conjuncts of all calcs over one node become a calc of their own that
 * passes its columns on.  Conjuncts that can fail at run time stay where they are:
 * moved, they could meet rows that another condition kept from them. */
#include "optimize/rules.h"

struct conjuncts {
    struct expr *const *items;
    uint32_t count;
};

static struct conjuncts conjuncts_of(struct expr *const *filter)
{
    if (!*filter)
        return (struct conjuncts){ NULL, 0 };
    if ((*filter)->kind == EXPR_AND)
        return (struct conjuncts){ (*filter)->args, (*filter)->arg_count };
    return (struct conjuncts){ filter, 1 };
}

static bool contains(struct conjuncts list, const struct expr *e)
{
    for (uint32_t i = 0; i < list.count; i++)
        if (expr_equal(list.items[i], e))
            return true;
    return false;
}

/* The n-th calc that reads `node`; NULL past the last. */
static struct plan_calc *reader_at(const struct optimizer *o, const struct plan *node, uint32_t n)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *reader = o->job->nodes[i];
        if (reader->kind == PLAN_CALC && reader->inputs[0] == node && n-- == 0)
            return (struct plan_calc *)reader;
    }
    return NULL;
}

static enum code remove_common(struct optimizer *o, struct plan_calc *calc,
                               struct conjuncts common, struct error *err)
{
    struct conjuncts mine = conjuncts_of(&calc->filter);
    struct expr **rest = arena_array(o->arena, struct expr *, mine.count);
    if (!rest)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < mine.count; i++)
        if (!contains(common, mine.items[i]))
            rest[n++] = mine.items[i];
    struct expr *filter = NULL;
    if (n > 0 && !(filter = expr_logic(o->arena, EXPR_AND, rest, n, calc->filter->span)))
        return error_nomem(err);
    calc->filter = filter;
    return OK;
}

static enum code hoist(struct optimizer *o, struct plan *node, struct error *err)
{
    struct plan_calc *first = reader_at(o, node, 0);
    struct conjuncts candidates = conjuncts_of(&first->filter);
    struct expr **common = arena_array(o->arena, struct expr *, MAX(candidates.count, 1));
    if (!common)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < candidates.count; i++) {
        struct expr *e = candidates.items[i];
        bool everywhere = !(e->flags & (CALL_FAILS | CALL_VOLATILE));
        struct plan_calc *other;
        for (uint32_t k = 1; everywhere && (other = reader_at(o, node, k)) != NULL; k++)
            everywhere = contains(conjuncts_of(&other->filter), e);
        if (everywhere)
            common[n++] = e;
    }
    if (n == 0)
        return OK;
    struct plan *plan = plan_make(o, PLAN_CALC, sizeof(struct plan_calc), node->field_count, 1,
                                  first->base.span);
    if (!plan)
        return error_nomem(err);
    memcpy(plan->fields, node->fields, node->field_count * sizeof *plan->fields);
    struct plan_calc *calc = (struct plan_calc *)plan;
    if (!(calc->filter = expr_logic(o->arena, EXPR_AND, common, n, first->filter->span)))
        return error_nomem(err);
    plan->changes = node->changes;
    plan->bounded = node->bounded;
    struct conjuncts moved = { common, n };
    struct plan_calc *reader;
    for (uint32_t k = 0; (reader = reader_at(o, node, k)) != NULL; k++)
        TRY(remove_common(o, reader, moved, err));
    plan_redirect(o, node, plan, NULL);
    plan->inputs[0] = node;
    return OK;
}

enum code rule_filter(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *node = o->job->nodes[i];
        if (node->readers > 1 && plan_read_by_calcs(o, node))
            TRY(hoist(o, node, err));
    }
    return OK;
}
