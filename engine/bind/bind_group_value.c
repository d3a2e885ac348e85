/* bind_group_value.c -- queries used as values, and as conditions of HAVING, in a SELECT with groups.
 *
 * Inside of an aggregate or of GROUP BY they are values of the rows below and joined there.  All
 * others are joined to the groups, and look outside at what is grouped by.  While the select
 * list is bound nobody knows yet what the groups' columns are: until then a value is a placeholder,
 * of the type that it has over a relation with the keys alone. */
#include "bind/group.h"
#include "bind/subquery.h"

/* --- below the groups --------------------------------------------------------------------------- */

struct walk {
    struct binder *b;
    struct grouping *g;        /* NULL: values of the rows below */
    const struct scope *scope; /* of the select list */
    const struct cte *ctes;
    struct relation *from; /* below: the rows; else the keys alone */
    struct error *err;
    enum code code;
};

static bool visit_below(void *arg, const struct ast_node *node)
{
    struct walk *w = arg;
    if (node->kind == AST_QUERY)
        return true;
    if (!group_is_aggregate(w->b, node))
        return ast_each_child(node, visit_below, w) && w->code == OK;
    w->code = bind_value_queries(w->b, node, w->ctes, w->from, w->err);
    return w->code == OK;
}

enum code group_values_below(struct binder *b, const struct ast_select *node,
                             const struct cte *ctes, struct relation *from, struct error *err)
{
    struct walk w = { .b = b, .ctes = ctes, .from = from, .err = err };
    for (uint32_t i = 0; i < node->group_by.count; i++)
        TRY(bind_value_queries(b, node->group_by.items[i], ctes, from, err));
    for (uint32_t i = 0; i < node->items.count && w.code == OK; i++)
        (void)visit_below(&w, node->items.items[i]);
    if (node->having && w.code == OK)
        (void)visit_below(&w, node->having);
    return w.code;
}

/* --- the groups as a relation ------------------------------------------------------------------- */

/* What is grouped by, under its names; `plan` NULL: nothing but the keys' types. */
static enum code keys_relation(struct grouping *g, struct plan *plan, struct relation *ret,
                               struct error *err)
{
    struct binder *b = g->b;
    const struct scope *scope = &g->from->scope;
    struct plan *keys = plan;
    if (!plan && !(keys = bind_node(b, PLAN_VALUES, sizeof(struct plan_values), scope->count, 0,
                                    g->from->plan->span)))
        return error_nomem(err);
    *ret = (struct relation){ .plan = keys };
    for (uint32_t i = 0; i < scope->count; i++) {
        const struct scope_item *item = &scope->items[i];
        struct expr *e = expr_column(b->arena, item->column, item->type, g->from->plan->span);
        bool grouped = false;
        if (!e)
            return error_nomem(err);
        if (!plan)
            keys->fields[i] = (struct field){ item->name, item->type };
        for (uint32_t k = 0; k < g->key_count && !grouped; k++)
            grouped = expr_equal(g->keys[k].expr, e);
        if (!grouped)
            continue;
        if (plan)
            TRY(group_output(g, e, &e, err));
        if (!scope_add(b, &ret->scope, item->qualifier, item->name, item->type,
                       plan ? e->column : i))
            return error_nomem(err);
    }
    return OK;
}

/* --- while the select list is bound --------------------------------------------------------------- */

static enum code value_operands(struct walk *w, const struct ast_node *node, struct operands *ret,
                                struct error *err)
{
    const struct ast_node *operand = NULL;
    if (node->kind == AST_IN)
        operand = ((const struct ast_in *)node)->operand;
    if (node->kind == AST_QUANTIFIED)
        operand = ((const struct ast_quantified *)node)->operand;
    return operand ? bind_operands(w->b, w->scope, operand, ret, err) : OK;
}

static enum code note_value(struct walk *w, const struct ast_node *node, struct error *err)
{
    struct binder *b = w->b;
    struct grouping *g = w->g;
    struct group_value value = { .node = node };
    const struct type *type = &type_boolean;
    TRY(value_operands(w, node, &value.operands, err));
    if (node->kind == AST_SUBQUERY) {
        struct relation keys;
        struct expr *e;
        TRY(keys_relation(g, NULL, &keys, err));
        TRY(bind_joined_value(b, node, NULL, w->ctes, &keys, &e, err));
        type = e->type;
    }
    struct expr *placeholder = expr_column(
        b->arena, g->base + GROUP_VALUE_PLACEHOLDERS + g->value_count, type, node->span);
    if (!placeholder || !ARENA_PUSH(b->arena, g->values, g->value_count, g->value_cap, value))
        return error_nomem(err);
    return bind_remember_value(b, node, placeholder, err);
}

static bool visit_above(void *arg, const struct ast_node *node)
{
    struct walk *w = arg;
    if (node->kind == AST_QUERY || group_is_aggregate(w->b, node))
        return true;
    (void)ast_each_child(node, visit_above, w);
    if (w->code == OK && is_value_query(node))
        w->code = note_value(w, node, w->err);
    return w->code == OK;
}

enum code group_note_values(struct grouping *g, const struct scope *scope,
                            const struct ast_node *node, const struct cte *ctes, struct error *err)
{
    struct walk w = { .b = g->b, .g = g, .scope = scope, .ctes = ctes, .err = err };
    (void)visit_above(&w, node);
    return w.code;
}

enum code group_bind_having(struct grouping *g, const struct scope *scope,
                            const struct ast_node *node, const struct cte *ctes, struct expr **ret,
                            struct error *err)
{
    struct binder *b = g->b;
    struct ast_list all = { 0 };
    struct conjuncts list = { 0 };
    uint32_t cap = 0;
    TRY(bind_split(b, node, &all, &cap, err));
    for (uint32_t i = 0; i < all.count; i++) {
        struct query_test test;
        struct group_value value = { .node = all.items[i], .is_test = true };
        struct expr *e;
        if (query_test_of(all.items[i], &test)) {
            if (test.operand) {
                TRY(group_note_values(g, scope, test.operand, ctes, err));
                TRY(bind_operands(b, scope, test.operand, &value.operands, err));
            }
            if (!ARENA_PUSH(b->arena, g->values, g->value_count, g->value_cap, value))
                return error_nomem(err);
            continue;
        }
        TRY(group_note_values(g, scope, all.items[i], ctes, err));
        TRY(bind_condition(b, scope, all.items[i], all.count > 1 ? "AND" : "HAVING", &e, err));
        if (!plan_conjuncts(b->arena, e, &list))
            return error_nomem(err);
    }
    return plan_and(b->arena, &list, ret) ? OK : error_nomem(err);
}

/* --- when the operator is made --------------------------------------------------------------------- */

enum code group_join_values(struct grouping *g, const struct cte *ctes, struct plan **plan,
                            struct error *err)
{
    struct binder *b = g->b;
    struct relation groups;
    if (g->value_count == 0)
        return OK;
    TRY(keys_relation(g, *plan, &groups, err));
    for (uint32_t i = 0; i < g->value_count; i++) {
        struct group_value *value = &g->values[i];
        struct query_test test;
        for (uint32_t k = 0; k < value->operands.count; k++)
            TRY(group_output(g, value->operands.items[k], &value->operands.items[k], err));
        if (!value->is_test)
            TRY(bind_joined_value(b, value->node, &value->operands, ctes, &groups, &value->output,
                                  err));
        else if (query_test_of(value->node, &test))
            TRY(bind_query_test(b, &test, &value->operands, ctes, &groups, err));
    }
    *plan = groups.plan;
    return OK;
}
