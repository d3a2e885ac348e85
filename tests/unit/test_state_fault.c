/* test_state_fault.c -- every allocation of state may fail: the call says so, loses
 * nothing, and succeeds when it is made again.
 *
 * For n = 1, 2, ... the n-th allocation of a story fails.  Calls that fail are repeated,
 * and at the end the state must be what it is when nothing fails. */
#include "state_test.h"

#include "state/bag.h"
#include "state/snapshot.h"
#include "state/tree.h"

#include <unistd.h>

enum { ROWS = 90 };

static struct arena *arena;
static struct column *key[2], *value[2];
static const struct type *key_types[2], *value_types[2];
static char path[300];

struct state {
    struct state_heap *heap;
    struct state_table *table;
    struct state_bag *bag;
    struct state_tree *tree;
};

static bool was_refused; /* since the last look */

/* Was it refused?  Then once more. */
static bool again(enum code code)
{
    if (code == OK)
        return false;
    CHECK_INT(code, E_NOMEM);
    was_refused = true;
    return code == E_NOMEM;
}

static void make_state(struct state *s)
{
    const struct state_schema table = { .name = "groups", .id = 1, .key = key_types,
                                        .key_count = 2, .value = value_types, .value_count = 2 };
    const struct bag_schema bag = { .name = "rows", .id = 2, .key = key_types, .key_count = 1,
                                    .item = value_types, .item_count = 2 };
    struct error err;
    *s = (struct state){ 0 };
    while (again(state_heap_create(STR("t"), NULL, &s->heap, &err)))
        continue;
    while (again(state_table_create(s->heap, &table, NULL, &s->table, &err)))
        continue;
    while (again(state_bag_create(s->heap, &bag, NULL, &s->bag, &err)))
        continue;
    while (again(state_tree_create(s->heap, "times", 3, NULL, 0, &s->tree, &err)))
        continue;
}

static void end_state(struct state *s)
{
    state_table_destroy(s->table);
    state_bag_destroy(s->bag);
    state_tree_destroy(s->tree);
    CHECK(state_heap_bytes(s->heap) <= (1 << 20));
    state_heap_destroy(s->heap);
}

static void fill_table(struct state *s)
{
    struct error err;
    char *rows[ROWS];
    const struct state_layout *layout = state_table_layout(s->table);
    for (uint32_t round = 0; round < 2; round++) {
        while (again(state_table_find(s->table, key, NULL, ROWS, true, rows, NULL, &err)))
            continue;
        for (uint32_t i = 0; i < ROWS; i++) {
            uint32_t from = (i + round * 7) % ROWS;
            while (again(state_put_columns(s->heap, layout, 2, value, 2, &from, &rows[i], 1, &err)))
                continue;
        }
        if (round == 0)
            for (uint32_t i = 0; i < ROWS; i += 9) {
                char *row;
                CHECK(state_table_find(s->table, key, &i, 1, false, &row, NULL, &err) == OK);
                if (row)
                    state_table_remove(s->table, row);
            }
    }
}

static void fill_bag(struct state *s)
{
    struct error err;
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t one = i % 2; /* many rows a key */
        struct bag_key *found;
        struct bag_item *item;
        bool replaced;
        while (again(state_bag_find(s->bag, key, &one, 1, true, &found, &err)))
            continue;
        while (again(state_bag_add(s->bag, found, value, i, &item, &replaced, &err)))
            continue;
        if (i % 5 == 4)
            state_bag_take(s->bag, found->first);
    }
}

static void fill_tree(struct state *s)
{
    struct error err;
    struct buf code;
    for (uint32_t i = 0; i < 3 * ROWS; i++) {
        buf_init(&code, 1 << 20);
        do {
            buf_clear(&code);
            state_encode_row(&code, key, 2, i % ROWS);
            state_encode_i64(&code, i);
        } while (again(buf_check(&code, &err)));
        while (again(state_tree_put(s->tree, buf_view(&code), STR("v"), &err)))
            continue;
        if (i % 4 == 3)
            CHECK(state_tree_remove(s->tree, buf_view(&code)));
        buf_done(&code);
    }
}

/* Independent of places in memory. */
static uint64_t digest(struct state *s)
{
    uint64_t sum = 0, at = 0;
    const struct state_layout *layout = state_table_layout(s->table);
    char *row;
    while ((row = state_table_next(s->table, &at)) != NULL)
        sum += state_hash_row(layout, 0, layout->count, row);
    for (uint32_t i = 0; i < 2; i++) {
        struct bag_key *found;
        CHECK(state_bag_find(s->bag, key, &i, 1, false, &found, NULL) == OK);
        for (struct bag_item *item = found ? found->first : NULL; item; item = item->next)
            sum = sum * 31 + item->count + state_hash_row(state_bag_layout(s->bag), 0, 2,
                                                          item->slots);
    }
    struct tree_cursor c;
    for (state_tree_seek(s->tree, (struct str){ 0 }, &c); c.valid; state_tree_next(&c))
        sum = sum * 31 + c.key.size + (uint8_t)c.key.data[c.key.size - 1];
    return sum;
}

static enum code save(struct state *s)
{
    struct state_writer *w = NULL;
    struct error err;
    enum code code = state_writer_create(path, 1, STR("job"), &w, &err);
    code = code ? code : state_writer_begin(w, 5, &err);
    code = code ? code : state_table_save(s->table, w, &err);
    code = code ? code : state_bag_save(s->bag, w, &err);
    code = code ? code : state_tree_save(s->tree, w, &err);
    code = code ? code : state_writer_commit(w, &(uint64_t){ 0 }, &err);
    state_writer_destroy(w);
    return code;
}

static enum code load(struct state *s)
{
    struct state_reader *r = NULL;
    struct state_record record;
    struct error err;
    char *row;
    enum code code = state_reader_open(path, 0, 1, &r, &err);
    if (code != OK)
        return code;
    CHECK(state_reader_seek(r, 5));
    while (code == OK && state_reader_next(r, &record)) {
        /* Each record once more if it was refused. */
        do {
            code = record.table_id == 1
                       ? state_table_load(s->table, r, record.key, record.value, &row, &err)
                   : record.table_id == 2
                       ? state_bag_load(s->bag, r, record.key, record.value, &err)
                       : state_tree_load(s->tree, r, record.key, record.value, &err);
        } while (again(code));
    }
    code = code ? code : state_reader_check(r, &err);
    state_reader_close(r);
    return code;
}

/* *ret_unused: the story needed fewer allocations than the one that was to fail. */
static uint64_t fill_story(bool *ret_unused)
{
    struct state s;
    make_state(&s);
    fill_table(&s);
    fill_bag(&s);
    fill_tree(&s);
    *ret_unused = mem_fail_pending();
    mem_fail_at(0);
    uint64_t sum = digest(&s);
    end_state(&s);
    return sum;
}

static void filling(void)
{
    bool unused;
    uint64_t want = fill_story(&unused), n = 1;
    for (unused = false; !unused; n++) {
        mem_fail_at(n);
        was_refused = false;
        if (!CHECK(fill_story(&unused) == want) || !CHECK(was_refused || unused))
            return;
    }
    CHECK(n > 50);
}

static void saving_and_loading(void)
{
    struct state s, other;
    make_state(&s);
    fill_table(&s);
    fill_bag(&s);
    fill_tree(&s);
    uint64_t want = digest(&s), n = 1;
    for (bool unused = false; !unused; n++) {
        mem_fail_at(n);
        while (again(save(&s)))
            continue;
        make_state(&other);
        for (;;) {
            enum code code = load(&other);
            if (code == OK)
                break;
            /* The file itself could not be opened or read on. */
            CHECK_INT(code, E_NOMEM);
            end_state(&other);
            make_state(&other);
        }
        unused = mem_fail_pending();
        mem_fail_at(0);
        if (!CHECK(digest(&other) == want))
            unused = true;
        end_state(&other);
    }
    end_state(&s);
    CHECK(n > 30);
    unlink(path);
}

int main(void)
{
    const char *base = getenv("TMPDIR");
    uint64_t seed = 17;
    snprintf(path, sizeof path, "%s/weir-state-fault-%d", base ? base : "/tmp", (int)getpid());
    arena = arena_create();
    key_types[0] = &type_string;
    key_types[1] = &type_bigint;
    value_types[0] = &type_string;
    value_types[1] = type_make_array(arena, &type_string);
    for (uint32_t c = 0; c < 2; c++) {
        key[c] = random_column(arena, &seed, key_types[c], ROWS, true);
        value[c] = random_column(arena, &seed, value_types[c], ROWS, true);
    }
    RUN(filling);
    RUN(saving_and_loading);
    arena_destroy(arena);
    return check_failed != 0;
}
