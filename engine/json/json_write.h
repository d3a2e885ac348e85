/* json_write.h -- JSON text, written into a buffer.
 *
 * Bytes go out as they are except for quotes, backslashes and control characters, which get the
 * short escapes (\b \t \n \f \r) or \u00XX with upper-case digits, as Jackson writes them.
 * Invalid UTF-8 is the caller's business (json_utf8_repair). */
#pragma once

#include "base/base.h"
#include "base/str.h"

/* With quotes around it. */
void json_write_string(struct buf *out, struct str text);
/* Without. */
void json_write_escaped(struct buf *out, struct str text);
