/* agg_distinct.c -- see agg_distinct.h.
 *
 * Counts go below zero where a value is taken back before it came, as in Flink: then its
 * coming brings the count to zero, and the aggregate sees neither. */
#include "agg/agg_distinct.h"

#include "base/arena.h"
#include "base/memory.h"

struct link { /* the tail of a value's row */
    struct link *next;
    struct link **at; /* what points here; NULL: it is in no list */
};
enum { QUEUED = 2 }; /* bit of a row's first byte: to be looked at when the batch is done */

struct distinct {
    const struct agg_call *call;
    struct state_table *table;
    const struct state_slot *count;
    uint32_t key_count;
    uint32_t tail;
    struct state_slot head; /* of the groups' rows */
    struct column **columns; /* group key, then values: for lookups */
};

/* --- lists of a group's values ---------------------------------------------------------------- */

static inline struct link *link_of(const struct distinct *d, char *row)
{
    return (struct link *)(row + d->tail);
}
static inline char *row_of(const struct distinct *d, struct link *link)
{
    return (char *)link - d->tail;
}
static inline int64_t *count_of(const struct distinct *d, char *row)
{
    return state_at(row, d->count);
}

static void hang(struct distinct *d, char *group, struct link *link)
{
    struct link **head = state_at(group, &d->head);
    if (!state_is_valid(group, &d->head)) {
        *head = NULL;
        state_set_valid(group, &d->head, true);
    }
    link->next = *head;
    link->at = head;
    if (link->next)
        link->next->at = &link->next;
    *head = link;
}

static void unhang(struct link *link)
{
    if (!link->at)
        return;
    *link->at = link->next;
    if (link->next)
        link->next->at = link->at;
    link->at = NULL;
}

static void on_expired(void *cx, char *row)
{
    unhang(link_of(cx, row));
}

/* --- life --------------------------------------------------------------------------------------- */

enum code distinct_create(const struct distinct_open *open, struct distinct **ret,
                          struct error *err)
{
    const struct agg_set_open *set = open->set;
    const struct agg *agg = open->call->agg;
    const struct type *key[64 + AGG_ARGS_MAX];
    static const struct type *const value[] = { &type_bigint };
    uint32_t key_count = set->key_count + agg->arg_count;
    if (key_count > countof(key))
        return error_set(err, E_LIMIT, "DISTINCT below more than 64 group keys");
    struct distinct *d = mem_zalloc(sizeof *d);
    if (!d || !(d->columns = mem_array(key_count, sizeof *d->columns))) {
        mem_free(d);
        return error_nomem(err);
    }
    for (uint32_t i = 0; i < set->key_count; i++)
        key[i] = set->key[i];
    for (uint32_t i = 0; i < agg->arg_count; i++)
        key[set->key_count + i] = set->input[open->call->args[i]];
    struct state_schema schema = { .name = "distinct values",
                                   .id = open->table_id,
                                   .key = key,
                                   .key_count = key_count,
                                   .route_count = set->route_count,
                                   .value = value,
                                   .value_count = 1,
                                   .tail_bytes = sizeof(struct link),
                                   .ttl_ms = set->ttl_ms };
    enum code code = state_table_create(set->heap, &schema, set->clock, &d->table, err);
    if (code != OK) {
        distinct_destroy(d);
        return code;
    }
    d->call = open->call;
    d->key_count = set->key_count;
    d->count = &state_table_layout(d->table)->slots[key_count];
    d->tail = state_table_tail(d->table);
    state_table_on_expired(d->table, on_expired, d);
    *ret = d;
    return OK;
}

void distinct_destroy(struct distinct *d)
{
    if (!d)
        return;
    state_table_destroy(d->table);
    mem_free(d->columns);
    mem_free(d);
}

void distinct_place(struct distinct *d, const struct state_slot *slot)
{
    d->head = *slot;
}

bool distinct_shares(const struct distinct *d, const struct agg_call *call)
{
    const struct agg_call *mine = d->call;
    if (mine->filter != call->filter || mine->agg->arg_count != call->agg->arg_count)
        return false;
    for (uint32_t i = 0; i < call->agg->arg_count; i++)
        if (mine->args[i] != call->args[i])
            return false;
    return true;
}

/* --- steps -------------------------------------------------------------------------------------- */

/* The steps that the filter lets through. */
struct looked {
    uint32_t *steps, *sel;
    char **rows;
    uint32_t n;
};

/* What a value that goes is hung between lies somewhere else than its row. */
static void fetch_neighbours(const struct distinct *d, char *const *rows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct link *link = link_of(d, rows[i]);
        if (i > 0 && rows[i] == rows[i - 1])
            continue;
        if (link->next)
            __builtin_prefetch(link->next);
        if (link->at)
            __builtin_prefetch(link->at);
    }
}

static enum code look_up(struct distinct *d, const struct agg_batch *b, const uint8_t *flags,
                         struct looked *ret, struct error *err)
{
    struct arena *arena = b->in->arena;
    ret->steps = arena_alloc(arena, b->n * sizeof *ret->steps);
    ret->sel = arena_alloc(arena, b->n * sizeof *ret->sel);
    ret->rows = arena_alloc(arena, b->n * sizeof *ret->rows);
    if (!ret->steps || !ret->sel || !ret->rows)
        return error_nomem(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        ret->steps[n] = i;
        ret->sel[n] = b->sel ? b->sel[i] : i;
        n += !(flags && (flags[i] & AGG_SKIP));
    }
    ret->n = n;
    for (uint32_t c = 0; c < d->key_count; c++)
        d->columns[c] = b->key[c];
    for (uint32_t c = 0; c < d->call->agg->arg_count; c++)
        d->columns[d->key_count + c] = b->in->columns[d->call->args[c]];
    if (!b->in->changes)
        return state_table_find(d->table, d->columns, ret->sel, n, true, ret->rows, NULL, err);
    TRY(state_table_find_runs(d->table, d->columns, ret->sel, n, true, ret->rows, NULL, err));
    fetch_neighbours(d, ret->rows, n);
    return OK;
}

/* The group starts afresh: what it had before counts no more. */
static void restart(struct distinct *d, char *group)
{
    struct link *link = state_is_valid(group, &d->head) ? *(struct link **)state_at(group, &d->head)
                                                        : NULL;
    for (; link; link = link->next)
        *count_of(d, row_of(d, link)) = 0;
}

enum code distinct_step(struct distinct *d, const struct agg_batch *b, const uint8_t *flags,
                        const uint8_t **ret, struct error *err)
{
    struct looked at;
    TRY(look_up(d, b, flags, &at, err));
    uint8_t *out = arena_alloc(b->in->arena, b->n);
    if (!out)
        return error_nomem(err);
    uint32_t k = 0, queued = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        unsigned flag = flags ? flags[i] : 0;
        if (flag & AGG_RESET)
            restart(d, b->rows[i]);
        out[i] = (uint8_t)(flag | AGG_SKIP);
        if (k == at.n || at.steps[k] != i)
            continue;
        char *row = at.rows[k++];
        struct link *link = link_of(d, row);
        if (!link->at)
            hang(d, b->rows[i], link);
        int64_t *count = count_of(d, row);
        *count += flag & AGG_TAKE ? -1 : 1;
        state_set_valid(row, d->count, true);
        if (*count == (flag & AGG_TAKE ? 0 : 1))
            out[i] = (uint8_t)flag;
        if (*count == 0 && !(row[0] & QUEUED)) {
            row[0] |= QUEUED;
            at.rows[queued++] = row; /* behind what is still to be read */
        }
    }
    for (uint32_t q = 0; q < queued; q++) {
        char *row = at.rows[q];
        row[0] &= ~QUEUED;
        if (*count_of(d, row) != 0)
            continue;
        unhang(link_of(d, row));
        state_table_remove(d->table, row);
    }
    *ret = out;
    return OK;
}

/* --- merging -------------------------------------------------------------------------------------- */

/* The rows of a group's values, the oldest first. */
static enum code group_values(struct distinct *d, struct arena *arena, char *group, char ***ret,
                              uint32_t *ret_n, struct error *err)
{
    bool any = state_is_valid(group, &d->head);
    struct link *first = any ? *(struct link **)state_at(group, &d->head) : NULL;
    uint32_t n = 0;
    for (struct link *link = first; link; link = link->next)
        n++;
    char **rows = arena_array(arena, char *, MAX(n, 1));
    if (!rows)
        return error_nomem(err);
    *ret_n = n;
    for (struct link *link = first; link; link = link->next)
        rows[--n] = row_of(d, link);
    *ret = rows;
    return OK;
}

/* The rows of the same values of group `to`. */
static enum code same_values(struct distinct *d, struct arena *arena,
                             const struct state_layout *layout, char *to, char *const *rows,
                             uint32_t n, struct distinct_values *ret, char ***ret_rows,
                             struct error *err)
{
    const struct state_layout *own = state_table_layout(d->table);
    uint32_t arg_count = d->call->agg->arg_count;
    char **groups = arena_array(arena, char *, MAX(n, 1));
    ret->args = arena_array(arena, struct column *, MAX(arg_count, 1));
    *ret_rows = arena_array(arena, char *, MAX(n, 1));
    if (!groups || !ret->args || !*ret_rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        groups[i] = to;
    for (uint32_t c = 0; c < d->key_count; c++)
        if (!(d->columns[c] = state_column(arena, &layout->slots[c], groups, n)))
            return error_nomem(err);
    for (uint32_t c = 0; c < arg_count; c++) {
        ret->args[c] = state_column(arena, &own->slots[d->key_count + c], rows, n);
        if (!(d->columns[d->key_count + c] = ret->args[c]))
            return error_nomem(err);
    }
    return state_table_find(d->table, d->columns, NULL, n, true, *ret_rows, NULL, err);
}

enum code distinct_merge(struct distinct *d, struct arena *arena,
                         const struct state_layout *layout, char *to, char *from,
                         struct distinct_values *ret, struct error *err)
{
    char **theirs, **mine;
    TRY(group_values(d, arena, from, &theirs, &ret->n, err));
    TRY(same_values(d, arena, layout, to, theirs, ret->n, ret, &mine, err));
    if (!(ret->flags = arena_alloc(arena, MAX(ret->n, 1))))
        return error_nomem(err);
    for (uint32_t i = 0; i < ret->n; i++) {
        struct link *link = link_of(d, mine[i]);
        int64_t *count = count_of(d, mine[i]), before = *count;
        *count += *count_of(d, theirs[i]);
        state_set_valid(mine[i], d->count, true);
        if (!link->at)
            hang(d, to, link);
        bool was = before > 0, is = *count > 0;
        ret->flags[i] = was == is ? AGG_SKIP : is ? 0 : AGG_TAKE;
        if (*count == 0) {
            unhang(link);
            state_table_remove(d->table, mine[i]);
        }
    }
    return OK;
}

/* --- forgetting ---------------------------------------------------------------------------------- */

void distinct_drop(struct distinct *d, char *group)
{
    if (!state_is_valid(group, &d->head))
        return;
    struct link **head = state_at(group, &d->head);
    while (*head) {
        struct link *link = *head;
        unhang(link);
        state_table_remove(d->table, row_of(d, link));
    }
}

void distinct_clear(struct distinct *d)
{
    state_table_clear(d->table);
}

void distinct_sweep(struct distinct *d, uint32_t rows)
{
    state_table_sweep(d->table, rows, on_expired, d);
}

/* --- snapshots ------------------------------------------------------------------------------------ */

enum code distinct_save(struct distinct *d, struct state_writer *w, struct error *err)
{
    return state_table_save(d->table, w, err);
}

enum code distinct_load(struct distinct *d, struct state_reader *r, struct str key,
                        struct str value, struct error *err)
{
    char *row;
    return state_table_load(d->table, r, key, value, &row, err);
}

void distinct_loaded_row(struct distinct *d, char *group)
{
    state_set_valid(group, &d->head, false);
}

enum { LOAD_ROWS = 1024 };

/* Their groups' keys are read from the values' rows. */
static enum code hang_loaded(struct distinct *d, agg_find_groups find, void *cx,
                             struct arena *arena, char **rows, uint32_t n, struct error *err)
{
    const struct state_layout *layout = state_table_layout(d->table);
    char **found = arena_array(arena, char *, n);
    if (!found)
        return error_nomem(err);
    for (uint32_t c = 0; c < d->key_count; c++)
        if (!(d->columns[c] = state_column(arena, &layout->slots[c], rows, n)))
            return error_nomem(err);
    TRY(find(cx, d->columns, n, found, err));
    for (uint32_t i = 0; i < n; i++) {
        struct link *link = link_of(d, rows[i]);
        if (found[i] && !link->at) /* a snapshot of several workers is several files */
            hang(d, found[i], link);
    }
    return OK;
}

enum code distinct_loaded(struct distinct *d, agg_find_groups find, void *cx, struct error *err)
{
    uint64_t at = 0;
    char *row, *rows[LOAD_ROWS];
    struct arena *arena = arena_create();
    if (!arena)
        return error_nomem(err);
    uint32_t n = 0;
    enum code code = OK;
    do {
        row = state_table_next(d->table, &at);
        if (row)
            rows[n++] = row;
        if (n == 0 || (row && n < LOAD_ROWS))
            continue;
        code = hang_loaded(d, find, cx, arena, rows, n, err);
        arena_reset(arena);
        n = 0;
    } while (row && code == OK);
    arena_destroy(arena);
    return code;
}
