/* clock.h -- the one source of time.  Engine code never calls the system clock
 * itself, so tests and `--set weir.clock=...` own it. */
#pragma once

#include "base/base.h"

struct clock {
    bool standing;       /* if so, standing_us is the answer to clock_now_us() */
    int64_t standing_us; /* microseconds since 1970-01-01T00:00:00Z */
};

/* Wall time in microseconds since the epoch. */
int64_t clock_now_us(const struct clock *clock);
/* Never goes back; for intervals, progress and back-off.  Real even when the clock stands. */
int64_t clock_monotonic_us(void);
/* The same in nanoseconds, for the time of single calls. */
int64_t clock_monotonic_ns(void);
/* Of the calling thread: its processor time. */
int64_t clock_thread_cpu_us(void);
/* User plus system time of all threads of the process. */
int64_t clock_cpu_us(void);
