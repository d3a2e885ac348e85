/* list_build.h -- kernels that give lists: which elements of which columns go into
 * which row, and single elements of lists as rows.
 *
 * Elements are named by their position in one source column; a kernel that takes
 * them from several joins these first (list_join), which copies slots but no text. */
#pragma once

#include "expr/call.h"

struct list_build {
    struct arena *arena;
    uint32_t *elements; /* positions in the source, in output order */
    uint32_t count;
    uint32_t cap;
};

static inline struct list_build list_build(struct eval *cx)
{
    return (struct list_build){ .arena = cx->arena };
}

static inline bool list_push(struct list_build *b, uint32_t element)
{
    return ARENA_PUSH(b->arena, b->elements, b->count, b->cap, element);
}

/* Pushes size elements from `start` on. */
bool list_push_range(struct list_build *b, uint32_t start, uint32_t size);
/* Row `row` of `out` gets the elements pushed since `from`. */
static inline void list_end(const struct list_build *b, struct column *out, uint32_t row,
                            uint32_t from)
{
    COLUMN_OUT(out, struct list_slot)[row] = (struct list_slot){ from, b->count - from };
}
/* The child column: the pushed elements of `source`. */
enum code list_finish(const struct list_build *b, const struct column *source, struct column **ret,
                      struct error *err) WEIR_CHECKED;

/* The column with a slot of its own for every row, down to the fields of rows (`count`: how many
 * rows a constant stands for).  NULL when out of memory. */
struct column *list_plain(struct arena *arena, struct column *c, uint32_t count) WEIR_CHECKED;
/* Columns one behind the other; bases[k] is where column k starts.  `constant`: of each only
 * slot 0 counts (the output is constant). */
enum code list_join(struct eval *cx, struct column *const *columns, uint32_t n, bool constant,
                    struct column **ret, uint32_t *bases, struct error *err) WEIR_CHECKED;

/* Row i of `out` becomes element elements[k] of `source` for the k-th of `rows`; LIST_NULL gives
 * NULL.  For every type of element. */
#define LIST_NULL UINT32_MAX
enum code list_pick(struct eval *cx, const struct column *source, const uint32_t *elements,
                    const struct rows *rows, struct column *out, struct error *err) WEIR_CHECKED;

/* A set of elements of one column. */
struct slot_set {
    const struct column *column;
    uint32_t *table; /* element + 1; 0 is free */
    uint32_t mask;
    uint32_t cap;
};
/* Empties it, with room for n elements. */
bool slot_set_reset(struct slot_set *set, struct arena *arena, uint32_t n);
/* The equal element that is in the set already, or LIST_NULL; `insert` puts it in. NULL is an
 * element like others. */
uint32_t slot_set_find(struct slot_set *set, uint32_t element, bool insert);
