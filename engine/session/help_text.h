/* help_text.h -- texts of `weir help` that are laid out by hand, on screens narrower than they are.
 *
 * Such a text has paragraphs; entries, which are a name, at least two blanks and a text that may go
 * on below its beginning; and lines of code, four blanks in front, which stay as they are. */
#pragma once

#include "base/str.h"

void help_put_text(struct buf *out, const char *text);
/* Takes the next entry with its further lines, or a line that is none, off the text. */
struct str help_next_entry(struct str *text);
