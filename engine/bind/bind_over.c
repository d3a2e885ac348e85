/* bind_over.c -- see over.h.  ROW_NUMBER with a condition on it becomes a top-N later, in
 * the optimizer. */
#include "bind/over.h"

#include "agg/agg_over.h"

static bool look(void *cx, const struct ast_node *node)
{
    bool *found = cx;
    if (node->kind == AST_QUERY || node->kind == AST_SUBQUERY)
        return true;
    if (node->kind == AST_CALL && ((const struct ast_call *)node)->over)
        *found = true;
    return !*found && ast_each_child(node, look, cx) && !*found;
}

bool over_is_needed(const struct ast_select *node)
{
    bool found = false;
    for (uint32_t i = 0; i < node->items.count; i++)
        look(&found, ((const struct ast_select_item *)node->items.items[i])->expr);
    if (node->qualify)
        look(&found, node->qualify);
    return found;
}

/* --- the window ------------------------------------------------------------------------ */

static const struct ast_window *named_window(const struct over_list *list, struct str name)
{
    for (uint32_t i = 0; i < list->select->windows.count; i++) {
        const struct ast_window *w = (const struct ast_window *)list->select->windows.items[i];
        if (str_ieq(w->name.text, name))
            return w;
    }
    return NULL;
}

/* The parts of a window, those of the one it refers to included. */
struct window_parts {
    const struct ast_list *partition_by, *order_by;
    const struct ast_window *frame; /* NULL: none */
};

static enum code parts_of(const struct over_list *list, const struct ast_window *node,
                          uint32_t depth, struct window_parts *ret, struct error *err)
{
    if (ast_has_name(&node->base)) {
        const struct ast_window *base = named_window(list, node->base.text);
        if (!base || depth > 16)
            return error_at(err, E_NAME, node->base.span, "window \"" STR_FMT "\" does not exist",
                            STR_ARG(node->base.text));
        TRY(parts_of(list, base, depth + 1, ret, err));
    }
    if (node->partition_by.count > 0)
        ret->partition_by = &node->partition_by;
    if (node->order_by.count > 0)
        ret->order_by = &node->order_by;
    if (node->frame != FRAME_NONE)
        ret->frame = node;
    return OK;
}

static enum code read_frame(struct over_list *list, const struct ast_window *node,
                            struct over_use *use, struct error *err)
{
    struct binder *b = list->b;
    use->rows = node->frame == FRAME_ROWS;
    use->frame_given = true;
    if (node->end_given && node->end.what != BOUND_CURRENT_ROW)
        return error_at(err, E_PLAN, node->node.span,
                        "a frame of a stream ends with CURRENT ROW: what follows is not known yet");
    if (node->start.what == BOUND_UNBOUNDED_PRECEDING) {
        use->preceding = -1;
        return OK;
    }
    if (node->start.what == BOUND_CURRENT_ROW) {
        use->preceding = 0;
        return OK;
    }
    if (node->start.what != BOUND_PRECEDING)
        return error_at(err, E_PLAN, node->node.span, "a frame begins before the current row");
    struct expr *e;
    TRY(bind_expr(b, NULL, node->start.offset, &e, err));
    bool number = expr_literal_i64(e, &use->preceding) && type_is_integer(e->type);
    bool interval = expr_is_literal(e) && !expr_is_null(e) && e->type->id == TYPE_INTERVAL_DAY;
    if (interval)
        use->preceding = e->literal->i64;
    if (use->rows ? !number : !interval)
        return error_at(err, E_TYPE, node->start.offset->span, use->rows
                            ? "ROWS takes a number of rows"
                            : "RANGE takes an interval of time, such as INTERVAL '1' HOUR");
    if (use->preceding < 0)
        return error_at(err, E_TYPE, node->start.offset->span, "a frame cannot begin after its end");
    return OK;
}

static enum code bind_window_parts(struct over_list *list, const struct scope *scope,
                                   const struct ast_window *node, struct over_use *use,
                                   struct error *err)
{
    struct binder *b = list->b;
    struct window_parts parts = { 0 };
    TRY(parts_of(list, node, 0, &parts, err));
    uint32_t n = parts.partition_by ? parts.partition_by->count : 0;
    uint32_t m = parts.order_by ? parts.order_by->count : 0;
    use->partition = arena_array(b->arena, struct expr *, MAX(n, 1));
    use->order = arena_array(b->arena, struct expr *, MAX(m, 1));
    use->order_items = arena_array(b->arena, const struct ast_order_item *, MAX(m, 1));
    if (!use->partition || !use->order || !use->order_items)
        return error_nomem(err);
    enum code failed = OK;
    if (n > 0)
        TRY(bind_parts(b, scope, parts.partition_by, use->partition, &failed, err));
    for (uint32_t i = 0; i < m; i++) {
        use->order_items[i] = (const struct ast_order_item *)parts.order_by->items[i];
        TRY(bind_part(b, scope, use->order_items[i]->expr, &use->order[i], &failed, err));
    }
    if (failed != OK)
        return bind_told(err);
    use->partition_count = n;
    use->order_count = m;
    use->preceding = -1;
    return parts.frame ? read_frame(list, parts.frame, use, err) : OK;
}

static bool same_window(const struct over_use *a, const struct over_use *b)
{
    if (a->partition_count != b->partition_count || a->order_count != b->order_count ||
        a->rows != b->rows || a->preceding != b->preceding)
        return false;
    for (uint32_t i = 0; i < a->partition_count; i++)
        if (!expr_equal(a->partition[i], b->partition[i]))
            return false;
    for (uint32_t i = 0; i < a->order_count; i++)
        if (!expr_equal(a->order[i], b->order[i]) ||
            a->order_items[i]->descending != b->order_items[i]->descending ||
            a->order_items[i]->nulls != b->order_items[i]->nulls)
            return false;
    return true;
}

/* Functions of the order alone have no frame; ROW_NUMBER tells rows of one time apart. */
static enum code set_frame(struct over_use *use, struct str name, struct error *err)
{
    if (!agg_is_over_name(name))
        return OK;
    if (use->frame_given)
        return error_at(err, E_PLAN, use->span,
                        "function \"" STR_FMT "\" takes no frame (ROWS or RANGE)", STR_ARG(name));
    use->rows = str_iis(name, "ROW_NUMBER");
    return OK;
}

enum code over_bind_call(struct over_list *list, const struct scope *scope,
                         const struct ast_call *node, struct str name, struct expr **ret,
                         struct error *err)
{
    struct binder *b = list->b;
    struct span span = node->node.span;
    struct over_use use = { .span = span, .distinct = node->distinct };
    if (list->in_argument)
        return error_at(err, E_PLAN, span, "a call with OVER cannot stand inside of another one");
    if (!agg_is_over_name(name) && !agg_is_name(name, b->env.dialect))
        return error_at(err, E_NAME, span, "function \"" STR_FMT "\" cannot be used with OVER",
                        STR_ARG(name));
    if (node->filter || node->order_by.count > 0 || node->within_group.count > 0)
        return bind_unsupported(span, "FILTER or ORDER BY in a call with OVER", err);
    if (node->args.count > AGG_ARGS_MAX)
        return error_at(err, E_TYPE, span, "function \"" STR_FMT "\" takes at most %d arguments",
                        STR_ARG(name), AGG_ARGS_MAX);
    TRY(group_label(b, &node->node, &use.label, err));
    list->in_argument = true;
    enum code failed = OK;
    enum code code = bind_parts(b, scope, &node->args, use.args, &failed, err);
    if (code == OK)
        code = bind_window_parts(list, scope, node->over, &use, err);
    if (code == OK && failed != OK)
        code = bind_told(err);
    list->in_argument = false;
    if (code == OK)
        code = set_frame(&use, name, err);
    if (code == OK)
        code = agg_over_bind(&b->env, name, use.args, node->args.count, node->distinct, span,
                             &use.agg, err);
    if (code != OK) {
        error_locate(err, span);
        return code;
    }
    use.window = list->windows;
    for (uint32_t i = 0; i < list->count && use.window == list->windows; i++)
        if (same_window(&list->items[i], &use))
            use.window = list->items[i].window;
    list->windows = MAX(list->windows, use.window + 1);
    uint32_t at = list->count;
    if (at == GROUP_CALLS_MAX)
        return error_at(err, E_LIMIT, span, "a query has at most %d calls with OVER",
                        GROUP_CALLS_MAX);
    if (!ARENA_PUSH(b->arena, list->items, list->count, list->cap, use))
        return error_nomem(err);
    *ret = expr_column(b->arena, list->base + OVER_PLACEHOLDERS + at, use.agg->result, span);
    return *ret ? OK : error_nomem(err);
}

/* --- the operators ---------------------------------------------------------------------- */

struct columns {
    struct binder *b;
    struct expr **exprs;
    uint32_t count, cap;
};

static enum code column_of(struct columns *list, struct expr *e, uint32_t *ret, struct error *err)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (!(e->flags & CALL_VOLATILE) && expr_equal(list->exprs[i], e)) {
            *ret = i;
            return OK;
        }
    *ret = list->count;
    return ARENA_PUSH(list->b->arena, list->exprs, list->count, list->cap, e) ? OK
                                                                              : error_nomem(err);
}

static enum code make_calc(struct columns *list, struct plan *input, struct expr *filter,
                           struct span span, struct plan **ret, struct error *err)
{
    struct binder *b = list->b;
    struct plan *plan = bind_node(b, PLAN_CALC, sizeof(struct plan_calc), list->count, 1, span);
    if (!plan)
        return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        char *name = i < input->field_count ? NULL : arena_printf(b->arena, "$%u", i);
        if (i >= input->field_count && !name)
            return error_nomem(err);
        plan->fields[i] = (struct field){ name ? str_of(name) : input->fields[i].name,
                                          list->exprs[i]->type };
    }
    ((struct plan_calc *)plan)->exprs = list->exprs;
    ((struct plan_calc *)plan)->filter = filter;
    plan->inputs[0] = input;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* Flink's default: NULLs are the smallest values. */
static bool nulls_last(const struct ast_order_item *item)
{
    return item->nulls == NULLS_DEFAULT ? item->descending : item->nulls == NULLS_LAST;
}

static enum code set_window(struct columns *columns, const struct over_use *use,
                            struct plan_over *over, struct error *err)
{
    struct arena *arena = columns->b->arena;
    uint32_t *keys = arena_array(arena, uint32_t, MAX(use->partition_count, 1));
    struct plan_order *order = arena_array(arena, struct plan_order, MAX(use->order_count, 1));
    if (!keys || !order)
        return error_nomem(err);
    for (uint32_t i = 0; i < use->partition_count; i++)
        TRY(column_of(columns, use->partition[i], &keys[i], err));
    for (uint32_t i = 0; i < use->order_count; i++) {
        TRY(column_of(columns, use->order[i], &order[i].column, err));
        order[i].descending = use->order_items[i]->descending;
        order[i].nulls_last = nulls_last(use->order_items[i]);
    }
    over->keys = keys;
    over->key_count = use->partition_count;
    over->order = order;
    over->order_count = use->order_count;
    over->proctime =
        use->order_count > 0 && use->order[0]->type->time_attribute == TIME_PROCTIME;
    over->rows = use->rows;
    over->preceding = use->preceding;
    return OK;
}

struct replace {
    const struct over_list *list;
    const uint32_t *columns; /* by use */
};

static struct expr *replace_placeholder(struct arena *arena, struct expr *e, void *arg)
{
    const struct replace *r = arg;
    uint32_t from = r->list->base + OVER_PLACEHOLDERS;
    if (e->kind != EXPR_COLUMN || e->column < from)
        return e;
    return expr_column(arena, r->columns[e->column - from], e->type, e->span);
}

enum code over_make(struct over_list *list, struct plan *input, struct expr *filter,
                    struct expr **exprs, uint32_t count, struct expr **qualify, struct span span,
                    struct plan **ret, struct error *err)
{
    struct binder *b = list->b;
    struct arena *arena = b->arena;
    struct columns columns = { .b = b };
    for (uint32_t i = 0; i < input->field_count; i++) {
        struct expr *e = expr_column(arena, i, input->fields[i].type, span);
        if (!e || !ARENA_PUSH(arena, columns.exprs, columns.count, columns.cap, e))
            return error_nomem(err);
    }
    struct plan_over **overs = arena_array(arena, struct plan_over *, list->windows);
    struct agg_call **calls = arena_array(arena, struct agg_call *, list->windows);
    uint32_t *places = arena_array(arena, uint32_t, MAX(list->count, 1));
    if (!overs || !calls || !places)
        return error_nomem(err);
    for (uint32_t w = 0; w < list->windows; w++)
        if (!(overs[w] = arena_new(arena, struct plan_over)) ||
            !(calls[w] = arena_array(arena, struct agg_call, list->count)))
            return error_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct over_use *use = &list->items[i];
        struct plan_over *over = overs[use->window];
        if (!over->keys)
            TRY(set_window(&columns, use, over, err));
        struct agg_call *call = &calls[use->window][over->call_count++];
        *call = (struct agg_call){ .agg = use->agg,
                                   .filter = AGG_NO_COLUMN,
                                   .distinct = use->distinct,
                                   .span = use->span,
                                   .label = use->label };
        for (uint32_t a = 0; a < use->agg->arg_count; a++)
            TRY(column_of(&columns, use->args[a], &call->args[a], err));
    }
    struct plan *plan;
    TRY(make_calc(&columns, input, filter, span, &plan, err));
    for (uint32_t w = 0; w < list->windows; w++) {
        uint32_t n = plan->field_count, most = overs[w]->call_count;
        struct plan *node =
            bind_node(b, PLAN_OVER, sizeof(struct plan_over), n + most, 1, span);
        if (!node)
            return error_nomem(err);
        struct plan base = *node;
        *(struct plan_over *)node = *overs[w];
        *node = base;
        ((struct plan_over *)node)->calls = calls[w];
        memcpy(node->fields, plan->fields, n * sizeof *node->fields);
        uint32_t at = 0;
        for (uint32_t i = 0; i < list->count; i++) {
            if (list->items[i].window != w)
                continue;
            char *name = arena_printf(arena, "over%u", i);
            if (!name)
                return error_nomem(err);
            node->fields[n + at] = (struct field){ str_of(name), list->items[i].agg->result };
            places[i] = n + at++;
        }
        node->inputs[0] = plan;
        node->before = true;
        node->ttl_ms[0] = b->env.state_ttl_ms;
        if (!plan_derive(arena, node))
            return error_nomem(err);
        plan = node;
    }
    struct replace replace = { list, places };
    for (uint32_t i = 0; i < count; i++)
        if (!(exprs[i] = expr_rewrite(arena, exprs[i], replace_placeholder, &replace)))
            return error_nomem(err);
    if (*qualify && !(*qualify = expr_rewrite(arena, *qualify, replace_placeholder, &replace)))
        return error_nomem(err);
    *ret = plan;
    return OK;
}
