/* op.h -- what an operator is, and what travels between operators.
 *
 * Five messages flow down the DAG: batches, watermarks, idleness, barriers and the end.  An
 * operator has one or two inputs (unions and sinks: any number), numbered as ports.
 * It is called by one worker only and pushes its output on with op_emit() before it
 * returns (run to completion), so a batch it was lent is good for the whole call
 * and everything it pushes is done when the call returns.
 *
 * Rules
 *   - op_emit() never blocks.  An operator that makes much out of little (a join,
 *     UNNEST, a window that fires for a million keys) emits a few batches a call,
 *     sets op->more, and is called again through kind->more until it clears it; the
 *     worker reads no source meanwhile and resets the batch arena between the calls, so
 *     what the operator still needs of a batch it has copied (batch_copy) to an arena
 *     of its own.
 *   - With op->more set, an operator may still be given the rest of the source batch
 *     that was under way: it takes it into its queue.  Watermarks and ends that come then
 *     wait behind its output: op_pass_watermark(), op_pass_end(), op_more_done().
 *   - A batch goes on before the watermark that it caused; batch->watermarks says
 *     behind which row time advanced, and the message `watermark` follows with the
 *     last of them.
 *   - An idle input does not hold time back; an operator whose inputs are all idle says so to its
 *     readers, and takes it back with the next row (Flink's WatermarkStatus).  It is no state.
 *   - A barrier closes an epoch: what came before it belongs to the epoch.  Every
 *     source sends it, ended or not; the operator saves its state when the barrier
 *     has come on all ports (op_align_barrier counts) and passes it on.
 *   - `end` comes once per port, after a final watermark; not at all on a stop that
 *     is drained.
 *   - An operator keeps rows only in its state tables (engine/state) or its own arena. */
#pragma once

#include "plan/plan.h"

#include <stdatomic.h>

struct op;
struct tap_ring;
struct state_reader; /* state/snapshot.h */
struct state_budget;
struct state_heap;
struct state_writer;
struct worker;

#define WATERMARK_NONE INT64_MIN /* no watermark yet */
#define WATERMARK_END INT64_MAX  /* all input has come */

/* An epoch's end.  Operators only read it. */
struct barrier {
    uint64_t epoch;
    bool last;                     /* the job stops behind it */
    struct state_writer *writer;   /* NULL: nothing is saved */
};

/* What an operator can tell of itself, beside what every operator has. */
struct op_look {
    int64_t open_until_us; /* the watermark at which the first of what waits for time leaves:
                              windows, rows that are sorted or joined as of their time; INT64_MAX:
                              nothing waits; INT64_MAX - 1: for the end of the input */
    uint64_t open_count;   /* windows, or rows, that wait */
    uint64_t kept[2];      /* interval joins: rows of the left and of the right side that may still
                              find a partner ... */
    int64_t kept_until_us[2]; /* ... and the time that lets the first of them go; INT64_MAX */
    uint64_t asked, hits, missed; /* look-ups: as in struct view_op */
};

struct op_kind {
    const char *name; /* as EXPLAIN has it */

    /* `in` is borrowed; only its selected rows count. */
    enum code (*push)(struct op *op, uint32_t port, const struct batch *in, struct error *err);
    /* No row before watermark_us will come on this port. Never goes back. */
    enum code (*watermark)(struct op *op, uint32_t port, int64_t watermark_us, struct error *err);
    /* Optional: beside what op_take_idle() does. */
    enum code (*idle)(struct op *op, uint32_t port, bool idle, struct error *err);
    enum code (*barrier)(struct op *op, uint32_t port, const struct barrier *barrier,
                         struct error *err);
    enum code (*end)(struct op *op, uint32_t port, struct error *err);
    /* Optional: goes on with output that did not fit a batch; clears op->more when done. */
    enum code (*more)(struct op *op, struct error *err);
    /* Optional: all that one source batch (or watermark) caused has arrived. */
    enum code (*settle)(struct op *op, struct error *err);
    /* Optional: op->due_us has come.  Sets the next one, or leaves INT64_MAX there. */
    enum code (*timer)(struct op *op, int64_t now_us, struct error *err);
    /* Optional: for people who look at the job. `ret` holds what is so without it.  Where there is
     * much to go through (OP_LOOK_ITEMS) a time may be one before which nothing leaves. */
    void (*look)(struct op *op, struct op_look *ret);
    /* Takes back what a snapshot holds of this operator, before the first batch; called once for
     * each file of the snapshot (one a worker that wrote it).  Having it means having state. */
    enum code (*restore)(struct op *op, struct state_reader *reader, struct error *err);
    /* Optional: what the arena does not free. Takes a half-built operator. */
    void (*destroy)(struct op *op);
    bool is_valve; /* its ports are one stream: one that was idle and is behind holds nothing back */
};

struct op_edge {
    struct op *op;
    uint32_t port;
};

struct op_port {
    int64_t watermark_us;
    uint64_t barrier; /* newest epoch seen */
    bool ended;
    bool idle;
    bool behind; /* of a valve: it was idle, and has not caught up with time yet */
};

/* Written by one worker, read by any thread; for the worker it is an addition like any other. */
static inline void op_count(atomic_uint_fast64_t *counter, uint64_t n)
{
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, before + n, memory_order_relaxed);
}
static inline uint64_t op_counted(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

struct op { /* operators put it first in a struct of their own */
    const struct op_kind *kind;
    const struct plan *plan;   /* borrowed, read-only */
    struct worker *worker;
    struct op_edge *outs;
    uint32_t out_count;
    struct op_port *ports;
    uint32_t port_count;
    int64_t watermark_us;      /* passed on last */
    bool idle;                 /* told last */
    bool silent;               /* idle by itself, whatever its ports say: watermarks of sources */
    bool more;                 /* has output left: kind->more will be called */
    bool waits;                /* with more: nothing can be done until wait_fd is readable */
    int wait_fd;               /* -1: ask every 50 ms */
    bool held_end;             /* waits behind that output; so does held_watermark_us */
    int64_t held_watermark_us; /* WATERMARK_NONE: none */
    bool done;                 /* wants no more input (LIMIT is full) */
    int64_t due_us;            /* by the worker's clock, when kind->timer wants to be called;
                                  INT64_MAX: never */
    struct state_heap *heap;   /* of its state: op_state_heap(); the operator destroys it */
    atomic_uint_fast64_t rows_in, rows_out;
    atomic_uint_fast64_t late; /* rows that came when their window was over */
    _Atomic(struct tap_ring *) taps; /* who wants samples of its output: tap.c */
    atomic_uint_fast64_t busy_ns; /* its own work, while somebody measures: op_work() */
};

/* The worker as operators see it. */
struct late_route; /* exec/late.h */
struct op_source;  /* exec/op/ops.h */
struct exec_tables; /* exec/exec.h */
struct worker {
    const struct exec_tables *tables; /* who opens tables instead of connectors; NULL: they do */
    struct late_route *late;   /* where late rows go, by scan; a list */
    struct op_source *sources; /* those of this worker, a list: op_source_of() */
    struct arena *batch_arena; /* reset when what it is used for is done: see run.h */
    struct arena *op_arena;    /* lives as long as the job */
    uint32_t index, count;     /* this worker, of how many */
    struct state_budget *budget; /* state/heap.h: memory for the state of the whole job */
    bool saves;                /* snapshots are written: sinks tell their positions at barriers */
    uint32_t cause;           /* the source row (as in batch->origin) that has moved time and so makes
                                 rows leave; OP_NO_CAUSE: time moved without one */
    const struct clock *clock;
    int64_t clock_us;         /* the greatest time of the clock so far: op_clock_us() */
    const struct zone *zone, *window_zone; /* as exec_options has them */
    bool limit_reached;        /* some op->done has changed: look which sources still matter */
    atomic_bool watched;       /* op_emit() has to do more than pass on */
    atomic_uint tapping;       /* odd: it is inside of op_tap() */
    atomic_bool timing;        /* ... namely measure where the time goes: exec_view_timing() */
    struct op *at_work;        /* timing: whose time it is; NULL: nobody's */
    int64_t at_work_ns;        /* since when */
};

enum { OP_LOOK_ITEMS = 1 << 16 }; /* that kind->look goes through, so that the worker is not kept */
#define OP_UNTIMED ((struct op *)1) /* nobody measures: no operator */
#define OP_NO_CAUSE UINT32_MAX /* behind all rows of the batch */

/* The time of an operator as a snapshot should know it: that the input had ended says nothing about a
 * start that finds more of it. */
static inline int64_t op_time_to_save(int64_t time_us)
{
    return time_us == WATERMARK_END ? WATERMARK_NONE : time_us;
}

/* Processing time: that of the clock, but it never goes back, so no row is late by it. */
int64_t op_clock_us(struct worker *worker);
/* It has been that late, before a restart. */
void op_clock_was(struct worker *worker, int64_t us);

/* --- passing on ----------------------------------------------------------------- */

/* To every reader. A batch without selected rows is dropped. */
enum code op_emit(struct op *op, const struct batch *batch, struct error *err) WEIR_CHECKED;
enum code op_emit_watermark(struct op *op, int64_t watermark_us, struct error *err) WEIR_CHECKED;
enum code op_emit_idle(struct op *op, bool idle, struct error *err) WEIR_CHECKED;
enum code op_emit_barrier(struct op *op, const struct barrier *barrier, struct error *err)
    WEIR_CHECKED;
enum code op_emit_end(struct op *op, struct error *err) WEIR_CHECKED;

/* Now, or, while op->more is set, when it is cleared by op_more_done(). */
enum code op_pass_watermark(struct op *op, int64_t watermark_us, struct error *err) WEIR_CHECKED;
enum code op_pass_end(struct op *op, struct error *err) WEIR_CHECKED;
/* Clears op->more; passes on what was held. */
enum code op_more_done(struct op *op, struct error *err) WEIR_CHECKED;

/* Marks (batch->watermarks) of the output for a batch that came on `port`: ends[i] is the number of
 * output rows made by input rows up to the i-th selected one.  Gives *out its marks; what time
 * advanced to before the first output row is passed on as a message first.  For operators with
 * several inputs time is the smallest of all ports, as in op_watermark_min. */
enum code op_marks(struct op *op, uint32_t port, const struct batch *in, const uint32_t *ends,
                   struct batch *out, struct error *err) WEIR_CHECKED;

/* --- where the time goes ------------------------------------------------------------ */

/* tap.c: samples of a batch for those who have asked. */
void op_tap(struct op *op, const struct batch *batch);
enum code op_emit_watched(struct op *op, const struct batch *batch, struct error *err) WEIR_CHECKED;
struct op *op_work_begin(struct op *op);
void op_work_end(struct worker *worker, struct op *before);

/* From here to op_work_done() the time is this operator's, but for what other operators take of it.
 * Gives who was at work before. */
static inline struct op *op_work(struct op *op)
{
    bool timing = atomic_load_explicit(&op->worker->timing, memory_order_relaxed);
    return unlikely(timing) ? op_work_begin(op) : OP_UNTIMED;
}
static inline void op_work_done(struct worker *worker, struct op *before)
{
    if (unlikely(before != OP_UNTIMED))
        op_work_end(worker, before);
}

/* --- what time makes leave ------------------------------------------------------------ */

/* From here on, and until op_cause_back(), row `row` of `in` is what moves time. */
static inline uint32_t op_cause(struct op *op, const struct batch *in, uint32_t row)
{
    uint32_t before = op->worker->cause;
    op->worker->cause = batch_origin(in, row);
    return before;
}
static inline void op_cause_back(struct op *op, uint32_t before)
{
    op->worker->cause = before;
}
/* Gives all rows of the batch the cause as their origin, so that a sink with several INSERTs puts them
 * where they belong. */
enum code op_caused(struct batch *out, uint32_t cause, struct error *err) WEIR_CHECKED;

/* For a batch that had waited in an arena of its own and has gone out: columns made of it still point
 * there, and a sink may keep them as long as the worker's batch arena lives.  So it goes with that. */
enum code op_let_go(struct op *op, struct arena *arena, struct error *err) WEIR_CHECKED;

/* --- default callbacks, with names, so that "passes through" is visible ----------- */

/* The smallest watermark of all ports that have not ended, if it moved; as op_pass_watermark. */
enum code op_watermark_min(struct op *op, uint32_t port, int64_t watermark_us, struct error *err);
/* Passes the barrier on when it has come on all ports. */
enum code op_barrier_pass(struct op *op, uint32_t port, const struct barrier *barrier,
                          struct error *err);
/* Passes the end on when all ports have ended; as op_pass_end. */
enum code op_end_pass(struct op *op, uint32_t port, struct error *err);

/* For operators with callbacks of their own: notes the message of the port; true when the message
 * is now complete over all ports. */
bool op_align_barrier(struct op *op, uint32_t port, const struct barrier *barrier);
bool op_align_end(struct op *op, uint32_t port);
/* The new combined watermark, or WATERMARK_NONE if it did not move. */
int64_t op_align_watermark(struct op *op, uint32_t port, int64_t watermark_us);
/* The least watermark of the ports that count: those that have not ended and are not idle.  When all
 * of them are idle WATERMARK_NONE, and for a valve the greatest.  An input that has ended does not end
 * time for those that are only idle, unlike in Flink: they would be late for ever. */
int64_t op_time(const struct op *op);
/* The same when the watermark of `port` is us. */
int64_t op_time_if(const struct op *op, uint32_t port, int64_t us);
/* Notes that the port is idle, or not; moves time. */
enum code op_take_idle(struct op *op, uint32_t port, bool idle, struct error *err) WEIR_CHECKED;
/* Tells the readers if that has changed. */
enum code op_tell_idle(struct op *op, struct error *err) WEIR_CHECKED;

/* --- making ------------------------------------------------------------------------ */

/* A zeroed operator of `bytes` in the worker's op_arena. */
void *op_create(struct worker *worker, const struct op_kind *kind, size_t bytes,
                const struct plan *plan, uint32_t ports) WEIR_CHECKED;
/* The heap of its state, named after its plan node. */
enum code op_state_heap(struct op *op, struct state_heap **ret, struct error *err) WEIR_CHECKED;
bool op_connect(struct op *from, struct op *to, uint32_t port) WEIR_CHECKED;

/* Opens a table by its connector, or by whoever stands in for it. */
enum code op_open_source(const struct worker *worker, const struct connector *connector,
                         const struct source_open *open, struct source **ret, struct error *err)
    WEIR_CHECKED;
enum code op_open_sink(const struct worker *worker, const struct connector *connector,
                       const struct sink_open *open, struct sink **ret, struct error *err)
    WEIR_CHECKED;
enum code op_open_lookup(const struct worker *worker, const struct connector *connector,
                         const struct lookup_open *open, struct lookup **ret, struct error *err)
    WEIR_CHECKED;
