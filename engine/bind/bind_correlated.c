/* bind_correlated.c -- a query used as a value that looks at the row around it:
 *
 *   SELECT a.id, (SELECT COUNT(*) FROM b WHERE b.id = a.id AND b.x > 1) FROM a
 *
 * becomes a LEFT join with SELECT COUNT(*), b.id FROM b WHERE b.x > 1 GROUP BY b.id.  It has to be
 * an aggregate, so that there is one row, and look outside by equalities only. */
#include "bind/group.h"

struct correlated {
    struct binder *b;
    const struct relation *outer;
    struct relation inner;
    struct ast_list keys;    /* of the inner query, ... */
    struct expr **outer_keys; /* ... and what they are compared with */
    struct ast_node *rest;   /* the other conditions, or NULL */
    uint32_t keys_cap, outer_cap;
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

static bool find_count(void *arg, const struct ast_node *node)
{
    const struct ast_call *call = (const struct ast_call *)node;
    bool *found = arg;
    if (node->kind == AST_CALL && str_iis(call->path.items[0].text, "COUNT"))
        *found = true;
    return *found || ast_each_child(node, find_count, arg);
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

/* A row that has no group counts 0. */
static enum code value_of(struct correlated *c, const struct ast_node *item, struct plan *join,
                          uint32_t column, struct expr **ret, struct error *err)
{
    bool counts = false;
    struct expr *args[2] = {
        expr_column(c->b->arena, column, join->fields[column].type, item->span),
        expr_i64(c->b->arena, &type_bigint, 0, item->span),
    };
    if (!args[0] || !args[1])
        return error_nomem(err);
    *ret = args[0];
    (void)find_count(&counts, item);
    if (!counts)
        return OK;
    if (item->kind != AST_CALL)
        return bind_unsupported(item->span, "an expression over COUNT in a query that looks outside",
                                err);
    return bind_coalesce(c->b, args, 2, item->span, ret, err);
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
    if (!group_has_aggregate(b, item))
        return bind_unsupported(query->node.span,
                                "a query used as a value that looks outside and is no aggregate",
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
