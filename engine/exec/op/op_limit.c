/* op_limit.c -- LIMIT and OFFSET without ORDER BY: the first rows that come.  When it
 * is full it says so (op->done), and the worker stops sources nobody needs any more. */
#include "exec/op/ops.h"
#include "state/snapshot.h"

struct op_limit {
    struct op base;
    uint64_t to_skip;
    uint64_t left;
};

enum { TABLE_LEFT = 1 };

static void note_done(struct op_limit *op)
{
    if (op->left > 0)
        return;
    op->base.done = true;
    op->base.worker->limit_reached = true;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_limit *op = (struct op_limit *)base;
    uint64_t skip = MIN(op->to_skip, in->selected);
    uint64_t take = MIN(op->left, in->selected - skip);
    op->to_skip -= skip;
    op->left -= take;
    note_done(op);
    if (take == 0)
        return OK;
    if (take == in->selected)
        return op_emit(base, in, err);
    struct batch *out = batch_derive(in->arena, in);
    uint32_t *selection = arena_alloc(in->arena, take * sizeof *selection);
    if (!out || !selection)
        return error_nomem(err);
    for (uint32_t i = 0; i < take; i++)
        selection[i] = batch_row(in, (uint32_t)skip + i);
    out->selection = selection;
    out->selected = (uint32_t)take;
    return op_emit(base, out, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    const struct op_limit *op = (struct op_limit *)base;
    const uint64_t values[] = { op->to_skip, op->left };
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_writer_put(b->writer, TABLE_LEFT, STR("left"),
                             str_make((const char *)values, sizeof values), err));
    }
    return op_barrier_pass(base, port, b, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_limit *op = (struct op_limit *)base;
    struct state_record record;
    while (state_reader_next(reader, &record)) {
        uint64_t values[2];
        if (record.table_id != TABLE_LEFT || record.value.size != sizeof values)
            return error_set(err, E_DATA, "a record of LIMIT has %zu bytes", record.value.size);
        memcpy(values, record.value.data, sizeof values);
        op->to_skip = values[0];
        op->left = values[1];
    }
    note_done(op);
    return OK;
}

static const struct op_kind op_limit_kind = {
    .name = "Limit",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .restore = restore,
};

enum code op_limit_create(struct worker *worker, const struct plan_limit *plan, struct op **ret,
                          struct error *err)
{
    struct op_limit *op = op_create(worker, &op_limit_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    op->to_skip = plan->offset;
    op->left = plan->limit;
    note_done(op);
    *ret = &op->base;
    return OK;
}
