/* table_find.c -- looking up the keys of a batch.
 *
 * In pieces of FIND_ROWS: hashes; a candidate for each row by its 32 bits of hash, made
 * where there is none; the keys of new rows, a column at a time; then all other
 * candidates are compared, a column at a time.  A candidate that has the hash and not
 * the key is rare, and looked up alone. */
#include "state/table_inner.h"

enum { FIND_ROWS = 256 };

struct find {
    struct state_table *t;
    struct column *const *key;
    const uint64_t *hashes;
    const uint32_t *sel; /* of this piece */
    uint32_t n;
    bool insert;
    char **rows;
    uint8_t *is_new; /* may be NULL */
    int64_t now_ms;
    /* Positions in the piece whose row was made, and those whose candidate is to be compared. */
    uint32_t made[FIND_ROWS], found[FIND_ROWS];
    uint32_t made_count, found_count;
};

static enum code make(struct find *f, uint32_t i, uint32_t hash, struct error *err)
{
    struct state_table *t = f->t;
    uint32_t number;
    char *row;
    TRY(table_index_reserve(t, err));
    TRY(table_row_make(t, &row, &number, err));
    table_index_add(t, hash, number);
    if (t->ttl_ms > 0)
        *row_written(t, row) = f->now_ms;
    f->rows[i] = row;
    f->made[f->made_count++] = i;
    if (f->is_new)
        f->is_new[i] = 1;
    return OK;
}

/* Is the table larger than the near caches?  Then what a piece will look at is asked for before. */
static bool is_far(const struct state_table *t)
{
    return t->mask >= 1u << 14;
}

static enum code find_candidates(struct find *f, struct error *err)
{
    struct state_table *t = f->t;
    bool far = is_far(t);
    for (uint32_t i = 0; far && i < f->n; i++)
        __builtin_prefetch(&t->index[(uint32_t)f->hashes[i] & t->mask]);
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t hash = (uint32_t)f->hashes[i];
        uint32_t at = hash & t->mask;
        index_slot slot = 0;
        if (likely(t->index != NULL))
            while ((slot = t->index[at]) != 0 && (uint32_t)slot != hash)
                at = (at + 1) & t->mask;
        if (slot != 0) {
            f->rows[i] = table_row(t, slot_number(slot));
            f->found[f->found_count++] = i;
            if (far)
                __builtin_prefetch(f->rows[i]);
        } else if (f->insert) {
            TRY(make(f, i, hash, err));
        } else {
            f->rows[i] = NULL;
        }
    }
    return OK;
}

/* The keys of the rows made since `from`; they stand in `f->made`. */
static enum code write_keys(struct find *f, uint32_t from, struct error *err)
{
    char *rows[FIND_ROWS];
    uint32_t sel[FIND_ROWS];
    uint32_t n = f->made_count - from;
    for (uint32_t k = 0; k < n; k++) {
        rows[k] = f->rows[f->made[from + k]];
        sel[k] = f->sel[f->made[from + k]];
    }
    return state_put_columns(f->t->heap, &f->t->layout, 0, f->key, f->t->key_count, sel, rows, n,
                             err);
}

/* Row i's candidate has another key. */
static enum code find_alone(struct find *f, uint32_t i, struct error *err)
{
    struct state_table *t = f->t;
    uint32_t hash = (uint32_t)f->hashes[i];
    for (uint32_t at = hash & t->mask; t->index[at] != 0; at = (at + 1) & t->mask) {
        if ((uint32_t)t->index[at] != hash)
            continue;
        char *row = table_row(t, slot_number(t->index[at]));
        uint32_t c = 0;
        while (c < t->key_count && state_equal(row, &t->layout.slots[c], f->key[c], f->sel[i]))
            c++;
        if (c == t->key_count) {
            f->rows[i] = row;
            return OK;
        }
    }
    f->rows[i] = NULL;
    if (!f->insert)
        return OK;
    TRY(make(f, i, hash, err));
    return write_keys(f, f->made_count - 1, err);
}

static enum code compare(struct find *f, struct error *err)
{
    uint8_t bad[FIND_ROWS];
    memset(bad, 0, f->found_count);
    for (uint32_t c = 0; c < f->t->key_count; c++)
        state_differ(&f->t->layout.slots[c], f->key[c], f->sel, f->rows, f->found, f->found_count,
                     bad);
    for (uint32_t k = 0; k < f->found_count; k++)
        if (unlikely(bad[k]))
            TRY(find_alone(f, f->found[k], err));
    return OK;
}

/* Rows whose time is over are not there, or start anew. */
static void expire(struct find *f)
{
    struct state_table *t = f->t;
    for (uint32_t i = 0; i < f->n; i++) {
        char *row = f->rows[i];
        if (!row)
            continue;
        bool over = row_is_over(t, row, f->now_ms);
        if (!f->insert) {
            f->rows[i] = over ? NULL : row;
            continue;
        }
        if (over) {
            if (t->expired)
                t->expired(t->expired_cx, row);
            state_clear(t->heap, &t->layout, t->key_count, t->layout.count - t->key_count, row);
            memset(row + t->tail, 0, t->tail_bytes);
            if (f->is_new)
                f->is_new[i] = 1;
        }
        *row_written(t, row) = f->now_ms;
    }
}

/* Rows of this piece without a key must not stay. */
static void undo(struct find *f)
{
    struct state_table *t = f->t;
    for (uint32_t k = f->made_count; k-- > 0;) {
        uint32_t i = f->made[k];
        uint32_t number = table_index_remove(t, (uint32_t)f->hashes[i], f->rows[i]);
        state_clear(t->heap, &t->layout, 0, t->key_count, f->rows[i]);
        table_row_drop(t, f->rows[i], number);
    }
}

static enum code find_piece(struct find *f, struct error *err)
{
    if (f->is_new)
        memset(f->is_new, 0, f->n);
    f->made_count = f->found_count = 0;
    enum code code = find_candidates(f, err);
    if (code == OK && f->made_count > 0)
        code = write_keys(f, 0, err);
    if (code == OK)
        code = compare(f, err);
    if (code != OK) {
        undo(f);
        return code;
    }
    if (f->t->ttl_ms > 0)
        expire(f);
    return OK;
}

enum code state_table_find_hashed(struct state_table *t, struct column *const *key,
                                  const uint64_t *hashes, const uint32_t *sel, uint32_t n,
                                  bool insert, char **ret_rows, uint8_t *ret_new,
                                  struct error *err)
{
    uint32_t rows[FIND_ROWS];
    uint64_t made[FIND_ROWS];
    struct find f = { .t = t, .key = key, .insert = insert, .now_ms = table_now_ms(t) };
    for (uint32_t from = 0; from < n; from += FIND_ROWS) {
        f.n = MIN(n - from, (uint32_t)FIND_ROWS);
        f.sel = sel ? sel + from : rows;
        if (!sel)
            for (uint32_t i = 0; i < f.n; i++)
                rows[i] = from + i;
        f.hashes = hashes ? hashes + from : made;
        if (!hashes)
            state_hash(key, t->key_count, f.sel, f.n, made);
        f.rows = ret_rows + from;
        f.is_new = ret_new ? ret_new + from : NULL;
        TRY(find_piece(&f, err));
    }
    return OK;
}

enum code state_table_find(struct state_table *t, struct column *const *key, const uint32_t *sel,
                           uint32_t n, bool insert, char **ret_rows, uint8_t *ret_new,
                           struct error *err)
{
    return state_table_find_hashed(t, key, NULL, sel, n, insert, ret_rows, ret_new, err);
}
