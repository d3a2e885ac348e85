/* spec.h -- weir test: tests beside jobs, on a clock of their own.
 *
 * A test file (spec_parse.h) feeds the tables of a job, moves the clock, and says what is
 * expected of what the job writes.  Nothing of the outside is touched: the tables are in
 * memory, whatever their connectors are. */
#pragma once

#include "session/session.h"

enum spec_format { SPEC_TEXT, SPEC_TAP, SPEC_JUNIT };

/* What the program ends with, where it is none of enum session_status. */
enum { SPEC_STATUS_UNMET = 4, SPEC_STATUS_STOPPED = 130 };

struct spec_config {
    const struct session_config *session; /* dialect, profile, settings, of the command line */
    const char *const *paths;
    uint32_t path_count;
    enum spec_format format;
    bool shuffle;
    uint64_t seed; /* of the first shuffled run; > 0 */
    int out_fd;    /* where results go */
    int err_fd;    /* what is wrong with the command line */
    bool is_terminal;
};

/* Answers the status of the program: 0 all met, 4 an expectation was not met, 3 a job failed
 * unexpectedly, 2 a test file or a job is refused, 1 there is nothing to run. */
int spec_run(const struct spec_config *config);

/* Asks for an end: the case that runs is given up, none is begun, and the status is 130.  Only
 * writes what a signal handler may. */
void spec_stop(void);
bool spec_is_stopped(void);
