/* click_server.h -- which server and table the options name, and calls to it over HTTP.
 *
 * A statement goes in the body, so that its length has no limit but the server's; behind an INSERT
 * come its rows.  What went wrong is judged by the code in the text of the answer: the status of HTTP
 * is 500 for nearly everything. */
#pragma once

#include "connector/connector.h"
#include "http/http.h"
#include "remote/remote.h"

/* Lives in an arena of the caller, with all it points to. */
struct click_target {
    struct http_settings http;
    struct str database, table;
    struct str path;     /* "/?database=...", with the properties of the job */
    struct str endpoint; /* the first, "127.0.0.1:8123" */
    struct str job_name; /* the table's in the job */
};

/* E_OPTION: an option is missing, or is no address. */
enum code click_target_read(const struct table_def *table, struct arena *arena,
                            struct click_target *ret, struct error *err) WEIR_CHECKED;
/* What the options say, as far as they say it, without asking a server. */
enum code click_check(const struct table_def *table, bool as_sink, struct error *err) WEIR_CHECKED;
/* The option without which there is no server to ask; NULL: none. */
const char *click_lack(const struct table_def *table, bool as_sink);

/* "db.table at 127.0.0.1:8123", as far as the options say it; no secrets. */
void click_describe(const struct table_def *table, struct buf *out);

/* What a failed answer means for the job. */
enum remote_outcome click_judge(int status, struct str text, struct error *err);

struct click_call {
    struct str path;
    struct str head; /* in front of the body: the statement of an INSERT */
    struct str body;
    http_piece take; /* NULL: the answer is collected */
    void *self;
};
/* Makes the call; *ret (may be NULL) is the answer, until the next call.  After a failure of `take`
 * *ret_code (may be NULL) is its code. */
enum remote_outcome click_run(struct http_client *client, const struct click_call *call,
                              struct str *ret, enum code *ret_code, struct error *err);
