/* plan_traits.c -- what is known of a stream: which changes it can have, whether it
 * ends, and which columns identify a row.
 *
 * A key says more than that no two rows agree in it in the end: its changes come in their
 * order.  With several workers rows go to one of them by some columns, and when two versions
 * of a row differ in these, the new one may overtake the old one.  So only keys that hold
 * these columns pass (Flink's upsert keys) -- for any number of workers, for state is laid
 * out by keys, and a snapshot may be loaded by another number.
 *
 * Everything follows from the node and what is known of its inputs.  `before` of a
 * node (does a reader need -U?) decides whether updates come with one; until the
 * optimizer has decided, binders call this with `before` set to true. */
#include "plan/plan.h"

enum { KEYS_MAX = 8 }; /* more unique keys than that are forgotten */

struct key_list {
    struct arena *arena;
    struct plan_key keys[KEYS_MAX];
    uint32_t count;
    bool failed;
};

static bool contains_column(const uint32_t *columns, uint32_t count, uint32_t column)
{
    for (uint32_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

static bool is_subset(const struct plan_key *key, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < key->count; i++)
        if (!contains_column(columns, count, key->columns[i]))
            return false;
    return true;
}

/* Adds a key (columns in any order), unless one that it contains is there. */
static void add_key(struct key_list *list, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (is_subset(&list->keys[i], columns, count))
            return;
    if (list->count == KEYS_MAX)
        return;
    uint32_t *sorted = arena_array(list->arena, uint32_t, MAX(count, 1));
    if (!sorted) {
        list->failed = true;
        return;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (contains_column(sorted, n, columns[i]))
            continue;
        uint32_t at = n++;
        while (at > 0 && sorted[at - 1] > columns[i]) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = columns[i];
    }
    list->keys[list->count++] = (struct plan_key){ sorted, n };
}

static void keep_keys(struct key_list *list, const struct plan *input)
{
    for (uint32_t i = 0; i < input->key_count; i++)
        add_key(list, input->keys[i].columns, input->keys[i].count);
}

/* Is each of these columns in the key? */
static bool holds(const struct plan_key *key, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!contains_column(key->columns, key->count, columns[i]))
            return false;
    return true;
}

/* Keys of rows that were sent to workers by some columns. */
static void keep_sent_keys(struct key_list *list, const struct plan *input,
                           const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < input->key_count; i++)
        if (holds(&input->keys[i], columns, count))
            add_key(list, input->keys[i].columns, input->keys[i].count);
}

/* Keys whose columns a calc passes on. */
static void calc_keys(struct key_list *list, const struct plan_calc *calc)
{
    const struct plan *input = calc->base.inputs[0];
    if (!calc->exprs) {
        keep_keys(list, input);
        return;
    }
    for (uint32_t i = 0; i < input->key_count; i++) {
        const struct plan_key *key = &input->keys[i];
        uint32_t *columns = arena_array(list->arena, uint32_t, MAX(key->count, 1));
        if (!columns) {
            list->failed = true;
            return;
        }
        bool all = true;
        for (uint32_t k = 0; k < key->count && all; k++) {
            uint32_t at = 0;
            while (at < calc->base.field_count &&
                   (calc->exprs[at]->kind != EXPR_COLUMN ||
                    calc->exprs[at]->column != key->columns[k]))
                at++;
            all = at < calc->base.field_count;
            columns[k] = at;
        }
        if (all)
            add_key(list, columns, key->count);
    }
}

/* Are all pairs with one value of `a` (of the left side) and `b` made by one worker?  Where a side
 * is padded, the other side's columns have to say so. */
static bool is_sent_together(const struct plan_join *join, const struct plan_key *a,
                             const struct plan_key *b)
{
    bool left = a && holds(a, join->keys[0], join->key_count);
    bool right = b && holds(b, join->keys[1], join->key_count);
    if (join->type == INNER_JOIN)
        return left || right;
    return (left || join->type == RIGHT_JOIN) && (right || join->type == LEFT_JOIN);
}

static void add_pair(struct key_list *list, const struct plan_join *join, const struct plan_key *a,
                     const struct plan_key *b)
{
    enum { MOST = 64 };
    uint32_t columns[2 * MOST], n = 0;
    if ((a && a->count > MOST) || (b && b->count > MOST) || !is_sent_together(join, a, b))
        return;
    for (uint32_t i = 0; a && i < a->count; i++)
        columns[n++] = a->columns[i];
    for (uint32_t i = 0; b && i < b->count; i++)
        columns[n++] = join->base.inputs[0]->field_count + b->columns[i];
    add_key(list, columns, n);
}

/* The pairs of a key of each side; and one side's keys where the other has at most one match: not
 * where that side is padded, for then it has none. */
static void join_keys(struct key_list *list, const struct plan_join *join)
{
    const struct plan *left = join->base.inputs[0], *right = join->base.inputs[1];
    enum join_type type = join->type;
    if (type == SEMI_JOIN || type == ANTI_JOIN) {
        keep_sent_keys(list, left, join->keys[0], join->key_count);
        return;
    }
    bool one_left = plan_has_key_in(left, join->keys[0], join->key_count);
    bool one_right = plan_has_key_in(right, join->keys[1], join->key_count);
    for (uint32_t i = 0; i < left->key_count; i++) {
        if (one_right && (type == INNER_JOIN || type == LEFT_JOIN))
            add_pair(list, join, &left->keys[i], NULL);
        for (uint32_t k = 0; k < right->key_count; k++)
            add_pair(list, join, &left->keys[i], &right->keys[k]);
    }
    for (uint32_t k = 0; k < right->key_count && one_left; k++)
        if (type == INNER_JOIN || type == RIGHT_JOIN)
            add_pair(list, join, NULL, &right->keys[k]);
}

static void first_columns(struct key_list *list, uint32_t count)
{
    uint32_t *columns = arena_array(list->arena, uint32_t, MAX(count, 1));
    if (!columns) {
        list->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        columns[i] = i;
    add_key(list, columns, count);
}

/* Key columns of a window's rows, and the start or the end among its properties: the end where
 * windows that grow have their start in common. */
static void window_keys(struct key_list *list, const struct plan_window *window)
{
    uint32_t n = window->key_count;
    uint32_t *columns = arena_array(list->arena, uint32_t, n + 1);
    if (!columns) {
        list->failed = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        columns[i] = i;
    for (uint32_t i = 0; i < window->property_count; i++) {
        if (window->window.kind == WINDOW_CUMULATE && window->properties[i] == WINDOW_START)
            continue;
        columns[n] = n + window->call_count + i;
        add_key(list, columns, n + 1);
    }
}

/* Place by place (with the number, or not from the first one on) rows that move up are there twice
 * for a moment: at the new place before they leave the old one.  A reader that knew them by the
 * input's key would lose them. */
static void rank_keys(struct key_list *list, const struct plan_rank *rank)
{
    if (!rank->with_rank && rank->start <= 1)
        keep_sent_keys(list, rank->base.inputs[0], rank->keys, rank->key_count);
    uint32_t *columns = arena_array(list->arena, uint32_t, rank->key_count + 1);
    if (!columns) {
        list->failed = true;
        return;
    }
    if (rank->key_count > 0)
        memcpy(columns, rank->keys, rank->key_count * sizeof *columns);
    if (rank->with_rank) {
        columns[rank->key_count] = rank->base.field_count - 1;
        add_key(list, columns, rank->key_count + 1);
    }
    if (rank->start == rank->end && rank->window_end == PLAN_NO_COLUMN)
        add_key(list, columns, rank->key_count);
}

static void scan_keys(struct key_list *list, const struct plan_scan *scan)
{
    const struct schema *schema = scan->def.schema;
    if (schema->key_count > 0 && scan->base.changes != CHANGES_INSERT)
        add_key(list, schema->key, schema->key_count);
}

static void derive_keys(struct key_list *list, const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SCAN:
        scan_keys(list, (const struct plan_scan *)node);
        break;
    case PLAN_CALC:
        calc_keys(list, (const struct plan_calc *)node);
        break;
    case PLAN_GROUP:
        first_columns(list, ((const struct plan_group *)node)->key_count);
        break;
    case PLAN_WINDOW:
        window_keys(list, (const struct plan_window *)node);
        break;
    case PLAN_JOIN:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
        join_keys(list, (const struct plan_join *)node);
        break;
    case PLAN_RANK:
        rank_keys(list, (const struct plan_rank *)node);
        break;
    case PLAN_DEDUP: {
        const struct plan_dedup *dedup = (const struct plan_dedup *)node;
        add_key(list, dedup->keys, dedup->key_count);
        break;
    }
    case PLAN_MATERIALIZE: {
        const struct plan_materialize *m = (const struct plan_materialize *)node;
        add_key(list, m->keys, m->key_count);
        break;
    }
    case PLAN_TEMPORAL_JOIN: { /* at most one version a row */
        const struct plan_join *join = (const struct plan_join *)node;
        keep_sent_keys(list, node->inputs[0], join->keys[0], join->key_count);
        break;
    }
    case PLAN_JSON:
    case PLAN_LIMIT:
    case PLAN_WATERMARK:
    case PLAN_SORT:
    case PLAN_FOLD:
    case PLAN_EXCHANGE:
        keep_keys(list, node->inputs[0]);
        break;
    case PLAN_OVER: {
        const struct plan_over *over = (const struct plan_over *)node;
        keep_sent_keys(list, node->inputs[0], over->keys, over->key_count);
        break;
    }
    case PLAN_LOOKUP: {
        const struct plan_lookup *lookup = (const struct plan_lookup *)node;
        const struct schema *schema = lookup->def.schema;
        struct plan_key key = { schema->key, schema->key_count };
        if (schema->key_count > 0 && is_subset(&key, lookup->table_keys, lookup->key_count))
            keep_keys(list, node->inputs[0]);
        break;
    }
    case PLAN_ASSIGN:    /* a row may be in several windows */
    case PLAN_EXPAND:
    case PLAN_CORRELATE:
    case PLAN_UNION:
    case PLAN_VALUES:
    case PLAN_SINK:
        break;
    }
}

static unsigned updates_of(const struct plan *node)
{
    return CHANGES_UPDATE_AFTER | (node->before ? CHANGES_UPDATE_BEFORE : 0);
}

static unsigned inputs_changes(const struct plan *node)
{
    unsigned changes = 0;
    for (uint32_t i = 0; i < node->input_count; i++)
        changes |= node->inputs[i]->changes;
    return changes;
}

static unsigned group_changes(const struct plan_group *group)
{
    const struct plan *input = group->base.inputs[0];
    unsigned changes = CHANGES_INSERT;
    if (group->call_count > 0)
        changes |= updates_of(&group->base);
    if (plan_updates(input)) /* a group without rows is gone, be it the one of all rows */
        changes |= CHANGES_DELETE;
    return changes;
}

/* What comes of side k of a join: -U only where it was asked for. */
static unsigned side_changes(const struct plan_join *join, uint32_t k)
{
    const struct plan *input = join->base.inputs[k];
    return input->changes & (input->before ? ~0u : ~(unsigned)CHANGES_UPDATE_BEFORE);
}

/* As Flink's operators: an outer join knows no updates, but passes on that a row of its inner side
 * was one. */
static unsigned join_changes(const struct plan_join *join)
{
    unsigned left = side_changes(join, 0), right = side_changes(join, 1), changes = 0;
    switch (join->type) {
    case INNER_JOIN:
    case SEMI_JOIN:
        changes = left | right;
        break;
    case ANTI_JOIN:
        changes = left | CHANGES_INSERT | CHANGES_DELETE;
        break;
    case LEFT_JOIN:
        changes = (right & CHANGES_UPDATE_BEFORE) | CHANGES_INSERT | CHANGES_DELETE;
        break;
    case RIGHT_JOIN:
        changes = (left & CHANGES_UPDATE_BEFORE) | CHANGES_INSERT | CHANGES_DELETE;
        break;
    case FULL_JOIN:
        changes = CHANGES_INSERT | CHANGES_DELETE;
        break;
    }
    if (changes & CHANGES_UPDATE_BEFORE && !join->base.before)
        changes = (changes & ~(unsigned)CHANGES_UPDATE_BEFORE) | CHANGES_DELETE;
    return changes;
}

static unsigned dedup_changes(const struct plan_dedup *dedup)
{
    bool final = dedup->window_end != PLAN_NO_COLUMN || !dedup->keep_last;
    unsigned deletes = dedup->normalizes ? CHANGES_DELETE : 0;
    return final ? CHANGES_INSERT : CHANGES_INSERT | updates_of(&dedup->base) | deletes;
}

bool plan_over_is_by_time(const struct plan_over *over)
{
    if (over->order_count == 0)
        return false;
    const struct type *type = over->base.inputs[0]->fields[over->order[0].column].type;
    return over->proctime || type->time_attribute != TIME_PLAIN;
}

static unsigned over_changes(const struct plan_over *over)
{
    if (plan_over_is_by_time(over))
        return over->base.inputs[0]->changes;
    return CHANGES_INSERT | updates_of(&over->base) |
           (plan_updates(over->base.inputs[0]) ? CHANGES_DELETE : 0);
}

static unsigned derive_changes(const struct plan *node)
{
    switch (node->kind) {
    case PLAN_SCAN:
        /* of the source: the binder knows; it leaves out what nobody asks for */
        return node->changes & (node->before ? ~0u : ~(unsigned)CHANGES_UPDATE_BEFORE);
    case PLAN_VALUES:
    case PLAN_WINDOW:
    case PLAN_WINDOW_JOIN:
    case PLAN_INTERVAL_JOIN:
        return CHANGES_INSERT;
    case PLAN_GROUP:
        return group_changes((const struct plan_group *)node);
    case PLAN_JOIN:
        return join_changes((const struct plan_join *)node);
    case PLAN_TEMPORAL_JOIN:
        return node->inputs[0]->changes;
    case PLAN_RANK:
        return ((const struct plan_rank *)node)->window_end != PLAN_NO_COLUMN
                   ? CHANGES_INSERT
                   : CHANGES_INSERT | CHANGES_DELETE | updates_of(node);
    case PLAN_DEDUP:
        return dedup_changes((const struct plan_dedup *)node);
    case PLAN_OVER:
        return over_changes((const struct plan_over *)node);
    case PLAN_SORT: /* all rows at the end, or rows that come by time */
        return CHANGES_INSERT;
    case PLAN_MATERIALIZE:
        return CHANGES_INSERT | CHANGES_UPDATE_AFTER | CHANGES_DELETE;
    default:
        return inputs_changes(node);
    }
}

bool plan_derive(struct arena *arena, struct plan *node)
{
    struct key_list list = { .arena = arena };
    node->changes = derive_changes(node);
    if (node->kind != PLAN_SCAN) {
        node->bounded = true;
        for (uint32_t i = 0; i < node->input_count; i++)
            node->bounded = node->bounded && node->inputs[i]->bounded;
    }
    derive_keys(&list, node);
    struct plan_key *keys = arena_array(arena, struct plan_key, MAX(list.count, 1));
    if (!keys || list.failed)
        return false;
    memcpy(keys, list.keys, list.count * sizeof *keys);
    node->keys = keys;
    node->key_count = list.count;
    return true;
}

bool plan_has_key_in(const struct plan *node, const uint32_t *columns, uint32_t count)
{
    for (uint32_t i = 0; i < node->key_count; i++)
        if (is_subset(&node->keys[i], columns, count))
            return true;
    return false;
}

const struct plan_key *plan_key_over(const struct plan *node, const uint32_t *columns,
                                     uint32_t count)
{
    for (uint32_t i = 0; i < node->key_count; i++) {
        bool all = true;
        for (uint32_t k = 0; k < count && all; k++)
            all = contains_column(node->keys[i].columns, node->keys[i].count, columns[k]);
        if (all)
            return &node->keys[i];
    }
    return NULL;
}
