/* test_types_time.c -- calendar, texts, intervals and arithmetic of time. */
#include "support/check.h"
#include "types/time.h"
#include "vectors_datefmt.h"

#include <stdio.h>
#include <stdlib.h>

/* Keeps the compiler quiet about the vectors that other tests use. */
static const size_t unused_vectors[] = {
    sizeof java_offsets,          sizeof java_locals,        sizeof java_simple_prints,
    sizeof java_formatter_prints, sizeof java_simple_parses, sizeof java_formatter_zone_prints,
    sizeof flink_timestamps,
};

static int64_t us_of(const char *text)
{
    struct time_stamp stamp = { 0 };
    if (!CHECK(time_parse_stamp(str_of(text), &stamp)))
        fprintf(stderr, "text \"%s\"\n", text);
    return stamp.local_us;
}

static const char *stamp_text(int64_t us)
{
    static char texts[4][TIME_TEXT_MAX + 1];
    static int next;
    char *text = texts[next++ % 4];
    text[time_print_timestamp(us, 6, TIME_FRACTION_TRIMMED, ' ', text)] = '\0';
    return text;
}

/* Day by day through all years, against a calendar that only counts. */
static void every_day(void)
{
    int32_t year = 1, month = 1, day = 1;
    for (int32_t days = TIME_MIN_DAYS; days <= TIME_MAX_DAYS; days++) {
        int32_t y, m, d;
        time_civil_of_days(days, &y, &m, &d);
        if (y != year || m != month || d != day || time_days_of(y, m, d) != days) {
            CHECK_INT(days, 0);
            return;
        }
        if (++day > time_month_days(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
    CHECK_INT(year, 10000);
    CHECK_INT(time_days_of(1970, 1, 1), 0);
    CHECK_INT(time_days_of(-4800, 3, 1), -2472632);
    int32_t y, m, d;
    time_civil_of_days(-2472632, &y, &m, &d);
    CHECK(y == -4800 && m == 3 && d == 1);
}

static void printing(void)
{
    static const struct {
        int64_t us;
        int precision;
        enum time_fraction fraction;
        const char *text;
    } cases[] = {
        { 0, 3, TIME_FRACTION_FIXED, "1970-01-01 00:00:00.000" },
        { 0, 3, TIME_FRACTION_TRIMMED, "1970-01-01 00:00:00" },
        { 1704067200123000, 3, TIME_FRACTION_TRIMMED, "2024-01-01 00:00:00.123" },
        { 1704067200120000, 3, TIME_FRACTION_TRIMMED, "2024-01-01 00:00:00.12" },
        { 1704067200123456, 3, TIME_FRACTION_FIXED, "2024-01-01 00:00:00.123" },
        { 1704067200123456, 6, TIME_FRACTION_FIXED, "2024-01-01 00:00:00.123456" },
        { 1704067200123456, 9, TIME_FRACTION_FIXED, "2024-01-01 00:00:00.123456000" },
        { 1704067200123456, 9, TIME_FRACTION_TRIMMED, "2024-01-01 00:00:00.123456" },
        { 1704067200999999, 0, TIME_FRACTION_FIXED, "2024-01-01 00:00:00" },
        { -1, 6, TIME_FRACTION_FIXED, "1969-12-31 23:59:59.999999" },
        { TIME_MIN_US, 0, TIME_FRACTION_FIXED, "0001-01-01 00:00:00" },
        { TIME_MAX_US, 6, TIME_FRACTION_FIXED, "9999-12-31 23:59:59.999999" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        char text[TIME_TEXT_MAX];
        size_t n =
            time_print_timestamp(cases[i].us, cases[i].precision, cases[i].fraction, ' ', text);
        CHECK_SPAN(text, n, cases[i].text);
    }
    char text[TIME_TEXT_MAX];
    CHECK_SPAN(text, time_print_timestamp(0, 0, TIME_FRACTION_FIXED, 'T', text),
               "1970-01-01T00:00:00");
    CHECK_SPAN(text, time_print_date(-1, text), "1969-12-31");
    CHECK_SPAN(text, time_print_time(36000000, 0, TIME_FRACTION_TRIMMED, text), "10:00:00");
    CHECK_SPAN(text, time_print_time(36000120, 3, TIME_FRACTION_TRIMMED, text), "10:00:00.12");
    CHECK_SPAN(text, time_print_time(36000120, 3, TIME_FRACTION_FIXED, text), "10:00:00.120");
    CHECK_SPAN(text, time_print_time_cast(36000000, 0, text), "10:00:00");
    CHECK_SPAN(text, time_print_time_cast(36000000, 3, text), "10:00:00.0");
    CHECK_SPAN(text, time_print_time_cast(36000120, 3, text), "10:00:00.12");
    CHECK_SPAN(text, time_print_time_cast(-1, 3, text), "23:59:59.999");
    CHECK_SPAN(text, time_print_offset(28800, true, text), "+08:00");
    CHECK_SPAN(text, time_print_offset(-12600, true, text), "-03:30");
    CHECK_SPAN(text, time_print_offset(0, true, text), "Z");
    CHECK_SPAN(text, time_print_offset(0, false, text), "+00:00");
}

static void casts_as_flink(void)
{
    for (size_t i = 0; i < countof(flink_casts); i++) {
        int64_t us;
        char got[24] = "NULL";
        if (time_parse_timestamp(str_of(flink_casts[i].text), flink_casts[i].precision, &us))
            snprintf(got, sizeof got, "%lld", (long long)us);
        if (!CHECK_STR(got, flink_casts[i].us))
            fprintf(stderr, "text \"%s\"\n", flink_casts[i].text);
    }
    int64_t us = 7;
    static const char *const wrong[] = {
        "",
        "2020",
        "2020-01-01T00:00:00",
        "2020-01-01 00:00",
        "20200-01-01",
        "0000-01-01",
        "2020-13-01",
        "2020-00-01",
        "2020-01-32",
        "2020-01-01 24:00:01",
        " 2020-01-01",
        "2020-01-01 ",
        "2020-01-01 00:00:00.1234567890",
        "2020-01-01 00:00:00Z",
        "abc",
        "9999-12-31 24:00:00",
    };
    for (size_t i = 0; i < countof(wrong); i++) {
        if (!CHECK(!time_parse_timestamp(str_of(wrong[i]), 6, &us)))
            fprintf(stderr, "text \"%s\"\n", wrong[i]);
    }
    CHECK_INT(us, 7);
    CHECK(time_parse_timestamp(STR("2020-02-31 10:00:00.1239"), 3, &us));
    CHECK_STR(stamp_text(us), "2020-02-29 10:00:00.123");
    CHECK(time_parse_timestamp(STR("2020-01-01 24:00:00"), 3, &us));
    CHECK_STR(stamp_text(us), "2020-01-02 00:00:00");
    CHECK(time_parse_timestamp(STR("2020-1-1 1:2:3."), 3, &us));
    CHECK_STR(stamp_text(us), "2020-01-01 01:02:03");
}

static void dates(void)
{
    static const struct {
        const char *text;
        const char *date; /* NULL: fails */
    } cases[] = {
        { "2020-1-1", "2020-01-01" },
        { " 2020 -  1 - 05", "2020-01-05" }, /* only the first blank is looked at ... */
        { "2020 -  1 - 05", "2020-01-01" },  /* ... and ends the text if it is inside */
        { "2020-02-29", "2020-02-29" },
        { "2020-2-30", NULL },
        { "2019-02-29", NULL },
        { "1900-02-29", NULL },
        { "2000-02-29", "2000-02-29" },
        { "2020-04-31", NULL },
        { "2020-5", "2020-05-01" },
        { "2020", "2020-01-01" },
        { "2017-12-12 09:30:00.0", "2017-12-12" },
        { "2017-12-12 rubbish", "2017-12-12" },
        { "2017-12-12T09:30:00", NULL },
        { "10000-01-01", NULL },
        { "0-1-1", NULL },
        { "-2020-01-01", NULL },
        { "2020-01-01-01", NULL },
        { "2020-", NULL },
        { "", NULL },
        { "0002020-0001-1", "2020-01-01" },
        { "99999999999999999999", NULL },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int32_t days;
        char text[TIME_TEXT_MAX + 1];
        bool ok = time_parse_date(str_of(cases[i].text), &days);
        if (ok)
            text[time_print_date(days, text)] = '\0';
        if (!CHECK_STR(ok ? text : NULL, cases[i].date))
            fprintf(stderr, "text \"%s\"\n", cases[i].text);
    }
}

static void times_of_day(void)
{
    int32_t ms = 0;
    CHECK(time_parse_time(STR("10:11:12.1239"), 3, &ms) && ms == 36672123);
    CHECK(time_parse_time(STR("10:11:12.129"), 1, &ms) && ms == 36672100);
    CHECK(time_parse_time(STR(" 1 : 2 : 3 "), 0, &ms) && ms == 3723000);
    CHECK(time_parse_time(STR("7"), 0, &ms) && ms == 25200000);
    CHECK(time_parse_time(STR("7:30"), 0, &ms) && ms == 27000000);
    static const char *const wrong[] = { "",         ":",           "24:00:00",
                                         "10:60:00", "10:00:60",    "10:00:0x",
                                         "-1:00:00", "10:00:00.5x", "a" };
    for (size_t i = 0; i < countof(wrong); i++)
        CHECK(!time_parse_time(str_of(wrong[i]), 3, &ms));
}

static void stamps(void)
{
    static const struct {
        const char *text;
        const char *local; /* NULL: fails */
        bool has_offset;
        int32_t offset_s;
    } cases[] = {
        { "2024-01-01", "2024-01-01 00:00:00", false, 0 },
        { "2024-01-01 10:20", "2024-01-01 10:20:00", false, 0 },
        { "2024-01-01T10:20:30", "2024-01-01 10:20:30", false, 0 },
        { "2024-01-01 10:20:30.5", "2024-01-01 10:20:30.5", false, 0 },
        { "2024-01-01 10:20:30.123456789", "2024-01-01 10:20:30.123456", false, 0 },
        { "2024-1-1 1:20:30", "2024-01-01 01:20:30", false, 0 },
        { "2024-01-01T10:20:30Z", "2024-01-01 10:20:30", true, 0 },
        { "2024-01-01 10:20:30.123Z", "2024-01-01 10:20:30.123", true, 0 },
        { "2024-01-01 10:20:30 UTC", "2024-01-01 10:20:30", true, 0 },
        { "2024-01-01T10:20:30+08:00", "2024-01-01 10:20:30", true, 28800 },
        { "2024-01-01T10:20:30-0330", "2024-01-01 10:20:30", true, -12600 },
        { "2024-01-01T10:20:30+08", "2024-01-01 10:20:30", true, 28800 },
        { "2024-01-01T10:20:30+8", NULL, false, 0 },
        { "2024-01-01T10:20:30+19:00", NULL, false, 0 },
        { "2024-01-01T10:20:30+08:0", NULL, false, 0 },
        { "2024-01-01T", NULL, false, 0 },
        { "2024-01-01 ", NULL, false, 0 },
        { "2024-01-01T10", NULL, false, 0 },
        { "2024-01-01T10:20:30.", NULL, false, 0 },
        { "2024-01-01T24:00:00", NULL, false, 0 },
        { "2024-01-01T10:60:00", NULL, false, 0 },
        { "2024-02-30", NULL, false, 0 },
        { "0000-01-01", NULL, false, 0 },
        { "24-01-01", NULL, false, 0 },
        { "2024-01-01 10:20:30x", NULL, false, 0 },
        { "", NULL, false, 0 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct time_stamp stamp = { 0 };
        bool ok = time_parse_stamp(str_of(cases[i].text), &stamp);
        if (!CHECK_STR(ok ? stamp_text(stamp.local_us) : NULL, cases[i].local))
            fprintf(stderr, "text \"%s\"\n", cases[i].text);
        CHECK_INT(stamp.has_offset, ok && cases[i].has_offset);
        CHECK_INT(stamp.offset_s, ok ? cases[i].offset_s : 0);
    }
}

static void parts(void)
{
    /* ISO weeks and years as java.time.temporal.IsoFields has them. */
    static const struct {
        const char *date;
        int week, iso_year, dow, isodow, doy, quarter;
    } cases[] = {
        { "2020-12-31", 53, 2020, 5, 4, 366, 4 }, { "2021-01-01", 53, 2020, 6, 5, 1, 1 },
        { "2021-01-03", 53, 2020, 1, 7, 3, 1 },   { "2021-01-04", 1, 2021, 2, 1, 4, 1 },
        { "2018-12-31", 1, 2019, 2, 1, 365, 4 },  { "2019-01-01", 1, 2019, 3, 2, 1, 1 },
        { "2016-01-01", 53, 2015, 6, 5, 1, 1 },   { "2024-12-30", 1, 2025, 2, 1, 365, 4 },
        { "2024-07-01", 27, 2024, 2, 1, 183, 3 }, { "1969-12-28", 52, 1969, 1, 7, 362, 4 },
        { "1969-12-29", 1, 1970, 2, 1, 363, 4 },  { "1900-03-01", 9, 1900, 5, 4, 60, 1 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t us = us_of(cases[i].date) + 5 * TIME_US_PER_HOUR, v = 0;
        CHECK(time_extract(TIME_WEEK, us, &v));
        CHECK_INT(v, cases[i].week);
        CHECK(time_extract(TIME_ISOYEAR, us, &v));
        CHECK_INT(v, cases[i].iso_year);
        CHECK(time_extract(TIME_DOW, us, &v));
        CHECK_INT(v, cases[i].dow);
        CHECK(time_extract(TIME_ISODOW, us, &v));
        CHECK_INT(v, cases[i].isodow);
        CHECK(time_extract(TIME_DOY, us, &v));
        CHECK_INT(v, cases[i].doy);
        CHECK(time_extract(TIME_QUARTER, us, &v));
        CHECK_INT(v, cases[i].quarter);
    }
    static const struct {
        enum time_unit unit;
        int64_t value, before_1970;
    } units[] = {
        { TIME_YEAR, 2001, 1969 },
        { TIME_MONTH, 2, 12 },
        { TIME_DAY, 16, 31 },
        { TIME_HOUR, 20, 22 },
        { TIME_MINUTE, 38, 59 },
        { TIME_SECOND, 40, 58 },
        { TIME_MILLISECOND, 123, 999 },
        { TIME_MICROSECOND, 123456, 999999 },
        { TIME_NANOSECOND, 123456000, 999999000 },
        { TIME_CENTURY, 21, 20 },
        { TIME_DECADE, 200, 196 },
        { TIME_MILLENNIUM, 3, 2 },
        { TIME_EPOCH, 982355920, -3602 },
    };
    for (size_t i = 0; i < countof(units); i++) {
        int64_t v = 0;
        CHECK(time_extract(units[i].unit, us_of("2001-02-16 20:38:40.123456"), &v));
        CHECK_INT(v, units[i].value);
        CHECK(time_extract(units[i].unit, us_of("1969-12-31 22:59:58.999999"), &v));
        CHECK_INT(v, units[i].before_1970);
    }
    int64_t v = 0;
    CHECK(!time_extract_date(TIME_HOUR, 0, &v));
    CHECK(!time_extract_time(TIME_DAY, 0, &v));
    CHECK(time_extract_time(TIME_SECOND, 3723456, &v) && v == 3);
    CHECK(time_extract_time(TIME_MILLISECOND, 3723456, &v) && v == 456);
    CHECK(time_extract_date(TIME_EPOCH, -1, &v) && v == -86400);
}

static void floors(void)
{
    static const struct {
        enum time_unit unit;
        const char *from, *floor, *ceil;
    } cases[] = {
        { TIME_YEAR, "2020-08-06 16:35:49.5", "2020-01-01 00:00:00", "2021-01-01 00:00:00" },
        { TIME_YEAR, "2020-01-01 16:35:49", "2020-01-01 00:00:00", "2020-01-01 00:00:00" },
        { TIME_QUARTER, "2020-08-06 16:35:49", "2020-07-01 00:00:00", "2020-10-01 00:00:00" },
        { TIME_QUARTER, "2020-11-06 16:35:49", "2020-10-01 00:00:00", "2021-01-01 00:00:00" },
        { TIME_MONTH, "2020-12-06 16:35:49", "2020-12-01 00:00:00", "2021-01-01 00:00:00" },
        { TIME_MONTH, "2020-12-01 16:35:49", "2020-12-01 00:00:00", "2020-12-01 00:00:00" },
        { TIME_WEEK, "2020-08-06 16:35:49", "2020-08-02 00:00:00", "2020-08-09 00:00:00" },
        { TIME_WEEK, "2020-08-09 16:35:49", "2020-08-09 00:00:00", "2020-08-09 00:00:00" },
        { TIME_DAY, "2020-08-06 16:35:49", "2020-08-06 00:00:00", "2020-08-07 00:00:00" },
        { TIME_DAY, "2020-08-06 00:00:00", "2020-08-06 00:00:00", "2020-08-06 00:00:00" },
        { TIME_HOUR, "2020-08-06 16:35:49", "2020-08-06 16:00:00", "2020-08-06 17:00:00" },
        { TIME_MINUTE, "2020-08-06 16:35:49", "2020-08-06 16:35:00", "2020-08-06 16:36:00" },
        { TIME_SECOND, "2020-08-06 16:35:49.5", "2020-08-06 16:35:49", "2020-08-06 16:35:50" },
        { TIME_MILLISECOND, "2020-08-06 16:35:49.1234", "2020-08-06 16:35:49.123",
          "2020-08-06 16:35:49.124" },
        { TIME_DECADE, "2020-08-06 16:35:49", "2020-01-01 00:00:00", "2030-01-01 00:00:00" },
        { TIME_CENTURY, "2000-08-06 16:35:49", "1901-01-01 00:00:00", "2001-01-01 00:00:00" },
        { TIME_MILLENNIUM, "2001-08-06 16:35:49", "2001-01-01 00:00:00", "3001-01-01 00:00:00" },
        { TIME_HOUR, "1969-12-31 23:30:00", "1969-12-31 23:00:00", "1970-01-01 00:00:00" },
        { TIME_DAY, "1969-12-30 23:30:00", "1969-12-30 00:00:00", "1969-12-31 00:00:00" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t down = 0, up = 0;
        CHECK(time_floor(cases[i].unit, us_of(cases[i].from), &down));
        CHECK(time_ceil(cases[i].unit, us_of(cases[i].from), &up));
        CHECK_STR(stamp_text(down), cases[i].floor);
        CHECK_STR(stamp_text(up), cases[i].ceil);
    }
    int64_t v;
    CHECK(!time_floor(TIME_DOW, 0, &v));
    CHECK(!time_ceil(TIME_YEAR, us_of("9999-05-01"), &v));
}

static void adding(void)
{
    static const struct {
        const char *from;
        enum time_unit unit;
        int64_t count;
        const char *to; /* NULL: out of range */
    } cases[] = {
        { "2020-01-31 10:00:00", TIME_MONTH, 1, "2020-02-29 10:00:00" },
        { "2021-01-31 10:00:00", TIME_MONTH, 1, "2021-02-28 10:00:00" },
        { "2020-03-31 10:00:00", TIME_MONTH, -1, "2020-02-29 10:00:00" },
        { "2020-02-29 10:00:00", TIME_YEAR, 1, "2021-02-28 10:00:00" },
        { "2020-02-29 10:00:00", TIME_YEAR, -4, "2016-02-29 10:00:00" },
        { "2020-11-30 10:00:00", TIME_QUARTER, 1, "2021-02-28 10:00:00" },
        { "1969-12-31 23:00:00", TIME_MONTH, 2, "1970-02-28 23:00:00" },
        { "2020-02-28 00:00:00", TIME_DAY, 2, "2020-03-01 00:00:00" },
        { "2020-02-28 00:00:00", TIME_WEEK, -1, "2020-02-21 00:00:00" },
        { "2020-02-28 00:00:00", TIME_SECOND, -1, "2020-02-27 23:59:59" },
        { "2020-02-28 00:00:00", TIME_MICROSECOND, 1, "2020-02-28 00:00:00.000001" },
        { "2020-02-28 00:00:00", TIME_NANOSECOND, -1, "2020-02-27 23:59:59.999999" },
        { "9999-12-31 00:00:00", TIME_DAY, 1, NULL },
        { "0001-01-01 00:00:00", TIME_MONTH, -1, NULL },
        { "2020-01-01 00:00:00", TIME_DAY, INT64_MAX, NULL },
        { "2020-01-01 00:00:00", TIME_MONTH, INT64_MAX, NULL },
        { "2020-01-01 00:00:00", TIME_YEAR, INT64_MIN, NULL },
        { "2020-01-01 00:00:00", TIME_DOW, 1, NULL },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t us = 0;
        bool ok = time_add(cases[i].unit, cases[i].count, us_of(cases[i].from), &us);
        CHECK_STR(ok ? stamp_text(us) : NULL, cases[i].to);
    }
}

static void differences(void)
{
    static const struct {
        enum time_unit unit;
        const char *from, *to;
        int64_t difference;
    } cases[] = {
        { TIME_MONTH, "2020-01-31 00:00:00", "2020-02-29 00:00:00", 1 },
        { TIME_MONTH, "2020-01-31 00:00:00", "2020-02-28 00:00:00", 0 },
        { TIME_MONTH, "2020-01-15 12:00:00", "2020-02-15 11:59:59", 0 },
        { TIME_MONTH, "2020-01-15 12:00:00", "2020-02-15 12:00:00", 1 },
        { TIME_MONTH, "2020-03-15 00:00:00", "2020-01-15 00:00:00", -2 },
        { TIME_MONTH, "2020-03-15 00:00:00", "2020-01-16 00:00:00", -1 },
        { TIME_YEAR, "2019-06-01 00:00:00", "2020-05-31 00:00:00", 0 },
        { TIME_YEAR, "2019-06-01 00:00:00", "2021-06-01 00:00:00", 2 },
        { TIME_QUARTER, "2019-06-01 00:00:00", "2020-06-01 00:00:00", 4 },
        { TIME_DAY, "2020-02-28 12:00:00", "2020-03-01 11:00:00", 1 },
        { TIME_DAY, "2020-03-01 11:00:00", "2020-02-28 12:00:00", -1 },
        { TIME_HOUR, "1969-12-31 23:30:00", "1970-01-01 01:00:00", 1 },
        { TIME_SECOND, "2020-01-01 00:00:00.9", "2020-01-01 00:00:02.8", 1 },
        { TIME_WEEK, "2020-01-01 00:00:00", "2020-01-14 00:00:00", 1 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t v = 0;
        CHECK(time_diff(cases[i].unit, us_of(cases[i].from), us_of(cases[i].to), &v));
        if (!CHECK_INT(v, cases[i].difference))
            fprintf(stderr, "from %s to %s\n", cases[i].from, cases[i].to);
    }
    int64_t v;
    CHECK(!time_diff(TIME_EPOCH, 0, 1, &v));
}

/* Adding n months and asking for the difference gives n again, where no day is clamped. */
static void months_there_and_back(void)
{
    for (int64_t us = us_of("1890-01-05 03:04:05"); us < us_of("2110-01-01");
         us += 97 * TIME_US_PER_DAY) {
        for (int64_t n = -50; n <= 50; n += 7) {
            int64_t moved = 0, back = 0;
            int64_t day = 0;
            CHECK(time_extract(TIME_DAY, us, &day));
            if (day > 28)
                continue;
            CHECK(time_add_months(us, n, &moved));
            CHECK_INT(time_diff_months(us, moved), n);
            CHECK(time_add_months(moved, -n, &back) && back == us);
        }
    }
}

static void intervals(void)
{
    static const struct {
        const char *text;
        enum time_unit from, to;
        int64_t value; /* -1: fails */
    } cases[] = {
        { "3", TIME_YEAR, TIME_YEAR, 36 },
        { "1-2", TIME_YEAR, TIME_MONTH, 14 },
        { "1-12", TIME_YEAR, TIME_MONTH, -1 },
        { "1 2", TIME_YEAR, TIME_MONTH, -1 },
        { "2", TIME_QUARTER, TIME_QUARTER, 6 },
        { "1 02:03:04.5", TIME_DAY, TIME_SECOND, 93784500000 },
        { "1  2:3:4", TIME_DAY, TIME_SECOND, 93784000000 },
        { "1 24:00:00", TIME_DAY, TIME_SECOND, -1 },
        { "1 02:60:00", TIME_DAY, TIME_SECOND, -1 },
        { "1 02::04", TIME_DAY, TIME_SECOND, -1 },
        { "1 02:03", TIME_DAY, TIME_MINUTE, 93780000000 },
        { "1 02", TIME_DAY, TIME_HOUR, 93600000000 },
        { "100:30", TIME_HOUR, TIME_MINUTE, 361800000000 },
        { "100:30", TIME_MINUTE, TIME_SECOND, 6030000000 },
        { "60", TIME_SECOND, TIME_SECOND, 60000000 },
        { " 1.5 ", TIME_SECOND, TIME_SECOND, 1500000 },
        { "1.1234567", TIME_SECOND, TIME_SECOND, 1123456 },
        { "1.", TIME_SECOND, TIME_SECOND, -1 },
        { "1.5", TIME_MINUTE, TIME_MINUTE, -1 },
        { "2", TIME_WEEK, TIME_WEEK, 1209600000000 },
        { "250", TIME_MILLISECOND, TIME_MILLISECOND, 250000 },
        { "", TIME_DAY, TIME_DAY, -1 },
        { "-", TIME_DAY, TIME_DAY, -1 },
        { "x", TIME_DAY, TIME_DAY, -1 },
        { "1x", TIME_DAY, TIME_DAY, -1 },
        { "1", TIME_SECOND, TIME_DAY, -1 },
        { "1", TIME_MONTH, TIME_DAY, -1 },
        { "1", TIME_DOW, TIME_DOW, -1 },
        { "99999999999999999999", TIME_DAY, TIME_DAY, -1 },
        { "999999999999999999", TIME_DAY, TIME_DAY, -1 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t v = -1;
        bool ok = time_parse_interval(str_of(cases[i].text), cases[i].from, cases[i].to, &v);
        if (!CHECK_INT(v, cases[i].value) || !CHECK(ok == (cases[i].value != -1)))
            fprintf(stderr, "text \"%s\"\n", cases[i].text);
    }
    int64_t v = 0;
    CHECK(time_parse_interval(STR("-1-2"), TIME_YEAR, TIME_MONTH, &v) && v == -14);
    CHECK(time_parse_interval(STR("+1"), TIME_DAY, TIME_DAY, &v) && v == TIME_US_PER_DAY);
    char text[TIME_TEXT_MAX];
    CHECK_SPAN(text, time_print_interval_month(14, text), "+1-02");
    CHECK_SPAN(text, time_print_interval_month(-25, text), "-2-01");
    CHECK_SPAN(text, time_print_interval_day(93784500000, text), "+1 02:03:04.500");
    CHECK_SPAN(text, time_print_interval_day(-1000, text), "-0 00:00:00.001");
    CHECK_SPAN(text, time_print_interval_day(INT64_MIN, text), "-106751991 04:00:54.775");
}

static void units(void)
{
    enum time_unit unit;
    for (int i = TIME_YEAR; i <= TIME_EPOCH; i++)
        CHECK(time_unit_find(str_of(time_unit_name((enum time_unit)i)), &unit) && (int)unit == i);
    CHECK(time_unit_find(STR("seconds"), &unit) && unit == TIME_SECOND);
    CHECK(time_unit_find(STR("Days"), &unit) && unit == TIME_DAY);
    CHECK(!time_unit_find(STR("dows"), &unit));
    CHECK(!time_unit_find(STR("fortnight"), &unit));
    CHECK(!time_unit_find(STR(""), &unit));
    CHECK_INT(time_cut(1999999, 3), 1999000);
    CHECK_INT(time_cut(-1, 0), -1000000);
    CHECK_INT(time_cut(-1, 9), -1);
    CHECK(unused_vectors[0] > 0);
}

int main(void)
{
    RUN(every_day);
    RUN(printing);
    RUN(casts_as_flink);
    RUN(dates);
    RUN(times_of_day);
    RUN(stamps);
    RUN(parts);
    RUN(floors);
    RUN(adding);
    RUN(differences);
    RUN(months_there_and_back);
    RUN(intervals);
    RUN(units);
    return check_failed != 0;
}
