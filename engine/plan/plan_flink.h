/* plan_flink.h -- inside of EXPLAIN in Flink's form: expressions, types and names as Flink prints
 * them. */
#pragma once

#include "plan/plan.h"

/* Names of a node's columns as they are in Flink's plan. */
struct flink_names {
    const struct str *items;
    uint32_t count;
};

enum flink_style {
    FLINK_EXECUTION, /* "((a > 10) AND (b = 'x'))" */
    FLINK_PHYSICAL,  /* "AND(>(a, 10), =(b, _UTF-16LE'x'))" */
    FLINK_LOGICAL,   /* the same with "$0" for columns */
};

void flink_print_expr(struct buf *out, const struct expr *e, const struct flink_names *names,
                      enum flink_style style);
/* "VARCHAR(2147483647)" */
void flink_print_type(struct buf *out, const struct type *type);
/* "10 min", "1 h" */
void flink_print_size(struct buf *out, int64_t us);
