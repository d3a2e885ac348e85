/* rank_rows.c -- the rows of a top-N that come and go, and what is told of them; see op_rank.c. */
#include "exec/op/rank.h"

/* --- keys -------------------------------------------------------------------------------- */

void rank_encode(struct op_rank *op, const struct batch *in, uint32_t row)
{
    buf_clear(&op->prefix);
    buf_clear(&op->sort);
    buf_clear(&op->row);
    for (uint32_t k = 0; k < op->plan->key_count; k++)
        state_encode(&op->prefix, in->columns[op->plan->keys[k]], row, 0);
    state_encode_row(&op->row, in->columns, in->column_count, row);
    for (uint32_t i = 0; i < op->plan->order_count; i++) {
        const struct plan_order *o = &op->plan->order[i];
        unsigned flags = (o->descending ? CODE_DESCENDING : 0u) |
                         (o->nulls_last ? CODE_NULLS_LAST : 0u);
        state_encode(&op->sort, in->columns[o->column], row, flags);
    }
}

struct str rank_entry_key(struct op_rank *op, int64_t arrival)
{
    buf_clear(&op->entry);
    buf_str(&op->entry, buf_view(&op->prefix));
    buf_str(&op->entry, buf_view(&op->sort));
    state_encode_i64(&op->entry, arrival);
    return buf_view(&op->entry);
}

enum code rank_check_bytes(const struct op_rank *op, struct error *err)
{
    TRY(buf_check(&op->prefix, err));
    TRY(buf_check(&op->sort, err));
    TRY(buf_check(&op->row, err));
    return buf_check(&op->entry, err);
}

int64_t *rank_count_of(const struct op_rank *op, char *group)
{
    return state_at(group, &state_table_layout(op->counts)->slots[op->plan->key_count]);
}

enum code rank_end(struct op_rank *op, const struct batch *in, uint32_t row, char *group,
                   uint64_t *ret, struct error *err)
{
    const struct plan_rank *plan = op->plan;
    *ret = plan->end;
    if (plan->end_column == PLAN_NO_COLUMN)
        return OK;
    const struct state_slot *slot = &state_table_layout(op->counts)->slots[plan->key_count + 1];
    int64_t *end = state_at(group, slot);
    const struct column *c = in->columns[plan->end_column];
    int64_t value = 0;
    if (column_is_valid(c, row)) {
        switch (type_phys(c->type)) {
        case PHYS_I8:
            value = COLUMN_AT(c, int8_t, row);
            break;
        case PHYS_I16:
            value = COLUMN_AT(c, int16_t, row);
            break;
        case PHYS_I32:
            value = COLUMN_AT(c, int32_t, row);
            break;
        default:
            value = COLUMN_AT(c, int64_t, row);
        }
    }
    if (!state_is_valid(group, slot)) {
        *end = value;
        state_set_valid(group, slot, true);
    } else if (*end != value) {
        return error_set(err, E_DATA,
                         "the number of rows of a top-N changed within a key, from %lld to %lld",
                         (long long)*end, (long long)value);
    }
    *ret = *end < 0 ? 0 : (uint64_t)*end;
    return OK;
}

/* --- output ------------------------------------------------------------------------------- */

static bool is_shown(const struct op_rank *op, uint64_t rank, uint64_t end)
{
    return rank >= op->plan->start && rank <= end;
}

enum code rank_put(struct op_rank *op, struct rows_out *out, struct str row, enum change change,
                   uint64_t rank, uint64_t end, struct error *err)
{
    if (!is_shown(op, rank, end))
        return OK;
    if (change == CHANGE_UPDATE_BEFORE && !op->base.plan->before)
        return OK;
    return rows_out_put(out, row, change, (int64_t)rank, err);
}

/* From rank `rank` on, each row takes the place of the one that was there: `row` first, then those at
 * the cursor.  *ret_last is the row that is left over, *ret_rank its rank. */
static enum code push_down(struct op_rank *op, struct rows_out *out, struct str row,
                           uint64_t rank, uint64_t end, struct tree_cursor *at,
                           struct error *err)
{
    struct str moving = row, prefix = buf_view(&op->prefix);
    for (; rank <= end && tree_cursor_in(at, prefix); rank++, state_tree_next(at)) {
        TRY(rank_put(op, out, at->value, CHANGE_UPDATE_BEFORE, rank, end, err));
        TRY(rank_put(op, out, moving, CHANGE_UPDATE_AFTER, rank, end, err));
        moving = at->value;
    }
    return rank <= end ? rank_put(op, out, moving, CHANGE_INSERT, rank, end, err) : OK;
}

/* --- rows that come ------------------------------------------------------------------------- */

uint64_t rank_of(struct op_rank *op, struct str key, uint64_t end, struct tree_cursor *at)
{
    struct str prefix = buf_view(&op->prefix);
    uint64_t rank = 1;
    state_tree_seek(op->tree, prefix, at);
    while (rank <= end && tree_cursor_in(at, prefix) && str_compare(at->key, key) < 0) {
        rank++;
        state_tree_next(at);
    }
    return rank;
}

static enum code insert_by_rank(struct op_rank *op, struct rows_out *out, struct str key,
                                uint64_t end, struct error *err)
{
    struct tree_cursor at;
    uint64_t rank = rank_of(op, key, end, &at);
    if (rank > end)
        return OK;
    return push_down(op, out, buf_view(&op->row), rank, end, &at, err);
}

/* The row at the last rank falls out, where there is one. */
static enum code insert_by_row(struct op_rank *op, struct rows_out *out, struct str key,
                               uint64_t count, uint64_t end, struct error *err)
{
    struct tree_cursor at;
    bool single = op->plan->end == 1 && op->plan->end_column == PLAN_NO_COLUMN &&
                  !op->takes_back;
    if (count >= end) {
        if (rank_of(op, key, end, &at) > end)
            return OK;
        struct str prefix = buf_view(&op->prefix);
        state_tree_seek(op->tree, prefix, &at);
        for (uint64_t rank = 1; rank < end && at.valid; rank++)
            state_tree_next(&at);
        if (tree_cursor_in(&at, prefix))
            TRY(rank_put(op, out, at.value, single ? CHANGE_UPDATE_BEFORE : CHANGE_DELETE, 1, end,
                    err));
        return rank_put(op, out, buf_view(&op->row), single ? CHANGE_UPDATE_AFTER : CHANGE_INSERT, 1,
                   end, err);
    }
    return rank_put(op, out, buf_view(&op->row), CHANGE_INSERT, 1, end, err);
}

/* Over inserts alone, what is behind the last rank never comes up. */
static bool falls_out(struct op_rank *op, struct str key, uint64_t count, uint64_t end)
{
    if (op->takes_back || count < end)
        return false;
    if (end == 0)
        return true;
    struct tree_cursor last;
    buf_char(&op->prefix, (char)0xFF); /* behind all of the key */
    bool complete = !op->prefix.failed;
    state_tree_seek_before(op->tree, buf_view(&op->prefix), &last);
    op->prefix.size -= complete;
    return last.valid && str_compare(key, last.key) > 0;
}

static enum code trim(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                      struct error *err)
{
    int64_t *count = rank_count_of(op, group);
    while (!op->takes_back && (uint64_t)*count > end) {
        struct tree_cursor last;
        buf_char(&op->prefix, (char)0xFF);
        TRY(buf_check(&op->prefix, err));
        state_tree_seek_before(op->tree, buf_view(&op->prefix), &last);
        op->prefix.size--;
        buf_clear(&op->entry);
        buf_str(&op->entry, last.key);
        TRY(buf_check(&op->entry, err));
        if (op->places)
            TRY(rank_forget(op, last.value, out->arena, err));
        state_tree_remove(op->tree, buf_view(&op->entry));
        --*count;
    }
    return OK;
}

enum code rank_insert(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                      struct error *err)
{
    int64_t *count = rank_count_of(op, group);
    struct str key = rank_entry_key(op, op->arrivals++);
    TRY(rank_check_bytes(op, err));
    if (falls_out(op, key, (uint64_t)*count, end))
        return OK;
    if (op->by_rank)
        TRY(insert_by_rank(op, out, key, end, err));
    else
        TRY(insert_by_row(op, out, key, (uint64_t)*count, end, err));
    TRY(state_tree_put(op->tree, key, buf_view(&op->row), err));
    ++*count;
    return trim(op, out, group, end, err);
}

/* --- rows that go ---------------------------------------------------------------------------- */

/* The first entry with this order whose row is the one taken back; its rank, end + 1 if behind. */
static bool find_row(struct op_rank *op, uint64_t end, struct tree_cursor *ret,
                     uint64_t *ret_rank)
{
    struct str prefix = buf_view(&op->prefix);
    buf_clear(&op->entry);
    buf_str(&op->entry, prefix);
    buf_str(&op->entry, buf_view(&op->sort));
    struct str with_sort = buf_view(&op->entry);
    struct tree_cursor at;
    state_tree_seek(op->tree, with_sort, &at);
    while (tree_cursor_in(&at, with_sort) && !str_eq(at.value, buf_view(&op->row)))
        state_tree_next(&at);
    if (!tree_cursor_in(&at, with_sort))
        return false;
    *ret = at;
    struct tree_cursor from;
    uint64_t rank = 1;
    state_tree_seek(op->tree, prefix, &from);
    while (rank <= end && !str_eq(from.key, at.key)) {
        rank++;
        state_tree_next(&from);
    }
    *ret_rank = rank;
    return true;
}

/* Rows behind the one that goes come up by one. */
static enum code pull_up(struct op_rank *op, struct rows_out *out, struct tree_cursor at,
                         uint64_t rank, uint64_t end, struct error *err)
{
    struct str prefix = buf_view(&op->prefix);
    for (; rank <= end; rank++) {
        struct str before = at.value;
        state_tree_next(&at);
        if (!tree_cursor_in(&at, prefix))
            return rank_put(op, out, before, CHANGE_DELETE, rank, end, err);
        TRY(rank_put(op, out, before, CHANGE_UPDATE_BEFORE, rank, end, err));
        TRY(rank_put(op, out, at.value, CHANGE_UPDATE_AFTER, rank, end, err));
    }
    return OK;
}

static enum code next_comes_up(struct op_rank *op, struct rows_out *out, struct tree_cursor at,
                               uint64_t rank, uint64_t end, struct error *err)
{
    TRY(rank_put(op, out, at.value, CHANGE_DELETE, 1, end, err));
    for (; rank <= end && at.valid; rank++)
        state_tree_next(&at);
    if (!tree_cursor_in(&at, buf_view(&op->prefix)))
        return OK;
    return rank_put(op, out, at.value, CHANGE_INSERT, 1, end, err);
}

enum code rank_take_back(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                         struct error *err)
{
    struct tree_cursor at;
    uint64_t rank = 0;
    bool found = find_row(op, end, &at, &rank);
    TRY(rank_check_bytes(op, err));
    if (!found)
        return OK; /* it never came, or its time was over */
    if (rank <= end) {
        if (op->by_rank)
            TRY(pull_up(op, out, at, rank, end, err));
        else
            TRY(next_comes_up(op, out, at, rank, end, err));
    }
    buf_clear(&op->entry);
    buf_str(&op->entry, at.key);
    TRY(buf_check(&op->entry, err));
    state_tree_remove(op->tree, buf_view(&op->entry));
    --*rank_count_of(op, group);
    return OK;
}
