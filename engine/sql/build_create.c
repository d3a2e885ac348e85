/* build_create.c -- CREATE TABLE and its parts, CREATE VIEW, FUNCTION, CATALOG, DATABASE. */
#include "sql/build.h"

struct build_create build_create(struct sql_token start)
{
    return (struct build_create){ .start = start.span.offset };
}

struct build_create build_create_flag(struct build *cx, struct build_create create, unsigned flag,
                                      struct sql_token token)
{
    if (create.flags & flag) {
        struct str text = build_token_text(cx, token);
        build_fail(cx, token.span, E_SYNTAX, "\"" STR_FMT "\" is written twice", STR_ARG(text));
    }
    create.flags |= flag;
    return create;
}

/* OR REPLACE, TEMPORARY and SYSTEM do not go with every object. */
static void check_flags(struct build *cx, struct build_create create, unsigned allowed,
                        const char *object)
{
    static const struct {
        unsigned flag;
        const char *text;
    } flags[] = {
        { BUILD_OR_REPLACE, "OR REPLACE" },
        { BUILD_TEMPORARY, "TEMPORARY" },
        { BUILD_SYSTEM, "SYSTEM" },
    };
    for (size_t i = 0; i < countof(flags); i++)
        if (create.flags & flags[i].flag & ~allowed)
            build_fail(cx, (struct span){ create.start, 6 }, E_SYNTAX, "a %s cannot be %s", object,
                       flags[i].text);
}

/* ---- CREATE TABLE ------------------------------------------------------------------------ */

struct ast_create_table *build_create_table(struct build *cx, struct build_create create,
                                            int if_not_exists, struct ast_names *path,
                                            struct build_elements *elements,
                                            struct ast_text comment,
                                            struct ast_names *partitioned_by)
{
    struct ast_create_table *table = build_new(cx, struct ast_create_table);
    if (!table)
        return NULL;
    table->temporary = create.flags & BUILD_TEMPORARY;
    table->system = create.flags & BUILD_SYSTEM;
    table->or_replace = create.flags & BUILD_OR_REPLACE;
    table->if_not_exists = if_not_exists;
    table->path = *path;
    table->comment = comment;
    table->partitioned_by = build_names_value(partitioned_by);
    if (elements) {
        table->has_elements = true;
        table->columns = elements->columns;
        table->watermarks = elements->watermarks;
        table->keys = elements->keys;
        table->period = elements->period;
        table->period_span = elements->period_span;
    }
    table->node.span.offset = create.start;
    return table;
}

void build_create_table_end(struct build *cx, struct ast_create_table *table,
                            struct build_distribution *distribution, struct build_with with,
                            struct ast_like_table *like, struct ast_query *query)
{
    if (cx->code != OK)
        return;
    if (distribution) {
        table->distributed = true;
        table->distribution = distribution->kind;
        table->distributed_by = build_names_value(distribution->columns);
        table->buckets = distribution->buckets;
    }
    table->has_with = with.given;
    table->with_span = with.span;
    table->options = build_list_value(with.options);
    table->like = like;
    table->query = query;
    build_finish(cx, table, AST_CREATE_TABLE, table->node.span.offset);
}

/* The kinds of elements mix in any order; each kind gets a list of its own. */
struct build_elements *build_elements(struct build *cx, struct build_elements *list,
                                      struct ast_node *element)
{
    if (!list)
        list = build_new(cx, struct build_elements);
    if (cx->code != OK)
        return NULL;
    struct ast_list *target;
    switch (element->kind) {
    case AST_COLUMN_DEF:
        target = &list->columns;
        break;
    case AST_WATERMARK:
        target = &list->watermarks;
        break;
    case AST_KEY:
        target = &list->keys;
        break;
    default: /* build_period() */
        if (list->period)
            build_fail(cx, element->span, E_SYNTAX, "PERIOD FOR SYSTEM_TIME is written twice");
        list->period = true;
        list->period_span = element->span;
        return list;
    }
    return build_list(cx, target, element) ? list : NULL;
}

void build_trailing_comma(struct build *cx, struct sql_token comma)
{
    build_fail(cx, comma.span, E_SYNTAX, "nothing follows this comma");
    build_advise(cx, "Remove the comma before \")\".");
}

struct ast_column_def *build_column_def(struct build *cx, struct sql_token name,
                                        struct ast_type *type, struct ast_node *expr)
{
    struct ast_column_def *column = build_new(cx, struct ast_column_def);
    if (!column)
        return NULL;
    column->form = expr ? COLUMN_COMPUTED : COLUMN_PHYSICAL;
    column->name = build_name(cx, name);
    column->type = type;
    column->expr = expr;
    return build_finish(cx, column, AST_COLUMN_DEF, name.span.offset);
}

/* The parts behind a column's type only lengthen its span. */
static struct ast_column_def *extended(struct build *cx, struct ast_column_def *column)
{
    return cx->code == OK ? build_finish(cx, column, AST_COLUMN_DEF, column->node.span.offset)
                          : NULL;
}

struct ast_column_def *build_column_comment(struct build *cx, struct ast_column_def *column,
                                            struct sql_token comment)
{
    struct ast_text text = build_text(cx, comment);
    if (cx->code == OK)
        column->comment = text;
    return extended(cx, column);
}

struct ast_column_def *build_column_metadata(struct build *cx, struct ast_column_def *column,
                                             const struct sql_token *key)
{
    if (cx->code != OK)
        return NULL;
    if (column->form == COLUMN_COMPUTED) {
        build_fail(cx, column->node.span, E_SYNTAX, "a computed column cannot be METADATA");
        return NULL;
    }
    column->form = COLUMN_METADATA;
    if (key)
        column->metadata_key = build_text(cx, *key);
    return extended(cx, column);
}

struct ast_column_def *build_column_virtual(struct build *cx, struct ast_column_def *column,
                                            struct sql_token token)
{
    if (cx->code != OK)
        return NULL;
    if (column->form != COLUMN_METADATA) {
        build_fail(cx, token.span, E_SYNTAX, "only a METADATA column can be VIRTUAL");
        return NULL;
    }
    column->is_virtual = true;
    return extended(cx, column);
}

struct ast_column_def *build_column_header(struct build *cx, struct ast_column_def *column)
{
    if (cx->code == OK)
        column->header = true;
    return extended(cx, column);
}

struct ast_column_def *build_column_key(struct build *cx, struct ast_column_def *column,
                                        bool primary, int enforced)
{
    if (cx->code != OK)
        return NULL;
    if (primary)
        column->primary_key = true;
    else
        column->unique = true;
    if (enforced == BUILD_ENFORCED) {
        build_fail(cx, column->node.span, E_UNSUPPORTED, "a key cannot be ENFORCED");
        build_advise(cx, "Keys of streams are promises of the source; write NOT ENFORCED.");
        return NULL;
    }
    column->not_enforced |= enforced == BUILD_NOT_ENFORCED;
    return extended(cx, column);
}

struct ast_node *build_watermark(struct build *cx, struct sql_token start,
                                 const struct sql_token *name, struct ast_names *column,
                                 struct ast_node *expr)
{
    struct ast_watermark *watermark = build_new(cx, struct ast_watermark);
    if (!watermark)
        return NULL;
    if (name)
        watermark->name = build_name(cx, *name);
    watermark->column = *column;
    watermark->expr = expr;
    return build_finish(cx, watermark, AST_WATERMARK, start.span.offset);
}

struct ast_key *build_key(struct build *cx, struct sql_token start, enum ast_key_kind what,
                          struct ast_names *columns, int enforced)
{
    struct ast_key *key = build_new(cx, struct ast_key);
    if (!key)
        return NULL;
    key->what = what;
    key->columns = *columns;
    key->enforced = enforced == BUILD_ENFORCED;
    key->not_enforced = enforced == BUILD_NOT_ENFORCED;
    return build_finish(cx, key, AST_KEY, start.span.offset);
}

struct ast_node *build_key_name(struct build *cx, struct sql_token start, struct sql_token name,
                                struct ast_key *key)
{
    if (cx->code != OK)
        return NULL;
    key->name = build_name(cx, name);
    return build_finish(cx, key, AST_KEY, start.span.offset);
}

/* A marker for build_elements(), with a span and no kind. */
struct ast_node *build_period(struct build *cx, struct sql_token start)
{
    struct ast_node *node = build_new(cx, struct ast_node);
    if (node)
        node->span = (struct span){ start.span.offset, cx->end - start.span.offset };
    return node;
}

struct build_distribution *build_distribution(struct build *cx, const struct sql_token *kind,
                                              struct ast_names *columns, int64_t buckets)
{
    struct build_distribution *distribution = build_new(cx, struct build_distribution);
    if (!distribution)
        return NULL;
    if (kind) {
        build_expect(cx, *kind, "HASH", "RANGE");
        distribution->kind = build_name(cx, *kind);
    }
    distribution->columns = columns;
    distribution->buckets = buckets;
    return distribution;
}

struct build_with build_with(struct build *cx, const struct sql_token *start,
                             struct ast_list *options)
{
    struct build_with with = { .options = options };
    if (start) {
        with.given = true;
        with.span = (struct span){ start->span.offset, cx->end - start->span.offset };
    }
    return with;
}

struct ast_like_table *build_like_table(struct build *cx, struct sql_token start,
                                        struct ast_names *path, struct ast_list *options)
{
    struct ast_like_table *like = build_new(cx, struct ast_like_table);
    if (!like)
        return NULL;
    like->path = *path;
    like->options = build_list_value(options);
    return build_finish(cx, like, AST_LIKE_TABLE, start.span.offset);
}

struct ast_node *build_like_option(struct build *cx, struct sql_token start,
                                   enum ast_like_mode mode, struct sql_token feature)
{
    struct ast_like_option *option = build_new(cx, struct ast_like_option);
    if (!option)
        return NULL;
    option->mode = mode;
    option->feature = build_name(cx, feature);
    return build_finish(cx, option, AST_LIKE_OPTION, start.span.offset);
}

/* ---- the others -------------------------------------------------------------------------- */

struct ast_node *build_create_view(struct build *cx, struct build_create create, int if_not_exists,
                                   struct ast_names *path, struct ast_names *columns,
                                   struct ast_text comment, struct ast_query *query)
{
    check_flags(cx, create, BUILD_OR_REPLACE | BUILD_TEMPORARY, "view");
    struct ast_create_view *view = build_new(cx, struct ast_create_view);
    if (!view)
        return NULL;
    view->temporary = create.flags & BUILD_TEMPORARY;
    view->or_replace = create.flags & BUILD_OR_REPLACE;
    view->if_not_exists = if_not_exists;
    view->path = *path;
    view->columns = build_names_value(columns);
    view->comment = comment;
    view->query = query;
    return build_finish(cx, view, AST_CREATE_VIEW, create.start);
}

struct ast_node *build_create_function(struct build *cx, struct build_create create,
                                       int if_not_exists, struct ast_names *path,
                                       struct sql_token implementation, struct ast_name language,
                                       struct ast_list *jars)
{
    check_flags(cx, create, BUILD_TEMPORARY | BUILD_SYSTEM, "function");
    struct ast_create_function *function = build_new(cx, struct ast_create_function);
    if (!function)
        return NULL;
    function->temporary = create.flags & BUILD_TEMPORARY;
    function->system = create.flags & BUILD_SYSTEM;
    function->if_not_exists = if_not_exists;
    function->path = *path;
    function->implementation = build_text(cx, implementation);
    function->language = language;
    function->jars = build_list_value(jars);
    return build_finish(cx, function, AST_CREATE_FUNCTION, create.start);
}

struct ast_node *build_create_catalog(struct build *cx, struct build_create create,
                                      enum ast_kind kind, int if_not_exists, struct ast_names *path,
                                      struct ast_text comment, struct build_with with)
{
    check_flags(cx, create, 0, kind == AST_CREATE_CATALOG ? "catalog" : "database");
    struct ast_create_catalog *node = build_new(cx, struct ast_create_catalog);
    if (!node)
        return NULL;
    node->if_not_exists = if_not_exists;
    node->path = *path;
    node->comment = comment;
    node->options = build_list_value(with.options);
    return build_finish(cx, node, kind, create.start);
}
