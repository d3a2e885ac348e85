/* zone.h -- time zones.
 *
 * Zones are read from the system's database (TZif files under $TZDIR, else
 * /usr/share/zoneinfo), with the POSIX rule of the footer for the years behind the
 * table; "Z", "UTC", "GMT+8", "UTC+08:00", "+08:00" need no file.  A zone is
 * immutable and may be used by any thread.  What makes look-ups fast is the cursor,
 * which the caller keeps (one a thread and zone) and which remembers the last
 * interval. */
#pragma once

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

struct zone;

struct zone_cursor { /* zeroed at first; belongs to one zone */
    int64_t from_us; /* [from_us, to_us) has offset_s */
    int64_t to_us;
    int32_t offset_s;
    bool is_dst;
};

extern const struct zone *const zone_utc;

/* The name is not trusted: no paths out of the database, only zone files. */
enum code zone_load(struct arena *arena, struct str name, const struct zone **ret,
                    struct error *err);
const char *zone_name(const struct zone *zone); /* as it was asked for */
bool zone_is_fixed(const struct zone *zone, int32_t *ret_offset_s);
/* The zone with its present offset out of summer time, at any time (java.util.TimeZone.getRawOffset);
 * NULL when out of memory. */
const struct zone *zone_standard(struct arena *arena, const struct zone *zone) WEIR_CHECKED;

/* Local minus UTC at an instant, in microseconds.  A cursor of NULL works, slower. */
int64_t zone_offset_at_utc_us(const struct zone *zone, struct zone_cursor *cursor, int64_t utc_us);

/* A wall clock that does not exist (gap) moves on by the length of the gap in both readings.
 * One that exists twice is the first (java.time) or the second (java.util.Calendar). */
enum zone_overlap { ZONE_EARLIER, ZONE_LATER };
int64_t zone_local_to_utc_us(const struct zone *zone, struct zone_cursor *cursor, int64_t local_us,
                             enum zone_overlap overlap);

static inline int64_t zone_utc_to_local_us(const struct zone *zone, struct zone_cursor *cursor,
                                           int64_t utc_us)
{
    return utc_us + zone_offset_at_utc_us(zone, cursor, utc_us);
}

/* "CST", "CEST", "GMT+08:00": for the letter z.  Bytes written (at most 12), no NUL. */
size_t zone_print_abbreviation(const struct zone *zone, int64_t utc_us, char *out);
