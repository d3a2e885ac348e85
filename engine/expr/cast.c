/* cast.c -- which conversion is legal, and which kernel does it.
 *
 * The matrix is that of Flink's cast rules; Blink adds seconds between numbers and
 * timestamps, and never fails.  The order of questions in cast_pick() matters: what
 * can share memory first, then numbers, times, strings, and nested types by
 * themselves.
 *
 * Implicit conversion (coerce_allowed) is the smaller relation of the two dialects:
 * Blink converts between strings and nearly everything; Flink widens numbers and
 * moves between the kinds of timestamps. */
#include "expr/cast.h"

#include "base/hash.h"
#include "expr/cast_kernel.h"
#include "types/zone.h"

const struct function cast_function = {
    .name = "CAST",
    .dialects = DIALECT_BOTH,
    .signature = "CAST(value AS type)",
    .summary = "Converts a value to another type.",
    .category = "conversion",
};

const struct function try_cast_function = {
    .name = "TRY_CAST",
    .dialects = DIALECT_BOTH,
    .signature = "TRY_CAST(value AS type)",
    .summary = "Converts a value to another type; what cannot be converted is NULL.",
    .category = "conversion",
};

static enum code cast_reject(const struct type *from, const struct type *to, struct error *err)
{
    struct buf from_text, to_text;

    buf_init(&from_text, 200);
    buf_init(&to_text, 200);
    type_print(&from_text, from);
    type_print(&to_text, to);
    error_set(err, E_TYPE, "cannot cast %s to %s", buf_cstr(&from_text), buf_cstr(&to_text));
    buf_done(&from_text);
    buf_done(&to_text);
    if (type_is_numeric(from) && type_is_timestamp(to))
        error_hint(err, "TO_TIMESTAMP_LTZ(value, 3) reads milliseconds since the epoch, "
                        "TO_TIMESTAMP_LTZ(value, 0) seconds.");
    else if (type_is_timestamp(from) && type_is_numeric(to))
        error_hint(err, "UNIX_TIMESTAMP(CAST(value AS STRING)) gives seconds since the epoch.");
    return E_TYPE;
}

/* Does the value fit without being touched?  Blink ignores the length of strings. */
static bool text_fits(const struct type *from, const struct type *to, enum cast_mode mode)
{
    if (mode == CAST_BLINK || to->precision == TYPE_UNBOUNDED)
        return true;
    if (to->id == TYPE_VARCHAR || to->id == TYPE_VARBINARY)
        return from->precision <= to->precision;
    return from->id == to->id && from->precision == to->precision;
}

/* Kernels that only the types decide.  *ret->kernel stays NULL where the memory is right as it
 * is; false: there is no such cast. */
static bool cast_pick(const struct type *from, const struct type *to, enum cast_mode mode,
                      struct cast_step *ret)
{
    unsigned may_fail = mode == CAST_FLINK ? CALL_FAILS : 0;

    ret->flags = 0;
    ret->kernel = NULL;
    if (from->id == TYPE_NULL) {
        ret->kernel = cast_kernel_null;
        ret->flags = CALL_NULLS;
        return true;
    }
    if (type_equal(from, to))
        return true;
    if (type_is_string(from) && type_is_string(to)) {
        if (!text_fits(from, to, mode))
            ret->kernel = cast_kernel_text_to_text;
        return true;
    }
    if (type_is_binary(to) && (type_is_binary(from) || type_is_string(from))) {
        if (mode != CAST_BLINK && to->precision != TYPE_UNBOUNDED &&
            (type_is_string(from) || !text_fits(from, to, mode)))
            ret->kernel = cast_kernel_to_binary;
        return true;
    }
    /* A timestamp that loses no digits is the same number. */
    if (from->id == to->id && type_is_timestamp(from) &&
        (from->precision <= to->precision || (from->precision >= 6 && to->precision >= 6)))
        return true;
    if (type_is_binary(from) && type_is_string(to)) {
        ret->kernel = cast_kernel_text_to_text;
        return true;
    }
    ret->kernel = cast_number_kernel(from, to, &ret->flags);
    if (ret->kernel)
        return true;
    ret->kernel = cast_time_kernel(from, to, mode);
    if (ret->kernel)
        return true;
    ret->kernel = cast_from_text_kernel(from, to);
    if (ret->kernel) {
        ret->flags = may_fail;
        return true;
    }
    if (type_is_string(to)) {
        ret->kernel = type_is_integer(from) ? cast_kernel_i64_to_text : cast_kernel_to_text;
        return true;
    }
    return false;
}

static enum code cast_plan(const struct bind_env *env, const struct type *from,
                           const struct type *to, enum cast_mode mode, struct cast_step *ret,
                           struct error *err);

/* The steps of the children.  *ret_work: does any of them do something? */
static enum code cast_plan_children(const struct bind_env *env, struct cast_state *state,
                                    unsigned *ret_flags, bool *ret_work, struct error *err)
{
    struct cast_step *steps =
        arena_array(env->arena, struct cast_step, MAX(state->to->child_count, 1));

    if (!steps)
        return error_nomem(err);
    *ret_work = false;
    *ret_flags = 0;
    for (uint32_t c = 0; c < state->to->child_count; c++) {
        TRY(cast_plan(env, state->from->children[c], state->to->children[c], state->mode, &steps[c],
                      err));
        *ret_work |= steps[c].kernel != NULL;
        *ret_flags |= steps[c].flags & CALL_FAILS;
    }
    state->children = steps;
    state->child_count = state->to->child_count;
    return OK;
}

static bool is_nested_pair(const struct type *from, const struct type *to)
{
    return to->child_count > 0 && from->id == to->id && from->child_count == to->child_count;
}

static enum code cast_plan(const struct bind_env *env, const struct type *from,
                           const struct type *to, enum cast_mode mode, struct cast_step *ret,
                           struct error *err)
{
    struct cast_state *state = arena_new(env->arena, struct cast_state);
    struct cast_step step = { 0 };
    bool work = false;

    if (!state)
        return error_nomem(err);
    state->from = from;
    state->to = to;
    state->mode = mode;
    state->blink = env->dialect == DIALECT_BLINK;
    state->zone = env->zone ? env->zone : zone_utc;
    if (cast_pick(from, to, mode, &step)) {
        step.state = state;
        *ret = step;
        return OK;
    }
    if (!is_nested_pair(from, to))
        return cast_reject(from, to, err);
    TRY(cast_plan_children(env, state, &step.flags, &work, err));
    if (work)
        step.kernel = to->id == TYPE_ROW ? cast_kernel_row : cast_kernel_list;
    step.state = state;
    *ret = step;
    return OK;
}

enum code cast_resolve(const struct bind_env *env, const struct type *from, const struct type *to,
                       enum cast_mode mode, kernel_fn *ret_kernel, const void **ret_state,
                       unsigned *ret_flags, struct error *err)
{
    struct cast_step step;

    TRY(cast_plan(env, from, to, mode, &step, err));
    *ret_kernel = step.kernel;
    *ret_state = step.state;
    *ret_flags = step.flags;
    return OK;
}

/* A literal whose value needs no change, as one of another type. */
static enum code retype_literal(const struct bind_env *env, const struct expr *e,
                                const struct type *to, struct span span, struct expr **ret,
                                struct error *err)
{
    struct value value = *e->literal;

    value.type = to;
    *ret = expr_literal(env->arena, &value, span);
    return *ret ? OK : error_nomem(err);
}

enum code expr_cast(const struct bind_env *env, struct expr *e, const struct type *to,
                    enum cast_mode mode, struct span span, struct expr **ret, struct error *err)
{
    struct call call = { .env = env, .span = span, .type = to, .arg_count = 1 };
    enum code code;

    if (type_equal(e->type, to)) {
        *ret = e;
        return OK;
    }
    if (expr_is_null(e)) {
        *ret = expr_null(env->arena, to, span);
        return *ret ? OK : error_nomem(err);
    }
    code = cast_resolve(env, e->type, to, mode, &call.kernel, &call.state, &call.flags, err);
    if (code != OK) {
        error_locate(err, span);
        return code;
    }
    if (!call.kernel && expr_is_literal(e) && to->child_count == 0)
        return retype_literal(env, e, to, span, ret, err);
    if (!call.kernel) {
        call.kernel = cast_kernel_retype;
        call.flags = CALL_NULLS;
    }
    call.function = mode == CAST_TRY ? &try_cast_function : &cast_function;
    call.state_hash = hash_u64(mode, call_hash_type(to, 0xCA57));
    call.state_hash = hash_bytes(env->zone_name.data, env->zone_name.size, call.state_hash);
    call.args = arena_array(env->arena, struct expr *, 1);
    if (!call.args)
        return error_nomem(err);
    call.args[0] = e;
    return call_build(&call, ret, err);
}

/* --- implicit conversion ------------------------------------------------- */

static bool is_time(const struct type *type)
{
    return type->id == TYPE_DATE || type->id == TYPE_TIME || type_is_timestamp(type);
}

static bool coerce_blink(const struct type *from, const struct type *to)
{
    if (type_is_string(to))
        return from->child_count == 0 && !type_is_interval(from);
    if (type_is_string(from))
        return type_is_numeric(to) || to->id == TYPE_BOOLEAN || is_time(to) || type_is_binary(to);
    if (type_is_numeric(from))
        return type_is_numeric(to);
    if (from->id == TYPE_DATE)
        return type_is_timestamp(to);
    if (type_is_timestamp(from))
        return type_is_timestamp(to) || to->id == TYPE_DATE;
    return from->id == to->id || (type_is_binary(from) && type_is_binary(to));
}

static bool coerce_flink(const struct type *from, const struct type *to)
{
    switch (to->id) {
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return type_is_integer(from) && from->id <= to->id;
    case TYPE_FLOAT:
        return type_is_numeric(from) && from->id != TYPE_DOUBLE;
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
        return type_is_numeric(from);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        return type_is_string(from);
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return type_is_binary(from);
    case TYPE_DATE:
        return from->id == TYPE_DATE || from->id == TYPE_TIMESTAMP;
    case TYPE_TIME:
        return from->id == TYPE_TIME || from->id == TYPE_TIMESTAMP;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return type_is_timestamp(from) || from->id == TYPE_DATE;
    default:
        return from->id == to->id;
    }
}

bool coerce_allowed(enum dialect dialect, const struct type *from, const struct type *to)
{
    if (from->id == TYPE_NULL || type_equal(from, to))
        return true;
    if (is_nested_pair(from, to)) {
        for (uint32_t c = 0; c < to->child_count; c++)
            if (!coerce_allowed(dialect, from->children[c], to->children[c]))
                return false;
        return true;
    }
    if (from->child_count > 0 || to->child_count > 0)
        return false;
    return dialect == DIALECT_BLINK ? coerce_blink(from, to) : coerce_flink(from, to);
}

enum code expr_coerce(const struct bind_env *env, struct expr *e, const struct type *to,
                      struct expr **ret, struct error *err)
{
    struct buf from_text, to_text;

    if (coerce_allowed(env->dialect, e->type, to))
        return expr_cast(env, e, to, coerce_mode(env->dialect), e->span, ret, err);
    buf_init(&from_text, 160);
    buf_init(&to_text, 100);
    type_print(&from_text, e->type);
    type_print(&to_text, to);
    error_at(err, E_TYPE, e->span, "%s is not converted to %s implicitly", buf_cstr(&from_text),
             buf_cstr(&to_text));
    error_hint(err, "Write CAST(... AS %s).", buf_cstr(&to_text));
    buf_done(&from_text);
    buf_done(&to_text);
    return E_TYPE;
}
