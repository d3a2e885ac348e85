/* script.c -- statements one after the other (-c, -f, the prompt); file.c has files as one job. */
#include "session/session_core.h"

#include "sql/ast.h"
#include "sql/parse.h"

#include <stdio.h>

/* ---- single statements -------------------------------------------------------------------- */

enum code script_unsupported(const struct ast_node *node, struct error *err)
{
    const char *what = "this statement";
    switch (node->kind) {
    case AST_CREATE_FUNCTION:
        what = "CREATE FUNCTION";
        break;
    case AST_CREATE_CATALOG:
        what = "CREATE CATALOG";
        break;
    case AST_CREATE_DATABASE:
        what = "CREATE DATABASE";
        break;
    case AST_ALTER:
        what = "ALTER";
        break;
    case AST_PLAN:
        what = ((const struct ast_plan *)node)->compile ? "COMPILE PLAN" : "EXECUTE PLAN";
        break;
    case AST_UPDATE:
        what = "UPDATE";
        break;
    case AST_DELETE:
        what = "DELETE";
        break;
    case AST_TRUNCATE:
        what = "TRUNCATE TABLE";
        break;
    case AST_ANALYZE:
        what = "ANALYZE TABLE";
        break;
    default:
        break;
    }
    return error_at(err, E_UNSUPPORTED, node->span, "%s does not run in this version of weir",
                    what);
}

static enum code set_statement(struct session *s, const struct ast_set *node, struct error *err)
{
    if (!node->key.text.data || !node->value.text.data)
        return s->mute ? OK : show_settings(s, node->key.text, err);
    struct option pair = { .key = node->key.text,
                           .value = node->value.text,
                           .key_span = node->key.span,
                           .value_span = node->value.span };
    return session_put_setting(s, SETTING_SET, &pair, err);
}

static enum code use_statement(const struct ast_use *node, struct error *err)
{
    struct ast_names path = node->path;
    if (node->object == OBJECT_MODULES)
        return error_at(err, E_UNSUPPORTED, node->node.span,
                        "USE MODULES does not run in this version of weir");
    const char *only = node->object == OBJECT_CATALOG ? "default_catalog" : "default_database";
    bool fits =
        path.count > 0 && str_is(path.items[path.count - 1].text, only) &&
        (path.count == 1 || (path.count == 2 && str_is(path.items[0].text, "default_catalog")));
    if (fits)
        return OK;
    return error_at(err, E_NAME, path.span, "there is no %s \"" STR_FMT "\", only \"%s\"",
                    node->object == OBJECT_CATALOG ? "catalog" : "database",
                    STR_ARG(path.items[path.count - 1].text), only);
}

static enum code drop_statement(struct session *s, const struct ast_drop *node, struct error *err)
{
    if (node->object != OBJECT_TABLE && node->object != OBJECT_VIEW)
        return error_at(err, E_UNSUPPORTED, node->node.span,
                        "only tables and views can be dropped in this version of weir");
    struct str name;
    TRY(show_object_name(&node->path, &name, err));
    bool view = node->object == OBJECT_VIEW;
    if (catalog_drop(s->catalog, name, view) || node->if_exists)
        return OK;
    return show_unknown_object(s, name, node->path.span, view ? "view" : "table", err);
}

enum code script_statement(struct session *s, struct job *job, const struct ast_node *node,
                           struct error *err)
{
    switch (node->kind) {
    case AST_CREATE_TABLE:
        return bind_create_table(job->binder, (const struct ast_create_table *)node, err);
    case AST_CREATE_VIEW:
        return bind_create_view(job->binder, (const struct ast_create_view *)node, err);
    case AST_DROP:
        return drop_statement(s, (const struct ast_drop *)node, err);
    case AST_USE:
        return use_statement((const struct ast_use *)node, err);
    case AST_SET:
        return set_statement(s, (const struct ast_set *)node, err);
    case AST_RESET:
        settings_reset(&s->settings, ((const struct ast_reset *)node)->key.text);
        return OK;
    case AST_SHOW:
        return show_statement(s, (const struct ast_show *)node, err);
    case AST_DESCRIBE:
        return show_describe(s, (const struct ast_describe *)node, err);
    case AST_EXPLAIN:
        return explain_statement(s, node, err);
    default:
        return script_unsupported(node, err);
    }
}

/* ---- one after the other --------------------------------------------------------------------- */

static bool defines_objects(const struct ast_script *script)
{
    for (uint32_t i = 0; i < script->statements.count; i++) {
        enum ast_kind kind = script->statements.items[i]->kind;
        if (kind == AST_CREATE_TABLE || kind == AST_CREATE_VIEW)
            return true;
    }
    return false;
}

/* At a prompt: where a table may come from. */
static void hint_at_tables(const struct session *s, struct error *err)
{
    if (s->separately && err->code == E_NAME && err->hint[0] == '\0' &&
        str_starts(str_of(err->message), STR("table or view \"")))
        error_hint(err,
                   "SHOW TABLES lists what there is; \\peek NAME shows a topic or a file, and the "
                   "CREATE TABLE that reads it.");
}

static enum session_status run_job_statement(struct session *s, const struct ast_node *node)
{
    struct error err = { .code = OK };
    struct arena *own = NULL, *arena = s->arena;
    if (!job_is_create_as(node) && !(own = arena = arena_create())) /* a table outlives its job */
        return session_report(s, (error_nomem(&err), &err));
    struct job job;
    struct plan_job *plan;
    enum code code = job_begin(&job, s, arena, true, &err);
    if (code == OK)
        code = job_add(&job, node, &err);
    if (code == OK)
        code = job_plan(&job, &plan, &err);
    if (code != OK)
        hint_at_tables(s, &err);
    enum session_status status = code == OK ? job_run(&job, plan) : session_report(s, &err);
    arena_destroy(own);
    return status;
}

/* At a prompt it is said at once what would be said when the table is used: then it would have to
 * be dropped first. */
static enum code check_table(struct session *s, struct job *job,
                             const struct ast_create_table *node, struct error *err)
{
    struct error found = { .code = OK };
    struct resolved_table ignored;
    struct str name;
    TRY(show_object_name(&node->path, &name, err));
    const struct catalog_table *table = catalog_find_table(s->catalog, name);
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    job->resolver.arena = arena;
    enum code code = table ? resolve_table(&job->resolver, table, &ignored, &found) : OK;
    if (code != OK && code != E_NOMEM)
        session_warn(s, &found);
    arena_destroy(arena);
    return code == E_NOMEM ? error_nomem(err) : OK;
}

static enum session_status run_statement(struct session *s, const struct ast_node *node)
{
    struct error err = { .code = OK };
    struct job job = { .session = s };
    if (job_is_statement(node))
        return run_job_statement(s, node);
    if (explain_is_analyze(node))
        return explain_analyze(s, node);
    enum code code = OK;
    if (node->kind == AST_CREATE_TABLE || node->kind == AST_CREATE_VIEW)
        code = job_begin(&job, s, s->arena, false, &err);
    if (code == OK)
        code = script_statement(s, &job, node, &err);
    if (code == OK && s->separately && node->kind == AST_CREATE_TABLE)
        code = check_table(s, &job, (const struct ast_create_table *)node, &err);
    if (code == OK)
        code = console_flush(&s->console, &err);
    if (code != OK && console_reader_is_gone(&s->console)) {
        session_stop(s);
        return SESSION_OK;
    }
    return code == OK ? SESSION_OK : session_report(s, &err);
}

/* Everything in front of `end` is blanked out: positions stay those of session->source. */
static enum code parse_behind(struct session *s, struct arena *arena, size_t begin, size_t end,
                              struct ast_script **ret, struct error *err)
{
    char *text = arena_alloc(arena, end + 1);
    if (!text)
        return error_nomem(err);
    memset(text, ' ', begin);
    if (end > begin)
        memcpy(text + begin, s->source.data + begin, end - begin);
    text[end] = '\0';
    return sql_parse(arena, str_make(text, end), ret, err);
}

/* The statements in front of one with a syntax error, if any: up to the last `;` before it with
 * which the text is complete. */
static enum code parse_front(struct session *s, struct arena *arena, size_t begin, size_t error_at,
                             struct ast_script **ret)
{
    enum { TRIES_MAX = 64 };
    *ret = NULL;
    size_t end = MIN(error_at, s->source.size);
    for (int tries = 0; tries < TRIES_MAX && end > begin; end--) {
        if (s->source.data[end - 1] != ';')
            continue;
        tries++;
        struct error ignored = { .code = OK };
        enum code code = parse_behind(s, arena, begin, end, ret, &ignored);
        if (code == OK || code == E_NOMEM)
            return code;
    }
    return OK;
}

static enum session_status run_statements(struct session *s, const struct ast_script *script)
{
    struct error err = { .code = OK };
    struct dialect_signs before = s->signs;
    dialect_read(&s->signs, script);
    if (dialect_check(&s->signs, buf_view(&s->source), &err) != OK) {
        s->signs = before; /* what was refused is no sign */
        return session_report(s, &err);
    }
    enum session_status status = SESSION_OK;
    for (uint32_t i = 0; i < script->statements.count && status == SESSION_OK; i++) {
        if (s->stopped || s->console.out_broken)
            break;
        status = run_statement(s, script->statements.items[i]);
    }
    return status;
}

enum session_status session_execute(struct session *s, struct str name, struct str text,
                                    bool separately)
{
    struct error err = { .code = OK };
    size_t begin = s->source.size;
    s->separately = separately;
    struct arena *arena = arena_create();
    if (!arena)
        return session_report(s, (error_nomem(&err), &err));
    /* Kept from the beginning: the catalog may come to point into it. */
    if (!ARENA_PUSH(s->arena, s->kept, s->kept_count, s->kept_cap, arena)) {
        arena_destroy(arena);
        return session_report(s, (error_nomem(&err), &err));
    }
    if (session_add_source(s, name, text, &err) != OK)
        return session_report(s, &err);
    struct ast_script *script = NULL;
    enum code code = parse_behind(s, arena, begin, s->source.size, &script, &err);
    enum session_status status = SESSION_OK;
    if (code != OK) {
        script = NULL;
        if (err.has_span && parse_front(s, arena, begin, err.span.offset, &script) != OK)
            error_nomem(&err);
    }
    if (script)
        status = run_statements(s, script);
    if (status == SESSION_OK && code != OK && !s->stopped)
        status = session_report(s, &err);
    if (!script || !defines_objects(script)) {
        arena_destroy(arena);
        s->kept_count--;
        if (separately)
            session_drop_source(s);
    }
    return status;
}
