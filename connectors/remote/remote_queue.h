/* remote_queue.h -- rows that wait to be sent, in the order they were written.
 *
 * With `folds`, a row takes the earlier one of its key out of the queue, as long as that one still
 * waits and no flush has begun since it was written: what a flush waits for stays what it is.  With
 * `keeps_deletes`, a row that is none leaves a delete where it is.
 * Each row is memory of its own, so that one that is taken out gives its memory back at once.
 * Not thread-safe. */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct queued_row {
    struct queued_row *next, *prev;
    struct queued_row *chain; /* rows of the same bucket */
    uint64_t hash;            /* of the key */
    int64_t since_us;         /* when it, or what it has replaced, was written */
    uint32_t epoch;           /* of the flush it belongs to */
    bool is_delete;
    bool is_foldable; /* it is in the table */
    uint32_t key_size;
    size_t size;
    char data[]; /* `size` bytes of the row, then the key */
};

struct remote_queue {
    struct queued_row *first, *last;
    uint64_t count;
    uint64_t held_bytes; /* memory */
    uint64_t sent_bytes; /* of rows and keys alone */
    int64_t since_us;    /* nothing in it has waited longer; INT64_MAX: nothing is in it */
    uint32_t epoch;
    bool folds, keeps_deletes;
    struct queued_row **buckets; /* owned; a power of two */
    uint64_t bucket_count;
};

/* NULL when out of memory.  What was not pushed is freed by mem_free(). */
struct queued_row *queued_row_create(struct str bytes, struct str key, bool is_delete,
                                     int64_t since_us) WEIR_CHECKED;
static inline struct str queued_row_bytes(const struct queued_row *row)
{
    return str_make(row->data, row->size);
}
static inline struct str queued_row_key(const struct queued_row *row)
{
    return str_make(row->key_size > 0 ? row->data + row->size : NULL, row->key_size);
}
static inline uint64_t queued_row_held(const struct queued_row *row)
{
    return sizeof *row + row->size + row->key_size;
}

void remote_queue_done(struct remote_queue *q);
/* Makes room, so that `more` rows can be pushed without failing. */
enum code remote_queue_reserve(struct remote_queue *q, uint64_t more,
                               struct error *err) WEIR_CHECKED;
/* The queue owns the row from now on.  How many rows it has taken the place of: 0 or 1. */
uint32_t remote_queue_push(struct remote_queue *q, struct queued_row *row);
/* Takes rows from the front, all of one epoch: at least one if there is any, then as many as fit
 * (max_bytes 0: no limit).  They are the caller's, linked by `next`. */
struct queued_row *remote_queue_take(struct remote_queue *q, uint32_t max_rows, uint64_t max_bytes,
                                     uint32_t *ret_count);
/* A flush begins: rows from now on are of the next epoch. */
void remote_queue_end_epoch(struct remote_queue *q);
void queued_rows_destroy(struct queued_row *first);
