/* join_pairs.c -- see join_pairs.h. */
#include "exec/op/join_pairs.h"

struct column *join_rows_column(struct arena *arena, const struct join_rows *side, uint32_t c,
                                uint32_t n)
{
    return side->in ? column_gather(arena, side->in->columns[c], side->rows, n)
                    : state_column(arena, &side->layout->slots[c], side->slots, n);
}

static void note_read(struct expr *e, void *arg)
{
    if (e->kind == EXPR_COLUMN)
        ((bool *)arg)[e->column] = true;
}

enum code join_test_create(struct worker *worker, struct expr *condition, uint32_t columns,
                           struct join_test *ret, struct error *err)
{
    *ret = (struct join_test){ 0 };
    if (!condition)
        return OK;
    if (!(ret->reads = arena_array(worker->op_arena, bool, MAX(columns, 1))))
        return error_nomem(err);
    expr_walk(condition, note_read, ret->reads);
    return program_create(worker->op_arena, &condition, 1, worker->clock, &ret->program, err);
}

enum code join_test_run(const struct join_test *test, struct arena *arena,
                        const struct join_rows *sides, uint32_t n, bool *ret_pass,
                        struct error *err)
{
    memset(ret_pass, !test->program, n * sizeof *ret_pass);
    if (!test->program || n == 0)
        return OK;
    uint32_t both = sides[0].width + sides[1].width;
    struct column **columns = arena_array(arena, struct column *, both);
    struct rows *all = arena_alloc(arena, sizeof *all);
    if (!columns || !all)
        return error_nomem(err);
    for (uint32_t c = 0; c < both; c++) {
        bool right = c >= sides[0].width;
        if (test->reads[c] &&
            !(columns[c] = join_rows_column(arena, &sides[right], right ? c - sides[0].width : c,
                                            n)))
            return error_nomem(err);
    }
    *all = (struct rows){ .n = n };
    const struct rows *passing;
    program_begin(test->program, arena, columns, n);
    TRY(program_filter(test->program, 0, all, &passing, err));
    for (uint32_t k = 0; k < passing->n; k++)
        ret_pass[passing->sel ? passing->sel[k] : k] = true;
    return OK;
}

enum code join_output(struct arena *arena, const struct join_rows *sides, uint32_t n,
                      struct batch **ret, struct error *err)
{
    struct batch *out = batch_create(arena, sides[0].width + sides[1].width, n);
    if (!out)
        return error_nomem(err);
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t c = 0; c < sides[k].width; c++) {
            struct column *column = join_rows_column(arena, &sides[k], c, n);
            if (!column)
                return error_nomem(err);
            out->columns[(k == 0 ? 0 : sides[0].width) + c] = column;
        }
    out->selected = n;
    *ret = out;
    return OK;
}

bool join_null_key(const struct plan_join *plan, struct column *const *keys, uint32_t row)
{
    for (uint32_t i = 0; i < plan->key_count; i++)
        if (!column_is_valid(keys[i], row) && !(plan->null_equal && plan->null_equal[i]))
            return true;
    return false;
}
