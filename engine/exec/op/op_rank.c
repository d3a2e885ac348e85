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
 * out, a pair of updates for each rank that has another row now. */
#include "exec/op/rank.h"

enum { SWEEP_ROWS = 64 }; /* keys looked at in a batch for those whose time is over, beside its rows */

/* --- keys -------------------------------------------------------------------------------- */

static void encode_prefix(struct op_rank *op, const struct batch *in, uint32_t row)
{
    buf_clear(&op->prefix);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        state_encode(&op->prefix, in->columns[op->plan->keys[k]], row, 0);
}

static void encode_sort(struct op_rank *op, const struct batch *in, uint32_t row)
{
    buf_clear(&op->sort);
    for (uint32_t i = 0; i < op->plan->order_count; i++) {
        const struct plan_order *o = &op->plan->order[i];
        unsigned flags = (o->descending ? CODE_DESCENDING : 0u) |
                         (o->nulls_last ? CODE_NULLS_LAST : 0u);
        state_encode(&op->sort, in->columns[o->column], row, flags);
    }
}

struct str rank_entry_key(struct op_rank *op, int64_t arrival)
{
    buf_clear(&op->entry);
    buf_str(&op->entry, buf_view(&op->prefix));
    buf_str(&op->entry, buf_view(&op->sort));
    state_encode_i64(&op->entry, arrival);
    return buf_view(&op->entry);
}

enum code rank_check_bytes(const struct op_rank *op, struct error *err)
{
    TRY(buf_check(&op->prefix, err));
    TRY(buf_check(&op->sort, err));
    TRY(buf_check(&op->row, err));
    return buf_check(&op->entry, err);
}

int64_t *rank_count_of(const struct op_rank *op, char *group)
{
    return state_at(group, &state_table_layout(op->counts)->slots[op->plan->key_count]);
}

/* The last rank that is shown of a key: a number, or what its first row says. */
static enum code rank_end(struct op_rank *op, const struct batch *in, uint32_t row, char *group,
                          uint64_t *ret, struct error *err)
{
    const struct plan_rank *plan = op->plan;
    *ret = plan->end;
    if (plan->end_column == PLAN_NO_COLUMN)
        return OK;
    const struct state_slot *slot = &state_table_layout(op->counts)->slots[plan->key_count + 1];
    int64_t *end = state_at(group, slot);
    const struct column *c = in->columns[plan->end_column];
    int64_t value = 0;
    if (column_is_valid(c, row)) {
        switch (type_phys(c->type)) {
        case PHYS_I8:
            value = COLUMN_AT(c, int8_t, row);
            break;
        case PHYS_I16:
            value = COLUMN_AT(c, int16_t, row);
            break;
        case PHYS_I32:
            value = COLUMN_AT(c, int32_t, row);
            break;
        default:
            value = COLUMN_AT(c, int64_t, row);
        }
    }
    if (!state_is_valid(group, slot)) {
        *end = value;
        state_set_valid(group, slot, true);
    } else if (*end != value) {
        return error_set(err, E_DATA,
                         "the number of rows of a top-N changed within a key, from %lld to %lld",
                         (long long)*end, (long long)value);
    }
    *ret = *end < 0 ? 0 : (uint64_t)*end;
    return OK;
}

/* --- output ------------------------------------------------------------------------------- */

static bool is_shown(const struct op_rank *op, uint64_t rank, uint64_t end)
{
    return rank >= op->plan->start && rank <= end;
}

enum code rank_put(struct op_rank *op, struct rows_out *out, struct str row, enum change change,
                   uint64_t rank, uint64_t end, struct error *err)
{
    if (!is_shown(op, rank, end))
        return OK;
    if (change == CHANGE_UPDATE_BEFORE && !op->base.plan->before)
        return OK;
    return rows_out_put(out, row, change, (int64_t)rank, err);
}

/* From rank `rank` on, each row takes the place of the one that was there: `row` first, then those at
 * the cursor.  *ret_last is the row that is left over, *ret_rank its rank. */
static enum code push_down(struct op_rank *op, struct rows_out *out, struct str row,
                           uint64_t rank, uint64_t end, struct tree_cursor *at,
                           struct error *err)
{
    struct str moving = row, prefix = buf_view(&op->prefix);
    for (; rank <= end && tree_cursor_in(at, prefix); rank++, state_tree_next(at)) {
        TRY(rank_put(op, out, at->value, CHANGE_UPDATE_BEFORE, rank, end, err));
        TRY(rank_put(op, out, moving, CHANGE_UPDATE_AFTER, rank, end, err));
        moving = at->value;
    }
    return rank <= end ? rank_put(op, out, moving, CHANGE_INSERT, rank, end, err) : OK;
}

/* --- rows that come ------------------------------------------------------------------------- */

uint64_t rank_of(struct op_rank *op, struct str key, uint64_t end, struct tree_cursor *at)
{
    struct str prefix = buf_view(&op->prefix);
    uint64_t rank = 1;
    state_tree_seek(op->tree, prefix, at);
    while (rank <= end && tree_cursor_in(at, prefix) && str_compare(at->key, key) < 0) {
        rank++;
        state_tree_next(at);
    }
    return rank;
}

static enum code insert_by_rank(struct op_rank *op, struct rows_out *out, struct str key,
                                uint64_t end, struct error *err)
{
    struct tree_cursor at;
    uint64_t rank = rank_of(op, key, end, &at);
    if (rank > end)
        return OK;
    return push_down(op, out, buf_view(&op->row), rank, end, &at, err);
}

/* The row at the last rank falls out, where there is one. */
static enum code insert_by_row(struct op_rank *op, struct rows_out *out, struct str key,
                               uint64_t count, uint64_t end, struct error *err)
{
    struct tree_cursor at;
    bool single = op->plan->end == 1 && op->plan->end_column == PLAN_NO_COLUMN &&
                  !op->takes_back;
    if (count >= end) {
        if (rank_of(op, key, end, &at) > end)
            return OK;
        struct str prefix = buf_view(&op->prefix);
        state_tree_seek(op->tree, prefix, &at);
        for (uint64_t rank = 1; rank < end && at.valid; rank++)
            state_tree_next(&at);
        if (tree_cursor_in(&at, prefix))
            TRY(rank_put(op, out, at.value, single ? CHANGE_UPDATE_BEFORE : CHANGE_DELETE, 1, end,
                    err));
        return rank_put(op, out, buf_view(&op->row), single ? CHANGE_UPDATE_AFTER : CHANGE_INSERT, 1,
                   end, err);
    }
    return rank_put(op, out, buf_view(&op->row), CHANGE_INSERT, 1, end, err);
}

/* Over inserts alone, what is behind the last rank never comes up. */
static bool falls_out(struct op_rank *op, struct str key, uint64_t count, uint64_t end)
{
    if (op->takes_back || count < end)
        return false;
    if (end == 0)
        return true;
    struct tree_cursor last;
    buf_char(&op->prefix, (char)0xFF); /* behind all of the key */
    bool complete = !op->prefix.failed;
    state_tree_seek_before(op->tree, buf_view(&op->prefix), &last);
    op->prefix.size -= complete;
    return last.valid && str_compare(key, last.key) > 0;
}

static enum code trim(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                      struct error *err)
{
    int64_t *count = rank_count_of(op, group);
    while (!op->takes_back && (uint64_t)*count > end) {
        struct tree_cursor last;
        buf_char(&op->prefix, (char)0xFF);
        TRY(buf_check(&op->prefix, err));
        state_tree_seek_before(op->tree, buf_view(&op->prefix), &last);
        op->prefix.size--;
        buf_clear(&op->entry);
        buf_str(&op->entry, last.key);
        TRY(buf_check(&op->entry, err));
        if (op->places)
            TRY(rank_forget(op, last.value, out->arena, err));
        state_tree_remove(op->tree, buf_view(&op->entry));
        --*count;
    }
    return OK;
}

enum code rank_insert(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                      struct error *err)
{
    int64_t *count = rank_count_of(op, group);
    struct str key = rank_entry_key(op, op->arrivals++);
    TRY(rank_check_bytes(op, err));
    if (falls_out(op, key, (uint64_t)*count, end))
        return OK;
    if (op->by_rank)
        TRY(insert_by_rank(op, out, key, end, err));
    else
        TRY(insert_by_row(op, out, key, (uint64_t)*count, end, err));
    TRY(state_tree_put(op->tree, key, buf_view(&op->row), err));
    ++*count;
    return trim(op, out, group, end, err);
}

/* --- rows that go ---------------------------------------------------------------------------- */

/* The first entry with this order whose row is the one taken back; its rank, end + 1 if behind. */
static bool find_row(struct op_rank *op, uint64_t end, struct tree_cursor *ret,
                     uint64_t *ret_rank)
{
    struct str prefix = buf_view(&op->prefix);
    buf_clear(&op->entry);
    buf_str(&op->entry, prefix);
    buf_str(&op->entry, buf_view(&op->sort));
    struct str with_sort = buf_view(&op->entry);
    struct tree_cursor at;
    state_tree_seek(op->tree, with_sort, &at);
    while (tree_cursor_in(&at, with_sort) && !str_eq(at.value, buf_view(&op->row)))
        state_tree_next(&at);
    if (!tree_cursor_in(&at, with_sort))
        return false;
    *ret = at;
    struct tree_cursor from;
    uint64_t rank = 1;
    state_tree_seek(op->tree, prefix, &from);
    while (rank <= end && !str_eq(from.key, at.key)) {
        rank++;
        state_tree_next(&from);
    }
    *ret_rank = rank;
    return true;
}

/* Rows behind the one that goes come up by one. */
static enum code pull_up(struct op_rank *op, struct rows_out *out, struct tree_cursor at,
                         uint64_t rank, uint64_t end, struct error *err)
{
    struct str prefix = buf_view(&op->prefix);
    for (; rank <= end; rank++) {
        struct str before = at.value;
        state_tree_next(&at);
        if (!tree_cursor_in(&at, prefix))
            return rank_put(op, out, before, CHANGE_DELETE, rank, end, err);
        TRY(rank_put(op, out, before, CHANGE_UPDATE_BEFORE, rank, end, err));
        TRY(rank_put(op, out, at.value, CHANGE_UPDATE_AFTER, rank, end, err));
    }
    return OK;
}

static enum code next_comes_up(struct op_rank *op, struct rows_out *out, struct tree_cursor at,
                               uint64_t rank, uint64_t end, struct error *err)
{
    TRY(rank_put(op, out, at.value, CHANGE_DELETE, 1, end, err));
    for (; rank <= end && at.valid; rank++)
        state_tree_next(&at);
    if (!tree_cursor_in(&at, buf_view(&op->prefix)))
        return OK;
    return rank_put(op, out, at.value, CHANGE_INSERT, 1, end, err);
}

static enum code take_back(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                           struct error *err)
{
    struct tree_cursor at;
    uint64_t rank = 0;
    bool found = find_row(op, end, &at, &rank);
    TRY(rank_check_bytes(op, err));
    if (!found)
        return OK; /* it never came, or its time was over */
    if (rank <= end) {
        if (op->by_rank)
            TRY(pull_up(op, out, at, rank, end, err));
        else
            TRY(next_comes_up(op, out, at, rank, end, err));
    }
    buf_clear(&op->entry);
    buf_str(&op->entry, at.key);
    TRY(buf_check(&op->entry, err));
    state_tree_remove(op->tree, buf_view(&op->entry));
    --*rank_count_of(op, group);
    return OK;
}

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

static enum code push_row(struct op_rank *op, const struct batch *in, uint32_t i,
                          struct rows_out *out, struct error *err)
{
    uint32_t row = batch_row(in, i);
    char *group = op->groups[i];
    const struct state_slot *slot =
        &state_table_layout(op->counts)->slots[op->plan->key_count];
    if (!state_is_valid(group, slot)) {
        *rank_count_of(op, group) = 0;
        state_set_valid(group, slot, true);
    }
    uint64_t end;
    TRY(rank_end(op, in, row, group, &end, err));
    encode_prefix(op, in, row);
    encode_sort(op, in, row);
    buf_clear(&op->row);
    state_encode_row(&op->row, in->columns, in->column_count, row);
    out->origin = batch_origin(in, row);
    enum change change = batch_change(in, row);
    if (change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER)
        return op->places ? rank_update(op, in, row, out, group, end, err)
                          : rank_insert(op, out, group, end, err);
    /* With a unique key, the new row says what it replaces. */
    return op->places ? OK : take_back(op, out, group, end, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_rank *op = (struct op_rank *)base;
    struct rows_out out;
    uint32_t *ends = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    op->groups = arena_array(in->arena, char *, MAX(in->selected, 1));
    if (!ends || !op->groups)
        return error_nomem(err);
    rows_out_begin(&out, base, in->arena, op->plan->with_rank);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        op->key[k] = in->columns[op->plan->keys[k]];
    if (op->base.plan->ttl_ms[0] > 0)
        state_table_sweep(op->counts, in->selected + SWEEP_ROWS, on_expired, op);
    TRY(state_table_find(op->counts, op->key, in->selection, in->selected, true, op->groups, NULL,
                         err));
    if (op->forgotten != OK)
        return error_nomem(err);
    for (uint32_t i = 0; i < in->selected; i++) {
        TRY(push_row(op, in, i, &out, err));
        ends[i] = out.count;
    }
    return rows_out_emit(&out, in, ends, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_rank *op = (struct op_rank *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
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
