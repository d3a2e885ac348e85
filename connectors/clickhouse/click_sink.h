/* click_sink.h -- a sink of ClickHouse.
 *
 * Rows are encoded as the server's columns want them, so nothing can be encoded before the server has
 * told them: see prepare in remote_sink.h.  From then on the engine's thread encodes and the sender's
 * thread sends; they share nothing that changes. */
#pragma once

#include "clickhouse/click_table.h"
#include "remote/remote_sink.h"

enum click_source_of {
    CLICK_FIELD,   /* a column of the job's table */
    CLICK_SIGN,    /* 1, or -1 for a row that is taken back */
    CLICK_DELETED, /* 0, or 1 for a row that is deleted */
};
struct click_sink_column {
    enum click_source_of from;
    uint32_t field;
    const struct click_column *column;
    bool is_version;
    const struct type *written; /* of the cells that `write` is for */
    click_write *write;         /* the short way; NULL: there is none */
};

/* How a delete is written. */
enum click_delete {
    CLICK_DELETE_IGNORED,
    CLICK_DELETE_ROW,      /* a row that says so: is_deleted, or the sign */
    CLICK_DELETE_MUTATION, /* ALTER TABLE ... DELETE */
};

struct click_sink {
    struct arena *arena; /* owned; options */
    const struct table_def *def;
    enum sink_mode mode;
    struct str sign; /* option sink.sign-column; empty: none */
    bool ignores_deletes, says_ignore_deletes;
    struct click_target target;
    struct http_client *client; /* owned; the sender's thread's */

    /* Once the server has answered. */
    bool is_prepared;
    struct arena *known; /* owned */
    struct click_table table;
    struct click_sink_column *columns;
    uint32_t column_count;
    struct click_sink_column **keys; /* one a column of the primary key */
    enum click_delete deletes;
    struct str insert_path;              /* of the target, with settings for an INSERT */
    struct str insert_head, delete_head; /* what stands in front of rows and of keys */

    /* The engine's thread's. */
    struct arena *row_arena; /* owned */
    /* The sender's thread's. */
    struct buf body, path; /* owned */
    uint64_t run, call;    /* number of this run, at random, and of the INSERT made last */
    uint64_t open_hash;    /* of its bytes, if it came by rows and is not known to be done */
    size_t open_size;
};

/* Asks the server with `client` and works out how rows are written; REMOTE_FATAL with a reason where
 * they cannot be. */
enum remote_outcome click_sink_prepare(struct click_sink *s, struct http_client *client,
                                       struct error *err);
