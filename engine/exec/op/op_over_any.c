/* op_over_any.c -- OVER in an order that is no time: results of rows change when others come
 * before them.
 *
 * All rows of a partition lie in an ordered tree with their results: key, order, number of
 * arrival -> row, results.  With each row that comes or goes the partition is computed
 * anew, and what differs is updated; as in Flink's NonTime...UnboundedPrecedingFunction, which
 * go through a list of all rows too, rows are told of in their order. So this is for
 * partitions of moderate size. */
#include "exec/op/over.h"
#include "exec/rows_out.h"

#include "state/snapshot.h"
#include "state/tree.h"

enum { NUMBER_BYTES = 9 };

struct op_over_any {
    struct op base;
    const struct plan_over *plan;
    struct over over;       /* computes; keeps nothing between two rows */
    struct state_tree *rows;
    struct arena *arena;    /* of one row that comes */
    int64_t arrivals;
    uint32_t width;         /* columns of the input */
    struct buf prefix, sort, row, entry, result;
};

/* A partition in its order. */
struct partition {
    struct str *keys;
    struct str *values;     /* row, then results; only the row: it is new */
    size_t *row_bytes;
    int64_t *places;        /* equal ones are peers */
    uint32_t n;
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

static enum code add_row(struct op_over_any *op, struct error *err)
{
    buf_clear(&op->entry);
    buf_str(&op->entry, buf_view(&op->sort));
    state_encode_i64(&op->entry, op->arrivals++);
    TRY(buf_check(&op->entry, err));
    return state_tree_put(op->rows, buf_view(&op->entry), buf_view(&op->row), err);
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

static enum code compute(struct op_over_any *op, struct partition *p, struct column **results,
                         struct error *err)
{
    const struct plan *input = op->base.plan->inputs[0];
    struct batch *in = batch_create(op->arena, op->width, p->n);
    char **groups = arena_array(op->arena, char *, p->n);
    if (!in || !groups)
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
    TRY(over_find(&op->over, in, NULL, p->n, true, groups, err));
    TRY(over_compute(&op->over, &rows, results, err));
    over_forget(&op->over, groups[0]);
    return OK;
}

/* What is different now. */
static enum code tell(struct op_over_any *op, struct partition *p, struct column *const *results,
                      enum change change, struct rows_out *out, struct error *err)
{
    for (uint32_t i = 0; i < p->n; i++) {
        struct str old = p->values[i];
        bool is_new = old.size == p->row_bytes[i];
        buf_clear(&op->result);
        buf_put(&op->result, old.data, p->row_bytes[i]);
        for (uint32_t c = 0; c < op->plan->call_count; c++)
            state_encode(&op->result, results[c], i, 0);
        TRY(buf_check(&op->result, err));
        struct str now = buf_view(&op->result);
        if (!is_new && str_eq(old, now))
            continue;
        if (!is_new && op->base.plan->before)
            TRY(rows_out_put(out, old, CHANGE_UPDATE_BEFORE, 0, err));
        TRY(rows_out_put(out, now, is_new ? change : CHANGE_UPDATE_AFTER, 0, err));
        TRY(state_tree_put(op->rows, p->keys[i], now, err));
    }
    return OK;
}

static enum code push_row(struct op_over_any *op, const struct batch *in, uint32_t row,
                          struct rows_out *out, struct error *err)
{
    enum change change = batch_change(in, row);
    struct partition p;
    bool found = true;
    arena_reset(op->arena);
    TRY(encode(op, in, row, err));
    out->origin = batch_origin(in, row);
    if (change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER)
        TRY(add_row(op, err));
    else
        TRY(remove_row(op, out, &found, err));
    if (!found)
        return OK;
    TRY(read_partition(op, &p, err));
    if (p.n == 0)
        return OK;
    struct column **results = arena_array(op->arena, struct column *, op->plan->call_count);
    if (!results)
        return error_nomem(err);
    TRY(compute(op, &p, results, err));
    return tell(op, &p, results, change, out, err);
}

/* --- messages --------------------------------------------------------------------------------- */

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_over_any *op = (struct op_over_any *)base;
    struct rows_out out;
    uint32_t *ends = arena_array(in->arena, uint32_t, MAX(in->selected, 1));
    if (!ends)
        return error_nomem(err);
    rows_out_begin(&out, base, in->arena, false);
    for (uint32_t i = 0; i < in->selected; i++) {
        TRY(push_row(op, in, batch_row(in, i), &out, err));
        ends[i] = out.count;
    }
    return rows_out_emit(&out, in, ends, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_over_any *op = (struct op_over_any *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_tree_save(op->rows, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_over_any *op = (struct op_over_any *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        if (record.table_id != OVER_ROWS || record.key.size < NUMBER_BYTES)
            return error_set(err, E_DATA, "a row of OVER has no number");
        struct str tail =
            str_make(record.key.data + record.key.size - NUMBER_BYTES, NUMBER_BYTES);
        int64_t number;
        TRY(state_decode_i64(&tail, &number, err));
        op->arrivals = MAX(op->arrivals, number + 1);
        TRY(state_tree_load(op->rows, reader, record.key, record.value, err));
    }
    return OK;
}

static void destroy(struct op *base)
{
    struct op_over_any *op = (struct op_over_any *)base;
    state_heap_close(op->over.heap);
    state_tree_destroy(op->rows);
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
    return state_tree_create(op->over.heap, "rows", OVER_ROWS, key, plan->key_count, &op->rows,
                             err);
}
