/* rows_out.c -- see rows_out.h. */
#include "exec/rows_out.h"

void rows_out_begin(struct rows_out *out, struct op *op, struct arena *arena, bool numbered)
{
    *out = (struct rows_out){ .op = op,
                               .arena = arena,
                               .numbered = numbered,
                               .origin = op->worker->cause };
}

static bool grow(struct rows_out *out)
{
    uint32_t cap = MAX(out->cap * 2, 256);
    struct arena *arena = out->arena;
#define GROW(list) \
    ((list) = arena_grow(arena, (list), out->cap * sizeof *(list), cap * sizeof *(list)))
    if (!GROW(out->rows) || !GROW(out->numbers) || !GROW(out->changes) || !GROW(out->origins))
        return false;
#undef GROW
    out->cap = cap;
    return true;
}

enum code rows_out_put(struct rows_out *out, struct str row, enum change change, int64_t number,
                       struct error *err)
{
    if (out->count == out->cap && !grow(out))
        return error_nomem(err);
    struct str copy = arena_str(out->arena, row);
    if (!copy.data)
        return error_nomem(err);
    out->rows[out->count] = copy;
    out->numbers[out->count] = number;
    out->changes[out->count] = (uint8_t)change;
    out->origins[out->count++] = out->origin;
    return OK;
}

enum code rows_out_emit(struct rows_out *out, const struct batch *in, const uint32_t *ends,
                        struct error *err)
{
    const struct plan *plan = out->op->plan;
    uint32_t n = plan->field_count - out->numbered;
    struct batch *batch = batch_create(out->arena, plan->field_count, out->count);
    if (!batch)
        return error_nomem(err);
    for (uint32_t c = 0; c < plan->field_count; c++)
        if (!(batch->columns[c] =
                  column_create(out->arena, plan->fields[c].type, out->count)))
            return error_nomem(err);
    for (uint32_t i = 0; i < out->count; i++) {
        struct str row = out->rows[i];
        for (uint32_t c = 0; c < n; c++)
            TRY(state_decode(out->arena, &row, plan->fields[c].type, 0, batch->columns[c], i,
                             err));
    }
    if (out->numbered && out->count > 0)
        memcpy(batch->columns[n]->values, out->numbers, out->count * sizeof *out->numbers);
    batch->changes = out->changes;
    batch->origin = out->origins;
    if (in)
        TRY(op_marks(out->op, 0, in, ends, batch, err));
    return op_emit(out->op, batch, err);
}
