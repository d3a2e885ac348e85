/* op_session.c -- aggregates of SESSION windows: rows of a key that follow each other
 * within the gap.
 *
 * A row is a session from its time to the gap behind it; sessions of a key that overlap
 * or touch become one (Flink's rule), with the accumulators of both.  A session is known
 * by its number, the time of its first row: every later session with that time would
 * have become one with it.  A heap of ends says which are over; an end that has moved on
 * since is noticed when it comes up.
 *
 * Rows of a batch are assigned one after the other, with the time that the marks before
 * them have brought, and then added to their groups together: at the latest where two
 * sessions become one or a session is over. */
#include "exec/late.h"
#include "exec/op/op_session.h"

#include "types/time.h"

#include <stdlib.h>

enum { SEND_BATCHES = 4 };

/* --- sessions of a key ------------------------------------------------------------------------ */

struct session_key *session_key_of(const struct op_session *op, char *key_row)
{
    return (struct session_key *)(key_row + state_table_tail(op->keys));
}

enum code session_heap_push(struct op_session *op, struct session *s, struct error *err)
{
    struct ending entry = { window_fire(&op->times, s->end_us), s };
    if (!ARENA_PUSH(op->base.worker->op_arena, op->ends, op->end_count, op->end_cap, entry))
        return error_nomem(err);
    uint32_t at = op->end_count - 1;
    for (; at > 0 && op->ends[(at - 1) / 2].fire_us > entry.fire_us; at = (at - 1) / 2)
        op->ends[at] = op->ends[(at - 1) / 2];
    op->ends[at] = entry;
    return OK;
}

static struct session *heap_pop(struct op_session *op)
{
    struct session *first = op->ends[0].session;
    struct ending last = op->ends[--op->end_count];
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < op->end_count; at = child) {
        if (child + 1 < op->end_count && op->ends[child + 1].fire_us < op->ends[child].fire_us)
            child++;
        if (op->ends[child].fire_us >= last.fire_us)
            break;
        op->ends[at] = op->ends[child];
    }
    op->ends[at] = last;
    return first;
}

/* Frees what a session keeps, not the session. */
static enum code drop_group(struct op_session *op, struct session *s, struct error *err)
{
    struct buf key;
    buf_init(&key, UINT32_MAX);
    state_encode_slots(&key, op->layout, 0, op->key_count + 1, s->row);
    enum code code = buf_check(&key, err);
    if (code == OK) {
        agg_set_drop(op->set, s->row, buf_view(&key));
        if (op->rows)
            state_tree_remove_prefix(op->rows, buf_view(&key));
        state_table_remove(op->groups, s->row);
        s->row = NULL;
    }
    buf_done(&key);
    return code;
}

/* A key without sessions goes when nobody under way knows its row any more. */
static enum code note_idle(struct op_session *op, char *key_row, struct error *err)
{
    struct session_key *key = session_key_of(op, key_row);
    if (key->first || key->is_idle)
        return OK;
    key->is_idle = true;
    return ARENA_PUSH(op->base.worker->op_arena, op->idle, op->idle_count, op->idle_cap, key_row)
               ? OK
               : error_nomem(err);
}

static void remove_idle(struct op_session *op)
{
    for (uint32_t i = 0; i < op->idle_count; i++) {
        struct session_key *key = session_key_of(op, op->idle[i]);
        key->is_idle = false;
        if (!key->first)
            state_table_remove(op->keys, op->idle[i]);
    }
    op->idle_count = 0;
}

static enum code unlink_session(struct op_session *op, struct session *s, struct error *err)
{
    struct session **at = &session_key_of(op, s->key_row)->first;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    return note_idle(op, s->key_row, err);
}

/* --- rows that wait to be added ------------------------------------------------------------------ */

enum code session_add_waiting(struct op_session *op, struct error *err)
{
    struct waiting *w = &op->waiting;
    if (w->n == 0)
        return OK;
    if (op->rows)
        TRY(session_rows_add(op, w, err));
    struct agg_batch batch = {
        .in = w->in, .n = w->n, .sel = w->sel, .rows = w->rows, .flags = w->flags, .key = w->key
    };
    struct str *keys = NULL;
    if (agg_set_wants_keys(op->set))
        TRY(session_keys(op, w->in->arena, w->rows, w->n, &keys, err));
    batch.keys = keys;
    const struct state_slot *slot = &op->layout->slots[op->first_value + SESSION_COUNT];
    for (uint32_t i = 0; i < w->n; i++)
        *(int64_t *)state_at(w->rows[i], slot) += w->flags[i] & AGG_TAKE ? -1 : 1;
    uint32_t n = w->n;
    w->sel += n;
    w->rows += n;
    w->flags += n;
    w->n = 0;
    return agg_set_step(op->set, &batch, NULL, NULL, err);
}

static void wait_for_step(struct op_session *op, uint32_t row, struct session *s, bool is_new)
{
    struct waiting *w = &op->waiting;
    enum change change = batch_change(w->in, row);
    bool take = change == CHANGE_UPDATE_BEFORE || change == CHANGE_DELETE;
    w->sel[w->n] = row;
    w->rows[w->n] = s->row;
    w->flags[w->n++] = (uint8_t)((is_new ? AGG_RESET : 0) | (take ? AGG_TAKE : 0));
    COLUMN_OUT(w->key[op->key_count], int64_t)[row] = s->number;
}

/* --- assigning ------------------------------------------------------------------------------------ */

static enum code make_session(struct op_session *op, char *key_row, struct session **at,
                              int64_t time_us, uint32_t row, struct session **ret,
                              struct error *err)
{
    struct waiting *w = &op->waiting;
    struct session *s = state_alloc(op->heap, sizeof *s);
    if (!s)
        return state_heap_error(op->heap, err);
    *s = (struct session){ .start_us = time_us,
                           .end_us = time_us + op->plan->window.size_us,
                           .number = time_us,
                           .order = op->made++,
                           .key_row = key_row };
    COLUMN_OUT(w->key[op->key_count], int64_t)[row] = time_us;
    enum code code = state_table_find(op->groups, w->key, &row, 1, true, &s->row, NULL, err);
    if (code == OK)
        code = session_heap_push(op, s, err);
    if (code != OK) {
        state_free(op->heap, s, sizeof *s);
        return code;
    }
    const struct state_slot *slots = &op->layout->slots[op->first_value];
    for (uint32_t i = 0; i < SESSION_VALUES; i++)
        state_set_valid(s->row, &slots[i], true);
    s->next = *at;
    *at = s;
    *ret = s;
    return OK;
}

/* The session behind `s` in the list becomes part of it. */
static enum code swallow_next(struct op_session *op, struct session *s, struct error *err)
{
    struct session *other = s->next;
    TRY(session_add_waiting(op, err));
    struct str *to = NULL, *from = NULL;
    struct arena *arena = op->waiting.in->arena;
    if (agg_set_wants_keys(op->set)) {
        TRY(session_keys(op, arena, &s->row, 1, &to, err));
        TRY(session_keys(op, arena, &other->row, 1, &from, err));
    }
    TRY(agg_set_merge(op->set, &s->row, to, &other->row, from, 1, err));
    if (op->rows)
        TRY(session_rows_move(op, s->row, other->row, err));
    const struct state_slot *slot = &op->layout->slots[op->first_value + SESSION_COUNT];
    *(int64_t *)state_at(s->row, slot) += *(int64_t *)state_at(other->row, slot);
    s->end_us = MAX(s->end_us, other->end_us);
    s->order = MIN(s->order, other->order);
    s->next = other->next;
    other->is_gone = true; /* the heap still knows it */
    return drop_group(op, other, err);
}

/* The row's session at `time_us`; NULL: the row is late. */
static enum code assign(struct op_session *op, char *key_row, int64_t time_us, uint32_t row,
                        struct session **ret, bool *ret_new, struct error *err)
{
    int64_t end_us = time_us + op->plan->window.size_us;
    struct session **at = &session_key_of(op, key_row)->first;
    *ret_new = false;
    while (*at && (*at)->end_us < time_us)
        at = &(*at)->next;
    struct session *s = *at;
    if (!s || s->start_us > end_us) {
        *ret = NULL;
        if (window_fire(&op->times, end_us) <= op->time_us)
            return OK;
        *ret_new = true;
        return make_session(op, key_row, at, time_us, row, ret, err);
    }
    s->start_us = MIN(s->start_us, time_us);
    s->end_us = MAX(s->end_us, end_us);
    if (s->next && s->next->start_us <= s->end_us)
        TRY(swallow_next(op, s, err));
    *ret = s;
    return OK;
}

/* --- what is over ------------------------------------------------------------------------------------ */

static int compare_sessions(const void *a, const void *b)
{
    const struct session *x = ((const struct session_due *)a)->session;
    const struct session *y = ((const struct session_due *)b)->session;
    if (x->end_us != y->end_us)
        return x->end_us < y->end_us ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static enum code add_due(struct op_session *op, struct session *s, int64_t watermark_us,
                         struct error *err)
{
    if (op->due_first == op->due_count)
        op->due_first = op->due_count = 0;
    struct session_due due = { s, watermark_us, op->base.worker->cause };
    return ARENA_PUSH(op->base.worker->op_arena, op->due, op->due_count, op->due_cap, due)
               ? OK
               : error_nomem(err);
}

/* Time has come to time_us: sessions that are over with it are due. */
static enum code advance(struct op_session *op, int64_t time_us, struct error *err)
{
    op->time_us = time_us;
    if (op->end_count == 0 || op->ends[0].fire_us > time_us)
        return OK;
    TRY(session_add_waiting(op, err));
    if (op->due_first == op->due_count)
        op->due_first = op->due_count = 0;
    uint32_t first = op->due_count;
    while (op->end_count > 0 && op->ends[0].fire_us <= time_us) {
        struct session *s = heap_pop(op);
        if (s->is_gone) {
            state_free(op->heap, s, sizeof *s);
        } else if (window_fire(&op->times, s->end_us) > time_us) {
            TRY(session_heap_push(op, s, err));
        } else {
            TRY(unlink_session(op, s, err));
            TRY(add_due(op, s, WATERMARK_NONE, err));
        }
    }
    if (op->due_count > first)
        qsort(op->due + first, op->due_count - first, sizeof *op->due, compare_sessions);
    return OK;
}

int64_t session_property(struct op_session *op, enum window_property what, const struct session *s,
                         const struct type *type)
{
    const struct window_spec *spec = &op->plan->window;
    if (what == WINDOW_TIME && spec->proctime && !type->blink_instant)
        return op_clock_us(op->base.worker);
    int64_t local = what == WINDOW_START ? s->start_us
                    : what == WINDOW_END ? s->end_us
                                         : s->end_us - TIME_US_PER_MS;
    return type->id == TYPE_TIMESTAMP_LTZ ? window_instant(&op->times, local) : local;
}

static enum code send_sessions(struct op_session *op, struct session *const *sessions, uint32_t n,
                               struct error *err)
{
    const struct plan_window *plan = op->plan;
    struct arena *arena = op->base.worker->batch_arena;
    struct batch *out = batch_create(arena, plan->base.field_count, n);
    char **rows = arena_alloc(arena, MAX(n, 1) * sizeof *rows);
    struct str *keys = NULL;
    if (!out || !rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = sessions[i]->row;
    for (uint32_t i = 0; i < plan->key_count; i++)
        if (!(out->columns[i] = state_column(arena, &op->layout->slots[i], rows, n)))
            return error_nomem(err);
    if (agg_set_wants_keys(op->set))
        TRY(session_keys(op, arena, rows, n, &keys, err));
    if (plan->call_count > 0)
        TRY(agg_set_result(op->set, arena, rows, keys, n, out->columns + plan->key_count, err));
    for (uint32_t p = 0; p < plan->property_count; p++) {
        uint32_t at = plan->key_count + plan->call_count + p;
        const struct type *type = plan->base.fields[at].type;
        if (!(out->columns[at] = column_create(arena, type, n)))
            return error_nomem(err);
        for (uint32_t i = 0; i < n; i++)
            COLUMN_OUT(out->columns[at], int64_t)
            [i] = session_property(op, plan->properties[p], sessions[i], type);
    }
    TRY(op_caused(out, op->due[op->due_first].cause, err));
    return op_emit(&op->base, out, err);
}

static enum code forget_first(struct op_session *op, struct error *err)
{
    struct session *s = op->due[op->due_first++].session;
    TRY(drop_group(op, s, err));
    state_free(op->heap, s, sizeof *s);
    return OK;
}

static enum code send_rows(struct op_session *op, struct error *err)
{
    bool done;
    TRY(session_rows_send(op, op->due[op->due_first].session, &done, err));
    return done ? forget_first(op, err) : OK;
}

/* The next sessions that are due, up to a watermark; those all of whose rows were taken back are
 * left out. */
static enum code send_some(struct op_session *op, struct error *err)
{
    const struct state_slot *slot = &op->layout->slots[op->first_value + SESSION_COUNT];
    struct session *sessions[BATCH_ROWS];
    uint32_t first = op->due_first, n = 0, taken = 0;
    if (op->rows && op->due[first].session)
        return send_rows(op, err);
    while (taken < BATCH_ROWS && first + taken < op->due_count && op->due[first + taken].session) {
        struct session *s = op->due[first + taken++].session;
        if (*(int64_t *)state_at(s->row, slot) != 0)
            sessions[n++] = s;
    }
    if (n > 0)
        TRY(send_sessions(op, sessions, n, err));
    for (uint32_t i = 0; i < taken; i++)
        TRY(forget_first(op, err));
    if (taken > 0)
        return OK;
    struct session_due mark = op->due[op->due_first++];
    uint32_t before = op->base.worker->cause;
    op->base.worker->cause = mark.cause;
    TRY(op_emit_watermark(&op->base, mark.watermark_us, err));
    op_cause_back(&op->base, before);
    return OK;
}

enum code session_send(struct op_session *op, uint32_t batches, struct error *err)
{
    for (; batches > 0 && op->due_first < op->due_count; batches--)
        TRY(send_some(op, err));
    return OK;
}

static enum code send(struct op_session *op, struct error *err)
{
    remove_idle(op);
    if (op->base.more)
        return OK;
    TRY(session_send(op, SEND_BATCHES, err));
    op->base.more = op->due_first < op->due_count;
    return OK;
}

/* --- batches --------------------------------------------------------------------------------------- */

static enum code begin_batch(struct op_session *op, const struct batch *in, struct error *err)
{
    struct waiting *w = &op->waiting;
    uint32_t n = MAX(in->selected, 1);
    *w = (struct waiting){ .in = in,
                           .sel = arena_alloc(in->arena, n * sizeof *w->sel),
                           .rows = arena_alloc(in->arena, n * sizeof *w->rows),
                           .flags = arena_alloc(in->arena, n),
                           .key = arena_array(in->arena, struct column *, op->key_count + 1) };
    if (!w->sel || !w->rows || !w->flags || !w->key)
        return error_nomem(err);
    for (uint32_t i = 0; i < op->key_count; i++)
        w->key[i] = in->columns[op->plan->keys[i]];
    w->key[op->key_count] = column_create(in->arena, &type_bigint, MAX(in->count, 1));
    return w->key[op->key_count] ? OK : error_nomem(err);
}

/* Marks behind the rows before row `row`. */
static enum code pass_marks(struct op_session *op, const struct batch *in, uint32_t row,
                            uint32_t *mark, struct error *err)
{
    for (; *mark < in->watermark_count && in->watermarks[*mark].row < row; (*mark)++) {
        int64_t us = in->watermarks[*mark].watermark_us;
        uint32_t before = op->due_count - op->due_first;
        if (us <= op->time_us)
            continue;
        uint32_t cause = op_cause(&op->base, in, in->watermarks[*mark].row);
        TRY(advance(op, us, err));
        if (op->due_count - op->due_first > before)
            TRY(add_due(op, NULL, us, err));
        op_cause_back(&op->base, cause);
    }
    return OK;
}

static enum code run_rows(struct op_session *op, const struct batch *in, int64_t now_us,
                          struct error *err)
{
    const struct window_spec *spec = &op->plan->window;
    const struct column *time = spec->proctime ? NULL : in->columns[spec->time];
    uint32_t mark = 0;
    char **key_rows = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *key_rows);
    if (!key_rows)
        return error_nomem(err);
    TRY(state_table_find(op->keys, op->waiting.key, in->selection, in->selected, true, key_rows,
                         NULL, err));
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        struct session *s;
        bool is_new;
        if (time && !column_is_valid(time, row))
            return error_set(err, E_DATA, "the time of a row is NULL, so it is in no window");
        if (!spec->proctime)
            TRY(pass_marks(op, in, row, &mark, err));
        int64_t t = window_local(&op->times, time ? COLUMN_AT(time, int64_t, row) : now_us);
        TRY(assign(op, key_rows[i], t, row, &s, &is_new, err));
        if (s) {
            wait_for_step(op, row, s, is_new);
            continue;
        }
        TRY(op_late(&op->base, 0, in, &row, 1, t + spec->size_us, err));
        TRY(note_idle(op, key_rows[i], err));
    }
    TRY(pass_marks(op, in, UINT32_MAX, &mark, err));
    return session_add_waiting(op, err);
}

/* The clock is at the end of a millisecond only behind it. */
static int64_t clock_time(int64_t now_us)
{
    return now_us - time_floor_mod(now_us, TIME_US_PER_MS) - TIME_US_PER_MS;
}

void session_set_due(struct op_session *op)
{
    bool any = op->plan->window.proctime && op->end_count > 0;
    op->base.due_us = any ? op->ends[0].fire_us + TIME_US_PER_MS : INT64_MAX;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    (void)port;
    struct op_session *op = (struct op_session *)base;
    int64_t now_us = 0;
    TRY(begin_batch(op, in, err));
    if (op->plan->window.proctime) {
        now_us = op_clock_us(base->worker);
        TRY(advance(op, MAX(clock_time(now_us), op->time_us), err));
    }
    TRY(run_rows(op, in, now_us, err));
    session_set_due(op);
    return send(op, err);
}

static enum code timer(struct op *base, int64_t now_us, struct error *err)
{
    struct op_session *op = (struct op_session *)base;
    TRY(advance(op, MAX(clock_time(now_us), op->time_us), err));
    session_set_due(op);
    return send(op, err);
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us, struct error *err)
{
    struct op_session *op = (struct op_session *)base;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved == WATERMARK_NONE)
        return OK;
    if (!op->plan->window.proctime || moved == WATERMARK_END)
        TRY(advance(op, MAX(moved, op->time_us), err));
    session_set_due(op);
    TRY(send(op, err));
    return op_pass_watermark(base, moved, err);
}

static enum code more(struct op *base, struct error *err)
{
    struct op_session *op = (struct op_session *)base;
    TRY(session_send(op, SEND_BATCHES, err));
    return op->due_first < op->due_count ? OK : op_more_done(base, err);
}

static void destroy(struct op *base)
{
    session_close((struct op_session *)base);
}

/* Sessions that have become longer, or part of others, stand in the heap as they were. */
static void look(struct op *base, struct op_look *ret)
{
    struct op_session *op = (struct op_session *)base;
    uint32_t n = MIN(op->end_count, (uint32_t)OP_LOOK_ITEMS), gone = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct session *s = op->ends[i].session;
        gone += s->is_gone;
        if (!s->is_gone)
            ret->open_until_us = MIN(ret->open_until_us, window_fire(&op->times, s->end_us));
    }
    if (n < op->end_count)
        ret->open_until_us = op->ends[0].fire_us;
    ret->open_count = op->end_count - gone;
}

const struct op_kind op_session_kind = {
    .name = "SessionAggregate",
    .push = push,
    .watermark = watermark,
    .barrier = session_barrier,
    .end = op_end_pass,
    .look = look,
    .more = more,
    .timer = timer,
    .restore = session_restore,
    .destroy = destroy,
};
