/* bag.h -- many rows a key, in the order they came, equal ones counted: the side of a
 * join, the rows that a sink's key has.
 *
 * A key's items form a list.  What makes two items the same is decided by `identity`:
 * the columns of a unique key, or all columns.  Without retraction (appends_only)
 * nothing is ever searched and equal rows are items of their own.  Otherwise an item
 * is found through an index over (key, identity), so that taking a row back costs the
 * same for a key with a million rows. */
#pragma once

#include "state/table.h"

struct state_bag;

struct bag_schema {
    const char *name;
    uint32_t id;
    const struct type *const *key;
    uint32_t key_count;
    uint32_t route_count;
    const uint32_t *key_columns; /* item columns with the key's values; NULL: none is known */
    const struct type *const *item;
    uint32_t item_count;
    const uint32_t *identity;  /* item columns; NULL: all of them */
    uint32_t identity_count;
    bool appends_only;
    int64_t ttl_ms;
};

/* A row of a key.  `slots` is a row of state_bag_layout(). */
struct bag_item {
    struct bag_item *next, *prev; /* in order of arrival; the first one's `prev` is the last */
    struct bag_key *key;
    uint32_t count;    /* how often it is there: > 0 */
    uint32_t degree;   /* the owner's: matches on the other side of an outer join */
    char slots[];
};
struct bag_key {
    struct bag_item *first;
    uint64_t items : 63;
    uint64_t indexed : 1; /* the bag's */
};
/* The one that came before it; NULL: it is the first of its key. */
static inline struct bag_item *bag_item_before(const struct bag_item *item)
{
    return item->key->first == item ? NULL : item->prev;
}

enum code state_bag_create(struct state_heap *heap, const struct bag_schema *schema,
                           const struct clock *clock, struct state_bag **ret,
                           struct error *err) WEIR_CHECKED;
/* Two bags over the same keys, which are kept once: ret[0] by schemas[0], ret[1] by schemas[1]. */
enum code state_bag_create_pair(struct state_heap *heap, const struct bag_schema schemas[2],
                                const struct clock *clock, struct state_bag *ret[2],
                                struct error *err) WEIR_CHECKED;
void state_bag_destroy(struct state_bag *bag); /* NULL is fine; frees the items too */
const struct state_layout *state_bag_layout(const struct state_bag *bag);

/* The keys of n rows, as in state_table_find(); NULL where there is none and not `insert`.  An
 * empty bag_key stays valid during the batch; state_bag_tidy() frees it. */
enum code state_bag_find(struct state_bag *bag, struct column *const *key, const uint32_t *sel,
                         uint32_t n, bool insert, struct bag_key **ret, struct error *err)
    WEIR_CHECKED;
/* The keys of n rows in both bags of a pair, one lookup for the two: in `bag` as with `insert`, in
 * the other as without. */
enum code state_bag_find_both(struct state_bag *bag, struct column *const *key,
                              const uint32_t *sel, uint32_t n, struct bag_key **ret,
                              struct bag_key **ret_other, struct error *err) WEIR_CHECKED;
/* Adds a row behind the others; *ret is the item, its count raised if it was there (identity over
 * all columns), or its slots replaced in place (identity over a unique key; *ret_replaced true, and
 * the old row is gone: read it before with state_bag_get). */
enum code state_bag_add(struct state_bag *bag, struct bag_key *key, struct column *const *item,
                        uint32_t row, struct bag_item **ret, bool *ret_replaced,
                        struct error *err) WEIR_CHECKED;
/* The item with the identity of this row; NULL if there is none. */
struct bag_item *state_bag_get(struct state_bag *bag, struct bag_key *key,
                               struct column *const *item, uint32_t row);
/* Gives an item another row, in its place among the others (one that is there several times: one of
 * it goes, and the other row comes behind the last). */
enum code state_bag_replace(struct state_bag *bag, struct bag_item *item,
                            struct column *const *columns, uint32_t row, struct error *err)
    WEIR_CHECKED;
/* Takes one of the count away; the item is gone (and invalid) when none is left. */
void state_bag_take(struct state_bag *bag, struct bag_item *item);
/* Frees a key without items. */
void state_bag_tidy(struct state_bag *bag, struct bag_key *key);
/* Frees those of a batch's keys that have no items; one may stand there several times, or be NULL.
 * The list is used up. */
void state_bag_tidy_all(struct state_bag *bag, struct bag_key **keys, uint32_t n);

uint64_t state_bag_items(const struct state_bag *bag);
/* Calls fn for every item, key by key; it changes nothing in the bag. Stops at what is not OK. */
enum code state_bag_each(struct state_bag *bag,
                         enum code (*fn)(void *cx, struct bag_item *item, struct error *err),
                         void *cx, struct error *err) WEIR_CHECKED;
enum code state_bag_save(struct state_bag *bag, struct state_writer *writer, struct error *err)
    WEIR_CHECKED;
enum code state_bag_load(struct state_bag *bag, struct state_reader *reader, struct str key,
                         struct str value, struct error *err) WEIR_CHECKED;
/* Looks at about so many items, frees those whose time is over, and keys without items; `expired`
 * (may be NULL) is told before.  A lookup frees those of its keys, telling state_bag_on_expired(). */
void state_bag_sweep(struct state_bag *bag, uint32_t items,
                     void (*expired)(void *cx, struct bag_item *item), void *cx);
void state_bag_on_expired(struct state_bag *bag, void (*expired)(void *cx, struct bag_item *item),
                          void *cx);
/* After E_LIMIT: adds "its largest keys are ..." as detail. */
void state_bag_explain(const struct state_bag *bag, struct error *err);
