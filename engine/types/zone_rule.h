/* zone_rule.h -- inside of zone*.c: the POSIX rule at the end of a zone file, which
 * holds for the time behind its table ("CET-1CEST,M3.5.0,M10.5.0/3"). */
#pragma once

#include "base/base.h"
#include "base/str.h"

enum { ZONE_ABBREVIATION_MAX = 12 };

struct zone_period { /* an interval of one offset */
    int64_t from_s;  /* seconds of UTC; INT64_MIN and INT64_MAX are open ends */
    int64_t to_s;
    int32_t offset_s;
    bool is_dst;
    const char *abbreviation; /* NUL-terminated, borrowed from the zone */
};

enum zone_day_kind { ZONE_DAY_JULIAN, ZONE_DAY_ZERO, ZONE_DAY_MONTH };

struct zone_date { /* Jn, n, Mm.w.d, each with a time of day */
    enum zone_day_kind kind;
    int32_t day; /* of the year, or of the week */
    int32_t month;
    int32_t week;
    int32_t seconds;
};

struct zone_rule {
    bool has_dst;
    int32_t standard_s; /* local minus UTC */
    int32_t dst_s;
    struct zone_date start; /* of DST, in standard time */
    struct zone_date end;   /* in DST */
    char standard_name[ZONE_ABBREVIATION_MAX];
    char dst_name[ZONE_ABBREVIATION_MAX];
};

bool zone_rule_parse(struct str text, struct zone_rule *ret);
/* The period that holds at an instant. */
void zone_rule_find(const struct zone_rule *rule, int64_t utc_s, struct zone_period *ret);
