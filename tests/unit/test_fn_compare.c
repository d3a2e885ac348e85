/* Comparison operators, IS predicates, IN, GREATEST and LEAST. */
#include "fn_test.h"

static const char *const operators[] = { "=", "<>", "<", "<=", ">", ">=" };

static bool holds(int op, int order)
{
    switch (op) {
    case 0:
        return order == 0;
    case 1:
        return order != 0;
    case 2:
        return order < 0;
    case 3:
        return order <= 0;
    case 4:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* Against plain C over every pair of some values, not against the kernels themselves. */
static void integers_follow_c(void)
{
    static const int64_t values[] = { INT64_MIN, -129, -1, 0, 1, 127, 128, 40000, INT64_MAX };
    struct fn_test t;

    fn_open(&t, DIALECT_FLINK, "UTC");
    for (size_t a = 0; a < countof(values); a++)
        for (size_t b = 0; b < countof(values); b++)
            for (int op = 0; op < 6; op++) {
                int order = (values[a] > values[b]) - (values[a] < values[b]);
                CHECK_STR(FN_TEXT(&t, operators[op], fn_int(&t, values[a]), fn_int(&t, values[b])),
                          holds(op, order) ? "TRUE" : "FALSE");
            }
    fn_close(&t);
}

static void strings_follow_memcmp(void)
{
    static const char *const values[] = { "",     "a",          "ab",    "abc",    "abcd",
                                          "abce", "abcde",      "abcdf", "b",      "\x01",
                                          "\xFF", "abcdefghij", "A",     "ab\x01", "abcdefghik" };
    struct fn_test t;

    fn_open(&t, DIALECT_FLINK, "UTC");
    for (size_t a = 0; a < countof(values); a++)
        for (size_t b = 0; b < countof(values); b++)
            for (int op = 0; op < 6; op++)
                CHECK_STR(FN_TEXT(&t, operators[op], fn_str(&t, values[a]), fn_str(&t, values[b])),
                          holds(op, strcmp(values[a], values[b])) ? "TRUE" : "FALSE");
    fn_close(&t);
}

static void columns_agree_with_rows(void)
{
    struct fn_test t;

    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    const struct type *d10 = type_make(t.arena, TYPE_DECIMAL, 10, 2);
    const struct type *d30 = type_make(t.arena, TYPE_DECIMAL, 30, 5);
    const struct type *array = type_make_array(t.arena, &type_int);
    const struct type *map = type_make_map(t.arena, &type_string, &type_double);
    const struct type *row = type_make_row(t.arena, (const struct type *[]){ &type_int, array },
                                           (const struct str[]){ STR("a"), STR("b") }, 2);
    const struct type *const pairs[][2] = {
        { &type_boolean, &type_boolean },
        { &type_tinyint, &type_tinyint },
        { &type_smallint, &type_int },
        { &type_int, &type_int },
        { &type_bigint, &type_int },
        { &type_float, &type_float },
        { &type_double, &type_bigint },
        { d10, d10 },
        { d10, d30 },
        { d10, &type_bigint },
        { d30, &type_double },
        { &type_string, &type_string },
        { &type_bytes, &type_bytes },
        { &type_date, &type_timestamp3 },
        { &type_timestamp3, &type_timestamp_ltz3 },
        { &type_timestamp6, &type_string },
        { &type_date, &type_string },
        { &type_interval_day, &type_interval_day },
    };
    for (size_t k = 0; k < countof(pairs); k++) {
        bool text = type_is_string(pairs[k][1]) && !type_is_string(pairs[k][0]);
        for (int op = 0; op < 6; op++)
            if (!text)
                FN_ROWS_OF(&t, operators[op], pairs[k][0], pairs[k][1]);
            else
                /* A literal that is no time is refused, a column's text is NULL. */
                fn_check_arrangement(&t, "IS NULL", &pairs[k][1], 1, 0, false);
        if (!text)
            FN_ROWS_OF(&t, "IS DISTINCT FROM", pairs[k][0], pairs[k][1]);
        if (!text)
            FN_ROWS_OF(&t, "IS NOT DISTINCT FROM", pairs[k][0], pairs[k][1]);
    }
    FN_ROWS_OF(&t, "=", array, array);
    FN_ROWS_OF(&t, "<>", map, map);
    FN_ROWS_OF(&t, "=", row, row);
    FN_ROWS_OF(&t, "IS DISTINCT FROM", row, row);
    FN_ROWS_OF(&t, "IS NULL", &type_string);
    FN_ROWS_OF(&t, "IS NOT NULL", array);
    FN_ROWS_OF(&t, "IS TRUE", &type_boolean);
    FN_ROWS_OF(&t, "IS NOT TRUE", &type_boolean);
    FN_ROWS_OF(&t, "IS FALSE", &type_boolean);
    FN_ROWS_OF(&t, "IS NOT FALSE", &type_boolean);
    FN_ROWS_OF(&t, "IS UNKNOWN", &type_boolean);
    FN_ROWS_OF(&t, "IS NOT UNKNOWN", &type_boolean);
    FN_ROWS_OF(&t, "NOT", &type_boolean);
    FN_ROWS_OF(&t, "GREATEST", &type_int, &type_bigint, d10);
    FN_ROWS_OF(&t, "LEAST", &type_string, &type_string, &type_string);
    FN_ROWS_OF(&t, "GREATEST", &type_double, &type_double);
    fn_close(&t);

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    for (int op = 0; op < 6; op++) {
        FN_ROWS_OF(&t, operators[op], &type_string, &type_bigint);
        FN_ROWS_OF(&t, operators[op], &type_double, &type_string);
        FN_ROWS_OF(&t, operators[op], &type_blink_timestamp, &type_string);
        FN_ROWS_OF(&t, operators[op], &type_bytes, &type_string);
        FN_ROWS_OF(&t, operators[op], &type_boolean, &type_string);
    }
    fn_close(&t);
}

/* IN over a column, against "=" one literal at a time. */
static void in_is_or_of_equals(void)
{
    struct fn_test t;

    fn_open(&t, DIALECT_BLINK, "UTC");
    const struct type *d10 = type_make(t.arena, TYPE_DECIMAL, 10, 2);
    const struct type *d30 = type_make(t.arena, TYPE_DECIMAL, 30, 2);
    const struct type *const types[] = { &type_tinyint, &type_int,     &type_bigint,  &type_double,
                                         &type_string,  &type_boolean, d10,           d30,
                                         &type_date,    &type_float,   &type_smallint };
    for (size_t k = 0; k < countof(types); k++) {
        for (uint32_t n = 1; n < 40; n = n * 2 + 1) {
            struct expr *args[41], *or_terms[40], *in, *either;
            struct value *values = arena_array(t.arena, struct value, FN_ROWS);
            const char *message = NULL;
            struct error err = { 0 };
            struct program *p;
            struct column *column, *got, *want;
            struct rows rows = { .n = FN_ROWS };

            for (uint32_t i = 0; i < FN_ROWS; i++)
                fn_random_value(&t, types[k], &values[i]);
            column = fn_column(&t, values, FN_ROWS);
            args[0] = expr_column(t.arena, 0, types[k], fn_span);
            for (uint32_t i = 1; i <= n; i++) {
                struct value v;
                do
                    fn_random_value(&t, types[k], &v);
                while (v.is_null && n % 4 != 3);
                args[i] = expr_literal(t.arena, &v, fn_span);
                or_terms[i - 1] =
                    fn_bind(&t, "=", (struct expr *[]){ args[0], args[i] }, 2, &message);
            }
            in = fn_bind(&t, "IN", args, n + 1, &message);
            either = expr_logic(t.arena, EXPR_OR, or_terms, n, fn_span);
            if (!CHECK(in != NULL) ||
                !CHECK(program_create(t.arena, (struct expr *[]){ in, either }, 2, NULL, &p,
                                      &err) == OK))
                continue;
            program_begin(p, t.arena, &column, FN_ROWS);
            CHECK(program_column(p, 0, &rows, &got, &err) == OK);
            CHECK(program_column(p, 1, &rows, &want, &err) == OK);
            for (uint32_t i = 0; i < FN_ROWS; i++) {
                struct value a, b;
                CHECK(value_from_column(got, i, NULL, &a) && value_from_column(want, i, NULL, &b));
                if (!CHECK_STR(fn_type(&t, args[0]),
                               value_equal(&a, &b) ? fn_type(&t, args[0]) : "same"))
                    break;
            }
        }
    }
    /* Of different types. */
    CHECK_STR(FN_TEXT(&t, "IN", fn_str(&t, "3"), fn_int(&t, 2), fn_int(&t, 3)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "IN", fn_int(&t, 3), fn_str(&t, "x"), fn_str(&t, "3")), "TRUE");
    CHECK_STR(FN_TEXT(&t, "IN", fn_int(&t, 4), fn_str(&t, "x"), fn_str(&t, "3")), "NULL");
    CHECK_STR(FN_TEXT(&t, "IN", fn_null(&t, &type_string), fn_str(&t, "x")), "NULL");
    fn_close(&t);
}

static void dialects_coerce_differently(void)
{
    struct fn_test t;

    fn_open(&t, DIALECT_BLINK, "Asia/Shanghai");
    CHECK_STR(FN_TEXT(&t, "=", fn_typed(&t, &type_bigint, 305), fn_str(&t, "305")), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_typed(&t, &type_tinyint, 2), fn_str(&t, "2")), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_typed(&t, &type_bigint, 305), fn_str(&t, "x")), "NULL");
    CHECK_STR(FN_TEXT(&t, "=", fn_str(&t, "03"), fn_int(&t, 3)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_str(&t, " 3"), fn_int(&t, 3)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_str(&t, "3.9"), fn_int(&t, 3)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_str(&t, ""), fn_int(&t, 3)), "NULL");
    CHECK_STR(FN_TEXT(&t, "=", fn_str(&t, "3.50"), fn_decimal(&t, "3.5")), "TRUE");
    CHECK_STR(FN_TEXT(&t, ">", fn_str(&t, "3.6"), fn_decimal(&t, "3.5")), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_str(&t, "116"), fn_str(&t, "116 ")), "FALSE");
    CHECK_STR(
        FN_TEXT(&t, "<", fn_typed(&t, &type_blink_timestamp, 0), fn_str(&t, "1970-01-01 08:00:01")),
        "TRUE");
    /* A NULL side. */
    CHECK_STR(FN_TEXT(&t, "=", fn_null(&t, &type_null), fn_null(&t, &type_null)), "NULL");
    CHECK_STR(FN_TEXT(&t, "<", fn_int(&t, 1), fn_null(&t, &type_null)), "NULL");
    fn_close(&t);

    fn_open(&t, DIALECT_FLINK, "Asia/Shanghai");
    CHECK_STR(FN_TEXT(&t, "=", fn_int(&t, 305), fn_str(&t, "305")),
              "refused: cannot compare INT with STRING");
    CHECK_STR(FN_TEXT(&t, "=", fn_typed(&t, &type_date, 0), fn_str(&t, "1970-01-01")), "TRUE");
    CHECK_STR(FN_TEXT(&t, ">", fn_typed(&t, &type_timestamp3, 0), fn_str(&t, "abc")),
              "refused: \"abc\" is not a valid TIMESTAMP(3)");
    CHECK_STR(
        FN_TEXT(&t, "=", fn_typed(&t, &type_timestamp_ltz3, 0), fn_str(&t, "1970-01-01 08:00:00")),
        "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_decimal(&t, "2.50"), fn_decimal(&t, "2.5")), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_int(&t, 2), fn_double(&t, 2.0)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_double(&t, NAN), fn_double(&t, NAN)), "FALSE");
    CHECK_STR(FN_TEXT(&t, "=", fn_double(&t, 0.0), fn_double(&t, -0.0)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "<", fn_bool(&t, false), fn_bool(&t, true)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", fn_int(&t, 1), fn_bool(&t, true)),
              "refused: cannot compare INT with BOOLEAN");
    fn_close(&t);
}

/* DECIMALs whose common type does not fit 38 digits are still compared exactly. */
static void wide_decimals(void)
{
    struct fn_test t;
    struct expr *a, *b;

    fn_open(&t, DIALECT_FLINK, "UTC");
    a = fn_cast(&t, type_make(t.arena, TYPE_DECIMAL, 38, 0),
                "99999999999999999999999999999999999999");
    b = fn_cast(&t, type_make(t.arena, TYPE_DECIMAL, 38, 38),
                "0.99999999999999999999999999999999999999");
    CHECK_STR(FN_TEXT(&t, ">", a, b), "TRUE");
    CHECK_STR(FN_TEXT(&t, "=", a, b), "FALSE");
    CHECK_STR(FN_TEXT(&t, "<", b, fn_int(&t, 1)), "TRUE");
    FN_ROWS_OF(&t, "<", a->type, b->type);
    FN_ROWS_OF(&t, "=", a->type, b->type);
    fn_close(&t);
}

/* A literal that fits takes the column's type, so the column is not cast. */
static void literals_narrow(void)
{
    struct fn_test t;
    struct expr *column, *e;

    fn_open(&t, DIALECT_FLINK, "UTC");
    column = expr_column(t.arena, 0, &type_tinyint, fn_span);
    e = FN_CALL(&t, "=", column, fn_int(&t, 2));
    CHECK(e->args[0] == column && e->args[1]->type->id == TYPE_TINYINT);
    e = FN_CALL(&t, "=", column, fn_int(&t, 200));
    CHECK(e->args[0] != column && e->args[0]->type->id == TYPE_INT);
    column = expr_column(t.arena, 0, type_make(t.arena, TYPE_DECIMAL, 10, 2), fn_span);
    e = FN_CALL(&t, ">", column, fn_decimal(&t, "1.5"));
    CHECK(e->args[0] == column);
    e = FN_CALL(&t, ">", column, fn_decimal(&t, "1.555"));
    CHECK(e->args[0] != column);
    fn_close(&t);
}

static void names_are_looked_up(void)
{
    struct fn_test t;
    struct error err;
    struct expr *e;
    struct expr *args[2];

    fn_open(&t, DIALECT_FLINK, "UTC");
    args[0] = args[1] = fn_int(&t, 1);
    CHECK(function_bind_name(&t.env, STR("greatst"), args, 2, fn_span, &e, &err) == E_NAME);
    CHECK_STR(err.message, "function \"greatst\" does not exist");
    CHECK(function_bind_name(&t.env, STR("DATEDIFF"), args, 2, fn_span, &e, &err) == E_NAME);
    CHECK_STR(err.hint, "It exists in the Blink dialect only; this job is in the Flink dialect.");
    CHECK(function_bind_name(&t.env, STR("abs"), args, 2, fn_span, &e, &err) == E_TYPE);
    CHECK_STR(err.message, "function ABS takes 1 argument, not 2");
    CHECK_STR(err.hint, "Its form is ABS(number).");
    args[0] = fn_bool(&t, true);
    CHECK(function_bind_name(&t.env, STR("abs"), args, 1, fn_span, &e, &err) == E_TYPE);
    CHECK_STR(err.message, "function ABS does not accept (BOOLEAN)");
    fn_close(&t);
}

/* No name twice in one dialect, and every entry complete. */
static void tables_are_sound(void)
{
    for (uint32_t i = 0; function_at(i); i++) {
        const struct function *f = function_at(i);
        CHECK(f->dialects != 0 && (f->dialects & ~(unsigned)DIALECT_BOTH) == 0);
        CHECK(f->signature && f->summary && f->resolve && f->category);
        CHECK((f->example == NULL) == (f->result == NULL));
        CHECK(f->summary[strlen(f->summary) - 1] == '.');
        for (uint32_t k = 0; k < i; k++) {
            const struct function *g = function_at(k);
            if (strcmp(f->name, g->name) == 0 && (f->dialects & g->dialects))
                CHECK_STR(f->name, "only once");
        }
    }
}

int main(void)
{
    RUN(integers_follow_c);
    RUN(strings_follow_memcmp);
    RUN(columns_agree_with_rows);
    RUN(in_is_or_of_equals);
    RUN(dialects_coerce_differently);
    RUN(wide_decimals);
    RUN(literals_narrow);
    RUN(names_are_looked_up);
    RUN(tables_are_sound);
    return check_failed != 0;
}
