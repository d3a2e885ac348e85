/* plan_shape.h -- inside of plan_kept.h: what the records of each operator are made of. */
#pragma once

#include "plan/plan_meaning.h"
#include "state/shape.h"

/* Does the operator keep anything for another run? */
bool plan_keeps(const struct plan *node);
/* `wanted`: by input, its columns that the node reads for what is wanted of it; the others are
 * never filled.  False when out of memory. */
bool plan_shape(struct plan_meanings *m, const struct plan *node, const bool *const *wanted,
                struct state_shape *ret) WEIR_CHECKED;
