/* table_function.h -- functions that make rows of a row's values: UNNEST, STRING_SPLIT,
 * GENERATE_SERIES ...
 *
 * The binder resolves a call (types, names of the columns it gives, casts of its
 * arguments); arguments are computed as columns below, the operator calls the kernel.
 * A kernel makes some rows at a time and says where it goes on, so a call that gives a
 * billion rows takes no memory. */
#pragma once

#include "expr/function.h"

enum { TABLE_FUNCTION_COLUMNS_MAX = 256 };

/* Where the rows of an input batch go on. */
struct table_place {
    uint32_t row;  /* of the selected rows */
    uint64_t item; /* rows that this one has given already */
};

struct table_run {
    struct arena *arena;      /* of the batch */
    struct arena *op_arena;
    void **scratch;           /* one pointer of its own, NULL at first */
    const void *state;
    struct column *const *args;
    uint32_t arg_count;
    const uint32_t *sel;      /* rows in the columns; NULL: i */
    uint32_t n;
};
struct table_rows {
    uint32_t count;
    uint32_t *parents;        /* of the selected rows, ascending; room for `most` */
    int32_t *ordinals;        /* from 1 within the parent; room for `most` */
    struct column **columns;  /* set by the kernel */
};
/* At most `most` rows from *place on; *place->row is run->n when all are made. */
typedef enum code (*table_kernel)(const struct table_run *run, struct table_place *place,
                                  uint32_t most, struct table_rows *out, struct error *err);

/* In and out of a resolve function. */
struct table_call {
    const struct bind_env *env;
    struct span span;
    struct expr **args;
    uint32_t arg_count;
    const struct type *types[TABLE_FUNCTION_COLUMNS_MAX];
    struct str names[TABLE_FUNCTION_COLUMNS_MAX];
    uint32_t column_count;
    const void *state;
};

struct table_function {
    const char *name;         /* a name with a blank in front cannot be called */
    unsigned dialects;
    const char *signature;
    const char *summary;
    enum code (*resolve)(struct table_call *call, struct error *err);
    table_kernel kernel;
};

/* NULL if the dialect has none of that name. */
const struct table_function *table_function_find(struct str name, enum dialect dialect);
const struct table_function *table_function_at(uint32_t i); /* NULL past the end: for help */
extern const struct table_function table_function_unnest;
/* (n, a, b ...): the row (a, b ...) n times; none for n <= 0 or NULL. */
extern const struct table_function table_function_repeat;
