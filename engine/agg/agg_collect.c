/* agg_collect.c -- COLLECT: how often each value that is not NULL is there.
 *
 * Flink's result is a MULTISET.  There is no such type here; its contents are those of a
 * MAP<value, INT>, which is also how Flink prints and writes it, so that is the type. */
#include "agg/agg_items.h"

enum { TAG_VALUES = 1 };

struct results {
    struct agg_shown shown;
    struct agg_items values;
    int32_t *counts;
    uint32_t count, cap;
};

static enum code put(struct agg_run *run, struct agg_shown *shown, char *row, struct str group,
                     struct column *out, uint32_t at, struct error *err)
{
    (void)row;
    struct results *r = (struct results *)shown;
    uint32_t from = r->values.count;
    struct tree_cursor cursor;
    TRY(agg_tree_begin(run, group, TAG_VALUES, err));
    struct str prefix = buf_view(&run->key);
    for (state_tree_seek(run->tree, prefix, &cursor); tree_cursor_in(&cursor, prefix);
         state_tree_next(&cursor)) {
        struct str value = { cursor.key.data + prefix.size, cursor.key.size - prefix.size };
        int32_t count = (int32_t)agg_get_u64(cursor.value.data);
        if (!agg_items_push(&r->values, value) ||
            !ARENA_PUSH(r->values.arena, r->counts, r->count, r->cap, count))
            return error_nomem(err);
    }
    agg_items_end(&r->values, out, at, from);
    return OK;
}

static enum code change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                        struct error *err)
{
    if (!column_is_valid(s->args[0], agg_row(s, i)))
        return OK;
    TRY(agg_tree_begin(run, s->keys[i], TAG_VALUES, err));
    state_encode(&run->key, s->args[0], agg_row(s, i), 0);
    TRY(buf_check(&run->key, err));
    int64_t count;
    return agg_tree_add(run, take ? -1 : 1, &count, err);
}

static enum code finish(struct agg_run *run, struct results *r, struct column *a, struct column *b,
                        struct error *err)
{
    struct column *keys, *counts = column_create(r->values.arena, &type_int, r->count);
    if (!counts)
        return error_nomem(err);
    TRY(agg_items_column(&r->values, run->agg->args[0], &keys, err));
    if (r->count > 0)
        memcpy(counts->values, r->counts, r->count * sizeof *r->counts);
    a->children[0] = keys;
    a->children[1] = counts;
    if (b) {
        b->children[0] = keys;
        b->children[1] = counts;
    }
    return OK;
}

static enum code step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    struct results r = { .shown = { .arena = s->arena }, .values = { .arena = s->arena } };
    TRY(agg_tree_step(run, s, &r.shown, put, change, err));
    return s->after ? finish(run, &r, s->before, s->after, err) : OK;
}

static enum code result(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out, struct error *err)
{
    struct results r = { .shown = { .arena = arena }, .values = { .arena = arena } };
    TRY(agg_tree_result(run, &r.shown, rows, keys, n, out, put, err));
    return finish(run, &r, out, NULL, err);
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to, (void)from;
    for (uint32_t i = 0; i < n; i++)
        TRY(agg_tree_add_all(run, to_keys[i], from_keys[i], TAG_VALUES, err));
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = agg_tree_reset, .step = step, .result = result, .merge = merge, .drop = agg_tree_drop
};

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(agg_take_argument(agg, call, err));
    agg->is_bulky = true;
    agg->result = type_make_map(call->env->arena, agg->args[0], &type_int);
    return agg->result ? OK : error_nomem(err);
}

static bool setup(struct agg *agg)
{
    agg->kernel = &kernel;
    agg->slot_count = 0;
    agg->wants_key = true;
    return true;
}

/* clang-format off */
const struct agg_function agg_collect_table[] = {
    { "COLLECT", DIALECT_FLINK, "COLLECT([DISTINCT] value)", "How often each value that is not NULL is there: a map from value to number.", resolve, setup },
    { 0 },
};
/* clang-format on */
