/* render_page.c -- a page of a result that is kept up to date, drawn again and again while its
 * query runs. */
#include "session/render_inner.h"

static struct result *result_at(const struct renderer *r, uint32_t at)
{
    struct result *result = r->first;
    for (uint32_t i = 0; result && i < at; i++)
        result = result->next;
    return result;
}

uint32_t renderer_result_count(const struct renderer *r)
{
    uint32_t n = 0;
    for (const struct result *result = r->first; result; result = result->next)
        n++;
    return n;
}

uint64_t renderer_rows(const struct renderer *r, uint32_t at)
{
    const struct result *result = result_at(r, at);
    return result ? result->store.count : 0;
}

/* From the nearer end. */
static const struct render_row *row_at(const struct render_store *store, uint64_t first)
{
    const struct render_row *row;
    if (first < store->count / 2) {
        row = store->first;
        for (uint64_t i = 0; row && i < first; i++)
            row = row->next;
        return row;
    }
    row = store->last;
    for (uint64_t i = store->count; row && i > first + 1; i--)
        row = row->before;
    return first < store->count ? row : NULL;
}

/* Widths never shrink, or the box would jump. */
static void widen(struct result *result, const struct render_row *row, uint32_t rows)
{
    struct render_box *box = &result->box;
    for (uint32_t i = 0; i < result->column_count; i++)
        box->widths[i] = MAX(box->widths[i], render_box_width(box, result->names[i]));
    for (uint32_t n = 0; row && n < rows; row = row->next, n++) {
        const char *at = row->bytes;
        for (uint32_t i = 0; i < result->column_count; i++) {
            uint32_t width = render_box_width(box, render_next_cell(&at));
            box->widths[i] = MAX(box->widths[i], width);
        }
    }
}

void renderer_page(struct renderer *r, uint32_t at, uint64_t first, uint32_t rows, struct buf *out)
{
    struct result *result = result_at(r, at);
    if (!result || !result->keeps)
        return;
    const struct render_row *row = row_at(&result->store, first);
    widen(result, row, rows);
    render_box_rule(&result->box, out);
    render_box_names(&result->box, out);
    render_box_rule(&result->box, out);
    for (uint32_t n = 0; row && n < rows; row = row->next, n++)
        render_box_row(&result->box, row->bytes, out);
    render_box_rule(&result->box, out);
}
