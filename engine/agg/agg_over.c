/* agg_over.c -- see agg_over.h. */
#include "agg/agg_over.h"

#include "expr/cast.h"

static const struct agg_function functions[] = {
    [OVER_ROW_NUMBER] = { "ROW_NUMBER", DIALECT_BOTH, "ROW_NUMBER() OVER (...)",
                          "Number of the row in the order, from 1.", NULL },
    [OVER_RANK] = { "RANK", DIALECT_BOTH, "RANK() OVER (...)",
                    "Number of the first row that is equal in the order, which is one of event "
                    "time.",
                    NULL },
    [OVER_DENSE_RANK] = { "DENSE_RANK", DIALECT_BOTH, "DENSE_RANK() OVER (...)",
                          "The same, counting equal rows once.", NULL },
    [OVER_PERCENT_RANK] = { "PERCENT_RANK", DIALECT_BOTH, "PERCENT_RANK() OVER (...)",
                            "RANK as a share of the rows, from 0 to 1; refused, since a stream has "
                            "no end.",
                            NULL },
    [OVER_CUME_DIST] = { "CUME_DIST", DIALECT_BOTH, "CUME_DIST() OVER (...)",
                         "Share of the rows up to this one in the order; refused, since a stream "
                         "has no end.",
                         NULL },
    [OVER_NTILE] = { "NTILE", DIALECT_BOTH, "NTILE(n) OVER (...)",
                     "In which of n equal parts of the order the row is; refused, since a stream "
                     "has no end.",
                     NULL },
    [OVER_LAG] = { "LAG", DIALECT_BOTH, "LAG(value [, rows [, default]]) OVER (...)",
                   "The value of an earlier row.", NULL },
    [OVER_LEAD] = { "LEAD", DIALECT_BOTH, "LEAD(value [, rows [, default]]) OVER (...)",
                    "The value of a later row; refused, since it has not come yet.", NULL },
};

static enum over_function find(struct str name)
{
    for (size_t i = OVER_ROW_NUMBER; i < countof(functions); i++)
        if (str_iis(name, functions[i].name))
            return (enum over_function)i;
    return OVER_NONE;
}

bool agg_is_over_name(struct str name)
{
    return find(name) != OVER_NONE;
}

const struct agg_function *agg_over_function_at(uint32_t i)
{
    return i + 1 < countof(functions) ? &functions[i + 1] : NULL; /* [0] is OVER_NONE */
}

enum over_function agg_over_function(const struct agg *agg)
{
    for (size_t i = OVER_ROW_NUMBER; i < countof(functions); i++)
        if (agg->function == &functions[i])
            return (enum over_function)i;
    return OVER_NONE;
}

int64_t agg_over_rows(const struct agg *agg)
{
    return *(const int64_t *)agg->state;
}

static enum code check_args(enum over_function which, struct expr **args, uint32_t n,
                            struct span span, struct error *err)
{
    bool shift = which == OVER_LAG || which == OVER_LEAD;
    bool good = shift ? n >= 1 && n <= 3 : which == OVER_NTILE ? n == 1 : n == 0;
    if (!good) {
        error_at(err, E_TYPE, span, "function \"%s\" does not take %u arguments",
                 functions[which].name, n);
        error_hint(err, "The form is %s.", functions[which].signature);
        return E_TYPE;
    }
    int64_t rows;
    uint32_t at = shift ? 1 : 0;
    if (n > at && (shift || which == OVER_NTILE) &&
        (!expr_literal_i64(args[at], &rows) || rows < (shift ? 0 : 1)))
        return error_at(err, E_TYPE, args[at]->span,
                        "the number of %s is a whole number that does not change",
                        shift ? "rows" : "parts");
    return OK;
}

enum code agg_over_bind(const struct bind_env *env, struct str name, struct expr **args,
                        uint32_t arg_count, bool distinct, struct span span, struct agg **ret,
                        struct error *err)
{
    enum over_function which = find(name);
    if (which == OVER_NONE)
        return agg_bind(env, name, args, arg_count, distinct, span, ret, err);
    if (distinct)
        return error_at(err, E_TYPE, span, "function \"%s\" takes no DISTINCT",
                        functions[which].name);
    TRY(check_args(which, args, arg_count, span, err));
    struct agg *agg = arena_new(env->arena, struct agg);
    int64_t *rows = arena_new(env->arena, int64_t);
    if (!agg || !rows)
        return error_nomem(err);
    bool shift = which == OVER_LAG || which == OVER_LEAD;
    if (shift && arg_count == 3)
        TRY(expr_coerce(env, args[2], args[0]->type, &args[2], err));
    agg->function = &functions[which];
    agg->result = shift                                                   ? args[0]->type
                  : which == OVER_PERCENT_RANK || which == OVER_CUME_DIST ? &type_double
                                                                          : &type_bigint;
    agg->arg_count = arg_count;
    for (uint32_t i = 0; i < arg_count; i++)
        agg->args[i] = args[i]->type;
    agg->in_order = true;
    *rows = 1;
    if (shift && arg_count > 1)
        (void)expr_literal_i64(args[1], rows);
    agg->state = rows;
    agg->state_hash = (uint64_t)*rows;
    *ret = agg;
    return OK;
}
