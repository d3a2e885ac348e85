/* row_hash.c -- hashes of keys, the same from columns and from rows; see row.h.
 *
 * A key's hash starts at 0, takes in one value after the other, and is mixed once more
 * at the end.  Integers of all widths count by value, floats by bits with one NaN,
 * strings by bytes, nested values by content.  Snapshots depend on every constant
 * here. */
#include "state/row_inner.h"
#include "state/table.h"

#include "base/arena.h"

/* `h` is what the columns before gave; the first has none, the last is mixed at the end. */
#define HASH(value)                                                                                \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        uint32_t r = state_sel(sel, i);                                                            \
        uint64_t h = (place & FIRST) ? 0 : ret[i];                                                 \
        h = nulls && !column_is_valid(column, r) ? state_hash_null(h) : (value);                   \
        ret[i] = (place & LAST) ? state_hash_end(h) : h;                                           \
    }                                                                                              \
    break

#define VALUE(ctype) COLUMN_AT(column, ctype, r)

enum { FIRST = 1, LAST = 2 };

static inline __attribute__((always_inline)) void
hash_values(const struct column *column, const uint32_t *sel, uint32_t n, uint64_t *ret,
            const bool nulls, const unsigned place)
{
    switch (type_phys(column->type)) {
    case PHYS_BOOL:
        HASH(hash_u64(VALUE(uint8_t), h));
    case PHYS_I8:
        HASH(hash_u64((uint64_t)(int64_t)VALUE(int8_t), h));
    case PHYS_I16:
        HASH(hash_u64((uint64_t)(int64_t)VALUE(int16_t), h));
    case PHYS_I32:
        HASH(hash_u64((uint64_t)(int64_t)VALUE(int32_t), h));
    case PHYS_I64:
        HASH(hash_u64(VALUE(uint64_t), h));
    case PHYS_I128:
        HASH(state_hash_i128(VALUE(int128), h));
    case PHYS_F32:
        HASH(hash_u64(state_f32_bits(VALUE(uint32_t)), h));
    case PHYS_F64:
        HASH(hash_u64(state_f64_bits(VALUE(uint64_t)), h));
    case PHYS_VIEW:
        HASH(hash_short_bytes(VALUE(struct view).data, VALUE(struct view).size, h));
    case PHYS_LIST:
    case PHYS_ROW:
        HASH(state_nested_hash_column(column, r, h));
    }
}

static void hash_column(const struct column *column, const uint32_t *sel, uint32_t n,
                        uint64_t *ret, unsigned place)
{
    if (column->valid)
        hash_values(column, sel, n, ret, true, place);
    else if (place == FIRST)
        hash_values(column, sel, n, ret, false, FIRST);
    else if (place == LAST)
        hash_values(column, sel, n, ret, false, LAST);
    else if (place == 0)
        hash_values(column, sel, n, ret, false, 0);
    else
        hash_values(column, sel, n, ret, false, FIRST | LAST);
}

void state_hash(struct column *const *columns, uint32_t column_count, const uint32_t *sel,
                uint32_t n, uint64_t *ret)
{
    if (column_count == 0)
        memset(ret, 0, n * sizeof *ret);
    for (uint32_t c = 0; c < column_count; c++)
        hash_column(columns[c], sel, n, ret,
                    (c == 0 ? FIRST : 0) | (c + 1 == column_count ? LAST : 0));
}

const uint64_t *state_hashes_of(const struct batch *in, struct column *const *key,
                                uint32_t key_count, const uint32_t *sel, uint32_t n)
{
    if (!in->hashes || in->hashed_count != key_count)
        return NULL;
    for (uint32_t c = 0; c < key_count; c++)
        if (in->hashed[c] != key[c])
            return NULL;
    uint64_t *picked = sel ? arena_alloc(in->arena, n * sizeof *picked) : NULL;
    for (uint32_t i = 0; picked && i < n; i++)
        picked[i] = in->hashes[sel[i]];
    return sel ? picked : in->hashes;
}

static uint64_t hash_slot(const char *row, const struct state_slot *slot, uint64_t h)
{
    const char *value = row + slot->offset;
    switch (slot->phys) {
    case PHYS_BOOL:
        return hash_u64(*(const uint8_t *)value, h);
    case PHYS_I8:
        return hash_u64((uint64_t)(int64_t)*(const int8_t *)value, h);
    case PHYS_I16:
        return hash_u64((uint64_t)(int64_t)*(const int16_t *)value, h);
    case PHYS_I32:
        return hash_u64((uint64_t)(int64_t)*(const int32_t *)value, h);
    case PHYS_I64:
        return hash_u64(*(const uint64_t *)value, h);
    case PHYS_I128:
        return state_hash_i128(*(const int128 *)value, h);
    case PHYS_F32:
        return hash_u64(state_f32_bits(*(const uint32_t *)value), h);
    case PHYS_F64:
        return hash_u64(state_f64_bits(*(const uint64_t *)value), h);
    case PHYS_VIEW: {
        struct str bytes = state_bytes_of(row, slot);
        return hash_bytes(bytes.data, bytes.size, h);
    }
    case PHYS_LIST:
    case PHYS_ROW:
        break;
    }
    return state_nested_hash(state_bytes_of(row, slot), slot->type, h);
}

static inline uint64_t hash_next(const char *row, const struct state_slot *slot, uint64_t h)
{
    return state_is_valid(row, slot) ? hash_slot(row, slot, h) : state_hash_null(h);
}

uint64_t state_hash_row(const struct state_layout *layout, uint32_t first, uint32_t n,
                        const char *row)
{
    uint64_t h = 0;
    for (uint32_t i = first; i < first + n; i++)
        h = hash_next(row, &layout->slots[i], h);
    return n > 0 ? state_hash_end(h) : 0;
}

uint64_t state_hash_slots(const struct state_layout *layout, const uint32_t *which, uint32_t n,
                          const char *row)
{
    uint64_t h = 0;
    for (uint32_t i = 0; i < n; i++)
        h = hash_next(row, &layout->slots[which[i]], h);
    return n > 0 ? state_hash_end(h) : 0;
}
