/* test_types_datefmt.c -- patterns against SimpleDateFormat and DateTimeFormatter. */
#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"
#include "types/datefmt_java.h"
#include "types/time.h"
#include "vectors_datefmt.h"

#include <stdio.h>

static const size_t unused_vectors[] = { sizeof java_offsets, sizeof java_locals,
                                         sizeof flink_casts };

static struct arena *arena;
static struct buf out;

static const struct zone *load(const char *name)
{
    const struct zone *zone = zone_utc;
    CHECK_INT(zone_load(arena, str_of(name), &zone, NULL), OK);
    return zone;
}

static const struct datefmt *compile(const char *pattern, enum datefmt_style style)
{
    const struct datefmt *fmt = NULL;
    struct error err = { 0 };
    if (!CHECK_INT(datefmt_compile(arena, str_of(pattern), style, &fmt, &err), OK))
        fprintf(stderr, "%s\n", err.message);
    return fmt;
}

static void check_text(const char *pattern, bool ok, const char *want)
{
    if (!CHECK(ok) || !CHECK_SPAN(out.data, out.size, want))
        fprintf(stderr, "pattern \"%s\"\n", pattern);
}

static void printing(void)
{
    for (size_t i = 0; i < countof(java_simple_prints); i++) {
        const struct datefmt *fmt = compile(java_simple_prints[i].pattern, DATEFMT_SIMPLE);
        buf_clear(&out);
        bool ok = fmt && datefmt_print(fmt, load(java_simple_prints[i].zone), NULL,
                                       java_simple_prints[i].utc_us, &out);
        check_text(java_simple_prints[i].pattern, ok, java_simple_prints[i].text);
    }
    for (size_t i = 0; i < countof(java_formatter_prints); i++) {
        const struct datefmt *fmt = compile(java_formatter_prints[i].pattern, DATEFMT_FORMATTER);
        buf_clear(&out);
        bool ok = fmt && datefmt_print_local(fmt, java_formatter_prints[i].local_us, &out);
        check_text(java_formatter_prints[i].pattern, ok, java_formatter_prints[i].text);
    }
    for (size_t i = 0; i < countof(java_formatter_zone_prints); i++) {
        const char *pattern = java_formatter_zone_prints[i].pattern;
        const struct datefmt *fmt = compile(pattern, DATEFMT_FORMATTER);
        buf_clear(&out);
        bool ok = fmt && datefmt_print(fmt, load(java_formatter_zone_prints[i].zone), NULL,
                                       java_formatter_zone_prints[i].utc_us, &out);
        check_text(pattern, ok, java_formatter_zone_prints[i].text);
        buf_clear(&out);
        buf_text(&out, "kept");
        CHECK(!datefmt_print_local(fmt, 0, &out)); /* a wall clock has no zone */
        CHECK_SPAN(out.data, out.size, "kept");
    }
}

static void check_us(const char *pattern, const char *text, bool ok, int64_t us, const char *want)
{
    char got[24] = "NULL";
    if (ok)
        snprintf(got, sizeof got, "%lld", (long long)time_floor_div(us, 1000));
    if (!CHECK_STR(got, want))
        fprintf(stderr, "pattern \"%s\", text \"%s\"\n", pattern, text);
}

static void parsing_as_java(void)
{
    for (size_t i = 0; i < countof(java_simple_parses); i++) {
        const char *pattern = java_simple_parses[i].pattern, *text = java_simple_parses[i].text;
        const struct datefmt *fmt = compile(pattern, DATEFMT_SIMPLE_RAW);
        int64_t us = 0;
        bool ok =
            fmt && datefmt_parse(fmt, load(java_simple_parses[i].zone), NULL, str_of(text), &us);
        check_us(pattern, text, ok, us, java_simple_parses[i].ms);
    }
    for (size_t i = 0; i < countof(flink_timestamps); i++) {
        const char *pattern = flink_timestamps[i].pattern, *text = flink_timestamps[i].text;
        const struct datefmt *fmt = compile(pattern, DATEFMT_FORMATTER);
        int64_t us = 0;
        bool ok = fmt && datefmt_parse_flink(fmt, str_of(text), &us);
        check_us(pattern, text, ok, us, flink_timestamps[i].ms);
    }
}

static const char *shanghai_text(bool ok, int64_t us)
{
    static const struct datefmt *fmt;
    if (!fmt)
        fmt = compile("yyyy-MM-dd HH:mm:ss.SSS", DATEFMT_SIMPLE);
    buf_clear(&out);
    if (!ok || !datefmt_print(fmt, load("Asia/Shanghai"), NULL, us, &out))
        return "NULL";
    return buf_cstr(&out);
}

/* Blink: rule 35 of the dialect, and what SimpleDateFormat does else. */
static void parsing_as_blink(void)
{
    static const struct {
        const char *pattern, *text, *result;
    } cases[] = {
        { "yyyy-MM-dd HH:mm:ss", "2020-08-06 16:35:49", "2020-08-06 16:35:49.000" },
        { "yyyy-MM-dd HH:mm:ss", "2020-01-01 10:00:00.123", "2020-01-01 10:00:00.000" },
        { "yyyy-MM-dd HH:mm:ss", "2020-13-01 33:61:61", "2021-01-02 10:02:01.000" },
        { "yyyy-MM-dd HH:mm:ss", "2020-1-1 1:2:3tail", "2020-01-01 01:02:03.000" },
        { "yyyy-MM-dd HH:mm:ss", "2020-02-31 00:00:00", "2020-03-02 00:00:00.000" },
        { "yyyy-MM-dd HH:mm:ss", "2020-00-00 00:00:00", "2019-11-30 00:00:00.000" },
        { "yyyy-MM-dd HH:mm:ss", "20-01-01 00:00:00", "0020-01-01 00:00:00.000" },
        { "yyyy-MM-dd HH:mm:ss", "2020-01-01", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "1596702949000", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "2020-01-01  10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", " 2020-01-01 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "2020-01-01 10: 0:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "2020-01--1 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "-2020-01-01 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "+2020-01-01 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "0000-01-01 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "0000-13-01 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "10000-01-01 10:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "9999-12-31 24:00:00", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "", "NULL" },
        { "yyyy-MM-dd HH:mm:ss", "99999999999999999999-01-01 00:00:00", "NULL" },
        { "yyyyMMddHH", "2020080616", "2020-08-06 16:00:00.000" },
        { "yyyyMMddHH", "202008061", "2020-08-06 01:00:00.000" }, /* the last one may be short */
        { "yyyyMMddHH", "2020080", "NULL" },
        { "yyyyMMdd", "20200806", "2020-08-06 00:00:00.000" },
        { "yyyyMMdd", "2020086", "2020-08-06 00:00:00.000" },
        { "yyyyMMdd", "20200", "NULL" },
        { "yyyy", "2020abc", "2020-01-01 00:00:00.000" },
        { "HH:mm", "10:20", "1970-01-01 10:20:00.000" },
        { "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2020-08-06T08:35:49.123Z", "2020-08-06 16:35:49.123" },
        { "yyyy-MM-dd HH:mm:ss Z", "2020-08-06 08:35:49 +0000", "2020-08-06 16:35:49.000" },
        { "yyyy-MM-dd HH:mm:ss z", "2020-08-06 08:35:49 CST", "2020-08-06 08:35:49.000" },
        { "yyyy-MM-dd HH:mm:ss z", "2020-08-06 08:35:49 GMT+3:30", "2020-08-06 13:05:49.000" },
        { "dd MMM yyyy", "6 aug 2020", "2020-08-06 00:00:00.000" },
        { "yyyy-MM-dd hh:mm a", "2020-08-06 12:05 AM", "2020-08-06 00:05:00.000" },
        { "yyyy\xE5\xB9\xB4MM\xE6\x9C\x88",
          "2020\xE5\xB9\xB4"
          "08\xE6\x9C\x88",
          "2020-08-01 00:00:00.000" },
        { "''yyyy", "'2020", "2020-01-01 00:00:00.000" },
        { "yy-MM", "45-02", "2045-02-01 00:00:00.000" },
        { "yy-MM", "46-02", "1946-02-01 00:00:00.000" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        const struct datefmt *fmt = compile(cases[i].pattern, DATEFMT_SIMPLE);
        int64_t us = 0;
        bool ok =
            fmt && datefmt_parse(fmt, load("Asia/Shanghai"), NULL, str_of(cases[i].text), &us);
        if (!CHECK_STR(shanghai_text(ok, us), cases[i].result))
            fprintf(stderr, "pattern \"%s\", text \"%s\"\n", cases[i].pattern, cases[i].text);
    }
}

static void default_pattern_of_blink(void)
{
    static const struct {
        const char *text, *result;
    } cases[] = {
        { "2020-08-06 16:35:49", "2020-08-06 16:35:49.000" },
        { "2020-08-06 16:35:49.1", "2020-08-06 16:35:49.100" },
        { "2020-08-06 16:35:49.123", "2020-08-06 16:35:49.123" },
        { "2020-08-06 16:35:49.123999Z", "2020-08-06 16:35:49.123" },
        { "2020-08-06 16:35:49 and more", "2020-08-06 16:35:49.000" },
        { "2020-8-6 6:5:9.", "2020-08-06 06:05:09.000" },
        { "2020-13-32 25:61:61", "2021-02-02 02:02:01.000" },
        { "2020-08-06", "NULL" },
        { "2020-08-06T16:35:49", "NULL" },
        { "2020-08-06 16:35", "NULL" },
        { " 2020-08-06 16:35:49", "NULL" },
        { "2020-08- 6 16:35:49", "NULL" },
        { "2020-08-06 -1:35:49", "NULL" },
        { "0000-08-06 16:35:49", "NULL" },
        { "12020-08-06 16:35:49", "NULL" },
        { "2020-08-06 9999999999:35:49", "NULL" },
        { "2020-999999999-06 00:00:00", "NULL" },
        { "9999-12-999999999 00:00:00", "NULL" },
        { "", "NULL" },
        { "abc", "NULL" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t us = 0;
        bool ok = datefmt_parse_blink(load("Asia/Shanghai"), NULL, str_of(cases[i].text), &us);
        if (!CHECK_STR(shanghai_text(ok, us), cases[i].result))
            fprintf(stderr, "text \"%s\"\n", cases[i].text);
    }
    /* In the gap of spring, on to summer time; in the overlap of autumn, the second. */
    const struct zone *york = load("America/New_York");
    int64_t us = 0;
    CHECK(datefmt_parse_blink(york, NULL, STR("2021-03-14 02:30:00"), &us));
    CHECK_INT(us, INT64_C(1615707000000000));
    CHECK(datefmt_parse_blink(york, NULL, STR("2021-11-07 01:30:00"), &us));
    CHECK_INT(us, INT64_C(1636266600000000));
}

static void sections_and_defaults(void)
{
    static const struct {
        const char *pattern, *text, *result;
    } cases[] = {
        { "yyyy[-MM[-dd]]", "2020", "2020-01-01 00:00:00" },
        { "yyyy[-MM[-dd]]", "2020-05", "2020-05-01 00:00:00" },
        { "yyyy[-MM[-dd]]", "2020-05-06", "2020-05-06 00:00:00" },
        { "yyyy[-MM", "2020-05", "2020-05-01 00:00:00" },
        { "yyyy-MM-dd HH:mm:ss", "2020-02-30 10:00:00", "2020-02-29 10:00:00" },
        { "yyyy-MM-dd", "2020-04-31", "2020-04-30 00:00:00" },
        { "yyyy-MM-dd'T'HH:mm:ssXXX", "2020-05-06T10:00:00+08:00", "2020-05-06 10:00:00" },
        { "yyyyMMddHHmmssSSS", "20200506070809123", "2020-05-06 07:08:09.123" },
        { "yyyy-MM-dd HH:mm:ss.SSSSSS", "2020-05-06 07:08:09.123456",
          "2020-05-06 07:08:09.123456" },
        { "hh:mm:ss", "07:08:09", "1970-01-01 00:08:09" },
        { "hh:mm a", "07:08 PM", "1970-01-01 19:08:00" },
        { "yyyy-DDD", "2020-366", "2020-12-31 00:00:00" },
        { "yyyy-DDD", "2021-366", NULL },
        { "yyyy-MM-dd E", "2020-05-06 Wed", "2020-05-06 00:00:00" },
        { "yyyy-MM-dd E", "2020-05-06 Thu", NULL },
        { "yyyy-MM-dd", "2020-05-06 ", NULL },
        { "yyyy-MM-dd", "20200-05-06", NULL },
        { "yyyy-MM-dd", "2020-5-06", NULL },
        { "MMM d, yyyy", "May 6, 2020", "2020-05-06 00:00:00" },
        { "MMM d, yyyy", "may 6, 2020", NULL },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        const struct datefmt *fmt = compile(cases[i].pattern, DATEFMT_FORMATTER);
        int64_t us = 0;
        char text[TIME_TEXT_MAX + 1];
        bool ok = fmt && datefmt_parse_local(fmt, str_of(cases[i].text), &us);
        if (ok)
            text[time_print_timestamp(us, 6, TIME_FRACTION_TRIMMED, ' ', text)] = '\0';
        if (!CHECK_STR(ok ? text : NULL, cases[i].result))
            fprintf(stderr, "pattern \"%s\", text \"%s\"\n", cases[i].pattern, cases[i].text);
    }
    /* With a zone the offset in the text counts, and so does the zone where there is none. */
    int64_t us = 0;
    const struct datefmt *fmt = compile("yyyy-MM-dd HH:mm:ss[ XXX]", DATEFMT_FORMATTER);
    CHECK(datefmt_parse(fmt, load("Asia/Shanghai"), NULL, STR("1970-01-01 08:00:00"), &us));
    CHECK_INT(us, 0);
    CHECK(datefmt_parse(fmt, load("Asia/Shanghai"), NULL, STR("1970-01-01 08:00:00 +09:00"), &us));
    CHECK_INT(us, -TIME_US_PER_HOUR);
}

static void wrong_patterns(void)
{
    static const struct {
        enum datefmt_style style;
        const char *pattern;
    } cases[] = {
        { DATEFMT_SIMPLE, "yyyy-bb" },
        { DATEFMT_SIMPLE, "'open" },
        { DATEFMT_SIMPLE, "XXXX" },
        { DATEFMT_SIMPLE, "yyyyT" },
        { DATEFMT_SIMPLE, "n" },
        { DATEFMT_FORMATTER, "yyyy-bb" },
        { DATEFMT_FORMATTER, "'open" },
        { DATEFMT_FORMATTER, "yyyy]" },
        { DATEFMT_FORMATTER, "ddd" },
        { DATEFMT_FORMATTER, "HHH" },
        { DATEFMT_FORMATTER, "SSSSSSSSSS" },
        { DATEFMT_FORMATTER, "{}" },
        { DATEFMT_FORMATTER, "#" },
        { DATEFMT_FORMATTER, "aa" },
        { DATEFMT_FORMATTER, "V" },
        { DATEFMT_FORMATTER, "p" },
        { DATEFMT_FORMATTER, "XXXXXX" },
        { DATEFMT_FORMATTER, "OO" },
        { DATEFMT_FORMATTER, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct error err = { 0 };
        const struct datefmt *fmt = NULL;
        enum code code =
            datefmt_compile(arena, str_of(cases[i].pattern), cases[i].style, &fmt, &err);
        if (!CHECK_INT(code, E_DATA))
            fprintf(stderr, "pattern \"%s\"\n", cases[i].pattern);
        CHECK(strstr(err.message, "date pattern") != NULL);
    }
    static char many[70000];
    memset(many, 'y', sizeof many);
    const struct datefmt *fmt = NULL;
    CHECK_INT(datefmt_compile(arena, str_make(many, sizeof many), DATEFMT_SIMPLE, &fmt, NULL),
              E_DATA);
    CHECK_INT(datefmt_compile(arena, str_make("yyyy\0dd", 7), DATEFMT_SIMPLE, &fmt, NULL), OK);
    CHECK_INT(datefmt_compile(arena, str_make("[\0]", 3), DATEFMT_FORMATTER, &fmt, NULL), OK);
    CHECK_INT(datefmt_compile(arena, (struct str){ NULL, 0 }, DATEFMT_SIMPLE, &fmt, NULL), OK);
    buf_clear(&out);
    CHECK(datefmt_print(fmt, zone_utc, NULL, 0, &out));
    CHECK_INT(out.size, 0);
    CHECK(unused_vectors[0] > 0);
}

static void out_of_memory(void)
{
    for (uint64_t n = 1;; n++) {
        struct arena *small = arena_create();
        const struct datefmt *fmt = NULL;
        static char pattern[3000];
        for (size_t i = 0; i < sizeof pattern; i++)
            pattern[i] = i % 2 ? 'y' : 'd';
        if (!CHECK(small != NULL))
            return;
        mem_fail_at(n);
        enum code code = datefmt_compile(small, str_make(pattern, sizeof pattern),
                                         DATEFMT_FORMATTER, &fmt, NULL);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        arena_destroy(small);
        if (pending) {
            CHECK_INT(code, OK);
            CHECK(n > 2);
            return;
        }
        CHECK_INT(code, E_NOMEM);
    }
}

int main(void)
{
    arena = arena_create();
    if (!arena)
        return 1;
    buf_init(&out, 1 << 16);
    RUN(printing);
    RUN(parsing_as_java);
    RUN(parsing_as_blink);
    RUN(default_pattern_of_blink);
    RUN(sections_and_defaults);
    RUN(wrong_patterns);
    RUN(out_of_memory);
    buf_done(&out);
    arena_destroy(arena);
    return check_failed != 0;
}
