/* monotonic.c -- does a column only grow while its row is updated?
 *
 * COUNT and MAX of a group grow, MIN shrinks, as long as the group's input only inserts;
 * what the group is made by stays.  A top-N in such an order needs no more rows than it
 * shows (Flink's RelMdModifiedMonotonicity and UpdateFastStrategy). */
#include "optimize/rules.h"

enum trend { TREND_NONE, TREND_CONSTANT, TREND_UP, TREND_DOWN };

static enum trend trend_of_call(const struct agg_call *call)
{
    const char *name = call->agg->function->name;
    if (strcmp(name, "COUNT") == 0 || strcmp(name, "MAX") == 0)
        return TREND_UP;
    return strcmp(name, "MIN") == 0 ? TREND_DOWN : TREND_NONE;
}

static enum trend trend_of(const struct plan *plan, uint32_t column)
{
    switch (plan->kind) {
    case PLAN_CALC: {
        const struct plan_calc *calc = (const struct plan_calc *)plan;
        if (calc->filter)
            return TREND_NONE; /* a row that passes no more is taken back */
        if (!calc->exprs)
            return trend_of(plan->inputs[0], column);
        const struct expr *e = calc->exprs[column];
        if (e->kind == EXPR_COLUMN)
            return trend_of(plan->inputs[0], e->column);
        return e->kind == EXPR_LITERAL ? TREND_CONSTANT : TREND_NONE;
    }
    case PLAN_FOLD:
    case PLAN_EXCHANGE:
        return trend_of(plan->inputs[0], column);
    case PLAN_GROUP: {
        const struct plan_group *group = (const struct plan_group *)plan;
        if (column < group->key_count)
            return TREND_CONSTANT;
        return plan_updates(plan->inputs[0]) ? TREND_NONE
                                             : trend_of_call(&group->calls[column -
                                                                           group->key_count]);
    }
    default:
        return TREND_NONE;
    }
}

/* Do updates leave this column alone or move it towards the front?  NULL, which MIN and MAX are until
 * there is a value, has to be behind all values then. */
static bool moves_up(const struct plan *input, const struct plan_order *order)
{
    enum trend trend = trend_of(input, order->column);
    if (trend == TREND_CONSTANT)
        return true;
    return trend == (order->descending ? TREND_UP : TREND_DOWN) &&
           (order->nulls_last || input->fields[order->column].type->not_null);
}

void rank_find_update_key(struct plan_rank *rank)
{
    const struct plan *input = rank->base.inputs[0];
    rank->update_key = NULL;
    if (!plan_updates(input) || input->changes & CHANGES_DELETE || rank->order_count == 0 ||
        rank->window_end != PLAN_NO_COLUMN)
        return;
    for (uint32_t i = 0; i < rank->order_count; i++)
        if (!moves_up(input, &rank->order[i]))
            return;
    /* With the partition in it: a row never leaves its partition. */
    rank->update_key = plan_key_over(input, rank->keys, rank->key_count);
}
