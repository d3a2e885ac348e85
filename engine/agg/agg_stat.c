/* agg_stat.c -- STDDEV_POP, STDDEV_SAMP, VAR_POP, VAR_SAMP: Welford's sums, as Flink 2.
 *
 * Slots: number of values, their mean, and the sum of squared distances from it.  The
 * result has the type that AVG has in Flink: of integers it is cut to an integer. */
#include "agg/agg_inner.h"

#include "types/decimal.h"

#include <math.h>

struct form {
    bool sample; /* divided by n - 1 */
    bool root;
};

struct moments {
    int64_t n;
    double mean, m2;
};

static const struct form forms[] = {
    { false, false }, { true, false }, { false, true }, { true, true }
};

static struct moments load(const struct agg_run *run, char *row)
{
    return (struct moments){ *(int64_t *)state_at(row, agg_slot(run, 0)),
                             *(double *)state_at(row, agg_slot(run, 1)),
                             *(double *)state_at(row, agg_slot(run, 2)) };
}

static void store(const struct agg_run *run, char *row, struct moments m)
{
    *(int64_t *)state_at(row, agg_slot(run, 0)) = m.n;
    *(double *)state_at(row, agg_slot(run, 1)) = m.mean;
    *(double *)state_at(row, agg_slot(run, 2)) = m.m2;
}

static void reset(struct agg_run *run, char *row)
{
    store(run, row, (struct moments){ 0, 0, 0 });
    for (uint32_t i = 0; i < 3; i++)
        state_set_valid(row, agg_slot(run, i), true);
}

static void add(struct moments *m, double value)
{
    if (++m->n <= 0)
        return;
    double distance = value - m->mean;
    m->mean += distance / (double)m->n;
    m->m2 += distance * (value - m->mean);
}

static void take(struct moments *m, double value)
{
    if (--m->n <= 0) {
        m->mean = m->m2 = 0;
        return;
    }
    double distance = value - m->mean;
    m->mean -= distance / (double)m->n;
    m->m2 -= (value - m->mean) * distance;
}

/* As Java converts: cut, and what does not fit becomes the limit. */
static int64_t cut(double value, int64_t lowest, int64_t highest)
{
    if (isnan(value))
        return 0;
    if (value <= (double)lowest)
        return lowest;
    return value >= (double)highest ? highest : (int64_t)value;
}

static bool put_as(const struct type *type, double value, struct column *out, uint32_t i)
{
    int128 decimal = 0;
    switch (type->id) {
    case TYPE_TINYINT: /* Java goes through int */
        COLUMN_OUT(out, int8_t)[i] = (int8_t)cut(value, INT32_MIN, INT32_MAX);
        return true;
    case TYPE_SMALLINT:
        COLUMN_OUT(out, int16_t)[i] = (int16_t)cut(value, INT32_MIN, INT32_MAX);
        return true;
    case TYPE_INT:
        COLUMN_OUT(out, int32_t)[i] = (int32_t)cut(value, INT32_MIN, INT32_MAX);
        return true;
    case TYPE_BIGINT:
        COLUMN_OUT(out, int64_t)[i] = cut(value, INT64_MIN, INT64_MAX);
        return true;
    case TYPE_FLOAT:
        COLUMN_OUT(out, float)[i] = (float)value;
        return true;
    case TYPE_DOUBLE:
        COLUMN_OUT(out, double)[i] = value;
        return true;
    default: {
        bool fits = decimal_from_double(value, type->precision, type->scale, &decimal);
        COLUMN_OUT(out, int128)[i] = fits ? decimal : 0;
        return fits;
    }
    }
}

static bool put(const struct agg_run *run, struct moments m, struct column *out,
                struct arena *arena, uint32_t i)
{
    const struct form *form = run->agg->state;
    int64_t by = form->sample ? m.n - 1 : m.n;
    bool valid = m.n > 0 && by > 0 && !(m.m2 < 0);
    double value = valid ? m.m2 / (double)by : 0;
    bool fits = put_as(run->agg->result, form->root ? sqrt(value) : value, out, i);
    return (valid && fits) || agg_put_null(out, arena, i);
}

static enum code step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    const struct column *arg = s->args[0];
    for (uint32_t i = 0; i < s->n; i++) {
        char *row = s->rows[i];
        unsigned flags = s->flags ? s->flags[i] : 0;
        uint32_t at = agg_row(s, i);
        if (flags & AGG_RESET)
            reset(run, row);
        struct moments m = load(run, row);
        if (s->before && !put(run, m, s->before, s->arena, i))
            return error_nomem(err);
        if (!(flags & AGG_SKIP) && column_is_valid(arg, at)) {
            double value = COLUMN_AT(arg, double, at);
            if (flags & AGG_TAKE)
                take(&m, value);
            else
                add(&m, value);
            store(run, row, m);
        }
        if (s->after && !put(run, m, s->after, s->arena, i))
            return error_nomem(err);
    }
    return OK;
}

static enum code result(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out,
                        struct error *err)
{
    (void)keys;
    for (uint32_t i = 0; i < n; i++)
        if (!put(run, load(run, rows[i]), out, arena, i))
            return error_nomem(err);
    return OK;
}

static struct moments merged(struct moments a, struct moments b)
{
    if (b.n <= 0)
        return (struct moments){ a.n + b.n, a.n + b.n > 0 ? a.mean : 0, a.n + b.n > 0 ? a.m2 : 0 };
    if (a.n == 0)
        return b;
    int64_t n = a.n + b.n;
    double distance = b.mean - a.mean;
    return (struct moments){ n, a.mean + (double)b.n / (double)n * distance,
                             a.m2 + b.m2 +
                                 (double)a.n * (double)b.n / (double)n * distance * distance };
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to_keys, (void)from_keys, (void)err;
    for (uint32_t i = 0; i < n; i++)
        store(run, to[i], merged(load(run, to[i]), load(run, from[i])));
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = reset, .step = step, .result = result, .merge = merge
};

static enum code resolve(struct agg *agg, struct call *call, uint32_t form, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(agg_take_number(agg, call, err));
    const struct type *type = agg->args[0];
    if (type->id == TYPE_DECIMAL) {
        int precision, scale;
        decimal_type_avg(type->precision, type->scale, &precision, &scale);
        agg->result = type_make(call->env->arena, TYPE_DECIMAL, precision, scale);
        if (!agg->result)
            return error_nomem(err);
    }
    TRY(call_cast(call, 0, &type_double, err));
    agg->args[0] = &type_double;
    agg->state = &forms[form];
    agg->state_hash = form;
    return OK;
}

#define RESOLVE(name, form)                                                                        \
    static enum code name(struct agg *agg, struct call *call, struct error *err)                   \
    {                                                                                              \
        return resolve(agg, call, form, err);                                                      \
    }
RESOLVE(resolve_var_pop, 0)
RESOLVE(resolve_var_samp, 1)
RESOLVE(resolve_stddev_pop, 2)
RESOLVE(resolve_stddev_samp, 3)

static bool setup(struct agg *agg)
{
    agg->kernel = &kernel;
    agg->slots[0] = &type_bigint;
    agg->slots[1] = agg->slots[2] = &type_double;
    agg->slot_count = 3;
    return true;
}

/* clang-format off */
const struct agg_function agg_stat_table[] = {
    { "STDDEV_POP", DIALECT_BOTH, "STDDEV_POP([DISTINCT] number)", "The standard deviation of all values that are not NULL.", resolve_stddev_pop, setup },
    { "STDDEV_SAMP", DIALECT_BOTH, "STDDEV_SAMP([DISTINCT] number)", "The standard deviation as estimated from a sample; NULL of one value.", resolve_stddev_samp, setup },
    { "STDDEV", DIALECT_BOTH, "STDDEV([DISTINCT] number)", "STDDEV_SAMP by another name.", resolve_stddev_samp, setup },
    { "VAR_POP", DIALECT_BOTH, "VAR_POP([DISTINCT] number)", "The variance of all values that are not NULL.", resolve_var_pop, setup },
    { "VAR_SAMP", DIALECT_BOTH, "VAR_SAMP([DISTINCT] number)", "The variance as estimated from a sample; NULL of one value.", resolve_var_samp, setup },
    { "VARIANCE", DIALECT_BOTH, "VARIANCE([DISTINCT] number)", "VAR_SAMP by another name.", resolve_var_samp, setup },
    { 0 },
};
/* clang-format on */
