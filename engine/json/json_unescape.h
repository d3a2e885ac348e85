/* json_unescape.h -- the content of a JSON string, checked and decoded.  Internal to json/. */
#pragma once

#include "base/base.h"
#include "base/str.h"

/* Decodes content whose escapes are valid; room for `size` bytes is enough.  Surrogates without
 * a partner become U+FFFD; other bytes go over as they are, valid UTF-8 or not.  Returns the
 * bytes written.
 *
 * With a map, map[i] is the position in the raw text of what became out[i], and map[written] its
 * end; the map has room for size + 1.  `from` gives the raw positions of the input (NULL: they
 * are 0, 1, ...). */
size_t json_unescape(const char *in, size_t size, char *out, uint32_t *map, const uint32_t *from);

/* Whether all of the text is content of a string: no bare quote, valid escapes, and no control
 * characters where those are refused. */
bool json_content_is_valid(const char *in, size_t size, bool refuse_control, bool *ret_escaped);

/* Bytes of the escape that begins with the backslash at `in`, 0 if it is none; never looks behind
 * in + size. */
size_t json_escape_size(const char *in, size_t size);
