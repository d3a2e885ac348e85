/* bind.h -- from syntax tree to plan: names become columns, calls become kernels,
 * types and dialects are settled.  After binding nobody knows the text any more,
 * only spans, and nobody knows the dialect.
 *
 * One binder serves one job: DDL statements put tables and views into the catalog
 * as they come, INSERTs and SELECTs add sinks to the job, binder_finish() hands it
 * over.  Everything is made in the arena given. */
#pragma once

#include "catalog/catalog.h"
#include "expr/function.h"
#include "plan/plan.h"

struct ast_create_table;
struct ast_create_view;
struct ast_insert;
struct ast_node;
struct ast_query;
struct binder;

/* A table with the profile applied: what is really opened. */
struct resolved_table {
    const struct connector *connector;
    const struct option *options;
    uint32_t option_count;
    struct str data_dir;      /* of the local profile */
    const char *on_error;     /* "skip", "fail" or "route"; NULL: the dialect's default */
    struct str dead_letter;   /* table name, with route */
    struct str late_table;    /* for late rows; empty: none */
};

/* What the binder asks the session; sessions know profiles, binders do not. */
struct bind_hooks {
    void *self;
    /* E_OPTION / E_NAME when there is no such connector, the options are wrong ... */
    enum code (*resolve_table)(void *self, const struct catalog_table *table, bool as_sink,
                               struct resolved_table *ret, struct error *err);
    /* A diagnostic that does not stop the job: has a span like an error. */
    void (*warn)(void *self, const struct error *warning);
    /* Takes an error behind which binding goes on, to find others in the same statement, which then
     * fails with an error that is_told.  NULL: the first one ends it. */
    void (*found)(void *self, const struct error *err);
    bool keeps_ms; /* see struct table_def */
    const struct clock *clock;
    /* Event time of the tables bound from now on: see struct plan_watermark. */
    int64_t idle_ms, future_ms;
};

struct binder *binder_create(const struct bind_env *env, struct catalog *catalog,
                             const struct bind_hooks *hooks) WEIR_CHECKED;

enum code bind_create_table(struct binder *b, const struct ast_create_table *node,
                            struct error *err) WEIR_CHECKED;
/* CREATE TABLE ... AS: the table, and an INSERT into it. */
enum code bind_create_as(struct binder *b, const struct ast_create_table *node,
                         struct error *err) WEIR_CHECKED;
enum code bind_create_view(struct binder *b, const struct ast_create_view *node,
                           struct error *err) WEIR_CHECKED;
enum code bind_insert(struct binder *b, const struct ast_insert *node, struct error *err)
    WEIR_CHECKED;
/* A SELECT that is a statement of its own. */
enum code bind_result(struct binder *b, const struct ast_query *node, struct error *err)
    WEIR_CHECKED;

/* The job of all INSERTs and SELECTs so far; not optimized yet. */
enum code binder_finish(struct binder *b, struct plan_job **ret, struct error *err) WEIR_CHECKED;

/* An expression without columns: `weir help` examples, tests. */
enum code bind_scalar(const struct bind_env *env, const struct ast_node *node, struct expr **ret,
                      struct error *err) WEIR_CHECKED;

/* The columns a query would give, for DESCRIBE of a view; plan nodes made are dropped. */
enum code bind_query_schema(struct binder *b, const struct ast_query *node,
                            struct schema *ret, struct error *err) WEIR_CHECKED;

/* The i-th name of a simple type, NULL past the end: for completion. */
const char *bind_type_name_at(uint32_t i);
