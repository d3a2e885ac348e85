/* batch.h -- what travels between operators: columns of equal length, which of
 * their rows count (selection), and what each row does (change kind).
 *
 * Lifetime: a batch, its columns and everything they point to live in `arena`,
 * which the worker resets when the source batch that caused them is done.  A
 * receiver borrows a batch for the call; to keep a row longer it copies it.
 * Operators never write into a batch they were lent: they make a new struct
 * batch that shares columns (batch_derive) and change that. */
#pragma once

#include "types/column.h"

enum { BATCH_ROWS = 1024 }; /* what sources aim at; operators accept any count */

enum change { CHANGE_INSERT, CHANGE_UPDATE_BEFORE, CHANGE_UPDATE_AFTER, CHANGE_DELETE };
extern const char *const change_names[4]; /* "+I" "-U" "+U" "-D" */

/* After row `row` of the batch (position in the column, not in the selection), time has
 * reached watermark_us.  Sorted by row. */
struct watermark_at {
    uint32_t row;
    int64_t watermark_us;
};

struct batch {
    struct arena *arena;        /* borrowed from the worker */
    uint32_t count;             /* rows in each column */
    uint32_t column_count;
    struct column **columns;
    const uint32_t *selection;  /* ascending row numbers; NULL: all rows */
    uint32_t selected;          /* rows that count: entries of selection, or `count` */
    const uint8_t *changes;     /* enum change a row; NULL: all CHANGE_INSERT */
    const uint32_t *origin;     /* row of the source batch each row came from, NULL: itself;
                                   what keeps several INSERTs into one sink in source order */
    const uint32_t *splits;     /* of the source, a number a row; NULL: unknown, or all 0 */
    const struct watermark_at *watermarks;
    uint32_t watermark_count;
    const uint64_t *hashes;     /* state_hash() over the columns `hashed`, a row; NULL: not known */
    struct column *const *hashed;
    uint32_t hashed_count;
};

struct batch *batch_create(struct arena *arena, uint32_t column_count, uint32_t count)
    WEIR_CHECKED; /* columns[] is there, empty */
/* A shallow copy that shares columns, selection and kinds. */
struct batch *batch_derive(struct arena *arena, const struct batch *from) WEIR_CHECKED;

/* Position in the columns of the i-th selected row. */
static inline uint32_t batch_row(const struct batch *b, uint32_t i)
{
    return b->selection ? b->selection[i] : i;
}
static inline enum change batch_change(const struct batch *b, uint32_t row)
{
    return b->changes ? (enum change)b->changes[row] : CHANGE_INSERT;
}
static inline uint32_t batch_origin(const struct batch *b, uint32_t row)
{
    return b->origin ? b->origin[row] : row;
}

/* The selected rows alone, with everything they point to, in an arena that may outlive theirs:
 * no selection, kinds and splits follow, origin and watermarks do not. NULL when out of memory. */
struct batch *batch_copy(struct arena *arena, const struct batch *from) WEIR_CHECKED;
/* The same for selected rows first .. first + n. */
struct batch *batch_copy_part(struct arena *arena, const struct batch *from, uint32_t first,
                              uint32_t n) WEIR_CHECKED;
