/* edit.h -- the line editor of the prompt: whole statements over several lines, history, completion.
 *
 * It owns the terminal only inside of edit_read(); before and after that the terminal is as it was
 * found, so that what runs in between may be interrupted as usual.  Keys that were typed ahead are
 * kept for the next call.  One editor per process (it listens to changes of the terminal's size). */
#pragma once

#include "session/complete.h"

struct edit;

struct edit_config {
    int in_fd;  /* a terminal */
    int out_fd; /* where it is drawn; the same terminal */
    bool has_color;
    const char *prompt;                   /* "weir> " */
    const char *history;                  /* a file; NULL: none */
    bool (*is_secret)(struct str text);   /* such text is not put into the file */
    bool (*is_command)(struct str line);  /* no SQL */
    bool (*is_complete)(struct str text); /* Enter ends it */
    bool (*is_over)(void);                /* asked after a signal: is the prompt left? */
    enum code (*complete)(void *self, struct str text, size_t cursor, struct arena *arena,
                          struct completion *ret, struct error *err);
    void *self;
};

enum edit_result {
    EDIT_ENTERED,
    EDIT_TO_EDITOR, /* the text shall be edited with $EDITOR */
    EDIT_LEFT,      /* Ctrl-D on an empty line, a signal, or the terminal is gone */
};

/* Is this a terminal that the editor can draw on?  (TERM is set and not "dumb".) */
bool edit_is_possible(int in_fd, int out_fd);

/* NULL without memory.  Everything that the configuration points to is borrowed. */
struct edit *edit_create(const struct edit_config *config);
void edit_destroy(struct edit *e); /* NULL is fine */

/* Shows the prompt with `initial` behind it and appends what was entered, without the last line
 * feed. */
enum edit_result edit_read(struct edit *e, struct str initial, struct buf *ret);

/* Puts a text into the history as if it had been entered. */
void edit_remember(struct edit *e, struct str text);

/* Lets somebody edit the text with ${VISUAL:-${EDITOR:-vi}} and appends what it is then.  E_USAGE
 * with the reason if that fails. */
enum code edit_externally(struct str text, struct buf *ret, struct error *err) WEIR_CHECKED;
