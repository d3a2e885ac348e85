/* json_write.c -- strings into JSON text.
 *
 * Most strings have nothing to escape: runs of plain bytes are found sixteen at a time and copied
 * whole. */
#include "json/json_write.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* Plain bytes at the beginning. */
static size_t plain_run(const char *p, size_t size)
{
    size_t i = 0;
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    while (size - i >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(p + i));
        __m128i special =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
                         _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
        int mask = _mm_movemask_epi8(special);
        if (mask)
            return i + (size_t)__builtin_ctz((unsigned)mask);
        i += 16;
    }
#endif
    while (i < size && is_plain((uint8_t)p[i]))
        i++;
    return i;
}

static void put_special(struct buf *out, uint8_t c)
{
    static const char shorts[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
    };
    static const char hex[] = "0123456789ABCDEF";
    if (c >= 0x20) {
        buf_put(out, (char[]){ '\\', (char)c }, 2);
    } else if (shorts[c]) {
        buf_put(out, (char[]){ '\\', shorts[c] }, 2);
    } else {
        buf_put(out, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
    }
}

void json_write_escaped(struct buf *out, struct str text)
{
    size_t i = 0;
    while (i < text.size) {
        size_t plain = plain_run(text.data + i, text.size - i);
        buf_put(out, text.data + i, plain);
        i += plain;
        if (i < text.size)
            put_special(out, (uint8_t)text.data[i++]);
    }
}

void json_write_string(struct buf *out, struct str text)
{
    if (!buf_reserve(out, text.size + 2))
        return;
    out->data[out->size++] = '"';
    json_write_escaped(out, text);
    buf_char(out, '"');
}
