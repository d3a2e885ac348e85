/* bind_query.c -- WITH, SELECT, VALUES.
 *
 * A select becomes one PLAN_CALC over its FROM: the condition as filter, the select
 * list as expressions; one with groups goes to bind_group.c, what stands around bodies to
 * bind_setop.c and bind_order.c. */
#include "bind/over.h"

#include <stdio.h>

enum code bind_unsupported(struct span span, const char *what, struct error *err)
{
    error_at(err, E_UNSUPPORTED, span, "%s cannot run in this version of weir", what);
    error_detail(err, "It is understood, but no operator of this version runs it.");
    return E_UNSUPPORTED;
}

struct plan *bind_node(struct binder *b, enum plan_kind kind, size_t bytes, uint32_t fields,
                       uint32_t inputs, struct span span)
{
    struct plan *plan = arena_zalloc(b->arena, bytes);
    if (!plan)
        return NULL;
    plan->kind = kind;
    plan->span = span;
    plan->fields = arena_array(b->arena, struct field, MAX(fields, 1));
    plan->field_count = fields;
    plan->inputs = arena_array(b->arena, struct plan *, MAX(inputs, 1));
    plan->input_count = inputs;
    plan->changes = CHANGES_INSERT;
    plan->bounded = true;
    return plan->fields && plan->inputs ? plan : NULL;
}

enum code bind_scope_of_plan(struct binder *b, struct plan *plan, struct relation *ret,
                             struct error *err)
{
    *ret = (struct relation){ .plan = plan };
    for (uint32_t i = 0; i < plan->field_count; i++)
        if (!scope_add(b, &ret->scope, STR(""), plan->fields[i].name, plan->fields[i].type, i))
            return error_nomem(err);
    return OK;
}

/* --- select list ------------------------------------------------------------------- */

static enum code add_item(struct binder *b, struct items *list, struct expr *expr, struct str name,
                          struct error *err)
{
    struct item item = { expr, name };
    return ARENA_PUSH(b->arena, list->items, list->count, list->cap, item) ? OK : error_nomem(err);
}

static enum code expand_star(struct binder *b, const struct scope *scope,
                             const struct ast_star *star, struct items *list, struct error *err)
{
    uint32_t before = list->count;
    struct str qualifier = STR("");
    if (star->prefix.count > 0)
        qualifier = star->prefix.items[star->prefix.count - 1].text;
    for (uint32_t i = 0; i < scope->count; i++) {
        const struct scope_item *item = &scope->items[i];
        if (qualifier.size > 0 ? !str_ieq(item->qualifier, qualifier) : item->qualified_only)
            continue;
        struct expr *e = expr_column(b->arena, item->column, item->type, star->node.span);
        if (!e)
            return error_nomem(err);
        TRY(add_item(b, list, e, item->name, err));
    }
    if (list->count > before)
        return OK;
    if (scope->has_gap)
        return bind_told(err);
    if (qualifier.size > 0) {
        error_at(err, E_NAME, star->node.span, "table \"" STR_FMT "\" is not in FROM",
                 STR_ARG(qualifier));
        scope_hint_tables(scope, err);
        return E_NAME;
    }
    return error_at(err, E_NAME, star->node.span, "* needs a FROM clause");
}

/* The name a column gets without an alias. */
static enum code item_name(struct binder *b, const struct ast_select_item *node, uint32_t at,
                           struct str *ret, struct error *err)
{
    if (ast_has_name(&node->alias)) {
        *ret = node->alias.text;
        return OK;
    }
    if (node->expr->kind == AST_COLUMN) {
        const struct ast_names *path = &((const struct ast_column *)node->expr)->path;
        *ret = path->items[path->count - 1].text;
        return OK;
    }
    if (node->expr->kind == AST_FIELD) {
        *ret = ((const struct ast_field *)node->expr)->name.text;
        return OK;
    }
    char *text = arena_printf(b->arena, "EXPR$%u", at);
    if (!text)
        return error_nomem(err);
    *ret = str_of(text);
    return OK;
}

/* An aggregate, or a call with OVER, that has got a name. */
static void label_call(const struct scope *scope, const struct expr *e, struct str alias)
{
    struct grouping *group = scope->group;
    struct over_list *over = scope->over;
    if (e->kind != EXPR_COLUMN)
        return;
    if (group && e->column >= group->base && e->column - group->base < group->call_count)
        group->calls[e->column - group->base].label = alias;
    uint32_t first = over ? over->base + OVER_PLACEHOLDERS : 0;
    if (over && e->column >= first && e->column - first < over->count)
        over->items[e->column - first].label = alias;
}

enum code bind_select_list(struct binder *b, const struct scope *scope,
                                  const struct ast_select *node, struct items *list,
                                  struct error *err)
{
    enum code failed = OK;
    for (uint32_t i = 0; i < node->items.count; i++) {
        const struct ast_select_item *item = (const struct ast_select_item *)node->items.items[i];
        if (item->expr->kind == AST_STAR) {
            enum code star = expand_star(b, scope, (const struct ast_star *)item->expr, list, err);
            if (star != OK && !bind_goes_on(b, star, err))
                return star;
            failed = star != OK ? star : failed;
            continue;
        }
        struct expr *e;
        struct str name;
        enum code code = bind_expr(b, scope, item->expr, &e, err);
        if (code != OK) {
            if (!bind_part_fails(b, scope, code, err))
                return code;
            failed = code;
            if (!(e = expr_null(b->arena, &bind_failed_type, item->expr->span)))
                return error_nomem(err);
        }
        TRY(item_name(b, item, list->count, &name, err));
        TRY(add_item(b, list, e, name, err));
        if (ast_has_name(&item->alias))
            label_call(scope, e, item->alias.text);
    }
    return failed;
}

/* --- bodies ---------------------------------------------------------------------------- */

enum code bind_single_row(struct binder *b, struct span span, struct relation *ret,
                          struct error *err)
{
    struct plan *plan = bind_node(b, PLAN_VALUES, sizeof(struct plan_values), 0, 0, span);
    if (!plan)
        return error_nomem(err);
    struct plan_values *values = (struct plan_values *)plan;
    values->row_count = 1;
    values->rows = arena_array(b->arena, struct expr **, 1);
    if (!values->rows || !(values->rows[0] = arena_array(b->arena, struct expr *, 1)))
        return error_nomem(err);
    *ret = (struct relation){ .plan = plan };
    return OK;
}

enum code bind_select_calc(struct binder *b, const struct ast_select *node,
                           const struct items *list, struct over_list *overs, struct plan *input,
                           struct expr *filter, struct expr *qualify, struct relation *ret,
                           struct error *err)
{
    struct expr **exprs = arena_array(b->arena, struct expr *, MAX(list->count, 1));
    if (!exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++)
        exprs[i] = list->items[i].expr;
    if (overs->count > 0) {
        TRY(over_make(overs, input, filter, exprs, list->count, &qualify, node->node.span, &input,
                      err));
        filter = NULL;
    }
    if (qualify && filter) {
        struct expr *both[2] = { filter, qualify };
        if (!(qualify = expr_logic(b->arena, EXPR_AND, both, 2, qualify->span)))
            return error_nomem(err);
    }
    struct plan *plan =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), list->count, 1, node->node.span);
    if (!plan)
        return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++)
        plan->fields[i] = (struct field){ list->items[i].name, exprs[i]->type };
    ((struct plan_calc *)plan)->filter = qualify ? qualify : filter;
    ((struct plan_calc *)plan)->exprs = exprs;
    plan->inputs[0] = input;
    if (!plan_derive(b->arena, plan))
        return error_nomem(err);
    return bind_scope_of_plan(b, plan, ret, err);
}

/* What stands behind FROM.  Items of the list that have errors are columns that cannot be read: other
 * columns are, by who reads this query. */
static enum code select_from(struct binder *b, const struct ast_select *node,
                             const struct cte *ctes, struct relation *of, struct relation *ret,
                             struct error *err)
{
    struct relation from = *of;
    struct expr *filter = NULL;
    enum code failed = bind_where(b, node->where, ctes, &from, &filter, err);
    if (failed != OK && !bind_part_fails(b, &from.scope, failed, err))
        return failed;
    if (group_is_needed(b, node)) {
        TRY(bind_grouped_select(b, node, ctes, &from, filter, ret, err));
        return node->distinct ? bind_distinct(b, node->node.span, ret, err) : OK;
    }
    for (uint32_t i = 0; i < node->items.count; i++)
        TRY(bind_value_queries(b, node->items.items[i], ctes, &from, err));
    if (node->qualify)
        TRY(bind_value_queries(b, node->qualify, ctes, &from, err));
    struct over_list overs = { .b = b, .select = node, .base = from.plan->field_count };
    struct scope scope = from.scope;
    scope.over = over_is_needed(node) ? &overs : NULL;
    struct items list = { 0 };
    struct expr *qualify = NULL;
    failed = bind_select_list(b, &scope, node, &list, err);
    if (failed != OK && !bind_part_fails(b, &scope, failed, err))
        return failed;
    if (node->qualify) {
        enum code code = bind_condition(b, &scope, node->qualify, "QUALIFY", &qualify, err);
        if (code != OK && !bind_part_fails(b, &scope, code, err))
            return code;
    }
    TRY(bind_select_calc(b, node, &list, &overs, from.plan, filter, qualify, ret, err));
    if (node->distinct)
        return bind_distinct(b, node->node.span, ret, err);
    if (overs.count == 0) {
        struct scope *below = arena_new(b->arena, struct scope);
        if (!below)
            return error_nomem(err);
        *below = from.scope;
        ret->below = below;
    }
    return OK;
}

static enum code bind_select(struct binder *b, const struct ast_select *node,
                             const struct cte *ctes, struct relation *ret, struct error *err)
{
    struct relation from;
    const struct ast_list *outer_hints = b->select_hints;
    bool was_broken = b->is_broken;
    uint32_t told = b->told;
    b->select_hints = &node->hints;
    enum code code = node->from ? bind_from(b, node->from, ctes, &from, err)
                                : bind_single_row(b, node->node.span, &from, err);
    b->select_hints = outer_hints;
    TRY(code);
    b->is_broken = was_broken || b->told != told;
    code = select_from(b, node, ctes, &from, ret, err);
    if (code == E_PLAN && b->is_broken)
        err->is_told = true;
    b->is_broken = was_broken;
    TRY(code);
    return from.scope.has_gap ? bind_told(err) : OK;
}

static enum code bind_values(struct binder *b, const struct ast_items *node, struct relation *ret,
                             struct error *err)
{
    uint32_t rows = node->items.count;
    uint32_t columns = ((const struct ast_items *)node->items.items[0])->items.count;
    struct plan *plan = bind_node(b, PLAN_VALUES, sizeof(struct plan_values), columns, 0,
                                  node->node.span);
    if (!plan)
        return error_nomem(err);
    struct plan_values *values = (struct plan_values *)plan;
    values->row_count = rows;
    values->rows = arena_array(b->arena, struct expr **, rows);
    if (!values->rows)
        return error_nomem(err);
    enum code failed = OK;
    for (uint32_t r = 0; r < rows; r++) {
        const struct ast_items *row = (const struct ast_items *)node->items.items[r];
        if (row->items.count != columns)
            return error_at(err, E_TYPE, row->node.span,
                            "row %u of VALUES has %u column%s, the first has %u", r + 1,
                            row->items.count, row->items.count == 1 ? "" : "s", columns);
        if (!(values->rows[r] = arena_array(b->arena, struct expr *, columns)))
            return error_nomem(err);
        TRY(bind_parts(b, NULL, &row->items, values->rows[r], &failed, err));
    }
    if (failed != OK)
        return bind_told(err);
    for (uint32_t c = 0; c < columns; c++) {
        const struct type *common = NULL;
        for (uint32_t r = 0; r < rows; r++) {
            struct expr *e = values->rows[r][c];
            common = common ? type_common(b->arena, common, e->type, binder_is_blink(b)) : e->type;
            if (!common)
                return error_at(err, E_TYPE, e->span,
                                "column %u of VALUES has no common type for all rows", c + 1);
        }
        for (uint32_t r = 0; r < rows; r++)
            TRY(expr_coerce(&b->env, values->rows[r][c], common, &values->rows[r][c], err));
        char *name = arena_printf(b->arena, "EXPR$%u", c);
        if (!name)
            return error_nomem(err);
        plan->fields[c] = (struct field){ str_of(name), common };
    }
    return bind_scope_of_plan(b, plan, ret, err);
}

enum code bind_body(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                    struct relation *ret, struct error *err)
{
    b->lacks_from = false;
    switch (node->kind) {
    case AST_SELECT:
        return bind_select(b, (const struct ast_select *)node, ctes, ret, err);
    case AST_VALUES:
        return bind_values(b, (const struct ast_items *)node, ret, err);
    case AST_SETOP:
        return bind_setop(b, (const struct ast_setop *)node, ctes, ret, err);
    case AST_QUERY:
        return bind_query(b, (const struct ast_query *)node, ctes, ret, err);
    case AST_TABLE_BODY: {
        const struct ast_table_body *body = (const struct ast_table_body *)node;
        struct ast_from_table from = { .node = { .kind = AST_FROM_TABLE, .span = node->span },
                                       .path = body->path };
        TRY(bind_from(b, &from.node, ctes, ret, err));
        return ret->scope.has_gap ? bind_told(err) : OK;
    }
    default:
        return error_at(err, E_SYNTAX, node->span, "this is not a query");
    }
}

enum code bind_query(struct binder *b, const struct ast_query *node, const struct cte *ctes,
                     struct relation *ret, struct error *err)
{
    if (node->recursive)
        return bind_unsupported(node->node.span, "WITH RECURSIVE", err);
    for (uint32_t i = 0; i < node->ctes.count; i++) {
        struct cte *cte = arena_new(b->arena, struct cte);
        if (!cte)
            return error_nomem(err);
        cte->node = (const struct ast_cte *)node->ctes.items[i];
        cte->outer = ctes;
        ctes = cte;
    }
    if (node->emit.count > 0)
        return bind_unsupported(node->emit.items[0]->span, "EMIT", err);
    struct order_extra extra;
    TRY(bind_order_extra(b, node, &extra, err));
    TRY(bind_body(b, extra.body, ctes, ret, err));
    return bind_order(b, node, &extra, ret, err);
}
