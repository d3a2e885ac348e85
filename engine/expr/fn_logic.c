/* fn_logic.c -- NOT.  AND, OR and CASE are kinds of expressions (expr.h). */
#include "expr/call.h"

static enum code logic_not(struct eval *cx, const struct kernel_call *call, const struct rows *rows,
                           struct column *out, struct error *err)
{
    const uint8_t *restrict in = call->args[0]->values;
    uint32_t mask = call->args[0]->mask;
    uint8_t *restrict to = out->values;

    (void)cx;
    (void)err;
    if (!rows->sel && mask != 0) {
        for (uint32_t i = 0; i < rows->n; i++)
            to[i] = in[i] == 0;
    } else {
        ROWS_EACH(rows, i)
        {
            to[i] = in[i & mask] == 0;
        }
    }
    return OK;
}

static enum code resolve_not(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce(call, 0, &type_boolean, err));
    return call_set(call, &type_boolean, logic_not, CALL_SAFE);
}

/* clang-format off */
const struct function fn_logic_table[] = {
    { "NOT", DIALECT_BOTH, "NOT condition", "TRUE becomes FALSE, FALSE becomes TRUE, NULL stays NULL.", "NOT (1 > 2)", "TRUE", resolve_not, "logic" },
    { 0 },
};
