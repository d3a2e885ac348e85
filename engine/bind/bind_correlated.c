/* bind_correlated.c -- a query used as a value that looks at the row around it:
 *
 *   SELECT a.id, (SELECT COUNT(*) FROM b WHERE b.id = a.id AND b.x > 1) FROM a
 *
 * becomes a LEFT join with SELECT b.id, COUNT(*) FROM b WHERE b.x > 1 GROUP BY b.id.  What is no
 * aggregate becomes one, SINGLE_VALUE, which fails when it sees a second row, as in Flink. */
#include "bind/group.h"

/* SINGLE_VALUE(item) for an item that is no aggregate. */
static struct ast_node *single_item(struct arena *arena, struct ast_node *item)
{
    struct ast_call *call = arena_new(arena, struct ast_call);
    struct ast_name *name = arena_new(arena, struct ast_name);
    struct ast_node **args = arena_array(arena, struct ast_node *, 1);
    if (!call || !name || !args)
        return NULL;
    *name = (struct ast_name){ .text = STR("SINGLE_VALUE"), .span = item->span };
    args[0] = item;
    call->node = (struct ast_node){ .kind = AST_CALL, .span = item->span };
    call->path = (struct ast_names){ .items = name, .count = 1, .span = item->span };
    call->args = (struct ast_list){ .items = args, .count = 1 };
    return &call->node;
}

struct emptying {
    const struct grouping *grouping;
    bool counts;
};

/* What the item is over no rows: a COUNT is 0, any other aggregate or column NULL. */
static struct expr *empty_column(struct arena *arena, struct expr *e, void *arg)
{
    struct emptying *empty = arg;
    const struct grouping *g = empty->grouping;
    if (e->kind != EXPR_COLUMN)
        return e;
    uint32_t at = e->column - g->base;
    bool counts = e->column >= g->base && at < g->call_count &&
                  strcmp(g->calls[at].agg->function->name, "COUNT") == 0;
    empty->counts = empty->counts || counts;
    return counts ? expr_i64(arena, e->type, 0, e->span) : expr_null(arena, e->type, e->span);
}

/* The keys, TRUE, and the item over the groups; *ret_empty is the item over no rows, NULL: NULL. */
static enum code group_item(const struct pairs *p, const struct ast_node *item,
                            struct relation *rows, struct plan **ret, struct expr **ret_empty,
                            struct error *err)
{
    struct binder *b = p->b;
    struct grouping g = { .b = b, .from = rows, .base = rows->plan->field_count };
    struct emptying empty = { .grouping = &g };
    struct scope scope = rows->scope;
    struct expr *value, *yes = expr_bool(b->arena, true, p->span);
    struct plan *groups;
    scope.group = &g;
    for (uint32_t i = 0; i < p->count; i++) {
        struct group_key key = { .expr = p->inner[i] };
        if (!ARENA_PUSH(b->arena, g.keys, g.key_count, g.key_cap, key))
            return error_nomem(err);
    }
    TRY(bind_expr(b, &scope, item, &value, err));
    if (!yes || !(*ret_empty = expr_rewrite(b->arena, value, empty_column, &empty)))
        return error_nomem(err);
    if (value->kind == EXPR_COLUMN && !empty.counts)
        *ret_empty = NULL;
    TRY(group_make_operator(&g, rows->plan, NULL, p->span, &groups, err));
    TRY(group_output(&g, value, &value, err));
    struct pairs out = { .b = b, .span = p->span };
    for (uint32_t i = 0; i < p->count; i++) {
        struct expr *key = expr_column(b->arena, g.keys[i].at, p->inner[i]->type, p->span);
        if (!key)
            return error_nomem(err);
        TRY(pairs_add(&out, key, key, err));
    }
    TRY(pairs_add(&out, yes, yes, err));
    return pairs_calc(&out, groups, NULL, value, ret, err);
}

/* A row that has no group gets the value of no rows. */
static enum code value_of(struct binder *b, const struct plan *join, uint32_t at,
                          struct expr *empty, struct span span, struct expr **ret,
                          struct error *err)
{
    struct expr *there = expr_column(b->arena, at, join->fields[at].type, span);
    struct expr *value = expr_column(b->arena, at + 1, join->fields[at + 1].type, span);
    struct expr *parts[3] = { NULL, value, empty };
    if (!there || !value)
        return error_nomem(err);
    *ret = value;
    if (!empty)
        return OK;
    TRY(bind_operator(b, "IS NOT NULL", &there, 1, span, &parts[0], err));
    return bind_case(b, parts, 3, span, ret, err);
}

enum code bind_correlated_value(struct binder *b, const struct ast_query *query,
                                const struct cte *ctes, struct relation *from, struct expr **ret,
                                struct error *err)
{
    const struct ast_select *select = (const struct ast_select *)query->body;
    struct pairs pairs = { .b = b, .span = query->node.span };
    struct inner inner;
    struct conjuncts condition = { 0 };
    struct plan *value;
    struct expr *empty;
    bool correlated;
    *ret = NULL;
    if (query->body->kind != AST_SELECT || query->ctes.count > 0 || query->limit || query->offset ||
        !select->from || !select->where || select->grouped || select->having || select->qualify ||
        select->items.count != 1)
        return OK;
    TRY(bind_correlated(b, select, ctes, from, false, &inner, &correlated, err));
    if (!correlated)
        return OK;
    struct ast_node *item = ((const struct ast_select_item *)select->items.items[0])->expr;
    bool is_aggregate = group_has_aggregate(b, item);
    if (!is_aggregate && (select->distinct || query->order_by.count > 0))
        return bind_unsupported(query->node.span,
                                "DISTINCT or ORDER BY in a query used as a value that looks "
                                "outside",
                                err);
    if (!is_aggregate && !(item = single_item(b->arena, item)))
        return error_nomem(err);
    TRY(pairs_of_inner(&pairs, &inner, from->plan, err));
    for (uint32_t i = 0; i < inner.rel.scope.count; i++)
        inner.rel.scope.items[i].column += inner.first_value;
    TRY(group_item(&pairs, item, &inner.rel, &value, &empty, err));
    uint32_t first = from->plan->field_count;
    TRY(pairs_condition(&pairs, value, first, &condition, err));
    TRY(bind_value_join(b, from, value, &condition, false, pairs.span, err));
    return value_of(b, from->plan, first + pairs.count, empty, item->span, ret, err);
}
