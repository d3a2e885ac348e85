/* bind_order.c -- ORDER BY, LIMIT and OFFSET.
 *
 * A stream has no end to sort at: with LIMIT, ORDER BY is the first rows of the order, kept
 * up to date (a top-N without key); by ascending event time, rows wait for the watermark;
 * anything else is sorted when the input ends. */
#include "bind/binder.h"

static enum code row_number(struct binder *b, const struct ast_node *node, const char *clause,
                            uint64_t *ret, struct error *err)
{
    struct expr *e;
    int64_t n;
    TRY(bind_expr(b, NULL, node, &e, err));
    if (!expr_literal_i64(e, &n) || n < 0)
        return error_at(err, E_TYPE, node->span, "%s needs a whole number that is not negative",
                        clause);
    *ret = (uint64_t)n;
    return OK;
}

struct order_build {
    struct binder *b;
    struct relation *rel;
    struct plan_order *order;
    uint32_t count;
    uint32_t visible;      /* columns that are the query's */
};

/* A column for an expression over what the select list reads, appended to the calc on top. */
static enum code hidden_column(struct order_build *t, struct expr *e, uint32_t *ret,
                               struct error *err)
{
    struct binder *b = t->b;
    struct plan *plan = t->rel->plan;
    struct plan_calc *calc = (struct plan_calc *)plan;
    uint32_t n = plan->field_count;
    for (uint32_t i = 0; i < n; i++)
        if (expr_equal(calc->exprs[i], e)) {
            *ret = i;
            return OK;
        }
    struct expr **exprs = arena_array(b->arena, struct expr *, n + 1);
    struct field *fields = arena_array(b->arena, struct field, n + 1);
    char *name = arena_printf(b->arena, "$order%u", n);
    if (!exprs || !fields || !name)
        return error_nomem(err);
    memcpy(exprs, calc->exprs, n * sizeof *exprs);
    memcpy(fields, plan->fields, n * sizeof *fields);
    exprs[n] = e;
    fields[n] = (struct field){ str_of(name), e->type };
    calc->exprs = exprs;
    plan->fields = fields;
    plan->field_count = n + 1;
    *ret = n;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* The output's columns first, by name or number as Flink has it; then the input's. */
static enum code order_column(struct order_build *t, const struct ast_node *node, uint32_t *ret,
                              struct error *err)
{
    struct binder *b = t->b;
    struct expr *e;
    int64_t number;
    struct error first = { .code = OK };
    enum code code = bind_expr(b, &t->rel->scope, node, &e, &first); /* may be tried again below */
    if (code == OK && node->kind == AST_LITERAL && expr_literal_i64(e, &number)) {
        if (number < 1 || number > t->visible)
            return error_at(err, E_NAME, node->span, "ORDER BY %lld: the query has %u column%s",
                            (long long)number, t->visible, t->visible == 1 ? "" : "s");
        *ret = (uint32_t)number - 1;
        return OK;
    }
    if (code == OK && e->kind == EXPR_COLUMN) {
        *ret = e->column;
        return OK;
    }
    if (!t->rel->below) {
        if (code == OK)
            return error_at(err, E_PLAN, node->span,
                            "ORDER BY takes a column of the select list here: give the expression "
                            "a name there");
        *err = first;
        return code;
    }
    /* An expression, or a column that is not selected: over what the select list reads. */
    struct expr *below;
    struct error second = { .code = OK };
    if (bind_expr(b, t->rel->below, node, &below, &second) != OK) {
        *err = code == OK ? second : first;
        return err->code;
    }
    return hidden_column(t, below, ret, err);
}

static enum code bind_order_list(struct order_build *t, const struct ast_list *list,
                                 struct error *err)
{
    if (!(t->order = arena_array(t->b->arena, struct plan_order, list->count)))
        return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct ast_order_item *item = (const struct ast_order_item *)list->items[i];
        struct plan_order *order = &t->order[t->count];
        TRY(order_column(t, item->expr, &order->column, err));
        order->descending = item->descending;
        order->nulls_last =
            item->nulls == NULLS_DEFAULT ? item->descending : item->nulls == NULLS_LAST;
        t->count++;
    }
    return OK;
}

static enum code take_node(struct binder *b, struct plan *plan, struct plan *input,
                           struct error *err)
{
    for (uint32_t i = 0; i < input->field_count; i++)
        plan->fields[i] = input->fields[i];
    plan->inputs[0] = input;
    plan->before = true;
    plan->ttl_ms[0] = b->env.state_ttl_ms;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

static enum code make_rank(struct order_build *t, uint64_t limit, uint64_t offset,
                           struct span span, struct error *err)
{
    struct plan *input = t->rel->plan;
    struct plan *plan = bind_node(t->b, PLAN_RANK, sizeof(struct plan_rank), input->field_count,
                                  1, span);
    if (!plan)
        return error_nomem(err);
    struct plan_rank *rank = (struct plan_rank *)plan;
    rank->order = t->order;
    rank->order_count = t->count;
    rank->start = offset + 1;
    rank->end = limit > UINT64_MAX - 1 - offset ? UINT64_MAX - 1 : offset + limit;
    rank->end_column = PLAN_NO_COLUMN;
    rank->window_end = PLAN_NO_COLUMN;
    t->rel->plan = plan;
    return take_node(t->b, plan, input, err);
}

static enum code make_sort(struct order_build *t, struct span span, struct error *err)
{
    struct plan *input = t->rel->plan;
    struct plan *plan = bind_node(t->b, PLAN_SORT, sizeof(struct plan_sort), input->field_count,
                                  1, span);
    if (!plan)
        return error_nomem(err);
    struct plan_sort *sort = (struct plan_sort *)plan;
    sort->order = t->order;
    sort->order_count = t->count;
    sort->by_time = !plan_updates(input) && !t->order[0].descending &&
                    input->fields[t->order[0].column].type->time_attribute == TIME_ROWTIME;
    t->rel->plan = plan;
    return take_node(t->b, plan, input, err);
}

static enum code make_limit(struct order_build *t, uint64_t limit, uint64_t offset,
                            struct span span, struct error *err)
{
    struct plan *input = t->rel->plan;
    struct plan *plan = bind_node(t->b, PLAN_LIMIT, sizeof(struct plan_limit),
                                  input->field_count, 1, span);
    if (!plan)
        return error_nomem(err);
    ((struct plan_limit *)plan)->limit = limit;
    ((struct plan_limit *)plan)->offset = offset;
    t->rel->plan = plan;
    return take_node(t->b, plan, input, err);
}

/* Columns that only the order needed go. */
static enum code drop_hidden(struct order_build *t, struct span span, struct error *err)
{
    struct plan *input = t->rel->plan;
    if (input->field_count == t->visible)
        return OK;
    struct binder *b = t->b;
    struct plan *plan =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), t->visible, 1, span);
    struct expr **exprs = arena_array(b->arena, struct expr *, MAX(t->visible, 1));
    if (!plan || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < t->visible; i++) {
        plan->fields[i] = input->fields[i];
        if (!(exprs[i] = expr_column(b->arena, i, input->fields[i].type, span)))
            return error_nomem(err);
    }
    ((struct plan_calc *)plan)->exprs = exprs;
    plan->inputs[0] = input;
    t->rel->plan = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

enum code bind_order(struct binder *b, const struct ast_query *node, struct relation *rel,
                     struct error *err)
{
    struct order_build t = { .b = b, .rel = rel, .visible = rel->plan->field_count };
    struct span span = node->node.span;
    bool limited = node->limit || node->offset;
    uint64_t limit = UINT64_MAX, offset = 0;
    if (node->limit)
        TRY(row_number(b, node->limit, "LIMIT", &limit, err));
    if (node->offset)
        TRY(row_number(b, node->offset, "OFFSET", &offset, err));
    if (node->order_by.count > 0)
        TRY(bind_order_list(&t, &node->order_by, err));
    if (t.count > 0 && !limited)
        TRY(make_sort(&t, span, err));
    else if (limited && (t.count > 0 || plan_updates(rel->plan)))
        TRY(make_rank(&t, limit, offset, span, err));
    else if (limited)
        TRY(make_limit(&t, limit, offset, span, err));
    else
        return OK;
    TRY(drop_hidden(&t, span, err));
    return bind_scope_of_plan(b, rel->plan, rel, err);
}
