/* group_fold.c -- the steps of a batch, one a group: for readers that see the last of a
 * group's changes only, or that asked for no more (mini-batch).
 *
 * A group's steps become one: its result before the first of them and after the last,
 * at the place of the last. */
#include "exec/op/group.h"

#include "base/arena.h"
#include "base/hash.h"

/* Which steps are a group's first and last; groups by the place of their last one. */
struct step_pairs {
    uint32_t *first, *last;
    uint32_t n;
};

/* A table of row addresses: 1 + number of the pair, 0 where nothing is. */
static uint32_t *find_pair(uint32_t *table, uint64_t mask, const struct step_pairs *p,
                           char *const *rows, const char *row)
{
    uint64_t at = hash_u64((uint64_t)(uintptr_t)row, 0) & mask;
    while (table[at] != 0 && rows[p->last[table[at] - 1]] != row)
        at = (at + 1) & mask;
    return &table[at];
}

static enum code pair_steps(const struct group_rows *g, struct step_pairs *ret, struct error *err)
{
    struct arena *arena = g->in->arena;
    uint64_t size = 16;
    while (size < 2 * (uint64_t)g->n)
        size *= 2;
    uint32_t *table = arena_zalloc(arena, size * sizeof *table);
    uint32_t *both = arena_alloc(arena, 2 * (size_t)g->n * sizeof *both);
    if (!table || !both)
        return error_nomem(err);
    struct step_pairs p = { .first = both, .last = both + g->n };
    for (uint32_t i = g->n; i > 0; i--) {
        uint32_t *found = find_pair(table, size - 1, &p, g->rows, g->rows[i - 1]);
        if (*found == 0) {
            p.last[p.n] = i - 1;
            *found = ++p.n;
        }
        p.first[*found - 1] = i - 1;
    }
    for (uint32_t i = 0; i < p.n / 2; i++) { /* they were found from the end */
        uint32_t k = p.n - 1 - i, first = p.first[i], last = p.last[i];
        p.first[i] = p.first[k];
        p.last[i] = p.last[k];
        p.first[k] = first;
        p.last[k] = last;
    }
    *ret = p;
    return OK;
}

static enum group_event event_of(const struct group_rows *g, uint32_t first, uint32_t last)
{
    enum group_event a = g->events[first], b = g->events[last];
    bool was = a == GROUP_CHANGE || a == GROUP_LAST;
    bool is = b == GROUP_FIRST || b == GROUP_CHANGE;
    return was ? (is ? GROUP_CHANGE : GROUP_LAST) : (is ? GROUP_FIRST : GROUP_NOTHING);
}

static enum code fold_results(const struct plan_group *plan, const struct group_rows *g,
                              const struct step_pairs *p, struct group_rows *to,
                              struct error *err)
{
    struct arena *arena = g->in->arena;
    to->before = arena_array(arena, struct column *, 2 * (size_t)MAX(plan->call_count, 1));
    if (!to->before)
        return error_nomem(err);
    to->after = to->before + MAX(plan->call_count, 1);
    for (uint32_t c = 0; c < plan->call_count; c++) {
        to->before[c] = column_gather(arena, g->before[c], p->first, p->n);
        to->after[c] = column_gather(arena, g->after[c], p->last, p->n);
        if (!to->before[c] || !to->after[c])
            return error_nomem(err);
    }
    return OK;
}

enum code group_fold(const struct plan_group *plan, const struct group_rows *g,
                     struct group_rows *ret, struct error *err)
{
    struct arena *arena = g->in->arena;
    struct step_pairs p;
    *ret = *g;
    TRY(pair_steps(g, &p, err));
    if (p.n == g->n)
        return OK;
    struct batch *in = batch_derive(arena, g->in);
    uint32_t *selection = arena_alloc(arena, p.n * sizeof *selection);
    uint8_t *events = g->events ? arena_alloc(arena, p.n) : NULL;
    if (!in || !selection || (g->events && !events))
        return error_nomem(err);
    for (uint32_t i = 0; i < p.n; i++) {
        selection[i] = batch_row(g->in, p.last[i]);
        if (events)
            events[i] = (uint8_t)event_of(g, p.first[i], p.last[i]);
    }
    in->selection = selection;
    in->selected = p.n;
    TRY(fold_results(plan, g, &p, ret, err));
    ret->in = in;
    ret->n = p.n;
    ret->events = events;
    return OK;
}
