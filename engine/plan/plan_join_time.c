/* plan_join_time.c -- joins within a time: how far apart the times of two rows may be
 * (interval join), and equal windows (window join).
 *
 * A bound is a comparison of two time attributes, one a side, each plus or minus a
 * constant: a.rt BETWEEN b.rt - INTERVAL '5' MINUTE AND b.rt.  It takes a lower and an
 * upper one to make an interval join of a join; with one alone a row could wait for ever. */
#include "plan/plan_join.h"

#include <string.h>

struct time_term {
    uint32_t side;
    uint32_t column;
    enum time_attribute attribute;
    int64_t offset_us;
    int64_t tick_us; /* the smallest step of the type */
};

static const char *name_of(const struct expr *e)
{
    return e->kind == EXPR_CALL && e->function ? e->function->name : "";
}

static bool is_term(const struct plan_join *join, const struct expr *e, struct time_term *ret)
{
    uint32_t left_fields = join->base.inputs[0]->field_count;
    if (e->kind == EXPR_COLUMN) {
        uint32_t side = e->column >= left_fields;
        uint32_t column = e->column - (side ? left_fields : 0);
        const struct type *type = join->base.inputs[side]->fields[column].type;
        *ret = (struct time_term){ .side = side,
                                   .column = column,
                                   .attribute = type->time_attribute,
                                   .tick_us = type->precision <= 3 ? 1000 : 1 };
        return type->time_attribute != TIME_PLAIN;
    }
    if (strcmp(name_of(e), "CAST") == 0 && type_is_timestamp(e->type) &&
        type_is_timestamp(e->args[0]->type))
        return is_term(join, e->args[0], ret);
    bool minus = strcmp(name_of(e), "-") == 0;
    if ((!minus && strcmp(name_of(e), "+") != 0) || e->arg_count != 2 ||
        e->args[1]->type->id != TYPE_INTERVAL_DAY || !expr_is_literal(e->args[1]) ||
        expr_is_null(e->args[1]) || !is_term(join, e->args[0], ret))
        return false;
    int64_t us = e->args[1]->literal->i64;
    ret->offset_us += minus ? -us : us;
    return true;
}

struct bounds {
    uint32_t time[2];
    enum time_attribute attribute; /* TIME_PLAIN: none seen yet */
    bool has_lower, has_upper;
    int64_t lower_us, upper_us;
};

static void at_least(struct bounds *b, int64_t us)
{
    b->lower_us = b->has_lower ? MAX(b->lower_us, us) : us;
    b->has_lower = true;
}

static void at_most(struct bounds *b, int64_t us)
{
    b->upper_us = b->has_upper ? MIN(b->upper_us, us) : us;
    b->has_upper = true;
}

/* Does the conjunct bound left.time - right.time, by the columns bounded so far? */
static bool take_bound(const struct plan_join *join, const struct expr *e, struct bounds *b)
{
    const char *op = name_of(e);
    bool equal = strcmp(op, "=") == 0;
    bool more = op[0] == '>', less = op[0] == '<' && op[1] != '>';
    struct time_term left, right;
    if ((!equal && !more && !less) || e->arg_count != 2 || !is_term(join, e->args[0], &left) ||
        !is_term(join, e->args[1], &right) || left.side == right.side)
        return false;
    if (left.side == 1) {
        struct time_term other = left;
        left = right;
        right = other;
        bool was = more;
        more = less;
        less = was;
    }
    if (left.attribute != right.attribute)
        return false;
    if (b->attribute != TIME_PLAIN &&
        (b->attribute != left.attribute || b->time[0] != left.column ||
         b->time[1] != right.column))
        return false;
    b->attribute = left.attribute;
    b->time[0] = left.column;
    b->time[1] = right.column;
    /* left + a >= right + b: left - right >= b - a */
    int64_t apart = right.offset_us - left.offset_us;
    int64_t open = equal || op[1] == '=' ? 0 : MIN(left.tick_us, right.tick_us);
    if (equal || more)
        at_least(b, apart + open);
    if (equal || less)
        at_most(b, apart - open);
    return true;
}

bool plan_interval_of(struct arena *arena, struct plan_join *join, struct conjuncts *rest,
                      struct plan_interval_join **ret)
{
    *ret = NULL;
    if (join->base.kind != PLAN_JOIN || join->type == SEMI_JOIN || join->type == ANTI_JOIN ||
        join->single)
        return true;
    struct bounds bounds = { .attribute = TIME_PLAIN };
    struct conjuncts others = { 0 };
    for (uint32_t i = 0; i < rest->count; i++)
        if (!take_bound(join, rest->items[i], &bounds) &&
            !ARENA_PUSH(arena, others.items, others.count, others.cap, rest->items[i]))
            return false;
    if (!bounds.has_lower || !bounds.has_upper)
        return true;
    struct plan_interval_join *interval = arena_new(arena, struct plan_interval_join);
    if (!interval)
        return false;
    interval->time[0] = bounds.time[0];
    interval->time[1] = bounds.time[1];
    interval->lower_us = bounds.lower_us;
    interval->upper_us = bounds.upper_us;
    interval->proctime = bounds.attribute == TIME_PROCTIME;
    *rest = others;
    *ret = interval;
    return true;
}

/* --- windows --------------------------------------------------------------------------- */

struct window_column {
    const struct window_spec *window; /* NULL: the column is none of a window's */
    enum window_property property;
};

/* What a column of a stream is to the windows below it. */
static struct window_column window_column(const struct plan *node, uint32_t column)
{
    struct window_column none = { 0 };
    uint32_t n = node->field_count;
    switch (node->kind) {
    case PLAN_CALC: {
        const struct plan_calc *calc = (const struct plan_calc *)node;
        if (!calc->exprs)
            return window_column(node->inputs[0], column);
        if (calc->exprs[column]->kind != EXPR_COLUMN)
            return none;
        return window_column(node->inputs[0], calc->exprs[column]->column);
    }
    case PLAN_ASSIGN:
        if (column + 3 < n)
            return window_column(node->inputs[0], column);
        return (struct window_column){ &((const struct plan_assign *)node)->window,
                                       (enum window_property)(column + 3 - n) };
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)node;
        uint32_t first = window->key_count + window->call_count;
        if (column < first)
            return none;
        struct window_column found = { &window->window, window->properties[column - first] };
        if (window->window.kind == WINDOW_ATTACHED)
            found.window = window_column(node->inputs[0], window->window.start).window;
        return found;
    }
    case PLAN_WINDOW_JOIN: {
        uint32_t left = node->inputs[0]->field_count;
        bool right = column >= left;
        return window_column(node->inputs[right], column - (right ? left : 0));
    }
    case PLAN_RANK:
    case PLAN_DEDUP:
        return column < node->inputs[0]->field_count ? window_column(node->inputs[0], column)
                                                     : none;
    default:
        return none;
    }
}

static bool is_same_window(const struct window_spec *a, const struct window_spec *b)
{
    return a->kind == b->kind && a->size_us == b->size_us && a->step_us == b->step_us &&
           a->offset_us == b->offset_us && a->proctime == b->proctime && a->in_zone == b->in_zone;
}

bool plan_window_join_of(struct arena *arena, struct plan_join *join,
                         struct plan_window_join **ret)
{
    *ret = NULL;
    if (join->base.kind != PLAN_JOIN || join->single)
        return true;
    const struct window_spec *spec = NULL;
    uint32_t found[2] = { UINT32_MAX, UINT32_MAX }; /* key of the start, of the end */
    for (uint32_t i = 0; i < join->key_count; i++) {
        struct window_column a = window_column(join->base.inputs[0], join->keys[0][i]);
        struct window_column b = window_column(join->base.inputs[1], join->keys[1][i]);
        if (a.window && b.window && a.property == b.property && a.property <= WINDOW_END &&
            is_same_window(a.window, b.window)) {
            found[a.property] = i;
            spec = a.window;
        }
    }
    if (found[WINDOW_START] == UINT32_MAX || found[WINDOW_END] == UINT32_MAX)
        return true;
    struct plan_window_join *window = arena_new(arena, struct plan_window_join);
    if (!window)
        return false;
    window->join = *join;
    window->join.base.kind = PLAN_WINDOW_JOIN;
    window->proctime = spec->proctime;
    window->in_zone = spec->in_zone;
    bool *null_equal = join->null_equal ? arena_array(arena, bool, join->key_count) : NULL;
    if (join->null_equal && !null_equal)
        return false;
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t *keys = arena_array(arena, uint32_t, join->key_count);
        if (!keys)
            return false;
        window->start[k] = join->keys[k][found[WINDOW_START]];
        window->end[k] = join->keys[k][found[WINDOW_END]];
        uint32_t n = 0;
        for (uint32_t i = 0; i < join->key_count; i++) {
            if (i == found[WINDOW_START] || i == found[WINDOW_END])
                continue;
            if (null_equal)
                null_equal[n] = join->null_equal[i];
            keys[n++] = join->keys[k][i];
        }
        window->join.keys[k] = keys;
        window->join.key_count = n;
    }
    window->join.null_equal = null_equal;
    *ret = window;
    return true;
}
