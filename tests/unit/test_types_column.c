/* test_types_column.c -- columns, batches and single values. */
#include "base/arena.h"
#include "base/memory.h"
#include "support/check.h"
#include "types/batch.h"
#include "types/value.h"

static struct arena *arena;

static void views(void)
{
    CHECK(view_eq(view_make("abc", 3), view_make("abc", 3)));
    CHECK(!view_eq(view_make("abc", 3), view_make("abd", 3)));
    CHECK(!view_eq(view_make("abc", 3), view_make("abcd", 4)));
    CHECK(view_eq(view_make("abcdefgh", 8), view_make("abcdefgh", 8)));
    CHECK(!view_eq(view_make("abcdefgh", 8), view_make("abcdefgx", 8)));
    CHECK(view_eq(view_make(NULL, 0), view_make("", 0)));
    CHECK(view_compare(view_make("b", 1), view_make("abc", 3)) > 0);
}

static void nulls(void)
{
    struct column *c = column_create(arena, &type_string, 130);
    CHECK_INT(COLUMN_AT(c, struct view, 129).size, 0);
    CHECK(!column_has_nulls(c) && column_is_valid(c, 129));
    CHECK(column_need_valid(c, arena));
    for (uint32_t i = 0; i < 130; i++)
        CHECK(column_is_valid(c, i));
    COLUMN_OUT(c, struct view)[64] = view_make("abc", 3);
    column_set_null(c, 64);
    CHECK(!column_is_valid(c, 64) && column_is_valid(c, 63) && column_is_valid(c, 65));
    CHECK_INT(COLUMN_AT(c, struct view, 64).size, 0);
    uint64_t *bits = c->valid;
    CHECK(column_need_valid(c, arena));
    CHECK(c->valid == bits);
}

static void constants(void)
{
    struct column *c = column_create_constant(arena, &type_bigint, 1000);
    COLUMN_OUT(c, int64_t)[0] = 42;
    CHECK(column_is_constant(c));
    CHECK_INT(COLUMN_AT(c, int64_t, 999), 42);
    CHECK(column_need_valid(c, arena));
    column_set_null(c, 777);
    CHECK(!column_is_valid(c, 0) && !column_is_valid(c, 999));
    const uint32_t sel[3] = { 5, 900, 2 };
    struct column *g = column_gather(arena, c, sel, 3);
    CHECK(column_is_constant(g) && g->count == 3 && !column_is_valid(g, 2));
}

/* Every physical form once through gather, with NULLs in between. */
static void gathering(void)
{
    const struct type *types[] = { &type_boolean,  &type_tinyint,
                                   &type_smallint, &type_int,
                                   &type_bigint,   &type_float,
                                   &type_double,   type_make(arena, TYPE_DECIMAL, 30, 2) };
    const uint32_t sel[5] = { 99, 0, 7, 7, 64 };
    for (size_t t = 0; t < countof(types); t++) {
        struct column *c = column_create(arena, types[t], 100);
        size_t bytes = phys_bytes(type_phys(types[t]));
        CHECK(column_need_valid(c, arena));
        for (uint32_t i = 0; i < 100; i++)
            memset((char *)c->values + i * bytes, (int)i, bytes);
        column_set_null(c, 7);
        struct column *g = column_gather(arena, c, sel, 5);
        CHECK_INT(g->count, 5);
        for (uint32_t i = 0; i < 5; i++) {
            CHECK_INT(column_is_valid(g, i), sel[i] != 7);
            char want[16];
            memset(want, (int)sel[i], bytes);
            if (sel[i] != 7)
                CHECK_MEM((char *)g->values + i * bytes, want, bytes);
        }
    }
    CHECK_INT(column_gather(arena, column_create(arena, &type_int, 3), sel, 0)->count, 0);
}

static void copying_slots(void)
{
    struct column *a = column_create(arena, &type_string, 4);
    struct column *b = column_create(arena, &type_string, 4);
    CHECK(column_need_valid(a, arena) && column_need_valid(b, arena));
    COLUMN_OUT(a, struct view)[1] = view_make("one", 3);
    column_set_null(a, 2);
    column_copy_slot(b, 3, a, 1);
    CHECK(str_is(view_str(COLUMN_AT(b, struct view, 3)), "one"));
    column_copy_slot(b, 3, a, 2);
    CHECK(!column_is_valid(b, 3));
    column_copy_slot(b, 3, a, 1);
    CHECK(column_is_valid(b, 3));
}

/* A copy is good when the arena of the original is gone. */
static void copies_stand_alone(void)
{
    struct arena *gone = arena_create();
    struct column *c = column_create(gone, &type_string, 3);
    CHECK(column_need_valid(c, gone));
    COLUMN_OUT(c, struct view)[0] = view_of(arena_str(gone, STR("a text that is long")));
    column_set_null(c, 1);
    COLUMN_OUT(c, struct view)[2] = view_of(arena_str(gone, STR("b")));
    const uint32_t sel[3] = { 2, 1, 0 };
    struct column *copy = column_copy(arena, c, sel, 3);
    struct column *constant = column_create_constant(gone, &type_string, 9);
    COLUMN_OUT(constant, struct view)[0] = view_of(arena_str(gone, STR("same")));
    struct column *same = column_copy(arena, constant, sel, 2);
    const struct type *numbers = type_make_array(arena, &type_bigint);
    struct column *lists = column_create(gone, numbers, 2);
    struct column *child = column_create(gone, &type_bigint, 5);
    for (int i = 0; i < 5; i++)
        COLUMN_OUT(child, int64_t)[i] = 10 + i;
    lists->children[0] = child;
    COLUMN_OUT(lists, struct list_slot)[0] = (struct list_slot){ 3, 2 };
    COLUMN_OUT(lists, struct list_slot)[1] = (struct list_slot){ 1, 1 };
    struct column *list = column_copy(arena, lists, (const uint32_t[]){ 1, 0 }, 2);
    arena_destroy(gone);
    CHECK(str_is(view_str(COLUMN_AT(copy, struct view, 0)), "b"));
    CHECK(!column_is_valid(copy, 1));
    CHECK(str_is(view_str(COLUMN_AT(copy, struct view, 2)), "a text that is long"));
    CHECK(column_is_constant(same) && same->count == 2);
    CHECK(str_is(view_str(COLUMN_AT(same, struct view, 1)), "same"));
    CHECK_INT(list->children[0]->count, 3);
    CHECK_INT(COLUMN_AT(list, struct list_slot, 1).start, 1);
    CHECK_INT(COLUMN_AT(list->children[0], int64_t, 0), 11);
    CHECK_INT(COLUMN_AT(list->children[0], int64_t, 2), 14);
}

static struct value int_value(int64_t v)
{
    return (struct value){ .type = &type_int, .i64 = v };
}

static struct value text_value(const char *text)
{
    return (struct value){ .type = &type_string, .str = str_of(text) };
}

static void check_round_trip(const struct value *value)
{
    struct column *c = value_to_column(arena, value, 5);
    struct value back;
    if (!CHECK(c != NULL) || !CHECK(value_from_column(c, 4, arena, &back)))
        return;
    CHECK_INT(c->count, 5);
    CHECK(value_equal(value, &back));
}

static void values(void)
{
    struct value v = int_value(-7);
    check_round_trip(&v);
    v = text_value("text of some length");
    check_round_trip(&v);
    v = (struct value){ .type = &type_string, .is_null = true };
    check_round_trip(&v);
    v = (struct value){ .type = &type_double, .f64 = 1.5 };
    check_round_trip(&v);
    v = (struct value){ .type = &type_float, .f64 = 2.5 };
    check_round_trip(&v);
    v = (struct value){ .type = &type_boolean, .i64 = 1 };
    check_round_trip(&v);
    v = (struct value){ .type = type_make(arena, TYPE_DECIMAL, 10, 2), .i128 = -12345 };
    check_round_trip(&v);
    v = (struct value){ .type = type_make(arena, TYPE_DECIMAL, 38, 2),
                        .i128 = (int128)INT64_MAX * INT64_MAX };
    check_round_trip(&v);
    v = (struct value){ .type = &type_null, .is_null = true };
    check_round_trip(&v);
    struct value a = int_value(1), b = int_value(2);
    CHECK(!value_equal(&a, &b));
    b = (struct value){ .type = &type_bigint, .i64 = 1 };
    CHECK(!value_equal(&a, &b));
}

static void nested_values(void)
{
    struct value items[4] = { int_value(1), int_value(2), int_value(3), int_value(4) };
    items[1].is_null = true;
    const struct type *list = type_make_array(arena, &type_int);
    struct value array = { .type = list, .list = { items, 4 } };
    check_round_trip(&array);
    struct value none = { .type = list, .list = { NULL, 0 } };
    check_round_trip(&none);
    struct value pairs[4] = { text_value("a"), int_value(1), text_value("b"), int_value(2) };
    struct value map = { .type = type_make_map(arena, &type_string, &type_int),
                         .list = { pairs, 4 } };
    check_round_trip(&map);
    /* A row of a list of lists, a map and a NULL. */
    struct value lists[3] = { array, none, array };
    struct value deep = { .type = type_make_array(arena, list), .list = { lists, 3 } };
    check_round_trip(&deep);
    const struct str names[3] = { STR("x"), STR("y"), STR("z") };
    struct value null_row_field = { .type = &type_date, .is_null = true };
    struct value fields[3] = { deep, map, null_row_field };
    const struct type *kinds[3] = { deep.type, map.type, &type_date };
    struct value row = { .type = type_make_row(arena, kinds, names, 3), .list = { fields, 3 } };
    check_round_trip(&row);
    struct value rows[2] = { row, row };
    rows[1].is_null = true;
    struct value all = { .type = type_make_array(arena, row.type), .list = { rows, 2 } };
    check_round_trip(&all);
    struct value other = all;
    rows[1].is_null = false;
    struct value changed[2] = { row, row };
    other.list.items = changed;
    changed[1].is_null = true;
    CHECK(!value_equal(&all, &other));
}

static void gathering_nested(void)
{
    const struct str names[2] = { STR("n"), STR("l") };
    const struct type *list = type_make_array(arena, &type_int);
    const struct type *type =
        type_make_row(arena, (const struct type *[]){ &type_int, list }, names, 2);
    struct column *c = column_create(arena, type, 3);
    c->children[0] = column_create(arena, &type_int, 3);
    c->children[1] = column_create(arena, list, 3);
    c->children[1]->children[0] = column_create(arena, &type_int, 6);
    for (int32_t i = 0; i < 6; i++)
        COLUMN_OUT(c->children[1]->children[0], int32_t)[i] = i;
    for (uint32_t i = 0; i < 3; i++) {
        COLUMN_OUT(c->children[0], int32_t)[i] = (int32_t)i * 10;
        COLUMN_OUT(c->children[1], struct list_slot)[i] = (struct list_slot){ i * 2, 2 };
    }
    CHECK(column_need_valid(c, arena));
    column_set_null(c, 1);
    const uint32_t sel[3] = { 2, 1, 0 };
    struct column *g = column_gather(arena, c, sel, 3);
    struct value v;
    CHECK(value_from_column(g, 0, arena, &v));
    CHECK_INT(v.list.items[0].i64, 20);
    CHECK_INT(v.list.items[1].list.items[1].i64, 5);
    CHECK(value_from_column(g, 1, arena, &v));
    CHECK(v.is_null);
    CHECK(g->children[1]->children[0] == c->children[1]->children[0]);
}

static void batches(void)
{
    struct batch *b = batch_create(arena, 2, 10);
    CHECK_INT(b->selected, 10);
    CHECK_INT(batch_row(b, 7), 7);
    CHECK_INT(batch_change(b, 3), CHANGE_INSERT);
    CHECK_INT(batch_origin(b, 3), 3);
    b->columns[0] = column_create(arena, &type_int, 10);
    const uint32_t sel[2] = { 4, 8 };
    const uint8_t kinds[10] = { [8] = CHANGE_DELETE };
    b->selection = sel;
    b->selected = 2;
    b->changes = kinds;
    struct batch *d = batch_derive(arena, b);
    CHECK(d->columns != b->columns && d->columns[0] == b->columns[0]);
    CHECK_INT(batch_row(d, 1), 8);
    CHECK_INT(batch_change(d, 8), CHANGE_DELETE);
    CHECK_STR(change_names[CHANGE_UPDATE_BEFORE], "-U");
    CHECK_INT(batch_create(arena, 0, 5)->column_count, 0);
}

static bool build_everything(struct arena *small)
{
    struct value items[2] = { int_value(1), int_value(2) };
    const struct type *list = type_make_array(small, &type_int);
    if (!list)
        return false;
    struct value array = { .type = list, .list = { items, 2 } };
    struct column *c = value_to_column(small, &array, 3);
    struct column *d = column_create(small, &type_string, 2000);
    if (!c || !d || !column_need_valid(d, small))
        return false;
    const uint32_t sel[2] = { 1, 1999 };
    struct value back;
    return column_gather(small, d, sel, 2) && value_from_column(c, 0, small, &back) &&
           batch_create(small, 400, 2000) != NULL;
}

static void out_of_memory(void)
{
    for (uint64_t n = 1;; n++) {
        struct arena *small = arena_create();
        if (!CHECK(small != NULL))
            return;
        mem_fail_at(n);
        bool done = build_everything(small);
        bool pending = mem_fail_pending();
        mem_fail_at(0);
        arena_destroy(small);
        if (pending) {
            CHECK(done && n > 2);
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
    RUN(views);
    RUN(nulls);
    RUN(constants);
    RUN(gathering);
    RUN(copying_slots);
    RUN(copies_stand_alone);
    RUN(values);
    RUN(nested_values);
    RUN(gathering_nested);
    RUN(batches);
    RUN(out_of_memory);
    arena_destroy(arena);
    return check_failed != 0;
}
