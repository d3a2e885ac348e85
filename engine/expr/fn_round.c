/* fn_round.c -- CEIL, FLOOR, ROUND, TRUNCATE of numbers.
 *
 * A double is rounded as Flink does it: as the decimal number that its shortest text
 * is (1.005 has two fives' worth of tie), not as the binary fraction it stands for.
 * DECIMALs get the scale that was asked for, if it is a literal. */
#include "base/number.h"
#include "expr/fn_math.h"
#include "types/decimal.h"

#include <math.h>

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

struct round_state {
    enum decimal_rounding rounding;
    bool by_column; /* the second argument says how many digits */
    int32_t digits;
};

static int32_t digits_at(const struct kernel_call *call, uint32_t row)
{
    const struct round_state *state = call->state;

    return state->by_column ? COLUMN_AT(call->args[1], int32_t, row) : state->digits;
}

/* --- doubles ------------------------------------------------------------- */

/* The digits of a number: 0.d1d2d3... times 10^exponent. */
struct decimal_digits {
    char digits[NUMBER_DOUBLE_MAX];
    int count;
    int exponent;
};

static void take_apart(double x, struct decimal_digits *ret)
{
    char text[NUMBER_DOUBLE_MAX];
    size_t size = number_print_java_double(x, text);
    bool point = false;
    int exponent = 0;

    ret->count = 0;
    ret->exponent = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '.') {
            point = true;
        } else if (c == 'E') {
            bool negative = text[i + 1] == '-';
            for (i += negative ? 2 : 1; i < size; i++)
                exponent = exponent * 10 + (text[i] - '0');
            ret->exponent += negative ? -exponent : exponent;
        } else if (c >= '0' && c <= '9') {
            if (ret->count == 0 && c == '0') {
                ret->exponent -= point;
                continue;
            }
            ret->digits[ret->count++] = c;
            ret->exponent += !point;
        }
    }
}

static double put_together(const struct decimal_digits *d, bool negative)
{
    char text[NUMBER_DOUBLE_MAX + 16];
    size_t size = 0;
    bool ok;

    if (negative)
        text[size++] = '-';
    text[size++] = '0';
    text[size++] = '.';
    memcpy(text + size, d->digits, (size_t)d->count);
    size += (size_t)d->count;
    text[size++] = 'E';
    size += number_print_i64(d->exponent, text + size);
    return number_parse_double(text, size, &ok);
}

/* The same without text, where the decision is clear: the scaled number is off by less than `slack`
 * from what the digits say, and both the quotient and the shortest text are the double nearest to
 * the same decimal number.  False: too near to a tie (HALF_UP) or to a whole number (DOWN). */
static bool round_clear(double x, int32_t places, enum decimal_rounding rounding, double *ret)
{
    static const double powers[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    double scaled, whole, fraction, slack;

    if (places < 0 || places >= (int32_t)countof(powers))
        return false;
    scaled = fabs(x) * powers[places];
    if (!(scaled < 1e15))
        return false;
    slack = scaled * 0x1p-50 + 0x1p-60;
    whole = floor(scaled);
    fraction = scaled - whole;
    if (rounding == DECIMAL_HALF_UP) {
        if (fabs(fraction - 0.5) <= slack)
            return false;
        whole += fraction > 0.5;
    } else if (fraction <= slack || 1 - fraction <= slack) {
        return false;
    }
    *ret = whole == 0 ? 0.0 : copysign(whole / powers[places], x);
    return true;
}

/* HALF_UP or DOWN at `places` behind the point. */
static double round_double(double x, int32_t places, enum decimal_rounding rounding)
{
    struct decimal_digits d;
    int64_t keep;
    double quick;

    if (!isfinite(x) || x == 0)
        return x;
    if (round_clear(x, places, rounding, &quick))
        return quick;
    take_apart(x, &d);
    keep = (int64_t)d.exponent + places;
    if (keep >= d.count)
        return x;
    if (keep < 0)
        return 0.0;
    bool up = rounding == DECIMAL_HALF_UP && d.digits[keep] >= '5';
    d.count = (int)keep;
    if (up) {
        while (d.count > 0 && d.digits[d.count - 1] == '9')
            d.count--;
        if (d.count > 0) {
            d.digits[d.count - 1]++;
        } else {
            d.digits[d.count++] = '1';
            d.exponent++;
        }
    }
    if (d.count == 0)
        return 0.0;
    return put_together(&d, x < 0);
}

KERNEL(round_f64)
{
    const struct round_state *state = call->state;

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, double)
        [i] =
            round_double(COLUMN_AT(call->args[0], double, i), digits_at(call, i), state->rounding);
    }
    return OK;
}

KERNEL(round_f32)
{
    const struct round_state *state = call->state;

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, float)
        [i] = (float)round_double((double)COLUMN_AT(call->args[0], float, i), digits_at(call, i),
                                  state->rounding);
    }
    return OK;
}

#define WHOLE(name, ctype, function)                                                               \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            COLUMN_OUT(out, ctype)[i] = function(COLUMN_AT(call->args[0], ctype, i));              \
        }                                                                                          \
        return OK;                                                                                 \
    }
WHOLE(ceil_f32, float, ceilf)
WHOLE(ceil_f64, double, ceil)
WHOLE(floor_f32, float, floorf)
WHOLE(floor_f64, double, floor)

/* --- exact numbers ------------------------------------------------------- */

KERNEL(round_decimal)
{
    const struct round_state *state = call->state;
    const struct column *in = call->args[0];
    bool in_wide = type_phys(in->type) == PHYS_I128;
    bool wide = type_phys(out->type) == PHYS_I128;

    ROWS_EACH(rows, i)
    {
        int128 value;
        if (decimal_round(decimal_at(in, i, in_wide), in->type->scale, digits_at(call, i),
                          state->rounding, out->type->scale, &value) &&
            decimal_fits(value, out->type->precision))
            decimal_set(out, i, wide, value);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* Rounding an integer changes it only before the point; what overflows wraps, as in Java. */
#define ROUND_INTEGER(name, ctype)                                                                 \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        const struct round_state *state = call->state;                                             \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            int128 value = COLUMN_AT(call->args[0], ctype, i);                                     \
            int32_t digits = digits_at(call, i);                                                   \
            if (digits < 0 &&                                                                      \
                !decimal_round(value, 0, MAX(digits, -38), state->rounding, 0, &value))            \
                value = 0;                                                                         \
            COLUMN_OUT(out, ctype)[i] = (ctype)value;                                              \
        }                                                                                          \
        return OK;                                                                                 \
    }
ROUND_INTEGER(round_i8, int8_t)
ROUND_INTEGER(round_i16, int16_t)
ROUND_INTEGER(round_i32, int32_t)
ROUND_INTEGER(round_i64, int64_t)

/* --- resolving ----------------------------------------------------------- */

static enum code round_state(struct call *call, enum decimal_rounding rounding, int32_t digits,
                             bool by_column, struct error *err)
{
    struct round_state *state = arena_new(call->env->arena, struct round_state);

    if (!state)
        return error_nomem(err);
    *state = (struct round_state){ rounding, by_column, digits };
    call->state = state;
    call->state_hash = (uint64_t)rounding << 40 | (uint64_t)by_column << 32 | (uint32_t)digits;
    return OK;
}

/* CEIL and FLOOR: to no digits behind the point. */
static enum code whole_resolve(struct call *call, bool ceil, struct error *err)
{
    const struct type *type;

    TRY(call_arity(call, 1, 2, err));
    if (call->arg_count == 2)
        return time_round_resolve(call, ceil, err);
    TRY(math_number(call, 0, err));
    type = call->args[0]->type;
    if (type_is_integer(type)) {
        call->replacement = call->args[0];
        return OK;
    }
    if (type->id == TYPE_FLOAT)
        return call_set(call, type, ceil ? ceil_f32 : floor_f32, 0);
    if (type->id == TYPE_DOUBLE)
        return call_set(call, type, ceil ? ceil_f64 : floor_f64, 0);
    TRY(round_state(call, ceil ? DECIMAL_CEIL : DECIMAL_FLOOR, 0, false, err));
    type = type_make(call->env->arena, TYPE_DECIMAL, type->precision, 0);
    if (!type)
        return error_nomem(err);
    return call_set(call, type, round_decimal, 0);
}

enum code math_ceil_resolve(struct call *call, struct error *err)
{
    return whole_resolve(call, true, err);
}

enum code math_floor_resolve(struct call *call, struct error *err)
{
    return whole_resolve(call, false, err);
}

static enum code digits_resolve(struct call *call, enum decimal_rounding rounding,
                                struct error *err)
{
    static const kernel_fn kernels[] = {
        [PHYS_I8] = round_i8,   [PHYS_I16] = round_i16, [PHYS_I32] = round_i32,
        [PHYS_I64] = round_i64, [PHYS_F32] = round_f32, [PHYS_F64] = round_f64,
    };
    const struct type *type;
    int64_t digits = 0;
    bool literal = true;
    int precision, scale;

    TRY(call_arity(call, 1, 2, err));
    TRY(math_number(call, 0, err));
    if (call->arg_count == 2) {
        TRY(call_coerce(call, 1, &type_int, err));
        literal = expr_literal_i64(call->args[1], &digits);
    }
    TRY(round_state(call, rounding, (int32_t)digits, !literal, err));
    type = call->args[0]->type;
    if (type->id != TYPE_DECIMAL)
        return call_set(call, type, kernels[type_phys(type)], 0);
    if (literal) {
        decimal_type_round(type->precision, type->scale, (int)digits, &precision, &scale);
        type = type_make(call->env->arena, TYPE_DECIMAL, precision, scale);
        if (!type)
            return error_nomem(err);
    }
    return call_set(call, type, round_decimal, 0);
}

enum code math_round_resolve(struct call *call, struct error *err)
{
    return digits_resolve(call, DECIMAL_HALF_UP, err);
}

enum code math_truncate_resolve(struct call *call, struct error *err)
{
    return digits_resolve(call, DECIMAL_DOWN, err);
}
