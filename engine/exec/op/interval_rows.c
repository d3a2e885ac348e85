/* interval_rows.c -- rows of an interval join in order, with time moving between them.
 *
 * The pairs of many rows are gathered and tested at once; then the rows are gone through
 * one by one.  An item that is over stays in memory until nothing of the batch points to it
 * (`gone`), and is left out by its time. */
#include "exec/op/interval.h"

enum {
    PAIRS = 4096,        /* gathered at once, and then those of one more row */
    PAIRS_CALL = 1 << 16 /* in a call */
};

struct pair {
    uint32_t row; /* of the selected ones */
    struct bag_item *item;
};

struct pass {
    struct op_interval_join *op;
    struct arena *arena;
    const struct batch *in;
    struct interval_input *input;
    uint32_t port;
    struct interval_side *own, *other;
    struct bag_key **own_keys, **other_keys; /* by selected row */
    int64_t *now_us;                         /* by selected row: the time when it comes */
    const struct column *times;
    struct pair *pairs;
    uint32_t pair_count, pair_cap;
    uint32_t *made_rows; /* of the batch */
    char **made_slots;   /* of the other side; NULL: padded */
    uint32_t made_count, made_cap, made_slots_cap;
    struct watermark_at *marks;
    uint32_t mark_count, mark_cap;
};

/* --- what is over ------------------------------------------------------------------------------ */

enum code interval_watch(struct op_interval_join *op, uint32_t side, struct bag_item *item,
                         struct error *err)
{
    struct interval_side *s = &op->sides[side];
    if (s->count == s->cap) {
        size_t cap = MAX(s->cap * 2, 64);
        struct interval_timed *heap = state_alloc(op->heap, cap * sizeof *heap);
        if (!heap)
            return state_heap_error(op->heap, err);
        if (s->count > 0)
            memcpy(heap, s->heap, s->count * sizeof *heap);
        state_free(op->heap, s->heap, s->cap * sizeof *heap);
        s->heap = heap;
        s->cap = cap;
    }
    struct interval_timed timed = { interval_time(s, item), item };
    s->alone += s->outer && item->degree == 0;
    size_t at = s->count++;
    for (; at > 0 && s->heap[(at - 1) / 2].time_us > timed.time_us; at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = timed;
    return OK;
}

static struct bag_item *take_first(struct interval_side *s)
{
    struct bag_item *first = s->heap[0].item;
    struct interval_timed last = s->heap[--s->count];
    size_t at = 0;
    for (;;) {
        size_t next = 2 * at + 1;
        if (next + 1 < s->count && s->heap[next + 1].time_us < s->heap[next].time_us)
            next++;
        if (next >= s->count || s->heap[next].time_us >= last.time_us)
            break;
        s->heap[at] = s->heap[next];
        at = next;
    }
    s->heap[at] = last;
    return first;
}

/* Rows that never matched, as one batch. */
static enum code emit_padded(struct op_interval_join *op, uint32_t side, char *const *slots,
                             uint32_t n, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    char **nulls = arena_array(arena, char *, MAX(n, 1));
    struct batch *out;
    struct join_rows sides[2];
    if (!nulls)
        return error_nomem(err);
    for (uint32_t k = 0; k < 2; k++)
        sides[k] = (struct join_rows){ .layout = op->sides[k].layout,
                                       .slots = k == side ? slots : nulls,
                                       .width = op->sides[k].width };
    TRY(join_output(arena, sides, n, &out, err));
    TRY(op_caused(out, op->base.worker->cause, err));
    return op_emit(&op->base, out, err);
}

enum code interval_advance(struct op_interval_join *op, int64_t now_us, struct error *err)
{
    struct arena *arena = op->base.worker->batch_arena;
    op->now_us = now_us;
    for (uint32_t k = 0; k < 2; k++) {
        struct interval_side *side = &op->sides[k];
        char **slots = NULL;
        uint32_t n = 0, cap = 0;
        while (side->count > 0 && interval_over(side, side->heap[0].time_us, now_us)) {
            struct bag_item *item = take_first(side);
            bool is_alone = side->outer && item->degree == 0;
            side->alone -= is_alone;
            if (is_alone && !ARENA_PUSH(arena, slots, n, cap, item->slots))
                return error_nomem(err);
            uint32_t at = op->gone_count;
            if (!ARENA_PUSH(op->arena, op->gone, op->gone_count, op->gone_cap, item) ||
                !ARENA_PUSH(op->arena, op->gone_side, at, op->gone_side_cap, (uint8_t)k))
                return error_nomem(err);
            if (n == PAIRS) {
                TRY(emit_padded(op, k, slots, n, err));
                n = 0;
            }
        }
        if (n > 0)
            TRY(emit_padded(op, k, slots, n, err));
    }
    return OK;
}

void interval_forget(struct op_interval_join *op)
{
    for (uint32_t i = 0; i < op->gone_count; i++) {
        struct state_bag *bag = op->sides[op->gone_side[i]].bag;
        struct bag_key *key = op->gone[i]->key;
        state_bag_take(bag, op->gone[i]);
        state_bag_tidy(bag, key);
    }
    if (op->gone_cap > PAIRS) { /* much at once: the memory goes */
        op->gone = NULL;
        op->gone_side = NULL;
        op->gone_cap = op->gone_side_cap = 0;
        arena_reset(op->arena);
    }
    op->gone_count = 0;
}

/* --- pairs --------------------------------------------------------------------------------------- */

static int64_t time_at(const struct pass *p, uint32_t i)
{
    return COLUMN_AT(p->times, int64_t, batch_row(p->in, i));
}

static bool in_reach(const struct pass *p, int64_t own_us, int64_t other_us)
{
    int64_t apart = p->port == 0 ? own_us - other_us : other_us - own_us;
    return apart >= p->op->plan->lower_us && apart <= p->op->plan->upper_us;
}

/* Pairs of the rows from `first` on; *ret_end is behind the last row taken. */
static enum code gather(struct pass *p, uint32_t first, uint32_t *ret_end, struct error *err)
{
    uint32_t i = first;
    p->pair_count = 0;
    for (; i < p->in->selected && p->pair_count < PAIRS; i++) {
        struct bag_item *item = p->other_keys[i] ? p->other_keys[i]->first : NULL;
        int64_t own_us = time_at(p, i);
        for (; item; item = item->next) {
            int64_t other_us = interval_time(p->other, item);
            if (!in_reach(p, own_us, other_us) || interval_over(p->other, other_us, p->now_us[i]))
                continue;
            struct pair pair = { i, item };
            if (!ARENA_PUSH(p->arena, p->pairs, p->pair_count, p->pair_cap, pair))
                return error_nomem(err);
        }
    }
    *ret_end = i;
    return OK;
}

static enum code test(struct pass *p, bool **ret, struct error *err)
{
    uint32_t n = p->pair_count;
    uint32_t *rows = arena_array(p->arena, uint32_t, MAX(n, 1));
    char **slots = arena_array(p->arena, char *, MAX(n, 1));
    bool *pass = arena_array(p->arena, bool, MAX(n, 1));
    if (!rows || !slots || !pass)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++) {
        rows[i] = batch_row(p->in, p->pairs[i].row);
        slots[i] = p->pairs[i].item->slots;
    }
    struct join_rows sides[2];
    sides[p->port] = (struct join_rows){ .in = p->in, .rows = rows, .width = p->own->width };
    sides[1 - p->port] =
        (struct join_rows){ .layout = p->other->layout, .slots = slots, .width = p->other->width };
    *ret = pass;
    return join_test_run(&p->op->test, p->arena, sides, n, pass, err);
}

/* --- output ---------------------------------------------------------------------------------------- */

static enum code flush(struct pass *p, struct error *err)
{
    struct join_rows sides[2];
    struct batch *out;
    uint32_t n = p->made_count;
    if (n == 0)
        return OK;
    sides[p->port] =
        (struct join_rows){ .in = p->in, .rows = p->made_rows, .width = p->own->width };
    sides[1 - p->port] = (struct join_rows){ .layout = p->other->layout,
                                             .slots = p->made_slots,
                                             .width = p->other->width };
    TRY(join_output(p->arena, sides, n, &out, err));
    uint32_t *origin = arena_array(p->arena, uint32_t, n);
    if (!origin)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        origin[i] = batch_origin(p->in, p->made_rows[i]);
    out->origin = origin;
    out->watermarks = p->mark_count > 0 ? p->marks : NULL;
    out->watermark_count = p->mark_count;
    TRY(op_emit(&p->op->base, out, err));
    int64_t passed = p->mark_count > 0 ? p->marks[p->mark_count - 1].watermark_us : WATERMARK_NONE;
    p->made_rows = NULL;
    p->made_slots = NULL;
    p->marks = NULL;
    p->made_count = p->made_cap = p->made_slots_cap = p->mark_count = p->mark_cap = 0;
    return passed > p->op->base.watermark_us ? op_emit_watermark(&p->op->base, passed, err) : OK;
}

static enum code make(struct pass *p, uint32_t i, char *slots, struct error *err)
{
    uint32_t at = p->made_count;
    if (!ARENA_PUSH(p->arena, p->made_rows, at, p->made_cap, batch_row(p->in, i)) ||
        !ARENA_PUSH(p->arena, p->made_slots, p->made_count, p->made_slots_cap, slots))
        return error_nomem(err);
    return OK;
}

/* Is there anything that would leave padded? */
static bool pads(const struct op_interval_join *op, int64_t now_us)
{
    for (uint32_t k = 0; k < 2; k++)
        if (op->sides[k].outer && op->sides[k].count > 0 &&
            interval_over(&op->sides[k], op->sides[k].heap[0].time_us, now_us))
            return true;
    return false;
}

static enum code advance(struct pass *p, int64_t now_us, struct error *err)
{
    struct op *base = &p->op->base;
    if (pads(p->op, now_us))
        TRY(flush(p, err));
    TRY(interval_advance(p->op, now_us, err));
    int64_t passed = now_us == WATERMARK_END ? now_us : now_us - p->op->delay_us;
    if (passed <= base->watermark_us)
        return OK;
    if (p->made_count == 0)
        return op_emit_watermark(base, passed, err);
    struct watermark_at mark = { p->made_count - 1, passed };
    if (p->mark_count > 0 && p->marks[p->mark_count - 1].row == mark.row)
        p->mark_count--;
    return ARENA_PUSH(p->arena, p->marks, p->mark_count, p->mark_cap, mark) ? OK : error_nomem(err);
}

/* Time moves as it does before selected row i. */
static enum code pass_moves(struct pass *p, uint32_t i, struct error *err)
{
    struct interval_input *input = p->input;
    struct worker *worker = p->op->base.worker;
    uint32_t before = worker->cause;
    for (; input->move < input->move_count && input->moves[input->move].at <= i; input->move++) {
        const struct interval_move *move = &input->moves[input->move];
        if (move->time_us <= p->op->now_us)
            continue;
        worker->cause = move->cause;
        TRY(advance(p, move->time_us, err));
    }
    worker->cause = before;
    return OK;
}

/* --- rows -------------------------------------------------------------------------------------------- */

enum code interval_times(struct op_interval_join *op, struct interval_input *input,
                         int64_t before_us, struct error *err)
{
    const struct batch *in = input->in;
    struct arena *arena = op->base.worker->batch_arena;
    int64_t now_us = before_us;
    uint32_t mark = 0;
    input->now_us = arena_array(arena, int64_t, in->selected + 1);
    input->moves = arena_array(arena, struct interval_move, in->watermark_count + 1);
    if (!input->now_us || !input->moves)
        return error_nomem(err);
    if (now_us > op->now_us)
        input->moves[input->move_count++] = (struct interval_move){ 0, now_us, OP_NO_CAUSE };
    for (uint32_t i = 0; i <= in->selected; i++) {
        bool last = i == in->selected;
        while (!op->plan->proctime && mark < in->watermark_count &&
               (last || in->watermarks[mark].row < batch_row(in, i))) {
            const struct watermark_at *at = &in->watermarks[mark++];
            int64_t us = op_time_if(&op->base, input->port, at->watermark_us);
            if (us <= now_us)
                continue;
            now_us = us;
            input->moves[input->move_count++] =
                (struct interval_move){ i, us, batch_origin(in, at->row) };
        }
        input->now_us[i] = now_us;
    }
    return OK;
}

static enum code find_keys(struct pass *p, struct error *err)
{
    const struct plan_join *join = &p->op->plan->join;
    uint32_t n = p->in->selected;
    uint32_t *sel = arena_array(p->arena, uint32_t, n);
    p->own_keys = arena_array(p->arena, struct bag_key *, n);
    p->other_keys = arena_array(p->arena, struct bag_key *, n);
    if (!sel || !p->own_keys || !p->other_keys)
        return error_nomem(err);
    for (uint32_t i = 0; i < join->key_count; i++)
        p->own->keys[i] = p->in->columns[join->keys[p->port][i]];
    for (uint32_t i = 0; i < n; i++)
        sel[i] = batch_row(p->in, i);
    TRY(state_bag_find(p->other->bag, p->own->keys, sel, n, false, p->other_keys, err));
    TRY(state_bag_find(p->own->bag, p->own->keys, sel, n, true, p->own_keys, err));
    for (uint32_t i = 0; i < n; i++)
        if (join_null_key(join, p->own->keys, sel[i]))
            p->other_keys[i] = NULL;
    return OK;
}

/* The row is kept as long as rows of the other side may match it. */
static enum code keep(struct pass *p, uint32_t i, bool matched, struct error *err)
{
    if (interval_over(p->own, time_at(p, i) - 1, p->now_us[i])) /* nothing can match it any more */
        return p->own->outer && !matched ? make(p, i, NULL, err) : OK;
    struct bag_item *item;
    bool replaced;
    TRY(state_bag_add(p->own->bag, p->own_keys[i], p->in->columns, batch_row(p->in, i), &item,
                      &replaced, err));
    item->degree = matched;
    return interval_watch(p->op, p->port, item, err);
}

static enum code run(struct pass *p, uint32_t first, uint32_t end, const bool *pass,
                     struct error *err)
{
    uint32_t at = 0;
    for (uint32_t i = first; i < end; i++) {
        bool matched = false;
        for (; at < p->pair_count && p->pairs[at].row == i; at++) {
            if (!pass[at])
                continue;
            matched = true;
            p->other->alone -= p->other->outer && p->pairs[at].item->degree == 0;
            p->pairs[at].item->degree = 1;
            TRY(make(p, i, p->pairs[at].item->slots, err));
        }
        if (column_is_valid(p->times, batch_row(p->in, i)))
            TRY(keep(p, i, matched, err));
        TRY(pass_moves(p, i + 1, err));
    }
    return flush(p, err);
}

enum code interval_take(struct op_interval_join *op, struct interval_input *input,
                        struct error *err)
{
    const struct batch *in = input->in;
    uint32_t port = input->port, pairs = 0;
    struct pass p = { .op = op,
                      .arena = op->base.worker->batch_arena,
                      .in = in,
                      .input = input,
                      .port = port,
                      .own = &op->sides[port],
                      .other = &op->sides[1 - port],
                      .now_us = input->now_us,
                      .times = in->columns[op->plan->time[port]] };
    for (uint32_t i = input->row; i <= in->selected; i++) /* what waited: time may have gone on */
        p.now_us[i] = MAX(p.now_us[i], op->now_us);
    TRY(pass_moves(&p, input->row, err));
    TRY(find_keys(&p, err));
    for (uint32_t end; input->row < in->selected && pairs < PAIRS_CALL; input->row = end) {
        bool *pass;
        TRY(gather(&p, input->row, &end, err));
        TRY(test(&p, &pass, err));
        TRY(run(&p, input->row, end, pass, err));
        pairs += p.pair_count;
    }
    state_bag_tidy_all(p.own->bag, p.own_keys, in->selected);
    interval_forget(op);
    return OK;
}
