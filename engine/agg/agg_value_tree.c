/* agg_value_tree.c -- FIRST_VALUE and LAST_VALUE over rows that are taken back.
 *
 * The values of a group form a sequence (agg_sequence.h).  What is taken back is the
 * oldest value that equals it; when that was the one shown, the next oldest or newest
 * of those that are left is.  With an order, ties keep the value that came first. */
#include "agg/agg_sequence.h"
#include "agg/agg_value.h"

enum { SLOT_VALUE, SLOT_NEXT, SLOT_NUMBER, SLOT_ORDER };

static inline uint64_t *number_at(struct agg_run *run, char *row, uint32_t slot)
{
    return state_at(row, agg_slot(run, slot));
}

static void reset(struct agg_run *run, char *row)
{
    for (uint32_t i = 0; i < run->agg->slot_count; i++)
        state_set_valid(row, agg_slot(run, i), false);
    for (uint32_t i = SLOT_NEXT; i <= SLOT_NUMBER; i++) {
        *number_at(run, row, i) = 0;
        state_set_valid(row, agg_slot(run, i), true);
    }
}

static enum code add(struct agg_run *run, const struct agg_steps *s, uint32_t i,
                     const struct sequence *q, bool is_last, struct error *err)
{
    char *row = s->rows[i];
    uint32_t at = agg_row(s, i);
    uint64_t number = (*number_at(run, row, SLOT_NEXT))++;
    TRY(sequence_add(run, s->keys[i], q, s->args[0], at, number, true, err));
    bool shows = !state_is_valid(row, agg_slot(run, SLOT_VALUE));
    if (!shows && !q->order) {
        shows = is_last;
    } else if (!shows) {
        int64_t order = COLUMN_AT(q->order, int64_t, at);
        int64_t now = *(int64_t *)state_at(row, agg_slot(run, SLOT_ORDER));
        shows = is_last ? order > now : order < now;
    }
    if (!shows)
        return OK;
    *number_at(run, row, SLOT_NUMBER) = number;
    if (q->order)
        TRY(state_put(run->heap, row, agg_slot(run, SLOT_ORDER), q->order, at, err));
    return state_put(run->heap, row, agg_slot(run, SLOT_VALUE), s->args[0], at, err);
}

/* The value at the end of the sequence is the one that is shown. */
static enum code show_end(struct agg_run *run, char *row, struct str group,
                          const struct sequence *q, bool is_last, struct error *err)
{
    bool found;
    struct sequence_place place;
    TRY(sequence_end(run, group, q, is_last, &found, &place, err));
    if (!found) {
        state_set_valid(row, agg_slot(run, SLOT_VALUE), false);
        return OK;
    }
    *number_at(run, row, SLOT_NUMBER) = place.number;
    if (run->agg->arg_count == 2)
        TRY(state_decode_slot(run->heap, &place.order, row, agg_slot(run, SLOT_ORDER), err));
    return state_decode_slot(run->heap, &place.value, row, agg_slot(run, SLOT_VALUE), err);
}

static enum code take(struct agg_run *run, const struct agg_steps *s, uint32_t i,
                      const struct sequence *q, bool is_last, struct error *err)
{
    char *row = s->rows[i];
    bool found;
    uint64_t number = 0;
    TRY(sequence_take(run, s->keys[i], q, s->args[0], agg_row(s, i), &found, &number, err));
    if (!found || number != *number_at(run, row, SLOT_NUMBER))
        return OK;
    return show_end(run, row, s->keys[i], q, is_last, err);
}

AGG_INLINE enum code loop(struct agg_run *run, const struct agg_steps *s, bool is_last,
                          struct error *err)
{
    const struct state_slot *slot = agg_slot(run, SLOT_VALUE);
    const struct column *order = run->agg->arg_count == 2 ? s->args[1] : NULL;
    struct sequence q = { .order = order, .newest_first = order && is_last };
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = s->flags ? s->flags[i] : 0;
        uint32_t at = agg_row(s, i);
        if (flags & AGG_RESET) {
            TRY(agg_tree_restart(run, s->keys[i], err));
            reset(run, s->rows[i]);
        }
        if (s->before && !state_get(s->arena, s->rows[i], slot, s->before, i))
            return error_nomem(err);
        bool counts = !(flags & AGG_SKIP) && column_is_valid(s->args[0], at) &&
                      (!order || column_is_valid(order, at));
        if (counts && (flags & AGG_TAKE))
            TRY(take(run, s, i, &q, is_last, err));
        else if (counts)
            TRY(add(run, s, i, &q, is_last, err));
        if (s->after && !state_get(s->arena, s->rows[i], slot, s->after, i))
            return error_nomem(err);
    }
    return OK;
}

static enum code first_step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return loop(run, s, false, err);
}

static enum code last_step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return loop(run, s, true, err);
}

AGG_INLINE enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                           char *const *from, const struct str *from_keys, uint32_t n,
                           bool is_last, struct error *err)
{
    struct sequence q = { .newest_first = run->agg->arg_count == 2 && is_last };
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *next = number_at(run, to[i], SLOT_NEXT);
        TRY(sequence_merge(run, to_keys[i], from_keys[i], q.newest_first, *next, true, err));
        *next += *number_at(run, from[i], SLOT_NEXT);
        TRY(show_end(run, to[i], to_keys[i], &q, is_last, err));
    }
    return OK;
}

static enum code first_merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                             char *const *from, const struct str *from_keys, uint32_t n,
                             struct error *err)
{
    return merge(run, to, to_keys, from, from_keys, n, false, err);
}

static enum code last_merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                            char *const *from, const struct str *from_keys, uint32_t n,
                            struct error *err)
{
    return merge(run, to, to_keys, from, from_keys, n, true, err);
}

static const struct agg_kernel first_tree = { .reset = reset,
                                              .step = first_step,
                                              .result = agg_value_result,
                                              .merge = first_merge,
                                              .drop = agg_tree_drop };
static const struct agg_kernel last_tree = { .reset = reset,
                                             .step = last_step,
                                             .result = agg_value_result,
                                             .merge = last_merge,
                                             .drop = agg_tree_drop };

void agg_value_tree(struct agg *agg, bool is_last)
{
    agg->kernel = is_last ? &last_tree : &first_tree;
    agg->slots[SLOT_VALUE] = agg->args[0];
    agg->slots[SLOT_NEXT] = agg->slots[SLOT_NUMBER] = &type_bigint;
    agg->slots[SLOT_ORDER] = agg->args[1];
    agg->slot_count = agg->arg_count == 2 ? 4 : 3;
    agg->wants_key = true;
}
