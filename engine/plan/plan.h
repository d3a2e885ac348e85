/* plan.h -- the logical plan: a DAG of operators over columns, read-only once the
 * optimizer is done, and all that exec gets.
 *
 * Columns are positions; names are for people.  A node that several others read
 * (a shared scan) is one node with several readers.  Every node begins with struct
 * plan; `kind` says which struct it is. */
#pragma once

#include "agg/agg.h"
#include "base/arena.h"
#include "catalog/catalog.h"
#include "expr/expr.h"
#include "types/batch.h"
#include "types/schema.h"

struct json_paths; /* json/json_path.h */
struct kept_state; /* plan/plan_kept.h */

enum plan_kind {
    PLAN_SCAN,          /* a table of the outside */
    PLAN_VALUES,        /* constant rows */
    PLAN_JSON,          /* all JSON paths of a column in one pass: appends hit columns */
    PLAN_CALC,          /* filter and projection */
    PLAN_UNION,         /* UNION ALL */
    PLAN_LIMIT,         /* LIMIT without ORDER BY */
    PLAN_WATERMARK,     /* event time begins: watermarks, rows without a time */
    PLAN_GROUP,         /* GROUP BY, DISTINCT: a change a row */
    PLAN_WINDOW,        /* aggregates of windows, once a window is over */
    PLAN_ASSIGN,        /* a window table function alone: appends the bounds of each row's windows */
    PLAN_EXPAND,        /* grouping sets: each row once a set */
    PLAN_JOIN,          /* joins that keep both sides */
    PLAN_WINDOW_JOIN,   /* joins within a window */
    PLAN_INTERVAL_JOIN, /* joins within a range of time */
    PLAN_TEMPORAL_JOIN, /* FOR SYSTEM_TIME AS OF event time */
    PLAN_LOOKUP,        /* FOR SYSTEM_TIME AS OF processing time */
    PLAN_CORRELATE,     /* UNNEST and table functions */
    PLAN_RANK,          /* the first rows of each key in an order: top-N */
    PLAN_DEDUP,         /* the first or last row of each key by time */
    PLAN_OVER,          /* aggregates over the rows before a row */
    PLAN_SORT,          /* ORDER BY of time, and of all rows where the input ends */
    PLAN_MATERIALIZE,   /* in front of a sink whose key is not the stream's */
    PLAN_FOLD,          /* changes of one key that nobody can see, folded per batch */
    PLAN_EXCHANGE,      /* between workers */
    PLAN_SINK,          /* one table or result, fed by one or more statements */
};
#define PLAN_NO_COLUMN UINT32_MAX

/* Which change kinds can occur; bit i is enum change i. */
enum {
    CHANGES_INSERT = 1 << CHANGE_INSERT,
    CHANGES_UPDATE_BEFORE = 1 << CHANGE_UPDATE_BEFORE,
    CHANGES_UPDATE_AFTER = 1 << CHANGE_UPDATE_AFTER,
    CHANGES_DELETE = 1 << CHANGE_DELETE,
    CHANGES_ALL = 15,
};

/* Columns that no two live rows of a stream have alike; none: there is at most one row. */
struct plan_key {
    const uint32_t *columns; /* ascending */
    uint32_t count;
};

struct plan {
    enum plan_kind kind;
    uint32_t id;                /* small, stable within the job: src#1, calc#2 */
    struct span span;           /* of the SQL it comes from */
    struct field *fields;       /* output columns */
    uint32_t field_count;
    struct plan **inputs;
    uint32_t input_count;
    unsigned changes;           /* CHANGES_* that can come out: plan_derive() */
    bool bounded;               /* ends by itself */
    bool before;                /* some reader needs -U: set by the optimizer */
    bool unseen;                /* intermediate updates of a key cannot be seen below: optimizer */
    bool keyed;                 /* all readers go by a sink's key, so a row that is replaced and one
                                   that goes away are two things to them: optimizer */
    const struct plan_key *keys; /* unique keys of the output: plan_derive() */
    uint32_t key_count;
    int64_t ttl_ms[2];          /* lifetime of state, by input; 0: for ever */
    uint64_t state_id;          /* in snapshots, from what the node means: set by the optimizer, not 0
                                   where it keeps something, no two nodes of a job alike */
    const struct kept_state *kept; /* what it keeps from one run to the next: set by the optimizer;
                                   NULL: nothing */
    uint32_t readers;           /* set by the optimizer */
    bool single;                /* runs on one of the workers: set by the optimizer */
};

/* Columns: the stored and metadata columns of the table, in declared order. */
struct plan_scan {
    struct plan base;
    const struct catalog_table *table;
    const struct connector *connector; /* after the profile: what really is opened */
    struct table_def def;              /* with `needed` filled by the optimizer */
    const struct catalog_watermark *watermark; /* NULL, or not used by the query */
    const char *on_error;              /* "skip", "fail", "route" */
    struct plan_sink *dead_letter_sink; /* with route */
    struct plan_sink *late_sink;       /* takes rows that are late for a window; NULL: counted only */
};

struct plan_values {
    struct plan base;
    struct expr ***rows;        /* [row][column], constant expressions */
    uint32_t row_count;
};

/* Output: the columns of the input, then for each path one hit column (struct json_hit). */
struct plan_json {
    struct plan base;
    uint32_t input_column;      /* the documents */
    const struct json_paths *paths; /* slot i is column input.field_count + i */
    const char *const *path_texts;  /* for EXPLAIN: "$.data.userid" */
    uint32_t path_count;
};

struct plan_calc {
    struct plan base;
    struct expr *filter;        /* NULL: all rows */
    struct expr **exprs;        /* one an output column; NULL: the input's columns as they are */
};

struct plan_limit {
    struct plan base;
    uint64_t limit;             /* UINT64_MAX: none */
    uint64_t offset;
};

/* Output: the columns of the input, and among them as column `computed` the row time, where it is
 * not a column of the input itself.  `rowtime` and `watermark` are over the input's columns; rows
 * whose rowtime is NULL are bad rows of the table (on_error). */
struct plan_watermark {
    struct plan base;
    const struct plan_scan *scan; /* whose rows these are: partitions, on_error, name */
    uint32_t computed;          /* PLAN_NO_COLUMN: the row time is stored */
    struct expr *rowtime;       /* TIMESTAMP, TIMESTAMP_LTZ, or (Blink) BIGINT: milliseconds */
    struct expr *watermark;     /* the same type; NULL: rowtime - delay_us */
    int64_t delay_us;
    int64_t idle_ms;            /* a partition without rows for so long is left out; 0: never */
    int64_t future_ms;          /* row times further ahead of the clock advance nothing; 0: off */
};

/* Output: the key columns, then a column a call. */
struct plan_group {
    struct plan base;
    const uint32_t *keys;       /* columns of the input; none: one row for all */
    uint32_t key_count;
    const struct agg_call *calls;
    uint32_t call_count;        /* 0: DISTINCT */
    bool fold;                  /* a change a group and batch, not a row: optimizer */
};

enum window_kind {
    WINDOW_TUMBLE,
    WINDOW_HOP,
    WINDOW_CUMULATE,
    WINDOW_SESSION,
    WINDOW_ATTACHED,            /* the input has the bounds in columns already */
};
struct window_spec {
    enum window_kind kind;
    int64_t size_us;            /* TUMBLE, HOP: length; CUMULATE: longest; SESSION: gap */
    int64_t step_us;            /* HOP: slide; CUMULATE: step */
    int64_t offset_us;
    uint32_t time;              /* column of the input; not read with processing time */
    bool proctime;
    bool in_zone;               /* bounds are local times of the session zone (TIMESTAMP_LTZ) */
    bool legacy;                /* a GROUP BY function, not a table function */
    uint32_t start, end;        /* ATTACHED: columns of the input */
    const uint32_t *partition;  /* SESSION table function: PARTITION BY columns */
    uint32_t partition_count;
};
enum window_property { WINDOW_START, WINDOW_END, WINDOW_TIME };

/* Output: the key columns, a column a call, then the properties asked for. */
struct plan_window {
    struct plan base;
    struct window_spec window;
    const uint32_t *keys;
    uint32_t key_count;
    const struct agg_call *calls;
    uint32_t call_count;
    const enum window_property *properties;
    uint32_t property_count;
};

/* Output: the input's columns, then window_start, window_end, window_time. */
struct plan_assign {
    struct plan base;
    struct window_spec window;
};

/* Output: the input's columns, those not in a set NULL, then BIGINT: which columns of the list are
 * not (bit 0: the last of `columns`), as GROUPING_ID has it. */
struct plan_expand {
    struct plan base;
    const uint32_t *columns;    /* those that any set groups by */
    uint32_t column_count;
    const uint64_t *sets;       /* a bitmap of columns left out, a row each */
    uint32_t set_count;
};

enum join_type { INNER_JOIN, LEFT_JOIN, RIGHT_JOIN, FULL_JOIN, SEMI_JOIN, ANTI_JOIN };

/* inputs[0] left, inputs[1] right.  Output: left columns, right columns; SEMI, ANTI: left ones. */
struct plan_join {
    struct plan base;
    enum join_type type;
    const uint32_t *keys[2];    /* equal columns: keys[0][i] of the left, keys[1][i] of the right */
    uint32_t key_count;
    const bool *null_equal;     /* by key: IS NOT DISTINCT FROM; NULL: none */
    struct expr *condition;     /* beside the keys, over left then right columns; NULL: none */
    bool single;                /* LEFT, INNER, without keys: the right side is a query used as a
                                   value, and more than one row of it is an error */
    const bool *wanted;         /* by output column: somebody reads it; NULL: all. Optimizer */
};

struct plan_window_join {
    struct plan_join join;      /* first; keys without the window's */
    uint32_t start[2], end[2];  /* window columns by side */
    bool proctime;              /* as in struct window_spec */
    bool in_zone;
};

/* left.time between right.time + lower_us and right.time + upper_us. INNER, LEFT, RIGHT, FULL. */
struct plan_interval_join {
    struct plan_join join;      /* first; condition without the time range */
    uint32_t time[2];
    int64_t lower_us, upper_us;
    bool proctime;
};

/* Each left row with the version of the right row that was valid at left.time[0]. INNER, LEFT. */
struct plan_temporal_join {
    struct plan_join join;      /* first; keys include the right side's key */
    uint32_t time[2];           /* right: row time of its changes */
    bool retracts;              /* a filter may hide a +U: -U end versions; set by the optimizer */
};

/* Each input row with the rows of an outside table that have its keys, asked when it comes.
 * Output: the input's columns, then the table's stored columns.  INNER or LEFT. */
struct plan_lookup {
    struct plan base;
    enum join_type type;
    const struct catalog_table *table;
    const struct connector *connector;
    struct table_def def;
    const uint32_t *keys;       /* columns of the input ... */
    const uint32_t *table_keys; /* ... and of the table that they are compared with */
    uint32_t key_count;
    struct expr *condition;     /* beside the keys, over input then table columns; NULL: none */
    const uint32_t *route;      /* columns of the input that decide the worker of a row ... */
    uint32_t route_count;       /* ... where it updates and there are several workers */
    const char *on_error;
};

/* Each input row with what a table function makes of it.  Output: the input's columns, then the
 * function's.  `left`: a row for which it makes nothing is kept with NULLs. */
struct table_function; /* expr/table_function.h */
struct plan_correlate {
    struct plan base;
    const struct table_function *function;
    const void *state;
    const uint32_t *args;       /* columns of the input */
    uint32_t arg_count;
    struct expr *condition;     /* over all output columns; NULL: none */
    bool left;
    bool with_ordinality;       /* UNNEST: the last column counts from 1 */
};

struct plan_order {
    uint32_t column;
    bool descending;
    bool nulls_last;
};

/* Rows start..end (from 1, end included) of each key in the order.  Output: the input's columns,
 * then with_rank: BIGINT, the rank. */
struct plan_rank {
    struct plan base;
    const uint32_t *keys;
    uint32_t key_count;
    const struct plan_order *order;
    uint32_t order_count;
    uint64_t start, end;        /* end UINT64_MAX: see end_column */
    uint32_t end_column;        /* PLAN_NO_COLUMN: `end` counts */
    bool with_rank;
    struct str label;           /* of the rank, as in struct agg_call */
    uint32_t window_end;        /* a window top-N, emitted at its end; PLAN_NO_COLUMN: none */
    const struct plan_key *update_key; /* rows are updated by this key and only move up in the
                                   order: set by the optimizer; NULL: not so */
    bool proctime, in_zone;     /* of the window, as in struct window_spec */
};

/* The first or last row of each key.  Output: the input's columns. */
struct plan_dedup {
    struct plan base;
    const uint32_t *keys;
    uint32_t key_count;
    uint32_t time;              /* row time column; PLAN_NO_COLUMN: processing time (arrival) */
    bool keep_last;
    bool normalizes;            /* a changelog by key: its deletes delete, -U that an update has
                                   not to say are added */
    uint32_t window_end;        /* PLAN_NO_COLUMN: none */
    bool proctime, in_zone;     /* of the window, as in struct window_spec */
};

/* Output: the input's columns, then a column a call. */
struct plan_over {
    struct plan base;
    const uint32_t *keys;       /* PARTITION BY */
    uint32_t key_count;
    const struct plan_order *order;
    uint32_t order_count;
    bool proctime;              /* in order of arrival */
    bool rows;                  /* ROWS, else RANGE */
    int64_t preceding;          /* rows, or microseconds; -1: UNBOUNDED */
    const struct agg_call *calls; /* also ROW_NUMBER, RANK, LAG ... */
    uint32_t call_count;
};

/* Output: the input's columns.  by_time: the first order column is a row time, ascending: rows
 * leave as the watermark passes.  Else all rows leave at the end of the input. */
struct plan_sort {
    struct plan base;
    const struct plan_order *order;
    uint32_t order_count;
    bool by_time;
};

/* Keeps the live rows of each sink key in order, so that a delete brings the one before it back. */
struct plan_materialize {
    struct plan base;
    const uint32_t *keys;       /* of the sink */
    uint32_t key_count;
    const struct plan_key *identity; /* of the stream; NULL: the whole row */
    bool in_place;              /* an updated row keeps its place (Blink), or goes to the end */
    bool last_only;             /* the row written last wins; only its own delete counts */
};

/* Folds the changes of one key inside of a batch. */
struct plan_fold {
    struct plan base;
    const uint32_t *keys;
    uint32_t key_count;
};

struct plan_exchange {
    struct plan base;
    const uint32_t *keys;       /* by hash; none: all to one worker */
    uint32_t key_count;
};

/* A row with NULL in a column of the primary key or one that is NOT NULL. */
enum sink_nulls {
    SINK_NULLS_BAD,  /* is a bad row: on_error */
    SINK_NULLS_FAIL, /* ends the job */
    SINK_NULLS_DROP, /* is left out, and not even counted */
};

/* The inputs are in statement order and have exactly the stored columns of the table. */
struct plan_sink {
    struct plan base;
    const struct catalog_table *table; /* NULL: the result of a SELECT */
    const struct connector *connector;
    struct table_def def;
    enum sink_mode mode;        /* what it is sent */
    uint32_t statement;         /* results: counts the SELECTs of the job from 1 */
    bool in_source_order;       /* all inputs come from one scan: rows are merged by origin */
    bool materialize_off;       /* 'sink.upsert-materialize' = 'none': the last writer wins */
    bool materialize_force;
    enum sink_nulls nulls;
    const char *on_error;
    struct plan_sink *dead_letter_sink; /* with route */
};

/* What the optimizer has to say about a job that it does not refuse. */
struct plan_warning {
    struct plan_warning *next;
    struct error error;
};

struct plan_job {
    struct plan_warning *warnings; /* in order; set by the optimizer */
    struct plan_sink **sinks;
    uint32_t sink_count;
    struct plan **nodes;        /* all nodes, inputs before readers; set by the optimizer */
    uint32_t node_count;
    struct plan_scan **scans;   /* in the order of CREATE TABLE; set by the optimizer */
    uint32_t scan_count;
    uint32_t workers;           /* that will run it; 0 is 1 */
    const char *workers_reason; /* "--parallelism"; NULL: not worth a word */
    struct str zone_name;       /* of the session: windows over TIMESTAMP_LTZ are cut in it */
    enum dialect dialect;
    const char *dialect_reason; /* "CREATE TABLE t has a WITH key \"type\"" */
    bool fold;                  /* unobservable updates may be folded */
    bool fold_all;              /* ... also where it does not pay: for tests */
    bool mini_batch;            /* aggregates may leave out changes that can be seen */
    bool cdc_duplicates;        /* changes of a source may come again: its key tells */
};

const char *plan_kind_name(enum plan_kind kind);

/* Sets changes, bounded and keys of a node from its inputs (whose own are set): the binder when it
 * makes a node, the optimizer when all is rewritten. False when out of memory. */
bool plan_derive(struct arena *arena, struct plan *node) WEIR_CHECKED;
/* Is a column a bound (or the time) of the window its row is in? `origin` is the node that made the
 * windows; NULL: it is none. */
struct plan_window_column {
    const struct plan *origin;
    enum window_property what;
};
struct plan_window_column plan_window_column(const struct plan *plan, uint32_t column);
/* Do the readers of `node` see it update or delete rows? */
static inline bool plan_updates(const struct plan *node)
{
    return (node->changes & ~(unsigned)CHANGES_INSERT) != 0;
}
/* Has the stream a unique key all of whose columns are in the list? */
bool plan_has_key_in(const struct plan *node, const uint32_t *columns, uint32_t count);
/* A unique key that contains all of these columns (a join key that updates cannot change); NULL:
 * none. */
const struct plan_key *plan_key_over(const struct plan *node, const uint32_t *columns,
                                     uint32_t count);

/* Is the order a time attribute's?  Else the rows of a partition are kept and results change. */
bool plan_over_is_by_time(const struct plan_over *over);

/* How EXPLAIN prints a plan as text. */
struct plan_text_options {
    bool color;                 /* a terminal: what is unbounded is red */
    uint32_t columns;           /* of the terminal: longer lines are wrapped; 0: never */
    const struct str *counters; /* by id, what is said of a running operator behind its name, data
                                   NULL: nothing; NULL: of none */
    uint32_t text_begin; /* of the job's text: lines count from there, and what stands before it was
                            said earlier and has none */
};
/* EXPLAIN: a tree per sink, one line an operator; shared parts are printed once.  `options` may be
 * NULL. */
void plan_print_text(struct buf *out, const struct plan_job *job, struct str job_text,
                     const struct plan_text_options *options);
/* The plan as JSON, with its state, advice and, if there are keys (plan_bill.h), their sum.  `options`
 * may be NULL. */
struct plan_keys;
struct plan_json_options {
    struct plan_keys *keys;
    uint32_t key_count;
    const struct str *counters; /* by id: members of an object; as in struct plan_text_options */
};
enum code plan_print_json(struct buf *out, const struct plan_job *job, struct str job_text,
                          const struct plan_json_options *options,
                          struct error *err) WEIR_CHECKED;
/* In the form of Flink: see plan_flink.c for what differs. False when out of memory. */
bool plan_print_flink(struct buf *out, const struct plan_job *job) WEIR_CHECKED;
void plan_print_dot(struct buf *out, const struct plan_job *job);
void plan_print_mermaid(struct buf *out, const struct plan_job *job);
