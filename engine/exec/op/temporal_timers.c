/* temporal_timers.c -- when a key of a temporal join is looked at: a row a key with the time,
 * and a heap over them.  A key that gets an earlier time has two places in the heap; the
 * one that is not meant any more is left out when it comes up. */
#include "exec/op/temporal.h"

const struct state_slot *temporal_slot(const struct op_temporal_join *op)
{
    return &state_table_layout(op->timers)->slots[op->plan->join.key_count];
}

struct temporal_tail *temporal_tail(const struct op_temporal_join *op, char *row)
{
    return (struct temporal_tail *)(row + state_table_tail(op->timers));
}

static bool earlier(const struct temporal_timer *a, const struct temporal_timer *b)
{
    return a->time_us < b->time_us || (a->time_us == b->time_us && a->number < b->number);
}

enum code temporal_put(struct op_temporal_join *op, char *row, int64_t time_us, struct error *err)
{
    if (op->due_count == op->due_cap) {
        size_t cap = MAX(op->due_cap * 2, 64);
        struct temporal_timer *due = state_alloc(op->heap, cap * sizeof *due);
        if (!due)
            return state_heap_error(op->heap, err);
        if (op->due_count > 0)
            memcpy(due, op->due, op->due_count * sizeof *due);
        state_free(op->heap, op->due, op->due_cap * sizeof *due);
        op->due = due;
        op->due_cap = cap;
    }
    struct temporal_timer timer = { time_us, op->set++, row };
    size_t at = op->due_count++;
    for (; at > 0 && earlier(&timer, &op->due[(at - 1) / 2]); at = (at - 1) / 2)
        op->due[at] = op->due[(at - 1) / 2];
    op->due[at] = timer;
    temporal_tail(op, row)->in_heap++;
    return OK;
}

enum code temporal_set(struct op_temporal_join *op, char *row, int64_t time_us, struct error *err)
{
    const struct state_slot *slot = temporal_slot(op);
    int64_t *at = state_at(row, slot);
    if (state_is_valid(row, slot) && *at <= time_us)
        return OK;
    *at = time_us;
    state_set_valid(row, slot, true);
    return temporal_put(op, row, time_us, err);
}

static struct temporal_timer take_timer(struct op_temporal_join *op)
{
    struct temporal_timer first = op->due[0], last = op->due[--op->due_count];
    size_t at = 0;
    for (;;) {
        size_t next = 2 * at + 1;
        if (next + 1 < op->due_count && earlier(&op->due[next + 1], &op->due[next]))
            next++;
        if (next >= op->due_count || !earlier(&op->due[next], &last))
            break;
        op->due[at] = op->due[next];
        at = next;
    }
    op->due[at] = last;
    temporal_tail(op, first.row)->in_heap--;
    return first;
}

void temporal_take_due(struct op_temporal_join *op, int64_t now_us, struct temporal_keys *ret)
{
    const struct state_slot *slot = temporal_slot(op);
    ret->count = ret->idle_count = 0;
    while (op->due_count > 0 && op->due[0].time_us <= now_us && ret->count < BATCH_ROWS &&
           ret->idle_count < BATCH_ROWS) {
        struct temporal_timer timer = take_timer(op);
        struct temporal_tail *tail = temporal_tail(op, timer.row);
        bool is_meant = state_is_valid(timer.row, slot) &&
                        *(int64_t *)state_at(timer.row, slot) == timer.time_us;
        if (is_meant) {
            state_set_valid(timer.row, slot, false);
            tail->is_due = true;
            ret->rows[ret->count++] = timer.row;
        } else if (!tail->is_idle) {
            tail->is_idle = true;
            ret->idle[ret->idle_count++] = timer.row;
        }
    }
}

static void forget_key(struct op_temporal_join *op, char *row)
{
    const struct temporal_tail *tail = temporal_tail(op, row);
    if (tail->in_heap == 0 && !tail->has_versions && !state_is_valid(row, temporal_slot(op)))
        state_table_remove(op->timers, row);
}

void temporal_forget(struct op_temporal_join *op, const struct temporal_keys *keys)
{
    for (uint32_t i = 0; i < keys->idle_count; i++) {
        struct temporal_tail *tail = temporal_tail(op, keys->idle[i]);
        tail->is_idle = false;
        if (!tail->is_due)
            forget_key(op, keys->idle[i]);
    }
    for (uint32_t i = 0; i < keys->count; i++) {
        temporal_tail(op, keys->rows[i])->is_due = false;
        forget_key(op, keys->rows[i]);
    }
}
