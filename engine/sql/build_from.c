/* build_from.c -- what stands in FROM, with joins, aliases, hints and options. */
#include "sql/build.h"

#include "sql/literal.h"

/* The standard asks a condition of every join that is not CROSS or NATURAL; without one it is
 * nearly always a forgotten ON. */
struct ast_node *build_join(struct build *cx, struct ast_node *left, enum ast_join_kind what,
                            bool natural, struct ast_node *right, struct ast_node *on,
                            struct ast_names *columns)
{
    struct ast_join *join = build_new(cx, struct ast_join);
    if (!join)
        return NULL;
    if (what != JOIN_COMMA && what != JOIN_CROSS && !natural && !on && !columns) {
        build_fail(cx, right->span, E_SYNTAX, "join has no condition, expected ON or USING");
        build_advise(cx, "Write ON TRUE, or CROSS JOIN, if every pair of rows is meant.");
        return NULL;
    }
    join->what = what;
    join->natural = natural;
    join->left = left;
    join->right = right;
    join->on = on;
    join->using_ = build_names_value(columns);
    return build_finish(cx, join, AST_JOIN, left->span.offset);
}

static struct ast_alias alias_value(const struct ast_alias *alias)
{
    return alias ? *alias : (struct ast_alias){ 0 };
}

struct ast_node *build_from_table(struct build *cx, struct ast_names *path, struct ast_list *hints,
                                  struct ast_node *as_of, struct ast_alias *alias)
{
    struct ast_from_table *table = build_new(cx, struct ast_from_table);
    if (!table)
        return NULL;
    table->path = *path;
    table->hints = build_list_value(hints);
    table->as_of = as_of;
    table->alias = alias_value(alias);
    return build_finish(cx, table, AST_FROM_TABLE, path->span.offset);
}

struct ast_node *build_from_match(struct build *cx, struct ast_names *path,
                                  struct sql_token pattern, struct ast_alias *alias)
{
    struct ast_from_match *match = build_new(cx, struct ast_from_match);
    if (!match)
        return NULL;
    match->input = build_from_table(cx, path, NULL, NULL, NULL);
    struct str text = build_token_text(cx, pattern); /* with its parentheses */
    match->pattern = (struct ast_text){
        .text = str_trim(str_make(text.data + 1, text.size - 2)),
        .span = pattern.span,
    };
    match->alias = alias_value(alias);
    return build_finish(cx, match, AST_FROM_MATCH, path->span.offset);
}

struct ast_node *build_from_query(struct build *cx, const struct sql_token *lateral,
                                  struct ast_query *query, struct ast_alias *alias)
{
    struct ast_from_query *from = build_new(cx, struct ast_from_query);
    if (!from)
        return NULL;
    from->lateral = lateral != NULL;
    from->query = query;
    from->alias = alias_value(alias);
    return build_finish(cx, from, AST_FROM_QUERY,
                        lateral ? lateral->span.offset : query->node.span.offset);
}

struct ast_node *build_from_call(struct build *cx, struct ast_node *call, int flags,
                                 const struct sql_token *start, struct ast_list *hints,
                                 struct ast_alias *alias)
{
    struct ast_from_call *from = build_new(cx, struct ast_from_call);
    if (!from)
        return NULL;
    from->lateral = flags & BUILD_LATERAL;
    from->wrapped = flags & BUILD_WRAPPED;
    from->call = (struct ast_call *)call;
    from->hints = build_list_value(hints);
    from->alias = alias_value(alias);
    return build_finish(cx, from, AST_FROM_CALL, start ? start->span.offset : call->span.offset);
}

struct ast_node *build_from_unnest(struct build *cx, struct sql_token start, struct ast_list *args,
                                   bool with_ordinality, struct ast_alias *alias)
{
    struct ast_from_unnest *from = build_new(cx, struct ast_from_unnest);
    if (!from)
        return NULL;
    from->args = *args;
    from->with_ordinality = with_ordinality;
    from->alias = alias_value(alias);
    return build_finish(cx, from, AST_FROM_UNNEST, start.span.offset);
}

struct ast_alias *build_alias(struct build *cx, struct sql_token name, struct ast_names *columns)
{
    struct ast_alias *alias = build_new(cx, struct ast_alias);
    if (!alias)
        return NULL;
    alias->name = build_name(cx, name);
    alias->columns = build_names_value(columns);
    return cx->code == OK ? alias : NULL;
}

struct ast_node *build_hint(struct build *cx, struct sql_token name, struct ast_list *args)
{
    struct ast_hint *hint = build_new(cx, struct ast_hint);
    if (!hint)
        return NULL;
    hint->name = build_name(cx, name);
    struct ast_list *options = NULL, *arguments = NULL;
    for (uint32_t i = 0; args && i < args->count && cx->code == OK; i++) {
        if (args->items[i]->kind == AST_OPTION)
            options = build_list(cx, options, args->items[i]);
        else
            arguments = build_list(cx, arguments, args->items[i]);
    }
    hint->options = build_list_value(options);
    hint->arguments = build_list_value(arguments);
    return build_finish(cx, hint, AST_HINT, name.span.offset);
}

/* ---- options ----------------------------------------------------------------------------- */

/* A bare key of several words, without the blanks and backquotes between its parts. */
static struct str joined_key(struct build *cx, struct span span)
{
    const char *text = cx->text + span.offset;
    char *copy = build_alloc(cx, span.size);
    size_t size = 0;
    for (uint32_t i = 0; copy && i < span.size; i++)
        if ((unsigned char)text[i] > ' ' && text[i] != '`')
            copy[size++] = text[i];
    return str_make(copy, size);
}

struct ast_node *build_option(struct build *cx, struct sql_token first, struct sql_token last,
                              struct sql_token value)
{
    struct ast_option *option = build_new(cx, struct ast_option);
    if (!option)
        return NULL;
    option->key_span = (struct span){
        first.span.offset,
        last.span.offset + last.span.size - first.span.offset,
    };
    char quote = cx->text[first.span.offset + first.span.size - 1];
    if (first.span.offset != last.span.offset)
        option->key = joined_key(cx, option->key_span);
    else if (quote == '\'')
        option->key = build_text(cx, first).text;
    else
        option->key = build_name(cx, first).text;
    struct ast_text text = build_text(cx, value);
    option->value = text.text;
    option->value_span = text.span;
    return build_finish(cx, option, AST_OPTION, first.span.offset);
}

struct ast_node *build_option_path(struct build *cx, struct ast_names *path, struct sql_token value)
{
    if (cx->code != OK)
        return NULL;
    struct sql_token first = { .span = path->items[0].span };
    struct sql_token last = { .span = path->items[path->count - 1].span };
    return build_option(cx, first, last, value);
}

/* ALTER TABLE t RESET ('key'): an option without value. */
struct ast_node *build_option_key(struct build *cx, struct sql_token key)
{
    struct ast_option *option = build_new(cx, struct ast_option);
    if (!option)
        return NULL;
    option->key = build_text(cx, key).text;
    option->key_span = key.span;
    return build_finish(cx, option, AST_OPTION, key.span.offset);
}

struct ast_node *build_placeholder(struct build *cx, struct sql_token token)
{
    struct ast_option *option = build_new(cx, struct ast_option);
    if (!option)
        return NULL;
    option->placeholder = true;
    return build_finish(cx, option, AST_OPTION, token.span.offset);
}

/* Published jobs end their options in "...,"; anywhere else the comma is a slip. */
struct ast_list *build_options_comma(struct build *cx, struct ast_list *options,
                                     struct sql_token comma)
{
    if (cx->code != OK)
        return NULL;
    const struct ast_node *last = options->items[options->count - 1];
    if (!((const struct ast_option *)last)->placeholder)
        build_trailing_comma(cx, comma);
    return options;
}

struct build_key_span build_key_span(struct sql_token first, struct sql_token last)
{
    return (struct build_key_span){ .first = first, .last = last };
}
