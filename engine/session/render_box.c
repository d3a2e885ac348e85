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

/* What of the cell is shown in `limit` columns (0: all that it takes), and by how many dots it is
 * cut. */
static struct str shown(const struct render_box *box, struct str cell, uint32_t limit,
                        uint32_t *ret_dots)
{
    *ret_dots = 0;
    if (!cell.data)
        cell = box->null_text;
    if (!is_plain(cell)) {
        buf_clear(box->scratch);
        put_escaped(box->scratch, cell);
        *box->failed = *box->failed || box->scratch->failed;
        cell = buf_view(box->scratch);
    }
    if (limit == 0 || cell.size <= limit || utf8_width(cell) <= limit)
        return cell;
    *ret_dots = MIN(limit, (uint32_t)strlen(CUT_TEXT));
    return utf8_fitting(cell, limit - *ret_dots);
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
    uint32_t dots;
    struct str text = shown(box, cell, box->width_max, &dots);
    return (uint32_t)utf8_width(text) + dots;
}

static void put_repeated(struct buf *out, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(out, c);
}

/* Does a run of columns that are left out begin with this one? */
static bool begins_gap(const struct render_box *box, uint32_t column)
{
    return box->hidden[column] && (column == 0 || !box->hidden[column - 1]);
}

void render_box_rule(const struct render_box *box, struct buf *out)
{
    for (uint32_t i = 0; i < box->column_count; i++) {
        if (box->hidden[i] && !begins_gap(box, i))
            continue;
        buf_char(out, '+');
        put_repeated(out, '-', box->hidden[i] ? strlen(CUT_TEXT) + 2 : box->widths[i] + 2);
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

static void put_gap(const struct render_box *box, uint32_t column, struct buf *out)
{
    if (begins_gap(box, column))
        buf_text(out, "| " CUT_TEXT " ");
}

static void put_cell(const struct render_box *box, uint32_t column, struct str cell,
                     struct buf *out)
{
    uint32_t dots, limit = box->width_max;
    if (box->is_cut)
        limit = limit > 0 ? MIN(limit, box->widths[column]) : box->widths[column];
    struct str text = shown(box, cell, limit, &dots);
    uint32_t width = (uint32_t)utf8_width(text) + dots;
    uint32_t blanks = box->widths[column] > width ? box->widths[column] - width : 0;
    buf_text(out, "| ");
    if (box->right[column])
        put_repeated(out, ' ', blanks);
    const char *colour = colour_of(box, column, cell);
    buf_text(out, colour ? colour : "");
    buf_str(out, text);
    put_repeated(out, '.', dots);
    buf_text(out, colour ? "\033[0m" : "");
    if (!box->right[column])
        put_repeated(out, ' ', blanks);
    buf_char(out, ' ');
}

void render_box_names(const struct render_box *box, struct buf *out)
{
    for (uint32_t i = 0; i < box->column_count; i++) {
        put_gap(box, i, out);
        if (!box->hidden[i])
            put_cell(box, i, box->names[i], out);
    }
    buf_text(out, "|\n");
}

void render_box_gap(const struct render_box *box, struct buf *out)
{
    for (uint32_t i = 0; i < box->column_count; i++) {
        put_gap(box, i, out);
        if (box->hidden[i])
            continue;
        uint32_t dots = MIN(box->widths[i], (uint32_t)strlen(CUT_TEXT));
        buf_text(out, "| ");
        put_repeated(out, ' ', box->right[i] ? box->widths[i] - dots : 0);
        put_repeated(out, '.', dots);
        put_repeated(out, ' ', box->right[i] ? 0 : box->widths[i] - dots);
        buf_char(out, ' ');
    }
    buf_text(out, "|\n");
}

/* ---- rows of several lines ------------------------------------------------------------------- */

/* The next line of a cell, at a blank if there is one near its end; at least one character. */
static struct str next_line(struct str *rest, uint32_t columns)
{
    struct str line = utf8_fitting(*rest, columns);
    if (line.size == 0 && rest->size > 0) {
        uint32_t c;
        line.size = utf8_decode(rest->data, rest->size, &c);
    }
    size_t taken = line.size;
    for (size_t at = line.size; line.size < rest->size && at > line.size / 2; at--)
        if (line.data[at] == ' ') {
            taken = at + 1;
            line.size = at;
            break;
        }
    *rest = str_make(rest->data + taken, rest->size - taken);
    return line;
}

static void put_lines(const struct render_box *box, const char *cells, struct buf *out)
{
    buf_clear(box->scratch);
    for (uint32_t i = 0; i < box->column_count; i++) {
        struct str cell = render_next_cell(&cells);
        size_t before = box->scratch->size;
        render_box_text(box, cell, box->scratch);
        box->rest[i].size = box->scratch->size - before;
    }
    *box->failed = *box->failed || box->scratch->failed;
    const char *at = box->scratch->data;
    for (uint32_t i = 0; !*box->failed && i < box->column_count; at += box->rest[i++].size)
        box->rest[i].data = at;
    for (bool more = !*box->failed; more;) {
        more = false;
        for (uint32_t i = 0; i < box->column_count; i++) {
            put_gap(box, i, out);
            if (box->hidden[i])
                continue;
            struct str line = next_line(&box->rest[i], box->widths[i]);
            size_t width = utf8_width(line);
            buf_text(out, "| ");
            buf_str(out, line);
            put_repeated(out, ' ', box->widths[i] > width ? box->widths[i] - width : 0);
            buf_char(out, ' ');
            more = more || box->rest[i].size > 0;
        }
        buf_text(out, "|\n");
    }
}

void render_box_row(const struct render_box *box, const char *cells, struct buf *out)
{
    if (box->wraps && box->is_cut) {
        put_lines(box, cells, out);
        return;
    }
    for (uint32_t i = 0; i < box->column_count; i++) {
        struct str cell = render_next_cell(&cells);
        put_gap(box, i, out);
        if (!box->hidden[i])
            put_cell(box, i, cell, out);
    }
    buf_text(out, "|\n");
}
