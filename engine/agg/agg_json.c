/* agg_json.c -- JSON_OBJECTAGG and JSON_ARRAYAGG.
 *
 * The binder gives values as JSON text, and a last argument that says whether NULLs are
 * kept.  An object's members lie in the tree by key, which is also their order in the
 * result (Flink sorts them); a key that comes twice is an error, as in Flink.  An
 * array's elements are a sequence. */
#include "agg/agg_sequence.h"

#include "types/text.h"

enum { TAG_MEMBERS = 1, MEMBER_NULL = 'n', MEMBER_TEXT = 't' };

static const bool keeps[] = { false, true };

static inline bool keeps_nulls(const struct agg_run *run)
{
    return *(const bool *)run->agg->state;
}

static bool put_text(struct buf *text, struct arena *arena, struct column *out, uint32_t at)
{
    struct str all = arena_str(arena, buf_view(text));
    if (!all.data)
        return false;
    COLUMN_OUT(out, struct view)[at] = view_of(all);
    return true;
}

/* --- JSON_OBJECTAGG -------------------------------------------------------------------------------- */

static enum code put_object(struct agg_run *run, struct agg_shown *shown, char *row,
                            struct str group, struct column *out, uint32_t at, struct error *err)
{
    (void)row;
    struct arena *arena = shown->arena;
    struct tree_cursor cursor;
    TRY(agg_tree_begin(run, group, TAG_MEMBERS, err));
    struct str prefix = buf_view(&run->key);
    buf_clear(&run->value);
    buf_char(&run->value, '{');
    for (state_tree_seek(run->tree, prefix, &cursor); tree_cursor_in(&cursor, prefix);
         state_tree_next(&cursor)) {
        struct view name;
        struct column one = {
            .type = &type_string, .values = &name, .count = 1, .mask = UINT32_MAX
        };
        struct str encoded = { cursor.key.data + prefix.size, cursor.key.size - prefix.size };
        TRY(state_decode(arena, &encoded, &type_string, 0, &one, 0, err));
        buf_text(&run->value, run->value.size > 1 ? "," : "");
        text_put_json_string(&run->value, view_str(name));
        buf_char(&run->value, ':');
        if (cursor.value.data[0] == MEMBER_NULL)
            buf_text(&run->value, "null");
        else
            buf_put(&run->value, cursor.value.data + 1, cursor.value.size - 1);
    }
    buf_char(&run->value, '}');
    TRY(buf_check(&run->value, err));
    return put_text(&run->value, arena, out, at) ? OK : error_nomem(err);
}

static enum code change_object(struct agg_run *run, const struct agg_steps *s, uint32_t i,
                               bool take, struct error *err)
{
    const struct column *key = s->args[0], *value = s->args[1];
    uint32_t at = agg_row(s, i);
    if (!column_is_valid(key, at))
        return error_set(err, E_DATA, "a key of JSON_OBJECTAGG is NULL");
    bool null = !column_is_valid(value, at);
    if (null && !keeps_nulls(run))
        return OK;
    TRY(agg_tree_begin(run, s->keys[i], TAG_MEMBERS, err));
    state_encode(&run->key, key, at, 0);
    buf_clear(&run->value);
    buf_char(&run->value, null ? MEMBER_NULL : MEMBER_TEXT);
    if (!null)
        buf_str(&run->value, view_str(COLUMN_AT(value, struct view, at)));
    TRY(buf_check(&run->key, err));
    TRY(buf_check(&run->value, err));
    struct str now;
    bool there = state_tree_get(run->tree, buf_view(&run->key), &now);
    if (take) {
        if (there && str_eq(now, buf_view(&run->value)))
            state_tree_remove(run->tree, buf_view(&run->key));
        return OK;
    }
    if (there) {
        struct str name = view_str(COLUMN_AT(key, struct view, at));
        return error_set(err, E_DATA, "JSON_OBJECTAGG has the key \"" STR_FMT "\" twice",
                         (int)MIN(name.size, (size_t)100), name.data);
    }
    return state_tree_put(run->tree, buf_view(&run->key), buf_view(&run->value), err);
}

static enum code step_object(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return agg_tree_step(run, s, &(struct agg_shown){ .arena = s->arena }, put_object,
                         change_object, err);
}

static enum code result_object(struct agg_run *run, struct arena *arena, char *const *rows,
                               const struct str *keys, uint32_t n, struct column *out,
                               struct error *err)
{
    return agg_tree_result(run, &(struct agg_shown){ .arena = arena }, rows, keys, n, out,
                           put_object, err);
}

static enum code merge_member(struct agg_run *run, void *cx, struct str suffix, struct str value,
                              struct error *err)
{
    struct str there;
    TRY(agg_tree_begin(run, *(const struct str *)cx, TAG_MEMBERS, err));
    buf_str(&run->key, suffix);
    TRY(buf_check(&run->key, err));
    if (state_tree_get(run->tree, buf_view(&run->key), &there))
        return error_set(err, E_DATA, "JSON_OBJECTAGG has a key twice");
    return state_tree_put(run->tree, buf_view(&run->key), value, err);
}

static enum code merge_object(struct agg_run *run, char *const *to, const struct str *to_keys,
                              char *const *from, const struct str *from_keys, uint32_t n,
                              struct error *err)
{
    (void)to, (void)from;
    for (uint32_t i = 0; i < n; i++) {
        struct str group = to_keys[i];
        TRY(agg_tree_each(run, from_keys[i], TAG_MEMBERS, merge_member, &group, err));
    }
    return OK;
}

static const struct agg_kernel object = { .reset = agg_tree_reset,
                                          .step = step_object,
                                          .result = result_object,
                                          .merge = merge_object,
                                          .drop = agg_tree_drop };

/* --- JSON_ARRAYAGG --------------------------------------------------------------------------------- */

static enum code put_array(struct agg_run *run, struct agg_shown *shown, char *row,
                           struct str group, struct column *out, uint32_t at, struct error *err)
{
    (void)row;
    struct arena *arena = shown->arena;
    struct tree_cursor cursor;
    buf_clear(&run->value);
    buf_char(&run->value, '[');
    TRY(sequence_walk(run, group, &cursor, err));
    for (; sequence_in(run, &cursor); state_tree_next(&cursor)) {
        struct view text;
        uint64_t valid = 1;
        struct column one = {
            .type = &type_string, .values = &text, .valid = &valid, .count = 1, .mask = UINT32_MAX
        };
        struct str encoded = cursor.value;
        TRY(state_decode(arena, &encoded, &type_string, 0, &one, 0, err));
        buf_text(&run->value, run->value.size > 1 ? "," : "");
        buf_str(&run->value, valid & 1 ? view_str(text) : STR("null"));
    }
    buf_char(&run->value, ']');
    TRY(buf_check(&run->value, err));
    return put_text(&run->value, arena, out, at) ? OK : error_nomem(err);
}

static enum code change_array(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                              struct error *err)
{
    bool found;
    if (!keeps_nulls(run) && !column_is_valid(s->args[0], agg_row(s, i)))
        return OK;
    return sequence_change(run, s, i, take, &found, err);
}

static enum code step_array(struct agg_run *run, const struct agg_steps *s, struct error *err)
{
    return agg_tree_step(run, s, &(struct agg_shown){ .arena = s->arena }, put_array, change_array,
                         err);
}

static enum code result_array(struct agg_run *run, struct arena *arena, char *const *rows,
                              const struct str *keys, uint32_t n, struct column *out,
                              struct error *err)
{
    return agg_tree_result(run, &(struct agg_shown){ .arena = arena }, rows, keys, n, out,
                           put_array, err);
}

static const struct agg_kernel array = { .reset = sequence_reset,
                                         .step = step_array,
                                         .result = result_array,
                                         .merge = sequence_merge_numbered,
                                         .drop = agg_tree_drop };

/* --- the functions ----------------------------------------------------------------------------------- */

/* The last argument is the literal that the binder adds. */
static enum code resolve(struct agg *agg, struct call *call, uint32_t arg_count, struct error *err)
{
    TRY(call_arity(call, arg_count + 1, arg_count + 1, err));
    for (uint32_t i = 0; i < arg_count; i++) {
        TRY(call_coerce_string(call, i, err));
        agg->args[i] = &type_string;
    }
    const struct expr *nulls = call->args[arg_count];
    bool kept = nulls->kind == EXPR_LITERAL && !nulls->literal->is_null && nulls->literal->i64;
    agg->arg_count = arg_count;
    agg->result = &type_string;
    agg->is_bulky = true;
    agg->state = &keeps[kept];
    agg->state_hash = kept;
    return OK;
}

static enum code resolve_object(struct agg *agg, struct call *call, struct error *err)
{
    return resolve(agg, call, 2, err);
}

static enum code resolve_array(struct agg *agg, struct call *call, struct error *err)
{
    agg->in_order = true;
    return resolve(agg, call, 1, err);
}

static bool setup_object(struct agg *agg)
{
    agg->kernel = &object;
    agg->slot_count = 0;
    agg->wants_key = true;
    return true;
}

static bool setup_array(struct agg *agg)
{
    agg->kernel = &array;
    agg->slots[0] = &type_bigint; /* numbers what comes */
    agg->slot_count = 1;
    agg->wants_key = true;
    return true;
}

/* clang-format off */
const struct agg_function agg_json_table[] = {
    { "JSON_OBJECTAGG", DIALECT_FLINK, "JSON_OBJECTAGG([KEY] key VALUE value [{NULL | ABSENT} ON NULL])", "A JSON object of keys and values, sorted by key; NULLs are kept unless said otherwise.", resolve_object, setup_object },
    { "JSON_ARRAYAGG", DIALECT_FLINK, "JSON_ARRAYAGG(value [{NULL | ABSENT} ON NULL])", "A JSON array of the values in the order they came; NULLs are left out unless said otherwise.", resolve_array, setup_array },
    { 0 },
};
/* clang-format on */
