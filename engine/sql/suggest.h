/* suggest.h -- "Perhaps you meant ...": the one candidate that is clearly nearest. */
#pragma once

#include "base/str.h"

/* Index of the nearest candidate, or -1: none within an edit distance of 3 (base/nearest.h) and
 * half of the word's length, or three or more candidates share the smallest distance. */
int suggest_nearest(struct str word, const struct str *candidates, size_t n);
