/* Arrays, maps and rows. */
#include "fn_test.h"

static struct fn_test t;

static struct expr *i(int64_t value)
{
    return fn_int(&t, value);
}

static struct expr *s(const char *text)
{
    return fn_str(&t, text);
}

static struct expr *null_int(void)
{
    return fn_null(&t, &type_int);
}

#define ARRAY(...) FN_CALL(&t, "ARRAY", __VA_ARGS__)
#define MAP(...) FN_CALL(&t, "MAP", __VA_ARGS__)

static void constructors(void)
{
    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(fn_show(&t, ARRAY(i(1), null_int(), i(3))), "[1, NULL, 3]");
    CHECK_STR(fn_type(&t, ARRAY(i(1), fn_double(&t, 2))), "ARRAY<DOUBLE>");
    CHECK_STR(fn_show(&t, ARRAY(NULL)), "[]");
    CHECK_STR(fn_show(&t, MAP(s("a"), i(1), s("b"), null_int())), "{a=1, b=NULL}");
    CHECK_STR(fn_show(&t, FN_CALL(&t, "ROW", i(1), s("x"))), "(1, x)");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "ROW", i(1), s("x"))), "ROW<`EXPR$0` INT, `EXPR$1` STRING>");
    CHECK_STR(fn_show(&t, ARRAY(ARRAY(i(1)), ARRAY(i(2), i(3)))), "[[1], [2, 3]]");
    CHECK_STR(FN_TEXT(&t, "ARRAY", i(1), s("x")),
              "refused: function ARRAY does not accept (INT, STRING)");
    CHECK_STR(FN_TEXT(&t, "MAP", i(1)), "refused: MAP needs a value for every key");
    fn_close(&t);
}

static void access_to_parts(void)
{
    struct expr *row;
    const struct type *row_type;

    fn_open(&t, DIALECT_FLINK, "UTC");
    CHECK_STR(FN_TEXT(&t, "ITEM", ARRAY(s("a"), s("b")), i(2)), "b");
    CHECK_STR(FN_TEXT(&t, "ITEM", ARRAY(s("a"), s("b")), i(3)), "NULL");
    CHECK_STR(FN_TEXT(&t, "ITEM", ARRAY(s("a"), s("b")), i(0)),
              "refused: array positions start at 1, not at 0");
    CHECK_STR(FN_TEXT(&t, "ITEM", MAP(s("a"), i(1)), s("a")), "1");
    CHECK_STR(FN_TEXT(&t, "ITEM", MAP(s("a"), i(1)), s("x")), "NULL");
    CHECK_STR(FN_TEXT(&t, "ITEM", ARRAY(ARRAY(i(1)), ARRAY(i(2), i(3))), i(2)), "[2, 3]");
    row_type = type_make_row(t.arena, (const struct type *[]){ &type_int, &type_string },
                             (const struct str[]){ STR("a"), STR("Bee") }, 2);
    row = fn_null(&t, row_type);
    CHECK_STR(FN_TEXT(&t, "FIELD", row, s("a")), "NULL");
    CHECK_STR(FN_TEXT(&t, "FIELD", FN_CALL(&t, "ROW", i(1), s("x")), s("EXPR$1")), "x");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "FIELD", row, s("bee"))), "STRING");
    CHECK_STR(FN_TEXT(&t, "FIELD", row, s("c")), "refused: row has no field \"c\"");
    CHECK_STR(FN_TEXT(&t, "CARDINALITY", MAP(s("a"), i(1))), "1");
    CHECK_STR(FN_TEXT(&t, "ELEMENT", ARRAY(i(5))), "5");
    CHECK_STR(FN_TEXT(&t, "ELEMENT", ARRAY(i(5), i(6))),
              "error: ELEMENT takes an array of one element, not of 2");
    fn_close(&t);
}

static void arrays(void)
{
    struct expr *a, *nulls;

    fn_open(&t, DIALECT_FLINK, "UTC");
    a = ARRAY(i(3), i(1), i(2), i(1));
    nulls = ARRAY(i(3), null_int(), i(1), null_int());
    CHECK_STR(FN_TEXT(&t, "ARRAY_CONTAINS", a, i(2)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "ARRAY_CONTAINS", a, null_int()), "FALSE");
    CHECK_STR(FN_TEXT(&t, "ARRAY_CONTAINS", nulls, null_int()), "TRUE");
    CHECK_STR(FN_TEXT(&t, "ARRAY_CONTAINS", fn_null(&t, a->type), i(1)), "NULL");
    CHECK_STR(FN_TEXT(&t, "ARRAY_CONTAINS", a, fn_typed(&t, &type_bigint, 2)), "TRUE");
    CHECK_STR(FN_TEXT(&t, "ARRAY_POSITION", a, i(1)), "2");
    CHECK_STR(FN_TEXT(&t, "ARRAY_POSITION", a, i(9)), "0");
    CHECK_STR(FN_TEXT(&t, "ARRAY_POSITION", a, null_int()), "NULL");
    CHECK_STR(FN_TEXT(&t, "ARRAY_REMOVE", a, i(1)), "[3, 2]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_REMOVE", nulls, null_int()), "[3, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_DISTINCT", nulls), "[3, NULL, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_REVERSE", a), "[1, 2, 1, 3]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SLICE", a, i(2)), "[1, 2, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SLICE", a, i(-2), i(-1)), "[2, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SLICE", a, i(0), i(2)), "[3, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SLICE", a, i(-9), i(9)), "[3, 1, 2, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SLICE", a, i(3), i(2)), "[]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SORT", nulls), "[NULL, NULL, 1, 3]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SORT", nulls, fn_bool(&t, false)), "[3, 1, NULL, NULL]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SORT", nulls, fn_bool(&t, true), fn_bool(&t, false)),
              "[1, 3, NULL, NULL]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_UNION", a, ARRAY(i(4), i(2))), "[3, 1, 2, 4]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_CONCAT", a, ARRAY(i(4)), ARRAY(i(5))), "[3, 1, 2, 1, 4, 5]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_EXCEPT", a, ARRAY(i(3))), "[1, 2]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_INTERSECT", a, ARRAY(i(1), i(3))), "[3, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_MAX", nulls), "3");
    CHECK_STR(FN_TEXT(&t, "ARRAY_MIN", nulls), "1");
    CHECK_STR(FN_TEXT(&t, "ARRAY_MIN", ARRAY(null_int())), "NULL");
    CHECK_STR(FN_TEXT(&t, "ARRAY_APPEND", a, null_int()), "[3, 1, 2, 1, NULL]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_PREPEND", a, i(0)), "[0, 3, 1, 2, 1]");
    CHECK_STR(FN_TEXT(&t, "ARRAY_JOIN", ARRAY(s("a"), fn_null(&t, &type_string), s("b")), s(", ")),
              "a, b");
    CHECK_STR(FN_TEXT(&t, "ARRAY_JOIN", ARRAY(s("a"), fn_null(&t, &type_string), s("b")), s(", "),
                      s("?")),
              "a, ?, b");
    CHECK_STR(FN_TEXT(&t, "ARRAY_SORT", ARRAY(a, nulls)),
              "refused: function ARRAY_SORT does not accept (ARRAY<ARRAY<INT>>)");
    CHECK_STR(FN_TEXT(&t, "ARRAY_DISTINCT", i(1)),
              "refused: function ARRAY_DISTINCT does not accept (INT)");
    fn_close(&t);
}

static void maps(void)
{
    struct expr *m;

    fn_open(&t, DIALECT_FLINK, "UTC");
    m = MAP(s("a"), i(1), s("b"), i(2));
    CHECK_STR(FN_TEXT(&t, "MAP_KEYS", m), "[a, b]");
    CHECK_STR(FN_TEXT(&t, "MAP_VALUES", m), "[1, 2]");
    CHECK_STR(FN_TEXT(&t, "MAP_ENTRIES", m), "[(a, 1), (b, 2)]");
    CHECK_STR(fn_type(&t, FN_CALL(&t, "MAP_ENTRIES", m)), "ARRAY<ROW<`key` STRING, `value` INT>>");
    CHECK_STR(FN_TEXT(&t, "MAP_FROM_ARRAYS", ARRAY(s("x"), s("y")), ARRAY(i(1), i(2))),
              "{x=1, y=2}");
    CHECK_STR(FN_TEXT(&t, "MAP_FROM_ARRAYS", ARRAY(s("x")), ARRAY(i(1), i(2))),
              "error: the arrays of MAP_FROM_ARRAYS have different lengths: 1 keys, 2 values");
    CHECK_STR(FN_TEXT(&t, "MAP_UNION", m, MAP(s("b"), i(9), s("c"), i(3))), "{a=1, b=9, c=3}");
    CHECK_STR(FN_TEXT(&t, "MAP_UNION", m, fn_null(&t, m->type)), "NULL");
    fn_close(&t);
}

/* Constructors over columns, with a constant field among them. */
static void rows_of_columns(void)
{
    struct value values[3];
    struct column *column, *columns[2], *out;
    struct expr *c, *e[4];
    struct program *p;
    struct error err;
    struct rows rows = { .n = 3 };
    struct value got;

    fn_open(&t, DIALECT_FLINK, "UTC");
    for (int k = 0; k < 3; k++)
        values[k] = (struct value){ .type = &type_int, .i64 = k, .is_null = k == 1 };
    column = fn_column(&t, values, 3);
    c = expr_column(t.arena, 0, &type_int, fn_span);
    e[0] = FN_CALL(&t, "ROW", c, s("x"));
    e[1] = FN_CALL(&t, "ARRAY", e[0], e[0]);
    e[2] = FN_CALL(&t, "FIELD", FN_CALL(&t, "ITEM", e[1], i(2)), s("EXPR$1"));
    /* A row that is NULL where c is, with a constant for a field. */
    columns[0] = column;
    columns[1] = column_create(t.arena, e[0]->type, 3);
    columns[1]->children[0] = column;
    columns[1]->children[1] =
        value_to_column(t.arena, &(struct value){ .type = &type_string, .str = STR("x") }, 3);
    columns[1]->valid = column->valid;
    e[3] = FN_CALL(&t, "FIELD", expr_column(t.arena, 1, e[0]->type, fn_span), s("EXPR$1"));
    CHECK(program_create(t.arena, e, 4, NULL, &p, &err) == OK);
    program_begin(p, t.arena, columns, 3);
    static const char *const want[4][3] = {
        { "(0, x)", "(NULL, x)", "(2, x)" },
        { "[(0, x), (0, x)]", "[(NULL, x), (NULL, x)]", "[(2, x), (2, x)]" },
        { "x", "x", "x" },
        { "x", "NULL", "x" },
    };
    for (uint32_t k = 0; k < 4; k++) {
        CHECK(program_column(p, k, &rows, &out, &err) == OK);
        for (uint32_t row = 0; row < 3; row++) {
            struct buf text;
            struct text_style style = { .mode = TEXT_CAST };
            CHECK(value_from_column(out, row, t.arena, &got));
            buf_init(&text, 1000);
            text_print_value(&text, &got, &style);
            CHECK_STR(buf_cstr(&text), want[k][row]);
            buf_done(&text);
        }
    }
    fn_close(&t);
}

static void columns_agree_with_rows(void)
{
    fn_open(&t, DIALECT_FLINK, "UTC");
    const struct type *ints = type_make_array(t.arena, &type_tinyint);
    const struct type *strings = type_make_array(t.arena, &type_string);
    const struct type *row =
        type_make_row(t.arena, (const struct type *[]){ &type_tinyint, &type_string },
                      (const struct str[]){ STR("a"), STR("b") }, 2);
    const struct type *rows = type_make_array(t.arena, row);
    const struct type *lists = type_make_array(t.arena, ints);
    const struct type *map = type_make_map(t.arena, &type_string, &type_int);
    const struct type *maps = type_make_map(t.arena, &type_string, ints);
    const struct type *const arrays[] = { ints, strings, rows, lists };

    for (size_t k = 0; k < countof(arrays); k++) {
        const struct type *a = arrays[k], *element = a->children[0];
        FN_ROWS_OF(&t, "CARDINALITY", a);
        FN_ROWS_OF(&t, "ARRAY", element, element);
        FN_ROWS_OF(&t, "ARRAY_CONTAINS", a, element);
        FN_ROWS_OF(&t, "ARRAY_POSITION", a, element);
        FN_ROWS_OF(&t, "ARRAY_REMOVE", a, element);
        FN_ROWS_OF(&t, "ARRAY_APPEND", a, element);
        FN_ROWS_OF(&t, "ARRAY_PREPEND", a, element);
        FN_ROWS_OF(&t, "ARRAY_DISTINCT", a);
        FN_ROWS_OF(&t, "ARRAY_REVERSE", a);
        FN_ROWS_OF(&t, "ARRAY_UNION", a, a);
        FN_ROWS_OF(&t, "ARRAY_CONCAT", a, a, a);
        FN_ROWS_OF(&t, "ARRAY_EXCEPT", a, a);
        FN_ROWS_OF(&t, "ARRAY_INTERSECT", a, a);
        FN_ROWS_OF(&t, "ARRAY_SLICE", a, &type_tinyint, &type_tinyint);
        /* As a column: literal positions are checked when the call is bound. */
        fn_check_arrangement(&t, "ELEMENT", (const struct type *[]){ a }, 1, 0, true);
    }
    FN_ROWS_OF(&t, "ARRAY_MAX", ints);
    FN_ROWS_OF(&t, "ARRAY_MIN", strings);
    FN_ROWS_OF(&t, "ARRAY_SORT", ints, &type_boolean, &type_boolean);
    FN_ROWS_OF(&t, "ARRAY_SORT", strings);
    FN_ROWS_OF(&t, "ARRAY_JOIN", strings, &type_string, &type_string);
    FN_ROWS_OF(&t, "ITEM", map, &type_string);
    FN_ROWS_OF(&t, "ITEM", maps, &type_string);
    FN_ROWS_OF(&t, "MAP", &type_string, &type_int, &type_string, &type_int);
    FN_ROWS_OF(&t, "ROW", &type_int, strings, row);
    FN_ROWS_OF(&t, "MAP_KEYS", map);
    FN_ROWS_OF(&t, "MAP_VALUES", maps);
    FN_ROWS_OF(&t, "MAP_ENTRIES", maps);
    FN_ROWS_OF(&t, "MAP_UNION", map, map);
    FN_ROWS_OF(&t, "MAP_FROM_ARRAYS", ints, ints);
    fn_close(&t);
}

/* x[i] and x.f over columns, where the index or name is a literal. */
static void parts_of_columns(void)
{
    struct expr *e[3];
    struct value *values[2];
    struct column *columns[2], *out;
    struct program *p;
    struct error err;
    struct rows rows = { .n = FN_ROWS };

    fn_open(&t, DIALECT_FLINK, "UTC");
    const struct type *ints = type_make_array(t.arena, &type_int);
    const struct type *row = type_make_row(t.arena, (const struct type *[]){ &type_int, ints },
                                           (const struct str[]){ STR("a"), STR("b") }, 2);
    const struct type *const types[] = { type_make_array(t.arena, row), row };

    for (int k = 0; k < 2; k++) {
        values[k] = arena_array(t.arena, struct value, FN_ROWS);
        for (uint32_t n = 0; n < FN_ROWS; n++)
            fn_random_value(&t, types[k], &values[k][n]);
        columns[k] = fn_column(&t, values[k], FN_ROWS);
    }
    e[0] = FN_CALL(&t, "ITEM", expr_column(t.arena, 0, types[0], fn_span), i(2));
    e[1] = FN_CALL(&t, "FIELD", expr_column(t.arena, 1, types[1], fn_span), s("b"));
    e[2] = FN_CALL(&t, "FIELD", e[0], s("a"));
    CHECK(program_create(t.arena, e, 3, NULL, &p, &err) == OK);
    program_begin(p, t.arena, columns, FN_ROWS);
    for (uint32_t k = 0; k < 3; k++) {
        CHECK(program_column(p, k, &rows, &out, &err) == OK);
        for (uint32_t n = 0; n < FN_ROWS; n++) {
            const struct value *from = &values[k == 1 ? 1 : 0][n];
            struct value got;
            const struct value *want = NULL;
            if (!from->is_null && k == 1)
                want = &from->list.items[1];
            else if (!from->is_null && from->list.count >= 2)
                want = &from->list.items[1];
            if (want && !want->is_null && k == 2)
                want = &want->list.items[0];
            CHECK(value_from_column(out, n, t.arena, &got));
            if (!want || want->is_null) {
                if (!CHECK(got.is_null))
                    break;
            } else if (!CHECK(value_equal(&got, want))) {
                break;
            }
        }
    }
    fn_close(&t);
}

/* A field asked for in two steps: the NULLs of the first rows stay when the others are computed. */
static void fields_row_by_row(void)
{
    static const uint32_t first[] = { 0 }, second[] = { 1, 2 };
    struct value values[3], items[3][1];
    struct column *column, *out;
    struct expr *e;
    struct program *p;
    struct error err;
    struct rows some = { .sel = first, .n = 1 }, others = { .sel = second, .n = 2 };

    fn_open(&t, DIALECT_FLINK, "UTC");
    const struct type *row = type_make_row(t.arena, (const struct type *[]){ &type_int },
                                           (const struct str[]){ STR("a") }, 1);
    for (int k = 0; k < 3; k++) {
        items[k][0] = (struct value){ .type = &type_int, .i64 = k };
        values[k] = (struct value){ .type = row, .is_null = k == 0, .list = { items[k], 1 } };
    }
    column = fn_column(&t, values, 3);
    e = FN_CALL(&t, "FIELD", expr_column(t.arena, 0, row, fn_span), s("a"));
    CHECK(program_create(t.arena, &e, 1, NULL, &p, &err) == OK);
    program_begin(p, t.arena, &column, 3);
    CHECK(program_column(p, 0, &some, &out, &err) == OK);
    CHECK(!column_is_valid(out, 0));
    CHECK(program_column(p, 0, &others, &out, &err) == OK);
    CHECK(!column_is_valid(out, 0));
    CHECK(column_is_valid(out, 1) && COLUMN_AT(out, int32_t, 2) == 2);
    fn_close(&t);
}

int main(void)
{
    RUN(fields_row_by_row);
    RUN(constructors);
    RUN(access_to_parts);
    RUN(arrays);
    RUN(maps);
    RUN(rows_of_columns);
    RUN(columns_agree_with_rows);
    RUN(parts_of_columns);
    return check_failed != 0;
}
