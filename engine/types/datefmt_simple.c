/* datefmt_simple.c -- SimpleDateFormat.parse, lenient.
 *
 * Fields are collected with a stamp, the order they were set in; then, as
 * java.util.GregorianCalendar does it, the latest complete set of them makes the
 * date, and every number rolls over into the next larger field. */
#include "types/datefmt_internal.h"

#include "types/time.h"

#include <string.h>

enum field {
    F_YEAR,
    F_MONTH, /* from 0 */
    F_WEEK_OF_YEAR,
    F_WEEK_OF_MONTH,
    F_DAY_OF_MONTH,
    F_DAY_OF_YEAR,
    F_DAY_OF_WEEK, /* Sunday 1 */
    F_DAY_OF_WEEK_IN_MONTH,
    F_AM_PM,
    F_HOUR,
    F_HOUR_OF_DAY,
    F_MINUTE,
    F_SECOND,
    F_MILLISECOND,
    F_WEEK_YEAR,
    F_ERA, /* 0 is BC */
    FIELD_COUNT,
};

struct fields {
    int64_t values[FIELD_COUNT];
    int stamps[FIELD_COUNT]; /* 0: not set */
    int next_stamp;
    struct datefmt_offset offset;
};

static void set(struct fields *f, enum field field, int64_t value)
{
    f->values[field] = value;
    f->stamps[field] = ++f->next_stamp;
}

static int64_t get(const struct fields *f, enum field field, int64_t otherwise)
{
    return f->stamps[field] ? f->values[field] : otherwise;
}

/* ---- reading ---- */

struct reader {
    const char *at;
    const char *end;
};

/* Two-digit years mean 1946..2045: what Java says in 2026, without asking the clock. */
enum { CENTURY_START = 1946 };

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Digits up to `limit`, with a minus sign if `sign`. */
static bool read_number(struct reader *r, const char *limit, bool sign, int64_t *ret)
{
    const char *at = r->at;
    bool negative = sign && at < limit && *at == '-';
    at += negative;
    const char *start = at;
    int64_t value = 0;
    for (; at < limit && is_digit(*at); at++) {
        if (value > INT32_MAX / 10)
            return false;
        value = value * 10 + (*at - '0');
    }
    if (at == start)
        return false;
    *ret = negative ? -value : value;
    r->at = at;
    return true;
}

/* hh:mm, h:mm (`colon`), hhmm, or hh alone (`count` 1). */
static bool read_offset(struct reader *r, int sign, uint32_t count, bool colon,
                        struct datefmt_offset *ret)
{
    const char *at = r->at;
    int32_t hours, minutes = 0;
    if (at == r->end || !is_digit(*at))
        return false;
    hours = *at++ - '0';
    if (at < r->end && is_digit(*at))
        hours = hours * 10 + (*at++ - '0');
    else if (count > 0 || !colon)
        return false;
    if (count != 1) {
        if (colon && (at == r->end || *at++ != ':'))
            return false;
        if (r->end - at < 2 || !is_digit(at[0]) || !is_digit(at[1]))
            return false;
        minutes = (at[0] - '0') * 10 + (at[1] - '0');
        at += 2;
    }
    if (hours > 23 || minutes > 59)
        return false;
    r->at = at;
    *ret = (struct datefmt_offset){ true, sign * (hours * 60 + minutes) * 60 };
    return true;
}

static bool read_zone(struct reader *r, const struct zone *zone, const struct datefmt_item *item,
                      struct datefmt_offset *ret)
{
    char c = *r->at;
    int sign = c == '-' ? -1 : 1;
    if (item->letter == 'X') {
        if (c == 'Z') {
            r->at++;
            *ret = (struct datefmt_offset){ true, 0 };
            return true;
        }
        if (c != '+' && c != '-')
            return false;
        r->at++;
        return read_offset(r, sign, item->count, item->count == 3, ret);
    }
    if (c == '+' || c == '-') {
        r->at++;
        return read_offset(r, sign, 0, false, ret);
    }
    struct str rest = str_make(r->at, (size_t)(r->end - r->at));
    if (rest.size >= 4 && str_ieq(str_make(rest.data, 3), STR("GMT")) &&
        (rest.data[3] == '+' || rest.data[3] == '-')) {
        r->at += 4;
        return read_offset(r, rest.data[3] == '-' ? -1 : 1, 0, true, ret);
    }
    size_t used = datefmt_match_zone_name(zone, rest, ret);
    r->at += used;
    return used > 0;
}

static int read_name(struct reader *r, const char *const *names, int count)
{
    struct str rest = str_make(r->at, (size_t)(r->end - r->at));
    size_t whole, part;
    int found = datefmt_match_name(names, count, 0, true, rest, &whole);
    if (found < 0) {
        found = datefmt_match_name(names, count, 3, true, rest, &part);
        whole = part;
    }
    r->at += whole;
    return found;
}

static void set_number(struct fields *f, const struct datefmt_item *item, int64_t value)
{
    switch (item->letter) {
    case 'M':
    case 'L':
        set(f, F_MONTH, value - 1);
        break;
    case 'd':
        set(f, F_DAY_OF_MONTH, value);
        break;
    case 'k':
        set(f, F_HOUR_OF_DAY, value == 24 ? 0 : value);
        break;
    case 'H':
        set(f, F_HOUR_OF_DAY, value);
        break;
    case 'm':
        set(f, F_MINUTE, value);
        break;
    case 's':
        set(f, F_SECOND, value);
        break;
    case 'S':
        set(f, F_MILLISECOND, value);
        break;
    case 'D':
        set(f, F_DAY_OF_YEAR, value);
        break;
    case 'F':
        set(f, F_DAY_OF_WEEK_IN_MONTH, value);
        break;
    case 'w':
        set(f, F_WEEK_OF_YEAR, value);
        break;
    case 'W':
        set(f, F_WEEK_OF_MONTH, value);
        break;
    case 'h':
        set(f, F_HOUR, value == 12 ? 0 : value);
        break;
    case 'K':
        set(f, F_HOUR, value);
        break;
    default: /* u: Monday 1 */
        set(f, F_DAY_OF_WEEK, value == 7 ? 1 : value + 1);
        break;
    }
}

static bool read_text(struct fields *f, struct reader *r, const struct zone *zone,
                      const struct datefmt_item *item)
{
    static const char *const eras[2] = { "BC", "AD" };
    static const char *const halves[2] = { "AM", "PM" };
    int found;
    switch (item->letter) {
    case 'G':
        found = read_name(r, eras, 2);
        set(f, F_ERA, found);
        return found >= 0;
    case 'a':
        found = read_name(r, halves, 2);
        set(f, F_AM_PM, found);
        return found >= 0;
    case 'E':
        found = read_name(r, datefmt_days, 7);
        set(f, F_DAY_OF_WEEK, found + 1);
        return found >= 0;
    case 'M':
    case 'L':
        found = read_name(r, datefmt_months, 12);
        set(f, F_MONTH, found);
        return found >= 0;
    default:
        return read_zone(r, zone, item, &f->offset);
    }
}

static bool read_field(struct fields *f, struct reader *r, const struct zone *zone,
                       const struct datefmt_item *item, bool raw)
{
    const char *start = r->at;
    if (raw) {
        while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
            r->at++;
    }
    if (r->at == r->end)
        return false;
    if (item->kind != DATEFMT_AS_NUMBER) {
        if (item->kind == DATEFMT_AS_NAME)
            r->at = start; /* blanks are skipped in front of numbers and zones only */
        return read_text(f, r, zone, item);
    }
    const char *limit = r->end, *digits = r->at;
    if (item->is_fixed) {
        if (r->end - start < item->count)
            return false;
        limit = start + item->count;
    }
    int64_t value;
    if (!read_number(r, limit, raw, &value))
        return false;
    if (item->letter == 'y' || item->letter == 'Y') {
        if (item->count <= 2 && r->at - digits == 2 && is_digit(*digits))
            value += CENTURY_START / 100 * 100 + (value < CENTURY_START % 100 ? 100 : 0);
        set(f, item->letter == 'y' ? F_YEAR : F_WEEK_YEAR, value);
        return true;
    }
    set_number(f, item, value);
    return true;
}

/* ---- from fields to a date ---- */

/* The last day on or before `days` that is this day of the week (Sunday 1). */
static int64_t on_or_before(int64_t days, int64_t day_of_week)
{
    return days - time_floor_mod(days + 4 - (day_of_week - 1), 7);
}

static int64_t month_start(int64_t year, int64_t month)
{
    year += time_floor_div(month, 12);
    /* Far outside of the years there are; the range check behind this throws it away. */
    year = MAX(MIN(year, INT64_C(1000000)), INT64_C(-1000000));
    return time_days_of((int32_t)year, (int32_t)time_floor_mod(month, 12) + 1, 1);
}

/* The first day of week 1, of a year or month that begins on `days`: the Sunday on or before. */
static int64_t week_one(int64_t days)
{
    return on_or_before(days, 1);
}

/* Both or nothing. */
static int both(int a, int b)
{
    return a && b ? MAX(a, b) : 0;
}

static int64_t week_date(const struct fields *f, int64_t year)
{
    int64_t first = week_one(month_start(year, 0));
    int64_t day = get(f, F_DAY_OF_WEEK, 1);
    return first + (get(f, F_WEEK_OF_YEAR, 1) - 1) * 7 + time_floor_mod(day - 1, 7) +
           time_floor_div(day - 1, 7) * 7;
}

static int64_t date_in_month(const struct fields *f, int64_t year, bool by_day, bool by_week)
{
    int64_t first = month_start(year, get(f, F_MONTH, 0));
    if (by_day)
        return first + get(f, F_DAY_OF_MONTH, 1) - 1;
    if (by_week) {
        int64_t week = week_one(first);
        if (f->stamps[F_DAY_OF_WEEK])
            week = on_or_before(week + 6, f->values[F_DAY_OF_WEEK]);
        return week + 7 * (f->values[F_WEEK_OF_MONTH] - 1);
    }
    int64_t day = get(f, F_DAY_OF_WEEK, 1);
    int64_t nth = get(f, F_DAY_OF_WEEK_IN_MONTH, 1);
    if (nth >= 0)
        return on_or_before(first + 7 * nth - 1, day);
    int64_t next = month_start(year, get(f, F_MONTH, 0) + 1);
    return on_or_before(next + 7 * (nth + 1) - 1, day);
}

/* GregorianCalendar.selectFields and getFixedDate: of the sets of fields that make a date, the one
 * that was completed last. */
static int64_t date_of(const struct fields *f)
{
    const int *s = f->stamps;
    int64_t year = get(f, F_YEAR, 1970);
    if (s[F_ERA] && f->values[F_ERA] == 0)
        year = 1 - year;
    if (s[F_WEEK_YEAR] > s[F_YEAR])
        return week_date(f, f->values[F_WEEK_YEAR]);
    int week = s[F_DAY_OF_WEEK];
    int by_day = s[F_DAY_OF_MONTH];
    int by_month_week = both(s[F_WEEK_OF_MONTH], week);
    int by_nth = both(s[F_DAY_OF_WEEK_IN_MONTH], week);
    int by_year_day = s[F_DAY_OF_YEAR];
    int by_year_week = both(s[F_WEEK_OF_YEAR], week);
    int best = MAX(MAX(by_day, by_month_week), MAX(MAX(by_nth, by_year_day), by_year_week));
    if (!best) {
        by_month_week = s[F_WEEK_OF_MONTH];
        by_nth = MAX(s[F_DAY_OF_WEEK_IN_MONTH], week);
        by_year_week = s[F_WEEK_OF_YEAR];
        best = MAX(MAX(by_month_week, by_nth), by_year_week);
        if (!best)
            best = by_day = s[F_MONTH];
    }
    bool in_month = best == by_day ||
                    (best == by_month_week && s[F_WEEK_OF_MONTH] >= s[F_WEEK_OF_YEAR]) ||
                    (best == by_nth && s[F_DAY_OF_WEEK_IN_MONTH] >= s[F_WEEK_OF_YEAR]);
    if (in_month) {
        bool by_week = by_month_week == by_nth ? s[F_WEEK_OF_MONTH] >= s[F_DAY_OF_WEEK_IN_MONTH]
                                               : best == by_month_week;
        return date_in_month(f, year, best == by_day, by_week);
    }
    if (best == by_year_day)
        return month_start(year, 0) + f->values[F_DAY_OF_YEAR] - 1;
    int64_t first = week_one(month_start(year, 0));
    if (week && f->values[F_DAY_OF_WEEK] != 1)
        first = on_or_before(first + 6, f->values[F_DAY_OF_WEEK]);
    return first + 7 * (f->values[F_WEEK_OF_YEAR] - 1);
}

static int64_t hour_of(const struct fields *f)
{
    const int *s = f->stamps;
    int half = both(s[F_HOUR], s[F_AM_PM]);
    int best = MAX(half, s[F_HOUR_OF_DAY]);
    if (!best)
        best = MAX(s[F_HOUR], s[F_AM_PM]);
    if (!best)
        return 0;
    if (best == s[F_HOUR_OF_DAY])
        return f->values[F_HOUR_OF_DAY];
    return get(f, F_HOUR, 0) + 12 * get(f, F_AM_PM, 0);
}

bool datefmt_parse_simple(const struct datefmt *fmt, const struct zone *zone, struct str text,
                          int64_t *ret_local_us, struct datefmt_offset *ret_offset)
{
    struct fields f = { .next_stamp = 0 };
    if (text.size == 0)
        text = STR(""); /* has an address */
    struct reader r = { text.data, text.data + text.size };
    bool raw = fmt->style == DATEFMT_SIMPLE_RAW;
    for (uint32_t i = 0; i < fmt->count; i++) {
        const struct datefmt_item *item = &fmt->items[i];
        if (item->letter) {
            if (!read_field(&f, &r, zone, item, raw))
                return false;
            continue;
        }
        if ((size_t)(r.end - r.at) < item->literal.size ||
            memcmp(r.at, item->literal.data, item->literal.size) != 0)
            return false;
        r.at += item->literal.size;
    }
    /* Rule 34 speaks of the year as written, too: year 0 with month 13 is no date. */
    if (f.stamps[F_YEAR] && f.values[F_YEAR] < 1)
        return false;
    int64_t days = date_of(&f);
    int64_t seconds = (hour_of(&f) * 60 + get(&f, F_MINUTE, 0)) * 60 + get(&f, F_SECOND, 0);
    int64_t ms = (days * 86400 + seconds) * 1000 + get(&f, F_MILLISECOND, 0);
    if (__builtin_mul_overflow(ms, TIME_US_PER_MS, ret_local_us))
        return false;
    *ret_offset = f.offset;
    return true;
}
