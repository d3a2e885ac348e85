/* Casts of both dialects: text to everything and back, narrowing, times, nested types. */
#include "fn_test.h"

static struct fn_test t;

static const char *cast_in(enum cast_mode mode, struct expr *e, const struct type *to)
{
    struct error err = { 0 };
    struct expr *cast = NULL;

    if (expr_cast(&t.env, e, to, mode, fn_span, &cast, &err) != OK)
        return arena_printf(t.arena, "refused: %s", err.message);
    return fn_show(&t, cast);
}

/* By the dialect's own CAST. */
static const char *cast(struct expr *e, const struct type *to)
{
    return cast_in(t.env.dialect == DIALECT_BLINK ? CAST_BLINK : CAST_FLINK, e, to);
}

static const struct type *sized(enum type_id id, int32_t precision, int32_t scale)
{
    return type_make(t.arena, id, precision, scale);
}

static void text_to_integers(void)
{
    static const struct {
        const char *text;
        const char *bigint, *tinyint; /* NULL: fails */
    } cases[] = {
        { "0", "0", "0" },
        { "127", "127", "127" },
        { "128", "128", NULL },
        { "-128", "-128", "-128" },
        { "-129", "-129", NULL },
        { "+5", "5", "5" },
        { " 42 ", "42", "42" },
        { "12.7", "12", "12" },
        { "12.", "12", "12" },
        { ".", "0", "0" },
        { "-12.99", "-12", "-12" },
        { "", NULL, NULL },
        { "-", NULL, NULL },
        { "+", NULL, NULL },
        { "abc", NULL, NULL },
        { "1e3", NULL, NULL },
        { "1 2", NULL, NULL },
        { "12a", NULL, NULL },
        { "12345678a", NULL, NULL },
        { "a12345678", NULL, NULL },
        { "1234567:", NULL, NULL },
        { "12345678/", NULL, NULL },
        { "9223372036854775807", "9223372036854775807", NULL },
        { "9223372036854775808", NULL, NULL },
        { "-9223372036854775808", "-9223372036854775808", NULL },
        { "12345678", "12345678", NULL },
        { "123456789012345678", "123456789012345678", NULL },
        { "1234567890123456789", "1234567890123456789", NULL },
        { "00000000000000000012", "12", "12" },
    };

    fn_open(&t, DIALECT_BLINK, "UTC");
    for (size_t k = 0; k < countof(cases); k++) {
        struct expr *text = fn_str(&t, cases[k].text);
        const char *big = cases[k].bigint, *tiny = cases[k].tinyint;
        CHECK_STR(cast_in(CAST_BLINK, text, &type_bigint), big ? big : "NULL");
        CHECK_STR(cast_in(CAST_BLINK, text, &type_tinyint), tiny ? tiny : "NULL");
        CHECK_STR(cast_in(CAST_TRY, text, &type_tinyint), tiny ? tiny : "NULL");
        CHECK_STR(cast_in(CAST_FLINK, text, &type_bigint),
                  big ? big
                      : arena_printf(t.arena, "error: cannot cast string \"%s\" to BIGINT",
                                     cases[k].text));
        CHECK_STR(cast_in(CAST_FLINK, text, &type_tinyint),
                  tiny ? tiny
                       : arena_printf(t.arena, "error: cannot cast string \"%s\" to TINYINT",
                                      cases[k].text));
    }
    /* Every length of digits, with and without a stranger in every place. */
    for (int digits = 1; digits <= 18; digits++) {
        char text[24];
        int64_t want = 0;
        for (int i = 0; i < digits; i++) {
            text[i] = (char)('1' + (i * 7) % 9);
            want = want * 10 + (text[i] - '0');
        }
        text[digits] = '\0';
        CHECK_STR(cast(fn_str(&t, text), &type_bigint),
                  arena_printf(t.arena, "%lld", (long long)want));
        for (int i = 0; i < digits; i++) {
            char kept = text[i];
            text[i] = 'x';
            CHECK_STR(cast(fn_str(&t, text), &type_bigint), "NULL");
            text[i] = kept;
        }
    }
    fn_close(&t);
}

static void text_to_others(void)
{
    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    CHECK_STR(cast(fn_str(&t, "Yes"), &type_boolean), "TRUE");
    CHECK_STR(cast(fn_str(&t, "0"), &type_boolean), "FALSE");
    CHECK_STR(cast(fn_str(&t, " 0 "), &type_boolean),
              "error: cannot cast string \" 0 \" to BOOLEAN");
    CHECK_STR(cast(fn_str(&t, "on"), &type_boolean), "error: cannot cast string \"on\" to BOOLEAN");
    CHECK_STR(cast(fn_str(&t, " 1.5d"), &type_double), "1.5");
    CHECK_STR(cast(fn_str(&t, "Infinity"), &type_double), "Infinity");
    CHECK_STR(cast(fn_str(&t, "1e10"), &type_float), "1.0E10");
    CHECK_STR(cast(fn_str(&t, "1,5"), &type_double), "error: cannot cast string \"1,5\" to DOUBLE");
    CHECK_STR(cast(fn_str(&t, "12.345"), sized(TYPE_DECIMAL, 5, 2)), "12.35");
    CHECK_STR(cast(fn_str(&t, "12345.6"), sized(TYPE_DECIMAL, 5, 2)),
              "error: cannot cast string \"12345.6\" to DECIMAL(5, 2)");
    CHECK_STR(cast_in(CAST_TRY, fn_str(&t, "12345.6"), sized(TYPE_DECIMAL, 5, 2)), "NULL");
    CHECK_STR(cast(fn_str(&t, "123456789012345678901.5"), sized(TYPE_DECIMAL, 30, 1)),
              "123456789012345678901.5");
    CHECK_STR(cast(fn_str(&t, "2020-02-29"), &type_date), "2020-02-29");
    CHECK_STR(cast(fn_str(&t, "2020-02-30"), &type_date),
              "error: cannot cast string \"2020-02-30\" to DATE");
    CHECK_STR(cast(fn_str(&t, "12:34:56"), &type_time), "12:34:56");
    CHECK_STR(cast(fn_str(&t, "2020-02-29 01:02:03.4567"), &type_timestamp3),
              "2020-02-29 01:02:03.456");
    CHECK_STR(cast(fn_str(&t, "2020-02-29"), &type_timestamp6), "2020-02-29 00:00:00.000000");
    CHECK_STR(cast(fn_cast(&t, &type_timestamp_ltz3, "1970-01-01 08:00:00.5"), &type_string),
              "1970-01-01 08:00:00.500");
    CHECK_INT(fn_cast(&t, &type_timestamp_ltz3, "1970-01-01 08:00:00.5")->literal->i64, 500000);
    CHECK_STR(cast(fn_str(&t, "x"), &type_timestamp3),
              "error: cannot cast string \"x\" to TIMESTAMP(3)");
    /* A long text is cut in the message, between characters. */
    CHECK_STR(cast(fn_str(&t, "\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96"
                              "\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6"
                              "\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD"
                              "\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87"),
                   &type_int),
              "error: cannot cast string \"\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8"
              "\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96"
              "\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8"
              "\xAD\xE6\x96\x87\xE4\xB8\xAD...\" to INT");
    fn_close(&t);

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    CHECK_STR(cast(fn_str(&t, "x"), &type_double), "NULL");
    CHECK_STR(cast(fn_str(&t, "x"), &type_boolean), "NULL");
    CHECK_STR(cast(fn_str(&t, "x"), &type_blink_timestamp), "NULL");
    CHECK_STR(cast(fn_cast(&t, &type_blink_timestamp, "2020-08-06 16:35:49"), &type_string),
              "2020-08-06 16:35:49.000");
    CHECK_STR(cast(fn_bool(&t, true), &type_string), "true");
    fn_close(&t);
}

static void to_text(void)
{
    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    CHECK_STR(cast(fn_typed(&t, &type_bigint, INT64_MIN), &type_string), "-9223372036854775808");
    CHECK_STR(cast(fn_typed(&t, &type_tinyint, -5), &type_string), "-5");
    CHECK_STR(cast(fn_double(&t, 1e10), &type_string), "1.0E10");
    CHECK_STR(cast(fn_decimal(&t, "12.50"), &type_string), "12.50");
    CHECK_STR(cast(fn_bool(&t, false), &type_string), "FALSE");
    CHECK_STR(cast(fn_typed(&t, &type_date, 0), &type_string), "1970-01-01");
    CHECK_STR(cast(fn_typed(&t, &type_timestamp3, 1500000), &type_string),
              "1970-01-01 00:00:01.500");
    CHECK_STR(cast(fn_typed(&t, &type_timestamp_ltz3, 0), &type_string), "1970-01-01 08:00:00.000");
    CHECK_STR(cast(fn_typed(&t, &type_interval_month, 14), &type_string), "+1-02");
    CHECK_STR(cast(fn_typed(&t, &type_interval_day, 1500000), &type_string), "+0 00:00:01.500");
    /* Lengths, in characters. */
    CHECK_STR(cast(fn_int(&t, 12345), sized(TYPE_VARCHAR, 3, 0)), "123");
    CHECK_STR(cast(fn_int(&t, 12), sized(TYPE_CHAR, 4, 0)), "12  ");
    CHECK_STR(cast(fn_str(&t, "\xE4\xB8\xAD\xE6\x96\x87"), sized(TYPE_CHAR, 3, 0)),
              "\xE4\xB8\xAD\xE6\x96\x87 ");
    CHECK_STR(cast(fn_str(&t, "\xE4\xB8\xAD\xE6\x96\x87"), sized(TYPE_VARCHAR, 1, 0)),
              "\xE4\xB8\xAD");
    CHECK_STR(cast(fn_str(&t, "abc"), sized(TYPE_BINARY, 2, 0)), "ab");
    CHECK_INT(fn_cast(&t, sized(TYPE_BINARY, 5, 0), "abc")->literal->str.size, 5);
    fn_close(&t);

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    CHECK_STR(cast(fn_str(&t, "abcdef"), sized(TYPE_VARCHAR, 3, 0)), "abcdef");
    fn_close(&t);
}

static void bytes(void)
{
    struct value broken = { .type = &type_bytes, .str = { "a\xFFz", 3 } };

    fn_open(&t, DIALECT_BLINK, "UTC");
    CHECK_STR(cast(expr_literal(t.arena, &broken, fn_span), &type_string), "a\xEF\xBF\xBDz");
    CHECK_STR(cast(fn_str(&t, "abc"), &type_bytes), "abc");
    CHECK_STR(cast(expr_literal(t.arena, &broken, fn_span), &type_bigint),
              "refused: cannot cast BYTES to BIGINT");
    fn_close(&t);
}

static void numbers_as_java(void)
{
    static const struct {
        double from;
        int64_t i64;
        int32_t i32;
        int16_t i16;
        int8_t i8;
    } cases[] = {
        { 1.9, 1, 1, 1, 1 },
        { -1.9, -1, -1, -1, -1 },
        { NAN, 0, 0, 0, 0 },
        { 1e30, INT64_MAX, INT32_MAX, -1, -1 },
        { -1e30, INT64_MIN, INT32_MIN, 0, 0 },
        { 3e9, 3000000000, INT32_MAX, -1, -1 },
        { 300, 300, 300, 300, 44 },
        { 70000, 70000, 70000, 4464, 112 },
        { INFINITY, INT64_MAX, INT32_MAX, -1, -1 },
    };

    fn_open(&t, DIALECT_FLINK, "UTC");
    for (size_t k = 0; k < countof(cases); k++) {
        struct expr *e = fn_double(&t, cases[k].from);
        CHECK_STR(cast(e, &type_bigint), arena_printf(t.arena, "%lld", (long long)cases[k].i64));
        CHECK_STR(cast(e, &type_int), arena_printf(t.arena, "%d", cases[k].i32));
        CHECK_STR(cast(e, &type_smallint), arena_printf(t.arena, "%d", cases[k].i16));
        CHECK_STR(cast(e, &type_tinyint), arena_printf(t.arena, "%d", cases[k].i8));
    }
    CHECK_STR(cast(fn_int(&t, 300), &type_tinyint), "44");
    CHECK_STR(cast(fn_typed(&t, &type_bigint, 1LL << 32), &type_int), "0");
    CHECK_STR(cast(fn_int(&t, 5), &type_boolean), "TRUE");
    CHECK_STR(cast(fn_bool(&t, true), &type_double), "1.0");
    CHECK_STR(cast(fn_double(&t, 1.5), &type_boolean), "TRUE");
    /* DECIMAL: HALF_UP, overflow is NULL even in Flink. */
    CHECK_STR(cast(fn_decimal(&t, "2.345"), sized(TYPE_DECIMAL, 3, 2)), "2.35");
    CHECK_STR(cast(fn_decimal(&t, "-2.345"), sized(TYPE_DECIMAL, 3, 2)), "-2.35");
    CHECK_STR(cast(fn_decimal(&t, "99.9"), sized(TYPE_DECIMAL, 2, 0)), "NULL");
    CHECK_STR(cast(fn_int(&t, 1000), sized(TYPE_DECIMAL, 3, 0)), "NULL");
    CHECK_STR(cast(fn_double(&t, 0.1), sized(TYPE_DECIMAL, 20, 3)), "0.100");
    CHECK_STR(cast(fn_double(&t, NAN), sized(TYPE_DECIMAL, 20, 3)), "NULL");
    CHECK_STR(cast(fn_decimal(&t, "-7.9"), &type_int), "-7");
    CHECK_STR(cast(fn_decimal(&t, "300.5"), &type_tinyint), "44");
    CHECK_STR(cast(fn_decimal(&t, "0.1"), &type_double), "0.1");
    fn_close(&t);
}

static void times(void)
{
    struct expr *wall, *instant;

    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    wall = fn_cast(&t, &type_timestamp6, "2020-08-06 16:35:49.123456");
    instant = fn_cast(&t, &type_timestamp_ltz6, "2020-08-06 16:35:49.123456");
    CHECK_STR(cast(wall, &type_date), "2020-08-06");
    CHECK_STR(cast(instant, &type_date), "2020-08-06");
    CHECK_STR(cast(wall, sized(TYPE_TIME, 3, 0)), "16:35:49.123");
    CHECK_STR(cast(wall, &type_time), "16:35:49");
    CHECK_STR(cast(wall, &type_timestamp3), "2020-08-06 16:35:49.123");
    CHECK_STR(cast(instant, &type_timestamp6), "2020-08-06 16:35:49.123456");
    CHECK_STR(cast(wall, &type_timestamp_ltz3), "2020-08-06 16:35:49.123");
    CHECK_STR(cast(fn_typed(&t, &type_date, 1), &type_timestamp3), "1970-01-02 00:00:00.000");
    CHECK_STR(cast(fn_typed(&t, &type_date, 0), &type_timestamp_ltz3), "1970-01-01 00:00:00.000");
    CHECK_STR(cast(fn_typed(&t, &type_timestamp3, -1), &type_date), "1969-12-31");
    CHECK_STR(cast(fn_typed(&t, &type_timestamp3, -1000), sized(TYPE_TIME, 3, 0)), "23:59:59.999");
    CHECK_STR(cast(fn_typed(&t, &type_date, 0), &type_time),
              "refused: cannot cast DATE to TIME(0)");
    CHECK_STR(cast(fn_int(&t, 1), &type_timestamp3), "refused: cannot cast INT to TIMESTAMP(3)");
    CHECK_STR(cast(wall, &type_bigint), "refused: cannot cast TIMESTAMP(6) to BIGINT");
    CHECK_STR(cast(fn_typed(&t, &type_interval_day, 1500000), &type_bigint), "1500");
    CHECK_STR(cast(fn_int(&t, 14), &type_interval_month), "+1-02");
    fn_close(&t);

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    CHECK_STR(cast(fn_int(&t, 1), &type_blink_timestamp), "1970-01-01 08:00:01.000");
    CHECK_STR(cast(fn_typed(&t, &type_blink_timestamp, 1999000), &type_bigint), "1");
    CHECK_STR(cast(fn_typed(&t, &type_blink_timestamp, 1500000), &type_double), "1.5");
    CHECK_STR(cast(fn_double(&t, 1.5), &type_blink_timestamp), "1970-01-01 08:00:01.500");
    CHECK_STR(cast(fn_typed(&t, &type_bigint, INT64_MAX), &type_blink_timestamp), "NULL");
    fn_close(&t);
}

static void nested(void)
{
    struct expr *array, *row;
    const struct type *row_type;

    fn_open(&t, DIALECT_FLINK, "UTC");
    array = FN_CALL(&t, "ARRAY", fn_str(&t, "1"), fn_null(&t, &type_string), fn_str(&t, "2"));
    CHECK_STR(cast(array, type_make_array(t.arena, &type_int)), "[1, NULL, 2]");
    CHECK_STR(cast(array, &type_string), "[1, NULL, 2]");
    array = FN_CALL(&t, "ARRAY", fn_str(&t, "x"));
    CHECK_STR(cast(array, type_make_array(t.arena, &type_int)),
              "error: cannot cast string \"x\" to INT");
    CHECK_STR(cast_in(CAST_TRY, array, type_make_array(t.arena, &type_int)), "[NULL]");
    CHECK_STR(cast(FN_CALL(&t, "MAP", fn_int(&t, 1), fn_str(&t, "2")),
                   type_make_map(t.arena, &type_string, &type_double)),
              "{1=2.0}");
    row = FN_CALL(&t, "ROW", fn_int(&t, 1), fn_str(&t, "2"));
    row_type = type_make_row(t.arena, (const struct type *[]){ &type_string, &type_bigint },
                             (const struct str[]){ STR("a"), STR("b") }, 2);
    CHECK_STR(cast(row, row_type), "(1, 2)");
    CHECK_STR(cast(array, &type_int), "refused: cannot cast ARRAY<STRING> to INT");
    fn_close(&t);
}

/* The elements of rows that are NULL or not selected are not looked at. */
static void unreached_elements_do_not_fail(void)
{
    const struct type *strings, *ints;
    struct value values[3], items[2];
    struct column *column, *out;
    struct expr *e;
    struct program *p;
    struct error err;
    static const uint32_t sel[] = { 0, 2 };
    struct rows rows = { .sel = sel, .n = 2 };

    fn_open(&t, DIALECT_FLINK, "UTC");
    strings = type_make_array(t.arena, &type_string);
    ints = type_make_array(t.arena, &type_int);
    items[0] = (struct value){ .type = &type_string, .str = STR("7") };
    items[1] = (struct value){ .type = &type_string, .str = STR("x") };
    values[0] = (struct value){ .type = strings, .list = { &items[0], 1 } };
    values[1] = (struct value){ .type = strings, .list = { &items[1], 1 } };
    values[2] = (struct value){ .type = strings, .is_null = true };
    column = fn_column(&t, values, 3);
    CHECK(expr_cast(&t.env, expr_column(t.arena, 0, strings, fn_span), ints, CAST_FLINK, fn_span,
                    &e, &err) == OK);
    CHECK(e->flags & CALL_FAILS);
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    program_begin(p, t.arena, &column, 3);
    CHECK(program_column(p, 0, &rows, &out, &err) == OK);
    CHECK(!column_is_valid(out, 2));
    program_begin(p, t.arena, &column, 3);
    CHECK(program_column(p, 0, &(struct rows){ .n = 3 }, &out, &err) == E_DATA);
    CHECK_STR(err.message, "cannot cast string \"x\" to INT");
    fn_close(&t);
}

/* A cast over columns: this is how the binder's CAST reaches the kernels. */

static void columns_agree(const struct type *from, const struct type *to, enum cast_mode mode)
{
    struct value *values = arena_array(t.arena, struct value, FN_ROWS);
    struct expr *e, *row;
    struct column *column, *out;
    struct program *p;
    struct error err = { 0 };
    struct rows rows = { .n = FN_ROWS };

    for (uint32_t i = 0; i < FN_ROWS; i++)
        fn_random_value(&t, from, &values[i]);
    column = fn_column(&t, values, FN_ROWS);
    if (!CHECK(expr_cast(&t.env, expr_column(t.arena, 0, from, fn_span), to, mode, fn_span, &e,
                         &err) == OK))
        return;
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    program_begin(p, t.arena, &column, FN_ROWS);
    if (!CHECK(program_column(p, 0, &rows, &out, &err) == OK))
        return;
    for (uint32_t i = 0; i < FN_ROWS; i++) {
        struct value got, want;
        CHECK(expr_cast(&t.env, expr_literal(t.arena, &values[i], fn_span), to, mode, fn_span, &row,
                        &err) == OK);
        CHECK(program_constant(t.arena, row, NULL, &want, &err) == OK);
        CHECK(value_from_column(out, i, t.arena, &got));
        if (!CHECK(fn_same(&got, &want)))
            return;
    }
}

static void columns_agree_with_rows(void)
{
    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    const struct type *d9 = sized(TYPE_DECIMAL, 9, 3), *d25 = sized(TYPE_DECIMAL, 25, 5);
    const struct type *numbers[] = { &type_boolean, &type_tinyint, &type_smallint, &type_int,
                                     &type_bigint,  &type_float,   &type_double,   d9,
                                     d25,           &type_string };
    const struct type *points[] = { &type_date,           &type_timestamp3,      &type_timestamp6,
                                    &type_timestamp_ltz3, &type_blink_timestamp, &type_string };
    const struct type *strings = type_make_array(t.arena, &type_string);
    const struct type *row = type_make_row(t.arena, (const struct type *[]){ strings, &type_int },
                                           (const struct str[]){ STR("a"), STR("b") }, 2);
    const struct type *row_to = type_make_row(
        t.arena, (const struct type *[]){ type_make_array(t.arena, &type_bigint), &type_string },
        (const struct str[]){ STR("a"), STR("b") }, 2);

    for (size_t a = 0; a < countof(numbers); a++)
        for (size_t b = 0; b < countof(numbers); b++)
            columns_agree(numbers[a], numbers[b], CAST_BLINK);
    for (size_t a = 0; a < countof(points); a++)
        for (size_t b = 0; b < countof(points); b++)
            columns_agree(points[a], points[b], CAST_TRY);
    columns_agree(&type_string, sized(TYPE_CHAR, 3, 0), CAST_TRY);
    columns_agree(&type_string, sized(TYPE_VARCHAR, 2, 0), CAST_TRY);
    columns_agree(&type_string, sized(TYPE_BINARY, 4, 0), CAST_TRY);
    columns_agree(&type_bytes, &type_string, CAST_TRY);
    columns_agree(&type_bigint, sized(TYPE_VARCHAR, 3, 0), CAST_TRY);
    columns_agree(&type_null, &type_string, CAST_TRY);
    columns_agree(strings, type_make_array(t.arena, &type_int), CAST_TRY);
    columns_agree(strings, &type_string, CAST_TRY);
    columns_agree(type_make_map(t.arena, &type_string, &type_string),
                  type_make_map(t.arena, &type_string, &type_double), CAST_TRY);
    columns_agree(row, row_to, CAST_TRY);
    columns_agree(row, &type_string, CAST_TRY);
    fn_close(&t);
}

static void implicit(void)
{
    struct expr *e;
    struct error err;

    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK(expr_coerce(&t.env, fn_int(&t, 1), &type_double, &e, &err) == OK);
    CHECK(expr_coerce(&t.env, fn_int(&t, 1), &type_string, &e, &err) == E_TYPE);
    CHECK_STR(err.message, "INT is not converted to STRING implicitly");
    CHECK_STR(err.hint, "Write CAST(... AS STRING).");
    CHECK(expr_coerce(&t.env, fn_typed(&t, &type_bigint, 1), &type_int, &e, &err) == E_TYPE);
    CHECK(expr_coerce(&t.env, fn_null(&t, &type_null), &type_date, &e, &err) == OK);
    CHECK(expr_is_null(e) && e->type->id == TYPE_DATE);
    fn_close(&t);
    fn_open(&t, DIALECT_BLINK, "UTC");
    CHECK(expr_coerce(&t.env, fn_int(&t, 1), &type_string, &e, &err) == OK);
    CHECK_STR(fn_show(&t, e), "1");
    CHECK(expr_coerce(&t.env, fn_str(&t, "x"), &type_int, &e, &err) == OK);
    CHECK_STR(fn_show(&t, e), "NULL");
    CHECK(expr_coerce(&t.env, fn_bool(&t, true), &type_int, &e, &err) == E_TYPE);
    fn_close(&t);
}

int main(void)
{
    RUN(text_to_integers);
    RUN(text_to_others);
    RUN(to_text);
    RUN(bytes);
    RUN(numbers_as_java);
    RUN(times);
    RUN(nested);
    RUN(unreached_elements_do_not_fail);
    RUN(columns_agree_with_rows);
    RUN(implicit);
    return check_failed != 0;
}
