/* remote_lookup.h -- what all look-ups at a server share: questions wait in a queue, a few threads
 * with a connection each answer them, and answers are fetched by the engine.
 *
 * A connector writes how a key becomes bytes (encode_key) and how a set of keys is found (find).
 * Keys of a question are made unique before find() sees them.  While the server is away a question
 * is asked again with growing pauses; the engine waits, visibly. */
#pragma once

#include "connector/connector.h"
#include "remote/remote.h"

struct remote_question {
    const struct str *keys; /* as encode_key() wrote them, all different */
    uint32_t count;         /* at least 1 */
    struct arena *arena;    /* of the answer: rows and all they point to live here */
    /* What find() sets: rows with the table's columns (of the schema, all of them; those that are
     * not needed may be NULLs), and for each the key it answers.  Any order.  NULL: nothing. */
    struct batch *rows;
    const uint32_t *key_of_row;
};

struct remote_lookup_kind {
    const char *system;
    /* Engine's thread.  Appends the key of the row; *ret_none: it can find nothing (a NULL in it)
     * and is not asked.  E_DATA: as none. */
    enum code (*encode_key)(void *self, const struct batch *keys, uint32_t row, struct buf *bytes,
                            bool *ret_none, struct error *err);
    /* A thread's own connection; called on that thread.  It need not connect yet. NULL: no memory. */
    void *(*open_connection)(void *self);
    /* On that thread; blocks.  REMOTE_DONE, _AWAY, _FAILED and _FATAL as in remote.h; _REFUSED
     * counts as _FATAL. */
    enum remote_outcome (*find)(void *connection, struct remote_question *question,
                                struct error *err);
    void (*interrupt)(void *connection); /* any thread; as in remote_sink.h */
    void (*close_connection)(void *connection);
    void (*destroy)(void *self);
};

struct remote_lookup_settings {
    uint32_t threads;       /* connections; at least 1 */
    uint32_t max_keys;      /* of one find(); a question with more is split over the threads */
    uint32_t max_questions; /* under way; then submit() says E_RETRY. 0: 64 */
    uint32_t max_retries;   /* of REMOTE_FAILED */
    struct str endpoint;    /* copied */
};

/* `self` is the look-up's own from now on, also on failure. */
enum code remote_lookup_create(const struct lookup_kind *base,
                               const struct remote_lookup_kind *kind, void *self,
                               const struct remote_lookup_settings *settings, struct lookup **ret,
                               struct error *err) WEIR_CHECKED;

enum code remote_lookup_submit(struct lookup *l, const struct batch *keys, uint64_t ticket,
                               struct error *err);
enum code remote_lookup_poll(struct lookup *l, struct arena *arena, uint64_t *ret_ticket,
                             struct batch **ret_rows, const uint32_t **ret_key_row,
                             struct error *err);
int remote_lookup_wake_fd(struct lookup *l);
void remote_lookup_status(struct lookup *l, struct source_status *ret);
void remote_lookup_close(struct lookup *l); /* within two seconds */

#define REMOTE_LOOKUP_KIND(open_function) REMOTE_LOOKUP_KIND_CHECKED(NULL, open_function)
#define REMOTE_LOOKUP_KIND_CHECKED(check_function, open_function)                                  \
    {                                                                                              \
        .check = (check_function), .open = (open_function), .submit = remote_lookup_submit,        \
        .poll = remote_lookup_poll, .wake_fd = remote_lookup_wake_fd,                              \
        .status = remote_lookup_status, .close = remote_lookup_close                               \
    }
