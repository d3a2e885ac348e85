/* number_table.h -- inside of number_*.c: powers of ten with 126 bits.
 *
 * g(k) = floor(10^-k * 2^r) + 1 with r = 125 - number_log2_pow10(-k), so that
 * 2^125 <= g < 2^126 and (g - 1) * 2^-r <= 10^-k < g * 2^-r. */
#pragma once

#include "base/base.h"

enum { NUMBER_K_MIN = -324, NUMBER_K_MAX = 292 };

/* {g >> 63, g & (2^63 - 1)} for k = index + NUMBER_K_MIN. */
extern const uint64_t number_power_table[NUMBER_K_MAX - NUMBER_K_MIN + 1][2];

/* floor(log2(10^e)); exact for |e| <= 1233. */
static inline int number_log2_pow10(int e)
{
    return (int)((int64_t)e * 913124641741 >> 38);
}
