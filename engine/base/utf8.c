/* utf8.c -- see utf8.h.  The plain case is ASCII, eight bytes at a time; what is not
 * goes through decode(), which knows the well-formed sequences of Unicode table 3-7. */
#include "base/utf8.h"

#include "base/arena.h"
#include "base/utf8_table.h"

static const uint64_t high_bits = UINT64_C(0x8080808080808080);

/* Bytes at the start that are ASCII. */
static inline size_t ascii_prefix(const char *data, size_t size)
{
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, 8);
        word &= high_bits;
        if (word)
            return i + (size_t)__builtin_ctzll(word) / 8;
    }
    while (i < size && (unsigned char)data[i] < 0x80)
        i++;
    return i;
}

static inline bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the sequence at data (size > 0); *ret_ok is false for a malformed part. */
static size_t decode(const char *data, size_t size, uint32_t *ret, bool *ret_ok)
{
    const unsigned char *p = (const unsigned char *)data;
    unsigned char a = p[0];
    *ret_ok = true;
    if (a < 0x80) {
        *ret = a;
        return 1;
    }
    *ret = UTF8_REPLACEMENT;
    if (a >= 0xC2 && a <= 0xDF) {
        if (size >= 2 && is_tail(p[1])) {
            *ret = (uint32_t)(a & 0x1F) << 6 | (p[1] & 0x3F);
            return 2;
        }
    } else if (a >= 0xE0 && a <= 0xEF) {
        if (size >= 2 && is_tail(p[1]) && (a != 0xE0 || p[1] >= 0xA0)) {
            if (size < 3 || !is_tail(p[2])) {
                *ret_ok = false;
                return 2;
            }
            /* A surrogate is one malformed part, as in Java. */
            if (a == 0xED && p[1] >= 0xA0) {
                *ret_ok = false;
                return 3;
            }
            *ret = (uint32_t)(a & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
            return 3;
        }
    } else if (a >= 0xF0 && a <= 0xF4) {
        if (size >= 2 && is_tail(p[1]) && (a != 0xF0 || p[1] >= 0x90) &&
            (a != 0xF4 || p[1] < 0x90)) {
            if (size < 3 || !is_tail(p[2])) {
                *ret_ok = false;
                return 2;
            }
            if (size < 4 || !is_tail(p[3])) {
                *ret_ok = false;
                return 3;
            }
            *ret = (uint32_t)(a & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
                   (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
            return 4;
        }
    }
    *ret_ok = false;
    return 1;
}

size_t utf8_decode(const char *data, size_t size, uint32_t *ret)
{
    bool ok;
    return decode(data, size, ret, &ok);
}

size_t utf8_valid_prefix(const char *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        i += ascii_prefix(data + i, size - i);
        while (i < size && (unsigned char)data[i] >= 0x80) {
            uint32_t code_point;
            bool ok;
            size_t n = decode(data + i, size - i, &code_point, &ok);
            if (!ok)
                return i;
            i += n;
        }
    }
    return size;
}

bool utf8_valid(const char *data, size_t size)
{
    return utf8_valid_prefix(data, size) == size;
}

size_t utf8_encode(uint32_t code_point, char *out)
{
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        code_point = UTF8_REPLACEMENT;
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

static void put_code_point(struct buf *out, uint32_t code_point)
{
    char text[4];
    buf_put(out, text, utf8_encode(code_point, text));
}

void utf8_put_repaired(struct buf *out, struct str text)
{
    size_t i = 0;
    while (i < text.size) {
        size_t good = utf8_valid_prefix(text.data + i, text.size - i);
        buf_put(out, text.data + i, good);
        i += good;
        if (i < text.size) {
            uint32_t code_point;
            i += utf8_decode(text.data + i, text.size - i, &code_point);
            put_code_point(out, UTF8_REPLACEMENT);
        }
    }
}

struct str utf8_repair(struct arena *arena, struct str text)
{
    if (text.size == 0)
        return STR("");
    size_t good = utf8_valid_prefix(text.data, text.size);
    if (good == text.size)
        return text;
    /* A malformed part of one byte becomes three. */
    if (text.size > SIZE_MAX / 3)
        return (struct str){ NULL, 0 };
    char *copy = arena_alloc(arena, good + (text.size - good) * 3);
    if (!copy)
        return (struct str){ NULL, 0 };
    memcpy(copy, text.data, good);
    size_t n = good;
    for (size_t i = good; i < text.size;) {
        uint32_t code_point;
        i += utf8_decode(text.data + i, text.size - i, &code_point);
        n += utf8_encode(code_point, copy + n);
    }
    return (struct str){ copy, n };
}

/* ---- counting ---- */

size_t utf8_count(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size;) {
        size_t ascii = ascii_prefix(text.data + i, text.size - i);
        count += ascii;
        i += ascii;
        while (i < text.size && (unsigned char)text.data[i] >= 0x80) {
            uint32_t code_point;
            i += utf8_decode(text.data + i, text.size - i, &code_point);
            count++;
        }
    }
    return count;
}

size_t utf8_utf16_count(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size;) {
        size_t ascii = ascii_prefix(text.data + i, text.size - i);
        count += ascii;
        i += ascii;
        while (i < text.size && (unsigned char)text.data[i] >= 0x80) {
            uint32_t code_point;
            i += utf8_decode(text.data + i, text.size - i, &code_point);
            count += 1 + (code_point >= 0x10000);
        }
    }
    return count;
}

size_t utf8_offset(struct str text, size_t n)
{
    size_t i = 0;
    while (n > 0 && i < text.size) {
        if ((unsigned char)text.data[i] < 0x80) {
            i++;
        } else {
            uint32_t code_point;
            i += utf8_decode(text.data + i, text.size - i, &code_point);
        }
        n--;
    }
    return i;
}

struct str utf8_substring(struct str text, size_t n, size_t count)
{
    size_t start = utf8_offset(text, n);
    if (start == text.size) /* nothing is left, and perhaps nothing ever was */
        return STR("");
    struct str rest = { text.data + start, text.size - start };
    rest.size = utf8_offset(rest, count);
    return rest;
}

/* ---- width ---- */

static bool in_ranges(const struct utf8_range *ranges, size_t count, uint32_t code_point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && code_point >= ranges[low].first;
}

uint32_t utf8_code_point_width(uint32_t code_point)
{
    if (utf8_is_control(code_point))
        return 0;
    if (code_point < 0x300)
        return 1;
    if (in_ranges(utf8_zero_width, utf8_zero_width_count, code_point))
        return 0;
    return in_ranges(utf8_double_width, utf8_double_width_count, code_point) ? 2 : 1;
}

size_t utf8_width(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size;) {
        uint32_t code_point;
        i += utf8_decode(text.data + i, text.size - i, &code_point);
        width += utf8_code_point_width(code_point);
    }
    return width;
}

struct str utf8_fitting(struct str text, size_t columns)
{
    size_t end = 0, width = 0;
    while (end < text.size) {
        uint32_t code_point;
        size_t n = utf8_decode(text.data + end, text.size - end, &code_point);
        width += utf8_code_point_width(code_point);
        if (width > columns)
            break;
        end += n;
    }
    return str_make(text.data, end);
}

bool utf8_has_control(struct str text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t code_point;
        i += utf8_decode(text.data + i, text.size - i, &code_point);
        if (utf8_is_control(code_point))
            return true;
    }
    return false;
}

/* ---- case ---- */

static uint32_t map_case(const struct utf8_case *table, size_t count, uint32_t code_point)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > table[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || code_point < table[low].first ||
        (code_point - table[low].first) % (uint32_t)table[low].step != 0)
        return code_point;
    return (uint32_t)((int32_t)code_point + table[low].delta);
}

uint32_t utf8_upper(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point - (code_point >= 'a' && code_point <= 'z' ? 32 : 0);
    return map_case(utf8_case_upper, utf8_case_upper_count, code_point);
}

uint32_t utf8_lower(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point + (code_point >= 'A' && code_point <= 'Z' ? 32 : 0);
    return map_case(utf8_case_lower, utf8_case_lower_count, code_point);
}

static const struct utf8_special *find_special(uint32_t code_point)
{
    size_t low = 0, high = utf8_special_upper_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > utf8_special_upper[middle].code_point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < utf8_special_upper_count && utf8_special_upper[low].code_point == code_point)
        return &utf8_special_upper[low];
    return NULL;
}

/* The ASCII start of the text in upper or lower case; how long it was. */
static size_t put_ascii_case(struct buf *out, struct str text, char first, char last, int delta)
{
    size_t n = ascii_prefix(text.data, text.size);
    if (n == 0 || !buf_reserve(out, n))
        return n;
    char *to = out->data + out->size;
    for (size_t i = 0; i < n; i++) {
        char c = text.data[i];
        to[i] = (char)(c + (c >= first && c <= last ? delta : 0));
    }
    out->size += n;
    return n;
}

void utf8_put_upper(struct buf *out, struct str text)
{
    size_t i = 0;
    while (i < text.size) {
        i += put_ascii_case(out, str_make(text.data + i, text.size - i), 'a', 'z', -32);
        while (i < text.size && (unsigned char)text.data[i] >= 0x80) {
            uint32_t code_point;
            i += utf8_decode(text.data + i, text.size - i, &code_point);
            const struct utf8_special *special = find_special(code_point);
            if (!special) {
                put_code_point(out, utf8_upper(code_point));
                continue;
            }
            for (size_t k = 0; k < countof(special->to) && special->to[k]; k++)
                put_code_point(out, special->to[k]);
        }
    }
}

static bool is_cased(uint32_t code_point)
{
    return utf8_upper(code_point) != code_point || utf8_lower(code_point) != code_point ||
           find_special(code_point);
}

/* Apostrophes, full stops, marks: what does not end a word for the final sigma. */
static bool is_case_ignorable(uint32_t code_point)
{
    switch (code_point) {
    case '\'':
    case '.':
    case ':':
    case '^':
    case '`':
    case 0xA8:
    case 0xAD:
    case 0xAF:
    case 0xB4:
    case 0xB7:
    case 0xB8:
    case 0x2018:
    case 0x2019:
        return true;
    default:
        return code_point >= 0x300 && in_ranges(utf8_zero_width, utf8_zero_width_count, code_point);
    }
}

/* Is the capital sigma at [at, at + 2) the last letter of a word of several? */
static bool is_final_sigma(struct str text, size_t at)
{
    bool before = false;
    for (size_t i = at; i > 0 && !before;) {
        i--;
        while (i > 0 && is_tail((unsigned char)text.data[i]))
            i--;
        uint32_t code_point;
        (void)utf8_decode(text.data + i, text.size - i, &code_point);
        if (is_case_ignorable(code_point))
            continue;
        before = is_cased(code_point);
        break;
    }
    if (!before)
        return false;
    for (size_t i = at + 2; i < text.size;) {
        uint32_t code_point;
        i += utf8_decode(text.data + i, text.size - i, &code_point);
        if (!is_case_ignorable(code_point))
            return !is_cased(code_point);
    }
    return true;
}

void utf8_put_lower(struct buf *out, struct str text)
{
    size_t i = 0;
    while (i < text.size) {
        i += put_ascii_case(out, str_make(text.data + i, text.size - i), 'A', 'Z', 32);
        while (i < text.size && (unsigned char)text.data[i] >= 0x80) {
            uint32_t code_point;
            size_t at = i;
            i += utf8_decode(text.data + i, text.size - i, &code_point);
            if (code_point == 0x130) {
                put_code_point(out, 'i');
                put_code_point(out, 0x307);
            } else if (code_point == 0x3A3) {
                put_code_point(out, is_final_sigma(text, at) ? 0x3C2 : 0x3C3);
            } else {
                put_code_point(out, utf8_lower(code_point));
            }
        }
    }
}
