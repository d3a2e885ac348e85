/* render_page.c -- boxes of kept results: a page of one that is kept up to date, drawn again and again
 * while its query runs, and the whole of it at the end. */
#include "session/render_fit.h"
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
static void widen(struct result *result, const struct render_row *row, uint64_t rows)
{
    struct render_box *box = &result->box;
    uint32_t *natural = result->natural;
    for (uint32_t i = 0; i < result->column_count; i++)
        natural[i] = MAX(natural[i], render_box_width(box, result->names[i]));
    for (uint64_t n = 0; row && n < rows; row = row->next, n++) {
        const char *at = row->bytes;
        for (uint32_t i = 0; i < result->column_count; i++) {
            uint32_t width = render_box_width(box, render_next_cell(&at));
            natural[i] = MAX(natural[i], width);
        }
    }
}

static void put_head(struct result *result, struct buf *out)
{
    render_box_rule(&result->box, out);
    render_box_names(&result->box, out);
    render_box_rule(&result->box, out);
}

/* From the column that was asked for, or from one before it where there is room for more: the last
 * screen is as full as the others. */
static void fit_page(struct result *result, struct render_page *page)
{
    uint32_t n = result->column_count;
    struct render_fit fit = { .natural = result->natural,
                              .is_text = result->is_text,
                              .columns = page->columns,
                              .first = MIN(page->first_column, MAX(n, 1) - 1) };
    page->columns_shown = render_fit(&fit, &result->box);
    while (fit.first > 0 && fit.first + page->columns_shown == n) {
        fit.first--;
        page->columns_shown = render_fit(&fit, &result->box);
        if (fit.first + page->columns_shown < n) {
            fit.first++;
            page->columns_shown = render_fit(&fit, &result->box);
            break;
        }
    }
    page->first_column = fit.first;
    page->column_count = n;
}

void renderer_page(struct renderer *r, uint32_t at, struct render_page *page, struct buf *out)
{
    struct result *result = result_at(r, at);
    if (!result || !result->keeps)
        return;
    const struct render_row *row = row_at(&result->store, page->first);
    widen(result, row, page->rows);
    fit_page(result, page);
    put_head(result, out);
    for (uint32_t n = 0; row && n < page->rows; row = row->next, n++)
        render_box_row(&result->box, row->bytes, out);
    render_box_rule(&result->box, out);
}

/* ---- the result at the end -------------------------------------------------------------------- */

static enum code put_rows(struct result *result, const struct render_row *row, uint64_t rows,
                          struct error *err)
{
    struct renderer *r = result->renderer;
    for (uint64_t n = 0; row && n < rows; row = row->next, n++) {
        render_box_row(&result->box, row->bytes, &r->console->out);
        TRY(console_spill(r->console, err));
    }
    return OK;
}

/* What of it is not there, and how to see it. */
static void say_what_is_left_out(const struct result *result, uint64_t rows_shown,
                                 uint32_t columns_shown)
{
    struct buf *out = &result->renderer->console->out;
    if (rows_shown < result->store.count)
        buf_printf(out, "%llu of %llu rows; SET 'weir.table.rows' = '0' shows all\n",
                   (unsigned long long)rows_shown, (unsigned long long)result->store.count);
    if (columns_shown < result->column_count)
        buf_printf(out, "%u of %u columns; \\x, or --output line, shows all\n", columns_shown,
                   result->column_count);
}

/* Widths of the columns for the end; how many are shown.  Where texts may go on in further lines,
 * only the long ones do, if that is enough. */
static uint32_t fit_screen(struct result *result)
{
    enum { LONG_TEXT = 27 };
    const struct renderer *r = result->renderer;
    struct render_fit fit = { .natural = result->natural,
                              .is_text = result->is_text,
                              .columns = r->options.screen_columns,
                              .from_both_ends = true };
    uint32_t n = result->column_count, shown;
    for (uint32_t i = 0; r->options.wraps && i < n; i++)
        result->is_text[i] = result->natural[i] >= LONG_TEXT;
    if ((shown = render_fit(&fit, &result->box)) == n || !r->options.wraps)
        return shown;
    for (uint32_t i = 0; i < n; i++)
        result->is_text[i] = true;
    return render_fit(&fit, &result->box);
}

enum code render_table(struct result *result, struct error *err)
{
    struct renderer *r = result->renderer;
    struct buf *out = &r->console->out;
    uint64_t count = result->store.count, head = count, tail = 0;
    if (r->options.screen_columns > 0 && r->options.rows_shown > 0 &&
        count > r->options.rows_shown) {
        tail = r->options.rows_shown / 2;
        head = r->options.rows_shown - tail;
    }
    const struct render_row *last = row_at(&result->store, count - tail);
    for (uint32_t i = 0; i < result->column_count; i++)
        result->natural[i] = 0; /* those of a page before it do not matter */
    widen(result, result->store.first, head);
    widen(result, last, tail);
    uint32_t columns_shown = fit_screen(result);
    put_head(result, out);
    TRY(put_rows(result, result->store.first, head, err));
    if (tail > 0) {
        render_box_gap(&result->box, out);
        TRY(put_rows(result, last, tail, err));
    }
    if (count > 0)
        render_box_rule(&result->box, out);
    say_what_is_left_out(result, head + tail, columns_shown);
    return OK;
}
