/* due.h -- things that wait for their time: a heap, earliest first, those of one time in
 * the order of their numbers.
 *
 * Lies in the heap of the operator's state.  An entry may tell its owner where it stands
 * (place), so that it can be moved when the owner's time gets earlier. */
#pragma once

#include "state/heap.h"
#include "state/snapshot.h"

struct due {
    int64_t time_us;
    uint64_t number; /* of being put, or what the owner likes */
    void *owner;
    uint32_t *place; /* kept up to date; NULL: nobody asks */
};

struct due_list {
    struct state_heap *heap;
    struct due *items;
    uint32_t count, cap;
};

enum code due_put(struct due_list *list, struct due due, struct error *err) WEIR_CHECKED;
/* The earliest one; the list is not empty. */
static inline const struct due *due_first(const struct due_list *list)
{
    return &list->items[0];
}
struct due due_pop(struct due_list *list);
/* Entry `place` is due earlier than it was. */
void due_earlier(struct due_list *list, uint32_t place, int64_t time_us, uint64_t number);
/* Gives the memory back. */
void due_done(struct due_list *list);

/* Where time moved within a batch: what became due with each move, and the source row (as in
 * batch->origin) that moved it. */
struct due_mark {
    int64_t time_us;
    uint64_t by_then; /* numbers below had come */
    uint32_t cause;
};
struct due_marks {
    struct state_heap *heap;
    struct due_mark *items;
    uint32_t count, cap, at;
};
enum code due_mark_put(struct due_marks *marks, struct due_mark mark, struct error *err)
    WEIR_CHECKED;
/* What made it due; asked in the order in which things are due.  `otherwise`: time moved behind all
 * rows of the batch. */
uint32_t due_mark_cause(struct due_marks *marks, int64_t time_us, uint64_t number,
                        uint32_t otherwise);
/* Nothing is due any more. */
static inline void due_marks_clear(struct due_marks *marks)
{
    marks->count = marks->at = 0;
}

/* How far time was, as a record of a snapshot; loading takes the later time. */
enum code due_save_time(struct state_writer *w, uint32_t table_id, int64_t time_us,
                        struct error *err) WEIR_CHECKED;
enum code due_load_time(const struct state_record *record, int64_t *time_us, struct error *err)
    WEIR_CHECKED;
