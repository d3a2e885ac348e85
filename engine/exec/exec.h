/* exec.h -- a plan made to run.
 *
 * exec_create() builds the operators of a job and opens its connectors, exec_run()
 * drives them until all sources have ended or a stop is asked for.  The thread that
 * calls exec_run() is the first worker; another thread or a signal handler may call
 * exec_stop().  All hooks are called on that thread.
 *
 * With a state directory the job goes on from the newest snapshot in it, and writes one
 * at every checkpoint. */
#pragma once

#include "plan/plan.h"

struct exec;

struct exec_source_stats {
    struct str name;  /* of the table */
    uint64_t rows;    /* read, bad ones included */
    uint64_t bytes;   /* of the values of records; 0 where there are none */
    uint64_t skipped; /* bad rows left out or routed */
    uint64_t late;
    uint64_t ahead;           /* rows too far ahead of the clock to move event time */
    int64_t lag_rows;         /* -1: unknown */
    int64_t watermark_us;     /* INT64_MIN: none */
    const char *waiting_for;  /* NULL: not waiting */
    int64_t waiting_since_us; /* monotonic */
    bool ended;
};

struct exec_sink_stats {
    struct str name;      /* of the table; "result" for a SELECT */
    uint32_t statement;   /* of a SELECT, else 0 */
    uint64_t written[4];  /* rows handed to the connector, by enum change */
    uint64_t rejected;    /* bad rows */
    uint64_t unconfirmed; /* of those handed over: its system has not said that it has them */
    const char *waiting_for;
    int64_t waiting_since_us;
};

/* A look-up whose outside table does not answer. */
struct exec_lookup_stats {
    struct str name;         /* of the table */
    const char *waiting_for; /* NULL: no look-up waits */
    int64_t waiting_since_us;
};

struct exec_stats {
    const struct exec_source_stats *sources;
    uint32_t source_count;
    const struct exec_sink_stats *sinks;
    uint32_t sink_count;
    struct exec_lookup_stats lookup; /* the first one that waits */
    uint64_t checkpoints;            /* commits of source positions so far */
};

struct exec_hooks {
    void *self;
    /* The sink that shows the rows of a SELECT: statement counts from 1. */
    enum code (*open_result)(void *self, const struct plan_sink *plan, struct sink **ret,
                             struct error *err);
    /* About every `progress_interval_ms`, and once at the end. Optional. */
    void (*progress)(void *self, const struct exec_stats *stats);
    /* A bad row was left out: for the log. At most the first few of each table, then one in
     * a thousand. Optional. */
    void (*bad_row)(void *self, struct str table, const struct bad_row *row);
    /* Something to know before the job starts. Optional. */
    void (*warn)(void *self, const struct error *warning);
    /* Has the job been stopped before it could begin?  Asked between tables that are opened, of
     * which each may wait for its server. Optional. */
    bool (*is_stopped)(void *self);
    /* Worker 0 has nothing to do: nothing can be read, no output is left, no timer is due; the next
     * one is at `due_us` of the clock (INT64_MAX: there is none).  True: something has changed, so
     * it looks again instead of sleeping. Optional. */
    bool (*idle)(void *self, int64_t due_us);
};

/* Opens tables in place of their connectors, so that a job can be tested without the outside.  What
 * is opened plays the same roles: records or rows as the connector's own source has them. */
struct exec_tables {
    void *self;
    enum code (*open_source)(void *self, const struct source_open *open, struct source **ret,
                             struct error *err);
    enum code (*open_sink)(void *self, const struct sink_open *open, struct sink **ret,
                           struct error *err);
    enum code (*open_lookup)(void *self, const struct lookup_open *open, struct lookup **ret,
                             struct error *err);
};

struct exec_options {
    bool until_end;                 /* read what is there at the start, then end */
    int64_t checkpoint_interval_ms; /* how often positions are committed; > 0 */
    int64_t progress_interval_ms;
    const struct clock *clock;
    const struct zone *zone;        /* of the session */
    const struct zone *window_zone; /* whose midnight windows over instants go by */
    uint32_t workers;               /* threads, the caller's among them; 0 is 1 */
    const char *state_dir;          /* NULL: no snapshots */
    struct str job;                 /* who the job is, from one start to the next */
    uint64_t state_limit_bytes;     /* memory for the state of all operators; 0: no limit */
    const struct exec_tables
        *tables; /* NULL: connectors open their tables; else sources take turns */
    /* For tests: a drained stop after so many rows of all sources; 0: none.  Queues of a message
     * and random pauses; 0: none. */
    uint64_t stop_after_rows;
    uint64_t stress_seed;
};

/* How many workers a job gets that was not told.  The plan may not have exchanges yet. */
struct exec_choice {
    uint32_t workers;   /* > 0 */
    const char *reason; /* "2 cores, and table "t" has 8 splits"; NULL: nobody asks why */
    bool is_unsure;     /* a server did not answer, and more might be better */
};
struct exec_choice_options {
    bool ask_servers; /* else their sources count as one, and the reason says so */
    uint32_t cores;   /* 0: those this process may use */
};
enum code exec_choose_workers(const struct plan_job *job, const struct exec_choice_options *options,
                              struct arena *arena, struct exec_choice *ret,
                              struct error *err) WEIR_CHECKED;

/* Opens all tables. E_CANCELLED: hooks->is_stopped() said so. */
enum code exec_create(const struct plan_job *job, const struct exec_options *options,
                      const struct exec_hooks *hooks, struct exec **ret,
                      struct error *err) WEIR_CHECKED;

/* OK: the sources ended, or a stop was drained.  E_CANCELLED after exec_abort(). */
enum code exec_run(struct exec *exec, struct error *err) WEIR_CHECKED;

/* Asks for a drained stop: no more input, sinks flushed, positions committed. May be called from
 * a signal handler. */
void exec_stop(struct exec *exec);
/* Asks to end at once, whatever is in flight. May be called from a signal handler. */
void exec_abort(struct exec *exec);

/* The counters; what they point to lives until exec_destroy(). Worker's thread, or after it. */
const struct exec_stats *exec_stats(struct exec *exec);
void exec_destroy(struct exec *exec); /* NULL is fine; closes the connectors */
