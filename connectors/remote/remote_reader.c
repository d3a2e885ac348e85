/* remote_reader.c -- the threads of a scan: they read one range after the other until none is left,
 * anew where the server was away, and never further ahead than a few parcels. */
#include "base/arena.h"
#include "base/clock.h"
#include "remote/remote_parcel.h"
#include "types/batch.h"

static enum code cancelled(struct error *err)
{
    return error_set(err, E_CANCELLED, "the source is being closed");
}

/* With the lock held. */
static bool is_ending(const struct remote_scan *s)
{
    return s->is_closing || s->failed != OK;
}

static enum code need_arena(struct remote_read *r, struct error *err)
{
    if (!r->making.arena)
        r->making.arena = arena_create();
    return r->making.arena ? OK : error_nomem(err);
}

uint32_t remote_read_range(const struct remote_read *r)
{
    return r->range;
}

uint32_t remote_read_lane(const struct remote_read *r)
{
    return r->lane;
}

struct str remote_read_mark(const struct remote_read *r)
{
    return buf_view(&r->mark);
}

enum code remote_scan_begin(struct remote_read *r, struct arena **ret, struct error *err)
{
    pthread_mutex_lock(&r->scan->gate.lock);
    bool ends = is_ending(r->scan);
    pthread_mutex_unlock(&r->scan->gate.lock);
    if (ends)
        return cancelled(err);
    TRY(need_arena(r, err));
    *ret = r->making.arena;
    return OK;
}

enum code remote_scan_bad_row(struct remote_read *r, uint32_t before, struct str reason,
                              struct str raw, struct error *err)
{
    struct parcel *p = &r->making;
    TRY(need_arena(r, err));
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

enum code remote_scan_mark(struct remote_read *r, struct str mark, struct error *err)
{
    TRY(need_arena(r, err));
    r->making.mark = arena_str(r->making.arena, mark);
    return r->making.mark.data ? OK : error_nomem(err);
}

/* The read is where the parcel that is being made ends. */
static enum code move_on(struct remote_read *r, struct error *err)
{
    const struct parcel *p = &r->making;
    if (p->mark.data) {
        r->emitted = 0;
        buf_clear(&r->mark);
        buf_str(&r->mark, p->mark);
    }
    r->emitted += p->row_count + p->bad_count;
    r->parcels++;
    return buf_check(&r->mark, err);
}

enum code remote_scan_emit(struct remote_read *r, struct batch *batch, struct error *err)
{
    struct remote_scan *s = r->scan;
    r->making.batch = batch;
    r->making.row_count = batch ? batch->selected : 0;
    r->making.range = r->range;
    TRY(move_on(r, err));
    pthread_mutex_lock(&s->gate.lock);
    r->waiting_since_us = 0;
    while (!is_ending(s) && s->count == PARCELS_MAX)
        remote_gate_wait(&s->gate, INT64_MAX);
    bool ends = is_ending(s);
    if (!ends) {
        s->ranges[r->range].waiting++;
        s->parcels[(s->first + s->count++) % PARCELS_MAX] = r->making;
        r->making = (struct parcel){ 0 };
        remote_event_set(s->wake_fd);
    }
    pthread_mutex_unlock(&s->gate.lock);
    return ends ? cancelled(err) : OK;
}

/* What a read that was broken off has begun. */
static void forget_parcel(struct remote_read *r)
{
    arena_destroy(r->making.arena);
    r->making = (struct parcel){ 0 };
}

static bool pause_before(struct remote_read *r, uint32_t attempt)
{
    struct remote_scan *s = r->scan;
    int64_t until_us = clock_monotonic_us() + remote_pause_us(attempt);
    pthread_mutex_lock(&s->gate.lock);
    if (r->waiting_since_us == 0)
        r->waiting_since_us = clock_monotonic_us();
    while (!is_ending(s) && clock_monotonic_us() < until_us)
        remote_gate_wait(&s->gate, until_us);
    bool goes_on = !is_ending(s);
    pthread_mutex_unlock(&s->gate.lock);
    return goes_on;
}

/* May the read go on behind what was handed out?  If not, why says so. */
static bool can_go_on(const struct remote_read *r, struct error *why)
{
    const struct remote_scan *s = r->scan;
    if (s->resumes || s->goes_on || r->emitted == 0)
        return true;
    struct error lost = *why;
    error_set(why, E_IO, "lost %s after %llu rows: %s", s->place, (unsigned long long)r->emitted,
              lost.message);
    error_hint(why, "Rows without an order cannot be read on from where a read has ended.");
    return false;
}

static enum code read_range(struct remote_read *r, struct error *why)
{
    struct remote_scan *s = r->scan;
    uint32_t failures = 0, pauses = 0;
    for (;;) {
        uint64_t before = r->parcels;
        *why = (struct error){ .code = OK };
        enum remote_outcome outcome = s->kind->read(s->self, r, r->emitted, why);
        if (outcome == REMOTE_DONE)
            return r->making.bad_count > 0 ? remote_scan_emit(r, NULL, why) : OK;
        forget_parcel(r);
        if (r->parcels > before)
            failures = pauses = 0;
        bool tries =
            outcome == REMOTE_AWAY || (outcome == REMOTE_FAILED && ++failures <= s->max_retries);
        if (!tries || !can_go_on(r, why)) {
            if (!why->message[0])
                error_set(why, E_IO, "could not read from %s", s->place);
            return remote_final_code(why);
        }
        if (!pause_before(r, pauses++))
            return cancelled(why);
    }
}

/* The next range that nobody reads; false: there is none. */
static bool begin_range(struct remote_read *r, enum code *ret, struct error *err)
{
    struct remote_scan *s = r->scan;
    *ret = OK;
    pthread_mutex_lock(&s->gate.lock);
    while (s->next_range < s->range_count && s->ranges[s->next_range].is_read)
        s->next_range++;
    bool has_one = !is_ending(s) && s->next_range < s->range_count;
    if (has_one) {
        r->range = s->next_range++;
        r->emitted = s->ranges[r->range].rows; /* of an earlier run: nobody hands it out yet */
        buf_clear(&r->mark);
        buf_str(&r->mark, buf_view(&s->ranges[r->range].mark));
        *ret = buf_check(&r->mark, err);
    }
    pthread_mutex_unlock(&s->gate.lock);
    return has_one && *ret == OK;
}

static void end_range(struct remote_read *r, enum code code, const struct error *why)
{
    struct remote_scan *s = r->scan;
    pthread_mutex_lock(&s->gate.lock);
    r->waiting_since_us = 0;
    if (code == OK) {
        s->ranges[r->range].is_read = true;
    } else if (s->failed == OK) {
        s->failed = code;
        s->failure = *why;
        pthread_cond_broadcast(&s->gate.changed);
    }
    pthread_mutex_unlock(&s->gate.lock);
}

void *remote_reader_run(void *self)
{
    struct remote_read *r = self;
    struct remote_scan *s = r->scan;
    struct error why = { .code = OK };
    enum code code;
    while (begin_range(r, &code, &why)) {
        code = read_range(r, &why);
        if (code != OK)
            break;
        end_range(r, OK, &why);
    }
    if (code != OK)
        end_range(r, code, &why);
    pthread_mutex_lock(&s->gate.lock);
    s->running--;
    remote_event_set(s->wake_fd);
    pthread_mutex_unlock(&s->gate.lock);
    return NULL;
}
