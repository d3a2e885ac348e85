/* help_function.h -- functions and operators in `weir help`. */
#pragma once

#include "base/str.h"

void help_put_functions(struct buf *out);
/* Those of one category, such as "math"; false: there is none of that name. */
bool help_put_function_group(struct buf *out, struct str category);
/* False: there is none of that name. */
bool help_put_function(struct buf *out, struct str name);
/* The same for functions over groups, over other rows, and those that give rows. */
bool help_put_row_function(struct buf *out, struct str name);
