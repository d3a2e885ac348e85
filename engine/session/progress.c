/* progress.c -- the line at the bottom of the terminal; see summary.h.
 *
 *     12 s | 2 workers | 1204 rows/s | 98k rows | 3400 behind, 5 s to catch up | 2 skipped |
 *     watermark 2020-08-06 16:35:49
 *
 * Quiet is not the same as stuck: what is waited for, and since when, comes first. */
#include "session/summary.h"

#include "base/utf8.h"
#include "types/time.h"
#include "types/zone.h"

#include <inttypes.h>

enum { US_PER_S = 1000000 };

static const double SMOOTH = 0.4; /* weight of the newest rate */

void progress_begin(struct progress *progress, uint32_t workers, int64_t now_us)
{
    *progress = (struct progress){
        .begun_us = now_us, .last_us = now_us, .last_lag_rows = -1, .workers = workers
    };
}

static void put_count(struct buf *out, double value)
{
    if (value >= 1e9)
        buf_printf(out, "%.1fG", value / 1e9);
    else if (value >= 1e6)
        buf_printf(out, "%.1fM", value / 1e6);
    else if (value >= 1e4)
        buf_printf(out, "%.1fk", value / 1e3);
    else
        buf_printf(out, "%.0f", value);
}

static void put_duration(struct buf *out, double seconds)
{
    if (seconds >= 172800)
        buf_printf(out, "%.0f d", seconds / 86400);
    else if (seconds >= 7200)
        buf_printf(out, "%.1f h", seconds / 3600);
    else if (seconds >= 120)
        buf_printf(out, "%.0f min", seconds / 60);
    else
        buf_printf(out, "%.0f s", seconds);
}

static void put_waiting(struct buf *out, const char *what, int64_t since_us, int64_t now_us)
{
    if (!what)
        return;
    buf_printf(out, " | waiting for %s", what);
    if (since_us > 0 && since_us <= now_us) {
        buf_text(out, " since ");
        put_duration(out, (double)(now_us - since_us) / US_PER_S);
    }
}

static void put_watermark(struct buf *out, int64_t watermark_us, const struct zone *zone)
{
    if (!time_us_in_range(watermark_us))
        return;
    char text[TIME_TEXT_MAX];
    int64_t local = zone_utc_to_local_us(zone ? zone : zone_utc, NULL, watermark_us);
    size_t n = time_print_timestamp(local, 0, TIME_FRACTION_TRIMMED, ' ', text);
    buf_text(out, " | watermark ");
    buf_put(out, text, n);
}

static void put_lag(struct progress *p, struct buf *out, int64_t lag_rows, double seconds)
{
    if (lag_rows < 0)
        return;
    if (p->last_lag_rows >= 0 && seconds > 0) {
        double rate = (double)(p->last_lag_rows - lag_rows) / seconds;
        p->catch_up += SMOOTH * (rate - p->catch_up);
    }
    p->last_lag_rows = lag_rows;
    buf_text(out, " | ");
    put_count(out, (double)lag_rows);
    buf_text(out, " behind");
    if (lag_rows > 0 && p->catch_up > 0.5) {
        buf_text(out, ", ");
        put_duration(out, (double)lag_rows / p->catch_up);
        buf_text(out, " to catch up");
    }
}

void progress_put(struct progress *p, struct buf *out, const struct exec_stats *stats,
                  const struct zone *zone, int64_t now_us, uint32_t columns)
{
    uint64_t rows = 0, skipped = 0, late = 0;
    int64_t lag_rows = -1;
    int64_t watermark_us = INT64_MAX;
    for (uint32_t i = 0; i < stats->source_count; i++) {
        const struct exec_source_stats *s = &stats->sources[i];
        rows += s->rows;
        skipped += s->skipped;
        late += s->late;
        if (s->lag_rows >= 0)
            lag_rows = MAX(lag_rows, 0) + s->lag_rows;
        if (!s->ended && s->watermark_us != INT64_MIN)
            watermark_us = MIN(watermark_us, s->watermark_us);
    }
    double seconds = (double)(now_us - p->last_us) / US_PER_S;
    if (seconds > 0) {
        double rate = (double)(rows - p->last_rows) / seconds;
        p->rate = p->last_us == p->begun_us ? rate : p->rate + SMOOTH * (rate - p->rate);
    }
    size_t begin = out->size;
    put_duration(out, (double)(now_us - p->begun_us) / US_PER_S);
    if (p->workers > 1)
        buf_printf(out, " | %u workers", p->workers);
    for (uint32_t i = 0; i < stats->source_count; i++)
        put_waiting(out, stats->sources[i].waiting_for, stats->sources[i].waiting_since_us, now_us);
    for (uint32_t i = 0; i < stats->sink_count; i++)
        put_waiting(out, stats->sinks[i].waiting_for, stats->sinks[i].waiting_since_us, now_us);
    put_waiting(out, stats->lookup.waiting_for, stats->lookup.waiting_since_us, now_us);
    buf_text(out, " | ");
    put_count(out, p->rate);
    buf_text(out, " rows/s | ");
    put_count(out, (double)rows);
    buf_text(out, " rows");
    put_lag(p, out, lag_rows, seconds);
    if (skipped > 0)
        buf_printf(out, " | %" PRIu64 " skipped", skipped);
    if (late > 0)
        buf_printf(out, " | %" PRIu64 " late", late);
    put_watermark(out, watermark_us, zone);
    p->last_us = now_us;
    p->last_rows = rows;
    /* One column is left free: a full line makes some terminals wrap. */
    if (columns > 1 && !out->failed) {
        struct str line = str_make(out->data + begin, out->size - begin);
        size_t end = 0, width = 0;
        while (end < line.size) {
            uint32_t c;
            size_t n = utf8_decode(line.data + end, line.size - end, &c);
            width += utf8_code_point_width(c);
            if (width > columns - 1)
                break;
            end += n;
        }
        out->size = begin + end;
    }
}
