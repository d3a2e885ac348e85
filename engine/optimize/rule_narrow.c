/* rule_narrow.c -- operators that keep rows keep no columns that nobody reads, and groups
 * no aggregates: one that changes alone would send changes that nobody can tell apart.
 *
 * A calc below takes only the wanted columns of an input, a calc above puts them back in
 * their places (NULLs stand for the others); rule_calc then merges both into their
 * neighbours.  A self-join over messages so keeps two numbers a row, and not the message.
 * Nodes are visited readers first: what a join does not keep, the one below it need not. */
#include "optimize/rules.h"
#include "plan/plan_join.h"

struct narrow {
    struct optimizer *o;
    bool **wanted;          /* by id of the node */
    struct column_room room;
    struct plan **made;     /* calcs below nodes that were narrowed: readers of what comes later */
    uint32_t made_count, made_cap;
};

/* New places of columns; PLAN_NO_COLUMN: gone. */
struct places {
    uint32_t *of;
    uint32_t count; /* that are left */
};

static bool is_join(const struct plan *node)
{
    return node->kind == PLAN_JOIN || node->kind == PLAN_INTERVAL_JOIN ||
           node->kind == PLAN_WINDOW_JOIN || node->kind == PLAN_TEMPORAL_JOIN;
}

static bool is_kept(const struct plan *node)
{
    return is_join(node) || node->kind == PLAN_RANK || node->kind == PLAN_DEDUP ||
           node->kind == PLAN_OVER || node->kind == PLAN_SORT || node->kind == PLAN_LOOKUP;
}

/* --- the calc below --------------------------------------------------------------------- */

static enum code project(struct narrow *n, struct plan *node, uint32_t k, const bool *theirs,
                         struct places *places, struct error *err)
{
    struct arena *arena = n->o->arena;
    struct plan *input = node->inputs[k];
    for (uint32_t i = 0; i < input->field_count; i++)
        places->of[i] = theirs[i] ? places->count++ : PLAN_NO_COLUMN;
    if (places->count == input->field_count)
        return OK;
    struct plan *calc = plan_make(n->o, PLAN_CALC, sizeof(struct plan_calc), places->count, 1,
                                  input->span);
    struct expr **exprs = arena_array(arena, struct expr *, MAX(places->count, 1));
    if (!calc || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < input->field_count; i++) {
        uint32_t at = places->of[i];
        if (at == PLAN_NO_COLUMN)
            continue;
        calc->fields[at] = input->fields[i];
        if (!(exprs[at] = expr_column(arena, i, input->fields[i].type, input->span)))
            return error_nomem(err);
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = input;
    calc->changes = input->changes;
    calc->bounded = input->bounded;
    node->inputs[k] = calc;
    return ARENA_PUSH(arena, n->made, n->made_count, n->made_cap, calc) ? OK : error_nomem(err);
}

/* --- the node's own columns ------------------------------------------------------------------ */

static bool move_list(struct arena *arena, const uint32_t **list, uint32_t count,
                      const uint32_t *to)
{
    uint32_t *moved = arena_array(arena, uint32_t, MAX(count, 1));
    if (!moved)
        return false;
    for (uint32_t i = 0; i < count; i++)
        moved[i] = to[(*list)[i]];
    *list = moved;
    return true;
}

static bool move_order(struct arena *arena, const struct plan_order **order, uint32_t count,
                       const uint32_t *to)
{
    struct plan_order *moved = arena_array(arena, struct plan_order, MAX(count, 1));
    if (!moved)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        moved[i] = (*order)[i];
        moved[i].column = to[moved[i].column];
    }
    *order = moved;
    return true;
}

static void move_one(uint32_t *column, const uint32_t *to)
{
    if (*column != PLAN_NO_COLUMN)
        *column = to[*column];
}

static bool move_calls(struct arena *arena, const struct agg_call **calls, uint32_t count,
                       const uint32_t *to)
{
    struct agg_call *moved = arena_array(arena, struct agg_call, MAX(count, 1));
    if (!moved)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        moved[i] = (*calls)[i];
        for (uint32_t a = 0; a < moved[i].agg->arg_count; a++)
            moved[i].args[a] = to[moved[i].args[a]];
        move_one(&moved[i].filter, to);
    }
    *calls = moved;
    return true;
}

/* `to` are the places of input 0, then those of input 1 behind them. */
static bool move_join(struct arena *arena, struct plan_join *join, const uint32_t *to,
                      uint32_t left, uint32_t new_left)
{
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t *keys = arena_array(arena, uint32_t, MAX(join->key_count, 1));
        if (!keys)
            return false;
        for (uint32_t i = 0; i < join->key_count; i++)
            keys[i] = k == 0 ? to[join->keys[0][i]] : to[left + join->keys[1][i]] - new_left;
        join->keys[k] = keys;
    }
    if (join->condition &&
        !(join->condition = plan_move_columns(arena, join->condition, to)))
        return false;
    uint32_t *pairs[2] = { NULL, NULL };
    if (join->base.kind == PLAN_WINDOW_JOIN) {
        pairs[0] = ((struct plan_window_join *)join)->start;
        pairs[1] = ((struct plan_window_join *)join)->end;
    } else if (join->base.kind == PLAN_INTERVAL_JOIN) {
        pairs[0] = ((struct plan_interval_join *)join)->time;
    } else if (join->base.kind == PLAN_TEMPORAL_JOIN) {
        pairs[0] = ((struct plan_temporal_join *)join)->time;
    }
    for (uint32_t i = 0; i < 2 && pairs[i]; i++) {
        pairs[i][0] = to[pairs[i][0]];
        pairs[i][1] = to[left + pairs[i][1]] - new_left;
    }
    return true;
}

static bool move_own(struct arena *arena, struct plan *node, const uint32_t *to, uint32_t left,
                     uint32_t new_left)
{
    switch (node->kind) {
    case PLAN_RANK: {
        struct plan_rank *rank = (struct plan_rank *)node;
        move_one(&rank->end_column, to);
        move_one(&rank->window_end, to);
        return move_list(arena, &rank->keys, rank->key_count, to) &&
               move_order(arena, &rank->order, rank->order_count, to);
    }
    case PLAN_DEDUP: {
        struct plan_dedup *dedup = (struct plan_dedup *)node;
        move_one(&dedup->time, to);
        move_one(&dedup->window_end, to);
        return move_list(arena, &dedup->keys, dedup->key_count, to);
    }
    case PLAN_OVER: {
        struct plan_over *over = (struct plan_over *)node;
        return move_list(arena, &over->keys, over->key_count, to) &&
               move_order(arena, &over->order, over->order_count, to) &&
               move_calls(arena, &over->calls, over->call_count, to);
    }
    case PLAN_SORT: {
        struct plan_sort *sort = (struct plan_sort *)node;
        return move_order(arena, &sort->order, sort->order_count, to);
    }
    case PLAN_LOOKUP: {
        struct plan_lookup *lookup = (struct plan_lookup *)node;
        return move_list(arena, &lookup->keys, lookup->key_count, to) &&
               (!lookup->condition || (lookup->condition = plan_move_columns(
                                           arena, lookup->condition, to)) != NULL);
    }
    default:
        return move_join(arena, (struct plan_join *)node, to, left, new_left);
    }
}

/* --- the calc above ------------------------------------------------------------------------------ */

static enum code restore(struct narrow *n, struct plan *node, const struct field *before,
                         const uint32_t *to, uint32_t count, struct error *err)
{
    struct arena *arena = n->o->arena;
    struct plan *calc =
        plan_make(n->o, PLAN_CALC, sizeof(struct plan_calc), count, 1, node->span);
    struct expr **exprs = arena_array(arena, struct expr *, MAX(count, 1));
    if (!calc || !exprs)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        calc->fields[i] = before[i];
        exprs[i] = to[i] == PLAN_NO_COLUMN
                       ? expr_null(arena, before[i].type, node->span)
                       : expr_column(arena, to[i], before[i].type, node->span);
        if (!exprs[i])
            return error_nomem(err);
    }
    ((struct plan_calc *)calc)->exprs = exprs;
    calc->inputs[0] = node;
    calc->changes = node->changes;
    calc->bounded = node->bounded;
    plan_redirect(n->o, node, calc, NULL);
    for (uint32_t i = 0; i < n->made_count; i++)
        if (n->made[i]->inputs[0] == node)
            n->made[i]->inputs[0] = calc;
    return OK;
}

/* Output columns: those of the inputs that are left, then the node's own. */
static enum code narrow(struct narrow *n, struct plan *node, bool *const *theirs,
                        struct error *err)
{
    struct arena *arena = n->o->arena;
    uint32_t sides = is_join(node) ? 2 : 1, sum = node->field_count, width[2] = { 0, 0 };
    for (uint32_t k = 0; k < sides; k++) {
        width[k] = node->inputs[k]->field_count;
        sum += width[k];
    }
    struct places places[2] = { { arena_array(arena, uint32_t, sum), 0 },
                                { arena_array(arena, uint32_t, sum), 0 } };
    uint32_t *to = arena_array(arena, uint32_t, sum);
    struct field *fields = arena_array(arena, struct field, MAX(node->field_count, 1));
    if (!places[0].of || !places[1].of || !to || !fields)
        return error_nomem(err);
    for (uint32_t k = 0; k < sides; k++)
        TRY(project(n, node, k, theirs[k], &places[k], err));
    for (uint32_t i = 0; i < sum; i++) {
        if (i < width[0])
            to[i] = places[0].of[i];
        else if (i < width[0] + width[1])
            to[i] = places[1].of[i - width[0]] == PLAN_NO_COLUMN
                        ? PLAN_NO_COLUMN
                        : places[0].count + places[1].of[i - width[0]];
        else
            to[i] = i - width[0] - width[1] + places[0].count + places[1].count;
    }
    if (!move_own(arena, node, to, width[0], places[0].count))
        return error_nomem(err);
    const struct field *before = node->fields;
    uint32_t count = node->field_count, left = 0;
    for (uint32_t i = 0; i < count; i++)
        if (to[i] != PLAN_NO_COLUMN) {
            fields[to[i]] = before[i];
            left++;
        }
    node->fields = fields;
    node->field_count = left;
    return restore(n, node, before, to, count, err);
}

/* Without a key, one call stays: it makes the row. */
static enum code drop_calls(struct narrow *n, struct plan *node, struct error *err)
{
    struct plan_group *group = (struct plan_group *)node;
    uint32_t keys = group->key_count, count = node->field_count, left = 0;
    struct agg_call *calls = arena_array(n->o->arena, struct agg_call, MAX(group->call_count, 1));
    struct field *fields = arena_array(n->o->arena, struct field, MAX(count, 1));
    uint32_t *to = arena_array(n->o->arena, uint32_t, MAX(count, 1));
    if (!calls || !fields || !to)
        return error_nomem(err);
    const bool *wanted = n->wanted[node->id];
    bool any = keys > 0;
    for (uint32_t i = 0; i < count; i++)
        any = any || wanted[i];
    for (uint32_t i = 0; i < count; i++) {
        to[i] = PLAN_NO_COLUMN;
        if (i >= keys && !wanted[i] && (any || i > 0))
            continue;
        if (i >= keys)
            calls[left - keys] = group->calls[i - keys];
        to[i] = left;
        fields[left++] = node->fields[i];
    }
    if (left == count)
        return OK;
    const struct field *before = node->fields;
    node->fields = fields;
    node->field_count = left;
    group->calls = calls;
    group->call_count = left - keys;
    return restore(n, node, before, to, count, err);
}

static bool move_window(struct arena *arena, struct window_spec *w, const uint32_t *to)
{
    if (w->kind == WINDOW_ATTACHED) {
        w->start = to[w->start];
        w->end = to[w->end];
        return true;
    }
    if (!w->proctime)
        move_one(&w->time, to);
    return move_list(arena, &w->partition, w->partition_count, to);
}

/* An aggregate's input: its output is its own. */
static enum code narrow_input(struct narrow *n, struct plan *node, const bool *theirs,
                              struct error *err)
{
    struct arena *arena = n->o->arena;
    struct places places = {
        arena_array(arena, uint32_t, MAX(node->inputs[0]->field_count, 1)), 0
    };
    if (!places.of)
        return error_nomem(err);
    TRY(project(n, node, 0, theirs, &places, err));
    if (node->kind == PLAN_GROUP) {
        struct plan_group *group = (struct plan_group *)node;
        return move_list(arena, &group->keys, group->key_count, places.of) &&
                       move_calls(arena, &group->calls, group->call_count, places.of)
                   ? OK
                   : error_nomem(err);
    }
    struct plan_window *window = (struct plan_window *)node;
    return move_list(arena, &window->keys, window->key_count, places.of) &&
                   move_calls(arena, &window->calls, window->call_count, places.of) &&
                   move_window(arena, &window->window, places.of)
               ? OK
               : error_nomem(err);
}

static enum code visit(struct narrow *n, struct plan *node, struct error *err)
{
    if (node->kind == PLAN_GROUP)
        TRY(drop_calls(n, node, err));
    bool *theirs[2] = { NULL, NULL }, drops = false;
    for (uint32_t k = 0; k < node->input_count; k++) {
        const struct plan *input = node->inputs[k];
        bool *wanted = arena_array(n->o->arena, bool, MAX(input->field_count, 1));
        if (!wanted)
            return error_nomem(err);
        columns_wanted(node, n->wanted[node->id], k, wanted, &n->room);
        for (uint32_t i = 0; i < input->field_count; i++) {
            n->wanted[input->id][i] = n->wanted[input->id][i] || wanted[i];
            drops = drops || !wanted[i];
        }
        if (k < 2)
            theirs[k] = wanted;
    }
    if (drops && (node->kind == PLAN_GROUP || node->kind == PLAN_WINDOW))
        return narrow_input(n, node, theirs[0], err);
    return drops && is_kept(node) ? narrow(n, node, theirs, err) : OK;
}

enum code rule_narrow(struct optimizer *o, struct error *err)
{
    struct narrow n = { .o = o };
    uint32_t count = o->job->node_count;
    n.wanted = arena_array(o->arena, bool *, count + 1);
    if (!n.wanted)
        return error_nomem(err);
    for (uint32_t i = 0; i < count; i++) {
        const struct plan *node = o->job->nodes[i];
        n.wanted[node->id] = arena_array(o->arena, bool, MAX(node->field_count, 1));
        if (!n.wanted[node->id])
            return error_nomem(err);
    }
    TRY(columns_room(o, &n.room, err));
    for (uint32_t i = count; i > 0; i--)
        TRY(visit(&n, o->job->nodes[i - 1], err));
    return OK;
}
