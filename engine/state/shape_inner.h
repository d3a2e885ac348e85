/* shape_inner.h -- what shape.c and recode.c share. */
#pragma once

#include "state/shape.h"

/* NULL: none has that meaning, or it is 0. */
const struct shape_part *shape_part_find(const struct shape_part *parts, uint32_t count,
                                         uint64_t meaning);
/* The table of `shape` that is what `table` is in another shape; NULL: none. */
const struct shape_table *shape_table_like(const struct state_shape *shape,
                                           const struct shape_table *table);
/* Could shape_part_make() have made it? */
bool shape_code_is_good(struct str code);
