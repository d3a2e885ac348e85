/* bind_correlate.c -- UNNEST(...) and TABLE(f(...)) beside the rows they take their
 * arguments from.
 *
 * Blink's JSON_TUPLE(document, path ...) gives a row a path: it is UNNEST of an array of
 * JSON_VALUEs, so that its paths are read in the one pass of all JSON functions. */
#include "bind/binder.h"

#include "base/nearest.h"
#include "expr/table_function.h"

bool bind_is_correlate(const struct ast_node *node)
{
    if (node->kind == AST_FROM_UNNEST)
        return true;
    return node->kind == AST_FROM_CALL &&
           !bind_is_window_function(((const struct ast_from_call *)node)->call);
}

struct correlate_build {
    struct binder *b;
    const struct relation *left;
    const struct ast_node *right;
    struct table_call call;
    const struct table_function *function;
    bool outer;
    bool with_ordinality;
    bool is_tuple;
    const struct ast_alias *alias;
};

static bool is_true(const struct ast_node *node)
{
    return node->kind == AST_LITERAL && ((const struct ast_literal *)node)->what == LIT_TRUE;
}

/* '$.a' for 'a'; what begins with $ is a path already. */
static enum code tuple_path(struct binder *b, struct expr *key, struct expr **ret,
                            struct error *err)
{
    struct str text;
    if (expr_literal_text(key, &text)) {
        if (text.size > 0 && text.data[0] == '$') {
            *ret = key;
            return OK;
        }
        char *path = arena_printf(b->arena, "$." STR_FMT, STR_ARG(text));
        *ret = path ? expr_string(b->arena, str_of(path), key->span) : NULL;
        return *ret ? OK : error_nomem(err);
    }
    struct expr *pattern = expr_string(b->arena, STR("$%"), key->span);
    struct expr *prefix = expr_string(b->arena, STR("$."), key->span);
    if (!pattern || !prefix)
        return error_nomem(err);
    struct expr *parts[3];
    TRY(bind_operator(b, "LIKE", (struct expr *[]){ key, pattern }, 2, key->span, &parts[0], err));
    parts[1] = key;
    TRY(bind_operator(b, "CONCAT", (struct expr *[]){ prefix, key }, 2, key->span, &parts[2],
                      err));
    return bind_case(b, parts, 3, key->span, ret, err);
}

static enum code bind_tuple(struct correlate_build *t, struct error *err)
{
    struct binder *b = t->b;
    uint32_t n = t->call.arg_count;
    if (n < 2)
        return error_at(err, E_TYPE, t->call.span, "the form is JSON_TUPLE(document, path, ...)");
    struct expr **values = arena_array(b->arena, struct expr *, n - 1);
    if (!values)
        return error_nomem(err);
    for (uint32_t i = 1; i < n; i++) {
        struct expr *args[2] = { t->call.args[0], NULL };
        TRY(tuple_path(b, t->call.args[i], &args[1], err));
        TRY(bind_operator(b, "JSON_VALUE", args, 2, t->call.span, &values[i - 1], err));
    }
    t->call.arg_count = 1;
    t->function = &table_function_unnest;
    return bind_operator(b, "ARRAY", values, n - 1, t->call.span, &t->call.args[0], err);
}

static enum code find_function(struct correlate_build *t, const struct ast_from_call *node,
                               struct error *err)
{
    struct binder *b = t->b;
    struct str name;
    TRY(bind_object_name(&node->call->path, &name, err));
    t->is_tuple = binder_is_blink(b) && str_iis(name, "JSON_TUPLE");
    t->function = table_function_find(name, b->env.dialect);
    if (t->function || t->is_tuple)
        return OK;
    error_at(err, E_NAME, node->call->path.span, "table function \"" STR_FMT "\" does not exist",
             STR_ARG(name));
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (uint32_t i = 0; table_function_at(i); i++)
        nearest_add(&nearest, str_of(table_function_at(i)->name));
    bind_near_window_function(&nearest);
    struct str best = nearest_end(&nearest);
    if (function_find(name, b->env.dialect))
        error_hint(err, "\"" STR_FMT "\" gives a value: it can stand in the select list.",
                   STR_ARG(name));
    else if (best.data && best.size > 2 * nearest.distance) /* HOP is no guess for NOPE */
        error_hint(err, "Perhaps you meant " STR_FMT ".", STR_ARG(best));
    return E_NAME;
}

static enum code bind_arguments(struct correlate_build *t, struct error *err)
{
    struct binder *b = t->b;
    bool unnest = t->right->kind == AST_FROM_UNNEST;
    const struct ast_from_unnest *u = (const struct ast_from_unnest *)t->right;
    const struct ast_from_call *c = (const struct ast_from_call *)t->right;
    const struct ast_list *args = unnest ? &u->args : &c->call->args;
    t->alias = unnest ? &u->alias : &c->alias;
    t->with_ordinality = unnest && u->with_ordinality;
    t->call.env = &b->env;
    t->call.span = t->right->span;
    t->call.arg_count = args->count;
    t->function = &table_function_unnest;
    if (!unnest)
        TRY(find_function(t, c, err));
    if (!(t->call.args = arena_array(b->arena, struct expr *, MAX(args->count, 1))))
        return error_nomem(err);
    enum code failed = OK;
    TRY(bind_parts(b, &t->left->scope, args, t->call.args, &failed, err));
    if (failed != OK)
        return bind_told(err);
    if (t->is_tuple)
        TRY(bind_tuple(t, err));
    enum code code = t->function->resolve(&t->call, err);
    if (code != OK)
        error_locate(err, t->call.span);
    return code;
}

/* The left side with the arguments that are no columns behind it. */
static enum code make_below(struct correlate_build *t, uint32_t *args, struct plan **ret,
                            struct error *err)
{
    struct binder *b = t->b;
    struct plan *input = t->left->plan;
    uint32_t n = input->field_count, more = 0;
    for (uint32_t i = 0; i < t->call.arg_count; i++)
        args[i] = t->call.args[i]->kind == EXPR_COLUMN ? t->call.args[i]->column : n + more++;
    *ret = input;
    if (more == 0)
        return OK;
    struct plan *plan =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n + more, 1, t->right->span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n + more);
    if (!plan || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        plan->fields[i] = input->fields[i];
        if (!(exprs[i] = expr_column(b->arena, i, input->fields[i].type, t->right->span)))
            return error_nomem(err);
    }
    for (uint32_t i = 0; i < t->call.arg_count; i++) {
        if (args[i] < n)
            continue;
        char *name = arena_printf(b->arena, "$%u", args[i]);
        if (!name)
            return error_nomem(err);
        exprs[args[i]] = t->call.args[i];
        plan->fields[args[i]] = (struct field){ str_of(name), t->call.args[i]->type };
    }
    ((struct plan_calc *)plan)->exprs = exprs;
    plan->inputs[0] = input;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

static enum code make_node(struct correlate_build *t, struct plan **ret, uint32_t *ret_from,
                           struct error *err)
{
    struct binder *b = t->b;
    uint32_t *args = arena_array(b->arena, uint32_t, MAX(t->call.arg_count, 1));
    if (!args)
        return error_nomem(err);
    struct plan *below;
    TRY(make_below(t, args, &below, err));
    uint32_t n = below->field_count, m = t->call.column_count;
    struct plan *plan = bind_node(b, PLAN_CORRELATE, sizeof(struct plan_correlate),
                                  n + m + t->with_ordinality, 1, t->right->span);
    if (!plan)
        return error_nomem(err);
    memcpy(plan->fields, below->fields, n * sizeof *plan->fields);
    for (uint32_t i = 0; i < m; i++) {
        const struct type *type = type_with_null(b->arena, t->call.types[i], false);
        if (!type)
            return error_nomem(err);
        plan->fields[n + i] = (struct field){ t->call.names[i], type };
    }
    if (t->with_ordinality)
        plan->fields[n + m] = (struct field){ STR("ORDINALITY"), &type_int };
    struct plan_correlate *correlate = (struct plan_correlate *)plan;
    correlate->function = t->function;
    correlate->state = t->call.state;
    correlate->args = args;
    correlate->arg_count = t->call.arg_count;
    correlate->left = t->outer;
    correlate->with_ordinality = t->with_ordinality;
    plan->inputs[0] = below;
    plan->before = true;
    *ret = plan;
    *ret_from = n;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* The left side's names, then those of the function's columns under its alias. */
static enum code make_scope(struct correlate_build *t, struct plan *plan, uint32_t from,
                            struct relation *ret, struct error *err)
{
    struct binder *b = t->b;
    uint32_t made = plan->field_count - from;
    const struct ast_names *names = &t->alias->columns;
    struct str qualifier = ast_has_name(&t->alias->name) ? t->alias->name.text : STR("");
    if (names->count > 0 && names->count != made)
        return error_at(err, E_NAME, names->span,
                        "the list names %u columns, and the function gives %u", names->count, made);
    *ret = (struct relation){ .plan = plan, .scope.has_gap = t->left->scope.has_gap };
    for (uint32_t i = 0; i < t->left->scope.count; i++) {
        struct scope_item item = t->left->scope.items[i];
        if (!ARENA_PUSH(b->arena, ret->scope.items, ret->scope.count, ret->scope.cap, item))
            return error_nomem(err);
    }
    for (uint32_t i = 0; i < made; i++) {
        struct str name = names->count > 0 ? names->items[i].text : plan->fields[from + i].name;
        if (!scope_add(b, &ret->scope, qualifier, name, plan->fields[from + i].type, from + i))
            return error_nomem(err);
        plan->fields[from + i].name = name;
    }
    return OK;
}

enum code bind_correlate(struct binder *b, const struct ast_node *right,
                         const struct ast_join *join, const struct relation *left,
                         struct relation *ret, struct error *err)
{
    struct correlate_build t = { .b = b, .left = left, .right = right };
    if (join) {
        t.outer = join->what == JOIN_LEFT;
        bool inner = join->what == JOIN_COMMA || join->what == JOIN_CROSS ||
                     join->what == JOIN_INNER;
        if (!inner && !t.outer)
            return error_at(err, E_PLAN, join->node.span,
                            "a table function joins with CROSS JOIN, JOIN and LEFT JOIN only: it "
                            "makes its rows of the left one");
        if (t.outer && join->on && !is_true(join->on))
            return error_at(err, E_PLAN, join->on->span,
                            "LEFT JOIN with a table function takes ON TRUE; test its columns in "
                            "WHERE");
        if (join->using_.count > 0 || join->natural)
            return error_at(err, E_PLAN, join->node.span,
                            "a table function is not joined by USING or NATURAL");
    }
    TRY(bind_arguments(&t, err));
    struct plan *plan;
    uint32_t from;
    TRY(make_node(&t, &plan, &from, err));
    TRY(make_scope(&t, plan, from, ret, err));
    if (!join || !join->on || is_true(join->on))
        return OK;
    return bind_condition(b, &ret->scope, join->on, "ON",
                          &((struct plan_correlate *)plan)->condition, err);
}
