/* table_find.c -- looking up the keys of a batch.
 *
 * In pieces of FIND_ROWS: hashes; a candidate for each row by its 32 bits of hash, made
 * where there is none; the keys of new rows, a column at a time; then all other
 * candidates are compared, a column at a time.  A candidate that has the hash and not
 * the key is rare, and looked up alone. */
#include "state/table_inner.h"

enum {
    FIND_ROWS = 256,
    LARGE_SLOTS = 1 << 14, /* an index that the nearest cache does not hold: fetched ahead */
};

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

/* What a loop over rows needs of a table at hand; to be taken anew when a row was made. */
struct view_of_index {
    const index_slot *index;
    uint32_t mask;
    uint32_t unit_shift, unit_mask;
    char *const *units;
    size_t row_bytes;
};

static inline struct view_of_index look(const struct state_table *t)
{
    return (struct view_of_index){ t->index, t->mask, t->unit_shift, (1u << t->unit_shift) - 1,
                                   t->units, t->layout.bytes };
}

static inline char *row_of(const struct view_of_index *v, index_slot slot)
{
    uint32_t number = slot_number(slot);
    return v->units[number >> v->unit_shift] + (number & v->unit_mask) * v->row_bytes;
}

/* The slot with this hash, or the free one where it would be.  Most are at home or next to it,
 * which is looked at without a branch in between: a hash is in a slot behind its home only if the
 * slots before are taken. */
static inline index_slot probe(const struct view_of_index *v, uint32_t hash)
{
    uint32_t at = hash & v->mask;
    index_slot home = v->index[at];
    index_slot next = v->index[(at + 1) & v->mask];
    index_slot slot = (uint32_t)home == hash ? home : next;
    if (likely((uint32_t)slot == hash))
        return slot;
    while ((slot = v->index[at]) != 0 && (uint32_t)slot != hash)
        at = (at + 1) & v->mask;
    return slot;
}

static enum code find_candidates(struct find *f, struct error *err)
{
    struct state_table *t = f->t;
    bool is_large = t->mask >= LARGE_SLOTS;
    const uint64_t *hashes = f->hashes;
    char **rows = f->rows;
    uint32_t n = f->n;
    uint32_t found = 0;
    size_t key_end = t->key_end;
    struct view_of_index v = look(t);
    for (uint32_t i = 0; is_large && i < n; i++)
        __builtin_prefetch(&v.index[index_hash(hashes[i]) & v.mask]);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t hash = index_hash(hashes[i]);
        index_slot slot = probe(&v, hash);
        if (likely(slot != 0)) {
            char *row = row_of(&v, slot);
            rows[i] = row;
            if (is_large) {
                __builtin_prefetch(row);
                __builtin_prefetch(row + key_end);
            }
            f->found[found++] = i;
        } else if (f->insert) {
            TRY(make(f, i, hash, err));
            v = look(t);
        } else {
            rows[i] = NULL;
        }
    }
    f->found_count = found;
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
    uint32_t hash = index_hash(f->hashes[i]);
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

/* One integer without NULLs in a table that the near caches hold: all in one loop, since there is
 * nothing to wait for. */
static bool is_number(const struct find *f)
{
    const struct state_table *t = f->t;
    if (t->key_count != 1 || f->key[0]->valid || t->mask >= LARGE_SLOTS)
        return false;
    enum phys phys = t->layout.slots[0].phys;
    return phys == PHYS_I64 || phys == PHYS_I32;
}

static inline __attribute__((always_inline)) enum code find_numbers(struct find *f, bool wide,
                                                                    struct error *err)
{
    struct state_table *t = f->t;
    const struct column key = *f->key[0];
    const struct state_slot slot = t->layout.slots[0];
    const uint64_t *hashes = f->hashes;
    const uint32_t *sel = f->sel;
    char **rows = f->rows;
    uint32_t n = f->n;
    struct view_of_index v = look(t);
    for (uint32_t i = 0; i < n; i++) {
        int64_t value = wide ? COLUMN_AT(&key, int64_t, sel[i]) : COLUMN_AT(&key, int32_t, sel[i]);
        uint32_t hash = index_hash(hashes[i]);
        index_slot found = probe(&v, hash);
        if (likely(found != 0)) {
            char *row = row_of(&v, found);
            const void *there = row + slot.offset;
            rows[i] = row;
            if (likely(state_is_valid(row, &slot) &&
                       value == (wide ? *(const int64_t *)there : *(const int32_t *)there)))
                continue;
            TRY(find_alone(f, i, err));
            v = look(t);
        } else if (f->insert) {
            TRY(make(f, i, hash, err));
            TRY(write_keys(f, f->made_count - 1, err));
            v = look(t);
        } else {
            rows[i] = NULL;
        }
    }
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
        uint32_t number = table_index_remove(t, index_hash(f->hashes[i]), f->rows[i]);
        state_clear(t->heap, &t->layout, 0, t->key_count, f->rows[i]);
        table_row_drop(t, f->rows[i], number);
    }
}

static enum code find_number(struct find *f, struct error *err)
{
    return f->t->layout.slots[0].phys == PHYS_I64 ? find_numbers(f, true, err)
                                                  : find_numbers(f, false, err);
}

static enum code find_keys(struct find *f, struct error *err)
{
    TRY(find_candidates(f, err));
    if (f->made_count > 0)
        TRY(write_keys(f, 0, err));
    return compare(f, err);
}

static enum code find_piece(struct find *f, struct error *err)
{
    if (f->is_new)
        memset(f->is_new, 0, f->n);
    f->made_count = f->found_count = 0;
    enum code code = OK;
    if (unlikely(!f->t->index)) { /* so that no loop must ask */
        if (!f->insert) {
            memset(f->rows, 0, f->n * sizeof *f->rows);
            return OK;
        }
        code = table_index_reserve(f->t, err);
    }
    if (code == OK)
        code = is_number(f) ? find_number(f, err) : find_keys(f, err);
    if (code != OK) {
        if (code == E_LIMIT) /* what goes again may be what was too large */
            state_table_explain(f->t, err);
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
