/* plan_print_node.c -- EXPLAIN's words for the operators that keep state, and for what
 * stands around them. */
#include "plan/plan_print.h"

#include "expr/table_function.h"

static struct str name_of(const struct plan *input, uint32_t column)
{
    return column < input->field_count ? input->fields[column].name : STR("?");
}

static void put_columns(struct buf *out, const char *label, const struct plan *input,
                        const uint32_t *columns, uint32_t count)
{
    if (count == 0)
        return;
    buf_printf(out, "%s%s=[", out->size > 0 && out->data[out->size - 1] != ' ' ? " " : "", label);
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, name_of(input, columns[i]));
    }
    buf_char(out, ']');
}

static void put_calls(struct buf *out, const struct plan *input, const struct agg_call *calls,
                      uint32_t count)
{
    if (count == 0)
        return;
    buf_printf(out, "%sselect=[", out->size > 0 && out->data[out->size - 1] != ' ' ? " " : "");
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        agg_call_print(out, &calls[i], input->fields);
    }
    buf_char(out, ']');
}

static void put_order(struct buf *out, const struct plan *input, const struct plan_order *order,
                      uint32_t count)
{
    buf_text(out, " order=[");
    for (uint32_t i = 0; i < count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, name_of(input, order[i].column));
        buf_text(out, order[i].descending ? " DESC" : " ASC");
        if (order[i].nulls_last != order[i].descending)
            buf_text(out, order[i].nulls_last ? " NULLS LAST" : " NULLS FIRST");
    }
    buf_char(out, ']');
}

static void put_condition(struct buf *out, const struct expr *condition,
                          const struct plan *left, const struct plan *right)
{
    if (!condition)
        return;
    enum { NAMES = 256 };
    struct str names[NAMES];
    uint32_t n = 0;
    for (uint32_t i = 0; i < left->field_count && n < NAMES; i++)
        names[n++] = left->fields[i].name;
    for (uint32_t i = 0; right && i < right->field_count && n < NAMES; i++)
        names[n++] = right->fields[i].name;
    buf_text(out, " where=[");
    expr_print(out, condition, names, n);
    buf_char(out, ']');
}

static void put_duration(struct buf *out, int64_t us)
{
    if (us % 1000000 == 0)
        buf_printf(out, "%lld s", (long long)(us / 1000000));
    else
        buf_printf(out, "%lld ms", (long long)(us / 1000));
}

static void put_window(struct buf *out, const struct plan *input, const struct window_spec *w)
{
    static const char *const names[] = { [WINDOW_TUMBLE] = "TUMBLE",
                                         [WINDOW_HOP] = "HOP",
                                         [WINDOW_CUMULATE] = "CUMULATE",
                                         [WINDOW_SESSION] = "SESSION",
                                         [WINDOW_ATTACHED] = "ATTACHED" };
    buf_printf(out, "%s(", names[w->kind]);
    if (w->kind == WINDOW_ATTACHED) {
        buf_str(out, name_of(input, w->start));
        buf_text(out, ", ");
        buf_str(out, name_of(input, w->end));
    } else {
        if (w->proctime)
            buf_text(out, "processing time");
        else
            buf_str(out, name_of(input, w->time));
        if (w->kind == WINDOW_HOP || w->kind == WINDOW_CUMULATE) {
            buf_text(out, ", ");
            put_duration(out, w->step_us);
        }
        buf_text(out, ", ");
        put_duration(out, w->size_us);
        if (w->offset_us != 0) {
            buf_text(out, ", offset ");
            put_duration(out, w->offset_us);
        }
    }
    buf_char(out, ')');
    put_columns(out, "partition", input, w->partition, w->partition_count);
}

static void put_join(struct buf *out, const struct plan_join *join)
{
    static const char *const types[] = { [INNER_JOIN] = "INNER", [LEFT_JOIN] = "LEFT",
                                         [RIGHT_JOIN] = "RIGHT", [FULL_JOIN] = "FULL",
                                         [SEMI_JOIN] = "SEMI",   [ANTI_JOIN] = "ANTI" };
    const struct plan *left = join->base.inputs[0], *right = join->base.inputs[1];
    buf_printf(out, "%s on=[", types[join->type]);
    for (uint32_t i = 0; i < join->key_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, name_of(left, join->keys[0][i]));
        buf_text(out, join->null_equal && join->null_equal[i] ? " IS NOT DISTINCT FROM " : " = ");
        buf_str(out, name_of(right, join->keys[1][i]));
    }
    buf_char(out, ']');
    put_condition(out, join->condition, left, right);
    if (join->single)
        buf_text(out, " single");
}

static void put_interval(struct buf *out, const struct plan_interval_join *join)
{
    put_join(out, &join->join);
    buf_text(out, " within=[");
    put_duration(out, join->lower_us);
    buf_text(out, ", ");
    put_duration(out, join->upper_us);
    buf_printf(out, "] time=%s", join->proctime ? "processing" : "event");
}

static void put_lookup(struct buf *out, const struct plan_lookup *lookup)
{
    const struct plan *input = lookup->base.inputs[0];
    buf_printf(out, "%s " STR_FMT " (%s) on=[", lookup->type == LEFT_JOIN ? "LEFT" : "INNER",
               STR_ARG(lookup->def.name), lookup->connector->name);
    for (uint32_t i = 0; i < lookup->key_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        buf_str(out, name_of(input, lookup->keys[i]));
        buf_text(out, " = ");
        buf_str(out, lookup->def.schema->fields[lookup->table_keys[i]].name);
    }
    buf_char(out, ']');
    struct plan table = { .fields = (struct field *)lookup->def.schema->fields,
                          .field_count = lookup->def.schema->count };
    put_condition(out, lookup->condition, input, &table);
}

static void put_rank(struct buf *out, const struct plan_rank *rank)
{
    const struct plan *input = rank->base.inputs[0];
    put_columns(out, "partition", input, rank->keys, rank->key_count);
    put_order(out, input, rank->order, rank->order_count);
    if (rank->end_column != PLAN_NO_COLUMN)
        buf_printf(out, " rows=%llu.." STR_FMT, (unsigned long long)rank->start,
                   STR_ARG(name_of(input, rank->end_column)));
    else
        buf_printf(out, " rows=%llu..%llu", (unsigned long long)rank->start,
                   (unsigned long long)rank->end);
    if (rank->with_rank)
        buf_text(out, " with-rank");
    if (rank->update_key)
        put_columns(out, "updated-by", input, rank->update_key->columns, rank->update_key->count);
    if (rank->window_end != PLAN_NO_COLUMN)
        buf_printf(out, " at=" STR_FMT, STR_ARG(name_of(input, rank->window_end)));
}

static void put_dedup(struct buf *out, const struct plan_dedup *dedup)
{
    const struct plan *input = dedup->base.inputs[0];
    buf_text(out, dedup->normalizes ? "changelog" : dedup->keep_last ? "last" : "first");
    put_columns(out, "key", input, dedup->keys, dedup->key_count);
    if (dedup->time == PLAN_NO_COLUMN)
        buf_text(out, " by=arrival");
    else
        buf_printf(out, " by=" STR_FMT, STR_ARG(name_of(input, dedup->time)));
    if (dedup->window_end != PLAN_NO_COLUMN)
        buf_printf(out, " at=" STR_FMT, STR_ARG(name_of(input, dedup->window_end)));
}

static void put_over(struct buf *out, const struct plan_over *over)
{
    const struct plan *input = over->base.inputs[0];
    put_columns(out, "partition", input, over->keys, over->key_count);
    put_order(out, input, over->order, over->order_count);
    buf_text(out, over->rows ? " ROWS " : " RANGE ");
    if (over->preceding < 0)
        buf_text(out, "UNBOUNDED");
    else if (over->rows)
        buf_printf(out, "%lld", (long long)over->preceding);
    else
        put_duration(out, over->preceding);
    buf_text(out, " PRECEDING");
    put_calls(out, input, over->calls, over->call_count);
}

static void put_watermark(struct buf *out, const struct plan_watermark *w)
{
    buf_printf(out, STR_FMT ": ", STR_ARG(w->scan->def.name));
    if (w->watermark) {
        const struct plan *input = w->base.inputs[0];
        struct str names[256];
        uint32_t n = MIN(input->field_count, countof(names));
        for (uint32_t i = 0; i < n; i++)
            names[i] = input->fields[i].name;
        expr_print(out, w->watermark, names, n);
    } else {
        buf_text(out, w->scan->watermark->text);
    }
    if (w->idle_ms > 0) {
        buf_text(out, " idle-after=");
        put_duration(out, w->idle_ms * 1000);
    }
}

void plan_print_stateful(struct buf *out, const struct plan *node)
{
    const struct plan *input = node->input_count > 0 ? node->inputs[0] : NULL;
    switch (node->kind) {
    case PLAN_WATERMARK:
        put_watermark(out, (const struct plan_watermark *)node);
        break;
    case PLAN_GROUP: {
        const struct plan_group *group = (const struct plan_group *)node;
        put_columns(out, "by", input, group->keys, group->key_count);
        put_calls(out, input, group->calls, group->call_count);
        break;
    }
    case PLAN_WINDOW: {
        const struct plan_window *window = (const struct plan_window *)node;
        put_window(out, input, &window->window);
        put_columns(out, "by", input, window->keys, window->key_count);
        put_calls(out, input, window->calls, window->call_count);
        break;
    }
    case PLAN_ASSIGN:
        put_window(out, input, &((const struct plan_assign *)node)->window);
        break;
    case PLAN_EXPAND: {
        const struct plan_expand *expand = (const struct plan_expand *)node;
        put_columns(out, "columns", input, expand->columns, expand->column_count);
        buf_printf(out, " sets=%u", expand->set_count);
        break;
    }
    case PLAN_JOIN:
        put_join(out, (const struct plan_join *)node);
        break;
    case PLAN_WINDOW_JOIN: {
        const struct plan_window_join *join = (const struct plan_window_join *)node;
        put_join(out, &join->join);
        buf_printf(out, " at=" STR_FMT, STR_ARG(name_of(input, join->end[0])));
        break;
    }
    case PLAN_INTERVAL_JOIN:
        put_interval(out, (const struct plan_interval_join *)node);
        break;
    case PLAN_TEMPORAL_JOIN: {
        const struct plan_temporal_join *join = (const struct plan_temporal_join *)node;
        put_join(out, &join->join);
        buf_printf(out, " as-of=" STR_FMT, STR_ARG(name_of(input, join->time[0])));
        break;
    }
    case PLAN_LOOKUP:
        put_lookup(out, (const struct plan_lookup *)node);
        break;
    case PLAN_CORRELATE: {
        const struct plan_correlate *c = (const struct plan_correlate *)node;
        buf_printf(out, "%s %s(", c->left ? "LEFT" : "INNER", c->function->name);
        for (uint32_t i = 0; i < c->arg_count; i++) {
            buf_text(out, i > 0 ? ", " : "");
            buf_str(out, name_of(input, c->args[i]));
        }
        buf_text(out, c->with_ordinality ? ") with-ordinality" : ")");
        put_condition(out, c->condition, node, NULL);
        break;
    }
    case PLAN_RANK:
        put_rank(out, (const struct plan_rank *)node);
        break;
    case PLAN_DEDUP:
        put_dedup(out, (const struct plan_dedup *)node);
        break;
    case PLAN_OVER:
        put_over(out, (const struct plan_over *)node);
        break;
    case PLAN_SORT: {
        const struct plan_sort *sort = (const struct plan_sort *)node;
        buf_text(out, sort->by_time ? "by event time" : "at the end of the input");
        put_order(out, input, sort->order, sort->order_count);
        break;
    }
    case PLAN_MATERIALIZE: {
        const struct plan_materialize *m = (const struct plan_materialize *)node;
        put_columns(out, "key", input, m->keys, m->key_count);
        if (m->last_only)
            buf_text(out, " last-writer-wins");
        else if (m->identity)
            put_columns(out, "identity", input, m->identity->columns, m->identity->count);
        break;
    }
    case PLAN_FOLD: {
        const struct plan_fold *fold = (const struct plan_fold *)node;
        put_columns(out, "key", input, fold->keys, fold->key_count);
        break;
    }
    case PLAN_EXCHANGE: {
        const struct plan_exchange *exchange = (const struct plan_exchange *)node;
        if (exchange->key_count == 0)
            buf_text(out, "to one worker");
        put_columns(out, "hash", input, exchange->keys, exchange->key_count);
        break;
    }
    default:
        break;
    }
}
