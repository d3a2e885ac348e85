/* op_fold.c -- of a batch's changes of one key, what is left in the end.
 *
 * The row that was there (the first -U or -D) and the row that is there (the last +I
 * or +U) go out at the place of the key's last change; what came and went between them
 * does not.  The stream gives -U with its updates, or (a keyed sink's) none at all:
 * then an update alone says that the row was there. */
#include "exec/op/ops.h"

#include "base/arena.h"
#include "expr/compare.h"
#include "state/row.h"

struct op_fold {
    struct op base; /* first */
    const struct plan_fold *plan;
    bool with_before;    /* updates come with the row they replace */
    struct column **key; /* room for the key columns of a batch */
};

/* The changes of one key in a batch: numbers of selected rows. */
struct span_of_key {
    uint32_t first, last;
};

struct folding {
    const struct batch *in;
    uint64_t *hashes;
    uint32_t *of;             /* key of each selected row */
    struct span_of_key *keys;
    uint32_t key_count;
    uint32_t *rows;           /* of the output */
    uint8_t *changes;
    uint32_t *ends;           /* outputs up to each selected row */
    uint32_t count;
};

/* --- whose changes ------------------------------------------------------------------ */

static bool same_key(const struct op_fold *op, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < op->plan->key_count; i++) {
        const struct column *c = op->key[i];
        bool valid = column_is_valid(c, a);
        if (valid != column_is_valid(c, b) || (valid && !slot_equal(c, a, c, b)))
            return false; /* the slots of NULLs differ or not */
    }
    return true;
}

static enum code find_keys(struct op_fold *op, struct folding *f, struct error *err)
{
    const struct batch *in = f->in;
    struct arena *arena = in->arena;
    uint32_t n = in->selected;
    uint64_t size = 16;
    while (size < 2 * (uint64_t)n)
        size *= 2;
    uint32_t *table = arena_zalloc(arena, size * sizeof *table); /* 1 + number of the key */
    f->hashes = arena_alloc(arena, n * sizeof *f->hashes);
    f->of = arena_alloc(arena, n * sizeof *f->of);
    f->keys = arena_alloc(arena, n * sizeof *f->keys);
    if (!table || !f->hashes || !f->of || !f->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < op->plan->key_count; i++)
        op->key[i] = in->columns[op->plan->keys[i]];
    state_hash(op->key, op->plan->key_count, in->selection, n, f->hashes);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t at = f->hashes[i] & (size - 1);
        for (; table[at] != 0; at = (at + 1) & (size - 1)) {
            uint32_t first = f->keys[table[at] - 1].first;
            if (f->hashes[first] == f->hashes[i] &&
                same_key(op, batch_row(in, first), batch_row(in, i)))
                break;
        }
        if (table[at] == 0) {
            f->keys[f->key_count].first = i;
            table[at] = ++f->key_count;
        }
        f->of[i] = table[at] - 1;
        f->keys[f->of[i]].last = i;
    }
    return OK;
}

/* --- what is left ---------------------------------------------------------------------- */

static inline bool takes(enum change change)
{
    return change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE;
}

static void put(struct folding *f, uint32_t i, enum change change)
{
    f->rows[f->count] = batch_row(f->in, i);
    f->changes[f->count++] = (uint8_t)change;
}

static void put_key(const struct op_fold *op, struct folding *f, struct span_of_key key)
{
    enum change first = batch_change(f->in, batch_row(f->in, key.first));
    enum change last = batch_change(f->in, batch_row(f->in, key.last));
    if (key.first == key.last) {
        put(f, key.last, last);
        return;
    }
    if (takes(first))
        put(f, key.first, first);
    if (!takes(last)) {
        put(f, key.last,
            !takes(first)                   ? first
            : first == CHANGE_UPDATE_BEFORE ? CHANGE_UPDATE_AFTER
                                            : CHANGE_INSERT);
    } else if (first == CHANGE_UPDATE_AFTER && !op->with_before) {
        put(f, key.last, last);
    }
}

static enum code fold(const struct op_fold *op, struct folding *f, struct error *err)
{
    struct arena *arena = f->in->arena;
    uint32_t n = f->in->selected;
    f->rows = arena_alloc(arena, n * sizeof *f->rows);
    f->changes = arena_alloc(arena, n);
    f->ends = arena_alloc(arena, n * sizeof *f->ends);
    if (!f->rows || !f->changes || !f->ends)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        if (f->keys[f->of[i]].last == i)
            put_key(op, f, f->keys[f->of[i]]);
        f->ends[i] = f->count;
    }
    return OK;
}

static enum code make_batch(const struct folding *f, struct batch **ret, struct error *err)
{
    const struct batch *in = f->in;
    struct arena *arena = in->arena;
    struct batch *out = batch_create(arena, in->column_count, f->count);
    uint32_t *origin = arena_alloc(arena, MAX(f->count, 1) * sizeof *origin);
    if (!out || !origin)
        return error_nomem(err);
    for (uint32_t c = 0; c < in->column_count; c++)
        if (in->columns[c] &&
            !(out->columns[c] = column_gather(arena, in->columns[c], f->rows, f->count)))
            return error_nomem(err);
    for (uint32_t i = 0; i < f->count; i++)
        origin[i] = batch_origin(in, f->rows[i]);
    out->changes = f->changes;
    out->origin = origin;
    *ret = out;
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_fold *op = (struct op_fold *)base;
    struct folding f = { .in = in };
    if (in->changes && in->selected > 1)
        TRY(find_keys(op, &f, err));
    if (f.key_count == 0 || f.key_count == in->selected)
        return op_emit(base, in, err);
    struct batch *out;
    TRY(fold(op, &f, err));
    TRY(make_batch(&f, &out, err));
    TRY(op_marks(base, 0, in, f.ends, out, err));
    return op_emit(base, out, err);
}

static const struct op_kind op_fold_kind = {
    .name = "Fold",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
};

enum code op_fold_create(struct worker *worker, const struct plan_fold *plan, struct op **ret,
                         struct error *err)
{
    struct op_fold *op = op_create(worker, &op_fold_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    op->plan = plan;
    op->with_before = plan->base.inputs[0]->changes & CHANGES_UPDATE_BEFORE;
    op->key = arena_array(worker->op_arena, struct column *, MAX(plan->key_count, 1));
    *ret = &op->base;
    return op->key ? OK : error_nomem(err);
}
