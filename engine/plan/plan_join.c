/* plan_join.c -- making joins and splitting their conditions; see plan_join.h.
 *
 * Equality here is that of grouping: NULL is not equal to NULL (unless written IS NOT
 * DISTINCT FROM), floats are compared by bits, as Flink compares the keys it has
 * partitioned by. */
#include "plan/plan_join.h"

#include <string.h>

bool plan_conjuncts(struct arena *arena, struct expr *condition, struct conjuncts *ret)
{
    if (!condition)
        return true;
    if (condition->kind != EXPR_AND)
        return ARENA_PUSH(arena, ret->items, ret->count, ret->cap, condition);
    for (uint32_t i = 0; i < condition->arg_count; i++)
        if (!plan_conjuncts(arena, condition->args[i], ret))
            return false;
    return true;
}

bool plan_and(struct arena *arena, const struct conjuncts *list, struct expr **ret)
{
    *ret = list->count > 0 ? list->items[0] : NULL;
    if (list->count > 1)
        *ret = expr_logic(arena, EXPR_AND, list->items, list->count, list->items[0]->span);
    return *ret != NULL || list->count == 0;
}

struct sides {
    uint32_t left_fields;
    unsigned reads;
};

static void note_side(struct expr *e, void *arg)
{
    struct sides *sides = arg;
    if (e->kind == EXPR_COLUMN)
        sides->reads |= e->column < sides->left_fields ? READS_LEFT : READS_RIGHT;
}

unsigned plan_sides(const struct expr *e, uint32_t left_fields)
{
    struct sides sides = { .left_fields = left_fields };
    expr_walk((struct expr *)e, note_side, &sides);
    return sides.reads;
}

static struct expr *move_column(struct arena *arena, struct expr *e, void *arg)
{
    const uint32_t *to = arg;
    if (e->kind != EXPR_COLUMN || to[e->column] == e->column)
        return e;
    return expr_column(arena, to[e->column], e->type, e->span);
}

struct expr *plan_move_columns(struct arena *arena, struct expr *e, const uint32_t *to)
{
    return expr_rewrite(arena, e, move_column, (void *)to);
}

struct shift {
    uint32_t from;
    int64_t by;
};

static struct expr *shift_column(struct arena *arena, struct expr *e, void *arg)
{
    const struct shift *shift = arg;
    if (e->kind != EXPR_COLUMN || e->column < shift->from || shift->by == 0)
        return e;
    return expr_column(arena, (uint32_t)(e->column + shift->by), e->type, e->span);
}

struct expr *plan_shift_columns(struct arena *arena, struct expr *e, uint32_t from, int64_t by)
{
    return expr_rewrite(arena, e, shift_column, &(struct shift){ from, by });
}

struct plan *plan_new(struct arena *arena, enum plan_kind kind, size_t bytes, uint32_t fields,
                      uint32_t inputs, struct span span)
{
    struct plan *plan = arena_zalloc(arena, bytes);
    if (!plan)
        return NULL;
    plan->kind = kind;
    plan->span = span;
    plan->before = true; /* until the optimizer knows better */
    plan->fields = arena_array(arena, struct field, MAX(fields, 1));
    plan->field_count = fields;
    plan->inputs = arena_array(arena, struct plan *, MAX(inputs, 1));
    plan->input_count = inputs;
    return plan->fields && plan->inputs ? plan : NULL;
}

struct plan *plan_filter(struct arena *arena, struct plan *input, struct expr *filter)
{
    struct plan *plan = plan_new(arena, PLAN_CALC, sizeof(struct plan_calc), input->field_count, 1,
                                 filter ? filter->span : input->span);
    if (!plan)
        return NULL;
    memcpy(plan->fields, input->fields, input->field_count * sizeof *plan->fields);
    plan->inputs[0] = input;
    ((struct plan_calc *)plan)->filter = filter;
    return plan_derive(arena, plan) ? plan : NULL;
}

/* --- making -------------------------------------------------------------------------- */

/* The fields of one side; NULLs come in where the other side decides that a row is there. */
static bool side_fields(struct arena *arena, const struct plan *input, bool padded,
                        struct field *to)
{
    for (uint32_t i = 0; i < input->field_count; i++) {
        to[i] = input->fields[i];
        if (padded && to[i].type->not_null &&
            !(to[i].type = type_with_null(arena, to[i].type, false)))
            return false;
    }
    return true;
}

struct plan_join *plan_join_make(struct arena *arena, enum join_type type, struct plan *left,
                                 struct plan *right, struct expr *condition, struct span span)
{
    bool only_left = type == SEMI_JOIN || type == ANTI_JOIN;
    uint32_t n = left->field_count + (only_left ? 0 : right->field_count);
    struct plan *plan = plan_new(arena, PLAN_JOIN, sizeof(struct plan_join), n, 2, span);
    if (!plan)
        return NULL;
    struct plan_join *join = (struct plan_join *)plan;
    join->type = type;
    join->condition = condition;
    plan->inputs[0] = left;
    plan->inputs[1] = right;
    if (!side_fields(arena, left, type == RIGHT_JOIN || type == FULL_JOIN, plan->fields))
        return NULL;
    if (!only_left && !side_fields(arena, right, type == LEFT_JOIN || type == FULL_JOIN,
                                   plan->fields + left->field_count))
        return NULL;
    return plan_derive(arena, plan) ? join : NULL;
}

/* --- keys ----------------------------------------------------------------------------- */

struct split {
    struct arena *arena;
    struct plan_join *join;
    struct conjuncts keys[2];  /* by side, over that side's columns */
    bool *null_equal;          /* as many */
    uint32_t null_equal_cap;
    uint32_t null_equal_count;
    struct conjuncts rest;
};

/* Values that are equal exactly when their bytes are. */
static bool can_be_key(const struct type *a, const struct type *b)
{
    if (type_is_string(a) && type_is_string(b))
        return true;
    if (type_is_binary(a) && type_is_binary(b))
        return true;
    return type_equal(a, b) && a->id != TYPE_NULL;
}

static bool is_call(const struct expr *e, const char *name)
{
    return e->kind == EXPR_CALL && e->function && strcmp(e->function->name, name) == 0;
}

static bool add_key(struct split *s, struct expr *left, struct expr *right, bool null_equal)
{
    uint32_t left_fields = s->join->base.inputs[0]->field_count;
    right = plan_shift_columns(s->arena, right, left_fields, -(int64_t)left_fields);
    if (!right)
        return false;
    for (uint32_t i = 0; i < s->keys[0].count; i++)
        if (expr_equal(s->keys[0].items[i], left) && expr_equal(s->keys[1].items[i], right) &&
            s->null_equal[i] == null_equal)
            return true; /* said twice */
    return ARENA_PUSH(s->arena, s->keys[0].items, s->keys[0].count, s->keys[0].cap, left) &&
           ARENA_PUSH(s->arena, s->keys[1].items, s->keys[1].count, s->keys[1].cap, right) &&
           ARENA_PUSH(s->arena, s->null_equal, s->null_equal_count, s->null_equal_cap,
                      null_equal);
}

static bool split_conjunct(struct split *s, struct expr *e)
{
    bool null_equal = is_call(e, "IS NOT DISTINCT FROM");
    if (!s->join->single && (null_equal || is_call(e, "=")) && !(e->flags & CALL_VOLATILE) &&
        can_be_key(e->args[0]->type, e->args[1]->type)) {
        uint32_t left_fields = s->join->base.inputs[0]->field_count;
        unsigned a = plan_sides(e->args[0], left_fields);
        unsigned b = plan_sides(e->args[1], left_fields);
        if (a == READS_LEFT && b == READS_RIGHT)
            return add_key(s, e->args[0], e->args[1], null_equal);
        if (a == READS_RIGHT && b == READS_LEFT)
            return add_key(s, e->args[1], e->args[0], null_equal);
    }
    return ARENA_PUSH(s->arena, s->rest.items, s->rest.count, s->rest.cap, e);
}

/* Columns of side k for its keys; those that are no columns are computed by a calc below. */
static bool key_columns(struct split *s, uint32_t k, uint32_t *columns, uint32_t *ret_added)
{
    struct plan_join *join = s->join;
    struct plan *input = join->base.inputs[k];
    const struct conjuncts *keys = &s->keys[k];
    uint32_t extra = 0, n = input->field_count;
    for (uint32_t i = 0; i < keys->count; i++)
        extra += keys->items[i]->kind != EXPR_COLUMN;
    *ret_added = extra;
    for (uint32_t i = 0; i < keys->count; i++)
        columns[i] = keys->items[i]->column;
    if (extra == 0)
        return true;
    struct plan *calc =
        plan_new(s->arena, PLAN_CALC, sizeof(struct plan_calc), n + extra, 1, input->span);
    struct expr **exprs = arena_array(s->arena, struct expr *, n + extra);
    if (!calc || !exprs)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        calc->fields[i] = input->fields[i];
        if (!(exprs[i] = expr_column(s->arena, i, input->fields[i].type, input->span)))
            return false;
    }
    uint32_t at = n;
    for (uint32_t i = 0; i < keys->count; i++) {
        if (keys->items[i]->kind == EXPR_COLUMN)
            continue;
        char *name = arena_printf(s->arena, "$key%u", i);
        if (!name)
            return false;
        exprs[at] = keys->items[i];
        calc->fields[at] = (struct field){ str_of(name), keys->items[i]->type };
        columns[i] = at++;
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = input;
    join->base.inputs[k] = calc;
    return plan_derive(s->arena, calc);
}

/* The join's own columns again, without the computed keys. */
static bool restore_layout(struct arena *arena, struct plan *join, const struct plan *before,
                           uint32_t left_fields, uint32_t added_left, struct plan **ret)
{
    struct plan *calc = plan_new(arena, PLAN_CALC, sizeof(struct plan_calc), before->field_count,
                                 1, join->span);
    struct expr **exprs = arena_array(arena, struct expr *, MAX(before->field_count, 1));
    if (!calc || !exprs)
        return false;
    for (uint32_t i = 0; i < before->field_count; i++) {
        uint32_t column = i < left_fields ? i : i + added_left;
        calc->fields[i] = join->fields[column];
        if (!(exprs[i] = expr_column(arena, column, join->fields[column].type, join->span)))
            return false;
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = join;
    *ret = calc;
    return plan_derive(arena, calc);
}

/* A join without time gives plain times; one as of a time keeps those of its left side. */
static bool plain_times(struct arena *arena, struct plan *plan)
{
    uint32_t first = plan->kind == PLAN_TEMPORAL_JOIN ? plan->inputs[0]->field_count : 0;
    for (uint32_t i = first; i < plan->field_count; i++) {
        if (plan->fields[i].type->time_attribute == TIME_PLAIN)
            continue;
        struct type *type = arena_alloc(arena, sizeof *type);
        if (!type)
            return false;
        *type = *plan->fields[i].type;
        type->time_attribute = TIME_PLAIN;
        plan->fields[i].type = type;
    }
    return true;
}

/* The keys so far and those found, in columns of inputs that may have grown. */
static bool set_keys(struct split *s, uint32_t *ret_added)
{
    struct plan_join *join = s->join;
    uint32_t old = join->key_count, n = old + s->keys[0].count;
    bool *null_equal = arena_array(s->arena, bool, MAX(n, 1));
    if (!null_equal)
        return false;
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        null_equal[i] = i < old ? join->null_equal && join->null_equal[i]
                                : s->null_equal[i - old];
        any = any || null_equal[i];
    }
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t *columns = arena_array(s->arena, uint32_t, MAX(n, 1));
        if (!columns)
            return false;
        if (old > 0)
            memcpy(columns, join->keys[k], old * sizeof *columns);
        if (!key_columns(s, k, columns + old, &ret_added[k]))
            return false;
        join->keys[k] = columns;
    }
    join->key_count = n;
    join->null_equal = any ? null_equal : NULL;
    return true;
}

static bool widen(struct arena *arena, struct plan_join *join)
{
    struct plan_join *wide =
        plan_join_make(arena, join->type, join->base.inputs[0], join->base.inputs[1], NULL,
                       join->base.span);
    if (!wide)
        return false;
    join->base.fields = wide->base.fields;
    join->base.field_count = wide->base.field_count;
    return true;
}

bool plan_join_finish(struct arena *arena, struct plan_join *join, struct plan **ret)
{
    struct split s = { .arena = arena, .join = join };
    struct conjuncts all = { 0 };
    struct plan_interval_join *interval = NULL;
    struct plan_window_join *window = NULL;
    struct plan before = join->base;
    uint32_t left_fields = join->base.inputs[0]->field_count, added[2] = { 0, 0 };
    if (!plan_conjuncts(arena, join->condition, &all) ||
        !plan_interval_of(arena, join, &all, &interval))
        return false;
    for (uint32_t i = 0; i < all.count; i++)
        if (!split_conjunct(&s, all.items[i]))
            return false;
    if (!set_keys(&s, added) || !plan_and(arena, &s.rest, &join->condition))
        return false;
    if (added[0] + added[1] > 0 && !widen(arena, join))
        return false;
    if (join->condition && added[0] > 0 &&
        !(join->condition = plan_shift_columns(arena, join->condition, left_fields, added[0])))
        return false;
    if (!interval && !plan_window_join_of(arena, join, &window))
        return false;
    struct plan *out = &join->base;
    if (interval) {
        interval->join = *join;
        interval->join.base.kind = PLAN_INTERVAL_JOIN;
        out = &interval->join.base;
    } else if (window) {
        out = &window->join.base;
    } else if (!plain_times(arena, out)) {
        return false;
    }
    *ret = out;
    if (!plan_derive(arena, out))
        return false;
    return added[0] + added[1] == 0 ||
           restore_layout(arena, out, &before, left_fields, added[0], ret);
}
