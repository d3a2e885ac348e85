/* edit_text.h -- the text that is being edited: bytes, a cursor, what was cut out, and the way
 * back.  Knows no terminal and no SQL.
 *
 * The text is always well-formed UTF-8 without control characters but line feed and tab: whatever
 * is put in is cleaned (a carriage return is a line feed).  The cursor stands between two
 * characters as people see them: marks that combine stay with what they mark.
 *
 * Nothing here answers a code: a change for which there is no memory, or which would make the text
 * longer than EDIT_TEXT_BYTES_MAX, is not made, and `failed` is set. */
#pragma once

#include "base/str.h"

enum { EDIT_TEXT_BYTES_MAX = 64 << 20 };

enum edit_unit {
    EDIT_CHARACTER,
    EDIT_WORD,  /* letters, digits and _ */
    EDIT_BLANK, /* up to a blank, as Ctrl-W takes it */
    EDIT_LINE,
    EDIT_ALL,
};

/* At `at`, `removed` bytes gave way to `inserted` ones. */
struct edit_change {
    size_t at, removed, inserted;
    size_t cursor; /* before it */
    bool joined;   /* is undone together with the one before */
    bool typed;    /* a character at a time: the next one may join */
};

struct edit_text {
    struct buf bytes; /* owned */
    size_t cursor;    /* byte offset */
    struct buf cut;   /* owned; what Ctrl-Y puts in again */
    bool cut_grows;   /* the last step cut too: the next cut is put to it */
    int64_t column;   /* that Up and Down try to keep; -1: that of the cursor */
    bool failed;

    struct edit_change *changes; /* owned: the first `done` can be undone, the others done again */
    uint32_t done, count, cap;
    struct buf change_bytes; /* owned: removed and inserted bytes of all changes */
};

void edit_text_init(struct edit_text *t);
void edit_text_done(struct edit_text *t);

static inline struct str edit_text_view(const struct edit_text *t)
{
    return buf_view(&t->bytes);
}

/* A new text, the cursor at its end; there is no way back from it. */
void edit_text_set(struct edit_text *t, struct str text);
/* The same as a change that can be undone. */
void edit_text_replace_all(struct edit_text *t, struct str text);

/* Puts it in front of the cursor.  `typed`: a character at a time. */
void edit_text_insert(struct edit_text *t, struct str text, bool typed);
/* Puts `text` in place of [from, to), the cursor behind it. */
void edit_text_replace(struct edit_text *t, size_t from, size_t to, struct str text);

/* Where the cursor would stand a unit further; `back`: to the left. */
size_t edit_text_step(const struct edit_text *t, enum edit_unit unit, bool back);
void edit_text_move(struct edit_text *t, enum edit_unit unit, bool back);
/* To a place; it is moved to the beginning of its character. */
void edit_text_move_to(struct edit_text *t, size_t at);
/* A line up or down; false if there is none. */
bool edit_text_up(struct edit_text *t);
bool edit_text_down(struct edit_text *t);

/* Takes away what edit_text_move() would pass; kept for Ctrl-Y if `cuts`. */
void edit_text_delete(struct edit_text *t, enum edit_unit unit, bool back, bool cuts);
/* Ctrl-K: to the end of the line, or the line feed that is there. */
void edit_text_cut_line(struct edit_text *t);
void edit_text_paste_cut(struct edit_text *t);
/* Ctrl-T: the two characters around the cursor change places. */
void edit_text_swap(struct edit_text *t);
/* Alt-U, Alt-L, Alt-C: the next word in capitals, without, with the first one. */
enum edit_case { EDIT_UPPER, EDIT_LOWER, EDIT_CAPITAL };
void edit_text_change_case(struct edit_text *t, enum edit_case how);

/* False if there is nothing. */
bool edit_text_undo(struct edit_text *t);
bool edit_text_redo(struct edit_text *t);

/* Each step of another kind than cutting ends the run of cuts; the editor calls this for keys that
 * do not come here. */
void edit_text_rest(struct edit_text *t);
