/* bind_call.c -- function calls: the ones SQL defines by CASE, JSON with its clauses,
 * and everything else through the registry. */
#include "bind/over.h"

#include "agg/agg_over.h"
#include "base/nearest.h"

#include <stdio.h>

/* A call over the rows of a group; *ret stays NULL if it is none. */
static enum code bind_of_group(struct binder *b, const struct scope *scope,
                               const struct ast_call *node, struct str name, struct expr **ret,
                               struct error *err)
{
    bool aggregate = agg_is_name(name, b->env.dialect);
    bool property = group_is_property(name), set = group_is_set_function(name);
    if (node->over || (!aggregate && !property && !set))
        return OK;
    if (!scope || !scope->group) {
        error_at(err, E_PLAN, node->node.span,
                 "function \"" STR_FMT "\" needs groups of rows, and there are none here",
                 STR_ARG(name));
        if (aggregate)
            error_hint(err, "It can stand in the select list and in HAVING. To filter groups, use "
                            "HAVING.");
        return E_PLAN;
    }
    if (property)
        return group_bind_property(scope->group, scope, node, name, ret, err);
    if (set)
        return group_bind_set_function(scope->group, scope, node, name, ret, err);
    return group_bind_call(scope->group, scope, node, name, ret, err);
}

static enum code refuse_modifiers(const struct ast_call *node, struct str name, struct error *err)
{
    if (agg_is_over_name(name))
        return error_at(err, E_PLAN, node->node.span, "function \"" STR_FMT "\" needs OVER (...)",
                        STR_ARG(name));
    if (group_is_window(&node->node))
        return error_at(err, E_PLAN, node->node.span,
                        "\"" STR_FMT "\" makes windows: it can stand in GROUP BY and in FROM",
                        STR_ARG(name));
    if (node->star || node->distinct || node->filter || node->order_by.count > 0 ||
        node->within_group.count > 0 || node->nulls != CALL_NULLS_DEFAULT)
        return error_at(err, E_SYNTAX, node->node.span,
                        "function \"" STR_FMT
                        "\" is no aggregate: it takes no *, DISTINCT, FILTER, "
                        "ORDER BY or IGNORE NULLS",
                        STR_ARG(name));
    return OK;
}

enum code bind_coalesce(struct binder *b, struct expr **args, uint32_t n, struct span span,
                        struct expr **ret, struct error *err)
{
    /* CASE WHEN a IS NOT NULL THEN a ... ELSE z END: what comes later is evaluated only where
     * it is needed, and equal arguments are one step of the program. */
    struct expr **parts = arena_array(b->arena, struct expr *, 2 * n - 1);
    if (!parts)
        return error_nomem(err);
    for (uint32_t i = 0; i + 1 < n; i++) {
        TRY(bind_operator(b, "IS NOT NULL", &args[i], 1, span, &parts[2 * i], err));
        parts[2 * i + 1] = args[i];
    }
    parts[2 * n - 2] = args[n - 1];
    return bind_case(b, parts, 2 * n - 1, span, ret, err);
}

static enum code arity(const struct ast_call *node, struct str name, uint32_t n, uint32_t least,
                       uint32_t most, struct error *err)
{
    if (n >= least && n <= most)
        return OK;
    static const char *const forms[] = { "IF(condition, value, value)", "NULLIF(value, value)",
                                         "IFNULL(value, value)", "NVL(value, value)",
                                         "COALESCE(value, ...)" };
    error_at(err, E_TYPE, node->node.span, "function " STR_FMT " takes %s%u argument%s, not %u",
             STR_ARG(name), least == most ? "" : "at least ", least, least == 1 ? "" : "s", n);
    for (size_t i = 0; i < countof(forms); i++)
        if (str_ieq(name, str_make(forms[i], strcspn(forms[i], "("))))
            error_hint(err, "Its form is %s.", forms[i]);
    return E_TYPE;
}

/* The arguments must be of one type, as the branches of the CASE that they become. */
static enum code one_type(struct binder *b, struct str name, struct expr **args, uint32_t n,
                          struct error *err)
{
    const struct type *common = args[0]->type;
    for (uint32_t i = 1; i < n; i++) {
        const struct type *wider = type_common(b->arena, common, args[i]->type, binder_is_blink(b));
        if (!wider) {
            struct buf text;
            buf_init(&text, 512);
            type_print(&text, common);
            buf_text(&text, " and ");
            type_print(&text, args[i]->type);
            error_at(err, E_TYPE, args[i]->span,
                     "the arguments of " STR_FMT " have no common type: %s", STR_ARG(name),
                     buf_cstr(&text));
            buf_done(&text);
            error_hint(err, "CAST one of them to the type of the other.");
            return E_TYPE;
        }
        common = wider;
    }
    return OK;
}

static enum code no_condition(const struct expr *e, struct error *err)
{
    struct buf type;
    buf_init(&type, 200);
    type_print(&type, e->type);
    error_at(err, E_TYPE, e->span, "IF needs a condition first, and this is %s", buf_cstr(&type));
    buf_done(&type);
    return E_TYPE;
}

/* Functions that are other expressions.  *ret stays NULL if the name is none of them. */
static enum code bind_rewritten(struct binder *b, const struct ast_call *node, struct str name,
                                struct expr **args, uint32_t n, struct expr **ret,
                                struct error *err)
{
    struct span span = node->node.span;
    if (str_iis(name, "IF")) {
        TRY(arity(node, name, n, 3, 3, err));
        if (args[0]->type->id != TYPE_BOOLEAN && args[0]->type->id != TYPE_NULL)
            return no_condition(args[0], err);
        if (args[0]->type->id == TYPE_NULL && !(args[0] = expr_null(b->arena, &type_boolean, span)))
            return error_nomem(err);
        return bind_case(b, args, 3, span, ret, err);
    }
    if (str_iis(name, "COALESCE")) {
        TRY(arity(node, name, n, 1, UINT32_MAX, err));
        TRY(one_type(b, name, args, n, err));
        return bind_coalesce(b, args, n, span, ret, err);
    }
    if (str_iis(name, "IFNULL") || str_iis(name, "NVL")) {
        TRY(arity(node, name, n, 2, 2, err));
        TRY(one_type(b, name, args, n, err));
        return bind_coalesce(b, args, n, span, ret, err);
    }
    if (str_iis(name, "NULLIF")) {
        TRY(arity(node, name, n, 2, 2, err));
        struct expr *parts[3];
        TRY(bind_operator(b, "=", args, 2, span, &parts[0], err));
        if (!(parts[1] = expr_null(b->arena, args[0]->type, span)))
            return error_nomem(err);
        parts[2] = args[0];
        return bind_case(b, parts, 3, span, ret, err);
    }
    return OK;
}

/* TRIM(x, c) with a side comes as TRIM('BOTH', c, x). */
static enum code arrange_trim(struct binder *b, const struct ast_call *node, struct expr ***args,
                              uint32_t *n, struct error *err)
{
    static const char *const sides[] = {
        [TRIM_BOTH] = "BOTH", [TRIM_LEADING] = "LEADING", [TRIM_TRAILING] = "TRAILING"
    };
    if (*n == 1 && node->trim_side == TRIM_BOTH)
        return OK;
    struct expr **three = arena_array(b->arena, struct expr *, 3);
    if (!three)
        return error_nomem(err);
    struct span span = node->node.span;
    three[0] = expr_string(b->arena, str_of(sides[node->trim_side]), span);
    three[1] = *n > 1 ? (*args)[1] : expr_string(b->arena, STR(" "), span);
    three[2] = (*args)[0];
    if (!three[0] || !three[1])
        return error_nomem(err);
    *args = three;
    *n = 3;
    return OK;
}

/* Functions of other SQLs. */
static const struct foreign {
    const char *name;
    const char *write;
} foreign[] = {
    { "LEN", "CHAR_LENGTH(text)" },
    { "TO_CHAR", "DATE_FORMAT(time, 'yyyy-MM-dd'), or CAST(... AS STRING)" },
    { "TO_NUMBER", "CAST(text AS DECIMAL(20, 4))" },
    { "STR_TO_DATE", "TO_TIMESTAMP(text, 'yyyy-MM-dd HH:mm:ss')" },
    { "DATE_TRUNC", "FLOOR(time TO HOUR)" },
    { "TRUNC", "FLOOR(time TO DAY), or TRUNCATE(number, digits)" },
    { "DATEADD", "time + INTERVAL '1' DAY" },
    { "DATE_PART", "EXTRACT(HOUR FROM time)" },
    { "DATEPART", "EXTRACT(HOUR FROM time)" },
    { "GETDATE", "CURRENT_TIMESTAMP" },
    { "SYSDATE", "CURRENT_TIMESTAMP" },
    { "ISNULL", "x IS NULL, or COALESCE(x, value)" },
    { "STRING_AGG", "LISTAGG(text, separator)" },
    { "GROUP_CONCAT", "LISTAGG(text, separator)" },
    { "CONCAT_LIST", "LISTAGG(text, separator)" },
    { "STRPOS", "POSITION(part IN text)" },
    { "CHARINDEX", "POSITION(part IN text)" },
    { "SPLIT_PART", "SPLIT_INDEX(text, separator, position from 0)" },
    { "SUBSTRING_INDEX", "SPLIT_INDEX(text, separator, position from 0)" },
    { "JSON_EXTRACT", "JSON_VALUE(text, '$.key')" },
    { "JSON_EXTRACT_SCALAR", "JSON_VALUE(text, '$.key')" },
    { "GET_JSON_OBJECT", "JSON_VALUE(text, '$.key')" },
    { "ARRAY_LENGTH", "CARDINALITY(array)" },
    { "SIZE", "CARDINALITY(array)" },
    { "ANY_VALUE", "LAST_VALUE(x)" },
    { "APPROX_DISTINCT", "APPROX_COUNT_DISTINCT(x)" },
    { "UNIX_TIME", "UNIX_TIMESTAMP()" },
    { "GEN_RANDOM_UUID", "UUID()" },
};

/* Behind the error that there is no such function: aggregates are meant as often as others. */
static void suggest_function(const struct binder *b, struct str name, struct error *err)
{
    for (size_t i = 0; i < countof(foreign); i++)
        if (str_iis(name, foreign[i].name)) {
            error_hint(err, "Write %s.", foreign[i].write);
            return;
        }
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (uint32_t i = 0; function_at(i); i++)
        if (function_at(i)->dialects & b->env.dialect)
            nearest_add(&nearest, str_of(function_at(i)->name));
    for (uint32_t i = 0; agg_function_at(i); i++)
        if (agg_function_at(i)->dialects & b->env.dialect)
            nearest_add(&nearest, str_of(agg_function_at(i)->name));
    for (uint32_t i = 0; agg_over_function_at(i); i++)
        nearest_add(&nearest, str_of(agg_over_function_at(i)->name));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant " STR_FMT ".", STR_ARG(best));
}

/* Is there none of that name in any dialect? */
static bool is_no_function(struct str name)
{
    static const char *const rewritten[] = { "IF", "COALESCE", "IFNULL", "NVL", "NULLIF" };
    for (size_t i = 0; i < countof(rewritten); i++)
        if (str_iis(name, rewritten[i]))
            return false;
    return !function_find(name, DIALECT_BLINK) && !function_find(name, DIALECT_FLINK);
}

/* As the registry says it, of a call whose arguments have errors. */
static enum code no_function(struct binder *b, const struct ast_call *node, struct str name,
                             struct error *err)
{
    struct expr *none;
    enum code code = function_bind_name(&b->env, name, NULL, 0, node->node.span, &none, err);
    if (code == E_NAME)
        suggest_function(b, name, err);
    error_locate(err, node->node.span);
    return code;
}

enum code bind_call(struct binder *b, const struct scope *scope, const struct ast_call *node,
                    struct expr **ret, struct error *err)
{
    struct str name;
    TRY(bind_object_name(&node->path, &name, err));
    *ret = NULL;
    if (node->over) {
        if (scope && scope->over)
            return over_bind_call(scope->over, scope, node, name, ret, err);
        error_at(err, E_PLAN, node->node.span, "a call with OVER cannot stand here");
        error_hint(err, "It can stand in a select list. To filter by it, use a subquery.");
        return E_PLAN;
    }
    TRY(bind_of_group(b, scope, node, name, ret, err));
    if (*ret)
        return OK;
    enum code refused = refuse_modifiers(node, name, err);
    if (refused == E_SYNTAX && is_no_function(name))
        return no_function(b, node, name, err); /* what it would take does not matter */
    TRY(refused);
    uint32_t n = node->args.count;
    struct expr **args = arena_array(b->arena, struct expr *, MAX(n, 1));
    if (!args)
        return error_nomem(err);
    enum code failed = OK;
    TRY(bind_parts(b, scope, &node->args, args, &failed, err));
    if (failed != OK)
        return is_no_function(name) ? no_function(b, node, name, err) : bind_told(err);
    TRY(bind_rewritten(b, node, name, args, n, ret, err));
    if (*ret)
        return OK;
    if (str_iis(name, "TRIM") && n >= 1)
        TRY(arrange_trim(b, node, &args, &n, err));
    if ((str_iis(name, "FLOOR") || str_iis(name, "CEIL")) && n == 2 &&
        node->args.items[1]->kind != AST_UNIT)
        return error_at(err, E_TYPE, node->node.span, "the form is " STR_FMT "(x TO DAY)",
                        STR_ARG(name));
    enum code code = function_bind_name(&b->env, name, args, n, node->node.span, ret, err);
    if (code == E_DATA) { /* a literal that can never work: the job is refused, nothing has run */
        code = E_TYPE;
        if (err)
            err->code = code;
    }
    if (code == E_NAME && is_no_function(name))
        suggest_function(b, name, err);
    if (code != OK)
        error_locate(err, node->node.span);
    return code;
}

static enum code bind_behavior(struct binder *b, const struct scope *scope,
                               const struct ast_json_on *on, enum json_behavior *ret,
                               struct expr **ret_value, struct error *err)
{
    static const enum json_behavior map[] = {
        [JSON_ON_DEFAULT_] = JSON_GIVE_DEFAULT,
        [JSON_ON_NULL] = JSON_GIVE_NULL,
        [JSON_ON_ERROR] = JSON_GIVE_ERROR,
        [JSON_ON_VALUE] = JSON_GIVE_DEFAULT_VALUE,
        [JSON_ON_TRUE] = JSON_GIVE_TRUE,
        [JSON_ON_FALSE] = JSON_GIVE_FALSE,
        [JSON_ON_UNKNOWN] = JSON_GIVE_UNKNOWN,
        [JSON_ON_EMPTY_ARRAY] = JSON_GIVE_EMPTY_ARRAY,
        [JSON_ON_EMPTY_OBJECT] = JSON_GIVE_EMPTY_OBJECT,
    };
    *ret = map[on->behavior];
    if (on->value)
        TRY(bind_expr(b, scope, on->value, ret_value, err));
    return OK;
}

static enum code bind_json_aggregate(struct binder *b, const struct scope *scope,
                                     const struct ast_json *node, struct str name,
                                     struct expr **ret, struct error *err)
{
    struct span span = node->node.span;
    if (!agg_is_name(name, b->env.dialect))
        return error_at(err, E_NAME, span,
                        "function \"" STR_FMT "\" does not exist in the Blink dialect",
                        STR_ARG(name));
    if (node->over)
        return bind_unsupported(span, "a JSON aggregate with OVER", err);
    if (!scope || !scope->group)
        return error_at(err, E_PLAN, span,
                        "function \"" STR_FMT "\" needs groups of rows, and there are none here",
                        STR_ARG(name));
    return group_bind_json(scope->group, scope, node, name, ret, err);
}

enum code bind_json(struct binder *b, const struct scope *scope, const struct ast_json *node,
                    struct expr **ret, struct error *err)
{
    static const char *const names[] = {
        [JSON_FUNC_VALUE] = "JSON_VALUE",       [JSON_FUNC_QUERY] = "JSON_QUERY",
        [JSON_FUNC_EXISTS] = "JSON_EXISTS",     [JSON_FUNC_OBJECT] = "JSON_OBJECT",
        [JSON_FUNC_ARRAY] = "JSON_ARRAY",       [JSON_FUNC_OBJECTAGG] = "JSON_OBJECTAGG",
        [JSON_FUNC_ARRAYAGG] = "JSON_ARRAYAGG",
    };
    static const enum json_wrapper wrappers[] = {
        [JSON_WRAPPER_DEFAULT_] = JSON_WITHOUT_WRAPPER,
        [AST_JSON_WITHOUT_WRAPPER] = JSON_WITHOUT_WRAPPER,
        [AST_JSON_WITH_CONDITIONAL_WRAPPER] = JSON_WITH_CONDITIONAL_WRAPPER,
        [AST_JSON_WITH_WRAPPER] = JSON_WITH_WRAPPER,
    };
    struct span span = node->node.span;
    if (node->func == JSON_FUNC_OBJECTAGG || node->func == JSON_FUNC_ARRAYAGG)
        return bind_json_aggregate(b, scope, node, str_of(names[node->func]), ret, err);
    uint32_t n = node->args.count;
    struct expr **args = arena_array(b->arena, struct expr *, MAX(n, 1));
    struct json_clauses *clauses = arena_new(b->arena, struct json_clauses);
    if (!args || !clauses)
        return error_nomem(err);
    enum code failed = OK;
    TRY(bind_parts(b, scope, &node->args, args, &failed, err));
    if (failed != OK)
        return bind_told(err);
    if (node->returning)
        TRY(bind_type(&b->env, node->returning, &clauses->returning, err));
    TRY(bind_behavior(b, scope, &node->on_empty, &clauses->on_empty, &clauses->default_empty, err));
    TRY(bind_behavior(b, scope, &node->on_error, &clauses->on_error, &clauses->default_error, err));
    clauses->wrapper = wrappers[node->wrapper];
    /* SQL:2016 defaults: JSON_OBJECT keeps NULLs, JSON_ARRAY drops them. */
    clauses->absent_on_null = node->nulls == JSON_ABSENT_ON_NULL ||
                              (node->nulls == JSON_NULLS_DEFAULT_ && node->func == JSON_FUNC_ARRAY);
    const struct function *f = function_find(str_of(names[node->func]), b->env.dialect);
    if (!f)
        return error_at(err, E_NAME, span, "function \"%s\" does not exist in the %s dialect",
                        names[node->func], binder_is_blink(b) ? "Blink" : "Flink");
    enum code code = function_bind(&b->env, f, args, n, clauses, span, ret, err);
    if (code != OK)
        error_locate(err, span);
    return code;
}
