/* bind.c -- the binder as a whole: INSERTs and SELECTs into sinks of one job. */
#include "bind/binder.h"
#include "base/nearest.h"

#include <stdio.h>
#include <sys/stat.h>

struct binder *binder_create(const struct bind_env *env, struct catalog *catalog,
                             const struct bind_hooks *hooks)
{
    struct binder *b = arena_new(env->arena, struct binder);
    if (!b)
        return NULL;
    b->env = *env;
    b->arena = env->arena;
    b->catalog = catalog;
    b->hooks = hooks;
    return b;
}

/* ---- more than one error ---------------------------------------------------------------- */

const struct type bind_failed_type = { .id = TYPE_NULL, .precision = -1 };

bool bind_goes_on(struct binder *b, enum code code, struct error *err)
{
    if (code == E_NOMEM || !b->hooks || !b->hooks->found || b->quiet > 0)
        return false;
    if (code != E_PLAN || !b->is_broken)
        b->hooks->found(b->hooks->self, err);
    err->is_told = true;
    b->told++;
    return true;
}

enum code bind_told(struct error *err)
{
    error_set(err, E_PLAN, "the statement has errors");
    err->is_told = true;
    return E_PLAN;
}

enum code bind_end(struct binder *b, uint32_t told, enum code code, struct error *err)
{
    return code != OK || b->told == told ? code : bind_told(err);
}

/* ---- sinks --------------------------------------------------------------------------- */

static enum code add_input(struct binder *b, struct plan_sink *sink, struct plan *input,
                           struct error *err)
{
    struct plan **inputs = arena_array(b->arena, struct plan *, sink->base.input_count + 1);
    if (!inputs)
        return error_nomem(err);
    memcpy(inputs, sink->base.inputs, sink->base.input_count * sizeof *inputs);
    inputs[sink->base.input_count++] = input;
    sink->base.inputs = inputs;
    return OK;
}

/* A sink that has only columns, for a table with errors: the query is held to them. */
static enum code stand_in(struct binder *b, const struct catalog_table *table, struct span span,
                          struct plan_sink **ret, struct error *err)
{
    struct schema *schema = arena_new(b->arena, struct schema);
    struct plan_sink *sink = (struct plan_sink *)bind_node(
        b, PLAN_SINK, sizeof(struct plan_sink), table->column_count, 0, span);
    if (!schema || !sink)
        return error_nomem(err);
    sink->base.field_count = bind_stored_fields(table, true, sink->base.fields);
    *schema = (struct schema){ .fields = sink->base.fields, .count = sink->base.field_count };
    sink->table = table;
    sink->def = (struct table_def){ .name = table->name, .schema = schema };
    *ret = sink;
    return OK;
}

/* One table, and with the same OPTIONS hints where it has some. */
static bool is_same_target(const struct catalog_table *a, const struct catalog_table *b)
{
    if (a == b)
        return true;
    if (!str_eq(a->name, b->name) || a->option_count != b->option_count)
        return false;
    for (uint32_t i = 0; i < a->option_count; i++)
        if (!str_eq(a->options[i].key, b->options[i].key) ||
            !str_eq(a->options[i].value, b->options[i].value))
            return false;
    return true;
}

enum code bind_sink(struct binder *b, const struct catalog_table *table, struct span span,
                    struct plan_sink **ret, struct error *err)
{
    for (uint32_t i = 0; i < b->sink_count; i++)
        if (b->sinks[i]->table && is_same_target(b->sinks[i]->table, table)) {
            *ret = b->sinks[i];
            return OK;
        }
    struct resolved_table resolved = { 0 };
    enum code code = b->hooks->resolve_table(b->hooks->self, table, true, &resolved, err);
    if (code != OK) {
        error_locate(err, span);
        error_while(err, "writing to table \"" STR_FMT "\"", STR_ARG(table->name));
        return bind_goes_on(b, code, err) ? stand_in(b, table, span, ret, err) : code;
    }
    if (table->failed) {
        b->told++;
        return stand_in(b, table, span, ret, err);
    }
    struct table_def def;
    if (!resolved.connector->sink)
        code = error_at(err, E_PLAN, span,
                        "table \"" STR_FMT "\" cannot be written: connector \"%s\" is no sink%s%s",
                        STR_ARG(table->name), resolved.connector->name,
                        resolved.connector->missing ? ": " : "",
                        resolved.connector->missing ? resolved.connector->missing : "");
    else
        code = bind_table_def(b, table, &resolved, true, &def, err);
    if (code != OK)
        return bind_goes_on(b, code, err) ? stand_in(b, table, span, ret, err) : code;
    struct plan_sink *sink = (struct plan_sink *)bind_node(
        b, PLAN_SINK, sizeof(struct plan_sink), def.schema->count, 0, span);
    if (!sink)
        return error_nomem(err);
    memcpy(sink->base.fields, def.schema->fields, def.schema->count * sizeof *sink->base.fields);
    sink->table = table;
    sink->connector = resolved.connector;
    sink->def = def;
    sink->on_error = resolved.on_error ? resolved.on_error : "skip";
    sink->nulls = str_iis(b->env.not_null, "error")  ? SINK_NULLS_FAIL
                  : str_iis(b->env.not_null, "drop") ? SINK_NULLS_DROP
                                                     : SINK_NULLS_BAD;
    struct str materialize = options_get(def.options, "sink.upsert-materialize");
    if (materialize.size == 0)
        materialize = b->env.materialize;
    sink->materialize_off = str_iis(materialize, "none");
    sink->materialize_force = str_iis(materialize, "force");
    sink->base.ttl_ms[0] = b->env.state_ttl_ms;
    if (!ARENA_PUSH(b->arena, b->sinks, b->sink_count, b->sink_cap, sink))
        return error_nomem(err);
    if (resolved.dead_letter.size > 0)
        TRY(bind_dead_letter(b, table, resolved.dead_letter, span, &sink->dead_letter_sink, err));
    *ret = sink;
    return OK;
}

enum code bind_dead_letter(struct binder *b, const struct catalog_table *table, struct str name,
                           struct span span, struct plan_sink **ret, struct error *err)
{
    const struct catalog_table *letters = catalog_find_table(b->catalog, name);
    if (!letters)
        return error_at(err, E_NAME, span,
                        "dead-letter table \"" STR_FMT "\" of table \"" STR_FMT
                        "\" does not exist",
                        STR_ARG(name), STR_ARG(table->name));
    if (letters == table)
        return error_at(err, E_PLAN, span,
                        "table \"" STR_FMT "\" cannot take its own dead letters",
                        STR_ARG(table->name));
    return bind_sink(b, letters, span, ret, err);
}

static enum code wrong_type(struct binder *b, const struct field *to, struct expr *from,
                            const struct span span, struct error *err)
{
    (void)b;
    struct buf text;
    buf_init(&text, 1024);
    type_print(&text, from->type);
    buf_text(&text, ", and the column is ");
    type_print(&text, to->type);
    error_at(err, E_TYPE, from->span.size ? from->span : span,
             "column \"" STR_FMT "\" cannot take this value: it is %s", STR_ARG(to->name),
             buf_cstr(&text));
    buf_done(&text);
    error_hint(err, "CAST it to the type of the column.");
    return E_TYPE;
}

/* Column `from` of the query goes into the column of this name. */
static enum code map_column(const struct plan_sink *sink, const struct ast_name *name, int from,
                            int *map, struct error *err)
{
    int at = schema_find(sink->def.schema, name->text);
    if (at < 0) {
        error_at(err, E_NAME, name->span,
                 "table \"" STR_FMT "\" has no column \"" STR_FMT "\" that can be written",
                 STR_ARG(sink->table->name), STR_ARG(name->text));
        struct nearest nearest;
        nearest_begin(&nearest, name->text);
        for (uint32_t i = 0; i < sink->base.field_count; i++)
            nearest_add(&nearest, sink->base.fields[i].name);
        struct str best = nearest_end(&nearest);
        if (best.data)
            error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
        return E_NAME;
    }
    if (map[at] >= 0)
        return error_at(err, E_NAME, name->span, "column \"" STR_FMT "\" is listed twice",
                        STR_ARG(name->text));
    map[at] = from;
    return OK;
}

/* Which column of the query goes into stored column i of the sink; -1: NULL. */
static enum code map_columns(struct binder *b, const struct ast_insert *node,
                             const struct plan_sink *sink, uint32_t given, int **ret,
                             struct error *err)
{
    uint32_t n = sink->base.field_count;
    int *map = arena_array(b->arena, int, n);
    if (!map)
        return error_nomem(err);
    struct span span = node->query->node.span;
    if (node->columns.count == 0) {
        if (given != n)
            return error_at(err, E_TYPE, span,
                            "the query gives %u column%s, and table \"" STR_FMT "\" takes %u",
                            given, given == 1 ? "" : "s", STR_ARG(sink->table->name), n);
        for (uint32_t i = 0; i < n; i++)
            map[i] = (int)i;
        *ret = map;
        return OK;
    }
    if (given != node->columns.count)
        return error_at(err, E_TYPE, span, "the query gives %u column%s, and the list names %u",
                        given, given == 1 ? "" : "s", node->columns.count);
    for (uint32_t i = 0; i < n; i++)
        map[i] = -1;
    uint32_t told = b->told;
    for (uint32_t i = 0; i < node->columns.count; i++) {
        enum code code = map_column(sink, &node->columns.items[i], (int)i, map, err);
        if (code != OK && !bind_goes_on(b, code, err))
            return code;
    }
    for (uint32_t i = 0; i < n && b->told == told; i++)
        if (map[i] < 0 && sink->base.fields[i].type->not_null)
            return error_at(err, E_TYPE, node->columns.span,
                            "column \"" STR_FMT "\" is NOT NULL, and the list leaves it out",
                            STR_ARG(sink->base.fields[i].name));
    *ret = map;
    return OK;
}

static struct span column_span(const struct plan *plan, uint32_t at)
{
    if (plan->kind == PLAN_CALC && ((const struct plan_calc *)plan)->exprs)
        return ((const struct plan_calc *)plan)->exprs[at]->span;
    if (plan->kind == PLAN_VALUES && ((const struct plan_values *)plan)->row_count > 0)
        return ((const struct plan_values *)plan)->rows[0][at]->span;
    return plan->span;
}

/* A calc that gives exactly the stored columns of the sink. */
static enum code store_calc(struct binder *b, const struct ast_insert *node,
                            const struct relation *rel, const struct plan_sink *sink,
                            struct plan **ret, struct error *err)
{
    int *map;
    uint32_t told = b->told;
    TRY(map_columns(b, node, sink, rel->scope.count, &map, err));
    uint32_t n = sink->base.field_count;
    struct plan *plan =
        bind_node(b, PLAN_CALC, sizeof(struct plan_calc), n, 1, node->query->node.span);
    struct expr **exprs = arena_array(b->arena, struct expr *, n);
    if (!plan || !exprs)
        return error_nomem(err);
    bool blink = binder_is_blink(b);
    for (uint32_t i = 0; i < n; i++) {
        const struct field *to = &sink->base.fields[i];
        if (map[i] < 0) {
            if (!(exprs[i] = expr_null(b->arena, to->type, node->node.span)))
                return error_nomem(err);
        } else {
            const struct scope_item *item = &rel->scope.items[map[i]];
            struct span span = column_span(rel->plan, item->column);
            struct expr *e = expr_column(b->arena, item->column, item->type, span);
            if (!e)
                return error_nomem(err);
            if (bind_is_failed(item->type) || bind_is_failed(to->type)) {
                b->told++;
                exprs[i] = e;
                continue;
            }
            if (!type_can_store(item->type, to->type, blink)) {
                enum code code = wrong_type(b, to, e, span, err);
                if (!bind_goes_on(b, code, err))
                    return code;
                exprs[i] = e;
                continue;
            }
            TRY(expr_cast(&b->env, e, to->type, blink ? CAST_BLINK : CAST_FLINK, span, &exprs[i],
                          err));
        }
        plan->fields[i] = *to;
    }
    if (b->told != told) /* nothing is made of it */
        return bind_end(b, told, OK, err);
    ((struct plan_calc *)plan)->exprs = exprs;
    plan->inputs[0] = rel->plan;
    *ret = plan;
    return plan_derive(b->arena, plan) ? OK : error_nomem(err);
}

/* ON CONFLICT DO ...: what becomes of rows that have one primary key of the table and are not one
 * row of the query.  DEDUPLICATE is what the materializer does anyway. */
static enum code check_conflict(const struct ast_insert *node, const struct catalog_table *table,
                                struct error *err)
{
    const struct ast_name *what = &node->conflict;
    if (!what->text.data)
        return OK;
    bool nothing = str_iis(what->text, "NOTHING");
    if (!nothing && !str_iis(what->text, "ERROR") && !str_iis(what->text, "DEDUPLICATE"))
        return error_at(err, E_SYNTAX, what->span,
                        "ON CONFLICT can DO DEDUPLICATE, NOTHING or ERROR, not \"" STR_FMT "\"",
                        STR_ARG(what->text));
    if (table->key_count == 0)
        return error_at(err, E_PLAN, what->span,
                        "ON CONFLICT needs a PRIMARY KEY, and table \"" STR_FMT "\" has none",
                        STR_ARG(table->name));
    if (str_iis(what->text, "DEDUPLICATE"))
        return OK;
    if (nothing) {
        (void)bind_unsupported(what->span, "ON CONFLICT DO NOTHING", err);
        error_hint(err, "ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) = 1 keeps the first row "
                        "of a key; ON CONFLICT DO DEDUPLICATE shows the last.");
        return E_UNSUPPORTED;
    }
    (void)bind_unsupported(what->span, "ON CONFLICT DO ERROR", err);
    error_hint(err, "ON CONFLICT DO DEDUPLICATE shows the last row of a key.");
    return E_UNSUPPORTED;
}

static enum code no_target(struct binder *b, const struct ast_insert *node, struct str name,
                           struct error *err)
{
    if (catalog_find_view(b->catalog, name))
        return error_at(err, E_NAME, node->path.span,
                        "\"" STR_FMT "\" is a view: rows cannot be inserted into it",
                        STR_ARG(name));
    return bind_no_table(b, node->path.span, name, false, err);
}

static enum code insert(struct binder *b, const struct ast_insert *node, struct error *err)
{
    struct str name;
    TRY(bind_object_name(&node->path, &name, err));
    const struct catalog_table *table = catalog_find_table(b->catalog, name);
    if (!table) {
        enum code code = no_target(b, node, name, err);
        struct relation rel;
        if (!bind_goes_on(b, code, err))
            return code;
        TRY(bind_query(b, node->query, NULL, &rel, err)); /* for its errors */
        return code;
    }
    if (node->overwrite)
        return bind_unsupported(node->node.span, "INSERT OVERWRITE", err);
    if (node->has_partition)
        return bind_unsupported(node->node.span, "INSERT ... PARTITION", err);
    TRY(check_conflict(node, table, err));
    TRY(bind_hinted_table(b, &table, &node->hints, err));
    b->statements++;
    struct relation rel;
    struct plan_sink *sink;
    struct plan *calc;
    enum code code = bind_query(b, node->query, NULL, &rel, err);
    if (code != OK && !bind_goes_on(b, code, err))
        return code;
    TRY(bind_sink(b, table, node->path.span, &sink, err));
    if (code != OK)
        return code;
    TRY(store_calc(b, node, &rel, sink, &calc, err));
    return add_input(b, sink, calc, err);
}

enum code bind_insert(struct binder *b, const struct ast_insert *node, struct error *err)
{
    uint32_t told = b->told;
    return bind_end(b, told, insert(b, node, err), err);
}

static bool is_taken(const struct field *fields, uint32_t n, struct str name)
{
    for (uint32_t i = 0; i < n; i++)
        if (str_eq(fields[i].name, name))
            return true;
    return false;
}

/* A result names a column once: SELECT k, k gives "k" and "k0", as in Flink. */
static enum code name_result(struct binder *b, const struct scope *scope, struct field *fields,
                             struct error *err)
{
    for (uint32_t i = 0; i < scope->count; i++) {
        struct str name = scope->items[i].name;
        for (uint32_t k = 0; is_taken(fields, i, name); k++) {
            char *text =
                arena_printf(b->arena, STR_FMT "%u", STR_ARG(scope->items[i].name), k);
            if (!text)
                return error_nomem(err);
            name = str_of(text);
        }
        fields[i] = (struct field){ name, scope->items[i].type };
    }
    return OK;
}

enum code bind_result(struct binder *b, const struct ast_query *node, struct error *err)
{
    b->statements++;
    struct relation rel;
    uint32_t told = b->told;
    TRY(bind_end(b, told, bind_query(b, node, NULL, &rel, err), err));
    uint32_t n = rel.scope.count;
    struct plan_sink *sink = (struct plan_sink *)bind_node(b, PLAN_SINK, sizeof(struct plan_sink),
                                                           n, 0, node->node.span);
    struct schema *schema = arena_new(b->arena, struct schema);
    if (!sink || !schema)
        return error_nomem(err);
    TRY(name_result(b, &rel.scope, sink->base.fields, err));
    *schema = (struct schema){ .fields = sink->base.fields, .count = n };
    sink->def = (struct table_def){ .name = STR("result"),
                                    .schema = schema,
                                    .blink = binder_is_blink(b),
                                    .zone = b->env.zone,
                                    .clock = b->hooks->clock };
    sink->statement = ++b->results;
    sink->mode = SINK_RETRACT;
    sink->on_error = "fail";
    sink->base.ttl_ms[0] = b->env.state_ttl_ms;
    if (!ARENA_PUSH(b->arena, b->sinks, b->sink_count, b->sink_cap, sink))
        return error_nomem(err);
    return add_input(b, sink, rel.plan, err);
}

static struct str file_path(const struct connector *connector, const struct table_def *def)
{
    if (connector->family != FAMILY_EMBEDDED || !def->options)
        return str_make(NULL, 0);
    struct str path = options_path(def->options);
    while (str_starts(path, STR("./")))
        path = str_make(path.data + 2, path.size - 2);
    return path;
}

/* The same file, whatever it is called: by name, or by what the names lead to. */
static enum code is_same_file(const struct binder *b, struct str x, struct str y, bool *ret,
                              struct error *err)
{
    *ret = x.size > 0 && str_eq(x, y);
    if (*ret || x.size == 0)
        return OK;
    const char *paths[2] = { arena_cstr(b->arena, x), arena_cstr(b->arena, y) };
    if (!paths[0] || !paths[1])
        return error_nomem(err);
    struct stat info[2];
    *ret = stat(paths[0], &info[0]) == 0 && stat(paths[1], &info[1]) == 0 &&
           info[0].st_dev == info[1].st_dev && info[0].st_ino == info[1].st_ino;
    return OK;
}

/* A sink replaces its file when the job starts: what the same job reads from it would be gone. */
static enum code check_same_file(const struct binder *b, const struct plan_sink *sink,
                                 struct error *err)
{
    if (!sink->table)
        return OK;
    struct str target = file_path(sink->connector, &sink->def);
    for (uint32_t i = 0; target.size > 1 && i < b->scan_count; i++) {
        const struct plan_scan *scan = b->scans[i].scan;
        bool same;
        TRY(is_same_file(b, file_path(scan->connector, &scan->def), target, &same, err));
        if (same)
            return error_at(err, E_PLAN, sink->base.span,
                            "file \"" STR_FMT "\" is read and replaced by the same job",
                            STR_ARG(target));
    }
    return OK;
}

static enum code check_letters(const struct plan_sink *letters, const char *what,
                               struct error *err)
{
    if (!letters || letters->base.input_count == 0)
        return OK;
    return error_at(err, E_PLAN, letters->base.span,
                    "table \"" STR_FMT "\" takes %s, so no INSERT can write to it in the same job",
                    STR_ARG(letters->table->name), what);
}

enum code binder_finish(struct binder *b, struct plan_job **ret, struct error *err)
{
    struct plan_job *job = arena_new(b->arena, struct plan_job);
    if (!job)
        return error_nomem(err);
    for (uint32_t i = 0; i < b->sink_count; i++) {
        TRY(check_same_file(b, b->sinks[i], err));
    }
    for (uint32_t i = 0; i < b->scan_count; i++) {
        TRY(check_letters(b->scans[i].scan->dead_letter_sink, "dead letters", err));
        TRY(check_letters(b->scans[i].scan->late_sink, "late rows", err));
    }
    for (uint32_t i = 0; i < b->sink_count; i++)
        TRY(check_letters(b->sinks[i]->dead_letter_sink, "dead letters", err));
    job->sinks = b->sinks;
    job->sink_count = b->sink_count;
    job->dialect = b->env.dialect;
    *ret = job;
    return OK;
}

enum code bind_scalar(const struct bind_env *env, const struct ast_node *node, struct expr **ret,
                      struct error *err)
{
    struct binder *b = binder_create(env, NULL, NULL);
    return b ? bind_expr(b, NULL, node, ret, err) : error_nomem(err);
}

enum code bind_query_schema(struct binder *b, const struct ast_query *node, struct schema *ret,
                            struct error *err)
{
    struct relation rel;
    uint32_t told = b->told;
    TRY(bind_end(b, told, bind_query(b, node, NULL, &rel, err), err));
    struct field *fields = arena_array(b->arena, struct field, MAX(rel.scope.count, 1));
    if (!fields)
        return error_nomem(err);
    for (uint32_t i = 0; i < rel.scope.count; i++)
        fields[i] = (struct field){ rel.scope.items[i].name, rel.scope.items[i].type };
    *ret = (struct schema){ .fields = fields, .count = rel.scope.count };
    return OK;
}
