/* bag_inner.h -- a bag from inside; shared by bag*.c. */
#pragma once

#include "state/bag.h"
#include "state/table_inner.h"

/* A key is the tail of a row in a table of keys. */
struct bag_tail {
    struct bag_key key;
    int64_t oldest_ms; /* with a TTL: no item was written before; else not there */
};

struct state_bag {
    struct state_holder holder; /* first */
    struct state_heap *heap;
    const char *name;
    uint32_t id;
    struct state_table *keys;
    struct state_bag *twin;     /* has the same table of keys; NULL: none */
    uint32_t tail;              /* where a key lies in its row */
    struct state_layout layout; /* of an item's slots */
    uint32_t written;           /* offset of the time of the last write, with a TTL */
    int64_t ttl_ms;
    bool appends_only;
    bool counts; /* identity is the whole row: equal ones are counted, not replaced */
    uint32_t *identity;
    uint32_t identity_count;
    struct column **columns; /* of the identity, of the row at hand */
    void (*expired)(void *cx, struct bag_item *item);
    void *expired_cx;
    uint64_t sweep_at;
    uint64_t items;

    /* Items of keys with more than SCAN_MAX: 16 bits of hash, 48 of pointer; 0 is free. */
    uint64_t *index;
    uint64_t mask; /* slots - 1 */
    uint64_t indexed;
};

enum { SCAN_MAX = 8 }; /* a key with more items has them in the index */

static inline char *key_row(const struct state_bag *bag, const struct bag_key *key)
{
    return (char *)key - bag->tail;
}
static inline struct bag_key *row_key(const struct state_bag *bag, char *row)
{
    return (struct bag_key *)(row + bag->tail);
}
static inline int64_t *item_written(const struct state_bag *bag, struct bag_item *item)
{
    return (int64_t *)(item->slots + bag->written);
}
static inline size_t item_bytes(const struct state_bag *bag)
{
    return sizeof(struct bag_item) + bag->layout.bytes;
}

/* An item that is not linked yet: zeroed slots. */
enum code bag_item_make(struct state_bag *bag, struct bag_item **ret, struct error *err)
    WEIR_CHECKED;
void bag_item_free(struct state_bag *bag, struct bag_item *item);
/* Room in the index for what bag_item_link() will do. */
enum code bag_item_reserve(struct state_bag *bag, const struct bag_key *key, struct error *err)
    WEIR_CHECKED;
/* Behind the others of its key. */
void bag_item_link(struct state_bag *bag, struct bag_key *key, struct bag_item *item);
/* Out of its key and freed, whatever its count. */
void bag_item_drop(struct state_bag *bag, struct bag_item *item);
/* Frees what is over in a key, at `now_ms`. */
void bag_key_expire(struct state_bag *bag, struct bag_key *key, int64_t now_ms,
                    void (*expired)(void *cx, struct bag_item *item), void *cx);
