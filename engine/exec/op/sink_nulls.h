/* sink_nulls.h -- rows that no table takes: NULL in the primary key, or in a column that
 * is NOT NULL.  One place for all connectors. */
#pragma once

#include "exec/bad_rows.h"
#include "plan/plan.h"

/* *ret: the rows of `in` that may be written.  The others are bad rows of the policy (or what
 * plan->nulls says); written[] counts them by change, as it counts what a connector refuses. */
enum code sink_nulls_leave_out(const struct plan_sink *plan, struct bad_row_policy *policy,
                               const struct batch *in, uint64_t written[4],
                               const struct batch **ret, struct error *err) WEIR_CHECKED;
