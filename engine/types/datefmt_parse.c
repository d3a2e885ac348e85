/* datefmt_parse.c -- reading text by a pattern or by the forms that functions without a
 * pattern take. */
#include "types/datefmt_internal.h"

#include "types/time.h"

bool datefmt_parse(const struct datefmt *fmt, const struct zone *zone, struct zone_cursor *cursor,
                   struct str text, int64_t *ret_utc_us)
{
    int64_t local_us;
    struct datefmt_offset offset = { 0 };
    bool simple = fmt->style != DATEFMT_FORMATTER;
    if (simple ? !datefmt_parse_simple(fmt, zone, text, &local_us, &offset)
               : !datefmt_parse_formatter(fmt, zone, text, &local_us, &offset))
        return false;
    /* Judged by the wall clock that was meant. */
    if (!time_us_in_range(local_us))
        return false;
    *ret_utc_us = offset.is_set ? local_us - offset.seconds * TIME_US_PER_SECOND
                                : zone_local_to_utc_us(zone, cursor, local_us,
                                                       simple ? ZONE_LATER : ZONE_EARLIER);
    return true;
}

bool datefmt_parse_local(const struct datefmt *fmt, struct str text, int64_t *ret_local_us)
{
    int64_t local_us;
    struct datefmt_offset offset = { 0 };
    if (fmt->style != DATEFMT_FORMATTER) {
        if (!datefmt_parse_simple(fmt, zone_utc, text, &local_us, &offset))
            return false;
        if (offset.is_set)
            local_us -= offset.seconds * TIME_US_PER_SECOND;
    } else if (!datefmt_parse_formatter(fmt, zone_utc, text, &local_us, &offset)) {
        return false;
    }
    if (!time_us_in_range(local_us))
        return false;
    *ret_local_us = local_us;
    return true;
}

/* Integer.parseInt on the text up to `byte` (dropped) or to the end, 1..max characters. */
static bool take_number(struct str *text, char byte, size_t max, int32_t *ret)
{
    size_t end = byte ? str_find_byte(*text, byte) : text->size;
    if (end == (size_t)-1 || end == 0 || end > max)
        return false;
    bool negative = text->data[0] == '-';
    size_t i = negative || text->data[0] == '+';
    if (i == end)
        return false;
    int32_t value = 0;
    for (; i < end; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        value = value * 10 + (text->data[i] - '0');
    }
    size_t used = end + (byte != 0);
    *text = str_make(text->data + used, text->size - used);
    *ret = negative ? -value : value;
    return true;
}

/* java.sql.Timestamp.valueOf and java.sql.Date.valueOf: lenient beyond the first check of month
 * and day. */
static bool parse_sql(struct str text, int64_t *ret_local_us)
{
    int32_t year, month, day, hour = 0, minute = 0, second = 0, fraction = 0;
    text = str_trim(text);
    size_t blank = str_find_byte(text, ' ');
    struct str date = blank == (size_t)-1 ? text : str_make(text.data, blank);
    if (str_find_byte(date, '-') != 4 || !take_number(&date, '-', 4, &year) ||
        !take_number(&date, '-', 2, &month) || !take_number(&date, 0, 2, &day) || month < 1 ||
        month > 12 || day < 1 || day > 31 || year < 1)
        return false;
    if (blank != (size_t)-1) {
        struct str clock = str_make(text.data + blank + 1, text.size - blank - 1);
        if (!take_number(&clock, ':', 9, &hour) || !take_number(&clock, ':', 9, &minute))
            return false;
        bool has_fraction = str_find_byte(clock, '.') != (size_t)-1;
        if (!take_number(&clock, has_fraction ? '.' : 0, 9, &second))
            return false;
        size_t digits = clock.size;
        if (has_fraction && (digits == 0 || clock.data[0] < '0' || clock.data[0] > '9' ||
                             !take_number(&clock, 0, 9, &fraction)))
            return false;
        for (; digits < 9; digits++)
            fraction *= 10;
    }
    int64_t seconds = ((int64_t)hour * 60 + minute) * 60 + second;
    int64_t days = (int64_t)time_days_of(year, month, 1) + day - 1;
    int64_t us = (days * 86400 + seconds) * TIME_US_PER_SECOND + fraction / 1000;
    if (!time_us_in_range(us))
        return false;
    *ret_local_us = us;
    return true;
}

bool datefmt_parse_flink(const struct datefmt *fmt, struct str text, int64_t *ret_local_us)
{
    int64_t us;
    if (!datefmt_parse_local(fmt, text, &us) && !parse_sql(text, &us))
        return false;
    *ret_local_us = time_cut(us, 3);
    return true;
}

static bool take_digits(struct str *text, size_t *at, int32_t *ret)
{
    int32_t value = 0;
    size_t start = *at;
    while (*at < text->size && text->data[*at] >= '0' && text->data[*at] <= '9') {
        if (*at - start == 9)
            return false;
        value = value * 10 + (text->data[(*at)++] - '0');
    }
    *ret = value;
    return *at > start;
}

static bool take_byte(struct str *text, size_t *at, char byte)
{
    return *at < text->size && text->data[*at] == byte && ++*at;
}

bool datefmt_parse_blink(const struct zone *zone, struct zone_cursor *cursor, struct str text,
                         int64_t *ret_utc_us)
{
    int32_t year, month, day, hour, minute, second, ms = 0;
    size_t at = 0;
    if (!take_digits(&text, &at, &year) || !take_byte(&text, &at, '-') ||
        !take_digits(&text, &at, &month) || !take_byte(&text, &at, '-') ||
        !take_digits(&text, &at, &day) || !take_byte(&text, &at, ' ') ||
        !take_digits(&text, &at, &hour) || !take_byte(&text, &at, ':') ||
        !take_digits(&text, &at, &minute) || !take_byte(&text, &at, ':') ||
        !take_digits(&text, &at, &second) || year < 1 || year > 9999)
        return false;
    if (take_byte(&text, &at, '.')) {
        for (int32_t unit = 100;
             unit > 0 && at < text.size && text.data[at] >= '0' && text.data[at] <= '9'; unit /= 10)
            ms += unit * (text.data[at++] - '0');
    }
    int64_t months = (int64_t)year * 12 + month - 1; /* lenient: month 13 is January */
    int64_t new_year = time_floor_div(months, 12);
    if (new_year < 0 || new_year > 10000)
        return false;
    int64_t days =
        (int64_t)time_days_of((int32_t)new_year, (int32_t)time_floor_mod(months, 12) + 1, 1) + day -
        1;
    int64_t seconds = ((int64_t)hour * 60 + minute) * 60 + second;
    int64_t local_us;
    if (__builtin_mul_overflow(days * 86400 + seconds, TIME_US_PER_SECOND, &local_us) ||
        !time_add_us(local_us, ms * TIME_US_PER_MS, &local_us))
        return false;
    *ret_utc_us = zone_local_to_utc_us(zone, cursor, local_us, ZONE_LATER);
    return true;
}
