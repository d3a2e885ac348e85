/* remote_options.h -- options that tables of several systems have in common.
 *
 * Each is a part of a table of struct option_spec. No option is required: published jobs leave
 * addresses and passwords to a profile, and the local profile needs none; who opens a
 * connection checks that it has what it needs. */
#pragma once

#include "connector/options.h"

/* clang-format off */
/* The two words for the connector's name, and what the local profile adds. */
#define REMOTE_NAME_OPTIONS                                                                        \
    { "connector", OPTION_TEXT, false, NULL, NULL, "The name of the connector." },                 \
    { "type", OPTION_TEXT, false, NULL, NULL, "The name of the connector, in Blink." },            \
    { "weir.local.connector", OPTION_TEXT, false, NULL, NULL, "Set by the local profile." }

/* Of systems that are reached over HTTP; http_options.h reads them. */
#define HTTP_OPTIONS                                                                               \
    { "http.header.*", OPTION_SECRET, false, NULL, NULL, "A header that every call sends." },      \
    { "http.bearer-token", OPTION_SECRET, false, NULL, NULL, "A token that logs in." },            \
    { "http.connect-timeout", OPTION_DURATION, false, "3s", NULL,                                  \
      "How long to wait for a connection." },                                                      \
    { "http.timeout", OPTION_DURATION, false, "60s", NULL, "How long a call may take." },          \
    { "http.compression", OPTION_BOOL, false, "false", NULL, "Are calls and answers compressed?" },\
    { "ssl.ca-file", OPTION_TEXT, false, NULL, NULL,                                               \
      "Certificates of the authorities to trust, instead of the system's." },                      \
    { "ssl.verify", OPTION_BOOL, false, "true", NULL, "Is the server's certificate verified?" },   \
    { "ssl.fingerprint", OPTION_TEXT, false, NULL, NULL,                                           \
      "SHA-256 of the server's certificate, instead of an authority." }

#define LOOKUP_CACHE_OPTIONS                                                                       \
    { "lookup.cache", OPTION_ENUM, false, "NONE", "NONE|PARTIAL",                                  \
      "Are rows that were looked up kept?" },                                                      \
    { "lookup.partial-cache.max-rows", OPTION_INT, false, NULL, NULL,                              \
      "How many rows are kept." },                                                                 \
    { "lookup.partial-cache.expire-after-write", OPTION_DURATION, false, NULL, NULL,               \
      "How long a row is kept." },                                                                 \
    { "lookup.partial-cache.expire-after-access", OPTION_DURATION, false, NULL, NULL,              \
      "How long a row is kept that nobody asks for." },                                            \
    { "lookup.partial-cache.cache-missing-key", OPTION_BOOL, false, "true", NULL,                  \
      "Is it remembered that a key has no row?" },                                                 \
    { "lookup.max-retries", OPTION_INT, false, "3", NULL, "How often a failed look-up is tried." },\
    { "lookup.cache.max-rows", OPTION_INT, false, NULL, NULL, "The older name of max-rows." },     \
    { "lookup.cache.ttl", OPTION_DURATION, false, NULL, NULL,                                      \
      "The older name of expire-after-write." },                                                   \
    { "lookup.async", OPTION_BOOL, false, "false", NULL,                                           \
      "Look-ups overlap in any case; at MySQL over more connections." }

#define BLINK_CACHE_OPTIONS                                                                        \
    { "cache", OPTION_ENUM, false, "None", "None|LRU|ALL", "Are rows that were looked up kept?" }, \
    { "cacheSize", OPTION_INT, false, "10000", NULL, "How many rows are kept." },                  \
    { "cacheTTLMs", OPTION_DURATION, false, NULL, NULL, "How long a row is kept." },               \
    { "cacheReloadTimeBlackList", OPTION_TEXT, false, NULL, NULL,                                  \
      "Accepted: the whole table is loaded anew at any time." },                                   \
    { "cacheScanLimit", OPTION_INT, false, "100", NULL,                                            \
      "Accepted: the connector knows how many rows to read at once." },                            \
    { "cacheEmpty", OPTION_BOOL, false, "true", NULL, "Is it remembered that a key has no row?" }, \
    { "partitionedJoin", OPTION_BOOL, false, "false", NULL,                                        \
      "Accepted." },                                                                               \
    { "shuffleEmptyKey", OPTION_BOOL, false, "true", NULL, "Accepted." },                          \
    { "async", OPTION_BOOL, false, "false", NULL,                                                  \
      "Look-ups overlap in any case; at MySQL over more connections." },                           \
    { "asyncResultOrder", OPTION_ENUM, false, "unordered", "unordered|ordered",                    \
      "Accepted: rows keep their order." },                                                        \
    { "asyncTimeoutMs", OPTION_DURATION, false, "180000", NULL,                                    \
      "Accepted: a server that is away is waited for." },                                          \
    { "asyncCapacity", OPTION_INT, false, "100", NULL, "Accepted." },                              \
    { "asyncCallbackThreads", OPTION_INT, false, "50", NULL, "Accepted." },                        \
    { "asyncConnectionQueueMaxsize", OPTION_INT, false, "100", NULL, "Accepted." },                \
    { "asyncCallbackQueueMaxsize", OPTION_INT, false, "500", NULL, "Accepted." },                  \
    { "maxJoinRows", OPTION_INT, false, "1024", NULL, "How many rows a key may find." }
/* clang-format on */
