/* op_over.c -- aggregates over the rows before a row, in the order of time.
 *
 * Event time: rows wait for the watermark, then they go through in the order of their
 * times, those of one time as they came.  Which rows are late is as in Flink: with an
 * unbounded frame those that are not behind the watermark; with a bounded one those that
 * are not behind the last row of their partition that went through, since its operators
 * look at nothing else.  A bounded RANGE forgets a partition when half as much time again
 * has passed as its frame is long, and then takes rows of any time.
 *
 * Rows whose time has come go through together at the end of a batch; before that only where
 * a row may be late, or comes to a partition that is to be forgotten.  One that is behind the
 * watermark and not late waits for the next one.
 *
 * Processing time: rows go through as they come. Orders that are no time: op_over_any.c. */
#include "exec/late.h"
#include "exec/op/op_over.h"

#include "types/time.h"

enum { PIECES = 4 };       /* of a call */
enum { BULKY_PIECE = 16 }; /* rows of one whose results may be all values so far */

static bool is_bounded_range(const struct plan_over *plan)
{
    return plan->preceding >= 0 && !plan->rows;
}

static enum code emit(struct op_over *op, struct batch *in, struct column *const *results,
                      const struct batch *cause, struct error *err)
{
    struct batch *out = batch_create(in->arena, op->base.plan->field_count, in->count);
    if (!out)
        return error_nomem(err);
    memcpy(out->columns, in->columns, op->width * sizeof *out->columns);
    memcpy(out->columns + op->width, results, op->plan->call_count * sizeof *out->columns);
    out->origin = in->origin;
    if (cause) {
        uint32_t *ends = arena_array(in->arena, uint32_t, MAX(in->count, 1));
        if (!ends)
            return error_nomem(err);
        for (uint32_t i = 0; i < in->count; i++)
            ends[i] = i + 1;
        TRY(op_marks(&op->base, 0, cause, ends, out, err));
    }
    return op_emit(&op->base, out, err);
}

static void set_time(struct op_over *op, int64_t time_us, uint64_t by_then)
{
    if (time_us <= op->time_us)
        return;
    op->time_us = time_us;
    op->by_then = by_then;
}

/* `n` rows of the batch wait to be added. */
static enum code pass_mark(struct op_over *op, const struct batch *in,
                           const struct watermark_at *mark, uint32_t n, struct error *err)
{
    if (mark->watermark_us <= op->time_us)
        return OK;
    set_time(op, mark->watermark_us, op->arrivals + n);
    return due_mark_put(&op->marks,
                        (struct due_mark){ op->time_us, op->by_then, batch_origin(in, mark->row) },
                        err);
}

static bool is_due(const struct op_over *op, const struct due_list *list)
{
    return list->count > 0 && due_first(list)->time_us <= op->time_us &&
           due_first(list)->number < op->by_then;
}

/* --- rows whose time has come ----------------------------------------------------------------- */

/* The earliest ones; all of one time go together. */
static enum code take_due(struct op_over *op, struct bag_item ***ret, int64_t **ret_times,
                          uint32_t **ret_causes, uint32_t *ret_n, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    struct bag_item **items = NULL;
    int64_t *times = NULL;
    uint32_t *causes = NULL, otherwise = op->base.worker->cause;
    uint32_t n = 0, cap = 0, time_cap = 0, time_count = 0, cause_cap = 0, cause_count = 0;
    while (is_due(op, &op->due)) {
        if (n >= op->piece && due_first(&op->due)->time_us != times[n - 1])
            break;
        struct due due = due_pop(&op->due);
        uint32_t cause = due_mark_cause(&op->marks, due.time_us, due.number, otherwise);
        if (!ARENA_PUSH(arena, items, n, cap, due.owner) ||
            !ARENA_PUSH(arena, times, time_count, time_cap, due.time_us) ||
            !ARENA_PUSH(arena, causes, cause_count, cause_cap, cause))
            return error_nomem(err);
    }
    *ret = items;
    *ret_times = times;
    *ret_causes = causes;
    *ret_n = n;
    return OK;
}

static enum code rows_of(struct op_over *op, struct bag_item *const *items, uint32_t n,
                         struct batch **ret, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    const struct state_layout *layout = state_bag_layout(op->waiting);
    struct batch *in = batch_create(arena, op->width, n);
    char **slots = arena_array(arena, char *, n);
    if (!in || !slots)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        slots[i] = items[i]->slots;
    for (uint32_t c = 0; c < op->width; c++)
        if (!(in->columns[c] = state_column(arena, &layout->slots[c], slots, n)))
            return error_nomem(err);
    *ret = in;
    return OK;
}

static enum code compute_due(struct op_over *op, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    struct bag_item **items;
    struct batch *in;
    struct over_rows rows = { .peers = !op->plan->rows };
    int64_t *times;
    uint32_t *causes;
    TRY(take_due(op, &items, &times, &causes, &rows.n, err));
    TRY(rows_of(op, items, rows.n, &in, err));
    in->origin = causes;
    rows.in = in;
    rows.times = times;
    rows.groups = arena_array(arena, char *, rows.n);
    struct column **results = arena_array(arena, struct column *, op->plan->call_count);
    if (!rows.groups || !results)
        return error_nomem(err);
    TRY(over_find(&op->over, in, NULL, rows.n, true, rows.groups, err));
    TRY(over_compute(&op->over, &rows, results, err));
    for (uint32_t i = 0; i < rows.n; i++) {
        *over_value(&op->over, rows.groups[i], OVER_LAST) = times[i];
        state_set_valid(rows.groups[i], over_slot(&op->over, OVER_LAST), true);
        struct bag_key *key = items[i]->key;
        state_bag_take(op->waiting, items[i]);
        state_bag_tidy(op->waiting, key);
    }
    return emit(op, in, results, NULL, err);
}

/* --- partitions that are forgotten ------------------------------------------------------------ */

/* A frame may be longer than time is. */
static int64_t time_after(int64_t time_us, int64_t length_us)
{
    int64_t after;
    return __builtin_add_overflow(time_us, length_us, &after) ? INT64_MAX : after;
}

/* A row sees to it that its partition is looked at when it is out of every frame.  `key` are the
 * key columns of its batch and one for the time. */
static enum code set_timer(struct op_over *op, struct column *const *key, uint32_t row,
                           char *group, int64_t time_us, struct error *err)
{
    const struct state_slot *slot = over_slot(&op->over, OVER_CLEANUP);
    int64_t *cleanup = over_value(&op->over, group, OVER_CLEANUP);
    int64_t length = op->plan->preceding, half = length / TIME_US_PER_MS / 2 * TIME_US_PER_MS;
    int64_t out_us = time_after(time_us + TIME_US_PER_MS, length);
    if (state_is_valid(group, slot) && *cleanup >= out_us)
        return OK;
    *cleanup = time_after(out_us, half);
    state_set_valid(group, slot, true);
    char *timer;
    uint8_t is_new;
    COLUMN_OUT(key[op->plan->key_count], int64_t)[row] = *cleanup;
    TRY(state_table_find(op->timers, key, &row, 1, true, &timer, &is_new, err));
    return is_new ? due_put(&op->timer_due, (struct due){ *cleanup, op->arrivals - 1, timer, NULL },
                            err)
                  : OK;
}

static enum code look_at(struct op_over *op, char **timers, const int64_t *times, uint32_t n,
                         struct error *err)
{
    uint32_t keys = op->plan->key_count;
    struct column **key = arena_array(op->arena, struct column *, MAX(keys, 1));
    char **groups = arena_array(op->arena, char *, n);
    if (!key || !groups)
        return error_nomem(err);
    for (uint32_t k = 0; k < keys; k++)
        if (!(key[k] = state_column(op->arena, over_timer_slot(op, k), timers, n)))
            return error_nomem(err);
    TRY(state_table_find(op->over.groups, key, NULL, n, false, groups, NULL, err));
    for (uint32_t i = 0; i < n; i++) {
        state_table_remove(op->timers, timers[i]);
        if (!groups[i])
            continue;
        int64_t *last = over_value(&op->over, groups[i], OVER_LAST);
        if (*over_value(&op->over, groups[i], OVER_CLEANUP) <= times[i]) {
            over_forget(&op->over, groups[i]);
        } else if (!state_is_valid(groups[i], over_slot(&op->over, OVER_LAST)) ||
                   *last < times[i]) {
            *last = times[i]; /* as Flink: a look is a time that has passed */
            state_set_valid(groups[i], over_slot(&op->over, OVER_LAST), true);
        }
    }
    return OK;
}

static enum code run_timers(struct op_over *op, struct error *err)
{
    char *timers[256];
    int64_t times[256];
    while (is_due(op, &op->timer_due)) {
        uint32_t n = 0;
        arena_reset(op->arena);
        while (n < countof(timers) && is_due(op, &op->timer_due)) {
            struct due due = due_pop(&op->timer_due);
            times[n] = due.time_us;
            timers[n++] = due.owner;
        }
        TRY(look_at(op, timers, times, n, err));
    }
    return OK;
}

static enum code tell_time(struct op_over *op, struct error *err)
{
    return op->time_us > op->base.watermark_us && op->time_us != WATERMARK_END
               ? op_emit_watermark(&op->base, op->time_us, err)
               : OK;
}

/* What is due at the time, in at most so many pieces; when all of it has left, that time. */
static enum code catch_up(struct op_over *op, uint32_t pieces, struct error *err)
{
    for (; is_due(op, &op->due) && pieces > 0; pieces--)
        TRY(compute_due(op, err));
    op->base.more = is_due(op, &op->due);
    if (op->base.more)
        return OK;
    TRY(run_timers(op, err));
    uint32_t before = op->base.worker->cause;
    if (op->marks.count > 0)
        op->base.worker->cause = op->marks.items[op->marks.count - 1].cause;
    due_marks_clear(&op->marks);
    enum code code = tell_time(op, err);
    op->base.worker->cause = before;
    return code;
}

static enum code more(struct op *base, struct error *err)
{
    TRY(catch_up((struct op_over *)base, PIECES, err));
    if (base->more)
        return OK;
    if (base->held_watermark_us <= base->watermark_us)
        base->held_watermark_us = WATERMARK_NONE; /* time is further than what was held */
    return op_more_done(base, err);
}

static enum code catch_up_with_all(struct op_over *op, struct error *err)
{
    while (op->base.more)
        TRY(more(&op->base, err));
    return catch_up(op, UINT32_MAX, err);
}

/* --- rows that come --------------------------------------------------------------------------- */

static enum code add_rows(struct op_over *op, const struct batch *in, const uint32_t *rows,
                          uint32_t n, struct error *err)
{
    struct bag_key **keys = arena_array(in->arena, struct bag_key *, MAX(n, 1));
    struct column **item = arena_array(in->arena, struct column *, op->width + 1);
    char **groups = arena_array(in->arena, char *, MAX(n, 1));
    struct column **timer =
        arena_array(in->arena, struct column *, (size_t)op->plan->key_count + 1);
    struct column *number = column_create(in->arena, &type_bigint, in->count);
    if (!keys || !item || !groups || !timer || !number)
        return error_nomem(err);
    memcpy(item, in->columns, op->width * sizeof *item);
    item[op->width] = number;
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        timer[k] = op->over.key[k] = in->columns[op->plan->keys[k]];
    if (op->timers &&
        !(timer[op->plan->key_count] = column_create(in->arena, &type_bigint, in->count)))
        return error_nomem(err);
    TRY(state_bag_find(op->waiting, op->over.key, rows, n, true, keys, err));
    if (op->timers)
        TRY(over_find(&op->over, in, rows, n, true, groups, err));
    const struct column *time = in->columns[op->plan->order[0].column];
    for (uint32_t i = 0; i < n; i++) {
        struct bag_item *there;
        bool replaced;
        int64_t time_us = COLUMN_AT(time, int64_t, rows[i]);
        COLUMN_OUT(number, int64_t)[rows[i]] = (int64_t)op->arrivals;
        TRY(state_bag_add(op->waiting, keys[i], item, rows[i], &there, &replaced, err));
        TRY(due_put(&op->due, (struct due){ time_us, op->arrivals++, there, NULL }, err));
        if (op->timers)
            TRY(set_timer(op, timer, rows[i], groups[i], time_us, err));
    }
    return OK;
}

/* Has its partition gone further than the row? */
static enum code is_late(struct op_over *op, const struct batch *in, uint32_t row,
                         int64_t time_us, bool *ret, struct error *err)
{
    char *group;
    *ret = true;
    if (op->plan->preceding < 0)
        return OK;
    TRY(over_find(&op->over, in, &row, 1, false, &group, err));
    *ret = group && state_is_valid(group, over_slot(&op->over, OVER_LAST)) &&
           *over_value(&op->over, group, OVER_LAST) >= time_us;
    return OK;
}

/* Was its partition to be forgotten by now?  Then it is, before the row makes it stay. */
static enum code is_over(struct op_over *op, const struct batch *in, uint32_t row, bool *ret,
                         struct error *err)
{
    char *group;
    *ret = false;
    if (!op->timers)
        return OK;
    TRY(over_find(&op->over, in, &row, 1, false, &group, err));
    *ret = group && state_is_valid(group, over_slot(&op->over, OVER_CLEANUP)) &&
           *over_value(&op->over, group, OVER_CLEANUP) <= op->time_us;
    return OK;
}

static enum code push_event(struct op_over *op, const struct batch *in, struct error *err)
{
    const struct column *time = in->columns[op->plan->order[0].column];
    uint32_t *rows = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    uint32_t n = 0, mark = 0;
    if (!rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        for (; mark < in->watermark_count && in->watermarks[mark].row < row; mark++)
            TRY(pass_mark(op, in, &in->watermarks[mark], n, err));
        bool late = !column_is_valid(time, row);
        int64_t time_us = late ? INT64_MIN : COLUMN_AT(time, int64_t, row);
        bool behind = !late && time_us <= op->time_us, over;
        TRY(is_over(op, in, row, &over, err));
        if (over || (behind && op->plan->preceding >= 0)) {
            TRY(add_rows(op, in, rows, n, err));
            n = 0;
            TRY(catch_up_with_all(op, err));
        }
        if (behind)
            TRY(is_late(op, in, row, time_us, &late, err));
        if (late)
            TRY(op_late_because(&op->base, 0, in, &row, 1,
                                STR("rows of its time have been computed"), err));
        else
            rows[n++] = row;
    }
    for (; mark < in->watermark_count; mark++)
        TRY(pass_mark(op, in, &in->watermarks[mark], n, err));
    TRY(add_rows(op, in, rows, n, err));
    return op->base.more ? OK : catch_up(op, PIECES, err);
}

static enum code dense(const struct batch *in, struct batch **ret, struct error *err)
{
    struct batch *out = batch_create(in->arena, in->column_count, in->selected);
    uint32_t *origin = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    if (!out || !origin)
        return error_nomem(err);
    for (uint32_t i = 0; i < in->selected; i++)
        origin[i] = batch_origin(in, batch_row(in, i));
    for (uint32_t c = 0; c < in->column_count; c++) {
        out->columns[c] = in->selection ? column_gather(in->arena, in->columns[c], in->selection,
                                                        in->selected)
                                        : in->columns[c];
        if (!out->columns[c])
            return error_nomem(err);
    }
    out->origin = origin;
    *ret = out;
    return OK;
}

/* Rows that come together have one time. */
static enum code push_clock(struct op_over *op, const struct batch *in, struct error *err)
{
    struct batch *batch;
    TRY(dense(in, &batch, err));
    struct over_rows rows = { .in = batch,
                              .n = in->selected,
                              .groups = arena_array(in->arena, char *, MAX(in->selected, 1)),
                              .peers = is_bounded_range(op->plan) };
    int64_t *times = arena_array(in->arena, int64_t, MAX(in->selected, 1));
    struct column **results = arena_array(in->arena, struct column *, op->plan->call_count);
    if (!rows.groups || !times || !results)
        return error_nomem(err);
    int64_t now_us = op_clock_us(op->base.worker);
    for (uint32_t i = 0; i < rows.n; i++)
        times[i] = now_us - time_floor_mod(now_us, TIME_US_PER_MS);
    rows.times = times;
    TRY(over_find(&op->over, batch, NULL, rows.n, true, rows.groups, err));
    TRY(over_compute(&op->over, &rows, results, err));
    return emit(op, batch, results, in, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_over *op = (struct op_over *)base;
    over_sweep(&op->over, 2 * in->selected);
    return op->plan->proctime ? push_clock(op, in, err) : push_event(op, in, err);
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us,
                           struct error *err)
{
    struct op_over *op = (struct op_over *)base;
    if (!op->plan->proctime) {
        set_time(op, watermark_us, op->arrivals);
        if (!base->more)
            TRY(catch_up(op, PIECES, err));
    }
    int64_t moved = op_align_watermark(base, port, watermark_us);
    return moved == WATERMARK_NONE ? OK : op_pass_watermark(base, moved, err);
}

/* --- making ----------------------------------------------------------------------------------- */

static void destroy(struct op *base)
{
    struct op_over *op = (struct op_over *)base;
    state_heap_close(op->over.heap);
    state_bag_destroy(op->waiting);
    state_table_destroy(op->timers);
    over_destroy(&op->over);
    state_heap_destroy(op->over.heap);
    arena_destroy(op->arena);
}

static void look(struct op *base, struct op_look *ret)
{
    const struct op_over *op = (const struct op_over *)base;
    if (op->due.count > 0)
        ret->open_until_us = due_first(&op->due)->time_us;
    ret->open_count = op->due.count;
}

static const struct op_kind op_over_kind = {
    .name = "Over",
    .push = push,
    .watermark = watermark,
    .barrier = over_barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .restore = over_restore,
    .destroy = destroy,
};

static enum code make_waiting(struct op_over *op, struct error *err)
{
    const struct plan *input = op->base.plan->inputs[0];
    struct worker *worker = op->base.worker;
    uint32_t keys = op->plan->key_count;
    const struct type **key = arena_array(worker->op_arena, const struct type *, keys + 1);
    const struct type **item = arena_array(worker->op_arena, const struct type *, op->width + 1);
    if (!key || !item)
        return error_nomem(err);
    for (uint32_t i = 0; i < keys; i++)
        key[i] = input->fields[op->plan->keys[i]].type;
    key[keys] = &type_bigint;
    for (uint32_t i = 0; i < op->width; i++)
        item[i] = input->fields[i].type;
    item[op->width] = &type_bigint;
    struct bag_schema waiting = { .name = "rows that wait",
                                  .id = OVER_WAITING,
                                  .key = key,
                                  .key_count = keys,
                                  .route_count = keys,
                                  .item = item,
                                  .item_count = op->width + 1,
                                  .appends_only = true };
    struct state_schema timers = { .name = "timers",
                                   .id = OVER_TIMERS,
                                   .key = key,
                                   .key_count = keys + 1,
                                   .route_count = keys };
    TRY(state_bag_create(op->over.heap, &waiting, worker->clock, &op->waiting, err));
    if (!is_bounded_range(op->plan))
        return OK;
    return state_table_create(op->over.heap, &timers, worker->clock, &op->timers, err);
}

/* What is out of every frame need not be kept, with a lifetime or without one. */
static int64_t lifetime_ms(const struct plan_over *plan)
{
    if (!is_bounded_range(plan))
        return plan->base.ttl_ms[0];
    return plan->proctime ? plan->preceding / TIME_US_PER_MS * 3 / 2 + 2 : 0;
}

enum code op_over_create(struct worker *worker, const struct plan_over *plan, struct op **ret,
                         struct error *err)
{
    if (!plan_over_is_by_time(plan))
        return op_over_any_create(worker, plan, ret, err);
    struct op_over *op = op_create(worker, &op_over_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = WATERMARK_NONE;
    op->arrivals = 1;
    op->width = plan->base.inputs[0]->field_count;
    if (!(op->arena = arena_create()))
        return error_nomem(err);
    TRY(over_create(&op->base, plan, lifetime_ms(plan), &op->over, err));
    op->piece = agg_set_is_bulky(op->over.set) ? BULKY_PIECE : BATCH_ROWS;
    op->due.heap = op->timer_due.heap = op->marks.heap = op->over.heap;
    return plan->proctime ? OK : make_waiting(op, err);
}
