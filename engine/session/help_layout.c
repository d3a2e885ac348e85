/* help_layout.c -- see help_layout.h. */
#include "session/help_layout.h"

#include "base/utf8.h"

enum { NAME_COLUMNS = 34, TEXT_COLUMNS = 96 };

void help_put_blanks(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(out, ' ');
}

/* Words from `column` on, further lines indented to `indent`. */
void help_put_wrapped(struct buf *out, size_t column, size_t indent, struct str text)
{
    bool first = true;
    while (text.size > 0) {
        size_t end = str_find_byte(text, ' ');
        struct str word = str_make(text.data, MIN(end, text.size));
        size_t width = utf8_width(word);
        if (!first && column + 1 + width > TEXT_COLUMNS) {
            buf_char(out, '\n');
            help_put_blanks(out, indent);
            column = indent;
        } else if (!first) {
            buf_char(out, ' ');
            column++;
        }
        buf_str(out, word);
        column += width;
        first = false;
        size_t taken = MIN(word.size + 1, text.size);
        text = str_make(text.data + taken, text.size - taken);
    }
    buf_char(out, '\n');
}

void help_put_entry(struct buf *out, struct str name, struct str text)
{
    buf_text(out, "  ");
    buf_str(out, name);
    size_t column = 2 + utf8_width(name);
    if (column + 2 > NAME_COLUMNS) {
        buf_char(out, '\n');
        column = 0;
    }
    help_put_blanks(out, NAME_COLUMNS - column);
    help_put_wrapped(out, NAME_COLUMNS, NAME_COLUMNS, text);
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
