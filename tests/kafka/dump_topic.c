/* dump_topic.c -- prints a Kafka topic as JSON lines, one partition after the other, each to the
 * end that it had when its turn came.
 *
 *   dump_topic --brokers LIST --topic NAME [--uncommitted]
 *
 * A line is {"partition": n, "offset": n, "timestamp": ms, "key": str|null, "value": str|null,
 * "headers": {...}}, the form of a `.records.ndjson` file; "headers" only where there are some.
 * Bytes that are not UTF-8 stand in "key_hex" or "value_hex" instead.  Messages of open and
 * aborted transactions are left out, unless --uncommitted is given. */
#include "kafka/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 sequence at `at`; 0 if it is none. */
static size_t utf8_sequence_bytes(const unsigned char *at, size_t left)
{
    size_t n = 0;
    if (at[0] < 0x80)
        n = 1;
    else if (at[0] >= 0xc2 && at[0] < 0xe0)
        n = 2;
    else if (at[0] >= 0xe0 && at[0] < 0xf0)
        n = 3;
    else if (at[0] >= 0xf0 && at[0] < 0xf5)
        n = 4;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Overlong forms, surrogates, and what is past U+10FFFF. */
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return n;
}

static bool is_utf8(const unsigned char *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes;) {
        size_t n = utf8_sequence_bytes(bytes + i, size_bytes - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

static void print_string(const char *bytes, size_t size_bytes)
{
    putchar('"');
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c < 0x20 || c == 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* A member: null, text, or NAME_hex. */
static void print_bytes(const char *name, const void *bytes, size_t size_bytes)
{
    if (bytes == NULL) {
        printf("\"%s\": null", name);
    } else if (is_utf8(bytes, size_bytes)) {
        printf("\"%s\": ", name);
        print_string(bytes, size_bytes);
    } else {
        printf("\"%s_hex\": \"", name);
        for (size_t i = 0; i < size_bytes; i++)
            printf("%02x", ((const unsigned char *)bytes)[i]);
        putchar('"');
    }
}

static void print_headers(const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    fputs(", \"headers\": {", stdout);
    const char *name;
    const void *value;
    size_t value_bytes;
    for (size_t i = 0;; i++) {
        if (rd_kafka_header_get_all(headers, i, &name, &value, &value_bytes) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
            break;
        if (i > 0)
            fputs(", ", stdout);
        print_string(name, strlen(name));
        fputs(": ", stdout);
        if (value == NULL)
            fputs("null", stdout);
        else
            print_string(value, value_bytes);
    }
    putchar('}');
}

static void print_message(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t kind;
    printf("{\"partition\": %d, \"offset\": %" PRId64 ", \"timestamp\": %" PRId64 ", ",
           message->partition, message->offset, rd_kafka_message_timestamp(message, &kind));
    print_bytes("key", message->key, message->key_len);
    fputs(", ", stdout);
    print_bytes("value", message->payload, message->len);
    print_headers(message);
    fputs("}\n", stdout);
}

static void dump_partition(rd_kafka_t *rk, const char *topic, int32_t partition)
{
    rd_kafka_topic_partition_list_t *assignment = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(assignment, topic, partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t code = rd_kafka_assign(rk, assignment);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("could not assign partition %d: %s", partition, rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(assignment);

    double last_s = tool_now_s();
    for (bool at_end = false; !at_end;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 1000);
        if (message == NULL) {
            if (tool_now_s() - last_s > tool_answer_limit_ms / 1000)
                tool_die("no answer for partition %d of \"%s\"", partition, topic);
            continue;
        }
        last_s = tool_now_s();
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            at_end = message->partition == partition;
        else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            tool_die("could not read \"%s\": %s", topic, rd_kafka_message_errstr(message));
        else
            print_message(message);
        rd_kafka_message_destroy(message);
    }
}

int main(int argc, char **argv)
{
    const char *brokers = NULL, *topic = NULL;
    bool uncommitted = false;
    const struct tool_option options[] = {
        { "--brokers", &brokers, NULL, NULL },
        { "--topic", &topic, NULL, NULL },
        { "--uncommitted", NULL, NULL, &uncommitted },
        { NULL, NULL, NULL, NULL },
    };
    tool_name = "dump_topic";
    tool_usage = "dump_topic --brokers LIST --topic NAME [--uncommitted]";
    tool_parse_options(argc, argv, options);
    if (brokers == NULL || topic == NULL)
        tool_die("--brokers and --topic are needed\nusage: %s", tool_usage);

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    tool_set(conf, "bootstrap.servers", brokers);
    tool_set(conf, "group.id", "dump_topic"); /* asked for, but never joined: assign() only */
    tool_set(conf, "enable.auto.commit", "false");
    tool_set(conf, "enable.partition.eof", "true");
    tool_set(conf, "isolation.level", uncommitted ? "read_uncommitted" : "read_committed");
    tool_set(conf, "fetch.wait.max.ms", "10"); /* the end is told by an empty fetch */
    rd_kafka_t *rk = tool_create(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(rk);

    int32_t partition_count = tool_count_partitions(rk, topic);
    if (partition_count == 0)
        tool_die("topic \"%s\" does not exist", topic);
    for (int32_t partition = 0; partition < partition_count; partition++)
        dump_partition(rk, topic, partition);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    if (fflush(stdout) != 0 || ferror(stdout))
        tool_die("could not write to standard output");
    return 0;
}
