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

MISSING(over, "OVER")
MISSING(sort, "ORDER BY")
