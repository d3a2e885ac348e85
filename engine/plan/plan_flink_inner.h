/* plan_flink_inner.h -- what the files of Flink's EXPLAIN share: the tree that is printed, and how
 * its nodes are made from ours. */
#pragma once

#include "plan/plan_flink.h"

/* A line of Flink's plan. */
struct flink_node {
    struct str text;
    struct flink_node *inputs[2];
    uint32_t input_count;
    uint32_t readers;
    uint32_t reuse_id; /* 0: read once, or not printed yet */
    bool printed;
};

struct flink {
    struct arena *arena;
    const struct plan_job *job;
    enum flink_style style;
    struct flink_node **made;  /* by plan id */
    struct flink_names *names; /* by plan id: of the output */
    struct buf text;           /* of the node under way */
    bool failed;
};

/* Which columns a list names; `out` gets "[a, b]". */
void flink_put_columns(struct buf *out, const struct flink_names *names, const uint32_t *columns,
                       uint32_t count);
void flink_put_names(struct buf *out, const struct flink_names *names);
/* A node of what is in f->text; NULL: out of memory. */
struct flink_node *flink_node_make(struct flink *f, struct flink_node *a, struct flink_node *b);
/* Exchange by columns of a node that is there, or to one task. */
struct flink_node *flink_exchange(struct flink *f, struct flink_node *input,
                                  const struct flink_names *names, const uint32_t *columns,
                                  uint32_t count);
/* Our node and all below it; NULL: out of memory. */
struct flink_node *flink_build(struct flink *f, const struct plan *node);
const struct flink_names *flink_names_of(const struct flink *f, const struct plan *node);
/* How the column is called where it is read; else "EXPR$1". */
struct str flink_alias(struct flink *f, const struct plan *node, uint32_t column);

/* plan_flink_state.c: operators that keep something; NULL as from flink_build(). */
struct flink_node *flink_build_stateful(struct flink *f, const struct plan *node);
/* Room for the names of a node's columns, which are then f->names[id]; NULL: out of memory. */
struct str *flink_new_names(struct flink *f, const struct plan *node);
/* "Rank(", or "LogicalRank(" */
void flink_put_logical(struct flink *f, const char *name);

/* plan_flink_group.c: aggregates and windows. */
struct flink_node *flink_build_group(struct flink *f, const struct plan_group *plan);
struct flink_node *flink_build_window(struct flink *f, const struct plan_window *plan);
struct flink_node *flink_build_assign(struct flink *f, const struct plan_assign *plan);
void flink_put_call(struct flink *f, const struct agg_call *call, const struct flink_names *names);
