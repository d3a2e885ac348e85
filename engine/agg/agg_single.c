/* agg_single.c -- SINGLE_VALUE: the only row's value, an error when there are two, be it for a
 * moment.  It stands for a query used as a value that looks at the row around it. */
#include "agg/agg_inner.h"

enum { SLOT_VALUE, SLOT_COUNT };

static inline int64_t *count_at(const struct agg_run *run, char *row)
{
    return state_at(row, agg_slot(run, SLOT_COUNT));
}

static void reset(struct agg_run *run, char *row)
{
    state_set_valid(row, agg_slot(run, SLOT_VALUE), false);
    *count_at(run, row) = 0;
    state_set_valid(row, agg_slot(run, SLOT_COUNT), true);
}

static enum code check(const struct agg_run *run, char *row, struct error *err)
{
    if (*count_at(run, row) < 2)
        return OK;
    return error_set(err, E_DATA, "a query used as a value has given more than one row");
}

static enum code change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                        struct error *err)
{
    char *row = s->rows[i];
    uint32_t at = agg_row(s, i);
    const struct state_slot *slot = agg_slot(run, SLOT_VALUE);
    *count_at(run, row) += take ? -1 : 1;
    TRY(check(run, row, err));
    if (!take)
        return state_put(run->heap, row, slot, s->args[0], at, err);
    state_set_valid(row, slot, false);
    return OK;
}

static enum code step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    const struct state_slot *slot = agg_slot(run, SLOT_VALUE);
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = s->flags ? s->flags[i] : 0;
        if (flags & AGG_RESET)
            reset(run, s->rows[i]);
        if (s->before && !state_get(s->arena, s->rows[i], slot, s->before, i))
            return error_nomem(err);
        if (!(flags & AGG_SKIP))
            TRY(change(run, s, i, flags & AGG_TAKE, err));
        if (s->after && !state_get(s->arena, s->rows[i], slot, s->after, i))
            return error_nomem(err);
    }
    return OK;
}

static enum code result(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out, struct error *err)
{
    (void)keys;
    for (uint32_t i = 0; i < n; i++)
        if (!state_get(arena, rows[i], agg_slot(run, SLOT_VALUE), out, i))
            return error_nomem(err);
    return OK;
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to_keys, (void)from_keys;
    for (uint32_t i = 0; i < n; i++) {
        *count_at(run, to[i]) += *count_at(run, from[i]);
        TRY(check(run, to[i], err));
        if (*count_at(run, from[i]) > 0)
            TRY(state_copy(run->heap, run->layout, run->slot + SLOT_VALUE, 1, to[i], from[i], err));
    }
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = reset, .step = step, .result = result, .merge = merge
};

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    return agg_take_argument(agg, call, err);
}

static bool setup(struct agg *agg)
{
    agg->kernel = &kernel;
    agg->slots[SLOT_VALUE] = agg->args[0];
    agg->slots[SLOT_COUNT] = &type_bigint;
    agg->slot_count = 2;
    return true;
}

const struct agg_function agg_single_table[] = {
    { "SINGLE_VALUE", DIALECT_BOTH, "SINGLE_VALUE(value)",
      "The value of the only row; more than one row is an error.", resolve, setup },
    { 0 },
};
