/* spec_file.h -- files of tests: the test files below folders, and what tests read. */
#pragma once

#include "spec/spec_tables.h"

struct zone;

/* All of a file. `path` is borrowed for the call; the text lives in `arena`. E_IO with the reason. */
enum code spec_file_read(struct arena *arena, struct str path, struct str *ret,
                         struct error *err) WEIR_CHECKED;

/* A name in a test file: as it is, or, if relative, from the folder that `beside` is in. */
struct str spec_file_path(struct arena *arena, struct str beside, struct str name) WEIR_CHECKED;

/* The lines of a file that a test names, without blank ones. */
enum code spec_file_lines(struct arena *arena, struct str beside, struct str name, struct str **ret,
                          uint32_t *ret_count, struct error *err) WEIR_CHECKED;

/* Lines that are JSON objects as rows. */
enum code spec_file_rows(struct arena *arena, const struct zone *zone, const struct schema *schema,
                         const struct str *lines, uint32_t n, struct spec_row **ret,
                         uint32_t *ret_count, struct error *err) WEIR_CHECKED;

struct spec_paths {
    struct str *items;
    uint32_t count, cap;
};
/* Adds a file, or all *.test.sql below a folder, in the order of their names, but for those that are
 * there already.  E_USAGE: there is no such file. */
enum code spec_paths_add(struct arena *arena, struct spec_paths *paths, const char *path,
                         struct error *err) WEIR_CHECKED;

/* A new folder for snapshots; NULL with a reason. And the end of it, with all that is in it. */
enum code spec_folder_create(struct arena *arena, const char **ret, struct error *err) WEIR_CHECKED;
void spec_folder_remove(const char *path);
