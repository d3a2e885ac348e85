/* time_text.c -- dates, times and timestamps to and from text; intervals are in
 * time_interval.c.  Parsers walk with a cursor over [at, end) and never look
 * behind `end`. */
#include "types/time.h"

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* ---- printing ---- */

static const char pairs[201] = "00010203040506070809101112131415161718192021222324"
                               "25262728293031323334353637383940414243444546474849"
                               "50515253545556575859606162636465666768697071727374"
                               "75767778798081828384858687888990919293949596979899";

static inline void put2(char *out, uint32_t value)
{
    memcpy(out, pairs + value * 2, 2);
}

/* Years have four digits; larger ones (never made by this file) keep their last four, as Flink's
 * do. */
static size_t put_ymd(char *out, int32_t year, int32_t month, int32_t day)
{
    uint32_t y = (uint32_t)(year < 0 ? -year : year) % 10000;
    put2(out, y / 100);
    put2(out + 2, y % 100);
    out[4] = '-';
    put2(out + 5, (uint32_t)month);
    out[7] = '-';
    put2(out + 8, (uint32_t)day);
    return 10;
}

static size_t put_hms(char *out, uint32_t seconds)
{
    put2(out, seconds / 3600);
    out[2] = ':';
    put2(out + 3, seconds / 60 % 60);
    out[5] = ':';
    put2(out + 6, seconds % 60);
    return 8;
}

/* ".123"; nothing where nothing is left. */
static size_t put_fraction(char *out, uint32_t microseconds, int precision,
                           enum time_fraction fraction)
{
    if (precision <= 0)
        return 0;
    int digits = MIN(precision, 9);
    out[0] = '.';
    put2(out + 1, microseconds / 10000);
    put2(out + 3, microseconds / 100 % 100);
    put2(out + 5, microseconds % 100);
    memset(out + 7, '0', 3);
    if (fraction == TIME_FRACTION_TRIMMED) {
        while (digits > 0 && out[digits] == '0')
            digits--;
    }
    return digits > 0 ? (size_t)digits + 1 : 0;
}

size_t time_print_date(int32_t days, char *out)
{
    int32_t year, month, day;
    time_civil_of_days(days, &year, &month, &day);
    return put_ymd(out, year, month, day);
}

size_t time_print_timestamp(int64_t local_us, int precision, enum time_fraction fraction,
                            char separator, char *out)
{
    int64_t days = time_floor_div(local_us, TIME_US_PER_DAY);
    int64_t us = local_us - days * TIME_US_PER_DAY;
    uint32_t seconds = (uint32_t)(us / TIME_US_PER_SECOND);
    size_t n = time_print_date((int32_t)days, out);
    out[n++] = separator;
    n += put_hms(out + n, seconds);
    return n + put_fraction(out + n, (uint32_t)(us - (int64_t)seconds * TIME_US_PER_SECOND),
                            precision, fraction);
}

static uint32_t ms_of_day(int32_t ms)
{
    return (uint32_t)time_floor_mod(ms, TIME_MS_PER_DAY);
}

size_t time_print_time(int32_t ms, int precision, enum time_fraction fraction, char *out)
{
    uint32_t of_day = ms_of_day(ms);
    size_t n = put_hms(out, of_day / 1000);
    return n + put_fraction(out + n, of_day % 1000 * 1000, precision, fraction);
}

size_t time_print_time_cast(int32_t ms, int precision, char *out)
{
    size_t n = time_print_time(ms, precision, TIME_FRACTION_TRIMMED, out);
    if (precision > 0 && n == 8) {
        out[n++] = '.';
        out[n++] = '0';
    }
    return n;
}

size_t time_print_offset(int32_t offset_s, bool zulu, char *out)
{
    if (zulu && offset_s == 0) {
        *out = 'Z';
        return 1;
    }
    uint32_t seconds = (uint32_t)(offset_s < 0 ? -offset_s : offset_s);
    out[0] = offset_s < 0 ? '-' : '+';
    put2(out + 1, seconds / 3600 % 100);
    out[3] = ':';
    put2(out + 4, seconds / 60 % 60);
    return 6;
}

/* ---- parsing ---- */

struct cursor {
    const char *at;
    const char *end;
};

static inline bool skip(struct cursor *c, char byte)
{
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

/* min..max digits (max <= 9), as many as there are. */
static inline bool digits(struct cursor *c, int min, int max, int32_t *ret)
{
    int32_t value = 0;
    int n = 0;
    for (; n < max && c->at < c->end && is_digit(*c->at); n++)
        value = value * 10 + (*c->at++ - '0');
    *ret = value;
    return n >= min;
}

/* Digits behind a point, to microseconds, the rest cut; *ret_count says how many there were. */
static int32_t fraction_us(struct cursor *c, int *ret_count)
{
    int32_t value = 0;
    int n = 0;
    for (; c->at < c->end && is_digit(*c->at); c->at++, n++) {
        if (n < 6)
            value = value * 10 + (*c->at - '0');
    }
    *ret_count = n;
    for (; n < 6; n++)
        value *= 10;
    return value;
}

/* A part "[MM][M]" of Flink's pattern: two digits and perhaps the same number again, in any
 * length; or a digit alone; or nothing, which leaves *ret alone. */
enum part { PART_WRONG, PART_MISSING, PART_THERE };

static enum part optional_part(struct cursor *c, int32_t *ret)
{
    const char *start = c->at;
    int32_t value, again;
    if (digits(c, 2, 2, &value)) {
        const char *behind = c->at;
        if (!digits(c, 1, 9, &again) || again != value)
            c->at = behind;
        *ret = value;
        return PART_THERE;
    }
    c->at = start;
    if (digits(c, 1, 1, &value)) {
        *ret = value;
        return PART_THERE;
    }
    /* A number without width may be negative there, and then is out of range. */
    bool negative = c->end - start >= 2 && start[0] == '-' && is_digit(start[1]);
    return negative ? PART_WRONG : PART_MISSING;
}

/* " [HH][H]:[mm][m]:[ss][s][.fraction]", all that is left. */
static bool clock_parts(struct cursor *c, struct civil *t)
{
    if (!skip(c, ' '))
        return false;
    enum part hour = optional_part(c, &t->hour);
    if (hour == PART_WRONG || !skip(c, ':'))
        return false;
    enum part minute = optional_part(c, &t->minute);
    if (minute == PART_WRONG || !skip(c, ':') || optional_part(c, &t->second) == PART_WRONG)
        return false;
    int count = 0;
    if (skip(c, '.'))
        t->microsecond = fraction_us(c, &count);
    if (count > 9 || c->at != c->end || t->minute > 59 || t->second > 59)
        return false;
    if (t->hour <= 23)
        return true;
    return t->hour == 24 && minute == PART_THERE && !t->minute && !t->second && !t->microsecond;
}

bool time_parse_timestamp(struct str text, int precision, int64_t *ret_local_us)
{
    if (text.size == 0)
        return false;
    struct cursor c = { text.data, text.data + text.size };
    struct civil t = { .month = 1, .day = 1 };
    if (!digits(&c, 4, 4, &t.year) || !skip(&c, '-') || optional_part(&c, &t.month) == PART_WRONG ||
        !skip(&c, '-') || optional_part(&c, &t.day) == PART_WRONG ||
        (c.at < c.end && !clock_parts(&c, &t)))
        return false;
    if (t.year < 1 || t.month < 1 || t.month > 12 || t.day < 1 || t.day > 31)
        return false;
    t.day = MIN(t.day, time_month_days(t.year, t.month));
    int64_t us = time_us_of_civil(&t);
    if (!time_us_in_range(us))
        return false;
    *ret_local_us = time_cut(us, precision);
    return true;
}

static bool date_exists(int32_t year, int32_t month, int32_t day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= time_month_days(year, month);
}

/* Java's trim(): everything up to the blank. */
static struct str trim(struct str text)
{
    while (text.size > 0 && (unsigned char)text.data[0] <= ' ') {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (unsigned char)text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

/* All of the text, trimmed, is an integer without sign. */
static bool whole_number(struct str text, int32_t *ret)
{
    text = trim(text);
    struct cursor c = { text.data, text.data + text.size };
    while (c.end - c.at > 9 && *c.at == '0')
        c.at++;
    return digits(&c, 1, 9, ret) && c.at == c.end;
}

/* The text up to the byte (which is dropped), or all of it; *text becomes the rest. */
static bool split(struct str *text, char byte, struct str *ret)
{
    size_t at = str_find_byte(*text, byte);
    if (at == (size_t)-1) {
        *ret = *text;
        text->data += text->size;
        text->size = 0;
        return false;
    }
    *ret = str_make(text->data, at);
    text->data += at + 1;
    text->size -= at + 1;
    return true;
}

bool time_parse_date(struct str text, int32_t *ret_days)
{
    if (text.size == 0)
        return false;
    size_t blank = str_find_byte(text, ' ');
    if (blank != (size_t)-1 && blank > 0)
        text.size = blank;
    int32_t year, month = 1, day = 1;
    struct str part;
    bool more = split(&text, '-', &part);
    if (!whole_number(part, &year))
        return false;
    if (more) {
        more = split(&text, '-', &part);
        if (!whole_number(part, &month) || (more && !whole_number(text, &day)))
            return false;
    }
    if (!date_exists(year, month, day))
        return false;
    *ret_days = time_days_of(year, month, day);
    return true;
}

bool time_parse_time(struct str text, int precision, int32_t *ret_ms)
{
    if (text.size == 0)
        return false;
    int32_t hour, minute = 0, second = 0, us = 0;
    struct str part;
    bool more = split(&text, ':', &part);
    if (!whole_number(part, &hour))
        return false;
    if (more) {
        more = split(&text, ':', &part);
        if (!whole_number(part, &minute))
            return false;
    }
    if (more) {
        more = split(&text, '.', &part);
        if (!whole_number(part, &second))
            return false;
        if (more) {
            struct str tail = trim(text);
            struct cursor c = { tail.data, tail.data + tail.size };
            int count;
            us = fraction_us(&c, &count);
            if (c.at != c.end)
                return false;
        }
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t all = ((int64_t)hour * 3600 + minute * 60 + second) * TIME_US_PER_SECOND + us;
    *ret_ms = (int32_t)(time_cut(all, MIN(precision, 3)) / TIME_US_PER_MS);
    return true;
}

/* Z, UTC, +08, +0800, +08:00, each up to 18 hours; nothing at the end of the text. */
static bool offset(struct cursor *c, struct time_stamp *ret)
{
    if (c->at == c->end)
        return true;
    ret->has_offset = true;
    if (*c->at == 'Z' || *c->at == 'z') {
        c->at++;
        return true;
    }
    if (c->end - c->at >= 3 && memcmp(c->at, "UTC", 3) == 0) {
        c->at += 3;
        return true;
    }
    bool negative = *c->at == '-';
    int32_t hours, minutes = 0;
    if ((!negative && *c->at != '+') || (c->at++, !digits(c, 2, 2, &hours)))
        return false;
    if (c->at < c->end) {
        skip(c, ':');
        if (!digits(c, 2, 2, &minutes))
            return false;
    }
    if (hours > 18 || minutes > 59)
        return false;
    ret->offset_s = (hours * 60 + minutes) * 60;
    if (negative)
        ret->offset_s = -ret->offset_s;
    return true;
}

bool time_parse_stamp(struct str text, struct time_stamp *ret)
{
    if (text.size == 0)
        return false;
    struct cursor c = { text.data, text.data + text.size };
    struct civil t = { 0 };
    struct time_stamp stamp = { 0 };
    if (!digits(&c, 4, 4, &t.year) || !skip(&c, '-') || !digits(&c, 1, 2, &t.month) ||
        !skip(&c, '-') || !digits(&c, 1, 2, &t.day) || !date_exists(t.year, t.month, t.day))
        return false;
    if (c.at < c.end) {
        if (!skip(&c, ' ') && !skip(&c, 'T'))
            return false;
        if (!digits(&c, 1, 2, &t.hour) || !skip(&c, ':') || !digits(&c, 2, 2, &t.minute))
            return false;
        if (skip(&c, ':')) {
            int count = 1;
            if (!digits(&c, 2, 2, &t.second))
                return false;
            if (skip(&c, '.'))
                t.microsecond = fraction_us(&c, &count);
            if (count == 0)
                return false;
        }
        skip(&c, ' '); /* "10:00:00 +08:00" */
        if (t.hour > 23 || t.minute > 59 || t.second > 59 || !offset(&c, &stamp) || c.at != c.end)
            return false;
    }
    stamp.local_us = time_us_of_civil(&t);
    *ret = stamp;
    return true;
}
