/* message.h -- what travels between workers: the messages of op.h, in memory of
 * their own. */
#pragma once

#include "exec/op.h"

enum message_kind { MESSAGE_BATCH, MESSAGE_WATERMARK, MESSAGE_IDLE, MESSAGE_BARRIER, MESSAGE_END };

/* One block of memory, made by the sender and freed by the receiver (mem_free). */
struct message {
    enum message_kind kind;
    struct message *next;   /* while it waits for room */
    int64_t watermark_us;   /* WATERMARK; BATCH: time before its first row, or WATERMARK_NONE */
    bool idle;              /* IDLE: it is, or is not any more */
    uint64_t epoch;         /* BARRIER */
    struct batch batch;     /* BATCH; its arena is the receiver's business */
};

/* NULL when out of memory. */
struct message *message_make(enum message_kind kind) WEIR_CHECKED;
/* A compact copy of n rows of `in` (ascending positions), strings and nested values included. Its
 * watermarks are those of `in` as these rows see them. */
struct message *message_copy(const struct batch *in, const uint32_t *rows, uint32_t n) WEIR_CHECKED;
