/* fn_time_format.c -- points in time as texts: DATE_FORMAT and its like.
 *
 * Which of Java's two libraries reads a pattern depends on function and dialect
 * (datefmt_java.h): Blink prints instants in the session's zone by SimpleDateFormat,
 * Flink wall clocks by DateTimeFormatter, and texts go through SimpleDateFormat in both. */
#include "expr/fn_time_pattern.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* A point that can be printed with a pattern, or a string that is read first. */
static enum code printable_arg(struct call *call, uint32_t i, struct error *err)
{
    const struct type *type = call->args[i]->type;

    if (type_is_string(type) || type_is_timestamp(type))
        return OK;
    if (type->id == TYPE_DATE || type->id == TYPE_NULL)
        return call_cast(call, i, &type_timestamp3, err);
    return call_reject(call, err);
}

/* --- printing ------------------------------------------------------------ */

struct format_out {
    struct buf text;
    struct text_room room;
    /* The text of the row before, and the unit of local time that it stands for. */
    bool has_last;
    bool last_local;
    int64_t last_unit;
    struct view last;
};

/* What is printed: an instant in a zone, or a wall clock. */
static enum code format_print(struct format_run *run, struct format_out *to, uint32_t row,
                              bool local, int64_t us, struct column *out, struct error *err)
{
    const struct datefmt *fmt = NULL;
    const struct zone *zone = zone_utc;
    struct zone_cursor *cursor = NULL;
    int64_t unit_us = run->state->patterns[1].unit_us;
    int64_t unit = 0;
    struct view *view = &COLUMN_OUT(out, struct view)[row];
    bool ok;

    TRY(format_run_pattern(run, 1, row, &fmt, err));
    if (!fmt)
        return kernel_null(run->cx, out, row, err);
    if (!local)
        TRY(format_run_zone(run, 1, row, &zone, &cursor, err));
    if (unit_us > 0 && run->state->zones[1].zone) {
        unit = time_floor_div(local ? us : zone_utc_to_local_us(zone, cursor, us), unit_us);
        if (to->has_last && to->last_unit == unit && to->last_local == local) {
            *view = to->last;
            return OK;
        }
    }
    buf_clear(&to->text);
    ok = local ? datefmt_print_local(fmt, us, &to->text)
               : datefmt_print(fmt, zone, cursor, us, &to->text);
    if (!ok)
        return kernel_null(run->cx, out, row, err);
    TRY(buf_check(&to->text, err));
    if (!text_room_copy(&to->room, buf_view(&to->text), view))
        return error_nomem(err);
    to->has_last = unit_us > 0 && run->state->zones[1].zone;
    to->last_local = local;
    to->last_unit = unit;
    to->last = *view;
    return OK;
}

static void format_out_init(struct format_out *to, struct eval *cx)
{
    *to = (struct format_out){ 0 };
    buf_init(&to->text, SIZE_MAX / 2);
    to->room = (struct text_room){ .arena = cx->arena };
}

/* The loop of every function that prints; `next` gives the value of a row, or says that there is
 * none. */
typedef enum code (*format_next)(struct format_run *run, uint32_t row, bool *ret_ok,
                                 bool *ret_local, int64_t *ret_us, struct error *err);

static enum code format_loop(struct eval *cx, const struct kernel_call *call,
                             const struct rows *rows, struct column *out, format_next next,
                             struct error *err)
{
    struct format_run run = format_run(cx, call);
    struct format_out to;
    enum code code = OK;

    format_out_init(&to, cx);
    ROWS_EACH(rows, i)
    {
        bool ok = true, local = false;
        int64_t us = 0;
        code = next(&run, i, &ok, &local, &us, err);
        if (code == OK)
            code =
                ok ? format_print(&run, &to, i, local, us, out, err) : kernel_null(cx, out, i, err);
        if (code != OK)
            break;
    }
    buf_done(&to.text);
    return code;
}

/* A timestamp of argument 0.  Flink prints wall clocks, Blink instants. */
static enum code next_point(struct format_run *run, uint32_t row, bool *ret_ok, bool *ret_local,
                            int64_t *ret_us, struct error *err)
{
    const struct column *in = run->call->args[0];
    const struct zone *zone;
    struct zone_cursor *cursor;

    TRY(format_run_zone(run, 0, row, &zone, &cursor, err));
    *ret_ok = true;
    *ret_local = in->type->id == TYPE_TIMESTAMP || !run->state->blink;
    *ret_us = *ret_local ? time_local_at(in, row, zone, cursor) : COLUMN_AT(in, int64_t, row);
    return OK;
}

/* Seconds since the epoch. */
static enum code next_seconds(struct format_run *run, uint32_t row, bool *ret_ok, bool *ret_local,
                              int64_t *ret_us, struct error *err)
{
    int64_t seconds = COLUMN_AT(run->call->args[0], int64_t, row);

    (void)err;
    *ret_local = false;
    *ret_ok =
        seconds >= TIME_MIN_US / TIME_US_PER_SECOND && seconds <= TIME_MAX_US / TIME_US_PER_SECOND;
    if (*ret_ok)
        *ret_us = seconds * TIME_US_PER_SECOND;
    return OK;
}

KERNEL(format_point)
{
    return format_loop(cx, call, rows, out, next_point, err);
}

KERNEL(format_text)
{
    return format_loop(cx, call, rows, out, format_next_text, err);
}

KERNEL(format_seconds)
{
    return format_loop(cx, call, rows, out, next_seconds, err);
}

enum code time_date_format_resolve(struct call *call, struct error *err)
{
    struct format_state *state;
    bool blink = call_is_blink(call);

    TRY(call_arity(call, 2, blink ? 3 : 2, err));
    TRY(printable_arg(call, 0, err));
    TRY(format_state_make(call, &state, err));
    if (!type_is_string(call->args[0]->type)) {
        if (call->arg_count == 3)
            return call_reject(call, err);
        /* Blink: an instant in the session's zone; Flink: a wall clock. */
        TRY(format_pattern_arg(call, state, 1, 1, blink ? DATEFMT_SIMPLE : DATEFMT_FORMATTER, err));
        return call_set(call, &type_string, format_point, 0);
    }
    if (call->arg_count == 3) {
        TRY(format_pattern_arg(call, state, 0, 1, DATEFMT_SIMPLE, err));
        TRY(format_pattern_arg(call, state, 1, 2, DATEFMT_SIMPLE, err));
    } else {
        TRY(format_default_pattern(call, state, 0, DATEFMT_SIMPLE, err));
        TRY(format_pattern_arg(call, state, 1, 1, DATEFMT_SIMPLE, err));
    }
    if (!blink)
        state->zones[0].zone = state->zones[1].zone = zone_utc;
    return call_set(call, &type_string, format_text, 0);
}

/* Blink: DATE_FORMAT_TZ(timestamp, [pattern,] zone). */
enum code time_date_format_tz_resolve(struct call *call, struct error *err)
{
    struct format_state *state;

    TRY(call_arity(call, 2, 3, err));
    if (call->args[0]->type->id != TYPE_TIMESTAMP_LTZ)
        TRY(call_coerce(call, 0, &type_blink_timestamp, err));
    TRY(format_state_make(call, &state, err));
    if (call->arg_count == 3)
        TRY(format_pattern_arg(call, state, 1, 1, DATEFMT_SIMPLE, err));
    else
        TRY(format_default_pattern(call, state, 1, DATEFMT_SIMPLE, err));
    TRY(format_zone_arg(call, state, 1, call->arg_count - 1, err));
    return call_set(call, &type_string, format_point, 0);
}

enum code time_from_unixtime_resolve(struct call *call, struct error *err)
{
    struct format_state *state;
    const struct type *type;

    TRY(call_arity(call, 1, 2, err));
    type = call->args[0]->type;
    if (!type_is_numeric(type) && type->id != TYPE_NULL &&
        !(type_is_string(type) && call_is_blink(call)))
        return call_reject(call, err);
    TRY(call_cast(call, 0, &type_bigint, err));
    TRY(format_state_make(call, &state, err));
    if (call->arg_count == 2)
        TRY(format_pattern_arg(call, state, 1, 1, DATEFMT_SIMPLE, err));
    else
        TRY(format_default_pattern(call, state, 1, DATEFMT_SIMPLE, err));
    return call_set(call, &type_string, format_seconds, 0);
}

enum code time_convert_tz_resolve(struct call *call, struct error *err)
{
    struct format_state *state;

    TRY(call_arity(call, 3, 3, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(format_state_make(call, &state, err));
    TRY(format_default_pattern(call, state, 0, DATEFMT_SIMPLE, err));
    TRY(format_default_pattern(call, state, 1, DATEFMT_SIMPLE, err));
    TRY(format_zone_arg(call, state, 0, 1, err));
    TRY(format_zone_arg(call, state, 1, 2, err));
    return call_set(call, &type_string, format_text, 0);
}
