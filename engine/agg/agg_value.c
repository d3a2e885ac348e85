/* agg_value.c -- FIRST_VALUE and LAST_VALUE over input that only adds, in order of
 * arrival or (Blink) of a second argument.
 *
 * NULL is no value: it replaces nothing.  With an order, ties keep the value that came
 * first; a row without an order counts for nothing. */
#include "agg/agg_value.h"

enum { SLOT_VALUE, SLOT_ORDER };

enum code agg_value_result(struct agg_run *run, struct arena *arena, char *const *rows,
                           const struct str *keys, uint32_t n, struct column *out,
                           struct error *err)
{
    (void)keys;
    for (uint32_t i = 0; i < n; i++)
        if (!state_get(arena, rows[i], agg_slot(run, 0), out, i))
            return error_nomem(err);
    return OK;
}

static void reset(struct agg_run *run, char *row)
{
    for (uint32_t i = 0; i < run->agg->slot_count; i++)
        state_set_valid(row, agg_slot(run, i), false);
}

/* --- fixed width ------------------------------------------------------------------------------ */

AGG_INLINE bool put_fixed(const struct state_slot *slot, char *row, struct column *out,
                          struct arena *arena, uint32_t i, size_t width)
{
    memcpy((char *)out->values + i * width, row + slot->offset, width);
    return likely(state_is_valid(row, slot)) || agg_put_null(out, arena, i);
}

AGG_INLINE enum code fixed_loop(struct agg_run *run, const struct agg_steps *s, bool flagged,
                                bool shown, bool is_last, size_t width, struct error *err)
{
    const struct state_slot slot = *agg_slot(run, SLOT_VALUE);
    const struct column *arg = s->args[0];
    for (uint32_t i = 0; i < s->n; i++) {
        char *row = s->rows[i];
        unsigned flags = agg_flags(s, i, flagged);
        uint32_t at = agg_row(s, i) & arg->mask;
        if (flagged && (flags & AGG_RESET))
            state_set_valid(row, &slot, false);
        if (shown && !put_fixed(&slot, row, s->before, s->arena, i, width))
            return error_nomem(err);
        if (!(flags & AGG_SKIP) && (!arg->valid || bit_get(arg->valid, at)) &&
            (is_last || !state_is_valid(row, &slot))) {
            memcpy(row + slot.offset, (const char *)arg->values + at * width, width);
            state_set_valid(row, &slot, true);
        }
        if (shown && !put_fixed(&slot, row, s->after, s->arena, i, width))
            return error_nomem(err);
    }
    return OK;
}

#define FIXED(name, is_last, width)                                                                \
    AGG_INLINE enum code name##_loop(struct agg_run *run, const struct agg_steps *s, bool flagged, \
                                     bool shown, struct error *err)                                \
    {                                                                                              \
        return fixed_loop(run, s, flagged, shown, is_last, width, err);                            \
    }                                                                                              \
    AGG_STEP(name)

FIXED(first_1, false, 1)
FIXED(first_2, false, 2)
FIXED(first_4, false, 4)
FIXED(first_8, false, 8)
FIXED(first_16, false, 16)
FIXED(last_1, true, 1)
FIXED(last_2, true, 2)
FIXED(last_4, true, 4)
FIXED(last_8, true, 8)
FIXED(last_16, true, 16)

/* --- strings and nested values, and everything with an order ------------------------------------ */

/* Does this row's value become the one that is kept? */
static bool replaces(struct agg_run *run, const struct agg_steps *s, char *row, uint32_t at,
                     bool is_last)
{
    if (!column_is_valid(s->args[0], at))
        return false;
    bool empty = !state_is_valid(row, agg_slot(run, SLOT_VALUE));
    if (run->agg->arg_count == 1)
        return is_last || empty;
    if (!column_is_valid(s->args[1], at))
        return false;
    int64_t order = COLUMN_AT(s->args[1], int64_t, at);
    int64_t now = *(int64_t *)state_at(row, agg_slot(run, SLOT_ORDER));
    return empty || (is_last ? order > now : order < now);
}

/* Is the row's value a string that is kept already? Then nobody has to copy it, in or out. */
static inline bool is_same(const struct agg_steps *s, const char *row,
                           const struct state_slot *slot, uint32_t at)
{
    return slot->phys == PHYS_VIEW && state_is_valid(row, slot) &&
           column_is_valid(s->args[0], at) &&
           state_view_equal((const struct state_bytes *)(row + slot->offset),
                            &COLUMN_AT(s->args[0], struct view, at));
}

/* Step i of a result is what the slot has, which a column may have too: then no copy is made. */
static bool show(const struct agg_steps *s, struct column *out, const char *row,
                 const struct state_slot *slot, const struct column *same, uint32_t at, uint32_t i)
{
    if (slot->phys != PHYS_VIEW || !same || !column_is_valid(same, at))
        return state_get(s->arena, row, slot, out, i);
    COLUMN_OUT(out, struct view)[i] = COLUMN_AT(same, struct view, at);
    if (out->valid)
        bit_set(out->valid, i);
    return true;
}

AGG_INLINE enum code any_loop(struct agg_run *run, const struct agg_steps *s, bool is_last,
                              struct error *err)
{
    const struct state_slot *slot = agg_slot(run, SLOT_VALUE);
    if (s->n > 1)
        state_prefetch(slot, s->rows, s->n);
    for (uint32_t i = 0; i < s->n; i++) {
        char *row = s->rows[i];
        unsigned flags = s->flags ? s->flags[i] : 0;
        uint32_t at = agg_row(s, i);
        if (flags & AGG_RESET)
            reset(run, row);
        bool same = !(flags & AGG_SKIP) && is_same(s, row, slot, at);
        if (s->before && !show(s, s->before, row, slot, same ? s->args[0] : NULL, at, i))
            return error_nomem(err);
        bool replaced = !(flags & AGG_SKIP) && replaces(run, s, row, at, is_last);
        if (replaced && !same)
            TRY(state_put(run->heap, row, slot, s->args[0], at, err));
        if (replaced && run->agg->arg_count == 2)
            TRY(state_put(run->heap, row, agg_slot(run, SLOT_ORDER), s->args[1], at, err));
        bool brought = replaced || same;
        if (s->after && !show(s, s->after, row, slot, brought ? s->args[0] : s->before,
                              brought ? at : i, i))
            return error_nomem(err);
    }
    return OK;
}

static enum code first_any(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return any_loop(run, s, false, err);
}

static enum code last_any(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return any_loop(run, s, true, err);
}

/* --- merging: `from` came after `to` ------------------------------------------------------------ */

AGG_INLINE enum code merge(struct agg_run *run, char *const *to, char *const *from, uint32_t n,
                           bool is_last, struct error *err)
{
    const struct state_slot *slot = agg_slot(run, SLOT_VALUE);
    for (uint32_t i = 0; i < n; i++) {
        if (!state_is_valid(from[i], slot))
            continue;
        bool take = is_last || !state_is_valid(to[i], slot);
        if (run->agg->arg_count == 2 && state_is_valid(to[i], slot)) {
            int64_t theirs = *(int64_t *)state_at(from[i], agg_slot(run, SLOT_ORDER));
            int64_t mine = *(int64_t *)state_at(to[i], agg_slot(run, SLOT_ORDER));
            take = is_last ? theirs > mine : theirs < mine;
        }
        if (take)
            TRY(state_copy(run->heap, run->layout, run->slot, run->agg->slot_count, to[i],
                           from[i], err));
    }
    return OK;
}

static enum code first_merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                             char *const *from, const struct str *from_keys, uint32_t n,
                             struct error *err)
{
    (void)to_keys, (void)from_keys;
    return merge(run, to, from, n, false, err);
}

static enum code last_merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                            char *const *from, const struct str *from_keys, uint32_t n,
                            struct error *err)
{
    (void)to_keys, (void)from_keys;
    return merge(run, to, from, n, true, err);
}

/* --- the functions ------------------------------------------------------------------------------ */

#define KERNEL(which, width)                                                                       \
    { .reset = reset, .step = which##_##width, .result = agg_value_result, .merge = which##_merge }

/* By the logarithm of the width; last: all others. */
enum { KERNEL_ANY = 5 };
static const struct agg_kernel firsts[] = { KERNEL(first, 1), KERNEL(first, 2),  KERNEL(first, 4),
                                            KERNEL(first, 8), KERNEL(first, 16), KERNEL(first, any) };
static const struct agg_kernel lasts[] = { KERNEL(last, 1), KERNEL(last, 2),  KERNEL(last, 4),
                                           KERNEL(last, 8), KERNEL(last, 16), KERNEL(last, any) };

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, agg_is_blink(call) ? 2 : 1, err));
    TRY(agg_take_argument(agg, call, err));
    agg->in_order = true;
    if (call->arg_count < 2)
        return OK;
    const struct type *order = call->args[1]->type;
    if (type_is_timestamp(order)) {
        agg->args[1] = order;
    } else {
        TRY(call_coerce_i64(call, 1, err));
        agg->args[1] = &type_bigint;
    }
    agg->arg_count = 2;
    return OK;
}

static bool setup(struct agg *agg, bool is_last)
{
    agg->wants_key = false;
    if (agg->takes_back) {
        agg_value_tree(agg, is_last);
        return true;
    }
    size_t width = agg_width(agg->args[0]);
    uint32_t index = width == 0 || agg->arg_count == 2 ? KERNEL_ANY
                                                       : (uint32_t)__builtin_ctzll(width);
    agg->kernel = is_last ? &lasts[index] : &firsts[index];
    agg->slots[SLOT_VALUE] = agg->args[0];
    agg->slots[SLOT_ORDER] = agg->args[1];
    agg->slot_count = agg->arg_count;
    return true;
}

static bool setup_first(struct agg *agg)
{
    return setup(agg, false);
}

static bool setup_last(struct agg *agg)
{
    return setup(agg, true);
}

/* clang-format off */
const struct agg_function agg_value_table[] = {
    { "FIRST_VALUE", DIALECT_BLINK, "FIRST_VALUE(value [, order])", "The first value that is not NULL, by arrival or by a BIGINT or TIMESTAMP.", resolve, setup_first },
    { "FIRST_VALUE", DIALECT_FLINK, "FIRST_VALUE(value)", "The first value that is not NULL, by arrival.", resolve, setup_first },
    { "LAST_VALUE", DIALECT_BLINK, "LAST_VALUE(value [, order])", "The last value that is not NULL, by arrival or by a BIGINT or TIMESTAMP; of equal orders the first.", resolve, setup_last },
    { "LAST_VALUE", DIALECT_FLINK, "LAST_VALUE(value)", "The last value that is not NULL, by arrival.", resolve, setup_last },
    { 0 },
};
/* clang-format on */
