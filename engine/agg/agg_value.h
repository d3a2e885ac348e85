/* agg_value.h -- FIRST_VALUE and LAST_VALUE over rows that are taken back
 * (agg_value_tree.c). */
#pragma once

#include "agg/agg_inner.h"

extern const struct agg_kernel agg_first_tree, agg_last_tree;
