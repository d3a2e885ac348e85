/* test_types_type.c -- types: equality, names, widening, what INSERT may store; schemas. */
#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"
#include "types/schema.h"
#include "types/type.h"

#include <stdio.h>

static struct arena *arena;

static const struct type *decimal(int p, int s)
{
    return type_make(arena, TYPE_DECIMAL, p, s);
}

static const struct type *sized(enum type_id id, int n)
{
    return type_make(arena, id, n, 0);
}

static const struct type *row(const struct type *a, const struct type *b)
{
    static const struct str names[2] = { { "a", 1 }, { "b`c", 3 } };
    return type_make_row(arena, (const struct type *[]){ a, b }, names, 2);
}

static const char *name_of(const struct type *type)
{
    static struct buf out = { .limit = 1000 };
    buf_clear(&out);
    if (type)
        type_print(&out, type);
    else
        buf_text(&out, "none");
    return buf_cstr(&out);
}

static void names(void)
{
    CHECK_STR(name_of(&type_null), "NULL");
    CHECK_STR(name_of(&type_boolean), "BOOLEAN");
    CHECK_STR(name_of(&type_string), "STRING");
    CHECK_STR(name_of(&type_bytes), "BYTES");
    CHECK_STR(name_of(&type_time), "TIME(0)");
    CHECK_STR(name_of(&type_timestamp3), "TIMESTAMP(3)");
    CHECK_STR(name_of(&type_timestamp_ltz6), "TIMESTAMP_LTZ(6)");
    CHECK_STR(name_of(&type_blink_timestamp), "TIMESTAMP");
    CHECK_STR(name_of(decimal(10, 2)), "DECIMAL(10, 2)");
    CHECK_STR(name_of(sized(TYPE_CHAR, 3)), "CHAR(3)");
    CHECK_STR(name_of(sized(TYPE_VARCHAR, 30)), "VARCHAR(30)");
    CHECK_STR(name_of(sized(TYPE_VARBINARY, 30)), "VARBINARY(30)");
    CHECK_STR(name_of(type_make_array(arena, row(&type_int, &type_double))),
              "ARRAY<ROW<`a` INT, `b``c` DOUBLE>>");
    CHECK_STR(name_of(type_make_map(arena, &type_string, &type_bigint)), "MAP<STRING, BIGINT>");
}

static void physical_forms(void)
{
    CHECK_INT(type_phys(decimal(18, 2)), PHYS_I64);
    CHECK_INT(type_phys(decimal(19, 2)), PHYS_I128);
    CHECK_INT(type_phys(&type_date), PHYS_I32);
    CHECK_INT(type_phys(&type_blink_timestamp), PHYS_I64);
    CHECK_INT(type_phys(row(&type_int, &type_int)), PHYS_ROW);
    CHECK_INT(phys_bytes(PHYS_VIEW), 16);
    CHECK_INT(phys_bytes(PHYS_ROW), 0);
}

static void equality(void)
{
    CHECK(type_equal(decimal(10, 2), decimal(10, 2)));
    CHECK(!type_equal(decimal(10, 2), decimal(10, 3)));
    CHECK(!type_equal(decimal(11, 2), decimal(10, 2)));
    CHECK(!type_equal(&type_int, &type_bigint));
    CHECK(!type_equal(&type_timestamp_ltz3, &type_blink_timestamp));
    CHECK(type_equal(&type_int, type_with_null(arena, &type_int, true)));
    CHECK(type_equal(row(&type_int, &type_date), row(&type_int, &type_date)));
    CHECK(!type_equal(row(&type_int, &type_date), row(&type_int, &type_int)));
    CHECK(type_with_null(arena, &type_int, false) == &type_int);
    /* Precision of an integer means nothing. */
    CHECK(type_equal(sized(TYPE_INT, 7), &type_int));
}

static void check_common(const struct type *a, const struct type *b, bool blink, const char *want)
{
    if (!CHECK_STR(name_of(type_common(arena, a, b, blink)), want) ||
        !CHECK_STR(name_of(type_common(arena, b, a, blink)), want))
        fprintf(stderr, "kinds %d and %d\n", a->id, b->id);
}

static void common_types(void)
{
    check_common(&type_int, &type_bigint, false, "BIGINT");
    check_common(&type_tinyint, &type_smallint, false, "SMALLINT");
    check_common(&type_int, &type_null, false, "INT");
    check_common(&type_null, &type_null, false, "NULL");
    check_common(&type_int, &type_float, false, "FLOAT");
    check_common(&type_bigint, &type_double, false, "DOUBLE");
    check_common(&type_float, decimal(5, 2), false, "DOUBLE");
    check_common(&type_int, decimal(5, 2), false, "DECIMAL(12, 2)");
    check_common(&type_bigint, decimal(2, 2), false, "DECIMAL(21, 2)");
    check_common(decimal(10, 2), decimal(12, 6), false, "DECIMAL(14, 6)");
    check_common(decimal(38, 0), decimal(38, 38), false, "DECIMAL(38, 0)");
    check_common(sized(TYPE_CHAR, 2), sized(TYPE_CHAR, 2), false, "CHAR(2)");
    check_common(sized(TYPE_CHAR, 2), sized(TYPE_CHAR, 5), false, "VARCHAR(5)");
    check_common(sized(TYPE_CHAR, 2), &type_string, false, "STRING");
    check_common(sized(TYPE_BINARY, 2), sized(TYPE_BINARY, 3), false, "VARBINARY(3)");
    check_common(&type_timestamp3, &type_timestamp6, false, "TIMESTAMP(6)");
    check_common(&type_timestamp3, &type_timestamp_ltz3, false, "TIMESTAMP_LTZ(3)");
    check_common(&type_date, &type_timestamp3, false, "TIMESTAMP(3)");
    check_common(&type_date, &type_date, false, "DATE");
    check_common(&type_interval_day, &type_interval_month, false, "none");
    check_common(&type_boolean, &type_int, false, "none");
    check_common(&type_date, &type_int, false, "none");
    check_common(row(&type_int, &type_int), row(&type_bigint, &type_null), false,
                 "ROW<`a` BIGINT, `b``c` INT>");
    check_common(row(&type_int, &type_int), &type_int, false, "none");
    check_common(type_make_array(arena, &type_int), type_make_array(arena, decimal(3, 1)), false,
                 "ARRAY<DECIMAL(11, 1)>");
    /* A string wins in Blink, and is refused in Flink. */
    check_common(&type_int, &type_string, false, "none");
    check_common(&type_int, &type_string, true, "STRING");
    check_common(sized(TYPE_CHAR, 2), &type_blink_timestamp, true, "STRING");
    check_common(&type_boolean, &type_string, true, "STRING");
    check_common(&type_string, type_make_array(arena, &type_int), true, "none");
    check_common(&type_blink_timestamp, &type_date, true, "TIMESTAMP");
    const struct type *never_null = type_with_null(arena, &type_int, true);
    CHECK(type_common(arena, never_null, never_null, false)->not_null);
    CHECK(!type_common(arena, never_null, &type_int, false)->not_null);
}

static void storing_in_flink(void)
{
    CHECK(type_can_store(&type_int, &type_bigint, false));
    CHECK(!type_can_store(&type_bigint, &type_int, false));
    CHECK(type_can_store(&type_bigint, &type_double, false));
    CHECK(type_can_store(&type_bigint, &type_float, false));
    CHECK(!type_can_store(&type_double, &type_float, false));
    CHECK(type_can_store(&type_double, decimal(10, 2), false));
    CHECK(type_can_store(decimal(38, 10), decimal(10, 2), false));
    CHECK(!type_can_store(decimal(10, 0), &type_bigint, false));
    CHECK(type_can_store(sized(TYPE_CHAR, 9), sized(TYPE_VARCHAR, 3), false));
    CHECK(!type_can_store(&type_string, sized(TYPE_CHAR, 3), false));
    CHECK(!type_can_store(&type_int, &type_string, false));
    CHECK(!type_can_store(&type_string, &type_int, false));
    CHECK(type_can_store(&type_timestamp6, &type_timestamp3, false));
    CHECK(type_can_store(&type_timestamp3, &type_timestamp_ltz3, false));
    CHECK(type_can_store(&type_timestamp3, &type_date, false));
    CHECK(!type_can_store(&type_date, &type_timestamp3, false));
    CHECK(type_can_store(&type_null, &type_date, false));
    CHECK(type_can_store(row(&type_int, &type_int), row(&type_bigint, &type_double), false));
    CHECK(!type_can_store(row(&type_int, &type_int), row(&type_bigint, &type_string), false));
    CHECK(!type_can_store(&type_int, row(&type_bigint, &type_string), false));
}

static void storing_in_blink(void)
{
    CHECK(type_can_store(&type_tinyint, &type_bigint, true));
    CHECK(!type_can_store(&type_bigint, &type_int, true));
    CHECK(type_can_store(&type_int, &type_double, true));
    CHECK(!type_can_store(&type_bigint, &type_double, true));
    CHECK(!type_can_store(&type_int, &type_float, true));
    CHECK(type_can_store(&type_float, &type_double, true));
    CHECK(!type_can_store(&type_double, &type_bigint, true));
    CHECK(type_can_store(decimal(2, 1), &type_float, true));
    CHECK(type_can_store(decimal(15, 2), &type_double, true));
    CHECK(!type_can_store(decimal(16, 2), &type_double, true));
    CHECK(!type_can_store(decimal(7, 0), &type_float, true));
    CHECK(!type_can_store(decimal(2, 0), &type_bigint, true));
    CHECK(type_can_store(&type_int, decimal(12, 2), true));
    CHECK(!type_can_store(&type_int, decimal(11, 2), true));
    CHECK(type_can_store(decimal(10, 2), decimal(12, 3), true));
    CHECK(!type_can_store(decimal(10, 2), decimal(10, 3), true));
    CHECK(type_can_store(sized(TYPE_CHAR, 3), &type_string, true));
    CHECK(!type_can_store(&type_int, &type_string, true));
    CHECK(!type_can_store(&type_string, &type_bigint, true));
    CHECK(type_can_store(&type_null, &type_bigint, true));
    CHECK(type_can_store(&type_blink_timestamp, &type_timestamp_ltz3, true));
    CHECK(!type_can_store(&type_blink_timestamp, &type_date, true));
    CHECK(!type_can_store(&type_bytes, &type_string, true));
}

static void finding_columns(void)
{
    const struct field fields[] = { { STR("id"), &type_int },
                                    { STR("Name"), &type_string },
                                    { STR("NAME"), &type_string },
                                    { STR("ts"), &type_date } };
    struct schema schema = { .fields = fields, .count = countof(fields) };
    CHECK_INT(schema_find(&schema, STR("id")), 0);
    CHECK_INT(schema_find(&schema, STR("ID")), 0);
    CHECK_INT(schema_find(&schema, STR("NAME")), 2);
    CHECK_INT(schema_find(&schema, STR("name")), -2);
    CHECK_INT(schema_find(&schema, STR("missing")), -1);
    CHECK_INT(schema_find(&schema, STR("")), -1);
}

static void out_of_memory(void)
{
    for (uint64_t n = 1;; n++) {
        struct arena *small = arena_create();
        if (!CHECK(small != NULL))
            return;
        mem_fail_at(n);
        bool done = true;
        for (int i = 0; i < 100; i++)
            done &= type_make_map(small, type_make(small, TYPE_DECIMAL, 3, 1), &type_int) != NULL;
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        arena_destroy(small);
        if (pending) {
            CHECK(done && n > 1);
            return;
        }
        CHECK(!done);
    }
}

int main(void)
{
    arena = arena_create();
    if (!arena)
        return 1;
    RUN(names);
    RUN(physical_forms);
    RUN(equality);
    RUN(common_types);
    RUN(storing_in_flink);
    RUN(storing_in_blink);
    RUN(finding_columns);
    RUN(out_of_memory);
    arena_destroy(arena);
    return check_failed != 0;
}
