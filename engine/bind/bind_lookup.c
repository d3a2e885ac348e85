/* bind_lookup.c -- JOIN t FOR SYSTEM_TIME AS OF processing time: rows of an outside
 * table, asked for when they are needed.
 *
 * What the join compares with a bare column of the table becomes a key of the look-up,
 * converted to that column's type; everything else is tested on what was found. */
#include "bind/binder.h"

struct lookup_build {
    struct binder *b;
    const struct ast_join *node;
    const struct relation *left;
    uint32_t left_fields;
    const struct table_def *def;
    struct expr **below; /* key expressions that are no columns of the left side */
    uint32_t below_count, below_cap;
    uint32_t *keys, *table_keys;
    uint32_t key_count, key_cap, table_key_cap;
    struct expr **rest;
    uint32_t rest_count, rest_cap;
};

struct sides {
    uint32_t left_fields;
    bool left, right;
};

static void note_side(struct expr *e, void *arg)
{
    struct sides *s = arg;
    if (e->kind == EXPR_COLUMN && e->column < s->left_fields)
        s->left = true;
    else if (e->kind == EXPR_COLUMN)
        s->right = true;
}

static bool reads_right(const struct lookup_build *t, struct expr *e)
{
    struct sides s = { .left_fields = t->left_fields };
    expr_walk(e, note_side, &s);
    return s.right;
}

/* The column of the table that an expression is: itself, or only widened. -1: it is none. */
static int table_column(const struct lookup_build *t, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN && e->column >= t->left_fields)
        return (int)(e->column - t->left_fields);
    return -1;
}

static enum code add_key(struct lookup_build *t, struct expr *value, uint32_t column,
                         struct error *err)
{
    struct binder *b = t->b;
    const struct type *type = t->def->schema->fields[column].type;
    if (!type_equal(value->type, type))
        TRY(expr_coerce(&b->env, value, type, &value, err));
    uint32_t at;
    if (value->kind == EXPR_COLUMN) {
        at = value->column;
    } else {
        at = t->left_fields + t->below_count;
        if (!ARENA_PUSH(b->arena, t->below, t->below_count, t->below_cap, value))
            return error_nomem(err);
    }
    uint32_t n = t->key_count;
    if (!ARENA_PUSH(b->arena, t->keys, n, t->key_cap, at) ||
        !ARENA_PUSH(b->arena, t->table_keys, t->key_count, t->table_key_cap, column))
        return error_nomem(err);
    return OK;
}

/* `left = column` as it was before "=" brought both sides to one type. */
static enum code split_equality(struct lookup_build *t, const struct ast_binary *node,
                                const struct scope *both, bool *ret_taken, struct error *err)
{
    struct expr *sides[2];
    enum code failed = OK;
    TRY(bind_part(t->b, both, node->left, &sides[0], &failed, err));
    TRY(bind_part(t->b, both, node->right, &sides[1], &failed, err));
    if (failed != OK)
        return bind_told(err);
    *ret_taken = false;
    for (int side = 0; side < 2; side++) {
        int column = table_column(t, sides[side]);
        struct expr *value = sides[1 - side];
        if (column < 0 || reads_right(t, value) || value->flags & CALL_VOLATILE)
            continue;
        for (uint32_t k = 0; k < t->key_count; k++)
            if (t->table_keys[k] == (uint32_t)column)
                return OK; /* asked for already: this one is tested */
        *ret_taken = true;
        enum code code = add_key(t, value, (uint32_t)column, err);
        if (code != OK)
            error_locate(err, node->node.span);
        return code;
    }
    return OK;
}

static enum code split(struct lookup_build *t, const struct ast_node *node,
                       const struct scope *both, struct error *err)
{
    const struct ast_binary *binary = (const struct ast_binary *)node;
    if (node->kind == AST_BINARY && binary->op == BINARY_AND) {
        enum code left = split(t, binary->left, both, err);
        if (left != OK && !bind_goes_on(t->b, left, err))
            return left;
        TRY(split(t, binary->right, both, err));
        return left == OK ? OK : bind_told(err);
    }
    bool taken = false;
    if (node->kind == AST_BINARY && binary->op == BINARY_EQ)
        TRY(split_equality(t, binary, both, &taken, err));
    if (taken)
        return OK;
    struct expr *e;
    TRY(bind_condition(t->b, both, node, "ON", &e, err));
    return ARENA_PUSH(t->b->arena, t->rest, t->rest_count, t->rest_cap, e) ? OK
                                                                           : error_nomem(err);
}

static enum code resolve(struct binder *b, const struct ast_from_table *node, struct str name,
                         const struct catalog_table **ret_table, struct resolved_table *ret,
                         struct error *err)
{
    const struct catalog_table *table = catalog_find_table(b->catalog, name);
    struct span span = node->path.span;
    if (!table && catalog_find_view(b->catalog, name))
        return error_at(err, E_NAME, span,
                        "\"" STR_FMT "\" is a view: it has no rows that could be looked up",
                        STR_ARG(name));
    if (!table)
        return bind_no_table(b, span, name, false, err);
    if (table->failed) {
        error_at(err, E_NAME, span, "table \"" STR_FMT "\" has errors", STR_ARG(name));
        err->is_told = true;
        return E_NAME;
    }
    TRY(bind_hinted_table(b, &table, &node->hints, err));
    enum code code = b->hooks->resolve_table(b->hooks->self, table, false, ret, err);
    if (code != OK) {
        error_locate(err, span);
        error_while(err, "looking up rows of table \"" STR_FMT "\"", STR_ARG(name));
        return code;
    }
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].form == COLUMN_EXPR)
            return error_at(err, E_UNSUPPORTED, table->columns[i].span,
                            "a table that is looked up cannot have computed columns");
    *ret_table = table;
    if (ret->connector->lookup)
        return OK;
    error_at(err, E_PLAN, span,
             "rows of table \"" STR_FMT "\" cannot be looked up: connector \"%s\" has no keys to "
             "ask by%s%s",
             STR_ARG(name), ret->connector->name, ret->connector->missing ? ", " : "",
             ret->connector->missing ? ret->connector->missing : "");
    error_hint(err, "FOR SYSTEM_TIME AS OF processing time needs a table of a database. A join of "
                    "streams has no FOR SYSTEM_TIME.");
    return E_PLAN;
}

/* The left side with the key expressions behind its columns. */
static enum code make_below(struct lookup_build *t, struct plan **ret, struct error *err)
{
    struct binder *b = t->b;
    struct plan *input = t->left->plan;
    *ret = input;
    if (t->below_count == 0)
        return OK;
    uint32_t n = t->left_fields + t->below_count;
    struct plan *plan =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n, 1, t->node->node.span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n);
    if (!plan || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        if (i < t->left_fields) {
            exprs[i] = expr_column(b->arena, i, input->fields[i].type, input->span);
            plan->fields[i] = input->fields[i];
        } else {
            exprs[i] = t->below[i - t->left_fields];
            char *name = arena_printf(b->arena, "$%u", i);
            plan->fields[i] = (struct field){ str_of(name), exprs[i]->type };
        }
        if (!exprs[i] || !plan->fields[i].name.data)
            return error_nomem(err);
    }
    ((struct plan_calc *)plan)->exprs = exprs;
    plan->inputs[0] = input;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* Columns of the table stand behind those of the calc below, key expressions included. */
static struct expr *shift(struct arena *arena, struct expr *e, void *arg)
{
    const struct lookup_build *t = arg;
    if (e->kind != EXPR_COLUMN || e->column < t->left_fields)
        return e;
    return expr_column(arena, e->column + t->below_count, e->type, e->span);
}

static enum code make_node(struct lookup_build *t, const struct catalog_table *table,
                           const struct resolved_table *resolved, struct plan **ret,
                           struct error *err)
{
    struct binder *b = t->b;
    struct plan *below;
    TRY(make_below(t, &below, err));
    uint32_t n = below->field_count, m = t->def->schema->count;
    struct plan *plan = bind_node(b, PLAN_LOOKUP, sizeof(struct plan_lookup), n + m, 1,
                                  t->node->right->span);
    if (!plan)
        return error_nomem(err);
    bool left = t->node->what == JOIN_LEFT;
    memcpy(plan->fields, below->fields, n * sizeof *plan->fields);
    for (uint32_t i = 0; i < m; i++) {
        plan->fields[n + i] = t->def->schema->fields[i];
        if (left && !(plan->fields[n + i].type =
                          type_with_null(b->arena, plan->fields[n + i].type, false)))
            return error_nomem(err);
    }
    struct plan_lookup *lookup = (struct plan_lookup *)plan;
    lookup->type = left ? LEFT_JOIN : INNER_JOIN;
    lookup->table = table;
    lookup->connector = resolved->connector;
    lookup->def = *t->def;
    lookup->keys = t->keys;
    lookup->table_keys = t->table_keys;
    lookup->key_count = t->key_count;
    lookup->on_error = resolved->on_error ? resolved->on_error : "fail";
    if (t->rest_count > 0) {
        struct expr *all = t->rest_count == 1 ? t->rest[0]
                                              : expr_logic(b->arena, EXPR_AND, t->rest,
                                                           t->rest_count, t->node->node.span);
        if (!all || !(lookup->condition = expr_rewrite(b->arena, all, shift, t)))
            return error_nomem(err);
    }
    plan->inputs[0] = below;
    plan->before = true;
    plan->ttl_ms[0] = b->env.state_ttl_ms;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

enum code bind_lookup_join(struct binder *b, const struct ast_join *node,
                           const struct relation *left, struct relation *ret, struct error *err)
{
    const struct ast_from_table *right = (const struct ast_from_table *)node->right;
    struct str name;
    const struct catalog_table *table;
    struct resolved_table resolved = { 0 };
    struct table_def def;
    TRY(bind_object_name(&right->path, &name, err));
    TRY(resolve(b, right, name, &table, &resolved, err));
    TRY(bind_table_def(b, table, &resolved, false, &def, err));
    if (node->what != JOIN_INNER && node->what != JOIN_LEFT)
        return error_at(err, E_PLAN, node->node.span,
                        "a table can be looked up with JOIN and LEFT JOIN only: its rows are not "
                        "known before they are asked for");
    if (!node->on)
        return error_at(err, E_PLAN, node->node.span, "a look-up needs ON with a column of \"" STR_FMT
                        "\"", STR_ARG(name));
    bool *needed = arena_array(b->arena, bool, def.schema->count);
    if (!needed)
        return error_nomem(err);
    memset(needed, true, def.schema->count);
    def.needed = needed;

    struct lookup_build t = {
        .b = b, .node = node, .left = left, .left_fields = left->plan->field_count, .def = &def
    };
    struct str alias = ast_has_name(&right->alias.name) ? right->alias.name.text : table->name;
    struct scope both = { .has_gap = left->scope.has_gap };
    for (uint32_t i = 0; i < left->scope.count; i++) {
        const struct scope_item *item = &left->scope.items[i];
        if (!scope_add(b, &both, item->qualifier, item->name, item->type, item->column))
            return error_nomem(err);
    }
    for (uint32_t i = 0; i < def.schema->count; i++)
        if (!scope_add(b, &both, alias, def.schema->fields[i].name, def.schema->fields[i].type,
                       t.left_fields + i))
            return error_nomem(err);
    TRY(split(&t, node->on, &both, err));
    if (both.has_gap)
        return bind_told(err);
    if (t.key_count == 0) {
        error_at(err, E_PLAN, node->on->span,
                 "a look-up needs an equality with a column of \"" STR_FMT "\"", STR_ARG(name));
        error_hint(err, "The column stands alone on its side: t.k = MD5(s.id), not MD5(t.k) = s.id.");
        return E_PLAN;
    }
    const struct lookup_open open = { .table = &def,
                                      .key_columns = t.table_keys,
                                      .key_count = t.key_count };
    const struct lookup_kind *kind = resolved.connector->lookup;
    enum code code = kind->check ? kind->check(&open, err) : OK;
    if (code != OK) {
        error_locate(err, node->on->span);
        return code;
    }
    struct plan *plan;
    TRY(make_node(&t, table, &resolved, &plan, err));
    *ret = (struct relation){ .plan = plan };
    for (uint32_t i = 0; i < both.count; i++) {
        const struct scope_item *item = &both.items[i];
        bool of_table = i >= left->scope.count;
        uint32_t column = of_table ? item->column + t.below_count : item->column;
        if (!scope_add(b, &ret->scope, item->qualifier, item->name, plan->fields[column].type,
                       column))
            return error_nomem(err);
    }
    return OK;
}
