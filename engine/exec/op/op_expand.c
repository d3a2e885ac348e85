/* op_expand.c -- GROUPING SETS, ROLLUP, CUBE: each row once for every set, with the
 * columns that the set leaves out NULL, and a number that says which these are. */
#include "base/arena.h"
#include "exec/op/ops.h"
#include "types/concat.h"

struct op_expand {
    struct op base; /* first */
    const struct plan_expand *plan;
};

/* Output row i * sets + s is row i of the input for set s. */
static enum code expand_rows(const struct plan_expand *plan, const struct batch *in,
                             uint32_t **ret_rows, struct batch *out, struct error *err)
{
    uint32_t sets = plan->set_count;
    uint32_t *rows = arena_alloc(in->arena, 2 * (size_t)MAX(out->count, 1) * sizeof *rows);
    uint8_t *changes = in->changes ? arena_alloc(in->arena, MAX(out->count, 1)) : NULL;
    if (!rows || (in->changes && !changes))
        return error_nomem(err);
    uint32_t *origin = rows + out->count;
    for (uint32_t i = 0, k = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        for (uint32_t s = 0; s < sets; s++, k++) {
            rows[k] = row;
            origin[k] = batch_origin(in, row);
            if (changes)
                changes[k] = in->changes[row];
        }
    }
    out->origin = origin;
    out->changes = changes;
    *ret_rows = rows;
    return OK;
}

/* Makes the column NULL in the rows of those sets that leave it out.  It may be a constant, or share
 * its bitmap, so the bitmap is a new one. */
static enum code leave_out(const struct plan_expand *plan, uint32_t at, struct column **column,
                           struct batch *out, struct error *err)
{
    uint64_t bit = (uint64_t)1 << (plan->column_count - 1 - at);
    uint32_t sets = plan->set_count;
    struct column *c = *column;
    if (column_is_constant(c)) {
        c = column_concat(out->arena, column, 1);
        if (!c)
            return error_nomem(err);
        *column = c;
    }
    if (!column_need_valid(c, out->arena))
        return error_nomem(err);
    for (uint32_t s = 0; s < sets; s++)
        for (uint32_t k = s; (plan->sets[s] & bit) && k < out->count; k += sets)
            column_set_null(c, k);
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    const struct plan_expand *plan = ((struct op_expand *)base)->plan;
    uint32_t *rows, sets = plan->set_count;
    struct batch *out = batch_create(in->arena, in->column_count + 1, in->selected * sets);
    if (!out)
        return error_nomem(err);
    TRY(expand_rows(plan, in, &rows, out, err));
    for (uint32_t c = 0; c < in->column_count; c++)
        if (in->columns[c] &&
            !(out->columns[c] = column_gather(in->arena, in->columns[c], rows, out->count)))
            return error_nomem(err);
    for (uint32_t i = 0; i < plan->column_count; i++)
        TRY(leave_out(plan, i, &out->columns[plan->columns[i]], out, err));
    struct column *id = column_create(in->arena, &type_bigint, out->count);
    uint32_t *ends = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *ends);
    if (!id || !ends)
        return error_nomem(err);
    for (uint32_t k = 0; k < out->count; k++)
        COLUMN_OUT(id, int64_t)[k] = (int64_t)plan->sets[k % sets];
    for (uint32_t i = 0; i < in->selected; i++)
        ends[i] = (i + 1) * sets;
    out->columns[in->column_count] = id;
    TRY(op_marks(base, 0, in, ends, out, err));
    return op_emit(base, out, err);
}

static const struct op_kind op_expand_kind = {
    .name = "Expand",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
};

enum code op_expand_create(struct worker *worker, const struct plan_expand *plan,
                           struct op **ret, struct error *err)
{
    struct op_expand *op = op_create(worker, &op_expand_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    op->plan = plan;
    *ret = &op->base;
    return OK;
}
