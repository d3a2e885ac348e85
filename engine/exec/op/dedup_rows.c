/* dedup_rows.c -- see dedup.h. */
#include "exec/op/dedup.h"

static enum code place_columns(struct op *op, const struct plan_dedup *plan,
                               struct dedup_rows *ret, struct error *err)
{
    struct arena *arena = op->worker->op_arena;
    uint32_t n = plan->base.inputs[0]->field_count, k = plan->key_count;
    ret->key_count = k;
    ret->key = arena_array(arena, struct column *, MAX(k, 1));
    ret->slots = arena_array(arena, uint32_t, MAX(n, 1));
    ret->others = arena_array(arena, uint32_t, MAX(n, 1));
    ret->values = arena_array(arena, struct column *, MAX(n, 1));
    if (!ret->key || !ret->slots || !ret->others || !ret->values)
        return error_nomem(err);
    for (uint32_t c = 0; c < n; c++) {
        uint32_t at = 0;
        while (at < k && plan->keys[at] != c)
            at++;
        ret->slots[c] = at < k ? at : k + ret->other_count;
        if (at == k)
            ret->others[ret->other_count++] = c;
    }
    return OK;
}

enum code dedup_rows_create(struct op *op, const struct plan_dedup *plan, struct state_heap *heap,
                            struct state_schema schema, bool whole, struct dedup_rows *ret,
                            struct error *err)
{
    struct arena *arena = op->worker->op_arena;
    const struct field *fields = plan->base.inputs[0]->fields;
    TRY(place_columns(op, plan, ret, err));
    const struct type **key = arena_array(arena, const struct type *, MAX(ret->key_count, 1));
    const struct type **value = arena_array(arena, const struct type *, ret->other_count + 1);
    if (!key || !value)
        return error_nomem(err);
    for (uint32_t i = 0; i < ret->key_count; i++)
        key[i] = fields[plan->keys[i]].type;
    for (uint32_t i = 0; i < ret->other_count; i++)
        value[i] = fields[ret->others[i]].type;
    value[ret->other_count] = &type_bigint;
    ret->number_slot = ret->key_count + ret->other_count;
    schema.key = key;
    schema.key_count = schema.route_count = ret->key_count;
    schema.value = value;
    schema.value_count = whole ? ret->other_count + 1 : 0;
    return state_table_create(heap, &schema, op->worker->clock, &ret->table, err);
}

/* Those that are there first, then the others are made. */
static enum code find_then_make(struct dedup_rows *rows, const struct batch *in, char **ret_rows,
                                uint8_t *ret_new, struct error *err)
{
    uint32_t n = in->selected, missing = 0;
    uint32_t *sel = arena_array(in->arena, uint32_t, MAX(n, 1));
    uint32_t *at = arena_array(in->arena, uint32_t, MAX(n, 1));
    char **made = arena_array(in->arena, char *, MAX(n, 1));
    uint8_t *is_new = arena_alloc(in->arena, MAX(n, 1));
    if (!sel || !at || !made || !is_new)
        return error_nomem(err);
    TRY(state_table_find(rows->table, rows->key, in->selection, n, false, ret_rows, NULL, err));
    memset(ret_new, 0, n);
    for (uint32_t i = 0; i < n; i++)
        if (!ret_rows[i]) {
            at[missing] = i;
            sel[missing++] = batch_row(in, i);
        }
    if (missing > 0)
        TRY(state_table_find(rows->table, rows->key, sel, missing, true, made, is_new, err));
    for (uint32_t i = 0; i < missing; i++) {
        ret_rows[at[i]] = made[i];
        ret_new[at[i]] = is_new[i];
    }
    return OK;
}

enum code dedup_find(struct dedup_rows *rows, const struct plan_dedup *plan,
                     const struct batch *in, bool reads, char **ret_rows, uint8_t *ret_new,
                     struct error *err)
{
    for (uint32_t k = 0; k < rows->key_count; k++)
        rows->key[k] = in->columns[plan->keys[k]];
    if (reads && plan->base.ttl_ms[0] > 0)
        return find_then_make(rows, in, ret_rows, ret_new, err);
    return state_table_find(rows->table, rows->key, in->selection, in->selected, true, ret_rows,
                            ret_new, err);
}

enum code dedup_put(struct dedup_rows *rows, struct state_heap *heap, const struct batch *in,
                    const uint32_t *sel, char *const *keys, uint32_t n, struct error *err)
{
    for (uint32_t i = 0; i < rows->other_count; i++)
        rows->values[i] = in->columns[rows->others[i]];
    return state_put_columns(heap, state_table_layout(rows->table), rows->key_count, rows->values,
                             rows->other_count, sel, keys, n, err);
}
