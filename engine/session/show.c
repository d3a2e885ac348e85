/* show.c -- SHOW, DESCRIBE and the list of SET: results of texts, in Flink's columns. */
#include "session/session_core.h"

#include "agg/agg_over.h"
#include "base/nearest.h"
#include "sql/ast.h"
#include "expr/function.h"
#include "expr/table_function.h"
#include "session/mask.h"

#include <ctype.h>
#include <stdlib.h>

enum { TEXT_LIMIT = 16 << 20 };

/* Cells of a result while it is put together. */
struct table {
    struct arena *arena;
    struct str *cells;
    uint32_t count, cap;
    bool failed;
};

static void put(struct table *t, struct str cell)
{
    if (!ARENA_PUSH(t->arena, t->cells, t->count, t->cap, cell))
        t->failed = true;
}

static void put_buf(struct table *t, struct buf *text)
{
    struct str copy = arena_str(t->arena, buf_view(text));
    if (!copy.data || text->failed)
        t->failed = true;
    put(t, copy);
    buf_clear(text);
}

static enum code print(struct session *s, const struct table *t, const struct str *names,
                       uint32_t columns, struct error *err)
{
    struct render_options options;
    if (t->failed)
        return error_nomem(err);
    if (s->mute)
        return OK;
    TRY(session_render_options(s, &options, err));
    return render_texts(&s->console, &options, names, columns, t->cells, t->count / columns, err);
}

/* SQL's LIKE with % and _, `\` takes the next character as it is. */
static bool is_like(struct str text, struct str pattern, bool ignore_case)
{
    size_t at = 0, p = 0, star = SIZE_MAX, star_at = 0;
    while (at < text.size) {
        bool any = p < pattern.size && pattern.data[p] == '%';
        if (any) {
            star = ++p;
            star_at = at;
            continue;
        }
        bool escaped = p + 1 < pattern.size && pattern.data[p] == '\\';
        size_t q = escaped ? p + 1 : p;
        bool same = false;
        if (q < pattern.size) {
            char c = pattern.data[q], d = text.data[at];
            same = (!escaped && c == '_') || c == d ||
                   (ignore_case && tolower((unsigned char)c) == tolower((unsigned char)d));
        }
        if (same) {
            p = q + 1;
            at++;
        } else if (star != SIZE_MAX) {
            p = star;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '%')
        p++;
    return p == pattern.size;
}

static bool is_wanted(const struct ast_show *node, struct str name)
{
    bool ignore_case = node->ignore_case || node->what == SHOW_FUNCTIONS;
    return !node->like.text.data || is_like(name, node->like.text, ignore_case) != node->negated;
}

enum code show_object_name(const struct ast_names *path, struct str *ret, struct error *err)
{
    static const char *const parts[] = { "default_catalog", "default_database" };
    for (uint32_t i = 0; i + 1 < path->count; i++) {
        uint32_t part = i + 3 - path->count;
        if (path->count > 3 || !str_is(path->items[i].text, parts[part]))
            return error_at(err, E_NAME, path->items[i].span,
                            "there is no %s \"" STR_FMT "\", only \"%s\"",
                            part == 0 ? "catalog" : "database", STR_ARG(path->items[i].text),
                            parts[MIN(part, 1u)]);
    }
    *ret = path->items[path->count - 1].text;
    return OK;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void sort_names(struct table *t)
{
    if (t->count > 1)
        qsort(t->cells, t->count, sizeof *t->cells, compare_names);
}

enum code show_unknown_object(struct session *s, struct str name, struct span span,
                              const char *what, struct error *err)
{
    (void)catalog_no_object(s->catalog, what, name, span, err);
    bool is_table = catalog_find_table(s->catalog, name) != NULL;
    if (is_table || catalog_find_view(s->catalog, name)) {
        error_hint(err, "\"" STR_FMT "\" is a %s.", STR_ARG(name), is_table ? "table" : "view");
        return E_NAME;
    }
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (uint32_t i = 0; catalog_table_at(s->catalog, i); i++)
        nearest_add(&nearest, catalog_table_at(s->catalog, i)->name);
    for (uint32_t i = 0; catalog_view_at(s->catalog, i); i++)
        nearest_add(&nearest, catalog_view_at(s->catalog, i)->name);
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_NAME;
}

/* ---- DESCRIBE -------------------------------------------------------------------------------- */

static const struct str describe_names[] = { { "name", 4 }, { "type", 4 },   { "null", 4 },
                                             { "key", 3 },  { "extras", 6 }, { "watermark", 9 } };

static void describe_column(struct table *t, const struct catalog_table *table, uint32_t i,
                            struct buf *text)
{
    const struct catalog_column *c = &table->columns[i];
    put(t, c->name);
    type_print(text, c->type);
    bool is_rowtime = table->watermark && table->watermark->column == i;
    if (is_rowtime)
        buf_text(text, " *ROWTIME*");
    put_buf(t, text);
    put(t, c->type->not_null || (c->in_key && !table->blink) ? STR("FALSE") : STR("TRUE"));
    if (c->in_key) {
        buf_text(text, "PRI(");
        for (uint32_t k = 0; k < table->key_count; k++)
            buf_printf(text, "%s" STR_FMT, k > 0 ? ", " : "",
                       STR_ARG(table->columns[table->key[k]].name));
        buf_char(text, ')');
        put_buf(t, text);
    } else {
        put(t, (struct str){ NULL, 0 });
    }
    if (c->form == COLUMN_EXPR) {
        buf_printf(text, "AS %s", c->text);
        put_buf(t, text);
    } else if (c->form == COLUMN_META) {
        buf_text(text, "METADATA");
        if (!str_eq(c->meta_key, c->name))
            buf_printf(text, " FROM '" STR_FMT "'", STR_ARG(c->meta_key));
        if (c->is_virtual)
            buf_text(text, " VIRTUAL");
        put_buf(t, text);
    } else {
        put(t, (struct str){ NULL, 0 });
    }
    put(t, is_rowtime ? str_of(table->watermark->text) : (struct str){ NULL, 0 });
}

static enum code describe_view(struct session *s, const struct catalog_view *view, struct table *t,
                               struct buf *text, struct error *err)
{
    struct job job;
    struct schema schema;
    TRY(job_begin(&job, s, t->arena, false, err));
    TRY(bind_query_schema(job.binder, view->query, &schema, err));
    for (uint32_t i = 0; i < schema.count; i++) {
        put(t, view->columns && i < view->column_count ? view->columns[i] : schema.fields[i].name);
        type_print(text, schema.fields[i].type);
        put_buf(t, text);
        put(t, schema.fields[i].type->not_null ? STR("FALSE") : STR("TRUE"));
        for (int k = 0; k < 3; k++)
            put(t, (struct str){ NULL, 0 });
    }
    return OK;
}

/* `like`: SHOW COLUMNS with a pattern; NULL: all. */
static enum code describe(struct session *s, const struct ast_names *path,
                          const struct ast_show *like, struct error *err)
{
    struct str name;
    TRY(show_object_name(path, &name, err));
    const struct catalog_table *table = catalog_find_table(s->catalog, name);
    const struct catalog_view *view = table ? NULL : catalog_find_view(s->catalog, name);
    if (!table && !view)
        return show_unknown_object(s, name, path->span, "table or view", err);
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct table t = { .arena = arena };
    struct buf text;
    buf_init(&text, TEXT_LIMIT);
    enum code code = OK;
    if (view)
        code = describe_view(s, view, &t, &text, err);
    for (uint32_t i = 0; table && i < table->column_count; i++)
        if (!like || is_wanted(like, table->columns[i].name))
            describe_column(&t, table, i, &text);
    if (code == OK)
        code = print(s, &t, describe_names, countof(describe_names), err);
    buf_done(&text);
    arena_destroy(arena);
    return code;
}

enum code show_describe(struct session *s, const struct ast_describe *node, struct error *err)
{
    if (node->object != OBJECT_TABLE && node->object != OBJECT_VIEW)
        return error_at(err, E_UNSUPPORTED, node->node.span,
                        "only tables and views can be described in this version of weir");
    return describe(s, &node->path, NULL, err);
}

/* ---- SHOW ------------------------------------------------------------------------------------ */

/* Operators, and words such as IS NULL, are none. */
static void list_function(struct table *t, const struct ast_show *node, const char *name)
{
    if (isalpha((unsigned char)name[0]) && !strchr(name, ' ') && is_wanted(node, str_of(name)))
        put(t, str_of(name));
}

static void list_functions(struct table *t, const struct ast_show *node)
{
    static const char *const windows[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION" };
    for (uint32_t i = 0; function_at(i); i++)
        list_function(t, node, function_at(i)->name);
    for (uint32_t i = 0; agg_function_at(i); i++)
        list_function(t, node, agg_function_at(i)->name);
    for (uint32_t i = 0; agg_over_function_at(i); i++)
        list_function(t, node, agg_over_function_at(i)->name);
    for (uint32_t i = 0; table_function_at(i); i++)
        list_function(t, node, table_function_at(i)->name);
    for (size_t i = 0; i < countof(windows); i++)
        list_function(t, node, windows[i]);
    sort_names(t);
    /* A name may stand in the tables once a dialect. */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < t->count; i++)
        if (kept == 0 || !str_eq(t->cells[kept - 1], t->cells[i]))
            t->cells[kept++] = t->cells[i];
    t->count = kept;
}

static void list_objects(struct session *s, struct table *t, const struct ast_show *node)
{
    for (uint32_t i = 0; node->what == SHOW_TABLES && catalog_table_at(s->catalog, i); i++)
        if (is_wanted(node, catalog_table_at(s->catalog, i)->name))
            put(t, catalog_table_at(s->catalog, i)->name);
    for (uint32_t i = 0; catalog_view_at(s->catalog, i); i++)
        if (is_wanted(node, catalog_view_at(s->catalog, i)->name))
            put(t, catalog_view_at(s->catalog, i)->name);
    sort_names(t);
}

static enum code show_create(struct session *s, const struct ast_show *node, struct table *t,
                             struct error *err)
{
    struct str name;
    TRY(show_object_name(&node->path, &name, err));
    bool view = node->what == SHOW_CREATE_VIEW;
    const struct catalog_table *table = view ? NULL : catalog_find_table(s->catalog, name);
    const struct catalog_view *found = view ? catalog_find_view(s->catalog, name) : NULL;
    if (!table && !found)
        return show_unknown_object(s, name, node->path.span, view ? "view" : "table", err);
    struct buf text;
    buf_init(&text, TEXT_LIMIT);
    if (table)
        show_put_create_table(&text, table);
    else
        show_put_create_view(&text, found);
    mask_secrets(text.data, text.size); /* also in texts such as URLs */
    put_buf(t, &text);
    buf_done(&text);
    return OK;
}

/* As Flink shows it: the text alone, no box. */
static enum code print_text(struct session *s, const struct table *t, struct str name,
                            struct error *err)
{
    struct render_options options;
    TRY(session_render_options(s, &options, err));
    if (options.mode != RENDER_TABLE && options.mode != RENDER_TABLEAU)
        return print(s, t, &name, 1, err);
    if (t->failed)
        return error_nomem(err);
    if (s->mute)
        return OK;
    buf_str(&s->console.out, t->cells[0]);
    buf_char(&s->console.out, '\n');
    return console_flush(&s->console, err);
}

static enum code show_into(struct session *s, const struct ast_show *node, struct table *t,
                           struct error *err)
{
    struct str name = STR("name");
    switch (node->what) {
    case SHOW_TABLES:
        list_objects(s, t, node);
        name = STR("table name");
        break;
    case SHOW_VIEWS:
        list_objects(s, t, node);
        name = STR("view name");
        break;
    case SHOW_FUNCTIONS:
        list_functions(t, node);
        name = STR("function name");
        break;
    case SHOW_USER_FUNCTIONS:
        name = STR("function name");
        break;
    case SHOW_CATALOGS:
    case SHOW_CURRENT_CATALOG:
        put(t, STR("default_catalog"));
        name = node->what == SHOW_CATALOGS ? STR("catalog name") : STR("current catalog name");
        break;
    case SHOW_DATABASES:
    case SHOW_CURRENT_DATABASE:
        put(t, STR("default_database"));
        name = node->what == SHOW_DATABASES ? STR("database name") : STR("current database name");
        break;
    case SHOW_MODULES:
        put(t, STR("core"));
        name = STR("module name");
        break;
    case SHOW_JARS:
        name = STR("jars");
        break;
    case SHOW_CREATE_TABLE:
    case SHOW_CREATE_VIEW:
        TRY(show_create(s, node, t, err));
        return print_text(s, t, STR("result"), err);
    case SHOW_COLUMNS:
        return describe(s, &node->path, node, err);
    case SHOW_JOBS:
        return show_jobs(s, err);
    default:
        return error_at(err, E_UNSUPPORTED, node->node.span,
                        "SHOW %s does not run in this version of weir", ast_show_text(node->what));
    }
    return print(s, t, &name, 1, err);
}

enum code show_statement(struct session *s, const struct ast_show *node, struct error *err)
{
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct table t = { .arena = arena };
    enum code code = show_into(s, node, &t, err);
    arena_destroy(arena);
    return code;
}

/* ---- SET ------------------------------------------------------------------------------------- */

static bool is_secret(struct str key)
{
    return options_is_secret(NULL, key);
}

enum code show_settings(struct session *s, struct str key, struct error *err)
{
    static const struct str names[] = { { "key", 3 }, { "value", 5 } };
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct table t = { .arena = arena };
    struct str wanted = key.data ? setting_main_name(key) : key;
    for (uint32_t i = 0; i < s->settings.count; i++) {
        const struct setting_value *v = &s->settings.items[i];
        char *name = arena_cstr(arena, v->key);
        if (!name)
            t.failed = true;
        if (!name || settings_find(&s->settings, name) != v ||
            (wanted.data && !str_ieq(v->key, wanted)))
            continue;
        put(&t, v->key);
        put(&t, is_secret(v->key) ? STR("****") : v->value);
    }
    /* Pairs, in the order of their keys. */
    struct str(*pairs)[2] = (struct str(*)[2])t.cells;
    if (t.count > 2)
        qsort(pairs, t.count / 2, sizeof *pairs, compare_names);
    enum code code = print(s, &t, names, 2, err);
    arena_destroy(arena);
    return code;
}
