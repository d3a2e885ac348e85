/* agg_sequence.c -- see agg_sequence.h. */
#include "agg/agg_sequence.h"

enum { TAG_PLACES = 1, TAG_VALUES = 3 }; /* a tag's successor is free: it ends its range */

enum { NUMBER_BYTES = 8 };

static uint64_t turned(const struct sequence *q, uint64_t number)
{
    return q->newest_first ? ~number : number;
}

/* run->key becomes the place of a value with this number. */
static enum code place_key(struct agg_run *run, struct str group, const struct sequence *q,
                           uint32_t at, uint64_t number, struct error *err)
{
    TRY(agg_tree_begin(run, group, TAG_PLACES, err));
    if (q->order)
        state_encode(&run->key, q->order, at, 0);
    agg_put_u64(&run->key, turned(q, number));
    return buf_check(&run->key, err);
}

/* run->key becomes what the numbers of equal values stand behind. */
static enum code value_key(struct agg_run *run, struct str group, const struct sequence *q,
                           const struct column *value, uint32_t at, struct error *err)
{
    TRY(agg_tree_begin(run, group, TAG_VALUES, err));
    state_encode(&run->key, value, at, 0);
    if (q->order)
        state_encode(&run->key, q->order, at, 0);
    return buf_check(&run->key, err);
}

enum code sequence_add(struct agg_run *run, struct str group, const struct sequence *q,
                       const struct column *value, uint32_t at, uint64_t number, bool searched,
                       struct error *err)
{
    TRY(place_key(run, group, q, at, number, err));
    buf_clear(&run->value);
    state_encode(&run->value, value, at, 0);
    TRY(buf_check(&run->value, err));
    TRY(state_tree_put(run->tree, buf_view(&run->key), buf_view(&run->value), err));
    if (!searched)
        return OK;
    TRY(value_key(run, group, q, value, at, err));
    agg_put_u64(&run->key, number);
    TRY(buf_check(&run->key, err));
    return state_tree_put(run->tree, buf_view(&run->key), (struct str){ "", 0 }, err);
}

enum code sequence_take(struct agg_run *run, struct str group, const struct sequence *q,
                        const struct column *value, uint32_t at, bool *ret_found,
                        uint64_t *ret_number, struct error *err)
{
    struct tree_cursor cursor;
    TRY(value_key(run, group, q, value, at, err));
    state_tree_seek(run->tree, buf_view(&run->key), &cursor);
    *ret_found = tree_cursor_in(&cursor, buf_view(&run->key));
    if (!*ret_found)
        return OK;
    *ret_number = agg_get_u64(cursor.key.data + cursor.key.size - NUMBER_BYTES);
    agg_put_u64(&run->key, *ret_number);
    TRY(buf_check(&run->key, err));
    state_tree_remove(run->tree, buf_view(&run->key));
    TRY(place_key(run, group, q, at, *ret_number, err));
    state_tree_remove(run->tree, buf_view(&run->key));
    return OK;
}

enum code sequence_end(struct agg_run *run, struct str group, const struct sequence *q, bool last,
                       bool *ret_found, struct sequence_place *ret, struct error *err)
{
    struct tree_cursor cursor;
    TRY(agg_tree_begin(run, group, TAG_PLACES, err));
    struct str prefix = buf_view(&run->key);
    if (last) {
        run->key.data[prefix.size - 1] = TAG_PLACES + 1;
        state_tree_seek_before(run->tree, prefix, &cursor);
        run->key.data[prefix.size - 1] = TAG_PLACES;
    } else {
        state_tree_seek(run->tree, prefix, &cursor);
    }
    *ret_found = tree_cursor_in(&cursor, prefix);
    if (!*ret_found)
        return OK;
    size_t number_at = cursor.key.size - NUMBER_BYTES;
    ret->value = cursor.value;
    ret->number = turned(q, agg_get_u64(cursor.key.data + number_at));
    ret->order = str_make(cursor.key.data + prefix.size, number_at - prefix.size);
    return OK;
}

enum code sequence_walk(struct agg_run *run, struct str group, struct tree_cursor *ret,
                        struct error *err)
{
    TRY(agg_tree_begin(run, group, TAG_PLACES, err));
    state_tree_seek(run->tree, buf_view(&run->key), ret);
    return OK;
}

struct merging {
    struct str to;
    struct sequence q;
    uint64_t base;
    bool searched;
};

static enum code merge_place(struct agg_run *run, void *cx, struct str suffix, struct str value,
                             struct error *err)
{
    const struct merging *m = cx;
    struct str order = { suffix.data, suffix.size - NUMBER_BYTES };
    uint64_t number = m->base + turned(&m->q, agg_get_u64(suffix.data + order.size));
    TRY(agg_tree_begin(run, m->to, TAG_PLACES, err));
    buf_str(&run->key, order);
    agg_put_u64(&run->key, turned(&m->q, number));
    TRY(buf_check(&run->key, err));
    TRY(state_tree_put(run->tree, buf_view(&run->key), value, err));
    if (!m->searched)
        return OK;
    TRY(agg_tree_begin(run, m->to, TAG_VALUES, err));
    buf_str(&run->key, value);
    buf_str(&run->key, order);
    agg_put_u64(&run->key, number);
    TRY(buf_check(&run->key, err));
    return state_tree_put(run->tree, buf_view(&run->key), (struct str){ "", 0 }, err);
}

enum code sequence_merge(struct agg_run *run, struct str to, struct str from, bool newest_first,
                         uint64_t base, bool searched, struct error *err)
{
    struct merging m = { to, { NULL, newest_first }, base, searched };
    return agg_tree_each(run, from, TAG_PLACES, merge_place, &m, err);
}

/* --- numbered by the first slot --------------------------------------------------------------- */

static inline int64_t *next_number(const struct agg_run *run, char *row)
{
    return state_at(row, agg_slot(run, 0));
}

void sequence_reset(struct agg_run *run, char *row)
{
    *next_number(run, row) = 0;
    state_set_valid(row, agg_slot(run, 0), true);
}

enum code sequence_change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                          bool *ret_found, struct error *err)
{
    const struct sequence q = { NULL, false };
    uint32_t at = agg_row(s, i);
    uint64_t number;
    *ret_found = true;
    if (take)
        return sequence_take(run, s->keys[i], &q, s->args[0], at, ret_found, &number, err);
    number = (uint64_t)(*next_number(run, s->rows[i]))++;
    return sequence_add(run, s->keys[i], &q, s->args[0], at, number, run->agg->takes_back, err);
}

enum code sequence_merge_numbered(struct agg_run *run, char *const *to, const struct str *to_keys,
                                  char *const *from, const struct str *from_keys, uint32_t n,
                                  struct error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        int64_t *next = next_number(run, to[i]);
        TRY(sequence_merge(run, to_keys[i], from_keys[i], false, (uint64_t)*next,
                           run->agg->takes_back, err));
        *next += *next_number(run, from[i]);
    }
    return OK;
}
