/* op_correlate.c -- each row with the rows that a table function makes of it.
 *
 * Output is made a batch at a time.  What is left of an input that gives more waits as a
 * copy, and what comes meanwhile queues behind it. */
#include "exec/op/ops.h"

#include "base/memory.h"
#include "expr/program.h"
#include "expr/table_function.h"
#include "types/concat.h"

enum { ROWS_MAX = 4096 };

struct waiting {
    struct waiting *next;
    struct arena *arena;
    const struct batch *batch;
    struct table_place place;
    bool kept;                 /* the row under way has had an output row */
};

struct op_correlate {
    struct op base;
    const struct plan_correlate *plan;
    struct program *condition; /* NULL: none */
    void *scratch;
    struct waiting *first, *last;
    uint32_t input_fields, made_fields; /* of the function, without the ordinal */
};

/* Output rows: pairs of a selected input row and a row of the function (UINT32_MAX: none). */
struct pairs {
    uint32_t *parents;
    uint32_t *made;
    uint32_t count;
};

/* Which rows of the function pass the condition. */
static enum code test(struct op_correlate *op, const struct batch *in,
                      const struct table_rows *rows, bool *passes, struct error *err)
{
    struct arena *arena = in->arena;
    for (uint32_t i = 0; i < rows->count; i++)
        passes[i] = true;
    if (!op->condition || rows->count == 0)
        return OK;
    uint32_t n = op->base.plan->field_count;
    struct column **columns = arena_array(arena, struct column *, n);
    uint32_t *sel = arena_array(arena, uint32_t, rows->count);
    if (!columns || !sel)
        return error_nomem(err);
    for (uint32_t i = 0; i < rows->count; i++)
        sel[i] = batch_row(in, rows->parents[i]);
    for (uint32_t c = 0; c < op->input_fields; c++)
        if (!(columns[c] = column_gather(arena, in->columns[c], sel, rows->count)))
            return error_nomem(err);
    for (uint32_t c = 0; c < op->made_fields; c++)
        columns[op->input_fields + c] = rows->columns[c];
    if (op->plan->with_ordinality) {
        struct column *ordinal = column_create(arena, &type_int, rows->count);
        if (!ordinal)
            return error_nomem(err);
        memcpy(ordinal->values, rows->ordinals, rows->count * sizeof(int32_t));
        columns[n - 1] = ordinal;
    }
    const struct rows all = { .n = rows->count }, *passing;
    program_begin(op->condition, arena, columns, rows->count);
    TRY(program_filter(op->condition, 0, &all, &passing, err));
    memset(passes, 0, rows->count * sizeof *passes);
    ROWS_EACH(passing, i)
        passes[i] = true;
    return OK;
}

/* The rows that leave.  A row of LEFT without any is kept; one whose rows do not all fit into this
 * batch is decided about with its last: `*kept` says whether it has had one so far. */
static void choose(const struct op_correlate *op, const struct table_rows *rows,
                   const bool *passes, uint32_t first, uint32_t end, bool *kept,
                   struct pairs *out)
{
    uint32_t at = 0;
    for (uint32_t i = first; i <= end; i++) {
        for (; at < rows->count && rows->parents[at] == i; at++)
            if (passes[at]) {
                out->parents[out->count] = i;
                out->made[out->count++] = at;
                *kept = true;
            }
        if (i == end)
            return; /* goes on, or is behind the last */
        if (!*kept && op->plan->left) {
            out->parents[out->count] = i;
            out->made[out->count++] = UINT32_MAX;
        }
        *kept = false;
    }
}

/* A column of the function's rows for the pairs; NULL where there is none. */
static struct column *made_column(struct arena *arena, const struct column *from,
                                  const struct type *type, const struct pairs *p)
{
    uint32_t *sel = arena_array(arena, uint32_t, MAX(p->count, 1));
    bool any = false, none = false;
    for (uint32_t i = 0; sel && i < p->count; i++) {
        bool is_none = p->made[i] == UINT32_MAX;
        sel[i] = is_none ? 0 : p->made[i];
        any = any || !is_none;
        none = none || is_none;
    }
    if (!sel || !any)
        return sel ? column_create_null(arena, type, p->count) : NULL;
    struct column *c = column_gather(arena, from, sel, p->count);
    if (!c || !none)
        return c;
    if (column_is_constant(c)) { /* its one slot cannot be NULL for some */
        struct column *one[1] = { c };
        if (!(c = column_concat(arena, one, 1)))
            return NULL;
    }
    if (!column_need_valid(c, arena))
        return NULL;
    for (uint32_t i = 0; i < p->count; i++)
        if (p->made[i] == UINT32_MAX)
            column_set_null(c, i);
    return c;
}

static enum code emit(struct op_correlate *op, const struct batch *in,
                      const struct table_rows *rows, const struct pairs *p, bool whole,
                      struct error *err)
{
    struct arena *arena = in->arena;
    const struct plan *plan = op->base.plan;
    struct batch *out = batch_create(arena, plan->field_count, p->count);
    uint32_t *sel = arena_array(arena, uint32_t, MAX(p->count, 1));
    uint32_t *origin = arena_array(arena, uint32_t, MAX(p->count, 1));
    uint32_t *ends = arena_array(arena, uint32_t, MAX(in->selected, 1));
    uint8_t *changes = in->changes ? arena_alloc(arena, MAX(p->count, 1)) : NULL;
    if (!out || !sel || !origin || !ends || (in->changes && !changes))
        return error_nomem(err);
    for (uint32_t i = 0; i < p->count; i++) {
        sel[i] = batch_row(in, p->parents[i]);
        origin[i] = batch_origin(in, sel[i]);
        if (changes)
            changes[i] = in->changes[sel[i]];
    }
    for (uint32_t c = 0; c < op->input_fields; c++)
        if (!(out->columns[c] = column_gather(arena, in->columns[c], sel, p->count)))
            return error_nomem(err);
    for (uint32_t c = 0; c < op->made_fields; c++) {
        uint32_t at = op->input_fields + c;
        if (!(out->columns[at] =
                  made_column(arena, rows->columns[c], plan->fields[at].type, p)))
            return error_nomem(err);
    }
    if (op->plan->with_ordinality) {
        struct column ordinal = { .type = &type_int,
                                  .values = rows->ordinals,
                                  .count = rows->count,
                                  .mask = UINT32_MAX };
        if (!(out->columns[plan->field_count - 1] = made_column(arena, &ordinal, &type_int, p)))
            return error_nomem(err);
    }
    out->changes = changes;
    out->origin = origin;
    if (whole) { /* of a part, time goes on with the message behind it */
        for (uint32_t i = 0, at = 0; i < in->selected; i++) {
            while (at < p->count && p->parents[at] <= i)
                at++;
            ends[i] = at;
        }
        TRY(op_marks(&op->base, 0, in, ends, out, err));
    }
    return op_emit(&op->base, out, err);
}

/* A batch of output; *place is behind the input when it was the last. */
static enum code step(struct op_correlate *op, const struct batch *in, struct table_place *place,
                      bool *kept, struct error *err)
{
    struct arena *arena = in->arena;
    const struct plan_correlate *plan = op->plan;
    uint32_t most = ROWS_MAX, first = place->row;
    struct column **args = arena_array(arena, struct column *, MAX(plan->arg_count, 1));
    struct table_rows rows = {
        .parents = arena_array(arena, uint32_t, most),
        .ordinals = arena_array(arena, int32_t, most),
        .columns = arena_array(arena, struct column *, MAX(op->made_fields, 1)),
    };
    struct pairs pairs = { .parents = arena_array(arena, uint32_t, most + in->selected),
                           .made = arena_array(arena, uint32_t, most + in->selected) };
    bool *passes = arena_array(arena, bool, most);
    if (!args || !rows.parents || !rows.ordinals || !rows.columns || !pairs.parents ||
        !pairs.made || !passes)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->arg_count; i++)
        args[i] = in->columns[plan->args[i]];
    struct table_run run = { .arena = arena,
                             .op_arena = op->base.worker->op_arena,
                             .scratch = &op->scratch,
                             .state = plan->state,
                             .args = args,
                             .arg_count = plan->arg_count,
                             .sel = in->selection,
                             .n = in->selected };
    bool whole = first == 0 && place->item == 0;
    enum code code = plan->function->kernel(&run, place, most, &rows, err);
    if (code != OK) {
        error_locate(err, plan->base.span);
        return code;
    }
    TRY(test(op, in, &rows, passes, err));
    choose(op, &rows, passes, first, place->row, kept, &pairs);
    return emit(op, in, &rows, &pairs, whole && place->row == in->selected, err);
}

static enum code keep(struct op_correlate *op, const struct batch *in, struct table_place place,
                      bool kept, struct error *err)
{
    struct waiting *w = mem_zalloc(sizeof *w);
    struct arena *arena = w ? arena_create() : NULL;
    struct batch *copy =
        arena ? batch_copy_part(arena, in, place.row, in->selected - place.row) : NULL;
    if (!copy) {
        arena_destroy(arena);
        mem_free(w);
        return error_nomem(err);
    }
    *w = (struct waiting){ .arena = arena, .batch = copy, .place = { 0, place.item }, .kept = kept };
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
    struct op_correlate *op = (struct op_correlate *)base;
    struct table_place place = { 0, 0 };
    if (op->first)
        return keep(op, in, place, false, err);
    bool kept = false;
    TRY(step(op, in, &place, &kept, err));
    if (place.row == in->selected)
        return OK;
    return keep(op, in, place, kept, err);
}

/* Its arena is the caller's now. */
static struct arena *take_first(struct op_correlate *op)
{
    struct waiting *w = op->first;
    struct arena *arena = w->arena;
    op->first = w->next;
    if (!op->first)
        op->last = NULL;
    mem_free(w);
    return arena;
}

static enum code more(struct op *base, struct error *err)
{
    struct op_correlate *op = (struct op_correlate *)base;
    struct waiting *w = op->first;
    struct arena *arena = base->worker->batch_arena;
    struct batch in = *w->batch;
    in.arena = arena; /* what is made now goes with the call */
    TRY(step(op, &in, &w->place, &w->kept, err));
    if (w->place.row < in.selected)
        return OK;
    TRY(op_let_go(base, take_first(op), err));
    return op->first ? OK : op_more_done(base, err);
}

static void destroy(struct op *base)
{
    struct op_correlate *op = (struct op_correlate *)base;
    while (op->first)
        arena_destroy(take_first(op));
}

static const struct op_kind op_correlate_kind = {
    .name = "Correlate",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = op_barrier_pass,
    .end = op_end_pass,
    .more = more,
    .destroy = destroy,
};

enum code op_correlate_create(struct worker *worker, const struct plan_correlate *plan,
                              struct op **ret, struct error *err)
{
    struct op_correlate *op = op_create(worker, &op_correlate_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->input_fields = plan->base.inputs[0]->field_count;
    op->made_fields = plan->base.field_count - op->input_fields - plan->with_ordinality;
    if (!plan->condition)
        return OK;
    return program_create(worker->op_arena, &plan->condition, 1, worker->clock, &op->condition,
                          err);
}
