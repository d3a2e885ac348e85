/* agg_count.c -- COUNT(*), COUNT(x), COUNT(x, y): rows where no argument is NULL. */
#include "agg/agg_inner.h"

static void reset(struct agg_run *run, char *row)
{
    const struct state_slot *slot = agg_slot(run, 0);
    *(int64_t *)state_at(row, slot) = 0;
    state_set_valid(row, slot, true);
}

/* Is an argument of this row NULL? */
AGG_INLINE bool has_null(const struct agg_run *run, const struct agg_steps *s, uint32_t row)
{
    for (uint32_t k = 0; k < run->agg->arg_count; k++)
        if (!column_is_valid(s->args[k], row))
            return true;
    return false;
}

AGG_INLINE void count_rows(struct agg_run *run, const struct agg_steps *s, bool nulls,
                           bool flagged, bool shown)
{
    const struct state_slot slot = *agg_slot(run, 0);
    int64_t *before = shown ? COLUMN_OUT(s->before, int64_t) : NULL;
    int64_t *after = shown ? COLUMN_OUT(s->after, int64_t) : NULL;
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = agg_flags(s, i, flagged);
        int64_t *count = state_at(s->rows[i], &slot);
        if (flagged && (flags & AGG_RESET)) {
            *count = 0;
            state_set_valid(s->rows[i], &slot, true);
        }
        if (shown)
            before[i] = *count;
        if (!(flags & AGG_SKIP) && !(nulls && has_null(run, s, agg_row(s, i))))
            *count += flagged && (flags & AGG_TAKE) ? -1 : 1;
        if (shown)
            after[i] = *count;
    }
}

AGG_INLINE enum code count_loop(struct agg_run *run, const struct agg_steps *s, bool flagged,
                                bool shown, struct error *err)
{
    (void)err;
    bool nulls = false;
    for (uint32_t k = 0; k < run->agg->arg_count; k++)
        nulls = nulls || column_has_nulls(s->args[k]);
    if (nulls)
        count_rows(run, s, true, flagged, shown);
    else
        count_rows(run, s, false, flagged, shown);
    return OK;
}
AGG_STEP(count)

static enum code result(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out,
                        struct error *err)
{
    (void)arena, (void)keys, (void)err;
    for (uint32_t i = 0; i < n; i++)
        COLUMN_OUT(out, int64_t)[i] = *(int64_t *)state_at(rows[i], agg_slot(run, 0));
    return OK;
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to_keys, (void)from_keys, (void)err;
    const struct state_slot *slot = agg_slot(run, 0);
    for (uint32_t i = 0; i < n; i++)
        *(int64_t *)state_at(to[i], slot) += *(int64_t *)state_at(from[i], slot);
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = reset, .step = count, .result = result, .merge = merge
};

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 0, AGG_ARGS_MAX, err));
    for (uint32_t i = 0; i < call->arg_count; i++)
        agg->args[i] = call->args[i]->type;
    agg->arg_count = call->arg_count;
    agg->result = &type_bigint;
    return OK;
}

static bool setup(struct agg *agg)
{
    agg->kernel = &kernel;
    agg->slots[0] = &type_bigint;
    agg->slot_count = 1;
    return true;
}

const struct agg_function agg_count_table[] = {
    { "COUNT", DIALECT_BOTH, "COUNT(*), COUNT([DISTINCT] value [, ...])",
      "The number of rows, or of rows whose values are not NULL.", resolve, setup },
    { 0 },
};
