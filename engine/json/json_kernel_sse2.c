/* json_kernel_sse2.c -- the pass for any x86-64, and, with plain C, for other processors. */
#include "base/base.h"

#define KERNEL_TARGET
#define KERNEL_RUN json_run_sse2

#include "json/json_shape.h"

#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint32_t special16(const char *p, uint32_t *high, uint8_t limit)
{
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i found =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    if (limit)
        found = _mm_or_si128(found,
                             _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8((char)(limit - 1))), v));
    *high = (uint32_t)_mm_movemask_epi8(v);
    return (uint32_t)_mm_movemask_epi8(found);
}

static inline uint32_t vec_special(const char *p, uint32_t *high, uint8_t limit)
{
    uint32_t high0, high1;
    uint32_t low = special16(p, &high0, limit);
    uint32_t up = special16(p + 16, &high1, limit);
    *high = high0 | high1 << 16;
    return low | up << 16;
}

static inline uint32_t vec_digits(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    return (uint32_t)_mm_movemask_epi8(is_digit) ^ 0x1FFFFu;
}

static inline bool vec_head_differs(const char *p, const struct json_shape_node *node)
{
    const __m128i *text = (const __m128i *)p;
    const __m128i *head = (const __m128i *)node->head;
    const __m128i *mask = (const __m128i *)node->head_mask;
    __m128i a = _mm_and_si128(_mm_xor_si128(_mm_loadu_si128(text), _mm_loadu_si128(head)),
                              _mm_loadu_si128(mask));
    __m128i b = _mm_and_si128(_mm_xor_si128(_mm_loadu_si128(text + 1), _mm_loadu_si128(head + 1)),
                              _mm_loadu_si128(mask + 1));
    __m128i zero = _mm_cmpeq_epi8(_mm_or_si128(a, b), _mm_setzero_si128());
    return _mm_movemask_epi8(zero) != 0xFFFF;
}

#else

static inline uint32_t vec_special(const char *p, uint32_t *high, uint8_t limit)
{
    uint32_t found = 0;
    uint32_t high_bits = 0;
    for (unsigned i = 0; i < 32; i++) {
        uint8_t c = (uint8_t)p[i];
        found |= (uint32_t)(c == '"' || c == '\\' || c < limit) << i;
        high_bits |= (uint32_t)(c >> 7) << i;
    }
    *high = high_bits;
    return found;
}

static inline uint32_t vec_digits(const char *p)
{
    uint32_t found = 1u << 16;
    for (unsigned i = 0; i < 16; i++)
        found |= (uint32_t)((uint8_t)(p[i] - '0') > 9) << i;
    return found;
}

static inline bool vec_head_differs(const char *p, const struct json_shape_node *node)
{
    for (unsigned i = 0; i < JSON_LITERAL_HEAD; i++) {
        if (((uint8_t)p[i] ^ node->head[i]) & node->head_mask[i])
            return true;
    }
    return false;
}

#endif

#include "json/json_kernel.h"
