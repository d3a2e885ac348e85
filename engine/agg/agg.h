/* agg.h -- aggregate functions: accumulators in state rows, columns in, columns out.
 *
 * An aggregate keeps its accumulator in slots of its group's row (state/row.h); what does
 * not fit a slot (the multiset of a retractable MAX, the list of COLLECT) lies in a
 * state_tree below the group's key bytes.  Each function works column at a time over
 * the *steps* of a batch: step i applies a row to a group and may give the result
 * before and after.  Accumulators of different aggregates are independent, so doing
 * all steps of one aggregate, then all of the next, is the same as row by row -- and
 * the order of steps within one aggregate is the order of rows.
 *
 * The binder resolves calls (agg_bind), plans carry struct agg_call, operators use
 * agg_set.h, which adds DISTINCT and FILTER. */
#pragma once

#include "expr/function.h"
#include "state/tree.h"
#include "types/schema.h"

struct agg;
struct agg_run;

enum {
    AGG_ARGS_MAX = 4,
    AGG_SLOTS_MAX = 8, /* accumulator slots of one aggregate */
};

/* What a step does; 0 adds the row. */
enum agg_flags {
    AGG_TAKE = 1 << 0,  /* takes the row back */
    AGG_SKIP = 1 << 1,  /* leaves the accumulator as it is (FILTER, DISTINCT) */
    AGG_RESET = 1 << 2, /* the group is new, or was empty: start afresh before the row */
};

/* The steps of one batch for one aggregate, in row order. */
struct agg_steps {
    struct arena *arena;         /* of the batch: results and their strings go here */
    uint32_t n;
    char *const *rows;           /* the state row of each step */
    const uint32_t *sel;         /* row of the argument columns; NULL: i */
    struct column *const *args;  /* struct agg_call.args, resolved */
    const uint8_t *flags;        /* enum agg_flags a step; NULL: all 0 */
    const struct str *keys;      /* key bytes of each step's group, if agg->wants_key */
    /* Columns of n rows of the result type, or both NULL where nobody asks.  Given with room and
     * without bitmap, to be filled (strings: in `arena`, since state is overwritten).  What `before`
     * of a step with AGG_RESET is nobody reads, but it is a value. */
    struct column *before, *after;
};

struct agg_function {
    const char *name;        /* upper case */
    unsigned dialects;
    const char *signature;   /* "LAST_VALUE(value [, order])" */
    const char *summary;
    /* Argument types and result for these arguments; may coerce them. */
    enum code (*resolve)(struct agg *agg, struct call *call, struct error *err);
    /* Accumulator and kernel for what resolve() has found and agg->takes_back; false: the function
     * cannot take rows back. */
    bool (*setup)(struct agg *agg);
};

struct agg_kernel {
    /* A fresh accumulator, whatever was in the slots; what lies below the key stays. */
    void (*reset)(struct agg_run *run, char *row);
    enum code (*step)(struct agg_run *run, const struct agg_steps *steps, struct error *err);
    /* Results of n groups; rows[i] may be freshly reset ones. */
    enum code (*result)(struct agg_run *run, struct arena *arena, char *const *rows,
                        const struct str *keys, uint32_t n, struct column *out,
                        struct error *err);
    /* Adds the accumulators of `from` to those of `to` (n pairs); `from` stays. */
    enum code (*merge)(struct agg_run *run, char *const *to, const struct str *to_keys,
                       char *const *from, const struct str *from_keys, uint32_t n,
                       struct error *err);
    /* Frees what lies beside the row below the key. NULL: nothing does. */
    void (*drop)(struct agg_run *run, struct str key);
};

/* A resolved aggregate: read-only, shared by workers, part of the plan. */
struct agg {
    const struct agg_function *function;
    const struct agg_kernel *kernel;
    const struct type *result;
    const struct type *args[AGG_ARGS_MAX];
    uint32_t arg_count;
    const struct type *slots[AGG_SLOTS_MAX]; /* accumulator, part of the group's row */
    uint32_t slot_count;
    bool takes_back;     /* resolved for input that takes rows back (the plan knows) */
    bool wants_key;      /* keeps things in a tree */
    bool ignores_distinct; /* MIN, MAX: DISTINCT changes nothing */
    bool is_bulky;       /* a result can be as large as all values of a group together */
    bool in_order;       /* depends on the order of rows: LAST_VALUE, LISTAGG ... */
    const void *state;   /* of the function: a separator ... */
    uint64_t state_hash;
};

/* An aggregate call in a plan; columns are those of the operator's input. */
struct agg_call {
    struct agg *agg;
    uint32_t args[AGG_ARGS_MAX];
    uint32_t filter;     /* BOOLEAN column; AGG_NO_COLUMN: none */
    bool distinct;
    struct span span;
    struct str label;    /* for people who look at rows: the alias of the select list, else the call
                            as SQL; .size 0: nobody has written it */
};
#define AGG_NO_COLUMN UINT32_MAX

/* One aggregate of one operator instance. */
struct agg_run {
    const struct agg *agg;
    const struct state_layout *layout; /* of the groups' rows */
    uint32_t slot;                     /* first of its slots there */
    struct state_heap *heap;
    struct state_tree *tree;           /* if wants_key; shared by the operator's aggregates */
    uint32_t ordinal;                  /* which of them: goes behind the key in the tree */
    struct buf key, value;             /* scratch */
};

/* --- binding ----------------------------------------------------------------------- */

bool agg_is_name(struct str name, enum dialect dialect);
const struct agg_function *agg_function_find(struct str name, enum dialect dialect);
/* The i-th of all, NULL past the end: for help and completion. */
const struct agg_function *agg_function_at(uint32_t i);

/* An aggregate over bound arguments: *args may be replaced by casts.  `order_by` is LISTAGG's WITHIN
 * GROUP or ORDER BY inside of the parentheses (NULL: none).  Until agg_set_takes_back() is called it
 * is resolved for input that only adds. */
enum code agg_bind(const struct bind_env *env, struct str name, struct expr **args,
                   uint32_t arg_count, bool distinct, struct span span, struct agg **ret,
                   struct error *err) WEIR_CHECKED;
/* Chooses accumulator and kernel for input that takes rows back: the plan calls it when the
 * changes of the input are known. E_PLAN where the function cannot. */
enum code agg_set_takes_back(struct arena *arena, struct agg *agg, struct span span,
                             struct error *err) WEIR_CHECKED;
bool agg_equal(const struct agg *a, const struct agg *b);
/* "COUNT(DISTINCT user_id) FILTER (WHERE f)" for EXPLAIN. */
void agg_call_print(struct buf *out, const struct agg_call *call, const struct field *fields);
