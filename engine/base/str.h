/* str.h -- strings as (pointer, length), and a growing buffer.
 *
 * A struct str borrows its bytes; whoever holds one says for how long.  Bytes are
 * UTF-8 by convention, not by check, and may contain NUL.
 *
 * A struct buf owns its bytes.  Appending never returns a code: when memory or
 * the limit runs out the buffer turns `failed` and stays as it was, and the one
 * who fills it asks buf_check() at the end. */
#pragma once

#include "base/base.h"
#include "base/error.h"

#include <string.h>

struct str {
    const char *data;
    size_t size;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).size, (s).data

static inline struct str str_of(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static inline struct str str_make(const char *data, size_t size)
{
    return (struct str){ data, size };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int str_compare(struct str a, struct str b);      /* byte order: <0, 0, >0 */
bool str_ieq(struct str a, struct str b);         /* ASCII letters without case */
bool str_is(struct str a, const char *text);      /* equal to a C string */
bool str_iis(struct str a, const char *text);     /* the same without case */
bool str_starts(struct str a, struct str prefix); /* case matters */
bool str_ends(struct str a, struct str suffix);
struct str str_trim(struct str a);                /* ASCII white space at both ends */
/* First position of the byte or (size_t)-1. */
size_t str_find_byte(struct str a, char byte);

struct buf {
    char *data; /* owned; not NUL-terminated unless buf_cstr() was asked */
    size_t size;
    size_t cap;
    size_t limit; /* never grows past this */
    bool failed;  /* an append did not fit; nothing was appended since */
    bool is_over; /* ... because of the limit, not of memory */
};

void buf_init(struct buf *buf, size_t limit_bytes);
void buf_done(struct buf *buf); /* frees; the buffer can be used again */
static inline void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->failed = buf->is_over = false;
}
bool buf_grow(struct buf *buf, size_t more_bytes); /* room for more; false: failed */
static inline bool buf_reserve(struct buf *buf, size_t more_bytes)
{
    return (!buf->failed && buf->cap - buf->size >= more_bytes) || buf_grow(buf, more_bytes);
}
static inline void buf_put(struct buf *buf, const void *data, size_t size)
{
    if (size > 0 && buf_reserve(buf, size)) {
        memcpy(buf->data + buf->size, data, size);
        buf->size += size;
    }
}
static inline void buf_str(struct buf *buf, struct str s)
{
    buf_put(buf, s.data, s.size);
}
static inline void buf_char(struct buf *buf, char c)
{
    if (buf_reserve(buf, 1))
        buf->data[buf->size++] = c;
}
void buf_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) WEIR_PRINTF(2, 3);
void buf_i64(struct buf *buf, int64_t value);
/* The text with a NUL behind it; "" if there is nothing. */
const char *buf_cstr(struct buf *buf);
static inline struct str buf_view(const struct buf *buf)
{
    return (struct str){ buf->data, buf->size };
}
/* OK, or E_NOMEM / E_LIMIT when an append had failed. */
enum code buf_check(const struct buf *buf, struct error *err) WEIR_CHECKED;
