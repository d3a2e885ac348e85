/* json_kernel.h -- the pass itself.
 *
 * This file is compiled once per instruction set, by json_kernel_<isa>.c, which defines before:
 *   KERNEL_TARGET           attribute with the instruction set, for every function
 *   KERNEL_RUN              name of the one function that leaves the file
 *   vec_special(p, &high, limit)  bit i: p[i] is a quote, a backslash, or below `limit`;
 *                           bit i of high: p[i] is not ASCII; of 32 bytes
 *   vec_digits(p)           bit i: p[i] is no digit, of 16 bytes (bit 16 is always set)
 *   vec_head_differs(p, node)  whether the 32 bytes differ from the node's head under its mask
 *
 * Every function may read up to JSON_PADDING bytes behind `end`, and trusts nothing it finds there:
 * a position is compared with `end` before it is used as a result.  A document whose last page does
 * not go on that far is read from a copy.
 *
 * A row goes through the match against learnt shapes (json_kernel_match.h), several rows at once
 * while they are alike, and through the walk (json_kernel_walk.h) where that does not say yes. */
#pragma once

#include "base/memory.h"
#include "json/json_kernel_match.h"
#include "json/json_kernel_scan.h"
#include "json/json_kernel_walk.h"

/* A copy with room behind it, or NULL. */
static const char *pad(struct json_extract *x, const char *data, size_t size)
{
    if (x->padded_size < size + JSON_PADDING) {
        size_t want = MAX(size + size / 2 + JSON_PADDING, 4096);
        mem_free(x->padded);
        x->padded = mem_alloc(want);
        x->padded_size = x->padded ? want : 0;
        if (!x->padded)
            return NULL;
    }
    memcpy(x->padded, data, size);
    memset(x->padded + size, 0, JSON_PADDING);
    return x->padded;
}

/* Hits into the copy become hits into the document. */
static void rebase(struct json_extract *x, const char *copy, const char *data, size_t size)
{
    for (uint32_t i = 0; i < x->set.slot_count; i++) {
        struct json_hit *hit = &x->columns[i][x->row];
        uintptr_t at = (uintptr_t)hit->data - (uintptr_t)copy;
        if (at <= size)
            hit->data = data + at;
    }
}

static bool walk_row(struct json_extract *x, const char *data, size_t size)
{
    struct source src = { data, NULL, 0 };
    const char *stop;
    x->tape.count = 0;
    x->tape.is_spoilt = false;
    x->tape.is_on = json_shapes_wants(x);
    json_clear_all(x);
    if (unlikely(++x->pass == 0)) { /* wrapped: the marks of 2^32 documents ago are still there */
        memset(x->seen, 0, x->set.state_count * sizeof(*x->seen));
        x->pass = 1;
    }
    if (!walk(x, &src, data + size, JSON_STATE_ROOT, &stop) || x->is_nomem) {
        json_clear_all(x);
        x->tape.is_on = false;
        return false;
    }
    if (x->tape.is_on) {
        x->tape.end = (uint32_t)(stop - data);
        json_shapes_learn(x, data, size);
        x->tape.is_on = false;
    }
    return true;
}

INLINE bool run_row(struct json_extract *x, struct str doc, uint8_t limit)
{
    if (unlikely(doc.size - 1 >= UINT32_MAX - JSON_PADDING)) {
        json_clear_all(x);
        return false;
    }
    const char *data = doc.data;
    if (unlikely(!has_padding(data + doc.size))) {
        data = pad(x, data, doc.size);
        if (!data) {
            x->is_nomem = true;
            return false;
        }
    }
    bool is_good;
    if (likely(x->shapes.first != NULL && x->shapes.asleep == 0) &&
        likely(match(x, data, data + doc.size, limit))) {
        x->shapes.window_hits++;
        is_good = true;
    } else {
        x->shapes.streak = 0;
        is_good = walk_row(x, data, doc.size);
    }
    if (unlikely(data != doc.data))
        rebase(x, data, doc.data, doc.size);
    if (unlikely(x->set.rule_count > 0) && is_good)
        json_extract_finish(x);
    return is_good;
}

static void finish_lanes(struct json_extract *x, size_t row, bool *ret_ok)
{
    x->shapes.window_hits += LANES;
    for (unsigned k = 0; k < LANES; k++) {
        if (ret_ok)
            ret_ok[row + k] = true;
        if (unlikely(x->set.rule_count > 0)) {
            x->row = row + k;
            json_extract_finish(x);
        }
    }
}

KERNEL_TARGET void KERNEL_RUN(struct json_extract *x, const struct str *docs, size_t n,
                              bool *ret_ok)
{
    uint64_t good = 0;
    size_t i = 0;
    uint64_t hits_before = x->shapes.window_hits;
    bool accept = (x->set.flags & JSON_ACCEPT_CONTROL) != 0;
    while (i < n && !x->is_nomem) {
        if (x->shapes.streak >= STREAK && n - i >= LANES && lanes_are_open(docs + i)) {
            if (accept ? match_lanes(x, docs + i, i, 0) : match_lanes(x, docs + i, i, 0x20)) {
                finish_lanes(x, i, ret_ok);
                good += LANES;
                i += LANES;
                continue;
            }
            x->shapes.streak = 0;
        }
        x->row = i;
        bool is_good = accept ? run_row(x, docs[i], 0) : run_row(x, docs[i], 0x20);
        good += is_good;
        if (ret_ok)
            ret_ok[i] = is_good;
        i++;
    }
    x->stats.documents += i;
    x->stats.malformed += i - good;
    x->stats.by_shape += x->shapes.window_hits - hits_before;
    x->shapes.window_docs += i;
    json_shapes_review(x);
}
