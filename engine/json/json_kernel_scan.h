/* json_kernel_scan.h -- strings, numbers and words under the vector primitives of a kernel.
 * Part of json_kernel.h, which says what the primitives promise. */
#pragma once

#ifdef KERNEL_RUN /* nothing by itself */

#include "base/utf8.h"
#include "json/json_internal.h"
#include "json/json_unescape.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline)) KERNEL_TARGET

/* Whether the bytes behind the document can be read: those in the page of its last byte can. */
static inline bool has_padding(const char *end)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return !end;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                          \
    __has_feature(thread_sanitizer)
    return !end;
#endif
#endif
    return ((uintptr_t)(end - 1) & (JSON_PAGE - 1)) < JSON_PAGE - JSON_PADDING;
}

/* The closing quote of the string whose content begins at p; NULL if there is none before end or
 * the content is bad. */
KERNEL_TARGET static const char *string_end(const struct json_extract *x, const char *p,
                                            const char *end, bool *ret_escaped, bool *ret_high)
{
    const char *begin = p;
    uint8_t limit = x->set.flags & JSON_ACCEPT_CONTROL ? 0 : 0x20;
    uint32_t high_bits = 0;
    bool escaped = false;
    for (;;) {
        uint32_t high;
        uint32_t special = vec_special(p, &high, limit);
        if (special == 0) {
            high_bits |= high;
            p += 32;
            if (p >= end)
                return NULL;
            continue;
        }
        unsigned i = (unsigned)__builtin_ctz(special);
        high_bits |= high & ((1u << i) - 1);
        p += i;
        if (p >= end)
            return NULL;
        if (likely(*p == '"'))
            break;
        if (*p != '\\')
            return NULL;
        size_t n = json_escape_size(p, (size_t)(end - p));
        if (n == 0)
            return NULL;
        escaped = true;
        p += n;
    }
    if (unlikely(high_bits != 0) && (x->set.flags & JSON_REFUSE_BAD_UTF8) &&
        !utf8_valid(begin, (size_t)(p - begin)))
        return NULL;
    *ret_escaped = escaped;
    *ret_high = high_bits != 0;
    return p;
}

INLINE const char *digits_end(const char *p, const char *end)
{
    for (;;) {
        unsigned n = (unsigned)__builtin_ctz(vec_digits(p));
        p += n;
        if (likely(n < 16))
            return p;
        if (p >= end)
            return end;
    }
}

/* The end of the number at p (a digit or a minus), at most `end`; NULL if it is none.  Digits
 * behind `end` are not counted; a number that is cut there has to end in a digit as any other. */
INLINE const char *number_end(const char *p, const char *end, enum json_kind *ret_kind)
{
    const char *first = p + (*p == '-');
    const char *q = digits_end(first, end);
    if (unlikely(q > end))
        q = end;
    /* One branch: a lone 0 is as likely as any other digit. */
    if (unlikely((q <= first) | ((*first == '0') & (q - first > 1))))
        return NULL;
    *ret_kind = JSON_INTEGER;
    if (likely(q >= end || (*q != '.' && (*q | 0x20) != 'e')))
        return q;

    *ret_kind = JSON_NUMBER;
    if (*q == '.') {
        first = q + 1;
        q = digits_end(first, end);
        q = MIN(q, end);
        if (q <= first)
            return NULL;
    }
    if (q < end && (*q | 0x20) == 'e') {
        first = q + 1;
        if (first < end && (*first == '+' || *first == '-'))
            first++;
        q = digits_end(first, end);
        q = MIN(q, end);
        if (q <= first)
            return NULL;
    }
    return q;
}

/* true, false and null. */
INLINE const char *word_end(const char *p, const char *end, enum json_kind *ret_kind)
{
    uint32_t word;
    memcpy(&word, p, 4);
    const char *q = p + 4;
    if (memcmp(&word, "true", 4) == 0) {
        *ret_kind = JSON_TRUE;
    } else if (memcmp(&word, "null", 4) == 0) {
        *ret_kind = JSON_NULL;
    } else if (memcmp(&word, "fals", 4) == 0 && p[4] == 'e') {
        *ret_kind = JSON_FALSE;
        q++;
    } else {
        return NULL;
    }
    return q <= end ? q : NULL;
}

#endif
