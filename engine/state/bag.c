/* bag.c -- see bag.h.
 *
 * Keys are rows of a table whose tail is the list's head.  A key with few items is
 * searched by walking; when it gets more, all of its items go into one index of the bag
 * over (key, identity), where they stay until the key is empty. */
#include "state/bag_inner.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdlib.h>

enum { INDEX_SLOTS_MIN = 32, CACHE_LINE = 64 };

/* --- life ----------------------------------------------------------------------------------- */

static uint32_t tail_bytes(const struct bag_schema *schema)
{
    return schema->ttl_ms > 0 ? sizeof(struct bag_tail) : sizeof(struct bag_key);
}

/* `beside` is the schema of the other bag of a pair, or NULL. */
static enum code make_keys(struct state_bag *bag, const struct bag_schema *schema,
                           const struct bag_schema *beside, const struct clock *clock,
                           struct error *err)
{
    const struct state_schema keys = {
        .name = beside ? "both sides" : schema->name,
        .id = schema->id,
        .key = schema->key,
        .key_count = schema->key_count,
        .route_count = schema->route_count,
        .tail_bytes = tail_bytes(schema) + (beside ? tail_bytes(beside) : 0),
    };
    TRY(state_table_create(bag->heap, &keys, clock, &bag->keys, err));
    bag->tail = state_table_tail(bag->keys);
    return OK;
}

static bool is_key_column(const struct bag_schema *schema, uint32_t column)
{
    for (uint32_t i = 0; schema->key_columns && i < schema->key_count; i++)
        if (schema->key_columns[i] == column)
            return true;
    return false;
}

static enum code make_identity(struct state_bag *bag, const struct bag_schema *schema,
                               struct error *err)
{
    bag->counts = !schema->identity;
    uint32_t count = bag->counts ? schema->item_count : schema->identity_count;
    bag->identity = arena_array(bag->keys->arena, uint32_t, count);
    bag->columns = arena_array(bag->keys->arena, struct column *, count);
    if (!bag->identity || !bag->columns)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t column = bag->counts ? i : schema->identity[i];
        if (!is_key_column(schema, column)) /* else the same in all items of a key */
            bag->identity[bag->identity_count++] = column;
    }
    return OK;
}

/* More than its keys alone, which are a table of the heap too. */
static uint64_t bag_bytes(const struct state_holder *holder)
{
    const struct state_bag *bag = (const struct state_bag *)holder;
    return state_table_bytes(bag->keys) + bag->items * item_bytes(bag);
}

static void explain(const struct state_holder *holder, struct error *err)
{
    state_bag_explain((const struct state_bag *)holder, err);
}

static enum code make(struct state_heap *heap, const struct bag_schema *schema,
                      struct state_bag **ret, struct error *err)
{
    struct state_bag *bag = state_alloc(heap, sizeof *bag);
    if (!bag)
        return state_heap_error(heap, err);
    *bag = (struct state_bag){ .heap = heap,
                               .id = schema->id,
                               .ttl_ms = schema->ttl_ms,
                               .appends_only = schema->appends_only };
    *ret = bag;
    return OK;
}

/* It is complete: an error of the heap may name it. */
static void enter(struct state_bag *bag)
{
    bag->holder.bytes = bag_bytes;
    bag->holder.explain = explain;
    state_heap_enter(bag->heap, &bag->holder);
}

/* What lies beside the keys. */
static enum code make_items(struct state_bag *bag, const struct bag_schema *schema,
                            struct error *err)
{
    if (!(bag->name = arena_cstr(bag->keys->arena, str_of(schema->name))))
        return error_nomem(err);
    TRY(make_identity(bag, schema, err));
    return state_layout_create(bag->keys->arena, schema->item, schema->item_count,
                               schema->ttl_ms > 0 ? 8 : 0, &bag->layout, &bag->written, err);
}

enum code state_bag_create(struct state_heap *heap, const struct bag_schema *schema,
                           const struct clock *clock, struct state_bag **ret, struct error *err)
{
    struct state_bag *bag;
    TRY(make(heap, schema, &bag, err));
    enum code code = make_keys(bag, schema, NULL, clock, err);
    if (code == OK)
        code = make_items(bag, schema, err);
    if (code != OK) {
        state_bag_destroy(bag);
        return code;
    }
    enter(bag);
    *ret = bag;
    return OK;
}

static enum code make_pair(struct state_bag *const *pair, const struct bag_schema *schemas,
                           const struct clock *clock, struct error *err)
{
    TRY(make_keys(pair[0], &schemas[0], &schemas[1], clock, err));
    pair[0]->twin = pair[1];
    pair[1]->twin = pair[0];
    pair[1]->keys = pair[0]->keys;
    pair[1]->tail = pair[0]->tail + tail_bytes(&schemas[0]);
    for (uint32_t k = 0; k < 2; k++)
        TRY(make_items(pair[k], &schemas[k], err));
    return OK;
}

enum code state_bag_create_pair(struct state_heap *heap, const struct bag_schema schemas[2],
                                const struct clock *clock, struct state_bag *ret[2],
                                struct error *err)
{
    struct state_bag *pair[2] = { NULL, NULL };
    enum code code = make(heap, &schemas[0], &pair[0], err);
    if (code == OK)
        code = make(heap, &schemas[1], &pair[1], err);
    if (code == OK)
        code = make_pair(pair, schemas, clock, err);
    for (uint32_t k = 0; k < 2; k++) {
        if (code == OK)
            enter(pair[k]);
        else
            state_bag_destroy(pair[k]);
        ret[k] = code == OK ? pair[k] : NULL;
    }
    return code;
}

void state_bag_destroy(struct state_bag *bag)
{
    if (!bag)
        return;
    state_heap_leave(bag->heap, &bag->holder);
    uint64_t at = 0;
    char *row;
    bool closed = state_heap_is_closed(bag->heap);
    while (bag->keys && !closed && (row = state_table_next(bag->keys, &at)) != NULL)
        for (struct bag_item *item = row_key(bag, row)->first, *next; item; item = next) {
            next = item->next;
            bag_item_free(bag, item);
        }
    if (bag->index)
        state_free(bag->heap, bag->index, (bag->mask + 1) * sizeof *bag->index);
    if (bag->twin)
        bag->twin->twin = NULL; /* the keys are its alone now */
    else
        state_table_destroy(bag->keys);
    state_free(bag->heap, bag, sizeof *bag);
}

const struct state_layout *state_bag_layout(const struct state_bag *bag)
{
    return &bag->layout;
}

uint64_t state_bag_items(const struct state_bag *bag)
{
    return bag->items;
}

enum code state_bag_each(struct state_bag *bag,
                         enum code (*fn)(void *cx, struct bag_item *item, struct error *err),
                         void *cx, struct error *err)
{
    uint64_t at = 0;
    char *row;
    while ((row = state_table_next(bag->keys, &at)) != NULL)
        for (struct bag_item *item = row_key(bag, row)->first; item; item = item->next)
            TRY(fn(cx, item, err));
    return OK;
}

static int64_t now_ms(const struct state_bag *bag)
{
    return bag->ttl_ms > 0 ? clock_now_us(bag->keys->clock) / 1000 : 0;
}

/* --- the index over items --------------------------------------------------------------------- */

/* Of the key, then the identity. */
static uint64_t combine(uint64_t key, uint64_t identity)
{
    return hash_u64(identity, key);
}

static uint64_t key_hash(const struct state_bag *bag, const struct bag_key *key)
{
    return state_hash_row(&bag->keys->layout, 0, bag->keys->key_count, key_row(bag, key));
}

static uint64_t item_hash(const struct state_bag *bag, const struct bag_item *item)
{
    return combine(key_hash(bag, item->key), state_hash_slots(&bag->layout, bag->identity,
                                                              bag->identity_count, item->slots));
}

static inline struct bag_item *slot_item(uint64_t slot)
{
    return (struct bag_item *)(uintptr_t)(slot & (((uint64_t)1 << 48) - 1));
}

static void index_add(struct state_bag *bag, uint64_t hash, struct bag_item *item)
{
    uint64_t at = hash & bag->mask;
    while (bag->index[at] != 0)
        at = (at + 1) & bag->mask;
    bag->index[at] = hash >> 48 << 48 | (uint64_t)(uintptr_t)item;
    bag->indexed++;
}

static void index_remove(struct state_bag *bag, uint64_t hash, const struct bag_item *item)
{
    uint64_t at = hash & bag->mask;
    while (slot_item(bag->index[at]) != item)
        at = (at + 1) & bag->mask;
    for (uint64_t next = (at + 1) & bag->mask; bag->index[next] != 0;
         next = (next + 1) & bag->mask) {
        uint64_t home = item_hash(bag, slot_item(bag->index[next])) & bag->mask;
        if (((next - home) & bag->mask) >= ((next - at) & bag->mask)) {
            bag->index[at] = bag->index[next];
            at = next;
        }
    }
    bag->index[at] = 0;
    bag->indexed--;
}

static enum code index_reserve(struct state_bag *bag, uint64_t more, struct error *err)
{
    uint64_t slots = bag->index ? bag->mask + 1 : 0;
    if ((bag->indexed + more) * 4 <= slots * 3)
        return OK;
    uint64_t wanted = MAX(slots * 2, INDEX_SLOTS_MIN);
    uint64_t *old = bag->index;
    uint64_t *index = state_alloc(bag->heap, wanted * sizeof *index);
    if (!index)
        return state_heap_error(bag->heap, err);
    memset(index, 0, wanted * sizeof *index);
    bag->index = index;
    bag->mask = wanted - 1;
    bag->indexed = 0;
    for (uint64_t i = 0; i < slots; i++)
        if (old[i] != 0)
            index_add(bag, item_hash(bag, slot_item(old[i])), slot_item(old[i]));
    state_free(bag->heap, old, slots * sizeof *old);
    return OK;
}

/* --- items ------------------------------------------------------------------------------------ */

enum code bag_item_make(struct state_bag *bag, struct bag_item **ret, struct error *err)
{
    struct bag_item *item = state_alloc(bag->heap, item_bytes(bag));
    if (!item)
        return state_heap_error(bag->heap, err);
    memset(item, 0, item_bytes(bag));
    item->count = 1;
    if (bag->ttl_ms > 0)
        *item_written(bag, item) = now_ms(bag);
    *ret = item;
    return OK;
}

void bag_item_free(struct state_bag *bag, struct bag_item *item)
{
    state_clear(bag->heap, &bag->layout, 0, bag->layout.count, item->slots);
    state_free(bag->heap, item, item_bytes(bag));
}

enum code bag_item_reserve(struct state_bag *bag, const struct bag_key *key, struct error *err)
{
    if (bag->appends_only || key->items < SCAN_MAX)
        return OK;
    return index_reserve(bag, key->indexed ? 1 : key->items + 1, err);
}

static void index_key(struct state_bag *bag, struct bag_key *key)
{
    for (struct bag_item *item = key->first; item; item = item->next)
        index_add(bag, item_hash(bag, item), item);
    key->indexed = true;
}

void bag_item_link(struct state_bag *bag, struct bag_key *key, struct bag_item *item)
{
    item->key = key;
    item->next = NULL;
    if (key->first) {
        item->prev = key->first->prev;
        item->prev->next = item;
    } else {
        key->first = item;
    }
    key->first->prev = item;
    key->items++;
    bag->items++;
    if (bag->ttl_ms > 0) {
        struct bag_tail *tail = (struct bag_tail *)key;
        int64_t written_ms = *item_written(bag, item);
        if (key->items == 1 || written_ms < tail->oldest_ms)
            tail->oldest_ms = written_ms;
    }
    if (key->indexed)
        index_add(bag, item_hash(bag, item), item);
    else if (!bag->appends_only && key->items > SCAN_MAX)
        index_key(bag, key);
}

void bag_item_drop(struct state_bag *bag, struct bag_item *item)
{
    struct bag_key *key = item->key;
    if (key->indexed)
        index_remove(bag, item_hash(bag, item), item);
    struct bag_item *behind = item->next ? item->next : key->first;
    behind->prev = item->prev;
    if (key->first == item)
        key->first = item->next;
    else
        item->prev->next = item->next;
    bag->items--;
    if (--key->items == 0)
        key->indexed = false;
    bag_item_free(bag, item);
}

/* --- the public side --------------------------------------------------------------------------- */

static inline void prefetch_item(const struct state_bag *bag, const struct bag_item *item)
{
    if (!item) /* to ask for what is nowhere is slow */
        return;
    __builtin_prefetch(item);
    if (item_bytes(bag) > CACHE_LINE)
        __builtin_prefetch((const char *)item + CACHE_LINE);
}

/* Where rows are only added they are hung behind the last, which the first knows. */
static void fetch_last(const struct state_bag *bag, struct bag_key *const *keys, uint32_t n)
{
    for (uint32_t i = 0; bag->appends_only && i < n; i++)
        if (keys[i]->items > 1)
            __builtin_prefetch(keys[i]->first->prev);
}

enum code state_bag_find(struct state_bag *bag, struct column *const *key, const uint32_t *sel,
                         uint32_t n, bool insert, struct bag_key **ret, struct error *err)
{
    char **rows = (char **)ret;
    if (bag->appends_only)
        TRY(state_table_find(bag->keys, key, sel, n, insert, rows, NULL, err));
    else
        TRY(state_table_find_runs(bag->keys, key, sel, n, insert, rows, NULL, err));
    int64_t now = now_ms(bag);
    for (uint32_t i = 0; i < n; i++) {
        if (!rows[i])
            continue;
        ret[i] = row_key(bag, rows[i]);
        prefetch_item(bag, ret[i]->first);
        if (bag->ttl_ms > 0) {
            bag_key_expire(bag, ret[i], now, bag->expired, bag->expired_cx);
            if (!insert && ret[i]->items == 0)
                ret[i] = NULL;
        }
    }
    if (insert)
        fetch_last(bag, ret, n);
    return OK;
}

static struct bag_key *expired_key(struct state_bag *bag, struct bag_key *key, int64_t now)
{
    if (bag->ttl_ms > 0)
        bag_key_expire(bag, key, now, bag->expired, bag->expired_cx);
    return key;
}

enum code state_bag_find_both(struct state_bag *bag, struct column *const *key,
                              const uint32_t *sel, uint32_t n, struct bag_key **ret,
                              struct bag_key **ret_other, struct error *err)
{
    struct state_bag *other = bag->twin;
    char **rows = (char **)ret;
    if (bag->appends_only)
        TRY(state_table_find(bag->keys, key, sel, n, true, rows, NULL, err));
    else
        TRY(state_table_find_runs(bag->keys, key, sel, n, true, rows, NULL, err));
    int64_t now = now_ms(bag), now_other = now_ms(other);
    for (uint32_t i = 0; i < n; i++) {
        char *row = rows[i];
        if (i > 0 && ret[i - 1] == row_key(bag, row)) {
            ret[i] = ret[i - 1];
            ret_other[i] = ret_other[i - 1];
            continue;
        }
        struct bag_key *there = expired_key(other, row_key(other, row), now_other);
        ret[i] = expired_key(bag, row_key(bag, row), now);
        ret_other[i] = there->items > 0 ? there : NULL;
        prefetch_item(other, there->first);
        prefetch_item(bag, ret[i]->first);
    }
    fetch_last(bag, ret, n);
    return OK;
}

/* Is its identity that of the row in bag->columns? */
static bool is_item(const struct state_bag *bag, const struct bag_item *item, uint32_t row)
{
    for (uint32_t c = 0; c < bag->identity_count; c++)
        if (!state_equal(item->slots, &bag->layout.slots[bag->identity[c]], bag->columns[c], row))
            return false;
    return true;
}

struct bag_item *state_bag_get(struct state_bag *bag, struct bag_key *key,
                               struct column *const *item, uint32_t row)
{
    for (uint32_t c = 0; c < bag->identity_count; c++)
        bag->columns[c] = item[bag->identity[c]];
    if (!key->indexed) {
        for (struct bag_item *i = key->first; i; i = i->next)
            if (is_item(bag, i, row))
                return i;
        return NULL;
    }
    uint64_t hash;
    state_hash(bag->columns, bag->identity_count, &row, 1, &hash);
    hash = combine(key_hash(bag, key), hash);
    for (uint64_t at = hash & bag->mask; bag->index[at] != 0; at = (at + 1) & bag->mask) {
        struct bag_item *i = slot_item(bag->index[at]);
        if (bag->index[at] >> 48 == hash >> 48 && i->key == key && is_item(bag, i, row))
            return i;
    }
    return NULL;
}

static enum code put(struct state_bag *bag, struct bag_item *item, struct column *const *columns,
                     uint32_t row, struct error *err)
{
    return state_put_columns(bag->heap, &bag->layout, 0, columns, bag->layout.count, &row,
                             &(char *){ item->slots }, 1, err);
}

static enum code add_new(struct state_bag *bag, struct bag_key *key, struct column *const *columns,
                         uint32_t row, struct bag_item **ret, struct error *err)
{
    struct bag_item *item;
    TRY(bag_item_reserve(bag, key, err));
    TRY(bag_item_make(bag, &item, err));
    enum code code = put(bag, item, columns, row, err);
    if (code != OK) {
        bag_item_free(bag, item);
        return code;
    }
    bag_item_link(bag, key, item);
    *ret = item;
    return OK;
}

enum code state_bag_add(struct state_bag *bag, struct bag_key *key, struct column *const *item,
                        uint32_t row, struct bag_item **ret, bool *ret_replaced,
                        struct error *err)
{
    struct bag_item *there = bag->appends_only ? NULL : state_bag_get(bag, key, item, row);
    if (there && bag->counts) {
        if (there->count == UINT32_MAX)
            return error_set(err, E_LIMIT, "the state of " STR_FMT " has a row too often",
                             STR_ARG(state_heap_owner(bag->heap)));
        there->count++;
    } else if (there) {
        TRY(put(bag, there, item, row, err));
    } else {
        TRY(add_new(bag, key, item, row, ret, err));
    }
    if (there) {
        if (bag->ttl_ms > 0)
            *item_written(bag, there) = now_ms(bag);
        *ret = there;
    }
    *ret_replaced = there && !bag->counts;
    return OK;
}

enum code state_bag_replace(struct state_bag *bag, struct bag_item *item,
                            struct column *const *columns, uint32_t row, struct error *err)
{
    struct bag_key *key = item->key;
    if (item->count > 1) {
        struct bag_item *fresh;
        TRY(add_new(bag, key, columns, row, &fresh, err));
        item->count--;
        return OK;
    }
    if (key->indexed)
        index_remove(bag, item_hash(bag, item), item);
    enum code code = put(bag, item, columns, row, err);
    if (key->indexed)
        index_add(bag, item_hash(bag, item), item);
    if (code == OK && bag->ttl_ms > 0)
        *item_written(bag, item) = now_ms(bag);
    return code;
}

void state_bag_take(struct state_bag *bag, struct bag_item *item)
{
    if (--item->count == 0)
        bag_item_drop(bag, item);
}

void state_bag_tidy(struct state_bag *bag, struct bag_key *key)
{
    char *row = key_row(bag, key);
    if (key->items == 0 && (!bag->twin || row_key(bag->twin, row)->items == 0))
        state_table_remove(bag->keys, row);
}

static int by_address(const void *a, const void *b)
{
    const struct bag_key *const *x = a, *const *y = b;
    return *x < *y ? -1 : *x > *y;
}

void state_bag_tidy_all(struct state_bag *bag, struct bag_key **keys, uint32_t n)
{
    uint32_t empty = 0;
    for (uint32_t i = 0; i < n; i++)
        if (keys[i] && keys[i]->items == 0)
            keys[empty++] = keys[i];
    if (empty > 1)
        qsort(keys, empty, sizeof *keys, by_address);
    for (uint32_t i = 0; i < empty; i++)
        if (i == 0 || keys[i] != keys[i - 1])
            state_bag_tidy(bag, keys[i]);
}

/* --- time --------------------------------------------------------------------------------------- */

void bag_key_expire(struct state_bag *bag, struct bag_key *key, int64_t now,
                    void (*expired)(void *cx, struct bag_item *item), void *cx)
{
    struct bag_tail *tail = (struct bag_tail *)key;
    int64_t over_ms = now - bag->ttl_ms;
    if (key->items == 0 || tail->oldest_ms > over_ms)
        return;
    int64_t oldest_ms = INT64_MAX;
    for (struct bag_item *item = key->first, *next; item; item = next) {
        next = item->next;
        int64_t written_ms = *item_written(bag, item);
        if (written_ms > over_ms) {
            oldest_ms = MIN(oldest_ms, written_ms);
            continue;
        }
        if (expired)
            expired(cx, item);
        bag_item_drop(bag, item);
    }
    tail->oldest_ms = oldest_ms;
}

void state_bag_on_expired(struct state_bag *bag, void (*expired)(void *cx, struct bag_item *item),
                          void *cx)
{
    bag->expired = expired;
    bag->expired_cx = cx;
}

void state_bag_sweep(struct state_bag *bag, uint32_t items,
                     void (*expired)(void *cx, struct bag_item *item), void *cx)
{
    if (bag->ttl_ms <= 0)
        return;
    int64_t now = now_ms(bag);
    for (uint64_t looked = 0; looked < items;) {
        char *row = state_table_next(bag->keys, &bag->sweep_at);
        if (!row) {
            bag->sweep_at = 0; /* once round is enough for one call */
            return;
        }
        struct bag_key *key = row_key(bag, row);
        looked += key->items + 1;
        bag_key_expire(bag, key, now, expired, cx);
        state_bag_tidy(bag, key);
    }
}
