/* profile_value.h -- inside of profile*.c: ${env:NAME} and ${file:PATH} in values. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

enum { PROFILE_FILE_MAX_BYTES = 1 << 20 };

/* The file as a whole; E_USAGE if it does not exist, E_LIMIT if it is too large. */
enum code profile_read_file(struct arena *arena, const char *path, struct str *ret,
                            struct error *err) WEIR_CHECKED;

/* `text` with its references replaced; text itself if it has none. */
enum code profile_expand(struct arena *arena, struct str text, struct str folder, struct str *ret,
                         struct error *err) WEIR_CHECKED;
