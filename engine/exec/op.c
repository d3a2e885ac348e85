/* op.c -- passing messages on, and the default callbacks; see op.h. */
#include "exec/op.h"

#include "base/clock.h"
#include "state/heap.h"

enum code op_emit(struct op *op, const struct batch *batch, struct error *err)
{
    if (batch->selected == 0)
        return OK;
    op_count(&op->rows_out, batch->selected);
    if (unlikely(atomic_load_explicit(&op->worker->watched, memory_order_relaxed)))
        return op_emit_watched(op, batch, err);
    for (uint32_t i = 0; i < op->out_count; i++) {
        struct op *to = op->outs[i].op;
        if (to->done)
            continue;
        op_count(&to->rows_in, batch->selected);
        TRY(to->kind->push(to, op->outs[i].port, batch, err));
    }
    return OK;
}

enum code op_emit_watermark(struct op *op, int64_t watermark_us, struct error *err)
{
    op->watermark_us = watermark_us;
    for (uint32_t i = 0; i < op->out_count; i++) {
        struct op *to = op->outs[i].op;
        struct op *before = op_work(to);
        TRY(to->kind->watermark(to, op->outs[i].port, watermark_us, err));
        op_work_done(op->worker, before);
        if (watermark_us == WATERMARK_END && to->port_count > 1) /* the others may all be idle */
            TRY(op_tell_idle(to, err));
    }
    return OK;
}

enum code op_emit_idle(struct op *op, bool idle, struct error *err)
{
    op->idle = idle;
    for (uint32_t i = 0; i < op->out_count; i++) {
        struct op *to = op->outs[i].op;
        if (to->kind->idle)
            TRY(to->kind->idle(to, op->outs[i].port, idle, err));
        TRY(op_take_idle(to, op->outs[i].port, idle, err));
    }
    return OK;
}

enum code op_emit_barrier(struct op *op, const struct barrier *barrier, struct error *err)
{
    for (uint32_t i = 0; i < op->out_count; i++) {
        struct op *to = op->outs[i].op;
        struct op *before = op_work(to);
        TRY(to->kind->barrier(to, op->outs[i].port, barrier, err));
        op_work_done(op->worker, before);
    }
    return OK;
}

enum code op_emit_end(struct op *op, struct error *err)
{
    for (uint32_t i = 0; i < op->out_count; i++) {
        struct op *to = op->outs[i].op;
        struct op *before = op_work(to);
        TRY(to->kind->end(to, op->outs[i].port, err));
        op_work_done(op->worker, before);
        if (to->port_count > 1)
            TRY(op_tell_idle(to, err));
    }
    return OK;
}

/* --- where the time goes ------------------------------------------------------------- */

static void charge(struct worker *worker, int64_t now_ns)
{
    if (worker->at_work)
        op_count(&worker->at_work->busy_ns, (uint64_t)(now_ns - worker->at_work_ns));
    worker->at_work_ns = now_ns;
}

struct op *op_work_begin(struct op *op)
{
    struct worker *worker = op->worker;
    struct op *before = worker->at_work;
    charge(worker, clock_monotonic_ns());
    worker->at_work = op;
    return before;
}

void op_work_end(struct worker *worker, struct op *before)
{
    charge(worker, clock_monotonic_ns());
    worker->at_work = before;
}

enum code op_emit_watched(struct op *op, const struct batch *batch, struct error *err)
{
    if (atomic_load_explicit(&op->taps, memory_order_relaxed))
        op_tap(op, batch);
    for (uint32_t i = 0; i < op->out_count; i++) {
        struct op *to = op->outs[i].op;
        if (to->done)
            continue;
        op_count(&to->rows_in, batch->selected);
        struct op *before = op_work(to);
        TRY(to->kind->push(to, op->outs[i].port, batch, err));
        op_work_done(op->worker, before);
    }
    return OK;
}

/* --- processing time --------------------------------------------------------------------- */

int64_t op_clock_us(struct worker *worker)
{
    worker->clock_us = MAX(worker->clock_us, clock_now_us(worker->clock));
    return worker->clock_us;
}

void op_clock_was(struct worker *worker, int64_t us)
{
    worker->clock_us = MAX(worker->clock_us, us);
}

/* --- behind output that is left ----------------------------------------------------- */

enum code op_pass_watermark(struct op *op, int64_t watermark_us, struct error *err)
{
    if (!op->more)
        return op_emit_watermark(op, watermark_us, err);
    op->held_watermark_us = watermark_us;
    return OK;
}

enum code op_pass_end(struct op *op, struct error *err)
{
    if (!op->more)
        return op_emit_end(op, err);
    op->held_end = true;
    return OK;
}

enum code op_more_done(struct op *op, struct error *err)
{
    op->more = false;
    if (op->held_watermark_us != WATERMARK_NONE) {
        int64_t watermark_us = op->held_watermark_us;
        op->held_watermark_us = WATERMARK_NONE;
        TRY(op_emit_watermark(op, watermark_us, err));
    }
    if (!op->held_end)
        return OK;
    op->held_end = false;
    return op_emit_end(op, err);
}

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

enum code op_let_go(struct op *op, struct arena *arena, struct error *err)
{
    if (!arena || arena_on_reset(op->worker->batch_arena, destroy_arena, arena))
        return OK;
    arena_destroy(arena);
    return error_nomem(err);
}

/* --- marks --------------------------------------------------------------------------- */

enum code op_marks(struct op *op, uint32_t port, const struct batch *in, const uint32_t *ends,
                   struct batch *out, struct error *err)
{
    out->watermarks = NULL;
    out->watermark_count = 0;
    if (in->watermark_count == 0)
        return OK;
    struct watermark_at *marks =
        arena_alloc(out->arena, in->watermark_count * sizeof *marks);
    if (!marks)
        return error_nomem(err);
    uint32_t n = 0, at = 0, made = 0; /* made: output rows up to the mark */
    int64_t last = op->watermark_us;
    for (uint32_t i = 0; i < in->watermark_count; i++) {
        while (at < in->selected && batch_row(in, at) <= in->watermarks[i].row)
            made = ends[at++];
        int64_t moved = op_align_watermark(op, port, in->watermarks[i].watermark_us);
        if (moved == WATERMARK_NONE || moved <= last)
            continue;
        last = moved;
        if (made == 0) {
            TRY(op_emit_watermark(op, moved, err));
            continue;
        }
        /* The message that follows passes the last one on: op->watermark_us stays. */
        if (n > 0 && marks[n - 1].row == made - 1)
            n--;
        marks[n++] = (struct watermark_at){ made - 1, moved };
    }
    out->watermarks = n > 0 ? marks : NULL;
    out->watermark_count = n;
    return OK;
}

enum code op_caused(struct batch *out, uint32_t cause, struct error *err)
{
    uint32_t *origin = arena_alloc(out->arena, MAX(out->count, 1) * sizeof *origin);
    if (!origin)
        return error_nomem(err);
    for (uint32_t i = 0; i < out->count; i++)
        origin[i] = cause;
    out->origin = origin;
    return OK;
}

/* --- messages of several ports --------------------------------------------------------- */

bool op_align_barrier(struct op *op, uint32_t port, const struct barrier *barrier)
{
    op->ports[port].barrier = barrier->epoch;
    for (uint32_t i = 0; i < op->port_count; i++)
        if (op->ports[i].barrier < barrier->epoch)
            return false;
    return true;
}

bool op_align_end(struct op *op, uint32_t port)
{
    op->ports[port].ended = true;
    for (uint32_t i = 0; i < op->port_count; i++)
        if (!op->ports[i].ended)
            return false;
    return true;
}

int64_t op_time_if(const struct op *op, uint32_t port, int64_t us)
{
    int64_t least = WATERMARK_END, idle_us = WATERMARK_NONE;
    bool any = false, waits = false;
    for (uint32_t i = 0; i < op->port_count; i++) {
        const struct op_port *p = &op->ports[i];
        bool is_it = i == port;
        int64_t its_us = is_it ? us : p->watermark_us;
        if (p->ended || its_us == WATERMARK_END)
            continue;
        waits = true;
        if (!is_it && p->idle)
            idle_us = p->behind ? idle_us : MAX(idle_us, its_us);
        if (!is_it && (p->idle || p->behind))
            continue;
        any = true;
        least = MIN(least, its_us);
    }
    if (any || !waits)
        return least;
    return op->kind->is_valve ? idle_us : WATERMARK_NONE;
}

int64_t op_time(const struct op *op)
{
    return op_time_if(op, UINT32_MAX, WATERMARK_NONE);
}

int64_t op_align_watermark(struct op *op, uint32_t port, int64_t watermark_us)
{
    struct op_port *p = &op->ports[port];
    p->watermark_us = watermark_us;
    p->behind = p->behind && watermark_us < op->watermark_us;
    int64_t least = op_time(op);
    return least > op->watermark_us ? least : WATERMARK_NONE;
}

enum code op_take_idle(struct op *op, uint32_t port, bool idle, struct error *err)
{
    struct op_port *p = &op->ports[port];
    if (p->idle == idle)
        return OK;
    p->idle = idle;
    p->behind = !idle && op->kind->is_valve && p->watermark_us < op->watermark_us;
    if (op->port_count > 1) /* time may move */
        TRY(op->kind->idle ? op_watermark_min(op, port, p->watermark_us, err)
                           : op->kind->watermark(op, port, p->watermark_us, err));
    return op_tell_idle(op, err);
}

enum code op_tell_idle(struct op *op, struct error *err)
{
    bool idle = true, waits = false;
    if (op->more) /* its output is before that */
        return OK;
    for (uint32_t i = 0; i < op->port_count; i++) {
        const struct op_port *p = &op->ports[i];
        bool is_over = p->ended || p->watermark_us == WATERMARK_END;
        waits = waits || !is_over;
        idle = idle && (is_over || p->idle);
    }
    idle = waits && (idle || op->silent);
    return idle == op->idle || !waits ? OK : op_emit_idle(op, idle, err);
}

enum code op_watermark_min(struct op *op, uint32_t port, int64_t watermark_us, struct error *err)
{
    int64_t moved = op_align_watermark(op, port, watermark_us);
    return moved == WATERMARK_NONE ? OK : op_pass_watermark(op, moved, err);
}

enum code op_barrier_pass(struct op *op, uint32_t port, const struct barrier *barrier,
                          struct error *err)
{
    return op_align_barrier(op, port, barrier) ? op_emit_barrier(op, barrier, err) : OK;
}

enum code op_end_pass(struct op *op, uint32_t port, struct error *err)
{
    return op_align_end(op, port) ? op_pass_end(op, err) : OK;
}

void *op_create(struct worker *worker, const struct op_kind *kind, size_t bytes,
                const struct plan *plan, uint32_t ports)
{
    struct op *op = arena_zalloc(worker->op_arena, bytes);
    struct op_port *list = arena_array(worker->op_arena, struct op_port, MAX(ports, 1));
    if (!op || !list)
        return NULL;
    for (uint32_t i = 0; i < ports; i++)
        list[i].watermark_us = WATERMARK_NONE;
    op->kind = kind;
    op->plan = plan;
    op->worker = worker;
    op->ports = list;
    op->port_count = ports;
    op->watermark_us = WATERMARK_NONE;
    op->held_watermark_us = WATERMARK_NONE;
    op->due_us = INT64_MAX;
    return op;
}

enum code op_state_heap(struct op *op, struct state_heap **ret, struct error *err)
{
    char *name = arena_printf(op->worker->op_arena, "%s#%u", plan_kind_name(op->plan->kind),
                              op->plan->id);
    if (!name)
        return error_nomem(err);
    TRY(state_heap_create(str_of(name), op->worker->budget, ret, err));
    op->heap = *ret;
    return OK;
}

bool op_connect(struct op *from, struct op *to, uint32_t port)
{
    struct op_edge *outs =
        arena_array(from->worker->op_arena, struct op_edge, from->out_count + 1);
    if (!outs)
        return false;
    if (from->out_count > 0)
        memcpy(outs, from->outs, from->out_count * sizeof *outs);
    outs[from->out_count++] = (struct op_edge){ to, port };
    from->outs = outs;
    return true;
}
