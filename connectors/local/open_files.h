/* open_files.h -- which files the sources of this process are reading.
 *
 * A job may read a file that it also writes.  A sink that replaces such a file has
 * to leave the old content to its reader, so it takes the name away from it instead
 * of cutting it.  Any thread. */
#pragma once

#include "base/base.h"
#include "base/error.h"

#include <sys/stat.h>

enum code open_files_add(const struct stat *file, struct error *err) WEIR_CHECKED;
void open_files_remove(const struct stat *file);
bool open_files_has(const struct stat *file);
