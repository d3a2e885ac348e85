/* schema.c -- see schema.h. */
#include "types/schema.h"

int schema_find(const struct schema *schema, struct str name)
{
    int found = -1;
    for (uint32_t i = 0; i < schema->count; i++) {
        if (str_eq(schema->fields[i].name, name))
            return (int)i;
        if (str_ieq(schema->fields[i].name, name))
            found = found == -1 ? (int)i : -2;
    }
    return found;
}
