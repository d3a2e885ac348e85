/* bind_setop.c -- UNION, INTERSECT, EXCEPT.
 *
 * As Flink does it: UNION is UNION ALL and DISTINCT; INTERSECT and EXCEPT are a semi and
 * an anti join on all columns (NULL equal to NULL), and DISTINCT.  With ALL, rows of both
 * sides are counted by side, and each comes out as often as the counts say. */
#include "bind/group.h"

#include "expr/cast.h"
#include "expr/table_function.h"
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

/* Points to the right side, which has to follow the left one. */
static enum code no_common_type(const struct ast_setop *node, const struct relation *sides,
                                uint32_t column, struct error *err)
{
    struct buf text;
    buf_init(&text, 512);
    type_print(&text, sides[0].plan->fields[column].type);
    buf_text(&text, " and ");
    type_print(&text, sides[1].plan->fields[column].type);
    error_at(err, E_TYPE, node->right->span,
             "column %u of the two sides of %s has no common type: %s", column + 1,
             word_of(node), buf_cstr(&text));
    buf_done(&text);
    error_hint(err, "CAST one of them to the type of the other.");
    return E_TYPE;
}

/* Both sides, with columns of the same types. */
static enum code bind_sides(struct binder *b, const struct ast_setop *node,
                            const struct cte *ctes, struct plan **sides, struct error *err)
{
    struct relation relations[2];
    enum code left = bind_body(b, node->left, ctes, &relations[0], err);
    if (left != OK && !bind_goes_on(b, left, err))
        return left;
    TRY(bind_body(b, node->right, ctes, &relations[1], err));
    TRY(left);
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
            return no_common_type(node, relations, i, err);
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

/* --- ALL: rows are counted by side -------------------------------------------------------- */

/* The columns of a side, then a BOOLEAN for each side: TRUE for this one, else NULL. */
static enum code mark_side(struct binder *b, struct plan *input, int side, struct span span,
                           struct plan **ret, struct error *err)
{
    uint32_t n = input->field_count;
    struct plan *plan = bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n + 2, 1, span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n + 2);
    if (!plan || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        exprs[i] = expr_column(b->arena, i, input->fields[i].type, span);
        plan->fields[i] = input->fields[i];
    }
    for (int s = 0; s < 2; s++) {
        exprs[n + s] = s == side ? expr_bool(b->arena, true, span)
                                 : expr_null(b->arena, &type_boolean, span);
        plan->fields[n + s] =
            (struct field){ s == 0 ? STR("left_marker") : STR("right_marker"), &type_boolean };
    }
    for (uint32_t i = 0; i < n + 2; i++)
        if (!exprs[i])
            return error_nomem(err);
    ((struct plan_calc *)plan)->exprs = exprs;
    plan->inputs[0] = input;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* Each row once, with how often it is on the left and on the right. */
static enum code count_sides(struct binder *b, struct plan *input, struct span span,
                             struct plan **ret, struct error *err)
{
    uint32_t n = input->field_count - 2;
    struct plan *plan = bind_node(b, PLAN_GROUP, sizeof(struct plan_group), n + 2, 1, span);
    uint32_t *keys = arena_array(b->arena, uint32_t, MAX(n, 1));
    struct agg_call *calls = arena_array(b->arena, struct agg_call, 2);
    if (!plan || !keys || !calls)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = i;
        plan->fields[i] = input->fields[i];
    }
    for (uint32_t s = 0; s < 2; s++) {
        struct expr *arg = expr_column(b->arena, n + s, &type_boolean, span);
        if (!arg)
            return error_nomem(err);
        calls[s] = (struct agg_call){ .filter = AGG_NO_COLUMN, .span = span };
        calls[s].args[0] = n + s;
        TRY(agg_bind(&b->env, STR("COUNT"), &arg, 1, false, span, &calls[s].agg, err));
        plan->fields[n + s] =
            (struct field){ s == 0 ? STR("left_count") : STR("right_count"), &type_bigint };
    }
    struct plan_group *group = (struct plan_group *)plan;
    group->keys = keys;
    group->key_count = n;
    group->calls = calls;
    group->call_count = 2;
    plan->inputs[0] = input;
    plan->before = true;
    plan->ttl_ms[0] = b->env.state_ttl_ms;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* INTERSECT: the smaller count; EXCEPT: how many more are on the left. */
static enum code times_of(struct binder *b, bool intersect, struct expr *left, struct expr *right,
                          struct span span, struct expr **ret, struct error *err)
{
    struct expr *sides[2] = { left, right };
    if (!intersect)
        return bind_operator(b, "-", sides, 2, span, ret, err);
    struct expr *parts[3] = { NULL, right, left };
    TRY(bind_operator(b, ">", sides, 2, span, &parts[0], err));
    return bind_case(b, parts, 3, span, ret, err);
}

/* Each row as often as the counts say. */
static enum code repeat_rows(struct binder *b, struct plan *counted, bool intersect,
                             struct span span, struct plan **ret, struct error *err)
{
    uint32_t n = counted->field_count - 2;
    struct plan *times = bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n + 1, 1, span);
    struct plan *repeat =
        bind_node(b, PLAN_CORRELATE, sizeof(struct plan_correlate), n + 1, 1, span);
    struct plan *plan = bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n, 1, span);
    struct expr **below = arena_array(b->arena, struct expr *, n + 1);
    struct expr **above = arena_array(b->arena, struct expr *, MAX(n, 1));
    uint32_t *args = arena_array(b->arena, uint32_t, 1);
    struct expr *left = expr_column(b->arena, n, &type_bigint, span);
    struct expr *right = expr_column(b->arena, n + 1, &type_bigint, span);
    struct expr *zero = expr_i64(b->arena, &type_bigint, 0, span);
    if (!times || !repeat || !plan || !below || !above || !args || !left || !right || !zero)
        return error_nomem(err);
    TRY(times_of(b, intersect, left, right, span, &below[n], err));
    TRY(bind_operator(b, ">", (struct expr *[]){ below[n], zero }, 2, span,
                      &((struct plan_calc *)times)->filter, err));
    for (uint32_t i = 0; i < n; i++) {
        below[i] = above[i] = expr_column(b->arena, i, counted->fields[i].type, span);
        if (!below[i])
            return error_nomem(err);
        times->fields[i] = repeat->fields[i] = plan->fields[i] = counted->fields[i];
    }
    times->fields[n] = repeat->fields[n] = (struct field){ STR("times"), &type_bigint };
    ((struct plan_calc *)times)->exprs = below;
    times->inputs[0] = counted;
    args[0] = n;
    ((struct plan_correlate *)repeat)->function = &table_function_repeat;
    ((struct plan_correlate *)repeat)->args = args;
    ((struct plan_correlate *)repeat)->arg_count = 1;
    repeat->inputs[0] = times;
    ((struct plan_calc *)plan)->exprs = above;
    plan->inputs[0] = repeat;
    *ret = plan;
    return plan_derive(b->arena, times) && plan_derive(b->arena, repeat) &&
                   plan_derive(b->arena, plan)
               ? OK
               : error_nomem(err);
}

static enum code make_all(struct binder *b, struct plan *const *sides, bool intersect,
                          struct span span, struct plan **ret, struct error *err)
{
    struct plan *marked[2], *both, *counted;
    for (int s = 0; s < 2; s++)
        TRY(mark_side(b, sides[s], s, span, &marked[s], err));
    TRY(make_union(b, marked, span, &both, err));
    TRY(count_sides(b, both, span, &counted, err));
    return repeat_rows(b, counted, intersect, span, ret, err);
}

enum code bind_setop(struct binder *b, const struct ast_setop *node, const struct cte *ctes,
                     struct relation *ret, struct error *err)
{
    struct plan *sides[2], *plan;
    struct span span = node->node.span;
    TRY(bind_sides(b, node, ctes, sides, err));
    if (node->what != SETOP_UNION && node->all)
        TRY(make_all(b, sides, node->what == SETOP_INTERSECT, span, &plan, err));
    else if (node->what == SETOP_UNION)
        TRY(make_union(b, sides, span, &plan, err));
    else
        TRY(make_join(b, sides, node->what == SETOP_INTERSECT ? SEMI_JOIN : ANTI_JOIN, span,
                      &plan, err));
    TRY(bind_scope_of_plan(b, plan, ret, err));
    return node->all ? OK : bind_distinct(b, span, ret, err);
}
