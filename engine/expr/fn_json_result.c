/* fn_json_result.c -- what becomes of a hit: the rules of JSON_VALUE, JSON_QUERY, JSON_EXISTS.
 *
 * Blink: text, or NULL.  Flink: in a strict path (the default) nothing found, JSON null, a
 * malformed document and the wrong sort of value are errors (ON ERROR); in a lax one they are
 * empty results (ON EMPTY), except that a document which is the JSON null is always an error.
 * RETURNING converts scalars in its own way, not as CAST: numbers are cut to integers, strings are
 * read as numbers, and what does not fit is an error. */
#include "expr/fn_json_rules.h"

#include "base/number.h"
#include "json/json_write.h"
#include "types/decimal.h"

/* --- the clauses ---------------------------------------------------------------------- */

static const char *function_of(const struct json_rules *rules)
{
    return rules->kind == JSON_CALL_QUERY    ? "JSON_QUERY"
           : rules->kind == JSON_CALL_EXISTS ? "JSON_EXISTS"
                                             : "JSON_VALUE";
}

static enum code set_default(struct json_sink *sink, uint32_t argument, uint32_t row,
                             struct error *err)
{
    const struct column *c = sink->args[argument];
    if (c->valid && !column_need_valid(sink->out, sink->cx->arena))
        return error_nomem(err);
    column_copy_slot(sink->out, row, c, row);
    return OK;
}

static enum code set_behavior(struct json_sink *sink, enum json_behavior behavior,
                              uint32_t argument, const char *clause, uint32_t row,
                              struct error *err)
{
    const struct json_rules *rules = sink->rules;
    struct column *out = sink->out;
    switch (behavior) {
    case JSON_GIVE_DEFAULT_VALUE:
        return set_default(sink, argument, row, err);
    case JSON_GIVE_ERROR:
        return error_set(err, E_DATA, "%s has no result, and ERROR %s is asked for",
                         function_of(rules), clause);
    case JSON_GIVE_EMPTY_ARRAY:
        if (rules->type->id == TYPE_ARRAY)
            COLUMN_OUT(out, struct list_slot)[row] = (struct list_slot){ 0, 0 };
        else
            COLUMN_OUT(out, struct view)[row] = view_of(STR("[]"));
        return OK;
    case JSON_GIVE_EMPTY_OBJECT:
        COLUMN_OUT(out, struct view)[row] = view_of(STR("{}"));
        return OK;
    case JSON_GIVE_TRUE:
    case JSON_GIVE_FALSE:
        COLUMN_OUT(out, uint8_t)[row] = behavior == JSON_GIVE_TRUE;
        return OK;
    case JSON_GIVE_DEFAULT:
    case JSON_GIVE_NULL:
    case JSON_GIVE_UNKNOWN:
        break;
    }
    return kernel_null(sink->cx, out, row, err);
}

enum code json_result_error(struct json_sink *sink, uint32_t row, struct error *err)
{
    return set_behavior(sink, sink->rules->on_error, sink->rules->default_error, "ON ERROR", row,
                        err);
}

static enum code result_empty(struct json_sink *sink, uint32_t row, struct error *err)
{
    if (!sink->rules->is_lax)
        return json_result_error(sink, row, err);
    return set_behavior(sink, sink->rules->on_empty, sink->rules->default_empty, "ON EMPTY", row,
                        err);
}

/* --- RETURNING -------------------------------------------------------------------------- */

/* The whole part of a number in BigDecimal's notation; false: it does not fit. */
static bool cut_to_i64(struct str s, int64_t *ret)
{
    bool negative = s.size > 0 && s.data[0] == '-';
    size_t at = s.size > 0 && (s.data[0] == '-' || s.data[0] == '+');
    int64_t whole = 0, exponent = 0; /* digits before the point */
    size_t end = at;
    bool seen_point = false;
    for (; end < s.size && (s.data[end] | 0x20) != 'e'; end++) {
        seen_point |= s.data[end] == '.';
        whole += !seen_point;
    }
    if (end < s.size) {
        size_t from = end + 1 + (end + 1 < s.size && s.data[end + 1] == '+');
        if (!number_parse_i64(s.data + from, s.size - from, &exponent))
            exponent = s.data[from] == '-' ? INT32_MIN : INT32_MAX;
        exponent = MAX(MIN(exponent, INT32_MAX), INT32_MIN);
    }
    uint64_t value = 0;
    for (int64_t n = 0; n < whole + exponent; at++) {
        uint64_t digit = 0;
        if (at < end && s.data[at] == '.')
            continue;
        if (at < end)
            digit = (uint64_t)(s.data[at] - '0');
        else if (value == 0)
            break; /* zero times whatever power of ten */
        if (value > (uint64_t)INT64_MAX / 10)
            return false;
        value = value * 10 + digit;
        if (value > (uint64_t)INT64_MAX + negative)
            return false;
        n++;
    }
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static bool read_boolean(struct str s, bool *ret)
{
    static const char *const texts[2][4] = { { "false", "f", "no", "0" },
                                             { "true", "t", "yes", "1" } };
    while (s.size > 0 && (uint8_t)s.data[0] <= ' ')
        s = str_make(s.data + 1, s.size - 1);
    while (s.size > 0 && (uint8_t)s.data[s.size - 1] <= ' ')
        s.size--;
    for (int value = 0; value < 2; value++)
        for (size_t i = 0; i < countof(texts[value]); i++)
            if (str_iis(s, texts[value][i])) {
                *ret = value;
                return true;
            }
    return false;
}

static bool set_integer(const struct type *type, struct column *out, uint32_t row, int64_t value)
{
    switch (type->id) {
    case TYPE_TINYINT:
        COLUMN_OUT(out, int8_t)[row] = (int8_t)value;
        return value == (int8_t)value;
    case TYPE_SMALLINT:
        COLUMN_OUT(out, int16_t)[row] = (int16_t)value;
        return value == (int16_t)value;
    case TYPE_INT:
        COLUMN_OUT(out, int32_t)[row] = (int32_t)value;
        return value == (int32_t)value;
    default:
        COLUMN_OUT(out, int64_t)[row] = value;
        return true;
    }
}

/* The text of a number to a number of the type; false: it does not fit, or is no number. */
static bool set_number(const struct type *type, struct str s, struct column *out, uint32_t row)
{
    bool is_good = false;
    double value = number_parse_double(s.data, s.size, &is_good);
    int64_t integer;
    int128 decimal;
    if (!is_good)
        return false;
    switch (type->id) {
    case TYPE_DOUBLE:
        COLUMN_OUT(out, double)[row] = value;
        return value - value == 0; /* finite */
    case TYPE_FLOAT: {
        float single = number_parse_java_float(s.data, s.size, &is_good);
        COLUMN_OUT(out, float)[row] = single;
        return is_good && single - single == 0;
    }
    case TYPE_DECIMAL:
        if (!decimal_parse(s, type->precision, type->scale, &decimal))
            return false;
        decimal_set(out, row, type_phys(type) == PHYS_I128, decimal);
        return true;
    default:
        return cut_to_i64(s, &integer) && set_integer(type, out, row, integer);
    }
}

/* A scalar to the type; *ret_ok is false if it cannot be one. */
static enum code set_scalar(struct eval *cx, const struct type *type, const struct json_hit *hit,
                            struct column *out, uint32_t row, bool *ret_ok, struct error *err)
{
    struct str text;
    bool value = hit->kind == JSON_TRUE;
    TRY(json_hit_text(hit, JSON_TEXT_FLINK_VALUE, cx->arena, &text, err));
    *ret_ok = true;
    if (type_is_string(type)) {
        COLUMN_OUT(out, struct view)[row] = view_of(text);
        return OK;
    }
    bool is_text = hit->kind == JSON_STRING || hit->kind == JSON_STRING_ESCAPED;
    bool is_boolean = value || hit->kind == JSON_FALSE;
    if (type->id == TYPE_BOOLEAN) {
        *ret_ok = is_boolean || (is_text && read_boolean(text, &value));
        COLUMN_OUT(out, uint8_t)[row] = value;
        return OK;
    }
    *ret_ok = !is_boolean && set_number(type, text, out, row);
    return OK;
}

/* --- JSON_QUERY -------------------------------------------------------------------------- */

static bool is_container(const struct json_hit *hit)
{
    return hit->kind == JSON_OBJECT || hit->kind == JSON_ARRAY;
}

/* The value as JSON text. */
static enum code put_json(struct eval *cx, const struct json_hit *hit, struct buf *out,
                          struct error *err)
{
    struct str text;
    bool is_text = hit->kind == JSON_STRING || hit->kind == JSON_STRING_ESCAPED;
    TRY(json_text(hit, is_container(hit) ? JSON_TEXT_FLINK_QUERY : JSON_TEXT_FLINK_VALUE, cx->arena,
                  &text, err));
    if (!text.data)
        buf_text(out, "null");
    else if (is_text)
        json_write_string(out, text);
    else
        buf_str(out, text);
    return OK;
}

static enum code query_text(struct eval *cx, const struct json_hit *hit, bool wrap,
                            struct column *out, uint32_t row, struct error *err)
{
    struct buf buf;
    struct text_room room = { .arena = cx->arena };
    buf_init(&buf, UINT32_MAX / 2);
    if (wrap)
        buf_char(&buf, '[');
    enum code code = put_json(cx, hit, &buf, err);
    if (wrap)
        buf_char(&buf, ']');
    if (code == OK)
        code = buf_check(&buf, err);
    if (code == OK && !text_room_copy(&room, buf_view(&buf), COLUMN_OUT(out, struct view) + row))
        code = error_nomem(err);
    buf_done(&buf);
    return code;
}

/* The next element of compact JSON text; *at is behind it.  The text is known to be good. */
static struct json_hit next_element(struct str s, size_t *at)
{
    size_t begin = *at, end = begin;
    uint32_t depth = 0;
    bool escaped = false, fraction = false;
    for (bool in_string = false; end < s.size; end++) {
        char c = s.data[end];
        if (in_string) {
            escaped |= c == '\\';
            end += c == '\\';
            in_string = c != '"';
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']'))
            break;
        in_string = c == '"';
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        fraction |= c == '.' || c == 'e' || c == 'E';
    }
    *at = end + 1;
    const char *data = s.data + begin;
    uint32_t size = (uint32_t)(end - begin);
    uint8_t kind = fraction ? JSON_NUMBER : JSON_INTEGER;
    switch (data[0]) {
    case '"':
        return (struct json_hit){ data + 1, size - 2, escaped ? JSON_STRING_ESCAPED : JSON_STRING,
                                  1, 0 };
    case '[':
        kind = JSON_ARRAY;
        break;
    case '{':
        kind = JSON_OBJECT;
        break;
    case 't':
        kind = JSON_TRUE;
        break;
    case 'f':
        kind = JSON_FALSE;
        break;
    case 'n':
        kind = JSON_NULL;
        break;
    default:
        break;
    }
    return (struct json_hit){ data, size, kind, 1, 0 };
}

/* Puts one element behind the others of the child column, which has room. */
static enum code put_element(struct eval *cx, const struct json_hit *hit, struct column *child,
                             uint32_t at, bool *ret_ok, struct error *err)
{
    *ret_ok = true;
    if (hit->kind == JSON_NULL)
        return kernel_null(cx, child, at, err);
    if (!is_container(hit))
        return set_scalar(cx, child->type, hit, child, at, ret_ok, err);
    *ret_ok = type_is_string(child->type);
    return *ret_ok ? query_text(cx, hit, false, child, at, err) : OK;
}

/* Room for `more` elements behind those in use: the child column grows as rows come. */
static enum code grow_child(struct json_sink *sink, uint32_t more, struct error *err)
{
    struct arena *arena = sink->cx->arena;
    struct column *old = sink->out->children[0];
    if (old && old->count - sink->used >= more)
        return OK;
    struct column *child =
        column_create(arena, sink->out->type->children[0], MAX(sink->used + more, sink->used * 2));
    if (!child || (old && old->valid && !column_need_valid(child, arena)))
        return error_nomem(err);
    for (uint32_t i = 0; i < sink->used; i++)
        column_copy_slot(child, i, old, i);
    sink->out->children[0] = child;
    return OK;
}

enum code json_result_finish(struct json_sink *sink, struct error *err)
{
    return sink->rules->type->id == TYPE_ARRAY ? grow_child(sink, 0, err) : OK;
}

static enum code query_list(struct json_sink *sink, const struct json_hit *hit, bool wrap,
                            uint32_t row, struct error *err)
{
    struct str text = { 0 };
    uint32_t count = 0;
    bool is_good = wrap || hit->kind == JSON_ARRAY;
    if (is_good && !wrap)
        TRY(json_text(hit, JSON_TEXT_FLINK_QUERY, sink->cx->arena, &text, err));
    /* Never more elements than commas and one. */
    uint32_t most = 1;
    for (size_t i = 0; i < text.size; i++)
        most += text.data[i] == ',';
    TRY(grow_child(sink, most, err));
    struct column *child = sink->out->children[0];
    if (wrap) {
        TRY(put_element(sink->cx, hit, child, sink->used, &is_good, err));
        if (is_good && type_is_string(child->type)) { /* it may be in the extractor's memory */
            struct view *view = COLUMN_OUT(child, struct view) + sink->used;
            struct str copy = arena_str(sink->cx->arena, view_str(*view));
            if (!copy.data)
                return error_nomem(err);
            *view = view_of(copy);
        }
        count = 1;
    }
    for (size_t at = 1; is_good && at < text.size && text.size > 2; count++) {
        struct json_hit element = next_element(text, &at);
        TRY(put_element(sink->cx, &element, child, sink->used + count, &is_good, err));
    }
    if (!is_good)
        return json_result_error(sink, row, err);
    COLUMN_OUT(sink->out, struct list_slot)[row] = (struct list_slot){ sink->used, count };
    sink->used += count;
    return OK;
}

static enum code result_query(struct json_sink *sink, const struct json_hit *hit, uint32_t row,
                              struct error *err)
{
    enum json_wrapper wrapper = sink->rules->wrapper;
    bool wrap = wrapper == JSON_WITH_WRAPPER ||
                (wrapper == JSON_WITH_CONDITIONAL_WRAPPER && hit->kind != JSON_ARRAY);
    if (hit->kind == JSON_MISSING || hit->kind == JSON_NULL || (!wrap && !is_container(hit)))
        return result_empty(sink, row, err);
    if (sink->rules->type->id == TYPE_ARRAY)
        return query_list(sink, hit, wrap, row, err);
    return query_text(sink->cx, hit, wrap, sink->out, row, err);
}

/* --- all of them ---------------------------------------------------------------------------- */

enum code json_result(struct json_sink *sink, const struct json_hit *hit, uint32_t row,
                      struct error *err)
{
    const struct json_rules *rules = sink->rules;
    struct str text;
    bool is_good;
    switch (rules->kind) {
    case JSON_CALL_BLINK_VALUE:
        TRY(json_hit_text(hit, JSON_TEXT_BLINK, sink->cx->arena, &text, err));
        if (!text.data)
            return kernel_null(sink->cx, sink->out, row, err);
        COLUMN_OUT(sink->out, struct view)[row] = view_of(text);
        return OK;
    case JSON_CALL_FLINK_VALUE:
        if (hit->kind == JSON_MISSING || hit->kind == JSON_NULL || is_container(hit))
            return result_empty(sink, row, err);
        TRY(set_scalar(sink->cx, rules->type, hit, sink->out, row, &is_good, err));
        return is_good ? OK : json_result_error(sink, row, err);
    case JSON_CALL_QUERY:
        return result_query(sink, hit, row, err);
    case JSON_CALL_EXISTS:
        is_good = hit->kind != JSON_MISSING && hit->kind != JSON_NULL;
        if (!is_good && !rules->is_lax)
            return json_result_error(sink, row, err);
        COLUMN_OUT(sink->out, uint8_t)[row] = is_good;
        return OK;
    }
    return error_set(err, E_INTERNAL, "JSON call of unknown kind %d", (int)rules->kind);
}
