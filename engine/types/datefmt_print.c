/* datefmt_print.c -- printing with a compiled pattern.  Room for the longest text is
 * reserved once, then every field writes straight into it. */
#include "types/datefmt_internal.h"

#include "base/number.h"
#include "types/time.h"

#include <string.h>

/* What is printed. */
struct moment {
    struct civil civil;
    int32_t days;            /* since 1970 */
    int64_t day_us;          /* of the day */
    const struct zone *zone; /* NULL: a wall clock without zone */
    int64_t utc_us;
    int32_t offset_s;
};

static inline char *put_number(char *out, int64_t value, uint32_t width)
{
    if (width == 2 && value >= 0 && value < 100) {
        out[0] = (char)('0' + value / 10);
        out[1] = (char)('0' + value % 10);
        return out + 2;
    }
    char text[NUMBER_I64_MAX];
    size_t n = number_print_i64(value, text);
    size_t zeros = n < width ? width - n : 0;
    memset(out, '0', zeros);
    memcpy(out + zeros, text, n);
    return out + zeros + n;
}

static char *put_text(char *out, const char *text, size_t letters)
{
    size_t n = strlen(text);
    n = MIN(n, letters);
    memcpy(out, text, n);
    return out + n;
}

enum { WHOLE = 100 };

/* Sunday 0. */
static int32_t day_of_week(int64_t days)
{
    return (int32_t)time_floor_mod(days + 4, 7);
}

/* Weeks from Sunday on; the first one of a year has its January 1. */
static int32_t week_of_year(const struct moment *m, int32_t *ret_year)
{
    int64_t sunday = (int64_t)m->days - day_of_week(m->days);
    int32_t year = m->civil.year;
    if (sunday + 6 >= time_days_of(year + 1, 1, 1)) {
        *ret_year = year + 1;
        return 1;
    }
    int64_t january = time_days_of(year, 1, 1);
    *ret_year = year;
    return (int32_t)((m->days - january + day_of_week(january)) / 7 + 1);
}

static int32_t week_of_month(const struct moment *m)
{
    return (m->civil.day - 1 + day_of_week((int64_t)m->days - m->civil.day + 1)) / 7 + 1;
}

static int32_t day_of_year(const struct moment *m)
{
    return m->days - time_days_of(m->civil.year, 1, 1) + 1;
}

static char *put_offset(char *out, int32_t offset_s, bool colon, bool minutes)
{
    int32_t s = offset_s < 0 ? -offset_s : offset_s;
    *out++ = offset_s < 0 ? '-' : '+';
    out = put_number(out, s / 3600, 2);
    if (!minutes)
        return out;
    if (colon)
        *out++ = ':';
    return put_number(out, s / 60 % 60, 2);
}

static char *put_year(char *out, int32_t year, uint32_t count)
{
    return count == 2 ? put_number(out, year % 100, 2) : put_number(out, year, count);
}

/* Fields that mean the same in both libraries; NULL: not one of them. */
static char *put_common(char *out, const struct datefmt_item *item, const struct moment *m)
{
    const struct civil *t = &m->civil;
    uint32_t count = item->count;
    int32_t year;
    switch (item->letter) {
    case 'G':
        return put_text(out, count == 4 ? "Anno Domini" : "AD", count == 5 ? 1 : WHOLE);
    case 'y':
        return put_year(out, t->year, count);
    case 'Y':
        (void)week_of_year(m, &year);
        return put_year(out, year, count);
    case 'M':
    case 'L':
        if (count <= 2)
            return put_number(out, t->month, count);
        return put_text(out, datefmt_months[t->month - 1],
                        count == 3 ? 3 : (count == 5 ? 1 : WHOLE));
    case 'd':
        return put_number(out, t->day, count);
    case 'D':
        return put_number(out, day_of_year(m), count);
    case 'w':
        return put_number(out, week_of_year(m, &year), count);
    case 'W':
        return put_number(out, week_of_month(m), count);
    case 'a':
        return put_text(out, t->hour < 12 ? "AM" : "PM", WHOLE);
    case 'H':
        return put_number(out, t->hour, count);
    case 'k':
        return put_number(out, t->hour == 0 ? 24 : t->hour, count);
    case 'K':
        return put_number(out, t->hour % 12, count);
    case 'h':
        return put_number(out, t->hour % 12 == 0 ? 12 : t->hour % 12, count);
    case 'm':
        return put_number(out, t->minute, count);
    case 's':
        return put_number(out, t->second, count);
    default:
        return NULL;
    }
}

static char *put_simple(char *out, const struct datefmt_item *item, const struct moment *m)
{
    uint32_t count = item->count;
    int32_t dow = day_of_week(m->days);
    switch (item->letter) {
    case 'G':
        return put_text(out, "AD", WHOLE);
    case 'M':
    case 'L':
        if (count <= 2)
            return put_number(out, m->civil.month, count);
        return put_text(out, datefmt_months[m->civil.month - 1], count == 3 ? 3 : WHOLE);
    case 'E':
        return put_text(out, datefmt_days[dow], count <= 3 ? 3 : WHOLE);
    case 'u':
        return put_number(out, dow == 0 ? 7 : dow, count);
    case 'F':
        return put_number(out, (m->civil.day - 1) / 7 + 1, count);
    case 'S':
        return put_number(out, m->civil.microsecond / 1000, count);
    case 'z':
        return out + zone_print_abbreviation(m->zone, m->utc_us, out);
    case 'Z':
        return put_offset(out, m->offset_s, false, true);
    case 'X':
        if (m->offset_s == 0)
            return put_text(out, "Z", WHOLE);
        return put_offset(out, m->offset_s, count == 3, count > 1);
    default:
        return put_common(out, item, m);
    }
}

static char *put_zone(char *out, const struct datefmt_item *item, const struct moment *m)
{
    uint32_t count = item->count;
    int32_t offset = m->offset_s;
    if (!m->zone)
        return NULL;
    switch (item->letter) {
    case 'V':
        return put_text(out, zone_name(m->zone), 32);
    case 'z':
        return out + zone_print_abbreviation(m->zone, m->utc_us, out);
    case 'O':
        out = put_text(out, "GMT", WHOLE);
        if (offset == 0)
            return out;
        if (count == 4)
            return put_offset(out, offset, true, true);
        *out++ = offset < 0 ? '-' : '+';
        offset = offset < 0 ? -offset : offset;
        out = put_number(out, offset / 3600, 1);
        if (offset / 60 % 60 == 0)
            return out;
        *out++ = ':';
        return put_number(out, offset / 60 % 60, 2);
    case 'Z':
        if (count == 4) {
            out = put_text(out, "GMT", WHOLE);
            return offset == 0 ? out : put_offset(out, offset, true, true);
        }
        if (count == 5 && offset == 0)
            return put_text(out, "Z", WHOLE);
        return put_offset(out, offset, count == 5, true);
    case 'X':
        if (offset == 0)
            return put_text(out, "Z", WHOLE);
        return put_offset(out, offset, count == 3 || count == 5,
                          count > 1 || offset / 60 % 60 != 0);
    default: /* x */
        return put_offset(out, offset, count == 3 || count == 5,
                          count > 1 || offset / 60 % 60 != 0);
    }
}

static char *put_quarter(char *out, int32_t quarter, uint32_t count)
{
    static const char *const names[4] = { "1st quarter", "2nd quarter", "3rd quarter",
                                          "4th quarter" };
    if (count == 4)
        return put_text(out, names[quarter - 1], WHOLE);
    if (count == 3)
        *out++ = 'Q';
    return put_number(out, quarter, count == 2 ? 2 : 1);
}

static char *put_formatter(char *out, const struct datefmt_item *item, const struct moment *m)
{
    uint32_t count = item->count;
    int32_t dow = day_of_week(m->days);
    switch (item->letter) {
    case 'u':
        return put_year(out, m->civil.year, count);
    case 'Q':
    case 'q':
        return put_quarter(out, (m->civil.month + 2) / 3, count);
    case 'e':
    case 'c':
        if (count <= 2)
            return put_number(out, dow + 1, count);
        /* fall through */
    case 'E':
        return put_text(out, datefmt_days[dow], count <= 3 ? 3 : (count == 5 ? 1 : WHOLE));
    case 'F':
        return put_number(out, (m->civil.day - 1) % 7 + 1, count);
    case 'S': {
        char *end = put_number(out, m->civil.microsecond, 6);
        memset(end, '0', 3);
        return out + count;
    }
    case 'A':
        return put_number(out, m->day_us / 1000, count);
    case 'n':
        return put_number(out, (int64_t)m->civil.microsecond * 1000, count);
    case 'N':
        return put_number(out, m->day_us * 1000, count);
    case 'V':
    case 'z':
    case 'O':
    case 'X':
    case 'x':
    case 'Z':
        return put_zone(out, item, m);
    case '[':
    case ']':
        return out; /* sections print what they hold */
    default:
        return put_common(out, item, m);
    }
}

static bool print(const struct datefmt *fmt, const struct moment *m, struct buf *out)
{
    if (fmt->print_max == 0 || !buf_reserve(out, fmt->print_max))
        return true; /* nothing to print, or the buffer has the failure */
    char *at = out->data + out->size;
    bool simple = fmt->style != DATEFMT_FORMATTER;
    for (uint32_t i = 0; i < fmt->count; i++) {
        const struct datefmt_item *item = &fmt->items[i];
        if (item->letter == 0) {
            if (item->literal.size == 1)
                *at = item->literal.data[0];
            else
                memcpy(at, item->literal.data, item->literal.size);
            at += item->literal.size;
            continue;
        }
        at = simple ? put_simple(at, item, m) : put_formatter(at, item, m);
        if (!at)
            return false;
    }
    out->size = (size_t)(at - out->data);
    return true;
}

static void set_local(struct moment *m, int64_t local_us)
{
    time_civil_of_us(local_us, &m->civil);
    int64_t days = time_floor_div(local_us, TIME_US_PER_DAY);
    m->days = (int32_t)days;
    m->day_us = local_us - days * TIME_US_PER_DAY;
}

bool datefmt_print(const struct datefmt *fmt, const struct zone *zone, struct zone_cursor *cursor,
                   int64_t utc_us, struct buf *out)
{
    int64_t offset_us = zone_offset_at_utc_us(zone, cursor, utc_us);
    struct moment m = { .zone = zone, .utc_us = utc_us };
    m.offset_s = (int32_t)(offset_us / TIME_US_PER_SECOND);
    set_local(&m, utc_us + offset_us);
    return print(fmt, &m, out);
}

bool datefmt_print_local(const struct datefmt *fmt, int64_t local_us, struct buf *out)
{
    struct moment m = { .utc_us = local_us };
    if (fmt->style != DATEFMT_FORMATTER)
        m.zone = zone_utc; /* SimpleDateFormat always has a zone */
    set_local(&m, local_us);
    return print(fmt, &m, out);
}
