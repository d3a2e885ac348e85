/* elastic_server.h -- the server as sink and look-up know it: how to reach it, which version it is,
 * what its index looks like, and what its errors mean. */
#pragma once

#include "connector/connector.h"
#include "http/http.h"
#include "remote/remote.h"

/* How long open() waits for an answer. */
enum { ES_OPEN_LIMIT_MS = 3000 };

/* Fills in what a client needs.  Strings are borrowed from the options, lists from the arena.
 * E_OPTION: an address is missing, ... */
enum code es_read_http(struct http_settings *ret, const struct table_def *def, struct arena *arena,
                       struct error *err) WEIR_CHECKED;

/* The option without which there is no server to ask; NULL: none. */
const char *es_lack(const struct table_def *def, bool as_sink);
/* What options say of the server, as far as they say it, without asking one. */
enum code es_check_http(const struct table_def *def, struct arena *arena,
                        struct error *err) WEIR_CHECKED;

/* What is asked once, when the server answers first. */
struct es_server {
    struct str type; /* of documents, for servers before version 7; data NULL: theirs have none */
};
/* Which version it is, where the connector's name does not say it. REMOTE_DONE, _AWAY, _FATAL. */
enum remote_outcome es_ask_version(struct http_client *client, const struct table_def *def,
                                   struct es_server *ret, struct error *err);
/* Are the columns among the fields of the index's mapping, where that is closed, and of the same
 * shape?  An index that does not exist is fine.  Without a table (NULL): can it be read?
 * REMOTE_DONE, _AWAY, _FATAL. */
enum remote_outcome es_check_mapping(struct http_client *client, const struct table_def *def,
                                     struct str index, bool *ret_exists, struct error *err);
/* Makes an index with Blink's settings and mapping, and an alias (data NULL: none).  One that is
 * there already is fine. */
enum remote_outcome es_create_index(struct http_client *client, const struct table_def *def,
                                    struct str index, struct str alias, struct error *err);

/* The one index that a table that is read has; Blink's dynamic ones: the alias of all. E_OPTION: a
 * pattern. */
enum code es_read_index(const struct table_def *def, struct arena *arena, struct str *ret,
                        struct error *err) WEIR_CHECKED;
/* One short try while the job is opened.  OK: the index is there, or nobody answers yet. */
enum code es_try_index(const struct http_settings *http, struct str index,
                       struct error *err) WEIR_CHECKED;
/* "&_source=a,b" of the columns that are needed (NULL: all); nothing where a name would mean something
 * else there. */
void es_put_source_filter(struct buf *path, const struct schema *schema, const bool *needed);

/* Of a call that http_call() could not make. */
enum remote_outcome es_outcome_of(enum code code);
/* Of an answer that is no success: fills *err with what the server says; its code is E_LIMIT where the
 * server has too little memory for the call, which a smaller one may not need. */
enum remote_outcome es_judge_status(const struct http_client *client,
                                    const struct http_reply *reply, struct error *err);

/* Is the word anywhere in the answer?  Types of errors may be wrapped. */
bool es_tells_of(const struct http_reply *reply, const char *word);

/* The same for calls that write no documents: what a document could be at fault for is fatal. */
enum remote_outcome es_judge_plain(const struct http_client *client, const struct http_reply *reply,
                                   struct error *err);

/* An error's type and reason, as they stand in the reply; empty where there are none. */
struct es_error {
    struct str type, reason, cause; /* the cause's reason */
};
struct es_json;
void es_read_error(struct es_json *j, struct es_error *ret); /* takes the value at hand */
/* "mapper_parsing_exception: failed to parse ...: For input string ..." */
void es_put_error(struct buf *out, const struct es_error *error);
/* Is it a block that goes away, such as that of a full disk? */
bool es_is_block(const struct es_error *error);
