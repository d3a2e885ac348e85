/* time.c -- calendar and arithmetic of time.h; texts are in time_text.c.
 *
 * Days and civil dates convert by eras of 400 years (Howard Hinnant's method): years
 * that begin in March make leap days the last of their year. */
#include "types/time.h"

/* ---- calendar ---- */

bool time_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t time_month_days(int32_t year, int32_t month)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && time_is_leap(year));
}

int32_t time_days_of(int32_t year, int32_t month, int32_t day)
{
    int32_t y = year - (month <= 2);
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    uint32_t year_of_era = (uint32_t)(y - era * 400);
    uint32_t day_of_year =
        (153u * (uint32_t)(month + (month > 2 ? -3 : 9)) + 2) / 5 + (uint32_t)day - 1;
    uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int32_t)day_of_era - 719468;
}

void time_civil_of_days(int32_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    int64_t shifted = (int64_t)days + 719468;
    int32_t era = (int32_t)((shifted >= 0 ? shifted : shifted - 146096) / 146097);
    uint32_t day_of_era = (uint32_t)(shifted - (int64_t)era * 146097);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t m = (5 * day_of_year + 2) / 153;
    *ret_day = (int32_t)(day_of_year - (153 * m + 2) / 5 + 1);
    *ret_month = (int32_t)(m < 10 ? m + 3 : m - 9);
    *ret_year = (int32_t)year_of_era + era * 400 + (*ret_month <= 2);
}

void time_civil_of_us(int64_t local_us, struct civil *ret)
{
    int64_t days = time_floor_div(local_us, TIME_US_PER_DAY);
    int64_t us = local_us - days * TIME_US_PER_DAY;
    time_civil_of_days((int32_t)days, &ret->year, &ret->month, &ret->day);
    uint32_t seconds = (uint32_t)(us / TIME_US_PER_SECOND);
    ret->microsecond = (int32_t)(us - (int64_t)seconds * TIME_US_PER_SECOND);
    ret->hour = (int32_t)(seconds / 3600);
    ret->minute = (int32_t)(seconds / 60 % 60);
    ret->second = (int32_t)(seconds % 60);
}

int64_t time_us_of_civil(const struct civil *civil)
{
    int64_t seconds = ((int64_t)civil->hour * 60 + civil->minute) * 60 + civil->second;
    return (int64_t)time_days_of(civil->year, civil->month, civil->day) * TIME_US_PER_DAY +
           seconds * TIME_US_PER_SECOND + civil->microsecond;
}

int64_t time_cut(int64_t us, int precision)
{
    static const int32_t units[6] = { 1000000, 100000, 10000, 1000, 100, 10 };
    if (precision >= 6)
        return us;
    return us - time_floor_mod(us, units[MAX(precision, 0)]);
}

/* ---- units ---- */

static const char *const unit_names[] = {
    [TIME_YEAR] = "YEAR",
    [TIME_QUARTER] = "QUARTER",
    [TIME_MONTH] = "MONTH",
    [TIME_WEEK] = "WEEK",
    [TIME_DAY] = "DAY",
    [TIME_HOUR] = "HOUR",
    [TIME_MINUTE] = "MINUTE",
    [TIME_SECOND] = "SECOND",
    [TIME_MILLISECOND] = "MILLISECOND",
    [TIME_MICROSECOND] = "MICROSECOND",
    [TIME_NANOSECOND] = "NANOSECOND",
    [TIME_DECADE] = "DECADE",
    [TIME_CENTURY] = "CENTURY",
    [TIME_MILLENNIUM] = "MILLENNIUM",
    [TIME_DOY] = "DOY",
    [TIME_DOW] = "DOW",
    [TIME_ISODOW] = "ISODOW",
    [TIME_ISOYEAR] = "ISOYEAR",
    [TIME_EPOCH] = "EPOCH",
};

const char *time_unit_name(enum time_unit unit)
{
    return unit_names[unit];
}

bool time_unit_find(struct str name, enum time_unit *ret)
{
    struct str singular = name;
    if (singular.size > 1 && (singular.data[singular.size - 1] | 0x20) == 's')
        singular.size--;
    for (size_t i = 0; i < countof(unit_names); i++) {
        if (str_iis(name, unit_names[i]) ||
            (i <= TIME_MILLENNIUM && str_iis(singular, unit_names[i]))) {
            *ret = (enum time_unit)i;
            return true;
        }
    }
    if (str_iis(name, "CENTURIES")) {
        *ret = TIME_CENTURY;
        return true;
    }
    return false;
}

/* Microseconds of a unit of fixed length; 0 for the others. */
static int64_t unit_us(enum time_unit unit)
{
    switch (unit) {
    case TIME_WEEK:
        return 7 * TIME_US_PER_DAY;
    case TIME_DAY:
        return TIME_US_PER_DAY;
    case TIME_HOUR:
        return TIME_US_PER_HOUR;
    case TIME_MINUTE:
        return TIME_US_PER_MINUTE;
    case TIME_SECOND:
        return TIME_US_PER_SECOND;
    case TIME_MILLISECOND:
        return TIME_US_PER_MS;
    case TIME_MICROSECOND:
        return 1;
    default:
        return 0;
    }
}

/* Months of a unit of months; 0 for the others. */
static int64_t unit_months(enum time_unit unit)
{
    switch (unit) {
    case TIME_YEAR:
        return 12;
    case TIME_QUARTER:
        return 3;
    case TIME_MONTH:
        return 1;
    case TIME_DECADE:
        return 120;
    case TIME_CENTURY:
        return 1200;
    case TIME_MILLENNIUM:
        return 12000;
    default:
        return 0;
    }
}

/* ---- EXTRACT ---- */

/* Days since the Sunday, 0..6; 1970-01-01 was a Thursday. */
static int64_t day_of_week(int64_t days)
{
    return time_floor_mod(days + 4, 7);
}

/* ISO 8601: the week and the year that the Thursday of this week lies in. */
static void iso_week(int32_t days, int32_t *ret_year, int32_t *ret_week)
{
    int32_t thursday = days - (int32_t)time_floor_mod((int64_t)days + 3, 7) + 3;
    int32_t month, day;
    time_civil_of_days(thursday, ret_year, &month, &day);
    *ret_week = (thursday - time_days_of(*ret_year, 1, 1)) / 7 + 1;
}

bool time_extract_date(enum time_unit unit, int32_t days, int64_t *ret)
{
    int32_t year, month, day, week, iso_year;
    time_civil_of_days(days, &year, &month, &day);
    switch (unit) {
    case TIME_YEAR:
        *ret = year;
        return true;
    case TIME_QUARTER:
        *ret = (month + 2) / 3;
        return true;
    case TIME_MONTH:
        *ret = month;
        return true;
    case TIME_DAY:
        *ret = day;
        return true;
    case TIME_WEEK:
        iso_week(days, &iso_year, &week);
        *ret = week;
        return true;
    case TIME_ISOYEAR:
        iso_week(days, &iso_year, &week);
        *ret = iso_year;
        return true;
    case TIME_DECADE:
        *ret = time_floor_div(year, 10);
        return true;
    case TIME_CENTURY:
        *ret = year > 0 ? (year + 99) / 100 : (year - 99) / 100;
        return true;
    case TIME_MILLENNIUM:
        *ret = year > 0 ? (year + 999) / 1000 : (year - 999) / 1000;
        return true;
    case TIME_DOY:
        *ret = days - time_days_of(year, 1, 1) + 1;
        return true;
    case TIME_DOW:
        *ret = day_of_week(days) + 1;
        return true;
    case TIME_ISODOW:
        *ret = time_floor_mod((int64_t)days + 3, 7) + 1;
        return true;
    case TIME_EPOCH:
        *ret = (int64_t)days * 86400;
        return true;
    default:
        return false;
    }
}

/* Parts of a day, from its microseconds. */
static bool extract_clock(enum time_unit unit, int64_t us, int64_t *ret)
{
    switch (unit) {
    case TIME_HOUR:
        *ret = us / TIME_US_PER_HOUR;
        return true;
    case TIME_MINUTE:
        *ret = us / TIME_US_PER_MINUTE % 60;
        return true;
    case TIME_SECOND:
        *ret = us / TIME_US_PER_SECOND % 60;
        return true;
    case TIME_MILLISECOND:
        *ret = us / TIME_US_PER_MS % 1000;
        return true;
    case TIME_MICROSECOND:
        *ret = us % TIME_US_PER_SECOND;
        return true;
    case TIME_NANOSECOND:
        *ret = us % TIME_US_PER_SECOND * 1000;
        return true;
    default:
        return false;
    }
}

bool time_extract(enum time_unit unit, int64_t local_us, int64_t *ret)
{
    if (unit == TIME_EPOCH) {
        *ret = time_floor_div(local_us, TIME_US_PER_SECOND);
        return true;
    }
    int64_t days = time_floor_div(local_us, TIME_US_PER_DAY);
    if (extract_clock(unit, local_us - days * TIME_US_PER_DAY, ret))
        return true;
    return time_extract_date(unit, (int32_t)days, ret);
}

bool time_extract_time(enum time_unit unit, int32_t ms, int64_t *ret)
{
    if (unit == TIME_EPOCH) {
        *ret = ms / 1000;
        return true;
    }
    return extract_clock(unit, ms * TIME_US_PER_MS, ret);
}

/* ---- FLOOR and CEIL ---- */

/* The first day of a month; month may be past 12. */
static int64_t first_of(int32_t year, int32_t month)
{
    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    return time_days_of(year, month, 1);
}

/* Flink's julianDateFloor.  CEIL of a QUARTER leaves only January 1 where it is, and of a DECADE
 * or more always moves on. */
static bool bound_date(enum time_unit unit, int32_t days, bool up, int64_t *ret)
{
    int32_t year, month, day;
    time_civil_of_days(days, &year, &month, &day);
    switch (unit) {
    case TIME_YEAR:
        *ret = first_of(year + (up && (month > 1 || day > 1)), 1);
        return true;
    case TIME_QUARTER:
        *ret = first_of(year, ((month + 2) / 3 + (up && (month > 1 || day > 1))) * 3 - 2);
        return true;
    case TIME_MONTH:
        *ret = first_of(year, month + (up && day > 1));
        return true;
    case TIME_WEEK: {
        int64_t behind = day_of_week(days);
        *ret = days - behind + (up && behind > 0 ? 7 : 0);
        return true;
    }
    case TIME_DECADE:
        *ret = first_of((year / 10 + up) * 10, 1);
        return true;
    case TIME_CENTURY:
        *ret = first_of((year + 99) / 100 * 100 + (up ? 1 : -99), 1);
        return true;
    case TIME_MILLENNIUM:
        *ret = first_of((year + 999) / 1000 * 1000 + (up ? 1 : -999), 1);
        return true;
    default:
        return false;
    }
}

static bool bound(enum time_unit unit, int64_t local_us, bool up, int64_t *ret)
{
    int64_t result;
    int64_t size = unit == TIME_WEEK ? 0 : unit_us(unit);
    if (size > 0) {
        int64_t behind = time_floor_mod(local_us, size);
        result = local_us - behind + (up && behind > 0 ? size : 0);
    } else if (unit == TIME_NANOSECOND) {
        result = local_us;
    } else {
        int64_t days;
        if (!bound_date(unit, (int32_t)time_floor_div(local_us, TIME_US_PER_DAY), up, &days))
            return false;
        result = days * TIME_US_PER_DAY;
    }
    if (!time_us_in_range(result))
        return false;
    *ret = result;
    return true;
}

bool time_floor(enum time_unit unit, int64_t local_us, int64_t *ret)
{
    return bound(unit, local_us, false, ret);
}

bool time_ceil(enum time_unit unit, int64_t local_us, int64_t *ret)
{
    return bound(unit, local_us, true, ret);
}

/* ---- arithmetic ---- */

bool time_add_us(int64_t us, int64_t delta_us, int64_t *ret)
{
    int64_t sum;
    if (__builtin_add_overflow(us, delta_us, &sum) || !time_us_in_range(sum))
        return false;
    *ret = sum;
    return true;
}

bool time_add_months_date(int32_t days, int64_t months, int32_t *ret)
{
    int32_t year, month, day;
    time_civil_of_days(days, &year, &month, &day);
    int64_t all;
    if (__builtin_add_overflow((int64_t)year * 12 + month - 1, months, &all))
        return false;
    int64_t new_year = time_floor_div(all, 12);
    if (new_year < 1 || new_year > 9999)
        return false;
    int32_t new_month = (int32_t)time_floor_mod(all, 12) + 1;
    int32_t last = time_month_days((int32_t)new_year, new_month);
    *ret = time_days_of((int32_t)new_year, new_month, MIN(day, last));
    return true;
}

bool time_add_months(int64_t local_us, int64_t months, int64_t *ret)
{
    int64_t days = time_floor_div(local_us, TIME_US_PER_DAY);
    int32_t moved;
    if (!time_add_months_date((int32_t)days, months, &moved))
        return false;
    *ret = local_us + (moved - days) * TIME_US_PER_DAY;
    return true;
}

bool time_add(enum time_unit unit, int64_t count, int64_t local_us, int64_t *ret)
{
    int64_t months = unit_months(unit);
    int64_t delta;
    if (months > 0)
        return !__builtin_mul_overflow(count, months, &delta) &&
               time_add_months(local_us, delta, ret);
    if (unit == TIME_NANOSECOND)
        return time_add_us(local_us, time_floor_div(count, 1000), ret);
    int64_t size = unit_us(unit);
    return size > 0 && !__builtin_mul_overflow(count, size, &delta) &&
           time_add_us(local_us, delta, ret);
}

/* Whole months from the earlier date to the later one: January 31 to February 28 is one. */
static int64_t months_between(int32_t early, int32_t late)
{
    int32_t y0, m0, d0, y1, m1, d1;
    time_civil_of_days(early, &y0, &m0, &d0);
    time_civil_of_days(late, &y1, &m1, &d1);
    int64_t months = (int64_t)(y1 - y0) * 12 + m1 - m0;
    return months - (d1 < MIN(d0, time_month_days(y1, m1)));
}

/* Flink's subtractMonths: whole months of the dates, and one less when the dates are whole months
 * apart and the later operand's clock is behind, whichever direction the difference has. */
int64_t time_diff_months(int64_t from_us, int64_t to_us)
{
    int64_t from = time_floor_div(from_us, TIME_US_PER_DAY);
    int64_t to = time_floor_div(to_us, TIME_US_PER_DAY);
    int64_t months = to >= from ? months_between((int32_t)from, (int32_t)to)
                                : -months_between((int32_t)to, (int32_t)from);
    int32_t moved;
    bool behind = time_floor_mod(to_us, TIME_US_PER_DAY) < time_floor_mod(from_us, TIME_US_PER_DAY);
    if (behind && time_add_months_date((int32_t)from, months, &moved) && moved == to)
        months--;
    return months;
}

bool time_diff(enum time_unit unit, int64_t from_us, int64_t to_us, int64_t *ret)
{
    int64_t months = unit_months(unit);
    int64_t delta = to_us - from_us; /* both are in range: no overflow */
    if (months > 0) {
        *ret = time_diff_months(from_us, to_us) / months;
        return true;
    }
    if (unit == TIME_NANOSECOND)
        return !__builtin_mul_overflow(delta, 1000, ret);
    int64_t size = unit_us(unit);
    if (size == 0)
        return false;
    *ret = delta / size;
    return true;
}
