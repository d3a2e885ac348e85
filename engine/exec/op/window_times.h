/* window_times.h -- which windows a time is in, and when they are over.
 *
 * Bounds are wall-clock times (of the session zone for instants, else the times
 * themselves), watermarks are instants.  A window is over when the watermark reaches its
 * last millisecond.  TUMBLE, HOP and CUMULATE windows all end on one grid; a slice is
 * the largest stretch that every window has either all of or nothing of.  Times in
 * microseconds, ends exclusive. */
#pragma once

#include "plan/plan.h"
#include "types/zone.h"

struct window_times {
    const struct window_spec *spec;
    const struct zone *zone;        /* NULL: bounds are times as they are */
    bool has_dst;
    int64_t slice_us;               /* length of a slice */
    int64_t period_us, phase_us;    /* windows end at phase + n * period */
    struct zone_cursor to_local, to_utc;
};

void window_times_init(struct window_times *w, const struct window_spec *spec,
                       const struct zone *zone);

/* Wall-clock time of an instant, and back (a time that occurs twice: the first). */
int64_t window_local(struct window_times *w, int64_t instant_us);
int64_t window_instant(struct window_times *w, int64_t local_us);
/* The watermark at which a window with this end is over. */
int64_t window_fire(struct window_times *w, int64_t end_us);

/* The end of the slice that a wall-clock time is in. */
int64_t window_slice_end(const struct window_times *w, int64_t local_us);
/* Ends of the first and the last window that have the slice; false: none has it (HOP with gaps). */
bool window_range(const struct window_times *w, int64_t slice_end_us, int64_t *ret_first,
                  int64_t *ret_last);
/* Start of the window with this end. */
int64_t window_start(const struct window_times *w, int64_t end_us);
/* The end of the first window that is not over at this watermark (WATERMARK_NONE: any is). */
int64_t window_next(struct window_times *w, int64_t watermark_us);

/* Slice ends of the times of n rows (sel NULL: i): microseconds; *ret_same: all in one slice. */
void window_assign(struct window_times *w, const struct column *time, const uint32_t *sel,
                   uint32_t n, int64_t *ret_ends, bool *ret_same);
