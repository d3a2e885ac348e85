/* temporal_leave.c -- left rows of a temporal join whose time has come, each with the version
 * of the right row that was valid then.
 *
 * Keys leave in the order of their timers, the rows of one in the order they came.  A call
 * sends a few batches, and may end between two rows of a key: where it goes on is kept, and
 * nothing else happens to the state until all have left. */
#include "exec/op/temporal.h"

/* --- versions ---------------------------------------------------------------------------------- */

/* The newest version that is not newer than `time_us`; NULL: none. */
static struct bag_item *version_at(const struct temporal_side *right, const struct bag_key *key,
                                   int64_t time_us)
{
    struct bag_item *best = NULL;
    for (struct bag_item *item = key ? key->first : NULL; item; item = item->next) {
        int64_t us = temporal_time(right, item);
        if (us <= time_us && (!best || us > temporal_time(right, best)))
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
        if (temporal_time(right, item) < temporal_time(right, newest))
            state_bag_take(right->bag, item);
    }
}

/* --- a batch ------------------------------------------------------------------------------------ */

struct part {
    struct bag_item *rows[BATCH_ROWS];
    char *left[BATCH_ROWS], *right[BATCH_ROWS]; /* slots; right NULL: no version */
    uint32_t count;
};

/* Rows of the key that is looked at, until the part is full. */
static void take_rows(struct op_temporal_join *op, struct part *part)
{
    struct temporal_leaving *l = op->leaving;
    while (l->next && part->count < BATCH_ROWS) {
        struct bag_item *item = l->next;
        int64_t time_us = temporal_time(&op->sides[0], item);
        l->next = item->next;
        if (time_us > op->now_us) {
            l->next_us = MIN(l->next_us, time_us);
            continue;
        }
        struct bag_item *version = version_at(&op->sides[1], l->right[l->key], time_us);
        enum change change = version ? temporal_change(&op->sides[1], version) : CHANGE_DELETE;
        bool is_there = change == CHANGE_INSERT || change == CHANGE_UPDATE_AFTER;
        part->rows[part->count] = item;
        part->left[part->count] = item->slots;
        part->right[part->count++] = is_there ? version->slots : NULL;
    }
}

/* Rows that do not pass have no version; without padding they do not leave. */
static enum code test_versions(struct op_temporal_join *op, struct part *part, uint32_t *ret_left,
                               struct error *err)
{
    bool pass[BATCH_ROWS];
    uint32_t left = 0;
    struct join_rows sides[2] = {
        { .layout = op->sides[0].layout, .slots = part->left, .width = op->sides[0].width },
        { .layout = op->sides[1].layout, .slots = part->right, .width = op->sides[1].width },
    };
    TRY(join_test_run(&op->test, op->base.worker->batch_arena, sides, part->count, pass, err));
    for (uint32_t i = 0; i < part->count; i++) {
        if (!pass[i])
            part->right[i] = NULL;
        if (!part->right[i] && op->plan->join.type != LEFT_JOIN)
            continue;
        part->left[left] = part->left[i];
        part->right[left] = part->right[i];
        struct bag_item *row = part->rows[i]; /* those that stay are only freed */
        part->rows[i] = part->rows[left];
        part->rows[left++] = row;
    }
    *ret_left = left;
    return OK;
}

static enum code emit(struct op_temporal_join *op, struct part *part, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    struct batch *out;
    uint32_t n;
    TRY(test_versions(op, part, &n, err));
    struct join_rows sides[2] = {
        { .layout = op->sides[0].layout, .slots = part->left, .width = op->sides[0].width },
        { .layout = op->sides[1].layout, .slots = part->right, .width = op->sides[1].width },
    };
    TRY(join_output(arena, sides, n, &out, err));
    uint8_t *changes = arena_alloc(arena, MAX(n, 1));
    if (!changes)
        return error_nomem(err);
    bool inserts = true;
    for (uint32_t i = 0; i < n; i++) {
        changes[i] = (uint8_t)temporal_change(&op->sides[0], part->rows[i]);
        inserts = inserts && changes[i] == CHANGE_INSERT;
    }
    out->changes = inserts ? NULL : changes;
    for (uint32_t i = 0; i < part->count; i++) {
        struct bag_key *key = part->rows[i]->key;
        state_bag_take(op->sides[0].bag, part->rows[i]);
        state_bag_tidy(op->sides[0].bag, key);
    }
    op->leaving->any = true;
    part->count = 0;
    TRY(op_caused(out, op->leaving->cause, err));
    return op_emit(&op->base, out, err);
}

/* --- keys ---------------------------------------------------------------------------------------- */

static void look_at(struct temporal_leaving *l, uint32_t key)
{
    l->key = key;
    l->next = key < l->keys.count && l->left[key] ? l->left[key]->first : NULL;
    l->next_us = WATERMARK_END;
}

/* The next ones that are due, and where they are in both sides. */
static enum code take_keys(struct op_temporal_join *op, struct error *err)
{
    const struct plan_join *join = &op->plan->join;
    struct temporal_leaving *l = op->leaving;
    struct arena *arena = op->base.worker->batch_arena;
    temporal_take_due(op, op->now_us, &l->keys);
    uint32_t n = l->keys.count;
    struct column **keys = arena_array(arena, struct column *, MAX(join->key_count, 1));
    if (!keys)
        return error_nomem(err);
    for (uint32_t i = 0; n > 0 && i < join->key_count; i++) {
        keys[i] = state_column(arena, &state_table_layout(op->timers)->slots[i], l->keys.rows, n);
        if (!keys[i])
            return error_nomem(err);
    }
    if (n > 0) {
        TRY(state_bag_find(op->sides[0].bag, keys, NULL, n, false, l->left, err));
        TRY(state_bag_find(op->sides[1].bag, keys, NULL, n, false, l->right, err));
    }
    for (uint32_t i = 0; i < n; i++)
        if (join_null_key(join, keys, i))
            l->right[i] = NULL;
    look_at(l, 0);
    return OK;
}

/* All rows of these keys have left. */
static void end_keys(struct op_temporal_join *op)
{
    struct temporal_leaving *l = op->leaving;
    for (uint32_t i = 0; i < l->keys.count; i++)
        if (l->right[i])
            clean(&op->sides[1], l->right[i], op->now_us);
    temporal_forget(op, &l->keys);
    l->keys.count = l->keys.idle_count = 0;
    look_at(l, 0);
}

enum code temporal_leave(struct op_temporal_join *op, uint32_t cause, struct error *err)
{
    struct temporal_leaving *l = op->leaving;
    l->under_way = true;
    l->any = false;
    l->cause = cause;
    return take_keys(op, err);
}

static enum code tell_time(struct op_temporal_join *op, struct error *err)
{
    struct worker *worker = op->base.worker;
    uint32_t before = worker->cause;
    worker->cause = op->leaving->cause;
    TRY(op_emit_watermark(&op->base, op->now_us, err));
    op_cause_back(&op->base, before);
    return OK;
}

enum code temporal_send(struct op_temporal_join *op, uint32_t *batches, struct error *err)
{
    struct temporal_leaving *l = op->leaving;
    struct part part;
    part.count = 0;
    while (*batches > 0 && (l->keys.count > 0 || l->keys.idle_count > 0)) {
        while (l->key < l->keys.count && part.count < BATCH_ROWS) {
            take_rows(op, &part);
            if (l->next)
                break;
            if (l->next_us != WATERMARK_END)
                TRY(temporal_set(op, l->keys.rows[l->key], l->next_us, err));
            look_at(l, l->key + 1);
        }
        if (part.count > 0) {
            TRY(emit(op, &part, err));
            --*batches;
        }
        if (l->key < l->keys.count)
            continue;
        end_keys(op);
        TRY(take_keys(op, err));
    }
    l->under_way = l->keys.count > 0 || l->keys.idle_count > 0;
    return !l->under_way && l->any && op->now_us > op->base.watermark_us ? tell_time(op, err) : OK;
}
