/* remote_scan.c -- the engine's side of a scan; remote_reader.c is the other one, remote_position.c
 * what snapshots hold.
 *
 * The arena of a parcel goes with its rows into the arena that they are handed out in. */
#include "remote/remote_scan.h"

#include "base/arena.h"
#include "base/memory.h"
#include "remote/remote_parcel.h"
#include "types/batch.h"

#include <stdio.h>
#include <unistd.h>

#define MARK_BYTES_MAX (UINT64_C(16) << 20)

/* --- the engine's side --------------------------------------------------------------------- */

static void destroy_arena(void *arena)
{
    arena_destroy(arena);
}

static bool is_handed_out(const struct remote_scan *s)
{
    return s->out_rows == s->out.row_count && s->out_bad == s->out.bad_count;
}

/* Rows are counted from its mark on. */
static enum code begin_parcel(struct remote_scan *s, struct error *err)
{
    struct scan_range *range = &s->ranges[s->out.range];
    if (!s->out.mark.data)
        return OK;
    buf_clear(&range->mark);
    buf_str(&range->mark, s->out.mark);
    range->rows = 0;
    return buf_check(&range->mark, err);
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
        s->ranges[s->out.range].waiting--;
        pthread_cond_broadcast(&s->gate.changed);
        *ret_state = POLL_MORE;
        code = begin_parcel(s, err);
    } else if (s->failed != OK) {
        code = s->failed;
        if (err)
            *err = s->failure;
    } else {
        *ret_state = s->running == 0 ? POLL_END : POLL_IDLE;
        if (s->running > 0)
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
            .offset = (int64_t)s->ranges[s->out.range].rows++,
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
    s->ranges[s->out.range].rows += n;
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
    struct str split = arena_str(arena, s->split);
    if (!position || !split.data)
        return error_nomem(err);
    position->split = split;
    TRY(remote_position_write(s, arena, &position->position, err));
    *ret = position;
    *ret_count = 1;
    return OK;
}

/* With the lock held: of the read that has waited for the longest; 0: none does. */
static int64_t waiting_since(const struct remote_scan *s)
{
    int64_t since_us = 0;
    for (uint32_t i = 0; i < s->lane_count; i++) {
        int64_t one_us = s->reads[i].waiting_since_us;
        if (one_us != 0 && (since_us == 0 || one_us < since_us))
            since_us = one_us;
    }
    return since_us;
}

void remote_scan_status(struct source *base, struct source_status *ret)
{
    struct remote_scan *s = (struct remote_scan *)base;
    pthread_mutex_lock(&s->gate.lock);
    int64_t since_us = waiting_since(s);
    *ret = (struct source_status){
        .lag_rows = -1,
        .waiting_for = since_us != 0 ? s->place : NULL,
        .waiting_since_us = since_us,
    };
    pthread_mutex_unlock(&s->gate.lock);
}

/* --- opening and closing ------------------------------------------------------------------- */

static void destroy_reads(struct remote_scan *s)
{
    for (uint32_t i = 0; s->reads && i < s->lane_count; i++) {
        arena_destroy(s->reads[i].making.arena);
        buf_done(&s->reads[i].mark);
    }
    for (uint32_t i = 0; s->ranges && i < s->range_count; i++)
        buf_done(&s->ranges[i].mark);
    mem_free(s->reads);
    mem_free(s->ranges);
}

void remote_scan_close(struct source *base)
{
    struct remote_scan *s = (struct remote_scan *)base;
    if (!s)
        return;
    pthread_mutex_lock(&s->gate.lock);
    s->is_closing = true;
    pthread_cond_broadcast(&s->gate.changed);
    pthread_mutex_unlock(&s->gate.lock);
    if (s->started > 0)
        s->kind->interrupt(s->self);
    for (uint32_t i = 0; i < s->started; i++)
        pthread_join(s->reads[i].thread, NULL);
    s->kind->destroy(s->self);
    for (uint32_t i = 0; i < s->count; i++)
        arena_destroy(s->parcels[(s->first + i) % PARCELS_MAX].arena);
    arena_destroy(s->out.arena);
    destroy_reads(s);
    remote_gate_done(&s->gate);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    mem_free((char *)s->split.data);
    mem_free((char *)s->parted_by.data);
    mem_free(s->place);
    mem_free(s);
}

static enum code copy(struct str text, struct str *ret, struct error *err)
{
    char *data = mem_alloc(text.size + 1);
    if (!data)
        return error_nomem(err);
    if (text.size > 0)
        memcpy(data, text.data, text.size);
    *ret = str_make(data, text.size);
    return OK;
}

static enum code make_reads(struct remote_scan *s, const struct remote_scan_settings *settings,
                            struct error *err)
{
    s->range_count = MAX(settings->ranges, 1);
    s->lane_count = MIN(MAX(settings->lanes, 1), s->range_count);
    s->ranges = mem_zalloc(s->range_count * sizeof *s->ranges);
    s->reads = mem_zalloc(s->lane_count * sizeof *s->reads);
    if (!s->ranges || !s->reads)
        return error_nomem(err);
    for (uint32_t i = 0; i < s->range_count; i++)
        buf_init(&s->ranges[i].mark, MARK_BYTES_MAX);
    for (uint32_t i = 0; i < s->lane_count; i++) {
        s->reads[i] = (struct remote_read){ .scan = s, .lane = i };
        buf_init(&s->reads[i].mark, MARK_BYTES_MAX);
    }
    return OK;
}

static enum code start_reads(struct remote_scan *s, struct error *err)
{
    s->running = s->lane_count;
    for (uint32_t i = 0; i < s->lane_count; i++) {
        TRY(remote_thread_start(&s->reads[i].thread, s->kind->system, "scan", remote_reader_run,
                                &s->reads[i], err));
        s->started++;
    }
    return OK;
}

static enum code start(struct remote_scan *s, const struct remote_scan_settings *settings,
                       const struct source_open *open, struct error *err)
{
    size_t place_size = strlen(s->kind->system) + settings->endpoint.size + 2;
    TRY(make_reads(s, settings, err));
    TRY(copy(settings->split, &s->split, err));
    TRY(copy(settings->parted_by, &s->parted_by, err));
    s->place = mem_alloc(place_size);
    if (!s->place)
        return error_nomem(err);
    snprintf(s->place, place_size, "%s " STR_FMT, s->kind->system, STR_ARG(settings->endpoint));
    if (open->resume_count > 0 && str_eq(open->resume[0].split, s->split))
        TRY(remote_position_read(s, open->resume[0].position, err));
    TRY(remote_event_create(&s->wake_fd, err));
    return start_reads(s, err);
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
