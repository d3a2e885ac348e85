/* op_limit.c -- LIMIT and OFFSET without ORDER BY: the first rows that come.  When it
 * is full it says so (op->done), and the worker stops sources nobody needs any more. */
#include "exec/op/ops.h"

struct op_limit {
    struct op base;
    uint64_t to_skip;
    uint64_t left;
};

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_limit *op = (struct op_limit *)base;
    uint64_t skip = MIN(op->to_skip, in->selected);
    uint64_t take = MIN(op->left, in->selected - skip);
    op->to_skip -= skip;
    op->left -= take;
    if (op->left == 0) {
        base->done = true;
        base->worker->limit_reached = true;
    }
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

static const struct op_kind op_limit_kind = {
    .name = "Limit",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
};

enum code op_limit_create(struct worker *worker, const struct plan_limit *plan, struct op **ret,
                          struct error *err)
{
    struct op_limit *op = op_create(worker, &op_limit_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    op->to_skip = plan->offset;
    op->left = plan->limit;
    op->base.done = plan->limit == 0;
    worker->limit_reached = worker->limit_reached || op->base.done;
    *ret = &op->base;
    return OK;
}
