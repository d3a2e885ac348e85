/* load_topic.c -- writes the lines of standard input to a Kafka topic, a message a line, as fast
 * as one librdkafka producer goes.
 *
 *   load_topic --brokers LIST --topic NAME [--partitions N] [--keyed | --hex] [--if-empty | --fresh]
 *              [--compression none|gzip|lz4|zstd|snappy]
 *
 * Creates the topic with N partitions (1); one that exists must have as many.  Line i goes to
 * partition i modulo N, so that what stands where does not change from run to run.
 *
 *   --keyed     a line is KEY, tab, VALUE, and the key chooses the partition
 *   --hex       a line is PARTITION, tab, VALUE in hexadecimal digits, or - for a NULL value
 *   --if-empty  does nothing if there are messages in the topic already
 *   --fresh     deletes the topic first, and with it what consumer groups have committed for it
 *
 * Prints one JSON object: messages, bytes, wall_s. */
#include "kafka/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loader {
    rd_kafka_t *rk;
    rd_kafka_topic_t *topic;
    int64_t partition_count;
    bool is_keyed;
    bool is_hex;
    int64_t messages;
    int64_t bytes;
};

static int64_t failed_messages;

static void delivery_cb(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && failed_messages++ == 0)
        fprintf(stderr, "load_topic: a message was not delivered: %s\n",
                rd_kafka_err2str(message->err));
}

static void delete_topic(rd_kafka_t *rk, const char *topic)
{
    rd_kafka_DeleteTopic_t *old_topic = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_AdminOptions_t *admin = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(admin, tool_answer_limit_ms, NULL, 0);
    rd_kafka_AdminOptions_set_operation_timeout(admin, tool_answer_limit_ms, NULL, 0);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopics(rk, &old_topic, 1, admin, queue);

    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * tool_answer_limit_ms);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("could not delete topic \"%s\": %s", topic,
                 event != NULL ? rd_kafka_event_error_string(event) : "no answer");
    size_t result_count = 0;
    const rd_kafka_topic_result_t **results = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event), &result_count);
    for (size_t i = 0; i < result_count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            tool_die("could not delete topic \"%s\": %s", topic, rd_kafka_err2str(code));
    }
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(admin);
    rd_kafka_DeleteTopic_destroy(old_topic);
}

static void create_topic(rd_kafka_t *rk, const char *topic, int64_t partition_count)
{
    char message[512];
    rd_kafka_NewTopic_t *new_topic =
        rd_kafka_NewTopic_new(topic, (int)partition_count, 1, message, sizeof(message));
    if (new_topic == NULL)
        tool_die("%s", message);
    rd_kafka_AdminOptions_t *admin = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(admin, tool_answer_limit_ms, NULL, 0);
    rd_kafka_AdminOptions_set_operation_timeout(admin, tool_answer_limit_ms, NULL, 0);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &new_topic, 1, admin, queue);

    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * tool_answer_limit_ms);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("could not create topic \"%s\": %s", topic,
                 event != NULL ? rd_kafka_event_error_string(event) : "no answer");
    size_t result_count = 0;
    const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event), &result_count);
    for (size_t i = 0; i < result_count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            tool_die("could not create topic \"%s\": %s", topic, rd_kafka_err2str(code));
    }
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(admin);
    rd_kafka_NewTopic_destroy(new_topic);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    tool_die("'%c' is no hexadecimal digit", c);
}

/* Reads PARTITION, tab, VALUE; the bytes of the value take the place of the line. */
static void read_hex(char *line, size_t line_bytes, int32_t *ret_partition, const char **ret_value,
                     size_t *ret_value_bytes)
{
    char *tab = memchr(line, '\t', line_bytes);
    if (tab == NULL)
        tool_die("a line has no tab after the partition");
    *ret_partition = (int32_t)strtol(line, NULL, 10);
    const char *digits = tab + 1;
    size_t digit_count = line_bytes - (size_t)(digits - line);
    *ret_value_bytes = digit_count / 2;
    *ret_value = NULL;
    if (digit_count == 1 && digits[0] == '-')
        return;
    if (digit_count % 2 != 0)
        tool_die("a value has half a byte");
    for (size_t i = 0; i < digit_count / 2; i++)
        line[i] = (char)(hex_digit(digits[2 * i]) << 4 | hex_digit(digits[2 * i + 1]));
    *ret_value = line;
}

static void produce(struct loader *loader, char *line, size_t line_bytes)
{
    const char *key = NULL, *value = line;
    size_t key_bytes = 0, value_bytes = line_bytes;
    int32_t partition = (int32_t)(loader->messages % loader->partition_count);
    if (loader->is_keyed) {
        const char *tab = memchr(line, '\t', line_bytes);
        if (tab == NULL)
            tool_die("line %" PRId64 " has no tab after a key", loader->messages + 1);
        key = line;
        key_bytes = (size_t)(tab - line);
        value = tab + 1;
        value_bytes = line_bytes - key_bytes - 1;
        partition = RD_KAFKA_PARTITION_UA;
    } else if (loader->is_hex) {
        read_hex(line, line_bytes, &partition, &value, &value_bytes);
    }
    /* An empty line is a message of no bytes, which is not the same as a NULL value. */
    while (rd_kafka_produce(loader->topic, partition, RD_KAFKA_MSG_F_COPY, (void *)value,
                            value_bytes, key, key_bytes, NULL) != 0) {
        rd_kafka_resp_err_t code = rd_kafka_last_error();
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            tool_die("could not produce: %s", rd_kafka_err2str(code));
        rd_kafka_poll(loader->rk, 100);
    }
    loader->messages++;
    loader->bytes += (int64_t)value_bytes;
    if ((loader->messages & 1023) == 0)
        rd_kafka_poll(loader->rk, 0);
}

static void load(struct loader *loader)
{
    size_t size = 1 << 22, used = 0;
    char *buffer = malloc(size);
    for (;;) {
        if (buffer == NULL)
            tool_die("out of memory");
        ssize_t n = read(STDIN_FILENO, buffer + used, size - used);
        if (n < 0)
            tool_die("could not read standard input");
        if (n == 0)
            break;
        size_t end = used + (size_t)n, at = 0;
        for (char *feed; (feed = memchr(buffer + at, '\n', end - at)) != NULL;) {
            produce(loader, buffer + at, (size_t)(feed - buffer) - at);
            at = (size_t)(feed - buffer) + 1;
        }
        used = end - at;
        memmove(buffer, buffer + at, used);
        if (used == size) { /* one line fills it all */
            size *= 2;
            buffer = realloc(buffer, size);
        }
    }
    if (used > 0) /* the last line may lack its line feed */
        produce(loader, buffer, used);
    free(buffer);
}

int main(int argc, char **argv)
{
    const char *brokers = NULL, *topic = NULL, *compression = "none";
    struct loader loader = { .partition_count = 1 };
    bool if_empty = false, is_fresh = false;
    const struct tool_option options[] = {
        { "--brokers", &brokers, NULL, NULL },
        { "--topic", &topic, NULL, NULL },
        { "--partitions", NULL, &loader.partition_count, NULL },
        { "--compression", &compression, NULL, NULL },
        { "--keyed", NULL, NULL, &loader.is_keyed },
        { "--hex", NULL, NULL, &loader.is_hex },
        { "--if-empty", NULL, NULL, &if_empty },
        { "--fresh", NULL, NULL, &is_fresh },
        { NULL, NULL, NULL, NULL },
    };
    tool_name = "load_topic";
    tool_usage = "load_topic --brokers LIST --topic NAME [--partitions N] [--keyed | --hex] "
                 "[--if-empty | --fresh] [--compression X]";
    tool_parse_options(argc, argv, options);
    if (brokers == NULL || topic == NULL || loader.partition_count < 1 ||
        loader.partition_count > 10000)
        tool_die("--brokers, --topic and at least one partition are needed\nusage: %s", tool_usage);

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    tool_set(conf, "bootstrap.servers", brokers);
    tool_set(conf, "enable.idempotence", "true"); /* no duplicate and no gap, also over a retry */
    tool_set(conf, "linger.ms", "50");
    tool_set(conf, "batch.num.messages", "100000");
    tool_set(conf, "batch.size", "900000"); /* a broker takes a million by default */
    tool_set(conf, "queue.buffering.max.messages", "500000");
    tool_set(conf, "queue.buffering.max.kbytes", "1048576");
    tool_set(conf, "compression.type", compression);
    rd_kafka_conf_set_dr_msg_cb(conf, delivery_cb);
    loader.rk = tool_create(RD_KAFKA_PRODUCER, conf);

    if (is_fresh)
        delete_topic(loader.rk, topic);
    create_topic(loader.rk, topic, loader.partition_count);
    /* The broker hears of the topic a moment after the controller has made it. */
    int32_t partition_count = 0;
    double limit_s = tool_now_s() + tool_answer_limit_ms / 1000;
    while (partition_count == 0 && tool_now_s() < limit_s) {
        partition_count = tool_count_partitions(loader.rk, topic);
        rd_kafka_poll(loader.rk, 10);
    }
    if (partition_count != loader.partition_count)
        tool_die("topic \"%s\" has %d partitions, not %" PRId64, topic, partition_count,
                 loader.partition_count);
    bool is_empty = true;
    for (int32_t partition = 0; if_empty && partition < partition_count; partition++) {
        int64_t begin, end;
        tool_get_offsets(loader.rk, topic, partition, &begin, &end);
        is_empty &= begin == end;
    }

    double begin_s = tool_now_s();
    loader.topic = rd_kafka_topic_new(loader.rk, topic, NULL);
    if (is_empty)
        load(&loader);
    rd_kafka_resp_err_t code = rd_kafka_flush(loader.rk, 10 * tool_answer_limit_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || failed_messages > 0)
        tool_die("%" PRId64 " messages were not delivered", failed_messages);
    printf("{\"messages\": %" PRId64 ", \"bytes\": %" PRId64 ", \"wall_s\": %.3f}\n",
           loader.messages, loader.bytes, tool_now_s() - begin_s);
    rd_kafka_topic_destroy(loader.topic);
    rd_kafka_destroy(loader.rk);
    return 0;
}
