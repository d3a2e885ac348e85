/* time_interval.c -- interval literals and their text.
 *
 * INTERVAL 'text' FROM [TO to] has one number a unit, with the separators of the
 * standard: 1-2, 1 02:03:04.5.  The first number may be any, the others must be
 * smaller than the next larger unit. */
#include "types/time.h"

#include "base/number.h"

/* Of a unit in a range: how much it is, what separates it from the unit before, and the limit
 * where it is not the first. */
struct range_unit {
    int64_t size; /* months or microseconds */
    char separator;
    int32_t limit;
};

static struct range_unit range_unit(enum time_unit unit)
{
    switch (unit) {
    case TIME_YEAR:
        return (struct range_unit){ 12, 0, 0 };
    case TIME_MONTH:
        return (struct range_unit){ 1, '-', 12 };
    case TIME_DAY:
        return (struct range_unit){ TIME_US_PER_DAY, 0, 0 };
    case TIME_HOUR:
        return (struct range_unit){ TIME_US_PER_HOUR, ' ', 24 };
    case TIME_MINUTE:
        return (struct range_unit){ TIME_US_PER_MINUTE, ':', 60 };
    case TIME_SECOND:
        return (struct range_unit){ TIME_US_PER_SECOND, ':', 60 };
    case TIME_QUARTER:
        return (struct range_unit){ 3, 0, 0 };
    case TIME_DECADE:
        return (struct range_unit){ 120, 0, 0 };
    case TIME_CENTURY:
        return (struct range_unit){ 1200, 0, 0 };
    case TIME_MILLENNIUM:
        return (struct range_unit){ 12000, 0, 0 };
    case TIME_WEEK:
        return (struct range_unit){ 7 * TIME_US_PER_DAY, 0, 0 };
    case TIME_MILLISECOND:
        return (struct range_unit){ TIME_US_PER_MS, 0, 0 };
    case TIME_MICROSECOND:
        return (struct range_unit){ 1, 0, 0 };
    default:
        return (struct range_unit){ 0, 0, 0 };
    }
}

/* The unit that follows in a range. */
static enum time_unit next_unit(enum time_unit unit)
{
    if (unit == TIME_YEAR)
        return TIME_MONTH;
    return (enum time_unit)(unit + 1);
}

static bool is_range(enum time_unit from, enum time_unit to)
{
    if (from == to)
        return true;
    if (from == TIME_YEAR)
        return to == TIME_MONTH;
    return from >= TIME_DAY && to <= TIME_SECOND && from < to;
}

/* Behind the point of seconds, to microseconds. */
static bool parse_fraction(const char **at, const char *end, int64_t *ret)
{
    int64_t value = 0;
    int n = 0;
    for (; *at < end && (unsigned char)(**at - '0') < 10; (*at)++, n++) {
        if (n < 6)
            value = value * 10 + (**at - '0');
    }
    if (n == 0)
        return false;
    for (; n < 6; n++)
        value *= 10;
    *ret = value;
    return true;
}

bool time_parse_interval(struct str text, enum time_unit from, enum time_unit to, int64_t *ret)
{
    text = str_trim(text);
    if (text.size == 0 || !is_range(from, to))
        return false;
    const char *at = text.data, *end = at + text.size;
    bool negative = false;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    int64_t total = 0;
    for (enum time_unit unit = from;; unit = next_unit(unit)) {
        struct range_unit info = range_unit(unit);
        const char *start = at;
        while (at < end && (unsigned char)(*at - '0') < 10)
            at++;
        int64_t value, part;
        if (info.size == 0 || !number_parse_i64(start, (size_t)(at - start), &value) ||
            (unit != from && value >= info.limit) ||
            __builtin_mul_overflow(value, info.size, &part) ||
            __builtin_add_overflow(total, part, &total))
            return false;
        if (unit == TIME_SECOND && at < end && *at == '.') {
            at++;
            if (!parse_fraction(&at, end, &part) || __builtin_add_overflow(total, part, &total))
                return false;
        }
        if (unit == to)
            break;
        char separator = range_unit(next_unit(unit)).separator;
        if (at == end || *at++ != separator)
            return false;
        while (separator == ' ' && at < end && *at == ' ')
            at++;
    }
    if (at != end)
        return false;
    *ret = negative ? -total : total;
    return true;
}

static size_t put_padded(uint64_t value, size_t width, char *out)
{
    char text[NUMBER_I64_MAX];
    size_t n = number_print_u64(value, text);
    size_t zeros = n < width ? width - n : 0;
    memset(out, '0', zeros);
    memcpy(out + zeros, text, n);
    return zeros + n;
}

size_t time_print_interval_month(int64_t months, char *out)
{
    uint64_t all = months < 0 ? 0 - (uint64_t)months : (uint64_t)months;
    size_t n = 0;
    out[n++] = months < 0 ? '-' : '+';
    n += number_print_u64(all / 12, out + n);
    out[n++] = '-';
    return n + put_padded(all % 12, 2, out + n);
}

size_t time_print_interval_day(int64_t us, char *out)
{
    uint64_t ms = (us < 0 ? 0 - (uint64_t)us : (uint64_t)us) / 1000;
    size_t n = 0;
    out[n++] = us < 0 ? '-' : '+';
    n += number_print_u64(ms / TIME_MS_PER_DAY, out + n);
    out[n++] = ' ';
    n += put_padded(ms / 3600000 % 24, 2, out + n);
    out[n++] = ':';
    n += put_padded(ms / 60000 % 60, 2, out + n);
    out[n++] = ':';
    n += put_padded(ms / 1000 % 60, 2, out + n);
    out[n++] = '.';
    return n + put_padded(ms % 1000, 3, out + n);
}
