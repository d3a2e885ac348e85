/* edit_history.h -- what was entered before, as whole statements, in this and in other runs.
 *
 * The file holds an entry a line, with \n and \\ for the signs that would break it; it is readable
 * by its owner only.  Several prompts may write it at once: each entry is appended under a lock, and
 * a file that has grown too long is replaced under the same lock.  What holds a secret stays in
 * memory.  That a file cannot be read or written is nobody's business: then there is just no
 * history of other runs. */
#pragma once

#include "base/str.h"

enum {
    EDIT_HISTORY_MAX = 10000,               /* entries, in memory and after a cut of the file */
    EDIT_HISTORY_ENTRY_BYTES_MAX = 1 << 20, /* longer ones stay in memory */
};

struct edit_history {
    struct str *items; /* owned, the oldest first */
    uint32_t count, cap;
    char *path; /* owned; NULL: no file */
    bool (*is_secret)(struct str text);
};

/* Reads the file; `path` NULL: none.  `is_secret` may be NULL. */
void edit_history_open(struct edit_history *h, const char *path,
                       bool (*is_secret)(struct str text));
void edit_history_close(struct edit_history *h);
/* ${WEIR_HISTORY}, else ${XDG_STATE_HOME}/weir/history, else ~/.local/state/weir/history; appended to
 * `out`.  False if nothing says where. */
bool edit_history_path(struct buf *out);

/* Puts it at the end, unless that is the same text or the text is blank. */
void edit_history_add(struct edit_history *h, struct str text);

/* The newest entry that begins so and is longer; {NULL, 0} if there is none. */
struct str edit_history_that_begins(const struct edit_history *h, struct str text);

struct edit_match {
    uint32_t index;  /* of the entry */
    size_t at, size; /* what of it is meant */
};

/* The n-th best of the entries that have the pattern in them: first as it is, then each of its words
 * anywhere, then its letters in their order and close together; newer ones first, case does not
 * count.  The same text counts once. False past the last. */
bool edit_history_search(const struct edit_history *h, struct str pattern, uint32_t n,
                         struct edit_match *ret);
