/* test_kafka_conf.c -- the options of both dialects without a broker: what they come
 * to in librdkafka, and what is refused, where and why. */
#include "support/kafka.h"

#include "kafka/kafka.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_props.h"
#include "kafka/kafka_start.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct error error;

static enum code check_table(struct kafka_table *t, bool as_sink)
{
    error = (struct error){ .code = OK };
    enum code code = connector_kafka.check(&t->def, as_sink, &error);
    return code;
}

static void refuses(struct kafka_table *t, bool as_sink, enum code want, const char *message,
                    const char *hint)
{
    CHECK_INT(check_table(t, as_sink), want);
    CHECK_STR(error.message, message);
    if (hint)
        CHECK_STR(error.hint, hint);
    kafka_table_end(t);
}

static void accepts(struct kafka_table *t, bool as_sink)
{
    CHECK_INT(check_table(t, as_sink), OK);
    CHECK_STR(error.message, "");
    kafka_table_end(t);
}

/* The value of a property of librdkafka for a table. */
static const char *value_of(struct kafka_table *t, enum kafka_role role, const char *name)
{
    static char value[512];
    rd_kafka_conf_t *conf;
    value[0] = '\0';
    error = (struct error){ .code = OK };
    if (!CHECK_INT(kafka_conf_build(&t->def, role, true, &conf, &error), OK)) {
        CHECK_STR(error.message, "");
        return value;
    }
    size_t size = sizeof value;
    CHECK_INT(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    rd_kafka_conf_destroy(conf);
    return value;
}

static void consumer_is(const char *const *options, bool blink, const char *name, const char *want)
{
    struct kafka_table *t =
        blink ? kafka_table_blink(NULL, options) : kafka_table_flink(NULL, options);
    CHECK_STR(value_of(t, KAFKA_CONSUMER, name), want);
    kafka_table_end(t);
}

static void producer_is(const char *const *options, bool blink, const char *name, const char *want)
{
    struct kafka_table *t =
        blink ? kafka_table_blink(NULL, options) : kafka_table_flink(NULL, options);
    CHECK_STR(value_of(t, KAFKA_PRODUCER, name), want);
    kafka_table_end(t);
}

static void properties_reach_the_client(void)
{
    consumer_is(OPTIONS("topic", "t", "properties.bootstrap.servers", "a:1,b:2"), false,
                "bootstrap.servers", "a:1,b:2");
    consumer_is(OPTIONS("topic", "t", "bootstrap.servers", "a:1"), true, "bootstrap.servers",
                "a:1");
    consumer_is(OPTIONS("topic", "t", "properties.max.partition.fetch.bytes", "12345"), false,
                "fetch.message.max.bytes", "12345");
    consumer_is(OPTIONS("topic", "t", "properties.fetch.max.wait.ms", "7"), false,
                "fetch.wait.max.ms", "7");
    consumer_is(OPTIONS("topic", "t", "extraConfig", "client.id=me; fetch.max.wait.ms = 9"), true,
                "client.id", "me");
    consumer_is(OPTIONS("topic", "t", "extraConfig", "client.id=me; fetch.max.wait.ms = 9"), true,
                "fetch.wait.max.ms", "9");
    consumer_is(OPTIONS("topic", "t", "Client.ID", "me"), true, "client.id", "me");
    producer_is(OPTIONS("topic", "t", "properties.compression.type", "lz4"), false,
                "compression.codec", "lz4");
    producer_is(OPTIONS("topic", "t", "properties.max.request.size", "5000"), false,
                "message.max.bytes", "5000");
    producer_is(OPTIONS("topic", "t", "linger.ms", "3"), true, "queue.buffering.max.ms", "3");
}

static void some_things_are_not_the_users_to_choose(void)
{
    consumer_is(OPTIONS("topic", "t", "properties.enable.auto.commit", "true"), false,
                "enable.auto.commit", "false");
    consumer_is(OPTIONS("topic", "t", "properties.enable.auto.offset.store", "true"), false,
                "enable.auto.offset.store", "false");
    consumer_is(OPTIONS("topic", "t", "properties.isolation.level", "read_committed"), false,
                "isolation.level", "read_committed");
    consumer_is(OPTIONS("topic", "t"), false, "isolation.level", "read_uncommitted");
}

static void java_only_properties_are_passed_over(void)
{
    accepts(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.key.deserializer",
                                            "org.apache.kafka.X", "properties.max.poll.records",
                                            "500", "properties.metrics.num.samples", "2")),
            false);
    accepts(kafka_table_blink(NULL, OPTIONS("topic", "t", "startupMode", "EARLIEST",
                                            "partition.assignment.strategy", "org.x.Y",
                                            "max.poll.records", "9", "newProperty", "1")),
            false);
}

static void idempotence_gives_way_to_other_wishes(void)
{
    producer_is(OPTIONS("topic", "t"), false, "enable.idempotence", "true");
    producer_is(OPTIONS("topic", "t", "properties.acks", "1"), false, "enable.idempotence",
                "false");
    producer_is(OPTIONS("topic", "t", "properties.acks", "all"), false, "enable.idempotence",
                "true");
    producer_is(OPTIONS("topic", "t", "retries", "0"), true, "enable.idempotence", "false");
    producer_is(OPTIONS("topic", "t"), false, "message.timeout.ms", "0");
}

static void unknown_properties_are_refused_with_the_nearest(void)
{
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.fetch.max.byte", "1")), false,
            E_OPTION, "there is no Kafka property \"fetch.max.byte\"",
            "Perhaps you meant \"fetch.max.bytes\".");
    CHECK(error.has_span);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "acks", "all")), true, E_OPTION,
            "connector \"kafka\" has no option \"acks\"",
            "A property of Kafka is written \"properties.acks\".");
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "bootstrap.servers", "x:1")), true,
            E_OPTION, "connector \"kafka\" has no option \"bootstrap.servers\"",
            "A property of Kafka is written \"properties.bootstrap.servers\".");
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.linger.ms", "soon")), true,
            E_OPTION, "Kafka property \"linger.ms\" cannot have this value", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.plugin.library.paths", "x")),
            true, E_UNSUPPORTED, "Kafka property \"plugin.library.paths\" cannot be used", NULL);
}

static void profiles_may_use_either_spelling(void)
{
    struct kafka_table *t =
        kafka_table_flink(NULL, OPTIONS("topic", "t", "bootstrap.servers", "profile:1",
                                        "sasl.password", "pw", "properties.client.id", "own"));
    struct option *items = (struct option *)t->options.items;
    items[1].from_profile = items[2].from_profile = true;
    CHECK_INT(check_table(t, false), OK);
    CHECK_STR(value_of(t, KAFKA_CONSUMER, "bootstrap.servers"), "profile:1");
    CHECK_STR(value_of(t, KAFKA_CONSUMER, "sasl.password"), "pw");
    /* The job wins, wherever the profile's stand. */
    items[1] = (struct option){ STR("client.id"), STR("profile"), { 0, 0 }, { 0, 0 }, true };
    struct option swap = items[3];
    items[3] = items[1];
    items[1] = swap;
    CHECK_STR(value_of(t, KAFKA_CONSUMER, "client.id"), "own");
    kafka_table_end(t);
}

static void brokers_are_needed_to_open_only(void)
{
    struct kafka_table *t =
        kafka_table_flink(NULL, OPTIONS("topic", "t", "scan.startup.mode", "earliest-offset"));
    CHECK_INT(check_table(t, false), OK);
    struct source_open open = { .table = &t->def, .bad_rows = &t->bad_rows.base };
    struct source *source;
    CHECK_INT(connector_kafka.source->open(&open, &source, &error), E_OPTION);
    CHECK_STR(error.message, "table \"t\" needs the option \"properties.bootstrap.servers\"");
    kafka_table_end(t);
}

/* --- logins and stores --------------------------------------------------------------- */

static const char *const jaas =
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u;1\" "
    "password='p\\'w';";

static void jaas_becomes_user_and_password(void)
{
    consumer_is(OPTIONS("topic", "t", "properties.sasl.jaas.config", jaas), false, "sasl.username",
                "u;1");
    consumer_is(OPTIONS("topic", "t", "properties.sasl.jaas.config", jaas), false, "sasl.password",
                "p'w");
    consumer_is(OPTIONS("topic", "t", "properties.sasl.jaas.config",
                        "x.ScramLoginModule required\n  username=me password=secret;"),
                false, "sasl.password", "secret");
    consumer_is(OPTIONS("topic", "t", "properties.sasl.jaas.config",
                        "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true "
                        "keyTab=\"/etc/k.keytab\" principal=\"me@X\";"),
                false, "sasl.kerberos.keytab", "/etc/k.keytab");
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.sasl.jaas.config",
                                            "x.PlainLoginModule required username=\"u\";")),
            false, E_OPTION, "Kafka property \"sasl.jaas.config\" has no value for \"password\"",
            NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.sasl.jaas.config",
                                            "x.OwnLoginModule required password=\"hidden\";")),
            false, E_UNSUPPORTED,
            "Kafka property \"sasl.jaas.config\" names a login module that is not known", NULL);
}

static void secrets_are_not_said(void)
{
    struct kafka_table *t = kafka_table_flink(
        NULL, OPTIONS("topic", "orders", "properties.group.id", "g", "properties.sasl.password",
                      "hidden", "properties.ssl.key.password", "hidden"));
    struct buf out;
    buf_init(&out, 4096);
    connector_kafka.describe(&t->def, &out);
    CHECK_STR(buf_cstr(&out), "topic=orders group=g format=raw");
    buf_done(&out);
    kafka_table_end(t);

    t = kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.sasl.oauthbearer.client.secret",
                                        "hidden", "properties.enable.sasl.oauthbearer.unsecure.jwt",
                                        "hidden"));
    check_table(t, false);
    CHECK(strstr(error.message, "hidden") == NULL);
    kafka_table_end(t);
}

static void stores_are_told_apart_by_their_content(void)
{
    char path[] = "kafka_conf_store_XXXXXX";
    int fd = mkstemp(path);
    if (!CHECK(fd >= 0))
        return;
    static const unsigned char jks[] = { 0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2 };
    CHECK_INT(write(fd, jks, sizeof jks), sizeof jks);
    struct kafka_table *t =
        kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.bootstrap.servers", "x:1",
                                        "properties.ssl.truststore.location", path));
    rd_kafka_conf_t *conf;
    CHECK_INT(check_table(t, false), OK); /* nothing is opened yet */
    CHECK_INT(kafka_conf_build(&t->def, KAFKA_CONSUMER, false, &conf, &error), E_OPTION);
    CHECK(strstr(error.message, "it is a JKS trust store") != NULL);
    CHECK(strstr(error.hint, "keytool -exportcert -rfc") != NULL);
    kafka_table_end(t);

    CHECK_INT(pwrite(fd, "-----BEGIN", 10, 0), 10);
    t = kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.bootstrap.servers", "x:1",
                                        "properties.ssl.truststore.location", path,
                                        "properties.ssl.keystore.location", path));
    if (CHECK_INT(kafka_conf_build(&t->def, KAFKA_CONSUMER, false, &conf, &error), OK)) {
        char value[128];
        size_t size = sizeof value;
        CHECK_INT(rd_kafka_conf_get(conf, "ssl.ca.location", value, &size), RD_KAFKA_CONF_OK);
        CHECK_STR(value, path);
        size = sizeof value;
        CHECK_INT(rd_kafka_conf_get(conf, "ssl.key.location", value, &size), RD_KAFKA_CONF_OK);
        CHECK_STR(value, path);
        rd_kafka_conf_destroy(conf);
    }
    kafka_table_end(t);
    close(fd);
    unlink(path);

    t = kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.bootstrap.servers", "x:1",
                                        "properties.ssl.keystore.location", path));
    CHECK_INT(kafka_conf_build(&t->def, KAFKA_CONSUMER, false, &conf, &error), E_IO);
    kafka_table_end(t);
}

/* --- topics and places --------------------------------------------------------------- */

static void topics_are_checked(void)
{
    refuses(kafka_table_flink(NULL, OPTIONS("format", "raw")), false, E_OPTION,
            "table \"t\" needs the option \"topic\"", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "a", "topic-pattern", "b")), false, E_OPTION,
            "\"topic\" and \"topic-pattern\" exclude each other", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "a b")), false, E_OPTION,
            "\"a b\" cannot be the name of a Kafka topic", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "a;b")), true, E_OPTION,
            "table \"t\" names several topics, and can be written to one only", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic-pattern", "a")), true, E_OPTION,
            "table \"t\" names a pattern of topics, and can be written to one only", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", ";")), false, E_OPTION,
            "\"\" cannot be the name of a Kafka topic", NULL);
    accepts(kafka_table_blink(NULL, OPTIONS("topic", "a, b", "startupMode", "LATEST")), false);
}

static bool matches(const char *pattern, const char *topic)
{
    struct name_pattern *compiled;
    error = (struct error){ .code = OK };
    if (!CHECK_INT(name_pattern_compile("topic pattern", str_of(pattern), &compiled, &error), OK))
        return false;
    bool found = name_pattern_matches(compiled, topic);
    name_pattern_destroy(compiled);
    return found;
}

static void patterns_are_those_of_java(void)
{
    CHECK(matches("a|b|c", "b") && !matches("a|b|c", "ab"));
    CHECK(matches("log-\\d{2}", "log-42") && !matches("log-\\d{2}", "log-4x"));
    CHECK(matches("x\\.y", "x.y") && !matches("x\\.y", "xzy"));
    CHECK(matches("(?:in|out)_[\\w.]+", "out_a.b_c") && !matches("(?:in|out)_\\w+", "up_a"));
    CHECK(matches("[^\\d]+", "abc") && !matches("[^\\d]+", "a1"));
    CHECK(matches("\\D+", "abc") && !matches("\\D+", "a1"));
    CHECK(matches("[\\-a]+", "a-a") && !matches("t.*", "at"));
    CHECK(matches("[a\\-c]", "-") && !matches("[a\\-c]", "b"));
    CHECK(matches("[\\w\\-\\.]+", "a_b-c.d") && matches("[\\w-]+", "a-b"));
    CHECK(matches("[\\^a]", "a") && matches("[\\^a]", "^") && !matches("[\\^a]", "b"));
    CHECK(matches("[\\^]x[\\^-]", "^x-") && !matches("[\\^-]", "a") && matches("[a^]", "^"));
    CHECK(matches("[a\\]b]+", "b]a") && matches("[]a]+", "a]") && matches("[^]a]", "b"));
    CHECK(matches("[\\[:]+", "[:") && !matches("[^\\^\\-]", "^") && matches("[^\\^\\-]", "a"));
    CHECK(matches("a\\<b\\-c\\_", "a<b-c_") && !matches("a\\<b", "ab"));
    struct name_pattern *compiled;
    CHECK_INT(name_pattern_compile("topic pattern", STR("(?!a).*"), &compiled, &error), E_OPTION);
    CHECK_STR(error.message, "topic pattern \"(?!a).*\" has a group that looks around or has a "
                             "name, which is not supported");
    CHECK_INT(name_pattern_compile("topic pattern", STR("a*?"), &compiled, &error), E_OPTION);
    CHECK_INT(name_pattern_compile("topic pattern", STR("\\p{Alpha}"), &compiled, &error),
              E_OPTION);
    CHECK_INT(name_pattern_compile("topic pattern", STR("(a"), &compiled, &error), E_OPTION);
    CHECK_INT(name_pattern_compile("topic pattern", STR("a\\tb"), &compiled, &error), E_OPTION);
    CHECK_INT(name_pattern_compile("topic pattern", STR("a\\"), &compiled, &error), E_OPTION);
    CHECK_INT(name_pattern_compile("topic pattern", STR("[a\\"), &compiled, &error), E_OPTION);
    CHECK_INT(name_pattern_compile("topic pattern", STR("[[:alpha:]]"), &compiled, &error),
              E_OPTION);
    CHECK_STR(error.message,
              "topic pattern \"[[:alpha:]]\" has a class inside of a class, which is "
              "not supported");
    CHECK_INT(name_pattern_compile("topic pattern", STR("[^"), &compiled, &error), E_OPTION);
    CHECK_STR(error.message, "topic pattern \"[^\" cannot be read: a class has no end");
}

static void starts(const char *const *options, bool blink, enum kafka_place place,
                   int64_t timestamp_ms)
{
    struct kafka_table *t =
        blink ? kafka_table_blink(NULL, options) : kafka_table_flink(NULL, options);
    t->clock = (struct clock){ .standing = true, .standing_us = INT64_C(1700000000000000) };
    struct kafka_start start;
    error = (struct error){ .code = OK };
    CHECK_INT(kafka_start_read(&t->def, t->arena, &start, &error), OK);
    CHECK_STR(error.message, "");
    CHECK_INT(start.from.place, place);
    CHECK_INT(start.from.timestamp_ms, timestamp_ms);
    kafka_table_end(t);
}

static void starting_places_are_read(void)
{
    starts(OPTIONS("topic", "t"), false, PLACE_GROUP, 0);
    starts(OPTIONS("topic", "t"), true, PLACE_GROUP, 0);
    starts(OPTIONS("topic", "t", "startupMode", "earliest"), true, PLACE_EARLIEST, 0);
    starts(OPTIONS("topic", "t", "scan.startup.mode", "latest-offset"), false, PLACE_LATEST, 0);
    starts(OPTIONS("topic", "t", "scan.startup.mode", "timestamp", "scan.startup.timestamp-millis",
                   "5000"),
           false, PLACE_TIMESTAMP, 5000);
    starts(OPTIONS("topic", "t", "startupMode", "TIMESTAMP"), true, PLACE_TIMESTAMP,
           INT64_C(1700000000000));
    starts(OPTIONS("topic", "t", "startupMode", "TIMESTAMP", "startTimeMs", "7", "startTime",
                   "2020-01-01 00:00:00"),
           true, PLACE_TIMESTAMP, 7);
    starts(OPTIONS("topic", "t", "startupMode", "TIMESTAMP", "startTime", "2020-08-06 16:35:49",
                   "timeZone", "GMT+8"),
           true, PLACE_TIMESTAMP, INT64_C(1596702949000));
}

static void starting_places_are_checked(void)
{
    struct kafka_table *t =
        kafka_table_blink(NULL, OPTIONS("topic", "t", "startupMode", "TIMESTAMP", "startTime",
                                        "2030-01-01 00:00:00"));
    t->clock = (struct clock){ .standing = true, .standing_us = INT64_C(1700000000000000) };
    refuses(t, false, E_OPTION, "option \"startTime\" is in the future", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "scan.startup.mode", "timestamp")), false,
            E_OPTION,
            "table \"t\" needs the option \"scan.startup.timestamp-millis\", because it asks for "
            "\"timestamp\"",
            NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "scan.startup.mode", "specific-offsets",
                                            "scan.startup.specific-offsets", "0:42")),
            false, E_OPTION,
            "option \"scan.startup.specific-offsets\" must be a list such as "
            "partition:0,offset:42;partition:1,offset:300, but is \"0:42\"",
            NULL);
    refuses(
        kafka_table_flink(NULL, OPTIONS("topic", "a;b", "scan.startup.mode", "specific-offsets",
                                        "scan.startup.specific-offsets", "partition:0,offset:42")),
        false, E_OPTION, "option \"scan.startup.specific-offsets\" is for a single topic", NULL);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "properties.auto.offset.reset", "first")),
            false, E_OPTION,
            "Kafka property \"auto.offset.reset\" must be earliest, latest or none, but is "
            "\"first\"",
            NULL);
}

static void sinks_are_checked(void)
{
    refuses(
        kafka_table_flink(NULL, OPTIONS("topic", "t", "sink.delivery-guarantee", "exactly-once")),
        true, E_UNSUPPORTED, "writing to Kafka exactly once is not part of this version",
        "With 'sink.delivery-guarantee' = 'at-least-once' no row is lost, and rows may be "
        "written again after a failure.");
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "sink.partitioner", "my.Class")), true,
            E_OPTION, "option \"sink.partitioner\" cannot be \"my.Class\"", NULL);
    accepts(kafka_table_flink(NULL, OPTIONS("topic", "t", "sink.partitioner", "fixed",
                                            "sink.delivery-guarantee", "none")),
            true);
    accepts(kafka_table_flink(NULL, OPTIONS("topic", "t", "sink.partitioner", "round-robin",
                                            "sink.transaction-naming-strategy", "POOLING")),
            true);
    refuses(kafka_table_flink(NULL, OPTIONS("topic", "t", "sink.partitioner", "round-robin",
                                            "key.format", "json", "key.fields", "a")),
            true, E_OPTION,
            "option \"sink.partitioner\" cannot be \"round-robin\" with \"key.fields\"",
            "default puts the rows of a key into one partition.");
    struct kafka_table *t = kafka_table_blink(NULL, OPTIONS("topic", "t"));
    CHECK_INT(connector_kafka.sink_modes(&t->def), SINK_APPEND | SINK_UPSERT);
    kafka_table_end(t);
    t = kafka_table_flink(NULL, OPTIONS("topic", "t"));
    CHECK_INT(connector_kafka.sink_modes(&t->def), SINK_APPEND);
    kafka_table_end(t);
}

static void every_option_has_a_text_or_is_a_property(void)
{
    for (const struct option_spec *s = kafka_options; s->name; s++) {
        size_t size = strlen(s->name);
        if (s->help)
            CHECK(strlen(s->help) > 10 && s->help[strlen(s->help) - 1] != ' ');
        else if (s->name[size - 1] != '*')
            CHECK(kafka_prop_is_known(str_of(s->name)));
    }
}

int main(void)
{
    RUN(properties_reach_the_client);
    RUN(some_things_are_not_the_users_to_choose);
    RUN(java_only_properties_are_passed_over);
    RUN(idempotence_gives_way_to_other_wishes);
    RUN(unknown_properties_are_refused_with_the_nearest);
    RUN(profiles_may_use_either_spelling);
    RUN(brokers_are_needed_to_open_only);
    RUN(jaas_becomes_user_and_password);
    RUN(secrets_are_not_said);
    RUN(stores_are_told_apart_by_their_content);
    RUN(topics_are_checked);
    RUN(patterns_are_those_of_java);
    RUN(starting_places_are_read);
    RUN(starting_places_are_checked);
    RUN(sinks_are_checked);
    RUN(every_option_has_a_text_or_is_a_property);
    return check_failed != 0;
}
