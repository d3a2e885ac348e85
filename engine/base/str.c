/* str.c -- see str.h. */
#include "base/str.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

int str_compare(struct str a, struct str b)
{
    size_t n = MIN(a.size, b.size);
    int order = n ? memcmp(a.data, b.data, n) : 0;
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_ieq(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

bool str_iis(struct str a, const char *text)
{
    return str_ieq(a, str_of(text));
}

bool str_starts(struct str a, struct str prefix)
{
    return a.size >= prefix.size && str_eq(str_make(a.data, prefix.size), prefix);
}

bool str_ends(struct str a, struct str suffix)
{
    return a.size >= suffix.size &&
           str_eq(str_make(a.data + a.size - suffix.size, suffix.size), suffix);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str a)
{
    while (a.size > 0 && is_blank(a.data[0])) {
        a.data++;
        a.size--;
    }
    while (a.size > 0 && is_blank(a.data[a.size - 1]))
        a.size--;
    return a;
}

size_t str_find_byte(struct str a, char byte)
{
    const char *at = a.size ? memchr(a.data, byte, a.size) : NULL;
    return at ? (size_t)(at - a.data) : (size_t)-1;
}

void buf_init(struct buf *buf, size_t limit_bytes)
{
    *buf = (struct buf){ .limit = limit_bytes };
}

void buf_done(struct buf *buf)
{
    mem_free(buf->data);
    *buf = (struct buf){ .limit = buf->limit };
}

bool buf_grow(struct buf *buf, size_t more_bytes)
{
    if (buf->failed)
        return false;
    size_t want = buf->size + more_bytes;
    if (want < buf->size || want > buf->limit) {
        buf->failed = buf->is_over = true;
        return false;
    }
    if (want <= buf->cap)
        return true;
    size_t cap = MAX(buf->cap + buf->cap / 2, want);
    cap = MAX(cap, 64);
    cap = MIN(cap, buf->limit);
    char *data = mem_realloc(buf->data, cap);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void buf_text(struct buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || !buf_reserve(buf, (size_t)n + 1))
        return;
    va_start(args, fmt);
    vsnprintf(buf->data + buf->size, (size_t)n + 1, fmt, args);
    va_end(args);
    buf->size += (size_t)n;
}

void buf_i64(struct buf *buf, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--at = '-';
    buf_put(buf, at, (size_t)(digits + sizeof digits - at));
}

const char *buf_cstr(struct buf *buf)
{
    if (!buf_reserve(buf, 1))
        return "";
    buf->data[buf->size] = '\0';
    return buf->data;
}

enum code buf_check(const struct buf *buf, struct error *err)
{
    if (!buf->failed)
        return OK;
    if (!buf->is_over)
        return error_nomem(err);
    return error_set(err, E_LIMIT, "text is longer than %zu bytes", buf->limit);
}
