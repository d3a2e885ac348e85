/* test_kafka_broker.c -- what only a real broker does: times, transactions, retention,
 * large amounts.  WEIR_KAFKA names it (HOST:PORT); without one all is skipped. */
#include "support/kafka.h"

#include "base/memory.h"
#include "base/number.h"
#include "kafka/kafka.h"
#include "support/check.h"
#include "types/batch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIPPED = 77 };

static struct kafka_cluster *cluster;

static struct kafka_reader *read_all(struct kafka_table *t, const char *want)
{
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    CHECK_STR(r->error.message, "");
    if (CHECK_INT(r->code, OK)) {
        kafka_reader_read(r, UINT32_MAX);
        CHECK_INT(r->state, POLL_END);
        CHECK_STR(r->text, want);
    }
    return r;
}

static void check_read(struct kafka_table *t, const char *want)
{
    kafka_reader_close(read_all(t, want));
    kafka_table_end(t);
}

static void all_places_to_begin_and_end(void)
{
    kafka_cluster_topic(cluster, "weir_places", 1);
    for (int i = 0; i < 4; i++) {
        char value[8];
        snprintf(value, sizeof value, "%d", i);
        kafka_cluster_put(cluster, "weir_places", 0, "k", value, 1, NULL,
                          INT64_C(1600000000000) + i * 1000);
    }
    kafka_cluster_commit(cluster, "weir_places", "weir_places", 0, 1);
    check_read(kafka_table_flink(cluster, OPTIONS("topic", "weir_places", "scan.startup.mode",
                                                  "earliest-offset")),
               "weir_places-0@0=0 weir_places-0@1=1 weir_places-0@2=2 weir_places-0@3=3 ");
    check_read(kafka_table_flink(
                   cluster, OPTIONS("topic", "weir_places", "scan.startup.mode", "latest-offset")),
               "");
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "weir_places", "properties.group.id",
                                           "weir_places", "scan.bounded.mode", "timestamp",
                                           "scan.bounded.timestamp-millis", "1600000002500")),
        "weir_places-0@1=1 weir_places-0@2=2 ");
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "weir_places", "scan.startup.mode", "timestamp",
                                           "scan.startup.timestamp-millis", "1600000001500")),
        "weir_places-0@2=2 weir_places-0@3=3 ");
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "weir_places", "scan.startup.mode", "timestamp",
                                           "scan.startup.timestamp-millis", "1700000000000")),
        "");
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "weir_places", "scan.startup.mode",
                                           "earliest-offset", "properties.group.id", "weir_places",
                                           "scan.bounded.mode", "group-offsets")),
        "weir_places-0@0=0 ");
    check_read(kafka_table_blink(cluster, OPTIONS("topic", "weir_places", "group.id", "weir_places",
                                                  "startupMode", "TIMESTAMP", "startTime",
                                                  "2020-09-13 20:26:41", "timeZone", "GMT+8")),
               "weir_places-0@1=1 weir_places-0@2=2 weir_places-0@3=3 ");
}

/* Aborted and committed messages with their markers: 0 1 x 3 4 x. */
static void write_transactions(const char *topic)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", cluster->brokers, why, sizeof why);
    rd_kafka_conf_set(conf, "transactional.id", "weir_test", why, sizeof why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    rd_kafka_error_t *failed = rd_kafka_init_transactions(rk, 30000);
    for (int k = 0; k < 2 && !failed; k++) {
        failed = rd_kafka_begin_transaction(rk);
        for (int i = 0; i < 2; i++)
            rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_VALUE((k ? "ok" : "no"), 2), RD_KAFKA_V_END);
        rd_kafka_flush(rk, 20000);
        if (!failed)
            failed =
                k ? rd_kafka_commit_transaction(rk, 20000) : rd_kafka_abort_transaction(rk, 20000);
    }
    CHECK(failed == NULL);
    rd_kafka_destroy(rk);
}

static void markers_of_transactions_do_not_hide_the_end(void)
{
    kafka_cluster_topic(cluster, "weir_marks", 1);
    write_transactions("weir_marks");
    check_read(kafka_table_flink(cluster, OPTIONS("topic", "weir_marks", "scan.startup.mode",
                                                  "earliest-offset", "properties.isolation.level",
                                                  "read_committed")),
               "weir_marks-0@3=ok weir_marks-0@4=ok ");
    check_read(kafka_table_flink(
                   cluster, OPTIONS("topic", "weir_marks", "scan.startup.mode", "earliest-offset")),
               "weir_marks-0@0=no weir_marks-0@1=no weir_marks-0@3=ok weir_marks-0@4=ok ");
}

static void what_an_open_transaction_hides_was_not_there(void)
{
    char why[256];
    kafka_cluster_topic(cluster, "weir_open", 1);
    kafka_cluster_fill(cluster, "weir_open", 0, 0, 1);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", cluster->brokers, why, sizeof why);
    rd_kafka_conf_set(conf, "transactional.id", "weir_open", why, sizeof why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    CHECK(rd_kafka_init_transactions(rk, 30000) == NULL);
    CHECK(rd_kafka_begin_transaction(rk) == NULL);
    rd_kafka_producev(rk, RD_KAFKA_V_TOPIC("weir_open"), RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE("open", 4),
                      RD_KAFKA_V_END);
    rd_kafka_flush(rk, 20000);
    check_read(kafka_table_flink(cluster, OPTIONS("topic", "weir_open", "scan.startup.mode",
                                                  "earliest-offset", "properties.isolation.level",
                                                  "read_committed")),
               "weir_open-0@0=0 ");
    CHECK(rd_kafka_abort_transaction(rk, 20000) == NULL);
    rd_kafka_destroy(rk);
}

static void delete_before(const char *topic, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = offset;
    rd_kafka_DeleteRecords_t *delete = rd_kafka_DeleteRecords_new(list);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->rk);
    rd_kafka_DeleteRecords(cluster->rk, &delete, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 20000);
    CHECK(event != NULL);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(delete);
    rd_kafka_topic_partition_list_destroy(list);
}

static void retention_that_passed_is_reported(void)
{
    kafka_cluster_topic(cluster, "weir_gap", 1);
    kafka_cluster_fill(cluster, "weir_gap", 0, 0, 6);
    delete_before("weir_gap", 4);
    struct split_position at = { STR("weir_gap-0"), STR("2") };
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "weir_gap", "scan.startup.mode", "latest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, &at, 1);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_STR(r->text, "weir_gap-0@4=4 weir_gap-0@5=5 ");
    CHECK_INT(t->bad_rows.count, 1);
    CHECK_STR(t->bad_rows.last,
              "offset 2 is not in the topic any more; reading goes on at the oldest message");
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void a_missing_topic_is_not_made_by_reading(void)
{
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "weir_never_made", "scan.startup.mode", "earliest-offset"));
    for (int i = 0; i < 2; i++) {
        struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
        CHECK_INT(r->code, E_IO);
        CHECK(strstr(r->error.message, "topic \"weir_never_made\" does not exist") != NULL);
        kafka_reader_close(r);
    }
    kafka_table_end(t);
}

static void a_deleted_topic_is_noticed(void)
{
    kafka_cluster_topic(cluster, "weir_deleted", 1);
    kafka_cluster_fill(cluster, "weir_deleted", 0, 0, 1);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "weir_deleted", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    kafka_reader_read(r, 1);
    rd_kafka_DeleteTopic_t *delete = rd_kafka_DeleteTopic_new("weir_deleted");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->rk);
    rd_kafka_DeleteTopics(cluster->rk, &delete, 1, NULL, queue);
    rd_kafka_event_destroy(rd_kafka_queue_poll(queue, 20000));
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(delete);
    kafka_reader_read(r, 2);
    CHECK_INT(r->code, E_IO);
    CHECK(strstr(r->error.message, "topic \"weir_deleted\" is gone from Kafka at ") != NULL);
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void a_new_partition_is_found(void)
{
    char why[256];
    kafka_cluster_topic(cluster, "weir_grows", 1);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "weir_grows", "scan.startup.mode", "latest-offset",
                         "scan.topic-partition-discovery.interval", "200ms"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    rd_kafka_NewPartitions_t *more = rd_kafka_NewPartitions_new("weir_grows", 2, why, sizeof why);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(cluster->rk);
    rd_kafka_CreatePartitions(cluster->rk, &more, 1, NULL, queue);
    rd_kafka_event_destroy(rd_kafka_queue_poll(queue, 20000));
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(more);
    kafka_cluster_fill(cluster, "weir_grows", 1, 5, 2);
    kafka_reader_read(r, 2);
    CHECK_STR(r->text, "weir_grows-1@0=5 weir_grows-1@1=6 ");
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* Many messages through the sink, and all of them back, once each. */
static void a_hundred_thousand_rows_there_and_back(void)
{
    enum { ROWS = 100000, BATCH = 1000 };
    kafka_cluster_topic(cluster, "weir_bulk", 3);
    struct kafka_table *t = kafka_table_blink(cluster, OPTIONS("topic", "weir_bulk"));
    struct sink_open open = { .table = &t->def, .bad_rows = &t->bad_rows.base };
    struct sink *sink = NULL;
    struct error error = { .code = OK };
    struct arena *arena = arena_create();
    if (!CHECK_INT(connector_kafka.sink->open(&open, &sink, &error), OK))
        return;
    bool done = false;
    for (int first = 0; first < ROWS; first += BATCH) {
        arena_reset(arena);
        struct batch *b = batch_create(arena, 2, BATCH);
        b->columns[0] = b->columns[1] = column_create(arena, &type_bytes, BATCH);
        for (int i = 0; i < BATCH; i++) {
            char *text = arena_printf(arena, "%d", first + i);
            COLUMN_OUT(b->columns[0], struct view)[i] = view_make(text, strlen(text));
        }
        enum code code;
        while ((code = sink->kind->write(sink, b, &error)) == E_RETRY) {
            struct pollfd fd = { .fd = sink->kind->wake_fd(sink), .events = POLLIN };
            poll(&fd, 1, 1000);
        }
        CHECK_INT(code, OK);
    }
    CHECK_INT(sink->kind->flush_start(sink, &error), OK);
    enum code code = OK;
    while (!done && code == OK) { /* `error` may still hold a refusal from above */
        struct pollfd fd = { .fd = sink->kind->wake_fd(sink), .events = POLLIN };
        poll(&fd, 1, 1000);
        code = sink->kind->flush_poll(sink, &done, &error);
        CHECK_INT(code, OK);
    }
    sink->kind->close(sink);
    kafka_table_end(t);

    t = kafka_table_blink(
        cluster, OPTIONS("topic", "weir_bulk", "startupMode", "EARLIEST", "group.id", "weir_bulk"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    unsigned char *seen = mem_zalloc(ROWS);
    uint32_t count = 0;
    while (r->code == OK && r->state != POLL_END) {
        arena_reset(r->arena);
        r->records.count = 0;
        r->code = r->source->kind->poll(r->source, &r->records, &r->state, &r->error);
        for (uint32_t i = 0; r->code == OK && i < r->records.count; i++) {
            char text[16] = "";
            memcpy(text, r->records.values[i].data, MIN(r->records.values[i].size, 15));
            int64_t n = -1;
            CHECK(number_parse_i64(text, strlen(text), &n));
            CHECK(n >= 0 && n < ROWS && !seen[n] && str_is(r->records.keys[i], text));
            if (n >= 0 && n < ROWS)
                seen[n] = 1;
            count++;
        }
        if (r->state == POLL_IDLE) {
            struct pollfd fd = { .fd = r->source->kind->wake_fd(r->source), .events = POLLIN };
            CHECK(poll(&fd, 1, 20000) > 0);
        }
    }
    CHECK_INT(count, ROWS);
    mem_free(seen);
    kafka_reader_close(r);
    kafka_table_end(t);
    arena_destroy(arena);
}

int main(void)
{
    const char *brokers = getenv("WEIR_KAFKA");
    if (!brokers || !*brokers) {
        printf("skipped: WEIR_KAFKA does not name a broker\n");
        return SKIPPED;
    }
    cluster = kafka_cluster_real(brokers);
    RUN(all_places_to_begin_and_end);
    RUN(markers_of_transactions_do_not_hide_the_end);
    RUN(what_an_open_transaction_hides_was_not_there);
    RUN(retention_that_passed_is_reported);
    RUN(a_missing_topic_is_not_made_by_reading);
    RUN(a_deleted_topic_is_noticed);
    RUN(a_new_partition_is_found);
    RUN(a_hundred_thousand_rows_there_and_back);
    kafka_cluster_end(cluster);
    return check_failed != 0;
}
