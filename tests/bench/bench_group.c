/* bench_group.c -- what a row costs in GROUP BY: nanoseconds of CPU, for the operator
 * alone, with all its updates made (-U and +U) and thrown away, and for the aggregates
 * alone, as windows use them (no results).
 *
 *     bench_group [ROWS]
 *
 * Each line is the best of three runs over ROWS rows (8 million) in batches of 1,024, keys in
 * random order. */
#include "base/arena.h"
#include "base/clock.h"
#include "exec/op/ops.h"
#include "agg/agg_set.h"
#include "state/table.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 1024, BATCHES = 512, CALLS_MAX = 8 };
enum { COLUMN_K, COLUMN_I, COLUMN_D, COLUMN_S, COLUMN_COUNT };

static struct arena *arena;
static struct error err;
static struct field fields[COLUMN_COUNT];
static const struct clock now = { .standing = true };

static void must(bool holds)
{
    if (!holds) {
        fprintf(stderr, "%s\n", err.message[0] ? err.message : "out of memory");
        exit(1);
    }
}

static uint64_t random_u64(void)
{
    static uint64_t seed = 1; /* xorshift64 (Marsaglia) */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

struct use {
    const char *name;
    uint32_t arg;
    bool distinct;
};
struct shape {
    const char *name;
    bool takes_back;
    struct use calls[CALLS_MAX];
};

static const struct shape shapes[] = {
    { "COUNT(*)", false, { { "COUNT", AGG_NO_COLUMN, false } } },
    { "COUNT(*), SUM(bigint)", false, { { "COUNT", AGG_NO_COLUMN, false }, { "SUM", COLUMN_I, false } } },
    { "COUNT(*), SUM(bigint), taking back", true, { { "COUNT", AGG_NO_COLUMN, false }, { "SUM", COLUMN_I, false } } },
    { "SUM, MIN, MAX, AVG of DOUBLE", false, { { "SUM", COLUMN_D, false }, { "MIN", COLUMN_D, false }, { "MAX", COLUMN_D, false }, { "AVG", COLUMN_D, false } } },
    { "LAST_VALUE(string), LAST_VALUE(bigint)", false, { { "LAST_VALUE", COLUMN_S, false }, { "LAST_VALUE", COLUMN_I, false } } },
    { "MAX(bigint), taking back", true, { { "MAX", COLUMN_I, false } } },
    { "COUNT(DISTINCT bigint)", false, { { "COUNT", COLUMN_I, true } } },
};

static struct plan_group *make_plan(const struct shape *shape)
{
    static struct plan input;
    static struct plan *inputs[] = { &input };
    static const uint32_t keys[] = { COLUMN_K };
    input = (struct plan){ .fields = fields,
                           .field_count = COLUMN_COUNT,
                           .changes = shape->takes_back ? CHANGES_ALL : CHANGES_INSERT };
    struct bind_env env = { .arena = arena, .dialect = DIALECT_FLINK };
    struct agg_call *calls = arena_array(arena, struct agg_call, CALLS_MAX);
    struct plan_group *plan = arena_new(arena, struct plan_group);
    uint32_t n = 0;
    must(calls && plan);
    for (; n < CALLS_MAX && shape->calls[n].name; n++) {
        const struct use *c = &shape->calls[n];
        struct span span = { 0, 0 };
        bool has_arg = c->arg != AGG_NO_COLUMN;
        struct expr *arg = has_arg ? expr_column(arena, c->arg, fields[c->arg].type, span) : NULL;
        calls[n] = (struct agg_call){ .args = { c->arg },
                                      .filter = AGG_NO_COLUMN,
                                      .distinct = c->distinct };
        must(agg_bind(&env, str_of(c->name), &arg, has_arg, c->distinct, span, &calls[n].agg,
                      &err) == OK);
        if (shape->takes_back)
            must(agg_set_takes_back(arena, calls[n].agg, span, &err) == OK);
    }
    *plan = (struct plan_group){ .base = { .kind = PLAN_GROUP,
                                           .inputs = inputs,
                                           .input_count = 1,
                                           .before = true },
                                 .keys = keys,
                                 .key_count = 1,
                                 .calls = calls,
                                 .call_count = n };
    return plan;
}

static struct batch *make_batch(uint64_t key_count)
{
    static char texts[BATCH][16];
    struct batch *b = batch_create(arena, COLUMN_COUNT, BATCH);
    must(b != NULL);
    for (uint32_t c = 0; c < COLUMN_COUNT; c++)
        must((b->columns[c] = column_create(arena, fields[c].type, BATCH)) != NULL);
    for (uint32_t i = 0; i < BATCH; i++) {
        COLUMN_OUT(b->columns[COLUMN_K], int64_t)[i] = (int64_t)(random_u64() % key_count);
        COLUMN_OUT(b->columns[COLUMN_I], int64_t)[i] = (int64_t)(random_u64() % 100000);
        COLUMN_OUT(b->columns[COLUMN_D], double)[i] = (double)(random_u64() % 1000) / 8;
        snprintf(texts[i], sizeof texts[i], "text %u", i);
        COLUMN_OUT(b->columns[COLUMN_S], struct view)[i] = view_of(str_of(texts[i]));
    }
    return b;
}

static struct batch *batches[BATCHES];

static double group_ns(const struct plan_group *plan, uint64_t rows)
{
    struct worker worker = { .batch_arena = arena_create(),
                             .op_arena = arena_create(),
                             .clock = &now };
    struct op *op;
    must(worker.batch_arena && worker.op_arena &&
         op_group_create(&worker, plan, &op, &err) == OK);
    int64_t us = 0;
    uint64_t done = 0;
    for (uint32_t i = 0; done < rows; i++, done += BATCH) {
        struct batch *b = batches[i % BATCHES];
        int64_t start = clock_cpu_us();
        b->arena = worker.batch_arena;
        must(op->kind->push(op, 0, b, &err) == OK);
        arena_reset(worker.batch_arena);
        us += clock_cpu_us() - start;
    }
    op->kind->destroy(op);
    arena_destroy(worker.batch_arena);
    arena_destroy(worker.op_arena);
    return (double)us * 1000 / (double)done;
}

/* The steps alone, results not asked for, over rows that are already found. */
static double step_ns(const struct plan_group *plan, uint64_t rows)
{
    struct state_heap *heap;
    struct state_table *table;
    struct agg_set *set;
    const struct type **slots, *key[] = { &type_bigint }, *input[COLUMN_COUNT];
    uint32_t slot_count;
    for (uint32_t c = 0; c < COLUMN_COUNT; c++)
        input[c] = fields[c].type;
    must(agg_set_slots(arena, plan->calls, plan->call_count, &slots, &slot_count, &err) == OK);
    must(state_heap_create(STR("bench"), NULL, &heap, &err) == OK);
    struct state_schema schema = { .name = "groups", .key = key, .key_count = 1, .value = slots,
                                   .value_count = slot_count };
    must(state_table_create(heap, &schema, NULL, &table, &err) == OK);
    struct agg_set_open open = { .calls = plan->calls, .count = plan->call_count, .key = key,
                                 .key_count = 1, .input = input, .heap = heap };
    must(agg_set_create(&open, &set, &err) == OK);
    agg_set_place(set, state_table_layout(table), 1);
    char *found[BATCH];
    uint8_t is_new[BATCH];
    struct arena *scratch = arena_create();
    must(scratch != NULL);
    int64_t us = 0;
    uint64_t done = 0;
    for (uint32_t i = 0; done < rows; i++, done += BATCH) {
        struct batch *b = batches[i % BATCHES];
        b->arena = scratch;
        must(state_table_find(table, b->columns, NULL, BATCH, true, found, is_new, &err) == OK);
        for (uint32_t k = 0; k < BATCH; k++)
            if (is_new[k])
                agg_set_reset(set, &found[k], 1);
        struct agg_batch step = { .in = b, .n = BATCH, .rows = found, .key = b->columns };
        int64_t start = clock_cpu_us();
        must(agg_set_step(set, &step, NULL, NULL, &err) == OK);
        arena_reset(scratch);
        us += clock_cpu_us() - start;
    }
    arena_destroy(scratch);
    agg_set_destroy(set);
    state_table_destroy(table);
    state_heap_destroy(heap);
    return (double)us * 1000 / (double)done;
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 8 << 20;
    static const uint64_t key_counts[] = { 1000, 1000000 };
    arena = arena_create();
    must(arena != NULL);
    fields[COLUMN_K] = (struct field){ STR("k"), &type_bigint };
    fields[COLUMN_I] = (struct field){ STR("i"), &type_bigint };
    fields[COLUMN_D] = (struct field){ STR("d"), &type_double };
    fields[COLUMN_S] = (struct field){ STR("s"), &type_string };
    for (size_t k = 0; k < countof(key_counts); k++) {
        for (uint32_t i = 0; i < BATCHES; i++)
            batches[i] = make_batch(key_counts[k]);
        for (size_t s = 0; s < countof(shapes); s++) {
            const struct plan_group *plan = make_plan(&shapes[s]);
            double best = 1e9, step = 1e9;
            for (int run = 0; run < 3; run++) {
                double ns = group_ns(plan, rows);
                best = ns < best ? ns : best;
                if (shapes[s].takes_back)
                    continue; /* the steps of those want keys */
                ns = step_ns(plan, rows);
                step = ns < step ? ns : step;
            }
            printf("%-40s %8llu keys  %6.1f ns a row, %5.1f M rows/s", shapes[s].name,
                   (unsigned long long)key_counts[k], best, 1000 / best);
            if (step < 1e9)
                printf("; steps alone %5.1f ns", step);
            printf("\n");
        }
    }
    arena_destroy(arena);
    return 0;
}
