/* zone_rule.c -- see zone_rule.h. */
#include "types/zone_rule.h"

#include "types/time.h"

struct cursor {
    const char *at;
    const char *end;
};

static bool skip(struct cursor *c, char byte)
{
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

static bool number(struct cursor *c, int32_t max, int32_t *ret)
{
    int32_t value = 0;
    const char *start = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9' && value <= max)
        value = value * 10 + (*c->at++ - '0');
    *ret = value;
    return c->at > start && value <= max;
}

/* Three letters or more, or anything in <>; kept up to its room. */
static bool name(struct cursor *c, char *out)
{
    bool quoted = skip(c, '<');
    size_t n = 0, seen = 0;
    while (c->at < c->end) {
        char byte = *c->at;
        bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (quoted ? byte == '>' : !letter)
            break;
        if (n < ZONE_ABBREVIATION_MAX - 1)
            out[n++] = byte;
        seen++;
        c->at++;
    }
    out[n] = '\0';
    return (!quoted || skip(c, '>')) && seen >= 3;
}

/* [+-]h[:m[:s]], up to a week as RFC 8536 allows. */
static bool clock(struct cursor *c, int32_t *ret)
{
    bool negative = skip(c, '-');
    if (!negative)
        skip(c, '+');
    int32_t h, m = 0, s = 0;
    if (!number(c, 167, &h))
        return false;
    if (skip(c, ':') && !number(c, 59, &m))
        return false;
    if (skip(c, ':') && !number(c, 59, &s))
        return false;
    *ret = (h * 60 + m) * 60 + s;
    if (negative)
        *ret = -*ret;
    return true;
}

static bool date(struct cursor *c, struct zone_date *ret)
{
    struct zone_date d = { .seconds = 7200 };
    if (skip(c, 'M')) {
        d.kind = ZONE_DAY_MONTH;
        if (!number(c, 12, &d.month) || d.month < 1 || !skip(c, '.') || !number(c, 5, &d.week) ||
            d.week < 1 || !skip(c, '.') || !number(c, 6, &d.day))
            return false;
    } else if (skip(c, 'J')) {
        d.kind = ZONE_DAY_JULIAN;
        if (!number(c, 365, &d.day) || d.day < 1)
            return false;
    } else {
        d.kind = ZONE_DAY_ZERO;
        if (!number(c, 365, &d.day))
            return false;
    }
    if (skip(c, '/') && !clock(c, &d.seconds))
        return false;
    *ret = d;
    return true;
}

bool zone_rule_parse(struct str text, struct zone_rule *ret)
{
    struct cursor c = { text.data, text.data + text.size };
    struct zone_rule rule = { 0 };
    if (!name(&c, rule.standard_name) || !clock(&c, &rule.standard_s))
        return false;
    rule.standard_s = -rule.standard_s; /* POSIX counts to the west */
    if (c.at < c.end) {
        rule.has_dst = true;
        if (!name(&c, rule.dst_name))
            return false;
        rule.dst_s = rule.standard_s + 3600;
        if (c.at < c.end && *c.at != ',') {
            if (!clock(&c, &rule.dst_s))
                return false;
            rule.dst_s = -rule.dst_s;
        }
        if (!skip(&c, ',') || !date(&c, &rule.start) || !skip(&c, ',') || !date(&c, &rule.end))
            return false;
    }
    if (c.at != c.end || rule.standard_s < -90000 || rule.standard_s > 93600 ||
        rule.dst_s < -93600 || rule.dst_s > 97200)
        return false;
    *ret = rule;
    return true;
}

/* Local seconds since 1970 at which the date comes in a year. */
static int64_t date_in_year(const struct zone_date *d, int32_t year)
{
    int64_t days;
    if (d->kind == ZONE_DAY_MONTH) {
        int64_t first = time_days_of(year, d->month, 1);
        int64_t behind = time_floor_mod(d->day - (first + 4), 7);
        days = first + behind + (d->week - 1) * 7;
        if (days >= first + time_month_days(year, d->month))
            days -= 7;
    } else {
        days = time_days_of(year, 1, 1) + d->day;
        /* Jn counts from 1 and never counts February 29. */
        if (d->kind == ZONE_DAY_JULIAN)
            days -= !(time_is_leap(year) && d->day >= 60);
    }
    return days * 86400 + d->seconds;
}

void zone_rule_find(const struct zone_rule *rule, int64_t utc_s, struct zone_period *ret)
{
    struct zone_period period = { INT64_MIN, INT64_MAX, rule->standard_s, false,
                                  rule->standard_name };
    if (!rule->has_dst) {
        *ret = period;
        return;
    }
    int32_t year, month, day;
    int64_t days = time_floor_div(utc_s, 86400);
    days = MAX(MIN(days, INT64_C(1000000000)), INT64_C(-1000000000));
    time_civil_of_days((int32_t)days, &year, &month, &day);
    /* The changes of three years in order; of two at the same moment the later entry rules. */
    bool start_first = date_in_year(&rule->start, year) < date_in_year(&rule->end, year);
    for (int32_t y = year - 1; y <= year + 1; y++) {
        int64_t start = date_in_year(&rule->start, y) - rule->standard_s;
        int64_t end = date_in_year(&rule->end, y) - rule->dst_s;
        for (int half = 0; half < 2; half++) {
            bool dst = (half == 0) == start_first;
            int64_t at = dst ? start : end;
            if (at <= utc_s) {
                period.from_s = at;
                period.is_dst = dst;
            } else if (at < period.to_s) {
                period.to_s = at;
            }
        }
    }
    period.offset_s = period.is_dst ? rule->dst_s : rule->standard_s;
    period.abbreviation = period.is_dst ? rule->dst_name : rule->standard_name;
    *ret = period;
}
