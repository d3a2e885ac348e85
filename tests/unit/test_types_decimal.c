/* test_types_decimal.c -- DECIMAL against BigDecimal, and the edges of 38 digits. */
#include "support/check.h"
#include "types/decimal.h"
#include "vectors_decimal.h"

#include <math.h>
#include <stdio.h>

static int128 number(const char *text)
{
    int128 value = 0;
    CHECK(decimal_parse(str_of(text), 38, 0, &value));
    return value;
}

static const char *text_of(bool ok, int128 value, int scale)
{
    static char text[DECIMAL_TEXT_MAX + 1];
    if (!ok)
        return "NULL";
    text[decimal_print(value, scale, text)] = '\0';
    return text;
}

static void arithmetic(void)
{
    for (size_t i = 0; i < countof(java_decimals); i++) {
        int128 a = number(java_decimals[i].a), b = number(java_decimals[i].b), r = 0;
        int p1 = java_decimals[i].p1, s1 = java_decimals[i].s1;
        int p2 = java_decimals[i].p2, s2 = java_decimals[i].s2;
        int p = 0, s = 0;
        bool ok = false;
        switch (java_decimals[i].op) {
        case '+':
            decimal_type_add(p1, s1, p2, s2, &p, &s);
            ok = decimal_add(a, s1, b, s2, p, s, &r);
            break;
        case '-':
            decimal_type_add(p1, s1, p2, s2, &p, &s);
            ok = decimal_sub(a, s1, b, s2, p, s, &r);
            break;
        case '*':
            decimal_type_mul(p1, s1, p2, s2, &p, &s);
            ok = decimal_mul(a, s1, b, s2, p, s, &r);
            break;
        case '/':
            decimal_type_div(p1, s1, p2, s2, &p, &s);
            ok = decimal_div(a, s1, b, s2, p, s, &r);
            break;
        default:
            decimal_type_mod(p1, s1, p2, s2, &p, &s);
            ok = decimal_mod(a, s1, b, s2, p, s, &r);
            break;
        }
        CHECK_INT(p, java_decimals[i].p);
        CHECK_INT(s, java_decimals[i].s);
        if (!CHECK_STR(text_of(ok, r, s), java_decimals[i].result))
            fprintf(stderr, "case %zu, operation %c\n", i, java_decimals[i].op);
        CHECK_INT(decimal_compare(a, s1, b, s2), java_decimals[i].order);
    }
}

static void parsing(void)
{
    for (size_t i = 0; i < countof(java_decimal_texts); i++) {
        int128 r = 0;
        bool ok = decimal_parse(str_of(java_decimal_texts[i].text), java_decimal_texts[i].p,
                                java_decimal_texts[i].s, &r);
        if (!CHECK_STR(text_of(ok, r, java_decimal_texts[i].s), java_decimal_texts[i].result))
            fprintf(stderr, "text \"%s\"\n", java_decimal_texts[i].text);
    }
    static const char *const wrong[] = { "",   " ",   ".",   "-",     "+",   "e5",  "1e",   "1e+",
                                         "1a", "1 2", "--1", "1.2.3", "0x1", "NaN", "1e5.0" };
    for (size_t i = 0; i < countof(wrong); i++) {
        int128 r = 42;
        CHECK(!decimal_parse(str_of(wrong[i]), 38, 5, &r));
        CHECK(r == 42);
    }
    static const struct {
        const char *text;
        const char *result;
    } forms[] = {
        { " 1.5\t", "1.50" },
        { "+.5", "0.50" },
        { "5.", "5.00" },
        { "-0", "0.00" },
        { "1e3", "1000.00" },
        { "12345e-4", "1.23" },
        { "1.005", "1.01" },
        { "-1.005", "-1.01" },
        { "1.0049999999999999999999999999999999999999999999999999999999999999999999999999999",
          "1.00" },
        { "0e999999999999", "0.00" },
        { "1e-999999999999", "0.00" },
        { "1e999999999999", "NULL" },
        { "99999999.994", "99999999.99" },
        { "99999999.995", "NULL" },
        { "000000000000000000000000000000000000000000000000000000000000000000000000000001",
          "1.00" },
    };
    for (size_t i = 0; i < countof(forms); i++) {
        int128 r = 0;
        bool ok = decimal_parse(str_of(forms[i].text), 10, 2, &r);
        CHECK_STR(text_of(ok, r, 2), forms[i].result);
    }
}

static void rounding(void)
{
    for (size_t i = 0; i < countof(java_roundings); i++) {
        int s = java_roundings[i].s, digits = java_roundings[i].digits;
        int128 value = number(java_roundings[i].value);
        const char *want[4] = { java_roundings[i].half_up, java_roundings[i].down,
                                java_roundings[i].floor, java_roundings[i].ceil };
        int ret_scale = digits >= s ? s : MAX(digits, 0);
        for (int k = 0; k < 4; k++) {
            int128 r = 0;
            bool ok = decimal_round(value, s, digits, (enum decimal_rounding)k, ret_scale, &r);
            if (!CHECK_STR(text_of(ok, r, ret_scale), want[k]))
                fprintf(stderr, "case %zu, rounding %d\n", i, k);
        }
        CHECK(decimal_to_double(value, s) == java_roundings[i].as_double);
    }
    int128 r;
    CHECK(decimal_round(99, 0, -100, DECIMAL_HALF_UP, 0, &r) && r == 0);
    CHECK(!decimal_round(99, 0, -100, DECIMAL_CEIL, 0, &r));
    CHECK(decimal_round(15, 1, 0, DECIMAL_HALF_UP, 0, &r) && r == 2);
    CHECK(decimal_round(-15, 1, 0, DECIMAL_HALF_UP, 0, &r) && r == -2);
}

static void types(void)
{
    int p, s;
    decimal_type_sum(10, 2, &p, &s);
    CHECK(p == 38 && s == 2);
    decimal_type_avg(10, 2, &p, &s);
    CHECK(p == 38 && s == 6);
    decimal_type_avg(20, 10, &p, &s);
    CHECK(p == 38 && s == 10);
    decimal_type_round(10, 4, 2, &p, &s);
    CHECK(p == 9 && s == 2);
    decimal_type_round(10, 4, 9, &p, &s);
    CHECK(p == 10 && s == 4);
    decimal_type_round(10, 4, -1, &p, &s);
    CHECK(p == 7 && s == 0);
    decimal_type_add(38, 8, 32, 8, &p, &s);
    CHECK(p == 38 && s == 7); /* the whole digits are kept */
    decimal_type_common(10, 2, 19, 0, &p, &s);
    CHECK(p == 21 && s == 2);
}

static void edges(void)
{
    int128 most = decimal_power(38) - 1, r;
    CHECK(decimal_fits(most, 38) && !decimal_fits(most, 37) && decimal_fits(-most, 38));
    CHECK(!decimal_add(most, 0, 1, 0, 38, 0, &r));
    CHECK(!decimal_add(most, 0, most, 0, 38, 0, &r));
    CHECK(decimal_sub(most, 0, most, 0, 38, 0, &r) && r == 0);
    CHECK(decimal_add(most, 38, most, 0, 38, 0, &r) == false);
    CHECK(decimal_mul(most, 38, most, 38, 38, 38, &r) && r == most - 1);
    CHECK(decimal_div(most, 0, most, 0, 38, 6, &r) && r == 1000000);
    CHECK(decimal_div(1, 0, most, 0, 38, 38, &r) && r == 1);
    CHECK(decimal_div(1, 38, most, 0, 38, 38, &r) && r == 0);
    CHECK(!decimal_div(most, 0, 1, 38, 38, 0, &r));
    CHECK(!decimal_div(1, 0, 0, 0, 38, 6, &r));
    CHECK(!decimal_mod(1, 0, 0, 0, 38, 6, &r));
    CHECK(decimal_mod(most, 0, 7, 38, 38, 38, &r) && r >= 0 && r < 7);
    CHECK(decimal_mod(-7, 0, 3, 0, 5, 0, &r) && r == -1);
    CHECK(decimal_compare(most, 0, most, 38) > 0);
    CHECK(decimal_compare(-most, 0, -most, 38) < 0);
    CHECK(decimal_compare(0, 0, 0, 38) == 0);
    CHECK(decimal_compare(-1, 38, 1, 0) < 0);
    CHECK(!decimal_rescale(most, 0, 38, 1, &r));
    CHECK(decimal_rescale(most, 38, 38, 0, &r) && r == 1);
    CHECK(decimal_rescale(5, 1, 1, 0, &r) && r == 1);
    CHECK(decimal_rescale(-5, 1, 1, 0, &r) && r == -1);
    CHECK(decimal_rescale(4, 1, 1, 0, &r) && r == 0);
    CHECK_STR(text_of(true, -most, 38), "-0.99999999999999999999999999999999999999");
    CHECK_STR(text_of(true, -5, 2), "-0.05");
    CHECK_STR(text_of(true, 0, 3), "0.000");
}

/* a*b + r = c, and (a*b)/b = a, for numbers of all sizes. */
static void identities(void)
{
    uint64_t state = 42;
    for (int i = 0; i < 5000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int128 a = (int128)(state >> (i % 50)) * ((i & 1) ? 1 : -1);
        state = state * 6364136223846793005u + 1442695040888963407u;
        int128 b = (int128)(state >> (i % 61 + 2)) + 1;
        int128 product, back, rest;
        if (!decimal_mul(a, 0, b, 0, 38, 0, &product))
            continue;
        CHECK(product == a * b);
        CHECK(decimal_div(product, 0, b, 0, 38, 0, &back) && back == a);
        CHECK(decimal_mod(product + 1, 0, b, 0, 38, 0, &rest) && rest == (product + 1) % b);
    }
}

static void other_numbers(void)
{
    int128 r;
    int64_t whole;
    CHECK(decimal_from_i64(-5, 10, 2, &r) && r == -500);
    CHECK(!decimal_from_i64(INT64_MAX, 20, 2, &r));
    CHECK(decimal_from_double(0.1, 10, 2, &r) && r == 10);
    CHECK(decimal_from_double(2.675, 10, 2, &r) && r == 268); /* by its shortest text */
    CHECK(decimal_from_double(1e20, 38, 0, &r) && r == decimal_power(20));
    CHECK(!decimal_from_double(1e39, 38, 0, &r));
    CHECK(!decimal_from_double(NAN, 38, 0, &r) && !decimal_from_double(INFINITY, 38, 0, &r));
    CHECK(decimal_to_i64(-1999, 3, &whole) && whole == -1);
    CHECK(decimal_to_i64((int128)INT64_MAX * 100 + 99, 2, &whole) && whole == INT64_MAX);
    CHECK(!decimal_to_i64((int128)INT64_MAX + 1, 0, &whole));
    CHECK(decimal_to_double(-125, 2) == -1.25);
    CHECK(decimal_to_double(decimal_power(37), 0) == 1e37);
}

int main(void)
{
    RUN(arithmetic);
    RUN(parsing);
    RUN(rounding);
    RUN(types);
    RUN(edges);
    RUN(identities);
    RUN(other_numbers);
    return check_failed != 0;
}
