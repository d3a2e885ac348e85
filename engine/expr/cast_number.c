/* cast_number.c -- numbers and BOOLEAN among themselves, as Java converts them:
 * integers wrap, fractions are cut toward zero and saturate, NaN is 0.  A DECIMAL
 * that does not fit is NULL in every mode (as Flink has it); from DECIMAL to an
 * integer the low bits count. */
#include "expr/cast_kernel.h"

#include "types/decimal.h"

#include <math.h>

static inline int64_t saturate_i64(double x)
{
    if (!(x > -9223372036854775808.0))
        return x != x ? 0 : INT64_MIN;
    return x < 9223372036854775808.0 ? (int64_t)x : INT64_MAX;
}

static inline int32_t saturate_i32(double x)
{
    if (!(x > -2147483648.0))
        return x != x ? 0 : INT32_MIN;
    return x < 2147483647.0 ? (int32_t)x : INT32_MAX;
}

/* Java goes through int on the way to byte and short. */
static inline int16_t saturate_i16(double x)
{
    return (int16_t)saturate_i32(x);
}

static inline int8_t saturate_i8(double x)
{
    return (int8_t)saturate_i32(x);
}

#define WRAP_I8(x) ((int8_t)(x))
#define WRAP_I16(x) ((int16_t)(x))
#define WRAP_I32(x) ((int32_t)(x))
#define WRAP_I64(x) ((int64_t)(x))
#define TO_F32(x) ((float)(x))
#define TO_F64(x) ((double)(x))
#define TO_BOOL(x) ((uint8_t)((x) != 0))

#define CAST(name, from_t, to_t, convert)                                                          \
    static CAST_KERNEL(cast_##name)                                                                \
    {                                                                                              \
        const from_t *restrict in = call->args[0]->values;                                         \
        to_t *restrict to = out->values;                                                           \
        uint32_t mask = call->args[0]->mask;                                                       \
        (void)cx;                                                                                  \
        (void)err;                                                                                 \
        if (!rows->sel && mask != 0) {                                                             \
            for (uint32_t i = 0; i < rows->n; i++)                                                 \
                to[i] = convert(in[i]);                                                            \
        } else {                                                                                   \
            ROWS_EACH(rows, i)                                                                     \
            {                                                                                      \
                to[i] = convert(in[i & mask]);                                                     \
            }                                                                                      \
        }                                                                                          \
        return OK;                                                                                 \
    }

/* From one type to all others. */
#define CAST_INTEGER(x, from_t)                                                                    \
    CAST(x##_i8, from_t, int8_t, WRAP_I8)                                                          \
    CAST(x##_i16, from_t, int16_t, WRAP_I16)                                                       \
    CAST(x##_i32, from_t, int32_t, WRAP_I32)                                                       \
    CAST(x##_i64, from_t, int64_t, WRAP_I64)                                                       \
    CAST(x##_f32, from_t, float, TO_F32)                                                           \
    CAST(x##_f64, from_t, double, TO_F64)                                                          \
    CAST(x##_bool, from_t, uint8_t, TO_BOOL)
#define CAST_FLOATING(x, from_t)                                                                   \
    CAST(x##_i8, from_t, int8_t, saturate_i8)                                                      \
    CAST(x##_i16, from_t, int16_t, saturate_i16)                                                   \
    CAST(x##_i32, from_t, int32_t, saturate_i32)                                                   \
    CAST(x##_i64, from_t, int64_t, saturate_i64)                                                   \
    CAST(x##_f32, from_t, float, TO_F32)                                                           \
    CAST(x##_f64, from_t, double, TO_F64)                                                          \
    CAST(x##_bool, from_t, uint8_t, TO_BOOL)

CAST_INTEGER(bool, uint8_t)
CAST_INTEGER(i8, int8_t)
CAST_INTEGER(i16, int16_t)
CAST_INTEGER(i32, int32_t)
CAST_INTEGER(i64, int64_t)
CAST_FLOATING(f32, float)
CAST_FLOATING(f64, double)

enum { FIXED_COUNT = 7 };

/* Position in the matrix; -1: not a type of fixed width. */
static int fixed_index(const struct type *type)
{
    switch (type->id) {
    case TYPE_BOOLEAN:
        return 0;
    case TYPE_TINYINT:
        return 1;
    case TYPE_SMALLINT:
        return 2;
    case TYPE_INT:
        return 3;
    case TYPE_BIGINT:
        return 4;
    case TYPE_FLOAT:
        return 5;
    case TYPE_DOUBLE:
        return 6;
    default:
        return -1;
    }
}

/* clang-format off */
#define CAST_FROM(x) { cast_##x##_bool, cast_##x##_i8,  cast_##x##_i16, cast_##x##_i32,            \
                       cast_##x##_i64,  cast_##x##_f32, cast_##x##_f64 }
/* clang-format on */
static const kernel_fn fixed_matrix[FIXED_COUNT][FIXED_COUNT] = {
    CAST_FROM(bool), CAST_FROM(i8),  CAST_FROM(i16), CAST_FROM(i32),
    CAST_FROM(i64),  CAST_FROM(f32), CAST_FROM(f64),
};

/* --- DECIMAL ------------------------------------------------------------- */

static inline int64_t integer_at(const struct column *c, uint32_t row)
{
    switch (type_phys(c->type)) {
    case PHYS_BOOL:
        return COLUMN_AT(c, uint8_t, row) != 0;
    case PHYS_I8:
        return COLUMN_AT(c, int8_t, row);
    case PHYS_I16:
        return COLUMN_AT(c, int16_t, row);
    case PHYS_I32:
        return COLUMN_AT(c, int32_t, row);
    default:
        return COLUMN_AT(c, int64_t, row);
    }
}

static CAST_KERNEL(cast_integer_decimal)
{
    const struct column *in = call->args[0];
    const struct type *to = out->type;
    bool wide = type_phys(to) == PHYS_I128;

    ROWS_EACH(rows, i)
    {
        int128 value;
        if (decimal_from_i64(integer_at(in, i), to->precision, to->scale, &value))
            decimal_set(out, i, wide, value);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static CAST_KERNEL(cast_floating_decimal)
{
    const struct column *in = call->args[0];
    const struct type *to = out->type;
    bool wide = type_phys(to) == PHYS_I128;
    bool single = type_phys(in->type) == PHYS_F32;

    ROWS_EACH(rows, i)
    {
        double x = single ? (double)COLUMN_AT(in, float, i) : COLUMN_AT(in, double, i);
        int128 value;
        if (decimal_from_double(x, to->precision, to->scale, &value))
            decimal_set(out, i, wide, value);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static CAST_KERNEL(cast_decimal_decimal)
{
    const struct column *in = call->args[0];
    const struct type *to = out->type;
    int from_scale = in->type->scale;
    bool wide_in = type_phys(in->type) == PHYS_I128;
    bool wide = type_phys(to) == PHYS_I128;

    ROWS_EACH(rows, i)
    {
        int128 value;
        if (decimal_rescale(decimal_at(in, i, wide_in), from_scale, to->precision, to->scale,
                            &value))
            decimal_set(out, i, wide, value);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static CAST_KERNEL(cast_decimal_fixed)
{
    const struct column *in = call->args[0];
    enum phys phys = type_phys(out->type);
    bool wide = type_phys(in->type) == PHYS_I128;
    int scale = in->type->scale;
    int128 unit = decimal_power(scale);

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        int128 unscaled = decimal_at(in, i, wide);
        int128 whole = unscaled / unit;
        switch (phys) {
        case PHYS_BOOL:
            COLUMN_OUT(out, uint8_t)[i] = unscaled != 0;
            break;
        case PHYS_I8:
            COLUMN_OUT(out, int8_t)[i] = (int8_t)whole;
            break;
        case PHYS_I16:
            COLUMN_OUT(out, int16_t)[i] = (int16_t)whole;
            break;
        case PHYS_I32:
            COLUMN_OUT(out, int32_t)[i] = (int32_t)whole;
            break;
        case PHYS_F32:
            COLUMN_OUT(out, float)[i] = (float)decimal_to_double(unscaled, scale);
            break;
        case PHYS_F64:
            COLUMN_OUT(out, double)[i] = decimal_to_double(unscaled, scale);
            break;
        default:
            COLUMN_OUT(out, int64_t)[i] = (int64_t)whole;
            break;
        }
    }
    return OK;
}

kernel_fn cast_number_kernel(const struct type *from, const struct type *to, unsigned *ret_flags)
{
    int from_index = fixed_index(from);
    int to_index = fixed_index(to);

    *ret_flags = 0;
    if (from_index >= 0 && to_index >= 0) {
        *ret_flags = CALL_SAFE;
        return fixed_matrix[from_index][to_index];
    }
    if (from->id == TYPE_DECIMAL && to->id == TYPE_DECIMAL)
        return cast_decimal_decimal;
    if (from->id == TYPE_DECIMAL && to_index >= 0)
        return cast_decimal_fixed;
    if (to->id == TYPE_DECIMAL && type_is_float(from))
        return cast_floating_decimal;
    if (to->id == TYPE_DECIMAL && from_index >= 0)
        return cast_integer_decimal;
    return NULL;
}
