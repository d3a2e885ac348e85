/* remote_sender.c -- the thread of a sink: makes calls until every row is delivered or refused.
 *
 * A call takes what the queue has when it is due.  It is made again, without the rows that are
 * decided, until none is left: after a pause while the server is away, in halves where the server
 * refuses it without saying which row is at fault. */
#include "remote/remote_sender.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>

struct sender {
    struct remote_sink *sink;
    struct arena *arena; /* of a call */
    struct remote_row
        *rows; /* owned; kept from call to call: fresh memory costs as much as a call */
    uint32_t cap;
};

/* Answers in a row that may be different next time. */
struct attempts {
    uint32_t pauses, failures;
};

struct str remote_reason(struct remote_call *call, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct str reason = arena_str(call->arena, str_of(text));
    return reason.data ? reason : STR("");
}

/* --- one call ------------------------------------------------------------------------ */

/* With the lock held. */
static void tell_engine(struct remote_sink *s)
{
    if (s->wants_room || s->is_flushing || s->failed || s->refused)
        remote_event_set(s->wake_fd);
}

static void note_waiting(struct remote_sink *s, bool is_waiting)
{
    pthread_mutex_lock(&s->gate.lock);
    if (!is_waiting)
        s->waiting_since_us = 0;
    else if (s->waiting_since_us == 0)
        s->waiting_since_us = clock_monotonic_us();
    pthread_mutex_unlock(&s->gate.lock);
}

static enum code cancelled(struct error *err)
{
    return error_set(err, E_CANCELLED, "the sink is being closed");
}

static enum code pause_before(struct remote_sink *s, uint32_t attempt, struct error *err)
{
    int64_t until_us = clock_monotonic_us() + remote_pause_us(attempt);
    pthread_mutex_lock(&s->gate.lock);
    while (!s->is_closing && clock_monotonic_us() < until_us)
        remote_gate_wait(&s->gate, until_us);
    bool is_closing = s->is_closing;
    pthread_mutex_unlock(&s->gate.lock);
    return is_closing ? cancelled(err) : OK;
}

static enum code check_open(struct remote_sink *s, struct error *err)
{
    pthread_mutex_lock(&s->gate.lock);
    bool is_closing = s->is_closing;
    pthread_mutex_unlock(&s->gate.lock);
    return is_closing ? cancelled(err) : OK;
}

static enum code send_rows(struct sender *sender, struct remote_row *rows, uint32_t count,
                           enum remote_outcome *ret, struct error *why, struct error *err)
{
    struct remote_sink *s = sender->sink;
    TRY(check_open(s, err));
    arena_reset(sender->arena);
    struct remote_call call = { .rows = rows, .count = count, .arena = sender->arena };
    *ret = s->kind->send(s->self, &call, why);
    return OK;
}

/* A refused row is kept for the engine's thread. */
static enum code refuse(struct remote_sink *s, const struct remote_row *row, struct str reason,
                        struct error *err)
{
    struct refused_row *refused = mem_alloc(sizeof *refused + reason.size + row->bytes.size);
    if (!refused)
        return error_nomem(err);
    char *text = (char *)(refused + 1);
    memcpy(text, reason.data, reason.size);
    if (row->bytes.size > 0)
        memcpy(text + reason.size, row->bytes.data, row->bytes.size);
    *refused = (struct refused_row){
        .reason = str_make(text, reason.size),
        .raw = str_make(text + reason.size, row->bytes.size),
    };
    pthread_mutex_lock(&s->gate.lock);
    *s->refused_tail = refused;
    s->refused_tail = &refused->next;
    pthread_mutex_unlock(&s->gate.lock);
    return OK;
}

/* Takes the rows that are decided out of rows[0 .. *count), the others keep their order. */
static enum code settle(struct remote_sink *s, struct remote_row *rows, uint32_t *count,
                        enum remote_outcome outcome, struct error *err)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < *count; i++) {
        if (rows[i].verdict == REMOTE_BAD)
            TRY(refuse(s, &rows[i],
                       rows[i].reason.size > 0 ? rows[i].reason : STR("the server refuses it"),
                       err));
        else if (rows[i].verdict == REMOTE_OPEN && outcome != REMOTE_DONE)
            rows[open++] = rows[i];
    }
    pthread_mutex_lock(&s->gate.lock);
    s->call_rows -= *count - open;
    tell_engine(s);
    pthread_mutex_unlock(&s->gate.lock);
    *count = open;
    return OK;
}

/* --- until all rows of a call are decided ---------------------------------------------- */

static enum code fail(const struct remote_sink *s, struct error *why, uint32_t attempts,
                      struct error *err)
{
    remote_final_code(why);
    if (!why->message[0])
        error_set(why, why->code, "%s does not take the rows", s->place);
    if (attempts > 0 && !why->detail[0])
        error_detail(why, "It was tried %u times.", attempts + 1);
    *err = *why;
    return err->code;
}

static enum code wait_for_server(struct remote_sink *s, enum remote_outcome outcome,
                                 struct attempts *attempts, struct error *why, struct error *err)
{
    if (outcome == REMOTE_FAILED && ++attempts->failures > s->settings.max_retries)
        return fail(s, why, attempts->failures - 1, err);
    return pause_before(s, attempts->pauses++, err);
}

static enum code deliver(struct sender *sender, struct remote_row *rows, uint32_t count,
                         struct error *err);

/* The rows of a call that was refused; which of them is at fault is not known. */
static enum code divide(struct sender *sender, struct remote_row *rows, uint32_t count,
                        const struct error *why, struct error *err)
{
    uint32_t half = count / 2;
    if (half > 0) {
        TRY(deliver(sender, rows, half, err));
        return deliver(sender, rows + half, count - half, err);
    }
    rows[0].verdict = REMOTE_BAD;
    rows[0].reason = str_of(why->message);
    return settle(sender->sink, rows, &count, REMOTE_REFUSED, err);
}

static enum code deliver(struct sender *sender, struct remote_row *rows, uint32_t count,
                         struct error *err)
{
    struct remote_sink *s = sender->sink;
    struct attempts attempts = { 0 };
    for (;;) {
        struct error why = { .code = OK };
        enum remote_outcome outcome;
        uint32_t before = count;
        TRY(send_rows(sender, rows, count, &outcome, &why, err));
        TRY(settle(s, rows, &count, outcome, err));
        if (count < before)
            attempts = (struct attempts){ 0 };
        if (outcome == REMOTE_FATAL)
            return fail(s, &why, 0, err);
        bool waits = outcome == REMOTE_AWAY || outcome == REMOTE_FAILED;
        note_waiting(s, waits && count > 0);
        if (count == 0)
            return OK;
        if (waits)
            TRY(wait_for_server(s, outcome, &attempts, &why, err));
        else if (count > 1 || before == 1)
            return divide(sender, rows, count, &why, err);
        /* else the one that is left may not be the one that was refused */
    }
}

/* The same for a call whose rows lie together; *ret_refused: they are to be divided. */
static enum code deliver_together(struct sender *sender, const struct row_group *group,
                                  bool *ret_refused, struct error *why, struct error *err)
{
    struct remote_sink *s = sender->sink;
    struct attempts attempts = { 0 };
    for (bool is_again = false;; is_again = true) {
        *why = (struct error){ .code = OK };
        TRY(check_open(s, err));
        enum remote_outcome outcome =
            s->kind->send_together(s->self, buf_view(&group->bytes), is_again, why);
        if (outcome == REMOTE_FATAL)
            return fail(s, why, 0, err);
        bool waits = outcome == REMOTE_AWAY || outcome == REMOTE_FAILED;
        note_waiting(s, waits);
        *ret_refused = outcome == REMOTE_REFUSED;
        if (!waits)
            return OK;
        TRY(wait_for_server(s, outcome, &attempts, why, err));
    }
}

static enum code need_rows(struct sender *sender, uint32_t count, struct error *err)
{
    if (count <= sender->cap)
        return OK;
    struct remote_row *rows = mem_array(count, sizeof *rows);
    if (!rows)
        return error_nomem(err);
    mem_free(sender->rows);
    sender->rows = rows;
    sender->cap = count;
    return OK;
}

static enum code deliver_group(struct sender *sender, struct row_group *group, struct error *err)
{
    bool is_refused = false;
    struct error why;
    if (sender->sink->kind->send_together && group->deletes == 0) {
        TRY(deliver_together(sender, group, &is_refused, &why, err));
        if (!is_refused)
            return OK;
    }
    TRY(need_rows(sender, group->count, err));
    for (uint32_t i = 0; i < group->count; i++)
        sender->rows[i] = (struct remote_row){
            .bytes = row_group_bytes(group, i),
            .key = row_group_key(group, i),
            .is_delete = group->rows[i].is_delete,
        };
    return is_refused ? divide(sender, sender->rows, group->count, &why, err)
                      : deliver(sender, sender->rows, group->count, err);
}

/* --- the thread ------------------------------------------------------------------------ */

bool remote_sink_is_due(const struct remote_sink *s, int64_t now_us)
{
    const struct remote_sink_settings *set = &s->settings;
    const struct row_group *first = remote_queue_first(&s->queue);
    if (!first)
        return false;
    return first->is_closed || s->queue.count >= set->max_rows ||
           (set->max_bytes > 0 && row_group_live_bytes(first) >= set->max_bytes) ||
           remote_sink_is_full(s) ||
           (set->interval_ms > 0 && now_us - first->since_us >= set->interval_ms * 1000);
}

/* Waits, with the lock held, until there is a call to make; false: the sink is being closed. */
static bool wait_for_rows(struct remote_sink *s)
{
    while (!s->is_closing && !remote_sink_is_due(s, clock_monotonic_us())) {
        const struct row_group *first = remote_queue_first(&s->queue);
        bool is_timed = s->settings.interval_ms > 0 && first;
        remote_gate_wait(&s->gate,
                         is_timed ? first->since_us + s->settings.interval_ms * 1000 : INT64_MAX);
    }
    return !s->is_closing;
}

static enum code send_next(struct sender *sender, struct error *err)
{
    struct remote_sink *s = sender->sink;
    struct row_group *group = remote_queue_take(&s->queue);
    s->call_rows = group->live;
    s->call_bytes = row_group_held(group);
    s->call_epoch = group->epoch;
    pthread_mutex_unlock(&s->gate.lock);
    enum code code = deliver_group(sender, group, err);
    pthread_mutex_lock(&s->gate.lock);
    remote_queue_give_back(&s->queue, group);
    s->call_bytes = 0;
    if (code == OK)
        s->call_rows = 0;
    tell_engine(s);
    return code;
}

static enum code prepare(struct remote_sink *s, struct error *err)
{
    uint32_t pauses = 0, failures = 0;
    for (;;) {
        struct error why = { .code = OK };
        enum remote_outcome outcome = s->kind->prepare(s->self, &why);
        if (outcome == REMOTE_DONE)
            break;
        bool tries = outcome == REMOTE_AWAY ||
                     (outcome == REMOTE_FAILED && ++failures <= s->settings.max_retries);
        if (!tries)
            return fail(s, &why, failures > 0 ? failures - 1 : 0, err);
        note_waiting(s, true);
        TRY(pause_before(s, pauses++, err));
    }
    note_waiting(s, false);
    pthread_mutex_lock(&s->gate.lock);
    s->is_prepared = true;
    tell_engine(s);
    pthread_mutex_unlock(&s->gate.lock);
    return OK;
}

void *remote_sender_run(void *sink)
{
    struct sender sender = { .sink = sink, .arena = arena_create() };
    struct remote_sink *s = sink;
    struct error error = { .code = OK };
    enum code code = sender.arena ? OK : error_nomem(&error);
    if (code == OK && s->kind->prepare)
        code = prepare(s, &error);
    pthread_mutex_lock(&s->gate.lock);
    while (code == OK && wait_for_rows(s))
        code = send_next(&sender, &error);
    if (code != OK) {
        s->failed = code;
        s->failure = error;
        s->waiting_since_us = 0;
        tell_engine(s);
    }
    pthread_mutex_unlock(&s->gate.lock);
    arena_destroy(sender.arena);
    mem_free(sender.rows);
    return NULL;
}
