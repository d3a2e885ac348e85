/* fn_time_read.c -- points in time from texts and numbers: TO_TIMESTAMP and its like.
 *
 * What cannot be read is NULL in both dialects, but for UNIX_TIMESTAMP in Flink, which
 * answers the least BIGINT. */
#include "expr/fn_time_pattern.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* --- reading ------------------------------------------------------------- */

/* UNIX_TIMESTAMP(text ...): Flink answers the least BIGINT for what it cannot read. */
KERNEL(unix_timestamp_text)
{
    struct format_run run = format_run(cx, call);

    ROWS_EACH(rows, i)
    {
        bool ok, local;
        int64_t us = 0;
        TRY(format_next_text(&run, i, &ok, &local, &us, err));
        if (ok)
            COLUMN_OUT(out, int64_t)[i] = time_floor_div(us, TIME_US_PER_MS) / 1000;
        else if (!run.state->blink)
            COLUMN_OUT(out, int64_t)[i] = INT64_MIN;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

KERNEL(unix_timestamp_instant)
{
    (void)cx;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, int64_t)
        [i] = time_floor_div(COLUMN_AT(call->args[0], int64_t, i), TIME_US_PER_MS) / 1000;
    }
    return OK;
}

KERNEL(unix_timestamp_now)
{
    (void)call;
    (void)err;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, int64_t)[i] = time_floor_div(cx->now_us, TIME_US_PER_SECOND);
    }
    return OK;
}

enum code time_unix_timestamp_resolve(struct call *call, struct error *err)
{
    struct format_state *state;
    const struct type *type;

    TRY(call_arity(call, 0, 2, err));
    if (call->arg_count == 0)
        return call_set(call, &type_bigint, unix_timestamp_now, CALL_DYNAMIC);
    type = call->args[0]->type;
    if (call->arg_count == 1 && (type_is_timestamp(type) || type->id == TYPE_DATE)) {
        if (type->id != TYPE_TIMESTAMP_LTZ)
            TRY(call_cast(call, 0, &type_timestamp_ltz6, err));
        return call_set(call, &type_bigint, unix_timestamp_instant, 0);
    }
    TRY(call_coerce_string(call, 0, err));
    TRY(format_state_make(call, &state, err));
    if (call->arg_count == 2)
        TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_SIMPLE, err));
    else
        TRY(format_default_pattern(call, state, 0, DATEFMT_SIMPLE, err));
    return call_set(call, &type_bigint, unix_timestamp_text, 0);
}

/* Flink: a wall clock, NULL for what cannot be read; `zones[0]` makes it an instant. */
static enum code read_flink(struct format_run *run, uint32_t row, bool patterned, bool *ret_ok,
                            int64_t *ret_local_us, struct error *err)
{
    struct str text = view_str(COLUMN_AT(run->call->args[0], struct view, row));
    const struct datefmt *fmt;

    if (!patterned) {
        *ret_ok = time_parse_timestamp(text, run->state->precision, ret_local_us);
        return OK;
    }
    TRY(format_run_pattern(run, 0, row, &fmt, err));
    *ret_ok = fmt && datefmt_parse_flink(fmt, text, ret_local_us);
    return OK;
}

KERNEL(to_timestamp_flink)
{
    struct format_run run = format_run(cx, call);
    bool instant = out->type->id == TYPE_TIMESTAMP_LTZ;
    const struct zone *zone;
    struct zone_cursor *cursor;

    ROWS_EACH(rows, i)
    {
        bool ok;
        int64_t us = 0;
        TRY(read_flink(&run, i, call->arg_count > 1, &ok, &us, err));
        if (ok && instant) {
            TRY(format_run_zone(&run, 0, i, &zone, &cursor, err));
            us = zone_local_to_utc_us(zone, cursor, us, ZONE_EARLIER);
        }
        if (ok && time_us_in_range(us))
            COLUMN_OUT(out, int64_t)[i] = us;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* Blink: TO_TIMESTAMP(text), lenient, NULL for what cannot be read. */
KERNEL(to_timestamp_default)
{
    struct format_run run = format_run(cx, call);
    const struct zone *zone;
    struct zone_cursor *cursor;

    ROWS_EACH(rows, i)
    {
        struct str text = view_str(COLUMN_AT(call->args[0], struct view, i));
        TRY(format_run_zone(&run, 0, i, &zone, &cursor, err));
        if (!datefmt_parse_blink(zone, cursor, text, &COLUMN_OUT(out, int64_t)[i]))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

KERNEL(to_timestamp_simple)
{
    struct format_run run = format_run(cx, call);

    ROWS_EACH(rows, i)
    {
        bool ok, local;
        int64_t us = 0;
        TRY(format_next_text(&run, i, &ok, &local, &us, err));
        if (ok)
            COLUMN_OUT(out, int64_t)[i] = us;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* Milliseconds (precision 3) or seconds (0) since the epoch. */
KERNEL(to_timestamp_integer)
{
    const struct format_state *state = call->state;
    int64_t unit_us = state->precision == 0 ? TIME_US_PER_SECOND : TIME_US_PER_MS;

    ROWS_EACH(rows, i)
    {
        int64_t us;
        if (!__builtin_mul_overflow(COLUMN_AT(call->args[0], int64_t, i), unit_us, &us) &&
            time_us_in_range(us))
            COLUMN_OUT(out, int64_t)[i] = us;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* Cut to milliseconds toward zero. */
KERNEL(to_timestamp_double)
{
    const struct format_state *state = call->state;
    double factor = state->precision == 0 ? 1000.0 : 1.0;

    ROWS_EACH(rows, i)
    {
        double ms = COLUMN_AT(call->args[0], double, i) * factor;
        if (ms >= (double)(TIME_MIN_US / TIME_US_PER_MS) &&
            ms <= (double)(TIME_MAX_US / TIME_US_PER_MS))
            COLUMN_OUT(out, int64_t)[i] = (int64_t)ms * TIME_US_PER_MS;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static enum code numeric_resolve(struct call *call, const struct type *type, struct error *err)
{
    if (type_is_float(call->args[0]->type)) {
        TRY(call_cast(call, 0, &type_double, err));
        return call_set(call, type, to_timestamp_double, 0);
    }
    TRY(call_cast(call, 0, &type_bigint, err));
    return call_set(call, type, to_timestamp_integer, 0);
}

static enum code to_timestamp_blink_resolve(struct call *call, struct error *err)
{
    struct format_state *state;
    const struct type *type = call->args[0]->type;

    TRY(format_state_make(call, &state, err));
    state->precision = 3;
    if (call->arg_count == 1 &&
        (type_is_integer(type) || type->id == TYPE_DECIMAL || type_is_float(type)))
        return numeric_resolve(call, &type_blink_timestamp, err);
    if (call->arg_count == 1 && (type_is_timestamp(type) || type->id == TYPE_DATE))
        return expr_cast(call->env, call->args[0], &type_blink_timestamp, CAST_BLINK, call->span,
                         &call->replacement, err);
    TRY(call_coerce_string(call, 0, err));
    if (call->arg_count == 1)
        return call_set(call, &type_blink_timestamp, to_timestamp_default, 0);
    TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_SIMPLE, err));
    return call_set(call, &type_blink_timestamp, to_timestamp_simple, 0);
}

enum code time_to_timestamp_resolve(struct call *call, struct error *err)
{
    struct format_state *state;

    TRY(call_arity(call, 1, 2, err));
    if (call_is_blink(call))
        return to_timestamp_blink_resolve(call, err);
    if (type_is_numeric(call->args[0]->type)) {
        call_reject(call, err);
        error_hint(err, "TO_TIMESTAMP_LTZ(value, 3) reads milliseconds since the epoch, "
                        "TO_TIMESTAMP_LTZ(value, 0) seconds.");
        return E_TYPE;
    }
    TRY(call_coerce_string(call, 0, err));
    TRY(format_state_make(call, &state, err));
    state->precision = 3;
    if (call->arg_count == 2)
        TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_FORMATTER, err));
    return call_set(call, &type_timestamp3, to_timestamp_flink, 0);
}

enum code time_to_timestamp_ltz_resolve(struct call *call, struct error *err)
{
    const struct type *type;
    struct format_state *state;
    int64_t precision = 3;

    TRY(call_arity(call, 1, 3, err));
    TRY(format_state_make(call, &state, err));
    type = call->args[0]->type;
    if (type_is_numeric(type) || (type->id == TYPE_NULL && call->arg_count < 3)) {
        TRY(call_arity(call, 1, 2, err));
        if (call->arg_count == 2 && !expr_literal_i64(call->args[1], &precision))
            return call_reject(call, err);
        if (precision != 0 && precision != 3)
            return call_wrong(call, 1, err,
                              "precision %lld is neither 0 (seconds) nor 3 "
                              "(milliseconds)",
                              (long long)precision);
        state->precision = (int32_t)precision;
        call->state_hash += (uint64_t)precision;
        return numeric_resolve(call, &type_timestamp_ltz3, err);
    }
    TRY(call_coerce_string(call, 0, err));
    /* Flink reads the text in UTC unless a zone is given, whatever the session says. */
    state->precision = 3;
    state->zones[0].zone = zone_utc;
    if (call->arg_count >= 2)
        TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_FORMATTER, err));
    if (call->arg_count == 3)
        TRY(format_zone_arg(call, state, 0, 2, err));
    return call_set(call, &type_timestamp_ltz3, to_timestamp_flink, 0);
}

/* Blink: TO_TIMESTAMP_TZ(text, [pattern,] zone). */
enum code time_to_timestamp_tz_resolve(struct call *call, struct error *err)
{
    struct format_state *state;

    TRY(call_arity(call, 2, 3, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(format_state_make(call, &state, err));
    TRY(format_zone_arg(call, state, 0, call->arg_count - 1, err));
    if (call->arg_count == 2)
        return call_set(call, &type_blink_timestamp, to_timestamp_default, 0);
    TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_SIMPLE, err));
    return call_set(call, &type_blink_timestamp, to_timestamp_simple, 0);
}

/* --- TO_DATE ------------------------------------------------------------- */

KERNEL(to_date_text)
{
    ROWS_EACH(rows, i)
    {
        struct str text = view_str(COLUMN_AT(call->args[0], struct view, i));
        if (!time_parse_date(text, &COLUMN_OUT(out, int32_t)[i]))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

KERNEL(to_date_pattern)
{
    struct format_run run = format_run(cx, call);

    ROWS_EACH(rows, i)
    {
        bool ok, local;
        int64_t us = 0;
        TRY(format_next_text(&run, i, &ok, &local, &us, err));
        if (ok)
            COLUMN_OUT(out, int32_t)[i] = (int32_t)time_floor_div(us, TIME_US_PER_DAY);
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

KERNEL(to_date_days)
{
    ROWS_EACH(rows, i)
    {
        int32_t days = COLUMN_AT(call->args[0], int32_t, i);
        COLUMN_OUT(out, int32_t)[i] = days;
        if (!time_days_in_range(days))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code time_to_date_resolve(struct call *call, struct error *err)
{
    struct format_state *state;

    TRY(call_arity(call, 1, 2, err));
    if (call->arg_count == 1 && call_is_blink(call) && type_is_integer(call->args[0]->type)) {
        TRY(call_cast(call, 0, &type_int, err));
        return call_set(call, &type_date, to_date_days, 0);
    }
    TRY(call_coerce_string(call, 0, err));
    TRY(format_state_make(call, &state, err));
    state->zones[0].zone = zone_utc; /* a date has no zone: read and cut in the same one */
    if (call->arg_count == 1)
        return call_set(call, &type_date, to_date_text, 0);
    TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_SIMPLE, err));
    return call_set(call, &type_date, to_date_pattern, 0);
}
