/* op_window.h -- inside of the operator of TUMBLE, HOP, CUMULATE and attached windows. */
#pragma once

#include "exec/op/window_groups.h"

struct op_window {
    struct op base;
    const struct plan_window *plan;
    struct window_times times;
    struct window_groups groups;
    struct slices open;      /* or, if not `merges`, open windows */
    struct slices totals;    /* CUMULATE that merges: by the end of the longest window */
    bool merges;             /* windows are put together of slices */
    bool copies;             /* a row goes into several windows at once */
    int64_t time_us;         /* watermark, or clock */
    int64_t boundary_us;     /* the next cut: a window that may be open ends there */
};

enum code window_barrier(struct op *base, uint32_t port, const struct barrier *barrier,
                         struct error *err);
enum code window_restore(struct op *base, struct state_reader *reader, struct error *err);
/* After time or the open windows have changed. `ends`: windows of rows that are under way. */
void window_set_boundary(struct op_window *op, const int64_t *ends, uint32_t from, uint32_t n);
void window_set_due(struct op_window *op);
