/* op_interval_join.c -- joins of rows whose times are near each other; what is too old for
 * that is forgotten.
 *
 * Each side is a bag by join key, and a heap over its items by time.  With the watermark
 * (of both sides, or with the clock for processing time) items fall out of it; those of an
 * outer side that never matched leave padded then.  A row that comes when its own time is
 * over meets what is there and is not kept, as in Flink's TimeIntervalJoin.  Rows that leave
 * may be older than the watermark that came in, so it is passed on later by that much. */
#include "exec/op/interval.h"

#include "state/snapshot.h"

enum { LEFT_BAG = 1, RIGHT_BAG = 2 }; /* tables of a snapshot */

static enum code take_clock(struct op_interval_join *op, struct error *err)
{
    if (!op->plan->proctime)
        return OK;
    TRY(interval_advance(op, op_clock_us(op->base.worker), err));
    interval_forget(op);
    return OK;
}

/* The rows that are left, which still know where they came from. */
static struct batch *copy_rest(struct arena *arena, const struct interval_input *input)
{
    uint32_t n = input->in->selected - input->row;
    struct batch *copy = batch_copy_part(arena, input->in, input->row, n);
    uint32_t *origin = copy ? arena_array(arena, uint32_t, n) : NULL;
    for (uint32_t i = 0; origin && i < n; i++)
        origin[i] = batch_origin(input->in, batch_row(input->in, input->row + i));
    if (!origin)
        return NULL;
    copy->origin = origin;
    return copy;
}

/* What is left of an input waits. */
static enum code keep(struct op_interval_join *op, const struct interval_input *input,
                      struct error *err)
{
    uint32_t n = input->in->selected - input->row, count = input->move_count - input->move;
    struct arena *arena = arena_create();
    struct interval_input *w = arena ? arena_new(arena, struct interval_input) : NULL;
    int64_t *now_us = w ? arena_array(arena, int64_t, n + 1) : NULL;
    struct interval_move *moves =
        now_us ? arena_array(arena, struct interval_move, MAX(count, 1)) : NULL;
    struct batch *copy = moves ? copy_rest(arena, input) : NULL;
    if (!copy) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    memcpy(now_us, input->now_us + input->row, (n + 1) * sizeof *now_us);
    for (uint32_t i = 0; i < count; i++) {
        moves[i] = input->moves[input->move + i];
        moves[i].at -= MIN(moves[i].at, input->row);
    }
    *w = (struct interval_input){ .arena = arena,
                                  .in = copy,
                                  .port = input->port,
                                  .now_us = now_us,
                                  .moves = moves,
                                  .move_count = count };
    if (op->last)
        op->last->next = w;
    else
        op->first = w;
    op->last = w;
    op->base.more = true;
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_interval_join *op = (struct op_interval_join *)base;
    struct interval_input input = { .in = in, .port = port };
    int64_t before_us = op->now_us;
    if (!op->first)
        TRY(take_clock(op, err));
    else if (!op->plan->proctime) /* watermarks that wait behind what waits are before these rows */
        before_us = MAX(before_us, op_time(base));
    TRY(interval_times(op, &input, op->first ? before_us : op->now_us, err));
    if (!op->first)
        TRY(interval_take(op, &input, err));
    return input.row < in->selected ? keep(op, &input, err) : OK;
}

/* To the time of both sides, when no rows wait. */
static enum code move_on(struct op_interval_join *op, struct error *err)
{
    struct op *base = &op->base;
    int64_t least = op_time(base);
    if (least == WATERMARK_NONE)
        return OK;
    if (!op->plan->proctime && least > op->now_us) {
        TRY(interval_advance(op, least, err));
        interval_forget(op);
    }
    int64_t passed = least == WATERMARK_END ? least : least - op->delay_us;
    return passed > base->watermark_us ? op_emit_watermark(base, passed, err) : OK;
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    base->ports[port].watermark_us = watermark_us;
    return base->more ? OK : move_on((struct op_interval_join *)base, err);
}

static struct arena *take_first(struct op_interval_join *op)
{
    struct arena *arena = op->first->arena;
    op->first = op->first->next;
    if (!op->first)
        op->last = NULL;
    return arena;
}

static enum code more(struct op *base, struct error *err)
{
    struct op_interval_join *op = (struct op_interval_join *)base;
    struct interval_input *first = op->first;
    TRY(interval_take(op, first, err));
    if (first->row < first->in->selected)
        return OK;
    TRY(op_let_go(base, take_first(op), err));
    if (op->first)
        return OK;
    TRY(move_on(op, err));
    return op_more_done(base, err);
}

static enum code settle(struct op *base, struct error *err)
{
    return base->more ? OK : take_clock((struct op_interval_join *)base, err);
}

/* --- snapshots --------------------------------------------------------------------------- */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b, struct error *err)
{
    struct op_interval_join *op = (struct op_interval_join *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        for (uint32_t k = 0; k < 2; k++)
            TRY(state_bag_save(op->sides[k].bag, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

struct rewatch {
    struct op_interval_join *op;
    uint32_t side;
};

static enum code watch_again(void *cx, struct bag_item *item, struct error *err)
{
    struct rewatch *r = cx;
    return interval_watch(r->op, r->side, item, err);
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_interval_join *op = (struct op_interval_join *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        if (record.table_id == LEFT_BAG || record.table_id == RIGHT_BAG)
            TRY(state_bag_load(op->sides[record.table_id - LEFT_BAG].bag, reader, record.key,
                               record.value, err));
    for (uint32_t k = 0; k < 2; k++) {
        op->sides[k].count = op->sides[k].alone =
            0; /* those of the files before this one are watched again too */
        TRY(state_bag_each(op->sides[k].bag, watch_again, &(struct rewatch){ op, k }, err));
    }
    return OK;
}

static void destroy(struct op *base)
{
    struct op_interval_join *op = (struct op_interval_join *)base;
    while (op->first)
        arena_destroy(take_first(op));
    for (uint32_t k = 0; k < 2; k++)
        state_bag_destroy(op->sides[k].bag);
    state_heap_destroy(op->heap);
    arena_destroy(op->arena);
}

/* The first of those that have no partner yet; they are not in order but for the very first. */
static int64_t first_alone_us(const struct interval_side *side)
{
    int64_t first_us = INT64_MAX;
    for (size_t i = 0; i < MIN(side->count, (size_t)OP_LOOK_ITEMS); i++)
        if (side->heap[i].item->degree == 0)
            first_us = MIN(first_us, side->heap[i].time_us);
    return first_us < INT64_MAX ? first_us : side->heap[0].time_us;
}

static void look(struct op *base, struct op_look *ret)
{
    const struct op_interval_join *op = (const struct op_interval_join *)base;
    for (uint32_t k = 0; k < 2; k++) {
        const struct interval_side *side = &op->sides[k];
        ret->kept[k] = side->count;
        if (side->count > 0)
            ret->kept_until_us[k] = side->heap[0].time_us + side->keep_us;
        if (side->alone > 0)
            ret->open_until_us = MIN(ret->open_until_us, first_alone_us(side) + side->keep_us);
        ret->open_count += side->alone;
    }
}

static const struct op_kind op_interval_join_kind = {
    .name = "IntervalJoin",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .settle = settle,
    .restore = restore,
    .destroy = destroy,
};

/* --- making ---------------------------------------------------------------------------------- */

static enum code make_side(struct op_interval_join *op, uint32_t k, struct error *err)
{
    struct worker *worker = op->base.worker;
    const struct plan_join *join = &op->plan->join;
    const struct plan *input = join->base.inputs[k];
    struct interval_side *side = &op->sides[k];
    uint32_t n = join->key_count;
    const struct type **keys = arena_array(worker->op_arena, const struct type *, MAX(n, 1));
    const struct type **items =
        arena_array(worker->op_arena, const struct type *, MAX(input->field_count, 1));
    side->keys = arena_array(worker->op_arena, struct column *, MAX(n, 1));
    if (!keys || !items || !side->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        keys[i] = input->fields[join->keys[k][i]].type;
    for (uint32_t i = 0; i < input->field_count; i++)
        items[i] = input->fields[i].type;
    struct bag_schema schema = { .name = k == 0 ? "left rows" : "right rows",
                                 .id = k == 0 ? LEFT_BAG : RIGHT_BAG,
                                 .key = keys,
                                 .key_count = n,
                                 .route_count = n,
                                 .item = items,
                                 .item_count = input->field_count,
                                 .appends_only = true };
    TRY(state_bag_create(op->heap, &schema, worker->clock, &side->bag, err));
    side->layout = state_bag_layout(side->bag);
    side->width = input->field_count;
    side->time = op->plan->time[k];
    /* left - right is within lower .. upper: a left row waits for right ones until -lower later,
     * a right one for left ones until upper later. */
    side->keep_us = k == 0 ? -op->plan->lower_us : op->plan->upper_us;
    side->outer = join->type == FULL_JOIN || join->type == (k == 0 ? LEFT_JOIN : RIGHT_JOIN);
    return OK;
}

enum code op_interval_join_create(struct worker *worker, const struct plan_interval_join *plan,
                                  struct op **ret, struct error *err)
{
    struct op_interval_join *op =
        op_create(worker, &op_interval_join_kind, sizeof *op, &plan->join.base, 2);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->now_us = WATERMARK_NONE;
    if (!(op->arena = arena_create()))
        return error_nomem(err);
    TRY(op_state_heap(&op->base, &op->heap, err));
    for (uint32_t k = 0; k < 2; k++) {
        TRY(make_side(op, k, err));
        if (!plan->proctime)
            op->delay_us = MAX(op->delay_us, op->sides[k].keep_us);
    }
    return join_test_create(worker, plan->join.condition, op->sides[0].width + op->sides[1].width,
                            &op->test, err);
}
