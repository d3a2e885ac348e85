/* plan_diff_json.c -- what becomes of each operator, as JSON: an object an operator, a line each. */
#include "plan/plan_diff_inner.h"
#include "types/text.h"

static void put_node(struct buf *out, const struct plan *node, struct str details)
{
    buf_printf(out, "\"id\": %u, \"kind\": \"%s\", \"details\": ", node->id,
               plan_kind_name(node->kind));
    text_put_json_string(out, details);
}

static void put_verdict(struct buf *out, const struct diff_verdict *v)
{
    buf_printf(out, "{\"verdict\": \"%s\", ", v->word);
    if (v->node)
        put_node(out, v->node, v->details);
    if (v->was) {
        buf_text(out, v->node ? ", \"was\": {" : "\"was\": {");
        put_node(out, v->was, v->was_details);
        buf_char(out, '}');
    }
    if (v->input)
        buf_printf(out, ", \"reads_other_rows_of\": %u", v->input->id);
    if (v->keeps)
        buf_printf(out, ", \"keeps\": \"%s\", \"state\": \"%s\"", v->keeps, v->state);
    if (v->other_rows)
        buf_text(out, ", \"other_rows\": true");
    if (v->reason) {
        buf_text(out, ", \"reason\": ");
        text_put_json_string(out, str_of(v->reason));
    }
    if (v->line > 0)
        buf_printf(out, ", \"line\": %u", v->line);
    buf_char(out, '}');
}

void plan_diff_json(struct buf *out, const struct diff_verdict *list, uint32_t n,
                    const struct diff_counts *counts)
{
    buf_text(out, "{\"operators\": [");
    for (uint32_t i = 0; i < n; i++) {
        buf_text(out, i > 0 ? ",\n  " : "\n  ");
        put_verdict(out, &list[i]);
    }
    buf_printf(out,
               "\n], \"counts\": {\"kept\": %u, \"changed\": %u, \"new\": %u, \"dropped\": %u}, ",
               counts->kept, counts->changed, counts->made, counts->dropped);
    buf_printf(out, "\"state\": {\"carried_over\": %u, \"begun_anew\": %u, \"unused\": %u}}\n",
               counts->carried, counts->begun, counts->lost);
}
