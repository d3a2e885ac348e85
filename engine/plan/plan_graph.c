/* plan_graph.c -- EXPLAIN for programs and pictures: JSON, Graphviz, Mermaid. */
#include "plan/plan_print.h"

#include "expr/fn_json.h"
#include "plan/plan_advice.h"
#include "plan/plan_bill.h"

static void json_text(struct buf *out, struct str text)
{
    buf_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_char(out, (char)c);
    }
    buf_char(out, '"');
}

static void json_details(struct buf *out, const struct plan *node)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    plan_print_details(&text, node);
    json_text(out, buf_view(&text));
    buf_done(&text);
}

static void json_columns(struct buf *out, const struct plan *node)
{
    buf_text(out, "\"columns\": [");
    for (uint32_t k = 0; k < node->field_count; k++) {
        struct buf type;
        buf_init(&type, 1 << 16);
        /* What a path holds is a text in SQL; how it lies in memory is nobody's business. */
        bool is_hit = node->fields[k].type == &type_json_hit;
        type_print(&type, is_hit ? &type_string : node->fields[k].type);
        buf_printf(out, "%s{\"name\": ", k > 0 ? ", " : "");
        json_text(out, node->fields[k].name);
        buf_text(out, ", \"type\": ");
        json_text(out, buf_view(&type));
        buf_char(out, '}');
        buf_done(&type);
    }
    buf_text(out, "]");
}

static void json_changes(struct buf *out, const struct plan *node)
{
    unsigned in = 0;
    for (uint32_t i = 0; i < node->input_count; i++)
        in |= node->inputs[i]->changes;
    if (node->input_count > 0) {
        buf_text(out, "\"changes_in\": \"");
        plan_print_changes(out, in);
        buf_text(out, "\", ");
    }
    buf_text(out, "\"changes\": \"");
    plan_print_changes(out, node->changes);
    buf_char(out, '"');
    if (plan_updates_text(node)[0])
        buf_printf(out, ", \"updates\": \"%s\"", strchr(plan_updates_text(node), '=') + 1);
}

static void json_part(struct buf *out, const struct plan_bill *bill, const struct bill_part *part)
{
    static const char *const bounds[] = {
        [BILL_FOR_EVER] = "none",   [BILL_FIXED] = "fixed",           [BILL_TTL] = "ttl",
        [BILL_TIME] = "event-time", [BILL_CLOCK] = "processing-time", [BILL_INPUT] = "input",
        [BILL_MOST] = "rows",       [BILL_TABLE] = "table",
    };
    buf_printf(out, "{\"kept\": \"%s\", \"per\": [", part->noun);
    for (uint32_t i = 0; i < part->column_count; i++) {
        struct buf name;
        buf_init(&name, 1 << 16);
        plan_bill_print_column(&name, bill, part, i);
        buf_text(out, i > 0 ? ", " : "");
        json_text(out, buf_view(&name));
        buf_done(&name);
    }
    buf_printf(out,
               "], \"times\": %llu, \"more\": %s, \"per_window\": %s, \"row_bytes\": %llu, "
               "\"bound\": \"%s\"",
               (unsigned long long)part->times, part->more ? "true" : "false",
               part->by_window ? "true" : "false", (unsigned long long)part->bytes,
               bounds[part->bound]);
    if (part->bound_us > 0)
        buf_printf(out, ", \"bound_ms\": %lld", (long long)(part->bound_us / 1000));
    if (part->most > 0)
        buf_printf(out, ", \"bound_rows\": %llu", (unsigned long long)part->most);
    buf_char(out, '}');
}

static bool json_state(struct buf *out, struct arena *arena, const struct plan_job *job,
                       const struct plan *node)
{
    struct plan_bill bill;
    if (!plan_bill(arena, job, node, &bill))
        return false;
    if (bill.part_count == 0)
        return true;
    buf_text(out, ", \"state\": [");
    for (uint32_t i = 0; i < bill.part_count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        json_part(out, &bill, &bill.parts[i]);
    }
    buf_char(out, ']');
    return true;
}

static enum code json_advice(struct buf *out, struct arena *arena, const struct plan_job *job,
                             struct str job_text, struct error *err)
{
    struct plan_advice *list;
    TRY(plan_advice(arena, job, &list, err));
    buf_text(out, ", \"advice\": [");
    for (const struct plan_advice *a = list; a; a = a->next) {
        buf_printf(out, "%s\n  {\"code\": \"%s\", \"level\": \"%s\"", a != list ? "," : "", a->code,
                   a->is_note ? "note" : "warning");
        if (a->node)
            buf_printf(out, ", \"id\": %u", a->node->id);
        if (a->error.has_span && a->error.span.offset <= job_text.size) {
            const struct plan at = { .span = { a->error.span.offset, MAX(a->error.span.size, 1) } };
            buf_printf(out, ", \"line\": %u", plan_line(&at, job_text));
        }
        buf_text(out, ", \"message\": ");
        json_text(out, str_of(a->error.message));
        if (a->error.detail[0]) {
            buf_text(out, ", \"detail\": ");
            json_text(out, str_of(a->error.detail));
        }
        buf_text(out, ", \"hint\": ");
        json_text(out, str_of(a->error.hint));
        buf_char(out, '}');
    }
    buf_text(out, list ? "\n]" : "]");
    return OK;
}

static bool json_node(struct buf *out, struct arena *arena, const struct plan_job *job,
                      const struct plan *node, struct str job_text,
                      const struct plan_json_options *options)
{
    buf_printf(out, "{\"id\": %u, \"kind\": \"%s\", \"inputs\": [", node->id,
               plan_kind_name(node->kind));
    for (uint32_t k = 0; k < node->input_count; k++)
        buf_printf(out, "%s%u", k > 0 ? ", " : "", node->inputs[k]->id);
    buf_text(out, "], ");
    json_columns(out, node);
    buf_text(out, ", ");
    json_changes(out, node);
    bool ok = json_state(out, arena, job, node);
    if (options->counters && options->counters[node->id].data)
        buf_printf(out, ", \"counters\": {" STR_FMT "}", STR_ARG(options->counters[node->id]));
    buf_text(out, ", \"details\": ");
    json_details(out, node);
    buf_printf(out, ", \"line\": %u}", plan_line(node, job_text));
    return ok;
}

static enum code json_job(struct buf *out, struct arena *arena, const struct plan_job *job,
                          struct str job_text, const struct plan_json_options *options,
                          struct error *err)
{
    buf_printf(out, "{\"dialect\": \"%s\", \"reason\": ",
               job->dialect == DIALECT_BLINK ? "blink" : "flink");
    json_text(out, str_of(job->dialect_reason ? job->dialect_reason : ""));
    if (job->workers_reason) {
        buf_printf(out, ", \"workers\": %u, \"workers_reason\": ", MAX(job->workers, 1));
        json_text(out, str_of(job->workers_reason));
    }
    buf_text(out, ", \"nodes\": [");
    for (uint32_t i = 0; i < job->node_count; i++) {
        buf_text(out, i > 0 ? ",\n  " : "\n  ");
        if (!json_node(out, arena, job, job->nodes[i], job_text, options))
            return error_nomem(err);
    }
    buf_text(out, "\n]");
    TRY(json_advice(out, arena, job, job_text, err));
    if (options->key_count > 0) {
        buf_text(out, ", \"state\": {");
        TRY(plan_bill_sum(out, job, options->keys, options->key_count, true, err));
        buf_char(out, '}');
    }
    buf_text(out, "}\n");
    return OK;
}

enum code plan_print_json(struct buf *out, const struct plan_job *job, struct str job_text,
                          const struct plan_json_options *options, struct error *err)
{
    static const struct plan_json_options plain = { .key_count = 0 };
    struct arena *arena = arena_create();
    enum code code = arena ? json_job(out, arena, job, job_text, options ? options : &plain, err)
                           : error_nomem(err);
    arena_destroy(arena);
    return code;
}

/* What a node is called in a picture. */
static void put_label(struct buf *out, const struct plan *node)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    plan_print_id(&text, node);
    buf_char(&text, ' ');
    plan_print_details(&text, node);
    plan_print_one_line(out, buf_view(&text));
    buf_done(&text);
}

void plan_print_dot(struct buf *out, const struct plan_job *job)
{
    buf_text(out, "digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan *node = job->nodes[i];
        buf_printf(out, "  n%u [label=", node->id);
        struct buf label;
        buf_init(&label, 1 << 20);
        put_label(&label, node);
        json_text(out, buf_view(&label));
        buf_done(&label);
        buf_text(out, "];\n");
        for (uint32_t k = 0; k < node->input_count; k++)
            buf_printf(out, "  n%u -> n%u;\n", node->inputs[k]->id, node->id);
    }
    buf_text(out, "}\n");
}

void plan_print_mermaid(struct buf *out, const struct plan_job *job)
{
    buf_text(out, "flowchart LR\n");
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan *node = job->nodes[i];
        struct buf label;
        buf_init(&label, 1 << 20);
        put_label(&label, node);
        buf_printf(out, "  n%u[\"", node->id);
        for (size_t c = 0; c < label.size; c++) {
            if (label.data[c] == '"')
                buf_text(out, "#quot;");
            else
                buf_char(out, label.data[c]);
        }
        buf_text(out, "\"]\n");
        buf_done(&label);
        for (uint32_t k = 0; k < node->input_count; k++)
            buf_printf(out, "  n%u --> n%u\n", node->inputs[k]->id, node->id);
    }
}
