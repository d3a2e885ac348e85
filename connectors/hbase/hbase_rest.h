/* hbase_rest.h -- a connection to HBase's REST server, for one table.
 *
 * What is said about the server in the comments here was tried with HBase 2.6.1.  A 404 has many
 * causes (table, family, row); a 500 may be for ever (a table that is missing) or for a while (a
 * region server that is gone).  So both are followed by a look at the table's schema. */
#pragma once

#include "hbase/hbase_table.h"
#include "http/http.h"
#include "remote/remote.h"

struct hbase_rest {
    const struct hbase_table *table;
    struct http_client *http; /* owned */
    struct buf path;          /* of the call under way */
    bool is_checked;          /* the table and its families were there */
};

/* What options say of the server, as far as they say it, without asking one. */
enum code hbase_rest_check(const struct hbase_table *table, struct error *err) WEIR_CHECKED;
/* Does not connect yet. */
enum code hbase_rest_create(const struct hbase_table *table, struct hbase_rest **ret,
                            struct error *err) WEIR_CHECKED;
void hbase_rest_destroy(struct hbase_rest *rest); /* NULL is fine */
void hbase_rest_interrupt(struct hbase_rest *rest);

/* Tries the server for at most a few seconds.  OK: the table can be used, or nobody answers yet. */
enum code hbase_rest_try(const struct hbase_table *table, struct error *err) WEIR_CHECKED;

/* Makes a call, after a look at the table if it has not been seen yet.  REMOTE_DONE: its status is in
 * the reply, one of 2xx, or 404 without an exception where `is_404_normal`.  REMOTE_REFUSED: 400,
 * 413 or 414. */
enum remote_outcome hbase_rest_call(struct hbase_rest *rest, const struct http_request *request,
                                    bool is_404_normal, struct http_reply *ret, struct error *err);

/* Begins rest->path: "/table/". */
void hbase_rest_begin_path(struct hbase_rest *rest);
/* Appends base64 for URLs (as ?e=b64 asks for). */
void hbase_rest_put_base64(struct buf *out, struct str bytes);
