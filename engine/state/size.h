/* size.h -- how much memory rows will take before there is one: for EXPLAIN.
 *
 * From the layouts that the tables have: fixed slots are exact.  A text whose length nobody
 * knows counts SIZE_TEXT_BYTES, a nested value SIZE_NESTED_BYTES; indexes are as full as they are on
 * the average.  All answers are bytes of one row; 0: out of memory. */
#pragma once

#include "state/bag.h"

enum {
    SIZE_TEXT_BYTES = 20,
    SIZE_NESTED_BYTES = 60, /* ARRAY, MAP, ROW: encoded */
};

/* A row of a table, with its place in the index. */
uint64_t state_size_table_row(struct arena *arena, const struct state_schema *schema) WEIR_CHECKED;
/* A key of a bag without its items, and an item. */
uint64_t state_size_bag_key(struct arena *arena, const struct bag_schema *schema) WEIR_CHECKED;
uint64_t state_size_bag_item(struct arena *arena, const struct bag_schema *schema) WEIR_CHECKED;
/* A row of this layout that lies in the heap by itself. */
uint64_t state_size_row(struct arena *arena, const struct type *const *types,
                        uint32_t n) WEIR_CHECKED;
/* An entry of a tree with so many bytes of key and value. */
uint64_t state_size_tree_entry(uint64_t key_bytes, uint64_t value_bytes);
/* Values as code.h writes them. */
uint64_t state_size_encoded(const struct type *const *types, uint32_t n);
