/* test_state_memory.c -- what a key costs besides its bytes, with a million keys: as the
 * heap counts, and as the process grows. */
#include "state_test.h"

#include "state/bag.h"
#include "state/tree.h"

#include <unistd.h>

enum { KEYS = 1 << 20, BATCH = 1024, OVERHEAD_MAX = 64 };
/* A row of a bag has a place in a list, a count and a degree. */
enum { BAG_OVERHEAD_MAX = 72 };

#if defined(__SANITIZE_ADDRESS__)
enum { RESIDENT_COUNTS = 0 }; /* shadow memory and quarantine are not ours */
#else
enum { RESIDENT_COUNTS = 1 };
#endif

static struct arena *arena;
static struct error err;

static uint64_t resident_bytes(void)
{
    char text[200] = "";
    FILE *in = fopen("/proc/self/statm", "r");
    size_t size = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in)
        fclose(in);
    char *at = size ? strchr(text, ' ') : NULL;
    return at ? strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void check_overhead(const char *what, uint64_t keys, uint64_t bytes, uint64_t own,
                           double limit)
{
    double overhead = (double)bytes / (double)keys - (double)own;
    if (!CHECK(overhead <= limit))
        fprintf(stderr, "%s: %.1f bytes a key besides its %u\n", what, overhead, (unsigned)own);
}

struct batch_of_keys {
    struct column *number[3], *text;
};

static void next_batch(struct batch_of_keys *b, uint32_t first)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        char *data = (char *)COLUMN_AT(b->text, struct view, i).data;
        for (uint32_t c = 0; c < 3; c++)
            COLUMN_OUT(b->number[c], int64_t)[i] = (int64_t)(first + i) * (c + 1);
        int size = snprintf(data, 16, "%010u", first + i);
        COLUMN_OUT(b->text, struct view)[i] = view_make(data, (size_t)size);
    }
}

/* Also where the index has just doubled, which is the worst place. */
static void tables(struct batch_of_keys *b, const struct type *type, uint64_t own)
{
    struct state_heap *heap = NULL;
    struct state_table *table = NULL;
    const struct type *value = &type_bigint;
    struct state_schema schema = { .name = "groups", .key = &type, .key_count = 1,
                                   .value = &value, .value_count = 1 };
    struct column *key = type == &type_string ? b->text : b->number[0];
    char *rows[BATCH];
    uint64_t before = resident_bytes();
    CHECK(state_heap_create(STR("group#5"), NULL, &heap, &err) == OK);
    CHECK(state_table_create(heap, &schema, NULL, &table, &err) == OK);
    for (uint32_t first = 0; first < KEYS; first += BATCH) {
        next_batch(b, first);
        CHECK(state_table_find(table, &key, NULL, BATCH, true, rows, NULL, &err) == OK);
        if (first >= KEYS / 2)
            check_overhead("table, counted", first + BATCH, state_heap_bytes(heap), own,
                           OVERHEAD_MAX);
        if (RESIDENT_COUNTS && first % (64 * BATCH) == 0 && first >= KEYS / 2)
            check_overhead("table, resident", first + BATCH, resident_bytes() - before, own,
                           OVERHEAD_MAX);
    }
    CHECK_INT(state_table_rows(table), KEYS);
    state_table_destroy(table);
    state_heap_destroy(heap);
}

static void trees(struct batch_of_keys *b)
{
    struct state_heap *heap = NULL;
    struct state_tree *tree = NULL;
    struct buf code;
    buf_init(&code, 100);
    CHECK(state_heap_create(STR("rank#5"), NULL, &heap, &err) == OK);
    CHECK(state_tree_create(heap, "ranks", 1, NULL, 0, &tree, &err) == OK);
    for (uint32_t first = 0; first < KEYS / 4; first += BATCH) {
        next_batch(b, first);
        for (uint32_t i = 0; i < BATCH; i++) {
            buf_clear(&code);
            state_encode_i64(&code, (int64_t)((first + i) * 0x9E3779B9u)); /* in any order */
            CHECK(state_tree_put(tree, buf_view(&code), STR("12345678"), &err) == OK);
        }
    }
    check_overhead("tree, counted", KEYS / 4, state_heap_bytes(heap), 17, OVERHEAD_MAX);
    CHECK_INT(state_tree_count(tree), KEYS / 4);
    buf_done(&code);
    state_tree_destroy(tree);
    state_heap_destroy(heap);
}

/* Rows of a join: two a key. */
static void bags(struct batch_of_keys *b)
{
    struct state_heap *heap = NULL;
    struct state_bag *bag = NULL;
    const struct type *types[] = { &type_bigint, &type_bigint, &type_bigint };
    struct bag_schema schema = { .name = "left rows", .key = types, .key_count = 1,
                                 .item = types, .item_count = 3 };
    CHECK(state_heap_create(STR("join#5"), NULL, &heap, &err) == OK);
    CHECK(state_bag_create(heap, &schema, NULL, &bag, &err) == OK);
    for (uint32_t first = 0; first < KEYS / 4; first += BATCH) {
        struct bag_key *keys[BATCH];
        struct bag_item *item;
        bool replaced;
        next_batch(b, first);
        CHECK(state_bag_find(bag, b->number, NULL, BATCH, true, keys, &err) == OK);
        for (uint32_t i = 0; i < 2 * BATCH; i++)
            CHECK(state_bag_add(bag, keys[i % BATCH], b->number,
                                i < BATCH ? i : (i + 1) % BATCH, &item, &replaced, &err) == OK);
    }
    CHECK_INT(state_bag_items(bag), KEYS / 2);
    check_overhead("bag, counted, a row", KEYS / 2, state_heap_bytes(heap), 4 + 24, BAG_OVERHEAD_MAX);
    state_bag_destroy(bag);
    state_heap_destroy(heap);
}

static struct batch_of_keys batch;

static void tables_of_numbers(void)
{
    tables(&batch, &type_bigint, 16);
}

static void tables_of_strings(void)
{
    tables(&batch, &type_string, 10 + 8);
}

static void trees_of_numbers(void)
{
    trees(&batch);
}

static void bags_of_numbers(void)
{
    bags(&batch);
}

int main(void)
{
    arena = arena_create();
    for (uint32_t c = 0; c < 3; c++)
        batch.number[c] = column_create(arena, &type_bigint, BATCH);
    batch.text = column_create(arena, &type_string, BATCH);
    for (uint32_t i = 0; i < BATCH; i++)
        COLUMN_OUT(batch.text, struct view)[i].data = arena_alloc(arena, 16);
    RUN(tables_of_numbers);
    RUN(tables_of_strings);
    RUN(trees_of_numbers);
    RUN(bags_of_numbers);
    arena_destroy(arena);
    return check_failed != 0;
}
