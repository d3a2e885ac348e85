/* click_table.h -- what a server tells about a table: columns, engine, and what it understands. */
#pragma once

#include "clickhouse/click_server.h"
#include "clickhouse/click_value.h"

struct click_column {
    struct str name;
    struct str type_text;
    const struct click_type *type; /* NULL: weir has no values for it */
    bool is_computed;              /* MATERIALIZED, ALIAS: cannot be written */
    bool is_sorted_by;             /* in the sorting key, by which engines replace rows */
};

/* What an engine does with rows of one sorting key. */
enum click_manner {
    CLICK_KEEPS,     /* all of them stay: MergeTree, Log, Memory ... */
    CLICK_REPLACES,  /* the last one, or that of the largest version, stays */
    CLICK_COLLAPSES, /* rows with the sign -1 take back those with 1 */
};

struct click_engine {
    enum click_manner manner;
    struct str version, deleted, sign; /* columns of the engine; data NULL: it has none */
};

struct click_table {
    struct str engine;                  /* "ReplacingMergeTree" */
    struct click_engine inner;          /* of a Distributed table: the engine behind it */
    bool is_distributed, is_replicated; /* replicated: perhaps behind a Distributed one */
    const struct zone *zone;            /* the server's */
    const struct click_column *columns;
    uint32_t count;
    /* Settings that the server knows. */
    bool has_token, has_deduplicate, has_async;
};

/* "ReplicatedReplacingMergeTree('/path', '{replica}', ver) ORDER BY k": names live in the arena. */
enum code click_engine_parse(struct arena *arena, struct str engine, struct str engine_full,
                             struct click_engine *ret, struct error *err) WEIR_CHECKED;
/* The n-th argument of an engine, unquoted; data NULL: there is none. */
struct str click_engine_argument(struct arena *arena, struct str engine_full, uint32_t n);

/* Asks the server; all of the result lives in the arena.  A table that does not exist is
 * REMOTE_FATAL. */
enum remote_outcome click_table_ask(struct http_client *client, const struct click_target *target,
                                    struct arena *arena, struct click_table *ret,
                                    struct error *err);

/* The column; without one E_NAME with the nearest name.  `for_sink`: it must take values. */
enum code click_table_find(const struct click_table *table, const struct click_target *target,
                           struct str name, bool for_sink, const struct click_column **ret,
                           struct error *err) WEIR_CHECKED;
/* E_TYPE: the two types have nothing to do with each other. */
enum code click_mismatch(const struct click_column *column, const struct click_target *target,
                         const struct type *type, bool for_sink, struct error *err);
