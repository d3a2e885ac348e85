/* column.h -- a typed vector.
 *
 * A column lends its memory from the arena of the batch it belongs to; nothing in
 * it is freed alone.  Bytes of strings lie in that arena or in a buffer that the
 * batch pins (batch.h), so a view is good exactly as long as its batch.
 *
 * Rows that are NULL have their bit cleared in `valid`; valid == NULL means no
 * NULLs.  The value slot of a NULL row, and every slot that is not selected,
 * holds some value of the right width that must not be interpreted -- except that
 * views are always safe to read: whoever writes a NULL view slot zeroes it.
 *
 * A constant column stores slot 0 only (value and valid bit 0), and stands for
 * `count` equal rows.  COLUMN_AT() hides the difference. */
#pragma once

#include "base/base.h"
#include "base/str.h"
#include "types/type.h"

/* 16 bytes: length, first four bytes (zero padded), pointer.  Equal prefixes and
 * lengths are compared before memory is touched. */
struct view {
    uint32_t size;
    uint32_t prefix;
    const char *data;
};

struct list_slot {
    uint32_t start; /* first element in the child column(s) */
    uint32_t size;
};

struct column {
    const struct type *type;
    void *values;             /* by type_phys(type); NULL for PHYS_ROW */
    uint64_t *valid;          /* bit i: row i is not NULL; NULL: no NULLs */
    uint32_t count;           /* rows it stands for */
    uint32_t mask;            /* UINT32_MAX; 0 for a constant: slot of row i is i & mask */
    struct column **children; /* PHYS_LIST: 1 or 2; PHYS_ROW: a column a field */
    uint32_t child_count;
};

static inline struct view view_make(const char *data, size_t size)
{
    uint32_t prefix = 0;
    if (size >= 4)
        memcpy(&prefix, data, 4);
    else if (size > 0)
        memcpy(&prefix, data, size);
    return (struct view){ (uint32_t)size, prefix, data };
}

static inline struct view view_of(struct str s)
{
    return view_make(s.data, s.size);
}

static inline struct str view_str(struct view v)
{
    return (struct str){ v.data, v.size };
}

static inline bool view_eq(struct view a, struct view b)
{
    return a.size == b.size && a.prefix == b.prefix &&
           (a.size <= 4 || memcmp(a.data + 4, b.data + 4, a.size - 4) == 0);
}

static inline int view_compare(struct view a, struct view b)
{
    return str_compare(view_str(a), view_str(b));
}

static inline bool bit_get(const uint64_t *bits, uint32_t i)
{
    return bits[i >> 6] >> (i & 63) & 1;
}
static inline void bit_set(uint64_t *bits, uint32_t i)
{
    bits[i >> 6] |= (uint64_t)1 << (i & 63);
}
static inline void bit_clear(uint64_t *bits, uint32_t i)
{
    bits[i >> 6] &= ~((uint64_t)1 << (i & 63));
}
static inline size_t bit_words(uint32_t n)
{
    return ((size_t)n + 63) / 64;
}

static inline bool column_is_constant(const struct column *c)
{
    return c->mask == 0;
}
static inline bool column_is_valid(const struct column *c, uint32_t row)
{
    return !c->valid || bit_get(c->valid, row & c->mask);
}
static inline bool column_has_nulls(const struct column *c)
{
    return c->valid != NULL;
}

/* The value of `row`: COLUMN_AT(col, int64_t, row). */
#define COLUMN_AT(col, ctype, row) (((const ctype *)(col)->values)[(row) & (col)->mask])
#define COLUMN_OUT(col, ctype) ((ctype *)(col)->values)

/* A column of `count` rows with room for values (children are not made), no NULLs.
 * View slots are zeroed.  NULL when out of memory. */
struct column *column_create(struct arena *arena, const struct type *type, uint32_t count)
    WEIR_CHECKED;
/* The same for one slot that stands for `count` rows. */
struct column *column_create_constant(struct arena *arena, const struct type *type,
                                      uint32_t count) WEIR_CHECKED;
/* A constant NULL, children included, so that it can be gathered and joined like any column. */
struct column *column_create_null(struct arena *arena, const struct type *type,
                                  uint32_t count) WEIR_CHECKED;
/* Gives the column a bitmap (all valid) if it has none.  False when out of memory. */
bool column_need_valid(struct column *column, struct arena *arena) WEIR_CHECKED;
/* Clears the bit of `row`; needs a bitmap. Zeroes a view slot. */
void column_set_null(struct column *column, uint32_t row);

/* A new column with row i = src row sel[i]; children of lists are shared, rows recurse. */
struct column *column_gather(struct arena *arena, const struct column *src, const uint32_t *sel,
                             uint32_t n) WEIR_CHECKED;
/* Copies slot src_row of src over slot dst_row of dst (same type; dst has a bitmap if src may be
 * NULL there). Lists: only if both share children. */
void column_copy_slot(struct column *dst, uint32_t dst_row, const struct column *src,
                      uint32_t src_row);
/* The same, with strings and children copied too: nothing of src is needed any more. */
struct column *column_copy(struct arena *arena, const struct column *src, const uint32_t *sel,
                           uint32_t n) WEIR_CHECKED;
