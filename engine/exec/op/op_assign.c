/* op_assign.c -- a window table function whose windows nobody aggregates right away: each
 * row once for every window it is in, with the bounds behind its columns.
 *
 * A HOP or CUMULATE makes several rows of one.  Where that is very many, what is left of an
 * input waits as a copy and goes on in the next call.  Marks of time go with the rows they
 * follow. */
#include "exec/op/op_session.h"
#include "exec/op/ops.h"
#include "exec/op/window_times.h"

#include "types/time.h"

enum { FAN_ROWS = 1 << 16 }; /* of a call */

/* An input, and how far it has come. */
struct assigning {
    struct assigning *next;
    struct arena *arena;     /* of what waits; NULL: all lives as long as the call */
    const struct batch *in;
    int64_t *slices;         /* by selected row */
    int64_t now_us;          /* processing time: when it came */
    uint32_t row;            /* of the selected ones */
    int64_t window;          /* of its windows */
};

struct op_assign {
    struct op base;
    const struct plan_assign *plan;
    struct window_times times;
    struct assigning *first, *last; /* what waits */
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

static enum code find_slices(struct op_assign *op, struct assigning *a, struct error *err)
{
    const struct window_spec *spec = &op->plan->window;
    const struct batch *in = a->in;
    a->slices = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *a->slices);
    if (!a->slices)
        return error_nomem(err);
    if (spec->proctime) {
        a->now_us = op_clock_us(op->base.worker);
        int64_t now = window_local(&op->times, a->now_us);
        for (uint32_t i = 0; i < in->selected; i++)
            a->slices[i] = window_slice_end(&op->times, now);
        return OK;
    }
    const struct column *time = in->columns[spec->time];
    bool same;
    for (uint32_t i = 0; time->valid && i < in->selected; i++)
        if (!column_is_valid(time, batch_row(in, i)))
            return no_time(err);
    window_assign(&op->times, time, in->selection, in->selected, a->slices, &same);
    return OK;
}

static enum code make_room(const struct op_assign *op, const struct batch *in, struct fan *fan,
                           struct error *err)
{
    const struct window_spec *spec = &op->plan->window;
    bool several = spec->kind == WINDOW_HOP || spec->kind == WINDOW_CUMULATE;
    uint64_t most = several ? (uint64_t)(spec->size_us / spec->step_us) + 1 : 1;
    fan->cap = (uint32_t)MIN(MIN(most, FAN_ROWS) * MAX(in->selected, 1), FAN_ROWS);
    fan->rows = arena_alloc(in->arena, fan->cap * sizeof *fan->rows);
    fan->ends = arena_alloc(in->arena, fan->cap * sizeof *fan->ends);
    fan->until = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *fan->until);
    return fan->rows && fan->ends && fan->until ? OK : error_nomem(err);
}

/* From where the input stands, as far as there is room. */
static void fan_out(struct op_assign *op, struct assigning *a, struct fan *fan)
{
    int64_t period = op->times.period_us;
    for (; a->row < a->in->selected; a->row++, a->window = 0) {
        int64_t first, last;
        bool any = window_range(&op->times, a->slices[a->row], &first, &last);
        int64_t windows = any ? (last - first) / period + 1 : 0;
        for (; a->window < windows; a->window++) {
            if (fan->count == fan->cap)
                return;
            /* As Flink: of HOP the newest window first. */
            fan->rows[fan->count] = batch_row(a->in, a->row);
            fan->ends[fan->count++] = op->plan->window.kind == WINDOW_HOP
                                          ? last - a->window * period
                                          : first + a->window * period;
        }
        fan->until[a->row] = fan->count;
    }
}

/* window_start, window_end, window_time behind the input's columns. */
static enum code put_bounds(struct op_assign *op, const struct fan *fan, int64_t now_us,
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

static enum code make_output(struct op_assign *op, const struct assigning *a,
                             const struct fan *fan, struct batch **ret, struct error *err)
{
    const struct batch *in = a->in;
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
    return put_bounds(op, fan, a->now_us, out, err);
}

/* A batch of output. */
static enum code step(struct op_assign *op, struct assigning *a, struct error *err)
{
    struct fan fan = { 0 };
    struct batch *out;
    bool whole = a->row == 0 && a->window == 0;
    TRY(make_room(op, a->in, &fan, err));
    fan_out(op, a, &fan);
    TRY(make_output(op, a, &fan, &out, err));
    if (whole && a->row == a->in->selected) /* of a part, time goes on with the message behind it */
        TRY(op_marks(&op->base, 0, a->in, fan.until, out, err));
    return op_emit(&op->base, out, err);
}

/* What is left of an input waits. */
static enum code keep(struct op_assign *op, const struct assigning *a, struct error *err)
{
    uint32_t n = a->in->selected - a->row;
    struct arena *arena = arena_create();
    struct assigning *w = arena ? arena_new(arena, struct assigning) : NULL;
    int64_t *slices = w ? arena_array(arena, int64_t, n) : NULL;
    struct batch *copy = slices ? batch_copy_part(arena, a->in, a->row, n) : NULL;
    if (!copy) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    memcpy(slices, a->slices + a->row, n * sizeof *slices);
    *w = (struct assigning){ .arena = arena,
                             .in = copy,
                             .slices = slices,
                             .now_us = a->now_us,
                             .window = a->window };
    if (op->last)
        op->last->next = w;
    else
        op->first = w;
    op->last = w;
    op->base.more = true;
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_assign *op = (struct op_assign *)base;
    struct assigning a = { .in = in };
    TRY(find_slices(op, &a, err));
    if (!op->first)
        TRY(step(op, &a, err));
    return a.row < in->selected ? keep(op, &a, err) : OK;
}

static struct arena *take_first(struct op_assign *op)
{
    struct arena *arena = op->first->arena;
    op->first = op->first->next;
    if (!op->first)
        op->last = NULL;
    return arena;
}

static enum code more(struct op *base, struct error *err)
{
    struct op_assign *op = (struct op_assign *)base;
    struct assigning *w = op->first;
    struct batch in = *w->in;
    in.arena = base->worker->batch_arena; /* what is made now goes with the call */
    struct assigning a = *w;
    a.in = &in;
    TRY(step(op, &a, err));
    w->row = a.row;
    w->window = a.window;
    if (w->row < in.selected)
        return OK;
    TRY(op_let_go(base, take_first(op), err));
    return op->first ? OK : op_more_done(base, err);
}

static void destroy(struct op *base)
{
    struct op_assign *op = (struct op_assign *)base;
    while (op->first)
        arena_destroy(take_first(op));
}

static const struct op_kind op_assign_kind = {
    .name = "WindowTableFunction",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
    .more = more,
    .destroy = destroy,
};

enum code op_assign_create(struct worker *worker, const struct plan_assign *plan, struct op **ret,
                           struct error *err)
{
    if (plan->window.kind == WINDOW_SESSION)
        return op_session_rows_create(worker, plan, ret, err);
    struct op_assign *op = op_create(worker, &op_assign_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    window_times_init(&op->times, &plan->window, worker->window_zone);
    return OK;
}
