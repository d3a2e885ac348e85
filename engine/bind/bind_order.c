/* bind_order.c -- ORDER BY, LIMIT and OFFSET.
 *
 * A stream has no end to sort at: with LIMIT, ORDER BY is the first rows of the order, kept
 * up to date (a top-N without key); by ascending event time, rows wait for the watermark;
 * anything else is sorted when the input ends. */
#include "bind/group.h"
#include "bind/over.h"

/* --- what is not in the select list ----------------------------------------------------------- */

/* Is it, by name or number, a column of the select list?  Of a * any name may be. */
static bool is_selected(const struct ast_select *select, const struct ast_node *node)
{
    if (node->kind != AST_COLUMN)
        return node->kind == AST_LITERAL;
    const struct ast_names *path = &((const struct ast_column *)node)->path;
    for (uint32_t i = 0; i < select->items.count && path->count == 1; i++) {
        const struct ast_select_item *item =
            (const struct ast_select_item *)select->items.items[i];
        const struct ast_names *column =
            item->expr->kind == AST_COLUMN ? &((const struct ast_column *)item->expr)->path : NULL;
        struct str name = ast_has_name(&item->alias) ? item->alias.text
                          : column                   ? column->items[column->count - 1].text
                                                     : STR("");
        if (item->expr->kind == AST_STAR || item->expr->kind == AST_FIELD ||
            str_ieq(name, path->items[0].text))
            return true;
    }
    return false;
}

struct alias_search {
    const struct ast_select *select;
    bool found;
};

/* A name that the select list gives is none in the select list itself. */
static bool look_for_alias(void *cx, const struct ast_node *node)
{
    struct alias_search *search = cx;
    const struct ast_names *path = &((const struct ast_column *)node)->path;
    for (uint32_t i = 0; i < search->select->items.count && node->kind == AST_COLUMN; i++) {
        const struct ast_name *alias =
            &((const struct ast_select_item *)search->select->items.items[i])->alias;
        search->found = search->found || (ast_has_name(alias) && path->count == 1 &&
                                          str_ieq(alias->text, path->items[0].text));
    }
    return !search->found && ast_each_child(node, look_for_alias, cx) && !search->found;
}

/* Groups and calls with OVER are made of what the select list reads, so what the order reads besides
 * stands there too until the rows are in order. */
enum code bind_order_extra(struct binder *b, const struct ast_query *node, struct order_extra *ret,
                           struct error *err)
{
    const struct ast_select *select = (const struct ast_select *)node->body;
    uint32_t n = node->order_by.count;
    *ret = (struct order_extra){ .body = node->body };
    if (n == 0 || select->node.kind != AST_SELECT || select->distinct)
        return OK;
    struct ast_select *more = arena_new(b->arena, struct ast_select);
    struct ast_node **items =
        arena_array(b->arena, struct ast_node *, select->items.count + n);
    ret->places = arena_array(b->arena, uint32_t, n);
    if (!more || !items || !ret->places)
        return error_nomem(err);
    memcpy(items, select->items.items, select->items.count * sizeof *items);
    *more = *select;
    more->items.items = items;
    for (uint32_t i = 0; i < n; i++) {
        struct ast_node *e = ((const struct ast_order_item *)node->order_by.items[i])->expr;
        struct alias_search search = { .select = select };
        (void)look_for_alias(&search, e);
        ret->places[i] = UINT32_MAX;
        if (is_selected(select, e) || search.found)
            continue;
        struct ast_select_item *item = arena_new(b->arena, struct ast_select_item);
        char *name = arena_printf(b->arena, "$order%u", i);
        if (!item || !name)
            return error_nomem(err);
        item->node = (struct ast_node){ .kind = AST_SELECT_ITEM, .span = e->span };
        item->expr = e;
        item->alias = (struct ast_name){ .text = str_of(name), .span = e->span };
        items[more->items.count++] = &item->node;
        ret->places[i] = ret->count++;
    }
    if (ret->count > 0 && (group_is_needed(b, more) || over_is_needed(more)))
        ret->body = &more->node;
    else /* the calc on top reads the input */
        *ret = (struct order_extra){ .body = node->body };
    return OK;
}

/* --- the clauses ------------------------------------------------------------------------------ */

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
    b->quiet++;
    enum code code = bind_expr(b, &t->rel->scope, node, &e, &first); /* may be tried again below */
    b->quiet--;
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
    b->quiet++;
    enum code again = bind_expr(b, t->rel->below, node, &below, &second);
    b->quiet--;
    if (again != OK) {
        *err = code == OK ? second : first;
        return err->code;
    }
    return hidden_column(t, below, ret, err);
}

static enum code bind_order_list(struct order_build *t, const struct ast_list *list,
                                 const struct order_extra *extra, struct error *err)
{
    if (!(t->order = arena_array(t->b->arena, struct plan_order, list->count)))
        return error_nomem(err);
    enum code failed = OK;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct ast_order_item *item = (const struct ast_order_item *)list->items[i];
        struct plan_order *order = &t->order[t->count];
        enum code code = OK;
        if (extra->places && extra->places[i] != UINT32_MAX)
            order->column = t->visible + extra->places[i];
        else
            code = order_column(t, item->expr, &order->column, err);
        if (code != OK && !bind_part_fails(t->b, &t->rel->scope, code, err))
            return code;
        failed = code != OK ? code : failed;
        order->descending = item->descending;
        order->nulls_last =
            item->nulls == NULLS_DEFAULT ? item->descending : item->nulls == NULLS_LAST;
        t->count++;
    }
    return failed == OK ? OK : bind_told(err);
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

enum code bind_order(struct binder *b, const struct ast_query *node,
                     const struct order_extra *extra, struct relation *rel, struct error *err)
{
    struct order_build t = {
        .b = b, .rel = rel, .visible = rel->plan->field_count - extra->count
    };
    struct span span = node->node.span;
    bool limited = node->limit || node->offset;
    uint64_t limit = UINT64_MAX, offset = 0;
    if (node->limit)
        TRY(row_number(b, node->limit, "LIMIT", &limit, err));
    if (node->offset)
        TRY(row_number(b, node->offset, "OFFSET", &offset, err));
    if (node->order_by.count > 0)
        TRY(bind_order_list(&t, &node->order_by, extra, err));
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
