/* explain.c -- EXPLAIN and `weir explain`: the plan, in the forms that plan.h has. */
#include "session/session_core.h"

#include "base/nearest.h"
#include "plan/plan_advice.h"
#include "plan/plan_bill.h"
#include "sql/ast.h"
#include "sql/diag.h"

#include <stdlib.h>

static const char *const formats[] = { "text", "json", "dot", "mermaid", "flink" };

static enum code refuse_format(struct str format, struct error *err)
{
    error_set(err, E_USAGE, "there is no format \"" STR_FMT "\" for a plan", STR_ARG(format));
    error_detail(err, "Possible values: text, json, dot, mermaid, flink.");
    struct nearest nearest;
    nearest_begin(&nearest, format);
    for (size_t i = 0; i < countof(formats); i++)
        nearest_add(&nearest, str_of(formats[i]));
    struct str best = nearest_end(&nearest);
    if (best.data)
        error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
    return E_USAGE;
}

/* "2e6", "1500", "3M": thousands, millions and billions have letters. */
static bool read_count(struct str text, double *ret)
{
    char copy[64];
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    char *end;
    double value = strtod(copy, &end);
    static const struct {
        char letter;
        double times;
    } letters[] = { { 'k', 1e3 }, { 'K', 1e3 }, { 'm', 1e6 }, { 'M', 1e6 },
                    { 'g', 1e9 }, { 'G', 1e9 }, { 'b', 1e9 }, { 'B', 1e9 } };
    for (size_t i = 0; i < countof(letters) && end > copy; i++) {
        if (*end != letters[i].letter)
            continue;
        value *= letters[i].times;
        end++;
        break;
    }
    *ret = value;
    return end > copy && *end == '\0' && value >= 1 && value <= 1e18;
}

static enum code read_keys(const struct session_explain *options, struct arena *arena,
                           struct plan_keys **ret, struct error *err)
{
    struct plan_keys *keys = arena_array(arena, struct plan_keys, options->key_count + 1);
    if (!keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < options->key_count; i++) {
        keys[i].column = options->keys[i].key;
        if (!read_count(options->keys[i].value, &keys[i].count)) {
            error_set(err, E_USAGE,
                      "\"" STR_FMT "\" is no number of values of column \"" STR_FMT "\"",
                      STR_ARG(options->keys[i].value), STR_ARG(options->keys[i].key));
            error_hint(err, "Such as 500, 2e6 or 2M.");
            return E_USAGE;
        }
    }
    *ret = keys;
    return OK;
}

/* ---- what there is to say of the plan ---------------------------------------------------------- */

static void put_advice(struct buf *out, const struct plan_advice *list, struct str source,
                       uint32_t begin)
{
    for (const struct plan_advice *a = list; a; a = a->next) {
        buf_printf(out, "%s:  %s", a->is_note ? "NOTE" : "WARNING", a->error.message);
        if (a->error.has_span && a->error.span.offset >= begin &&
            a->error.span.offset <= source.size)
            buf_printf(out, " (line %u)",
                       diag_locate(str_make(source.data + begin, source.size - begin),
                                   a->error.span.offset - begin)
                           .line);
        buf_char(out, '\n');
        if (a->error.detail[0])
            buf_printf(out, "DETAIL:  %s\n", a->error.detail);
        if (a->error.hint[0])
            buf_printf(out, "HINT:  %s\n", a->error.hint);
    }
}

static bool has_colors(const struct session *s)
{
    const char *term = getenv("TERM");
    return s->console.out_is_terminal && !getenv("NO_COLOR") &&
           !(term && strcmp(term, "dumb") == 0);
}

/* Where lines are counted from: at a prompt the statement's own. */
static uint32_t begin_of_text(const struct session *s)
{
    return s->separately && s->piece_count > 0 ? s->pieces[s->piece_count - 1].offset : 0;
}

struct plan_text_options explain_text_options(const struct session *s)
{
    return (struct plan_text_options){
        .color = has_colors(s),
        .columns = session_columns(s),
        .text_begin = begin_of_text(s),
    };
}

static enum code print_text(struct session *s, const struct plan_job *plan,
                            const struct session_explain *options, struct arena *arena,
                            struct error *err)
{
    struct buf *out = &s->console.out;
    const struct plan_text_options text = explain_text_options(s);
    struct plan_advice *advice;
    plan_print_text(out, plan, buf_view(&s->source), &text);
    TRY(plan_advice(arena, plan, &advice, err));
    put_advice(out, advice, buf_view(&s->source), text.text_begin);
    if (options->key_count == 0)
        return OK;
    struct plan_keys *keys;
    TRY(read_keys(options, arena, &keys, err));
    return plan_bill_sum(out, plan, keys, options->key_count, false, err);
}

static enum code print_format(struct session *s, const struct plan_job *plan,
                              const struct session_explain *options, struct arena *arena,
                              struct error *err)
{
    struct buf *out = &s->console.out;
    struct str format = options->format;
    if (str_is(format, "text"))
        return print_text(s, plan, options, arena, err);
    if (options->key_count > 0 && !str_is(format, "json"))
        return error_set(err, E_USAGE, "--keys is for the formats text and json");
    if (str_is(format, "json")) {
        struct plan_keys *keys;
        TRY(read_keys(options, arena, &keys, err));
        const struct plan_json_options json = { .keys = keys, .key_count = options->key_count };
        return plan_print_json(out, plan, buf_view(&s->source), &json, err);
    }
    for (const struct plan_warning *w = plan->warnings; w; w = w->next)
        session_warn(s, &w->error);
    if (str_is(format, "dot"))
        plan_print_dot(out, plan);
    else if (str_is(format, "mermaid"))
        plan_print_mermaid(out, plan);
    else if (!plan_print_flink(out, plan))
        return error_nomem(err);
    return OK;
}

enum code explain_print(struct session *s, const struct plan_job *plan,
                        const struct session_explain *options, struct error *err)
{
    struct buf *out = &s->console.out;
    size_t begin = out->size;
    bool known = false;
    for (size_t i = 0; i < countof(formats); i++)
        known = known || str_is(options->format, formats[i]);
    if (!known)
        return refuse_format(options->format, err);
    struct arena *arena = arena_create();
    enum code code = arena ? print_format(s, plan, options, arena, err) : error_nomem(err);
    arena_destroy(arena);
    if (code != OK) {
        out->size = MIN(begin, out->size); /* half a plan is none */
        return code;
    }
    if (out->size > 0 && out->data[out->size - 1] != '\n')
        buf_char(out, '\n');
    return console_flush(&s->console, err);
}

static void forget_table(struct session *s, const struct ast_create_table *node)
{
    catalog_drop(s->catalog, node->path.items[node->path.count - 1].text, false);
}

/* The plan of the statement. */
static enum code plan_statement(struct job *job, struct session *s, struct arena *arena,
                                const struct ast_node *statement, bool is_run,
                                struct plan_job **ret, struct error *err)
{
    if (!job_is_statement(statement))
        return error_at(err, E_PLAN, statement->span,
                        "only an INSERT, a SELECT or a statement set has a plan");
    s->explains = true;
    enum code code = job_begin(job, s, arena, is_run, err);
    if (code == OK)
        code = job_add(job, statement, err);
    if (code == OK)
        code = job_plan(job, ret, err);
    s->explains = false;
    return code;
}

/* The tree has the kinds of changes anyway.  ESTIMATED_COST: nobody knows how many rows will come,
 * but what each of those kept costs. */
static enum code print_details(struct session *s, const struct plan_job *plan, unsigned details,
                               struct error *err)
{
    const struct session_explain text = { .format = STR("text") };
    const struct session_explain json = { .format = STR("json") };
    struct buf *out = &s->console.out;
    TRY(explain_print(s, plan, &text, err));
    if (details & EXPLAIN_PLAN_ADVICE) {
        struct arena *arena = arena_create();
        struct plan_advice *advice = NULL;
        enum code code = arena ? plan_advice(arena, plan, &advice, err) : error_nomem(err);
        if (code == OK && !advice)
            buf_text(out, "no advice\n");
        arena_destroy(arena);
        TRY(code);
    }
    if (details & EXPLAIN_ESTIMATED_COST)
        TRY(plan_bill_sum(out, plan, NULL, 0, false, err));
    if (details & EXPLAIN_JSON_EXECUTION_PLAN)
        TRY(explain_print(s, plan, &json, err));
    return console_flush(&s->console, err);
}

enum code explain_statement(struct session *s, const struct ast_node *node, struct error *err)
{
    const struct ast_explain *explain = (const struct ast_explain *)node;
    if (explain->details & EXPLAIN_ANALYZE && !s->mute) {
        error_at(err, E_PLAN, node->span,
                 "EXPLAIN ANALYZE runs its statement, which is no part of "
                 "the job of a file");
        error_hint(err, "weir explain --analyze runs a whole file; weir -f FILE.sql runs statement "
                        "after statement.");
        return E_PLAN;
    }
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct job job;
    struct plan_job *plan;
    enum code code = plan_statement(&job, s, arena, explain->statement, false, &plan, err);
    if (code == OK && !s->mute)
        code = print_details(s, plan, explain->details, err);
    if (job_is_create_as(explain->statement)) /* nothing was made */
        forget_table(s, (const struct ast_create_table *)explain->statement);
    arena_destroy(arena);
    return code;
}

bool explain_is_analyze(const struct ast_node *node)
{
    return node->kind == AST_EXPLAIN &&
           ((const struct ast_explain *)node)->details & EXPLAIN_ANALYZE;
}

enum session_status explain_analyze(struct session *s, const struct ast_node *node)
{
    const struct ast_node *statement = ((const struct ast_explain *)node)->statement;
    const struct session_explain options = { .format = STR("text"), .analyze = true };
    struct error err = { .code = OK };
    struct arena *own = NULL, *arena = s->arena;
    if (!job_is_create_as(statement) && !(own = arena = arena_create())) /* its table stays */
        return session_report(s, (error_nomem(&err), &err));
    struct job job;
    struct plan_job *plan;
    enum code code = plan_statement(&job, s, arena, statement, true, &plan, &err);
    job.analyze = &options;
    enum session_status status = code == OK ? job_run(&job, plan) : session_report(s, &err);
    arena_destroy(own);
    return status;
}
