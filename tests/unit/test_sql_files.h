/* test_sql_files.h -- how the tests of the parser find files: the source tree by
 * WEIR_SOURCE or upwards from the working directory, the published jobs by WEIR_SHARED or
 * beside the tree. */
#pragma once

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_LIMIT = 1 << 24 };

static inline bool read_file(const char *path, struct buf *ret)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char chunk[4096];
    size_t n;
    buf_init(ret, FILE_LIMIT);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_put(ret, chunk, n);
    fclose(file);
    return true;
}

static inline bool is_there(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

/* Path of a file in the source tree; false if the tree is not found. */
static inline bool source_path(const char *name, char *out, size_t cap)
{
    const char *root = getenv("WEIR_SOURCE");
    if (root) {
        snprintf(out, cap, "%s/%s", root, name);
        return is_there(out);
    }
    static const char *const ups[] = { ".", "..", "../..", "../../.." };
    for (size_t i = 0; i < countof(ups); i++) {
        snprintf(out, cap, "%s/%s", ups[i], name);
        if (is_there(out))
            return true;
    }
    return false;
}

static inline bool shared_path(const char *name, char *out, size_t cap)
{
    const char *root = getenv("WEIR_SHARED");
    if (root) {
        snprintf(out, cap, "%s/%s", root, name);
        return is_there(out);
    }
    char probe[300];
    snprintf(probe, sizeof probe, "../shared/%s", name);
    return source_path(probe, out, cap);
}

static const char *const published_jobs[] = {
    "jobs/01_signal_etl.sql",           "jobs/02_level_dictionary.sql",
    "jobs/03_class_performance.sql",    "jobs/04_lesson_time.sql",
    "jobs/05_av_quality.sql",           "jobs/06_hourly_registrations.sql",
    "jobs/07_daily_consultant.sql",
};
