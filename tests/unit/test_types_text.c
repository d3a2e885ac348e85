/* test_types_text.c -- values as text: casts of both dialects, result cells, JSON. */
#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"
#include "types/text.h"

#include <math.h>
#include <stdio.h>

static struct arena *arena;
static struct buf out;

/* Prints as a value and as a cell of a constant column; both must agree. */
static const char *text_of(const struct value *value, const struct text_style *style)
{
    static char kept[4][512];
    static int next;
    char *copy = kept[next++ % 4];
    buf_clear(&out);
    text_print_value(&out, value, style);
    snprintf(copy, sizeof kept[0], "%s", buf_cstr(&out));
    struct column *column = value_to_column(arena, value, 3);
    if (!CHECK(column != NULL))
        return copy;
    buf_clear(&out);
    text_print_cell(&out, column, 2, style);
    CHECK_STR(buf_cstr(&out), copy);
    return copy;
}

static const struct text_style cast = { .mode = TEXT_CAST };
static const struct text_style display = { .mode = TEXT_DISPLAY };
static const struct text_style json = { .mode = TEXT_JSON };
static struct text_style blink = { .mode = TEXT_CAST, .blink = true };
static struct text_style blink_json = { .mode = TEXT_JSON, .blink = true };
static struct text_style shanghai = { .mode = TEXT_CAST };

static struct value of_i64(const struct type *type, int64_t v)
{
    return (struct value){ .type = type, .i64 = v };
}

static struct value of_f64(const struct type *type, double v)
{
    return (struct value){ .type = type, .f64 = v };
}

static struct value of_text(const struct type *type, const char *v)
{
    return (struct value){ .type = type, .str = str_of(v) };
}

static struct value of_null(const struct type *type)
{
    return (struct value){ .type = type, .is_null = true };
}

static void scalars(void)
{
    const struct type *dec = type_make(arena, TYPE_DECIMAL, 10, 2);
    const struct type *big = type_make(arena, TYPE_DECIMAL, 30, 2);
    const struct {
        struct value value;
        const char *cast, *display, *json;
    } cases[] = {
        { of_i64(&type_boolean, 1), "TRUE", "TRUE", "true" },
        { of_i64(&type_tinyint, -128), "-128", "-128", "-128" },
        { of_i64(&type_bigint, INT64_MIN), "-9223372036854775808", "-9223372036854775808",
          "-9223372036854775808" },
        { of_f64(&type_double, 1e10), "1.0E10", "1.0E10", "1.0E10" },
        { of_f64(&type_float, 0.1), "0.1", "0.1", "0.1" },
        { of_f64(&type_double, NAN), "NaN", "NaN", "\"NaN\"" },
        { of_f64(&type_double, -INFINITY), "-Infinity", "-Infinity", "\"-Infinity\"" },
        { { .type = dec, .i128 = -5 }, "-0.05", "-0.05", "-0.05" },
        { { .type = big, .i128 = (int128)INT64_MAX * 1000 },
          "92233720368547758070.00",
          "92233720368547758070.00",
          "92233720368547758070.00" },
        { of_text(&type_string, "a\"b"), "a\"b", "a\"b", "\"a\\\"b\"" },
        { of_text(&type_bytes, "a\xFF\xE4\xB8\xAD"), "a\xEF\xBF\xBD\xE4\xB8\xAD", "x'61ffe4b8ad'",
          "\"Yf/kuK0=\"" },
        { of_i64(&type_date, 19723), "2024-01-01", "2024-01-01", "\"2024-01-01\"" },
        { of_i64(&type_time, 36000000), "10:00:00", "10:00:00", "\"10:00:00\"" },
        { of_i64(&type_timestamp3, 1704067200120000), "2024-01-01 00:00:00.120",
          "2024-01-01 00:00:00.120", "\"2024-01-01 00:00:00.12\"" },
        { of_i64(&type_timestamp6, 1704067200000000), "2024-01-01 00:00:00.000000",
          "2024-01-01 00:00:00.000000", "\"2024-01-01 00:00:00\"" },
        { of_i64(&type_timestamp_ltz3, 1704067200123000), "2024-01-01 00:00:00.123",
          "2024-01-01 00:00:00.123", "\"2024-01-01 00:00:00.123Z\"" },
        { of_i64(&type_interval_month, 14), "+1-02", "+1-02", "\"+1-02\"" },
        { of_i64(&type_interval_day, 93784500000), "+1 02:03:04.500", "+1 02:03:04.500",
          "\"+1 02:03:04.500\"" },
        { of_null(&type_int), "NULL", "<NULL>", "null" },
        { of_null(&type_null), "NULL", "<NULL>", "null" },
        { of_text(&type_string, ""), "", "", "\"\"" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        CHECK_STR(text_of(&cases[i].value, &cast), cases[i].cast);
        CHECK_STR(text_of(&cases[i].value, &display), cases[i].display);
        CHECK_STR(text_of(&cases[i].value, &json), cases[i].json);
    }
    struct value null = of_null(&type_string);
    const struct text_style dash = { .mode = TEXT_DISPLAY, .null_text = "-" };
    CHECK_STR(text_of(&null, &dash), "-");
    struct value time3 = of_i64(type_make(arena, TYPE_TIME, 3, 0), 36000120);
    CHECK_STR(text_of(&time3, &cast), "10:00:00.12");
    CHECK_STR(text_of(&time3, &json), "\"10:00:00.12\"");
}

static void zones_and_dialects(void)
{
    /* 2020-08-06 08:35:49.123 UTC */
    struct value ltz = of_i64(&type_timestamp_ltz3, 1596702949123000);
    struct value instant = of_i64(&type_blink_timestamp, 1596702949123000);
    struct value plain = of_i64(&type_timestamp3, 1596702949000000);
    struct value yes = of_i64(&type_boolean, 1);
    CHECK_STR(text_of(&ltz, &shanghai), "2020-08-06 16:35:49.123");
    CHECK_STR(text_of(&plain, &shanghai), "2020-08-06 08:35:49.000");
    CHECK_STR(text_of(&instant, &blink), "2020-08-06 16:35:49.123");
    CHECK_STR(text_of(&instant, &blink_json), "\"2020-08-06 16:35:49.123\"");
    CHECK_STR(text_of(&ltz, &blink_json), "\"2020-08-06 08:35:49.123Z\"");
    instant.i64 = 1596702949000000;
    CHECK_STR(text_of(&instant, &blink), "2020-08-06 16:35:49.000");
    CHECK_STR(text_of(&instant, &blink_json), "\"2020-08-06 16:35:49\"");
    CHECK_STR(text_of(&yes, &blink), "true");
    CHECK_STR(text_of(&yes, &cast), "TRUE");
}

static void nested(void)
{
    struct value ints[3] = { of_i64(&type_int, 1), of_null(&type_int), of_i64(&type_int, 3) };
    struct value array = { .type = type_make_array(arena, &type_int), .list = { ints, 3 } };
    CHECK_STR(text_of(&array, &cast), "[1, NULL, 3]");
    CHECK_STR(text_of(&array, &display), "[1, NULL, 3]");
    CHECK_STR(text_of(&array, &json), "[1,null,3]");
    struct value pairs[4] = { of_text(&type_string, "k"), of_i64(&type_int, 1),
                              of_text(&type_string, "\xE4\xB8\xAD"), of_null(&type_int) };
    struct value map = { .type = type_make_map(arena, &type_string, &type_int),
                         .list = { pairs, 4 } };
    CHECK_STR(text_of(&map, &cast), "{k=1, \xE4\xB8\xAD=NULL}");
    CHECK_STR(text_of(&map, &json), "{\"k\":1,\"\xE4\xB8\xAD\":null}");
    struct value numbers[4] = { of_i64(&type_int, 1), of_text(&type_string, "a"),
                                of_i64(&type_int, 2), of_text(&type_string, "b") };
    struct value other = { .type = type_make_map(arena, &type_int, &type_string),
                           .list = { numbers, 4 } };
    CHECK_STR(text_of(&other, &json), "{\"$map\":[[1,\"a\"],[2,\"b\"]]}");
    other.list.count = 0;
    CHECK_STR(text_of(&other, &json), "{\"$map\":[]}");
    CHECK_STR(text_of(&other, &cast), "{}");
    pairs[2].is_null = true;
    CHECK_STR(text_of(&map, &json), "{\"$map\":[[\"k\",1],[null,null]]}");
    pairs[2].is_null = false;
    const struct str names[3] = { STR("a"), STR("b\"c"), STR("d") };
    const struct type *types[3] = { &type_int, map.type, &type_bytes };
    struct value fields[3] = { of_i64(&type_int, 7), map, of_text(&type_bytes, "hi") };
    struct value row = { .type = type_make_row(arena, types, names, 3), .list = { fields, 3 } };
    CHECK_STR(text_of(&row, &cast), "(7, {k=1, \xE4\xB8\xAD=NULL}, hi)");
    CHECK_STR(text_of(&row, &display), "(7, {k=1, \xE4\xB8\xAD=NULL}, x'6869')");
    CHECK_STR(text_of(&row, &json),
              "{\"a\":7,\"b\\\"c\":{\"k\":1,\"\xE4\xB8\xAD\":null},\"d\":\"aGk=\"}");
    row.is_null = true;
    CHECK_STR(text_of(&row, &json), "null");
}

static void check_string(const char *text, size_t size, const char *want)
{
    buf_clear(&out);
    text_put_json_string(&out, str_make(text, size));
    CHECK_SPAN(out.data, out.size, want);
}

static void json_strings(void)
{
    check_string("", 0, "\"\"");
    check_string("plain /text", 11, "\"plain /text\"");
    check_string("\"\\/", 3, "\"\\\"\\\\/\"");
    check_string("\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"");
    check_string("\0\x01\x0B\x1F\x7F", 5, "\"\\u0000\\u0001\\u000B\\u001F\x7F\"");
    check_string("\xE4\xB8\xAD\xF0\x9F\x98\x80", 7, "\"\xE4\xB8\xAD\xF0\x9F\x98\x80\"");
    check_string("a\xE4\xB8\nb\xFF", 6, "\"a\xEF\xBF\xBD\\nb\xEF\xBF\xBD\"");
}

static void check_base64(const char *bytes, const char *text)
{
    buf_clear(&out);
    text_put_base64(&out, str_of(bytes));
    CHECK_SPAN(out.data, out.size, text);
    buf_clear(&out);
    CHECK(text_put_base64_decoded(&out, str_of(text)));
    CHECK_SPAN(out.data, out.size, bytes);
}

static void base64(void)
{
    check_base64("", "");
    check_base64("f", "Zg==");
    check_base64("fo", "Zm8=");
    check_base64("foo", "Zm9v");
    check_base64("foob", "Zm9vYg==");
    check_base64("\xFF\xFE\xFD\xFB", "//79+w==");
    buf_clear(&out);
    CHECK(text_put_base64_decoded(&out, STR("Zm8")) && out.size == 2);
    static const char *const wrong[] = { "Z",   "Zm9vY", "Zm=v", "====", "Zm9v=", "Zm9\n",
                                         "Zg=", "Zm 9",  "Zh==", "Zm9=", "=",     "_-8=" };
    for (size_t i = 0; i < countof(wrong); i++) {
        buf_clear(&out);
        if (!CHECK(!text_put_base64_decoded(&out, str_of(wrong[i]))))
            fprintf(stderr, "text \"%s\"\n", wrong[i]);
    }
}

static void whole_columns(void)
{
    struct column *c = column_create(arena, &type_bigint, 100);
    CHECK(column_need_valid(c, arena));
    for (uint32_t i = 0; i < 100; i++)
        COLUMN_OUT(c, int64_t)[i] = (int64_t)i * 1000003;
    column_set_null(c, 5);
    struct column *text = text_cast_column(arena, c, &cast);
    if (!CHECK(text != NULL))
        return;
    CHECK(type_equal(text->type, &type_string));
    for (uint32_t i = 0; i < 100; i++) {
        char want[32];
        snprintf(want, sizeof want, "%u", i * 1000003);
        CHECK_INT(column_is_valid(text, i), i != 5);
        struct str got = view_str(COLUMN_AT(text, struct view, i));
        CHECK_SPAN(got.data, got.size, i == 5 ? "" : want);
    }
    struct value one = of_i64(&type_blink_timestamp, 0);
    struct column *constant = value_to_column(arena, &one, 50);
    text = text_cast_column(arena, constant, &blink);
    CHECK(text && column_is_constant(text) && text->count == 50);
    struct str got = view_str(COLUMN_AT(text, struct view, 49));
    CHECK_SPAN(got.data, got.size, "1970-01-01 08:00:00.000");
    struct value nothing = of_null(&type_null);
    text = text_cast_column(arena, value_to_column(arena, &nothing, 4), &cast);
    CHECK(text && !column_is_valid(text, 3));
    struct value word = of_text(&type_string, "as it is");
    struct column *words = value_to_column(arena, &word, 4);
    text = text_cast_column(arena, words, &cast);
    CHECK(text && text->values == words->values);
    struct column *empty = text_cast_column(arena, column_create(arena, &type_double, 0), &cast);
    CHECK(empty && empty->count == 0);
}

static void out_of_memory(void)
{
    struct value one = of_i64(&type_bigint, 1234567);
    struct column *column = value_to_column(arena, &one, 50);
    for (uint64_t n = 1;; n++) {
        struct arena *small = arena_create();
        if (!CHECK(small != NULL))
            return;
        mem_fail_at(n);
        struct column *text = text_cast_column(small, column, &cast);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        CHECK((text != NULL) == pending);
        arena_destroy(small);
        if (pending) {
            CHECK(n > 2);
            return;
        }
    }
}

int main(void)
{
    arena = arena_create();
    if (!arena)
        return 1;
    buf_init(&out, 1 << 16);
    const struct zone *zone = NULL;
    CHECK_INT(zone_load(arena, STR("Asia/Shanghai"), &zone, NULL), OK);
    blink.zone = blink_json.zone = shanghai.zone = zone;
    struct zone_cursor cursor = { 0 };
    shanghai.cursor = &cursor;
    RUN(scalars);
    RUN(zones_and_dialects);
    RUN(nested);
    RUN(json_strings);
    RUN(base64);
    RUN(whole_columns);
    RUN(out_of_memory);
    buf_done(&out);
    arena_destroy(arena);
    return check_failed != 0;
}
