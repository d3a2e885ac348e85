/* over.h -- inside of the binder: calls with OVER in a select list.
 *
 * As with groups, a call stands in the expressions as a placeholder column until the
 * operators are made (one per window specification, one above the other); arguments and
 * window are expressions over what the select list reads. */
#pragma once

#include "bind/group.h"

struct over_use {
    struct agg *agg;
    struct expr *args[AGG_ARGS_MAX];
    struct expr **partition;
    uint32_t partition_count;
    struct expr **order;
    const struct ast_order_item **order_items;
    uint32_t order_count;
    bool rows;           /* frame, as plan_over has it */
    int64_t preceding;
    bool frame_given;
    bool distinct;
    struct span span;
    struct str label;    /* as agg_call has it */
    uint32_t window;     /* uses with equal windows have equal numbers */
};

struct over_list {
    struct binder *b;
    const struct ast_select *select; /* for WINDOW w AS (...) */
    struct over_use *items;
    uint32_t count, cap;
    uint32_t base;       /* placeholders are columns from here */
    uint32_t windows;
    bool in_argument;
};
enum { OVER_PLACEHOLDERS = 4 * GROUP_CALLS_MAX }; /* behind those of groups */

bool over_is_needed(const struct ast_select *node);
/* A call with OVER, as a placeholder. */
enum code over_bind_call(struct over_list *list, const struct scope *scope,
                         const struct ast_call *node, struct str name, struct expr **ret,
                         struct error *err) WEIR_CHECKED;
/* The operators over `input` (all of whose columns they pass on), below them a calc with `filter`.
 * Every expression of `exprs`, and *qualify, becomes one over *ret. */
enum code over_make(struct over_list *list, struct plan *input, struct expr *filter,
                    struct expr **exprs, uint32_t count, struct expr **qualify, struct span span,
                    struct plan **ret, struct error *err) WEIR_CHECKED;
