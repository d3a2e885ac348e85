/* table.c -- see table.h. */
#include "cli/table.h"

#include "base/number.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void table_cell(struct table *table, struct str text)
{
    if (!ARENA_PUSH(table->arena, table->cells, table->count, table->cap, text))
        table->failed = true;
}

void table_begin(struct table *table, struct arena *arena, const char *headings)
{
    *table = (struct table){ .arena = arena };
    struct str rest = str_of(headings);
    for (bool more = true; more && table->columns < TABLE_COLUMNS_MAX; table->columns++) {
        size_t end = str_find_byte(rest, '|');
        more = end != (size_t)-1;
        struct str heading = str_make(rest.data, more ? end : rest.size);
        rest = more ? str_make(rest.data + end + 1, rest.size - end - 1) : rest;
        if (str_starts(heading, STR(">"))) {
            table->right |= 1u << table->columns;
            heading = str_make(heading.data + 1, heading.size - 1);
        }
        table_cell(table, heading);
    }
}

void table_printf(struct table *table, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct str kept = arena_str(table->arena, str_make(text, MIN((size_t)n, sizeof text - 1)));
    table->failed = table->failed || !kept.data;
    table_cell(table, kept.data ? kept : STR(""));
}

void table_count(struct table *table, int64_t value)
{
    char digits[NUMBER_I64_MAX], text[2 * NUMBER_I64_MAX];
    size_t size = 0;
    if (value < 0) {
        table_cell(table, STR("-"));
        return;
    }
    size_t n = number_print_i64(value, digits);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[size++] = ',';
        text[size++] = digits[i];
    }
    table_printf(table, STR_FMT, STR_ARG(str_make(text, size)));
}

static bool says_nothing(const struct table *table, uint32_t column)
{
    for (uint32_t i = table->columns + column; i < table->count; i += table->columns)
        if (table->cells[i].size > 0 && !str_is(table->cells[i], "-"))
            return false;
    return column > 0;
}

static void put_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(out, ' ');
}

void table_print(const struct table *table, struct buf *out, const char *indent)
{
    size_t widths[TABLE_COLUMNS_MAX] = { 0 };
    bool hidden[TABLE_COLUMNS_MAX] = { false };
    out->failed = out->failed || table->failed;
    for (uint32_t c = 0; c < table->columns; c++)
        hidden[c] = says_nothing(table, c);
    for (uint32_t i = 0; i < table->count; i++)
        widths[i % table->columns] = MAX(widths[i % table->columns], utf8_width(table->cells[i]));
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t column = i % table->columns;
        if (column == 0)
            buf_text(out, indent);
        size_t rest = widths[column] - utf8_width(table->cells[i]);
        bool right = table->right >> column & 1;
        if (!hidden[column]) {
            if (column > 0)
                buf_text(out, "  ");
            put_blanks(out, right ? rest : 0);
            buf_str(out, table->cells[i]);
            put_blanks(out, right ? 0 : rest);
        }
        if (column + 1 < table->columns)
            continue;
        while (!out->failed && out->size > 0 && out->data[out->size - 1] == ' ')
            out->size--;
        buf_char(out, '\n');
    }
}
