/* bind_setop.c -- UNION, INTERSECT, EXCEPT.
 *
 * As Flink does it: UNION is UNION ALL and DISTINCT; INTERSECT and EXCEPT are a semi and
 * an anti join on all columns (NULL equal to NULL), and DISTINCT.  With ALL, rows of both
 * sides are counted by side, and each comes out as often as the counts say. */
#include "bind/group.h"

#include "expr/cast.h"
#include "plan/plan_join.h"

/* A calc that brings the columns of `plan` to these types; `plan` itself where nothing changes. */
static enum code convert_columns(struct binder *b, struct plan *plan, const struct type **types,
                                 struct span span, struct plan **ret, struct error *err)
{
    bool same = true;
    for (uint32_t i = 0; i < plan->field_count; i++)
        same = same && type_equal(plan->fields[i].type, types[i]);
    *ret = plan;
    if (same)
        return OK;
    struct plan *out =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), plan->field_count, 1, span);
    struct expr **exprs = arena_array(b->arena, struct expr *, plan->field_count);
    if (!out || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->field_count; i++) {
        if (!(exprs[i] = expr_column(b->arena, i, plan->fields[i].type, span)))
            return error_nomem(err);
        TRY(expr_coerce(&b->env, exprs[i], types[i], &exprs[i], err));
        out->fields[i] = (struct field){ plan->fields[i].name, types[i] };
    }
    ((struct plan_calc *)out)->exprs = exprs;
    out->inputs[0] = plan;
    *ret = out;
    return plan_derive(b->arena, out) ? OK : error_nomem(err);
}

static const char *word_of(const struct ast_setop *node)
{
    static const char *const words[][2] = { [SETOP_UNION] = { "UNION", "UNION ALL" },
                                            [SETOP_INTERSECT] = { "INTERSECT", "INTERSECT ALL" },
                                            [SETOP_EXCEPT] = { "EXCEPT", "EXCEPT ALL" } };
    return words[node->what][node->all];
}

/* Both sides, with columns of the same types. */
static enum code bind_sides(struct binder *b, const struct ast_setop *node,
                            const struct cte *ctes, struct plan **sides, struct error *err)
{
    struct relation relations[2];
    TRY(bind_body(b, node->left, ctes, &relations[0], err));
    TRY(bind_body(b, node->right, ctes, &relations[1], err));
    uint32_t columns = relations[0].plan->field_count;
    if (relations[1].plan->field_count != columns)
        return error_at(err, E_TYPE, node->right->span,
                        "this side of %s has %u columns, the other one %u", word_of(node),
                        relations[1].plan->field_count, columns);
    const struct type **types = arena_array(b->arena, const struct type *, MAX(columns, 1));
    if (!types)
        return error_nomem(err);
    for (uint32_t i = 0; i < columns; i++) {
        types[i] = type_common(b->arena, relations[0].plan->fields[i].type,
                               relations[1].plan->fields[i].type, binder_is_blink(b));
        if (!types[i])
            return error_at(err, E_TYPE, node->node.span,
                            "column %u of the two sides of %s has no common type", i + 1,
                            word_of(node));
    }
    for (int s = 0; s < 2; s++)
        TRY(convert_columns(b, relations[s].plan, types, node->node.span, &sides[s], err));
    return OK;
}

static enum code make_union(struct binder *b, struct plan *const *sides, struct span span,
                            struct plan **ret, struct error *err)
{
    uint32_t n = sides[0]->field_count;
    struct plan *plan = bind_node(b, PLAN_UNION, sizeof *plan, n, 2, span);
    if (!plan)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        plan->fields[i] = sides[0]->fields[i];
    for (int s = 0; s < 2; s++)
        plan->inputs[s] = sides[s];
    plan->before = true;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* Rows of the left side that are, or are not, on the right. */
static enum code make_join(struct binder *b, struct plan *const *sides, enum join_type type,
                           struct span span, struct plan **ret, struct error *err)
{
    uint32_t n = sides[0]->field_count;
    struct expr **equal = arena_array(b->arena, struct expr *, MAX(n, 1));
    if (!equal)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        struct expr *pair[2] = { expr_column(b->arena, i, sides[0]->fields[i].type, span),
                                 expr_column(b->arena, n + i, sides[1]->fields[i].type, span) };
        if (!pair[0] || !pair[1])
            return error_nomem(err);
        TRY(bind_operator(b, "IS NOT DISTINCT FROM", pair, 2, span, &equal[i], err));
    }
    struct expr *condition =
        n == 1 ? equal[0] : expr_logic(b->arena, EXPR_AND, equal, n, span);
    struct plan_join *join =
        condition ? plan_join_make(b->arena, type, sides[0], sides[1], condition, span) : NULL;
    if (!join)
        return error_nomem(err);
    join->base.ttl_ms[0] = join->base.ttl_ms[1] = b->env.state_ttl_ms;
    return plan_join_finish(b->arena, join, ret) ? OK : error_nomem(err);
}

enum code bind_setop(struct binder *b, const struct ast_setop *node, const struct cte *ctes,
                     struct relation *ret, struct error *err)
{
    struct plan *sides[2], *plan;
    struct span span = node->node.span;
    TRY(bind_sides(b, node, ctes, sides, err));
    if (node->what != SETOP_UNION && node->all)
        return bind_unsupported(span, word_of(node), err);
    if (node->what == SETOP_UNION)
        TRY(make_union(b, sides, span, &plan, err));
    else
        TRY(make_join(b, sides, node->what == SETOP_INTERSECT ? SEMI_JOIN : ANTI_JOIN, span,
                      &plan, err));
    TRY(bind_scope_of_plan(b, plan, ret, err));
    return node->all ? OK : bind_distinct(b, span, ret, err);
}
