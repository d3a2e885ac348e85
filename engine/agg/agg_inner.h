/* agg_inner.h -- what the files of aggregates share: how a kernel reads its slots and
 * fills the columns of results, and the list of functions.
 *
 * A kernel's loop is written once, as an inline function of two constants: are there
 * flags, and does somebody want results.  AGG_STEP() makes the four loops of it, so
 * that the plain case has no test for either. */
#pragma once

#include "agg/agg.h"

#include "base/arena.h"
#include "expr/call.h"

#define AGG_INLINE static inline __attribute__((always_inline))

/* static enum code name(run, steps, err) from name##_loop(run, steps, flagged, shown, err). */
#define AGG_STEP(name)                                                                             \
    static enum code name(struct agg_run *run, const struct agg_steps *s, struct error *err)       \
    {                                                                                              \
        if (s->flags)                                                                              \
            return s->after ? name##_loop(run, s, true, true, err)                                 \
                            : name##_loop(run, s, true, false, err);                               \
        return s->after ? name##_loop(run, s, false, true, err)                                    \
                        : name##_loop(run, s, false, false, err);                                  \
    }

/* --- slots ------------------------------------------------------------------------------- */

static inline const struct state_slot *agg_slot(const struct agg_run *run, uint32_t i)
{
    return &run->layout->slots[run->slot + i];
}

/* Row of the argument columns of step i. */
AGG_INLINE uint32_t agg_row(const struct agg_steps *s, uint32_t i)
{
    return s->sel ? s->sel[i] : i;
}
AGG_INLINE unsigned agg_flags(const struct agg_steps *s, uint32_t i, bool flagged)
{
    return flagged ? s->flags[i] : 0;
}

/* --- columns of results -------------------------------------------------------------------- */

AGG_INLINE bool agg_put_null(struct column *c, struct arena *arena, uint32_t i)
{
    if (unlikely(!c->valid) && !column_need_valid(c, arena))
        return false;
    bit_clear(c->valid, i);
    return true;
}

/* --- fixed-width values, whatever they mean -------------------------------------------------- */

static inline size_t agg_width(const struct type *type)
{
    enum phys phys = type_phys(type);
    return phys == PHYS_VIEW || phys == PHYS_LIST || phys == PHYS_ROW ? 0 : phys_bytes(phys);
}

/* agg_kernel.result of functions whose slot 0 is the result. */
enum code agg_value_result(struct agg_run *run, struct arena *arena, char *const *rows,
                           const struct str *keys, uint32_t n, struct column *out,
                           struct error *err);

/* --- trees: key bytes, number of the aggregate, a tag, then what is ordered -------------------- */

/* Starts a key in run->key; what is appended to it is ordered by memcmp. */
enum code agg_tree_begin(struct agg_run *run, struct str group, char tag,
                         struct error *err) WEIR_CHECKED;
static inline void agg_put_u64(struct buf *out, uint64_t value)
{
    uint64_t turned = __builtin_bswap64(value);
    buf_put(out, &turned, sizeof turned);
}
static inline uint64_t agg_get_u64(const char *bytes)
{
    uint64_t turned;
    memcpy(&turned, bytes, sizeof turned);
    return __builtin_bswap64(turned);
}
/* Adds to a count in the tree under run->key, which is not there while it is 0. */
enum code agg_tree_add(struct agg_run *run, int64_t change, int64_t *ret_count,
                       struct error *err) WEIR_CHECKED;
/* Removes all of the aggregate's entries of a group. */
enum code agg_tree_restart(struct agg_run *run, struct str group, struct error *err) WEIR_CHECKED;
/* Calls fn for each entry of a group below the tag, with what its key has behind the tag.  They are
 * copied first, so fn may change the tree, and use run->key and run->value. */
typedef enum code (*agg_entry_fn)(struct agg_run *run, void *cx, struct str suffix,
                                  struct str value, struct error *err);
enum code agg_tree_each(struct agg_run *run, struct str group, char tag, agg_entry_fn fn, void *cx,
                        struct error *err) WEIR_CHECKED;
/* Adds the counts that a group has below the tag to those of another. */
enum code agg_tree_add_all(struct agg_run *run, struct str to, struct str from, char tag,
                           struct error *err) WEIR_CHECKED;
/* What a function that keeps all in the tree has while its results are made; the first member of its
 * own struct. */
struct agg_shown {
    struct arena *arena; /* of results */
    char *row;           /* whose result was made last; NULL when it has changed since */
};
typedef enum code (*agg_put_fn)(struct agg_run *run, struct agg_shown *shown, char *row,
                                struct str group, struct column *out, uint32_t at,
                                struct error *err);
/* Counts row i of the steps, or takes it back. */
typedef enum code (*agg_change_fn)(struct agg_run *run, const struct agg_steps *s, uint32_t i,
                                   bool take, struct error *err);
/* agg_kernel.step and .result of such a function. */
enum code agg_tree_step(struct agg_run *run, const struct agg_steps *s, struct agg_shown *shown,
                        agg_put_fn put, agg_change_fn change, struct error *err) WEIR_CHECKED;
enum code agg_tree_result(struct agg_run *run, struct agg_shown *shown, char *const *rows,
                          const struct str *keys, uint32_t n, struct column *out, agg_put_fn put,
                          struct error *err) WEIR_CHECKED;
/* agg_kernel.reset where nothing is in the row. */
void agg_tree_reset(struct agg_run *run, char *row);
/* The same as agg_kernel.drop: what it cannot remove for lack of memory goes when the group comes
 * again. */
void agg_tree_drop(struct agg_run *run, struct str group);

/* --- resolving ------------------------------------------------------------------------------ */

/* Agg's only argument is call's, of its type; the result has that type too. */
enum code agg_take_argument(struct agg *agg, struct call *call, struct error *err) WEIR_CHECKED;
/* Coerces the only argument to a number (Blink: strings are DOUBLE); rejects others. */
enum code agg_take_number(struct agg *agg, struct call *call, struct error *err) WEIR_CHECKED;
static inline bool agg_is_blink(const struct call *call)
{
    return call_is_blink(call);
}

extern const struct agg_function agg_count_table[], agg_sum_table[], agg_extreme_table[],
    agg_value_table[], agg_text_table[], agg_array_table[], agg_collect_table[], agg_stat_table[],
    agg_json_table[], agg_approx_table[], agg_single_table[],
    agg_percentile_table[]; /* each ends with a NULL name */
