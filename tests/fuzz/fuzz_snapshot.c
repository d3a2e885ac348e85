/* fuzz_snapshot.c -- any bytes as a snapshot file.
 *
 * The bytes are read as they are, and once more as the records of a file whose checksums
 * are right, so that tables, bags and trees meet them too.  Rows that were loaded must be
 * what is read of them, and found again. */
#include "base/arena.h"
#include "state/bag.h"
#include "state/snapshot.h"
#include "state/snapshot_inner.h"
#include "state/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file = -1; /* in memory */
static char path[64];

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void fill(const void *head, size_t head_size, const uint8_t *data, size_t size)
{
    must(ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0 &&
             (head_size == 0 || write(file, head, head_size) == (ssize_t)head_size) &&
             (size == 0 || write(file, data, size) == (ssize_t)size),
         "the file cannot be written");
}

struct target {
    struct arena *arena;
    struct state_heap *heap;
    struct state_table *table;
    struct state_bag *bag;
    struct state_tree *tree;
};

static void make_target(struct target *t)
{
    t->arena = arena_create();
    static const struct str names[] = { { "a", 1 }, { "b", 1 } };
    const struct type *fields[] = { &type_double, &type_string };
    const struct type *key[] = { &type_int, &type_string };
    const struct type *value[] = {
        type_make_array(t->arena, type_make_row(t->arena, fields, names, 2)),
        type_make(t->arena, TYPE_DECIMAL, 38, 2),
        type_make_map(t->arena, &type_string, &type_boolean),
    };
    struct state_schema table = { .name = "t", .id = 1, .key = key, .key_count = 2,
                                  .route_count = 1, .value = value, .value_count = 3 };
    struct bag_schema bag = { .name = "b", .id = 2, .key = key, .key_count = 1,
                              .item = value, .item_count = 3 };
    must(state_heap_create(STR("fuzz"), NULL, &t->heap, NULL) == OK &&
             state_table_create(t->heap, &table, NULL, &t->table, NULL) == OK &&
             state_bag_create(t->heap, &bag, NULL, &t->bag, NULL) == OK &&
             state_tree_create(t->heap, "r", 3, key, 2, &t->tree, NULL) == OK,
         "out of memory");
}

static void end_target(struct target *t)
{
    state_table_destroy(t->table);
    state_bag_destroy(t->bag);
    state_tree_destroy(t->tree);
    state_heap_destroy(t->heap);
    arena_destroy(t->arena);
}

/* What could be loaded comes out as column values, and in. */
static void use_target(struct target *t)
{
    uint64_t at = 0;
    const struct state_layout *layout = state_table_layout(t->table);
    char *row;
    while ((row = state_table_next(t->table, &at)) != NULL) {
        struct column *columns[5];
        uint64_t hash;
        char *again;
        for (uint32_t c = 0; c < layout->count; c++) {
            columns[c] = state_column(t->arena, &layout->slots[c], &row, 1);
            must(columns[c] && state_equal(row, &layout->slots[c], columns[c], 0),
                 "a value is not what was read of it");
        }
        state_hash(columns, layout->count, NULL, 1, &hash);
        must(hash == state_hash_row(layout, 0, layout->count, row), "a hash is another");
        must(state_table_find(t->table, columns, NULL, 1, false, &again, NULL, NULL) == OK &&
                 again == row,
             "a row is not found");
    }
}

static uint32_t load(struct target *t)
{
    struct state_reader *r = NULL;
    struct state_record record;
    uint32_t loaded = 0;
    char *row;
    if (state_reader_open(path, 0, 1, &r, NULL) != OK)
        return 0;
    for (uint32_t i = 0; state_reader_operator(r, i) != 0; i++) {
        must(state_reader_seek(r, state_reader_operator(r, i)), "an operator has no records");
        while (state_reader_next(r, &record)) {
            enum code code = E_DATA;
            if (record.table_id % 4 == 1)
                code = state_table_load(t->table, r, record.key, record.value, &row, NULL);
            else if (record.table_id % 4 == 2)
                code = state_bag_load(t->bag, r, record.key, record.value, NULL);
            else
                code = state_tree_load(t->tree, r, record.key, record.value, NULL);
            loaded += code == OK;
        }
        must(state_reader_check(r, NULL) == OK, "a good file went bad");
    }
    state_reader_close(r);
    return loaded;
}

/* --- records that are nearly right: the bytes choose what is in them ------------------------- */

struct choices {
    const uint8_t *at, *end;
};

static uint8_t choose(struct choices *c)
{
    return c->at < c->end ? *c->at++ : 0;
}

static void put_value(struct buf *out, struct choices *c, const struct type *type)
{
    uint8_t choice = choose(c);
    buf_char(out, choice != 0);
    if (choice == 0)
        return;
    enum phys phys = type_phys(type);
    uint32_t count = choice % 4;
    switch (phys) {
    case PHYS_VIEW:
        for (uint32_t i = 0; i < choice % 20; i++) {
            char byte = (char)choose(c);
            buf_put(out, &byte, 1);
            buf_put(out, "\xFF", byte == 0);
        }
        buf_put(out, "\0\1", 2);
        return;
    case PHYS_LIST:
        buf_put(out, (char[]){ 0, 0, 0, (char)count }, 4);
        break;
    case PHYS_ROW:
        count = 1;
        break;
    default:
        for (size_t i = 0; i < phys_bytes(phys); i++)
            buf_char(out, phys == PHYS_BOOL ? choice & 1 : (char)choose(c));
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < type->child_count; k++)
            put_value(out, c, type->children[k]);
}

static void put_record(struct buf *out, struct choices *c, const struct target *t)
{
    uint32_t head[3] = { 1 + choose(c) % 3, 0, 0 };
    const struct state_layout *layout = state_table_layout(t->table);
    size_t start = out->size;
    buf_put(out, head, sizeof head);
    for (uint32_t i = 0; i < (head[0] == 2 ? 1 : 2); i++)
        put_value(out, c, layout->slots[i].type);
    head[1] = (uint32_t)(out->size - start) - RECORD_HEAD;
    buf_char(out, 0);
    for (uint32_t i = 0; head[0] == 2 && i < 2; i++) /* count and degree */
        buf_put(out, (char[]){ 1, (char)0x80, 0, 0, 0, 0, 0, 0, (char)(1 + i) }, 9);
    for (uint32_t i = 2; i < layout->count; i++)
        put_value(out, c, layout->slots[i].type);
    head[2] = (uint32_t)(out->size - start) - RECORD_HEAD - head[1];
    memcpy(out->data + start, head, sizeof head);
    uint8_t harm = choose(c);
    if (harm < 32)
        out->data[start + RECORD_HEAD + harm % (head[1] + head[2])] ^= (char)(1 << harm % 8);
}

static void fill_records(const uint8_t *data, size_t size, const struct target *t)
{
    struct {
        struct snapshot_header header;
        uint64_t chain;
        struct snapshot_block block;
    } head = { .header = { SNAPSHOT_MAGIC, SNAPSHOT_VERSION, 0, 7 },
               .block = { .kind = BLOCK_RECORDS, .operator_id = 5 } };
    struct choices c = { data, data + size };
    struct buf records;
    buf_init(&records, 1 << 24);
    do {
        put_record(&records, &c, t);
        head.block.records++;
    } while (c.at < c.end && head.block.records < 300);
    head.chain = hash_bytes(NULL, 0, hash_bytes(&head.header, sizeof head.header, 0));
    head.block.size = (uint32_t)records.size;
    head.block.chain = snapshot_chain(&head.block, records.data, head.chain);
    struct snapshot_block end = { .kind = BLOCK_END, .records = head.block.records };
    end.chain = snapshot_chain(&end, NULL, head.block.chain);
    buf_put(&records, &end, sizeof end);
    must(!records.failed, "out of memory");
    fill(&head, sizeof head, (const uint8_t *)records.data, records.size);
    buf_done(&records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (file < 0) {
        file = memfd_create("snapshot", 0);
        must(file >= 0, "no file in memory");
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    struct target t;
    make_target(&t);
    fill(NULL, 0, data, size);
    (void)load(&t);
    fill_records(data, size, &t);
    (void)load(&t);
    use_target(&t);
    end_target(&t);
    return 0;
}
