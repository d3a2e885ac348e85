/* bench_state.c -- what a row costs in tables, bags and trees: nanoseconds of CPU,
 * and bytes.
 *
 *     bench_state [ROWS [KEYS]]
 *
 * Each line is the best of three runs over ROWS rows (8 million) in batches of 1,024, all
 * keys in random order; with KEYS only tables of so many.  "with inserts" is the first
 * time over the batches, which makes the rows. */
#include "base/arena.h"
#include "base/clock.h"
#include "state/bag.h"
#include "state/tree.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 1024, BATCHES = 2048, KEY_COLUMNS_MAX = 4 };

static uint64_t seed = 1;

static uint64_t random_u64(void)
{
    seed ^= seed << 13; /* xorshift64 (Marsaglia) */
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void must(bool holds)
{
    if (!holds) {
        fprintf(stderr, "out of memory, or wrong\n");
        exit(1);
    }
}

struct shape {
    const char *name;
    const struct type *key[KEY_COLUMNS_MAX];
    uint32_t key_count;
};

static const struct shape shapes[] = {
    { "1 BIGINT", { &type_bigint }, 1 },
    { "1 INT", { &type_int }, 1 },
    { "1 VARCHAR(12)", { &type_string }, 1 },
    { "3 INT, 1 VARCHAR(12)", { &type_int, &type_int, &type_int, &type_string }, 4 },
};

/* Key number `n` of a shape into row `row`. */
static void put_key(const struct shape *s, struct column **key, uint32_t row, uint64_t n)
{
    uint64_t scattered = n * 0x9E3779B97F4A7C15u;
    for (uint32_t c = 0; c < s->key_count; c++) {
        switch (type_phys(s->key[c])) {
        case PHYS_I64:
            COLUMN_OUT(key[c], int64_t)[row] = (int64_t)scattered;
            break;
        case PHYS_I32:
            COLUMN_OUT(key[c], int32_t)[row] = (int32_t)(s->key_count == 1 ? n : c == 0 ? n : n % 7);
            break;
        default: {
            char *text = (char *)COLUMN_AT(key[c], struct view, row).data;
            int size = snprintf(text, 16, "k%llu", (unsigned long long)n);
            COLUMN_OUT(key[c], struct view)[row] = view_make(text, (size_t)size);
        }
        }
    }
}

struct batches {
    struct arena *arena;
    struct column *key[BATCHES][KEY_COLUMNS_MAX];
    uint32_t count;
};

static void make_batches(struct batches *b, const struct shape *s, uint64_t keys)
{
    b->arena = arena_create();
    b->count = (uint32_t)MAX(MIN((uint64_t)BATCHES, 2 * keys / BATCH), 64);
    for (uint32_t i = 0; i < b->count; i++) {
        for (uint32_t c = 0; c < s->key_count; c++) {
            b->key[i][c] = column_create(b->arena, s->key[c], BATCH);
            must(b->key[i][c] != NULL);
            if (type_phys(s->key[c]) == PHYS_VIEW)
                for (uint32_t r = 0; r < BATCH; r++)
                    COLUMN_OUT(b->key[i][c], struct view)[r].data = arena_alloc(b->arena, 16);
        }
        for (uint32_t r = 0; r < BATCH; r++)
            put_key(s, b->key[i], r, random_u64() % keys);
    }
}

static void bench_table(const struct shape *s, uint64_t keys, uint64_t rows)
{
    struct batches *b = malloc(sizeof *b);
    must(b != NULL);
    make_batches(b, s, keys);
    const struct type *value[] = { &type_bigint };
    struct state_schema schema = { .name = "groups", .key = s->key, .key_count = s->key_count,
                                   .value = value, .value_count = 1 };
    double best_first = 1e9, best = 1e9;
    uint64_t heap_bytes = 0, found = 0;
    for (int run = 0; run < 3; run++) {
        struct state_heap *heap;
        struct state_table *table;
        char *found_rows[BATCH];
        must(state_heap_create(STR("bench"), NULL, &heap, NULL) == OK &&
             state_table_create(heap, &schema, NULL, &table, NULL) == OK);
        int64_t begin = clock_cpu_us();
        for (uint32_t i = 0; i < b->count; i++)
            must(state_table_find(table, b->key[i], NULL, BATCH, true, found_rows, NULL, NULL) ==
                 OK);
        int64_t middle = clock_cpu_us();
        uint64_t n = 0;
        for (uint32_t i = 0; n < rows; n += BATCH, i = i + 1 == b->count ? 0 : i + 1)
            must(state_table_find(table, b->key[i], NULL, BATCH, true, found_rows, NULL, NULL) ==
                 OK);
        int64_t end = clock_cpu_us();
        best_first = MIN(best_first, (double)(middle - begin) * 1000 / ((double)b->count * BATCH));
        best = MIN(best, (double)(end - middle) * 1000 / (double)n);
        heap_bytes = state_heap_bytes(heap);
        found = state_table_rows(table);
        state_table_destroy(table);
        state_heap_destroy(heap);
    }
    printf("table  %-22s %8llu keys  find %6.2f ns/row  with inserts %6.2f ns/row  %5.1f bytes/key\n",
           s->name, (unsigned long long)keys, best, best_first,
           (double)heap_bytes / (double)found);
    fflush(stdout);
    arena_destroy(b->arena);
    free(b);
}

/* Adds a row, and takes one back that came `keys` * matches rows before. */
static void bench_bag(uint64_t keys, uint32_t matches, uint64_t rows)
{
    const struct shape *s = &shapes[0];
    struct batches *b = malloc(sizeof *b);
    must(b != NULL);
    make_batches(b, s, keys);
    const struct type *item[] = { &type_bigint, &type_bigint };
    struct bag_schema schema = { .name = "rows", .key = s->key, .key_count = 1, .item = item,
                                 .item_count = 2 };
    struct state_heap *heap;
    struct state_bag *bag;
    must(state_heap_create(STR("bench"), NULL, &heap, NULL) == OK &&
         state_bag_create(heap, &schema, NULL, &bag, NULL) == OK);
    struct bag_key *found[BATCH];
    struct column *number = column_create(b->arena, &type_bigint, BATCH);
    uint64_t adds = 0, takes = 0;
    int64_t begin = clock_cpu_us();
    for (uint32_t i = 0; adds < rows; i = i + 1 == b->count ? 0 : i + 1) {
        struct column *columns[] = { b->key[i][0], number };
        must(state_bag_find(bag, b->key[i], NULL, BATCH, true, found, NULL) == OK);
        for (uint32_t r = 0; r < BATCH; r++) {
            struct bag_item *made;
            bool replaced;
            if (found[r]->items >= matches * 2) {
                state_bag_take(bag, found[r]->first);
                takes++;
            }
            COLUMN_OUT(number, int64_t)[r] = (int64_t)adds++;
            must(state_bag_add(bag, found[r], columns, r, &made, &replaced, NULL) == OK);
        }
    }
    int64_t end = clock_cpu_us();
    printf("bag    1 BIGINT, 2 BIGINT     %8llu keys  add/take %6.1f ns  %.1f rows/key  %5.1f bytes/row\n",
           (unsigned long long)keys, (double)(end - begin) * 1000 / (double)(adds + takes),
           (double)state_bag_items(bag) / (double)keys,
           (double)state_heap_bytes(heap) / (double)state_bag_items(bag));
    fflush(stdout);
    state_bag_destroy(bag);
    state_heap_destroy(heap);
    arena_destroy(b->arena);
    free(b);
}

static void bench_tree(uint64_t keys)
{
    struct state_heap *heap;
    struct state_tree *tree;
    must(state_heap_create(STR("bench"), NULL, &heap, NULL) == OK &&
         state_tree_create(heap, "times", 1, NULL, 0, &tree, NULL) == OK);
    struct buf key;
    buf_init(&key, 100);
    int64_t times[3];
    for (int pass = 0; pass < 2; pass++) {
        times[pass] = clock_cpu_us();
        for (uint64_t i = 0; i < keys; i++) {
            struct str value;
            buf_clear(&key);
            state_encode_i64(&key, (int64_t)(i * 0x9E3779B97F4A7C15u >> 40));
            state_encode_i64(&key, (int64_t)i);
            if (pass == 0)
                must(state_tree_put(tree, buf_view(&key), STR("12345678"), NULL) == OK);
            else
                must(state_tree_get(tree, buf_view(&key), &value));
        }
    }
    times[2] = clock_cpu_us();
    printf("tree   2 BIGINT               %8llu keys  put %6.1f ns  get %6.1f ns  %5.1f bytes/key\n",
           (unsigned long long)keys, (double)(times[1] - times[0]) * 1000 / (double)keys,
           (double)(times[2] - times[1]) * 1000 / (double)keys,
           (double)state_heap_bytes(heap) / (double)keys);
    fflush(stdout);
    buf_done(&key);
    state_tree_destroy(tree);
    state_heap_destroy(heap);
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 8000000;
    uint64_t keys = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    const uint64_t sizes[] = { 1000, 100000, 1000000 };
    for (uint32_t s = 0; s < countof(shapes); s++)
        for (uint32_t k = 0; k < (keys ? 1 : countof(sizes)); k++)
            bench_table(&shapes[s], keys ? keys : sizes[k], rows);
    if (keys)
        return 0;
    for (uint32_t k = 0; k < countof(sizes); k++)
        bench_bag(sizes[k], 2, rows / 2);
    bench_bag(100, 10000, rows / 2);
    for (uint32_t k = 0; k < countof(sizes); k++)
        bench_tree(sizes[k]);
    return 0;
}
