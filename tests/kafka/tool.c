/* tool.c -- see tool.h. */
#include "kafka/tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

const char *tool_name = "tool";
const char *tool_usage = "";

void tool_die(const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%s: ", tool_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void set_value(const struct tool_option *option, const char *value)
{
    if (option->text != NULL) {
        *option->text = value;
        return;
    }
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < 0)
        tool_die("\"%s\" is no value for %s\nusage: %s", value, option->name, tool_usage);
    *option->number = number;
}

void tool_parse_options(int argc, char **argv, const struct tool_option *options)
{
    for (int i = 1; i < argc; i++) {
        const struct tool_option *option = options;
        while (option->name != NULL && strcmp(option->name, argv[i]) != 0)
            option++;
        if (option->name == NULL)
            tool_die("unknown option \"%s\"\nusage: %s", argv[i], tool_usage);
        if (option->flag != NULL)
            *option->flag = true;
        else if (i + 1 < argc)
            set_value(option, argv[++i]);
        else
            tool_die("%s needs a value\nusage: %s", argv[i], tool_usage);
    }
}

void tool_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char message[512];
    if (rd_kafka_conf_set(conf, name, value, message, sizeof(message)) != RD_KAFKA_CONF_OK)
        tool_die("%s", message);
}

/* Errors that are not about one message: librdkafka goes on trying, unless they are fatal. */
static void error_cb(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)opaque;
    char message[512];
    fprintf(stderr, "%s: %s: %s\n", tool_name, rd_kafka_err2name((rd_kafka_resp_err_t)code),
            reason);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_fatal_error(rk, message, sizeof(message));
        tool_die("%s", message);
    }
}

rd_kafka_t *tool_create(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char message[512];
    tool_set(conf, "log_level", "3"); /* a broker that just started is worth no warning */
    rd_kafka_conf_set_error_cb(conf, error_cb);
    rd_kafka_t *rk = rd_kafka_new(type, conf, message, sizeof(message));
    if (rk == NULL)
        tool_die("%s", message);
    return rk;
}

int32_t tool_count_partitions(rd_kafka_t *rk, const char *topic)
{
    /* A list with this topic only; asking for a topic by name would create it. */
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 1, NULL, &metadata, tool_answer_limit_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("could not get the list of topics: %s", rd_kafka_err2str(code));
    int32_t count = 0;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *found = &metadata->topics[i];
        if (strcmp(found->topic, topic) != 0)
            continue;
        count = found->partition_cnt;
        for (int32_t partition = 0; partition < found->partition_cnt; partition++) {
            if (found->partitions[partition].leader < 0)
                count = 0;
        }
    }
    rd_kafka_metadata_destroy(metadata);
    return count;
}

void tool_get_offsets(rd_kafka_t *rk, const char *topic, int32_t partition, int64_t *ret_begin,
                      int64_t *ret_end)
{
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, topic, partition, ret_begin,
                                                                ret_end, tool_answer_limit_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("could not get the offsets of \"%s\" partition %d: %s", topic, partition,
                 rd_kafka_err2str(code));
}

double tool_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double tool_cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}
