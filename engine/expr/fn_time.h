/* fn_time.h -- functions of dates and times: fn_time.c has the table and the clock,
 * fn_time_format.c and fn_time_read.c texts, fn_time_part.c fields and arithmetic. */
#pragma once

#include "expr/call.h"
#include "types/time.h"
#include "types/zone.h"

/* What most kernels need besides their arguments. */
struct time_state {
    const struct zone *zone; /* of the session */
    enum time_unit unit;
    bool blink;
};

/* Makes the state; `unit` counts where the function has one. */
enum code time_state_make(struct call *call, enum time_unit unit, struct error *err) WEIR_CHECKED;

static inline const struct zone *time_zone(const struct call *call)
{
    return call->env->zone ? call->env->zone : zone_utc;
}

static inline bool time_is_point(const struct type *type)
{
    return type->id == TYPE_DATE || type->id == TYPE_TIME || type_is_timestamp(type);
}

/* A point in time as a wall clock in microseconds; instants as seen in `zone`. */
static inline int64_t time_local_at(const struct column *c, uint32_t row, const struct zone *zone,
                                    struct zone_cursor *cursor)
{
    switch (c->type->id) {
    case TYPE_DATE:
        return COLUMN_AT(c, int32_t, row) * TIME_US_PER_DAY;
    case TYPE_TIME:
        return COLUMN_AT(c, int32_t, row) * TIME_US_PER_MS;
    case TYPE_TIMESTAMP_LTZ:
        return zone_utc_to_local_us(zone, cursor, COLUMN_AT(c, int64_t, row));
    default:
        return COLUMN_AT(c, int64_t, row);
    }
}

/* fn_time_format.c and fn_time_read.c */
enum code time_date_format_resolve(struct call *call, struct error *err);
enum code time_date_format_tz_resolve(struct call *call, struct error *err);
enum code time_from_unixtime_resolve(struct call *call, struct error *err);
enum code time_unix_timestamp_resolve(struct call *call, struct error *err);
enum code time_to_timestamp_resolve(struct call *call, struct error *err);
enum code time_to_timestamp_ltz_resolve(struct call *call, struct error *err);
enum code time_to_timestamp_tz_resolve(struct call *call, struct error *err);
enum code time_to_date_resolve(struct call *call, struct error *err);
enum code time_convert_tz_resolve(struct call *call, struct error *err);

/* fn_time_part.c */
enum code time_extract_resolve(struct call *call, struct error *err);
enum code time_part_resolve(struct call *call, enum time_unit unit, struct error *err);
enum code time_add_resolve(struct call *call, struct error *err);
enum code time_diff_resolve(struct call *call, struct error *err);
enum code time_datediff_resolve(struct call *call, struct error *err);
enum code time_date_add_resolve(struct call *call, struct error *err);
enum code time_date_sub_resolve(struct call *call, struct error *err);
