/* op_over_any.c -- OVER in an order that is no time: results of rows change when others come
 * before them.
 *
 * All rows of a partition lie in an ordered tree with their results: key, order, number of
 * arrival -> row, results.  A row behind all others is computed alone, with the accumulators
 * that the last one has left.  With any other that comes, and each that goes, the partition is
 * computed anew, and what differs is updated; as in Flink's NonTime...UnboundedPrecedingFunction,
 * which go through a list of all rows too, rows are told of in their order.  So this is for
 * partitions of moderate size, or rows that come in about the order.  Accumulators are in no
 * snapshot: the first row after it computes them.
 *
 * A row may change the results of all others: a call makes a bounded number of rows, and what
 * is left of the input waits. */
#include "exec/op/left.h"
#include "exec/op/over.h"
#include "exec/rows_out.h"

#include "state/snapshot.h"
#include "state/tree.h"

enum { NUMBER_BYTES = 9 };
enum { SEND_ROWS = 4 * BATCH_ROWS }; /* of a call, about */
enum { SWEEP_ROWS = 64 }; /* partitions looked at a batch for those whose time is over, beside its rows */

/* A partition in its order. */
struct partition {
    struct str *keys;
    struct str *values;     /* row, then results; only the row: it is new */
    size_t *row_bytes;
    int64_t *places;        /* equal ones are peers */
    struct column **results;
    enum change change;     /* what made it be computed */
    uint32_t n, told;
};

struct op_over_any {
    struct op base;
    const struct plan_over *plan;
    struct over over;       /* computes; knows a partition as its last row has left it, or not */
    struct state_tree *rows;
    struct state_table *lives; /* partitions, by key: when they end; NULL: never */
    struct arena *arena;    /* of one row that comes */
    struct partition now;   /* of that row; told of when told == n */
    struct left_list left;
    int64_t arrivals;
    uint32_t width;         /* columns of the input */
    struct buf prefix, sort, row, entry, result;
};

static enum code encode(struct op_over_any *op, const struct batch *in, uint32_t row,
                        struct error *err)
{
    buf_clear(&op->prefix);
    buf_clear(&op->sort);
    buf_clear(&op->row);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        state_encode(&op->prefix, in->columns[op->plan->keys[k]], row, 0);
    buf_str(&op->sort, buf_view(&op->prefix));
    for (uint32_t i = 0; i < op->plan->order_count; i++) {
        const struct plan_order *o = &op->plan->order[i];
        unsigned flags = (o->descending ? CODE_DESCENDING : 0u) |
                         (o->nulls_last ? CODE_NULLS_LAST : 0u);
        state_encode(&op->sort, in->columns[o->column], row, flags);
    }
    state_encode_row(&op->row, in->columns, op->width, row);
    TRY(buf_check(&op->prefix, err));
    TRY(buf_check(&op->sort, err));
    return buf_check(&op->row, err);
}

/* Where the row that is encoded goes. */
static enum code make_entry(struct op_over_any *op, struct error *err)
{
    buf_clear(&op->entry);
    buf_str(&op->entry, buf_view(&op->sort));
    state_encode_i64(&op->entry, op->arrivals++);
    return buf_check(&op->entry, err);
}

/* What the last row has left of its partition. */
static enum code forget(struct op_over_any *op, const struct batch *in, uint32_t row,
                        struct error *err)
{
    char *group;
    TRY(over_find(&op->over, in, &row, 1, false, &group, err));
    if (group)
        over_forget(&op->over, group);
    return OK;
}

/* The first equal row goes, with its results. */
static enum code remove_row(struct op_over_any *op, struct rows_out *out, bool *ret_found,
                            struct error *err)
{
    struct tree_cursor at;
    struct str prefix = buf_view(&op->sort), row = buf_view(&op->row);
    state_tree_seek(op->rows, prefix, &at);
    while (tree_cursor_in(&at, prefix) && !str_starts(at.value, row))
        state_tree_next(&at);
    *ret_found = tree_cursor_in(&at, prefix);
    if (!*ret_found)
        return OK;
    TRY(rows_out_put(out, at.value, CHANGE_DELETE, 0, err));
    buf_clear(&op->entry);
    buf_str(&op->entry, at.key);
    TRY(buf_check(&op->entry, err));
    state_tree_remove(op->rows, buf_view(&op->entry));
    return OK;
}

/* --- the partition ---------------------------------------------------------------------------- */

static struct str sort_of(const struct op_over_any *op, struct str key)
{
    return str_make(key.data + op->prefix.size, key.size - op->prefix.size - NUMBER_BYTES);
}

static enum code read_partition(struct op_over_any *op, struct partition *p, struct error *err)
{
    struct str prefix = buf_view(&op->prefix);
    struct tree_cursor at;
    uint32_t key_cap = 0, value_cap = 0, count = 0;
    *p = (struct partition){ 0 };
    for (state_tree_seek(op->rows, prefix, &at); tree_cursor_in(&at, prefix);
         state_tree_next(&at)) {
        struct str key = arena_str(op->arena, at.key), value = arena_str(op->arena, at.value);
        if (!key.data || !value.data ||
            !ARENA_PUSH(op->arena, p->keys, p->n, key_cap, key) ||
            !ARENA_PUSH(op->arena, p->values, count, value_cap, value))
            return error_nomem(err);
    }
    p->row_bytes = arena_array(op->arena, size_t, MAX(p->n, 1));
    p->places = arena_array(op->arena, int64_t, MAX(p->n, 1));
    if (!p->row_bytes || !p->places)
        return error_nomem(err);
    for (uint32_t i = 1; i < p->n; i++)
        p->places[i] = p->places[i - 1] +
                       !str_eq(sort_of(op, p->keys[i]), sort_of(op, p->keys[i - 1]));
    return OK;
}

static enum code compute(struct op_over_any *op, struct partition *p, struct error *err)
{
    const struct plan *input = op->base.plan->inputs[0];
    struct batch *in = batch_create(op->arena, op->width, p->n);
    char **groups = arena_array(op->arena, char *, p->n);
    p->results = arena_array(op->arena, struct column *, op->plan->call_count);
    if (!in || !groups || !p->results)
        return error_nomem(err);
    for (uint32_t c = 0; c < op->width; c++)
        if (!(in->columns[c] = column_create(op->arena, input->fields[c].type, p->n)))
            return error_nomem(err);
    for (uint32_t i = 0; i < p->n; i++) {
        struct str value = p->values[i];
        for (uint32_t c = 0; c < op->width; c++)
            TRY(state_decode(op->arena, &value, input->fields[c].type, 0, in->columns[c], i,
                             err));
        p->row_bytes[i] = p->values[i].size - value.size;
    }
    struct over_rows rows = {
        .in = in, .groups = groups, .times = p->places, .peers = !op->plan->rows, .n = p->n
    };
    TRY(forget(op, in, 0, err));
    TRY(over_find(&op->over, in, NULL, p->n, true, groups, err));
    return over_compute(&op->over, &rows, p->results, err);
}

/* Is the row that is encoded behind all others of its partition, and no peer of one?  Where there
 * are none, what is known of the partition is old. */
static bool comes_last(const struct op_over_any *op)
{
    struct tree_cursor at;
    struct str prefix = buf_view(&op->prefix);
    state_tree_seek(op->rows, prefix, &at);
    if (!tree_cursor_in(&at, prefix))
        return false;
    state_tree_seek(op->rows, buf_view(op->plan->rows ? &op->entry : &op->sort), &at);
    return !tree_cursor_in(&at, prefix);
}

/* Computes such a row with what the others have left. */
static enum code append_row(struct op_over_any *op, const struct batch *in, uint32_t row,
                            char *group, struct rows_out *out, struct error *err)
{
    struct batch *one = batch_create(op->arena, op->width, 1);
    struct column **results = arena_array(op->arena, struct column *, op->plan->call_count);
    if (!one || !results)
        return error_nomem(err);
    for (uint32_t c = 0; c < op->width; c++)
        if (!(one->columns[c] = column_gather(op->arena, in->columns[c], &row, 1)))
            return error_nomem(err);
    struct over_rows rows = { .in = one,
                              .groups = &group,
                              .times = &op->arrivals,
                              .peers = !op->plan->rows,
                              .n = 1 };
    TRY(over_compute(&op->over, &rows, results, err));
    for (uint32_t c = 0; c < op->plan->call_count; c++)
        state_encode(&op->row, results[c], 0, 0);
    TRY(buf_check(&op->row, err));
    TRY(rows_out_put(out, buf_view(&op->row), batch_change(in, row), 0, err));
    return state_tree_put(op->rows, buf_view(&op->entry), buf_view(&op->row), err);
}

/* What is different now, as far as the output has room. */
static enum code tell(struct op_over_any *op, struct partition *p, struct rows_out *out,
                      struct error *err)
{
    for (; p->told < p->n && out->count < SEND_ROWS; p->told++) {
        uint32_t i = p->told;
        struct str old = p->values[i];
        bool is_new = old.size == p->row_bytes[i];
        buf_clear(&op->result);
        buf_put(&op->result, old.data, p->row_bytes[i]);
        for (uint32_t c = 0; c < op->plan->call_count; c++)
            state_encode(&op->result, p->results[c], i, 0);
        TRY(buf_check(&op->result, err));
        struct str now = buf_view(&op->result);
        if (!is_new && str_eq(old, now))
            continue;
        if (!is_new && op->base.plan->before)
            TRY(rows_out_put(out, old, CHANGE_UPDATE_BEFORE, 0, err));
        TRY(rows_out_put(out, now, is_new ? p->change : CHANGE_UPDATE_AFTER, 0, err));
        TRY(state_tree_put(op->rows, p->keys[i], now, err));
    }
    return OK;
}

/* --- lifetime --------------------------------------------------------------------------------- */

/* Without memory to look for it, it goes when a row of the partition comes. */
static void forget_life(struct op_over_any *op, char *life)
{
    const struct state_layout *layout = state_table_layout(op->lives);
    uint32_t n = op->plan->key_count;
    struct column **key = arena_array(op->arena, struct column *, MAX(n, 1));
    struct error ignored = { 0 };
    char *group = NULL;
    for (uint32_t k = 0; key && k < n; k++)
        if (!(key[k] = state_column(op->arena, &layout->slots[k], &life, 1)))
            return;
    if (key && state_table_find(op->over.groups, key, NULL, 1, false, &group, NULL,
                                &ignored) == OK && group)
        over_forget(&op->over, group);
}

/* A partition that no row came for so long: its rows go, and nobody is told. */
static void on_expired(void *cx, char *life)
{
    struct op_over_any *op = cx;
    buf_clear(&op->prefix);
    state_encode_slots(&op->prefix, state_table_layout(op->lives), 0, op->plan->key_count, life);
    if (!op->prefix.failed)
        state_tree_remove_prefix(op->rows, buf_view(&op->prefix));
    forget_life(op, life);
}

/* The row's partition lives on. */
static enum code live_on(struct op_over_any *op, const struct batch *in, uint32_t row,
                         struct error *err)
{
    char *life;
    if (!op->lives)
        return OK;
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        op->over.key[k] = in->columns[op->plan->keys[k]];
    return state_table_find(op->lives, op->over.key, &row, 1, true, &life, NULL, err);
}

/* --- rows that come --------------------------------------------------------------------------- */

static enum code take_row(struct op_over_any *op, const struct batch *in, uint32_t row,
                          struct rows_out *out, struct error *err)
{
    enum change change = batch_change(in, row);
    bool adds = change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER, found = true;
    char *group = NULL;
    arena_reset(op->arena);
    op->now = (struct partition){ 0 };
    TRY(live_on(op, in, row, err));
    TRY(encode(op, in, row, err));
    if (adds) {
        TRY(make_entry(op, err));
        if (comes_last(op))
            TRY(over_find(&op->over, in, &row, 1, false, &group, err));
        if (group)
            return append_row(op, in, row, group, out, err);
        TRY(state_tree_put(op->rows, buf_view(&op->entry), buf_view(&op->row), err));
    } else {
        TRY(remove_row(op, out, &found, err));
    }
    if (!found)
        return OK;
    TRY(read_partition(op, &op->now, err));
    op->now.change = change;
    return op->now.n > 0 ? compute(op, &op->now, err) : forget(op, in, row, err);
}

/* Rows from *row on, as far as the output has room; ends (NULL: nobody asks) as for op_marks. */
static enum code take_rows(struct op_over_any *op, const struct batch *in, uint32_t *row,
                           struct rows_out *out, uint32_t *ends, struct error *err)
{
    for (; *row < in->selected; ++*row) {
        uint32_t at = batch_row(in, *row);
        out->origin = batch_origin(in, at);
        if (op->now.told == op->now.n) {
            if (out->count >= SEND_ROWS)
                return OK;
            TRY(take_row(op, in, at, out, err));
        }
        TRY(tell(op, &op->now, out, err));
        if (op->now.told < op->now.n)
            return OK;
        if (ends)
            ends[*row] = out->count;
    }
    return OK;
}

/* --- messages --------------------------------------------------------------------------------- */

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_over_any *op = (struct op_over_any *)base;
    struct rows_out out;
    uint32_t row = 0, *ends = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    if (!ends)
        return error_nomem(err);
    if (base->more)
        return left_keep(&op->left, base, in, 0, err);
    rows_out_begin(&out, base, in->arena, false);
    if (op->lives)
        state_table_sweep(op->lives, in->selected + SWEEP_ROWS, on_expired, op);
    TRY(take_rows(op, in, &row, &out, ends, err));
    if (row == in->selected)
        return rows_out_emit(&out, in, ends, err);
    TRY(left_keep(&op->left, base, in, row, err));
    return rows_out_emit(&out, NULL, NULL, err);
}

static enum code more(struct op *base, struct error *err)
{
    struct op_over_any *op = (struct op_over_any *)base;
    struct left *first = op->left.first;
    struct rows_out out;
    rows_out_begin(&out, base, base->worker->batch_arena, false);
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
    struct op_over_any *op = (struct op_over_any *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what waits belongs to this epoch */
        TRY(more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_tree_save(op->rows, b->writer, err));
        if (op->lives)
            TRY(state_table_save(op->lives, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore_row(struct op_over_any *op, struct state_reader *reader,
                             const struct state_record *record, struct error *err)
{
    if (record->table_id != OVER_ROWS || record->key.size < NUMBER_BYTES)
        return error_set(err, E_DATA, "a row of OVER has no number");
    struct str tail = str_make(record->key.data + record->key.size - NUMBER_BYTES, NUMBER_BYTES);
    int64_t number;
    TRY(state_decode_i64(&tail, &number, err));
    op->arrivals = MAX(op->arrivals, number + 1);
    return state_tree_load(op->rows, reader, record->key, record->value, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_over_any *op = (struct op_over_any *)base;
    struct state_record record;
    char *life;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        if (record.table_id != OVER_GROUPS)
            TRY(restore_row(op, reader, &record, err));
        else if (op->lives)
            TRY(state_table_load(op->lives, reader, record.key, record.value, &life, err));
    }
    return OK;
}

static void destroy(struct op *base)
{
    struct op_over_any *op = (struct op_over_any *)base;
    state_heap_close(op->over.heap);
    left_done(&op->left);
    state_tree_destroy(op->rows);
    state_table_destroy(op->lives);
    over_destroy(&op->over);
    state_heap_destroy(op->over.heap);
    arena_destroy(op->arena);
    buf_done(&op->prefix);
    buf_done(&op->sort);
    buf_done(&op->row);
    buf_done(&op->entry);
    buf_done(&op->result);
}

static const struct op_kind op_over_any_kind = {
    .name = "Over",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

enum code op_over_any_create(struct worker *worker, const struct plan_over *plan, struct op **ret,
                             struct error *err)
{
    const struct plan *input = plan->base.inputs[0];
    struct op_over_any *op = op_create(worker, &op_over_any_kind, sizeof *op, &plan->base, 1);
    const struct type **key =
        arena_array(worker->op_arena, const struct type *, MAX(plan->key_count, 1));
    if (!op || !key)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->width = input->field_count;
    buf_init(&op->prefix, 1 << 30);
    buf_init(&op->sort, 1 << 30);
    buf_init(&op->row, 1 << 30);
    buf_init(&op->entry, 1 << 30);
    buf_init(&op->result, (size_t)2 << 30);
    if (!(op->arena = arena_create()))
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = input->fields[plan->keys[i]].type;
    TRY(over_create(&op->base, plan, 0, &op->over, err));
    TRY(state_tree_create(op->over.heap, "rows", OVER_ROWS, key, plan->key_count, &op->rows, err));
    if (plan->base.ttl_ms[0] == 0)
        return OK;
    struct state_schema lives = { .name = "partitions that end",
                                  .id = OVER_GROUPS,
                                  .key = key,
                                  .key_count = plan->key_count,
                                  .route_count = plan->key_count,
                                  .ttl_ms = plan->base.ttl_ms[0] };
    TRY(state_table_create(op->over.heap, &lives, worker->clock, &op->lives, err));
    state_table_on_expired(op->lives, on_expired, op);
    return OK;
}
