/* fn_json_is.c -- IS [NOT] JSON [VALUE | OBJECT | ARRAY | SCALAR].
 *
 * Jackson's idea of JSON: text behind the first complete value is not looked at. NULL is
 * no JSON. */
#include "expr/fn_json_rules.h"

struct is_json {
    struct json_path path; /* the root */
    bool negated;
    bool object, array, scalar; /* which sorts count */
};

static JSON_KERNEL(is_json)
{
    const struct is_json *is = call->state;
    uint8_t *to = COLUMN_OUT(out, uint8_t);
    struct json_reader *reader = NULL;
    enum code code;
    TRY(json_reader_get(cx, call->scratch, JSON_FLINK, &reader, err));
    ROWS_EACH(rows, i)
    {
        struct json_hit hit;
        bool is_good;
        if (!column_is_valid(call->args[0], i)) {
            to[i] = is->negated;
            continue;
        }
        code =
            json_reader_run(reader, &is->path, view_str(COLUMN_AT(call->args[0], struct view, i)),
                            &hit, &is_good, err);
        if (code != OK) {
            json_reader_reset(reader);
            return code;
        }
        bool counts = hit.kind == JSON_OBJECT  ? is->object
                      : hit.kind == JSON_ARRAY ? is->array
                                               : is->scalar;
        to[i] = (is_good && counts) != is->negated;
    }
    json_reader_reset(reader);
    return OK;
}

enum code is_json_resolve(struct call *call, struct error *err)
{
    struct is_json *is = arena_new(call->env->arena, struct is_json);
    struct str name = str_of(call->function->name);
    if (!is)
        return error_nomem(err);
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(json_path_parse_flink(call->env->arena, STR("$"), &is->path, err));
    is->negated = str_starts(name, STR("IS NOT "));
    is->object = str_ends(name, STR("OBJECT"));
    is->array = str_ends(name, STR("ARRAY"));
    is->scalar = str_ends(name, STR("SCALAR"));
    if (!is->object && !is->array && !is->scalar)
        is->object = is->array = is->scalar = true;
    call->state = is;
    call->state_hash = (uint64_t)is->negated | (uint64_t)is->object << 1 |
                       (uint64_t)is->array << 2 | (uint64_t)is->scalar << 3;
    return call_set(call, &type_boolean, is_json, CALL_NULLS);
}
