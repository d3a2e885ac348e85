/* format_time.h -- dates and times in the texts of json and csv, as Flink's formats read them. */
#pragma once

#include "base/str.h"

/* 2024-01-31 */
bool format_time_date(struct str text, int32_t *ret_days);
/* Also 2024-1-31, and 2024-02-31 for the 2nd of March: java.sql.Date, which csv goes with */
bool format_time_java_date(struct str text, int32_t *ret_days);
/* 10:00:00 with up to nine digits of a fraction, in microseconds; as ISO 8601 has it also 10:00,
 * but not 24:00:00 */
bool format_time_clock(struct str text, bool is_iso, int64_t *ret_us);
/* A date, a blank or a T, and a time; behind an instant a Z, or +01:00.  The result may be out of
 * range. */
bool format_time_stamp(struct str text, bool is_instant, int64_t *ret_us);
