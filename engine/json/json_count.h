/* json_count.h -- which paths of a set are ever found, for people who look at a running job.
 *
 * Counting is not to be seen in the time that a document takes, so where there are many
 * only a part of them is looked at; and, a few times a second and as long as a path has
 * found nothing, a document is searched for what may have been meant (json_near.h). */
#pragma once

#include "json/json_extract.h"

struct arena;
struct json_count;

struct json_counted {
    const char *text;   /* of the path: "$.data.userid" */
    uint64_t documents; /* that were looked at */
    uint64_t found;     /* ... and had it, be it with the value null */
    struct str nearest; /* found in none: what may be meant; .size 0: nothing.  Set once */
};

/* Lives in `arena`, as do the texts. */
enum code json_count_create(struct arena *arena, const struct json_paths *paths,
                            struct json_count **ret, struct error *err) WEIR_CHECKED;
/* n documents (.data NULL: none) and their hits as of json_extract_batch(). */
enum code json_count_note(struct json_count *count, const struct str *docs,
                          const struct json_hit *hits, size_t n, struct error *err) WEIR_CHECKED;
/* NULL: there is no such slot. */
const struct json_counted *json_count_of(const struct json_count *count, uint32_t slot);

/* "$.data.userid"; a boundary of nested calls leaves no mark. */
void json_path_print(struct buf *out, const struct json_path *path);
