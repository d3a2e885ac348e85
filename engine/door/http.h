/* http.h -- the few words of HTTP that a scraper of metrics needs: a request without body, one a
 * connection.
 *
 * Whoever asks has to call this machine by a name of its loopback.  A page of the web can have a name of
 * its own lead to 127.0.0.1 (DNS rebinding), and its readers' browsers would let it read the answers;
 * but they say that name in Host. */
#pragma once

#include "base/str.h"

enum http_what {
    HTTP_MORE,      /* the head is not complete */
    HTTP_METRICS,   /* GET /metrics */
    HTTP_STATUS,    /* GET /status */
    HTTP_INDEX,     /* GET / */
    HTTP_BAD,       /* no HTTP */
    HTTP_NO_METHOD, /* neither GET nor HEAD */
    HTTP_FOREIGN,   /* its Host is not one of this machine's loopback */
    HTTP_NOT_FOUND,
};

/* What the head asks for; `ret_head_only`: HEAD. */
enum http_what http_read(struct str data, bool *ret_head_only);

/* A whole answer with its head. `type` is a media type; of a refused method, the head says which are
 * taken. */
void http_put(struct buf *out, const char *status, const char *type, struct str body,
              bool head_only);
