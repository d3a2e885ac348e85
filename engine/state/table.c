/* table.c -- a table's life, rows and index; see table.h.
 *
 * The index is probed linearly and kept at most three quarters full.  It keeps 32 bits of
 * each hash, so that it can be rebuilt and shrunk without a look at the rows.  Removing
 * shifts the followers back; there are no tombstones.
 *
 * Dead rows form a list through their first word and are used again.  A table that has
 * lost its last row gives back all but its first chunk. */
#include "state/table_inner.h"

#include "base/arena.h"
#include "base/clock.h"

enum {
    UNIT_BYTES = 4096,     /* about; a unit has 4 rows at least */
    CHUNK_UNITS_MAX = 1024,
    INDEX_SLOTS_MIN = 16,
    FETCH_BYTES = 128,     /* two lines of the cache */
};
#define ROWS_MAX (UINT32_MAX - 1)

/* --- life ----------------------------------------------------------------------------------- */

static enum code make_layout(struct state_table *t, const struct state_schema *schema,
                             struct error *err)
{
    uint32_t count = schema->key_count + schema->value_count;
    const struct type **types = arena_array(t->arena, const struct type *, count);
    if (!types || !(t->name = arena_cstr(t->arena, str_of(schema->name))))
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->key_count; i++)
        types[i] = schema->key[i];
    for (uint32_t i = 0; i < schema->value_count; i++)
        types[schema->key_count + i] = schema->value[i];
    if (!(t->route = arena_array(t->arena, uint32_t, MAX(schema->route_count, 1))))
        return error_nomem(err);
    for (uint32_t i = 0; i < schema->route_count; i++)
        t->route[i] = schema->route ? schema->route[i] : i;
    uint32_t tail = (schema->tail_bytes + 7) & ~7u;
    uint32_t own = schema->ttl_ms > 0 ? 8 : 0;
    TRY(state_layout_create(t->arena, types, count, tail + own, &t->layout, &t->tail, err));
    t->tail_bytes = schema->tail_bytes;
    t->key_end = schema->key_count < count ? t->layout.slots[schema->key_count].offset : t->tail;
    if (t->layout.bytes <= FETCH_BYTES) /* then what comes behind the key is fetched with it */
        t->key_end = t->layout.bytes;
    t->key_end -= t->key_end > 0;
    t->written = t->tail + tail;
    while (((size_t)t->layout.bytes << (t->unit_shift + 1)) <= UNIT_BYTES || t->unit_shift < 2)
        t->unit_shift++;
    return OK;
}

static uint64_t table_bytes(const struct state_holder *holder)
{
    return state_table_bytes((const struct state_table *)holder);
}

static void explain(const struct state_holder *holder, struct error *err)
{
    state_table_explain((const struct state_table *)holder, err);
}

enum code state_table_create(struct state_heap *heap, const struct state_schema *schema,
                             const struct clock *clock, struct state_table **ret,
                             struct error *err)
{
    struct state_table *t = state_alloc(heap, sizeof *t);
    if (!t)
        return state_heap_error(heap, err);
    *t = (struct state_table){ .heap = heap,
                               .arena = arena_create(),
                               .clock = clock,
                               .id = schema->id,
                               .key_count = schema->key_count,
                               .route_count = schema->route_count,
                               .ttl_ms = schema->ttl_ms };
    enum code code = t->arena ? make_layout(t, schema, err) : error_nomem(err);
    if (code != OK) {
        state_table_destroy(t);
        return code;
    }
    t->holder.bytes = table_bytes;
    t->holder.explain = explain;
    state_heap_enter(heap, &t->holder);
    *ret = t;
    return OK;
}

static uint32_t chunk_units(uint32_t first_unit)
{
    uint32_t n = 1;
    while (n * 2 <= first_unit && n < CHUNK_UNITS_MAX)
        n *= 2;
    return n;
}

/* Frees all units but the first `keep` (0 or 1). */
static void drop_units(struct state_table *t, uint32_t keep)
{
    size_t bytes = (size_t)t->layout.bytes << t->unit_shift;
    for (uint32_t u = 0; u < t->unit_count;) {
        uint32_t n = chunk_units(u);
        if (u >= keep)
            state_free(t->heap, t->units[u], n * bytes);
        u += n;
    }
    t->unit_count = MIN(keep, t->unit_count);
    t->made = t->free_head = t->sweep_at = 0;
}

static void drop_index(struct state_table *t)
{
    if (t->index)
        state_free(t->heap, t->index, ((size_t)t->mask + 1) * sizeof *t->index);
    t->index = NULL;
    t->mask = 0;
}

/* Do rows hold anything in the heap? */
static bool has_bytes(const struct state_layout *layout)
{
    for (uint32_t i = 0; i < layout->count; i++)
        if (layout->slots[i].is_bytes)
            return true;
    return false;
}

void state_table_clear(struct state_table *t)
{
    uint64_t at = 0;
    char *row;
    while (has_bytes(&t->layout) && (row = state_table_next(t, &at)) != NULL)
        state_clear(t->heap, &t->layout, 0, t->layout.count, row);
    drop_units(t, 0);
    drop_index(t);
    state_free(t->heap, t->units, t->unit_cap * sizeof *t->units);
    t->units = NULL;
    t->unit_cap = 0;
    t->rows = 0;
}

void state_table_destroy(struct state_table *t)
{
    if (!t)
        return;
    state_heap_leave(t->heap, &t->holder);
    if (!state_heap_is_closed(t->heap))
        state_table_clear(t);
    arena_destroy(t->arena);
    state_free(t->heap, t, sizeof *t);
}

const struct state_layout *state_table_layout(const struct state_table *t)
{
    return &t->layout;
}

uint32_t state_table_tail(const struct state_table *t)
{
    return t->tail;
}

uint32_t state_table_id(const struct state_table *t)
{
    return t->id;
}

uint64_t state_table_rows(const struct state_table *t)
{
    return t->rows;
}

int64_t table_now_ms(const struct state_table *t)
{
    return t->ttl_ms > 0 ? clock_now_us(t->clock) / 1000 : 0;
}

/* --- rows ----------------------------------------------------------------------------------- */

static enum code add_chunk(struct state_table *t, struct error *err)
{
    uint32_t n = chunk_units(t->unit_count);
    size_t unit_bytes = (size_t)t->layout.bytes << t->unit_shift;
    if (t->unit_count + n > t->unit_cap) {
        uint32_t cap = MAX(t->unit_cap * 2, 4);
        char **units = state_alloc(t->heap, cap * sizeof *units);
        if (!units)
            return state_heap_error(t->heap, err);
        if (t->unit_count > 0)
            memcpy(units, t->units, t->unit_count * sizeof *units);
        state_free(t->heap, t->units, t->unit_cap * sizeof *units);
        t->units = units;
        t->unit_cap = cap;
    }
    char *chunk = state_alloc(t->heap, n * unit_bytes);
    if (!chunk)
        return state_heap_error(t->heap, err);
    for (uint32_t i = 0; i < n; i++)
        t->units[t->unit_count++] = chunk + i * unit_bytes;
    return OK;
}

enum code table_row_make(struct state_table *t, char **ret, uint32_t *ret_number,
                         struct error *err)
{
    uint32_t number;
    char *row;
    if (t->free_head) {
        number = t->free_head - 1;
        row = table_row(t, number);
        t->free_head = (uint32_t)(*(uint64_t *)row >> 32);
    } else {
        if (t->made == ROWS_MAX)
            return error_set(err, E_LIMIT, "the state of " STR_FMT " has more than %u rows",
                             STR_ARG(state_heap_owner(t->heap)), ROWS_MAX);
        if (t->made >> t->unit_shift == t->unit_count)
            TRY(add_chunk(t, err));
        number = t->made++;
        row = table_row(t, number);
    }
    memset(row, 0, t->layout.bytes);
    row[0] = ROW_LIVE;
    t->rows++;
    *ret = row;
    *ret_number = number;
    return OK;
}

void table_row_drop(struct state_table *t, char *row, uint32_t number)
{
    *(uint64_t *)row = (uint64_t)t->free_head << 32;
    t->free_head = number + 1;
    if (--t->rows > 0)
        return;
    drop_units(t, 1);
    if (t->mask >= INDEX_SLOTS_MIN * 4)
        drop_index(t);
}

void state_table_remove(struct state_table *t, char *row)
{
    uint32_t hash = index_hash(state_hash_row(&t->layout, 0, t->key_count, row));
    uint32_t number = table_index_remove(t, hash, row);
    state_clear(t->heap, &t->layout, 0, t->layout.count, row);
    table_row_drop(t, row, number);
}

char *state_table_next(struct state_table *t, uint64_t *at)
{
    while (*at < t->made) {
        char *row = table_row(t, (uint32_t)(*at)++);
        if (row_is_live(row))
            return row;
    }
    return NULL;
}

void state_table_touch(struct state_table *t, char *row)
{
    if (t->ttl_ms > 0)
        *row_written(t, row) = table_now_ms(t);
}

void state_table_on_expired(struct state_table *t, void (*expired)(void *cx, char *row), void *cx)
{
    t->expired = expired;
    t->expired_cx = cx;
}

void state_table_sweep(struct state_table *t, uint32_t rows,
                       void (*expired)(void *cx, char *row), void *cx)
{
    if (t->ttl_ms <= 0)
        return;
    int64_t now_ms = table_now_ms(t);
    for (uint32_t looked = MIN(rows, t->made); looked > 0 && t->made > 0; looked--) {
        if (t->sweep_at >= t->made)
            t->sweep_at = 0;
        char *row = table_row(t, t->sweep_at++);
        if (!row_is_live(row) || !row_is_over(t, row, now_ms))
            continue;
        if (expired)
            expired(cx, row);
        state_table_remove(t, row);
    }
}

/* --- index ---------------------------------------------------------------------------------- */

void table_index_add(struct state_table *t, uint32_t hash, uint32_t number)
{
    uint32_t at = hash & t->mask;
    while (t->index[at] != 0)
        at = (at + 1) & t->mask;
    t->index[at] = (uint64_t)number << 32 | hash;
}

enum code table_index_reserve(struct state_table *t, struct error *err)
{
    uint64_t slots = t->index ? (uint64_t)t->mask + 1 : 0;
    if (likely((t->rows + 1) * 4 <= slots * 3))
        return OK;
    uint64_t more = MAX(slots * 2, INDEX_SLOTS_MIN);
    if (more > (uint64_t)1 << 31)
        return error_set(err, E_LIMIT, "the state of " STR_FMT " has too many rows",
                         STR_ARG(state_heap_owner(t->heap)));
    index_slot *old = t->index;
    index_slot *index = state_alloc(t->heap, more * sizeof *index);
    if (!index)
        return state_heap_error(t->heap, err);
    memset(index, 0, more * sizeof *index);
    t->index = index;
    t->mask = (uint32_t)(more - 1);
    for (uint64_t i = 0; i < slots; i++)
        if (old[i] != 0)
            table_index_add(t, (uint32_t)old[i], slot_number(old[i]));
    state_free(t->heap, old, slots * sizeof *old);
    return OK;
}

uint32_t table_index_remove(struct state_table *t, uint32_t hash, const char *row)
{
    uint32_t at = hash & t->mask;
    while ((uint32_t)t->index[at] != hash || table_row(t, slot_number(t->index[at])) != row)
        at = (at + 1) & t->mask;
    uint32_t number = slot_number(t->index[at]);
    /* A follower may fill the hole if its home is not behind the hole. */
    for (uint32_t next = (at + 1) & t->mask; t->index[next] != 0; next = (next + 1) & t->mask) {
        uint32_t home = (uint32_t)t->index[next] & t->mask;
        if (((next - home) & t->mask) >= ((next - at) & t->mask)) {
            t->index[at] = t->index[next];
            at = next;
        }
    }
    t->index[at] = 0;
    return number;
}

char *table_find_like(const struct state_table *t, uint32_t hash, const char *like)
{
    if (!t->index)
        return NULL;
    for (uint32_t at = hash & t->mask; t->index[at] != 0; at = (at + 1) & t->mask) {
        if ((uint32_t)t->index[at] != hash)
            continue;
        char *row = table_row(t, slot_number(t->index[at]));
        if (state_rows_equal(&t->layout, 0, t->key_count, row, like))
            return row;
    }
    return NULL;
}
