/* elastic_mapping.c -- the index: do the table's columns fit its mapping, and making one.
 *
 * What never fits is said before the first row; what may fit is the server's to decide. */
#include "elastic/elastic_server.h"

#include "elastic/elastic.h"
#include "elastic/elastic_json.h"
#include "types/text.h"

enum { PATH_BYTES_MAX = 4096, BODY_BYTES_MAX = 1 << 20 };

enum shape { SHAPE_TEXT, SHAPE_NUMBER, SHAPE_BOOLEAN, SHAPE_TIME, SHAPE_OBJECT, SHAPE_ANY };
static const char *const shape_names[] = { "text",   "a number",  "a boolean",
                                           "a time", "an object", "" };

static enum shape shape_of_type(const struct type *type)
{
    if (type->id == TYPE_ARRAY) /* any field takes several values */
        return shape_of_type(type->children[0]);
    if (type->child_count > 0)
        return SHAPE_OBJECT;
    if (type->id == TYPE_BOOLEAN)
        return SHAPE_BOOLEAN;
    if (type->id == TYPE_DATE || type->id == TYPE_TIME || type_is_timestamp(type))
        return SHAPE_TIME;
    return type_is_numeric(type) ? SHAPE_NUMBER : SHAPE_TEXT;
}

static enum shape shape_of_field(struct str type)
{
    static const struct {
        const char *name;
        enum shape shape;
    } shapes[] = {
        { "long", SHAPE_NUMBER },
        { "integer", SHAPE_NUMBER },
        { "short", SHAPE_NUMBER },
        { "byte", SHAPE_NUMBER },
        { "double", SHAPE_NUMBER },
        { "float", SHAPE_NUMBER },
        { "half_float", SHAPE_NUMBER },
        { "scaled_float", SHAPE_NUMBER },
        { "unsigned_long", SHAPE_NUMBER },
        { "boolean", SHAPE_BOOLEAN },
        { "object", SHAPE_OBJECT },
        { "nested", SHAPE_OBJECT },
        { "keyword", SHAPE_TEXT },
        { "text", SHAPE_TEXT },
        { "date", SHAPE_TIME },
    };
    for (size_t i = 0; i < countof(shapes); i++)
        if (str_is(type, shapes[i].name))
            return shapes[i].shape;
    return SHAPE_ANY;
}

/* Is every value of the column refused by the field?  Text is tried as anything but an object. */
static bool never_fits(enum shape column, enum shape field)
{
    if (field == SHAPE_ANY || column == field)
        return false;
    if (column == SHAPE_OBJECT || field == SHAPE_OBJECT)
        return true;
    return (column == SHAPE_BOOLEAN && (field == SHAPE_NUMBER || field == SHAPE_TIME)) ||
           (column == SHAPE_NUMBER && field == SHAPE_BOOLEAN) ||
           (column == SHAPE_TIME && (field == SHAPE_NUMBER || field == SHAPE_BOOLEAN));
}

static enum remote_outcome check_field(const struct field *column, struct str property,
                                       struct str index, struct error *err)
{
    struct es_json j;
    es_json_begin(&j, property);
    struct str type = es_json_find(&j, "type") ? es_json_text(&j) : STR("object");
    enum shape has = shape_of_type(column->type);
    enum shape wants = shape_of_field(type.data ? type : STR(""));
    if (!never_fits(has, wants))
        return REMOTE_DONE;
    error_set(
        err, E_TYPE,
        "field \"" STR_FMT "\" of index \"" STR_FMT "\" is %s (" STR_FMT "), but the column is %s",
        STR_ARG(column->name), STR_ARG(index), shape_names[wants], STR_ARG(type), shape_names[has]);
    return REMOTE_FATAL;
}

/* Names with these mean something else in a mapping, or stand there with escapes. */
static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (strchr("\"\\.", name.data[i]) || (unsigned char)name.data[i] < 0x20)
            return false;
    return true;
}

static enum remote_outcome check_fields(const struct table_def *def, struct str mappings,
                                        struct str index, struct error *err)
{
    struct es_json j;
    es_json_begin(&j, mappings);
    bool is_strict = es_json_find(&j, "dynamic") && str_is(es_json_text(&j), "strict");
    es_json_begin(&j, mappings);
    struct str properties = es_json_find(&j, "properties") ? es_json_skip(&j) : STR("{}");
    for (uint32_t c = 0; c < def->schema->count && properties.data; c++) {
        const struct field *column = &def->schema->fields[c];
        if (!is_plain_name(column->name))
            continue;
        struct str name;
        bool is_found = false;
        es_json_begin(&j, properties);
        for (bool more = es_json_enter(&j, '{'); more && es_json_member(&j, &name);) {
            struct str property = es_json_skip(&j);
            if (!str_eq(name, column->name) || !property.data)
                continue;
            is_found = true;
            if (check_field(column, property, index, err) == REMOTE_FATAL)
                return REMOTE_FATAL;
        }
        if (!is_found && is_strict && !j.is_bad) {
            error_set(err, E_NAME,
                      "index \"" STR_FMT "\" has no field \"" STR_FMT
                      "\", and its mapping takes no others",
                      STR_ARG(index), STR_ARG(column->name));
            return REMOTE_FATAL;
        }
    }
    return REMOTE_DONE;
}

/* What nobody has kept cannot be read: all fields would be NULL. */
static enum remote_outcome check_source(struct str mappings, struct str index, struct error *err)
{
    struct es_json j;
    es_json_begin(&j, mappings);
    if (!es_json_find(&j, "_source") || !es_json_find(&j, "enabled") ||
        !str_is(es_json_skip(&j), "false"))
        return REMOTE_DONE;
    error_set(err, E_UNSUPPORTED,
              "index \"" STR_FMT "\" cannot be read: its mapping has _source disabled",
              STR_ARG(index));
    return REMOTE_FATAL;
}

/* Servers before version 7 have a mapping a type, of which there is one. */
static struct str without_type(struct str mappings)
{
    struct es_json j, inner;
    struct str name;
    es_json_begin(&j, mappings);
    if (es_json_find(&j, "properties"))
        return mappings;
    es_json_begin(&j, mappings);
    for (bool more = es_json_enter(&j, '{'); more && es_json_member(&j, &name);) {
        struct str span = es_json_skip(&j);
        es_json_begin(&inner, span.data ? span : STR(""));
        if (es_json_peek(&inner) == '{' && es_json_find(&inner, "properties"))
            return span;
    }
    return mappings;
}

/* {"index-name":{"mappings":{...}}}; an alias of several indexes is not looked at. */
static enum remote_outcome check_reply(const struct table_def *def, struct str body,
                                       struct str index, struct error *err)
{
    struct es_json j;
    struct str name, mappings = { NULL, 0 };
    uint32_t count = 0;
    es_json_begin(&j, body);
    if (es_json_enter(&j, '{'))
        while (es_json_member(&j, &name)) {
            struct str span = es_json_skip(&j);
            struct es_json inner;
            es_json_begin(&inner, span.data ? span : STR(""));
            if (es_json_find(&inner, "mappings"))
                mappings = es_json_skip(&inner);
            count++;
        }
    if (count != 1 || !mappings.data || j.is_bad)
        return REMOTE_DONE;
    mappings = without_type(mappings);
    return def ? check_fields(def, mappings, index, err) : check_source(mappings, index, err);
}

static enum code put_path(struct buf *path, struct str index, const char *tail, struct error *err)
{
    buf_char(path, '/');
    http_put_escaped(path, index);
    buf_text(path, tail);
    return buf_check(path, err);
}

enum remote_outcome es_check_mapping(struct http_client *client, const struct table_def *def,
                                     struct str index, bool *ret_exists, struct error *err)
{
    struct buf path;
    struct http_reply reply;
    *ret_exists = true;
    buf_init(&path, PATH_BYTES_MAX);
    enum code code = put_path(&path, index, "/_mapping", err);
    struct http_request request = { .method = "GET",
                                    .path = buf_view(&path),
                                    .accept = "application/json" };
    if (code == OK)
        code = http_call(client, &request, &reply, err);
    buf_done(&path);
    if (code != OK)
        return es_outcome_of(code);
    *ret_exists = reply.status != 404;
    if (reply.status == 404 || reply.status == 403) /* who may write need not see the mapping */
        return REMOTE_DONE;
    return reply.status == 200 ? check_reply(def, reply.body, index, err)
                               : es_judge_plain(client, &reply, err);
}

static void put_member(struct buf *body, const char *name, struct str json)
{
    if (str_trim(json).size == 0)
        return;
    buf_text(body, body->size > 1 ? ",\"" : "\"");
    buf_text(body, name);
    buf_text(body, "\":");
    buf_str(body, json);
}

static enum code put_index_body(struct buf *body, const struct table_def *def, struct str alias,
                                struct error *err)
{
    struct buf aliases;
    buf_init(&aliases, PATH_BYTES_MAX);
    if (alias.data) {
        buf_char(&aliases, '{');
        text_put_json_string(&aliases, alias);
        buf_text(&aliases, ":{}}");
    }
    buf_char(body, '{');
    put_member(body, "settings", options_get(def->options, "settings"));
    put_member(body, "mappings", options_get(def->options, "mapping"));
    put_member(body, "aliases", buf_view(&aliases));
    buf_char(body, '}');
    enum code code = buf_check(&aliases, err);
    buf_done(&aliases);
    return code == OK ? buf_check(body, err) : code;
}

static bool exists_already(const struct http_reply *reply)
{
    struct es_json j;
    struct es_error error;
    es_json_begin(&j, reply->body);
    if (reply->status != 400 || es_json_peek(&j) != '{' || !es_json_find(&j, "error"))
        return false;
    es_read_error(&j, &error);
    return str_is(error.type, "resource_already_exists_exception") ||
           str_is(error.type, "index_already_exists_exception");
}

enum remote_outcome es_create_index(struct http_client *client, const struct table_def *def,
                                    struct str index, struct str alias, struct error *err)
{
    struct buf path, body;
    struct http_reply reply;
    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&body, BODY_BYTES_MAX);
    enum code code = put_path(&path, index, "", err);
    if (code == OK)
        code = put_index_body(&body, def, alias, err);
    struct http_request request = {
        .method = "PUT",
        .path = buf_view(&path),
        .body = buf_view(&body),
        .content_type = "application/json",
        .accept = "application/json",
    };
    if (code == OK)
        code = http_call(client, &request, &reply, err);
    buf_done(&path);
    buf_done(&body);
    if (code != OK)
        return es_outcome_of(code);
    if ((reply.status >= 200 && reply.status < 300) || exists_already(&reply))
        return REMOTE_DONE;
    enum remote_outcome outcome = es_judge_plain(client, &reply, err);
    if (outcome == REMOTE_FATAL)
        error_while(err, "making index \"" STR_FMT "\"", STR_ARG(index));
    return outcome;
}
