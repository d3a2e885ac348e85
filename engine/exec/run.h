/* run.h -- inside of exec: a job while it runs.
 *
 * struct exec is the job; struct run is what one worker has of it: the whole DAG of
 * operators, on a share of the splits and of the keys.  The worker of index 0 is the
 * thread that called exec_run(): it alone has the sinks that cannot be written by
 * several, leads the checkpoints and shows progress.
 *
 * A worker takes input from its sources and from the inboxes of its exchanges.  What
 * can be reached from an input without leaving the worker decides whether it may be
 * asked: see run_input_blocked().  Each input has an arena of its own for what its
 * batches cause, reset when it is asked again. */
#pragma once

#include "exec/exec.h"
#include "exec/op/ops.h"
#include "exec/save.h"
#include "exec/view.h"
#include "state/heap.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

struct exchange;

struct run_source {
    struct op *op;
    const struct plan_scan *scan; /* NULL: VALUES */
    struct bad_row_policy *policy;
    bool ended;
    bool idle;                    /* its last poll had nothing */
    bool in_turn;                 /* bounded: read after the ones declared before it have ended */
    bool commits;                 /* its positions are committed outside */
    struct arena *arena;          /* merging: of the batch it keeps */
    bool last_read;               /* merging: the source has nothing behind that batch */
    struct op *time;              /* its watermark node; NULL: none */
    struct view_split *splits;    /* as told last: shown_lock */
    uint32_t split_count, split_cap;
};

struct run_sink {
    struct op *op;
    const struct plan_sink *plan;
    struct bad_row_policy *policy;
    struct str key;               /* its name in snapshots */
    bool flushed;                 /* of the checkpoint under way */
};

/* What one worker does for a checkpoint. */
struct epoch {
    uint64_t entered;             /* its sources have let this barrier go */
    bool open;                    /* and it has not passed all operators of the worker yet */
    bool flushing;                /* it has, and the sinks are being asked */
    struct barrier barrier;
    struct state_writer *writer;  /* NULL: nothing is saved */
    struct arena *arena;          /* of the positions */
    struct save_source *positions; /* one a source of the worker */
    atomic_uint_fast64_t saved;   /* state is on disk, sinks have confirmed */
    atomic_uint_fast64_t committed; /* positions are committed outside */
};

/* Operators that can be reached without leaving the worker and may have output left, or wait for
 * room. */
struct reach {
    struct op **ops;
    uint32_t count;
};

struct run_input {
    struct exchange *inbox;       /* NULL: the sources */
    struct op *op;                /* the exchange */
    struct arena *arena;
    struct reach reach;
};

/* What a worker tells of an operator when it is asked; by plan->id. */
struct shown_op {
    int64_t watermark_us;
    bool idle, waits;
    const char *waiting_for;      /* in run->waiting; NULL: no server */
    int64_t waiting_since_us;
    struct op_look look;
};

struct run { /* one worker */
    struct exec *exec;
    struct worker worker;
    pthread_t thread;
    bool is_started;
    struct op **ops;              /* all operators, inputs before readers */
    uint32_t op_count;
    struct run_input **home;      /* by place in ops: an input from which it is reached */
    struct reach *below;          /* by place in ops, of those that may have output left */
    struct op **exchanges;
    uint32_t exchange_count;
    struct op **of_plan;          /* by plan->id; NULL: not on this worker */
    struct run_source *sources;
    uint32_t source_count;
    struct run_sink *sinks;
    uint32_t sink_count;
    struct run_input *inputs;     /* the sources, then the inboxes; inputs before readers */
    uint32_t input_count;
    struct epoch epoch;
    uint32_t turn;                /* round robin */
    bool bounded_first;           /* which kind is asked first in the next round */
    bool merging;                 /* the sources in turn are merged by time: merge.h */
    uint64_t ends_seen;           /* exec->ends_asked that was looked at */
    int wake_fd;                  /* eventfd */
    atomic_uint news;             /* counts what others give it: messages, room, epochs */
    atomic_bool sleeping;         /* whoever gives it something has to write to wake_fd */
    atomic_bool ended;            /* all input has come and is done */
    struct pollfd *fds;           /* room for all descriptors it may wait for */
    uint64_t chance;              /* stress: state of a random sequence */
    int64_t stopped_us;           /* stopping: since when it waits for something outside; 0: not */
    struct exec_hooks hooks;      /* for bad rows: worker 0 tells them, the others leave them to it */
    uint64_t view_seen;           /* exec->view_asked that was answered last */
    uint64_t view_answered;       /* the same for those who wait for it: exec->view_lock */
    /* For worker 0, and whoever looks at the job: */
    pthread_mutex_t shown_lock;
    struct shown_op *shown;
    struct view_path *paths;
    uint32_t path_count, path_cap;
    struct exec_source_stats *source_stats; /* one a source, as of the last look */
    struct exec_sink_stats *sink_stats;
    uint64_t *late;               /* rows that came too late, by scan of the job */
    struct exec_lookup_stats lookup_stats;
    char (*waiting)[128];         /* copies of what sources, sinks, and then operators, wait for */
    int64_t shown_us;
    int64_t cpu_begun_us;         /* processor time of its thread before the run ... */
    atomic_int_fast64_t cpu_us;   /* ... and in it, as of the last look */
};

/* The coordinator's side of checkpoints; worker 0 alone but for the atomics. */
struct checkpoint {
    bool under_way;
    bool last;                    /* the job stops behind it */
    bool decided;                 /* the snapshot is complete, commits are under way */
    atomic_bool asked;            /* exec_snapshot(): it is time for one */
    uint64_t before;              /* the epoch that was before this run; stays */
    int64_t due_us;               /* monotonic */
    atomic_bool dirty;            /* rows were read since the last one */
    atomic_uint_fast64_t wanted;  /* the epoch that workers shall enter */
    atomic_bool wanted_last;
    atomic_uint_fast64_t durable; /* the epoch whose positions may be committed */
};

/* Sources and sinks over all workers, with copies of what they wait for. */
struct stats_sum {
    struct exec_source_stats *sources; /* one a scan of worker 0, which has them all */
    struct exec_sink_stats *sinks;
    uint32_t source_count, sink_count;
    struct exec_lookup_stats lookup;
    char (*waiting)[128];
};

struct exec {
    const struct plan_job *job;
    struct exec_options options;
    struct exec_hooks hooks;
    struct run *runs;             /* one a worker */
    uint32_t run_count;
    struct arena *arena;
    struct exchange *exchanges;
    uint32_t exchange_count;
    struct state_budget budget;
    struct save *save;            /* NULL: no state directory */
    bool has_state;               /* some operator has */
    struct dead_letter *letters;
    uint32_t letter_count;
    pthread_mutex_t letter_lock;
    struct checkpoint checkpoint;
    struct exec_stats stats;      /* as worker 0 shows it, with what it points to: */
    struct stats_sum sum;
    atomic_uint_fast64_t checkpoints;   /* complete, in this run */
    atomic_int_fast64_t checkpoint_us;  /* when the last one was, by the clock; 0: none */
    atomic_int_fast64_t begun_us;       /* the run, by the clock */
    atomic_int_fast64_t begun_mono_us, over_mono_us; /* 0: has not begun, is not over */
    atomic_uint_fast64_t view_asked;    /* counts the looks that workers have to answer */
    pthread_mutex_t view_lock;
    pthread_cond_t view_cond;           /* a worker has answered */
    pthread_mutex_t watch_lock;         /* of those who watch; no worker takes it */
    uint32_t timing_count, tap_count;
    int64_t progress_due_us;
    atomic_int stop;              /* 0 run, 1 drain, 2 abort */
    atomic_bool *plan_done;       /* by plan->id: wants no more input (LIMIT) */
    atomic_uint_fast64_t ends_asked; /* counts changes of plan_done */
    atomic_int_fast64_t rows_left;   /* test: source rows until the stop; INT64_MAX: no end */
    pthread_mutex_t fail_lock;
    enum code failed;             /* of the first worker that failed */
    struct error failure;
    struct told_row *told;        /* bad rows of other workers, for the log; told_lock */
    pthread_mutex_t told_lock;
    bool running;                 /* other threads are at work */
};

/* exec.c */
void run_wake(struct run *x);
void exec_fail(struct exec *exec, enum code code, const struct error *err);

/* build.c: the operators of one worker: its sources, and then the rest. */
enum code run_build_sources(struct run *x, struct error *err) WEIR_CHECKED;
enum code run_build(struct run *x, struct error *err) WEIR_CHECKED;
void run_close_batches(struct run *x);
void run_close(struct run *x);

/* resume.c: gives operators what the snapshot has of them, and says what does not fit. */
enum code resume_all(struct exec *exec, struct error *err) WEIR_CHECKED;

/* run.c */
enum code run_begin_all(struct exec *exec, struct error *err) WEIR_CHECKED;
enum code run_loop(struct run *x, struct error *err) WEIR_CHECKED;
/* Final watermark and end. */
enum code run_end_source(struct run_source *s, struct error *err) WEIR_CHECKED;
/* May this input not be asked now, since something behind it has output left? */
bool run_input_blocked(const struct run_input *input);
/* Rows were read: they belong to the next checkpoint. */
static inline void run_note_rows(struct run *x)
{
    atomic_bool *dirty = &x->exec->checkpoint.dirty;
    if (!atomic_load_explicit(dirty, memory_order_relaxed))
        atomic_store(dirty, true);
}

/* wait.c */
/* Unless something was given to the worker since news was `seen`. */
void run_wait(struct run *x, bool blocked, bool reading, unsigned seen);

/* stats.c: what the others may see of a worker, and what worker 0 says for all of them. */
enum code stats_create(struct exec *exec, struct error *err) WEIR_CHECKED;
void stats_destroy(struct exec *exec);
void run_publish(struct run *x);
void run_publish_now(struct run *x);
/* Of what the workers have published last; whoever calls owns `sum`. */
enum code stats_sum_create(struct exec *exec, struct arena *arena, struct stats_sum *ret,
                           struct error *err) WEIR_CHECKED;
void stats_sum_up(struct exec *exec, struct stats_sum *sum, struct exec_stats *ret);
void exec_show_progress(struct exec *exec);
/* A bad_row hook: `self` is a run that is not worker 0. */
void run_tell_later(void *self, struct str table, const struct bad_row *row);

/* shown.c: what else a worker tells of itself; under its shown_lock. */
void shown_put(struct run *x);
/* Somebody has asked: tells everything, and wakes who waits for it. */
void run_answer(struct run *x);
void run_note_cpu(struct run *x); /* on its thread */
/* It will not answer any more, or from now on it will. */
void run_answers(struct run *x, bool will);

/* view.c: tells the workers what is watched; under the watch_lock. */
void exec_set_watched(struct exec *exec);

/* checkpoint.c.  Each worker's part, and what worker 0 does for all.  *ret_done: the last
 * checkpoint is over. */
enum code checkpoint_step(struct run *x, bool blocked, bool *ret_done, struct error *err)
    WEIR_CHECKED;
/* Room for the rows that may still be read: a limit for tests. */
uint32_t run_claim_rows(struct run *x, uint32_t wanted);
void run_return_rows(struct run *x, uint32_t rows);
