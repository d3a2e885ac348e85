/* fn_math.c -- functions of numbers: the double ones, sign and bits.  Rounding is in
 * fn_round.c, random numbers in fn_random.c.
 *
 * Results follow java.lang.Math where C differs (powers of one, degrees). */
#include "expr/arith.h"
#include "expr/fn_math.h"

#include <math.h>

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* --- functions of doubles ------------------------------------------------ */

#define MATH_PI 3.14159265358979323846
#define MATH_E 2.7182818284590452354

static inline double java_pow(double x, double y)
{
    if (isnan(y) || (isinf(y) && fabs(x) == 1.0))
        return NAN;
    return pow(x, y);
}

#define MATH_1(name, formula)                                                                      \
    KERNEL(math_##name)                                                                            \
    {                                                                                              \
        const double *in = call->args[0]->values;                                                  \
        uint32_t mask = call->args[0]->mask;                                                       \
        double *to = out->values;                                                                  \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            double x = in[i & mask];                                                               \
            to[i] = (formula);                                                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }                                                                                              \
    static enum code resolve_##name(struct call *call, struct error *err)                          \
    {                                                                                              \
        TRY(call_arity(call, 1, 1, err));                                                          \
        TRY(call_coerce(call, 0, &type_double, err));                                              \
        return call_set(call, &type_double, math_##name, 0);                                       \
    }

MATH_1(sqrt, sqrt(x))
MATH_1(exp, exp(x))
MATH_1(ln, log(x))
MATH_1(log10, log10(x))
MATH_1(log2, log(x) / log(2.0))
MATH_1(sin, sin(x))
MATH_1(cos, cos(x))
MATH_1(tan, tan(x))
MATH_1(cot, 1.0 / tan(x))
MATH_1(asin, asin(x))
MATH_1(acos, acos(x))
MATH_1(atan, atan(x))
MATH_1(sinh, sinh(x))
MATH_1(cosh, cosh(x))
MATH_1(tanh, tanh(x))
MATH_1(degrees, x * 57.29577951308232)
MATH_1(radians, x * 0.017453292519943295)

#define MATH_2(name, formula)                                                                      \
    KERNEL(math_##name)                                                                            \
    {                                                                                              \
        double *to = out->values;                                                                  \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            double x = COLUMN_AT(call->args[0], double, i);                                        \
            double y = COLUMN_AT(call->args[1], double, i);                                        \
            to[i] = (formula);                                                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }                                                                                              \
    static enum code resolve_##name(struct call *call, struct error *err)                          \
    {                                                                                              \
        TRY(call_arity(call, 2, 2, err));                                                          \
        TRY(call_coerce(call, 0, &type_double, err));                                              \
        TRY(call_coerce(call, 1, &type_double, err));                                              \
        return call_set(call, &type_double, math_##name, 0);                                       \
    }

MATH_2(power, java_pow(x, y))
MATH_2(atan2, atan2(x, y))
MATH_2(log_base, log(y) / log(x))

static enum code resolve_log(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 2, err));
    return call->arg_count == 1 ? resolve_ln(call, err) : resolve_log_base(call, err);
}

static enum code resolve_pi(struct call *call, struct error *err)
{
    TRY(call_arity(call, 0, 0, err));
    return call_replace_f64(call, MATH_PI, err);
}

static enum code resolve_e(struct call *call, struct error *err)
{
    TRY(call_arity(call, 0, 0, err));
    return call_replace_f64(call, MATH_E, err);
}

/* --- ABS, SIGN ----------------------------------------------------------- */

#define NUMBER_1(name, ctype, formula)                                                             \
    KERNEL(number_##name)                                                                          \
    {                                                                                              \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            ctype x = COLUMN_AT(call->args[0], ctype, i);                                          \
            COLUMN_OUT(out, ctype)[i] = (ctype)(formula);                                          \
        }                                                                                          \
        return OK;                                                                                 \
    }

#define SIGN(x) ((x > 0) - (x < 0))
/* Java's signum keeps NaN and the zeros. */
#define SIGN_F(x) (x > 0 ? 1 : x < 0 ? -1 : x)

NUMBER_1(abs_i8, int8_t, x < 0 ? 0u - (uint8_t)x : (uint8_t)x)
NUMBER_1(abs_i16, int16_t, x < 0 ? 0u - (uint16_t)x : (uint16_t)x)
NUMBER_1(abs_i32, int32_t, x < 0 ? 0u - (uint32_t)x : (uint32_t)x)
NUMBER_1(abs_i64, int64_t, x < 0 ? 0u - (uint64_t)x : (uint64_t)x)
NUMBER_1(abs_i128, int128, x < 0 ? 0u - (uint128)x : (uint128)x)
NUMBER_1(abs_f32, float, fabsf(x))
NUMBER_1(abs_f64, double, fabs(x))
NUMBER_1(sign_i8, int8_t, SIGN(x))
NUMBER_1(sign_i16, int16_t, SIGN(x))
NUMBER_1(sign_i32, int32_t, SIGN(x))
NUMBER_1(sign_i64, int64_t, SIGN(x))
NUMBER_1(sign_f32, float, SIGN_F(x))
NUMBER_1(sign_f64, double, SIGN_F(x))

KERNEL(sign_decimal)
{
    const struct column *in = call->args[0];
    bool wide = type_phys(in->type) == PHYS_I128;
    int128 one = 1;

    (void)cx;
    (void)err;
    for (int32_t k = 0; k < in->type->scale; k++)
        one *= 10;
    ROWS_EACH(rows, i)
    {
        int128 x = decimal_at(in, i, wide);
        decimal_set(out, i, wide, SIGN(x) * one);
    }
    return OK;
}

/* One number whose type the result keeps; Blink: a string becomes a DOUBLE. */
enum code math_number(struct call *call, uint32_t i, struct error *err)
{
    const struct type *type = call->args[i]->type;

    if (type->id == TYPE_NULL || (type_is_string(type) && call_is_blink(call)))
        TRY(call_cast(call, i, &type_double, err));
    if (!type_is_numeric(call->args[i]->type))
        return call_reject(call, err);
    return OK;
}

static enum code resolve_abs(struct call *call, struct error *err)
{
    static const kernel_fn kernels[] = {
        [PHYS_I8] = number_abs_i8,   [PHYS_I16] = number_abs_i16,   [PHYS_I32] = number_abs_i32,
        [PHYS_I64] = number_abs_i64, [PHYS_I128] = number_abs_i128, [PHYS_F32] = number_abs_f32,
        [PHYS_F64] = number_abs_f64,
    };

    TRY(call_arity(call, 1, 1, err));
    TRY(math_number(call, 0, err));
    return call_set(call, call->args[0]->type, kernels[type_phys(call->args[0]->type)], CALL_SAFE);
}

static enum code resolve_sign(struct call *call, struct error *err)
{
    static const kernel_fn kernels[] = {
        [PHYS_I8] = number_sign_i8,   [PHYS_I16] = number_sign_i16, [PHYS_I32] = number_sign_i32,
        [PHYS_I64] = number_sign_i64, [PHYS_F32] = number_sign_f32, [PHYS_F64] = number_sign_f64,
    };
    const struct type *type;

    TRY(call_arity(call, 1, 1, err));
    TRY(math_number(call, 0, err));
    type = call->args[0]->type;
    if (type->id == TYPE_DECIMAL)
        return call_set(call, type, sign_decimal, CALL_SAFE);
    return call_set(call, type, kernels[type_phys(type)], CALL_SAFE);
}

/* --- bits ---------------------------------------------------------------- */

#define BITS(name, operator)                                                                       \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            COLUMN_OUT(out, int64_t)                                                               \
            [i] = COLUMN_AT(call->args[0], int64_t, i) operator COLUMN_AT(call->args[1], int64_t,  \
                                                                          i);                      \
        }                                                                                          \
        return OK;                                                                                 \
    }
BITS(bits_and, &)
BITS(bits_or, |)
BITS(bits_xor, ^)
NUMBER_1(bits_not, int64_t, ~x)

/* Computed as BIGINT; the result has the wider type of the arguments. */
static enum code bits_resolve(struct call *call, uint32_t arity, kernel_fn kernel,
                              struct error *err)
{
    const struct type *type = &type_tinyint;
    struct expr *wide;

    TRY(call_arity(call, arity, arity, err));
    for (uint32_t i = 0; i < arity; i++) {
        const struct type *arg = call->args[i]->type;
        if (!type_is_integer(arg) && arg->id != TYPE_NULL)
            return call_reject(call, err);
        if (arg->id > type->id)
            type = arg;
    }
    for (uint32_t i = 0; i < arity; i++)
        TRY(call_cast(call, i, &type_bigint, err));
    call_set(call, &type_bigint, kernel, CALL_SAFE);
    if (type->id == TYPE_BIGINT)
        return OK;
    TRY(call_build(call, &wide, err));
    return expr_cast(call->env, wide, type, CAST_TRY, call->span, &call->replacement, err);
}

static enum code resolve_bitand(struct call *call, struct error *err)
{
    return bits_resolve(call, 2, bits_and, err);
}

static enum code resolve_bitor(struct call *call, struct error *err)
{
    return bits_resolve(call, 2, bits_or, err);
}

static enum code resolve_bitxor(struct call *call, struct error *err)
{
    return bits_resolve(call, 2, bits_xor, err);
}

static enum code resolve_bitnot(struct call *call, struct error *err)
{
    return bits_resolve(call, 1, number_bits_not, err);
}

KERNEL(binary_digits)
{
    struct text_room room = { .arena = cx->arena };

    ROWS_EACH(rows, i)
    {
        uint64_t x = (uint64_t)COLUMN_AT(call->args[0], int64_t, i);
        int digits = x == 0 ? 1 : 64 - __builtin_clzll(x);
        char *at = text_room(&room, 64);
        if (!at)
            return error_nomem(err);
        for (int k = digits - 1; k >= 0; k--, x >>= 1)
            at[k] = (char)('0' + (x & 1));
        COLUMN_OUT(out, struct view)[i] = text_room_take(&room, (size_t)digits);
    }
    return OK;
}

static enum code resolve_bin(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_i64(call, 0, err));
    return call_set(call, &type_string, binary_digits, 0);
}

/* clang-format off */
#define BOTH DIALECT_BOTH
#define BLINK DIALECT_BLINK
const struct function fn_math_table[] = {
    { "ABS", BOTH, "ABS(number)", "The number without its sign.", "ABS(-5)", "5", resolve_abs, "math" },
    { "SIGN", BOTH, "SIGN(number)", "-1, 0 or 1, in the type of the argument.", "SIGN(-7)", "-1", resolve_sign, "math" },
    { "MOD", BOTH, "MOD(dividend, divisor)", "The remainder, with the sign of the dividend.", "MOD(29, 3)", "2", arith_mod_resolve, "math" },
    { "CEIL", BOTH, "CEIL(number | time TO unit)", "The least whole number (or start of a unit of time) not less than the argument.", "CEIL(1.2)", "2", math_ceil_resolve, "math" },
    { "CEILING", BOTH, "CEILING(number | time TO unit)", "The same as CEIL.", "CEILING(-1.5)", "-1", math_ceil_resolve, "math" },
    { "FLOOR", BOTH, "FLOOR(number | time TO unit)", "The greatest whole number (or start of a unit of time) not greater than the argument.", "FLOOR(DATE '2020-02-03' TO MONTH)", "2020-02-01", math_floor_resolve, "math" },
    { "ROUND", BOTH, "ROUND(number [, digits])", "Rounded to digits after the point (0), halves away from zero.", "ROUND(2.345, 2)", "2.35", math_round_resolve, "math" },
    { "TRUNCATE", BOTH, "TRUNCATE(number [, digits])", "Cut to digits after the point (0).", "TRUNCATE(42.389, 1)", "42.3", math_truncate_resolve, "math" },
    { "SQRT", BOTH, "SQRT(number)", "The square root.", "SQRT(16)", "4.0", resolve_sqrt, "math" },
    { "EXP", BOTH, "EXP(number)", "e to the power of the number.", "EXP(0)", "1.0", resolve_exp, "math" },
    { "LN", BOTH, "LN(number)", "The natural logarithm.", "LN(1)", "0.0", resolve_ln, "math" },
    { "LOG", BOTH, "LOG([base,] number)", "The logarithm to a base (e).", "LOG(2, 8)", "3.0", resolve_log, "math" },
    { "LOG10", BOTH, "LOG10(number)", "The logarithm to base 10.", "LOG10(1000)", "3.0", resolve_log10, "math" },
    { "LOG2", BOTH, "LOG2(number)", "The logarithm to base 2.", "LOG2(1)", "0.0", resolve_log2, "math" },
    { "POWER", BOTH, "POWER(base, exponent)", "The base to the power of the exponent.", "POWER(2, 10)", "1024.0", resolve_power, "math" },
    { "SIN", BOTH, "SIN(number)", "The sine of an angle in radians.", "SIN(0)", "0.0", resolve_sin, "math" },
    { "COS", BOTH, "COS(number)", "The cosine of an angle in radians.", "COS(0)", "1.0", resolve_cos, "math" },
    { "TAN", BOTH, "TAN(number)", "The tangent of an angle in radians.", "TAN(0)", "0.0", resolve_tan, "math" },
    { "COT", BOTH, "COT(number)", "The cotangent of an angle in radians.", "ROUND(COT(1), 4)", "0.6421", resolve_cot, "math" },
    { "ASIN", BOTH, "ASIN(number)", "The angle whose sine is the number.", "ASIN(0)", "0.0", resolve_asin, "math" },
    { "ACOS", BOTH, "ACOS(number)", "The angle whose cosine is the number.", "ACOS(1)", "0.0", resolve_acos, "math" },
    { "ATAN", BOTH, "ATAN(number)", "The angle whose tangent is the number.", "ATAN(0)", "0.0", resolve_atan, "math" },
    { "ATAN2", BOTH, "ATAN2(y, x)", "The angle of the point (x, y).", "ATAN2(0, 1)", "0.0", resolve_atan2, "math" },
    { "SINH", BOTH, "SINH(number)", "The hyperbolic sine.", "SINH(0)", "0.0", resolve_sinh, "math" },
    { "COSH", BOTH, "COSH(number)", "The hyperbolic cosine.", "COSH(0)", "1.0", resolve_cosh, "math" },
    { "TANH", BOTH, "TANH(number)", "The hyperbolic tangent.", "TANH(0)", "0.0", resolve_tanh, "math" },
    { "DEGREES", BOTH, "DEGREES(number)", "Radians as degrees.", "DEGREES(0)", "0.0", resolve_degrees, "math" },
    { "RADIANS", BOTH, "RADIANS(number)", "Degrees as radians.", "RADIANS(0)", "0.0", resolve_radians, "math" },
    { "PI", BOTH, "PI()", "The number pi.", "PI()", "3.141592653589793", resolve_pi, "math" },
    { "E", BOTH, "E()", "Euler's number.", "E()", "2.718281828459045", resolve_e, "math" },
    { "RAND", BOTH, "RAND([seed])", "A random number in [0, 1); with a seed always the same sequence.", "RAND(42)", "0.7275636800328681", math_rand_resolve, "math" },
    { "RAND_INTEGER", BOTH, "RAND_INTEGER([seed,] bound)", "A random integer in [0, bound).", "RAND_INTEGER(42, 10)", "0", math_rand_integer_resolve, "math" },
    { "BIN", BOTH, "BIN(integer)", "The integer in binary digits.", "BIN(12)", "1100", resolve_bin, "math" },
    { "BITAND", BLINK, "BITAND(a, b)", "The bits that are set in both integers.", "BITAND(12, 10)", "8", resolve_bitand, "math" },
    { "BITOR", BLINK, "BITOR(a, b)", "The bits that are set in either integer.", "BITOR(12, 10)", "14", resolve_bitor, "math" },
    { "BITXOR", BLINK, "BITXOR(a, b)", "The bits that are set in one integer only.", "BITXOR(12, 10)", "6", resolve_bitxor, "math" },
    { "BITNOT", BLINK, "BITNOT(a)", "All bits of the integer turned over.", "BITNOT(7)", "-8", resolve_bitnot, "math" },
    { 0 },
};
