/* fn_arith_time.c -- points in time plus and minus intervals, intervals among
 * themselves and times numbers.
 *
 * As in Flink, months are added to the value as it is stored: a TIMESTAMP_LTZ counts
 * its months in UTC.  DATE with an interval of days stays a DATE; a literal interval
 * that is no whole number of days makes it a TIMESTAMP(3).  TIME goes round the clock.
 * What leaves the years 0001..9999 is NULL. */
#include "expr/arith.h"

#include "types/time.h"

#include <math.h>

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

static bool is_time(const struct type *type)
{
    return type->id == TYPE_DATE || type->id == TYPE_TIME || type_is_timestamp(type);
}

bool arith_is_time(const struct call *call)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct type *type = call->args[i]->type;
        if (is_time(type) || type_is_interval(type))
            return true;
    }
    return false;
}

/* The first argument is the point, the second the interval.  `x` and `delta` give `value`, or the
 * row is NULL. */
#define SHIFT(name, in_t, out_t, formula)                                                          \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        const struct column *points = call->args[0];                                               \
        const struct column *deltas = call->args[1];                                               \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            in_t x = COLUMN_AT(points, in_t, i);                                                   \
            int64_t delta = COLUMN_AT(deltas, int64_t, i);                                         \
            out_t value = 0;                                                                       \
            if (likely(formula))                                                                   \
                COLUMN_OUT(out, out_t)[i] = value;                                                 \
            else                                                                                   \
                TRY(kernel_null(cx, out, i, err));                                                 \
        }                                                                                          \
        return OK;                                                                                 \
    }

static bool date_plus_us(int32_t date, int64_t delta_us, int32_t *ret)
{
    int64_t days = date + delta_us / TIME_US_PER_DAY;

    if (!time_days_in_range(days))
        return false;
    *ret = (int32_t)days;
    return true;
}

static bool time_plus_us(int32_t time_ms, int64_t delta_us, int32_t *ret)
{
    int64_t delta_ms = delta_us % TIME_US_PER_DAY / TIME_US_PER_MS;

    *ret = (int32_t)time_floor_mod(time_ms + delta_ms, TIME_MS_PER_DAY);
    return true;
}

#define MINUS(x) ((int64_t)(0u - (uint64_t)(x)))

SHIFT(add_timestamp_us, int64_t, int64_t, time_add_us(x, delta, &value))
SHIFT(sub_timestamp_us, int64_t, int64_t, time_add_us(x, MINUS(delta), &value))
SHIFT(add_timestamp_months, int64_t, int64_t, time_add_months(x, delta, &value))
SHIFT(sub_timestamp_months, int64_t, int64_t, time_add_months(x, MINUS(delta), &value))
SHIFT(add_date_us, int32_t, int32_t, date_plus_us(x, delta, &value))
SHIFT(sub_date_us, int32_t, int32_t, date_plus_us(x, MINUS(delta), &value))
SHIFT(add_date_months, int32_t, int32_t, time_add_months_date(x, delta, &value))
SHIFT(sub_date_months, int32_t, int32_t, time_add_months_date(x, MINUS(delta), &value))
SHIFT(add_time_us, int32_t, int32_t, time_plus_us(x, delta, &value))
SHIFT(sub_time_us, int32_t, int32_t, time_plus_us(x, MINUS(delta), &value))

/* Intervals among themselves; NULL on overflow. */
SHIFT(add_interval, int64_t, int64_t, !__builtin_add_overflow(x, delta, &value))
SHIFT(sub_interval, int64_t, int64_t, !__builtin_sub_overflow(x, delta, &value))
SHIFT(mul_interval, int64_t, int64_t, !__builtin_mul_overflow(x, delta, &value))
SHIFT(div_interval, int64_t, int64_t,
      delta != 0 && (delta != -1 || x != INT64_MIN) && ((value = x / delta), true))

static bool scale_double(int64_t x, double factor, int64_t *ret)
{
    double value = (double)x * factor;

    if (!(fabs(value) < 9.2e18))
        return false;
    *ret = (int64_t)value;
    return true;
}

KERNEL(scale_interval)
{
    bool divide = call->state != NULL;

    ROWS_EACH(rows, i)
    {
        double factor = COLUMN_AT(call->args[1], double, i);
        int64_t value;
        if (scale_double(COLUMN_AT(call->args[0], int64_t, i), divide ? 1.0 / factor : factor,
                         &value))
            COLUMN_OUT(out, int64_t)[i] = value;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static enum code scale_resolve(struct call *call, enum arith_op op, struct error *err)
{
    static const char divide = 1;
    const struct type *type = call->args[0]->type;

    if (type_is_integer(call->args[1]->type)) {
        TRY(call_cast(call, 1, &type_bigint, err));
        return call_set(call, type, op == ARITH_MUL ? mul_interval : div_interval, 0);
    }
    TRY(call_cast(call, 1, &type_double, err));
    if (op == ARITH_DIV) {
        call->state = &divide;
        call->state_hash = 1;
    }
    return call_set(call, type, scale_interval, 0);
}

/* DATE and a literal such as INTERVAL '5' HOUR. */
static bool is_part_of_day(const struct expr *interval)
{
    return expr_is_literal(interval) && !interval->literal->is_null &&
           interval->type->id == TYPE_INTERVAL_DAY && interval->literal->i64 % TIME_US_PER_DAY != 0;
}

static enum code shift_resolve(struct call *call, bool minus, struct error *err)
{
    const struct type *point = call->args[0]->type;
    bool months = call->args[1]->type->id == TYPE_INTERVAL_MONTH;

    if (point->id == TYPE_DATE && is_part_of_day(call->args[1])) {
        TRY(call_cast(call, 0, &type_timestamp3, err));
        point = &type_timestamp3;
    }
    if (point->id == TYPE_TIME && months) {
        call->replacement = call->args[0];
        return OK;
    }
    if (point->id == TYPE_TIME)
        return call_set(call, point, minus ? sub_time_us : add_time_us, 0);
    if (point->id == TYPE_DATE && months)
        return call_set(call, point, minus ? sub_date_months : add_date_months, 0);
    if (point->id == TYPE_DATE)
        return call_set(call, point, minus ? sub_date_us : add_date_us, 0);
    if (months)
        return call_set(call, point, minus ? sub_timestamp_months : add_timestamp_months, 0);
    return call_set(call, point, minus ? sub_timestamp_us : add_timestamp_us, 0);
}

enum code arith_time_resolve(struct call *call, enum arith_op op, struct error *err)
{
    const struct type *a = call->args[0]->type;
    const struct type *b = call->args[1]->type;
    bool additive = op == ARITH_ADD || op == ARITH_SUB;

    /* interval + point, number * interval: the interval stands second, or before a number. */
    if ((op == ARITH_ADD && type_is_interval(a) && is_time(b)) ||
        (op == ARITH_MUL && type_is_numeric(a) && type_is_interval(b))) {
        struct expr *first = call->args[0];
        call->args[0] = call->args[1];
        call->args[1] = first;
        a = call->args[0]->type;
        b = call->args[1]->type;
    }
    if (is_time(a) && type_is_interval(b) && additive)
        return shift_resolve(call, op == ARITH_SUB, err);
    if (type_is_interval(a) && a->id == b->id && additive)
        return call_set(call, a, op == ARITH_SUB ? sub_interval : add_interval, 0);
    if (type_is_interval(a) && type_is_numeric(b) && (op == ARITH_MUL || op == ARITH_DIV))
        return scale_resolve(call, op, err);
    call_reject(call, err);
    if (op == ARITH_SUB && is_time(a) && is_time(b))
        error_hint(err, "TIMESTAMPDIFF(SECOND, from, to) gives the distance of two times.");
    else if (additive && is_time(a) && type_is_numeric(b))
        error_hint(err, "Numbers have no unit of time; write INTERVAL '1' DAY, for example.");
    return E_TYPE;
}
