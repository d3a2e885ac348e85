/* op_missing.c -- makers of operators that are not in this build: each says so. */
#include "exec/op/ops.h"

#define MISSING(name, what)                                                                        \
    enum code op_##name##_create(struct worker *worker, const struct plan_##name *plan,            \
                                 struct op **ret, struct error *err)                               \
    {                                                                                              \
        (void)worker, (void)ret;                                                                   \
        return error_at(err, E_UNSUPPORTED, ((const struct plan *)plan)->span,                     \
                        "%s cannot run in this version of weir", what);                            \
    }

MISSING(dedup, "deduplication")
MISSING(over, "OVER")
MISSING(sort, "ORDER BY")
MISSING(fold, "folding")

enum code op_window_rank_create(struct worker *worker, const struct plan_rank *plan,
                                struct op **ret, struct error *err)
{
    (void)worker, (void)ret;
    return error_at(err, E_UNSUPPORTED, plan->base.span,
                    "a top-N of windows cannot run in this version of weir");
}
