/* render_lines.c -- see render_lines.h. */
#include "session/render_lines.h"

#include "base/utf8.h"

static void put_csv_field(struct buf *out, struct str text)
{
    bool quoted = text.size == 0;
    for (size_t i = 0; i < text.size && !quoted; i++)
        quoted = text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n' ||
                 text.data[i] == '\r';
    if (!quoted) {
        buf_str(out, text);
        return;
    }
    buf_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_char(out, '"');
        buf_char(out, text.data[i]);
    }
    buf_char(out, '"');
}

/* NULL is \N, as for MySQL and PostgreSQL; tabs, line feeds and backslashes are escaped. */
static void put_tsv_field(struct buf *out, struct str text)
{
    if (!text.data)
        buf_text(out, "\\N");
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        const char *escape = c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : NULL;
        if (c == '\\')
            escape = "\\\\";
        if (escape)
            buf_text(out, escape);
        else
            buf_char(out, c);
    }
}

static void put_markdown_field(struct buf *out, struct str text)
{
    buf_text(out, " ");
    if (!text.data)
        buf_text(out, "NULL");
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '|')
            buf_text(out, "\\|");
        else
            buf_char(out, c == '\n' || c == '\r' ? ' ' : c);
    }
    buf_text(out, " |");
}

void render_head(const struct result *result, struct buf *out)
{
    enum render_mode mode = result->renderer->options.mode;
    if (mode != RENDER_CSV && mode != RENDER_TSV && mode != RENDER_MARKDOWN)
        return;
    if (mode == RENDER_MARKDOWN)
        buf_char(out, '|');
    for (uint32_t i = 0; i < result->column_count; i++) {
        if (mode == RENDER_MARKDOWN) {
            put_markdown_field(out, result->names[i]);
        } else if (mode == RENDER_TSV) {
            buf_text(out, i > 0 ? "\t" : "");
            put_tsv_field(out, result->names[i]);
        } else {
            buf_text(out, i > 0 ? "," : "");
            put_csv_field(out, result->names[i]);
        }
    }
    if (mode == RENDER_MARKDOWN) {
        buf_text(out, "\n|");
        for (uint32_t i = 0; i < result->column_count; i++)
            buf_text(out, result->box.right[i] ? "---:|" : "---|");
    }
    buf_char(out, '\n');
}

/* A line a column, names in front. */
static void put_record(const struct result *result, const char *cells, uint64_t number,
                       struct buf *out)
{
    size_t width = 0;
    for (uint32_t i = 0; i < result->column_count; i++)
        width = MAX(width, utf8_width(result->names[i]));
    buf_printf(out, "-- row %llu\n", (unsigned long long)number);
    for (uint32_t i = 0; i < result->column_count; i++) {
        struct str cell = render_next_cell(&cells);
        struct str name = result->names[i];
        render_box_text(&result->box, name, out);
        for (size_t k = utf8_width(name); k < width; k++)
            buf_char(out, ' ');
        buf_text(out, " | ");
        render_box_text(&result->box, cell, out);
        buf_char(out, '\n');
    }
}

void render_row(const struct result *result, const char *cells, uint64_t number, struct buf *out)
{
    enum render_mode mode = result->renderer->options.mode;
    if (mode == RENDER_LINE) {
        put_record(result, cells, number, out);
        return;
    }
    if (mode == RENDER_JSON || mode == RENDER_JSONL) {
        render_object(result, cells, out);
        buf_text(out, mode == RENDER_JSONL ? "\n" : "");
        return;
    }
    if (mode == RENDER_MARKDOWN)
        buf_char(out, '|');
    for (uint32_t i = 0; i < result->column_count; i++) {
        struct str cell = render_next_cell(&cells);
        if (mode == RENDER_MARKDOWN) {
            put_markdown_field(out, cell);
            continue;
        }
        if (i > 0)
            buf_char(out, mode == RENDER_TSV ? '\t' : ',');
        if (mode == RENDER_TSV)
            put_tsv_field(out, cell);
        else if (cell.data)
            put_csv_field(out, cell);
    }
    buf_char(out, '\n');
}

/* {"a": 1, "b": null} */
void render_object(const struct result *result, const char *cells, struct buf *out)
{
    buf_char(out, '{');
    for (uint32_t i = 0; i < result->column_count; i++) {
        struct str cell = render_next_cell(&cells);
        if (i > 0)
            buf_text(out, ", ");
        text_put_json_string(out, result->names[i]);
        buf_text(out, ": ");
        if (cell.data)
            buf_str(out, cell);
        else
            buf_text(out, "null");
    }
    buf_char(out, '}');
}

void render_change(const struct result *result, enum change change, const char *cells,
                   struct buf *out)
{
    buf_printf(out, "{\"op\": \"%s\", \"data\": ", change_names[change]);
    render_object(result, cells, out);
    if (result->renderer->options.select_count > 1)
        buf_printf(out, ", \"statement\": %u", result->statement);
    buf_text(out, "}\n");
}
