/* elastic_pages.h -- all documents of an index, page by page.
 *
 * A server with points in time holds the index still and gives a page again when it is asked again,
 * so a connection that is lost costs nothing: those of Elasticsearch since 7.12 and of OpenSearch
 * since 2.4.  Older ones scroll, and forget a page as soon as they have sent it.
 *
 * A place in a point in time is a text, which another run can begin at, as long as the server remembers
 * it: some minutes after the last page, and not when it is started anew. */
#pragma once

#include "connector/connector.h"
#include "http/http.h"
#include "remote/remote.h"

/* --- pages ------------------------------------------------------------------------------------- */

/* A document as it stands in a reply; data NULL: not there. */
struct es_hit {
    struct str index, id; /* what stands between the quotes */
    struct str source;    /* an object */
    struct str sort;      /* an array: where it stands in the order */
};

struct es_hits {
    struct str cursor; /* what to go on with, as it stands between the quotes; data NULL: not said */
    struct es_hit *hits;
    uint32_t count, cap;
};

/* Reads a reply whose documents are sorted, or of a scroll.  Nothing is copied but the list, which is
 * in the arena.  REMOTE_AWAY: not all shards have answered. */
enum remote_outcome es_read_hits(struct es_hits *ret, struct str reply, bool is_sorted,
                                 struct arena *arena, struct error *err);

/* --- the walk ---------------------------------------------------------------------------------- */

struct es_page {
    struct str *sources; /* objects of JSON, in the arena */
    uint32_t count;
    bool is_last;
    bool is_first;    /* no document was before it */
    struct str place; /* where it begins, in the arena; empty: it is not found again */
};

struct es_pages;

/* The table is borrowed: its `needed` columns are asked for. */
enum code es_pages_create(const struct table_def *def, struct str index,
                          const struct http_settings *http, struct es_pages **ret,
                          struct error *err) WEIR_CHECKED;
void es_pages_destroy(struct es_pages *pages); /* NULL is fine */
void es_pages_interrupt(struct es_pages *pages); /* any thread */
/* Before the first page: it is the one at a place that an earlier walk has told; the first of all where
 * that is none, or is gone. */
enum code es_pages_begin_at(struct es_pages *pages, struct str place, struct error *err) WEIR_CHECKED;

/* The next page.  After _AWAY and _FAILED it can be asked for again: REMOTE_FATAL where it cannot be
 * had any more. */
enum remote_outcome es_pages_next(struct es_pages *pages, struct arena *arena, struct es_page *ret,
                                  struct error *err);
/* The server need not remember the walk any longer. */
void es_pages_end(struct es_pages *pages);
