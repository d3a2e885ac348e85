/* kafka_splits.c -- see kafka_splits.h. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_splits.h"

static struct kafka_topic *find_topic(const struct kafka_splits *splits, const char *name)
{
    struct kafka_topic *t = splits->topics;
    while (t && !str_is(t->name, name))
        t = t->next;
    return t;
}

static struct kafka_topic *add_topic(struct kafka_splits *splits, const char *name)
{
    struct kafka_topic *t = find_topic(splits, name);
    if (t)
        return t;
    t = arena_new(splits->arena, struct kafka_topic);
    if (!t)
        return NULL;
    t->name = arena_str(splits->arena, str_of(name));
    if (!t->name.data)
        return NULL;
    t->next = splits->topics;
    splits->topics = t;
    return t;
}

static bool make_room(struct kafka_splits *splits, struct kafka_topic *t, uint32_t partition)
{
    if (partition < t->cap)
        return true;
    uint32_t cap = MAX(partition + 1, MAX(8, t->cap * 2));
    struct kafka_split **grown = arena_array(splits->arena, struct kafka_split *, cap);
    if (!grown)
        return false;
    if (t->cap > 0)
        memcpy(grown, t->splits, t->cap * sizeof(struct kafka_split *));
    t->splits = grown;
    t->cap = cap;
    return true;
}

enum code kafka_splits_add(struct kafka_splits *splits, const struct kafka_found *found,
                           struct kafka_split **ret, struct error *err)
{
    struct arena *arena = splits->arena;
    struct kafka_topic *topic = add_topic(splits, found->topic);
    struct kafka_split *split = arena_new(arena, struct kafka_split);
    if (!topic || !split || !make_room(splits, topic, (uint32_t)found->partition))
        return error_nomem(err);
    char *name = arena_printf(arena, "%s-%d", found->topic, (int)found->partition);
    if (!name || !ARENA_PUSH(arena, splits->items, splits->count, splits->cap, split))
        return error_nomem(err);
    *split = (struct kafka_split){
        .topic = topic,
        .name = str_of(name),
        .index = splits->count - 1,
        .partition = found->partition,
        .next = found->from,
        .to = found->to,
        .high = found->high,
        .committed = -1,
    };
    topic->splits[found->partition] = split;
    splits->open++;
    *ret = split;
    return OK;
}

struct kafka_split *kafka_splits_of(struct kafka_splits *splits, rd_kafka_topic_t *handle,
                                    int32_t partition)
{
    struct kafka_topic *t = splits->topics;
    while (t && t->handle != handle)
        t = t->next;
    if (unlikely(!t)) {
        t = handle ? find_topic(splits, rd_kafka_topic_name(handle)) : NULL;
        if (!t)
            return NULL;
        t->handle = handle;
    }
    return partition >= 0 && (uint32_t)partition < t->cap ? t->splits[partition] : NULL;
}

struct kafka_split *kafka_splits_named(const struct kafka_splits *splits, struct str name,
                                       uint32_t guess)
{
    if (guess < splits->count && str_eq(splits->items[guess]->name, name))
        return splits->items[guess];
    for (uint32_t i = 0; i < splits->count; i++)
        if (str_eq(splits->items[i]->name, name))
            return splits->items[i];
    return NULL;
}
