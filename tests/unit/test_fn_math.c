/* Functions of numbers: rounding as Java's BigDecimal, random numbers as java.util.Random. */
#include "fn_test.h"

static struct fn_test t;

static struct expr *i(int64_t value)
{
    return fn_int(&t, value);
}

static struct expr *f(double value)
{
    return fn_double(&t, value);
}

static void rounding(void)
{
    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(2.5)), "3.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(-2.5)), "-3.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(1.005), i(2)), "1.01");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(123.456), i(-1)), "120.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(150), i(-2)), "200.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(49), i(-2)), "0.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(50), i(-2)), "100.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(99.99), i(1)), "100.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(0.06), i(1)), "0.1");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(0.04), i(1)), "0.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(1e300), i(2)), "1.0E300");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(1.5e-300), i(2)), "0.0");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(1.26e-7), i(8)), "1.3E-7");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(NAN)), "NaN");
    CHECK_STR(FN_TEXT(&t, "ROUND", f(INFINITY), i(1)), "Infinity");
    CHECK_STR(FN_TEXT(&t, "ROUND", i(155), i(-1)), "160");
    CHECK_STR(FN_TEXT(&t, "ROUND", i(-155), i(-1)), "-160");
    CHECK_STR(FN_TEXT(&t, "ROUND", i(155), i(3)), "155");
    CHECK_STR(FN_TEXT(&t, "ROUND", i(155), i(-50)), "0");
    CHECK_STR(FN_TEXT(&t, "ROUND", fn_decimal(&t, "2.345"), i(2)), "2.35");
    CHECK_STR(FN_TEXT(&t, "ROUND", fn_decimal(&t, "9.99"), i(1)), "10.0");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "ROUND", fn_decimal(&t, "9.99"), i(1))), "DECIMAL(3, 1)");
    CHECK_STR(FN_TEXT(&t, "TRUNCATE", f(42.389), i(1)), "42.3");
    CHECK_STR(FN_TEXT(&t, "TRUNCATE", f(-42.389), i(2)), "-42.38");
    CHECK_STR(FN_TEXT(&t, "TRUNCATE", f(-0.9)), "0.0");
    CHECK_STR(FN_TEXT(&t, "TRUNCATE", i(159), i(-1)), "150");
    CHECK_STR(FN_TEXT(&t, "CEIL", f(-1.5)), "-1.0");
    CHECK_STR(FN_TEXT(&t, "FLOOR", f(-1.5)), "-2.0");
    CHECK_STR(FN_TEXT(&t, "CEIL", fn_decimal(&t, "1.01")), "2");
    CHECK_STR(FN_TEXT(&t, "FLOOR", fn_decimal(&t, "-1.01")), "-2");
    CHECK_STR(FN_TEXT(&t, "FLOOR", i(7)), "7");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "CEIL", fn_decimal(&t, "1.01"))), "DECIMAL(3, 0)");
    CHECK_STR(FN_TEXT(&t, "ROUND", fn_str(&t, "1")),
              "refused: function ROUND does not accept (STRING)");
    fn_close(&t);
}

static void doubles(void)
{
    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "POWER", i(2), i(10)), "1024.0");
    CHECK_STR(FN_TEXT(&t, "POWER", f(1), f(NAN)), "NaN");
    CHECK_STR(FN_TEXT(&t, "POWER", f(-1), f(INFINITY)), "NaN");
    CHECK_STR(FN_TEXT(&t, "SQRT", i(-1)), "NaN");
    CHECK_STR(FN_TEXT(&t, "LN", i(0)), "-Infinity");
    CHECK_STR(FN_TEXT(&t, "LOG", i(2), i(8)), "3.0");
    CHECK_STR(FN_TEXT(&t, "LOG", f(1)), "0.0");
    CHECK_STR(FN_TEXT(&t, "EXP", i(1)), "2.718281828459045");
    CHECK_STR(FN_TEXT(&t, "DEGREES", f(3.14159265358979323846)), "180.0");
    CHECK_STR(FN_TEXT(&t, "PI", NULL), "3.141592653589793");
    CHECK_STR(FN_TEXT(&t, "SIGN", f(-0.5)), "-1.0");
    CHECK_STR(FN_TEXT(&t, "SIGN", fn_decimal(&t, "-2.50")), "-1.00");
    CHECK_STR(FN_TEXT(&t, "SIGN", i(0)), "0");
    CHECK_STR(FN_TEXT(&t, "ABS", fn_typed(&t, &type_tinyint, -128)), "-128");
    CHECK_STR(FN_TEXT(&t, "ABS", fn_decimal(&t, "-2.50")), "2.50");
    CHECK_STR(FN_TEXT(&t, "ABS", f(-0.0)), "0.0");
    CHECK_STR(FN_TEXT(&t, "SQRT", fn_null(&t, &type_null)), "NULL");
    fn_close(&t);
}

static void bits(void)
{
    fn_open(&t, DIALECT_BLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "BITAND", i(12), i(10)), "8");
    CHECK_STR(FN_TEXT(&t, "BITXOR", i(-1), i(10)), "-11");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "BITNOT", fn_typed(&t, &type_smallint, 1))), "SMALLINT");
    CHECK_STR(FN_TEXT(&t, "BIN", i(0)), "0");
    CHECK_STR(FN_TEXT(&t, "BIN", i(12)), "1100");
    CHECK_STR(FN_TEXT(&t, "BIN", i(-1)),
              "1111111111111111111111111111111111111111111111111111111111111111");
    CHECK_STR(FN_TEXT(&t, "BITAND", i(12), f(1)),
              "refused: function BITAND does not accept (INT, DOUBLE)");
    fn_close(&t);
}

/* The sequence of java.util.Random(42), over two batches of one program. */
static void random_is_javas(void)
{
    static const char *const want[] = { "0.7275636800328681", "0.6832234717598454",
                                        "0.30871945533265976", "0.27707849007413665" };
    struct expr *e;
    struct program *p;
    struct column *out;
    struct error err;
    int at = 0;

    fn_open(&t, DIALECT_FLINK, "UTC");
    e = FN_CALL(&t, "RAND", i(42));
    CHECK(e->kind == EXPR_CALL && (e->flags & CALL_VOLATILE));
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    for (int batch = 0; batch < 2; batch++) {
        program_begin(p, t.arena, NULL, 2);
        CHECK(program_column(p, 0, &(struct rows){ .n = 2 }, &out, &err) == OK);
        for (int k = 0; k < 2; k++) {
            char text[64];
            text[snprintf(text, sizeof text, "%.17g", COLUMN_AT(out, double, k))] = '\0';
            CHECK(strtod(text, NULL) == strtod(want[at], NULL));
            at++;
        }
    }
    /* Random(42).nextInt(10): 0, 3, 8. */
    e = FN_CALL(&t, "RAND_INTEGER", i(42), i(10));
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    program_begin(p, t.arena, NULL, 3);
    CHECK(program_column(p, 0, &(struct rows){ .n = 3 }, &out, &err) == OK);
    CHECK_INT(COLUMN_AT(out, int32_t, 0), 0);
    CHECK_INT(COLUMN_AT(out, int32_t, 1), 3);
    CHECK_INT(COLUMN_AT(out, int32_t, 2), 8);
    /* Without a seed: in range, and not one value for all rows. */
    e = FN_CALL(&t, "RAND", NULL);
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    program_begin(p, t.arena, NULL, 50);
    CHECK(program_column(p, 0, &(struct rows){ .n = 50 }, &out, &err) == OK);
    for (uint32_t k = 0; k < 50; k++)
        CHECK(COLUMN_AT(out, double, k) >= 0 && COLUMN_AT(out, double, k) < 1);
    CHECK(COLUMN_AT(out, double, 0) != COLUMN_AT(out, double, 1));
    CHECK_STR(FN_TEXT(&t, "RAND_INTEGER", i(0)),
              "error: the bound of RAND_INTEGER must be positive, not 0");
    fn_close(&t);
}

static void columns_agree_with_rows(void)
{
    static const char *const one_double[] = {
        "SQRT", "EXP",  "LN",   "LOG",  "LOG10", "LOG2", "SIN",  "COS",     "TAN",
        "COT",  "ASIN", "ACOS", "ATAN", "SINH",  "COSH", "TANH", "DEGREES", "RADIANS"
    };
    static const char *const one_number[] = { "ABS", "SIGN", "CEIL", "FLOOR", "ROUND", "TRUNCATE" };

    fn_open(&t, DIALECT_BLINK, "UTC");
    const struct type *d9 = type_make(t.arena, TYPE_DECIMAL, 9, 2);
    const struct type *d30 = type_make(t.arena, TYPE_DECIMAL, 30, 4);
    const struct type *const types[] = { &type_tinyint, &type_smallint, &type_int, &type_bigint,
                                         &type_float,   &type_double,   d9,        d30,
                                         &type_string };
    for (size_t k = 0; k < countof(one_double); k++)
        FN_ROWS_OF(&t, one_double[k], &type_double);
    for (size_t k = 0; k < countof(one_number); k++)
        for (size_t a = 0; a < countof(types); a++)
            FN_ROWS_OF(&t, one_number[k], types[a]);
    FN_ROWS_OF(&t, "POWER", &type_double, &type_int);
    FN_ROWS_OF(&t, "ATAN2", &type_string, &type_float);
    FN_ROWS_OF(&t, "LOG", &type_double, &type_double);
    FN_ROWS_OF(&t, "MOD", &type_bigint, &type_tinyint);
    FN_ROWS_OF(&t, "ROUND", &type_double, &type_tinyint);
    FN_ROWS_OF(&t, "TRUNCATE", &type_bigint, &type_tinyint);
    FN_ROWS_OF(&t, "BITAND", &type_int, &type_bigint);
    FN_ROWS_OF(&t, "BITOR", &type_tinyint, &type_tinyint);
    FN_ROWS_OF(&t, "BITXOR", &type_bigint, &type_bigint);
    FN_ROWS_OF(&t, "BITNOT", &type_smallint);
    FN_ROWS_OF(&t, "BIN", &type_bigint);
    fn_close(&t);
}

int main(void)
{
    RUN(rounding);
    RUN(doubles);
    RUN(bits);
    RUN(random_is_javas);
    RUN(columns_agree_with_rows);
    return check_failed != 0;
}
