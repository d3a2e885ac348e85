/* state.h -- the one door through which operators keep rows between batches.
 *
 * A state table maps key bytes to a row of fixed slots and variable parts.  It is
 * owned by one operator on one worker; nobody else touches it.  Keys are in the
 * canonical form of state_key_*(), which hashes to the same place whatever the
 * number of workers, so state leaves an operator only as (operator id, table id,
 * key bytes, value bytes) -- in a snapshot now, in epochs of changed rows later --
 * and no operator has a file format of its own.
 *
 * This header is the contract that stateful operators are written against; this
 * version of weir runs no operator that keeps state, and so builds no table. */
#pragma once

#include "types/batch.h"

struct state_table;
struct state_writer; /* a snapshot being written */
struct state_reader; /* a snapshot being read back */

/* What a table of an operator looks like: columns of its rows, and how long they live. */
struct state_schema {
    const char *name;               /* "groups", "left rows": stable, part of the snapshot */
    const struct type *const *key;  /* columns of the key, in order */
    uint32_t key_count;
    const struct type *const *value;
    uint32_t value_count;
    int64_t ttl_ms;                 /* 0: for ever; counts from the last write */
};

/* `memory_limit_bytes` 0: none.  Beyond it state_lookup() fails with E_LIMIT, naming the operator
 * and its largest keys. */
enum code state_table_create(const struct state_schema *schema, uint64_t operator_id,
                             uint32_t table_id, uint64_t memory_limit_bytes,
                             const struct clock *clock, struct state_table **ret,
                             struct error *err) WEIR_CHECKED;
void state_table_destroy(struct state_table *table);

/* Row handles for the keys in `columns` of the selected rows: new ones where `insert`, else
 * UINT32_MAX where there is none.  One call a batch, so that probes can be prefetched. */
enum code state_lookup(struct state_table *table, const struct batch *in, const uint32_t *columns,
                       bool insert, uint32_t *ret_rows, bool *ret_new, struct error *err)
    WEIR_CHECKED;
/* The fixed slots of a row; good until the next insert. */
void *state_row(struct state_table *table, uint32_t row);
/* Replaces a variable part (strings, lists) of a row; the bytes are copied. */
enum code state_set_bytes(struct state_table *table, uint32_t row, uint32_t column,
                          struct str bytes, struct error *err) WEIR_CHECKED;
struct str state_bytes(const struct state_table *table, uint32_t row, uint32_t column);
void state_remove(struct state_table *table, uint32_t row);
/* Calls fn for every live row, in no order, until it returns false. */
void state_each(struct state_table *table, bool (*fn)(void *cx, uint32_t row), void *cx);

uint64_t state_rows(const struct state_table *table);
uint64_t state_memory_bytes(const struct state_table *table);

/* At a barrier: everything, or what changed since the last one -- the writer decides. */
enum code state_save(struct state_table *table, struct state_writer *writer, struct error *err)
    WEIR_CHECKED;
/* Rows whose key belongs to this worker; the others are left to theirs. */
enum code state_load(struct state_table *table, struct state_reader *reader, uint32_t worker,
                     uint32_t workers, struct error *err) WEIR_CHECKED;

/* The canonical bytes of a key: order-preserving, equal exactly for equal keys; NULLs compare
 * equal. */
void state_key_append(struct buf *out, const struct column *column, uint32_t row);
uint32_t state_key_worker(struct str key, uint32_t workers);
