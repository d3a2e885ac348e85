/* explain.c -- EXPLAIN and `weir explain`: the plan, in the forms that plan.h has. */
#include "session/session_core.h"

#include "base/nearest.h"
#include "sql/ast.h"

enum { PLAN_LIMIT_BYTES = 256 << 20 };

enum code explain_print(struct session *s, const struct plan_job *plan, struct str format,
                        struct error *err)
{
    static const char *const known[] = { "text", "json", "dot", "mermaid", "flink" };
    struct buf *out = &s->console.out;
    if (str_is(format, "text")) {
        plan_print_text(out, plan, buf_view(&s->source));
    } else if (str_is(format, "json")) {
        plan_print_json(out, plan, buf_view(&s->source));
    } else if (str_is(format, "dot")) {
        plan_print_dot(out, plan);
    } else if (str_is(format, "mermaid")) {
        plan_print_mermaid(out, plan);
    } else if (str_is(format, "flink")) {
        return error_set(err, E_UNSUPPORTED,
                         "EXPLAIN in the form of Flink is not in this version of weir");
    } else {
        error_set(err, E_USAGE, "there is no format \"" STR_FMT "\" for a plan", STR_ARG(format));
        error_detail(err, "Possible values: text, json, dot, mermaid, flink.");
        struct nearest nearest;
        nearest_begin(&nearest, format);
        for (size_t i = 0; i < countof(known); i++)
            nearest_add(&nearest, str_of(known[i]));
        struct str best = nearest_end(&nearest);
        if (best.data)
            error_hint(err, "Perhaps you meant \"" STR_FMT "\".", STR_ARG(best));
        return E_USAGE;
    }
    if (out->size > 0 && out->data[out->size - 1] != '\n')
        buf_char(out, '\n');
    return console_flush(&s->console, err);
}

static void forget_table(struct session *s, const struct ast_create_table *node)
{
    catalog_drop(s->catalog, node->path.items[node->path.count - 1].text, false);
}

enum code explain_statement(struct session *s, const struct ast_node *node, struct error *err)
{
    const struct ast_explain *explain = (const struct ast_explain *)node;
    if (explain->details & EXPLAIN_ANALYZE)
        return error_at(err, E_UNSUPPORTED, node->span,
                        "EXPLAIN ANALYZE does not run in this version of weir");
    if (!job_is_statement(explain->statement))
        return error_at(err, E_PLAN, explain->statement->span,
                        "only an INSERT, a SELECT or a statement set has a plan");
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    struct job job;
    struct plan_job *plan;
    enum code code = job_begin(&job, s, arena, false, err);
    if (code == OK)
        code = job_add(&job, explain->statement, err);
    if (code == OK)
        code = job_plan(&job, &plan, err);
    if (code == OK && !s->mute)
        code = explain_print(s, plan, STR("text"), err);
    if (code == OK && !s->mute && explain->details & EXPLAIN_JSON_EXECUTION_PLAN)
        code = explain_print(s, plan, STR("json"), err);
    if (job_is_create_as(explain->statement)) /* nothing was made */
        forget_table(s, (const struct ast_create_table *)explain->statement);
    arena_destroy(arena);
    return code;
}
