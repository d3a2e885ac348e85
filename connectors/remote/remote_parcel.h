/* remote_parcel.h -- a scan of remote_scan.h as its two sides see it: remote_reader.c is the thread
 * that reads, remote_scan.c is called by the engine.
 *
 * A parcel is a batch on its way from one to the other, with the bad rows that lay between its rows:
 * those count for the position, so that a resumed read begins at the right row. */
#pragma once

#include "remote/remote_scan.h"
#include "remote/remote_wait.h"

enum { PARCELS_MAX = 4 };

struct scan_bad_row {
    uint32_t before; /* rows of the batch that came before it */
    struct str reason, raw;
};

struct parcel {
    struct arena *arena; /* owned */
    struct batch *batch; /* NULL: bad rows alone */
    uint32_t row_count;
    struct scan_bad_row *bad;
    uint32_t bad_count, bad_cap;
};

struct remote_scan {
    struct source base;
    const struct remote_scan_kind *kind;
    void *self; /* owned */
    uint32_t max_retries;
    bool resumes, goes_on;
    struct bad_rows *bad_rows; /* NULL: a bad row is the end */
    struct str split;          /* owned */
    char *place;               /* owned: "MySQL 127.0.0.1:3306" */
    int wake_fd;
    pthread_t thread;
    bool is_running;

    struct parcel making; /* the reader's */
    uint64_t emitted;     /* the reader's: rows, bad ones too, from the first of the table on */

    struct parcel out; /* the engine's: being handed out */
    uint32_t out_rows, out_bad;
    uint64_t handed; /* the engine's: the position */

    struct remote_gate gate; /* guards the rest */
    bool is_closing, is_done;
    struct parcel parcels[PARCELS_MAX]; /* first in, first out */
    uint32_t first, count;
    enum code failed;
    struct error failure;
    int64_t waiting_since_us; /* 0: the server answers */
};

void *remote_reader_run(void *scan);
