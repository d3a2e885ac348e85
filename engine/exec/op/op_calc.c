/* op_calc.c -- filter and projection; all calcs that read one input are one operator.
 *
 * The branches share a program, so a condition or column that several of them need
 * is computed once a batch.  Where few rows pass a filter, the columns that the
 * projection reads are gathered first and the projection runs over the few rows
 * alone: results then have few slots, and expensive expressions touch no memory for
 * rows that are gone.
 *
 * Invariant: a batch that leaves has either the row positions of its input, or
 * `origin` says where each row came from; either way rows keep their order.
 *
 * A filter may keep a -U and drop its +U.  Later the +U of another update may come next to that -U, as
 * if it replaced the row; readers that go by key are told here, where it can be seen, that it is gone. */
#include "exec/op/ops.h"
#include "expr/program.h"

/* Gather when at most one row in GATHER_SHARE passes. */
enum { GATHER_SHARE = 2 };

struct branch {
    struct op base;          /* its readers hang here; never called itself */
    const struct plan_calc *plan;
    uint32_t filter;         /* expression of the shared program; UINT32_MAX: none */
    uint32_t first;          /* its projections in the shared program */
    struct program *dense;   /* the projections alone, over gathered rows */
    uint32_t *reads;         /* columns they read */
    uint32_t read_count;
    bool closes;             /* a -U left alone by the filter becomes -D */
};

struct op_calc {
    struct op base;
    struct program *shared;
    struct branch *branches;
    uint32_t branch_count;
};

static enum code emit_rows(struct branch *branch, const struct batch *in, struct batch *out,
                           const struct rows *rows, struct error *err)
{
    out->selection = rows->sel;
    out->selected = rows->n;
    out->changes = in->changes;
    out->origin = in->origin;
    out->watermarks = in->watermarks;
    out->watermark_count = in->watermark_count;
    return op_emit(&branch->base, out, err);
}

static enum code project_in_place(struct op_calc *op, struct branch *branch,
                                  const struct batch *in, const struct rows *rows,
                                  struct error *err)
{
    uint32_t n = branch->base.plan->field_count;
    struct batch *out = batch_create(in->arena, n, in->count);
    if (!out)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        TRY(program_column(op->shared, branch->first + i, rows, &out->columns[i], err));
    return emit_rows(branch, in, out, rows, err);
}

static enum code project_gathered(struct branch *branch, const struct batch *in,
                                  const struct rows *rows, struct error *err)
{
    struct arena *arena = in->arena;
    uint32_t n = branch->base.plan->field_count;
    struct column **gathered = arena_array(arena, struct column *, MAX(in->column_count, 1));
    struct batch *out = batch_create(arena, n, rows->n);
    uint32_t *origin = arena_alloc(arena, rows->n * sizeof *origin);
    struct rows *all = arena_alloc(arena, sizeof *all);
    if (!gathered || !out || !origin || !all)
        return error_nomem(err);
    for (uint32_t i = 0; i < branch->read_count; i++) {
        uint32_t column = branch->reads[i];
        gathered[column] = column_gather(arena, in->columns[column], rows->sel, rows->n);
        if (!gathered[column])
            return error_nomem(err);
    }
    *all = (struct rows){ .n = rows->n };
    program_begin(branch->dense, arena, gathered, rows->n);
    for (uint32_t i = 0; i < n; i++)
        TRY(program_column(branch->dense, i, all, &out->columns[i], err));
    for (uint32_t i = 0; i < rows->n; i++)
        origin[i] = batch_origin(in, rows->sel[i]);
    out->origin = origin;
    out->selected = rows->n;
    if (in->changes) {
        uint8_t *changes = arena_alloc(arena, rows->n);
        if (!changes)
            return error_nomem(err);
        for (uint32_t i = 0; i < rows->n; i++)
            changes[i] = in->changes[rows->sel[i]];
        out->changes = changes;
    }
    return op_emit(&branch->base, out, err);
}

static bool is_next(const struct rows *rows, uint32_t k, uint32_t row)
{
    return k < rows->n && rows->sel[k] == row;
}

/* The batch with the kinds that it has once rows that are not in `rows` are gone. */
static enum code close_updates(const struct batch *in, const struct rows *rows,
                               const struct batch **ret, struct error *err)
{
    struct batch *out = batch_derive(in->arena, in);
    uint8_t *changes = arena_alloc(in->arena, MAX(in->count, 1));
    if (!out || !changes)
        return error_nomem(err);
    memcpy(changes, in->changes, in->count);
    for (uint32_t i = 0, k = 0; i + 1 < in->selected; i++) {
        uint32_t row = batch_row(in, i), next = batch_row(in, i + 1);
        if (!is_next(rows, k, row))
            continue;
        k++;
        if (in->changes[row] == CHANGE_UPDATE_BEFORE &&
            in->changes[next] == CHANGE_UPDATE_AFTER && !is_next(rows, k, next))
            changes[row] = CHANGE_DELETE;
    }
    out->changes = changes;
    *ret = out;
    return OK;
}

static enum code run_branch(struct op_calc *op, struct branch *branch, const struct batch *in,
                            const struct rows *rows, struct error *err)
{
    if (branch->filter != UINT32_MAX)
        TRY(program_filter(op->shared, branch->filter, rows, &rows, err));
    if (rows->n == 0)
        return OK;
    if (branch->closes && in->changes && rows->sel && rows->n < in->selected)
        TRY(close_updates(in, rows, &in, err));
    if (!branch->plan->exprs) {
        struct batch *out = batch_derive(in->arena, in);
        return out ? emit_rows(branch, in, out, rows, err) : error_nomem(err);
    }
    /* Watermarks count by row position, so a batch that has some keeps its positions. */
    bool gather = rows->sel && rows->n <= in->count / GATHER_SHARE && in->watermark_count == 0;
    return gather ? project_gathered(branch, in, rows, err)
                  : project_in_place(op, branch, in, rows, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_calc *op = (struct op_calc *)base;
    struct rows *rows = arena_alloc(in->arena, sizeof *rows);
    if (!rows)
        return error_nomem(err);
    *rows = (struct rows){ .sel = in->selection, .n = in->selected };
    program_begin(op->shared, in->arena, in->columns, in->count);
    for (uint32_t i = 0; i < op->branch_count; i++) {
        struct branch *branch = &op->branches[i];
        op_count(&branch->base.rows_in, in->selected);
        struct op *before = op_work(&branch->base);
        TRY(run_branch(op, branch, in, rows, err));
        op_work_done(base->worker, before);
    }
    return OK;
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us,
                           struct error *err)
{
    struct op_calc *op = (struct op_calc *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    for (uint32_t i = 0; moved != WATERMARK_NONE && i < op->branch_count; i++)
        TRY(op_emit_watermark(&op->branches[i].base, moved, err));
    if (moved != WATERMARK_NONE)
        base->watermark_us = moved;
    return OK;
}

static enum code idle(struct op *base, uint32_t port, bool idle, struct error *err)
{
    (void)port;
    struct op_calc *op = (struct op_calc *)base;
    for (uint32_t i = 0; i < op->branch_count; i++)
        TRY(op_emit_idle(&op->branches[i].base, idle, err));
    return OK;
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_calc *op = (struct op_calc *)base;
    if (op_align_barrier(base, port, b))
        for (uint32_t i = 0; i < op->branch_count; i++)
            TRY(op_emit_barrier(&op->branches[i].base, b, err));
    return OK;
}

static enum code end(struct op *base, uint32_t port, struct error *err)
{
    struct op_calc *op = (struct op_calc *)base;
    if (op_align_end(base, port))
        for (uint32_t i = 0; i < op->branch_count; i++)
            TRY(op_emit_end(&op->branches[i].base, err));
    return OK;
}

static const struct op_kind op_calc_kind = {
    .name = "Calc",
    .push = push,
    .watermark = watermark,
    .idle = idle,
    .barrier = barrier,
    .end = end,
};

struct reads {
    bool *is_read;
};

static void note_read(struct expr *e, void *arg)
{
    if (e->kind == EXPR_COLUMN)
        ((struct reads *)arg)->is_read[e->column] = true;
}

static enum code make_dense(struct worker *worker, struct branch *branch, uint32_t in_columns,
                            struct error *err)
{
    const struct plan_calc *plan = branch->plan;
    struct arena *arena = worker->op_arena;
    struct reads reads = { arena_array(arena, bool, MAX(in_columns, 1)) };
    branch->reads = arena_array(arena, uint32_t, MAX(in_columns, 1));
    if (!reads.is_read || !branch->reads)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->base.field_count; i++)
        expr_walk(plan->exprs[i], note_read, &reads);
    for (uint32_t i = 0; i < in_columns; i++)
        if (reads.is_read[i])
            branch->reads[branch->read_count++] = i;
    return program_create(arena, plan->exprs, plan->base.field_count, worker->clock,
                          &branch->dense, err);
}

enum code op_calc_create(struct worker *worker, const struct plan_calc *const *plans, uint32_t n,
                         struct op **ret, struct op **ret_branches, struct error *err)
{
    struct arena *arena = worker->op_arena;
    struct op_calc *op = op_create(worker, &op_calc_kind, sizeof *op, &plans[0]->base, 1);
    uint32_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += 1 + plans[i]->base.field_count;
    struct expr **exprs = arena_array(arena, struct expr *, total);
    if (!op || !exprs || !(op->branches = arena_array(arena, struct branch, n)))
        return error_nomem(err);
    op->branch_count = n;

    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct branch *branch = &op->branches[i];
        branch->base = (struct op){ .kind = &op_calc_kind,
                                    .plan = &plans[i]->base,
                                    .worker = worker,
                                    .watermark_us = WATERMARK_NONE };
        branch->plan = plans[i];
        branch->closes = plans[i]->filter && plans[i]->base.keyed;
        branch->filter = UINT32_MAX;
        if (plans[i]->filter) {
            branch->filter = at;
            exprs[at++] = plans[i]->filter;
        }
        branch->first = at;
        for (uint32_t k = 0; plans[i]->exprs && k < plans[i]->base.field_count; k++)
            exprs[at++] = plans[i]->exprs[k];
        if (plans[i]->exprs)
            TRY(make_dense(worker, branch, plans[i]->base.inputs[0]->field_count, err));
        ret_branches[i] = &branch->base;
    }
    *ret = &op->base;
    return program_create(arena, exprs, at, worker->clock, &op->shared, err);
}
