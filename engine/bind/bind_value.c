/* bind_value.c -- queries used as values: each is joined to the rows around it, as Flink does.
 *
 *   (q)                 a LEFT join to at most one row
 *   EXISTS (q)          a LEFT join to TRUE, once for all rows of q that the row sees: IS NOT NULL
 *   x IN (q)            the same with the rows that have x; where q has NULL, or x is NULL and q has
 *                       any row, nobody knows
 *   x < ALL (q), ...    a LEFT join to MIN, MAX and the numbers of rows and of values
 *
 * Where those but the first look outside by equalities, these become keys of what is joined.  For
 * any other condition the query is joined to the different values of the columns that it looks at,
 * and these become the keys. */
#include "bind/subquery.h"

/* --- joining ------------------------------------------------------------------------------ */

static enum code joined_column(struct binder *b, const struct relation *from, uint32_t column,
                               struct span span, struct expr **ret, struct error *err)
{
    *ret = expr_column(b->arena, column, from->plan->fields[column].type, span);
    return *ret ? OK : error_nomem(err);
}

/* Is there a row inside, of those the filter passes, that all pairs match?  BOOLEAN, never NULL. */
static enum code join_flag(const struct pairs *p, struct relation *from, struct plan *inner,
                           struct expr *filter, struct expr **ret, struct error *err)
{
    struct binder *b = p->b;
    struct conjuncts condition = { 0 };
    struct expr *yes = expr_bool(b->arena, true, p->span), *flag;
    if (!yes)
        return error_nomem(err);
    TRY(pairs_calc(p, inner, filter, yes, &inner, err));
    TRY(pairs_group(p, inner, p->count + 1, NULL, 0, &inner, err));
    uint32_t first = from->plan->field_count;
    TRY(pairs_condition(p, inner, first, &condition, err));
    TRY(bind_value_join(b, from, inner, &condition, false, p->span, err));
    TRY(joined_column(b, from, first + p->count, p->span, &flag, err));
    return bind_operator(b, "IS NOT NULL", &flag, 1, p->span, ret, err);
}

/* --- IN and EXISTS ------------------------------------------------------------------------------ */

/* OR of what is NULL among expressions; *ret NULL: nothing can be. */
static enum code any_null(struct binder *b, struct expr *const *items, uint32_t count,
                          struct span span, struct expr **ret, struct error *err)
{
    struct expr **parts = arena_array(b->arena, struct expr *, MAX(count, 1));
    uint32_t n = 0;
    if (!parts)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        struct expr *item = items[i];
        if (!item->type->not_null)
            TRY(bind_operator(b, "IS NULL", &item, 1, span, &parts[n++], err));
    }
    *ret = n == 0 ? NULL : parts[0];
    if (n > 1)
        *ret = expr_logic(b->arena, EXPR_OR, parts, n, span);
    return n > 0 && !*ret ? error_nomem(err) : OK;
}

static enum code negate(struct binder *b, bool negated, struct span span, struct expr **e,
                        struct error *err)
{
    return negated ? bind_operator(b, "NOT", e, 1, span, e, err) : OK;
}

static enum code exists_value(struct pairs *p, const struct inner *inner, bool negated,
                              struct relation *from, struct expr **ret, struct error *err)
{
    TRY(join_flag(p, from, inner->rel.plan, NULL, ret, err));
    return negate(p->b, negated, p->span, ret, err);
}

/* When nobody knows whether x is in: *ret NULL: never. */
static enum code in_unknown(const struct pairs *keys, const struct operands *operands,
                            struct expr *const *values, struct plan *inner, struct relation *from,
                            struct expr **ret, struct error *err)
{
    struct binder *b = keys->b;
    struct expr *x_null, *y_null, *parts[2], *both[2];
    uint32_t n = 0;
    TRY(any_null(b, operands->items, operands->count, keys->span, &x_null, err));
    TRY(any_null(b, values, operands->count, keys->span, &y_null, err));
    if (x_null) {
        both[0] = x_null;
        TRY(join_flag(keys, from, inner, NULL, &both[1], err));
        if (!(parts[n++] = expr_logic(b->arena, EXPR_AND, both, 2, keys->span)))
            return error_nomem(err);
    }
    if (y_null)
        TRY(join_flag(keys, from, inner, y_null, &parts[n++], err));
    *ret = n == 0 ? NULL : parts[0];
    if (n > 1)
        *ret = expr_logic(b->arena, EXPR_OR, parts, n, keys->span);
    return n > 0 && !*ret ? error_nomem(err) : OK;
}

static enum code in_value(struct pairs *p, const struct inner *inner,
                          const struct operands *operands, bool negated, struct relation *from,
                          struct expr **ret, struct error *err)
{
    struct binder *b = p->b;
    TRY(check_operands(operands, inner, p->span, err));
    struct pairs keys = *p; /* without x */
    struct expr **values = arena_array(b->arena, struct expr *, MAX(operands->count, 1));
    struct pairs all = { .b = b, .span = p->span, .null_equal = p->null_equal };
    uint32_t first = inner->first_value;
    if (!values)
        return error_nomem(err);
    for (uint32_t i = 0; i < keys.count; i++)
        TRY(pairs_add(&all, keys.outer[i], keys.inner[i], err));
    for (uint32_t i = 0; i < operands->count; i++) {
        values[i] =
            expr_column(b->arena, first + i, inner->rel.plan->fields[first + i].type, p->span);
        if (!values[i])
            return error_nomem(err);
        TRY(pairs_add_equal(&all, operands->items[i], values[i], err));
    }
    struct expr *found, *unknown;
    TRY(join_flag(&all, from, inner->rel.plan, NULL, &found, err));
    TRY(in_unknown(&keys, operands, values, inner->rel.plan, from, &unknown, err));
    *ret = found;
    if (unknown) {
        struct expr *parts[5] = { found, expr_bool(b->arena, true, p->span), unknown,
                                  expr_null(b->arena, &type_boolean, p->span),
                                  expr_bool(b->arena, false, p->span) };
        if (!parts[1] || !parts[3] || !parts[4])
            return error_nomem(err);
        TRY(bind_case(b, parts, 5, p->span, ret, err));
    }
    return negate(b, negated, p->span, ret, err);
}

static enum code test_value(struct binder *b, const struct query_test *test,
                            const struct operands *operands, const struct cte *ctes,
                            struct relation *from, struct expr **ret, struct error *err)
{
    struct inner inner;
    struct operands own;
    struct pairs pairs = { .b = b, .span = test->node->span };
    TRY(bind_inner(b, test->query, ctes, from, test->operand != NULL, &inner, err));
    TRY(pairs_of_inner(&pairs, &inner, from->plan, err));
    if (!test->operand)
        return exists_value(&pairs, &inner, test->negated, from, ret, err);
    if (!operands) {
        TRY(bind_operands(b, &from->scope, test->operand, &own, err));
        operands = &own;
    }
    return in_value(&pairs, &inner, operands, test->negated, from, ret, err);
}

/* --- ANY and ALL ------------------------------------------------------------------------------------ */

enum { QUERY_ROWS, QUERY_VALUES, QUERY_MIN, QUERY_MAX, QUERY_CALLS };

static enum code make_calls(struct binder *b, struct expr *value, uint32_t column, struct span span,
                            struct agg_call **ret, struct error *err)
{
    static const char *const names[] = {
        [QUERY_ROWS] = "COUNT", [QUERY_VALUES] = "COUNT", [QUERY_MIN] = "MIN", [QUERY_MAX] = "MAX"
    };
    struct agg_call *calls = arena_array(b->arena, struct agg_call, QUERY_CALLS);
    if (!calls)
        return error_nomem(err);
    for (uint32_t i = 0; i < QUERY_CALLS; i++) {
        calls[i] = (struct agg_call){ .args = { column }, .filter = AGG_NO_COLUMN, .span = span };
        TRY(agg_bind(&b->env, str_of(names[i]), &value, i == QUERY_ROWS ? 0 : 1, false, span,
                     &calls[i].agg, err));
    }
    *ret = calls;
    return OK;
}

/* x op ANY: with the largest value for <, with the smallest for >, for <> with both. */
static enum code compare_any(struct binder *b, enum ast_binary_op op, struct expr *x,
                             struct expr *const *joined, struct span span, struct expr **ret,
                             struct error *err)
{
    bool down = op == BINARY_LT || op == BINARY_LE;
    struct expr *sides[2];
    const char *name = ast_binary_op_text(op);
    TRY(bind_operator(b, name, (struct expr *[]){ x, joined[down ? QUERY_MAX : QUERY_MIN] }, 2,
                      span, ret, err));
    if (op != BINARY_NE)
        return OK;
    sides[0] = *ret;
    TRY(bind_operator(b, name, (struct expr *[]){ x, joined[QUERY_MAX] }, 2, span, &sides[1], err));
    *ret = expr_logic(b->arena, EXPR_OR, sides, 2, span);
    return *ret ? OK : error_nomem(err);
}

/* x op ALL is NOT (x opposite ANY). */
static enum ast_binary_op opposite(enum ast_binary_op op)
{
    static const enum ast_binary_op pairs[][2] = { { BINARY_EQ, BINARY_NE },
                                                   { BINARY_LT, BINARY_GE },
                                                   { BINARY_GT, BINARY_LE } };
    for (size_t i = 0; i < countof(pairs); i++)
        for (int k = 0; k < 2; k++)
            if (pairs[i][k] == op)
                return pairs[i][1 - k];
    return op;
}

/* FALSE without rows; TRUE if a value fits; unknown if there are NULLs; else FALSE. */
static enum code any_value(struct binder *b, enum ast_binary_op op, struct expr *x,
                           struct expr *const *joined, struct span span, struct expr **ret,
                           struct error *err)
{
    struct expr *row = joined[QUERY_ROWS], *fits, *parts[7];
    TRY(compare_any(b, op, x, joined, span, &fits, err));
    struct expr *counts[2] = { row, expr_i64(b->arena, &type_bigint, 0, span) };
    if (!counts[1])
        return error_nomem(err);
    TRY(bind_coalesce(b, counts, 2, span, &counts[0], err));
    TRY(bind_operator(b, "=", counts, 2, span, &parts[0], err));
    TRY(bind_operator(b, ">", (struct expr *[]){ row, joined[QUERY_VALUES] }, 2, span, &parts[4],
                      err));
    parts[1] = expr_bool(b->arena, false, span);
    parts[2] = fits;
    parts[3] = expr_bool(b->arena, true, span);
    parts[5] = expr_null(b->arena, &type_boolean, span);
    parts[6] = fits;
    if (!parts[1] || !parts[3] || !parts[5])
        return error_nomem(err);
    return bind_case(b, parts, 7, span, ret, err);
}

static enum code quantified_value(struct binder *b, const struct ast_quantified *node,
                                  const struct operands *operands, const struct cte *ctes,
                                  struct relation *from, struct expr **ret, struct error *err)
{
    struct span span = node->node.span;
    struct inner inner;
    struct operands own;
    struct pairs pairs = { .b = b, .span = span };
    struct conjuncts condition = { 0 };
    TRY(bind_inner(b, node->query, ctes, from, true, &inner, err));
    TRY(pairs_of_inner(&pairs, &inner, from->plan, err));
    if (!operands) {
        TRY(bind_operands(b, &from->scope, node->operand, &own, err));
        operands = &own;
    }
    TRY(check_operands(operands, &inner, span, err));
    if (operands->count != 1)
        return error_at(err, E_TYPE, span, "rows are compared with ANY and ALL by = and <> only");
    uint32_t at = inner.first_value;
    struct expr *value = expr_column(b->arena, at, inner.rel.plan->fields[at].type, span);
    struct agg_call *calls;
    struct plan *plan = inner.rel.plan;
    if (!value)
        return error_nomem(err);
    TRY(pairs_calc(&pairs, plan, NULL, value, &plan, err));
    TRY(make_calls(b, value, pairs.count, span, &calls, err));
    TRY(pairs_group(&pairs, plan, pairs.count, calls, QUERY_CALLS, &plan, err));
    uint32_t first = from->plan->field_count;
    TRY(pairs_condition(&pairs, plan, first, &condition, err));
    TRY(bind_value_join(b, from, plan, &condition, false, span, err));
    struct expr *joined[QUERY_CALLS];
    for (uint32_t i = 0; i < QUERY_CALLS; i++)
        TRY(joined_column(b, from, first + pairs.count + i, span, &joined[i], err));
    TRY(any_value(b, node->all ? opposite(node->op) : node->op, operands->items[0], joined, span,
                  ret, err));
    return negate(b, node->all, span, ret, err);
}

/* --- one row ---------------------------------------------------------------------------------------- */

static enum code single_value(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                              struct relation *from, struct expr **ret, struct error *err)
{
    const struct ast_query *query = ((const struct ast_subquery *)node)->query;
    struct relation inner;
    struct conjuncts none = { 0 };
    TRY(bind_correlated_value(b, query, ctes, from, ret, err));
    if (*ret)
        return OK;
    TRY(bind_query(b, query, ctes, &inner, err));
    if (inner.plan->field_count != 1)
        return error_at(err, E_TYPE, node->span,
                        "a query used as a value gives one column, and this one gives %u",
                        inner.plan->field_count);
    uint32_t column = from->plan->field_count;
    TRY(bind_value_join(b, from, inner.plan, &none, !plan_has_key_in(inner.plan, NULL, 0),
                        node->span, err));
    return joined_column(b, from, column, node->span, ret, err);
}

/* --- all of them ------------------------------------------------------------------------------------ */

bool is_value_query(const struct ast_node *node)
{
    switch (node->kind) {
    case AST_SUBQUERY:
    case AST_EXISTS:
        return true;
    case AST_IN:
        return ((const struct ast_in *)node)->query != NULL;
    case AST_QUANTIFIED:
        return ((const struct ast_quantified *)node)->query != NULL;
    default:
        return false;
    }
}

enum code bind_joined_value(struct binder *b, const struct ast_node *node,
                            const struct operands *operands, const struct cte *ctes,
                            struct relation *from, struct expr **ret, struct error *err)
{
    struct query_test test;
    TRY(bind_join_finish(b, from, err));
    if (node->kind == AST_SUBQUERY)
        return single_value(b, node, ctes, from, ret, err);
    if (query_test_of(node, &test))
        return test_value(b, &test, operands, ctes, from, ret, err);
    return quantified_value(b, (const struct ast_quantified *)node, operands, ctes, from, ret, err);
}

enum code bind_remember_value(struct binder *b, const struct ast_node *node, struct expr *value,
                              struct error *err)
{
    struct value_query entry = { node, value };
    return ARENA_PUSH(b->arena, b->values, b->value_count, b->value_cap, entry) ? OK
                                                                                : error_nomem(err);
}

struct value_walk {
    struct binder *b;
    const struct cte *ctes;
    struct relation *from;
    struct error *err;
    enum code code;
};

static bool visit_values(void *arg, const struct ast_node *node)
{
    struct value_walk *w = arg;
    struct expr *value;
    if (node->kind == AST_QUERY)
        return true;
    (void)ast_each_child(node, visit_values, w);
    if (w->code != OK || !is_value_query(node))
        return w->code == OK;
    w->code = bind_joined_value(w->b, node, NULL, w->ctes, w->from, &value, w->err);
    if (w->code != OK && bind_goes_on(w->b, w->code, w->err)) {
        value = NULL; /* what reads it fails, too */
        w->code = OK;
    }
    if (w->code == OK)
        w->code = bind_remember_value(w->b, node, value, w->err);
    return w->code == OK;
}

enum code bind_value_queries(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                             struct relation *from, struct error *err)
{
    struct value_walk w = { b, ctes, from, err, OK };
    (void)visit_values(&w, node);
    return w.code;
}

enum code bind_value_query(struct binder *b, const struct ast_node *node, struct expr **ret,
                           struct error *err)
{
    for (uint32_t i = b->value_count; i > 0; i--)
        if (b->values[i - 1].node == node) {
            *ret = b->values[i - 1].column;
            return *ret ? OK : bind_told(err);
        }
    return bind_unsupported(node->span, "a query used as a value here", err);
}
