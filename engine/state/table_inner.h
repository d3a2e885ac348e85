/* table_inner.h -- a table from inside; shared by table*.c. */
#pragma once

#include "state/row_inner.h"
#include "state/table.h"

/* Index slot: row number above, 32 bits of the hash below, never 0; 0 is free. */
typedef uint64_t index_slot;

/* What the index keeps of a hash: its low bits are the place. */
static inline uint32_t index_hash(uint64_t hash)
{
    return (uint32_t)hash | 1u << 31;
}

struct state_table {
    struct state_holder holder; /* first */
    struct state_heap *heap;
    struct arena *arena; /* layout, name */
    const char *name;
    const struct clock *clock;
    struct state_layout layout;
    uint32_t id;
    uint32_t key_count, route_count;
    uint32_t *route;
    uint32_t key_end; /* offset of the last byte that a lookup fetches ahead */
    uint32_t tail, tail_bytes;
    uint32_t written; /* offset of the time of the last write, with a TTL */
    int64_t ttl_ms;
    void (*expired)(void *cx, char *row);
    void *expired_cx;

    index_slot *index; /* NULL until there is a row */
    uint32_t mask;     /* slots - 1 */
    uint64_t rows;     /* live */

    /* Row `number` is in unit number >> unit_shift.  Units are allocated in chunks that grow with
     * the table (chunk_units). */
    char **units;
    uint32_t unit_count, unit_cap;
    uint32_t unit_shift;
    uint32_t made;      /* numbers given out, dead ones included */
    uint32_t free_head; /* dead row + 1; the next is in the row's first word */
    uint32_t sweep_at;
};

enum { ROW_LIVE = 1 }; /* owner's bit of a row's first byte */

static inline char *table_row(const struct state_table *t, uint32_t number)
{
    uint32_t in_unit = number & ((1u << t->unit_shift) - 1);
    return t->units[number >> t->unit_shift] + (size_t)in_unit * t->layout.bytes;
}
static inline uint32_t slot_number(index_slot slot)
{
    return (uint32_t)(slot >> 32);
}
static inline bool row_is_live(const char *row)
{
    return row[0] & ROW_LIVE;
}
static inline int64_t *row_written(const struct state_table *t, char *row)
{
    return (int64_t *)(row + t->written);
}
int64_t table_now_ms(const struct state_table *t);
static inline bool row_is_over(const struct state_table *t, char *row, int64_t now_ms)
{
    return t->ttl_ms > 0 && *row_written(t, row) <= now_ms - t->ttl_ms;
}

/* A zeroed row that no index knows. */
enum code table_row_make(struct state_table *t, char **ret, uint32_t *ret_number,
                         struct error *err) WEIR_CHECKED;
/* The reverse; its slots hold nothing any more. */
void table_row_drop(struct state_table *t, char *row, uint32_t number);
/* Room in the index for one more row. */
enum code table_index_reserve(struct state_table *t, struct error *err) WEIR_CHECKED;
void table_index_add(struct state_table *t, uint32_t hash, uint32_t number);
/* Takes out the slot of this row and says its number. */
uint32_t table_index_remove(struct state_table *t, uint32_t hash, const char *row);
/* The row with the key of `like`; NULL if there is none. */
char *table_find_like(const struct state_table *t, uint32_t hash, const char *like);
/* "(17, abc)" for people. */
void table_print_key(const struct state_table *t, char *row, struct buf *out);
/* The key of a record: *ret is the row with this key, made if there is none; NULL if it belongs to
 * another worker. */
enum code table_load_key(struct state_table *t, const struct state_reader *reader, struct str key,
                         char **ret, bool *ret_new, struct error *err) WEIR_CHECKED;
/* Said of an error in a record of the table, or of the bag over it, with this name. */
void table_while_reading(const struct state_table *t, const char *name, struct error *err);
