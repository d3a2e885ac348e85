/* remote_question.c -- see remote_question.h. */
#include "remote/remote_question.h"

#include "base/arena.h"
#include "base/hash.h"
#include "types/batch.h"
#include "types/concat.h"

#define NONE UINT32_MAX
#define KEY_BYTES_MAX (UINT64_C(1) << 24)

/* --- unique keys ------------------------------------------------------------------------- */

/* Keys by their bytes: open addressing, number of the key plus one. */
struct key_table {
    uint32_t *slots;
    uint32_t size; /* a power of two */
};

static uint32_t *find_slot(const struct key_table *table, const struct question *q, struct str key)
{
    uint32_t at = (uint32_t)hash_bytes(key.data, key.size, 0) & (table->size - 1);
    while (table->slots[at] != 0 && !str_eq(q->keys[table->slots[at] - 1], key))
        at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

static enum code add_key(struct question *q, const struct key_table *table, struct str key,
                         uint32_t row, struct error *err)
{
    uint32_t *slot = find_slot(table, q, key);
    q->next_row[row] = NONE;
    if (*slot != 0) {
        uint32_t k = *slot - 1;
        q->next_row[q->last_row[k]] = row;
        q->last_row[k] = row;
        q->has_repeats = true;
        return OK;
    }
    struct str copy = arena_str(q->arena, key);
    if (!copy.data)
        return error_nomem(err);
    q->first_row[q->key_count] = q->last_row[q->key_count] = row;
    q->keys[q->key_count++] = copy;
    *slot = q->key_count;
    return OK;
}

static enum code read_keys(struct question *q, const struct remote_lookup_kind *kind, void *self,
                           const struct batch *keys, struct buf *bytes, struct error *err)
{
    struct key_table table = { .size = 16 };
    while (table.size < keys->selected * UINT64_C(2))
        table.size *= 2;
    table.slots = arena_array(q->arena, uint32_t, table.size);
    q->keys = arena_array(q->arena, struct str, keys->selected + 1);
    q->first_row = arena_array(q->arena, uint32_t, keys->selected + 1);
    q->last_row = arena_array(q->arena, uint32_t, keys->selected + 1);
    q->next_row = arena_array(q->arena, uint32_t, keys->count + 1);
    if (!table.slots || !q->keys || !q->first_row || !q->last_row || !q->next_row)
        return error_nomem(err);
    for (uint32_t i = 0; i < keys->selected; i++) {
        uint32_t row = batch_row(keys, i);
        bool none = false;
        buf_clear(bytes);
        enum code code = kind->encode_key(self, keys, row, bytes, &none, err);
        if (code == E_DATA || (code == OK && none))
            continue;
        TRY(code);
        TRY(buf_check(bytes, err));
        TRY(add_key(q, &table, buf_view(bytes), row, err));
    }
    return OK;
}

/* --- parts ------------------------------------------------------------------------------- */

static enum code make_parts(struct question *q, uint32_t max_keys, struct error *err)
{
    uint32_t count = q->key_count / max_keys + (q->key_count % max_keys != 0);
    q->parts = arena_array(q->arena, struct remote_part, count + 1);
    if (!q->parts)
        return error_nomem(err);
    for (; q->part_count < count; q->part_count++) {
        struct remote_part *part = &q->parts[q->part_count];
        part->question = q;
        part->first = q->part_count * max_keys;
        part->count = MIN(max_keys, q->key_count - part->first);
        part->arena = arena_create();
        if (!part->arena)
            return error_nomem(err);
    }
    q->parts_left = count;
    return OK;
}

enum code question_create(const struct remote_lookup_kind *kind, void *self,
                          const struct batch *keys, uint64_t ticket, uint32_t max_keys,
                          struct question **ret, struct error *err)
{
    struct arena *arena = arena_create();
    struct question *q = arena ? arena_new(arena, struct question) : NULL;
    if (!q) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    q->arena = arena;
    q->ticket = ticket;
    struct buf bytes;
    buf_init(&bytes, KEY_BYTES_MAX);
    enum code code = read_keys(q, kind, self, keys, &bytes, err);
    buf_done(&bytes);
    if (code == OK)
        code = make_parts(q, max_keys, err);
    if (code != OK) {
        question_destroy(q);
        return code;
    }
    *ret = q;
    return OK;
}

void question_destroy(struct question *q)
{
    if (!q)
        return;
    for (uint32_t i = 0; i < q->part_count; i++)
        arena_destroy(q->parts[i].arena);
    arena_destroy(q->arena);
}

/* --- the answer -------------------------------------------------------------------------- */

/* Found rows of a part, each as often as its key was asked. */
struct picked {
    uint32_t *rows;
    uint32_t count, cap;
    uint32_t key_cap; /* of the question's key_row */
};

static enum code pick(struct question *q, const struct remote_part *part, struct picked *picked,
                      uint32_t *total, struct error *err)
{
    for (uint32_t i = 0; part->rows && i < part->rows->selected; i++) {
        uint32_t row = batch_row(part->rows, i);
        uint32_t key = part->key_of_row[row];
        if (key >= part->count)
            return error_set(err, E_INTERNAL, "a row answers a key that was not asked");
        for (uint32_t r = q->first_row[part->first + key]; r != NONE; r = q->next_row[r])
            if (!ARENA_PUSH(q->arena, picked->rows, picked->count, picked->cap, row) ||
                !ARENA_PUSH(q->arena, q->key_row, *total, picked->key_cap, r))
                return error_nomem(err);
    }
    return OK;
}

static struct column *join_column(struct question *q, const struct picked *picked, uint32_t column)
{
    uint32_t n = 0;
    struct column **pieces = arena_array(q->arena, struct column *, q->part_count);
    for (uint32_t p = 0; p < q->part_count && pieces; p++) {
        if (picked[p].count == 0)
            continue;
        pieces[n] = column_gather(q->arena, q->parts[p].rows->columns[column], picked[p].rows,
                                  picked[p].count);
        if (!pieces[n++])
            return NULL;
    }
    return !pieces ? NULL : n == 1 ? pieces[0] : column_concat(q->arena, pieces, n);
}

static enum code join_parts(struct question *q, struct error *err)
{
    uint32_t total = 0, key_cap = 0, columns = 0;
    struct picked *picked = arena_array(q->arena, struct picked, q->part_count + 1);
    if (!picked)
        return error_nomem(err);
    for (uint32_t p = 0; p < q->part_count; p++) {
        picked[p].key_cap = key_cap;
        TRY(pick(q, &q->parts[p], &picked[p], &total, err));
        key_cap = picked[p].key_cap;
        if (picked[p].count > 0)
            columns = q->parts[p].rows->column_count;
    }
    struct batch *rows = batch_create(q->arena, columns, total);
    if (!rows)
        return error_nomem(err);
    for (uint32_t c = 0; c < columns; c++)
        if (!(rows->columns[c] = join_column(q, picked, c)))
            return error_nomem(err);
    q->rows = rows;
    return OK;
}

/* The usual case: nothing to join, only the numbers of keys become those of rows. */
static enum code take_part(struct question *q, const struct remote_part *part, struct error *err)
{
    q->key_row = arena_array(q->arena, uint32_t, part->rows->count + 1);
    if (!q->key_row)
        return error_nomem(err);
    for (uint32_t row = 0; row < part->rows->count; row++) {
        if (part->key_of_row[row] >= part->count)
            return error_set(err, E_INTERNAL, "a row answers a key that was not asked");
        q->key_row[row] = q->first_row[part->key_of_row[row]];
    }
    q->rows = part->rows;
    return OK;
}

enum code question_merge(struct question *q, struct error *err)
{
    bool is_plain =
        q->part_count == 1 && !q->has_repeats && q->parts[0].rows && !q->parts[0].rows->selection;
    return is_plain ? take_part(q, &q->parts[0], err) : join_parts(q, err);
}
