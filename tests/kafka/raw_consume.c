/* raw_consume.c -- the limit that a Kafka source is measured against: librdkafka, tuned, taking
 * messages in batches and doing nothing with them.
 *
 *   raw_consume --brokers LIST --topic NAME [--count N]
 *
 * Reads all partitions from their beginning to the end offsets of the start, or N messages if that
 * is less, and prints one JSON object: messages, bytes (of values), wall_s and cpu_s from the first
 * fetch on, cpu_s summed over all threads. */
#include "kafka/tool.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    batch_messages_max = 10000,
    silence_limit_ms = 30000, /* no message for so long is a failure, not an end */
};

static rd_kafka_message_t *batch[batch_messages_max];

int main(int argc, char **argv)
{
    const char *brokers = NULL, *topic = NULL;
    int64_t count_max = INT64_MAX;
    const struct tool_option options[] = {
        { "--brokers", &brokers, NULL, NULL },
        { "--topic", &topic, NULL, NULL },
        { "--count", NULL, &count_max, NULL },
        { NULL, NULL, NULL, NULL },
    };
    tool_name = "raw_consume";
    tool_usage = "raw_consume --brokers LIST --topic NAME [--count N]";
    tool_parse_options(argc, argv, options);
    if (brokers == NULL || topic == NULL)
        tool_die("--brokers and --topic are needed\nusage: %s", tool_usage);

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    tool_set(conf, "bootstrap.servers", brokers);
    tool_set(conf, "group.id", "raw_consume"); /* asked for, but never joined: assign() only */
    tool_set(conf, "enable.auto.commit", "false");
    tool_set(conf, "enable.auto.offset.store", "false");
    tool_set(conf, "queued.min.messages", "1000000");
    tool_set(conf, "queued.max.messages.kbytes", "1048576");
    tool_set(conf, "fetch.message.max.bytes", "4000000");
    rd_kafka_t *rk = tool_create(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(rk);

    int32_t partition_count = tool_count_partitions(rk, topic);
    if (partition_count == 0)
        tool_die("topic \"%s\" does not exist", topic);
    rd_kafka_topic_partition_list_t *assignment =
        rd_kafka_topic_partition_list_new(partition_count);
    int64_t left = 0;
    for (int32_t partition = 0; partition < partition_count; partition++) {
        int64_t begin, end;
        tool_get_offsets(rk, topic, partition, &begin, &end);
        rd_kafka_topic_partition_list_add(assignment, topic, partition)->offset = begin;
        left += end - begin;
    }
    if (left > count_max)
        left = count_max;

    int64_t messages = 0, bytes = 0;
    double wall_begin_s = tool_now_s(), cpu_begin_s = tool_cpu_s();
    rd_kafka_resp_err_t code = rd_kafka_assign(rk, assignment);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("could not assign the partitions: %s", rd_kafka_err2str(code));
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    while (messages < left) {
        ssize_t n =
            rd_kafka_consume_batch_queue(queue, silence_limit_ms, batch, batch_messages_max);
        if (n <= 0)
            tool_die("no message within %d ms; %" PRId64 " of %" PRId64 " read", silence_limit_ms,
                     messages, left);
        for (ssize_t i = 0; i < n; i++) {
            if (batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
                messages++;
                bytes += (int64_t)batch[i]->len;
            } else {
                fprintf(stderr, "raw_consume: %s\n", rd_kafka_message_errstr(batch[i]));
            }
            rd_kafka_message_destroy(batch[i]);
        }
    }
    double wall_s = tool_now_s() - wall_begin_s, cpu_s = tool_cpu_s() - cpu_begin_s;
    printf("{\"messages\": %" PRId64 ", \"bytes\": %" PRId64
           ", \"wall_s\": %.3f, \"cpu_s\": %.3f}\n",
           messages, bytes, wall_s, cpu_s);

    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(assignment);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return 0;
}
