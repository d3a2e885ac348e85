/* lookup_cache.h -- rows of an outside table that were asked for, by key.
 *
 * Which keys have which rows, and that a key has none.  With a size the key that was not
 * asked for longest goes first; with a time, entries grow old: after loading, or after
 * the last use.  Rows live in the operator's heap and are good until the cache is
 * written again. */
#pragma once

#include "connector/lookup_settings.h"
#include "state/table.h"
#include "types/batch.h"

struct clock;
struct lookup_cache;

/* A row of the table; `slots` is a row of lookup_cache_layout(). */
struct lookup_row {
    struct lookup_row *next; /* of the same key */
    _Alignas(16) char slots[]; /* a wide DECIMAL wants it */
};
/* A key that is known. */
struct lookup_entry {
    struct lookup_row *first, *last;
    uint32_t count;
    bool known;              /* its rows are here, be it none */
    bool asked;              /* the owner's: an answer is under way */
    int64_t loaded_ms, used_ms;
    char *older, *newer;     /* rows of the table of keys, in order of use */
};

enum code lookup_cache_create(struct state_heap *heap, const struct lookup_cache_settings *settings,
                              const struct type *const *key, uint32_t key_count,
                              const struct type *const *row, uint32_t row_count,
                              const struct clock *clock, struct lookup_cache **ret,
                              struct error *err) WEIR_CHECKED;
void lookup_cache_destroy(struct lookup_cache *cache); /* NULL is fine */
const struct state_layout *lookup_cache_layout(const struct lookup_cache *cache);

/* The entries of n keys (key[c] row sel[i]).  ret[i]->known is false where the key must be asked
 * for; then it is known after lookup_cache_answer().  The same key twice gives the same entry. */
enum code lookup_cache_find(struct lookup_cache *cache, struct column *const *key,
                            const uint32_t *sel, uint32_t n, struct lookup_entry **ret,
                            struct error *err) WEIR_CHECKED;
/* Adds a row to an entry that is being filled. */
enum code lookup_cache_add(struct lookup_cache *cache, struct lookup_entry *entry,
                           struct column *const *row, uint32_t at, struct error *err)
    WEIR_CHECKED;
/* All rows of the entry are here. */
void lookup_cache_answer(struct lookup_cache *cache, struct lookup_entry *entry);
/* After a batch: drops what the settings do not let stay. No entry is good any more. */
void lookup_cache_forget(struct lookup_cache *cache);
/* ALL: is it time to load the table (again)?  That begins with an empty cache and goes on with
 * rows: key columns and row columns of n rows. */
bool lookup_cache_wants_all(const struct lookup_cache *cache);
void lookup_cache_begin_all(struct lookup_cache *cache);
enum code lookup_cache_load(struct lookup_cache *cache, struct column *const *key,
                            struct column *const *row, const uint32_t *sel, uint32_t n,
                            struct arena *arena, struct error *err) WEIR_CHECKED;

struct lookup_cache_counts {
    uint64_t asked, hits, misses; /* keys; misses: known not to be there */
};
struct lookup_cache_counts lookup_cache_counts(const struct lookup_cache *cache);
