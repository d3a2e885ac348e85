/* bind_ddl.c -- CREATE TABLE and CREATE VIEW into the catalog.
 *
 * Computed columns and the watermark are bound here, over the stored columns
 * (physical and metadata, in declared order): a computed column that reads another
 * computed one gets that one's expression in place.  The connector is not looked at
 * before the table is used (blink-dialect R-16). */
#include "bind/ddl.h"

#include "types/time.h"

#include <stdio.h>

static enum code duplicate(const struct ast_name *name, const char *what, struct error *err)
{
    return error_at(err, E_NAME, name->span, "%s \"" STR_FMT "\" occurs twice", what,
                    STR_ARG(name->text));
}

static const char *print_node(struct binder *b, const struct ast_node *node)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    ast_print(&text, node, 0);
    const char *copy = buf_check(&text, NULL) == OK ? arena_cstr(b->arena, buf_view(&text)) : NULL;
    buf_done(&text);
    return copy;
}

/* Replaces references to column i of the table by the expression that reads it. */
static struct expr *inline_columns(struct arena *arena, struct expr *e, void *arg)
{
    (void)arena;
    struct table_build *t = arg;
    return e->kind == EXPR_COLUMN ? t->values[e->column] : e;
}

enum code ddl_add_column(struct table_build *t, const struct catalog_column *column,
                         struct expr *value, struct error *err)
{
    struct binder *b = t->b;
    uint32_t at = t->count;
    uint32_t values = t->count;
    if (!ARENA_PUSH(b->arena, t->columns, t->count, t->cap, *column) ||
        !ARENA_PUSH(b->arena, t->values, values, t->value_cap, value) ||
        !scope_add(b, &t->scope, t->table->name, column->name, column->type, at))
        return error_nomem(err);
    return OK;
}

enum code ddl_define_column(struct table_build *t, const struct ast_column_def *node,
                            struct error *err)
{
    struct binder *b = t->b;
    struct catalog_column column = { .name = node->name.text,
                                     .span = node->node.span,
                                     .comment = node->comment.text,
                                     .in_key = node->primary_key };
    for (uint32_t i = 0; i < t->count; i++)
        if (str_eq(t->columns[i].name, column.name))
            return duplicate(&node->name, "column", err);
    if (node->header)
        return bind_unsupported(node->node.span, "a HEADER column", err);

    struct expr *value;
    if (node->form == COLUMN_COMPUTED) {
        TRY(bind_expr(b, &t->scope, node->expr, &value, err));
        if (!(value = expr_rewrite(b->arena, value, inline_columns, t)))
            return error_nomem(err);
        if (value->type->id == TYPE_NULL)
            return error_at(err, E_TYPE, node->expr->span,
                            "the type of computed column \"" STR_FMT "\" is unknown; CAST it",
                            STR_ARG(column.name));
        column.form = COLUMN_EXPR;
        column.type = value->type;
        column.computed = value;
        if (!(column.text = print_node(b, node->expr)))
            return error_nomem(err);
    } else {
        if (!node->type)
            return error_at(err, E_SYNTAX, node->node.span, "column \"" STR_FMT "\" has no type",
                            STR_ARG(column.name));
        TRY(bind_type(&b->env, node->type, &column.type, err));
        column.form = node->form == COLUMN_METADATA ? COLUMN_META : COLUMN_STORED;
        if (column.form == COLUMN_META) {
            bool given = node->metadata_key.text.data != NULL;
            column.meta_key = given ? node->metadata_key.text : column.name;
            column.is_virtual = node->is_virtual;
        }
        value = expr_column(b->arena, t->stored++, column.type, column.span);
        if (!value)
            return error_nomem(err);
    }
    return ddl_add_column(t, &column, value, err);
}

/* --- watermark --------------------------------------------------------------------- */

static bool is_rowtime(const struct binder *b, const struct type *type)
{
    if (binder_is_blink(b))
        return type_is_timestamp(type) || type->id == TYPE_BIGINT;
    return type_is_timestamp(type) && type->precision <= 3;
}

/* WITHOFFSET(column, n): n milliseconds behind. */
static enum code blink_watermark(struct table_build *t, const struct ast_call *call, uint32_t at,
                                 struct catalog_watermark *w, struct error *err)
{
    struct binder *b = t->b;
    if (call->args.count != 2)
        return error_at(err, E_TYPE, call->node.span,
                        "WITHOFFSET takes the column and an offset in milliseconds");
    struct expr *column, *offset;
    TRY(bind_expr(b, &t->scope, call->args.items[0], &column, err));
    TRY(bind_expr(b, NULL, call->args.items[1], &offset, err));
    int64_t ms;
    if (column->kind != EXPR_COLUMN || column->column != at)
        return error_at(err, E_TYPE, call->args.items[0]->span,
                        "WITHOFFSET must repeat the column that the watermark is for");
    if (!expr_literal_i64(offset, &ms) || ms < 0 || ms > INT64_MAX / TIME_US_PER_MS)
        return error_at(err, E_TYPE, call->args.items[1]->span,
                        "the offset is a whole number of milliseconds, not negative");
    w->delay_us = ms * TIME_US_PER_MS;
    w->expr = t->values[at];
    return OK;
}

static enum code define_watermark(struct table_build *t, const struct ast_watermark *node,
                                  struct error *err)
{
    struct binder *b = t->b;
    if (t->table->watermark)
        return error_at(err, E_PLAN, node->node.span, "a table has at most one watermark");
    struct expr *column;
    TRY(scope_resolve(b, &t->scope, &node->column, &column, err));
    if (column->kind != EXPR_COLUMN)
        return bind_unsupported(node->column.span, "a watermark on a field of a ROW", err);
    if (!is_rowtime(b, column->type)) {
        error_at(err, E_TYPE, node->column.span,
                 "the watermark column must be TIMESTAMP(3)%s",
                 binder_is_blink(b) ? " or BIGINT (milliseconds)" : " or TIMESTAMP_LTZ(3)");
        return E_TYPE;
    }
    struct catalog_watermark *w = arena_new(b->arena, struct catalog_watermark);
    if (!w)
        return error_nomem(err);
    w->column = column->column;
    const struct ast_call *call = (const struct ast_call *)node->expr;
    if (node->expr->kind == AST_CALL && call->path.count == 1 &&
        str_iis(call->path.items[0].text, "WITHOFFSET")) {
        TRY(blink_watermark(t, call, w->column, w, err));
    } else {
        struct expr *e;
        TRY(bind_expr(b, &t->scope, node->expr, &e, err));
        bool fits = type_is_timestamp(e->type) && e->type->id == column->type->id;
        if (!fits)
            return error_at(err, E_TYPE, node->expr->span,
                            "the watermark must have the type of its column");
        w->delay_us = -1;
        if (e->kind == EXPR_COLUMN && e->column == w->column)
            w->delay_us = 0;
        else if (e->kind == EXPR_CALL && strcmp(e->function->name, "-") == 0 &&
                 e->args[0]->kind == EXPR_COLUMN && e->args[0]->column == w->column &&
                 e->args[1]->kind == EXPR_LITERAL && e->args[1]->type->id == TYPE_INTERVAL_DAY &&
                 e->args[1]->literal->i64 >= 0)
            w->delay_us = e->args[1]->literal->i64;
        if (!(w->expr = expr_rewrite(b->arena, e, inline_columns, t)))
            return error_nomem(err);
    }
    if (!(w->text = print_node(b, node->expr)))
        return error_nomem(err);
    t->table->watermark = w;
    return OK;
}

/* --- keys and options ------------------------------------------------------------------ */

static enum code define_key(struct table_build *t, const struct ast_key *node, struct error *err)
{
    if (node->what != KEY_PRIMARY)
        return OK; /* UNIQUE and INDEX of pasted DDL say nothing to a stream */
    if (node->enforced)
        return error_at(err, E_PLAN, node->node.span,
                        "a primary key cannot be ENFORCED: the stream does not own the data");
    for (uint32_t i = 0; i < t->count; i++)
        if (t->columns[i].in_key)
            return error_at(err, E_PLAN, node->node.span, "a table has at most one PRIMARY KEY");
    for (uint32_t i = 0; i < node->columns.count; i++) {
        const struct ast_name *name = &node->columns.items[i];
        struct catalog_table so_far = { .columns = t->columns, .column_count = t->count };
        int at = catalog_column_find(&so_far, name->text);
        if (at < 0)
            return error_at(err, E_NAME, name->span,
                            "key column \"" STR_FMT "\" does not exist in the table",
                            STR_ARG(name->text));
        if (t->columns[at].form == COLUMN_EXPR)
            return error_at(err, E_PLAN, name->span,
                            "computed column \"" STR_FMT "\" cannot be part of the key",
                            STR_ARG(name->text));
        if (t->columns[at].in_key)
            return duplicate(name, "key column", err);
        t->columns[at].in_key = true;
    }
    return OK;
}

/* The key in its own order: as listed, not as declared. */
static enum code finish_key(struct table_build *t, const struct ast_create_table *node,
                            struct error *err)
{
    struct binder *b = t->b;
    uint32_t *key = arena_array(b->arena, uint32_t, MAX(t->count, 1));
    if (!key)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t k = 0; k < node->keys.count; k++) {
        const struct ast_key *listed = (const struct ast_key *)node->keys.items[k];
        struct catalog_table so_far = { .columns = t->columns, .column_count = t->count };
        for (uint32_t i = 0; listed->what == KEY_PRIMARY && i < listed->columns.count; i++)
            key[n++] = (uint32_t)catalog_column_find(&so_far, listed->columns.items[i].text);
    }
    if (n == 0)
        for (uint32_t i = 0; i < t->count; i++)
            if (t->columns[i].in_key)
                key[n++] = i;
    if (n > 0) {
        t->table->key = key;
        t->table->key_count = n;
    }
    return OK;
}

/* Once a catalog: published jobs have it in every table. */
static void warn_of_rest(struct binder *b, struct span span)
{
    const struct catalog_table *table;
    for (uint32_t i = 0; (table = catalog_table_at(b->catalog, i)); i++)
        if (table->has_rest)
            return;
    struct error warning = { .code = OK };
    error_at(&warning, E_OPTION, span, "\"...\" in WITH is skipped");
    error_hint(&warning, "What it stands for has to come from a profile, or is left at its default.");
    b->hooks->warn(b->hooks->self, &warning);
}

static enum code add_options(struct binder *b, const struct ast_list *list,
                             struct catalog_table *table, struct error *err)
{
    uint32_t before = table->option_count;
    struct option *options = arena_array(b->arena, struct option, before + list->count + 1);
    if (!options)
        return error_nomem(err);
    if (before > 0)
        memcpy(options, table->options, before * sizeof *options);
    uint32_t n = before;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct ast_option *o = (const struct ast_option *)list->items[i];
        if (o->placeholder || str_is(o->value, "...")) {
            if (!table->has_rest)
                warn_of_rest(b, o->node.span);
            table->has_rest = true;
            continue;
        }
        uint32_t at = 0;
        while (at < n && !str_ieq(options[at].key, o->key))
            at++;
        if (at >= before && at < n) {
            error_at(err, E_OPTION, o->key_span, "option \"" STR_FMT "\" is given twice",
                     STR_ARG(o->key));
            if (!bind_goes_on(b, E_OPTION, err))
                return E_OPTION;
            continue;
        }
        options[at] = (struct option){ .key = o->key,
                                       .value = o->value,
                                       .key_span = o->key_span,
                                       .value_span = o->value_span };
        n = MAX(n, at + 1);
    }
    table->options = options;
    table->option_count = n;
    return OK;
}

/* CREATE TABLE ... LIKE: what the other table has comes first (Flink's default: including all,
 * options overwritten by the new ones). */
static enum code include_like(struct table_build *t, const struct ast_like_table *like,
                              struct error *err)
{
    struct binder *b = t->b;
    struct str name;
    TRY(bind_object_name(&like->path, &name, err));
    const struct catalog_table *from = catalog_find_table(b->catalog, name);
    if (!from)
        return bind_no_table(b, like->path.span, name, false, err);
    bool constraints = true, generated = true, metadata = true, options = true, watermarks = true;
    for (uint32_t i = 0; i < like->options.count; i++) {
        const struct ast_like_option *o = (const struct ast_like_option *)like->options.items[i];
        bool on = o->mode != LIKE_EXCLUDING;
        struct str f = o->feature.text;
        bool all = str_iis(f, "ALL");
        if (all || str_iis(f, "CONSTRAINTS"))
            constraints = on;
        if (all || str_iis(f, "GENERATED"))
            generated = on;
        if (all || str_iis(f, "METADATA"))
            metadata = on;
        if (all || str_iis(f, "OPTIONS"))
            options = on;
        if (all || str_iis(f, "WATERMARKS"))
            watermarks = on;
    }
    for (uint32_t i = 0; i < from->column_count; i++) {
        struct catalog_column column = from->columns[i];
        if ((column.form == COLUMN_EXPR && !generated) ||
            (column.form == COLUMN_META && !metadata))
            continue;
        if (column.form == COLUMN_EXPR && !metadata)
            return error_at(err, E_PLAN, like->node.span,
                            "computed column \"" STR_FMT "\" cannot be taken over without the "
                            "metadata columns",
                            STR_ARG(column.name));
        column.in_key = column.in_key && constraints;
        struct expr *value = column.computed;
        if (column.form != COLUMN_EXPR &&
            !(value = expr_column(b->arena, t->stored++, column.type, column.span)))
            return error_nomem(err);
        TRY(ddl_add_column(t, &column, value, err));
    }
    if (options) {
        t->table->options = from->options;
        t->table->option_count = from->option_count;
        t->table->has_rest = from->has_rest;
    }
    if (watermarks && from->watermark && generated && metadata)
        t->table->watermark = from->watermark;
    return OK;
}

static bool exists(const struct binder *b, struct str name)
{
    return catalog_find_table(b->catalog, name) || catalog_find_view(b->catalog, name);
}

/* A column that cannot be read, so that those who read it are not told that there is none.  One that
 * is there twice counts as it came first. */
static enum code add_failed_column(struct table_build *t, const struct ast_column_def *node,
                                   struct error *err)
{
    struct arena *arena = t->b->arena;
    struct catalog_column column = { .name = node->name.text,
                                     .type = &bind_failed_type,
                                     .span = node->node.span };
    for (uint32_t i = 0; i < t->count; i++)
        if (str_eq(t->columns[i].name, column.name))
            return OK;
    struct expr *value = expr_column(arena, t->stored++, column.type, column.span);
    return value ? ddl_add_column(t, &column, value, err) : error_nomem(err);
}

enum code ddl_create_table(struct binder *b, const struct ast_create_table *node,
                           const struct schema *query, bool *ret_made, struct error *err)
{
    uint32_t told = b->told;
    *ret_made = false;
    struct catalog_table *table = arena_new(b->arena, struct catalog_table);
    if (!table)
        return error_nomem(err);
    TRY(bind_object_name(&node->path, &table->name, err));
    table->span = node->path.span;
    table->with_span = node->with_span;
    table->temporary = node->temporary;
    table->blink = binder_is_blink(b);
    if (exists(b, table->name)) {
        if (node->if_not_exists)
            return OK;
        if (!node->or_replace)
            return error_at(err, E_NAME, table->span, "table \"" STR_FMT "\" exists already",
                            STR_ARG(table->name));
        catalog_drop(b->catalog, table->name, false);
    }
    struct table_build t = { .b = b, .table = table };
    if (node->like)
        TRY(include_like(&t, node->like, err));
    /* Stored columns first: a computed column may read one that is declared behind it. */
    uint32_t like_columns = t.count;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < node->columns.count; i++) {
            const struct ast_column_def *def =
                (const struct ast_column_def *)node->columns.items[i];
            if ((def->form == COLUMN_COMPUTED) != (pass == 1) || ddl_is_of_query(query, def))
                continue;
            enum code code = ddl_define_column(&t, def, err);
            if (code != OK && !bind_goes_on(b, code, err))
                return code;
            if (code != OK)
                TRY(add_failed_column(&t, def, err));
        }
        if (query && pass == 0)
            TRY(ddl_add_query(&t, node, query, err));
    }
    if (t.count == 0)
        return error_at(err, E_PLAN, node->node.span, "table \"" STR_FMT "\" has no columns",
                        STR_ARG(table->name));
    for (uint32_t i = 0; i < node->watermarks.count; i++) {
        enum code code =
            define_watermark(&t, (const struct ast_watermark *)node->watermarks.items[i], err);
        if (code != OK && !bind_goes_on(b, code, err))
            return code;
    }
    bool has_key = true;
    for (uint32_t i = 0; i < node->keys.count; i++) {
        enum code code = define_key(&t, (const struct ast_key *)node->keys.items[i], err);
        if (code != OK && !bind_goes_on(b, code, err))
            return code;
        has_key = has_key && code == OK;
    }
    if (has_key)
        TRY(finish_key(&t, node, err));

    /* Back to the declared order. */
    struct catalog_column *ordered = arena_array(b->arena, struct catalog_column, t.count);
    uint32_t *moved = arena_array(b->arena, uint32_t, t.count);
    if (!ordered || !moved)
        return error_nomem(err);
    uint32_t at = 0;
    for (uint32_t k = 0; k < t.count; k++)
        moved[k] = UINT32_MAX;
    for (uint32_t i = 0; i < like_columns; i++)
        moved[i] = at, ordered[at++] = t.columns[i];
    for (uint32_t i = 0; i < node->columns.count; i++) {
        const struct ast_column_def *def = (const struct ast_column_def *)node->columns.items[i];
        for (uint32_t k = like_columns; k < t.count; k++)
            if (str_eq(t.columns[k].name, def->name.text) && !ddl_is_behind(&t, k) &&
                moved[k] == UINT32_MAX)
                moved[k] = at, ordered[at++] = t.columns[k];
    }
    for (uint32_t k = 0; k < t.count; k++)
        if (ddl_is_behind(&t, k))
            moved[k] = at, ordered[at++] = t.columns[k];
    uint32_t *key = (uint32_t *)table->key;
    for (uint32_t i = 0; i < table->key_count; i++)
        key[i] = moved[key[i]];
    if (table->watermark && node->watermarks.count > 0) {
        struct catalog_watermark *w = (struct catalog_watermark *)table->watermark;
        w->column = moved[w->column];
    }
    table->columns = ordered;
    table->column_count = at;
    TRY(add_options(b, &node->options, table, err));
    table->failed = b->told != told;
    while (catalog_table_at(b->catalog, table->order))
        table->order++;
    *ret_made = true;
    return catalog_add_table(b->catalog, table) ? OK : error_nomem(err);
}

enum code bind_create_table(struct binder *b, const struct ast_create_table *node,
                            struct error *err)
{
    bool made;
    uint32_t told = b->told;
    return bind_end(b, told, ddl_create_table(b, node, NULL, &made, err), err);
}

static enum code create_view(struct binder *b, const struct ast_create_view *node,
                             struct error *err)
{
    struct catalog_view *view = arena_new(b->arena, struct catalog_view);
    if (!view)
        return error_nomem(err);
    TRY(bind_object_name(&node->path, &view->name, err));
    if (exists(b, view->name)) {
        if (node->if_not_exists)
            return OK;
        if (!node->or_replace || !catalog_drop(b->catalog, view->name, true))
            return error_at(err, E_NAME, node->path.span,
                            "table or view \"" STR_FMT "\" exists already", STR_ARG(view->name));
    }
    view->span = node->path.span;
    view->query = node->query;
    view->temporary = node->temporary;
    if (node->columns.count > 0) {
        struct str *names = arena_array(b->arena, struct str, node->columns.count);
        if (!names)
            return error_nomem(err);
        for (uint32_t i = 0; i < node->columns.count; i++)
            names[i] = node->columns.items[i].text;
        view->columns = names;
        view->column_count = node->columns.count;
    }
    if (!(view->text = print_node(b, &node->query->node)))
        return error_nomem(err);

    /* A view is checked when it is made, so that an error is shown there; one that only needs an
     * operator this version lacks may stand until it is used. */
    struct schema schema;
    uint32_t sinks = b->sink_count, scans = b->scan_count;
    b->quiet++;
    enum code code = bind_query_schema(b, node->query, &schema, err);
    b->quiet--;
    if (code != OK && code != E_NOMEM && code != E_UNSUPPORTED && code != E_OPTION && b->hooks->found)
        code = bind_query_schema(b, node->query, &schema, err); /* for all of its errors */
    b->sink_count = sinks;
    b->scan_count = scans;
    if (code != OK && code != E_UNSUPPORTED && code != E_OPTION)
        return code; /* options are looked at when a table is used */
    if (code == OK && view->columns && view->column_count != schema.count)
        return error_at(err, E_NAME, node->columns.span,
                        "the list names %u columns, and the query has %u", view->column_count,
                        schema.count);
    return catalog_add_view(b->catalog, view) ? OK : error_nomem(err);
}

enum code bind_create_view(struct binder *b, const struct ast_create_view *node, struct error *err)
{
    uint32_t told = b->told;
    return bind_end(b, told, create_view(b, node, err), err);
}
