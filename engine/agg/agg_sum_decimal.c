/* agg_sum_decimal.c -- SUM and AVG of DECIMAL(p, s): a sum of DECIMAL(38, s).
 *
 * A sum that needs more digits is NULL, and as in Flink the next value starts it anew.
 * AVG rounds once, HALF_UP, to the scale of its result. */
#include "agg/agg_sum.h"

#include "types/decimal.h"

enum what { WHAT_SUM, WHAT_COUNTED, WHAT_AVG };

AGG_INLINE bool put(struct agg_run *run, const struct sum_at *at, enum what what, char *row,
                    struct column *out, struct arena *arena, uint32_t i)
{
    int128 value = *(int128 *)(row + at->sum);
    bool valid = sum_is_valid(at, row);
    if (what != WHAT_SUM)
        valid = valid && *sum_count(at, row) != 0;
    if (what == WHAT_AVG && valid) {
        const struct type *to = run->agg->result;
        valid = decimal_div(value, agg_slot(run, 0)->type->scale, *sum_count(at, row), 0,
                            to->precision, to->scale, &value);
    }
    COLUMN_OUT(out, int128)[i] = valid ? value : 0;
    return valid || agg_put_null(out, arena, i);
}

AGG_INLINE void add(const struct sum_at *at, char *row, int128 value)
{
    int128 *sum = (int128 *)(row + at->sum);
    if (__builtin_add_overflow(*sum, value, sum) || !decimal_fits(*sum, DECIMAL_MAX_PRECISION)) {
        *sum = 0;
        sum_set_null(at, row);
        return;
    }
    sum_set_valid(at, row);
}

AGG_INLINE void clear(struct agg_run *run, const struct sum_at *at, enum what what, char *row)
{
    *(int128 *)(row + at->sum) = 0;
    sum_set_null(at, row);
    if (what == WHAT_SUM)
        return;
    *sum_count(at, row) = 0;
    state_set_valid(row, agg_slot(run, 1), true);
}

AGG_INLINE enum code decimal_loop(struct agg_run *run, const struct agg_steps *s, enum what what,
                                  struct error *err)
{
    const struct sum_at at = sum_at(run);
    const struct column *arg = s->args[0];
    bool wide = type_phys(arg->type) == PHYS_I128;
    for (uint32_t i = 0; i < s->n; i++) {
        char *row = s->rows[i];
        unsigned flags = s->flags ? s->flags[i] : 0;
        uint32_t slot = agg_row(s, i);
        if (flags & AGG_RESET)
            clear(run, &at, what, row);
        if (s->before && !put(run, &at, what, row, s->before, s->arena, i))
            return error_nomem(err);
        if (!(flags & AGG_SKIP) && column_is_valid(arg, slot)) {
            int128 value = decimal_at(arg, slot, wide);
            add(&at, row, flags & AGG_TAKE ? -value : value);
            if (what != WHAT_SUM)
                *sum_count(&at, row) += flags & AGG_TAKE ? -1 : 1;
        }
        if (s->after && !put(run, &at, what, row, s->after, s->arena, i))
            return error_nomem(err);
    }
    return OK;
}

#define DECIMAL_KERNEL(name, what)                                                                 \
    static void name##_reset(struct agg_run *run, char *row)                                       \
    {                                                                                              \
        const struct sum_at at = sum_at(run);                                                      \
        clear(run, &at, what, row);                                                                \
    }                                                                                              \
    static enum code name##_step(struct agg_run *run, const struct agg_steps *s,                   \
                                 struct error *err)                                                \
    {                                                                                              \
        return decimal_loop(run, s, what, err);                                                    \
    }                                                                                              \
    static enum code name##_result(struct agg_run *run, struct arena *arena, char *const *rows,    \
                                   const struct str *keys, uint32_t n, struct column *out,         \
                                   struct error *err)                                              \
    {                                                                                              \
        (void)keys;                                                                                \
        const struct sum_at at = sum_at(run);                                                      \
        for (uint32_t i = 0; i < n; i++)                                                           \
            if (!put(run, &at, what, rows[i], out, arena, i))                                      \
                return error_nomem(err);                                                           \
        return OK;                                                                                 \
    }                                                                                              \
    const struct agg_kernel name = { .reset = name##_reset,                                        \
                                     .step = name##_step,                                          \
                                     .result = name##_result,                                      \
                                     .merge = merge }

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to_keys, (void)from_keys, (void)err;
    const struct sum_at at = sum_at(run);
    for (uint32_t i = 0; i < n; i++) {
        if (sum_is_valid(&at, from[i]))
            add(&at, to[i], *(int128 *)(from[i] + at.sum));
        if (run->agg->slot_count > 1)
            *sum_count(&at, to[i]) += *sum_count(&at, from[i]);
    }
    return OK;
}

DECIMAL_KERNEL(agg_sum_decimal, WHAT_SUM);
DECIMAL_KERNEL(agg_sum_decimal_counted, WHAT_COUNTED);
DECIMAL_KERNEL(agg_avg_decimal, WHAT_AVG);
