/* window_times.c -- see window_times.h.
 *
 * Where the clocks are set, windows follow the wall clock: the hour that does not exist
 * has no windows, and a window of the hour that comes twice is over after its second
 * time (as Flink's TimeWindowUtil has it). */
#include "exec/op/window_times.h"

#include "exec/op.h"
#include "types/time.h"

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Does the zone still set its clocks?  Its rule for the far future says so. */
static bool sets_clocks(const struct zone *zone)
{
    int32_t offset_s;
    if (zone_is_fixed(zone, &offset_s))
        return false;
    struct zone_cursor cursor = { 0 };
    for (int32_t month = 1; month <= 12; month++) {
        int64_t us = (int64_t)time_days_of(2100, month, 1) * TIME_US_PER_DAY;
        zone_offset_at_utc_us(zone, &cursor, us);
        if (cursor.is_dst)
            return true;
    }
    return false;
}

void window_times_init(struct window_times *w, const struct window_spec *spec,
                       const struct zone *zone)
{
    *w = (struct window_times){ .spec = spec };
    int32_t offset_s;
    bool is_utc = zone && zone_is_fixed(zone, &offset_s) && offset_s == 0;
    w->zone = spec->in_zone && !is_utc ? zone : NULL;
    w->has_dst = w->zone && sets_clocks(w->zone);
    w->period_us = spec->kind == WINDOW_HOP || spec->kind == WINDOW_CUMULATE ? spec->step_us
                                                                           : spec->size_us;
    if (spec->kind == WINDOW_ATTACHED || spec->kind == WINDOW_SESSION)
        w->period_us = TIME_US_PER_MS;
    w->slice_us = spec->kind == WINDOW_HOP ? gcd(spec->size_us, spec->step_us) : w->period_us;
    w->phase_us = time_floor_mod(spec->offset_us + (spec->kind == WINDOW_HOP ? spec->size_us : 0),
                                 w->period_us);
}

int64_t window_local(struct window_times *w, int64_t instant_us)
{
    return w->zone ? zone_utc_to_local_us(w->zone, &w->to_local, instant_us) : instant_us;
}

int64_t window_instant(struct window_times *w, int64_t local_us)
{
    return w->zone ? zone_local_to_utc_us(w->zone, &w->to_utc, local_us, ZONE_EARLIER) : local_us;
}

int64_t window_fire(struct window_times *w, int64_t end_us)
{
    int64_t last = end_us - TIME_US_PER_MS;
    int64_t t1 = window_instant(w, last);
    if (!w->has_dst)
        return t1;
    int64_t t2 = window_instant(w, last + TIME_US_PER_HOUR);
    if (t1 == t2) /* the wall clock skips it: over where it goes on */
        return t1 - t1 % TIME_US_PER_HOUR;
    return t2 - t1 > TIME_US_PER_HOUR ? t1 + TIME_US_PER_HOUR : t1;
}

int64_t window_slice_end(const struct window_times *w, int64_t local_us)
{
    int64_t phase = w->spec->offset_us % w->slice_us;
    return local_us - time_floor_mod(local_us - phase, w->slice_us) + w->slice_us;
}

/* The first grid point at or behind a time. */
static int64_t grid_from(const struct window_times *w, int64_t us)
{
    int64_t over = time_floor_mod(us - w->phase_us, w->period_us);
    return over == 0 ? us : us + w->period_us - over;
}

int64_t window_start(const struct window_times *w, int64_t end_us)
{
    int64_t size = w->spec->size_us;
    if (w->spec->kind == WINDOW_CUMULATE)
        return end_us - 1 - time_floor_mod(end_us - 1 - w->spec->offset_us, size);
    return end_us - size;
}

bool window_range(const struct window_times *w, int64_t slice_end_us, int64_t *ret_first,
                  int64_t *ret_last)
{
    *ret_first = grid_from(w, slice_end_us);
    switch (w->spec->kind) {
    case WINDOW_HOP:
        *ret_last = grid_from(w, slice_end_us + w->spec->size_us) - w->period_us;
        return *ret_last >= *ret_first;
    case WINDOW_CUMULATE:
        *ret_last = window_start(w, slice_end_us) + w->spec->size_us;
        return true;
    default:
        *ret_last = *ret_first;
        return true;
    }
}

int64_t window_next(struct window_times *w, int64_t watermark_us)
{
    if (!time_us_in_range(watermark_us))
        return watermark_us < 0 ? INT64_MIN : INT64_MAX;
    int64_t end = grid_from(w, window_local(w, watermark_us) + TIME_US_PER_MS);
    while (window_fire(w, end) <= watermark_us)
        end += w->period_us;
    while (w->has_dst && window_fire(w, end - w->period_us) > watermark_us)
        end -= w->period_us;
    return end;
}

void window_assign(struct window_times *w, const struct column *time, const uint32_t *sel,
                   uint32_t n, int64_t *ret_ends, bool *ret_same)
{
    const int64_t *times = time->values;
    int64_t from = 0, end = 0;
    uint64_t length = 0; /* [from, from + length) is in the slice that ends at `end` */
    bool same = true;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = times[(sel ? sel[i] : i) & time->mask];
        if (unlikely((uint64_t)t - (uint64_t)from >= length)) {
            int64_t offset = window_local(w, t) - t;
            int64_t before = end;
            end = window_slice_end(w, t + offset);
            from = end - w->slice_us - offset;
            int64_t to = end - offset;
            if (w->zone) { /* as long as the offset stays */
                from = MAX(from, w->to_local.from_us);
                to = MIN(to, w->to_local.to_us);
            }
            length = (uint64_t)to - (uint64_t)from;
            same = same && (i == 0 || before == end);
        }
        ret_ends[i] = end;
    }
    *ret_same = same;
}
