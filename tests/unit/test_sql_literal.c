/* test_sql_literal.c -- constants: what they are worth, and which are none. */
#include "sql/literal.h"

#include "base/arena.h"
#include "base/memory.h"
#include "sql/parse.h"
#include "support/check.h"

#include <stdio.h>

static struct arena *arena;
static struct error err;

static struct literal value(const char *sql)
{
    struct literal literal = { 0 };
    struct ast_node *node;
    err = (struct error){ 0 };
    if (CHECK_INT(sql_parse_expr(arena, str_of(sql), &node, &err), OK) &&
        CHECK_INT(node->kind, AST_LITERAL))
        CHECK_INT(literal_decode(arena, (struct ast_literal *)node, 0, &literal, &err), OK);
    if (err.code != OK)
        printf("    %s: %s\n", sql, err.message);
    return literal;
}

static const char *refused(const char *sql)
{
    struct ast_node *node;
    err = (struct error){ 0 };
    if (sql_parse_expr(arena, str_of(sql), &node, &err) == OK)
        return "accepted";
    return err.message;
}

static void test_strings(void)
{
    static const char *const cases[][2] = {
        { "'abc'", "abc" },
        { "''", "" },
        { "''''", "'" },
        { "'it''s'", "it's" },
        { "'a\\nb'", "a\\nb" },
        { "_UTF16'x'", "x" },
        { "_utf-16le'it''s'", "it's" },
        { "N'x'", "x" },
        { "U&'\\0041\\\\\\+01F600'", "A\\\xF0\x9F\x98\x80" },
        { "u&'\\d83d\\de00'", "\xF0\x9F\x98\x80" },
        { "'\xE6\xB5\x8B'", "\xE6\xB5\x8B" },
        { "'two\nlines'", "two\nlines" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct literal literal = value(cases[i][0]);
        CHECK_INT(literal.what, LIT_STRING);
        CHECK_SPAN(literal.text.data, literal.text.size, cases[i][1]);
    }
    CHECK_STR(refused("U&'\\00'"), "invalid Unicode escape in a string");
    CHECK_STR(refused("U&'\\d83d'"), "invalid Unicode escape in a string");
    CHECK_STR(refused("U&'\\0000'"), "invalid Unicode escape in a string");
    CHECK_STR(refused("U&'\\+110000'"), "invalid Unicode escape in a string");
}

static void test_blink_semicolon(void)
{
    struct str text;
    CHECK_INT(literal_decode_string(arena, STR("'a\\;b'"), 0, &text, &err), OK);
    CHECK_SPAN(text.data, text.size, "a\\;b");
    CHECK_INT(literal_decode_string(arena, STR("'a\\;b\\c'"), LITERAL_BLINK, &text, &err), OK);
    CHECK_SPAN(text.data, text.size, "a;b\\c");
    CHECK_INT(literal_decode_string(arena, STR("abc"), 0, &text, &err), E_SYNTAX);
    CHECK_INT(literal_decode_string(arena, STR("'"), 0, &text, &err), E_SYNTAX);
    CHECK_INT(literal_decode_string(arena, STR(""), 0, &text, &err), E_SYNTAX);
}

static void test_numbers(void)
{
    struct literal n = value("42");
    CHECK_INT(n.what, LIT_INTEGER);
    CHECK(n.fits_i64);
    CHECK_INT(n.integer, 42);
    CHECK_INT(n.precision, 2);
    CHECK_INT(n.scale, 0);

    n = value("-0042");
    CHECK_INT(n.integer, -42);
    CHECK_SPAN(n.text.data, n.text.size, "42");
    CHECK(n.negative && n.approx == -42);

    n = value("9223372036854775807");
    CHECK(n.fits_i64 && n.integer == INT64_MAX);
    n = value("-9223372036854775808");
    CHECK(n.fits_i64 && n.integer == INT64_MIN);
    n = value("9223372036854775808");
    CHECK(!n.fits_i64);
    CHECK_INT(n.precision, 19);
    n = value("-9223372036854775809");
    CHECK(!n.fits_i64);

    n = value("00");
    CHECK(n.fits_i64);
    CHECK_SPAN(n.text.data, n.text.size, "0");
    CHECK_INT(n.precision, 1);

    n = value("123.450");
    CHECK_INT(n.what, LIT_DECIMAL);
    CHECK_SPAN(n.text.data, n.text.size, "123450");
    CHECK_INT(n.precision, 6);
    CHECK_INT(n.scale, 3);
    CHECK(n.approx == 123.45);

    n = value("-.05");
    CHECK_SPAN(n.text.data, n.text.size, "5");
    CHECK_INT(n.precision, 2);
    CHECK_INT(n.scale, 2);
    CHECK(n.approx == -0.05);

    n = value("5.");
    CHECK_INT(n.scale, 0);
    CHECK_INT(n.precision, 1);

    n = value("1.5e-3");
    CHECK_INT(n.what, LIT_DOUBLE);
    CHECK(n.approx == 0.0015);
    n = value("-1E+2");
    CHECK(n.approx == -100);
}

static void test_binary(void)
{
    struct literal b = value("X'00fF'");
    CHECK_INT(b.what, LIT_BINARY);
    CHECK_MEM(b.text.data, "\x00\xFF", 2);
    CHECK_INT(b.text.size, 2);
    CHECK_INT(value("x''").text.size, 0);
    CHECK_STR(refused("X'0'"), "a binary string needs an even number of digits");
    CHECK_STR(refused("X'0g'"), "a binary string has hexadecimal digits only");
}

static void test_intervals(void)
{
    static const struct {
        const char *sql;
        int64_t months, us;
    } cases[] = {
        { "INTERVAL '1' SECOND", 0, 1000000 },
        { "INTERVAL '1.5' SECOND", 0, 1500000 },
        { "INTERVAL '0.0000019' SECOND(1, 6)", 0, 1 },
        { "INTERVAL '90' MINUTES", 0, 5400000000 },
        { "INTERVAL '2' HOUR", 0, 7200000000 },
        { "INTERVAL '100' DAY", 0, 8640000000000 },
        { "INTERVAL '1' WEEK", 0, 604800000000 },
        { "INTERVAL '250' MILLISECOND", 0, 250000 },
        { "INTERVAL -'1' DAY", 0, -86400000000 },
        { "INTERVAL '-1' DAY", 0, -86400000000 },
        { "INTERVAL -'-1' DAY", 0, 86400000000 },
        { "INTERVAL +' 1 ' DAY", 0, 86400000000 },
        { "INTERVAL '1 02:03:04.005' DAY TO SECOND(3)", 0, 93784005000 },
        { "INTERVAL '1 2' DAY TO HOUR", 0, 93600000000 },
        { "INTERVAL '02:03' HOUR TO MINUTE", 0, 7380000000 },
        { "INTERVAL '3:4' MINUTE TO SECOND", 0, 184000000 },
        { "INTERVAL '2' YEAR", 24, 0 },
        { "INTERVAL '1' QUARTER", 3, 0 },
        { "INTERVAL '1-2' YEAR TO MONTH", 14, 0 },
        { "INTERVAL '-1-2' YEAR TO MONTH", -14, 0 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct literal literal = value(cases[i].sql);
        CHECK_INT(literal.what, LIT_INTERVAL);
        CHECK_INT(literal.months, cases[i].months);
        CHECK_INT(literal.us, cases[i].us);
        CHECK_INT(literal.year_month, cases[i].months != 0);
    }
    static const char *const bad[] = {
        "INTERVAL '' DAY",
        "INTERVAL 'x' DAY",
        "INTERVAL '1.5' DAY",
        "INTERVAL '1 2 3' DAY TO HOUR",
        "INTERVAL '1 24' DAY TO HOUR",
        "INTERVAL '1:60' HOUR TO MINUTE",
        "INTERVAL '1-12' YEAR TO MONTH",
        "INTERVAL '1' DAY TO HOUR",
        "INTERVAL '99999999999999999999' SECOND",
        "INTERVAL '9999999999999999' DAY",
        "INTERVAL '1.' SECOND",
        "INTERVAL '123' DAY(2)",
        "INTERVAL '1' DECADE",
        "INTERVAL '1' HOUR TO DAY",
        "INTERVAL '1' NO_UNIT",
    };
    for (size_t i = 0; i < countof(bad); i++)
        if (!CHECK(refused(bad[i]) != NULL && err.code == E_SYNTAX && err.has_span))
            printf("    %s\n", bad[i]);
}

static void test_dates(void)
{
    struct literal d = value("DATE '2024-01-02'");
    CHECK_INT(d.what, LIT_DATE);
    CHECK_SPAN(d.text.data, d.text.size, "2024-01-02");
    d = value("TIMESTAMP '2024-01-02 03:04:05.678'");
    CHECK_INT(d.what, LIT_TIMESTAMP);
    CHECK_SPAN(d.text.data, d.text.size, "2024-01-02 03:04:05.678");
    CHECK_INT(value("TIME '10:00'").what, LIT_TIME);
    CHECK_INT(value("NULL").what, LIT_NULL);
    CHECK_INT(value("true").what, LIT_TRUE);
    CHECK_INT(value("False").what, LIT_FALSE);
}

static void test_out_of_memory(void)
{
    static const char *const texts[] = { "1.50", "'it''s'", "X'00'", "INTERVAL '1' DAY" };
    for (size_t i = 0; i < countof(texts); i++) {
        struct ast_node *node;
        if (!CHECK_INT(sql_parse_expr(arena, str_of(texts[i]), &node, &err), OK))
            continue;
        struct arena *own = arena_create();
        struct literal literal = { 0 };
        mem_fail_at(1);
        enum code code = literal_decode(own, (struct ast_literal *)node, 0, &literal, &err);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK_INT(code, pending ? OK : E_NOMEM);
        arena_destroy(own);
    }
}

int main(void)
{
    arena = arena_create();
    if (!CHECK(arena != NULL))
        return 1;
    RUN(test_strings);
    RUN(test_blink_semicolon);
    RUN(test_numbers);
    RUN(test_binary);
    RUN(test_intervals);
    RUN(test_dates);
    RUN(test_out_of_memory);
    arena_destroy(arena);
    return check_failed != 0;
}
