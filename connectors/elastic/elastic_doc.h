/* elastic_doc.h -- a row as the lines of a bulk call: what to do, with the document's id, and
 * the document.
 *
 *     {"index":{"_id":"7"}}                     all of the document is replaced, or it is new
 *     {"id":7,"name":"x"}
 *     {"update":{"_id":"7"}}                    fields are put over those that are there
 *     {"doc":{"id":7},"doc_as_upsert":true}
 *     {"delete":{"_id":"7"}}
 *
 * A row's index, where it has one of its own, stands in front: {"index":{"_index":"i","_id":"7"}}.
 * Lines never hold a raw line feed: all text is in JSON strings. */
#pragma once

#include "connector/connector.h"
#include "elastic/elastic_index.h"

struct json_row_writer;

enum { ES_ID_BYTES_MAX = 512 };

struct es_docs {
    const struct table_def *def; /* borrowed */
    struct arena *arena;         /* owned */
    struct es_index index;
    struct str key_delimiter;
    bool merges;                    /* "update" instead of "index" */
    bool omits_nulls;               /* Blink's inc */
    struct str *names;              /* Blink: '"name":' of each column */
    struct json_row_writer *writer; /* Flink's manner; owned */
    struct zone_cursor cursor;
    struct buf id, name; /* of a row: document id, index */
};

enum code es_docs_create(const struct table_def *def, struct es_docs **ret,
                         struct error *err) WEIR_CHECKED;
void es_docs_destroy(struct es_docs *docs); /* NULL is fine */

/* Appends the lines of a row, and what its document is known by (nothing without a primary key).
 * E_DATA: it can be no document, and why. */
enum code es_docs_put(struct es_docs *docs, const struct batch *batch, uint32_t row, bool is_delete,
                      struct buf *lines, struct buf *key, struct error *err) WEIR_CHECKED;

/* Does the last row of a key leave the document as all rows before it and it would? */
bool es_docs_are_whole(const struct table_def *def);

/* The id of a key whose values are columns[0 .. count) of the batch; E_DATA: it can be none. */
enum code es_put_id(struct buf *out, const struct batch *batch, const uint32_t *columns,
                    uint32_t count, uint32_t row, struct str delimiter, bool blink,
                    const struct zone *zone, struct error *err) WEIR_CHECKED;
/* A scalar as Java's toString() has it. */
void es_put_plain(struct buf *out, const struct column *column, uint32_t row);
