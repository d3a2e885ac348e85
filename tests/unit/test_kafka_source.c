/* test_kafka_source.c -- where reading begins and ends, how it goes on after faults,
 * and what is told and committed; against librdkafka's own cluster. */
#include "support/kafka.h"

#include "kafka/kafka.h"

#include "support/check.h"

#include <stdlib.h>
#include <string.h>

static struct kafka_cluster *cluster;

/* Reads a bounded table to its end and compares what came. */
static void check_read(struct kafka_table *t, bool until_end, const char *want)
{
    struct kafka_reader *r = kafka_reader_open(t, until_end, NULL, 0);
    if (CHECK_INT(r->code, OK)) {
        kafka_reader_read(r, UINT32_MAX);
        CHECK_INT(r->state, POLL_END);
        CHECK_STR(r->text, want);
    }
    if (r->code != OK)
        CHECK_STR(r->error.message, "");
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void earliest_reads_all_of_it(void)
{
    kafka_cluster_topic(cluster, "all", 1);
    kafka_cluster_fill(cluster, "all", 0, 0, 3);
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "all", "scan.startup.mode", "earliest-offset")),
        true, "all-0@0=0 all-0@1=1 all-0@2=2 ");
    check_read(kafka_table_blink(
                   cluster, OPTIONS("topic", "all", "startupMode", "EARLIEST", "group.id", "g")),
               true, "all-0@0=0 all-0@1=1 all-0@2=2 ");
}

static void empty_topics_end_at_once(void)
{
    kafka_cluster_topic(cluster, "empty", 3);
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "empty", "scan.startup.mode", "earliest-offset",
                                           "scan.bounded.mode", "latest-offset")),
        false, "");
}

static void latest_begins_behind_what_is_there(void)
{
    kafka_cluster_topic(cluster, "latest", 1);
    kafka_cluster_fill(cluster, "latest", 0, 0, 5);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "latest", "scan.startup.mode", "latest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    CHECK_INT(r->code, OK);
    kafka_cluster_fill(cluster, "latest", 0, 5, 2);
    kafka_reader_read(r, 2);
    CHECK_STR(r->text, "latest-0@5=5 latest-0@6=6 ");
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void offsets_bound_both_ends(void)
{
    kafka_cluster_topic(cluster, "bounds", 2);
    kafka_cluster_fill(cluster, "bounds", 0, 0, 6);
    kafka_cluster_fill(cluster, "bounds", 1, 100, 6);
    check_read(
        kafka_table_flink(cluster,
                          OPTIONS("topic", "bounds", "scan.startup.mode", "specific-offsets",
                                  "scan.startup.specific-offsets",
                                  "partition:0,offset:2;partition:1,offset:6", "scan.bounded.mode",
                                  "specific-offsets", "scan.bounded.specific-offsets",
                                  "partition:0,offset:4;partition:1,offset:6")),
        false, "bounds-0@2=2 bounds-0@3=3 ");
}

static void partitions_and_topics_are_all_read(void)
{
    kafka_cluster_topic(cluster, "one", 2);
    kafka_cluster_topic(cluster, "two", 1);
    kafka_cluster_fill(cluster, "one", 0, 0, 2);
    kafka_cluster_fill(cluster, "one", 1, 10, 2);
    kafka_cluster_fill(cluster, "two", 0, 20, 2);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "one;two", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_INT(r->count, 6);
    CHECK_INT(r->source->kind->split_count(r->source), 3);
    CHECK(strstr(r->text, "one-1@1=11 ") && strstr(r->text, "two-0@1=21 "));
    for (uint32_t i = 0; i < 3; i++) {
        struct str topic = r->source->kind->split_topic(r->source, i);
        CHECK(str_is(topic, "one") || str_is(topic, "two"));
    }
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void check_splits(struct kafka_table *t, uint32_t want)
{
    uint32_t count = UINT32_MAX;
    struct error err = { .code = OK };
    CHECK_INT(kafka_source.count_splits(&t->def, &count, &err), OK);
    CHECK_INT(count, want);
    kafka_table_end(t);
}

static void partitions_are_counted_before_it_opens(void)
{
    kafka_cluster_topic(cluster, "count-1", 3);
    kafka_cluster_topic(cluster, "count-2", 2);
    check_splits(kafka_table_flink(cluster, OPTIONS("topic", "count-1")), 3);
    check_splits(kafka_table_flink(cluster, OPTIONS("topic", "count-1;count-2")), 5);
    check_splits(kafka_table_blink(cluster, OPTIONS("topic", "count-2", "group.id", "g")), 2);
    check_splits(kafka_table_flink(cluster, OPTIONS("topic-pattern", "count-\\d")), 5);
    check_splits(kafka_table_flink(cluster, OPTIONS("topic-pattern", "count-none")), 1);
    struct kafka_cluster *away = kafka_cluster_mock(1);
    rd_kafka_mock_broker_set_down(away->mock, 1);
    check_splits(kafka_table_flink(away, OPTIONS("topic", "count-1")), 0);
    kafka_cluster_end(away);
}

static void patterns_choose_topics(void)
{
    kafka_cluster_topic(cluster, "log-1", 1);
    kafka_cluster_topic(cluster, "log-22", 1);
    kafka_cluster_topic(cluster, "log-x", 1);
    kafka_cluster_fill(cluster, "log-1", 0, 1, 1);
    kafka_cluster_fill(cluster, "log-22", 0, 22, 1);
    kafka_cluster_fill(cluster, "log-x", 0, 3, 1);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic-pattern", "log-\\d+", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_INT(r->count, 2);
    CHECK(strstr(r->text, "log-1-0@0=1 ") && strstr(r->text, "log-22-0@0=22 "));
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void a_pattern_without_topics_is_an_error_when_bounded(void)
{
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic-pattern", "nothing-.*", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    CHECK_INT(r->code, E_IO);
    CHECK(strstr(r->error.message, "matches the pattern \"nothing-.*\""));
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void a_topic_that_appears_is_read_from_its_beginning(void)
{
    kafka_cluster_topic(cluster, "new-a", 1);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic-pattern", "new-.*", "scan.startup.mode", "latest-offset",
                         "scan.topic-partition-discovery.interval", "100ms"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    CHECK_INT(r->code, OK);
    CHECK_INT(r->source->kind->split_count(r->source), 1);
    kafka_cluster_topic(cluster, "new-b", 2);
    kafka_cluster_fill(cluster, "new-b", 1, 7, 2);
    kafka_reader_read(r, 2);
    CHECK_STR(r->text, "new-b-1@0=7 new-b-1@1=8 ");
    CHECK_INT(r->source->kind->split_count(r->source), 3);
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* --- groups -------------------------------------------------------------------------- */

static void a_group_begins_where_it_stands(void)
{
    kafka_cluster_topic(cluster, "grouped", 1);
    kafka_cluster_fill(cluster, "grouped", 0, 0, 4);
    kafka_cluster_commit(cluster, "stands", "grouped", 0, 3);
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "grouped", "properties.group.id", "stands")),
        true, "grouped-0@3=3 ");
}

static void a_new_group_fails_in_flink(void)
{
    struct kafka_table *t =
        kafka_table_flink(cluster, OPTIONS("topic", "grouped", "properties.group.id", "fresh"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    CHECK_INT(r->code, E_OPTION);
    CHECK_STR(r->error.message,
              "group \"fresh\" has committed no offset of partition 0 of topic \"grouped\"");
    kafka_reader_close(r);
    kafka_table_end(t);
    check_read(
        kafka_table_flink(cluster, OPTIONS("topic", "grouped", "properties.group.id", "fresh",
                                           "properties.auto.offset.reset", "earliest")),
        true, "grouped-0@0=0 grouped-0@1=1 grouped-0@2=2 grouped-0@3=3 ");
}

static void a_new_group_begins_at_the_end_in_blink(void)
{
    check_read(kafka_table_blink(cluster, OPTIONS("topic", "grouped", "group.id", "fresh")), true,
               "");
}

static void group_offsets_need_a_group(void)
{
    struct kafka_table *t = kafka_table_flink(cluster, OPTIONS("topic", "grouped"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    CHECK_INT(r->code, E_OPTION);
    CHECK_STR(r->error.message, "table \"t\" needs the option \"properties.group.id\"");
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void only_what_is_safe_is_committed(void)
{
    kafka_cluster_topic(cluster, "safe", 1);
    kafka_cluster_fill(cluster, "safe", 0, 0, 5);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "safe", "properties.group.id", "careful", "scan.startup.mode",
                         "earliest-offset", "properties.enable.auto.commit", "true"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    kafka_reader_read(r, 5);
    CHECK_INT(r->count, 5);
    kafka_reader_close(r);
    CHECK_INT(kafka_cluster_committed(cluster, "careful", "safe", 0), RD_KAFKA_OFFSET_INVALID);

    r = kafka_reader_open(t, false, NULL, 0);
    kafka_reader_read(r, 5);
    struct arena *arena = arena_create();
    struct split_position *told = NULL;
    uint32_t told_count = 0;
    CHECK_INT(r->source->kind->tell(r->source, arena, &told, &told_count, &r->error), OK);
    CHECK_INT(told_count, 1);
    CHECK(str_is(told[0].split, "safe-0") && str_is(told[0].position, "5"));
    struct split_position earlier = { STR("safe-0"), STR("3") };
    CHECK_INT(r->source->kind->committed(r->source, &earlier, 1, true, &r->error), OK);
    CHECK_INT(kafka_cluster_committed(cluster, "careful", "safe", 0), 3);
    CHECK_INT(r->source->kind->committed(r->source, told, told_count, false, &r->error), OK);
    CHECK_INT(r->source->kind->committed(r->source, told, told_count, true, &r->error), OK);
    CHECK_INT(kafka_cluster_committed(cluster, "careful", "safe", 0), 5);
    arena_destroy(arena);
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void without_a_group_nothing_is_committed(void)
{
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "safe", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    struct split_position at = { STR("safe-0"), STR("5") };
    CHECK_INT(r->source->kind->committed(r->source, &at, 1, true, &r->error), OK);
    CHECK_INT(kafka_cluster_committed(cluster, "weir-without-group", "safe", 0),
              RD_KAFKA_OFFSET_INVALID);
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* --- resuming ------------------------------------------------------------------------ */

static void a_snapshot_wins_over_start_options(void)
{
    kafka_cluster_topic(cluster, "again", 2);
    kafka_cluster_fill(cluster, "again", 0, 0, 4);
    kafka_cluster_fill(cluster, "again", 1, 10, 2);
    struct kafka_table *t =
        kafka_table_flink(cluster, OPTIONS("topic", "again", "scan.startup.mode", "latest-offset"));
    struct split_position at[] = { { STR("again-0"), STR("3") }, { STR("gone-7"), STR("9") } };
    struct kafka_reader *r = kafka_reader_open(t, true, at, 2);
    kafka_reader_read(r, UINT32_MAX);
    /* Partition 1 is not in the snapshot, so it is new and read whole. */
    CHECK_INT(r->count, 3);
    CHECK(strstr(r->text, "again-0@3=3 ") && strstr(r->text, "again-1@0=10 again-1@1=11 "));
    kafka_reader_close(r);

    struct split_position bad = { STR("again-0"), STR("x") };
    r = kafka_reader_open(t, true, &bad, 1);
    CHECK_INT(r->code, E_DATA);
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void offsets_that_are_gone_are_reported(void)
{
    kafka_cluster_topic(cluster, "gap", 1);
    kafka_cluster_fill(cluster, "gap", 0, 0, 2);
    struct split_position ahead = { STR("gap-0"), STR("100") };
    struct kafka_table *t =
        kafka_table_flink(cluster, OPTIONS("topic", "gap", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, &ahead, 1);
    kafka_reader_read(r, 2);
    CHECK_STR(r->text, "gap-0@0=0 gap-0@1=1 ");
    CHECK_INT(t->bad_rows.count, 1);
    CHECK_STR(t->bad_rows.last_place, "gap-0");
    CHECK_STR(t->bad_rows.last,
              "offset 100 is not in the topic any more; reading goes on at the oldest message");
    kafka_reader_close(r);
    kafka_table_end(t);

    t = kafka_table_flink(cluster, OPTIONS("topic", "gap", "scan.startup.mode", "earliest-offset",
                                           "properties.auto.offset.reset", "none"));
    r = kafka_reader_open(t, false, &ahead, 1);
    kafka_reader_read(r, 1);
    CHECK_INT(r->code, E_IO);
    CHECK_STR(r->error.message, "offset 100 of \"gap-0\" is not in Kafka any more");
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* --- messages ------------------------------------------------------------------------ */

static void nulls_and_empty_values_differ(void)
{
    kafka_cluster_topic(cluster, "nulls", 1);
    kafka_cluster_put(cluster, "nulls", 0, NULL, "", 0, NULL, 0);
    kafka_cluster_put(cluster, "nulls", 0, "", NULL, 0, NULL, 0);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "nulls", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_STR(r->text, "nulls-0@0= nulls-0@1=NULL ");
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void metadata_comes_along(void)
{
    kafka_cluster_topic(cluster, "meta", 1);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    rd_kafka_header_add(headers, "a", -1, "1", 1);
    rd_kafka_header_add(headers, "b", -1, NULL, 0);
    rd_kafka_header_add(headers, "a", -1, "22", 2);
    kafka_cluster_put(cluster, "meta", 0, "key", "v", 1, headers, 1596702949123);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "meta", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    r->records.want_headers = true;
    kafka_reader_read(r, 1);
    CHECK_INT(r->count, 1);
    CHECK(str_is(r->records.keys[0], "key"));
    CHECK_INT(r->records.timestamps_ms[0], 1596702949123);
    CHECK_INT(r->records.timestamp_types[0], 1);
    const struct column *map = r->records.headers;
    if (CHECK(map != NULL)) {
        struct list_slot slot = COLUMN_AT(map, struct list_slot, 0);
        CHECK_INT(slot.size, 2);
        CHECK(str_is(view_str(COLUMN_AT(map->children[0], struct view, slot.start)), "a"));
        CHECK(str_is(view_str(COLUMN_AT(map->children[1], struct view, slot.start)), "22"));
        CHECK(!column_is_valid(map->children[1], slot.start + 1));
    }
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* Partition by partition, of what the last fetch has said. */
static void partitions_are_behind(void)
{
    kafka_cluster_topic(cluster, "behind", 2);
    kafka_cluster_fill(cluster, "behind", 0, 0, 30);
    kafka_cluster_fill(cluster, "behind", 1, 0, 3);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "behind", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    const struct source_kind *kind = r->source->kind;
    r->records.cap = 1;
    kafka_reader_read(r, 5);
    struct source_status status;
    kind->status(r->source, &status);
    int64_t sum = 0;
    for (uint32_t i = 0; i < kind->split_count(r->source); i++)
        sum += kind->split_lag(r->source, i);
    CHECK_INT(sum, status.lag_rows);
    CHECK(sum > 0 && sum <= 28);
    r->records.cap = 100;
    kafka_reader_read(r, 33);
    for (uint32_t i = 0; i < kind->split_count(r->source); i++)
        CHECK_INT(kind->split_lag(r->source, i), 0);
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void more_than_one_poll_takes_all(void)
{
    kafka_cluster_topic(cluster, "many", 1);
    kafka_cluster_fill(cluster, "many", 0, 0, 1000);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "many", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    kafka_reader_read(r, UINT32_MAX);
    CHECK_INT(r->count, 1000);
    CHECK(strstr(r->text, "many-0@999=999 ") != NULL);
    struct source_status status;
    r->source->kind->status(r->source, &status);
    CHECK_INT(status.lag_rows, 0);
    CHECK(status.waiting_for == NULL);
    kafka_reader_close(r);
    kafka_table_end(t);
}

/* --- faults -------------------------------------------------------------------------- */

static void a_missing_topic_is_named(void)
{
    struct kafka_cluster *strict = kafka_cluster_mock(1);
    rd_kafka_mock_topic_set_error(strict->mock, "absent", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct kafka_table *t = kafka_table_flink(
        strict, OPTIONS("topic", "absent", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    CHECK_INT(r->code, E_IO);
    CHECK(strstr(r->error.message, "topic \"absent\" does not exist in Kafka at ") != NULL);
    CHECK(strstr(r->error.message, strict->brokers) != NULL);
    kafka_reader_close(r);
    kafka_table_end(t);
    kafka_cluster_end(strict);
}

static void a_forbidden_topic_is_an_error(void)
{
    rd_kafka_mock_topic_set_error(cluster->mock, "forbidden",
                                  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "forbidden", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    CHECK_INT(r->code, E_IO);
    CHECK(strstr(r->error.message, "cannot read topic \"forbidden\"") != NULL);
    kafka_reader_close(r);
    kafka_table_end(t);
}

static void leaders_may_move(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(3);
    kafka_cluster_topic(c, "moves", 2);
    rd_kafka_mock_partition_set_leader(c->mock, "moves", 0, 1);
    rd_kafka_mock_partition_set_leader(c->mock, "moves", 1, 2);
    kafka_cluster_fill(c, "moves", 0, 0, 2);
    kafka_cluster_fill(c, "moves", 1, 10, 2);
    struct kafka_table *t =
        kafka_table_flink(c, OPTIONS("topic", "moves", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    kafka_reader_read(r, 4);
    rd_kafka_mock_partition_set_leader(c->mock, "moves", 0, 3);
    rd_kafka_mock_partition_set_leader(c->mock, "moves", 1, 1);
    kafka_cluster_fill(c, "moves", 0, 2, 1);
    kafka_cluster_fill(c, "moves", 1, 12, 1);
    kafka_reader_read(r, 6);
    CHECK_INT(r->count, 6);
    CHECK(strstr(r->text, "moves-0@2=2 ") && strstr(r->text, "moves-1@2=12 "));
    kafka_reader_close(r);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

/* Waits until the source says that it waits (or that it does not). */
static void run_until_waiting(struct kafka_reader *r, bool waiting)
{
    struct source_status status = { .lag_rows = 0 };
    int64_t limit_us = clock_monotonic_us() + (int64_t)READ_LIMIT_MS * 1000;
    do {
        kafka_reader_run(r, 50);
        r->source->kind->status(r->source, &status);
    } while ((status.waiting_for != NULL) != waiting && clock_monotonic_us() < limit_us &&
             r->code == OK);
    CHECK_INT(status.waiting_for != NULL, waiting);
    if (waiting && status.waiting_for) {
        CHECK(strstr(status.waiting_for, "127.0.0.1") != NULL);
        CHECK(status.waiting_since_us > 0);
    }
}

static void brokers_away_at_the_start_are_waited_for(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    kafka_cluster_topic(c, "late", 1);
    kafka_cluster_fill(c, "late", 0, 0, 2);
    rd_kafka_mock_broker_set_down(c->mock, 1);
    struct kafka_table *t =
        kafka_table_flink(c, OPTIONS("topic", "late", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    if (CHECK_INT(r->code, OK)) {
        run_until_waiting(r, true);
        struct source_status status;
        r->source->kind->status(r->source, &status);
        CHECK_INT(status.lag_rows, -1);
        int64_t cpu_us = kafka_test_cpu_us();
        kafka_reader_run(r, 1000);
        CHECK(kafka_test_cpu_us() - cpu_us < 300000); /* waiting is not spinning */
        rd_kafka_mock_broker_set_up(c->mock, 1);
        kafka_reader_read(r, UINT32_MAX);
        CHECK_STR(r->text, "late-0@0=0 late-0@1=1 ");
        CHECK_INT(r->state, POLL_END);
    }
    kafka_reader_close(r);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void brokers_away_in_the_middle_are_waited_for(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    kafka_cluster_topic(c, "cut", 1);
    kafka_cluster_fill(c, "cut", 0, 0, 2);
    struct kafka_table *t =
        kafka_table_flink(c, OPTIONS("topic", "cut", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    kafka_reader_read(r, 2);
    rd_kafka_mock_broker_set_down(c->mock, 1);
    run_until_waiting(r, true);
    rd_kafka_mock_broker_set_up(c->mock, 1);
    run_until_waiting(r, false);
    kafka_cluster_fill(c, "cut", 0, 2, 1);
    kafka_reader_read(r, 3);
    CHECK_STR(r->text, "cut-0@0=0 cut-0@1=1 cut-0@2=2 ");
    kafka_reader_close(r);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void a_source_can_be_closed_while_brokers_are_away(void)
{
    struct kafka_cluster *c = kafka_cluster_mock(1);
    kafka_cluster_topic(c, "shut", 1);
    kafka_cluster_fill(c, "shut", 0, 0, 2);
    struct kafka_table *t =
        kafka_table_flink(c, OPTIONS("topic", "shut", "scan.startup.mode", "earliest-offset",
                                     "properties.group.id", "shut"));
    struct kafka_reader *r = kafka_reader_open(t, false, NULL, 0);
    kafka_reader_read(r, 2);
    rd_kafka_mock_broker_set_down(c->mock, 1);
    struct split_position at = { STR("shut-0"), STR("2") };
    int64_t begin_us = clock_monotonic_us();
    CHECK_INT(r->source->kind->committed(r->source, &at, 1, true, &r->error), E_IO);
    kafka_reader_close(r);
    CHECK(clock_monotonic_us() - begin_us < 12000000);
    kafka_table_end(t);
    kafka_cluster_end(c);
}

static void closing_takes_back_what_is_lent(void)
{
    struct kafka_table *t = kafka_table_flink(
        cluster, OPTIONS("topic", "many", "scan.startup.mode", "earliest-offset"));
    struct kafka_reader *r = kafka_reader_open(t, true, NULL, 0);
    while (r->code == OK && r->records.count == 0) {
        arena_reset(r->arena);
        r->code = r->source->kind->poll(r->source, &r->records, &r->state, &r->error);
    }
    CHECK(r->records.count > 0);
    r->source->kind->close(r->source); /* in front of the arena */
    r->source = NULL;
    kafka_reader_close(r);
    kafka_table_end(t);
}

int main(void)
{
    cluster = kafka_cluster_mock(1);
    RUN(earliest_reads_all_of_it);
    RUN(empty_topics_end_at_once);
    RUN(latest_begins_behind_what_is_there);
    RUN(offsets_bound_both_ends);
    RUN(partitions_and_topics_are_all_read);
    RUN(partitions_are_counted_before_it_opens);
    RUN(patterns_choose_topics);
    RUN(a_pattern_without_topics_is_an_error_when_bounded);
    RUN(a_topic_that_appears_is_read_from_its_beginning);
    RUN(a_group_begins_where_it_stands);
    RUN(a_new_group_fails_in_flink);
    RUN(a_new_group_begins_at_the_end_in_blink);
    RUN(group_offsets_need_a_group);
    RUN(only_what_is_safe_is_committed);
    RUN(without_a_group_nothing_is_committed);
    RUN(a_snapshot_wins_over_start_options);
    RUN(offsets_that_are_gone_are_reported);
    RUN(nulls_and_empty_values_differ);
    RUN(metadata_comes_along);
    RUN(partitions_are_behind);
    RUN(more_than_one_poll_takes_all);
    RUN(a_missing_topic_is_named);
    RUN(a_forbidden_topic_is_an_error);
    RUN(leaders_may_move);
    RUN(brokers_away_at_the_start_are_waited_for);
    RUN(brokers_away_in_the_middle_are_waited_for);
    RUN(a_source_can_be_closed_while_brokers_are_away);
    RUN(closing_takes_back_what_is_lent);
    kafka_cluster_end(cluster);
    return check_failed != 0;
}
