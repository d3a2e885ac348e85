/* over_steps.c -- the results of rows that come in their order; see over.h.
 *
 * First it is decided, row by row, which steps the aggregates make: rows that fall out of the
 * frame are taken back, then the row is added.  Then each aggregate makes all of them at
 * once.  Rows of frames that are not needed any more are freed at the end only, since the
 * steps read them. */
#include "exec/op/over.h"

#include "types/concat.h"

struct steps {
    struct over *over;
    const struct over_rows *rows;
    struct arena *arena;
    struct bag_key **frames;   /* by row */
    struct column **item;      /* columns of the rows as frames have them */
    uint32_t n, cap;           /* steps */
    uint32_t *sel;             /* row of the input; behind those: rows taken back */
    uint32_t *for_row;         /* the row that it is made for */
    char **groups;
    uint8_t *flags;
    uint32_t *of_row;          /* step that adds each row */
    int64_t *counts;           /* rows of the partition, by row */
    uint32_t *shows;           /* the row whose results it shows, by row */
    char **taken;              /* slots of the rows taken back */
    uint32_t taken_count, taken_cap;
    char **touched;            /* partitions */
    uint32_t touched_count;
    char ***lagged;            /* by call, by row: slots of the row that LAG shows, or NULL */
};

static bool grow(struct steps *s)
{
    uint32_t cap = MAX(2 * s->cap, s->rows->n + 64);
#define GROW(list) \
    ((list) = arena_grow(s->arena, (list), s->cap * sizeof *(list), cap * sizeof *(list)))
    if (!GROW(s->sel) || !GROW(s->for_row) || !GROW(s->groups) || !GROW(s->flags))
        return false;
#undef GROW
    s->cap = cap;
    return true;
}

static enum code put_step(struct steps *s, uint32_t sel, uint32_t for_row, unsigned flags,
                          struct error *err)
{
    if (s->n == s->cap && !grow(s))
        return error_nomem(err);
    s->sel[s->n] = sel;
    s->for_row[s->n] = for_row;
    s->groups[s->n] = s->rows->groups[for_row];
    s->flags[s->n++] = (uint8_t)flags;
    return OK;
}

/* --- frames ----------------------------------------------------------------------------------- */

static enum code begin(struct steps *s, struct over *over, const struct over_rows *rows,
                       struct error *err)
{
    struct arena *arena = rows->in->arena;
    uint32_t n = MAX(rows->n, 1);
    *s = (struct steps){ .over = over,
                         .rows = rows,
                         .arena = arena,
                         .frames = arena_array(arena, struct bag_key *, n),
                         .item = arena_array(arena, struct column *, over->kept_count + 1),
                         .of_row = arena_array(arena, uint32_t, n),
                         .counts = arena_array(arena, int64_t, n),
                         .shows = arena_array(arena, uint32_t, n),
                         .touched = arena_array(arena, char *, n),
                         .lagged = arena_array(arena, char **, over->plan->call_count) };
    if (!s->frames || !s->item || !s->of_row || !s->counts || !s->shows || !s->touched ||
        !s->lagged)
        return error_nomem(err);
    for (uint32_t i = 0; i < over->plan->call_count; i++)
        if (agg_over_function(over->plan->calls[i].agg) == OVER_LAG &&
            !(s->lagged[i] = arena_array(arena, char *, n)))
            return error_nomem(err);
    over->batch++;
    if (!over->frames)
        return OK;
    for (uint32_t c = 0; c < over->kept_count; c++)
        s->item[c] = rows->in->columns[over->kept[c]];
    struct column *times = column_create(arena, &type_bigint, rows->n);
    if (!times)
        return error_nomem(err);
    if (rows->times && rows->n > 0)
        memcpy(times->values, rows->times, rows->n * sizeof *rows->times);
    else
        memset(times->values, 0, rows->n * sizeof(int64_t));
    s->item[over->kept_count] = times;
    for (uint32_t k = 0; k < over->plan->key_count; k++)
        over->key[k] = rows->in->columns[over->plan->keys[k]];
    return state_bag_find(over->frames, over->key, NULL, rows->n, true, s->frames, err);
}

/* The partition of a row, ready for this batch. */
static struct over_group *touch(struct steps *s, uint32_t i)
{
    struct over_group *group = over_group(s->over, s->rows->groups[i]);
    if (group->batch == s->over->batch)
        return group;
    group->batch = s->over->batch;
    group->seen_us = INT64_MIN;
    s->touched[s->touched_count++] = s->rows->groups[i];
    if (s->over->frames && !group->frame) {
        group->frame = s->frames[i];
        group->oldest = group->frame->first;
        group->in_frame = group->frame->items;
    }
    return group;
}

static bool is_out(const struct steps *s, const struct over_group *group, uint32_t i)
{
    const struct plan_over *plan = s->over->plan;
    if (plan->rows)
        return group->in_frame > (uint64_t)plan->preceding + 1;
    const struct state_slot *time =
        &state_bag_layout(s->over->frames)->slots[s->over->kept_count];
    return s->rows->times[i] - *(int64_t *)state_at(group->oldest->slots, time) > plan->preceding;
}

static enum code take_back(struct steps *s, struct over_group *group, uint32_t i,
                           struct error *err)
{
    while (is_out(s, group, i)) {
        uint32_t at = s->taken_count;
        if (!ARENA_PUSH(s->arena, s->taken, s->taken_count, s->taken_cap, group->oldest->slots))
            return error_nomem(err);
        TRY(put_step(s, s->rows->in->count + at, i, AGG_TAKE, err));
        group->oldest = group->oldest->next;
        group->in_frame--;
    }
    return OK;
}

static void look_back(struct steps *s, struct bag_item *item, uint32_t i)
{
    for (uint32_t c = 0; c < s->over->plan->call_count; c++) {
        if (!s->lagged[c])
            continue;
        struct bag_item *there = item;
        for (int64_t n = agg_over_rows(s->over->plan->calls[c].agg); n > 0 && there; n--)
            there = bag_item_before(there);
        s->lagged[c][i] = there ? there->slots : NULL;
    }
}

static enum code put_row(struct steps *s, uint32_t i, struct error *err)
{
    struct over *over = s->over;
    struct over_group *group = touch(s, i);
    int64_t *count = over_value(over, s->rows->groups[i], OVER_COUNT);
    if (over->frames) {
        struct bag_item *item;
        bool replaced;
        TRY(state_bag_add(over->frames, group->frame, s->item, i, &item, &replaced, err));
        group->oldest = group->oldest ? group->oldest : item;
        group->in_frame++;
        look_back(s, item, i);
        if (over->plan->preceding >= 0)
            TRY(take_back(s, group, i, err));
    }
    s->of_row[i] = s->n;
    TRY(put_step(s, i, i, *count == 0 ? AGG_RESET : 0, err));
    s->counts[i] = ++*count;
    return OK;
}

/* With peers a row shows what the last one of them does. */
static void find_peers(struct steps *s)
{
    for (uint32_t i = s->rows->n; i > 0; i--) {
        struct over_group *group = over_group(s->over, s->rows->groups[i - 1]);
        if (!s->rows->peers || group->seen_us != s->rows->times[i - 1]) {
            group->seen_us = s->rows->peers ? s->rows->times[i - 1] : INT64_MIN;
            group->seen_step = i - 1;
        }
        s->shows[i - 1] = group->seen_step;
    }
}

/* Rows that no later one needs. */
static void trim(struct steps *s)
{
    struct over *over = s->over;
    for (uint32_t i = 0; i < s->touched_count && over->frames; i++) {
        struct over_group *group = over_group(over, s->touched[i]);
        while (over->plan->preceding >= 0 && group->frame->first != group->oldest)
            state_bag_take(over->frames, group->frame->first);
        while (over->plan->preceding < 0 && group->frame->items > over->lag_most)
            state_bag_take(over->frames, group->frame->first);
        if (over->plan->preceding < 0)
            group->oldest = group->frame->first;
    }
}

/* --- columns ---------------------------------------------------------------------------------- */

/* The columns of the input, with the rows taken back behind them where they are needed. */
static enum code with_taken(struct steps *s, struct batch *ret, struct error *err)
{
    const struct over *over = s->over;
    struct batch *in = s->rows->in;
    *ret = *in;
    if (s->taken_count == 0)
        return OK;
    ret->columns = arena_array(s->arena, struct column *, MAX(in->column_count, 1));
    if (!ret->columns)
        return error_nomem(err);
    memcpy(ret->columns, in->columns, in->column_count * sizeof *in->columns);
    for (uint32_t c = 0; c < over->kept_count; c++) {
        struct column *parts[2] = { in->columns[over->kept[c]],
                                    state_column(s->arena, &state_bag_layout(over->frames)->slots[c],
                                                 s->taken, s->taken_count) };
        struct column *both = parts[1] ? column_concat(s->arena, parts, 2) : NULL;
        if (!both)
            return error_nomem(err);
        ret->columns[over->kept[c]] = both;
    }
    return OK;
}

/* Key columns as long as those of with_taken(), for DISTINCT. */
static enum code key_columns(struct steps *s, struct column ***ret, struct error *err)
{
    const struct plan_over *plan = s->over->plan;
    uint32_t n = s->rows->in->count;
    uint32_t *place = arena_array(s->arena, uint32_t, MAX(n + s->taken_count, 1));
    struct column **key = arena_array(s->arena, struct column *, MAX(plan->key_count, 1));
    if (!place || !key)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        place[i] = i;
    for (uint32_t i = 0; i < s->n; i++)
        place[s->sel[i]] = s->for_row[i];
    for (uint32_t k = 0; k < plan->key_count; k++) {
        key[k] = s->rows->in->columns[plan->keys[k]];
        if (s->taken_count > 0 &&
            !(key[k] = column_gather(s->arena, key[k], place, n + s->taken_count)))
            return error_nomem(err);
    }
    *ret = key;
    return OK;
}

static enum code key_bytes(struct steps *s, struct column *const *key, struct str **ret,
                           struct error *err)
{
    struct str *by_row = arena_array(s->arena, struct str, MAX(s->rows->n, 1));
    struct str *keys = arena_array(s->arena, struct str, MAX(s->n, 1));
    if (!by_row || !keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->rows->n; i++) {
        buf_clear(&s->over->bytes);
        state_encode_row(&s->over->bytes, key, s->over->plan->key_count, i);
        TRY(buf_check(&s->over->bytes, err));
        by_row[i] = arena_str(s->arena, buf_view(&s->over->bytes));
        if (!by_row[i].data)
            return error_nomem(err);
    }
    for (uint32_t i = 0; i < s->n; i++)
        keys[i] = by_row[s->for_row[i]];
    *ret = keys;
    return OK;
}

static enum code run_steps(struct steps *s, struct column **after, struct error *err)
{
    struct over *over = s->over;
    struct batch in;
    struct column **key;
    struct str *keys = NULL;
    TRY(with_taken(s, &in, err));
    TRY(key_columns(s, &key, err));
    if (agg_set_wants_keys(over->set))
        TRY(key_bytes(s, key, &keys, err));
    struct agg_batch b = { .in = &in,
                           .n = s->n,
                           .sel = s->sel,
                           .rows = s->groups,
                           .flags = s->flags,
                           .key = key,
                           .keys = keys };
    return agg_set_step(over->set, &b, NULL, after, err);
}

/* --- results ---------------------------------------------------------------------------------- */

static struct column *numbers(struct steps *s)
{
    struct column *out = column_create(s->arena, &type_bigint, s->rows->n);
    for (uint32_t i = 0; out && i < s->rows->n; i++)
        COLUMN_OUT(out, int64_t)[i] = s->counts[s->shows[i]];
    return out;
}

/* Values of earlier rows; where there is none, or it is NULL, the default. */
static struct column *lag(struct steps *s, uint32_t c)
{
    const struct over *over = s->over;
    const struct agg_call *call = &over->plan->calls[c];
    uint32_t n = s->rows->n;
    char **slots = arena_array(s->arena, char *, MAX(n, 1));
    uint32_t *place = arena_array(s->arena, uint32_t, MAX(n, 1));
    if (!slots || !place)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        slots[i] = s->lagged[c][s->shows[i]];
    const struct state_layout *layout = state_bag_layout(over->frames);
    struct column *values =
        state_column(s->arena, &layout->slots[over->kept_at[call->args[0]]], slots, n);
    if (!values || call->agg->arg_count < 3)
        return values;
    for (uint32_t i = 0; i < n; i++)
        place[i] = column_is_valid(values, i) ? i : n + s->shows[i];
    struct column *parts[2] = { values, s->rows->in->columns[call->args[2]] };
    struct column *both = column_concat(s->arena, parts, 2);
    return both ? column_gather(s->arena, both, place, n) : NULL;
}

static enum code results(struct steps *s, struct column *const *after, struct column **ret,
                         struct error *err)
{
    const struct plan_over *plan = s->over->plan;
    uint32_t *place = arena_array(s->arena, uint32_t, MAX(s->rows->n, 1));
    if (!place)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->rows->n; i++)
        place[i] = s->of_row[s->shows[i]];
    for (uint32_t c = 0, at = 0; c < plan->call_count; c++) {
        switch (agg_over_function(plan->calls[c].agg)) {
        case OVER_NONE:
            ret[c] = column_gather(s->arena, after[at++], place, s->rows->n);
            break;
        case OVER_LAG:
            ret[c] = lag(s, c);
            break;
        default: /* numbers of rows; with peers, the number of the last one */
            ret[c] = numbers(s);
        }
        if (!ret[c])
            return error_nomem(err);
    }
    return OK;
}

enum code over_compute(struct over *over, const struct over_rows *rows, struct column **ret,
                       struct error *err)
{
    struct steps s;
    struct column **after =
        arena_array(rows->in->arena, struct column *, MAX(over->call_count, 1));
    if (!after)
        return error_nomem(err);
    TRY(begin(&s, over, rows, err));
    for (uint32_t i = 0; i < rows->n; i++)
        TRY(put_row(&s, i, err));
    find_peers(&s);
    if (over->call_count > 0)
        TRY(run_steps(&s, after, err));
    TRY(results(&s, after, ret, err));
    trim(&s);
    return OK;
}
