/* datagen.h -- generators of values, one a column, as the options describe them. */
#pragma once

#include "connector/connector.h"

enum generator_kind {
    GENERATE_RANDOM,
    GENERATE_SEQUENCE,
    GENERATE_NOW, /* DATE and TIME: there is nothing to choose */
};

struct generator {
    enum generator_kind kind;
    const struct type *type;
    double null_rate;
    int64_t min;     /* integers and intervals; start of a sequence */
    int64_t max;     /* both ends belong to it */
    double min_real; /* floating numbers and decimals */
    double max_real;
    int64_t max_past_ms; /* timestamps */
    uint32_t length;     /* texts, bytes, arrays, maps */
    bool has_var_length;
    struct generator *children; /* as the type's */
};

/* Reads 'fields.NAME.*' for all columns; an option that fits no column is an error. */
enum code generators_read(struct arena *arena, const struct table_def *table,
                          struct generator **ret, struct error *err) WEIR_CHECKED;

/* How many rows the sequences allow; INT64_MAX without one. */
int64_t generators_rows_max(const struct generator *generators, uint32_t count);

/* Rows [first, first + n) of a column.  What comes out depends on the seed, the column and the
 * number of the row alone. */
enum code generator_make_column(const struct generator *g, struct arena *arena, uint64_t seed,
                                int64_t first, uint32_t n, int64_t now_us, struct column **ret,
                                struct error *err) WEIR_CHECKED;
