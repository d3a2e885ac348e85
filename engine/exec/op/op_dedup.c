/* op_dedup.c -- the first row of each key as they come, or the last one, by arrival or by
 * row time.
 *
 * First by arrival: the rows whose key is new pass, and nothing else is kept.  Last: every
 * row that takes the place of another is an update (by row time: one whose time is not
 * before that of the row there).  As in Flink's ProcTimeDeduplicateKeepLastRowFunction a
 * row that is equal to the first one of its key is left out, unless it renews the lifetime;
 * Flink compares the kinds of the rows too, so after an update equal rows are updates.
 * A changelog by key (plan->normalizes) is made whole, as Flink's ChangelogNormalize does it: an
 * update gets its -U, a delete the row that it deletes; what changes nothing is left out.
 * First by row time waits for the watermark: op_dedup_first.c; in windows: op_window_rank.c.
 *
 * A key may come many times in a batch: the row of the state is read once, and written once
 * with the last row of the batch. */
#include "exec/op/dedup.h"

#include "expr/compare.h"
#include "state/snapshot.h"
#include "types/concat.h"

enum { ROWS_TABLE = 1 };

struct op_dedup {
    struct op base;
    const struct plan_dedup *plan;
    struct state_heap *heap;
    struct dedup_rows rows;
    uint64_t batch; /* number of the batch */
};

/* Behind the row of a key: the row of the input that it has now. */
struct now {
    uint64_t batch; /* 0: that of the state */
    uint32_t row;
    uint32_t place; /* in the list of those to write */
    bool gone;      /* deleted in this batch */
};

static struct now *now_of(const struct op_dedup *op, char *key)
{
    return (struct now *)(key + state_table_tail(op->rows.table));
}

/* --- the first -------------------------------------------------------------------------------- */

static enum code push_first(struct op_dedup *op, const struct batch *in, struct error *err)
{
    char **keys = arena_array(in->arena, char *, MAX(in->selected, 1));
    uint8_t *is_new = arena_alloc(in->arena, MAX(in->selected, 1));
    uint32_t *selection = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    struct batch *out = batch_derive(in->arena, in);
    if (!keys || !is_new || !selection || !out)
        return error_nomem(err);
    TRY(dedup_find(&op->rows, op->plan, in, true, keys, is_new, err));
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->selected; i++)
        if (is_new[i])
            selection[n++] = batch_row(in, i);
    out->selection = selection;
    out->selected = n;
    return op_emit(&op->base, out, err);
}

/* --- the last --------------------------------------------------------------------------------- */

/* Output rows: of the input, or, behind those, of the state. */
struct output {
    uint32_t *place;
    uint32_t *origin;
    uint8_t *changes;
    uint32_t *ends;    /* outputs up to each input row */
    uint32_t count;
    char **stored;     /* rows of the state that are needed */
    uint32_t stored_count;
    uint32_t *last;    /* row of the input that each of `written` gets */
    char **written;
    uint32_t written_count;
};

static bool output_begin(struct output *out, struct arena *arena, uint32_t rows)
{
    uint32_t n = MAX(rows, 1);
    *out = (struct output){ .place = arena_array(arena, uint32_t, 2 * (size_t)n),
                            .origin = arena_array(arena, uint32_t, 2 * (size_t)n),
                            .changes = arena_alloc(arena, 2 * (size_t)n),
                            .ends = arena_array(arena, uint32_t, n),
                            .stored = arena_array(arena, char *, n),
                            .last = arena_array(arena, uint32_t, n),
                            .written = arena_array(arena, char *, n) };
    return out->place && out->origin && out->changes && out->ends && out->stored && out->last &&
           out->written;
}

static void put(struct output *out, const struct batch *in, uint32_t row, uint32_t place,
                enum change change)
{
    out->place[out->count] = place;
    out->origin[out->count] = batch_origin(in, row);
    out->changes[out->count++] = (uint8_t)change;
}

/* Row time of the row that a key has; NULL is before all others. */
static int64_t time_now(const struct op_dedup *op, const struct batch *in, const char *key,
                        const struct now *now)
{
    uint32_t time = op->plan->time;
    const struct state_slot *slot =
        &state_table_layout(op->rows.table)->slots[op->rows.slots[time]];
    const struct column *column = in->columns[time];
    if (now->batch != op->batch)
        return state_is_valid(key, slot) ? *(const int64_t *)(key + slot->offset) : INT64_MIN;
    return column_is_valid(column, now->row) ? COLUMN_AT(column, int64_t, now->row) : INT64_MIN;
}

static bool is_older(const struct op_dedup *op, const struct batch *in, uint32_t row,
                     const char *key, const struct now *now)
{
    if (op->plan->time == PLAN_NO_COLUMN)
        return false;
    const struct column *column = in->columns[op->plan->time];
    int64_t time = column_is_valid(column, row) ? COLUMN_AT(column, int64_t, row) : INT64_MIN;
    return time < time_now(op, in, key, now);
}

static const struct state_slot *updated_slot(const struct op_dedup *op)
{
    return &state_table_layout(op->rows.table)->slots[op->rows.number_slot];
}

static bool same_value(const struct column *column, uint32_t a, uint32_t b)
{
    bool valid = column_is_valid(column, a);
    return valid == column_is_valid(column, b) && (!valid || slot_equal(column, a, column, b));
}

/* Is the row equal to the first one of the key, and that one still there? (Of a changelog: to the
 * last one.) */
static bool repeats_first(const struct op_dedup *op, const struct batch *in, uint32_t row,
                          const char *key, const struct now *now)
{
    if (op->plan->time != PLAN_NO_COLUMN || op->plan->base.ttl_ms[0] > 0 ||
        (state_is_valid(key, updated_slot(op)) && !op->plan->normalizes))
        return false;
    const struct state_slot *slots = state_table_layout(op->rows.table)->slots;
    for (uint32_t i = 0; i < op->rows.other_count; i++) {
        uint32_t c = op->rows.others[i];
        const struct column *column = in->columns[c];
        if (column->type->time_attribute == TIME_PROCTIME)
            continue; /* it has no value of its own */
        if (now->batch != op->batch ? !state_equal(key, &slots[op->rows.slots[c]], column, row)
                                    : !same_value(column, row, now->row))
            return false;
    }
    return true;
}

/* The key has row `row` of the input now. */
static void now_has(struct op_dedup *op, char *key, uint32_t row, bool gone, struct output *out)
{
    struct now *now = now_of(op, key);
    if (now->batch != op->batch) {
        now->batch = op->batch;
        now->place = out->written_count;
        out->written[out->written_count++] = key;
    }
    now->row = out->last[now->place] = row;
    now->gone = gone;
}

/* The row that the key has had until now. */
static void put_old(struct op_dedup *op, const struct batch *in, uint32_t row, char *key,
                    enum change change, struct output *out)
{
    const struct now *now = now_of(op, key);
    bool stored = now->batch != op->batch;
    put(out, in, row, stored ? in->count + out->stored_count : now->row, change);
    if (stored)
        out->stored[out->stored_count++] = key;
}

static void take_row(struct op_dedup *op, const struct batch *in, uint32_t row, char *key,
                     bool is_new, struct output *out)
{
    struct now *now = now_of(op, key);
    if (!is_new && (is_older(op, in, row, key, now) || repeats_first(op, in, row, key, now)))
        return;
    if (!is_new)
        state_set_valid(key, updated_slot(op), true);
    if (!is_new && op->base.plan->before)
        put_old(op, in, row, key, CHANGE_UPDATE_BEFORE, out);
    put(out, in, row, row, is_new ? CHANGE_INSERT : CHANGE_UPDATE_AFTER);
    now_has(op, key, row, false, out);
}

/* Row i of a changelog; `is_followed`: the next row has the same key. */
static void take_change(struct op_dedup *op, const struct batch *in, uint32_t i, char *key,
                        bool is_new, bool is_followed, struct output *out)
{
    uint32_t row = batch_row(in, i);
    enum change change = batch_change(in, row);
    const struct now *now = now_of(op, key);
    bool there = now->batch == op->batch ? !now->gone : !is_new;
    if (change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER) {
        take_row(op, in, row, key, !there, out);
        return;
    }
    if (change == CHANGE_UPDATE_BEFORE && is_followed &&
        batch_change(in, batch_row(in, i + 1)) == CHANGE_UPDATE_AFTER) {
        if (!there) /* the row is made already, and is new for the +U as well */
            now_has(op, key, row, true, out);
        return;
    }
    if (there)
        put_old(op, in, row, key, CHANGE_DELETE, out);
    now_has(op, key, row, true, out);
}

static struct column *column_of(const struct op_dedup *op, const struct batch *in,
                                const struct output *o, uint32_t c)
{
    if (o->stored_count == 0)
        return column_gather(in->arena, in->columns[c], o->place, o->count);
    const struct state_slot *slot = &state_table_layout(op->rows.table)->slots[op->rows.slots[c]];
    struct column *parts[2] = { in->columns[c],
                                state_column(in->arena, slot, o->stored, o->stored_count) };
    struct column *all = parts[1] ? column_concat(in->arena, parts, 2) : NULL;
    return all ? column_gather(in->arena, all, o->place, o->count) : NULL;
}

/* Leaves the keys that still have a row. */
static void remove_gone(struct op_dedup *op, struct output *o)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->written_count; i++) {
        if (now_of(op, o->written[i])->gone) {
            state_table_remove(op->rows.table, o->written[i]);
            continue;
        }
        o->written[n] = o->written[i];
        o->last[n++] = o->last[i];
    }
    o->written_count = n;
}

static enum code emit(struct op_dedup *op, const struct batch *in, struct output *o,
                      struct error *err)
{
    struct batch *out = batch_create(in->arena, in->column_count, o->count);
    if (!out)
        return error_nomem(err);
    for (uint32_t c = 0; c < in->column_count; c++)
        if (!(out->columns[c] = column_of(op, in, o, c)))
            return error_nomem(err);
    out->changes = o->changes;
    out->origin = o->origin;
    if (op->plan->normalizes)
        remove_gone(op, o);
    TRY(dedup_put(&op->rows, op->heap, in, o->last, o->written, o->written_count, err));
    for (uint32_t i = 0; i < o->written_count && op->plan->base.ttl_ms[0] > 0; i++)
        state_table_touch(op->rows.table, o->written[i]);
    TRY(op_marks(&op->base, 0, in, o->ends, out, err));
    return op_emit(&op->base, out, err);
}

static enum code push_last(struct op_dedup *op, const struct batch *in, struct error *err)
{
    struct output out;
    char **keys = arena_array(in->arena, char *, MAX(in->selected, 1));
    uint8_t *is_new = arena_alloc(in->arena, MAX(in->selected, 1));
    if (!keys || !is_new || !output_begin(&out, in->arena, in->selected))
        return error_nomem(err);
    TRY(dedup_find(&op->rows, op->plan, in, op->plan->time != PLAN_NO_COLUMN, keys, is_new, err));
    op->batch++;
    for (uint32_t i = 0; i < in->selected; i++) {
        bool is_followed = i + 1 < in->selected && keys[i + 1] == keys[i];
        if (op->plan->normalizes)
            take_change(op, in, i, keys[i], is_new[i], is_followed, &out);
        else
            take_row(op, in, batch_row(in, i), keys[i], is_new[i], &out);
        out.ends[i] = out.count;
    }
    return emit(op, in, &out, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_dedup *op = (struct op_dedup *)base;
    uint32_t rows = in->selected;
    TRY(op->plan->keep_last ? push_last(op, in, err) : push_first(op, in, err));
    if (op->plan->base.ttl_ms[0] > 0)
        state_table_sweep(op->rows.table, 2 * rows, NULL, NULL);
    return OK;
}

/* --- messages --------------------------------------------------------------------------------- */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_dedup *op = (struct op_dedup *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_table_save(op->rows.table, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_dedup *op = (struct op_dedup *)base;
    struct state_record record;
    char *row;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        if (record.table_id == ROWS_TABLE)
            TRY(state_table_load(op->rows.table, reader, record.key, record.value, &row, err));
    return OK;
}

static void destroy(struct op *base)
{
    struct op_dedup *op = (struct op_dedup *)base;
    state_table_destroy(op->rows.table);
    state_heap_destroy(op->heap);
}

static const struct op_kind op_dedup_kind = {
    .name = "Deduplicate",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .restore = restore,
    .destroy = destroy,
};

enum code op_dedup_create(struct worker *worker, const struct plan_dedup *plan, struct op **ret,
                          struct error *err)
{
    if (plan->window_end != PLAN_NO_COLUMN)
        return op_window_dedup_create(worker, plan, ret, err);
    if (plan->time != PLAN_NO_COLUMN && !plan->keep_last)
        return op_dedup_first_create(worker, plan, ret, err);
    struct op_dedup *op = op_create(worker, &op_dedup_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    TRY(op_state_heap(&op->base, &op->heap, err));
    const struct state_schema schema = { .name = plan->keep_last ? "last rows" : "keys",
                                         .id = ROWS_TABLE,
                                         .tail_bytes = sizeof(struct now),
                                         .ttl_ms = plan->base.ttl_ms[0] };
    return dedup_rows_create(&op->base, plan, op->heap, schema, plan->keep_last, &op->rows, err);
}
