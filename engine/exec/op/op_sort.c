/* op_sort.c -- ORDER BY without LIMIT.
 *
 * By event time, ascending: rows leave as the watermark passes, those of one time in the order
 * of the other columns, then as they came.  As in Flink's RowTimeSortOperator a row is late if
 * rows of its time, or of a later one, have left; one that is behind the watermark alone
 * still comes through, with the next watermark.
 *
 * Otherwise all rows wait for the end of the input and leave sorted, as inserts; where the
 * input takes rows back, those that are there then. */
#include "exec/late.h"
#include "exec/op/due.h"
#include "exec/op/ops.h"
#include "exec/rows_out.h"

#include "state/snapshot.h"
#include "state/tree.h"

enum { ROWS_TREE = 1, TIME_RECORD = 2, LAST_RECORD = 3 };
enum { SEND_BATCHES = 4, NUMBER_BYTES = 9 };

struct op_sort {
    struct op base;
    const struct plan_sort *plan;
    struct state_heap *heap;
    struct state_tree *rows; /* order, number of arrival -> row */
    int64_t arrivals;
    int64_t time_us;         /* watermark, and how many rows had come when it moved there */
    int64_t by_then;
    struct due_marks marks;  /* how it moved, since all that was due left */
    int64_t last_us;         /* time of the row that left last */
    struct buf sort, row;
};

/* --- rows that leave -------------------------------------------------------------------------- */

static void set_time(struct op_sort *op, int64_t time_us)
{
    if (time_us <= op->time_us)
        return;
    op->time_us = time_us;
    op->by_then = op->arrivals;
}

static enum code number_of(struct str key, int64_t *ret, struct error *err)
{
    if (key.size < NUMBER_BYTES)
        return error_set(err, E_DATA, "a row of ORDER BY has no number");
    struct str tail = str_make(key.data + key.size - NUMBER_BYTES, NUMBER_BYTES);
    return state_decode_i64(&tail, ret, err);
}

/* Is the first row due?  Its time is what its key begins with. */
static enum code is_due(struct op_sort *op, bool *ret, int64_t *ret_us, uint32_t *ret_cause,
                        struct error *err)
{
    struct tree_cursor at;
    state_tree_seek(op->rows, STR(""), &at);
    *ret = at.valid && (op->plan->by_time || op->time_us == WATERMARK_END);
    if (!*ret || !op->plan->by_time)
        return OK;
    struct str key = at.key;
    int64_t number;
    TRY(state_decode_i64(&key, ret_us, err));
    TRY(number_of(at.key, &number, err));
    *ret = *ret_us <= op->time_us && number < op->by_then;
    if (*ret)
        *ret_cause = due_mark_cause(&op->marks, *ret_us, (uint64_t)number, *ret_cause);
    return OK;
}

static enum code send(struct op_sort *op, uint32_t batches, struct error *err)
{
    bool due;
    int64_t time_us = WATERMARK_NONE;
    uint32_t otherwise = op->base.worker->cause, cause = otherwise;
    TRY(is_due(op, &due, &time_us, &cause, err));
    for (uint32_t sent = 0; due && sent < batches; sent++) {
        struct rows_out out;
        rows_out_begin(&out, &op->base, op->base.worker->batch_arena, false);
        while (due && out.count < BATCH_ROWS) {
            struct tree_cursor at;
            state_tree_seek(op->rows, STR(""), &at);
            out.origin = cause;
            TRY(rows_out_put(&out, at.value, CHANGE_INSERT, 0, err));
            buf_clear(&op->sort);
            buf_str(&op->sort, at.key);
            TRY(buf_check(&op->sort, err));
            state_tree_remove(op->rows, buf_view(&op->sort));
            op->last_us = MAX(op->last_us, time_us);
            cause = otherwise;
            TRY(is_due(op, &due, &time_us, &cause, err));
        }
        TRY(rows_out_emit(&out, NULL, NULL, err));
    }
    if (!due)
        due_marks_clear(&op->marks);
    op->base.more = due;
    return OK;
}

static enum code more(struct op *base, struct error *err)
{
    TRY(send((struct op_sort *)base, SEND_BATCHES, err));
    return base->more ? OK : op_more_done(base, err);
}

static enum code pass_mark(struct op_sort *op, const struct batch *in,
                           const struct watermark_at *mark, struct error *err)
{
    if (mark->watermark_us <= op->time_us)
        return OK;
    set_time(op, mark->watermark_us);
    struct due_mark moved = { op->time_us, (uint64_t)op->by_then, batch_origin(in, mark->row) };
    return due_mark_put(&op->marks, moved, err);
}

/* All that is due at the time, and then that time. */
static enum code catch_up(struct op_sort *op, struct error *err)
{
    while (op->base.more)
        TRY(more(&op->base, err));
    TRY(send(op, UINT32_MAX, err));
    return op->time_us > op->base.watermark_us && op->time_us != WATERMARK_END
               ? op_emit_watermark(&op->base, op->time_us, err)
               : OK;
}

/* --- rows that come --------------------------------------------------------------------------- */

static enum code encode(struct op_sort *op, const struct batch *in, uint32_t row,
                        struct error *err)
{
    buf_clear(&op->sort);
    buf_clear(&op->row);
    for (uint32_t i = 0; i < op->plan->order_count; i++) {
        const struct plan_order *o = &op->plan->order[i];
        unsigned flags = (o->descending ? CODE_DESCENDING : 0u) |
                         (o->nulls_last ? CODE_NULLS_LAST : 0u);
        state_encode(&op->sort, in->columns[o->column], row, flags);
    }
    state_encode_row(&op->row, in->columns, in->column_count, row);
    TRY(buf_check(&op->sort, err));
    return buf_check(&op->row, err);
}

static enum code add_row(struct op_sort *op, struct error *err)
{
    state_encode_i64(&op->sort, op->arrivals++);
    TRY(buf_check(&op->sort, err));
    return state_tree_put(op->rows, buf_view(&op->sort), buf_view(&op->row), err);
}

/* The first equal row goes. */
static enum code remove_row(struct op_sort *op, struct error *err)
{
    struct tree_cursor at;
    struct str prefix = buf_view(&op->sort);
    state_tree_seek(op->rows, prefix, &at);
    while (tree_cursor_in(&at, prefix) && !str_eq(at.value, buf_view(&op->row)))
        state_tree_next(&at);
    if (!tree_cursor_in(&at, prefix))
        return OK;
    buf_clear(&op->row);
    buf_str(&op->row, at.key);
    TRY(buf_check(&op->row, err));
    state_tree_remove(op->rows, buf_view(&op->row));
    return OK;
}

static enum code is_late(struct op_sort *op, const struct batch *in, uint32_t row, bool *ret,
                         struct error *err)
{
    const struct column *time = in->columns[op->plan->order[0].column];
    *ret = !column_is_valid(time, row);
    if (*ret || COLUMN_AT(time, int64_t, row) > op->time_us)
        return OK;
    TRY(catch_up(op, err));
    *ret = COLUMN_AT(time, int64_t, row) <= op->last_us;
    return OK;
}

static enum code take_row(struct op_sort *op, const struct batch *in, uint32_t row,
                          struct error *err)
{
    enum change change = batch_change(in, row);
    bool late = false;
    if (op->plan->by_time)
        TRY(is_late(op, in, row, &late, err));
    if (late)
        return op_late_because(&op->base, 0, in, &row, 1, STR("rows of its time have left"), err);
    TRY(encode(op, in, row, err));
    return change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER ? add_row(op, err)
                                                                    : remove_row(op, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_sort *op = (struct op_sort *)base;
    uint32_t mark = 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        for (; mark < in->watermark_count && in->watermarks[mark].row < row; mark++)
            TRY(pass_mark(op, in, &in->watermarks[mark], err));
        TRY(take_row(op, in, row, err));
    }
    for (; mark < in->watermark_count; mark++)
        TRY(pass_mark(op, in, &in->watermarks[mark], err));
    return OK;
}

/* --- messages --------------------------------------------------------------------------------- */

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_sort *op = (struct op_sort *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    set_time(op, moved);
    if (!base->more)
        TRY(send(op, SEND_BATCHES, err));
    return op_pass_watermark(base, moved, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_sort *op = (struct op_sort *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what is due belongs to this epoch */
        TRY(more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_tree_save(op->rows, b->writer, err));
        TRY(due_save_time(b->writer, TIME_RECORD, op->time_us, err));
        TRY(due_save_time(b->writer, LAST_RECORD, op->last_us, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore_row(struct op_sort *op, struct state_reader *reader,
                             const struct state_record *record, struct error *err)
{
    int64_t number;
    TRY(number_of(record->key, &number, err));
    op->arrivals = MAX(op->arrivals, number + 1);
    return state_tree_load(op->rows, reader, record->key, record->value, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_sort *op = (struct op_sort *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        if (record.table_id == TIME_RECORD)
            TRY(due_load_time(&record, &op->time_us, err));
        else if (record.table_id == LAST_RECORD)
            TRY(due_load_time(&record, &op->last_us, err));
        else
            TRY(restore_row(op, reader, &record, err));
    }
    return OK;
}

static void destroy(struct op *base)
{
    struct op_sort *op = (struct op_sort *)base;
    state_heap_close(op->heap);
    state_tree_destroy(op->rows);
    state_heap_destroy(op->heap);
    buf_done(&op->sort);
    buf_done(&op->row);
}

static void look(struct op *base, struct op_look *ret)
{
    const struct op_sort *op = (const struct op_sort *)base;
    struct tree_cursor at;
    state_tree_seek(op->rows, STR(""), &at);
    struct str key = at.key;
    if (!at.valid || (op->plan->by_time && state_decode_i64(&key, &ret->open_until_us, NULL) != OK))
        return;
    ret->open_until_us = op->plan->by_time ? ret->open_until_us : WATERMARK_END - 1;
    ret->open_count = state_tree_count(op->rows);
}

static const struct op_kind op_sort_kind = {
    .name = "Sort",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

enum code op_sort_create(struct worker *worker, const struct plan_sort *plan, struct op **ret,
                         struct error *err)
{
    struct op_sort *op = op_create(worker, &op_sort_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = op->last_us = WATERMARK_NONE;
    buf_init(&op->sort, 1 << 30);
    buf_init(&op->row, 1 << 30);
    TRY(op_state_heap(&op->base, &op->heap, err));
    op->marks.heap = op->heap;
    return state_tree_create(op->heap, "rows", ROWS_TREE, NULL, 0, &op->rows, err);
}
