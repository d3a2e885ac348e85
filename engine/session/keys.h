/* keys.h -- single keys while a query runs: the terminal gives them one by one and does not show
 * them; Ctrl-C and its like stay as they are.
 *
 * The terminal is given back when the process is suspended or ended from the keyboard, and is left
 * alone while the process is in the background, where touching it would suspend it. */
#pragma once

#include "base/base.h"

enum key {
    KEY_NONE, /* nothing was pressed */
    KEY_OTHER,
    KEY_SPACE,
    KEY_NEXT,     /* n, page down */
    KEY_PREVIOUS, /* p, page up */
    KEY_FIRST,    /* g, home */
    KEY_LAST,     /* G, end */
    KEY_LEFT,     /* the arrow, < */
    KEY_RIGHT,    /* the arrow, > */
    KEY_SWITCH,   /* tab */
    KEY_QUIT,     /* q */
    KEY_BACK,     /* none: others had the terminal, and have left something on it */
};

/* False: the process is in the background of the terminal that controls it. */
bool keys_is_in_front(int fd);

/* False: the descriptor is no terminal, the process is in its background, or whole lines wait there
 * already: they were typed ahead for somebody else. One at a time. */
bool keys_begin(int fd);
/* Does not wait. */
enum key keys_next(int fd);
/* The terminal is as it was.  May be called from a signal handler, and when nothing was begun. */
void keys_end(void);
