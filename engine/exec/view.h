/* view.h -- a job while it runs, as any thread may look at it.
 *
 * exec_view() takes a copy of what there is to know: counters of operators, sources,
 * sinks, splits, JSON paths.  Counters of rows, time and state are read where the
 * workers write them; the rest a worker tells when it is asked, between two batches: so
 * looking costs a job nothing as long as nobody does.  A worker that does not come to
 * answer (it hangs in a connector) is shown as it was when it was asked last.
 *
 * Whoever calls keeps the exec alive: between exec_create() and exec_destroy(). */
#pragma once

#include "exec/exec.h"
#include "exec/op.h"

struct view_op {
    const struct plan *plan;    /* its id and kind; borrowed from the job's plan */
    uint64_t rows_in, rows_out; /* of a source: read, bad rows included; passed on.  Of a sink:
                                   taken by its connector */
    uint64_t skipped;           /* sources and sinks: bad rows, left out or routed */
    uint64_t late;              /* rows that came when their window was over */
    uint64_t busy_ns;           /* its own work without what it called, on all workers: of the
                                   times in which exec_view_timing() was on */
    uint64_t state_bytes;
    int64_t watermark_us;       /* passed on last, of the worker that is behind; WATERMARK_NONE */
    bool idle;                  /* its inputs have said so, on all workers */
    bool waits;                 /* has output left that finds no room, or waits for a server */
    const char *waiting_for;    /* the server it waits for (source, sink, look-up); NULL: none */
    int64_t waiting_us;         /* for how long already */
    int64_t open_until_us;      /* what waits for time (windows; rows that are sorted, or joined as
                                   of their time): the watermark at which the first leaves ... */
    uint64_t open_count;        /* ... and how much; INT64_MAX, 0: nothing */
    uint64_t kept[2];           /* interval joins: rows of both sides that may still find a partner,
                                   and the time that lets the first go; 0, INT64_MAX: none */
    int64_t kept_until_us[2];
    uint64_t asked, hits, missed; /* look-ups: keys asked of the server; rows answered by what is
                                     known; rows without a row of the table */
};

/* A part of a source: a partition, a file. */
struct view_split {
    const struct plan *scan;
    struct str name;       /* "orders-3", a path */
    uint32_t worker;       /* who reads it */
    uint64_t rows;         /* read, bad ones included */
    int64_t lag_rows;      /* behind the end; -1: unknown */
    int64_t watermark_us;  /* WATERMARK_NONE: none yet, or the table has no watermark */
    bool holds;            /* time waits for it: it is behind all others that count */
    bool idle;             /* left out of time, since it has had no row for too long */
    bool ended;
    int64_t quiet_us;      /* since its last row; -1: none yet */
};

/* A path into JSON documents. */
struct view_path {
    const struct plan *json; /* a JSON node, or a source whose format it is */
    const char *text;        /* "$.data.userid" */
    uint64_t documents;    /* that were looked at: where there are many, not all */
    uint64_t found;        /* ... and had it, be it with the value null */
    struct str nearest;    /* found in none: what may be meant, "$.data.userId"; .size 0: nothing */
};

struct exec_view {
    const struct view_op *ops; /* inputs before readers, as in struct plan_job */
    uint32_t op_count;
    const struct view_split *splits;
    uint32_t split_count;
    const struct view_path *paths;
    uint32_t path_count;
    struct exec_stats stats;   /* a copy */
    uint32_t workers;
    int64_t begun_us;          /* when exec_run() began, by the clock of the job; 0: it has not */
    int64_t wall_us, cpu_us;   /* since then; processor time of the workers, not of the threads
                                  that libraries of connectors have */
    uint64_t state_bytes, state_limit_bytes; /* of the whole job; limit 0: none */
    uint64_t checkpoints;      /* so far in this run */
    int64_t checkpoint_us;     /* when the last one was complete, by the clock; 0: none yet */
    uint64_t bad_rows;         /* left out or routed, by sources and sinks */
    bool stopping;             /* a stop was asked for */
    bool ended;                /* exec_run() is over: everything is exact */
};

/* All in `arena` but what is said to be borrowed.  Waits for busy workers, a fifth of a second at
 * most. */
enum code exec_view(struct exec *exec, struct arena *arena, struct exec_view *ret,
                    struct error *err) WEIR_CHECKED;
/* The same for hooks of the job, which are called on the first worker's thread. */
enum code exec_view_in_hook(struct exec *exec, struct arena *arena, struct exec_view *ret,
                            struct error *err) WEIR_CHECKED;
/* The operator of a plan node, by its id; NULL: there is none. */
const struct view_op *exec_view_op(const struct exec_view *view, uint32_t plan_id);

/* Measures busy_ns from now on.  Calls are counted: it is off when each `true` has had its
 * `false`. */
void exec_view_timing(struct exec *exec, bool on);

/* Samples of what an operator gives on, or of what a sink is given, from now on. */
struct exec_tap {
    bool done;          /* no line will come any more: all have, or the job is over */
    uint64_t passed_by; /* rows that found no room since nobody came to take them */
};
/* At most rows_max rows; 0: no limit.  Of a large batch only some rows are taken, and of a tap that
 * nobody empties rows are passed by: no worker ever waits for it.  E_NAME: there is no operator of
 * that id. Before exec_destroy() it is closed. */
enum code exec_tap(struct exec *exec, uint32_t plan_id, uint32_t rows_max, struct exec_tap **ret,
                   struct error *err) WEIR_CHECKED;
/* Appends a line, {"op":"+I","data":{...}}; false: there is none now.  One thread a tap. */
bool exec_tap_next(struct exec_tap *tap, struct buf *out);
void exec_tap_close(struct exec_tap *tap); /* NULL is fine */

/* Asks for a checkpoint now: one that begins from here on, and not one that is under way.  Answers
 * what `checkpoints` is, at least, when it is complete. */
uint64_t exec_snapshot(struct exec *exec);
