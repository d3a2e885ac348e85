/* request.h -- what a client asks a running job: one JSON object a line.
 *
 *     {"ask": "status", "brief": true}
 *     {"ask": "plan"}   metrics | stop | snapshot
 *
 * Members that are not known are left out of account, so that newer clients can ask older jobs. */
#pragma once

#include "base/error.h"
#include "base/str.h"

enum {
    REQUEST_BYTES_MAX = 16 << 10, /* of a line */
};

enum ask {
    ASK_STATUS,
    ASK_PLAN,
    ASK_METRICS,
    ASK_STOP,
    ASK_SNAPSHOT,
};

struct request {
    enum ask ask;
    bool brief; /* status: without sources, sinks and operators */
};

/* A line without its end. E_DATA says what is wrong with it. */
enum code request_parse(struct arena *arena, struct str line, struct request *ret,
                        struct error *err) WEIR_CHECKED;
/* As a line with its end. */
void request_write(struct buf *out, const struct request *request);
