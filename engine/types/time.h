/* time.h -- dates, times, timestamps and intervals, in the proleptic Gregorian
 * calendar.
 *
 * DATE is days since 1970-01-01, TIME milliseconds of the day, timestamps are
 * microseconds; a "local" one is a wall clock read as if it were UTC.  Years
 * 0001..9999 exist, everything outside fails (blink-dialect rule 34).  Arithmetic
 * floors, so times before 1970 are nothing special. */
#pragma once

#include "base/base.h"
#include "base/str.h"

#define TIME_US_PER_MS INT64_C(1000)
#define TIME_US_PER_SECOND INT64_C(1000000)
#define TIME_US_PER_MINUTE INT64_C(60000000)
#define TIME_US_PER_HOUR INT64_C(3600000000)
#define TIME_US_PER_DAY INT64_C(86400000000)
#define TIME_MS_PER_DAY 86400000
/* 0001-01-01 00:00:00 and 9999-12-31 23:59:59.999999 */
#define TIME_MIN_US INT64_C(-62135596800000000)
#define TIME_MAX_US INT64_C(253402300799999999)
#define TIME_MIN_DAYS (-719162)
#define TIME_MAX_DAYS 2932896

enum { TIME_TEXT_MAX = 48 }; /* room for any text of this file */

enum time_unit {
    TIME_YEAR,
    TIME_QUARTER,
    TIME_MONTH,
    TIME_WEEK,
    TIME_DAY,
    TIME_HOUR,
    TIME_MINUTE,
    TIME_SECOND,
    TIME_MILLISECOND,
    TIME_MICROSECOND,
    TIME_NANOSECOND,
    TIME_DECADE,
    TIME_CENTURY,
    TIME_MILLENNIUM,
    TIME_DOY,
    TIME_DOW,    /* Sunday is 1 */
    TIME_ISODOW, /* Monday is 1 */
    TIME_ISOYEAR,
    TIME_EPOCH,
};

/* "year", "SECONDS", "doy" ...: a plural s is accepted.  False if there is no such unit. */
bool time_unit_find(struct str name, enum time_unit *ret);
const char *time_unit_name(enum time_unit unit); /* "YEAR" */

struct civil {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
    int32_t hour;
    int32_t minute;
    int32_t second;
    int32_t microsecond; /* of the second */
};

static inline int64_t time_floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}
static inline int64_t time_floor_mod(int64_t a, int64_t b)
{
    return a - time_floor_div(a, b) * b;
}

bool time_is_leap(int32_t year);
int32_t time_month_days(int32_t year, int32_t month);
/* Any year within +-5 million; month and day must exist. */
int32_t time_days_of(int32_t year, int32_t month, int32_t day);
void time_civil_of_days(int32_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day);
void time_civil_of_us(int64_t local_us, struct civil *ret);
int64_t time_us_of_civil(const struct civil *civil);

static inline bool time_us_in_range(int64_t us)
{
    return us >= TIME_MIN_US && us <= TIME_MAX_US;
}
static inline bool time_days_in_range(int64_t days)
{
    return days >= TIME_MIN_DAYS && days <= TIME_MAX_DAYS;
}

/* Drops the digits behind `precision` (0..9; 6 and more keep all), toward the past. */
int64_t time_cut(int64_t us, int precision);

/* ---- parsing: all of the text; false is failure and leaves *ret alone ---- */

/* As Flink's CAST reads them.
 * DATE: "2020-1-1", "2020-1", "2020", blanks around numbers, a tail behind a blank is ignored;
 * a day that does not exist fails.
 * TIMESTAMP: "yyyy-M-d[ H:m:s[.fraction]]", cut to the precision; day 29..31 of a shorter month is
 * its last day; 24:00:00 is the next midnight; numbers but the year may be missing between their
 * separators.  No 'T', no zone.
 * TIME: "H[:m[:s[.fraction]]]" with blanks around numbers; fails outside of the day. */
bool time_parse_date(struct str text, int32_t *ret_days);
bool time_parse_timestamp(struct str text, int precision, int64_t *ret_local_us);
bool time_parse_time(struct str text, int precision, int32_t *ret_ms);

/* What files and messages hold: "2020-01-01", then optionally ' ' or 'T' and
 * "10:00[:00[.fraction]]" (digits behind the sixth are cut), then optionally 'Z', "UTC", +08,
 * +0800 or +08:00.  The day must exist. */
struct time_stamp {
    int64_t local_us; /* as written */
    bool has_offset;
    int32_t offset_s; /* local - UTC */
};
bool time_parse_stamp(struct str text, struct time_stamp *ret);

/* The text between the quotes of INTERVAL '...' from [TO to]; from == to for a single unit.
 * Months for YEAR, QUARTER, MONTH; microseconds for WEEK .. SECOND. */
bool time_parse_interval(struct str text, enum time_unit from, enum time_unit to, int64_t *ret);
/* Is it an interval of months (and not of microseconds)? */
static inline bool time_unit_is_months(enum time_unit unit)
{
    return unit == TIME_YEAR || unit == TIME_QUARTER || unit == TIME_MONTH ||
           (unit >= TIME_DECADE && unit <= TIME_MILLENNIUM);
}

/* ---- printing: bytes written, no NUL; out has room for TIME_TEXT_MAX ---- */

enum time_fraction {
    TIME_FRACTION_FIXED,   /* as many digits as the precision says (6 at most; see below) */
    TIME_FRACTION_TRIMMED, /* the same without trailing zeros, no point if nothing is left */
};
size_t time_print_date(int32_t days, char *out); /* 2020-01-01 */
/* `separator` is ' ' or 'T'.  Precision 7..9 prints zeros behind the sixth digit. */
size_t time_print_timestamp(int64_t local_us, int precision, enum time_fraction fraction,
                            char separator, char *out);
/* 10:00:00[.fraction] */
size_t time_print_time(int32_t ms, int precision, enum time_fraction fraction, char *out);
/* As Flink's CAST(TIME AS STRING): with precision > 0 at least one digit, no other trailing
 * zeros. */
size_t time_print_time_cast(int32_t ms, int precision, char *out);
/* +08:00; `zulu`: Z for zero. */
size_t time_print_offset(int32_t offset_s, bool zulu, char *out);
size_t time_print_interval_month(int64_t months, char *out); /* +1-02 */
size_t time_print_interval_day(int64_t us, char *out);       /* +1 02:03:04.500 */

/* ---- parts and arithmetic, on local time ---- */

/* EXTRACT; false for a unit that a DATE or timestamp does not have. */
bool time_extract(enum time_unit unit, int64_t local_us, int64_t *ret);
bool time_extract_date(enum time_unit unit, int32_t days, int64_t *ret);
bool time_extract_time(enum time_unit unit, int32_t ms, int64_t *ret);

/* FLOOR and CEIL ... TO unit, as Flink does them (weeks begin on Sunday; CEIL to a month or more
 * looks at the date only). False for other units, and out of range. */
bool time_floor(enum time_unit unit, int64_t local_us, int64_t *ret);
bool time_ceil(enum time_unit unit, int64_t local_us, int64_t *ret);

/* Months clamp to the last day: January 31 plus a month is February 28 or 29.  False: out of
 * range (years 0001..9999). */
bool time_add_months(int64_t local_us, int64_t months, int64_t *ret);
bool time_add_months_date(int32_t days, int64_t months, int32_t *ret);
/* TIMESTAMPADD(unit, count, t) */
bool time_add(enum time_unit unit, int64_t count, int64_t local_us, int64_t *ret);
/* TIMESTAMPDIFF(unit, from, to): whole units, to minus from.  Fixed units are cut toward zero;
 * months are counted as Flink counts them (see time.c). */
bool time_diff(enum time_unit unit, int64_t from_us, int64_t to_us, int64_t *ret);
int64_t time_diff_months(int64_t from_us, int64_t to_us);

/* us + delta with the range check. */
bool time_add_us(int64_t us, int64_t delta_us, int64_t *ret);
