/* fn_arith.c -- + - * / % and the sign, on numbers; times are in fn_arith_time.c.
 *
 * Java's arithmetic: integers wrap in the wider of the two types, `%` takes the sign
 * of the dividend.  Where the dialects differ:
 *   integer / integer   Flink: cut toward zero, zero fails the job; Blink: DOUBLE
 *   integer % 0         Flink: fails the job; Blink: NULL
 *   DECIMAL / 0, % 0    the same
 *   string operands     Blink: become the type of the number beside them (DOUBLE beside a
 *                       DECIMAL or another string); Flink refuses
 * DECIMAL results have the precision and scale of decimal.h; what does not fit is NULL. */
#include "expr/arith.h"

#include "base/hash.h"
#include "types/decimal.h"

#include <math.h>

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* --- loops: x and y are the operands ------------------------------------- */

#define ARITH(name, ctype, expression)                                                             \
    KERNEL(arith_##name)                                                                           \
    {                                                                                              \
        const ctype *a = call->args[0]->values;                                                    \
        const ctype *b = call->args[1]->values;                                                    \
        ctype *restrict to = out->values;                                                          \
        uint32_t a_mask = call->args[0]->mask;                                                     \
        uint32_t b_mask = call->args[1]->mask;                                                     \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        if (!rows->sel && a_mask != 0 && b_mask != 0) {                                            \
            for (uint32_t i = 0; i < rows->n; i++) {                                               \
                ctype x = a[i], y = b[i];                                                          \
                to[i] = (ctype)(expression);                                                       \
            }                                                                                      \
        } else if (!rows->sel && a_mask != 0) {                                                    \
            ctype y = b[0];                                                                        \
            for (uint32_t i = 0; i < rows->n; i++) {                                               \
                ctype x = a[i];                                                                    \
                to[i] = (ctype)(expression);                                                       \
            }                                                                                      \
        } else {                                                                                   \
            ROWS_EACH(rows, i)                                                                     \
            {                                                                                      \
                ctype x = a[i & a_mask], y = b[i & b_mask];                                        \
                to[i] = (ctype)(expression);                                                       \
            }                                                                                      \
        }                                                                                          \
        return OK;                                                                                 \
    }

/* `state` is not NULL where a divisor of zero fails the job. */
static enum code divide_zero(struct eval *cx, const struct kernel_call *call, struct column *out,
                             uint32_t row, struct error *err)
{
    if (!call->state)
        return kernel_null(cx, out, row, err);
    error_set(err, E_DATA, "division by zero");
    error_hint(err, "NULLIF(divisor, 0) gives NULL instead.");
    return E_DATA;
}

/* The least number divided by -1 does not exist in C; in Java it is itself. */
#define DIVIDE(name, ctype, quotient, by_minus_one)                                                \
    KERNEL(arith_##name)                                                                           \
    {                                                                                              \
        const ctype *a = call->args[0]->values;                                                    \
        const ctype *b = call->args[1]->values;                                                    \
        uint32_t a_mask = call->args[0]->mask;                                                     \
        uint32_t b_mask = call->args[1]->mask;                                                     \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            ctype x = a[i & a_mask], y = b[i & b_mask];                                            \
            if (unlikely(y == 0))                                                                  \
                TRY(divide_zero(cx, call, out, i, err));                                           \
            else                                                                                   \
                COLUMN_OUT(out, ctype)[i] = (ctype)(y == -1 ? (by_minus_one) : (quotient));        \
        }                                                                                          \
        return OK;                                                                                 \
    }

/* Unsigned, because that is how C spells wrapping. */
#define ARITH_INTEGER(s, ctype, utype)                                                             \
    ARITH(add_##s, ctype, (utype)x + (utype)y)                                                     \
    ARITH(sub_##s, ctype, (utype)x - (utype)y)                                                     \
    ARITH(mul_##s, ctype, (uint64_t)x *(uint64_t)y)                                                \
    DIVIDE(div_##s, ctype, x / y, (ctype)((utype)0 - (utype)x))                                    \
    DIVIDE(mod_##s, ctype, x % y, 0)
#define ARITH_FLOATING(s, ctype, remainder)                                                        \
    ARITH(add_##s, ctype, x + y)                                                                   \
    ARITH(sub_##s, ctype, x - y)                                                                   \
    ARITH(mul_##s, ctype, x *y)                                                                    \
    ARITH(div_##s, ctype, x / y)                                                                   \
    ARITH(mod_##s, ctype, remainder(x, y))

ARITH_INTEGER(i8, int8_t, uint8_t)
ARITH_INTEGER(i16, int16_t, uint16_t)
ARITH_INTEGER(i32, int32_t, uint32_t)
ARITH_INTEGER(i64, int64_t, uint64_t)
ARITH_FLOATING(f32, float, fmodf)
ARITH_FLOATING(f64, double, fmod)

/* clang-format off */
#define OPS(s) { arith_add_##s, arith_sub_##s, arith_mul_##s, arith_div_##s, arith_mod_##s }
/* clang-format on */
static const kernel_fn arith_matrix[][5] = {
    [PHYS_I8] = OPS(i8),   [PHYS_I16] = OPS(i16), [PHYS_I32] = OPS(i32),
    [PHYS_I64] = OPS(i64), [PHYS_F32] = OPS(f32), [PHYS_F64] = OPS(f64),
};

/* --- DECIMAL ------------------------------------------------------------- */

typedef bool (*decimal_fn)(int128 a, int sa, int128 b, int sb, int p, int s, int128 *ret);

static inline enum code decimal_loop(struct eval *cx, const struct kernel_call *call,
                                     const struct rows *rows, struct column *out, decimal_fn fn,
                                     bool divides, struct error *err)
{
    const struct column *a = call->args[0];
    const struct column *b = call->args[1];
    bool a_wide = type_phys(a->type) == PHYS_I128;
    bool b_wide = type_phys(b->type) == PHYS_I128;
    bool wide = type_phys(out->type) == PHYS_I128;

    ROWS_EACH(rows, i)
    {
        int128 divisor = decimal_at(b, i, b_wide);
        int128 value;
        if (divides && divisor == 0)
            TRY(divide_zero(cx, call, out, i, err));
        else if (fn(decimal_at(a, i, a_wide), a->type->scale, divisor, b->type->scale,
                    out->type->precision, out->type->scale, &value))
            decimal_set(out, i, wide, value);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

#define DECIMAL(name, fn, divides)                                                                 \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        return decimal_loop(cx, call, rows, out, fn, divides, err);                                \
    }
DECIMAL(arith_add_decimal, decimal_add, false)
DECIMAL(arith_sub_decimal, decimal_sub, false)
DECIMAL(arith_mul_decimal, decimal_mul, false)
DECIMAL(arith_div_decimal, decimal_div, true)
DECIMAL(arith_mod_decimal, decimal_mod, true)

/* Narrow operands whose result cannot overflow are plain integers. */
static bool decimal_is_plain(enum arith_op op, const struct type *a, const struct type *b,
                             const struct type *result)
{
    if (type_phys(a) != PHYS_I64 || type_phys(b) != PHYS_I64 || type_phys(result) != PHYS_I64)
        return false;
    if (op == ARITH_ADD || op == ARITH_SUB)
        return a->scale == b->scale && result->scale == a->scale;
    return op == ARITH_MUL && result->scale == a->scale + b->scale &&
           result->precision >= a->precision + b->precision;
}

/* Integers become DECIMALs of their own size; DECIMALs stay as they are. */
static enum code decimal_operand(struct call *call, uint32_t i, struct error *err)
{
    int precision, scale;
    const struct type *type;

    if (call->args[i]->type->id == TYPE_DECIMAL)
        return OK;
    call_decimal_of(call->args[i]->type, &precision, &scale);
    type = type_make(call->env->arena, TYPE_DECIMAL, precision, scale);
    if (!type)
        return error_nomem(err);
    return call_cast(call, i, type, err);
}

static enum code decimal_resolve(struct call *call, enum arith_op op, struct error *err)
{
    static const kernel_fn kernels[] = OPS(decimal);
    const struct type *a, *b, *result;
    int precision, scale;

    TRY(decimal_operand(call, 0, err));
    TRY(decimal_operand(call, 1, err));
    a = call->args[0]->type;
    b = call->args[1]->type;
    switch (op) {
    case ARITH_ADD:
    case ARITH_SUB:
        decimal_type_add(a->precision, a->scale, b->precision, b->scale, &precision, &scale);
        break;
    case ARITH_MUL:
        decimal_type_mul(a->precision, a->scale, b->precision, b->scale, &precision, &scale);
        break;
    case ARITH_DIV:
        decimal_type_div(a->precision, a->scale, b->precision, b->scale, &precision, &scale);
        break;
    default:
        decimal_type_mod(a->precision, a->scale, b->precision, b->scale, &precision, &scale);
        break;
    }
    result = type_make(call->env->arena, TYPE_DECIMAL, precision, scale);
    if (!result)
        return error_nomem(err);
    if (decimal_is_plain(op, a, b, result))
        return call_set(call, result, arith_matrix[PHYS_I64][op], CALL_SAFE);
    return call_set(call, result, kernels[op], 0);
}

/* --- resolving ----------------------------------------------------------- */

/* Division that may meet a zero: it fails the job in the Flink dialect. */
static void arith_guard_zero(struct call *call)
{
    static const char fails = 1;
    const struct expr *divisor = call->args[1];
    bool zero = true;

    if (expr_is_literal(divisor) && !divisor->literal->is_null)
        zero = divisor->type->id == TYPE_DECIMAL ? divisor->literal->i128 == 0
                                                 : divisor->literal->i64 == 0;
    if (zero && !call_is_blink(call)) {
        call->flags |= CALL_FAILS;
        call->state = &fails;
        call->state_hash = 1;
    }
}

/* Blink: strings among the operands become numbers. */
static enum code arith_strings(struct call *call, struct error *err)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct type *other = call->args[1 - i]->type;
        if (!type_is_string(call->args[i]->type))
            continue;
        if (!call_is_blink(call))
            return call_reject(call, err);
        if (!type_is_integer(other) && other->id != TYPE_FLOAT)
            other = &type_double;
        TRY(call_cast(call, i, other, err));
    }
    return OK;
}

/* A bare NULL takes the other side's type. */
static enum code arith_nulls(struct call *call, struct error *err)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct type *other = call->args[1 - i]->type;
        if (call->args[i]->type->id == TYPE_NULL)
            TRY(call_cast(call, i, other->id == TYPE_NULL ? &type_int : other, err));
    }
    return OK;
}

static enum code arith_resolve(struct call *call, enum arith_op op, struct error *err)
{
    const struct type *a, *b, *common;
    bool divides = op == ARITH_DIV || op == ARITH_MOD;

    TRY(call_arity(call, 2, 2, err));
    TRY(arith_nulls(call, err));
    if (arith_is_time(call))
        return arith_time_resolve(call, op, err);
    TRY(arith_strings(call, err));
    a = call->args[0]->type;
    b = call->args[1]->type;
    if (!type_is_numeric(a) || !type_is_numeric(b))
        return call_reject(call, err);
    if ((a->id == TYPE_DECIMAL || b->id == TYPE_DECIMAL) && !type_is_float(a) &&
        !type_is_float(b)) {
        TRY(decimal_resolve(call, op, err));
        if (divides)
            arith_guard_zero(call);
        return OK;
    }
    common = type_common(call->env->arena, a, b, false);
    if (!common)
        return error_nomem(err);
    if (op == ARITH_DIV && type_is_integer(common) && call_is_blink(call))
        common = &type_double;
    TRY(call_cast(call, 0, common, err));
    TRY(call_cast(call, 1, common, err));
    call_set(call, common, arith_matrix[type_phys(common)][op], 0);
    if (divides && type_is_integer(common))
        arith_guard_zero(call);
    else
        call->flags |= CALL_SAFE;
    return OK;
}

#define ARITH_RESOLVE(name, op)                                                                    \
    static enum code name(struct call *call, struct error *err)                                    \
    {                                                                                              \
        return arith_resolve(call, op, err);                                                       \
    }
ARITH_RESOLVE(resolve_add, ARITH_ADD)
ARITH_RESOLVE(resolve_sub, ARITH_SUB)
ARITH_RESOLVE(resolve_mul, ARITH_MUL)
ARITH_RESOLVE(resolve_div, ARITH_DIV)

/* The remainder has the divisor's type: it is never greater. */
enum code arith_mod_resolve(struct call *call, struct error *err)
{
    const struct type *divisor;
    struct expr *wide;

    TRY(call_arity(call, 2, 2, err));
    divisor = call->args[1]->type;
    TRY(arith_resolve(call, ARITH_MOD, err));
    if (!type_is_integer(divisor) || !type_is_integer(call->type) ||
        type_equal(divisor, call->type))
        return OK;
    TRY(call_build(call, &wide, err));
    return expr_cast(call->env, wide, divisor, CAST_TRY, call->span, &call->replacement, err);
}

/* --- the sign ------------------------------------------------------------ */

#define NEGATE(name, ctype, expression)                                                            \
    KERNEL(negate_##name)                                                                          \
    {                                                                                              \
        const ctype *in = call->args[0]->values;                                                   \
        uint32_t mask = call->args[0]->mask;                                                       \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            ctype x = in[i & mask];                                                                \
            COLUMN_OUT(out, ctype)[i] = (ctype)(expression);                                       \
        }                                                                                          \
        return OK;                                                                                 \
    }
NEGATE(i8, int8_t, 0u - (uint8_t)x)
NEGATE(i16, int16_t, 0u - (uint16_t)x)
NEGATE(i32, int32_t, 0u - (uint32_t)x)
NEGATE(i64, int64_t, 0u - (uint64_t)x)
NEGATE(i128, int128, 0u - (uint128)x)
NEGATE(f32, float, -x)
NEGATE(f64, double, -x)

static enum code resolve_negate(struct call *call, struct error *err)
{
    static const kernel_fn kernels[] = {
        [PHYS_I8] = negate_i8,   [PHYS_I16] = negate_i16,   [PHYS_I32] = negate_i32,
        [PHYS_I64] = negate_i64, [PHYS_I128] = negate_i128, [PHYS_F32] = negate_f32,
        [PHYS_F64] = negate_f64,
    };
    const struct type *type;

    TRY(call_arity(call, 1, 1, err));
    type = call->args[0]->type;
    if (type->id == TYPE_NULL)
        return call_replace_null(call, &type_int, err);
    if (type_is_string(type) && call_is_blink(call))
        TRY(call_cast(call, 0, &type_double, err));
    type = call->args[0]->type;
    if (!type_is_numeric(type) && !type_is_interval(type))
        return call_reject(call, err);
    return call_set(call, type, kernels[type_phys(type)], CALL_SAFE);
}

static enum code resolve_plus(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (!type_is_numeric(call->args[0]->type) && !type_is_interval(call->args[0]->type) &&
        call->args[0]->type->id != TYPE_NULL)
        return call_reject(call, err);
    call->replacement = call->args[0];
    return OK;
}

/* clang-format off */
#define BLINK DIALECT_BLINK
#define FLINK DIALECT_FLINK
#define BOTH DIALECT_BOTH
const struct function fn_arith_table[] = {
    { "+", BOTH, "a + b", "The sum; a point in time and an interval give a point in time.", "1 + 2", "3", resolve_add, "math" },
    { "-", BOTH, "a - b", "The difference.", "DATE '2020-03-01' - INTERVAL '1' DAY", "2020-02-29", resolve_sub, "math" },
    { "*", BOTH, "a * b", "The product.", "1.5 * 1.5", "2.25", resolve_mul, "math" },
    { "/", FLINK, "a / b", "The quotient; of integers it is cut toward zero, and dividing by zero fails the job.", "7 / 2", "3", resolve_div, "math" },
    { "/", BLINK, "a / b", "The quotient; of integers it is a DOUBLE.", "7 / 2", "3.5", resolve_div, "math" },
    { "%", BOTH, "a % b", "The remainder, with the sign of the dividend.", "-7 % 3", "-1", arith_mod_resolve, "math" },
    { "NEGATE", BOTH, "-a", "The number or interval with the other sign.", "-(1 + 2)", "-3", resolve_negate, "math" },
    { "PLUS", BOTH, "+a", "The number or interval itself.", NULL, NULL, resolve_plus, "math" },
    { 0 },
};
