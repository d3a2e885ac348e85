/* window_join_pairs.c -- the pairs of a window that is over, a batch at a time.
 *
 * The right rows are hashed by key; left rows look for theirs in order of arrival.  A
 * batch of candidates is made, the condition narrows it, and what is left goes out: pairs,
 * left rows (SEMI, ANTI), and rows alone where an outer join has no match for them. */
#include "exec/op/op_window_join.h"

static bool keeps_left(const struct op_window_join *op)
{
    return op->plan->join.type == LEFT_JOIN || op->plan->join.type == FULL_JOIN;
}
static bool keeps_right(const struct op_window_join *op)
{
    return op->plan->join.type == RIGHT_JOIN || op->plan->join.type == FULL_JOIN;
}

/* --- looking for keys ---------------------------------------------------------------------- */

static enum code begin(struct op_window_join *op, struct due_join *due, struct error *err)
{
    due->is_begun = true;
    if (!due->arena && !(due->arena = arena_create()))
        return error_nomem(err);
    const struct window_rows *right = &due->window.sides[RIGHT];
    uint32_t slots = 16;
    while (slots < right->count * 2)
        slots *= 2;
    due->mask = slots - 1;
    due->heads = arena_zalloc(due->arena, slots * sizeof *due->heads);
    due->next = arena_alloc(due->arena, MAX(right->count, 1) * sizeof *due->next);
    due->hashes = arena_alloc(due->arena, MAX(right->count, 1) * sizeof *due->hashes);
    due->right_matched = arena_zalloc(due->arena, MAX(right->count, 1));
    if (!due->heads || !due->next || !due->hashes || !due->right_matched)
        return error_nomem(err);
    for (uint32_t i = right->count; i > 0; i--) { /* so that lists are in order */
        uint64_t hash =
            state_hash_row(&op->sides[RIGHT].layout, 0, op->key_count, right->rows[i - 1]);
        due->hashes[i - 1] = hash;
        due->next[i - 1] = due->heads[hash & due->mask];
        due->heads[hash & due->mask] = i;
    }
    return OK;
}

static bool keys_match(const struct op_window_join *op, const char *left, const char *right)
{
    const struct plan_join *join = &op->plan->join;
    for (uint32_t k = 0; k < op->key_count; k++) {
        const struct state_slot *a = &op->sides[LEFT].layout.slots[k];
        const struct state_slot *b = &op->sides[RIGHT].layout.slots[k];
        bool null_equal = k + 1 == op->key_count || (join->null_equal && join->null_equal[k]);
        bool is_null = !state_is_valid(left, a), other_is_null = !state_is_valid(right, b);
        if (is_null || other_is_null) {
            if (null_equal && is_null && other_is_null)
                continue;
            return false;
        }
        if (!state_slots_equal(left, a, right, b))
            return false;
    }
    return true;
}

/* --- a batch of candidates ------------------------------------------------------------------- */

/* Rows that go out together; a missing one is NULL. */
struct pairs {
    char *left[BATCH_ROWS], *right[BATCH_ROWS];
    uint32_t right_at[BATCH_ROWS];
    uint32_t left_at[BATCH_ROWS];
    bool is_last[BATCH_ROWS]; /* the left row has no more candidates */
    uint32_t n;
};

/* Candidates of left rows, in order; a left row without any stands there alone. */
static void collect(struct op_window_join *op, struct due_join *due, struct pairs *p)
{
    const struct window_rows *left = &due->window.sides[LEFT];
    const struct window_rows *right = &due->window.sides[RIGHT];
    p->n = 0;
    while (p->n < BATCH_ROWS && due->left < left->count) {
        char *row = left->rows[due->left];
        if (!due->left_begun) {
            uint64_t hash = state_hash_row(&op->sides[LEFT].layout, 0, op->key_count, row);
            due->candidate = due->heads[hash & due->mask];
            due->left_begun = true;
        }
        while (due->candidate != 0 &&
               !keys_match(op, row, right->rows[due->candidate - 1]))
            due->candidate = due->next[due->candidate - 1];
        uint32_t at = p->n++;
        p->left[at] = row;
        p->left_at[at] = due->left;
        p->right[at] = due->candidate != 0 ? right->rows[due->candidate - 1] : NULL;
        p->right_at[at] = due->candidate != 0 ? due->candidate - 1 : 0;
        p->is_last[at] = due->candidate == 0;
        if (due->candidate != 0) {
            due->candidate = due->next[due->candidate - 1];
            continue;
        }
        due->left++;
        due->left_begun = false;
    }
}

static enum code side_columns(struct op_window_join *op, int s, struct arena *arena,
                              char *const *rows, uint32_t n, struct column **out,
                              struct error *err)
{
    const struct window_side *side = &op->sides[s];
    for (uint32_t c = 0; c < side->column_count; c++)
        if (!(out[c] = state_column(arena, &side->layout.slots[side->slots[c]], rows, n)))
            return error_nomem(err);
    return OK;
}

/* Which candidates pass the condition. */
static enum code test(struct op_window_join *op, const struct pairs *p, uint8_t *passes,
                      struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    for (uint32_t i = 0; i < p->n; i++)
        passes[i] = p->right[i] != NULL;
    if (!op->condition)
        return OK;
    uint32_t left = op->sides[LEFT].column_count, right = op->sides[RIGHT].column_count;
    struct column **columns = arena_array(arena, struct column *, left + right + 1);
    struct rows *rows = arena_alloc(arena, sizeof *rows);
    uint32_t *sel = arena_alloc(arena, MAX(p->n, 1) * sizeof *sel);
    if (!columns || !rows || !sel)
        return error_nomem(err);
    *rows = (struct rows){ .sel = sel };
    for (uint32_t i = 0; i < p->n; i++)
        if (passes[i])
            sel[rows->n++] = i;
    TRY(side_columns(op, LEFT, arena, p->left, p->n, columns, err));
    TRY(side_columns(op, RIGHT, arena, p->right, p->n, columns + left, err));
    const struct rows *passing;
    program_begin(op->condition, arena, columns, p->n);
    TRY(program_filter(op->condition, 0, rows, &passing, err));
    memset(passes, 0, p->n);
    for (uint32_t i = 0; i < passing->n; i++)
        passes[passing->sel ? passing->sel[i] : i] = 1;
    return OK;
}

/* --- what goes out ------------------------------------------------------------------------------ */

static enum code emit(struct op_window_join *op, char *const *left, char *const *right, uint32_t n,
                      struct error *err)
{
    if (n == 0)
        return OK;
    struct arena *arena = op->base.worker->batch_arena;
    struct batch *out = batch_create(arena, op->base.plan->field_count, n);
    if (!out)
        return error_nomem(err);
    TRY(side_columns(op, LEFT, arena, left, n, out->columns, err));
    if (out->column_count > op->sides[LEFT].column_count)
        TRY(side_columns(op, RIGHT, arena, right, n, out->columns + op->sides[LEFT].column_count,
                         err));
    TRY(op_caused(out, op->due[op->due_first].cause, err));
    return op_emit(&op->base, out, err);
}

/* The candidates that passed, and left rows behind their last candidate. */
static enum code choose(struct op_window_join *op, struct due_join *due, const struct pairs *p,
                        const uint8_t *passes, struct error *err)
{
    enum join_type type = op->plan->join.type;
    bool is_pair = type != SEMI_JOIN && type != ANTI_JOIN;
    char *left[BATCH_ROWS], *right[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (passes[i]) {
            due->left_matched = true;
            due->right_matched[p->right_at[i]] = 1;
            if (is_pair) {
                left[n] = p->left[i];
                right[n++] = p->right[i];
            }
        }
        if (!p->is_last[i])
            continue;
        bool alone = type == SEMI_JOIN   ? due->left_matched
                     : type == ANTI_JOIN ? !due->left_matched
                                         : keeps_left(op) && !due->left_matched;
        due->left_matched = false;
        if (alone) {
            left[n] = p->left[i];
            right[n++] = NULL;
        }
    }
    return emit(op, left, right, n, err);
}

static enum code send_left(struct op_window_join *op, struct due_join *due, struct error *err)
{
    struct pairs *p = arena_alloc(op->base.worker->batch_arena, sizeof *p);
    uint8_t passes[BATCH_ROWS];
    if (!p)
        return error_nomem(err);
    collect(op, due, p);
    TRY(test(op, p, passes, err));
    return choose(op, due, p, passes, err);
}

static enum code send_right(struct op_window_join *op, struct due_join *due, struct error *err)
{
    const struct window_rows *rows = &due->window.sides[RIGHT];
    char *left[BATCH_ROWS], *right[BATCH_ROWS];
    uint32_t n = 0;
    for (; due->right < rows->count && n < BATCH_ROWS; due->right++)
        if (!due->right_matched[due->right]) {
            left[n] = NULL;
            right[n++] = rows->rows[due->right];
        }
    return emit(op, left, right, n, err);
}

enum code window_join_send(struct op_window_join *op, uint32_t batches, struct error *err)
{
    for (; batches > 0 && op->due_first < op->due_count; batches--) {
        struct due_join *due = &op->due[op->due_first];
        if (!due->is_begun)
            TRY(begin(op, due, err));
        if (due->left < due->window.sides[LEFT].count) {
            TRY(send_left(op, due, err));
            continue;
        }
        if (keeps_right(op) && due->right < due->window.sides[RIGHT].count) {
            TRY(send_right(op, due, err));
            continue;
        }
        struct due_join done = *due;
        op->due_first++;
        window_rows_free(op, &done.window);
        arena_destroy(done.arena);
        if (done.watermark_us == WATERMARK_NONE)
            continue;
        uint32_t before = op->base.worker->cause;
        op->base.worker->cause = done.cause;
        TRY(op_emit_watermark(&op->base, done.watermark_us, err));
        op_cause_back(&op->base, before);
    }
    return OK;
}
