/* op_window_join.h -- inside of the operator of window joins: what it keeps, and how the
 * rows of a window that is over are put together. */
#pragma once

#include "exec/op.h"
#include "exec/op/window_times.h"
#include "expr/program.h"
#include "state/row.h"

enum { LEFT, RIGHT };

/* Rows of one side of a window, in order of arrival. */
struct window_rows {
    char **rows;
    uint32_t count, cap;
};

struct kept_window {
    int64_t end_us;
    struct window_rows sides[2];
};

/* A side's rows lie in state with the join keys and the window's start in front, then the other
 * columns. */
struct window_side {
    struct state_layout layout;
    uint32_t *slots;            /* of each column of the input */
    uint32_t column_count;
    const uint32_t *keys;       /* columns */
    uint32_t start, end;        /* columns */
};

/* A window that is over, while its pairs are made. */
struct due_join {
    struct kept_window window;
    int64_t watermark_us;       /* goes on behind it; WATERMARK_NONE: none */
    uint32_t cause;             /* see struct worker */
    struct arena *arena;        /* of what follows */
    bool is_begun;
    uint32_t *heads, *next;     /* right rows by hash: row + 1 */
    uint64_t *hashes;
    uint32_t mask;
    uint8_t *right_matched;
    uint32_t left;              /* the row whose pairs are made */
    uint32_t candidate;         /* the right row to look at next, + 1; 0: none is left */
    bool left_begun, left_matched;
    uint32_t right;             /* FULL and RIGHT: the next row without a match to look at */
};

struct op_window_join {
    struct op base;
    const struct plan_window_join *plan;
    struct window_times times;
    struct window_spec spec;    /* bounds that are columns */
    struct state_heap *heap;
    struct window_side sides[2];
    uint32_t key_count;         /* with the start */
    struct program *condition;  /* NULL: none */
    struct kept_window *open;   /* by end */
    uint32_t open_count, open_cap;
    struct due_join *due;       /* from due_first on */
    uint32_t due_first, due_count, due_cap;
    int64_t time_us;
};

/* window_join_pairs.c: at most so many batches of what is due. */
enum code window_join_send(struct op_window_join *op, uint32_t batches, struct error *err)
    WEIR_CHECKED;
void window_rows_free(struct op_window_join *op, struct kept_window *window);
