/* hash.h -- one hash for ever: state on disk and the placement of keys on workers
 * depend on it, so its results never change.  Algorithm: wyhash-like folded
 * multiplication (Wang Yi, public domain design), written for this file. */
#pragma once

#include "base/base.h"

#include <string.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_u64(uint64_t value, uint64_t seed)
{
    return hash_mix(value ^ 0x9E3779B97F4A7C15u, seed ^ 0xD6E8FEB86659FD93u);
}

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);

/* The same, without a call where there are at most 16 bytes. */
static inline uint64_t hash_short_bytes(const void *data, size_t size, uint64_t seed);

/* --- parts of hash_bytes() --- */

#define HASH_SEED_ 0xA0761D6478BD642Fu
#define HASH_WORD_ 0xE7037ED1A0B428DBu

static inline uint64_t hash_read8_(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
static inline uint64_t hash_read4_(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t hash_end_(uint64_t a, uint64_t b, size_t size, uint64_t h)
{
    return hash_mix(0x8EBC6AF09C88C6E3u ^ size, hash_mix(a ^ HASH_WORD_, b ^ h));
}

static inline uint64_t hash_short_bytes(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t a = 0;
    uint64_t b = 0;
    if (unlikely(size > 16))
        return hash_bytes(data, size, seed);
    if (size >= 4) {
        size_t half = (size >> 3) << 2;
        a = hash_read4_(p) << 32 | hash_read4_(p + half);
        b = hash_read4_(p + size - 4) << 32 | hash_read4_(p + size - 4 - half);
    } else if (size > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | p[size - 1];
    }
    return hash_end_(a, b, size, seed ^ HASH_SEED_);
}
