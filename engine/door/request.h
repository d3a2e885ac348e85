/* request.h -- what a client asks a running job: one JSON object a line.
 *
 *     {"ask": "status", "brief": true}
 *     {"ask": "plan"}   metrics | stop | snapshot
 *     {"ask": "why", "sink": "sink#7"}   or of all sinks; "watch_ms": how long is looked
 *     {"ask": "explain", "format": "text"}   or json; for a terminal with "columns" and "color"
 *     {"ask": "sample", "operator": "group#5", "rows": 10}
 *
 * Members that are not known are left out of account, so that newer clients can ask older jobs. */
#pragma once

#include "base/error.h"
#include "base/str.h"

enum {
    REQUEST_BYTES_MAX = 16 << 10, /* of a line */
    REQUEST_ROWS_MAX = 1000000,
    REQUEST_WATCH_MS_MAX = 60 * 1000,
    REQUEST_ROWS_DEFAULT = 10,
    REQUEST_COLUMNS_MAX = 10000,
    REQUEST_WATCH_MS_DEFAULT = 1000,
};

enum ask {
    ASK_STATUS,
    ASK_PLAN,
    ASK_METRICS,
    ASK_WHY,
    ASK_EXPLAIN,
    ASK_SAMPLE,
    ASK_STOP,
    ASK_SNAPSHOT,
};

struct request {
    enum ask ask;
    bool brief;       /* status: without sources, sinks and operators */
    int64_t watch_ms; /* why, explain: between two looks */
    uint32_t rows;    /* sample */
    struct str what;  /* sample: an operator; why: a sink, empty: all.  In the arena. */
    bool is_json;     /* explain */
    uint32_t columns; /* explain: of a terminal; 0: there is none */
    bool color;       /* explain */
};

/* A line without its end. E_DATA says what is wrong with it. */
enum code request_parse(struct arena *arena, struct str line, struct request *ret,
                        struct error *err) WEIR_CHECKED;
/* As a line with its end. */
void request_write(struct buf *out, const struct request *request);
