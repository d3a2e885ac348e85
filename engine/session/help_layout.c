/* help_layout.c -- see help_layout.h. */
#include "session/help_layout.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_COLUMNS = 96, TEXT_COLUMNS_MIN = 20 };

static _Thread_local uint32_t text_columns = TEXT_COLUMNS;
static _Thread_local uint32_t screen_columns; /* 0: none */

void help_set_columns(uint32_t columns)
{
    screen_columns = columns;
    text_columns = columns == 0 ? TEXT_COLUMNS : MAX(MIN(columns, TEXT_COLUMNS), TEXT_COLUMNS_MIN);
}

bool help_fits(struct str text)
{
    while (text.size > 0 && screen_columns > 0) {
        struct str line = str_make(text.data, MIN(str_find_byte(text, '\n'), text.size));
        if (utf8_width(line) > screen_columns)
            return false;
        size_t taken = MIN(line.size + 1, text.size);
        text = str_make(text.data + taken, text.size - taken);
    }
    return true;
}

/* Where the text of an entry begins; on a narrow screen below its name. */
static size_t name_columns(void)
{
    return text_columns >= TEXT_COLUMNS ? 34 : text_columns >= 60 ? 28 : 6;
}

void help_put_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(out, ' ');
}

/* Up to a blank; of a list of choices, which has none, one where the list is wider than the room. */
static struct str next_word(struct str text, size_t room)
{
    struct str word = str_make(text.data, MIN(str_find_byte(text, ' '), text.size));
    size_t choice = str_find_byte(word, '|');
    bool is_long = choice != (size_t)-1 && utf8_width(word) > room;
    return is_long ? str_make(word.data, choice + 1) : word;
}

/* Words from `column` on, further lines indented to `indent`. */
void help_put_wrapped(struct buf *out, size_t column, size_t indent, struct str text)
{
    bool first = true, is_glued = false;
    size_t room = text_columns > indent ? text_columns - indent : 1;
    while (text.size > 0) {
        struct str word = next_word(text, room);
        size_t width = utf8_width(word);
        if (!first && column + !is_glued + width > text_columns) {
            buf_char(out, '\n');
            help_put_blanks(out, indent);
            column = indent;
        } else if (!first && !is_glued) {
            buf_char(out, ' ');
            column++;
        }
        buf_str(out, word);
        column += width;
        first = false;
        is_glued = word.size < text.size && text.data[word.size] != ' ';
        size_t taken = MIN(word.size + !is_glued, text.size);
        text = str_make(text.data + taken, text.size - taken);
    }
    buf_char(out, '\n');
}

void help_put_line(struct buf *out, const char *form, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, form);
    vsnprintf(line, sizeof line, form, arguments);
    va_end(arguments);
    help_put_wrapped(out, 0, 0, str_of(line));
}

void help_put_entry(struct buf *out, struct str name, struct str text)
{
    size_t begin = name_columns(), column = 2 + utf8_width(name);
    buf_text(out, "  ");
    if (column > text_columns) {
        help_put_wrapped(out, 2, 4, name);
        column = 0;
    } else {
        buf_str(out, name);
    }
    if (column + 2 > begin) {
        buf_char(out, '\n');
        column = 0;
    }
    if (text.size == 0 && column == 0)
        return;
    help_put_blanks(out, begin - column);
    help_put_wrapped(out, begin, begin, text);
}

void help_put_code(struct buf *out, struct str line)
{
    size_t indent = 0;
    while (indent < line.size && line.data[indent] == ' ')
        indent++;
    buf_str(out, str_make(line.data, indent));
    struct str rest = str_make(line.data + indent, line.size - indent);
    if (help_fits(line))
        buf_printf(out, STR_FMT "\n", STR_ARG(rest));
    else
        help_put_wrapped(out, indent, indent + 4, rest);
}

/* The same with a text of several parts, which is given back. */
void help_put_entry_done(struct buf *out, struct str name, struct buf *text)
{
    out->failed = out->failed || text->failed;
    help_put_entry(out, name, str_trim(buf_view(text)));
    buf_done(text);
}

static const char *type_name(enum option_type type)
{
    switch (type) {
    case OPTION_INT:
        return "number";
    case OPTION_BOOL:
        return "true|false";
    case OPTION_DURATION:
        return "duration";
    case OPTION_BYTES:
        return "size";
    case OPTION_SECRET:
        return "secret";
    case OPTION_TEXT:
    case OPTION_ENUM:
        break;
    }
    return "";
}

void help_put_option(struct buf *out, const struct option_spec *spec)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    if (spec->required)
        buf_text(&text, "Required. ");
    buf_text(&text, spec->help ? spec->help : "");
    if (spec->type == OPTION_ENUM && spec->choices)
        buf_printf(&text, " One of %s.", spec->choices);
    else if (*type_name(spec->type))
        buf_printf(&text, " (%s)", type_name(spec->type));
    if (spec->fallback && *spec->fallback)
        buf_printf(&text, " Default: %s.", spec->fallback);
    help_put_entry_done(out, str_of(spec->name), &text);
}

static bool has_option(const struct option_spec *specs, const char *name)
{
    for (; specs && specs->name; specs++)
        if (strcmp(specs->name, name) == 0)
            return true;
    return false;
}

/* `known`: a table that was listed before. */
void help_put_options(struct buf *out, const struct option_spec *specs,
                      const struct option_spec *known)
{
    for (; specs && specs->name; specs++)
        if (specs->help && !has_option(known, specs->name) &&
            strncmp(specs->name, "weir.test.", 10) != 0)
            help_put_option(out, specs);
}

void help_put_bare_options(struct buf *out, const struct option_spec *specs, struct str name,
                           const char *text)
{
    struct buf names;
    uint32_t count = 0;
    buf_init(&names, 1 << 16);
    buf_text(&names, text);
    for (; specs->name; specs++)
        if (!specs->help)
            buf_printf(&names, "%s%s", count++ == 0 ? " " : ", ", specs->name);
    if (count == 0) {
        buf_done(&names);
        return;
    }
    buf_char(&names, '.');
    help_put_entry_done(out, name, &names);
}
