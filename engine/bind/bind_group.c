/* bind_group.c -- SELECT with groups: a calc that makes keys and arguments, the
 * operator, and a calc for HAVING and the select list. */
#include "bind/over.h"

#include <stdio.h>

bool group_is_needed(const struct binder *b, const struct ast_select *node)
{
    if (node->grouped || node->having)
        return true;
    for (uint32_t i = 0; i < node->items.count; i++)
        if (group_has_aggregate(b, ((const struct ast_select_item *)node->items.items[i])->expr))
            return true;
    return false;
}

/* --- what GROUP BY does not mean here, though other systems read it so ---------------------- */

/* `ret` is what item i of the select list computes, as SQL; empty if that is no short text. */
static void print_item(const struct ast_select *node, uint32_t i, char *ret, size_t room)
{
    const struct ast_select_item *item = (const struct ast_select_item *)node->items.items[i];
    struct buf text;
    buf_init(&text, 1 << 16);
    ast_print(&text, item->expr, 0);
    struct str view = buf_view(&text);
    ret[0] = '\0';
    if (view.size > 0 && view.size < room)
        snprintf(ret, room, STR_FMT, STR_ARG(view));
    buf_done(&text);
}

/* A key that is no column: is it a name that the select list gives? */
static void explain_alias(const struct grouping *g, const struct ast_node *node, struct error *err)
{
    const struct ast_column *column = (const struct ast_column *)node;
    if (node->kind != AST_COLUMN || column->path.count != 1)
        return;
    struct str name = column->path.items[0].text;
    for (uint32_t i = 0; i < g->select->items.count; i++) {
        const struct ast_select_item *item =
            (const struct ast_select_item *)g->select->items.items[i];
        if (!item->alias.text.data || !str_ieq(item->alias.text, name))
            continue;
        char text[100];
        print_item(g->select, i, text, sizeof text);
        error_detail(err, "The select list, which gives this name, comes after GROUP BY.");
        if (group_has_aggregate(g->b, item->expr))
            error_hint(err, "Groups cannot be made by an aggregate of theirs; a query around this "
                            "one can group by it.");
        else if (text[0])
            error_hint(err, "Write GROUP BY %s.", text);
        return;
    }
}

/* Item i of the select list is not grouped by: does GROUP BY have its number? */
static void explain_ordinal(const struct ast_select *node, uint32_t i, struct error *err)
{
    char number[16];
    snprintf(number, sizeof number, "%u", i + 1);
    for (uint32_t k = 0; k < node->group_by.count; k++) {
        const struct ast_literal *key = (const struct ast_literal *)node->group_by.items[k];
        if (key->node.kind != AST_LITERAL || key->what != LIT_INTEGER || key->negative ||
            !str_is(key->text, number))
            continue;
        char text[100];
        print_item(node, i, text, sizeof text);
        error_detail(err, "In GROUP BY %s is a value like any other, not a column of the result.",
                     number);
        if (text[0])
            error_hint(err, "Write GROUP BY %s.", text);
        return;
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

enum code group_add_key(struct grouping *g, const struct ast_node *node, uint32_t *ret,
                        struct error *err)
{
    struct binder *b = g->b;
    struct group_key key = { 0 };
    enum code code = bind_expr(b, &g->from->scope, node, &key.expr, err);
    if (code == E_NAME)
        explain_alias(g, node, err);
    if (code != OK)
        return code;
    if (key.expr->type->id == TYPE_NULL &&
        !(key.expr = expr_null(b->arena, &type_string, node->span)))
        return error_nomem(err);
    for (uint32_t i = 0; i < g->key_count; i++)
        if (expr_equal(g->keys[i].expr, key.expr)) {
            *ret = i;
            return OK;
        }
    *ret = g->key_count;
    if (g->key_count == GROUP_KEYS_MAX)
        return error_at(err, E_LIMIT, node->span, "GROUP BY takes at most %d expressions",
                        GROUP_KEYS_MAX);
    return ARENA_PUSH(b->arena, g->keys, g->key_count, g->key_cap, key) ? OK : error_nomem(err);
}

static enum code bind_keys(struct grouping *g, const struct ast_select *node, struct error *err)
{
    if (group_has_sets(&node->group_by))
        return group_bind_sets(g, &node->group_by, err);
    enum code failed = OK;
    for (uint32_t i = 0; i < node->group_by.count; i++) {
        const struct ast_node *item = node->group_by.items[i];
        uint32_t at;
        enum code code = group_is_window(item)
                             ? group_bind_window(g, (const struct ast_call *)item, err)
                             : group_add_key(g, item, &at, err);
        if (code != OK && !bind_goes_on(g->b, code, err))
            return code;
        failed = code != OK ? code : failed;
    }
    return failed;
}

/* --- the calc below ------------------------------------------------------------------ */

struct below {
    struct binder *b;
    struct expr **exprs;
    uint32_t count, cap;
    uint32_t shared_from; /* columns before that are not used for anything else */
};

static enum code below_column(struct below *list, struct expr *e, uint32_t *ret,
                              struct error *err)
{
    for (uint32_t i = list->shared_from; i < list->count; i++)
        if (!(e->flags & CALL_VOLATILE) && expr_equal(list->exprs[i], e)) {
            *ret = i;
            return OK;
        }
    *ret = list->count;
    return ARENA_PUSH(list->b->arena, list->exprs, list->count, list->cap, e) ? OK
                                                                              : error_nomem(err);
}

/* "EXPR$3", or the name of the column that it is. */
static enum code below_name(struct binder *b, const struct plan *input, const struct expr *e,
                            uint32_t at, struct str *ret, struct error *err)
{
    if (e->kind == EXPR_COLUMN && e->column < input->field_count) {
        *ret = input->fields[e->column].name;
        return OK;
    }
    char *text = arena_printf(b->arena, "$%u", at);
    *ret = str_of(text);
    return text ? OK : error_nomem(err);
}

static enum code make_below(struct below *list, struct plan *input, struct expr *filter,
                            struct span span, struct plan **ret, struct error *err)
{
    struct binder *b = list->b;
    struct plan *plan =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), list->count, 1, span);
    if (!plan)
        return error_nomem(err);
    struct plan_calc *calc = (struct plan_calc *)plan;
    calc->filter = filter;
    calc->exprs = list->exprs ? list->exprs : arena_array(b->arena, struct expr *, 1);
    plan->inputs[0] = input;
    for (uint32_t i = 0; i < list->count; i++) {
        plan->fields[i].type = list->exprs[i]->type;
        TRY(below_name(b, input, list->exprs[i], i, &plan->fields[i].name, err));
    }
    *ret = plan;
    return calc->exprs && plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* --- the operator ---------------------------------------------------------------------- */

static enum code make_calls(struct grouping *g, struct below *list, struct agg_call **ret,
                            struct error *err)
{
    struct agg_call *calls = arena_array(g->b->arena, struct agg_call, MAX(g->call_count, 1));
    if (!calls)
        return error_nomem(err);
    for (uint32_t i = 0; i < g->call_count; i++) {
        const struct agg_use *use = &g->calls[i];
        calls[i] = (struct agg_call){
            .agg = use->agg,
            .filter = AGG_NO_COLUMN,
            .distinct = use->distinct,
            .span = use->span,
            .label = use->label,
        };
        for (uint32_t a = 0; a < use->agg->arg_count; a++)
            TRY(below_column(list, use->args[a], &calls[i].args[a], err));
        if (use->filter)
            TRY(below_column(list, use->filter, &calls[i].filter, err));
    }
    *ret = calls;
    return OK;
}

/* Operator keys of the calc below; says which output column each is. */
static enum code make_keys(struct grouping *g, struct below *list, uint32_t **ret,
                           uint32_t *ret_count, struct error *err)
{
    uint32_t *keys = arena_array(g->b->arena, uint32_t, g->key_count + 1);
    if (!keys)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->key_count; i++) {
        if (g->keys[i].is_property)
            continue;
        TRY(below_column(list, g->keys[i].expr, &keys[n], err));
        g->keys[i].at = n++;
    }
    *ret = keys;
    *ret_count = n;
    return OK;
}

static enum code name_outputs(struct grouping *g, struct plan *plan, const struct plan *below,
                              const uint32_t *keys, uint32_t key_count, struct error *err)
{
    static const char *const names[] = { [WINDOW_START] = "window_start",
                                         [WINDOW_END] = "window_end",
                                         [WINDOW_TIME] = "window_time" };
    uint32_t at = 0;
    for (uint32_t i = 0; i < key_count; i++)
        plan->fields[at++] = below->fields[keys[i]];
    for (uint32_t i = 0; i < g->call_count; i++) {
        char *name = arena_printf(g->b->arena, "agg%u", i);
        if (!name)
            return error_nomem(err);
        plan->fields[at++] = (struct field){ str_of(name), g->calls[i].agg->result };
    }
    for (uint32_t i = 0; i < g->property_count; i++)
        plan->fields[at++] =
            (struct field){ str_of(names[g->properties[i].what]), g->properties[i].type };
    return OK;
}

static enum code make_group(struct grouping *g, struct plan *below, const uint32_t *keys,
                            uint32_t key_count, const struct agg_call *calls, struct span span,
                            struct plan **ret, struct error *err)
{
    struct plan *plan = bind_node(g->b, PLAN_GROUP, sizeof(struct plan_group),
                                  key_count + g->call_count, 1, span);
    if (!plan)
        return error_nomem(err);
    struct plan_group *group = (struct plan_group *)plan;
    group->keys = keys;
    group->key_count = key_count;
    group->calls = calls;
    group->call_count = g->call_count;
    plan->inputs[0] = below;
    plan->ttl_ms[0] = g->b->env.state_ttl_ms;
    TRY(name_outputs(g, plan, below, keys, key_count, err));
    *ret = plan;
    return OK;
}

static enum code make_window(struct grouping *g, struct plan *below, const uint32_t *keys,
                             uint32_t key_count, const struct agg_call *calls, struct span span,
                             struct plan **ret, struct error *err)
{
    struct arena *arena = g->b->arena;
    struct plan *plan =
        bind_node(g->b, PLAN_WINDOW, sizeof(struct plan_window),
                  key_count + g->call_count + g->property_count, 1, span);
    enum window_property *properties =
        arena_array(arena, enum window_property, MAX(g->property_count, 1));
    if (!plan || !properties)
        return error_nomem(err);
    for (uint32_t i = 0; i < g->property_count; i++)
        properties[i] = g->properties[i].what;
    struct plan_window *window = (struct plan_window *)plan;
    window->window = g->window;
    window->keys = keys;
    window->key_count = key_count;
    window->calls = calls;
    window->call_count = g->call_count;
    window->properties = properties;
    window->property_count = g->property_count;
    plan->inputs[0] = below;
    TRY(name_outputs(g, plan, below, keys, key_count, err));
    *ret = plan;
    return OK;
}

/* Each row once a set, with the number of the set's bitmap behind its columns. */
static enum code make_expand(struct grouping *g, struct plan *below, const uint32_t *keys,
                             uint32_t key_count, struct span span, struct plan **ret,
                             struct error *err)
{
    uint32_t n = below->field_count;
    struct plan *plan = bind_node(g->b, PLAN_EXPAND, sizeof(struct plan_expand), n + 1, 1, span);
    if (!plan)
        return error_nomem(err);
    struct plan_expand *expand = (struct plan_expand *)plan;
    memcpy(plan->fields, below->fields, n * sizeof *plan->fields);
    plan->fields[n] = (struct field){ STR("$set"), &type_bigint };
    expand->columns = keys;
    expand->column_count = key_count;
    expand->sets = g->sets;
    expand->set_count = g->set_count;
    plan->inputs[0] = below;
    *ret = plan;
    return plan_derive(g->b->arena, plan) ? OK : error_nomem(err);
}

/* The time or the bounds of the window among the columns of the calc below. */
static enum code window_columns(struct grouping *g, struct below *list, struct expr **filter,
                                struct plan **input, struct error *err)
{
    g->window.time = PLAN_NO_COLUMN;
    if (g->assign) {
        struct expr *time;
        TRY(group_fold_window(g, list->exprs, list->count, filter, input, &time, err));
        if (time) {
            g->window = g->assign->window;
            g->time = time;
        }
    }
    if (g->window.kind == WINDOW_ATTACHED) {
        TRY(below_column(list, g->start, &g->window.start, err));
        return below_column(list, g->end, &g->window.end, err);
    }
    if (g->window.kind == WINDOW_SESSION && !g->window.legacy) {
        g->window.partition = NULL; /* the keys are the partition */
        g->window.partition_count = 0;
    }
    return g->window.proctime ? OK : below_column(list, g->time, &g->window.time, err);
}

enum code group_make_operator(struct grouping *g, struct plan *input, struct expr *filter,
                              struct span span, struct plan **ret, struct error *err)
{
    struct below list = { .b = g->b };
    uint32_t *keys, key_count;
    struct agg_call *calls;
    TRY(make_keys(g, &list, &keys, &key_count, err));
    if (g->set_count > 0) /* an aggregate reads the value, not what a set makes of it */
        list.shared_from = list.count;
    TRY(make_calls(g, &list, &calls, err));
    if (g->windowed)
        TRY(window_columns(g, &list, &filter, &input, err));
    struct plan *below;
    TRY(make_below(&list, input, filter, span, &below, err));
    if (g->set_count > 0) {
        TRY(make_expand(g, below, keys, key_count, span, &below, err));
        keys[key_count++] = below->field_count - 1;
    }
    if (g->windowed)
        TRY(make_window(g, below, keys, key_count, calls, span, ret, err));
    else
        TRY(make_group(g, below, keys, key_count, calls, span, ret, err));
    (*ret)->before = true;
    return plan_derive(g->b->arena, *ret) ? OK : error_nomem(err);
}

/* What calls with OVER read are groups. */
static enum code overs_output(struct grouping *g, struct over_list *overs, struct error *err)
{
    for (uint32_t i = 0; i < overs->count; i++) {
        struct over_use *use = &overs->items[i];
        for (uint32_t k = 0; k < use->agg->arg_count; k++)
            TRY(group_output(g, use->args[k], &use->args[k], err));
        for (uint32_t k = 0; k < use->partition_count; k++)
            TRY(group_output(g, use->partition[k], &use->partition[k], err));
        for (uint32_t k = 0; k < use->order_count; k++)
            TRY(group_output(g, use->order[k], &use->order[k], err));
    }
    return OK;
}

/* --- the calc above ---------------------------------------------------------------------- */

static enum code check_fire(const struct grouping *g, struct error *err)
{
    const char *setting = g->b->env.window_fire;
    if (!setting || !g->windowed)
        return OK;
    error_at(err, E_UNSUPPORTED, g->select->group_by.items[0]->span,
             "setting \"%s\" cannot be followed: windows give their rows when they are over", setting);
    error_hint(err, "GROUP BY FLOOR(time TO HOUR), say, in place of the window gives each change as "
                    "it comes; a window with the setting off gives one row at its end.");
    return E_UNSUPPORTED;
}

enum code bind_grouped_select(struct binder *b, const struct ast_select *node,
                              const struct cte *ctes, struct relation *from,
                              struct expr *filter, struct relation *ret, struct error *err)
{
    TRY(group_values_below(b, node, ctes, from, err));
    struct grouping g = { .b = b, .select = node, .from = from, .base = from->plan->field_count };
    enum code keys = bind_keys(&g, node, err);
    if (keys != OK && !bind_goes_on(b, keys, err))
        return keys;
    b->is_broken = b->is_broken || keys != OK; /* what is grouped by is not known */
    TRY(group_find_window(&g, err));
    TRY(check_fire(&g, err));

    struct over_list overs = { .b = b, .select = node, .base = g.base };
    struct scope scope = from->scope;
    scope.group = &g;
    scope.over = over_is_needed(node) ? &overs : NULL;
    struct items list = { 0 };
    struct expr *having = NULL, *qualify = NULL;
    for (uint32_t i = 0; i < node->items.count; i++)
        TRY(group_note_values(&g, &scope, node->items.items[i], ctes, err));
    enum code code = bind_select_list(b, &scope, node, &list, err);
    if (code != OK && !bind_part_fails(b, &scope, code, err))
        return code;
    if (node->qualify)
        TRY(bind_condition(b, &scope, node->qualify, "QUALIFY", &qualify, err));
    scope.over = NULL;
    code = group_bind_having(&g, &scope, node->having, ctes, &having, err);
    if (code != OK && !bind_goes_on(b, code, err))
        return code;
    if (keys != OK)
        return bind_told(err);

    struct plan *operator;
    TRY(group_make_operator(&g, from->plan, filter, node->node.span, &operator, err));
    TRY(group_join_values(&g, ctes, &operator, err));
    if (having)
        TRY(group_output(&g, having, &having, err));
    if (qualify)
        TRY(group_output(&g, qualify, &qualify, err));
    uint32_t star = UINT32_MAX; /* where an item has failed last */
    for (uint32_t i = 0; i < list.count; i++) {
        uint32_t place = list.items[i].expr->span.offset;
        code = group_output(&g, list.items[i].expr, &list.items[i].expr, err);
        if (code == E_PLAN && list.count == node->items.count)
            explain_ordinal(node, i, err);
        if (code == OK)
            continue;
        if (place != star && !bind_goes_on(b, code, err))
            return code;
        star = place; /* one column of a * is enough */
        list.items[i].expr = expr_null(b->arena, &bind_failed_type, list.items[i].expr->span);
        if (!list.items[i].expr)
            return error_nomem(err);
    }
    TRY(overs_output(&g, &overs, err));
    return bind_select_calc(b, node, &list, &overs, operator, having, qualify, ret, err);
}

enum code bind_distinct(struct binder *b, struct span span, struct relation *rel,
                        struct error *err)
{
    struct plan *input = rel->plan;
    uint32_t n = input->field_count;
    struct plan *plan = bind_node(b, PLAN_GROUP, sizeof(struct plan_group), n, 1, span);
    uint32_t *keys = arena_array(b->arena, uint32_t, MAX(n, 1));
    if (!plan || !keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = i;
        plan->fields[i] = input->fields[i];
    }
    ((struct plan_group *)plan)->keys = keys;
    ((struct plan_group *)plan)->key_count = n;
    plan->inputs[0] = input;
    plan->before = true;
    plan->ttl_ms[0] = b->env.state_ttl_ms;
    rel->plan = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}
