/* value.h -- a single value: literals, options, results.  Not for rows in bulk. */
#pragma once

#include "types/column.h"

struct value {
    const struct type *type;
    bool is_null;
    union {
        int64_t i64;   /* BOOLEAN, integers, DATE, TIME, timestamps, intervals */
        double f64;    /* FLOAT, DOUBLE */
        int128 i128;   /* DECIMAL, unscaled, any precision */
        struct str str; /* strings and binaries; borrowed */
        struct {       /* ARRAY: items; MAP: keys and values alternating; ROW: fields */
            const struct value *items;
            uint32_t count;
        } list;
    };
};

/* Reads one row of a column; strings are borrowed from it, nested items come from the arena
 * (NULL arena is fine for types that are not nested). False when out of memory. */
bool value_from_column(const struct column *column, uint32_t row, struct arena *arena,
                       struct value *ret);
/* A constant column of `count` rows. NULL when out of memory. */
struct column *value_to_column(struct arena *arena, const struct value *value, uint32_t count);
bool value_equal(const struct value *a, const struct value *b);

/* Text of a value as a result cell shows it (also the basis of CAST to string): see text.h. */
