/* agg_bind.c -- the registry of aggregates, and how a call finds its kernel. */
#include "agg/agg_inner.h"

#include "base/hash.h"

static const struct agg_function *const tables[] = {
    agg_count_table, agg_sum_table,   agg_extreme_table, agg_value_table,
    agg_text_table,  agg_array_table, agg_collect_table, agg_stat_table,
    agg_json_table,  agg_approx_table, agg_single_table,
    agg_percentile_table,
};

/* --- the registry --------------------------------------------------------------------------- */

const struct agg_function *agg_function_at(uint32_t i)
{
    for (size_t t = 0; t < countof(tables); t++)
        for (const struct agg_function *f = tables[t]; f->name; f++)
            if (i-- == 0)
                return f;
    return NULL;
}

const struct agg_function *agg_function_find(struct str name, enum dialect dialect)
{
    for (size_t t = 0; t < countof(tables); t++)
        for (const struct agg_function *f = tables[t]; f->name; f++)
            if ((f->dialects & dialect) && str_iis(name, f->name))
                return f;
    return NULL;
}

bool agg_is_name(struct str name, enum dialect dialect)
{
    return agg_function_find(name, dialect) != NULL;
}

/* --- arguments ------------------------------------------------------------------------------ */

/* A type as results have it: it may be NULL, and is no time attribute. */
static const struct type *plain_type(struct arena *arena, const struct type *type)
{
    if (!type->not_null && type->time_attribute == TIME_PLAIN)
        return type;
    struct type *plain = arena_alloc(arena, sizeof *plain);
    if (!plain)
        return NULL;
    *plain = *type;
    plain->not_null = false;
    plain->time_attribute = TIME_PLAIN;
    return plain;
}

enum code agg_take_argument(struct agg *agg, struct call *call, struct error *err)
{
    if (call->args[0]->type->id == TYPE_NULL)
        return call_reject(call, err);
    agg->args[0] = plain_type(call->env->arena, call->args[0]->type);
    agg->arg_count = 1;
    agg->result = agg->args[0];
    return agg->result ? OK : error_nomem(err);
}

enum code agg_take_number(struct agg *agg, struct call *call, struct error *err)
{
    if (call_is_blink(call) && type_is_string(call->args[0]->type))
        TRY(call_coerce(call, 0, &type_double, err));
    if (!type_is_numeric(call->args[0]->type))
        return call_reject(call, err);
    return agg_take_argument(agg, call, err);
}

/* --- binding -------------------------------------------------------------------------------- */

/* The kernel for input that only adds always exists. */
static void set_up(struct agg *agg)
{
    agg->takes_back = false;
    agg->function->setup(agg);
}

enum code agg_bind(const struct bind_env *env, struct str name, struct expr **args,
                   uint32_t arg_count, bool distinct, struct span span, struct agg **ret,
                   struct error *err)
{
    const struct agg_function *function = agg_function_find(name, env->dialect);
    if (!function)
        return error_at(err, E_NAME, span, "aggregate function \"" STR_FMT "\" does not exist",
                        STR_ARG(name));
    /* The messages about arguments are those of scalar functions. */
    struct function *shown = arena_new(env->arena, struct function);
    struct agg *agg = arena_new(env->arena, struct agg);
    if (!shown || !agg)
        return error_nomem(err);
    *shown = (struct function){ .name = function->name, .signature = function->signature };
    struct call call = {
        .env = env, .function = shown, .span = span, .args = args, .arg_count = arg_count
    };
    if (arg_count > AGG_ARGS_MAX)
        return call_arity(&call, 1, AGG_ARGS_MAX, err);
    agg->function = function;
    enum code code = function->resolve(agg, &call, err);
    if (code == OK && distinct && agg->arg_count == 0)
        code = error_at(err, E_TYPE, span, "DISTINCT needs an argument");
    if (code != OK) {
        error_locate(err, span);
        return code;
    }
    set_up(agg);
    *ret = agg;
    return OK;
}

enum code agg_set_takes_back(struct arena *arena, struct agg *agg, struct span span,
                             struct error *err)
{
    (void)arena; /* accumulators need no memory so far */
    if (agg->takes_back)
        return OK;
    agg->takes_back = true;
    if (agg->function->setup(agg))
        return OK;
    set_up(agg);
    error_at(err, E_PLAN, span, "%s cannot take rows back, and its input updates or deletes rows",
             agg->function->name);
    if (strcmp(agg->function->name, "APPROX_COUNT_DISTINCT") == 0)
        error_hint(err, "COUNT(DISTINCT ...) can: it counts exactly and remembers each value.");
    else
        error_hint(err, "Use a function that can, or make the input append-only.");
    return E_PLAN;
}
