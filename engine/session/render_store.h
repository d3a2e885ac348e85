/* render_store.h -- inside of render*.c: rows that are kept, as the texts of their cells.
 *
 * A row is one string of bytes: per cell its length (32 bits, RENDER_NULL for NULL) and
 * its text.  Rows keep their order; a row that is taken back is the newest one that is
 * equal, and the update that follows takes its place. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "types/batch.h"

#define RENDER_NULL UINT32_MAX

struct render_row {
    struct render_row *next, *before; /* in order */
    struct render_row *chain;         /* of its bucket, newest first */
    uint64_t hash;
    uint32_t size;
    char bytes[];
};

struct render_store {
    struct render_row *first, *last;
    struct render_row **buckets; /* owned */
    uint64_t bucket_count;       /* a power of two */
    uint64_t count;
    uint64_t rows_max; /* 0: no limit */
    uint64_t dropped;
    bool has_gap;           /* a -U has just left its place ... */
    struct render_row *gap; /* ... in front of this row; NULL: at the end */
};

void render_store_init(struct render_store *store, uint64_t rows_max);
void render_store_done(struct render_store *store);
enum code render_store_apply(struct render_store *store, enum change change, struct str row,
                             struct error *err) WEIR_CHECKED;

/* Appends a cell. */
static inline void render_put_cell(struct buf *row, struct str text, bool is_null)
{
    uint32_t size = is_null ? RENDER_NULL : (uint32_t)text.size;
    buf_put(row, &size, sizeof size);
    if (!is_null)
        buf_put(row, text.data, text.size);
}

/* Takes the next cell of a row; .data NULL for NULL. */
static inline struct str render_next_cell(const char **at)
{
    uint32_t size;
    memcpy(&size, *at, sizeof size);
    *at += sizeof size;
    if (size == RENDER_NULL)
        return (struct str){ NULL, 0 };
    struct str cell = str_make(*at, size);
    *at += size;
    return cell;
}
