/* agg_over.h -- functions that only OVER has: numbers of rows, values of other rows.
 *
 * They are no aggregates: the operator computes them from the order of rows.  In a plan
 * they are calls all the same, with an agg whose kernel is NULL. */
#pragma once

#include "agg/agg.h"

enum over_function {
    OVER_NONE, /* an aggregate */
    OVER_ROW_NUMBER,
    OVER_RANK,
    OVER_DENSE_RANK,
    OVER_PERCENT_RANK,
    OVER_CUME_DIST,
    OVER_NTILE,
    OVER_LAG,
    OVER_LEAD,
};

/* Which of them a resolved call is. */
enum over_function agg_over_function(const struct agg *agg);
bool agg_is_over_name(struct str name);
/* LAG, LEAD: how many rows away. */
int64_t agg_over_rows(const struct agg *agg);
const struct agg_function *agg_over_function_at(uint32_t i); /* NULL past the end: for help */
/* As agg_bind(), for these names; other names are aggregates. */
enum code agg_over_bind(const struct bind_env *env, struct str name, struct expr **args,
                        uint32_t arg_count, bool distinct, struct span span, struct agg **ret,
                        struct error *err) WEIR_CHECKED;
