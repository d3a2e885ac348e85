/* click_view.h -- a table that is read: which of its columns, and how rows of an answer become rows of
 * the engine.
 *
 * Every row of an answer begins with a byte 1.  An error that comes up after the server has begun to
 * answer is text behind the rows that were sent; that byte tells the two apart.  A view belongs to one
 * thread. */
#pragma once

#include "clickhouse/click_table.h"
#include "remote/remote_rows.h"

struct click_view {
    const struct table_def *def;
    struct arena *arena, *known; /* owned: the options; what the server has told */
    struct click_target target;
    struct http_client *client; /* owned */
    const uint32_t *keys; /* of a look-up: columns of the schema, read whether needed or not */
    uint32_t key_count;

    /* Once the server has answered. */
    bool is_known;
    struct click_table table;
    const struct click_column **columns; /* one a column of the schema; NULL: not needed */
    bool is_final;                       /* of rows that replace each other the last one is read */
};

/* `view` is zeroed; it is closed also after a failure. */
enum code click_view_open(struct click_view *view, const struct table_def *def,
                          struct error *err) WEIR_CHECKED;
void click_view_close(struct click_view *view);
/* Asks the server for the table, if that has not been done. */
enum remote_outcome click_view_learn(struct click_view *view, struct error *err);
/* The same at the start: one attempt, which is short, and a server that is away is no error. */
enum code click_view_try(struct click_view *view, struct error *err) WEIR_CHECKED;

/* "SELECT toUInt8(1), `k`, `a`, `b` FROM `db`.`t` FINAL"; the keys come first. */
void click_view_put_select(const struct click_view *view, struct buf *sql);

/* Reads the rest of a row, behind the byte and the keys, into the row that was added last.
 * CLICK_MISFIT: it is read, and a bad row; *err says why. */
enum click_got click_view_get_row(struct click_view *view, struct click_reader *in,
                                  struct remote_rows *rows, struct error *err);
/* The byte in front. */
enum click_got click_view_get_mark(struct click_reader *in);
/* What stands where a row should: an error of the server, or nonsense. */
enum remote_outcome click_view_judge(const struct click_view *view, struct str text,
                                     struct error *err);
