/* http_options.h -- the options that tables behind HTTP have in common (HTTP_OPTIONS of
 * remote_options.h) as settings of a client. */
#pragma once

#include "connector/options.h"
#include "http/http.h"

/* Fills in headers, token, time limits, compression and TLS. Endpoints, path_prefix, username
 * and password are the connector's, because each system has its own names for them; they are set before
 * this is called.  Strings are borrowed from the options, the list of headers from the arena.
 * E_OPTION: what cannot go together, with the place. */
enum code http_read_options(struct http_settings *settings, const struct options *options,
                            struct arena *arena, struct error *err) WEIR_CHECKED;
