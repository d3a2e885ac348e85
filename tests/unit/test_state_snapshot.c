/* test_state_snapshot.c -- tables, bags and trees through a file and back, for other
 * numbers of workers; files that are damaged; disks that are full. */
#include "state_test.h"

#include "state/bag.h"
#include "state/snapshot.h"
#include "state/tree.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 700, WORKERS_MAX = 3, TABLE = 1, BAG = 2, TREE = 3, OPERATOR = 77, PATH_MAX_ = 300 };

static struct arena *arena;
static struct error err;
static struct clock at = { .standing = true, .standing_us = 5000000 };
static char folder[PATH_MAX_];

static const char *path_of(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

/* The state of an operator on one worker. */
struct share {
    struct state_heap *heap;
    struct state_table *table;
    struct state_bag *bag;
    struct state_tree *tree;
};

static const struct type *const keys[] = { &type_string, &type_int };
static const struct type *values[] = { &type_string, NULL }; /* and an array */

static void make_share(struct share *s, int64_t ttl_ms)
{
    struct state_schema table = { .name = "groups", .id = TABLE, .key = keys, .key_count = 2,
                                  .route_count = 1, .value = values, .value_count = 2,
                                  .ttl_ms = ttl_ms };
    struct bag_schema bag = { .name = "rows", .id = BAG, .key = keys, .key_count = 2,
                              .route_count = 1, .item = values, .item_count = 2,
                              .ttl_ms = ttl_ms };
    *s = (struct share){ 0 };
    CHECK(state_heap_create(STR("group#5"), NULL, &s->heap, &err) == OK);
    CHECK(state_table_create(s->heap, &table, &at, &s->table, &err) == OK);
    CHECK(state_bag_create(s->heap, &bag, &at, &s->bag, &err) == OK);
    CHECK(state_tree_create(s->heap, "times", TREE, keys, 1, &s->tree, &err) == OK);
}

static void end_share(struct share *s)
{
    state_table_destroy(s->table);
    state_bag_destroy(s->bag);
    state_tree_destroy(s->tree);
    state_heap_destroy(s->heap);
}

/* The same rows into all three. */
static void fill(struct share *s, struct column **key, struct column **value)
{
    static char *rows[ROWS];
    static struct bag_key *bag_keys[ROWS];
    struct buf buf;
    buf_init(&buf, 1 << 20);
    CHECK(state_table_find(s->table, key, NULL, ROWS, true, rows, NULL, &err) == OK);
    CHECK(state_put_columns(s->heap, state_table_layout(s->table), 2, value, 2, NULL, rows, ROWS,
                            &err) == OK);
    CHECK(state_bag_find(s->bag, key, NULL, ROWS, true, bag_keys, &err) == OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct bag_item *item = NULL;
        bool replaced;
        CHECK(state_bag_add(s->bag, bag_keys[i], value, i, &item, &replaced, &err) == OK);
        item->degree = i % 3;
        buf_clear(&buf);
        state_encode_row(&buf, key, 2, i);
        CHECK(state_tree_put(s->tree, buf_view(&buf), STR("v"), &err) == OK);
    }
    buf_done(&buf);
}

static void save(const char *path, struct share *shares, uint32_t count)
{
    struct state_writer *w = NULL;
    uint64_t bytes = 0;
    struct stat info = { 0 };
    CHECK(state_writer_create(path, 42, STR("job \"x\""), &w, &err) == OK);
    CHECK(state_writer_begin(w, STATE_OPERATOR_JOB, &err) == OK);
    CHECK(state_writer_put(w, 9, STR("topic-0"), STR("1000"), &err) == OK);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(state_writer_begin(w, OPERATOR, &err) == OK);
        CHECK(state_table_save(shares[i].table, w, &err) == OK);
        CHECK(state_bag_save(shares[i].bag, w, &err) == OK);
        CHECK(state_tree_save(shares[i].tree, w, &err) == OK);
        CHECK(state_writer_begin(w, 5, &err) == OK); /* nothing of this one */
        CHECK(state_writer_begin(w, 1000 + i, &err) == OK);
        CHECK(state_writer_put(w, 0, STR(""), STR(""), &err) == OK);
    }
    CHECK(stat(path, &info) != 0); /* not before the commit */
    CHECK(state_writer_commit(w, &bytes, &err) == OK);
    CHECK(stat(path, &info) == 0 && (uint64_t)info.st_size == bytes);
    state_writer_destroy(w);
}

static void load(const char *path, struct share *s, uint32_t worker, uint32_t workers)
{
    struct state_reader *r = NULL;
    struct state_record record;
    char *row;
    bool is_told = worker % 2 == 1; /* only when the file is open whose records are wanted */
    if (!CHECK(state_reader_open(path, is_told ? 0 : worker, is_told ? 1 : workers, &r, &err) == OK))
        return;
    if (is_told)
        state_reader_serve(r, worker, workers);
    CHECK_INT(state_reader_epoch(r), 42);
    CHECK(str_is(state_reader_job(r), "job \"x\""));
    CHECK_INT(state_reader_operator(r, 0), OPERATOR);
    CHECK_INT(state_reader_operator(r, 1), 1000);
    CHECK(state_reader_seek(r, STATE_OPERATOR_JOB) && state_reader_next(r, &record));
    CHECK(record.table_id == 9 && str_is(record.key, "topic-0") && str_is(record.value, "1000"));
    CHECK(!state_reader_next(r, &record));
    CHECK(!state_reader_seek(r, 5) && !state_reader_next(r, &record));
    CHECK(state_reader_seek(r, OPERATOR));
    while (state_reader_next(r, &record)) {
        enum code code = OK;
        CHECK_INT(record.operator_id, OPERATOR);
        if (record.table_id == TABLE)
            code = state_table_load(s->table, r, record.key, record.value, &row, &err);
        else if (record.table_id == BAG)
            code = state_bag_load(s->bag, r, record.key, record.value, &err);
        else
            code = state_tree_load(s->tree, r, record.key, record.value, &err);
        CHECK_INT(code, OK);
    }
    CHECK(state_reader_check(r, &err) == OK);
    state_reader_close(r);
}

/* Every row is with one worker, as it was. */
static void check_shares(struct share *want, struct share *shares, uint32_t count,
                         struct column **key, struct column **value)
{
    const struct state_layout *layout = state_table_layout(want->table);
    uint64_t rows = 0, items = 0, entries = 0;
    static char *there[ROWS], *first[ROWS];
    static struct bag_key *bag_there[ROWS];
    CHECK(state_table_find(want->table, key, NULL, ROWS, false, first, NULL, &err) == OK);
    for (uint32_t w = 0; w < count; w++) {
        rows += state_table_rows(shares[w].table);
        items += state_bag_items(shares[w].bag);
        entries += state_tree_count(shares[w].tree);
        CHECK(state_table_find(shares[w].table, key, NULL, ROWS, false, there, NULL, &err) == OK);
        CHECK(state_bag_find(shares[w].bag, key, NULL, ROWS, false, bag_there, &err) == OK);
        for (uint32_t i = 0; i < ROWS; i++) {
            uint64_t hash;
            state_hash(key, 1, &i, 1, &hash);
            bool mine = state_worker(hash, count) == w;
            CHECK((there[i] != NULL) == mine && (bag_there[i] != NULL) == mine);
            if (!mine || !there[i] || !bag_there[i])
                continue;
            CHECK(state_rows_equal(layout, 0, 4, there[i], first[i]));
            struct bag_item *item = state_bag_get(shares[w].bag, bag_there[i], value, i);
            CHECK(item && item->count > 0 && item->key == bag_there[i]);
        }
    }
    CHECK_INT(rows, state_table_rows(want->table));
    CHECK_INT(items, state_bag_items(want->bag));
    CHECK_INT(entries, state_tree_count(want->tree));
}

static void any_number_of_workers(void)
{
    uint64_t seed = 5;
    struct column *key[] = { random_column(arena, &seed, &type_string, ROWS, true),
                             random_column(arena, &seed, &type_int, ROWS, true) };
    struct column *value[] = { random_column(arena, &seed, values[0], ROWS, true),
                               random_column(arena, &seed, values[1], ROWS, true) };
    struct share one, two[2], many[WORKERS_MAX];
    make_share(&one, 0);
    fill(&one, key, value);
    save(path_of("one"), &one, 1);
    for (uint32_t w = 0; w < 2; w++) {
        make_share(&two[w], 100000); /* and now with a TTL */
        load(path_of("one"), &two[w], w, 2);
    }
    check_shares(&one, two, 2, key, value);
    save(path_of("two"), two, 2);
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers += 2) {
        for (uint32_t w = 0; w < workers; w++) {
            make_share(&many[w], 0);
            load(path_of("two"), &many[w], w, workers);
        }
        check_shares(&one, many, workers, key, value);
        for (uint32_t w = 0; w < workers; w++)
            end_share(&many[w]);
    }
    end_share(&one);
    end_share(&two[0]);
    end_share(&two[1]);
}

static void items_keep_count_order_and_degree(void)
{
    struct share one, other;
    struct column *key[] = { column_create(arena, &type_string, 1),
                             column_create(arena, &type_int, 1) };
    uint64_t seed = 8;
    struct column *value[] = { random_column(arena, &seed, values[0], 40, true),
                               random_column(arena, &seed, values[1], 40, true) };
    COLUMN_OUT(key[1], int32_t)[0] = 1;
    make_share(&one, 60000);
    struct bag_key *bag_key = NULL, *again = NULL;
    CHECK(state_bag_find(one.bag, key, NULL, 1, true, &bag_key, &err) == OK);
    for (uint32_t i = 0; i < 100; i++) {
        struct bag_item *item = NULL;
        bool replaced;
        CHECK(state_bag_add(one.bag, bag_key, value, i * i % 40, &item, &replaced, &err) == OK);
        item->degree = i;
    }
    save(path_of("items"), &one, 1);
    make_share(&other, 60000);
    at.standing_us += 30000000;
    load(path_of("items"), &other, 0, 1);
    CHECK(state_bag_find(other.bag, key, NULL, 1, false, &again, &err) == OK);
    if (CHECK(again && again->items == bag_key->items)) {
        struct bag_item *a = bag_key->first, *b = again->first;
        for (; a && b; a = a->next, b = b->next)
            CHECK(a->count == b->count && a->degree == b->degree &&
                  state_rows_equal(state_bag_layout(one.bag), 0, 2, a->slots, b->slots));
        CHECK(!a && !b);
    }
    at.standing_us += 31000000; /* the time of writing came along */
    CHECK(state_bag_find(other.bag, key, NULL, 1, false, &again, &err) == OK && !again);
    end_share(&one);
    end_share(&other);
}

static void check_refused(const char *path, const char *what)
{
    struct state_reader *r = NULL;
    err = (struct error){ 0 };
    CHECK_INT(state_reader_open(path, 0, 1, &r, &err), E_DATA);
    if (!CHECK(strstr(err.message, path) != NULL && (!what || strstr(err.message, what))))
        CHECK_STR(err.message, what);
    state_reader_close(r);
}

static void write_file(const char *path, const char *data, size_t size)
{
    FILE *out = fopen(path, "wb");
    CHECK(out && fwrite(data, 1, size, out) == size && fclose(out) == 0);
}

static void damage_is_found(void)
{
    struct state_writer *w = NULL;
    uint64_t size = 0;
    const char *good = path_of("good"), *bad = path_of("bad");
    CHECK(state_writer_create(good, 1, STR("job"), &w, &err) == OK);
    for (uint64_t o = 1; o <= 3; o++) {
        CHECK(state_writer_begin(w, o, &err) == OK);
        CHECK(state_writer_put(w, 1, STR("key"), STR("some value"), &err) == OK);
        CHECK(state_writer_put(w, 2, STR("key"), STR(""), &err) == OK);
    }
    CHECK(state_writer_commit(w, &size, &err) == OK);
    state_writer_destroy(w);
    char data[1000];
    FILE *in = fopen(good, "rb");
    CHECK(in && fread(data, 1, sizeof data, in) == size);
    if (in)
        fclose(in);
    for (size_t cut = 0; cut < size; cut++) {
        write_file(bad, data, cut);
        check_refused(bad, NULL);
    }
    for (size_t i = 0; i < size; i++) {
        data[i] ^= (char)(1 << i % 8);
        write_file(bad, data, size);
        check_refused(bad, NULL);
        data[i] ^= (char)(1 << i % 8);
    }
    data[size] = 'x';
    write_file(bad, data, size + 1);
    check_refused(bad, "there is something behind its end mark");
    write_file(bad, "{\"json\": true}", 14);
    check_refused(bad, "is no snapshot of weir: it begins with other bytes");
    data[8] = 3;
    write_file(bad, data, size);
    check_refused(bad, "was written by a newer weir, in version 3 of the format; this one reads");
    data[8] = 1;
    write_file(bad, data, size);
    check_refused(bad, "was written by an older weir, in version 1 of the format; this one reads");
    check_refused(folder, "it is no file");
    struct state_reader *r = NULL;
    CHECK(state_reader_open(path_of("none"), 0, 1, &r, &err) == E_IO);
    CHECK(strstr(err.message, "/none\": No such file") != NULL);
}

static void what_cannot_be_written(void)
{
    struct state_writer *w = NULL;
    struct stat info;
    CHECK(state_writer_create(path_of("no/where"), 1, STR("job"), &w, &err) == E_IO);
    CHECK(strstr(err.message, "cannot create snapshot") && strstr(err.message, "no/where.new"));
    /* Abandoned: nothing is left. */
    CHECK(state_writer_create(path_of("left"), 1, STR("job"), &w, &err) == OK);
    CHECK(state_writer_put(w, 1, STR("a"), STR("b"), &err) == E_INTERNAL);
    CHECK(stat(path_of("left.new"), &info) == 0);
    state_writer_destroy(w);
    CHECK(stat(path_of("left.new"), &info) != 0 && stat(path_of("left"), &info) != 0);
    state_writer_destroy(NULL);
    /* A disk that is full, as far as a process can see one. */
    struct rlimit limit, small;
    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = (struct rlimit){ 1000, limit.rlim_max };
    CHECK(state_writer_create(path_of("full"), 1, STR("job"), &w, &err) == OK);
    CHECK(state_writer_begin(w, 1, &err) == OK);
    char *value = arena_zalloc(arena, 5000);
    CHECK(state_writer_put(w, 1, STR("a"), (struct str){ value, 5000 }, &err) == OK);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(state_writer_commit(w, &(uint64_t){ 0 }, &err) == E_IO);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(strstr(err.message, "cannot write snapshot") && strstr(err.message, "File too large"));
    state_writer_destroy(w);
    CHECK(stat(path_of("full.new"), &info) != 0 && stat(path_of("full"), &info) != 0);
}

static void large_values_and_many_blocks(void)
{
    enum { VALUES = 40 };
    struct state_writer *w = NULL;
    struct state_reader *r = NULL;
    struct state_record record;
    uint64_t bytes = 0, seed = 2;
    char *value = arena_zalloc(arena, 1 << 20);
    for (uint32_t i = 0; i < 1 << 20; i++)
        value[i] = (char)random_u64(&seed);
    CHECK(state_writer_create(path_of("large"), 1, STR(""), &w, &err) == OK);
    for (uint64_t o = 1; o <= 2; o++) {
        CHECK(state_writer_begin(w, o, &err) == OK);
        for (uint32_t i = 0; i < VALUES; i++)
            CHECK(state_writer_put(w, i, (struct str){ value + i, i },
                                   (struct str){ value, i * 26000 }, &err) == OK);
    }
    CHECK(state_writer_commit(w, &bytes, &err) == OK);
    state_writer_destroy(w);
    CHECK(state_reader_open(path_of("large"), 0, 1, &r, &err) == OK);
    for (uint64_t o = 2; o >= 1; o--) {
        uint32_t i = 0;
        CHECK(state_reader_seek(r, o));
        for (; state_reader_next(r, &record); i++) {
            CHECK_INT(record.table_id, i);
            CHECK(str_eq(record.key, (struct str){ value + i, i }));
            CHECK(str_eq(record.value, (struct str){ value, i * 26000 }));
        }
        CHECK_INT(i, VALUES);
    }
    /* What happens to the file meanwhile is told, not taken for the end. */
    CHECK(state_reader_seek(r, 1) && state_reader_next(r, &record));
    CHECK(truncate(path_of("large"), 300000) == 0);
    while (state_reader_next(r, &record))
        continue;
    CHECK(state_reader_check(r, &err) == E_DATA);
    CHECK(strstr(err.message, "it became shorter while it was read") != NULL);
    state_reader_close(r);
    state_reader_close(NULL);
}

int main(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/weir-snapshot-XXXXXX", base ? base : "/tmp");
    arena = arena_create();
    if (!CHECK(mkdtemp(folder) != NULL))
        return 1;
    values[1] = type_make_array(arena, &type_int);
    RUN(any_number_of_workers);
    RUN(items_keep_count_order_and_degree);
    RUN(damage_is_found);
    RUN(what_cannot_be_written);
    RUN(large_values_and_many_blocks);
    const char *const made[] = { "one", "two", "items", "good", "bad", "large" };
    for (uint32_t i = 0; i < countof(made); i++)
        unlink(path_of(made[i]));
    CHECK(rmdir(folder) == 0);
    arena_destroy(arena);
    return check_failed != 0;
}
