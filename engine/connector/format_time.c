/* format_time.c -- see format_time.h.
 *
 * Flink reads with Java's formatters.  Those of ISO 8601 (between day and time a T) are strict and take
 * a time without seconds; the one of SQL (a blank) wants the seconds, but takes the 31st of
 * February for the last day of February, and 24:00:00 for the next midnight.  A fraction may be a
 * point alone.  weir takes both forms whatever 'timestamp-format.standard' says. */
#include "connector/format_time.h"

#include "base/base.h"
#include "types/time.h"

enum { FRACTION_DIGITS_MAX = 9, FRACTION_DIGITS_KEPT = 6 };

static bool take_char(struct str *text, char c)
{
    if (text->size == 0 || text->data[0] != c)
        return false;
    *text = str_make(text->data + 1, text->size - 1);
    return true;
}

static bool take_digits(struct str *text, size_t count, int32_t *ret)
{
    int32_t number = 0;
    if (text->size < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = text->data[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *text = str_make(text->data + count, text->size - count);
    *ret = number;
    return true;
}

static bool take_date(struct str *text, bool is_strict, int32_t *ret_days)
{
    int32_t year, month, day;
    if (!take_digits(text, 4, &year) || !take_char(text, '-') || !take_digits(text, 2, &month) ||
        !take_char(text, '-') || !take_digits(text, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int32_t last = time_month_days(year, month);
    if (day > last && is_strict)
        return false;
    *ret_days = time_days_of(year, month, MIN(day, last));
    return true;
}

static bool take_fraction(struct str *text, int64_t *us)
{
    if (!take_char(text, '.'))
        return true;
    int64_t unit = TIME_US_PER_SECOND;
    int32_t digit;
    for (int i = 0; take_digits(text, 1, &digit); i++) {
        if (i == FRACTION_DIGITS_MAX)
            return false;
        if (i < FRACTION_DIGITS_KEPT)
            *us += digit * (unit /= 10);
    }
    return true;
}

/* Up to a whole day, where the time is not strict. */
static bool take_clock(struct str *text, bool needs_seconds, bool is_strict, int64_t *ret_us)
{
    int32_t hour, minute, second = 0;
    int64_t fraction = 0;
    if (!take_digits(text, 2, &hour) || !take_char(text, ':') || !take_digits(text, 2, &minute))
        return false;
    bool has_seconds = take_char(text, ':');
    if (has_seconds && (!take_digits(text, 2, &second) || !take_fraction(text, &fraction)))
        return false;
    if ((!has_seconds && needs_seconds) || hour > 24 || minute > 59 || second > 59)
        return false;
    int64_t us = (hour * 3600 + minute * 60 + second) * TIME_US_PER_SECOND + fraction;
    if (us > TIME_US_PER_DAY || (us == TIME_US_PER_DAY && is_strict))
        return false;
    *ret_us = us;
    return true;
}

static bool take_offset(struct str *text, int64_t *ret_us)
{
    int32_t hours, minutes;
    *ret_us = 0;
    if (take_char(text, 'Z'))
        return true;
    bool is_west = take_char(text, '-');
    if ((!is_west && !take_char(text, '+')) || !take_digits(text, 2, &hours) ||
        !take_char(text, ':') || !take_digits(text, 2, &minutes) || hours > 18 || minutes > 59)
        return false;
    *ret_us = (hours * 60 + minutes) * 60 * TIME_US_PER_SECOND * (is_west ? -1 : 1);
    return true;
}

bool format_time_date(struct str text, int32_t *ret_days)
{
    return take_date(&text, true, ret_days) && text.size == 0;
}

/* One digit or two. */
static bool take_short(struct str *text, int32_t *ret)
{
    return take_digits(text, 2, ret) || take_digits(text, 1, ret);
}

bool format_time_java_date(struct str text, int32_t *ret_days)
{
    int32_t year, month, day;
    if (!take_digits(&text, 4, &year) || !take_char(&text, '-') || !take_short(&text, &month) ||
        !take_char(&text, '-') || !take_short(&text, &day) || text.size > 0)
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *ret_days = time_days_of(year, month, 1) + day - 1;
    return true;
}

bool format_time_clock(struct str text, bool is_iso, int64_t *ret_us)
{
    if (!take_clock(&text, !is_iso, is_iso, ret_us) || text.size > 0)
        return false;
    *ret_us %= TIME_US_PER_DAY;
    return true;
}

bool format_time_stamp(struct str text, bool is_instant, int64_t *ret_us)
{
    enum { DATE_SIZE = sizeof "2024-01-01" - 1 };
    char separator = text.size > DATE_SIZE ? text.data[DATE_SIZE] : '\0';
    bool is_iso = separator == 'T' || (separator == 't' && !is_instant);
    int32_t days;
    int64_t us, offset = 0;
    /* For an instant in ISO's form Flink puts a formatter of its own together, which is as lenient as
     * that of SQL. */
    bool is_strict = is_iso && !is_instant;
    if (!take_date(&text, is_strict, &days) || !take_char(&text, is_iso ? separator : ' ') ||
        !take_clock(&text, !is_iso, is_strict, &us))
        return false;
    if ((is_instant && !take_offset(&text, &offset)) || text.size > 0)
        return false;
    *ret_us = days * TIME_US_PER_DAY + us - offset;
    return true;
}
