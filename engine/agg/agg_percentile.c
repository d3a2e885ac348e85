/* agg_percentile.c -- PERCENTILE: the value at a share of the way through all values in order,
 * between the two nearest ones where it falls between them.
 *
 * The tree has how often each value of a group is there.  A result goes through all of them, as in
 * Flink, so it costs what a group has different values. */
#include "agg/agg_items.h"

#include "base/hash.h"
#include "types/decimal.h"

#include <math.h>

enum { TAG_VALUES = 1 };

/* Of the call. */
struct percentages {
    bool is_array;
    uint32_t count;
    const double *shares; /* 0 to 1 */
};

struct counted {
    double value;
    int64_t count;
};

struct results {
    struct agg_shown shown;
    struct agg_items items; /* of arrays */
    struct counted *values; /* of the group looked at last; the memory is used again */
    uint32_t n, cap;
    bool null; /* this and the rest: the result of shown.row */
    double one;
    struct list_slot list;
};

static const struct percentages *percentages_of(const struct agg_run *run)
{
    return run->agg->state;
}

/* --- results ------------------------------------------------------------------------------- */

static enum code read_values(struct agg_run *run, struct str group, struct results *r,
                             int64_t *ret_total, struct error *err)
{
    struct arena *arena = r->items.arena;
    struct tree_cursor cursor;
    r->n = 0;
    TRY(agg_tree_begin(run, group, TAG_VALUES, err));
    struct str prefix = buf_view(&run->key);
    *ret_total = 0;
    for (state_tree_seek(run->tree, prefix, &cursor); tree_cursor_in(&cursor, prefix);
         state_tree_next(&cursor)) {
        struct counted c = { .count = (int64_t)agg_get_u64(cursor.value.data) };
        struct column one = {
            .type = &type_double, .values = &c.value, .count = 1, .mask = UINT32_MAX
        };
        struct str key = { cursor.key.data + prefix.size, cursor.key.size - prefix.size };
        TRY(state_decode(arena, &key, &type_double, 0, &one, 0, err));
        if (!ARENA_PUSH(arena, r->values, r->n, r->cap, c))
            return error_nomem(err);
        *ret_total += c.count;
    }
    return OK;
}

static double value_at(const struct counted *values, uint32_t n, int64_t total, double share)
{
    double position = share * (double)(total - 1) + 1;
    int64_t lower = (int64_t)floor(position), higher = (int64_t)ceil(position);
    int64_t before = values[0].count;
    uint32_t at = 0;
    while (before < lower && at + 1 < n)
        before += values[++at].count;
    if (before >= higher || at + 1 == n)
        return values[at].value;
    return ((double)higher - position) * values[at].value +
           (position - (double)lower) * values[at + 1].value;
}

static enum code push_item(struct agg_run *run, struct results *r, double value, struct error *err)
{
    struct column one = { .type = &type_double, .values = &value, .count = 1, .mask = UINT32_MAX };
    buf_clear(&run->value);
    state_encode(&run->value, &one, 0, 0);
    TRY(buf_check(&run->value, err));
    return agg_items_push(&r->items, buf_view(&run->value)) ? OK : error_nomem(err);
}

static enum code compute(struct agg_run *run, char *row, struct str group, struct results *r,
                         struct error *err)
{
    const struct percentages *p = percentages_of(run);
    uint32_t from = r->items.count;
    int64_t total;
    TRY(read_values(run, group, r, &total, err));
    r->shown.row = row;
    r->null = total <= 0 || p->count == 0;
    for (uint32_t i = 0; i < p->count && !r->null; i++) {
        r->one = value_at(r->values, r->n, total, p->shares[i]);
        if (p->is_array)
            TRY(push_item(run, r, r->one, err));
    }
    r->list = (struct list_slot){ from, r->items.count - from };
    return OK;
}

static enum code put(struct agg_run *run, struct agg_shown *shown, char *row, struct str group,
                     struct column *out, uint32_t at, struct error *err)
{
    struct results *r = (struct results *)shown;
    if (shown->row != row)
        TRY(compute(run, row, group, r, err));
    if (r->null)
        return agg_put_null(out, r->items.arena, at) ? OK : error_nomem(err);
    if (percentages_of(run)->is_array)
        COLUMN_OUT(out, struct list_slot)[at] = r->list;
    else
        COLUMN_OUT(out, double)[at] = r->one;
    return OK;
}

static enum code finish(struct agg_run *run, struct results *r, struct column *a, struct column *b,
                        struct error *err)
{
    struct column *child;
    if (!percentages_of(run)->is_array)
        return OK;
    TRY(agg_items_column(&r->items, &type_double, &child, err));
    a->children[0] = child;
    if (b)
        b->children[0] = child;
    return OK;
}

/* --- steps ----------------------------------------------------------------------------------- */

/* A row without a value, or one that counts for nothing, changes nothing. */
static enum code change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                        struct error *err)
{
    uint32_t at = agg_row(s, i);
    int64_t times = 1, count;
    if (!column_is_valid(s->args[0], at))
        return OK;
    if (run->agg->arg_count == 2)
        times = column_is_valid(s->args[1], at) ? COLUMN_AT(s->args[1], int64_t, at) : 0;
    if (times <= 0)
        return OK;
    TRY(agg_tree_begin(run, s->keys[i], TAG_VALUES, err));
    state_encode(&run->key, s->args[0], at, 0);
    TRY(buf_check(&run->key, err));
    return agg_tree_add(run, take ? -times : times, &count, err);
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
    (void)to, (void)from;
    for (uint32_t i = 0; i < n; i++)
        TRY(agg_tree_add_all(run, to_keys[i], from_keys[i], TAG_VALUES, err));
    return OK;
}

static const struct agg_kernel kernel = {
    .reset = agg_tree_reset, .step = step, .result = result, .merge = merge, .drop = agg_tree_drop
};

/* --- the function ------------------------------------------------------------------------------ */

static enum code share_of(const struct call *call, const struct value *value, double *ret,
                          struct error *err)
{
    if (value->is_null || !type_is_numeric(value->type))
        return call_wrong(call, 1, err, "the percentage of PERCENTILE must be a number");
    if (value->type->id == TYPE_DECIMAL)
        *ret = decimal_to_double(value->i128, value->type->scale);
    else if (value->type->id == TYPE_FLOAT || value->type->id == TYPE_DOUBLE)
        *ret = value->f64;
    else
        *ret = (double)value->i64;
    if (*ret >= 0 && *ret <= 1)
        return OK;
    return call_wrong(call, 1, err, "the percentage of PERCENTILE must be between 0 and 1");
}

static enum code read_percentages(struct agg *agg, struct call *call, struct error *err)
{
    struct arena *arena = call->env->arena;
    const struct expr *e = call->args[1];
    if (e->kind != EXPR_LITERAL || e->literal->is_null)
        return call_wrong(call, 1, err,
                          "the percentage of PERCENTILE must be a literal, or an array of them");
    struct percentages *p = arena_new(arena, struct percentages);
    bool is_array = e->type->id == TYPE_ARRAY;
    uint32_t n = is_array ? e->literal->list.count : 1;
    double *shares = arena_array(arena, double, MAX(n, 1));
    if (!p || !shares)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        TRY(share_of(call, is_array ? &e->literal->list.items[i] : e->literal, &shares[i], err));
    *p = (struct percentages){ is_array, n, shares };
    agg->state = p;
    agg->state_hash = hash_bytes((const char *)shares, n * sizeof *shares, 1 + is_array);
    agg->result = is_array ? type_make_array(arena, &type_double) : &type_double;
    return agg->result ? OK : error_nomem(err);
}

static enum code resolve(struct agg *agg, struct call *call, struct error *err)
{
    TRY(call_arity(call, 2, 3, err));
    if (!type_is_numeric(call->args[0]->type))
        return call_reject(call, err);
    TRY(read_percentages(agg, call, err));
    TRY(call_coerce(call, 0, &type_double, err));
    agg->args[0] = &type_double;
    agg->arg_count = 1;
    if (call->arg_count == 2)
        return OK;
    call->args[1] = call->args[2];
    TRY(call_coerce_i64(call, 1, err));
    agg->args[1] = &type_bigint;
    agg->arg_count = 2;
    return OK;
}

static bool setup(struct agg *agg)
{
    agg->kernel = &kernel;
    agg->slot_count = 0;
    agg->wants_key = true;
    return true;
}

/* clang-format off */
const struct agg_function agg_percentile_table[] = {
    { "PERCENTILE", DIALECT_FLINK, "PERCENTILE(value, percentage [, frequency])", "The exact percentile, or an array of them where the percentage is an array; each between 0 and 1.", resolve, setup },
    { 0 },
};
/* clang-format on */
