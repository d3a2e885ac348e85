/* op_source_poll.c -- raw records of a connector, a batch at a time.
 *
 * An update that comes as two records, the old row and the new one, is kept in one batch: to what
 * goes by key, an old row without its new one next to it is a row that is gone.  So a batch has
 * room for one more record than is asked for at first. */
#include "exec/op/op_source.h"

#include "types/concat.h"

static bool ends_in_half(const struct op_source *op)
{
    const struct decoder *d = op->value.decoder;
    const struct records *r = &op->records;
    return d && d->kind->is_half && r->count > 0 && d->kind->is_half(d, r->values[r->count - 1]);
}

static enum code join_headers(struct records *r, struct column *more, struct error *err)
{
    struct column *parts[] = { r->headers, more };
    if (r->headers && more && !(r->headers = column_concat(r->arena, parts, countof(parts))))
        return error_nomem(err);
    return OK;
}

/* One record behind those that are there. */
static enum code poll_more(struct op_source *op, enum poll_state *ret_state, struct error *err)
{
    struct records *r = &op->records;
    struct records more = *r;
    more.values += r->count;
    more.keys += r->count;
    more.splits += r->count;
    more.offsets += r->count;
    more.timestamps_ms += r->count;
    more.timestamp_types += r->count;
    more.headers = NULL;
    more.count = 0;
    more.cap = 1;
    TRY(op->source->kind->poll(op->source, &more, ret_state, err));
    r->count += more.count;
    return more.count > 0 ? join_headers(r, more.headers, err) : OK;
}

enum code op_source_poll(struct op_source *op, struct arena *arena, uint32_t max,
                         enum poll_state *ret_state, struct error *err)
{
    struct records *r = &op->records;
    const struct decoder *d = op->value.decoder;
    max = MIN(max, BATCH_ROWS);
    r->arena = arena;
    r->cap = d && d->kind->is_half && max > 1 ? max - 1 : max;
    r->count = 0;
    r->headers = NULL;
    TRY(op->source->kind->poll(op->source, r, ret_state, err));
    while (*ret_state == POLL_MORE && r->count < max && ends_in_half(op)) {
        uint32_t before = r->count;
        enum code code = poll_more(op, ret_state, err);
        if (code != OK && code != E_RETRY)
            return code;
        if (r->count > before)
            continue;
        if (code == E_RETRY || *ret_state == POLL_IDLE)
            *ret_state = POLL_MORE; /* what has come so far is handed out first */
        break;
    }
    return OK;
}
