/* why_inner.h -- inside of why: the walk and its words.
 *
 * why.c        the walk from a sink to its sources
 * why_node.c   operators that get rows and give none
 * why_time.c   whom time waits for
 * why_text.c   counts, times and lists of findings */
#pragma once

#include "exec/why.h"

struct walk {
    const struct plan_job *job;
    const struct exec_view *view, *earlier;
    struct arena *arena;
    bool *seen; /* by plan->id: of this sink */
    struct why_finding *items;
    uint32_t count, cap;
    struct buf text, hint; /* of the finding that is being written */
    bool is_out_of_memory;
};

/* What goes through an operator: in the time between the views, or, where nothing ever came out of
 * it, since the beginning. */
struct flow {
    uint64_t in, out;
    int64_t since_us; /* how long that is; 0: since the beginning */
};
struct flow why_flow(const struct walk *w, const struct plan *plan);
const struct view_op *why_op(const struct walk *w, const struct plan *plan); /* never NULL */

/* --- why_text.c ------------------------------------------------------------------------ */

/* Ends the finding of which w->text and w->hint hold the text. */
void why_add(struct walk *w, enum why_severity severity, const struct plan *plan);
void why_put_op(struct buf *out, const struct plan *plan);         /* group#5 */
void why_put_count(struct buf *out, uint64_t n, const char *what); /* "1,234 rows", "1 row" */
void why_put_span(struct buf *out, int64_t us);                    /* 12 s, 3 min, 2 h */
void why_put_since(struct buf *out, const struct flow *flow); /* " in the last 5 s", or nothing */
/* A time as the watermark `of` has it: in the zone of the session where it is an instant; of NULL: by
 * the clock. */
void why_put_time(struct walk *w, struct buf *out, const struct plan_watermark *of, int64_t us);

/* --- why.c ------------------------------------------------------------------------------- */

/* Why nothing comes out of a node: goes on to its inputs where nothing goes in. */
void why_walk(struct walk *w, const struct plan *plan);
void why_source(struct walk *w, const struct plan_scan *scan);
/* Paths of JSON nodes below that have found nothing. */
void why_paths(struct walk *w, const struct plan *plan, enum why_severity severity);

/* --- why_node.c: rows go in, and none comes out ------------------------------------------- */

/* False: it is none that keeps rows. */
bool why_node(struct walk *w, const struct plan *plan, const struct flow *flow);
/* Does it wait for a server?  Then it is said. */
bool why_waits(struct walk *w, const struct plan *plan);
/* " has been waiting for X for 12 s", of an operator that says so, and a hint. */
void why_put_waiting(struct walk *w, const struct view_op *op);

/* --- why_time.c ---------------------------------------------------------------------------- */

/* The operator has something that waits for time; false: it has not. */
bool why_time(struct walk *w, const struct plan *plan);
/* Rows that an interval join keeps for others that may come, if it keeps any; which side these wait
 * for, if one is behind. */
void why_kept(struct walk *w, const struct plan *plan);
