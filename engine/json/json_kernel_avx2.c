/* json_kernel_avx2.c -- the pass with AVX2. */
#include "base/base.h"

#if defined(__x86_64__)

#define KERNEL_TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define KERNEL_RUN json_run_avx2

#include "json/json_shape.h"

#include <immintrin.h>

KERNEL_TARGET static inline uint32_t vec_special(const char *p, uint32_t *high, uint8_t limit)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)p);
    __m256i found = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')),
                                    _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
    if (limit)
        found = _mm256_or_si256(
            found, _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8((char)(limit - 1))), v));
    *high = (uint32_t)_mm256_movemask_epi8(v);
    return (uint32_t)_mm256_movemask_epi8(found);
}

KERNEL_TARGET static inline uint32_t vec_digits(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    return (uint32_t)_mm_movemask_epi8(is_digit) ^ 0x1FFFFu;
}

KERNEL_TARGET static inline bool vec_head_differs(const char *p, const struct json_shape_node *node)
{
    __m256i text = _mm256_loadu_si256((const __m256i *)p);
    __m256i head = _mm256_loadu_si256((const __m256i *)node->head);
    __m256i mask = _mm256_loadu_si256((const __m256i *)node->head_mask);
    return !_mm256_testz_si256(_mm256_xor_si256(text, head), mask);
}

#include "json/json_kernel.h"

#endif
