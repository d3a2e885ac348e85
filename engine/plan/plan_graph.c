/* plan_graph.c -- EXPLAIN for programs and pictures: JSON, Graphviz, Mermaid. */
#include "plan/plan_print.h"

#include "expr/fn_json.h"

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

void plan_print_json(struct buf *out, const struct plan_job *job, struct str job_text)
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
        const struct plan *node = job->nodes[i];
        buf_printf(out, "%s\n  {\"id\": %u, \"kind\": \"%s\", \"inputs\": [", i > 0 ? "," : "",
                   node->id, plan_kind_name(node->kind));
        for (uint32_t k = 0; k < node->input_count; k++)
            buf_printf(out, "%s%u", k > 0 ? ", " : "", node->inputs[k]->id);
        buf_text(out, "], \"columns\": [");
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
        buf_text(out, "], \"changes\": \"");
        plan_print_changes(out, node->changes);
        if (plan_updates_text(node)[0])
            buf_printf(out, "\", \"updates\": \"%s", strchr(plan_updates_text(node), '=') + 1);
        buf_text(out, "\", \"details\": ");
        json_details(out, node);
        buf_printf(out, ", \"line\": %u}", plan_line(node, job_text));
    }
    buf_text(out, "\n]}\n");
}

void plan_print_dot(struct buf *out, const struct plan_job *job)
{
    buf_text(out, "digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for (uint32_t i = 0; i < job->node_count; i++) {
        const struct plan *node = job->nodes[i];
        buf_printf(out, "  n%u [label=", node->id);
        struct buf label;
        buf_init(&label, 1 << 20);
        plan_print_id(&label, node);
        buf_char(&label, ' ');
        plan_print_details(&label, node);
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
        plan_print_id(&label, node);
        buf_char(&label, ' ');
        plan_print_details(&label, node);
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
