/* shape.h -- what the records of an operator are made of, so that another run can tell whether it
 * may read them, and how.
 *
 * Who makes a plan says it (plan/plan_kept.h); a snapshot holds it beside the records.  A part
 * of a key or value has a meaning: a hash of what it says in terms of the tables' columns,
 * wherever it stands.  So state is read again where columns have changed places, or are
 * gone; it is never read where one is missing or is of another type. */
#pragma once

#include "base/arena.h"
#include "types/type.h"

/* One value, encoded as in code.h without flags. */
struct shape_part {
    uint64_t meaning; /* 0: nothing is ever in it */
    struct str name;  /* for people: "SUM(v)" */
    struct str type;  /* "DECIMAL(10, 2)" */
    struct str code;  /* how its bytes lie: shape_part_make() */
};

/* Records of one table.  A key is its parts, then two bytes if it is `numbered`, then whatever
 * follows if `rest`.  A value is a byte that says whether a time follows and that time if it is
 * `timed`, `head` bytes, its parts, and whatever follows if `rest`. */
struct shape_table {
    uint32_t first, last; /* ids in snapshots: windows have a table each */
    uint64_t meaning;     /* which table of another shape it is */
    struct str name;      /* for people: "left rows" */
    bool opaque;          /* not to be taken apart: parts have to be the same, in order */
    bool timed;
    bool numbered; /* the two bytes are a place in `numbers`, first byte high */
    bool rest;
    uint8_t head;
    struct shape_part *keys, *values, *numbers;
    uint32_t key_count, value_count, number_count;
};

struct state_shape {
    uint64_t variant;           /* equal only if the operator keeps things the same way */
    struct shape_table *tables; /* what is in none is read as it is */
    uint32_t table_count;
};

/* False when out of memory. `name` is not copied. */
bool shape_part_make(struct arena *arena, uint64_t meaning, const struct type *type,
                     struct str name, struct shape_part *ret) WEIR_CHECKED;
/* Gives parts of one list that mean the same different meanings, by their order. */
void shape_tell_apart(struct shape_part *parts, uint32_t count);

/* As bytes for a snapshot; state_shape_get() takes them from the front of *in. */
void state_shape_put(struct buf *out, const struct state_shape *shape);
enum code state_shape_get(struct arena *arena, struct str *in, struct state_shape *ret,
                          struct error *err) WEIR_CHECKED;

enum shape_fit {
    SHAPE_SAME,    /* as it is */
    SHAPE_COVERED, /* all that is wanted is there, in other places: struct state_recode */
    SHAPE_OTHER,   /* not to be read */
};
/* May what was saved as `old` be read as `now`?  For SHAPE_OTHER `why` (may be NULL) gets the first
 * thing that `old` has not: "lacks \"SUM(v)\"". */
enum shape_fit state_shape_fit(const struct state_shape *old, const struct state_shape *now,
                               struct buf *why);
/* The table with this id; NULL: it has none. */
const struct shape_table *state_shape_table(const struct state_shape *shape, uint32_t id);

/* Are key and value made of these parts, and of nothing else? */
bool shape_table_holds(const struct shape_table *table, struct str key, struct str value);

/* Turns records of one shape into those of another that it covers.  Not shared by threads. */
struct state_recode;
/* NULL when out of memory; dies with the arena, and so have the shapes to. */
struct state_recode *state_recode_create(struct arena *arena, const struct state_shape *old,
                                         const struct state_shape *now) WEIR_CHECKED;
/* *ret_kept false: nobody wants it.  What is given back is good until the next call. */
enum code state_recode_record(struct state_recode *r, uint32_t *table_id, struct str *key,
                              struct str *value, bool *ret_kept, struct error *err) WEIR_CHECKED;
