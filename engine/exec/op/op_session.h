/* op_session.h -- inside of the operator of SESSION windows. */
#pragma once

#include "agg/agg_set.h"
#include "exec/op.h"
#include "exec/op/window_times.h"
#include "state/snapshot.h"
#include "state/table.h"
#include "state/tree.h"

/* An open session, or one that is due. Times are wall-clock ones. */
struct session {
    struct session *next;    /* of the key, by start */
    int64_t start_us, end_us;
    int64_t number;          /* last part of its group's key: the time of its first row */
    uint64_t order;          /* counts sessions as they begin */
    char *row;               /* of the group: accumulators */
    char *key_row;
    bool is_gone;            /* part of another one now; freed when the heap gives it back */
};

/* Tail of a key's row. */
struct session_key {
    struct session *first;   /* by start */
    bool is_idle;            /* among op->idle: had no session at some moment of this batch */
};

struct ending {
    int64_t fire_us;         /* of the session's end as it was */
    struct session *session;
};

struct session_due {
    struct session *session; /* NULL: just the watermark */
    int64_t watermark_us;
    uint32_t cause; /* see struct worker */
};

/* Rows whose sessions are known and that are not added yet, in parts of one batch. */
struct waiting {
    const struct batch *in;
    uint32_t n;
    uint32_t *sel;
    char **rows;
    uint8_t *flags;
    struct column **key;     /* the keys, then the session's number */
};

/* Values of a group in front of the accumulators. */
enum { SESSION_START, SESSION_END, SESSION_COUNT, SESSION_VALUES };
enum {
    SESSION_TABLE = 2,
    SESSION_KEYS_TABLE = 3,
    SESSION_ROWS_TABLE = 4,
    SESSION_AGG_TABLES = 16,
};

struct op_session {
    struct op base;
    const struct plan_window *plan;
    struct window_times times;
    struct state_heap *heap;
    struct agg_set *set;
    struct state_table *keys;   /* tail: the key's sessions */
    struct state_table *groups; /* by keys and number */
    const struct state_layout *layout; /* of the groups */
    uint32_t key_count;         /* of the plan */
    uint32_t first_value;       /* slot behind the number */
    struct ending *ends;        /* a heap */
    uint32_t end_count, end_cap;
    struct session_due *due;    /* from due_first on */
    uint32_t due_first, due_count, due_cap;
    struct waiting waiting;
    char **idle;                /* key rows that may go when the batch is done */
    uint32_t idle_count, idle_cap;
    uint64_t made;
    int64_t time_us;            /* watermark, or clock */
    /* Of the table function (op_session_rows.c). */
    struct state_tree *rows;    /* by session and arrival: change, row; NULL: aggregates */
    int64_t arrivals;
    int64_t next_row;           /* of the session that is sent: where to go on */
    struct buf prefix, entry, bytes;
};

extern const struct op_kind op_session_kind;

/* op_session_open.c */
enum code op_session_create(struct worker *worker, const struct plan_window *plan,
                            struct op **ret, struct error *err);
/* `base` is the node that runs; the plan's calls are aggregated. */
enum code op_session_make(struct worker *worker, const struct plan_window *plan,
                          const struct plan *base, struct op **ret, struct error *err)
    WEIR_CHECKED;
void session_close(struct op_session *op);
/* Key bytes of n groups. */
enum code session_keys(const struct op_session *op, struct arena *arena, char *const *rows,
                       uint32_t n, struct str **ret, struct error *err) WEIR_CHECKED;

enum code session_add_waiting(struct op_session *op, struct error *err) WEIR_CHECKED;
enum code session_send(struct op_session *op, uint32_t batches, struct error *err) WEIR_CHECKED;
void session_set_due(struct op_session *op);
struct session_key *session_key_of(const struct op_session *op, char *key_row);
int64_t session_property(struct op_session *op, enum window_property what,
                         const struct session *s, const struct type *type);
enum code session_heap_push(struct op_session *op, struct session *s, struct error *err)
    WEIR_CHECKED;

/* op_session_rows.c: the rows that wait to be added; those of a session that becomes part of another;
 * the next ones of a session that is over. */
enum code session_rows_add(struct op_session *op, const struct waiting *w, struct error *err)
    WEIR_CHECKED;
enum code session_rows_move(struct op_session *op, const char *to, const char *from,
                            struct error *err) WEIR_CHECKED;
enum code session_rows_send(struct op_session *op, const struct session *s, bool *ret_done,
                            struct error *err) WEIR_CHECKED;
enum code session_rows_load(struct op_session *op, struct state_reader *reader,
                            const struct state_record *r, struct error *err) WEIR_CHECKED;
enum code op_session_rows_create(struct worker *worker, const struct plan_assign *plan,
                                 struct op **ret, struct error *err);

/* op_session_save.c */
enum code session_barrier(struct op *base, uint32_t port, const struct barrier *barrier,
                          struct error *err);
enum code session_restore(struct op *base, struct state_reader *reader, struct error *err);
