/* table.h -- hash tables of typed rows: key columns, value columns, and a tail for the
 * operator's own links.
 *
 * Open addressing over 8-byte slots (hash, row number), rows in pages that never move.
 * All of a batch is looked up in one call, so that probes can be prefetched.  Keys are
 * equal as in GROUP BY: NULL equals NULL.
 *
 * TTL: with ttl_ms > 0 a row that has not been written for so long is gone: a lookup
 * does not find it, and state_table_sweep() frees some of them at a time. */
#pragma once

#include "state/code.h"
#include "types/batch.h"

struct clock;
struct state_reader; /* state/snapshot.h */
struct state_writer;
struct state_table;

struct state_schema {
    const char *name;               /* "groups", "left rows": for people */
    uint32_t id;                    /* table of the operator in a snapshot: stable */
    const struct type *const *key;
    uint32_t key_count;             /* 0: one row */
    uint32_t route_count;           /* key columns that decide the worker; 0: worker 0 */
    const uint32_t *route;          /* which; NULL: the leading ones */
    const struct type *const *value;
    uint32_t value_count;
    uint32_t tail_bytes;            /* zeroed in new rows, never saved */
    int64_t ttl_ms;                 /* 0: for ever; counts from the last write */
};

/* What the schema points to is copied. `clock` is needed with a TTL only. */
enum code state_table_create(struct state_heap *heap, const struct state_schema *schema,
                             const struct clock *clock, struct state_table **ret,
                             struct error *err) WEIR_CHECKED;
void state_table_destroy(struct state_table *table); /* NULL is fine; frees the rows too */
/* Forgets all rows, keeps nothing. */
void state_table_clear(struct state_table *table);

/* Slots: key columns first, then values.  The tail begins state_table_tail() bytes into a row. */
const struct state_layout *state_table_layout(const struct state_table *table);
uint32_t state_table_tail(const struct state_table *table);

/* The rows of n keys: key[c] row sel[i] (sel NULL: i).  ret_rows[i] is the row, new ones (values
 * NULL, tail zero) where `insert`, else NULL where there is none.  ret_new[i] (may be NULL) is 1 at
 * the first appearance of a row that was made.  Counts as a write for the TTL if `insert`. */
enum code state_table_find(struct state_table *table, struct column *const *key,
                           const uint32_t *sel, uint32_t n, bool insert, char **ret_rows,
                           uint8_t *ret_new, struct error *err) WEIR_CHECKED;
/* The same for rows of which neighbours often have one key, as -U and +U have: it is looked up
 * once. */
enum code state_table_find_runs(struct state_table *table, struct column *const *key,
                                const uint32_t *sel, uint32_t n, bool insert, char **ret_rows,
                                uint8_t *ret_new, struct error *err) WEIR_CHECKED;
/* The same with hashes at hand (state_hash over the key columns). */
enum code state_table_find_hashed(struct state_table *table, struct column *const *key,
                                  const uint64_t *hashes, const uint32_t *sel, uint32_t n,
                                  bool insert, char **ret_rows, uint8_t *ret_new,
                                  struct error *err) WEIR_CHECKED;
/* The hashes that a batch brings of selected rows, if it has some over just these key columns; NULL
 * if not, or without memory in its arena. */
const uint64_t *state_hashes_of(const struct batch *in, struct column *const *key,
                                uint32_t key_count, const uint32_t *sel, uint32_t n);
/* Told of a row whose time is over when a lookup is about to make it new again: what its tail points
 * to must go. (The sweep has a callback of its own.) */
void state_table_on_expired(struct state_table *table, void (*expired)(void *cx, char *row),
                            void *cx);
/* A write for the TTL without a lookup. */
void state_table_touch(struct state_table *table, char *row);
/* Frees the row and what its slots hold; not what its tail points to. */
void state_table_remove(struct state_table *table, char *row);

uint32_t state_table_id(const struct state_table *table); /* of the schema */
uint64_t state_table_rows(const struct state_table *table);
/* Walks the live rows, in the order they were made as long as none was removed: start with *at = 0;
 * NULL at the end.  The row returned may be removed before the next call. */
char *state_table_next(struct state_table *table, uint64_t *at);
/* Frees rows whose time is over, looking at up to `rows` rows; calls `expired` (may be NULL) for
 * each before. */
void state_table_sweep(struct state_table *table, uint32_t rows,
                       void (*expired)(void *cx, char *row), void *cx);

/* Snapshots: key and value bytes of every row; the reader keeps rows of other workers out. */
enum code state_table_save(struct state_table *table, struct state_writer *writer,
                           struct error *err) WEIR_CHECKED;
/* One record of this table (see state_reader_next). *ret_row is NULL if it belongs to another
 * worker. */
enum code state_table_load(struct state_table *table, struct state_reader *reader,
                           struct str key, struct str value, char **ret_row, struct error *err)
    WEIR_CHECKED;

/* After E_LIMIT: adds "its largest keys are ..." as detail. */
uint64_t state_table_bytes(const struct state_table *table); /* goes through all rows */
void state_table_explain(const struct state_table *table, struct error *err);
