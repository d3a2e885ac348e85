/* op_union.c -- UNION ALL: batches pass as they come; watermark, barrier and end wait
 * for all inputs. */
#include "exec/op/ops.h"

static enum code push(struct op *op, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    return op_emit(op, in, err);
}

static const struct op_kind op_union_kind = {
    .name = "Union",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
};

enum code op_union_create(struct worker *worker, const struct plan *plan, struct op **ret,
                          struct error *err)
{
    *ret = op_create(worker, &op_union_kind, sizeof **ret, plan, plan->input_count);
    return *ret ? OK : error_nomem(err);
}
