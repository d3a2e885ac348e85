/* complete.h -- what may stand where somebody is typing: names, keywords, options and their values.
 *
 * Keywords are those that the parser would take there.  Columns are those of the tables that the
 * statement reads, views and subqueries looked through.  Inside of WITH (...) it is the options of
 * the connector, as soon as it is known, and what they can be set to. */
#pragma once

#include "base/arena.h"
#include "session/session.h"

enum complete_kind {
    COMPLETE_KEYWORD,
    COMPLETE_TABLE,
    COMPLETE_VIEW,
    COMPLETE_COLUMN,
    COMPLETE_FUNCTION,
    COMPLETE_TYPE,
    COMPLETE_SETTING,
    COMPLETE_OPTION,
    COMPLETE_VALUE,
    COMPLETE_CONNECTOR,
    COMPLETE_FORMAT,
    COMPLETE_FILE,
    COMPLETE_FOLDER,
    COMPLETE_COMMAND,
    COMPLETE_TOPIC,
    COMPLETE_JOB,
    COMPLETE_KINDS,
};

/* For people: "table". */
const char *complete_kind_name(enum complete_kind kind);

struct complete_item {
    struct str text;  /* what to put in place of what was typed */
    struct str label; /* what to show */
    struct str help;  /* a sentence; may be empty */
    enum complete_kind kind;
};

/* A command of the prompt.  The words of `arguments` say what completes in their places: FILE, TABLE,
 * MODE (of output), NAME (of a running job, as the first word), COMMAND; a word [TOPIC] is one of help,
 * and words in small letters, such as [on|off], are meant as they are. */
struct complete_command {
    const char *name; /* "\\q"; NULL ends the list */
    const char *arguments;
    const char *help;
};

struct completion {
    size_t from, to; /* of the text: what is replaced, the cursor in it or at its end */
    struct complete_item *items;
    uint32_t count, cap;
};

/* `text` is what was typed so far, of one or more statements and commands, `cursor` a place in it.
 * All of *ret lives in `arena`; names that begin as what was typed come before those that only have
 * it in them. */
enum code session_complete(struct session *s, struct str text, size_t cursor,
                           const struct complete_command *commands, struct arena *arena,
                           struct completion *ret, struct error *err) WEIR_CHECKED;
