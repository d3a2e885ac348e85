/* bind_from.c -- what stands in FROM: tables, views, subqueries, common table
 * expressions.  Views and CTEs are bound anew at each use; the optimizer finds what
 * is equal and makes one operator of it. */
#include "bind/binder.h"
#include "base/nearest.h"

enum { VIEW_DEPTH_MAX = 64 };

enum code bind_object_name(const struct ast_names *path, struct str *ret, struct error *err)
{
    uint32_t n = path->count;
    bool known = n == 1 || (n == 2 && str_iis(path->items[0].text, "default_database")) ||
                 (n == 3 && str_iis(path->items[0].text, "default_catalog") &&
                  str_iis(path->items[1].text, "default_database"));
    if (!known) {
        error_at(err, E_NAME, path->span, "\"" STR_FMT "\" is not a catalog or database here",
                 STR_ARG(path->items[0].text));
        error_hint(err, "There is only default_catalog.default_database.");
        return E_NAME;
    }
    *ret = path->items[n - 1].text;
    return OK;
}

/* The name under which the columns of a relation are known, and their names. */
static enum code apply_alias(struct binder *b, const struct ast_alias *alias, struct str fallback,
                             struct relation *rel, struct error *err)
{
    struct str qualifier = ast_has_name(&alias->name) ? alias->name.text : fallback;
    if (rel->scope.has_gap)
        return OK;
    if (alias->columns.count > 0 && alias->columns.count != rel->scope.count)
        return error_at(err, E_NAME, alias->columns.span,
                        "the list names %u columns, and the table has %u", alias->columns.count,
                        rel->scope.count);
    struct scope scope = { 0 };
    for (uint32_t i = 0; i < rel->scope.count; i++) {
        const struct scope_item *item = &rel->scope.items[i];
        struct str name = alias->columns.count > 0 ? alias->columns.items[i].text : item->name;
        if (!scope_add(b, &scope, qualifier, name, item->type, item->column))
            return error_nomem(err);
    }
    rel->scope = scope;
    return OK;
}

static struct expr *stored_column(struct arena *arena, struct expr *e, void *arg)
{
    (void)arena;
    struct expr *const *stored = arg;
    return e->kind == EXPR_COLUMN ? stored[e->column] : e;
}

struct expr *bind_over_stored(struct arena *arena, struct expr *e, struct expr *const *stored)
{
    return expr_rewrite(arena, e, stored_column, (void *)stored);
}

/* The row time comes from the watermark's node, which has computed it already. */
static enum code rowtime_column(struct binder *b, const struct catalog_table *table,
                                const struct plan *plan, struct plan *calc, struct expr **exprs,
                                struct error *err)
{
    uint32_t at = table->watermark->column;
    const struct catalog_column *column = &table->columns[at];
    uint32_t computed = ((const struct plan_watermark *)plan)->computed;
    uint32_t from = computed != PLAN_NO_COLUMN ? computed : exprs[at]->column;
    calc->fields[at].type = plan->fields[from].type;
    exprs[at] = expr_column(b->arena, from, plan->fields[from].type, column->span);
    return exprs[at] ? OK : error_nomem(err);
}

/* All columns of a table in declared order: stored ones from the scan, computed ones by a calc. */
static enum code table_relation(struct binder *b, const struct catalog_table *table,
                                struct plan_scan *scan, struct span span, struct relation *ret,
                                struct error *err)
{
    uint32_t n = table->column_count;
    struct expr **exprs = arena_array(b->arena, struct expr *, n);
    struct plan *calc = bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n, 1, span);
    if (!exprs || !calc)
        return error_nomem(err);
    struct expr **stored = arena_array(b->arena, struct expr *, n);
    if (!stored)
        return error_nomem(err);
    uint32_t at = 0;
    bool computed = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct catalog_column *column = &table->columns[i];
        calc->fields[i] = (struct field){ column->name, column->type };
        if (column->form == COLUMN_EXPR)
            continue;
        /* A metadata column comes in the connector's type and is cast to the declared one. */
        const struct type *raw = scan->base.fields[at].type;
        if (!(exprs[i] = expr_column(b->arena, at, raw, column->span)))
            return error_nomem(err);
        if (!type_equal(raw, column->type)) {
            enum cast_mode mode = binder_is_blink(b) ? CAST_BLINK : CAST_FLINK;
            TRY(expr_cast(&b->env, exprs[i], column->type, mode, column->span, &exprs[i], err));
            computed = true;
        }
        stored[at++] = exprs[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct catalog_column *column = &table->columns[i];
        if (column->form != COLUMN_EXPR)
            continue;
        /* Bound over the stored columns as declared: see bind_ddl.c. */
        if (!(exprs[i] = bind_over_stored(b->arena, column->computed, stored)))
            return error_nomem(err);
        computed = true;
    }
    struct plan *plan;
    TRY(bind_watermark(b, scan, stored, &plan, err));
    if (plan->kind == PLAN_WATERMARK)
        TRY(rowtime_column(b, table, plan, calc, exprs, err));
    if (computed) {
        ((struct plan_calc *)calc)->exprs = exprs;
        calc->inputs[0] = plan;
        if (!plan_derive(b->arena, calc))
            return error_nomem(err);
        plan = calc;
    }
    *ret = (struct relation){ .plan = plan };
    for (uint32_t i = 0; i < n; i++)
        if (!scope_add(b, &ret->scope, table->name, calc->fields[i].name, calc->fields[i].type, i))
            return error_nomem(err);
    return OK;
}

static enum code view_relation(struct binder *b, const struct catalog_view *view, struct span span,
                               struct relation *ret, struct error *err)
{
    if (b->view_depth >= VIEW_DEPTH_MAX)
        return error_at(err, E_PLAN, span, "views are nested more than %d deep", VIEW_DEPTH_MAX);
    b->view_depth++;
    enum code code = bind_query(b, view->query, NULL, ret, err);
    b->view_depth--;
    if (code != OK) {
        error_while(err, "planning view \"" STR_FMT "\"", STR_ARG(view->name));
        return code;
    }
    for (uint32_t i = 0; view->columns && i < ret->scope.count; i++)
        ret->scope.items[i].name = view->columns[i];
    return OK;
}

enum code bind_no_table(struct binder *b, struct span span, struct str name, bool or_view,
                        struct error *err)
{
    enum { MOST = 128 };
    struct str known[MOST];
    size_t n = 0;
    for (uint32_t i = 0; catalog_table_at(b->catalog, i) && n < MOST; i++)
        known[n++] = catalog_table_at(b->catalog, i)->name;
    for (uint32_t i = 0; or_view && catalog_view_at(b->catalog, i) && n < MOST; i++)
        known[n++] = catalog_view_at(b->catalog, i)->name;
    (void)catalog_no_object(b->catalog, or_view ? "table or view" : "table", name, span, err);
    int at = nearest_of(name, known, n);
    if (at >= 0)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(known[at]));
    return E_NAME;
}

static enum code cte_relation(struct binder *b, const struct cte *cte, struct span span,
                              struct relation *ret, struct error *err)
{
    const struct ast_cte *node = cte->node;
    TRY(bind_query(b, node->query, cte->outer, ret, err));
    if (node->columns.count > 0 && node->columns.count != ret->scope.count)
        return error_at(err, E_NAME, node->columns.span,
                        "the list names %u columns, and the query has %u", node->columns.count,
                        ret->scope.count);
    for (uint32_t i = 0; i < node->columns.count; i++)
        ret->scope.items[i].name = node->columns.items[i].text;
    (void)span;
    return OK;
}

static enum code from_table(struct binder *b, const struct ast_from_table *node,
                            const struct cte *ctes, struct relation *ret, struct error *err)
{
    struct str name = node->path.items[node->path.count - 1].text;
    if (node->as_of) {
        error_at(err, E_PLAN, node->as_of->span,
                 "FOR SYSTEM_TIME AS OF belongs to the right side of a JOIN");
        error_hint(err, "Its form is FROM a JOIN b FOR SYSTEM_TIME AS OF a.time ON a.key = b.key.");
        return E_PLAN;
    }
    if (node->path.count == 1)
        for (const struct cte *cte = ctes; cte; cte = cte->outer)
            if (str_ieq(cte->node->name.text, name)) {
                TRY(cte_relation(b, cte, node->node.span, ret, err));
                return apply_alias(b, &node->alias, name, ret, err);
            }
    TRY(bind_object_name(&node->path, &name, err));
    const struct catalog_view *view = catalog_find_view(b->catalog, name);
    const struct catalog_table *table = catalog_find_table(b->catalog, name);
    if (view && !(table && str_eq(table->name, name) && !str_eq(view->name, name))) {
        TRY(view_relation(b, view, node->path.span, ret, err));
        return apply_alias(b, &node->alias, view->name, ret, err);
    }
    if (!table)
        return bind_no_table(b, node->path.span, name, true, err);
    struct plan_scan *scan;
    TRY(bind_scan(b, table, &node->hints, node->path.span, &scan, err));
    TRY(table_relation(b, table, scan, node->node.span, ret, err));
    return apply_alias(b, &node->alias, table->name, ret, err);
}

static enum code from_window(struct binder *b, const struct ast_from_call *node,
                             const struct cte *ctes, struct relation *ret, struct error *err)
{
    TRY(bind_window_function(b, node->call, ctes, ret, err));
    return apply_alias(b, &node->alias, STR(""), ret, err);
}

/* A table function that stands left of everything. */
static enum code from_function(struct binder *b, const struct ast_node *node,
                               struct relation *ret, struct error *err)
{
    struct relation none;
    TRY(bind_single_row(b, node->span, &none, err));
    return bind_correlate(b, node, NULL, &none, ret, err);
}

static enum code from_part(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                           struct relation *ret, struct error *err)
{
    switch (node->kind) {
    case AST_FROM_TABLE:
        return from_table(b, (const struct ast_from_table *)node, ctes, ret, err);
    case AST_FROM_QUERY: {
        const struct ast_from_query *from = (const struct ast_from_query *)node;
        TRY(bind_query(b, from->query, ctes, ret, err));
        return apply_alias(b, &from->alias, STR(""), ret, err);
    }
    case AST_JOIN:
        return bind_join(b, (const struct ast_join *)node, ctes, ret, err);
    case AST_FROM_CALL:
    case AST_FROM_UNNEST:
        if (bind_is_correlate(node))
            return from_function(b, node, ret, err);
        return from_window(b, (const struct ast_from_call *)node, ctes, ret, err);
    case AST_FROM_MATCH:
        return bind_unsupported(node->span, "MATCH_RECOGNIZE", err);
    default:
        return error_at(err, E_SYNTAX, node->span, "this cannot stand in FROM");
    }
}

enum code bind_from(struct binder *b, const struct ast_node *node, const struct cte *ctes,
                    struct relation *ret, struct error *err)
{
    enum code code = from_part(b, node, ctes, ret, err);
    if (code == OK || !bind_goes_on(b, code, err))
        return code;
    TRY(bind_single_row(b, node->span, ret, err));
    ret->scope.has_gap = true;
    return OK;
}
