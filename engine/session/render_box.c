/* render_box.c -- see render_box.h.  A cell is one line: line feeds and other controls
 * are shown as escapes. */
#include "session/render_box.h"

#include "base/utf8.h"
#include "session/render_store.h"

#define CUT_TEXT "..."

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c >= 0x7F)
            return utf8_valid(text.data, text.size) && !utf8_has_control(text);
    }
    return true;
}

static void put_escaped(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t c;
        size_t n = utf8_decode(text.data + i, text.size - i, &c);
        i += n;
        if (c == '\n')
            buf_text(out, "\\n");
        else if (c == '\r')
            buf_text(out, "\\r");
        else if (c == '\t')
            buf_text(out, "\\t");
        else if (utf8_is_control(c))
            buf_printf(out, "\\x%02x", c);
        else {
            char bytes[4];
            buf_put(out, bytes, utf8_encode(c, bytes));
        }
    }
}

/* What of the cell is shown, and whether it is cut. */
static struct str shown(const struct render_box *box, struct str cell, bool *ret_cut)
{
    uint32_t width_max = box->width_max;
    *ret_cut = false;
    if (!cell.data)
        return box->null_text;
    if (!is_plain(cell)) {
        buf_clear(box->scratch);
        put_escaped(box->scratch, cell);
        *box->failed = *box->failed || box->scratch->failed;
        cell = buf_view(box->scratch);
    }
    if (width_max == 0 || cell.size <= width_max || utf8_width(cell) <= width_max)
        return cell;
    *ret_cut = true;
    size_t room = width_max - strlen(CUT_TEXT);
    size_t end = 0, width = 0;
    while (end < cell.size) {
        uint32_t c;
        size_t n = utf8_decode(cell.data + end, cell.size - end, &c);
        uint32_t w = utf8_code_point_width(c);
        if (width + w > room)
            break;
        width += w;
        end += n;
    }
    return str_make(cell.data, end);
}

void render_box_text(const struct render_box *box, struct str cell, struct buf *out)
{
    if (!cell.data)
        buf_str(out, box->null_text);
    else if (is_plain(cell))
        buf_str(out, cell);
    else
        put_escaped(out, cell);
}

uint32_t render_box_width(const struct render_box *box, struct str cell)
{
    bool cut;
    struct str text = shown(box, cell, &cut);
    return (uint32_t)(utf8_width(text) + (cut ? strlen(CUT_TEXT) : 0));
}

static void put_repeated(struct buf *out, char c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        buf_char(out, c);
}

void render_box_rule(const struct render_box *box, struct buf *out)
{
    for (uint32_t i = 0; i < box->column_count; i++) {
        buf_char(out, '+');
        put_repeated(out, '-', box->widths[i] + 2);
    }
    buf_text(out, "+\n");
}

/* Green comes, red goes, yellow is in between; NULL and what is old are dim. */
static const char *colour_of(const struct render_box *box, uint32_t column, struct str cell)
{
    if (!box->has_colours)
        return NULL;
    if (!cell.data)
        return box->null_text.size > 0 ? "\033[2m" : NULL;
    if (!box->has_op || column > 0 || cell.size != 2)
        return NULL;
    return str_is(cell, "+I")   ? "\033[32m"
           : str_is(cell, "+U") ? "\033[33m"
           : str_is(cell, "-U") ? "\033[2;33m"
           : str_is(cell, "-D") ? "\033[31m"
                                : NULL;
}

static void put_cell(const struct render_box *box, uint32_t column, struct str cell,
                     struct buf *out)
{
    bool cut;
    struct str text = shown(box, cell, &cut);
    uint32_t width = (uint32_t)(utf8_width(text) + (cut ? strlen(CUT_TEXT) : 0));
    uint32_t blanks = box->widths[column] > width ? box->widths[column] - width : 0;
    buf_text(out, "| ");
    if (box->right[column])
        put_repeated(out, ' ', blanks);
    const char *colour = colour_of(box, column, cell);
    buf_text(out, colour ? colour : "");
    buf_str(out, text);
    if (cut)
        buf_text(out, CUT_TEXT);
    buf_text(out, colour ? "\033[0m" : "");
    if (!box->right[column])
        put_repeated(out, ' ', blanks);
    buf_char(out, ' ');
}

void render_box_names(const struct render_box *box, struct buf *out)
{
    for (uint32_t i = 0; i < box->column_count; i++)
        put_cell(box, i, box->names[i], out);
    buf_text(out, "|\n");
}

void render_box_row(const struct render_box *box, const char *cells, struct buf *out)
{
    for (uint32_t i = 0; i < box->column_count; i++)
        put_cell(box, i, render_next_cell(&cells), out);
    buf_text(out, "|\n");
}
