/* dedup.h -- what the operators of deduplication share: a table of rows by key, where a
 * column of the input lies in it, and the way back. */
#pragma once

#include "exec/op/ops.h"

#include "state/table.h"

struct dedup_rows {
    struct state_table *table;
    struct column **key;      /* room for the key columns of a batch */
    uint32_t *slots;          /* slot of each column of the input */
    uint32_t *others;         /* columns that are no keys: the values of the table */
    uint32_t other_count;
    struct column **values;   /* room for those */
    uint32_t key_count;
    uint32_t number_slot;     /* behind the rows: a BIGINT for the operator */
};

/* `whole`: the rows are kept, not only their keys. */
enum code dedup_rows_create(struct op *op, const struct plan_dedup *plan, struct state_heap *heap,
                            struct state_schema schema, bool whole, struct dedup_rows *ret,
                            struct error *err) WEIR_CHECKED;
/* The rows of the keys of a batch; ret_new as state_table_find() has it.  `reads`: only finding a
 * key is no write for its lifetime. */
enum code dedup_find(struct dedup_rows *rows, const struct plan_dedup *plan,
                     const struct batch *in, bool reads, char **ret_rows, uint8_t *ret_new,
                     struct error *err) WEIR_CHECKED;
/* Rows sel[i] of the input become those of the keys. */
enum code dedup_put(struct dedup_rows *rows, struct state_heap *heap, const struct batch *in,
                    const uint32_t *sel, char *const *keys, uint32_t n, struct error *err)
    WEIR_CHECKED;

/* First row of each key by row time: they leave once (op_dedup_first.c). */
enum code op_dedup_first_create(struct worker *worker, const struct plan_dedup *plan,
                                struct op **ret, struct error *err);
