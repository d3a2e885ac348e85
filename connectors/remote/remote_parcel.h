/* remote_parcel.h -- a scan of remote_scan.h as its sides see it: remote_reader.c is the threads that
 * read, remote_scan.c is called by the engine, remote_position.c is what snapshots hold.
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
    struct str mark; /* where it begins; data NULL: where the one before has ended */
    uint32_t range;
};

struct scan_range {
    uint64_t rows;    /* the engine's: handed out, bad ones too, since the mark: the position */
    struct buf mark;  /* the engine's; empty: the first row */
    uint32_t waiting; /* parcels in the queue */
    bool is_read;     /* to its end */
};

struct remote_read {
    struct remote_scan *scan;
    uint32_t lane, range;
    struct parcel making;
    uint64_t emitted; /* rows, bad ones too, since the mark */
    uint64_t parcels;
    struct buf mark;
    pthread_t thread;
    int64_t waiting_since_us; /* under the gate's lock; 0: the server answers */
};

struct remote_scan {
    struct source base;
    const struct remote_scan_kind *kind;
    void *self; /* owned */
    uint32_t max_retries;
    bool resumes, goes_on;
    struct bad_rows *bad_rows; /* NULL: a bad row is the end */
    struct str split;          /* owned */
    struct str parted_by;      /* owned */
    char *place;               /* owned: "MySQL 127.0.0.1:3306" */
    int wake_fd;
    struct remote_read *reads; /* owned; one a lane */
    uint32_t lane_count, started;

    struct parcel out; /* the engine's: being handed out */
    uint32_t out_rows, out_bad;

    struct remote_gate gate;   /* guards the rest */
    struct scan_range *ranges; /* owned */
    uint32_t range_count;
    uint32_t next_range; /* that nobody reads yet */
    uint32_t running;    /* lanes */
    bool is_closing;
    struct parcel parcels[PARCELS_MAX]; /* first in, first out */
    uint32_t first, count;
    enum code failed; /* of the first read that has; the others end */
    struct error failure;
};

void *remote_reader_run(void *read);

/* The position of all ranges, in the arena: "120", "120 MARK" and "end" of the only one, of several
 * "BY DONE 7:120 9:end" with how they are parted, how many of the first are read, and the others. */
enum code remote_position_write(struct remote_scan *scan, struct arena *arena, struct str *ret,
                                struct error *err);
enum code remote_position_read(struct remote_scan *scan, struct str position, struct error *err);
