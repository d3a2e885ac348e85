/* plan_bill_group.c -- the state of groups, windows and OVER: accumulators in the groups' rows, and
 * the distinct values and multisets that lie beside them. */
#include "plan/plan_bill_inner.h"

#include "agg/agg_set.h"
#include "state/size.h"

enum {
    TAIL_DISTINCT = 16,
    TAIL_OVER = 48,
    TAIL_SESSION = 16,
    SESSION_BYTES = 72, /* the session itself, and its end among those to come */
    OVER_VALUES = 3,
    SESSION_VALUES = 3,
    TREE_TAG_BYTES = 5, /* number of the aggregate and tag, behind a group's key */
};

/* ---- aggregates: what lies beside the groups' rows ------------------------------------------ */

static bool is_distinct(const struct agg_call *call)
{
    return call->distinct && !call->agg->ignores_distinct;
}

static bool same_arguments(const struct agg_call *a, const struct agg_call *b)
{
    return a->filter == b->filter && a->agg->arg_count == b->agg->arg_count &&
           memcmp(a->args, b->args, a->agg->arg_count * sizeof a->args[0]) == 0;
}

struct groups {
    const struct plan *input;
    const uint32_t *keys;
    uint32_t key_count;
    const struct type *const *types; /* of the table's key: may be more than the columns */
    uint32_t type_count;
    const struct agg_call *calls;
    uint32_t call_count;
    int64_t ttl_ms;
};

/* A part for each DISTINCT and for each aggregate that keeps values in a tree. */
static void add_beside(struct billing *b, const struct groups *g)
{
    static const struct type *const count[] = { &type_bigint };
    for (uint32_t i = 0; i < g->call_count && !b->failed; i++) {
        const struct agg_call *call = &g->calls[i];
        bool shared = false;
        for (uint32_t k = 0; k < i; k++)
            shared = shared || (is_distinct(&g->calls[k]) && same_arguments(call, &g->calls[k]));
        bool distinct = is_distinct(call) && !shared;
        if (!distinct && !call->agg->wants_key)
            continue;
        uint32_t columns[BILL_COLUMNS_MAX], n = 0;
        for (uint32_t k = 0; k < g->key_count && n < BILL_COLUMNS_MAX; k++)
            columns[n++] = g->keys[k];
        for (uint32_t k = 0; k < call->agg->arg_count && n < BILL_COLUMNS_MAX; k++)
            columns[n++] = call->args[k];
        const struct type **types =
            arena_array(b->arena, const struct type *, g->type_count + AGG_ARGS_MAX);
        if (!types) {
            b->failed = true;
            return;
        }
        uint32_t type_count = g->type_count;
        for (uint32_t k = 0; k < g->type_count; k++)
            types[k] = g->types[k];
        for (uint32_t k = 0; k < call->agg->arg_count; k++)
            types[type_count++] = g->input->fields[call->args[k]].type;
        if (distinct) {
            struct bill_part *part = bill_add(
                b, "distinct value", g->input, columns, n,
                bill_table_bytes(b, types, type_count, count, 1, TAIL_DISTINCT, g->ttl_ms));
            part->output = g->key_count;
        }
        if (call->agg->wants_key) {
            uint64_t key = state_size_encoded(types, type_count) + TREE_TAG_BYTES;
            struct bill_part *part = bill_add(b, "value", g->input, columns, n,
                                              state_size_tree_entry(key, sizeof(int64_t)));
            part->more = call->agg->in_order && !call->distinct;
            part->output = g->key_count;
        }
    }
}

static const struct type **group_values(struct billing *b, const struct agg_call *calls,
                                        uint32_t call_count, uint32_t own, uint32_t *ret_count)
{
    const struct type **slots, **value;
    uint32_t n;
    if (agg_set_slots(b->arena, calls, call_count, &slots, &n, NULL) != OK ||
        !(value = arena_array(b->arena, const struct type *, own + n + 1))) {
        b->failed = true;
        return NULL;
    }
    for (uint32_t i = 0; i < own; i++)
        value[i] = &type_bigint;
    for (uint32_t i = 0; i < n; i++)
        value[own + i] = slots[i];
    *ret_count = own + n;
    return value;
}

void bill_group(struct billing *b, const struct plan_group *plan)
{
    const struct plan *node = &plan->base, *input = node->inputs[0];
    uint32_t value_count = 0, own = plan_updates(input);
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 0);
    const struct type **value = group_values(b, plan->calls, plan->call_count, own, &value_count);
    if (b->failed)
        return;
    struct bill_part *groups =
        bill_add(b, "row", input, plan->keys, plan->key_count,
                 bill_table_bytes(b, key, plan->key_count, value, value_count, 0, node->ttl_ms[0]));
    groups->output = plan->key_count;
    const struct groups g = { .input = input,
                              .keys = plan->keys,
                              .key_count = plan->key_count,
                              .types = key,
                              .type_count = plan->key_count,
                              .calls = plan->calls,
                              .call_count = plan->call_count,
                              .ttl_ms = node->ttl_ms[0] };
    add_beside(b, &g);
    for (uint32_t i = 0; i < b->bill->part_count; i++)
        bill_bound_by_key(&b->bill->parts[i], node, 0);
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Windows (or their slices) that a key has open at one time, with rows in order. */
uint64_t bill_open_windows(const struct window_spec *w)
{
    bool steps = w->kind == WINDOW_HOP || w->kind == WINDOW_CUMULATE;
    if (!steps || w->step_us <= 0)
        return 1;
    return (uint64_t)((w->size_us + w->step_us - 1) / w->step_us);
}

const struct window_spec *bill_spec_of(const struct plan *node, uint32_t column)
{
    struct plan_window_column at = plan_window_column(node, column);
    if (at.origin && at.origin->kind == PLAN_ASSIGN)
        return &((const struct plan_assign *)at.origin)->window;
    if (at.origin && at.origin->kind == PLAN_WINDOW)
        return &((const struct plan_window *)at.origin)->window;
    return NULL;
}

static void bound_by_window(struct bill_part *part, const struct plan *node,
                            const struct window_spec *w)
{
    if (w->kind == WINDOW_ATTACHED) {
        const struct window_spec *origin = bill_spec_of(node->inputs[0], w->end);
        bill_bound_by_time(part, w->proctime, origin ? origin->size_us : 0);
    } else {
        bill_bound_by_time(part, w->proctime, w->size_us);
    }
}

void bill_window(struct billing *b, const struct plan_window *plan)
{
    const struct plan *node = &plan->base, *input = node->inputs[0];
    bool session = plan->window.kind == WINDOW_SESSION;
    bool attached = plan->window.kind == WINDOW_ATTACHED;
    bool beside = false;
    for (uint32_t i = 0; i < plan->call_count; i++)
        beside = beside || is_distinct(&plan->calls[i]) || plan->calls[i].agg->wants_key;
    uint32_t own = session ? SESSION_VALUES : plan_updates(input), value_count = 0;
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 2);
    const struct type **value = group_values(b, plan->calls, plan->call_count, own, &value_count);
    if (b->failed)
        return;
    uint32_t key_count = plan->key_count;
    if (session || beside || attached)
        key[key_count++] = &type_bigint;
    if (attached && beside)
        key[key_count++] = &type_bigint;
    uint64_t bytes = bill_table_bytes(b, key, key_count, value, value_count, 0, 0);
    if (session && bytes > 0)
        bytes +=
            SESSION_BYTES + bill_table_bytes(b, key, plan->key_count, NULL, 0, TAIL_SESSION, 0);
    struct bill_part *groups = bill_add(b, "row", input, plan->keys, plan->key_count, bytes);
    groups->output = plan->key_count;
    const struct groups g = { .input = input,
                              .keys = plan->keys,
                              .key_count = plan->key_count,
                              .types = key,
                              .type_count = key_count,
                              .calls = plan->calls,
                              .call_count = plan->call_count };
    add_beside(b, &g);
    for (uint32_t i = 0; i < b->bill->part_count; i++) {
        struct bill_part *part = &b->bill->parts[i];
        part->times = bill_open_windows(&plan->window);
        part->by_window = true;
        bound_by_window(part, node, &plan->window);
    }
}

void bill_assign(struct billing *b, const struct plan_assign *plan)
{
    const struct plan *input = plan->base.inputs[0];
    if (plan->window.kind != WINDOW_SESSION)
        return;
    const struct type **row = bill_types(b, input, NULL, input->field_count, 0);
    if (b->failed)
        return;
    uint64_t value = state_size_encoded(row, input->field_count);
    struct bill_part *rows =
        bill_add(b, "row", input, plan->window.partition, plan->window.partition_count,
                 state_size_tree_entry(2 * BILL_NUMBER_BYTES, value));
    rows->more = rows->by_window = true;
    bill_bound_by_time(rows, plan->window.proctime, plan->window.size_us);
}

/* ---- OVER ------------------------------------------------------------------------------------- */

void bill_over(struct billing *b, const struct plan_over *plan)
{
    const struct plan *node = &plan->base, *input = node->inputs[0];
    uint32_t value_count = 0;
    bool by_time = plan_over_is_by_time(plan);
    bool by_range = plan->preceding >= 0 && !plan->rows;
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 0);
    const struct type **row = bill_types(b, input, NULL, input->field_count, 1);
    const struct type **value =
        group_values(b, plan->calls, plan->call_count, OVER_VALUES, &value_count);
    if (b->failed)
        return;
    if (!by_time) { /* all rows of a partition, in order */
        uint64_t bytes = state_size_encoded(key, plan->key_count) + BILL_NUMBER_BYTES +
                         2 * state_size_encoded(row, input->field_count);
        struct bill_part *rows =
            bill_add(b, "row", input, plan->keys, plan->key_count, state_size_tree_entry(bytes, 0));
        rows->more = true;
        bill_bound_by_key(rows, node, 0);
        return;
    }
    struct bill_part *part = bill_add(
        b, "row", input, plan->keys, plan->key_count,
        bill_table_bytes(b, key, plan->key_count, value, value_count, TAIL_OVER, node->ttl_ms[0]));
    bill_bound_by_key(part, node, 0);
    if (by_range)
        bill_bound_by_time(part, plan->proctime, plan->preceding);
    row[input->field_count] = &type_bigint;
    uint64_t bytes = bill_bag_bytes(b, key, plan->key_count, row, input->field_count + 1, 0);
    if (plan->preceding >= 0) {
        struct bill_part *frame =
            bill_add(b, "frame row", input, plan->keys, plan->key_count, bytes);
        frame->times = plan->rows ? (uint64_t)plan->preceding + 1 : 1;
        frame->more = by_range;
        bill_bound_by_key(frame, node, 0);
        if (by_range)
            bill_bound_by_time(frame, plan->proctime, plan->preceding);
    }
    if (plan->proctime)
        return;
    part = bill_add(b, "waiting row", input, plan->keys, plan->key_count, bytes);
    part->more = true;
    bill_bound_by_time(part, false, 0);
}
