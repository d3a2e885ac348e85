/* args.h -- the command line, taken apart and checked. */
#pragma once

#include "base/error.h"
#include "session/session.h"

enum { ARGS_SETS_MAX = 256 };

enum command {
    COMMAND_PROMPT, /* weir */
    COMMAND_RUN,
    COMMAND_CHECK,
    COMMAND_EXPLAIN,
    COMMAND_TEST,
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
    const char *format;           /* explain; NULL: text */
    bool syntax_only;             /* check */
    struct session_config config; /* what the options say; descriptors are not set here */
    struct session_pair sets[ARGS_SETS_MAX];
};

/* Everything points into argv.  E_USAGE with a sentence and, where one is near, a suggestion. */
enum code args_parse(int argc, char **argv, struct args *ret, struct error *err) WEIR_CHECKED;
