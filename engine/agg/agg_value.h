/* agg_value.h -- FIRST_VALUE and LAST_VALUE over rows that are taken back
 * (agg_value_tree.c). */
#pragma once

#include "agg/agg_inner.h"

/* Accumulator and kernel. */
void agg_value_tree(struct agg *agg, bool is_last);
