/* kafka_headers.c -- see kafka_headers.h. */
#include <librdkafka/rdkafka.h>

#include "kafka/kafka_headers.h"

#include "base/arena.h"

struct pairs {
    struct column *names;
    struct column *values;
    uint32_t count;
};

static size_t header_count(const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    return rd_kafka_message_headers(message, &headers) ? 0 : rd_kafka_header_cnt(headers);
}

static bool put_pair(struct pairs *pairs, uint32_t at, struct arena *arena, const char *name,
                     const void *value, size_t size)
{
    COLUMN_OUT(pairs->names, struct view)[at] = view_make(name, strlen(name));
    if (value) {
        COLUMN_OUT(pairs->values, struct view)[at] = view_make(value, size);
        if (pairs->values->valid)
            bit_set(pairs->values->valid, at);
        return true;
    }
    if (!column_need_valid(pairs->values, arena))
        return false;
    column_set_null(pairs->values, at);
    return true;
}

static bool put_headers(struct pairs *pairs, struct arena *arena, rd_kafka_message_t *message,
                        struct list_slot *slot)
{
    *slot = (struct list_slot){ pairs->count, 0 };
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers))
        return true;
    const char *name;
    const void *value;
    size_t size;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        const struct view *names = pairs->names->values;
        struct view wanted = view_make(name, strlen(name));
        uint32_t at = slot->start;
        while (at < pairs->count && !view_eq(names[at], wanted))
            at++;
        if (!put_pair(pairs, at, arena, name, value, size))
            return false;
        if (at == pairs->count) {
            pairs->count++;
            slot->size++;
        }
    }
    return true;
}

enum code kafka_headers_read(rd_kafka_message_t *const *messages, uint32_t count,
                             struct arena *arena, struct column *out, struct error *err)
{
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += header_count(messages[i]);
    if (total > UINT32_MAX)
        return error_set(err, E_LIMIT, "too many headers in one batch of messages");
    struct column **children = arena_array(arena, struct column *, 2);
    struct pairs pairs = {
        .names = column_create(arena, out->type->children[0], (uint32_t)total),
        .values = column_create(arena, out->type->children[1], (uint32_t)total),
    };
    if (!children || !pairs.names || !pairs.values)
        return error_nomem(err);
    struct list_slot *slots = COLUMN_OUT(out, struct list_slot);
    for (uint32_t i = 0; i < count; i++)
        if (!put_headers(&pairs, arena, messages[i], &slots[i]))
            return error_nomem(err);
    pairs.names->count = pairs.values->count = pairs.count;
    children[0] = pairs.names;
    children[1] = pairs.values;
    out->children = children;
    out->child_count = 2;
    return OK;
}

enum code kafka_headers_write(const struct column *map, uint32_t row, rd_kafka_headers_t **ret,
                              struct error *err)
{
    *ret = NULL;
    if (!column_is_valid(map, row))
        return OK;
    struct list_slot slot = COLUMN_AT(map, struct list_slot, row);
    if (slot.size == 0)
        return OK;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(slot.size);
    if (!headers)
        return error_nomem(err);
    const struct column *names = map->children[0], *values = map->children[1];
    for (uint32_t i = slot.start; i < slot.start + slot.size; i++) {
        struct view name = COLUMN_AT(names, struct view, i);
        struct view value = COLUMN_AT(values, struct view, i);
        bool has_value = column_is_valid(values, i);
        rd_kafka_resp_err_t failed = rd_kafka_header_add(
            headers, name.data ? name.data : "", (ssize_t)name.size,
            has_value ? (value.data ? value.data : "") : NULL, has_value ? (ssize_t)value.size : 0);
        if (failed) {
            rd_kafka_headers_destroy(headers);
            return error_nomem(err);
        }
    }
    *ret = headers;
    return OK;
}
