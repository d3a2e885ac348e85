/* bind_pairs.c -- what a query used as a value and the rows around it are joined by. */
#include "bind/subquery.h"

enum code bind_value_join(struct binder *b, struct relation *from, struct plan *inner,
                          const struct conjuncts *condition, bool single, struct span span,
                          struct error *err)
{
    struct expr *e;
    if (!plan_and(b->arena, condition, &e))
        return error_nomem(err);
    struct plan_join *join = plan_join_make(b->arena, LEFT_JOIN, from->plan, inner, e, span);
    if (!join)
        return error_nomem(err);
    join->single = single;
    join->base.ttl_ms[0] = join->base.ttl_ms[1] = b->env.state_ttl_ms;
    return plan_join_finish(b->arena, join, &from->plan) ? OK : error_nomem(err);
}

enum code pairs_add(struct pairs *p, struct expr *outer, struct expr *inner, struct error *err)
{
    uint32_t n = p->count;
    if (!ARENA_PUSH(p->b->arena, p->outer, n, p->outer_cap, outer) ||
        !ARENA_PUSH(p->b->arena, p->inner, p->count, p->inner_cap, inner))
        return error_nomem(err);
    return OK;
}

/* Of one type, so that equal values are equal keys. */
enum code pairs_add_equal(struct pairs *p, struct expr *outer, struct expr *inner,
                          struct error *err)
{
    struct expr *e;
    TRY(bind_operator(p->b, "=", (struct expr *[]){ outer, inner }, 2, p->span, &e, err));
    if (e->kind != EXPR_CALL || e->arg_count != 2)
        return pairs_add(p, outer, inner, err);
    return pairs_add(p, e->args[0], e->args[1], err);
}

/* The pairs as a condition; what is inside stands in columns from `first` on. */
enum code pairs_condition(const struct pairs *p, const struct plan *inner, uint32_t first,
                          struct conjuncts *ret, struct error *err)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct expr *e, *pair[2] = { p->outer[i], expr_column(p->b->arena, first + i,
                                                              inner->fields[i].type, p->span) };
        if (!pair[1])
            return error_nomem(err);
        const char *equals = i < p->null_equal ? "IS NOT DISTINCT FROM" : "=";
        TRY(bind_operator(p->b, equals, pair, 2, p->span, &e, err));
        if (!ARENA_PUSH(p->b->arena, ret->items, ret->count, ret->cap, e))
            return error_nomem(err);
    }
    return OK;
}

/* A calc of the inner sides of the pairs and one expression more. */
enum code pairs_calc(const struct pairs *p, struct plan *input, struct expr *filter,
                     struct expr *more, struct plan **ret, struct error *err)
{
    struct arena *arena = p->b->arena;
    uint32_t n = p->count;
    struct plan *calc = bind_node(p->b, PLAN_CALC, sizeof(struct plan_calc), n + 1, 1, p->span);
    struct expr **exprs = arena_array(arena, struct expr *, n + 1);
    if (!calc || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i <= n; i++) {
        exprs[i] = i < n ? p->inner[i] : more;
        calc->fields[i] = (struct field){ i < n ? STR("key") : STR("value"), exprs[i]->type };
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    ((struct plan_calc *)calc)->filter = filter;
    calc->inputs[0] = input;
    *ret = calc;
    return plan_derive(arena, calc) ? OK : error_nomem(err);
}

enum code pairs_group(const struct pairs *p, struct plan *input, uint32_t key_count,
                      const struct agg_call *calls, uint32_t call_count, struct plan **ret,
                      struct error *err)
{
    struct arena *arena = p->b->arena;
    struct plan *group =
        bind_node(p->b, PLAN_GROUP, sizeof(struct plan_group), key_count + call_count, 1, p->span);
    uint32_t *keys = arena_array(arena, uint32_t, key_count + 1);
    if (!group || !keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < key_count; i++) {
        keys[i] = i;
        group->fields[i] = input->fields[i];
    }
    for (uint32_t i = 0; i < call_count; i++)
        group->fields[key_count + i] = (struct field){ STR("agg"), calls[i].agg->result };
    struct plan_group *g = (struct plan_group *)group;
    g->keys = keys;
    g->key_count = key_count;
    g->calls = calls;
    g->call_count = call_count;
    group->inputs[0] = input;
    group->before = true;
    group->ttl_ms[0] = p->b->env.state_ttl_ms;
    *ret = group;
    return plan_derive(arena, group) ? OK : error_nomem(err);
}

/* --- how a query looks outside ------------------------------------------------------------------ */

/* Is it an equality of an outer and an inner side?  *ret_outer is which argument is outer. */
static bool is_equality(const struct expr *e, uint32_t left_fields, uint32_t *ret_outer)
{
    if (e->kind != EXPR_CALL || strcmp(e->function->name, "=") != 0)
        return false;
    unsigned first = plan_sides(e->args[0], left_fields);
    unsigned second = plan_sides(e->args[1], left_fields);
    *ret_outer = first == READS_LEFT ? 0 : 1;
    return (first == READS_LEFT && second == READS_RIGHT) ||
           (first == READS_RIGHT && second == READS_LEFT);
}

struct outer_columns {
    struct arena *arena;
    struct pairs *pairs;
    uint32_t left_fields;
    bool failed;
};

static void note_outer(struct expr *e, void *arg)
{
    struct outer_columns *o = arg;
    struct pairs *p = o->pairs;
    if (e->kind != EXPR_COLUMN || e->column >= o->left_fields)
        return;
    for (uint32_t i = 0; i < p->count; i++)
        if (p->outer[i]->column == e->column)
            return;
    struct expr *in = expr_column(o->arena, p->count, e->type, e->span);
    struct error ignored = { 0 };
    o->failed = o->failed || !in || pairs_add(p, e, in, &ignored) != OK;
}

/* The query's relation beside the different values of the outer columns that it looks at. */
static enum code join_outer_values(struct pairs *p, struct inner *inner, struct plan *outer,
                                   struct error *err)
{
    struct arena *arena = p->b->arena;
    struct outer_columns columns = { arena, p, outer->field_count, false };
    struct expr *condition;
    if (!plan_and(arena, &inner->correlated, &condition))
        return error_nomem(err);
    expr_walk(condition, note_outer, &columns);
    uint32_t n = p->count,
             *to = arena_array(arena, uint32_t, outer->field_count + inner->rel.plan->field_count);
    if (columns.failed || !to)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        to[p->outer[i]->column] = i;
    for (uint32_t i = 0; i < inner->rel.plan->field_count; i++)
        to[outer->field_count + i] = n + i;
    struct pairs values = { .b = p->b, .span = p->span, .inner = p->outer, .count = n - 1 };
    struct plan *different;
    TRY(pairs_calc(&values, outer, NULL, p->outer[n - 1], &different, err));
    TRY(pairs_group(p, different, n, NULL, 0, &different, err));
    if (!(condition = plan_move_columns(arena, condition, to)))
        return error_nomem(err);
    struct plan_join *join =
        plan_join_make(arena, INNER_JOIN, different, inner->rel.plan, condition, p->span);
    if (!join)
        return error_nomem(err);
    join->base.ttl_ms[0] = join->base.ttl_ms[1] = p->b->env.state_ttl_ms;
    p->null_equal = n;
    inner->first_value = n;
    return plan_join_finish(arena, join, &inner->rel.plan) ? OK : error_nomem(err);
}

/* How a query looks outside. */
enum code pairs_of_inner(struct pairs *p, struct inner *inner, struct plan *outer,
                         struct error *err)
{
    uint32_t left_fields = outer->field_count, side;
    for (uint32_t i = 0; i < inner->correlated.count; i++)
        if (!is_equality(inner->correlated.items[i], left_fields, &side))
            return join_outer_values(p, inner, outer, err);
    for (uint32_t i = 0; i < inner->correlated.count; i++) {
        const struct expr *e = inner->correlated.items[i];
        (void)is_equality(e, left_fields, &side);
        struct expr *in =
            plan_shift_columns(p->b->arena, e->args[1 - side], left_fields, -(int64_t)left_fields);
        if (!in)
            return error_nomem(err);
        TRY(pairs_add(p, e->args[side], in, err));
    }
    return OK;
}
