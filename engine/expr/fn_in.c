/* fn_in.c -- value IN (literal, ...).
 *
 * All literals are brought to one type with the value at bind time and laid out for
 * the kernel: a few integers are compared one after the other over the whole batch
 * (vectors), more of them and strings are looked up in a hash set.  Other types are
 * searched in order.  Nested types become ORs of "=".
 *
 * A list with a NULL never gives FALSE: what is not found is NULL. */
#include "expr/compare.h"

#include "base/hash.h"

enum {
    IN_LINEAR_MAX = 8, /* integers that are compared one by one */
};

struct in_state {
    bool has_null;
    uint32_t count;
    int64_t *integers;
    double *doubles;
    int128 *wides;
    struct view *views;
    /* Hash set of positions + 1 in `integers` or `views`; 0 is free. */
    uint32_t *table;
    uint32_t mask;
};

/* --- at bind time -------------------------------------------------------- */

static inline uint64_t hash_integer(int64_t value)
{
    return hash_u64((uint64_t)value, 7);
}

static inline uint64_t hash_view(struct view v)
{
    return hash_bytes(v.data, v.size, 7);
}

static enum code in_make_table(struct arena *arena, struct in_state *state, struct error *err)
{
    uint32_t size = 16;

    while (size < state->count * 2)
        size *= 2;
    state->table = arena_array(arena, uint32_t, size);
    if (!state->table)
        return error_nomem(err);
    state->mask = size - 1;
    for (uint32_t k = 0; k < state->count; k++) {
        uint64_t hash =
            state->views ? hash_view(state->views[k]) : hash_integer(state->integers[k]);
        uint32_t at = (uint32_t)hash & state->mask;
        while (state->table[at] != 0)
            at = (at + 1) & state->mask;
        state->table[at] = k + 1;
    }
    return OK;
}

static enum code in_make_state(struct call *call, const struct type *type, struct in_state **ret,
                               struct error *err)
{
    struct arena *arena = call->env->arena;
    struct in_state *state = arena_new(arena, struct in_state);
    uint32_t n = call->arg_count;
    enum phys phys = type_phys(type);
    bool decimal = type->id == TYPE_DECIMAL;

    if (!state)
        return error_nomem(err);
    if (phys == PHYS_VIEW)
        state->views = arena_array(arena, struct view, n);
    else if (phys == PHYS_F32 || phys == PHYS_F64)
        state->doubles = arena_array(arena, double, n);
    else if (phys == PHYS_I128)
        state->wides = arena_array(arena, int128, n);
    else
        state->integers = arena_array(arena, int64_t, n);
    if (!state->views && !state->doubles && !state->wides && !state->integers)
        return error_nomem(err);
    for (uint32_t i = 1; i < n; i++) {
        const struct value *v = call->args[i]->literal;
        if (v->is_null) {
            state->has_null = true;
            continue;
        }
        if (state->views)
            state->views[state->count++] = view_of(v->str);
        else if (state->doubles)
            state->doubles[state->count++] = phys == PHYS_F32 ? (double)(float)v->f64 : v->f64;
        else if (state->wides)
            state->wides[state->count++] = v->i128;
        else
            state->integers[state->count++] = decimal ? (int64_t)v->i128 : v->i64;
    }
    if ((state->views && state->count > 2) || (state->integers && state->count > IN_LINEAR_MAX))
        TRY(in_make_table(arena, state, err));
    *ret = state;
    return OK;
}

/* --- kernels ------------------------------------------------------------- */

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* NULL for a NULL value, and for what was not found in a list that has a NULL. */
static enum code in_finish(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                           struct column *out, struct error *err)
{
    const struct in_state *state = call->state;
    const struct column *in = call->args[0];

    if (!state->has_null && !in->valid)
        return OK;
    ROWS_EACH(rows, i)
    {
        if (!column_is_valid(in, i) || (state->has_null && !COLUMN_AT(out, uint8_t, i)))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static inline uint8_t find_integer(const struct in_state *state, int64_t value)
{
    uint32_t at = (uint32_t)hash_integer(value) & state->mask;

    for (; state->table[at] != 0; at = (at + 1) & state->mask)
        if (state->integers[state->table[at] - 1] == value)
            return 1;
    return 0;
}

#define IN_INTEGER(name, ctype)                                                                    \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        const struct in_state *state = call->state;                                                \
        const ctype *restrict in = call->args[0]->values;                                          \
        uint32_t mask = call->args[0]->mask;                                                       \
        uint8_t *restrict to = out->values;                                                        \
        if (state->table) {                                                                        \
            ROWS_EACH(rows, i)                                                                     \
            {                                                                                      \
                to[i] = find_integer(state, in[i & mask]);                                         \
            }                                                                                      \
        } else if (!rows->sel && mask != 0) {                                                      \
            memset(to, 0, rows->n);                                                                \
            for (uint32_t k = 0; k < state->count; k++) {                                          \
                ctype value = (ctype)state->integers[k];                                           \
                for (uint32_t i = 0; i < rows->n; i++)                                             \
                    to[i] |= in[i] == value;                                                       \
            }                                                                                      \
        } else {                                                                                   \
            ROWS_EACH(rows, i)                                                                     \
            {                                                                                      \
                uint8_t found = 0;                                                                 \
                for (uint32_t k = 0; k < state->count; k++)                                        \
                    found |= in[i & mask] == (ctype)state->integers[k];                            \
                to[i] = found;                                                                     \
            }                                                                                      \
        }                                                                                          \
        return in_finish(cx, call, rows, out, err);                                                \
    }
IN_INTEGER(in_bool, uint8_t)
IN_INTEGER(in_i8, int8_t)
IN_INTEGER(in_i16, int16_t)
IN_INTEGER(in_i32, int32_t)
IN_INTEGER(in_i64, int64_t)

KERNEL(in_wide)
{
    const struct in_state *state = call->state;

    ROWS_EACH(rows, i)
    {
        uint8_t found = 0;
        for (uint32_t k = 0; k < state->count; k++)
            found |= COLUMN_AT(call->args[0], int128, i) == state->wides[k];
        COLUMN_OUT(out, uint8_t)[i] = found;
    }
    return in_finish(cx, call, rows, out, err);
}

KERNEL(in_double)
{
    const struct in_state *state = call->state;
    const struct column *in = call->args[0];
    bool single = type_phys(in->type) == PHYS_F32;

    ROWS_EACH(rows, i)
    {
        double x = single ? (double)COLUMN_AT(in, float, i) : COLUMN_AT(in, double, i);
        uint8_t found = 0;
        for (uint32_t k = 0; k < state->count; k++)
            found |= x == state->doubles[k];
        COLUMN_OUT(out, uint8_t)[i] = found;
    }
    return in_finish(cx, call, rows, out, err);
}

static inline uint8_t find_view(const struct in_state *state, struct view v)
{
    uint32_t at = (uint32_t)hash_view(v) & state->mask;

    for (; state->table[at] != 0; at = (at + 1) & state->mask)
        if (view_eq(state->views[state->table[at] - 1], v))
            return 1;
    return 0;
}

KERNEL(in_view)
{
    const struct in_state *state = call->state;
    const struct column *in = call->args[0];

    ROWS_EACH(rows, i)
    {
        struct view v = COLUMN_AT(in, struct view, i);
        uint8_t found = 0;
        if (state->table)
            found = find_view(state, v);
        else
            for (uint32_t k = 0; k < state->count && !found; k++)
                found = view_eq(state->views[k], v);
        COLUMN_OUT(out, uint8_t)[i] = found;
    }
    return in_finish(cx, call, rows, out, err);
}

static kernel_fn in_kernel(const struct type *type)
{
    switch (type_phys(type)) {
    case PHYS_BOOL:
        return in_bool;
    case PHYS_I8:
        return in_i8;
    case PHYS_I16:
        return in_i16;
    case PHYS_I32:
        return in_i32;
    case PHYS_I64:
        return in_i64;
    case PHYS_I128:
        return in_wide;
    case PHYS_F32:
    case PHYS_F64:
        return in_double;
    case PHYS_VIEW:
        return in_view;
    case PHYS_LIST:
    case PHYS_ROW:
        return NULL;
    }
    return NULL;
}

/* --- resolving ----------------------------------------------------------- */

/* x IN (a, b) as x = a OR x = b. */
static enum code in_as_or(struct call *call, struct error *err)
{
    uint32_t n = call->arg_count - 1;
    struct expr **terms = arena_array(call->env->arena, struct expr *, n);

    if (!terms)
        return error_nomem(err);
    for (uint32_t k = 0; k < n; k++) {
        struct expr *pair[] = { call->args[0], call->args[k + 1] };
        TRY(function_bind_name(call->env, STR("="), pair, 2, call->span, &terms[k], err));
    }
    call->replacement = expr_logic(call->env->arena, EXPR_OR, terms, n, call->span);
    return call->replacement ? OK : error_nomem(err);
}

enum code in_resolve(struct call *call, struct error *err)
{
    const struct type *target;
    struct expr *value;
    struct in_state *state = NULL;
    uint64_t hash = 0x1A;

    TRY(call_arity(call, 2, UINT32_MAX, err));
    value = call->args[0];
    for (uint32_t i = 1; i < call->arg_count; i++)
        if (!expr_is_literal(call->args[i]) || !compare_is_exact(value, call->args[i]))
            return in_as_or(call, err);
    /* One type for all: each literal may widen it. */
    target = value->type;
    for (uint32_t i = 1; i < call->arg_count; i++) {
        struct expr so_far = *value;
        so_far.type = target;
        target = compare_target(call->env, &so_far, call->args[i]);
        if (!target)
            return compare_reject(call, value->type, call->args[i]->type, err);
    }
    if (target->id == TYPE_NULL)
        return call_replace_null(call, &type_boolean, err);
    if (!in_kernel(target))
        return in_as_or(call, err);
    TRY(compare_cast(call, 0, target, err));
    for (uint32_t i = 1; i < call->arg_count; i++) {
        TRY(compare_cast(call, i, target, err));
        if (!expr_is_literal(call->args[i]))
            return in_as_or(call, err);
        hash = hash_u64(call->args[i]->hash, hash);
    }
    TRY(in_make_state(call, target, &state, err));
    call->state = state;
    call->state_hash = hash;
    /* Not strict: a NULL among the literals is in the state, and must not make every row NULL. */
    return call_set(call, &type_boolean, in_kernel(target), CALL_NULLS);
}
