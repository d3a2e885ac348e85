/* http.h -- the few words of HTTP that a scraper of metrics needs: a request without body, one a
 * connection. */
#pragma once

#include "base/str.h"

enum http_what {
    HTTP_MORE,      /* the head is not complete */
    HTTP_METRICS,   /* GET /metrics */
    HTTP_STATUS,    /* GET /status */
    HTTP_INDEX,     /* GET / */
    HTTP_BAD,       /* no HTTP */
    HTTP_NO_METHOD, /* neither GET nor HEAD */
    HTTP_NOT_FOUND,
};

/* What the head asks for; `ret_head_only`: HEAD. */
enum http_what http_read(struct str data, bool *ret_head_only);

/* A whole answer with its head. `type` is a media type. */
void http_put(struct buf *out, const char *status, const char *type, struct str body,
              bool head_only);
