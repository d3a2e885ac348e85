/* datefmt_formatter.c -- DateTimeFormatter.parse with the resolver style SMART, and
 * what Flink makes of a date with parts missing: 1970, January, 1, midnight.
 *
 * Parsing collects fields; a field that is set twice must have the same value.
 * Optional sections that fail put the fields back. */
#include "types/datefmt_internal.h"

#include "types/time.h"

#include <string.h>

enum field {
    F_ERA, /* 0 is BC */
    F_YEAR_OF_ERA,
    F_YEAR,
    F_MONTH,
    F_QUARTER,
    F_DAY,
    F_DAY_OF_YEAR,
    F_DAY_OF_WEEK, /* Sunday 1 */
    F_WEEK_YEAR,
    F_WEEK_OF_YEAR,
    F_WEEK_OF_MONTH,
    F_ALIGNED_DAY, /* of the week in the month */
    F_AM_PM,
    F_HOUR_OF_AMPM,
    F_CLOCK_OF_AMPM,
    F_HOUR,
    F_CLOCK_OF_DAY,
    F_MINUTE,
    F_SECOND,
    F_NANO,
    F_MILLI_OF_DAY,
    F_NANO_OF_DAY,
    FIELD_COUNT,
};

struct fields {
    int64_t values[FIELD_COUNT];
    bool is_set[FIELD_COUNT];
    struct datefmt_offset offset;
};

struct reader {
    const char *at;
    const char *end;
};

static bool set(struct fields *f, enum field field, int64_t value)
{
    if (f->is_set[field])
        return f->values[field] == value;
    f->is_set[field] = true;
    f->values[field] = value;
    return true;
}

static int64_t get(const struct fields *f, enum field field, int64_t otherwise)
{
    return f->is_set[field] ? f->values[field] : otherwise;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* ---- reading ---- */

/* NumberPrinterParser.parse, strict. */
static bool read_number(struct reader *r, const struct datefmt_item *item, int64_t *ret)
{
    struct datefmt_number form = item->form;
    if (r->at == r->end)
        return false;
    bool negative = false, positive = false;
    if (*r->at == '-' || *r->at == '+') {
        negative = *r->at == '-';
        positive = !negative;
        if (form.sign == DATEFMT_NOT_NEGATIVE || (positive && form.sign == DATEFMT_NORMAL))
            return false;
        r->at++;
    }
    ptrdiff_t left = r->end - r->at;
    ptrdiff_t most = form.max + MAX(item->subsequent, 0);
    ptrdiff_t n = 0;
    while (n < MIN(left, most) && is_digit(r->at[n]))
        n++;
    if (n < form.min)
        return false;
    if (item->subsequent > 0)
        n = MIN(n, MAX((ptrdiff_t)form.min, n - item->subsequent));
    int64_t value = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, r->at[i] - '0', &value))
            return false;
    }
    r->at += n;
    if (negative && value == 0)
        return false;
    if (!negative && form.sign == DATEFMT_EXCEEDS_PAD && positive != (n > form.min))
        return false;
    *ret = negative ? -value : value;
    return true;
}

static bool digits2(struct reader *r, int32_t *ret)
{
    if (r->end - r->at < 2 || !is_digit(r->at[0]) || !is_digit(r->at[1]))
        return false;
    *ret = (r->at[0] - '0') * 10 + (r->at[1] - '0');
    r->at += 2;
    return true;
}

/* A sign and hh[[:]mm[[:]ss]]; minutes are needed unless the pattern makes them optional. */
static bool read_offset(struct reader *r, bool colon, bool minutes_needed, bool seconds,
                        struct datefmt_offset *ret)
{
    if (r->at == r->end || (*r->at != '+' && *r->at != '-'))
        return false;
    int sign = *r->at++ == '-' ? -1 : 1;
    int32_t h, m = 0, s = 0;
    if (!digits2(r, &h))
        return false;
    struct reader before = *r;
    bool has = (!colon || (r->at < r->end && *r->at++ == ':')) && digits2(r, &m);
    if (!has) {
        if (minutes_needed)
            return false;
        *r = before;
        m = 0;
    } else if (seconds) {
        before = *r;
        if ((colon && (r->at == r->end || *r->at++ != ':')) || !digits2(r, &s)) {
            *r = before;
            s = 0;
        }
    }
    if (h > 18 || m > 59 || s > 59)
        return false;
    *ret = (struct datefmt_offset){ true, sign * ((h * 60 + m) * 60 + s) };
    return true;
}

static bool is_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* The zone of the value is not applied by Flink's TO_TIMESTAMP, but must be there. */
static bool read_zone(struct reader *r, const struct zone *zone, const struct datefmt_item *item,
                      struct datefmt_offset *ret)
{
    uint32_t count = item->count;
    bool zulu = item->letter == 'X' || (item->letter == 'Z' && count == 5);
    if (zulu && is_word(r, "Z")) {
        *ret = (struct datefmt_offset){ true, 0 };
        return true;
    }
    switch (item->letter) {
    case 'X':
    case 'x':
        return read_offset(r, count == 3 || count == 5, count > 1, count > 3, ret);
    case 'Z':
        if (count < 4)
            return read_offset(r, false, true, false, ret);
        if (count == 5)
            return read_offset(r, true, true, true, ret);
        /* fall through */
    case 'O':
        if (!is_word(r, "GMT"))
            return false;
        *ret = (struct datefmt_offset){ true, 0 };
        if (r->at == r->end || (*r->at != '+' && *r->at != '-'))
            return true;
        if (count == 1 && r->end - r->at >= 2 && (r->end - r->at == 2 || !is_digit(r->at[2])) &&
            is_digit(r->at[1])) {
            *ret =
                (struct datefmt_offset){ true, (*r->at == '-' ? -1 : 1) * (r->at[1] - '0') * 3600 };
            r->at += 2;
            return true;
        }
        return read_offset(r, true, count == 4, true, ret);
    default: { /* z, V: names and offsets */
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            return read_offset(r, true, false, true, ret);
        struct str rest = str_make(r->at, (size_t)(r->end - r->at));
        const char *own = zone_name(zone);
        if (str_starts(rest, str_of(own))) {
            r->at += strlen(own);
            return true;
        }
        size_t used = datefmt_match_zone_name(zone, rest, ret);
        r->at += used;
        return used > 0;
    }
    }
}

/* English names, case matters; three letters, whole, or one letter. */
static bool read_name(struct reader *r, const char *const *names, int count, uint32_t letters,
                      int *ret)
{
    size_t part = letters <= 3 ? 3 : (letters == 5 ? 1 : 0);
    size_t used;
    struct str rest = str_make(r->at, (size_t)(r->end - r->at));
    *ret = datefmt_match_name(names, count, part, false, rest, &used);
    r->at += used;
    return *ret >= 0;
}

static bool read_text(struct fields *f, struct reader *r, const struct zone *zone,
                      const struct datefmt_item *item)
{
    static const char *const eras[2] = { "BC", "AD" };
    static const char *const halves[2] = { "AM", "PM" };
    static const char *const quarters[4] = { "Q1", "Q2", "Q3", "Q4" };
    int found;
    switch (item->letter) {
    case 'G':
        return read_name(r, eras, 2, 3, &found) && set(f, F_ERA, found);
    case 'a':
        return read_name(r, halves, 2, 3, &found) && set(f, F_AM_PM, found);
    case 'M':
    case 'L':
        return read_name(r, datefmt_months, 12, item->count, &found) && set(f, F_MONTH, found + 1);
    case 'Q':
    case 'q':
        return read_name(r, quarters, 4, 3, &found) && set(f, F_QUARTER, found + 1);
    case 'E':
    case 'e':
    case 'c':
        return read_name(r, datefmt_days, 7, item->count, &found) &&
               set(f, F_DAY_OF_WEEK, found + 1);
    default:
        return read_zone(r, zone, item, &f->offset);
    }
}

static bool set_number(struct fields *f, const struct datefmt_item *item, int64_t value)
{
    static const int64_t nanos[10] = { 0,     100000000, 10000000, 1000000, 100000,
                                       10000, 1000,      100,      10,      1 };
    switch (item->letter) {
    case 'u':
    case 'y':
    case 'Y':
        if (item->count == 2)
            value += 2000;
        return set(
            f, item->letter == 'u' ? F_YEAR : (item->letter == 'y' ? F_YEAR_OF_ERA : F_WEEK_YEAR),
            value);
    case 'M':
    case 'L':
        return set(f, F_MONTH, value);
    case 'Q':
    case 'q':
        return set(f, F_QUARTER, value);
    case 'd':
        return set(f, F_DAY, value);
    case 'D':
        return set(f, F_DAY_OF_YEAR, value);
    case 'w':
        return set(f, F_WEEK_OF_YEAR, value);
    case 'W':
        return set(f, F_WEEK_OF_MONTH, value);
    case 'F':
        return set(f, F_ALIGNED_DAY, value);
    case 'e':
    case 'c':
        return set(f, F_DAY_OF_WEEK, value);
    case 'h':
        return set(f, F_CLOCK_OF_AMPM, value);
    case 'K':
        return set(f, F_HOUR_OF_AMPM, value);
    case 'k':
        return set(f, F_CLOCK_OF_DAY, value);
    case 'H':
        return set(f, F_HOUR, value);
    case 'm':
        return set(f, F_MINUTE, value);
    case 's':
        return set(f, F_SECOND, value);
    case 'S':
        return set(f, F_NANO, value * nanos[item->count]);
    case 'n':
        return set(f, F_NANO, value);
    case 'A':
        return set(f, F_MILLI_OF_DAY, value);
    default: /* N */
        return set(f, F_NANO_OF_DAY, value);
    }
}

static bool read_item(struct fields *f, struct reader *r, const struct zone *zone,
                      const struct datefmt_item *item)
{
    if (item->letter == 0) {
        if ((size_t)(r->end - r->at) < item->literal.size ||
            memcmp(r->at, item->literal.data, item->literal.size) != 0)
            return false;
        r->at += item->literal.size;
        return true;
    }
    if (item->kind != DATEFMT_AS_NUMBER)
        return read_text(f, r, zone, item);
    int64_t value;
    return read_number(r, item, &value) && set_number(f, item, value);
}

/* Items [i, end); sections put everything back where they fail. */
static bool read_items(struct fields *f, struct reader *r, const struct zone *zone,
                       const struct datefmt *fmt, uint32_t i, uint32_t end)
{
    for (; i < end; i++) {
        const struct datefmt_item *item = &fmt->items[i];
        if (item->letter == '[') {
            struct fields saved_fields = *f;
            struct reader saved_reader = *r;
            if (!read_items(f, r, zone, fmt, i + 1, item->section_end)) {
                *f = saved_fields;
                *r = saved_reader;
            }
            i = item->section_end;
        } else if (!read_item(f, r, zone, item)) {
            return false;
        }
    }
    return true;
}

/* ---- resolving ---- */

static bool in(const struct fields *f, enum field field, int64_t low, int64_t high)
{
    return !f->is_set[field] || (f->values[field] >= low && f->values[field] <= high);
}

static bool resolve_year(struct fields *f)
{
    if (!f->is_set[F_YEAR_OF_ERA])
        return true;
    int64_t year = f->values[F_YEAR_OF_ERA];
    if (year < 1)
        return false;
    if (f->is_set[F_ERA] && f->values[F_ERA] == 0)
        year = 1 - year;
    return set(f, F_YEAR, year);
}

/* The fields of the day to hour, minute, second, nano; *ret_days is 1 for 24:00. */
static bool resolve_time(struct fields *f, int64_t *ret_nanos, int64_t *ret_days)
{
    const int64_t day_ns = INT64_C(86400000000000);
    if (!in(f, F_CLOCK_OF_DAY, 0, 24) || !in(f, F_CLOCK_OF_AMPM, 0, 12) ||
        !in(f, F_HOUR_OF_AMPM, 0, 11) || !in(f, F_MINUTE, 0, 59) || !in(f, F_SECOND, 0, 59) ||
        !in(f, F_NANO, 0, 999999999) || !in(f, F_MILLI_OF_DAY, 0, 86399999) ||
        !in(f, F_NANO_OF_DAY, 0, day_ns - 1) || !in(f, F_HOUR, 0, 24))
        return false;
    if (f->is_set[F_CLOCK_OF_DAY] && !set(f, F_HOUR, f->values[F_CLOCK_OF_DAY] % 24))
        return false;
    if (f->is_set[F_CLOCK_OF_AMPM] && !set(f, F_HOUR_OF_AMPM, f->values[F_CLOCK_OF_AMPM] % 12))
        return false;
    if (f->is_set[F_AM_PM] && f->is_set[F_HOUR_OF_AMPM] &&
        !set(f, F_HOUR, f->values[F_AM_PM] * 12 + f->values[F_HOUR_OF_AMPM]))
        return false;
    int64_t whole = -1;
    if (f->is_set[F_NANO_OF_DAY])
        whole = f->values[F_NANO_OF_DAY];
    else if (f->is_set[F_MILLI_OF_DAY])
        whole = f->values[F_MILLI_OF_DAY] * 1000000;
    if (whole >= 0) {
        const int64_t second = INT64_C(1000000000);
        *ret_nanos = whole;
        return set(f, F_HOUR, whole / (3600 * second)) &&
               set(f, F_MINUTE, whole / (60 * second) % 60) &&
               set(f, F_SECOND, whole / second % 60) && set(f, F_NANO, whole % second);
    }
    int64_t hour = get(f, F_HOUR, 0); /* an hour of the half day alone does not count */
    int64_t rest =
        (get(f, F_MINUTE, 0) * 60 + get(f, F_SECOND, 0)) * 1000000000 + get(f, F_NANO, 0);
    if (hour == 24) {
        if (rest != 0)
            return false;
        hour = 0;
        *ret_days = 1;
    }
    if (f->is_set[F_AM_PM] && f->is_set[F_HOUR] && f->values[F_AM_PM] != hour / 12)
        return false;
    *ret_nanos = hour * 3600 * INT64_C(1000000000) + rest;
    return true;
}

static int64_t sunday_on_or_before(int64_t days)
{
    return days - time_floor_mod(days + 4, 7);
}

/* A date from the fields that make one; parts that are missing are the first. */
static bool resolve_date(struct fields *f, int64_t *ret_days)
{
    if (!in(f, F_MONTH, 1, 12) || !in(f, F_DAY, 1, 31) || !in(f, F_DAY_OF_YEAR, 1, 366) ||
        !in(f, F_DAY_OF_WEEK, 1, 7) || !in(f, F_YEAR, 1, 9999) || !in(f, F_WEEK_YEAR, 1, 9999) ||
        !in(f, F_WEEK_OF_YEAR, 0, 54) || !in(f, F_WEEK_OF_MONTH, 0, 6) ||
        !in(f, F_ALIGNED_DAY, 1, 7))
        return false;
    bool whole = true; /* a real date was given, so that the rest must agree with it */
    int32_t year = (int32_t)get(f, F_YEAR, 1970), month = (int32_t)get(f, F_MONTH, 1);
    if (f->is_set[F_YEAR] && f->is_set[F_MONTH] && f->is_set[F_DAY]) {
        int32_t last = time_month_days(year, month);
        *ret_days = time_days_of(year, month, MIN((int32_t)f->values[F_DAY], last));
    } else if (f->is_set[F_YEAR] && f->is_set[F_DAY_OF_YEAR]) {
        if (f->values[F_DAY_OF_YEAR] > 365 + time_is_leap(year))
            return false;
        *ret_days = time_days_of(year, 1, 1) + f->values[F_DAY_OF_YEAR] - 1;
    } else if (f->is_set[F_WEEK_YEAR] && f->is_set[F_WEEK_OF_YEAR] && f->is_set[F_DAY_OF_WEEK]) {
        int64_t first = sunday_on_or_before(time_days_of((int32_t)f->values[F_WEEK_YEAR], 1, 1));
        *ret_days = first + (f->values[F_WEEK_OF_YEAR] - 1) * 7 + f->values[F_DAY_OF_WEEK] - 1;
    } else if (f->is_set[F_YEAR] && f->is_set[F_MONTH] && f->is_set[F_WEEK_OF_MONTH] &&
               f->is_set[F_DAY_OF_WEEK]) {
        int64_t first = sunday_on_or_before(time_days_of(year, month, 1));
        *ret_days = first + (f->values[F_WEEK_OF_MONTH] - 1) * 7 + f->values[F_DAY_OF_WEEK] - 1;
    } else {
        int32_t day = (int32_t)get(f, F_DAY, 1);
        if (day > time_month_days(year, month))
            return false;
        *ret_days = time_days_of(year, month, day);
        whole = false;
    }
    if (!whole)
        return true;
    int32_t y, m, d;
    time_civil_of_days((int32_t)*ret_days, &y, &m, &d);
    return (!f->is_set[F_DAY_OF_WEEK] ||
            f->values[F_DAY_OF_WEEK] == time_floor_mod(*ret_days + 4, 7) + 1) &&
           (!f->is_set[F_QUARTER] || f->values[F_QUARTER] == (m + 2) / 3) &&
           (!f->is_set[F_DAY_OF_YEAR] ||
            f->values[F_DAY_OF_YEAR] == *ret_days - time_days_of(y, 1, 1) + 1) &&
           (!f->is_set[F_MONTH] || f->values[F_MONTH] == m) &&
           (!f->is_set[F_ALIGNED_DAY] || f->values[F_ALIGNED_DAY] == (d - 1) % 7 + 1);
}

bool datefmt_parse_formatter(const struct datefmt *fmt, const struct zone *zone, struct str text,
                             int64_t *ret_local_us, struct datefmt_offset *ret_offset)
{
    struct fields f = { .offset = { 0 } };
    if (text.size == 0)
        text = STR(""); /* has an address */
    struct reader r = { text.data, text.data + text.size };
    if (!read_items(&f, &r, zone, fmt, 0, fmt->count) || r.at != r.end)
        return false;
    int64_t days, nanos, more_days = 0;
    if (!resolve_year(&f) || !resolve_date(&f, &days) || !resolve_time(&f, &nanos, &more_days))
        return false;
    *ret_local_us = (days + more_days) * TIME_US_PER_DAY + nanos / 1000;
    *ret_offset = f.offset;
    return true;
}
