/* plan_bill_inner.h -- what the files that make a bill share. */
#pragma once

#include "plan/plan_bill.h"

enum { BILL_NUMBER_BYTES = 9 /* of arrival, encoded */ };

struct billing {
    struct arena *arena;
    const struct plan *node;
    struct plan_bill *bill;
    bool failed;
};

/* ---- plan_bill.c ---- */

/* Types of columns of an input, with room for `more`; columns NULL: of all.  NULL: out of memory. */
const struct type **bill_types(struct billing *b, const struct plan *input, const uint32_t *columns,
                               uint32_t count, uint32_t more);
/* A part of so many columns, `bytes` a row (0: there was no memory). Never NULL. */
struct bill_part *bill_add(struct billing *b, const char *noun, const struct plan *input,
                           const uint32_t *columns, uint32_t count, uint64_t bytes);
/* What bounds state that is kept by key: a TTL, the end of the input, nothing. */
void bill_bound_by_key(struct bill_part *part, const struct plan *node, uint32_t port);
void bill_bound_by_time(struct bill_part *part, bool proctime, int64_t us);
uint64_t bill_table_bytes(struct billing *b, const struct type *const *key, uint32_t key_count,
                          const struct type *const *value, uint32_t value_count, uint32_t tail,
                          int64_t ttl_ms);
/* A key of a bag with one item. */
uint64_t bill_bag_bytes(struct billing *b, const struct type *const *key, uint32_t key_count,
                        const struct type *const *item, uint32_t item_count, int64_t ttl_ms);

/* NULL: it has none. */
const struct plan_key *bill_shortest_key(const struct plan *input);

/* ---- plan_bill_lookup.c ---- */

void bill_lookup(struct billing *b, const struct plan_lookup *plan);

/* ---- plan_bill_group.c: what has accumulators ---- */

void bill_group(struct billing *b, const struct plan_group *plan);
void bill_window(struct billing *b, const struct plan_window *plan);
void bill_assign(struct billing *b, const struct plan_assign *plan);
void bill_over(struct billing *b, const struct plan_over *plan);
/* Windows (or their slices) that a key has open at one time, with rows in order. */
uint64_t bill_open_windows(const struct window_spec *w);
/* The windows that a column of a node is a bound of; NULL: it is none. */
const struct window_spec *bill_spec_of(const struct plan *node, uint32_t column);

/* ---- plan_bill_print.c ---- */

/* The names that column i of a part has: on its way from the table on, and where what the operator
 * makes of it is read.  Ends with the first that fn wants. */
bool bill_each_name(const struct plan_bill *bill, const struct bill_part *part, uint32_t i,
                    bool (*fn)(void *cx, struct str name), void *cx);
void bill_put_columns(struct buf *out, const struct plan_bill *bill, const struct bill_part *part);
