/* op_group.c -- GROUP BY and DISTINCT without windows: a change a row, as Flink's
 * GroupAggFunction.
 *
 * A batch goes through in columns: the groups' rows are found in one call, each
 * aggregate steps over all rows and says its result before and after each of them, and
 * one pass decides what goes out -- once a group and batch, if nobody sees more
 * (group_fold.c).  Where the input takes rows back, the first value slot
 * counts the rows of the group: at zero the group is gone, and what is taken back from
 * a group that is not there is ignored.
 *
 * A list or a text of all values of a group, twice for each row, can be much more memory than a batch
 * should need: then the batch goes through in slices, and what is left of it waits. */
#include "base/arena.h"
#include "base/memory.h"
#include "exec/op/group.h"
#include "exec/op/left.h"
#include "exec/op/ops.h"
#include "state/snapshot.h"

enum {
    TABLE_GROUPS,
    TABLE_AGGREGATES, /* the first of the set's */
    SWEEP_ROWS = 64,  /* looked at in a batch, beside as many as it has rows */
    SLICE_ROWS = 32,  /* to begin with */
    SLICE_BYTES = 1 << 20,
    CALL_BYTES = 16 << 20,
};

struct op_group {
    struct op base; /* first */
    const struct plan_group *plan;
    struct state_heap *heap;
    struct state_table *groups;
    struct agg_set *set;
    const struct state_slot *live; /* rows of the group; NULL: none is taken back */
    struct buf key;                /* scratch */
    uint32_t slice;                /* rows at once; 0: whole batches */
    struct left_list left;
};

/* --- groups -------------------------------------------------------------------------------------- */

static void drop_beside(struct op_group *op, char *row)
{
    struct str key = STR("");
    if (agg_set_wants_keys(op->set) && op->plan->key_count > 0) {
        buf_clear(&op->key);
        state_encode_slots(&op->key, state_table_layout(op->groups), 0, op->plan->key_count, row);
        key = op->key.failed ? (struct str){ NULL, 0 } : buf_view(&op->key);
    }
    agg_set_drop(op->set, row, key);
}

static void on_expired(void *cx, char *row)
{
    drop_beside(cx, row);
}

static inline int64_t *live_rows(const struct op_group *op, char *row)
{
    return state_at(row, op->live);
}

/* Rows of all groups of the batch; *ret_new says which are new. */
static enum code find_groups(struct op_group *op, struct group_rows *g, uint8_t **ret_new,
                             struct error *err)
{
    struct arena *arena = g->in->arena;
    uint32_t keys = op->plan->key_count;
    g->key = arena_array(arena, struct column *, MAX(keys, 1));
    g->rows = arena_alloc(arena, g->n * sizeof *g->rows);
    *ret_new = arena_zalloc(arena, g->n);
    if (!g->key || !g->rows || !*ret_new)
        return error_nomem(err);
    for (uint32_t i = 0; i < keys; i++)
        g->key[i] = g->in->columns[op->plan->keys[i]];
    const uint32_t *sel = g->in->selection;
    if (op->live)
        return state_table_find_runs(op->groups, g->key, sel, g->n, true, g->rows, *ret_new, err);
    const uint64_t *hashes = state_hashes_of(g->in, g->key, keys, sel, g->n);
    return state_table_find_hashed(op->groups, g->key, hashes, sel, g->n, true, g->rows, *ret_new,
                                   err);
}

static void decide_adds(struct group_rows *g, const uint8_t *is_new)
{
    if (!memchr(is_new, 1, g->n)) {
        g->flags = g->events = NULL;
        return;
    }
    for (uint32_t i = 0; i < g->n; i++) {
        g->events[i] = is_new[i] ? GROUP_FIRST : GROUP_CHANGE;
        g->flags[i] = is_new[i] ? AGG_RESET : 0;
    }
}

static void decide_all(struct op_group *op, struct group_rows *g, const uint8_t *is_new)
{
    for (uint32_t i = 0; i < g->n; i++) {
        int64_t *live = live_rows(op, g->rows[i]);
        enum change change = batch_change(g->in, batch_row(g->in, i));
        if (is_new[i]) {
            *live = 0;
            state_set_valid(g->rows[i], op->live, true);
        }
        if (change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER) {
            g->events[i] = *live == 0 ? GROUP_FIRST : GROUP_CHANGE;
            g->flags[i] = *live == 0 ? AGG_RESET : 0;
            ++*live;
        } else if (*live == 0) {
            g->events[i] = GROUP_NOTHING;
            g->flags[i] = AGG_SKIP;
        } else {
            g->events[i] = --*live == 0 ? GROUP_LAST : GROUP_CHANGE;
            g->flags[i] = AGG_TAKE;
        }
    }
}

static enum code decide(struct op_group *op, struct group_rows *g, const uint8_t *is_new,
                        struct error *err)
{
    g->flags = arena_alloc(g->in->arena, 2 * (size_t)g->n);
    if (!g->flags)
        return error_nomem(err);
    g->events = g->flags + g->n;
    if (op->live)
        decide_all(op, g, is_new);
    else
        decide_adds(g, is_new);
    return OK;
}

static enum code encode_keys(struct op_group *op, struct group_rows *g, struct error *err)
{
    struct arena *arena = g->in->arena;
    size_t *ends = arena_alloc(arena, g->n * sizeof *ends);
    g->keys = arena_alloc(arena, g->n * sizeof *g->keys);
    if (!ends || !g->keys)
        return error_nomem(err);
    buf_clear(&op->key);
    for (uint32_t i = 0; i < g->n; i++) {
        state_encode_row(&op->key, g->key, op->plan->key_count, batch_row(g->in, i));
        ends[i] = op->key.size;
    }
    TRY(buf_check(&op->key, err));
    char *bytes = arena_alloc(arena, MAX(op->key.size, 1));
    if (!bytes)
        return error_nomem(err);
    if (op->key.size > 0)
        memcpy(bytes, op->key.data, op->key.size);
    for (uint32_t i = 0; i < g->n; i++) {
        size_t start = i > 0 ? ends[i - 1] : 0;
        g->keys[i] = str_make(bytes + start, ends[i] - start);
    }
    return OK;
}

static enum code step(struct op_group *op, struct group_rows *g, struct error *err)
{
    struct arena *arena = g->in->arena;
    uint32_t calls = op->plan->call_count;
    g->before = arena_array(arena, struct column *, 2 * (size_t)MAX(calls, 1));
    if (!g->before)
        return error_nomem(err);
    g->after = g->before + MAX(calls, 1);
    if (agg_set_wants_keys(op->set))
        TRY(encode_keys(op, g, err));
    struct agg_batch b = { .in = g->in,
                           .n = g->n,
                           .sel = g->in->selection,
                           .rows = g->rows,
                           .flags = g->flags,
                           .key = g->key,
                           .keys = g->keys };
    return agg_set_step(op->set, &b, g->before, g->after, err);
}

/* Groups that are empty at the end of the batch. A group with more than one event is looked at more
 * than once: the first look marks it. */
static void remove_empty(struct op_group *op, struct group_rows *g)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        bool may_be = g->events[i] == GROUP_LAST || g->events[i] == GROUP_NOTHING;
        if (!may_be || *live_rows(op, g->rows[i]) != 0)
            continue;
        *live_rows(op, g->rows[i]) = -1;
        g->rows[n++] = g->rows[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        drop_beside(op, g->rows[i]);
        state_table_remove(op->groups, g->rows[i]);
    }
}

/* --- messages ------------------------------------------------------------------------------------- */

static enum code emit(struct op_group *op, const struct group_rows *steps, struct error *err)
{
    const struct plan *plan = &op->plan->base;
    struct group_rows one_each;
    const struct group_rows *g = steps;
    if (op->plan->fold && steps->n > 1) {
        TRY(group_fold(op->plan, steps, &one_each, err));
        g = &one_each;
    }
    struct group_rules rules = { .before = plan->before,
                                 .folded = g != steps,
                                 .unchanged = plan->ttl_ms[0] > 0 };
    struct group_changes changes;
    struct batch *out;
    TRY(group_changes(op->plan, g, &rules, &changes, err));
    TRY(group_batch(op->plan, g, &changes, &out, err));
    TRY(op_marks(&op->base, 0, g->in, changes.ends, out, err));
    return op_emit(&op->base, out, err);
}

static enum code run(struct op_group *op, struct group_rows *g, struct error *err)
{
    uint8_t *is_new;
    TRY(find_groups(op, g, &is_new, err));
    TRY(decide(op, g, is_new, err));
    return step(op, g, err);
}

static enum code pass(struct op_group *op, const struct batch *in, struct error *err)
{
    struct group_rows g = { .in = in, .n = in->selected };
    TRY(run(op, &g, err));
    TRY(emit(op, &g, err));
    if (op->live)
        remove_empty(op, &g);
    return OK;
}

/* Selected rows first .. first + n, and the marks behind them. */
static struct batch *slice_of(const struct batch *in, uint32_t first, uint32_t n)
{
    struct batch *slice = batch_derive(in->arena, in);
    uint32_t *selection = arena_array(in->arena, uint32_t, n);
    if (!slice || !selection)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        selection[i] = batch_row(in, first + i);
    slice->selection = selection;
    slice->selected = n;
    bool is_last = first + n == in->selected;
    while (slice->watermark_count > 0 && first > 0 && slice->watermarks->row < selection[0]) {
        slice->watermarks++;
        slice->watermark_count--;
    }
    uint32_t marks = 0;
    while (marks < slice->watermark_count &&
           (is_last || slice->watermarks[marks].row < batch_row(in, first + n)))
        marks++;
    slice->watermark_count = marks;
    return slice;
}

/* From selected row *row on, until the call has taken its share of memory. */
static enum code pass_slices(struct op_group *op, const struct batch *in, uint32_t *row,
                             struct error *err)
{
    size_t first_bytes = arena_bytes(in->arena), bytes = first_bytes;
    while (*row < in->selected && bytes - first_bytes < CALL_BYTES) {
        uint32_t n = MIN(op->slice, in->selected - *row);
        struct batch *slice = slice_of(in, *row, n);
        if (!slice)
            return error_nomem(err);
        TRY(pass(op, slice, err));
        *row += n;
        size_t now = arena_bytes(in->arena);
        if (now - bytes > SLICE_BYTES)
            op->slice = MAX(op->slice / 2, 1);
        else if (n == op->slice && now - bytes < SLICE_BYTES / 4)
            op->slice = MIN(op->slice * 2, (uint32_t)BATCH_ROWS);
        bytes = now;
    }
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_group *op = (struct op_group *)base;
    uint32_t row = 0;
    if (base->more)
        return left_keep(&op->left, base, in, 0, err);
    if (op->plan->base.ttl_ms[0] > 0) {
        state_table_sweep(op->groups, in->selected + SWEEP_ROWS, on_expired, op);
        agg_set_sweep(op->set, in->selected + SWEEP_ROWS);
    }
    if (op->slice == 0)
        return pass(op, in, err);
    TRY(pass_slices(op, in, &row, err));
    return row < in->selected ? left_keep(&op->left, base, in, row, err) : OK;
}

static enum code more(struct op *base, struct error *err)
{
    struct op_group *op = (struct op_group *)base;
    struct left *first = op->left.first;
    struct batch in = *first->in;
    in.arena = base->worker->batch_arena; /* what is made now goes with the call */
    TRY(pass_slices(op, &in, &first->row, err));
    if (first->row < in.selected)
        return OK;
    TRY(op_let_go(base, left_take(&op->left), err));
    return op->left.first ? OK : op_more_done(base, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_group *op = (struct op_group *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what waits belongs to this epoch */
        TRY(more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_table_save(op->groups, b->writer, err));
        TRY(agg_set_save(op->set, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code load(struct op_group *op, struct state_reader *reader,
                      const struct state_record *r, struct error *err)
{
    char *row;
    bool mine;
    if (r->table_id == TABLE_GROUPS) {
        TRY(state_table_load(op->groups, reader, r->key, r->value, &row, err));
        if (row)
            agg_set_loaded_row(op->set, row);
        return OK;
    }
    TRY(agg_set_load(op->set, reader, r->table_id, r->key, r->value, &mine, err));
    return mine ? OK
                : error_set(err, E_DATA, "the snapshot has a table %u that " STR_FMT " has not",
                            r->table_id, STR_ARG(state_heap_owner(op->heap)));
}

static enum code find_loaded(void *cx, struct column *const *key, uint32_t n, char **ret_rows,
                             struct error *err)
{
    struct op_group *op = cx;
    return state_table_find(op->groups, key, NULL, n, false, ret_rows, NULL, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_group *op = (struct op_group *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        TRY(load(op, reader, &record, err));
    return agg_set_loaded(op->set, find_loaded, op, err);
}

static void destroy(struct op *base)
{
    struct op_group *op = (struct op_group *)base;
    left_done(&op->left);
    state_heap_close(op->heap);
    agg_set_destroy(op->set);
    state_table_destroy(op->groups);
    state_heap_destroy(op->heap);
    buf_done(&op->key);
}

static const struct op_kind op_group_kind = {
    .name = "Group",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

/* --- making ---------------------------------------------------------------------------------------- */

static enum code make_groups(struct op_group *op, const struct type *const *key,
                             struct error *err)
{
    const struct plan_group *plan = op->plan;
    struct arena *arena = op->base.worker->op_arena;
    bool counts = plan_updates(plan->base.inputs[0]);
    const struct type **slots, **value;
    uint32_t slot_count;
    TRY(agg_set_slots(arena, plan->calls, plan->call_count, &slots, &slot_count, err));
    value = arena_array(arena, const struct type *, slot_count + 1);
    if (!value)
        return error_nomem(err);
    value[0] = &type_bigint;
    for (uint32_t i = 0; i < slot_count; i++)
        value[counts + i] = slots[i];
    struct state_schema schema = { .name = "groups",
                                   .id = TABLE_GROUPS,
                                   .key = key,
                                   .key_count = plan->key_count,
                                   .route_count = plan->key_count,
                                   .value = value,
                                   .value_count = slot_count + counts,
                                   .ttl_ms = plan->base.ttl_ms[0] };
    TRY(state_table_create(op->heap, &schema, op->base.worker->clock, &op->groups, err));
    state_table_on_expired(op->groups, on_expired, op);
    const struct state_layout *layout = state_table_layout(op->groups);
    op->live = counts ? &layout->slots[plan->key_count] : NULL;
    agg_set_place(op->set, layout, plan->key_count + counts);
    return OK;
}

static enum code make(struct op_group *op, struct error *err)
{
    const struct plan_group *plan = op->plan;
    const struct plan *input = plan->base.inputs[0];
    struct worker *worker = op->base.worker;
    const struct type **key = arena_array(worker->op_arena, const struct type *,
                                          MAX(plan->key_count, 1));
    const struct type **types = arena_array(worker->op_arena, const struct type *,
                                            MAX(input->field_count, 1));
    if (!key || !types)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = input->fields[plan->keys[i]].type;
    for (uint32_t i = 0; i < input->field_count; i++)
        types[i] = input->fields[i].type;
    TRY(op_state_heap(&op->base, &op->heap, err));
    struct agg_set_open open = { .calls = plan->calls,
                                 .count = plan->call_count,
                                 .key = key,
                                 .key_count = plan->key_count,
                                 .route_count = plan->key_count,
                                 .input = types,
                                 .heap = op->heap,
                                 .clock = worker->clock,
                                 .ttl_ms = plan->base.ttl_ms[0],
                                 .first_table_id = TABLE_AGGREGATES };
    TRY(agg_set_create(&open, &op->set, err));
    if (agg_set_is_bulky(op->set)) /* what is folded is to be few changes */
        op->slice = plan->fold ? BATCH_ROWS : SLICE_ROWS;
    return make_groups(op, key, err);
}

enum code op_group_create(struct worker *worker, const struct plan_group *plan, struct op **ret,
                          struct error *err)
{
    struct op_group *op = op_create(worker, &op_group_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    op->plan = plan;
    buf_init(&op->key, UINT32_MAX);
    *ret = &op->base;
    return make(op, err);
}
