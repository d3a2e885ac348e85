/* remote_sink.h -- what all sinks to a server share: rows are collected, sent in calls by a
 * thread of their own, sent again while the server is away, and a row that is refused
 * does not take its neighbours with it.
 *
 * A connector writes three functions: how a row is written (encode), how a call is made
 * (send), and how a call under way is ended (interrupt).  The engine's thread encodes rows into the
 * group that is being filled, also while a call is under way; a group goes to the sender when it has
 * enough rows or bytes, when its oldest row has waited for the interval, or when the engine flushes.
 * With `folds` a row takes the place of an earlier row of its key that has not been sent, unless a
 * flush waits for that one.  Where refused rows are left out and the job goes on, the earlier one is
 * kept until the call is over, and sent if the server refuses the later one: the table ends as if
 * rows had been written one by one.
 *
 * Nothing is dropped: what the sender cannot deliver stays, and when the queue is full write()
 * says E_RETRY before it has taken anything, so memory is bounded by `queued_bytes`, one batch of the
 * engine, and the memory of one call that is over. */
#pragma once

#include "connector/connector.h"
#include "remote/remote.h"

/* A row as encode() wrote it; the bytes live until the call is over. */
struct remote_row {
    struct str bytes; /* for send(); of a row that is refused, the raw bytes of the bad row */
    struct str key;   /* canonical bytes of the key; data NULL: the sink has none */
    bool is_delete;
    uint32_t stands_for; /* the sender's own */
    enum remote_verdict {
        REMOTE_OPEN, /* not decided: what send() returns (remote.h) goes for it */
        REMOTE_SAFE, /* delivered, or needs no delivery */
        REMOTE_BAD,  /* refused for ever: `reason` says why */
    } verdict;
    struct str reason; /* of REMOTE_BAD; from remote_reason() */
};

struct remote_call {
    struct remote_row *rows;
    uint32_t count;      /* at least 1; with `folds` no two rows have the same key, unless the first
                            is a delete that is kept */
    struct arena *arena; /* of the call */
};

/* Copies a reason into the call's arena; an empty one when out of memory. */
struct str remote_reason(struct remote_call *call, const char *fmt, ...) WEIR_PRINTF(2, 3);

struct remote_sink_kind {
    const char *system; /* "MySQL": for messages and the thread's name, at most 10 characters */
    /* Optional.  Sender's thread, before all else: fetches what encode() needs to know from the
     * server.  It is called again, with pauses, as send() is; until REMOTE_DONE write() says
     * E_RETRY, and encode() is not called.  _REFUSED counts as _FATAL. */
    enum remote_outcome (*prepare)(void *self, struct error *err);
    /* Engine's thread.  Appends the row and its key (if the sink has one) to the buffers, which are
     * empty.  Nothing appended at all: nothing is to be written (an ignored delete).  E_DATA: a bad
     * row, *err says why; whatever was appended is taken back. */
    enum code (*encode)(void *self, const struct batch *in, uint32_t row, bool is_delete,
                        struct buf *bytes, struct buf *key, struct error *err);
    /* Sender's thread.  Blocks as long as it takes, but within the connector's own time limit; it
     * connects first if it has to.  Sets verdicts where it knows them. *err is filled unless
     * REMOTE_DONE; its code is the job's with REMOTE_FATAL (E_RETRY becomes E_IO). */
    enum remote_outcome (*send)(void *self, struct remote_call *call, struct error *err);
    /* Optional.  Sender's thread: the same for a call without deletes, of which nothing is decided;
     * `rows` is the bytes of all of them, one behind the other.  What is refused comes again through
     * send(), in halves.  `is_again`: the call before was the same, and failed. */
    enum remote_outcome (*send_together)(void *self, struct str rows, bool is_again,
                                         struct error *err);
    /* Any thread: a send() under way shall return within a second, with any outcome; so shall all
     * later ones. */
    void (*interrupt)(void *self);
    void (*destroy)(void *self); /* after the last send(), on the closing thread */
};

struct remote_sink_settings {
    uint32_t max_rows;   /* that make a call due; at least 1 */
    uint32_t take_rows;  /* of a call, where more are waiting; less than max_rows: max_rows */
    uint64_t max_bytes;  /* of a call (a row may be larger); 0: no limit */
    int64_t interval_ms; /* how long a row waits for others; 0: until the call is full or flushed */
    uint64_t queued_bytes; /* of all groups; 0: 64 MB */
    uint32_t max_retries;  /* of REMOTE_FAILED */
    bool folds;         /* a later row of a key replaces an earlier one (a whole row, not a part) */
    bool keeps_deletes; /* with folds: but not a delete, which says more than the row behind it */
    bool takes_before;  /* SINK_RETRACT: -U is encoded too, as a delete; else it is left out */
    const char *guarantee; /* as in sink_status; static */
    struct str endpoint;   /* "127.0.0.1:3306", for status(); copied */
};

/* Makes the sink; `self` is its own from now on, also on failure.  `base` is what the connector's
 * struct sink_kind has for kind: its write, flush_start, flush_poll, wake_fd, status and close
 * are remote_sink_write ... */
enum code remote_sink_create(const struct sink_kind *base, const struct remote_sink_kind *kind,
                             void *self, const struct remote_sink_settings *settings,
                             struct bad_rows *bad_rows, struct sink **ret,
                             struct error *err) WEIR_CHECKED;

enum code remote_sink_write(struct sink *s, const struct batch *in, struct error *err);
enum code remote_sink_flush_start(struct sink *s, struct error *err);
enum code remote_sink_flush_poll(struct sink *s, bool *ret_done, struct error *err);
int remote_sink_wake_fd(struct sink *s);
void remote_sink_status(struct sink *s, struct sink_status *ret);
void remote_sink_close(struct sink *s); /* within two seconds, also while the server is away */

/* For struct connector: what is written again changes nothing where the table has a key. */
const char *remote_sink_guarantee(const struct table_def *table, enum sink_mode mode);

/* .open is the connector's; the rest is here. */
#define REMOTE_SINK_KIND(open_function)                                                            \
    {                                                                                              \
        .open = (open_function), .write = remote_sink_write,                                       \
        .flush_start = remote_sink_flush_start, .flush_poll = remote_sink_flush_poll,              \
        .wake_fd = remote_sink_wake_fd, .status = remote_sink_status, .close = remote_sink_close   \
    }
