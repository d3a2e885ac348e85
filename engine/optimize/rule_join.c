/* rule_join.c -- conditions go to the side of a join that they are about.
 *
 * As Flink does it, so that the changes that leave are the same:
 *   - a condition above a join that is never true of a padded row makes an outer join
 *     an inner one (WHERE u.name NOT LIKE '...' over a LEFT JOIN),
 *   - what reads one side only is tested below the join, unless that side is padded,
 *   - what reads both sides of an inner join becomes part of it, an equality a key.
 * Conditions that can fail stay: below, they could meet rows that another one, or the
 * join, kept from them.  So do those that depend on the moment. */
#include "optimize/rules.h"
#include "plan/plan_join.h"

#include <string.h>

static bool is_movable(const struct expr *e)
{
    return !(e->flags & (CALL_FAILS | CALL_VOLATILE | CALL_DYNAMIC));
}

/* --- padded rows ------------------------------------------------------------------------- */

/* Columns from..to are NULL. */
struct padded {
    uint32_t from, to;
};

static bool is_null_of(const struct expr *e, const struct padded *p)
{
    if (e->kind == EXPR_COLUMN)
        return e->column >= p->from && e->column < p->to;
    if (e->kind == EXPR_LITERAL)
        return expr_is_null(e);
    if (e->kind != EXPR_CALL || e->flags & CALL_NULLS)
        return false;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (is_null_of(e->args[i], p))
            return true;
    return false;
}

/* Is the condition FALSE or NULL for every padded row? */
static bool rejects(const struct expr *e, const struct padded *p)
{
    if (is_null_of(e, p))
        return true;
    bool is_call = e->kind == EXPR_CALL && e->function && e->arg_count == 1;
    if (is_call && (strcmp(e->function->name, "IS NOT NULL") == 0 ||
                    strcmp(e->function->name, "IS TRUE") == 0 ||
                    strcmp(e->function->name, "IS FALSE") == 0))
        return is_null_of(e->args[0], p);
    if (e->kind != EXPR_AND && e->kind != EXPR_OR)
        return false;
    bool all = true, any = false;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        bool one = rejects(e->args[i], p);
        all = all && one;
        any = any || one;
    }
    return e->kind == EXPR_AND ? any : all;
}

/* LEFT to INNER and the like. */
static void simplify(struct plan_join *join, const struct conjuncts *above)
{
    uint32_t left = join->base.inputs[0]->field_count;
    struct padded sides[2] = { { 0, left }, { left, join->base.field_count } };
    for (uint32_t i = 0; i < above->count; i++) {
        bool no_left_null = rejects(above->items[i], &sides[0]);
        bool no_right_null = rejects(above->items[i], &sides[1]);
        if (no_right_null && join->type == LEFT_JOIN)
            join->type = INNER_JOIN;
        if (no_left_null && join->type == RIGHT_JOIN)
            join->type = INNER_JOIN;
        if (join->type == FULL_JOIN && (no_left_null || no_right_null))
            join->type = no_left_null && no_right_null ? INNER_JOIN
                         : no_left_null                ? LEFT_JOIN
                                                       : RIGHT_JOIN;
    }
}

/* --- moving -------------------------------------------------------------------------------- */

static enum code push_below(struct optimizer *o, struct plan_calc *calc, struct error *err);

/* Puts conditions over the columns of input k in front of it. */
static enum code filter_input(struct optimizer *o, struct plan *node, uint32_t k,
                              const struct conjuncts *list, struct error *err)
{
    struct expr *filter;
    if (list->count == 0)
        return OK;
    if (!plan_and(o->arena, list, &filter))
        return error_nomem(err);
    struct plan *calc = plan_filter(o->arena, node->inputs[k], filter);
    if (!calc)
        return error_nomem(err);
    node->inputs[k] = calc;
    return push_below(o, (struct plan_calc *)calc, err);
}

struct moves {
    struct conjuncts sides[2]; /* over the columns of that side */
    struct conjuncts both;     /* for the join itself */
    struct conjuncts stay;
};

static enum code add(struct optimizer *o, struct conjuncts *list, struct expr *e,
                     struct error *err)
{
    return e && ARENA_PUSH(o->arena, list->items, list->count, list->cap, e) ? OK
                                                                             : error_nomem(err);
}

static enum code add_right(struct optimizer *o, struct conjuncts *list, struct expr *e,
                           uint32_t left, struct error *err)
{
    return add(o, list, plan_shift_columns(o->arena, e, left, -(int64_t)left), err);
}

/* May rows of side k be left out before the join when a condition above it drops them? Not where
 * their absence makes padded rows, nor where they are versions. */
static bool filters_side(const struct plan_join *join, uint32_t k)
{
    if (join->base.kind == PLAN_TEMPORAL_JOIN)
        return k == 0;
    switch (join->type) {
    case INNER_JOIN:
        return true;
    case LEFT_JOIN:
    case SEMI_JOIN:
    case ANTI_JOIN:
        return k == 0;
    case RIGHT_JOIN:
        return k == 1;
    case FULL_JOIN:
        break;
    }
    return false;
}

/* The same for a condition of the join: a row of the padding side just matches nothing. */
static bool filters_own(const struct plan_join *join, uint32_t k)
{
    if (join->base.kind == PLAN_TEMPORAL_JOIN)
        return k == 0 && join->type == INNER_JOIN;
    switch (join->type) {
    case INNER_JOIN:
    case SEMI_JOIN:
        return true;
    case LEFT_JOIN:
    case ANTI_JOIN:
        return k == 1;
    case RIGHT_JOIN:
        return k == 0;
    case FULL_JOIN:
        break;
    }
    return false;
}

static enum code sort_above(struct optimizer *o, const struct plan_join *join,
                            const struct conjuncts *above, struct moves *m, struct error *err)
{
    uint32_t left = join->base.inputs[0]->field_count;
    for (uint32_t i = 0; i < above->count; i++) {
        struct expr *e = above->items[i];
        unsigned reads = plan_sides(e, left);
        if (!is_movable(e))
            TRY(add(o, &m->stay, e, err));
        else if (reads == READS_LEFT && filters_side(join, 0))
            TRY(add(o, &m->sides[0], e, err));
        else if (reads == READS_RIGHT && filters_side(join, 1))
            TRY(add_right(o, &m->sides[1], e, left, err));
        else if (reads == (READS_LEFT | READS_RIGHT) && join->type == INNER_JOIN &&
                 join->base.kind == PLAN_JOIN)
            TRY(add(o, &m->both, e, err));
        else
            TRY(add(o, &m->stay, e, err));
    }
    return OK;
}

static enum code sort_own(struct optimizer *o, struct plan_join *join, struct moves *m,
                          struct error *err)
{
    uint32_t left = join->base.inputs[0]->field_count;
    struct conjuncts own = { 0 };
    if (!plan_conjuncts(o->arena, join->condition, &own))
        return error_nomem(err);
    for (uint32_t i = 0; i < own.count; i++) {
        struct expr *e = own.items[i];
        unsigned reads = plan_sides(e, left);
        if (is_movable(e) && reads == READS_LEFT && filters_own(join, 0))
            TRY(add(o, &m->sides[0], e, err));
        else if (is_movable(e) && reads == READS_RIGHT && filters_own(join, 1))
            TRY(add_right(o, &m->sides[1], e, left, err));
        else
            TRY(add(o, &m->both, e, err));
    }
    return plan_and(o->arena, &m->both, &join->condition) ? OK : error_nomem(err);
}

/* Moves what can be moved of `above` (over the join's columns) and of the join's own condition. */
static enum code settle_join(struct optimizer *o, struct plan_join *join,
                             const struct conjuncts *above, struct conjuncts *ret_stay,
                             struct plan **ret, struct error *err)
{
    struct moves m = { 0 };
    struct plan *node = &join->base;
    *ret = node;
    simplify(join, above);
    TRY(sort_above(o, join, above, &m, err));
    uint32_t gained = m.both.count;
    TRY(sort_own(o, join, &m, err));
    for (uint32_t k = 0; k < 2; k++)
        TRY(filter_input(o, node, k, &m.sides[k], err));
    *ret_stay = m.stay;
    if (gained > 0 && !plan_join_finish(o->arena, join, ret))
        return error_nomem(err);
    return OK;
}

/* Operators whose output begins with their input as it is, row by row. */
static enum code pass_input(struct optimizer *o, struct plan *node,
                            const struct conjuncts *above, struct conjuncts *ret_stay,
                            struct error *err)
{
    struct conjuncts below = { 0 };
    uint32_t n = node->inputs[0]->field_count;
    for (uint32_t i = 0; i < above->count; i++) {
        struct expr *e = above->items[i];
        bool moves = is_movable(e) && plan_sides(e, n) == READS_LEFT;
        TRY(add(o, moves ? &below : ret_stay, e, err));
    }
    return filter_input(o, node, 0, &below, err);
}

static struct expr *substitute(struct arena *arena, struct expr *e, void *arg)
{
    (void)arena;
    struct expr *const *inner = arg;
    return e->kind == EXPR_COLUMN ? inner[e->column] : e;
}

/* A filter over a calc becomes part of it. */
static enum code join_calc(struct optimizer *o, struct plan_calc *inner,
                           const struct conjuncts *above, struct conjuncts *ret_stay,
                           struct error *err)
{
    struct conjuncts filter = { 0 };
    if (!plan_conjuncts(o->arena, inner->filter, &filter))
        return error_nomem(err);
    uint32_t own = filter.count;
    for (uint32_t i = 0; i < above->count; i++) {
        struct expr *e = above->items[i];
        if (inner->exprs && !(e = expr_rewrite(o->arena, e, substitute, inner->exprs)))
            return error_nomem(err);
        bool moves = is_movable(e);
        TRY(add(o, moves ? &filter : ret_stay, moves ? e : above->items[i], err));
    }
    if (filter.count == own)
        return OK;
    if (!plan_and(o->arena, &filter, &inner->filter))
        return error_nomem(err);
    return push_below(o, inner, err);
}

static bool is_join(const struct plan *node)
{
    return node->kind == PLAN_JOIN || node->kind == PLAN_INTERVAL_JOIN ||
           node->kind == PLAN_WINDOW_JOIN || node->kind == PLAN_TEMPORAL_JOIN;
}

static enum code push_below(struct optimizer *o, struct plan_calc *calc, struct error *err)
{
    struct plan *input = calc->base.inputs[0];
    bool passes = input->kind == PLAN_LOOKUP || input->kind == PLAN_CORRELATE;
    if (input->readers != 1 || (!is_join(input) && !passes && input->kind != PLAN_CALC))
        return OK;
    struct conjuncts above = { 0 }, stay = { 0 };
    if (!plan_conjuncts(o->arena, calc->filter, &above))
        return error_nomem(err);
    if (input->kind == PLAN_CALC)
        TRY(join_calc(o, (struct plan_calc *)input, &above, &stay, err));
    else if (passes)
        TRY(pass_input(o, input, &above, &stay, err));
    else
        TRY(settle_join(o, (struct plan_join *)input, &above, &stay, &calc->base.inputs[0], err));
    return plan_and(o->arena, &stay, &calc->filter) ? OK : error_nomem(err);
}

enum code rule_join(struct optimizer *o, struct error *err)
{
    struct plan_job *job = o->job;
    for (uint32_t i = job->node_count; i > 0; i--) {
        struct plan *node = job->nodes[i - 1];
        if (node->kind == PLAN_CALC && ((struct plan_calc *)node)->filter)
            TRY(push_below(o, (struct plan_calc *)node, err));
    }
    /* Conditions of joins that no filter stands on. */
    for (uint32_t i = job->node_count; i > 0; i--) {
        struct conjuncts none = { 0 }, stay = { 0 };
        struct plan *same;
        if (is_join(job->nodes[i - 1]))
            TRY(settle_join(o, (struct plan_join *)job->nodes[i - 1], &none, &stay, &same, err));
    }
    return OK;
}
