/* bind_correlated.c -- a query used as a value that looks at the row around it:
 *
 *   SELECT a.id, (SELECT COUNT(*) FROM b WHERE b.id = a.id AND b.x > 1) FROM a
 *
 * becomes a LEFT join with SELECT COUNT(*), b.id FROM b WHERE b.x > 1 GROUP BY b.id.  It looks outside
 * by equalities only.  What is no aggregate becomes one, SINGLE_VALUE, which fails when it sees a
 * second row, as in Flink. */
#include "bind/group.h"

struct correlated {
    struct binder *b;
    const struct relation *outer;
    struct relation inner;
    struct ast_list keys;    /* of the inner query, ... */
    struct expr **outer_keys; /* ... and what they are compared with */
    struct ast_node *rest;   /* the other conditions, or NULL */
    uint32_t keys_cap, outer_cap;
    bool is_aggregate;
};

static bool binds(struct binder *b, const struct scope *scope, const struct ast_node *node,
                  struct expr **ret)
{
    struct error ignored = { 0 };
    return bind_expr(b, scope, node, ret, &ignored) == OK;
}

static enum code add_rest(struct correlated *c, struct ast_node *node, struct error *err)
{
    if (c->rest) {
        struct ast_binary *both = arena_new(c->b->arena, struct ast_binary);
        if (!both)
            return error_nomem(err);
        both->node = (struct ast_node){ .kind = AST_BINARY, .span = node->span };
        both->op = BINARY_AND;
        both->left = c->rest;
        both->right = node;
        node = &both->node;
    }
    c->rest = node;
    return OK;
}

static enum code split(struct correlated *c, struct ast_node *node, struct error *err)
{
    const struct ast_binary *binary = (const struct ast_binary *)node;
    struct expr *e, *outside;
    if (node->kind == AST_BINARY && binary->op == BINARY_AND) {
        TRY(split(c, binary->left, err));
        return split(c, binary->right, err);
    }
    if (binds(c->b, &c->inner.scope, node, &e))
        return add_rest(c, node, err);
    struct ast_node *sides[2] = { binary->left, binary->right };
    for (int k = 0; k < 2 && node->kind == AST_BINARY && binary->op == BINARY_EQ; k++) {
        uint32_t n = c->keys.count;
        if (!binds(c->b, &c->inner.scope, sides[k], &e) ||
            !binds(c->b, &c->outer->scope, sides[1 - k], &outside))
            continue;
        if (!ARENA_PUSH(c->b->arena, c->outer_keys, n, c->outer_cap, outside) ||
            !ARENA_PUSH(c->b->arena, c->keys.items, c->keys.count, c->keys_cap, sides[k]))
            return error_nomem(err);
        return OK;
    }
    return add_rest(c, node, err); /* binding the query says what is wrong with it */
}

/* SINGLE_VALUE(item) for an item that is no aggregate. */
static struct ast_node *single_item(struct arena *arena, struct ast_node *item)
{
    struct ast_select_item *made = arena_new(arena, struct ast_select_item);
    struct ast_call *call = arena_new(arena, struct ast_call);
    struct ast_name *name = arena_new(arena, struct ast_name);
    struct ast_node **args = arena_array(arena, struct ast_node *, 1);
    if (!made || !call || !name || !args)
        return NULL;
    *made = *(const struct ast_select_item *)item;
    *name = (struct ast_name){ .text = STR("SINGLE_VALUE"), .span = item->span };
    args[0] = made->expr;
    call->node = (struct ast_node){ .kind = AST_CALL, .span = made->expr->span };
    call->path = (struct ast_names){ .items = name, .count = 1, .span = item->span };
    call->args = (struct ast_list){ .items = args, .count = 1 };
    made->expr = &call->node;
    return &made->node;
}

/* The query with its keys in the select list and in GROUP BY. */
static enum code bind_grouped(struct correlated *c, const struct ast_query *query,
                              const struct cte *ctes, struct relation *ret, struct error *err)
{
    struct arena *arena = c->b->arena;
    struct ast_select select = *(const struct ast_select *)query->body;
    uint32_t n = c->keys.count;
    struct ast_node **items = arena_array(arena, struct ast_node *, n + 1);
    struct ast_select_item *keys = arena_array(arena, struct ast_select_item, n);
    if (!items || !keys)
        return error_nomem(err);
    items[0] = select.items.items[0];
    if (!c->is_aggregate && !(items[0] = single_item(arena, items[0])))
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        keys[i].node = (struct ast_node){ .kind = AST_SELECT_ITEM,
                                          .span = c->keys.items[i]->span };
        keys[i].expr = c->keys.items[i];
        items[i + 1] = &keys[i].node;
    }
    select.items = (struct ast_list){ .items = items, .count = n + 1 };
    select.where = c->rest;
    select.grouped = true;
    select.group_by = c->keys;
    struct ast_query grouped = *query;
    grouped.body = &select.node;
    return bind_query(c->b, &grouped, ctes, ret, err);
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

/* A row that has no group gets the value of no rows. */
static enum code value_of(struct correlated *c, const struct ast_node *item, struct plan *join,
                          uint32_t column, struct expr **ret, struct error *err)
{
    struct binder *b = c->b;
    struct grouping g = { .b = b, .from = &c->inner, .base = c->inner.plan->field_count };
    struct scope scope = c->inner.scope;
    struct emptying empty = { .grouping = &g };
    struct expr *parts[3], *value;
    if (!(value = expr_column(b->arena, column, join->fields[column].type, item->span)))
        return error_nomem(err);
    *ret = value;
    if (!c->is_aggregate)
        return OK;
    scope.group = &g;
    TRY(bind_expr(b, &scope, item, &parts[2], err));
    if (!(parts[2] = expr_rewrite(b->arena, parts[2], empty_column, &empty)))
        return error_nomem(err);
    if (!empty.counts)
        return OK;
    struct expr *key = expr_column(b->arena, column + 1, join->fields[column + 1].type,
                                   item->span); /* no group has a key that equals NULL */
    if (!key)
        return error_nomem(err);
    TRY(bind_operator(b, "IS NOT NULL", &key, 1, item->span, &parts[0], err));
    parts[1] = value;
    return bind_case(b, parts, 3, item->span, ret, err);
}

enum code bind_correlated_value(struct binder *b, const struct ast_query *query,
                                const struct cte *ctes, struct relation *from,
                                struct expr **ret, struct error *err)
{
    struct correlated c = { .b = b, .outer = from };
    const struct ast_select *select = (const struct ast_select *)query->body;
    *ret = NULL;
    if (query->body->kind != AST_SELECT || query->ctes.count > 0 || query->limit ||
        !select->from || !select->where || select->grouped || select->items.count != 1)
        return OK;
    const struct ast_node *item = ((const struct ast_select_item *)select->items.items[0])->expr;
    TRY(bind_from(b, select->from, ctes, &c.inner, err));
    TRY(split(&c, select->where, err));
    if (c.keys.count == 0)
        return OK;
    c.is_aggregate = group_has_aggregate(b, item);
    if (!c.is_aggregate && (select->distinct || query->order_by.count > 0))
        return bind_unsupported(query->node.span,
                                "DISTINCT or ORDER BY in a query used as a value that looks "
                                "outside",
                                err);
    struct relation grouped;
    struct conjuncts all = { 0 };
    struct expr *condition;
    TRY(bind_grouped(&c, query, ctes, &grouped, err));
    uint32_t first = from->plan->field_count;
    for (uint32_t i = 0; i < c.keys.count; i++) {
        struct expr *pair[2] = { c.outer_keys[i],
                                 expr_column(b->arena, first + 1 + i,
                                             grouped.plan->fields[i + 1].type,
                                             c.keys.items[i]->span) };
        struct expr *e;
        if (!pair[1])
            return error_nomem(err);
        TRY(bind_operator(b, "=", pair, 2, c.keys.items[i]->span, &e, err));
        if (!ARENA_PUSH(b->arena, all.items, all.count, all.cap, e))
            return error_nomem(err);
    }
    if (!plan_and(b->arena, &all, &condition))
        return error_nomem(err);
    struct plan_join *join = plan_join_make(b->arena, LEFT_JOIN, from->plan, grouped.plan,
                                            condition, query->node.span);
    if (!join)
        return error_nomem(err);
    join->base.ttl_ms[0] = join->base.ttl_ms[1] = b->env.state_ttl_ms;
    if (!plan_join_finish(b->arena, join, &from->plan))
        return error_nomem(err);
    return value_of(&c, item, from->plan, first, ret, err);
}
