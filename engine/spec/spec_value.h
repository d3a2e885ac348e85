/* spec_value.h -- values of a test: SQL expressions brought to the type of a column,
 * compared, and shown as SQL would write them. */
#pragma once

#include "expr/function.h"
#include "spec/spec_parse.h"

struct clock;

struct spec_values {
    struct arena *arena; /* of what is made */
    const struct bind_env *env;
    const struct clock *clock;
    struct str text; /* of the test file */
};

/* The expression at `span`, as a value of the type.  What would be cut or rounded on the way is an
 * error, as is what is no value of the type. */
enum code spec_value_bind(const struct spec_values *cx, struct span span, const struct type *type,
                          struct value *ret, struct error *err) WEIR_CHECKED;

/* NULL equals NULL.  FLOAT and DOUBLE may differ by `tolerance`. */
bool spec_value_equal(const struct value *a, const struct value *b, double tolerance);

/* As a literal: 'it''s', X'0aff', NULL, ARRAY[1, 2]. */
void spec_value_print(struct buf *out, const struct value *value, const struct zone *zone);

/* A value that lives in `arena`. False when out of memory. */
bool spec_value_copy(struct arena *arena, const struct value *from, struct value *ret);
