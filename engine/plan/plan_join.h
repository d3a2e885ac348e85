/* plan_join.h -- from the condition of a join to what an operator runs: equal columns
 * as keys, a range of time, equal windows, and what is left.
 *
 * The binder and the optimizer both make joins (ON, WHERE, queries in conditions), and
 * both begin with a plan_join that has a condition alone. */
#pragma once

#include "plan/plan.h"

struct conjuncts {
    struct expr **items;
    uint32_t count, cap;
};

/* Appends the conjuncts of a condition (NULL: none). False when out of memory. */
bool plan_conjuncts(struct arena *arena, struct expr *condition, struct conjuncts *ret)
    WEIR_CHECKED;
/* AND of all; *ret is NULL where there are none. False when out of memory. */
bool plan_and(struct arena *arena, const struct conjuncts *list, struct expr **ret) WEIR_CHECKED;

/* What an expression over left and right columns reads. */
enum { READS_LEFT = 1, READS_RIGHT = 2 };
unsigned plan_sides(const struct expr *e, uint32_t left_fields);
/* The same expression with column i read at to[i]; NULL when out of memory. */
struct expr *plan_move_columns(struct arena *arena, struct expr *e, const uint32_t *to)
    WEIR_CHECKED;
/* With every column from `from` on moved by `by` places; NULL when out of memory. */
struct expr *plan_shift_columns(struct arena *arena, struct expr *e, uint32_t from, int64_t by)
    WEIR_CHECKED;

/* A node with room for fields and inputs; NULL when out of memory. */
struct plan *plan_new(struct arena *arena, enum plan_kind kind, size_t bytes, uint32_t fields,
                      uint32_t inputs, struct span span) WEIR_CHECKED;
/* A calc that filters and passes all columns on; NULL when out of memory. */
struct plan *plan_filter(struct arena *arena, struct plan *input, struct expr *filter)
    WEIR_CHECKED;
/* A join with a condition over left and right columns, and the fields that its type gives. */
struct plan_join *plan_join_make(struct arena *arena, enum join_type type, struct plan *left,
                                 struct plan *right, struct expr *condition, struct span span)
    WEIR_CHECKED;

/* Moves equalities into keys (a calc below computes those that are no columns), and makes an
 * interval or window join of what is one.  *ret has the join's columns in the join's order.  Time
 * attributes end in a join without time.  Doing it again changes nothing. */
bool plan_join_finish(struct arena *arena, struct plan_join *join, struct plan **ret)
    WEIR_CHECKED;

/* plan_join_time.c: takes the conjuncts that say how far apart two row times (or processing times)
 * may be out of `rest`; *ret is the interval join, NULL where they give no lower and upper bound. */
bool plan_interval_of(struct arena *arena, struct plan_join *join, struct conjuncts *rest,
                      struct plan_interval_join **ret) WEIR_CHECKED;
/* Takes the keys out that are the start and the end of the same windows; *ret NULL: there are none. */
bool plan_window_join_of(struct arena *arena, struct plan_join *join,
                         struct plan_window_join **ret) WEIR_CHECKED;
