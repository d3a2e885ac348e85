/* test_topic_fold.c -- messages that wait for later ones of their key. */
#include "support/kafka.h"

#include "connector/topic_fold.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

static struct error error;

static struct topic_fold *make(struct kafka_table *t)
{
    struct topic_fold *fold = NULL;
    CHECK_INT(topic_fold_create(&t->def, &fold, &error), OK);
    return fold;
}

static void put(struct topic_fold *fold, const char *key, const char *value)
{
    struct topic_fold_entry entry = { .key = str_of(key), .timestamp_ms = 5 };
    if (value)
        entry.value = str_of(value);
    CHECK_INT(topic_fold_put(fold, &entry, &error), OK);
}

static const char *text_of(const struct topic_fold *fold)
{
    static char text[1024];
    size_t n = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < topic_fold_count(fold); i++) {
        struct topic_fold_entry e = topic_fold_at(fold, i);
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s=%.*s ", (int)e.key.size, e.key.data,
                              e.value.data ? (int)e.value.size : 1,
                              e.value.data ? e.value.data : "-");
    }
    return text;
}

static void the_last_of_a_key(void)
{
    struct kafka_table *t =
        kafka_table_flink(NULL, OPTIONS("topic", "a", "sink.buffer-flush.max-rows", "3",
                                        "sink.buffer-flush.interval", "1 h"));
    struct topic_fold *fold = make(t);
    CHECK(topic_fold_is_asked(&t->def));
    CHECK_INT(topic_fold_due_ms(fold), -1);
    put(fold, "k1", "a");
    CHECK(topic_fold_due_ms(fold) > 3599000 && topic_fold_due_ms(fold) <= 3600000);
    put(fold, "k2", "b");
    put(fold, "k1", NULL);
    put(fold, "k2", "");
    put(fold, "k2", "c");
    CHECK_STR(text_of(fold), "k1=- k2=c ");
    CHECK_INT(topic_fold_at(fold, 0).timestamp_ms, 5);
    CHECK(!topic_fold_is_full(fold));
    put(fold, "", "");
    CHECK_STR(text_of(fold), "k1=- k2=c = ");
    CHECK(topic_fold_is_full(fold));
    topic_fold_clear(fold);
    CHECK_INT(topic_fold_count(fold), 0);
    CHECK_INT(topic_fold_due_ms(fold), -1);
    put(fold, "k2", "d");
    CHECK_STR(text_of(fold), "k2=d ");
    topic_fold_destroy(fold);
    kafka_table_end(t);
}

static void many_keys(void)
{
    enum { KEYS = 5000, ROUNDS = 3 };
    struct kafka_table *t =
        kafka_table_flink(NULL, OPTIONS("topic", "a", "sink.buffer-flush.max-rows", "1000000",
                                        "sink.buffer-flush.interval", "1 ms"));
    struct topic_fold *fold = make(t);
    char key[32], value[32];
    for (int i = 0; i < KEYS * ROUNDS; i++) {
        snprintf(key, sizeof key, "key-%d", i % KEYS);
        snprintf(value, sizeof value, "%d", i);
        put(fold, key, value);
    }
    CHECK_INT(topic_fold_count(fold), KEYS);
    bool all = true;
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        snprintf(value, sizeof value, "%d", i + KEYS * (ROUNDS - 1));
        struct topic_fold_entry e = topic_fold_at(fold, (uint32_t)i);
        all = all && str_is(e.key, key) && str_is(e.value, value);
    }
    CHECK(all);
    topic_fold_destroy(fold);
    kafka_table_end(t);
}

/* Bytes of rows that were replaced count too, so that memory is bounded by them. */
static void too_many_bytes(void)
{
    static char large[1 << 20];
    memset(large, 'x', sizeof large - 1);
    struct kafka_table *t =
        kafka_table_flink(NULL, OPTIONS("topic", "a", "sink.buffer-flush.max-rows", "1000",
                                        "sink.buffer-flush.interval", "1 h"));
    struct topic_fold *fold = make(t);
    int n = 0;
    while (!topic_fold_is_full(fold) && n < 1000) {
        put(fold, "k", large);
        n++;
    }
    CHECK_INT(n, 33);
    topic_fold_destroy(fold);
    kafka_table_end(t);
}

static void options(void)
{
    struct kafka_table *t = kafka_table_flink(NULL, OPTIONS("topic", "a"));
    CHECK(!topic_fold_is_asked(&t->def));
    CHECK(make(t) == NULL);
    CHECK_INT(topic_fold_check(&t->def, &error), OK);
    kafka_table_end(t);
    t = kafka_table_flink(NULL, OPTIONS("topic", "a", "sink.buffer-flush.max-rows", "0",
                                        "sink.buffer-flush.interval", "0"));
    CHECK_INT(topic_fold_check(&t->def, &error), OK);
    kafka_table_end(t);
    t = kafka_table_flink(NULL, OPTIONS("topic", "a", "sink.buffer-flush.interval", "1 s"));
    CHECK_INT(topic_fold_check(&t->def, &error), E_OPTION);
    CHECK_STR(error.message, "options \"sink.buffer-flush.max-rows\" and "
                             "\"sink.buffer-flush.interval\" must both be greater than zero, or "
                             "neither");
    kafka_table_end(t);
}

int main(void)
{
    RUN(the_last_of_a_key);
    RUN(many_keys);
    RUN(too_many_bytes);
    RUN(options);
    return check_failed != 0;
}
