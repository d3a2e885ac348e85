/* op_source.h -- inside of the operator that reads: op_source.c, and op_source_keyed.c for
 * topics that are tables by key. */
#pragma once

#include "exec/op/ops.h"

struct source_part { /* a decoder and where its columns go */
    struct decoder *decoder;
    const uint32_t *columns;
    uint32_t column_count;
};

/* What has come of a split. */
struct source_split {
    uint64_t rows;
    int64_t last_us; /* when the last of them came, monotonic; 0: none */
};

struct op_source {
    struct op base;
    const struct plan_scan *plan;
    struct source *source;
    struct bad_row_policy *policy;
    struct bad_rows bad_rows; /* in front of the policy: fills in the place of a record */
    struct records records;
    struct source_part value, key;
    bool is_keyed;     /* a table by key: op_source_keyed.c */
    bool uses_records; /* the connector gives raw records */
    bool is_polling;   /* bad rows reported now are not among the records */
    bool is_dry;       /* had nothing when it was asked last */
    uint64_t bytes;
    struct source_split *splits; /* one of a source with less than two */
    uint32_t split_count, split_cap;
    uint64_t skip; /* rows handed out before the snapshot that are still to come */
    /* Merging by time: what was read and not passed on yet. */
    struct arena *told_arena; /* of the position in front of it, noted when snapshots are written */
    struct split_position *told;
    uint32_t told_count;
    struct batch *held;
    uint32_t held_next;          /* first row not passed on */
    int64_t *held_times_ms;      /* a time a row */
    const uint32_t *held_record; /* record of each row; NULL: itself */
    uint32_t pushed_first;       /* row of what was read that the last batch begins with */
    uint64_t ahead;              /* rows that are too far ahead to move time */
    int64_t time_us;             /* watermark behind this source; WATERMARK_NONE: none */
    struct op_source *next;      /* of the worker */
};

/* A column of metadata, a row a record; NULL when out of memory. */
struct column *op_source_meta_column(struct op_source *op, enum meta meta, const struct type *type);

/* At most `max` records into op->records; E_RETRY: the source has done nothing. */
enum code op_source_poll(struct op_source *op, struct arena *arena, uint32_t max,
                         enum poll_state *ret_state, struct error *err) WEIR_CHECKED;

/* The records as changes by key: *ret is a batch, *ret_record the record of each of its rows. */
enum code op_source_keyed_batch(struct op_source *op, struct batch **ret,
                                const uint32_t **ret_record, struct error *err) WEIR_CHECKED;
