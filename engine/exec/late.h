/* late.h -- rows that come when their window is over: counted, and sent to the source's
 * late table if it has one ('late-table'). */
#pragma once

#include "exec/bad_rows.h"
#include "exec/op.h"

/* Of one source on one worker. */
struct late_route {
    struct late_route *next;
    const struct plan_scan *scan;
    struct bad_row_policy policy; /* routes; shows nothing */
};

/* Rows of a batch (sel NULL: i) that came on a port after the window that ends at end_us (wall
 * clock).  They are counted for the first source below. */
enum code op_late(struct op *op, uint32_t port, const struct batch *in, const uint32_t *sel,
                  uint32_t n, int64_t end_us, struct error *err) WEIR_CHECKED;
/* The same where it is not a window that is over. */
enum code op_late_because(struct op *op, uint32_t port, const struct batch *in,
                          const uint32_t *sel, uint32_t n, struct str reason, struct error *err)
    WEIR_CHECKED;
