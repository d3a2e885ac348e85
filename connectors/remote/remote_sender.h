/* remote_sender.h -- the sink of remote_sink.h as its two sides see it: remote_sink.c is called by
 * the engine, remote_sender.c is the thread that makes the calls.
 *
 * What both touch is under the gate's lock.  Rows move one way: queue, call under way, gone or
 * refused; a refused one waits for the engine's thread, which alone may report it. */
#pragma once

#include "remote/remote_queue.h"
#include "remote/remote_sink.h"
#include "remote/remote_wait.h"

/* A row that the server will never take. */
struct refused_row {
    struct refused_row *next;
    struct str reason, raw; /* behind this struct */
};

struct remote_sink {
    struct sink base;
    const struct remote_sink_kind *kind;
    void *self; /* owned */
    struct remote_sink_settings settings;
    struct bad_rows *bad_rows;
    struct buf bytes, key;    /* of the row that is being encoded */
    struct row_group encoded; /* rows of the batch that is being written */
    char *place;              /* owned: "MySQL 127.0.0.1:3306" */
    int wake_fd;
    pthread_t thread;
    bool is_running;

    struct remote_gate gate; /* guards the rest */
    struct remote_queue queue;
    bool is_closing;
    bool is_prepared;    /* rows can be encoded */
    bool wants_room;     /* a write was refused: tell when rows have gone */
    bool is_flushing;    /* until flush_poll() has said that it is done */
    uint64_t call_bytes; /* memory of the rows of the call under way; 0: there is none */
    uint64_t call_rows;  /* those of them that are not decided */
    uint32_t call_epoch;
    struct refused_row *refused, **refused_tail;
    enum code failed; /* of the sender, which has ended; `failure` is what every call returns */
    struct error failure;
    int64_t waiting_since_us; /* 0: the server answers */
};

/* With the lock held: is there more than may be kept?  Memory without rows waits for nobody. */
static inline bool remote_sink_is_full(const struct remote_sink *s)
{
    return (s->queue.count > 0 || s->call_bytes > 0) &&
           s->queue.held_bytes + s->call_bytes > s->settings.queued_bytes;
}

/* With the lock held: is there a call to make? */
bool remote_sink_is_due(const struct remote_sink *s, int64_t now_us);

void *remote_sender_run(void *sink);
