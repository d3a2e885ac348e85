/* agg_sum.c -- SUM and AVG of integers and floats.
 *
 * As Flink: SUM keeps the type of its argument and wraps as Java does; AVG of integers
 * sums in 64 bits, and its quotient is cut toward zero (Blink: a DOUBLE).  Rows that are
 * taken back are subtracted; how many values there are says when the sum is NULL again. */
#include "agg/agg_sum.h"

#include "types/decimal.h"

static inline int64_t cut_i64(int64_t sum, int64_t count)
{
    if (count == 0)
        return 0; /* it is NULL */
    return count == -1 ? (int64_t)(0 - (uint64_t)sum) : sum / count;
}

/* calc_t: the sum's type for adding, unsigned so that it wraps. */
#define SUM_KERNEL(name, arg_t, acc_t, calc_t, out_t, counted, VALUE)                              \
    AGG_INLINE bool name##_put(const struct sum_at *at, char *row, struct column *out,             \
                               struct arena *arena, uint32_t i)                                    \
    {                                                                                              \
        acc_t sum = *(acc_t *)(row + at->sum);                                                     \
        int64_t count = counted ? *sum_count(at, row) : 1;                                         \
        COLUMN_OUT(out, out_t)[i] = (out_t)(VALUE);                                                \
        return likely(sum_is_valid(at, row) && count != 0) || agg_put_null(out, arena, i);         \
    }                                                                                              \
    AGG_INLINE void name##_add(const struct sum_at *at, char *row, arg_t value, bool take)         \
    {                                                                                              \
        acc_t *sum = (acc_t *)(row + at->sum);                                                     \
        *sum = (acc_t)(take ? (calc_t)*sum - (calc_t)value : (calc_t)*sum + (calc_t)value);        \
        sum_set_valid(at, row);                                                                    \
        if (counted)                                                                               \
            *sum_count(at, row) += take ? -1 : 1;                                                  \
    }                                                                                              \
    AGG_INLINE void name##_clear(const struct sum_at *at, char *row)                               \
    {                                                                                              \
        *(acc_t *)(row + at->sum) = 0;                                                             \
        sum_set_null(at, row);                                                                     \
        if (counted)                                                                               \
            *sum_count(at, row) = 0;                                                               \
    }                                                                                              \
    static void name##_reset(struct agg_run *run, char *row)                                       \
    {                                                                                              \
        const struct sum_at at = sum_at(run);                                                      \
        name##_clear(&at, row);                                                                    \
        if (counted)                                                                               \
            state_set_valid(row, agg_slot(run, 1), true);                                          \
    }                                                                                              \
    AGG_INLINE enum code name##_loop(struct agg_run *run, const struct agg_steps *s, bool flagged, \
                                     bool shown, struct error *err)                                \
    {                                                                                              \
        const struct sum_at at = sum_at(run);                                                      \
        const struct column *arg = s->args[0];                                                     \
        const arg_t *values = arg->values;                                                         \
        const uint64_t *valid = arg->valid;                                                        \
        const uint32_t mask = arg->mask;                                                           \
        for (uint32_t i = 0; i < s->n; i++) {                                                      \
            char *row = s->rows[i];                                                                \
            unsigned flags = agg_flags(s, i, flagged);                                             \
            if (flagged && (flags & AGG_RESET))                                                    \
                name##_reset(run, row);                                                            \
            if (shown && !name##_put(&at, row, s->before, s->arena, i))                            \
                return error_nomem(err);                                                           \
            uint32_t slot = agg_row(s, i) & mask;                                                  \
            if (!(flags & AGG_SKIP) && (!valid || bit_get(valid, slot)))                           \
                name##_add(&at, row, values[slot], flagged && (flags & AGG_TAKE));                 \
            if (shown && !name##_put(&at, row, s->after, s->arena, i))                             \
                return error_nomem(err);                                                           \
        }                                                                                          \
        return OK;                                                                                 \
    }                                                                                              \
    AGG_STEP(name)                                                                                 \
    static enum code name##_result(struct agg_run *run, struct arena *arena, char *const *rows,    \
                                   const struct str *keys, uint32_t n, struct column *out,         \
                                   struct error *err)                                              \
    {                                                                                              \
        (void)keys;                                                                                \
        const struct sum_at at = sum_at(run);                                                      \
        for (uint32_t i = 0; i < n; i++)                                                           \
            if (!name##_put(&at, rows[i], out, arena, i))                                          \
                return error_nomem(err);                                                           \
        return OK;                                                                                 \
    }                                                                                              \
    static enum code name##_merge(struct agg_run *run, char *const *to,                            \
                                  const struct str *to_keys, char *const *from,                    \
                                  const struct str *from_keys, uint32_t n, struct error *err)      \
    {                                                                                              \
        (void)to_keys, (void)from_keys, (void)err;                                                 \
        const struct sum_at at = sum_at(run);                                                      \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            if (!sum_is_valid(&at, from[i]))                                                       \
                continue;                                                                          \
            acc_t *sum = (acc_t *)(to[i] + at.sum);                                                \
            *sum = (acc_t)((calc_t)*sum + (calc_t) * (acc_t *)(from[i] + at.sum));                 \
            sum_set_valid(&at, to[i]);                                                             \
            if (counted)                                                                           \
                *sum_count(&at, to[i]) += *sum_count(&at, from[i]);                                \
        }                                                                                          \
        return OK;                                                                                 \
    }                                                                                              \
    static const struct agg_kernel name##_kernel = { .reset = name##_reset,                        \
                                                     .step = name,                                 \
                                                     .result = name##_result,                      \
                                                     .merge = name##_merge };

SUM_KERNEL(sum_i8, int8_t, int8_t, uint8_t, int8_t, false, sum)
SUM_KERNEL(sum_i16, int16_t, int16_t, uint16_t, int16_t, false, sum)
SUM_KERNEL(sum_i32, int32_t, int32_t, uint32_t, int32_t, false, sum)
SUM_KERNEL(sum_i64, int64_t, int64_t, uint64_t, int64_t, false, sum)
SUM_KERNEL(sum_f32, float, float, float, float, false, sum)
SUM_KERNEL(sum_f64, double, double, double, double, false, sum)

SUM_KERNEL(counted_i8, int8_t, int8_t, uint8_t, int8_t, true, sum)
SUM_KERNEL(counted_i16, int16_t, int16_t, uint16_t, int16_t, true, sum)
SUM_KERNEL(counted_i32, int32_t, int32_t, uint32_t, int32_t, true, sum)
SUM_KERNEL(counted_i64, int64_t, int64_t, uint64_t, int64_t, true, sum)
SUM_KERNEL(counted_f32, float, float, float, float, true, sum)
SUM_KERNEL(counted_f64, double, double, double, double, true, sum)

SUM_KERNEL(avg_i8, int8_t, int64_t, uint64_t, int8_t, true, cut_i64(sum, count))
SUM_KERNEL(avg_i16, int16_t, int64_t, uint64_t, int16_t, true, cut_i64(sum, count))
SUM_KERNEL(avg_i32, int32_t, int64_t, uint64_t, int32_t, true, cut_i64(sum, count))
SUM_KERNEL(avg_i64, int64_t, int64_t, uint64_t, int64_t, true, cut_i64(sum, count))
SUM_KERNEL(avg_f32, float, float, float, float, true, sum / (float)count)
SUM_KERNEL(avg_f64, double, double, double, double, true, sum / (double)count)

SUM_KERNEL(ratio_i8, int8_t, int64_t, uint64_t, double, true, (double)sum / (double)count)
SUM_KERNEL(ratio_i16, int16_t, int64_t, uint64_t, double, true, (double)sum / (double)count)
SUM_KERNEL(ratio_i32, int32_t, int64_t, uint64_t, double, true, (double)sum / (double)count)
SUM_KERNEL(ratio_i64, int64_t, int64_t, uint64_t, double, true, (double)sum / (double)count)

/* --- SUM ------------------------------------------------------------------------------------ */

static const struct agg_kernel *const sums[] = {
    [TYPE_TINYINT] = &sum_i8_kernel, [TYPE_SMALLINT] = &sum_i16_kernel,
    [TYPE_INT] = &sum_i32_kernel,    [TYPE_BIGINT] = &sum_i64_kernel,
    [TYPE_FLOAT] = &sum_f32_kernel,  [TYPE_DOUBLE] = &sum_f64_kernel,
    [TYPE_DECIMAL] = &agg_sum_decimal,
};
static const struct agg_kernel *const counted_sums[] = {
    [TYPE_TINYINT] = &counted_i8_kernel, [TYPE_SMALLINT] = &counted_i16_kernel,
    [TYPE_INT] = &counted_i32_kernel,    [TYPE_BIGINT] = &counted_i64_kernel,
    [TYPE_FLOAT] = &counted_f32_kernel,  [TYPE_DOUBLE] = &counted_f64_kernel,
    [TYPE_DECIMAL] = &agg_sum_decimal_counted,
};

static enum code resolve_sum(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(agg_take_number(agg, call, err));
    const struct type *type = agg->args[0];
    if (type->id != TYPE_DECIMAL)
        return OK;
    int precision, scale;
    decimal_type_sum(type->precision, type->scale, &precision, &scale);
    agg->result = type_make(call->env->arena, TYPE_DECIMAL, precision, scale);
    return agg->result ? OK : error_nomem(err);
}

static bool setup_sum(struct agg *agg)
{
    agg->kernel = (agg->takes_back ? counted_sums : sums)[agg->args[0]->id];
    agg->slots[0] = agg->result;
    agg->slots[1] = &type_bigint;
    agg->slot_count = agg->takes_back ? 2 : 1;
    return true;
}

/* --- AVG ------------------------------------------------------------------------------------ */

static const struct agg_kernel *const averages[] = {
    [TYPE_TINYINT] = &avg_i8_kernel, [TYPE_SMALLINT] = &avg_i16_kernel,
    [TYPE_INT] = &avg_i32_kernel,    [TYPE_BIGINT] = &avg_i64_kernel,
    [TYPE_FLOAT] = &avg_f32_kernel,  [TYPE_DOUBLE] = &avg_f64_kernel,
    [TYPE_DECIMAL] = &agg_avg_decimal,
};
static const struct agg_kernel *const ratios[] = {
    [TYPE_TINYINT] = &ratio_i8_kernel,
    [TYPE_SMALLINT] = &ratio_i16_kernel,
    [TYPE_INT] = &ratio_i32_kernel,
    [TYPE_BIGINT] = &ratio_i64_kernel,
};

/* AVG(DECIMAL) divides a sum of the type that SUM has; it is kept as the state of the function. */
static enum code resolve_avg(struct agg *agg, struct call *call, struct error *err)
{
    struct arena *arena = call->env->arena;
    TRY(call_arity(call, 1, 1, err));
    TRY(agg_take_number(agg, call, err));
    const struct type *type = agg->args[0];
    if (type_is_integer(type) && agg_is_blink(call))
        agg->result = &type_double;
    if (type->id != TYPE_DECIMAL)
        return OK;
    int precision, scale;
    decimal_type_sum(type->precision, type->scale, &precision, &scale);
    agg->state = type_make(arena, TYPE_DECIMAL, precision, scale);
    decimal_type_avg(type->precision, type->scale, &precision, &scale);
    agg->result = type_make(arena, TYPE_DECIMAL, precision, scale);
    return agg->result && agg->state ? OK : error_nomem(err);
}

static bool setup_avg(struct agg *agg)
{
    const struct type *type = agg->args[0];
    bool ratio = type_is_integer(type) && agg->result->id == TYPE_DOUBLE;
    agg->kernel = (ratio ? ratios : averages)[type->id];
    agg->slots[0] = type_is_integer(type)       ? &type_bigint
                    : type->id == TYPE_DECIMAL ? agg->state
                                               : type;
    agg->slots[1] = &type_bigint;
    agg->slot_count = 2;
    return true;
}

/* clang-format off */
const struct agg_function agg_sum_table[] = {
    { "SUM", DIALECT_BOTH, "SUM([DISTINCT] number)", "The sum of the values that are not NULL, in their own type: integers wrap; of DECIMAL(p, s) a DECIMAL(38, s), NULL where it does not fit.", resolve_sum, setup_sum },
    { "AVG", DIALECT_BLINK, "AVG([DISTINCT] number)", "The average of the values that are not NULL; of integers a DOUBLE.", resolve_avg, setup_avg },
    { "AVG", DIALECT_FLINK, "AVG([DISTINCT] number)", "The average of the values that are not NULL; of integers cut toward zero, in their own type.", resolve_avg, setup_avg },
    { 0 },
};
/* clang-format on */
