/* repl.h -- the prompt, and statements from standard input. */
#pragma once

#include "session/session.h"

struct repl {
    struct session *session;
    int in_fd;
    int err_fd;            /* where the prompt is shown */
    bool is_interactive;   /* standard input is a terminal */
    void (*ready)(void);   /* before each prompt: stops asked for so far are done with */
    bool (*is_over)(void); /* somebody wants the program to end: the prompt is left */
};

/* Until the end of the input, \q, or, without a terminal, the first error. */
enum session_status repl_run(struct repl *repl);
