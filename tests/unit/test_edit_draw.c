/* test_edit_draw.c -- what is sent to a terminal, seen by a small terminal of the test's own. */
#include "base/utf8.h"
#include "cli/edit_draw.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- a terminal ---- */

enum { ROWS_MAX = 64, COLUMNS_MAX = 200, CELL_BYTES = 24 };

struct cell {
    char text[CELL_BYTES]; /* "" behind a wide character */
    char style[12];
};

struct terminal {
    uint32_t columns, rows;
    uint32_t row, column;
    bool is_full; /* the last column was written: the next character begins a row */
    struct cell cells[ROWS_MAX][COLUMNS_MAX];
    char style[12];
    uint32_t scrolled;
};

static const struct cell blank = { .text = " " };

static void clear_cells(struct terminal *t, uint32_t row, uint32_t from)
{
    for (uint32_t i = from; i < COLUMNS_MAX; i++)
        t->cells[row][i] = blank;
}

static void terminal_init(struct terminal *t, uint32_t columns, uint32_t rows)
{
    *t = (struct terminal){ .columns = columns, .rows = rows };
    for (uint32_t i = 0; i < ROWS_MAX; i++)
        clear_cells(t, i, 0);
}

static void feed_line(struct terminal *t)
{
    if (t->row + 1 < t->rows) {
        t->row++;
        return;
    }
    memmove(t->cells[0], t->cells[1], sizeof t->cells[0] * (t->rows - 1));
    clear_cells(t, t->rows - 1, 0);
    t->scrolled++;
}

static void print(struct terminal *t, struct str s, uint32_t width)
{
    if (width == 0) { /* combines with the one before */
        uint32_t at = t->is_full ? t->columns - 1 : t->column - 1;
        while (at > 0 && t->cells[t->row][at].text[0] == '\0')
            at--;
        strncat(t->cells[t->row][at].text, s.data, s.size);
        return;
    }
    if (t->is_full || t->column + width > t->columns) {
        feed_line(t);
        t->column = 0;
        t->is_full = false;
    }
    struct cell *cell = &t->cells[t->row][t->column];
    *cell = blank;
    memcpy(cell->text, s.data, s.size);
    cell->text[s.size] = '\0';
    memcpy(cell->style, t->style, sizeof cell->style);
    if (width == 2)
        cell[1] = (struct cell){ 0 };
    t->column += width;
    if (t->column >= t->columns) {
        t->column = t->columns - 1;
        t->is_full = true;
    }
}

static bool control(struct terminal *t, const char *sequence)
{
    unsigned n = 0;
    char end = 0;
    if (strcmp(sequence, "[?25l") == 0 || strcmp(sequence, "[?25h") == 0)
        return true;
    if (sequence[strlen(sequence) - 1] == 'm') {
        snprintf(t->style, sizeof t->style, "%.*s", (int)strlen(sequence) - 2, sequence + 1);
        if (strcmp(t->style, "0") == 0)
            t->style[0] = '\0';
        return true;
    }
    n = (unsigned)strtoul(sequence + 1, NULL, 10);
    end = sequence[strlen(sequence) - 1];
    t->is_full = false;
    if (end == 'A') {
        t->row -= MIN(n, t->row);
    } else if (end == 'C') {
        t->column = MIN(t->column + n, t->columns - 1);
    } else if (end == 'K') {
        clear_cells(t, t->row, t->column);
    } else if (end == 'H') {
        t->row = t->column = 0;
    } else if (end == 'J') {
        clear_cells(t, t->row, n == 2 ? 0 : t->column);
        for (uint32_t i = n == 2 ? 0 : t->row + 1; i < t->rows; i++)
            clear_cells(t, i, 0);
    } else {
        return false;
    }
    return true;
}

static void terminal_feed(struct terminal *t, struct str s)
{
    for (size_t i = 0; i < s.size;) {
        if (s.data[i] == '\r') {
            t->column = 0;
            t->is_full = false;
            i++;
        } else if (s.data[i] == '\n') {
            feed_line(t);
            i++;
        } else if (s.data[i] == '\x1b') {
            char sequence[16] = "";
            size_t n = 0;
            for (i++; i < s.size && n + 1 < sizeof sequence; i++) {
                sequence[n++] = s.data[i];
                if (n > 1 && s.data[i] >= 0x40)
                    break;
            }
            i++;
            CHECK(control(t, sequence));
        } else {
            uint32_t code_point;
            size_t n = utf8_decode(s.data + i, s.size - i, &code_point);
            CHECK((unsigned char)s.data[i] >= 0x20);
            print(t, str_make(s.data + i, n), utf8_code_point_width(code_point));
            i += n;
        }
    }
}

/* The rows without the blanks at their ends; empty ones at the end left out; | is the cursor. */
static const char *screen_text(const struct terminal *t, bool with_cursor)
{
    static struct buf out;
    buf_done(&out);
    buf_init(&out, 1 << 20);
    size_t end = 0;
    for (uint32_t r = 0; r < t->rows; r++) {
        size_t dark = out.size;
        for (uint32_t c = 0; c < t->columns; c++) {
            if (with_cursor && r == t->row && c == t->column) {
                buf_char(&out, '|');
                dark = end = out.size;
            }
            buf_text(&out, t->cells[r][c].text);
            if (strcmp(t->cells[r][c].text, " ") != 0)
                dark = end = out.size;
        }
        out.size = dark;
        buf_char(&out, '\n');
    }
    out.size = end;
    return buf_cstr(&out);
}

/* ---- drawing ---- */

static struct terminal term;
static struct edit_screen screen;
static struct edit_look look;

static void begin(uint32_t columns, uint32_t rows, bool color)
{
    edit_screen_done(&screen);
    edit_screen_init(&screen, "weir> ", columns, rows, color);
    terminal_init(&term, columns, rows);
}

static void draw(const char *text, size_t cursor)
{
    struct buf out;
    struct edit_scene scene = { .text = str_of(text), .cursor = cursor, .look = &look };
    buf_init(&out, 1 << 20);
    edit_look_at(&look, scene.text, cursor, NULL);
    edit_screen_draw(&screen, &scene, &out);
    terminal_feed(&term, buf_view(&out));
    buf_done(&out);
}

static void draw_end(const char *text)
{
    draw(text, strlen(text));
}

static void lines(void)
{
    begin(40, 10, false);
    draw_end("");
    CHECK_STR(screen_text(&term, true), "weir> |");
    draw_end("SELECT a,");
    CHECK_STR(screen_text(&term, true), "weir> SELECT a,|");
    draw("SELECT a,\nSUM(\nb) FROM 't\nu", 2);
    CHECK_STR(screen_text(&term, true), "weir> SE|LECT a,\n   -> SUM(\n   (> b) FROM 't\n   '> u");
    draw_end("SELECT `a\nb` /*\n*/");
    CHECK_STR(screen_text(&term, true), "weir> SELECT `a\n   `> b` /*\n   *> */|");
    draw_end("x");
    CHECK_STR(screen_text(&term, true), "weir> x|");
}

static void long_lines(void)
{
    begin(40, 10, false);
    draw_end("SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaa"); /* 34 columns: just full */
    CHECK_STR(screen_text(&term, true), "weir> SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaa\n      |");
    draw("SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaBC", 34);
    CHECK_STR(screen_text(&term, true), "weir> SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaa\n      |BC");
    /* A wide character does not fit into one column. */
    draw_end("SELECT aaaaaaaaaaaaaaaaaaaaaaaaaa\xE4\xB8\xAD");
    CHECK_STR(screen_text(&term, true),
              "weir> SELECT aaaaaaaaaaaaaaaaaaaaaaaaaa\n      \xE4\xB8\xAD|");
    draw("\ta\tb", 1);
    CHECK_STR(screen_text(&term, true), "weir>     |a   b");
    begin(12, 6, false); /* too narrow for prompts in front of every row */
    draw_end("abcdefghij\nk");
    CHECK_STR(screen_text(&term, true), "weir> abcdef\nghij\nk|");
    begin(1, 3, false);
    draw_end("a\xE4\xB8\xAD");
    CHECK(term.row < 3);
}

static void more_than_the_screen(void)
{
    begin(40, 4, false);
    draw_end("a\nb\nc\nd\ne\nf");
    CHECK_STR(screen_text(&term, true), "   -> c\n   -> d\n   -> e\n   -> f|");
    CHECK_INT(term.scrolled, 0);
    draw("a\nb\nc\nd\ne\nf", 6);
    CHECK_STR(screen_text(&term, true), "   -> c\n   -> |d\n   -> e\n   -> f");
    draw("a\nb\nc\nd\ne\nf", 0);
    CHECK_STR(screen_text(&term, true), "weir> |a\n   -> b\n   -> c\n   -> d");
    draw("a\nb\nc\nd\ne\nf", 8);
    CHECK_STR(screen_text(&term, true), "   -> b\n   -> c\n   -> d\n   -> |e");
}

static void rows_under_the_text(void)
{
    struct buf out;
    char styles[64];
    memset(styles, EDIT_DIM, sizeof styles);
    struct edit_scene scene = { .text = STR("a\nb"),
                                .cursor = 1,
                                .below = STR("one\ntwo two two two two two two two"),
                                .below_styles = str_make(styles, 64) };
    begin(20, 6, false);
    buf_init(&out, 1 << 16);
    edit_screen_draw(&screen, &scene, &out);
    terminal_feed(&term, buf_view(&out));
    CHECK_STR(screen_text(&term, true), "weir> a|\n   -> b\none\ntwo two two two two");
    buf_clear(&out);
    scene.below = STR("");
    scene.ghost = STR(" and a ghost that is long\nnext");
    scene.cursor = 3;
    edit_screen_draw(&screen, &scene, &out);
    terminal_feed(&term, buf_view(&out));
    CHECK_STR(screen_text(&term, true), "weir> a\n   -> b| and a ghost");
    buf_done(&out);
}

static void only_what_differs(void)
{
    struct buf out;
    struct edit_scene scene = { .text = STR("SELECT a,\nb"), .cursor = 11 };
    begin(40, 6, false);
    buf_init(&out, 1 << 16);
    edit_screen_draw(&screen, &scene, &out);
    CHECK_STR(buf_cstr(&out), "\x1b[?25l\r\x1b[J\rweir> SELECT a,\n\r   -> b\r\x1b[7C\x1b[?25h");
    buf_clear(&out);
    edit_screen_draw(&screen, &scene, &out);
    CHECK_INT(out.size, 0);
    scene.text = STR("SELECT a,\nbc");
    scene.cursor = 12;
    edit_screen_draw(&screen, &scene, &out);
    CHECK_STR(buf_cstr(&out), "\x1b[?25l\r   -> bc\x1b[K\r\x1b[8C\x1b[?25h");
    buf_done(&out);
}

static const char *style_of(uint32_t row, uint32_t column)
{
    return term.cells[row][column].style;
}

static void styles(void)
{
    begin(60, 8, true);
    draw_end("SELECT a, LOWER('x') -- y\nFROM `t` WHERE (b = 1");
    CHECK_STR(style_of(0, 0), "");
    CHECK_STR(style_of(0, 6), "1;34"); /* SELECT */
    CHECK_STR(style_of(0, 13), "");    /* a */
    CHECK_STR(style_of(0, 16), "36");  /* LOWER */
    CHECK_STR(style_of(0, 22), "32");  /* 'x' */
    CHECK_STR(style_of(0, 27), "90");  /* -- */
    CHECK_STR(style_of(1, 11), "36");  /* `t` */
    CHECK_STR(style_of(1, 21), "33");  /* ( that is open */
    CHECK_STR(style_of(1, 26), "35");  /* 1 */
    draw_end("((a)");
    CHECK_STR(style_of(0, 6), "33");
    CHECK_STR(style_of(0, 7), "1;4;33"); /* it belongs to the one at the cursor */
    CHECK_STR(style_of(0, 9), "1;4;33");
    draw_end("(a]);) 'it");
    CHECK_STR(style_of(0, 6), "");
    CHECK_STR(style_of(0, 8), "1;31"); /* ] for ( */
    draw_end("(a;) 'it");
    CHECK_STR(style_of(0, 6), "1;31"); /* never closed */
    CHECK_STR(style_of(0, 9), "1;31"); /* never opened */
    CHECK_STR(style_of(0, 11), "33");  /* open */
    begin(60, 8, false);
    draw_end("SELECT 'x'");
    CHECK_STR(style_of(0, 6), "");
}

static void leaving_and_coming_back(void)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    begin(40, 8, false);
    draw("SELECT 1\n;", 3);
    edit_screen_leave(&screen, &out);
    buf_text(&out, "result\r\n");
    terminal_feed(&term, buf_view(&out));
    draw_end("next");
    CHECK_STR(screen_text(&term, true), "weir> SELECT 1\n   -> ;\nresult\nweir> next|");
    buf_clear(&out);
    edit_screen_erase(&screen, &out);
    buf_text(&out, "news\r\n");
    terminal_feed(&term, buf_view(&out));
    draw_end("next");
    CHECK_STR(screen_text(&term, true), "weir> SELECT 1\n   -> ;\nresult\nnews\nweir> next|");
    buf_clear(&out);
    edit_screen_clear(&screen, &out);
    terminal_feed(&term, buf_view(&out));
    draw_end("next");
    CHECK_STR(screen_text(&term, true), "weir> next|");
    buf_done(&out);
}

static bool is_same(const struct terminal *a, const struct terminal *b)
{
    for (uint32_t r = 0; r < a->rows; r++)
        for (uint32_t c = 0; c < a->columns; c++)
            if (strcmp(a->cells[r][c].text, b->cells[r][c].text) != 0 ||
                strcmp(a->cells[r][c].style, b->cells[r][c].style) != 0) {
                printf("row %u, column %u: \"%s\" (%s), \"%s\" (%s)\n", r, c, a->cells[r][c].text,
                       a->cells[r][c].style, b->cells[r][c].text, b->cells[r][c].style);
                return false;
            }
    return a->row == b->row && a->column == b->column && a->is_full == b->is_full;
}

/* After any number of draws the screen is as after one. */
static void random_draws(void)
{
    static const char *const pieces[] = { "a",
                                          "bc ",
                                          "\n",
                                          "(",
                                          "'",
                                          "\xE4\xB8\xAD",
                                          "e\xCC\x81",
                                          "\t",
                                          "SELECT ",
                                          ";",
                                          "aaaaaaaaaaaaaaaaaaaa" };
    static struct terminal fresh;
    uint64_t state = 88172645463325252u;
    for (int round = 0; round < 300; round++) {
        begin(5 + (uint32_t)(round % 40), 1 + (uint32_t)(round % 9), round & 1);
        for (int step = 0; step < 12; step++) {
            struct buf text, out;
            buf_init(&text, 1 << 16);
            buf_init(&out, 1 << 20);
            size_t cursor = 0;
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            for (uint64_t n = state % 30; n > 0; n--) {
                state ^= state << 13, state ^= state >> 7, state ^= state << 17;
                if (state >> 40 & 1)
                    cursor = text.size;
                buf_text(&text, pieces[(state >> 20) % countof(pieces)]);
            }
            draw(buf_cstr(&text), cursor);
            uint32_t top = screen.top;
            struct edit_screen other;
            edit_screen_init(&other, "weir> ", screen.columns, screen.rows, screen.has_color);
            other.top = top;
            struct edit_scene scene = { .text = buf_view(&text), .cursor = cursor, .look = &look };
            edit_screen_draw(&other, &scene, &out);
            terminal_init(&fresh, screen.columns, screen.rows);
            terminal_feed(&fresh, buf_view(&out));
            if (!CHECK(is_same(&term, &fresh)))
                return;
            CHECK_INT(term.row, fresh.row);
            CHECK_INT(term.scrolled, 0);
            edit_screen_done(&other);
            buf_done(&text);
            buf_done(&out);
        }
    }
}

int main(void)
{
    edit_look_init(&look);
    RUN(lines);
    RUN(long_lines);
    RUN(more_than_the_screen);
    RUN(rows_under_the_text);
    RUN(only_what_differs);
    RUN(styles);
    RUN(leaving_and_coming_back);
    RUN(random_draws);
    edit_screen_done(&screen);
    edit_look_done(&look);
    return check_failed != 0;
}
