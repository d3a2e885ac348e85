/* commands_jobs.h -- commands of the prompt about jobs that run in processes of their own. */
#pragma once

#include "cli/commands.h"

void command_run_file(struct commands *self, struct str arguments); /* FILE [NAME] */
void command_jobs(struct commands *self, struct str arguments);     /* [NAME] */
void command_why(struct commands *self, struct str arguments);      /* NAME [SINK] */
void command_tap(struct commands *self, struct str arguments);      /* NAME OPERATOR [ROWS] */
void command_stop(struct commands *self, struct str arguments);     /* NAME */
void command_log(struct commands *self, struct str arguments);      /* NAME */
