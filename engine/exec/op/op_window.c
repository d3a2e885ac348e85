/* op_window.c -- aggregates of TUMBLE, HOP and CUMULATE windows, and of windows whose
 * bounds are columns.
 *
 * Rows go into the slice they are in (window_times.h).  A TUMBLE window is a slice; a
 * HOP or CUMULATE window is put together of its slices when it is over, if the
 * aggregates can be merged; otherwise each row goes into all of its windows at once.
 *
 * A batch is cut where a mark of time crosses the end of a window: the rows before it
 * are added, the windows that are over are sent, and the rest goes on.  Between two cuts
 * no window ends, so whether a slice is late is the same for all of its rows.
 *
 * CUMULATE keeps a running total a longest window: a slice whose first window is over is
 * added to it.
 *
 * Processing time: the clock says which window a batch is in, and a timer when it is
 * over.  What is open at the end of the input is sent then. */
#include "exec/late.h"
#include "exec/op/op_session.h"
#include "exec/op/op_window.h"
#include "exec/op/ops.h"

#include "types/time.h"

enum { SEND_BATCHES = 4 };

/* --- what is over ---------------------------------------------------------------------------- */

/* The numbers of tables in the agg_set; ends are whole milliseconds. */
static int64_t number_of_result(int64_t end_us)
{
    return end_us + 1;
}
static int64_t number_of_total(int64_t end_us)
{
    return end_us + 2;
}

/* A window that is one slice; the slice is over with it. */
static enum code fire_slices(struct op_window *op, int64_t time_us, struct error *err)
{
    uint32_t n = 0;
    enum code code = OK;
    while (code == OK && n < op->open.count &&
           window_fire(&op->times, op->open.items[n].end_us) <= time_us) {
        const struct slice *slice = &op->open.items[n++];
        code = window_due(&op->groups, slice->end_us, slice->groups, err);
    }
    slices_shift(&op->open, n);
    return code;
}

/* Puts a HOP window together; drops the slices that no later window has. */
static enum code fire_hop(struct op_window *op, int64_t end_us, struct error *err)
{
    int64_t start = window_start(&op->times, end_us);
    struct state_table *result = NULL;
    enum code code = OK;
    for (uint32_t i = 0; i < op->open.count && code == OK; i++) {
        const struct slice *slice = &op->open.items[i];
        if (slice->end_us <= start)
            continue;
        if (slice->end_us > end_us)
            break;
        if (!result)
            code = window_table(&op->groups, &result, err);
        if (code == OK)
            code = window_merge(&op->groups, result, number_of_result(end_us), slice->groups,
                                err);
    }
    if (code != OK)
        state_table_destroy(result);
    else if (result)
        code = window_due(&op->groups, end_us, result, err);
    int64_t next_start = start + op->times.period_us;
    uint32_t n = 0;
    while (code == OK && n < op->open.count && op->open.items[n].end_us <= next_start) {
        struct slice slice = op->open.items[n];
        op->open.items[n++].groups = NULL;
        code = window_drop(&op->groups, slice.groups, err);
    }
    slices_shift(&op->open, n);
    return code;
}

/* Adds the slices of a CUMULATE window to the total of its longest window, and sends that. */
static enum code fire_cumulate(struct op_window *op, int64_t end_us, struct error *err)
{
    int64_t longest = window_start(&op->times, end_us) + op->plan->window.size_us;
    struct slice *total, *slice;
    TRY(slices_get(&op->groups, &op->open, end_us, false, &slice, err));
    TRY(slices_get(&op->groups, &op->totals, longest, slice != NULL, &total, err));
    if (slice) {
        struct slice over = *slice;
        uint32_t at = (uint32_t)(slice - op->open.items);
        TRY(window_merge(&op->groups, total->groups, number_of_total(longest), over.groups, err));
        op->open.count--;
        memmove(slice, slice + 1, (op->open.count - at) * sizeof *slice);
        TRY(window_drop(&op->groups, over.groups, err));
    }
    if (!total)
        return OK;
    if (end_us == longest) {
        struct slice done = *total;
        uint32_t at = (uint32_t)(total - op->totals.items);
        op->totals.count--;
        memmove(total, total + 1, (op->totals.count - at) * sizeof *total);
        return window_due(&op->groups, end_us, done.groups, err);
    }
    /* The total grows on while this one is sent. */
    struct state_table *result;
    TRY(window_table(&op->groups, &result, err));
    enum code code =
        window_merge(&op->groups, result, number_of_result(end_us), total->groups, err);
    if (code != OK) {
        state_table_destroy(result);
        return code;
    }
    return window_due(&op->groups, end_us, result, err);
}

/* The first window that has anything and is not over before `from`; INT64_MAX: none. */
static int64_t next_filled(struct op_window *op, int64_t from_us)
{
    int64_t next = INT64_MAX, first, last;
    if (op->open.count > 0 && window_range(&op->times, op->open.items[0].end_us, &first, &last))
        next = MAX(first, from_us);
    if (op->totals.count > 0)
        next = MIN(next, from_us);
    return next;
}

static enum code fire_merged(struct op_window *op, int64_t time_us, struct error *err)
{
    int64_t end = next_filled(op, window_next(&op->times, op->time_us));
    while (end != INT64_MAX && window_fire(&op->times, end) <= time_us) {
        if (op->plan->window.kind == WINDOW_HOP)
            TRY(fire_hop(op, end, err));
        else
            TRY(fire_cumulate(op, end, err));
        end = next_filled(op, end + op->times.period_us);
    }
    return OK;
}

/* Time has come to time_us: windows that are over with it are due. */
static enum code advance(struct op_window *op, int64_t time_us, struct error *err)
{
    if (op->merges)
        TRY(fire_merged(op, time_us, err));
    else
        TRY(fire_slices(op, time_us, err));
    op->time_us = time_us;
    return OK;
}

/* --- rows --------------------------------------------------------------------------------------- */

static enum code add_to(struct op_window *op, struct slices *list, int64_t end_us, int64_t number,
                        const struct batch *in, const uint32_t *sel, uint32_t n,
                        struct error *err)
{
    struct slice *slice;
    TRY(slices_get(&op->groups, list, end_us, true, &slice, err));
    return window_step(&op->groups, slice->groups, number, in, sel, n, err);
}

/* Rows of one slice, no window of which ends between them. */
static enum code add_rows(struct op_window *op, int64_t end_us, const struct batch *in,
                          const uint32_t *sel, uint32_t n, struct error *err)
{
    int64_t first, last;
    if (!window_range(&op->times, end_us, &first, &last))
        return OK;
    if (window_fire(&op->times, last) <= op->time_us)
        return op_late(&op->base, 0, in, sel, n, last, err);
    if (op->copies) {
        for (int64_t end = first; end <= last; end += op->times.period_us)
            if (window_fire(&op->times, end) > op->time_us)
                TRY(add_to(op, &op->open, end, end, in, sel, n, err));
        return OK;
    }
    bool first_is_over = window_fire(&op->times, first) <= op->time_us;
    if (first_is_over && op->plan->window.kind == WINDOW_CUMULATE)
        return add_to(op, &op->totals, last, number_of_total(last), in, sel, n, err);
    return add_to(op, &op->open, end_us, end_us, in, sel, n, err);
}

/* Rows by slice, in the order in which the slices come first. */
static enum code add_by_slice(struct op_window *op, const struct batch *in, uint32_t *sel,
                              int64_t *ends, uint32_t n, struct error *err)
{
    uint32_t *mine = arena_alloc(in->arena, n * sizeof *mine);
    if (!mine)
        return error_nomem(err);
    while (n > 0) {
        int64_t end = ends[0];
        uint32_t count = 0, rest = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (ends[i] == end) {
                mine[count++] = sel[i];
                continue;
            }
            sel[rest] = sel[i];
            ends[rest++] = ends[i];
        }
        TRY(add_rows(op, end, in, mine, count, err));
        n = rest;
    }
    return OK;
}

/* Selected rows first .. last - 1, with their slices. */
static enum code add_piece(struct op_window *op, const struct batch *in, int64_t *ends, bool same,
                           uint32_t first, uint32_t last, struct error *err)
{
    uint32_t n = last - first;
    if (n == 0)
        return OK;
    if (same && n == in->selected)
        return add_rows(op, ends[0], in, in->selection, n, err);
    uint32_t *sel = arena_alloc(in->arena, n * sizeof *sel);
    if (!sel)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        sel[i] = batch_row(in, first + i);
    if (same)
        return add_rows(op, ends[0], in, sel, n, err);
    return add_by_slice(op, in, sel, ends + first, n, err);
}

/* Bounds that are columns end where they say. */
static int64_t next_attached(struct op_window *op, const int64_t *ends, uint32_t from, uint32_t n)
{
    int64_t next = INT64_MAX, known = INT64_MIN;
    if (op->open.count > 0)
        next = window_fire(&op->times, op->open.items[0].end_us);
    for (uint32_t i = from; i < n; i++) {
        if (ends[i] == known)
            continue;
        known = ends[i];
        int64_t fire = window_fire(&op->times, known);
        if (fire > op->time_us)
            next = MIN(next, fire);
    }
    return next;
}

void window_set_boundary(struct op_window *op, const int64_t *ends, uint32_t from, uint32_t n)
{
    if (op->plan->window.kind == WINDOW_ATTACHED) {
        op->boundary_us = next_attached(op, ends, from, n);
        return;
    }
    int64_t end = window_next(&op->times, op->time_us);
    bool is_end = end == INT64_MIN || end == INT64_MAX;
    op->boundary_us = is_end ? end : window_fire(&op->times, end);
}

static enum code no_time(struct error *err)
{
    return error_set(err, E_DATA, "the time of a row is NULL, so it is in no window");
}

static enum code slices_of_rows(struct op_window *op, const struct batch *in, int64_t *ends,
                                bool *ret_same, struct error *err)
{
    bool attached = op->plan->window.kind == WINDOW_ATTACHED;
    const struct column *time =
        in->columns[attached ? op->plan->window.end : op->plan->window.time];
    for (uint32_t i = 0; time->valid && i < in->selected; i++)
        if (!column_is_valid(time, batch_row(in, i)))
            return no_time(err);
    if (!attached) {
        window_assign(&op->times, time, in->selection, in->selected, ends, ret_same);
        return OK;
    }
    *ret_same = true;
    for (uint32_t i = 0; i < in->selected; i++) {
        ends[i] = COLUMN_AT(time, int64_t, batch_row(in, i));
        *ret_same = *ret_same && ends[i] == ends[0];
    }
    return OK;
}

static enum code send(struct op_window *op, struct error *err)
{
    if (op->base.more)
        return OK; /* the worker comes back for it */
    TRY(window_send(&op->groups, SEND_BATCHES, err));
    op->base.more = window_is_due(&op->groups);
    return OK;
}

static enum code push_event(struct op_window *op, const struct batch *in, struct error *err)
{
    int64_t *ends = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *ends);
    bool same;
    if (!ends)
        return error_nomem(err);
    TRY(slices_of_rows(op, in, ends, &same, err));
    uint32_t done = 0, at = 0;
    if (op->plan->window.kind == WINDOW_ATTACHED)
        window_set_boundary(op, ends, 0, in->selected);
    for (uint32_t m = 0; m < in->watermark_count; m++) {
        const struct watermark_at *mark = &in->watermarks[m];
        if (mark->watermark_us < op->boundary_us)
            continue;
        while (at < in->selected && batch_row(in, at) <= mark->row)
            at++;
        TRY(add_piece(op, in, ends, same, done, at, err));
        done = at;
        uint32_t before = op_cause(&op->base, in, mark->row);
        TRY(advance(op, mark->watermark_us, err));
        TRY(window_due_watermark(&op->groups, mark->watermark_us, err));
        op_cause_back(&op->base, before);
        window_set_boundary(op, ends, done, in->selected);
    }
    TRY(add_piece(op, in, ends, same, done, in->selected, err));
    return send(op, err);
}

/* --- processing time -------------------------------------------------------------------------------- */

void window_set_due(struct op_window *op)
{
    op->base.due_us = INT64_MAX;
    if (op->merges) {
        int64_t end = next_filled(op, window_next(&op->times, op->time_us));
        if (end != INT64_MAX)
            op->base.due_us = window_fire(&op->times, end) + TIME_US_PER_MS;
    } else if (op->open.count > 0) {
        op->base.due_us = window_fire(&op->times, op->open.items[0].end_us) + TIME_US_PER_MS;
    }
}

/* The clock is at the end of a millisecond only behind it. */
static int64_t clock_time(int64_t now_us)
{
    return now_us - time_floor_mod(now_us, TIME_US_PER_MS) - TIME_US_PER_MS;
}

static enum code push_clock(struct op_window *op, const struct batch *in, struct error *err)
{
    int64_t now_us = op_clock_us(op->base.worker);
    TRY(advance(op, MAX(clock_time(now_us), op->time_us), err));
    if (op->plan->window.kind == WINDOW_ATTACHED) {
        bool same;
        int64_t *ends = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *ends);
        if (!ends)
            return error_nomem(err);
        TRY(slices_of_rows(op, in, ends, &same, err));
        TRY(add_piece(op, in, ends, same, 0, in->selected, err));
    } else {
        int64_t end = window_slice_end(&op->times, window_local(&op->times, now_us));
        TRY(add_rows(op, end, in, in->selection, in->selected, err));
    }
    window_set_due(op);
    return send(op, err);
}

static enum code timer(struct op *base, int64_t now_us, struct error *err)
{
    struct op_window *op = (struct op_window *)base;
    TRY(advance(op, MAX(clock_time(now_us), op->time_us), err));
    window_set_due(op);
    return send(op, err);
}

/* --- messages ------------------------------------------------------------------------------------------- */

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_window *op = (struct op_window *)base;
    return op->plan->window.proctime ? push_clock(op, in, err) : push_event(op, in, err);
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_window *op = (struct op_window *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    if (!op->plan->window.proctime || moved == WATERMARK_END) {
        TRY(advance(op, MAX(moved, op->time_us), err));
        window_set_boundary(op, NULL, 0, 0);
        base->due_us = op->plan->window.proctime ? INT64_MAX : base->due_us;
    }
    TRY(send(op, err));
    return op_pass_watermark(base, moved, err);
}

static enum code more(struct op *base, struct error *err)
{
    struct op_window *op = (struct op_window *)base;
    TRY(window_send(&op->groups, SEND_BATCHES, err));
    return window_is_due(&op->groups) ? OK : op_more_done(base, err);
}

static void destroy(struct op *base)
{
    struct op_window *op = (struct op_window *)base;
    state_heap_close(op->groups.heap);
    slices_destroy(&op->open);
    slices_destroy(&op->totals);
    window_groups_done(&op->groups);
}

/* Slices are windows where no window has several. */
static void look(struct op *base, struct op_look *ret)
{
    struct op_window *op = (struct op_window *)base;
    int64_t end = INT64_MAX;
    if (op->merges)
        end = next_filled(op, window_next(&op->times, op->time_us));
    else if (op->open.count > 0)
        end = op->open.items[0].end_us;
    if (end != INT64_MAX)
        ret->open_until_us = window_fire(&op->times, end);
    ret->open_count = op->open.count + op->totals.count;
}

static const struct op_kind op_window_kind = {
    .name = "WindowAggregate",
    .push = push,
    .watermark = watermark,
    .barrier = window_barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .timer = timer,
    .restore = window_restore,
    .destroy = destroy,
};

enum code op_window_create(struct worker *worker, const struct plan_window *plan, struct op **ret,
                           struct error *err)
{
    if (plan->window.kind == WINDOW_SESSION)
        return op_session_create(worker, plan, ret, err);
    struct op_window *op = op_create(worker, &op_window_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = WATERMARK_NONE;
    op->boundary_us = WATERMARK_NONE;
    window_times_init(&op->times, &plan->window, worker->window_zone);
    TRY(window_groups_init(&op->groups, &op->base, plan, &op->times, err));
    bool several = plan->window.kind == WINDOW_HOP || plan->window.kind == WINDOW_CUMULATE;
    op->merges = several && agg_set_shares_slices(op->groups.set);
    op->copies = several && !op->merges;
    return OK;
}
