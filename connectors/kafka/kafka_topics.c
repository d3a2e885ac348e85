/* kafka_topics.c -- which topics a table stands for. */
#include "kafka/kafka.h"

enum { TOPIC_BYTES_MAX = 249 }; /* Kafka's own limit */

static bool topic_is_legal(struct str name)
{
    if (name.size == 0 || name.size > TOPIC_BYTES_MAX || str_is(name, ".") || str_is(name, ".."))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
        if (!ok)
            return false;
    }
    return true;
}

static enum code add_topic(struct arena *arena, struct str name, struct str **names,
                           uint32_t *count, uint32_t *cap, const struct option *option,
                           struct error *err)
{
    if (!topic_is_legal(name)) {
        error_set(err, E_OPTION, "\"" STR_FMT "\" cannot be the name of a Kafka topic",
                  (int)MIN(name.size, (size_t)60), name.data);
        error_detail(err,
                     "Names have up to %d of the characters a-z, A-Z, 0-9, \".\", \"_\" and "
                     "\"-\".",
                     TOPIC_BYTES_MAX);
        option_locate(err, option);
        return E_OPTION;
    }
    for (uint32_t i = 0; i < *count; i++)
        if (str_eq((*names)[i], name))
            return OK; /* named twice is read once */
    struct str copy = arena_str(arena, name);
    if (!copy.data || !ARENA_PUSH(arena, *names, *count, *cap, copy))
        return error_nomem(err);
    return OK;
}

enum code kafka_topics_read(const struct table_def *table, struct arena *arena,
                            struct kafka_topics *ret, struct error *err)
{
    const struct option *list = options_find(table->options, "topic");
    const struct option *pattern = kafka_option(table, "topic-pattern", "topicPattern");
    if (!list && !pattern) {
        error_set(err, E_OPTION, "table \"" STR_FMT "\" needs the option \"topic\"",
                  STR_ARG(table->name));
        error_detail(err, "It names the topic, or several of them.");
        return E_OPTION;
    }
    if (list && pattern) {
        error_set(err, E_OPTION, "\"topic\" and \"" STR_FMT "\" exclude each other",
                  STR_ARG(pattern->key));
        option_locate(err, pattern);
        return E_OPTION;
    }
    if (pattern) {
        *ret = (struct kafka_topics){ .pattern = str_trim(pattern->value) };
        return OK;
    }
    char separator = table->blink ? ',' : ';';
    struct str *names = NULL;
    uint32_t count = 0, cap = 0;
    for (struct str rest = list->value; rest.size > 0;) {
        size_t end = MIN(str_find_byte(rest, separator), rest.size);
        TRY(add_topic(arena, str_trim(str_make(rest.data, end)), &names, &count, &cap, list, err));
        size_t used = MIN(end + 1, rest.size);
        rest = str_make(rest.data + used, rest.size - used);
    }
    if (count == 0)
        return add_topic(arena, STR(""), &names, &count, &cap, list, err);
    *ret = (struct kafka_topics){ .names = names, .count = count };
    return OK;
}
