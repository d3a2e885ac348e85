/* edit_look.c -- see edit_look.h. */
#include "cli/edit_look.h"

#include "base/memory.h"
#include "cli/edit_text.h"
#include "sql/scan.h"

enum { DEPTH_MAX = 512 };

void edit_look_init(struct edit_look *look)
{
    buf_init(&look->styles, EDIT_TEXT_BYTES_MAX + 1);
    buf_init(&look->states, EDIT_TEXT_BYTES_MAX + 1);
}

void edit_look_done(struct edit_look *look)
{
    buf_done(&look->styles);
    buf_done(&look->states);
}

/* One walk over the text. */
struct walk {
    struct edit_look *look;
    const char *text; /* with a NUL behind it */
    uint32_t size;
    uint32_t cursor;
    uint32_t open[DEPTH_MAX]; /* brackets of this statement */
    uint32_t depth;
    uint32_t lines_at; /* the states of the lines before are known */
};

static void paint(struct walk *w, uint32_t at, uint32_t size, enum edit_style style)
{
    memset(w->look->styles.data + at, style, size);
}

/* The lines that begin in (lines_at, end] begin in this state. */
static void note_lines(struct walk *w, uint32_t end, enum edit_state state)
{
    for (; w->lines_at < end; w->lines_at++)
        if (w->text[w->lines_at] == '\n')
            buf_char(&w->look->states, (char)state);
}

static bool is_at_cursor(const struct walk *w, uint32_t at)
{
    return at + 1 == w->cursor || at == w->cursor;
}

static void open_bracket(struct walk *w, uint32_t at)
{
    if (w->depth < DEPTH_MAX)
        w->open[w->depth] = at;
    w->depth++;
    paint(w, at, 1, EDIT_OPEN); /* until it is closed */
}

static void close_bracket(struct walk *w, uint32_t at)
{
    if (w->depth == 0) {
        paint(w, at, 1, EDIT_WRONG);
        return;
    }
    if (w->depth > DEPTH_MAX) {
        w->depth--;
        return;
    }
    uint32_t begin = w->open[w->depth - 1];
    if ((w->text[begin] == '(') != (w->text[at] == ')')) { /* which stays open */
        paint(w, at, 1, EDIT_WRONG);
        return;
    }
    w->depth--;
    enum edit_style style = is_at_cursor(w, at) || is_at_cursor(w, begin) ? EDIT_MATCH : EDIT_PLAIN;
    paint(w, begin, 1, style);
    paint(w, at, 1, style);
}

/* At the end of a statement nothing may be open. */
static void end_statement(struct walk *w)
{
    for (uint32_t i = 0; i < MIN(w->depth, (uint32_t)DEPTH_MAX); i++)
        paint(w, w->open[i], 1, EDIT_WRONG);
    w->depth = 0;
}

static bool is_called(const struct walk *w, struct span name)
{
    return w->text[name.offset + name.size] == '(';
}

static void token(struct walk *w, struct sql_scan_token token)
{
    enum edit_state between = w->depth > 0 ? EDIT_STATE_BRACKET : EDIT_STATE_GOES_ON;
    uint32_t at = token.span.offset, size = token.span.size;
    enum edit_style style = EDIT_PLAIN;
    enum edit_state inside = between;
    note_lines(w, at, between);
    switch (token.kind) {
    case SCAN_KEYWORD:
        style = EDIT_KEYWORD;
        break;
    case SCAN_NAME:
        style = is_called(w, token.span) ? EDIT_FUNCTION : EDIT_PLAIN;
        break;
    case SCAN_QUOTED_NAME:
        style = EDIT_QUOTED;
        inside = EDIT_STATE_NAME;
        break;
    case SCAN_STRING:
        style = EDIT_STRING;
        inside = EDIT_STATE_STRING;
        break;
    case SCAN_NUMBER:
        style = EDIT_NUMBER;
        break;
    case SCAN_COMMENT:
        style = EDIT_COMMENT;
        inside = EDIT_STATE_COMMENT;
        break;
    case SCAN_OPEN:
        open_bracket(w, at);
        return;
    case SCAN_CLOSE:
        close_bracket(w, at);
        return;
    case SCAN_BAD:
        style = EDIT_WRONG;
        break;
    case SCAN_OPEN_STRING:
        style = EDIT_OPEN;
        inside = EDIT_STATE_STRING;
        break;
    case SCAN_OPEN_NAME:
        style = EDIT_OPEN;
        inside = EDIT_STATE_NAME;
        break;
    case SCAN_OPEN_COMMENT:
        style = EDIT_COMMENT;
        inside = EDIT_STATE_COMMENT;
        break;
    case SCAN_SEMICOLON:
        end_statement(w);
        break;
    case SCAN_SIGN:
    case SCAN_END:
        break;
    }
    paint(w, at, size, style);
    note_lines(w, at + size, inside);
}

/* One statement from `at` on; answers where it ends. */
static uint32_t statement(struct walk *w, uint32_t at)
{
    struct sql_scan scan;
    sql_scan_init(&scan, w->text + at, w->size - at);
    for (;;) {
        struct sql_scan_token next = sql_scan_next(&scan);
        if (next.kind == SCAN_END)
            return w->size;
        next.span.offset += at;
        token(w, next);
        if (next.kind == SCAN_SEMICOLON)
            return next.span.offset + 1;
    }
}

static void all(struct walk *w, bool (*is_command)(struct str line))
{
    uint32_t at = 0;
    while (at < w->size) {
        while (at < w->size && strchr(" \t\n", w->text[at]))
            at++;
        bool begins_line = true;
        for (uint32_t i = at; i > 0 && w->text[i - 1] != '\n'; i--)
            begins_line = begins_line && (w->text[i - 1] == ' ' || w->text[i - 1] == '\t');
        const char *end = memchr(w->text + at, '\n', w->size - at);
        uint32_t size = (uint32_t)(end ? end - (w->text + at) : w->size - at);
        if (size > 0 && begins_line && is_command && is_command(str_make(w->text + at, size))) {
            paint(w, at, size, EDIT_COMMAND);
            at += size;
            note_lines(w, at, EDIT_STATE_GOES_ON);
        } else {
            at = statement(w, at);
        }
    }
    note_lines(w, w->size, w->depth > 0 ? EDIT_STATE_BRACKET : EDIT_STATE_GOES_ON);
}

void edit_look_at(struct edit_look *look, struct str text, size_t cursor,
                  bool (*is_command)(struct str line))
{
    buf_clear(&look->styles);
    buf_clear(&look->states);
    buf_char(&look->states, EDIT_STATE_BEGIN);
    if (!buf_reserve(&look->styles, text.size + 1))
        return;
    memset(look->styles.data, EDIT_PLAIN, text.size);
    look->styles.size = text.size;
    struct walk *w = mem_alloc(sizeof *w);
    char *copy = mem_alloc(text.size + 1);
    if (w && copy) {
        if (text.size > 0)
            memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
        *w = (struct walk){
            .look = look, .text = copy, .size = (uint32_t)text.size, .cursor = (uint32_t)cursor
        };
        all(w, is_command);
    }
    mem_free(w);
    mem_free(copy);
}
