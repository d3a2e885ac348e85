/* plan_bill.c -- see plan_bill.h: the parts of each operator's state.
 *
 * The schemas are those that exec/op makes its tables with; what operators hang behind a row
 * (their tails) is known here by size only. */
#include "plan/plan_bill_inner.h"

#include "state/size.h"

enum {
    TAIL_DEDUP = 24,
    TAIL_DEDUP_FIRST = 4,
    TAIL_TIMER = 8,
    DUE_BYTES = 24,     /* a row's place among those that wait for time */
    TIMER_BYTES = 36,   /* a key's */
    POINTER_BYTES = 12, /* in a list that doubles */
};

/* ---- types -------------------------------------------------------------------------------- */

const struct type **bill_types(struct billing *b, const struct plan *input, const uint32_t *columns,
                               uint32_t count, uint32_t more)
{
    const struct type **types = arena_array(b->arena, const struct type *, count + more + 1);
    if (!types) {
        b->failed = true;
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        types[i] = input->fields[columns ? columns[i] : i].type;
    return types;
}

static const struct type **all_types(struct billing *b, const struct plan *input, uint32_t more)
{
    return bill_types(b, input, NULL, input->field_count, more);
}

/* ---- parts -------------------------------------------------------------------------------- */

struct bill_part *bill_add(struct billing *b, const char *noun, const struct plan *input,
                           const uint32_t *columns, uint32_t count, uint64_t bytes)
{
    static struct bill_part spare;
    if (b->bill->part_count == BILL_PARTS_MAX) {
        spare = (struct bill_part){ .noun = noun };
        return &spare;
    }
    struct bill_part *part = &b->bill->parts[b->bill->part_count++];
    *part = (struct bill_part){ .noun = noun, .input = input, .times = 1, .bytes = bytes };
    for (uint32_t i = 0; i < count && i < BILL_COLUMNS_MAX; i++)
        part->columns[part->column_count++] = columns[i];
    b->failed = b->failed || bytes == 0;
    return part;
}

/* What bounds state that is kept by key: a TTL, the end of the input, nothing. */
void bill_bound_by_key(struct bill_part *part, const struct plan *node, uint32_t port)
{
    if (node->ttl_ms[port] > 0) {
        part->bound = BILL_TTL;
        part->bound_us = node->ttl_ms[port] * 1000;
    } else if (part->column_count == 0 && !part->more) {
        part->bound = BILL_FIXED;
    } else {
        part->bound = node->inputs[port]->bounded ? BILL_INPUT : BILL_FOR_EVER;
    }
}

void bill_bound_by_time(struct bill_part *part, bool proctime, int64_t us)
{
    part->bound = proctime ? BILL_CLOCK : BILL_TIME;
    part->bound_us = us;
}

uint64_t bill_table_bytes(struct billing *b, const struct type *const *key, uint32_t key_count,
                          const struct type *const *value, uint32_t value_count, uint32_t tail,
                          int64_t ttl_ms)
{
    const struct state_schema schema = { .key = key,
                                         .key_count = key_count,
                                         .value = value,
                                         .value_count = value_count,
                                         .tail_bytes = tail,
                                         .ttl_ms = ttl_ms };
    uint64_t bytes = b->failed ? 0 : state_size_table_row(b->arena, &schema);
    b->failed = b->failed || bytes == 0; /* a row takes some */
    return bytes;
}

/* A key of a bag with one item. */
uint64_t bill_bag_bytes(struct billing *b, const struct type *const *key, uint32_t key_count,
                        const struct type *const *item, uint32_t item_count, int64_t ttl_ms)
{
    const struct bag_schema schema = {
        .key = key, .key_count = key_count, .item = item, .item_count = item_count, .ttl_ms = ttl_ms
    };
    if (b->failed)
        return 0;
    uint64_t key_bytes = state_size_bag_key(b->arena, &schema);
    uint64_t item_bytes = state_size_bag_item(b->arena, &schema);
    return key_bytes == 0 || item_bytes == 0 ? 0 : key_bytes + item_bytes;
}

/* ---- joins ----------------------------------------------------------------------------------- */

const struct plan_key *bill_shortest_key(const struct plan *input)
{
    const struct plan_key *best = NULL;
    for (uint32_t i = 0; i < input->key_count; i++)
        if (!best || input->keys[i].count < best->count)
            best = &input->keys[i];
    return best;
}

/* The rows of a side: of a unique key, if it has one, else any number for each of the join's. */
static struct bill_part *add_side(struct billing *b, const struct plan_join *join, uint32_t k,
                                  int64_t ttl_ms)
{
    static const char *const nouns[] = { "left row", "right row" };
    const struct plan *input = join->base.inputs[k];
    const struct type **key = bill_types(b, input, join->keys[k], join->key_count, 0);
    const struct type **row = all_types(b, input, 0);
    if (b->failed)
        return NULL;
    const struct plan_key *unique = bill_shortest_key(input);
    uint64_t bytes = bill_bag_bytes(b, key, join->key_count, row, input->field_count, ttl_ms);
    struct bill_part *part =
        unique ? bill_add(b, nouns[k], input, unique->columns, unique->count, bytes)
               : bill_add(b, nouns[k], input, join->keys[k], join->key_count, bytes);
    part->more = !unique;
    return part;
}

static void bill_join(struct billing *b, const struct plan_join *plan)
{
    for (uint32_t k = 0; k < 2; k++) {
        struct bill_part *part = add_side(b, plan, k, plan->base.ttl_ms[k]);
        if (part)
            bill_bound_by_key(part, &plan->base, k);
    }
}

static void bill_interval(struct billing *b, const struct plan_interval_join *plan)
{
    for (uint32_t k = 0; k < 2; k++) {
        struct bill_part *part = add_side(b, &plan->join, k, 0);
        if (!part)
            continue;
        int64_t keep_us = k == 0 ? -plan->lower_us : plan->upper_us;
        part->more = true;
        part->bytes += 2 * POINTER_BYTES; /* its time, and where it is */
        bill_bound_by_time(part, plan->proctime, MAX(keep_us, 0));
    }
}

static uint64_t timer_bytes(struct billing *b, const struct plan_join *join)
{
    static const struct type *const time[] = { &type_bigint };
    const struct type **key =
        bill_types(b, join->base.inputs[1], join->keys[1], join->key_count, 0);
    return b->failed
               ? 0
               : TIMER_BYTES + bill_table_bytes(b, key, join->key_count, time, 1, TAIL_TIMER, 0);
}

static void bill_temporal(struct billing *b, const struct plan_temporal_join *plan)
{
    for (uint32_t k = 0; k < 2; k++) {
        struct bill_part *part = add_side(b, &plan->join, k, 0);
        if (!part)
            continue;
        part->noun = k == 0 ? "left row" : "version";
        part->more = k == 0;
        if (k == 1) /* and its key's timer */
            part->bytes += timer_bytes(b, &plan->join);
        if (k == 0) {
            bill_bound_by_time(part, false, 0);
        } else { /* the newest version of a key stays, with a TTL or not */
            part->bound = plan->join.base.inputs[1]->bounded ? BILL_INPUT : BILL_FOR_EVER;
        }
    }
}

static void bill_window_join(struct billing *b, const struct plan_window_join *plan)
{
    static const char *const nouns[] = { "left row", "right row" };
    for (uint32_t k = 0; k < 2; k++) {
        const struct plan *input = plan->join.base.inputs[k];
        const struct type **row = all_types(b, input, 0);
        if (b->failed)
            return;
        uint64_t bytes = state_size_row(b->arena, row, input->field_count);
        struct bill_part *part =
            bill_add(b, nouns[k], input, plan->join.keys[k], plan->join.key_count,
                     bytes == 0 ? 0 : bytes + POINTER_BYTES);
        const struct window_spec *w = bill_spec_of(input, plan->end[k]);
        part->more = part->by_window = true;
        part->times = w ? bill_open_windows(w) : 1;
        bill_bound_by_time(part, plan->proctime, w ? w->size_us : 0);
    }
}

/* ---- rows by key ------------------------------------------------------------------------------- */

/* The columns of a key that are not the window's itself. */
static void leave_window_out(struct bill_part *part)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < part->column_count; i++)
        if (!plan_window_column(part->input, part->columns[i]).origin)
            part->columns[n++] = part->columns[i];
    part->column_count = n;
    part->by_window = true;
}

static void bill_rank(struct billing *b, const struct plan_rank *plan)
{
    const struct plan *node = &plan->base, *input = node->inputs[0];
    static const struct type *const counts[] = { &type_bigint, &type_bigint };
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 0);
    const struct type **row = all_types(b, input, 0);
    uint32_t order_count = MIN(plan->order_count, (uint32_t)BILL_COLUMNS_MAX);
    uint32_t order[BILL_COLUMNS_MAX];
    for (uint32_t i = 0; i < order_count; i++)
        order[i] = plan->order[i].column;
    const struct type **sort = bill_types(b, input, order, order_count, 0);
    if (b->failed)
        return;
    uint64_t entry_key = state_size_encoded(key, plan->key_count) +
                         state_size_encoded(sort, order_count) + BILL_NUMBER_BYTES;
    uint64_t bytes = state_size_tree_entry(entry_key, state_size_encoded(row, input->field_count));
    bool in_window = plan->window_end != PLAN_NO_COLUMN;
    bool takes_back = plan_updates(input) && !plan->update_key;
    bool limited = !takes_back && plan->end != UINT64_MAX && plan->end_column == PLAN_NO_COLUMN;
    uint64_t own =
        in_window
            ? state_size_tree_entry(state_size_encoded(key, plan->key_count), BILL_NUMBER_BYTES)
            : bill_table_bytes(b, key, plan->key_count, counts, 2, 0, node->ttl_ms[0]);
    if (limited) /* what there is of the key itself is shared by its few rows */
        bytes += own / MAX(plan->end, 1);
    const struct plan_key *unique = limited ? NULL : bill_shortest_key(input);
    struct bill_part *rows = unique
                                 ? bill_add(b, "row", input, unique->columns, unique->count, bytes)
                                 : bill_add(b, "row", input, plan->keys, plan->key_count, bytes);
    rows->times = limited ? plan->end : 1;
    rows->more = !limited && !unique;
    if (in_window) {
        const struct window_spec *w = bill_spec_of(input, plan->window_end);
        leave_window_out(rows);
        bill_bound_by_time(rows, plan->proctime, w ? w->size_us : 0);
    } else {
        bill_bound_by_key(rows, node, 0);
    }
}

static void bill_dedup(struct billing *b, const struct plan_dedup *plan)
{
    const struct plan *node = &plan->base, *input = node->inputs[0];
    bool in_window = plan->window_end != PLAN_NO_COLUMN;
    bool waits = plan->time != PLAN_NO_COLUMN && !plan->keep_last;
    bool whole = plan->keep_last || in_window;
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 0);
    const struct type **others = all_types(b, input, 1), **row = all_types(b, input, 0);
    uint32_t n = 0;
    if (b->failed)
        return;
    uint64_t key_bytes = state_size_encoded(key, plan->key_count);
    for (uint32_t c = 0; c < input->field_count; c++) {
        bool is_key = false;
        for (uint32_t k = 0; k < plan->key_count; k++)
            is_key = is_key || plan->keys[k] == c;
        if (!is_key)
            others[n++] = input->fields[c].type;
    }
    others[n++] = &type_bigint;
    const char *noun = whole ? "row" : "key";
    struct bill_part *part;
    if (in_window)
        part = bill_add(b, noun, input, plan->keys, plan->key_count,
                        state_size_tree_entry(key_bytes + 2 * BILL_NUMBER_BYTES,
                                              state_size_encoded(row, input->field_count)) +
                            state_size_tree_entry(key_bytes, BILL_NUMBER_BYTES));
    else
        part = bill_add(b, noun, input, plan->keys, plan->key_count,
                        bill_table_bytes(b, key, plan->key_count, others, whole ? n : 0,
                                         waits ? 0 : TAIL_DEDUP, node->ttl_ms[0]));
    if (in_window) {
        const struct window_spec *w = bill_spec_of(input, plan->window_end);
        leave_window_out(part);
        bill_bound_by_time(part, plan->proctime, w ? w->size_us : 0);
        return;
    }
    bill_bound_by_key(part, node, 0);
    if (!waits)
        return;
    part = bill_add(b, "waiting row", input, plan->keys, plan->key_count,
                    DUE_BYTES +
                        bill_table_bytes(b, key, plan->key_count, others, n, TAIL_DEDUP_FIRST, 0));
    bill_bound_by_time(part, false, 0);
}

static void bill_sort(struct billing *b, const struct plan_sort *plan)
{
    const struct plan *input = plan->base.inputs[0];
    const struct type **row = all_types(b, input, 0);
    if (b->failed)
        return;
    uint64_t bytes = state_size_encoded(row, input->field_count);
    struct bill_part *rows =
        bill_add(b, "row", input, NULL, 0, state_size_tree_entry(2 * BILL_NUMBER_BYTES, bytes));
    rows->more = true;
    if (plan->by_time)
        bill_bound_by_time(rows, false, 0);
    else
        rows->bound = BILL_INPUT;
}

static void bill_materialize(struct billing *b, const struct plan_materialize *plan)
{
    const struct plan *input = plan->base.inputs[0];
    const struct type **key = bill_types(b, input, plan->keys, plan->key_count, 0);
    const struct type **row = all_types(b, input, 0);
    if (b->failed)
        return;
    uint64_t bytes =
        bill_bag_bytes(b, key, plan->key_count, row, input->field_count, plan->base.ttl_ms[0]);
    const struct plan_key *identity = plan->identity;
    struct bill_part *part =
        identity ? bill_add(b, "row", input, identity->columns, identity->count, bytes)
                 : bill_add(b, "row", input, plan->keys, plan->key_count, bytes);
    part->more = !identity;
    bill_bound_by_key(part, &plan->base, 0);
}

bool plan_bill(struct arena *arena, const struct plan_job *job, const struct plan *node,
               struct plan_bill *ret)
{
    *ret = (struct plan_bill){ .job = job, .node = node };
    struct billing b = { .arena = arena, .node = node, .bill = ret };
    switch (node->kind) {
    case PLAN_GROUP:
        bill_group(&b, (const struct plan_group *)node);
        break;
    case PLAN_WINDOW:
        bill_window(&b, (const struct plan_window *)node);
        break;
    case PLAN_ASSIGN:
        bill_assign(&b, (const struct plan_assign *)node);
        break;
    case PLAN_JOIN:
        bill_join(&b, (const struct plan_join *)node);
        break;
    case PLAN_WINDOW_JOIN:
        bill_window_join(&b, (const struct plan_window_join *)node);
        break;
    case PLAN_INTERVAL_JOIN:
        bill_interval(&b, (const struct plan_interval_join *)node);
        break;
    case PLAN_TEMPORAL_JOIN:
        bill_temporal(&b, (const struct plan_temporal_join *)node);
        break;
    case PLAN_LOOKUP:
        bill_lookup(&b, (const struct plan_lookup *)node);
        break;
    case PLAN_RANK:
        bill_rank(&b, (const struct plan_rank *)node);
        break;
    case PLAN_DEDUP:
        bill_dedup(&b, (const struct plan_dedup *)node);
        break;
    case PLAN_OVER:
        bill_over(&b, (const struct plan_over *)node);
        break;
    case PLAN_SORT:
        bill_sort(&b, (const struct plan_sort *)node);
        break;
    case PLAN_MATERIALIZE:
        bill_materialize(&b, (const struct plan_materialize *)node);
        break;
    default:
        break;
    }
    return !b.failed;
}

bool plan_bill_is_unbounded(const struct plan_bill *bill)
{
    for (uint32_t i = 0; i < bill->part_count; i++)
        if (bill->parts[i].bound == BILL_FOR_EVER)
            return true;
    return false;
}
