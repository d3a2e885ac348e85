/* op_sink.c -- hands rows to a connector, in the order SQL promises.
 *
 * Several INSERTs into one table are ports of one sink.  Where they all come from one
 * scan, what one source batch causes is collected and written at settle(), merged by
 * source row and then by statement; otherwise batches are written as they come.
 *
 * A connector that has no room (E_RETRY) gets the same batch again later: refused
 * batches wait in a list, in order, and as long as it is not empty the worker takes
 * no new input and keeps the batch arena.  So nothing here grows without bound.
 *
 * In upsert mode there is no -U: see as_upserts(). */
#include "exec/op/ops.h"
#include "exec/op/sink_nulls.h"

#include "base/clock.h"
#include "expr/compare.h"
#include "types/concat.h"

struct pending {
    struct pending *next;
    const struct batch *batch;
    uint32_t port;
};

struct op_sink {
    struct op base;
    struct sink *sink;           /* owned */
    const struct plan_sink *plan;
    struct pending *gathered, **gathered_tail; /* of this source batch, not yet merged */
    uint32_t gathered_count;
    struct pending *refused, **refused_tail;
    struct bad_row_policy *policy;
    uint64_t written[4];         /* refused ones included: see op_sink_written() */
    uint64_t epoch;              /* barrier reached, flush under way */
    bool flush_wanted;           /* barrier reached while batches were refused */
    struct buf position;         /* of the connector, when the flush began */
};

static void count_rows(struct op_sink *op, const struct batch *batch)
{
    if (!batch->changes) {
        op->written[CHANGE_INSERT] += batch->selected;
        return;
    }
    for (uint32_t i = 0; i < batch->selected; i++)
        op->written[batch->changes[batch_row(batch, i)]]++;
}

static enum code append(struct arena *arena, struct pending ***tail, const struct batch *batch,
                        uint32_t port, struct error *err)
{
    struct pending *p = arena_alloc(arena, sizeof *p);
    if (!p)
        return error_nomem(err);
    *p = (struct pending){ .batch = batch, .port = port };
    **tail = p;
    *tail = &p->next;
    return OK;
}

static void set_timer(struct op_sink *op)
{
    const struct sink_kind *kind = op->sink->kind;
    int64_t ms = kind->tick_ms ? kind->tick_ms(op->sink) : -1;
    op->base.due_us = ms < 0 ? INT64_MAX : clock_now_us(op->base.worker->clock) + ms * 1000;
}

static enum code write_batch(struct op_sink *op, const struct batch *batch, struct error *err)
{
    op->policy->writing = batch;
    enum code code = op->sink->kind->write(op->sink, batch, err);
    op->policy->writing = NULL;
    set_timer(op);
    return code;
}

static enum code timer(struct op *base, int64_t now_us, struct error *err)
{
    (void)now_us;
    struct op_sink *op = (struct op_sink *)base;
    enum code code = op->sink->kind->tick(op->sink, err);
    if (code != OK)
        error_while(err, "writing to table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
    set_timer(op);
    return code;
}

static enum code offer(struct op_sink *op, const struct batch *batch, struct error *err)
{
    if (!op->refused) {
        enum code code = write_batch(op, batch, err);
        if (code == OK) {
            count_rows(op, batch);
            return OK;
        }
        if (code != E_RETRY) {
            error_while(err, "writing to table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
            return code;
        }
    }
    return append(batch->arena, &op->refused_tail, batch, 0, err);
}

static bool same_key(const struct schema *schema, const struct batch *in, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < schema->key_count; i++) {
        const struct column *c = in->columns[schema->key[i]];
        if (!slot_equal(c, a, c, b))
            return false;
    }
    return schema->key_count > 0;
}

/* For keyed sinks.  A -U whose +U of the same key follows is left out: the new value replaces the
 * old one.  Any other -U (a filter has kept the +U, or the update moves to another key) takes its
 * row away: it becomes -D. */
static enum code as_upserts(const struct op_sink *op, const struct batch *in,
                            const struct batch **ret, struct error *err)
{
    *ret = in;
    if (!in->changes)
        return OK;
    uint32_t *selection = arena_alloc(in->arena, MAX(in->selected, 1) * sizeof *selection);
    uint8_t *changes = arena_alloc(in->arena, MAX(in->count, 1));
    struct batch *out = batch_derive(in->arena, in);
    if (!selection || !changes || !out)
        return error_nomem(err);
    memcpy(changes, in->changes, in->count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        if (changes[row] == CHANGE_UPDATE_BEFORE) {
            uint32_t next = i + 1 < in->selected ? batch_row(in, i + 1) : row;
            if (in->changes[next] == CHANGE_UPDATE_AFTER &&
                same_key(op->plan->def.schema, in, row, next))
                continue;
            changes[row] = CHANGE_DELETE;
        }
        selection[n++] = row;
    }
    out->selection = selection;
    out->selected = n;
    out->changes = changes;
    *ret = out;
    return OK;
}

static enum code push(struct op *base, uint32_t port, const struct batch *in, struct error *err)
{
    struct op_sink *op = (struct op_sink *)base;
    if (op->plan->mode == SINK_UPSERT)
        TRY(as_upserts(op, in, &in, err));
    TRY(sink_nulls_leave_out(op->plan, op->policy, in, op->written, &in, err));
    if (in->selected == 0)
        return OK;
    if (!op->plan->in_source_order)
        return offer(op, in, err);
    op->gathered_count++;
    return append(in->arena, &op->gathered_tail, in, port, err);
}

/* --- merging --------------------------------------------------------------------- */

struct origin_row {
    uint32_t origin;
    uint32_t port;
    uint32_t row; /* in the joined columns */
};

/* Each list is sorted by (origin, port); bottom-up merging keeps it stable. */
static struct origin_row *merge_sort(struct arena *arena, struct origin_row *rows, uint32_t n)
{
    struct origin_row *from = rows;
    struct origin_row *to = arena_alloc(arena, MAX(n, 1) * sizeof *to);
    if (!to)
        return NULL;
    for (uint32_t width = 1; width < n; width *= 2) {
        for (uint32_t low = 0; low < n; low += 2 * width) {
            uint32_t mid = MIN(low + width, n), high = MIN(low + 2 * width, n);
            uint32_t i = low, j = mid, at = low;
            while (i < mid && j < high) {
                bool second = from[j].origin < from[i].origin ||
                              (from[j].origin == from[i].origin && from[j].port < from[i].port);
                to[at++] = second ? from[j++] : from[i++];
            }
            while (i < mid)
                to[at++] = from[i++];
            while (j < high)
                to[at++] = from[j++];
        }
        struct origin_row *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* One batch of all that was gathered, rows in source order. */
static enum code join_gathered(struct op_sink *op, const struct batch **ret, struct error *err)
{
    struct arena *arena = op->gathered->batch->arena;
    uint32_t columns = op->base.plan->field_count;
    uint32_t n = 0;
    bool changes = false;
    for (const struct pending *p = op->gathered; p; p = p->next) {
        n += p->batch->selected;
        changes = changes || p->batch->changes;
    }
    struct origin_row *rows = arena_alloc(arena, n * sizeof *rows);
    struct column **parts = arena_array(arena, struct column *, op->gathered_count);
    struct batch *out = batch_create(arena, columns, n);
    uint32_t *order = arena_alloc(arena, n * sizeof *order);
    uint8_t *kinds = changes ? arena_alloc(arena, n) : NULL;
    if (!rows || !parts || !out || !order || (changes && !kinds))
        return error_nomem(err);

    uint32_t at = 0, offset = 0;
    for (const struct pending *p = op->gathered; p; p = p->next) {
        for (uint32_t i = 0; i < p->batch->selected; i++) {
            uint32_t row = batch_row(p->batch, i);
            rows[at++] = (struct origin_row){ batch_origin(p->batch, row), p->port, offset + row };
        }
        offset += p->batch->count;
    }
    rows = merge_sort(arena, rows, n);
    if (!rows)
        return error_nomem(err);
    for (uint32_t i = 0; i < n; i++)
        order[i] = rows[i].row;
    for (uint32_t c = 0; c < columns; c++) {
        uint32_t k = 0;
        for (const struct pending *p = op->gathered; p; p = p->next)
            parts[k++] = p->batch->columns[c];
        struct column *joined = column_concat(arena, parts, op->gathered_count);
        if (!joined || !(out->columns[c] = column_gather(arena, joined, order, n)))
            return error_nomem(err);
    }
    if (changes) {
        uint8_t *all = arena_alloc(arena, offset);
        if (!all)
            return error_nomem(err);
        offset = 0;
        for (const struct pending *p = op->gathered; p; p = p->next) {
            if (p->batch->changes)
                memcpy(all + offset, p->batch->changes, p->batch->count);
            else
                memset(all + offset, CHANGE_INSERT, p->batch->count);
            offset += p->batch->count;
        }
        for (uint32_t i = 0; i < n; i++)
            kinds[i] = all[order[i]];
        out->changes = kinds;
    }
    *ret = out;
    return OK;
}

static enum code settle(struct op *base, struct error *err)
{
    struct op_sink *op = (struct op_sink *)base;
    if (!op->gathered)
        return OK;
    const struct batch *batch = op->gathered->batch;
    if (op->gathered_count > 1)
        TRY(join_gathered(op, &batch, err));
    op->gathered = NULL;
    op->gathered_tail = &op->gathered;
    op->gathered_count = 0;
    return offer(op, batch, err);
}

/* --- flushing ------------------------------------------------------------------------ */

static enum code start_flush(struct op_sink *op, struct error *err)
{
    if (op->refused) {
        op->flush_wanted = true;
        return OK;
    }
    op->flush_wanted = false;
    enum code code = op->sink->kind->flush_start(op->sink, err);
    buf_clear(&op->position);
    if (code == OK && op->base.worker->saves && op->sink->kind->tell)
        code = op->sink->kind->tell(op->sink, &op->position, err);
    if (code != OK)
        error_while(err, "flushing table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
    return code;
}

static enum code barrier(struct op *base, uint32_t port, const struct barrier *b,
                         struct error *err)
{
    struct op_sink *op = (struct op_sink *)base;
    if (!op_align_barrier(base, port, b))
        return OK;
    TRY(settle(base, err));
    op->epoch = b->epoch;
    return start_flush(op, err);
}

static enum code watermark(struct op *base, uint32_t port, int64_t watermark_us,
                           struct error *err)
{
    (void)err;
    int64_t moved = op_align_watermark(base, port, watermark_us);
    if (moved != WATERMARK_NONE)
        base->watermark_us = moved;
    return OK;
}

static enum code end(struct op *base, uint32_t port, struct error *err)
{
    op_align_end(base, port);
    return settle(base, err);
}

static void destroy(struct op *base)
{
    struct op_sink *op = (struct op_sink *)base;
    if (op->sink)
        op->sink->kind->close(op->sink);
    buf_done(&op->position);
}

static const struct op_kind op_sink_kind = {
    .name = "Sink",
    .push = push,
    .watermark = watermark,
    .barrier = barrier,
    .end = end,
    .settle = settle,
    .timer = timer,
    .destroy = destroy,
};

enum code op_sink_create(struct worker *worker, const struct plan_sink *plan, struct sink *sink,
                         struct bad_row_policy *policy, struct op **ret, struct error *err)
{
    struct op_sink *op =
        op_create(worker, &op_sink_kind, sizeof *op, &plan->base, MAX(plan->base.input_count, 1));
    if (!op)
        return error_nomem(err);
    op->plan = plan;
    op->sink = sink;
    op->policy = policy;
    op->gathered_tail = &op->gathered;
    op->refused_tail = &op->refused;
    buf_init(&op->position, 1 << 20);
    *ret = &op->base;
    return OK;
}

enum code op_sink_retry(struct op *base, bool *ret_blocked, struct error *err)
{
    struct op_sink *op = (struct op_sink *)base;
    while (op->refused) {
        const struct batch *batch = op->refused->batch;
        enum code code = write_batch(op, batch, err);
        if (code == E_RETRY)
            break;
        if (code != OK) {
            error_while(err, "writing to table \"" STR_FMT "\"", STR_ARG(op->plan->def.name));
            return code;
        }
        count_rows(op, batch);
        op->refused = op->refused->next;
    }
    *ret_blocked = op->refused != NULL;
    if (op->refused)
        return OK;
    op->refused_tail = &op->refused;
    return op->flush_wanted ? start_flush(op, err) : OK;
}

bool op_sink_is_blocked(const struct op *base)
{
    return ((const struct op_sink *)base)->refused != NULL;
}

struct sink *op_sink_connector(struct op *base)
{
    return ((struct op_sink *)base)->sink;
}

uint64_t op_sink_epoch(const struct op *base)
{
    const struct op_sink *op = (const struct op_sink *)base;
    return op->flush_wanted ? 0 : op->epoch;
}

struct str op_sink_position(const struct op *base)
{
    const struct op_sink *op = (const struct op_sink *)base;
    return op->sink->kind->tell ? buf_view(&op->position) : str_make(NULL, 0);
}

void op_sink_written(const struct op *base, uint64_t ret[4])
{
    const struct op_sink *op = (const struct op_sink *)base;
    for (int i = 0; i < 4; i++)
        ret[i] = op->written[i] - MIN(op->written[i], op->policy->refused[i]);
}
