/* code.c -- values as bytes that keep their order, and back; see code.h.
 *
 * A value is a byte for NULL or not, then its payload; with CODE_DESCENDING the bits of
 * the payload are turned.  The payload of an ARRAY is the number of elements and then
 * each as a value, of a MAP key and value alternating, of a ROW its fields. */
#include "state/code_inner.h"

#include "base/arena.h"

/* --- writing ------------------------------------------------------------------------------- */

static inline void put_big_endian(struct buf *out, uint64_t value, uint32_t bytes)
{
    uint64_t big = __builtin_bswap64(value << (64 - 8 * bytes));
    buf_put(out, &big, bytes);
}

/* Floats in order: turn the sign of the positive, all bits of the negative. */
static uint64_t float_in_order(uint64_t bits, uint32_t width)
{
    uint64_t sign = (uint64_t)1 << (width - 1);
    return bits & sign ? ~bits : bits | sign;
}

static uint64_t float_out_of_order(uint64_t bits, uint32_t width)
{
    uint64_t sign = (uint64_t)1 << (width - 1);
    return bits & sign ? bits & ~sign : ~bits;
}

static void put_number(struct buf *out, enum phys phys, const void *value)
{
    switch (phys) {
    case PHYS_BOOL:
        buf_char(out, (char)(*(const uint8_t *)value != 0));
        break;
    case PHYS_I8:
        buf_char(out, (char)(*(const uint8_t *)value ^ 0x80u));
        break;
    case PHYS_I16:
        put_big_endian(out, *(const uint16_t *)value ^ 0x8000u, 2);
        break;
    case PHYS_I32:
        put_big_endian(out, *(const uint32_t *)value ^ 0x80000000u, 4);
        break;
    case PHYS_I64:
        put_big_endian(out, *(const uint64_t *)value ^ (uint64_t)1 << 63, 8);
        break;
    case PHYS_I128: {
        uint128 bits = *(const uint128 *)value;
        put_big_endian(out, (uint64_t)(bits >> 64) ^ (uint64_t)1 << 63, 8);
        put_big_endian(out, (uint64_t)bits, 8);
        break;
    }
    case PHYS_F32:
        put_big_endian(out, float_in_order(state_f32_bits(*(const uint32_t *)value), 32), 4);
        break;
    case PHYS_F64:
        put_big_endian(out, float_in_order(state_f64_bits(*(const uint64_t *)value), 64), 8);
        break;
    case PHYS_VIEW:
    case PHYS_LIST:
    case PHYS_ROW:
        break;
    }
}

static void put_string(struct buf *out, struct str s)
{
    while (s.size > 0) {
        size_t zero = str_find_byte(s, 0);
        if (zero == (size_t)-1) {
            buf_str(out, s);
            break;
        }
        buf_put(out, s.data, zero);
        buf_put(out, "\0\xFF", 2);
        s.data += zero + 1;
        s.size -= zero + 1;
    }
    buf_put(out, "\0\1", 2);
}

static void put_list(struct buf *out, const struct column *column, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(column, struct list_slot, row);
    put_big_endian(out, slot.size, 4);
    for (uint32_t i = slot.start; i < slot.start + slot.size; i++)
        for (uint32_t k = 0; k < column->child_count; k++)
            state_encode(out, column->children[k], i, 0);
}

/* Turns the bits of what was written behind `start`. */
static void turn(struct buf *out, size_t start, unsigned flags)
{
    if (!(flags & CODE_DESCENDING) || out->failed)
        return;
    for (size_t i = start; i < out->size; i++)
        out->data[i] = (char)~out->data[i];
}

void state_encode_payload(struct buf *out, const struct column *column, uint32_t row,
                          unsigned flags)
{
    size_t start = out->size;
    enum phys phys = type_phys(column->type);
    switch (phys) {
    case PHYS_VIEW:
        put_string(out, view_str(COLUMN_AT(column, struct view, row)));
        break;
    case PHYS_LIST:
        put_list(out, column, row);
        break;
    case PHYS_ROW:
        state_encode_row(out, column->children, column->child_count, row);
        break;
    default:
        put_number(out, phys,
                   (const char *)column->values + (row & column->mask) * phys_bytes(phys));
    }
    turn(out, start, flags);
}

static char null_marker(unsigned flags)
{
    return flags & CODE_NULLS_LAST ? CODE_NULL_LAST : CODE_NULL;
}

void state_encode(struct buf *out, const struct column *column, uint32_t row, unsigned flags)
{
    if (!column_is_valid(column, row)) {
        buf_char(out, null_marker(flags));
        return;
    }
    buf_char(out, CODE_VALUE);
    state_encode_payload(out, column, row, flags);
}

void state_encode_row(struct buf *out, struct column *const *columns, uint32_t column_count,
                      uint32_t row)
{
    for (uint32_t c = 0; c < column_count; c++)
        state_encode(out, columns[c], row, 0);
}

void state_encode_slot(struct buf *out, const char *row, const struct state_slot *slot,
                       unsigned flags)
{
    if (!state_is_valid(row, slot)) {
        buf_char(out, null_marker(flags));
        return;
    }
    buf_char(out, CODE_VALUE);
    size_t start = out->size;
    if (slot->phys == PHYS_VIEW)
        put_string(out, state_bytes_of(row, slot));
    else if (slot->is_bytes)
        buf_str(out, state_bytes_of(row, slot)); /* encoded as it lies there */
    else
        put_number(out, slot->phys, row + slot->offset);
    turn(out, start, flags);
}

void state_encode_slots(struct buf *out, const struct state_layout *layout, uint32_t first,
                        uint32_t n, const char *row)
{
    for (uint32_t i = first; i < first + n; i++)
        state_encode_slot(out, row, &layout->slots[i], 0);
}

void state_encode_i64(struct buf *out, int64_t value)
{
    buf_char(out, CODE_VALUE);
    put_number(out, PHYS_I64, &value);
}

/* --- reading ------------------------------------------------------------------------------- */

bool code_take_number(struct code_in *in, enum phys phys, void *ret)
{
    uint64_t bits, low;
    uint32_t bytes = MIN((uint32_t)phys_bytes(phys), 8u);
    if (!code_take(in, bytes, &bits))
        return false;
    switch (phys) {
    case PHYS_BOOL:
        *(uint8_t *)ret = (uint8_t)bits;
        return bits <= 1;
    case PHYS_I8:
        *(uint8_t *)ret = (uint8_t)(bits ^ 0x80u);
        return true;
    case PHYS_I16:
        *(uint16_t *)ret = (uint16_t)(bits ^ 0x8000u);
        return true;
    case PHYS_I32:
        *(uint32_t *)ret = (uint32_t)bits ^ 0x80000000u;
        return true;
    case PHYS_I64:
        *(uint64_t *)ret = bits ^ (uint64_t)1 << 63;
        return true;
    case PHYS_I128:
        if (!code_take(in, 8, &low))
            return false;
        *(uint128 *)ret = (uint128)(bits ^ (uint64_t)1 << 63) << 64 | low;
        return true;
    case PHYS_F32:
        *(uint32_t *)ret = (uint32_t)float_out_of_order(bits, 32);
        return true;
    case PHYS_F64:
        *(uint64_t *)ret = float_out_of_order(bits, 64);
        return true;
    case PHYS_VIEW:
    case PHYS_LIST:
    case PHYS_ROW:
        break;
    }
    return false;
}

bool code_take_string(struct code_in *in, struct code_string *ret)
{
    const uint8_t *at = in->at;
    size_t escapes = 0;
    for (;;) {
        const uint8_t *zero = at < in->end ? memchr(at, in->flip, (size_t)(in->end - at)) : NULL;
        if (!zero || in->end - zero < 2)
            return false;
        uint8_t next = (uint8_t)(zero[1] ^ in->flip);
        if (next == 1) {
            size_t raw = (size_t)(zero - in->at);
            *ret = (struct code_string){ in->at, raw, raw - escapes };
            in->at = zero + 2;
            return true;
        }
        if (next != 0xFF)
            return false;
        escapes++;
        at = zero + 2;
    }
}

void code_copy_string(char *out, struct code_string s, uint8_t flip)
{
    if (s.raw == s.size && flip == 0) {
        if (s.size > 0)
            memcpy(out, s.start, s.size);
        return;
    }
    for (size_t i = 0; i < s.raw; i++) {
        uint8_t byte = (uint8_t)(s.start[i] ^ flip);
        *out++ = (char)byte;
        if (byte == 0)
            i++; /* the escape behind it */
    }
}

static enum code not_a_value(const struct type *type, struct error *err)
{
    struct buf text;
    buf_init(&text, 256);
    type_print(&text, type);
    enum code code = error_set(err, E_DATA, "the bytes are no value of type %s", buf_cstr(&text));
    buf_done(&text);
    return code;
}

static struct code_in code_in(struct str in)
{
    const uint8_t *data = (const uint8_t *)in.data;
    return (struct code_in){ data, data + in.size, 0 };
}

static void give_back(struct str *in, const struct code_in *rest)
{
    in->data = (const char *)rest->at;
    in->size = (size_t)(rest->end - rest->at);
}

enum code state_decode(struct arena *arena, struct str *in, const struct type *type,
                       unsigned flags, struct column *out, uint32_t at, struct error *err)
{
    struct code_in rest = code_in(*in);
    bool valid;
    if (!code_take_marker(&rest, (uint8_t)null_marker(flags), &valid))
        return not_a_value(type, err);
    if (valid) {
        rest.flip = flags & CODE_DESCENDING ? 0xFF : 0;
        enum code code = code_take_payload(arena, &rest, type, out, at);
        if (code != OK)
            return code == E_NOMEM ? error_nomem(err) : not_a_value(type, err);
    } else if (!code_put_null(arena, out, at)) {
        return error_nomem(err);
    }
    give_back(in, &rest);
    return OK;
}

static enum code decode_bytes(struct state_heap *heap, struct code_in *rest, char *row,
                              const struct state_slot *slot, struct error *err)
{
    if (slot->phys != PHYS_VIEW) {
        const uint8_t *start = rest->at;
        if (!code_skip(rest, slot->type))
            return not_a_value(slot->type, err);
        struct str payload = { (const char *)start, (size_t)(rest->at - start) };
        return state_put_bytes(heap, row, slot, payload, err);
    }
    struct code_string s;
    char *data;
    if (!code_take_string(rest, &s))
        return not_a_value(slot->type, err);
    TRY(state_reserve_bytes(heap, row, slot, s.size, &data, err));
    code_copy_string(data, s, 0);
    if (s.size > STATE_INLINE_BYTES)
        state_bytes_at(row, slot)->far.prefix = state_load4(data);
    return OK;
}

enum code state_decode_slot(struct state_heap *heap, struct str *in, char *row,
                            const struct state_slot *slot, struct error *err)
{
    struct code_in rest = code_in(*in);
    bool valid;
    if (!code_take_marker(&rest, CODE_NULL, &valid))
        return not_a_value(slot->type, err);
    if (!valid) {
        state_set_null(heap, row, slot);
    } else if (slot->is_bytes) {
        TRY(decode_bytes(heap, &rest, row, slot, err));
    } else {
        _Alignas(16) char value[16];
        if (!code_take_number(&rest, slot->phys, value))
            return not_a_value(slot->type, err);
        memcpy(row + slot->offset, value, phys_bytes(slot->phys));
        state_set_valid(row, slot, true);
    }
    give_back(in, &rest);
    return OK;
}

enum code state_decode_slots(struct state_heap *heap, struct str *in,
                             const struct state_layout *layout, uint32_t first, uint32_t n,
                             char *row, struct error *err)
{
    for (uint32_t i = first; i < first + n; i++)
        TRY(state_decode_slot(heap, in, row, &layout->slots[i], err));
    return OK;
}

enum code state_decode_i64(struct str *in, int64_t *ret, struct error *err)
{
    struct code_in rest = code_in(*in);
    bool valid;
    if (!code_take_marker(&rest, CODE_NULL, &valid) || !valid ||
        !code_take_number(&rest, PHYS_I64, ret))
        return not_a_value(&type_bigint, err);
    give_back(in, &rest);
    return OK;
}
