/* elastic_found.h -- documents of a reply on their way to become rows. */
#pragma once

#include "elastic/elastic_find.h"

/* Documents as they stand in replies, copied into the question's arena. */
struct es_found {
    struct remote_question *question;
    struct str *sources;
    uint32_t *keys; /* by id: the key each of them answers */
    uint32_t count, source_cap, key_count, key_cap;
};

/* Reads an answer of _mget to keys [first, first + count): an answer a key, in order.  REMOTE_DONE, or
 * what the server says. */
enum remote_outcome es_read_mget(struct es_found *found, uint32_t first, uint32_t count,
                                 struct str reply, struct error *err);
/* Reads an answer of _search; *ret_overflows: there may be more than `size` documents, and none was
 * taken. */
enum remote_outcome es_read_search(struct es_found *found, struct str reply, uint32_t size,
                                   bool *ret_overflows, struct error *err);
/* Makes the question's rows of what was found.  What was found by value is compared to the keys. */
enum code es_make_rows(struct es_found *found, const struct es_lookup *lookup,
                       struct decoder *decoder, struct error *err) WEIR_CHECKED;
