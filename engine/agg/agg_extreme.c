/* agg_extreme.c -- MIN and MAX over input that only adds: one slot.
 *
 * Comparisons are those of Flink's generated code: a NaN is neither smaller nor greater,
 * so it stays where it came first and is passed over otherwise.  Strings compare by
 * bytes, which for UTF-8 is the order of code points. */
#include "agg/agg_extreme.h"

#define EXTREME(name, ctype, better)                                                               \
    AGG_INLINE bool name##_put(const struct state_slot *slot, char *row, struct column *out,       \
                               struct arena *arena, uint32_t i)                                    \
    {                                                                                              \
        COLUMN_OUT(out, ctype)[i] = *(ctype *)state_at(row, slot);                                 \
        return likely(state_is_valid(row, slot)) || agg_put_null(out, arena, i);                   \
    }                                                                                              \
    AGG_INLINE void name##_add(const struct state_slot *slot, char *row, ctype value)              \
    {                                                                                              \
        ctype *now = state_at(row, slot);                                                          \
        if (!state_is_valid(row, slot) || value better * now)                                      \
            *now = value;                                                                          \
        state_set_valid(row, slot, true);                                                          \
    }                                                                                              \
    AGG_INLINE enum code name##_loop(struct agg_run *run, const struct agg_steps *s, bool flagged, \
                                     bool shown, struct error *err)                                \
    {                                                                                              \
        const struct state_slot slot = *agg_slot(run, 0);                                          \
        const ctype *values = s->args[0]->values;                                                  \
        const uint64_t *valid = s->args[0]->valid;                                                 \
        const uint32_t mask = s->args[0]->mask;                                                    \
        for (uint32_t i = 0; i < s->n; i++) {                                                      \
            char *row = s->rows[i];                                                                \
            unsigned flags = agg_flags(s, i, flagged);                                             \
            if (flagged && (flags & AGG_RESET))                                                    \
                state_set_valid(row, &slot, false);                                                \
            if (shown && !name##_put(&slot, row, s->before, s->arena, i))                          \
                return error_nomem(err);                                                           \
            uint32_t at = agg_row(s, i) & mask;                                                    \
            if (!(flags & AGG_SKIP) && (!valid || bit_get(valid, at)))                             \
                name##_add(&slot, row, values[at]);                                                \
            if (shown && !name##_put(&slot, row, s->after, s->arena, i))                           \
                return error_nomem(err);                                                           \
        }                                                                                          \
        return OK;                                                                                 \
    }                                                                                              \
    AGG_STEP(name)                                                                                 \
    static enum code name##_merge(struct agg_run *run, char *const *to,                            \
                                  const struct str *to_keys, char *const *from,                    \
                                  const struct str *from_keys, uint32_t n, struct error *err)      \
    {                                                                                              \
        (void)to_keys, (void)from_keys, (void)err;                                                 \
        const struct state_slot slot = *agg_slot(run, 0);                                          \
        for (uint32_t i = 0; i < n; i++)                                                           \
            if (state_is_valid(from[i], &slot))                                                    \
                name##_add(&slot, to[i], *(ctype *)state_at(from[i], &slot));                      \
        return OK;                                                                                 \
    }                                                                                              \
    static const struct agg_kernel name##_kernel = {                                               \
        .reset = reset, .step = name, .result = agg_value_result, .merge = name##_merge            \
    };

static void reset(struct agg_run *run, char *row)
{
    state_set_valid(row, agg_slot(run, 0), false);
}

EXTREME(min_bool, uint8_t, <)
EXTREME(min_i8, int8_t, <)
EXTREME(min_i16, int16_t, <)
EXTREME(min_i32, int32_t, <)
EXTREME(min_i64, int64_t, <)
EXTREME(min_i128, int128, <)
EXTREME(min_f32, float, <)
EXTREME(min_f64, double, <)

EXTREME(max_bool, uint8_t, >)
EXTREME(max_i8, int8_t, >)
EXTREME(max_i16, int16_t, >)
EXTREME(max_i32, int32_t, >)
EXTREME(max_i64, int64_t, >)
EXTREME(max_i128, int128, >)
EXTREME(max_f32, float, >)
EXTREME(max_f64, double, >)

/* --- strings ---------------------------------------------------------------------------------- */

static enum code add_string(struct agg_run *run, char *row, struct str value, bool is_max,
                            struct error *err)
{
    const struct state_slot *slot = agg_slot(run, 0);
    if (state_is_valid(row, slot)) {
        int order = str_compare(value, state_bytes_view(state_at(row, slot)));
        if (is_max ? order <= 0 : order >= 0)
            return OK;
    }
    return state_put_bytes(run->heap, row, slot, value, err);
}

AGG_INLINE enum code string_loop(struct agg_run *run, const struct agg_steps *s, bool is_max,
                                 struct error *err)
{
    const struct state_slot *slot = agg_slot(run, 0);
    const struct column *arg = s->args[0];
    for (uint32_t i = 0; i < s->n; i++) {
        char *row = s->rows[i];
        unsigned flags = s->flags ? s->flags[i] : 0;
        uint32_t at = agg_row(s, i);
        if (flags & AGG_RESET)
            state_set_valid(row, slot, false);
        if (s->before && !state_get(s->arena, row, slot, s->before, i))
            return error_nomem(err);
        if (!(flags & AGG_SKIP) && column_is_valid(arg, at))
            TRY(add_string(run, row, view_str(COLUMN_AT(arg, struct view, at)), is_max, err));
        if (s->after && !state_get(s->arena, row, slot, s->after, i))
            return error_nomem(err);
    }
    return OK;
}

AGG_INLINE enum code merge_strings(struct agg_run *run, char *const *to, char *const *from,
                                   uint32_t n, bool is_max, struct error *err)
{
    const struct state_slot *slot = agg_slot(run, 0);
    for (uint32_t i = 0; i < n; i++)
        if (state_is_valid(from[i], slot))
            TRY(add_string(run, to[i], state_bytes_view(state_at(from[i], slot)), is_max, err));
    return OK;
}

#define EXTREME_STRING(name, is_max)                                                               \
    static enum code name(struct agg_run *run, const struct agg_steps *s, struct error *err)       \
    {                                                                                              \
        return string_loop(run, s, is_max, err);                                                   \
    }                                                                                              \
    static enum code name##_merge(struct agg_run *run, char *const *to,                            \
                                  const struct str *to_keys, char *const *from,                    \
                                  const struct str *from_keys, uint32_t n, struct error *err)      \
    {                                                                                              \
        (void)to_keys, (void)from_keys;                                                            \
        return merge_strings(run, to, from, n, is_max, err);                                       \
    }                                                                                              \
    static const struct agg_kernel name##_kernel = {                                               \
        .reset = reset, .step = name, .result = agg_value_result, .merge = name##_merge            \
    };

EXTREME_STRING(min_string, false)
EXTREME_STRING(max_string, true)

/* --- the functions ----------------------------------------------------------------------------- */

static const struct agg_kernel *const minima[] = {
    [PHYS_BOOL] = &min_bool_kernel, [PHYS_I8] = &min_i8_kernel,     [PHYS_I16] = &min_i16_kernel,
    [PHYS_I32] = &min_i32_kernel,   [PHYS_I64] = &min_i64_kernel,   [PHYS_I128] = &min_i128_kernel,
    [PHYS_F32] = &min_f32_kernel,   [PHYS_F64] = &min_f64_kernel,   [PHYS_VIEW] = &min_string_kernel,
};
static const struct agg_kernel *const maxima[] = {
    [PHYS_BOOL] = &max_bool_kernel, [PHYS_I8] = &max_i8_kernel,     [PHYS_I16] = &max_i16_kernel,
    [PHYS_I32] = &max_i32_kernel,   [PHYS_I64] = &max_i64_kernel,   [PHYS_I128] = &max_i128_kernel,
    [PHYS_F32] = &max_f32_kernel,   [PHYS_F64] = &max_f64_kernel,   [PHYS_VIEW] = &max_string_kernel,
};

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    enum phys phys = type_phys(call->args[0]->type);
    if (phys == PHYS_LIST || phys == PHYS_ROW)
        return call_reject(call, err);
    agg->ignores_distinct = true;
    return agg_take_argument(agg, call, err);
}

static bool setup(struct agg *agg, bool is_max)
{
    enum phys phys = type_phys(agg->args[0]);
    agg->slots[0] = agg->args[0];
    agg->slot_count = 1;
    agg->wants_key = agg->takes_back;
    if (agg->takes_back)
        agg->kernel = is_max ? &agg_max_tree : &agg_min_tree;
    else
        agg->kernel = (is_max ? maxima : minima)[phys];
    return true;
}

static bool setup_min(struct agg *agg)
{
    return setup(agg, false);
}

static bool setup_max(struct agg *agg)
{
    return setup(agg, true);
}

/* clang-format off */
const struct agg_function agg_extreme_table[] = {
    { "MIN", DIALECT_BOTH, "MIN(value)", "The smallest of the values that are not NULL.", resolve, setup_min },
    { "MAX", DIALECT_BOTH, "MAX(value)", "The greatest of the values that are not NULL.", resolve, setup_max },
    { 0 },
};
/* clang-format on */
