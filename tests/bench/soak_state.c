/* soak_state.c -- a million keys whose strings are overwritten for ever: memory stays
 * flat, by the heap's count and by the process's size.
 *
 *     soak_state [UPDATES [KEYS]]      100 million updates of a million keys
 *
 * Lengths are random.  Each twelfth of the updates draws them from another range (short,
 * long, mixed, and again), so that what one phase leaves behind shows in the next; no
 * phase of a later round may need more than the most that the first round needed. */
#include "base/arena.h"
#include "base/clock.h"
#include "state/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 1024, ROUNDS = 4, PHASES = 3, SIZE_MAX_ = 256 };

static uint64_t seed = 88172645463325252u;

static uint64_t random_u64(void)
{
    seed ^= seed << 13; /* xorshift64 (Marsaglia) */
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

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

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "soak_state: %s\n", what);
        exit(1);
    }
}

struct soak {
    struct state_heap *heap;
    struct state_table *table;
    struct column *key, *value;
    uint64_t keys;
    char text[2 * SIZE_MAX_];
};

static void update(struct soak *s, uint32_t low, uint32_t high)
{
    char *rows[BATCH];
    for (uint32_t i = 0; i < BATCH; i++) {
        uint64_t r = random_u64();
        COLUMN_OUT(s->key, int64_t)[i] = (int64_t)(r % s->keys);
        COLUMN_OUT(s->value, struct view)[i] =
            view_make(s->text + r / s->keys % SIZE_MAX_, low + (r >> 40) % (high - low));
    }
    must(state_table_find(s->table, &s->key, NULL, BATCH, true, rows, NULL, NULL) == OK &&
             state_put_columns(s->heap, state_table_layout(s->table), 1, &s->value, 1, NULL, rows,
                               BATCH, NULL) == OK,
         "out of memory");
}

static void create(struct soak *s, struct arena *arena, uint64_t keys)
{
    static const struct type *const types[] = { &type_bigint, &type_string };
    const struct state_schema schema = { .name = "last values", .key = types, .key_count = 1,
                                         .value = types + 1, .value_count = 1 };
    s->keys = keys;
    memset(s->text, 'x', sizeof s->text);
    s->key = column_create(arena, &type_bigint, BATCH);
    s->value = column_create(arena, &type_string, BATCH);
    must(s->key && s->value && state_heap_create(STR("soak"), NULL, &s->heap, NULL) == OK &&
             state_table_create(s->heap, &schema, NULL, &s->table, NULL) == OK,
         "out of memory");
}

static const struct { uint32_t low, high; } lengths[PHASES] = {
    { 0, SIZE_MAX_ / 2 },
    { SIZE_MAX_ / 2, SIZE_MAX_ },
    { 0, SIZE_MAX_ },
};

/* One phase; the first round raises *heap and *resident, later ones must keep below. */
static void run_phase(struct soak *s, uint32_t p, uint64_t updates, bool is_first, uint64_t *heap,
                      uint64_t *resident)
{
    for (uint64_t n = 0; n < updates; n += BATCH)
        update(s, lengths[p].low, lengths[p].high);
    uint64_t heap_now = state_heap_bytes(s->heap);
    uint64_t resident_now = resident_bytes();
    printf("lengths %3u..%3u  heap %6.1f MB  resident %6.1f MB\n", lengths[p].low,
           lengths[p].high - 1, (double)heap_now / 1e6, (double)resident_now / 1e6);
    fflush(stdout);
    if (is_first) {
        *heap = MAX(*heap, heap_now);
        *resident = MAX(*resident, resident_now);
    }
    must(heap_now <= *heap + *heap / 20, "the heap grew");
#if !defined(__SANITIZE_ADDRESS__)
    must(resident_now <= *resident + *resident / 20, "the process grew");
#endif
}

int main(int argc, char **argv)
{
    uint64_t updates = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000;
    uint64_t keys = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    uint64_t heap = 0, resident = 0;
    static struct soak s;
    struct arena *arena = arena_create();
    must(arena != NULL, "out of memory");
    create(&s, arena, keys);
    /* Every key is there, and has had strings of all sizes, before anything is compared. */
    for (uint32_t p = 0; p < PHASES; p++)
        for (uint64_t n = 0; n < keys * 4; n += BATCH)
            update(&s, lengths[p].low, lengths[p].high);
    int64_t begin = clock_cpu_us();
    for (uint32_t i = 0; i < ROUNDS * PHASES; i++)
        run_phase(&s, i % PHASES, updates / (ROUNDS * PHASES), i < PHASES, &heap,
                  &resident);
    printf("%.1f ns an update\n", (double)(clock_cpu_us() - begin) * 1000 / (double)updates);
    state_table_destroy(s.table);
    must(state_heap_bytes(s.heap) < (uint64_t)1 << 20, "a heap without rows is not empty");
    state_heap_destroy(s.heap);
    arena_destroy(arena);
    return 0;
}
