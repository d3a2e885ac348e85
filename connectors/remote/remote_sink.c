/* remote_sink.c -- the engine's side of a sink to a server; remote_sender.c is the other one.
 *
 * Nothing here waits for the server: rows are encoded into the queue, and what the sender has found
 * out since the last call (refused rows, a failure) is passed on. */
#include "remote/remote_sink.h"

#include "base/clock.h"
#include "base/memory.h"
#include "remote/remote_sender.h"
#include "types/batch.h"

#include <stdio.h>
#include <unistd.h>

#define QUEUED_BYTES (UINT64_C(64) << 20)
#define ROW_BYTES_MAX (UINT64_C(1) << 30)
#define ENCODED_BYTES (UINT64_C(4) << 20) /* kept from batch to batch */

/* --- what the sender has found out --------------------------------------------------------- */

static void destroy_refused(struct refused_row *first)
{
    while (first) {
        struct refused_row *next = first->next;
        mem_free(first);
        first = next;
    }
}

static enum code report(struct remote_sink *s, const struct bad_row *bad, struct error *err)
{
    struct bad_row row = *bad;
    row.place = str_of(s->place);
    row.offset = -1;
    return bad_row_report(s->bad_rows, &row, err);
}

static enum code report_refused(struct remote_sink *s, struct error *err)
{
    pthread_mutex_lock(&s->gate.lock);
    struct refused_row *first = s->refused;
    s->refused = NULL;
    s->refused_tail = &s->refused;
    pthread_mutex_unlock(&s->gate.lock);
    enum code code = OK;
    for (struct refused_row *row = first; row && code == OK; row = row->next) {
        struct bad_row bad = { .reason = row->reason, .raw = row->raw, .record = UINT32_MAX };
        code = report(s, &bad, err);
    }
    destroy_refused(first);
    return code;
}

static enum code hear_sender(struct remote_sink *s, struct error *err)
{
    remote_event_clear(s->wake_fd); /* before looking: later news count */
    TRY(report_refused(s, err));
    pthread_mutex_lock(&s->gate.lock);
    enum code failed = s->failed;
    if (failed != OK && err)
        *err = s->failure;
    pthread_mutex_unlock(&s->gate.lock);
    return failed;
}

/* --- writing ------------------------------------------------------------------------------- */

static enum code check_room(struct remote_sink *s, struct error *err)
{
    pthread_mutex_lock(&s->gate.lock);
    bool is_prepared = s->is_prepared;
    bool is_full = remote_sink_is_full(s);
    s->wants_room = is_full || !is_prepared;
    if (is_full)
        pthread_cond_signal(&s->gate.changed); /* no row waits for others any more */
    pthread_mutex_unlock(&s->gate.lock);
    if (!is_prepared)
        return error_set(err, E_RETRY, "%s has not answered yet", s->place);
    return is_full ? error_set(err, E_RETRY, "%s has not taken earlier rows yet", s->place) : OK;
}

static enum code encode_row(struct remote_sink *s, const struct batch *in, uint32_t row,
                            struct error *err)
{
    enum change change = batch_change(in, row);
    bool is_delete = change == CHANGE_DELETE || change == CHANGE_UPDATE_BEFORE;
    struct error why;
    buf_clear(&s->bytes);
    buf_clear(&s->key);
    enum code code = s->kind->encode(s->self, in, row, is_delete, &s->bytes, &s->key, &why);
    if (code == OK)
        code = buf_check(&s->bytes, &why);
    if (code == OK)
        code = buf_check(&s->key, &why);
    if (code == E_DATA || code == E_LIMIT) {
        struct bad_row bad = { .reason = str_of(why.message), .record = row };
        return report(s, &bad, err);
    }
    if (code != OK) {
        if (err)
            *err = why;
        return code;
    }
    if (s->bytes.size == 0 && s->key.size == 0)
        return OK;
    return row_group_add(&s->encoded, buf_view(&s->bytes), buf_view(&s->key), is_delete, err);
}

static enum code enqueue(struct remote_sink *s, int64_t now_us, struct error *err)
{
    if (s->encoded.count == 0)
        return OK;
    pthread_mutex_lock(&s->gate.lock);
    bool is_first = s->queue.count == 0; /* the sender does not know yet how long it may wait */
    enum code code = remote_queue_push(&s->queue, &s->encoded, now_us, err);
    if (is_first || remote_sink_is_due(s, now_us))
        pthread_cond_signal(&s->gate.changed);
    pthread_mutex_unlock(&s->gate.lock);
    row_group_clear(&s->encoded);
    if (row_group_held(&s->encoded) > ENCODED_BYTES)
        row_group_done(&s->encoded);
    return code;
}

enum code remote_sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct remote_sink *s = (struct remote_sink *)base;
    TRY(hear_sender(s, err));
    TRY(check_room(s, err));
    int64_t now_us = clock_monotonic_us();
    row_group_clear(&s->encoded);
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        if (!s->settings.takes_before && batch_change(in, row) == CHANGE_UPDATE_BEFORE)
            continue;
        TRY(encode_row(s, in, row, err));
        if (s->encoded.bytes.size + s->encoded.keys.size > ENCODED_BYTES)
            TRY(enqueue(s, now_us, err));
    }
    return enqueue(s, now_us, err);
}

/* --- flushing ------------------------------------------------------------------------------ */

enum code remote_sink_flush_start(struct sink *base, struct error *err)
{
    struct remote_sink *s = (struct remote_sink *)base;
    TRY(hear_sender(s, err));
    pthread_mutex_lock(&s->gate.lock);
    remote_queue_end_epoch(&s->queue);
    s->is_flushing = true;
    pthread_cond_signal(&s->gate.changed);
    pthread_mutex_unlock(&s->gate.lock);
    return OK;
}

/* A flush is over when no row of an epoch before its own is in a call, queued or to be reported. */
static bool is_flushed(const struct remote_sink *s)
{
    const struct remote_queue *q = &s->queue;
    bool is_sending = s->call_bytes > 0 && s->call_epoch < q->epoch;
    const struct row_group *first = remote_queue_first(q);
    bool is_queued = first && first->epoch < q->epoch;
    return !is_sending && !is_queued && !s->refused && s->failed == OK;
}

enum code remote_sink_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    struct remote_sink *s = (struct remote_sink *)base;
    TRY(hear_sender(s, err));
    pthread_mutex_lock(&s->gate.lock);
    *ret_done = is_flushed(s);
    s->is_flushing = !*ret_done;
    pthread_mutex_unlock(&s->gate.lock);
    return OK;
}

int remote_sink_wake_fd(struct sink *base)
{
    return ((struct remote_sink *)base)->wake_fd;
}

void remote_sink_status(struct sink *base, struct sink_status *ret)
{
    struct remote_sink *s = (struct remote_sink *)base;
    pthread_mutex_lock(&s->gate.lock);
    *ret = (struct sink_status){
        .pending_rows = (int64_t)(s->queue.count + s->call_rows),
        .waiting_for = s->waiting_since_us != 0 ? s->place : NULL,
        .waiting_since_us = s->waiting_since_us,
        .guarantee = s->settings.guarantee,
    };
    pthread_mutex_unlock(&s->gate.lock);
}

const char *remote_sink_guarantee(const struct table_def *table, enum sink_mode mode)
{
    (void)mode;
    return table->schema->key_count > 0 ? "idempotent by key" : "at-least-once";
}

/* --- opening and closing ------------------------------------------------------------------- */

void remote_sink_close(struct sink *base)
{
    struct remote_sink *s = (struct remote_sink *)base;
    if (!s)
        return;
    if (s->is_running) {
        pthread_mutex_lock(&s->gate.lock);
        s->is_closing = true;
        pthread_cond_signal(&s->gate.changed);
        pthread_mutex_unlock(&s->gate.lock);
        s->kind->interrupt(s->self);
        pthread_join(s->thread, NULL);
    }
    s->kind->destroy(s->self);
    destroy_refused(s->refused);
    remote_queue_done(&s->queue);
    row_group_done(&s->encoded);
    remote_gate_done(&s->gate);
    buf_done(&s->bytes);
    buf_done(&s->key);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    mem_free(s->place);
    mem_free(s);
}

static enum code start(struct remote_sink *s, const struct remote_sink_settings *settings,
                       struct error *err)
{
    size_t size = strlen(s->kind->system) + settings->endpoint.size + 2;
    s->place = mem_alloc(size);
    if (!s->place)
        return error_nomem(err);
    snprintf(s->place, size, "%s " STR_FMT, s->kind->system, STR_ARG(settings->endpoint));
    TRY(remote_event_create(&s->wake_fd, err));
    TRY(remote_thread_start(&s->thread, s->kind->system, "sink", remote_sender_run, s, err));
    s->is_running = true;
    return OK;
}

enum code remote_sink_create(const struct sink_kind *base, const struct remote_sink_kind *kind,
                             void *self, const struct remote_sink_settings *settings,
                             struct bad_rows *bad_rows, struct sink **ret, struct error *err)
{
    struct remote_sink *s = mem_zalloc(sizeof *s);
    if (!s) {
        kind->destroy(self);
        return error_nomem(err);
    }
    s->base.kind = base;
    s->kind = kind;
    s->self = self;
    s->bad_rows = bad_rows;
    s->wake_fd = -1;
    s->settings = *settings;
    s->settings.endpoint = STR(""); /* lent; it becomes a part of `place` */
    s->settings.max_rows = MAX(settings->max_rows, 1);
    s->settings.take_rows = MAX(settings->take_rows, s->settings.max_rows);
    if (settings->queued_bytes == 0)
        s->settings.queued_bytes = QUEUED_BYTES;
    s->queue.folds = settings->folds;
    s->queue.keeps_deletes = settings->keeps_deletes;
    s->queue.steps_back = settings->folds && bad_rows->goes_on;
    s->queue.group_rows = s->settings.take_rows;
    s->queue.group_bytes = settings->max_bytes;
    s->refused_tail = &s->refused;
    s->is_prepared = !kind->prepare;
    remote_gate_init(&s->gate);
    buf_init(&s->bytes, ROW_BYTES_MAX);
    buf_init(&s->key, ROW_BYTES_MAX);
    row_group_init(&s->encoded);
    enum code code = start(s, settings, err);
    if (code != OK) {
        remote_sink_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}
