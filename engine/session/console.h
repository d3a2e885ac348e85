/* console.h -- the two ways out of a session: results on one descriptor, everything
 * else on the other.
 *
 * Results are collected and written when there is enough of them or the caller
 * flushes.  A reader that has gone away is no error of the job: `out_broken` is set,
 * writing answers E_CANCELLED, and the session ends quietly.  Where standard error is a
 * terminal its last lines may be an area that is drawn in place (the progress line, a
 * table that is kept up to date); it gives way to whatever else is written to the screen. */
#pragma once

#include "base/error.h"
#include "base/str.h"

enum {
    CONSOLE_OUT_BYTES = 64 << 10, /* collected before they are written */
};

struct console {
    int out_fd;
    int err_fd;
    struct buf *said; /* takes what would go to err_fd, borrowed; NULL: it goes there */
    bool out_is_terminal;
    bool err_is_terminal; /* progress may be shown there */
    bool has_colours;     /* results may have them */
    bool out_broken;      /* the reader of the results is gone */
    uint32_t area_lines;  /* on the screen now */
    uint64_t out_bytes; /* written so far */
    struct buf out;     /* owned */
};

void console_init(struct console *console, int out_fd, int err_fd);
void console_done(struct console *console);

/* Results: append to console->out, then call this at the end of each piece. */
enum code console_spill(struct console *console, struct error *err) WEIR_CHECKED;
enum code console_flush(struct console *console, struct error *err) WEIR_CHECKED;
/* Has the reader of the results gone, even if nothing was written since? */
bool console_reader_is_gone(struct console *console);

/* Text of lines with its other controls as \x1b, so that names and data do not drive a terminal. */
void console_put_safe(struct buf *out, struct str text);
/* Such text for standard error; a failure to write it is nobody's business. */
void console_say(struct console *console, struct str text);
void console_sayf(struct console *console, const char *fmt, ...) WEIR_PRINTF(2, 3);

/* Replaces the area at the bottom: lines with "\n" between them, none wider than the terminal.  Empty
 * takes it away.  Nothing where there is no terminal. */
void console_progress(struct console *console, struct str lines);
