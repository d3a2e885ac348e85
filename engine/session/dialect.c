/* dialect.c -- see dialect.h. */
#include "session/dialect.h"

#include "sql/ast.h"
#include "sql/diag.h"
#include "sql/parse.h"

static bool is_call_of(const struct ast_node *node, const char *name)
{
    if (!node || node->kind != AST_CALL)
        return false;
    const struct ast_call *call = (const struct ast_call *)node;
    return call->path.count == 1 && str_iis(call->path.items[0].text, name);
}

static void read_with(struct dialect_signs *signs, const struct ast_create_table *table)
{
    for (uint32_t i = 0; i < table->options.count; i++) {
        const struct ast_option *o = (const struct ast_option *)table->options.items[i];
        if (o->placeholder)
            continue;
        if (!signs->has_type && str_iis(o->key, "type")) {
            signs->has_type = true;
            signs->type_span = o->key_span;
            if (table->path.count > 0)
                signs->type_table = table->path.items[table->path.count - 1].text;
        }
        if (!signs->has_connector && str_iis(o->key, "connector")) {
            signs->has_connector = true;
            signs->connector_span = o->key_span;
        }
    }
}

static bool read_node(void *cx, const struct ast_node *node)
{
    struct dialect_signs *signs = cx;
    const struct ast_node *as_of = NULL;
    if (node->kind == AST_CREATE_TABLE)
        read_with(signs, (const struct ast_create_table *)node);
    else if (node->kind == AST_FROM_TABLE)
        as_of = ((const struct ast_from_table *)node)->as_of;
    else if (node->kind == AST_FROM_CALL)
        as_of = ((const struct ast_from_call *)node)->as_of;
    if (!signs->has_withoffset && is_call_of(node, "WITHOFFSET")) {
        signs->has_withoffset = true;
        signs->withoffset_span = node->span;
    }
    if (!signs->has_as_of_proctime && is_call_of(as_of, "PROCTIME")) {
        signs->has_as_of_proctime = true;
        signs->as_of_span = as_of->span;
    }
    return ast_each_child(node, read_node, cx);
}

void dialect_read(struct dialect_signs *signs, const struct ast_script *script)
{
    for (uint32_t i = 0; i < script->statements.count; i++)
        read_node(signs, script->statements.items[i]);
}

void dialect_guess(struct dialect_signs *signs, const struct sql_broken *statement)
{
    if (!statement->creates.data)
        return;
    if (!signs->has_type && statement->type_key.size > 0) {
        signs->has_type = true;
        signs->type_span = statement->type_key;
        signs->type_table = statement->creates;
    }
    if (!signs->has_connector && statement->connector_key.size > 0) {
        signs->has_connector = true;
        signs->connector_span = statement->connector_key;
    }
    if (!signs->has_withoffset && statement->withoffset.size > 0) {
        signs->has_withoffset = true;
        signs->withoffset_span = statement->withoffset;
    }
}

enum code dialect_check(const struct dialect_signs *signs, struct str source, struct error *err)
{
    if (!signs->has_type || !signs->has_connector)
        return OK;
    uint32_t type_line = diag_locate(source, signs->type_span.offset).line;
    uint32_t connector_line = diag_locate(source, signs->connector_span.offset).line;
    bool type_first = signs->type_span.offset < signs->connector_span.offset;
    error_at(err, E_PLAN, type_first ? signs->connector_span : signs->type_span,
             "WITH has the key \"type\" of Blink in line %u and the key \"connector\" of Flink in "
             "line %u",
             type_line, connector_line);
    error_detail(err, "A file is written in one dialect.");
    error_hint(err, "Use one of the two keys in all tables.");
    return E_PLAN;
}

enum dialect dialect_decide(const struct dialect_signs *signs, struct str source,
                            struct arena *arena, const char **ret_reason)
{
    if (signs->has_type && !signs->has_connector) {
        *ret_reason = arena_printf(arena, "CREATE TABLE " STR_FMT " has a WITH key \"type\"",
                                   STR_ARG(signs->type_table));
        return DIALECT_BLINK;
    }
    if (signs->has_withoffset) {
        *ret_reason = arena_printf(arena, "line %u has WITHOFFSET",
                                   diag_locate(source, signs->withoffset_span.offset).line);
        return DIALECT_BLINK;
    }
    if (signs->has_as_of_proctime) {
        *ret_reason = arena_printf(arena, "line %u has FOR SYSTEM_TIME AS OF PROCTIME()",
                                   diag_locate(source, signs->as_of_span.offset).line);
        return DIALECT_BLINK;
    }
    *ret_reason = signs->has_connector ? "CREATE TABLE has a WITH key \"connector\""
                                       : "nothing in the text is Blink's own";
    return DIALECT_FLINK;
}
