/* op_materialize.c -- in front of a sink whose key is not the stream's: several live
 * rows may have one sink key, and the sink shows one of them.
 *
 * As Flink's SinkUpsertMaterializer does, the live rows of a key are kept in the order
 * they came.  A new row goes to the end and is written; when the last one is deleted the one
 * before it is written; when none is left the key is deleted (blink-dialect R-27).  An
 * update of a live row is written too: in Blink it keeps the row's place (in_place, R-28), in
 * Flink it goes to the end, as a new row would.
 *
 * With `last_only` (upsert-materialize = none in the Blink dialect) one row a key is kept: the one
 * written last, and only its own delete deletes the key.
 *
 * An update is a -U followed by its +U.  Where the +U goes to another sink key, the -U
 * is a delete.  Flink writes what the -U and the +U do one after the other, which a keyed
 * sink cannot show: here it is one change. */
#include "exec/op/ops.h"

#include "expr/compare.h"
#include "state/bag.h"
#include "state/snapshot.h"
#include "types/concat.h"

enum { ROWS_BAG = 1 };

struct op_materialize {
    struct op base;
    const struct plan_materialize *plan;
    struct state_heap *heap;
    struct state_bag *rows;
    struct column **key; /* room for the key columns of a batch */
};

/* Output rows: of the input, or rows of the state as they were (a column a field each). */
struct output {
    uint32_t *source; /* row of the input, or STATE_ROW + number of the state's row */
    uint8_t *changes;
    uint32_t *ends;   /* outputs up to each input row */
    uint32_t count;
    struct column ***stored; /* [row][column] */
    uint32_t stored_count, stored_cap;
};
#define STATE_ROW (1u << 31)

static void put(struct output *out, uint32_t source, enum change change)
{
    out->source[out->count] = source;
    out->changes[out->count++] = (uint8_t)change;
}

static enum code put_stored(struct op_materialize *op, struct output *out, struct bag_item *item,
                            struct arena *arena, struct error *err)
{
    const struct state_layout *layout = state_bag_layout(op->rows);
    struct column **row = arena_array(arena, struct column *, layout->count);
    char *slots = item->slots;
    for (uint32_t c = 0; row && c < layout->count; c++)
        if (!(row[c] = state_column(arena, &layout->slots[c], &slots, 1)))
            row = NULL;
    if (!row || !ARENA_PUSH(arena, out->stored, out->stored_count, out->stored_cap, row))
        return error_nomem(err);
    put(out, STATE_ROW + out->stored_count - 1, CHANGE_UPDATE_AFTER);
    return OK;
}

static bool same_key(const struct op_materialize *op, const struct batch *in, uint32_t a,
                     uint32_t b)
{
    for (uint32_t k = 0; k < op->plan->key_count; k++) {
        const struct column *c = in->columns[op->plan->keys[k]];
        bool valid = column_is_valid(c, a);
        if (valid != column_is_valid(c, b) || (valid && !slot_equal(c, a, c, b)))
            return false;
    }
    return true;
}

static enum code add_row(struct op_materialize *op, const struct batch *in, uint32_t row,
                         struct bag_key *key, struct output *out, struct error *err)
{
    bool empty = key->items == 0;
    struct bag_item *item;
    bool replaced;
    TRY(state_bag_add(op->rows, key, in->columns, row, &item, &replaced, err));
    put(out, row, empty ? CHANGE_INSERT : CHANGE_UPDATE_AFTER);
    return OK;
}

/* The row written last, whatever came before it. */
static enum code write_last(struct op_materialize *op, const struct batch *in, uint32_t row,
                            struct bag_key *key, struct output *out, struct error *err)
{
    if (!key->first)
        return add_row(op, in, row, key, out, err);
    TRY(state_bag_replace(op->rows, key->first, in->columns, row, err));
    put(out, row, CHANGE_UPDATE_AFTER);
    return OK;
}

static enum code remove_row(struct op_materialize *op, const struct batch *in, uint32_t row,
                            struct bag_key *key, struct output *out, struct error *err)
{
    struct bag_item *item = state_bag_get(op->rows, key, in->columns, row);
    if (!item)
        return OK; /* its time was over */
    bool last = !item->next && item->count == 1;
    struct bag_item *before = bag_item_before(item);
    state_bag_take(op->rows, item);
    if (key->items == 0) {
        put(out, row, CHANGE_DELETE);
        return OK;
    }
    return last ? put_stored(op, out, before, in->arena, err) : OK;
}

static enum code update_row(struct op_materialize *op, const struct batch *in, uint32_t before,
                            uint32_t after, struct bag_key *key, struct output *out,
                            struct error *err)
{
    if (op->plan->last_only)
        return write_last(op, in, after, key, out, err);
    struct bag_item *item = state_bag_get(op->rows, key, in->columns, before);
    if (!item)
        return add_row(op, in, after, key, out, err);
    if (op->plan->in_place) {
        TRY(state_bag_replace(op->rows, item, in->columns, after, err));
    } else {
        bool replaced;
        state_bag_take(op->rows, item);
        TRY(state_bag_add(op->rows, key, in->columns, after, &item, &replaced, err));
    }
    put(out, after, CHANGE_UPDATE_AFTER);
    return OK;
}

static enum code apply(struct op_materialize *op, const struct batch *in,
                       struct bag_key *const *keys, struct output *out, struct error *err)
{
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        enum change change = batch_change(in, row);
        uint32_t next = i + 1 < in->selected ? batch_row(in, i + 1) : row;
        if (change == CHANGE_UPDATE_BEFORE && i + 1 < in->selected &&
            batch_change(in, next) == CHANGE_UPDATE_AFTER && same_key(op, in, row, next)) {
            out->ends[i] = out->count;
            TRY(update_row(op, in, row, next, keys[i], out, err));
            i++;
        } else if (change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE) {
            TRY(remove_row(op, in, row, keys[i], out, err));
        } else if (op->plan->last_only) {
            TRY(write_last(op, in, row, keys[i], out, err));
        } else {
            TRY(add_row(op, in, row, keys[i], out, err));
        }
        out->ends[i] = out->count;
    }
    return OK;
}

/* Columns of the input's rows, with those of the state's rows behind them. */
static struct column *column_of(const struct batch *in, const struct output *out, uint32_t c,
                                const uint32_t *place, struct arena *arena)
{
    if (out->stored_count == 0)
        return column_gather(arena, in->columns[c], place, out->count);
    struct column **parts = arena_array(arena, struct column *, out->stored_count + 1);
    if (!parts)
        return NULL;
    parts[0] = in->columns[c];
    for (uint32_t i = 0; i < out->stored_count; i++)
        parts[i + 1] = out->stored[i][c];
    struct column *all = column_concat(arena, parts, out->stored_count + 1);
    return all ? column_gather(arena, all, place, out->count) : NULL;
}

static enum code emit(struct op_materialize *op, const struct batch *in, struct output *o,
                      struct error *err)
{
    struct arena *arena = in->arena;
    struct batch *out = batch_create(arena, in->column_count, o->count);
    uint32_t *origin = arena_array(arena, uint32_t, MAX(o->count, 1));
    uint32_t *place = arena_array(arena, uint32_t, MAX(o->count, 1));
    if (!out || !origin || !place)
        return error_nomem(err);
    for (uint32_t i = 0, row = 0; i < o->count; i++) {
        while (row < in->selected && o->ends[row] <= i)
            row++;
        origin[i] = batch_origin(in, batch_row(in, MIN(row, in->selected - 1)));
        place[i] = o->source[i] & STATE_ROW ? in->count + (o->source[i] - STATE_ROW)
                                            : o->source[i];
    }
    for (uint32_t c = 0; c < in->column_count; c++)
        if (!(out->columns[c] = column_of(in, o, c, place, arena)))
            return error_nomem(err);
    out->changes = o->changes;
    out->origin = origin;
    TRY(op_marks(&op->base, 0, in, o->ends, out, err));
    return op_emit(&op->base, out, err);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_materialize *op = (struct op_materialize *)base;
    struct arena *arena = in->arena;
    struct bag_key **keys = arena_array(arena, struct bag_key *, MAX(in->selected, 1));
    struct output out = { .source = arena_array(arena, uint32_t, MAX(in->selected, 1)),
                          .changes = arena_alloc(arena, MAX(in->selected, 1)),
                          .ends = arena_array(arena, uint32_t, MAX(in->selected, 1)) };
    if (!keys || !out.source || !out.changes || !out.ends)
        return error_nomem(err);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        op->key[k] = in->columns[op->plan->keys[k]];
    TRY(state_bag_find(op->rows, op->key, in->selection, in->selected, true, keys, err));
    TRY(apply(op, in, keys, &out, err));
    state_bag_tidy_all(op->rows, keys, in->selected);
    state_bag_sweep(op->rows, 2 * in->selected, NULL, NULL);
    return emit(op, in, &out, err);
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_materialize *op = (struct op_materialize *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(state_bag_save(op->rows, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_materialize *op = (struct op_materialize *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        if (record.table_id == ROWS_BAG)
            TRY(state_bag_load(op->rows, reader, record.key, record.value, err));
    return state_reader_check(reader, err);
}

static void destroy(struct op *base)
{
    struct op_materialize *op = (struct op_materialize *)base;
    state_heap_close(op->heap);
    state_bag_destroy(op->rows);
    state_heap_destroy(op->heap);
}

static const struct op_kind op_materialize_kind = {
    .name = "Materialize",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .restore = restore,
    .destroy = destroy,
};

enum code op_materialize_create(struct worker *worker, const struct plan_materialize *plan,
                                struct op **ret, struct error *err)
{
    const struct plan *input = plan->base.inputs[0];
    struct op_materialize *op =
        op_create(worker, &op_materialize_kind, sizeof *op, &plan->base, 1);
    const struct type **key = arena_array(worker->op_arena, const struct type *, plan->key_count);
    const struct type **item =
        arena_array(worker->op_arena, const struct type *, input->field_count);
    if (!op || !key || !item)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    if (!(op->key = arena_array(worker->op_arena, struct column *, plan->key_count)))
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = input->fields[plan->keys[i]].type;
    for (uint32_t i = 0; i < input->field_count; i++)
        item[i] = input->fields[i].type;
    TRY(op_state_heap(&op->base, &op->heap, err));
    const struct bag_schema schema = {
        .name = "rows of sink keys",
        .id = ROWS_BAG,
        .key = key,
        .key_count = plan->key_count,
        .route_count = plan->key_count,
        .item = item,
        .item_count = input->field_count,
        .identity = plan->identity ? plan->identity->columns : NULL,
        .identity_count = plan->identity ? plan->identity->count : 0,
        .ttl_ms = plan->base.ttl_ms[0],
    };
    return state_bag_create(op->heap, &schema, worker->clock, &op->rows, err);
}
