/* op_rank_update.c -- top-N over updates by key that only move rows up: the pages with most
 * clicks, where counts grow.
 *
 * A row that falls out comes back only by an update of its own, so a key has no more rows
 * than can be shown, and no row is ever taken back (Flink's UpdatableTopNFunction; for a
 * top 1 its FastTop1Function).  The tree is that of op_rank.c; a table says where in it the row
 * with a unique key is. */
#include "exec/op/rank.h"

static struct state_slot *place_slot(const struct op_rank *op)
{
    return &state_table_layout(op->places)->slots[op->plan->update_key->count];
}

enum code rank_open_places(struct op_rank *op, struct error *err)
{
    const struct plan_key *unique = op->plan->update_key;
    const struct plan *input = op->plan->base.inputs[0];
    struct arena *arena = op->base.worker->op_arena;
    static const struct type *const value[1] = { &type_bytes };
    const struct type **key = arena_array(arena, const struct type *, MAX(unique->count, 1));
    op->unique = arena_array(arena, struct column *, MAX(unique->count, 1));
    uint32_t *route = arena_array(arena, uint32_t, MAX(op->plan->key_count, 1));
    if (!key || !op->unique || !route)
        return error_nomem(err);
    for (uint32_t i = 0; i < unique->count; i++)
        key[i] = input->fields[unique->columns[i]].type;
    /* A place is where its row is: at the worker of the partition, which the unique key holds. */
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        while (unique->columns[route[k]] != op->plan->keys[k])
            route[k]++;
    const struct state_schema schema = { .name = "places",
                                         .id = RANK_PLACES_TABLE,
                                         .key = key,
                                         .key_count = unique->count,
                                         .route_count = op->plan->key_count,
                                         .route = route,
                                         .value = value,
                                         .value_count = 1 };
    return state_table_create(op->heap, &schema, op->base.worker->clock, &op->places, err);
}

static enum code find_place(struct op_rank *op, struct column *const *columns, uint32_t row,
                            bool insert, char **ret, struct error *err)
{
    const struct plan_key *unique = op->plan->update_key;
    for (uint32_t i = 0; i < unique->count; i++)
        op->unique[i] = columns[unique->columns[i]];
    return state_table_find(op->places, op->unique, &row, 1, insert, ret, NULL, err);
}

enum code rank_forget(struct op_rank *op, struct str row, struct arena *arena, struct error *err)
{
    const struct plan *input = op->plan->base.inputs[0];
    struct column **columns = arena_array(arena, struct column *, input->field_count);
    if (!columns)
        return error_nomem(err);
    for (uint32_t c = 0; c < input->field_count; c++) {
        if (!(columns[c] = column_create(arena, input->fields[c].type, 1)))
            return error_nomem(err);
        TRY(state_decode(arena, &row, input->fields[c].type, 0, columns[c], 0, err));
    }
    char *place;
    TRY(find_place(op, columns, 0, false, &place, err));
    if (place)
        state_table_remove(op->places, place);
    return OK;
}

/* From the new rank down to the old one, each row takes the place of the one that was there. */
static enum code move_up(struct op_rank *op, struct rows_out *out, struct str old_key,
                         struct str new_key, uint64_t end, struct error *err)
{
    struct tree_cursor at;
    uint64_t rank = rank_of(op, new_key, end, &at);
    struct str moving = buf_view(&op->row);
    for (; rank <= end && at.valid; rank++, state_tree_next(&at)) {
        TRY(rank_put(op, out, at.value, CHANGE_UPDATE_BEFORE, rank, end, err));
        TRY(rank_put(op, out, moving, CHANGE_UPDATE_AFTER, rank, end, err));
        if (str_eq(at.key, old_key))
            return OK;
        moving = at.value;
    }
    return OK;
}

/* The rank of a row of the tree, which only ranks that are shown need. */
static uint64_t rank_at(struct op_rank *op, struct str key, uint64_t end)
{
    struct tree_cursor at;
    return op->by_rank ? rank_of(op, key, end, &at) : 1;
}

static enum code replace(struct op_rank *op, struct rows_out *out, char *place, uint64_t end,
                         struct arena *arena, struct error *err)
{
    struct str old_key = arena_str(arena, state_bytes_view(state_at(place, place_slot(op))));
    struct str old_row;
    if (!old_key.data)
        return error_nomem(err);
    if (!state_tree_get(op->tree, old_key, &old_row))
        return error_set(err, E_INTERNAL, "a top-N has lost a row");
    buf_clear(&op->entry);
    buf_str(&op->entry, buf_view(&op->prefix));
    buf_str(&op->entry, buf_view(&op->sort));
    bool same = str_starts(old_key, buf_view(&op->entry));
    bool top1 = end == 1 && !op->by_rank;
    if (same && top1)
        return OK; /* not higher: what is there stays */
    if (same) {
        uint64_t rank = rank_at(op, old_key, end);
        TRY(rank_put(op, out, old_row, CHANGE_UPDATE_BEFORE, rank, end, err));
        TRY(rank_put(op, out, buf_view(&op->row), CHANGE_UPDATE_AFTER, rank, end, err));
        return state_tree_put(op->tree, old_key, buf_view(&op->row), err);
    }
    struct str new_key = rank_entry_key(op, op->arrivals++);
    TRY(rank_check_bytes(op, err));
    if (op->by_rank) {
        TRY(move_up(op, out, old_key, new_key, end, err));
    } else {
        TRY(rank_put(op, out, old_row, CHANGE_UPDATE_BEFORE, 1, end, err));
        TRY(rank_put(op, out, buf_view(&op->row), CHANGE_UPDATE_AFTER, 1, end, err));
    }
    state_tree_remove(op->tree, old_key);
    TRY(state_tree_put(op->tree, new_key, buf_view(&op->row), err));
    return state_put_bytes(op->heap, place, place_slot(op), new_key, err);
}

enum code rank_update(struct op_rank *op, const struct batch *in, uint32_t row,
                      struct rows_out *out, char *group, uint64_t end, struct error *err)
{
    char *place;
    TRY(find_place(op, in->columns, row, false, &place, err));
    if (place)
        return replace(op, out, place, end, in->arena, err);
    int64_t arrival = op->arrivals;
    struct str row_bytes;
    TRY(rank_insert(op, out, group, end, err));
    struct str key = rank_entry_key(op, arrival);
    TRY(rank_check_bytes(op, err));
    if (!state_tree_get(op->tree, key, &row_bytes))
        return OK; /* it is not among the first */
    TRY(find_place(op, in->columns, row, true, &place, err));
    return state_put_bytes(op->heap, place, place_slot(op), key, err);
}
