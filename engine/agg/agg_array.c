/* agg_array.c -- ARRAY_AGG: the values in the order they came, NULLs among them; NULL
 * without rows.
 *
 * The result is read from the tree after each row, so it costs what it is long, as in
 * Flink.  A row's result before is the one after the step that touched its group last,
 * which is often the step before. */
#include "agg/agg_items.h"
#include "agg/agg_sequence.h"

enum { SLOT_NEXT, SLOT_COUNT };

struct results {
    struct agg_shown shown;
    struct agg_items items;
    struct list_slot slot; /* the result of shown.row */
};

static inline int64_t *slot_at(const struct agg_run *run, char *row, uint32_t slot)
{
    return state_at(row, agg_slot(run, slot));
}

static void reset(struct agg_run *run, char *row)
{
    sequence_reset(run, row);
    *slot_at(run, row, SLOT_COUNT) = 0;
    state_set_valid(row, agg_slot(run, SLOT_COUNT), true);
}

static enum code put(struct agg_run *run, struct agg_shown *shown, char *row, struct str group,
                     struct column *out, uint32_t at, struct error *err)
{
    struct results *r = (struct results *)shown;
    if (*slot_at(run, row, SLOT_COUNT) == 0)
        return agg_put_null(out, r->items.arena, at) ? OK : error_nomem(err);
    if (shown->row != row) {
        uint32_t from = r->items.count;
        struct tree_cursor cursor;
        TRY(sequence_walk(run, group, &cursor, err));
        for (; sequence_in(run, &cursor); state_tree_next(&cursor))
            if (!agg_items_push(&r->items, cursor.value))
                return error_nomem(err);
        shown->row = row;
        r->slot = (struct list_slot){ from, r->items.count - from };
    }
    COLUMN_OUT(out, struct list_slot)[at] = r->slot;
    return OK;
}

static enum code change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                        struct error *err)
{
    bool found;
    TRY(sequence_change(run, s, i, take, &found, err));
    *slot_at(run, s->rows[i], SLOT_COUNT) += take ? -(int64_t)found : 1;
    return OK;
}

static enum code finish(struct agg_run *run, struct results *r, struct column *a, struct column *b,
                        struct error *err)
{
    struct column *child;
    TRY(agg_items_column(&r->items, run->agg->args[0], &child, err));
    a->children[0] = child;
    if (b)
        b->children[0] = child;
    return OK;
}

static enum code step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    struct results r = { .shown = { .arena = s->arena }, .items = { .arena = s->arena } };
    TRY(agg_tree_step(run, s, &r.shown, put, change, err));
    return s->after ? finish(run, &r, s->before, s->after, err) : OK;
}

static enum code result(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out, struct error *err)
{
    struct results r = { .shown = { .arena = arena }, .items = { .arena = arena } };
    TRY(agg_tree_result(run, &r.shown, rows, keys, n, out, put, err));
    return finish(run, &r, out, NULL, err);
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    TRY(sequence_merge_numbered(run, to, to_keys, from, from_keys, n, err));
    for (uint32_t i = 0; i < n; i++)
        *slot_at(run, to[i], SLOT_COUNT) += *slot_at(run, from[i], SLOT_COUNT);
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = reset, .step = step, .result = result, .merge = merge, .drop = agg_tree_drop
};

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(agg_take_argument(agg, call, err));
    agg->in_order = agg->is_bulky = true;
    agg->result = type_make_array(call->env->arena, agg->args[0]);
    return agg->result ? OK : error_nomem(err);
}

static bool setup(struct agg *agg)
{
    agg->kernel = &kernel;
    agg->slots[SLOT_NEXT] = agg->slots[SLOT_COUNT] = &type_bigint;
    agg->slot_count = 2;
    agg->wants_key = true;
    return true;
}

/* clang-format off */
const struct agg_function agg_array_table[] = {
    { "ARRAY_AGG", DIALECT_FLINK, "ARRAY_AGG([DISTINCT] value)", "The values as an array, in the order they came, NULLs among them.", resolve, setup },
    { 0 },
};
/* clang-format on */
