/* fn_json_make.c -- values into JSON text: JSON_STRING, JSON_OBJECT, JSON_ARRAY, JSON, JSON_QUOTE,
 * and back: JSON_UNQUOTE.
 *
 * Objects are sorted by key, and of equal keys the last one counts, as Flink's mapper does it.
 * What is JSON already -- the result of JSON_OBJECT, JSON_ARRAY, JSON -- goes into an object or
 * array as it is: it is known by its type, type_json_text, which equals STRING.
 * Instants are printed in UTC with a Z, timestamps in ISO 8601. */
#include "expr/fn_json_rules.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "json/json_dom.h"
#include "json/json_write.h"
#include "types/text.h"
#include "types/time.h"

#include <math.h>
#include <stdlib.h>

const struct type type_json_text = { .id = TYPE_VARCHAR, .precision = TYPE_UNBOUNDED };

enum { JSON_BYTES_MAX = 1 << 28 };

/* --- values ----------------------------------------------------------------------------- */

/* As java.time prints them: seconds of a LocalDateTime only if they are not zero, the fraction in
 * groups of three. */
static void put_timestamp(struct buf *out, int64_t us, bool is_instant)
{
    char text[TIME_TEXT_MAX];
    size_t size = time_print_timestamp(us, 6, TIME_FRACTION_FIXED, 'T', text);
    int64_t fraction = time_floor_mod(us, TIME_US_PER_SECOND);
    size = fraction == 0 ? size - 7 : fraction % 1000 == 0 ? size - 3 : size;
    if (!is_instant && time_floor_mod(us, TIME_US_PER_MINUTE) == 0)
        size -= 3;
    buf_char(out, '"');
    buf_put(out, text, size);
    buf_text(out, is_instant ? "Z\"" : "\"");
}

static void put_value(struct buf *out, const struct column *c, uint32_t row);

static void put_list(struct buf *out, const struct column *c, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(c, struct list_slot, row);
    buf_char(out, '[');
    for (uint32_t i = 0; i < slot.size; i++) {
        if (i > 0)
            buf_char(out, ',');
        put_value(out, c->children[0], slot.start + i);
    }
    buf_char(out, ']');
}

/* The key of a map as a string, whatever its type. */
static void put_key(struct buf *out, const struct column *keys, uint32_t row)
{
    struct text_style style = { .mode = TEXT_CAST };
    struct buf text;
    buf_init(&text, JSON_BYTES_MAX);
    if (column_is_valid(keys, row))
        text_print_cell(&text, keys, row, &style);
    else
        buf_text(&text, "null");
    text_put_json_string(out, buf_view(&text));
    out->failed |= text.failed;
    buf_done(&text);
}

/* Members are printed one by one and then put in order: `begin` is where they begin in `out`,
 * each `"key":value` at members[i]. */
struct member {
    struct str key; /* points into `out` or into a column */
    size_t begin, end;
    uint32_t order;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = str_compare(x->key, y->key);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Sorts members printed behind `begin`, drops all but the last of equal keys, sets commas. */
static void sort_members(struct buf *out, size_t begin, struct member *members, uint32_t n)
{
    struct buf sorted;
    buf_init(&sorted, JSON_BYTES_MAX);
    qsort(members, n, sizeof *members, compare_members);
    for (uint32_t i = 0; i < n && !out->failed; i++) {
        if (i + 1 < n && str_eq(members[i].key, members[i + 1].key))
            continue;
        if (sorted.size > 0)
            buf_char(&sorted, ',');
        buf_put(&sorted, out->data + members[i].begin, members[i].end - members[i].begin);
    }
    if (!out->failed) {
        out->size = begin;
        buf_str(out, buf_view(&sorted));
    }
    out->failed |= sorted.failed;
    buf_done(&sorted);
}

static struct member *members_alloc(struct buf *out, uint32_t n)
{
    struct member *members = mem_array(n > 0 ? n : 1, sizeof *members);
    if (!members)
        out->failed = true;
    return members;
}

static void put_map(struct buf *out, const struct column *c, uint32_t row)
{
    struct list_slot slot = COLUMN_AT(c, struct list_slot, row);
    const struct column *keys = c->children[0];
    struct member *members = members_alloc(out, slot.size);
    buf_char(out, '{');
    size_t begin = out->size;
    for (uint32_t i = 0; members && i < slot.size; i++) {
        uint32_t at = slot.start + i;
        members[i].begin = out->size;
        members[i].order = i;
        put_key(out, keys, at);
        /* Keys of other types are in the order of the map. */
        members[i].key = type_is_string(keys->type) && column_is_valid(keys, at)
                             ? view_str(COLUMN_AT(keys, struct view, at))
                             : STR("");
        buf_char(out, ':');
        put_value(out, c->children[1], at);
        members[i].end = out->size;
    }
    if (members && type_is_string(keys->type))
        sort_members(out, begin, members, slot.size);
    mem_free(members);
    buf_char(out, '}');
}

static void put_row(struct buf *out, const struct column *c, uint32_t row)
{
    struct member *members = members_alloc(out, c->child_count);
    buf_char(out, '{');
    size_t begin = out->size;
    for (uint32_t i = 0; members && i < c->child_count; i++) {
        members[i] = (struct member){ c->type->names[i], out->size, 0, i };
        text_put_json_string(out, c->type->names[i]);
        buf_char(out, ':');
        put_value(out, c->children[i], row);
        members[i].end = out->size;
    }
    if (members)
        sort_members(out, begin, members, c->child_count);
    mem_free(members);
    buf_char(out, '}');
}

/* Jackson has floating numbers as BigDecimal.valueOf(double), and a FLOAT was a double before. */
static void put_floating(struct buf *out, double value)
{
    char text[NUMBER_DOUBLE_MAX];
    struct str digits = { text, number_print_java_double(value, text) };
    json_number_write(digits, JSON_NUMBER, JSON_FRACTION_DECIMAL, false, out);
}

static void put_value(struct buf *out, const struct column *c, uint32_t row)
{
    struct text_style style = { .mode = TEXT_JSON };
    if (!column_is_valid(c, row)) {
        buf_text(out, "null");
        return;
    }
    switch (c->type->id) {
    case TYPE_ARRAY:
        put_list(out, c, row);
        return;
    case TYPE_MAP:
        put_map(out, c, row);
        return;
    case TYPE_ROW:
        put_row(out, c, row);
        return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        put_timestamp(out, COLUMN_AT(c, int64_t, row), c->type->id == TYPE_TIMESTAMP_LTZ);
        return;
    case TYPE_FLOAT:
    case TYPE_DOUBLE: {
        bool single = c->type->id == TYPE_FLOAT;
        double value = single ? (double)COLUMN_AT(c, float, row) : COLUMN_AT(c, double, row);
        if (isfinite(value)) {
            put_floating(out, value);
            return;
        }
        break;
    }
    default:
        break;
    }
    text_print_cell(out, c, row, &style);
}

/* Prints rows one by one into a buffer and moves them to the batch. */
typedef enum code (*print_fn)(const struct kernel_call *call, struct buf *out, uint32_t row,
                              struct error *err);

static enum code print_rows(struct eval *cx, const struct kernel_call *call, print_fn print,
                            const struct rows *rows, struct column *out, struct error *err)
{
    struct text_room room = { .arena = cx->arena };
    enum code code = OK;
    struct buf buf;
    buf_init(&buf, JSON_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        buf_clear(&buf);
        code = print(call, &buf, i, err);
        if (code == OK)
            code = buf_check(&buf, err);
        if (code == OK && !text_room_copy(&room, buf_view(&buf), COLUMN_OUT(out, struct view) + i))
            code = error_nomem(err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    return code;
}

/* --- JSON_STRING ------------------------------------------------------------------------ */

static enum code print_value(const struct kernel_call *call, struct buf *out, uint32_t row,
                             struct error *err)
{
    (void)err;
    put_value(out, call->args[0], row);
    return OK;
}

static JSON_KERNEL(json_string)
{
    return print_rows(cx, call, print_value, rows, out, err);
}

enum code json_string_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    return call_set(call, &type_string, json_string, 0);
}

/* --- JSON_OBJECT, JSON_ARRAY --------------------------------------------------------- */

struct maker {
    bool absent_on_null;
    const bool *is_json; /* by argument: its text is JSON already */
};

static void put_argument(const struct kernel_call *call, struct buf *out, uint32_t argument,
                         uint32_t row)
{
    const struct maker *maker = call->state;
    const struct column *c = call->args[argument];
    if (maker->is_json[argument] && column_is_valid(c, row))
        buf_str(out, view_str(COLUMN_AT(c, struct view, row)));
    else
        put_value(out, c, row);
}

static enum code print_object(const struct kernel_call *call, struct buf *out, uint32_t row,
                              struct error *err)
{
    const struct maker *maker = call->state;
    struct member *members = members_alloc(out, call->arg_count / 2);
    uint32_t n = 0;
    if (!members)
        return error_nomem(err);
    buf_char(out, '{');
    size_t begin = out->size;
    for (uint32_t i = 0; i + 1 < call->arg_count; i += 2) {
        const struct column *keys = call->args[i];
        if (!column_is_valid(keys, row)) {
            mem_free(members);
            return error_set(err, E_DATA, "a key of JSON_OBJECT is NULL");
        }
        if (maker->absent_on_null && !column_is_valid(call->args[i + 1], row))
            continue;
        struct str key = view_str(COLUMN_AT(keys, struct view, row));
        members[n] = (struct member){ key, out->size, 0, i };
        text_put_json_string(out, key);
        buf_char(out, ':');
        put_argument(call, out, i + 1, row);
        members[n++].end = out->size;
    }
    sort_members(out, begin, members, n);
    mem_free(members);
    buf_char(out, '}');
    return OK;
}

static enum code print_array(const struct kernel_call *call, struct buf *out, uint32_t row,
                             struct error *err)
{
    const struct maker *maker = call->state;
    (void)err;
    buf_char(out, '[');
    for (uint32_t i = 0; i < call->arg_count; i++) {
        if (maker->absent_on_null && !column_is_valid(call->args[i], row))
            continue;
        if (out->size > 1)
            buf_char(out, ',');
        put_argument(call, out, i, row);
    }
    buf_char(out, ']');
    return OK;
}

static JSON_KERNEL(json_object)
{
    return print_rows(cx, call, print_object, rows, out, err);
}

static JSON_KERNEL(json_array)
{
    return print_rows(cx, call, print_array, rows, out, err);
}

static enum code set_maker(struct call *call, kernel_fn kernel, bool absent_on_null, unsigned flags,
                           struct error *err)
{
    struct arena *arena = call->env->arena;
    struct maker *maker = arena_new(arena, struct maker);
    bool *is_json = arena_array(arena, bool, call->arg_count + 1);
    if (!maker || !is_json)
        return error_nomem(err);
    uint64_t hash = absent_on_null;
    for (uint32_t i = 0; i < call->arg_count; i++) {
        const struct expr *arg = call->args[i];
        /* A column has the type of what once made it, but it is a text like any other now. */
        is_json[i] = arg->type == &type_json_text && arg->kind != EXPR_COLUMN;
        hash = hash * 3 + is_json[i];
    }
    *maker = (struct maker){ absent_on_null, is_json };
    call->state = maker;
    call->state_hash = hash;
    return call_set(call, &type_json_text, kernel, CALL_NULLS | flags);
}

enum code json_object_resolve(struct call *call, struct error *err)
{
    if (call->arg_count % 2 == 1)
        return call_reject(call, err);
    for (uint32_t i = 0; i < call->arg_count; i += 2) {
        TRY(call_coerce_string(call, i, err));
        if (call->args[i]->type == &type_json_text)
            return call_wrong(call, i, err, "a key is JSON, not a plain string");
    }
    return set_maker(call, json_object, call->json && call->json->absent_on_null, CALL_FAILS, err);
}

enum code json_array_resolve(struct call *call, struct error *err)
{
    return set_maker(call, json_array, !call->json || call->json->absent_on_null, 0, err);
}

/* --- JSON ---------------------------------------------------------------------------- */

static bool is_blank(struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        if ((uint8_t)s.data[i] > ' ')
            return false;
    return true;
}

/* The whole document, compact and sorted. */
static enum code put_document(struct eval *cx, const struct json_hit *hit, struct buf *out,
                              struct error *err)
{
    struct str text;
    bool is_text = hit->kind == JSON_STRING || hit->kind == JSON_STRING_ESCAPED;
    bool is_container = hit->kind == JSON_OBJECT || hit->kind == JSON_ARRAY;
    TRY(json_text(hit, is_container ? JSON_TEXT_FLINK_QUERY : JSON_TEXT_FLINK_VALUE, cx->arena,
                  &text, err));
    if (!text.data)
        buf_text(out, "null");
    else if (is_text)
        json_write_string(out, text);
    else
        buf_str(out, text);
    return OK;
}

static enum code json_row(struct eval *cx, const struct kernel_call *call,
                          struct json_reader *reader, struct buf *buf, struct column *out,
                          uint32_t row, struct error *err)
{
    struct str text = view_str(COLUMN_AT(call->args[0], struct view, row));
    struct json_hit hit;
    bool is_good = false;
    if (is_blank(text))
        return kernel_null(cx, out, row, err);
    TRY(json_reader_run(reader, call->state, text, &hit, &is_good, err));
    if (!is_good)
        return error_set(err, E_DATA, "invalid JSON \"%.*s\"", (int)MIN(text.size, 64), text.data);
    struct text_room room = { .arena = cx->arena };
    buf_clear(buf);
    TRY(put_document(cx, &hit, buf, err));
    TRY(buf_check(buf, err));
    return text_room_copy(&room, buf_view(buf), COLUMN_OUT(out, struct view) + row)
               ? OK
               : error_nomem(err);
}

static JSON_KERNEL(json_kernel)
{
    struct json_reader *reader = NULL;
    enum code code = OK;
    struct buf buf;
    TRY(json_reader_get(cx, call->scratch, JSON_FLINK, &reader, err));
    buf_init(&buf, JSON_BYTES_MAX);
    ROWS_EACH(rows, i)
    {
        code = json_row(cx, call, reader, &buf, out, i, err);
        if (code != OK)
            break;
    }
    buf_done(&buf);
    json_reader_reset(reader);
    return code;
}

enum code json_resolve(struct call *call, struct error *err)
{
    struct json_path *path = arena_new(call->env->arena, struct json_path);
    if (!path)
        return error_nomem(err);
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(json_path_parse_flink(call->env->arena, STR("$"), path, err));
    call->state = path;
    return call_set(call, &type_json_text, json_kernel, CALL_FAILS);
}

/* --- JSON_QUOTE, JSON_UNQUOTE -------------------------------------------------------- */

static void put_unit(struct buf *out, uint32_t unit)
{
    buf_printf(out, "\\u%04x", unit);
}

static enum code print_quoted(const struct kernel_call *call, struct buf *out, uint32_t row,
                              struct error *err)
{
    struct str s = view_str(COLUMN_AT(call->args[0], struct view, row));
    (void)err;
    buf_char(out, '"');
    for (size_t at = 0; at < s.size;) {
        uint32_t c;
        at += utf8_decode(s.data + at, s.size - at, &c);
        static const char from[] = "\"\\/\b\f\n\r\t", to[] = "\"\\/bfnrt";
        const char *found = c > 0 && c < 128 ? strchr(from, (int)c) : NULL;
        if (found) {
            buf_char(out, '\\');
            buf_char(out, to[found - from]);
        } else if (c < 128) {
            buf_char(out, (char)c);
        } else if (c < 0x10000) {
            put_unit(out, c);
        } else {
            put_unit(out, 0xD800 + ((c - 0x10000) >> 10));
            put_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
        }
    }
    buf_char(out, '"');
    return OK;
}

static JSON_KERNEL(json_quote)
{
    return print_rows(cx, call, print_quoted, rows, out, err);
}

enum code json_quote_resolve(struct call *call, struct error *err)
{
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    return call_set(call, &type_string, json_quote, 0);
}

/* Content between quotes with all escapes good?  Bare quotes are let pass: Jackson stops reading
 * at the first one, so Flink accepts what stands behind. */
static bool is_unquotable(struct str s)
{
    for (size_t i = 0; i < s.size; i++) {
        if (s.data[i] != '\\')
            continue;
        if (++i >= s.size)
            return false;
        if (s.data[i] == 'u') {
            for (int k = 0; k < 4; k++) {
                if (++i >= s.size)
                    return false;
                char c = s.data[i];
                bool is_hex = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
                if (!is_hex)
                    return false;
            }
        } else if (!s.data[i] || !strchr("\"\\/bfnrt", s.data[i])) {
            return false;
        }
    }
    return true;
}

static enum code unquote_row(struct eval *cx, const struct kernel_call *call,
                             struct json_reader *reader, struct column *out, uint32_t row,
                             struct error *err)
{
    struct view v = COLUMN_AT(call->args[0], struct view, row);
    struct str s = view_str(v), text;
    struct json_hit hit;
    bool is_good = false;
    COLUMN_OUT(out, struct view)[row] = v;
    if (s.size < 2 || s.data[0] != '"' || s.data[s.size - 1] != '"')
        return OK;
    TRY(json_reader_run(reader, call->state, s, &hit, &is_good, err));
    struct str content = str_make(s.data + 1, s.size - 2);
    if (!is_good || !is_unquotable(content))
        return OK;
    hit = (struct json_hit){ content.data, (uint32_t)content.size, JSON_STRING_ESCAPED, 1, 0 };
    TRY(json_text_string(&hit, cx->arena, &text, err));
    COLUMN_OUT(out, struct view)[row] = view_of(text);
    return OK;
}

static JSON_KERNEL(json_unquote)
{
    struct json_reader *reader = NULL;
    enum code code = OK;
    TRY(json_reader_get(cx, call->scratch, JSON_FLINK, &reader, err));
    ROWS_EACH(rows, i)
    {
        code = unquote_row(cx, call, reader, out, i, err);
        if (code != OK)
            break;
    }
    json_reader_reset(reader);
    return code;
}

enum code json_unquote_resolve(struct call *call, struct error *err)
{
    struct json_path *path = arena_new(call->env->arena, struct json_path);
    if (!path)
        return error_nomem(err);
    TRY(call_arity(call, 1, 1, err));
    TRY(call_coerce_string(call, 0, err));
    TRY(json_path_parse_flink(call->env->arena, STR("$"), path, err));
    call->state = path;
    return call_set(call, &type_string, json_unquote, 0);
}
