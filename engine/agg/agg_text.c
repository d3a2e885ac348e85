/* agg_text.c -- LISTAGG and Blink's CONCAT_AGG: the texts that are not NULL, in the order
 * they came, with a separator between them; NULL without any.
 *
 * Over input that only adds the text itself is kept and grows at its end.  Over rows that
 * are taken back the texts are a sequence in the tree, and the oldest that equals the one
 * taken back goes. */
#include "agg/agg_sequence.h"

#include "base/hash.h"

enum { SLOT_TEXT }; /* of what only adds; the other has a sequence's number */

static inline struct str separator(const struct agg_run *run)
{
    return *(const struct str *)run->agg->state;
}

/* --- over input that only adds -------------------------------------------------------------------- */

static void reset(struct agg_run *run, char *row)
{
    state_clear(run->heap, run->layout, run->slot, 1, row);
}

static enum code append(struct agg_run *run, char *row, struct str text, struct error *err)
{
    const struct state_slot *slot = agg_slot(run, SLOT_TEXT);
    if (!state_is_valid(row, slot))
        return state_put_bytes(run->heap, row, slot, text, err);
    buf_clear(&run->value);
    buf_str(&run->value, state_bytes_view(state_at(row, slot)));
    buf_str(&run->value, separator(run));
    buf_str(&run->value, text);
    TRY(buf_check(&run->value, err));
    return state_put_bytes(run->heap, row, slot, buf_view(&run->value), err);
}

static enum code step(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    const struct state_slot *slot = agg_slot(run, SLOT_TEXT);
    const struct column *arg = s->args[0];
    for (uint32_t i = 0; i < s->n; i++) {
        unsigned flags = s->flags ? s->flags[i] : 0;
        uint32_t at = agg_row(s, i);
        if (flags & AGG_RESET)
            reset(run, s->rows[i]);
        if (s->before && !state_get(s->arena, s->rows[i], slot, s->before, i))
            return error_nomem(err);
        if (!(flags & AGG_SKIP) && column_is_valid(arg, at))
            TRY(append(run, s->rows[i], view_str(COLUMN_AT(arg, struct view, at)), err));
        if (s->after && !state_get(s->arena, s->rows[i], slot, s->after, i))
            return error_nomem(err);
    }
    return OK;
}

static enum code merge(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err)
{
    (void)to_keys, (void)from_keys;
    const struct state_slot *slot = agg_slot(run, SLOT_TEXT);
    for (uint32_t i = 0; i < n; i++)
        if (state_is_valid(from[i], slot))
            TRY(append(run, to[i], state_bytes_view(state_at(from[i], slot)), err));
    return OK;
}

static const struct agg_kernel adding = {
    .reset = reset, .step = step, .result = agg_value_result, .merge = merge
};

/* --- over rows that are taken back ------------------------------------------------------------------ */

static enum code put_tree(struct agg_run *run, struct agg_shown *shown, char *row, struct str group,
                          struct column *out, uint32_t at, struct error *err)
{
    (void)row;
    struct arena *arena = shown->arena;
    struct tree_cursor cursor;
    struct view text;
    struct column one = { .type = &type_string, .values = &text, .count = 1, .mask = UINT32_MAX };
    buf_clear(&run->value);
    TRY(sequence_walk(run, group, &cursor, err));
    if (!sequence_in(run, &cursor))
        return agg_put_null(out, arena, at) ? OK : error_nomem(err);
    for (bool first = true; sequence_in(run, &cursor); state_tree_next(&cursor), first = false) {
        struct str value = cursor.value;
        TRY(state_decode(arena, &value, &type_string, 0, &one, 0, err));
        if (!first)
            buf_str(&run->value, separator(run));
        buf_str(&run->value, view_str(text));
    }
    TRY(buf_check(&run->value, err));
    struct str all = arena_str(arena, buf_view(&run->value));
    if (!all.data)
        return error_nomem(err);
    COLUMN_OUT(out, struct view)[at] = view_of(all);
    return OK;
}

static enum code change_tree(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                             struct error *err)
{
    bool found;
    if (!column_is_valid(s->args[0], agg_row(s, i)))
        return OK;
    return sequence_change(run, s, i, take, &found, err);
}

static enum code step_tree(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return agg_tree_step(run, s, &(struct agg_shown){ .arena = s->arena }, put_tree, change_tree,
                         err);
}

static enum code result_tree(struct agg_run *run, struct arena *arena, char *const *rows,
                             const struct str *keys, uint32_t n, struct column *out,
                             struct error *err)
{
    return agg_tree_result(run, &(struct agg_shown){ .arena = arena }, rows, keys, n, out, put_tree,
                           err);
}

static const struct agg_kernel taking = { .reset = sequence_reset,
                                          .step = step_tree,
                                          .result = result_tree,
                                          .merge = sequence_merge_numbered,
                                          .drop = agg_tree_drop };

/* --- the functions ----------------------------------------------------------------------------------- */

/* `value` and `separator` say which argument is which; the separator may be missing. */
static enum code resolve(struct agg *agg, struct call *call, uint32_t value, uint32_t between,
                         struct str fallback, struct error *err)
{
    struct str *text = arena_new(call->env->arena, struct str);
    if (!text)
        return error_nomem(err);
    *text = fallback;
    if (call->arg_count == 2 && !expr_literal_text(call->args[between], text))
        return call_wrong(call, between, err, "the separator of %s must be a string literal",
                          call->function->name);
    call->args[0] = call->args[value];
    TRY(call_coerce_string(call, 0, err));
    TRY(agg_take_argument(agg, call, err));
    agg->result = &type_string;
    agg->in_order = agg->is_bulky = true;
    agg->state = text;
    agg->state_hash = hash_bytes(text->data, text->size, 1);
    return OK;
}

static enum code resolve_listagg(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 2, err));
    return resolve(agg, call, 0, 1, STR(","), err);
}

static enum code resolve_concat(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 2, err));
    return resolve(agg, call, call->arg_count - 1, 0, STR("\n"), err);
}

static bool setup(struct agg *agg)
{
    agg->kernel = agg->takes_back ? &taking : &adding;
    agg->slots[0] = agg->takes_back ? &type_bigint : &type_string;
    agg->slot_count = 1;
    agg->wants_key = agg->takes_back;
    return true;
}

/* clang-format off */
const struct agg_function agg_text_table[] = {
    { "LISTAGG", DIALECT_BOTH, "LISTAGG([DISTINCT] value [, separator])", "The texts that are not NULL, one behind the other, a comma or the separator between them.", resolve_listagg, setup },
    { "CONCAT_AGG", DIALECT_BLINK, "CONCAT_AGG([separator,] value)", "The texts that are not NULL, one behind the other, a line feed or the separator between them.", resolve_concat, setup },
    { 0 },
};
/* clang-format on */
