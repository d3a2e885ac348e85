/* hash.c -- see hash.h.  Reads little-endian words; weir runs on little-endian
 * machines only, and asserts it. */
#include "base/hash.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "state files assume little endian");

static inline uint64_t read8(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static inline uint64_t read4(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = seed ^ 0xA0761D6478BD642Fu;
    uint64_t a, b;
    if (size <= 16) {
        if (size >= 4) {
            size_t half = (size >> 3) << 2;
            a = read4(p) << 32 | read4(p + half);
            b = read4(p + size - 4) << 32 | read4(p + size - 4 - half);
        } else if (size > 0) {
            a = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | p[size - 1];
            b = 0;
        } else {
            a = b = 0;
        }
    } else {
        size_t left = size;
        while (left > 16) {
            h = hash_mix(read8(p) ^ 0xE7037ED1A0B428DBu, read8(p + 8) ^ h);
            p += 16;
            left -= 16;
        }
        a = read8(p + left - 16);
        b = read8(p + left - 8);
    }
    return hash_mix(0x8EBC6AF09C88C6E3u ^ size, hash_mix(a ^ 0xE7037ED1A0B428DBu, b ^ h));
}
