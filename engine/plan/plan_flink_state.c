/* plan_flink_state.c -- Flink's EXPLAIN of joins, top-N and what else keeps something. */
#include "plan/plan_flink_inner.h"

#include "expr/table_function.h"

/* ---- names -------------------------------------------------------------------------------- */

struct str *flink_new_names(struct flink *f, const struct plan *node)
{
    struct str *items = arena_array(f->arena, struct str, node->field_count + 1);
    f->failed = f->failed || !items;
    if (items)
        f->names[node->id] = (struct flink_names){ items, node->field_count };
    return items;
}

void flink_put_logical(struct flink *f, const char *name)
{
    buf_printf(&f->text, "%s%s(", f->style == FLINK_LOGICAL ? "Logical" : "", name);
}

/* Names of the right side that the left has too get a number behind them. */
static bool name_pairs(struct flink *f, const struct plan *node, const struct plan *left,
                       const struct str *right, uint32_t right_count)
{
    const struct flink_names *a = flink_names_of(f, left);
    struct str *items = flink_new_names(f, node);
    for (uint32_t i = 0; items && i < node->field_count; i++) {
        if (i < a->count) {
            items[i] = a->items[i];
            continue;
        }
        struct str name = i - a->count < right_count ? right[i - a->count] : STR("?");
        items[i] = name;
        bool taken = true;
        for (uint32_t number = 0; taken; number++) {
            taken = false;
            for (uint32_t k = 0; k < i; k++)
                taken = taken || str_eq(items[k], items[i]);
            if (!taken)
                break;
            char *made = arena_printf(f->arena, STR_FMT "%u", STR_ARG(name), number);
            if (!made) {
                f->failed = true;
                return false;
            }
            items[i] = str_of(made);
        }
    }
    return items != NULL;
}

/* ---- joins ---------------------------------------------------------------------------------- */

static const char *join_name(enum join_type type)
{
    static const char *const names[] = {
        [INNER_JOIN] = "InnerJoin",      [LEFT_JOIN] = "LeftOuterJoin",
        [RIGHT_JOIN] = "RightOuterJoin", [FULL_JOIN] = "FullOuterJoin",
        [SEMI_JOIN] = "LeftSemiJoin",    [ANTI_JOIN] = "LeftAntiJoin"
    };
    return names[type];
}

static void put_equal(struct flink *f, struct str a, struct str b)
{
    buf_printf(&f->text,
               f->style == FLINK_EXECUTION ? "(" STR_FMT " = " STR_FMT ")"
                                           : "=(" STR_FMT ", " STR_FMT ")",
               STR_ARG(a), STR_ARG(b));
}

static void put_interval_bound(struct flink *f, struct str right, const char *sign, struct str left,
                               int64_t us)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {
        { 86400000000, "DAY" }, { 3600000000, "HOUR" }, { 60000000, "MINUTE" }, { 0, "SECOND" }
    };
    size_t i = 0;
    while (units[i].us != 0 && us % units[i].us != 0)
        i++;
    const char *by = us < 0 ? "-" : "+";
    long long ms = (us < 0 ? -us : us) / 1000;
    if (f->style == FLINK_EXECUTION)
        buf_printf(&f->text, "(" STR_FMT " %s (" STR_FMT " %s %lld:INTERVAL %s))", STR_ARG(right),
                   sign, STR_ARG(left), by, ms, units[i].name);
    else
        buf_printf(&f->text, "%s(" STR_FMT ", %s(" STR_FMT ", %lld:INTERVAL %s))", sign,
                   STR_ARG(right), by, STR_ARG(left), ms, units[i].name);
}

/* All conditions as one. */
static void put_where(struct flink *f, const struct plan_join *join,
                      const struct plan_interval_join *interval)
{
    const struct flink_names *names = flink_names_of(f, &join->base);
    struct flink_names both = *names;
    uint32_t left = join->base.inputs[0]->field_count;
    uint32_t parts = join->key_count + (join->condition ? 1 : 0) + (interval ? 2 : 0);
    bool infix = f->style == FLINK_EXECUTION;
    struct str all[512];
    if (names->count < left + join->base.inputs[1]->field_count) { /* SEMI, ANTI: the left side's */
        const struct flink_names *right = flink_names_of(f, join->base.inputs[1]);
        uint32_t n = 0;
        for (uint32_t i = 0; i < names->count && n < countof(all); i++)
            all[n++] = names->items[i];
        for (uint32_t i = 0; i < right->count && n < countof(all); i++)
            all[n++] = right->items[i];
        both = (struct flink_names){ all, n };
    }
    if (parts > 1)
        buf_text(&f->text, infix ? "(" : "AND(");
    const char *between = infix ? " AND " : ", ";
    uint32_t n = 0;
    for (uint32_t i = 0; i < join->key_count; i++) {
        buf_text(&f->text, n++ > 0 ? between : "");
        if (join->keys[0][i] < both.count && left + join->keys[1][i] < both.count)
            put_equal(f, both.items[join->keys[0][i]], both.items[left + join->keys[1][i]]);
    }
    if (interval) {
        struct str a = both.items[interval->time[0]], b = both.items[left + interval->time[1]];
        buf_text(&f->text, n++ > 0 ? between : "");
        put_interval_bound(f, b, ">=", a, -interval->upper_us);
        buf_text(&f->text, between);
        put_interval_bound(f, b, "<=", a, -interval->lower_us);
    }
    if (join->condition) {
        buf_text(&f->text, n > 0 ? between : "");
        flink_print_expr(&f->text, join->condition, &both, f->style);
    }
    buf_text(&f->text, parts > 1 ? ")" : parts == 0 ? "true" : "");
}

static const char *input_spec(const struct plan_join *join, uint32_t k)
{
    const struct plan *input = join->base.inputs[k];
    if (input->key_count == 0)
        return "NoUniqueKey";
    return plan_has_key_in(input, join->keys[k], join->key_count) ? "JoinKeyContainsUniqueKey"
                                                                  : "HasUniqueKey";
}

static struct flink_node *build_join(struct flink *f, const struct plan_join *join)
{
    static const char *const logical[] = { "inner", "left", "right", "full", "semi", "anti" };
    const struct plan *node = &join->base, *left = node->inputs[0], *right = node->inputs[1];
    struct flink_node *sides[2] = { flink_build(f, left), flink_build(f, right) };
    if (!sides[0] || !sides[1])
        return NULL;
    const struct flink_names *b = flink_names_of(f, right);
    if (!name_pairs(f, node, left, b->items, b->count))
        return NULL;
    const struct plan_interval_join *interval =
        node->kind == PLAN_INTERVAL_JOIN ? (const struct plan_interval_join *)node : NULL;
    if (f->style == FLINK_LOGICAL) {
        buf_text(&f->text, "LogicalJoin(condition=[");
        put_where(f, join, interval);
        buf_printf(&f->text, "], joinType=[%s])", logical[join->type]);
        return flink_node_make(f, sides[0], sides[1]);
    }
    for (uint32_t k = 0; k < 2; k++)
        sides[k] = flink_exchange(f, sides[k], flink_names_of(f, node->inputs[k]), join->keys[k],
                                  join->key_count);
    const char *name = interval                           ? "IntervalJoin"
                       : node->kind == PLAN_TEMPORAL_JOIN ? "TemporalJoin"
                       : node->kind == PLAN_WINDOW_JOIN   ? "WindowJoin"
                                                          : "Join";
    buf_printf(&f->text, "%s(joinType=[%s], ", name, join_name(join->type));
    if (interval)
        buf_printf(&f->text,
                   "windowBounds=[isRowTime=%s, leftLowerBound=%lld, leftUpperBound=%lld, "
                   "leftTimeIndex=%u, rightTimeIndex=%u], ",
                   interval->proctime ? "false" : "true", (long long)(interval->lower_us / 1000),
                   (long long)(interval->upper_us / 1000), interval->time[0], interval->time[1]);
    buf_text(&f->text, "where=[");
    put_where(f, join, interval);
    buf_text(&f->text, "], select=");
    flink_put_names(&f->text, flink_names_of(f, node));
    if (node->kind == PLAN_JOIN)
        buf_printf(&f->text, ", leftInputSpec=[%s], rightInputSpec=[%s]", input_spec(join, 0),
                   input_spec(join, 1));
    buf_char(&f->text, ')');
    return sides[0] && sides[1] ? flink_node_make(f, sides[0], sides[1]) : NULL;
}

static bool reads_column(const struct expr *e, uint32_t column)
{
    if (e->kind == EXPR_COLUMN)
        return e->column == column;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (reads_column(e->args[i], column))
            return true;
    return false;
}

/* Does a calc that reads the node read this column of it?  Other readers read all of them. */
static bool is_read(const struct flink *f, const struct plan *node, uint32_t column)
{
    for (uint32_t i = 0; i < f->job->node_count; i++) {
        const struct plan *reader = f->job->nodes[i];
        const struct plan_calc *calc = (const struct plan_calc *)reader;
        bool reads = false;
        for (uint32_t k = 0; k < reader->input_count; k++)
            reads = reads || reader->inputs[k] == node;
        if (reads && (reader->kind != PLAN_CALC || !calc->exprs))
            return true;
        if (reads && calc->filter && reads_column(calc->filter, column))
            return true;
        for (uint32_t c = 0; reads && c < reader->field_count; c++)
            if (reads_column(calc->exprs[c], column))
                return true;
    }
    return false;
}

static struct flink_node *build_lookup(struct flink *f, const struct plan_lookup *plan)
{
    const struct plan *input = plan->base.inputs[0];
    struct flink_node *below = flink_build(f, input);
    const struct flink_names *in = flink_names_of(f, input);
    const struct schema *schema = plan->def.schema;
    struct str *right = arena_array(f->arena, struct str, schema->count + 1);
    if (!below || !right)
        return NULL;
    for (uint32_t i = 0; i < schema->count; i++)
        right[i] = schema->fields[i].name;
    if (!name_pairs(f, &plan->base, input, right, schema->count))
        return NULL;
    flink_put_logical(f, "LookupJoin");
    buf_printf(&f->text,
               "table=[default_catalog.default_database." STR_FMT "], joinType=[%s], lookup=[",
               STR_ARG(plan->def.name), join_name(plan->type));
    for (uint32_t i = 0; i < plan->key_count; i++)
        buf_printf(&f->text, "%s" STR_FMT "=" STR_FMT, i > 0 ? ", " : "",
                   STR_ARG(right[plan->table_keys[i]]), STR_ARG(in->items[plan->keys[i]]));
    buf_text(&f->text, "], select=[");
    const struct flink_names *names = flink_names_of(f, &plan->base);
    uint32_t n = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        bool shown = i < in->count || is_read(f, &plan->base, i);
        for (uint32_t k = 0; k < plan->key_count && !shown; k++)
            shown = plan->table_keys[k] == i - in->count;
        if (shown)
            buf_printf(&f->text, "%s" STR_FMT, n++ > 0 ? ", " : "", STR_ARG(names->items[i]));
    }
    buf_text(&f->text, "])");
    return flink_node_make(f, below, NULL);
}

/* ---- order ------------------------------------------------------------------------------------ */

static void put_order(struct flink *f, const struct plan *input, const struct plan_order *order,
                      uint32_t count)
{
    const struct flink_names *in = flink_names_of(f, input);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&f->text, "%s" STR_FMT " %s", i > 0 ? ", " : "",
                   STR_ARG(in->items[order[i].column]), order[i].descending ? "DESC" : "ASC");
}

static struct flink_node *build_rank(struct flink *f, const struct plan_rank *plan)
{
    const struct plan *input = plan->base.inputs[0];
    struct flink_node *below = flink_build(f, input);
    const struct flink_names *in = flink_names_of(f, input);
    struct str *items = below ? flink_new_names(f, &plan->base) : NULL;
    if (!items)
        return NULL;
    for (uint32_t i = 0; i < plan->base.field_count; i++)
        items[i] = i < in->count ? in->items[i] : flink_alias(f, &plan->base, i);
    below = flink_exchange(f, below, in, plan->keys, plan->key_count);
    bool in_window = plan->window_end != PLAN_NO_COLUMN;
    flink_put_logical(f, in_window ? "WindowRank" : "Rank");
    if (!in_window)
        buf_printf(&f->text, "strategy=[%s], ",
                   plan->update_key      ? "UpdateFastStrategy"
                   : plan_updates(input) ? "RetractStrategy"
                                         : "AppendFastStrategy");
    buf_printf(&f->text, "rankType=[ROW_NUMBER], rankRange=[rankStart=%llu, rankEnd=%llu], ",
               (unsigned long long)plan->start, (unsigned long long)plan->end);
    if (plan->key_count > 0) {
        buf_text(&f->text, "partitionBy=");
        flink_put_columns(&f->text, in, plan->keys, plan->key_count);
        buf_text(&f->text, ", ");
    }
    buf_text(&f->text, "orderBy=[");
    put_order(f, input, plan->order, plan->order_count);
    buf_text(&f->text, "], select=");
    flink_put_names(&f->text, flink_names_of(f, &plan->base));
    buf_char(&f->text, ')');
    return below ? flink_node_make(f, below, NULL) : NULL;
}

static struct flink_node *build_dedup(struct flink *f, const struct plan_dedup *plan)
{
    const struct plan *input = plan->base.inputs[0];
    struct flink_node *below = flink_build(f, input);
    const struct flink_names *in = flink_names_of(f, input);
    if (!below || (plan->normalizes && f->style == FLINK_LOGICAL))
        return below;
    below = flink_exchange(f, below, in, plan->keys, plan->key_count);
    if (plan->normalizes) {
        buf_text(&f->text, "ChangelogNormalize(key=");
        flink_put_columns(&f->text, in, plan->keys, plan->key_count);
    } else if (f->style == FLINK_PHYSICAL && plan->window_end == PLAN_NO_COLUMN) {
        struct str time = plan->time != PLAN_NO_COLUMN ? in->items[plan->time] : STR("PROCTIME()");
        buf_text(&f->text, "Rank(strategy=[AppendFastStrategy], rankType=[ROW_NUMBER], "
                           "rankRange=[rankStart=1, rankEnd=1], partitionBy=");
        flink_put_columns(&f->text, in, plan->keys, plan->key_count);
        buf_printf(&f->text, ", orderBy=[%s" STR_FMT " %s], select=",
                   plan->time != PLAN_NO_COLUMN ? "ROWTIME " : "", STR_ARG(time),
                   plan->keep_last ? "DESC" : "ASC");
        flink_put_names(&f->text, in);
    } else {
        bool in_window = plan->window_end != PLAN_NO_COLUMN;
        flink_put_logical(f, in_window ? "WindowDeduplicate" : "Deduplicate");
        buf_printf(&f->text, "keep=[%s], key=", plan->keep_last ? "LastRow" : "FirstRow");
        flink_put_columns(&f->text, in, plan->keys, plan->key_count);
        buf_printf(&f->text, ", order=[%s], outputInsertOnly=[%s]",
                   plan->time == PLAN_NO_COLUMN ? "PROCTIME" : "ROWTIME",
                   plan->base.changes == CHANGES_INSERT ? "true" : "false");
    }
    buf_char(&f->text, ')');
    return below ? flink_node_make(f, below, NULL) : NULL;
}

static struct flink_node *build_over(struct flink *f, const struct plan_over *plan)
{
    const struct plan *input = plan->base.inputs[0];
    struct flink_node *below = flink_build(f, input);
    const struct flink_names *in = flink_names_of(f, input);
    if (!below)
        return NULL;
    below = flink_exchange(f, below, in, plan->keys, plan->key_count);
    flink_put_logical(f, "OverAggregate");
    if (plan->key_count > 0) {
        buf_text(&f->text, "partitionBy=");
        flink_put_columns(&f->text, in, plan->keys, plan->key_count);
        buf_text(&f->text, ", ");
    }
    buf_text(&f->text, "orderBy=[");
    put_order(f, input, plan->order, plan->order_count);
    buf_printf(&f->text, "], window=[ %s BETWEEN ", plan->rows ? "ROWS" : "RANG");
    if (plan->preceding < 0)
        buf_text(&f->text, "UNBOUNDED");
    else
        buf_printf(&f->text, "%lld", (long long)(plan->preceding / (plan->rows ? 1 : 1000)));
    buf_text(&f->text, " PRECEDING AND CURRENT ROW], select=[");
    for (uint32_t i = 0; i < in->count; i++)
        buf_printf(&f->text, STR_FMT ", ", STR_ARG(in->items[i]));
    for (uint32_t i = 0; i < plan->call_count; i++) {
        buf_text(&f->text, i > 0 ? ", " : "");
        flink_put_call(f, &plan->calls[i], in);
        buf_printf(&f->text, " AS " STR_FMT,
                   STR_ARG(flink_names_of(f, &plan->base)->items[in->count + i]));
    }
    buf_text(&f->text, "])");
    return below ? flink_node_make(f, below, NULL) : NULL;
}

/* ---- the rest --------------------------------------------------------------------------------- */

static struct flink_node *build_correlate(struct flink *f, const struct plan_correlate *plan)
{
    struct flink_node *below = flink_build(f, plan->base.inputs[0]);
    const struct flink_names *in = flink_names_of(f, plan->base.inputs[0]);
    flink_put_logical(f, "Correlate");
    buf_printf(&f->text, "invocation=[%s(", plan->function->name);
    for (uint32_t i = 0; below && i < plan->arg_count; i++)
        buf_printf(&f->text, "%s" STR_FMT, i > 0 ? ", " : "", STR_ARG(in->items[plan->args[i]]));
    buf_printf(&f->text, ")], select=");
    flink_put_names(&f->text, flink_names_of(f, &plan->base));
    buf_printf(&f->text, ", joinType=[%s])", plan->left ? "LEFT" : "INNER");
    return below ? flink_node_make(f, below, NULL) : NULL;
}

struct flink_node *flink_build_stateful(struct flink *f, const struct plan *node)
{
    struct flink_node *below;
    switch (node->kind) {
    case PLAN_GROUP:
        return flink_build_group(f, (const struct plan_group *)node);
    case PLAN_WINDOW:
        return flink_build_window(f, (const struct plan_window *)node);
    case PLAN_ASSIGN:
        return flink_build_assign(f, (const struct plan_assign *)node);
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
    case PLAN_TEMPORAL_JOIN:
        return build_join(f, (const struct plan_join *)node);
    case PLAN_LOOKUP:
        return build_lookup(f, (const struct plan_lookup *)node);
    case PLAN_RANK:
        return build_rank(f, (const struct plan_rank *)node);
    case PLAN_DEDUP:
        return build_dedup(f, (const struct plan_dedup *)node);
    case PLAN_OVER:
        return build_over(f, (const struct plan_over *)node);
    case PLAN_CORRELATE:
        return build_correlate(f, (const struct plan_correlate *)node);
    case PLAN_LIMIT: {
        const struct plan_limit *limit = (const struct plan_limit *)node;
        below = flink_build(f, node->inputs[0]);
        flink_put_logical(f, f->style == FLINK_LOGICAL ? "Sort" : "Limit");
        buf_printf(&f->text, "offset=[%llu]", (unsigned long long)limit->offset);
        if (limit->limit != UINT64_MAX)
            buf_printf(&f->text, ", fetch=[%llu]", (unsigned long long)limit->limit);
        buf_char(&f->text, ')');
        return below ? flink_node_make(f, below, NULL) : NULL;
    }
    case PLAN_SORT: {
        const struct plan_sort *sort = (const struct plan_sort *)node;
        below = flink_build(f, node->inputs[0]);
        flink_put_logical(f, sort->by_time && f->style != FLINK_LOGICAL ? "TemporalSort" : "Sort");
        buf_text(&f->text, "orderBy=[");
        put_order(f, node->inputs[0], sort->order, sort->order_count);
        buf_text(&f->text, "])");
        return below ? flink_node_make(f, below, NULL) : NULL;
    }
    case PLAN_EXPAND: {
        const struct plan_expand *expand = (const struct plan_expand *)node;
        below = flink_build(f, node->inputs[0]);
        flink_put_logical(f, "Expand");
        buf_printf(&f->text, "sets=[%u])", expand->set_count);
        return below ? flink_node_make(f, below, NULL) : NULL;
    }
    default:
        return flink_build(f, node->inputs[0]);
    }
}
