/* kafka_source.c -- hands out messages.
 *
 * Messages are lent, not copied: their bytes stay in librdkafka's fetch buffers, and
 * one clean-up per poll gives them back when the arena of the records is reset.
 * What holds their addresses is pooled, so reading allocates nothing of ours.
 *
 * Invariant: split->next is the offset behind the last message handed out, so what
 * tell() says is exactly what the engine has. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_source.h"

#include "base/memory.h"
#include "kafka/kafka_headers.h"
#include "kafka/kafka_offsets.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* --- lending messages ---------------------------------------------------------------- */

static void destroy_messages(struct kafka_held *held)
{
    for (uint32_t i = 0; i < held->count; i++)
        rd_kafka_message_destroy(held->messages[i]);
    held->count = 0;
}

static void unlink_held(struct kafka_held *held)
{
    *held->back = held->next;
    if (held->next)
        held->next->back = held->back;
}

/* The arena is reset. */
static void release(void *self)
{
    struct kafka_held *held = self;
    struct kafka_source_state *s = held->source;
    destroy_messages(held);
    if (!s) {
        mem_free(held);
        return;
    }
    if (s->ready == held)
        s->ready = NULL;
    unlink_held(held);
    held->next = s->free_held;
    s->free_held = held;
}

void kafka_source_release(struct kafka_source_state *s)
{
    for (struct kafka_held *h = s->used_held, *next; h; h = next) {
        next = h->next;
        destroy_messages(h);
        h->source = NULL; /* its arena still knows it, and will free it */
    }
    for (struct kafka_held *h = s->free_held, *next; h; h = next) {
        next = h->next;
        mem_free(h);
    }
    s->used_held = s->free_held = s->ready = NULL;
}

/* Room for the messages of a poll, registered with the arena before there are any: afterwards
 * nothing can fail between taking messages and handing them out. */
static enum code get_ready(struct kafka_source_state *s, struct arena *arena, uint32_t cap,
                           struct error *err)
{
    if (s->ready && s->ready_arena == arena && s->ready->cap >= cap)
        return OK;
    struct kafka_held *held = s->free_held;
    if (held && held->cap >= cap) {
        s->free_held = held->next;
    } else {
        held = mem_alloc(sizeof *held + cap * sizeof held->messages[0]);
        if (!held)
            return error_nomem(err);
        held->cap = cap;
    }
    if (!arena_on_reset(arena, release, held)) {
        held->next = s->free_held;
        s->free_held = held;
        return error_nomem(err);
    }
    held->source = s;
    held->count = 0;
    held->next = s->used_held;
    held->back = &s->used_held;
    if (held->next)
        held->next->back = &held->next;
    s->used_held = held;
    s->ready = held;
    s->ready_arena = arena;
    return OK;
}

/* --- what is no message -------------------------------------------------------------- */

static void end_split(struct kafka_source_state *s, struct kafka_split *split)
{
    if (split->ended)
        return;
    split->ended = true;
    s->splits.open--;
    if (s->splits.open == 0)
        return;
    /* The others go on: fetch no more of this one. */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, split->topic->name.data, split->partition);
    rd_kafka_pause_partitions(s->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* The broker does not have the offset we ask for: retention passed while the job was stopped, or
 * the topic was made anew. */
static enum code out_of_range(struct kafka_source_state *s, struct kafka_split *split,
                              struct error *err)
{
    if (s->start.out_of_range == RESET_FAIL) {
        error_set(err, E_IO, "offset %" PRId64 " of \"" STR_FMT "\" is not in Kafka any more",
                  split->next, STR_ARG(split->name));
        error_hint(err, "'properties.auto.offset.reset' = 'earliest' goes on with the oldest "
                        "message that is there.");
        return E_IO;
    }
    bool to_end = s->start.out_of_range == RESET_LATEST;
    char reason[160];
    snprintf(reason, sizeof reason,
             "offset %" PRId64 " is not in the topic any more; reading goes on at the %s",
             split->next, to_end ? "end" : "oldest message");
    struct bad_row row = {
        .reason = str_of(reason),
        .place = split->name,
        .offset = split->next,
        .record = UINT32_MAX, /* no record of this poll */
    };
    TRY(bad_row_report(s->bad_rows, &row, err));
    split->next = to_end ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
    return kafka_source_read_again(s, split, err);
}

static enum code no_message(struct kafka_source_state *s, const rd_kafka_message_t *m,
                            struct error *err)
{
    struct kafka_split *split = kafka_splits_of(&s->splits, m->rkt, m->partition);
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        /* Markers of transactions have offsets too, so the position counts and not the last
         * message.  What an open transaction hides was not there at the start. */
        if (split && split->to != INT64_MAX && (m->offset >= split->to || s->stops_at_gap))
            end_split(s, split);
        return OK;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return split ? out_of_range(s, split, err) : OK;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        s->lost_topic = true;
        kafka_scout_probe(s->scout); /* it looks again before it says that the topic is gone */
        return OK;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        error_set(err, E_IO, "cannot read \"" STR_FMT "\": a message is too large for the client",
                  STR_ARG(split ? split->name : s->table));
        error_hint(err, "Raise the property receive.message.max.bytes.");
        return E_IO;
    default:
        break;
    }
    if (kafka_error_passes((int)m->err)) {
        snprintf(s->trouble, sizeof s->trouble, "%s", rd_kafka_message_errstr(m));
        kafka_scout_probe(s->scout);
        return OK;
    }
    return error_set(err, E_IO, "cannot read \"" STR_FMT "\" of Kafka at " STR_FMT ": %s",
                     STR_ARG(split ? split->name : s->table), STR_ARG(s->brokers),
                     rd_kafka_message_errstr(m));
}

/* --- messages to records ------------------------------------------------------------- */

static inline struct kafka_split *split_of(struct kafka_source_state *s,
                                           const rd_kafka_message_t *m)
{
    if (likely(m->rkt == s->last_handle && m->partition == s->last_partition))
        return s->last_split;
    s->last_split = kafka_splits_of(&s->splits, m->rkt, m->partition);
    s->last_handle = m->rkt;
    s->last_partition = m->partition;
    return s->last_split;
}

static void put_record(struct records *out, uint32_t at, const rd_kafka_message_t *m,
                       const struct kafka_split *split)
{
    out->values[at] = str_make(m->payload, m->len);
    out->splits[at] = split->index;
    out->offsets[at] = m->offset;
    if (out->want_keys)
        out->keys[at] = str_make(m->key, m->key_len);
    if (!out->want_timestamps)
        return;
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(m, &type);
    out->timestamps_ms[at] = ms >= 0 ? ms : INT64_MIN;
    out->timestamp_types[at] = type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? 1
                               : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? 2
                                                                            : 0;
}

/* Turns the first `taken` messages of `held` into records; those that are none are destroyed, and
 * the others move up.  On failure the rest stays in `held`, to be destroyed with it. */
static enum code take_messages(struct kafka_source_state *s, struct kafka_held *held,
                               uint32_t taken, struct records *out, struct error *err)
{
    enum code code = OK;
    uint32_t kept = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < taken; i++) {
        rd_kafka_message_t *m = held->messages[i];
        if (unlikely(m->err != RD_KAFKA_RESP_ERR_NO_ERROR)) {
            if (code == OK)
                code = no_message(s, m, err);
            rd_kafka_message_destroy(m);
            continue;
        }
        struct kafka_split *split = split_of(s, m);
        if (unlikely(!split || split->ended || m->offset >= split->to || code != OK)) {
            if (split && m->offset >= split->to)
                end_split(s, split);
            rd_kafka_message_destroy(m);
            continue;
        }
        held->messages[kept] = m;
        put_record(out, kept++, m, split);
        bytes += m->len;
        split->next = m->offset + 1;
        if (unlikely(split->next >= split->to))
            end_split(s, split);
    }
    held->count = kept;
    out->count = code == OK ? kept : 0;
    kafka_gate_took(s->gate, taken, bytes);
    return code;
}

static const struct type *const header_types[] = { &type_string, &type_bytes };
static const struct type headers_type = {
    .id = TYPE_MAP,
    .child_count = 2,
    .children = header_types,
};

static enum code take_headers(const struct kafka_held *held, struct records *out, struct error *err)
{
    if (!out->headers)
        out->headers = column_create(out->arena, &headers_type, MAX(out->count, 1));
    if (!out->headers)
        return error_nomem(err);
    out->headers->count = out->count;
    return kafka_headers_read(held->messages, out->count, out->arena, out->headers, err);
}

enum code kafka_source_poll(struct source *base, struct records *out, enum poll_state *ret_state,
                            struct error *err)
{
    struct kafka_source_state *s = (struct kafka_source_state *)base;
    out->count = 0;
    if (!s->was_full) {
        /* Before looking into the queue: what comes afterwards makes it readable again. */
        uint64_t ignored;
        ssize_t n = read(s->wake_fd, &ignored, sizeof ignored);
        (void)n;
    }
    if (kafka_scout_has_news(s->scout))
        TRY(kafka_source_take_news(s, err));
    TRY(get_ready(s, out->arena, out->cap, err));
    struct kafka_held *held = s->ready;
    ssize_t taken = rd_kafka_consume_batch_queue(s->queue, 0, held->messages, out->cap);
    if (unlikely(s->failed)) {
        held->count = taken > 0 ? (uint32_t)taken : 0;
        s->ready = NULL;
        if (err)
            *err = s->failure;
        return s->failed;
    }
    s->was_full = taken == (ssize_t)out->cap;
    if (taken > 0) {
        s->ready = NULL;
        TRY(take_messages(s, held, (uint32_t)taken, out, err));
        if (out->want_headers && out->count > 0)
            TRY(take_headers(held, out, err));
    } else {
        kafka_gate_took(s->gate, 0, 0);
    }
    bool ended = s->start.bounded && s->complete && s->splits.open == 0;
    *ret_state = ended ? POLL_END : taken > 0 ? POLL_MORE : POLL_IDLE;
    return OK;
}
