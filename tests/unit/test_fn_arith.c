/* + - * / % and the sign: numbers, DECIMALs, times. */
#include "fn_test.h"

static struct fn_test t;

static struct expr *d(const char *text)
{
    return fn_decimal(&t, text);
}

static struct expr *i(int64_t value)
{
    return fn_int(&t, value);
}

/* Against 128-bit arithmetic cut to the width. */
static void integers_wrap(void)
{
    static const int64_t edges[] = { INT64_MIN, INT64_MIN + 1, -3000000000, -7, -1, 0, 1, 2,
                                     7,         INT64_MAX };

    fn_open(&t, DIALECT_FLINK, "UTC");
    for (size_t a = 0; a < countof(edges); a++)
        for (size_t b = 0; b < countof(edges); b++) {
            struct expr *x = fn_typed(&t, &type_bigint, edges[a]);
            struct expr *y = fn_typed(&t, &type_bigint, edges[b]);
            int128 p = (int128)edges[a] * edges[b];
            int128 s = (int128)edges[a] + edges[b];
            int128 m = (int128)edges[a] - edges[b];
            CHECK_STR(FN_TEXT(&t, "+", x, y), arena_printf(t.arena, "%lld", (long long)s));
            CHECK_STR(FN_TEXT(&t, "-", x, y), arena_printf(t.arena, "%lld", (long long)m));
            CHECK_STR(FN_TEXT(&t, "*", x, y), arena_printf(t.arena, "%lld", (long long)p));
            if (edges[b] != 0) {
                int128 q = (int128)edges[a] / edges[b], r = (int128)edges[a] % edges[b];
                CHECK_STR(FN_TEXT(&t, "/", x, y), arena_printf(t.arena, "%lld", (long long)q));
                CHECK_STR(FN_TEXT(&t, "%", x, y), arena_printf(t.arena, "%lld", (long long)r));
            }
        }
    CHECK_STR(FN_TEXT(&t, "+", i(2147483647), i(1)), "-2147483648");
    CHECK_STR(
        FN_TEXT(&t, "*", fn_typed(&t, &type_smallint, 300), fn_typed(&t, &type_smallint, 300)),
        "24464");
    CHECK_STR(FN_TEXT(&t, "+", fn_typed(&t, &type_tinyint, 127), fn_typed(&t, &type_tinyint, 1)),
              "-128");
    CHECK_STR(FN_TEXT(&t, "NEGATE", i(-2147483648LL)), "-2147483648");
    fn_close(&t);
}

static void result_types(void)
{
    struct expr *columns[8];

    fn_open(&t, DIALECT_FLINK, "UTC");
    static const struct type *const types[] = { &type_tinyint, &type_int, &type_bigint, &type_float,
                                                &type_double };
    for (uint32_t k = 0; k < countof(types); k++)
        columns[k] = expr_column(t.arena, k, types[k], fn_span);
    CHECK_STR(fn_type(&t, FN_CALL(&t, "+", columns[0], columns[0])), "TINYINT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "+", columns[0], columns[1])), "INT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "*", columns[1], columns[2])), "BIGINT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "/", columns[1], columns[1])), "INT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "%", columns[2], columns[1])), "INT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "%", columns[1], columns[2])), "BIGINT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "+", columns[1], columns[3])), "FLOAT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "+", columns[1], d("1.5"))), "DECIMAL(12, 1)");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "+", columns[4], d("1.5"))), "DOUBLE");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "*", d("1.50"), d("2.5"))), "DECIMAL(6, 3)");
    /* A divisor that is a literal cannot fail; a column can. */
    CHECK(!(FN_CALL(&t, "/", columns[1], i(2))->flags & CALL_FAILS));
    CHECK(FN_CALL(&t, "/", columns[1], columns[0])->flags & CALL_FAILS);
    CHECK(FN_CALL(&t, "/", columns[1], i(0))->flags & CALL_FAILS);
    CHECK(!(FN_CALL(&t, "/", columns[4], columns[4])->flags & CALL_FAILS));
    fn_close(&t);
    fn_open(&t, DIALECT_BLINK, "UTC");
    columns[1] = expr_column(t.arena, 0, &type_int, fn_span);
    columns[2] = expr_column(t.arena, 0, &type_string, fn_span);
    CHECK_STR(fn_type(&t, FN_CALL(&t, "/", columns[1], columns[1])), "DOUBLE");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "+", columns[1], columns[2])), "INT");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "*", columns[2], d("0.1"))), "DOUBLE");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "-", columns[2], columns[2])), "DOUBLE");
    fn_close(&t);
}

static void division(void)
{
    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "/", i(-7), i(2)), "-3");
    CHECK_STR(FN_TEXT(&t, "%", i(-7), i(3)), "-1");
    CHECK_STR(FN_TEXT(&t, "/", i(1), i(0)), "error: division by zero");
    CHECK_STR(FN_TEXT(&t, "%", i(1), i(0)), "error: division by zero");
    CHECK_STR(FN_TEXT(&t, "/", d("1.5"), d("0.0")), "error: division by zero");
    CHECK_STR(FN_TEXT(&t, "/", fn_double(&t, 1), fn_double(&t, 0)), "Infinity");
    CHECK_STR(FN_TEXT(&t, "/", fn_double(&t, 0), i(0)), "NaN");
    CHECK_STR(FN_TEXT(&t, "%", fn_double(&t, 5.5), fn_double(&t, 2)), "1.5");
    CHECK_STR(FN_TEXT(&t, "/", i(1), fn_null(&t, &type_null)), "NULL");
    fn_close(&t);
    fn_open(&t, DIALECT_BLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "/", i(7), i(2)), "3.5");
    CHECK_STR(FN_TEXT(&t, "/", i(7), i(0)), "Infinity");
    CHECK_STR(FN_TEXT(&t, "%", i(7), i(0)), "NULL");
    CHECK_STR(FN_TEXT(&t, "/", d("1.5"), d("0.0")), "NULL");
    CHECK_STR(FN_TEXT(&t, "+", fn_str(&t, "3"), i(4)), "7");
    CHECK_STR(FN_TEXT(&t, "+", fn_str(&t, "x"), i(4)), "NULL");
    CHECK_STR(FN_TEXT(&t, "*", fn_str(&t, "2.5"), d("2.0")), "5.0");
    fn_close(&t);
    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "+", fn_str(&t, "3"), i(4)),
              "refused: operator + does not accept (STRING, INT)");
    CHECK_STR(FN_TEXT(&t, "+", fn_bool(&t, true), i(4)),
              "refused: operator + does not accept (BOOLEAN, INT)");
    fn_close(&t);
}

static void decimals(void)
{
    struct expr *wide;

    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "+", d("1.25"), d("2.5")), "3.75");
    CHECK_STR(FN_TEXT(&t, "-", d("1.25"), d("2.50")), "-1.25");
    CHECK_STR(FN_TEXT(&t, "*", d("1.25"), d("2.5")), "3.125");
    CHECK_STR(FN_TEXT(&t, "/", d("10.0"), d("4.0")), "2.500000");
    CHECK_STR(FN_TEXT(&t, "%", d("10.5"), d("4.0")), "2.5");
    CHECK_STR(FN_TEXT(&t, "+", i(1), d("0.5")), "1.5");
    CHECK_STR(FN_TEXT(&t, "NEGATE", d("1.5")), "-1.5");
    wide = fn_cast(&t, type_make(t.arena, TYPE_DECIMAL, 38, 0),
                   "99999999999999999999999999999999999999");
    CHECK_STR(FN_TEXT(&t, "+", wide, i(1)), "NULL");
    CHECK_STR(FN_TEXT(&t, "-", wide, i(1)), "99999999999999999999999999999999999998");
    fn_close(&t);
}

static struct expr *days(int64_t n)
{
    return fn_typed(&t, &type_interval_day, n * TIME_US_PER_DAY);
}

static struct expr *hours(int64_t n)
{
    return fn_typed(&t, &type_interval_day, n * TIME_US_PER_HOUR);
}

static struct expr *months(int64_t n)
{
    return fn_typed(&t, &type_interval_month, n);
}

static void times(void)
{
    struct expr *stamp, *day, *clock, *instant;

    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    stamp = fn_cast(&t, &type_timestamp3, "2020-01-31 10:00:00");
    instant = fn_cast(&t, &type_timestamp_ltz3, "2020-01-31 10:00:00");
    day = fn_cast(&t, &type_date, "2020-01-31");
    clock = fn_cast(&t, &type_time, "23:00:00");
    CHECK_STR(FN_TEXT(&t, "+", stamp, days(1)), "2020-02-01 10:00:00.000");
    CHECK_STR(FN_TEXT(&t, "+", days(1), stamp), "2020-02-01 10:00:00.000");
    CHECK_STR(FN_TEXT(&t, "-", stamp, months(2)), "2019-11-30 10:00:00.000");
    CHECK_STR(FN_TEXT(&t, "+", stamp, months(1)), "2020-02-29 10:00:00.000");
    CHECK_STR(FN_TEXT(&t, "-", instant, hours(11)), "2020-01-30 23:00:00.000");
    CHECK_STR(FN_TEXT(&t, "+", day, days(1)), "2020-02-01");
    CHECK_STR(FN_TEXT(&t, "+", day, hours(1)), "2020-01-31 01:00:00.000");
    CHECK_STR(FN_TEXT(&t, "-", day, months(1)), "2019-12-31");
    CHECK_STR(FN_TEXT(&t, "+", clock, hours(2)), "01:00:00");
    CHECK_STR(FN_TEXT(&t, "-", clock, hours(24)), "23:00:00");
    CHECK_STR(FN_TEXT(&t, "+", clock, months(5)), "23:00:00");
    CHECK_STR(FN_TEXT(&t, "+", days(1), hours(2)), "+1 02:00:00.000");
    CHECK_STR(FN_TEXT(&t, "-", months(1), months(3)), "-0-02");
    CHECK_STR(FN_TEXT(&t, "*", hours(2), i(3)), "+0 06:00:00.000");
    CHECK_STR(FN_TEXT(&t, "*", d("1.5"), hours(2)), "+0 03:00:00.000");
    CHECK_STR(FN_TEXT(&t, "/", hours(3), i(2)), "+0 01:30:00.000");
    CHECK_STR(FN_TEXT(&t, "/", hours(3), i(0)), "NULL");
    CHECK_STR(FN_TEXT(&t, "NEGATE", hours(3)), "-0 03:00:00.000");
    CHECK_STR(FN_TEXT(&t, "+", fn_cast(&t, &type_timestamp3, "9999-12-31 00:00:00"), days(2)),
              "NULL");
    CHECK_STR(FN_TEXT(&t, "-", stamp, stamp),
              "refused: operator - does not accept (TIMESTAMP(3), TIMESTAMP(3))");
    CHECK_STR(FN_TEXT(&t, "+", stamp, i(1)),
              "refused: operator + does not accept (TIMESTAMP(3), INT)");
    CHECK_STR(FN_TEXT(&t, "*", stamp, hours(1)),
              "refused: operator * does not accept (TIMESTAMP(3), INTERVAL DAY TO SECOND)");
    fn_close(&t);
}

static void columns_agree_with_rows(void)
{
    static const char *const ops[] = { "+", "-", "*", "/", "%" };

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    const struct type *d9 = type_make(t.arena, TYPE_DECIMAL, 9, 2);
    const struct type *d12 = type_make(t.arena, TYPE_DECIMAL, 12, 2);
    const struct type *d30 = type_make(t.arena, TYPE_DECIMAL, 30, 4);
    const struct type *const types[] = { &type_tinyint, &type_smallint, &type_int, &type_bigint,
                                         &type_float,   &type_double,   d9,        d12,
                                         d30,           &type_string };
    for (size_t a = 0; a < countof(types); a++)
        for (size_t b = 0; b < countof(types); b++)
            for (size_t op = 0; op < countof(ops); op++) {
                const struct type *pair[] = { types[a], types[b] };
                for (unsigned constants = 0; constants < 4; constants++)
                    fn_check_arrangement(&t, ops[op], pair, 2, constants, constants & 1);
            }
    for (size_t a = 0; a < countof(types); a++)
        FN_ROWS_OF(&t, "NEGATE", types[a]);
    FN_ROWS_OF(&t, "+", &type_timestamp3, &type_interval_day);
    FN_ROWS_OF(&t, "-", &type_blink_timestamp, &type_interval_month);
    FN_ROWS_OF(&t, "-", &type_date, &type_interval_month);
    FN_ROWS_OF(&t, "+", &type_time, &type_interval_day);
    FN_ROWS_OF(&t, "+", &type_interval_day, &type_interval_day);
    FN_ROWS_OF(&t, "*", &type_interval_month, &type_int);
    FN_ROWS_OF(&t, "/", &type_interval_day, &type_double);
    fn_close(&t);

    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    d9 = type_make(t.arena, TYPE_DECIMAL, 9, 2);
    d30 = type_make(t.arena, TYPE_DECIMAL, 30, 4);
    FN_ROWS_OF(&t, "/", &type_int, &type_bigint);
    FN_ROWS_OF(&t, "%", &type_bigint, &type_smallint);
    FN_ROWS_OF(&t, "/", d30, d9);
    FN_ROWS_OF(&t, "/", &type_double, &type_int);
    fn_close(&t);
}

int main(void)
{
    RUN(integers_wrap);
    RUN(result_types);
    RUN(division);
    RUN(decimals);
    RUN(times);
    RUN(columns_agree_with_rows);
    return check_failed != 0;
}
