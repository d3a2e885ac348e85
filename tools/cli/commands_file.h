/* commands_file.h -- \i: statements of a file, as if they were typed. */
#pragma once

#include "cli/commands.h"

void command_include(struct commands *self, struct str arguments); /* FILE */
