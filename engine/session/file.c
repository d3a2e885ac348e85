/* file.c -- a file as one job: run, check, explain.
 *
 * What SET says in front of the first INSERT or SELECT holds for all of it: dialect, time zone
 * and clock are needed to bind the first CREATE TABLE already.
 *
 * All that is wrong with a file is found before anything is said: a statement with an error is
 * left out, and what uses the table that it was to make is passed over in silence. */
#include "session/session_core.h"

#include "plan/plan_advice.h"
#include "plan/plan_diff.h"
#include "sql/ast.h"
#include "sql/parse.h"
#include "base/nearest.h"

struct counts {
    uint32_t tables, views;
};

/* A file on its way to a plan. */
struct file {
    struct session *session;
    bool is_run;
    struct job *job;
    const struct ast_script *script;
    struct counts counts;
    const struct ast_node **bound; /* INSERTs and SELECTs without an error so far */
    uint32_t bound_count, bound_cap;
};

/* ---- finding -------------------------------------------------------------------------- */

static bool has_errors(const struct session *s)
{
    return s->findings.errors > 0;
}

/* Notes an error and goes on; false: nothing can go on. */
static bool goes_on(struct session *s, enum code code, const struct error *err)
{
    if (code == OK)
        return true;
    if (code == E_NOMEM)
        return false;
    s->is_out_of_memory = s->is_out_of_memory || !findings_add(&s->findings, s->arena, err, false);
    s->mute = true; /* what SHOW would print of a job that is refused is not wanted */
    return true;
}

static void found_hook(void *self, const struct error *err)
{
    session_found(((struct job *)self)->session, err);
}

static void note_broken(void *self, const struct error *err, const struct sql_broken *statement)
{
    struct session *s = self;
    bool fits = findings_add(&s->findings, s->arena, err, false) &&
                (!statement->creates.data || catalog_add_failed(s->catalog, statement->creates));
    s->is_out_of_memory = s->is_out_of_memory || !fits;
    dialect_guess(&s->signs, statement);
}

/* ---- from the text to bound statements ---------------------------------------------------- */

/* Settings in front of the first INSERT or SELECT are made now; those behind it must not be of
 * the kind that the job was begun with. */
static enum code read_settings(struct session *s, const struct ast_script *script,
                               struct error *err)
{
    bool begun = false;
    for (uint32_t i = 0; i < script->statements.count; i++) {
        const struct ast_node *node = script->statements.items[i];
        begun = begun || job_is_statement(node);
        const struct ast_set *set = (const struct ast_set *)node;
        if (node->kind == AST_RESET && !begun)
            settings_reset(&s->settings, ((const struct ast_reset *)node)->key.text);
        if (node->kind != AST_SET || !set->key.text.data || !set->value.text.data)
            continue;
        enum code code = E_OPTION;
        if (begun && setting_kind(set->key.text) == SETTING_KNOWN) {
            error_at(err, E_OPTION, node->span,
                     "setting \"" STR_FMT "\" holds for the whole job and stands behind its first "
                     "INSERT or SELECT",
                     STR_ARG(set->key.text));
            error_hint(err, "All INSERTs and SELECTs of the file are one job; move SET in front "
                            "of them.");
        } else {
            code = script_statement(s, NULL, node, err);
        }
        if (!goes_on(s, code, err))
            return code;
    }
    return OK;
}

/* The name that a statement was to make; data NULL: it makes none. */
static struct str created_name(const struct ast_node *node)
{
    const struct ast_names *path = NULL;
    if (node->kind == AST_CREATE_TABLE)
        path = &((const struct ast_create_table *)node)->path;
    else if (node->kind == AST_CREATE_VIEW)
        path = &((const struct ast_create_view *)node)->path;
    return path && path->count > 0 ? path->items[path->count - 1].text : str_make(NULL, 0);
}

static enum code bind_one(struct file *f, const struct ast_node *node, struct error *err)
{
    struct session *s = f->session;
    bool is_job = job_is_statement(node);
    enum code code = is_job ? job_add(f->job, node, err) : script_statement(s, f->job, node, err);
    if (!goes_on(s, code, err))
        return code;
    struct str name = created_name(node);
    if (code != OK && name.data && !catalog_find_table(s->catalog, name) &&
        !catalog_find_view(s->catalog, name) && !catalog_add_failed(s->catalog, name))
        return error_nomem(err);
    if (code == OK && is_job &&
        !ARENA_PUSH(f->job->arena, f->bound, f->bound_count, f->bound_cap, node))
        return error_nomem(err);
    return OK;
}

static enum code bind_script(struct file *f, struct error *err)
{
    for (uint32_t i = 0; i < f->script->statements.count; i++) {
        const struct ast_node *node = f->script->statements.items[i];
        bool is_setting =
            node->kind == AST_RESET ||
            (node->kind == AST_SET && ((const struct ast_set *)node)->value.text.data);
        if (is_setting)
            continue; /* read before */
        if (node->kind == AST_STATEMENT_SET) {
            const struct ast_list *set = &((const struct ast_statement_set *)node)->statements;
            for (uint32_t k = 0; k < set->count; k++)
                TRY(bind_one(f, set->items[k], err));
        } else {
            TRY(bind_one(f, node, err));
        }
        f->counts.tables += node->kind == AST_CREATE_TABLE;
        f->counts.views += node->kind == AST_CREATE_VIEW;
    }
    return OK;
}

/* ---- plans -------------------------------------------------------------------------------- */

/* A statement as a job of its own, for the errors that planning finds in it. */
static enum code plan_alone(struct file *f, const struct ast_node *node, struct error *err)
{
    struct session *s = f->session;
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct job job;
    struct plan_job *plan;
    enum code code = job_begin(&job, s, arena, false, err);
    job.hooks.found = NULL;
    if (code == OK)
        code = job_add(&job, node, err);
    if (code == OK)
        code = job_plan(&job, &plan, err);
    bool more = goes_on(s, code, err);
    arena_destroy(arena);
    return more ? OK : code;
}

static enum code plan_script(struct file *f, struct plan_job **ret, struct error *err)
{
    struct session *s = f->session;
    enum code code = OK;
    if (!has_errors(s)) {
        code = job_plan(f->job, ret, err);
        if (code == OK || !goes_on(s, code, err))
            return code;
        if (f->bound_count == 1)
            return OK;
    }
    for (uint32_t i = 0; i < f->bound_count; i++)
        if (!job_is_create_as(f->bound[i])) /* its table is there already */
            TRY(plan_alone(f, f->bound[i], err));
    return OK;
}

static enum code find_all(struct file *f, struct str name, struct str text, struct plan_job **ret,
                          struct error *err)
{
    struct session *s = f->session;
    TRY(session_add_source(s, name, text, err));
    struct ast_script *script;
    struct sql_listener listener = { s, note_broken };
    TRY(sql_parse_all(s->arena, buf_view(&s->source), &listener, &script, err));
    f->script = script;
    dialect_read(&s->signs, script);
    enum code code = dialect_check(&s->signs, script->text, err);
    if (code != OK) /* what the rest means depends on it */
        return goes_on(s, code, err) ? OK : code;
    TRY(read_settings(s, script, err));
    TRY(job_begin(f->job, s, s->arena, f->is_run, err));
    f->job->hooks.found = found_hook;
    f->job->resolver.found = session_found;
    TRY(bind_script(f, err));
    return plan_script(f, ret, err);
}

/* OK: *ret is the plan, and warnings have been said.  Else the findings are not said yet. */
static enum code plan_file(struct file *f, struct str name, struct str text, bool is_quiet,
                           struct plan_job **ret)
{
    struct session *s = f->session;
    struct error err = { .code = OK };
    bool mute = s->mute;
    s->mute = is_quiet;
    s->is_finding = true;
    enum code code = find_all(f, name, text, ret, &err);
    if (code == OK && s->is_out_of_memory)
        code = error_nomem(&err);
    s->is_finding = false;
    s->mute = mute;
    if (code != OK && !findings_add(&s->findings, s->arena, &err, false))
        s->is_out_of_memory = true;
    findings_sort(&s->findings);
    if (code == OK && has_errors(s))
        code = E_PLAN;
    if (code != E_NOMEM)
        return code;
    (void)session_report(s, &err);
    return E_NOMEM;
}

/* ---- the commands ------------------------------------------------------------------------- */

enum session_status session_run(struct session *s, struct str name, struct str text)
{
    struct job job;
    struct plan_job *plan = NULL;
    struct file f = { .session = s, .job = &job, .is_run = true };
    s->offers_door = true;
    enum code code = plan_file(&f, name, text, false, &plan);
    enum session_status status = session_report_findings(s, code, false);
    if (code != OK)
        return status;
    if (plan->sink_count == 0) {
        console_sayf(&s->console,
                     "WARNING:  nothing to run: there is no INSERT or SELECT in " STR_FMT "\n",
                     STR_ARG(name));
        return SESSION_OK;
    }
    return job_run(&job, plan);
}

enum session_status session_plan(struct session *s, struct str name, struct str text,
                                 struct session_job *ret)
{
    struct job *job = arena_new(s->arena, struct job);
    struct plan_job *plan = NULL;
    struct error err = { .code = OK };
    if (!job)
        return session_report(s, (error_nomem(&err), &err));
    struct file f = { .session = s, .job = job };
    enum code code = plan_file(&f, name, text, true, &plan);
    enum session_status status = session_report_findings(s, code, false);
    if (code == OK)
        *ret = (struct session_job){ .plan = plan,
                                     .env = &job->env,
                                     .clock = &s->clock,
                                     .state_limit_bytes = job_state_limit(s) };
    return code == OK ? SESSION_OK : status;
}

void session_say_failed(struct session *s, const struct error *err)
{
    (void)session_report_failed(s, err);
}

static void put_count(struct buf *out, uint32_t n, const char *what, bool is_first)
{
    buf_printf(out, "%s%u %s%s", is_first ? "" : ", ", n, what, n == 1 ? "" : "s");
}

static void say_all_well(struct session *s, const struct file *f, struct str name, bool syntax_only)
{
    struct buf *line = session_message(s);
    buf_printf(line, STR_FMT ": ", STR_ARG(name));
    if (syntax_only) {
        put_count(line, f->script->statements.count, "statement", true);
        buf_text(line, ", no syntax error\n");
        session_say(s);
        return;
    }
    buf_text(line, "no errors");
    if (s->findings.warnings > 0)
        put_count(line, s->findings.warnings, "warning", false);
    buf_text(line, " (");
    put_count(line, f->counts.tables, "table", true);
    put_count(line, f->counts.views, "view", false);
    put_count(line, f->job->insert_count, "INSERT", false);
    put_count(line, f->job->select_count, "SELECT", false);
    buf_printf(line, "; dialect %s: %s)\n",
               f->job->env.dialect == DIALECT_BLINK ? "blink" : "flink", f->job->dialect_reason);
    session_say(s);
}

static enum code find_syntax(struct file *f, struct str name, struct str text)
{
    struct session *s = f->session;
    struct error err = { .code = OK };
    struct ast_script *script;
    struct sql_listener listener = { s, note_broken };
    enum code code = session_add_source(s, name, text, &err);
    if (code == OK)
        code = sql_parse_all(s->arena, buf_view(&s->source), &listener, &script, &err);
    if (code == OK)
        f->script = script;
    else if (!findings_add(&s->findings, s->arena, &err, false))
        s->is_out_of_memory = true;
    if (code == E_NOMEM)
        (void)session_report(s, &err);
    return code == OK && has_errors(s) ? E_SYNTAX : code;
}

static enum session_status no_format(struct session *s, struct str format)
{
    struct error err = { .code = OK };
    error_set(&err, E_USAGE, "there is no format \"" STR_FMT "\" for findings", STR_ARG(format));
    error_detail(&err, "Possible values: text, json, sarif.");
    struct nearest nearest;
    nearest_begin(&nearest, format);
    nearest_add(&nearest, STR("json"));
    nearest_add(&nearest, STR("sarif"));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(&err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return session_report(s, &err);
}

static enum session_status print_findings(struct session *s, enum findings_format format,
                                          struct str name, enum session_status status)
{
    struct error err = { .code = OK };
    struct buf *out = &s->console.out;
    if (format == FINDINGS_JSON)
        findings_put_json(out, &s->findings, name, buf_view(&s->source));
    else
        findings_put_sarif(out, &s->findings, name, buf_view(&s->source));
    if (console_flush(&s->console, &err) == OK || console_reader_is_gone(&s->console))
        return status;
    return session_report(s, &err);
}

/* What will hurt though nothing is wrong with it. */
static enum code find_advice(struct file *f, const struct plan_job *plan, struct error *err)
{
    struct session *s = f->session;
    struct plan_advice *list;
    TRY(plan_advice(s->arena, plan, &list, err));
    for (const struct plan_advice *a = list; a; a = a->next)
        if (!a->is_note && !findings_add(&s->findings, s->arena, &a->error, true))
            return error_nomem(err);
    findings_sort(&s->findings);
    return OK;
}

/* Tables that lack an option; without a profile all of them are one warning. */
struct lacks {
    struct session *session;
    struct buf names;
    struct span first;
};

static enum code find_lack(struct lacks *l, const struct connector *connector,
                           const struct catalog_table *table, const struct table_def *def,
                           bool as_sink, struct error *err)
{
    struct session *s = l->session;
    const char *option = connector->lacks ? connector->lacks(def, as_sink) : NULL;
    struct span span = table->with_span.size > 0 ? table->with_span : table->span;
    struct error lack = { .code = OK };
    if (!option || (table->has_rest && !s->profile)) /* `...` has been warned of */
        return OK;
    if (s->profile) {
        error_at(&lack, E_OPTION, span, "table \"" STR_FMT "\" needs the option \"%s\"",
                 STR_ARG(def->name), option);
        error_hint(&lack, "It may stand in WITH or in the profile.");
        return findings_add(&s->findings, s->arena, &lack, false) ? OK : error_nomem(err);
    }
    if (l->first.size == 0 || span.offset < l->first.offset)
        l->first = span;
    buf_printf(&l->names, "%s\"" STR_FMT "\" (%s)", l->names.size > 0 ? ", " : "",
               STR_ARG(def->name), option);
    return OK;
}

static enum code find_each_lack(struct lacks *l, const struct plan_job *plan, struct error *err)
{
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const struct plan *node = plan->nodes[i];
        const struct plan_scan *scan = (const struct plan_scan *)node;
        const struct plan_sink *sink = (const struct plan_sink *)node;
        const struct plan_lookup *lookup = (const struct plan_lookup *)node;
        if (node->kind == PLAN_SCAN)
            TRY(find_lack(l, scan->connector, scan->table, &scan->def, false, err));
        else if (node->kind == PLAN_SINK && sink->table)
            TRY(find_lack(l, sink->connector, sink->table, &sink->def, true, err));
        else if (node->kind == PLAN_LOOKUP)
            TRY(find_lack(l, lookup->connector, lookup->table, &lookup->def, false, err));
    }
    return OK;
}

/* Where systems are, and who asks them, a profile may say: without one nobody knows. */
static enum code find_lacks(struct file *f, const struct plan_job *plan, struct error *err)
{
    struct lacks l = { .session = f->session };
    struct error lack = { .code = OK };
    buf_init(&l.names, sizeof lack.detail - 100);
    enum code code = find_each_lack(&l, plan, err);
    if (code == OK && l.names.size > 0) {
        error_at(&lack, E_OPTION, l.first, "tables need options that a profile has to give");
        error_detail(&lack, "Missing: %s%s.", buf_cstr(&l.names), l.names.is_over ? " ..." : "");
        error_hint(&lack, "--profile FILE.yaml names the profile; options may stand in WITH, too.");
        if (!findings_add(&f->session->findings, f->session->arena, &lack, true))
            code = error_nomem(err);
    }
    buf_done(&l.names);
    return code;
}

enum session_status session_check(struct session *s, struct str name, struct str text,
                                  bool syntax_only, struct str format_name)
{
    enum findings_format format;
    if (!findings_format_find(format_name, &format))
        return no_format(s, format_name);
    struct job job = { .session = s };
    struct plan_job *plan = NULL;
    struct file f = { .session = s, .job = &job };
    enum code code = syntax_only ? find_syntax(&f, name, text)
                                 : plan_file(&f, name, text, true, &plan);
    struct error err = { .code = OK };
    if (code == OK && plan &&
        (find_lacks(&f, plan, &err) != OK || find_advice(&f, plan, &err) != OK))
        return session_report(s, &err);
    if (code == OK && has_errors(s))
        code = E_OPTION;
    if (code == E_NOMEM)
        return SESSION_FAILED;
    if (format != FINDINGS_TEXT)
        return print_findings(s, format, name, session_findings_status(s, code));
    enum session_status status = session_report_findings(s, code, true);
    if (code == OK)
        say_all_well(s, &f, name, syntax_only);
    return status;
}

/* What a change of the job does to its operators: the job as it was is planned by a session of its
 * own, with the same options. */
static enum session_status explain_diff(struct session *s, const struct plan_job *plan,
                                        const struct session_explain *options)
{
    struct error err = { .code = OK };
    struct session *other = NULL;
    struct job job;
    struct plan_job *old = NULL;
    enum session_status status = session_create(&s->config, &other);
    if (status != SESSION_OK)
        return status;
    struct file f = { .session = other, .job = &job };
    other->explains = true;
    enum code code = plan_file(&f, options->old_name, options->old_text, true, &old);
    if (code != OK) {
        status = session_report_findings(other, code, false);
    } else {
        if (!plan_diff_print(&s->console.out, old, plan, buf_view(&s->source),
                             str_is(options->format, "json")))
            code = error_nomem(&err);
        if (code == OK)
            code = console_flush(&s->console, &err);
        if (code != OK && !console_reader_is_gone(&s->console))
            status = session_report(s, &err);
    }
    session_destroy(other);
    return status;
}

enum session_status session_explain(struct session *s, struct str name, struct str text,
                                    const struct session_explain *options)
{
    struct error err = { .code = OK };
    struct job job;
    struct plan_job *plan = NULL;
    struct file f = { .session = s, .job = &job, .is_run = options->analyze };
    s->explains = true;
    enum code code = plan_file(&f, name, text, true, &plan);
    s->explains = false;
    enum session_status status = session_report_findings(s, code, false);
    if (code != OK)
        return status;
    if (options->analyze) {
        job.analyze = options;
        return job_run(&job, plan);
    }
    if (options->old_text.data)
        return explain_diff(s, plan, options);
    code = explain_print(s, plan, options, &err);
    if (code != OK && console_reader_is_gone(&s->console))
        return SESSION_OK;
    return code == OK ? SESSION_OK : session_report(s, &err);
}
