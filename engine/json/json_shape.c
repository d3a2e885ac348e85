/* json_shape.c -- learning shapes.
 *
 * Policy.  Learning costs a little more than a walk and is wasted on a shape that never comes
 * again, so each learnt document costs a token, and tokens come back slowly.  The trie is bounded
 * in nodes and bytes.  Every WINDOW documents the share of matches is looked at: a full trie that
 * serves few documents is forgotten, and where next to nothing matches the extractor stops looking
 * for a while, each time for longer. */
#include "json/json_shape.h"

#include "base/memory.h"
#include "json/json_internal.h"
#include "json/json_unescape.h"

#include <string.h>

enum {
    NODES_MAX = 2048,
    BYTES_MAX = 256 * 1024,
    VALUES_MAX = 512, /* of one document */
    ALTERNATIVES_MAX = 24,
    TOKENS_START = 64,
    TOKENS_MAX = 256,
    WINDOW = 4096,
    SLEEP_FIRST = 8192,
    SLEEP_MAX = 1 << 20,
};

bool json_tape_put(struct json_tape *tape, struct json_tape_entry entry)
{
    enum { MOST = 4 * VALUES_MAX };
    if (tape->count >= tape->cap) {
        if (tape->cap >= MOST)
            return false;
        uint32_t cap = tape->cap ? tape->cap * 2 : 128;
        struct json_tape_entry *entries = mem_realloc(tape->entries, cap * sizeof(*entries));
        if (!entries)
            return false;
        tape->entries = entries;
        tape->cap = cap;
    }
    tape->entries[tape->count++] = entry;
    return true;
}

static void forget(struct json_shapes *shapes)
{
    arena_reset(shapes->arena);
    shapes->count = 0;
    shapes->first = NULL;
    shapes->streak = 0;
    shapes->is_full = false;
    shapes->tokens = TOKENS_START;
}

bool json_shapes_init(struct json_shapes *shapes)
{
    *shapes = (struct json_shapes){ .sleep_next = SLEEP_FIRST };
    shapes->arena = arena_create();
    if (!shapes->arena)
        return false;
    forget(shapes);
    return true;
}

void json_shapes_done(struct json_shapes *shapes)
{
    arena_destroy(shapes->arena);
}

bool json_shapes_wants(struct json_extract *x)
{
    struct json_shapes *shapes = &x->shapes;
    return !shapes->is_off && shapes->asleep == 0 && !shapes->is_full && shapes->tokens > 0;
}

void json_shapes_review(struct json_extract *x)
{
    struct json_shapes *shapes = &x->shapes;
    if (shapes->asleep > 0) {
        shapes->asleep -= (uint32_t)MIN(shapes->asleep, shapes->window_docs);
        shapes->window_docs = 0;
        shapes->window_hits = 0;
        if (shapes->asleep == 0)
            forget(shapes);
        return;
    }
    if (shapes->window_docs < WINDOW)
        return;
    uint64_t docs = shapes->window_docs;
    uint64_t hits = shapes->window_hits;
    shapes->window_docs = 0;
    shapes->window_hits = 0;
    shapes->tokens = MIN(shapes->tokens + 32, TOKENS_MAX);
    if (shapes->is_off)
        return;
    if (hits < docs / 16) {
        shapes->streak = 0;
        shapes->asleep = shapes->sleep_next;
        shapes->sleep_next = MIN(shapes->sleep_next * 2, SLEEP_MAX);
    } else {
        shapes->sleep_next = SLEEP_FIRST;
        if (shapes->is_full && hits < docs / 2)
            forget(shapes);
    }
}

/* --- from tape to nodes ----------------------------------------------------- */

/* The raw text of a quote that was escaped `level` times. */
static uint32_t quote_at(uint32_t level, uint8_t *ret_size, uint32_t *ret_mask)
{
    static const char text[JSON_SHAPE_LEVEL_MAX + 1][5] = { "\"", "\\\"", "\\\\\\\"" };
    uint32_t size = 1u << level;
    uint32_t quote = 0;
    memcpy(&quote, text[level], size);
    *ret_size = (uint8_t)size;
    *ret_mask = size == 4 ? UINT32_MAX : (1u << size * 8) - 1;
    return quote;
}

struct learn {
    struct json_extract *x;
    const char *data;
    uint32_t size;
    struct json_shape_node **place; /* link that the next node hangs in */
    uint32_t begin;                 /* of the literal being built */
    uint32_t event_from;            /* tape entries of this literal */
    bool *filled;                   /* by slot */
};

static bool slots_are_used(const struct json_slots *slots)
{
    return slots->count > 0;
}

/* Whether an entry has to be done again for each document of the shape. */
static bool is_event(const struct json_extract *x, const struct json_tape_entry *entry)
{
    const struct json_state *state = &x->set.states[entry->state];
    switch (entry->op) {
    case JSON_TAPE_OPEN:
    case JSON_TAPE_CLOSE:
    case JSON_TAPE_ENTER:
    case JSON_TAPE_LEAVE:
        return slots_are_used(json_slots_for(state, (enum json_kind)entry->kind));
    case JSON_TAPE_CLEAR:
        return slots_are_used(&state->all);
    default:
        return false;
    }
}

static void mark_filled(struct learn *l, const struct json_slots *slots)
{
    for (uint32_t i = 0; i < slots->count; i++)
        l->filled[slots->slots[i]] = true;
}

/* The events among tape entries [from, to), as an arena array. */
static bool make_events(struct learn *l, uint32_t to, struct json_shape_node *node)
{
    const struct json_tape *tape = &l->x->tape;
    uint32_t count = 0;
    for (uint32_t i = l->event_from; i < to; i++)
        count += is_event(l->x, &tape->entries[i]);
    if (count == 0)
        return true;
    if (count > UINT16_MAX)
        return false;
    struct json_shape_event *events =
        arena_array(l->x->shapes.arena, struct json_shape_event, count);
    if (!events)
        return false;
    uint32_t n = 0;
    for (uint32_t i = l->event_from; i < to; i++) {
        const struct json_tape_entry *entry = &tape->entries[i];
        if (!is_event(l->x, entry))
            continue;
        const struct json_state *state = &l->x->set.states[entry->state];
        mark_filled(l, entry->op == JSON_TAPE_CLEAR
                           ? &state->all
                           : json_slots_for(state, (enum json_kind)entry->kind));
        events[n++] = (struct json_shape_event){
            .offset = entry->op == JSON_TAPE_CLEAR ? 0 : entry->begin - l->begin,
            .state = entry->state,
            .op = entry->op,
            .kind = entry->kind,
            .level = entry->level,
        };
    }
    node->events = events;
    node->event_count = (uint16_t)count;
    return true;
}

static bool same_events(const struct json_shape_node *a, const struct json_shape_node *b)
{
    if (a->event_count != b->event_count)
        return false;
    for (uint32_t i = 0; i < a->event_count; i++) {
        const struct json_shape_event *e = &a->events[i];
        const struct json_shape_event *f = &b->events[i];
        if (e->offset != f->offset || e->state != f->state || e->op != f->op ||
            e->kind != f->kind || e->level != f->level)
            return false;
    }
    return true;
}

/* A node on a cache line of its own. */
static struct json_shape_node *new_node(struct arena *arena)
{
    enum { LINE = 64 };
    char *memory = arena_alloc(arena, sizeof(struct json_shape_node) + LINE);
    if (!memory)
        return NULL;
    return (struct json_shape_node *)(memory + (-(uintptr_t)memory & (LINE - 1)));
}

/* Goes to the node for the literal [l->begin, end) and what `node` says of the value; makes it if
 * there is none. */
static bool descend(struct learn *l, uint32_t end, struct json_shape_node *node)
{
    struct json_shapes *shapes = &l->x->shapes;
    const char *literal = l->data + l->begin;
    uint32_t size = end - l->begin;
    if (size > JSON_LITERAL_HEAD)
        node->flags |= JSON_SHAPE_LONG;
    if (node->event_count > 0)
        node->flags |= JSON_SHAPE_EVENTS;
    struct json_shape_node **link = l->place;
    struct json_shape_node **last = link;
    uint32_t alternatives = 0;
    for (; *link; link = &(*link)->alternative) {
        struct json_shape_node *old = *link;
        last = link;
        alternatives++;
        if (old->size == size && memcmp(old->literal, literal, size) == 0 &&
            ((old->flags ^ node->flags) & ~JSON_SHAPE_FRACTION) == 0 && old->level == node->level &&
            old->state == node->state && same_events(old, node)) {
            old->flags |= node->flags;
            l->place = &old->next;
            return true;
        }
    }
    char *copy = arena_alloc(shapes->arena, size + 1);
    struct json_shape_node *made = new_node(shapes->arena);
    if (!copy || !made)
        return false;
    memcpy(copy, literal, size);
    node->literal = copy;
    node->size = size;
    memcpy(node->head, copy, MIN(size, JSON_LITERAL_HEAD));
    memset(node->head_mask, 0xFF, MIN(size, JSON_LITERAL_HEAD));
    *made = *node;
    /* A long row of alternatives costs more than the walk it saves; the last one came least often,
     * or is the newest of many that do not repeat. */
    *(alternatives >= ALTERNATIVES_MAX ? last : link) = made;
    shapes->count++;
    l->place = &made->next;
    return true;
}

/* A scalar: checks that it stands in the raw text as the match expects it to. */
static bool value_begin(const struct learn *l, const struct json_tape_entry *entry)
{
    if (entry->level > JSON_SHAPE_LEVEL_MAX || entry->begin < l->begin || entry->end > l->size)
        return false;
    if (entry->kind != JSON_STRING && entry->kind != JSON_STRING_ESCAPED)
        return true;
    uint8_t size;
    uint32_t mask;
    uint32_t quote = quote_at(entry->level, &size, &mask);
    if (entry->end - entry->begin < 2u * size)
        return false;
    return memcmp(l->data + entry->begin, &quote, size) == 0 &&
           memcmp(l->data + entry->end - size, &quote, size) == 0;
}

static bool learn_value(struct learn *l, uint32_t index)
{
    const struct json_tape_entry *entry = &l->x->tape.entries[index];
    const struct json_state *state = &l->x->set.states[entry->state];
    if (!value_begin(l, entry))
        return false;
    struct json_shape_node node = { .state = entry->state, .level = entry->level };
    node.quote = quote_at(entry->level, &node.quote_size, &node.quote_mask);
    bool is_simple = state->inner == 0 && state->on_null.count == state->on_scalar.count &&
                     state->on_null.count == state->on_string.count && state->on_null.count <= 1;
    if (!is_simple)
        node.flags |= JSON_SHAPE_BY_STATE;
    else if (state->on_null.count == 0)
        node.flags |= JSON_SHAPE_SKIP;
    else
        node.slot = state->on_null.slots[0];
    if (entry->kind == JSON_NUMBER)
        node.flags |= JSON_SHAPE_FRACTION;
    if (!make_events(l, index, &node) || !descend(l, entry->begin, &node))
        return false;
    if (is_simple)
        mark_filled(l, &state->on_null);
    else
        mark_filled(l, &state->all);
    l->begin = entry->end;
    l->event_from = index + 1;
    return true;
}

/* The end of the document: its first value ends at `end`. */
static bool learn_leaf(struct learn *l, uint32_t end)
{
    struct json_extract *x = l->x;
    struct json_shape_node node = { .flags = JSON_SHAPE_LEAF };
    if (!make_events(l, x->tape.count, &node))
        return false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < x->set.slot_count; i++)
        count += !l->filled[i];
    if (count > 0) {
        uint32_t *missing = arena_array(x->shapes.arena, uint32_t, count);
        if (!missing)
            return false;
        uint32_t n = 0;
        for (uint32_t i = 0; i < x->set.slot_count; i++) {
            if (!l->filled[i])
                missing[n++] = i;
        }
        node.missing = missing;
        node.missing_count = count;
    }
    return descend(l, end, &node);
}

void json_shapes_learn(struct json_extract *x, const char *data, size_t size)
{
    struct json_shapes *shapes = &x->shapes;
    const struct json_tape *tape = &x->tape;
    shapes->tokens--;
    if (tape->is_spoilt || tape->count > 2 * VALUES_MAX)
        return;
    if (shapes->count + tape->count + 1 > NODES_MAX || arena_bytes(shapes->arena) > BYTES_MAX ||
        size > BYTES_MAX / 4) {
        shapes->is_full = size <= BYTES_MAX / 4;
        return;
    }
    struct learn l = { .x = x, .data = data, .size = (uint32_t)size, .place = &shapes->first };
    l.filled = arena_array(x->scratch, bool, x->set.slot_count + 1);
    if (!l.filled)
        return;
    for (uint32_t i = 0; i < tape->count; i++) {
        if (tape->entries[i].op == JSON_TAPE_VALUE && !learn_value(&l, i))
            return;
    }
    if (learn_leaf(&l, tape->end))
        x->stats.learnt++;
}
