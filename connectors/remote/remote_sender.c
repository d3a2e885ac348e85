/* remote_sender.c -- the thread of a sink: makes calls until every row is delivered or refused.
 *
 * A call takes what the queue has when it is due.  It is made again, without the rows that are
 * decided, until none is left: after a pause while the server is away, in halves where the server
 * refuses it without saying which row is at fault.  A row that is refused makes place for the one
 * that it stood for. */
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
    const struct row_group *group; /* of the call */
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

/* The row becomes the one that it stood for; false: it stood for none. */
static bool step_back(const struct sender *sender, struct remote_row *row)
{
    const struct row_group *g = sender->group;
    if (row->stands_for == 0)
        return false;
    uint32_t earlier = row->stands_for - 1;
    *row = (struct remote_row){
        .bytes = row_group_bytes(g, earlier),
        .key = row->key,
        .is_delete = g->rows[earlier].is_delete,
        .stands_for = g->rows[earlier].stands_for,
    };
    return true;
}

/* Takes the rows that are decided out of rows[0 .. *count), the others keep their order.
 * *ret_renewed: some have become earlier ones. */
static enum code settle(struct sender *sender, struct remote_row *rows, uint32_t *count,
                        enum remote_outcome outcome, bool *ret_renewed, struct error *err)
{
    struct remote_sink *s = sender->sink;
    uint32_t open = 0;
    *ret_renewed = false;
    for (uint32_t i = 0; i < *count; i++) {
        bool is_open = rows[i].verdict == REMOTE_OPEN && outcome != REMOTE_DONE;
        if (rows[i].verdict == REMOTE_BAD) {
            struct str reason = rows[i].reason;
            TRY(refuse(s, &rows[i], reason.size > 0 ? reason : STR("the server refuses it"), err));
            is_open = step_back(sender, &rows[i]);
            *ret_renewed |= is_open;
        }
        if (is_open)
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

static void refuse_alone(struct remote_row *row, const struct error *why)
{
    row->verdict = REMOTE_BAD;
    row->reason = str_of(why->message);
}

/* The rows of a call that was refused; which of them is at fault is not known. */
static enum code divide(struct sender *sender, struct remote_row *rows, uint32_t count,
                        const struct error *why, struct error *err)
{
    uint32_t half = count / 2;
    bool is_renewed;
    if (half > 0) {
        TRY(deliver(sender, rows, half, err));
        return deliver(sender, rows + half, count - half, err);
    }
    refuse_alone(rows, why);
    TRY(settle(sender, rows, &count, REMOTE_REFUSED, &is_renewed, err));
    return is_renewed ? deliver(sender, rows, count, err) : OK;
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
        bool is_renewed;
        TRY(send_rows(sender, rows, count, &outcome, &why, err));
        if (outcome == REMOTE_REFUSED && count == 1 && rows[0].verdict == REMOTE_OPEN)
            refuse_alone(rows, &why);
        TRY(settle(sender, rows, &count, outcome, &is_renewed, err));
        if (count < before || is_renewed)
            attempts = (struct attempts){ 0 };
        if (outcome == REMOTE_FATAL)
            return fail(s, &why, 0, err);
        bool waits = outcome == REMOTE_AWAY || outcome == REMOTE_FAILED;
        note_waiting(s, waits && count > 0);
        if (count == 0)
            return OK;
        if (waits)
            TRY(wait_for_server(s, outcome, &attempts, &why, err));
        else if (count > 1 && !is_renewed)
            return divide(sender, rows, count, &why, err);
        /* else what is left may not hold the one that was refused */
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
    sender->group = group;
    /* Where rows have stood for others, these lie between them. */
    if (sender->sink->kind->send_together && group->deletes == 0 && group->live == group->count) {
        TRY(deliver_together(sender, group, &is_refused, &why, err));
        if (!is_refused)
            return OK;
    }
    TRY(need_rows(sender, group->live, err));
    for (uint32_t i = 0, n = 0; i < group->count; i++)
        if (!group->rows[i].is_gone)
            sender->rows[n++] = (struct remote_row){
                .bytes = row_group_bytes(group, i),
                .key = row_group_key(group, i),
                .is_delete = group->rows[i].is_delete,
                .stands_for = group->rows[i].stands_for,
            };
    return is_refused ? divide(sender, sender->rows, group->live, &why, err)
                      : deliver(sender, sender->rows, group->live, err);
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
