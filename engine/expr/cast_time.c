/* cast_time.c -- dates, times, timestamps and intervals among themselves.
 *
 * TIMESTAMP is a wall clock, TIMESTAMP_LTZ an instant; between them stands the
 * session time zone (a wall clock that exists twice is the first, as java.time reads
 * it).  Blink's TIMESTAMP is an instant and converts to numbers as seconds.  What
 * leaves the years 0001..9999 is NULL. */
#include "expr/cast_kernel.h"

#include "types/time.h"
#include "types/zone.h"

/* What a temporal value is on the way: a wall clock in microseconds. */
static inline int64_t local_of(const struct column *in, uint32_t row, const struct zone *zone,
                               struct zone_cursor *cursor)
{
    switch (in->type->id) {
    case TYPE_DATE:
        return COLUMN_AT(in, int32_t, row) * TIME_US_PER_DAY;
    case TYPE_TIME:
        return COLUMN_AT(in, int32_t, row) * TIME_US_PER_MS;
    case TYPE_TIMESTAMP_LTZ:
        return zone_utc_to_local_us(zone, cursor, COLUMN_AT(in, int64_t, row));
    default:
        return COLUMN_AT(in, int64_t, row);
    }
}

static CAST_KERNEL(cast_temporal)
{
    const struct cast_state *state = call->state;
    const struct column *in = call->args[0];
    struct zone_cursor cursor = { 0 };

    ROWS_EACH(rows, i)
    {
        int64_t local_us = local_of(in, i, state->zone, &cursor);
        switch (out->type->id) {
        case TYPE_DATE:
            COLUMN_OUT(out, int32_t)[i] = (int32_t)time_floor_div(local_us, TIME_US_PER_DAY);
            break;
        case TYPE_TIME: {
            int64_t us = time_cut(time_floor_mod(local_us, TIME_US_PER_DAY), out->type->precision);
            COLUMN_OUT(out, int32_t)[i] = (int32_t)(us / TIME_US_PER_MS);
            break;
        }
        case TYPE_TIMESTAMP_LTZ: {
            int64_t us = zone_local_to_utc_us(state->zone, &cursor, local_us, ZONE_EARLIER);
            COLUMN_OUT(out, int64_t)[i] = time_cut(us, out->type->precision);
            if (unlikely(!time_us_in_range(us)))
                TRY(kernel_null(cx, out, i, err));
            break;
        }
        default:
            COLUMN_OUT(out, int64_t)[i] = time_cut(local_us, out->type->precision);
            if (unlikely(!time_us_in_range(local_us)))
                TRY(kernel_null(cx, out, i, err));
            break;
        }
    }
    return OK;
}

/* The same kind with fewer digits. */
static CAST_KERNEL(cast_cut)
{
    const struct column *in = call->args[0];

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, int64_t)[i] = time_cut(COLUMN_AT(in, int64_t, i), out->type->precision);
    }
    return OK;
}

/* --- Blink: seconds ------------------------------------------------------ */

static CAST_KERNEL(cast_seconds_instant)
{
    const struct column *in = call->args[0];
    enum phys phys = type_phys(in->type);

    ROWS_EACH(rows, i)
    {
        double us = 0;
        int64_t seconds = 0;
        switch (phys) {
        case PHYS_I8:
            seconds = COLUMN_AT(in, int8_t, i);
            break;
        case PHYS_I16:
            seconds = COLUMN_AT(in, int16_t, i);
            break;
        case PHYS_I32:
            seconds = COLUMN_AT(in, int32_t, i);
            break;
        case PHYS_F32:
            us = (double)COLUMN_AT(in, float, i) * 1e6;
            break;
        case PHYS_F64:
            us = COLUMN_AT(in, double, i) * 1e6;
            break;
        default:
            seconds = COLUMN_AT(in, int64_t, i);
            break;
        }
        if (seconds >= TIME_MIN_US / TIME_US_PER_SECOND &&
            seconds <= TIME_MAX_US / TIME_US_PER_SECOND && us >= (double)TIME_MIN_US &&
            us <= (double)TIME_MAX_US)
            COLUMN_OUT(out, int64_t)
            [i] = phys == PHYS_F32 || phys == PHYS_F64 ? time_cut((int64_t)us, out->type->precision)
                                                       : seconds * TIME_US_PER_SECOND;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static CAST_KERNEL(cast_instant_seconds)
{
    const struct column *in = call->args[0];
    enum phys phys = type_phys(out->type);

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        int64_t ms = time_floor_div(COLUMN_AT(in, int64_t, i), TIME_US_PER_MS);
        int64_t seconds = ms / 1000;
        switch (phys) {
        case PHYS_I8:
            COLUMN_OUT(out, int8_t)[i] = (int8_t)seconds;
            break;
        case PHYS_I16:
            COLUMN_OUT(out, int16_t)[i] = (int16_t)seconds;
            break;
        case PHYS_I32:
            COLUMN_OUT(out, int32_t)[i] = (int32_t)seconds;
            break;
        case PHYS_F32:
            COLUMN_OUT(out, float)[i] = (float)((double)ms / 1000.0);
            break;
        case PHYS_F64:
            COLUMN_OUT(out, double)[i] = (double)ms / 1000.0;
            break;
        default:
            COLUMN_OUT(out, int64_t)[i] = seconds;
            break;
        }
    }
    return OK;
}

/* --- intervals and numbers: months, and milliseconds as Flink counts them  */

static CAST_KERNEL(cast_interval_number)
{
    const struct column *in = call->args[0];
    bool months = in->type->id == TYPE_INTERVAL_MONTH;

    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        int64_t value = COLUMN_AT(in, int64_t, i);
        if (!months)
            value = time_floor_div(value, TIME_US_PER_MS);
        if (type_phys(out->type) == PHYS_I32)
            COLUMN_OUT(out, int32_t)[i] = (int32_t)value;
        else
            COLUMN_OUT(out, int64_t)[i] = value;
    }
    return OK;
}

static CAST_KERNEL(cast_number_interval)
{
    const struct column *in = call->args[0];
    bool months = out->type->id == TYPE_INTERVAL_MONTH;

    ROWS_EACH(rows, i)
    {
        int64_t value =
            type_phys(in->type) == PHYS_I32 ? COLUMN_AT(in, int32_t, i) : COLUMN_AT(in, int64_t, i);
        int64_t us = value;
        if (!months && __builtin_mul_overflow(value, TIME_US_PER_MS, &us))
            TRY(kernel_null(cx, out, i, err));
        else
            COLUMN_OUT(out, int64_t)[i] = us;
    }
    return OK;
}

static bool is_point(const struct type *type)
{
    return type->id == TYPE_DATE || type->id == TYPE_TIME || type_is_timestamp(type);
}

kernel_fn cast_time_kernel(const struct type *from, const struct type *to, enum cast_mode mode)
{
    bool number = to->id == TYPE_INT || to->id == TYPE_BIGINT;

    if (is_point(from) && is_point(to)) {
        if ((from->id == TYPE_DATE && to->id == TYPE_TIME) ||
            (from->id == TYPE_TIME && to->id == TYPE_DATE))
            return NULL;
        return from->id == to->id && type_is_timestamp(from) ? cast_cut : cast_temporal;
    }
    if (mode == CAST_BLINK && type_is_timestamp(to) &&
        (type_is_integer(from) || type_is_float(from)))
        return cast_seconds_instant;
    if (mode == CAST_BLINK && type_is_timestamp(from) && (type_is_integer(to) || type_is_float(to)))
        return cast_instant_seconds;
    if (type_is_interval(from) && number)
        return cast_interval_number;
    if (type_is_interval(to) && (from->id == TYPE_INT || from->id == TYPE_BIGINT))
        return cast_number_interval;
    return NULL;
}
