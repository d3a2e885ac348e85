/* test_state_tree.c -- a tree against a sorted array. */
#include "state_test.h"

#include "state/tree.h"

enum { KEYS_MAX = 4000 };

static struct arena *arena;
static struct error err;

struct model {
    struct { struct str key, value; } entries[KEYS_MAX];
    uint32_t count;
};

/* The first entry that is not less. */
static uint32_t model_seek(const struct model *m, struct str key)
{
    uint32_t low = 0;
    for (uint32_t n = m->count; n > 0;) {
        uint32_t half = n / 2;
        if (str_compare(m->entries[low + half].key, key) < 0) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static void model_put(struct model *m, struct str key, struct str value)
{
    uint32_t at = model_seek(m, key);
    if (at == m->count || !str_eq(m->entries[at].key, key)) {
        memmove(m->entries + at + 1, m->entries + at, (m->count - at) * sizeof *m->entries);
        m->count++;
        m->entries[at].key = arena_str(arena, key);
    }
    m->entries[at].value = arena_str(arena, value);
}

static void model_remove(struct model *m, uint32_t at)
{
    m->count--;
    memmove(m->entries + at, m->entries + at + 1, (m->count - at) * sizeof *m->entries);
}

static struct str random_key(uint64_t *seed, uint32_t letters, char *space)
{
    uint32_t size = random_below(seed, 7);
    for (uint32_t i = 0; i < size; i++)
        space[i] = (char)(random_below(seed, letters) * 255 / (letters - 1));
    return (struct str){ space, size };
}

static void check_cursor(const struct tree_cursor *c, const struct model *m, int64_t at)
{
    bool there = at >= 0 && at < m->count;
    if (!CHECK(c->valid == there) || !there)
        return;
    CHECK(str_eq(c->key, m->entries[at].key) && str_eq(c->value, m->entries[at].value));
}

static void check_all(const struct state_tree *tree, const struct model *m)
{
    struct tree_cursor c;
    uint32_t i = 0;
    CHECK_INT(state_tree_count(tree), m->count);
    for (state_tree_seek(tree, (struct str){ 0 }, &c); c.valid; state_tree_next(&c))
        check_cursor(&c, m, i++);
    CHECK_INT(i, m->count);
    state_tree_seek_before(tree, STR("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), &c);
    for (; c.valid; state_tree_prev(&c))
        check_cursor(&c, m, --i);
    CHECK_INT(i, 0);
}

static void step(struct state_tree *tree, struct model *m, uint64_t *seed, uint32_t letters,
                 uint32_t puts)
{
    char space[8];
    struct str key = random_key(seed, letters, space);
    uint32_t at = model_seek(m, key);
    bool there = at < m->count && str_eq(m->entries[at].key, key);
    struct str value = { 0 };
    struct tree_cursor c;
    if (random_below(seed, 10) < puts && m->count < KEYS_MAX - 1) {
        value = random_string(arena, seed);
        CHECK(state_tree_put(tree, key, value, &err) == OK);
        model_put(m, key, value);
    } else if (random_below(seed, 500) == 0) {
        struct str prefix = { key.data, MIN(key.size, 2) };
        uint64_t removed = 0;
        for (at = model_seek(m, prefix); at < m->count && str_starts(m->entries[at].key, prefix);
             removed++)
            model_remove(m, at);
        CHECK_INT(state_tree_remove_prefix(tree, prefix), removed);
    } else {
        CHECK(state_tree_get(tree, key, &value) == there);
        if (there)
            CHECK(str_eq(value, m->entries[at].value));
        state_tree_seek(tree, key, &c);
        check_cursor(&c, m, at);
        state_tree_next(&c);
        check_cursor(&c, m, MIN((int64_t)at + 1, m->count));
        state_tree_seek_before(tree, key, &c);
        check_cursor(&c, m, (int64_t)at - 1);
        CHECK(state_tree_remove(tree, key) == there);
        if (there)
            model_remove(m, at);
    }
}

static void as_a_sorted_array(void)
{
    static struct model model;
    for (uint64_t round = 1; round <= 6; round++) {
        uint64_t seed = round;
        struct state_heap *heap = NULL;
        struct state_tree *tree = NULL;
        CHECK(state_heap_create(STR("t"), NULL, &heap, &err) == OK);
        CHECK(state_tree_create(heap, "times", 1, NULL, 0, &tree, &err) == OK);
        model.count = 0;
        uint32_t letters = 2 + random_below(&seed, 6);
        /* Grows, then shrinks to nothing. */
        for (uint32_t i = 0; i < 12000; i++)
            step(tree, &model, &seed, letters, i < 6000 ? 8 : 2);
        check_all(tree, &model);
        while (model.count > 0) {
            uint32_t at = random_below(&seed, model.count);
            CHECK(state_tree_remove(tree, model.entries[at].key));
            model_remove(&model, at);
        }
        check_all(tree, &model);
        state_tree_destroy(tree);
        state_tree_destroy(NULL);
        state_heap_destroy(heap);
    }
}

/* Times come in order and leave in order: a queue must not keep what has left. */
static void a_queue_does_not_grow(void)
{
    struct state_heap *heap = NULL;
    struct state_tree *tree = NULL;
    CHECK(state_heap_create(STR("t"), NULL, &heap, &err) == OK);
    CHECK(state_tree_create(heap, "times", 1, NULL, 0, &tree, &err) == OK);
    uint64_t early = 0;
    for (int64_t i = 0; i < 200000; i++) {
        struct buf key;
        buf_init(&key, 64);
        state_encode_i64(&key, i);
        CHECK(state_tree_put(tree, buf_view(&key), STR("12345678"), &err) == OK);
        if (i >= 1000) {
            struct tree_cursor c;
            state_tree_seek(tree, (struct str){ 0 }, &c);
            CHECK(c.valid && state_tree_remove(tree, c.key));
        }
        buf_done(&key);
        if (i == 10000)
            early = state_heap_bytes(heap);
    }
    CHECK_INT(state_tree_count(tree), 1000);
    CHECK(state_heap_bytes(heap) <= early + 2 * 8192); /* a slab more for one of the sizes */
    state_tree_destroy(tree);
    state_heap_destroy(heap);
}

static void long_keys_and_values(void)
{
    struct state_heap *heap = NULL;
    struct state_tree *tree = NULL;
    CHECK(state_heap_create(STR("t"), NULL, &heap, &err) == OK);
    CHECK(state_tree_create(heap, "times", 1, NULL, 0, &tree, &err) == OK);
    char *data = arena_alloc(arena, 1 << 20);
    memset(data, 'k', 1 << 20);
    for (uint32_t i = 0; i < 100; i++) {
        data[(1 << 20) - 1] = (char)i;
        CHECK(state_tree_put(tree, (struct str){ data, 1 << 20 }, (struct str){ data, i * 1000 },
                             &err) == OK);
    }
    struct str value;
    CHECK(state_tree_get(tree, (struct str){ data, 1 << 20 }, &value) && value.size == 99000);
    CHECK_INT(state_tree_remove_prefix(tree, STR("kkk")), 100);
    CHECK_INT(state_tree_count(tree), 0);
    state_tree_destroy(tree);
    state_heap_destroy(heap);
}

/* Key 7 has most bytes, in many entries; key 3 the next in one. */
static void a_limit_names_keys(void)
{
    struct state_budget budget = { .limit_bytes = 400 << 10 };
    struct state_heap *heap = NULL;
    struct state_tree *tree = NULL;
    const struct type *route[] = { &type_bigint };
    CHECK(state_heap_create(STR("group#5"), &budget, &heap, &err) == OK);
    CHECK(state_tree_create(heap, "values", 1, route, 1, &tree, &err) == OK);
    struct buf key;
    buf_init(&key, 1000);
    static char data[20000];
    for (int64_t i = 0; i < 300; i++) {
        buf_clear(&key);
        state_encode_i64(&key, i % 3 == 0 ? 7 : i);
        state_encode_i64(&key, i);
        CHECK(state_tree_put(tree, buf_view(&key), str_make(data, 500), &err) == OK);
    }
    buf_clear(&key);
    state_encode_i64(&key, 3);
    CHECK(state_tree_put(tree, buf_view(&key), str_make(data, 3000), &err) == OK);
    enum code code = OK;
    for (int64_t i = 1000; code == OK && i < 10000; i++) {
        buf_clear(&key);
        state_encode_i64(&key, i);
        code = state_tree_put(tree, buf_view(&key), str_make(data, 10), &err);
    }
    CHECK_INT(code, E_LIMIT);
    state_heap_explain(heap, &err);
    CHECK(strstr(err.detail, "entries in \"values\"; the largest keys are (7) with 52318 bytes in "
                             "101 of them, (3) with 3009 bytes in 1 of them, (") != NULL);
    buf_done(&key);
    state_tree_destroy(tree);
    state_heap_destroy(heap);
}

int main(void)
{
    arena = arena_create();
    RUN(as_a_sorted_array);
    RUN(a_queue_does_not_grow);
    RUN(long_keys_and_values);
    RUN(a_limit_names_keys);
    arena_destroy(arena);
    return check_failed != 0;
}
