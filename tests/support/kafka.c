/* kafka.c -- see kafka.h. */
#include "support/kafka.h"

#include "kafka/kafka.h"
#include "support/check.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ANSWER_LIMIT_MS = 20000 };

/* For memory of the test itself. */
static void *must(void *ptr)
{
    if (!ptr) {
        fprintf(stderr, "out of memory in a test\n");
        abort();
    }
    return ptr;
}

/* --- clusters ------------------------------------------------------------------------ */

static void ignore_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "%s\n", why);
        abort();
    }
}

static rd_kafka_t *make_client(rd_kafka_type_t type, const char *brokers, const char *group)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, ignore_log);
    if (brokers)
        set(conf, "bootstrap.servers", brokers);
    if (group)
        set(conf, "group.id", group);
    if (type == RD_KAFKA_PRODUCER)
        set(conf, "linger.ms", "0");
    return must(rd_kafka_new(type, conf, why, sizeof why));
}

struct kafka_cluster *kafka_cluster_mock(int broker_count)
{
    struct kafka_cluster *c = must(calloc(1, sizeof *c));
    /* A client to own the cluster, and one that uses it. */
    c->rk = make_client(RD_KAFKA_PRODUCER, NULL, NULL);
    c->mock = must(rd_kafka_mock_cluster_new(c->rk, broker_count));
    snprintf(c->brokers, sizeof c->brokers, "%s", rd_kafka_mock_cluster_bootstraps(c->mock));
    return c;
}

struct kafka_cluster *kafka_cluster_real(const char *brokers)
{
    struct kafka_cluster *c = must(calloc(1, sizeof *c));
    c->rk = make_client(RD_KAFKA_PRODUCER, brokers, NULL);
    snprintf(c->brokers, sizeof c->brokers, "%s", brokers);
    return c;
}

void kafka_cluster_end(struct kafka_cluster *c)
{
    if (c->mock)
        rd_kafka_mock_cluster_destroy(c->mock);
    rd_kafka_destroy(c->rk);
    free(c);
}

static void admin_wait(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_LIMIT_MS);
    if (event)
        rd_kafka_event_destroy(event);
}

/* -1: not there. */
static int partition_count(struct kafka_cluster *c, const char *topic)
{
    const struct rd_kafka_metadata *metadata;
    if (rd_kafka_metadata(c->rk, 1, NULL, &metadata, ANSWER_LIMIT_MS))
        return -1;
    int count = -1;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        if (strcmp(metadata->topics[i].topic, topic) != 0 || metadata->topics[i].err)
            continue;
        count = metadata->topics[i].partition_cnt;
        for (int k = 0; k < metadata->topics[i].partition_cnt; k++)
            if (metadata->topics[i].partitions[k].leader < 0)
                count = -1;
    }
    rd_kafka_metadata_destroy(metadata);
    return count;
}

void kafka_cluster_topic(struct kafka_cluster *c, const char *topic, int partitions)
{
    if (c->mock) {
        rd_kafka_mock_topic_create(c->mock, topic, partitions, 1);
        return;
    }
    char why[256];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
    if (partition_count(c, topic) >= 0) {
        rd_kafka_DeleteTopic_t *delete = rd_kafka_DeleteTopic_new(topic);
        rd_kafka_DeleteTopics(c->rk, &delete, 1, NULL, queue);
        admin_wait(queue);
        rd_kafka_DeleteTopic_destroy(delete);
        while (partition_count(c, topic) >= 0)
            rd_kafka_poll(c->rk, 20);
    }
    rd_kafka_NewTopic_t *create = rd_kafka_NewTopic_new(topic, partitions, 1, why, sizeof why);
    rd_kafka_CreateTopics(c->rk, &create, 1, NULL, queue);
    admin_wait(queue);
    rd_kafka_NewTopic_destroy(create);
    rd_kafka_queue_destroy(queue);
    while (partition_count(c, topic) != partitions)
        rd_kafka_poll(c->rk, 20);
}

/* A client of its own each time: the mock's owner does not know its brokers. */
static rd_kafka_t *writer_begin(const struct kafka_cluster *c)
{
    return make_client(RD_KAFKA_PRODUCER, c->brokers, NULL);
}

static void writer_end(rd_kafka_t *rk)
{
    CHECK(rd_kafka_flush(rk, ANSWER_LIMIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(rk);
}

void kafka_cluster_fill(struct kafka_cluster *c, const char *topic, int32_t partition, int first,
                        int count)
{
    rd_kafka_t *rk = writer_begin(c);
    for (int i = first; i < first + count; i++) {
        char key[32], value[32];
        snprintf(key, sizeof key, "k%d", i);
        snprintf(value, sizeof value, "%d", i);
        CHECK(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_KEY(key, strlen(key)),
                                RD_KAFKA_V_VALUE(value, strlen(value)),
                                RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    writer_end(rk);
}

void kafka_cluster_put(struct kafka_cluster *c, const char *topic, int32_t partition,
                       const char *key, const char *value, size_t value_bytes,
                       rd_kafka_headers_t *headers, int64_t timestamp_ms)
{
    rd_kafka_t *rk = writer_begin(c);
    if (!headers)
        headers = rd_kafka_headers_new(0);
    CHECK(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_KEY((void *)key, key ? strlen(key) : 0),
                            RD_KAFKA_V_VALUE((void *)value, value_bytes),
                            RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_HEADERS(headers),
                            RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    writer_end(rk);
}

static rd_kafka_topic_partition_list_t *one_partition(const char *topic, int32_t partition,
                                                      int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    return list;
}

int64_t kafka_cluster_committed(struct kafka_cluster *c, const char *group, const char *topic,
                                int32_t partition)
{
    rd_kafka_t *rk = make_client(RD_KAFKA_CONSUMER, c->brokers, group);
    rd_kafka_topic_partition_list_t *list = one_partition(topic, partition, 0);
    CHECK(rd_kafka_committed(rk, list, ANSWER_LIMIT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return offset;
}

void kafka_cluster_commit(struct kafka_cluster *c, const char *group, const char *topic,
                          int32_t partition, int64_t offset)
{
    rd_kafka_t *rk = make_client(RD_KAFKA_CONSUMER, c->brokers, group);
    rd_kafka_topic_partition_list_t *list = one_partition(topic, partition, offset);
    CHECK(rd_kafka_commit(rk, list, 0) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

/* --- tables -------------------------------------------------------------------------- */

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    struct kafka_bad_rows *b = container_of(self, struct kafka_bad_rows, base);
    b->count++;
    snprintf(b->last, sizeof b->last, STR_FMT, STR_ARG(row->reason));
    snprintf(b->last_place, sizeof b->last_place, STR_FMT, STR_ARG(row->place));
    return b->fails ? error_set(err, E_DATA, "bad row: " STR_FMT, STR_ARG(row->reason)) : OK;
}

static void add_option(struct kafka_table *t, struct option *items, const char *key,
                       const char *value)
{
    items[t->options.count++] =
        (struct option){ .key = str_of(key), .value = str_of(value), .key_span = { 10, 1 } };
}

static struct kafka_table *make_table(const struct kafka_cluster *c, const char *const *options,
                                      bool blink)
{
    struct kafka_table *t = must(calloc(1, sizeof *t));
    t->arena = must(arena_create());
    t->bad_rows.base.report = report;
    uint32_t n = 0;
    while (options[n])
        n++;
    struct option *items = must(arena_array(t->arena, struct option, n + 4));
    bool has_brokers = false;
    for (uint32_t i = 0; i < n; i += 2) {
        add_option(t, items, options[i], options[i + 1]);
        has_brokers = has_brokers || strstr(options[i], "bootstrap.servers");
    }
    if (c && !has_brokers)
        add_option(t, items, blink ? "bootstrap.servers" : "properties.bootstrap.servers",
                   must(arena_cstr(t->arena, str_of(c->brokers))));
    if (!blink)
        add_option(t, items, "format", "raw");
    const struct option_spec **specs = must(arena_array(t->arena, const struct option_spec *, 2));
    specs[0] = kafka_options;
    t->options.items = items;
    t->options.specs = specs;

    static const struct field flink_fields[] = { { { "v", 1 }, &type_bytes } };
    static const struct field blink_fields[] = { { { "messageKey", 10 }, &type_bytes },
                                                 { { "message", 7 }, &type_bytes } };
    static const enum column_origin flink_origins[] = { ORIGIN_VALUE };
    static const enum column_origin blink_origins[] = { ORIGIN_META, ORIGIN_META };
    static const enum meta flink_metas[] = { META_NONE };
    static const enum meta blink_metas[] = { META_KEY_BYTES, META_VALUE_BYTES };
    static const uint32_t blink_key[] = { 0 };
    t->schema = (struct schema){ .fields = blink ? blink_fields : flink_fields,
                                 .count = blink ? 2 : 1,
                                 .key = blink ? blink_key : NULL,
                                 .key_count = blink ? 1 : 0 };
    t->def = (struct table_def){
        .name = STR("t"),
        .schema = &t->schema,
        .origins = blink ? blink_origins : flink_origins,
        .metas = blink ? blink_metas : flink_metas,
        .options = &t->options,
        .blink = blink,
        .clock = &t->clock,
    };
    return t;
}

struct kafka_table *kafka_table_flink(const struct kafka_cluster *c, const char *const *options)
{
    return make_table(c, options, false);
}

struct kafka_table *kafka_table_blink(const struct kafka_cluster *c, const char *const *options)
{
    return make_table(c, options, true);
}

void kafka_table_end(struct kafka_table *t)
{
    arena_destroy(t->arena);
    free(t);
}

/* --- reading ------------------------------------------------------------------------- */

struct kafka_reader *kafka_reader_open(struct kafka_table *t, bool until_end,
                                       const struct split_position *resume, uint32_t resume_count)
{
    struct kafka_reader *r = must(calloc(1, sizeof *r));
    r->arena = arena_create();
    if (!r->arena) /* a test lets allocations fail, but means those of the connector */
        r->arena = must(arena_create());
    r->records = (struct records){
        .arena = r->arena,
        .cap = READ_CAP,
        .values = must(calloc(READ_CAP, sizeof(struct str))),
        .keys = must(calloc(READ_CAP, sizeof(struct str))),
        .splits = must(calloc(READ_CAP, sizeof(uint32_t))),
        .offsets = must(calloc(READ_CAP, sizeof(int64_t))),
        .timestamps_ms = must(calloc(READ_CAP, sizeof(int64_t))),
        .timestamp_types = must(calloc(READ_CAP, 1)),
        .want_keys = true,
        .want_timestamps = true,
    };
    struct source_open open = { .table = &t->def,
                                .until_end = until_end,
                                .resume = resume,
                                .resume_count = resume_count,
                                .commit_offsets = true,
                                .bad_rows = &t->bad_rows.base };
    r->code = connector_kafka.source->open(&open, &r->source, &r->error);
    r->state = POLL_MORE;
    return r;
}

static void note_records(struct kafka_reader *r)
{
    for (uint32_t i = 0; i < r->records.count; i++) {
        struct str split = r->source->kind->split_name(r->source, r->records.splits[i]);
        struct str value = r->records.values[i];
        int n = snprintf(r->text + r->size, sizeof r->text - r->size, STR_FMT "@%" PRId64 "=%.*s ",
                         STR_ARG(split), r->records.offsets[i],
                         value.data ? (int)MIN(value.size, (size_t)40) : 4,
                         value.data ? value.data : "NULL");
        r->size = MIN(r->size + (size_t)n, sizeof r->text - 1);
    }
    r->count += r->records.count;
}

static void poll_once(struct kafka_reader *r, int wait_ms)
{
    arena_reset(r->arena);
    r->records.count = 0;
    r->records.headers = NULL;
    r->code = r->source->kind->poll(r->source, &r->records, &r->state, &r->error);
    if (r->code != OK)
        return;
    note_records(r);
    if (r->state != POLL_IDLE || r->records.count > 0)
        return;
    struct pollfd fd = { .fd = r->source->kind->wake_fd(r->source), .events = POLLIN };
    poll(&fd, 1, wait_ms);
}

void kafka_reader_read(struct kafka_reader *r, uint32_t count)
{
    int64_t limit_us = clock_monotonic_us() + (int64_t)READ_LIMIT_MS * 1000;
    while (r->code == OK && r->count < count && r->state != POLL_END) {
        if (!CHECK(clock_monotonic_us() < limit_us))
            return;
        poll_once(r, 1000);
    }
}

void kafka_reader_run(struct kafka_reader *r, int ms)
{
    int64_t limit_us = clock_monotonic_us() + (int64_t)ms * 1000, left_us;
    while (r->code == OK && r->state != POLL_END && (left_us = limit_us - clock_monotonic_us()) > 0)
        poll_once(r, (int)(left_us / 1000) + 1);
}

void kafka_reader_close(struct kafka_reader *r)
{
    arena_reset(r->arena);
    if (r->source)
        r->source->kind->close(r->source);
    arena_destroy(r->arena);
    free(r->records.values);
    free(r->records.keys);
    free(r->records.splits);
    free(r->records.offsets);
    free(r->records.timestamps_ms);
    free(r->records.timestamp_types);
    free(r);
}

int64_t kafka_test_cpu_us(void)
{
    return clock_cpu_us();
}
