/* test_program.c -- the promises of expr/program.h: what is computed, for which rows,
 * and how often.  A counting kernel stands for a function, so that sharing and
 * narrowing can be seen. */
#include "support/check.h"

#include "base/arena.h"
#include "base/clock.h"
#include "expr/program.h"

enum { ROWS = 200 };

static struct arena *arena;
static struct error err;
static const struct clock clock_now;
static uint64_t rows_computed; /* by the counting kernel */
static uint32_t calls;

/* x + 1, and counts. */
static enum code count_rows(struct eval *cx, const struct kernel_call *call,
                            const struct rows *rows, struct column *out, struct error *e)
{
    (void)cx, (void)e;
    calls++;
    rows_computed += rows->n;
    ROWS_EACH(rows, i) { COLUMN_OUT(out, int64_t)[i] = COLUMN_AT(call->args[0], int64_t, i) + 1; }
    return OK;
}

/* x < state */
static enum code less(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                      struct column *out, struct error *e)
{
    (void)cx, (void)e;
    int64_t limit = *(const int64_t *)call->state;
    ROWS_EACH(rows, i)
    {
        COLUMN_OUT(out, uint8_t)[i] = COLUMN_AT(call->args[0], int64_t, i) < limit;
    }
    return OK;
}

/* Fails for rows of 100 and more: they must never get here. */
static enum code guarded(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                         struct column *out, struct error *e)
{
    (void)cx;
    ROWS_EACH(rows, i)
    {
        if (COLUMN_AT(call->args[0], int64_t, i) >= 100)
            return error_set(e, E_DATA, "too large");
        COLUMN_OUT(out, int64_t)[i] = -COLUMN_AT(call->args[0], int64_t, i);
    }
    return OK;
}

static struct expr *call(kernel_fn kernel, const struct type *type, struct expr *arg,
                         const int64_t *state, unsigned flags)
{
    struct expr **args = arena_array(arena, struct expr *, 1);
    args[0] = arg;
    struct expr *e = arena_new(arena, struct expr);
    *e = (struct expr){ .kind = EXPR_CALL,
                        .type = type,
                        .kernel = kernel,
                        .state = state,
                        .state_hash = state ? (uint64_t)*state : 0,
                        .flags = flags,
                        .args = args,
                        .arg_count = 1 };
    e->hash = (uint64_t)(uintptr_t)kernel ^ arg->hash ^ e->state_hash;
    return e;
}

static struct expr *x(void)
{
    return expr_column(arena, 0, &type_bigint, (struct span){ 0, 0 });
}

static struct expr *below(int64_t limit)
{
    int64_t *state = arena_new(arena, int64_t);
    *state = limit;
    return call(less, &type_boolean, x(), state, 0);
}

static struct column *numbers(bool nulls)
{
    struct column *c = column_create(arena, &type_bigint, ROWS);
    for (uint32_t i = 0; i < ROWS; i++)
        COLUMN_OUT(c, int64_t)[i] = i;
    if (nulls) {
        CHECK(column_need_valid(c, arena));
        for (uint32_t i = 0; i < ROWS; i += 3)
            column_set_null(c, i);
    }
    return c;
}

static struct program *start(struct expr **exprs, uint32_t n, struct column *input)
{
    struct program *p = NULL;
    CHECK(program_create(arena, exprs, n, &clock_now, &p, &err) == OK);
    struct column **columns = arena_array(arena, struct column *, 1);
    columns[0] = input;
    program_begin(p, arena, columns, ROWS);
    calls = 0;
    rows_computed = 0;
    return p;
}

static const struct rows *all_rows(void)
{
    struct rows *rows = arena_new(arena, struct rows);
    rows->n = ROWS;
    return rows;
}

static void equal_expressions_are_one_step(void)
{
    struct expr *exprs[] = { call(count_rows, &type_bigint, x(), NULL, 0),
                             call(count_rows, &type_bigint, x(), NULL, 0) };
    struct program *p = start(exprs, 2, numbers(false));
    struct column *a = NULL, *b = NULL;
    CHECK(program_column(p, 0, all_rows(), &a, &err) == OK);
    CHECK(program_column(p, 1, all_rows(), &b, &err) == OK);
    CHECK_INT(calls, 1);
    CHECK(a == b);
}

static void volatile_expressions_stay_apart(void)
{
    struct expr *exprs[] = { call(count_rows, &type_bigint, x(), NULL, CALL_VOLATILE),
                             call(count_rows, &type_bigint, x(), NULL, CALL_VOLATILE) };
    struct program *p = start(exprs, 2, numbers(false));
    struct column *a = NULL, *b = NULL;
    CHECK(program_column(p, 0, all_rows(), &a, &err) == OK);
    CHECK(program_column(p, 1, all_rows(), &b, &err) == OK);
    CHECK_INT(calls, 2);
}

static void a_filter_narrows_what_comes_after(void)
{
    struct expr *exprs[] = { below(10), call(count_rows, &type_bigint, x(), NULL, 0) };
    struct program *p = start(exprs, 2, numbers(false));
    const struct rows *rows = NULL;
    struct column *c = NULL;
    CHECK(program_filter(p, 0, all_rows(), &rows, &err) == OK);
    CHECK_INT(rows->n, 10);
    CHECK(program_column(p, 1, rows, &c, &err) == OK);
    CHECK_INT(rows_computed, 10);
    CHECK_INT(COLUMN_AT(c, int64_t, 7), 8);
}

static void what_was_computed_for_more_rows_is_reused(void)
{
    struct expr *exprs[] = { below(10), call(count_rows, &type_bigint, x(), NULL, 0) };
    struct program *p = start(exprs, 2, numbers(false));
    const struct rows *all = all_rows(), *rows = NULL;
    struct column *c = NULL;
    CHECK(program_column(p, 1, all, &c, &err) == OK);
    CHECK(program_filter(p, 0, all, &rows, &err) == OK);
    CHECK(program_column(p, 1, rows, &c, &err) == OK);
    CHECK_INT(rows_computed, ROWS);
}

static void disjoint_rows_fill_one_column(void)
{
    struct expr *exprs[] = { below(10), call(count_rows, &type_bigint, x(), NULL, 0), below(150) };
    struct program *p = start(exprs, 3, numbers(false));
    const struct rows *all = all_rows(), *few = NULL, *many = NULL;
    struct column *a = NULL, *b = NULL;
    CHECK(program_filter(p, 0, all, &few, &err) == OK);
    CHECK(program_filter(p, 2, all, &many, &err) == OK);
    CHECK(program_column(p, 1, few, &a, &err) == OK);
    CHECK(program_column(p, 1, many, &b, &err) == OK);
    CHECK_INT(COLUMN_AT(b, int64_t, 149), 150);
    CHECK_INT(COLUMN_AT(a, int64_t, 9), 10); /* handed out before: still there */
}

static void case_keeps_rows_from_branches(void)
{
    struct expr *parts[] = { below(100), call(guarded, &type_bigint, x(), NULL, CALL_FAILS), x() };
    struct expr *e = expr_case(arena, &type_bigint, parts, 3, (struct span){ 0, 0 });
    struct program *p = start(&e, 1, numbers(false));
    struct column *c = NULL;
    CHECK(program_column(p, 0, all_rows(), &c, &err) == OK);
    CHECK_INT(COLUMN_AT(c, int64_t, 99), -99);
    CHECK_INT(COLUMN_AT(c, int64_t, 100), 100);
}

static void and_stops_at_false(void)
{
    int64_t *zero = arena_new(arena, int64_t);
    struct expr *later = call(less, &type_boolean,
                              call(guarded, &type_bigint, x(), NULL, CALL_FAILS), zero, 0);
    struct expr *parts[] = { below(100), later };
    struct expr *e = expr_logic(arena, EXPR_AND, parts, 2, (struct span){ 0, 0 });
    struct program *p = start(&e, 1, numbers(false));
    const struct rows *rows = NULL;
    CHECK(program_filter(p, 0, all_rows(), &rows, &err) == OK);
    CHECK_INT(rows->n, 99); /* -0 is not below 0 */
    struct column *c = NULL;
    program_begin(p, arena, (struct column *[]){ numbers(false) }, ROWS);
    CHECK(program_column(p, 0, all_rows(), &c, &err) == OK);
    CHECK_INT(COLUMN_AT(c, uint8_t, 5), 1);
    CHECK_INT(COLUMN_AT(c, uint8_t, 150), 0);
}

static void or_is_the_union_in_row_order(void)
{
    struct expr *big = call(less, &type_boolean, call(count_rows, &type_bigint, x(), NULL, 0),
                            arena_new(arena, int64_t), 0);
    struct expr *parts[] = { below(5), big, below(20) };
    struct expr *e = expr_logic(arena, EXPR_OR, parts, 3, (struct span){ 0, 0 });
    struct program *p = start(&e, 1, numbers(false));
    const struct rows *rows = NULL;
    CHECK(program_filter(p, 0, all_rows(), &rows, &err) == OK);
    CHECK_INT(rows->n, 20);
    CHECK_INT(rows_computed, ROWS - 5); /* not where the first was true */
    for (uint32_t i = 0; i < rows->n; i++)
        CHECK_INT(rows->sel[i], i);
}

static void three_valued_logic(void)
{
    /* x is NULL in every third row: x < 10 AND x < 5 is NULL there, FALSE where decided. */
    struct expr *parts[] = { below(10), expr_bool(arena, false, (struct span){ 0, 0 }) };
    struct expr *with_false = expr_logic(arena, EXPR_AND, parts, 2, (struct span){ 0, 0 });
    struct expr *only = below(10);
    struct expr *both[] = { only, expr_bool(arena, true, (struct span){ 0, 0 }) };
    struct expr *with_true = expr_logic(arena, EXPR_AND, both, 2, (struct span){ 0, 0 });
    struct expr *exprs[] = { with_false, with_true };
    struct program *p = start(exprs, 2, numbers(true));
    struct column *a = NULL, *b = NULL;
    CHECK(program_column(p, 0, all_rows(), &a, &err) == OK);
    CHECK(program_column(p, 1, all_rows(), &b, &err) == OK);
    CHECK(column_is_valid(a, 0) && !COLUMN_AT(a, uint8_t, 0)); /* NULL AND FALSE */
    CHECK(!column_is_valid(b, 0));                             /* NULL AND TRUE */
    CHECK(column_is_valid(b, 1) && COLUMN_AT(b, uint8_t, 1));
}

static void strict_kernels_see_no_nulls(void)
{
    struct expr *e = call(count_rows, &type_bigint, x(), NULL, 0);
    struct program *p = start(&e, 1, numbers(true));
    struct column *c = NULL;
    CHECK(program_column(p, 0, all_rows(), &c, &err) == OK);
    CHECK_INT(rows_computed, ROWS - (ROWS + 2) / 3);
    CHECK(!column_is_valid(c, 3));
    CHECK(column_is_valid(c, 4));
}

static void constants_are_computed_once(void)
{
    struct expr *seven = expr_i64(arena, &type_bigint, 7, (struct span){ 0, 0 });
    struct expr *e = call(count_rows, &type_bigint, seven, NULL, 0);
    struct program *p = start(&e, 1, numbers(false));
    struct column *c = NULL;
    CHECK(program_column(p, 0, all_rows(), &c, &err) == OK);
    CHECK_INT(rows_computed, 1);
    CHECK(column_is_constant(c));
    CHECK_INT(COLUMN_AT(c, int64_t, 150), 8);
}

int main(void)
{
    arena = arena_create();
    RUN(equal_expressions_are_one_step);
    RUN(volatile_expressions_stay_apart);
    RUN(a_filter_narrows_what_comes_after);
    RUN(what_was_computed_for_more_rows_is_reused);
    RUN(disjoint_rows_fill_one_column);
    RUN(case_keeps_rows_from_branches);
    RUN(and_stops_at_false);
    RUN(or_is_the_union_in_row_order);
    RUN(three_valued_logic);
    RUN(strict_kernels_see_no_nulls);
    RUN(constants_are_computed_once);
    arena_destroy(arena);
    return check_failed != 0;
}
