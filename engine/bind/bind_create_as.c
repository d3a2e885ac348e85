/* bind_create_as.c -- CREATE TABLE ... AS: a table with the columns of a query, and the INSERT that
 * fills it.
 *
 * As in Flink: columns that only the list names come first, then those of the query in its order; a
 * type in the list wins over the query's.  A list of bare names is the query's columns in another
 * order.  The INSERT goes by name. */
#include "bind/ddl.h"

#include "base/nearest.h"

static bool is_bare(const struct ast_column_def *def)
{
    return def->form == COLUMN_PHYSICAL && !def->type;
}

bool ddl_is_of_query(const struct schema *query, const struct ast_column_def *def)
{
    if (!query || def->form == COLUMN_COMPUTED)
        return false;
    for (uint32_t i = 0; i < query->count && !is_bare(def); i++)
        if (str_eq(query->fields[i].name, def->name.text))
            return true;
    return is_bare(def);
}

bool ddl_is_behind(const struct table_build *t, uint32_t column)
{
    return column >= t->query_begin && column < t->query_end;
}

static enum code add_field(struct table_build *t, const struct field *field, struct span span,
                           struct error *err)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (str_eq(t->columns[i].name, field->name))
            return error_at(err, E_NAME, span, "column \"" STR_FMT "\" occurs twice",
                            STR_ARG(field->name));
    if (field->type->id == TYPE_NULL)
        return error_at(err, E_TYPE, span, "the type of column \"" STR_FMT "\" is unknown; CAST it",
                        STR_ARG(field->name));
    struct catalog_column column = {
        .name = field->name, .span = span, .form = COLUMN_STORED, .type = field->type
    };
    struct expr *value = expr_column(t->b->arena, t->stored++, column.type, span);
    return value ? ddl_add_column(t, &column, value, err) : error_nomem(err);
}

static enum code unknown_name(const struct schema *query, const struct ast_name *name,
                              struct error *err)
{
    struct nearest nearest;
    nearest_begin(&nearest, name->text);
    for (uint32_t i = 0; i < query->count; i++)
        nearest_add(&nearest, query->fields[i].name);
    struct str best = nearest_end(&nearest);
    error_at(err, E_NAME, name->span, "the query gives no column \"" STR_FMT "\"",
             STR_ARG(name->text));
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_NAME;
}

/* A list of bare names. */
static enum code add_in_order(struct table_build *t, const struct ast_create_table *node,
                              const struct schema *query, struct error *err)
{
    for (uint32_t i = 0; i < node->columns.count; i++) {
        const struct ast_column_def *def = (const struct ast_column_def *)node->columns.items[i];
        if (!is_bare(def))
            return error_at(err, E_SYNTAX, def->node.span,
                            "columns with a type and columns without one do not go together");
        uint32_t at = 0;
        while (at < query->count && !str_eq(query->fields[at].name, def->name.text))
            at++;
        if (at == query->count)
            return unknown_name(query, &def->name, err);
        TRY(add_field(t, &query->fields[at], def->name.span, err));
    }
    if (node->columns.count != query->count)
        return error_at(err, E_NAME, node->query->node.span,
                        "the list names %u columns, and the query has %u", node->columns.count,
                        query->count);
    return OK;
}

enum code ddl_add_query(struct table_build *t, const struct ast_create_table *node,
                        const struct schema *query, struct error *err)
{
    for (uint32_t i = 0; i < node->columns.count; i++)
        if (is_bare((const struct ast_column_def *)node->columns.items[i]))
            return add_in_order(t, node, query, err);
    t->query_begin = t->count;
    for (uint32_t i = 0; i < query->count; i++) {
        const struct ast_column_def *typed = NULL;
        for (uint32_t k = 0; k < node->columns.count && !typed; k++) {
            const struct ast_column_def *def =
                (const struct ast_column_def *)node->columns.items[k];
            if (def->form != COLUMN_COMPUTED && str_eq(def->name.text, query->fields[i].name))
                typed = def;
        }
        if (typed)
            TRY(ddl_define_column(t, typed, err));
        else
            TRY(add_field(t, &query->fields[i], node->query->node.span, err));
    }
    t->query_end = t->count;
    return OK;
}

/* INSERT INTO table (columns of the query) query. */
static enum code insert(struct binder *b, const struct ast_create_table *node,
                        const struct schema *query, struct error *err)
{
    struct ast_name *names = arena_array(b->arena, struct ast_name, MAX(query->count, 1));
    struct ast_insert *insert = arena_new(b->arena, struct ast_insert);
    if (!names || !insert)
        return error_nomem(err);
    struct span span = node->query->node.span;
    for (uint32_t i = 0; i < query->count; i++)
        names[i] = (struct ast_name){ .text = query->fields[i].name, .span = span };
    *insert = (struct ast_insert){
        .node = { .kind = AST_INSERT, .span = node->node.span },
        .path = node->path,
        .columns = { .items = names, .count = query->count, .span = span },
        .query = node->query,
    };
    return bind_insert(b, insert, err);
}

static enum code create_as(struct binder *b, const struct ast_create_table *node, struct error *err)
{
    if (node->temporary || node->system)
        return error_at(err, E_PLAN, node->path.span,
                        "a table that a query fills cannot be TEMPORARY");
    if (node->like)
        return error_at(err, E_PLAN, node->like->node.span,
                        "LIKE and AS do not go together: the columns are those of the query");
    struct schema query;
    uint32_t sinks = b->sink_count, scans = b->scan_count;
    TRY(bind_query_schema(b, node->query, &query, err));
    b->sink_count = sinks; /* bound once more by the INSERT */
    b->scan_count = scans;
    bool made;
    TRY(ddl_create_table(b, node, &query, &made, err));
    enum code code = made ? insert(b, node, &query, err) : OK;
    if (code != OK)
        catalog_drop(b->catalog, node->path.items[node->path.count - 1].text, false);
    return code;
}

enum code bind_create_as(struct binder *b, const struct ast_create_table *node, struct error *err)
{
    uint32_t told = b->told;
    return bind_end(b, told, create_as(b, node, err), err);
}
