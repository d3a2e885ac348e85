/* over_state.c -- the state of OVER: partitions, frames, snapshots; see over.h. */
#include "exec/op/over.h"

#include "state/snapshot.h"

/* --- partitions ------------------------------------------------------------------------------- */

enum code over_find(struct over *over, const struct batch *in, const uint32_t *sel, uint32_t n,
                    bool insert, char **ret, struct error *err)
{
    for (uint32_t k = 0; k < over->plan->key_count; k++)
        over->key[k] = in->columns[over->plan->keys[k]];
    TRY(state_table_find(over->groups, over->key, sel, n, insert, ret, NULL, err));
    for (uint32_t i = 0; i < n; i++)
        if (ret[i] && !state_is_valid(ret[i], over_slot(over, OVER_COUNT))) {
            *over_value(over, ret[i], OVER_COUNT) = 0;
            state_set_valid(ret[i], over_slot(over, OVER_COUNT), true);
        }
    return OK;
}

/* What lies beside the row. */
static void drop_beside(void *cx, char *row)
{
    struct over *over = cx;
    struct str key = STR("");
    if (agg_set_wants_keys(over->set) && over->plan->key_count > 0) {
        buf_clear(&over->bytes);
        state_encode_slots(&over->bytes, state_table_layout(over->groups), 0,
                           over->plan->key_count, row);
        key = over->bytes.failed ? (struct str){ NULL, 0 } : buf_view(&over->bytes);
    }
    agg_set_drop(over->set, row, key);
    struct bag_key *frame = over_group(over, row)->frame;
    if (!frame)
        return;
    while (frame->first)
        state_bag_take(over->frames, frame->first);
    state_bag_tidy(over->frames, frame);
}

void over_forget(struct over *over, char *row)
{
    drop_beside(over, row);
    state_table_remove(over->groups, row);
}

void over_sweep(struct over *over, uint32_t rows)
{
    state_table_sweep(over->groups, rows, drop_beside, over);
    agg_set_sweep(over->set, rows);
}

/* --- snapshots -------------------------------------------------------------------------------- */

enum code over_save(struct over *over, struct state_writer *w, struct error *err)
{
    TRY(state_table_save(over->groups, w, err));
    if (over->frames)
        TRY(state_bag_save(over->frames, w, err));
    return agg_set_save(over->set, w, err);
}

enum code over_load(struct over *over, struct state_reader *reader,
                    const struct state_record *record, bool *ret_mine, struct error *err)
{
    char *row;
    *ret_mine = true;
    if (record->table_id == OVER_GROUPS) {
        TRY(state_table_load(over->groups, reader, record->key, record->value, &row, err));
        if (row)
            agg_set_loaded_row(over->set, row);
        return OK;
    }
    if (record->table_id == OVER_FRAMES && over->frames)
        return state_bag_load(over->frames, reader, record->key, record->value, err);
    if (record->table_id < OVER_AGGREGATES) {
        *ret_mine = false;
        return OK;
    }
    return agg_set_load(over->set, reader, record->table_id, record->key, record->value, ret_mine,
                        err);
}

static enum code find_loaded(void *cx, struct column *const *key, uint32_t n, char **ret_rows,
                             struct error *err)
{
    struct over *over = cx;
    return state_table_find(over->groups, key, NULL, n, false, ret_rows, NULL, err);
}

/* Partitions find their frames again when one expires or goes on. */
static enum code tie_frames(struct over *over, struct error *err)
{
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    uint32_t keys = over->plan->key_count;
    const struct state_layout *layout = state_table_layout(over->groups);
    enum code code = OK;
    uint64_t at = 0;
    char *row;
    while (code == OK && over->frames && (row = state_table_next(over->groups, &at)) != NULL) {
        struct over_group *group = over_group(over, row);
        arena_reset(arena);
        for (uint32_t k = 0; k < keys && code == OK; k++)
            if (!(over->key[k] = state_column(arena, &layout->slots[k], &row, 1)))
                code = error_nomem(err);
        if (code == OK)
            code = state_bag_find(over->frames, over->key, NULL, 1, true, &group->frame, err);
        if (code != OK)
            break;
        group->oldest = group->frame->first;
        group->in_frame = group->frame->items;
    }
    arena_destroy(arena);
    return code;
}

enum code over_loaded(struct over *over, struct error *err)
{
    TRY(tie_frames(over, err));
    return agg_set_loaded(over->set, find_loaded, over, err);
}

/* --- making ----------------------------------------------------------------------------------- */

static bool is_bounded(const struct plan_over *plan)
{
    return plan->preceding >= 0;
}

static void keep(struct over *over, uint32_t column)
{
    if (over->kept_at[column] != UINT32_MAX)
        return;
    over->kept_at[column] = over->kept_count;
    over->kept[over->kept_count++] = column;
}

/* The aggregates among the calls, and the columns that are needed again. */
static enum code sort_calls(struct over *over, struct error *err)
{
    struct arena *arena = over->op->worker->op_arena;
    const struct plan_over *plan = over->plan;
    uint32_t n = plan->base.inputs[0]->field_count;
    over->calls = arena_array(arena, struct agg_call, plan->call_count);
    over->kept = arena_array(arena, uint32_t, MAX(n, 1));
    over->kept_at = arena_array(arena, uint32_t, MAX(n, 1));
    over->key = arena_array(arena, struct column *, MAX(plan->key_count, 1));
    if (!over->calls || !over->kept || !over->kept_at || !over->key)
        return error_nomem(err);
    for (uint32_t c = 0; c < n; c++)
        over->kept_at[c] = UINT32_MAX;
    for (uint32_t i = 0; i < plan->call_count; i++) {
        const struct agg_call *call = &plan->calls[i];
        enum over_function function = agg_over_function(call->agg);
        if (function == OVER_LAG) {
            over->lag_most = MAX(over->lag_most, (uint64_t)MAX(agg_over_rows(call->agg), 1));
            keep(over, call->args[0]);
        }
        if (function != OVER_NONE)
            continue;
        over->calls[over->call_count++] = *call;
        for (uint32_t a = 0; a < call->agg->arg_count && is_bounded(plan); a++)
            keep(over, call->args[a]);
    }
    return OK;
}

static enum code make_groups(struct over *over, const struct type *const *key, int64_t ttl_ms,
                             struct error *err)
{
    struct arena *arena = over->op->worker->op_arena;
    const struct type **slots, **value;
    uint32_t count;
    TRY(agg_set_slots(arena, over->calls, over->call_count, &slots, &count, err));
    value = arena_array(arena, const struct type *, OVER_SLOTS + count);
    if (!value)
        return error_nomem(err);
    for (uint32_t i = 0; i < OVER_SLOTS; i++)
        value[i] = &type_bigint;
    for (uint32_t i = 0; i < count; i++)
        value[OVER_SLOTS + i] = slots[i];
    struct state_schema schema = { .name = "partitions",
                                   .id = OVER_GROUPS,
                                   .key = key,
                                   .key_count = over->plan->key_count,
                                   .route_count = over->plan->key_count,
                                   .value = value,
                                   .value_count = OVER_SLOTS + count,
                                   .tail_bytes = sizeof(struct over_group),
                                   .ttl_ms = ttl_ms };
    TRY(state_table_create(over->heap, &schema, over->op->worker->clock, &over->groups, err));
    state_table_on_expired(over->groups, drop_beside, over);
    agg_set_place(over->set, state_table_layout(over->groups),
                  over->plan->key_count + OVER_SLOTS);
    return OK;
}

/* Rows of frames: the columns kept, and the time. */
static enum code make_frames(struct over *over, const struct type *const *key, struct error *err)
{
    struct arena *arena = over->op->worker->op_arena;
    const struct field *fields = over->plan->base.inputs[0]->fields;
    if (!is_bounded(over->plan) && over->lag_most == 0)
        return OK;
    const struct type **item = arena_array(arena, const struct type *, over->kept_count + 1);
    if (!item)
        return error_nomem(err);
    for (uint32_t i = 0; i < over->kept_count; i++)
        item[i] = fields[over->kept[i]].type;
    item[over->kept_count] = &type_bigint;
    struct bag_schema schema = { .name = "rows of frames",
                                 .id = OVER_FRAMES,
                                 .key = key,
                                 .key_count = over->plan->key_count,
                                 .route_count = over->plan->key_count,
                                 .item = item,
                                 .item_count = over->kept_count + 1,
                                 .appends_only = true };
    return state_bag_create(over->heap, &schema, over->op->worker->clock, &over->frames, err);
}

enum code over_create(struct op *op, const struct plan_over *plan, int64_t ttl_ms,
                      struct over *ret, struct error *err)
{
    const struct plan *input = plan->base.inputs[0];
    struct arena *arena = op->worker->op_arena;
    ret->op = op;
    ret->plan = plan;
    buf_init(&ret->bytes, UINT32_MAX);
    const struct type **key = arena_array(arena, const struct type *, MAX(plan->key_count, 1));
    const struct type **types = arena_array(arena, const struct type *, MAX(input->field_count, 1));
    if (!key || !types)
        return error_nomem(err);
    for (uint32_t i = 0; i < plan->key_count; i++)
        key[i] = input->fields[plan->keys[i]].type;
    for (uint32_t i = 0; i < input->field_count; i++)
        types[i] = input->fields[i].type;
    TRY(sort_calls(ret, err));
    TRY(op_state_heap(op, &ret->heap, err));
    struct agg_set_open open = { .calls = ret->calls,
                                 .count = ret->call_count,
                                 .key = key,
                                 .key_count = plan->key_count,
                                 .route_count = plan->key_count,
                                 .input = types,
                                 .heap = ret->heap,
                                 .clock = op->worker->clock,
                                 .ttl_ms = ttl_ms,
                                 .first_table_id = OVER_AGGREGATES };
    TRY(agg_set_create(&open, &ret->set, err));
    TRY(make_groups(ret, key, ttl_ms, err));
    return make_frames(ret, key, err);
}

void over_destroy(struct over *over)
{
    agg_set_destroy(over->set);
    state_table_destroy(over->groups);
    state_bag_destroy(over->frames);
    buf_done(&over->bytes);
}
