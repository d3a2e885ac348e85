/* remote_queue.c -- see remote_queue.h. */
#include "remote/remote_queue.h"

#include "base/hash.h"
#include "base/memory.h"

enum { BUCKETS_MIN = 64 };

struct queued_row *queued_row_create(struct str bytes, struct str key, bool is_delete,
                                     int64_t since_us)
{
    if (key.size > UINT32_MAX)
        return NULL;
    struct queued_row *row = mem_alloc(sizeof *row + bytes.size + key.size);
    if (!row)
        return NULL;
    *row = (struct queued_row){
        .since_us = since_us,
        .is_delete = is_delete,
        .size = bytes.size,
        .key_size = (uint32_t)key.size,
    };
    if (bytes.size > 0)
        memcpy(row->data, bytes.data, bytes.size);
    if (key.size > 0) {
        memcpy(row->data + bytes.size, key.data, key.size);
        row->hash = hash_bytes(key.data, key.size, 0);
    }
    return row;
}

void queued_rows_destroy(struct queued_row *first)
{
    while (first) {
        struct queued_row *next = first->next;
        mem_free(first);
        first = next;
    }
}

void remote_queue_done(struct remote_queue *q)
{
    queued_rows_destroy(q->first);
    mem_free(q->buckets);
}

/* --- the table of keys --------------------------------------------------------------- */

static struct queued_row **bucket_of(const struct remote_queue *q, uint64_t hash)
{
    return &q->buckets[hash & (q->bucket_count - 1)];
}

static void put_into_table(struct remote_queue *q, struct queued_row *row)
{
    struct queued_row **bucket = bucket_of(q, row->hash);
    row->chain = *bucket;
    row->is_foldable = true;
    *bucket = row;
}

static void take_out_of_table(struct remote_queue *q, struct queued_row *row)
{
    if (!row->is_foldable)
        return;
    struct queued_row **link = bucket_of(q, row->hash);
    while (*link != row)
        link = &(*link)->chain;
    *link = row->chain;
    row->is_foldable = false;
}

static struct queued_row *find_in_table(const struct remote_queue *q, const struct queued_row *row)
{
    struct queued_row *found = *bucket_of(q, row->hash);
    while (found &&
           (found->hash != row->hash || !str_eq(queued_row_key(found), queued_row_key(row))))
        found = found->chain;
    return found;
}

enum code remote_queue_reserve(struct remote_queue *q, uint64_t more, struct error *err)
{
    uint64_t want = MAX(q->bucket_count, (uint64_t)BUCKETS_MIN);
    while (want < q->count + more)
        want *= 2;
    if (!q->folds || want == q->bucket_count)
        return OK;
    struct queued_row **buckets = mem_array(want, sizeof(struct queued_row *));
    if (!buckets)
        return error_nomem(err);
    mem_free(q->buckets);
    q->buckets = buckets;
    q->bucket_count = want;
    for (struct queued_row *row = q->first; row; row = row->next)
        if (row->is_foldable)
            put_into_table(q, row);
    return OK;
}

/* --- the queue ----------------------------------------------------------------------- */

static void unlink_row(struct remote_queue *q, struct queued_row *row)
{
    *(row->prev ? &row->prev->next : &q->first) = row->next;
    *(row->next ? &row->next->prev : &q->last) = row->prev;
    q->count--;
    q->held_bytes -= queued_row_held(row);
    q->sent_bytes -= row->size + row->key_size;
    if (q->folds)
        take_out_of_table(q, row);
}

static void append(struct remote_queue *q, struct queued_row *row)
{
    row->next = NULL;
    row->prev = q->last;
    *(q->last ? &q->last->next : &q->first) = row;
    q->last = row;
    row->epoch = q->epoch;
    /* It is no loss if a row that is gone is what it says: a call is then made too early. */
    q->since_us = q->count == 0 ? row->since_us : MIN(q->since_us, row->since_us);
    q->count++;
    q->held_bytes += queued_row_held(row);
    q->sent_bytes += row->size + row->key_size;
}

uint32_t remote_queue_push(struct remote_queue *q, struct queued_row *row)
{
    uint32_t replaced = 0;
    if (q->folds && row->key_size > 0) {
        struct queued_row *old = find_in_table(q, row);
        if (old && q->keeps_deletes && old->is_delete && !row->is_delete) {
            take_out_of_table(q, old);
        } else if (old) {
            /* A key that changes all the time must not wait for ever. */
            row->since_us = MIN(row->since_us, old->since_us);
            unlink_row(q, old);
            mem_free(old);
            replaced = 1;
        }
        put_into_table(q, row);
    }
    append(q, row);
    return replaced;
}

/* Rows are looked at once: there are many, and each is a miss of the cache. */
struct queued_row *remote_queue_take(struct remote_queue *q, uint32_t max_rows, uint64_t max_bytes,
                                     uint32_t *ret_count)
{
    struct queued_row *first = q->first, *last = NULL, *row = first;
    uint64_t bytes = 0, held = 0;
    uint32_t count = 0;
    for (; row && count < max_rows; row = row->next) {
        uint64_t size = row->size + row->key_size;
        if (count > 0 &&
            (row->epoch != first->epoch || (max_bytes > 0 && bytes + size > max_bytes)))
            break;
        if (q->folds)
            take_out_of_table(q, row);
        bytes += size;
        held += queued_row_held(row);
        count++;
        last = row;
    }
    *ret_count = count;
    if (!last)
        return NULL;
    last->next = NULL;
    q->first = row;
    *(row ? &row->prev : &q->last) = NULL;
    q->count -= count;
    q->held_bytes -= held;
    q->sent_bytes -= bytes;
    q->since_us = row ? row->since_us : INT64_MAX;
    return first;
}

void remote_queue_end_epoch(struct remote_queue *q)
{
    for (struct queued_row *row = q->first; row && q->folds; row = row->next)
        take_out_of_table(q, row);
    q->epoch++;
}
