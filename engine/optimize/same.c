/* same.c -- are two nodes the same operation over the same inputs? */
#include "optimize/rules.h"

static bool same_inputs(const struct plan *a, const struct plan *b)
{
    if (a->kind != b->kind || a->input_count != b->input_count ||
        a->field_count != b->field_count || a->ttl_ms[0] != b->ttl_ms[0] ||
        a->ttl_ms[1] != b->ttl_ms[1])
        return false;
    for (uint32_t i = 0; i < a->input_count; i++)
        if (a->inputs[i] != b->inputs[i])
            return false;
    return true;
}

static bool same_expr(const struct expr *a, const struct expr *b)
{
    if (!a || !b)
        return a == b;
    return !(a->flags & CALL_VOLATILE) && expr_equal(a, b);
}

static bool same_list(const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m)
{
    return n == m && (n == 0 || memcmp(a, b, n * sizeof *a) == 0);
}

static bool same_calls(const struct agg_call *a, uint32_t n, const struct agg_call *b, uint32_t m)
{
    if (n != m)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (a[i].filter != b[i].filter || a[i].distinct != b[i].distinct ||
            !agg_equal(a[i].agg, b[i].agg) ||
            !same_list(a[i].args, a[i].agg->arg_count, b[i].args, b[i].agg->arg_count))
            return false;
    return true;
}

static bool same_order(const struct plan_order *a, uint32_t n, const struct plan_order *b,
                       uint32_t m)
{
    if (n != m)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (a[i].column != b[i].column || a[i].descending != b[i].descending ||
            a[i].nulls_last != b[i].nulls_last)
            return false;
    return true;
}

static bool same_window(const struct window_spec *a, const struct window_spec *b)
{
    return a->kind == b->kind && a->size_us == b->size_us && a->step_us == b->step_us &&
           a->offset_us == b->offset_us && a->proctime == b->proctime &&
           (a->proctime || a->time == b->time) && a->in_zone == b->in_zone &&
           a->legacy == b->legacy && a->start == b->start && a->end == b->end &&
           same_list(a->partition, a->partition_count, b->partition, b->partition_count);
}

static bool same_calc(const struct plan_calc *a, const struct plan_calc *b)
{
    if (!same_expr(a->filter, b->filter) || !a->exprs != !b->exprs)
        return false;
    for (uint32_t i = 0; a->exprs && i < a->base.field_count; i++)
        if (!same_expr(a->exprs[i], b->exprs[i]))
            return false;
    return true;
}

static bool same_join(const struct plan_join *a, const struct plan_join *b)
{
    if (a->type != b->type || a->single != b->single ||
        !same_expr(a->condition, b->condition))
        return false;
    for (uint32_t i = 0; i < a->key_count && i < b->key_count; i++)
        if ((a->null_equal && a->null_equal[i]) != (b->null_equal && b->null_equal[i]))
            return false;
    return same_list(a->keys[0], a->key_count, b->keys[0], b->key_count) &&
           same_list(a->keys[1], a->key_count, b->keys[1], b->key_count);
}

static bool same_group(const struct plan_group *a, const struct plan_group *b)
{
    return same_list(a->keys, a->key_count, b->keys, b->key_count) &&
           same_calls(a->calls, a->call_count, b->calls, b->call_count);
}

static bool same_windows(const struct plan_window *a, const struct plan_window *b)
{
    return same_window(&a->window, &b->window) &&
           same_list(a->keys, a->key_count, b->keys, b->key_count) &&
           same_calls(a->calls, a->call_count, b->calls, b->call_count) &&
           a->property_count == b->property_count &&
           (a->property_count == 0 || memcmp(a->properties, b->properties,
                                             a->property_count * sizeof *a->properties) == 0);
}

static bool same_expand(const struct plan_expand *a, const struct plan_expand *b)
{
    return same_list(a->columns, a->column_count, b->columns, b->column_count) &&
           a->set_count == b->set_count &&
           memcmp(a->sets, b->sets, a->set_count * sizeof *a->sets) == 0;
}

static bool same_lookup(const struct plan_lookup *a, const struct plan_lookup *b)
{
    return a->type == b->type && a->table == b->table && same_expr(a->condition, b->condition) &&
           same_list(a->keys, a->key_count, b->keys, b->key_count) &&
           same_list(a->table_keys, a->key_count, b->table_keys, b->key_count);
}

static bool same_correlate(const struct plan_correlate *a, const struct plan_correlate *b)
{
    return a->function == b->function && a->state == b->state && a->left == b->left &&
           a->with_ordinality == b->with_ordinality && same_expr(a->condition, b->condition) &&
           same_list(a->args, a->arg_count, b->args, b->arg_count);
}

static bool same_rank(const struct plan_rank *a, const struct plan_rank *b)
{
    return same_list(a->keys, a->key_count, b->keys, b->key_count) &&
           same_order(a->order, a->order_count, b->order, b->order_count) &&
           a->start == b->start && a->end == b->end && a->end_column == b->end_column &&
           a->with_rank == b->with_rank && a->window_end == b->window_end;
}

static bool same_dedup(const struct plan_dedup *a, const struct plan_dedup *b)
{
    return same_list(a->keys, a->key_count, b->keys, b->key_count) && a->time == b->time &&
           a->keep_last == b->keep_last && a->normalizes == b->normalizes &&
           a->window_end == b->window_end;
}

static bool same_over(const struct plan_over *a, const struct plan_over *b)
{
    return same_list(a->keys, a->key_count, b->keys, b->key_count) &&
           same_order(a->order, a->order_count, b->order, b->order_count) &&
           a->proctime == b->proctime && a->rows == b->rows && a->preceding == b->preceding &&
           same_calls(a->calls, a->call_count, b->calls, b->call_count);
}

bool plan_same(const struct plan *a, const struct plan *b)
{
    if (!same_inputs(a, b))
        return false;
#define AS(type, x) ((const struct plan_##type *)(x))
    switch (a->kind) {
    case PLAN_CALC:
        return same_calc(AS(calc, a), AS(calc, b));
    case PLAN_UNION:
        return true;
    case PLAN_LIMIT:
        return AS(limit, a)->limit == AS(limit, b)->limit &&
               AS(limit, a)->offset == AS(limit, b)->offset;
    case PLAN_WATERMARK: /* one a table */
        return AS(watermark, a)->scan == AS(watermark, b)->scan;
    case PLAN_GROUP:
        return same_group(AS(group, a), AS(group, b));
    case PLAN_WINDOW:
        return same_windows(AS(window, a), AS(window, b));
    case PLAN_ASSIGN:
        return same_window(&AS(assign, a)->window, &AS(assign, b)->window);
    case PLAN_EXPAND:
        return same_expand(AS(expand, a), AS(expand, b));
    case PLAN_JOIN:
        return same_join(AS(join, a), AS(join, b));
    case PLAN_WINDOW_JOIN:
        return same_join(AS(join, a), AS(join, b)) &&
               memcmp(AS(window_join, a)->end, AS(window_join, b)->end,
                      sizeof AS(window_join, a)->end) == 0;
    case PLAN_INTERVAL_JOIN:
        return same_join(AS(join, a), AS(join, b)) &&
               AS(interval_join, a)->lower_us == AS(interval_join, b)->lower_us &&
               AS(interval_join, a)->upper_us == AS(interval_join, b)->upper_us &&
               AS(interval_join, a)->proctime == AS(interval_join, b)->proctime &&
               memcmp(AS(interval_join, a)->time, AS(interval_join, b)->time,
                      sizeof AS(interval_join, a)->time) == 0;
    case PLAN_TEMPORAL_JOIN:
        return same_join(AS(join, a), AS(join, b)) &&
               memcmp(AS(temporal_join, a)->time, AS(temporal_join, b)->time,
                      sizeof AS(temporal_join, a)->time) == 0;
    case PLAN_LOOKUP:
        return same_lookup(AS(lookup, a), AS(lookup, b));
    case PLAN_CORRELATE:
        return same_correlate(AS(correlate, a), AS(correlate, b));
    case PLAN_RANK:
        return same_rank(AS(rank, a), AS(rank, b));
    case PLAN_DEDUP:
        return same_dedup(AS(dedup, a), AS(dedup, b));
    case PLAN_OVER:
        return same_over(AS(over, a), AS(over, b));
    case PLAN_SORT:
        return same_order(AS(sort, a)->order, AS(sort, a)->order_count, AS(sort, b)->order,
                          AS(sort, b)->order_count);
    case PLAN_SCAN:
    case PLAN_VALUES:
    case PLAN_JSON:
    case PLAN_MATERIALIZE:
    case PLAN_FOLD:
    case PLAN_EXCHANGE:
    case PLAN_SINK:
        break;
    }
#undef AS
    return false;
}
