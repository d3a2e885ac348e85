/* plan_names.c -- see plan_names.h. */
#include "plan/plan_names.h"

#include "base/utf8.h"

enum { EXPRESSION_BYTES = 120, DEPTH_MAX = 8 };

/* --- where a column comes from -------------------------------------------------------------- */

struct place {
    const struct plan *plan; /* NULL: it is made here */
    uint32_t column;
};

static struct place made_here(void)
{
    return (struct place){ NULL, 0 };
}

static struct place of_input(const struct plan *plan, uint32_t input, uint32_t column)
{
    return (struct place){ plan->inputs[input], column };
}

static struct place below_calc(const struct plan_calc *calc, uint32_t column)
{
    const struct plan *plan = &calc->base, *input = plan->inputs[0];
    if (!calc->exprs)
        return of_input(plan, 0, column);
    const struct expr *e = calc->exprs[column];
    if (e->kind != EXPR_COLUMN || !str_eq(plan->fields[column].name, input->fields[e->column].name))
        return made_here();
    return of_input(plan, 0, e->column);
}

static struct place below_watermark(const struct plan_watermark *time, uint32_t column)
{
    if (column == time->computed)
        return made_here();
    return of_input(&time->base, 0, column - (column > time->computed));
}

static struct place below_join(const struct plan *plan, uint32_t column)
{
    uint32_t left = plan->inputs[0]->field_count;
    return column < left ? of_input(plan, 0, column) : of_input(plan, 1, column - left);
}

static struct place below_keys(const struct plan *plan, const uint32_t *keys, uint32_t key_count,
                               uint32_t column)
{
    return column < key_count ? of_input(plan, 0, keys[column]) : made_here();
}

static struct place below(const struct plan *plan, uint32_t column)
{
    switch (plan->kind) {
    case PLAN_CALC:
        return below_calc((const struct plan_calc *)plan, column);
    case PLAN_WATERMARK:
        return below_watermark((const struct plan_watermark *)plan, column);
    case PLAN_GROUP: {
        const struct plan_group *group = (const struct plan_group *)plan;
        return below_keys(plan, group->keys, group->key_count, column);
    }
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)plan;
        return below_keys(plan, window->keys, window->key_count, column);
    }
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_TEMPORAL_JOIN:
        return below_join(plan, column);
    case PLAN_JSON:
    case PLAN_ASSIGN:
    case PLAN_EXPAND:
    case PLAN_LOOKUP:
    case PLAN_CORRELATE:
    case PLAN_RANK:
    case PLAN_OVER:
    case PLAN_EXCHANGE:
    case PLAN_LIMIT:
    case PLAN_FOLD:
    case PLAN_SORT:
    case PLAN_DEDUP:
    case PLAN_MATERIALIZE: /* the columns of the input, and others behind them */
        return column < plan->inputs[0]->field_count ? of_input(plan, 0, column) : made_here();
    default:
        return made_here();
    }
}

const struct plan *plan_origin(const struct plan *plan, uint32_t *column)
{
    for (struct place at = below(plan, *column); at.plan; at = below(plan, *column)) {
        plan = at.plan;
        *column = at.column;
    }
    return plan;
}

/* --- names ------------------------------------------------------------------------------------ */

static bool name_of(struct arena *arena, const struct plan *plan, uint32_t column, uint32_t depth,
                    struct str *ret);

/* "$1": the binder has made it for an expression. */
static bool is_unnamed(struct str name)
{
    return name.size >= 2 && name.data[0] == '$' && name.data[1] >= '0' && name.data[1] <= '9';
}

static void mark_column(struct expr *e, void *arg)
{
    bool *read = arg;
    if (e->kind == EXPR_COLUMN)
        read[e->column] = true;
}

static bool print_expression(struct arena *arena, const struct plan_calc *calc, uint32_t column,
                             uint32_t depth, struct str *ret)
{
    const struct plan *input = calc->base.inputs[0];
    struct str *names = arena_array(arena, struct str, MAX(input->field_count, 1));
    bool *read = arena_array(arena, bool, MAX(input->field_count, 1));
    struct buf text;
    if (!names || !read)
        return false;
    expr_walk(calc->exprs[column], mark_column, read);
    for (uint32_t i = 0; i < input->field_count; i++)
        if (read[i] && !name_of(arena, input, i, depth + 1, &names[i]))
            return false;
    buf_init(&text, 1 << 16);
    expr_print(&text, calc->exprs[column], names, input->field_count);
    if (text.size > EXPRESSION_BYTES) {
        text.size = utf8_valid_prefix(text.data, EXPRESSION_BYTES);
        buf_text(&text, "...");
    }
    *ret = text.failed ? STR("") : arena_str(arena, buf_view(&text));
    buf_done(&text);
    return ret->data != NULL;
}

static struct str label_of(const struct agg_call *calls, uint32_t call_count, uint32_t at,
                           struct str name)
{
    return at < call_count && calls[at].label.size > 0 ? calls[at].label : name;
}

/* A JSON path is called as it is written. */
static struct str path_of(const struct plan_json *json, uint32_t column, struct str name)
{
    uint32_t before = json->base.inputs[0]->field_count;
    return column >= before ? str_of(json->path_texts[column - before]) : name;
}

static bool name_of(struct arena *arena, const struct plan *plan, uint32_t column, uint32_t depth,
                    struct str *ret)
{
    plan = plan_origin(plan, &column);
    struct str name = plan->fields[column].name;
    *ret = name;
    switch (plan->kind) {
    case PLAN_CALC: {
        const struct plan_calc *calc = (const struct plan_calc *)plan;
        if (!is_unnamed(name) || !calc->exprs || depth > DEPTH_MAX)
            return true;
        return print_expression(arena, calc, column, depth, ret);
    }
    case PLAN_JSON:
        *ret = path_of((const struct plan_json *)plan, column, name);
        return true;
    case PLAN_GROUP: {
        const struct plan_group *group = (const struct plan_group *)plan;
        *ret = label_of(group->calls, group->call_count, column - group->key_count, name);
        return true;
    }
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)plan;
        *ret = label_of(window->calls, window->call_count, column - window->key_count, name);
        return true;
    }
    case PLAN_OVER: {
        const struct plan_over *over = (const struct plan_over *)plan;
        uint32_t before = plan->inputs[0]->field_count;
        *ret = label_of(over->calls, over->call_count, column - before, name);
        return true;
    }
    case PLAN_RANK: {
        const struct plan_rank *rank = (const struct plan_rank *)plan;
        *ret = rank->label.size > 0 ? rank->label : name;
        return true;
    }
    case PLAN_EXPAND:
        *ret = STR("GROUPING_ID");
        return true;
    default:
        return true;
    }
}

static bool is_taken(const struct str *names, uint32_t count, struct str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

/* The first has the name alone, the second one name_2. */
static bool tell_apart(struct arena *arena, struct str *names, uint32_t at)
{
    struct str name = names[at];
    for (unsigned n = 2; is_taken(names, at, names[at]); n++) {
        const char *other = arena_printf(arena, STR_FMT "_%u", STR_ARG(name), n);
        if (!other)
            return false;
        names[at] = str_of(other);
    }
    return true;
}

struct str *plan_names(struct arena *arena, const struct plan *plan)
{
    struct str *names = arena_array(arena, struct str, MAX(plan->field_count, 1));
    for (uint32_t i = 0; names && i < plan->field_count; i++)
        if (!name_of(arena, plan, i, 0, &names[i]) || !tell_apart(arena, names, i))
            return NULL;
    return names;
}
