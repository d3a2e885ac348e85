/* remote_queue.h -- rows that wait to be sent, in the order they were written.
 *
 * They lie in groups, of which a call takes one: bytes behind bytes, keys behind keys, so that no
 * memory is asked for for a row, and a group can be sent as it lies.  The last group is filled until
 * it has the rows or bytes of a call, or a flush begins.
 *
 * With `folds`, a row takes the earlier one of its key out of the queue, as long as that one still
 * waits and no flush has begun since it was written: what a flush waits for stays what it is.  With
 * `keeps_deletes`, a row that is none leaves a delete where it is.  What a row leaves behind in its
 * group is closed up when it is half of it.
 *
 * With `steps_back` it is not: a row stands for earlier ones of its own group only, and these stay
 * there until the call is over, in case that the server refuses it (queued_row.stands_for).  A group
 * that holds many of them takes no more rows.
 * Not thread-safe. */
#pragma once

#include "base/error.h"
#include "base/str.h"

/* Ends where the next one begins. */
struct queued_row {
    uint32_t at : 31; /* in the group's bytes */
    uint32_t is_delete : 1;
    uint32_t key_at : 31; /* in its keys */
    uint32_t is_gone : 1; /* another one stands for it */
    uint32_t stands_for;  /* with steps_back: the row of the group, plus 1; 0: for none */
};

struct row_group {
    struct buf bytes, keys;
    struct queued_row *rows; /* owned */
    uint32_t count, cap;
    uint32_t live, deletes; /* rows that are not gone, and the deletes among them */
    uint64_t gone_bytes;    /* of rows and keys that are */
    uint32_t epoch;         /* of the flush its rows belong to */
    bool is_closed;         /* no row is added any more */
    int64_t since_us;       /* none of its rows has waited longer */
};

void row_group_init(struct row_group *g);
void row_group_done(struct row_group *g);
void row_group_clear(struct row_group *g); /* keeps the memory */
/* A row and its key have at most 1 GB each. */
enum code row_group_add(struct row_group *g, struct str bytes, struct str key, bool is_delete,
                        struct error *err) WEIR_CHECKED;
/* The same for n rows of another group, none of which is gone. */
enum code row_group_copy(struct row_group *g, const struct row_group *from, uint32_t row,
                         uint32_t n, struct error *err) WEIR_CHECKED;
/* Takes out what rows that are gone have left, and them. */
void row_group_close_up(struct row_group *g);

static inline size_t row_group_at(const struct row_group *g, uint32_t row)
{
    return row < g->count ? g->rows[row].at : g->bytes.size;
}
static inline size_t row_group_key_at(const struct row_group *g, uint32_t row)
{
    return row < g->count ? g->rows[row].key_at : g->keys.size;
}
static inline struct str row_group_bytes(const struct row_group *g, uint32_t row)
{
    size_t at = row_group_at(g, row), size = row_group_at(g, row + 1) - at;
    return str_make(size > 0 ? g->bytes.data + at : "", size);
}
/* data NULL: it has none. */
static inline struct str row_group_key(const struct row_group *g, uint32_t row)
{
    size_t at = row_group_key_at(g, row), size = row_group_key_at(g, row + 1) - at;
    return str_make(size > 0 ? g->keys.data + at : NULL, size);
}
/* Of n rows, with their keys. */
static inline uint64_t row_group_size(const struct row_group *g, uint32_t row, uint32_t n)
{
    return row_group_at(g, row + n) - row_group_at(g, row) + row_group_key_at(g, row + n) -
           row_group_key_at(g, row);
}
static inline uint64_t row_group_live_bytes(const struct row_group *g)
{
    return g->bytes.size + g->keys.size - g->gone_bytes;
}
/* Memory. */
static inline uint64_t row_group_held(const struct row_group *g)
{
    return sizeof *g + g->bytes.cap + g->keys.cap + g->cap * sizeof *g->rows;
}

struct key_slot {
    uint64_t group; /* its number */
    uint32_t row;   /* plus 1; 0: free */
    uint32_t tag;   /* of the hash */
};

struct remote_queue {
    bool folds, keeps_deletes, steps_back;
    uint32_t group_rows;  /* of a call; at least 1 */
    uint64_t group_bytes; /* of a call (a row may be larger); 0: no limit */
    uint64_t count;       /* rows */
    uint64_t held_bytes;  /* memory, the table of keys too, but not the spare group */
    uint32_t epoch;
    /* Group number n is groups[n % group_cap]; the first one has a row. */
    struct row_group **groups; /* owned */
    uint64_t group_cap, first, end;
    struct row_group *spare; /* owned; memory of a call that is over */
    /* Rows by key; those of groups before `fold_from` do not count any more. */
    struct key_slot *slots; /* owned */
    uint64_t slot_cap, slots_used, fold_from;
};

void remote_queue_done(struct remote_queue *q);
/* Copies the rows, none of which is gone.  After a failure some of them may have been taken. */
enum code remote_queue_push(struct remote_queue *q, const struct row_group *rows, int64_t now_us,
                            struct error *err) WEIR_CHECKED;
/* What the next call takes; NULL: nothing waits. */
static inline const struct row_group *remote_queue_first(const struct remote_queue *q)
{
    return q->first < q->end ? q->groups[q->first % q->group_cap] : NULL;
}
/* Takes it out, without rows that are gone but with steps_back. */
struct row_group *remote_queue_take(struct remote_queue *q);
/* A group that was taken is done with. */
void remote_queue_give_back(struct remote_queue *q, struct row_group *g);
/* A flush begins: rows from now on are of the next epoch. */
void remote_queue_end_epoch(struct remote_queue *q);
