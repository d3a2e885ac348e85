/* plan.h -- the logical plan: a DAG of operators over columns, read-only once the
 * optimizer is done, and all that exec gets.
 *
 * Columns are positions; names are for people.  A node that several others read
 * (a shared scan) is one node with several readers.  Every node begins with struct
 * plan; `kind` says which struct it is. */
#pragma once

#include "base/arena.h"
#include "catalog/catalog.h"
#include "expr/expr.h"
#include "types/batch.h"
#include "types/schema.h"

struct json_paths; /* json/json_path.h */

enum plan_kind {
    PLAN_SCAN,   /* a table of the outside */
    PLAN_VALUES, /* constant rows */
    PLAN_JSON,   /* all JSON paths of a column in one pass: appends hit columns */
    PLAN_CALC,   /* filter and projection */
    PLAN_UNION,  /* UNION ALL */
    PLAN_LIMIT,  /* LIMIT without ORDER BY */
    PLAN_SINK,   /* one table or result, fed by one or more statements */
};

/* Which change kinds can occur; bit i is enum change i. */
enum {
    CHANGES_INSERT = 1 << CHANGE_INSERT,
    CHANGES_UPDATE_BEFORE = 1 << CHANGE_UPDATE_BEFORE,
    CHANGES_UPDATE_AFTER = 1 << CHANGE_UPDATE_AFTER,
    CHANGES_DELETE = 1 << CHANGE_DELETE,
    CHANGES_ALL = 15,
};

struct plan {
    enum plan_kind kind;
    uint32_t id;                /* small, stable within the job: src#1, calc#2 */
    struct span span;           /* of the SQL it comes from */
    struct field *fields;       /* output columns */
    uint32_t field_count;
    struct plan **inputs;
    uint32_t input_count;
    unsigned changes;           /* CHANGES_* that can come out */
    bool bounded;               /* ends by itself */
    uint32_t readers;           /* set by the optimizer */
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

/* The inputs are in statement order and have exactly the stored columns of the table. */
struct plan_sink {
    struct plan base;
    const struct catalog_table *table; /* NULL: the result of a SELECT */
    const struct connector *connector;
    struct table_def def;
    enum sink_mode mode;        /* what it is sent */
    uint32_t statement;         /* results: counts the SELECTs of the job from 1 */
    bool in_source_order;       /* all inputs come from one scan: rows are merged by origin */
    const char *on_error;
    struct plan_sink *dead_letter_sink; /* with route */
};

struct plan_job {
    struct plan_sink **sinks;
    uint32_t sink_count;
    struct plan **nodes;        /* all nodes, inputs before readers; set by the optimizer */
    uint32_t node_count;
    struct plan_scan **scans;   /* in the order of CREATE TABLE; set by the optimizer */
    uint32_t scan_count;
    enum dialect dialect;
    const char *dialect_reason; /* "CREATE TABLE t has a WITH key \"type\"" */
};

const char *plan_kind_name(enum plan_kind kind);

/* EXPLAIN: a tree per sink, one line an operator; shared parts are printed once. */
void plan_print_text(struct buf *out, const struct plan_job *job, struct str job_text);
void plan_print_json(struct buf *out, const struct plan_job *job, struct str job_text);
void plan_print_dot(struct buf *out, const struct plan_job *job);
void plan_print_mermaid(struct buf *out, const struct plan_job *job);
