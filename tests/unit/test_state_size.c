/* test_state_size.c -- what EXPLAIN says that rows take, against what they take: within a
 * fifth of it, index and all, for tables, bags and trees of many rows.
 *
 * Pages and indexes grow in steps: of few rows the last step is a large part, and the count of rows
 * here has an index half way between two steps. */
#include "state_test.h"

#include "state/bag.h"
#include "state/code.h"
#include "state/size.h"
#include "state/tree.h"

enum { ROWS = 500000, PIECE = 1000, TOLERANCE = 5 /* a fifth */ };

static struct arena *arena, *batch;
static struct error err;
static struct clock at = { .standing = true };

static struct state_heap *make_heap(void)
{
    struct state_heap *heap = NULL;
    CHECK(state_heap_create(STR("group#1"), NULL, &heap, &err) == OK);
    return heap;
}

/* `n` different values from number `first` on; a text has the length that the estimate assumes. */
static struct column *numbered(const struct type *type, uint32_t first, uint32_t n)
{
    struct column *c = column_create(batch, type, n);
    for (uint32_t i = 0; i < n; i++) {
        if (type_is_string(type)) {
            size_t size = (size_t)MIN(type->precision, SIZE_TEXT_BYTES);
            char *text = arena_alloc(batch, 32);
            snprintf(text, 32, "%0*u", (int)size, first + i);
            COLUMN_OUT(c, struct view)[i] = view_of(str_make(text, size));
        } else if (type_phys(type) == PHYS_I64) {
            COLUMN_OUT(c, int64_t)[i] = first + i;
        } else {
            COLUMN_OUT(c, int32_t)[i] = (int32_t)(first + i);
        }
    }
    return c;
}

static void check_near(const char *what, uint64_t said, uint64_t bytes, uint64_t rows)
{
    uint64_t each = bytes / rows;
    bool near =
        said * TOLERANCE <= each * (TOLERANCE + 1) && said * TOLERANCE >= each * (TOLERANCE - 1);
    if (!CHECK(near))
        fprintf(stderr, "%s: %llu said, %llu taken\n", what, (unsigned long long)said,
                (unsigned long long)each);
}

static void test_table(const char *what, const struct type *const *key, uint32_t keys,
                       const struct type *const *value, uint32_t values, int64_t ttl_ms)
{
    struct state_heap *heap = make_heap();
    struct state_table *table = NULL;
    const struct state_schema schema = { .name = "groups",
                                         .key = key,
                                         .key_count = keys,
                                         .value = value,
                                         .value_count = values,
                                         .ttl_ms = ttl_ms };
    CHECK(state_table_create(heap, &schema, &at, &table, &err) == OK);
    for (uint32_t first = 0; first < ROWS; first += PIECE) {
        struct column *columns[8];
        char *rows[PIECE];
        arena_reset(batch);
        for (uint32_t k = 0; k < keys; k++)
            columns[k] = numbered(key[k], first, PIECE);
        CHECK(state_table_find(table, columns, NULL, PIECE, true, rows, NULL, &err) == OK);
        for (uint32_t v = 0; v < values; v++)
            columns[v] = numbered(value[v], first, PIECE);
        CHECK(state_put_columns(heap, state_table_layout(table), keys, columns, values, NULL, rows,
                                PIECE, &err) == OK);
    }
    check_near(what, state_size_table_row(arena, &schema), state_heap_bytes(heap), ROWS);
    state_table_destroy(table);
    state_heap_destroy(heap);
}

static void test_bag(const char *what, const struct type *const *item, uint32_t items,
                     bool appends_only)
{
    struct state_heap *heap = make_heap();
    struct state_bag *bag = NULL;
    const struct bag_schema schema = { .name = "left rows",
                                       .key = item,
                                       .key_count = 1,
                                       .item = item,
                                       .item_count = items,
                                       .appends_only = appends_only };
    CHECK(state_bag_create(heap, &schema, &at, &bag, &err) == OK);
    for (uint32_t first = 0; first < ROWS; first += PIECE) {
        struct column *columns[8];
        struct bag_key *keys[PIECE];
        struct bag_item *made;
        bool replaced;
        arena_reset(batch);
        for (uint32_t c = 0; c < items; c++)
            columns[c] = numbered(item[c], first, PIECE);
        CHECK(state_bag_find(bag, columns, NULL, PIECE, true, keys, &err) == OK);
        for (uint32_t i = 0; i < PIECE; i++)
            CHECK(state_bag_add(bag, keys[i], columns, i, &made, &replaced, &err) == OK);
    }
    uint64_t said = state_size_bag_key(arena, &schema) + state_size_bag_item(arena, &schema);
    check_near(what, said, state_heap_bytes(heap), ROWS);
    state_bag_destroy(bag);
    state_heap_destroy(heap);
}

static void test_tree(void)
{
    static const struct type *const types[] = { &type_bigint, &type_string };
    struct state_heap *heap = make_heap();
    struct state_tree *tree = NULL;
    struct buf key, value;
    buf_init(&key, 1000);
    buf_init(&value, 1000);
    CHECK(state_tree_create(heap, "rows", 1, types, 1, &tree, &err) == OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t number = (uint32_t)((uint64_t)i * 2654435761u % 1000003); /* in no order */
        arena_reset(batch);
        struct column *columns[] = { numbered(types[0], number, 1), numbered(types[1], number, 1) };
        buf_clear(&key);
        buf_clear(&value);
        state_encode_row(&key, columns, 1, 0);
        state_encode_row(&value, columns, 2, 0);
        CHECK(state_tree_put(tree, buf_view(&key), buf_view(&value), &err) == OK);
    }
    CHECK_INT((int64_t)state_size_encoded(types, 1), (int64_t)key.size);
    CHECK_INT((int64_t)state_size_encoded(types, 2), (int64_t)value.size);
    check_near("tree", state_size_tree_entry(key.size, value.size), state_heap_bytes(heap), ROWS);
    buf_done(&key);
    buf_done(&value);
    state_tree_destroy(tree);
    state_heap_destroy(heap);
}

int main(void)
{
    arena = arena_create();
    batch = arena_create();
    static const struct type *const number[] = { &type_bigint };
    static const struct type *const text[] = { &type_string };
    static const struct type *const mixed[] = { &type_string, &type_int, &type_bigint,
                                                &type_string };
    const struct type *code = type_make(arena, TYPE_VARCHAR, 8, 0);
    const struct type *const short_text[] = { code };
    test_table("a number", number, 1, number, 1, 0);
    test_table("a number with a lifetime", number, 1, number, 1, 60000);
    test_table("a text", text, 1, mixed, 3, 0);
    test_table("a text of 8", short_text, 1, number, 1, 0);
    test_table("four columns", mixed, 4, NULL, 0, 0);
    test_bag("rows that are only new", mixed, 4, true);
    test_bag("rows", mixed, 3, false);
    test_bag("numbers", number, 1, true);
    test_tree();
    arena_destroy(batch);
    arena_destroy(arena);
    return check_failed != 0;
}
