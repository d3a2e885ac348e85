/* live.h -- what a terminal shows while a query runs, at its bottom: the result so far of a
 * `table`, page by page; on demand what each operator has done; a line on how far the job is; the
 * keys.
 *
 * Without a terminal, or where rows are printed as they come, it is the line alone. */
#pragma once

#include "session/session_core.h"
#include "session/summary.h"

struct live {
    struct session *session;
    struct renderer *renderer; /* NULL: no result is kept */
    const struct zone *zone;
    struct progress progress;
    int64_t begun_us, drawn_us; /* monotonic */
    int64_t interval_us;        /* between two drawings */
    bool has_keys;
    bool is_behind;      /* in the background */
    bool counts;         /* operators are shown */
    int64_t counting_us; /* since when */
    uint32_t result;     /* which of several is shown */
    uint64_t first;      /* row at the top */
    uint32_t page;       /* rows shown; 0: not drawn yet */
    uint32_t column;     /* shown first */
    bool has_more;       /* columns behind those that are shown */
    bool at_end;         /* the last page, whatever comes */
};

/* `workers` for the line.  Terminal keys are taken from the first drawing until live_end(). */
void live_begin(struct live *live, struct session *s, struct renderer *renderer, bool keeps_table,
                const struct zone *zone, uint32_t workers);
/* False: nothing is, and what a job waits for has to be said otherwise.  Without colours a table is
 * shown, which is a result, but no line that is none. */
bool live_is_shown(const struct live *live);
/* How often live_progress() should be called. */
int64_t live_interval_ms(const struct live *live);
void live_progress(struct live *live, const struct exec_stats *stats);
/* Takes all of it away; once more does nothing. */
void live_end(struct live *live);
