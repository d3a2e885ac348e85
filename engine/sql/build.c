/* build.c -- what all builders share: failure, allocation, spans, names and lists.
 *
 * build_finish() is the one place where a node gets its kind, span and depth.  Depth is
 * one more than that of the deepest child; a tree deeper than AST_MAX_DEPTH is refused
 * here, so that whoever walks it may recurse. */
#include "sql/build.h"

#include "sql/literal.h"

#include <stdarg.h>
#include <stdio.h>

void build_fail(struct build *cx, struct span span, enum code code, const char *fmt, ...)
{
    if (cx->code != OK)
        return;
    cx->code = code;
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    error_at(cx->err, code, span, "%s", text);
}

void build_advise(struct build *cx, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    error_hint(cx->err, "%s", text);
}

void build_nomem(struct build *cx)
{
    if (cx->code == OK)
        cx->code = error_nomem(cx->err);
}

void build_too_deep(struct build *cx)
{
    build_fail(cx, (struct span){ cx->end, 0 }, E_LIMIT,
               "statement is nested too deeply, or one expression has too many operators");
}

void *build_alloc(struct build *cx, size_t bytes)
{
    if (cx->code != OK)
        return NULL;
    void *ptr = arena_zalloc(cx->arena, bytes);
    if (!ptr)
        build_nomem(cx);
    return ptr;
}

static bool deepest(void *cx, const struct ast_node *child)
{
    uint32_t *depth = cx;
    *depth = MAX(*depth, child->depth);
    return true;
}

void *build_finish(struct build *cx, void *node, enum ast_kind kind, uint32_t start)
{
    if (!node || cx->code != OK)
        return NULL;
    struct ast_node *head = node;
    uint32_t depth = 0;
    head->kind = kind;
    head->span = (struct span){ start, cx->end - start };
    ast_each_child(head, deepest, &depth);
    head->depth = depth + 1;
    if (head->depth > AST_MAX_DEPTH) {
        build_too_deep(cx);
        return NULL;
    }
    return node;
}

struct str build_token_text(const struct build *cx, struct sql_token token)
{
    return str_make(cx->text + token.span.offset, token.span.size);
}

struct ast_list build_list_value(const struct ast_list *list)
{
    return list ? *list : (struct ast_list){ 0 };
}

struct ast_names build_names_value(const struct ast_names *names)
{
    return names ? *names : (struct ast_names){ 0 };
}

/* Backquotes off; only a name with a doubled backquote in it needs a copy. */
struct ast_name build_name(struct build *cx, struct sql_token token)
{
    struct str text = build_token_text(cx, token);
    struct ast_name name = { .span = token.span };
    if (cx->code != OK)
        return name;
    if (text.size < 2 || text.data[0] != '`') {
        name.text = text;
        return name;
    }
    name.quoted = true;
    text = str_make(text.data + 1, text.size - 2);
    if (str_find_byte(text, '`') == (size_t)-1) {
        name.text = text;
        return name;
    }
    char *copy = build_alloc(cx, text.size);
    if (!copy)
        return name;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        copy[size++] = text.data[i];
        i += text.data[i] == '`';
    }
    name.text = str_make(copy, size);
    return name;
}

struct ast_name build_no_name(void)
{
    return (struct ast_name){ 0 };
}

struct ast_names *build_names(struct build *cx, struct ast_names *names, struct sql_token token)
{
    if (!names) {
        /* Most names have one part: it comes with the list. */
        struct {
            struct ast_names names;
            struct ast_name first;
        } *block = build_alloc(cx, sizeof *block);
        if (!block)
            return NULL;
        names = &block->names;
        names->items = &block->first;
        names->cap = 1;
        names->span = token.span;
    }
    struct ast_name name = build_name(cx, token);
    if (cx->code != OK)
        return NULL;
    if (!ARENA_PUSH(cx->arena, names->items, names->count, names->cap, name)) {
        build_nomem(cx);
        return NULL;
    }
    names->span.size = token.span.offset + token.span.size - names->span.offset;
    return names;
}

struct ast_list *build_list(struct build *cx, struct ast_list *list, struct ast_node *node)
{
    if (!list) {
        struct {
            struct ast_list list;
            struct ast_node *first[2];
        } *block = build_alloc(cx, sizeof *block);
        if (!block)
            return NULL;
        list = &block->list;
        list->items = block->first;
        list->cap = countof(block->first);
    }
    if (cx->code != OK)
        return NULL;
    if (!ARENA_PUSH(cx->arena, list->items, list->count, list->cap, node)) {
        build_nomem(cx);
        return NULL;
    }
    return list;
}

struct ast_list *build_list_join(struct build *cx, struct ast_list *list, struct ast_list *more)
{
    if (cx->code != OK)
        return NULL;
    for (uint32_t i = 0; i < more->count; i++)
        list = build_list(cx, list, more->items[i]);
    return list;
}

struct ast_text build_text(struct build *cx, struct sql_token token)
{
    struct ast_text text = { .span = token.span };
    if (cx->code != OK)
        return text;
    enum code code =
        literal_decode_string(cx->arena, build_token_text(cx, token), 0, &text.text, cx->err);
    if (code != OK) {
        cx->code = code;
        error_locate(cx->err, token.span);
    }
    return text;
}

struct ast_text build_no_text(void)
{
    return (struct ast_text){ 0 };
}

/* A count in DDL: lengths, buckets. */
int64_t build_count(struct build *cx, struct sql_token token)
{
    struct str text = build_token_text(cx, token);
    int64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        value = value * 10 + (text.data[i] - '0');
        if (value > INT32_MAX) {
            build_fail(cx, token.span, E_SYNTAX, "number \"" STR_FMT "\" is too large here",
                       (int)MIN(text.size, 40), text.data);
            return 0;
        }
    }
    return value;
}

void build_expect(struct build *cx, struct sql_token token, const char *a, const char *b)
{
    struct str text = build_token_text(cx, token);
    if (cx->code != OK || str_iis(text, a) || (b && str_iis(text, b)))
        return;
    build_fail(cx, token.span, E_SYNTAX, "syntax error at \"" STR_FMT "\", expected %s%s%s",
               (int)MIN(text.size, 60), text.data, a, b ? " or " : "", b ? b : "");
}
