/* row_inner.h -- what the files of this layer share about rows and encodings. */
#pragma once

#include "base/hash.h"
#include "state/code.h"

/* Column row of the i-th element: sel[i], or i. */
static inline uint32_t state_sel(const uint32_t *sel, uint32_t i)
{
    return sel ? sel[i] : i;
}

/* One NaN for all, so that NaN equals NaN whatever made it. */
static inline uint64_t state_f64_bits(uint64_t bits)
{
    return (bits & INT64_MAX) > 0x7FF0000000000000u ? 0x7FF8000000000000u : bits;
}
static inline uint32_t state_f32_bits(uint32_t bits)
{
    return (bits & INT32_MAX) > 0x7F800000u ? 0x7FC00000u : bits;
}

static inline struct state_bytes *state_bytes_at(char *row, const struct state_slot *slot)
{
    return (struct state_bytes *)state_at(row, slot);
}
static inline struct str state_bytes_of(const char *row, const struct state_slot *slot)
{
    return state_bytes_view((const struct state_bytes *)(row + slot->offset));
}

static inline bool state_bytes_equal(const struct state_bytes *a, const struct state_bytes *b)
{
    if (state_load8(a) != state_load8(b))
        return false;
    if (a->size > STATE_INLINE_BYTES)
        return memcmp(a->far.data, b->far.data, a->size) == 0;
    return state_load8((const char *)a + 8) == state_load8((const char *)b + 8);
}

/* --- writing ------------------------------------------------------------------------------- */

/* Room for `size` bytes in a slot, which is valid afterwards; *ret is to be filled. */
enum code state_reserve_bytes(struct state_heap *heap, char *row, const struct state_slot *slot,
                              size_t size, char **ret, struct error *err) WEIR_CHECKED;
void state_set_null(struct state_heap *heap, char *row, const struct state_slot *slot);
/* One slot of many rows: rows[i] gets the column's row sel[i]. */
enum code state_put_column(struct state_heap *heap, const struct state_slot *slot,
                           const struct column *column, const uint32_t *sel, char *const *rows,
                           uint32_t n, struct error *err) WEIR_CHECKED;

/* --- many comparisons: bad[i] |= the slot of rows[at[i]] differs from column row sel[at[i]] - */

void state_differ(const struct state_slot *slot, const struct column *column, const uint32_t *sel,
                  char *const *rows, const uint32_t *at, uint32_t n, uint8_t *bad);

/* --- hashing, value by value ---------------------------------------------------------------- */

static inline uint64_t state_hash_null(uint64_t h)
{
    return hash_mix(h ^ 0x2D358DCCAA6C78A5u, 0x8BB84B93962EACC9u);
}
static inline uint64_t state_hash_i128(int128 value, uint64_t h)
{
    return hash_u64((uint64_t)(value >> 64), hash_u64((uint64_t)value, h));
}
static inline uint64_t state_hash_end(uint64_t h)
{
    return hash_mix(h ^ 0x4B33A62ED433D4A3u, 0x9E6C63D0873B6B21u);
}

/* state_hash_row() over some slots. */
uint64_t state_hash_slots(const struct state_layout *layout, const uint32_t *which, uint32_t n,
                          const char *row);

/* --- nested values: payload of code.h, without the byte for NULL ----------------------------- */

void state_encode_payload(struct buf *out, const struct column *column, uint32_t row,
                          unsigned flags);
bool state_nested_equal(struct str payload, const struct type *type, const struct column *column,
                        uint32_t row);
/* Hashes by content, so that a column's value and its encoding have the same. */
uint64_t state_nested_hash(struct str payload, const struct type *type, uint64_t h);
uint64_t state_nested_hash_column(const struct column *column, uint32_t row, uint64_t h);
/* The payload into row `at` of a column; false: out of memory. */
bool state_nested_get(struct arena *arena, struct str payload, const struct type *type,
                      struct column *out, uint32_t at);
