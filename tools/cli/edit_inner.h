/* edit_inner.h -- inside of the line editor: what its files share. */
#pragma once

#include "cli/edit.h"
#include "cli/edit_draw.h"
#include "cli/edit_history.h"
#include "cli/edit_keys.h"
#include "cli/edit_text.h"

#include <termios.h>

/* A list of candidates under the text. */
struct edit_menu {
    bool is_open;
    struct completion list; /* in edit->arena */
    int64_t chosen;         /* index; -1: none yet */
    struct buf typed;       /* owned: what stood there before */
    size_t at;              /* of the text: where the candidate begins ... */
    size_t size;            /* ... and how long what stands there now is */
};

/* Ctrl-R. */
struct edit_search {
    bool is_open;
    struct buf pattern; /* owned */
    uint32_t n;         /* the how-manieth match */
    bool is_found;
    struct edit_match match;
    struct edit_text shown; /* the entry */
};

struct edit {
    struct edit_config config;
    struct edit_text text;
    struct edit_keys keys;
    struct edit_history history;
    struct edit_screen screen;
    struct edit_look look;
    struct edit_menu menu;
    struct edit_search search;
    struct arena *arena;            /* of the menu */
    uint32_t at;                    /* in the history; its count: the text that is new */
    struct buf draft;               /* owned: that text, while others are looked at */
    struct buf out;                 /* owned: for the terminal */
    struct buf below, below_styles; /* owned: under the text */
    struct termios cooked;
    bool is_raw;
};

/* What a key leads to. */
enum edit_step {
    EDIT_STEP_ON,
    EDIT_STEP_ENTER,  /* the text is entered */
    EDIT_STEP_CANCEL, /* the text is left as it is, for an empty one */
    EDIT_STEP_LEAVE,
    EDIT_STEP_EDITOR,
    EDIT_STEP_SUSPEND,
    EDIT_STEP_CLEAR, /* the screen */
};

/* ---- edit_act.c ---- */

enum edit_step edit_act(struct edit *e, const struct edit_key *key);
/* What the history would put behind the text; {NULL, 0}: nothing. */
struct str edit_ghost(const struct edit *e);
void edit_beep(struct edit *e);

/* ---- edit_menu.c ---- */

/* Tab: completes, opens the list, or goes on in it. */
void edit_menu_next(struct edit *e, bool back);
/* What was chosen stays. */
void edit_menu_close(struct edit *e);
/* What was typed stands there again. */
void edit_menu_undo(struct edit *e);
void edit_menu_put(struct edit *e); /* into e->below */

/* ---- edit_search.c ---- */

void edit_search_open(struct edit *e);
enum edit_step edit_search_act(struct edit *e, const struct edit_key *key);
void edit_search_put(struct edit *e);

/* A line for e->below. */
void edit_put_below(struct edit *e, struct str text, enum edit_style style);
