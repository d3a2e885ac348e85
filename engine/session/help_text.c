/* help_text.c -- see help_text.h. */
#include "session/help_text.h"

#include "session/help_layout.h"

enum {
    CONTINUED = 10, /* a line that is indented so far goes on with the entry above it */
    CODE = 4,
};

static size_t indent_of(struct str line)
{
    size_t n = 0;
    while (n < line.size && line.data[n] == ' ')
        n++;
    return n;
}

/* Without its line feed. */
static struct str peek_line(struct str text)
{
    return str_make(text.data, MIN(str_find_byte(text, '\n'), text.size));
}

static struct str next_line(struct str *text)
{
    struct str line = peek_line(*text);
    size_t taken = MIN(line.size + 1, text->size);
    *text = str_make(text->data + taken, text->size - taken);
    return line;
}

struct str help_next_entry(struct str *text)
{
    struct str entry = next_line(text);
    while (entry.size > 0 && text->size > 0 && indent_of(peek_line(*text)) >= CONTINUED) {
        struct str line = next_line(text);
        entry.size = (size_t)(line.data + line.size - entry.data);
    }
    return entry;
}

/* Where its text begins; 0: the line is no entry. */
static size_t text_begin(struct str line)
{
    for (size_t i = indent_of(line) + 1; i + 1 < line.size; i++)
        if (line.data[i] == ' ' && line.data[i + 1] == ' ')
            return i + indent_of(str_make(line.data + i, line.size - i));
    return 0;
}

/* Appends the words of a line to a text. */
static void add_words(struct buf *words, struct str line)
{
    line = str_trim(line);
    if (words->size > 0 && line.size > 0)
        buf_char(words, ' ');
    buf_str(words, line);
}

/* Code that goes on below, as one line. */
static void put_code(struct buf *out, struct str entry)
{
    struct buf line;
    buf_init(&line, 1 << 16);
    buf_str(&line, next_line(&entry));
    while (entry.size > 0)
        add_words(&line, next_line(&entry));
    out->failed = out->failed || line.failed;
    help_put_code(out, buf_view(&line));
    buf_done(&line);
}

static void put_entry(struct buf *out, struct str entry)
{
    struct buf words;
    struct str first = next_line(&entry);
    size_t begin = text_begin(first);
    struct str name = begin > 0 ? str_make(first.data, begin) : first;
    buf_init(&words, 1 << 16);
    if (begin > 0)
        add_words(&words, str_make(first.data + begin, first.size - begin));
    while (entry.size > 0)
        add_words(&words, next_line(&entry));
    help_put_entry_done(out, str_trim(name), &words);
}

/* Lines up to an empty one, a code or an entry, as one text. */
static void put_paragraph(struct buf *out, struct str first, struct str *text)
{
    struct buf words;
    buf_init(&words, 1 << 16);
    add_words(&words, first);
    while (text->size > 0) {
        struct str line = peek_line(*text);
        if (line.size == 0 || line.data[0] == ' ' || text_begin(line) > 0)
            break;
        add_words(&words, next_line(text));
    }
    out->failed = out->failed || words.failed;
    help_put_wrapped(out, 0, 0, buf_view(&words));
    buf_done(&words);
}

void help_put_text(struct buf *out, const char *whole)
{
    struct str text = str_of(whole);
    if (help_fits(text)) {
        buf_str(out, text);
        return;
    }
    while (text.size > 0) {
        struct str entry = help_next_entry(&text);
        size_t indent = indent_of(entry);
        bool is_entry = text_begin(entry) > 0 || str_find_byte(entry, '\n') != (size_t)-1;
        if (entry.size > 0 && indent >= CODE)
            put_code(out, entry);
        else if (entry.size > 0 && is_entry)
            put_entry(out, entry);
        else if (entry.size > 0)
            put_paragraph(out, entry, &text);
        else
            buf_char(out, '\n');
    }
}
