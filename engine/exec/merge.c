/* merge.c -- several bounded sources in one order: by the time of their records, ties in
 * the order of CREATE TABLE (contracts: the local profile).
 *
 * Only where every record of all of them has a time; otherwise they are read one after
 * the other.  Each source keeps one batch, in an arena of its own that is reset when
 * the batch is used up; records of one source stay in their order, whatever their
 * times. */
#include "exec/merge.h"

enum code merge_decide(struct run *x, struct error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < x->source_count; i++)
        n += x->sources[i].in_turn;
    if (n < 2 || x->worker.count > 1)
        return OK; /* asking may mean reading all of the files */
    for (uint32_t i = 0; i < x->source_count; i++) {
        const struct run_source *s = &x->sources[i];
        if (!s->in_turn)
            continue;
        if (!s->scan)
            return OK; /* VALUES have no time */
        struct source *source = op_source_connector(s->op);
        bool timed = false;
        if (source->kind->is_timed && source->kind->poll)
            TRY(source->kind->is_timed(source, &timed, err));
        if (!timed)
            return OK;
    }
    for (uint32_t i = 0; i < x->source_count; i++)
        if (x->sources[i].in_turn && !(x->sources[i].arena = arena_create()))
            return error_nomem(err);
    x->merging = true;
    return OK;
}

/* Gives every source that has not ended a batch with rows left. */
static enum code load_all(struct run *x, struct error *err)
{
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        int64_t head;
        while (s->arena && !s->ended && !op_source_head_ms(s->op, &head)) {
            if (s->last_read) {
                TRY(run_end_source(s, err));
                break;
            }
            arena_reset(s->arena);
            enum poll_state state = POLL_END;
            uint32_t rows;
            struct op *before = op_work(s->op);
            TRY(op_source_load(s->op, s->arena, &state, &rows, err));
            op_work_done(&x->worker, before);
            if (rows > 0)
                run_note_rows(x);
            s->last_read = state == POLL_END;
            if (rows == 0 && state == POLL_IDLE)
                return OK;
        }
    }
    return OK;
}

enum code merge_step(struct run *x, bool *ret_any, struct error *err)
{
    TRY(load_all(x, err));
    struct run_source *first = NULL;
    int64_t first_ms = 0;
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        int64_t head;
        if (s->arena && !s->ended && op_source_head_ms(s->op, &head) &&
            (!first || head < first_ms)) {
            first = s;
            first_ms = head;
        }
    }
    *ret_any = first != NULL;
    if (!first)
        return OK;
    /* Up to the head of the others: those declared before it go first at the same time. */
    int64_t before_ms = INT64_MAX, upto_ms = INT64_MAX;
    for (uint32_t i = 0; i < x->source_count; i++) {
        struct run_source *s = &x->sources[i];
        int64_t head;
        if (s == first || !s->arena || s->ended || !op_source_head_ms(s->op, &head))
            continue;
        if (s < first)
            before_ms = MIN(before_ms, head);
        else
            upto_ms = MIN(upto_ms, head);
    }
    uint32_t room = run_claim_rows(x, BATCH_ROWS), rows = 0;
    struct op *before = op_work(first->op);
    if (room > 0)
        TRY(op_source_emit_until(first->op, before_ms, upto_ms, room, &rows, err));
    op_work_done(&x->worker, before);
    run_return_rows(x, room - rows);
    *ret_any = rows > 0;
    return OK;
}
