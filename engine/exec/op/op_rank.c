/* op_rank.c -- the first rows of each key in an order, kept up to date: top-N, and
 * ORDER BY with LIMIT.
 *
 * All rows of all keys are one ordered tree: key, order, number of arrival -> row, so equal
 * rows keep the order they came in.  Over an input that only inserts, a key has no more
 * rows than can be shown (Flink's AppendOnlyTopNFunction); over one that takes rows back, it has
 * all of them, since a delete brings later ones up (RetractableTopNFunction).
 *
 * What is emitted is what these functions emit: without rank, the row that falls out as -D and the
 * new one as +I (for a top 1 over inserts -U and +U); with rank, or where the first ranks are left
 * out, a pair of updates for each rank that has another row now.  These may be many: a call makes a
 * bounded number of rows, and what is left of the input waits. */
#include "exec/op/rank.h"

enum { SEND_ROWS = 4 * BATCH_ROWS }; /* of a call, and those of one row of the input */
enum { SWEEP_ROWS = 64 }; /* keys looked at in a batch for those whose time is over, beside its rows */

/* --- lifetime -------------------------------------------------------------------------------------- */

/* A key that no row came for so long: its rows go, and nobody is told, as when Flink's state ends. */
static enum code forget_rows(struct op_rank *op, char *group, struct error *err)
{
    struct tree_cursor at;
    buf_clear(&op->prefix);
    state_encode_slots(&op->prefix, state_table_layout(op->counts), 0, op->plan->key_count, group);
    TRY(buf_check(&op->prefix, err));
    for (;;) {
        state_tree_seek(op->tree, buf_view(&op->prefix), &at);
        if (!tree_cursor_in(&at, buf_view(&op->prefix)))
            return OK;
        if (op->places)
            TRY(rank_forget(op, at.value, op->base.worker->batch_arena, err));
        state_tree_remove(op->tree, at.key);
    }
}

static void on_expired(void *cx, char *group)
{
    struct op_rank *op = cx;
    if (op->forgotten == OK)
        op->forgotten = forget_rows(op, group, NULL);
}

/* --- messages ------------------------------------------------------------------------------------ */

static enum code push_row(struct op_rank *op, const struct batch *in, uint32_t row, char *group,
                          struct rows_out *out, struct error *err)
{
    const struct state_slot *slot =
        &state_table_layout(op->counts)->slots[op->plan->key_count];
    if (!state_is_valid(group, slot)) {
        *rank_count_of(op, group) = 0;
        state_set_valid(group, slot, true);
    }
    uint64_t end;
    TRY(rank_end(op, in, row, group, &end, err));
    rank_encode(op, in, row);
    out->origin = batch_origin(in, row);
    enum change change = batch_change(in, row);
    if (change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER)
        return op->places ? rank_update(op, in, row, out, group, end, err)
                          : rank_insert(op, out, group, end, err);
    /* With a unique key, the new row says what it replaces. */
    return op->places ? OK : rank_take_back(op, out, group, end, err);
}

/* The keys of the rows from `first` on. */
static enum code find_groups(struct op_rank *op, const struct batch *in, uint32_t first,
                             struct error *err)
{
    uint32_t n = in->selected - first;
    uint32_t *rows = arena_array(in->arena, uint32_t, MAX(n, 1));
    op->groups = arena_array(in->arena, char *, MAX(n, 1));
    op->emptied = arena_array(in->arena, char *, MAX(n, 1));
    op->emptied_count = 0;
    if (!rows || !op->groups || !op->emptied)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = batch_row(in, first + i);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        op->key[k] = in->columns[op->plan->keys[k]];
    TRY(state_table_find(op->counts, op->key, rows, n, true, op->groups, NULL, err));
    return op->forgotten == OK ? OK : error_nomem(err);
}

/* Keys that no row has any more; one may be listed several times. */
static void remove_emptied(struct op_rank *op)
{
    for (uint32_t i = 0; i < op->emptied_count; i++) {
        char *group = op->emptied[i];
        if (*rank_count_of(op, group) != 0)
            continue;
        for (uint32_t k = i + 1; k < op->emptied_count; k++)
            if (op->emptied[k] == group)
                op->emptied[k--] = op->emptied[--op->emptied_count];
        state_table_remove(op->counts, group);
    }
}

/* Rows from *row on, as far as the output has room; ends (NULL: nobody asks) as for op_marks. */
static enum code take_rows(struct op_rank *op, const struct batch *in, uint32_t *row,
                           struct rows_out *out, uint32_t *ends, struct error *err)
{
    uint32_t first = *row;
    bool ends_stay = op->plan->end_column != PLAN_NO_COLUMN;
    TRY(find_groups(op, in, first, err));
    for (; *row < in->selected && out->count < SEND_ROWS; ++*row) {
        char *group = op->groups[*row - first];
        TRY(push_row(op, in, batch_row(in, *row), group, out, err));
        if (*rank_count_of(op, group) == 0 && !ends_stay)
            op->emptied[op->emptied_count++] = group;
        if (ends)
            ends[*row] = out->count;
    }
    remove_emptied(op);
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_rank *op = (struct op_rank *)base;
    struct rows_out out;
    uint32_t row = 0, *ends = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    if (!ends)
        return error_nomem(err);
    if (base->more)
        return left_keep(&op->left, base, in, 0, err);
    rows_out_begin(&out, base, in->arena, op->plan->with_rank);
    if (op->base.plan->ttl_ms[0] > 0)
        state_table_sweep(op->counts, in->selected + SWEEP_ROWS, on_expired, op);
    TRY(take_rows(op, in, &row, &out, ends, err));
    if (row == in->selected)
        return rows_out_emit(&out, in, ends, err);
    TRY(left_keep(&op->left, base, in, row, err));
    return rows_out_emit(&out, NULL, NULL, err);
}

static enum code more(struct op *base, struct error *err)
{
    struct op_rank *op = (struct op_rank *)base;
    struct left *first = op->left.first;
    struct rows_out out;
    rows_out_begin(&out, base, base->worker->batch_arena, op->plan->with_rank);
    TRY(take_rows(op, first->in, &first->row, &out, NULL, err));
    TRY(rows_out_emit(&out, NULL, NULL, err));
    if (first->row < first->in->selected)
        return OK;
    left_drop(&op->left); /* rows_out has copies */
    return op->left.first ? OK : op_more_done(base, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_rank *op = (struct op_rank *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what waits belongs to this epoch */
        TRY(more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_tree_save(op->tree, b->writer, err));
        TRY(state_table_save(op->counts, b->writer, err));
        if (op->places)
            TRY(state_table_save(op->places, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

/* The number of arrival at the end of an entry's key. */
static enum code note_arrival(struct op_rank *op, struct str key, struct error *err)
{
    enum { BYTES = 9 };
    if (key.size < BYTES)
        return error_set(err, E_DATA, "a row of a top-N has no number");
    struct str tail = str_make(key.data + key.size - BYTES, BYTES);
    int64_t arrival;
    TRY(state_decode_i64(&tail, &arrival, err));
    op->arrivals = MAX(op->arrivals, arrival + 1);
    return OK;
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_rank *op = (struct op_rank *)base;
    struct state_record record;
    char *row;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        if (record.table_id == RANK_ROWS_TREE) {
            TRY(note_arrival(op, record.key, err));
            TRY(state_tree_load(op->tree, reader, record.key, record.value, err));
        } else if (record.table_id == RANK_KEYS_TABLE) {
            TRY(state_table_load(op->counts, reader, record.key, record.value, &row, err));
        } else if (record.table_id == RANK_PLACES_TABLE && op->places) {
            TRY(state_table_load(op->places, reader, record.key, record.value, &row, err));
        }
    }
    return state_reader_check(reader, err);
}

static void destroy(struct op *base)
{
    struct op_rank *op = (struct op_rank *)base;
    left_done(&op->left);
    state_heap_close(op->heap);
    state_tree_destroy(op->tree);
    state_table_destroy(op->counts);
    state_table_destroy(op->places);
    state_heap_destroy(op->heap);
    buf_done(&op->prefix);
    buf_done(&op->sort);
    buf_done(&op->row);
    buf_done(&op->entry);
}

static const struct op_kind op_rank_kind = {
    .name = "Rank",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

static enum code open_state(struct op_rank *op, struct error *err)
{
    const struct plan_rank *plan = op->plan;
    const struct plan *input = plan->base.inputs[0];
    struct arena *arena = op->base.worker->op_arena;
    const struct type **key = arena_array(arena, const struct type *, MAX(plan->key_count, 1));
    static const struct type *const value[2] = { &type_bigint, &type_bigint };
    if (!key)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = input->fields[plan->keys[i]].type;
    const struct state_schema schema = { .name = "keys",
                                         .id = RANK_KEYS_TABLE,
                                         .key = key,
                                         .key_count = plan->key_count,
                                         .route_count = plan->key_count,
                                         .value = value,
                                         .value_count = 2,
                                         .ttl_ms = plan->base.ttl_ms[0] };
    TRY(op_state_heap(&op->base, &op->heap, err));
    TRY(state_tree_create(op->heap, "rows", RANK_ROWS_TREE, key, plan->key_count, &op->tree, err));
    TRY(state_table_create(op->heap, &schema, op->base.worker->clock, &op->counts, err));
    state_table_on_expired(op->counts, on_expired, op);
    return OK;
}

enum code op_rank_create(struct worker *worker, const struct plan_rank *plan, struct op **ret,
                         struct error *err)
{
    if (plan->window_end != PLAN_NO_COLUMN)
        return op_window_rank_create(worker, plan, ret, err);
    struct op_rank *op = op_create(worker, &op_rank_kind, sizeof *op, &plan->base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->takes_back = plan_updates(plan->base.inputs[0]) && !plan->update_key;
    op->by_rank = plan->with_rank || plan->start > 1;
    buf_init(&op->prefix, 1 << 30);
    buf_init(&op->sort, 1 << 30);
    buf_init(&op->row, 1 << 30);
    buf_init(&op->entry, (size_t)2 << 30);
    op->key = arena_array(worker->op_arena, struct column *, MAX(plan->key_count, 1));
    if (!op->key)
        return error_nomem(err);
    TRY(open_state(op, err));
    return plan->update_key ? rank_open_places(op, err) : OK;
}
