/* http_client.h -- the client of http.h as its files see it.
 *
 * http.c            making, interrupting, and the loop over the endpoints
 * http_call.c       one attempt at one endpoint
 * http_request.c    what is sent
 * http_endpoints.c  addresses
 * http_options.c    options of tables as settings
 * http_tls.c        certificates */
#pragma once

#include <curl/curl.h>

#include "http/http.h"

#include <stdatomic.h>

struct http_endpoint {
    const char *base; /* "http://127.0.0.1:8080/prefix": a path follows */
    const char *name; /* "127.0.0.1:8080" */
};

struct http_client {
    struct arena *arena; /* owned; what lives as long as the client */
    CURL *easy;          /* owned */
    CURLM *multi;        /* owned: the connections */
    struct http_endpoint *endpoints;
    uint32_t endpoint_count, current;
    struct http_settings settings;
    uint8_t fingerprint[32];
    bool has_fingerprint;
    atomic_bool is_interrupted;

    /* Of the call under way. */
    const struct http_request *request;
    http_piece take; /* NULL: the reply is collected */
    void *take_self;
    bool has_taken;
    enum code failed; /* of a callback; why is in `failure` */
    struct error failure;
    uint64_t header_bytes;
    bool has_head;              /* the empty line behind the headers was there */
    struct curl_slist *headers; /* owned */
    uint64_t sent;              /* bytes of head and body */
    struct buf url, packed;     /* packed: the body, compressed */
    struct buf reply, content_type;
    char reason[CURL_ERROR_SIZE];
};

/* Reads settings.endpoints. */
enum code http_read_endpoints(struct http_client *c, struct error *err) WEIR_CHECKED;

/* Headers and body of c->request. */
enum code http_prepare(struct http_client *c, struct error *err) WEIR_CHECKED;
/* The same call at c->current, by a time of clock_monotonic_us(). */
enum code http_attempt(struct http_client *c, int64_t limit_us, struct error *err) WEIR_CHECKED;
/* Options that no call changes. */
enum code http_set_up_calls(struct http_client *c, struct error *err) WEIR_CHECKED;
enum code http_set_up_tls(struct http_client *c, struct error *err) WEIR_CHECKED;

/* curl_easy_setopt() fails for want of memory only: its options are checked when this is built. */
#define HTTP_SET(c, option, value)                                                                 \
    do {                                                                                           \
        if (curl_easy_setopt((c)->easy, option, value) != CURLE_OK)                                \
            return error_nomem(err);                                                               \
    } while (0)
