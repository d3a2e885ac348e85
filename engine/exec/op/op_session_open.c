/* op_session_open.c -- the tables of an operator of SESSION windows. */
#include "exec/op/op_session.h"

enum code session_keys(const struct op_session *op, struct arena *arena, char *const *rows,
                       uint32_t n, struct str **ret, struct error *err)
{
    struct str *keys = arena_alloc(arena, MAX(n, 1) * sizeof *keys);
    if (!keys)
        return error_nomem(err);
    struct buf key;
    buf_init(&key, UINT32_MAX);
    enum code code = OK;
    for (uint32_t i = 0; i < n && code == OK; i++) {
        buf_clear(&key);
        state_encode_slots(&key, op->layout, 0, op->key_count + 1, rows[i]);
        if ((code = buf_check(&key, err)) == OK &&
            !(keys[i] = arena_str(arena, buf_view(&key))).data)
            code = error_nomem(err);
    }
    buf_done(&key);
    *ret = keys;
    return code;
}

static enum code make_tables(struct op_session *op, struct error *err)
{
    struct arena *arena = op->base.worker->op_arena;
    const struct plan_window *plan = op->plan;
    const struct plan *input = plan->base.inputs[0];
    const struct type **slots;
    uint32_t slot_count, n = plan->key_count;
    TRY(agg_set_slots(arena, plan->calls, plan->call_count, &slots, &slot_count, err));
    const struct type **key = arena_array(arena, const struct type *, n + 1);
    const struct type **value = arena_array(arena, const struct type *,
                                            SESSION_VALUES + slot_count);
    const struct type **types = arena_array(arena, const struct type *, input->field_count + 1);
    if (!key || !value || !types)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        key[i] = input->fields[plan->keys[i]].type;
    key[n] = &type_bigint;
    for (uint32_t i = 0; i < SESSION_VALUES; i++)
        value[i] = &type_bigint;
    for (uint32_t i = 0; i < slot_count; i++)
        value[SESSION_VALUES + i] = slots[i];
    for (uint32_t i = 0; i < input->field_count; i++)
        types[i] = input->fields[i].type;
    struct state_schema groups = { .name = "sessions",
                                   .id = SESSION_TABLE,
                                   .key = key,
                                   .key_count = n + 1,
                                   .route_count = n,
                                   .value = value,
                                   .value_count = SESSION_VALUES + slot_count };
    struct state_schema keys = { .name = "keys of sessions",
                                 .id = SESSION_KEYS_TABLE,
                                 .key = key,
                                 .key_count = n,
                                 .route_count = n,
                                 .tail_bytes = sizeof(struct session_key) };
    TRY(state_table_create(op->heap, &groups, NULL, &op->groups, err));
    TRY(state_table_create(op->heap, &keys, NULL, &op->keys, err));
    struct agg_set_open open = { .calls = plan->calls,
                                 .count = plan->call_count,
                                 .key = key,
                                 .key_count = n + 1,
                                 .route_count = n,
                                 .input = types,
                                 .heap = op->heap,
                                 .clock = op->base.worker->clock,
                                 .first_table_id = SESSION_AGG_TABLES };
    TRY(agg_set_create(&open, &op->set, err));
    op->layout = state_table_layout(op->groups);
    op->key_count = n;
    op->first_value = n + 1;
    agg_set_place(op->set, op->layout, op->first_value + SESSION_VALUES);
    return OK;
}

enum code op_session_create(struct worker *worker, const struct plan_window *plan,
                            struct op **ret, struct error *err)
{
    return op_session_make(worker, plan, &plan->base, ret, err);
}

enum code op_session_make(struct worker *worker, const struct plan_window *plan,
                          const struct plan *base, struct op **ret, struct error *err)
{
    struct op_session *op = op_create(worker, &op_session_kind, sizeof *op, base, 1);
    if (!op)
        return error_nomem(err);
    *ret = &op->base;
    op->plan = plan;
    op->time_us = WATERMARK_NONE;
    op->next_row = INT64_MIN;
    buf_init(&op->prefix, 1 << 30);
    buf_init(&op->entry, 1 << 30);
    buf_init(&op->bytes, 1 << 30);
    window_times_init(&op->times, &plan->window, worker->window_zone);
    TRY(op_state_heap(&op->base, &op->heap, err));
    return make_tables(op, err);
}

void session_close(struct op_session *op)
{
    state_heap_close(op->heap);
    agg_set_destroy(op->set);
    state_tree_destroy(op->rows);
    buf_done(&op->prefix);
    buf_done(&op->entry);
    buf_done(&op->bytes);
    state_table_destroy(op->keys);
    state_table_destroy(op->groups);
    state_heap_destroy(op->heap);
}
