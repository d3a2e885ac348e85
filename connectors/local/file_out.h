/* file_out.h -- a file, or standard output, that a sink writes to.
 *
 * Bytes are collected in `buf` and written by file_out_drain(), which writes all of
 * it or fails: after a failure the file is cut back to what it had before, so that
 * no half line stays behind.  Whatever writes a record asks for a drain when the
 * buffer has FILE_OUT_BYTES, and at the end of its call. */
#pragma once

#include "base/str.h"

#include <sys/types.h>

enum { FILE_OUT_BYTES = 64 << 10 };

enum file_out_begin {
    FILE_OUT_REPLACE, /* begins empty; a file that this process reads keeps its content elsewhere */
    FILE_OUT_APPEND,  /* goes on at the end, on a new line */
    FILE_OUT_RESUME,  /* is cut to `length` and goes on there */
};

struct file_out {
    struct buf buf;
    char *path; /* owned */
    int fd;
    bool owns_fd;
    bool is_regular;
    int64_t length; /* bytes of the file, without those in buf */
};

/* Makes missing folders.  "-" is standard output. */
enum code file_out_open(struct file_out *f, struct str path, enum file_out_begin begin,
                        int64_t length, struct error *err) WEIR_CHECKED;
enum code file_out_drain(struct file_out *f, struct error *err) WEIR_CHECKED;
/* Drains, and waits until the file is on the disk. */
enum code file_out_sync(struct file_out *f, struct error *err) WEIR_CHECKED;
/* What was not drained is lost.  A zeroed struct is fine. */
void file_out_close(struct file_out *f);

/* Makes the folders above `path`. */
enum code file_make_parents(const char *path, struct error *err) WEIR_CHECKED;
