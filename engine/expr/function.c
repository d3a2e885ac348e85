/* function.c -- from a function and its arguments to an expression.
 *
 * Binding a call: the resolve function of the table entry looks at the argument
 * types, coerces them and names a kernel; call_build() makes the node.  A call whose
 * arguments are all literals is computed here, once, by the same kernel; a strict
 * call with a literal NULL is NULL.  Calls that depend on the moment or are volatile
 * stay, and so do calls whose computation failed: they fail where SQL says they are
 * evaluated, which may be never (behind a CASE). */
#include "expr/function.h"

#include "base/hash.h"
#include "expr/call.h"
#include "expr/program.h"

#include <stdarg.h>
#include <stdio.h>

/* --- building ------------------------------------------------------------ */

/* The hash that expr.c gives a call when it rewrites one: equal trees must have equal hashes,
 * whoever made them. */
static uint64_t call_hash(const struct expr *e)
{
    uint64_t hash = call_hash_type(e->type, hash_u64(e->kind, 17));

    hash = hash_u64((uint64_t)(uintptr_t)e->kernel, hash);
    hash = hash_u64(e->state_hash, hash);
    for (uint32_t i = 0; i < e->arg_count; i++)
        hash = hash_u64(e->args[i]->hash, hash);
    return hash;
}

static bool call_is_foldable(const struct call *call)
{
    if (call->flags & (CALL_DYNAMIC | CALL_VOLATILE))
        return false;
    for (uint32_t i = 0; i < call->arg_count; i++)
        if (!expr_is_literal(call->args[i]))
            return false;
    return true;
}

static bool call_has_null(const struct call *call)
{
    for (uint32_t i = 0; i < call->arg_count; i++)
        if (expr_is_null(call->args[i]))
            return true;
    return false;
}

/* The type without what it says of an argument but not of the result: that it is never NULL, and
 * that it is a time attribute.  NULL when out of memory. */
static const struct type *plain_type(const struct call *call)
{
    bool derived = call->arg_count > 0;
    struct type *plain;

    if (!call->type->not_null && !(call->type->time_attribute && derived))
        return call->type;
    plain = arena_alloc(call->env->arena, sizeof *plain);
    if (!plain)
        return NULL;
    *plain = *call->type;
    plain->not_null = false;
    plain->time_attribute = derived ? TIME_PLAIN : plain->time_attribute;
    return plain;
}

enum code call_build(const struct call *call, struct expr **ret, struct error *err)
{
    struct arena *arena = call->env->arena;
    const struct type *type = plain_type(call);
    struct expr *e;

    if (!type)
        return error_nomem(err);
    if (call_has_null(call) && !(call->flags & (CALL_NULLS | CALL_VOLATILE))) {
        e = expr_null(arena, type, call->span);
        if (!e)
            return error_nomem(err);
        *ret = e;
        return OK;
    }
    e = arena_new(arena, struct expr);
    if (!e)
        return error_nomem(err);
    e->kind = EXPR_CALL;
    e->span = call->span;
    e->type = type;
    e->function = call->function;
    e->kernel = call->kernel;
    e->state = call->state;
    e->state_hash = call->state_hash;
    e->flags = call->flags;
    e->args = call->args;
    e->arg_count = call->arg_count;
    for (uint32_t i = 0; i < call->arg_count; i++)
        e->flags |= call->args[i]->flags & (CALL_DYNAMIC | CALL_VOLATILE | CALL_FAILS);
    e->hash = call_hash(e);

    if (call_is_foldable(call)) {
        struct value *value = arena_new(arena, struct value);
        struct error local = { 0 };
        enum code code;

        if (!value)
            return error_nomem(err);
        code = program_constant(arena, e, NULL, value, &local);
        if (code == OK) {
            value->type = type;
            e = expr_literal(arena, value, call->span);
            if (!e)
                return error_nomem(err);
        } else if (code == E_NOMEM) {
            return error_nomem(err);
        } else if (!(e->flags & CALL_FAILS)) {
            if (err)
                *err = local;
            return code;
        }
    }
    *ret = e;
    return OK;
}

enum code function_bind(const struct bind_env *env, const struct function *function,
                        struct expr **args, uint32_t arg_count, const struct json_clauses *json,
                        struct span span, struct expr **ret, struct error *err)
{
    struct call call = { .env = env, .function = function, .span = span, .json = json };
    enum code code;

    /* A copy, because resolving replaces arguments and the caller's array is the caller's. */
    call.args = arena_array(env->arena, struct expr *, arg_count + 1);
    if (!call.args)
        return error_nomem(err);
    for (uint32_t i = 0; i < arg_count; i++)
        call.args[i] = args[i];
    call.arg_count = arg_count;

    code = function->resolve(&call, err);
    if (code == OK && call.replacement) {
        *ret = call.replacement;
        return OK;
    }
    if (code == OK)
        code = call_build(&call, ret, err);
    if (code != OK)
        error_locate(err, span);
    return code;
}

enum code function_bind_name(const struct bind_env *env, struct str name, struct expr **args,
                             uint32_t arg_count, struct span span, struct expr **ret,
                             struct error *err)
{
    const struct function *function = function_find(name, env->dialect);
    enum dialect other = env->dialect == DIALECT_BLINK ? DIALECT_FLINK : DIALECT_BLINK;

    if (function)
        return function_bind(env, function, args, arg_count, NULL, span, ret, err);

    error_at(err, E_NAME, span, "function \"" STR_FMT "\" does not exist", STR_ARG(name));
    if (function_find(name, other)) {
        error_hint(err, "It exists in the %s dialect only; this job is in the %s dialect.",
                   other == DIALECT_BLINK ? "Blink" : "Flink",
                   other == DIALECT_BLINK ? "Flink" : "Blink");
        return E_NAME;
    }
    return E_NAME;
}

/* --- for resolve functions ----------------------------------------------- */

static bool function_is_word(const struct function *f)
{
    return (f->name[0] >= 'A' && f->name[0] <= 'Z') || f->name[0] == '_';
}

/* What the text calls it. */
static void name_of(const struct function *f, char *out, size_t cap)
{
    static const struct {
        const char *name, *text;
    } names[] = { { "NEGATE", "operator -" }, { "ITEM", "[ ]" },          { "LIKE", "LIKE" },
                  { "IN", "IN" },             { "SIMILAR", "SIMILAR TO" } };
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(f->name, names[i].name) == 0) {
            snprintf(out, cap, "%s", names[i].text);
            return;
        }
    snprintf(out, cap, "%s %s", function_is_word(f) ? "function" : "operator", f->name);
}

/* a + b says nothing new of an operator: what to do about a text. */
static void hint_form(const struct call *call, struct error *err)
{
    const struct function *f = call->function;
    bool has_text = false;
    for (uint32_t i = 0; i < call->arg_count; i++)
        has_text = has_text || type_is_string(call->args[i]->type);
    if (function_is_word(f) && strcmp(f->name, "NEGATE") != 0) {
        if (f->signature)
            error_hint(err, "Its form is %s.", f->signature);
    } else if (strcmp(f->name, "||") == 0) {
        error_hint(err, "CAST(... AS STRING) makes a text of it.");
    } else if (has_text) {
        error_hint(err, "CAST(... AS INT) makes a number of a text, TRY_CAST NULL where it is "
                        "none%s.",
                   strcmp(f->name, "+") == 0 ? "; || joins texts" : "");
    }
}

enum code call_reject(const struct call *call, struct error *err)
{
    struct buf types;
    char name[80];

    buf_init(&types, 320);
    for (uint32_t i = 0; i < call->arg_count; i++) {
        buf_text(&types, i > 0 ? ", " : "");
        type_print(&types, call->args[i]->type);
    }
    name_of(call->function, name, sizeof name);
    error_at(err, E_TYPE, call->span, "%s does not accept (%s%s)", name, buf_cstr(&types),
             types.failed ? " ..." : "");
    buf_done(&types);
    hint_form(call, err);
    return E_TYPE;
}

enum code call_arity(const struct call *call, uint32_t lo, uint32_t hi, struct error *err)
{
    char range[48];

    if (call->arg_count >= lo && call->arg_count <= hi)
        return OK;
    if (lo == hi && lo == 0)
        snprintf(range, sizeof range, "no arguments");
    else if (lo == hi)
        snprintf(range, sizeof range, "%u argument%s", lo, lo == 1 ? "" : "s");
    else if (hi == UINT32_MAX)
        snprintf(range, sizeof range, "at least %u argument%s", lo, lo == 1 ? "" : "s");
    else
        snprintf(range, sizeof range, "%u %s %u arguments", lo, hi == lo + 1 ? "or" : "to", hi);
    error_at(err, E_TYPE, call->span, "%s %s takes %s, not %u",
             function_is_word(call->function) ? "function" : "operator", call->function->name,
             range, call->arg_count);
    if (call->function->signature)
        error_hint(err, "Its form is %s.", call->function->signature);
    return E_TYPE;
}

enum code call_coerce(struct call *call, uint32_t i, const struct type *type, struct error *err)
{
    struct expr *arg = call->args[i];

    if (type_equal(arg->type, type))
        return OK;
    if (!coerce_allowed(call->env->dialect, arg->type, type))
        return call_reject(call, err);
    return expr_cast(call->env, arg, type, coerce_mode(call->env->dialect), arg->span,
                     &call->args[i], err);
}

enum code call_cast(struct call *call, uint32_t i, const struct type *type, struct error *err)
{
    struct expr *arg = call->args[i];

    return expr_cast(call->env, arg, type, coerce_mode(call->env->dialect), arg->span,
                     &call->args[i], err);
}

enum code call_coerce_string(struct call *call, uint32_t i, struct error *err)
{
    if (type_is_string(call->args[i]->type))
        return OK;
    return call_coerce(call, i, &type_string, err);
}

enum code call_coerce_i64(struct call *call, uint32_t i, struct error *err)
{
    const struct type *type = call->args[i]->type;

    if (type_is_integer(type) || type->id == TYPE_NULL || call_is_blink(call))
        return call_coerce(call, i, &type_bigint, err);
    return call_reject(call, err);
}

enum code call_common(struct call *call, uint32_t first, uint32_t last, const struct type **ret,
                      struct error *err)
{
    const struct type *common = call->args[first]->type;

    for (uint32_t i = first + 1; i <= last; i++) {
        common = type_common(call->env->arena, common, call->args[i]->type, call_is_blink(call));
        if (!common)
            return call_reject(call, err);
    }
    for (uint32_t i = first; i <= last; i++)
        TRY(call_cast(call, i, common, err));
    *ret = common;
    return OK;
}

enum code call_replace_f64(struct call *call, double value, struct error *err)
{
    struct value v = { .type = &type_double, .f64 = value };

    call->replacement = expr_literal(call->env->arena, &v, call->span);
    return call->replacement ? OK : error_nomem(err);
}

enum code call_replace_null(struct call *call, const struct type *type, struct error *err)
{
    call->replacement = expr_null(call->env->arena, type, call->span);
    return call->replacement ? OK : error_nomem(err);
}

enum code call_replace(struct call *call, const char *name, struct expr **args, uint32_t n,
                       struct error *err)
{
    return function_bind_name(call->env, str_of(name), args, n, call->span, &call->replacement,
                              err);
}

enum code call_wrong(const struct call *call, uint32_t i, struct error *err, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    error_at(err, E_TYPE, call->args[i]->span, "%s", text);
    if (call->function->signature)
        error_hint(err, "Its form is %s.", call->function->signature);
    return E_TYPE;
}

uint64_t call_hash_type(const struct type *type, uint64_t seed)
{
    uint64_t hash = hash_u64((uint64_t)type->id << 32 | (uint32_t)type->precision, seed);

    hash = hash_u64((uint64_t)type->scale << 1 | type->blink_instant, hash);
    for (uint32_t i = 0; i < type->child_count; i++)
        hash = call_hash_type(type->children[i], hash);
    return hash;
}

void call_decimal_of(const struct type *type, int *ret_precision, int *ret_scale)
{
    *ret_scale = 0;
    switch (type->id) {
    case TYPE_TINYINT:
        *ret_precision = 3;
        return;
    case TYPE_SMALLINT:
        *ret_precision = 5;
        return;
    case TYPE_INT:
        *ret_precision = 10;
        return;
    case TYPE_BIGINT:
        *ret_precision = 19;
        return;
    default:
        *ret_precision = type->precision;
        *ret_scale = type->scale;
        return;
    }
}
