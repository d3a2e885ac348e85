/* hbase_delete.h -- the deletes of a call.
 *
 * HBase's REST server takes one row a DELETE, so a few connections work at them.  Their timestamps
 * are given, which is why their order does not matter. */
#pragma once

#include "hbase/hbase_rest.h"
#include "remote/remote_sink.h"

/* When the rows of a call happen, and which of them share a key. */
struct hbase_order {
    uint32_t *later;  /* by how much a row's timestamp is later than the first */
    uint32_t *of_key; /* rows of the call with the row's key */
    uint32_t most;    /* of later[] */
};

/* A row is safe alone only if nothing else of its key is still to come. */
static inline void hbase_settle(struct remote_call *call, const struct hbase_order *order,
                                uint32_t row)
{
    if (order->of_key[row] == 1)
        call->rows[row].verdict = REMOTE_SAFE;
}

struct hbase_deletes;

enum code hbase_deletes_create(const struct hbase_table *table, struct hbase_deletes **ret,
                               struct error *err) WEIR_CHECKED;
void hbase_deletes_destroy(struct hbase_deletes *deletes); /* NULL is fine */
void hbase_deletes_interrupt(struct hbase_deletes *deletes);

/* Makes all deletes of the call, one connection being `first`.  What is done, or refused for ever, has a
 * verdict then, as far as hbase_settle() allows; the outcome is that of the others. */
enum remote_outcome hbase_deletes_run(struct hbase_deletes *deletes, struct hbase_rest *first,
                                      struct remote_call *call, const struct hbase_order *order,
                                      int64_t base_ms, struct error *err);
