/* run.h -- inside of exec: a job while it runs. */
#pragma once

#include "exec/exec.h"
#include "exec/op/ops.h"

#include <poll.h>
#include <stdatomic.h>

struct run_source {
    struct op *op;
    const struct plan_scan *scan; /* NULL: VALUES */
    struct bad_row_policy *policy;
    bool ended;
    bool idle;                    /* its last poll had nothing */
    bool in_turn;                 /* bounded: read after the ones declared before it have ended */
    struct arena *arena;          /* merging: of the batch it keeps */
    bool last_read;               /* merging: the source has nothing behind that batch */
};

struct run_sink {
    struct op *op;
    const struct plan_sink *plan;
    struct bad_row_policy *policy;
    bool flushed;                 /* of the checkpoint under way */
};

/* Positions that will be committed once the sinks have confirmed. */
struct checkpoint {
    bool under_way;
    bool dirty;                   /* rows were read since the last one */
    uint64_t epoch;
    int64_t due_us;               /* monotonic */
    struct arena *arena;          /* of the positions */
    struct split_position **positions; /* a list a source */
    uint32_t *counts;
};

struct exec {
    const struct plan_job *job;
    struct exec_options options;
    struct exec_hooks hooks;
    struct worker worker;
    struct op **ops;              /* all operators, inputs before readers */
    uint32_t op_count;
    struct op **of_plan;          /* by plan->id */
    struct run_source *sources;
    uint32_t source_count;
    struct run_sink *sinks;
    uint32_t sink_count;
    struct dead_letter *letters;
    uint32_t letter_count;
    struct checkpoint checkpoint;
    struct exec_stats stats;
    struct exec_source_stats *source_stats;
    struct exec_sink_stats *sink_stats;
    int64_t progress_due_us;
    uint32_t turn;                /* round robin */
    bool bounded_first;           /* which kind is asked first in the next round */
    bool merging;                 /* the sources in turn are merged by time: merge.h */
    int stop_fd;                  /* eventfd: wakes a waiting worker */
    struct pollfd *fds;           /* room for all descriptors it may wait for */
    atomic_int stop;              /* 0 run, 1 drain, 2 abort */
};

/* run.c: final watermark and end. */
enum code run_end_source(struct run_source *s, struct error *err) WEIR_CHECKED;

/* checkpoint.c */
enum code checkpoint_start(struct exec *x, bool last, struct error *err) WEIR_CHECKED;
/* Asks the sinks; commits the positions when all are done. */
enum code checkpoint_poll(struct exec *x, bool last, struct error *err) WEIR_CHECKED;
