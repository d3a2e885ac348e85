/* remote_group.c -- rows that lie one behind the other; see remote_queue.h. */
#include "remote/remote_queue.h"

#include "base/memory.h"

#define POSITION_MAX INT32_MAX

enum { ROWS_MIN = 16 };

void row_group_init(struct row_group *g)
{
    *g = (struct row_group){ .count = 0 };
    buf_init(&g->bytes, POSITION_MAX);
    buf_init(&g->keys, POSITION_MAX);
}

void row_group_done(struct row_group *g)
{
    buf_done(&g->bytes);
    buf_done(&g->keys);
    mem_free(g->rows);
    g->rows = NULL;
    g->cap = 0;
    row_group_clear(g);
}

void row_group_clear(struct row_group *g)
{
    buf_clear(&g->bytes);
    buf_clear(&g->keys);
    g->count = g->live = g->deletes = 0;
    g->gone_bytes = 0;
    g->is_closed = false;
}

static enum code reserve(struct row_group *g, uint32_t rows, size_t bytes, size_t key_bytes,
                         struct error *err)
{
    if (!buf_reserve(&g->bytes, bytes))
        return buf_check(&g->bytes, err);
    if (!buf_reserve(&g->keys, key_bytes))
        return buf_check(&g->keys, err);
    if (g->cap - g->count >= rows)
        return OK;
    uint32_t cap = MAX(g->cap + g->cap / 2, g->count + rows);
    cap = MAX(cap, (uint32_t)ROWS_MIN);
    struct queued_row *grown = mem_realloc(g->rows, cap * sizeof *grown);
    if (!grown)
        return error_nomem(err);
    g->rows = grown;
    g->cap = cap;
    return OK;
}

enum code row_group_add(struct row_group *g, struct str bytes, struct str key, bool is_delete,
                        struct error *err)
{
    TRY(reserve(g, 1, bytes.size, key.size, err));
    g->rows[g->count++] = (struct queued_row){
        .at = (uint32_t)g->bytes.size & POSITION_MAX,
        .is_delete = is_delete,
        .key_at = (uint32_t)g->keys.size & POSITION_MAX,
    };
    g->live++;
    g->deletes += is_delete;
    buf_str(&g->bytes, bytes);
    buf_str(&g->keys, key);
    return OK;
}

enum code row_group_copy(struct row_group *g, const struct row_group *from, uint32_t row,
                         uint32_t n, struct error *err)
{
    size_t at = row_group_at(from, row), key_at = row_group_key_at(from, row);
    size_t size = row_group_at(from, row + n) - at;
    size_t key_size = row_group_key_at(from, row + n) - key_at;
    TRY(reserve(g, n, size, key_size, err));
    uint32_t ahead = (uint32_t)(g->bytes.size - at), key_ahead = (uint32_t)(g->keys.size - key_at);
    for (uint32_t i = 0; i < n; i++) {
        struct queued_row one = from->rows[row + i];
        one.at = (one.at + ahead) & POSITION_MAX;
        one.key_at = (one.key_at + key_ahead) & POSITION_MAX;
        g->deletes += one.is_delete;
        g->rows[g->count + i] = one;
    }
    g->count += n;
    g->live += n;
    if (size > 0)
        buf_put(&g->bytes, from->bytes.data + at, size);
    if (key_size > 0)
        buf_put(&g->keys, from->keys.data + key_at, key_size);
    return OK;
}

static size_t move(struct buf *buf, size_t to, struct str part)
{
    if (part.size > 0)
        memmove(buf->data + to, part.data, part.size);
    return to + part.size;
}

void row_group_close_up(struct row_group *g)
{
    size_t to = 0, key_to = 0;
    uint32_t count = 0;
    if (g->live == g->count)
        return;
    if (g->live == 0) {
        row_group_done(g);
        return;
    }
    for (uint32_t row = 0; row < g->count; row++) {
        struct queued_row one = g->rows[row];
        struct str bytes = row_group_bytes(g, row), key = row_group_key(g, row);
        if (one.is_gone)
            continue;
        one.at = (uint32_t)to & POSITION_MAX;
        one.key_at = (uint32_t)key_to & POSITION_MAX;
        to = move(&g->bytes, to, bytes);
        key_to = move(&g->keys, key_to, key);
        g->rows[count++] = one;
    }
    g->bytes.size = to;
    g->keys.size = key_to;
    g->count = count;
    g->gone_bytes = 0;
}
