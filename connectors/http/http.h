/* http.h -- calls to a REST server over libcurl; the only folder that includes it.
 *
 * A client belongs to one thread and makes one call at a time, on kept-alive connections.  It knows
 * several endpoints of the same service and goes to the next one when one cannot be reached.  Certificates
 * are verified unless the job says otherwise; passwords never appear in errors. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct http_client;
struct option;

struct http_settings {
    struct str endpoints;   /* "http://a:8080;https://b", ';' or ',' between; "a:8080" is http */
    struct str path_prefix; /* in front of every path; may be empty */
    struct str username, password; /* basic authentication; data NULL: none */
    struct str bearer;             /* "Authorization: Bearer ..."; data NULL: none */
    const struct str *headers;     /* more headers, "Name: value" */
    uint32_t header_count;
    int64_t connect_timeout_ms; /* 0: 3000 */
    int64_t timeout_ms;         /* of a whole call; in pieces: of a silence; 0: 60000 */
    uint64_t max_reply_bytes;   /* a larger one is an error; 0: 64 MB */
    bool compresses;            /* bodies of requests are sent with gzip where they are large */
    bool accepts_gzip;          /* replies may be compressed */
    bool skips_verification;    /* of certificates; off by default */
    struct str ca_file;         /* instead of the system's; empty: none */
    struct str fingerprint;     /* SHA-256 of the server's certificate in hex, instead of a chain;
                                   empty: none */
    /* Which options they come from, for the places of errors; NULL: none. */
    const struct option *endpoints_option, *fingerprint_option;
};

/* Strings of the settings are copied.  E_OPTION: an endpoint that is no address, and the like. */
enum code http_client_create(const struct http_settings *settings, struct http_client **ret,
                             struct error *err) WEIR_CHECKED;
/* What http_client_create() would say, and nothing else. */
enum code http_settings_check(const struct http_settings *settings, struct error *err) WEIR_CHECKED;
void http_client_destroy(struct http_client *client); /* NULL is fine */
/* Any thread: the call under way, and all later ones, fail at once with E_CANCELLED. */
void http_client_interrupt(struct http_client *client);
/* "127.0.0.1:8080" of the endpoint used last, for messages; the client's. */
const char *http_client_endpoint(const struct http_client *client);
uint32_t http_client_endpoint_count(const struct http_client *client);

struct http_request {
    const char *method;       /* "GET", "PUT" ... */
    struct str path;          /* "/t1/multiget?e=b64&row=..." : escaped already */
    struct str head;          /* goes in front of the body, which then need not be copied */
    struct str body;          /* data NULL: none */
    const char *content_type; /* of the body */
    const char *accept;       /* NULL: none */
    bool is_once; /* a second time it would do something else: it goes to one endpoint only, on a
                     new connection, because a call on a kept one may be sent again */
};
struct http_reply {
    int status;
    struct str body; /* valid until the client's next call; followed by a NUL */
    struct str content_type;
    struct str location;    /* of what a call has made; empty: not said */
    int64_t retry_after_ms; /* of a Retry-After in seconds; -1: none */
};

/* Makes the call.  OK: there is an answer, whatever its status; redirections are not followed.
 * E_RETRY: nobody answered (refused, cut off, timed out; every endpoint was tried once); whether the
 * server has done it is not known.  E_IO: it can never work (certificate, protocol); E_LIMIT: the
 * reply is too large; E_CANCELLED. */
enum code http_call(struct http_client *client, const struct http_request *request,
                    struct http_reply *ret, struct error *err) WEIR_CHECKED;

/* Takes the reply in pieces as they come instead of collecting it (for scans), of any size in all;
 * a status that is not 2xx is collected as usual.  The function's failure ends the call and is
 * returned.  Once it has been called, no other endpoint is tried. */
typedef enum code (*http_piece)(void *self, struct str piece, struct error *err);
enum code http_call_in_pieces(struct http_client *client, const struct http_request *request,
                              http_piece take, void *self, struct http_reply *ret,
                              struct error *err) WEIR_CHECKED;

/* Appends text so that it can stand in a path or query: all but unreserved characters as %XX. */
void http_put_escaped(struct buf *out, struct str text);
