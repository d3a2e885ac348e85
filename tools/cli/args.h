/* args.h -- the command line, taken apart and checked. */
#pragma once

#include "base/error.h"
#include "session/session.h"

enum { ARGS_SETS_MAX = 256, ARGS_KEYS_MAX = 64, ARGS_PATHS_MAX = 1024 };

enum command {
    COMMAND_PROMPT, /* weir */
    COMMAND_RUN,
    COMMAND_CHECK,
    COMMAND_EXPLAIN,
    COMMAND_TEST,
    COMMAND_PS, /* this one and the next ones, up to TAP, are about running jobs */
    COMMAND_STOP,
    COMMAND_SNAPSHOT,
    COMMAND_METRICS,
    COMMAND_WHY,
    COMMAND_TAP,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_TEXT,   /* -c */
    COMMAND_SCRIPT, /* -f */
};

struct args {
    enum command command;
    const char *file;             /* run, check, explain, -f; "-": standard input */
    const char *text;             /* -c */
    const char *topic;            /* help; NULL: none */
    const char *format;           /* explain, and of running jobs text or json; NULL: text */
    bool syntax_only;             /* check */
    const char *paths[ARGS_PATHS_MAX]; /* test: files and folders */
    uint32_t path_count;
    bool shuffle;                 /* test */
    uint64_t seed;                /* test; 0: not given */
    struct session_explain explain; /* explain: --keys, --analyze */
    const char *diff;               /* explain: the file as it was; NULL: none */
    struct session_pair keys[ARGS_KEYS_MAX];
    const char *job;              /* ps, where it may be NULL, stop, snapshot ... */
    const char *part;             /* tap: an operator; why: a sink, or NULL */
    uint32_t rows;                /* tap */
    int64_t timeout_ms;           /* stop, snapshot; -1: not given */
    bool (*is_stopped)(void *self); /* is waiting given up?  NULL: signals end the process */
    void *self;
    struct session_config config; /* what the options say; descriptors are not set here */
    struct session_pair sets[ARGS_SETS_MAX];
    const char *set_file; /* --set-from; NULL: none */
    struct buf set_text;  /* what it holds: the settings point into it */
};

/* Everything points into argv, or into ret->set_text, which lives as long as the program.  E_USAGE with
 * a sentence and, where one is near, a suggestion. */
enum code args_parse(int argc, char **argv, struct args *ret, struct error *err) WEIR_CHECKED;
