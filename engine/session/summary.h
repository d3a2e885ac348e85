/* summary.h -- what a run says of itself: the line while it goes on, the lines at its end. */
#pragma once

#include "base/str.h"
#include "exec/exec.h"

struct summary {
    int64_t wall_us;
    int64_t cpu_us;
    int64_t rss_kb; /* the most that was resident */
    uint32_t workers;
    const char *workers_reason; /* NULL: no word about them */
};

/* Most resident memory of the process so far, in KiB. */
int64_t summary_rss_kb(void);

void summary_put_text(struct buf *out, const struct exec_stats *stats,
                      const struct summary *summary);
void summary_put_json(struct buf *out, const struct exec_stats *stats,
                      const struct summary *summary);

/* The progress line: rates are of the time since the last one. */
struct progress {
    int64_t begun_us; /* monotonic */
    int64_t last_us;
    uint64_t last_rows;
    int64_t last_lag_rows; /* -1: unknown */
    double rate;           /* rows a second, smoothed */
    double catch_up;       /* rows of lag fewer a second, smoothed */
    uint32_t workers;
};

void progress_begin(struct progress *progress, uint32_t workers, int64_t now_us);
/* `columns` is the width of the terminal; the line never wraps. */
void progress_put(struct progress *progress, struct buf *out, const struct exec_stats *stats,
                  const struct zone *zone, int64_t now_us, uint32_t columns);
