/* build_type.c -- types.  Several spellings of one type get one name here; the list is
 * beside struct ast_type. */
#include "sql/build.h"

static struct str upper(struct build *cx, struct str text)
{
    char *copy = build_alloc(cx, text.size);
    if (!copy)
        return text;
    for (size_t i = 0; i < text.size; i++)
        copy[i] =
            text.data[i] >= 'a' && text.data[i] <= 'z' ? (char)(text.data[i] - 32) : text.data[i];
    return str_make(copy, text.size);
}

/* Names in a catalog keep their dots: no builtin type has any. */
static struct str joined(struct build *cx, const struct ast_names *path)
{
    struct str text = path->items[0].text;
    for (uint32_t i = 1; i < path->count; i++) {
        struct str part = path->items[i].text;
        char *copy = build_alloc(cx, text.size + 1 + part.size);
        if (!copy)
            return text;
        memcpy(copy, text.data, text.size);
        copy[text.size] = '.';
        memcpy(copy + text.size + 1, part.data, part.size);
        text = str_make(copy, text.size + 1 + part.size);
    }
    return text;
}

static struct str canonical(struct str name)
{
    static const struct {
        const char *written;
        const char *name;
    } same[] = {
        { "CHARACTER", "CHAR" },
        { "INTEGER", "INT" },
        { "DEC", "DECIMAL" },
        { "NUMERIC", "DECIMAL" },
    };
    for (size_t i = 0; i < countof(same); i++)
        if (str_is(name, same[i].written))
            return str_of(same[i].name);
    return name;
}

/* A second word (PRECISION, VARYING) or a time zone makes another name of a known one. */
static struct str combined(struct build *cx, struct str name, const struct sql_token *word,
                           int zone)
{
    static const struct {
        const char *first;
        const char *word;
        int zone;
        const char *name;
    } pairs[] = {
        { "DOUBLE", "PRECISION", 0, "DOUBLE" },
        { "CHAR", "VARYING", 0, "VARCHAR" },
        { "CHARACTER", "VARYING", 0, "VARCHAR" },
        { "BINARY", "VARYING", 0, "VARBINARY" },
        { "TIMESTAMP", NULL, BUILD_NO_ZONE, "TIMESTAMP" },
        { "TIMESTAMP", NULL, BUILD_LOCAL_ZONE, "TIMESTAMP_LTZ" },
        { "TIMESTAMP", NULL, BUILD_ZONE, "TIMESTAMP_TZ" },
        { "TIME", NULL, BUILD_NO_ZONE, "TIME" },
    };
    struct str second = word ? build_token_text(cx, *word) : str_make(NULL, 0);
    for (size_t i = 0; i < countof(pairs); i++) {
        bool fits = pairs[i].word ? word && str_iis(second, pairs[i].word) : !word;
        if (fits && pairs[i].zone == zone && str_is(name, pairs[i].first))
            return str_of(pairs[i].name);
    }
    build_fail(cx, (struct span){ cx->end, 0 }, E_SYNTAX, "type %.*s cannot be followed by %.*s",
               (int)MIN(name.size, 60), name.data, word ? (int)second.size : 9,
               word ? second.data : "TIME ZONE");
    return name;
}

static struct ast_type *new_type(struct build *cx, enum ast_type_form form)
{
    struct ast_type *type = build_new(cx, struct ast_type);
    if (type) {
        type->form = form;
        type->name = str_make("", 0);
        type->interval.precision = type->interval.fraction = -1;
    }
    return type;
}

struct ast_type *build_type(struct build *cx, struct ast_names *path, const struct sql_token *first,
                            const struct sql_token *second, const struct sql_token *word, int zone)
{
    struct ast_type *type = new_type(cx, AST_TYPE_NAMED);
    if (!type)
        return NULL;
    type->path = *path;
    if (path->count == 1 && !path->items[0].quoted) {
        type->name = upper(cx, path->items[0].text);
        type->name = word || zone ? combined(cx, type->name, word, zone) : canonical(type->name);
    } else {
        type->name = joined(cx, path);
        if (word || zone)
            build_fail(cx, path->span, E_SYNTAX, "a type in backquotes takes no more words");
    }
    if (first)
        type->params[type->param_count++] = build_count(cx, *first);
    if (second)
        type->params[type->param_count++] = build_count(cx, *second);
    return build_finish(cx, type, AST_TYPE, path->span.offset);
}

struct ast_type *build_type_null(struct build *cx, struct ast_type *type, bool not_null)
{
    if (cx->code != OK)
        return NULL;
    type->not_null = not_null;
    type->null_given = !not_null;
    return build_finish(cx, type, AST_TYPE, type->node.span.offset);
}

struct ast_type *build_type_interval(struct build *cx, struct sql_token start,
                                     struct ast_interval_spec spec)
{
    struct ast_type *type = new_type(cx, AST_TYPE_INTERVAL);
    if (!type)
        return NULL;
    type->interval = spec;
    return build_finish(cx, type, AST_TYPE, start.span.offset);
}

struct ast_type *build_type_of(struct build *cx, enum ast_type_form form, struct sql_token start,
                               struct ast_type *first, struct ast_type *second)
{
    struct ast_type *type = new_type(cx, form);
    if (!type)
        return NULL;
    struct ast_list *items = build_list(cx, NULL, AST(first));
    if (second)
        items = build_list(cx, items, AST(second));
    type->items = build_list_value(items);
    return build_finish(cx, type, AST_TYPE, start.span.offset);
}

struct ast_type *build_type_row(struct build *cx, struct sql_token start, struct ast_list *fields)
{
    struct ast_type *type = new_type(cx, AST_TYPE_ROW);
    if (!type)
        return NULL;
    type->items = build_list_value(fields);
    return build_finish(cx, type, AST_TYPE, start.span.offset);
}

struct ast_type *build_type_suffix(struct build *cx, enum ast_type_form form, struct ast_type *item,
                                   bool not_null)
{
    struct ast_type *type = new_type(cx, form);
    if (!type)
        return NULL;
    item->not_null = not_null;
    type->items = build_list_value(build_list(cx, NULL, AST(item)));
    return build_finish(cx, type, AST_TYPE, item->node.span.offset);
}

struct ast_node *build_type_field(struct build *cx, struct sql_token name, struct ast_type *type,
                                  const struct sql_token *comment)
{
    struct ast_type_field *field = build_new(cx, struct ast_type_field);
    if (!field)
        return NULL;
    field->name = build_name(cx, name);
    field->type = type;
    if (comment)
        field->comment = build_text(cx, *comment);
    return build_finish(cx, field, AST_TYPE_FIELD, name.span.offset);
}
