/* op_over_save.c -- snapshots of OVER in the order of time. */
#include "exec/op/op_over.h"

#include "state/snapshot.h"

enum code over_barrier(struct op *base, uint32_t port, const struct barrier *b, struct error *err)
{
    struct op_over *op = (struct op_over *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    while (base->more) /* what is due belongs to this epoch */
        TRY(base->kind->more(base, err));
    if (b->writer) {
        TRY(state_writer_begin(b->writer, base->plan->state_id, err));
        TRY(over_save(&op->over, b->writer, err));
        if (op->waiting)
            TRY(state_bag_save(op->waiting, b->writer, err));
        if (op->timers)
            TRY(state_table_save(op->timers, b->writer, err));
        TRY(due_save_time(b->writer, OVER_TIME, op->time_us, err));
    }
    return op_emit_barrier(base, b, err);
}

static enum code wait_again(void *cx, struct bag_item *item, struct error *err)
{
    struct op_over *op = cx;
    const struct state_slot *slots = state_bag_layout(op->waiting)->slots;
    int64_t time_us = *(int64_t *)state_at(item->slots, &slots[op->plan->order[0].column]);
    uint64_t number = (uint64_t)*(int64_t *)state_at(item->slots, &slots[op->width]);
    op->arrivals = MAX(op->arrivals, number + 1);
    return due_put(&op->due, (struct due){ time_us, number, item, NULL }, err);
}

static enum code load(struct op_over *op, struct state_reader *reader,
                      const struct state_record *record, struct error *err)
{
    bool mine;
    char *timer;
    TRY(over_load(&op->over, reader, record, &mine, err));
    if (mine)
        return OK;
    if (record->table_id == OVER_TIME)
        return due_load_time(record, &op->time_us, err);
    if (record->table_id == OVER_WAITING && op->waiting)
        return state_bag_load(op->waiting, reader, record->key, record->value, err);
    if (record->table_id != OVER_TIMERS || !op->timers)
        return error_set(err, E_DATA, "the snapshot has a table %u that " STR_FMT " has not",
                         record->table_id, STR_ARG(state_heap_owner(op->over.heap)));
    TRY(state_table_load(op->timers, reader, record->key, record->value, &timer, err));
    if (!timer)
        return OK;
    int64_t time_us = *(int64_t *)state_at(timer, over_timer_slot(op, op->plan->key_count));
    return due_put(&op->timer_due, (struct due){ time_us, 0, timer, NULL }, err);
}

enum code over_restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_over *op = (struct op_over *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        TRY(load(op, reader, &record, err));
    op->due.count = 0; /* those of an earlier file are found again */
    if (op->waiting)
        TRY(state_bag_each(op->waiting, wait_again, op, err));
    return over_loaded(&op->over, err);
}
