/* plan_window.c -- which columns are the bounds of a window. */
#include "plan/plan.h"

struct plan_window_column plan_window_column(const struct plan *plan, uint32_t column)
{
    const struct plan_window_column none = { NULL, WINDOW_START };
    switch (plan->kind) {
    case PLAN_CALC: {
        const struct plan_calc *calc = (const struct plan_calc *)plan;
        if (!calc->exprs)
            return plan_window_column(plan->inputs[0], column);
        if (calc->exprs[column]->kind != EXPR_COLUMN)
            return none;
        return plan_window_column(plan->inputs[0], calc->exprs[column]->column);
    }
    case PLAN_ASSIGN: {
        uint32_t before = plan->inputs[0]->field_count;
        if (column < before)
            return none;
        return (struct plan_window_column){ plan, (enum window_property)(column - before) };
    }
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)plan;
        uint32_t before = window->key_count + window->call_count;
        if (column < before)
            return none;
        return (struct plan_window_column){ plan, window->properties[column - before] };
    }
    case PLAN_WINDOW_JOIN: {
        const struct plan_window_join *join = (const struct plan_window_join *)plan;
        uint32_t left = plan->inputs[0]->field_count;
        uint32_t side = column < left ? 0 : 1;
        column -= side * left;
        if (column == join->start[side])
            return (struct plan_window_column){ plan, WINDOW_START };
        if (column == join->end[side])
            return (struct plan_window_column){ plan, WINDOW_END };
        return plan_window_column(plan->inputs[side], column);
    }
    case PLAN_OVER: /* a window top-N is made of it */
    case PLAN_RANK:
    case PLAN_DEDUP:
        return column < plan->inputs[0]->field_count
                   ? plan_window_column(plan->inputs[0], column)
                   : none;
    default:
        return none;
    }
}
