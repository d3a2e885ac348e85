/* json_internal.h -- the extractor's state, shared by its files.  Internal to json/. */
#pragma once

#include "base/arena.h"
#include "json/json_extract.h"
#include "json/json_set.h"
#include "json/json_shape.h"

enum {
    /* Kernels may read this far behind the end of a document (and never use what they read). */
    JSON_PADDING = 128,
    JSON_PAGE = 4096,
};

/* An open container of the walk. */
struct json_frame {
    const char *begin;
    uint32_t state;
    uint32_t next_element; /* arrays: position in the state's elements */
    uint32_t index;        /* arrays: of the element being read */
    uint32_t key_hint;     /* objects: where to look first */
    bool is_array;
};

struct json_extract {
    struct json_set set;
    struct arena *arena;   /* as long as the extractor */
    struct arena *scratch; /* until the next reset */

    /* Where hits go: columns[slot][row]. */
    struct json_hit **columns;
    struct json_hit *hidden; /* of hidden slots: hidden_rows for each */
    size_t hidden_rows;
    size_t row;
    bool is_nomem; /* the row could not be finished */

    uint32_t *seen; /* by state: `pass` of the document it was last entered in */
    uint32_t pass;

    struct json_frame **frames; /* by level of nested documents, made on demand */
    uint32_t level_count;

    char *padded; /* copy of a document that ends close to the end of a page */
    size_t padded_size;

    struct json_tape tape;     /* what the walk saw, for learning */
    struct json_shapes shapes; /* what was learnt */

    struct json_extract_stats stats;
};

/* n documents into the columns from row 0 on; stops early when is_nomem gets set. */
typedef void json_run_fn(struct json_extract *x, const struct str *docs, size_t n, bool *ret_ok);
json_run_fn json_run_sse2, json_run_avx2, json_run_avx512;

/* After a good pass: rules whose hidden slot was hit.  Sets is_nomem on failure. */
void json_extract_finish(struct json_extract *x);

static inline void json_hit_clear(struct json_hit *hit)
{
    *hit = (struct json_hit){ .data = "", .kind = JSON_MISSING };
}

static inline void json_clear_slots(struct json_extract *x, const struct json_slots *slots)
{
    for (uint32_t i = 0; i < slots->count; i++)
        json_hit_clear(&x->columns[slots->slots[i]][x->row]);
}

static inline void json_clear_all(struct json_extract *x)
{
    for (uint32_t i = 0; i < x->set.slot_count; i++)
        json_hit_clear(&x->columns[i][x->row]);
}

static inline struct json_hit json_hit_make(const char *data, size_t size, enum json_kind kind,
                                            bool maybe_utf8)
{
    return (struct json_hit){ data, (uint32_t)size, (uint8_t)kind, maybe_utf8, 0 };
}

static inline void json_fill_slots(struct json_extract *x, const struct json_slots *slots,
                                   struct json_hit hit)
{
    for (uint32_t i = 0; i < slots->count; i++)
        x->columns[slots->slots[i]][x->row] = hit;
}

static inline const struct json_slots *json_slots_for(const struct json_state *state,
                                                      enum json_kind kind)
{
    switch (kind) {
    case JSON_NULL:
        return &state->on_null;
    case JSON_STRING:
    case JSON_STRING_ESCAPED:
        return &state->on_string;
    case JSON_OBJECT:
        return &state->on_object;
    case JSON_ARRAY:
        return &state->on_array;
    default:
        return &state->on_scalar;
    }
}
