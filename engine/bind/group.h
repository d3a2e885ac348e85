/* group.h -- inside of the binder: SELECT with GROUP BY, DISTINCT or aggregates.
 *
 * Expressions of the select list and of HAVING are bound over the input, as everywhere;
 * aggregate calls and window properties stand in them as columns past the input's
 * (placeholders).  group_output() then turns them into expressions over the output of
 * the operator: whatever equals a group key becomes the key's column. */
#pragma once

#include "bind/subquery.h"

/* An aggregate call, arguments over the input. */
struct agg_use {
    struct agg *agg;
    struct expr *args[AGG_ARGS_MAX];
    struct expr *filter; /* NULL: none */
    bool distinct;
    struct span span;
    struct str label;    /* as agg_call has it */
};

/* A window bound that is asked for. */
struct property_use {
    enum window_property what;
    const struct type *type;
};

struct group_key {
    struct expr *expr;        /* over the input */
    bool is_property;         /* of the window: no key of the operator */
    uint32_t at;              /* output column of the operator: a key, or a placeholder number */
};

/* A query that is joined to the groups: a value, or (is_test) a condition of HAVING. */
struct group_value {
    const struct ast_node *node;
    struct operands operands; /* of IN, ANY, ALL: over the input, as the select list is */
    bool is_test;
    struct expr *output;      /* the value, over the operator's output and what is joined to it */
};

struct grouping {
    struct binder *b;
    const struct ast_select *select;
    const struct relation *from;
    uint32_t base;            /* placeholders are columns from here: first calls, then properties */
    struct group_key *keys;
    uint32_t key_count, key_cap;
    struct agg_use *calls;
    uint32_t call_count, call_cap;
    struct property_use *properties;
    uint32_t property_count, property_cap;
    bool windowed;
    struct window_spec window; /* `time` is not set yet */
    struct expr *time;        /* over the input; NULL with processing time */
    struct expr *start, *end; /* window columns of the input that are grouped by; NULL: none */
    const struct plan_assign *assign; /* where they come from, if that can be taken over */
    /* GROUPING SETS: bitmaps over keys (bit k: key k is left out of the set). */
    uint64_t *sets;
    uint32_t set_count;
    bool in_argument;         /* no aggregate within an aggregate */
    struct group_value *values;
    uint32_t value_count, value_cap;
};
enum {
    GROUP_KEYS_MAX = 60,
    /* Placeholders, counted from `base`: calls, from GROUP_CALLS_MAX properties, the set,
     * queries used as values. */
    GROUP_CALLS_MAX = 1 << 16,
    GROUP_SET_PLACEHOLDER = 2 * GROUP_CALLS_MAX,
    GROUP_VALUE_PLACEHOLDERS = 3 * GROUP_CALLS_MAX,
};

/* bind_agg.c */
bool group_has_aggregate(const struct binder *b, const struct ast_node *node);
/* Is the node itself a call of one (or of a bound of the window)? */
bool group_is_aggregate(const struct binder *b, const struct ast_node *node);
/* A call as SQL, for a label; cut off where it is long. */
enum code group_label(struct binder *b, const struct ast_node *node, struct str *ret,
                      struct error *err) WEIR_CHECKED;
/* A call of an aggregate, as a placeholder. */
enum code group_bind_call(struct grouping *g, const struct scope *scope,
                          const struct ast_call *node, struct str name, struct expr **ret,
                          struct error *err) WEIR_CHECKED;
/* JSON_OBJECTAGG, JSON_ARRAYAGG. */
enum code group_bind_json(struct grouping *g, const struct scope *scope,
                          const struct ast_json *node, struct str name, struct expr **ret,
                          struct error *err) WEIR_CHECKED;
/* An expression over the operator's output. */
enum code group_output(struct grouping *g, struct expr *e, struct expr **ret, struct error *err)
    WEIR_CHECKED;

/* bind_group_value.c: the queries inside of aggregates and GROUP BY, joined to the rows below; ... */
enum code group_values_below(struct binder *b, const struct ast_select *node,
                             const struct cte *ctes, struct relation *from, struct error *err)
    WEIR_CHECKED;
/* ... placeholders for those of an expression of the select list; ... */
enum code group_note_values(struct grouping *g, const struct scope *scope,
                            const struct ast_node *node, const struct cte *ctes,
                            struct error *err) WEIR_CHECKED;
/* ... HAVING (NULL: none) with those it tests; *ret NULL: nothing is left of it; ... */
enum code group_bind_having(struct grouping *g, const struct scope *scope,
                            const struct ast_node *node, const struct cte *ctes,
                            struct expr **ret, struct error *err) WEIR_CHECKED;
/* ... and all that were noted, joined to the operator. */
enum code group_join_values(struct grouping *g, const struct cte *ctes, struct plan **plan,
                            struct error *err) WEIR_CHECKED;

/* bind_group_window.c: is it TUMBLE(...), HOP(...), SESSION(...) in GROUP BY? */
bool group_is_window(const struct ast_node *node);
bool group_is_property(struct str name); /* TUMBLE_START ... */
enum code group_bind_window(struct grouping *g, const struct ast_call *node, struct error *err)
    WEIR_CHECKED;
enum code group_bind_property(struct grouping *g, const struct scope *scope,
                              const struct ast_call *node, struct str name, struct expr **ret,
                              struct error *err) WEIR_CHECKED;
/* Finds window_start and window_end among the keys: then this is a window aggregation. */
enum code group_find_window(struct grouping *g, struct error *err) WEIR_CHECKED;
/* The placeholder of a property, made if need be. */
enum code group_property(struct grouping *g, enum window_property what, const struct type *type,
                         uint32_t *ret, struct error *err) WEIR_CHECKED;

/* bind_grouping_sets.c: GROUP BY with ROLLUP, CUBE, GROUPING SETS: keys and sets. */
bool group_has_sets(const struct ast_list *list);
enum code group_bind_sets(struct grouping *g, const struct ast_list *list, struct error *err)
    WEIR_CHECKED;
/* GROUPING(a), GROUPING_ID(a, b), GROUP_ID(). */
bool group_is_set_function(struct str name);
enum code group_bind_set_function(struct grouping *g, const struct scope *scope,
                                  const struct ast_call *node, struct str name,
                                  struct expr **ret, struct error *err) WEIR_CHECKED;

/* bind_group.c: adds a key, if it is not there; *ret its number. */
enum code group_add_key(struct grouping *g, const struct ast_node *node, uint32_t *ret,
                        struct error *err) WEIR_CHECKED;
/* The operator of the keys and calls, over `input` with `filter` (may be NULL); a key's `at` is then
 * its column. */
enum code group_make_operator(struct grouping *g, struct plan *input, struct expr *filter,
                              struct span span, struct plan **ret, struct error *err)
    WEIR_CHECKED;
/* Is this SELECT one with groups? */
bool group_is_needed(const struct binder *b, const struct ast_select *node);
/* The whole SELECT behind FROM and WHERE (`filter`, may be NULL); ORDER BY and the like come
 * after. */
enum code bind_grouped_select(struct binder *b, const struct ast_select *node,
                              const struct cte *ctes, struct relation *from,
                              struct expr *filter, struct relation *ret, struct error *err)
    WEIR_CHECKED;
/* DISTINCT over a finished relation. */
enum code bind_distinct(struct binder *b, struct span span, struct relation *rel,
                        struct error *err) WEIR_CHECKED;

/* Where the windows that are grouped by come from a table function right below (calcs between
 * them at most) and nothing else reads their bounds: the operator makes them itself. Then *ret_time
 * is the time attribute over the new *input, and `exprs` and *filter are over it too; else *ret_time
 * is NULL and nothing has changed. */
enum code group_fold_window(struct grouping *g, struct expr **exprs, uint32_t count,
                            struct expr **filter, struct plan **input, struct expr **ret_time,
                            struct error *err) WEIR_CHECKED;

/* For window table functions as well.  Intervals: literal, whole milliseconds, not negative. */
enum code bind_window_interval(struct binder *b, const struct ast_node *node, const char *what,
                               bool may_be_zero, int64_t *ret_us, struct error *err) WEIR_CHECKED;
/* Checks that `e` is a time attribute; sets proctime and in_zone. */
enum code bind_window_time(struct binder *b, struct expr *e, const char *function,
                           struct window_spec *window, struct expr **ret, struct error *err)
    WEIR_CHECKED;
/* The type as, or without being, a time attribute; NULL when out of memory. */
const struct type *bind_time_attribute(struct binder *b, const struct type *type,
                                       enum time_attribute attribute) WEIR_CHECKED;
