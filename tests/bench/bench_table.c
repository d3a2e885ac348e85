/* bench_table.c -- state tables alone: rows a CPU-second that are looked up by their keys and
 * counted, in batches as operators do it.
 *
 *   bench_table [ROWS]
 *
 * Keys are drawn evenly.  The first pass over them makes the rows, and is told apart. */
#include "base/arena.h"
#include "state/table.h"
#include "types/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KEY_COLUMNS_MAX = 4 };

struct shape {
    const char *name;
    const struct type *types[KEY_COLUMNS_MAX];
    uint32_t columns;
};

static const struct shape shapes[] = {
    { "one BIGINT", { &type_bigint }, 1 },
    { "three integers, one VARCHAR",
      { &type_bigint, &type_bigint, &type_tinyint, &type_string },
      4 },
};

static const char *const events[] = {
    "STUDENT_MOVE_PICTURE", "STUDENT_HOVER_PICTURE", "STUDENT_LINE_DRAW",    "STUDENT_AUDIO_PLAY",
    "STUDENT_AUDIO_PAUSE",  "STUDENT_MATCH_WRONG",   "STUDENT_MATCH_CORRECT"
};

static void check(enum code code, const struct error *err)
{
    if (code == OK)
        return;
    fprintf(stderr, "bench_table: %s\n", err->message);
    exit(1);
}

static void *checked(void *pointer)
{
    if (!pointer) {
        fprintf(stderr, "bench_table: out of memory\n");
        exit(1);
    }
    return pointer;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void set_key(struct column **columns, uint32_t column_count, uint32_t row, uint64_t key)
{
    if (column_count == 1) {
        COLUMN_OUT(columns[0], int64_t)[row] = (int64_t)key;
        return;
    }
    COLUMN_OUT(columns[0], int64_t)[row] = 80000000 + (int64_t)(key / 7);
    COLUMN_OUT(columns[1], int64_t)[row] = 2300000 + (int64_t)(key / 70);
    COLUMN_OUT(columns[2], int8_t)[row] = 2;
    COLUMN_OUT(columns[3], struct view)[row] = view_of(str_of(events[key % 7]));
}

static struct batch **make_batches(struct arena *arena, const struct shape *shape, uint64_t keys,
                                   uint64_t rows)
{
    uint64_t random = 1;
    uint64_t count = rows / BATCH_ROWS;
    struct batch **batches = checked(arena_array(arena, struct batch *, count));
    for (uint64_t b = 0; b < count; b++) {
        batches[b] = checked(batch_create(arena, shape->columns, BATCH_ROWS));
        for (uint32_t c = 0; c < shape->columns; c++)
            batches[b]->columns[c] = checked(column_create(arena, shape->types[c], BATCH_ROWS));
        for (uint32_t i = 0; i < BATCH_ROWS; i++)
            set_key(batches[b]->columns, shape->columns, i, next_random(&random) % keys);
    }
    return batches;
}

/* Seconds for all batches once. */
static double count_all(struct state_table *table, struct batch **batches, uint64_t count,
                        uint32_t key_columns)
{
    struct error err;
    char *rows[BATCH_ROWS];
    uint8_t is_new[BATCH_ROWS];
    const struct state_slot *slot = &state_table_layout(table)->slots[key_columns];
    double begin = cpu_seconds();
    for (uint64_t b = 0; b < count; b++) {
        check(state_table_find(table, batches[b]->columns, NULL, BATCH_ROWS, true, rows, is_new,
                               &err),
              &err);
        for (uint32_t i = 0; i < BATCH_ROWS; i++) {
            int64_t *n = state_at(rows[i], slot);
            if (is_new[i]) {
                state_set_valid(rows[i], slot, true);
                *n = 0;
            }
            ++*n;
        }
    }
    return cpu_seconds() - begin;
}

static void measure(const struct shape *shape, uint64_t keys, uint64_t rows)
{
    struct error err;
    struct arena *arena = checked(arena_create());
    struct batch **batches = make_batches(arena, shape, keys, rows);
    struct state_heap *heap;
    struct state_table *table;
    const struct type *value[] = { &type_bigint };
    struct state_schema schema = { .name = "groups",
                                   .key = shape->types,
                                   .key_count = shape->columns,
                                   .value = value,
                                   .value_count = 1 };
    check(state_heap_create(STR("bench"), NULL, &heap, &err), &err);
    check(state_table_create(heap, &schema, NULL, &table, &err), &err);
    uint64_t count = rows / BATCH_ROWS;
    double first = count_all(table, batches, count, shape->columns);
    double best = first;
    for (int i = 0; i < 3; i++) {
        double again = count_all(table, batches, count, shape->columns);
        best = MIN(best, again);
    }
    uint64_t made = state_table_rows(table);
    printf("%-28s %9llu keys: first pass %7.1f, known keys %7.1f M rows/CPU-s, %.0f bytes a key\n",
           shape->name, (unsigned long long)made, (double)rows / first / 1e6,
           (double)rows / best / 1e6, (double)state_heap_bytes(heap) / (double)made);
    state_table_destroy(table);
    state_heap_destroy(heap);
    arena_destroy(arena);
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 4000000;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (uint64_t keys = 1000; keys <= 1000000; keys *= 1000)
            measure(&shapes[s], keys, rows / BATCH_ROWS * BATCH_ROWS);
    return 0;
}
