/* door_inner.h -- what the files of the door share. */
#pragma once

#include "door/door.h"
#include "door/request.h"
#include "door/where.h"
#include "exec/view.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    CONNS_MAX = 32,                /* the one that has been quiet for longest makes room */
    ANSWER_BYTES_MAX = 64 << 20,   /* a plan may be long */
    TICK_MS = 20,                  /* while somebody waits for rows or a checkpoint */
    RATE_US_MAX = 5 * 1000 * 1000, /* after that a job that tells nothing reads nothing */
    QUIET_MS_MAX = 60 * 1000,      /* without a request */
    STUCK_MS_MAX = 10 * 1000,      /* without taking a byte of an answer */
};

enum conn_state {
    CONN_ASKS,    /* the next request is read */
    CONN_WATCHES, /* why, explain: until due_us */
    CONN_TAPS,    /* sample: until all rows have come */
    CONN_SAVES,   /* snapshot: until there is one more than before */
    CONN_LEAVES,  /* closed once it has its answer */
};

struct conn {
    int fd;
    bool is_http;
    bool has_ended; /* the other side sends nothing more */
    bool has_timed; /* exec_view_timing() is on for it */
    enum conn_state state;
    struct buf in, out;
    size_t sent;              /* of out */
    int64_t active_us;        /* monotonic: came, asked, or took something */
    int64_t begun_us;         /* of the request */
    uint64_t saves;           /* of CONN_SAVES: checkpoints that there are to be */
    int64_t due_us;           /* of CONN_WATCHES */
    struct exec_tap *tap;     /* of CONN_TAPS */
    uint32_t told;            /* rows of the sample so far */
    struct exec_view earlier; /* of CONN_WATCHES; in the arena */
    struct request request;
    struct arena *arena; /* of the request */
};

struct door {
    struct door_config config;
    struct where where;
    struct buf name; /* as claimed; empty: no socket */
    struct where_socket socket;
    int http_fd, wake_fd;
    int http_port;
    _Atomic(struct exec *) exec; /* NULL: the tables are being opened */
    atomic_bool closing, is_stopping;
    int64_t begun_us; /* wall clock */
    /* Of the job's thread: */
    _Atomic double rate;         /* rows a second read by all sources, smoothed */
    atomic_int_fast64_t rate_us; /* when it was told last; monotonic */
    uint64_t rate_rows;          /* read by then */
    bool has_thread;
    pthread_t thread;
    struct conn *conns[CONNS_MAX]; /* the rest is of the door's thread */
    uint32_t conn_count;
    struct buf scratch;
};

/* ---- answer.c: what is answered at once ---- */

void answer_error(struct buf *out, const struct error *err);
enum code answer_status(struct door *door, bool brief, struct arena *arena, struct buf *out,
                        struct error *err) WEIR_CHECKED;
enum code answer_plan(struct door *door, struct buf *out, struct error *err) WEIR_CHECKED;
void answer_text(struct buf *out, struct str text); /* {"ok": true, "text": ...} */

/* ---- conn.c: from the request to the last line of the answer ---- */

/* A whole line has come. */
void conn_ask(struct door *door, struct conn *conn, struct str line);
/* What came over HTTP so far; true: it is answered. */
bool conn_take_http(struct door *door, struct conn *conn);
/* What the connection waits for may be there. */
void conn_go_on(struct door *door, struct conn *conn, int64_t now_us);
/* The job ends: whoever waits is told so. */
void conn_end(struct conn *conn);
/* Gives back what the request holds of the job. */
void conn_let_go(struct door *door, struct conn *conn);
/* E_RETRY: the job cannot be looked at yet. */
enum code conn_exec(struct door *door, struct exec **ret, struct error *err) WEIR_CHECKED;

/* ---- watch.c, sample.c ---- */

enum code watch_begin(struct door *door, struct conn *conn, struct error *err) WEIR_CHECKED;
enum code watch_end(struct door *door, struct conn *conn, struct error *err) WEIR_CHECKED;
enum code sample_begin(struct door *door, struct conn *conn, struct error *err) WEIR_CHECKED;
/* Moves what has come to the answer. */
void sample_take(struct conn *conn);
/* Likewise, and the line that ends it: the job is over. */
void sample_end(struct conn *conn);
