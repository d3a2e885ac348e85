/* op_join.c -- joins of two streams that keep both sides: INNER, outer, SEMI and ANTI.
 *
 * Each side is a bag by join key; a row meets the rows of the other side that are there,
 * then becomes one itself.  Kinds and order of what comes out are those of Flink's
 * StreamingJoinOperator and StreamingSemiAntiJoinOperator (join_rows.c).
 *
 * Invariants: rows with NULL in a key meet nothing and are not kept; while output is left
 * (op->more) nothing else enters the state, so places in it stay good. */
#include "exec/op/join.h"

#include "state/snapshot.h"

enum { LEFT_BAG = 1, RIGHT_BAG = 2 }; /* tables of a snapshot */
enum { SWEEP_ITEMS = 64 };            /* looked at a batch, for those whose time is over */

static enum code enqueue(struct op_join *op, uint32_t port, const struct batch *in,
                         uint32_t first, struct error *err)
{
    struct arena *arena = arena_create();
    struct join_queued *queued = arena ? arena_new(arena, struct join_queued) : NULL;
    if (!queued) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    queued->arena = arena;
    queued->port = port;
    queued->batch = batch_copy_part(arena, in, first, in->selected - first);
    if (!queued->batch) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    *op->queue_tail = queued;
    op->queue_tail = &queued->next;
    op->base.more = true;
    return OK;
}

static void sweep(struct op_join *op)
{
    for (uint32_t k = 0; k < 2 && !op->base.more; k++)
        state_bag_sweep(op->sides[k].bag, SWEEP_ITEMS, NULL, NULL);
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_join *op = (struct op_join *)base;
    if (base->more)
        return enqueue(op, port, in, 0, err);
    struct join_place place = { 0 };
    TRY(join_step(op, port, in, &place, err));
    if (place.row < in->selected) {
        TRY(enqueue(op, port, in, place.row, err));
        op->place = place;
        op->place.row = 0;
    }
    sweep(op);
    return OK;
}

static enum code more(struct op *base, struct error *err)
{
    struct op_join *op = (struct op_join *)base;
    struct join_queued *first = op->queue;
    TRY(join_step(op, first->port, first->batch, &op->place, err));
    if (op->place.row < first->batch->selected)
        return OK;
    op->place = (struct join_place){ 0 };
    op->queue = first->next;
    if (!op->queue)
        op->queue_tail = &op->queue;
    TRY(op_let_go(base, first->arena, err));
    return op->queue ? OK : op_more_done(base, err);
}

/* --- snapshots -------------------------------------------------------------------------- */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_join *op = (struct op_join *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        for (uint32_t k = 0; k < 2; k++)
            TRY(state_bag_save(op->sides[k].bag, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_join *op = (struct op_join *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        if (record.table_id == LEFT_BAG || record.table_id == RIGHT_BAG)
            TRY(state_bag_load(op->sides[record.table_id - LEFT_BAG].bag, reader, record.key,
                               record.value, err));
    return OK;
}

static void destroy(struct op *base)
{
    struct op_join *op = (struct op_join *)base;
    for (struct join_queued *next; op->queue; op->queue = next) {
        next = op->queue->next;
        arena_destroy(op->queue->arena);
    }
    state_heap_close(op->heap);
    for (uint32_t k = 0; k < 2; k++)
        state_bag_destroy(op->sides[k].bag);
    state_heap_destroy(op->heap);
}

/* --- making --------------------------------------------------------------------------------- */

static const struct op_kind op_join_kind = {
    .name = "Join",
    .push = push,
    .watermark = op_watermark_min,
    .barrier = barrier,
    .end = op_end_pass,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

/* An item is freed because its time is over: if it is the next one of the row under way, that row
 * goes on behind it. */
static void on_expired(void *cx, struct bag_item *item)
{
    struct op_join *op = cx;
    if (op->place.begun && op->place.item == item) {
        op->place.item = item->next;
        op->place.repeat = 0;
    }
}

/* What tells the rows of a side apart: a unique key that holds the join's (so that an update which
 * comes without its old row finds it), or the shortest; NULL: all columns. */
static const struct plan_key *identity_of(const struct plan_join *join, uint32_t k)
{
    const struct plan *input = join->base.inputs[k];
    const struct plan_key *best = plan_key_over(input, join->keys[k], join->key_count);
    for (uint32_t i = 0; i < input->key_count && (!best || input->before); i++)
        if (!best || input->keys[i].count < best->count)
            best = &input->keys[i];
    return best;
}

static enum code make_side(struct op_join *op, uint32_t k, struct bag_schema *ret,
                           struct error *err)
{
    struct worker *worker = op->base.worker;
    const struct plan *input = op->plan->base.inputs[k];
    struct join_side *side = &op->sides[k];
    uint32_t n = op->plan->key_count;
    const struct type **keys = arena_array(worker->op_arena, const struct type *, MAX(n, 1));
    const struct type **items =
        arena_array(worker->op_arena, const struct type *, MAX(input->field_count, 1));
    side->keys = arena_array(worker->op_arena, struct column *, MAX(n, 1));
    if (!keys || !items || !side->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        keys[i] = input->fields[op->plan->keys[k][i]].type;
    for (uint32_t i = 0; i < input->field_count; i++)
        items[i] = input->fields[i].type;
    bool appends = input->changes == CHANGES_INSERT;
    const struct plan_key *identity = appends ? NULL : identity_of(op->plan, k);
    *ret = (struct bag_schema){
        .name = k == 0 ? "left rows" : "right rows",
        .id = k == 0 ? LEFT_BAG : RIGHT_BAG,
        .key = keys,
        .key_count = n,
        .route_count = n,
        .key_columns = op->plan->keys[k],
        .item = items,
        .item_count = input->field_count,
        .identity = identity ? identity->columns : NULL,
        .identity_count = identity ? identity->count : 0,
        .appends_only = appends,
        .ttl_ms = op->plan->base.ttl_ms[k],
    };
    side->width = input->field_count;
    side->keyed = identity != NULL;
    enum join_type type = op->plan->type;
    side->outer = type == FULL_JOIN || (k == 0 ? type != INNER_JOIN && type != RIGHT_JOIN
                                               : type == RIGHT_JOIN);
    return OK;
}

enum code op_join_create(struct worker *worker, const struct plan_join *plan, struct op **ret,
                         struct error *err)
{
    struct op_join *op = op_create(worker, &op_join_kind, sizeof *op, &plan->base, 2);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->queue_tail = &op->queue;
    op->semi = plan->type == SEMI_JOIN;
    op->anti = plan->type == ANTI_JOIN;
    TRY(op_state_heap(&op->base, &op->heap, err));
    struct bag_schema schemas[2];
    struct state_bag *bags[2];
    for (uint32_t k = 0; k < 2; k++)
        TRY(make_side(op, k, &schemas[k], err));
    TRY(state_bag_create_pair(op->heap, schemas, worker->clock, bags, err));
    for (uint32_t k = 0; k < 2; k++) {
        op->sides[k].bag = bags[k];
        op->sides[k].layout = state_bag_layout(bags[k]);
        state_bag_on_expired(bags[k], on_expired, op);
    }
    return join_test_create(worker, plan->condition, op->sides[0].width + op->sides[1].width,
                            &op->test, err);
}
