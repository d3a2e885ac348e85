/* remote_queue.c -- see remote_queue.h; what is in a group is in remote_group.c. */
#include "remote/remote_queue.h"

#include "base/hash.h"
#include "base/memory.h"

/* Positions in a group have 31 bits, and the last row may be of 1 GB. */
#define GROUP_BYTES_MAX (UINT64_C(1) << 28)
/* Of rows that only steps_back keeps. */
#define REPLACED_BYTES_MAX (UINT64_C(4) << 20)

enum {
    GROUPS_MIN = 4,
    SLOTS_MIN = 64,
    HOLLOW_ROWS = 64, /* fewer are not worth closing up */
    HOLLOW_BYTES = 4096,
    FOLDED_ROWS = 64, /* whose slots are fetched before they are looked at */
};

static void destroy_group(struct row_group *g)
{
    if (!g)
        return;
    row_group_done(g);
    mem_free(g);
}

void remote_queue_done(struct remote_queue *q)
{
    for (uint64_t n = q->first; n < q->end; n++)
        destroy_group(q->groups[n % q->group_cap]);
    destroy_group(q->spare);
    mem_free(q->groups);
    mem_free(q->slots);
}

static struct row_group *group_at(const struct remote_queue *q, uint64_t number)
{
    return q->groups[number % q->group_cap];
}

/* --- the table of keys --------------------------------------------------------------- */

static uint64_t hash_of(struct str key)
{
    return hash_short_bytes(key.data, key.size, 0);
}

/* Do rows of this group still stand for their keys? */
static bool is_foldable(const struct remote_queue *q, uint64_t group)
{
    return group >= q->fold_from && group >= q->first;
}

/* The slot of the key, or the free one that may become it. */
static struct key_slot *find_slot(const struct remote_queue *q, uint64_t hash, struct str key)
{
    uint64_t mask = q->slot_cap - 1;
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
        struct key_slot *slot = &q->slots[at];
        if (slot->row == 0)
            return slot;
        if (slot->tag == (uint32_t)(hash >> 32) && is_foldable(q, slot->group) &&
            str_eq(row_group_key(group_at(q, slot->group), slot->row - 1), key))
            return slot;
    }
}

static void set_slot(struct remote_queue *q, struct key_slot *slot, uint64_t hash, uint64_t group,
                     uint32_t row)
{
    q->slots_used += slot->row == 0;
    *slot = (struct key_slot){ .group = group, .row = row + 1, .tag = (uint32_t)(hash >> 32) };
}

/* Of rows of one key the last one counts. */
static void fill_slots(struct remote_queue *q)
{
    for (uint64_t n = MAX(q->first, q->fold_from); n < q->end; n++) {
        const struct row_group *g = group_at(q, n);
        for (uint32_t row = 0; row < g->count; row++) {
            struct str key = row_group_key(g, row);
            if (g->rows[row].is_gone || key.size == 0)
                continue;
            uint64_t hash = hash_of(key);
            set_slot(q, find_slot(q, hash, key), hash, n, row);
        }
    }
}

/* So that `more` keys find a free slot.  Those of rows that have left are free again then. */
static enum code reserve_slots(struct remote_queue *q, uint64_t more, struct error *err)
{
    uint64_t want = SLOTS_MIN;
    if ((q->slots_used + more) * 4 <= q->slot_cap * 3)
        return OK;
    while (want < 2 * (q->count + more))
        want *= 2;
    struct key_slot *slots = mem_array(want, sizeof *slots);
    if (!slots)
        return error_nomem(err);
    mem_free(q->slots);
    q->held_bytes += want * sizeof *slots - q->slot_cap * sizeof *slots;
    q->slots = slots;
    q->slot_cap = want;
    q->slots_used = 0;
    fill_slots(q);
    return OK;
}

/* --- groups -------------------------------------------------------------------------- */

static enum code reserve_groups(struct remote_queue *q, struct error *err)
{
    if (q->end - q->first < q->group_cap)
        return OK;
    uint64_t cap = MAX(q->group_cap * 2, (uint64_t)GROUPS_MIN);
    struct row_group **groups = mem_array(cap, sizeof(struct row_group *));
    if (!groups)
        return error_nomem(err);
    for (uint64_t n = q->first; n < q->end; n++)
        groups[n % cap] = q->groups[n % q->group_cap];
    mem_free(q->groups);
    q->groups = groups;
    q->group_cap = cap;
    return OK;
}

static enum code begin_group(struct remote_queue *q, int64_t since_us, struct error *err)
{
    TRY(reserve_groups(q, err));
    struct row_group *g = q->spare;
    q->spare = NULL;
    if (!g) {
        g = mem_alloc(sizeof *g);
        if (!g)
            return error_nomem(err);
        row_group_init(g);
    }
    row_group_clear(g);
    g->epoch = q->epoch;
    g->since_us = since_us;
    if (q->steps_back)
        q->fold_from = q->end; /* a row that stands for others lies with them */
    q->held_bytes += row_group_held(g);
    q->groups[q->end++ % q->group_cap] = g;
    return OK;
}

static uint64_t limit_of(const struct remote_queue *q)
{
    return q->group_bytes > 0 ? MIN(q->group_bytes, GROUP_BYTES_MAX) : GROUP_BYTES_MAX;
}

static bool is_burdened(const struct row_group *g)
{
    return g->gone_bytes + (g->count - g->live) * sizeof *g->rows > REPLACED_BYTES_MAX;
}

static bool has_room(const struct remote_queue *q, const struct row_group *g, uint64_t size)
{
    return !g->is_closed && !(q->steps_back && is_burdened(g)) &&
           (g->live == 0 ||
            (g->live < q->group_rows && row_group_live_bytes(g) + size <= limit_of(q)));
}

/* The group that takes a row of `size` bytes. */
static enum code open_group(struct remote_queue *q, uint64_t size, int64_t since_us,
                            struct row_group **ret, struct error *err)
{
    struct row_group *last = q->first < q->end ? group_at(q, q->end - 1) : NULL;
    if (!last || !has_room(q, last, size)) {
        if (last)
            last->is_closed = true;
        TRY(begin_group(q, since_us, err));
    }
    *ret = group_at(q, q->end - 1);
    (*ret)->since_us = MIN((*ret)->since_us, since_us);
    return OK;
}

static enum code add(struct remote_queue *q, struct row_group *g, const struct row_group *rows,
                     uint32_t row, uint32_t n, struct error *err)
{
    uint64_t held = row_group_held(g);
    enum code code = row_group_copy(g, rows, row, n, err);
    q->held_bytes += row_group_held(g) - held;
    if (code == OK)
        q->count += n;
    return code;
}

static struct row_group *take_out(struct remote_queue *q)
{
    struct row_group *g = group_at(q, q->first++);
    q->count -= g->live;
    q->held_bytes -= row_group_held(g);
    return g;
}

/* The first group has a row, so that its epoch and its time say something. */
static void drop_empty(struct remote_queue *q)
{
    while (q->first < q->end && group_at(q, q->first)->live == 0)
        remote_queue_give_back(q, take_out(q));
}

/* --- rows that take the place of others ------------------------------------------------ */

/* Slots say where rows will be, while the rows still are where slots say. */
static void move_slots(struct remote_queue *q, uint64_t number)
{
    const struct row_group *g = group_at(q, number);
    uint64_t mask = q->slot_cap - 1;
    for (uint32_t row = 0, to = 0; row < g->count; row++) {
        struct str key = row_group_key(g, row);
        if (g->rows[row].is_gone)
            continue;
        for (uint64_t at = hash_of(key) & mask; q->slots[at].row != 0; at = (at + 1) & mask)
            if (q->slots[at].group == number && q->slots[at].row == row + 1) {
                q->slots[at].row = to + 1;
                break;
            }
        to++;
    }
}

static bool is_hollow(const struct row_group *g)
{
    return g->count - g->live > MAX(g->live, (uint32_t)HOLLOW_ROWS) ||
           g->gone_bytes > MAX(row_group_live_bytes(g), (uint64_t)HOLLOW_BYTES);
}

static void close_up(struct remote_queue *q, uint64_t number)
{
    struct row_group *g = group_at(q, number);
    uint64_t held = row_group_held(g);
    move_slots(q, number);
    row_group_close_up(g);
    q->held_bytes += row_group_held(g) - held;
}

static bool is_kept(const struct remote_queue *q, const struct key_slot *slot, bool is_delete)
{
    return q->keeps_deletes && !is_delete &&
           group_at(q, slot->group)->rows[slot->row - 1].is_delete;
}

/* Another row stands for that of the slot. */
static void let_go(struct remote_queue *q, const struct key_slot *slot)
{
    struct row_group *g = group_at(q, slot->group);
    struct queued_row *row = &g->rows[slot->row - 1];
    row->is_gone = true;
    g->gone_bytes += row_group_size(g, slot->row - 1, 1);
    g->deletes -= row->is_delete;
    g->live--;
    q->count--;
}

static enum code fold(struct remote_queue *q, const struct row_group *rows, uint32_t row,
                      uint64_t hash, int64_t since_us, struct error *err)
{
    struct str key = row_group_key(rows, row);
    struct key_slot old = { .row = 0 };
    struct row_group *g = NULL;
    if (q->steps_back) /* first: rows of other groups do not count */
        TRY(open_group(q, row_group_size(rows, row, 1), since_us, &g, err));
    struct key_slot *slot = key.size > 0 ? find_slot(q, hash, key) : NULL;
    if (slot && slot->row > 0 && !is_kept(q, slot, rows->rows[row].is_delete)) {
        old = *slot;
        let_go(q, &old);
        /* A key that changes all the time must not wait for ever. */
        since_us = MIN(since_us, group_at(q, old.group)->since_us);
    }
    if (!q->steps_back)
        TRY(open_group(q, row_group_size(rows, row, 1), since_us, &g, err));
    TRY(add(q, g, rows, row, 1, err));
    if (slot)
        set_slot(q, slot, hash, q->end - 1, g->count - 1);
    if (q->steps_back)
        g->rows[g->count - 1].stands_for = old.row;
    else if (old.row > 0 && is_hollow(group_at(q, old.group)))
        close_up(q, old.group);
    return OK;
}

static enum code fold_all(struct remote_queue *q, const struct row_group *rows, int64_t now_us,
                          struct error *err)
{
    uint64_t hashes[FOLDED_ROWS];
    TRY(reserve_slots(q, rows->count, err));
    for (uint32_t from = 0, n; from < rows->count; from += n) {
        n = MIN(rows->count - from, (uint32_t)FOLDED_ROWS);
        for (uint32_t i = 0; i < n; i++) {
            hashes[i] = hash_of(row_group_key(rows, from + i));
            __builtin_prefetch(&q->slots[hashes[i] & (q->slot_cap - 1)]);
        }
        for (uint32_t i = 0; i < n; i++)
            TRY(fold(q, rows, from + i, hashes[i], now_us, err));
    }
    return OK;
}

/* --- the queue ----------------------------------------------------------------------- */

/* How many rows from `row` on go into the group, which has room for one. */
static uint32_t fit(const struct remote_queue *q, const struct row_group *g,
                    const struct row_group *rows, uint32_t row)
{
    uint32_t most = MIN(rows->count - row, MAX(q->group_rows, 1) - g->live), n = 1;
    uint64_t taken = row_group_live_bytes(g);
    if (taken + row_group_size(rows, row, most) <= limit_of(q))
        return most;
    while (n < most && taken + row_group_size(rows, row, n + 1) <= limit_of(q))
        n++;
    return n;
}

static enum code append_all(struct remote_queue *q, const struct row_group *rows, int64_t now_us,
                            struct error *err)
{
    for (uint32_t row = 0, n; row < rows->count; row += n) {
        struct row_group *g;
        TRY(open_group(q, row_group_size(rows, row, 1), now_us, &g, err));
        n = fit(q, g, rows, row);
        TRY(add(q, g, rows, row, n, err));
    }
    return OK;
}

enum code remote_queue_push(struct remote_queue *q, const struct row_group *rows, int64_t now_us,
                            struct error *err)
{
    enum code code = q->folds ? fold_all(q, rows, now_us, err) : append_all(q, rows, now_us, err);
    drop_empty(q);
    return code;
}

/* Groups that rows have left go together, as far as one call takes them. */
static void join_next(struct remote_queue *q, struct row_group *g)
{
    row_group_close_up(g);
    for (drop_empty(q); q->folds && q->first < q->end; drop_empty(q)) {
        const struct row_group *next = group_at(q, q->first);
        if (next->epoch != g->epoch || g->live + next->live > q->group_rows ||
            row_group_live_bytes(g) + row_group_live_bytes(next) > limit_of(q))
            return;
        close_up(q, q->first);
        if (row_group_copy(g, next, 0, next->count, NULL) != OK)
            return; /* no memory: then as it is */
        remote_queue_give_back(q, take_out(q));
    }
}

struct row_group *remote_queue_take(struct remote_queue *q)
{
    if (q->first == q->end)
        return NULL;
    struct row_group *g = take_out(q);
    if (!q->steps_back)
        join_next(q, g);
    return g;
}

void remote_queue_give_back(struct remote_queue *q, struct row_group *g)
{
    destroy_group(q->spare);
    q->spare = g;
}

void remote_queue_end_epoch(struct remote_queue *q)
{
    if (q->first < q->end)
        group_at(q, q->end - 1)->is_closed = true;
    q->fold_from = q->end;
    q->epoch++;
}
