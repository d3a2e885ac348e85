/* keys.h -- single keys while a query runs: the terminal gives them one by one and does not show
 * them; signals stay as they are. */
#pragma once

#include "base/base.h"

enum key {
    KEY_NONE,      /* nothing was pressed */
    KEY_OTHER,
    KEY_SPACE,
    KEY_NEXT,      /* n, page down */
    KEY_PREVIOUS,  /* p, page up */
    KEY_FIRST,     /* g, home */
    KEY_LAST,      /* G, end */
    KEY_SWITCH,    /* tab */
    KEY_QUIT,      /* q */
};

/* False: the descriptor is no terminal. One at a time. */
bool keys_begin(int fd);
/* Does not wait. */
enum key keys_next(int fd);
/* The terminal is as it was.  May be called from a signal handler, and when nothing was begun. */
void keys_end(void);
