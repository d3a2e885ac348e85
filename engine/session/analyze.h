/* analyze.h -- EXPLAIN ANALYZE: the plan with what each operator has done, of a job that has run or
 * that runs just now. */
#pragma once

#include "exec/view.h"
#include "plan/plan.h"

/* The plan with counters, and a line for the whole job.  `earlier` (or NULL: its begin) is what
 * rates and shares of the CPU count from; there are shares if exec_view_timing() was on since then.
 * `format`: text, or json.  `options` may be NULL (their counters are not read). */
enum code explain_print_running(struct buf *out, const struct plan_job *plan,
                                const struct exec_view *view, const struct exec_view *earlier,
                                struct str source, const struct plan_text_options *options,
                                struct str format, struct error *err) WEIR_CHECKED;

/* Takes the rows of a SELECT that nobody is to see. Never closed. */
struct sink *analyze_discard(void);
