/* rule_over.c -- what OVER cannot do in a stream is said here, once ROW_NUMBER with a condition
 * has become a top-N; and aggregates of frames that end get the kernels that take rows
 * back. */
#include "optimize/rules.h"

#include "agg/agg_over.h"

static enum code check_order(const struct plan_over *over, struct span span, struct error *err)
{
    bool by_time = plan_over_is_by_time(over);
    if (over->order_count == 0) {
        error_at(err, E_PLAN, span, "OVER needs an order: a stream has no other one");
        error_hint(err, "Add ORDER BY a time attribute.");
        return E_PLAN;
    }
    for (uint32_t i = 0; i < over->order_count; i++) {
        if (!over->order[i].descending)
            continue;
        error_at(err, E_PLAN, span, "the order of OVER can only be ascending in a stream");
        error_hint(err, "ROW_NUMBER() with a condition, such as WHERE rn <= 3, takes any order.");
        return E_PLAN;
    }
    if (by_time && over->order_count > 1)
        return error_at(err, E_PLAN, span,
                        "OVER that is ordered by a time attribute cannot be ordered by more");
    if (by_time && plan_updates(over->base.inputs[0])) {
        error_at(err, E_PLAN, span,
                 "OVER by time needs rows that are only inserted, and its input updates or deletes "
                 "rows");
        error_hint(err, "Aggregate with GROUP BY, or order by a column that is no time attribute.");
        return E_PLAN;
    }
    if (!by_time && over->preceding >= 0)
        return error_at(err, E_PLAN, span,
                        "a frame that does not begin with UNBOUNDED PRECEDING needs the order of a "
                        "time attribute");
    return OK;
}

static enum code check_call(const struct plan_over *over, const struct agg_call *call,
                            struct error *err)
{
    const char *name = call->agg->function->name;
    switch (agg_over_function(call->agg)) {
    case OVER_NONE:
    case OVER_ROW_NUMBER:
    case OVER_LAG:
        return OK;
    case OVER_RANK:
    case OVER_DENSE_RANK:
        return plan_over_is_by_time(over)
                   ? OK
                   : error_at(err, E_PLAN, call->span,
                              "%s needs the order of a time attribute in a stream", name);
    case OVER_LEAD:
        return error_at(err, E_PLAN, call->span, "LEAD needs rows that have not come yet");
    case OVER_PERCENT_RANK:
    case OVER_CUME_DIST:
    case OVER_NTILE:
        break;
    }
    return error_at(err, E_PLAN, call->span, "%s needs to know all rows, and a stream has no end",
                    name);
}

static enum code take_back(struct optimizer *o, const struct agg_call *call, struct error *err)
{
    if (agg_over_function(call->agg) != OVER_NONE ||
        agg_set_takes_back(o->arena, call->agg, call->span, err) == OK)
        return OK;
    error_at(err, E_PLAN, call->span,
             "%s cannot take rows back, and those that fall out of the frame have to be",
             call->agg->function->name);
    error_hint(err, "Let the frame begin with UNBOUNDED PRECEDING, or use a function that can.");
    return E_PLAN;
}

enum code rule_over(struct optimizer *o, struct error *err)
{
    for (uint32_t i = 0; i < o->job->node_count; i++) {
        const struct plan_over *over = (const struct plan_over *)o->job->nodes[i];
        if (!plan_derive(o->arena, o->job->nodes[i])) /* top-N are new below */
            return error_nomem(err);
        if (over->base.kind != PLAN_OVER)
            continue;
        for (uint32_t c = 0; c < over->call_count; c++)
            TRY(check_call(over, &over->calls[c], err));
        TRY(check_order(over, over->calls[0].span, err));
        for (uint32_t c = 0; c < over->call_count && over->preceding >= 0; c++)
            TRY(take_back(o, &over->calls[c], err));
    }
    return OK;
}
