/* left.h -- what is left of the inputs of an operator that makes a bounded number of rows a call. */
#pragma once

#include "exec/op.h"

struct left {
    struct left *next;
    struct arena *arena; /* of the copy */
    struct batch *in;
    uint32_t row;        /* the next one of those selected */
};

struct left_list {
    struct left *first, *last;
};

/* A copy of the selected rows from `row` on waits; op->more is set. Marks of time are not kept: the
 * watermark waits behind the rows. */
enum code left_keep(struct left_list *list, struct op *op, const struct batch *in, uint32_t row,
                    struct error *err) WEIR_CHECKED;
/* The first one is done; nothing points to it any more, or its arena is the caller's now. */
void left_drop(struct left_list *list);
struct arena *left_take(struct left_list *list) WEIR_CHECKED;
void left_done(struct left_list *list);
