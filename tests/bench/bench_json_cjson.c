/* bench_json_cjson.c -- the same twelve values through a cJSON tree. */
#include "bench_json_input.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* The last member of the name. */
static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = NULL;
    const cJSON *item;
    if (!cJSON_IsObject(object))
        return NULL;
    cJSON_ArrayForEach(item, object)
    {
        if (strcmp(item->string, name) == 0)
            found = item;
    }
    return found;
}

static uint64_t size_of(const cJSON *value)
{
    if (cJSON_IsString(value))
        return strlen(value->valuestring);
    if (!cJSON_IsNumber(value))
        return 0;
    char text[32];
    return (uint64_t)snprintf(text, sizeof(text), "%.0f", value->valuedouble);
}

static uint64_t read_data(const cJSON *data)
{
    static const char *const outer[] = { "userid", "roomid", "timestamp", "role", "msgid" };
    static const char *const inner[] = { "target_id", "target_type", "action", "sub_action",
                                         "page_index" };
    uint64_t sum = 0;
    for (int i = 0; i < 5; i++)
        sum += size_of(member(data, outer[i]));
    const cJSON *msg = member(data, "msg");
    sum += size_of(member(msg, "msgtype"));
    const cJSON *msg_data = member(msg, "msg_data");
    for (int i = 0; i < 5; i++)
        sum += size_of(member(msg_data, inner[i]));
    return sum;
}

uint64_t bench_cjson_read(void *state, const struct bench_messages *messages, uint64_t *ret_bad)
{
    (void)state;
    uint64_t sum = 0;
    uint64_t bad = 0;
    for (size_t i = 0; i < messages->count; i++) {
        const char *text = messages->bytes + messages->offsets[i];
        cJSON *root = cJSON_ParseWithLength(text, messages->offsets[i + 1] - messages->offsets[i]);
        if (!root) {
            bad++;
            continue;
        }
        sum += size_of(member(root, "createTime"));
        const cJSON *data = member(root, "data");
        if (cJSON_IsString(data)) {
            cJSON *nested = cJSON_Parse(data->valuestring);
            sum += read_data(nested);
            cJSON_Delete(nested);
        } else {
            sum += read_data(data);
        }
        cJSON_Delete(root);
    }
    *ret_bad = bad;
    return sum;
}
