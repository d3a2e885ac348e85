/* hash.c -- see hash.h.  Reads little-endian words; weir runs on little-endian
 * machines only, and asserts it. */
#include "base/hash.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "state files assume little endian");

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
    if (size <= 16)
        return hash_short_bytes(data, size, seed);
    const unsigned char *p = data;
    uint64_t h = seed ^ HASH_SEED_;
    size_t left = size;
    while (left > 16) {
        h = hash_mix(hash_read8_(p) ^ HASH_WORD_, hash_read8_(p + 8) ^ h);
        p += 16;
        left -= 16;
    }
    return hash_end_(hash_read8_(p + left - 16), hash_read8_(p + left - 8), size, h);
}
