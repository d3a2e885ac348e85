/* test_state_table.c -- tables against a simple model of them. */
#include "state_test.h"

static struct arena *arena;
static struct error err;
static struct clock at = { .standing = true };

static struct state_table *make_table(struct state_heap **heap, const struct state_schema *schema)
{
    struct state_table *table = NULL;
    CHECK(state_heap_create(STR("group#5"), NULL, heap, &err) == OK);
    CHECK(state_table_create(*heap, schema, &at, &table, &err) == OK);
    return table;
}

static struct column *bigints(uint32_t n, int64_t first)
{
    struct column *c = column_create(arena, &type_bigint, n);
    for (uint32_t i = 0; i < n; i++)
        COLUMN_OUT(c, int64_t)[i] = first + i;
    return c;
}

static const struct type *const one_bigint[] = { &type_bigint };

static void rows_are_found_again(void)
{
    enum { N = 5000 };
    struct state_heap *heap;
    struct state_table *table = make_table(
        &heap, &(struct state_schema){ .name = "groups", .key = one_bigint, .key_count = 1,
                                       .value = one_bigint, .value_count = 1, .tail_bytes = 8 });
    struct column *key = bigints(N, -100);
    static char *rows[N], *again[N];
    static uint8_t is_new[N];
    CHECK(state_table_find(table, &key, NULL, N, false, rows, NULL, &err) == OK);
    CHECK(rows[0] == NULL && rows[N - 1] == NULL);
    CHECK(state_table_find(table, &key, NULL, N, true, rows, is_new, &err) == OK);
    CHECK_INT(state_table_rows(table), N);
    const struct state_layout *layout = state_table_layout(table);
    for (uint32_t i = 0; i < N; i++) {
        CHECK(is_new[i] == 1 && *(int64_t *)state_at(rows[i], &layout->slots[0]) == (int64_t)i - 100);
        CHECK(!state_is_valid(rows[i], &layout->slots[1]));
        CHECK(*(uint64_t *)(rows[i] + state_table_tail(table)) == 0);
    }
    CHECK(state_table_find(table, &key, NULL, N, true, again, is_new, &err) == OK);
    CHECK(memcmp(rows, again, sizeof rows) == 0 && is_new[0] == 0 && is_new[N - 1] == 0);
    uint64_t place = 0;
    for (uint32_t i = 0; i < N; i++)
        CHECK(state_table_next(table, &place) == rows[i]);
    CHECK(state_table_next(table, &place) == NULL);
    for (uint32_t i = 0; i < N; i += 2)
        state_table_remove(table, rows[i]);
    CHECK(state_table_find(table, &key, NULL, N, false, again, NULL, &err) == OK);
    for (uint32_t i = 0; i < N; i++)
        CHECK(again[i] == (i % 2 ? rows[i] : NULL));
    state_table_clear(table);
    CHECK_INT(state_table_rows(table), 0);
    CHECK(state_table_find(table, &key, NULL, N, true, again, is_new, &err) == OK);
    CHECK_INT(state_table_rows(table), N);
    state_table_destroy(table);
    state_table_destroy(NULL);
    state_heap_destroy(heap);
}

static void a_key_twice_in_a_batch_is_new_once(void)
{
    struct state_heap *heap;
    struct state_table *table = make_table(
        &heap, &(struct state_schema){ .name = "groups", .key = one_bigint, .key_count = 1 });
    struct column *key = bigints(4, 0);
    uint32_t sel[] = { 2, 0, 2, 3, 0 };
    char *rows[5];
    uint8_t is_new[5];
    CHECK(state_table_find(table, &key, sel, 5, true, rows, is_new, &err) == OK);
    CHECK_MEM(is_new, "\1\1\0\1\0", 5);
    CHECK(rows[0] == rows[2] && rows[1] == rows[4] && rows[0] != rows[1]);
    state_table_destroy(table);
    state_heap_destroy(heap);
}

static void no_key_is_one_row(void)
{
    struct state_heap *heap;
    struct state_table *table = make_table(
        &heap, &(struct state_schema){ .name = "all", .value = one_bigint, .value_count = 1 });
    char *rows[3];
    uint8_t is_new[3];
    CHECK(state_table_find(table, NULL, NULL, 3, true, rows, is_new, &err) == OK);
    CHECK(rows[0] && rows[0] == rows[2] && is_new[0] && !is_new[1]);
    CHECK_INT(state_table_rows(table), 1);
    state_table_destroy(table);
    state_heap_destroy(heap);
}

int main(void)
{
    arena = arena_create();
    RUN(rows_are_found_again);
    RUN(a_key_twice_in_a_batch_is_new_once);
    RUN(no_key_is_one_row);
    arena_destroy(arena);
    return check_failed != 0;
}
