/* edit_draw.c -- see edit_draw.h.
 *
 * Rows end with a line feed of ours, never by running over the edge: a terminal that has just
 * written into its last column is in a state of its own, and the next thing sent is always a
 * carriage return. */
#include "cli/edit_draw.h"

#include "base/memory.h"
#include "base/utf8.h"

enum {
    FRAME_BYTES_MAX = 16 << 20,
    TAB_COLUMNS = 4,
    INDENT_FROM = 20, /* on narrower screens rows begin at the edge */
};

static const char *const colors[EDIT_STYLES] = {
    [EDIT_KEYWORD] = "1;34", [EDIT_FUNCTION] = "36",  [EDIT_STRING] = "32", [EDIT_NUMBER] = "35",
    [EDIT_COMMENT] = "90",   [EDIT_QUOTED] = "36",    [EDIT_COMMAND] = "1", [EDIT_OPEN] = "33",
    [EDIT_WRONG] = "1;31",   [EDIT_MATCH] = "1;4;33", [EDIT_DIM] = "90",    [EDIT_GHOST] = "90",
    [EDIT_FOUND] = "7",      [EDIT_CHOSEN] = "7",
};

void edit_screen_init(struct edit_screen *s, const char *prompt, uint32_t columns, uint32_t rows,
                      bool has_color)
{
    *s = (struct edit_screen){
        .columns = MAX(columns, 1), .rows = MAX(rows, 1), .has_color = has_color, .prompt = prompt
    };
    buf_init(&s->frames[0].bytes, FRAME_BYTES_MAX);
    buf_init(&s->frames[1].bytes, FRAME_BYTES_MAX);
}

void edit_screen_done(struct edit_screen *s)
{
    for (int i = 0; i < 2; i++) {
        buf_done(&s->frames[i].bytes);
        mem_free(s->frames[i].rows);
    }
    *s = (struct edit_screen){ 0 };
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Puts characters into rows.  Rows outside of the window are counted, not kept. */
struct painter {
    const struct edit_screen *screen;
    struct edit_frame *frame;
    uint32_t first, last; /* the window: rows [first, last) are kept */
    uint32_t row, column;
    enum edit_style style; /* that the terminal is in */
    uint32_t cursor_row, cursor_column;
    bool failed;
};

static bool is_kept(const struct painter *p)
{
    return p->row >= p->first && p->row < p->last && !p->failed;
}

static void set_style(struct painter *p, enum edit_style style)
{
    if (!is_kept(p) || !p->screen->has_color || style == p->style)
        return;
    if (p->style != EDIT_PLAIN)
        buf_text(&p->frame->bytes, "\x1b[0m");
    if (colors[style])
        buf_printf(&p->frame->bytes, "\x1b[%sm", colors[style]);
    p->style = style;
}

static void begin_row(struct painter *p)
{
    struct edit_frame *f = p->frame;
    p->column = 0;
    if (!is_kept(p))
        return;
    if (f->count == f->cap) {
        uint32_t cap = f->cap ? f->cap * 2 : 64;
        struct edit_row *grown = mem_realloc(f->rows, cap * sizeof *grown);
        if (!grown) {
            p->failed = true;
            return;
        }
        f->rows = grown;
        f->cap = cap;
    }
    f->rows[f->count++] = (struct edit_row){ .at = f->bytes.size };
}

static void end_row(struct painter *p)
{
    if (is_kept(p)) {
        set_style(p, EDIT_PLAIN);
        struct edit_row *row = &p->frame->rows[p->frame->count - 1];
        row->size = p->frame->bytes.size - row->at;
        row->width = p->column;
    }
    p->row++;
}

static void put(struct painter *p, struct str bytes, uint32_t width, enum edit_style style)
{
    set_style(p, style);
    if (is_kept(p))
        buf_str(&p->frame->bytes, bytes);
    p->column += width;
}

static void put_text(struct painter *p, const char *text, enum edit_style style)
{
    for (; *text && p->column < p->screen->columns; text++)
        put(p, str_make(text, 1), 1, style);
}

static uint32_t indent_of(const struct edit_screen *s)
{
    return s->columns >= INDENT_FROM ? (uint32_t)strlen(s->prompt) : 0;
}

/* The prompt of a line in its place to the left of the text. */
static void put_prompt(struct painter *p, enum edit_state state)
{
    static const char *const ends[] = {
        [EDIT_STATE_GOES_ON] = "-> ", [EDIT_STATE_BRACKET] = "(> ", [EDIT_STATE_STRING] = "'> ",
        [EDIT_STATE_NAME] = "`> ",    [EDIT_STATE_COMMENT] = "*> ",
    };
    if (state == EDIT_STATE_BEGIN) {
        put_text(p, p->screen->prompt, EDIT_PLAIN);
        return;
    }
    uint32_t indent = indent_of(p->screen);
    if (indent < 4)
        return;
    while (p->column + 3 < indent)
        put(p, STR(" "), 1, EDIT_PLAIN);
    put_text(p, ends[state], EDIT_PLAIN);
}

/* The next row of a line that is too long. */
static void wrap(struct painter *p)
{
    end_row(p);
    begin_row(p);
    for (uint32_t i = indent_of(p->screen); i > 0; i--)
        put(p, STR(" "), 1, EDIT_PLAIN);
}

/* ---- the text -------------------------------------------------------------------------------- */

/* The character at `at`, with what combines with it. */
static size_t character(struct str s, size_t at, uint32_t *ret_width)
{
    uint32_t code_point;
    size_t end = at + utf8_decode(s.data + at, s.size - at, &code_point);
    *ret_width = utf8_code_point_width(code_point);
    while (end < s.size && (unsigned char)s.data[end] >= 0x80) {
        size_t n = utf8_decode(s.data + end, s.size - end, &code_point);
        if (utf8_code_point_width(code_point) > 0)
            break;
        end += n;
    }
    return end - at;
}

static void note_cursor(struct painter *p)
{
    if (p->column >= p->screen->columns)
        wrap(p);
    p->cursor_row = p->row;
    p->cursor_column = p->column;
}

static enum edit_style style_at(const struct edit_scene *scene, size_t at)
{
    if (at >= scene->found_at && at - scene->found_at < scene->found_size)
        return EDIT_FOUND;
    if (!scene->look || at >= scene->look->styles.size)
        return EDIT_PLAIN;
    enum edit_style style = (enum edit_style)scene->look->styles.data[at];
    return scene->is_last && style == EDIT_MATCH ? EDIT_PLAIN : style;
}

static enum edit_state state_of(const struct edit_scene *scene, uint32_t line)
{
    if (line == 0)
        return EDIT_STATE_BEGIN;
    if (!scene->look || line >= scene->look->states.size)
        return EDIT_STATE_GOES_ON;
    return (enum edit_state)scene->look->states.data[line];
}

static void put_character(struct painter *p, struct str s, size_t at, size_t size, uint32_t width,
                          enum edit_style style)
{
    uint32_t columns = p->screen->columns;
    if (s.data[at] == '\t') {
        uint32_t begin = p->column > indent_of(p->screen) ? p->column - indent_of(p->screen) : 0;
        for (uint32_t n = TAB_COLUMNS - begin % TAB_COLUMNS; n > 0 && p->column < columns; n--)
            put(p, STR(" "), 1, style);
        return;
    }
    if (width > columns) { /* there is no room for it on any row */
        put(p, STR("?"), 1, style);
        return;
    }
    put(p, str_make(s.data + at, size), width, style);
}

static void paint_ghost(struct painter *p, struct str ghost)
{
    for (size_t at = 0; at < ghost.size && ghost.data[at] != '\n';) {
        uint32_t width;
        size_t size = character(ghost, at, &width);
        if (p->column + width >= p->screen->columns || ghost.data[at] == '\t')
            return;
        put(p, str_make(ghost.data + at, size), width, EDIT_GHOST);
        at += size;
    }
}

static void paint_text(struct painter *p, const struct edit_scene *scene)
{
    struct str s = scene->text;
    uint32_t line = 0;
    begin_row(p);
    put_prompt(p, EDIT_STATE_BEGIN);
    for (size_t at = 0; at < s.size;) {
        uint32_t width = 0;
        if (s.data[at] == '\n') {
            if (at == scene->cursor)
                note_cursor(p);
            end_row(p);
            begin_row(p);
            put_prompt(p, state_of(scene, ++line));
            at++;
            continue;
        }
        size_t size = character(s, at, &width);
        if (s.data[at] == '\t')
            width = 1;
        if (p->column > 0 && p->column + width > p->screen->columns)
            wrap(p);
        if (scene->cursor >= at && scene->cursor < at + size)
            note_cursor(p);
        put_character(p, s, at, size, width, style_at(scene, at));
        at += size;
    }
    if (scene->cursor >= s.size) {
        note_cursor(p);
        paint_ghost(p, scene->ghost);
    }
    end_row(p);
}

/* Lines under the text, each on one row. */
static void paint_below(struct painter *p, const struct edit_scene *scene, uint32_t rows)
{
    struct str s = scene->below;
    size_t at = 0;
    for (uint32_t row = 0; row < rows && at < s.size; row++) {
        begin_row(p);
        for (; at < s.size && s.data[at] != '\n';) {
            uint32_t width;
            size_t size = character(s, at, &width);
            if (p->column + width <= p->screen->columns)
                put(p, str_make(s.data + at, size), width,
                    (enum edit_style)scene->below_styles.data[at]);
            at += size;
        }
        end_row(p);
        at++;
    }
}

static uint32_t count_lines(struct str s)
{
    uint32_t n = s.size > 0;
    for (size_t i = 0; i + 1 < s.size; i++)
        n += s.data[i] == '\n';
    return n;
}

/* False without memory. */
static bool make_frame(struct edit_screen *s, const struct edit_scene *scene,
                       struct edit_frame *ret)
{
    uint32_t below = MIN(count_lines(scene->below), s->rows - 1);
    uint32_t height = s->rows - below;
    struct painter measure = { .screen = s, .frame = ret };
    paint_text(&measure, scene);
    uint32_t top = MIN(s->top, measure.row > height ? measure.row - height : 0);
    top = MIN(top, measure.cursor_row);
    top = MAX(top, measure.cursor_row >= height ? measure.cursor_row - height + 1 : 0);
    s->top = top;

    buf_clear(&ret->bytes);
    ret->count = 0;
    struct painter p = { .screen = s, .frame = ret, .first = top, .last = top + height };
    paint_text(&p, scene);
    p.first = p.row = ret->count;
    p.last = s->rows;
    paint_below(&p, scene, below);
    ret->cursor_row = measure.cursor_row - top;
    ret->cursor_column = measure.cursor_column;
    return !p.failed && !ret->bytes.failed;
}

/* ---- the terminal ---------------------------------------------------------------------------- */

static void swap_frames(struct edit_screen *s)
{
    struct edit_frame spare = s->frames[0];
    s->frames[0] = s->frames[1];
    s->frames[1] = spare;
}

static bool is_same_row(const struct edit_frame *a, const struct edit_frame *b, uint32_t row)
{
    const struct edit_row *x = &a->rows[row], *y = &b->rows[row];
    return x->size == y->size && memcmp(a->bytes.data + x->at, b->bytes.data + y->at, x->size) == 0;
}

/* From row to row of what is drawn; the last column is left behind. */
static void go_to_row(struct buf *out, uint32_t *row, uint32_t to)
{
    if (to < *row)
        buf_printf(out, "\x1b[%uA", *row - to);
    for (; *row < to; ++*row)
        buf_char(out, '\n'); /* makes room where there is none */
    *row = to;
    buf_char(out, '\r');
}

void edit_screen_draw(struct edit_screen *s, const struct edit_scene *scene, struct buf *out)
{
    struct edit_frame *shown = &s->frames[0], *next = &s->frames[1];
    if (!make_frame(s, scene, next))
        return;
    uint32_t row = s->is_drawn ? shown->cursor_row : 0;
    uint32_t old_count = s->is_drawn ? shown->count : 0;
    size_t begin = out->size;
    buf_text(out, "\x1b[?25l");
    if (!s->is_drawn)
        buf_text(out, "\r\x1b[J");
    bool any = false;
    for (uint32_t i = 0; i < next->count; i++) {
        if (i < old_count && is_same_row(shown, next, i))
            continue;
        go_to_row(out, &row, i);
        buf_put(out, next->bytes.data + next->rows[i].at, next->rows[i].size);
        if (next->rows[i].width < s->columns && i < old_count)
            buf_text(out, "\x1b[K");
        any = true;
    }
    if (next->count < old_count) {
        go_to_row(out, &row, next->count);
        buf_text(out, "\x1b[J");
        any = true;
    }
    if (any || !s->is_drawn || shown->cursor_row != next->cursor_row ||
        shown->cursor_column != next->cursor_column) {
        go_to_row(out, &row, next->cursor_row);
        if (next->cursor_column > 0)
            buf_printf(out, "\x1b[%uC", next->cursor_column);
        buf_text(out, "\x1b[?25h");
    } else {
        out->size = begin;
    }
    s->is_drawn = true;
    swap_frames(s);
}

void edit_screen_leave(struct edit_screen *s, struct buf *out)
{
    if (!s->is_drawn)
        return;
    uint32_t row = s->frames[0].cursor_row;
    go_to_row(out, &row, s->frames[0].count - 1);
    buf_text(out, "\r\n");
    s->is_drawn = false;
    s->top = 0;
}

void edit_screen_erase(struct edit_screen *s, struct buf *out)
{
    if (!s->is_drawn)
        return;
    uint32_t row = s->frames[0].cursor_row;
    go_to_row(out, &row, 0);
    buf_text(out, "\x1b[J");
    s->is_drawn = false;
}

void edit_screen_clear(struct edit_screen *s, struct buf *out)
{
    buf_text(out, "\x1b[H\x1b[2J");
    s->is_drawn = false;
}

/* Rows of a terminal that breaks what is now too long for it. */
static uint32_t rows_now(uint32_t width, uint32_t columns)
{
    return width == 0 ? 1 : (width + columns - 1) / columns;
}

void edit_screen_resize(struct edit_screen *s, uint32_t columns, uint32_t rows, struct buf *out)
{
    columns = MAX(columns, 1);
    rows = MAX(rows, 1);
    if (s->is_drawn) {
        const struct edit_frame *f = &s->frames[0];
        uint32_t above = f->cursor_column / columns;
        for (uint32_t i = 0; i < f->cursor_row; i++)
            above += rows_now(f->rows[i].width, columns);
        above = MIN(above, rows - 1);
        if (above > 0)
            buf_printf(out, "\x1b[%uA", above);
        buf_text(out, "\r\x1b[J");
    }
    s->is_drawn = false;
    s->columns = columns;
    s->rows = rows;
}
