/* elastic_find.h -- a thread of the look-up with its connection: what it asks, and what it makes of
 * the answers. */
#pragma once

#include "connector/connector.h"
#include "elastic/elastic_server.h"
#include "remote/remote_lookup.h"

/* What all threads share; constant once the look-up is open. */
struct es_lookup {
    const struct table_def *def; /* borrowed */
    struct arena *arena;         /* owned */
    struct http_settings http;
    struct str index;
    uint32_t *key_columns; /* of the schema, in the order of the key */
    uint32_t *key_places;  /* where in a batch of keys each of them is */
    uint32_t key_count;
    bool is_by_id; /* the key is the primary key: the document's id */
    struct str delimiter;
};

/* Appends a key: the id, or the values as JSON with a line feed behind each. *ret_none: a NULL. */
enum code es_put_key(const struct es_lookup *lookup, struct buf *out, const struct batch *batch,
                     const uint32_t *columns, uint32_t row, bool *ret_none,
                     struct error *err) WEIR_CHECKED;

struct es_finder;

struct es_finder *es_finder_create(const struct es_lookup *lookup)
    WEIR_CHECKED; /* NULL: no memory */
void es_finder_destroy(struct es_finder *finder);
void es_finder_interrupt(struct es_finder *finder); /* any thread */
enum remote_outcome es_find(struct es_finder *finder, struct remote_question *question,
                            struct error *err);
