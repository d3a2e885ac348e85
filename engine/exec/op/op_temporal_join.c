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

/* --- versions ---------------------------------------------------------------------------------- */

static int64_t time_of(const struct temporal_side *side, const struct bag_item *item)
{
    int64_t us;
    memcpy(&us, item->slots + side->layout->slots[side->time].offset, sizeof us);
    return us;
}

static enum change change_of(const struct temporal_side *side, const struct bag_item *item)
{
    return (enum change)item->slots[side->layout->slots[side->width].offset];
}

/* The newest version that is not newer than `time_us`; NULL: none. */
static struct bag_item *version_at(const struct temporal_side *right, const struct bag_key *key,
                                   int64_t time_us)
{
    struct bag_item *best = NULL;
    for (struct bag_item *item = key ? key->first : NULL; item; item = item->next) {
        int64_t us = time_of(right, item);
        if (us <= time_us && (!best || us > time_of(right, best)))
            best = item;
    }
    return best;
}

/* Versions that no row at or behind the watermark can want. */
static void clean(struct temporal_side *right, const struct bag_key *key, int64_t now_us)
{
    const struct bag_item *newest = version_at(right, key, now_us);
    for (struct bag_item *item = newest ? key->first : NULL, *next; item; item = next) {
        next = item->next;
        if (time_of(right, item) < time_of(right, newest))
            state_bag_take(right->bag, item);
    }
}

/* --- output ---------------------------------------------------------------------------------------- */

struct due {
    struct bag_item **rows;
    char **left, **right; /* slots; right NULL: no version */
    uint32_t count, cap, left_cap, right_cap;
};

/* Rows of a key whose time has come, each with its version; *ret_next_us is the least time of the
 * others, WATERMARK_END: there are none. */
static enum code key_due(struct op_temporal_join *op, const struct bag_key *left,
                         const struct bag_key *versions, int64_t now_us, struct due *due,
                         int64_t *ret_next_us, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    struct temporal_side *right = &op->sides[1];
    *ret_next_us = WATERMARK_END;
    for (struct bag_item *item = left ? left->first : NULL; item; item = item->next) {
        int64_t time_us = time_of(&op->sides[0], item);
        if (time_us > now_us) {
            *ret_next_us = MIN(*ret_next_us, time_us);
            continue;
        }
        struct bag_item *version = version_at(right, versions, time_us);
        bool is_there = version && change_of(right, version) != CHANGE_DELETE;
        uint32_t at = due->count;
        if (!ARENA_PUSH(arena, due->left, at, due->left_cap, item->slots))
            return error_nomem(err);
        at = due->count;
        if (!ARENA_PUSH(arena, due->right, at, due->right_cap, is_there ? version->slots : NULL) ||
            !ARENA_PUSH(arena, due->rows, due->count, due->cap, item))
            return error_nomem(err);
    }
    return OK;
}

/* Rows that do not pass have no version; without padding they do not leave. */
static enum code test_versions(struct op_temporal_join *op, struct due *due, uint32_t *ret_left,
                               struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    uint32_t n = due->count, left = 0;
    bool *pass = arena_array(arena, bool, n);
    if (!pass)
        return error_nomem(err);
    struct join_rows sides[2] = {
        { .layout = op->sides[0].layout, .slots = due->left, .width = op->sides[0].width },
        { .layout = op->sides[1].layout, .slots = due->right, .width = op->sides[1].width },
    };
    TRY(join_test_run(&op->test, arena, sides, n, pass, err));
    for (uint32_t i = 0; i < n; i++) {
        if (!pass[i])
            due->right[i] = NULL;
        if (!due->right[i] && op->plan->join.type != LEFT_JOIN)
            continue;
        due->left[left] = due->left[i];
        due->right[left] = due->right[i];
        struct bag_item *row = due->rows[i]; /* those that stay are only freed */
        due->rows[i] = due->rows[left];
        due->rows[left++] = row;
    }
    *ret_left = left;
    return OK;
}

static enum code emit_due(struct op_temporal_join *op, struct due *due, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    struct batch *out;
    uint32_t n;
    TRY(test_versions(op, due, &n, err));
    struct join_rows sides[2] = {
        { .layout = op->sides[0].layout, .slots = due->left, .width = op->sides[0].width },
        { .layout = op->sides[1].layout, .slots = due->right, .width = op->sides[1].width },
    };
    TRY(join_output(arena, sides, n, &out, err));
    uint8_t *changes = arena_alloc(arena, MAX(n, 1));
    if (!changes)
        return error_nomem(err);
    bool inserts = true;
    for (uint32_t i = 0; i < n; i++) {
        changes[i] = (uint8_t)change_of(&op->sides[0], due->rows[i]);
        inserts = inserts && changes[i] == CHANGE_INSERT;
    }
    out->changes = inserts ? NULL : changes;
    for (uint32_t i = 0; i < due->count; i++) {
        struct bag_key *key = due->rows[i]->key;
        state_bag_take(op->sides[0].bag, due->rows[i]);
        state_bag_tidy(op->sides[0].bag, key);
    }
    return op_emit(&op->base, out, err);
}

/* The keys of timers in both sides. */
static enum code find_both(struct op_temporal_join *op, char **rows, uint32_t n,
                           struct bag_key **ret_left, struct bag_key **ret_right,
                           struct error *err)
{
    const struct plan_join *join = &op->plan->join;
    struct arena *arena = op->base.worker->batch_arena;
    struct column **keys = arena_array(arena, struct column *, MAX(join->key_count, 1));
    if (!keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < join->key_count; i++) {
        keys[i] = state_column(arena, &state_table_layout(op->timers)->slots[i], rows, n);
        if (!keys[i])
            return error_nomem(err);
    }
    TRY(state_bag_find(op->sides[0].bag, keys, NULL, n, false, ret_left, err));
    TRY(state_bag_find(op->sides[1].bag, keys, NULL, n, false, ret_right, err));
    for (uint32_t i = 0; i < n; i++)
        if (join_null_key(join, keys, i))
            ret_right[i] = NULL;
    return OK;
}

/* Looks at the keys whose timers are due. */
static enum code advance(struct op_temporal_join *op, int64_t now_us, bool *ret_emitted,
                         struct error *err)
{
    enum { DUE_MOST = 4096 };
    struct arena *arena = op->base.worker->batch_arena;
    struct temporal_due keys;
    op->now_us = now_us;
    TRY(temporal_take_due(op, now_us, &keys, err));
    char **rows = keys.rows;
    uint32_t n = keys.count;
    struct bag_key **left = arena_array(arena, struct bag_key *, MAX(n, 1));
    struct bag_key **right = arena_array(arena, struct bag_key *, MAX(n, 1));
    if (!left || !right)
        return error_nomem(err);
    if (n > 0)
        TRY(find_both(op, rows, n, left, right, err));
    struct due due = { 0 };
    for (uint32_t i = 0; i < n; i++) {
        int64_t next_us;
        TRY(key_due(op, left[i], right[i], now_us, &due, &next_us, err));
        if (next_us != WATERMARK_END)
            TRY(temporal_set(op, rows[i], next_us, err));
    }
    *ret_emitted = due.count > 0;
    for (uint32_t first = 0; first < due.count; first += DUE_MOST) {
        struct due part = { .rows = due.rows + first,
                            .left = due.left + first,
                            .right = due.right + first,
                            .count = MIN(due.count - first, DUE_MOST) };
        TRY(emit_due(op, &part, err));
    }
    for (uint32_t i = 0; i < n; i++)
        if (right[i])
            clean(&op->sides[1], right[i], now_us);
    temporal_forget(op, &keys);
    return OK;
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
    return temporal_set(op, timer, time_of(side, item), err);
}

/* The batch's columns, and behind them the kind of each row. */
static enum code with_kind(struct op_temporal_join *op, const struct batch *in, uint32_t width,
                           struct column ***ret, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    struct column **columns = arena_array(arena, struct column *, width + 1);
    if (!columns || !(columns[width] = column_create(arena, &type_tinyint, in->count)))
        return error_nomem(err);
    memcpy(columns, in->columns, width * sizeof *columns);
    for (uint32_t i = 0; i < in->count; i++)
        COLUMN_OUT(columns[width], int8_t)[i] = (int8_t)batch_change(in, i);
    *ret = columns;
    return OK;
}

/* Time of both sides when this one's is `mine_us`. */
static int64_t both_times(const struct op *base, uint32_t port, int64_t mine_us)
{
    const struct op_port *other = &base->ports[1 - port];
    return other->ended ? mine_us : MIN(mine_us, other->watermark_us);
}

static enum code move_time(struct op_temporal_join *op, int64_t now_us, struct error *err)
{
    bool emitted;
    if (now_us <= op->now_us)
        return OK;
    TRY(advance(op, now_us, &emitted, err));
    return emitted && now_us > op->base.watermark_us ? op_emit_watermark(&op->base, now_us, err)
                                                     : OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_temporal_join *op = (struct op_temporal_join *)base;
    struct arena *arena = base->worker->batch_arena;
    struct temporal_side *side = &op->sides[port];
    const struct plan_join *join = &op->plan->join;
    uint32_t n = 0, mark = 0;
    uint32_t *rows = arena_array(arena, uint32_t, in->selected);
    struct bag_key **keys = arena_array(arena, struct bag_key *, in->selected);
    char **timers = arena_array(arena, char *, in->selected);
    struct column **columns, *times = in->columns[side->time];
    if (!rows || !keys || !timers)
        return error_nomem(err);
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        bool is_old = port == 1 && batch_change(in, row) == CHANGE_UPDATE_BEFORE;
        if (!is_old && column_is_valid(times, row))
            rows[n++] = row;
    }
    for (uint32_t i = 0; i < join->key_count; i++)
        side->keys[i] = in->columns[join->keys[port][i]];
    TRY(with_kind(op, in, side->width, &columns, err));
    for (uint32_t first = 0; first < n;) {
        /* Up to where time moves: what waits leaves then, and its keys may go. */
        uint32_t end = first;
        while (mark < in->watermark_count && in->watermarks[mark].row < rows[first])
            TRY(move_time(op, both_times(base, port, in->watermarks[mark++].watermark_us), err));
        while (end < n && (mark == in->watermark_count || rows[end] <= in->watermarks[mark].row))
            end++;
        TRY(state_bag_find(side->bag, side->keys, rows + first, end - first, true, keys, err));
        TRY(state_table_find(op->timers, side->keys, rows + first, end - first, true, timers,
                             NULL, err));
        for (uint32_t i = first; i < end; i++)
            TRY(add(op, port, columns, keys[i - first], timers[i - first], rows[i], err));
        first = end;
    }
    for (; mark < in->watermark_count; mark++)
        TRY(move_time(op, both_times(base, port, in->watermarks[mark].watermark_us), err));
    return OK;
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us,
                           struct error *err)
{
    struct op_temporal_join *op = (struct op_temporal_join *)base;
    base->ports[port].watermark_us = watermark_us;
    int64_t now_us = both_times(base, port, watermark_us);
    TRY(move_time(op, now_us, err));
    return now_us > base->watermark_us ? op_emit_watermark(base, now_us, err) : OK;
}

/* --- snapshots ------------------------------------------------------------------------------------------ */

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
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
    for (uint32_t k = 0; k < 2; k++)
        state_bag_destroy(op->sides[k].bag);
    state_table_destroy(op->timers);
    state_heap_destroy(op->heap);
}

/* --- making -------------------------------------------------------------------------------- */

static const struct op_kind op_temporal_join_kind = {
    .name = "TemporalJoin",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = op_end_pass,
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
    TRY(op_state_heap(&op->base, &op->heap, err));
    for (uint32_t k = 0; k < 2; k++)
        TRY(make_side(op, k, err));
    return join_test_create(worker, plan->join.condition,
                            op->sides[0].width + op->sides[1].width, &op->test, err);
}
