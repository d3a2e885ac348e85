/* rule_rank.c -- ROW_NUMBER with a condition on it is a top-N; the first or last row by
 * time is deduplication.
 *
 *     SELECT ... FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY x) AS rn FROM t)
 *     WHERE rn <= 3
 *
 * is a calc with the condition over the OVER operator.  The condition's conjuncts on the
 * number become the range of ranks; the others stay. */
#include "optimize/rules.h"

#include "agg/agg_over.h"

struct range {
    uint64_t start, end;  /* end UINT64_MAX: open */
    uint32_t end_column;
};

/* Which side of a comparison is the number; *ret_other the other one.  False: none. */
static bool compares(const struct expr *e, uint32_t number, const char **ret_op,
                     const struct expr **ret_other)
{
    static const char *const mirrored[][2] = {
        { "=", "=" }, { "<", ">" }, { "<=", ">=" }, { ">", "<" }, { ">=", "<=" }
    };
    if (e->kind != EXPR_CALL || e->arg_count != 2)
        return false;
    for (size_t i = 0; i < countof(mirrored); i++) {
        if (strcmp(e->function->name, mirrored[i][0]) != 0)
            continue;
        for (int side = 0; side < 2; side++)
            if (e->args[side]->kind == EXPR_COLUMN && e->args[side]->column == number) {
                *ret_op = mirrored[i][side];
                *ret_other = e->args[1 - side];
                return true;
            }
    }
    return false;
}

/* Ends the range with a column that changes with the key, rn <= n; false: this is something else. */
static bool end_by_column(struct range *range, const struct expr *e, uint32_t number)
{
    const char *op;
    const struct expr *other;
    bool bound = compares(e, number, &op, &other) && strcmp(op, "<=") == 0 &&
                 other->kind == EXPR_COLUMN && other->column < number &&
                 range->end_column == PLAN_NO_COLUMN;
    if (bound)
        range->end_column = other->column;
    return bound;
}

/* Narrows the range by a conjunct; false: it says something else. */
static bool narrow(struct range *range, const struct expr *e, uint32_t number)
{
    const char *op;
    const struct expr *other;
    int64_t n;
    if (!compares(e, number, &op, &other) || !expr_literal_i64(other, &n))
        return false;
    uint64_t low = 1, high = UINT64_MAX;
    if (strcmp(op, "=") == 0) {
        low = n < 1 ? UINT64_MAX : (uint64_t)n;
        high = n < 0 ? 0 : (uint64_t)n;
    } else if (op[0] == '<') {
        int64_t last = op[1] ? n : n - 1;
        high = last < 0 ? 0 : (uint64_t)last;
    } else {
        int64_t first = op[1] ? n : n + 1;
        low = first < 1 ? 1 : (uint64_t)first;
    }
    range->start = MAX(range->start, low);
    range->end = MIN(range->end, high);
    return true;
}

struct use {
    uint32_t column;
    bool found;
};

static void note_use(struct expr *e, void *arg)
{
    struct use *use = arg;
    use->found = use->found || (e->kind == EXPR_COLUMN && e->column == use->column);
}

static bool reads(struct expr *e, uint32_t column)
{
    struct use use = { .column = column };
    if (e)
        expr_walk(e, note_use, &use);
    return use.found;
}

/* Takes the conjuncts on the number out of the filter: a column is the end only where no literal is,
 * for it has to be the same in all rows of a key. */
static enum code take_range(struct optimizer *o, struct plan_calc *calc, uint32_t number,
                            struct range *range, struct expr **ret_rest, struct error *err)
{
    struct expr *filter = calc->filter;
    bool single = filter->kind != EXPR_AND;
    struct expr *const *items = single ? &filter : filter->args;
    uint32_t count = single ? 1 : filter->arg_count, n = 0;
    struct expr **rest = arena_array(o->arena, struct expr *, count);
    if (!rest)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++)
        if (!narrow(range, items[i], number))
            rest[n++] = items[i];
    if (range->end == UINT64_MAX) {
        uint32_t i = 0;
        while (i < n && !end_by_column(range, rest[i], number))
            i++;
        if (i < n)
            rest[i] = rest[--n];
    }
    *ret_rest = NULL;
    if (n > 0 && !(*ret_rest = n == 1 ? rest[0]
                                      : expr_logic(o->arena, EXPR_AND, rest, n, filter->span)))
        return error_nomem(err);
    return OK;
}

/* The window both of whose bounds are among the keys. */
struct window {
    uint32_t end; /* PLAN_NO_COLUMN: none */
    bool proctime, in_zone;
};

static void describe(struct window *window, const struct plan *origin)
{
    if (origin->kind == PLAN_WINDOW_JOIN) {
        const struct plan_window_join *join = (const struct plan_window_join *)origin;
        window->proctime = join->proctime;
        window->in_zone = join->in_zone;
        return;
    }
    const struct window_spec *spec = origin->kind == PLAN_ASSIGN
                                         ? &((const struct plan_assign *)origin)->window
                                         : &((const struct plan_window *)origin)->window;
    window->proctime = spec->proctime;
    window->in_zone = spec->in_zone;
}

static struct window window_of(const struct plan *input, const uint32_t *keys, uint32_t count)
{
    struct window window = { .end = PLAN_NO_COLUMN };
    bool start = false;
    for (uint32_t i = 0; i < count; i++) {
        struct plan_window_column c = plan_window_column(input, keys[i]);
        if (!c.origin)
            continue;
        start = start || c.what == WINDOW_START;
        if (c.what != WINDOW_END)
            continue;
        window.end = keys[i];
        describe(&window, c.origin);
    }
    if (!start)
        window.end = PLAN_NO_COLUMN;
    return window;
}

static struct expr *number_is_one(struct arena *arena, struct expr *e, void *arg)
{
    const uint32_t *number = arg;
    if (e->kind != EXPR_COLUMN || e->column != *number)
        return e;
    return expr_i64(arena, &type_bigint, 1, e->span);
}

static enum code make_dedup(struct optimizer *o, struct plan_calc *calc,
                            const struct plan_over *over, const struct window *window,
                            struct plan **ret, struct error *err)
{
    const struct plan *input = over->base.inputs[0];
    uint32_t n = input->field_count;
    struct plan *plan =
        plan_make(o, PLAN_DEDUP, sizeof(struct plan_dedup), n, 1, over->base.span);
    struct expr **exprs = arena_array(o->arena, struct expr *, MAX(calc->base.field_count, 1));
    if (!plan || !exprs)
        return error_nomem(err);
    struct plan_dedup *dedup = (struct plan_dedup *)plan;
    memcpy(plan->fields, input->fields, n * sizeof *plan->fields);
    dedup->keys = over->keys;
    dedup->key_count = over->key_count;
    dedup->time = over->proctime ? PLAN_NO_COLUMN : over->order[0].column;
    dedup->keep_last = over->order[0].descending;
    dedup->window_end = window->end;
    dedup->proctime = window->proctime;
    dedup->in_zone = window->in_zone;
    for (uint32_t i = 0; i < calc->base.field_count; i++)
        if (!(exprs[i] = expr_rewrite(o->arena, calc->exprs[i], number_is_one, &n)))
            return error_nomem(err);
    calc->exprs = exprs;
    *ret = plan;
    return OK;
}

static enum code make_rank(struct optimizer *o, const struct plan_over *over,
                           const struct range *range, bool with_rank,
                           const struct window *window, struct plan **ret, struct error *err)
{
    const struct plan *input = over->base.inputs[0];
    uint32_t n = input->field_count;
    struct plan *plan = plan_make(o, PLAN_RANK, sizeof(struct plan_rank), n + with_rank, 1,
                                  over->base.span);
    if (!plan)
        return error_nomem(err);
    memcpy(plan->fields, over->base.fields, (n + with_rank) * sizeof *plan->fields);
    struct plan_rank *rank = (struct plan_rank *)plan;
    rank->keys = over->keys;
    rank->key_count = over->key_count;
    rank->order = over->order;
    rank->order_count = over->order_count;
    rank->start = range->start;
    rank->end = range->end;
    rank->end_column = range->end_column;
    rank->with_rank = with_rank;
    rank->label = over->calls[0].label;
    rank->window_end = window->end;
    rank->proctime = window->proctime;
    rank->in_zone = window->in_zone;
    *ret = plan;
    return OK;
}

/* The time that windows were made of is one within them, though no attribute any more. */
static bool is_time_of_windows(const struct plan *plan, uint32_t column)
{
    while (plan->kind == PLAN_CALC) {
        const struct plan_calc *calc = (const struct plan_calc *)plan;
        if (calc->exprs && calc->exprs[column]->kind != EXPR_COLUMN)
            return false;
        column = calc->exprs ? calc->exprs[column]->column : column;
        plan = plan->inputs[0];
    }
    const struct plan_assign *assign = (const struct plan_assign *)plan;
    return plan->kind == PLAN_ASSIGN && !assign->window.proctime && column == assign->window.time;
}

/* Is the order one time attribute alone? */
static bool is_by_time(const struct plan_over *over, const struct window *window)
{
    if (over->order_count != 1)
        return false;
    const struct plan *input = over->base.inputs[0];
    uint32_t column = over->order[0].column;
    return input->fields[column].type->time_attribute != TIME_PLAIN ||
           (window->end != PLAN_NO_COLUMN && is_time_of_windows(input, column));
}

static enum code convert(struct optimizer *o, struct plan_calc *calc, struct error *err)
{
    const struct plan_over *over = (const struct plan_over *)calc->base.inputs[0];
    uint32_t number = over->base.inputs[0]->field_count;
    struct range range = { 1, UINT64_MAX, PLAN_NO_COLUMN };
    struct expr *rest;
    if (!calc->filter || !calc->exprs || over->call_count != 1 ||
        agg_over_function(over->calls[0].agg) != OVER_ROW_NUMBER)
        return OK;
    TRY(take_range(o, calc, number, &range, &rest, err));
    if (range.end == UINT64_MAX && range.end_column == PLAN_NO_COLUMN)
        return OK; /* no last rank: not a top-N */
    if (range.start > range.end) { /* nothing can pass */
        calc->filter = expr_bool(o->arena, false, calc->filter->span);
        return calc->filter ? OK : error_nomem(err);
    }
    bool with_rank = reads(rest, number);
    for (uint32_t i = 0; i < calc->base.field_count; i++)
        with_rank = with_rank || reads(calc->exprs[i], number);
    const struct plan *input = over->base.inputs[0];
    struct window window = window_of(input, over->keys, over->key_count);
    if (range.end_column != PLAN_NO_COLUMN)
        window.end = PLAN_NO_COLUMN; /* kept up to date, as any that changes with its key */
    bool first = range.start == 1 && range.end == 1 && range.end_column == PLAN_NO_COLUMN;
    struct plan *plan;
    if (first && is_by_time(over, &window) && !plan_updates(input) && !reads(rest, number))
        TRY(make_dedup(o, calc, over, &window, &plan, err));
    else
        TRY(make_rank(o, over, &range, with_rank, &window, &plan, err));
    plan->inputs[0] = over->base.inputs[0];
    plan->ttl_ms[0] = over->base.ttl_ms[0];
    plan->before = true;
    calc->filter = rest;
    calc->base.inputs[0] = plan;
    return plan_derive(o->arena, plan) ? OK : error_nomem(err);
}

enum code rule_rank(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        struct plan *node = o->job->nodes[i];
        if (node->kind == PLAN_CALC && node->inputs[0]->kind == PLAN_OVER)
            TRY(convert(o, (struct plan_calc *)node, err));
    }
    return OK;
}
