/* agg.c -- what all aggregates have in common: equality, printing. */
#include "agg/agg.h"

bool agg_equal(const struct agg *a, const struct agg *b)
{
    if (a->function != b->function || a->arg_count != b->arg_count ||
        a->takes_back != b->takes_back || a->state_hash != b->state_hash ||
        !type_equal(a->result, b->result))
        return false;
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (!type_equal(a->args[i], b->args[i]))
            return false;
    return true;
}

void agg_call_print(struct buf *out, const struct agg_call *call, const struct field *fields)
{
    buf_text(out, call->agg->function->name);
    buf_text(out, call->distinct ? "(DISTINCT " : "(");
    for (uint32_t i = 0; i < call->agg->arg_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, fields[call->args[i]].name);
    }
    buf_text(out, call->agg->arg_count == 0 ? "*)" : ")");
    if (call->filter != AGG_NO_COLUMN) {
        buf_text(out, " FILTER ");
        buf_str(out, fields[call->filter].name);
    }
}
