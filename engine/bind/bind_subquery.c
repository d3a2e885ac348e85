/* bind_subquery.c -- queries that are conditions of their own in WHERE and HAVING, as joins.
 *
 *   x IN (q), EXISTS (q)          a SEMI join, NOT an ANTI join; each has to be a conjunct
 *   x NOT IN (q)                  ANTI on x = y OR x IS NULL OR y IS NULL, as far as both can be NULL
 *
 * All others are values: bind_value.c.
 *
 * Conjuncts of a query's WHERE that name columns of the query around it become part of
 * the join's condition: so equalities become keys. */
#include "bind/subquery.h"

static bool is_outer(const struct expr *e)
{
    return plan_sides(e, OUTER_COLUMNS) & READS_RIGHT;
}

/* --- the query inside ------------------------------------------------------------------------- */

/* A SELECT whose WHERE may look outside: nothing in it has to see the rows as they are alone. */
static const struct ast_select *plain_select(const struct ast_query *query)
{
    const struct ast_select *select = (const struct ast_select *)query->body;
    bool plain = query->body->kind == AST_SELECT && query->ctes.count == 0 &&
                 query->order_by.count == 0 && !query->limit && !query->offset && select->from &&
                 select->where && !select->distinct && !select->grouped && !select->having &&
                 select->windows.count == 0 && !select->qualify;
    return plain ? select : NULL;
}

struct correlation {
    struct binder *b;
    uint32_t inner_from; /* where inner columns go */
};

static struct expr *place_column(struct arena *arena, struct expr *e, void *arg)
{
    const struct correlation *c = arg;
    if (e->kind != EXPR_COLUMN)
        return e;
    uint32_t column =
        e->column >= OUTER_COLUMNS ? e->column - OUTER_COLUMNS : e->column + c->inner_from;
    return expr_column(arena, column, e->type, e->span);
}

/* The values of the SELECT list, then all columns below. */
static enum code inner_calc(struct binder *b, const struct ast_select *select,
                            const struct relation *from, struct expr *filter, bool values,
                            struct inner *ret, struct error *err)
{
    uint32_t n = values ? select->items.count : 0, below = from->plan->field_count;
    struct plan *calc =
        plan_new(b->arena, PLAN_CALC, sizeof(struct plan_calc), n + below, 1, select->node.span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n + below);
    if (!calc || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        const struct ast_select_item *item = (const struct ast_select_item *)select->items.items[i];
        if (item->expr->kind == AST_STAR)
            return bind_unsupported(item->expr->span, "* in a query that looks outside", err);
        TRY(bind_expr(b, &from->scope, item->expr, &exprs[i], err));
        if (is_outer(exprs[i]))
            return bind_unsupported(item->expr->span,
                                    "a column of the outer query in the SELECT list", err);
        calc->fields[i] = (struct field){ STR("value"), exprs[i]->type };
    }
    for (uint32_t i = 0; i < below; i++) {
        calc->fields[n + i] = from->plan->fields[i];
        exprs[n + i] = expr_column(b->arena, i, from->plan->fields[i].type, select->node.span);
        if (!exprs[n + i])
            return error_nomem(err);
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    ((struct plan_calc *)calc)->filter = filter;
    calc->inputs[0] = from->plan;
    if (!plan_derive(b->arena, calc))
        return error_nomem(err);
    *ret = (struct inner){ .rel = { .plan = calc }, .value_count = n };
    for (uint32_t i = 0; i < from->scope.count; i++) {
        struct scope_item item = from->scope.items[i];
        item.column += n;
        if (!ARENA_PUSH(b->arena, ret->rel.scope.items, ret->rel.scope.count, ret->rel.scope.cap,
                        item))
            return error_nomem(err);
    }
    return OK;
}

enum code bind_correlated(struct binder *b, const struct ast_select *select, const struct cte *ctes,
                          const struct relation *outer, bool values, struct inner *ret,
                          bool *ret_correlated, struct error *err)
{
    struct relation from;
    struct expr *filter;
    struct conjuncts all = { 0 }, own = { 0 }, correlated = { 0 };
    TRY(bind_from(b, select->from, ctes, &from, err));
    *ret_correlated = false;
    if (from.scope.has_gap)
        return OK; /* bound as a query of its own, it fails */
    from.scope.outer = &outer->scope;
    TRY(bind_where(b, select->where, ctes, &from, &filter, err));
    if (!plan_conjuncts(b->arena, filter, &all))
        return error_nomem(err);
    for (uint32_t i = 0; i < all.count; i++) {
        struct conjuncts *list = is_outer(all.items[i]) ? &correlated : &own;
        if (!ARENA_PUSH(b->arena, list->items, list->count, list->cap, all.items[i]))
            return error_nomem(err);
    }
    *ret_correlated = correlated.count > 0;
    if (correlated.count == 0)
        return OK;
    if (!plan_and(b->arena, &own, &filter))
        return error_nomem(err);
    TRY(inner_calc(b, select, &from, filter, values, ret, err));
    struct correlation c = { b, outer->plan->field_count + ret->value_count };
    for (uint32_t i = 0; i < correlated.count; i++) {
        correlated.items[i] = expr_rewrite(b->arena, correlated.items[i], place_column, &c);
        if (!correlated.items[i])
            return error_nomem(err);
    }
    ret->correlated = correlated;
    return OK;
}

enum code bind_inner(struct binder *b, const struct ast_query *query, const struct cte *ctes,
                     const struct relation *outer, bool values, struct inner *ret,
                     struct error *err)
{
    const struct ast_select *select = plain_select(query);
    bool correlated = false;
    *ret = (struct inner){ 0 };
    if (select)
        TRY(bind_correlated(b, select, ctes, outer, values, ret, &correlated, err));
    if (correlated)
        return OK;
    TRY(bind_query(b, query, ctes, &ret->rel, err));
    ret->value_count = ret->rel.plan->field_count;
    return OK;
}

/* --- conditions ----------------------------------------------------------------------------------- */

static bool is_quantified_in(const struct ast_quantified *node)
{
    return node->query && node->op == (node->all ? BINARY_NE : BINARY_EQ);
}

bool query_test_of(const struct ast_node *node, struct query_test *ret)
{
    *ret = (struct query_test){ 0 };
    while (node->kind == AST_UNARY && ((const struct ast_unary *)node)->op == UNARY_NOT) {
        ret->negated = !ret->negated;
        node = ((const struct ast_unary *)node)->operand;
    }
    ret->node = node;
    if (node->kind == AST_EXISTS) {
        ret->query = ((const struct ast_subquery *)node)->query;
    } else if (node->kind == AST_IN) {
        const struct ast_in *in = (const struct ast_in *)node;
        ret->operand = in->operand;
        ret->query = in->query;
        ret->negated = ret->negated != in->negated;
    } else if (node->kind == AST_QUANTIFIED) {
        const struct ast_quantified *q = (const struct ast_quantified *)node;
        ret->operand = q->operand;
        ret->query = is_quantified_in(q) ? q->query : NULL;
        ret->negated = ret->negated != q->all;
    }
    return ret->query != NULL;
}

enum code bind_operands(struct binder *b, const struct scope *scope, const struct ast_node *node,
                        struct operands *ret, struct error *err)
{
    const struct ast_list one = { .items = (struct ast_node **)&node, .count = 1 };
    const struct ast_list *list = &one;
    if (node->kind == AST_ROW)
        list = &((const struct ast_items *)node)->items;
    ret->count = list->count;
    if (!(ret->items = arena_array(b->arena, struct expr *, MAX(list->count, 1))))
        return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        TRY(bind_expr(b, scope, list->items[i], &ret->items[i], err));
        if (is_outer(ret->items[i]))
            return bind_unsupported(list->items[i]->span,
                                    "a column of the outer query in front of IN", err);
    }
    return OK;
}

enum code check_operands(const struct operands *operands, const struct inner *inner,
                         struct span span, struct error *err)
{
    if (operands->count == inner->value_count)
        return OK;
    return error_at(err, E_TYPE, span, "the query gives %u column%s, compared with %u value%s",
                    inner->value_count, inner->value_count == 1 ? "" : "s", operands->count,
                    operands->count == 1 ? "" : "s");
}

/* x = y, and for NOT IN also where either is NULL: then nobody knows that x is not in. */
static enum code in_condition(struct binder *b, struct expr *x, struct expr *y, bool negated,
                              struct span span, struct expr **ret, struct error *err)
{
    struct expr *parts[3], *sides[2] = { x, y };
    uint32_t n = 1;
    TRY(bind_operator(b, "=", (struct expr *[]){ x, y }, 2, span, &parts[0], err));
    for (uint32_t i = 0; negated && i < 2; i++)
        if (!sides[i]->type->not_null)
            TRY(bind_operator(b, "IS NULL", &sides[i], 1, span, &parts[n++], err));
    *ret = parts[0];
    if (n > 1)
        *ret = expr_logic(b->arena, EXPR_OR, parts, n, span);
    return *ret ? OK : error_nomem(err);
}

static enum code in_conditions(struct binder *b, const struct query_test *test,
                               const struct operands *operands, const struct relation *from,
                               const struct inner *inner, struct conjuncts *ret, struct error *err)
{
    struct span span = test->node->span;
    TRY(check_operands(operands, inner, span, err));
    for (uint32_t i = 0; i < operands->count; i++) {
        struct expr *e, *y = expr_column(b->arena, from->plan->field_count + i,
                                         inner->rel.plan->fields[i].type, span);
        if (!y)
            return error_nomem(err);
        TRY(in_condition(b, operands->items[i], y, test->negated, span, &e, err));
        if (!ARENA_PUSH(b->arena, ret->items, ret->count, ret->cap, e))
            return error_nomem(err);
    }
    return OK;
}

/* One row, as long as the query has any: so that EXISTS without a condition costs nothing a row. */
static enum code any_row(struct binder *b, struct inner *inner, struct span span, struct error *err)
{
    struct plan *calc = plan_new(b->arena, PLAN_CALC, sizeof(struct plan_calc), 1, 1, span);
    struct plan *group = plan_new(b->arena, PLAN_GROUP, sizeof(struct plan_group), 1, 1, span);
    struct expr **exprs = arena_array(b->arena, struct expr *, 1);
    uint32_t *keys = arena_array(b->arena, uint32_t, 1);
    if (!calc || !group || !exprs || !keys || !(exprs[0] = expr_bool(b->arena, true, span)))
        return error_nomem(err);
    calc->fields[0] = group->fields[0] = (struct field){ STR("exists"), exprs[0]->type };
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = inner->rel.plan;
    ((struct plan_group *)group)->keys = keys;
    ((struct plan_group *)group)->key_count = 1;
    group->inputs[0] = calc;
    if (!plan_derive(b->arena, calc) || !plan_derive(b->arena, group))
        return error_nomem(err);
    inner->rel.plan = group;
    return OK;
}

static enum code join_inner(struct binder *b, enum join_type type, struct relation *from,
                            const struct inner *inner, const struct conjuncts *condition,
                            struct span span, struct error *err)
{
    struct expr *e;
    if (!plan_and(b->arena, condition, &e))
        return error_nomem(err);
    struct plan_join *join = plan_join_make(b->arena, type, from->plan, inner->rel.plan, e, span);
    if (!join)
        return error_nomem(err);
    join->base.ttl_ms[0] = join->base.ttl_ms[1] = b->env.state_ttl_ms;
    return plan_join_finish(b->arena, join, &from->plan) ? OK : error_nomem(err);
}

enum code bind_query_test(struct binder *b, const struct query_test *test,
                          const struct operands *operands, const struct cte *ctes,
                          struct relation *from, struct error *err)
{
    struct inner inner;
    TRY(bind_inner(b, test->query, ctes, from, test->operand != NULL, &inner, err));
    struct conjuncts condition = inner.correlated;
    if (test->operand)
        TRY(in_conditions(b, test, operands, from, &inner, &condition, err));
    else if (condition.count == 0)
        TRY(any_row(b, &inner, test->node->span, err));
    return join_inner(b, test->negated ? ANTI_JOIN : SEMI_JOIN, from, &inner, &condition,
                      test->node->span, err);
}

/* --- WHERE ---------------------------------------------------------------------------------------------- */

enum code bind_split(struct binder *b, const struct ast_node *node, struct ast_list *ret,
                     uint32_t *cap, struct error *err)
{
    const struct ast_binary *both = (const struct ast_binary *)node;
    if (!node)
        return OK;
    if (node->kind == AST_BINARY && both->op == BINARY_AND) {
        TRY(bind_split(b, both->left, ret, cap, err));
        return bind_split(b, both->right, ret, cap, err);
    }
    if (!ARENA_PUSH(b->arena, ret->items, ret->count, *cap, (struct ast_node *)node))
        return error_nomem(err);
    return OK;
}

enum code bind_where(struct binder *b, const struct ast_node *where, const struct cte *ctes,
                     struct relation *from, struct expr **ret_filter, struct error *err)
{
    struct ast_list all = { 0 };
    struct conjuncts list = { 0 };
    struct query_test test;
    uint32_t cap = 0;
    enum code failed = OK;
    TRY(bind_split(b, where, &all, &cap, err));
    for (uint32_t i = 0; i < all.count; i++) {
        struct expr *e;
        if (query_test_of(all.items[i], &test)) {
            if (test.operand)
                TRY(bind_value_queries(b, test.operand, ctes, from, err));
            continue;
        }
        TRY(bind_value_queries(b, all.items[i], ctes, from, err));
        enum code code = bind_condition(b, &from->scope, all.items[i],
                                        all.count > 1 ? "AND" : "WHERE", &e, err);
        if (code != OK) {
            if (!bind_part_fails(b, &from->scope, code, err))
                return code;
            failed = code;
            continue;
        }
        if (!plan_conjuncts(b->arena, e, &list))
            return error_nomem(err);
    }
    TRY(bind_join_where(b, from, &list, ret_filter, err));
    TRY(bind_join_finish(b, from, err));
    for (uint32_t i = 0; i < all.count; i++) {
        struct operands operands = { 0 };
        if (!query_test_of(all.items[i], &test))
            continue;
        enum code code = OK;
        if (test.operand)
            code = bind_operands(b, &from->scope, test.operand, &operands, err);
        if (code != OK && !bind_part_fails(b, &from->scope, code, err))
            return code;
        failed = code != OK ? code : failed;
        if (code == OK)
            code = bind_query_test(b, &test, &operands, ctes, from, err);
        if (code != OK && !bind_part_fails(b, &from->scope, code, err))
            return code;
        failed = code != OK ? code : failed;
    }
    return failed;
}
