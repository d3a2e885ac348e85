/* edit_draw.h -- the edited text on the screen, as bytes for a terminal.
 *
 * A scene is what shall be seen.  It becomes a frame, rows that are never wider than the screen, and
 * of the rows only those are sent that differ from the frame before.  Of a text with more rows than
 * the screen those around the cursor are shown.  Nothing is read from the terminal: where the cursor
 * is follows from what was sent, so all output in between goes through here or is told of. */
#pragma once

#include "cli/edit_look.h"

struct edit_scene {
    struct str text;
    size_t cursor;
    const struct edit_look *look; /* of this text */
    struct str ghost;             /* behind the text, dim; up to its first line feed */
    size_t found_at, found_size;  /* shown as found */
    struct str below;             /* lines under the text, cut at the edge */
    struct str below_styles;      /* a style a byte of them */
    bool is_last;                 /* left behind when the text is entered: no match of brackets */
};

struct edit_row {
    size_t at, size; /* of the frame's bytes */
    uint32_t width;  /* columns */
};

struct edit_frame {
    struct buf bytes;      /* owned */
    struct edit_row *rows; /* owned */
    uint32_t count, cap;
    uint32_t cursor_row, cursor_column;
};

struct edit_screen {
    uint32_t columns, rows; /* of the terminal */
    bool has_color;
    const char *prompt;          /* of the first line, in ASCII; the others have its width */
    struct edit_frame frames[2]; /* shown, and next */
    bool is_drawn;
    uint32_t top; /* row of the text that the window begins with */
};

void edit_screen_init(struct edit_screen *s, const char *prompt, uint32_t columns, uint32_t rows,
                      bool has_color);
void edit_screen_done(struct edit_screen *s);

/* Appends what turns the screen into the scene. */
void edit_screen_draw(struct edit_screen *s, const struct edit_scene *scene, struct buf *out);
/* What is drawn stays; the cursor goes to a line of its own behind it. */
void edit_screen_leave(struct edit_screen *s, struct buf *out);
/* What is drawn goes away; the cursor stands where it began. */
void edit_screen_erase(struct edit_screen *s, struct buf *out);
/* The same for all of the screen. */
void edit_screen_clear(struct edit_screen *s, struct buf *out);
/* The terminal has another size now, and may have broken the rows anew. */
void edit_screen_resize(struct edit_screen *s, uint32_t columns, uint32_t rows, struct buf *out);
