/* json_unescape.c -- backslash sequences.
 *
 * Used where a string has escapes, which is the exception, except for strings that hold JSON: there
 * every quote is one.  So runs of plain bytes are short, and the loop copies eight at a time
 * without looking for longer ones. */
#include "json/json_unescape.h"

#include <string.h>

static const uint8_t simple_escape[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* 16 for what is no hexadecimal digit. */
static inline unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

static unsigned hex4(const char *in)
{
    return hex_digit(in[0]) << 12 | hex_digit(in[1]) << 8 | hex_digit(in[2]) << 4 |
           hex_digit(in[3]);
}

size_t json_escape_size(const char *in, size_t size)
{
    if (size < 2)
        return 0;
    if (simple_escape[(uint8_t)in[1]])
        return 2;
    if (in[1] != 'u' || size < 6)
        return 0;
    for (int i = 2; i < 6; i++) {
        if (hex_digit(in[i]) > 15)
            return 0;
    }
    return 6;
}

bool json_content_is_valid(const char *in, size_t size, bool refuse_control, bool *ret_escaped)
{
    bool escaped = false;
    for (size_t i = 0; i < size;) {
        uint8_t c = (uint8_t)in[i];
        if (c == '"' || (refuse_control && c < 0x20))
            return false;
        if (c != '\\') {
            i++;
            continue;
        }
        size_t n = json_escape_size(in + i, size - i);
        if (n == 0)
            return false;
        escaped = true;
        i += n;
    }
    *ret_escaped = escaped;
    return true;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* The code point of the \u escape at in; *ret_size is 6, or 12 for a pair. */
static uint32_t read_unicode(const char *in, size_t size, size_t *ret_size)
{
    uint32_t c = hex4(in + 2);
    *ret_size = 6;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c <= 0xDBFF && size >= 12 && in[6] == '\\' && in[7] == 'u') {
        uint32_t low = hex4(in + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *ret_size = 12;
            return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD;
}

/* Copies plain bytes up to the next backslash; returns how many. */
static size_t copy_plain(const char *in, size_t size, char *out)
{
    size_t i = 0;
    while (size - i >= 8) {
        uint64_t word;
        memcpy(&word, in + i, 8);
        memcpy(out + i, &word, 8); /* room: out has at least what is left of the input */
        uint64_t x = word ^ 0x5C5C5C5C5C5C5C5Cu;
        uint64_t zero = (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
        if (zero)
            return i + ((size_t)__builtin_ctzll(zero) >> 3);
        i += 8;
    }
    while (i < size && in[i] != '\\') {
        out[i] = in[i];
        i++;
    }
    return i;
}

size_t json_unescape(const char *in, size_t size, char *out, uint32_t *map, const uint32_t *from)
{
    size_t i = 0;
    size_t n = 0;
    while (i < size) {
        size_t plain = copy_plain(in + i, size - i, out + n);
        if (map) {
            for (size_t k = 0; k < plain; k++)
                map[n + k] = from ? from[i + k] : (uint32_t)(i + k);
        }
        i += plain;
        n += plain;
        if (i >= size)
            break;
        size_t used = 2;
        size_t made = 1;
        if (in[i + 1] == 'u')
            made = put_utf8(out + n, read_unicode(in + i, size - i, &used));
        else
            out[n] = (char)simple_escape[(uint8_t)in[i + 1]];
        if (map) {
            for (size_t k = 0; k < made; k++)
                map[n + k] = from ? from[i] : (uint32_t)i;
        }
        i += used;
        n += made;
    }
    if (map)
        map[n] = from ? from[size] : (uint32_t)size;
    return n;
}
