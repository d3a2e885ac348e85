/* concat.h -- columns one behind the other. */
#pragma once

#include "types/column.h"

/* A new column with the rows of columns[0], then those of columns[1] ...; all of one physical
 * type.  Constants are spelled out; strings stay where they are. NULL when out of memory. */
struct column *column_concat(struct arena *arena, struct column *const *columns,
                             uint32_t n) WEIR_CHECKED;
