/* plan_names.h -- what the columns of an operator are called where people see its rows.
 *
 * Inside of a plan an aggregate is agg0 and a computed key $1.  Outside it is called as the job calls
 * it: by the alias of the select list, or by the expression as SQL. */
#pragma once

#include "plan/plan.h"

/* The node below, or `plan` itself, that made a column; the others have passed it on as it is, and
 * under its name.  *column is then one of its columns. */
const struct plan *plan_origin(const struct plan *plan, uint32_t *column);

/* Names of all columns of a node, no two alike; they live in `arena`, or with the plan.  NULL when out
 * of memory. */
struct str *plan_names(struct arena *arena, const struct plan *plan) WEIR_CHECKED;
