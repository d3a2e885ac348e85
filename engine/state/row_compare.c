/* row_compare.c -- are a row's slots equal to columns, or to another row's? */
#include "state/row_inner.h"

static inline bool values_equal(const char *a, const char *b, const struct state_slot *slot)
{
    switch (slot->phys) {
    case PHYS_F32:
        return state_f32_bits(state_load4(a)) == state_f32_bits(state_load4(b));
    case PHYS_F64:
        return state_f64_bits(state_load8(a)) == state_f64_bits(state_load8(b));
    case PHYS_VIEW:
    case PHYS_LIST:
    case PHYS_ROW:
        return state_bytes_equal((const struct state_bytes *)a, (const struct state_bytes *)b);
    default:
        return memcmp(a, b, phys_bytes(slot->phys)) == 0;
    }
}

bool state_slots_equal(const char *a, const struct state_slot *slot_a, const char *b,
                       const struct state_slot *slot_b)
{
    return values_equal(a + slot_a->offset, b + slot_b->offset, slot_a);
}

bool state_rows_equal(const struct state_layout *layout, uint32_t first, uint32_t n,
                      const char *a, const char *b)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct state_slot *slot = &layout->slots[i];
        bool valid = state_is_valid(a, slot);
        if (valid != state_is_valid(b, slot))
            return false;
        if (valid && !values_equal(a + slot->offset, b + slot->offset, slot))
            return false;
    }
    return true;
}

bool state_equal(const char *row, const struct state_slot *slot, const struct column *column,
                 uint32_t column_row)
{
    uint8_t bad = 0;
    uint32_t at = 0;
    state_differ(slot, column, &column_row, &(char *){ (char *)row }, &at, 1, &bad);
    return !bad;
}

/* Both valid and not equal, or one of them NULL only. */
#define DIFFER(not_equal)                                                                          \
    for (uint32_t k = 0; k < n; k++) {                                                             \
        const char *row = rows[at[k]];                                                             \
        uint32_t r = state_sel(sel, at[k]);                                                        \
        bool valid = (row[valid_byte] & valid_mask) != 0;                                          \
        bool has = !nulls || column_is_valid(column, r);                                           \
        bad[k] |= (uint8_t)((valid != has) | ((valid & has) && (not_equal)));                      \
    }                                                                                              \
    break

#define SLOT(ctype) (*(const ctype *)(row + offset))
#define VALUE(ctype) COLUMN_AT(column, ctype, r)

/* Long strings lie somewhere else than their rows: asked for together, not one after the other. */
static inline void prefetch_bytes(char *const *rows, const uint32_t *at, uint32_t n,
                                  uint32_t offset)
{
    for (uint32_t k = 0; k < n && n > 1; k++) {
        const struct state_bytes *bytes = (const struct state_bytes *)(rows[at[k]] + offset);
        if (bytes->size > STATE_INLINE_BYTES)
            __builtin_prefetch(bytes->far.data);
    }
}

static inline void differ(const struct state_slot *slot, const struct column *column,
                          const uint32_t *sel, char *const *rows, const uint32_t *at, uint32_t n,
                          uint8_t *bad, const bool nulls)
{
    const uint32_t offset = slot->offset;
    const uint32_t valid_byte = slot->valid_byte;
    const uint8_t valid_mask = slot->valid_mask;
    switch (slot->phys) {
    case PHYS_BOOL:
    case PHYS_I8:
        DIFFER(SLOT(uint8_t) != VALUE(uint8_t));
    case PHYS_I16:
        DIFFER(SLOT(uint16_t) != VALUE(uint16_t));
    case PHYS_I32:
        DIFFER(SLOT(uint32_t) != VALUE(uint32_t));
    case PHYS_I64:
        DIFFER(SLOT(uint64_t) != VALUE(uint64_t));
    case PHYS_I128:
        DIFFER(SLOT(int128) != VALUE(int128));
    case PHYS_F32:
        DIFFER(state_f32_bits(SLOT(uint32_t)) != state_f32_bits(VALUE(uint32_t)));
    case PHYS_F64:
        DIFFER(state_f64_bits(SLOT(uint64_t)) != state_f64_bits(VALUE(uint64_t)));
    case PHYS_VIEW:
        prefetch_bytes(rows, at, n, offset);
        DIFFER(!state_view_equal((const struct state_bytes *)(row + offset),
                                 &VALUE(struct view)));
    case PHYS_LIST:
    case PHYS_ROW:
        DIFFER(!state_nested_equal(state_bytes_of(row, slot), slot->type, column, r));
    }
}

void state_differ(const struct state_slot *slot, const struct column *column, const uint32_t *sel,
                  char *const *rows, const uint32_t *at, uint32_t n, uint8_t *bad)
{
    if (column->valid)
        differ(slot, column, sel, rows, at, n, bad, true);
    else
        differ(slot, column, sel, rows, at, n, bad, false);
}
