/* op_assign.c -- a window table function whose windows nobody aggregates right away: each
 * row once for every window it is in, with the bounds behind its columns.
 *
 * A HOP or CUMULATE makes several rows of one; they go on in a batch as large, since
 * that is bounded by the number of windows of a row.  Marks of time go with the rows they
 * follow. */
#include "exec/op/ops.h"
#include "exec/op/window_times.h"

#include "base/clock.h"
#include "types/time.h"

struct op_assign {
    struct op base;
    const struct plan_assign *plan;
    struct window_times times;
};

/* Windows of a batch's rows, one an output row. */
struct fan {
    uint32_t *rows;  /* position in the input */
    int64_t *ends;
    uint32_t *until; /* output rows made by selected rows up to i */
    uint32_t count, cap;
};

static enum code no_time(struct error *err)
{
    return error_set(err, E_DATA, "the time of a row is NULL, so it is in no window");
}

static enum code slices_of_rows(struct op_assign *op, const struct batch *in, int64_t *slices,
                                struct error *err)
{
    const struct window_spec *spec = &op->plan->window;
    if (spec->proctime) {
        int64_t now = window_local(&op->times, clock_now_us(op->base.worker->clock));
        for (uint32_t i = 0; i < in->selected; i++)
            slices[i] = window_slice_end(&op->times, now);
        return OK;
    }
    const struct column *time = in->columns[spec->time];
    bool same;
    for (uint32_t i = 0; time->valid && i < in->selected; i++)
        if (!column_is_valid(time, batch_row(in, i)))
            return no_time(err);
    window_assign(&op->times, time, in->selection, in->selected, slices, &same);
    return OK;
}

static enum code fan_out(struct op_assign *op, const struct batch *in, struct fan *fan,
                         struct error *err)
{
    uint32_t most = 1;
    const struct window_spec *spec = &op->plan->window;
    if (spec->kind == WINDOW_HOP || spec->kind == WINDOW_CUMULATE)
        most = (uint32_t)(spec->size_us / spec->step_us) + 1;
    int64_t *slices = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *slices);
    fan->cap = MAX(in->selected, 1) * most;
    fan->rows = arena_alloc(in->arena, fan->cap * sizeof *fan->rows);
    fan->ends = arena_alloc(in->arena, fan->cap * sizeof *fan->ends);
    fan->until = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *fan->until);
    if (!slices || !fan->rows || !fan->ends || !fan->until)
        return error_nomem(err);
    TRY(slices_of_rows(op, in, slices, err));
    for (uint32_t i = 0; i < in->selected; i++) {
        int64_t first, last, period = op->times.period_us;
        bool any = window_range(&op->times, slices[i], &first, &last);
        int64_t windows = any ? (last - first) / period + 1 : 0;
        for (int64_t k = 0; k < windows; k++) {
            /* As Flink: of HOP the newest window first. */
            fan->rows[fan->count] = batch_row(in, i);
            fan->ends[fan->count++] =
                spec->kind == WINDOW_HOP ? last - k * period : first + k * period;
        }
        fan->until[i] = fan->count;
    }
    return OK;
}

/* window_start, window_end, window_time behind the input's columns. */
static enum code put_bounds(struct op_assign *op, const struct fan *fan,
                            struct batch *out, struct error *err)
{
    const struct plan *plan = &op->plan->base;
    uint32_t before = plan->field_count - 3;
    const struct type *time = plan->fields[before + 2].type;
    bool is_clock = op->plan->window.proctime;
    int64_t *values[3];
    for (uint32_t k = 0; k < 3; k++) {
        struct column *c =
            column_create(out->arena, plan->fields[before + k].type, out->count);
        if (!c)
            return error_nomem(err);
        out->columns[before + k] = c;
        values[k] = COLUMN_OUT(c, int64_t);
    }
    int64_t now_us = is_clock ? clock_now_us(op->base.worker->clock) : 0;
    for (uint32_t i = 0; i < out->count; i++) {
        int64_t end = fan->ends[i], last = end - TIME_US_PER_MS;
        values[0][i] = window_start(&op->times, end);
        values[1][i] = end;
        values[2][i] = is_clock                          ? now_us
                       : time->id == TYPE_TIMESTAMP_LTZ ? window_instant(&op->times, last)
                                                         : last;
    }
    return OK;
}

static enum code make_output(struct op_assign *op, const struct batch *in, const struct fan *fan,
                             struct batch **ret, struct error *err)
{
    uint32_t n = fan->count;
    struct batch *out = batch_create(in->arena, in->column_count + 3, n);
    uint32_t *origin = arena_alloc(in->arena, MAX(n, 1) * sizeof *origin);
    uint8_t *changes = in->changes ? arena_alloc(in->arena, MAX(n, 1)) : NULL;
    if (!out || !origin || (in->changes && !changes))
        return error_nomem(err);
    for (uint32_t c = 0; c < in->column_count; c++)
        if (!(out->columns[c] = column_gather(in->arena, in->columns[c], fan->rows, n)))
            return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        origin[i] = batch_origin(in, fan->rows[i]);
        if (changes)
            changes[i] = in->changes[fan->rows[i]];
    }
    out->origin = origin;
    out->changes = changes;
    *ret = out;
    return put_bounds(op, fan, out, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_assign *op = (struct op_assign *)base;
    struct fan fan = { 0 };
    struct batch *out;
    TRY(fan_out(op, in, &fan, err));
    TRY(make_output(op, in, &fan, &out, err));
    TRY(op_marks(base, port, in, fan.until, out, err));
    return op_emit(base, out, err);
}

static const struct op_kind op_assign_kind = {
    .name = "WindowTableFunction",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
};

enum code op_assign_create(struct worker *worker, const struct plan_assign *plan, struct op **ret,
                           struct error *err)
{
    if (plan->window.kind == WINDOW_SESSION)
        return error_at(err, E_UNSUPPORTED, plan->base.span,
                        "SESSION without a GROUP BY over its bounds cannot run in this version of "
                        "weir");
    struct op_assign *op = op_create(worker, &op_assign_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    window_times_init(&op->times, &plan->window, worker->zone);
    return OK;
}
