/* fn_time_pattern.h -- patterns and time zones of a call: compiled when the statement is
 * bound where they are literals, else when they change from row to row.
 *
 * Used by fn_time_format.c (to text) and fn_time_read.c (from text). */
#pragma once

#include "expr/fn_time.h"
#include "types/datefmt_java.h"

enum { FORMAT_ZONES_MAX = 2, FORMAT_PATTERNS_MAX = 2 };

/* A pattern or zone of a call: fixed at bind time, or the argument to take it from. */
struct format_pattern {
    const struct datefmt *fmt; /* NULL: from the argument, or wrong */
    bool wrong;                /* Blink: every row is NULL */
    bool is_default;           /* yyyy-MM-dd HH:mm:ss, which has a faster reader */
    uint32_t arg;
    enum datefmt_style style;
    int64_t unit_us; /* the text is the same for all of such a unit of local time; 0: not
                                  known */
};

struct format_zone {
    const struct zone *zone; /* NULL: from the argument */
    uint32_t arg;
};

struct format_state {
    struct format_pattern patterns[FORMAT_PATTERNS_MAX]; /* from, to */
    struct format_zone zones[FORMAT_ZONES_MAX];
    bool blink;
    int32_t precision;
};

/* The patterns and zones of the current row. */
struct format_run {
    struct eval *cx;
    const struct kernel_call *call;
    const struct format_state *state;
    struct {
        struct str text; /* of the compiled one */
        const struct datefmt *fmt;
        bool seen;
    } patterns[FORMAT_PATTERNS_MAX];
    struct {
        struct str name;
        const struct zone *zone;
        struct zone_cursor cursor;
        bool seen;
    } zones[FORMAT_ZONES_MAX];
};

static inline struct format_run format_run(struct eval *cx, const struct kernel_call *call)
{
    return (struct format_run){ .cx = cx, .call = call, .state = call->state };
}

/* NULL in *ret: the pattern is wrong. */
enum code format_run_pattern(struct format_run *run, uint32_t which, uint32_t row,
                             const struct datefmt **ret, struct error *err) WEIR_CHECKED;
/* The zone, and a cursor for it. */
enum code format_run_zone(struct format_run *run, uint32_t which, uint32_t row,
                          const struct zone **ret, struct zone_cursor **ret_cursor,
                          struct error *err) WEIR_CHECKED;
/* A text of argument 0, read with pattern 0 in zone 0; *ret_local is false: it is an instant. */
enum code format_next_text(struct format_run *run, uint32_t row, bool *ret_ok, bool *ret_local,
                           int64_t *ret_us, struct error *err) WEIR_CHECKED;

/* For resolve functions.  The state starts with the session's zone in both places. */
enum code format_state_make(struct call *call, struct format_state **ret,
                            struct error *err) WEIR_CHECKED;
/* The pattern that nobody wrote: yyyy-MM-dd HH:mm:ss */
enum code format_default_pattern(struct call *call, struct format_state *state, uint32_t which,
                                 enum datefmt_style style, struct error *err) WEIR_CHECKED;
enum code format_pattern_arg(struct call *call, struct format_state *state, uint32_t which,
                             uint32_t arg, enum datefmt_style style,
                             struct error *err) WEIR_CHECKED;
enum code format_zone_arg(struct call *call, struct format_state *state, uint32_t which,
                          uint32_t arg, struct error *err) WEIR_CHECKED;
