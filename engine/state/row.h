/* row.h -- rows of typed slots as state keeps them, and the way from columns and back.
 *
 * A row is a block of `bytes` bytes: a bit a slot for "is not NULL", then the slots at
 * fixed offsets.  Numbers lie in their slot as in a column.  Strings up to 12 bytes
 * lie in their 16-byte slot, longer ones in the heap.  ARRAY, MAP and ROW values are
 * kept encoded (state_encode_slot), like a string.  So every type fits a fixed slot,
 * and a row of the same layout can be copied, hashed, saved and loaded by this file
 * alone.
 *
 * Rows never move while they live.  Kernels may write into fixed slots directly:
 * *(int64_t *)state_at(row, slot).  A row's memory comes from state_alloc()
 * and starts zeroed: all slots NULL. */
#pragma once

#include "state/heap.h"
#include "types/column.h"

struct state_slot {
    const struct type *type;
    enum phys phys;      /* of the column; PHYS_LIST and PHYS_ROW are kept encoded */
    uint32_t offset;     /* from the row's start; aligned to its size (strings: to 8) */
    uint32_t valid_byte; /* byte and bit of "is not NULL" */
    uint8_t valid_mask;
    bool is_bytes;       /* a struct state_bytes */
};

struct state_layout {
    struct state_slot *slots;
    uint32_t count;
    uint32_t bytes; /* of a row, a multiple of 8; of 16 if there is a DECIMAL of 128 bits */
};

/* The lowest bits of a row's first byte are no slot's: whoever owns the row may use them. */
enum { STATE_OWNER_BITS = 2 };

/* A string in a slot. */
struct state_bytes {
    uint32_t size;
    union {
        char inlined[12]; /* size <= 12 */
        struct {
            uint32_t prefix;
            char *data; /* in the heap, `size` bytes */
        } __attribute__((packed)) far;
    };
};
enum { STATE_INLINE_BYTES = 12 };

/* `tail_bytes` are left free behind the last slot for the owner (8-byte aligned: *ret_tail). */
enum code state_layout_create(struct arena *arena, const struct type *const *types, uint32_t n,
                              uint32_t tail_bytes, struct state_layout *ret, uint32_t *ret_tail,
                              struct error *err) WEIR_CHECKED;

static inline void *state_at(char *row, const struct state_slot *slot)
{
    return row + slot->offset;
}
static inline bool state_is_valid(const char *row, const struct state_slot *slot)
{
    return (row[slot->valid_byte] & slot->valid_mask) != 0;
}
static inline void state_set_valid(char *row, const struct state_slot *slot, bool valid)
{
    if (valid)
        row[slot->valid_byte] = (char)(row[slot->valid_byte] | slot->valid_mask);
    else
        row[slot->valid_byte] = (char)(row[slot->valid_byte] & ~slot->valid_mask);
}
/* The bytes of a slot; good until the slot is written. */
static inline struct str state_bytes_view(const struct state_bytes *bytes)
{
    return (struct str){ bytes->size <= STATE_INLINE_BYTES ? bytes->inlined : bytes->far.data,
                         bytes->size };
}

static inline uint64_t state_load8(const void *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
static inline uint32_t state_load4(const void *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

/* A string in a slot against one of a column: length and first four bytes are the first word of
 * both. */
static inline bool state_view_equal(const struct state_bytes *slot, const struct view *view)
{
    if (state_load8(slot) != state_load8(view))
        return false;
    uint32_t size = slot->size;
    if (size <= 4)
        return true;
    if (size > STATE_INLINE_BYTES)
        return memcmp(slot->far.data, view->data, size) == 0;
    if (size < 8)
        return state_load4(slot->inlined + size - 4) == state_load4(view->data + size - 4);
    return state_load8(slot->inlined + size - 8) == state_load8(view->data + size - 8);
}

/* Asks for a slot of many rows and, where strings lie elsewhere, for those: a table larger than the
 * caches answers all of them in the time of a few. */
static inline void state_prefetch(const struct state_slot *slot, char *const *rows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(rows[i] + slot->offset);
    for (uint32_t i = 0; slot->is_bytes && i < n; i++) {
        const struct state_bytes *bytes = (const struct state_bytes *)(rows[i] + slot->offset);
        if (bytes->size > STATE_INLINE_BYTES)
            __builtin_prefetch(bytes->far.data);
    }
}

/* --- writing ---------------------------------------------------------------------- */

/* Puts bytes into a slot, reusing its place where they fit. The slot is valid afterwards. */
enum code state_put_bytes(struct state_heap *heap, char *row, const struct state_slot *slot,
                          struct str bytes, struct error *err) WEIR_CHECKED;
/* The value (or NULL) of a column's row into a slot. */
enum code state_put(struct state_heap *heap, char *row, const struct state_slot *slot,
                    const struct column *column, uint32_t column_row, struct error *err)
    WEIR_CHECKED;
/* Slot by slot for many rows: rows[i] gets columns[c] row sel[i] (sel NULL: i) in slot first + c. */
enum code state_put_columns(struct state_heap *heap, const struct state_layout *layout,
                            uint32_t first, struct column *const *columns, uint32_t column_count,
                            const uint32_t *sel, char *const *rows, uint32_t n,
                            struct error *err) WEIR_CHECKED;
/* Copies slots [first, first + n) of one row over those of another (same layout). */
enum code state_copy(struct state_heap *heap, const struct state_layout *layout, uint32_t first,
                     uint32_t n, char *to, const char *from, struct error *err) WEIR_CHECKED;
/* Gives back what slots [first, first + n) hold in the heap and makes them NULL. */
void state_clear(struct state_heap *heap, const struct state_layout *layout, uint32_t first,
                 uint32_t n, char *row);

/* --- reading ---------------------------------------------------------------------- */

/* A new column of n rows from one slot of many rows; strings are copied into `arena`, so that it
 * stays good when state changes.  rows[i] NULL gives NULL.  NULL when out of memory. */
struct column *state_column(struct arena *arena, const struct state_slot *slot,
                            char *const *rows, uint32_t n) WEIR_CHECKED;
/* One value into row `at` of a column that is as long and may get a bitmap. */
bool state_get(struct arena *arena, const char *row, const struct state_slot *slot,
               struct column *out, uint32_t at) WEIR_CHECKED;

/* NULL equals NULL; floats by bits, but one NaN is like another. */
bool state_equal(const char *row, const struct state_slot *slot, const struct column *column,
                 uint32_t column_row);
/* Two values that are not NULL, of one type, in rows of any layouts. */
bool state_slots_equal(const char *a, const struct state_slot *slot_a, const char *b,
                       const struct state_slot *slot_b);
bool state_rows_equal(const struct state_layout *layout, uint32_t first, uint32_t n,
                      const char *a, const char *b);

/* --- hashing ---------------------------------------------------------------------- */

/* Hashes of the rows of several columns, the same on every machine and for any number of workers:
 * it decides the owner of a key (state_worker). */
void state_hash(struct column *const *columns, uint32_t column_count, const uint32_t *sel,
                uint32_t n, uint64_t *ret);
uint64_t state_hash_row(const struct state_layout *layout, uint32_t first, uint32_t n,
                        const char *row);
static inline uint32_t state_worker(uint64_t hash, uint32_t workers)
{
    return (uint32_t)(((uint128)hash * workers) >> 64);
}
