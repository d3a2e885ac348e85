/* test_clickhouse.c -- types, engines, values and errors of ClickHouse, newer ones than the server of the
 * tests has too. */
#include "base/arena.h"
#include "clickhouse/click_table.h"
#include "clickhouse/clickhouse.h"
#include "support/check.h"
#include "types/decimal.h"
#include "types/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena *arena;
static struct error error;
static int shortly; /* values that went the short way */

/* --- types ------------------------------------------------------------------------------- */

static const struct click_type *parse(const char *text)
{
    const struct click_type *type = NULL;
    CHECK_INT(click_type_parse(arena, str_of(text), zone_utc, &type, &error), OK);
    return type;
}

static void types_are_read(void)
{
    static const struct {
        const char *text;
        enum click_kind kind;
        int bytes;
        bool is_signed, is_nullable;
        int precision, scale;
    } cases[] = {
        { "Int8", CLICK_INT, 1, true, false, 0, 0 },
        { "UInt64", CLICK_INT, 8, false, false, 0, 0 },
        { "Int128", CLICK_INT, 16, true, false, 0, 0 },
        { "Bool", CLICK_BOOL, 1, false, false, 0, 0 },
        { "Float32", CLICK_FLOAT, 4, true, false, 0, 0 },
        { "Decimal(9, 2)", CLICK_DECIMAL, 4, false, false, 9, 2 },
        { "Decimal(18, 4)", CLICK_DECIMAL, 8, false, false, 18, 4 },
        { "Decimal(38,10)", CLICK_DECIMAL, 16, false, false, 38, 10 },
        { "Decimal32(3)", CLICK_DECIMAL, 4, false, false, 9, 3 },
        { "Decimal64(3)", CLICK_DECIMAL, 8, false, false, 18, 3 },
        { "Decimal128(3)", CLICK_DECIMAL, 16, false, false, 38, 3 },
        { "Nullable(String)", CLICK_STRING, 0, false, true, 0, 0 },
        { "LowCardinality(Nullable(String))", CLICK_STRING, 0, false, true, 0, 0 },
        { "SimpleAggregateFunction(sum, Int64)", CLICK_INT, 8, true, false, 0, 0 },
        { "Date32", CLICK_DATE32, 4, true, false, 0, 0 },
        { "DateTime", CLICK_TIME, 4, false, false, 0, 0 },
        { "DateTime('UTC')", CLICK_TIME, 4, false, false, 0, 0 },
        { "DateTime64(3)", CLICK_TIME64, 8, false, false, 3, 0 },
        { "DateTime64(9, 'Asia/Shanghai')", CLICK_TIME64, 8, false, false, 9, 0 },
        { "Array(Array(Nullable(Int8)))", CLICK_ARRAY, 0, false, false, 0, 0 },
        { "Map(LowCardinality(String), Array(UInt8))", CLICK_MAP, 0, false, false, 0, 0 },
        { "Enum8('a' = 1, 'b\\'c' = -2)", CLICK_ENUM, 1, false, false, 0, 0 },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        const struct click_type *type = parse(cases[i].text);
        if (!CHECK(type != NULL))
            continue;
        CHECK_SPAN(type->text.data, type->text.size, cases[i].text);
        CHECK_INT(type->kind, cases[i].kind);
        CHECK_INT(type->bytes, cases[i].bytes);
        CHECK_INT(type->is_nullable, cases[i].is_nullable);
        if (type->kind == CLICK_INT)
            CHECK_INT(type->is_signed, cases[i].is_signed);
        CHECK_INT(type->precision, cases[i].precision);
        CHECK_INT(type->scale, cases[i].scale);
    }
    const struct click_type *names = parse("Enum16('\\\\ \\n' = 300, 'it''s' = 0)");
    CHECK_INT(names->name_count, 2);
    CHECK(str_is(names->names[0].name, "\\ \n") && str_is(names->names[1].name, "it's"));
    CHECK_INT(parse("FixedString(16)")->length, 16);
    CHECK_STR(zone_name(parse("DateTime64(3, 'Asia/Shanghai')")->zone), "Asia/Shanghai");
}

static void what_has_no_values_here_is_no_error(void)
{
    static const char *const texts[] = {
        "",
        "Int",
        "Int256",
        "Tuple(Int8)",
        "Decimal(76, 3)",
        "Decimal256(3)",
        "Decimal(9)",
        "Decimal(9, 10)",
        "DateTime64",
        "DateTime64(10)",
        "DateTime('No/Where')",
        "Nullable",
        "Nullable(Int8",
        "Array()",
        "Map(Int8)",
        "FixedString(0)",
        "FixedString(99999999999)",
        "Enum8()",
        "Enum8('a' = 128)",
        "Enum8('a)",
        "Int8 ",
        "Int8)",
        "AggregateFunction(sum, Int8)",
        "Nullable(Tuple(Int8))",
        "Array(IPv6)",
    };
    for (size_t i = 0; i < countof(texts); i++)
        CHECK(parse(texts[i]) == NULL);
    char deep[4096] = "";
    for (int i = 0; i < 300; i++)
        snprintf(deep + 6 * i, 8, "Array(");
    CHECK(parse(deep) == NULL);
}

/* --- values ------------------------------------------------------------------------------ */

static void to_hex(struct buf *bytes, char *out, size_t size)
{
    for (size_t i = 0; i < bytes->size && 2 * i + 3 < size; i++)
        snprintf(out + 2 * i, 3, "%02x", (unsigned)(uint8_t)bytes->data[i]);
    if (bytes->size == 0)
        out[0] = 0;
}

static struct value int_value(const struct type *type, int64_t number)
{
    return (struct value){ .type = type, .i64 = number };
}
static struct value text_value(const struct type *type, const char *text)
{
    return (struct value){ .type = type, .str = str_of(text) };
}

/* The short way writes what the long one does, or nothing. */
static void check_short(const struct value *value, const struct click_type *type)
{
    struct column *column = value_to_column(arena, value, 1);
    if (!CHECK(column != NULL) || value->is_null)
        return;
    struct click_type plain = *type;
    struct buf long_way, short_way;
    plain.is_nullable = false;
    buf_init(&long_way, 1 << 16);
    buf_init(&short_way, 1 << 16);
    click_write *write = click_find_write(column->type, &plain);
    bool is_put = click_put(&long_way, &plain, value, zone_utc, &error) == OK;
    if (write && write(&short_way, &plain, column, 0)) {
        CHECK(is_put);
        CHECK_INT(short_way.size, long_way.size);
        CHECK(str_eq(buf_view(&short_way), buf_view(&long_way)));
        shortly++;
    } else {
        CHECK_INT(short_way.size, 0);
    }
    buf_done(&long_way);
    buf_done(&short_way);
}

/* Written, it is `want` in hex, or "-" where it does not fit; read again, it is the same, and all
 * beginnings of it are too short. */
static void check_put(struct value value, const char *type_text, const char *want)
{
    const struct click_type *type = parse(type_text);
    char hex[512];
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK(click_can_put(value.type, type));
    enum code code = click_put(&out, type, &value, zone_utc, &error);
    check_short(&value, type);
    if (strcmp(want, "-") == 0) {
        CHECK_INT(code, E_DATA);
        buf_done(&out);
        return;
    }
    CHECK_INT(code, OK);
    to_hex(&out, hex, sizeof hex);
    if (!CHECK_STR(hex, want))
        printf("    %s\n", type_text);
    for (size_t size = 0; size < out.size; size++) {
        struct value part;
        struct click_reader in = { out.data, out.data + size };
        CHECK_INT(click_get(&in, type, value.type, zone_utc, arena, &part, &error), CLICK_SHORT);
        in = (struct click_reader){ out.data, out.data + size };
        CHECK_INT(click_skip(&in, type), CLICK_SHORT);
    }
    struct value back;
    struct click_reader in = { out.data, out.data + out.size };
    if (click_can_get(type, value.type)) {
        CHECK_INT(click_get(&in, type, value.type, zone_utc, arena, &back, &error), CLICK_GOT);
        CHECK(value_equal(&value, &back));
        CHECK(in.at == in.end);
    }
    in.at = out.data;
    CHECK_INT(click_skip(&in, type), CLICK_GOT);
    CHECK(in.at == in.end);
    buf_done(&out);
}

static void numbers_are_written(void)
{
    static const struct type wide = { .id = TYPE_DECIMAL, .precision = 38 };
    static const struct type money = { .id = TYPE_DECIMAL, .precision = 10, .scale = 2 };
    check_put(int_value(&type_tinyint, -1), "Int8", "ff");
    check_put(int_value(&type_bigint, -2), "Int128", "feffffffffffffffffffffffffffffff");
    check_put(int_value(&type_int, 127), "Int8", "7f");
    check_put(int_value(&type_int, 128), "Int8", "-");
    check_put(int_value(&type_int, -129), "Int8", "-");
    check_put(int_value(&type_int, 255), "UInt8", "ff");
    check_put(int_value(&type_int, -1), "UInt64", "-");
    check_put(int_value(&type_bigint, INT64_MIN), "Int64", "0000000000000080");
    check_put(int_value(&type_int, 5), "Nullable(Int16)", "000500");
    check_put((struct value){ .type = &type_int, .is_null = true }, "Nullable(Int16)", "01");
    check_put((struct value){ .type = &type_int, .is_null = true }, "Int16", "-");
    check_put((struct value){ .type = &wide, .i128 = (int128)UINT64_MAX }, "UInt64",
              "ffffffffffffffff");
    check_put((struct value){ .type = &wide, .i128 = (int128)UINT64_MAX + 1 }, "UInt64", "-");
    check_put((struct value){ .type = &money, .i128 = 300 }, "Int16", "0300");
    check_put((struct value){ .type = &money, .i128 = 301 }, "Int16", "-");
    check_put((struct value){ .type = &money, .i128 = -150 }, "Decimal(9, 4)", "68c5ffff");
    check_put((struct value){ .type = &money, .i128 = 99999999999 }, "Decimal(9, 0)", "-");
    check_put(int_value(&type_boolean, 1), "Bool", "01");
    check_put(int_value(&type_boolean, 1), "UInt8", "01");
    check_put(int_value(&type_int, 2), "Bool", "-");
    check_put((struct value){ .type = &type_double, .f64 = 1.5 }, "Float64", "000000000000f83f");
    check_put((struct value){ .type = &type_double, .f64 = -2 }, "Float32", "000000c0");
    check_put((struct value){ .type = &type_double, .f64 = 1e300 }, "Float32", "-");
    check_put((struct value){ .type = &type_double, .f64 = 1.25 }, "Decimal(9, 2)", "7d000000");
}

static void texts_are_written(void)
{
    check_put(text_value(&type_string, "ab"), "String", "026162");
    check_put(text_value(&type_string, ""), "LowCardinality(Nullable(String))", "0000");
    check_put(text_value(&type_string, "ab"), "FixedString(3)", "616200");
    check_put(text_value(&type_string, "abcd"), "FixedString(3)", "-");
    check_put(text_value(&type_string, "b"), "Enum8('a' = 1, 'b' = -2)", "fe");
    check_put(text_value(&type_string, "c"), "Enum8('a' = 1, 'b' = -2)", "-");
    check_put(int_value(&type_int, 300), "Enum16('a' = 300)", "2c01");
    check_put(int_value(&type_int, 1), "Enum16('a' = 300)", "-");
    check_put(text_value(&type_string, "00112233-4455-6677-8899-aabbccddeeff"), "UUID",
              "7766554433221100ffeeddccbbaa9988");
    check_put(text_value(&type_string, "00112233-4455-6677-8899-aabbccddeef"), "UUID", "-");
    check_put(text_value(&type_string, "00112233x4455-6677-8899-aabbccddeeff"), "UUID", "-");
    check_put(text_value(&type_bytes, "0123456789abcdef"), "UUID",
              "37363534333231306665646362613938");
    char longer[301];
    memset(longer, 'x', 300);
    longer[300] = 0;
    struct buf out;
    buf_init(&out, 1 << 16);
    struct value value = text_value(&type_string, longer);
    CHECK_INT(click_put(&out, parse("String"), &value, zone_utc, &error), OK);
    CHECK(out.size == 302 && (uint8_t)out.data[0] == 0xAC && out.data[1] == 2);
    buf_done(&out);
}

static void times_are_written(void)
{
    check_put(int_value(&type_date, 1), "Date", "0100");
    check_put(int_value(&type_date, -1), "Date", "-");
    check_put(int_value(&type_date, -1), "Date32", "ffffffff");
    check_put(int_value(&type_date, 200000), "Date32", "-");
    check_put(int_value(&type_timestamp3, 1000000), "DateTime", "01000000");
    check_put(int_value(&type_timestamp3, -1), "DateTime", "-");
    check_put(int_value(&type_timestamp3, INT64_C(4294967296000000)), "DateTime", "-");
    /* Wall clocks are in the column's zone, instants are not. */
    check_put(int_value(&type_timestamp3, INT64_C(28801000000)), "DateTime('Asia/Shanghai')",
              "01000000");
    check_put(int_value(&type_timestamp_ltz3, 1000000), "DateTime('Asia/Shanghai')", "01000000");
    check_put(int_value(&type_timestamp6, -1), "DateTime64(6)", "ffffffffffffffff");
    check_put(int_value(&type_timestamp3, -1000), "DateTime64(3)", "ffffffffffffffff");
    check_put(int_value(&type_timestamp6, 1), "DateTime64(9)", "e803000000000000");
    check_put(int_value(&type_timestamp6, TIME_MIN_US), "DateTime64(3)", "-");
    check_put(int_value(&type_timestamp6, INT64_C(10000000000000000)), "DateTime64(9)", "-");
}

static void try_value(const struct value *value, const struct click_type *to)
{
    if (click_can_put(value->type, to))
        check_short(value, to);
}

/* A number that a column of so many bits can hold. */
static void try_short(const struct type *type, int bits, int64_t number,
                      const struct click_type *to)
{
    int spare = 64 - bits;
    if (bits > 1 && (int64_t)((uint64_t)number << spare) >> spare != number)
        return;
    if ((type_is_timestamp(type) && !time_us_in_range(number)) ||
        (type->id == TYPE_DATE && !time_days_in_range(number)))
        return;
    struct value value = int_value(type, bits > 1 ? number : number & 1);
    try_value(&value, to);
}

/* Every number, time and text at the edges of every type. */
static void the_short_way_is_the_same(void)
{
    static const char *const targets[] = {
        "Int8",
        "Int16",
        "Int32",
        "Int64",
        "Int128",
        "UInt8",
        "UInt16",
        "UInt32",
        "UInt64",
        "Bool",
        "Float32",
        "Float64",
        "Decimal(9,2)",
        "Decimal(18,2)",
        "Decimal(38,2)",
        "Decimal(38,0)",
        "String",
        "FixedString(3)",
        "Date",
        "Date32",
        "DateTime",
        "DateTime('Asia/Shanghai')",
        "DateTime('Europe/Berlin')",
        "DateTime64(0)",
        "DateTime64(3)",
        "DateTime64(3, 'Europe/Berlin')",
        "DateTime64(6)",
        "DateTime64(9)",
        "Enum8('a' = 1)",
        "UUID",
        "LowCardinality(Nullable(String))",
    };
    static const struct type *const wholes[] = { &type_boolean,    &type_tinyint,
                                                 &type_smallint,   &type_int,
                                                 &type_bigint,     &type_date,
                                                 &type_timestamp3, &type_timestamp_ltz6 };
    static const int bits[] = { 1, 8, 16, 32, 64, 32, 64, 64 };
    static const int64_t edges[] = { CLICK_TIME64_MIN_US,
                                     CLICK_TIME64_MAX_US,
                                     CLICK_DATE32_MIN,
                                     CLICK_DATE32_MAX,
                                     UINT16_MAX,
                                     UINT32_MAX * INT64_C(1000000),
                                     INT64_C(1711846800000000),
                                     -1500 };
    static const double reals[] = { 0, -0.0, 1.5, 1e300, -1e39, 16777217, INFINITY, NAN };
    const struct type decimals[] = { { .id = TYPE_DECIMAL, .precision = 9, .scale = 2 },
                                     { .id = TYPE_DECIMAL, .precision = 18, .scale = 2 },
                                     { .id = TYPE_DECIMAL, .precision = 38, .scale = 2 },
                                     { .id = TYPE_DECIMAL, .precision = 5, .scale = 0 } };
    char text[400];
    memset(text, 'x', sizeof text);
    shortly = 0;
    for (size_t t = 0; t < countof(targets); t++) {
        const struct click_type *to = parse(targets[t]);
        for (size_t w = 0; w < countof(wholes); w++) {
            for (int bit = 0; bit < bits[w]; bit++)
                for (int step = -1; step < 2; step++) {
                    uint64_t number = (UINT64_C(1) << bit) + (uint64_t)(int64_t)step;
                    try_short(wholes[w], bits[w], (int64_t)number, to);
                    try_short(wholes[w], bits[w], (int64_t)-number, to);
                }
            for (size_t i = 0; i < countof(edges); i++)
                for (int step = -1; step < 2; step++)
                    try_short(wholes[w], bits[w], edges[i] + step, to);
        }
        for (size_t i = 0; i < countof(reals); i++) {
            struct value value = { .type = &type_double, .f64 = reals[i] };
            try_value(&value, to);
            value = (struct value){ .type = &type_float, .f64 = (double)(float)reals[i] };
            try_value(&value, to);
        }
        for (size_t i = 0; i < countof(decimals); i++)
            for (int64_t number = -99999; number < 100000; number += 33333) {
                struct value value = { .type = &decimals[i], .i128 = number };
                try_value(&value, to);
            }
        for (size_t size = 0; size < sizeof text; size += 1 + size / 2) {
            struct value value = { .type = &type_string, .str = str_make(text, size) };
            try_value(&value, to);
            value.type = &type_bytes;
            try_value(&value, to);
        }
    }
    CHECK(shortly > 2000);
}

static void lists_are_written(void)
{
    const struct type *list = type_make_array(arena, &type_int);
    const struct type *map = type_make_map(arena, &type_string, list);
    struct value items[] = { int_value(&type_int, 1), { .type = &type_int, .is_null = true } };
    struct value array = { .type = list, .list = { items, 2 } };
    check_put(array, "Array(Nullable(Int8))", "02000101");
    check_put(array, "Array(Int8)", "-");
    struct value pair[] = { text_value(&type_string, "k"), array };
    check_put((struct value){ .type = map, .list = { pair, 2 } },
              "Map(String, Array(Nullable(Int8)))", "01016b02000101");
    CHECK(!click_can_put(list, parse("Map(String, Int8)")));
    CHECK(!click_can_put(list, parse("Array(UUID)")));
    CHECK(!click_can_get(parse("Array(UUID)"), list));
    /* As text it is JSON. */
    struct buf out;
    buf_init(&out, 1 << 10);
    CHECK_INT(click_put(&out, parse("String"), &array, zone_utc, &error), OK);
    CHECK_SPAN(out.data + 1, out.size - 1, "[1,null]");
    buf_done(&out);
}

static void defaults_are_of_their_type(void)
{
    static const char *const texts[] = { "Int64",          "String",        "FixedString(5)",
                                         "Nullable(UUID)", "Array(Int8)",   "Enum8('x' = 7)",
                                         "DateTime64(3)",  "Decimal(38, 2)" };
    for (size_t i = 0; i < countof(texts); i++) {
        struct buf out;
        buf_init(&out, 1 << 10);
        click_put_default(&out, parse(texts[i]));
        struct click_reader in = { out.data, out.data + out.size };
        CHECK_INT(click_skip(&in, parse(texts[i])), CLICK_GOT);
        CHECK(in.at == in.end);
        buf_done(&out);
    }
}

static enum click_got get(const char *bytes, size_t size, const char *type, const struct type *to,
                          struct value *ret)
{
    struct click_reader in = { bytes, bytes + size };
    return click_get(&in, parse(type), to, zone_utc, arena, ret, &error);
}

static void nonsense_is_found_out(void)
{
    struct value value;
    CHECK_INT(get("\2", 1, "Nullable(Int8)", &type_int, &value), CLICK_BROKEN);
    CHECK_INT(get("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10, "String", &type_string, &value),
              CLICK_BROKEN);
    CHECK_INT(get("\xff\xff\xff\xff\xff\x01", 6, "String", &type_string, &value), CLICK_BROKEN);
    CHECK_INT(
        get("\xff\xff\xff\xff\x01", 5, "Array(Int8)", type_make_array(arena, &type_int), &value),
        CLICK_BROKEN);
    CHECK_INT(get("\5", 1, "Enum8('a' = 1)", &type_string, &value), CLICK_BROKEN);
    CHECK_INT(get("\xff\xff\xff\xff\xff\xff\xff\x7f", 8, "DateTime64(0)", &type_timestamp3, &value),
              CLICK_BROKEN);
    CHECK_INT(get("\xff\xff", 2, "UInt16", &type_smallint, &value), CLICK_MISFIT);
    CHECK_STR(error.message, "cannot read \"65535\" as SMALLINT");
    CHECK_INT(get("\5\0\0\0", 4, "Decimal(9, 1)", &type_int, &value), CLICK_MISFIT);
    CHECK_INT(get("\xff\xff\xff\xff\xff\xff\xff\xff", 8, "UInt64", &type_double, &value),
              CLICK_GOT);
    CHECK(value.f64 == 18446744073709551615.0);
}

/* --- SQL --------------------------------------------------------------------------------- */

static const char *literal(struct value value, const char *type_text)
{
    static struct buf sql;
    struct buf bytes;
    const struct click_type *type = parse(type_text);
    buf_init(&bytes, 1 << 10);
    buf_done(&sql);
    buf_init(&sql, 1 << 10);
    CHECK_INT(click_put(&bytes, type, &value, zone_utc, &error), OK);
    struct click_reader in = { bytes.data, bytes.data + bytes.size };
    CHECK_INT(click_put_literal(&sql, &in, type, arena), CLICK_GOT);
    buf_done(&bytes);
    return buf_cstr(&sql);
}

static void values_become_sql(void)
{
    static const struct type money = { .id = TYPE_DECIMAL, .precision = 10, .scale = 2 };
    CHECK_STR(literal(int_value(&type_bigint, -5), "Int64"), "-5");
    CHECK_STR(literal(int_value(&type_bigint, -5), "Int128"), "toInt128('-5')");
    CHECK_STR(literal(int_value(&type_boolean, 1), "Bool"), "1");
    CHECK_STR(literal(text_value(&type_string, "a'\\"), "String"), "'a\\'\\\\'");
    CHECK_STR(literal(text_value(&type_string, "b'"), "Enum8('b''' = 1)"), "'b\\''");
    CHECK_STR(literal(text_value(&type_string, "a"), "FixedString(2)"), "'a\\0'");
    CHECK_STR(literal((struct value){ .type = &money, .i128 = -150 }, "Decimal(18, 2)"),
              "toDecimal64('-1.50', 2)");
    CHECK_STR(literal(int_value(&type_date, 0), "Date"), "toDate('1970-01-01')");
    CHECK_STR(literal(int_value(&type_timestamp_ltz3, 1500000), "DateTime('Asia/Shanghai')"),
              "toDateTime(1)");
    CHECK_STR(literal(int_value(&type_timestamp_ltz3, 1500000), "DateTime64(3, 'Asia/Shanghai')"),
              "toDateTime64('1970-01-01 00:00:01.500', 3, 'UTC')");
    struct buf name;
    buf_init(&name, 100);
    click_put_name(&name, STR("a`b\\"));
    CHECK_STR(buf_cstr(&name), "`a\\`b\\\\`");
    buf_done(&name);
}

/* --- engines and errors ------------------------------------------------------------------ */

static void check_engine(const char *full, enum click_manner manner, const char *version,
                         const char *deleted, const char *sign)
{
    struct click_engine engine;
    size_t size = strcspn(full, "( ");
    CHECK_INT(click_engine_parse(arena, str_make(full, size), str_of(full), &engine, &error), OK);
    CHECK_INT(engine.manner, manner);
    const struct str got[] = { engine.version, engine.deleted, engine.sign };
    const char *want[] = { version, deleted, sign };
    for (size_t i = 0; i < countof(got); i++)
        CHECK(want[i] ? str_is(got[i], want[i]) : !got[i].data);
}

static void engines_are_read(void)
{
    check_engine("MergeTree ORDER BY f(a)", CLICK_KEEPS, NULL, NULL, NULL);
    check_engine("Memory", CLICK_KEEPS, NULL, NULL, NULL);
    check_engine("ReplacingMergeTree ORDER BY f(a)", CLICK_REPLACES, NULL, NULL, NULL);
    check_engine("ReplacingMergeTree() ORDER BY a", CLICK_REPLACES, NULL, NULL, NULL);
    check_engine("ReplacingMergeTree(ver) ORDER BY a", CLICK_REPLACES, "ver", NULL, NULL);
    check_engine("ReplacingMergeTree(`v)'er`, del) ORDER BY a", CLICK_REPLACES, "v)'er", "del",
                 NULL);
    check_engine("ReplacingMergeTree(d, (a, b), 8192, ver)", CLICK_REPLACES, "ver", NULL, NULL);
    check_engine("ReplacingMergeTree(d, (a, b), 8192)", CLICK_REPLACES, NULL, NULL, NULL);
    check_engine("ReplicatedReplacingMergeTree('/t/{shard}', '{replica}', ver, del) ORDER BY a",
                 CLICK_REPLACES, "ver", "del", NULL);
    check_engine("SharedReplacingMergeTree('/t', '{r}') ORDER BY a", CLICK_REPLACES, NULL, NULL,
                 NULL);
    check_engine("CollapsingMergeTree(sign) ORDER BY a", CLICK_COLLAPSES, NULL, NULL, "sign");
    check_engine("VersionedCollapsingMergeTree(s, v) ORDER BY a", CLICK_COLLAPSES, "v", NULL, "s");
    struct str table = click_engine_argument(arena, STR("Distributed('c', 'd\\'b', t, rand())"), 1);
    CHECK(str_is(table, "d'b"));
}

static enum remote_outcome judge(int status, const char *text)
{
    error = (struct error){ .code = OK };
    return click_judge(status, str_of(text), &error);
}

static void errors_are_judged_by_their_code(void)
{
    CHECK_INT(judge(500,
                    "Code: 27, e.displayText() = DB::Exception: Cannot parse input, e.what() = "
                    "DB::Exception\n"),
              REMOTE_REFUSED);
    CHECK_STR(error.message, "ClickHouse says: Cannot parse input (code 27)");
    CHECK_INT(judge(400, "Code: 27. DB::Exception: Cannot parse: (at row 1)\n. (CANNOT_PARSE)"),
              REMOTE_REFUSED);
    CHECK_STR(error.message, "ClickHouse says: Cannot parse: (at row 1) (code 27)");
    CHECK_INT(judge(500, "Code: 252. DB::Exception: Too many parts (300)"), REMOTE_AWAY);
    CHECK_INT(judge(500, "Code: 252. DB::Exception: Too many partitions for single INSERT block"),
              REMOTE_REFUSED);
    CHECK_INT(judge(500, "Code: 243. DB::Exception: no room"), REMOTE_AWAY);
    CHECK_INT(judge(500, "Code: 469. DB::Exception: Constraint `c` is violated. Column values: "
                         "v = 'No space left on device'"),
              REMOTE_REFUSED);
    CHECK_INT(judge(500, "Code: 153. DB::Exception: Division by zero"), REMOTE_REFUSED);
    CHECK_INT(judge(500, "Code: 373. DB::Exception: Session is locked"), REMOTE_AWAY);
    CHECK_INT(judge(500, "Code: 1001, std::exception: No space left on device"), REMOTE_AWAY);
    CHECK_INT(judge(403, "Code: 516. DB::Exception: weir: Authentication failed"), REMOTE_FATAL);
    CHECK(error.hint[0]);
    CHECK_INT(judge(404, "Code: 60. DB::Exception: Table does not exist"), REMOTE_FATAL);
    CHECK_INT(judge(500, "Code: 49. DB::Exception: Logical error"), REMOTE_FAILED);
    CHECK_INT(judge(503, ""), REMOTE_AWAY);
    CHECK_INT(judge(401, "no"), REMOTE_FATAL);
    CHECK_INT(judge(413, "<html>"), REMOTE_REFUSED);
    CHECK_INT(judge(500, "Code: "), REMOTE_FAILED);
    CHECK_STR(error.message, "ClickHouse answers with status 500: Code:");
}

/* --- addresses --------------------------------------------------------------------------- */

static struct option items[8];
static const struct option_spec *const specs[] = { clickhouse_options, NULL };
static struct options options = { .items = items, .specs = specs };
static struct click_target target;

static enum code read_target(const char *const *pairs)
{
    struct table_def def = { .name = STR("t"), .options = &options };
    options.count = 0;
    for (; *pairs; pairs += 2)
        items[options.count++] =
            (struct option){ .key = str_of(pairs[0]), .value = str_of(pairs[1]) };
    error = (struct error){ .code = OK };
    return click_target_read(&def, arena, &target, &error);
}
#define READ_TARGET(...) read_target((const char *const[]){ __VA_ARGS__, "tableName", "x", NULL })

static void addresses_are_read(void)
{
    static const struct {
        const char *url, *endpoints, *database;
    } cases[] = {
        { "clickhouse://a:1/d", "http://a:1", "d" },
        { "jdbc:clickhouse://a,b:9/d", "http://a:8123;http://b:9", "d" },
        { "jdbc:clickhouse://a?ssl=true", "https://a:8443", "default" },
        { "jdbc:clickhouse:http://a:1/d?database=e", "http://a:1", "e" },
        { "ch://[::1]/d", "http://[::1]:8123", "d" },
        { "https://a", "https://a:8443", "default" },
        { "https://a/", "https://a:8443", "default" },
        { "http://a/d/", "http://a:8123", "d" },
        { "a:5", "http://a:5", "default" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        CHECK_INT(READ_TARGET("url", cases[i].url), OK);
        CHECK_SPAN(target.http.endpoints.data, target.http.endpoints.size, cases[i].endpoints);
        CHECK_SPAN(target.database.data, target.database.size, cases[i].database);
        CHECK(!target.http.username.data);
    }
    CHECK_INT(READ_TARGET("url", "ch://a/d&e", "userName", "u", "password", "p&q",
                          "properties.max_threads", "1&2"),
              OK);
    CHECK_SPAN(target.path.data, target.path.size, "/?database=d%26e&max_threads=1%262");
    CHECK(str_is(target.http.username, "u") && str_is(target.http.password, "p&q"));
    CHECK_INT(READ_TARGET("url", "ch://a?user=u&password=p"), OK);
    CHECK(str_is(target.http.username, "u") && str_is(target.http.password, "p"));
}

static void what_is_no_address(void)
{
    static const char *const urls[] = {
        "", "clickhouse://", "clickhouse:///d", "ch://a,,b/d", "ch://u:secret@a/d", "ch://a?async=1"
    };
    for (size_t i = 0; i < countof(urls); i++) {
        CHECK_INT(READ_TARGET("url", urls[i]), E_OPTION);
        CHECK(!strstr(error.message, "secret"));
    }
    struct table_def def = { .name = STR("t"), .options = &options };
    struct buf out;
    buf_init(&out, 1000);
    options.count = 1;
    items[0].value = STR("ch://u:secret@a/d?password=secret");
    click_describe(&def, &out);
    CHECK(!strstr(buf_cstr(&out), "secret"));
    buf_done(&out);
}

int main(void)
{
    arena = arena_create();
    RUN(types_are_read);
    RUN(what_has_no_values_here_is_no_error);
    RUN(numbers_are_written);
    RUN(texts_are_written);
    RUN(times_are_written);
    RUN(the_short_way_is_the_same);
    RUN(lists_are_written);
    RUN(defaults_are_of_their_type);
    RUN(nonsense_is_found_out);
    RUN(values_become_sql);
    RUN(engines_are_read);
    RUN(errors_are_judged_by_their_code);
    RUN(addresses_are_read);
    RUN(what_is_no_address);
    arena_destroy(arena);
    return check_failed != 0;
}
