/* bench_kafka_source.c -- what the Kafka source and sink add to librdkafka.
 *
 *   bench_kafka_source --brokers LIST --topic NAME [--raw] [--burn N]
 *   bench_kafka_source --brokers LIST --topic NAME --write MESSAGES [--bytes N]
 *
 *   bench_kafka_source --brokers LIST --topic NAME --copy-to NAME [--every N]
 *
 * --config adds properties of Kafka.  --copy-to writes every N-th message (10) to another topic.
 *
 * Reads a topic to its end through the connector (--raw: through librdkafka alone, tuned as
 * tests/kafka/raw_consume.c), touching every cache line of every value, and prints one JSON object:
 * messages, wall and CPU seconds of all threads, nanoseconds of CPU a message, resident megabytes.
 * --burn reads the values N times more, as a job would.  --write sends messages through the sink
 * and waits for the flush. */
#include "kafka/tool.h"

#include "base/arena.h"
#include "base/clock.h"
#include "kafka/kafka.h"
#include "types/batch.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static uint64_t digest;
static int64_t burn;

static void touch(const char *data, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i += 64)
        sum += (unsigned char)data[i];
    for (int64_t k = 0; k < burn; k++) {
        for (size_t i = 0; i + 8 <= size; i += 8) {
            uint64_t word;
            memcpy(&word, data + i, 8);
            sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        }
    }
    digest += sum;
}

static enum code report(struct bad_rows *self, const struct bad_row *row, struct error *err)
{
    (void)self;
    return error_set(err, E_DATA, STR_FMT, STR_ARG(row->reason));
}

static struct bad_rows bad_rows = { .report = report };

static void check(enum code code, const struct error *error)
{
    if (code != OK)
        tool_die("%s", error->message);
}

static void wait_for(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    poll(&poll_fd, 1, 1000);
}

/* Every `every`-th record of a poll goes out again. */
static void copy_some(struct sink *sink, const struct records *records, int64_t every)
{
    struct error error = { .code = OK };
    uint32_t count = 0;
    struct batch *batch = batch_create(records->arena, 2, records->count);
    for (int i = 0; i < 2; i++)
        batch->columns[i] = column_create(records->arena, &type_bytes, records->count);
    for (uint32_t i = 0; i < records->count; i += (uint32_t)every) {
        COLUMN_OUT(batch->columns[0], struct view)[count] = view_make("key", 3);
        COLUMN_OUT(batch->columns[1], struct view)[count++] = view_of(records->values[i]);
    }
    batch->count = batch->selected = count;
    enum code code;
    while ((code = sink->kind->write(sink, batch, &error)) == E_RETRY)
        wait_for(sink->kind->wake_fd(sink));
    check(code, &error);
}

static void finish_sink(struct sink *sink)
{
    struct error error = { .code = OK };
    bool done = false;
    check(sink->kind->flush_start(sink, &error), &error);
    while (!done) {
        check(sink->kind->flush_poll(sink, &done, &error), &error);
        if (!done)
            wait_for(sink->kind->wake_fd(sink));
    }
    sink->kind->close(sink);
}

static int64_t read_source(const struct table_def *table, const struct table_def *copy,
                           int64_t every)
{
    struct sink *sink = NULL;
    struct sink_open sink_open = { .table = copy, .mode = SINK_APPEND, .bad_rows = &bad_rows };
    struct error sink_error = { .code = OK };
    if (copy)
        check(connector_kafka.sink->open(&sink_open, &sink, &sink_error), &sink_error);
    struct arena *arena = arena_create();
    struct records records = {
        .arena = arena,
        .cap = BATCH_ROWS,
        .values = calloc(BATCH_ROWS, sizeof(struct str)),
        .keys = calloc(BATCH_ROWS, sizeof(struct str)),
        .splits = calloc(BATCH_ROWS, sizeof(uint32_t)),
        .offsets = calloc(BATCH_ROWS, sizeof(int64_t)),
        .timestamps_ms = calloc(BATCH_ROWS, sizeof(int64_t)),
        .timestamp_types = calloc(BATCH_ROWS, 1),
    };
    struct source_open open = { .table = table, .until_end = true, .bad_rows = &bad_rows };
    struct source *source;
    struct error error = { .code = OK };
    check(connector_kafka.source->open(&open, &source, &error), &error);
    int64_t messages = 0;
    for (enum poll_state state = POLL_MORE; state != POLL_END;) {
        arena_reset(arena);
        check(source->kind->poll(source, &records, &state, &error), &error);
        for (uint32_t i = 0; i < records.count; i++)
            touch(records.values[i].data, records.values[i].size);
        messages += records.count;
        if (sink && records.count > 0)
            copy_some(sink, &records, every);
        if (state == POLL_IDLE)
            wait_for(source->kind->wake_fd(source));
    }
    arena_reset(arena);
    source->kind->close(source);
    if (sink)
        finish_sink(sink);
    return messages;
}

static int64_t read_raw(const char *brokers, const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    tool_set(conf, "bootstrap.servers", brokers);
    tool_set(conf, "group.id", "bench");
    tool_set(conf, "enable.auto.commit", "false");
    tool_set(conf, "enable.auto.offset.store", "false");
    tool_set(conf, "queued.min.messages", "1000000");
    tool_set(conf, "queued.max.messages.kbytes", "1048576");
    tool_set(conf, "fetch.message.max.bytes", "4000000");
    rd_kafka_t *rk = tool_create(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(rk);
    int32_t partitions = tool_count_partitions(rk, topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    int64_t left = 0;
    for (int32_t p = 0; p < partitions; p++) {
        int64_t begin, end;
        tool_get_offsets(rk, topic, p, &begin, &end);
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = begin;
        left += end - begin;
    }
    rd_kafka_assign(rk, list);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    static rd_kafka_message_t *batch[10000];
    int64_t messages = 0;
    while (messages < left) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, 1000, batch, 10000);
        for (ssize_t i = 0; i < n; i++) {
            if (!batch[i]->err) {
                touch(batch[i]->payload, batch[i]->len);
                messages++;
            }
        }
        for (ssize_t i = 0; i < n; i++)
            rd_kafka_message_destroy(batch[i]);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return messages;
}

static int64_t write_sink(const struct table_def *table, int64_t messages, int64_t bytes)
{
    struct sink_open open = { .table = table, .mode = SINK_APPEND, .bad_rows = &bad_rows };
    struct sink *sink;
    struct error error = { .code = OK };
    check(connector_kafka.sink->open(&open, &sink, &error), &error);
    struct arena *arena = arena_create();
    char *text = malloc((size_t)bytes + 1);
    memset(text, 'x', (size_t)bytes);
    struct batch *batch = batch_create(arena, 2, BATCH_ROWS);
    batch->columns[0] = column_create(arena, &type_bytes, BATCH_ROWS);
    batch->columns[1] = column_create(arena, &type_bytes, BATCH_ROWS);
    for (uint32_t i = 0; i < BATCH_ROWS; i++) {
        char *key = arena_printf(arena, "key-%u", i);
        COLUMN_OUT(batch->columns[0], struct view)[i] = view_make(key, strlen(key));
        COLUMN_OUT(batch->columns[1], struct view)[i] = view_make(text, (size_t)bytes);
    }
    int64_t written = 0;
    while (written < messages) {
        enum code code = sink->kind->write(sink, batch, &error);
        if (code == E_RETRY)
            wait_for(sink->kind->wake_fd(sink));
        else
            check(code, &error);
        written += code == OK ? BATCH_ROWS : 0;
    }
    finish_sink(sink);
    arena_destroy(arena);
    free(text);
    return written;
}

int main(int argc, char **argv)
{
    const char *brokers = NULL, *topic = NULL, *config = "";
    const char *copy_topic = NULL;
    bool raw = false;
    int64_t write = 0, bytes = 300, every = 10;
    const struct tool_option options[] = {
        { "--brokers", &brokers, NULL, NULL }, { "--topic", &topic, NULL, NULL },
        { "--raw", NULL, NULL, &raw },         { "--burn", NULL, &burn, NULL },
        { "--write", NULL, &write, NULL },     { "--bytes", NULL, &bytes, NULL },
        { "--config", &config, NULL, NULL },   { "--copy-to", &copy_topic, NULL, NULL },
        { "--every", NULL, &every, NULL },     { NULL, NULL, NULL, NULL },
    };
    tool_name = "bench_kafka_source";
    tool_usage = "bench_kafka_source --brokers LIST --topic NAME [--raw] [--burn N] "
                 "[--write MESSAGES] [--bytes N] [--copy-to NAME] [--every N] [--config K=V;...]";
    tool_parse_options(argc, argv, options);
    if (brokers == NULL || topic == NULL)
        tool_die("--brokers and --topic are needed\nusage: %s", tool_usage);

    const struct option items[] = {
        { .key = STR("topic"), .value = str_of(topic) },
        { .key = STR("bootstrap.servers"), .value = str_of(brokers) },
        { .key = STR("startupMode"), .value = STR("EARLIEST") },
        { .key = STR("extraConfig"), .value = str_of(config) },
    };
    const struct option_spec *const specs[] = { kafka_options, NULL };
    const struct options table_options = { items, countof(items), specs };
    const struct field fields[] = { { STR("messageKey"), &type_bytes },
                                    { STR("message"), &type_bytes } };
    const enum column_origin origins[] = { ORIGIN_META, ORIGIN_META };
    const enum meta metas[] = { META_KEY_BYTES, META_VALUE_BYTES };
    const uint32_t key[] = { 0 };
    const struct schema schema = { fields, 2, key, 1 };
    const struct clock clock = { .standing = false };
    const struct table_def table = { .name = STR("bench"),
                                     .schema = &schema,
                                     .origins = origins,
                                     .metas = metas,
                                     .options = &table_options,
                                     .blink = true,
                                     .clock = &clock };
    struct option copy_items[countof(items)];
    memcpy(copy_items, items, sizeof items);
    copy_items[0].value = str_of(copy_topic);
    const struct options copy_options = { copy_items, countof(copy_items), specs };
    struct table_def copy = table;
    copy.options = &copy_options;
    double wall_s = tool_now_s(), cpu_s = tool_cpu_s();
    int64_t messages = write > 0 ? write_sink(&table, write, bytes)
                       : raw     ? read_raw(brokers, topic)
                                 : read_source(&table, copy_topic ? &copy : NULL, every);
    wall_s = tool_now_s() - wall_s;
    cpu_s = tool_cpu_s() - cpu_s;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"messages\": %" PRId64 ", \"wall_s\": %.3f, \"cpu_s\": %.3f, \"ns\": %.0f, "
           "\"rss_mb\": %ld, \"digest\": %" PRIu64 "}\n",
           messages, wall_s, cpu_s, cpu_s / (double)messages * 1e9, usage.ru_maxrss / 1024, digest);
    return 0;
}
