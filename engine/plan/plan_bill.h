/* plan_bill.h -- what an operator keeps, what that costs, and what bounds it: EXPLAIN's
 * `state=[...]`, the sum of `--keys`, and the warnings about state that grows for ever.
 *
 * An operator's state has parts: its groups, the distinct values below them, the rows of each
 * side of a join.  A part is `times` rows (or, with `more`, any number) for every distinct value
 * of some columns.  Bytes come from the layouts of the state tables (state/size.h); texts count
 * as many bytes as said there. */
#pragma once

#include "plan/plan.h"

enum bill_bound {
    BILL_FOR_EVER, /* grows with the values of its columns */
    BILL_FIXED,    /* so many rows, whatever comes */
    BILL_TTL,      /* rows go bound_us after their last change */
    BILL_TIME,     /* rows go with event time: bound_us is how long they stay, 0: until it passes */
    BILL_CLOCK,    /* the same with processing time */
    BILL_INPUT,    /* grows until the input ends, which it does */
    BILL_MOST,     /* at most `most` rows: what was not asked for longest goes */
    BILL_TABLE,    /* as many as an outside table has */
};

enum { BILL_PARTS_MAX = 6, BILL_COLUMNS_MAX = 32 };

struct bill_part {
    const char *noun;         /* "row", "distinct value", "left row": one of what is kept */
    const struct plan *input; /* whose columns these are */
    uint32_t columns[BILL_COLUMNS_MAX];
    uint32_t column_count; /* 0: for all rows together */
    uint32_t output;       /* the node's output begins with its first `output` columns */
    uint64_t times;        /* at most so many each */
    bool more;             /* no telling how many: at least one */
    bool by_window;        /* `times` open windows, each with its own */
    uint64_t bytes;        /* of one */
    uint64_t most;         /* of all together; 0: no limit */
    bool is_cache;         /* a start from a snapshot begins without it */
    enum bill_bound bound;
    int64_t bound_us;
};

struct plan_bill {
    const struct plan_job *job; /* for the names that columns have where they are read */
    const struct plan *node;
    struct bill_part parts[BILL_PARTS_MAX];
    uint32_t part_count; /* 0: it keeps nothing that grows with the data */
};

/* False when out of memory. */
bool plan_bill(struct arena *arena, const struct plan_job *job, const struct plan *node,
               struct plan_bill *ret) WEIR_CHECKED;
/* Is there a part that grows for ever? */
bool plan_bill_is_unbounded(const struct plan_bill *bill);

/* "a row per user_id, ~72 B; unbounded: grows with distinct user_id" */
void plan_bill_print(struct buf *out, const struct plan_bill *bill);
/* The parts that grow for ever: "a row per user_id, ~72 B". */
void plan_bill_print_unbounded(struct buf *out, const struct plan_bill *bill);
/* Column i of a part by its name, or the name it gets, or its expression. */
void plan_bill_print_column(struct buf *out, const struct plan_bill *bill,
                            const struct bill_part *part, uint32_t i);
/* "144 MB", "72 B"; "2.5 million" is for others. */
void plan_print_bytes(struct buf *out, double bytes);
/* "5 s", "10 min", "1 d", "1500 ms" */
void plan_print_time(struct buf *out, int64_t us);

/* ---- --keys: how many distinct values columns have ---- */

struct plan_keys {
    struct str column;
    double count;
    bool used; /* set by plan_bill_sum() */
};

/* The sum over all operators (without keys: what there is of each), as lines of text, or, with
 * `as_json`, as the members "operators" and "bytes" of an object.  A name that no operator keeps
 * state by is an error with the nearest one. */
enum code plan_bill_sum(struct buf *out, const struct plan_job *job, struct plan_keys *keys,
                        uint32_t key_count, bool as_json, struct error *err) WEIR_CHECKED;
