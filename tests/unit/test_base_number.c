/* test_base_number.c -- numbers as text: Java's layout, shortest digits, exact rounding. */
#include "base/number.h"

#include "base/memory.h"
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 88172645463325252u;

static uint64_t random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static const char *double_text(double value)
{
    static char text[NUMBER_DOUBLE_MAX + 1];
    text[number_print_java_double(value, text)] = '\0';
    return text;
}

static const char *float_text(float value)
{
    static char text[NUMBER_DOUBLE_MAX + 1];
    text[number_print_java_float(value, text)] = '\0';
    return text;
}

static void double_layout(void)
{
    /* Java 19 and later, where the shortest digits are right for all of these. */
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0.0, "0.0" },
        { -0.0, "-0.0" },
        { 1.0, "1.0" },
        { 100.0, "100.0" },
        { 1234567.0, "1234567.0" },
        { 9999999.0, "9999999.0" },
        { 9999999.999, "9999999.999" },
        { 1e7, "1.0E7" },
        { 12345678.9, "1.23456789E7" },
        { 1e10, "1.0E10" },
        { 0.001, "0.001" },
        { 0.002, "0.002" },
        { 0.00123, "0.00123" },
        { 0.0009999, "9.999E-4" },
        { 1e-5, "1.0E-5" },
        { 0.1, "0.1" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0 / 3, "0.3333333333333333" },
        { 2.0 / 3, "0.6666666666666666" },
        { 1e21, "1.0E21" },
        { 1e22, "1.0E22" },
        { 1e23, "1.0E23" },
        { 2e23, "2.0E23" },
        { 9007199254740992.0, "9.007199254740992E15" },
        { 123456789012345678.0, "1.2345678901234568E17" },
        { 4.9e-324, "4.9E-324" },
        { 9.9e-324, "9.9E-324" },
        { 2.2250738585072014e-308, "2.2250738585072014E-308" },
        { 1.7976931348623157e308, "1.7976931348623157E308" },
        { -3.5, "-3.5" },
        { INFINITY, "Infinity" },
        { -INFINITY, "-Infinity" },
        { NAN, "NaN" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        CHECK_STR(double_text(cases[i].value), cases[i].text);
}

static void float_layout(void)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        { 0.0f, "0.0" },
        { 0.1f, "0.1" },
        { 3.3f, "3.3" },
        { 1e10f, "1.0E10" },
        { 16777216.0f, "1.6777216E7" },
        { 0.001f, "0.001" },
        { 1.4e-45f, "1.4E-45" },
        { 1.17549435e-38f, "1.1754944E-38" },
        { 3.4028235e38f, "3.4028235E38" },
        { -2.5f, "-2.5" },
        { NAN, "NaN" },
        { -INFINITY, "-Infinity" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        CHECK_STR(float_text(cases[i].value), cases[i].text);
}

/* Significant digits in a text. */
static int digits_of(const char *text)
{
    int digits = 0, zeros = 0;
    for (; *text && *text != 'E'; text++) {
        if (*text < '0' || *text > '9' || (digits == 0 && *text == '0'))
            continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

static void doubles_are_shortest(void)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_u64();
        double value;
        if (i % 2)
            memcpy(&value, &bits, sizeof value);
        else
            value = (double)(bits % 10000000000) / (double)(1 + bits % 977);
        if (!isfinite(value))
            continue;
        const char *text = double_text(value);
        bool ok;
        double back = number_parse_java_double(text, strlen(text), &ok);
        if (!CHECK(ok && back == value && strtod(text, NULL) == value))
            fprintf(stderr, "%a as %s\n", value, text);
        char plain[64];
        int fewest = 1;
        for (; fewest < 17; fewest++) {
            snprintf(plain, sizeof plain, "%.*e", fewest - 1, value);
            if (strtod(plain, NULL) == value)
                break;
        }
        /* With one digit Java looks for the best of two. */
        int digits = digits_of(text);
        if (!CHECK(digits == fewest || (fewest == 1 && digits == 2)))
            fprintf(stderr, "%s, but %s\n", text, plain);
    }
}

static void floats_come_back(void)
{
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)random_u64();
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        const char *text = float_text(value);
        bool ok;
        float back = number_parse_java_float(text, strlen(text), &ok);
        if (!CHECK(ok && back == value && strtof(text, NULL) == value))
            fprintf(stderr, "%a as %s\n", (double)value, text);
    }
}

/* strtod of the C library is the reference for texts of every shape. */
static void texts_round_correctly(void)
{
    for (int i = 0; i < 50000; i++) {
        char text[96];
        uint64_t a = random_u64(), b = random_u64();
        int n = snprintf(text, sizeof text, "%s%llu.%llue%d", i % 3 ? "" : "-",
                         (unsigned long long)(i % 2 ? a : a % 1000),
                         (unsigned long long)(b % 1000000000000), (int)(a >> 54) % 660 - 340);
        bool ok, ok_float;
        double got = number_parse_double(text, (size_t)n, &ok);
        float got_float = number_parse_java_float(text, (size_t)n, &ok_float);
        if (!CHECK(ok && got == strtod(text, NULL)) ||
            !CHECK(ok_float && got_float == strtof(text, NULL)))
            fprintf(stderr, "%s\n", text);
    }
}

static void halfway_cases(void)
{
    /* 2^53 + 1 lies between two doubles; a digit far behind decides. */
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        { "9007199254740993", 9007199254740992.0 },
        { "9007199254740993.0000000000000000000000000000000000001", 9007199254740994.0 },
        { "9007199254740992.9999999999999999999999999999999999999", 9007199254740992.0 },
        { "1.00000000000000011102230246251565404236316680908203125", 1.0 },
        { "1.00000000000000011102230246251565404236316680908203126", 1.0000000000000002 },
        { "2.4703282292062327e-324", 0.0 },
        { "2.4703282292062328e-324", 4.9e-324 },
        { "1.7976931348623158e308", 1.7976931348623157e308 },
        { "1.7976931348623159e308", INFINITY },
        { "0.000000000000000000000000000000000000000000000000001e51", 1.0 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bool ok;
        CHECK(number_parse_double(cases[i].text, strlen(cases[i].text), &ok) == cases[i].value);
        CHECK(ok);
    }
}

static void very_long_texts(void)
{
    enum { SIZE = 5000 };
    static char text[SIZE];
    bool ok;
    /* 1 and 4,999 zeros, with the exponent that takes them back. */
    text[0] = '1';
    memset(text + 1, '0', SIZE - 1);
    memcpy(text + SIZE - 6, "e-4990", 6);
    CHECK(number_parse_double(text, SIZE, &ok) == 1e3);
    CHECK(ok);
    /* A halfway case whose last digit is a thousand places behind. */
    memset(text, '0', SIZE);
    memcpy(text, "9007199254740993.", 17);
    CHECK(number_parse_double(text, SIZE, &ok) == 9007199254740992.0);
    text[SIZE - 1] = '1';
    CHECK(number_parse_double(text, SIZE, &ok) == 9007199254740994.0);
    memset(text, '9', SIZE);
    CHECK(isinf(number_parse_double(text, SIZE, &ok)));
    CHECK(ok);
}

static void java_forms(void)
{
    static const struct {
        const char *text;
        bool ok;
        double value;
    } cases[] = {
        { " 1.5d ", true, 1.5 },
        { "1f", true, 1 },
        { "1D", true, 1 },
        { "-Infinity", true, -INFINITY },
        { "+Infinity", true, INFINITY },
        { "infinity", false, 0 },
        { "Infinityd", false, 0 },
        { "0x1.8p3", true, 12 },
        { "0x1p-2f", true, 0.25 },
        { "-0X.8P1d", true, -1 },
        { "0x1.8", false, 0 },
        { "0x", false, 0 },
        { "1d.5", false, 0 },
        { ".5", true, 0.5 },
        { "5.", true, 5 },
        { ".", false, 0 },
        { "", false, 0 },
        { "  ", false, 0 },
        { "-", false, 0 },
        { "1e", false, 0 },
        { "1e+", false, 0 },
        { "e5", false, 0 },
        { "d", false, 0 },
        { "1 2", false, 0 },
        { "1_0", false, 0 },
        { "1,5", false, 0 },
        { "1e999", true, INFINITY },
        { "-1e-999", true, 0 },
        { "1e99999999999999999999", true, INFINITY },
        { "0e99999999999999999999", true, 0 },
        { "\t1\n", true, 1 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        bool ok;
        double got = number_parse_java_double(cases[i].text, strlen(cases[i].text), &ok);
        if (!CHECK(ok == cases[i].ok) || !CHECK(got == cases[i].value))
            fprintf(stderr, "text \"%s\" gave %g\n", cases[i].text, got);
    }
    bool ok;
    CHECK(isnan(number_parse_java_double("NaN", 3, &ok)) && ok);
    CHECK(signbit(number_parse_java_double("-0.0", 4, &ok)) && ok);
    (void)number_parse_double(" 1", 2, &ok);
    CHECK(!ok);
    (void)number_parse_double("1d", 2, &ok);
    CHECK(!ok);
}

static void check_i64(bool (*parse)(const char *, size_t, int64_t *), const char *text, bool ok,
                      int64_t value)
{
    /* A copy of the exact size, so that a sanitizer sees reads behind it. */
    size_t n = strlen(text);
    char *copy = mem_alloc(n + 1);
    memcpy(copy, text, n);
    int64_t got = 77;
    bool did = parse(copy + (n == 0), n, &got);
    if (!CHECK(did == ok) || !CHECK_INT(got, ok ? value : 77))
        fprintf(stderr, "text \"%s\"\n", text);
    mem_free(copy);
}

static void strict_integers(void)
{
    check_i64(number_parse_i64, "0", true, 0);
    check_i64(number_parse_i64, "-0", true, 0);
    check_i64(number_parse_i64, "+5", true, 5);
    check_i64(number_parse_i64, "12345678", true, 12345678);
    check_i64(number_parse_i64, "123456789", true, 123456789);
    check_i64(number_parse_i64, "1234567890123456", true, 1234567890123456);
    check_i64(number_parse_i64, "9223372036854775807", true, INT64_MAX);
    check_i64(number_parse_i64, "-9223372036854775808", true, INT64_MIN);
    check_i64(number_parse_i64, "9223372036854775808", false, 0);
    check_i64(number_parse_i64, "-9223372036854775809", false, 0);
    check_i64(number_parse_i64, "18446744073709551616", false, 0);
    check_i64(number_parse_i64, "99999999999999999999", false, 0);
    check_i64(number_parse_i64, "000000000000000000000000000012", true, 12);
    static const char *const wrong[] = {
        "",    "-",   "+",         " 1",       "1 ",
        "1.0", "a",   "1234567a",  "a1234567", "1234/678",
        "--1", "+-1", "12345678:", "1e3",      "123456781234567x"
    };
    for (size_t i = 0; i < countof(wrong); i++)
        check_i64(number_parse_i64, wrong[i], false, 0);
    /* Every byte that is no digit, at every place of a word of eight. */
    for (int place = 0; place < 8; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[8];
            memset(text, '5', 8);
            text[place] = (char)byte;
            int64_t value;
            bool sign = place == 0 && (byte == '-' || byte == '+');
            bool want = (byte >= '0' && byte <= '9') || sign;
            CHECK_INT(number_parse_i64(text, 8, &value), want);
        }
    }
}

static void integers_of_casts(void)
{
    check_i64(number_parse_blink_i64, " 12.7 ", true, 12);
    check_i64(number_parse_blink_i64, "12.", true, 12);
    check_i64(number_parse_blink_i64, ".", true, 0);
    check_i64(number_parse_blink_i64, "-.5", true, 0);
    check_i64(number_parse_blink_i64, "-12.99", true, -12);
    check_i64(number_parse_blink_i64, "+7", true, 7);
    check_i64(number_parse_blink_i64, "  305", true, 305);
    check_i64(number_parse_blink_i64, "03", true, 3);
    check_i64(number_parse_blink_i64, "0000000000000000000000000000007.9", true, 7);
    check_i64(number_parse_blink_i64, "9223372036854775807.9", true, INT64_MAX);
    check_i64(number_parse_blink_i64, "-9223372036854775808.1", true, INT64_MIN);
    static const char *const wrong[] = { "",     " ",   "+",   "-",   "1e3", "1.2.3",
                                         "1 2",  "--1", "\t1", "abc", "1.a", "9223372036854775808",
                                         "0x10", "- 1" };
    for (size_t i = 0; i < countof(wrong); i++)
        check_i64(number_parse_blink_i64, wrong[i], false, 0);
}

static void integers_to_text(void)
{
    char text[NUMBER_I128_MAX], want[NUMBER_I128_MAX];
    for (int i = 0; i < 2000; i++) {
        int64_t value = (int64_t)(random_u64() >> (i % 64)) * (i % 2 ? 1 : -1);
        int n = snprintf(want, sizeof want, "%lld", (long long)value);
        CHECK_INT(number_print_i64(value, text), n);
        CHECK_MEM(text, want, (size_t)n);
        CHECK_INT(number_print_i128(value, text), n);
        CHECK_MEM(text, want, (size_t)n);
    }
    CHECK_SPAN(text, number_print_i64(INT64_MIN, text), "-9223372036854775808");
    CHECK_SPAN(text, number_print_u64(UINT64_MAX, text), "18446744073709551615");
    int128 big = (int128)INT64_C(10000000000) * INT64_C(10000000000) * INT64_C(1000000000);
    CHECK_SPAN(text, number_print_i128(big, text), "100000000000000000000000000000");
    CHECK_SPAN(text, number_print_i128(-big - 5, text), "-100000000000000000000000000005");
    int128 least = (int128)((uint128)1 << 127);
    CHECK_SPAN(text, number_print_i128(least, text), "-170141183460469231731687303715884105728");
}

int main(void)
{
    RUN(double_layout);
    RUN(float_layout);
    RUN(doubles_are_shortest);
    RUN(floats_come_back);
    RUN(texts_round_correctly);
    RUN(halfway_cases);
    RUN(very_long_texts);
    RUN(java_forms);
    RUN(strict_integers);
    RUN(integers_of_casts);
    RUN(integers_to_text);
    return check_failed != 0;
}
