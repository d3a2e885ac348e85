/* diag.c -- see diag.h.
 *
 * The line is cut to about 100 columns around the position.  Control characters are shown
 * as blanks, so one character of the text is one column, except for wide (East Asian) ones
 * and emoji, which are two, and combining ones, which are none: the caret stands under the
 * character it means on a terminal that draws them so. */
#include "sql/diag.h"

#include "base/utf8.h"

#include <stdio.h>

enum { MAX_COLUMNS = 100, COLUMNS_BEFORE = 60 };

/* Columns of the character at `text`, which may be malformed; its bytes in *ret_bytes. */
static int width(struct str text, size_t *ret_bytes)
{
    uint32_t c;
    *ret_bytes = utf8_decode(text.data, text.size, &c);
    return c < 0x20 || c == 0x7F ? 1 : (int)utf8_code_point_width(c);
}

static struct str from(struct str text, size_t at)
{
    return str_make(text.data + at, text.size - at);
}

struct diag_place diag_locate(struct str source, uint32_t offset)
{
    struct diag_place place = { .line = 1, .column = 1 };
    size_t at = MIN((size_t)offset, source.size);
    size_t start = 0;
    for (size_t i = 0; i < at; i++)
        if (source.data[i] == '\n') {
            place.line++;
            start = i + 1;
        }
    size_t end = at;
    while (end < source.size && source.data[end] != '\n')
        end++;
    if (end > start && source.data[end - 1] == '\r')
        end--;
    at = MIN(at, end);
    place.text = str_make(source.data ? source.data + start : "", end - start);
    place.offset = (uint32_t)(at - start);
    place.column += (uint32_t)utf8_count(str_make(place.text.data, place.offset));
    return place;
}

/* The line from `start` on, as far as it fits; the caret's column in *caret. */
static void put_line(struct buf *out, struct str line, size_t start, size_t position, int *caret)
{
    int columns = 0;
    *caret = 0;
    for (size_t i = start; i < line.size;) {
        size_t bytes;
        int more = width(from(line, i), &bytes);
        if (i <= position)
            *caret = columns;
        if (columns + more > MAX_COLUMNS) {
            buf_text(out, "...");
            return;
        }
        unsigned char c = (unsigned char)line.data[i];
        if (c < 0x20 || c == 0x7F)
            buf_char(out, ' ');
        else if (!utf8_valid(line.data + i, bytes))
            buf_text(out, "\xEF\xBF\xBD");
        else
            buf_put(out, line.data + i, bytes);
        columns += more;
        i += bytes;
    }
    if (position >= line.size)
        *caret = columns;
}

/* Where to begin so that the position is not further right than COLUMNS_BEFORE. */
static size_t cut_start(struct str line, size_t position)
{
    int total = 0, before = 0;
    size_t start = 0;
    for (size_t i = 0, bytes; i < line.size; i += bytes) {
        int more = width(from(line, i), &bytes);
        total += more;
        before += i < position ? more : 0;
    }
    if (total <= MAX_COLUMNS)
        return 0;
    for (size_t bytes; before > COLUMNS_BEFORE; start += bytes)
        before -= width(from(line, start), &bytes);
    return start;
}

static void put_place(struct buf *out, struct diag_place place)
{
    char label[32];
    int size = snprintf(label, sizeof label, "LINE %u: ", place.line);
    buf_put(out, label, (size_t)size);
    size_t start = cut_start(place.text, place.offset);
    if (start > 0) {
        buf_text(out, "...");
        size += 3;
    }
    int caret;
    put_line(out, place.text, start, place.offset, &caret);
    buf_char(out, '\n');
    for (int i = 0; i < size + caret; i++)
        buf_char(out, ' ');
    buf_text(out, "^\n");
}

static void put_trail(struct buf *out, const char *trail)
{
    while (*trail) {
        size_t size = strcspn(trail, "\n");
        buf_text(out, "CONTEXT:  ");
        buf_put(out, trail, size);
        buf_char(out, '\n');
        trail += size + (trail[size] == '\n');
    }
}

void diag_print_as(struct buf *out, const char *label, const struct error *err, struct str name,
                   struct str source)
{
    bool has_name = name.size > 0 && !str_is(name, "-");
    buf_printf(out, "%s:  %s", label, err->message);
    if (err->has_span) {
        struct diag_place place = diag_locate(source, err->span.offset);
        if (has_name)
            buf_printf(out, " (" STR_FMT ":%u:%u)\n", STR_ARG(name), place.line, place.column);
        else
            buf_printf(out, " (line %u, column %u)\n", place.line, place.column);
        put_place(out, place);
    } else if (has_name) {
        buf_printf(out, " (" STR_FMT ")\n", STR_ARG(name));
    } else {
        buf_char(out, '\n');
    }
    if (err->detail[0])
        buf_printf(out, "DETAIL:  %s\n", err->detail);
    if (err->hint[0])
        buf_printf(out, "HINT:  %s\n", err->hint);
    put_trail(out, err->trail);
}

void diag_print(struct buf *out, const struct error *err, struct str name, struct str source)
{
    diag_print_as(out, "ERROR", err, name, source);
}
