/* sample.c -- see sample.h: a connector's source without a job around it. */
#include "session/sample.h"

#include "base/clock.h"

#include <poll.h>
#include <stdio.h>

enum { LOOK_MS = 50, ROWS_AT_ONCE = 64 };

struct reading {
    struct source *source;
    struct records records;
    struct arena *batch_arena;
    struct arena *arena; /* of the answer */
    struct sample_row *rows;
    uint32_t count, max;
};

static enum code skip_bad(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self, (void)row, (void)err;
    return OK; /* what is no message is not shown */
}

static bool keep(struct arena *arena, struct str text, struct str *ret)
{
    *ret = text.data ? arena_str(arena, text) : text;
    return !text.data || ret->data;
}

static enum code take(struct reading *r, struct error *err)
{
    const struct records *in = &r->records;
    for (uint32_t i = 0; i < in->count && r->count < r->max; i++) {
        const struct source_kind *kind = r->source->kind;
        struct sample_row *row = &r->rows[r->count];
        *row = (struct sample_row){ .partition = kind->split_partition(r->source, in->splits[i]),
                                    .offset = in->offsets[i],
                                    .timestamp_ms = in->timestamps_ms[i] };
        if (!keep(r->arena, in->values[i], &row->message.value) ||
            !keep(r->arena, in->keys[i], &row->message.key) ||
            !keep(r->arena, kind->split_name(r->source, in->splits[i]), &row->split))
            return error_nomem(err);
        r->count++;
    }
    return OK;
}

static bool make_room(struct reading *r)
{
    struct records *in = &r->records;
    in->cap = MIN(r->max, (uint32_t)ROWS_AT_ONCE);
    in->want_keys = in->want_timestamps = true;
    in->values = arena_array(r->arena, struct str, in->cap);
    in->keys = arena_array(r->arena, struct str, in->cap);
    in->splits = arena_array(r->arena, uint32_t, in->cap);
    in->offsets = arena_array(r->arena, int64_t, in->cap);
    in->timestamps_ms = arena_array(r->arena, int64_t, in->cap);
    in->timestamp_types = arena_array(r->arena, uint8_t, in->cap);
    r->rows = arena_array(r->arena, struct sample_row, MAX(r->max, 1));
    return in->values && in->keys && in->splits && in->offsets && in->timestamps_ms &&
           in->timestamp_types && r->rows;
}

static void forget_records(struct records *in)
{
    for (uint32_t i = 0; i < in->cap; i++) {
        in->values[i] = in->keys[i] = (struct str){ NULL, 0 };
        in->timestamps_ms[i] = INT64_MIN;
    }
    in->count = 0;
}

/* Until something may have come, or it is time to look whether somebody wants to stop. */
static void wait_for(struct source *source)
{
    struct pollfd fd = { .fd = source->kind->wake_fd ? source->kind->wake_fd(source) : -1,
                         .events = POLLIN };
    poll(&fd, 1, LOOK_MS);
}

static enum code read_all(struct reading *r, int64_t wait_ms, bool (*is_stopped)(void *self),
                          void *self, struct sample *ret, struct error *err)
{
    int64_t until_us = clock_monotonic_us() + wait_ms * 1000;
    enum poll_state state = POLL_MORE;
    while (r->count < r->max && state != POLL_END && !is_stopped(self)) {
        arena_reset(r->batch_arena);
        forget_records(&r->records);
        r->records.arena = r->batch_arena;
        TRY(r->source->kind->poll(r->source, &r->records, &state, err));
        TRY(take(r, err));
        if (clock_monotonic_us() >= until_us)
            break;
        if (state == POLL_IDLE)
            wait_for(r->source);
    }
    struct source_status status = { .lag_rows = -1 };
    if (state == POLL_IDLE && r->source->kind->status)
        r->source->kind->status(r->source, &status);
    if (status.waiting_for)
        snprintf(ret->waiting_for, sizeof ret->waiting_for, "%s", status.waiting_for);
    ret->rows = r->rows;
    ret->count = r->count;
    ret->ended = state == POLL_END;
    return OK;
}

enum code sample_read(const struct connector *connector, const struct table_def *table,
                      uint32_t rows_max, int64_t wait_ms, bool (*is_stopped)(void *self),
                      void *self, struct arena *arena, struct sample *ret, struct error *err)
{
    struct bad_rows bad_rows = { .report = skip_bad };
    struct source_open open = { .table = table, .until_end = true, .bad_rows = &bad_rows };
    struct reading r = { .arena = arena, .max = rows_max };
    *ret = (struct sample){ .count = 0 };
    if (!make_room(&r) || !(r.batch_arena = arena_create()))
        return error_nomem(err);
    enum code code = connector->source->open(&open, &r.source, err);
    if (code == OK)
        code = read_all(&r, wait_ms, is_stopped, self, ret, err);
    arena_destroy(r.batch_arena); /* gives records back to the source */
    if (r.source && r.source->kind->close)
        r.source->kind->close(r.source);
    return code;
}
