/* kafka_count.c -- how many partitions the topics of a table have, asked before the job
 * is opened: its number of workers hangs on it, and its plan on that.
 *
 * The client is made for the question and ended with it.  An answer is not waited for
 * longer than a moment; what is wrong is said when the source opens. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka.h"

#include "kafka/kafka_conf.h"

enum { ASK_LIMIT_MS = 1000 };

struct question {
    rd_kafka_t *rk;
    struct kafka_topics topics;
    struct name_pattern *pattern; /* NULL: topics.names */
    uint32_t count;
};

/* Java's clients and ours leave Kafka's own topics out of patterns. */
static bool is_meant(const struct question *q, const rd_kafka_metadata_topic_t *topic)
{
    return topic->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
           (!q->pattern || (strncmp(topic->topic, "__", 2) != 0 &&
                            name_pattern_matches(q->pattern, topic->topic)));
}

/* Of one topic; NULL: of all that the pattern means.  False: nobody answered. */
static bool ask(struct question *q, const char *name)
{
    rd_kafka_topic_t *topic = name ? rd_kafka_topic_new(q->rk, name, NULL) : NULL;
    const struct rd_kafka_metadata *metadata;
    bool answered = (topic || !name) &&
                    rd_kafka_metadata(q->rk, !name, topic, &metadata, ASK_LIMIT_MS) ==
                        RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; answered && i < metadata->topic_cnt; i++)
        if (is_meant(q, &metadata->topics[i]))
            q->count += (uint32_t)metadata->topics[i].partition_cnt;
    if (answered)
        rd_kafka_metadata_destroy(metadata);
    if (topic)
        rd_kafka_topic_destroy(topic);
    return answered;
}

static bool ask_all(struct question *q)
{
    if (q->pattern)
        return ask(q, NULL);
    for (uint32_t i = 0; i < q->topics.count; i++)
        if (!ask(q, q->topics.names[i].data))
            return false;
    return true;
}

/* What the client would print by itself the source will say. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk, (void)level, (void)facility, (void)text;
}

static enum code make_client(const struct table_def *table, rd_kafka_t **ret, struct error *err)
{
    rd_kafka_conf_t *conf;
    char why[512];
    TRY(kafka_conf_build(table, KAFKA_CONSUMER, false, &conf, err));
    rd_kafka_conf_set_log_cb(conf, on_log);
    *ret = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (*ret)
        return OK;
    rd_kafka_conf_destroy(conf); /* a client would own it */
    return error_set(err, E_OPTION, "cannot make a Kafka consumer: %s", why);
}

enum code kafka_count_partitions(const struct table_def *table, uint32_t *ret, struct error *err)
{
    struct question q = { .rk = NULL };
    struct error unsaid = { .code = OK };
    struct arena *arena = arena_create();
    enum code code = arena ? kafka_topics_read(table, arena, &q.topics, &unsaid) : E_NOMEM;
    if (code == OK && q.topics.pattern.size > 0)
        code = name_pattern_compile("topic pattern", q.topics.pattern, &q.pattern, &unsaid);
    if (code == OK)
        code = make_client(table, &q.rk, &unsaid);
    bool answered = code == OK && ask_all(&q);
    if (q.rk) /* it has joined no group that it would have to leave */
        rd_kafka_destroy_flags(q.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    name_pattern_destroy(q.pattern);
    arena_destroy(arena);
    if (code == E_NOMEM)
        return error_nomem(err);
    *ret = code == OK && !answered ? 0 : MAX(q.count, 1);
    return OK;
}
