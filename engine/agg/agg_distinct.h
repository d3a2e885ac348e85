/* agg_distinct.h -- DISTINCT in front of aggregates: which steps bring a new value, and
 * which take the last of its kind back.
 *
 * A table (group key, values) -> count, shared by all calls over the same arguments and
 * filter.  The values of a group hang in a list from a slot of the group's row, so that
 * a window or group that goes can take them along; the slot is a pointer and means
 * nothing in a snapshot, where agg_set_loaded() makes the lists anew. */
#pragma once

#include "agg/agg_set.h"
#include "state/snapshot.h"
#include "state/table.h"

struct distinct;

struct distinct_open {
    const struct agg_set_open *set;
    const struct agg_call *call; /* one of those that share it */
    uint32_t table_id;
};

enum code distinct_create(const struct distinct_open *open, struct distinct **ret,
                          struct error *err) WEIR_CHECKED;
void distinct_destroy(struct distinct *d); /* NULL is fine */
/* The slot of the groups' rows that the list hangs from. */
void distinct_place(struct distinct *d, const struct state_slot *slot);
bool distinct_shares(const struct distinct *d, const struct agg_call *call);

/* Turns flags (enum agg_flags a step, filter already applied) into those behind the DISTINCT:
 * *ret has AGG_SKIP where the aggregate must not see the step. */
enum code distinct_step(struct distinct *d, const struct agg_batch *b, const uint8_t *flags,
                        const uint8_t **ret, struct error *err) WEIR_CHECKED;
/* The values that a group gets when another becomes part of it. */
struct distinct_values {
    uint32_t n;
    struct column **args;  /* of the calls: a row a value */
    uint8_t *flags;        /* AGG_TAKE, AGG_SKIP: what the aggregate has to do with it */
};
/* Adds what `from` has to `to`; layout is that of the groups' rows, whose key slots come first. */
enum code distinct_merge(struct distinct *d, struct arena *arena,
                         const struct state_layout *layout, char *to, char *from,
                         struct distinct_values *ret, struct error *err) WEIR_CHECKED;
/* Forgets the values of a group. */
void distinct_drop(struct distinct *d, char *group);
void distinct_clear(struct distinct *d);
void distinct_sweep(struct distinct *d, uint32_t rows);

enum code distinct_save(struct distinct *d, struct state_writer *w, struct error *err)
    WEIR_CHECKED;
enum code distinct_load(struct distinct *d, struct state_reader *r, struct str key,
                        struct str value, struct error *err) WEIR_CHECKED;
/* A group's row that was loaded: its list is empty. */
void distinct_loaded_row(struct distinct *d, char *group);
/* Hangs the loaded values to their groups' rows. */
enum code distinct_loaded(struct distinct *d, agg_find_groups find, void *cx, struct error *err)
    WEIR_CHECKED;
