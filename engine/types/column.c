/* column.c -- see column.h.  A column and its parts are arena memory, so failing
 * half-way leaves nothing to undo. */
#include "types/column.h"

#include "base/arena.h"

enum fill { UNREAD, SAFE }; /* is the slot of a view or list read before it is written? */

static struct column *create(struct arena *arena, const struct type *type, uint32_t count,
                             bool constant, enum fill fill)
{
    enum phys phys = type_phys(type);
    uint32_t slots = constant ? 1 : count;
    struct column *column = arena_new(arena, struct column);
    if (!column)
        return NULL;
    column->type = type;
    column->count = count;
    column->mask = constant ? 0 : UINT32_MAX;
    if (phys != PHYS_ROW) {
        size_t bytes = phys_bytes(phys) * slots;
        /* Views are always safe to read, and so must be the slots of lists. */
        bool zero = fill == SAFE && (phys == PHYS_VIEW || phys == PHYS_LIST);
        column->values = zero ? arena_zalloc(arena, bytes) : arena_alloc(arena, bytes);
        if (!column->values)
            return NULL;
    }
    if (type->child_count > 0) {
        column->children = arena_array(arena, struct column *, type->child_count);
        if (!column->children)
            return NULL;
        column->child_count = type->child_count;
    }
    return column;
}

struct column *column_create(struct arena *arena, const struct type *type, uint32_t count)
{
    return create(arena, type, count, false, SAFE);
}

struct column *column_create_constant(struct arena *arena, const struct type *type, uint32_t count)
{
    return create(arena, type, count, true, SAFE);
}

struct column *column_create_null(struct arena *arena, const struct type *type, uint32_t count)
{
    struct column *column = create(arena, type, count, true, SAFE);
    if (!column || !column_need_valid(column, arena))
        return NULL;
    bool is_list = type_phys(type) == PHYS_LIST;
    for (uint32_t i = 0; i < column->child_count; i++) {
        column->children[i] = is_list ? create(arena, type->children[i], 0, false, SAFE)
                                      : column_create_null(arena, type->children[i], count);
        if (!column->children[i])
            return NULL;
    }
    column_set_null(column, 0);
    return column;
}

bool column_need_valid(struct column *column, struct arena *arena)
{
    if (column->valid)
        return true;
    size_t words = bit_words(column_is_constant(column) ? 1 : column->count);
    uint64_t *valid = arena_alloc(arena, words * sizeof *valid);
    if (!valid)
        return false;
    memset(valid, 0xFF, words * sizeof *valid);
    column->valid = valid;
    return true;
}

void column_set_null(struct column *column, uint32_t row)
{
    uint32_t slot = row & column->mask;
    bit_clear(column->valid, slot);
    switch (type_phys(column->type)) {
    case PHYS_VIEW:
        COLUMN_OUT(column, struct view)[slot] = (struct view){ 0, 0, NULL };
        break;
    case PHYS_LIST:
        COLUMN_OUT(column, struct list_slot)[slot] = (struct list_slot){ 0, 0 };
        break;
    default:
        break;
    }
}

/* One copy loop per width: the compiler turns each into straight moves. */
#define GATHER(ctype)                                                                              \
    do {                                                                                           \
        const ctype *in_ = src->values;                                                            \
        ctype *out_ = dst->values;                                                                 \
        for (uint32_t i = 0; i < n; i++)                                                           \
            out_[i] = in_[sel[i] & mask];                                                          \
    } while (0)

static void gather_values(struct column *dst, const struct column *src, const uint32_t *sel,
                          uint32_t n)
{
    uint32_t mask = src->mask;
    switch (type_phys(src->type)) {
    case PHYS_BOOL:
    case PHYS_I8:
        GATHER(uint8_t);
        break;
    case PHYS_I16:
        GATHER(uint16_t);
        break;
    case PHYS_I32:
    case PHYS_F32:
        GATHER(uint32_t);
        break;
    case PHYS_I64:
    case PHYS_F64:
        GATHER(uint64_t);
        break;
    case PHYS_LIST:
        GATHER(struct list_slot);
        break;
    case PHYS_I128:
        GATHER(int128);
        break;
    case PHYS_VIEW:
        GATHER(struct view);
        break;
    case PHYS_ROW:
        break;
    }
}

/* A constant stays one: its children already have one slot that stands for any count. */
static struct column *gather_constant(struct arena *arena, const struct column *src, uint32_t n)
{
    struct column *dst = arena_alloc(arena, sizeof *dst);
    if (!dst)
        return NULL;
    *dst = *src;
    dst->count = n;
    return dst;
}

struct column *column_gather(struct arena *arena, const struct column *src, const uint32_t *sel,
                             uint32_t n)
{
    if (column_is_constant(src) && type_phys(src->type) != PHYS_ROW)
        return gather_constant(arena, src, n);
    struct column *dst = create(arena, src->type, n, false, UNREAD);
    if (!dst)
        return NULL;
    gather_values(dst, src, sel, n);
    if (src->valid) {
        uint64_t *valid = arena_zalloc(arena, bit_words(n) * sizeof *valid);
        if (!valid)
            return NULL;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t bit = bit_get(src->valid, sel[i] & src->mask);
            valid[i >> 6] |= bit << (i & 63);
        }
        dst->valid = valid;
    }
    bool rows = type_phys(src->type) == PHYS_ROW;
    for (uint32_t c = 0; c < src->child_count; c++) {
        dst->children[c] = rows ? column_gather(arena, src->children[c], sel, n) : src->children[c];
        if (!dst->children[c])
            return NULL;
    }
    return dst;
}

void column_copy_slot(struct column *dst, uint32_t dst_row, const struct column *src,
                      uint32_t src_row)
{
    uint32_t to = dst_row & dst->mask;
    uint32_t from = src_row & src->mask;
    if (!column_is_valid(src, src_row)) {
        column_set_null(dst, dst_row);
        return;
    }
    if (dst->valid)
        bit_set(dst->valid, to);
    enum phys phys = type_phys(src->type);
    if (phys == PHYS_ROW) {
        for (uint32_t c = 0; c < src->child_count; c++)
            column_copy_slot(dst->children[c], dst_row, src->children[c], src_row);
        return;
    }
    size_t bytes = phys_bytes(phys);
    memcpy((char *)dst->values + to * bytes, (const char *)src->values + from * bytes, bytes);
}
