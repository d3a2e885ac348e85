/* json_kernel_walk.h -- the walk: one pass over a document of any shape.  Part of json_kernel.h.
 *
 * A loop over the grammar with a stack of open containers; a call of its own only for the document
 * inside a string.  The state (json_set.h) says at each value what it is wanted for; in state 0
 * nothing is, and the bytes are only checked.
 *
 * Invariant: when it returns true every byte up to the returned position belongs to a well-formed
 * document, and each slot was set by the last value that it stands for. */
#pragma once

#ifdef KERNEL_RUN /* nothing by itself */

#include "base/utf8.h"
#include "json/json_kernel_scan.h"

INLINE const char *skip_blanks(const char *p, const char *end)
{
    if (likely((uint8_t)*p > ' '))
        return p;
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

INLINE uint64_t load_head(const char *p, size_t size)
{
    uint64_t head;
    memcpy(&head, p, 8);
    return size >= 8 ? head : head & ((1ull << size * 8) - 1);
}

static uint32_t find_key(const struct json_state *state, uint32_t *hint, uint64_t head,
                         const char *name, size_t size)
{
    if (state->table) {
        uint32_t at = json_key_hash(head, (uint32_t)size) & state->table_mask;
        for (; state->table[at]; at = (at + 1) & state->table_mask) {
            const struct json_key *key = &state->keys[state->table[at] - 1];
            if (key->head == head && key->size == size &&
                (size <= 8 || memcmp(key->data, name, size) == 0))
                return key->next;
        }
        return JSON_STATE_NONE;
    }
    /* Members mostly come in the order in which they came last time. */
    for (uint32_t n = 0, i = *hint; n < state->key_count; n++, i++) {
        if (i >= state->key_count)
            i = 0;
        const struct json_key *key = &state->keys[i];
        if (key->head == head && key->size == size &&
            (size <= 8 || memcmp(key->data, name, size) == 0)) {
            *hint = i + 1;
            return key->next;
        }
    }
    return JSON_STATE_NONE;
}

/* A name that is not written as its own text: has escapes, or bytes that read as U+FFFD. */
static uint32_t find_odd_key(struct json_extract *x, const struct json_state *state,
                             const char *name, size_t size)
{
    char *decoded = arena_alloc(x->scratch, size + 8);
    if (!decoded) {
        x->is_nomem = true;
        return JSON_STATE_NONE;
    }
    struct str text = { decoded, json_unescape(name, size, decoded, NULL, NULL) };
    text = utf8_repair(x->scratch, text);
    if (!text.data) {
        x->is_nomem = true;
        return JSON_STATE_NONE;
    }
    uint64_t head = 0;
    memcpy(&head, text.data, MIN(text.size, 8));
    uint32_t hint = 0;
    return find_key(state, &hint, head, text.data, text.size);
}

/* A member or element comes in `state`: what an earlier one of the same name left is void. */
INLINE void enter_state(struct json_extract *x, uint32_t state)
{
    if (likely(x->seen[state] != x->pass)) {
        x->seen[state] = x->pass;
        return;
    }
    json_clear_slots(x, &x->set.states[state].all);
    if (x->tape.is_on) {
        struct json_tape_entry entry = { .op = JSON_TAPE_CLEAR, .state = state };
        if (!json_tape_put(&x->tape, entry))
            x->tape.is_spoilt = true;
    }
}

struct source {
    const char *base;
    const uint32_t *map; /* raw positions, NULL at level 0 */
    uint32_t level;
};

static inline uint32_t raw_position(const struct source *src, const char *p)
{
    size_t at = (size_t)(p - src->base);
    return src->map ? src->map[at] : (uint32_t)at;
}

static void record(struct json_extract *x, const struct source *src, enum json_tape_op op,
                   enum json_kind kind, uint32_t state, const char *begin, const char *end)
{
    struct json_tape_entry entry = {
        .begin = raw_position(src, begin),
        .end = raw_position(src, end),
        .state = state,
        .op = (uint8_t)op,
        .kind = (uint8_t)kind,
        .level = (uint8_t)src->level,
    };
    if (!json_tape_put(&x->tape, entry))
        x->tape.is_spoilt = true;
}

static bool walk(struct json_extract *x, struct source *src, const char *end, uint32_t root,
                 const char **ret_end);

/* A string that is wanted as a document too.  A bad document leaves the slots below missing. */
static void walk_inner(struct json_extract *x, const struct source *outer, uint32_t state,
                       const char *begin, const char *close)
{
    uint32_t inner = x->set.states[state].inner;
    size_t size = (size_t)(close - begin);
    char *text = arena_alloc(x->scratch, size + JSON_PADDING);
    uint32_t *map = NULL;
    const uint32_t *from = NULL;
    uint32_t *identity = NULL;
    if (text && x->tape.is_on) {
        map = arena_alloc(x->scratch, (size + 1) * sizeof(*map));
        if (outer->map) {
            from = outer->map + (begin - outer->base);
        } else {
            identity = arena_alloc(x->scratch, (size + 1) * sizeof(*identity));
            for (size_t i = 0; identity && i <= size; i++)
                identity[i] = (uint32_t)(begin - outer->base + (ptrdiff_t)i);
            from = identity;
        }
    }
    if (!text || (x->tape.is_on && (!map || !from))) {
        x->is_nomem = true;
        return;
    }
    size_t decoded = json_unescape(begin, size, text, map, from);
    memset(text + decoded, 0, JSON_PADDING);
    if (x->tape.is_on)
        record(x, outer, JSON_TAPE_ENTER, JSON_STRING_ESCAPED, state, begin, begin);

    struct source src = { text, map, outer->level + 1 };
    const char *stop;
    if (decoded == 0 || !walk(x, &src, text + decoded, inner, &stop)) {
        json_clear_slots(x, &x->set.states[inner].all);
        x->tape.is_spoilt = true;
    }
    if (x->tape.is_on)
        record(x, outer, JSON_TAPE_LEAVE, JSON_STRING_ESCAPED, state, close, close);
}

/* Jackson takes a word at the end of a document only where no letter follows it, and wants blanks
 * behind a number. */
static bool root_scalar_ends(const char *p, const char *end, enum json_kind kind)
{
    if (p >= end || kind == JSON_STRING || kind == JSON_STRING_ESCAPED)
        return true;
    char c = *p;
    if (kind == JSON_INTEGER || kind == JSON_NUMBER)
        return c == ' ' || c == '\n' || c == '\t' || c == '\r';
    return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '_' || c == '$' || (c & 0x80));
}

static inline bool tail_is_fine(const struct json_extract *x, const char *p, const char *end)
{
    if (!(x->set.flags & JSON_REFUSE_TAIL))
        return true;
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
        p++;
    return p >= end;
}

KERNEL_TARGET static bool walk(struct json_extract *x, struct source *src, const char *end,
                               uint32_t root, const char **ret_end)
{
    const struct json_state *states = x->set.states;
    struct json_frame *frames = x->frames[src->level];
    struct json_frame *frame = NULL; /* the innermost open container */
    uint32_t depth = 0;
    uint32_t state = root;
    const char *p = skip_blanks(src->base, end);
    enum json_kind kind;
    const char *begin;
    enter_state(x, root);

value:
    if (unlikely(p >= end))
        return false;
    begin = p;
    if (*p == '"') {
        bool escaped, high;
        const char *close = string_end(x, p + 1, end, &escaped, &high);
        if (!close)
            return false;
        kind = escaped ? JSON_STRING_ESCAPED : JSON_STRING;
        p = close + 1;
        if (state != JSON_STATE_NONE) {
            size_t size = (size_t)(close - begin - 1);
            json_fill_slots(x, &states[state].on_string,
                            json_hit_make(begin + 1, size, kind, high || escaped));
            if (states[state].inner) {
                walk_inner(x, src, state, begin + 1, close);
                goto after_value;
            }
        }
    } else if (*p == '{' || *p == '[') {
        if (unlikely(depth >= JSON_DEPTH_MAX))
            return false;
        frame = &frames[depth++];
        bool is_array = *p == '[';
        *frame = (struct json_frame){ .begin = p, .state = state, .is_array = is_array };
        if (unlikely(x->tape.is_on) && state != JSON_STATE_NONE)
            record(x, src, JSON_TAPE_OPEN, is_array ? JSON_ARRAY : JSON_OBJECT, state, p, p);
        p = skip_blanks(p + 1, end);
        if (p >= end)
            return false;
        if (is_array) {
            if (*p == ']')
                goto close;
            goto element;
        }
        if (*p == '}')
            goto close;
        goto member;
    } else {
        p = *p == '-' || (uint8_t)(*p - '0') < 10 ? number_end(p, end, &kind)
                                                  : word_end(p, end, &kind);
        if (!p)
            return false;
        if (state != JSON_STATE_NONE)
            json_fill_slots(x, json_slots_for(&states[state], kind),
                            json_hit_make(begin, (size_t)(p - begin), kind, false));
    }
    if (unlikely(x->tape.is_on))
        record(x, src, JSON_TAPE_VALUE, kind, state, begin, p);

after_value:
    if (depth == 0) {
        if (*begin != '{' && *begin != '[') {
            /* What may follow the scalar depends on its kind, so no shape can be made of this,
             * unless the end follows, where the end of the string is a literal. */
            if (src->level == 0 || p < end)
                x->tape.is_spoilt = true;
            if (*begin != '"' && !root_scalar_ends(p, end, kind))
                return false;
        }
        *ret_end = p;
        return tail_is_fine(x, p, end);
    }
    p = skip_blanks(p, end);
    if (unlikely(p >= end))
        return false;
    if (*p == ',') {
        p = skip_blanks(p + 1, end);
        if (frame->is_array) {
            frame->index++;
            goto element;
        }
        goto member;
    }
    if (*p != (frame->is_array ? ']' : '}'))
        return false;

close:
    p++;
    kind = frame->is_array ? JSON_ARRAY : JSON_OBJECT;
    if (frame->state != JSON_STATE_NONE) {
        json_fill_slots(x, json_slots_for(&states[frame->state], kind),
                        json_hit_make(frame->begin, (size_t)(p - frame->begin), kind, true));
        if (unlikely(x->tape.is_on))
            record(x, src, JSON_TAPE_CLOSE, kind, frame->state, p, p);
    }
    begin = frame->begin;
    depth--;
    frame = depth > 0 ? &frames[depth - 1] : NULL;
    goto after_value;

element:
    state = JSON_STATE_NONE;
    if (frame->state != JSON_STATE_NONE) {
        const struct json_state *of = &states[frame->state];
        if (frame->next_element < of->element_count &&
            of->elements[frame->next_element].index == frame->index) {
            state = of->elements[frame->next_element++].next;
            enter_state(x, state);
        }
    }
    goto value;

member:
    if (unlikely(p >= end || *p != '"'))
        return false;
    {
        bool escaped, high;
        const char *name = p + 1;
        const char *close = string_end(x, name, end, &escaped, &high);
        if (!close)
            return false;
        state = JSON_STATE_NONE;
        if (frame->state != JSON_STATE_NONE && states[frame->state].key_count > 0) {
            size_t size = (size_t)(close - name);
            const struct json_state *of = &states[frame->state];
            if (unlikely(escaped || (high && x->set.has_odd_keys))) {
                state = find_odd_key(x, of, name, size);
                if (x->is_nomem)
                    return false;
            } else {
                state = find_key(of, &frame->key_hint, load_head(name, size), name, size);
            }
            if (state != JSON_STATE_NONE)
                enter_state(x, state);
        }
        p = skip_blanks(close + 1, end);
        if (unlikely(p >= end || *p != ':'))
            return false;
        p = skip_blanks(p + 1, end);
    }
    goto value;
}

#endif
