/* remote_scan.c -- the engine's side of a scan; remote_reader.c is the other one.
 *
 * The arena of a parcel goes with its rows into the arena that they are handed out in. */
#include "remote/remote_scan.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/number.h"
#include "remote/remote_parcel.h"
#include "types/batch.h"

#include <stdio.h>
#include <unistd.h>

/* --- the engine's side --------------------------------------------------------------------- */

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

static bool is_handed_out(const struct remote_scan *s)
{
    return s->out_rows == s->out.row_count && s->out_bad == s->out.bad_count;
}

/* The next parcel, if there is one; a failure is told when all before it is handed out. */
static enum code next_parcel(struct remote_scan *s, enum poll_state *ret_state, struct error *err)
{
    enum code code = OK;
    arena_destroy(s->out.arena);
    s->out = (struct parcel){ 0 };
    s->out_rows = s->out_bad = 0;
    pthread_mutex_lock(&s->gate.lock);
    if (s->count > 0) {
        s->out = s->parcels[s->first];
        s->first = (s->first + 1) % PARCELS_MAX;
        s->count--;
        pthread_cond_signal(&s->gate.changed);
        *ret_state = POLL_MORE;
    } else if (s->failed != OK) {
        code = s->failed;
        if (err)
            *err = s->failure;
    } else {
        *ret_state = s->is_done ? POLL_END : POLL_IDLE;
        if (!s->is_done)
            remote_event_clear(s->wake_fd);
    }
    pthread_mutex_unlock(&s->gate.lock);
    return code;
}

/* The bad rows that lay before the next row to hand out. */
static enum code report_bad(struct remote_scan *s, struct error *err)
{
    while (s->out_bad < s->out.bad_count && s->out.bad[s->out_bad].before <= s->out_rows) {
        const struct scan_bad_row *row = &s->out.bad[s->out_bad++];
        struct bad_row bad = {
            .reason = row->reason,
            .raw = row->raw,
            .place = str_of(s->place),
            .offset = (int64_t)s->handed++,
            .record = UINT32_MAX,
        };
        if (!s->bad_rows)
            return error_set(err, E_DATA, "bad row in %s: " STR_FMT, s->place, STR_ARG(bad.reason));
        TRY(bad_row_report(s->bad_rows, &bad, err));
    }
    return OK;
}

/* A whole parcel gives its arena away; a part of one is copied. */
static enum code hand_out(struct remote_scan *s, struct arena *arena, uint32_t max_rows,
                          struct batch **ret, struct error *err)
{
    struct batch *batch = s->out.batch;
    uint32_t left = s->out.row_count - s->out_rows;
    uint32_t n = MIN(left, max_rows);
    if (s->out_bad < s->out.bad_count) /* not past the next bad row */
        n = MIN(n, s->out.bad[s->out_bad].before - s->out_rows);
    if (n == 0)
        return OK;
    bool is_whole = n == s->out.row_count && s->out_bad == s->out.bad_count;
    if (is_whole && !arena_on_reset(arena, destroy_arena, s->out.arena))
        return error_nomem(err);
    if (is_whole)
        s->out.arena = NULL;
    else if (!(batch = batch_copy_part(arena, batch, s->out_rows, n)))
        return error_nomem(err);
    s->out_rows += n;
    s->handed += n;
    *ret = batch;
    return OK;
}

enum code remote_scan_poll_rows(struct source *base, struct arena *arena, uint32_t max_rows,
                                struct batch **ret, enum poll_state *ret_state, struct error *err)
{
    struct remote_scan *s = (struct remote_scan *)base;
    *ret = NULL;
    *ret_state = POLL_MORE;
    if (is_handed_out(s))
        TRY(next_parcel(s, ret_state, err));
    TRY(report_bad(s, err));
    return hand_out(s, arena, max_rows, ret, err);
}

int remote_scan_wake_fd(struct source *base)
{
    return ((struct remote_scan *)base)->wake_fd;
}

uint32_t remote_scan_split_count(struct source *base)
{
    (void)base;
    return 1;
}

struct str remote_scan_split_name(struct source *base, uint32_t split)
{
    (void)split;
    return ((struct remote_scan *)base)->split;
}

int32_t remote_scan_split_partition(struct source *base, uint32_t split)
{
    (void)base;
    (void)split;
    return 0;
}

enum code remote_scan_tell(struct source *base, struct arena *arena, struct split_position **ret,
                           uint32_t *ret_count, struct error *err)
{
    struct remote_scan *s = (struct remote_scan *)base;
    struct split_position *position = arena_new(arena, struct split_position);
    char *text = arena_printf(arena, "%llu", (unsigned long long)s->handed);
    struct str split = arena_str(arena, s->split);
    if (!position || !text || !split.data)
        return error_nomem(err);
    *position = (struct split_position){ .split = split, .position = str_of(text) };
    *ret = position;
    *ret_count = 1;
    return OK;
}

void remote_scan_status(struct source *base, struct source_status *ret)
{
    struct remote_scan *s = (struct remote_scan *)base;
    pthread_mutex_lock(&s->gate.lock);
    *ret = (struct source_status){
        .lag_rows = -1,
        .waiting_for = s->waiting_since_us != 0 ? s->place : NULL,
        .waiting_since_us = s->waiting_since_us,
    };
    pthread_mutex_unlock(&s->gate.lock);
}

/* --- opening and closing ------------------------------------------------------------------- */

void remote_scan_close(struct source *base)
{
    struct remote_scan *s = (struct remote_scan *)base;
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
    for (uint32_t i = 0; i < s->count; i++)
        arena_destroy(s->parcels[(s->first + i) % PARCELS_MAX].arena);
    arena_destroy(s->making.arena);
    arena_destroy(s->out.arena);
    remote_gate_done(&s->gate);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    mem_free((char *)s->split.data);
    mem_free(s->place);
    mem_free(s);
}

static enum code read_position(struct remote_scan *s, const struct source_open *open,
                               struct error *err)
{
    int64_t rows = 0;
    if (open->resume_count == 0 || !s->resumes)
        return OK;
    struct str position = open->resume[0].position;
    if (!number_parse_i64(position.data, position.size, &rows) || rows < 0)
        return error_set(err, E_DATA, "position \"" STR_FMT "\" is no number of rows",
                         STR_ARG(position));
    s->emitted = s->handed = (uint64_t)rows;
    return OK;
}

static enum code start(struct remote_scan *s, const struct remote_scan_settings *settings,
                       const struct source_open *open, struct error *err)
{
    size_t place_size = strlen(s->kind->system) + settings->endpoint.size + 2;
    char *split = mem_alloc(settings->split.size + 1);
    s->split = str_make(split, settings->split.size);
    s->place = mem_alloc(place_size);
    if (!split || !s->place)
        return error_nomem(err);
    memcpy(split, settings->split.data, settings->split.size);
    snprintf(s->place, place_size, "%s " STR_FMT, s->kind->system, STR_ARG(settings->endpoint));
    TRY(read_position(s, open, err));
    TRY(remote_event_create(&s->wake_fd, err));
    TRY(remote_thread_start(&s->thread, s->kind->system, "scan", remote_reader_run, s, err));
    s->is_running = true;
    return OK;
}

enum code remote_scan_create(const struct source_kind *base, const struct remote_scan_kind *kind,
                             void *self, const struct remote_scan_settings *settings,
                             const struct source_open *open, struct source **ret, struct error *err)
{
    struct remote_scan *s = mem_zalloc(sizeof *s);
    if (!s) {
        kind->destroy(self);
        return error_nomem(err);
    }
    s->base.kind = base;
    s->kind = kind;
    s->self = self;
    s->max_retries = settings->max_retries;
    s->resumes = settings->resumes;
    s->goes_on = settings->goes_on;
    s->bad_rows = open->bad_rows;
    s->wake_fd = -1;
    remote_gate_init(&s->gate);
    enum code code = start(s, settings, open, err);
    if (code != OK) {
        remote_scan_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}
