/* client.h -- the commands that ask running jobs: weir ps, stop, snapshot, metrics, why, tap. */
#pragma once

#include "base/error.h"
#include "cli/args.h"

bool client_has(enum command command);
/* Prints what it learns.  E_USAGE: wrong use, and a job that is not there; else the job could not
 * be reached, or has not done what it was asked for. */
enum code client_command(const struct args *args, struct error *err) WEIR_CHECKED;
