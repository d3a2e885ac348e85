/* reply.c -- see reply.h. */
#include "door/reply.h"

#include "base/arena.h"
#include "base/number.h"
#include "json/json_dom.h"

static const struct json_value *find(const struct json_value *object, const char *key)
{
    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < object->count; i++)
        if (str_is(object->members[i].name, key))
            return object->members[i].value;
    return NULL;
}

struct str reply_text(struct arena *arena, const struct json_value *object, const char *key)
{
    const struct json_value *value = find(object, key);
    struct str text = STR("");
    if (value && (value->kind == JSON_STRING || value->kind == JSON_STRING_ESCAPED) &&
        json_dom_string(arena, value, &text, NULL) != OK)
        return STR("");
    return text;
}

int64_t reply_count(const struct json_value *object, const char *key, int64_t otherwise)
{
    const struct json_value *value = find(object, key);
    int64_t number;
    if (!value || value->kind != JSON_INTEGER ||
        !number_parse_i64(value->raw.data, value->raw.size, &number))
        return otherwise;
    return number;
}

double reply_number(const struct json_value *object, const char *key, double otherwise)
{
    const struct json_value *value = find(object, key);
    if (!value || (value->kind != JSON_INTEGER && value->kind != JSON_NUMBER))
        return otherwise;
    bool ok;
    double number = number_parse_double(value->raw.data, value->raw.size, &ok);
    return ok ? number : otherwise;
}

bool reply_flag(const struct json_value *object, const char *key)
{
    const struct json_value *value = find(object, key);
    return value && value->kind == JSON_TRUE;
}

uint32_t reply_list(const struct json_value *object, const char *key,
                    struct json_value *const **ret)
{
    const struct json_value *value = find(object, key);
    if (!value || value->kind != JSON_ARRAY)
        return 0;
    *ret = value->items;
    return value->count;
}

bool reply_is_answer(const struct json_value *reply)
{
    return find(reply, "ok") != NULL;
}

static enum code fail(struct arena *arena, const struct json_value *reply, struct error *err)
{
    bool wrong_use = reply_flag(reply, "wrong_use");
    struct str detail = reply_text(arena, reply, "detail"), hint = reply_text(arena, reply, "hint");
    enum code code = error_set(err, wrong_use ? E_USAGE : E_IO, STR_FMT,
                               STR_ARG(reply_text(arena, reply, "error")));
    if (detail.size > 0)
        error_detail(err, STR_FMT, STR_ARG(detail));
    if (hint.size > 0)
        error_hint(err, STR_FMT, STR_ARG(hint));
    return code;
}

enum code reply_read(struct arena *arena, struct str line, const struct json_value **ret,
                     struct error *err)
{
    struct json_value *value;
    TRY(json_dom_parse(arena, line, 0, &value, err));
    if (!value || value->kind != JSON_OBJECT)
        return error_set(err, E_IO, "the job has answered something that is no JSON object");
    if (find(value, "ok") && !reply_flag(value, "ok"))
        return fail(arena, value, err);
    *ret = value;
    return OK;
}
