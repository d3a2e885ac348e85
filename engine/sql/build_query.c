/* build_query.c -- queries: bodies, what stands around them, windows, sort keys. */
#include "sql/build.h"

struct ast_query *build_query(struct build *cx, struct ast_node *body)
{
    struct ast_query *query = build_new(cx, struct ast_query);
    if (!query)
        return NULL;
    query->body = body;
    return build_finish(cx, query, AST_QUERY, body->span.offset);
}

struct ast_query *build_query_with(struct build *cx, struct sql_token start, bool recursive,
                                   struct ast_list *ctes, struct ast_node *body)
{
    struct ast_query *query = build_query(cx, body);
    if (!query)
        return NULL;
    query->recursive = recursive;
    query->ctes = *ctes;
    return build_finish(cx, query, AST_QUERY, start.span.offset);
}

static bool is_plain(const struct ast_query *query)
{
    return query->ctes.count == 0 && query->order_by.count == 0 && !query->limit &&
           !query->offset && query->emit.count == 0;
}

struct ast_query *build_query_end(struct build *cx, struct ast_query *query,
                                  struct ast_list *order_by, struct build_limits limits,
                                  struct ast_list *emit)
{
    if (cx->code != OK)
        return NULL;
    query->order_by = build_list_value(order_by);
    query->limit = limits.limit;
    query->offset = limits.offset;
    query->emit = build_list_value(emit);
    /* ((SELECT ... LIMIT 1)) is the query inside, not a query around a query. */
    if (query->body->kind == AST_QUERY && is_plain(query))
        return (struct ast_query *)query->body;
    return build_finish(cx, query, AST_QUERY, query->node.span.offset);
}

struct ast_query *build_query_parens(struct build *cx, struct sql_token open,
                                     struct ast_query *query)
{
    build_parens(cx, open, AST(query));
    return cx->code == OK ? query : NULL;
}

/* A query in parentheses as part of another: only what a body cannot say needs a node. */
struct ast_node *build_query_body(struct build *cx, struct ast_query *query)
{
    if (cx->code != OK)
        return NULL;
    if (!is_plain(query))
        return AST(query);
    query->body->span = query->node.span;
    return query->body;
}

struct ast_node *build_cte(struct build *cx, struct sql_token name, struct ast_names *columns,
                           struct ast_query *query)
{
    struct ast_cte *cte = build_new(cx, struct ast_cte);
    if (!cte)
        return NULL;
    cte->name = build_name(cx, name);
    cte->columns = build_names_value(columns);
    cte->query = query;
    return build_finish(cx, cte, AST_CTE, name.span.offset);
}

struct ast_node *build_setop(struct build *cx, enum ast_setop_kind what, struct ast_node *left,
                             struct sql_token token, int quantifier, struct ast_node *right)
{
    (void)token;
    struct ast_setop *setop = build_new(cx, struct ast_setop);
    if (!setop)
        return NULL;
    setop->what = what;
    setop->all = quantifier == BUILD_ALL;
    setop->left = left;
    setop->right = right;
    return build_finish(cx, setop, AST_SETOP, left->span.offset);
}

/* Every row becomes an AST_ROW: VALUES 1, (2), ROW(3) has three rows of one column. */
struct ast_node *build_values(struct build *cx, struct sql_token start, struct ast_list *rows)
{
    struct ast_items *values = build_new(cx, struct ast_items);
    if (!values)
        return NULL;
    for (uint32_t i = 0; i < rows->count; i++) {
        struct ast_node *value = rows->items[i];
        if (value->kind == AST_ROW)
            continue;
        struct ast_items *row = build_new(cx, struct ast_items);
        if (!row)
            return NULL;
        row->items = build_list_value(build_list(cx, NULL, value));
        if (!build_finish(cx, row, AST_ROW, value->span.offset))
            return NULL;
        row->node.span = value->span;
        rows->items[i] = AST(row);
    }
    values->items = *rows;
    return build_finish(cx, values, AST_VALUES, start.span.offset);
}

struct ast_node *build_table_body(struct build *cx, struct sql_token start, struct ast_names *path)
{
    struct ast_table_body *body = build_new(cx, struct ast_table_body);
    if (!body)
        return NULL;
    body->path = *path;
    return build_finish(cx, body, AST_TABLE_BODY, start.span.offset);
}

struct ast_node *build_select(struct build *cx, struct sql_token start, struct ast_list *hints,
                              int quantifier, struct ast_list *items, struct ast_node *from,
                              struct ast_node *where, struct ast_list *group_by,
                              struct ast_node *having, struct ast_list *windows,
                              struct ast_node *qualify)
{
    struct ast_select *select = build_new(cx, struct ast_select);
    if (!select)
        return NULL;
    select->distinct = quantifier == BUILD_DISTINCT;
    select->all = quantifier == BUILD_ALL;
    select->hints = build_list_value(hints);
    select->items = *items;
    select->from = from;
    select->where = where;
    select->grouped = group_by != NULL;
    select->group_by = build_list_value(group_by);
    select->having = having;
    select->windows = build_list_value(windows);
    select->qualify = qualify;
    return build_finish(cx, select, AST_SELECT, start.span.offset);
}

struct ast_node *build_item(struct build *cx, struct ast_node *expr, const struct sql_token *alias)
{
    struct ast_select_item *item = build_new(cx, struct ast_select_item);
    if (!item)
        return NULL;
    item->expr = expr;
    if (alias)
        item->alias = build_name(cx, *alias);
    return build_finish(cx, item, AST_SELECT_ITEM, expr->span.offset);
}

/* In GROUP BY (a, b) the parentheses make a grouping set, not a row. */
struct ast_node *build_grouping_expr(struct build *cx, struct ast_node *expr)
{
    if (cx->code != OK)
        return NULL;
    struct ast_items *row = (struct ast_items *)expr;
    if (expr->kind != AST_ROW || row->keyword)
        return expr;
    struct ast_grouping *grouping = build_new(cx, struct ast_grouping);
    if (!grouping)
        return NULL;
    grouping->what = GROUPING_SET;
    grouping->items = row->items;
    return build_finish(cx, grouping, AST_GROUPING, expr->span.offset);
}

struct ast_node *build_grouping(struct build *cx, struct sql_token start,
                                enum ast_grouping_kind what, struct ast_list *items)
{
    struct ast_grouping *grouping = build_new(cx, struct ast_grouping);
    if (!grouping)
        return NULL;
    grouping->what = what;
    grouping->items = build_list_value(items);
    return build_finish(cx, grouping, AST_GROUPING, start.span.offset);
}

struct ast_node *build_order_item(struct build *cx, struct ast_node *expr, int descending,
                                  int nulls)
{
    struct ast_order_item *item = build_new(cx, struct ast_order_item);
    if (!item)
        return NULL;
    item->expr = expr;
    item->descending = descending;
    item->nulls = (enum ast_nulls_order)nulls;
    return build_finish(cx, item, AST_ORDER_ITEM, expr->span.offset);
}

struct build_limits build_limits(struct ast_node *limit, struct ast_node *offset)
{
    return (struct build_limits){ .limit = limit, .offset = offset };
}

struct ast_node *build_emit(struct build *cx, struct sql_token start, const struct sql_token *delay,
                            const struct sql_token *unit, int after)
{
    struct ast_emit *emit = build_new(cx, struct ast_emit);
    if (!emit)
        return NULL;
    emit->without_delay = !delay;
    emit->after_watermark = after;
    if (delay) {
        struct ast_node *node = build_literal(cx, *delay, unit ? LIT_INTERVAL : LIT_STRING);
        emit->delay = (struct ast_literal *)node;
        if (node && unit)
            emit->delay->interval.from = build_unit(cx, *unit, NULL, NULL).unit;
    }
    return build_finish(cx, emit, AST_EMIT, start.span.offset);
}

struct ast_window *build_window(struct build *cx, struct sql_token start,
                                const struct sql_token *base, struct ast_list *partition_by,
                                struct ast_list *order_by, struct build_frame frame)
{
    struct ast_window *window = build_new(cx, struct ast_window);
    if (!window)
        return NULL;
    if (base)
        window->base = build_name(cx, *base);
    window->partition_by = build_list_value(partition_by);
    window->order_by = build_list_value(order_by);
    window->frame = frame.kind;
    window->start = frame.start;
    window->end = frame.end;
    window->end_given = frame.end_given;
    return build_finish(cx, window, AST_WINDOW, start.span.offset);
}

struct ast_window *build_window_ref(struct build *cx, struct sql_token name)
{
    struct build_frame frame = build_frame(FRAME_NONE, NULL, NULL);
    struct ast_window *window = build_window(cx, name, &name, NULL, NULL, frame);
    if (window)
        window->reference = true;
    return window;
}

struct ast_node *build_window_name(struct build *cx, struct sql_token name,
                                   struct ast_window *window)
{
    if (cx->code != OK)
        return NULL;
    window->name = build_name(cx, name);
    return build_finish(cx, window, AST_WINDOW, name.span.offset);
}

struct build_frame build_frame(enum ast_frame_kind kind, const struct ast_bound *start,
                               const struct ast_bound *end)
{
    struct build_frame frame = { .kind = kind, .end_given = end != NULL };
    if (start)
        frame.start = *start;
    if (end)
        frame.end = *end;
    else if (start)
        frame.end.what = BOUND_CURRENT_ROW;
    return frame;
}

struct ast_bound build_bound(enum ast_bound_kind what, struct ast_node *offset)
{
    return (struct ast_bound){ .what = what, .offset = offset };
}
