/* fn_time.c -- the clock, and the table of all functions of dates and times.
 *
 * "Now" is read once a batch (cx->now_us), so all rows of a batch and all functions
 * of a row agree.  Blink's NOW() is a BIGINT of seconds, Flink's a TIMESTAMP_LTZ(3). */
#include "expr/fn_time.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

static int64_t now_ms(const struct eval *cx)
{
    return time_floor_div(cx->now_us, TIME_US_PER_MS);
}

/* Milliseconds of the session's wall clock. */
static int64_t now_local_ms(const struct eval *cx, const struct kernel_call *call)
{
    const struct time_state *state = call->state;

    return time_floor_div(zone_utc_to_local_us(state->zone, NULL, cx->now_us), TIME_US_PER_MS);
}

#define NOW(name, ctype, formula)                                                                  \
    KERNEL(name)                                                                                   \
    {                                                                                              \
        ctype value = (ctype)(formula);                                                            \
        (void)call;                                                                                \
        (void)err;                                                                                 \
        ROWS_EACH(rows, i)                                                                         \
        {                                                                                          \
            COLUMN_OUT(out, ctype)[i] = value;                                                     \
        }                                                                                          \
        return OK;                                                                                 \
    }
NOW(now_instant, int64_t, now_ms(cx) * TIME_US_PER_MS)
NOW(now_local, int64_t, now_local_ms(cx, call) * TIME_US_PER_MS)
NOW(now_date, int32_t, time_floor_div(now_local_ms(cx, call), TIME_MS_PER_DAY))
/* TIME(0): whole seconds. */
NOW(now_time, int32_t, time_floor_mod(now_local_ms(cx, call), TIME_MS_PER_DAY) / 1000 * 1000)
NOW(now_seconds, int64_t, time_floor_div(cx->now_us, TIME_US_PER_SECOND))

KERNEL(now_seconds_plus)
{
    int64_t now_s = time_floor_div(cx->now_us, TIME_US_PER_SECOND);

    (void)err;
    ROWS_EACH(rows, i)
    {
        uint64_t sum = (uint64_t)now_s + (uint64_t)COLUMN_AT(call->args[0], int64_t, i);
        COLUMN_OUT(out, int64_t)[i] = (int64_t)sum;
    }
    return OK;
}

static enum code now_resolve(struct call *call, const struct type *type, kernel_fn kernel,
                             struct error *err)
{
    TRY(call_arity(call, 0, 0, err));
    TRY(time_state_make(call, TIME_SECOND, err));
    return call_set(call, type, kernel, CALL_DYNAMIC);
}

static enum code resolve_now_blink(struct call *call, struct error *err)
{
    TRY(call_arity(call, 0, 1, err));
    if (call->arg_count == 0)
        return now_resolve(call, &type_bigint, now_seconds, err);
    TRY(call_coerce_i64(call, 0, err));
    return call_set(call, &type_bigint, now_seconds_plus, CALL_DYNAMIC);
}

static enum code resolve_current_timestamp(struct call *call, struct error *err)
{
    return now_resolve(call, call_is_blink(call) ? &type_blink_timestamp : &type_timestamp_ltz3,
                       now_instant, err);
}

static enum code resolve_localtimestamp(struct call *call, struct error *err)
{
    if (call_is_blink(call))
        return resolve_current_timestamp(call, err);
    return now_resolve(call, &type_timestamp3, now_local, err);
}

static enum code resolve_current_date(struct call *call, struct error *err)
{
    return now_resolve(call, &type_date, now_date, err);
}

static enum code resolve_current_time(struct call *call, struct error *err)
{
    return now_resolve(call, &type_time, now_time, err);
}

static enum code resolve_proctime(struct call *call, struct error *err)
{
    struct type *type = arena_new(call->env->arena, struct type);

    if (!type)
        return error_nomem(err);
    *type = call_is_blink(call) ? type_blink_timestamp : type_timestamp_ltz3;
    type->time_attribute = TIME_PROCTIME;
    return now_resolve(call, type, now_instant, err);
}

#define PART(name, unit)                                                                           \
    static enum code resolve_##name(struct call *call, struct error *err)                          \
    {                                                                                              \
        return time_part_resolve(call, unit, err);                                                 \
    }
PART(year, TIME_YEAR)
PART(quarter, TIME_QUARTER)
PART(month, TIME_MONTH)
PART(week, TIME_WEEK)
PART(dayofyear, TIME_DOY)
PART(dayofmonth, TIME_DAY)
PART(dayofweek, TIME_DOW)
PART(hour, TIME_HOUR)
PART(minute, TIME_MINUTE)
PART(second, TIME_SECOND)

/* clang-format off */
#define BOTH DIALECT_BOTH
#define BLINK DIALECT_BLINK
#define FLINK DIALECT_FLINK
const struct function fn_time_table[] = {
    { "NOW", BLINK, "NOW([seconds])", "Seconds since the epoch, plus the argument, as BIGINT.", "NOW() IS NOT NULL", "TRUE", resolve_now_blink, "time" },
    { "NOW", FLINK, "NOW()", "The current instant, as TIMESTAMP_LTZ(3).", "NOW() IS NOT NULL", "TRUE", resolve_current_timestamp, "time" },
    { "CURRENT_TIMESTAMP", BOTH, "CURRENT_TIMESTAMP", "The current instant.", "CURRENT_TIMESTAMP IS NOT NULL", "TRUE", resolve_current_timestamp, "time" },
    { "CURRENT_ROW_TIMESTAMP", BOTH, "CURRENT_ROW_TIMESTAMP()", "The current instant.", "CURRENT_ROW_TIMESTAMP() IS NOT NULL", "TRUE", resolve_current_timestamp, "time" },
    { "LOCALTIMESTAMP", BOTH, "LOCALTIMESTAMP", "The current time in the session's time zone.", "LOCALTIMESTAMP IS NOT NULL", "TRUE", resolve_localtimestamp, "time" },
    { "CURRENT_DATE", BOTH, "CURRENT_DATE", "The current date in the session's time zone.", "CURRENT_DATE IS NOT NULL", "TRUE", resolve_current_date, "time" },
    { "CURRENT_TIME", BOTH, "CURRENT_TIME", "The current time of the day in the session's time zone.", "CURRENT_TIME IS NOT NULL", "TRUE", resolve_current_time, "time" },
    { "LOCALTIME", BOTH, "LOCALTIME", "The current time of the day in the session's time zone.", "LOCALTIME IS NOT NULL", "TRUE", resolve_current_time, "time" },
    { "PROCTIME", BOTH, "PROCTIME()", "The current instant, as a processing-time attribute.", "PROCTIME() IS NOT NULL", "TRUE", resolve_proctime, "time" },
    { "UNIX_TIMESTAMP", BOTH, "UNIX_TIMESTAMP([text [, pattern]])", "Seconds since the epoch: now, or of a text in the session's time zone.", "UNIX_TIMESTAMP('1970-01-01 08:00:01 +0800', 'yyyy-MM-dd HH:mm:ss X')", "1", time_unix_timestamp_resolve, "time" },
    { "FROM_UNIXTIME", BOTH, "FROM_UNIXTIME(seconds [, pattern])", "Seconds since the epoch as text in the session's time zone.", "UNIX_TIMESTAMP(FROM_UNIXTIME(86400))", "86400", time_from_unixtime_resolve, "time" },
    { "TO_TIMESTAMP", BLINK, "TO_TIMESTAMP(milliseconds | text [, pattern])", "An instant from milliseconds since the epoch or from a text; NULL if it cannot be read.", "DATE_FORMAT(TO_TIMESTAMP('2020-08-06 16:35:49'), 'HH:mm')", "16:35", time_to_timestamp_resolve, "time" },
    { "TO_TIMESTAMP", FLINK, "TO_TIMESTAMP(text [, pattern])", "A TIMESTAMP(3) from a text; NULL if it cannot be read.", "TO_TIMESTAMP('06/08/2020', 'dd/MM/yyyy')", "2020-08-06 00:00:00.000", time_to_timestamp_resolve, "time" },
    { "TO_TIMESTAMP_LTZ", BOTH, "TO_TIMESTAMP_LTZ(number [, precision]) | TO_TIMESTAMP_LTZ(text [, pattern [, zone]])", "An instant from seconds (precision 0) or milliseconds (3) since the epoch, or from a text in UTC or a zone.", "TO_TIMESTAMP_LTZ(1000, 3) = TO_TIMESTAMP_LTZ(1, 0)", "TRUE", time_to_timestamp_ltz_resolve, "time" },
    { "TO_TIMESTAMP_TZ", BLINK, "TO_TIMESTAMP_TZ(text, [pattern,] zone)", "An instant from a text in a time zone.", "UNIX_TIMESTAMP(TO_TIMESTAMP_TZ('1970-01-01 08:00:00', 'Asia/Shanghai'))", "0", time_to_timestamp_tz_resolve, "time" },
    { "TO_DATE", BLINK, "TO_DATE(text [, pattern]) | TO_DATE(days)", "A date from a text or from days since 1970-01-01.", "TO_DATE('2017/09/15', 'yyyy/MM/dd')", "2017-09-15", time_to_date_resolve, "time" },
    { "TO_DATE", FLINK, "TO_DATE(text [, pattern])", "A date from a text; NULL if it cannot be read.", "TO_DATE('2017/09/15', 'yyyy/MM/dd')", "2017-09-15", time_to_date_resolve, "time" },
    { "DATE_FORMAT", BLINK, "DATE_FORMAT(time, pattern) | DATE_FORMAT(text, [from pattern,] pattern)", "A timestamp, or a text that is read first, as text; NULL if it cannot be read.", "DATE_FORMAT('20200806', 'yyyyMMdd', 'yyyy-MM-dd')", "2020-08-06", time_date_format_resolve, "time" },
    { "DATE_FORMAT", FLINK, "DATE_FORMAT(time, pattern)", "A timestamp or a text in the form yyyy-MM-dd HH:mm:ss as text.", "DATE_FORMAT(TIMESTAMP '2020-08-06 16:35:49', 'yyyyMMddHH')", "2020080616", time_date_format_resolve, "time" },
    { "DATE_FORMAT_TZ", BLINK, "DATE_FORMAT_TZ(time, [pattern,] zone)", "A timestamp as text in a time zone.", "DATE_FORMAT_TZ(TO_TIMESTAMP(0), 'HH:mm', 'Asia/Shanghai')", "08:00", time_date_format_tz_resolve, "time" },
    { "CONVERT_TZ", BOTH, "CONVERT_TZ(text, from zone, to zone)", "A time in the form yyyy-MM-dd HH:mm:ss in another time zone.", "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", "1969-12-31 16:00:00", time_convert_tz_resolve, "time" },
    { "EXTRACT", BOTH, "EXTRACT(unit FROM time)", "A part of a point in time or an interval, as BIGINT.", "EXTRACT(DAY FROM DATE '2020-08-06')", "6", time_extract_resolve, "time" },
    { "YEAR", BOTH, "YEAR(time)", "The year.", "YEAR(DATE '2020-08-06')", "2020", resolve_year, "time" },
    { "QUARTER", BOTH, "QUARTER(time)", "The quarter of the year, 1 to 4.", "QUARTER(DATE '2020-08-06')", "3", resolve_quarter, "time" },
    { "MONTH", BOTH, "MONTH(time)", "The month of the year, 1 to 12.", "MONTH(DATE '2020-08-06')", "8", resolve_month, "time" },
    { "WEEK", BOTH, "WEEK(time)", "The ISO week of the year, 1 to 53.", "WEEK(DATE '1994-09-27')", "39", resolve_week, "time" },
    { "DAYOFYEAR", BOTH, "DAYOFYEAR(time)", "The day of the year, 1 to 366.", "DAYOFYEAR(DATE '1994-09-27')", "270", resolve_dayofyear, "time" },
    { "DAYOFMONTH", BOTH, "DAYOFMONTH(time)", "The day of the month, 1 to 31.", "DAYOFMONTH(DATE '1994-09-27')", "27", resolve_dayofmonth, "time" },
    { "DAYOFWEEK", BOTH, "DAYOFWEEK(time)", "The day of the week; Sunday is 1.", "DAYOFWEEK(DATE '1994-09-27')", "3", resolve_dayofweek, "time" },
    { "HOUR", BOTH, "HOUR(time)", "The hour, 0 to 23.", "HOUR(TIMESTAMP '1994-09-27 13:14:15')", "13", resolve_hour, "time" },
    { "MINUTE", BOTH, "MINUTE(time)", "The minute, 0 to 59.", "MINUTE(TIMESTAMP '1994-09-27 13:14:15')", "14", resolve_minute, "time" },
    { "SECOND", BOTH, "SECOND(time)", "The second, 0 to 59.", "SECOND(TIMESTAMP '1994-09-27 13:14:15')", "15", resolve_second, "time" },
    { "TIMESTAMPADD", BOTH, "TIMESTAMPADD(unit, count, time)", "The time plus a number of units.", "TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", "2003-01-09", time_add_resolve, "time" },
    { "TIMESTAMPDIFF", BOTH, "TIMESTAMPDIFF(unit, from, to)", "Whole units between two times.", "TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00')", "1", time_diff_resolve, "time" },
    { "DATEDIFF", BLINK, "DATEDIFF(end, start)", "Days from start to end.", "DATEDIFF('2017-10-15', '2017-09-15')", "30", time_datediff_resolve, "time" },
    { "DATE_ADD", BLINK, "DATE_ADD(date, days)", "The date so many days later, as text.", "DATE_ADD('2017-09-15 00:00:00', 30)", "2017-10-15", time_date_add_resolve, "time" },
    { "DATE_SUB", BLINK, "DATE_SUB(date, days)", "The date so many days earlier, as text.", "DATE_SUB('2017-10-15', 30)", "2017-09-15", time_date_sub_resolve, "time" },
    { 0 },
};
