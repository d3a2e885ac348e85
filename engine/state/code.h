/* code.h -- values as bytes: in snapshots, in ordered trees, for nested types.
 *
 * The encoding keeps the order: memcmp of two encodings is the order of the values
 * (NULL first, or last with CODE_NULLS_LAST; turned round with CODE_DESCENDING), a
 * longer key never compares as part of a shorter one, and equal values have equal
 * encodings.  Types without an order (ARRAY, MAP, ROW) are encoded field by field, a MAP
 * in the order of its entries.  It can be decoded, and it is the same on every machine.
 *
 * Integers: big-endian with the sign bit turned.  Floats: bits turned by sign (NaN
 * greatest, -0 before 0).  Bytes: 0x00 -> 0x00 0xFF, ended by 0x00 0x01. */
#pragma once

#include "state/row.h"

/* Where NULLs go does not depend on the direction. */
enum { CODE_DESCENDING = 1 << 0, CODE_NULLS_LAST = 1 << 1 };

/* Appends the value of a row; failure shows at buf_check(). */
void state_encode(struct buf *out, const struct column *column, uint32_t row, unsigned flags);
/* All columns in order, plain (no flags). */
void state_encode_row(struct buf *out, struct column *const *columns, uint32_t column_count,
                      uint32_t row);
void state_encode_slot(struct buf *out, const char *row, const struct state_slot *slot,
                       unsigned flags);
void state_encode_slots(struct buf *out, const struct state_layout *layout, uint32_t first,
                        uint32_t n, const char *row);
void state_encode_i64(struct buf *out, int64_t value); /* never NULL; 9 bytes like a BIGINT */

/* Take a value from the front of *in. E_DATA when the bytes are none of this type.  Strings are
 * copied into `arena` (state_decode) or the heap (state_decode_slot).  Children of nested columns are
 * made and grown by state_decode() and state_get() alone: leave them NULL. */
enum code state_decode(struct arena *arena, struct str *in, const struct type *type,
                       unsigned flags, struct column *out, uint32_t at, struct error *err)
    WEIR_CHECKED;
enum code state_decode_slot(struct state_heap *heap, struct str *in, char *row,
                            const struct state_slot *slot, struct error *err) WEIR_CHECKED;
enum code state_decode_slots(struct state_heap *heap, struct str *in,
                             const struct state_layout *layout, uint32_t first, uint32_t n,
                             char *row, struct error *err) WEIR_CHECKED;
enum code state_decode_i64(struct str *in, int64_t *ret, struct error *err) WEIR_CHECKED;
