/* lookup_cache.c -- see lookup_cache.h.  The keys are a state table; the entry is the
 * tail of its row, and rows hang on it as a list. */
#include "exec/lookup_cache.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"

struct lookup_cache {
    struct lookup_cache_settings settings;
    struct arena *arena;        /* of the layout */
    struct state_heap *heap;    /* borrowed */
    struct state_table *keys;
    struct state_layout layout; /* of the rows */
    uint32_t column_count;
    const struct clock *clock;
    char *oldest, *newest;      /* LRU: rows of `keys` by use */
    int64_t all_loaded_ms;      /* INT64_MIN: not yet */
    uint64_t touched;           /* entries asked for since the last forget, at most */
    struct lookup_entry none;   /* ALL: what every other key has */
    struct lookup_cache_counts counts;
};

static struct lookup_entry *entry_of(const struct lookup_cache *c, char *key_row)
{
    return (struct lookup_entry *)(key_row + state_table_tail(c->keys));
}

/* A multiple of 16, which makes the heap align it so. */
static size_t row_bytes(const struct lookup_cache *c)
{
    return (sizeof(struct lookup_row) + c->layout.bytes + 15) & ~(size_t)15;
}

static int64_t now_ms(const struct lookup_cache *c)
{
    return clock_now_us(c->clock) / 1000;
}

enum code lookup_cache_create(struct state_heap *heap, const struct lookup_cache_settings *settings,
                              const struct type *const *key, uint32_t key_count,
                              const struct type *const *row, uint32_t row_count,
                              const struct clock *clock, struct lookup_cache **ret,
                              struct error *err)
{
    struct lookup_cache *c = mem_zalloc(sizeof *c);
    if (!c)
        return error_nomem(err);
    c->settings = *settings;
    c->heap = heap;
    c->clock = clock;
    c->column_count = row_count;
    c->all_loaded_ms = INT64_MIN;
    c->none.known = true;
    c->arena = arena_create();
    const struct state_schema schema = { .name = "looked-up keys",
                                         .id = 1,
                                         .key = key,
                                         .key_count = key_count,
                                         .route_count = key_count,
                                         .tail_bytes = sizeof(struct lookup_entry) };
    uint32_t tail;
    enum code code = c->arena ? OK : error_nomem(err);
    if (code == OK)
        code = state_layout_create(c->arena, row, row_count, 0, &c->layout, &tail, err);
    if (code == OK)
        code = state_table_create(heap, &schema, clock, &c->keys, err);
    if (code != OK) {
        lookup_cache_destroy(c);
        return code;
    }
    *ret = c;
    return OK;
}

static void free_rows(struct lookup_cache *c, struct lookup_entry *entry)
{
    for (struct lookup_row *row = entry->first; row;) {
        struct lookup_row *next = row->next;
        state_clear(c->heap, &c->layout, 0, c->layout.count, row->slots);
        state_free(c->heap, row, row_bytes(c));
        row = next;
    }
    entry->first = entry->last = NULL;
    entry->count = 0;
}

static void clear(struct lookup_cache *c)
{
    uint64_t at = 0;
    for (char *row; (row = state_table_next(c->keys, &at)) != NULL;)
        free_rows(c, entry_of(c, row));
    state_table_clear(c->keys);
    c->oldest = c->newest = NULL;
}

void lookup_cache_destroy(struct lookup_cache *c)
{
    if (!c)
        return;
    if (c->keys)
        clear(c);
    state_table_destroy(c->keys);
    arena_destroy(c->arena);
    mem_free(c);
}

const struct state_layout *lookup_cache_layout(const struct lookup_cache *c)
{
    return &c->layout;
}

/* --- order of use ---------------------------------------------------------------------- */

static void unlink_entry(struct lookup_cache *c, char *row)
{
    struct lookup_entry *entry = entry_of(c, row);
    if (entry->older)
        entry_of(c, entry->older)->newer = entry->newer;
    else if (c->oldest == row)
        c->oldest = entry->newer;
    if (entry->newer)
        entry_of(c, entry->newer)->older = entry->older;
    else if (c->newest == row)
        c->newest = entry->older;
    entry->older = entry->newer = NULL;
}

static void make_newest(struct lookup_cache *c, char *row)
{
    if (c->newest == row)
        return;
    unlink_entry(c, row);
    struct lookup_entry *entry = entry_of(c, row);
    entry->older = c->newest;
    if (c->newest)
        entry_of(c, c->newest)->newer = row;
    c->newest = row;
    if (!c->oldest)
        c->oldest = row;
}

static void drop(struct lookup_cache *c, char *row)
{
    unlink_entry(c, row);
    free_rows(c, entry_of(c, row));
    state_table_remove(c->keys, row);
}

static bool is_old(const struct lookup_cache *c, const struct lookup_entry *entry, int64_t now)
{
    const struct lookup_cache_settings *s = &c->settings;
    return (s->after_load_ms > 0 && now - entry->loaded_ms >= s->after_load_ms) ||
           (s->after_use_ms > 0 && now - entry->used_ms >= s->after_use_ms);
}

enum code lookup_cache_find(struct lookup_cache *c, struct column *const *key,
                            const uint32_t *sel, uint32_t n, struct lookup_entry **ret,
                            struct error *err)
{
    bool all = c->settings.kind == LOOKUP_CACHE_ALL;
    char **rows = (char **)ret; /* as many pointers: the entry follows from the row */
    TRY(state_table_find(c->keys, key, sel, n, !all, rows, NULL, err));
    int64_t now = now_ms(c);
    for (uint32_t i = 0; i < n; i++) {
        char *row = rows[i];
        struct lookup_entry *entry = row ? entry_of(c, row) : &c->none;
        ret[i] = entry;
        if (entry->known && !all && is_old(c, entry, now)) {
            free_rows(c, entry);
            entry->known = false;
        }
        c->counts.asked++;
        c->counts.hits += entry->known;
        c->counts.misses += entry->known && entry->count == 0;
        if (all)
            continue;
        entry->used_ms = now;
        make_newest(c, row);
    }
    c->touched += n;
    return OK;
}

enum code lookup_cache_add(struct lookup_cache *c, struct lookup_entry *entry,
                           struct column *const *row, uint32_t at, struct error *err)
{
    if (c->settings.max_rows_per_key > 0 && entry->count >= c->settings.max_rows_per_key)
        return OK;
    struct lookup_row *fresh = state_alloc(c->heap, row_bytes(c));
    if (!fresh)
        return state_heap_error(c->heap, err);
    memset(fresh, 0, row_bytes(c));
    for (uint32_t i = 0; i < c->column_count; i++) {
        enum code code = state_put(c->heap, fresh->slots, &c->layout.slots[i], row[i], at, err);
        if (code != OK) {
            state_clear(c->heap, &c->layout, 0, c->layout.count, fresh->slots);
            state_free(c->heap, fresh, row_bytes(c));
            return code;
        }
    }
    if (entry->last)
        entry->last->next = fresh;
    else
        entry->first = fresh;
    entry->last = fresh;
    entry->count++;
    return OK;
}

void lookup_cache_answer(struct lookup_cache *c, struct lookup_entry *entry)
{
    entry->known = true;
    entry->asked = false;
    entry->loaded_ms = entry->used_ms = now_ms(c);
}

void lookup_cache_forget(struct lookup_cache *c)
{
    const struct lookup_cache_settings *s = &c->settings;
    if (s->kind == LOOKUP_CACHE_ALL)
        return;
    if (s->kind == LOOKUP_CACHE_NONE) {
        while (c->oldest)
            drop(c, c->oldest);
        return;
    }
    char *row = c->newest; /* those of this batch are the newest */
    for (uint64_t i = 0; i < c->touched && row && !s->keeps_misses; i++) {
        char *older = entry_of(c, row)->older;
        if (entry_of(c, row)->count == 0)
            drop(c, row);
        row = older;
    }
    c->touched = 0;
    while (s->max_keys > 0 && state_table_rows(c->keys) > s->max_keys)
        drop(c, c->oldest);
}

bool lookup_cache_wants_all(const struct lookup_cache *c)
{
    if (c->settings.kind != LOOKUP_CACHE_ALL)
        return false;
    return c->all_loaded_ms == INT64_MIN ||
           (c->settings.after_load_ms > 0 &&
            now_ms(c) - c->all_loaded_ms >= c->settings.after_load_ms);
}

void lookup_cache_begin_all(struct lookup_cache *c)
{
    clear(c);
    c->all_loaded_ms = now_ms(c);
}

enum code lookup_cache_load(struct lookup_cache *c, struct column *const *key,
                            struct column *const *row, const uint32_t *sel, uint32_t n,
                            struct arena *arena, struct error *err)
{
    char **rows = arena_array(arena, char *, MAX(n, 1));
    if (!rows)
        return error_nomem(err);
    TRY(state_table_find(c->keys, key, sel, n, true, rows, NULL, err));
    for (uint32_t i = 0; i < n; i++) {
        struct lookup_entry *entry = entry_of(c, rows[i]);
        entry->known = true;
        TRY(lookup_cache_add(c, entry, row, sel ? sel[i] : i, err));
    }
    return OK;
}

struct lookup_cache_counts lookup_cache_counts(const struct lookup_cache *c)
{
    return c->counts;
}
