/* json_set.c -- a set of paths, and the automaton made of it.
 *
 * First a trie: a node per distinct beginning of a path.  A REPARSE step makes a node of its own,
 * but reading does not stop at it: where a container goes on in place, the value belongs to the
 * node before the boundary and to the one behind it at once.  So the automaton's states are sets
 * of trie nodes, made on demand from the root and shared where equal.  There are few: a set is
 * determined by the path of names that leads to it and by how many boundaries were string. */
#include "json/json_set.h"

#include "base/arena.h"
#include "base/memory.h"

#include <stdlib.h>

/* --- the set, as the binder fills it ---------------------------------------- */

struct json_paths {
    unsigned flags;
    struct arena *arena;
    struct json_path *paths; /* by slot */
    uint32_t count;
    uint32_t cap;
};

enum code json_paths_create(unsigned flags, struct json_paths **ret, struct error *err)
{
    struct json_paths *paths = mem_zalloc(sizeof(*paths));
    struct arena *arena = arena_create();
    if (!paths || !arena) {
        mem_free(paths);
        arena_destroy(arena);
        return error_nomem(err);
    }
    *paths = (struct json_paths){ .flags = flags, .arena = arena };
    *ret = paths;
    return OK;
}

void json_paths_destroy(struct json_paths *paths)
{
    if (!paths)
        return;
    arena_destroy(paths->arena);
    mem_free(paths);
}

uint32_t json_paths_count(const struct json_paths *paths)
{
    return paths->count;
}

unsigned json_paths_flags(const struct json_paths *paths)
{
    return paths->flags;
}

const struct json_path *json_paths_at(const struct json_paths *paths, uint32_t slot)
{
    return &paths->paths[slot];
}

/* How the part before a boundary was written ("lax" ...) matters to general paths only. */
static bool same_steps(const struct json_step *a, const struct json_step *b, bool is_general)
{
    if (a->kind == JSON_STEP_REPARSE && b->kind == JSON_STEP_REPARSE && !is_general)
        return a->reparse == b->reparse;
    if (a->kind != b->kind || a->reparse != b->reparse || a->from != b->from || a->to != b->to ||
        a->has_from != b->has_from || a->has_to != b->has_to || a->count != b->count ||
        a->is_chained != b->is_chained || a->filter != b->filter || !str_eq(a->key, b->key))
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->keys && !str_eq(a->keys[i], b->keys[i]))
            return false;
        if (a->indexes && a->indexes[i] != b->indexes[i])
            return false;
    }
    return true;
}

static bool same_path(const struct json_path *a, const struct json_path *b)
{
    if (a->is_never || b->is_never)
        return a->is_never == b->is_never;
    if (a->count != b->count)
        return false;
    if (a->is_general && (a->is_lax != b->is_lax || a->is_many != b->is_many))
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!same_steps(&a->steps[i], &b->steps[i], a->is_general))
            return false;
    }
    return true;
}

static enum code copy_step(struct arena *arena, const struct json_step *in, struct json_step *out,
                           struct error *err)
{
    *out = *in;
    if (in->kind == JSON_STEP_KEY) {
        out->key = arena_str(arena, in->key);
        if (!out->key.data)
            return error_nomem(err);
    }
    if (in->keys) {
        struct str *keys = arena_array(arena, struct str, in->count);
        if (!keys)
            return error_nomem(err);
        for (uint32_t i = 0; i < in->count; i++) {
            keys[i] = arena_str(arena, in->keys[i]);
            if (!keys[i].data)
                return error_nomem(err);
        }
        out->keys = keys;
    }
    if (in->indexes) {
        int64_t *indexes = arena_array(arena, int64_t, in->count);
        if (!indexes)
            return error_nomem(err);
        memcpy(indexes, in->indexes, in->count * sizeof(*indexes));
        out->indexes = indexes;
    }
    return OK;
}

enum code json_paths_add(struct json_paths *paths, const struct json_path *path, uint32_t *ret_slot,
                         struct error *err)
{
    for (uint32_t i = 0; i < paths->count; i++) {
        if (same_path(&paths->paths[i], path)) {
            *ret_slot = i;
            return OK;
        }
    }
    struct json_path copy = *path;
    struct json_step *steps = arena_array(paths->arena, struct json_step, MAX(path->count, 1));
    if (!steps)
        return error_nomem(err);
    for (uint32_t i = 0; i < path->count; i++)
        TRY(copy_step(paths->arena, &path->steps[i], &steps[i], err));
    copy.steps = steps;
    if (!ARENA_PUSH(paths->arena, paths->paths, paths->count, paths->cap, copy))
        return error_nomem(err);
    *ret_slot = paths->count - 1;
    return OK;
}

/* --- the trie --------------------------------------------------------------- */

enum { NO_SLOT = -1 };

struct node {
    const struct json_step *step; /* that leads here; NULL: the root */
    uint32_t parent;
    int32_t slot;   /* public slot of the path that ends here */
    int32_t hidden; /* slot with the value that general paths go on from */
    int32_t map;    /* slot with an array that KEY steps have to go into */
    bool is_root;   /* of a document */
    bool has_key_children;
};

struct node_set {
    uint32_t *nodes; /* ascending */
    uint32_t count;
};

struct build {
    struct arena *arena;
    const struct json_paths *paths;
    struct json_set *set;
    struct error *err;

    struct node *nodes;
    uint32_t node_count, node_cap;

    struct json_rule *rules;
    uint32_t rule_count, rule_cap;

    struct json_state *states;
    uint32_t state_cap;
    struct node_set *sets; /* of each state */
    uint32_t set_count, set_cap;
};

static bool same_edge(const struct json_step *a, const struct json_step *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case JSON_STEP_KEY:
        return str_eq(a->key, b->key);
    case JSON_STEP_INDEX:
        return a->from == b->from;
    default:
        return a->reparse == b->reparse;
    }
}

static enum code node_child(struct build *b, uint32_t parent, const struct json_step *step,
                            uint32_t *ret)
{
    for (uint32_t i = parent + 1; i < b->node_count; i++) {
        if (b->nodes[i].parent == parent && same_edge(b->nodes[i].step, step)) {
            *ret = i;
            return OK;
        }
    }
    struct node node = {
        .step = step,
        .parent = parent,
        .slot = NO_SLOT,
        .hidden = NO_SLOT,
        .map = NO_SLOT,
        .is_root = step && step->kind == JSON_STEP_REPARSE,
    };
    if (!ARENA_PUSH(b->arena, b->nodes, b->node_count, b->node_cap, node))
        return error_nomem(b->err);
    *ret = b->node_count - 1;
    return OK;
}

static bool is_plain_step(const struct json_step *step)
{
    return step->kind == JSON_STEP_KEY || step->kind == JSON_STEP_REPARSE ||
           (step->kind == JSON_STEP_INDEX && step->from >= 0);
}

static enum code add_rule(struct build *b, uint32_t node, uint32_t slot, uint32_t done,
                          const struct json_path *path, int32_t *hidden, bool is_map)
{
    if (*hidden == NO_SLOT)
        *hidden = (int32_t)b->set->slot_count++;
    /* Whether the stretch up to the next boundary is "lax" and gives an array. */
    bool makes_array = path->is_lax && path->is_many;
    for (uint32_t i = path->count; i > done; i--) {
        const struct json_step *step = &path->steps[i - 1];
        if (step->kind == JSON_STEP_REPARSE)
            makes_array = step->from && step->to;
    }
    uint32_t root = node;
    while (!b->nodes[root].is_root)
        root = b->nodes[root].parent;
    if (makes_array && b->nodes[root].hidden == NO_SLOT)
        b->nodes[root].hidden = (int32_t)b->set->slot_count++;
    struct json_rule rule = {
        .makes_array = makes_array,
        .root = (uint32_t)b->nodes[root].hidden,
        .hidden = (uint32_t)*hidden,
        .slot = slot,
        .steps = path->steps + done,
        .step_count = path->count - done,
        .is_root = b->nodes[node].is_root,
        .is_map = is_map,
        .is_lax = path->is_lax,
        .is_many = path->is_many,
    };
    if (!ARENA_PUSH(b->arena, b->rules, b->rule_count, b->rule_cap, rule))
        return error_nomem(b->err);
    return OK;
}

/* Whether the stretch of the path that step `at` is in gives an array of all it finds.  There an
 * index out of range is no failure but an empty result, and has to be told from a missing name. */
static bool is_many_at(const struct json_path *path, uint32_t at)
{
    for (; at < path->count; at++) {
        if (path->steps[at].kind == JSON_STEP_REPARSE)
            return path->steps[at].to != 0;
    }
    return path->is_many;
}

static enum code add_path(struct build *b, uint32_t slot)
{
    const struct json_path *path = json_paths_at(b->paths, slot);
    if (path->is_never)
        return OK;
    bool is_blink = (b->set->flags & JSON_BLINK_STEPS) != 0;
    uint32_t node = 0;
    uint32_t reparses = 0;
    for (uint32_t i = 0; i < path->count; i++) {
        const struct json_step *step = &path->steps[i];
        if (!is_plain_step(step) || (step->kind == JSON_STEP_INDEX && is_many_at(path, i)))
            return add_rule(b, node, slot, i, path, &b->nodes[node].hidden, false);
        if (step->kind == JSON_STEP_KEY) {
            b->nodes[node].has_key_children = true;
            if (is_blink && !b->nodes[node].is_root)
                TRY(add_rule(b, node, slot, i, path, &b->nodes[node].map, true));
            if (memmem(step->key.data, step->key.size, "\xEF\xBF\xBD", 3))
                b->set->has_odd_keys = true;
        }
        if (step->kind == JSON_STEP_REPARSE)
            b->set->reparse_depth = MAX(b->set->reparse_depth, ++reparses);
        TRY(node_child(b, node, step, &node));
    }
    b->nodes[node].slot = (int32_t)slot;
    return OK;
}

/* --- the automaton ---------------------------------------------------------- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The state of a set of nodes, made if new.  Takes `nodes` over. */
static enum code state_of(struct build *b, uint32_t *nodes, uint32_t count, uint32_t *ret)
{
    if (count == 0) {
        *ret = JSON_STATE_NONE;
        return OK;
    }
    qsort(nodes, count, sizeof(*nodes), compare_u32);
    for (uint32_t i = 1; i < b->set_count; i++) {
        if (b->sets[i].count == count && !memcmp(b->sets[i].nodes, nodes, count * sizeof(*nodes))) {
            *ret = i;
            return OK;
        }
    }
    struct node_set set = { nodes, count };
    struct json_state state = { .keys = NULL };
    uint32_t state_count = b->set->state_count;
    if (!ARENA_PUSH(b->arena, b->sets, b->set_count, b->set_cap, set) ||
        !ARENA_PUSH(b->arena, b->states, state_count, b->state_cap, state))
        return error_nomem(b->err);
    b->set->state_count = state_count;
    *ret = b->set_count - 1;
    return OK;
}

struct list {
    uint32_t *items;
    uint32_t count, cap;
};

static enum code list_put(struct build *b, struct list *list, uint32_t item)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i] == item)
            return OK;
    }
    if (!ARENA_PUSH(b->arena, list->items, list->count, list->cap, item))
        return error_nomem(b->err);
    return OK;
}

enum crossing { CROSS_SCALAR, CROSS_STRING, CROSS_CONTAINER };

static bool crosses(enum json_reparse mode, enum crossing how)
{
    if (mode == JSON_REPARSE_BLINK)
        return true;
    return (mode == JSON_REPARSE_CONTAINER) == (how == CROSS_CONTAINER);
}

/* Adds the nodes behind the boundaries that a value of this sort crosses in place. */
static enum code close_over(struct build *b, struct list *list, enum crossing how)
{
    for (uint32_t k = 0; k < list->count; k++) {
        for (uint32_t i = list->items[k] + 1; i < b->node_count; i++) {
            const struct node *node = &b->nodes[i];
            if (node->parent == list->items[k] && node->step->kind == JSON_STEP_REPARSE &&
                crosses(node->step->reparse, how))
                TRY(list_put(b, list, i));
        }
    }
    return OK;
}

static enum code copy_nodes(struct build *b, const struct node_set *set, struct list *ret)
{
    *ret = (struct list){ .items = NULL };
    for (uint32_t i = 0; i < set->count; i++)
        TRY(list_put(b, ret, set->nodes[i]));
    return OK;
}

static enum code slots_of(struct build *b, const struct list *nodes, bool is_array,
                          struct json_slots *ret)
{
    struct list slots = { .items = NULL };
    for (uint32_t i = 0; i < nodes->count; i++) {
        const struct node *node = &b->nodes[nodes->items[i]];
        if (node->slot != NO_SLOT)
            TRY(list_put(b, &slots, (uint32_t)node->slot));
        if (node->hidden != NO_SLOT)
            TRY(list_put(b, &slots, (uint32_t)node->hidden));
        if (is_array && node->map != NO_SLOT)
            TRY(list_put(b, &slots, (uint32_t)node->map));
    }
    *ret = (struct json_slots){ slots.items, slots.count };
    return OK;
}

/* Everything at and below the nodes. */
static enum code slots_below(struct build *b, const struct node_set *set, struct json_slots *ret)
{
    struct list slots = { .items = NULL };
    for (uint32_t i = 0; i < b->node_count; i++) {
        const struct node *node = &b->nodes[i];
        bool is_below = false;
        for (uint32_t up = i;; up = b->nodes[up].parent) {
            for (uint32_t k = 0; k < set->count; k++)
                is_below |= set->nodes[k] == up;
            if (is_below || up == 0)
                break;
        }
        if (!is_below)
            continue;
        const int32_t mine[] = { node->slot, node->hidden, node->map };
        for (size_t k = 0; k < countof(mine); k++) {
            if (mine[k] != NO_SLOT)
                TRY(list_put(b, &slots, (uint32_t)mine[k]));
        }
    }
    *ret = (struct json_slots){ slots.items, slots.count };
    return OK;
}

/* The state that `step` leads to from any of the nodes. */
static enum code step_to(struct build *b, const struct list *nodes, const struct json_step *step,
                         uint32_t *ret)
{
    struct list next = { .items = NULL };
    for (uint32_t k = 0; k < nodes->count; k++) {
        for (uint32_t i = nodes->items[k] + 1; i < b->node_count; i++) {
            if (b->nodes[i].parent == nodes->items[k] && same_edge(b->nodes[i].step, step))
                TRY(list_put(b, &next, i));
        }
    }
    return state_of(b, next.items, next.count, ret);
}

static uint64_t key_head(struct str key)
{
    uint64_t head = 0;
    memcpy(&head, key.data, MIN(key.size, sizeof(head)));
    return head;
}

/* Edges out of a container with these nodes. */
static enum code add_edges(struct build *b, const struct list *nodes, struct json_state *state)
{
    struct json_key *keys = NULL;
    uint32_t key_count = 0, key_cap = 0;
    struct json_element *elements = NULL;
    uint32_t element_count = 0, element_cap = 0;
    for (uint32_t k = 0; k < nodes->count; k++) {
        for (uint32_t i = nodes->items[k] + 1; i < b->node_count; i++) {
            const struct json_step *step = b->nodes[i].step;
            if (b->nodes[i].parent != nodes->items[k] || step->kind == JSON_STEP_REPARSE)
                continue;
            bool is_known = false;
            for (uint32_t n = 0; step->kind == JSON_STEP_KEY && n < key_count; n++)
                is_known |= str_eq(str_make(keys[n].data, keys[n].size), step->key);
            for (uint32_t n = 0; step->kind == JSON_STEP_INDEX && n < element_count; n++)
                is_known |= elements[n].index == (uint32_t)step->from;
            if (is_known)
                continue;
            uint32_t next = 0;
            TRY(step_to(b, nodes, step, &next));
            bool is_pushed;
            if (step->kind == JSON_STEP_KEY) {
                struct json_key key = { key_head(step->key), (uint32_t)step->key.size, next,
                                        step->key.data };
                is_pushed = ARENA_PUSH(b->arena, keys, key_count, key_cap, key);
            } else {
                struct json_element element = { (uint32_t)step->from, next };
                is_pushed = ARENA_PUSH(b->arena, elements, element_count, element_cap, element);
            }
            if (!is_pushed)
                return error_nomem(b->err);
        }
    }
    if (element_count > 0) /* index is the first member, so as a number */
        qsort(elements, element_count, sizeof(*elements), compare_u32);
    state->keys = keys;
    state->key_count = key_count;
    state->elements = elements;
    state->element_count = element_count;
    return OK;
}

/* Beyond a few keys a table beats a walk over all of them. */
static enum code add_table(struct build *b, struct json_state *state)
{
    enum { FEW_KEYS = 8, MOST_KEYS = 30000 };
    if (state->key_count <= FEW_KEYS || state->key_count > MOST_KEYS)
        return OK;
    uint32_t size = 16;
    while (size < state->key_count * 2)
        size *= 2;
    uint16_t *table = arena_array(b->arena, uint16_t, size);
    if (!table)
        return error_nomem(b->err);
    for (uint32_t i = 0; i < state->key_count; i++) {
        uint32_t at = json_key_hash(state->keys[i].head, state->keys[i].size) & (size - 1);
        while (table[at])
            at = (at + 1) & (size - 1);
        table[at] = (uint16_t)(i + 1);
    }
    state->table = table;
    state->table_mask = size - 1;
    return OK;
}

/* The state of the document inside a string: the nodes behind the boundaries. */
static enum code add_inner(struct build *b, const struct node_set *set, struct json_state *state)
{
    struct list inner = { .items = NULL };
    for (uint32_t k = 0; k < set->count; k++) {
        for (uint32_t i = set->nodes[k] + 1; i < b->node_count; i++) {
            const struct node *node = &b->nodes[i];
            if (node->parent == set->nodes[k] && node->step->kind == JSON_STEP_REPARSE &&
                crosses(node->step->reparse, CROSS_STRING))
                TRY(list_put(b, &inner, i));
        }
    }
    return state_of(b, inner.items, inner.count, &state->inner);
}

static enum code fill_state(struct build *b, uint32_t index)
{
    struct node_set set = b->sets[index];
    struct json_state state = { .keys = NULL };
    struct list nodes;

    TRY(copy_nodes(b, &set, &nodes));
    TRY(slots_of(b, &nodes, false, &state.on_null));
    TRY(slots_of(b, &nodes, false, &state.on_string));
    TRY(close_over(b, &nodes, CROSS_SCALAR));
    TRY(slots_of(b, &nodes, false, &state.on_scalar));

    TRY(copy_nodes(b, &set, &nodes));
    TRY(close_over(b, &nodes, CROSS_CONTAINER));
    TRY(slots_of(b, &nodes, false, &state.on_object));
    TRY(slots_of(b, &nodes, true, &state.on_array));
    TRY(add_edges(b, &nodes, &state));
    TRY(add_table(b, &state));
    TRY(add_inner(b, &set, &state));
    TRY(slots_below(b, &set, &state.all));
    b->states[index] = state; /* the array may have moved meanwhile */
    return OK;
}

enum code json_set_build(struct arena *arena, const struct json_paths *paths, struct json_set *ret,
                         struct error *err)
{
    struct json_set set = {
        .flags = paths->flags,
        .public_count = paths->count,
        .slot_count = paths->count,
    };
    struct build b = { .arena = arena, .paths = paths, .set = &set, .err = err };
    struct node root = { .slot = NO_SLOT, .hidden = NO_SLOT, .map = NO_SLOT, .is_root = true };
    if (!ARENA_PUSH(arena, b.nodes, b.node_count, b.node_cap, root))
        return error_nomem(err);
    for (uint32_t slot = 0; slot < paths->count; slot++)
        TRY(add_path(&b, slot));

    /* State 0 has an empty set, state 1 the root. */
    struct node_set none = { .count = 0 };
    struct json_state dead = { .keys = NULL };
    uint32_t *nodes = arena_array(arena, uint32_t, 1);
    if (!nodes || !ARENA_PUSH(arena, b.sets, b.set_count, b.set_cap, none) ||
        !ARENA_PUSH(arena, b.states, set.state_count, b.state_cap, dead))
        return error_nomem(err);
    uint32_t first = 0;
    TRY(state_of(&b, nodes, 1, &first));
    for (uint32_t i = first; i < b.set_count; i++)
        TRY(fill_state(&b, i));
    set.states = b.states;
    set.rules = b.rules;
    set.rule_count = b.rule_count;
    *ret = set;
    return OK;
}
