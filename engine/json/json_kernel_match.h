/* json_kernel_match.h -- the match of documents against learnt shapes.  Part of json_kernel.h;
 * json_shape.h says what a shape is and why a match proves that a document is well-formed. */
#pragma once

#ifdef KERNEL_RUN /* nothing by itself */

#include "json/json_kernel_scan.h"
#include "json/json_kernel_walk.h"

#include <assert.h>

enum {
    LANES = 3,  /* documents matched side by side */
    STREAK = 4, /* documents in a row that make it worth to try */
};

/* Fills the slots of a value that has several, or whose slots depend on its kind. */
static void fill_by_state(struct json_extract *x, uint32_t number, struct json_hit hit)
{
    const struct json_state *state = &x->set.states[number];
    json_clear_slots(x, &state->all);
    json_fill_slots(x, json_slots_for(state, (enum json_kind)hit.kind), hit);
}

/* A hit in two registers: stored whole, where the compiler would put its fields to memory one by
 * one and then wait for them. */
struct packed {
    const char *data;
    uint64_t rest; /* size, kind and maybe_utf8 as they lie in struct json_hit */
};

INLINE struct packed pack(const char *data, size_t size, enum json_kind kind, bool maybe_utf8)
{
    static_assert(offsetof(struct json_hit, size) == 8 && offsetof(struct json_hit, kind) == 12 &&
                      offsetof(struct json_hit, maybe_utf8) == 13 && sizeof(struct json_hit) == 16,
                  "struct packed knows the layout of struct json_hit");
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (struct packed){ data, size | (uint64_t)kind << 32 | (uint64_t)maybe_utf8 << 40 };
#else
    struct packed hit = { data, 0 };
    struct json_hit whole = json_hit_make(data, size, kind, maybe_utf8);
    memcpy(&hit.rest, &whole.size, sizeof(hit.rest));
    return hit;
#endif
}

INLINE void store(struct json_hit *to, struct packed hit)
{
    to->data = hit.data;
    memcpy(&to->size, &hit.rest, sizeof(hit.rest));
}

/* What a scan answers that found nothing good: behind every end. */
#define NOWHERE ((const char *)UINTPTR_MAX)

/* A string whose first special byte, at q, does not end it, or whose bytes must be checked. */
KERNEL_TARGET static __attribute__((noinline)) const char *match_escaped(
    struct json_extract *x, const struct json_shape_node *node, const char *begin, const char *q,
    const char *end, struct packed *ret)
{
    if (q >= end)
        return NOWHERE;
    if (node->level > 0) {
        struct json_hit hit;
        if (*q != '\\')
            return NOWHERE;
        q = json_shape_decode_value(x, begin, end, node->level, &hit);
        if (!q)
            return NOWHERE;
        *ret = pack(hit.data, hit.size, (enum json_kind)hit.kind, true);
        return q;
    }
    bool escaped, high;
    q = string_end(x, begin, end, &escaped, &high);
    if (!q)
        return NOWHERE;
    *ret = pack(begin, (size_t)(q - begin), escaped ? JSON_STRING_ESCAPED : JSON_STRING,
                escaped || high);
    return q + 1;
}

/* Scalars that are neither strings nor short whole numbers. */
KERNEL_TARGET static __attribute__((noinline)) const char *match_rare(const char *p,
                                                                      const char *end,
                                                                      struct packed *ret)
{
    enum json_kind kind;
    const char *q =
        *p == '-' || (uint8_t)(*p - '0') < 10 ? number_end(p, end, &kind) : word_end(p, end, &kind);
    if (!q)
        return NOWHERE;
    *ret = pack(p, (size_t)(q - p), kind, false);
    return q;
}

/* The value at p, behind the node's literal; NOWHERE, or a position behind `end`, if it is none
 * that the node can take. */
INLINE const char *match_value(struct json_extract *x, const struct json_shape_node *node,
                               const char *p, const char *end, uint8_t limit, struct packed *ret)
{
    bool is_string;
    uint32_t quote = 0;
    if (likely(node->level == 0)) {
        is_string = *p == '"';
    } else {
        memcpy(&quote, p, 4);
        is_string = (quote & node->quote_mask) == node->quote;
    }
    if (is_string) {
        const char *begin = p + node->quote_size;
        const char *q = begin;
        uint32_t high;
        uint32_t high_before = 0;
        uint32_t special = vec_special(q, &high, limit);
        while (unlikely(special == 0)) {
            high_before |= high;
            q += 32;
            if (q >= end)
                return NOWHERE;
            special = vec_special(q, &high, limit);
        }
        /* `high` may tell of bytes behind the string: that is only a missed shortcut. */
        high |= high_before;
        q += (unsigned)__builtin_ctz(special);
        if (likely(node->level == 0)) {
            is_string = *q == '"';
        } else {
            memcpy(&quote, q, 4);
            is_string = (quote & node->quote_mask) == node->quote;
        }
        if (unlikely(!is_string || ((x->set.flags & JSON_REFUSE_BAD_UTF8) && high != 0)))
            return match_escaped(x, node, begin, q, end, ret);
        *ret = pack(begin, (size_t)(q - begin), JSON_STRING, high != 0);
        return q + node->quote_size;
    }
    /* Up to 15 digits without a sign, in one branch.  What stands behind them is the next
     * literal's business. */
    unsigned n = (unsigned)__builtin_ctz(vec_digits(p));
    if (likely((n - 1 < 15) & !((*p == '0') & (n != 1)) & !(node->flags & JSON_SHAPE_FRACTION))) {
        *ret = pack(p, n, JSON_INTEGER, false);
        return p + n;
    }
    return match_rare(p, end, ret);
}

/* Compares the literal without a look at the end: the caller looks at where the value ends. */
INLINE bool match_literal(const struct json_shape_node *node, const char *p, const char *end)
{
    if (unlikely(vec_head_differs(p, node)))
        return false;
    if (unlikely(node->flags & JSON_SHAPE_LONG))
        return (size_t)(end - p) >= node->size &&
               memcmp(p + JSON_LITERAL_HEAD, node->literal + JSON_LITERAL_HEAD,
                      node->size - JSON_LITERAL_HEAD) == 0;
    return true;
}

/* What a node with flags wants done with its value, which was found good. */
KERNEL_TARGET static bool match_special(struct json_extract *x, const struct json_shape_node *node,
                                        const char *literal, struct packed hit)
{
    if ((node->flags & JSON_SHAPE_EVENTS) && !json_shape_run_events(x, node, literal))
        return false;
    if (node->flags & JSON_SHAPE_SKIP)
        return true;
    struct json_hit whole;
    store(&whole, hit);
    whole.unused = 0;
    if (!(node->flags & JSON_SHAPE_BY_STATE)) {
        x->columns[node->slot][x->row] = whole;
        return true;
    }
    if (whole.kind >= JSON_STRING && x->set.states[node->state].inner)
        return false;
    fill_by_state(x, node->state, whole);
    return true;
}

static bool match_leaf(struct json_extract *x, const struct json_shape_node *leaf, const char *p,
                       const char *end)
{
    if ((size_t)(end - p) < leaf->size || !tail_is_fine(x, p + leaf->size, end))
        return false;
    if (leaf->event_count > 0 && !json_shape_run_events(x, leaf, p))
        return false;
    for (uint32_t i = 0; i < leaf->missing_count; i++)
        json_hit_clear(&x->columns[leaf->missing[i]][x->row]);
    return true;
}

/* Moves an alternative that matches often to the front of its place. */
static void prefer(struct json_shape_node **first, struct json_shape_node *node)
{
    if (++node->credit < 16)
        return;
    node->credit = 0;
    struct json_shape_node **link = first;
    while (*link != node)
        link = &(*link)->alternative;
    *link = node->alternative;
    node->alternative = *first;
    *first = node;
}

INLINE bool match(struct json_extract *x, const char *p, const char *end, uint8_t limit)
{
    struct json_hit **columns = x->columns;
    size_t row = x->row;
    struct json_shape_node **place = &x->shapes.first;
    struct json_shape_node *node = *place;
    x->shapes.streak++;
    while (likely(node != NULL)) {
        struct packed hit;
        if (likely(match_literal(node, p, end))) {
            if (unlikely(node->flags & JSON_SHAPE_LEAF))
                return match_leaf(x, node, p, end);
            const char *q = match_value(x, node, p + node->size, end, limit, &hit);
            if (likely(q <= end)) {
                if (likely((node->flags & ~(JSON_SHAPE_LONG | JSON_SHAPE_FRACTION)) == 0))
                    store(&columns[node->slot][row], hit);
                else if (!match_special(x, node, p, hit))
                    return false;
                p = q;
                place = &node->next;
                node = *place;
                continue;
            }
        }
        /* The next alternative whose literal fits, if there is one. */
        x->shapes.streak = 0;
        do {
            node = node->alternative;
        } while (node && !match_literal(node, p, end));
        if (node)
            prefer(place, node);
    }
    return false;
}

/* Whether documents can be read where they are. */
INLINE bool lanes_are_open(const struct str *docs)
{
    bool is_open = true;
    for (unsigned k = 0; k < LANES; k++)
        is_open &= docs[k].size - 1 < UINT32_MAX - JSON_PADDING &&
                   has_padding(docs[k].data + docs[k].size);
    return is_open;
}

/* One of several documents that are matched side by side. */
struct lane {
    const char *p;
    const char *end;
    const char *q; /* behind the value */
    struct packed hit;
};

INLINE void lane_begin(struct lane *lane, struct str doc)
{
    lane->p = doc.data;
    lane->end = doc.data + doc.size;
}

INLINE bool lane_value(struct json_extract *x, const struct json_shape_node *node,
                       struct lane *lane, uint8_t limit)
{
    lane->q = match_value(x, node, lane->p + node->size, lane->end, limit, &lane->hit);
    return lane->q <= lane->end;
}

INLINE bool lane_special(struct json_extract *x, const struct json_shape_node *node,
                         const struct lane *lane, size_t row)
{
    x->row = row;
    return match_special(x, node, lane->p, lane->hit);
}

INLINE bool lane_leaf(struct json_extract *x, const struct json_shape_node *node,
                      const struct lane *lane, size_t row)
{
    x->row = row;
    return match_leaf(x, node, lane->p, lane->end);
}

/* Several documents at once, row by row the same shape, along the first alternative of each place.
 *
 * The end of a value is known only when its bytes have been loaded and compared, and the next value
 * begins there: one document is a chain of such waits.  Documents do not wait for each other, so
 * their chains run side by side.  False: they are not alike; nothing is lost but the time. */
INLINE bool match_lanes(struct json_extract *x, const struct str *docs, size_t row, uint8_t limit)
{
    struct json_hit **columns = x->columns;
    const struct json_shape_node *node = x->shapes.first;
    struct lane a, b, c;
    lane_begin(&a, docs[0]);
    lane_begin(&b, docs[1]);
    lane_begin(&c, docs[2]);
    for (; likely(node != NULL); node = node->next) {
        if (unlikely(!match_literal(node, a.p, a.end) || !match_literal(node, b.p, b.end) ||
                     !match_literal(node, c.p, c.end)))
            return false;
        if (unlikely(node->flags & JSON_SHAPE_LEAF))
            return lane_leaf(x, node, &a, row) && lane_leaf(x, node, &b, row + 1) &&
                   lane_leaf(x, node, &c, row + 2);
        if (unlikely(!lane_value(x, node, &a, limit) || !lane_value(x, node, &b, limit) ||
                     !lane_value(x, node, &c, limit)))
            return false;
        if (likely((node->flags & ~(JSON_SHAPE_LONG | JSON_SHAPE_FRACTION)) == 0)) {
            struct json_hit *column = columns[node->slot] + row;
            store(&column[0], a.hit);
            store(&column[1], b.hit);
            store(&column[2], c.hit);
        } else if (!lane_special(x, node, &a, row) || !lane_special(x, node, &b, row + 1) ||
                   !lane_special(x, node, &c, row + 2)) {
            return false;
        }
        a.p = a.q;
        b.p = b.q;
        c.p = c.q;
    }
    return false;
}

#endif
