/* plan_kept.h -- what operators keep from one run of a job to the next, and with which of it another
 * job, or the same one after a change, may go on.
 *
 * An operator is known by what its state means, never by how EXPLAIN prints it, where it stands or
 * where its columns are:
 *
 *   base   its kind, the tables and operators its rows come from, its keys, window, order, frame
 *          and limits, as expressions over the columns of tables
 *   rows   the conditions that decide which rows come to it
 *   sinks  where what it makes ends up
 *   below  the operators it reads that keep something themselves
 *   shape  what its records are made of (state/shape.h), aggregates among it
 *
 * base has to be the same.  Aggregates and columns may change places or go, not come: state of
 * the past says nothing of them.  (So an operator that several queries share, or that makes a
 * changelog by key whole for all who read it, begins anew when one of them wants a column more.)
 * With other conditions state is kept, and said to be of other rows: whoever changes a WHERE
 * decides.  rows, sinks and shape tell operators with one base apart.  An operator goes on only if
 * those below it do: one that begins anew sends again what it has sent before.  How long state
 * lives (TTL) is no part of it, nor are the number of workers and folding. */
#pragma once

#include "plan/plan.h"
#include "state/shape.h"

struct kept_state {
    uint64_t id;     /* in snapshots; not 0, no two of a job alike */
    struct str name; /* "group#5", for people */
    uint64_t base, rows, sinks;
    const uint64_t *below; /* ids, in order of the inputs */
    uint32_t below_count;
    struct state_shape shape; /* without tables: nothing that could be misread */
    struct span span;         /* in the job text; not saved */
};

/* Sets state_id and `kept` of all nodes.  `wanted`, by id of a node and input, the columns of the
 * input that the node reads for what is wanted of it. */
enum code plan_keep(struct arena *arena, struct plan_job *job, const bool *const *const *wanted,
                    struct error *err) WEIR_CHECKED;

/* All of a job, those below first. NULL when out of memory. */
const struct kept_state **plan_kept_list(struct arena *arena, const struct plan_job *job,
                                         uint32_t *ret_count) WEIR_CHECKED;

/* As bytes for a snapshot, without the id. */
void kept_state_put(struct buf *out, const struct kept_state *kept);
enum code kept_state_get(struct arena *arena, uint64_t id, struct str in, struct kept_state *ret,
                         struct error *err) WEIR_CHECKED;

enum kept_verdict {
    KEPT_SAME,       /* goes on */
    KEPT_OTHER_ROWS, /* goes on, and other conditions decide about rows than before */
    KEPT_NOT,        /* begins without state */
};
struct kept_match {
    enum kept_verdict verdict;
    const struct kept_state *old; /* what it was; NULL: nothing */
    bool recodes;                 /* KEPT_SAME, KEPT_OTHER_ROWS: its records have to be turned */
    const char *reason;           /* KEPT_NOT: "what group#3 has left lacks \"SUM(v)\"" */
};
/* What becomes of each of `now`; both lists as plan_kept_list() gives them. */
enum code plan_kept_match(struct arena *arena, const struct kept_state *const *old,
                          uint32_t old_count, const struct kept_state *const *now,
                          uint32_t now_count, struct kept_match *ret,
                          struct error *err) WEIR_CHECKED;
