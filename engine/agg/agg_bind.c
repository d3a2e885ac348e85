/* agg_bind.c -- the registry of aggregates, and how a call finds its kernel. */
#include "agg/agg.h"

enum code agg_set_takes_back(struct arena *arena, struct agg *agg, struct span span,
                             struct error *err)
{
    (void)arena;
    if (agg->takes_back)
        return OK;
    return error_at(err, E_UNSUPPORTED, span, "%s over rows that are taken back cannot run in this "
                    "version of weir", agg->function->name);
}

static const char *const names[] = {
    "COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE",
};

bool agg_is_name(struct str name, enum dialect dialect)
{
    (void)dialect;
    for (size_t i = 0; i < countof(names); i++)
        if (str_iis(name, names[i]))
            return true;
    return false;
}

enum code agg_bind(const struct bind_env *env, struct str name, struct expr **args,
                   uint32_t arg_count, bool distinct, struct span span, struct agg **ret,
                   struct error *err)
{
    (void)env, (void)args, (void)arg_count, (void)distinct, (void)ret;
    return error_at(err, E_UNSUPPORTED, span,
                    "the aggregate or window function " STR_FMT
                    " cannot run in this version of weir", STR_ARG(name));
}
