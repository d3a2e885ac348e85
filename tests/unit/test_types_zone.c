/* test_types_zone.c -- zones against java.time and java.util.Calendar, and files that lie. */
#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"
#include "types/time.h"
#include "types/zone.h"
#include "types/zone_rule.h"
#include "vectors_datefmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t unused_vectors[] = {
    sizeof java_simple_prints, sizeof java_formatter_prints,      sizeof flink_casts,
    sizeof java_simple_parses, sizeof java_formatter_zone_prints, sizeof flink_timestamps,
};

static struct arena *arena;

static const struct zone *load(const char *name)
{
    const struct zone *zone = NULL;
    struct error err = { 0 };
    if (!CHECK_INT(zone_load(arena, str_of(name), &zone, &err), OK))
        fprintf(stderr, "zone \"%s\": %s\n", name, err.message);
    return zone ? zone : zone_utc;
}

static const struct zone *standard(const char *name)
{
    const struct zone *zone = zone_standard(arena, load(name));
    return CHECK(zone != NULL) ? zone : zone_utc;
}

static void offsets(void)
{
    for (size_t i = 0; i < countof(java_offsets); i++) {
        const struct zone *zone = load(java_offsets[i].zone);
        int64_t us = java_offsets[i].utc_s * TIME_US_PER_SECOND;
        struct zone_cursor cursor = { 0 };
        for (int again = 0; again < 2; again++) {
            if (!CHECK_INT(zone_offset_at_utc_us(zone, &cursor, us),
                           java_offsets[i].offset_s * TIME_US_PER_SECOND))
                fprintf(stderr, "%s at %lld\n", java_offsets[i].zone, (long long)us);
        }
        CHECK_INT(zone_offset_at_utc_us(zone, NULL, us + 999999), cursor.offset_s * 1000000LL);
    }
}

static void local_times(void)
{
    for (size_t i = 0; i < countof(java_locals); i++) {
        const struct zone *zone = load(java_locals[i].zone);
        int64_t us = java_locals[i].local_s * TIME_US_PER_SECOND;
        struct zone_cursor cursor = { 0 };
        CHECK_INT(zone_local_to_utc_us(zone, &cursor, us, ZONE_EARLIER),
                  java_locals[i].earlier_s * TIME_US_PER_SECOND);
        if (!CHECK_INT(zone_local_to_utc_us(zone, &cursor, us, ZONE_LATER),
                       java_locals[i].later_s * TIME_US_PER_SECOND))
            fprintf(stderr, "%s at %lld\n", java_locals[i].zone, (long long)us);
        CHECK_INT(zone_local_to_utc_us(zone, NULL, us, ZONE_EARLIER),
                  java_locals[i].earlier_s * TIME_US_PER_SECOND);
    }
}

/* Years behind the table follow the rule of the footer. */
static void far_future(void)
{
    const struct zone *berlin = load("Europe/Berlin");
    struct zone_cursor cursor = { 0 };
    const int64_t winter = INT64_C(4102444800000000); /* 2100-01-01 */
    CHECK_INT(zone_offset_at_utc_us(berlin, &cursor, winter), 3600000000);
    CHECK_INT(zone_offset_at_utc_us(berlin, &cursor, winter + 180 * TIME_US_PER_DAY), 7200000000);
    /* March 28 of 2100 is the last Sunday; the change is at 01:00 UTC. */
    const int64_t change = winter + 86 * TIME_US_PER_DAY + TIME_US_PER_HOUR;
    CHECK_INT(zone_offset_at_utc_us(berlin, &cursor, change - 1), 3600000000);
    CHECK_INT(zone_offset_at_utc_us(berlin, &cursor, change), 7200000000);
    CHECK_INT(zone_offset_at_utc_us(berlin, NULL, TIME_MAX_US), 3600000000);
    CHECK_INT(zone_offset_at_utc_us(load("Asia/Shanghai"), NULL, TIME_MAX_US), 28800000000);
    (void)zone_offset_at_utc_us(berlin, NULL, INT64_MAX);
    (void)zone_offset_at_utc_us(berlin, NULL, INT64_MIN);
}

/* Every local hour of some years: what comes back is the same wall clock, or was a gap. */
static void there_and_back(void)
{
    static const char *const names[] = { "America/New_York", "Australia/Lord_Howe", "UTC",
                                         "Asia/Shanghai", "-03:30" };
    for (size_t i = 0; i < countof(names); i++) {
        const struct zone *zone = load(names[i]);
        struct zone_cursor a = { 0 }, b = { 0 };
        int gaps = 0;
        for (int64_t us = 0; us < 40 * 365 * TIME_US_PER_DAY; us += 29 * TIME_US_PER_MINUTE) {
            int64_t utc = zone_local_to_utc_us(zone, &a, us, ZONE_EARLIER);
            int64_t later = zone_local_to_utc_us(zone, &a, us, ZONE_LATER);
            int64_t back = zone_utc_to_local_us(zone, &b, utc);
            if (back != us)
                gaps++;
            bool fine = back == us || (back > us && back - us <= TIME_US_PER_HOUR);
            if (!fine || later < utc || (back == us && zone_utc_to_local_us(zone, &b, later) != us))
                CHECK_INT(us, -1);
        }
        CHECK(gaps <= 40 * 4);
        CHECK((gaps > 0) == (i < 2 || i == 3));
    }
}

static void fixed_offsets(void)
{
    static const struct {
        const char *name;
        int32_t offset_s;
    } cases[] = {
        { "Z", 0 },
        { "UTC", 0 },
        { "utc", 0 },
        { "GMT", 0 },
        { "+08:00", 28800 },
        { "-3", -10800 },
        { "+0530", 19800 },
        { "GMT+8", 28800 },
        { "UTC-03:30", -12600 },
        { "GMT+08:00", 28800 },
        { "+18:00", 64800 },
        { "+01:02:03", 3723 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int32_t offset = -1;
        const struct zone *zone = load(cases[i].name);
        CHECK(zone_is_fixed(zone, &offset));
        CHECK_INT(offset, cases[i].offset_s);
        CHECK_STR(zone_name(zone), cases[i].name);
        CHECK_INT(zone_offset_at_utc_us(zone, NULL, 0), cases[i].offset_s * 1000000LL);
        CHECK_INT(zone_local_to_utc_us(zone, NULL, 0, ZONE_LATER), -cases[i].offset_s * 1000000LL);
    }
    int32_t offset;
    CHECK(!zone_is_fixed(load("Europe/Berlin"), &offset));
    CHECK(zone_is_fixed(standard("Europe/Berlin"), &offset) && offset == 3600);
    CHECK(zone_is_fixed(standard("America/New_York"), &offset) && offset == -18000);
    CHECK(zone_is_fixed(standard("Asia/Shanghai"), &offset) && offset == 28800); /* had summers once */
    CHECK(zone_is_fixed(standard("UTC"), &offset) && offset == 0);
    CHECK(zone_is_fixed(load("Etc/GMT+8"), &offset) && offset == -28800);
    char text[12];
    CHECK_SPAN(text, zone_print_abbreviation(load("GMT+8"), 0, text), "GMT+08:00");
    CHECK_SPAN(text, zone_print_abbreviation(zone_utc, 0, text), "UTC");
    CHECK_SPAN(text, zone_print_abbreviation(load("Asia/Shanghai"), 0, text), "CST");
    const int64_t july = INT64_C(1593993600000000);
    CHECK_SPAN(text, zone_print_abbreviation(load("Europe/Berlin"), july, text), "CEST");
    CHECK_STR(zone_name(load("CTT")), "CTT");
    CHECK_INT(zone_offset_at_utc_us(load("CTT"), NULL, july), 28800000000);
}

static void wrong_names(void)
{
    static const char *const names[] = {
        "",          "Nowhere/Land", "../etc/passwd", "/etc/passwd", "Asia/../Asia/Tokyo",
        "Asia",      "Asia/",        "Asia//Tokyo",   "tzdata.zi",   "zone.tab",
        "right/UTC", "Asia/Tokyo ",  "Asia\\Tokyo",   "+19:00",      "+18:01",
        "+8:0",      "GMT+",         "+1:2:3",        "UTC+24",      "+08:60",
        ".",         "Asia/.hidden", "+12345",        "leapseconds", "%s",
    };
    for (size_t i = 0; i < countof(names); i++) {
        const struct zone *zone = NULL;
        struct error err = { 0 };
        if (!CHECK_INT(zone_load(arena, str_of(names[i]), &zone, &err), E_OPTION))
            fprintf(stderr, "zone \"%s\"\n", names[i]);
        CHECK(zone == NULL && strstr(err.message, "is not known") && err.hint[0]);
    }
    const struct zone *zone = NULL;
    CHECK_INT(zone_load(arena, str_make("UTC\0x", 5), &zone, NULL), E_OPTION);
    char many[200];
    memset(many, 'a', sizeof many);
    CHECK_INT(zone_load(arena, str_make(many, sizeof many), &zone, NULL), E_OPTION);
}

/* A zone file with every byte changed and cut at every length: an error or a zone, never worse. */
static void broken_files(void)
{
    char folder[] = "zone_test_XXXXXX";
    char path[64];
    static char data[1 << 16];
    FILE *file = fopen("/usr/share/zoneinfo/America/New_York", "rb");
    if (!CHECK(file != NULL) || !CHECK(mkdtemp(folder) != NULL))
        return;
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    snprintf(path, sizeof path, "%s/Broken", folder);
    setenv("TZDIR", folder, 1);
    int loaded = 0, refused = 0;
    for (size_t i = 0; i < size; i += i < 60 || i > size - 60 ? 1 : 23) {
        for (int cut = 0; cut < 2; cut++) {
            char kept = data[i];
            data[i] = (char)(kept ^ 0x55);
            file = fopen(path, "wb");
            if (!CHECK(file != NULL))
                return;
            fwrite(data, 1, cut ? i : size, file);
            fclose(file);
            data[i] = kept;
            struct arena *small = arena_create();
            const struct zone *zone = NULL;
            enum code code = zone_load(small, STR("Broken"), &zone, NULL);
            if (code == OK) {
                loaded++;
                for (int64_t us = -TIME_MAX_US; us < TIME_MAX_US; us += TIME_MAX_US / 50) {
                    (void)zone_offset_at_utc_us(zone, NULL, us);
                    (void)zone_local_to_utc_us(zone, NULL, us, ZONE_LATER);
                }
            } else {
                refused++;
                CHECK_INT(code, E_OPTION);
            }
            arena_destroy(small);
        }
    }
    CHECK(loaded > 10 && refused > 100);
    unsetenv("TZDIR");
    unlink(path);
    rmdir(folder);
}

static void check_rule(const char *text, int64_t utc_s, int32_t offset_s)
{
    struct zone_rule rule;
    struct zone_period period;
    if (!CHECK(zone_rule_parse(str_of(text), &rule)))
        return;
    zone_rule_find(&rule, utc_s, &period);
    if (!CHECK_INT(period.offset_s, offset_s))
        fprintf(stderr, "rule %s at %lld\n", text, (long long)utc_s);
    CHECK(period.from_s <= utc_s && utc_s < period.to_s);
}

static void rules(void)
{
    const int64_t january = 1704067200, july = 1719792000; /* 2024 */
    check_rule("CST-8", july, 28800);
    check_rule("<+0545>-5:45", january, 20700);
    check_rule("EST5EDT,M3.2.0,M11.1.0", january, -18000);
    check_rule("EST5EDT,M3.2.0,M11.1.0", july, -14400);
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", january, 39600); /* south */
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", july, 36000);
    check_rule("IST-1GMT0,M10.5.0,M3.5.0/1", january, 0); /* winter time is the special one */
    check_rule("IST-1GMT0,M10.5.0,M3.5.0/1", july, 3600);
    check_rule("XXX3YYY2,J60/0,J300/0", january, -10800);
    check_rule("XXX3YYY2,59/0,299/0", july, -7200);
    check_rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", july, -3600);
    check_rule("XXX3EDT4,0/0,J365/23", july, -14400); /* all year, as RFC 8536 writes it */
    check_rule("XXX3EDT4,0/0,J365/23", january + 86400, -14400);
    static const char *const wrong[] = { "",
                                         "A5",
                                         "EST",
                                         "EST5EDT",
                                         "EST5EDT,M3.2.0",
                                         "EST5EDT,M13.2.0,M11.1.0",
                                         "EST5EDT,M3.6.0,M11.1.0",
                                         "EST5EDT,M3.2.7,M11.1.0",
                                         "EST200",
                                         "<+08-8",
                                         "EST5EDT,J0,J1",
                                         "EST5EDT,M3.2.0,M11.1.0x" };
    for (size_t i = 0; i < countof(wrong); i++) {
        struct zone_rule rule;
        CHECK(!zone_rule_parse(str_of(wrong[i]), &rule));
    }
    CHECK(unused_vectors[0] > 0);
}

static void out_of_memory(void)
{
    for (uint64_t n = 1;; n++) {
        struct arena *small = arena_create();
        const struct zone *a = NULL, *b = NULL;
        if (!CHECK(small != NULL))
            return;
        mem_fail_at(n);
        enum code code = zone_load(small, STR("+08:00"), &a, NULL);
        for (int i = 0; i < 10 && code == OK; i++)
            code = zone_load(small, STR("Europe/Berlin"), &b, NULL);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        arena_destroy(small);
        if (pending) {
            CHECK_INT(code, OK);
            CHECK(n > 3);
            return;
        }
        CHECK_INT(code, E_NOMEM);
    }
}

int main(void)
{
    unsetenv("TZDIR");
    arena = arena_create();
    if (!arena)
        return 1;
    RUN(offsets);
    RUN(local_times);
    RUN(far_future);
    RUN(there_and_back);
    RUN(fixed_offsets);
    RUN(wrong_names);
    RUN(broken_files);
    RUN(rules);
    RUN(out_of_memory);
    arena_destroy(arena);
    return check_failed != 0;
}
