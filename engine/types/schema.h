/* schema.h -- named, typed columns; which of them is the key and the event time. */
#pragma once

#include "types/type.h"

struct field {
    struct str name;
    const struct type *type;
};

struct schema {
    const struct field *fields;
    uint32_t count;
    const uint32_t *key; /* columns of the PRIMARY KEY, NULL without one */
    uint32_t key_count;
};

/* Index of a column by exact name, then by case-insensitive name (blink-dialect R-18);
 * -1 when there is none, -2 when several match without case. */
int schema_find(const struct schema *schema, struct str name);
