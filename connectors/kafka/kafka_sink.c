/* kafka_sink.c -- rows to messages of one topic.
 *
 * librdkafka takes copies and delivers them in the background, idempotently and
 * without giving up while brokers are away.  Every message carries the number of the
 * flush it belongs to (one of two), and the delivery reports count those down: so a
 * flush is done when its own are confirmed, however many were written behind it.
 *
 * What bounds memory is our own count of messages and bytes under way, looked at
 * before a batch is taken; librdkafka's own limits are out of reach, because a batch
 * must be taken whole or not at all.
 *
 * Delivery is at least once.  A message that a broker will never take (too large,
 * malformed) is a bad row; any other final failure ends the job. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka.h"

#include "base/clock.h"
#include "base/memory.h"
#include "kafka/kafka_conf.h"
#include "connector/topic_fold.h"
#include "kafka/kafka_headers.h"
#include "kafka/kafka_offsets.h"
#include "kafka/kafka_rows.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    MESSAGES_MAX = 50000,     /* under way */
    BYTES_MAX = 4 << 20,      /* under way, unless buffer.memory says otherwise */
    GATHER_MAX = 256,         /* messages handed to librdkafka at once */
    GATHER_BYTES = 256 << 10, /* of encoded text, so that it is still in the cache */
    OPEN_LIMIT_MS = 1000,     /* for an answer of the brokers */
    TOPIC_LIMIT_MS = 3000,    /* for a topic that the broker may be making */
};

struct kafka_sink_state {
    struct sink base;
    struct arena *arena; /* owned */
    struct kafka_rows rows;
    struct topic_fold *fold; /* owned; NULL: rows are sent at once */
    struct bad_rows *bad_rows;
    struct str table, topic_name, brokers;
    rd_kafka_t *rk;           /* owned */
    rd_kafka_topic_t *topic;  /* owned */
    rd_kafka_queue_t *events; /* owned */
    int wake_fd;
    int32_t partition; /* RD_KAFKA_PARTITION_UA: the partitioner decides */
    atomic_uint turn;  /* of round-robin; librdkafka may ask from its own thread */

    uint32_t gathered; /* rows of the batch that is being written */
    struct kafka_row parts[GATHER_MAX];
    uint32_t origins[GATHER_MAX];
    rd_kafka_message_t messages[GATHER_MAX];

    int64_t pending; /* messages under way */
    int64_t pending_bytes, pending_bytes_max;
    int64_t of_epoch[2]; /* messages under way, by the flush they belong to */
    unsigned epoch;      /* 0 or 1: of what is written now */

    enum code failed; /* of a callback; returned by the next call */
    struct error failure;
    bool delivered; /* a broker has confirmed something */
    bool closing;
    int64_t trouble_since_us; /* 0: none */
    char trouble[224];
    char waiting_for[512]; /* lent out by status() */
};

/* --- callbacks, all on the thread that calls us -------------------------------------- */

static void fail(struct kafka_sink_state *s, enum code code, const char *reason)
{
    if (s->failed)
        return;
    s->failed = error_set(&s->failure, code,
                          "cannot write to topic \"" STR_FMT "\" of Kafka at " STR_FMT ": %s",
                          STR_ARG(s->topic_name), STR_ARG(s->brokers), reason);
}

static bool is_bad_message(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           err == RD_KAFKA_RESP_ERR_INVALID_MSG || err == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
           err == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP ||
           err == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

static enum code report_bad(struct kafka_sink_state *s, const char *reason, struct str raw,
                            uint32_t row, struct error *err)
{
    struct bad_row bad = {
        .reason = str_of(reason),
        .raw = raw,
        .place = s->topic_name,
        .offset = -1,
        .record = row,
    };
    return bad_row_report(s->bad_rows, &bad, err);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *self)
{
    (void)rk;
    struct kafka_sink_state *s = self;
    s->pending--;
    s->pending_bytes -= (int64_t)(m->len + m->key_len);
    s->of_epoch[(uintptr_t)m->_private]--;
    if (likely(m->err == RD_KAFKA_RESP_ERR_NO_ERROR)) {
        s->delivered = true;
        s->trouble_since_us = 0;
        return;
    }
    if (s->closing)
        return;
    if (!is_bad_message(m->err)) {
        fail(s, E_IO, rd_kafka_err2str(m->err));
        return;
    }
    struct error error = { .code = OK };
    enum code code =
        report_bad(s, rd_kafka_err2str(m->err), str_make(m->payload, m->len), UINT32_MAX, &error);
    if (code != OK && !s->failed) {
        s->failed = code;
        s->failure = error;
    }
}

static void on_error(rd_kafka_t *rk, int resp_err, const char *reason, void *self)
{
    struct kafka_sink_state *s = self;
    char text[256];
    switch ((rd_kafka_resp_err_t)resp_err) {
    case RD_KAFKA_RESP_ERR__FATAL:
        rd_kafka_fatal_error(rk, text, sizeof text);
        fail(s, E_IO, text);
        return;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
        if (!s->delivered) {
            fail(s, E_IO, reason);
            return;
        }
        break;
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        fail(s, E_IO, reason);
        return;
    default:
        break;
    }
    if (s->trouble_since_us == 0)
        s->trouble_since_us = clock_monotonic_us();
    if (resp_err != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !s->trouble[0])
        snprintf(s->trouble, sizeof s->trouble, "%s", reason);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static int32_t round_robin(const rd_kafka_topic_t *topic, const void *key, size_t key_bytes,
                           int32_t partition_count, void *self, void *message_opaque)
{
    (void)topic, (void)key, (void)key_bytes, (void)message_opaque;
    struct kafka_sink_state *s = self;
    return (int32_t)(atomic_fetch_add(&s->turn, 1) % (unsigned)partition_count);
}

/* Runs the callbacks that are due. */
static enum code serve(struct kafka_sink_state *s, struct error *err)
{
    uint64_t ignored;
    ssize_t n = read(s->wake_fd, &ignored, sizeof ignored); /* before looking: later ones count */
    (void)n;
    rd_kafka_poll(s->rk, 0);
    if (unlikely(s->failed) && err)
        *err = s->failure;
    return s->failed;
}

/* --- writing ------------------------------------------------------------------------- */

/* What became of a message that was handed to librdkafka. */
static enum code settle(struct kafka_sink_state *s, rd_kafka_resp_err_t failed, struct str value,
                        size_t key_bytes, uint32_t row, struct error *err)
{
    if (likely(failed == RD_KAFKA_RESP_ERR_NO_ERROR)) {
        s->pending++;
        s->pending_bytes += (int64_t)(value.size + key_bytes);
        s->of_epoch[s->epoch]++;
        return OK;
    }
    if (is_bad_message(failed))
        return report_bad(s, rd_kafka_err2str(failed), value, row, err);
    return error_set(err, E_IO, "cannot write to topic \"" STR_FMT "\" of Kafka at " STR_FMT ": %s",
                     STR_ARG(s->topic_name), STR_ARG(s->brokers), rd_kafka_err2str(failed));
}

/* The messages gathered so far: a call for many costs half of a call for each. */
static enum code send_gathered(struct kafka_sink_state *s, struct error *err)
{
    uint32_t n = s->gathered;
    s->gathered = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct str value = kafka_part_bytes(&s->parts[i].value, &s->rows.value_text);
        struct str key = kafka_part_bytes(&s->parts[i].key, &s->rows.key_text);
        s->messages[i] = (rd_kafka_message_t){
            .payload = (void *)value.data,
            .len = value.size,
            .key = (void *)key.data,
            .key_len = key.size,
            ._private = (void *)(uintptr_t)s->epoch,
        };
    }
    if (n > 0)
        rd_kafka_produce_batch(s->topic, s->partition, RD_KAFKA_MSG_F_COPY, s->messages, (int)n);
    enum code code = OK;
    for (uint32_t i = 0; i < n; i++) {
        const rd_kafka_message_t *m = &s->messages[i];
        /* All of them are counted, also behind a failure: their reports will come. */
        enum code this = settle(s, m->err, str_make(m->payload, m->len), m->key_len, s->origins[i],
                                code == OK ? err : NULL);
        code = code == OK ? this : code;
    }
    kafka_rows_clear(&s->rows);
    return code;
}

/* A message with a time or headers (which are its own from now on). */
static enum code produce(struct kafka_sink_state *s, struct str key, struct str value,
                         int64_t timestamp_ms, rd_kafka_headers_t *headers, uint32_t row,
                         struct error *err)
{
    rd_kafka_vu_t parts[8] = {
        { .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = s->topic },
        { .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = s->partition },
        { .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
        { .vtype = RD_KAFKA_VTYPE_VALUE,
          .u.mem = { .ptr = (void *)value.data, .size = value.size } },
        { .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { .ptr = (void *)key.data, .size = key.size } },
        { .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)s->epoch },
        { .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = timestamp_ms },
    };
    size_t count = 7;
    if (headers)
        parts[count++] = (rd_kafka_vu_t){ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers };
    rd_kafka_error_t *error = rd_kafka_produceva(s->rk, parts, count);
    rd_kafka_resp_err_t failed = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error) {
        rd_kafka_error_destroy(error);
        if (headers)
            rd_kafka_headers_destroy(headers);
    }
    return settle(s, failed, value, key.size, row, err);
}

static enum code send_one(struct kafka_sink_state *s, const struct batch *in, uint32_t row,
                          const struct kafka_row *m, struct error *err)
{
    rd_kafka_headers_t *headers = NULL;
    if (s->rows.headers_column >= 0)
        TRY(kafka_headers_write(in->columns[s->rows.headers_column], row, &headers, err));
    enum code code = produce(s, kafka_part_bytes(&m->key, &s->rows.key_text),
                             kafka_part_bytes(&m->value, &s->rows.value_text), m->timestamp_ms,
                             headers, row, err);
    kafka_rows_clear(&s->rows);
    return code;
}

/* All that waits for later rows of its key. */
static enum code send_folded(struct kafka_sink_state *s, struct error *err)
{
    enum code code = OK;
    for (uint32_t i = 0, n = topic_fold_count(s->fold); i < n; i++) {
        struct topic_fold_entry m = topic_fold_at(s->fold, i);
        enum code this =
            produce(s, m.key, m.value, m.timestamp_ms, NULL, UINT32_MAX, code == OK ? err : NULL);
        code = code == OK ? this : code;
    }
    topic_fold_clear(s->fold);
    return code;
}

static enum code fold_row(struct kafka_sink_state *s, const struct kafka_row *m, struct error *err)
{
    struct topic_fold_entry entry = {
        .key = kafka_part_bytes(&m->key, &s->rows.key_text),
        .value = kafka_part_bytes(&m->value, &s->rows.value_text),
        .timestamp_ms = m->timestamp_ms,
    };
    enum code code = topic_fold_put(s->fold, &entry, err);
    kafka_rows_clear(&s->rows);
    if (code != OK || !topic_fold_is_full(s->fold))
        return code;
    return send_folded(s, err);
}

static int64_t sink_tick_ms(struct sink *base)
{
    const struct kafka_sink_state *s = (const struct kafka_sink_state *)base;
    return s->fold ? topic_fold_due_ms(s->fold) : -1;
}

static enum code sink_tick(struct sink *base, struct error *err)
{
    struct kafka_sink_state *s = (struct kafka_sink_state *)base;
    TRY(serve(s, err));
    return s->fold && topic_fold_due_ms(s->fold) == 0 ? send_folded(s, err) : OK;
}

static enum code write_row(struct kafka_sink_state *s, const struct batch *in, uint32_t row,
                           struct error *err)
{
    struct kafka_row m;
    struct error why = { .code = OK };
    enum code code = kafka_rows_encode(&s->rows, in, row, &m, &why);
    if (code == E_DATA)
        return report_bad(s, why.message, kafka_part_bytes(&m.value, &s->rows.value_text), row,
                          err);
    if (code != OK) {
        if (err)
            *err = why;
        return code;
    }
    if (s->fold)
        return fold_row(s, &m, err);
    if (s->rows.headers_column >= 0 || m.timestamp_ms != 0) {
        TRY(send_gathered(s, err)); /* in order; and it needs the texts no more */
        TRY(kafka_rows_encode(&s->rows, in, row, &m, err));
        return send_one(s, in, row, &m, err);
    }
    s->parts[s->gathered] = m;
    s->origins[s->gathered++] = row;
    bool is_full = s->gathered == GATHER_MAX || s->rows.value_text.size >= GATHER_BYTES;
    return is_full ? send_gathered(s, err) : OK;
}

static enum code sink_write(struct sink *base, const struct batch *in, struct error *err)
{
    struct kafka_sink_state *s = (struct kafka_sink_state *)base;
    TRY(serve(s, err));
    bool fits =
        s->pending + in->selected <= MESSAGES_MAX && s->pending_bytes < s->pending_bytes_max;
    if (!fits && s->pending > 0)
        return error_set(err, E_RETRY, "Kafka has not confirmed earlier rows yet");
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = batch_row(in, i);
        if (kafka_rows_writes(&s->rows, batch_change(in, row)))
            TRY(write_row(s, in, row, err));
    }
    return s->fold ? sink_tick(base, err) : send_gathered(s, err);
}

static enum code sink_flush_start(struct sink *base, struct error *err)
{
    struct kafka_sink_state *s = (struct kafka_sink_state *)base;
    TRY(serve(s, err));
    if (s->fold)
        TRY(send_folded(s, err));
    s->epoch ^= 1; /* the flush before this one is done, so nothing of this number is under way */
    return OK;
}

static enum code sink_flush_poll(struct sink *base, bool *ret_done, struct error *err)
{
    struct kafka_sink_state *s = (struct kafka_sink_state *)base;
    TRY(serve(s, err));
    *ret_done = s->of_epoch[s->epoch ^ 1] == 0;
    return OK;
}

static int sink_wake_fd(struct sink *base)
{
    return ((struct kafka_sink_state *)base)->wake_fd;
}

static void sink_status(struct sink *base, struct sink_status *ret)
{
    struct kafka_sink_state *s = (struct kafka_sink_state *)base;
    *ret = (struct sink_status){
        .pending_rows = s->pending + (s->fold ? topic_fold_count(s->fold) : 0),
        .guarantee = s->rows.is_keyed ? "idempotent by key" : "at-least-once",
    };
    if (s->trouble_since_us == 0 || s->pending == 0)
        return;
    snprintf(s->waiting_for, sizeof s->waiting_for, "Kafka at " STR_FMT "%s%s%s",
             STR_ARG(s->brokers), s->trouble[0] ? " (" : "", s->trouble, s->trouble[0] ? ")" : "");
    ret->waiting_for = s->waiting_for;
    ret->waiting_since_us = s->trouble_since_us;
}

/* --- opening and closing ------------------------------------------------------------- */

static void sink_close(struct sink *base)
{
    struct kafka_sink_state *s = (struct kafka_sink_state *)base;
    if (!s)
        return;
    s->closing = true;
    if (s->rk) {
        /* What was flushed is confirmed; the rest is not waited for. */
        rd_kafka_purge(s->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                  RD_KAFKA_PURGE_F_NON_BLOCKING);
        rd_kafka_poll(s->rk, 0);
    }
    if (s->events)
        rd_kafka_queue_destroy(s->events);
    if (s->topic)
        rd_kafka_topic_destroy(s->topic);
    if (s->rk)
        rd_kafka_destroy(s->rk);
    kafka_rows_close(&s->rows);
    topic_fold_destroy(s->fold);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    arena_destroy(s->arena);
    mem_free(s);
}

static bool is_round_robin(const struct table_def *table)
{
    return str_iis(str_trim(options_get(table->options, "sink.partitioner")), "round-robin");
}

static enum code make_topic(struct kafka_sink_state *s, const struct table_def *table,
                            struct error *err)
{
    struct str partitioner = str_trim(options_get(table->options, "sink.partitioner"));
    s->partition = str_iis(partitioner, "fixed") ? 0 : RD_KAFKA_PARTITION_UA;
    rd_kafka_topic_conf_t *conf = rd_kafka_default_topic_conf_dup(s->rk);
    if (is_round_robin(table)) {
        rd_kafka_topic_conf_set_partitioner_cb(conf, round_robin);
        rd_kafka_topic_conf_set_opaque(conf, s);
    }
    s->topic = rd_kafka_topic_new(s->rk, s->topic_name.data, conf);
    if (s->topic)
        return OK;
    rd_kafka_topic_conf_destroy(conf);
    return error_set(err, E_OPTION, "cannot write to topic \"" STR_FMT "\": %s",
                     STR_ARG(s->topic_name), rd_kafka_err2str(rd_kafka_last_error()));
}

static enum code make_client(struct kafka_sink_state *s, const struct table_def *table,
                             struct error *err)
{
    rd_kafka_conf_t *conf;
    TRY(kafka_conf_build(table, KAFKA_PRODUCER, false, &conf, err));
    rd_kafka_conf_set_opaque(conf, s);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (kafka_property(table, "debug").size == 0)
        rd_kafka_conf_set_log_cb(conf, on_log);
    if (is_round_robin(table)) /* else messages without key stick to one partition for a while */
        rd_kafka_conf_set(conf, "sticky.partitioning.linger.ms", "0", NULL, 0);
    char why[512];
    s->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!s->rk) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, E_OPTION,
                         "cannot make a Kafka producer for table \"" STR_FMT "\": %s",
                         STR_ARG(s->table), why);
    }
    s->events = rd_kafka_queue_get_main(s->rk);
    uint64_t one = 1;
    rd_kafka_queue_io_event_enable(s->events, s->wake_fd, &one, sizeof one);
    return make_topic(s, table, err);
}

/* What the brokers say of the topic.  *ret_wait: ask again, they may be making it. */
static enum code judge_topic(struct kafka_sink_state *s, const struct rd_kafka_metadata *metadata,
                             bool *ret_wait, struct error *err)
{
    *ret_wait = false;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        if (!str_is(s->topic_name, topic->topic) || !topic->err)
            continue;
        *ret_wait = kafka_error_passes((int)topic->err);
        return error_set(err, E_IO,
                         topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                             ? "topic \"" STR_FMT "\" does not exist in Kafka at " STR_FMT "%s"
                             : "cannot write to topic \"" STR_FMT "\" of Kafka at " STR_FMT ": %s",
                         STR_ARG(s->topic_name), STR_ARG(s->brokers),
                         topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                             ? ""
                             : rd_kafka_err2str(topic->err));
    }
    return OK;
}

/* A topic that is not there and will not be made, and a refused login, are errors at once; brokers
 * that are away are not. */
static enum code look_at_topic(struct kafka_sink_state *s, struct error *err)
{
    int64_t limit_us = clock_monotonic_us() + (int64_t)TOPIC_LIMIT_MS * 1000;
    for (;;) {
        const struct rd_kafka_metadata *metadata;
        rd_kafka_resp_err_t failed =
            rd_kafka_metadata(s->rk, 0, s->topic, &metadata, OPEN_LIMIT_MS);
        TRY(serve(s, err));
        if (failed)
            return OK; /* away: writing waits for them */
        bool wait;
        struct error why = { .code = OK };
        enum code code = judge_topic(s, metadata, &wait, &why);
        rd_kafka_metadata_destroy(metadata);
        if (code == OK)
            return OK;
        if (!wait || clock_monotonic_us() > limit_us) {
            if (err)
                *err = why;
            return code;
        }
        rd_kafka_poll(s->rk, 100);
    }
}

static enum code start(struct kafka_sink_state *s, const struct sink_open *open, struct error *err)
{
    const struct table_def *table = open->table;
    struct kafka_topics topics;
    s->arena = arena_create();
    if (!s->arena)
        return error_nomem(err);
    s->bad_rows = open->bad_rows;
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->wake_fd < 0)
        return error_set(err, E_LIMIT, "could not make an eventfd: too many open files");
    TRY(kafka_topics_read(table, s->arena, &topics, err));
    if (topics.count != 1)
        return error_set(err, E_OPTION, "table \"" STR_FMT "\" can be written to one topic only",
                         STR_ARG(table->name));
    s->topic_name = topics.names[0];
    s->table = arena_str(s->arena, table->name);
    struct str brokers = kafka_brokers(table);
    s->brokers = brokers.data ? arena_str(s->arena, brokers) : STR("");
    if (!s->table.data || !s->brokers.data)
        return error_nomem(err);
    struct str memory = kafka_property(table, "buffer.memory");
    if (!option_parse_bytes(memory, &s->pending_bytes_max) || s->pending_bytes_max <= 0)
        s->pending_bytes_max = BYTES_MAX;
    TRY(kafka_rows_open(&s->rows, table, s->arena, err));
    if (s->rows.is_keyed && s->rows.headers_column < 0) /* headers do not wait */
        TRY(topic_fold_create(table, &s->fold, err));
    TRY(make_client(s, table, err));
    return look_at_topic(s, err);
}

static enum code sink_open(const struct sink_open *open, struct sink **ret, struct error *err)
{
    struct kafka_sink_state *s = mem_zalloc(sizeof *s);
    if (!s)
        return error_nomem(err);
    s->base.kind = &kafka_sink;
    s->wake_fd = -1;
    enum code code = start(s, open, err);
    if (code != OK) {
        sink_close(&s->base);
        return code;
    }
    *ret = &s->base;
    return OK;
}

const struct sink_kind kafka_sink = {
    .open = sink_open,
    .write = sink_write,
    .flush_start = sink_flush_start,
    .flush_poll = sink_flush_poll,
    .wake_fd = sink_wake_fd,
    .parallel = true,
    .tick_ms = sink_tick_ms,
    .tick = sink_tick,
    .status = sink_status,
    .close = sink_close,
};
