/* test_remote_rows.c -- what a server says, as columns: texts and numbers of all types, and what is
 * no value of its column. */
#include "remote/remote_rows.h"

#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"
#include "types/text.h"

static struct arena *arena;
static struct error error;
static struct remote_rows rows;
static struct batch *batch;

/* A table of one column. */
static struct schema *table_of(const struct type *type)
{
    struct schema *schema = arena_new(arena, struct schema);
    struct field *field = arena_new(arena, struct field);
    *field = (struct field){ STR("c"), type };
    *schema = (struct schema){ .fields = field, .count = 1 };
    return schema;
}

static void begin(const struct type *type)
{
    error = (struct error){ .code = OK };
    CHECK_INT(remote_rows_begin(&rows, arena, table_of(type), NULL, 0, &error), OK);
    CHECK_INT(remote_rows_add(&rows, &error), OK);
}

/* The rows of the first column with blanks between. */
static void check_rows(const char *want)
{
    struct text_style style = { .mode = TEXT_DISPLAY, .null_text = "NULL" };
    struct buf out;
    buf_init(&out, 1 << 20);
    CHECK_INT(remote_rows_end(&rows, &batch, &error), OK);
    CHECK_INT(batch->count, rows.count);
    CHECK_INT(batch->columns[0]->count, rows.count);
    for (uint32_t row = 0; row < batch->count; row++) {
        buf_text(&out, row > 0 ? " | " : "");
        text_print_cell(&out, batch->columns[0], row, &style);
    }
    CHECK_STR(buf_cstr(&out), want);
    buf_done(&out);
}

/* `want`: the cell, or "!" and the message. */
static void check(enum code code, const char *want)
{
    CHECK_INT(code, *want == '!' ? E_DATA : OK);
    if (*want == '!')
        CHECK_STR(error.message, want + 1);
    else
        check_rows(want);
}

static void text_in(const struct type *type, const char *text, const struct zone *zone,
                    const char *want)
{
    begin(type);
    check(remote_rows_set_text(&rows, 0, str_of(text), zone, &error), want);
}

static void number(const struct type *type, int64_t value, const char *want)
{
    begin(type);
    check(remote_rows_set_int(&rows, 0, value, &error), want);
}

static void real(const struct type *type, double value, const char *want)
{
    begin(type);
    check(remote_rows_set_double(&rows, 0, value, &error), want);
}

static void texts_are_read(void)
{
    const struct type *decimal = type_make(arena, TYPE_DECIMAL, 10, 2);
    const struct type *wide = type_make(arena, TYPE_DECIMAL, 30, 2);
    text_in(&type_boolean, "1", NULL, "TRUE");
    text_in(&type_boolean, "0", NULL, "FALSE");
    text_in(&type_boolean, "True", NULL, "TRUE");
    text_in(&type_boolean, "yes", NULL, "!column \"c\": cannot read \"yes\" as BOOLEAN");
    text_in(&type_tinyint, "-128", NULL, "-128");
    text_in(&type_tinyint, "128", NULL, "!column \"c\": cannot read \"128\" as TINYINT");
    text_in(&type_smallint, "32767", NULL, "32767");
    text_in(&type_int, "-2147483648", NULL, "-2147483648");
    text_in(&type_int, "2147483648", NULL, "!column \"c\": cannot read \"2147483648\" as INT");
    text_in(&type_int, "", NULL, "!column \"c\": cannot read \"\" as INT");
    text_in(&type_bigint, "9223372036854775807", NULL, "9223372036854775807");
    text_in(&type_bigint, "9223372036854775808", NULL,
            "!column \"c\": cannot read \"9223372036854775808\" as BIGINT");
    text_in(&type_float, "1.1", NULL, "1.1");
    text_in(&type_double, "-1e300", NULL, "-1.0E300");
    text_in(&type_double, "x", NULL, "!column \"c\": cannot read \"x\" as DOUBLE");
    text_in(decimal, "12.345", NULL, "12.35");
    text_in(decimal, "1234567890", NULL,
            "!column \"c\": cannot read \"1234567890\" as DECIMAL(10, 2)");
    text_in(wide, "1234567890123456789012.5", NULL, "1234567890123456789012.50");
    text_in(&type_string, "gr\xc3\xbc\xc3\x9f", NULL, "gr\xc3\xbc\xc3\x9f");
    text_in(&type_string, "\xff", NULL, "\xef\xbf\xbd"); /* what is no UTF-8 becomes U+FFFD */
    text_in(&type_string, "", NULL, "");
    text_in(&type_bytes, "\xff\x01", NULL, "x'ff01'");
}

static void times_are_read(void)
{
    const struct zone *shanghai;
    CHECK_INT(zone_load(arena, STR("Asia/Shanghai"), &shanghai, &error), OK);
    text_in(&type_date, "2024-02-29", NULL, "2024-02-29");
    text_in(&type_date, "2023-02-29", NULL, "!column \"c\": cannot read \"2023-02-29\" as DATE");
    text_in(&type_date, "0000-00-00", NULL, "NULL");
    text_in(&type_time, "10:11:12", NULL, "10:11:12");
    text_in(&type_time, "838:59:59", NULL, "!column \"c\": cannot read \"838:59:59\" as TIME(0)");
    text_in(&type_timestamp3, "2024-01-01 10:00:00.1239", NULL, "2024-01-01 10:00:00.123");
    text_in(&type_timestamp3, "2024-01-01T10:00:00", shanghai, "2024-01-01 10:00:00.000");
    text_in(&type_timestamp3, "0000-00-00 00:00:00", NULL, "NULL");
    text_in(&type_timestamp3, "now", NULL, "!column \"c\": cannot read \"now\" as TIMESTAMP(3)");
    text_in(&type_timestamp_ltz3, "2024-01-01 10:00:00", shanghai, "2024-01-01 02:00:00.000");
    text_in(&type_timestamp_ltz3, "2024-01-01 10:00:00", NULL, "2024-01-01 10:00:00.000");
    text_in(&type_timestamp_ltz3, "2024-01-01T10:00:00+01:00", shanghai, "2024-01-01 09:00:00.000");
}

static void numbers_fit_or_are_refused(void)
{
    const struct type *decimal = type_make(arena, TYPE_DECIMAL, 5, 2);
    number(&type_boolean, 2, "TRUE");
    number(&type_tinyint, 127, "127");
    number(&type_tinyint, -129, "!column \"c\": cannot read \"-129\" as TINYINT");
    number(&type_int, INT64_MAX, "!column \"c\": cannot read \"9223372036854775807\" as INT");
    number(&type_bigint, INT64_MIN, "-9223372036854775808");
    number(&type_date, 1, "1970-01-02");
    number(&type_date, 3000000, "!column \"c\": cannot read \"3000000\" as DATE");
    number(&type_time, 1000, "00:00:01");
    number(&type_time, 86400000, "!column \"c\": cannot read \"86400000\" as TIME(0)");
    number(&type_timestamp3, 1999, "1970-01-01 00:00:00.001");
    number(&type_timestamp3, INT64_MAX,
           "!column \"c\": cannot read \"9223372036854775807\" as TIMESTAMP(3)");
    number(&type_double, 5, "5.0");
    number(&type_string, -5, "-5");
    number(decimal, 999, "999.00");
    number(decimal, 1000, "!column \"c\": cannot read \"1000\" as DECIMAL(5, 2)");
    real(&type_double, 0.5, "0.5");
    real(&type_float, 0.5, "0.5");
    real(&type_string, 0.5, "0.5");
    real(decimal, 1.005, "1.01");
    real(&type_int, 7.0, "7");
    real(&type_int, 7.5, "!column \"c\": cannot read \"7.5\" as INT");
    real(&type_bigint, 1e19, "!column \"c\": cannot read \"1.0E19\" as BIGINT");
}

static void bytes_are_copied(void)
{
    char text[] = "abc";
    begin(&type_string);
    CHECK_INT(remote_rows_set_bytes(&rows, 0, str_make(text, 3), &error), OK);
    memset(text, 'x', 3);
    check_rows("abc");
    begin(&type_int);
    check(remote_rows_set_bytes(&rows, 0, STR("1"), &error),
          "!column \"c\": cannot read \"1\" as INT");
}

static void rows_grow_and_are_dropped(void)
{
    begin(&type_int);
    remote_rows_drop(&rows);
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(remote_rows_add(&rows, &error), OK);
        if (i % 2 == 0)
            CHECK_INT(remote_rows_set_int(&rows, 0, i, &error), OK);
    }
    /* A row that was begun leaves nothing behind. */
    CHECK_INT(remote_rows_add(&rows, &error), OK);
    CHECK_INT(remote_rows_set_int(&rows, 0, 7, &error), OK);
    remote_rows_drop(&rows);
    CHECK_INT(remote_rows_add(&rows, &error), OK);
    CHECK_INT(remote_rows_end(&rows, &batch, &error), OK);
    CHECK_INT(batch->count, 1001);
    for (uint32_t i = 0; i < 1001; i++)
        if (i % 2 == 0 && i < 1000)
            CHECK_INT(COLUMN_AT(batch->columns[0], int32_t, i), i);
        else
            CHECK(!column_is_valid(batch->columns[0], i));
}

static void nested_values_are_copied_too(void)
{
    const struct type *array = type_make_array(arena, &type_string);
    char text[] = "one";
    struct value items[] = {
        { .type = &type_string, .str = { text, 3 } },
        { .type = &type_string, .is_null = true },
    };
    struct value list = { .type = array, .list = { items, 2 } };
    struct value null = { .type = array, .is_null = true };
    begin(array);
    CHECK_INT(remote_rows_set_value(&rows, 0, &list, &error), OK);
    memset(text, 'x', 3);
    CHECK_INT(remote_rows_add(&rows, &error), OK);
    CHECK_INT(remote_rows_set_value(&rows, 0, &null, &error), OK);
    CHECK_INT(remote_rows_add(&rows, &error), OK);
    list.list.count = 1;
    CHECK_INT(remote_rows_set_value(&rows, 0, &list, &error), OK);
    check_rows("[one, NULL] | NULL | [xxx]");
    begin(array);
    check(remote_rows_set_text(&rows, 0, STR("[]"), NULL, &error),
          "!column \"c\": cannot read \"[]\" as ARRAY<STRING>");
}

static void values_are_of_the_columns_type(void)
{
    const struct type *decimal = type_make(arena, TYPE_DECIMAL, 30, 1);
    struct value d = { .type = decimal, .i128 = 15 };
    struct value i = { .type = &type_int, .i64 = 15 };
    struct value f = { .type = &type_float, .f64 = 1.5 };
    struct value s = { .type = &type_string, .str = STR("s") };
    begin(decimal);
    check(remote_rows_set_value(&rows, 0, &d, &error), "1.5");
    begin(&type_int);
    check(remote_rows_set_value(&rows, 0, &i, &error), "15");
    i.is_null = true;
    check(remote_rows_set_value(&rows, 0, &i, &error), "NULL");
    begin(&type_float);
    check(remote_rows_set_value(&rows, 0, &f, &error), "1.5");
    begin(&type_string);
    check(remote_rows_set_value(&rows, 0, &s, &error), "s");
}

static void columns_that_nobody_reads_are_nulls(void)
{
    struct field fields[] = { { STR("a"), &type_int }, { STR("b"), &type_string } };
    struct schema schema = { .fields = fields, .count = 2 };
    bool needed[] = { false, true };
    CHECK_INT(remote_rows_begin(&rows, arena, &schema, needed, 0, &error), OK);
    CHECK_INT(remote_rows_add(&rows, &error), OK);
    CHECK_INT(remote_rows_set_text(&rows, 0, STR("no number"), NULL, &error), OK);
    CHECK_INT(remote_rows_set_int(&rows, 0, 5, &error), OK);
    CHECK_INT(remote_rows_set_bytes(&rows, 0, STR("x"), &error), OK);
    CHECK_INT(remote_rows_set_text(&rows, 1, STR("b"), NULL, &error), OK);
    check_rows("NULL");
    CHECK(str_is(view_str(COLUMN_AT(batch->columns[1], struct view, 0)), "b"));
}

static void no_rows_are_a_batch_too(void)
{
    begin(&type_int);
    remote_rows_drop(&rows);
    check_rows("");
    begin(type_make_array(arena, &type_int));
    remote_rows_drop(&rows);
    check_rows("");
}

static enum code fill(void)
{
    const struct type *array = type_make_array(arena, &type_string);
    if (!array)
        return E_NOMEM;
    struct field fields[] = { { STR("a"), &type_string }, { STR("b"), array } };
    struct schema schema = { .fields = fields, .count = 2 };
    struct value item = { .type = &type_string, .str = STR("s") };
    struct value list = { .type = array, .list = { &item, 1 } };
    TRY(remote_rows_begin(&rows, arena, &schema, NULL, 0, &error));
    for (int i = 0; i < 100; i++) {
        TRY(remote_rows_add(&rows, &error));
        TRY(remote_rows_set_text(&rows, 0, STR("text"), NULL, &error));
        TRY(remote_rows_set_value(&rows, 1, &list, &error));
    }
    return remote_rows_end(&rows, &batch, &error);
}

static void want_of_memory_is_an_error(void)
{
    uint64_t n = 1;
    for (bool pending = false; !pending && n < 1000; n++) {
        arena_destroy(arena);
        arena = arena_create();
        mem_fail_at(n);
        enum code code = fill();
        pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK_INT(code, pending ? OK : E_NOMEM);
    }
    CHECK(n > 3 && n < 1000);
}

int main(void)
{
    arena = arena_create();
    RUN(texts_are_read);
    RUN(times_are_read);
    RUN(numbers_fit_or_are_refused);
    RUN(bytes_are_copied);
    RUN(rows_grow_and_are_dropped);
    RUN(nested_values_are_copied_too);
    RUN(values_are_of_the_columns_type);
    RUN(columns_that_nobody_reads_are_nulls);
    RUN(no_rows_are_a_batch_too);
    RUN(want_of_memory_is_an_error);
    arena_destroy(arena);
    return check_failed != 0;
}
