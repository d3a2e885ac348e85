/* find.h -- operators by the names that users know: "group#5" as in EXPLAIN, or just 5; a sink or a
 * source by its table, too. */
#pragma once

#include "base/error.h"
#include "plan/plan.h"

/* E_NAME lists what there is, and what is near. */
enum code find_operator(const struct plan_job *plan, struct str name, uint32_t *ret_id,
                        struct error *err) WEIR_CHECKED;
enum code find_sink(const struct plan_job *plan, struct str name, uint32_t *ret_id,
                    struct error *err) WEIR_CHECKED;
