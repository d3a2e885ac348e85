/* utf8.h -- Unicode text in UTF-8.
 *
 * Functions take any bytes.  A malformed sequence counts as one U+FFFD for each
 * maximal subpart (Unicode 3.9, "best practice"), which is what Java's decoder
 * puts in its place; surrogates and overlong forms are malformed. */
#pragma once

#include "base/base.h"
#include "base/str.h"

enum { UTF8_REPLACEMENT = 0xFFFD };

bool utf8_valid(const char *data, size_t size);
/* Bytes before the first malformed sequence; `size` if there is none. */
size_t utf8_valid_prefix(const char *data, size_t size);

/* Decodes one code point at data (size > 0) and returns how many bytes it took; a malformed
 * subpart gives UTF8_REPLACEMENT and its length. */
size_t utf8_decode(const char *data, size_t size, uint32_t *ret);
/* Bytes written, 1..4; surrogates and values past 0x10FFFF are written as U+FFFD. */
size_t utf8_encode(uint32_t code_point, char *out /* >= 4 */);

/* Appends the text with malformed parts replaced by U+FFFD. */
void utf8_put_repaired(struct buf *out, struct str text);
/* The text itself if it is well formed, else a repaired copy; .data is NULL when out of memory
 * (and only then: an empty text without address gets one). */
struct str utf8_repair(struct arena *arena, struct str text) WEIR_CHECKED;

size_t utf8_count(struct str text);       /* code points */
size_t utf8_utf16_count(struct str text); /* what Java's String.length() says */
/* Columns on a terminal: 0 for combining marks and controls, 2 for wide East Asian and emoji. */
size_t utf8_width(struct str text);
/* As much of the text as takes so many columns, in whole characters. */
struct str utf8_fitting(struct str text, size_t columns);
uint32_t utf8_code_point_width(uint32_t code_point);
/* C0, DEL and C1: some terminals obey U+009B as they do ESC [. */
static inline bool utf8_is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}
bool utf8_has_control(struct str text);

/* Byte offset of the n-th code point (from 0); text.size if there are fewer. */
size_t utf8_offset(struct str text, size_t n);
/* `count` code points from the n-th on, clamped to the text; a view into it. */
struct str utf8_substring(struct str text, size_t n, size_t count);

/* As Java's toUpperCase(Locale.ROOT) and toLowerCase(Locale.ROOT): full mappings (U+00DF to "SS",
 * ligatures), the final sigma.  Appends. */
void utf8_put_upper(struct buf *out, struct str text);
void utf8_put_lower(struct buf *out, struct str text);
/* One code point by the simple (1:1) mapping. */
uint32_t utf8_upper(uint32_t code_point);
uint32_t utf8_lower(uint32_t code_point);
