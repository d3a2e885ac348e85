/* agg_set.h -- all aggregates of an operator: slots of the group row, DISTINCT, FILTER.
 *
 * The operator owns the table of groups; the set says which value slots a group's row
 * needs (agg_set_slots), then runs the steps of each batch over all its aggregates.
 * DISTINCT is a table (group key, value) -> count in front of the function, shared by
 * calls over the same arguments and filter. */
#pragma once

#include "agg/agg.h"
#include "types/batch.h"

struct agg_set;
struct clock;
struct state_reader;
struct state_writer;

struct agg_set_open {
    const struct agg_call *calls;
    uint32_t count;
    const struct type *const *key; /* types of the group key */
    uint32_t key_count;
    uint32_t route_count;            /* leading key columns that decide the worker; 0: worker 0 */
    const struct type *const *input; /* types of the input's columns */
    struct state_heap *heap;
    const struct clock *clock;
    int64_t ttl_ms;                /* of the distinct tables */
    uint32_t first_table_id;       /* of its own tables in a snapshot; uses ids from there */
};

/* Types of all accumulator slots, in order: value columns of the groups' table (from value
 * `first`).  In `arena`. */
enum code agg_set_slots(struct arena *arena, const struct agg_call *calls, uint32_t count,
                        const struct type ***ret, uint32_t *ret_count, struct error *err)
    WEIR_CHECKED;
enum code agg_set_create(const struct agg_set_open *open, struct agg_set **ret,
                         struct error *err) WEIR_CHECKED;
void agg_set_destroy(struct agg_set *set); /* NULL is fine */
/* Where the accumulators lie: once, when the groups' table is made; again after it was replaced. */
void agg_set_place(struct agg_set *set, const struct state_layout *layout, uint32_t first_slot);
bool agg_set_wants_keys(const struct agg_set *set);
/* Is it cheaper to merge the groups of slices than to add each row to all of its windows?  Only what
 * lies in the rows is. */
bool agg_set_shares_slices(const struct agg_set *set);

/* May the results of a few rows need much more memory than the rows? */
bool agg_set_is_bulky(const struct agg_set *set);

struct agg_batch {
    const struct batch *in;
    uint32_t n;                   /* steps */
    const uint32_t *sel;          /* row of `in` of each step; NULL: i */
    char *const *rows;            /* state row of each step */
    const uint8_t *flags;         /* AGG_TAKE, AGG_RESET, AGG_SKIP a step; NULL: all 0 */
    struct column *const *key;    /* group key columns of `in` (rows as sel says) */
    const struct str *keys;       /* key bytes, if the set wants them */
};
/* before[c], after[c] (arrays of `count` pointers, or NULL): columns of n rows, made here. */
enum code agg_set_step(struct agg_set *set, const struct agg_batch *b, struct column **before,
                       struct column **after, struct error *err) WEIR_CHECKED;
/* The results of n groups as columns. */
enum code agg_set_result(struct agg_set *set, struct arena *arena, char *const *rows,
                         const struct str *keys, uint32_t n, struct column **out,
                         struct error *err) WEIR_CHECKED;
/* A fresh accumulator in new rows (a result of no rows: COUNT 0, SUM NULL). */
void agg_set_reset(struct agg_set *set, char *const *rows, uint32_t n);
/* Adds the accumulators of `from` to those of `to` (n pairs); `from` stays. */
enum code agg_set_merge(struct agg_set *set, char *const *to, const struct str *to_keys,
                        char *const *from, const struct str *from_keys, uint32_t n,
                        struct error *err) WEIR_CHECKED;
/* Before a group goes: what lies beside its row. Row slots are freed with the row.  Without a key
 * (NULL data: no memory to make it) what the key leads to stays until the group comes again. */
void agg_set_drop(struct agg_set *set, char *row, struct str key);
/* Everything that lies beside the rows (all keys). */
void agg_set_clear(struct agg_set *set);
/* Frees distinct values whose time is over. */
void agg_set_sweep(struct agg_set *set, uint32_t rows);

enum code agg_set_save(struct agg_set *set, struct state_writer *w, struct error *err)
    WEIR_CHECKED;
/* *ret_mine: the record's table belongs to the set. */
enum code agg_set_load(struct agg_set *set, struct state_reader *r, uint32_t table_id,
                       struct str key, struct str value, bool *ret_mine, struct error *err)
    WEIR_CHECKED;
/* For each row of a group that was loaded. */
void agg_set_loaded_row(struct agg_set *set, char *row);
/* The rows of n groups by the set's key; NULL where there is none. */
typedef enum code (*agg_find_groups)(void *cx, struct column *const *key, uint32_t n,
                                     char **ret_rows, struct error *err);
/* After the last record: ties what lies beside the rows to them again. */
enum code agg_set_loaded(struct agg_set *set, agg_find_groups find, void *cx, struct error *err)
    WEIR_CHECKED;
