/* test_kafka_sink.c -- what is written, what is confirmed, and what faults do to it;
 * against librdkafka's own cluster. */
#include "support/kafka.h"

#include "base/memory.h"
#include "kafka/kafka.h"
#include "support/check.h"
#include "types/batch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kafka_cluster *cluster;
static struct arena *arena; /* of batches */
static struct error error;

enum { FLUSH_LIMIT_MS = 20000 };

static struct sink *open_sink(struct kafka_table *t)
{
    struct sink_open open = { .table = &t->def,
                              .mode = SINK_APPEND,
                              .bad_rows = &t->bad_rows.base };
    struct sink *sink = NULL;
    error = (struct error){ .code = OK };
    CHECK_INT(connector_kafka.sink->open(&open, &sink, &error), OK);
    CHECK_STR(error.message, "");
    return sink;
}

/* One column of `count` texts; NULL is NULL. */
static struct column *texts(const char *const *values, uint32_t count)
{
    struct column *c = column_create(arena, &type_bytes, count);
    CHECK(column_need_valid(c, arena));
    for (uint32_t i = 0; i < count; i++) {
        if (values[i])
            COLUMN_OUT(c, struct view)[i] = view_make(values[i], strlen(values[i]));
        else
            column_set_null(c, i);
    }
    return c;
}

static struct batch *batch_of(struct column *first, struct column *second)
{
    struct batch *b = batch_create(arena, second ? 2 : 1, first->count);
    b->columns[0] = first;
    if (second)
        b->columns[1] = second;
    return b;
}

/* Waits for the end of a flush; the code of the call that ended the wait. */
static enum code wait_flush(struct sink *sink)
{
    int64_t limit_us = clock_monotonic_us() + (int64_t)FLUSH_LIMIT_MS * 1000;
    bool done = false;
    while (clock_monotonic_us() < limit_us) {
        enum code code = sink->kind->flush_poll(sink, &done, &error);
        if (code != OK || done)
            return code;
        struct pollfd fd = { .fd = sink->kind->wake_fd(sink), .events = POLLIN };
        poll(&fd, 1, 1000);
    }
    CHECK(done);
    return E_LIMIT;
}

static enum code flush(struct sink *sink)
{
    enum code code = sink->kind->flush_start(sink, &error);
    return code == OK ? wait_flush(sink) : code;
}

static void check_topic(const char *topic, const char *want)
{
    struct kafka_table *t =
        kafka_table_flink(cluster, OPTIONS("topic", topic, "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_STR(r->text, want);
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void rows_become_messages(void)
{
    kafka_cluster_topic(cluster, "rows", 1);
    struct kafka_table *t = kafka_table_flink(cluster, OPTIONS("topic", "rows"));
    struct sink *sink = open_sink(t);
    struct batch *b = batch_of(texts(((const char *const[]){ "a", "", "c", "d" }), 4), NULL);
    uint32_t selection[] = { 0, 1, 3 };
    b->selection = selection;
    b->selected = 3;
    CHECK_INT(sink->kind->write(sink, b, &error), OK);
    CHECK_INT(flush(sink), OK);
    struct sink_status status;
    sink->kind->status(sink, &status);
    CHECK_INT(status.pending_rows, 0);
    CHECK_STR(status.guarantee, "at-least-once");
    sink->kind->close(sink);
    check_topic("rows", "rows-0@0=a rows-0@1= rows-0@2=d ");
    kafka_table_end(t);
}

static void blink_ignores_deletes_and_old_values(void)
{
    kafka_cluster_topic(cluster, "blink", 1);
    struct kafka_table *t = kafka_table_blink(cluster, OPTIONS("topic", "blink"));
    struct sink *sink = open_sink(t);
    struct batch *b = batch_of(texts(((const char *const[]){ "k1", "k1", "k1", "k2", NULL }), 5),
                               texts(((const char *const[]){ "1", "1", "2", "3", NULL }), 5));
    uint8_t changes[] = { CHANGE_INSERT, CHANGE_UPDATE_BEFORE, CHANGE_UPDATE_AFTER, CHANGE_DELETE,
                          CHANGE_INSERT };
    b->changes = changes;
    CHECK_INT(sink->kind->write(sink, b, &error), OK);
    CHECK_INT(flush(sink), OK);
    sink->kind->close(sink);
    kafka_table_end(t);

    t = kafka_table_flink(cluster,
                          OPTIONS("topic", "blink", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, 3);
    CHECK_STR(r->text, "blink-0@0=1 blink-0@1=2 blink-0@2=NULL ");
    CHECK(str_is(r->records.keys[0], "k1"));
    CHECK(r->records.keys[2].data == NULL);
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* The partitions that Java's producer chooses for these keys: murmur2 & 0x7fffffff % 4. */
static void keys_choose_the_partition_that_java_chooses(void)
{
    kafka_cluster_topic(cluster, "java", 4);
    struct kafka_table *t = kafka_table_blink(cluster, OPTIONS("topic", "java"));
    struct sink *sink = open_sink(t);
    struct column *keys = texts(((const char *const[]){ "21", "foobar", "abc", "" }), 4);
    CHECK_INT(sink->kind->write(sink, batch_of(keys, keys), &error), OK);
    CHECK_INT(flush(sink), OK);
    sink->kind->close(sink);
    kafka_table_end(t);
    /* Kafka's UtilsTest: murmur2("21") = -973932308, ("foobar") = -790332482, ("abc") = 479470107,
     * ("") = 275646681. */
    static const int64_t hashes[] = { -973932308, -790332482, 479470107, 275646681 };
    static const char *const values[] = { "21", "foobar", "abc", "" };
    t = kafka_table_flink(cluster,
                          OPTIONS("topic", "java", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_INT(r->count, 4);
    for (int i = 0; i < 4; i++) {
        char want[64];
        snprintf(want, sizeof want, "java-%d@", (int)((hashes[i] & 0x7fffffff) % 4));
        const char *at = strstr(r->text, want);
        bool found = false;
        for (; at && !found; at = strstr(at + 1, want)) {
            const char *value = strchr(at, '=') + 1;
            size_t size = strlen(values[i]);
            found = strncmp(value, values[i], size) == 0 && value[size] == ' ';
        }
        CHECK(found);
    }
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void partitioners_spread_or_do_not(void)
{
    kafka_cluster_topic(cluster, "spread", 3);
    static const char *const names[] = { "fixed", "round-robin" };
    struct column *values = texts(((const char *const[]){ "a", "b", "c", "d", "e", "f" }), 6);
    for (int i = 0; i < 2; i++) {
        struct kafka_table *t =
            kafka_table_flink(cluster, OPTIONS("topic", "spread", "sink.partitioner", names[i]));
        struct sink *sink = open_sink(t);
        CHECK_INT(sink->kind->write(sink, batch_of(values, NULL), &error), OK);
        CHECK_INT(flush(sink), OK);
        sink->kind->close(sink);
        kafka_table_end(t);
    }
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "spread", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_INT(r->count, 12);
    CHECK(strstr(r->text, "spread-0@7=") && strstr(r->text, "spread-1@1=") &&
          strstr(r->text, "spread-2@1="));
    CHECK(!strstr(r->text, "spread-0@8=") && !strstr(r->text, "spread-1@2="));
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void times_and_headers_are_written(void)
{
    kafka_cluster_topic(cluster, "extra", 1);
    struct kafka_table *t = kafka_table_flink(cluster, OPTIONS("topic", "extra"));
    static const struct type *const parts[] = { &type_string, &type_bytes };
    static const struct type map_type = { .id = TYPE_MAP, .child_count = 2, .children = parts };
    struct field fields[] = { { STR("v"), &type_bytes },
                              { STR("ts"), &type_timestamp_ltz3 },
                              { STR("h"), &map_type } };
    enum column_origin origins[] = { ORIGIN_VALUE, ORIGIN_META, ORIGIN_META };
    enum meta metas[] = { META_NONE, META_TIMESTAMP, META_HEADERS };
    t->schema = (struct schema){ .fields = fields, .count = 3 };
    t->def.origins = origins;
    t->def.metas = metas;
    struct sink *sink = open_sink(t);

    struct batch *b = batch_create(arena, 3, 2);
    b->columns[0] = texts(((const char *const[]){ "x", "y" }), 2);
    b->columns[1] = column_create(arena, &type_timestamp_ltz3, 2);
    COLUMN_OUT(b->columns[1], int64_t)[0] = INT64_C(1596702949123000);
    COLUMN_OUT(b->columns[1], int64_t)[1] = -1000; /* before 1970: cannot be written */
    b->columns[2] = column_create(arena, &map_type, 2);
    COLUMN_OUT(b->columns[2], struct list_slot)[0] = (struct list_slot){ 0, 2 };
    struct column *children[] = { texts(((const char *const[]){ "n", "m" }), 2),
                                  texts(((const char *const[]){ "1", NULL }), 2) };
    b->columns[2]->children = children;
    b->columns[2]->child_count = 2;
    CHECK_INT(sink->kind->write(sink, b, &error), OK);
    CHECK_INT(t->bad_rows.count, 1);
    CHECK_STR(t->bad_rows.last, "timestamp of a message cannot be before 1970");
    CHECK_INT(flush(sink), OK);
    sink->kind->close(sink);
    kafka_table_end(t);

    t = kafka_table_flink(cluster,
                          OPTIONS("topic", "extra", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    r->records.want_headers = true;
    kafka_reader_read(r, 1);
    CHECK_STR(r->text, "extra-0@0=x ");
    CHECK_INT(r->records.timestamps_ms[0], 1596702949123);
    const struct column *map = r->records.headers;
    CHECK_INT(COLUMN_AT(map, struct list_slot, 0).size, 2);
    CHECK(str_is(view_str(COLUMN_AT(map->children[0], struct view, 1)), "m"));
    CHECK(!column_is_valid(map->children[1], 1));
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* --- flushing and back-pressure ------------------------------------------------------ */

static void a_flush_waits_for_its_own_rows_only(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(2);
    rd_kafka_mock_topic_create(c->mock, "epochs", 2, 1);
    rd_kafka_mock_partition_set_leader(c->mock, "epochs", 0, 1);
    rd_kafka_mock_partition_set_leader(c->mock, "epochs", 1, 2);
    struct kafka_table *t =
        kafka_table_flink(c, OPTIONS("topic", "epochs", "sink.partitioner", "round-robin"));
    struct sink *sink = open_sink(t);
    struct column *one = texts(((const char *const[]){ "1" }), 1);
    CHECK_INT(sink->kind->write(sink, batch_of(one, NULL), &error), OK); /* partition 0 */
    CHECK_INT(sink->kind->flush_start(sink, &error), OK);
    rd_kafka_mock_broker_set_down(c->mock, 2);
    CHECK_INT(sink->kind->write(sink, batch_of(one, NULL), &error), OK); /* partition 1: stuck */
    CHECK_INT(wait_flush(sink), OK);
    struct sink_status status;
    sink->kind->status(sink, &status);
    CHECK_INT(status.pending_rows, 1);
    rd_kafka_mock_broker_set_up(c->mock, 2);
    CHECK_INT(flush(sink), OK);
    sink->kind->status(sink, &status);
    CHECK_INT(status.pending_rows, 0);
    sink->kind->close(sink);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void brokers_away_refuse_and_lose_nothing(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    kafka_cluster_topic(c, "away", 1);
    struct kafka_table *t =
        kafka_table_flink(c, OPTIONS("topic", "away", "properties.buffer.memory", "1000"));
    struct sink *sink = open_sink(t);
    rd_kafka_mock_broker_set_down(c->mock, 1);
    char big[101];
    memset(big, 'x', 100);
    big[100] = '\0';
    struct column *rows = texts(((const char *const[]){ big, big, big, big }), 4);
    int taken = 0;
    enum code code = OK;
    while (taken < 100 && (code = sink->kind->write(sink, batch_of(rows, NULL), &error)) == OK)
        taken++;
    CHECK_INT(code, E_RETRY);
    CHECK_INT(taken, 3); /* 1200 bytes are the first that are not below the limit */
    struct sink_status status = { .pending_rows = 0 };
    int64_t limit_us = clock_monotonic_us() + (int64_t)FLUSH_LIMIT_MS * 1000;
    while (!status.waiting_for && clock_monotonic_us() < limit_us) {
        struct pollfd fd = { .fd = sink->kind->wake_fd(sink), .events = POLLIN };
        poll(&fd, 1, 1000);
        CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), E_RETRY);
        sink->kind->status(sink, &status);
    }
    CHECK(status.waiting_for && strstr(status.waiting_for, "127.0.0.1"));
    CHECK_INT(status.pending_rows, 12);

    rd_kafka_mock_broker_set_up(c->mock, 1);
    limit_us = clock_monotonic_us() + (int64_t)FLUSH_LIMIT_MS * 1000;
    while ((code = sink->kind->write(sink, batch_of(rows, NULL), &error)) == E_RETRY &&
           clock_monotonic_us() < limit_us) {
        struct pollfd fd = { .fd = sink->kind->wake_fd(sink), .events = POLLIN };
        CHECK(poll(&fd, 1, 10000) > 0);
    }
    CHECK_INT(code, OK);
    CHECK_INT(flush(sink), OK);
    sink->kind->status(sink, &status);
    CHECK(status.waiting_for == NULL);
    sink->kind->close(sink);
    kafka_table_end(t);

    t = kafka_table_flink(c, OPTIONS("topic", "away", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_INT(r->count, 16);
    kafka_reader_close(r);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void brokers_away_at_the_start_are_no_error(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    kafka_cluster_topic(c, "later", 1);
    rd_kafka_mock_broker_set_down(c->mock, 1);
    struct kafka_table *t = kafka_table_flink(c, OPTIONS("topic", "later"));
    struct sink *sink = open_sink(t);
    struct column *one = texts(((const char *const[]){ "1" }), 1);
    CHECK_INT(sink->kind->write(sink, batch_of(one, NULL), &error), OK);
    rd_kafka_mock_broker_set_up(c->mock, 1);
    CHECK_INT(flush(sink), OK);
    sink->kind->close(sink);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

/* --- failures ------------------------------------------------------------------------ */

static void passing_failures_are_retried(void)
{
    kafka_cluster_topic(cluster, "retry", 1);
    struct kafka_table *t = kafka_table_flink(cluster, OPTIONS("topic", "retry"));
    struct sink *sink = open_sink(t);
    rd_kafka_mock_push_request_errors(
        cluster->mock, 0 /* Produce */, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    struct column *rows = texts(((const char *const[]){ "a", "b" }), 2);
    CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), OK);
    CHECK_INT(flush(sink), OK);
    sink->kind->close(sink);
    check_topic("retry", "retry-0@0=a retry-0@1=b ");
    kafka_table_end(t);
}

static void final_failures_end_the_job(void)
{
    kafka_cluster_topic(cluster, "refused", 1);
    struct kafka_table *t = kafka_table_flink(cluster, OPTIONS("topic", "refused"));
    struct sink *sink = open_sink(t);
    rd_kafka_mock_push_request_errors(cluster->mock, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    struct column *rows = texts(((const char *const[]){ "a" }), 1);
    CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), OK);
    CHECK_INT(flush(sink), E_IO);
    CHECK(strstr(error.message, "cannot write to topic \"refused\"") != NULL);
    CHECK_INT(t->bad_rows.count, 0);
    sink->kind->close(sink);
    kafka_table_end(t);
}

static void messages_that_are_too_large_are_bad_rows(void)
{
    kafka_cluster_topic(cluster, "large", 1);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "large", "properties.max.request.size", "2000"));
    struct sink *sink = open_sink(t);
    char big[5001];
    memset(big, 'x', 5000);
    big[5000] = '\0';
    struct column *rows = texts(((const char *const[]){ "a", big, "b" }), 3);
    CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), OK);
    CHECK_INT(t->bad_rows.count, 1);
    CHECK_STR(t->bad_rows.last_place, "large");
    /* The same where the broker says so. */
    rd_kafka_mock_push_request_errors(cluster->mock, 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    CHECK_INT(flush(sink), OK);
    CHECK_INT(t->bad_rows.count, 3); /* "a" and "b" were one request */
    CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), OK);
    CHECK_INT(flush(sink), OK);
    check_topic("large", "large-0@0=a large-0@1=b ");
    t->bad_rows.fails = true;
    CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), E_DATA);
    sink->kind->close(sink);
    kafka_table_end(t);
}

static void a_topic_that_will_not_be_made_is_an_error(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    rd_kafka_mock_topic_set_error(c->mock, "absent", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct kafka_table *t = kafka_table_flink(c, OPTIONS("topic", "absent"));
    struct sink_open open = { .table = &t->def, .bad_rows = &t->bad_rows.base };
    struct sink *sink = NULL;
    CHECK_INT(connector_kafka.sink->open(&open, &sink, &error), E_IO);
    CHECK(strstr(error.message, "topic \"absent\" does not exist in Kafka at ") != NULL);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void closing_does_not_wait_for_what_was_not_flushed(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    kafka_cluster_topic(c, "lost", 1);
    struct kafka_table *t = kafka_table_flink(c, OPTIONS("topic", "lost"));
    struct sink *sink = open_sink(t);
    rd_kafka_mock_broker_set_down(c->mock, 1);
    struct column *rows = texts(((const char *const[]){ "a", "b" }), 2);
    CHECK_INT(sink->kind->write(sink, batch_of(rows, NULL), &error), OK);
    int64_t begin_us = clock_monotonic_us();
    sink->kind->close(sink);
    CHECK(clock_monotonic_us() - begin_us < 5000000);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void any_allocation_may_fail(void)
{
    kafka_cluster_topic(cluster, "memory", 1);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "memory", "scan.startup.mode", "earliest-offset"));
    struct column *rows = texts(((const char *const[]){ "a" }), 1);
    struct batch *b = batch_of(rows, NULL);
    bool all_passed = false;
    for (uint64_t n = 1; n < 200 && !all_passed; n++) {
        struct sink_open open = { .table = &t->def, .bad_rows = &t->bad_rows.base };
        struct sink *sink = NULL;
        mem_fail_at(n);
        enum code code = connector_kafka.sink->open(&open, &sink, &error);
        if (code == OK)
            code = sink->kind->write(sink, b, &error);
        all_passed = mem_fail_pending();
        mem_fail_at(0);
        CHECK(all_passed ? code == OK : code == E_NOMEM || code == OK);
        if (sink)
            sink->kind->close(sink);
    }
    CHECK(all_passed);
    all_passed = false;
    for (uint64_t n = 1; n < 400 && !all_passed; n++) {
        mem_fail_at(n);
        struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
        r->records.want_headers = true;
        kafka_reader_read(r, UINT32_MAX);
        struct split_position *told;
        uint32_t count;
        if (r->code == OK)
            r->code = r->source->kind->tell(r->source, r->arena, &told, &count, &r->error);
        all_passed = mem_fail_pending();
        mem_fail_at(0);
        CHECK(all_passed ? r->code == OK : r->code == E_NOMEM || r->code == OK);
        kafka_reader_close(r);
    }
    CHECK(all_passed);
    kafka_table_end(t);
}

int main(void)
{
    cluster = kafka_cluster_mock(1);
    arena = arena_create();
    RUN(rows_become_messages);
    RUN(blink_ignores_deletes_and_old_values);
    RUN(keys_choose_the_partition_that_java_chooses);
    RUN(partitioners_spread_or_do_not);
    RUN(times_and_headers_are_written);
    RUN(a_flush_waits_for_its_own_rows_only);
    RUN(brokers_away_refuse_and_lose_nothing);
    RUN(brokers_away_at_the_start_are_no_error);
    RUN(passing_failures_are_retried);
    RUN(final_failures_end_the_job);
    RUN(messages_that_are_too_large_are_bad_rows);
    RUN(a_topic_that_will_not_be_made_is_an_error);
    RUN(closing_does_not_wait_for_what_was_not_flushed);
    RUN(any_allocation_may_fail);
    arena_destroy(arena);
    kafka_cluster_end(cluster);
    return check_failed != 0;
}
