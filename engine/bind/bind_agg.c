/* bind_agg.c -- aggregate calls in expressions, and from the input's columns to those
 * of the operator. */
#include "bind/over.h"

#include "base/utf8.h"

enum { LABEL_BYTES = 120 };

struct search {
    const struct binder *b;
    bool found;
};

bool group_is_aggregate(const struct binder *b, const struct ast_node *node)
{
    if (node->kind == AST_CALL) {
        const struct ast_call *call = (const struct ast_call *)node;
        struct str name = call->path.items[call->path.count - 1].text;
        return !call->over && (agg_is_name(name, b->env.dialect) || group_is_property(name) ||
                               group_is_set_function(name));
    }
    if (node->kind == AST_JSON) {
        const struct ast_json *json = (const struct ast_json *)node;
        return json->func == JSON_FUNC_OBJECTAGG || json->func == JSON_FUNC_ARRAYAGG;
    }
    return false;
}

static bool look(void *cx, const struct ast_node *node)
{
    struct search *s = cx;
    if (node->kind == AST_QUERY || node->kind == AST_SUBQUERY || node->kind == AST_WINDOW)
        return true;
    s->found = s->found || group_is_aggregate(s->b, node);
    return !s->found && ast_each_child(node, look, s) && !s->found;
}

bool group_has_aggregate(const struct binder *b, const struct ast_node *node)
{
    struct search s = { .b = b };
    look(&s, node);
    return s.found;
}

static bool same_use(const struct agg_use *a, const struct agg_use *b)
{
    if (a->distinct != b->distinct || !agg_equal(a->agg, b->agg) || !a->filter != !b->filter ||
        (a->filter && !expr_equal(a->filter, b->filter)))
        return false;
    for (uint32_t i = 0; i < a->agg->arg_count; i++)
        if (!expr_equal(a->args[i], b->args[i]))
            return false;
    return true;
}

static struct expr *placeholder(struct grouping *g, uint32_t at, const struct type *type,
                                struct span span)
{
    return expr_column(g->b->arena, g->base + at, type, span);
}

static enum code check_call(const struct grouping *g, const struct ast_call *node,
                            struct str name, struct error *err)
{
    struct span span = node->node.span;
    if (g->in_argument)
        return error_at(err, E_TYPE, span,
                        "aggregate function \"" STR_FMT "\" cannot stand inside of another one",
                        STR_ARG(name));
    if (node->order_by.count > 0 || node->within_group.count > 0)
        return bind_unsupported(span, "ORDER BY inside of an aggregate", err);
    if (node->nulls == CALL_RESPECT_NULLS && !str_iis(name, "ARRAY_AGG"))
        return bind_unsupported(span, "RESPECT NULLS", err);
    if (node->args.count > AGG_ARGS_MAX)
        return error_at(err, E_TYPE, span, "function \"" STR_FMT "\" takes at most %d arguments",
                        STR_ARG(name), AGG_ARGS_MAX);
    return OK;
}

/* The placeholder of a call, which may be there already. */
static enum code add_use(struct grouping *g, const struct agg_use *use, struct expr **ret,
                         struct error *err)
{
    uint32_t at = 0;
    while (at < g->call_count && !same_use(&g->calls[at], use))
        at++;
    if (at == g->call_count) {
        if (at == GROUP_CALLS_MAX)
            return error_at(err, E_LIMIT, use->span, "a query has at most %d aggregates",
                            GROUP_CALLS_MAX);
        if (!ARENA_PUSH(g->b->arena, g->calls, g->call_count, g->call_cap, *use))
            return error_nomem(err);
    }
    *ret = placeholder(g, at, use->agg->result, use->span);
    return *ret ? OK : error_nomem(err);
}

/* Arguments and filter, over the input. */
static enum code bind_use(struct grouping *g, const struct scope *scope,
                          const struct ast_list *args, const struct ast_node *filter,
                          struct agg_use *use, struct error *err)
{
    enum code failed = OK;
    g->in_argument = true;
    enum code code = bind_parts(g->b, scope, args, use->args, &failed, err);
    if (code == OK && filter)
        code = bind_condition(g->b, scope, filter, "FILTER", &use->filter, err);
    g->in_argument = false;
    TRY(code);
    return failed == OK ? OK : bind_told(err);
}

/* ARRAY_AGG alone has NULLs among its values; without them it is one with a filter. */
static enum code ignore_nulls(struct binder *b, struct agg_use *use, struct error *err)
{
    struct expr *both[2] = { NULL, use->filter };
    TRY(function_bind_name(&b->env, STR("IS NOT NULL"), &use->args[0], 1, use->span, &both[0],
                           err));
    use->filter = both[1] ? expr_logic(b->arena, EXPR_AND, both, 2, use->span) : both[0];
    return use->filter ? OK : error_nomem(err);
}

/* LAST_VALUE(id) of a group by id is id, and what reads it then knows that it is a key.  In Blink
 * only: Flink does not see it, and joins of such a stream would show fewer changes than Flink's. */
static bool is_key(const struct grouping *g, const struct agg_use *use)
{
    static const char *const names[] = { "FIRST_VALUE", "LAST_VALUE", "MIN", "MAX" };
    const struct agg *agg = use->agg;
    bool picks = false;
    for (size_t i = 0; i < countof(names); i++)
        picks = picks || strcmp(agg->function->name, names[i]) == 0;
    if (!picks || agg->arg_count != 1 || use->filter || g->set_count > 0 ||
        g->b->env.dialect != DIALECT_BLINK ||
        use->args[0]->type->time_attribute != TIME_PLAIN)
        return false;
    for (uint32_t i = 0; i < g->key_count; i++)
        if (!g->keys[i].is_property && expr_equal(g->keys[i].expr, use->args[0]))
            return true;
    return false;
}

enum code group_label(struct binder *b, const struct ast_node *node, struct str *ret,
                      struct error *err)
{
    struct buf text;
    buf_init(&text, UINT32_MAX);
    ast_print(&text, node, 0);
    if (text.size > LABEL_BYTES) {
        text.size = utf8_valid_prefix(text.data, LABEL_BYTES);
        buf_text(&text, "...");
    }
    enum code code = buf_check(&text, err);
    if (code == OK) {
        *ret = arena_str(b->arena, buf_view(&text));
        code = ret->data ? OK : error_nomem(err);
    }
    buf_done(&text);
    return code;
}

enum code group_bind_call(struct grouping *g, const struct scope *scope,
                          const struct ast_call *node, struct str name, struct expr **ret,
                          struct error *err)
{
    struct span span = node->node.span;
    TRY(check_call(g, node, name, err));
    struct agg_use use = { .distinct = node->distinct, .span = span };
    TRY(group_label(g->b, &node->node, &use.label, err));
    enum code code = bind_use(g, scope, &node->args, node->filter, &use, err);
    if (code == OK)
        code = agg_bind(&g->b->env, name, use.args, node->args.count, node->distinct, span,
                        &use.agg, err);
    if (code == OK && node->nulls == CALL_IGNORE_NULLS && str_iis(name, "ARRAY_AGG"))
        code = ignore_nulls(g->b, &use, err);
    if (code != OK) {
        error_locate(err, span);
        return code;
    }
    if (is_key(g, &use)) {
        *ret = use.args[0];
        return OK;
    }
    return add_use(g, &use, ret, err);
}

/* As Flink: the value becomes JSON text before it is aggregated. */
enum code group_bind_json(struct grouping *g, const struct scope *scope,
                          const struct ast_json *node, struct str name, struct expr **ret,
                          struct error *err)
{
    struct binder *b = g->b;
    struct span span = node->node.span;
    uint32_t n = node->args.count;
    if (g->in_argument)
        return error_at(err, E_TYPE, span,
                        "aggregate function \"" STR_FMT "\" cannot stand inside of another one",
                        STR_ARG(name));
    bool keeps = node->nulls == JSON_NULL_ON_NULL ||
                 (node->nulls == JSON_NULLS_DEFAULT_ && node->func == JSON_FUNC_OBJECTAGG);
    struct agg_use use = { .span = span };
    TRY(group_label(b, &node->node, &use.label, err));
    enum code code = bind_use(g, scope, &node->args, node->filter, &use, err);
    if (code == OK)
        code = function_bind_name(&b->env, STR("JSON_STRING"), &use.args[n - 1], 1, span,
                                  &use.args[n - 1], err);
    if (code == OK && !(use.args[n] = expr_bool(b->arena, keeps, span)))
        return error_nomem(err);
    if (code == OK)
        code = agg_bind(&b->env, name, use.args, n + 1, false, span, &use.agg, err);
    if (code != OK) {
        error_locate(err, span);
        return code;
    }
    return add_use(g, &use, ret, err);
}

static enum code not_grouped(const struct grouping *g, const struct expr *e, struct error *err)
{
    const struct scope *scope = &g->from->scope;
    for (uint32_t i = 0; i < scope->count; i++) {
        if (scope->items[i].column != e->column)
            continue;
        error_at(err, E_PLAN, e->span, "column \"" STR_FMT "\" is neither grouped by nor inside "
                 "of an aggregate",
                 STR_ARG(scope->items[i].name));
        error_hint(err, "Add it to GROUP BY, or say which of its values is meant: LAST_VALUE(" STR_FMT
                   "), MAX(" STR_FMT ").",
                   STR_ARG(scope->items[i].name), STR_ARG(scope->items[i].name));
        return E_PLAN;
    }
    return error_at(err, E_PLAN, e->span, "a column is neither grouped by nor inside of an "
                                          "aggregate");
}

/* Keys come first in the output, then calls, then properties. */
static uint32_t operator_keys(const struct grouping *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->key_count; i++)
        n += !g->keys[i].is_property;
    return n + (g->set_count > 0); /* which set */
}

enum code group_output(struct grouping *g, struct expr *e, struct expr **ret, struct error *err)
{
    struct arena *arena = g->b->arena;
    uint32_t keys = operator_keys(g);
    for (uint32_t i = 0; i < g->key_count; i++) {
        if (!expr_equal(g->keys[i].expr, e))
            continue;
        uint32_t at = g->keys[i].is_property ? keys + g->call_count + g->keys[i].at
                                             : g->keys[i].at;
        *ret = expr_column(arena, at, e->type, e->span);
        return *ret ? OK : error_nomem(err);
    }
    if (e->kind == EXPR_COLUMN) {
        if (e->column < g->base)
            return not_grouped(g, e, err);
        uint32_t at = e->column - g->base;
        if (at >= OVER_PLACEHOLDERS) { /* behind the operator */
            *ret = e;
            return OK;
        }
        if (at >= GROUP_VALUE_PLACEHOLDERS) {
            *ret = g->values[at - GROUP_VALUE_PLACEHOLDERS].output;
            return OK;
        }
        if (at == GROUP_SET_PLACEHOLDER)
            at = keys - 1;
        else if (at >= GROUP_CALLS_MAX)
            at = keys + g->call_count + (at - GROUP_CALLS_MAX);
        else
            at += keys;
        *ret = expr_column(arena, at, e->type, e->span);
        return *ret ? OK : error_nomem(err);
    }
    if (e->arg_count == 0) {
        *ret = e;
        return OK;
    }
    struct expr **args = arena_array(arena, struct expr *, e->arg_count);
    if (!args)
        return error_nomem(err);
    for (uint32_t i = 0; i < e->arg_count; i++)
        TRY(group_output(g, e->args[i], &args[i], err));
    *ret = expr_with_args(arena, e, args);
    return *ret ? OK : error_nomem(err);
}
