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

/* Numbers, texts and NULLs in runs, over more than a piece: the same rows as one by one. */
static void runs_of_a_key_are_its_row(void)
{
    enum { N = 1000, KEYS = 2 };
    static const struct type *const types[KEYS] = { &type_bigint, &type_string };
    struct state_heap *heap;
    struct state_table *table = make_table(
        &heap, &(struct state_schema){ .name = "groups", .key = types, .key_count = KEYS });
    struct column *key[KEYS] = { bigints(N, 0), column_create(arena, &type_string, N) };
    CHECK(column_need_valid(key[0], arena));
    static uint32_t sel[N];
    for (uint32_t i = 0; i < N; i++) {
        sel[i] = i;
        COLUMN_OUT(key[0], int64_t)[i] = i / 3 % 50;
        COLUMN_OUT(key[1], struct view)[i] =
            view_of(str_of(arena_printf(arena, "a text that is not short %u", i / 2 % 7)));
        if (i / 3 % 50 == 7)
            bit_clear(key[0]->valid, i);
    }
    static char *rows[N], *alone[N];
    static uint8_t is_new[N];
    CHECK(state_table_find_runs(table, key, NULL, N, false, rows, NULL, &err) == OK);
    CHECK(rows[0] == NULL && rows[N - 1] == NULL);
    CHECK(state_table_find_runs(table, key, sel, N, true, rows, is_new, &err) == OK);
    CHECK(state_table_find(table, key, NULL, N, false, alone, NULL, &err) == OK);
    CHECK(memcmp(rows, alone, sizeof rows) == 0);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t first = 0;
        while (rows[first] != rows[i])
            first++;
        CHECK_INT(is_new[i], first == i);
    }
    state_table_destroy(table);
    state_heap_destroy(heap);
}

/* Hashes are taken for the columns that they are of, in that order. */
static void a_batch_brings_hashes(void)
{
    struct column *c[2] = { bigints(4, 10), bigints(4, 20) }, *turned[2] = { c[1], c[0] };
    uint64_t hashes[4];
    static const uint32_t sel[2] = { 1, 3 };
    state_hash(c, 2, NULL, 4, hashes);
    struct batch in = { .arena = arena, .count = 4, .hashes = hashes, .hashed = c,
                        .hashed_count = 2 };
    CHECK(state_hashes_of(&in, c, 2, NULL, 4) == hashes);
    const uint64_t *picked = state_hashes_of(&in, c, 2, sel, 2);
    CHECK(picked && picked[0] == hashes[1] && picked[1] == hashes[3]);
    CHECK(!state_hashes_of(&in, turned, 2, NULL, 4) && !state_hashes_of(&in, c, 1, NULL, 4));
    in.hashes = NULL;
    CHECK(!state_hashes_of(&in, c, 2, NULL, 4));
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

/* --- against a list of keys as text ------------------------------------------------------------ */

enum { POOL = 250, VALUE_SLOTS = 2 };

struct story {
    struct state_table *table;
    struct state_heap *heap;
    struct column *key[8];
    uint32_t key_count;
    struct column *value[VALUE_SLOTS];
    const char *text[POOL]; /* of each key of the pool; equal keys have equal text */
    char *row[POOL];        /* of the first of the equal ones; NULL: none */
    uint32_t wrote[POOL];   /* row of the value columns; UINT32_MAX: NULL */
    uint32_t first[POOL];   /* the first of the equal ones */
    uint64_t rows;
};

static const char *key_text(struct story *s, uint32_t i)
{
    struct buf code, hex;
    buf_init(&code, 1 << 20);
    buf_init(&hex, 1 << 20);
    state_encode_row(&code, s->key, s->key_count, i);
    text_put_hex(&hex, buf_view(&code));
    char *text = arena_cstr(arena, buf_view(&hex));
    buf_done(&code);
    buf_done(&hex);
    return text;
}

static void check_value(struct story *s, uint32_t first, char *row)
{
    const struct state_layout *layout = state_table_layout(s->table);
    for (uint32_t c = 0; c < VALUE_SLOTS; c++) {
        const struct state_slot *slot = &layout->slots[s->key_count + c];
        if (s->wrote[first] == UINT32_MAX)
            CHECK(!state_is_valid(row, slot));
        else
            CHECK(state_equal(row, slot, s->value[c], s->wrote[first]));
    }
}

static void look_up(struct story *s, uint64_t *seed, bool insert)
{
    uint32_t sel[POOL];
    char *rows[POOL];
    uint8_t is_new[POOL];
    uint32_t n = 1 + random_below(seed, POOL);
    for (uint32_t i = 0; i < n; i++)
        sel[i] = random_below(seed, POOL);
    CHECK(state_table_find(s->table, s->key, sel, n, insert, rows, is_new, &err) == OK);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t first = s->first[sel[i]];
        CHECK_INT(is_new[i], insert && !s->row[first]);
        if (is_new[i]) {
            s->row[first] = rows[i];
            s->wrote[first] = UINT32_MAX;
            s->rows++;
        }
        if (!CHECK(rows[i] == s->row[first]) || !rows[i])
            continue;
        check_value(s, first, rows[i]);
        uint32_t value = random_below(seed, POOL);
        if (insert && random_below(seed, 2)) {
            CHECK(state_put_columns(s->heap, state_table_layout(s->table), s->key_count, s->value,
                                    VALUE_SLOTS, &value, &rows[i], 1, &err) == OK);
            s->wrote[first] = value;
        }
    }
}

static void take_some(struct story *s, uint64_t *seed)
{
    for (uint32_t k = random_below(seed, POOL / 2); k > 0; k--) {
        uint32_t first = s->first[random_below(seed, POOL)];
        if (!s->row[first])
            continue;
        state_table_remove(s->table, s->row[first]);
        s->row[first] = NULL;
        s->rows--;
    }
}

static void check_walk(struct story *s)
{
    uint64_t place = 0, walked = 0;
    char *row;
    while ((row = state_table_next(s->table, &place)) != NULL) {
        uint32_t i = 0;
        while (i < POOL && s->row[i] != row)
            i++;
        CHECK(i < POOL);
        walked++;
    }
    CHECK_INT(walked, s->rows);
    CHECK_INT(state_table_rows(s->table), s->rows);
}

static void tell(const struct type *const *types, uint32_t count, uint64_t seed)
{
    static struct story s;
    const struct type *value[VALUE_SLOTS] = { &type_string, type_make(arena, TYPE_DECIMAL, 30, 2) };
    s = (struct story){ .key_count = count };
    for (uint32_t c = 0; c < count; c++)
        s.key[c] = random_column(arena, &seed, types[c], POOL, c % 2 == seed % 2);
    for (uint32_t c = 0; c < VALUE_SLOTS; c++)
        s.value[c] = random_column(arena, &seed, value[c], POOL, true);
    for (uint32_t i = 0; i < POOL; i++) {
        s.text[i] = key_text(&s, i);
        uint32_t first = 0;
        while (strcmp(s.text[first], s.text[i]) != 0)
            first++;
        s.first[i] = first;
    }
    s.table = make_table(&s.heap, &(struct state_schema){ .name = "groups", .key = types,
                                                          .key_count = count, .value = value,
                                                          .value_count = VALUE_SLOTS,
                                                          .tail_bytes = 4 });
    for (uint32_t step = 0; step < 60; step++) {
        look_up(&s, &seed, random_below(&seed, 3) > 0);
        if (random_below(&seed, 3) == 0)
            take_some(&s, &seed);
        if (step % 10 == 0)
            check_walk(&s);
    }
    state_table_destroy(s.table);
    CHECK(state_heap_bytes(s.heap) <= (1 << 20));
    state_heap_destroy(s.heap);
}

static void as_a_list_of_keys(void)
{
    uint32_t count;
    const struct type *const *types = test_types(arena, &count);
    for (uint32_t t = 0; t < count; t++)
        tell(&types[t], 1, t);
    for (uint32_t t = 0; t + 4 <= count; t += 3)
        tell(&types[t], 4, 1000 + t);
}

/* --- time ---------------------------------------------------------------------------------------- */

static uint32_t told;

static void count_expired(void *cx, char *row)
{
    (void)cx;
    told += row != NULL;
}

static void rows_grow_old(void)
{
    struct state_heap *heap;
    at.standing_us = 0;
    struct state_table *table = make_table(
        &heap, &(struct state_schema){ .name = "groups", .key = one_bigint, .key_count = 1,
                                       .value = one_bigint, .value_count = 1, .tail_bytes = 8,
                                       .ttl_ms = 1000 });
    const struct state_slot *slot = &state_table_layout(table)->slots[1];
    struct column *key = bigints(10, 0);
    char *rows[10], *again[10];
    uint8_t is_new[10];
    state_table_on_expired(table, count_expired, NULL);
    CHECK(state_table_find(table, &key, NULL, 10, true, rows, is_new, &err) == OK);
    for (uint32_t i = 0; i < 10; i++) {
        *(int64_t *)state_at(rows[i], slot) = 5;
        state_set_valid(rows[i], slot, true);
        *(uint64_t *)(rows[i] + state_table_tail(table)) = 7;
    }
    at.standing_us = 999999; /* a millisecond to go; a look is no write */
    CHECK(state_table_find(table, &key, NULL, 10, false, again, is_new, &err) == OK);
    CHECK(memcmp(rows, again, sizeof rows) == 0);
    state_table_touch(table, rows[0]);
    CHECK(state_table_find(table, &key, (uint32_t[]){ 1 }, 1, true, again, is_new, &err) == OK);
    CHECK(again[0] == rows[1] && !is_new[0]);
    at.standing_us = 1000000; /* over, but for the two that were written */
    CHECK(state_table_find(table, &key, NULL, 10, false, again, is_new, &err) == OK);
    for (uint32_t i = 0; i < 10; i++)
        CHECK(again[i] == (i < 2 ? rows[i] : NULL));
    told = 0;
    CHECK(state_table_find(table, &key, (uint32_t[]){ 0, 2, 2 }, 3, true, again, is_new, &err) ==
          OK);
    CHECK_MEM(is_new, "\0\1\0", 3); /* starts anew */
    CHECK_INT(told, 1);
    CHECK(state_is_valid(again[0], slot) && !state_is_valid(again[1], slot));
    CHECK(*(uint64_t *)(again[1] + state_table_tail(table)) == 0);
    told = 0;
    for (uint32_t i = 0; i < 20; i++)
        state_table_sweep(table, 3, count_expired, NULL);
    CHECK_INT(told, 7);
    CHECK_INT(state_table_rows(table), 3);
    at.standing_us = 90000000;
    state_table_sweep(table, 100, NULL, NULL);
    CHECK_INT(state_table_rows(table), 0);
    state_table_destroy(table);
    state_heap_destroy(heap);
}

/* --- limits -------------------------------------------------------------------------------------- */

static void a_limit_names_the_largest_keys(void)
{
    struct state_budget budget = { .limit_bytes = 300 << 10 };
    struct state_heap *heap = NULL;
    struct state_table *table = NULL;
    const struct type *const key[] = { &type_bigint, &type_string };
    struct state_schema schema = { .name = "groups", .key = key, .key_count = 2,
                                   .value = &key[1], .value_count = 1 };
    CHECK(state_heap_create(STR("group#5"), &budget, &heap, &err) == OK);
    CHECK(state_table_create(heap, &schema, NULL, &table, &err) == OK);
    enum { N = 2000 };
    static char *rows[N];
    struct column *columns[] = { bigints(N, 0), column_create(arena, &type_string, N) };
    struct column *text = column_create(arena, &type_string, 1);
    for (uint32_t i = 0; i < N; i++)
        COLUMN_OUT(columns[1], struct view)[i] = view_of(i == 7 ? (struct str){ 0 } : STR("a,b"));
    CHECK(state_table_find(table, columns, NULL, N, true, rows, NULL, &err) == OK);
    enum code code = OK;
    for (uint32_t i = 0; code == OK && i < N; i++) {
        size_t size = i == 7 ? 5000 : i == 9 ? 3000 : i == 8 ? 2000 : 200;
        COLUMN_OUT(text, struct view)[0] = view_make(arena_zalloc(arena, size), size);
        code = state_put(heap, rows[i], &state_table_layout(table)->slots[2], text, 0, &err);
    }
    CHECK_INT(code, E_LIMIT);
    CHECK_STR(err.message, "the state of group#5 needs more than 300 KB");
    state_table_explain(table, &err);
    CHECK_STR(err.detail, "There are 2000 keys in \"groups\"; its largest are (7, ) with 5048 bytes, "
                          "(9, a,b) with 3048 bytes, (8, a,b) with 2048 bytes.");
    /* What was there stays, and there is room again when something goes. */
    CHECK_INT(state_table_rows(table), N);
    state_table_remove(table, rows[7]);
    COLUMN_OUT(text, struct view)[0] = view_make(arena_zalloc(arena, 4000), 4000);
    CHECK(state_put(heap, rows[9], &state_table_layout(table)->slots[2], text, 0, &err) == OK);
    state_table_destroy(table);
    state_heap_destroy(heap);
    CHECK_INT(budget.used_bytes, 0);
}

/* An insert beyond the limit takes back the rows of its piece that have no key. */
static void a_batch_that_does_not_fit(void)
{
    struct state_budget budget = { .limit_bytes = 120 << 10 };
    struct state_heap *heap = NULL;
    struct state_table *table = NULL;
    const struct type *key = &type_string;
    struct state_schema schema = { .name = "groups", .key = &key, .key_count = 1 };
    enum { N = 3000 };
    static char *rows[N];
    struct column *text = column_create(arena, &type_string, N);
    for (uint32_t i = 0; i < N; i++) {
        char *data = arena_printf(arena, "a key that is long enough %u", i);
        COLUMN_OUT(text, struct view)[i] = view_of(str_of(data));
    }
    CHECK(state_heap_create(STR("group#5"), &budget, &heap, &err) == OK);
    CHECK(state_table_create(heap, &schema, NULL, &table, &err) == OK);
    CHECK(state_table_find(table, &text, NULL, N, true, rows, NULL, &err) == E_LIMIT);
    uint64_t made = state_table_rows(table);
    CHECK(made > 0 && made < N);
    CHECK(state_table_find(table, &text, NULL, N, false, rows, NULL, &err) == OK);
    for (uint32_t i = 0; i < N; i++)
        CHECK((rows[i] != NULL) == (i < made));
    state_table_destroy(table);
    state_heap_destroy(heap);
}

int main(void)
{
    arena = arena_create();
    RUN(rows_are_found_again);
    RUN(a_key_twice_in_a_batch_is_new_once);
    RUN(runs_of_a_key_are_its_row);
    RUN(a_batch_brings_hashes);
    RUN(no_key_is_one_row);
    RUN(as_a_list_of_keys);
    RUN(rows_grow_old);
    RUN(a_limit_names_the_largest_keys);
    RUN(a_batch_that_does_not_fit);
    arena_destroy(arena);
    return check_failed != 0;
}
