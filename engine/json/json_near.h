/* json_near.h -- what somebody may have meant whose path finds nothing in a document.
 *
 * For people, and only now and then: it reads the document into a tree. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "json/json_path.h"

/* Goes along the path as far as the document has it.  Where a key is missing: the path with the
 * key that is spelled most alike there (base/nearest.h), else with the place where that key stands
 * in the document, at any depth and also in strings that hold JSON.  *ret is text in `arena`,
 * "$.data.userId"; .size 0: nothing is near, the path finds something, or the text is no JSON. */
enum code json_near(struct arena *arena, const struct json_paths *paths, uint32_t slot,
                    struct str document, struct str *ret, struct error *err) WEIR_CHECKED;
