/* op_union.c -- UNION ALL: batches pass as they come; time, barrier and end wait for all
 * inputs: of the marks in a batch only those stay that move the time of all. */
#include "exec/op/ops.h"

static enum code push(struct op *op, uint32_t port, const struct batch *in, struct error *err)
{
    if (in->watermark_count == 0)
        return op_emit(op, in, err);
    struct watermark_at *marks = arena_alloc(in->arena, in->watermark_count * sizeof *marks);
    struct batch *out = batch_derive(in->arena, in);
    if (!marks || !out)
        return error_nomem(err);
    uint32_t n = 0;
    int64_t last = op->watermark_us;
    for (uint32_t i = 0; i < in->watermark_count; i++) {
        int64_t moved = op_align_watermark(op, port, in->watermarks[i].watermark_us);
        if (moved == WATERMARK_NONE || moved <= last)
            continue;
        last = moved;
        marks[n++] = (struct watermark_at){ in->watermarks[i].row, moved };
    }
    out->watermarks = n > 0 ? marks : NULL;
    out->watermark_count = n;
    return op_emit(op, out, err);
}

static const struct op_kind op_union_kind = {
    .name = "Union",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
    .is_valve = true,
};

enum code op_union_create(struct worker *worker, const struct plan *plan, struct op **ret,
                          struct error *err)
{
    *ret = op_create(worker, &op_union_kind, sizeof **ret, plan, plan->input_count);
    return *ret ? OK : error_nomem(err);
}
