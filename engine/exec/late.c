/* late.c -- see late.h.
 *
 * The record that a late row came from is long gone; what the window's operator has of it
 * is written down as a JSON object. */
#include "exec/late.h"

#include "types/text.h"
#include "types/time.h"

#include <stdio.h>

static struct late_route *route_of(const struct op *op, uint32_t port)
{
    const struct plan *node = op->plan->inputs[port];
    while (node->input_count > 0)
        node = node->inputs[0];
    struct late_route *route = op->worker->late;
    while (route && &route->scan->base != node)
        route = route->next;
    return route;
}

static void put_row(struct buf *out, const struct op *op, uint32_t port, const struct batch *in,
                    uint32_t row)
{
    const struct plan *input = op->plan->inputs[port];
    struct text_style style = { .mode = TEXT_JSON, .zone = op->worker->zone };
    for (uint32_t c = 0; c < in->column_count; c++) {
        buf_text(out, c == 0 ? "{" : ", ");
        text_put_json_string(out, input->fields[c].name);
        buf_text(out, ": ");
        text_print_cell(out, in->columns[c], row, &style);
    }
    buf_text(out, in->column_count == 0 ? "{}" : "}");
}

static enum code send(struct late_route *route, const struct op *op, uint32_t port,
                      const struct batch *in, uint32_t row, struct str reason, struct buf *text,
                      struct error *err)
{
    buf_clear(text);
    put_row(text, op, port, in, row);
    TRY(buf_check(text, err));
    struct bad_row late = {
        .reason = reason, .raw = buf_view(text), .offset = -1, .record = UINT32_MAX
    };
    return bad_row_report(&route->policy.base, &late, err);
}

enum code op_late_because(struct op *op, uint32_t port, const struct batch *in,
                          const uint32_t *sel, uint32_t n, struct str reason, struct error *err)
{
    op_count(&op->late, n);
    struct late_route *route = n > 0 ? route_of(op, port) : NULL;
    if (!route)
        return OK;
    struct buf text;
    buf_init(&text, 1 << 24);
    enum code code = OK;
    for (uint32_t i = 0; i < n && code == OK; i++)
        code = send(route, op, port, in, sel ? sel[i] : i, reason, &text, err);
    buf_done(&text);
    return code;
}

enum code op_late(struct op *op, uint32_t port, const struct batch *in, const uint32_t *sel,
                  uint32_t n, int64_t end_us, struct error *err)
{
    char end[TIME_TEXT_MAX], reason[TIME_TEXT_MAX + 32];
    size_t size = time_print_timestamp(end_us, 3, TIME_FRACTION_TRIMMED, ' ', end);
    int length = snprintf(reason, sizeof reason, "its window ended at %.*s", (int)size, end);
    return op_late_because(op, port, in, sel, n, str_make(reason, (size_t)length), err);
}
