/* test_state_row.c -- heaps, and rows: every type there and back, strings that change
 * their size, hashes that do not depend on how values lie in a batch. */
#include "state_test.h"

static struct arena *arena;
static struct error err;

static struct state_heap *make_heap(struct state_budget *budget)
{
    struct state_heap *heap = NULL;
    CHECK(state_heap_create(STR("group#5"), budget, &heap, &err) == OK);
    return heap;
}

static void blocks_are_apart_and_come_back(void)
{
    struct state_heap *heap = make_heap(NULL);
    uint64_t seed = 7;
    enum { BLOCKS = 2000 };
    static struct { unsigned char *data; uint32_t size; } blocks[BLOCKS];
    memset(blocks, 0, sizeof blocks);
    uint64_t empty = state_heap_bytes(heap);
    for (uint32_t step = 0; step < 40000; step++) {
        uint32_t i = random_below(&seed, BLOCKS);
        for (uint32_t k = 0; k < blocks[i].size; k++)
            if (blocks[i].data[k] != (unsigned char)i && !CHECK_INT(blocks[i].data[k], i & 255))
                return;
        state_free(heap, blocks[i].data, blocks[i].size);
        uint32_t range = random_below(&seed, 10) ? 200 : 5000;
        blocks[i].size = random_below(&seed, range);
        blocks[i].data = state_alloc(heap, blocks[i].size);
        if (!CHECK((blocks[i].data != NULL) == (blocks[i].size > 0)))
            return;
        CHECK_INT((uintptr_t)blocks[i].data % (blocks[i].size % 16 ? 8 : 16), 0);
        if (blocks[i].size > 0)
            memset(blocks[i].data, (int)i, blocks[i].size);
    }
    for (uint32_t i = 0; i < BLOCKS; i++)
        state_free(heap, blocks[i].data, blocks[i].size);
    /* A chunk may be kept. */
    CHECK(state_heap_bytes(heap) - empty <= (1 << 20));
    CHECK(state_alloc(heap, SIZE_MAX - 7) == NULL && state_heap_error(heap, &err) == E_NOMEM);
    state_heap_destroy(heap);
    state_heap_destroy(NULL);
}

static void rooms_hold_what_they_promise(void)
{
    for (size_t bytes = 1; bytes < 5000; bytes++) {
        size_t room = state_room(bytes);
        CHECK(room >= bytes && room <= MAX(bytes + 15, bytes + bytes / 4));
        CHECK_INT(state_room(room), room);
    }
    CHECK_INT(state_room(0), 0);
}

/* Where the budget is nearly used up a chunk is small, and has a slab all the same. */
static void a_small_chunk_has_a_slab_wherever_it_lies(void)
{
    enum { PLACES = 1000, BLOCK = 512, MOST = 100, PAD = 4120 };
    static void *pads[PLACES];
    for (uint32_t i = 0; i < PLACES; i++) {
        struct state_budget budget = { .limit_bytes = 20 << 10 };
        struct state_heap *heap = make_heap(&budget);
        uint32_t n = 0;
        for (void *block; n < MOST && (block = state_alloc(heap, BLOCK)) != NULL; n++)
            memset(block, 1, BLOCK);
        bool right = CHECK(n >= 15 && n < 40) && CHECK_INT(state_heap_error(heap, &err), E_LIMIT);
        state_heap_destroy(heap);
        pads[i] = mem_alloc(PAD); /* moves the next one by an odd number of 32 bytes */
        if (!right)
            break;
    }
    for (uint32_t i = 0; i < PLACES; i++)
        mem_free(pads[i]);
}

static void a_budget_is_shared_and_told(void)
{
    struct state_budget budget = { .limit_bytes = 100 << 10 };
    struct state_heap *one = make_heap(&budget);
    struct state_heap *other = make_heap(&budget);
    void *a = state_alloc(one, 60 << 10);
    CHECK(a != NULL);
    CHECK(state_alloc(other, 60 << 10) == NULL);
    CHECK_INT(state_heap_error(other, &err), E_LIMIT);
    CHECK_STR(err.message, "the state of group#5 needs more than 100 KB");
    state_free(one, a, 60 << 10);
    CHECK(state_alloc(other, 60 << 10) != NULL);
    CHECK(state_alloc(other, 10) != NULL);
    state_heap_destroy(one);
    state_heap_destroy(other);
    CHECK_INT(budget.used_bytes, 0);
}

/* A row of all types, filled from columns, read back, copied, compared. */
static void every_type_there_and_back(void)
{
    enum { ROWS = 200 };
    struct state_heap *heap = make_heap(NULL);
    uint32_t count;
    uint64_t seed = 11;
    const struct type *const *types = test_types(arena, &count);
    struct state_layout layout;
    uint32_t tail = 0;
    CHECK(state_layout_create(arena, types, count, 5, &layout, &tail, &err) == OK);
    CHECK(tail % 8 == 0 && layout.bytes >= tail + 5);
    struct column *columns[32];
    char *rows[ROWS];
    for (uint32_t c = 0; c < count; c++)
        columns[c] = random_column(arena, &seed, types[c], ROWS, c % 3 > 0);
    for (uint32_t i = 0; i < ROWS; i++) {
        rows[i] = state_alloc(heap, layout.bytes);
        memset(rows[i], 0, layout.bytes);
    }
    /* Twice, so that strings are overwritten; the second time in the order that counts. */
    uint32_t sel[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        sel[i] = (i * 7 + 3) % ROWS;
    CHECK(state_put_columns(heap, &layout, 0, columns, count, NULL, rows, ROWS, &err) == OK);
    CHECK(state_put_columns(heap, &layout, 0, columns, count, sel, rows, ROWS, &err) == OK);
    char *copy = state_alloc(heap, layout.bytes);
    memset(copy, 0, layout.bytes);
    for (uint32_t i = 0; i < ROWS; i++) {
        CHECK(state_copy(heap, &layout, 0, count, copy, rows[i], &err) == OK);
        CHECK(state_rows_equal(&layout, 0, count, copy, rows[i]));
        CHECK(state_hash_row(&layout, 0, count, copy) == state_hash_row(&layout, 0, count, rows[i]));
        uint64_t hash;
        state_hash(columns, count, &sel[i], 1, &hash);
        CHECK(state_hash_row(&layout, 0, count, rows[i]) == hash);
    }
    char *holes[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        holes[i] = i % 10 == 9 ? NULL : rows[i];
    for (uint32_t c = 0; c < count; c++) {
        struct column *back = state_column(arena, &layout.slots[c], holes, ROWS);
        struct column *single = column_create(arena, types[c], ROWS);
        for (uint32_t i = 0; i < ROWS; i++) {
            CHECK(state_get(arena, holes[i], &layout.slots[c], single, i));
            CHECK(state_equal(rows[i], &layout.slots[c], columns[c], sel[i]));
            const char *want = holes[i] ? cell_text(arena, columns[c], sel[i]) : "null";
            CHECK_STR(cell_text(arena, back, i), want);
            CHECK_STR(cell_text(arena, single, i), want);
            /* Equal only if the value is: as text, which shows all but the sign of zero. */
            uint32_t other = random_below(&seed, ROWS);
            if (state_equal(rows[i], &layout.slots[c], columns[c], other))
                CHECK_STR(cell_text(arena, columns[c], other), cell_text(arena, columns[c], sel[i]));
        }
    }
    for (uint32_t i = 0; i < ROWS; i++)
        state_clear(heap, &layout, 0, count, rows[i]);
    state_clear(heap, &layout, 0, count, copy);
    for (uint32_t i = 0; i < ROWS; i++)
        state_free(heap, rows[i], layout.bytes);
    state_free(heap, copy, layout.bytes);
    CHECK(state_heap_bytes(heap) <= (1 << 20));
    state_heap_destroy(heap);
}

static void empty_columns_are_whole(void)
{
    uint32_t count;
    const struct type *const *types = test_types(arena, &count);
    struct state_layout layout;
    CHECK(state_layout_create(arena, types, count, 0, &layout, NULL, &err) == OK);
    for (uint32_t c = 0; c < count; c++) {
        struct column *none = state_column(arena, &layout.slots[c], NULL, 0);
        CHECK(none && none->count == 0);
        for (uint32_t k = 0; k < none->child_count; k++)
            CHECK(none->children[k] != NULL);
    }
}

static void a_hash_does_not_depend_on_the_batch(void)
{
    enum { ROWS = 64 };
    uint64_t seed = 3;
    struct column *columns[] = { random_column(arena, &seed, &type_int, ROWS, true),
                                 random_column(arena, &seed, &type_string, ROWS, true) };
    uint64_t all[ROWS];
    state_hash(columns, 2, NULL, ROWS, all);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct column *alone[2];
        for (uint32_t c = 0; c < 2; c++) {
            alone[c] = column_create_constant(arena, columns[c]->type, 5);
            CHECK(column_need_valid(alone[c], arena));
            column_copy_slot(alone[c], 0, columns[c], i);
        }
        uint64_t hash;
        state_hash(alone, 2, &(uint32_t){ 4 }, 1, &hash);
        CHECK(hash == all[i]);
    }
    state_hash(columns, 0, NULL, 1, all);
    CHECK_INT(all[0], 0);
}

/* Snapshots and the placement of keys depend on these. */
static void hashes_never_change(void)
{
    struct column *number = column_create(arena, &type_bigint, 1);
    struct column *text = column_create(arena, &type_string, 1);
    COLUMN_OUT(number, int64_t)[0] = 4711;
    COLUMN_OUT(text, struct view)[0] = view_of(STR("lesson"));
    uint64_t hash;
    state_hash((struct column *[]){ number, text }, 2, NULL, 1, &hash);
    CHECK_INT(hash, -569367738484251494);
    struct column *none = column_create_null(arena, &type_int, 1);
    state_hash(&none, 1, NULL, 1, &hash);
    CHECK_INT(hash, -5539916659634085995);
    /* The workers' shares are even. */
    uint32_t shares[3] = { 0 };
    for (int64_t i = 0; i < 30000; i++) {
        COLUMN_OUT(number, int64_t)[0] = i;
        state_hash(&number, 1, NULL, 1, &hash);
        shares[state_worker(hash, 3)]++;
    }
    for (int i = 0; i < 3; i++)
        CHECK(shares[i] > 9700 && shares[i] < 10300);
}

static void nan_is_nan_and_zero_has_a_sign(void)
{
    struct state_heap *heap = make_heap(NULL);
    struct state_layout layout;
    CHECK(state_layout_create(arena, (const struct type *[]){ &type_double }, 1, 0, &layout, NULL,
                              &err) == OK);
    struct column *c = column_create(arena, &type_double, 4);
    double values[] = { __builtin_nan("1"), -__builtin_nan("2"), 0.0, -0.0 };
    memcpy(c->values, values, sizeof values);
    char *row = state_alloc(heap, layout.bytes);
    memset(row, 0, layout.bytes);
    CHECK(state_put(heap, row, &layout.slots[0], c, 0, &err) == OK);
    CHECK(state_equal(row, &layout.slots[0], c, 1));
    CHECK(state_put(heap, row, &layout.slots[0], c, 2, &err) == OK);
    CHECK(!state_equal(row, &layout.slots[0], c, 3));
    state_heap_destroy(heap);
}

int main(void)
{
    arena = arena_create();
    RUN(blocks_are_apart_and_come_back);
    RUN(rooms_hold_what_they_promise);
    RUN(a_small_chunk_has_a_slab_wherever_it_lies);
    RUN(a_budget_is_shared_and_told);
    RUN(every_type_there_and_back);
    RUN(empty_columns_are_whole);
    RUN(a_hash_does_not_depend_on_the_batch);
    RUN(hashes_never_change);
    RUN(nan_is_nan_and_zero_has_a_sign);
    arena_destroy(arena);
    return check_failed != 0;
}
