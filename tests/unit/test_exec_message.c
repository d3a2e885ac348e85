/* test_exec_message.c -- rows on their way to another worker: copies of chosen rows that refer to
 * nothing of the batch they come from. */
#include "base/arena.h"
#include "base/memory.h"
#include "exec/message.h"
#include "support/check.h"

#include <stdio.h>

enum { ROWS = 100 };

static const struct type *const item[] = { &type_string };
static const struct type list_type = { .id = TYPE_ARRAY, .child_count = 1, .children = item };

static struct column *numbers(struct arena *arena)
{
    struct column *c = column_create(arena, &type_bigint, ROWS);
    CHECK(column_need_valid(c, arena));
    for (uint32_t i = 0; i < ROWS; i++) {
        COLUMN_OUT(c, int64_t)[i] = (int64_t)i * i;
        if (i % 7 == 3)
            column_set_null(c, i);
    }
    return c;
}

/* Row i has i % 20 letters. */
static struct column *texts(struct arena *arena)
{
    struct column *c = column_create(arena, &type_string, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        char *text = arena_alloc(arena, 20);
        memset(text, 'a' + (int)(i % 26), 20);
        COLUMN_OUT(c, struct view)[i] = view_make(text, i % 20);
    }
    return c;
}

/* Row i has i % 4 items, each with the number of the row. */
static struct column *lists(struct arena *arena)
{
    struct column *c = column_create(arena, &list_type, ROWS);
    struct column *items = column_create(arena, &type_string, 4 * ROWS);
    CHECK(column_need_valid(c, arena));
    for (uint32_t i = 0; i < 4 * ROWS; i++) {
        char *text = arena_printf(arena, "the item of row %u", i / 4);
        COLUMN_OUT(items, struct view)[i] = view_make(text, strlen(text));
    }
    for (uint32_t i = 0; i < ROWS; i++)
        COLUMN_OUT(c, struct list_slot)[i] = (struct list_slot){ 4 * i, i % 4 };
    column_set_null(c, 51);
    c->children[0] = items;
    return c;
}

static struct batch *make(struct arena *arena)
{
    struct batch *b = batch_create(arena, 4, ROWS);
    uint8_t *changes = arena_alloc(arena, ROWS);
    struct column *constant = column_create_constant(arena, &type_int, ROWS);
    COLUMN_OUT(constant, int32_t)[0] = 7;
    b->columns[0] = numbers(arena);
    b->columns[1] = texts(arena);
    b->columns[2] = lists(arena);
    b->columns[3] = constant;
    for (uint32_t i = 0; i < ROWS; i++)
        changes[i] = (uint8_t)(i % 4);
    b->changes = changes;
    return b;
}

static void check_list(const struct column *c, uint32_t at, uint32_t row)
{
    if (row == 51) {
        CHECK(!column_is_valid(c, at));
        return;
    }
    struct list_slot slot = COLUMN_AT(c, struct list_slot, at);
    char want[40];
    snprintf(want, sizeof want, "the item of row %u", row);
    CHECK_INT(slot.size, row % 4);
    for (uint32_t k = 0; k < slot.size; k++) {
        struct view v = COLUMN_AT(c->children[0], struct view, slot.start + k);
        CHECK_SPAN(v.data, v.size, want);
    }
}

static void check_row(const struct batch *b, uint32_t at, uint32_t row)
{
    CHECK_INT(column_is_valid(b->columns[0], at), row % 7 != 3);
    if (row % 7 != 3)
        CHECK_INT(COLUMN_AT(b->columns[0], int64_t, at), (int64_t)row * row);
    struct view text = COLUMN_AT(b->columns[1], struct view, at);
    CHECK_INT(text.size, row % 20);
    for (uint32_t i = 0; i < text.size; i++)
        CHECK_INT(text.data[i], 'a' + (int)(row % 26));
    check_list(b->columns[2], at, row);
    CHECK_INT(COLUMN_AT(b->columns[3], int32_t, at), 7);
    CHECK_INT(batch_change(b, at), row % 4);
}

static void rows_of_their_own(void)
{
    struct arena *arena = arena_create();
    uint32_t rows[ROWS], n = 0;
    for (uint32_t i = 1; i < ROWS; i += 1 + i % 3)
        rows[n++] = i;
    struct batch *b = make(arena);
    uint64_t hashes[ROWS];
    for (uint32_t i = 0; i < ROWS; i++)
        hashes[i] = 1000 + i;
    struct column *hashed[] = { b->columns[3], b->columns[1] };
    b->hashes = hashes;
    b->hashed = hashed;
    b->hashed_count = 2;
    struct message *m = message_copy(b, rows, n);
    arena_destroy(arena); /* nothing of it is needed any more */
    CHECK_INT(m->kind, MESSAGE_BATCH);
    CHECK_INT(m->batch.count, n);
    CHECK_INT(m->batch.selected, n);
    CHECK(m->batch.selection == NULL);
    CHECK_INT(m->batch.hashed_count, 2);
    CHECK(m->batch.hashed[0] == m->batch.columns[3] && m->batch.hashed[1] == m->batch.columns[1]);
    for (uint32_t i = 0; i < n; i++) {
        check_row(&m->batch, i, rows[i]);
        CHECK_INT(m->batch.hashes[i], 1000 + rows[i]);
    }
    mem_free(m);
}

static void no_rows(void)
{
    struct arena *arena = arena_create();
    struct message *m = message_copy(make(arena), NULL, 0);
    CHECK_INT(m->batch.count, 0);
    mem_free(m);
    arena_destroy(arena);
}

/* Time reaches 10 behind row 2, 20 behind row 5, 30 behind row 6, 40 behind row 9. */
static void marks(void)
{
    static const struct watermark_at list[] = { { 2, 10 }, { 5, 20 }, { 6, 30 }, { 9, 40 } };
    static const uint32_t rows[] = { 4, 5, 8 };
    struct arena *arena = arena_create();
    struct batch *b = make(arena);
    b->watermarks = list;
    b->watermark_count = countof(list);
    struct message *m = message_copy(b, rows, countof(rows));
    CHECK_INT(m->watermark_us, 10); /* before its first row, which was row 4 */
    CHECK_INT(m->batch.watermark_count, 2);
    CHECK_INT(m->batch.watermarks[0].row, 1);
    CHECK_INT(m->batch.watermarks[0].watermark_us, 30);
    CHECK_INT(m->batch.watermarks[1].row, 2);
    CHECK_INT(m->batch.watermarks[1].watermark_us, 40);
    mem_free(m);
    static const uint32_t first[] = { 0 };
    m = message_copy(b, first, 1);
    CHECK_INT(m->watermark_us, WATERMARK_NONE);
    CHECK_INT(m->batch.watermark_count, 1);
    CHECK_INT(m->batch.watermarks[0].watermark_us, 40);
    mem_free(m);
    arena_destroy(arena);
}

static void out_of_memory(void)
{
    struct arena *arena = arena_create();
    struct batch *b = make(arena);
    static const uint32_t rows[] = { 1, 2, 3, 60 };
    uint64_t n = 0;
    struct message *m = NULL;
    while (!m) {
        mem_fail_at(++n);
        m = message_copy(b, rows, countof(rows));
    }
    CHECK(mem_fail_pending());
    mem_fail_at(0);
    CHECK(n > 1);
    mem_free(m);
    arena_destroy(arena);
}

int main(void)
{
    RUN(rows_of_their_own);
    RUN(no_rows);
    RUN(marks);
    RUN(out_of_memory);
    return check_failed != 0;
}
