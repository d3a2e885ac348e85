/* op_temporal_join.c -- FOR SYSTEM_TIME AS OF event time: each left row with the version
 * of the right row that was valid at its time.
 *
 * Left rows wait until the watermark says that all versions of their time are known; then
 * they leave in the order they came, with their own kind.  Of the right side every key keeps
 * its versions by time, a delete being one too; behind the watermark only the newest is
 * needed.  A key is looked at when the watermark passes the timer that it has: the least
 * time of what came since it was looked at last, as in Flink's TemporalRowTimeJoinOperator.
 * So a row of the left that is late waits for the next watermark, and finds what is still
 * there. */
#include "exec/op/temporal.h"

#include "state/snapshot.h"

enum { LEFT_BAG = 1, RIGHT_BAG = 2, TIMERS = 3 }; /* tables of a snapshot */

enum { BATCHES_CALL = 4 };

/* Time is now_us; what is due at it leaves, as much as the call may send. */
static enum code move_time(struct op_temporal_join *op, int64_t now_us, uint32_t cause,
                           uint32_t *batches, struct error *err)
{
    if (now_us <= op->now_us)
        return OK;
    op->now_us = now_us;
    TRY(temporal_leave(op, cause, err));
    return temporal_send(op, batches, err);
}

/* --- input -------------------------------------------------------------------------------------------- */

static enum code add(struct op_temporal_join *op, uint32_t port, struct column *const *columns,
                     struct bag_key *key, char *timer, uint32_t row, struct error *err)
{
    struct temporal_side *side = &op->sides[port];
    struct bag_item *item;
    bool replaced; /* a version of the same time: the last one counts */
    TRY(state_bag_add(side->bag, key, columns, row, &item, &replaced, err));
    if (port == 1)
        temporal_tail(op, timer)->has_versions = true;
    return temporal_set(op, timer, temporal_time(side, item), err);
}

/* The batch's columns, and behind them the kind of each row. */
static enum code with_kind(struct op_temporal_join *op, struct temporal_input *input,
                           struct error *err)
{
    struct arena *arena = input->arena ? input->arena : op->base.worker->batch_arena;
    const struct batch *in = input->in;
    uint32_t width = op->sides[input->port].width;
    if (input->columns)
        return OK;
    struct column **columns = arena_array(arena, struct column *, width + 1);
    if (!columns || !(columns[width] = column_create(arena, &type_tinyint, in->count)))
        return error_nomem(err);
    memcpy(columns, in->columns, width * sizeof *columns);
    for (uint32_t i = 0; i < in->count; i++)
        COLUMN_OUT(columns[width], int8_t)[i] = (int8_t)batch_change(in, i);
    input->columns = columns;
    return OK;
}

/* Versions are told by what is there from then on; a -U says something only where its +U may be
 * hidden. */
static bool counts(const struct op_temporal_join *op, const struct temporal_input *input,
                   uint32_t row)
{
    return column_is_valid(input->in->columns[op->sides[input->port].time], row) &&
           (input->port == 0 || op->plan->retracts ||
            batch_change(input->in, row) != CHANGE_UPDATE_BEFORE);
}

/* Rows up to `end`, of the selected ones. */
static enum code take_rows(struct op_temporal_join *op, struct temporal_input *input, uint32_t end,
                           struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    const struct plan_join *join = &op->plan->join;
    struct temporal_side *side = &op->sides[input->port];
    const struct batch *in = input->in;
    uint32_t n = 0, most = MAX(end - input->row, 1);
    uint32_t *rows = arena_array(arena, uint32_t, most);
    struct bag_key **keys = arena_array(arena, struct bag_key *, most);
    char **timers = arena_array(arena, char *, most);
    if (!rows || !keys || !timers)
        return error_nomem(err);
    for (; input->row < end; input->row++)
        if (counts(op, input, batch_row(in, input->row)))
            rows[n++] = batch_row(in, input->row);
    if (n == 0)
        return OK;
    for (uint32_t i = 0; i < join->key_count; i++)
        side->keys[i] = in->columns[join->keys[input->port][i]];
    TRY(with_kind(op, input, err));
    TRY(state_bag_find(side->bag, side->keys, rows, n, true, keys, err));
    TRY(state_table_find(op->timers, side->keys, rows, n, true, timers, NULL, err));
    for (uint32_t i = 0; i < n; i++)
        TRY(add(op, input->port, input->columns, keys[i], timers[i], rows[i], err));
    return OK;
}

/* Rows, and what leaves where time moves between them, until a call has sent enough. */
static enum code take_input(struct op_temporal_join *op, struct temporal_input *input,
                            uint32_t *batches, struct error *err)
{
    while (!op->leaving->under_way) {
        bool moves = input->move < input->move_count;
        struct temporal_move *move = &input->moves[input->move];
        uint32_t end = moves ? move->at : input->in->selected;
        if (input->row < end)
            TRY(take_rows(op, input, end, err));
        if (!moves)
            return OK;
        input->move++;
        TRY(move_time(op, move->time_us, move->cause, batches, err));
    }
    return OK;
}

/* --- what waits --------------------------------------------------------------------------------- */

/* Where time moves, of both sides.  Watermarks that wait behind what waits are before these rows. */
static enum code find_moves(struct op_temporal_join *op, struct temporal_input *input,
                            struct error *err)
{
    const struct batch *in = input->in;
    bool waits = op->base.more;
    int64_t now_us = waits ? op_time(&op->base) : op->now_us;
    input->moves =
        arena_array(op->base.worker->batch_arena, struct temporal_move, in->watermark_count + 1);
    if (!input->moves)
        return error_nomem(err);
    if (waits)
        input->moves[input->move_count++] = (struct temporal_move){ 0, now_us, OP_NO_CAUSE };
    for (uint32_t m = 0, at = 0; m < in->watermark_count; m++) {
        const struct watermark_at *mark = &in->watermarks[m];
        int64_t us = op_time_if(&op->base, input->port, mark->watermark_us);
        while (at < in->selected && batch_row(in, at) <= mark->row)
            at++;
        if (us <= now_us)
            continue;
        now_us = us;
        input->moves[input->move_count++] =
            (struct temporal_move){ at, us, batch_origin(in, mark->row) };
    }
    return OK;
}

static bool is_done(const struct temporal_input *input)
{
    return input->row == input->in->selected && input->move == input->move_count;
}

/* What is left of an input waits. */
static enum code keep(struct op_temporal_join *op, const struct temporal_input *input,
                      struct error *err)
{
    uint32_t n = input->in->selected - input->row, moves = input->move_count - input->move;
    struct arena *arena = arena_create();
    struct temporal_input *w = arena ? arena_new(arena, struct temporal_input) : NULL;
    struct temporal_move *list = w ? arena_array(arena, struct temporal_move, MAX(moves, 1)) : NULL;
    struct batch *copy = list ? batch_copy_part(arena, input->in, input->row, n) : NULL;
    if (!copy) {
        arena_destroy(arena);
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < moves; i++) {
        list[i] = input->moves[input->move + i];
        list[i].at -= MIN(list[i].at, input->row);
    }
    *w = (struct temporal_input){
        .arena = arena, .in = copy, .port = input->port, .moves = list, .move_count = moves
    };
    if (op->last)
        op->last->next = w;
    else
        op->first = w;
    op->last = w;
    return OK;
}

static struct arena *take_first(struct op_temporal_join *op)
{
    struct arena *arena = op->first->arena;
    op->first = op->first->next;
    if (!op->first)
        op->last = NULL;
    return arena;
}

/* What was begun, then what waits, and then the time of both sides. */
static enum code go_on(struct op_temporal_join *op, uint32_t *batches, struct error *err)
{
    struct op *base = &op->base;
    if (op->leaving->under_way)
        TRY(temporal_send(op, batches, err));
    while (op->first && !op->leaving->under_way) {
        TRY(take_input(op, op->first, batches, err));
        if (is_done(op->first))
            arena_destroy(take_first(op));
    }
    int64_t now_us = op_time(base);
    if (!op->leaving->under_way)
        TRY(move_time(op, now_us, base->worker->cause, batches, err));
    base->more = op->leaving->under_way || op->first;
    return !base->more && now_us > base->watermark_us ? op_emit_watermark(base, now_us, err) : OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_temporal_join *op = (struct op_temporal_join *)base;
    struct temporal_input input = { .in = in, .port = port };
    uint32_t batches = BATCHES_CALL;
    TRY(find_moves(op, &input, err));
    if (!base->more)
        TRY(take_input(op, &input, &batches, err));
    if (!is_done(&input))
        TRY(keep(op, &input, err));
    base->more = op->leaving->under_way || op->first;
    return OK;
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    uint32_t batches = BATCHES_CALL;
    base->ports[port].watermark_us = watermark_us;
    return base->more ? OK : go_on((struct op_temporal_join *)base, &batches, err);
}

static enum code more(struct op *base, struct error *err)
{
    uint32_t batches = BATCHES_CALL;
    TRY(go_on((struct op_temporal_join *)base, &batches, err));
    return base->more ? OK : op_more_done(base, err);
}

/* --- snapshots ------------------------------------------------------------------------------------------ */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b, struct error *err)
{
    struct op_temporal_join *op = (struct op_temporal_join *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        for (uint32_t k = 0; k < 2; k++)
            TRY(state_bag_save(op->sides[k].bag, b->writer, err));
        TRY(state_table_save(op->timers, b->writer, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code restore_timer(struct op_temporal_join *op, struct state_reader *reader,
                               const struct state_record *record, struct error *err)
{
    char *row;
    const struct state_slot *slot = temporal_slot(op);
    TRY(state_table_load(op->timers, reader, record->key, record->value, &row, err));
    if (!row)
        return OK;
    temporal_tail(op, row)->has_versions = true; /* it may have some */
    return state_is_valid(row, slot) ? temporal_put(op, row, *(int64_t *)state_at(row, slot), err)
                                     : OK;
}

static enum code restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_temporal_join *op = (struct op_temporal_join *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record)) {
        if (record.table_id == LEFT_BAG || record.table_id == RIGHT_BAG)
            TRY(state_bag_load(op->sides[record.table_id - LEFT_BAG].bag, reader, record.key,
                               record.value, err));
        else if (record.table_id == TIMERS)
            TRY(restore_timer(op, reader, &record, err));
    }
    return OK;
}

static void destroy(struct op *base)
{
    struct op_temporal_join *op = (struct op_temporal_join *)base;
    while (op->first)
        arena_destroy(take_first(op));
    for (uint32_t k = 0; k < 2; k++)
        state_bag_destroy(op->sides[k].bag);
    state_table_destroy(op->timers);
    state_heap_destroy(op->heap);
}

/* --- making -------------------------------------------------------------------------------- */

struct first_row {
    const struct temporal_side *side;
    int64_t time_us;
};

static enum code note_time(void *cx, struct bag_item *item, struct error *err)
{
    struct first_row *first = cx;
    (void)err;
    first->time_us = MIN(first->time_us, temporal_time(first->side, item));
    return OK;
}

/* Rows of the left side; the timers are those of versions too. */
static void look(struct op *base, struct op_look *ret)
{
    const struct op_temporal_join *op = (const struct op_temporal_join *)base;
    struct first_row first = { &op->sides[0], INT64_MAX };
    struct error unsaid = { .code = OK };
    ret->open_count = state_bag_items(op->sides[0].bag);
    if (ret->open_count == 0)
        return;
    if (ret->open_count <= OP_LOOK_ITEMS &&
        state_bag_each(op->sides[0].bag, note_time, &first, &unsaid) == OK)
        ret->open_until_us = first.time_us;
    else if (op->due_count > 0)
        ret->open_until_us = op->due[0].time_us;
}

static const struct op_kind op_temporal_join_kind = {
    .name = "TemporalJoin",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .restore = restore,
    .destroy = destroy,
};

static enum code make_side(struct op_temporal_join *op, uint32_t k, struct error *err)
{
    struct worker *worker = op->base.worker;
    const struct plan_join *join = &op->plan->join;
    const struct plan *input = join->base.inputs[k];
    struct temporal_side *side = &op->sides[k];
    uint32_t n = join->key_count, width = input->field_count;
    const struct type **keys = arena_array(worker->op_arena, const struct type *, MAX(n, 1));
    const struct type **items = arena_array(worker->op_arena, const struct type *, width + 1);
    side->keys = arena_array(worker->op_arena, struct column *, MAX(n, 1));
    if (!keys || !items || !side->keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        keys[i] = input->fields[join->keys[k][i]].type;
    for (uint32_t i = 0; i < width; i++)
        items[i] = input->fields[i].type;
    items[width] = &type_tinyint;
    side->time = op->plan->time[k];
    struct bag_schema schema = { .name = k == 0 ? "left rows" : "versions",
                                 .id = k == 0 ? LEFT_BAG : RIGHT_BAG,
                                 .key = keys,
                                 .key_count = n,
                                 .route_count = n,
                                 .item = items,
                                 .item_count = width + 1,
                                 .identity = &side->time,
                                 .identity_count = 1,
                                 .appends_only = k == 0 };
    TRY(state_bag_create(op->heap, &schema, worker->clock, &side->bag, err));
    const struct type *time = &type_bigint;
    struct state_schema timers = { .name = "timers",
                                   .id = TIMERS,
                                   .key = keys,
                                   .key_count = n,
                                   .route_count = n,
                                   .value = &time,
                                   .value_count = 1,
                                   .tail_bytes = sizeof(struct temporal_tail) };
    if (k == 0)
        TRY(state_table_create(op->heap, &timers, worker->clock, &op->timers, err));
    side->layout = state_bag_layout(side->bag);
    side->width = width;
    return OK;
}

enum code op_temporal_join_create(struct worker *worker, const struct plan_temporal_join *plan,
                                  struct op **ret, struct error *err)
{
    struct op_temporal_join *op =
        op_create(worker, &op_temporal_join_kind, sizeof *op, &plan->join.base, 2);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->now_us = WATERMARK_NONE;
    if (!(op->leaving = arena_new(worker->op_arena, struct temporal_leaving)))
        return error_nomem(err);
    TRY(op_state_heap(&op->base, &op->heap, err));
    for (uint32_t k = 0; k < 2; k++)
        TRY(make_side(op, k, err));
    return join_test_create(worker, plan->join.condition, op->sides[0].width + op->sides[1].width,
                            &op->test, err);
}
