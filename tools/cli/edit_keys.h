/* edit_keys.h -- keys out of the bytes that a terminal sends.
 *
 * Bytes are fed as they come, in any pieces; keys are taken one by one.  A paste between the
 * brackets of mode 2004 is one key with all of its text.  What is no key (reports, unknown
 * sequences) is passed over; malformed UTF-8 becomes U+FFFD. */
#pragma once

#include "base/str.h"

enum edit_key_kind {
    EDIT_KEY_TEXT,  /* `text`: one code point */
    EDIT_KEY_PASTE, /* `text`: as pasted */
    EDIT_KEY_CTRL,  /* with `letter`: a to z, or one of @ [ \ ] ^ _ */
    EDIT_KEY_ALT,   /* with `letter`: an ASCII sign as typed */
    EDIT_KEY_ENTER,
    EDIT_KEY_ALT_ENTER,
    EDIT_KEY_TAB,
    EDIT_KEY_BACK_TAB,
    EDIT_KEY_BACKSPACE,
    EDIT_KEY_ALT_BACKSPACE,
    EDIT_KEY_DELETE,
    EDIT_KEY_WORD_DELETE, /* Ctrl-Del */
    EDIT_KEY_ESCAPE,
    EDIT_KEY_UP,
    EDIT_KEY_DOWN,
    EDIT_KEY_LEFT,
    EDIT_KEY_RIGHT,
    EDIT_KEY_WORD_LEFT,
    EDIT_KEY_WORD_RIGHT,
    EDIT_KEY_HOME,
    EDIT_KEY_END,
    EDIT_KEY_PAGE_UP,
    EDIT_KEY_PAGE_DOWN,
};

struct edit_key {
    enum edit_key_kind kind;
    char letter;
    struct str text; /* borrowed until the next call */
};

struct edit_keys {
    struct buf input; /* owned: bytes of no key so far */
    size_t at;        /* up to here they were used */
    struct buf paste; /* owned */
    bool is_pasting;
};

void edit_keys_init(struct edit_keys *keys);
void edit_keys_done(struct edit_keys *keys);
/* Without memory for them the bytes are lost, and .input.failed says so. */
void edit_keys_feed(struct edit_keys *keys, const char *data, size_t size);
/* The next key; false if more bytes are needed.  `is_quiet`: none have come for a while, so an ESC is
 * the key of that name, and a character that is cut off is broken. */
bool edit_keys_next(struct edit_keys *keys, bool is_quiet, struct edit_key *ret);
/* Are there bytes of which nothing is known before more have come? */
bool edit_keys_is_waiting(const struct edit_keys *keys);
