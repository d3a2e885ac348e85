/* op_session_rows.c -- the SESSION table function whose windows nobody aggregates right away: the
 * rows themselves are kept, and leave with the bounds when their session is over.
 *
 * They lie in a tree by session and arrival, as what they were: a session that becomes part of
 * another gives it its rows, and nothing is folded.  A session is as long as it likes, so
 * its rows leave a batch a call. */
#include "exec/op/op_session.h"
#include "exec/rows_out.h"

enum { NUMBER_BYTES = 9 };

/* The session's key bytes, in op->prefix. */
static enum code session_prefix(struct op_session *op, const char *row, struct error *err)
{
    buf_clear(&op->prefix);
    state_encode_slots(&op->prefix, op->layout, 0, op->key_count + 1, row);
    return buf_check(&op->prefix, err);
}

static enum code entry_key(struct op_session *op, int64_t arrival, struct error *err)
{
    buf_clear(&op->entry);
    buf_str(&op->entry, buf_view(&op->prefix));
    state_encode_i64(&op->entry, arrival);
    return buf_check(&op->entry, err);
}

enum code session_rows_add(struct op_session *op, const struct waiting *w, struct error *err)
{
    for (uint32_t i = 0; i < w->n; i++) {
        TRY(session_prefix(op, w->rows[i], err));
        TRY(entry_key(op, op->arrivals++, err));
        buf_clear(&op->bytes);
        buf_char(&op->bytes, (char)batch_change(w->in, w->sel[i]));
        state_encode_row(&op->bytes, w->in->columns, w->in->column_count, w->sel[i]);
        TRY(buf_check(&op->bytes, err));
        TRY(state_tree_put(op->rows, buf_view(&op->entry), buf_view(&op->bytes), err));
    }
    return OK;
}

enum code session_rows_move(struct op_session *op, const char *to, const char *from,
                            struct error *err)
{
    struct buf old;
    buf_init(&old, UINT32_MAX);
    state_encode_slots(&old, op->layout, 0, op->key_count + 1, from);
    enum code code = buf_check(&old, err);
    if (code == OK)
        code = session_prefix(op, to, err);
    while (code == OK) {
        struct tree_cursor at;
        state_tree_seek(op->rows, buf_view(&old), &at);
        if (!tree_cursor_in(&at, buf_view(&old)))
            break;
        size_t prefix = old.size;
        buf_clear(&op->entry);
        buf_str(&op->entry, buf_view(&op->prefix));
        buf_put(&op->entry, at.key.data + prefix, NUMBER_BYTES);
        buf_put(&old, at.key.data + prefix, NUMBER_BYTES);
        buf_clear(&op->bytes);
        buf_str(&op->bytes, at.value);
        if ((code = buf_check(&op->entry, err)) == OK && (code = buf_check(&old, err)) == OK &&
            (code = buf_check(&op->bytes, err)) == OK)
            code = state_tree_put(op->rows, buf_view(&op->entry), buf_view(&op->bytes), err);
        if (code == OK)
            state_tree_remove(op->rows, buf_view(&old));
        old.size = prefix;
    }
    buf_done(&old);
    return code;
}

/* window_start, window_end, window_time of a row, behind its columns. */
static void put_bounds(struct op_session *op, const struct session *s)
{
    const struct plan *plan = op->base.plan;
    static const enum window_property bounds[] = { WINDOW_START, WINDOW_END, WINDOW_TIME };
    for (uint32_t i = 0; i < countof(bounds); i++) {
        const struct type *type = plan->fields[plan->field_count - 3 + i].type;
        state_encode_i64(&op->bytes, session_property(op, bounds[i], s, type));
    }
}

enum code session_rows_send(struct op_session *op, const struct session *s, bool *ret_done,
                            struct error *err)
{
    struct rows_out out;
    struct tree_cursor at;
    rows_out_begin(&out, &op->base, op->base.worker->batch_arena, false);
    out.origin = op->due[op->due_first].cause;
    TRY(session_prefix(op, s->row, err));
    TRY(entry_key(op, op->next_row, err));
    struct str prefix = buf_view(&op->prefix);
    state_tree_seek(op->rows, buf_view(&op->entry), &at);
    for (; tree_cursor_in(&at, prefix) && out.count < BATCH_ROWS; state_tree_next(&at)) {
        buf_clear(&op->bytes);
        buf_put(&op->bytes, at.value.data + 1, at.value.size - 1);
        put_bounds(op, s);
        TRY(buf_check(&op->bytes, err));
        TRY(rows_out_put(&out, buf_view(&op->bytes), (enum change)at.value.data[0], 0, err));
    }
    *ret_done = !tree_cursor_in(&at, prefix);
    op->next_row = INT64_MIN;
    if (!*ret_done) {
        struct str number = str_make(at.key.data + prefix.size, NUMBER_BYTES);
        TRY(state_decode_i64(&number, &op->next_row, err));
    }
    return rows_out_emit(&out, NULL, NULL, err);
}

enum code session_rows_load(struct op_session *op, struct state_reader *reader,
                            const struct state_record *r, struct error *err)
{
    int64_t number;
    if (r->key.size < NUMBER_BYTES)
        return error_set(err, E_DATA, "a row of a session has no number");
    struct str tail = str_make(r->key.data + r->key.size - NUMBER_BYTES, NUMBER_BYTES);
    TRY(state_decode_i64(&tail, &number, err));
    op->arrivals = MAX(op->arrivals, number + 1);
    return state_tree_load(op->rows, reader, r->key, r->value, err);
}

enum code op_session_rows_create(struct worker *worker, const struct plan_assign *plan,
                                 struct op **ret, struct error *err)
{
    struct plan_window *window = arena_new(worker->op_arena, struct plan_window);
    if (!window)
        return error_nomem(err);
    window->base = plan->base;
    window->window = plan->window;
    window->keys = plan->window.partition;
    window->key_count = plan->window.partition_count;
    TRY(op_session_make(worker, window, &plan->base, ret, err));
    struct op_session *op = (struct op_session *)*ret;
    const struct plan *input = plan->base.inputs[0];
    const struct type **route =
        arena_array(worker->op_arena, const struct type *, MAX(window->key_count, 1));
    if (!route)
        return error_nomem(err);
    for (uint32_t i = 0; i < window->key_count; i++)
        route[i] = input->fields[window->keys[i]].type;
    return state_tree_create(op->heap, "rows of sessions", SESSION_ROWS_TABLE, route,
                             window->key_count, &op->rows, err);
}
