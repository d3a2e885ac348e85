/* fuzz_time.c -- any text against every parser of dates, times, numbers and patterns.
 *
 * An input is a byte that picks the style, a pattern up to a line feed, and a text.
 * What is checked besides crashes: accepted values are in range, and what was
 * printed from them reads back as the same value.
 *
 * With -DFUZZ_LIBFUZZER the engine brings main().  Otherwise files given as arguments
 * are replayed, and without arguments random changes of built-in samples are tried. */
#include "base/arena.h"
#include "base/number.h"
#include "base/utf8.h"
#include "types/datefmt_java.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/time.h"
#include "types/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *arena;
static struct arena *zones;
static const struct zone *zone;
static struct buf out;

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        abort();
    }
}

static void setup(void)
{
    if (arena)
        return;
    arena = arena_create();
    zones = arena_create();
    buf_init(&out, 1 << 20);
    require(arena && zones, "memory");
    if (zone_load(zones, STR("America/New_York"), &zone, NULL) != OK)
        zone = zone_utc;
}

/* Patterns whose texts mean one instant (to the second). */
static const char *const exact_patterns[] = {
    "yyyy-MM-dd HH:mm:ss",       "yyyyMMddHHmmss",      "yyyy/M/d H:m:s",
    "EEE, dd MMM yyyy HH:mm:ss", "yyyy-DDD HH:mm:ss",   "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "MMMM d yyyy hh:mm:ss a",    "dd.MM.yyyy kk:mm:ss",
};

static void check_patterns(struct str pattern, struct str text, enum datefmt_style style)
{
    const struct datefmt *fmt;
    int64_t us, again;
    if (datefmt_compile(arena, pattern, style, &fmt, NULL) == OK) {
        if (datefmt_parse(fmt, zone, NULL, text, &us)) {
            require(us > TIME_MIN_US - TIME_US_PER_DAY && us < TIME_MAX_US + TIME_US_PER_DAY,
                    "a parsed instant is in range");
            buf_clear(&out);
            (void)datefmt_print(fmt, zone, NULL, us, &out);
        }
        if (datefmt_parse_local(fmt, text, &us))
            require(time_us_in_range(us), "a parsed wall clock is in range");
        if (style == DATEFMT_FORMATTER && datefmt_parse_flink(fmt, text, &us))
            require(time_us_in_range(us), "a parsed timestamp is in range");
        buf_clear(&out);
        (void)datefmt_print_local(fmt, -1, &out);
    }
    for (size_t i = 0; i < countof(exact_patterns); i++) {
        require(datefmt_compile(arena, str_of(exact_patterns[i]), style, &fmt, NULL) == OK,
                "a good pattern compiles");
        if (!datefmt_parse(fmt, zone_utc, NULL, text, &us) || us < 0)
            continue;
        buf_clear(&out);
        require(datefmt_print(fmt, zone_utc, NULL, us, &out), "a parsed instant prints");
        require(datefmt_parse(fmt, zone_utc, NULL, buf_view(&out), &again),
                "a printed instant parses");
        require(time_floor_div(us, TIME_US_PER_SECOND) == time_floor_div(again, TIME_US_PER_SECOND),
                "and is the same");
    }
}

static void check_times(struct str text)
{
    char print[TIME_TEXT_MAX];
    struct time_stamp stamp, again;
    int64_t us, us_again;
    int32_t days, ms, i32_again;
    if (time_parse_stamp(text, &stamp)) {
        require(time_us_in_range(stamp.local_us), "a stamp is in range");
        size_t n = time_print_timestamp(stamp.local_us, 6, TIME_FRACTION_TRIMMED, 'T', print);
        n += time_print_offset(stamp.offset_s, true, print + n);
        require(time_parse_stamp(str_make(print, n), &again) && again.local_us == stamp.local_us &&
                    again.offset_s == stamp.offset_s,
                "a printed stamp reads back");
    }
    if (time_parse_timestamp(text, 6, &us)) {
        size_t n = time_print_timestamp(us, 6, TIME_FRACTION_FIXED, ' ', print);
        require(time_parse_timestamp(str_make(print, n), 6, &us_again) && us_again == us,
                "a printed timestamp reads back");
    }
    if (time_parse_date(text, &days)) {
        size_t n = time_print_date(days, print);
        require(time_parse_date(str_make(print, n), &i32_again) && i32_again == days,
                "a printed date reads back");
    }
    if (time_parse_time(text, 3, &ms)) {
        size_t n = time_print_time(ms, 3, TIME_FRACTION_FIXED, print);
        require(time_parse_time(str_make(print, n), 3, &i32_again) && i32_again == ms,
                "a printed time reads back");
    }
    if (datefmt_parse_blink(zone, NULL, text, &us))
        require(us > TIME_MIN_US - TIME_US_PER_DAY && us < TIME_MAX_US + TIME_US_PER_DAY,
                "an instant of Blink is in range");
    if (time_parse_interval(text, TIME_DAY, TIME_SECOND, &us))
        (void)time_print_interval_day(us, print);
    if (time_parse_interval(text, TIME_YEAR, TIME_MONTH, &us))
        (void)time_print_interval_month(us, print);
    for (int unit = TIME_YEAR; unit <= TIME_EPOCH; unit++)
        (void)time_parse_interval(text, (enum time_unit)unit, (enum time_unit)unit, &us);
    enum time_unit unit;
    (void)time_unit_find(text, &unit);
    const struct zone *named;
    (void)zone_load(arena, text, &named, NULL);
}

static void check_numbers(struct str text)
{
    char print[NUMBER_I128_MAX + NUMBER_DOUBLE_MAX];
    bool ok, again;
    double value = number_parse_java_double(text.data, text.size, &ok);
    if (ok && value == value) {
        size_t n = number_print_java_double(value, print);
        require(number_parse_java_double(print, n, &again) == value && again,
                "a printed double reads back");
    }
    float single = number_parse_java_float(text.data, text.size, &ok);
    if (ok && single == single) {
        size_t n = number_print_java_float(single, print);
        require(number_parse_java_float(print, n, &again) == single && again,
                "a printed float reads back");
    }
    int64_t whole, whole_again;
    if (number_parse_i64(text.data, text.size, &whole)) {
        size_t n = number_print_i64(whole, print);
        require(number_parse_i64(print, n, &whole_again) && whole_again == whole,
                "a printed integer reads back");
        require(number_parse_blink_i64(text.data, text.size, &whole_again) && whole_again == whole,
                "a cast takes what is strictly an integer");
    }
    int128 exact, exact_again;
    if (decimal_parse(text, 38, 10, &exact)) {
        size_t n = decimal_print(exact, 10, print);
        require(decimal_parse(str_make(print, n), 38, 10, &exact_again) && exact_again == exact,
                "a printed decimal reads back");
    }
}

static void check_text(struct str text)
{
    buf_clear(&out);
    utf8_put_repaired(&out, text);
    require(utf8_valid(out.data, out.size), "repaired text is well formed");
    require(utf8_count(text) == utf8_count(buf_view(&out)), "repairing keeps the count");
    buf_clear(&out);
    utf8_put_upper(&out, text);
    utf8_put_lower(&out, text);
    require(utf8_valid(out.data, out.size), "upper and lower case are well formed");
    (void)utf8_width(text);
    buf_clear(&out);
    text_put_json_string(&out, text);
    require(utf8_valid(out.data, out.size), "a JSON string is well formed");
    buf_clear(&out);
    text_put_base64(&out, text);
    size_t encoded = out.size;
    char *copy = arena_alloc(arena, encoded);
    require(copy != NULL, "memory");
    if (encoded > 0)
        memcpy(copy, out.data, encoded);
    buf_clear(&out);
    require(text_put_base64_decoded(&out, str_make(copy, encoded)) && str_eq(buf_view(&out), text),
            "base64 reads back");
    buf_clear(&out);
    (void)text_put_base64_decoded(&out, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    setup();
    arena_reset(arena);
    if (size == 0 || size > 100000)
        return 0;
    enum datefmt_style style = (enum datefmt_style)(data[0] % 3);
    struct str rest = str_make((const char *)data + 1, size - 1);
    size_t line = str_find_byte(rest, '\n');
    struct str pattern = rest, text = rest;
    if (line != (size_t)-1) {
        pattern.size = line;
        text = str_make(rest.data + line + 1, rest.size - line - 1);
    }
    check_patterns(pattern, text, style);
    check_times(text);
    check_numbers(text);
    check_text(text);
    return 0;
}

#ifndef FUZZ_LIBFUZZER

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "could not open \"%s\"\n", path);
        return 1;
    }
    static uint8_t data[100001];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    return LLVMFuzzerTestOneInput(data, size);
}

static const char *const samples[] = {
    "0yyyy-MM-dd HH:mm:ss\n2020-08-06 16:35:49",
    "1EEE, dd MMM yyyy HH:mm:ss z\nThu, 06 Aug 2020 16:35:49 CST",
    "2yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]\n2020-08-06T16:35:49.123+08:00",
    "0YYYY-'W'ww-u\n2020-W32-4",
    "1yyyyMMddHHmmssSSS\n20200806163549123",
    "2yyyy-DDD\n2020-219",
    "0y\n-9223372036854775808",
    "1h a\n1.7976931348623157E308",
    "2G y MMMM d E\nAD 2020 August 6 Thu",
    "0W F E\n1 02:03:04.5",
    "1X\n+08:00",
    "2O\nGMT+8",
    "0d\n99999999999999999999999999999.9999999999",
    "1d\n0x1.8p-1022",
    "2d\nAmerica/New_York",
    "0d\n\xE4\xB8\xAD\xF0\x9F\x98\x80\xC3\x9F\xCE\xA3",
};

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int main(int argc, char **argv)
{
    int failed = 0;
    bool numbered = argc == 2 && argv[1][0] >= '0' && argv[1][0] <= '9';
    for (int i = 1; i < argc && !numbered; i++)
        failed |= replay(argv[i]);
    long runs = numbered ? strtol(argv[1], NULL, 10) : 20000;
    for (long run = 0; run < runs && (numbered || argc == 1); run++) {
        static const char likely_bytes[] = "0123456789-+:. /TZeEyMdHmsSXa'[]\n\x80\xFF";
        char input[256];
        const char *sample = samples[next_random() % countof(samples)];
        size_t size = strlen(sample);
        memcpy(input, sample, size);
        for (uint64_t changes = next_random() % 6; changes > 0; changes--) {
            size_t at = next_random() % size;
            char byte = next_random() % 8 ? likely_bytes[next_random() % sizeof likely_bytes]
                                          : (char)next_random();
            switch (next_random() % 3) {
            case 0:
                input[at] = byte;
                break;
            case 1:
                memmove(input + at, input + at + 1, --size - at);
                break;
            default:
                memmove(input + at + 1, input + at, size++ - at);
                input[at] = byte;
                break;
            }
        }
        failed |= LLVMFuzzerTestOneInput((const uint8_t *)input, size);
    }
    buf_done(&out);
    arena_destroy(arena);
    arena_destroy(zones);
    return failed;
}

#endif
