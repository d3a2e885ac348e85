/* builtin.c -- the tables of all scalar functions, and how a name is found in them.
 *
 * A name may stand twice with different dialects; nothing else may: the test of the
 * registry holds the tables to that.  The scan is linear, which for a few hundred
 * names costs less than a microsecond a call and happens at bind time only. */
#include "expr/function.h"

static const struct function *const builtin_tables[] = {
    fn_compare_table, fn_logic_table, fn_arith_table, fn_math_table,       fn_string_table,
    fn_regex_table,   fn_hash_table,  fn_time_table,  fn_collection_table, fn_json_table,
};

const struct function *function_find(struct str name, enum dialect dialect)
{
    for (size_t t = 0; t < countof(builtin_tables); t++)
        for (const struct function *f = builtin_tables[t]; f->name; f++)
            if ((f->dialects & dialect) && str_iis(name, f->name))
                return f;
    return NULL;
}

const struct function *function_at(uint32_t i)
{
    for (size_t t = 0; t < countof(builtin_tables); t++)
        for (const struct function *f = builtin_tables[t]; f->name; f++)
            if (i-- == 0)
                return f;
    return NULL;
}
