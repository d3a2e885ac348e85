/* agg_sequence.h -- the values of a group in the order they came, in the tree, so that
 * one can be taken out again.
 *
 * Two orders below the group's key: by number of arrival (with an order argument: by
 * that, then by number), which has the values, and by value, which finds the oldest of
 * equal ones. */
#pragma once

#include "agg/agg_inner.h"

/* How a sequence is ordered. */
struct sequence {
    const struct column *order; /* NULL: by arrival alone */
    bool newest_first;          /* among equal orders the newest comes first */
};

/* Where a value stands. */
struct sequence_place {
    struct str value; /* encoded; good until the tree changes */
    uint64_t number;
    struct str order; /* encoded; empty without one */
};

/* Adds row `at` of `value` as number `number`.  `searched`: it may be taken out again. */
enum code sequence_add(struct agg_run *run, struct str group, const struct sequence *q,
                       const struct column *value, uint32_t at, uint64_t number, bool searched,
                       struct error *err) WEIR_CHECKED;
/* Takes out the oldest that equals it (order included). *ret_number is its number; *ret_found false
 * if there is none. */
enum code sequence_take(struct agg_run *run, struct str group, const struct sequence *q,
                        const struct column *value, uint32_t at, bool *ret_found,
                        uint64_t *ret_number, struct error *err) WEIR_CHECKED;
/* The first or last in order; *ret_found false if the group has none. */
enum code sequence_end(struct agg_run *run, struct str group, const struct sequence *q, bool last,
                       bool *ret_found, struct sequence_place *ret, struct error *err) WEIR_CHECKED;
/* Functions whose first slot numbers what came: their reset, change (NULLs too) and merge. */
void sequence_reset(struct agg_run *run, char *row);
enum code sequence_change(struct agg_run *run, const struct agg_steps *s, uint32_t i, bool take,
                          bool *ret_found, struct error *err) WEIR_CHECKED;
enum code sequence_merge_numbered(struct agg_run *run, char *const *to, const struct str *to_keys,
                                  char *const *from, const struct str *from_keys, uint32_t n,
                                  struct error *err);
/* Adds the values of `from` with `base` added to their numbers, so as ones that came later. */
enum code sequence_merge(struct agg_run *run, struct str to, struct str from, bool newest_first,
                         uint64_t base, bool searched, struct error *err) WEIR_CHECKED;
/* All in order: a cursor that stands on the first; its `value` is the encoded value. */
enum code sequence_walk(struct agg_run *run, struct str group, struct tree_cursor *ret,
                        struct error *err) WEIR_CHECKED;
/* Is it still in the sequence that sequence_walk() began?  (run->key is left alone meanwhile.) */
static inline bool sequence_in(const struct agg_run *run, const struct tree_cursor *cursor)
{
    return tree_cursor_in(cursor, buf_view(&run->key));
}
