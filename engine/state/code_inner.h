/* code_inner.h -- reading encodings; shared by code.c and code_nested.c. */
#pragma once

#include "state/row_inner.h"

enum { CODE_NULL = 0, CODE_VALUE = 1, CODE_NULL_LAST = 2 };

/* What is left to read; `flip` is 0xFF inside of a descending value. */
struct code_in {
    const uint8_t *at, *end;
    uint8_t flip;
};

/* An encoded string: `raw` bytes from `start`, `size` without escapes. */
struct code_string {
    const uint8_t *start;
    size_t raw, size;
};

/* Big-endian, `bytes` of it. */
static inline bool code_take(struct code_in *in, uint32_t bytes, uint64_t *ret)
{
    if ((size_t)(in->end - in->at) < bytes)
        return false;
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes; i++)
        value = value << 8 | (uint8_t)(in->at[i] ^ in->flip);
    in->at += bytes;
    *ret = value;
    return true;
}

/* The byte in front of a value; false: neither NULL nor a value. */
static inline bool code_take_marker(struct code_in *in, uint8_t null, bool *ret_valid)
{
    if (in->at == in->end || (*in->at != CODE_VALUE && *in->at != null))
        return false;
    *ret_valid = *in->at++ == CODE_VALUE;
    return true;
}

bool code_take_string(struct code_in *in, struct code_string *ret);
/* `s.size` bytes. */
void code_copy_string(char *out, struct code_string s, uint8_t flip);
/* Bits of a number as they lie in columns; not for strings and nested types. */
bool code_take_number(struct code_in *in, enum phys phys, void *ret);

/* Checks and passes over a payload of this type (no byte for NULL). */
bool code_skip(struct code_in *in, const struct type *type);
/* Payload into row `at`: OK, E_DATA, E_NOMEM. */
enum code code_take_payload(struct arena *arena, struct code_in *in, const struct type *type,
                            struct column *out, uint32_t at);
/* Children of an ARRAY, MAP or ROW that are not there. */
bool code_need_children(struct arena *arena, struct column *out);
/* A NULL into row `at` of a column; its children are made if they are not there. */
bool code_put_null(struct arena *arena, struct column *out, uint32_t at);
