/* bind_temporal.c -- JOIN t FOR SYSTEM_TIME AS OF time.
 *
 * With a row time it is a join with the version of t that was valid then; with processing
 * time the outside table is asked, which is no join of streams. */
#include "bind/binder.h"

static enum code no_versions(const struct ast_from_table *table, const char *why,
                             struct error *err)
{
    error_at(err, E_PLAN, table->path.span, "\"" STR_FMT "\" has no versions: %s",
             STR_ARG(table->path.items[table->path.count - 1].text), why);
    error_hint(err, "FOR SYSTEM_TIME AS OF event time needs a table with PRIMARY KEY and "
                    "WATERMARK, or a view that keeps the last row of each key by event time.");
    return E_PLAN;
}

/* The one row time of the right side. */
static bool row_time(const struct plan *plan, uint32_t *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->field_count; i++)
        if (plan->fields[i].type->time_attribute == TIME_ROWTIME) {
            *ret = i;
            n++;
        }
    return n > 0;
}

/* Is the key of the table among what the join compares? Of views and queries the optimizer knows it
 * (rule_changes.c). */
static bool has_key(struct binder *b, const struct ast_from_table *node,
                    const struct plan_join *join)
{
    struct str name;
    struct error ignored = { 0 };
    if (plan_has_key_in(join->base.inputs[1], join->keys[1], join->key_count))
        return true;
    const struct catalog_table *table = NULL;
    if (bind_object_name(&node->path, &name, &ignored) == OK &&
        !catalog_find_view(b->catalog, name))
        table = catalog_find_table(b->catalog, name);
    if (!table)
        return true;
    if (table->key_count == 0)
        return false;
    for (uint32_t i = 0; i < table->key_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < join->key_count; k++)
            found = found || join->keys[1][k] == table->key[i];
        if (!found)
            return false;
    }
    return true;
}

/* The condition between a table and the join, as views have them; those behind the last row of each
 * key are no such: what has versions is made there. */
static const struct plan *filter_of_table(const struct plan *plan)
{
    const struct plan *filter = NULL;
    for (; plan->kind == PLAN_CALC || plan->kind == PLAN_WATERMARK; plan = plan->inputs[0])
        if (plan->kind == PLAN_CALC && ((const struct plan_calc *)plan)->filter)
            filter = plan;
    return plan->kind == PLAN_SCAN ? filter : NULL;
}

/* Flink refuses it too: a version would end when one begins that the condition hides. */
static enum code check_filter(const struct ast_from_table *table, const struct plan *right,
                              struct error *err)
{
    if (!filter_of_table(right))
        return OK;
    error_at(err, E_PLAN, table->path.span,
             "FOR SYSTEM_TIME AS OF needs all versions, and \"" STR_FMT "\" has a condition",
             STR_ARG(table->path.items[table->path.count - 1].text));
    error_hint(err, "Put the condition behind the join, in WHERE or ON.");
    return E_PLAN;
}

static enum code make_join(struct binder *b, const struct ast_join *node,
                           const struct relation *left, const struct relation *right,
                           struct expr *condition, uint32_t left_time, struct relation *ret,
                           struct error *err)
{
    const struct ast_from_table *table = (const struct ast_from_table *)node->right;
    struct plan_temporal_join *temporal = arena_new(b->arena, struct plan_temporal_join);
    struct plan_join *join =
        plan_join_make(b->arena, node->what == JOIN_LEFT ? LEFT_JOIN : INNER_JOIN, left->plan,
                       right->plan, condition, table->path.span);
    if (!temporal || !join)
        return error_nomem(err);
    temporal->join = *join;
    temporal->join.base.kind = PLAN_TEMPORAL_JOIN;
    temporal->time[0] = left_time;
    if (!row_time(right->plan, &temporal->time[1]))
        return no_versions(table, "it has no event time", err);
    TRY(check_filter(table, right->plan, err));
    if (!plan_join_finish(b->arena, &temporal->join, &ret->plan))
        return error_nomem(err);
    if (has_key(b, table, &temporal->join))
        return OK;
    error_at(err, E_PLAN, node->node.span,
             "the join has to compare the primary key of \"" STR_FMT "\"",
             STR_ARG(table->path.items[table->path.count - 1].text));
    error_hint(err, "FOR SYSTEM_TIME AS OF event time needs a table with PRIMARY KEY and "
                    "WATERMARK, or a view that keeps the last row of each key by event time.");
    return E_PLAN;
}

/* Is it a column of the left side that is event time?  What cannot be bound is not; why, is said where
 * it is bound as something else. */
static enum code find_row_time(struct binder *b, const struct scope *scope,
                               const struct ast_node *node, struct expr **ret, bool *ret_found,
                               struct error *err)
{
    struct error unsaid = { 0 };
    *ret_found = false;
    if (node->kind != AST_COLUMN)
        return OK;
    b->quiet++;
    enum code code = bind_expr(b, scope, node, ret, &unsaid);
    b->quiet--;
    if (code == E_NOMEM)
        return error_nomem(err);
    *ret_found = code == OK && (*ret)->kind == EXPR_COLUMN &&
                 (*ret)->type->time_attribute == TIME_ROWTIME;
    return OK;
}

/* What is no event time has to be processing time. */
static enum code check_processing_time(struct binder *b, const struct scope *scope,
                                       const struct ast_node *node, struct error *err)
{
    struct expr *time;
    TRY(bind_expr(b, scope, node, &time, err));
    if (time->type->time_attribute == TIME_PROCTIME)
        return OK;
    struct buf text;
    buf_init(&text, 256);
    type_print(&text, time->type);
    error_at(err, E_PLAN, node->span,
             "FOR SYSTEM_TIME AS OF needs a time attribute, and this is %s", buf_cstr(&text));
    buf_done(&text);
    error_hint(err, "A time attribute is a column with a WATERMARK in its table, or PROCTIME().");
    return E_PLAN;
}

enum code bind_temporal(struct binder *b, const struct ast_join *node, const struct cte *ctes,
                        struct relation *left, struct relation *ret, struct error *err)
{
    struct ast_from_table now = *(const struct ast_from_table *)node->right;
    struct relation right;
    struct expr *time, *condition;
    bool is_row_time;
    TRY(find_row_time(b, &left->scope, now.as_of, &time, &is_row_time, err));
    if (!is_row_time) {
        TRY(check_processing_time(b, &left->scope, now.as_of, err));
        return bind_lookup_join(b, node, left, ret, err);
    }
    if (node->what != JOIN_INNER && node->what != JOIN_LEFT)
        return error_at(err, E_PLAN, node->node.span,
                        "FOR SYSTEM_TIME AS OF stands in JOIN and LEFT JOIN only");
    if (!node->on)
        return error_at(err, E_SYNTAX, node->node.span, "the join has no condition");
    now.as_of = NULL;
    TRY(bind_from(b, &now.node, ctes, &right, err));
    struct scope both = { .has_gap = left->scope.has_gap || right.scope.has_gap };
    for (uint32_t k = 0; k < 2; k++) {
        const struct relation *side = k == 0 ? left : &right;
        for (uint32_t i = 0; i < side->scope.count; i++) {
            struct scope_item item = side->scope.items[i];
            item.column += k == 0 ? 0 : left->plan->field_count;
            if (!ARENA_PUSH(b->arena, both.items, both.count, both.cap, item))
                return error_nomem(err);
        }
    }
    TRY(bind_condition(b, &both, node->on, "ON", &condition, err));
    if (both.has_gap)
        return bind_told(err);
    *ret = (struct relation){ .scope = both };
    TRY(make_join(b, node, left, &right, condition, time->column, ret, err));
    for (uint32_t i = 0; i < both.count; i++)
        both.items[i].type = ret->plan->fields[both.items[i].column].type;
    return OK;
}
