/* row_read.c -- from slots back to columns; see row.h. */
#include "base/arena.h"
#include "state/code_inner.h"

static bool copy_string(struct arena *arena, struct str bytes, struct view *ret)
{
    if (bytes.size == 0) {
        *ret = (struct view){ 0, 0, "" };
        return true;
    }
    char *copy = arena_alloc(arena, bytes.size);
    if (!copy)
        return false;
    memcpy(copy, bytes.data, bytes.size);
    *ret = view_make(copy, bytes.size);
    return true;
}

bool state_get(struct arena *arena, const char *row, const struct state_slot *slot,
               struct column *out, uint32_t at)
{
    if (!row || !state_is_valid(row, slot))
        return code_put_null(arena, out, at);
    if (out->valid)
        bit_set(out->valid, at & out->mask);
    switch (slot->phys) {
    case PHYS_VIEW:
        return copy_string(arena, state_bytes_of(row, slot), &COLUMN_OUT(out, struct view)[at]);
    case PHYS_LIST:
    case PHYS_ROW:
        return state_nested_get(arena, state_bytes_of(row, slot), slot->type, out, at);
    default: {
        size_t bytes = phys_bytes(slot->phys);
        memcpy((char *)out->values + at * bytes, row + slot->offset, bytes);
        return true;
    }
    }
}

/* The bitmap, if there is any NULL; rows without memory count as such. */
static bool read_nulls(struct arena *arena, const struct state_slot *slot, char *const *rows,
                       uint32_t n, struct column *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (likely(rows[i] && state_is_valid(rows[i], slot)))
            continue;
        if (!column_need_valid(out, arena))
            return false;
        bit_clear(out->valid, i);
    }
    return true;
}

static bool read_strings(struct arena *arena, const struct state_slot *slot, char *const *rows,
                         uint32_t n, struct column *out)
{
    struct view *views = out->values;
    size_t total = 0;
    for (uint32_t i = 0; i < n; i++)
        if (column_is_valid(out, i)) {
            const struct state_bytes *bytes = state_bytes_at(rows[i], slot);
            total += bytes->size;
            if (bytes->size > STATE_INLINE_BYTES)
                __builtin_prefetch(bytes->far.data);
        }
    char *at = arena_alloc(arena, total);
    if (!at)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!column_is_valid(out, i))
            continue;
        struct str bytes = state_bytes_of(rows[i], slot);
        memcpy(at, bytes.data, bytes.size);
        views[i] = view_make(at, bytes.size);
        at += bytes.size;
    }
    return true;
}

static bool read_nested(struct arena *arena, const struct state_slot *slot, char *const *rows,
                        uint32_t n, struct column *out)
{
    for (uint32_t i = 0; i < n; i++)
        if (!state_get(arena, rows[i], slot, out, i))
            return false;
    return code_need_children(arena, out);
}

/* NULL rows read a value that nobody interprets. */
#define READ(ctype)                                                                                \
    do {                                                                                           \
        ctype *values = out->values;                                                               \
        for (uint32_t i = 0; i < n; i++)                                                           \
            values[i] = likely(rows[i]) ? *(const ctype *)(rows[i] + slot->offset) : 0;            \
        return true;                                                                               \
    } while (0)

static bool read_values(struct arena *arena, const struct state_slot *slot, char *const *rows,
                        uint32_t n, struct column *out)
{
    switch (slot->phys) {
    case PHYS_BOOL:
    case PHYS_I8:
        READ(uint8_t);
    case PHYS_I16:
        READ(uint16_t);
    case PHYS_I32:
    case PHYS_F32:
        READ(uint32_t);
    case PHYS_I64:
    case PHYS_F64:
        READ(uint64_t);
    case PHYS_I128:
        READ(int128);
    case PHYS_VIEW:
        return read_strings(arena, slot, rows, n, out);
    case PHYS_LIST:
    case PHYS_ROW:
        break;
    }
    return read_nested(arena, slot, rows, n, out);
}

struct column *state_column(struct arena *arena, const struct state_slot *slot,
                            char *const *rows, uint32_t n)
{
    struct column *out = column_create(arena, slot->type, n);
    if (!out || !read_nulls(arena, slot, rows, n, out) || !read_values(arena, slot, rows, n, out))
        return NULL;
    return out;
}
