/* help_rows.h -- examples of functions over several rows: aggregates, OVER, table functions. */
#pragma once

#include "base/str.h"

struct help_rows {
    const char *name;   /* upper case */
    const char *query;  /* whole, without ";" */
    const char *result; /* its values, row by row, with ", " between them */
};

/* NULL: there is none; whatever the case. */
const struct help_rows *help_rows_find(struct str name);
