/* plan_diff.h -- what becomes of each operator, and of its state, when a job is changed: `weir
 * explain NEW.sql --diff OLD.sql`. */
#pragma once

#include "plan/plan.h"

/* A line an operator: kept, changed, new or dropped, and what becomes of its state, as a start from a
 * snapshot has it (plan_kept.h).  As JSON, an object with the same, where no text is cut off.  False
 * when out of memory. */
bool plan_diff_print(struct buf *out, const struct plan_job *old, const struct plan_job *now,
                     struct str text_of_now, bool as_json) WEIR_CHECKED;
