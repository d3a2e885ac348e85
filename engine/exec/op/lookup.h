/* lookup.h -- inside of the lookup join.
 *
 * op_lookup.c       the queue of batches that wait for answers, and the operator
 * lookup_ask.c      what is asked, and what the cache is told
 * lookup_load.c     the whole table instead
 * lookup_rows.c     output rows, and what is remembered of them */
#pragma once

#include "exec/lookup_cache.h"
#include "exec/op/ops.h"
#include "expr/program.h"

enum { LOOKUP_MEMORY_TABLE = 1 }; /* in snapshots */

struct parked {
    struct parked *next;
    struct arena *arena;     /* of what stands alone; NULL: all lives as long as the call */
    const struct batch *batch;
    struct lookup_entry **entries; /* a row: NULL where nothing is looked up */
    uint64_t ticket;         /* of the question; 0: nothing was asked */
    struct lookup_entry **asked; /* by row of the question */
    struct batch *question;  /* not taken by the connector yet; NULL: it was, or there is none */
    bool answered;
};

struct op_lookup {
    struct op base;
    const struct plan_lookup *plan;
    struct lookup *lookup;
    struct state_heap *heap;
    struct lookup_cache *cache;
    struct lookup_load *load;      /* owned: the whole table is being read; NULL: it is not */
    struct program *condition;     /* NULL: none */
    struct state_table *memory;    /* NULL: the input only inserts */
    struct parked *first, *last;
    uint32_t parked_count;
    uint64_t next_ticket;
    uint32_t input_fields, table_fields;
    uint64_t asked, hits, missed;  /* as in struct view_op */
};

/* lookup_ask.c */
enum code lookup_open_cache(struct op_lookup *op, struct error *err) WEIR_CHECKED;
/* Finds the entries of a batch, and makes the question for the keys that are not known. */
enum code lookup_resolve(struct op_lookup *op, struct parked *b, struct arena *arena,
                         struct error *err) WEIR_CHECKED;
/* Hands the question over; a connector with too many under way takes it later. */
enum code lookup_ask(struct op_lookup *op, struct parked *b, struct error *err) WEIR_CHECKED;
/* Takes all answers that are there. */
enum code lookup_take_answers(struct op_lookup *op, struct error *err) WEIR_CHECKED;
/* Adds the name of the table to a failure. */
enum code lookup_named(const struct op_lookup *op, enum code code, struct error *err);

/* lookup_load.c */
/* Begins to read all rows through the connector's source; before the rows that need them. */
enum code lookup_load_begin(struct op_lookup *op, struct error *err) WEIR_CHECKED;
/* Takes the rows that are there; after the last one op->load is NULL. */
enum code lookup_load_step(struct op_lookup *op, struct error *err) WEIR_CHECKED;
int lookup_load_fd(const struct op_lookup *op); /* readable when a step is worth it; -1: none */
void lookup_load_end(struct op_lookup *op);     /* also of one that is under way */

/* lookup_rows.c */
enum code lookup_open_memory(struct op_lookup *op, struct error *err) WEIR_CHECKED;
/* The output of a batch whose rows are all known. */
enum code lookup_emit(struct op_lookup *op, struct parked *b, struct error *err) WEIR_CHECKED;
