/* background.h -- a job in the background: `weir run` in a process of its own, which lives on when
 * the prompt is left.  What it says goes into a file beside its socket. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "session/session.h"

enum { BACKGROUND_PATH_MAX = 4200 };

struct background {
    int pid;
    char name[80];
    char log[BACKGROUND_PATH_MAX];
    bool ended; /* it has ended already ... */
    int status; /* ... with this */
};

/* `name` empty: that of the file.  Profile, folder of data, dialect and settings are those of the
 * prompt.  Returns when the job can be asked, has ended, or has not got so far within a few
 * seconds. */
enum code background_start(const struct session_config *config, struct str file, struct str name,
                           struct background *ret, struct error *err) WEIR_CHECKED;
/* The file that the job of that name writes, or wrote. */
enum code background_log(struct str name, char *ret, size_t size, struct error *err) WEIR_CHECKED;
