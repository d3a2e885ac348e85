/* set_file.h -- --set-from FILE: settings that the list of processes shall not show. */
#pragma once

#include "base/error.h"
#include "session/session.h"

/* Appends the settings of a file, "-": of standard input.  A line is KEY=VALUE, nothing, or begins with
 * '#'; in a file with NUL bytes these end the settings instead, so that a value may have lines.  `text`
 * becomes what they point into.  Errors name lines and never show them. */
enum code set_file_read(const char *path, struct buf *text, struct session_pair *sets,
                        uint32_t *count, uint32_t count_max, struct error *err) WEIR_CHECKED;
