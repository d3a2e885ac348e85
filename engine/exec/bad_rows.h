/* bad_rows.h -- what happens to a row that cannot be read or written: `on-error`.
 *
 * One policy per table and job.  `fail` makes the report an error with place and
 * reason; `skip` counts it and shows the first few; `route` does that too and writes
 * raw bytes and reason to the dead-letter table. */
#pragma once

#include "connector/connector.h"
#include "exec/exec.h"

#include <pthread.h>
#include <stdatomic.h>

struct worker;

/* An open dead-letter table, one for all workers.  What it has no room for waits here, and no worker
 * reads anything until it is gone. */
struct dead_letter {
    pthread_mutex_t *lock;        /* over all of it but `waits` */
    atomic_bool waits;            /* something is refused */
    struct sink *sink;            /* owned by the job */
    const struct plan_sink *plan;
    struct arena *arena;          /* of refused letters */
    struct letter *refused, **refused_tail;
    bool flush_started, flushed;  /* of the checkpoint under way */
    struct str key;               /* its name in snapshots */
    struct buf position;          /* of the sink, when the flush began */
};

enum on_error { ON_ERROR_SKIP, ON_ERROR_FAIL, ON_ERROR_ROUTE };

struct bad_row_policy {
    struct bad_rows base; /* first: what connectors and formats get */
    enum on_error on_error;
    struct str table;
    uint64_t count;
    const struct batch *writing;           /* sinks: the batch being written, else NULL */
    uint64_t refused[4];                   /* sinks: rows refused, by enum change */
    const struct exec_hooks *hooks;
    struct dead_letter *dead_letter;       /* with route */
    const struct clock *clock;
};

void bad_row_policy_init(struct bad_row_policy *policy, const char *on_error, struct str table,
                         const struct exec_hooks *hooks, const struct clock *clock);

/* Offers refused letters again. The lock is taken. */
enum code dead_letter_retry(struct dead_letter *letter, bool *ret_blocked, struct error *err)
    WEIR_CHECKED;
