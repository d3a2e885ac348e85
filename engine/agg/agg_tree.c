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

enum code agg_tree_add(struct agg_run *run, int64_t change, int64_t *ret_count, struct error *err)
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

/* --- all of a group ------------------------------------------------------------------------------ */

static enum code copy_entries(struct agg_run *run, struct str group, char tag, struct buf *out,
                              struct error *err)
{
    struct tree_cursor cursor;
    TRY(agg_tree_begin(run, group, tag, err));
    struct str prefix = buf_view(&run->key);
    for (state_tree_seek(run->tree, prefix, &cursor); tree_cursor_in(&cursor, prefix);
         state_tree_next(&cursor)) {
        struct str suffix = { cursor.key.data + prefix.size, cursor.key.size - prefix.size };
        uint64_t sizes[2] = { suffix.size, cursor.value.size };
        buf_put(out, sizes, sizeof sizes);
        buf_str(out, suffix);
        buf_str(out, cursor.value);
    }
    return buf_check(out, err);
}

enum code agg_tree_each(struct agg_run *run, struct str group, char tag, agg_entry_fn fn, void *cx,
                        struct error *err)
{
    struct buf entries;
    buf_init(&entries, UINT32_MAX);
    enum code code = copy_entries(run, group, tag, &entries, err);
    uint64_t sizes[2];
    for (size_t at = 0; at < entries.size && code == OK; at += sizes[0] + sizes[1]) {
        memcpy(sizes, entries.data + at, sizeof sizes);
        at += sizeof sizes;
        code = fn(run, cx, str_make(entries.data + at, sizes[0]),
                  str_make(entries.data + at + sizes[0], sizes[1]), err);
    }
    buf_done(&entries);
    return code;
}

struct adding {
    struct str to;
    char tag;
};

static enum code add_entry(struct agg_run *run, void *cx, struct str suffix, struct str value,
                           struct error *err)
{
    const struct adding *adding = cx;
    int64_t count;
    TRY(agg_tree_begin(run, adding->to, adding->tag, err));
    buf_str(&run->key, suffix);
    TRY(buf_check(&run->key, err));
    return agg_tree_add(run, (int64_t)agg_get_u64(value.data), &count, err);
}

enum code agg_tree_add_all(struct agg_run *run, struct str to, struct str from, char tag,
                           struct error *err)
{
    struct adding adding = { to, tag };
    return agg_tree_each(run, from, tag, add_entry, &adding, err);
}

/* --- steps and results --------------------------------------------------------------------------- */

enum code agg_tree_step(struct agg_run *run, const struct agg_steps *s, struct agg_shown *shown,
                        agg_put_fn put, agg_change_fn change, struct error *err)
{
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = s->flags ? s->flags[i] : 0;
        char *row = s->rows[i];
        if (flags & AGG_RESET) {
            TRY(agg_tree_restart(run, s->keys[i], err));
            run->agg->kernel->reset(run, row);
            shown->row = NULL;
        }
        if (s->before)
            TRY(put(run, shown, row, s->keys[i], s->before, i, err));
        if (!(flags & AGG_SKIP)) {
            TRY(change(run, s, i, flags & AGG_TAKE, err));
            shown->row = NULL;
        }
        if (s->after)
            TRY(put(run, shown, row, s->keys[i], s->after, i, err));
    }
    return OK;
}

enum code agg_tree_result(struct agg_run *run, struct agg_shown *shown, char *const *rows,
                          const struct str *keys, uint32_t n, struct column *out, agg_put_fn put,
                          struct error *err)
{
    for (uint32_t i = 0; i < n; i++)
        TRY(put(run, shown, rows[i], keys[i], out, i, err));
    return OK;
}

void agg_tree_reset(struct agg_run *run, char *row)
{
    (void)run, (void)row;
}
