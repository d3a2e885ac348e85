/* agg_extreme_tree.c -- MIN and MAX over rows that are taken back.
 *
 * The tree has how often each value of a group is there, in order; the slot has the
 * extreme of those that are there more than never, so that most rows read the tree only
 * at their own value.  A value that was taken back before it came counts below zero, as
 * in Flink, and is no extreme. */
#include "agg/agg_extreme.h"

enum { TAG_VALUES = 1 };

static void reset(struct agg_run *run, char *row)
{
    state_set_valid(row, agg_slot(run, 0), false);
}

/* The value's bytes in run->key, behind `prefix`, against those of the slot.  *ret is as memcmp's. */
static enum code compare(struct agg_run *run, const char *row, size_t prefix, int *ret,
                         struct error *err)
{
    buf_clear(&run->value);
    state_encode_slot(&run->value, row, agg_slot(run, 0), 0);
    TRY(buf_check(&run->value, err));
    struct str key = buf_view(&run->key);
    *ret = str_compare(str_make(key.data + prefix, key.size - prefix), buf_view(&run->value));
    return OK;
}

/* run->key is the group's range of the tree, without a value. */
static enum code find_extreme(struct agg_run *run, char *row, bool is_max, struct error *err)
{
    struct str prefix = buf_view(&run->key);
    struct tree_cursor cursor;
    if (is_max) {
        run->key.data[prefix.size - 1] = TAG_VALUES + 1;
        state_tree_seek_before(run->tree, prefix, &cursor);
        run->key.data[prefix.size - 1] = TAG_VALUES;
    } else {
        state_tree_seek(run->tree, prefix, &cursor);
    }
    while (tree_cursor_in(&cursor, prefix)) {
        if ((int64_t)agg_get_u64(cursor.value.data) > 0) {
            struct str value = { cursor.key.data + prefix.size, cursor.key.size - prefix.size };
            return state_decode_slot(run->heap, &value, row, agg_slot(run, 0), err);
        }
        if (is_max)
            state_tree_prev(&cursor);
        else
            state_tree_next(&cursor);
    }
    state_set_valid(row, agg_slot(run, 0), false);
    return OK;
}

static enum code change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                        bool is_max, struct error *err)
{
    const struct column *arg = s->args[0];
    uint32_t at = agg_row(s, i);
    char *row = s->rows[i];
    TRY(agg_tree_begin(run, s->keys[i], TAG_VALUES, err));
    size_t prefix = run->key.size;
    state_encode(&run->key, arg, at, 0);
    TRY(buf_check(&run->key, err));
    int64_t count;
    TRY(agg_tree_add(run, take ? -1 : 1, &count, err));
    bool empty = !state_is_valid(row, agg_slot(run, 0));
    int order = 0;
    if (!empty)
        TRY(compare(run, row, prefix, &order, err));
    if (!take) {
        bool beyond = empty || (is_max ? order > 0 : order < 0);
        return count > 0 && beyond ? state_put(run->heap, row, agg_slot(run, 0), arg, at, err) : OK;
    }
    if (count != 0 || empty || order != 0)
        return OK;
    run->key.size = prefix;
    return find_extreme(run, row, is_max, err);
}

AGG_INLINE enum code loop(struct agg_run *run, const struct agg_steps *s, bool is_max,
                          struct error *err)
{
    const struct state_slot *slot = agg_slot(run, 0);
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = s->flags ? s->flags[i] : 0;
        if (flags & AGG_RESET) {
            TRY(agg_tree_restart(run, s->keys[i], err));
            reset(run, s->rows[i]);
        }
        if (s->before && !state_get(s->arena, s->rows[i], slot, s->before, i))
            return error_nomem(err);
        if (!(flags & AGG_SKIP) && column_is_valid(s->args[0], agg_row(s, i)))
            TRY(change(run, s, i, flags & AGG_TAKE, is_max, err));
        if (s->after && !state_get(s->arena, s->rows[i], slot, s->after, i))
            return error_nomem(err);
    }
    return OK;
}

static enum code min_step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return loop(run, s, false, err);
}

static enum code max_step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return loop(run, s, true, err);
}

AGG_INLINE enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                           const struct str *from_keys, uint32_t n, bool is_max,
                           struct error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        TRY(agg_tree_add_all(run, to_keys[i], from_keys[i], TAG_VALUES, err));
        TRY(agg_tree_begin(run, to_keys[i], TAG_VALUES, err));
        TRY(find_extreme(run, to[i], is_max, err));
    }
    return OK;
}

static enum code min_merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                           char *const *from, const struct str *from_keys, uint32_t n,
                           struct error *err)
{
    (void)from;
    return merge(run, to, to_keys, from_keys, n, false, err);
}

static enum code max_merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                           char *const *from, const struct str *from_keys, uint32_t n,
                           struct error *err)
{
    (void)from;
    return merge(run, to, to_keys, from_keys, n, true, err);
}

const struct agg_kernel agg_min_tree = { .reset = reset,
                                         .step = min_step,
                                         .result = agg_value_result,
                                         .merge = min_merge,
                                         .drop = agg_tree_drop };
const struct agg_kernel agg_max_tree = { .reset = reset,
                                         .step = max_step,
                                         .result = agg_value_result,
                                         .merge = max_merge,
                                         .drop = agg_tree_drop };
