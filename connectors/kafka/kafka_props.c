/* kafka_props.c -- see kafka_props.h.
 *
 * librdkafka took over most of Java's names, also as aliases ("compression.type",
 * "acks", "max.partition.fetch.bytes"): those need no line here.  The list of its
 * own names is asked from the library, so it is right for the version that is
 * linked. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_props.h"

#include "base/nearest.h"

static const struct kafka_prop props[] = {
    { "bootstrap.servers", PROP_OWN, NULL, NULL },
    { "metadata.broker.list", PROP_OWN, NULL, NULL },
    { "group.id", PROP_OWN, NULL, NULL },
    { "auto.offset.reset", PROP_OWN, NULL, NULL },
    { "buffer.memory", PROP_OWN, NULL, NULL },
    { "flink.partition-discovery.interval-millis", PROP_OWN, NULL, NULL },
    { "fetch.max.wait.ms", PROP_SET, "fetch.wait.max.ms", NULL },
    { "max.request.size", PROP_SET, "message.max.bytes", NULL },
    { "receive.buffer.bytes", PROP_SET, "socket.receive.buffer.bytes", NULL },
    { "send.buffer.bytes", PROP_SET, "socket.send.buffer.bytes", NULL },
    { "socket.connection.setup.timeout.ms", PROP_SET, "socket.connection.setup.timeout.ms", NULL },
    { "isolation.level", PROP_SET, "isolation.level", NULL },
    /* Offsets are committed when the sinks are safe, and never by themselves. */
    { "enable.auto.commit", PROP_IGNORED, NULL, NULL },
    { "auto.commit.enable", PROP_IGNORED, NULL, NULL },
    { "auto.commit.interval.ms", PROP_IGNORED, NULL, NULL },
    { "enable.auto.offset.store", PROP_IGNORED, NULL, NULL },
    { "enable.partition.eof", PROP_IGNORED, NULL, NULL },
    { "key.deserializer", PROP_IGNORED, NULL, NULL },
    { "value.deserializer", PROP_IGNORED, NULL, NULL },
    { "key.serializer", PROP_IGNORED, NULL, NULL },
    { "value.serializer", PROP_IGNORED, NULL, NULL },
    { "max.poll.records", PROP_IGNORED, NULL, NULL },
    { "max.block.ms", PROP_IGNORED, NULL, NULL },
    { "default.api.timeout.ms", PROP_IGNORED, NULL, NULL },
    { "exclude.internal.topics", PROP_IGNORED, NULL, NULL },
    { "partition.assignment.strategy", PROP_IGNORED, NULL, NULL },
    { "partitioner.class", PROP_IGNORED, NULL, NULL },
    { "partitioner.*", PROP_IGNORED, NULL, NULL },
    { "interceptor.classes", PROP_IGNORED, NULL, NULL },
    { "metric.reporters", PROP_IGNORED, NULL, NULL },
    { "metrics.*", PROP_IGNORED, NULL, NULL },
    { "auto.include.jmx.reporter", PROP_IGNORED, NULL, NULL },
    { "flink.*", PROP_IGNORED, NULL, NULL },
    { "client.id.prefix", PROP_IGNORED, NULL, NULL },
    { "register.consumer.metrics", PROP_IGNORED, NULL, NULL },
    { "commit.offsets.on.checkpoint", PROP_IGNORED, NULL, NULL },
    { "security.providers", PROP_IGNORED, NULL, NULL },
    { "ssl.protocol", PROP_IGNORED, NULL, NULL },
    { "ssl.provider", PROP_IGNORED, NULL, NULL },
    { "ssl.enabled.protocols", PROP_IGNORED, NULL, NULL },
    { "ssl.keymanager.algorithm", PROP_IGNORED, NULL, NULL },
    { "ssl.trustmanager.algorithm", PROP_IGNORED, NULL, NULL },
    { "ssl.secure.random.implementation", PROP_IGNORED, NULL, NULL },
    { "sasl.kerberos.ticket.*", PROP_IGNORED, NULL, NULL },
    { "sasl.login.*", PROP_IGNORED, NULL, NULL },
    { "ssl.endpoint.identification.algorithm", PROP_ENDPOINT, NULL, NULL },
    { "ssl.truststore.location", PROP_STORE, NULL, NULL },
    { "ssl.truststore.type", PROP_STORE, NULL, NULL },
    { "ssl.truststore.password", PROP_STORE, NULL, NULL },
    { "ssl.truststore.certificates", PROP_SET, "ssl.ca.pem", NULL },
    { "ssl.keystore.location", PROP_STORE, NULL, NULL },
    { "ssl.keystore.type", PROP_STORE, NULL, NULL },
    { "ssl.keystore.password", PROP_STORE, NULL, NULL },
    { "ssl.keystore.key", PROP_SET, "ssl.key.pem", NULL },
    { "ssl.keystore.certificate.chain", PROP_SET, "ssl.certificate.pem", NULL },
    { "sasl.jaas.config", PROP_JAAS, NULL, NULL },
    { "sasl.client.callback.handler.class", PROP_REFUSED, NULL,
      "It names a Java class, and there is no Java here." },
    { "ssl.engine.factory.class", PROP_REFUSED, NULL,
      "It names a Java class, and there is no Java here." },
    { "plugin.library.paths", PROP_REFUSED, NULL, "A job cannot load libraries." },
    { "transactional.id", PROP_REFUSED, NULL, "Transactions are not part of this version." },
};

const struct kafka_prop *kafka_prop_find(struct str name)
{
    for (size_t i = 0; i < countof(props); i++) {
        struct str own = str_of(props[i].name);
        bool is_prefix = own.data[own.size - 1] == '*';
        own.size -= is_prefix;
        if (is_prefix ? name.size > own.size && str_ieq(str_make(name.data, own.size), own)
                      : str_ieq(name, own))
            return &props[i];
    }
    return NULL;
}

void kafka_prop_lower(struct str name, char *out)
{
    for (size_t i = 0; i < name.size; i++)
        out[i] =
            name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] + 32) : name.data[i];
    out[name.size] = '\0';
}

bool kafka_prop_is_known(struct str name)
{
    char text[128], ignored[8];
    if (name.size == 0 || name.size >= sizeof text)
        return false;
    if (kafka_prop_find(name))
        return true;
    kafka_prop_lower(name, text);
    /* A scratch configuration says of any name, aliases included, whether it is one. */
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool known =
        rd_kafka_conf_set(conf, text, "", ignored, sizeof ignored) != RD_KAFKA_CONF_UNKNOWN;
    rd_kafka_conf_destroy(conf);
    return known;
}

static void add_dump(struct nearest *nearest, const char **dump, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2) /* names and values alternate */
        nearest_add(nearest, str_of(dump[i]));
}

struct str kafka_prop_nearest(struct str name, char *storage, size_t storage_bytes)
{
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (size_t i = 0; i < countof(props); i++)
        if (!strchr(props[i].name, '*'))
            nearest_add(&nearest, str_of(props[i].name));

    size_t count = 0, topic_count = 0;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_conf_t *topic_conf = rd_kafka_topic_conf_new();
    const char **dump = rd_kafka_conf_dump(conf, &count);
    const char **topic_dump = rd_kafka_topic_conf_dump(topic_conf, &topic_count);
    add_dump(&nearest, dump, count);
    add_dump(&nearest, topic_dump, topic_count);
    /* The library's names die with the dumps: keep the text. */
    struct str best = nearest_end(&nearest);
    if (best.data && best.size <= storage_bytes)
        best.data = memcpy(storage, best.data, best.size);
    else
        best = (struct str){ NULL, 0 };
    rd_kafka_conf_dump_free(dump, count);
    rd_kafka_conf_dump_free(topic_dump, topic_count);
    rd_kafka_conf_destroy(conf);
    rd_kafka_topic_conf_destroy(topic_conf);
    return best;
}
