/* code_nested.c -- encoded ARRAY, MAP and ROW values: checked, compared and hashed
 * without memory, and read back into columns.
 *
 * Child columns that are made here hold a power of two of rows (at least 8), so that
 * they can be grown row by row. */
#include "base/arena.h"
#include "state/code_inner.h"

static struct code_in payload_in(struct str payload)
{
    const uint8_t *data = (const uint8_t *)payload.data;
    return (struct code_in){ data, data + payload.size, 0 };
}

/* Elements of a list; each has a byte at least, which bounds what bad bytes can claim. */
static bool take_count(struct code_in *in, const struct type *type, uint32_t *ret)
{
    uint64_t count;
    if (!code_take(in, 4, &count) || count * type->child_count > (size_t)(in->end - in->at))
        return false;
    *ret = (uint32_t)count;
    return true;
}

/* --- passing over ----------------------------------------------------------------------- */

static bool skip_value(struct code_in *in, const struct type *type)
{
    uint64_t marker;
    if (!code_take(in, 1, &marker) || marker > CODE_VALUE)
        return false;
    return marker == CODE_NULL || code_skip(in, type);
}

bool code_skip(struct code_in *in, const struct type *type)
{
    enum phys phys = type_phys(type);
    struct code_string s;
    _Alignas(16) char number[16];
    uint32_t count = 1;
    switch (phys) {
    case PHYS_VIEW:
        return code_take_string(in, &s);
    case PHYS_LIST:
        if (!take_count(in, type, &count))
            return false;
        break;
    case PHYS_ROW:
        break;
    default:
        return code_take_number(in, phys, number);
    }
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < type->child_count; k++)
            if (!skip_value(in, type->children[k]))
                return false;
    return true;
}

/* --- comparing ---------------------------------------------------------------------------- */

static bool payload_equal(struct code_in *in, const struct type *type, const struct column *column,
                          uint32_t row);

static bool value_is_equal(struct code_in *in, const struct type *type,
                           const struct column *column, uint32_t row)
{
    bool valid;
    if (!code_take_marker(in, CODE_NULL, &valid) || valid != column_is_valid(column, row))
        return false;
    return !valid || payload_equal(in, type, column, row);
}

static bool string_equal(struct code_in *in, struct str s)
{
    struct code_string code;
    if (!code_take_string(in, &code) || code.size != s.size)
        return false;
    if (code.raw == code.size)
        return s.size == 0 || memcmp(code.start, s.data, s.size) == 0;
    for (size_t i = 0, k = 0; i < code.raw; i++, k++) {
        if ((char)code.start[i] != s.data[k])
            return false;
        if (code.start[i] == 0)
            i++;
    }
    return true;
}

static bool number_equal(struct code_in *in, enum phys phys, const struct column *column,
                         uint32_t row)
{
    _Alignas(16) char number[16];
    size_t bytes = phys_bytes(phys);
    const char *value = (const char *)column->values + (row & column->mask) * bytes;
    if (!code_take_number(in, phys, number))
        return false;
    if (phys == PHYS_F32)
        return state_f32_bits(state_load4(number)) == state_f32_bits(state_load4(value));
    if (phys == PHYS_F64)
        return state_f64_bits(state_load8(number)) == state_f64_bits(state_load8(value));
    return memcmp(number, value, bytes) == 0;
}

static bool payload_equal(struct code_in *in, const struct type *type, const struct column *column,
                          uint32_t row)
{
    enum phys phys = type_phys(type);
    uint32_t start = row;
    uint32_t count = 1;
    uint32_t coded;
    switch (phys) {
    case PHYS_VIEW:
        return string_equal(in, view_str(COLUMN_AT(column, struct view, row)));
    case PHYS_LIST:
        start = COLUMN_AT(column, struct list_slot, row).start;
        count = COLUMN_AT(column, struct list_slot, row).size;
        if (!take_count(in, type, &coded) || coded != count)
            return false;
        break;
    case PHYS_ROW:
        break;
    default:
        return number_equal(in, phys, column, row);
    }
    for (uint32_t i = start; i < start + count; i++)
        for (uint32_t k = 0; k < type->child_count; k++)
            if (!value_is_equal(in, type->children[k], column->children[k], i))
                return false;
    return true;
}

bool state_nested_equal(struct str payload, const struct type *type, const struct column *column,
                        uint32_t row)
{
    struct code_in in = payload_in(payload);
    return payload_equal(&in, type, column, row);
}

/* --- hashing ------------------------------------------------------------------------------ */

static uint64_t hash_number(enum phys phys, const char *value, uint64_t h)
{
    uint64_t bits = 0;
    if (phys == PHYS_I128) {
        int128 wide;
        memcpy(&wide, value, sizeof wide);
        return state_hash_i128(wide, h);
    }
    memcpy(&bits, value, phys_bytes(phys));
    if (phys == PHYS_F32)
        bits = state_f32_bits((uint32_t)bits);
    if (phys == PHYS_F64)
        bits = state_f64_bits(bits);
    return hash_u64(bits, h);
}

/* Piece by piece between NUL bytes, which the encoding escapes. */
static uint64_t hash_string(struct str s, uint64_t h)
{
    for (;;) {
        size_t zero = str_find_byte(s, 0);
        if (zero == (size_t)-1)
            return hash_bytes(s.data, s.size, h);
        h = hash_bytes(s.data, zero, h);
        s.data += zero + 1;
        s.size -= zero + 1;
    }
}

static uint64_t hash_code_string(struct code_string s, uint64_t h)
{
    for (;;) {
        size_t zero = str_find_byte((struct str){ (const char *)s.start, s.raw }, 0);
        if (zero == (size_t)-1)
            return hash_bytes(s.start, s.raw, h);
        h = hash_bytes(s.start, zero, h);
        s.start += zero + 2;
        s.raw -= zero + 2;
    }
}

static uint64_t hash_payload(struct code_in *in, const struct type *type, uint64_t h)
{
    enum phys phys = type_phys(type);
    struct code_string s;
    _Alignas(16) char number[16];
    uint32_t count = 1;
    switch (phys) {
    case PHYS_VIEW:
        return code_take_string(in, &s) ? hash_code_string(s, h) : h;
    case PHYS_LIST:
        if (!take_count(in, type, &count))
            return h;
        h = hash_u64(count, h);
        break;
    case PHYS_ROW:
        break;
    default:
        return code_take_number(in, phys, number) ? hash_number(phys, number, h) : h;
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < type->child_count; k++) {
            bool valid;
            if (!code_take_marker(in, CODE_NULL, &valid))
                return h;
            h = valid ? hash_payload(in, type->children[k], h) : state_hash_null(h);
        }
    }
    return h;
}

uint64_t state_nested_hash(struct str payload, const struct type *type, uint64_t h)
{
    struct code_in in = payload_in(payload);
    return hash_payload(&in, type, h);
}

uint64_t state_nested_hash_column(const struct column *column, uint32_t row, uint64_t h)
{
    enum phys phys = type_phys(column->type);
    uint32_t start = row;
    uint32_t count = 1;
    switch (phys) {
    case PHYS_VIEW:
        return hash_string(view_str(COLUMN_AT(column, struct view, row)), h);
    case PHYS_LIST:
        start = COLUMN_AT(column, struct list_slot, row).start;
        count = COLUMN_AT(column, struct list_slot, row).size;
        h = hash_u64(count, h);
        break;
    case PHYS_ROW:
        break;
    default: {
        size_t bytes = phys_bytes(phys);
        return hash_number(phys, (const char *)column->values + (row & column->mask) * bytes, h);
    }
    }
    for (uint32_t i = start; i < start + count; i++) {
        for (uint32_t k = 0; k < column->child_count; k++) {
            const struct column *child = column->children[k];
            h = column_is_valid(child, i) ? state_nested_hash_column(child, i, h)
                                          : state_hash_null(h);
        }
    }
    return h;
}

/* --- back into columns ---------------------------------------------------------------------- */

enum { CHILD_ROWS_MAX = 1 << 30 };

static uint32_t cap_of(uint32_t count)
{
    return count <= 8 ? 8 : (uint32_t)1 << (32 - __builtin_clz(count - 1));
}

static bool need_valid(struct arena *arena, struct column *column)
{
    if (column->valid)
        return true;
    size_t bytes = bit_words(cap_of(column->count)) * sizeof *column->valid;
    if (!(column->valid = arena_alloc(arena, bytes)))
        return false;
    memset(column->valid, 0xFF, bytes);
    return true;
}

/* More slots, zeroed, and more bits, set. */
static bool widen(struct arena *arena, struct column *column, uint32_t cap)
{
    size_t width = phys_bytes(type_phys(column->type));
    if (width > 0) {
        void *values = arena_zalloc(arena, width * cap);
        if (!values)
            return false;
        memcpy(values, column->values, width * column->count);
        column->values = values;
    }
    if (column->valid) {
        uint64_t *valid = arena_alloc(arena, bit_words(cap) * sizeof *valid);
        if (!valid)
            return false;
        memset(valid, 0xFF, bit_words(cap) * sizeof *valid);
        memcpy(valid, column->valid, bit_words(column->count) * sizeof *valid);
        column->valid = valid;
    }
    return true;
}

/* A child of `count` rows: made, or the same with more. */
static bool grow(struct arena *arena, struct column **child, const struct type *type,
                 uint32_t count)
{
    uint32_t cap = cap_of(count);
    if (!*child || (*child)->count == 0) {
        if (!(*child = column_create(arena, type, cap)))
            return false;
    } else if (cap > cap_of((*child)->count) && !widen(arena, *child, cap)) {
        return false;
    }
    (*child)->count = count;
    if (type_phys(type) == PHYS_ROW)
        for (uint32_t k = 0; k < type->child_count; k++)
            if (!grow(arena, &(*child)->children[k], type->children[k], count))
                return false;
    if (type_phys(type) == PHYS_LIST)
        for (uint32_t k = 0; k < type->child_count; k++)
            if (!(*child)->children[k] &&
                !grow(arena, &(*child)->children[k], type->children[k], 0))
                return false;
    return true;
}

bool code_need_children(struct arena *arena, struct column *out)
{
    enum phys phys = type_phys(out->type);
    if (phys != PHYS_LIST && phys != PHYS_ROW)
        return true;
    for (uint32_t k = 0; k < out->child_count; k++)
        if (!out->children[k] && !grow(arena, &out->children[k], out->type->children[k],
                                       phys == PHYS_ROW ? out->count : 0))
            return false;
    return true;
}

bool code_put_null(struct arena *arena, struct column *out, uint32_t at)
{
    if (!need_valid(arena, out) || !code_need_children(arena, out))
        return false;
    column_set_null(out, at);
    return true;
}

static enum code take_value(struct arena *arena, struct code_in *in, const struct type *type,
                            struct column *out, uint32_t at)
{
    uint64_t marker;
    if (!code_take(in, 1, &marker) || marker > CODE_VALUE)
        return E_DATA;
    if (marker == CODE_NULL)
        return code_put_null(arena, out, at) ? OK : E_NOMEM;
    return code_take_payload(arena, in, type, out, at);
}

static enum code take_list(struct arena *arena, struct code_in *in, const struct type *type,
                           struct column *out, uint32_t at)
{
    uint32_t count;
    if (!take_count(in, type, &count))
        return E_DATA;
    uint32_t start = out->children[0]->count;
    if ((uint64_t)start + count > CHILD_ROWS_MAX)
        return E_NOMEM;
    for (uint32_t k = 0; k < type->child_count; k++)
        if (!grow(arena, &out->children[k], type->children[k], start + count))
            return E_NOMEM;
    for (uint32_t i = start; i < start + count; i++)
        for (uint32_t k = 0; k < type->child_count; k++)
            TRY(take_value(arena, in, type->children[k], out->children[k], i));
    COLUMN_OUT(out, struct list_slot)[at] = (struct list_slot){ start, count };
    return OK;
}

static enum code take_string(struct arena *arena, struct code_in *in, struct view *ret)
{
    struct code_string s;
    if (!code_take_string(in, &s))
        return E_DATA;
    char *copy = arena_alloc(arena, s.size);
    if (!copy)
        return E_NOMEM;
    code_copy_string(copy, s, in->flip);
    *ret = view_make(copy, s.size);
    return OK;
}

enum code code_take_payload(struct arena *arena, struct code_in *in, const struct type *type,
                            struct column *out, uint32_t at)
{
    enum phys phys = type_phys(type);
    if (!code_need_children(arena, out))
        return E_NOMEM;
    switch (phys) {
    case PHYS_VIEW:
        TRY(take_string(arena, in, &COLUMN_OUT(out, struct view)[at]));
        break;
    case PHYS_LIST:
        TRY(take_list(arena, in, type, out, at));
        break;
    case PHYS_ROW:
        for (uint32_t k = 0; k < type->child_count; k++)
            TRY(take_value(arena, in, type->children[k], out->children[k], at));
        break;
    default:
        if (!code_take_number(in, phys, (char *)out->values + at * phys_bytes(phys)))
            return E_DATA;
    }
    if (out->valid)
        bit_set(out->valid, at);
    return OK;
}

bool state_nested_get(struct arena *arena, struct str payload, const struct type *type,
                      struct column *out, uint32_t at)
{
    struct code_in in = payload_in(payload);
    return code_take_payload(arena, &in, type, out, at) == OK;
}
