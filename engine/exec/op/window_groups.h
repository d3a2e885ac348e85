/* window_groups.h -- what a window operator keeps: the groups of open slices, and the
 * windows that are over and wait to be sent.
 *
 * A slice has a table of groups of its own, so a window that is over is sent and
 * dropped as a whole.  All slices share one agg_set; where aggregates keep something beside
 * a group's row, the slice's number (its end) is the last part of the group's key. */
#pragma once

#include "agg/agg_set.h"
#include "exec/op.h"
#include "exec/op/window_times.h"
#include "state/table.h"

struct slice {
    int64_t end_us;
    struct state_table *groups;
};

struct slices { /* by end, ascending */
    struct slice *items;
    uint32_t count, cap;
};

/* A window that is over, or a watermark that goes on behind those before it. */
struct due_window {
    int64_t end_us;
    struct state_table *groups; /* NULL: just the watermark */
    uint64_t at;                /* groups before it have been sent */
    int64_t watermark_us;
    uint32_t cause;             /* see struct worker */
};

struct window_groups {
    struct op *op;
    const struct plan_window *plan;
    struct window_times *times;
    struct state_heap *heap;
    struct agg_set *set;
    struct state_table *model;  /* empty: the layout that all tables have */
    const struct type **key_types, **value_types;
    uint32_t key_count;         /* of the tables: the plan's keys, the start if attached, and the
                                   slice's number if has_more */
    uint32_t value_count;
    bool counts;                /* input takes rows back: the first value is a group's row count */
    bool has_more;              /* aggregates keep something beside the rows */
    uint32_t next_id;           /* of a table in snapshots */
    struct due_window *due;     /* from due_first on */
    uint32_t due_first, due_count, due_cap;
};

enum code window_groups_init(struct window_groups *g, struct op *op,
                             const struct plan_window *plan, struct window_times *times,
                             struct error *err) WEIR_CHECKED;
void window_groups_done(struct window_groups *g);

/* The slice with this end; made if `make`, else NULL where there is none. */
enum code slices_get(struct window_groups *g, struct slices *list, int64_t end_us, bool make,
                     struct slice **ret, struct error *err) WEIR_CHECKED;
/* Forgets the first n; their tables are somebody else's. */
void slices_shift(struct slices *list, uint32_t n);
void slices_destroy(struct slices *list);

enum { WINDOW_TABLES = 1 << 16 }; /* tables of groups have ids from here in snapshots */
enum code window_table(struct window_groups *g, struct state_table **ret, struct error *err)
    WEIR_CHECKED;
/* Rows of a batch (sel NULL: i) into groups. */
enum code window_step(struct window_groups *g, struct state_table *groups, int64_t number,
                      const struct batch *in, const uint32_t *sel, uint32_t n, struct error *err)
    WEIR_CHECKED;
/* Adds the groups of one table to those of another. */
enum code window_merge(struct window_groups *g, struct state_table *to, int64_t to_number,
                       struct state_table *from, struct error *err) WEIR_CHECKED;
/* Frees a table and what aggregates keep for it. */
enum code window_drop(struct window_groups *g, struct state_table *groups, struct error *err)
    WEIR_CHECKED;

/* Takes the table over; it is sent by window_send(). */
enum code window_due(struct window_groups *g, int64_t end_us, struct state_table *groups,
                     struct error *err) WEIR_CHECKED;
enum code window_due_watermark(struct window_groups *g, int64_t watermark_us, struct error *err)
    WEIR_CHECKED;
bool window_is_due(const struct window_groups *g);
/* Sends at most so many batches. */
enum code window_send(struct window_groups *g, uint32_t batches, struct error *err) WEIR_CHECKED;
