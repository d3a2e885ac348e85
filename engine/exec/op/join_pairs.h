/* join_pairs.h -- pairs of rows as columns: what conditions of joins are tested on, and
 * what joins put out. */
#pragma once

#include "exec/op/ops.h"
#include "expr/program.h"
#include "state/row.h"

/* One side of n pairs: rows of a batch, or rows of a state. */
struct join_rows {
    const struct batch *in;
    const uint32_t *rows; /* positions in the batch */
    const struct state_layout *layout;
    char *const *slots; /* NULL: a row of NULLs */
    uint32_t width;     /* columns */
};

/* Column c of a side, a value a pair. NULL when out of memory. */
struct column *join_rows_column(struct arena *arena, const struct join_rows *side, uint32_t c,
                                uint32_t n) WEIR_CHECKED;

/* The condition beside the keys. */
struct join_test {
    struct program *program; /* NULL: there is none */
    bool *reads;             /* of left, then right columns */
};
enum code join_test_create(struct worker *worker, struct expr *condition, uint32_t columns,
                           struct join_test *ret, struct error *err) WEIR_CHECKED;
/* Which of n pairs pass. */
enum code join_test_run(const struct join_test *test, struct arena *arena,
                        const struct join_rows *sides, uint32_t n, bool *ret_pass,
                        struct error *err) WEIR_CHECKED;

/* The left columns of n pairs, then the right ones; all inserts. */
enum code join_output(struct arena *arena, const struct join_rows *sides, uint32_t n,
                      struct batch **ret, struct error *err) WEIR_CHECKED;

/* Has the row a NULL in a key that NULL does not match?  `keys` are columns, by key. */
bool join_null_key(const struct plan_join *plan, struct column *const *keys, uint32_t row);
