/* op_window_join.c -- joins within a window: both sides keep their rows until it is over,
 * then the pairs are made and everything is forgotten.
 *
 * Nothing is looked up while rows come; at the end the right side is hashed once
 * (window_join_pairs.c).  Rows whose window is over when they come are late, also those
 * that an outer join would show alone. */
#include "exec/late.h"
#include "exec/op/op_window_join.h"
#include "exec/op/ops.h"

#include "state/code.h"
#include "state/snapshot.h"
#include "types/time.h"

enum { SEND_BATCHES = 4, TABLE_LEFT = 1, TABLE_RIGHT = 2, TABLE_TIME = 3 };

/* --- keeping ------------------------------------------------------------------------------ */

static enum code keep_row(struct op_window_join *op, struct window_rows *list, char *row,
                          struct error *err)
{
    if (list->count == list->cap) {
        uint32_t cap = MAX(list->cap * 2, 16);
        char **rows = state_alloc(op->heap, cap * sizeof *rows);
        if (!rows)
            return state_heap_error(op->heap, err);
        if (list->count > 0)
            memcpy(rows, list->rows, list->count * sizeof *rows);
        state_free(op->heap, list->rows, list->cap * sizeof *rows);
        list->rows = rows;
        list->cap = cap;
    }
    list->rows[list->count++] = row;
    return OK;
}

static void free_row(struct op_window_join *op, const struct window_side *side, char *row)
{
    state_clear(op->heap, &side->layout, 0, side->layout.count, row);
    state_free(op->heap, row, side->layout.bytes);
}

void window_rows_free(struct op_window_join *op, struct kept_window *window)
{
    for (int s = 0; s < 2; s++) {
        struct window_rows *list = &window->sides[s];
        for (uint32_t i = 0; i < list->count; i++)
            free_row(op, &op->sides[s], list->rows[i]);
        state_free(op->heap, list->rows, list->cap * sizeof *list->rows);
        *list = (struct window_rows){ 0 };
    }
}

static enum code window_of(struct op_window_join *op, int64_t end_us, struct kept_window **ret,
                           struct error *err)
{
    uint32_t at = op->open_count;
    while (at > 0 && op->open[at - 1].end_us > end_us)
        at--;
    if (at == 0 || op->open[at - 1].end_us != end_us) {
        struct kept_window window = { .end_us = end_us };
        if (!ARENA_PUSH(op->base.worker->op_arena, op->open, op->open_count, op->open_cap, window))
            return error_nomem(err);
        memmove(&op->open[at + 1], &op->open[at], (op->open_count - 1 - at) * sizeof *op->open);
        op->open[at++] = window;
    }
    *ret = &op->open[at - 1];
    return OK;
}

static enum code add_row(struct op_window_join *op, uint32_t port, const struct batch *in,
                         uint32_t row, int64_t end_us, struct error *err)
{
    const struct window_side *side = &op->sides[port];
    struct kept_window *window;
    TRY(window_of(op, end_us, &window, err));
    char *kept = state_alloc(op->heap, side->layout.bytes);
    if (!kept)
        return state_heap_error(op->heap, err);
    memset(kept, 0, side->layout.bytes);
    enum code code = OK;
    for (uint32_t c = 0; c < side->column_count && code == OK; c++)
        code = state_put(op->heap, kept, &side->layout.slots[side->slots[c]], in->columns[c], row,
                         err);
    if (code == OK)
        code = keep_row(op, &window->sides[port], kept, err);
    if (code != OK)
        free_row(op, side, kept);
    return code;
}

/* --- time ------------------------------------------------------------------------------------ */

static enum code add_due(struct op_window_join *op, const struct due_join *due, struct error *err)
{
    if (op->due_first == op->due_count)
        op->due_first = op->due_count = 0;
    return ARENA_PUSH(op->base.worker->op_arena, op->due, op->due_count, op->due_cap, *due)
               ? OK
               : error_nomem(err);
}

static bool is_over(struct op_window_join *op, int64_t end_us)
{
    return window_fire(&op->times, end_us) <= op->time_us;
}

/* Windows that are over with the new time, then the time itself if any was. */
static enum code advance(struct op_window_join *op, int64_t time_us, bool tells, struct error *err)
{
    op->time_us = MAX(op->time_us, time_us);
    uint32_t n = 0;
    while (n < op->open_count && is_over(op, op->open[n].end_us)) {
        struct due_join due = { .window = op->open[n],
                                .watermark_us = WATERMARK_NONE,
                                .cause = op->base.worker->cause };
        TRY(add_due(op, &due, err));
        n++;
    }
    op->open_count -= n;
    if (n > 0)
        memmove(op->open, op->open + n, op->open_count * sizeof *op->open);
    struct due_join mark = { .watermark_us = time_us, .cause = op->base.worker->cause };
    return n > 0 && tells ? add_due(op, &mark, err) : OK;
}

static enum code send(struct op_window_join *op, struct error *err)
{
    if (op->base.more)
        return OK; /* the worker comes back for it */
    TRY(window_join_send(op, SEND_BATCHES, err));
    op->base.more = op->due_first < op->due_count;
    return OK;
}

static void set_due(struct op_window_join *op)
{
    bool any = op->spec.proctime && op->open_count > 0;
    op->base.due_us =
        any ? window_fire(&op->times, op->open[0].end_us) + TIME_US_PER_MS : INT64_MAX;
}

static int64_t clock_time(int64_t now_us)
{
    return now_us - time_floor_mod(now_us, TIME_US_PER_MS) - TIME_US_PER_MS;
}

/* --- messages ----------------------------------------------------------------------------------- */

/* Marks behind the rows before row `row`. */
static enum code pass_marks(struct op_window_join *op, uint32_t port, const struct batch *in,
                            uint32_t row, uint32_t *mark, struct error *err)
{
    for (; *mark < in->watermark_count && in->watermarks[*mark].row < row; (*mark)++) {
        int64_t moved = op_align_watermark(&op->base, port, in->watermarks[*mark].watermark_us);
        if (moved <= op->time_us || op->spec.proctime)
            continue;
        uint32_t before = op_cause(&op->base, in, in->watermarks[*mark].row);
        TRY(advance(op, moved, true, err));
        op_cause_back(&op->base, before);
    }
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_window_join *op = (struct op_window_join *)base;
    const struct column *end = in->columns[op->sides[port].end];
    if (op->spec.proctime)
        TRY(advance(op, clock_time(op_clock_us(base->worker)), false, err));
    uint32_t mark = 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        TRY(pass_marks(op, port, in, row, &mark, err));
        if (!column_is_valid(end, row))
            continue; /* bounds that an outer join has padded: no window */
        int64_t end_us = COLUMN_AT(end, int64_t, row);
        if (is_over(op, end_us))
            TRY(op_late(base, port, in, &row, 1, end_us, err));
        else
            TRY(add_row(op, port, in, row, end_us, err));
    }
    TRY(pass_marks(op, port, in, UINT32_MAX, &mark, err));
    set_due(op);
    return send(op, err);
}

static enum code timer(struct op *base, int64_t now_us, struct error *err)
{
    struct op_window_join *op = (struct op_window_join *)base;
    TRY(advance(op, clock_time(now_us), false, err));
    set_due(op);
    return send(op, err);
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_window_join *op = (struct op_window_join *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    if (!op->spec.proctime || moved == WATERMARK_END)
        TRY(advance(op, moved, false, err));
    set_due(op);
    TRY(send(op, err));
    return op_pass_watermark(base, moved, err);
}

static enum code more(struct op *base, struct error *err)
{
    struct op_window_join *op = (struct op_window_join *)base;
    TRY(window_join_send(op, SEND_BATCHES, err));
    return op->due_first < op->due_count ? OK : op_more_done(base, err);
}

/* --- snapshots ------------------------------------------------------------------------------------- */

static enum code save_rows(struct op_window_join *op, struct state_writer *w, int s,
                           struct error *err)
{
    const struct state_layout *layout = &op->sides[s].layout;
    struct buf key, value;
    buf_init(&key, UINT32_MAX);
    buf_init(&value, UINT32_MAX);
    enum code code = OK;
    for (uint32_t i = 0; i < op->open_count; i++)
        for (uint32_t r = 0; r < op->open[i].sides[s].count && code == OK; r++) {
            const char *row = op->open[i].sides[s].rows[r];
            buf_clear(&key);
            buf_clear(&value);
            state_encode_slots(&key, layout, 0, op->key_count, row);
            state_encode_i64(&value, op->open[i].end_us);
            state_encode_slots(&value, layout, op->key_count, layout->count - op->key_count, row);
            if ((code = buf_check(&key, err)) == OK && (code = buf_check(&value, err)) == OK)
                code = state_writer_put(w, s == LEFT ? TABLE_LEFT : TABLE_RIGHT, buf_view(&key),
                                        buf_view(&value), err);
        }
    buf_done(&key);
    buf_done(&value);
    return code;
}

static enum code save(struct op_window_join *op, struct state_writer *w, struct error *err)
{
    struct buf value;
    buf_init(&value, 64);
    state_encode_i64(&value, op_time_to_save(op->time_us));
    enum code code = state_writer_begin(w, op->base.plan->state_id, err);
    if (code == OK)
        code = buf_check(&value, err);
    if (code == OK)
        code = state_writer_put(w, TABLE_TIME, STR(""), buf_view(&value), err);
    buf_done(&value);
    if (code != OK)
        return code;
    TRY(save_rows(op, w, LEFT, err));
    return save_rows(op, w, RIGHT, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *barrier,
                         struct error *err)
{
    struct op_window_join *op = (struct op_window_join *)base;
    if (!op_align_barrier(base, port, barrier))
        return OK;
    TRY(window_join_send(op, UINT32_MAX, err)); /* what is over belongs to this epoch */
    if (barrier->writer)
        TRY(save(op, barrier->writer, err));
    return op_emit_barrier(base, barrier, err);
}

static enum code load_row(struct op_window_join *op, struct state_reader *reader, int s,
                          const struct state_record *r, struct error *err)
{
    const struct window_side *side = &op->sides[s];
    const struct state_layout *layout = &side->layout;
    struct str key = r->key, value = r->value;
    int64_t end_us;
    char *row = state_alloc(op->heap, layout->bytes);
    if (!row)
        return state_heap_error(op->heap, err);
    memset(row, 0, layout->bytes);
    enum code code = state_decode_slots(op->heap, &key, layout, 0, op->key_count, row, err);
    if (code == OK)
        code = state_decode_i64(&value, &end_us, err);
    if (code == OK)
        code = state_decode_slots(op->heap, &value, layout, op->key_count,
                                  layout->count - op->key_count, row, err);
    uint64_t hash = code == OK ? state_hash_row(layout, 0, op->key_count - 1, row) : 0;
    struct kept_window *window;
    bool kept = code == OK && state_reader_owns(reader, hash);
    if (kept)
        code = window_of(op, end_us, &window, err);
    if (kept && code == OK)
        code = keep_row(op, &window->sides[s], row, err);
    if (!kept || code != OK)
        free_row(op, side, row);
    return code;
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_window_join *op = (struct op_window_join *)base;
    struct state_record r;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &r)) {
        if (r.table_id == TABLE_TIME) {
            struct str value = r.value;
            int64_t us;
            TRY(state_decode_i64(&value, &us, err));
            op->time_us = MAX(op->time_us, us);
            if (op->spec.proctime && us != WATERMARK_NONE)
                op_clock_was(base->worker, us + TIME_US_PER_MS);
        } else {
            TRY(load_row(op, reader, r.table_id == TABLE_LEFT ? LEFT : RIGHT, &r, err));
        }
    }
    set_due(op);
    return OK;
}

/* --- life ------------------------------------------------------------------------------------------- */

static void destroy(struct op *base)
{
    struct op_window_join *op = (struct op_window_join *)base;
    for (uint32_t i = op->due_first; i < op->due_count; i++)
        arena_destroy(op->due[i].arena);
    state_heap_destroy(op->heap);
}

static void look(struct op *base, struct op_look *ret)
{
    struct op_window_join *op = (struct op_window_join *)base;
    if (op->open_count > 0)
        ret->open_until_us = window_fire(&op->times, op->open[0].end_us);
    ret->open_count = op->open_count;
}

static const struct op_kind op_window_join_kind = {
    .name = "WindowJoin",
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

/* Keys, start, then the columns that are none of them. */
static enum code make_side(struct op_window_join *op, int s, struct error *err)
{
    struct arena *arena = op->base.worker->op_arena;
    const struct plan *input = op->plan->join.base.inputs[s];
    struct window_side *side = &op->sides[s];
    uint32_t n = input->field_count, keys = op->key_count, tail;
    const struct type **types = arena_array(arena, const struct type *, n + keys);
    side->slots = arena_array(arena, uint32_t, MAX(n, 1));
    uint32_t *columns = arena_array(arena, uint32_t, keys);
    if (!types || !side->slots || !columns)
        return error_nomem(err);
    side->column_count = n;
    side->keys = columns;
    side->start = op->plan->start[s];
    side->end = op->plan->end[s];
    for (uint32_t c = 0; c < n; c++)
        side->slots[c] = UINT32_MAX;
    for (uint32_t k = 0; k < keys; k++) {
        columns[k] = k + 1 < keys ? op->plan->join.keys[s][k] : side->start;
        types[k] = input->fields[columns[k]].type;
        side->slots[columns[k]] = k;
    }
    uint32_t count = keys;
    for (uint32_t c = 0; c < n; c++)
        if (side->slots[c] == UINT32_MAX) {
            types[count] = input->fields[c].type;
            side->slots[c] = count++;
        }
    return state_layout_create(arena, types, count, 0, &side->layout, &tail, err);
}

enum code op_window_join_create(struct worker *worker, const struct plan_window_join *plan,
                                struct op **ret, struct error *err)
{
    struct op_window_join *op =
        op_create(worker, &op_window_join_kind, sizeof *op, &plan->join.base, 2);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = WATERMARK_NONE;
    op->key_count = plan->join.key_count + 1;
    op->spec = (struct window_spec){ .kind = WINDOW_ATTACHED,
                                     .in_zone = plan->in_zone,
                                     .proctime = plan->proctime };
    window_times_init(&op->times, &op->spec, worker->window_zone);
    TRY(op_state_heap(&op->base, &op->heap, err));
    TRY(make_side(op, LEFT, err));
    TRY(make_side(op, RIGHT, err));
    struct expr *condition = plan->join.condition;
    return condition ? program_create(worker->op_arena, &condition, 1, worker->clock,
                                      &op->condition, err)
                     : OK;
}
