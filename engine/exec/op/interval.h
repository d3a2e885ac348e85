/* interval.h -- inside of the interval join: its sides, and when a row's time is over. */
#pragma once

#include "exec/op/join_pairs.h"
#include "state/bag.h"

struct interval_timed {
    int64_t time_us;
    struct bag_item *item;
};

struct interval_side {
    struct state_bag *bag;
    const struct state_layout *layout;
    uint32_t width;
    uint32_t time;        /* column */
    int64_t keep_us;      /* a row is over when time has passed its own by more than this */
    bool outer;           /* rows that never matched leave padded; item->degree: it matched */
    uint64_t alone;       /* of an outer side: items that have not matched yet */
    struct column **keys; /* of the batch under way */
    struct interval_timed *heap; /* all items, the earliest first */
    size_t count, cap;
};

/* Time moves within a batch. */
struct interval_move {
    uint32_t at;     /* before this one of the selected rows */
    int64_t time_us;
    uint32_t cause;  /* see struct worker */
};

/* Rows of a batch that are still to be taken. */
struct interval_input {
    struct interval_input *next;
    struct arena *arena;   /* of what waits; NULL: all lives as long as the call */
    const struct batch *in;
    uint32_t port;
    uint32_t row;          /* of the selected ones, the first to be taken */
    int64_t *now_us;       /* the time when each selected row comes, and behind the last */
    struct interval_move *moves;
    uint32_t move_count, move;
};

struct op_interval_join {
    struct op base;
    const struct plan_interval_join *plan;
    struct state_heap *heap;
    struct interval_side sides[2];
    struct join_test test;
    int64_t now_us;   /* time of the join: watermark of both sides, or the clock */
    int64_t delay_us; /* rows that leave may be so much older than that */
    struct bag_item **gone; /* over, and perhaps still in pairs of the batch under way */
    uint8_t *gone_side;
    uint32_t gone_count, gone_cap, gone_side_cap;
    struct arena *arena; /* of `gone` */
    struct interval_input *first, *last; /* what waits, with op->more */
};

static inline int64_t interval_time(const struct interval_side *side, const struct bag_item *item)
{
    int64_t us;
    memcpy(&us, item->slots + side->layout->slots[side->time].offset, sizeof us);
    return us;
}
/* No row that is still to come can match one of that time. */
static inline bool interval_over(const struct interval_side *side, int64_t time_us, int64_t now_us)
{
    return now_us != WATERMARK_NONE &&
           (now_us == WATERMARK_END || time_us < now_us - side->keep_us);
}

/* Rows of a batch, and the moments between them when time moves on; `before_us` is the time before
 * the first. */
enum code interval_times(struct op_interval_join *op, struct interval_input *input,
                         int64_t before_us, struct error *err) WEIR_CHECKED;
/* Takes rows until they have made so much that the rest should wait: input->row is behind them. */
enum code interval_take(struct op_interval_join *op, struct interval_input *input,
                        struct error *err) WEIR_CHECKED;
/* Time is now_us: padded rows leave, what is over is forgotten. */
enum code interval_advance(struct op_interval_join *op, int64_t now_us, struct error *err)
    WEIR_CHECKED;
void interval_forget(struct op_interval_join *op);
enum code interval_watch(struct op_interval_join *op, uint32_t side, struct bag_item *item,
                         struct error *err) WEIR_CHECKED;
