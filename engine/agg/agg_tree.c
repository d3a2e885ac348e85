/* agg_tree.c -- what aggregates keep below their group's key: counts of values and
 * lists of values in order.  Keys are the group's bytes, two bytes for which aggregate
 * it is, and a tag, so that an aggregate may keep several orders. */
#include "agg/agg_inner.h"

enum code agg_tree_begin(struct agg_run *run, struct str group, char tag, struct error *err)
{
    buf_clear(&run->key);
    buf_str(&run->key, group);
    buf_char(&run->key, (char)(run->ordinal >> 8));
    buf_char(&run->key, (char)run->ordinal);
    buf_char(&run->key, tag);
    return buf_check(&run->key, err);
}

enum code agg_tree_add(struct agg_run *run, int64_t change, int64_t *ret_count,
                       struct error *err)
{
    struct str value = { NULL, 0 };
    bool there = state_tree_get(run->tree, buf_view(&run->key), &value);
    int64_t count = (there ? (int64_t)agg_get_u64(value.data) : 0) + change;
    *ret_count = count;
    if (count == 0) {
        state_tree_remove(run->tree, buf_view(&run->key));
        return OK;
    }
    uint64_t turned = __builtin_bswap64((uint64_t)count);
    if (there) {
        memcpy((char *)value.data, &turned, sizeof turned);
        return OK;
    }
    return state_tree_put(run->tree, buf_view(&run->key),
                          str_make((const char *)&turned, sizeof turned), err);
}

enum code agg_tree_restart(struct agg_run *run, struct str group, struct error *err)
{
    TRY(agg_tree_begin(run, group, 0, err));
    run->key.size--; /* every tag */
    state_tree_remove_prefix(run->tree, buf_view(&run->key));
    return OK;
}

void agg_tree_drop(struct agg_run *run, struct str group)
{
    if (agg_tree_restart(run, group, NULL) != OK)
        buf_clear(&run->key);
}
