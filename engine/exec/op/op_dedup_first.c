/* op_dedup_first.c -- the first row of each key by row time.
 *
 * As Flink's RowTimeDeduplicateKeepFirstRowFunction: the earliest row of a key waits until
 * the watermark has come to its time, leaves as an insert, and no other one of the key
 * leaves after it.  Rows before the watermark are late.  Rows that wait have no lifetime;
 * the keys of those that left have one. */
#include "exec/late.h"
#include "exec/op/dedup.h"
#include "exec/op/due.h"

#include "state/snapshot.h"

enum { WAITING_TABLE = 1, DONE_TABLE = 2, TIME_RECORD = 3 };
enum { SEND_ROWS = 4 * BATCH_ROWS }; /* of a call */

struct op_dedup_first {
    struct op base;
    const struct plan_dedup *plan;
    struct state_heap *heap;
    struct dedup_rows waiting, gone; /* keys that have a row, and keys whose row has left */
    struct due_list due;             /* rows of `waiting` */
    uint64_t arrivals;
    int64_t time_us;                 /* watermark, and the rows that had come by then */
    uint64_t by_then;
    struct due_marks marks;          /* how it moved, since all that was due left */
};

static uint32_t *place_of(const struct op_dedup_first *op, char *row)
{
    return (uint32_t *)(row + state_table_tail(op->waiting.table));
}

/* The number in the order of arrival that a row of `waiting` has. */
static const struct state_slot *number_slot(const struct op_dedup_first *op)
{
    return &state_table_layout(op->waiting.table)->slots[op->waiting.number_slot];
}

static int64_t *number_of(const struct op_dedup_first *op, char *row)
{
    return state_at(row, number_slot(op));
}

static const struct state_slot *slot_of(const struct op_dedup_first *op, uint32_t column)
{
    return &state_table_layout(op->waiting.table)->slots[op->waiting.slots[column]];
}

/* --- rows that leave -------------------------------------------------------------------------- */

static bool is_due(const struct op_dedup_first *op)
{
    if (op->due.count == 0)
        return false;
    const struct due *first = due_first(&op->due);
    return first->time_us < op->time_us ||
           (first->time_us == op->time_us && first->number < op->by_then);
}

static enum code emit(struct op_dedup_first *op, char **rows, uint32_t *causes, uint32_t n,
                      struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    uint32_t width = op->base.plan->field_count;
    struct batch *out = batch_create(arena, width, n);
    char **gone = arena_array(arena, char *, n);
    if (!out || !gone)
        return error_nomem(err);
    for (uint32_t c = 0; c < width; c++)
        if (!(out->columns[c] = state_column(arena, slot_of(op, c), rows, n)))
            return error_nomem(err);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        op->gone.key[k] = out->columns[op->plan->keys[k]];
    TRY(state_table_find(op->gone.table, op->gone.key, NULL, n, true, gone, NULL, err));
    for (uint32_t i = 0; i < n; i++)
        state_table_remove(op->waiting.table, rows[i]);
    out->origin = causes;
    return op_emit(&op->base, out, err);
}

static enum code send(struct op_dedup_first *op, uint32_t most, struct error *err)
{
    char *rows[BATCH_ROWS];
    struct worker *worker = op->base.worker;
    for (uint32_t sent = 0; is_due(op) && sent < most; sent += BATCH_ROWS) {
        uint32_t n = 0;
        uint32_t *causes = arena_array(worker->batch_arena, uint32_t, BATCH_ROWS);
        if (!causes)
            return error_nomem(err);
        while (n < BATCH_ROWS && is_due(op)) {
            struct due due = due_pop(&op->due);
            causes[n] = due_mark_cause(&op->marks, due.time_us, due.number, worker->cause);
            rows[n++] = due.owner;
        }
        TRY(emit(op, rows, causes, n, err));
    }
    if (!is_due(op))
        due_marks_clear(&op->marks);
    op->base.more = is_due(op);
    return OK;
}

static void set_time(struct op_dedup_first *op, int64_t time_us)
{
    if (time_us <= op->time_us)
        return;
    op->time_us = time_us;
    op->by_then = op->arrivals;
}

/* --- rows that come --------------------------------------------------------------------------- */

static enum code take_row(struct op_dedup_first *op, const struct batch *in, uint32_t row,
                          char *key, bool is_new, struct error *err)
{
    int64_t time_us = COLUMN_AT(in->columns[op->plan->time], int64_t, row);
    uint32_t *place = place_of(op, key);
    if (!is_new && time_us >= op->due.items[*place].time_us)
        return OK;
    TRY(dedup_put(&op->waiting, op->heap, in, &row, &key, 1, err));
    uint64_t number = op->arrivals++;
    *number_of(op, key) = (int64_t)number;
    if (is_new) {
        state_set_valid(key, number_slot(op), true);
        return due_put(&op->due, (struct due){ time_us, number, key, place }, err);
    }
    due_earlier(&op->due, *place, time_us, number);
    return OK;
}

/* Selected rows first .. last - 1, between which time does not move: those that are not late and
 * whose key has not left yet. */
static enum code take_rows(struct op_dedup_first *op, const struct batch *in, uint32_t first,
                           uint32_t last, struct error *err)
{
    const struct column *time = in->columns[op->plan->time];
    uint32_t n = 0, open = 0, most = MAX(last - first, 1);
    uint32_t *rows = arena_array(in->arena, uint32_t, most);
    char **keys = arena_array(in->arena, char *, most);
    uint8_t *is_new = arena_alloc(in->arena, most);
    if (!rows || !keys || !is_new)
        return error_nomem(err);
    for (uint32_t i = first; i < last; i++) {
        uint32_t row = batch_row(in, i);
        bool late = !column_is_valid(time, row) || COLUMN_AT(time, int64_t, row) < op->time_us;
        if (late)
            TRY(op_late_because(&op->base, 0, in, &row, 1, STR("its time is before the watermark"),
                                err));
        else
            rows[n++] = row;
    }
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        op->gone.key[k] = in->columns[op->plan->keys[k]];
    TRY(state_table_find(op->gone.table, op->gone.key, rows, n, false, keys, NULL, err));
    for (uint32_t i = 0; i < n; i++)
        if (!keys[i])
            rows[open++] = rows[i];
    TRY(state_table_find(op->waiting.table, op->gone.key, rows, open, true, keys, is_new, err));
    for (uint32_t i = 0; i < open; i++)
        TRY(take_row(op, in, rows[i], keys[i], is_new[i], err));
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_dedup_first *op = (struct op_dedup_first *)base;
    uint32_t at = 0, done = 0;
    for (uint32_t m = 0; m < in->watermark_count; m++) {
        while (at < in->selected && batch_row(in, at) <= in->watermarks[m].row)
            at++;
        if (at > done)
            TRY(take_rows(op, in, done, at, err));
        done = at;
        const struct watermark_at *mark = &in->watermarks[m];
        if (mark->watermark_us <= op->time_us)
            continue;
        set_time(op, mark->watermark_us);
        struct due_mark moved = { op->time_us, op->by_then, batch_origin(in, mark->row) };
        TRY(due_mark_put(&op->marks, moved, err));
    }
    if (done < in->selected)
        TRY(take_rows(op, in, done, in->selected, err));
    if (!base->more) /* once a batch: what is due keeps its order, and no other row takes its place */
        TRY(send(op, SEND_ROWS, err));
    if (op->plan->base.ttl_ms[0] > 0)
        state_table_sweep(op->gone.table, 2 * in->selected, NULL, NULL);
    return OK;
}

/* --- messages --------------------------------------------------------------------------------- */

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_dedup_first *op = (struct op_dedup_first *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    set_time(op, moved);
    if (!base->more)
        TRY(send(op, SEND_ROWS, err));
    return op_pass_watermark(base, moved, err);
}

static enum code more(struct op *base, struct error *err)
{
    TRY(send((struct op_dedup_first *)base, SEND_ROWS, err));
    return base->more ? OK : op_more_done(base, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_dedup_first *op = (struct op_dedup_first *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what is due belongs to this epoch */
        TRY(more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_table_save(op->waiting.table, b->writer, err));
        TRY(state_table_save(op->gone.table, b->writer, err));
        TRY(due_save_time(b->writer, TIME_RECORD, op->time_us, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore_waiting(struct op_dedup_first *op, struct state_reader *reader,
                                 const struct state_record *record, struct error *err)
{
    char *row;
    TRY(state_table_load(op->waiting.table, reader, record->key, record->value, &row, err));
    if (!row)
        return OK;
    int64_t time_us = *(int64_t *)state_at(row, slot_of(op, op->plan->time));
    uint64_t number = (uint64_t)*number_of(op, row);
    op->arrivals = MAX(op->arrivals, number + 1);
    return due_put(&op->due, (struct due){ time_us, number, row, place_of(op, row) }, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_dedup_first *op = (struct op_dedup_first *)base;
    struct state_record record;
    char *row;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        if (record.table_id == WAITING_TABLE)
            TRY(restore_waiting(op, reader, &record, err));
        else if (record.table_id == DONE_TABLE)
            TRY(state_table_load(op->gone.table, reader, record.key, record.value, &row, err));
        else if (record.table_id == TIME_RECORD)
            TRY(due_load_time(&record, &op->time_us, err));
    }
    return OK;
}

static void destroy(struct op *base)
{
    struct op_dedup_first *op = (struct op_dedup_first *)base;
    state_table_destroy(op->waiting.table);
    state_table_destroy(op->gone.table);
    state_heap_destroy(op->heap);
}

static void look(struct op *base, struct op_look *ret)
{
    const struct op_dedup_first *op = (const struct op_dedup_first *)base;
    if (op->due.count > 0)
        ret->open_until_us = due_first(&op->due)->time_us;
    ret->open_count = op->due.count;
}

static const struct op_kind op_dedup_first_kind = {
    .name = "Deduplicate",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

enum code op_dedup_first_create(struct worker *worker, const struct plan_dedup *plan,
                                struct op **ret, struct error *err)
{
    struct op_dedup_first *op =
        op_create(worker, &op_dedup_first_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = WATERMARK_NONE;
    TRY(op_state_heap(&op->base, &op->heap, err));
    op->due.heap = op->marks.heap = op->heap;
    struct state_schema waiting = { .name = "rows that wait",
                                    .id = WAITING_TABLE,
                                    .tail_bytes = sizeof(uint32_t) };
    struct state_schema gone = { .name = "keys",
                                 .id = DONE_TABLE,
                                 .ttl_ms = plan->base.ttl_ms[0] };
    TRY(dedup_rows_create(&op->base, plan, op->heap, waiting, true, &op->waiting, err));
    return dedup_rows_create(&op->base, plan, op->heap, gone, false, &op->gone, err);
}
