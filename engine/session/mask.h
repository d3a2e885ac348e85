/* mask.h -- secrets out of texts that are shown: the lines of a job or a profile in an
 * error, SHOW CREATE TABLE.
 *
 * Whatever stands behind a key with password, secret, token ... in it and `=` or `:` is
 * starred, and the password of an address (user:password@host), byte for byte, so that
 * positions stay.  This is done on the text, not on the tree: a text that does not parse
 * has secrets too. */
#pragma once

#include "base/str.h"

/* Is there anything to star?  (Then the caller makes a copy.) */
bool mask_is_needed(struct str text);
void mask_secrets(char *text, size_t size);
