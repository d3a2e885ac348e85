/* op_session_save.c -- snapshots of sessions: the groups, whose rows have the bounds. */
#include "exec/op/op_session.h"

#include "state/snapshot.h"
#include "types/time.h"

enum { TABLE_TIME = 1 };

/* Bounds lie in the row only there. */
static void note_bounds(struct op_session *op)
{
    const struct state_slot *slots = &op->layout->slots[op->first_value];
    for (uint32_t i = 0; i < op->end_count; i++) {
        const struct session *s = op->ends[i].session;
        if (s->is_gone)
            continue;
        *(int64_t *)state_at(s->row, &slots[SESSION_START]) = s->start_us;
        *(int64_t *)state_at(s->row, &slots[SESSION_END]) = s->end_us;
    }
}

static enum code save_time(struct op_session *op, struct state_writer *w, struct error *err)
{
    struct buf value;
    buf_init(&value, 64);
    state_encode_i64(&value, op_time_to_save(op->time_us));
    enum code code = buf_check(&value, err);
    if (code == OK)
        code = state_writer_put(w, TABLE_TIME, STR(""), buf_view(&value), err);
    buf_done(&value);
    return code;
}

enum code session_barrier(struct op *base, uint32_t port, const struct barrier *barrier,
                         struct error *err)
{
    struct op_session *op = (struct op_session *)base;
    if (!op_align_barrier(base, port, barrier))
        return OK;
    TRY(session_send(op, UINT32_MAX, err)); /* what is over belongs to this epoch */
    if (barrier->writer) {
        note_bounds(op);
        TRY(state_writer_begin(barrier->writer, base->plan->state_id, err));
        TRY(save_time(op, barrier->writer, err));
        TRY(state_table_save(op->groups, barrier->writer, err));
        TRY(agg_set_save(op->set, barrier->writer, err));
        if (op->rows)
            TRY(state_tree_save(op->rows, barrier->writer, err));
    }
    return op_emit_barrier(base, barrier, err);
}

/* A session as its row has it. */
static enum code revive(struct op_session *op, struct arena *arena, char *row, struct error *err)
{
    const struct state_slot *slots = &op->layout->slots[op->first_value];
    struct session *s = state_alloc(op->heap, sizeof *s);
    struct column **key = arena_array(arena, struct column *, op->key_count + 1);
    if (!s || !key)
        return s ? error_nomem(err) : state_heap_error(op->heap, err);
    *s = (struct session){ .start_us = *(int64_t *)state_at(row, &slots[SESSION_START]),
                           .end_us = *(int64_t *)state_at(row, &slots[SESSION_END]),
                           .number = *(int64_t *)state_at(row, &op->layout->slots[op->key_count]),
                           .order = op->made++,
                           .row = row };
    TRY(session_heap_push(op, s, err));
    for (uint32_t i = 0; i < op->key_count; i++)
        if (!(key[i] = state_column(arena, &op->layout->slots[i], &row, 1)))
            return error_nomem(err);
    TRY(state_table_find(op->keys, key, NULL, 1, true, &s->key_row, NULL, err));
    struct session **at = &session_key_of(op, s->key_row)->first;
    while (*at && (*at)->start_us < s->start_us)
        at = &(*at)->next;
    s->next = *at;
    *at = s;
    return OK;
}

static enum code load_record(struct op_session *op, struct state_reader *reader,
                             const struct state_record *r, struct error *err)
{
    struct str value = r->value;
    if (r->table_id == TABLE_TIME) {
        int64_t us;
        TRY(state_decode_i64(&value, &us, err));
        op->time_us = MAX(op->time_us, us);
        if (op->plan->window.proctime && us != WATERMARK_NONE)
            op_clock_was(op->base.worker, us + TIME_US_PER_MS);
        return OK;
    }
    if (op->rows && r->table_id == SESSION_ROWS_TABLE)
        return session_rows_load(op, reader, r, err);
    if (r->table_id == SESSION_TABLE) {
        char *row;
        TRY(state_table_load(op->groups, reader, r->key, r->value, &row, err));
        if (!row)
            return OK;
        agg_set_loaded_row(op->set, row);
        struct arena *arena = arena_create();
        enum code code = arena ? revive(op, arena, row, err) : error_nomem(err);
        arena_destroy(arena);
        return code;
    }
    bool mine;
    TRY(agg_set_load(op->set, reader, r->table_id, r->key, r->value, &mine, err));
    return mine ? OK
                : error_set(err, E_DATA, "the snapshot has a table %u that window#%u has not",
                            r->table_id, op->plan->base.id);
}

static enum code find_loaded(void *cx, struct column *const *key, uint32_t n, char **rows,
                             struct error *err)
{
    struct op_session *op = cx;
    return state_table_find(op->groups, key, NULL, n, false, rows, NULL, err);
}

enum code session_restore(struct op *base, struct state_reader *reader, struct error *err)
{
    struct op_session *op = (struct op_session *)base;
    struct state_record record;
    if (!state_reader_seek(reader, base->plan->state_id))
        return OK;
    while (state_reader_next(reader, &record))
        TRY(load_record(op, reader, &record, err));
    session_set_due(op);
    return agg_set_loaded(op->set, find_loaded, op, err);
}
