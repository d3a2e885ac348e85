/* edit_look.h -- how a text of SQL looks while it is edited: a style for each byte, and for each
 * line what is open where it begins. */
#pragma once

#include "base/str.h"

enum edit_style {
    EDIT_PLAIN,
    EDIT_KEYWORD,
    EDIT_FUNCTION,
    EDIT_STRING,
    EDIT_NUMBER,
    EDIT_COMMENT,
    EDIT_QUOTED,  /* `name` */
    EDIT_COMMAND, /* a line that is no SQL */
    EDIT_OPEN,    /* a quote or bracket that is not closed yet */
    EDIT_WRONG, /* a bracket that is never closed, or was not opened; what the lexer does not know */
    EDIT_MATCH, /* the bracket at the cursor, and its other one */
    EDIT_DIM,
    EDIT_GHOST,
    EDIT_FOUND,
    EDIT_CHOSEN,
    EDIT_STYLES,
};

/* What is open where a line begins. */
enum edit_state {
    EDIT_STATE_BEGIN, /* the first line */
    EDIT_STATE_GOES_ON,
    EDIT_STATE_BRACKET,
    EDIT_STATE_STRING,
    EDIT_STATE_NAME,
    EDIT_STATE_COMMENT,
};

struct edit_look {
    struct buf styles; /* owned: an enum edit_style for each byte of the text */
    struct buf states; /* owned: an enum edit_state for each line */
};

void edit_look_init(struct edit_look *look);
void edit_look_done(struct edit_look *look);
/* `text` is well-formed UTF-8; is_command() says which lines are no SQL, where a statement could
 * begin.  Without memory all of it is plain. */
void edit_look_at(struct edit_look *look, struct str text, size_t cursor,
                  bool (*is_command)(struct str line));
