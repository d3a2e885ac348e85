/* fn_time_part.c -- fields of points in time, whole units between them, rounding to
 * units, and the day arithmetic of Blink.
 *
 * Fields and rounding look at the wall clock of the session; adding and counting
 * months works on the value as stored, as Flink does it. */
#include "expr/fn_math.h"
#include "expr/fn_time.h"

#include "base/hash.h"

#define KERNEL(name)                                                                               \
    static enum code name(struct eval *cx, const struct kernel_call *call,                         \
                          const struct rows *rows, struct column *out, struct error *err)

/* --- resolving: units and points ----------------------------------------- */

enum code time_state_make(struct call *call, enum time_unit unit, struct error *err)
{
    struct time_state *state = arena_new(call->env->arena, struct time_state);

    if (!state)
        return error_nomem(err);
    state->zone = time_zone(call);
    state->unit = unit;
    state->blink = call_is_blink(call);
    call->state = state;
    call->state_hash =
        hash_bytes(call->env->zone_name.data, call->env->zone_name.size,
                   0x71E + ((uint64_t)unit << 1 | state->blink));
    return OK;
}

/* Argument i is the name of a unit, as a string literal. */
static enum code unit_arg(const struct call *call, uint32_t i, enum time_unit *ret,
                          struct error *err)
{
    struct str name;

    if (!expr_literal_text(call->args[i], &name))
        return call_reject(call, err);
    if (!time_unit_find(name, ret))
        return call_wrong(call, i, err, "\"" STR_FMT "\" is not a unit of time", STR_ARG(name));
    return OK;
}

/* Argument i is a point in time; Blink reads strings as timestamps. */
static enum code point_arg(struct call *call, uint32_t i, struct error *err)
{
    const struct type *type = call->args[i]->type;

    if (time_is_point(type))
        return OK;
    if (type->id == TYPE_NULL)
        return call_coerce(call, i, &type_timestamp3, err);
    if (type_is_string(type) && call_is_blink(call))
        return call_coerce(call, i, &type_blink_timestamp, err);
    return call_reject(call, err);
}

/* Drops the unit, which is in the state now. */
static void drop_first(struct call *call)
{
    call->args++;
    call->arg_count--;
}

/* --- EXTRACT ------------------------------------------------------------- */

/* Fields of intervals; false for a unit that they do not have. */
static bool interval_part(enum time_unit unit, bool months, int64_t value, int64_t *ret)
{
    static const int64_t sizes[] = {
        [TIME_DAY] = TIME_US_PER_DAY,
        [TIME_HOUR] = TIME_US_PER_HOUR,
        [TIME_MINUTE] = TIME_US_PER_MINUTE,
        [TIME_SECOND] = TIME_US_PER_SECOND,
    };

    if (months) {
        int64_t year = value / 12;
        int64_t month = value % 12;
        switch (unit) {
        case TIME_YEAR:
            *ret = year;
            return true;
        case TIME_QUARTER:
            *ret = month / 3 + 1;
            return true;
        case TIME_MONTH:
            *ret = month;
            return true;
        default:
            return false;
        }
    }
    switch (unit) {
    case TIME_DAY:
        *ret = value / TIME_US_PER_DAY;
        return true;
    case TIME_HOUR:
    case TIME_MINUTE:
    case TIME_SECOND:
        *ret = value % sizes[unit - 1] / sizes[unit];
        return true;
    case TIME_MILLISECOND:
        *ret = value % TIME_US_PER_SECOND / TIME_US_PER_MS;
        return true;
    case TIME_MICROSECOND:
        *ret = value % TIME_US_PER_SECOND;
        return true;
    case TIME_EPOCH:
        *ret = value / TIME_US_PER_SECOND;
        return true;
    default:
        return false;
    }
}

static bool part_of(enum time_unit unit, const struct column *in, uint32_t row,
                    const struct zone *zone, struct zone_cursor *cursor, int64_t *ret)
{
    switch (in->type->id) {
    case TYPE_DATE:
        return time_extract_date(unit, COLUMN_AT(in, int32_t, row), ret);
    case TYPE_TIME:
        return time_extract_time(unit, COLUMN_AT(in, int32_t, row), ret);
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_DAY:
        return interval_part(unit, in->type->id == TYPE_INTERVAL_MONTH, COLUMN_AT(in, int64_t, row),
                             ret);
    default:
        return time_extract(unit, time_local_at(in, row, zone, cursor), ret);
    }
}

KERNEL(time_part)
{
    const struct time_state *state = call->state;
    struct zone_cursor cursor = { 0 };

    ROWS_EACH(rows, i)
    {
        if (!part_of(state->unit, call->args[0], i, state->zone, &cursor,
                     &COLUMN_OUT(out, int64_t)[i]))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

/* Does the type have this field at all?  Asked with a value of zero. */
static bool has_part(enum time_unit unit, const struct type *type)
{
    int64_t zero = 0;
    struct column column = { .type = type, .values = &zero, .count = 1 };
    struct zone_cursor cursor = { 0 };
    int64_t part;

    return part_of(unit, &column, 0, zone_utc, &cursor, &part);
}

enum code time_part_resolve(struct call *call, enum time_unit unit, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    if (!type_is_interval(call->args[0]->type))
        TRY(point_arg(call, 0, err));
    if (!has_part(unit, call->args[0]->type)) {
        call_reject(call, err);
        error_detail(err, "A value of this type has no %s.", time_unit_name(unit));
        return E_TYPE;
    }
    TRY(time_state_make(call, unit, err));
    return call_set(call, &type_bigint, time_part, 0);
}

enum code time_extract_resolve(struct call *call, struct error *err)
{
    enum time_unit unit;

    TRY(call_arity(call, 2, 2, err));
    TRY(unit_arg(call, 0, &unit, err));
    drop_first(call);
    return time_part_resolve(call, unit, err);
}

/* --- FLOOR and CEIL to a unit -------------------------------------------- */

static inline enum code round_time(struct eval *cx, const struct kernel_call *call,
                                   const struct rows *rows, struct column *out,
                                   bool (*fn)(enum time_unit, int64_t, int64_t *),
                                   struct error *err)
{
    const struct time_state *state = call->state;
    const struct column *in = call->args[0];
    struct zone_cursor cursor = { 0 };
    enum type_id id = in->type->id;

    ROWS_EACH(rows, i)
    {
        int64_t local_us = time_local_at(in, i, state->zone, &cursor);
        int64_t offset_us = id == TYPE_TIMESTAMP_LTZ ? local_us - COLUMN_AT(in, int64_t, i) : 0;
        int64_t us;
        if (!fn(state->unit, local_us, &us))
            TRY(kernel_null(cx, out, i, err));
        else if (id == TYPE_DATE)
            COLUMN_OUT(out, int32_t)[i] = (int32_t)time_floor_div(us, TIME_US_PER_DAY);
        else if (id == TYPE_TIME)
            COLUMN_OUT(out, int32_t)
            [i] = (int32_t)(time_floor_mod(us, TIME_US_PER_DAY) / TIME_US_PER_MS);
        else
            COLUMN_OUT(out, int64_t)[i] = us - offset_us;
    }
    return OK;
}

KERNEL(floor_time)
{
    return round_time(cx, call, rows, out, time_floor, err);
}

KERNEL(ceil_time)
{
    return round_time(cx, call, rows, out, time_ceil, err);
}

enum code time_round_resolve(struct call *call, bool ceil, struct error *err)
{
    enum time_unit unit;
    const struct type *type;
    int64_t probe;

    TRY(unit_arg(call, 1, &unit, err));
    TRY(point_arg(call, 0, err));
    if (!time_floor(unit, 0, &probe))
        return call_wrong(call, 1, err, "%s is not a unit to round to", time_unit_name(unit));
    TRY(time_state_make(call, unit, err));
    call->arg_count = 1;
    type = call->args[0]->type;
    return call_set(call, type, ceil ? ceil_time : floor_time, 0);
}

/* --- TIMESTAMPADD -------------------------------------------------------- */

KERNEL(timestamp_add)
{
    const struct time_state *state = call->state;
    const struct column *in = call->args[1];

    ROWS_EACH(rows, i)
    {
        int64_t count = COLUMN_AT(call->args[0], int64_t, i);
        int64_t us;
        bool ok;
        if (in->type->id == TYPE_DATE) {
            ok = time_add(state->unit, count, COLUMN_AT(in, int32_t, i) * TIME_US_PER_DAY, &us);
            if (ok)
                COLUMN_OUT(out, int32_t)[i] = (int32_t)time_floor_div(us, TIME_US_PER_DAY);
        } else if (in->type->id == TYPE_TIME) {
            ok = time_add(state->unit, count, COLUMN_AT(in, int32_t, i) * TIME_US_PER_MS, &us);
            if (ok)
                COLUMN_OUT(out, int32_t)
                [i] = (int32_t)(time_floor_mod(us, TIME_US_PER_DAY) / TIME_US_PER_MS);
        } else {
            ok = time_add(state->unit, count, COLUMN_AT(in, int64_t, i),
                          &COLUMN_OUT(out, int64_t)[i]);
        }
        if (unlikely(!ok))
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

static bool is_shorter_than_day(enum time_unit unit)
{
    return unit >= TIME_HOUR && unit <= TIME_NANOSECOND;
}

enum code time_add_resolve(struct call *call, struct error *err)
{
    enum time_unit unit;
    const struct type *type;
    int64_t probe;

    TRY(call_arity(call, 3, 3, err));
    TRY(unit_arg(call, 0, &unit, err));
    if (!time_add(unit, 0, 0, &probe))
        return call_wrong(call, 0, err, "%s is not a unit to add", time_unit_name(unit));
    TRY(call_coerce_i64(call, 1, err));
    TRY(point_arg(call, 2, err));
    type = call->args[2]->type;
    /* A DATE plus hours has a time of day. */
    if (type->id == TYPE_DATE && is_shorter_than_day(unit)) {
        TRY(call_cast(call, 2, &type_timestamp3, err));
        type = &type_timestamp3;
    }
    TRY(time_state_make(call, unit, err));
    drop_first(call);
    return call_set(call, type, timestamp_add, 0);
}

/* --- TIMESTAMPDIFF ------------------------------------------------------- */

KERNEL(timestamp_diff)
{
    const struct time_state *state = call->state;
    const struct column *from = call->args[0];
    const struct column *to = call->args[1];

    ROWS_EACH(rows, i)
    {
        int64_t count;
        if (time_diff(state->unit, COLUMN_AT(from, int64_t, i), COLUMN_AT(to, int64_t, i), &count))
            COLUMN_OUT(out, int32_t)[i] = (int32_t)count;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code time_diff_resolve(struct call *call, struct error *err)
{
    enum time_unit unit;
    const struct type *common;
    int64_t probe;

    TRY(call_arity(call, 3, 3, err));
    TRY(unit_arg(call, 0, &unit, err));
    if (!time_diff(unit, 0, 0, &probe))
        return call_wrong(call, 0, err, "%s is not a unit to count in", time_unit_name(unit));
    drop_first(call);
    for (uint32_t i = 0; i < 2; i++) {
        TRY(point_arg(call, i, err));
        if (call->args[i]->type->id == TYPE_DATE)
            TRY(call_cast(call, i, &type_timestamp3, err));
        if (call->args[i]->type->id == TYPE_TIME)
            return call_reject(call, err);
    }
    common = type_common(call->env->arena, call->args[0]->type, call->args[1]->type, false);
    if (!common)
        return call_reject(call, err);
    /* One kind for both; digits are no concern of the difference. */
    for (uint32_t i = 0; i < 2; i++)
        if (call->args[i]->type->id != common->id)
            TRY(call_cast(call, i, common, err));
    TRY(time_state_make(call, unit, err));
    return call_set(call, &type_int, timestamp_diff, 0);
}

/* --- Blink: DATEDIFF, DATE_ADD, DATE_SUB --------------------------------- */

/* The day of a string ("yyyy-MM-dd", a time behind it is ignored), DATE or timestamp. */
static bool day_at(const struct column *in, uint32_t row, const struct zone *zone,
                   struct zone_cursor *cursor, int32_t *ret)
{
    if (type_is_string(in->type))
        return time_parse_date(view_str(COLUMN_AT(in, struct view, row)), ret);
    *ret = (int32_t)time_floor_div(time_local_at(in, row, zone, cursor), TIME_US_PER_DAY);
    return true;
}

static enum code day_arg(struct call *call, uint32_t i, struct error *err)
{
    const struct type *type = call->args[i]->type;

    if (type->id == TYPE_NULL)
        return call_coerce(call, i, &type_date, err);
    if (type_is_string(type) || (time_is_point(type) && type->id != TYPE_TIME))
        return OK;
    return call_reject(call, err);
}

KERNEL(date_diff)
{
    const struct time_state *state = call->state;
    struct zone_cursor cursor = { 0 };

    ROWS_EACH(rows, i)
    {
        int32_t end, start;
        if (day_at(call->args[0], i, state->zone, &cursor, &end) &&
            day_at(call->args[1], i, state->zone, &cursor, &start))
            COLUMN_OUT(out, int32_t)[i] = end - start;
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

enum code time_datediff_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(day_arg(call, 0, err));
    TRY(day_arg(call, 1, err));
    TRY(time_state_make(call, TIME_DAY, err));
    return call_set(call, &type_int, date_diff, 0);
}

static enum code date_shift(struct eval *cx, const struct kernel_call *call,
                            const struct rows *rows, struct column *out, int sign,
                            struct error *err)
{
    const struct time_state *state = call->state;
    struct text_room room = { .arena = cx->arena };
    struct zone_cursor cursor = { 0 };

    ROWS_EACH(rows, i)
    {
        int32_t day;
        int64_t to;
        char *at = text_room(&room, TIME_TEXT_MAX);
        if (!at)
            return error_nomem(err);
        if (!day_at(call->args[0], i, state->zone, &cursor, &day)) {
            TRY(kernel_null(cx, out, i, err));
            continue;
        }
        to = day + sign * (int64_t)COLUMN_AT(call->args[1], int32_t, i);
        if (time_days_in_range(to))
            COLUMN_OUT(out, struct view)
            [i] = text_room_take(&room, time_print_date((int32_t)to, at));
        else
            TRY(kernel_null(cx, out, i, err));
    }
    return OK;
}

KERNEL(date_add)
{
    return date_shift(cx, call, rows, out, 1, err);
}

KERNEL(date_sub)
{
    return date_shift(cx, call, rows, out, -1, err);
}

static enum code date_shift_resolve(struct call *call, kernel_fn kernel, struct error *err)
{
    TRY(call_arity(call, 2, 2, err));
    TRY(day_arg(call, 0, err));
    TRY(call_coerce(call, 1, &type_int, err));
    TRY(time_state_make(call, TIME_DAY, err));
    return call_set(call, &type_string, kernel, 0);
}

enum code time_date_add_resolve(struct call *call, struct error *err)
{
    return date_shift_resolve(call, date_add, err);
}

enum code time_date_sub_resolve(struct call *call, struct error *err)
{
    return date_shift_resolve(call, date_sub, err);
}
