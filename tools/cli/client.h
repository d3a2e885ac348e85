/* client.h -- the commands that ask running jobs: weir ps, stop, snapshot, metrics, why, tap, and
 * explain --analyze with a name. */
#pragma once

#include "base/error.h"
#include "cli/args.h"

/* Is it for a running job?  `weir explain --analyze NAME` is where there is no such file. */
bool client_has(const struct args *args);
/* Prints what it learns.  E_USAGE: wrong use, and a job that is not there; else the job could not
 * be reached, or has not done what it was asked for. */
enum code client_command(const struct args *args, struct error *err) WEIR_CHECKED;
