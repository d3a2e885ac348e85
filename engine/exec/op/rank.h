/* rank.h -- inside of top-N: what its two ways of keeping rows share.
 *
 * op_rank.c         the operator
 * rank_rows.c       over inserts, and over changes that take whole rows back
 * op_rank_update.c  over updates by key that only move rows up */
#pragma once

#include "exec/op/left.h"
#include "exec/op/ops.h"
#include "exec/rows_out.h"
#include "state/snapshot.h"
#include "state/table.h"
#include "state/tree.h"

enum { RANK_ROWS_TREE = 1, RANK_KEYS_TABLE = 2, RANK_PLACES_TABLE = 3 };

struct op_rank {
    struct op base;
    const struct plan_rank *plan;
    struct state_heap *heap;
    struct state_tree *tree;    /* key, order, number of arrival -> row */
    struct state_table *counts; /* key -> number of its rows, and the end of its ranks */
    struct state_table *places; /* updates by key: unique key -> key in the tree; else NULL */
    bool takes_back;
    bool by_rank;               /* updates are per rank */
    int64_t arrivals;
    struct column **key;        /* room for the key columns of a batch */
    struct column **unique;     /* the same for the unique key */
    struct buf prefix, sort, row, entry; /* of the row under way */
    char **groups;              /* of the rows that are taken: rows of `counts` */
    char **emptied;             /* those of them that may have no row any more */
    uint32_t emptied_count;
    struct left_list left;
    enum code forgotten;        /* what is not OK happened while rows were forgotten */
};

/* A row of the input into op->prefix, sort and row. */
void rank_encode(struct op_rank *op, const struct batch *in, uint32_t row);
/* prefix + sort, and the number of arrival behind it; in op->entry. */
struct str rank_entry_key(struct op_rank *op, int64_t arrival);
enum code rank_check_bytes(const struct op_rank *op, struct error *err) WEIR_CHECKED;
int64_t *rank_count_of(const struct op_rank *op, char *group);
/* The last rank that is shown of a key: a number, or what its first row says. */
enum code rank_end(struct op_rank *op, const struct batch *in, uint32_t row, char *group,
                   uint64_t *ret, struct error *err) WEIR_CHECKED;
/* A change of a rank, if it is shown. */
enum code rank_put(struct op_rank *op, struct rows_out *out, struct str row, enum change change,
                   uint64_t rank, uint64_t end, struct error *err) WEIR_CHECKED;
/* The rank that a row with this key of the tree has; past the end: end + 1. *at is there. */
uint64_t rank_of(struct op_rank *op, struct str key, uint64_t end, struct tree_cursor *at);
/* A row that was not there. */
enum code rank_insert(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                      struct error *err) WEIR_CHECKED;
/* A row that goes. */
enum code rank_take_back(struct op_rank *op, struct rows_out *out, char *group, uint64_t end,
                         struct error *err) WEIR_CHECKED;

/* op_rank_update.c: a row that comes anew or takes the place of the one with its unique key. */
enum code rank_open_places(struct op_rank *op, struct error *err) WEIR_CHECKED;
enum code rank_update(struct op_rank *op, const struct batch *in, uint32_t row,
                      struct rows_out *out, char *group, uint64_t end, struct error *err)
    WEIR_CHECKED;
/* Forgets the place of a row that falls out. */
enum code rank_forget(struct op_rank *op, struct str row, struct arena *arena, struct error *err)
    WEIR_CHECKED;
