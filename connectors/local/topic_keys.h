/* topic_keys.h -- what T.ndjson has no place for: keys, times, headers and missing values of its
 * messages, kept beside it while the run may have to make T.records.ndjson of it.
 *
 * The file T.ndjson.keys has a line a message, from the first message on that has any of these.
 * It goes when the sink is closed, unless a start from a snapshot may want it. */
#pragma once

#include "local/file_out.h"
#include "connector/topic_record.h"

struct topic_keys {
    struct file_out out; /* its fd is open once is_open */
    char *path;          /* borrowed; NULL: nothing is kept */
    bool is_open;
    bool stays;     /* a snapshot counts on it */
    uint64_t rows;  /* messages so far */
    uint64_t first; /* the message of the first line */
};

/* What a snapshot says of it; all 0 where there is no file yet. */
struct topic_keys_position {
    int64_t bytes;
    uint64_t rows, first;
};

/* Begins anew, or goes on from a position. */
enum code topic_keys_open(struct topic_keys *k, char *path,
                          const struct topic_keys_position *resume, struct error *err) WEIR_CHECKED;
/* The next message.  Its value counts only as far as there is one. */
enum code topic_keys_add(struct topic_keys *k, const struct topic_record_out *record,
                         struct error *err) WEIR_CHECKED;
enum code topic_keys_sync(struct topic_keys *k, struct error *err) WEIR_CHECKED;
/* Drains, and says where it is: a snapshot may come back to it. */
enum code topic_keys_tell(struct topic_keys *k, struct topic_keys_position *ret,
                          struct error *err) WEIR_CHECKED;
void topic_keys_close(struct topic_keys *k); /* a zeroed struct is fine */

/* Writes the messages of the lines of `plain_path` as records to `out`, with what was kept. */
enum code topic_keys_move(struct topic_keys *k, const char *plain_path, struct file_out *out,
                          struct error *err) WEIR_CHECKED;
