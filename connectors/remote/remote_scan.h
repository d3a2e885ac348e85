/* remote_scan.h -- what all bounded reads of a server's table share: threads read, batches of
 * columns wait in a short queue for the engine.
 *
 * The table is one split of one or several ranges, which as many threads as there are lanes read at
 * the same time.  The position of a range is the number of rows handed out: a start from a snapshot
 * reads it anew in the same order and leaves out that many, which is exact as long as it has an order
 * (`resumes`) and is not changed.  A connector that finds a place again by other means than counting
 * says so with remote_scan_mark(): then rows count from there.  A range that was read to its end is
 * not read again.  positions are written and read in remote_position.c. */
#pragma once

#include "connector/connector.h"
#include "remote/remote.h"

enum { REMOTE_RANGES_MAX = 1024 };

struct remote_read; /* of one range by one thread */

struct remote_scan_kind {
    const char *system;
    /* A reader's thread; blocks.  Reads all rows of the range from `skip` on and hands them out with
     * remote_scan_emit().  Outcomes as in remote.h: after _AWAY and _FAILED it is called again with
     * a larger `skip`, which without `resumes` or `goes_on` is possible only while nothing was
     * handed out; _REFUSED counts as _FATAL.  A failure of remote_scan_begin() and its sisters ends
     * the read: return REMOTE_FATAL. */
    enum remote_outcome (*read)(void *self, struct remote_read *read, uint64_t skip,
                                struct error *err);
    void (*interrupt)(void *self); /* any thread; as in remote_sink.h: all reads */
    void (*destroy)(void *self);
};

/* On a reader's thread. */
uint32_t remote_read_range(const struct remote_read *read); /* below `ranges` */
uint32_t remote_read_lane(const struct remote_read *read); /* below `lanes`: of this thread alone */
/* The last mark, also of an earlier run; empty: there is none.  Until the next one. */
struct str remote_read_mark(const struct remote_read *read);

/* On a reader's thread: an arena for the next batch, and the batch itself (in that arena, columns
 * of the schema), which waits for room in the queue.  E_CANCELLED: the source is being closed, or
 * another read has failed. */
enum code remote_scan_begin(struct remote_read *read, struct arena **ret,
                            struct error *err) WEIR_CHECKED;
enum code remote_scan_emit(struct remote_read *read, struct batch *batch,
                           struct error *err) WEIR_CHECKED;
/* A row that cannot be read is left out of the batch that is being made; `before` rows of it came
 * before.  The engine's thread reports it, with that batch or at the end.  Strings are copied. */
enum code remote_scan_bad_row(struct remote_read *read, uint32_t before, struct str reason,
                              struct str raw, struct error *err) WEIR_CHECKED;
/* The batch that is being made begins at a place that this text finds again; copied. */
enum code remote_scan_mark(struct remote_read *read, struct str mark,
                           struct error *err) WEIR_CHECKED;

struct remote_scan_settings {
    struct str split; /* its name: the table's; copied */
    bool resumes;     /* the rows have an order: else a resumed start reads all of it again */
    bool goes_on;     /* within a run read() knows by itself where it was: `skip` is behind it */
    uint32_t ranges;  /* at most REMOTE_RANGES_MAX; 0: one */
    struct str parted_by; /* with several: how; positions of another way do not count.  No blanks */
    uint32_t lanes;       /* threads; 0: one */
    uint32_t max_retries; /* of REMOTE_FAILED, a range */
    struct str endpoint;  /* copied */
};

/* `self` is the source's own from now on, also on failure. */
enum code remote_scan_create(const struct source_kind *base, const struct remote_scan_kind *kind,
                             void *self, const struct remote_scan_settings *settings,
                             const struct source_open *open, struct source **ret,
                             struct error *err) WEIR_CHECKED;

/* Functions of struct source_kind. */
enum code remote_scan_poll_rows(struct source *s, struct arena *arena, uint32_t max_rows,
                                struct batch **ret, enum poll_state *ret_state, struct error *err);
int remote_scan_wake_fd(struct source *s);
uint32_t remote_scan_split_count(struct source *s);
struct str remote_scan_split_name(struct source *s, uint32_t split);
int32_t remote_scan_split_partition(struct source *s, uint32_t split);
enum code remote_scan_tell(struct source *s, struct arena *arena, struct split_position **ret,
                           uint32_t *ret_count, struct error *err);
void remote_scan_status(struct source *s, struct source_status *ret);
void remote_scan_close(struct source *s);

#define REMOTE_SCAN_KIND(open_function)                                                            \
    {                                                                                              \
        .open = (open_function), .poll_rows = remote_scan_poll_rows,                               \
        .wake_fd = remote_scan_wake_fd, .split_count = remote_scan_split_count,                    \
        .split_name = remote_scan_split_name, .split_topic = remote_scan_split_name,               \
        .split_partition = remote_scan_split_partition, .tell = remote_scan_tell,                  \
        .status = remote_scan_status, .close = remote_scan_close                                   \
    }
