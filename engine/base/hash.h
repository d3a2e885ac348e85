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
