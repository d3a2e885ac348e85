/* metrics.h -- a job's counters in the text form of Prometheus (version 0.0.4).
 *
 * Names end in their unit (_bytes, _seconds, _rows) and, for what only grows, in _total; times are
 * seconds since the epoch.  What is not known (a lag, a watermark) has no sample.  Every sample has
 * the label job; sources and sinks have table, operators have operator ("group#5"). */
#pragma once

#include "base/str.h"
#include "exec/view.h"

struct metrics_job {
    struct str name, file, version;
    int64_t begun_us;     /* wall clock */
    int64_t memory_bytes; /* resident; -1: not known */
    bool is_stopping;
};

/* `view` is NULL while the job opens its tables. */
void metrics_put(struct buf *out, const struct metrics_job *job, const struct exec_view *view);

/* Resident memory of the process, -1: it cannot be told. */
int64_t metrics_memory_bytes(void);
