/* Functions of dates and times: the clock, patterns, fields, arithmetic. */
#include "base/clock.h"
#include "fn_test.h"

static struct fn_test t;

static struct expr *s(const char *text)
{
    return fn_str(&t, text);
}

static struct expr *i(int64_t value)
{
    return fn_int(&t, value);
}

static struct expr *stamp(const char *text)
{
    return fn_cast(&t, &type_timestamp3, text);
}

static struct expr *instant(const char *text)
{
    return fn_cast(
        &t, t.env.dialect == DIALECT_BLINK ? &type_blink_timestamp : &type_timestamp_ltz3, text);
}

static struct expr *date(const char *text)
{
    return fn_cast(&t, &type_date, text);
}

/* 2020-08-06T16:35:49.123456Z is in Shanghai already the next day. */
static void the_clock(void)
{
    struct clock clock = { .standing = true, .standing_us = 1596731749123456 };

    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    t.clock = &clock;
    CHECK_STR(FN_TEXT(&t, "NOW", NULL), "2020-08-07 00:35:49.123");
    CHECK_STR(FN_TEXT(&t, "CURRENT_TIMESTAMP", NULL), "2020-08-07 00:35:49.123");
    CHECK_STR(FN_TEXT(&t, "LOCALTIMESTAMP", NULL), "2020-08-07 00:35:49.123");
    CHECK_STR(FN_TEXT(&t, "CURRENT_DATE", NULL), "2020-08-07");
    CHECK_STR(FN_TEXT(&t, "CURRENT_TIME", NULL), "00:35:49");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", NULL), "1596731749");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "NOW", NULL)), "TIMESTAMP_LTZ(3)");
    CHECK(FN_CALL(&t, "PROCTIME", NULL)->type->time_attribute);
    /* Not folded: the clock may move between batches. */
    CHECK(FN_CALL(&t, "NOW", NULL)->kind == EXPR_CALL);
    CHECK(FN_CALL(&t, "NOW", NULL)->flags & CALL_DYNAMIC);
    fn_close(&t);

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    t.clock = &clock;
    CHECK_STR(FN_TEXT(&t, "NOW", NULL), "1596731749");
    CHECK_STR(FN_TEXT(&t, "NOW", i(100)), "1596731849");
    CHECK_STR(FN_TEXT(&t, "NOW", fn_null(&t, &type_null)), "NULL");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "CURRENT_TIMESTAMP", NULL)), "TIMESTAMP");
    CHECK_STR(FN_TEXT(&t, "CURRENT_TIMESTAMP", NULL), "2020-08-07 00:35:49.123");
    fn_close(&t);
}

static void blink_texts(void)
{
    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", i(0)), "1970-01-01 08:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", i(1596702949123)), "2020-08-06 16:35:49.123");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", fn_typed(&t, &type_bigint, INT64_MAX)), "NULL");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("2020-08-06 16:35:49")), "2020-08-06 16:35:49.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("2020-08-06 16:35:49.5xx")), "2020-08-06 16:35:49.500");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("soon")), "NULL");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("06/08/2020"), s("dd/MM/yyyy")),
              "2020-08-06 00:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("x"), s("dd/MM/yyyy")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("2020-08-06 16:35:49"), s("yyyyMMddHH")), "2020080616");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("2020-13-01 10:00:00.123"), s("yyyy-MM-dd")),
              "2021-01-01");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("2020-01-01"), s("yyyy")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("1596702949"), s("yyyy")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("20200806"), s("yyyyMMdd"), s("yyyy-MM-dd")),
              "2020-08-06");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", instant("2020-08-06 16:35:49"), s("HH:mm")), "16:35");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", instant("2020-08-06 16:35:49"), s("bad pattern j")),
              "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", fn_null(&t, &type_string), s("yyyy")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT_TZ", i(0), s("HH:mm"), s("Asia/Tokyo")),
              "refused: function DATE_FORMAT_TZ does not accept (INT, STRING, STRING)");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT_TZ", FN_CALL(&t, "TO_TIMESTAMP", i(0)), s("HH:mm"),
                      s("Asia/Tokyo")),
              "09:00");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_TZ", s("1970-01-01 09:00:00"), s("Asia/Tokyo")),
              "1970-01-01 08:00:00.000");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", s("1970-01-01 08:00:07")), "7");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", s("never")), "NULL");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", instant("1970-01-01 08:00:07")), "7");
    CHECK_STR(FN_TEXT(&t, "FROM_UNIXTIME", i(7)), "1970-01-01 08:00:07");
    CHECK_STR(FN_TEXT(&t, "FROM_UNIXTIME", i(7), s("HH")), "08");
    CHECK_STR(FN_TEXT(&t, "FROM_UNIXTIME", fn_typed(&t, &type_bigint, INT64_MAX)), "NULL");
    CHECK_STR(FN_TEXT(&t, "TO_DATE", i(100)), "1970-04-11");
    CHECK_STR(FN_TEXT(&t, "TO_DATE", s("2017-09-15")), "2017-09-15");
    CHECK_STR(FN_TEXT(&t, "TO_DATE", s("15.09.2017"), s("dd.MM.yyyy")), "2017-09-15");
    CHECK_STR(FN_TEXT(&t, "TO_DATE", s("x")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATEDIFF", s("2017-10-15 10:00:00"), s("2017-09-15")), "30");
    CHECK_STR(FN_TEXT(&t, "DATEDIFF", instant("2017-10-15 01:00:00"), s("2017-10-14 23:00:00")),
              "1");
    CHECK_STR(FN_TEXT(&t, "DATEDIFF", s("x"), s("2017-10-14")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_ADD", s("2017-09-15 10:00:00"), i(30)), "2017-10-15");
    CHECK_STR(FN_TEXT(&t, "DATE_SUB", instant("2017-10-15 01:00:00"), i(30)), "2017-09-15");
    CHECK_STR(FN_TEXT(&t, "HOUR", s("2020-08-06 16:35:49")), "16");
    fn_close(&t);
}

static void flink_texts(void)
{
    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("2020-08-06 16:35:49.1234")),
              "2020-08-06 16:35:49.123");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("2020-08-06")), "2020-08-06 00:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("2020-08-06T16:35:49")), "NULL");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("06/08/2020"), s("dd/MM/yyyy")),
              "2020-08-06 00:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", i(0)),
              "refused: function TO_TIMESTAMP does not accept (INT)");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP", s("x"), s("j")), "refused: wrong pattern \"j\"");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", i(100), i(0)), "1970-01-01 08:01:40.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", i(100), i(3)), "1970-01-01 08:00:00.100");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", i(100)), "1970-01-01 08:00:00.100");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", fn_double(&t, 1.5), i(0)), "1970-01-01 08:00:01.500");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", fn_decimal(&t, "1500.9"), i(3)),
              "1970-01-01 08:00:01.500");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", i(100), i(6)),
              "refused: precision 6 is neither 0 (seconds) nor 3 (milliseconds)");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", s("1970-01-01 00:00:00")), "1970-01-01 08:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", s("01.01.1970"), s("dd.MM.yyyy"), s("Asia/Tokyo")),
              "1969-12-31 23:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TO_TIMESTAMP_LTZ", fn_typed(&t, &type_bigint, INT64_MAX), i(3)), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", stamp("2020-08-06 16:35:49"), s("yyyyMMddHH")),
              "2020080616");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", instant("2020-08-06 16:35:49"), s("HH:mm:ss.SSS")),
              "16:35:49.000");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("2020-08-06 16:35:49"), s("yyyy/MM/dd")), "2020/08/06");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("x"), s("yyyy/MM/dd")), "NULL");
    CHECK_STR(FN_TEXT(&t, "DATE_FORMAT", s("x"), s("y"), s("z")),
              "refused: function DATE_FORMAT takes 2 arguments, not 3");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", s("1970-01-01 08:00:07")), "7");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", s("never")), "-9223372036854775808");
    CHECK_STR(FN_TEXT(&t, "UNIX_TIMESTAMP", s("1970-01-01 08:00:01.001 +0800"),
                      s("yyyy-MM-dd HH:mm:ss.SSS X")),
              "1");
    CHECK_STR(
        FN_TEXT(&t, "CONVERT_TZ", s("1970-01-01 00:00:00"), s("UTC"), s("America/Los_Angeles")),
        "1969-12-31 16:00:00");
    CHECK_STR(FN_TEXT(&t, "CONVERT_TZ", s("1970-01-01 00:00:00"), s("UTC"), s("Mars/Base")),
              "refused: unknown time zone \"Mars/Base\"");
    CHECK_STR(FN_TEXT(&t, "TO_DATE", s("2020-02-30")), "NULL");
    fn_close(&t);
}

static void parts(void)
{
    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    struct expr *at = stamp("1994-09-27 13:14:15.678");
    struct expr *there = instant("1994-09-27 01:14:15.678"); /* in UTC still the 26th */
    CHECK_STR(FN_TEXT(&t, "YEAR", at), "1994");
    CHECK_STR(FN_TEXT(&t, "QUARTER", at), "3");
    CHECK_STR(FN_TEXT(&t, "DAYOFMONTH", there), "27");
    CHECK_STR(FN_TEXT(&t, "HOUR", there), "1");
    CHECK_STR(FN_TEXT(&t, "DAYOFWEEK", date("1994-09-27")), "3");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("SECOND"), at), "15");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("millisecond"), at), "678");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("EPOCH"), date("1970-01-02")), "86400");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("DAY"),
                      fn_typed(&t, &type_interval_day, 3 * TIME_US_PER_DAY + TIME_US_PER_HOUR)),
              "3");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("HOUR"),
                      fn_typed(&t, &type_interval_day, 3 * TIME_US_PER_DAY + TIME_US_PER_HOUR)),
              "1");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("MONTH"), fn_typed(&t, &type_interval_month, 14)), "2");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("HOUR"), date("1970-01-02")),
              "refused: function EXTRACT does not accept (DATE)");
    CHECK_STR(FN_TEXT(&t, "EXTRACT", s("FORTNIGHT"), at),
              "refused: \"FORTNIGHT\" is not a unit of time");
    CHECK_STR(FN_TEXT(&t, "FLOOR", at, s("HOUR")), "1994-09-27 13:00:00.000");
    CHECK_STR(FN_TEXT(&t, "CEIL", at, s("DAY")), "1994-09-28 00:00:00.000");
    CHECK_STR(FN_TEXT(&t, "FLOOR", there, s("DAY")), "1994-09-27 00:00:00.000");
    CHECK_STR(FN_TEXT(&t, "FLOOR", date("1994-09-27"), s("MONTH")), "1994-09-01");
    CHECK_STR(FN_TEXT(&t, "CEIL", fn_cast(&t, &type_time, "12:44:31"), s("MINUTE")), "12:45:00");
    CHECK_STR(FN_TEXT(&t, "FLOOR", at, s("EPOCH")), "refused: EPOCH is not a unit to round to");
    fn_close(&t);
}

static void arithmetic(void)
{
    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPADD", s("MONTH"), i(1), stamp("2020-01-31 10:00:00")),
              "2020-02-29 10:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPADD", s("WEEK"), i(1), date("2003-01-02")), "2003-01-09");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPADD", s("HOUR"), i(25), date("2003-01-02")),
              "2003-01-03 01:00:00.000");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPADD", s("SECOND"), i(-1), instant("2003-01-02 00:00:00")),
              "2003-01-01 23:59:59.000");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPADD", s("HOUR"), i(2), fn_cast(&t, &type_time, "23:00:00")),
              "01:00:00");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPDIFF", s("DAY"), stamp("2003-01-02 10:00:00"),
                      stamp("2003-01-03 09:59:59")),
              "0");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPDIFF", s("MONTH"), date("2003-02-01"), date("2003-01-01")),
              "-1");
    CHECK_STR(
        FN_TEXT(&t, "TIMESTAMPDIFF", s("MINUTE"), date("2003-02-01"), stamp("2003-02-01 01:00:00")),
        "60");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPDIFF", s("SECOND"), stamp("2003-02-01 00:00:00"),
                      instant("2003-02-01 00:00:01")),
              "1");
    CHECK_STR(
        fn_type(&t, FN_CALL(&t, "TIMESTAMPDIFF", s("DAY"), date("2003-02-01"), date("2003-01-01"))),
        "INT");
    CHECK_STR(FN_TEXT(&t, "TIMESTAMPADD", s("YEAR"), i(9000), date("2003-01-02")), "NULL");
    fn_close(&t);
}

/* Patterns and zones from columns, as well as from literals. */
static void patterns_from_columns(void)
{
    static const char *const patterns[] = { "yyyy", "MM", "MM", "bad j", "yyyy-MM-dd HH" };
    static const char *const zones[] = { "UTC", "Asia/Tokyo", "No/Where", "Asia/Tokyo", "GMT+1" };
    static const char *const want_format[] = { "1970", "01", "01", "NULL", "1970-01-01 00" };
    static const char *const want_zone[] = { "1970-01-01 00:00:00", "1970-01-01 09:00:00",
                                             "1970-01-01 00:00:00", "1970-01-01 09:00:00",
                                             "1970-01-01 01:00:00" };
    struct value p[5], z[5], at[5];
    struct column *columns[3], *out;
    struct expr *exprs[2];
    struct program *program;
    struct error err;
    struct rows rows = { .n = 5 };

    fn_open(&t, DIALECT_BLINK, "UTC");
    for (int k = 0; k < 5; k++) {
        p[k] = (struct value){ .type = &type_string, .str = str_of(patterns[k]) };
        z[k] = (struct value){ .type = &type_string, .str = str_of(zones[k]) };
        at[k] = (struct value){ .type = &type_string, .str = STR("1970-01-01 00:00:00") };
    }
    columns[0] = fn_column(&t, at, 5);
    columns[1] = fn_column(&t, p, 5);
    columns[2] = fn_column(&t, z, 5);
    exprs[0] = FN_CALL(&t, "DATE_FORMAT", expr_column(t.arena, 0, &type_string, fn_span),
                       expr_column(t.arena, 1, &type_string, fn_span));
    exprs[1] = FN_CALL(&t, "CONVERT_TZ", expr_column(t.arena, 0, &type_string, fn_span),
                       fn_str(&t, "UTC"), expr_column(t.arena, 2, &type_string, fn_span));
    CHECK(program_create(t.arena, exprs, 2, NULL, &program, &err) == OK);
    program_begin(program, t.arena, columns, 5);
    for (uint32_t e = 0; e < 2; e++) {
        CHECK(program_column(program, e, &rows, &out, &err) == OK);
        for (uint32_t k = 0; k < 5; k++) {
            struct str got = view_str(COLUMN_AT(out, struct view, k));
            const char *text = column_is_valid(out, k) ? arena_cstr(t.arena, got) : "NULL";
            CHECK_STR(text, e == 0 ? want_format[k] : want_zone[k]);
        }
    }
    fn_close(&t);
}

/* As fn_check_rows, with some leading literals. */
static void with_unit(const char *name, const char *unit, const struct type *type, bool behind)
{
    struct value *values = arena_array(t.arena, struct value, FN_ROWS);
    struct expr *column_expr = expr_column(t.arena, 0, type, fn_span);
    struct expr *args[2] = { fn_str(&t, unit), column_expr };
    struct expr *e;
    struct column *column, *out;
    struct program *p;
    struct error err;
    const char *message = NULL;
    struct rows rows = { .n = FN_ROWS };

    for (uint32_t k = 0; k < FN_ROWS; k++)
        fn_random_value(&t, type, &values[k]);
    column = fn_column(&t, values, FN_ROWS);
    if (behind) {
        args[1] = args[0];
        args[0] = column_expr;
    }
    e = fn_bind(&t, name, args, 2, &message);
    if (!CHECK(e != NULL))
        return;
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    program_begin(p, t.arena, &column, FN_ROWS);
    CHECK(program_column(p, 0, &rows, &out, &err) == OK);
    for (uint32_t k = 0; k < FN_ROWS; k++) {
        struct value got, want;
        struct expr *row_args[2] = { args[0], args[1] };
        row_args[behind ? 0 : 1] = expr_literal(t.arena, &values[k], fn_span);
        CHECK(program_constant(t.arena, fn_bind(&t, name, row_args, 2, &message), NULL, &want,
                               &err) == OK);
        CHECK(value_from_column(out, k, t.arena, &got));
        if (!CHECK(fn_same(&got, &want)))
            return;
    }
}

static void columns_agree_with_rows(void)
{
    static const char *const units[] = { "YEAR", "QUARTER", "MONTH", "WEEK", "DAY" };
    static const char *const small[] = { "HOUR", "MINUTE", "SECOND", "MILLISECOND" };
    const struct type *const points[] = { &type_date, &type_timestamp3, &type_timestamp_ltz3 };

    for (int dialect = DIALECT_BLINK; dialect <= DIALECT_FLINK; dialect++) {
        fn_open(&t, (enum dialect)dialect, "America/New_York");
        for (size_t k = 0; k < countof(points); k++) {
            for (size_t u = 0; u < countof(units); u++) {
                with_unit("EXTRACT", units[u], points[k], false);
                with_unit("FLOOR", units[u], points[k], true);
                with_unit("CEIL", units[u], points[k], true);
            }
            for (size_t u = 0; u < countof(small) && k > 0; u++) {
                with_unit("EXTRACT", small[u], points[k], false);
                with_unit("FLOOR", small[u], points[k], true);
            }
            FN_ROWS_OF(&t, "DAYOFYEAR", points[k]);
            with_unit("DATE_FORMAT", "yyyy-MM-dd HH:mm:ss", points[k], true);
        }
        with_unit("DATE_FORMAT", "yyyyMMdd", &type_string, true);
        with_unit("TO_TIMESTAMP", "yyyy-MM-dd", &type_string, true);
        with_unit("TO_DATE", "yyyy-MM-dd", &type_string, true);
        with_unit("UNIX_TIMESTAMP", "yyyy-MM-dd", &type_string, true);
        with_unit("FROM_UNIXTIME", "yyyy-MM-dd HH:mm:ss", &type_int, true);
        FN_ROWS_OF(&t, "TO_TIMESTAMP", &type_string);
        FN_ROWS_OF(&t, "TO_TIMESTAMP_LTZ", &type_bigint);
        FN_ROWS_OF(&t, "TO_TIMESTAMP_LTZ", &type_double);
        FN_ROWS_OF(&t, "TO_TIMESTAMP_LTZ", &type_string);
        FN_ROWS_OF(&t, "UNIX_TIMESTAMP", &type_string);
        FN_ROWS_OF(&t, "FROM_UNIXTIME", &type_bigint);
        FN_ROWS_OF(&t, "TO_DATE", &type_string);
        if (dialect == DIALECT_BLINK) {
            FN_ROWS_OF(&t, "TO_TIMESTAMP", &type_bigint);
            FN_ROWS_OF(&t, "DATEDIFF", &type_string, &type_blink_timestamp);
            FN_ROWS_OF(&t, "DATE_ADD", &type_string, &type_tinyint);
            FN_ROWS_OF(&t, "DATE_SUB", &type_date, &type_smallint);
        }
        fn_close(&t);
    }
}

int main(void)
{
    RUN(the_clock);
    RUN(blink_texts);
    RUN(flink_texts);
    RUN(parts);
    RUN(arithmetic);
    RUN(patterns_from_columns);
    RUN(columns_agree_with_rows);
    return check_failed != 0;
}
