/* op_window_rank.c -- the first rows of each key within a window, once the window is over:
 * window top-N and window deduplication.
 *
 * A window has an ordered tree of its own: key, order, number of arrival -> row, and under the
 * key alone how many rows it has; of a key no more rows are kept than can leave, unless the
 * input takes rows back.  Deduplication is the first row in the order of time: the last
 * row is the first in the order turned round, where the newest of equal times wins.
 *
 * A row whose window is over is late.  A batch is cut at the marks of time, so that what is
 * late does not depend on how rows are put into batches.  Processing time: windows are over by
 * the clock, and what is open at the end of the input leaves then. */
#include "exec/late.h"
#include "exec/op/due.h"
#include "exec/op/ops.h"
#include "exec/op/window_times.h"
#include "exec/rows_out.h"

#include "base/clock.h"
#include "state/snapshot.h"
#include "state/tree.h"
#include "types/time.h"

enum { ROWS_TREE = 1, TIME_RECORD = 2 };
enum { SEND_BATCHES = 4 };
enum { KEY_END = 0xFF }; /* behind all that begins with a key */

struct window {
    int64_t end_us;
    struct state_tree *rows;
};

struct op_window_rank {
    struct op base;
    const uint32_t *keys;
    uint32_t key_count;
    const struct plan_order *order;
    uint32_t order_count;
    uint64_t start, end;        /* ranks that leave */
    bool with_rank;
    bool newest_first;          /* of rows that are equal in the order */
    bool takes_back;
    uint32_t window_end;        /* column */
    struct window_spec spec;
    struct window_times times;
    struct state_heap *heap;
    const struct type **key_types;
    struct window *open;        /* by their ends */
    uint32_t open_count, open_cap;
    int64_t arrivals;
    int64_t time_us;
    struct tree_cursor at;      /* in the first window, of what leaves */
    bool sending;
    uint64_t rank;
    struct buf group;           /* key of the rows at the cursor */
    struct buf key, entry, row, gone;
};

/* --- windows ---------------------------------------------------------------------------------- */

static enum code open_window(struct op_window_rank *op, int64_t end_us, struct state_tree **ret,
                             struct error *err)
{
    uint32_t at = op->open_count;
    while (at > 0 && op->open[at - 1].end_us >= end_us)
        at--;
    if (at < op->open_count && op->open[at].end_us == end_us) {
        *ret = op->open[at].rows;
        return OK;
    }
    if (op->open_count == op->open_cap) {
        uint32_t cap = MAX(op->open_cap * 2, 16);
        struct window *open = state_alloc(op->heap, cap * sizeof *open);
        if (!open)
            return state_heap_error(op->heap, err);
        if (op->open_count > 0)
            memcpy(open, op->open, op->open_count * sizeof *open);
        state_free(op->heap, op->open, op->open_cap * sizeof *open);
        op->open = open;
        op->open_cap = cap;
    }
    TRY(state_tree_create(op->heap, "rows", ROWS_TREE, op->key_types, op->key_count, ret, err));
    memmove(&op->open[at + 1], &op->open[at], (op->open_count - at) * sizeof *op->open);
    op->open[at] = (struct window){ end_us, *ret };
    op->open_count++;
    return OK;
}

static void close_first(struct op_window_rank *op)
{
    state_tree_destroy(op->open[0].rows);
    op->open_count--;
    memmove(op->open, op->open + 1, op->open_count * sizeof *op->open);
    op->sending = false;
}

static bool is_over(struct op_window_rank *op, int64_t end_us)
{
    return window_fire(&op->times, end_us) <= op->time_us;
}

static bool is_due(struct op_window_rank *op)
{
    return op->open_count > 0 && is_over(op, op->open[0].end_us);
}

/* --- rows that leave -------------------------------------------------------------------------- */

/* An entry that does not belong to the key before it is the next key itself. */
static enum code take_entry(struct op_window_rank *op, struct rows_out *out, struct error *err)
{
    if (op->group.size == 0 || !str_starts(op->at.key, buf_view(&op->group))) {
        buf_clear(&op->group);
        buf_str(&op->group, op->at.key);
        op->rank = 0;
        return buf_check(&op->group, err);
    }
    op->rank++;
    if (op->rank < op->start || op->rank > op->end)
        return OK;
    return rows_out_put(out, op->at.value, CHANGE_INSERT, (int64_t)op->rank, err);
}

static enum code send(struct op_window_rank *op, uint32_t batches, struct error *err)
{
    for (uint32_t sent = 0; is_due(op) && sent < batches;) {
        struct rows_out out;
        if (!op->sending) {
            state_tree_seek(op->open[0].rows, STR(""), &op->at);
            buf_clear(&op->group);
            op->sending = true;
        }
        rows_out_begin(&out, &op->base, op->base.worker->batch_arena, op->with_rank);
        for (; op->at.valid && out.count < BATCH_ROWS; state_tree_next(&op->at))
            TRY(take_entry(op, &out, err));
        if (!op->at.valid)
            close_first(op);
        if (out.count == 0)
            continue;
        TRY(rows_out_emit(&out, NULL, NULL, err));
        sent++;
    }
    op->base.more = is_due(op);
    return OK;
}

/* --- rows that come --------------------------------------------------------------------------- */

static enum code encode(struct op_window_rank *op, const struct batch *in, uint32_t row,
                        struct error *err)
{
    buf_clear(&op->key);
    buf_clear(&op->entry);
    buf_clear(&op->row);
    for (uint32_t k = 0; k < op->key_count; k++)
        state_encode(&op->key, in->columns[op->keys[k]], row, 0);
    buf_str(&op->entry, buf_view(&op->key));
    for (uint32_t i = 0; i < op->order_count; i++) {
        const struct plan_order *o = &op->order[i];
        unsigned flags = (o->descending ? CODE_DESCENDING : 0u) |
                         (o->nulls_last ? CODE_NULLS_LAST : 0u);
        state_encode(&op->entry, in->columns[o->column], row, flags);
    }
    state_encode_row(&op->row, in->columns, in->column_count, row);
    TRY(buf_check(&op->key, err));
    TRY(buf_check(&op->entry, err));
    return buf_check(&op->row, err);
}

static enum code count_of(struct op_window_rank *op, const struct state_tree *rows, int64_t *ret,
                          struct error *err)
{
    struct str value;
    *ret = 0;
    return state_tree_get(rows, buf_view(&op->key), &value) ? state_decode_i64(&value, ret, err)
                                                            : OK;
}

static enum code set_count(struct op_window_rank *op, struct state_tree *rows, int64_t count,
                           struct error *err)
{
    buf_clear(&op->row);
    state_encode_i64(&op->row, count);
    TRY(buf_check(&op->row, err));
    return state_tree_put(rows, buf_view(&op->key), buf_view(&op->row), err);
}

/* The last row of a full key goes, if the new one is before it. */
static enum code make_room(struct op_window_rank *op, struct state_tree *rows, bool *ret_fits,
                           struct error *err)
{
    struct tree_cursor last;
    buf_char(&op->key, (char)KEY_END);
    TRY(buf_check(&op->key, err));
    state_tree_seek_before(rows, buf_view(&op->key), &last);
    op->key.size--;
    *ret_fits = last.valid && str_compare(buf_view(&op->entry), last.key) < 0;
    if (!*ret_fits)
        return OK;
    buf_clear(&op->gone);
    buf_str(&op->gone, last.key);
    TRY(buf_check(&op->gone, err));
    state_tree_remove(rows, buf_view(&op->gone));
    return OK;
}

static enum code insert(struct op_window_rank *op, struct state_tree *rows, struct error *err)
{
    int64_t count, number = op->arrivals++;
    state_encode_i64(&op->entry, op->newest_first ? -number : number);
    TRY(buf_check(&op->entry, err));
    TRY(count_of(op, rows, &count, err));
    if (!op->takes_back && (uint64_t)count >= op->end) {
        bool fits;
        TRY(make_room(op, rows, &fits, err));
        return fits ? state_tree_put(rows, buf_view(&op->entry), buf_view(&op->row), err) : OK;
    }
    TRY(state_tree_put(rows, buf_view(&op->entry), buf_view(&op->row), err));
    return set_count(op, rows, count + 1, err);
}

/* The first equal row goes. */
static enum code take_back(struct op_window_rank *op, struct state_tree *rows, struct error *err)
{
    struct tree_cursor at;
    struct str prefix = buf_view(&op->entry);
    int64_t count;
    state_tree_seek(rows, prefix, &at);
    while (tree_cursor_in(&at, prefix) && !str_eq(at.value, buf_view(&op->row)))
        state_tree_next(&at);
    if (!tree_cursor_in(&at, prefix))
        return OK;
    buf_clear(&op->gone);
    buf_str(&op->gone, at.key);
    TRY(buf_check(&op->gone, err));
    state_tree_remove(rows, buf_view(&op->gone));
    TRY(count_of(op, rows, &count, err));
    return set_count(op, rows, count - 1, err);
}

static enum code take_row(struct op_window_rank *op, const struct batch *in, uint32_t row,
                          struct error *err)
{
    const struct column *ends = in->columns[op->window_end];
    if (!column_is_valid(ends, row))
        return error_set(err, E_DATA, "the window of a row is NULL");
    int64_t end_us = COLUMN_AT(ends, int64_t, row);
    struct state_tree *rows;
    enum change change = batch_change(in, row);
    if (!op->spec.proctime && is_over(op, end_us))
        return op_late(&op->base, 0, in, &row, 1, end_us, err);
    TRY(open_window(op, end_us, &rows, err));
    TRY(encode(op, in, row, err));
    return change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER ? insert(op, rows, err)
                                                                    : take_back(op, rows, err);
}

/* --- time ------------------------------------------------------------------------------------- */

/* The clock is at the end of a millisecond only behind it. */
static int64_t clock_time(int64_t now_us)
{
    return now_us - time_floor_mod(now_us, TIME_US_PER_MS) - TIME_US_PER_MS;
}

static void set_due(struct op_window_rank *op)
{
    op->base.due_us = op->spec.proctime && op->open_count > 0
                          ? window_fire(&op->times, op->open[0].end_us) + TIME_US_PER_MS
                          : INT64_MAX;
}

/* The worker comes back for what is left. */
static enum code advance(struct op_window_rank *op, int64_t time_us, struct error *err)
{
    op->time_us = MAX(op->time_us, time_us);
    return op->base.more ? OK : send(op, SEND_BATCHES, err);
}

static enum code pass_mark(struct op_window_rank *op, const struct batch *in, uint32_t mark,
                           struct error *err)
{
    uint32_t before = op_cause(&op->base, in, in->watermarks[mark].row);
    TRY(advance(op, in->watermarks[mark].watermark_us, err));
    op_cause_back(&op->base, before);
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_window_rank *op = (struct op_window_rank *)base;
    uint32_t mark = op->spec.proctime ? in->watermark_count : 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        for (; mark < in->watermark_count && in->watermarks[mark].row < row; mark++)
            TRY(pass_mark(op, in, mark, err));
        TRY(take_row(op, in, row, err));
    }
    for (; mark < in->watermark_count; mark++)
        TRY(pass_mark(op, in, mark, err));
    set_due(op);
    return OK;
}

static enum code timer(struct op *base, int64_t now_us, struct error *err)
{
    struct op_window_rank *op = (struct op_window_rank *)base;
    TRY(advance(op, clock_time(now_us), err));
    set_due(op);
    return OK;
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_window_rank *op = (struct op_window_rank *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    if (!op->spec.proctime || moved == WATERMARK_END)
        TRY(advance(op, moved, err));
    set_due(op);
    return op_pass_watermark(base, moved, err);
}

static enum code more(struct op *base, struct error *err)
{
    TRY(send((struct op_window_rank *)base, SEND_BATCHES, err));
    return base->more ? OK : op_more_done(base, err);
}

/* --- snapshots -------------------------------------------------------------------------------- */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_window_rank *op = (struct op_window_rank *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what is over belongs to this epoch */
        TRY(more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(due_save_time(b->writer, TIME_RECORD, op->time_us, err));
        for (uint32_t i = 0; i < op->open_count; i++)
            TRY(state_tree_save(op->open[i].rows, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

/* The end of the window, and behind a row the number of arrival. */
static enum code read_key(struct op_window_rank *op, struct arena *arena, struct str key,
                          int64_t *ret_end_us, struct error *err)
{
    enum { NUMBER_BYTES = 9 };
    for (uint32_t k = 0; k < op->key_count; k++) {
        struct column *column = column_create(arena, op->key_types[k], 1);
        if (!column)
            return error_nomem(err);
        TRY(state_decode(arena, &key, op->key_types[k], 0, column, 0, err));
        if (op->keys[k] == op->window_end)
            *ret_end_us = COLUMN_AT(column, int64_t, 0);
    }
    if (key.size < NUMBER_BYTES)
        return OK;
    struct str tail = str_make(key.data + key.size - NUMBER_BYTES, NUMBER_BYTES);
    int64_t number;
    TRY(state_decode_i64(&tail, &number, err));
    op->arrivals = MAX(op->arrivals, (number < 0 ? -number : number) + 1);
    return OK;
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_window_rank *op = (struct op_window_rank *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    struct arena *arena = arena_create();
    enum code code = arena ? OK : error_nomem(err);
    while (code == OK && state_reader_next(reader, &record)) {
        struct state_tree *rows;
        int64_t end_us = 0;
        if (record.table_id == TIME_RECORD) {
            code = due_load_time(&record, &op->time_us, err);
            continue;
        }
        arena_reset(arena);
        code = read_key(op, arena, record.key, &end_us, err);
        if (code == OK)
            code = open_window(op, end_us, &rows, err);
        if (code == OK)
            code = state_tree_load(rows, reader, record.key, record.value, err);
    }
    arena_destroy(arena);
    set_due(op);
    return code;
}

static void destroy(struct op *base)
{
    struct op_window_rank *op = (struct op_window_rank *)base;
    for (uint32_t i = 0; i < op->open_count; i++)
        state_tree_destroy(op->open[i].rows);
    state_heap_destroy(op->heap);
    buf_done(&op->group);
    buf_done(&op->key);
    buf_done(&op->entry);
    buf_done(&op->row);
    buf_done(&op->gone);
}

/* --- making ----------------------------------------------------------------------------------- */

static void look(struct op *base, struct op_look *ret)
{
    struct op_window_rank *op = (struct op_window_rank *)base;
    if (op->open_count > 0)
        ret->open_until_us = window_fire(&op->times, op->open[0].end_us);
    ret->open_count = op->open_count;
}

static const struct op_kind op_window_rank_kind = {
    .name = "WindowRank",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .timer = timer,
    .restore = restore,
    .destroy = destroy,
};

/* What both plans have in common; the caller sets the rest. */
static enum code make(struct worker *worker, const struct plan *plan, const uint32_t *keys,
                      uint32_t key_count, struct window_spec spec, struct op_window_rank **ret,
                      struct error *err)
{
    const struct plan *input = plan->inputs[0];
    struct op_window_rank *op = op_create(worker, &op_window_rank_kind, sizeof *op, plan, 1);
    if (!op)
        return error_nomem(err);
    *ret = op;
    buf_init(&op->group, 1 << 30);
    buf_init(&op->key, 1 << 30);
    buf_init(&op->entry, 1 << 30);
    buf_init(&op->row, 1 << 30);
    buf_init(&op->gone, 1 << 30);
    op->keys = keys;
    op->key_count = key_count;
    op->spec = spec;
    op->window_end = spec.end;
    op->takes_back = plan_updates(input);
    op->time_us = WATERMARK_NONE;
    window_times_init(&op->times, &op->spec, worker->window_zone);
    op->key_types = arena_array(worker->op_arena, const struct type *, MAX(key_count, 1));
    if (!op->key_types)
        return error_nomem(err);
    for (uint32_t i = 0; i < key_count; i++)
        op->key_types[i] = input->fields[keys[i]].type;
    return op_state_heap(&op->base, &op->heap, err);
}

enum code op_window_rank_create(struct worker *worker, const struct plan_rank *plan,
                                struct op **ret, struct error *err)
{
    struct op_window_rank *op = NULL;
    struct window_spec spec = { .kind = WINDOW_ATTACHED,
                                .end = plan->window_end,
                                .proctime = plan->proctime,
                                .in_zone = plan->in_zone };
    enum code code = make(worker, &plan->base, plan->keys, plan->key_count, spec, &op, err);
    *ret = op ? &op->base : NULL;
    if (code != OK)
        return code;
    op->order = plan->order;
    op->order_count = plan->order_count;
    op->start = plan->start;
    op->end = plan->end;
    op->with_rank = plan->with_rank;
    return OK;
}

enum code op_window_dedup_create(struct worker *worker, const struct plan_dedup *plan,
                                 struct op **ret, struct error *err)
{
    struct op_window_rank *op = NULL;
    struct window_spec spec = { .kind = WINDOW_ATTACHED,
                                .end = plan->window_end,
                                .proctime = plan->proctime,
                                .in_zone = plan->in_zone };
    enum code code = make(worker, &plan->base, plan->keys, plan->key_count, spec, &op, err);
    *ret = op ? &op->base : NULL;
    if (code != OK)
        return code;
    struct plan_order *order = arena_new(worker->op_arena, struct plan_order);
    if (!order)
        return error_nomem(err);
    *order = (struct plan_order){ .column = plan->time, .descending = plan->keep_last };
    op->order = order;
    op->order_count = plan->time == PLAN_NO_COLUMN ? 0 : 1;
    op->start = op->end = 1;
    op->newest_first = plan->keep_last;
    return OK;
}
