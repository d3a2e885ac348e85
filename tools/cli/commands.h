/* commands.h -- what a prompt understands besides SQL: \q, \?, help and the like.
 *
 * All of them stand in one table, which is also what \? prints and what completion offers.  A
 * command is a line of its own; with a backslash the beginning of its name is enough, as long as
 * no other one begins so. */
#pragma once

#include "session/session.h"

/* What commands act on, and what they ask of the prompt. */
struct commands {
    struct session *session;
    int err_fd;           /* where they say something */
    bool leaves;          /* the prompt shall end */
    struct buf proposed;  /* by \peek: a statement for the history */
    bool wants_editor;    /* the last statement shall be edited in $EDITOR */
    char mode_before[32]; /* how results were printed before \x; "": as at first */
};

struct command_entry {
    const char *name;      /* "\\q" */
    const char *arguments; /* as people read it: "FILE.sql", "[TOPIC]"; "": none. Words in capitals
                              say what completion offers there: see session/complete.h */
    const char *help;      /* a phrase */
    void (*run)(struct commands *self, struct str arguments);
    const char *more;    /* what else there is to know of it; NULL: nothing */
    const char *example; /* a line */
};

/* Ends with a NULL name. */
extern const struct command_entry command_entries[];

/* For commands: what is said, and the buffer given back. */
void commands_say(const struct commands *self, struct buf *text);

/* What stands in quotes, or the text itself: names of files may have blanks. */
struct str commands_unquote(struct str text);
/* Help on a command, or on what session_help() knows.  Without its backslash, a name that both have
 * is the command's at a prompt only. */
enum session_status commands_help(struct session *session, struct str topic, bool at_prompt);

/* Is the line a command, rather than part of a statement? */
bool commands_take(struct str line);
/* Runs it; what is wrong is printed. */
void commands_run(struct commands *self, struct str line);
