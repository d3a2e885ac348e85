/* row.c -- layout of rows, and writing into them; see row.h.
 *
 * Whether a string slot owns a block is told by its size alone, never by the validity
 * bit: a kernel may turn a slot NULL by the bit, and the block is found again by the
 * next write or by state_clear(). */
#include "base/arena.h"
#include "state/row_inner.h"

_Static_assert(sizeof(struct state_bytes) == 16, "a string's slot is as large as a view");

/* --- layout ------------------------------------------------------------------------------- */

static uint32_t slot_bytes(enum phys phys)
{
    switch (phys) {
    case PHYS_VIEW:
    case PHYS_LIST:
    case PHYS_ROW:
        return sizeof(struct state_bytes);
    default:
        return (uint32_t)phys_bytes(phys);
    }
}

static inline uint32_t round_up(uint32_t n, uint32_t to)
{
    return (n + to - 1) / to * to;
}

enum code state_layout_create(struct arena *arena, const struct type *const *types, uint32_t n,
                              uint32_t tail_bytes, struct state_layout *ret, uint32_t *ret_tail,
                              struct error *err)
{
    struct state_slot *slots = arena_array(arena, struct state_slot, n);
    if (!slots)
        return error_nomem(err);
    uint32_t bytes = (STATE_OWNER_BITS + n + 7) / 8;
    uint32_t alignment = 8;
    for (uint32_t i = 0; i < n; i++) {
        enum phys phys = type_phys(types[i]);
        bool is_bytes = phys == PHYS_VIEW || phys == PHYS_LIST || phys == PHYS_ROW;
        uint32_t bit = STATE_OWNER_BITS + i;
        uint32_t size = slot_bytes(phys);
        bytes = round_up(bytes, is_bytes ? 8 : size);
        slots[i] = (struct state_slot){ .type = types[i],
                                        .phys = phys,
                                        .offset = bytes,
                                        .valid_byte = bit / 8,
                                        .valid_mask = (uint8_t)(1u << (bit % 8)),
                                        .is_bytes = is_bytes };
        bytes += size;
        if (phys == PHYS_I128)
            alignment = 16;
    }
    bytes = round_up(bytes, 8);
    if (ret_tail)
        *ret_tail = bytes;
    *ret = (struct state_layout){ slots, n, round_up(bytes + tail_bytes, alignment) };
    return OK;
}

/* --- strings ------------------------------------------------------------------------------- */

static inline void free_bytes(struct state_heap *heap, struct state_bytes *bytes)
{
    if (bytes->size > STATE_INLINE_BYTES)
        state_free(heap, bytes->far.data, state_room(bytes->size));
}

enum code state_reserve_bytes(struct state_heap *heap, char *row, const struct state_slot *slot,
                              size_t size, char **ret, struct error *err)
{
    struct state_bytes *bytes = state_bytes_at(row, slot);
    if (size <= STATE_INLINE_BYTES) {
        free_bytes(heap, bytes);
        memset(bytes, 0, sizeof *bytes);
        bytes->size = (uint32_t)size;
        *ret = bytes->inlined;
    } else {
        size_t room = state_room(size);
        bool fits = bytes->size > STATE_INLINE_BYTES && state_room(bytes->size) == room;
        char *data = fits ? bytes->far.data : NULL;
        if (size > UINT32_MAX)
            return error_set(err, E_LIMIT, "a value of %zu bytes is too long for the state of "
                             STR_FMT, size, STR_ARG(state_heap_owner(heap)));
        if (!fits) {
            if (!(data = state_alloc(heap, room)))
                return state_heap_error(heap, err);
            free_bytes(heap, bytes);
        }
        bytes->size = (uint32_t)size;
        bytes->far.data = data;
        *ret = data;
    }
    state_set_valid(row, slot, true);
    return OK;
}

enum code state_put_bytes(struct state_heap *heap, char *row, const struct state_slot *slot,
                          struct str value, struct error *err)
{
    char *data;
    TRY(state_reserve_bytes(heap, row, slot, value.size, &data, err));
    if (value.size > 0)
        memcpy(data, value.data, value.size);
    if (value.size > STATE_INLINE_BYTES)
        state_bytes_at(row, slot)->far.prefix = state_load4(data);
    return OK;
}

void state_set_null(struct state_heap *heap, char *row, const struct state_slot *slot)
{
    if (slot->is_bytes) {
        struct state_bytes *bytes = state_bytes_at(row, slot);
        free_bytes(heap, bytes);
        memset(bytes, 0, sizeof *bytes);
    }
    state_set_valid(row, slot, false);
}

static enum code put_nested(struct state_heap *heap, char *row, const struct state_slot *slot,
                            const struct column *column, uint32_t column_row, struct error *err)
{
    struct buf buf;
    buf_init(&buf, UINT32_MAX);
    state_encode_payload(&buf, column, column_row, 0);
    enum code code = buf_check(&buf, err);
    if (code == OK)
        code = state_put_bytes(heap, row, slot, buf_view(&buf), err);
    buf_done(&buf);
    return code;
}

/* --- columns ------------------------------------------------------------------------------- */

enum code state_put(struct state_heap *heap, char *row, const struct state_slot *slot,
                    const struct column *column, uint32_t column_row, struct error *err)
{
    return state_put_column(heap, slot, column, &column_row, &row, 1, err);
}

/* The bytes behind the first four of a string of up to 12, with zeros behind them. */
static inline uint64_t rest_of_short(const char *data, uint32_t size)
{
    if (size <= 4)
        return 0;
    uint32_t last = state_load4(data + size - 4);
    if (size <= 8)
        return last >> 8 * (8 - size);
    return state_load4(data + 4) | (uint64_t)(last >> 8 * (12 - size)) << 32;
}

static inline void put_short(struct state_heap *heap, char *row, const struct state_slot *slot,
                             const struct view *value)
{
    struct state_bytes *bytes = state_bytes_at(row, slot);
    uint64_t words[2] = { state_load8(value), rest_of_short(value->data, value->size) };
    free_bytes(heap, bytes);
    memcpy(bytes, words, sizeof words);
    state_set_valid(row, slot, true);
}

static enum code put_strings(struct state_heap *heap, const struct state_slot *slot,
                             const struct column *column, const uint32_t *sel, char *const *rows,
                             uint32_t n, struct error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = state_sel(sel, i);
        if (!column_is_valid(column, at)) {
            state_set_null(heap, rows[i], slot);
            continue;
        }
        if (slot->phys != PHYS_VIEW) {
            TRY(put_nested(heap, rows[i], slot, column, at, err));
            continue;
        }
        const struct view *value = &COLUMN_AT(column, struct view, at);
        if (value->size <= STATE_INLINE_BYTES)
            put_short(heap, rows[i], slot, value);
        else
            TRY(state_put_bytes(heap, rows[i], slot, view_str(*value), err));
    }
    return OK;
}

/* The value slot of a NULL is written too: it is never read. */
#define PUT(ctype)                                                                                 \
    for (uint32_t i = 0; i < n; i++) {                                                             \
        uint32_t at = state_sel(sel, i);                                                           \
        *(ctype *)(rows[i] + offset) = COLUMN_AT(column, ctype, at);                               \
        state_set_valid(rows[i], slot, column_is_valid(column, at));                               \
    }                                                                                              \
    return OK

enum code state_put_column(struct state_heap *heap, const struct state_slot *slot,
                           const struct column *column, const uint32_t *sel, char *const *rows,
                           uint32_t n, struct error *err)
{
    uint32_t offset = slot->offset;
    switch (slot->phys) {
    case PHYS_BOOL:
    case PHYS_I8:
        PUT(uint8_t);
    case PHYS_I16:
        PUT(uint16_t);
    case PHYS_I32:
    case PHYS_F32:
        PUT(uint32_t);
    case PHYS_I64:
    case PHYS_F64:
        PUT(uint64_t);
    case PHYS_I128:
        PUT(int128);
    case PHYS_VIEW:
    case PHYS_LIST:
    case PHYS_ROW:
        break;
    }
    return put_strings(heap, slot, column, sel, rows, n, err);
}

enum code state_put_columns(struct state_heap *heap, const struct state_layout *layout,
                            uint32_t first, struct column *const *columns, uint32_t column_count,
                            const uint32_t *sel, char *const *rows, uint32_t n,
                            struct error *err)
{
    for (uint32_t c = 0; c < column_count; c++)
        TRY(state_put_column(heap, &layout->slots[first + c], columns[c], sel, rows, n, err));
    return OK;
}

/* --- rows ---------------------------------------------------------------------------------- */

enum code state_copy(struct state_heap *heap, const struct state_layout *layout, uint32_t first,
                     uint32_t n, char *to, const char *from, struct error *err)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct state_slot *slot = &layout->slots[i];
        if (!state_is_valid(from, slot)) {
            state_set_null(heap, to, slot);
            continue;
        }
        if (slot->is_bytes) {
            TRY(state_put_bytes(heap, to, slot, state_bytes_of(from, slot), err));
            continue;
        }
        memcpy(to + slot->offset, from + slot->offset, phys_bytes(slot->phys));
        state_set_valid(to, slot, true);
    }
    return OK;
}

void state_clear(struct state_heap *heap, const struct state_layout *layout, uint32_t first,
                 uint32_t n, char *row)
{
    for (uint32_t i = first; i < first + n; i++)
        state_set_null(heap, row, &layout->slots[i]);
}
