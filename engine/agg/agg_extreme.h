/* agg_extreme.h -- MIN and MAX over rows that are taken back (agg_extreme_tree.c). */
#pragma once

#include "agg/agg_inner.h"

extern const struct agg_kernel agg_min_tree, agg_max_tree;
