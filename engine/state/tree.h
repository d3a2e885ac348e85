/* tree.h -- an ordered map of byte strings: rows by time, by rank, multisets with a
 * smallest and a largest.
 *
 * Keys are encodings of code.h: usually the operator's key, then what is ordered below
 * it, so one tree serves all keys of an operator and a prefix is a range.  A B+ tree with
 * memcmp order in the operator's heap. */
#pragma once

#include "state/code.h"

struct state_reader;
struct state_tree;
struct state_writer;

/* `route` are the types of the leading key values that decide the worker. */
enum code state_tree_create(struct state_heap *heap, const char *name, uint32_t id,
                            const struct type *const *route, uint32_t route_count,
                            struct state_tree **ret, struct error *err) WEIR_CHECKED;
void state_tree_destroy(struct state_tree *tree); /* NULL is fine */

/* Inserts or replaces; both are copied. */
enum code state_tree_put(struct state_tree *tree, struct str key, struct str value,
                         struct error *err) WEIR_CHECKED;
/* The value may be overwritten in place by one as long. */
bool state_tree_get(const struct state_tree *tree, struct str key, struct str *ret_value);
bool state_tree_remove(struct state_tree *tree, struct str key); /* false: was not there */
uint64_t state_tree_count(const struct state_tree *tree);
const struct state_layout *state_tree_route(const struct state_tree *tree);
const char *state_tree_name(const struct state_tree *tree);
/* For the error of a heap that is full: the keys with most bytes below them, as detail. */
void state_tree_explain(const struct state_tree *tree, struct error *err);

/* A place in the tree.  What it shows is good until the next put or remove, and so is the cursor. */
struct tree_cursor {
    const struct state_tree *tree;
    struct str key, value;
    bool valid; /* false: past the end */
    void *leaf_;
    uint32_t at_;
};
/* The first entry with a key >= `key`. */
void state_tree_seek(const struct state_tree *tree, struct str key, struct tree_cursor *ret);
/* The last entry with a key < `key`. */
void state_tree_seek_before(const struct state_tree *tree, struct str key,
                            struct tree_cursor *ret);
void state_tree_next(struct tree_cursor *cursor);
void state_tree_prev(struct tree_cursor *cursor);
/* Is the cursor valid and below the prefix? */
static inline bool tree_cursor_in(const struct tree_cursor *cursor, struct str prefix)
{
    return cursor->valid && str_starts(cursor->key, prefix);
}
/* Removes all entries below a prefix; how many. */
uint64_t state_tree_remove_prefix(struct state_tree *tree, struct str prefix);

enum code state_tree_save(const struct state_tree *tree, struct state_writer *writer,
                          struct error *err) WEIR_CHECKED;
enum code state_tree_load(struct state_tree *tree, struct state_reader *reader, struct str key,
                          struct str value, struct error *err) WEIR_CHECKED;
