/* remote_reader.c -- the thread of a scan: reads until the table is at its end, anew where the server
 * was away, and never further ahead than a few parcels. */
#include "base/arena.h"
#include "base/clock.h"
#include "remote/remote_parcel.h"
#include "types/batch.h"

static enum code cancelled(struct error *err)
{
    return error_set(err, E_CANCELLED, "the source is being closed");
}

static enum code need_arena(struct remote_scan *s, struct error *err)
{
    if (!s->making.arena)
        s->making.arena = arena_create();
    return s->making.arena ? OK : error_nomem(err);
}

enum code remote_scan_begin(struct remote_scan *s, struct arena **ret, struct error *err)
{
    pthread_mutex_lock(&s->gate.lock);
    bool is_closing = s->is_closing;
    pthread_mutex_unlock(&s->gate.lock);
    if (is_closing)
        return cancelled(err);
    TRY(need_arena(s, err));
    *ret = s->making.arena;
    return OK;
}

enum code remote_scan_bad_row(struct remote_scan *s, uint32_t before, struct str reason,
                              struct str raw, struct error *err)
{
    struct parcel *p = &s->making;
    TRY(need_arena(s, err));
    struct scan_bad_row bad = {
        .before = before,
        .reason = arena_str(p->arena, reason),
        .raw = arena_str(p->arena, raw),
    };
    if (!bad.reason.data || !bad.raw.data ||
        !ARENA_PUSH(p->arena, p->bad, p->bad_count, p->bad_cap, bad))
        return error_nomem(err);
    return OK;
}

enum code remote_scan_emit(struct remote_scan *s, struct batch *batch, struct error *err)
{
    pthread_mutex_lock(&s->gate.lock);
    s->waiting_since_us = 0;
    while (!s->is_closing && s->count == PARCELS_MAX)
        remote_gate_wait(&s->gate, INT64_MAX);
    bool is_closing = s->is_closing;
    if (!is_closing) {
        s->making.batch = batch;
        s->making.row_count = batch ? batch->selected : 0;
        s->emitted += s->making.row_count + s->making.bad_count;
        s->parcels[(s->first + s->count++) % PARCELS_MAX] = s->making;
        s->making = (struct parcel){ 0 };
        remote_event_set(s->wake_fd);
    }
    pthread_mutex_unlock(&s->gate.lock);
    return is_closing ? cancelled(err) : OK;
}

/* What a read that was broken off has begun. */
static void forget_parcel(struct remote_scan *s)
{
    arena_destroy(s->making.arena);
    s->making = (struct parcel){ 0 };
}

static bool pause_before(struct remote_scan *s, uint32_t attempt)
{
    int64_t until_us = clock_monotonic_us() + remote_pause_us(attempt);
    pthread_mutex_lock(&s->gate.lock);
    if (s->waiting_since_us == 0)
        s->waiting_since_us = clock_monotonic_us();
    while (!s->is_closing && clock_monotonic_us() < until_us)
        remote_gate_wait(&s->gate, until_us);
    bool goes_on = !s->is_closing;
    pthread_mutex_unlock(&s->gate.lock);
    return goes_on;
}

/* May the read go on behind what was handed out?  If not, why says so. */
static bool can_go_on(const struct remote_scan *s, struct error *why)
{
    if (s->resumes || s->goes_on || s->emitted == 0)
        return true;
    struct error lost = *why;
    error_set(why, E_IO, "lost %s after %llu rows: %s", s->place, (unsigned long long)s->emitted,
              lost.message);
    error_hint(why, "Rows without an order cannot be read on from where a read has ended.");
    return false;
}

static enum code read_all(struct remote_scan *s, struct error *why)
{
    uint32_t failures = 0, pauses = 0;
    for (;;) {
        uint64_t before = s->emitted;
        *why = (struct error){ .code = OK };
        enum remote_outcome outcome = s->kind->read(s->self, s, s->emitted, why);
        if (outcome == REMOTE_DONE)
            return s->making.bad_count > 0 ? remote_scan_emit(s, NULL, why) : OK;
        forget_parcel(s);
        if (s->emitted > before)
            failures = pauses = 0;
        bool tries =
            outcome == REMOTE_AWAY || (outcome == REMOTE_FAILED && ++failures <= s->max_retries);
        if (!tries || !can_go_on(s, why)) {
            if (!why->message[0])
                error_set(why, E_IO, "could not read from %s", s->place);
            return remote_final_code(why);
        }
        if (!pause_before(s, pauses++))
            return cancelled(why);
    }
}

void *remote_reader_run(void *self)
{
    struct remote_scan *s = self;
    struct error why;
    enum code code = read_all(s, &why);
    pthread_mutex_lock(&s->gate.lock);
    s->waiting_since_us = 0;
    s->is_done = code == OK;
    s->failed = code;
    if (code != OK)
        s->failure = why;
    remote_event_set(s->wake_fd);
    pthread_mutex_unlock(&s->gate.lock);
    return NULL;
}
