/* build_statement.c -- all statements but CREATE. */
#include "sql/build.h"

#include "sql/literal.h"
#include "base/nearest.h"

#include <stdio.h>

void build_script_add(struct build *cx, struct ast_node *statement)
{
    build_list(cx, &cx->script->statements, statement);
}

struct ast_node *build_drop(struct build *cx, struct build_create drop, enum ast_object object,
                            int if_exists, struct ast_names *path, int cascade)
{
    struct ast_drop *node = build_new(cx, struct ast_drop);
    if (!node)
        return NULL;
    node->object = object;
    node->temporary = drop.flags & BUILD_TEMPORARY;
    node->system = drop.flags & BUILD_SYSTEM;
    node->if_exists = if_exists;
    node->cascade = cascade;
    node->path = *path;
    return build_finish(cx, node, AST_DROP, drop.start);
}

/* ---- ALTER, USE -------------------------------------------------------------------------- */

struct ast_alter *build_alter(struct build *cx, struct sql_token start, enum ast_object object,
                              int if_exists, struct ast_names *path)
{
    struct ast_alter *alter = build_new(cx, struct ast_alter);
    if (!alter)
        return NULL;
    alter->object = object;
    alter->if_exists = if_exists;
    alter->path = *path;
    return build_finish(cx, alter, AST_ALTER, start.span.offset);
}

static struct ast_node *altered(struct build *cx, struct ast_alter *alter,
                                enum ast_alter_action action)
{
    if (cx->code != OK)
        return NULL;
    alter->action = action;
    return build_finish(cx, alter, AST_ALTER, alter->node.span.offset);
}

struct ast_node *build_alter_rename(struct build *cx, struct ast_alter *alter,
                                    struct ast_names *path)
{
    if (cx->code == OK)
        alter->new_path = *path;
    return altered(cx, alter, ALTER_RENAME);
}

struct ast_node *build_alter_column(struct build *cx, struct ast_alter *alter,
                                    struct sql_token column, struct sql_token new_column)
{
    if (cx->code == OK) {
        alter->column = build_name(cx, column);
        alter->new_column = build_name(cx, new_column);
    }
    return altered(cx, alter, ALTER_RENAME_COLUMN);
}

struct ast_node *build_alter_options(struct build *cx, struct ast_alter *alter,
                                     enum ast_alter_action action, struct ast_list *options)
{
    if (cx->code == OK)
        alter->options = build_list_value(options);
    return altered(cx, alter, action);
}

struct ast_node *build_alter_as(struct build *cx, struct ast_alter *alter, struct ast_query *query)
{
    if (cx->code == OK)
        alter->query = query;
    return altered(cx, alter, ALTER_AS);
}

struct ast_node *build_use(struct build *cx, struct sql_token start, enum ast_object object,
                           struct ast_names *path)
{
    struct ast_use *use = build_new(cx, struct ast_use);
    if (!use)
        return NULL;
    use->object = object;
    use->path = *path;
    return build_finish(cx, use, AST_USE, start.span.offset);
}

/* ---- SET, RESET -------------------------------------------------------------------------- */

struct ast_node *build_set(struct build *cx, struct sql_token start, const struct sql_token *key,
                           const struct sql_token *value)
{
    struct ast_set *set = build_new(cx, struct ast_set);
    if (!set)
        return NULL;
    if (key)
        set->key = build_text(cx, *key);
    if (value)
        set->value = build_text(cx, *value);
    return build_finish(cx, set, AST_SET, start.span.offset);
}

/* A side of `key = value`: bare, or quoted as elsewhere. */
static struct ast_text raw_side(struct build *cx, struct span span)
{
    struct str text = str_make(cx->text + span.offset, span.size);
    struct str trimmed = str_trim(text);
    span.offset += (uint32_t)(trimmed.data - text.data);
    span.size = (uint32_t)trimmed.size;
    struct ast_text side = { .text = trimmed, .span = span };
    if (trimmed.size >= 2 && trimmed.data[0] == '\'' && trimmed.data[trimmed.size - 1] == '\'')
        return build_text(cx, (struct sql_token){ .span = span });
    if (trimmed.size >= 2 && trimmed.data[0] == '`' && trimmed.data[trimmed.size - 1] == '`')
        side.text = str_make(trimmed.data + 1, trimmed.size - 2);
    return side;
}

static void check_key(struct build *cx, const struct ast_text *key)
{
    if (cx->code != OK)
        return;
    if (key->text.size == 0)
        build_fail(cx, key->span, E_SYNTAX, "the name of a setting is missing before \"=\"");
    for (size_t i = 0; i < key->text.size; i++)
        if ((unsigned char)key->text.data[i] <= ' ') {
            build_fail(cx, key->span, E_SYNTAX, "the name of a setting cannot have blanks in it");
            build_advise(cx, "Write SET 'key' = 'value'; and end the statement before with \";\".");
            return;
        }
}

struct ast_node *build_set_raw(struct build *cx, struct sql_token start, struct sql_token raw)
{
    struct ast_set *set = build_new(cx, struct ast_set);
    if (!set)
        return NULL;
    size_t equals = str_find_byte(build_token_text(cx, raw), '=');
    if (equals == (size_t)-1) {
        set->key = raw_side(cx, raw.span);
    } else {
        uint32_t at = (uint32_t)equals;
        set->key = raw_side(cx, (struct span){ raw.span.offset, at });
        set->value =
            raw_side(cx, (struct span){ raw.span.offset + at + 1, raw.span.size - at - 1 });
    }
    check_key(cx, &set->key);
    return build_finish(cx, set, AST_SET, start.span.offset);
}

struct ast_node *build_reset(struct build *cx, struct sql_token start, const struct sql_token *key)
{
    struct ast_reset *reset = build_new(cx, struct ast_reset);
    if (!reset)
        return NULL;
    if (key) {
        reset->key = raw_side(cx, key->span);
        check_key(cx, &reset->key);
    }
    return build_finish(cx, reset, AST_RESET, start.span.offset);
}

/* ---- INSERT and plans -------------------------------------------------------------------- */

/* ON CONFLICT DO what */
struct ast_name build_conflict(struct build *cx, struct sql_token conflict, struct sql_token verb,
                               struct sql_token what)
{
    build_expect(cx, conflict, "CONFLICT", NULL);
    build_expect(cx, verb, "DO", NULL);
    return build_name(cx, what);
}

struct ast_insert *build_insert(struct build *cx, struct sql_token start, int overwrite,
                                struct ast_names *path, struct ast_list *hints,
                                struct ast_list *partition, struct ast_names *columns,
                                struct ast_query *query, struct ast_name conflict)
{
    struct ast_insert *insert = build_new(cx, struct ast_insert);
    if (!insert)
        return NULL;
    insert->overwrite = overwrite;
    insert->path = *path;
    insert->hints = build_list_value(hints);
    insert->partition = build_list_value(partition);
    insert->has_partition = partition != NULL;
    insert->columns = build_names_value(columns);
    insert->query = query;
    insert->conflict = conflict;
    return build_finish(cx, insert, AST_INSERT, start.span.offset);
}

struct ast_node *build_execute(struct build *cx, struct sql_token start, struct ast_insert *insert)
{
    if (cx->code != OK)
        return NULL;
    insert->execute = true;
    return build_finish(cx, insert, AST_INSERT, start.span.offset);
}

struct ast_statement_set *build_statement_set(struct build *cx, struct sql_token start,
                                              bool execute, struct ast_list *statements)
{
    struct ast_statement_set *set = build_new(cx, struct ast_statement_set);
    if (!set)
        return NULL;
    set->execute = execute;
    set->statements = *statements;
    return build_finish(cx, set, AST_STATEMENT_SET, start.span.offset);
}

struct ast_node *build_plan(struct build *cx, struct sql_token start, struct sql_token file,
                            int if_not_exists, struct ast_node *statement)
{
    struct ast_plan *plan = build_new(cx, struct ast_plan);
    if (!plan)
        return NULL;
    plan->compile = statement != NULL;
    plan->if_not_exists = if_not_exists;
    plan->file = build_text(cx, file);
    plan->statement = statement;
    return build_finish(cx, plan, AST_PLAN, start.span.offset);
}

/* ---- EXPLAIN, SHOW, DESCRIBE ------------------------------------------------------------- */

static void suggest_word(struct build *cx, struct str word, const struct str *words, size_t n)
{
    int nearest = nearest_of(word, words, n);
    if (nearest >= 0)
        build_advise(cx, "Perhaps you meant %.*s.", STR_ARG(words[nearest]));
}

static unsigned explain_detail(struct build *cx, const struct ast_name *name)
{
    static const struct {
        const char *text;
        unsigned flag;
    } details[] = {
        { "ESTIMATED_COST", EXPLAIN_ESTIMATED_COST },
        { "CHANGELOG_MODE", EXPLAIN_CHANGELOG_MODE },
        { "JSON_EXECUTION_PLAN", EXPLAIN_JSON_EXECUTION_PLAN },
        { "PLAN_ADVICE", EXPLAIN_PLAN_ADVICE },
        { "ANALYZE", EXPLAIN_ANALYZE },
    };
    struct str words[countof(details)];
    for (size_t i = 0; i < countof(details); i++) {
        if (str_iis(name->text, details[i].text))
            return details[i].flag;
        words[i] = str_of(details[i].text);
    }
    build_fail(cx, name->span, E_SYNTAX, "EXPLAIN has no detail \"" STR_FMT "\"",
               (int)MIN(name->text.size, 60), name->text.data);
    suggest_word(cx, name->text, words, countof(words));
    return 0;
}

struct ast_node *build_explain(struct build *cx, struct sql_token start, bool plan_for,
                               struct ast_names *details, struct ast_node *statement)
{
    struct ast_explain *explain = build_new(cx, struct ast_explain);
    if (!explain)
        return NULL;
    explain->plan_for = plan_for;
    for (uint32_t i = 0; details && i < details->count && cx->code == OK; i++)
        explain->details |= explain_detail(cx, &details->items[i]);
    explain->statement = statement;
    return build_finish(cx, explain, AST_EXPLAIN, start.span.offset);
}

static const struct {
    enum ast_show_kind what;
    const char *text;
} shows[] = {
#define X(name, text) { name, text },
    AST_SHOWS(X)
#undef X
};

static bool find_show(struct build *cx, struct str words, struct span span, enum ast_show_kind *ret)
{
    struct str names[countof(shows)];
    for (size_t i = 0; i < countof(shows); i++) {
        names[i] = str_of(shows[i].text);
        if (str_ieq(words, names[i])) {
            *ret = shows[i].what;
            return true;
        }
    }
    build_fail(cx, span, E_SYNTAX, "there is no SHOW " STR_FMT, STR_ARG(words));
    suggest_word(cx, words, names, countof(names));
    return false;
}

struct ast_node *build_show(struct build *cx, struct sql_token start, const struct sql_token *first,
                            struct sql_token second, struct ast_names *path,
                            struct build_show_like like)
{
    struct ast_show *show = build_new(cx, struct ast_show);
    if (!show)
        return NULL;
    struct span span = first ? first->span : second.span;
    span.size = second.span.offset + second.span.size - span.offset;
    char words[64];
    struct str a = first ? build_token_text(cx, *first) : str_make("", 0);
    struct str b = build_token_text(cx, second);
    int n = snprintf(words, sizeof words, "%.*s%s%.*s", (int)MIN(a.size, 30), a.data,
                     first ? " " : "", (int)MIN(b.size, 30), b.data);
    if (!find_show(cx, str_make(words, (size_t)n), span, &show->what))
        return NULL;
    bool of_one = show->what == SHOW_COLUMNS || show->what == SHOW_PARTITIONS;
    bool created = show->what == SHOW_CREATE_TABLE || show->what == SHOW_CREATE_VIEW ||
                   show->what == SHOW_CREATE_CATALOG;
    if ((of_one || created) && !path) {
        build_fail(cx, span, E_SYNTAX, "SHOW %s needs the name of a %s", ast_show_text(show->what),
                   show->what == SHOW_CREATE_CATALOG ? "catalog"
                   : show->what == SHOW_CREATE_VIEW  ? "view"
                                                     : "table");
        return NULL;
    }
    show->path = build_names_value(path);
    show->like = like.pattern;
    show->negated = like.negated;
    show->ignore_case = like.ignore_case;
    return build_finish(cx, show, AST_SHOW, start.span.offset);
}

/* SHOW CURRENT CATALOG, but SHOW PARTITIONS t: the second word may be a table. */
struct ast_node *build_show_words(struct build *cx, struct sql_token start, struct sql_token first,
                                  struct ast_names *second, struct ast_names *path,
                                  struct build_show_like like)
{
    if (cx->code != OK)
        return NULL;
    if (str_iis(build_token_text(cx, first), "PARTITIONS") && !path)
        return build_show(cx, start, NULL, first, second, like);
    struct sql_token word = { .span = second->span };
    return build_show(cx, start, &first, word, path, like);
}

struct build_show_like build_no_like(void)
{
    return (struct build_show_like){ .pattern = build_no_text() };
}

struct build_show_like build_show_like(struct build *cx, struct sql_token pattern, bool negated,
                                       bool ignore_case)
{
    return (struct build_show_like){
        .pattern = build_text(cx, pattern),
        .negated = negated,
        .ignore_case = ignore_case,
    };
}

struct ast_node *build_describe(struct build *cx, struct sql_token start, int object,
                                struct ast_names *path)
{
    struct ast_describe *node = build_new(cx, struct ast_describe);
    if (!node)
        return NULL;
    node->object = (enum ast_object)(object & ~BUILD_EXTENDED);
    node->extended = object & BUILD_EXTENDED;
    node->path = *path;
    return build_finish(cx, node, AST_DESCRIBE, start.span.offset);
}

/* ---- rows -------------------------------------------------------------------------------- */

struct ast_node *build_update(struct build *cx, struct sql_token start, struct ast_names *path,
                              struct ast_list *assignments, struct ast_node *where)
{
    struct ast_update *update = build_new(cx, struct ast_update);
    if (!update)
        return NULL;
    update->path = *path;
    update->assignments = *assignments;
    update->where = where;
    return build_finish(cx, update, AST_UPDATE, start.span.offset);
}

struct ast_node *build_delete(struct build *cx, struct sql_token start, struct ast_names *path,
                              struct ast_node *where)
{
    struct ast_delete *node = build_new(cx, struct ast_delete);
    if (!node)
        return NULL;
    node->path = *path;
    node->where = where;
    return build_finish(cx, node, AST_DELETE, start.span.offset);
}

struct ast_node *build_truncate(struct build *cx, struct sql_token start, struct ast_names *path)
{
    struct ast_truncate *truncate = build_new(cx, struct ast_truncate);
    if (!truncate)
        return NULL;
    truncate->path = *path;
    return build_finish(cx, truncate, AST_TRUNCATE, start.span.offset);
}

struct ast_node *build_analyze(struct build *cx, struct sql_token start, struct ast_names *path,
                               bool all_columns, struct ast_names *columns)
{
    struct ast_analyze *analyze = build_new(cx, struct ast_analyze);
    if (!analyze)
        return NULL;
    analyze->path = *path;
    analyze->all_columns = all_columns;
    analyze->columns = build_names_value(columns);
    return build_finish(cx, analyze, AST_ANALYZE, start.span.offset);
}
