/* render_store.c -- see render_store.h. */
#include "session/render_store.h"

#include "base/hash.h"
#include "base/memory.h"

enum { BUCKETS_MIN = 64 };

void render_store_init(struct render_store *store, uint64_t rows_max)
{
    *store = (struct render_store){ .rows_max = rows_max };
}

void render_store_done(struct render_store *store)
{
    for (struct render_row *row = store->first, *next; row; row = next) {
        next = row->next;
        mem_free(row);
    }
    mem_free(store->buckets);
    *store = (struct render_store){ 0 };
}

static struct render_row **bucket_of(struct render_store *store, uint64_t hash)
{
    return &store->buckets[hash & (store->bucket_count - 1)];
}

static bool grow(struct render_store *store)
{
    if (store->count < store->bucket_count)
        return true;
    uint64_t n = MAX(store->bucket_count * 2, (uint64_t)BUCKETS_MIN);
    struct render_row **buckets = mem_array(n, sizeof(struct render_row *));
    if (!buckets)
        return false;
    mem_free(store->buckets);
    store->buckets = buckets;
    store->bucket_count = n;
    /* In the order of the rows, so that the newest is the first of its chain again. */
    for (struct render_row *row = store->first; row; row = row->next) {
        struct render_row **bucket = bucket_of(store, row->hash);
        row->chain = *bucket;
        *bucket = row;
    }
    return true;
}

/* Out of its chain and the order; the caller frees it. */
static void detach(struct render_store *store, struct render_row *row)
{
    struct render_row **link = bucket_of(store, row->hash);
    while (*link != row)
        link = &(*link)->chain;
    *link = row->chain;
    *(row->before ? &row->before->next : &store->first) = row->next;
    *(row->next ? &row->next->before : &store->last) = row->before;
    if (store->has_gap && store->gap == row)
        store->gap = row->next;
    store->count--;
}

static enum code insert(struct render_store *store, struct str bytes, struct render_row *in_front,
                        struct error *err)
{
    if (bytes.size >= UINT32_MAX)
        return error_set(err, E_LIMIT, "a row of the result is too large to be kept");
    struct render_row *row = mem_alloc(sizeof *row + bytes.size);
    if (!row || !grow(store)) {
        mem_free(row);
        return error_nomem(err);
    }
    memcpy(row->bytes, bytes.data, bytes.size);
    row->size = (uint32_t)bytes.size;
    row->hash = hash_bytes(bytes.data, bytes.size, 0);
    row->next = in_front;
    row->before = in_front ? in_front->before : store->last;
    *(row->before ? &row->before->next : &store->first) = row;
    *(in_front ? &in_front->before : &store->last) = row;
    struct render_row **bucket = bucket_of(store, row->hash);
    row->chain = *bucket;
    *bucket = row;
    store->count++;
    if (store->rows_max > 0 && store->count > store->rows_max) {
        struct render_row *oldest = store->first;
        detach(store, oldest);
        mem_free(oldest);
        store->dropped++;
    }
    return OK;
}

static void take_back(struct render_store *store, struct str bytes, bool leaves_gap)
{
    if (store->bucket_count == 0)
        return;
    uint64_t hash = hash_bytes(bytes.data, bytes.size, 0);
    for (struct render_row *row = *bucket_of(store, hash); row; row = row->chain) {
        if (row->hash != hash || row->size != bytes.size ||
            memcmp(row->bytes, bytes.data, bytes.size) != 0)
            continue;
        detach(store, row);
        store->has_gap = leaves_gap;
        store->gap = row->next;
        mem_free(row);
        return;
    }
}

enum code render_store_apply(struct render_store *store, enum change change, struct str row,
                             struct error *err)
{
    switch (change) {
    case CHANGE_INSERT:
        return insert(store, row, NULL, err);
    case CHANGE_UPDATE_AFTER: {
        struct render_row *in_front = store->has_gap ? store->gap : NULL;
        store->has_gap = false;
        return insert(store, row, in_front, err);
    }
    case CHANGE_UPDATE_BEFORE:
        take_back(store, row, true);
        return OK;
    case CHANGE_DELETE:
        take_back(store, row, false);
        return OK;
    }
    return OK;
}
