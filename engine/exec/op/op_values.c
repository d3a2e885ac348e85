/* op_values.c -- VALUES: rows of constant expressions, a batch a step. */
#include "exec/op/ops.h"

#include "expr/program.h"
#include "types/concat.h"

struct op_values {
    struct op base;
    const struct plan_values *plan;
    uint32_t next;
};

static enum code no_input(struct op *op, uint32_t port, const struct batch *in, struct error *err)
{
    (void)op, (void)port, (void)in;
    return error_set(err, E_INTERNAL, "VALUES was given rows");
}

static const struct op_kind op_values_kind = {
    .name = "Values",
    .push = no_input,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
};

enum code op_values_create(struct worker *worker, const struct plan_values *plan, struct op **ret,
                           struct error *err)
{
    struct op_values *op = op_create(worker, &op_values_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    op->plan = plan;
    *ret = &op->base;
    return OK;
}

enum code op_values_step(struct op *base, uint32_t max, uint32_t *ret_rows, bool *ret_end,
                         struct error *err)
{
    struct op_values *op = (struct op_values *)base;
    struct worker *worker = base->worker;
    struct arena *arena = worker->batch_arena;
    uint32_t columns = base->plan->field_count;
    uint32_t n = MIN(op->plan->row_count - op->next, MIN(BATCH_ROWS, max));
    *ret_rows = n;
    *ret_end = n == op->plan->row_count - op->next;
    if (n == 0) /* a start behind the last */
        return OK;
    struct batch *out = batch_create(arena, columns, n);
    struct column **cells = arena_array(arena, struct column *, MAX(n, 1));
    if (!out || !cells)
        return error_nomem(err);
    for (uint32_t c = 0; c < columns; c++) {
        for (uint32_t r = 0; r < n; r++) {
            struct value value;
            TRY(program_constant(arena, op->plan->rows[op->next + r][c], worker->clock, &value,
                                 err));
            value.type = base->plan->fields[c].type;
            if (!(cells[r] = value_to_column(arena, &value, 1)))
                return error_nomem(err);
        }
        if (!(out->columns[c] = column_concat(arena, cells, n)))
            return error_nomem(err);
    }
    op->next += n;
    op_count(&base->rows_in, n);
    return op_emit(base, out, err);
}

uint64_t op_values_done(const struct op *base)
{
    return ((const struct op_values *)base)->next;
}

void op_values_resume(struct op *base, uint64_t done)
{
    struct op_values *op = (struct op_values *)base;
    op->next = (uint32_t)MIN(done, op->plan->row_count);
}
