/* program.h -- expressions compiled for a stream of batches.
 *
 * A program is a DAG of steps: equal sub-expressions of all its expressions are
 * one step (volatile ones excepted).  A step is computed at most once a batch for
 * a set of rows, and reused for every subset: what a filter has computed for all
 * rows the projection behind it finds there.  AND, OR and CASE narrow the rows
 * their later arguments are computed on, so nothing is evaluated where SQL says
 * it is not.
 *
 * Typical use, once per batch:
 *     program_begin(p, batch);
 *     program_filter(p, 0, &rows, &passing, err);   expression 0 is the predicate
 *     program_column(p, 1, passing, &column, err);
 * Row sets given in must live as long as the batch (in its arena).  A program belongs to one
 * operator instance (one thread). */
#pragma once

#include "expr/expr.h"

struct program;

/* `op_arena` keeps the program and the kernels' scratch. */
enum code program_create(struct arena *op_arena, struct expr *const *exprs, uint32_t n,
                         const struct clock *clock, struct program **ret, struct error *err)
    WEIR_CHECKED;

/* Starts a batch: forgets what was computed. */
void program_begin(struct program *p, struct arena *batch_arena, struct column *const *input,
                   uint32_t count);

/* Rows of `rows` for which expression i is TRUE (not FALSE, not NULL).  *ret is `rows` itself when
 * all pass. */
enum code program_filter(struct program *p, uint32_t i, const struct rows *rows,
                         const struct rows **ret, struct error *err) WEIR_CHECKED;

/* Expression i for these rows.  The column has slots for the whole batch; only those of `rows`
 * count.  It may be an input column, or constant. */
enum code program_column(struct program *p, uint32_t i, const struct rows *rows,
                         struct column **ret, struct error *err) WEIR_CHECKED;

/* Evaluates an expression without columns: for folding and options. Strings of the result live in
 * `arena`. */
enum code program_constant(struct arena *arena, struct expr *e, const struct clock *clock,
                           struct value *ret, struct error *err) WEIR_CHECKED;
