/* bind_join.c -- JOIN and the comma.
 *
 * FROM is bound before WHERE, and WHERE decides what a comma joins by and whether two
 * row times are near enough; so joins are made with a condition alone, take their part of
 * WHERE (bind_join_where), and get their keys last (plan_join_finish). */
#include "bind/binder.h"

static enum join_type type_of(enum ast_join_kind what)
{
    switch (what) {
    case JOIN_LEFT:
        return LEFT_JOIN;
    case JOIN_RIGHT:
        return RIGHT_JOIN;
    case JOIN_FULL:
        return FULL_JOIN;
    case JOIN_SEMI:
        return SEMI_JOIN;
    case JOIN_ANTI:
        return ANTI_JOIN;
    case JOIN_COMMA:
    case JOIN_CROSS:
    case JOIN_INNER:
        break;
    }
    return INNER_JOIN;
}

/* Appends the columns of a side; `by` is where the side begins. */
static enum code add_side(struct binder *b, struct scope *to, const struct scope *from,
                          uint32_t by, struct error *err)
{
    for (uint32_t i = 0; i < from->count; i++) {
        struct scope_item item = from->items[i];
        item.column += by;
        if (!ARENA_PUSH(b->arena, to->items, to->count, to->cap, item))
            return error_nomem(err);
    }
    return OK;
}

static void take_types(struct scope *scope, const struct plan *plan)
{
    for (uint32_t i = 0; i < scope->count; i++)
        scope->items[i].type = plan->fields[scope->items[i].column].type;
}

/* --- USING and NATURAL -------------------------------------------------------------------- */

struct merged {
    struct ast_name name;
    struct expr *sides[2]; /* over left and right columns */
};

struct merged_list {
    struct merged *items;
    uint32_t count, cap;
};

static enum code merged_column(struct binder *b, const struct relation *sides,
                               const struct ast_name *name, struct merged_list *list,
                               struct error *err)
{
    struct merged merged = { .name = *name };
    for (uint32_t k = 0; k < 2; k++) {
        struct ast_name copy = *name;
        struct ast_names path = { .items = &copy, .count = 1, .span = name->span };
        struct scope scope = sides[k].scope;
        scope.outer = NULL;
        TRY(scope_resolve(b, &scope, &path, &merged.sides[k], err));
    }
    merged.sides[1] =
        plan_shift_columns(b->arena, merged.sides[1], 0, sides[0].plan->field_count);
    if (!merged.sides[1] || !ARENA_PUSH(b->arena, list->items, list->count, list->cap, merged))
        return error_nomem(err);
    return OK;
}

static enum code natural_columns(struct binder *b, const struct relation *sides,
                                 struct merged_list *list, struct error *err)
{
    for (uint32_t i = 0; i < sides[0].scope.count; i++) {
        const struct scope_item *left = &sides[0].scope.items[i];
        bool both = false;
        for (uint32_t k = 0; k < sides[1].scope.count && !left->qualified_only; k++) {
            const struct scope_item *right = &sides[1].scope.items[k];
            both = both || (!right->qualified_only && str_ieq(left->name, right->name));
        }
        struct ast_name name = { .text = left->name };
        if (both)
            TRY(merged_column(b, sides, &name, list, err));
    }
    return OK;
}

/* Equality of the columns of USING. */
static enum code merged_condition(struct binder *b, const struct merged_list *list,
                                  struct span span, struct expr **ret, struct error *err)
{
    struct conjuncts all = { 0 };
    for (uint32_t i = 0; i < list->count; i++) {
        struct expr *pair[2] = { list->items[i].sides[0], list->items[i].sides[1] }, *e;
        struct span at = list->items[i].name.span.size > 0 ? list->items[i].name.span : span;
        TRY(bind_operator(b, "=", pair, 2, at, &e, err));
        if (!ARENA_PUSH(b->arena, all.items, all.count, all.cap, e))
            return error_nomem(err);
    }
    return plan_and(b->arena, &all, ret) ? OK : error_nomem(err);
}

/* A calc behind a FULL join: all its columns, then for each merged one the side that is there. */
static enum code merge_full(struct binder *b, const struct merged_list *list,
                            struct relation *rel, struct error *err)
{
    struct plan *join = rel->plan;
    uint32_t n = join->field_count;
    struct plan *calc = plan_new(b->arena, PLAN_CALC, sizeof(struct plan_calc), n + list->count, 1,
                                 join->span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n + list->count);
    if (!calc || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        calc->fields[i] = join->fields[i];
        if (!(exprs[i] = expr_column(b->arena, i, join->fields[i].type, join->span)))
            return error_nomem(err);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct expr *args[2];
        for (uint32_t k = 0; k < 2; k++)
            args[k] = exprs[list->items[i].sides[k]->column];
        TRY(bind_coalesce(b, args, 2, join->span, &exprs[n + i], err));
        calc->fields[n + i] = (struct field){ list->items[i].name.text, exprs[n + i]->type };
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = join;
    if (!plan_derive(b->arena, calc))
        return error_nomem(err);
    rel->plan = calc;
    return OK;
}

/* Merged columns first; those they stand for can only be named with their table. */
static enum code merged_scope(struct binder *b, const struct merged_list *list,
                              enum join_type type, struct relation *rel, struct error *err)
{
    uint32_t joined = rel->plan->field_count;
    struct scope scope = { 0 };
    if (type == FULL_JOIN) {
        TRY(bind_join_finish(b, rel, err));
        TRY(merge_full(b, list, rel, err));
    }
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t column = type == FULL_JOIN ? joined + i
                                            : list->items[i].sides[type == RIGHT_JOIN]->column;
        if (!scope_add(b, &scope, STR(""), list->items[i].name.text,
                       rel->plan->fields[column].type, column))
            return error_nomem(err);
    }
    for (uint32_t k = 0; k < rel->scope.count; k++)
        for (uint32_t i = 0; i < list->count; i++)
            for (uint32_t s = 0; s < 2; s++)
                if (list->items[i].sides[s]->column == rel->scope.items[k].column)
                    rel->scope.items[k].qualified_only = true;
    TRY(add_side(b, &scope, &rel->scope, 0, err));
    scope.has_gap = rel->scope.has_gap;
    rel->scope = scope;
    return OK;
}

/* --- the join ------------------------------------------------------------------------------- */

/* The name by which a hint calls a side. */
static struct str side_name(const struct ast_node *node)
{
    if (node->kind == AST_FROM_QUERY)
        return ((const struct ast_from_query *)node)->alias.name.text;
    if (node->kind != AST_FROM_TABLE)
        return STR("");
    const struct ast_from_table *table = (const struct ast_from_table *)node;
    return ast_has_name(&table->alias.name) ? table->alias.name.text
                                            : table->path.items[table->path.count - 1].text;
}

/* STATE_TTL('a' = '1 d', 'b' = '12 h') of the SELECT around it. */
static enum code side_ttl(struct binder *b, const struct ast_node *side, int64_t *ret,
                          struct error *err)
{
    struct str name = side_name(side);
    for (uint32_t i = 0; b->select_hints && i < b->select_hints->count; i++) {
        const struct ast_hint *hint = (const struct ast_hint *)b->select_hints->items[i];
        if (!str_iis(hint->name.text, "STATE_TTL"))
            continue;
        for (uint32_t k = 0; k < hint->options.count; k++) {
            const struct ast_option *option = (const struct ast_option *)hint->options.items[k];
            if (!str_ieq(option->key, name))
                continue;
            if (!option_parse_duration_ms(option->value, ret))
                return error_at(err, E_OPTION, option->value_span,
                                "\"" STR_FMT "\" is not a duration", STR_ARG(option->value));
        }
    }
    return OK;
}

static enum code join_sides(struct binder *b, const struct ast_join *node,
                            struct relation *sides, struct relation *ret, struct error *err)
{
    enum join_type type = type_of(node->what);
    struct expr *condition = NULL;
    struct merged_list merged = { 0 };
    struct scope both = { .has_gap = sides[0].scope.has_gap || sides[1].scope.has_gap };
    TRY(add_side(b, &both, &sides[0].scope, 0, err));
    TRY(add_side(b, &both, &sides[1].scope, sides[0].plan->field_count, err));
    for (uint32_t i = 0; i < node->using_.count; i++)
        TRY(merged_column(b, sides, &node->using_.items[i], &merged, err));
    if (node->natural)
        TRY(natural_columns(b, sides, &merged, err));
    enum code failed = OK;
    if (node->on)
        failed = bind_condition(b, &both, node->on, "ON", &condition, err);
    if (failed != OK && !bind_goes_on(b, failed, err))
        return failed;
    if (!node->on)
        TRY(merged_condition(b, &merged, node->node.span, &condition, err));
    struct plan_join *join = plan_join_make(b->arena, type, sides[0].plan, sides[1].plan,
                                            condition, node->right->span);
    if (!join)
        return error_nomem(err);
    join->base.ttl_ms[0] = join->base.ttl_ms[1] = b->env.state_ttl_ms;
    TRY(side_ttl(b, node->left, &join->base.ttl_ms[0], err));
    TRY(side_ttl(b, node->right, &join->base.ttl_ms[1], err));
    *ret = (struct relation){ .plan = &join->base, .scope = both };
    if (type == SEMI_JOIN || type == ANTI_JOIN)
        ret->scope.count = sides[0].scope.count;
    take_types(&ret->scope, ret->plan);
    return merged.count > 0 ? merged_scope(b, &merged, type, ret, err) : OK;
}

static enum code bind_right(struct binder *b, const struct ast_join *node, const struct cte *ctes,
                            struct relation *sides, struct relation *ret, struct error *err)
{
    const struct ast_node *right = node->right;
    if (right->kind == AST_FROM_TABLE && ((const struct ast_from_table *)right)->as_of) {
        TRY(bind_join_finish(b, &sides[0], err));
        return bind_temporal(b, node, ctes, &sides[0], ret, err);
    }
    if (bind_is_correlate(right)) {
        TRY(bind_join_finish(b, &sides[0], err));
        return bind_correlate(b, right, node, &sides[0], ret, err);
    }
    TRY(bind_from(b, right, ctes, &sides[1], err));
    return join_sides(b, node, sides, ret, err);
}

enum code bind_join(struct binder *b, const struct ast_join *node, const struct cte *ctes,
                    struct relation *ret, struct error *err)
{
    struct relation sides[2];
    TRY(bind_from(b, node->left, ctes, &sides[0], err));
    enum code code = bind_right(b, node, ctes, sides, ret, err);
    if (code == OK || !bind_goes_on(b, code, err))
        return code;
    *ret = sides[0]; /* its columns are known all the same */
    ret->scope.has_gap = true;
    return OK;
}

/* --- WHERE ------------------------------------------------------------------------------------ */

/* Gives a conjunct over the columns of `plan` to the join that it belongs to. */
static enum code absorb(struct binder *b, struct plan *plan, struct expr *e, bool *ret_taken,
                        struct error *err)
{
    *ret_taken = false;
    if (plan->kind != PLAN_JOIN)
        return OK;
    struct plan_join *join = (struct plan_join *)plan;
    uint32_t left_fields = plan->inputs[0]->field_count;
    unsigned sides = plan_sides(e, left_fields);
    if (sides == READS_LEFT && join->type != RIGHT_JOIN && join->type != FULL_JOIN)
        return absorb(b, plan->inputs[0], e, ret_taken, err);
    if (sides == READS_RIGHT && (join->type == INNER_JOIN || join->type == RIGHT_JOIN)) {
        e = plan_shift_columns(b->arena, e, left_fields, -(int64_t)left_fields);
        return e ? absorb(b, plan->inputs[1], e, ret_taken, err) : error_nomem(err);
    }
    if (sides != (READS_LEFT | READS_RIGHT) || join->type != INNER_JOIN)
        return OK;
    struct conjuncts list = { 0 };
    if (!plan_conjuncts(b->arena, join->condition, &list) ||
        !plan_conjuncts(b->arena, e, &list) || !plan_and(b->arena, &list, &join->condition))
        return error_nomem(err);
    *ret_taken = true;
    return OK;
}

static void note_column(struct expr *e, void *arg)
{
    const struct expr **at = arg;
    if (e->kind == EXPR_COLUMN && *at && e->column == (*at)->column)
        *at = NULL;
}

struct reads {
    const struct expr *of;
    bool shared;
};

static void note_shared(struct expr *e, void *arg)
{
    struct reads *reads = arg;
    const struct expr *at = e;
    if (e->kind == EXPR_COLUMN)
        expr_walk((struct expr *)reads->of, note_column, &at);
    reads->shared = reads->shared || !at;
}

/* May a condition that can fail be tested before those written in front of it? Not where one of
 * them is about the same columns: it may be what keeps it from failing. */
static bool is_guarded(const struct conjuncts *where, uint32_t at)
{
    if (!(where->items[at]->flags & CALL_FAILS))
        return false;
    struct reads reads = { .of = where->items[at] };
    for (uint32_t i = 0; i < at; i++)
        expr_walk(where->items[i], note_shared, &reads);
    return reads.shared;
}

enum code bind_join_where(struct binder *b, struct relation *from, struct conjuncts *where,
                          struct expr **ret_filter, struct error *err)
{
    struct conjuncts rest = { 0 };
    for (uint32_t i = 0; i < where->count; i++) {
        struct expr *e = where->items[i];
        bool taken = false;
        bool is_outer = plan_sides(e, OUTER_COLUMNS) & READS_RIGHT;
        if (!is_outer && !(e->flags & (CALL_VOLATILE | CALL_DYNAMIC)) && !is_guarded(where, i))
            TRY(absorb(b, from->plan, e, &taken, err));
        if (!taken && !ARENA_PUSH(b->arena, rest.items, rest.count, rest.cap, e))
            return error_nomem(err);
    }
    return plan_and(b->arena, &rest, ret_filter) ? OK : error_nomem(err);
}

static bool finish(struct binder *b, struct plan *plan, struct plan **ret)
{
    *ret = plan;
    if (plan->kind != PLAN_JOIN)
        return true;
    struct plan_join *join = (struct plan_join *)plan;
    for (uint32_t k = 0; k < 2; k++)
        if (!finish(b, plan->inputs[k], &plan->inputs[k]))
            return false;
    /* What is known of the inputs now: windows and times below may have changed the types. */
    struct plan_join *fresh = plan_join_make(b->arena, join->type, plan->inputs[0],
                                             plan->inputs[1], join->condition, plan->span);
    if (!fresh)
        return false;
    plan->fields = fresh->base.fields;
    return plan_join_finish(b->arena, join, ret);
}

enum code bind_join_finish(struct binder *b, struct relation *from, struct error *err)
{
    if (!finish(b, from->plan, &from->plan))
        return error_nomem(err);
    take_types(&from->scope, from->plan);
    return OK;
}
